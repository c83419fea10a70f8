"""Each way from one state of an order to the next, taken on purpose.

`REACH` brings an order to a state by an ordinary way; `TAKE` takes a verb from there. Together they walk every edge of
`states.MOVES`; which were walked is read from the orders' timelines at the end.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from tests.lives.world import World
from tests.timebank.hours.arrange_orders import Someone
from tests.timebank.hours.test_orders import _grant_volunteer
from timebank.hours.orders import claiming, dispatch, disputes, follow_up, placing, settling, states, undoing
from timebank.hours.orders.rows import OrderEvent
from timebank.permissions import Actor


@dataclass
class Case:
    """One order on its way, and whom it concerns."""

    world: World
    elder: Someone
    volunteer: Actor
    reserve: Actor
    order_id: uuid.UUID

    def do(self, use_case: Any, actor: Actor, **asked: Any) -> dict[str, Any]:
        return self.world.do(use_case, actor, order_id=self.order_id, **asked)

    @property
    def door(self) -> str:
        return self.world.door(self.elder)

    @property
    def desk(self) -> Actor:
        return self.world.staff("desk_staff")

    @property
    def herself(self) -> Actor:
        return self.world.herself(self.elder)


def begin(world: World, *, dispatch_at_once: bool, minutes: int = 60, **other: Any) -> Case:
    """A new order of somebody who has no other one, and two volunteers who are free."""
    elder, first, second = world.next_elder(), world.next_volunteer(), world.next_volunteer()
    order_id = world.orders.place(elder, minutes=minutes, hours_ahead=3, dispatch_at_once=dispatch_at_once, **other)
    return Case(world, elder, first, second, order_id)


def submitted(world: World) -> Case:
    """As an elder asks for it herself: nobody has looked at it yet."""
    elder, first, second = world.next_elder(), world.next_volunteer(), world.next_volunteer()
    order_id = world.orders.place(elder, by=world.herself(elder), hours_ahead=3, minutes=60, dispatch_at_once=False)
    return Case(world, elder, first, second, order_id)


def accepted(world: World) -> Case:
    case = submitted(world)
    case.do(placing.accept, case.desk)
    return case


def dispatched(world: World) -> Case:
    case = accepted(world)
    case.do(dispatch.dispatch, case.desk, person_ids=[])
    return case


def claimed(world: World) -> Case:
    case = dispatched(world)
    case.do(claiming.claim, case.volunteer)
    return case


def in_service(world: World) -> Case:
    case = claimed(world)
    world.pass_time(hours=3)
    world.orders.arrive(case.order_id, case.volunteer, case.door)
    return case


def to_confirm(world: World) -> Case:
    case = in_service(world)
    world.pass_time(minutes=world.chance.choice([20, 50, 60]))
    world.orders.leave(case.order_id, case.volunteer, case.door)
    return case


def done(world: World) -> Case:
    case = to_confirm(world)
    case.do(settling.confirm_own, case.herself, consents=False)
    return case


def disputed(world: World) -> Case:
    case = to_confirm(world)
    case.do(disputes.dispute, case.herself, reason="时间不对")
    return case


def overdue(world: World) -> Case:
    case = accepted(world)
    world.pass_time(hours=30)
    case.do(follow_up.become_overdue, world.orders_job)
    return case


def returned(world: World) -> Case:
    case = submitted(world)
    case.do(placing.send_back, case.desk, reason="这项服务办不了")
    return case


def cancelled(world: World) -> Case:
    case = submitted(world)
    case.do(placing.cancel, case.herself, reason="不需要了")
    return case


REACH: dict[str, Callable[[World], Case]] = {
    "submitted": submitted,
    "accepted": accepted,
    "dispatched": dispatched,
    "claimed": claimed,
    "in_service": in_service,
    "to_confirm": to_confirm,
    "done": done,
    "disputed": disputed,
    "overdue": overdue,
    "returned": returned,
    "cancelled": cancelled,
}


def _become_overdue(case: Case) -> None:
    case.world.pass_time(hours=30)
    case.do(follow_up.become_overdue, case.world.orders_job)


def _no_show(case: Case) -> None:
    case.world.pass_time(hours=3, minutes=20)
    case.do(claiming.no_show, case.desk, is_excused=case.world.chance.random() < 0.5, note="没有来")


def _promote(case: Case) -> None:
    _grant_volunteer(case.world.village, case.reserve)
    case.do(claiming.stand_by, case.reserve)
    case.do(claiming.step_back, case.volunteer, reason="孩子病了")


def _arrive(case: Case) -> None:
    case.world.pass_time(hours=3)
    case.world.orders.arrive(case.order_id, case.volunteer, case.door)


def _leave(case: Case) -> None:
    case.world.pass_time(minutes=45)
    case.world.orders.leave(case.order_id, case.volunteer, case.door)


def _resolve(case: Case) -> None:
    verdict = case.world.chance.choice(disputes.VERDICTS)
    held = case.world.orders.row(case.order_id).held_minutes
    minutes = case.world.chance.randrange(1, held) if verdict == "split" else None
    case.do(disputes.resolve, case.world.staff("reviewer"), verdict=verdict, minutes=minutes, reason="两边都问过")


def _cancel(case: Case) -> None:
    """Herself; where there is a dispute, somebody who was not there."""
    is_disputed = case.world.orders.row(case.order_id).state == "disputed"
    case.do(
        placing.cancel, case.world.staff("reviewer", "desk_staff") if is_disputed else case.herself, reason="不需要了"
    )


def _reschedule(case: Case) -> None:
    case.do(placing.reschedule, case.desk, starts_at=case.world.village.now + dt.timedelta(hours=5))


TAKE: dict[str, Callable[[Case], Any]] = {
    "accept": lambda case: case.do(placing.accept, case.desk),
    "return": lambda case: case.do(placing.send_back, case.desk, reason="这项服务办不了"),
    "dispatch": lambda case: case.do(dispatch.dispatch, case.desk, person_ids=[]),
    "reschedule": _reschedule,
    "claim": lambda case: case.do(claiming.claim, case.volunteer),
    "stand_by": lambda case: case.do(claiming.stand_by, case.reserve),
    "step_back": lambda case: case.do(claiming.step_back, case.volunteer, reason="孩子病了"),
    "promote": _promote,
    "no_show": _no_show,
    "arrive": _arrive,
    "leave": _leave,
    "confirm": lambda case: case.do(settling.confirm_own, case.herself, consents=False),
    "dispute": lambda case: case.do(disputes.dispute, case.herself, reason="不是这样的"),
    "resolve": _resolve,
    "rate": lambda case: case.do(settling.rate, case.herself, stars=case.world.chance.randint(1, 5), comment=""),
    "cancel": _cancel,
    "undo": lambda case: case.do(undoing.undo, case.desk),
    "become_overdue": _become_overdue,
}

EDGES: list[tuple[str, str]] = [(verb, before) for verb, ways in states.MOVES.items() for before in ways]


def walk(world: World, edge: tuple[str, str]) -> None:
    """Take this edge once."""
    verb, before = edge
    if verb == "no_show":  # three of them would block somebody who is asked again
        world.volunteers.insert(0, world.new_volunteer())
    case = REACH["claimed" if verb == "promote" else before](world)
    TAKE[verb](case)


def walked(world: World) -> Counter[tuple[str, str]]:
    """How often each edge was taken, by the timelines."""
    found: Counter[tuple[str, str]] = Counter()
    with world.village.read() as session:
        events = session.scalars(
            select(OrderEvent)
            .where(col(OrderEvent.community_id) == world.village.community_id)
            .order_by(col(OrderEvent.order_id), col(OrderEvent.n))
        ).all()
    before: OrderEvent | None = None
    for event in events:
        if before is not None and before.order_id == event.order_id and event.verb in states.MOVES:
            found[event.verb, before.state] += 1
        before = event
    return found
