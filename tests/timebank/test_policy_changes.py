"""Changing a number: drafted by one, confirmed by another, in force from a later day, and each number within its bounds."""

import datetime as dt
from dataclasses import asdict, fields
from typing import Any

import pytest
from sqlalchemy import select

from ledger import reading
from tests.refusals import fields_of
from tests.village import Village
from timebank import accounts, policy, policy_changes, quotas
from timebank.errors import AlreadyDone, BadInput, Forbidden, NotFound
from timebank.permissions import Actor
from timebank.policy import Policy
from timebank.policy_changes import PolicyDecision
from timebank.policy_numbers import GROUPS, NUMBERS, ORDERED, UNITS, wrong_numbers

DIGEST = "0" * 64
WHOLE = asdict(policy.DEFAULT)


# Each number


def test_every_number_is_described_and_its_default_lies_within_its_bounds():
    assert {field.name for field in fields(Policy)} == set(NUMBERS)
    for name, number in NUMBERS.items():
        assert number.group in GROUPS, name
        assert number.unit in UNITS, name
        assert number.least <= WHOLE[name] <= number.most, name
    for profile, numbers in policy.PROFILES.items():
        assert wrong_numbers(asdict(numbers), asdict(numbers)) == {}, profile


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_taken_up_to_its_bounds_and_not_beyond(name):
    number = NUMBERS[name]
    loose = {lower: 0 for lower, _upper in ORDERED} | {upper: 10**13 for _lower, upper in ORDERED}
    for value, wrong in [
        (number.least - 1, "out_of_range"),
        (number.least, None),
        (number.most, None),
        (number.most + 1, "out_of_range"),
    ]:
        around = WHOLE | {pair: loose[pair] for pair in loose if pair != name} | {name: value}
        found = wrong_numbers({name: value}, around).get(name)
        assert found == wrong or (wrong is None and found and found.startswith(("above", "below"))), (value, found)


@pytest.mark.parametrize("lower, upper", ORDERED)
def test_a_number_that_must_not_be_above_another_is_refused_at_the_one_that_changed(lower, upper):
    same = WHOLE | {lower: WHOLE[upper]}
    assert wrong_numbers({lower: same[lower]}, same) == {} or not _within(lower, same[lower])
    above = WHOLE | {lower: WHOLE[upper] + 1}
    if _within(lower, above[lower]):
        assert wrong_numbers({lower: above[lower]}, above)[lower] == f"above:{upper}"
    below = WHOLE | {upper: WHOLE[lower] - 1}
    if _within(upper, below[upper]):
        assert wrong_numbers({upper: below[upper]}, below)[upper] == f"below:{lower}"


def test_what_is_no_number_is_named():
    strange: Any = {"nonsense": 1, "appeal_days": True, "carry_percent": 5.0}
    assert wrong_numbers(strange, WHOLE) == {
        "nonsense": "unknown",
        "appeal_days": "whole_number",
        "carry_percent": "whole_number",
    }


# The decision


def test_a_change_needs_two_people_and_is_in_force_from_its_day(village: Village):
    drafter, second = village.actor("committee"), village.actor("supervision_committee")
    decision_id = _draft(village, drafter, {"appeal_days": 10})
    tomorrow = village.today + dt.timedelta(days=1)
    assert _number(village, tomorrow, "appeal_days") == 7
    with pytest.raises(policy_changes.PolicySecondPerson):
        _confirm(village, drafter, decision_id)
    done = _confirm(village, second, decision_id)
    assert done == _confirm(village, second, decision_id)
    assert (_number(village, village.today, "appeal_days"), _number(village, tomorrow, "appeal_days")) == (7, 10)
    with village.read() as session:
        version = policy.newest(session, village.community_id)
        noted = reading.entry(session, village.community_id, version.note_seq).fields
        assert (noted["topic"], noted["digest"]) == ("policy", Policy(**version.numbers).digest())


@pytest.mark.parametrize("roles", [("desk_staff",), ("reviewer",), ("auditor",), ("supervision_committee",)])
def test_only_those_who_answer_for_the_rules_draft(village: Village, roles):
    with pytest.raises(Forbidden):
        _draft(village, village.actor(*roles), {"appeal_days": 10})


def test_a_change_that_cannot_be_names_its_field(village: Village):
    drafter = village.actor("committee")
    cases: list[tuple[dict[str, Any], str]] = [
        ({"numbers": {"appeal_days": 61}}, "appeal_days"),
        ({"numbers": {"appeal_days": 7}}, "numbers"),
        ({"numbers": {"redeemer_min_age_hardship": 70}}, "redeemer_min_age_hardship"),
        ({"in_force": 0}, "in_force_on"),
        ({"in_force": 401}, "in_force_on"),
        ({"decided": 1}, "decided_on"),
        ({"body": " "}, "body"),
        ({"reason": "x" * 301}, "reason"),
    ]
    for told, field in cases:
        with pytest.raises(BadInput) as refused:
            _draft(village, drafter, **({"numbers": {"appeal_days": 10}} | told))
        assert list(fields_of(refused.value)) == [field]
    with village.read() as session:
        assert session.scalars(select(PolicyDecision)).all() == []


def test_a_draft_on_an_older_version_is_written_anew(village: Village):
    drafter, second = village.actor("committee"), village.actor("committee")
    first = _draft(village, drafter, {"appeal_days": 10})
    other = _draft(village, drafter, {"publicity_days": 6}, in_force=5)
    _confirm(village, second, first)
    with pytest.raises(policy_changes.PolicyMoved) as refused:
        _confirm(village, second, other)
    assert refused.value.facts == {"base_version": 1, "newest_version": 2}


def test_a_withdrawn_draft_changes_nothing_and_a_confirmed_one_stays(village: Village):
    drafter, second = village.actor("committee"), village.actor("committee")
    decision_id = _draft(village, drafter, {"appeal_days": 10})
    _withdraw(village, drafter, decision_id)
    with pytest.raises(policy_changes.PolicyWrongState):
        _confirm(village, second, decision_id)
    confirmed = _draft(village, drafter, {"appeal_days": 10})
    _confirm(village, second, confirmed)
    with pytest.raises(AlreadyDone):
        _withdraw(village, drafter, confirmed)


def test_a_draft_whose_day_went_by_is_not_confirmed(village: Village):
    decision_id = _draft(village, village.actor("committee"), {"appeal_days": 10})
    village.pass_time(hours=24)
    with pytest.raises(BadInput) as refused:
        _confirm(village, village.actor("committee"), decision_id)
    assert refused.value.facts["fields"] == {"in_force_on": "not_ahead"}


def test_another_communitys_decision_is_not_there(village: Village, other_village: Village):
    decision_id = _draft(village, village.actor("committee"), {"appeal_days": 10})
    with pytest.raises(NotFound):
        _confirm(other_village, other_village.actor("committee"), decision_id)


def test_each_number_tells_since_when_it_holds_and_who_decided(village: Village):
    drafter, second = village.actor("committee"), village.actor("committee")
    for numbers, ahead in [({"appeal_days": 10}, 1), ({"publicity_days": 6}, 3), ({"appeal_days": 11}, 5)]:
        _confirm(village, second, _draft(village, drafter, numbers, in_force=ahead))
    with village.read() as session:
        shown = policy_changes.shown(session, village.community_id, village.today + dt.timedelta(days=4))
        later = policy_changes.shown(session, village.community_id, village.today + dt.timedelta(days=5))
    assert (shown.version, shown.numbers.appeal_days, shown.since["appeal_days"].version) == (3, 10, 2)
    assert shown.since["publicity_days"].version == 3
    assert shown.since["publicity_days"].decision.body == "居民代表会议"
    assert (shown.since["month_cap_minutes"].version, shown.since["month_cap_minutes"].decision) == (1, None)
    assert later.since["appeal_days"].version == 4
    assert later.changes(later.versions[0]) == {"appeal_days": (10, 11)}


# The quotas of a year


def test_quotas_begin_anew_on_the_first_of_january_by_the_local_day(village: Village):
    """quota_min_minutes, quota_pt_steps, quota_opening_minutes, quota_opening_steps: what was issued is forgotten then."""
    person = village.make_person(minutes=600)
    assert person
    assert _left(village, accounts.OPENING_MIN) == 6_000_000 - 600
    _pass_until(village, dt.datetime(2026, 12, 31, 15, 59, tzinfo=dt.UTC))  # 23:59 in the village
    assert _set_quotas(village) == {"code": "quotas_stand"}
    village.pass_time(minutes=1)
    assert _set_quotas(village)["accounts"] == [1, 2, 11, 12]
    assert _set_quotas(village) == {"code": "quotas_stand"}
    defaults = policy.DEFAULT
    assert [_left(village, account) for account in (1, 2, 11, 12)] == [
        defaults.quota_min_minutes,
        defaults.quota_opening_minutes,
        defaults.quota_pt_steps,
        defaults.quota_opening_steps,
    ]


@pytest.mark.parametrize("quota, left", [(5_000_000, 4_999_400), (600, 0), (599, 0), (601, 1)])
def test_a_quota_changed_within_the_year_leaves_what_the_new_number_leaves(village: Village, quota, left):
    """quota_opening_minutes: 600 minutes were issued already."""
    village.make_person(minutes=600)
    drafter, second = village.actor("committee"), village.actor("committee")
    _confirm(village, second, _draft(village, drafter, {"quota_opening_minutes": quota}, in_force=1))
    assert _set_quotas(village) == {"code": "quotas_stand"}
    village.pass_time(days=1)
    assert _set_quotas(village)["accounts"] == [accounts.OPENING_MIN]
    assert _left(village, accounts.OPENING_MIN) == left
    assert _set_quotas(village) == {"code": "quotas_stand"}


# Arranging


def _draft(
    village: Village,
    actor: Actor,
    numbers: dict[str, int],
    *,
    in_force: int = 1,
    decided: int = 0,
    body: str = "居民代表会议",
    reason: str = "征求过意见",
) -> Any:
    made: list[Any] = []

    def draft(session, now):
        done = policy_changes.draft(
            session,
            actor=actor,
            now=now,
            numbers=numbers,
            in_force_on=village.today + dt.timedelta(days=in_force),
            decided_on=village.today + dt.timedelta(days=decided),
            body=body,
            reason=reason,
            minutes_digest=DIGEST,
        )
        rows = session.scalars(select(PolicyDecision)).all()
        made.append(next(row.id for row in rows if row.id.hex == done["decision"]))
        return done

    village.write(draft)
    return made[0]


def _confirm(village: Village, actor: Actor, decision_id: Any) -> dict[str, Any]:
    return village.write(lambda s, now: policy_changes.confirm(s, actor=actor, now=now, decision_id=decision_id))


def _withdraw(village: Village, actor: Actor, decision_id: Any) -> None:
    village.write(lambda s, now: policy_changes.withdraw(s, actor=actor, now=now, decision_id=decision_id))


def _set_quotas(village: Village) -> dict[str, Any]:
    job = Actor.system(village.community_id, "set_quotas")
    return village.write(lambda s, now: quotas.set_due(s, actor=job, now=now))


def _left(village: Village, account: int) -> int:
    with village.read() as session:
        found = reading.account(session, village.community_id, account)
        return found.quota - found.issued


def _number(village: Village, day: dt.date, name: str) -> int:
    with village.read() as session:
        return int(getattr(policy.of(session, village.community_id, day), name))


def _pass_until(village: Village, instant: dt.datetime) -> None:
    village.clock.move(instant - village.now)


def _within(name: str, value: int) -> bool:
    return NUMBERS[name].least <= value <= NUMBERS[name].most
