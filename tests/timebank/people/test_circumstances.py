"""Circumstances with their evidence and end: what ends soon, what waits for consent, and who sees which."""

import datetime as dt
import uuid
from typing import Any

import pytest

from tests.village import Village
from timebank.errors import AlreadyDone, BadInput, Forbidden
from timebank.people import circumstances, residents
from timebank.permissions import Actor

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def test_what_ends_within_sixty_days_or_ended_in_the_last_thirty_is_listed_by_its_day(village: Village):
    person = village.make_person()
    ends = [-31, -30, 0, 60, 61, None]
    for days in ends:
        _note(village, person, "lives_alone", until=days, since=-100)
    found = _listed(village, "ending")
    today = village.today
    assert [(one.flag.until_on - today).days for one in found] == [-30, 0, 60]
    assert [one.is_used for one in found] == [False, True, True]


def test_what_holds_today_is_paged_with_those_without_an_end_last(village: Village):
    person = village.make_person()
    for days in (None, 5, 5, 300, None, -1):
        _note(village, person, "hardship", until=days, since=-10)
    clerk, pages, after = village.actor("desk_staff"), [], None
    for _page in range(4):
        found = _listed(village, "holding", actor=clerk, after=after, limit=2)
        pages += [one.flag.id for one in found]
        if len(found) < 2:
            break
        last = found[-1].flag
        after = (last.until_on or circumstances.NO_END, last.id)
    assert len(pages) == len(set(pages)) == 5


def test_a_sensitive_circumstance_is_noted_only_with_a_consent(village: Village):
    person = village.make_person()
    with pytest.raises(BadInput) as refused:
        _note(village, person, "disabled", consent="")
    assert refused.value.facts["fields"] == {"consent_evidence": "consent"}
    with village.read() as session:
        assert residents.flags_of(session, village.community_id, person.id) == []
    _note(village, person, "disabled")
    _note(village, person, "disabled", consent="")  # one that stands is enough
    assert len(_listed(village, "holding")) == 2


def test_a_revoked_consent_ends_the_use_and_a_new_one_begins_it_again(village: Village):
    person, clerk = village.make_person(), village.actor("desk_staff")
    _note(village, person, "low_income")
    with pytest.raises(AlreadyDone):
        _consent(village, person, clerk)
    for _turn in "ab":  # harmless when repeated
        village.write(
            lambda s, now: circumstances.revoke(s, actor=clerk, now=now, person_id=person.id, kind="low_income")
        )
    assert _listed(village, "holding") == []
    assert len(_listed(village, "unused")) == 1
    _consent(village, person, village.actor(person=person))
    assert len(_listed(village, "holding")) == 1
    with village.read() as session:
        found = circumstances.consents_of(session, village.community_id, person.id)
    assert [one.revoked_at is None for one in found] == [True, False]


def test_an_early_end_is_kept_in_her_history_and_reaches_back_to_yesterday_at_most(village: Village):
    person, clerk = village.make_person(), village.actor("desk_staff")
    flag_id = _note(village, person, "lives_alone", until=30, since=-5)
    for days in (-2, 31):
        with pytest.raises(BadInput):
            _end(village, clerk, flag_id, days)
    with pytest.raises(Forbidden):
        _end(village, village.actor("grid_worker"), flag_id, 0)
    _end(village, clerk, flag_id, -1)
    assert _listed(village, "holding") == []
    with village.read() as session:
        (change,) = residents.history_of(session, village.community_id, person.id)
        assert list(change.changes) == ["flag:lives_alone"]


def test_a_grid_worker_sees_those_of_her_grid_and_nobody_else_sees_any(village: Village):
    mine, other = village.make_person(grid="320102010101"), village.make_person(grid="320102010102")
    for person in (mine, other):
        _note(village, person, "lives_alone", until=10)
    found = _listed(village, "ending", actor=village.actor("grid_worker", grid="320102010101"))
    assert [one.person.id for one in found] == [mine.id]
    for role in ("volunteer", "committee", "auditor", "merchant"):
        with pytest.raises(Forbidden):
            _listed(village, "ending", actor=village.actor(role))


def _note(
    village: Village, person: Any, flag: str, *, until: int | None = None, since: int = 0, consent: str = "同意书 1 号"
) -> uuid.UUID:
    console, today = Actor.console(village.community_id, "test"), village.today
    done = village.write(
        lambda s, now: circumstances.note(
            s,
            actor=console,
            now=now,
            person_id=person.id,
            flag=flag,
            evidence="走访记录",
            from_on=today + dt.timedelta(days=since),
            until_on=None if until is None else today + dt.timedelta(days=until),
            consent_way="paper",
            consent_evidence=consent,
        )
    )
    return uuid.UUID(done["flag"])


def _consent(village: Village, person: Any, actor: Actor) -> None:
    village.write(
        lambda s, now: circumstances.consent(
            s,
            actor=actor,
            now=now,
            person_id=person.id,
            kind="low_income",
            way="in_person",
            evidence="服务台当面",
            given_on=village.today,
        )
    )


def _end(village: Village, actor: Actor, flag_id: uuid.UUID, days: int) -> None:
    until_on = village.today + dt.timedelta(days=days)
    village.write(lambda s, now: circumstances.end(s, actor=actor, now=now, flag_id=flag_id, until_on=until_on))


def _listed(
    village: Village, view: str, *, actor: Actor | None = None, after: Any = None, limit: int = 50
) -> list[circumstances.Noted]:
    with village.read() as session:
        return circumstances.listed(
            session,
            actor=actor or village.actor("desk_staff"),
            today=village.today,
            view=view,
            after=after,
            limit=limit,
        )
