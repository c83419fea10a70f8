"""What is kept of a split or a merge of households: who agreed to what, what was moved, and how it was taken back."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from timebank.columns import Day, Id, Instant, Number


class HouseholdChange(SQLModel, table=True):
    """One split or merge. `household_id` gives: the one that some leave, or that ends; `other_id` takes.

    `giver_id` speaks for the household that gives, `taker_id` for the other: of a split, the head of the new one. Of
    what moved, `old_steps` are the points that came before the year of the move, which a year end may still cut.
    `entry` moves points from one household to the other, `base_entry` books off the base points of a household that ends.
    """

    __tablename__ = "household_change"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "household_id"],
            ["household.community_id", "household.id"],
            name="fk_household_change_household",
        ),
        ForeignKeyConstraint(
            ["community_id", "giver_id"], ["person.community_id", "person.id"], name="fk_household_change_giver"
        ),
        ForeignKeyConstraint(
            ["community_id", "taker_id"], ["person.community_id", "person.id"], name="fk_household_change_taker"
        ),
        UniqueConstraint("community_id", "number", name="uq_household_change_number"),
        CheckConstraint("kind IN ('split', 'merge')", name="ck_household_change_kind"),
        CheckConstraint(
            "state IN ('asked', 'agreed', 'done', 'undone', 'declined', 'withdrawn', 'lapsed')",
            name="ck_household_change_state",
        ),
        CheckConstraint("giver_id <> taker_id", name="ck_household_change_two_people"),
        CheckConstraint(
            "state NOT IN ('agreed', 'done', 'undone') OR (giver_agreed_at IS NOT NULL AND taker_agreed_at IS NOT NULL)",
            name="ck_household_change_agreed",
        ),
        CheckConstraint(
            "(state IN ('done', 'undone')) = (done_at IS NOT NULL)"
            " AND (done_at IS NULL OR (other_id IS NOT NULL AND done_by IS NOT NULL AND undo_until IS NOT NULL))",
            name="ck_household_change_done",
        ),
        CheckConstraint(
            "(share_percent IS NULL) <> (share_steps IS NULL) AND share_percent BETWEEN 0 AND 100 AND share_steps >= 0",
            name="ck_household_change_share",
        ),
        CheckConstraint("length(reason) BETWEEN 1 AND 300", name="ck_household_change_reason"),
        CheckConstraint(
            "points_steps >= 0 AND old_steps BETWEEN 0 AND points_steps AND owed_steps >= 0 AND base_steps >= 0"
            " AND (points_steps > 0) = (entry IS NOT NULL) AND (base_steps > 0) = (base_entry IS NOT NULL)",
            name="ck_household_change_moved",
        ),
        # A household is in one change at a time.
        Index(
            "uq_household_change_open",
            "community_id",
            "household_id",
            unique=True,
            sqlite_where=text("state IN ('asked', 'agreed')"),
            postgresql_where=text("state IN ('asked', 'agreed')"),
        ),
        Index("ix_household_change_other", "community_id", "other_id"),
        Index("ix_household_change_household", "community_id", "household_id"),
        Index("ix_household_change_state", "community_id", "state", "number"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    kind: str
    state: str
    household_id: uuid.UUID = Field(sa_type=Id)
    other_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    share_percent: int | None = None
    share_steps: int | None = Field(default=None, sa_type=Number)
    address: str = ""
    area_path: str = ""
    reason: str
    asked_at: dt.datetime = Field(sa_type=Instant)
    asked_by: str
    ends_at: dt.datetime = Field(sa_type=Instant)
    giver_id: uuid.UUID = Field(sa_type=Id)
    giver_agreed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    giver_way: str = ""
    giver_recorded_by: str = ""
    taker_id: uuid.UUID = Field(sa_type=Id)
    taker_agreed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    taker_way: str = ""
    taker_recorded_by: str = ""
    done_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    done_on: dt.date | None = Field(default=None, sa_type=Day)
    done_by: str | None = None
    done_officer: int | None = Field(default=None, sa_type=Number)
    undo_until: dt.datetime | None = Field(default=None, sa_type=Instant)
    points_steps: int = Field(default=0, sa_type=Number)
    old_steps: int = Field(default=0, sa_type=Number)
    owed_steps: int = Field(default=0, sa_type=Number)
    base_steps: int = Field(default=0, sa_type=Number)
    note: int | None = Field(default=None, sa_type=Number)
    entry: int | None = Field(default=None, sa_type=Number)
    base_entry: int | None = Field(default=None, sa_type=Number)
    closed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    closed_by: str | None = None
    closed_reason: str = ""
    undo_entry: int | None = Field(default=None, sa_type=Number)
    undo_base_entry: int | None = Field(default=None, sa_type=Number)

    @property
    def last_moment(self) -> dt.datetime:
        """The last minute in which it can be carried out: people say the day that it belongs to, not the midnight after."""
        return self.ends_at - dt.timedelta(minutes=1)


class HouseholdChangeMember(SQLModel, table=True):
    """Somebody who goes to the other household: what she is there to its head, and what she was before.

    `agreed_at`: her own word, or a parent's for a child; `agreed_way` own or desk, where `evidence` says what the clerk saw.
    """

    __tablename__ = "household_change_member"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "change_id"],
            ["household_change.community_id", "household_change.id"],
            name="fk_household_change_member_change",
        ),
        ForeignKeyConstraint(
            ["community_id", "person_id"],
            ["person.community_id", "person.id"],
            name="fk_household_change_member_person",
        ),
        CheckConstraint(
            "length(relation) <= 20 AND length(relation_before) <= 60", name="ck_household_change_member_relation"
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    change_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    relation: str = ""
    relation_before: str = ""
    agreed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    agreed_way: str | None = None
    recorded_by: str | None = None
    evidence: str | None = None
