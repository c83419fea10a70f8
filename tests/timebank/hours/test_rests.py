"""Rests within a visit: what they take away, exactly, and what ends them."""

import datetime
from datetime import UTC, date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ledger import reading
from tests.timebank.hours.arrange import close_forgotten, come, go, make_point, make_volunteer, review, scan, visit_of
from timebank.errors import Forbidden
from timebank.hours.attendance import reading as visits_read
from timebank.hours.attendance import resting, rests
from timebank.hours.attendance.reckoning import Limits, Window, reckon
from timebank.hours.attendance.visits import VisitNotOpen, by_id

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE = datetime.datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
EVENING = Window(20 * 60, 22 * 60, 150)


def sum_of(start, end, *pauses, windows=(), rounding=15, month=2400, day=480, before=None):
    limits = Limits(rounding_minutes=rounding, visit_minutes=600, day_minutes=lambda _: day, month_minutes=month)
    return reckon(
        start,
        end,
        zone=SHANGHAI,
        windows_of=lambda _: windows,
        limits=limits,
        credited_before=before or {},
        rests=[(start + timedelta(minutes=began), start + timedelta(minutes=ended)) for began, ended in pauses],
    )


def test_a_visit_is_floored_once_over_all_its_parts():
    """50 and 57 minutes beside a rest are 107 and give 105: floored apart they would give 90."""
    reckoning = sum_of(NINE, NINE + timedelta(minutes=137), (50, 80))
    assert (reckoning.seconds, reckoning.rest_seconds) == (107 * 60, 30 * 60)
    assert reckoning.spans == ((107 * 60, 100),)
    assert (reckoning.real_minutes, reckoning.credited_minutes) == (107, 105)


def test_a_rest_over_the_border_of_a_window_takes_from_both_sides():
    start = datetime.datetime(2026, 11, 20, 11, 0, tzinfo=UTC)  # 19:00 in the village
    reckoning = sum_of(start, start + timedelta(hours=2), (50, 75), windows=[EVENING], rounding=1)
    assert reckoning.spans == ((50 * 60, 100), (45 * 60, 150))
    assert reckoning.uncapped_minutes == 50 + 67  # 67.5 minutes of the window, floored once


def test_a_rest_that_ends_where_the_window_begins_leaves_the_window_whole():
    start = datetime.datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
    reckoning = sum_of(start, start + timedelta(hours=2), (30, 60), windows=[EVENING], rounding=1)
    assert reckoning.spans == ((30 * 60, 100), (60 * 60, 150))


def test_a_rest_over_midnight_is_taken_from_each_day():
    start = datetime.datetime(2026, 11, 30, 14, 0, tzinfo=UTC)  # 22:00 on the last day of the month
    reckoning = sum_of(start, start + timedelta(hours=4), (90, 150))
    assert [(share.day, share.seconds, share.credited_minutes) for share in reckoning.shares] == [
        (date(2026, 11, 30), 90 * 60, 90),
        (date(2026, 12, 1), 90 * 60, 90),
    ]


def test_the_month_cap_reached_in_the_middle_of_a_visit_with_a_rest():
    start = datetime.datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
    reckoning = sum_of(start, start + timedelta(hours=4), (90, 150), month=60)
    assert [share.credited_minutes for share in reckoning.shares] == [60, 60]
    assert [reason.code for reason in reckoning.reasons] == ["month_cap", "month_cap"]


def test_29_february_with_a_rest_over_its_end():
    start = datetime.datetime(2028, 2, 29, 15, 0, tzinfo=UTC)  # 23:00
    reckoning = sum_of(start, start + timedelta(hours=2), (45, 75))
    assert [(share.day, share.seconds) for share in reckoning.shares] == [
        (date(2028, 2, 29), 45 * 60),
        (date(2028, 3, 1), 45 * 60),
    ]


@given(
    length=st.integers(0, 6 * 60),
    cuts=st.lists(st.integers(0, 6 * 60), max_size=6).map(sorted),
    window=st.tuples(st.integers(0, 1439), st.integers(0, 1440)).map(sorted),
)
def test_minute_by_minute_the_sum_is_the_same(length, cuts, window):
    """Counting each minute alone, the rests left out, gives the seconds and weights of the spans."""
    pauses = [(begin, min(end, length)) for begin, end in zip(cuts[::2], cuts[1::2], strict=False) if begin < length]
    windows = [Window(window[0], window[1], 200)] if window[0] < window[1] else []
    start = datetime.datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # 20:00
    reckoning = sum_of(start, start + timedelta(minutes=length), *pauses, windows=windows, rounding=1, day=10**6)
    served = [at for at in range(length) if not any(begin <= at < end for begin, end in pauses)]
    minutes_of_day = [(20 * 60 + at) % 1440 for at in served]
    weight = sum(200 if windows and window[0] <= at < window[1] else 100 for at in minutes_of_day)
    assert reckoning.seconds == 60 * len(served)
    assert reckoning.seconds + reckoning.rest_seconds == 60 * length
    assert sum(seconds * percent for seconds, percent in reckoning.spans) == 60 * weight
    assert sum(share.seconds for share in reckoning.shares) == reckoning.seconds
    assert sum(reason.minutes for reason in reckoning.reasons) == reckoning.credited_minutes - reckoning.real_minutes


def take(village, who, visit_id, verb=resting.begin_rest):
    return village.write(
        lambda session, now: verb(session, actor=who, now=now, visit_id=UUID(visit_id)), visit=visit_id
    )


def test_a_rest_is_not_counted_and_stands_in_the_entrys_detail(village):
    who, point = make_volunteer(village), make_point(village)
    came = come(village, who, scan(village, point))
    village.pass_time(minutes=60)
    assert take(village, who, came["visit_id"])["rest_since"] == "10:00"
    village.pass_time(minutes=30)
    take(village, who, came["visit_id"], resting.end_rest)
    village.pass_time(minutes=47)
    left = go(village, who, scan(village, point))
    assert (left["real_minutes"], left["rest_minutes"], left["credited_minutes"]) == (107, 30, 105)
    with village.read() as session:
        detail = reading.entry(session, village.community_id, left["entry_seq"]).detail
        explained = visits_read.explained(session, actor=who, visit_id=UUID(left["visit_id"]))
    (pause,) = detail["rests"]
    between = (detail["ended_at"] // 1000 - detail["started_at"] // 1000) - (pause[1] // 1000 - pause[0] // 1000)
    assert sum(seconds for seconds, _ in detail["spans"]) == between
    assert explained.seconds == between
    assert [rest.forgotten for rest in explained.rests] == [False]
    assert explained.line.real_minutes == 107


@on_sqlite
def test_a_rest_that_was_forgotten_lasts_until_the_check_out(village):
    who, point = make_volunteer(village), make_point(village)
    came = come(village, who, scan(village, point))
    village.pass_time(minutes=45)
    take(village, who, came["visit_id"])
    village.pass_time(minutes=90)
    left = go(village, who, scan(village, point))
    assert (left["real_minutes"], left["rest_minutes"], left["credited_minutes"]) == (45, 90, 45)
    with village.read() as session:
        (rest,) = rests.of_visit(session, by_id(session, village.community_id, UUID(left["visit_id"])))
        assert (rest.forgotten, rest.ended_at) == (True, visit_of(village, rest.visit_id).ended_at)


@on_sqlite
def test_a_guessed_end_that_is_put_right_puts_the_forgotten_rest_right_too(village):
    who, point = make_volunteer(village), make_point(village)
    came = come(village, who, scan(village, point))
    village.pass_time(minutes=60)
    take(village, who, came["visit_id"])
    village.pass_time(minutes=90)
    close_forgotten(village)  # at 11:00, in the middle of the rest
    true_end = visit_of(village, UUID(came["visit_id"])).started_at + timedelta(minutes=150)
    done = review(village, village.actor("reviewer"), UUID(came["visit_id"]), ended_at=true_end)
    assert (done["real_minutes"], done["rest_minutes"], done["credited_minutes"]) == (60, 90, 60)


@on_sqlite
def test_a_second_tap_on_rest_changes_nothing(village):
    who, point = make_volunteer(village), make_point(village)
    came = come(village, who, scan(village, point))
    with pytest.raises(rests.NotResting):
        take(village, who, came["visit_id"], resting.end_rest)
    take(village, who, came["visit_id"])
    with pytest.raises(rests.AlreadyResting):
        take(village, who, came["visit_id"])
    with pytest.raises(Forbidden):
        take(village, make_volunteer(village, "别人"), came["visit_id"], resting.end_rest)
    village.pass_time(hours=1)
    go(village, who, scan(village, point))
    with pytest.raises(VisitNotOpen):
        take(village, who, came["visit_id"])


def test_the_database_itself_refuses_a_second_open_rest(village):
    who, point = make_volunteer(village), make_point(village)
    came = come(village, who, scan(village, point))
    take(village, who, came["visit_id"])
    again = """
        INSERT INTO visit_rest (community_id, id, visit_id, started_at, started_recorded_at, started_by, forgotten)
        SELECT community_id, visit_id, visit_id, started_at, started_recorded_at, started_by, forgotten FROM visit_rest
    """
    with pytest.raises(DBAPIError):
        village.write(lambda session, now: {"rows": session.connection().execute(text(again)).rowcount})
