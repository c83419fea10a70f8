"""What is kept of an award: whose, by which item of which version, how it was scored, who entered and who reviewed it."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlmodel import Field, SQLModel

from timebank.columns import Day, Id, Instant, Number

ENTERED, APPROVED, REJECTED, PUBLISHED, FROZEN, BOOKED, WITHDRAWN, REVERSED = STATES = (
    "entered",
    "approved",
    "rejected",
    "published",
    "frozen",
    "booked",
    "withdrawn",
    "reversed",
)
# What counts towards a cap: everything that was or may still be booked.
LIVE = (ENTERED, APPROVED, PUBLISHED, FROZEN, BOOKED)


class Award(SQLModel, table=True):
    """One event of one household, deductions negative. `limited_by` is the cap that cut it: day, month, year."""

    __tablename__ = "award"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "item_id"], ["points_item.community_id", "points_item.id"], name="fk_award_item"
        ),
        ForeignKeyConstraint(
            ["community_id", "household_id"], ["household.community_id", "household.id"], name="fk_award_household"
        ),
        CheckConstraint(
            "state IN ('entered', 'approved', 'rejected', 'published', 'frozen', 'booked', 'withdrawn', 'reversed')",
            name="ck_award_state",
        ),
        CheckConstraint("(times IS NULL) <> (minutes IS NULL)", name="ck_award_quantity"),
        CheckConstraint("times > 0", name="ck_award_times"),
        CheckConstraint("minutes > 0", name="ck_award_minutes"),
        CheckConstraint("abs(credited_steps) <= abs(uncapped_steps)", name="ck_award_capped"),
        CheckConstraint(
            "state NOT IN ('approved', 'published', 'frozen', 'booked', 'reversed') OR reviewed_by IS NOT NULL",
            name="ck_award_reviewed",
        ),
        CheckConstraint("reviewed_by <> entered_by", name="ck_award_two_people"),
        CheckConstraint(
            "state NOT IN ('published', 'frozen', 'booked', 'reversed') OR batch_number IS NOT NULL",
            name="ck_award_published",
        ),
        CheckConstraint("state NOT IN ('booked', 'reversed') OR booked_at IS NOT NULL", name="ck_award_booked"),
        Index("ix_award_state", "community_id", "state", "id"),
        Index("ix_award_household", "community_id", "household_id", "on_day"),
        Index("ix_award_batch", "community_id", "batch_number", "line_number"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    household_id: uuid.UUID = Field(sa_type=Id)
    person_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    item_id: uuid.UUID = Field(sa_type=Id)
    table_id: uuid.UUID = Field(sa_type=Id)
    on_day: dt.date = Field(sa_type=Day)
    times: int | None = None
    minutes: int | None = None
    uncapped_steps: int = Field(sa_type=Number)
    credited_steps: int = Field(sa_type=Number)
    limited_by: str | None = None
    evidence: str
    heard_on: dt.date | None = Field(default=None, sa_type=Day)
    state: str
    entered_at: dt.datetime = Field(sa_type=Instant)
    entered_by: str
    source: str = ""
    reviewed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    reviewed_by: str | None = None
    reviewer: int | None = Field(default=None, sa_type=Number)
    review_remark: str = ""
    batch_number: int | None = Field(default=None, sa_type=Number)
    line_number: int | None = None
    entry: int | None = Field(default=None, sa_type=Number)
    booked_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    taken_steps: int = Field(default=0, sa_type=Number)
    closed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    closed_by: str | None = None
    closed_reason: str = ""
