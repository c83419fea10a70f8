"""Month end (月结): one officer prepares a month's trial balance, another confirms it, and the ledger notes its digest.

A month is closed after its last day, in the order of the months, and never opened again. The first closing closes all
that happened before it too. What is booked afterwards for a closed month is shown as an adjustment in the next.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from ledger import book_of
from timebank import permissions
from timebank.errors import AlreadyDone, NotFound, Refused
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.permissions import Actor
from timebank.reports import months
from timebank.reports.closed_months import CLOSED, PREPARED, MonthClose, closings
from timebank.reports.waiting import waiting_counts


class MonthNotOver(Refused):
    """The month is not over yet. Facts: month, from_on (the first day on which it can be closed)."""

    code = "month_not_over"


class MonthOrder(Refused):
    """Months are closed one after the other. Facts: month, expected."""

    code = "month_order"


class MonthNotPrepared(Refused):
    """Nobody prepared it yet. Facts: month."""

    code = "month_not_prepared"


class MonthChanged(Refused):
    """Something was booked for the month since it was prepared. Facts: month."""

    code = "month_changed"


class MonthSecondPerson(Refused):
    """Who prepared a month does not confirm it."""

    code = "month_second_person"
    status = 403


def prepare(session: Session, *, actor: Actor, now: dt.datetime, month: dt.date) -> dict[str, Any]:
    """Look a month through and put its figures down for a second officer. Preparing again replaces what was prepared.

    Raises:
        MonthNotOver, MonthOrder, AlreadyDone (it is closed).
    """
    community_id = community_of(actor)
    permissions.require(actor, "months.prepare", community_id=community_id)
    today = _refuse_month(session, community_id, month, now)
    books = months.books_of(session, community_id, month, today=today)
    row = session.get(MonthClose, (community_id, month))
    if row is None:
        row = MonthClose(
            community_id=community_id,
            month=month,
            state=PREPARED,
            digest="",
            prepared_at=now,
            prepared_by="",
            prepared_officer=0,
        )
    row.digest, row.totals = books.digest, books.totals()
    row.waiting = waiting_counts(session, community_id, month)
    row.prepared_at, row.prepared_by, row.prepared_officer = now, actor.number, actor.officer
    session.add(row)
    session.flush()
    return {"code": "month_prepared", "month": months.written(month), "digest": row.digest}


def confirm(session: Session, *, actor: Actor, now: dt.datetime, month: dt.date, digest: str) -> dict[str, Any]:
    """Close a month with the figures that were prepared: `digest` is that of the page which the officer saw.

    Confirming again gives the same officer the same answer.

    Raises:
        MonthSecondPerson: who prepared it.
        MonthChanged: the figures are not those that were prepared, or not those that the officer saw.
        MonthNotPrepared, MonthNotOver, MonthOrder, AlreadyDone.
    """
    community_id = community_of(actor)
    permissions.require(actor, "months.confirm", community_id=community_id)
    row = session.get(MonthClose, (community_id, month))
    if row is not None and row.state == CLOSED and row.closed_by == actor.number:
        return _answer(row)
    today = _refuse_month(session, community_id, month, now)
    if row is None:
        raise MonthNotPrepared(month=months.written(month))
    if actor.number == row.prepared_by or actor.officer == row.prepared_officer:
        raise MonthSecondPerson
    books = months.books_of(session, community_id, month, today=today)
    if not books.digest == row.digest == digest:
        raise MonthChanged(month=months.written(month))
    row.until_seq = books.until
    row.note_seq = book_of(session).note(months.TOPIC, f"{months.written(month)}/{books.until}", row.digest)
    row.state, row.closed_at, row.closed_by, row.closed_officer = CLOSED, now, actor.number, actor.officer
    session.flush()
    return _answer(row)


def listed(session: Session, *, actor: Actor, today: dt.date) -> list[tuple[dt.date, MonthClose | None]]:
    """The months of the books, the current one first, each with its closing or what was prepared; at most ten years."""
    community_id = community_of(actor)
    permissions.require(actor, "reports.trial_balance", community_id=community_id)
    rows = {
        row.month: row
        for row in session.scalars(select(MonthClose).where(col(MonthClose.community_id) == community_id))
    }
    month, begun = months.first_of(today), months.begun_in(session, community_id)
    found: list[tuple[dt.date, MonthClose | None]] = []
    while month >= begun and len(found) < 120:
        found.append((month, rows.get(month)))
        month = months.first_of(month - dt.timedelta(days=1))
    return found


def of(session: Session, community_id: int, month: dt.date) -> MonthClose | None:
    """How a month stands, if anybody prepared it."""
    return session.get(MonthClose, (community_id, month))


def next_to_close(session: Session, community_id: int) -> dt.date | None:
    """The month that comes next; None before the first closing, when any month may be the first."""
    closed = closings(session, community_id)
    return months.next_month(closed[-1].month) if closed else None


def _refuse_month(session: Session, community_id: int, month: dt.date, now: dt.datetime) -> dt.date:
    """Go on only with a month that can be closed now; gives today."""
    if month.day != 1 or month < months.begun_in(session, community_id):
        raise NotFound(what="month")
    today = communities.local_day(communities.community(session, community_id), now)
    closed = closings(session, community_id)
    if closed and month <= closed[-1].month:
        raise AlreadyDone(month=months.written(month))
    if today < months.next_month(month):
        raise MonthNotOver(month=months.written(month), from_on=months.next_month(month).isoformat())
    if closed and month != months.next_month(closed[-1].month):
        raise MonthOrder(month=months.written(month), expected=months.written(months.next_month(closed[-1].month)))
    return today


def _answer(row: MonthClose) -> dict[str, Any]:
    return {"code": "month_closed", "month": months.written(row.month), "digest": row.digest, "note": row.note_seq}
