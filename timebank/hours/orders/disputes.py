"""Disputes about an order: the minutes stay held until somebody who was not there decides.

Four verdicts: the objection is turned down and what was recorded counts (`reject`); all that was held goes to the
volunteer (`to_volunteer`); nothing does (`to_recipient`); or the two share it (`split`). Both are told, with the reason.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, Session, SQLModel, col, select

from timebank.columns import Id, Instant, Number, new_id
from timebank.errors import BadInput, Refused
from timebank.hours.attendance import visits
from timebank.hours.orders import paying, states, telling
from timebank.hours.orders.parties import require_for
from timebank.hours.orders.placing import require_staff
from timebank.hours.orders.rows import ServiceOrder, end_claim, identity, move, order, standing_claim
from timebank.people import helpers, residents
from timebank.people.communities import community_of
from timebank.permissions import Actor, require

VERDICTS = ("reject", "to_volunteer", "to_recipient", "split")
REASON_LENGTH = 300


class OrderDispute(SQLModel, table=True):
    """An objection to what an order says, and what was decided about it. `withdrawn`: the order was called off."""

    __tablename__ = "order_dispute"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "order_id"],
            ["service_order.community_id", "service_order.id"],
            name="fk_order_dispute_order",
        ),
        CheckConstraint(
            "verdict IN ('reject', 'to_volunteer', 'to_recipient', 'split', 'withdrawn')",
            name="ck_order_dispute_verdict",
        ),
        CheckConstraint(
            "(verdict IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="ck_order_dispute_decided",
        ),
        CheckConstraint("minutes IS NULL OR minutes >= 0", name="ck_order_dispute_minutes"),
        Index(
            "uq_order_dispute_open",
            "community_id",
            "order_id",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
        Index("ix_order_dispute_order", "community_id", "order_id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    order_id: UUID = Field(sa_type=Id)
    raised_at: datetime = Field(sa_type=Instant)
    raised_by: str
    raised_by_id: UUID | None = Field(default=None, sa_type=Id)
    reason: str
    verdict: str | None = None
    minutes: int | None = Field(default=None, sa_type=Number)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    decided_by: str | None = None
    decided_by_id: UUID | None = Field(default=None, sa_type=Id)
    decision: str = ""


class NotOutside(Refused):
    """A dispute is decided by somebody who was not there, is of neither household and helps neither. Facts: order_number."""

    code = "order_dispute_not_outside"
    status = 403


def dispute(session: Session, *, actor: Actor, now: datetime, order_id: UUID, reason: str) -> dict[str, Any]:
    """Say that it was not so: the recipient, her helper, the volunteer, or staff whom she told."""
    row = order(session, community_of(actor), order_id)
    recipient = residents.person(session, row.community_id, row.recipient_id)
    if actor.person_id is not None and actor.person_id == row.volunteer_id:
        require(actor, "orders.dispute", community_id=row.community_id, person_id=actor.person_id)
    else:
        require_for(session, actor, "orders.dispute", recipient)
    told = _needed(reason)
    states.after(row.state, "dispute", number=row.number)
    if row.state == "in_service":
        visit = paying.visit_of(session, row)
        visits.close_visit(session, visit=visit, ended_at=now, now=now, evidence="C", recorded_by=actor.number)
        row.left_at = now
        row.real_seconds = visits.reckon_visit(session, visit).seconds
        row.is_estimated = True
        end_claim(standing_claim(session, row, "winner"), "served", now)
    move(session, row, "dispute", actor=actor, now=now, reason=told)
    session.add(
        OrderDispute(
            community_id=row.community_id,
            id=new_id(now),
            order_id=row.id,
            raised_at=now,
            raised_by=actor.number,
            raised_by_id=actor.person_id,
            reason=told,
        )
    )
    parties = {row.recipient_id, row.volunteer_id} - {actor.person_id, None}
    telling.tell_all(session, row, [one for one in parties if one], "order_disputed", now=now)
    return identity(row)


def resolve(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    order_id: UUID,
    verdict: str,
    minutes: int | None = None,
    reason: str,
) -> dict[str, Any]:
    """Decide a dispute: so many of the held minutes go to the volunteer, the rest back to the recipient.

    Only a `split` takes `minutes`: more than none and less than all that is held.

    Raises:
        NotOutside: the actor was there, or belongs to one of the two.
    """
    row = order(session, community_of(actor), order_id)
    require_staff(session, actor, "orders.resolve", row)
    refuse_who_is_not_outside(session, row, actor)
    told = _needed(reason)
    if verdict not in VERDICTS:
        raise BadInput(fields={"verdict": "not_listed"})
    states.after(row.state, "resolve", number=row.number)
    decided_minutes = _minutes_of(session, row, verdict, minutes)
    found = open_dispute(session, row)
    outcome = paying.settle(
        session,
        row,
        actor=actor,
        now=now,
        how="decision",
        consents=False,
        decided=paying.Decision(verdict, decided_minutes, told),
    )
    if found is not None:
        found.verdict, found.minutes, found.decision = verdict, decided_minutes, told
        found.decided_at, found.decided_by, found.decided_by_id = now, actor.number, actor.person_id
        session.add(found)
    parties = [one for one in (row.recipient_id, row.volunteer_id) if one]
    telling.tell_all(
        session, row, parties, "order_decided", now=now, credited_minutes=decided_minutes, reason=told, verdict=verdict
    )
    return outcome | {"verdict": verdict}


def withdraw(session: Session, row: ServiceOrder, *, actor: Actor, now: datetime) -> None:
    """The order was called off: nothing is left to decide."""
    found = open_dispute(session, row)
    if found is not None:
        found.verdict, found.decided_at = "withdrawn", now
        found.decided_by, found.decided_by_id = actor.number, actor.person_id
        session.add(found)


def open_dispute(session: Session, row: ServiceOrder) -> OrderDispute | None:
    """The dispute that waits for a decision; orders disputed before this table was there have none."""
    return session.exec(
        select(OrderDispute).where(
            OrderDispute.community_id == row.community_id,
            OrderDispute.order_id == row.id,
            col(OrderDispute.decided_at).is_(None),
        )
    ).one_or_none()


def dispute_of(session: Session, row: ServiceOrder) -> OrderDispute | None:
    """The last dispute of an order, decided or not."""
    return session.exec(
        select(OrderDispute)
        .where(OrderDispute.community_id == row.community_id, OrderDispute.order_id == row.id)
        .order_by(col(OrderDispute.id).desc())
        .limit(1)
    ).first()


def is_outside(session: Session, row: ServiceOrder, actor: Actor) -> bool:
    """Whether the actor may judge: not there, not of either household, helper of neither."""
    if actor.person_id is None:
        return True
    parties = residents.persons_of(
        session, row.community_id, [one for one in (row.recipient_id, row.volunteer_id) if one]
    )
    if actor.person_id in parties or actor.household_id in {party.household_id for party in parties.values()}:
        return False
    return not any(helpers.is_helper(session, row.community_id, actor.person_id, party) for party in parties)


def refuse_who_is_not_outside(session: Session, row: ServiceOrder, actor: Actor) -> None:
    if not is_outside(session, row, actor):
        raise NotOutside(order_number=row.number)


def _minutes_of(session: Session, row: ServiceOrder, verdict: str, minutes: int | None) -> int:
    if verdict == "split":
        if minutes is None:
            raise BadInput(fields={"minutes": "required"})
        if not 0 < minutes < row.held_minutes:
            raise BadInput(fields={"minutes": "out_of_range"})
        return minutes
    if verdict == "reject":
        return paying.bill(session, row).payable(consents=False)
    return row.held_minutes if verdict == "to_volunteer" else 0


def _needed(reason: str) -> str:
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    return reason.strip()[:REASON_LENGTH]
