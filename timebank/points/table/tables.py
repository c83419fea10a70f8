"""What is kept of points tables: versions, their items, and each decision to use an item or not."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from timebank.columns import Day, Id, Instant, Json, Number

DRAFT, PUBLISHED, IN_FORCE, SUPERSEDED, WITHDRAWN = "draft", "published", "in_force", "superseded", "withdrawn"
BODIES = ("assembly", "representatives")


class PointsTable(SQLModel, table=True):
    """One version of a community's points table; `version` is given at adoption, `in_force_until` is the first day without it."""

    __tablename__ = "points_table"
    __table_args__ = (
        UniqueConstraint("community_id", "version", name="uq_points_table_version"),
        CheckConstraint(
            "state IN ('draft', 'published', 'in_force', 'superseded', 'withdrawn')", name="ck_points_table_state"
        ),
        CheckConstraint(
            "state IN ('draft', 'withdrawn') OR (version IS NOT NULL AND adopted_on IS NOT NULL AND body IS NOT NULL"
            " AND quorum IS NOT NULL AND present IS NOT NULL AND votes_for IS NOT NULL AND votes_against IS NOT NULL"
            " AND minutes_digest IS NOT NULL AND published_at IS NOT NULL AND published_until IS NOT NULL"
            " AND in_force_from IS NOT NULL AND note IS NOT NULL)",
            name="ck_points_table_adopted_whole",
        ),
        CheckConstraint("body IN ('assembly', 'representatives')", name="ck_points_table_body"),
        CheckConstraint("present >= quorum AND quorum > 0", name="ck_points_table_quorum"),
        CheckConstraint(
            "votes_for >= 0 AND votes_against >= 0 AND votes_for > votes_against AND votes_for + votes_against <= present",
            name="ck_points_table_votes",
        ),
        CheckConstraint("in_force_until >= in_force_from", name="ck_points_table_in_force"),
        Index("ix_points_table_in_force", "community_id", "in_force_from"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    title: str
    source: str
    state: str
    digest: str
    drafted_at: dt.datetime = Field(sa_type=Instant)
    drafted_by: str
    version: int | None = Field(default=None, sa_type=Number)
    adopted_on: dt.date | None = Field(default=None, sa_type=Day)
    body: str | None = None
    quorum: int | None = None
    present: int | None = None
    votes_for: int | None = None
    votes_against: int | None = None
    minutes_digest: str | None = None
    minutes_name: str | None = None
    adopted_by: str | None = None
    published_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    published_until: dt.datetime | None = Field(default=None, sa_type=Instant)
    in_force_from: dt.date | None = Field(default=None, sa_type=Day)
    in_force_until: dt.date | None = Field(default=None, sa_type=Day)
    note: int | None = Field(default=None, sa_type=Number)

    @property
    def last_day_of_publicity(self) -> dt.datetime | None:
        """The last minute of the publicity; its day in the community is the last one."""
        return self.published_until - dt.timedelta(minutes=1) if self.published_until else None


class PointsItem(SQLModel, table=True):
    """One item of one version. Values in steps of 0.1 point; deductions are negative."""

    __tablename__ = "points_item"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "table_id"], ["points_table.community_id", "points_table.id"], name="fk_points_item_table"
        ),
        UniqueConstraint("community_id", "table_id", "position", name="uq_points_item_position"),
        CheckConstraint("kind IN ('award', 'deduction', 'base')", name="ck_points_item_kind"),
        CheckConstraint(
            "(kind = 'deduction' AND value_steps < 0) OR (kind <> 'deduction' AND value_steps > 0)",
            name="ck_points_item_sign",
        ),
        CheckConstraint("per IN ('once', 'person', 'hour', 'month', 'year')", name="ck_points_item_per"),
        CheckConstraint("subject IN ('household', 'person')", name="ck_points_item_subject"),
        CheckConstraint("cap_day_steps > 0 AND cap_month_steps > 0 AND cap_year_steps > 0", name="ck_points_item_caps"),
        CheckConstraint("NOT in_use OR in_use_from IS NOT NULL", name="ck_points_item_in_use"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    table_id: uuid.UUID = Field(sa_type=Id)
    position: int
    category: str
    title: str
    kind: str
    value_steps: int = Field(sa_type=Number)
    per: str
    subject: str
    cap_day_steps: int | None = Field(default=None, sa_type=Number)
    cap_month_steps: int | None = Field(default=None, sa_type=Number)
    cap_year_steps: int | None = Field(default=None, sa_type=Number)
    remark: str = ""
    clause: str = ""
    evidence: str = ""
    # A rule beyond the unit: {"kind": name, parameters...}; the rules themselves check it. Part of what is voted.
    rule: dict[str, Any] | None = Field(default=None, sa_type=Json)
    # Who may report it, as codes of `words.REPORTERS` with spaces between; None: whoever may enter awards. Voted, too.
    reporters: str | None = None
    # The cells as they were read, by heading: what an export gives back. Not part of what is voted.
    written: dict[str, str] | None = Field(default=None, sa_type=Json)
    in_use: bool = False
    in_use_from: dt.date | None = Field(default=None, sa_type=Day)


class PointsSwitch(SQLModel, table=True):
    """A recorded decision to use an item, or not to use it any more."""

    __tablename__ = "points_switch"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "item_id"], ["points_item.community_id", "points_item.id"], name="fk_points_switch_item"
        ),
        Index("ix_points_switch_item", "community_id", "item_id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    item_id: uuid.UUID = Field(sa_type=Id)
    in_use: bool
    decided_on: dt.date = Field(sa_type=Day)
    reason: str
    switched_at: dt.datetime = Field(sa_type=Instant)
    switched_by: str
    note: int = Field(sa_type=Number)


class PointsStaging(SQLModel, table=True):
    """A spreadsheet that was read and is looked at before anything comes of it; it can be left and found again."""

    __tablename__ = "points_staging"
    __table_args__ = (CheckConstraint("kind IN ('table', 'awards')", name="ck_points_staging_kind"),)

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    kind: str
    name: str
    content: Any = Field(sa_type=Json)
    staged_at: dt.datetime = Field(sa_type=Instant)
    staged_by: str
    used_at: dt.datetime | None = Field(default=None, sa_type=Instant)
