"""Arrival and leaving, by the card at the recipient's door.

The door card is a static code: a photograph of it scans from home too. So the scans are evidence B, and count only
together with the recipient's confirmation.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from timebank import policy
from timebank.errors import BadInput, Refused
from timebank.hours.attendance import visits
from timebank.hours.orders import states, telling
from timebank.hours.orders.catalogue import SERVICES
from timebank.hours.orders.parties import require_staff
from timebank.hours.orders.rows import ServiceOrder, end_claim, identity, move, order, standing_claim
from timebank.people import cards, communities, residents
from timebank.people.communities import community_of
from timebank.people.residents import Person
from timebank.permissions import Actor, require


class NotYourOrder(Refused):
    """Only the volunteer who claimed it arrives for it. Facts: order_number."""

    code = "order_not_yours"
    status = 403


class WrongDoor(Refused):
    """The card belongs to another door. Facts: order_number."""

    code = "wrong_door"
    status = 409


class TooEarly(Refused):
    """The order's time has not come. Facts: starts_at (an instant), early_minutes."""

    code = "order_too_early"
    status = 409


def arrive(session: Session, *, actor: Actor, now: datetime, order_id: UUID, door_token: str) -> dict[str, Any]:
    """The volunteer stands at the door: service begins, and she is in one place.

    Raises:
        NotYourOrder, WrongDoor, TooEarly, WrongState; and what opening a visit refuses.
    """
    row = _own(session, actor, "orders.arrive", order_id)
    states.after(row.state, "arrive", number=row.number)
    _check_door(session, row, door_token)
    community = communities.community(session, row.community_id)
    rules = policy.of(session, row.community_id, communities.local_day(community, now))
    if now < row.starts_at - timedelta(minutes=rules.order_early_minutes):
        raise TooEarly(starts_at=row.starts_at.isoformat(), early_minutes=rules.order_early_minutes)
    _open(session, row, actor=actor, now=now, arrived_at=now, evidence="B")
    move(session, row, "arrive", actor=actor, now=now, evidence="B")
    return identity(row) | {"arrived_at": now.isoformat()}


def leave(session: Session, *, actor: Actor, now: datetime, order_id: UUID, door_token: str) -> dict[str, Any]:
    """The volunteer leaves: the time is known, and waits for the recipient's word."""
    row = _own(session, actor, "orders.leave", order_id)
    states.after(row.state, "leave", number=row.number)
    _check_door(session, row, door_token)
    _leave_at(session, row, actor=actor, now=now, left_at=now, evidence="B", is_estimated=False)
    return identity(row) | {"left_at": now.isoformat(), "real_minutes": (row.real_seconds or 0) // 60}


def at_door(session: Session, *, community_id: int, door_token: str, volunteer_id: UUID) -> list[ServiceOrder]:
    """Return this volunteer's orders behind this door that wait for an arrival or a leaving, the next one first."""
    behind = {person.id for person in _behind(session, community_id, door_token)}
    return list(
        session.exec(
            select(ServiceOrder)
            .where(
                ServiceOrder.community_id == community_id,
                ServiceOrder.volunteer_id == volunteer_id,
                col(ServiceOrder.recipient_id).in_(behind),
                col(ServiceOrder.state).in_(states.BOOKED),
            )
            .order_by(col(ServiceOrder.starts_at))
            .limit(5)
        )
    )


def record_times(
    session: Session, *, actor: Actor, now: datetime, order_id: UUID, arrived_at: datetime, left_at: datetime, note: str
) -> dict[str, Any]:
    """Write arrival and leaving from paper, where no card was scanned (evidence D). Staff only, never for oneself.

    It replaces no scan: an order in service keeps its arrival, and gets the leaving that was forgotten.
    """
    row = order(session, community_of(actor), order_id)
    require_staff(session, actor, "orders.record_times", row)
    if actor.person_id is not None and actor.person_id == row.volunteer_id:
        raise NotYourOrder(order_number=row.number)
    if not note.strip():
        raise BadInput(fields={"note": "required"})
    begins_at = row.arrived_at or arrived_at
    if not begins_at <= left_at <= now:
        raise BadInput(fields={"left_at": "not_after_arrival"})
    if begins_at < row.starts_at - timedelta(days=1) or left_at - begins_at > timedelta(hours=12):
        raise BadInput(fields={"arrived_at": "too_far"})
    if row.state == "claimed":
        _open(session, row, actor=actor, now=now, arrived_at=arrived_at, evidence="D")
        move(session, row, "arrive", actor=actor, now=now, evidence="D", at=arrived_at.isoformat(), note=note.strip())
    states.after(row.state, "leave", number=row.number)
    _leave_at(session, row, actor=actor, now=now, left_at=left_at, evidence="D", is_estimated=False)
    return identity(row) | {"real_minutes": (row.real_seconds or 0) // 60}


def close_forgotten(session: Session, *, actor: Actor, now: datetime, order_id: UUID) -> dict[str, Any]:
    """The volunteer forgot to scan when leaving: the visit ends as planned, and is marked estimated.

    Then only somebody's word settles it, never silence.
    """
    row = order(session, community_of(actor), order_id)
    require(actor, "orders.close_forgotten", community_id=row.community_id)
    states.after(row.state, "leave", number=row.number)
    arrived_at = row.arrived_at or row.starts_at
    left_at = min(arrived_at + timedelta(minutes=row.planned_minutes), now)
    _leave_at(session, row, actor=actor, now=now, left_at=left_at, evidence="B", is_estimated=True)
    return identity(row)


def _own(session: Session, actor: Actor, use_case: str, order_id: UUID) -> ServiceOrder:
    require(actor, use_case, community_id=actor.community_id)
    row = order(session, community_of(actor), order_id)
    if row.volunteer_id is None or row.volunteer_id != actor.person_id:
        raise NotYourOrder(order_number=row.number)
    return row


def _behind(session: Session, community_id: int, door_token: str) -> list[Person]:
    """Who lives behind a door card."""
    home = cards.household_of_card(session, community_id, door_token)
    return [person for person in residents.members(session, community_id, home.id) if not residents.has_left(person)]


def _check_door(session: Session, row: ServiceOrder, door_token: str) -> None:
    if row.recipient_id not in {person.id for person in _behind(session, row.community_id, door_token)}:
        raise WrongDoor(order_number=row.number)


def _open(
    session: Session, row: ServiceOrder, *, actor: Actor, now: datetime, arrived_at: datetime, evidence: str
) -> None:
    if row.volunteer_id is None:
        raise NotYourOrder(order_number=row.number)
    row.visit_id = visits.open_visit(
        session,
        community_id=row.community_id,
        person_id=row.volunteer_id,
        started_at=arrived_at,
        now=now,
        evidence=evidence,
        recorded_by=actor.number,
        place=row.place,
        order_id=row.id,
        service_class=SERVICES[row.service].class_code,
        planned_end_at=arrived_at + timedelta(minutes=row.planned_minutes),
    )
    row.arrived_at = arrived_at
    end_claim(standing_claim(session, row, "reserve"), "closed", now)


def _leave_at(
    session: Session,
    row: ServiceOrder,
    *,
    actor: Actor,
    now: datetime,
    left_at: datetime,
    evidence: str,
    is_estimated: bool,
) -> None:
    if row.visit_id is None:
        raise NotYourOrder(order_number=row.number)
    visit = visits.by_id(session, row.community_id, row.visit_id)
    visits.close_visit(session, visit=visit, ended_at=left_at, now=now, evidence=evidence, recorded_by=actor.number)
    visit.estimated = is_estimated
    reckoning = visits.reckon_visit(session, visit)
    row.left_at = left_at
    row.real_seconds = reckoning.seconds
    row.uncapped_minutes = reckoning.uncapped_minutes
    row.is_estimated = is_estimated
    end_claim(standing_claim(session, row, "winner"), "served", now)
    move(
        session,
        row,
        "leave",
        actor=actor,
        now=now,
        evidence=evidence,
        left_at=left_at.isoformat(),
        real_seconds=reckoning.seconds,
        estimated=is_estimated,
    )
    telling.tell(session, row, row.recipient_id, "order_to_confirm", now=now)
