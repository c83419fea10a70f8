"""What is kept of points by attendance: the decisions, and one row for each visit that was looked at."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from timebank.columns import Day, Id, Instant, Number

# Of several decisions that fit a visit, the first of these counts.
KINDS = ("activity", "series", "activity_kind", "service_class")
AWARDED, SKIPPED, TAKEN_BACK, CORRECTION = STATES = ("awarded", "skipped", "taken_back", "correction")


class AttendanceLink(SQLModel, table=True):
    """A decision: service of a kind gives an item of the table, which goes on under its name from version to version.

    `target` is a service class, activity or duty, or the number of a series or activity. Both `from_on` and the day before
    `until_on` count. `note` is the ledger's note of the decision, `end_note` that of its end.
    """

    __tablename__ = "attendance_link"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('activity', 'series', 'activity_kind', 'service_class')", name="ck_attendance_link_kind"
        ),
        CheckConstraint("until_on >= from_on", name="ck_attendance_link_days"),
        CheckConstraint("from_on >= decided_on", name="ck_attendance_link_decided"),
        CheckConstraint("length(reason) BETWEEN 1 AND 300", name="ck_attendance_link_reason"),
        CheckConstraint("(until_on IS NULL) = (ended_at IS NULL)", name="ck_attendance_link_ended"),
        Index(
            "uq_attendance_link_open",
            "community_id",
            "kind",
            "target",
            unique=True,
            sqlite_where=text("until_on IS NULL"),
            postgresql_where=text("until_on IS NULL"),
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    kind: str
    target: str
    category: str
    title: str
    from_on: dt.date = Field(sa_type=Day)
    until_on: dt.date | None = Field(default=None, sa_type=Day)
    decided_on: dt.date = Field(sa_type=Day)
    reason: str
    recorded_at: dt.datetime = Field(sa_type=Instant)
    recorded_by: str
    note: int = Field(sa_type=Number)
    ended_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = None
    end_note: int | None = Field(default=None, sa_type=Number)


class AttendanceAward(SQLModel, table=True):
    """What became of a visit: an award, or why there is none. One row a visit, so that none gives points twice.

    `minutes` are the visit's real ones when it was looked at; a visit that says others now was corrected.
    """

    __tablename__ = "attendance_award"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_attendance_award_visit"
        ),
        ForeignKeyConstraint(
            ["community_id", "link_id"],
            ["attendance_link.community_id", "attendance_link.id"],
            name="fk_attendance_award_link",
        ),
        ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_attendance_award_award"
        ),
        CheckConstraint(
            "state IN ('awarded', 'skipped', 'taken_back', 'correction')", name="ck_attendance_award_state"
        ),
        CheckConstraint("(state = 'skipped') = (award_id IS NULL)", name="ck_attendance_award_award"),
        Index("ix_attendance_award_link", "community_id", "link_id", "visit_id"),
        Index("ix_attendance_award_award", "community_id", "award_id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    visit_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    link_id: uuid.UUID = Field(sa_type=Id)
    award_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    minutes: int = Field(sa_type=Number)
    state: str
    reason: str = ""
    looked_at: dt.datetime = Field(sa_type=Instant)
