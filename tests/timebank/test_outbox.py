"""Notices and their deliveries: told once, read by whom they concern, sent to confirmed addresses, tried again."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from api.messages.notices import SUBJECTS, TEXTS
from tests.village import Village
from timebank import notices, policy
from timebank.errors import BadInput, Forbidden, NotEnough
from timebank.outbox import contacts, deliveries, inbox
from timebank.people import helpers
from timebank.permissions import Actor

LAST = uuid.UUID(int=2**128 - 1)


def tell(village: Village, person: Any, kind: str = "order_accepted", **facts: Any) -> None:
    def change(session: Any, now: dt.datetime) -> dict[str, Any]:
        notices.tell(session, community_id=village.community_id, person_id=person.id, kind=kind, facts=facts, now=now)
        return {}

    village.write(change)


def own(village: Village, person: Any) -> Actor:
    return village.actor(person=person)


def lines(village: Village, actor: Actor, **named: Any) -> list[inbox.Line]:
    with village.read() as session:
        return inbox.listed(session, actor=actor, **named)


def set_mail(village: Village, person: Any, address: str = "wang@mail.example", *, confirmed: bool = True) -> None:
    who = own(village, person)
    village.write(
        lambda session, now: contacts.set_mail(
            session, actor=who, now=now, person_id=person.id, address=address, language="zh"
        )
    )
    if confirmed:
        village.write(
            lambda session, now: contacts.confirm_mail(
                session, actor=who, now=now, person_id=person.id, address=address
            )
        )
        route(village)  # the question whether it is her address


def bind_helper(village: Village, elder: Any, helper: Any) -> None:
    desk = village.actor("desk_staff")
    bound = village.write(
        lambda session, now: helpers.ask(
            session, actor=desk, now=now, elder_id=elder.id, helper_id=helper.id, relation="child"
        )
    )
    binding_id = uuid.UUID(bound["binding_id"])
    village.write(
        lambda session, now: helpers.review(session, actor=desk, now=now, binding_id=binding_id, is_accepted=True)
    )
    village.write(
        lambda session, now: helpers.confirm(
            session, actor=own(village, elder), now=now, binding_id=binding_id, card_token=None
        )
    )


def job(village: Village) -> Actor:
    return Actor.system(village.community_id, "test")


def route(village: Village) -> dict[str, Any]:
    return village.write(lambda session, now: deliveries.route(session, actor=job(village), now=now))


def due(village: Village) -> list[deliveries.Outgoing]:
    with village.read() as session:
        return deliveries.due(session, village.community_id, village.now)


def take(village: Village, one: deliveries.Outgoing) -> bool:
    return bool(
        village.write(lambda session, now: deliveries.take(session, actor=job(village), now=now, one=one))["taken"]
    )


def finish(village: Village, one: deliveries.Outgoing, **named: Any) -> Any:
    answer = village.write(
        lambda session, now: deliveries.finish(session, actor=job(village), now=now, one=one, **named)
    )
    return answer.get("state")


def of_order(found: list[deliveries.Outgoing]) -> list[deliveries.Outgoing]:
    return [one for one in found if one.facts.get("order_number") == 1]


def to_people(found: list[deliveries.Outgoing]) -> set[tuple[str, str]]:
    return {(one.address, one.about_number) for one in found}


def test_every_kind_has_its_words() -> None:
    assert set(SUBJECTS) == set(TEXTS) == notices.KINDS
    assert [kind for kind, subject in SUBJECTS.items() if "%" in str(subject)] == [], "a subject says nothing personal"


def test_what_is_refused_tells_nobody(village: Village) -> None:
    person = village.make_person()

    def change(session: Any, now: dt.datetime) -> dict[str, Any]:
        notices.tell(
            session, community_id=village.community_id, person_id=person.id, kind="order_accepted", facts={}, now=now
        )
        raise NotEnough(needed_minutes=1, available_minutes=0)

    with pytest.raises(NotEnough):
        village.write(change)
    assert lines(village, own(village, person)) == []


def test_one_reads_ones_own_and_what_concerns_whom_one_helps(village: Village) -> None:
    elder, helper, other = village.make_person(), village.make_person(), village.make_person()
    bind_helper(village, elder, helper)
    tell(village, elder, order_number=1)
    tell(village, helper, order_number=2)
    tell(village, other, order_number=3)
    found = lines(village, own(village, helper))
    about = [(line.facts.get("order_number"), line.about.id if line.about else None) for line in found]
    assert (1, elder.id) in about
    assert (2, None) in about
    assert 3 not in [number for number, _ in about]
    with pytest.raises(Forbidden):
        lines(village, own(village, other), person_id=elder.id)
    assert lines(village, own(village, helper), person_id=elder.id)
    assert lines(village, village.actor("desk_staff"), person_id=elder.id)


def test_reading_marks_what_was_on_the_page_and_nothing_that_came_later(village: Village) -> None:
    person = village.make_person()
    who = own(village, person)
    tell(village, person, order_number=1)
    seen = lines(village, who)[0].id
    village.pass_time(minutes=1)
    tell(village, person, order_number=2)
    for _ in range(2):  # a second tap
        village.write(lambda session, now: inbox.mark_read(session, actor=who, now=now, upto=seen))
    assert [line.read_at is None for line in lines(village, who)] == [True, False]
    with village.read() as session:
        assert inbox.unread(session, actor=who) == 1


@pytest.mark.parametrize("address", ["wang", "a@b", "a@b.c\nBcc: x@y.z", "王 五@mail.example", "a@@b.c", "<a@b.c>", ""])
def test_what_is_no_address_is_refused_by_its_field(village: Village, address: str) -> None:
    person = village.make_person()
    with pytest.raises(BadInput) as refused:
        set_mail(village, person, address, confirmed=False)
    assert refused.value.facts["fields"] == {"address": "mail"}


def test_before_it_is_confirmed_an_address_gets_the_question_alone(village: Village) -> None:
    person = village.make_person()
    set_mail(village, person, confirmed=False)
    tell(village, person, order_number=1)
    route(village)
    assert [one.kind for one in due(village)] == ["mail_confirm"]


def test_a_link_confirms_one_address_for_three_days(village: Village) -> None:
    person = village.make_person()
    who = own(village, person)

    def confirm(address: str) -> None:
        village.write(
            lambda session, now: contacts.confirm_mail(
                session, actor=who, now=now, person_id=person.id, address=address
            )
        )

    set_mail(village, person, "old@mail.example", confirmed=False)
    set_mail(village, person, "new@mail.example", confirmed=False)
    with pytest.raises(contacts.ContactExpired):
        confirm("old@mail.example")
    village.pass_time(days=3, minutes=-1)
    confirm("new@mail.example")
    set_mail(village, person, "late@mail.example", confirmed=False)
    village.pass_time(days=3, minutes=1)
    with pytest.raises(contacts.ContactExpired):
        confirm("late@mail.example")


def test_a_notice_goes_to_herself_and_to_her_helpers(village: Village) -> None:
    elder, helper = village.make_person(), village.make_person()
    bind_helper(village, elder, helper)
    set_mail(village, elder, "elder@mail.example")
    set_mail(village, helper, "helper@mail.example")
    tell(village, elder, order_number=1)
    route(village)
    found = of_order(due(village))
    assert to_people(found) == {("elder@mail.example", ""), ("helper@mail.example", elder.number)}
    assert route(village)["left"] is False
    assert len(of_order(due(village))) == len(found), "made once"


def test_a_delivery_is_taken_by_one_sender_and_followed_when_he_dies(village: Village) -> None:
    person = village.make_person()
    set_mail(village, person)
    tell(village, person, order_number=1)
    route(village)
    (one,) = due(village)
    assert take(village, one)
    assert not take(village, one)
    assert due(village) == []
    village.pass_time(minutes=9)
    assert due(village) == []
    village.pass_time(minutes=2)
    assert len(due(village)) == 1
    assert take(village, one)
    assert finish(village, one) == "sent"
    assert finish(village, one, error="too late") is None
    village.pass_time(days=2)
    assert due(village) == []


def test_a_server_that_is_away_is_tried_for_a_day_and_then_no_more(village: Village) -> None:
    person = village.make_person()
    set_mail(village, person)
    tell(village, person, order_number=1)
    route(village)
    began, tries = village.now, 0
    while found := due(village):
        assert take(village, found[0])
        tries += 1
        if finish(village, found[0], error=f"421 no room for {found[0].address}") == "given_up":
            break
        while not due(village):
            village.pass_time(minutes=1)
    assert tries == len(deliveries.WAITS) + 1
    assert dt.timedelta(hours=20) < village.now - began < dt.timedelta(hours=28)
    with village.read() as session:
        (standing,) = deliveries.standing(session, actor=village.actor("community_manager"))
    assert standing.counts == {"given_up": 1}
    assert standing.last_error == "421 no room for …"


def test_what_nobody_carried_for_days_is_given_up(village: Village) -> None:
    person = village.make_person()
    set_mail(village, person)
    tell(village, person, order_number=1)
    route(village)
    village.pass_time(days=2, minutes=1)
    (one,) = due(village)
    assert not take(village, one)
    assert due(village) == []


def test_who_wants_no_mail_any_more_gets_none(village: Village) -> None:
    person = village.make_person()
    set_mail(village, person)
    tell(village, person, order_number=1)
    route(village)
    village.write(
        lambda session, now: contacts.remove_mail(session, actor=own(village, person), now=now, person_id=person.id)
    )
    assert due(village) == []


def test_notices_are_forgotten_after_their_days(village: Village) -> None:
    person = village.make_person()
    set_mail(village, person)
    tell(village, person, order_number=1)
    route(village)
    with village.read() as session:
        days = policy.of(session, village.community_id, village.today).notice_days
    village.pass_time(days=days, minutes=-5)

    def forget() -> int:
        village.write(lambda session, now: deliveries.forget_old(session, actor=job(village), now=now))
        return len(lines(village, own(village, person)))

    assert forget() == 1 + 1  # the question about the address, too
    village.pass_time(minutes=10)
    assert forget() == 0
    assert due(village) == []
