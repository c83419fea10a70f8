"""The tables of teams: who they are, who belonged when, who led when, and lists of members on their way in."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from timebank.columns import Day, Id, Instant, Json, Number

KINDS = ("team", "organisation")


class Team(SQLModel, table=True):
    """A team (志愿服务队), or an organisation with teams of its own. From `ended_on` on it is no more; its row stays."""

    __tablename__: ClassVar[str] = "team"
    __table_args__ = (
        UniqueConstraint("community_id", "number", name="uq_team_number"),
        ForeignKeyConstraint(["community_id", "parent_id"], ["team.community_id", "team.id"], name="fk_team_parent"),
        CheckConstraint("kind IN ('team', 'organisation')", name="ck_team_kind"),
        CheckConstraint("kind = 'team' OR parent_id IS NULL", name="ck_team_parent"),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_team_name"),
        CheckConstraint("length(purpose) <= 200 AND length(end_reason) <= 200", name="ck_team_texts"),
        CheckConstraint("ended_on IS NULL OR ended_on >= founded_on", name="ck_team_days"),
        CheckConstraint(
            "(ended_on IS NULL) = (ended_at IS NULL) AND (ended_on IS NULL) = (ended_by = '')", name="ck_team_ended"
        ),
        Index(
            "uq_team_name",
            "community_id",
            "name",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    kind: str
    name: str
    purpose: str = ""
    parent_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    founded_on: date = Field(sa_type=Day)
    founded_at: datetime = Field(sa_type=Instant)
    founded_by: str
    ended_on: date | None = Field(default=None, sa_type=Day)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str = ""
    end_reason: str = ""


class TeamMember(SQLModel, table=True):
    """A stretch of membership: from `from_on` until the eve of `gone_on`. Who comes back gets a second row."""

    __tablename__: ClassVar[str] = "team_member"
    __table_args__ = (
        ForeignKeyConstraint(["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_team_member_team"),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_team_member_person"
        ),
        CheckConstraint("gone_on IS NULL OR gone_on >= from_on", name="ck_team_member_days"),
        CheckConstraint("(gone_on IS NULL) = (gone_by = '')", name="ck_team_member_gone"),
        Index(
            "uq_team_member_now",
            "community_id",
            "team_id",
            "person_id",
            unique=True,
            sqlite_where=text("gone_on IS NULL"),
            postgresql_where=text("gone_on IS NULL"),
        ),
        Index("ix_team_member_person", "community_id", "person_id"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    team_id: uuid.UUID = Field(sa_type=Id)
    person_id: uuid.UUID = Field(sa_type=Id)
    from_on: date = Field(sa_type=Day)
    gone_on: date | None = Field(default=None, sa_type=Day)
    added_at: datetime = Field(sa_type=Instant)
    added_by: str
    gone_by: str = ""


class TeamLeader(SQLModel, table=True):
    """A stretch of leading: from `from_on` until the eve of `gone_on`, and only on days on which the leader is a member."""

    __tablename__: ClassVar[str] = "team_leader"
    __table_args__ = (
        ForeignKeyConstraint(["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_team_leader_team"),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_team_leader_person"
        ),
        CheckConstraint("gone_on IS NULL OR gone_on >= from_on", name="ck_team_leader_days"),
        CheckConstraint("(gone_on IS NULL) = (gone_by = '')", name="ck_team_leader_gone"),
        Index(
            "uq_team_leader_now",
            "community_id",
            "team_id",
            "person_id",
            unique=True,
            sqlite_where=text("gone_on IS NULL"),
            postgresql_where=text("gone_on IS NULL"),
        ),
        Index("ix_team_leader_person", "community_id", "person_id"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    team_id: uuid.UUID = Field(sa_type=Id)
    person_id: uuid.UUID = Field(sa_type=Id)
    from_on: date = Field(sa_type=Day)
    gone_on: date | None = Field(default=None, sa_type=Day)
    appointed_at: datetime = Field(sa_type=Instant)
    appointed_by: str
    gone_by: str = ""


class TeamUpload(SQLModel, table=True):
    """A list of members that waits for an hour to be looked at and confirmed."""

    __tablename__: ClassVar[str] = "team_upload"
    __table_args__ = (
        ForeignKeyConstraint(["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_team_upload_team"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    team_id: uuid.UUID = Field(sa_type=Id)
    file_name: str
    rows: list[list[Any]] = Field(sa_type=Json)
    uploaded_by: str
    expires_at: datetime = Field(sa_type=Instant)
