"""Caps where they begin and end: midnight, month end, 29 February, the seventieth birthday, the middle of a visit."""

import datetime
from datetime import timedelta
from uuid import UUID

import pytest

from tests.timebank.hours.arrange import enter_late, make_known_volunteer, make_point, review
from tests.timebank.hours.test_station import card
from tests.village import START
from timebank.hours.attendance.visits import day_cap_of, room_left
from timebank.people.residents import Person, age_on
from timebank.policy import Policy

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
RULES = Policy()


def somebody(born_on):
    return Person(
        community_id=1,
        id=None,
        household_id=None,
        serial=1,
        number="TPL-1-3",
        name="某",
        search_key="",
        area_path="",
        joined_at=START,
        born_on=born_on,
    )


@pytest.mark.parametrize(
    "born_on, day, cap",
    [
        (datetime.date(1956, 11, 20), datetime.date(2026, 11, 19), RULES.day_cap_minutes),
        (datetime.date(1956, 11, 20), datetime.date(2026, 11, 20), RULES.day_cap_aged_minutes),
        (datetime.date(1956, 2, 29), datetime.date(2026, 2, 28), RULES.day_cap_minutes),
        (datetime.date(1956, 2, 29), datetime.date(2026, 3, 1), RULES.day_cap_aged_minutes),
        (datetime.date(1958, 2, 28), datetime.date(2028, 2, 28), RULES.day_cap_aged_minutes),
        (None, datetime.date(2026, 11, 20), RULES.day_cap_minutes),
    ],
)
def test_the_lower_cap_begins_on_the_seventieth_birthday(born_on, day, cap):
    assert day_cap_of(age_on(somebody(born_on), day), RULES) == cap


@on_sqlite
def test_who_turns_seventy_at_midnight_has_each_days_own_cap_in_one_night(village):
    """Both days are filled up to an hour below their caps; the night visit takes what is left of each."""
    who = make_known_volunteer(village, "七旬", datetime.date(1956, 11, 21))
    clerk = village.actor("desk_staff")
    _filled(village, clerk, who, START.replace(hour=0, day=20) - timedelta(hours=8), 480 - 60)
    village.pass_time(hours=13)  # 22:00 on the eve
    staff, point = village.actor("desk_staff"), make_point(village)
    card(village, staff, point, who)
    village.pass_time(hours=4)
    left = card(village, staff, point, who)
    with village.read() as session:
        room = room_left(session, village.community_id, who.id, village.now)
    assert (left["real_minutes"], left["credited_minutes"]) == (240, 60 + 60)
    assert [(one["code"], one.get("day")) for one in left["reasons"]] == [
        ("visit_cap", None),
        ("day_cap", "2026-11-20"),
    ]
    assert (room["day_cap_minutes"], room["day_left_minutes"]) == (240, 180)


@on_sqlite
def test_a_cap_reached_in_the_middle_of_a_visit_credits_what_is_left_and_keeps_the_rest_as_honour(village):
    who = make_known_volunteer(village, "志愿", datetime.date(1990, 1, 1))
    clerk = village.actor("desk_staff")
    _filled(village, clerk, who, START - timedelta(hours=9), 450)
    staff, point = village.actor("desk_staff"), make_point(village)
    card(village, staff, point, who)
    village.pass_time(minutes=100)
    left = card(village, staff, point, who)
    assert (left["real_minutes"], left["credited_minutes"]) == (100, 30)
    assert left["reasons"] == [
        {"code": "rounding", "minutes": -10, "limit_minutes": 15},
        {"code": "day_cap", "minutes": -60, "day": "2026-11-20", "limit_minutes": 480},
    ]
    assert sum(one["minutes"] for one in left["reasons"]) == 30 - 100


@on_sqlite
def test_the_months_cap_ends_with_the_local_month(village):
    who = make_known_volunteer(village, "志愿", datetime.date(1990, 1, 1))
    clerk = village.actor("desk_staff")
    for back in range(15, 10, -1):
        _filled(village, clerk, who, START - timedelta(days=back, hours=9), 480 - (15 if back == 11 else 0))
    staff, point = village.actor("desk_staff"), make_point(village)
    village.pass_time(hours=(30 - 20) * 24 + 14)  # the 30th, 23:00
    card(village, staff, point, who)
    village.pass_time(hours=2)
    left = card(village, staff, point, who)
    assert left["credited_minutes"] == 15 + 60
    assert left["reasons"] == [
        {"code": "month_cap", "minutes": -45, "day": "2026-11-30", "limit_minutes": 2400},
    ]


def _filled(village, clerk, who, midnight, minutes):
    """Credit so many minutes on a local day by entries from paper, of three hours at most."""
    at, left = midnight, minutes
    while left:
        length = min(left, 180)
        made = enter_late(village, clerk, who.id, at, at + timedelta(minutes=length), place="", source="册 1-1")
        review(village, village.actor("reviewer"), _uuid(made["visit_id"]))
        at, left = at + timedelta(minutes=length), left - length


def _uuid(text):

    return UUID(text)
