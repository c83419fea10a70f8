"""What still waits of a month before it is closed: visits under review, orders not settled, disputes, holds.

Nothing here forbids the closing. What is settled afterwards becomes an adjustment in the next month.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlmodel import Session, col

from ledger import reading, tables
from ledger.book import from_ms
from timebank import permissions
from timebank.hours.attendance.tables import Visit
from timebank.hours.orders import states
from timebank.hours.orders.rows import ServiceOrder
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.people.residents import Person
from timebank.permissions import Actor
from timebank.reports import months

SHOWN = 50
# In the order of the page; the words are chosen at the edge.
KINDS = ("visits", "orders", "disputes", "holds")


@dataclass(frozen=True)
class Matter:
    """One thing that waits: the visit or order, whose, since when, in which state; a hold by its entry."""

    since: dt.datetime
    state: str
    row: uuid.UUID | None = None
    number: int | None = None
    person: str = ""
    seq: int | None = None
    unit: str = "min"
    amount: int | None = None


@dataclass(frozen=True)
class Waiting:
    """What of one kind waits: how many there are, and the oldest of them, at most 50."""

    kind: str
    count: int
    matters: tuple[Matter, ...]


def waiting(session: Session, *, actor: Actor, month: dt.date) -> list[Waiting]:
    """What of a month (or of those before it) is not done yet, oldest first."""
    community_id = community_of(actor)
    permissions.require(actor, "reports.trial_balance", community_id=community_id)
    counts = waiting_counts(session, community_id, month)
    end = _end(session, community_id, month)
    found = {
        "visits": _visits(session, community_id, end),
        "orders": _orders(session, community_id, end, _undisputed()),
        "disputes": _orders(session, community_id, end, ("disputed",)),
        "holds": _holds(session, community_id, end),
    }
    return [Waiting(kind, counts[kind], tuple(found[kind])) for kind in KINDS]


def waiting_counts(session: Session, community_id: int, month: dt.date) -> dict[str, int]:
    """How much of each kind waits, as it is put down when a month is prepared."""
    end = _end(session, community_id, month)
    order_at, hold = col(ServiceOrder.starts_at), tables.hold.c
    orders = select(func.count()).where(col(ServiceOrder.community_id) == community_id, order_at < end)
    return {
        "visits": _count(session, select(func.count()).where(*_open_visits(community_id, end))),
        "orders": _count(session, orders.where(col(ServiceOrder.state).in_(_undisputed()))),
        "disputes": _count(session, orders.where(col(ServiceOrder.state) == "disputed")),
        "holds": _count(session, select(func.count()).where(*_open_holds(session, community_id, end, hold))),
    }


def _visits(session: Session, community_id: int, end: dt.datetime) -> list[Matter]:
    query = (
        select(Visit, col(Person.number))
        .join(Person, and_(col(Person.community_id) == col(Visit.community_id), col(Person.id) == col(Visit.person_id)))
        .where(*_open_visits(community_id, end))
        .order_by(col(Visit.started_at), col(Visit.id))
        .limit(SHOWN)
    )
    return [
        Matter(visit.started_at, visit.state, row=visit.id, person=number) for visit, number in session.execute(query)
    ]


def _orders(session: Session, community_id: int, end: dt.datetime, wanted: Sequence[str]) -> list[Matter]:
    query = (
        select(ServiceOrder)
        .where(
            col(ServiceOrder.community_id) == community_id,
            col(ServiceOrder.starts_at) < end,
            col(ServiceOrder.state).in_(wanted),
        )
        .order_by(col(ServiceOrder.starts_at), col(ServiceOrder.number))
        .limit(SHOWN)
    )
    return [
        Matter(one.starts_at, one.state, row=one.id, number=one.number, amount=one.held_minutes or None)
        for one in session.scalars(query)
    ]


def _holds(session: Session, community_id: int, end: dt.datetime) -> list[Matter]:
    """Holds that no order stands behind: of the points shop, of a gift that waits."""
    entry, hold, account = tables.entry.c, tables.hold.c, tables.account.c
    query = (
        select(hold.seq, entry.at, hold.legs)
        .join_from(tables.hold, tables.entry, and_(entry.community_id == hold.community_id, entry.seq == hold.seq))
        .where(*_open_holds(session, community_id, end, hold))
        .order_by(hold.seq)
        .limit(SHOWN)
    )
    found = [(seq, at, json.loads(legs)) for seq, at, legs in session.execute(query)]
    numbers = sorted({legs[0][0] for _, _, legs in found})
    units = dict(
        session.execute(
            select(account.number, account.unit).where(
                account.community_id == community_id, account.number.in_(numbers)
            )
        ).all()
    )
    return [
        Matter(
            from_ms(at),
            "held",
            seq=seq,
            unit=units[legs[0][0]],
            amount=sum(amount for _, amount in legs if amount > 0),
        )
        for seq, at, legs in found
    ]


def _open_visits(community_id: int, end: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Visit.community_id) == community_id,
        col(Visit.started_at) < end,
        or_(
            col(Visit.state).in_(("estimated", "under_review")),
            and_(col(Visit.state) == "open", col(Visit.order_id).is_(None)),
        ),
    )


def _open_holds(session: Session, community_id: int, end: dt.datetime, hold: Any) -> tuple[Any, ...]:
    of_orders = select(col(ServiceOrder.hold_seq)).where(
        col(ServiceOrder.community_id) == community_id, col(ServiceOrder.state).in_(states.HELD)
    )
    return (
        hold.community_id == community_id,
        hold.resolved.is_(None),
        hold.seq < reading.size_at(session, community_id, end),
        hold.seq.not_in(of_orders),
    )


def _undisputed() -> tuple[str, ...]:
    return tuple(state for state in states.OPEN if state != "disputed")


def _end(session: Session, community_id: int, month: dt.date) -> dt.datetime:
    """The instant at which the month ends there."""
    return communities.day_start(communities.community(session, community_id), months.next_month(month))


def _count(session: Session, query: Any) -> int:
    return int(session.scalar(query) or 0)
