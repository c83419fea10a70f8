"""Calls and visits to recipients, and what time does to an order by itself.

A job asks `due` what has come due and carries out one order after the other, each in a request of its own: one that
is refused holds up no other. Carrying out twice is harmless, since the state has moved on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func
from sqlmodel import Session, col, select

from timebank import policy
from timebank.columns import new_id
from timebank.errors import BadInput
from timebank.hours.orders import escalation, states, telling
from timebank.hours.orders.parties import release, require_staff
from timebank.hours.orders.rows import (
    OrderCallBack,
    ServiceOrder,
    end_claim,
    identity,
    move,
    order,
    standing_claim,
    write_down,
)
from timebank.hours.orders.serving import close_forgotten
from timebank.hours.orders.settling import confirm_by_silence, why_silence_is_not_enough
from timebank.people import communities
from timebank.people.residents import Person
from timebank.permissions import Actor, require

NOTE_LENGTH = 300
# The community said that it will find somebody; that the time went by without does not let it off.
GUARANTEED = ("accepted", "dispatched", "overdue")
CLAIMED_GRACE = timedelta(hours=24)  # a volunteer may have come without scanning: staff can still write it down


@dataclass(frozen=True)
class Due:
    """Something that is to be done with an order now: flag, escalate, become_overdue, close_forgotten or silence."""

    verb: str
    order_id: UUID
    order_number: int


def record_call_back(
    session: Session, *, actor: Actor, now: datetime, order_id: UUID, way: str, is_reached: bool, note: str
) -> dict[str, Any]:
    """Write down a call or a visit to the recipient (回访), whether it reached her or not."""
    row = order(session, communities.community_of(actor), order_id)
    require_staff(session, actor, "orders.record_call_back", row)
    if actor.person_id is not None and actor.person_id in (row.volunteer_id, row.recipient_id):
        raise BadInput(fields={"way": "own_matter"})
    if way not in ("call", "visit"):
        raise BadInput(fields={"way": "not_listed"})
    session.add(
        OrderCallBack(
            community_id=row.community_id,
            id=new_id(now),
            order_id=row.id,
            at=now,
            way=way,
            is_reached=is_reached,
            note=note.strip()[:NOTE_LENGTH],
            actor=actor.number,
            actor_id=actor.person_id,
        )
    )
    write_down(
        session, row, "call_back", actor=actor, now=now, way=way, reached=is_reached, note=note.strip()[:NOTE_LENGTH]
    )
    return identity(row)


def flag(session: Session, *, actor: Actor, now: datetime, order_id: UUID) -> dict[str, Any]:
    """Nobody claimed the order for a day: the grid worker sees to it."""
    row = order(session, communities.community_of(actor), order_id)
    require(actor, "orders.flag", community_id=row.community_id)
    if row.state in escalation.WAITING and row.flagged_at is None:
        row.flagged_at = now
        escalation.raise_step(session, row, "grid", actor=actor, now=now)
    return identity(row)


def escalate(session: Session, *, actor: Actor, now: datetime, order_id: UUID) -> dict[str, Any]:
    """An accepted order found no volunteer for a week: the community manager and the fund answer for it."""
    row = order(session, communities.community_of(actor), order_id)
    require(actor, "orders.escalate", community_id=row.community_id)
    if row.state in GUARANTEED and row.escalated_at is None:
        row.escalated_at = now
        escalation.raise_step(session, row, "manager", actor=actor, now=now)
    return identity(row)


def become_overdue(session: Session, *, actor: Actor, now: datetime, order_id: UUID) -> dict[str, Any]:
    """The time of an order went by and nobody came: what was held is free, and staff give it another time or cancel."""
    row = order(session, communities.community_of(actor), order_id)
    require(actor, "orders.become_overdue", community_id=row.community_id)
    states.after(row.state, "become_overdue", number=row.number)
    gone = row.volunteer_id
    winner, reserve = standing_claim(session, row, "winner"), standing_claim(session, row, "reserve")
    released = release(session, row)
    row.volunteer_id = None
    if gone is not None:
        row.unclaimed_since = now
    end_claim(winner, "closed", now)
    end_claim(reserve, "closed", now)
    seq = row.release_seq if released else None
    person = gone.hex if gone else None
    move(session, row, "become_overdue", actor=actor, now=now, seq=seq, released_minutes=released, person=person)
    telling.tell(session, row, row.recipient_id, "order_overdue", now=now)
    return identity(row)


# What a job may carry out, by the verb of `Due`.
CARRIED_OUT: dict[str, Callable[..., dict[str, Any]]] = {
    "flag": flag,
    "escalate": escalate,
    "become_overdue": become_overdue,
    "close_forgotten": close_forgotten,
    "silence": confirm_by_silence,
}


def due(session: Session, *, community_id: int, now: datetime, limit: int) -> list[Due]:
    """Return what has come due in a community, at most `limit` of each kind. Writes nothing."""
    community = communities.community(session, community_id)
    rules = policy.of(session, community_id, communities.local_day(community, now))
    found: list[Due] = []
    unclaimed_since = func.coalesce(col(ServiceOrder.unclaimed_since), col(ServiceOrder.submitted_at))
    day_ago = now - timedelta(hours=rules.order_unclaimed_hours)
    found += _rows(
        session, community_id, "flag", limit, escalation.WAITING,
        col(ServiceOrder.flagged_at).is_(None), unclaimed_since <= day_ago,
    )  # fmt: skip
    week_ago = now - timedelta(days=rules.order_guarantee_days)
    found += _rows(
        session, community_id, "escalate", limit, GUARANTEED,
        col(ServiceOrder.escalated_at).is_(None), col(ServiceOrder.submitted_at) <= week_ago,
    )  # fmt: skip
    found += [
        Due("become_overdue", row.id, row.number)
        for row in _orders(
            session, community_id, limit, (*states.PROMISED, "claimed"), col(ServiceOrder.starts_at) <= now
        )
        if overdue_at(row) <= now
    ]
    late = timedelta(minutes=rules.late_close_minutes)
    found += [
        Due("close_forgotten", row.id, row.number)
        for row in _orders(session, community_id, limit, ("in_service",))
        if row.arrived_at is not None and row.arrived_at + timedelta(minutes=row.planned_minutes) + late <= now
    ]
    quiet_since = now - timedelta(days=rules.order_confirm_silence_days)
    found += [
        Due("silence", row.id, row.number)
        for row in _orders(session, community_id, limit, ("to_confirm",), *_could_have_spoken(quiet_since))
        if why_silence_is_not_enough(session, row, now) is None
    ]
    return found


def carry_out(session: Session, *, actor: Actor, now: datetime, verb: str, order_id: UUID) -> dict[str, Any]:
    """Do one thing that `due` named."""
    return CARRIED_OUT[verb](session, actor=actor, now=now, order_id=order_id)


def overdue_at(row: ServiceOrder) -> datetime:
    """When an order that nobody began counts as overdue: at its end; a claimed one a day later."""
    ends_at = row.starts_at + timedelta(minutes=row.planned_minutes)
    return ends_at + (CLAIMED_GRACE if row.state == "claimed" else timedelta())


def _could_have_spoken(quiet_since: datetime) -> tuple[Any, ...]:
    """Orders whose silence may count, so that those which wait for a call-back do not crowd out the others."""
    has_phone = exists().where(
        col(Person.community_id) == ServiceOrder.community_id,
        col(Person.id) == ServiceOrder.recipient_id,
        col(Person.phone).is_not(None),
    )
    was_called = exists().where(
        col(OrderCallBack.community_id) == ServiceOrder.community_id,
        col(OrderCallBack.order_id) == ServiceOrder.id,
        col(OrderCallBack.is_reached) | (col(OrderCallBack.way) == "visit"),
    )
    return (
        col(ServiceOrder.state_since) <= quiet_since,
        col(ServiceOrder.is_estimated).is_(False),
        has_phone | was_called,
    )


def _rows(
    session: Session, community_id: int, verb: str, limit: int, in_states: tuple[str, ...], *where: Any
) -> list[Due]:
    return [Due(verb, row.id, row.number) for row in _orders(session, community_id, limit, in_states, *where)]


def _orders(
    session: Session, community_id: int, limit: int, in_states: tuple[str, ...], *where: Any
) -> list[ServiceOrder]:
    query = (
        select(ServiceOrder)
        .where(col(ServiceOrder.community_id) == community_id, col(ServiceOrder.state).in_(in_states), *where)
        .order_by(col(ServiceOrder.state), col(ServiceOrder.starts_at))
        .limit(limit)
    )
    return list(session.scalars(query))
