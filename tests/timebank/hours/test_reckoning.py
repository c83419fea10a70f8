"""The sum from two scans to credited minutes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.hours.attendance.reckoning import Limits, Window, by_day, reckon

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def limits(visit=180, day=480, month=2400, rounding=15):
    return Limits(rounding_minutes=rounding, visit_minutes=visit, day_minutes=lambda _: day, month_minutes=month)


DEFAULTS = limits()


def sum_of(start, end, *, windows=(), before=None, limits=DEFAULTS, zone=SHANGHAI):
    return reckon(start, end, zone=zone, windows_of=lambda _: windows, limits=limits, credited_before=before or {})


@pytest.mark.parametrize(
    "seconds, credited", [(0, 0), (14 * 60 + 59, 0), (15 * 60, 15), (29 * 60 + 59, 15), (60 * 60, 60), (107 * 60, 105)]
)
def test_minutes_are_floored_to_a_quarter_once_a_visit(seconds, credited):
    reckoning = sum_of(NOON, NOON + timedelta(seconds=seconds))
    assert reckoning.credited_minutes == credited
    assert reckoning.real_minutes == seconds // 60


def test_two_short_spans_of_a_visit_are_floored_together():
    """Twice ten minutes at 150 % are 30 minutes, not twice nothing."""
    windows = (Window(12 * 60, 12 * 60 + 10, 150), Window(12 * 60 + 10, 12 * 60 + 20, 150))
    assert sum_of(NOON, NOON + timedelta(minutes=20), windows=windows).credited_minutes == 30


def test_a_multiplier_counts_from_exactly_where_its_window_begins():
    reckoning = sum_of(
        NOON, NOON + timedelta(minutes=90), windows=(Window(12 * 60 + 30, 13 * 60, 200),), limits=limits(rounding=1)
    )
    assert reckoning.spans == ((1800, 100), (1800, 200), (1800, 100))
    assert reckoning.credited_minutes == 120


def test_a_visit_over_midnight_fills_the_first_day_first():
    start = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # 23:00 in the village
    reckoning = sum_of(start, start + timedelta(hours=2))
    assert [(share.day, share.seconds, share.credited_minutes) for share in reckoning.shares] == [
        (date(2026, 11, 20), 3600, 60),
        (date(2026, 11, 21), 3600, 60),
    ]


def test_the_day_cap_counts_each_side_of_midnight_for_itself():
    start = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    reckoning = sum_of(start, start + timedelta(hours=2), before={date(2026, 11, 20): 450})
    assert [share.credited_minutes for share in reckoning.shares] == [30, 60]
    assert [(reason.code, reason.day, reason.minutes) for reason in reckoning.reasons] == [
        ("day_cap", date(2026, 11, 20), -30)
    ]


def test_the_month_cap_starts_anew_on_the_first():
    start = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
    before = {date(2026, 11, day): 100 for day in range(1, 25)}
    reckoning = sum_of(start, start + timedelta(hours=2), before=before)
    assert [share.credited_minutes for share in reckoning.shares] == [0, 60]


def test_29_february_is_a_day_of_its_own():
    start = datetime(2028, 2, 28, 15, 0, tzinfo=UTC)
    reckoning = sum_of(start, start + timedelta(hours=26), limits=limits(visit=10_000, day=10_000))
    assert [share.day for share in reckoning.shares] == [date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1)]
    assert reckoning.credited_minutes == 26 * 60


def test_caps_apply_in_the_order_visit_day_month():
    reckoning = sum_of(
        NOON,
        NOON + timedelta(hours=5),
        before={date(2026, 11, 20): 400, date(2026, 11, 2): 1950},
        limits=limits(),
    )
    assert [(reason.code, reason.minutes) for reason in reckoning.reasons] == [
        ("visit_cap", -120),
        ("day_cap", -100),
        ("month_cap", -30),
    ]
    assert reckoning.credited_minutes == 50


instants = st.integers(int(NOON.timestamp()), int(NOON.timestamp()) + 4 * 366 * 86400).map(
    lambda second: datetime.fromtimestamp(second, UTC)
)
lengths = st.integers(0, 60 * 60 * 60).map(lambda seconds: timedelta(seconds=seconds))
percents = st.sampled_from((100, 120, 150, 200))


@st.composite
def windows_of_a_day(draw):
    edges = sorted(draw(st.sets(st.integers(0, 1440), max_size=8)))
    return tuple(Window(one, two, draw(percents)) for one, two in zip(edges[::2], edges[1::2], strict=False))


caps = st.builds(
    limits,
    visit=st.integers(0, 600),
    day=st.integers(0, 800),
    month=st.integers(0, 3000),
    rounding=st.sampled_from((1, 5, 10, 15, 30, 60)),
)


@given(
    instants,
    lengths,
    windows_of_a_day(),
    caps,
    st.dictionaries(st.dates(date(2026, 1, 1), date(2029, 12, 31)), st.integers(0, 480), max_size=5),
)
def test_every_difference_between_real_and_credited_has_its_reason(start, length, windows, some_limits, before):
    reckoning = sum_of(start, start + length, windows=windows, before=before, limits=some_limits)
    told = sum(reason.minutes for reason in reckoning.reasons)
    assert reckoning.real_minutes + told == reckoning.credited_minutes
    assert 0 <= reckoning.credited_minutes <= min(reckoning.uncapped_minutes, some_limits.visit_minutes)
    assert sum(share.credited_minutes for share in reckoning.shares) == reckoning.credited_minutes
    assert (
        reckoning.seconds
        == sum(seconds for seconds, _ in reckoning.spans)
        == sum(share.seconds for share in reckoning.shares)
    )


@given(instants, lengths, windows_of_a_day(), st.sampled_from((1, 15, 30)))
def test_the_uncapped_minutes_are_those_that_the_log_format_demands(start, length, windows, rounding):
    reckoning = sum_of(start, start + length, windows=windows, limits=limits(rounding=rounding))
    weighed = sum(seconds * percent for seconds, percent in reckoning.spans)
    assert reckoning.uncapped_minutes == weighed // (100 * 60 * rounding) * rounding


@given(instants, lengths, windows_of_a_day())
def test_every_second_has_the_percent_of_its_own_minute_of_the_day(start, length, windows):
    reckoning = sum_of(start, start + length, windows=windows)
    second = int(start.timestamp())
    for seconds, percent in reckoning.spans:
        for probe in {second, second + seconds // 2, second + max(0, seconds - 1)} if seconds else ():
            clock = datetime.fromtimestamp(probe, SHANGHAI)
            minute = clock.hour * 60 + clock.minute
            expected = next((w.percent for w in windows if w.from_minute <= minute < w.to_minute), 100)
            assert percent == expected
        second += seconds


@given(instants, lengths, st.sampled_from(("Asia/Shanghai", "UTC", "Asia/Kolkata", "Europe/Berlin")))
def test_days_are_cut_at_local_midnight_and_lose_no_second(start, length, zone_name):
    zone = ZoneInfo(zone_name)
    pieces = by_day(start, start + length, zone)
    assert sum(end - begin for _, begin, end in pieces) == int((start + length).timestamp()) - int(start.timestamp())
    for day, begin, end in pieces:
        assert datetime.fromtimestamp(begin, zone).date() == day
        if end > begin:
            assert datetime.fromtimestamp(end - 1, zone).date() == day


@given(st.lists(st.tuples(st.integers(0, 27), st.integers(1, 300)), max_size=25), caps)
def test_no_run_of_visits_credits_more_than_the_caps(stays, some_limits):
    before: dict[date, int] = {}
    for day, minutes in sorted(stays):
        start = datetime(2026, 11, 1, 1, 0, tzinfo=UTC) + timedelta(days=day)
        for share in sum_of(start, start + timedelta(minutes=minutes), before=before, limits=some_limits).shares:
            before[share.day] = before.get(share.day, 0) + share.credited_minutes
    assert all(minutes <= some_limits.day_minutes(day) for day, minutes in before.items())
    assert sum(before.values()) <= some_limits.month_minutes
