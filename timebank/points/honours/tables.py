"""What is kept of honours: decisions on levels and black lists, the lists, their lines, and objections to them."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from timebank.columns import Day, Id, Instant, Json, Number


class HonourDecision(SQLModel, table=True):
    """What the community decided, from a day on: which levels there are, or that there is a black list.

    `content` of levels: {"by": "lifetime" or "year", "levels": [[name, from_steps], ...]}, lowest first; of a black
    list: {"from_steps": ..., "days": ..., "public": 0 or 1}.
    """

    __tablename__ = "honour_decision"
    __table_args__ = (
        CheckConstraint("kind IN ('levels', 'black')", name="ck_honour_decision_kind"),
        CheckConstraint("state IN ('draft', 'adopted', 'withdrawn')", name="ck_honour_decision_state"),
        CheckConstraint("confirmed_by <> drafted_by", name="ck_honour_decision_two_people"),
        CheckConstraint("ends_on > in_force_on", name="ck_honour_decision_days"),
        CheckConstraint(
            "state <> 'adopted' OR (confirmed_by IS NOT NULL AND note IS NOT NULL)", name="ck_honour_decision_adopted"
        ),
        CheckConstraint("length(reason) BETWEEN 1 AND 300", name="ck_honour_decision_reason"),
        Index("ix_honour_decision_kind", "community_id", "kind", "in_force_on"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    kind: str
    state: str
    content: Any = Field(sa_type=Json)
    in_force_on: dt.date = Field(sa_type=Day)
    ends_on: dt.date | None = Field(default=None, sa_type=Day)
    decided_on: dt.date = Field(sa_type=Day)
    body: str
    reason: str
    minutes_digest: str = ""
    drafted_at: dt.datetime = Field(sa_type=Instant)
    drafted_by: str
    drafted_officer: int = Field(sa_type=Number)
    confirmed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    confirmed_by: str | None = None
    confirmed_officer: int | None = Field(default=None, sa_type=Number)
    note: int | None = Field(default=None, sa_type=Number)


class HonourList(SQLModel, table=True):
    """A red or black list of a period; the life is in states.py. `ends_on` is the first day on which it is shown no more."""

    __tablename__ = "honour_list"
    __table_args__ = (
        UniqueConstraint("community_id", "number", name="uq_honour_list_number"),
        CheckConstraint("kind IN ('red', 'black')", name="ck_honour_list_kind"),
        CheckConstraint(
            "state IN ('proposed', 'confirmed', 'published', 'standing', 'ended', 'withdrawn')",
            name="ck_honour_list_state",
        ),
        CheckConstraint("from_day <= to_day", name="ck_honour_list_days"),
        CheckConstraint("confirmed_by <> proposed_by", name="ck_honour_list_two_people"),
        CheckConstraint(
            "state IN ('proposed', 'withdrawn') OR confirmed_by IS NOT NULL", name="ck_honour_list_confirmed"
        ),
        CheckConstraint(
            "state NOT IN ('published', 'standing', 'ended')"
            " OR (published_at IS NOT NULL AND objections_until IS NOT NULL AND note IS NOT NULL)",
            name="ck_honour_list_published",
        ),
        # A black list rests on a decision and ends by itself.
        CheckConstraint(
            "kind = 'red' OR (decision_id IS NOT NULL AND (published_at IS NULL OR ends_on IS NOT NULL))",
            name="ck_honour_list_black",
        ),
        Index("ix_honour_list_state", "community_id", "state"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    kind: str
    state: str
    title: str
    from_day: dt.date = Field(sa_type=Day)
    to_day: dt.date = Field(sa_type=Day)
    rule: Any = Field(sa_type=Json)
    decision_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    public: int = 1
    proposed_at: dt.datetime = Field(sa_type=Instant)
    proposed_by: str
    proposed_officer: int = Field(sa_type=Number)
    confirmed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    confirmed_by: str | None = None
    confirmed_officer: int | None = Field(default=None, sa_type=Number)
    published_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    published_by: str | None = None
    objections_until: dt.datetime | None = Field(default=None, sa_type=Instant)
    ends_on: dt.date | None = Field(default=None, sa_type=Day)
    digest: str = ""
    note: int | None = Field(default=None, sa_type=Number)
    settled_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    closed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    closed_by: str | None = None
    closed_reason: str = ""

    @property
    def last_moment(self) -> dt.datetime | None:
        """The last minute for objections: people say the day that it belongs to, not the midnight after."""
        return self.objections_until - dt.timedelta(minutes=1) if self.objections_until else None


class HonourLine(SQLModel, table=True):
    """One household on a list. Its name is shown in full only where its head agreed (`consent` given), never on a black list."""

    __tablename__ = "honour_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "list_id"], ["honour_list.community_id", "honour_list.id"], name="fk_honour_line_list"
        ),
        ForeignKeyConstraint(
            ["community_id", "household_id"],
            ["household.community_id", "household.id"],
            name="fk_honour_line_household",
        ),
        UniqueConstraint("community_id", "list_id", "household_id", name="uq_honour_line_household"),
        CheckConstraint("consent IN ('', 'given', 'refused')", name="ck_honour_line_consent"),
        CheckConstraint("(consent = '') = (consent_at IS NULL)", name="ck_honour_line_consent_at"),
        CheckConstraint("(taken_off_at IS NULL) = (taken_off_reason = '')", name="ck_honour_line_taken_off"),
        Index("ix_honour_line_household", "community_id", "household_id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    list_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    household_id: uuid.UUID = Field(sa_type=Id)
    steps: int = Field(sa_type=Number)
    why: str = ""
    name: str
    masked_name: str
    grid: str
    household_tail: str
    suffix: str
    consent: str = ""
    consent_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    consent_by: str = ""
    heard_on: dt.date | None = Field(default=None, sa_type=Day)
    heard_text: str = ""
    taken_off_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    taken_off_by: str = ""
    taken_off_reason: str = ""


class HonourObjection(SQLModel, table=True):
    """A resident's objection to one line of a list, and its answer; upheld, it takes the line off."""

    __tablename__ = "honour_objection"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "list_id", "position"],
            ["honour_line.community_id", "honour_line.list_id", "honour_line.position"],
            name="fk_honour_objection_line",
        ),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_honour_objection_person"
        ),
        CheckConstraint("state IN ('open', 'upheld', 'rejected')", name="ck_honour_objection_state"),
        CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="ck_honour_objection_answered"),
        CheckConstraint("length(reason) BETWEEN 1 AND 500", name="ck_honour_objection_reason"),
        UniqueConstraint("community_id", "list_id", "position", "person_id", name="uq_honour_objection_person"),
        Index("ix_honour_objection_state", "community_id", "state"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    list_id: uuid.UUID = Field(sa_type=Id)
    position: int
    person_id: uuid.UUID = Field(sa_type=Id)
    reason: str
    raised_at: dt.datetime = Field(sa_type=Instant)
    raised_by: str
    state: str
    answer: str = ""
    answered_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    answered_by: str | None = None
