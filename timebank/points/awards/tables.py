"""What is kept of an award: whose, by which item of which version, how it was scored, who entered and who reviewed it.

Beside it: each verdict with what was drawn for it, photographs, how the household was heard, and the seeds of the draws.
"""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from timebank.columns import Day, Id, Instant, Number
from timebank.points.awards import sources, states
from timebank.points.awards.states import (
    APPROVED,
    BOOKED,
    ENTERED,
    FROZEN,
    LIVE,
    PUBLISHED,
    REJECTED,
    REVERSED,
    STATES,
    WITHDRAWN,
)

SHORT = 300  # characters of a reason or remark


class Award(SQLModel, table=True):
    """One event of one household, deductions negative. `limited_by` is the cap that cut it: day, month, year.

    `stage` is where an entered award stands (hearing, second, committee). `claimant_id` is who asked for it, `proposed_steps`
    what she thought it worth, `chosen_steps` what the reviewer chose within a range. `double_of` is an award of the same
    deed, `again_reason` why there are two.
    """

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
        CheckConstraint("stage IN ('hearing', 'second', 'committee')", name="ck_award_stage"),
        CheckConstraint(
            "source_kind IN ('committee', 'file', 'grid', 'claim', 'behalf', 'attendance', 'objection')",
            name="ck_award_source_kind",
        ),
        Index("ix_award_batch", "community_id", "batch_number", "line_number"),
        Index("ix_award_item", "community_id", "item_id", "on_day"),
        # Caps of a person go with her from household to household.
        Index("ix_award_person", "community_id", "person_id", "on_day"),
        Index(
            "ix_award_stage",
            "community_id",
            "stage",
            "id",
            sqlite_where=text("stage IS NOT NULL"),
            postgresql_where=text("stage IS NOT NULL"),
        ),
        Index(
            "ix_award_claimant",
            "community_id",
            "claimant_id",
            "id",
            sqlite_where=text("claimant_id IS NOT NULL"),
            postgresql_where=text("claimant_id IS NOT NULL"),
        ),
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
    stage: str | None = None
    source_kind: str | None = None
    claimant_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    proposed_steps: int | None = Field(default=None, sa_type=Number)
    chosen_steps: int | None = Field(default=None, sa_type=Number)
    double_of: uuid.UUID | None = Field(default=None, sa_type=Id)
    again_reason: str | None = None

    @property
    def life(self) -> str:
        """State or stage, as people are told."""
        return states.life(self.state, self.stage)

    @property
    def comes_from(self) -> str:
        """Its source: a name of `sources.SOURCES`."""
        return sources.of(self.source_kind, self.source)


class AwardReview(SQLModel, table=True):
    """One verdict. `turn`: first, second, committee. Of a first one, `draw_value` below `draw_percent` means drawn.

    `asks` says why another person looks too: drawn, large (a deduction above the limit), or "" if nobody does.
    `chosen_steps` is the value that this verdict chose within a range; `steps` is what the caps left of it.
    """

    __tablename__ = "award_review"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_award_review_award"
        ),
        CheckConstraint("turn IN ('first', 'second', 'committee')", name="ck_award_review_turn"),
        CheckConstraint("verdict IN ('approve', 'reject')", name="ck_award_review_verdict"),
        CheckConstraint("asks IN ('', 'drawn', 'large')", name="ck_award_review_asks"),
        CheckConstraint(
            "(draw_month IS NULL) = (draw_value IS NULL) AND (draw_month IS NULL) = (draw_percent IS NULL)",
            name="ck_award_review_draw",
        ),
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="ck_award_review_undone"),
        # Two people at once: one verdict a turn.
        Index(
            "uq_award_review_turn",
            "community_id",
            "award_id",
            "turn",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index("ix_award_review_by", "community_id", "reviewed_by", "id"),
        Index("ix_award_review_draw", "community_id", "draw_month", "id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    award_id: uuid.UUID = Field(sa_type=Id)
    turn: str
    verdict: str
    steps: int = Field(sa_type=Number)
    remark: str = ""
    reviewed_at: dt.datetime = Field(sa_type=Instant)
    reviewed_by: str
    officer: int = Field(sa_type=Number)
    asks: str = ""
    draw_month: str | None = None
    draw_value: int | None = Field(default=None, sa_type=Number)
    draw_percent: int | None = Field(default=None, sa_type=Number)
    undone_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    undone_by: str | None = None
    chosen_steps: int | None = Field(default=None, sa_type=Number)


class ReviewDraw(SQLModel, table=True):
    """The seed of a month's draws: its fingerprint is noted in the ledger before the first draw, itself after the month."""

    __tablename__ = "review_draw"
    __table_args__ = (
        CheckConstraint("length(seed) = 32", name="ck_review_draw_seed"),
        CheckConstraint("(revealed_at IS NULL) = (reveal_note IS NULL)", name="ck_review_draw_revealed"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    month: str = Field(primary_key=True)
    seed: bytes = Field(sa_type=LargeBinary)
    commitment: str
    opened_at: dt.datetime = Field(sa_type=Instant)
    note: int = Field(sa_type=Number)
    revealed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    reveal_note: int | None = Field(default=None, sa_type=Number)


class AwardPhoto(SQLModel, table=True):
    """A photograph of a deed; `digest` is that of its content, so that the same one is seen to be used again."""

    __tablename__ = "award_photo"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_award_photo_award"
        ),
        ForeignKeyConstraint(
            ["community_id", "attachment_id"],
            ["attachment.community_id", "attachment.id"],
            name="fk_award_photo_attachment",
        ),
        CheckConstraint("number BETWEEN 1 AND 3", name="ck_award_photo_number"),
        Index("ix_award_photo_digest", "community_id", "digest"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    award_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    attachment_id: uuid.UUID = Field(sa_type=Id)
    digest: str


class AwardInvitation(SQLModel, table=True):
    """An invitation of a household to be heard before a deduction is looked at: when and where."""

    __tablename__ = "award_invitation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_award_invitation_award"
        ),
        CheckConstraint("number > 0", name="ck_award_invitation_number"),
        CheckConstraint("length(place) BETWEEN 1 AND 100", name="ck_award_invitation_place"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    award_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    meets_at: dt.datetime = Field(sa_type=Instant)
    place: str
    invited_at: dt.datetime = Field(sa_type=Instant)
    invited_by: str


class AwardHearing(SQLModel, table=True):
    """How a household was heard: its words and who was present, or that it did not come after two invitations."""

    __tablename__ = "award_hearing"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_award_hearing_award"
        ),
        CheckConstraint("outcome IN ('heard', 'not_come')", name="ck_award_hearing_outcome"),
        CheckConstraint(
            "outcome = 'not_come' OR (length(words) > 0 AND length(present) > 0)", name="ck_award_hearing_words"
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    award_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    outcome: str
    heard_on: dt.date = Field(sa_type=Day)
    words: str = ""
    present: str = ""
    written_at: dt.datetime = Field(sa_type=Instant)
    written_by: str


__all__ = [
    "APPROVED", "BOOKED", "ENTERED", "FROZEN", "LIVE", "PUBLISHED", "REJECTED", "REVERSED", "SHORT", "STATES", "WITHDRAWN",
    "Award", "AwardHearing", "AwardInvitation", "AwardPhoto", "AwardReview", "ReviewDraw",
]  # fmt: skip
