"""What is kept of an erasure: who asked, who approved, when it was done. Whose it was, only by a number that is nobody's any more."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from timebank.columns import Id, Instant, Json, Number

ASKED, APPROVED, DONE, CANCELLED = STATES = ("asked", "approved", "done", "cancelled")
OPEN = (ASKED, APPROVED)
GIVEN = "given"  # in `counts`: of how many accounts the rest was given away
_OPEN_SQL = "state IN ('asked', 'approved')"


class Erasure(SQLModel, table=True):
    """One wish to be erased.

    asked      an officer took the wish down; a second one must approve
    approved   carried out at `due_at` or after, as soon as nothing stands in the way; can be cancelled until then
    done       nothing of the person is left but numbers; `scrubbed_at`: nor in the free space of the files
    cancelled  taken back in time

    `gives_rest`: she agreed that what is left goes to the pool, and the points of a household of one lapse.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_erasure_person"
        ),
        CheckConstraint("state IN ('asked', 'approved', 'done', 'cancelled')", name="ck_erasure_state"),
        CheckConstraint("approved_officer <> asked_officer", name="ck_erasure_two_people"),
        CheckConstraint(
            "state NOT IN ('approved', 'done') OR (approved_at IS NOT NULL AND due_at IS NOT NULL)",
            name="ck_erasure_approved",
        ),
        CheckConstraint("(state IN ('done', 'cancelled')) = (ended_at IS NOT NULL)", name="ck_erasure_ended"),
        CheckConstraint("length(reason) <= 200", name="ck_erasure_reason"),
        # One at a time, also when two officers ask at the same moment.
        Index(
            "uq_erasure_open",
            "community_id",
            "person_id",
            unique=True,
            sqlite_where=text(_OPEN_SQL),
            postgresql_where=text(_OPEN_SQL),
        ),
        Index("ix_erasure_state", "community_id", "state", "due_at"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id)
    number: str
    reason: str
    gives_rest: bool
    state: str
    asked_at: datetime = Field(sa_type=Instant)
    asked_by: str
    asked_officer: int = Field(sa_type=Number)
    approved_at: datetime | None = Field(default=None, sa_type=Instant)
    approved_by: str | None = None
    approved_officer: int | None = Field(default=None, sa_type=Number)
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = None
    accounts: list[int] = Field(default_factory=list, sa_type=Json)
    entry: int | None = Field(default=None, sa_type=Number)
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    scrubbed_at: datetime | None = Field(default=None, sa_type=Instant)
