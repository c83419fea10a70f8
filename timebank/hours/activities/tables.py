"""The tables of activities: what is planned, who has a place, who waits for one, who did not come."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from timebank.columns import Day, Id, Instant, Json, Number
from timebank.hours.service_classes import ACTIVITY_CLASSES

KINDS = ("activity", "duty")
SERIES_KINDS = ("series", "campaign", "duty")


class Activity(SQLModel, table=True):
    """One planned activity: one day, one shift."""

    __tablename__ = "activity"
    __table_args__ = (
        UniqueConstraint("community_id", "number", name="uq_activity_number"),
        ForeignKeyConstraint(
            ["community_id", "point_id"], ["service_point.community_id", "service_point.id"], name="fk_activity_point"
        ),
        ForeignKeyConstraint(
            ["community_id", "leader_id"], ["person.community_id", "person.id"], name="fk_activity_leader"
        ),
        CheckConstraint("length(title) BETWEEN 1 AND 80", name="ck_activity_title"),
        CheckConstraint(f"service_class IN {ACTIVITY_CLASSES}", name="ck_activity_class"),
        CheckConstraint("ends_at > starts_at", name="ck_activity_ends_after_start"),
        CheckConstraint("capacity IS NULL OR capacity BETWEEN 1 AND 1000", name="ck_activity_capacity"),
        Index("ix_activity_time", "community_id", "starts_at", "id"),
        Index("ix_activity_point", "community_id", "point_id", "ends_at"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    point_id: UUID = Field(sa_type=Id)
    title: str
    service_class: str
    starts_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    capacity: int | None = Field(default=None, sa_type=Number)  # none: no limit
    leader_id: UUID | None = Field(default=None, sa_type=Id)
    planned_by: str
    cancelled_at: datetime | None = Field(default=None, sa_type=Instant)
    cancel_reason: str | None = None


class ActivitySeries(SQLModel, table=True):
    """What several activities come from: a repetition, a campaign of some days, or the duty roster of a point.

    `rhythm` and `shifts` are kept as they were given, to be shown; the activities themselves are the plan. A point has
    one roster of duty, which goes on by itself.
    """

    __tablename__ = "activity_series"
    __table_args__ = (
        UniqueConstraint("community_id", "number", name="uq_activity_series_number"),
        ForeignKeyConstraint(
            ["community_id", "point_id"],
            ["service_point.community_id", "service_point.id"],
            name="fk_activity_series_point",
        ),
        CheckConstraint("kind IN ('series', 'campaign', 'duty')", name="ck_activity_series_kind"),
        CheckConstraint("length(title) BETWEEN 1 AND 80", name="ck_activity_series_title"),
        CheckConstraint("until_on IS NULL OR until_on >= first_on", name="ck_activity_series_days"),
        Index(
            "uq_activity_series_duty",
            "community_id",
            "point_id",
            unique=True,
            sqlite_where=text("kind = 'duty'"),
            postgresql_where=text("kind = 'duty'"),
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    kind: str
    point_id: UUID = Field(sa_type=Id)
    title: str
    template: str | None = None
    rhythm: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    shifts: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    first_on: date = Field(sa_type=Day)
    until_on: date | None = Field(default=None, sa_type=Day)
    planned_at: datetime = Field(sa_type=Instant)
    planned_by: str


class ActivityTerms(SQLModel, table=True):
    """Who may come to an activity and until when one signs up; of which series it is. Older activities have no row.

    `shift` tells the shifts of a day apart (their place in the series, of duty the minute it was made for). `differs`: it
    was changed by itself, so that changes of the rest leave it alone.
    """

    __tablename__ = "activity_terms"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "activity_id"], ["activity.community_id", "activity.id"], name="fk_activity_terms"
        ),
        ForeignKeyConstraint(
            ["community_id", "series_id"],
            ["activity_series.community_id", "activity_series.id"],
            name="fk_activity_terms_series",
        ),
        UniqueConstraint("community_id", "series_id", "occurs_on", "shift", name="uq_activity_terms_occurrence"),
        CheckConstraint("kind IN ('activity', 'duty')", name="ck_activity_terms_kind"),
        CheckConstraint("length(shift_name) <= 40 AND length(note) <= 400", name="ck_activity_terms_texts"),
        CheckConstraint(
            "(age_from IS NULL OR age_from BETWEEN 0 AND 120) AND (age_to IS NULL OR age_to BETWEEN 0 AND 120)"
            " AND (age_from IS NULL OR age_to IS NULL OR age_from <= age_to)",
            name="ck_activity_terms_ages",
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    activity_id: UUID = Field(sa_type=Id, primary_key=True)
    kind: str = "activity"
    series_id: UUID | None = Field(default=None, sa_type=Id)
    occurs_on: date = Field(sa_type=Day)
    shift: int = Field(default=0, sa_type=Number)
    shift_name: str = ""
    note: str = ""
    sign_up_closes_at: datetime | None = Field(default=None, sa_type=Instant)
    skills: list[str] = Field(default_factory=list, sa_type=Json)
    age_from: int | None = Field(default=None, sa_type=Number)
    age_to: int | None = Field(default=None, sa_type=Number)
    needs_insurance: bool = False
    differs: bool = False


class SignUp(SQLModel, table=True):
    """A volunteer's place in an activity, or on its waiting list; given up, the row stays with its end.

    `waiting_since`: no place yet; who signed up first comes up first. `promoted_at`: when a place became free for her.
    """

    __tablename__ = "activity_sign_up"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "activity_id"], ["activity.community_id", "activity.id"], name="fk_sign_up_activity"
        ),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_sign_up_person"
        ),
        CheckConstraint("given_up_at IS NULL OR given_up_at >= signed_up_at", name="ck_sign_up_given_up"),
        Index("ix_sign_up_person", "community_id", "person_id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    activity_id: UUID = Field(sa_type=Id, primary_key=True)
    person_id: UUID = Field(sa_type=Id, primary_key=True)
    signed_up_at: datetime = Field(sa_type=Instant)
    given_up_at: datetime | None = Field(default=None, sa_type=Instant)
    waiting_since: datetime | None = Field(default=None, sa_type=Instant)
    promoted_at: datetime | None = Field(default=None, sa_type=Instant)
    given_up_how: str | None = None  # own, staff, left


class Absence(SQLModel, table=True):
    """That somebody with a place did not come, and what she says to it; an excuse may stand here before the activity.

    It counts against her if `missed_at` is set, nobody withdrew it, no excuse was accepted, and no visit of hers was in
    that time after all.
    """

    __tablename__ = "sign_up_absence"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "activity_id", "person_id"],
            ["activity_sign_up.community_id", "activity_sign_up.activity_id", "activity_sign_up.person_id"],
            name="fk_sign_up_absence",
        ),
        CheckConstraint("missed_how IN ('staff', 'job')", name="ck_sign_up_absence_how"),
        CheckConstraint("(missed_at IS NULL) = (missed_how IS NULL)", name="ck_sign_up_absence_missed"),
        CheckConstraint("verdict IN ('accepted', 'refused')", name="ck_sign_up_absence_verdict"),
        CheckConstraint("(verdict IS NULL) = (decided_at IS NULL)", name="ck_sign_up_absence_decided"),
        CheckConstraint("(excused_at IS NULL) = (excuse = '')", name="ck_sign_up_absence_excuse"),
        CheckConstraint("length(excuse) <= 200 AND length(decided_note) <= 200", name="ck_sign_up_absence_texts"),
        Index("ix_sign_up_absence_person", "community_id", "person_id", "missed_at"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    activity_id: UUID = Field(sa_type=Id, primary_key=True)
    person_id: UUID = Field(sa_type=Id, primary_key=True)
    missed_at: datetime | None = Field(default=None, sa_type=Instant)
    missed_how: str | None = None
    missed_by: str | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
    withdrawn_by: str | None = None
    excuse: str = ""
    excused_at: datetime | None = Field(default=None, sa_type=Instant)
    verdict: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    decided_by: str | None = None
    decided_note: str = ""
