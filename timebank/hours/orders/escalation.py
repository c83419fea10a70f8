"""Who sees to an order that nobody claims (督办): after a day the grid worker, after a week the community manager.

Each step is raised by the clock, told to those whom it falls to, and acknowledged by one of them by name. It is open
until somebody claims the order, or it is called off. From the second step on the fund answers for it: the minutes are
written on the step, and `guarantee` says whether the fund has them. No minutes move by that: they are hers, and free
for another service, until somebody claims.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, func, text
from sqlmodel import Field, Session, SQLModel, col, select

from ledger import reading
from timebank import accounts
from timebank.columns import Id, Instant, Number, new_id
from timebank.errors import BadInput, Refused
from timebank.hours.orders import states, telling
from timebank.hours.orders.parties import areas_of
from timebank.hours.orders.rows import ServiceOrder, identity, order, write_down
from timebank.people import residents
from timebank.people.communities import community_of
from timebank.people.residents import Person
from timebank.permissions import Actor, may, require

# The roles that a step falls to, the next where nobody holds the one before; and how they are told.
STEPS: dict[str, tuple[str, ...]] = {"grid": ("grid_worker", "community_manager"), "manager": ("community_manager",)}
NOTICES = {"grid": "order_flagged", "manager": "order_escalated"}
WAITING = (*states.PROMISED, "overdue")
NOTE_LENGTH = 300
PAGE = 30


class OrderEscalation(SQLModel, table=True):
    """One step of an order that nobody claimed: raised, acknowledged by a person, closed by a claim or an end."""

    __tablename__ = "order_escalation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "order_id"],
            ["service_order.community_id", "service_order.id"],
            name="fk_order_escalation_order",
        ),
        CheckConstraint("step IN ('grid', 'manager')", name="ck_order_escalation_step"),
        CheckConstraint("guaranteed_minutes >= 0", name="ck_order_escalation_minutes"),
        CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="ck_order_escalation_acknowledged"
        ),
        CheckConstraint("(closed_at IS NULL) = (closed_how IS NULL)", name="ck_order_escalation_closed"),
        Index(
            "uq_order_escalation_open",
            "community_id",
            "order_id",
            "step",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_order_escalation_order", "community_id", "order_id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    order_id: UUID = Field(sa_type=Id)
    step: str
    raised_at: datetime = Field(sa_type=Instant)
    guaranteed_minutes: int = Field(default=0, sa_type=Number)
    acknowledged_at: datetime | None = Field(default=None, sa_type=Instant)
    acknowledged_by: str | None = None
    acknowledged_by_id: UUID | None = Field(default=None, sa_type=Id)
    note: str = ""
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_how: str | None = None


class NothingToAcknowledge(Refused):
    """No step of this order waits for somebody's word, or another was first. Facts: order_number."""

    code = "order_nothing_to_acknowledge"
    status = 409


@dataclass(frozen=True)
class Step:
    """An open step in a work list, with whose word stands behind it."""

    step: OrderEscalation
    order: ServiceOrder
    recipient: Person


@dataclass(frozen=True)
class Guarantee:
    """What the fund answers for, and what it has. Short: coverage is below 1."""

    answered_minutes: int
    fund_minutes: int

    @property
    def is_short(self) -> bool:
        return self.fund_minutes < self.answered_minutes


def raise_step(session: Session, row: ServiceOrder, step: str, *, actor: Actor, now: datetime) -> None:
    """Hand an order to whom the step falls to; harmless when it stands already."""
    if any(found.step == step for found in open_steps(session, row)):
        return
    guaranteed_minutes = row.cost_minutes if step == "manager" else 0
    session.add(
        OrderEscalation(
            community_id=row.community_id,
            id=new_id(now),
            order_id=row.id,
            step=step,
            raised_at=now,
            guaranteed_minutes=guaranteed_minutes,
        )
    )
    recipient = residents.person(session, row.community_id, row.recipient_id)
    owners = owners_of(session, row, step, recipient, now)
    telling.tell_all(session, row, [owner.id for owner in owners], NOTICES[step], now=now)
    told: dict[str, Any] = {"told": [owner.number for owner in owners]}
    told |= {"guaranteed_minutes": guaranteed_minutes} if guaranteed_minutes else {}
    write_down(session, row, "flag" if step == "grid" else "escalate", actor=actor, now=now, **told)


def owners_of(session: Session, row: ServiceOrder, step: str, recipient: Person, now: datetime) -> list[Person]:
    """To whom a step falls: the nearest who hold its role, or the role after it; nobody, where nobody holds either."""
    for role in STEPS[step]:
        found = telling.who_see_to(session, row, role, recipient, now)
        if found:
            return found
    return []


def owners_of_all(session: Session, steps: Sequence[Step], now: datetime) -> dict[UUID, list[Person]]:
    """To whom each step of a list falls, by the step's id; asked once for each place."""
    known: dict[tuple[str, str], list[Person]] = {}
    for line in steps:
        at = (line.step.step, line.recipient.area_path)
        if at not in known:
            known[at] = owners_of(session, line.order, line.step.step, line.recipient, now)
    return {line.step.id: known[line.step.step, line.recipient.area_path] for line in steps}


def acknowledge(session: Session, *, actor: Actor, now: datetime, order_id: UUID, note: str) -> dict[str, Any]:
    """Say by name: I see to it. The manager's step is the manager's; a grid worker's also hers who stands above.

    Raises:
        NothingToAcknowledge: no open step waits for this actor's word.
    """
    row = order(session, community_of(actor), order_id)
    recipient = residents.person(session, row.community_id, row.recipient_id)
    at = recipient.area_path
    require(actor, "orders.acknowledge", community_id=row.community_id, area_path=at)
    answers_for = may(actor, "orders.answer_for", community_id=row.community_id, area_path=at)
    if len(note.strip()) > NOTE_LENGTH:
        raise BadInput(fields={"note": "length"})
    waiting = [found for found in open_steps(session, row) if found.acknowledged_at is None]
    mine = [found for found in waiting if found.step == "grid" or answers_for]
    if not mine:
        raise NothingToAcknowledge(order_number=row.number)
    for found in mine:
        found.acknowledged_at, found.acknowledged_by, found.acknowledged_by_id = now, actor.number, actor.person_id
        found.note = note.strip()
        session.add(found)
    write_down(
        session, row, "acknowledge", actor=actor, now=now, steps=[found.step for found in mine], note=note.strip()
    )
    return identity(row)


def close(session: Session, row: ServiceOrder, how: str, now: datetime) -> None:
    """Somebody claimed it, or it was called off: nobody has to see to it any more."""
    if row.flagged_at is None and row.escalated_at is None:
        return
    for found in open_steps(session, row):
        found.closed_at, found.closed_how = now, how
        session.add(found)
    row.flagged_at = row.escalated_at = None


def open_steps(session: Session, row: ServiceOrder) -> list[OrderEscalation]:
    """The steps of an order that are not closed, the first one first."""
    return list(
        session.exec(
            select(OrderEscalation)
            .where(
                OrderEscalation.community_id == row.community_id,
                OrderEscalation.order_id == row.id,
                col(OrderEscalation.closed_at).is_(None),
            )
            .order_by(col(OrderEscalation.raised_at), col(OrderEscalation.id))
        )
    )


def work_list(
    session: Session, *, actor: Actor, step: str = "", after: UUID | None = None, limit: int = PAGE
) -> list[Step]:
    """Open steps of the actor's areas, the longest standing first; ask for the next with the last step's id."""
    require(actor, "orders.escalations", community_id=community_of(actor))
    query = (
        select(OrderEscalation, ServiceOrder, Person)
        .join(
            ServiceOrder,
            (col(ServiceOrder.community_id) == OrderEscalation.community_id)
            & (col(ServiceOrder.id) == OrderEscalation.order_id),
        )
        .join(
            Person,
            (col(Person.community_id) == ServiceOrder.community_id) & (col(Person.id) == ServiceOrder.recipient_id),
        )
        .where(
            col(OrderEscalation.community_id) == community_of(actor),
            col(OrderEscalation.closed_at).is_(None),
            *areas_of(actor, "orders.escalations"),
        )
    )
    if step:
        query = query.where(col(OrderEscalation.step) == step)
    if after is not None:
        query = query.where(col(OrderEscalation.id) > after)
    found = session.execute(query.order_by(col(OrderEscalation.id)).limit(limit))
    return [Step(escalated, row, recipient) for escalated, row, recipient in found]


def guarantee(session: Session, community_id: int) -> Guarantee:
    """What the fund answers for by all open steps of the community, and what is free in the fund."""
    answered = session.exec(
        select(func.coalesce(func.sum(OrderEscalation.guaranteed_minutes), 0)).where(
            OrderEscalation.community_id == community_id, col(OrderEscalation.closed_at).is_(None)
        )
    ).one()
    fund = next((one for one in reading.accounts_of(session, community_id, accounts.FUND_MIN)), None)
    return Guarantee(int(answered), fund.available if fund else 0)
