"""What a volunteer can do and whether he is insured: from which day, until which day, and by whose word."""

from __future__ import annotations

import datetime

import pytest

from tests.refusals import fields_of
from tests.village import Village
from timebank.errors import BadInput, Forbidden, NotFound
from timebank.people import skills

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
DAY = datetime.timedelta(days=1)


def record(village: Village, person, skill, *, proof="", from_on=None, until_on=None, actor=None):
    return village.write(
        lambda session, now: skills.record_skill(
            session,
            actor=actor or village.actor("desk_staff"),
            now=now,
            person_id=person.id,
            skill=skill,
            proof=proof,
            from_on=from_on or village.today,
            until_on=until_on,
        )
    )


def say(village: Village, person, skill, *, actor=None):
    return village.write(
        lambda session, now: skills.say_skill(
            session, actor=actor or village.actor(person=person), now=now, person_id=person.id, skill=skill
        )
    )


def insure(village: Village, person, from_on, until_on, *, number="PA-2026-0001", insurer="平安", actor=None):
    return village.write(
        lambda session, now: skills.insure(
            session,
            actor=actor or village.actor("desk_staff"),
            now=now,
            person_id=person.id,
            insurer=insurer,
            policy_number=number,
            from_on=from_on,
            until_on=until_on,
        )
    )


def held(village: Village, person, day) -> set[str]:
    with village.read() as session:
        return skills.skills_of(session, village.community_id, person.id, day)


def insured(village: Village, person, day) -> bool:
    with village.read() as session:
        return skills.is_insured(session, village.community_id, person.id, day)


def test_a_skill_counts_on_its_first_and_its_last_day_and_not_beside_them(village: Village) -> None:
    person, today = village.make_person(), village.today
    record(village, person, "first_aid", proof="红十字会证 A123", from_on=today + DAY, until_on=today + 3 * DAY)
    assert [held(village, person, today + n * DAY) for n in range(5)] == [
        set(),
        {"first_aid"},
        {"first_aid"},
        {"first_aid"},
        set(),
    ]


@on_sqlite
def test_what_could_harm_others_counts_only_with_a_paper_that_staff_saw(village: Village) -> None:
    person = village.make_person()
    assert say(village, person, "first_aid")["counts"] is False
    assert say(village, person, "cooking")["counts"] is True
    assert held(village, person, village.today) == {"cooking"}
    with pytest.raises(BadInput) as refused:
        record(village, person, "first_aid")
    assert refused.value.facts["fields"] == {"proof": "required"}
    record(village, person, "first_aid", proof="证 A123")
    assert held(village, person, village.today) == {"cooking", "first_aid"}


@on_sqlite
def test_a_skill_is_noted_once_and_again_after_it_was_withdrawn(village: Village) -> None:
    person = village.make_person()
    noted = say(village, person, "haircut")
    with pytest.raises(skills.SkillAlreadyHeld):
        say(village, person, "haircut")
    for _ in range(2):  # a second tap changes nothing
        village.write(
            lambda session, now: skills.withdraw_skill(
                session, actor=village.actor(person=person), now=now, skill_id=_id(noted["id"])
            )
        )
    assert held(village, person, village.today) == set()
    say(village, person, "haircut")
    assert held(village, person, village.today) == {"haircut"}


@on_sqlite
@pytest.mark.parametrize(
    "skill, proof, until_in, field",
    [("flying", "", None, "skill"), ("cooking", "字" * 201, None, "proof"), ("cooking", "", -1, "until_on")],
)
def test_what_cannot_be_a_skill_is_refused_by_field(village: Village, skill, proof, until_in, field) -> None:
    until_on = None if until_in is None else village.today + until_in * DAY
    with pytest.raises(BadInput) as refused:
        record(village, village.make_person(), skill, proof=proof, until_on=until_on)
    assert list(fields_of(refused.value)) == [field]


def test_both_days_of_an_insurance_count_and_the_days_beside_them_do_not(village: Village) -> None:
    person = village.make_person()
    first, last = datetime.date(2027, 2, 1), datetime.date(2028, 2, 29)
    insure(village, person, first, last)
    days = [first - DAY, first, last, last + DAY]
    assert [insured(village, person, day) for day in days] == [False, True, True, False]


@on_sqlite
def test_a_policy_noted_twice_is_refused_and_its_next_year_is_not(village: Village) -> None:
    person, today = village.make_person(), village.today
    insure(village, person, today, today + 364 * DAY)
    with pytest.raises(skills.AlreadyInsured):
        insure(village, person, today + 364 * DAY, today + 700 * DAY)
    insure(village, person, today + 365 * DAY, today + 729 * DAY)
    insure(village, person, today, today, number="another")
    assert insured(village, person, today + 729 * DAY)


@on_sqlite
def test_an_insurance_taken_back_ends_that_day(village: Village) -> None:
    person, today = village.make_person(), village.today
    noted = insure(village, person, today, today + 30 * DAY)
    village.pass_time(days=2)
    village.write(
        lambda session, now: skills.withdraw_insurance(
            session, actor=village.actor("desk_staff"), now=now, insurance_id=_id(noted["insurance"])
        )
    )
    assert [insured(village, person, today + n * DAY) for n in (0, 1, 2)] == [True, True, False]


@on_sqlite
@pytest.mark.parametrize(
    "number, insurer, last, field",
    [("", "平安", 1, "policy_number"), ("1", "司" * 61, 1, "insurer"), ("1", "平安", -1, "until_on"),
     ("1", "平安", 366 * 12, "until_on")],
)  # fmt: skip
def test_what_cannot_be_an_insurance_is_refused_by_field(village: Village, number, insurer, last, field) -> None:
    with pytest.raises(BadInput) as refused:
        insure(
            village,
            village.make_person(),
            village.today,
            village.today + last * DAY,
            number=number,
            insurer=insurer,
        )
    assert list(fields_of(refused.value)) == [field]


@on_sqlite
def test_nobody_writes_of_others_what_only_staff_may(village: Village, other_village: Village) -> None:
    person, neighbour = village.make_person(), village.make_person()
    volunteer = village.actor("volunteer", person=neighbour)
    for attempt in (
        lambda: say(village, person, "cooking", actor=volunteer),
        lambda: record(village, neighbour, "cooking", actor=volunteer),
        lambda: insure(village, neighbour, village.today, village.today, actor=volunteer),
    ):
        with pytest.raises(Forbidden):
            attempt()
    with pytest.raises(NotFound):
        record(other_village, person, "cooking")


def _id(text: str):
    import uuid

    return uuid.UUID(text)
