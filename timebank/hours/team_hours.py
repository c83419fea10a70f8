"""A team's hours (团队工时): served by members who chose so, kept on the team's account, and only ever donated.

A volunteer chooses at check-in, or when he takes a place in an activity, whether he serves for himself or for a team of
his. The minutes then come from the year's issue to the team's account, of which the ledger itself knows that it pays
into the pool and into nothing else. Caps are the person's, whomever he serves for.
"""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlmodel import Field, SQLModel

from timebank.columns import Id, Instant, Number


class VisitTeam(SQLModel, table=True):
    """Whom a visit is for, if not for the volunteer himself; chosen at its beginning."""

    __tablename__: ClassVar[str] = "visit_team"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_visit_team_visit"
        ),
        ForeignKeyConstraint(["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_visit_team_team"),
        Index("ix_visit_team_team", "community_id", "team_id", "visit_id"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    visit_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    team_id: uuid.UUID = Field(sa_type=Id)
    chosen_at: datetime = Field(sa_type=Instant)
    chosen_by: str


class ActivityTeam(SQLModel, table=True):
    """For which team somebody means to serve in an activity: what check-in takes unless something else is said there."""

    __tablename__: ClassVar[str] = "activity_team"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "activity_id"], ["activity.community_id", "activity.id"], name="fk_activity_team_activity"
        ),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_activity_team_person"
        ),
        ForeignKeyConstraint(
            ["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_activity_team_team"
        ),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    activity_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    team_id: uuid.UUID = Field(sa_type=Id)
    chosen_at: datetime = Field(sa_type=Instant)


class TeamDonation(SQLModel, table=True):
    """Minutes that a team gave to the pool, by entry `entry_seq`; taken back by the reversal `undo_seq`."""

    __tablename__: ClassVar[str] = "team_donation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_team_donation_team"
        ),
        CheckConstraint("minutes > 0", name="ck_team_donation_minutes"),
        CheckConstraint("why IN ('given', 'ended')", name="ck_team_donation_why"),
        CheckConstraint(
            "(undone_at IS NULL) = (undone_by = '') AND (undone_at IS NULL) = (undo_seq IS NULL)",
            name="ck_team_donation_undone",
        ),
        Index("ix_team_donation_team", "community_id", "team_id", "donated_at"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    team_id: uuid.UUID = Field(sa_type=Id)
    minutes: int = Field(sa_type=Number)
    why: str = "given"  # by the team's leader or staff; or with the team's end
    entry_seq: int = Field(sa_type=Number)
    donated_at: datetime = Field(sa_type=Instant)
    donated_by: str
    undone_at: datetime | None = Field(default=None, sa_type=Instant)
    undone_by: str = ""
    undo_seq: int | None = Field(default=None, sa_type=Number)
