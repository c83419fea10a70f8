"""Take back a wrong tap: an order accepted, returned or cancelled by mistake waits again to be accepted.

Only for a short while, and only as long as everything that placing asked for still holds: the time is still to come,
the minutes are still there, she has no other order then. What was held is not held again; whoever had claimed the order
was told that it was called off, and may claim it anew.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from timebank import policy
from timebank.errors import Refused
from timebank.hours.orders import states, telling
from timebank.hours.orders.parties import require_for, require_staff
from timebank.hours.orders.placing import RecipientLeft, refuse_time_and_purse
from timebank.hours.orders.rows import OrderEvent, ServiceOrder, identity, move, order
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.permissions import Actor

UNDOABLE = {"accepted": "accept", "returned": "return", "cancelled": "cancel"}


class TooLateToUndo(Refused):
    """A deed is taken back soon after or not at all. Facts: order_number, minutes."""

    code = "order_undo_too_late"
    status = 409


class NotUndone(Refused):
    """An order that was cancelled after a visit stays so. Facts: order_number."""

    code = "order_not_undone"
    status = 409


def undo(session: Session, *, actor: Actor, now: datetime, order_id: UUID) -> dict[str, Any]:
    """Take the last accepting, returning or cancelling back. What she cancelled, she and her helper take back too.

    Raises:
        TooLateToUndo, NotUndone; and what placing refuses: NotEnough, RecipientBusy, RecipientLeft, BadInput.
    """
    row = order(session, community_of(actor), order_id)
    recipient = residents.person(session, row.community_id, row.recipient_id)
    if row.state == "cancelled":
        require_for(session, actor, "orders.undo", recipient)
    else:
        require_staff(session, actor, "orders.undo", row)
    states.after(row.state, "undo", number=row.number)
    done = last_deed(session, row)
    minutes = within(session, row, now)
    if done is None or now > done.at + minutes:
        raise TooLateToUndo(order_number=row.number, minutes=int(minutes.total_seconds()) // 60)
    if row.visit_id is not None:
        raise NotUndone(order_number=row.number)
    if row.state != "accepted":
        if residents.has_left(recipient):
            raise RecipientLeft
        refuse_time_and_purse(session, row, now)
        row.unclaimed_since = now if done.facts.get("before") == "claimed" else row.unclaimed_since
        row.volunteer_id = row.dispatched_at = None
    move(session, row, "undo", actor=actor, now=now, undone=done.verb)
    if done.verb in ("return", "cancel"):
        telling.tell(session, row, row.recipient_id, "order_reopened", now=now)
    return identity(row)


def may_still(session: Session, row: ServiceOrder, now: datetime) -> bool:
    """Whether there is something to take back in time; for pages that show or hide the button."""
    if row.state not in UNDOABLE or row.visit_id is not None:
        return False
    done = last_deed(session, row)
    return done is not None and now <= done.at + within(session, row, now)


def within(session: Session, row: ServiceOrder, now: datetime) -> timedelta:
    """How long a deed can be taken back."""
    today = communities.local_day(communities.community(session, row.community_id), now)
    return timedelta(minutes=policy.of(session, row.community_id, today).order_undo_minutes)


def last_deed(session: Session, row: ServiceOrder) -> OrderEvent | None:
    """The line of the deed that put the order where it stands."""
    return session.exec(
        select(OrderEvent)
        .where(
            OrderEvent.community_id == row.community_id,
            OrderEvent.order_id == row.id,
            OrderEvent.verb == UNDOABLE.get(row.state, ""),
        )
        .order_by(col(OrderEvent.n).desc())
        .limit(1)
    ).first()
