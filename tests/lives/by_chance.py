"""What people do by chance, day by day, between the deeds that are done on purpose."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Any

from sqlmodel import col, select

from tests.lives import refused_serving as serving
from tests.lives.world import World
from timebank.errors import Refused
from timebank.hours.attendance import enter_late, review
from timebank.hours.attendance.tables import Visit
from timebank.hours.orders import settling


def a_day(world: World) -> None:
    """Some serve at a point, some forget to check out, an elder is visited, and what waits is reviewed."""
    deeds = (serve_for_a_while, serve_all_day, forget_to_go, visit_an_elder, write_down_later, review_what_waits)
    for deed in world.chance.sample(deeds, k=world.chance.randint(1, 3)):
        with suppress(Refused):  # counted
            deed(world)


def serve_for_a_while(world: World) -> None:
    serving.serve(world, world.volunteer(), world.chance.choice(world.points), world.chance.randint(4, 240))


def serve_all_day(world: World) -> None:
    """Several visits in a row, so that the caps of visit, day and month are reached."""
    who = world.volunteer()
    for _ in range(world.chance.randint(2, 4)):
        serving.serve(world, who, world.points[0], world.chance.randint(90, 260))
        world.pass_time(minutes=world.chance.randint(1, 30))


def forget_to_go(world: World) -> None:
    serving.come(world, world.volunteer(), world.chance.choice(world.points))
    world.pass_time(hours=world.chance.randint(3, 14))
    world.run_jobs()


def visit_an_elder(world: World) -> None:
    """Ordered for an hour, served for as long as it takes; confirmed in any way, or left to time."""
    elder, who = world.elder(), world.volunteer()
    asked: dict[str, Any] = world.chance.choice([{}, {"service": "bath_company", "agreed_minutes": 90}])
    order_id = world.orders.place(elder, minutes=60, hours_ahead=1, **asked)
    world.orders.claim(order_id, who)
    world.pass_time(minutes=world.chance.randint(55, 80))
    world.orders.arrive(order_id, who, world.door(elder))
    world.pass_time(minutes=world.chance.randint(1, 150))
    world.orders.leave(order_id, who, world.door(elder))
    way = world.chance.choice(["herself", "number", "call", "silence"])
    if way == "herself":
        world.orders.confirm(order_id, elder, consents=world.chance.random() < 0.5)
    elif way == "number":
        world.orders.give_number(order_id, world.orders.slip(order_id), who)
    elif way == "call":
        world.orders.call(order_id)
        world.do(settling.confirm_by_call, world.staff("desk_staff"), order_id=order_id, consents=True)


def write_down_later(world: World) -> None:
    who, ended_at = world.volunteer(), world.village.now - dt.timedelta(hours=world.chance.randint(1, 400))
    world.do(
        enter_late,
        who,
        person_id=who.person_id,
        started_at=ended_at - dt.timedelta(minutes=world.chance.randint(20, 300)),
        ended_at=ended_at,
        place="小区花园",
        witness="王老师",
    )


def review_what_waits(world: World) -> None:
    with world.village.read() as session:
        waiting = session.scalars(
            select(col(Visit.id))
            .where(col(Visit.community_id) == world.village.community_id)
            .where(col(Visit.state).in_(("estimated", "under_review")), col(Visit.order_id).is_(None))
            .limit(20)
        ).all()
    reviewer = world.staff("reviewer")
    for visit_id in waiting:
        with suppress(Refused):
            world.do(
                review,
                reviewer,
                visit_id=visit_id,
                verdict=world.chance.choice(["accept", "accept", "reject"]),
                note="问过",
            )
