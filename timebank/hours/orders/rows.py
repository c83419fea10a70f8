"""The tables of an order, and what every verb does with it: load it, move it, write down what happened."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, Session, SQLModel, select

from timebank.columns import Id, Instant, Json, Number
from timebank.errors import NotFound
from timebank.hours.orders import states
from timebank.permissions import Actor

_STATES = ", ".join(f"'{state}'" for state in states.STATES)


class ServiceOrder(SQLModel, table=True):
    """One service asked for, from the asking to the rating. A row is never deleted."""

    __tablename__ = "service_order"
    __table_args__ = (
        UniqueConstraint("community_id", "number", name="uq_service_order_number"),
        ForeignKeyConstraint(
            ["community_id", "recipient_id"], ["person.community_id", "person.id"], name="fk_service_order_recipient"
        ),
        ForeignKeyConstraint(
            ["community_id", "volunteer_id"], ["person.community_id", "person.id"], name="fk_service_order_volunteer"
        ),
        ForeignKeyConstraint(
            ["community_id", "placed_by_id"], ["person.community_id", "person.id"], name="fk_service_order_placed_by"
        ),
        CheckConstraint(f"state IN ({_STATES})", name="ck_service_order_state"),
        CheckConstraint("held_minutes = 0 OR hold_seq IS NOT NULL", name="ck_service_order_hold_entry"),
        CheckConstraint("placed_how IN ('own', 'helper', 'desk')", name="ck_service_order_placed_how"),
        CheckConstraint("planned_minutes > 0 AND held_minutes >= 0", name="ck_service_order_minutes"),
        CheckConstraint("volunteer_id IS NULL OR volunteer_id <> recipient_id", name="ck_service_order_two_people"),
        CheckConstraint(
            "(state IN ('claimed', 'in_service', 'to_confirm', 'disputed')) = (held_minutes > 0)",
            name="ck_service_order_hold",
        ),
        CheckConstraint(
            "state NOT IN ('claimed', 'in_service', 'to_confirm', 'done', 'rated', 'disputed')"
            " OR volunteer_id IS NOT NULL",
            name="ck_service_order_volunteer",
        ),
        CheckConstraint(
            "left_at IS NULL OR (arrived_at IS NOT NULL AND left_at >= arrived_at)", name="ck_service_order_times"
        ),
        CheckConstraint("tear_off_wrong >= 0", name="ck_service_order_tear_off"),
        CheckConstraint(
            "rating IS NULL OR (rating BETWEEN 1 AND 5 AND state = 'rated')", name="ck_service_order_rating"
        ),
        Index("ix_service_order_state", "community_id", "state", "starts_at"),
        Index("ix_service_order_recipient", "community_id", "recipient_id", "starts_at"),
        Index("ix_service_order_volunteer", "community_id", "volunteer_id", "starts_at"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    service: str
    state: str
    state_since: datetime = Field(sa_type=Instant)
    event_count: int = Field(default=0, sa_type=Number)
    recipient_id: UUID = Field(sa_type=Id)
    placed_by_id: UUID | None = Field(default=None, sa_type=Id)
    placed_by: str
    placed_how: str
    submitted_at: datetime = Field(sa_type=Instant)
    starts_at: datetime = Field(sa_type=Instant)
    planned_minutes: int = Field(sa_type=Number)
    most_minutes: int | None = Field(default=None, sa_type=Number)  # what it may cost; None: what is planned
    asked_way: str | None = None  # how she asked staff: counter, phone, visit
    unclaimed_since: datetime | None = Field(default=None, sa_type=Instant)  # from when nobody has it
    place: str
    note: str = ""
    balance_before_minutes: int = Field(sa_type=Number)
    volunteer_id: UUID | None = Field(default=None, sa_type=Id)
    hold_seq: int | None = Field(default=None, sa_type=Number)
    held_minutes: int = Field(default=0, sa_type=Number)
    dispatched_at: datetime | None = Field(default=None, sa_type=Instant)
    arrived_at: datetime | None = Field(default=None, sa_type=Instant)
    left_at: datetime | None = Field(default=None, sa_type=Instant)
    visit_id: UUID | None = Field(default=None, sa_type=Id)
    is_estimated: bool = False
    real_seconds: int | None = Field(default=None, sa_type=Number)
    uncapped_minutes: int | None = Field(default=None, sa_type=Number)
    credited_minutes: int | None = Field(default=None, sa_type=Number)
    settled_how: str | None = None
    capture_seq: int | None = Field(default=None, sa_type=Number)
    extra_seq: int | None = Field(default=None, sa_type=Number)
    release_seq: int | None = Field(default=None, sa_type=Number)
    tear_off_hash: str | None = None
    tear_off_wrong: int = Field(default=0, sa_type=Number)
    tear_off_locked_at: datetime | None = Field(default=None, sa_type=Instant)
    flagged_at: datetime | None = Field(default=None, sa_type=Instant)
    escalated_at: datetime | None = Field(default=None, sa_type=Instant)
    rating: int | None = Field(default=None, sa_type=Number)
    rating_comment: str = ""

    @property
    def cost_minutes(self) -> int:
        """What the order may cost, and what is held for it: the planned time, counted by the multipliers of that time."""
        return self.planned_minutes if self.most_minutes is None else self.most_minutes


class OrderEvent(SQLModel, table=True):
    """One line of an order's timeline: who did what, when, and which ledger entry it made."""

    __tablename__ = "order_event"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "order_id"],
            ["service_order.community_id", "service_order.id"],
            name="fk_order_event_order",
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    order_id: UUID = Field(sa_type=Id, primary_key=True)
    n: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Instant)
    verb: str
    state: str
    actor: str
    actor_id: UUID | None = Field(default=None, sa_type=Id)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    seq: int | None = Field(default=None, sa_type=Number)


class OrderOffer(SQLModel, table=True):
    """An order shown to this volunteer first. An order without offers is open to all."""

    __tablename__ = "order_offer"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "order_id"],
            ["service_order.community_id", "service_order.id"],
            name="fk_order_offer_order",
        ),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_order_offer_person"
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    order_id: UUID = Field(sa_type=Id, primary_key=True)
    person_id: UUID = Field(sa_type=Id, primary_key=True)
    offered_at: datetime = Field(sa_type=Instant)


class OrderClaim(SQLModel, table=True):
    """A volunteer's word to come: one stands as winner, one as reserve; the rest is history."""

    __tablename__ = "order_claim"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "order_id"],
            ["service_order.community_id", "service_order.id"],
            name="fk_order_claim_order",
        ),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_order_claim_person"
        ),
        CheckConstraint("place IN ('winner', 'reserve')", name="ck_order_claim_place"),
        CheckConstraint(
            "outcome IN ('standing', 'stepped_back', 'no_show', 'excused', 'served', 'closed')",
            name="ck_order_claim_outcome",
        ),
        Index(
            "uq_order_claim_standing",
            "community_id",
            "order_id",
            "place",
            unique=True,
            sqlite_where=text("outcome = 'standing'"),
            postgresql_where=text("outcome = 'standing'"),
        ),
        Index("ix_order_claim_person", "community_id", "person_id", "outcome", "ended_at"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    order_id: UUID = Field(sa_type=Id)
    person_id: UUID = Field(sa_type=Id)
    place: str
    outcome: str = "standing"
    claimed_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class OrderCallBack(SQLModel, table=True):
    """A call or a visit to the recipient about one order. Reached or not, both are kept."""

    __tablename__ = "order_call_back"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "order_id"],
            ["service_order.community_id", "service_order.id"],
            name="fk_order_call_back_order",
        ),
        CheckConstraint("way IN ('call', 'visit')", name="ck_order_call_back_way"),
        Index("ix_order_call_back_order", "community_id", "order_id", "id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    order_id: UUID = Field(sa_type=Id)
    at: datetime = Field(sa_type=Instant)
    way: str
    is_reached: bool
    note: str = ""
    actor: str
    actor_id: UUID | None = Field(default=None, sa_type=Id)


class OrderNotFound(NotFound):
    """There is no such order in this community."""

    code = "order_not_found"


def order(session: Session, community_id: int, order_id: UUID) -> ServiceOrder:
    """Return the order's row, to be read or moved.

    Raises:
        OrderNotFound: not in this community.
    """
    row = session.get(ServiceOrder, (community_id, order_id))
    if row is None:
        raise OrderNotFound
    return row


def standing_claim(session: Session, row: ServiceOrder, place: str) -> OrderClaim | None:
    """Return the claim of the winner or the reserve, if somebody stands there."""
    return session.exec(
        select(OrderClaim).where(
            OrderClaim.community_id == row.community_id,
            OrderClaim.order_id == row.id,
            OrderClaim.place == place,
            OrderClaim.outcome == "standing",
        )
    ).one_or_none()


def end_claim(claim: OrderClaim | None, outcome: str, now: datetime) -> None:
    """Close a claim with what became of it."""
    if claim is not None:
        claim.outcome = outcome
        claim.ended_at = now


def move(
    session: Session, row: ServiceOrder, verb: str, *, actor: Actor, now: datetime, seq: int | None = None, **facts: Any
) -> None:
    """Move the order by a verb and write the line of its timeline, in the same commit as all it stands for.

    Raises:
        WrongState: the verb is not possible in the order's state.
    """
    before = row.state
    row.state = states.after(before, verb, number=row.number)
    if row.state != before:
        row.state_since = now
    write_down(session, row, verb, actor=actor, now=now, seq=seq, **facts)


def write_down(
    session: Session, row: ServiceOrder, verb: str, *, actor: Actor, now: datetime, seq: int | None = None, **facts: Any
) -> None:
    """Add a line to the timeline without moving the order."""
    row.event_count += 1
    session.add(row)
    session.add(
        OrderEvent(
            community_id=row.community_id,
            order_id=row.id,
            n=row.event_count,
            at=now,
            verb=verb,
            state=row.state,
            actor=actor.number,
            actor_id=actor.person_id,
            facts=facts,
            seq=seq,
        )
    )


def identity(row: ServiceOrder) -> dict[str, Any]:
    """Return what every use case here answers with: which order, and where it stands now."""
    return {"order_id": row.id.hex, "order_number": row.number, "state": row.state}
