"""Signing up, waiting in turn, coming up; what an activity asks for; series, changed and called off."""

import datetime
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from tests.refusals import fields_of
from tests.timebank.hours.arrange import come, go, make_point, make_resident, make_volunteer, scan
from tests.timebank.hours.arrange_activities import (
    activity_of,
    cancel,
    change,
    clock,
    close_on,
    days,
    give_up,
    numbers,
    on_sqlite,
    places,
    plan,
    plan_series,
    put_down,
    set_hours,
    sign_up,
    stands,
    told,
    volunteers,
)
from timebank.errors import BadInput, Forbidden, NotFound
from timebank.hours.activities import absences, planning, reading, seats
from timebank.hours.activities.campaigns import CAMPAIGNS
from timebank.hours.activities.planning import Shift
from timebank.hours.activities.refusals import (
    ActivityBegun,
    ActivityCancelled,
    ActivityFull,
    ActivityOver,
    AgeOutside,
    BusyThen,
    InsuranceMissing,
    SignUpClosed,
    SkillMissing,
)
from timebank.hours.activities.requirements import Terms
from timebank.hours.activities.rhythm import Rhythm
from timebank.hours.activities.tables import ActivityTerms, SignUp
from timebank.hours.opening_hours import Opening
from timebank.people import logins, residents, skills
from timebank.people.working_days import declare_day
from timebank.permissions import Actor

DAY = datetime.timedelta(days=1)


# Waiting in turn


@on_sqlite
def test_who_comes_after_the_last_place_waits_in_turn(village):
    point, (a, b, c) = make_point(village), volunteers(village, "甲", "乙", "丙")
    number = plan(village, point, capacity=1)
    assert sign_up(village, a, number)["code"] == "signed_up"
    assert sign_up(village, a, number)["code"] == "signed_up"
    assert sign_up(village, b, number)["position"] == 1
    assert sign_up(village, c, number)["position"] == 2
    assert sign_up(village, b, number) | {"on": ""} == {
        "code": "waiting_for_place",
        "number": number,
        "title": "清洁家园",
        "on": "",
        "position": 1,
    }


def test_giving_up_lets_exactly_the_first_come_up_and_tells_her(village):
    point, (a, b, c) = make_point(village), volunteers(village, "甲", "乙", "丙")
    number = plan(village, point, capacity=1)
    for who in (a, b, c):
        sign_up(village, who, number)
    give_up(village, a, number)
    give_up(village, a, number)
    assert [stands(village, who, number) for who in (a, b, c)] == ["gave up", "place", "waits"]
    assert told(village, b) == ["sign_up_promoted"]
    assert told(village, c) == []


@on_sqlite
def test_who_signs_up_again_waits_behind_the_others(village):
    point, (a, b) = make_point(village), volunteers(village, "甲", "乙")
    number = plan(village, point, capacity=1)
    sign_up(village, a, number)
    sign_up(village, b, number)
    give_up(village, a, number)
    assert sign_up(village, a, number)["position"] == 1
    assert stands(village, b, number) == "place"


@on_sqlite
def test_giving_up_a_turn_in_the_waiting_list_promotes_nobody(village):
    point, (a, b, c) = make_point(village), volunteers(village, "甲", "乙", "丙")
    number = plan(village, point, capacity=1)
    for who in (a, b, c):
        sign_up(village, who, number)
    give_up(village, b, number)
    assert [stands(village, who, number) for who in (a, b, c)] == ["place", "gave up", "waits"]


def test_people_who_give_up_at_once_each_let_exactly_one_come_up(village):
    point = make_point(village)
    people = [make_volunteer(village, f"志愿者{at}") for at in range(9)]
    number = plan(village, point, capacity=4)
    for who in people:
        sign_up(village, who, number)
    barrier = threading.Barrier(3)

    def leave(who):
        barrier.wait()
        give_up(village, who, number)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(leave, people[:3]))
    expected = ["gave up"] * 3 + ["place"] * 4 + ["waits"] * 2
    assert [stands(village, who, number) for who in people] == expected


def test_the_last_place_goes_to_one_of_several_at_once_and_the_others_wait(village):
    point = make_point(village)
    people = [make_volunteer(village, f"志愿者{at}") for at in range(6)]
    number, barrier = plan(village, point, capacity=2), threading.Barrier(6)

    def take(who):
        barrier.wait()
        return sign_up(village, who, number)["code"]

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(take, people))
    assert codes == ["signed_up"] * 2 + ["waiting_for_place"] * 4
    assert sorted(places(village, number).values()) == ["place"] * 2 + ["waits"] * 4


def test_more_room_brings_up_who_waits_and_less_sends_back_who_came_last(village):
    point, people = make_point(village), volunteers(village, "甲", "乙", "丙", "丁")
    number = plan(village, point, capacity=2)
    for who in people:
        sign_up(village, who, number)
    shift = Shift(starts=clock("09:00"), ends=clock("11:00"), capacity=3)
    day = village.today + DAY
    assert change(village, number, shift=shift, day=day)["moved_up"] == 1
    assert [stands(village, who, number) for who in people] == ["place", "place", "place", "waits"]
    small = Shift(starts=clock("09:00"), ends=clock("11:00"), capacity=1)
    assert change(village, number, shift=small, day=day)["moved_back"] == 2
    assert [stands(village, who, number) for who in people] == ["place", "waits", "waits", "waits"]
    assert told(village, people[2]).count("sign_up_moved_back") == 1
    # They keep their turn: the second is first again when a place is free.
    give_up(village, people[0], number)
    assert [stands(village, who, number) for who in people[1:]] == ["place", "waits", "waits"]


@on_sqlite
def test_no_limit_any_more_gives_everybody_a_place(village):
    point, people = make_point(village), volunteers(village, "甲", "乙", "丙")
    number = plan(village, point, capacity=1)
    for who in people:
        sign_up(village, who, number)
    change(village, number, day=village.today + DAY)
    assert {stands(village, who, number) for who in people} == {"place"}


def test_who_is_busy_by_then_is_passed_over_and_goes_on_waiting(village):
    point, (a, b, c) = make_point(village), volunteers(village, "甲", "乙", "丙")
    number = plan(village, point, capacity=1)
    other = plan(village, point, title="探访")
    for who in (a, b, c):
        sign_up(village, who, number)
    sign_up(village, b, other)
    give_up(village, a, number)
    assert [stands(village, who, number) for who in (b, c)] == ["waits", "place"]


@on_sqlite
def test_staff_put_down_who_has_no_phone_and_take_her_off(village):
    point, person = make_point(village), make_resident(village, "王无机")
    who = village.actor("volunteer", person=person)
    number = plan(village, point, capacity=1)
    assert put_down(village, person, number)["code"] == "signed_up"
    assert put_down(village, make_resident(village, "李候补"), number)["code"] == "waiting_for_place"
    village.write(
        lambda session, now: seats.take_off(
            session, actor=village.actor("desk_staff"), now=now, number=number, person_id=person.id
        )
    )
    assert sorted(places(village, number).values()) == ["gave up", "place"]
    assert told(village, who) == ["sign_up_made", "sign_up_taken_off"]


@on_sqlite
def test_only_planners_put_others_down(village):
    point, person = make_point(village), make_resident(village)
    number = plan(village, point)
    for role in ("volunteer", "grid_worker", "auditor"):
        with pytest.raises(Forbidden):
            village.write(
                lambda session, now, role=role: seats.put_down(
                    session, actor=village.actor(role), now=now, number=number, person_id=person.id
                )
            )


@on_sqlite
def test_somebody_of_another_community_is_not_put_down(village, other_village):
    point, stranger = make_point(village), make_resident(other_village, "外人")
    number = plan(village, point)
    with pytest.raises(NotFound):
        put_down(village, stranger, number)


@on_sqlite
def test_who_waits_gets_a_place_at_the_point_if_one_is_free(village):
    point, (a, b) = make_point(village), volunteers(village, "甲", "乙")
    number = plan(village, point, capacity=1, starts_in=0.5)
    sign_up(village, a, number)
    sign_up(village, b, number)
    with pytest.raises(ActivityFull):
        come(village, b, scan(village, point), activity=number)
    change(village, number, day=village.today, shift=Shift(starts=clock("09:31"), ends=clock("11:30"), capacity=2))
    assert come(village, b, scan(village, point))["activity"] == "清洁家园"


# What an activity asks for


@on_sqlite
def test_sign_up_ends_at_its_closing_time_and_staff_may_still_put_down(village):
    point, (a, b) = make_point(village), volunteers(village, "甲", "乙")
    number = plan(village, point, starts_in=24, closes_minutes=60)
    village.pass_time(hours=22, minutes=59)
    sign_up(village, a, number)
    village.pass_time(minutes=1)
    with pytest.raises(SignUpClosed):
        sign_up(village, b, number)
    person = make_resident(village, "丙")
    assert put_down(village, person, number)["code"] == "signed_up"


@on_sqlite
def test_a_place_is_given_back_until_the_activity_begins(village):
    point, (a, b) = make_point(village), volunteers(village, "甲", "乙")
    number = plan(village, point, starts_in=1)
    sign_up(village, a, number)
    sign_up(village, b, number)
    village.pass_time(minutes=59)
    give_up(village, a, number)
    village.pass_time(minutes=2)
    with pytest.raises(ActivityBegun):
        give_up(village, b, number)


@on_sqlite
def test_nobody_signs_up_for_what_is_over(village):
    point, who = make_point(village), make_volunteer(village)
    number = plan(village, point, starts_in=1, hours=1)
    village.pass_time(hours=2, minutes=1)
    with pytest.raises(ActivityOver):
        sign_up(village, who, number)


@on_sqlite
@pytest.mark.parametrize(
    "born_on, fits",
    [
        (datetime.date(2005, 11, 21), True),  # twenty-one on the day
        (datetime.date(2005, 11, 22), False),  # a day too young
        (datetime.date(1966, 11, 21), True),  # sixty on the day
        (datetime.date(1965, 11, 22), True),  # sixty-one the day after
        (datetime.date(1965, 11, 21), False),
    ],
)
def test_ages_are_those_of_the_day_and_both_ends_count(village, born_on, fits):
    point, who = make_point(village), make_volunteer(village, born_on=born_on)
    number = plan(village, point, starts_in=24, age_from=21, age_to=60)  # on 21 November
    if fits:
        assert sign_up(village, who, number)["code"] == "signed_up"
    else:
        with pytest.raises(AgeOutside):
            sign_up(village, who, number)


@on_sqlite
def test_who_was_born_on_29_february_is_a_year_older_on_1_march(village):
    village.pass_time(days=96)
    assert village.today == datetime.date(2027, 2, 24)
    point, leap = make_point(village), make_volunteer(village, "闰日", born_on=datetime.date(2008, 2, 29))
    on_28, on_1 = (plan(village, point, starts_in=24 * ahead, age_from=19) for ahead in (4, 5))
    with pytest.raises(AgeOutside):
        sign_up(village, leap, on_28)
    assert sign_up(village, leap, on_1)["code"] == "signed_up"


@on_sqlite
def test_unknown_age_does_not_fulfil_an_age(village):
    point, person = make_point(village), village.make_person("无生日", born_on=None)
    number = plan(village, point, age_from=18)
    with pytest.raises(AgeOutside):
        put_down(village, person, number)
    assert put_down(village, person, plan(village, point, starts_in=48))["code"] == "signed_up"


@on_sqlite
def test_a_needed_skill_must_be_known_on_the_day(village):
    point, who = make_point(village), make_volunteer(village)
    tomorrow, later = (
        plan(village, point, skills=("first_aid",)),
        plan(village, point, starts_in=24 * 10, skills=("first_aid",)),
    )
    with pytest.raises(SkillMissing) as refused:
        sign_up(village, who, tomorrow)
    assert refused.value.facts["skills"] == ["first_aid"]
    village.write(
        lambda session, now: skills.record_skill(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            person_id=who.person_id,
            skill="first_aid",
            proof="救护员证 2026-118",
            from_on=village.today,
            until_on=village.today + 9 * DAY,
        )
    )
    assert sign_up(village, who, tomorrow)["code"] == "signed_up"
    with pytest.raises(SkillMissing):
        sign_up(village, who, later)


@on_sqlite
def test_an_activity_for_the_insured_takes_nobody_else(village):
    point, who = make_point(village), make_volunteer(village)
    number = plan(village, point, needs_insurance=True)
    with pytest.raises(InsuranceMissing):
        sign_up(village, who, number)
    village.pass_time(hours=23, minutes=30)
    with pytest.raises(InsuranceMissing):  # nor at the point
        come(village, who, scan(village, point), activity=number)


@on_sqlite
def test_one_person_is_in_one_place(village):
    point, who = make_point(village), make_volunteer(village)
    first = plan(village, point, starts_in=24, hours=2, title="清洁家园")
    overlapping = plan(village, point, starts_in=25.5, hours=2, title="探访")
    sign_up(village, who, first)
    with pytest.raises(BusyThen) as refused:
        sign_up(village, who, overlapping)
    assert refused.value.facts["other"] == "清洁家园"
    give_up(village, who, first)
    assert sign_up(village, who, overlapping)["code"] == "signed_up"


@on_sqlite
def test_what_begins_when_the_other_ends_does_not_overlap(village):
    point, who = make_point(village), make_volunteer(village)
    result = plan_series(
        village,
        point,
        until_on=datetime.date(2026, 11, 21),
        shifts=(Shift(starts=clock("09:00"), ends=clock("11:00")), Shift(starts=clock("11:00"), ends=clock("13:00"))),
    )
    for number in (result["first"], result["first"] + 1):
        assert sign_up(village, who, number)["code"] == "signed_up"


@on_sqlite
def test_a_cancelled_activity_keeps_nobody_busy(village):
    point, who = make_point(village), make_volunteer(village)
    first, second = plan(village, point), plan(village, point, title="探访")
    sign_up(village, who, first)
    cancel(village, first)
    assert sign_up(village, who, second)["code"] == "signed_up"
    assert told(village, who) == ["activity_cancelled"]


WRONG_TERMS: list[tuple[dict[str, Any], str]] = [
    ({"note": "长" * 401}, "note"),
    ({"skills": ("astrology",)}, "skills"),
    ({"age_from": 60, "age_to": 18}, "age_to"),
    ({"age_to": 121}, "age_to"),
    ({"closes_minutes": -1}, "closes_minutes"),
    ({"closes_minutes": 14 * 24 * 60 + 1}, "closes_minutes"),
]


@on_sqlite
def test_terms_that_cannot_be_name_their_field(village):
    point = make_point(village)
    for terms, field in WRONG_TERMS:
        with pytest.raises(BadInput) as refused:
            plan(village, point, **terms)
        assert list(fields_of(refused.value)) == [field], terms


# Who goes


def leave_the_register(village, who, reason="moved"):
    village.write(
        lambda session, now: residents.leave(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            person_id=who.person_id,
            left_on=village.today,
            left_reason=reason,
            reason="test",
        )
    )


def free_places(village):
    job = Actor.system(village.community_id, "free_places")
    return village.write(lambda session, now: seats.free_places_of_those_who_left(session, actor=job, now=now))["count"]


def test_who_has_left_gives_up_coming_places_and_keeps_past_ones(village):
    point, (a, b) = make_point(village), volunteers(village, "甲", "乙")
    past = plan(village, point, starts_in=1, hours=1)
    coming = plan(village, point, starts_in=24, capacity=1)
    sign_up(village, a, past)
    sign_up(village, a, coming)
    sign_up(village, b, coming)
    village.pass_time(hours=3)
    assert free_places(village) == 0
    leave_the_register(village, a)
    assert free_places(village) == 1
    assert free_places(village) == 0
    assert [stands(village, a, past), stands(village, a, coming), stands(village, b, coming)] == [
        "place",
        "gave up",
        "place",
    ]


@on_sqlite
def test_who_has_left_neither_signs_up_nor_comes_up(village):
    point, (a, b, c) = make_point(village), volunteers(village, "甲", "乙", "丙")
    number = plan(village, point, capacity=1)
    for who in (a, b, c):
        sign_up(village, who, number)
    leave_the_register(village, b, "died")
    give_up(village, a, number)
    assert [stands(village, who, number) for who in (b, c)] == ["waits", "place"]
    with pytest.raises(residents.HasLeft):
        sign_up(village, b, plan(village, point, starts_in=72))


# Series and campaigns


@on_sqlite
def test_a_series_is_one_activity_a_day_and_shift(village):
    result = plan_series(village, make_point(village))
    assert result["activities"] == 4
    assert days(village) == ["2026-11-21 09:00", "2026-11-28 09:00", "2026-12-05 09:00", "2026-12-12 09:00"]


@on_sqlite
def test_a_shift_over_midnight_ends_the_next_day(village):
    plan_series(
        village,
        make_point(village),
        until_on=datetime.date(2026, 11, 21),
        shifts=(Shift(starts=clock("22:00"), ends=clock("02:00")),),
    )
    activity = activity_of(village, 1)
    assert activity.ends_at - activity.starts_at == datetime.timedelta(hours=4)


@on_sqlite
def test_a_series_over_29_february_and_month_ends(village):
    village.pass_time(days=420)  # 14 January 2028
    assert village.today == datetime.date(2028, 1, 14)
    plan_series(
        village,
        make_point(village),
        rhythm=Rhythm("monthly_day", day=30),
        first_on=datetime.date(2028, 1, 14),
        until_on=datetime.date(2028, 4, 30),
    )
    assert [day[:10] for day in days(village)] == ["2028-01-30", "2028-02-29", "2028-03-30", "2028-04-30"]


def test_closed_days_and_holidays_are_left_out_on_request(village):
    point = make_point(village)
    set_hours(village, point, Opening("weekday", 6, 480, 1020), keeps_holidays=True, duty=0)
    close_on(village, point, datetime.date(2026, 11, 28))
    village.write(
        lambda session, now: declare_day(
            session,
            actor=village.actor("committee"),
            now=now,
            day=datetime.date(2026, 12, 5),
            works=False,
            reason="村庆",
        )
    )
    result = plan_series(village, point, skips_closed=True)
    assert result["left_out"] == ["2026-11-28", "2026-12-05"]
    assert [day[:10] for day in days(village)] == ["2026-11-21", "2026-12-12"]
    assert plan_series(village, point, skips_closed=False)["activities"] == 4


@on_sqlite
def test_shifts_of_today_that_are_over_are_left_out(village):
    result = plan_series(
        village,
        make_point(village),
        rhythm=Rhythm("weekly", weekdays=(5,)),
        first_on=village.today,
        until_on=village.today,
        shifts=(Shift(starts=clock("07:00"), ends=clock("08:00")), Shift(starts=clock("14:00"), ends=clock("16:00"))),
    )
    assert (result["activities"], days(village)) == (1, ["2026-11-20 14:00"])


WRONG_SERIES: list[tuple[dict[str, Any], str]] = [
    ({"first_on": datetime.date(2026, 11, 19)}, "day"),
    ({"first_on": datetime.date(2028, 11, 19), "until_on": datetime.date(2028, 12, 1)}, "day"),
    ({"shifts": ()}, "shifts"),
    ({"shifts": tuple(Shift(starts=clock("09:00"), ends=clock("10:00")) for _ in range(7))}, "shifts"),
    ({"shifts": (Shift(starts=clock("09:00"), ends=clock("08:00")),)}, "ends_at"),
    ({"shifts": (Shift(starts=clock("09:00"), ends=clock("10:00"), capacity=0),)}, "capacity"),
]


@on_sqlite
def test_series_that_cannot_be_name_their_field(village):
    point = make_point(village)
    for given, field in WRONG_SERIES:
        with pytest.raises(BadInput) as refused:
            plan_series(village, point, **given)
        assert list(fields_of(refused.value)) == [field], given
    assert numbers(village) == []


@on_sqlite
def test_changing_one_of_a_series_leaves_the_others(village):
    who = make_volunteer(village)
    first = plan_series(village, make_point(village))["first"]
    sign_up(village, who, first + 1)
    result = change(
        village,
        first + 1,
        shift=Shift(starts=clock("14:00"), ends=clock("16:00"), capacity=2),
        day=datetime.date(2026, 11, 29),
    )
    assert (result["activities"], result["moved"]) == (1, 1)
    assert days(village) == ["2026-11-21 09:00", "2026-11-29 14:00", "2026-12-05 09:00", "2026-12-12 09:00"]
    assert told(village, who) == ["activity_changed"]


def test_changing_the_rest_leaves_past_changed_and_cancelled_ones(village):
    point = make_point(village)
    first = plan_series(village, point, until_on=datetime.date(2026, 12, 19))["first"]
    change(
        village,
        first + 2,
        shift=Shift(starts=clock("15:00"), ends=clock("16:00")),
        title="搬到下午",
        day=datetime.date(2026, 12, 5),
    )
    cancel(village, first + 3)
    result = change(village, first + 1, "rest", shift=Shift(starts=clock("10:00"), ends=clock("12:00")))
    assert result["activities"] == 2
    assert days(village) == ["2026-11-21 09:00", "2026-11-28 10:00", "2026-12-05 15:00", "2026-12-19 10:00"]


@on_sqlite
def test_changing_the_rest_is_of_the_same_shift_only(village):
    shifts = (Shift(starts=clock("09:00"), ends=clock("11:00")), Shift(starts=clock("14:00"), ends=clock("16:00")))
    first = plan_series(village, make_point(village), until_on=datetime.date(2026, 11, 28), shifts=shifts)["first"]
    change(village, first, "rest", shift=Shift(starts=clock("08:00"), ends=clock("10:00")))
    assert days(village) == ["2026-11-21 08:00", "2026-11-21 14:00", "2026-11-28 08:00", "2026-11-28 14:00"]


@on_sqlite
def test_words_alone_change_without_telling_anybody(village):
    who = make_volunteer(village)
    first = plan_series(village, make_point(village))["first"]
    sign_up(village, who, first)
    change(village, first, "rest", title="清洁河道", shift=Shift(starts=clock("09:00"), ends=clock("11:00")))
    assert told(village, who) == []
    assert {activity_of(village, number).title for number in numbers(village)} == {"清洁河道"}


@on_sqlite
def test_what_has_begun_or_was_called_off_is_not_changed(village):
    point = make_point(village)
    begun, off = plan(village, point, starts_in=1), plan(village, point, starts_in=30)
    cancel(village, off)
    village.pass_time(hours=1, minutes=1)
    with pytest.raises(ActivityBegun):
        change(village, begun)
    with pytest.raises(ActivityCancelled):
        change(village, off)


@on_sqlite
def test_a_single_activity_has_no_rest(village):
    with pytest.raises(BadInput) as refused:
        change(village, plan(village, make_point(village)), "rest")
    assert refused.value.facts["fields"] == {"scope": "choice"}


@on_sqlite
def test_an_activity_is_not_moved_into_the_past(village):
    number = plan(village, make_point(village))
    with pytest.raises(BadInput) as refused:
        change(village, number, day=village.today - DAY)
    assert refused.value.facts["fields"] == {"day": "in_the_past"}


@on_sqlite
def test_calling_off_the_rest_tells_each_once_a_place(village):
    a, b = volunteers(village, "甲", "乙")
    first = plan_series(village, make_point(village))["first"]
    sign_up(village, a, first)
    sign_up(village, a, first + 2)
    sign_up(village, b, first + 3)
    assert cancel(village, first + 1, "rest")["activities"] == 3
    assert cancel(village, first + 1, "rest")["activities"] == 0
    assert numbers(village) == [first]
    assert (told(village, a), told(village, b)) == (["activity_cancelled"], ["activity_cancelled"])


@on_sqlite
def test_who_waits_is_told_too_when_it_is_called_off(village):
    point, (a, b) = make_point(village), volunteers(village, "甲", "乙")
    number = plan(village, point, capacity=1)
    sign_up(village, a, number)
    sign_up(village, b, number)
    cancel(village, number)
    assert told(village, b) == ["activity_cancelled"]


@on_sqlite
@pytest.mark.parametrize("template", sorted(CAMPAIGNS))
def test_each_campaign_makes_its_shifts_on_each_of_its_days(village, template):
    point, campaign = make_point(village), CAMPAIGNS[template]
    result = village.write(
        lambda session, now: planning.plan_campaign(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            template=template,
            point_number=point,
            first_on=datetime.date(2027, 6, 7),
            leader_id=None,
            title=campaign.title,
        )
    )
    assert result["activities"] == campaign.days * len(campaign.shifts)
    with village.read() as session:
        terms = session.scalars(select(ActivityTerms)).all()
    assert {one.shift_name for one in terms} == {shift.name for shift in campaign.shifts}
    assert {one.needs_insurance for one in terms} == {campaign.needs_insurance}


@on_sqlite
def test_a_leader_who_has_left_leads_nothing(village):
    who = make_volunteer(village)
    leave_the_register(village, who)
    with pytest.raises(residents.HasLeft):
        plan(village, make_point(village), leader=who.person_id)


# What is seen


def test_the_list_tells_places_turns_and_own_state(village):
    point, (a, b) = make_point(village), volunteers(village, "甲", "乙")
    number = plan(village, point, capacity=1, skills=(), age_from=18)
    sign_up(village, a, number)
    sign_up(village, b, number)
    with village.read() as session:
        (line,) = reading.coming(session, actor=b, now=village.now)
        assert (line.taken, line.waiting, line.mine, line.waits, line.full, line.asks_for_more) == (
            1,
            1,
            False,
            True,
            True,
            True,
        )
        assert [one.number for one in reading.mine(session, actor=b, now=village.now)] == [number]
        assert reading.next_of(session, village.community_id, a.person_id, village.now)[0].mine
        assert reading.mine(session, actor=village.actor("desk_staff"), now=village.now) == []


def test_the_leader_sees_who_comes_and_other_volunteers_do_not(village):
    point, (leader, a, b) = make_point(village), volunteers(village, "队长", "甲", "乙")
    number = plan(village, point, capacity=1, leader=leader.person_id, starts_in=0.5)
    sign_up(village, a, number)
    sign_up(village, b, number)
    come(village, a, scan(village, point), activity=number)
    village.pass_time(minutes=40)
    go(village, a, scan(village, point))
    with village.read() as session:
        people = reading.people(session, actor=leader, number=number)
        with pytest.raises(Forbidden):
            reading.people(session, actor=a, number=number)
    assert [(one.person.name, one.position, one.came) for one in people] == [("甲", 0, True), ("乙", 1, False)]


def test_a_place_of_before_the_waiting_list_is_a_place(village):
    """Rows written by an earlier version have none of the new columns, and their activities no terms."""
    point, who = make_point(village), make_volunteer(village)
    number = plan(village, point)

    def forget_terms(session, now):
        activity = seats.by_number(session, village.community_id, number)
        session.delete(session.get(ActivityTerms, (village.community_id, activity.id)))
        session.add(
            SignUp(
                community_id=village.community_id,
                activity_id=activity.id,
                person_id=who.person_id,
                signed_up_at=now,
            )
        )
        return {}

    village.write(forget_terms)
    with village.read() as session:
        line = reading.shown(session, actor=who, number=number)
    assert (line.mine, line.taken, line.kind) == (True, 1, "activity")
    give_up(village, who, number)
    assert change(village, number, day=village.today + DAY, terms=Terms(note="带手套"))["activities"] == 1


def grant_role(village, who):
    village.storage.write_global(
        lambda session, now: logins.grant(
            session,
            now=now,
            role="volunteer",
            area_path=village.area_path,
            from_on=village.today,
            until_on=village.today + 3 * DAY,
            given_by="test",
            community_id=village.community_id,
            person_id=who.person_id,
        )
    )


def test_who_is_a_volunteer_no_more_gives_up_coming_places_and_those_who_wait_and_lead_hear_of_it(village):
    point, (a, b, c, leader) = make_point(village), volunteers(village, "甲", "乙", "丙", "组长")
    grant_role(village, a)
    coming = plan(village, point, starts_in=24 * 6, capacity=2, leader=leader.person_id)
    for who in (a, b, c):
        sign_up(village, who, coming)
    village.pass_time(days=3)
    assert free_places(village) == 0  # the last day of the role
    village.pass_time(days=1)
    # Who never had the role as a person was put down by staff, who know why.
    assert free_places(village) == 1
    assert [stands(village, who, coming) for who in (a, b, c)] == ["gave up", "place", "place"]
    assert told(village, a)[-1] == "sign_up_role_ended"
    assert told(village, c)[-1] == "sign_up_promoted"
    assert told(village, leader)[-1] == "activity_place_freed"
    assert free_places(village) == 0


def test_a_role_that_was_revoked_and_given_anew_keeps_its_places(village):
    point, (a,) = make_point(village), volunteers(village, "甲")
    grant_role(village, a)
    coming = plan(village, point)
    sign_up(village, a, coming)
    with village.read() as session:
        (held,) = logins.grants_of_person(session, community_id=1, person_id=a.person_id, on=village.today)
    village.storage.write_global(lambda session, now: logins.revoke(session, now=now, grant_id=held.id))
    grant_role(village, a)
    assert (free_places(village), stands(village, a, coming)) == (0, "place")


@on_sqlite
def test_whom_a_move_leaves_with_two_promises_is_told_and_never_missed(village):
    point, (a, b) = make_point(village), volunteers(village, "甲", "乙")
    first = plan(village, point, starts_in=24, hours=2)
    moved = plan(village, point, starts_in=29, hours=2, capacity=1)
    for who, number in ((a, first), (a, moved), (b, moved)):
        sign_up(village, who, number)
    shift = Shift(starts=clock("10:00"), ends=clock("12:00"), capacity=1)
    told_of = change(village, moved, shift=shift, day=village.today + DAY)
    assert (told_of["moved"], told_of["moved_up"]) == (1, 1)
    assert [stands(village, who, moved) for who in (a, b)] == ["gave up", "place"]
    assert stands(village, a, first) == "place"
    assert told(village, a)[-1:] == ["sign_up_clashes"]
    assert "activity_changed" not in told(village, a)
    # Both end, somebody was there, and nothing is written of her for the one that she lost.
    village.pass_time(hours=25)
    come(village, b, scan(village, point), activity=moved)
    village.pass_time(hours=3)
    go(village, b, scan(village, point))
    village.pass_time(hours=30)
    with village.read() as session:
        due = absences.due(session, village.community_id, village.now, 10)
    assert [(one.number, place.person_id) for one, place in due] == []
