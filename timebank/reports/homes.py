"""What each role needs at one glance when it comes home: the next thing, what waits, what is left. Reads only.

Every function answers only what its actor may see; who has no such role gets None.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session, col

from timebank import policy
from timebank.hours import service_points
from timebank.hours.activities import reading as activities
from timebank.hours.activities.reading import ActivityLine
from timebank.hours.attendance import reading as visits
from timebank.hours.attendance.reading import VisitLine
from timebank.hours.attendance.tables import Visit
from timebank.hours.orders import board, dispatch, escalation, parties, states, waiting
from timebank.hours.orders.dispatch import Nearby
from timebank.hours.orders.rows import ServiceOrder
from timebank.people import communities, helpers, residents
from timebank.people.communities import community_of
from timebank.people.residents import Person
from timebank.permissions import RULES, Actor, may
from timebank.reports import months

NEAR_SHOWN = 3
ORDERS_LOOKED_AT = 30
# What an elder must know first: what waits for her word, then what is going on, then what is coming.
FIRST = ("to_confirm", "in_service", "disputed", "claimed", "overdue", "dispatched", "accepted", "submitted")


@dataclass(frozen=True)
class VolunteerHome:
    """A volunteer's day: where she is checked in, else what comes next, orders near by, hours of the month, the account.

    `next_order` or `next_shift`: whichever begins first stands in `comes_first` as "order" or "shift".
    """

    open_visit: VisitLine | None
    next_shift: ActivityLine | None
    next_order: board.Line | None
    near: tuple[Nearby, ...]
    near_count: int
    month_minutes: int
    balance_minutes: int
    held_minutes: int

    @property
    def comes_first(self) -> str:
        if self.next_order is None:
            return "shift" if self.next_shift else ""
        if self.next_shift is None or self.next_order.order.starts_at <= self.next_shift.starts_at:
            return "order"
        return "shift"


@dataclass(frozen=True)
class ElderHome:
    """An elder's day: the order that matters most, how many others are open, and what is left to spend."""

    person: Person
    first: board.Line | None
    more: int
    free_minutes: int
    held_minutes: int


@dataclass(frozen=True)
class Waits:
    """One line of the desk's queue: how many things wait, and since when the oldest does."""

    kind: str
    count: int
    since: dt.datetime | None


@dataclass(frozen=True)
class DeskHome:
    """The desk's queue, the longest waiting first, and how many people are in now."""

    queue: tuple[Waits, ...]
    here_now: int | None

    @property
    def waiting(self) -> int:
        return sum(one.count for one in self.queue)


def volunteer(session: Session, *, actor: Actor, now: dt.datetime) -> VolunteerHome | None:
    """The home of who may check in somewhere."""
    if actor.person_id is None or not may(actor, "attendance.check_in", community_id=actor.community_id):
        return None
    community_id = community_of(actor)
    shifts = activities.next_of(session, community_id, actor.person_id, now)
    claimed = [
        line
        for line in board.of_volunteer(session, actor=actor)
        if line.order.state in states.BOOKED and line.order.volunteer_id == actor.person_id
    ]
    near = dispatch.near_me(session, actor=actor, now=now)
    totals = visits.totals(session, actor=actor, person_id=actor.person_id)
    return VolunteerHome(
        open_visit=visits.open_line(session, actor=actor),
        next_shift=next((shift for shift in shifts if not shift.waits), None),
        next_order=min(claimed, key=lambda line: line.order.starts_at, default=None),
        near=tuple(near[:NEAR_SHOWN]),
        near_count=len(near),
        month_minutes=month_minutes(session, community_id, actor.person_id, now),
        balance_minutes=totals.balance_minutes,
        held_minutes=totals.held_minutes,
    )


def month_minutes(session: Session, community_id: int, person_id: uuid.UUID, now: dt.datetime) -> int:
    """What a person's visits of this month credited so far."""
    place = communities.community(session, community_id)
    month = months.first_of(communities.local_day(place, now))
    query = select(func.coalesce(func.sum(col(Visit.credited_minutes)), 0)).where(
        col(Visit.community_id) == community_id,
        col(Visit.person_id) == person_id,
        col(Visit.state) == "settled",
        col(Visit.started_at) >= communities.day_start(place, month),
    )
    return int(session.scalar(query) or 0)


def elder(session: Session, *, actor: Actor, now: dt.datetime) -> ElderHome | None:
    """The home of who is served: she ordered before, or is of the age to order."""
    if actor.person_id is None:
        return None
    community_id = community_of(actor)
    person = residents.person(session, community_id, actor.person_id)
    today = communities.local_day(communities.community(session, community_id), now)
    age = residents.age_on(person, today)
    old_enough = policy.of(session, community_id, today).redeemer_min_age_hardship
    if (age is None or age < old_enough) and not _ordered(session, person):
        return None
    return of_elder(session, actor=actor, person=person, now=now)


def helped(session: Session, *, actor: Actor, now: dt.datetime) -> list[ElderHome]:
    """The elders for whom the actor is a confirmed helper, each with her order and what is left; she chooses for whom."""
    if actor.person_id is None:
        return []
    standing = helpers.bindings(session, actor=actor, helper_id=actor.person_id)
    return [of_elder(session, actor=actor, person=one.elder, now=now) for one in standing if one.state == "confirmed"]


def of_elder(session: Session, *, actor: Actor, person: Person, now: dt.datetime) -> ElderHome:
    """One elder as she, her helper or the desk sees her.

    Raises:
        Forbidden: none of these.
    """
    lines = board.of_recipient(session, actor=actor, recipient_id=person.id, limit=ORDERS_LOOKED_AT)
    still_open = [line for line in lines if line.order.state in states.OPEN]
    first = min(still_open, key=lambda line: (FIRST.index(line.order.state), line.order.starts_at), default=None)
    purse = parties.purse(session, person.community_id, person.id, now, writing=False)
    return ElderHome(
        person=person,
        first=first,
        more=max(0, len(still_open) - 1),
        free_minutes=max(0, purse.available_minutes - purse.promised_minutes),
        held_minutes=purse.held_minutes,
    )


def desk(session: Session, *, actor: Actor) -> DeskHome | None:
    """The queue of who works at the desk or in a grid: everything that waits for her, of her area."""
    community_id = community_of(actor)
    queue: list[Waits] = []
    if _works(actor, "orders.waiting"):
        queue += _orders(session, actor)
        queue.append(_call_backs(session, actor))
        steps = escalation.work_list(session, actor=actor)
        queue.append(Waits("escalations", len(steps), min((one.step.raised_at for one in steps), default=None)))
    if may(actor, "attendance.review", community_id=community_id):
        query = select(func.count(), func.min(col(Visit.started_at))).where(
            col(Visit.community_id) == community_id,
            col(Visit.state).in_(("estimated", "under_review")),
            col(Visit.order_id).is_(None),
        )
        count, since = session.execute(query).one()
        queue.append(Waits("reviews", int(count), since))
    if _works(actor, "helpers.review"):
        asked = helpers.bindings(session, actor=actor)
        queue.append(Waits("helpers", len(asked), min((one.asked_at for one in asked), default=None)))
    if not queue:
        return None
    waits = [one for one in queue if one.count]
    return DeskHome(
        queue=tuple(sorted(waits, key=lambda one: (one.since is None, one.since))),
        here_now=here_now(session, actor=actor),
    )


def here_now(session: Session, *, actor: Actor) -> int | None:
    """How many people are checked in; None for who may not know."""
    community_id = community_of(actor)
    if not may(actor, "attendance.here_now", community_id=community_id):
        return None
    query = select(func.count()).where(col(Visit.community_id) == community_id, col(Visit.state) == "open")
    return int(session.scalar(query) or 0)


def places_to_check_in(session: Session, *, actor: Actor) -> Sequence[service_points.ServicePoint]:
    """The open points, for a volunteer who looks for where to type the six digits."""
    if not may(actor, "attendance.check_in", community_id=actor.community_id):
        return []
    return service_points.open_ones(session, community_of(actor))


def _works(actor: Actor, use_case: str) -> bool:
    """Whether a role of the actor, at a grid or more, is for this: the desk's queue is no resident's."""
    return actor.has_anywhere(RULES[use_case].roles - {"resident"})


def _ordered(session: Session, person: Person) -> bool:
    query = select(col(ServiceOrder.id)).where(
        col(ServiceOrder.community_id) == person.community_id, col(ServiceOrder.recipient_id) == person.id
    )
    return session.scalars(query.limit(1)).first() is not None


def _orders(session: Session, actor: Actor) -> list[Waits]:
    """Orders by the deed that they wait for."""
    kind_of = {state: kind for kind, in_states in waiting.KINDS.items() for state in in_states}
    query = (
        select(col(ServiceOrder.state), func.count(), func.min(col(ServiceOrder.state_since)))
        .join(
            Person,
            (col(Person.community_id) == ServiceOrder.community_id) & (col(Person.id) == ServiceOrder.recipient_id),
        )
        .where(
            col(ServiceOrder.community_id) == community_of(actor),
            col(ServiceOrder.state).in_(list(kind_of)),
            *parties.areas_of(actor, "orders.waiting"),
        )
        .group_by(col(ServiceOrder.state))
    )
    return [Waits(kind_of[state], int(count), since) for state, count, since in session.execute(query)]


def _call_backs(session: Session, actor: Actor) -> Waits:
    """Whom to call: the same people as the call-back page lists."""
    found = waiting.to_call(session, actor=actor)
    return Waits("call_backs", len(found), min((one.since for one in found), default=None))
