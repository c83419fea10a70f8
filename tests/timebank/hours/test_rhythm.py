"""On which days things come again: month ends, 29 February, market days."""

from datetime import date

import pytest

from tests.refusals import fields_of
from timebank.errors import BadInput
from timebank.hours.activities.rhythm import Rhythm, days_of


def days(rhythm, first, until):
    return [day.isoformat() for day in days_of(rhythm, date.fromisoformat(first), date.fromisoformat(until))]


def test_weekly_on_several_weekdays():
    assert days(Rhythm("weekly", weekdays=(2, 6)), "2026-11-20", "2026-12-01") == [
        "2026-11-21",
        "2026-11-24",
        "2026-11-28",
        "2026-12-01",
    ]


def test_every_second_week_counts_from_the_week_of_the_first_day():
    assert days(Rhythm("weekly", weekdays=(1, 5), every=2), "2026-11-20", "2026-12-20") == [
        "2026-11-20",
        "2026-11-30",
        "2026-12-04",
        "2026-12-14",
        "2026-12-18",
    ]


def test_the_31st_is_the_last_day_of_shorter_months():
    assert days(Rhythm("monthly_day", day=31), "2026-11-30", "2027-04-30") == [
        "2026-11-30",
        "2026-12-31",
        "2027-01-31",
        "2027-02-28",
        "2027-03-31",
        "2027-04-30",
    ]


@pytest.mark.parametrize(
    "first, until, expected",
    [
        ("2028-02-01", "2028-03-31", ["2028-02-29", "2028-03-29"]),
        ("2027-02-01", "2027-03-31", ["2027-02-28", "2027-03-29"]),
        ("2028-02-29", "2028-02-29", ["2028-02-29"]),
    ],
)
def test_the_29th_in_february_of_leap_years_and_others(first, until, expected):
    assert days(Rhythm("monthly_day", day=29), first, until) == expected


def test_a_month_that_begins_after_its_day_waits_for_the_next():
    assert days(Rhythm("monthly_day", day=5), "2026-11-20", "2027-01-31") == ["2026-12-05", "2027-01-05"]


def test_every_third_month_over_the_end_of_a_year():
    assert days(Rhythm("monthly_day", day=15, every=3), "2026-11-01", "2027-06-30") == [
        "2026-11-15",
        "2027-02-15",
        "2027-05-15",
    ]


def test_first_and_last_saturday_of_the_month():
    assert days(Rhythm("monthly_weekday", weekdays=(6,), nth=1), "2026-11-01", "2027-01-31") == [
        "2026-11-07",
        "2026-12-05",
        "2027-01-02",
    ]
    # January 2027 has five Saturdays, December 2026 four.
    assert days(Rhythm("monthly_weekday", weekdays=(6,), nth=5), "2026-12-01", "2027-01-31") == [
        "2026-12-26",
        "2027-01-30",
    ]


def test_market_days_are_the_5th_15th_and_25th():
    assert days(Rhythm("digit", day=5), "2027-02-01", "2027-03-10") == [
        "2027-02-05",
        "2027-02-15",
        "2027-02-25",
        "2027-03-05",
    ]


def test_days_with_a_0_are_two_in_february_and_never_the_31st():
    assert days(Rhythm("digit", day=0), "2027-02-01", "2027-03-31") == [
        "2027-02-10",
        "2027-02-20",
        "2027-03-10",
        "2027-03-20",
        "2027-03-30",
    ]


@pytest.mark.parametrize(
    "rhythm, first, until, field",
    [
        (Rhythm("weekly", weekdays=(6,)), "2026-11-20", "2026-11-19", "until"),
        (Rhythm("weekly", weekdays=(6,)), "2026-11-20", "2027-11-22", "until"),
        (Rhythm("weekly", weekdays=(6,)), "2026-11-16", "2026-11-20", "until"),
        (Rhythm("weekly", weekdays=(1, 2, 3, 4, 5, 6, 7)), "2026-01-01", "2026-12-31", "until"),
        (Rhythm("weekly"), "2026-11-20", "2026-12-20", "weekdays"),
        (Rhythm("weekly", weekdays=(8,)), "2026-11-20", "2026-12-20", "weekdays"),
        (Rhythm("weekly", weekdays=(6,), every=0), "2026-11-20", "2026-12-20", "every"),
        (Rhythm("monthly_day", day=32), "2026-11-20", "2026-12-20", "month_day"),
        (Rhythm("monthly_weekday", weekdays=(6,), nth=6), "2026-11-20", "2026-12-20", "weekdays"),
        (Rhythm("digit", day=10), "2026-11-20", "2026-12-20", "month_day"),
        (Rhythm("moon"), "2026-11-20", "2026-12-20", "rhythm"),
    ],
)
def test_rhythms_that_cannot_be_name_their_field(rhythm, first, until, field):
    with pytest.raises(BadInput) as refused:
        days(rhythm, first, until)
    assert list(fields_of(refused.value)) == [field]


def test_a_rhythm_comes_back_from_json():
    rhythm = Rhythm("monthly_weekday", weekdays=(6,), nth=5, every=2)
    assert Rhythm.from_json(rhythm.as_json()) == rhythm
