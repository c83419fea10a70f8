"""What is kept of a year's end: the decision that it rests on, what became of each household's points, and its undoing."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from timebank.columns import Day, Id, Instant, Number


class YearClose(SQLModel, table=True):
    """The close of one year's points; the life is in states.py.

    `carry_percent` is the policy's of 31 December. `until_seq`: entries before it count to the year. `cursor` is the
    number of the last household that is done, while it is closing or undoing.
    """

    __tablename__ = "year_close"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft', 'announced', 'closing', 'closed', 'undoing', 'undone', 'withdrawn')",
            name="ck_year_close_state",
        ),
        CheckConstraint("carry_percent BETWEEN 0 AND 100", name="ck_year_close_carry"),
        CheckConstraint(
            "ends_base IN (0, 1) AND gives_base IN (0, 1) AND gives_base <= ends_base", name="ck_year_close_base"
        ),
        CheckConstraint("announced_by <> drafted_by", name="ck_year_close_two_people"),
        CheckConstraint("undo_by <> undo_asked_by", name="ck_year_close_undo_two_people"),
        CheckConstraint(
            "state NOT IN ('announced', 'closing', 'closed', 'undoing', 'undone')"
            " OR (announced_at IS NOT NULL AND announced_by IS NOT NULL AND closes_from IS NOT NULL)",
            name="ck_year_close_announced",
        ),
        CheckConstraint(
            "state NOT IN ('closing', 'closed', 'undoing', 'undone')"
            " OR (started_at IS NOT NULL AND until_seq IS NOT NULL AND note IS NOT NULL)",
            name="ck_year_close_started",
        ),
        CheckConstraint(
            "state NOT IN ('closed', 'undoing', 'undone') OR (closed_at IS NOT NULL AND undo_until IS NOT NULL)",
            name="ck_year_close_closed",
        ),
        CheckConstraint(
            "state NOT IN ('undoing', 'undone') OR (undo_asked_by IS NOT NULL AND undo_by IS NOT NULL)",
            name="ck_year_close_undone",
        ),
        CheckConstraint("length(reason) BETWEEN 1 AND 300", name="ck_year_close_reason"),
        # A year is closed once; what was withdrawn or undone makes room.
        Index(
            "uq_year_close_year",
            "community_id",
            "year",
            unique=True,
            sqlite_where=text("state NOT IN ('undone', 'withdrawn')"),
            postgresql_where=text("state NOT IN ('undone', 'withdrawn')"),
        ),
        Index("ix_year_close_state", "community_id", "state"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    year: int
    state: str
    carry_percent: int
    ends_base: int = 0
    gives_base: int = 0
    decided_on: dt.date = Field(sa_type=Day)
    body: str
    reason: str
    minutes_digest: str = ""
    drafted_at: dt.datetime = Field(sa_type=Instant)
    drafted_by: str
    drafted_officer: int = Field(sa_type=Number)
    announced_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    announced_by: str | None = None
    announced_officer: int | None = Field(default=None, sa_type=Number)
    redeem_until: dt.date | None = Field(default=None, sa_type=Day)
    closes_from: dt.date | None = Field(default=None, sa_type=Day)
    started_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    started_by: str | None = None
    until_seq: int | None = Field(default=None, sa_type=Number)
    note: int | None = Field(default=None, sa_type=Number)
    cursor: int = Field(default=0, sa_type=Number)
    households: int = Field(default=0, sa_type=Number)
    old_steps: int = Field(default=0, sa_type=Number)
    lapsed_steps: int = Field(default=0, sa_type=Number)
    carried_steps: int = Field(default=0, sa_type=Number)
    held_steps: int = Field(default=0, sa_type=Number)
    base_lapsed_steps: int = Field(default=0, sa_type=Number)
    base_given_steps: int = Field(default=0, sa_type=Number)
    closed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    undo_until: dt.datetime | None = Field(default=None, sa_type=Instant)
    undo_asked_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    undo_asked_by: str | None = None
    undo_asked_officer: int | None = Field(default=None, sa_type=Number)
    undo_reason: str = ""
    undo_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    undo_by: str | None = None
    undo_officer: int | None = Field(default=None, sa_type=Number)
    undone_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    withdrawn_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    withdrawn_by: str | None = None
    withdrawn_reason: str = ""


class YearCloseLine(SQLModel, table=True):
    """What became of one household's points. `old_steps` is what was left of the year; held points are not touched.

    `entry` books off what is not carried, base points with it; `base_entry` gives the new year's base points.
    """

    __tablename__ = "year_close_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "close_id"], ["year_close.community_id", "year_close.id"], name="fk_year_close_line_close"
        ),
        ForeignKeyConstraint(
            ["community_id", "household_id"],
            ["household.community_id", "household.id"],
            name="fk_year_close_line_household",
        ),
        UniqueConstraint("community_id", "close_id", "number", name="uq_year_close_line_number"),
        CheckConstraint(
            "old_steps >= 0 AND lapsed_steps >= 0 AND carried_steps >= 0 AND old_steps = lapsed_steps + carried_steps"
            " AND held_steps >= 0 AND base_lapsed_steps >= 0 AND base_given_steps >= 0",
            name="ck_year_close_line_steps",
        ),
        CheckConstraint(
            "(lapsed_steps + base_lapsed_steps > 0) = (entry IS NOT NULL)"
            " AND (base_given_steps > 0) = (base_entry IS NOT NULL)",
            name="ck_year_close_line_entries",
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    close_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    household_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    balance_steps: int = Field(sa_type=Number)
    old_steps: int = Field(sa_type=Number)
    lapsed_steps: int = Field(sa_type=Number)
    carried_steps: int = Field(sa_type=Number)
    held_steps: int = Field(sa_type=Number)
    base_lapsed_steps: int = Field(default=0, sa_type=Number)
    base_given_steps: int = Field(default=0, sa_type=Number)
    entry: int | None = Field(default=None, sa_type=Number)
    base_entry: int | None = Field(default=None, sa_type=Number)
    undo_entry: int | None = Field(default=None, sa_type=Number)
    undo_base_entry: int | None = Field(default=None, sa_type=Number)
    base_old_steps: int | None = Field(default=None, sa_type=Number)

    @property
    def base_ended_steps(self) -> int:
        """What of the base points booked off was of the old year: the rest came back in the same close."""
        if self.base_old_steps is not None:
            return self.base_old_steps
        again = min(self.base_given_steps, self.base_lapsed_steps) if self.lapsed_steps else 0
        return self.base_lapsed_steps - again


class YearLapseReturn(SQLModel, table=True):
    """What had lapsed of an award that was booked back later, given back to the household that the counter-entry took it from.

    `line_household_id` is the household that had the points at the close: another one where a merge moved them. `old_steps`
    is how much less would have been left of the year without the award, `steps` how much less would have lapsed.
    """

    __tablename__ = "year_lapse_return"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "close_id", "line_household_id"],
            ["year_close_line.community_id", "year_close_line.close_id", "year_close_line.household_id"],
            name="fk_year_lapse_return_line",
        ),
        CheckConstraint("old_steps >= steps AND steps >= 0 AND base_steps >= 0", name="ck_year_lapse_return_steps"),
        CheckConstraint(
            "(steps > 0) = (entry IS NOT NULL) AND (base_steps > 0) = (base_entry IS NOT NULL)",
            name="ck_year_lapse_return_entries",
        ),
        Index("ix_year_lapse_return_line", "community_id", "close_id", "line_household_id"),
        Index("ix_year_lapse_return_household", "community_id", "household_id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    close_id: uuid.UUID = Field(sa_type=Id)
    line_household_id: uuid.UUID = Field(sa_type=Id)
    household_id: uuid.UUID = Field(sa_type=Id)
    award_id: uuid.UUID = Field(sa_type=Id)
    old_steps: int = Field(sa_type=Number)
    steps: int = Field(sa_type=Number)
    base_steps: int = Field(sa_type=Number)
    entry: int | None = Field(default=None, sa_type=Number)
    base_entry: int | None = Field(default=None, sa_type=Number)
    undo_entry: int | None = Field(default=None, sa_type=Number)
    undo_base_entry: int | None = Field(default=None, sa_type=Number)
    returned_at: dt.datetime = Field(sa_type=Instant)
