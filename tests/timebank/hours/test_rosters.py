"""Opening hours, turns of duty laid out from them, and weeks with too few people."""

import datetime

import pytest

from tests.refusals import fields_of
from tests.timebank.hours.arrange import make_point, make_resident, make_volunteer
from tests.timebank.hours.arrange_activities import (
    cancel,
    change,
    change_policy,
    clear_day,
    clock,
    close_on,
    days,
    numbers,
    on_sqlite,
    put_down,
    set_hours,
    sign_up,
    stands,
    told,
    week,
)
from timebank.errors import BadInput, Forbidden
from timebank.hours import opening_hours, service_points
from timebank.hours.activities import roster
from timebank.hours.activities.planning import Shift
from timebank.hours.opening_hours import Opening
from timebank.people import logins
from timebank.people.working_days import declare_day
from timebank.permissions import Actor

MORNINGS = tuple(Opening("weekday", day, 480, 690) for day in (1, 3, 5))
MARKET = (Opening("digit", 5, 420, 720),)
MONDAY = datetime.date(2026, 11, 23)


def lay_out(village):
    job = Actor.system(village.community_id, "lay_out_rosters")
    return village.write(lambda session, now: roster.lay_out(session, actor=job, now=now))["turns"]


def tell_gaps(village):
    job = Actor.system(village.community_id, "tell_roster_gaps")
    return village.write(lambda session, now: roster.tell_gaps(session, actor=job, now=now))["points"]


def hours_of(village, point):
    with village.read() as session:
        row = service_points.by_number(session, village.community_id, point)
        return opening_hours.hours_of(session, village.community_id, [row.id], since=village.today)[row.id]


def works(village, day, works):
    village.write(
        lambda session, now: declare_day(
            session, actor=village.actor("committee"), now=now, day=day, works=works, reason="调休"
        )
    )


# Hours


@on_sqlite
def test_a_point_is_open_by_weekday_and_by_the_digit_of_the_day(village):
    point = make_point(village)
    set_hours(village, point, *MORNINGS, Opening("weekday", 3, 840, 1020), *MARKET, duty=0)
    hours = hours_of(village, point)
    assert hours.spans_on(datetime.date(2026, 11, 24)) == []  # Tuesday
    assert hours.spans_on(datetime.date(2026, 11, 23)) == [(480, 690)]
    assert hours.spans_on(datetime.date(2026, 11, 25)) == [(420, 720), (840, 1020)]  # Wednesday and market
    assert hours.spans_on(datetime.date(2026, 12, 5)) == [(420, 720)]  # Saturday


@on_sqlite
def test_hours_are_replaced_as_a_whole(village):
    point = make_point(village)
    set_hours(village, point, *MORNINGS, duty=0)
    set_hours(village, point, *MARKET, duty=0)
    assert hours_of(village, point).openings == MARKET


@pytest.mark.parametrize("day, holiday", [(datetime.date(2026, 10, 1), True), (datetime.date(2026, 11, 21), False)])
def test_public_holidays_close_only_who_keeps_them_and_weekends_do_not(day, holiday):
    everyday = tuple(Opening("weekday", weekday, 480, 690) for weekday in range(1, 8))
    for keeps in (True, False):
        hours = opening_hours.Hours(everyday, keeps, 0, {}, {})
        assert (hours.spans_on(day) == []) is (holiday and keeps)


@on_sqlite
def test_a_holiday_of_the_community_closes_too_and_a_working_day_opens(village):
    point = make_point(village)
    set_hours(village, point, *MORNINGS, keeps_holidays=True, duty=0)
    works(village, MONDAY, works=False)
    assert hours_of(village, point).spans_on(MONDAY) == []
    works(village, MONDAY, works=True)
    assert hours_of(village, point).spans_on(MONDAY) == [(480, 690)]


@pytest.mark.parametrize(
    "openings, duty, field",
    [
        ([Opening("weekday", 0, 480, 690)], 1, "openings"),
        ([Opening("weekday", 8, 480, 690)], 1, "openings"),
        ([Opening("digit", 10, 480, 690)], 1, "openings"),
        ([Opening("weekday", 1, 690, 480)], 1, "openings"),
        ([Opening("weekday", 1, 480, 1441)], 1, "openings"),
        ([Opening("weekday", 1, 480, 690), Opening("weekday", 1, 600, 720)], 1, "openings"),
        ([Opening("moon", 1, 480, 690)], 1, "openings"),
        ([], 21, "duty_people"),
        ([Opening("weekday", 1, minute, minute + 1) for minute in range(29)], 1, "openings"),
    ],
)
def test_hours_that_cannot_be_are_refused(openings, duty, field):
    with pytest.raises(BadInput) as refused:
        opening_hours._refuse_bad(openings, duty)
    assert list(fields_of(refused.value)) == [field]


@on_sqlite
def test_touching_hours_are_fine_and_become_one(village):
    point = make_point(village)
    set_hours(village, point, Opening("weekday", 1, 480, 690), Opening("weekday", 1, 690, 1440), duty=0)
    assert hours_of(village, point).spans_on(MONDAY) == [(480, 1440)]


@on_sqlite
def test_only_staff_of_the_point_set_its_hours(village):
    point = make_point(village)
    for role in ("volunteer", "team_leader", "grid_worker", "auditor"):
        with pytest.raises(Forbidden):
            village.write(
                lambda session, now, role=role: roster.set_hours(
                    session,
                    actor=village.actor(role),
                    now=now,
                    number=point,
                    openings=MORNINGS,
                    keeps_holidays=False,
                    duty_people=1,
                )
            )


@on_sqlite
@pytest.mark.parametrize("ahead, field", [(-1, "day"), (401, "day")])
def test_a_day_is_closed_from_today_on(village, ahead, field):
    point = make_point(village)
    with pytest.raises(BadInput) as refused:
        close_on(village, point, village.today + datetime.timedelta(days=ahead))
    assert list(fields_of(refused.value)) == [field]
    close_on(village, point, village.today)


# Turns


def test_turns_are_laid_out_four_weeks_ahead_and_each_day_adds_one(village):
    point = make_point(village)
    set_hours(village, point, *MORNINGS, duty=2)  # Friday, 9 in the morning: today's turn has begun
    assert days(village)[0] == "2026-11-23 08:00"
    assert days(village)[-1] == "2026-12-16 08:00"
    assert len(days(village)) == 11
    assert lay_out(village) == 0
    village.pass_time(days=1)
    assert lay_out(village) == 1
    assert days(village)[-1] == "2026-12-18 08:00"


@on_sqlite
def test_how_far_ahead_is_the_communitys_number(village):
    change_policy(village, duty_weeks_ahead=1)
    set_hours(village, make_point(village), *MORNINGS)
    assert [day[:10] for day in days(village)] == ["2026-11-23", "2026-11-25", "2026-11-27"]


@on_sqlite
def test_no_roster_is_laid_out_where_none_is_wanted(village):
    set_hours(village, make_point(village), *MORNINGS, duty=0)
    assert days(village) == []


def test_a_closed_day_calls_its_turn_off_and_opening_it_again_brings_an_empty_one(village):
    point, who = make_point(village), make_volunteer(village)
    set_hours(village, point, *MORNINGS)
    first = numbers(village)[0]
    sign_up(village, who, first)
    close_on(village, point, MONDAY)
    assert "2026-11-23 08:00" not in days(village)
    assert told(village, who) == ["activity_cancelled"]
    clear_day(village, point, MONDAY)
    assert numbers(village)[0] == first
    assert stands(village, who, first) == "gave up"
    assert sign_up(village, who, first)["code"] == "signed_up"


@on_sqlite
def test_a_turn_that_was_called_off_by_hand_stays_so(village):
    point = make_point(village)
    set_hours(village, point, *MORNINGS)
    first = numbers(village)[0]
    cancel(village, first)
    assert lay_out(village) == 0
    assert first not in numbers(village)


@on_sqlite
def test_other_hours_keep_who_has_a_turn_and_tell_her(village):
    point, who = make_point(village), make_volunteer(village)
    set_hours(village, point, *MORNINGS)
    first = numbers(village)[0]
    sign_up(village, who, first)
    set_hours(village, point, *(Opening("weekday", day, 480, 720) for day in (1, 3)))
    assert stands(village, who, first) == "place"
    assert told(village, who) == ["activity_changed"]
    assert "2026-11-27 08:00" not in days(village)


@on_sqlite
def test_a_turn_that_was_changed_by_itself_keeps_its_own_times(village):
    point = make_point(village)
    set_hours(village, point, *MORNINGS)
    first = numbers(village)[0]
    change(village, first, title="值班", shift=Shift(starts=clock("08:30"), ends=clock("10:00"), capacity=3))
    set_hours(village, point, *(Opening("weekday", day, 480, 720) for day in (1, 3, 5)))
    assert "2026-11-23 08:30" in days(village)


@on_sqlite
def test_fewer_people_on_duty_send_the_last_back_to_wait(village):
    point, a, b = make_point(village), make_volunteer(village, "甲"), make_volunteer(village, "乙")
    set_hours(village, point, *MORNINGS, duty=2)
    first = numbers(village)[0]
    sign_up(village, a, first)
    sign_up(village, b, first)
    set_hours(village, point, *MORNINGS, duty=1)
    assert (stands(village, a, first), stands(village, b, first)) == ("place", "waits")


@on_sqlite
def test_a_closed_point_has_no_more_turns(village):
    point = make_point(village)
    set_hours(village, point, *MORNINGS)
    village.write(
        lambda session, now: service_points.close(
            session, actor=village.actor("community_manager"), now=now, number=point
        )
    )
    lay_out(village)
    assert days(village) == []


@on_sqlite
def test_a_turn_until_midnight_ends_on_the_next_day(village):
    set_hours(village, make_point(village), Opening("weekday", 1, 1200, 1440))
    assert week(village, 1, MONDAY).days[0].turns[0].line.ends_at == datetime.datetime(
        2026, 11, 23, 16, tzinfo=datetime.UTC
    )


# Weeks and gaps


def staff(village, point, *turns, duty=1):
    """Put somebody down for these turns of the week, counted from the first."""
    line = [turn.line.number for day in week(village, point, MONDAY).days for turn in day.turns]
    for at in turns:
        put_down(village, make_resident(village, f"值班{at}"), line[at])


@on_sqlite
@pytest.mark.parametrize("turns, short", [((0, 1), True), ((0, 1, 2), False)])
def test_three_days_a_week_need_somebody_on_duty(village, turns, short):
    point = make_point(village)
    set_hours(village, point, *(Opening("weekday", day, 480, 690) for day in range(1, 6)))
    staff(village, point, *turns)
    found = week(village, point, MONDAY)
    assert (found.staffed_days, found.asked_days, found.too_few) == (len(turns), 3, short)
    assert len(found.gaps) == 5 - len(turns)


@on_sqlite
def test_how_many_days_is_the_communitys_number(village):
    change_policy(village, duty_days_a_week=2)
    point = make_point(village)
    set_hours(village, point, *MORNINGS)
    staff(village, point, 0, 2)
    assert not week(village, point, MONDAY).too_few


@on_sqlite
def test_a_week_of_holidays_asks_for_no_more_days_than_it_has(village):
    point = make_point(village)
    set_hours(village, point, *MORNINGS)
    close_on(village, point, MONDAY)
    staff(village, point, 0, 1)
    found = week(village, point, MONDAY)
    assert (found.open_days, found.asked_days, found.too_few) == (2, 2, False)


@on_sqlite
def test_a_market_point_is_asked_for_each_of_its_days(village):
    point = make_point(village)
    set_hours(village, point, *MARKET)
    found = week(village, point, MONDAY)  # the 25th is its only day
    assert (found.open_days, found.asked_days, found.too_few) == (1, 1, True)
    staff(village, point, 0)
    assert not week(village, point, MONDAY).too_few


@on_sqlite
def test_hours_of_too_few_days_are_told(village):
    point = make_point(village)
    set_hours(village, point, *MORNINGS[:2])
    assert week(village, point, MONDAY).opens_too_seldom
    set_hours(village, point, *MORNINGS)
    assert not week(village, point, MONDAY).opens_too_seldom


def test_staff_are_told_on_friday_of_next_week(village):
    desk = make_resident(village, "服务台")
    village.storage.write_global(
        lambda session, now: logins.grant(
            session,
            now=now,
            role="desk_staff",
            area_path=village.area_path,
            from_on=village.today,
            until_on=None,
            given_by="test",
            community_id=village.community_id,
            person_id=desk.id,
        )
    )
    point = make_point(village)
    set_hours(village, point, *MORNINGS)
    who = village.actor("desk_staff", person=desk)
    assert tell_gaps(village) == 1
    assert told(village, who) == ["roster_gap"]
    village.pass_time(days=1)
    assert tell_gaps(village) == 0
    village.pass_time(days=6)
    for turn in week(village, point, datetime.date(2026, 11, 30)).gaps:
        put_down(village, desk, turn.line.number)
    assert tell_gaps(village) == 0


def test_who_is_on_duty_today(village):
    point, person = make_point(village), make_resident(village, "王值班")
    set_hours(village, point, Opening("weekday", 5, 600, 690))
    put_down(village, person, numbers(village)[0])
    with village.read() as session:
        row = service_points.by_number(session, village.community_id, point)
        (turn,) = roster.on_duty(session, village.community_id, row, village.today)
    assert ([one.name for one in turn.people], turn.missing) == (["王值班"], 0)


@on_sqlite
def test_volunteers_do_not_see_the_roster(village):
    point = make_point(village)
    set_hours(village, point, *MORNINGS)
    with village.read() as session, pytest.raises(Forbidden):
        roster.week(session, actor=village.actor("volunteer"), now=village.now, number=point, monday=MONDAY)
