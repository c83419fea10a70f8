"""What people see of orders: lists, one order with its timeline, and who may see how much.

Before a claim a volunteer sees a masked name and the building's area; after it the name, the place and the note.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from timebank.hours.attendance import visits
from timebank.hours.orders import disputes, states
from timebank.hours.orders.catalogue import SERVICES
from timebank.hours.orders.parties import areas_of, may_for
from timebank.hours.orders.rows import (
    OrderCallBack,
    OrderClaim,
    OrderEvent,
    OrderNotFound,
    ServiceOrder,
    order,
    standing_claim,
)
from timebank.hours.orders.tear_off import call_backs
from timebank.people import residents
from timebank.people.communities import community_of
from timebank.people.residents import Person
from timebank.permissions import Actor, may, require

PAGE = 30
RATINGS_SHOWN_FROM = 3

# What the volunteer of an order, or its reserve, is not told of what others did: how one elder rated, what she said to
# staff about the visit, what staff mean to do, and why another volunteer did not come.
IN_CONFIDENCE: dict[str, frozenset[str]] = {
    "rate": frozenset({"stars"}),
    "call_back": frozenset({"note"}),
    "acknowledge": frozenset({"note"}),
    "step_back": frozenset({"reason"}),
    "stand_by": frozenset({"reason"}),
    "no_show": frozenset({"note", "is_excused"}),
}


@dataclass(frozen=True)
class Line:
    """An order in a list."""

    order: ServiceOrder
    recipient: Person
    volunteer: Person | None


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; empty: everything. `attention` shows what somebody must look at."""

    state: str = ""
    service: str = ""
    recipient_id: UUID | None = None
    volunteer_id: UUID | None = None
    attention: bool = False


@dataclass(frozen=True)
class Explained:
    """One order with everything its numbers rest on."""

    order: ServiceOrder
    recipient: Person
    volunteer: Person | None
    reserve: Person | None
    placed_by: Person | None
    timeline: list[OrderEvent]
    claims: list[OrderClaim]
    calls: list[OrderCallBack]
    people: dict[UUID, Person]
    spans: list[list[int]]
    reasons: list[dict[str, Any]]
    evidence: str | None


def lines(
    session: Session, *, actor: Actor, filters: Filters, before_number: int | None, limit: int = PAGE
) -> list[Line]:
    """Orders for staff, newest first; a grid worker sees those of her grid. Ask for the next with the last number."""
    require(actor, "orders.read", community_id=community_of(actor))
    query = _joined(community_of(actor)).where(*areas_of(actor, "orders.read"))
    if filters.state:
        query = query.where(col(ServiceOrder.state) == filters.state)
    if filters.service:
        query = query.where(col(ServiceOrder.service) == filters.service)
    if filters.recipient_id:
        query = query.where(col(ServiceOrder.recipient_id) == filters.recipient_id)
    if filters.volunteer_id:
        query = query.where(col(ServiceOrder.volunteer_id) == filters.volunteer_id)
    if filters.attention:
        query = query.where(
            col(ServiceOrder.state).in_(("submitted", "overdue", "disputed"))
            | (col(ServiceOrder.flagged_at).is_not(None) & col(ServiceOrder.state).in_(states.PROMISED))
            | (col(ServiceOrder.escalated_at).is_not(None) & col(ServiceOrder.state).in_(states.PROMISED))
            | (col(ServiceOrder.tear_off_locked_at).is_not(None) & col(ServiceOrder.state).in_(states.OPEN))
            | (col(ServiceOrder.is_estimated) & (col(ServiceOrder.state) == "to_confirm"))
        )
    if before_number is not None:
        query = query.where(col(ServiceOrder.number) < before_number)
    return [Line(*row) for row in session.execute(query.order_by(col(ServiceOrder.number).desc()).limit(limit))]


def counts(session: Session, *, actor: Actor) -> dict[str, int]:
    """How many orders there are in each state, for the same orders that `lines` lists."""
    require(actor, "orders.read", community_id=community_of(actor))
    query = (
        select(ServiceOrder.state, func.count())
        .join(
            Person,
            (col(Person.community_id) == ServiceOrder.community_id) & (col(Person.id) == ServiceOrder.recipient_id),
        )
        .where(col(ServiceOrder.community_id) == community_of(actor), *areas_of(actor, "orders.read"))
        .group_by(col(ServiceOrder.state))
    )
    return {str(state): int(count) for state, count in session.execute(query)}


def of_recipient(
    session: Session, *, actor: Actor, recipient_id: UUID, before_number: int | None = None, limit: int = PAGE
) -> list[Line]:
    """An elder's orders, newest first: for herself, her helper and staff. Ask for the next with the last number."""
    recipient = residents.person(session, community_of(actor), recipient_id)
    if not may_for(session, actor, "orders.read", recipient):
        require(actor, "orders.read", community_id=recipient.community_id, area_path=recipient.area_path)
    query = _joined(recipient.community_id).where(col(ServiceOrder.recipient_id) == recipient.id)
    if before_number is not None:
        query = query.where(col(ServiceOrder.number) < before_number)
    return [Line(*row) for row in session.execute(query.order_by(col(ServiceOrder.number).desc()).limit(limit))]


def of_volunteer(session: Session, *, actor: Actor, before_number: int | None = None, limit: int = PAGE) -> list[Line]:
    """What this volunteer claimed or stands by for: first all that is still to be done, the next one first.

    Then what is over, newest first; ask for the next page of that with the lowest number.
    """
    require(actor, "orders.claim", community_id=community_of(actor))
    if actor.person_id is None:
        return []
    stands_by = select(OrderClaim.order_id).where(
        col(OrderClaim.community_id) == community_of(actor),
        col(OrderClaim.person_id) == actor.person_id,
        col(OrderClaim.place) == "reserve",
        col(OrderClaim.outcome) == "standing",
    )
    hers = col(ServiceOrder.volunteer_id) == actor.person_id
    is_open = col(ServiceOrder.state).in_(states.HELD)
    to_do: list[Line] = []
    if before_number is None:
        query = _joined(community_of(actor)).where((hers & is_open) | col(ServiceOrder.id).in_(stands_by))
        to_do = [Line(*row) for row in session.execute(query.order_by(col(ServiceOrder.starts_at)).limit(limit))]
    query = _joined(community_of(actor)).where(hers, ~is_open)
    if before_number is not None:
        query = query.where(col(ServiceOrder.number) < before_number)
    over = session.execute(query.order_by(col(ServiceOrder.number).desc()).limit(limit))
    return to_do + [Line(*row) for row in over]


def explain(session: Session, *, actor: Actor, order_id: UUID) -> Explained:
    """One order in full: for its recipient, her helper, its volunteer, and staff of her area.

    Raises:
        OrderNotFound: there is none, or none that this actor may know of.
    """
    row = order(session, community_of(actor), order_id)
    recipient = residents.person(session, row.community_id, row.recipient_id)
    if not may_see(session, actor, row, recipient):
        raise OrderNotFound
    timeline = list(
        session.scalars(
            select(OrderEvent)
            .where(col(OrderEvent.community_id) == row.community_id, col(OrderEvent.order_id) == row.id)
            .order_by(col(OrderEvent.n))
        )
    )
    claims = list(
        session.scalars(
            select(OrderClaim)
            .where(col(OrderClaim.community_id) == row.community_id, col(OrderClaim.order_id) == row.id)
            .order_by(col(OrderClaim.id))
        )
    )
    reserve = standing_claim(session, row, "reserve")
    known = {row.recipient_id, row.volunteer_id, row.placed_by_id, reserve.person_id if reserve else None}
    known |= {event.actor_id for event in timeline} | {claim.person_id for claim in claims}
    people = residents.persons_of(session, row.community_id, [person for person in known if person is not None])
    visit = visits.by_id(session, row.community_id, row.visit_id) if row.visit_id else None
    return Explained(
        order=row,
        recipient=recipient,
        volunteer=people.get(row.volunteer_id) if row.volunteer_id else None,
        reserve=people.get(reserve.person_id) if reserve else None,
        placed_by=people.get(row.placed_by_id) if row.placed_by_id else None,
        timeline=timeline,
        claims=claims,
        calls=call_backs(session, row),
        people=people,
        spans=(visit.spans or []) if visit else [],
        reasons=(visit.reasons or []) if visit else [],
        evidence=visit.evidence if visit else None,
    )


def facts_for(actor: Actor, found: Explained, event: OrderEvent) -> dict[str, Any]:
    """What a line of the timeline says to who looks: to the volunteer and the reserve nothing that was told in confidence."""
    parties = {found.order.volunteer_id, found.reserve.id if found.reserve else None}
    if actor.person_id is None or actor.person_id not in parties or actor.person_id == event.actor_id:
        return dict(event.facts)
    hidden = IN_CONFIDENCE.get(event.verb, frozenset())
    return {name: told for name, told in event.facts.items() if name not in hidden}


def may_see(session: Session, actor: Actor, row: ServiceOrder, recipient: Person) -> bool:
    """Whether the whole order may be shown: names, place and note."""
    if actor.person_id is not None:
        if actor.person_id == row.volunteer_id:
            return True
        reserve = standing_claim(session, row, "reserve")
        if reserve is not None and reserve.person_id == actor.person_id:
            return True
    return may_for(session, actor, "orders.read", recipient) or _judges(session, actor, row, recipient)


def _judges(session: Session, actor: Actor, row: ServiceOrder, recipient: Person) -> bool:
    """Whether a reviewer, who sees no other orders, is to decide this one, or has decided it."""
    if not may(actor, "orders.resolve", community_id=row.community_id, area_path=recipient.area_path):
        return False
    found = disputes.dispute_of(session, row)
    if found is None:
        return row.state == "disputed" and disputes.is_outside(session, row, actor)
    return found.decided_by == actor.number or (found.decided_at is None and disputes.is_outside(session, row, actor))


def rating_of(session: Session, community_id: int, volunteer_id: UUID) -> tuple[int, float | None]:
    """How many ratings a volunteer has, and their mean: shown from three on, so that no single elder is known by hers."""
    count, mean = session.execute(
        select(func.count(col(ServiceOrder.rating)), func.avg(ServiceOrder.rating)).where(
            col(ServiceOrder.community_id) == community_id,
            col(ServiceOrder.volunteer_id) == volunteer_id,
            col(ServiceOrder.state) == "rated",
        )
    ).one()
    return int(count), float(mean) if count >= RATINGS_SHOWN_FROM else None


def usual_place(session: Session, community_id: int, recipient_id: UUID) -> str:
    """Where the person's last service took place, to propose it for the next."""
    return (
        session.scalars(
            select(ServiceOrder.place)
            .where(col(ServiceOrder.community_id) == community_id, col(ServiceOrder.recipient_id) == recipient_id)
            .order_by(col(ServiceOrder.number).desc())
            .limit(1)
        ).first()
        or ""
    )


def ends_at(row: ServiceOrder) -> datetime:
    """The planned end."""
    return row.starts_at + timedelta(minutes=row.planned_minutes)


def service_class(row: ServiceOrder) -> str:
    """The class of the order's service."""
    return SERVICES[row.service].class_code


def _joined(community_id: int) -> Any:
    volunteer = aliased(Person)
    return (
        select(ServiceOrder, Person, volunteer)
        .join(
            Person,
            (col(Person.community_id) == ServiceOrder.community_id) & (col(Person.id) == ServiceOrder.recipient_id),
        )
        .outerjoin(
            volunteer,
            (col(volunteer.community_id) == ServiceOrder.community_id)
            & (col(volunteer.id) == ServiceOrder.volunteer_id),
        )
        .where(col(ServiceOrder.community_id) == community_id)
    )
