"""Dispatch (派单): open an accepted order to volunteers, and show them to each other, near ones first.

Near is the same building, then the same grid, then the community; among equals comes who was served, or has served,
longest ago. It is a proposal: whoever may claim does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, delete, func, literal
from sqlmodel import Session, col, select

from timebank.hours.eligibility import priority_of
from timebank.hours.orders import states, telling, volunteers
from timebank.hours.orders.catalogue import SERVICES
from timebank.hours.orders.parties import require_staff
from timebank.hours.orders.rows import OrderOffer, ServiceOrder, identity, move, order
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.people.residents import Person
from timebank.permissions import Actor, require

LISTED = 30
LOOKED_AT = 200  # so many of the nearest are asked for skills, missed orders, priority


@dataclass(frozen=True)
class Candidate:
    """A volunteer who could go. `nearness`: 0 the same building, 1 the same grid, 2 the community."""

    person: Person
    nearness: int
    last_served_at: datetime | None


@dataclass(frozen=True)
class Nearby:
    """An order that a volunteer could claim, and how near it is."""

    order: ServiceOrder
    recipient: Person
    nearness: int


def dispatch(
    session: Session, *, actor: Actor, now: datetime, order_id: UUID, person_ids: Sequence[UUID]
) -> dict[str, Any]:
    """Open the order: to the named volunteers, or to all if none is named. Again replaces whom it is offered to."""
    row = order(session, community_of(actor), order_id)
    require_staff(session, actor, "orders.dispatch", row)
    states.after(row.state, "dispatch", number=row.number)
    session.execute(
        delete(OrderOffer).where(col(OrderOffer.community_id) == row.community_id, col(OrderOffer.order_id) == row.id)
    )
    for person_id in dict.fromkeys(person_ids):
        person = residents.person(session, row.community_id, person_id)
        session.add(OrderOffer(community_id=row.community_id, order_id=row.id, person_id=person.id, offered_at=now))
    row.dispatched_at = now
    move(session, row, "dispatch", actor=actor, now=now, offered=len(set(person_ids)))
    telling.tell_all(session, row, dict.fromkeys(person_ids), "order_offered", now=now)
    return identity(row)


def candidates(session: Session, *, actor: Actor, now: datetime, order_id: UUID) -> list[Candidate]:
    """Volunteers who could claim an order, nearest first, then who served longest ago; `LISTED` at most.

    Left out is who would be refused: the recipient and her household, who is too young, busy at that time or blocked,
    and who has not the skill that the service needs.
    """
    row = order(session, community_of(actor), order_id)
    require_staff(session, actor, "orders.dispatch", row)
    recipient = residents.person(session, row.community_id, row.recipient_id)
    served = _last_times(row.community_id, ServiceOrder.volunteer_id)
    nearness = _nearness(col(Person.area_path), recipient.area_path, _path_of(session, row.community_id))
    query = (
        select(Person, nearness, served.c.last_at)
        .outerjoin(served, served.c.person_id == Person.id)
        .where(
            col(Person.id) != recipient.id,
            col(Person.household_id) != recipient.household_id,
            *volunteers.who_may(session, row, now),
        )
        .order_by(nearness, func.coalesce(served.c.last_at, 0), col(Person.serial))
        .limit(LOOKED_AT)
    )
    found = [Candidate(person, near, last_at) for person, near, last_at in session.execute(query)]
    able = volunteers.able(session, row, [candidate.person.id for candidate in found])
    unblocked = (
        candidate
        for candidate in found
        if candidate.person.id in able and not volunteers.is_blocked(session, row, candidate.person.id, now)
    )
    return list(islice(unblocked, LISTED))


def near_me(session: Session, *, actor: Actor, now: datetime) -> list[Nearby]:
    """Orders that this volunteer could claim, nearest first; then priority elders, then whose elder was served longest ago."""
    require(actor, "orders.claim", community_id=actor.community_id)
    if actor.person_id is None or actor.community_id is None:
        return []
    me = residents.person(session, actor.community_id, actor.person_id)
    served = _last_times(me.community_id, ServiceOrder.recipient_id)
    nearness = _nearness(col(Person.area_path), me.area_path, _path_of(session, me.community_id))
    offers = select(OrderOffer.order_id).where(col(OrderOffer.community_id) == me.community_id)
    query = (
        select(ServiceOrder, Person, nearness)
        .join(
            Person,
            (col(Person.community_id) == ServiceOrder.community_id) & (col(Person.id) == ServiceOrder.recipient_id),
        )
        .outerjoin(served, served.c.person_id == Person.id)
        .where(
            col(ServiceOrder.community_id) == me.community_id,
            col(ServiceOrder.state) == "dispatched",
            col(ServiceOrder.starts_at) > now,
            col(Person.id) != me.id,
            col(Person.household_id) != me.household_id,
            col(ServiceOrder.id).notin_(offers)
            | col(ServiceOrder.id).in_(offers.where(col(OrderOffer.person_id) == me.id)),
        )
        .order_by(nearness, func.coalesce(served.c.last_at, 0), col(ServiceOrder.starts_at), col(ServiceOrder.number))
        .limit(LOOKED_AT)
    )
    found = [Nearby(row, recipient, near) for row, recipient, near in session.execute(query)]
    able = volunteers.skills_on(session, me, now)
    possible = [nearby for nearby in found if SERVICES[nearby.order.service].skill in able]
    today = communities.local_day(communities.community(session, me.community_id), now)
    first = priority_of(session, me.community_id, [nearby.recipient for nearby in possible], today)
    possible.sort(key=lambda nearby: (nearby.nearness, not first.get(nearby.recipient.id, False)))  # stable
    return possible[:LISTED]


def offered_to(session: Session, row: ServiceOrder) -> set[UUID]:
    """The volunteers that an order was offered to by name; empty: all."""
    query = select(OrderOffer.person_id).where(
        col(OrderOffer.community_id) == row.community_id, col(OrderOffer.order_id) == row.id
    )
    return set(session.exec(query))


def _last_times(community_id: int, person: Any) -> Any:
    """When each person last was in an order that was served, as volunteer or as recipient."""
    return (
        select(col(person).label("person_id"), func.max(ServiceOrder.left_at).label("last_at"))
        .where(col(ServiceOrder.community_id) == community_id, col(ServiceOrder.left_at).is_not(None))
        .group_by(col(person))
        .subquery()
    )


def _path_of(session: Session, community_id: int) -> str:
    return communities.community(session, community_id).area_path


def _nearness(area_path: Any, mine: str, community_path: str) -> ColumnElement[int]:
    """0 the same building, 1 the same grid, 2 the community; a place that is known no closer counts as no closer."""
    within = mine.removeprefix(community_path).strip("/").split("/")
    grid = f"{community_path}{within[0]}/"
    nearer = []
    if len(within) > 1:
        nearer.append((area_path == mine, 0))
    if within[0]:
        nearer.append((area_path.startswith(grid, autoescape=True), 1))
    return case(*nearer, else_=2) if nearer else literal(2)
