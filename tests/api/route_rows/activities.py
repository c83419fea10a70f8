"""Activities, rosters and opening hours: who may, and whose they are."""

from __future__ import annotations

import datetime
from typing import Any

from tests.timebank.hours import arrange, arrange_activities
from timebank.hours.opening_hours import Opening
from timebank.permissions import ROLES

MEMBERS = set(ROLES)
PLANNERS = {"community_manager", "desk_staff", "team_leader"}
POINT_STAFF = {"community_manager", "desk_staff"}
ROSTER_READERS = {"community_manager", "desk_staff", "team_leader", "auditor"}
MONDAY = datetime.date(2026, 11, 23)


def number(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"]}


def with_point(world: Any) -> dict[str, Any]:
    return {"number": arrange.make_point(world.village)}


def with_roster(world: Any) -> dict[str, Any]:
    made = with_point(world)
    arrange_activities.set_hours(world.village, made["number"], Opening("weekday", 1, 480, 690))
    turns = arrange_activities.week(world.village, made["number"], MONDAY).days[0].turns
    who = arrange.make_resident(world.village, "闻人值班")
    return made | {"turn": turns[0].line.number, "who": who.number}


def with_closed_day(world: Any) -> dict[str, Any]:
    made = with_point(world)
    arrange_activities.close_on(world.village, made["number"], MONDAY)
    return made


def volunteer(world: Any) -> Any:
    return world.village.actor("volunteer", person=world.residents[0])


def with_activity(world: Any) -> dict[str, Any]:
    point = arrange.make_point(world.village)
    return {"number": arrange_activities.plan(world.village, point, starts_in=24 + world_hours(world))}


def world_hours(world: Any) -> float:
    """Each arrangement a little later, so that nobody is in two places."""
    world.activities = getattr(world, "activities", 0) + 3
    return float(world.activities)


def with_place(world: Any) -> dict[str, Any]:
    """The first resident has a place."""
    made = with_activity(world)
    arrange_activities.sign_up(world.village, volunteer(world), made["number"])
    return made | {"person_id": world.residents[0].id.hex}


def with_missed(world: Any) -> dict[str, Any]:
    """Somebody else had a place and did not come; the activity is over."""
    point = arrange.make_point(world.village)
    who = arrange.make_volunteer(world.village, "闻人未到")
    made = {"number": arrange_activities.plan(world.village, point, starts_in=0.5, hours=1)}
    arrange_activities.sign_up(world.village, who, made["number"])
    world.village.pass_time(hours=2)
    return made | {"person_id": who.person_id.hex, "who": who}


def with_excuse(world: Any) -> dict[str, Any]:
    made = with_missed(world)
    arrange_activities.write_down(world.village, made["who"], made["number"])
    arrange_activities.excuse(world.village, made["who"], made["number"])
    return made


def somebody(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"person_id": made["person_id"]}


def form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    day = world.village.today + datetime.timedelta(days=2)
    return {
        "title": "清洁家园",
        "service_class": "public",
        "day": day.isoformat(),
        "starts": "09:00",
        "ends": "11:00",
    }


ROWS: dict[str, Any] = {
    "activities.campaigns": {"roles": PLANNERS, "arrange": with_point},
    "activities.plan_campaign": {
        "method": "POST",
        "roles": PLANNERS,
        "arrange": with_point,
        "data": lambda world, made: {
            "template": "exam_escort",
            "title": "爱心送考",
            "point": made["number"],
            "day": "2027-06-07",
        },
    },
    "activities.absent": {"roles": PLANNERS, "arrange": with_excuse},
    "activities.sheet": {"roles": PLANNERS, "arrange": with_activity, "values": number},
    "activities.edit": {"roles": PLANNERS, "arrange": with_activity, "values": number},
    "activities.change": {
        "method": "POST",
        "roles": PLANNERS,
        "arrange": with_activity,
        "values": number,
        "data": form,
    },
    "activities.excuse": {
        "method": "POST",
        "roles": {"volunteer"},
        "arrange": with_place,
        "values": number,
        "data": lambda world, made: {"reason": "孩子发烧"},
    },
    "activities.put_down": {
        "method": "POST",
        "roles": PLANNERS,
        "arrange": with_activity,
        "values": number,
        "data": lambda world, made: {"person": world.residents[0].number},
    },
    "activities.take_off": {
        "method": "POST",
        "roles": PLANNERS,
        "arrange": with_place,
        "values": number,
        "data": somebody,
    },
    "activities.write_absence": {
        "method": "POST",
        "roles": PLANNERS,
        "arrange": with_missed,
        "values": number,
        "data": somebody,
    },
    "activities.withdraw_absence": {
        "method": "POST",
        "roles": PLANNERS,
        "arrange": with_excuse,
        "values": number,
        "data": somebody,
    },
    "activities.excuse_for": {
        "method": "POST",
        "roles": PLANNERS,
        "arrange": with_missed,
        "values": number,
        "data": lambda world, made: somebody(world, made) | {"reason": "住院"},
    },
    "activities.decide": {
        "method": "POST",
        "roles": PLANNERS,
        "arrange": with_excuse,
        "values": number,
        "data": lambda world, made: somebody(world, made) | {"verdict": "accepted"},
    },
    "rosters.where": {"roles": MEMBERS, "arrange": with_roster},
    "rosters.week": {"roles": ROSTER_READERS, "arrange": with_roster, "values": number},
    "rosters.sheet": {"roles": ROSTER_READERS, "arrange": with_roster, "values": number},
    "rosters.put_on_duty": {
        "method": "POST",
        "roles": PLANNERS,
        "arrange": with_roster,
        "values": number,
        "data": lambda world, made: {"number": made["turn"], "person": made["who"]},
    },
    "rosters.hours": {"roles": POINT_STAFF, "arrange": with_point, "values": number},
    "rosters.set_hours": {
        "method": "POST",
        "roles": POINT_STAFF,
        "arrange": with_point,
        "values": number,
        "data": lambda world, made: {"opens_1a": "08:00", "closes_1a": "11:30", "duty_people": "1"},
    },
    "rosters.set_day": {
        "method": "POST",
        "roles": POINT_STAFF,
        "arrange": with_point,
        "values": number,
        "data": lambda world, made: {"day": MONDAY.isoformat(), "reason": "停电"},
    },
    "rosters.clear_day": {
        "method": "POST",
        "roles": POINT_STAFF,
        "arrange": with_closed_day,
        "values": number,
        "data": lambda world, made: {"day": MONDAY.isoformat()},
    },
    "v1_activities.coming": {"roles": MEMBERS, "arrange": with_activity},
    "v1_activities.shown": {"roles": MEMBERS, "arrange": with_activity, "values": number},
    "v1_activities.sign_up": {
        "method": "POST",
        "roles": {"volunteer"},
        "arrange": with_activity,
        "values": number,
        "json": lambda world, made: {},
    },
    "v1_activities.give_up": {
        "method": "POST",
        "roles": {"volunteer"},
        "arrange": with_place,
        "values": number,
        "json": lambda world, made: {},
    },
    "v1_activities.excuse": {
        "method": "POST",
        "roles": {"volunteer"},
        "arrange": with_place,
        "values": number,
        "json": lambda world, made: {"reason": "孩子发烧"},
    },
}
