"""A plain check-in is found out in one question, all others by one after the other: the same cases are put to both."""

import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.timebank.hours.arrange import (
    close_forgotten,
    come,
    enter_late,
    make_point,
    make_volunteer,
    review,
    scan,
    serve,
)
from tests.timebank.hours.arrange_activities import change_policy, plan
from timebank.errors import Refused
from timebank.hours import service_points
from timebank.hours.attendance import scans
from timebank.people import residents


class TakenBack(Refused):
    """So that both ways find the same village."""


def both_ways(village, who, ticket) -> tuple[Any, Any]:
    """What the short way tells (None: that it is not plain) and what the long way tells (a code where it refuses)."""
    told: dict[str, Any] = {}

    def ask(way, name, **more):
        def change(session, now):
            try:
                told[name] = way(session, actor=who, person_id=who.person_id, now=now, ticket=ticket, **more)
            except Refused as refused:
                told[name] = refused.code
            raise TakenBack

        with pytest.raises(TakenBack):
            village.write(change)
        if isinstance(told[name], dict):
            told[name].pop("visit_id")

    ask(scans._check_in_plainly, "short")
    ask(scans._check_in_at_length, "long", activity_number=None, team_number=None)
    return told["short"], told["long"]


def test_what_is_plain_is_told_the_same_in_both_ways(village):
    point, young = make_point(village), make_volunteer(village)
    old = make_volunteer(village, "王七十", datetime.date(1950, 2, 28))
    serve(village, young, point, minutes=107)
    serve(village, old, point, hours=3)
    village.pass_time(minutes=1)
    rejected = enter_late(
        village,
        village.actor("desk_staff"),
        young.person_id,
        village.now - datetime.timedelta(days=1),
        village.now - datetime.timedelta(days=1, hours=-1),
        place="太平里服务点",
        source="登记本第 3 页",
    )
    review(village, village.actor("reviewer"), UUID(str(rejected["visit_id"])), verdict="reject", note="没有来")
    other = make_point(village, "北门服务点")
    for who in (young, old):
        for ticket in (scan(village, point), scan(village, other)):
            short, long = both_ways(village, who, ticket)
            assert short == long
            assert short["code"] == "checked_in"
    assert both_ways(village, old, scan(village, point))[0]["day_left_minutes"] == 60
    assert both_ways(village, young, scan(village, point))[0]["month_left_minutes"] == 2400 - 105


def test_what_is_not_plain_is_left_to_the_long_way(village):
    point, who = make_point(village), make_volunteer(village)
    before = scan(village, point)
    village.pass_time(minutes=5)
    serve(village, who, point, minutes=60)
    assert both_ways(village, who, before) == (None, "overlapping_visit")
    come(village, who, scan(village, point))
    village.pass_time(minutes=1)
    assert both_ways(village, who, scan(village, point)) == (None, "already_checked_in")
    village.pass_time(hours=13)
    close_forgotten(village)
    child = make_volunteer(village, "李小", datetime.date(2010, 6, 1))
    assert both_ways(village, child, scan(village, point)) == (None, "under_age")
    plan(village, point, starts_in=0.5)
    short, long = both_ways(village, who, scan(village, point))
    assert (short, long["code"]) == (None, "checked_in")


def test_who_left_and_what_was_closed_is_refused_by_the_long_way(village):
    point, who, gone = make_point(village), make_volunteer(village), make_volunteer(village, "李已迁")
    manager = village.actor("community_manager")
    village.write(
        lambda session, now: residents.leave(
            session,
            actor=manager,
            now=now,
            person_id=gone.person_id,
            left_on=now.date(),
            left_reason="moved",
            reason="搬走了",
        )
    )
    assert both_ways(village, gone, scan(village, point)) == (None, "not_a_volunteer")
    ticket = scan(village, point)
    village.pass_time(minutes=1)
    village.write(lambda session, now: service_points.close(session, actor=manager, now=now, number=point))
    short, long = both_ways(village, who, ticket)
    assert (short, long["code"]) == (None, "checked_in")  # it was open at the scan


def test_an_unknown_birthday_is_as_the_policy_says(village):
    point, who = make_point(village), make_volunteer(village)
    village.write(lambda session, now: _forget_birthday(residents.person(session, village.community_id, who.person_id)))
    short, long = both_ways(village, who, scan(village, point))
    assert short == long
    assert short["day_cap_minutes"] == 480
    change_policy(village, depositor_age_may_be_unknown=0)
    assert both_ways(village, who, scan(village, point)) == (None, "age_unknown")


def _forget_birthday(person) -> dict[str, Any]:
    person.born_on = None
    return {}
