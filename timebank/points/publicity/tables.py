"""What is kept of publicity: numbered batches, the lines as they were shown, objections, and corrections.

How many lines of a batch are in each state, and what they come to, is kept too (`PublicityTally`), so that a page of a
batch costs the same whether it has a hundred lines or ten thousand. It moves with the lines, in their commits.
"""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from timebank.columns import Day, Id, Instant, Number
from timebank.points.publicity.states import (
    APPEAL_REJECTED,
    APPEAL_UPHELD,
    APPEALED,
    HANGING,
    OPEN,
    REJECTED,
    TAKEN_BACK,
    UPHELD,
)

__all__ = [
    "APPEALED",
    "APPEAL_REJECTED",
    "APPEAL_UPHELD",
    "CHANNELS",
    "OPEN",
    "REJECTED",
    "TAKEN_BACK",
    "UPHELD",
    "AwardCorrection",
    "Objection",
    "PublicityBatch",
    "PublicityHold",
    "PublicityLine",
    "PublicityRefusal",
    "PublicityTally",
]

CHANNELS = ("page", "phone", "paper", "desk")


class PublicityBatch(SQLModel, table=True):
    """One numbered batch; `objections_until` ends its period, `closed_at` says that every line found its end.

    While it is being laid out (`publishing`), `lines`, `digest`, `note` and the period are provisional, and nobody sees it.
    `revision` grows whenever something that anybody may see of it changes: what was drawn of it is drawn anew then.
    """

    __tablename__ = "publicity_batch"
    __table_args__ = (
        CheckConstraint("lines > 0", name="ck_publicity_batch_lines"),
        CheckConstraint("objections_until > published_at", name="ck_publicity_batch_period"),
        CheckConstraint("state IN ('publishing', 'hanging', 'booking', 'closed')", name="ck_publicity_batch_state"),
        Index("ix_publicity_batch_due", "community_id", "closed_at", "objections_until"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    number: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    month: str
    published_at: dt.datetime = Field(sa_type=Instant)
    published_by: str
    objections_until: dt.datetime = Field(sa_type=Instant)
    lines: int
    total_steps: int = Field(sa_type=Number)
    digest: str
    note: int = Field(sa_type=Number)
    closed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    state: str = Field(default=HANGING, sa_column_kwargs={"server_default": HANGING})
    revision: int = Field(default=0, sa_type=Number, sa_column_kwargs={"server_default": "0"})

    @property
    def last_moment(self) -> dt.datetime:
        """The last minute for objections: people say the day that it belongs to, not the midnight after."""
        return self.objections_until - dt.timedelta(minutes=1)


class PublicityLine(SQLModel, table=True):
    """One line as it hung on the board, and what became of it; `replaced_by` is the award that came in its place."""

    __tablename__ = "publicity_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "batch_number"],
            ["publicity_batch.community_id", "publicity_batch.number"],
            name="fk_publicity_line_batch",
        ),
        ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_publicity_line_award"
        ),
        UniqueConstraint("community_id", "award_id", name="uq_publicity_line_award"),
        CheckConstraint(
            "state IN ('hanging', 'objected', 'answered', 'appealed', 'booked', 'contested', 'reversing', 'withdrawn',"
            " 'corrected', 'reversed')",
            name="ck_publicity_line_state",
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    batch_number: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    award_id: uuid.UUID = Field(sa_type=Id)
    masked_name: str
    grid: str
    household_tail: str
    suffix: str
    state: str = Field(default=HANGING, sa_column_kwargs={"server_default": HANGING})
    replaced_by: uuid.UUID | None = Field(default=None, sa_type=Id)


class PublicityTally(SQLModel, table=True):
    """How many lines of a batch are in a state, and their steps together; over all states they add up to the batch."""

    __tablename__ = "publicity_tally"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "batch_number"],
            ["publicity_batch.community_id", "publicity_batch.number"],
            name="fk_publicity_tally_batch",
        ),
        CheckConstraint("lines >= 0", name="ck_publicity_tally_lines"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    batch_number: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    state: str = Field(primary_key=True)
    lines: int = Field(sa_type=Number)
    steps: int = Field(sa_type=Number)


class PublicityHold(SQLModel, table=True):
    """An approved award that somebody keeps from the next batch, with the reason; released, it goes into a later one."""

    __tablename__ = "publicity_hold"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_publicity_hold_award"
        ),
        CheckConstraint("length(reason) BETWEEN 1 AND 300", name="ck_publicity_hold_reason"),
        CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="ck_publicity_hold_released"),
        Index(
            "uq_publicity_hold_open",
            "community_id",
            "award_id",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    award_id: uuid.UUID = Field(sa_type=Id)
    reason: str
    held_at: dt.datetime = Field(sa_type=Instant)
    held_by: str
    released_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    released_by: str | None = None


class PublicityRefusal(SQLModel, table=True):
    """A line that the ledger would not book, and by which of its rules; `ended_at`: it was booked after all, or given up.

    The others of its batch are booked without it. It is tried again by a click, and every day by itself.
    """

    __tablename__ = "publicity_refusal"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "batch_number", "line_number"],
            ["publicity_line.community_id", "publicity_line.batch_number", "publicity_line.number"],
            name="fk_publicity_refusal_line",
        ),
        CheckConstraint("tries > 0", name="ck_publicity_refusal_tries"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    batch_number: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    line_number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    code: str
    refused_at: dt.datetime = Field(sa_type=Instant)
    tries: int = 1
    ended_at: dt.datetime | None = Field(default=None, sa_type=Instant)


class Objection(SQLModel, table=True):
    """A resident's objection to one line, its answer, and the appeal to the supervision committee.

    `channel` is how it came: page (herself), phone or desk (staff wrote it down), paper (with its form number and the day
    on it). `late`: the line was in the books by then. `outcome` is what an upheld one did to the line. `reminded_at`: when
    those who answer were told last that it is due. `declined` is why a second officer did not confirm the booking back that
    had followed; with it the objection counts as rejected, and can be appealed.
    """

    __tablename__ = "objection"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "batch_number", "line_number"],
            ["publicity_line.community_id", "publicity_line.batch_number", "publicity_line.number"],
            name="fk_objection_line",
        ),
        CheckConstraint(
            "state IN ('open', 'upheld', 'rejected', 'appealed', 'appeal_upheld', 'appeal_rejected', 'taken_back')",
            name="ck_objection_state",
        ),
        CheckConstraint("length(reason) BETWEEN 1 AND 1000", name="ck_objection_reason"),
        CheckConstraint("(state IN ('open', 'taken_back')) = (answered_at IS NULL)", name="ck_objection_answered"),
        CheckConstraint(
            "(state IN ('appealed', 'appeal_upheld', 'appeal_rejected')) = (appealed_at IS NOT NULL)",
            name="ck_objection_appealed",
        ),
        # One person objects to a line once; what is added later is said in the answer.
        Index("uq_objection_person", "community_id", "batch_number", "line_number", "person_id", unique=True),
        Index("ix_objection_state", "community_id", "state", "answer_due_at"),
        CheckConstraint("late IN (0, 1)", name="ck_objection_late"),
        CheckConstraint("outcome IN ('withdrawn', 'corrected', 'reversed')", name="ck_objection_outcome"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    batch_number: int = Field(sa_type=Number)
    line_number: int
    person_id: uuid.UUID = Field(sa_type=Id)
    channel: str
    reason: str
    raised_at: dt.datetime = Field(sa_type=Instant)
    raised_by: str
    answer_due_at: dt.datetime = Field(sa_type=Instant)
    state: str
    answer: str = ""
    answered_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    answered_by: str | None = None
    appeal_until: dt.datetime | None = Field(default=None, sa_type=Instant)
    appeal: str = ""
    appealed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    decision: str = ""
    decided_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    decided_by: str | None = None
    number: int | None = Field(default=None, sa_type=Number)
    form_number: str | None = None
    paper_on: dt.date | None = Field(default=None, sa_type=Day)
    photo_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    late: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    outcome: str | None = None
    decision_due_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    reminded_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    taken_back_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    taken_back_by: str | None = None
    taken_back_reason: str | None = None
    declined: str | None = None

    @property
    def said(self) -> str:
        """The last word on it, which anybody may read; empty until it is answered."""
        return self.decision or self.declined or self.answer

    @property
    def decision_by(self) -> dt.datetime | None:
        """The last minute for the supervision committee's word."""
        return self.decision_due_at - dt.timedelta(minutes=1) if self.decision_due_at else None

    @property
    def answer_by(self) -> dt.datetime:
        """The last minute for an answer."""
        return self.answer_due_at - dt.timedelta(minutes=1)

    @property
    def appeal_by(self) -> dt.datetime | None:
        """The last minute for an appeal."""
        return self.appeal_until - dt.timedelta(minutes=1) if self.appeal_until else None


class AwardCorrection(SQLModel, table=True):
    """A wish to book an award back, by one officer, and its confirmation by another, or why that one declined.

    Where one suffices, since few steps are at stake, the objection itself asks (`asked_by` names it) and who upheld it confirms.
    """

    __tablename__ = "award_correction"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_award_correction_award"
        ),
        CheckConstraint("confirmed_by <> asked_by", name="ck_award_correction_two_people"),
        CheckConstraint("declined_by <> asked_by", name="ck_award_correction_declined"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="ck_award_correction_confirmed"),
        Index(
            "uq_award_correction_open",
            "community_id",
            "award_id",
            unique=True,
            sqlite_where=text("confirmed_at IS NULL AND declined_at IS NULL"),
            postgresql_where=text("confirmed_at IS NULL AND declined_at IS NULL"),
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    award_id: uuid.UUID = Field(sa_type=Id)
    reason: str
    asked_at: dt.datetime = Field(sa_type=Instant)
    asked_by: str
    asked_officer: int = Field(sa_type=Number)
    confirmed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    confirmed_by: str | None = None
    entry: int | None = Field(default=None, sa_type=Number)
    objection_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    note: int | None = Field(default=None, sa_type=Number)
    declined_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    decline_reason: str | None = None
    declined_by: str | None = None
