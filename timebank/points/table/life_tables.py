"""What is kept of a table's life: its stage and edits, who deliberated, who voted and how, who objected."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from timebank.columns import Day, Id, Instant, Json, Number


def _of_table(name: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["community_id", "table_id"], ["points_table.community_id", "points_table.id"], name=name
    )


class PointsLife(SQLModel, table=True):
    """The stage of a version where its dates do not tell it, how often it was edited, and where it came from.

    `revision` counts edits. `origin_id`: the version from which it was made. `layout`: the columns it was read from.
    `first_in_force`: the day voted, when an open objection moved `in_force_from`.
    """

    __tablename__ = "points_life"
    __table_args__ = (
        _of_table("fk_points_life_table"),
        CheckConstraint(
            "stage IN ('draft', 'deliberating', 'voted', 'published', 'withdrawn', 'not_carried', 'returned')",
            name="ck_points_life_stage",
        ),
        CheckConstraint("revision >= 0", name="ck_points_life_revision"),
        CheckConstraint(
            "stage <> 'deliberating' OR (deliberation_from IS NOT NULL AND deliberation_until IS NOT NULL)",
            name="ck_points_life_deliberation",
        ),
        CheckConstraint(
            "stage NOT IN ('withdrawn', 'not_carried', 'returned') OR closed_at IS NOT NULL",
            name="ck_points_life_closed",
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    table_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    stage: str
    revision: int = 0
    origin_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    layout: dict[str, Any] | None = Field(default=None, sa_type=Json)
    deliberation_from: dt.datetime | None = Field(default=None, sa_type=Instant)
    deliberation_until: dt.datetime | None = Field(default=None, sa_type=Instant)
    first_in_force: dt.date | None = Field(default=None, sa_type=Day)
    closed_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    closed_by: str = ""
    closed_reason: str = ""
    closed_note: int | None = Field(default=None, sa_type=Number)


class PointsEdit(SQLModel, table=True):
    """One change of a draft, so that who saves second is told what changed, and the last change can be undone."""

    __tablename__ = "points_edit"
    __table_args__ = (
        _of_table("fk_points_edit_table"),
        CheckConstraint("verb IN ('add', 'change', 'delete', 'move', 'duplicate', 'undo')", name="ck_points_edit_verb"),
        CheckConstraint("revision > 0", name="ck_points_edit_revision"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    table_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    revision: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    verb: str
    item_id: uuid.UUID = Field(sa_type=Id)
    before: dict[str, Any] | None = Field(default=None, sa_type=Json)
    after: dict[str, Any] | None = Field(default=None, sa_type=Json)
    edited_at: dt.datetime = Field(sa_type=Instant)
    edited_by: str
    undone: bool = False


class PointsComment(SQLModel, table=True):
    """What a villager or a member said of a draft, on an item or on the whole, and the committee's answer."""

    __tablename__ = "points_comment"
    __table_args__ = (
        _of_table("fk_points_comment_table"),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_points_comment_person"
        ),
        CheckConstraint("channel IN ('page', 'paper')", name="ck_points_comment_channel"),
        CheckConstraint("length(text) BETWEEN 1 AND 1000", name="ck_points_comment_text"),
        CheckConstraint("(answer = '') = (answered_at IS NULL)", name="ck_points_comment_answered"),
        Index("ix_points_comment_table", "community_id", "table_id", "id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    table_id: uuid.UUID = Field(sa_type=Id)
    person_id: uuid.UUID = Field(sa_type=Id)
    position: int | None = None
    item_title: str = ""
    channel: str
    text: str
    written_at: dt.datetime = Field(sa_type=Instant)
    written_by: str
    answer: str = ""
    answered_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    answered_by: str = ""


class PointsBody(SQLModel, table=True):
    """A body that votes on tables: 村民理事会, 居民议事会, 村民代表会议 with a roll of members, or the assembly without one."""

    __tablename__ = "points_body"
    __table_args__ = (
        UniqueConstraint("community_id", "name", name="uq_points_body_name"),
        CheckConstraint("kind IN ('assembly', 'representatives', 'council')", name="ck_points_body_kind"),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_points_body_name"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    name: str
    kind: str
    opened_at: dt.datetime = Field(sa_type=Instant)
    opened_by: str
    ended_on: dt.date | None = Field(default=None, sa_type=Day)


class PointsMember(SQLModel, table=True):
    """Somebody's seat in a body, from a day to the last day of the term."""

    __tablename__ = "points_member"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "body_id"], ["points_body.community_id", "points_body.id"], name="fk_points_member_body"
        ),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_points_member_person"
        ),
        CheckConstraint("role IN ('chair', 'member')", name="ck_points_member_role"),
        CheckConstraint("until_on IS NULL OR until_on >= since_on", name="ck_points_member_term"),
        Index("ix_points_member_body", "community_id", "body_id", "since_on"),
        Index("ix_points_member_person", "community_id", "person_id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    body_id: uuid.UUID = Field(sa_type=Id)
    person_id: uuid.UUID = Field(sa_type=Id)
    role: str
    since_on: dt.date = Field(sa_type=Day)
    until_on: dt.date | None = Field(default=None, sa_type=Day)
    seated_by: str
    ended_by: str = ""


class PointsVote(SQLModel, table=True):
    """The record of a vote, by one person, confirmed or sent back by another; `digest` is the table that was voted."""

    __tablename__ = "points_vote"
    __table_args__ = (
        _of_table("fk_points_vote_table"),
        ForeignKeyConstraint(
            ["community_id", "body_id"], ["points_body.community_id", "points_body.id"], name="fk_points_vote_body"
        ),
        ForeignKeyConstraint(
            ["community_id", "minutes_id"], ["attachment.community_id", "attachment.id"], name="fk_points_vote_minutes"
        ),
        CheckConstraint("state IN ('recorded', 'confirmed', 'sent_back')", name="ck_points_vote_state"),
        CheckConstraint("(state = 'recorded') = (decided_at IS NULL)", name="ck_points_vote_decided"),
        CheckConstraint("decided_by <> recorded_by", name="ck_points_vote_two_people"),
        CheckConstraint("quorum > 0 AND present >= quorum AND entitled >= present", name="ck_points_vote_quorum"),
        CheckConstraint(
            "votes_for >= 0 AND votes_against >= 0 AND abstained >= 0"
            " AND votes_for + votes_against + abstained <= present",
            name="ck_points_vote_votes",
        ),
        Index(
            "uq_points_vote_open",
            "community_id",
            "table_id",
            unique=True,
            sqlite_where=text("state = 'recorded'"),
            postgresql_where=text("state = 'recorded'"),
        ),
        Index("ix_points_vote_table", "community_id", "table_id", "id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    table_id: uuid.UUID = Field(sa_type=Id)
    body_id: uuid.UUID = Field(sa_type=Id)
    held_on: dt.date = Field(sa_type=Day)
    entitled: int
    quorum: int
    present: int
    votes_for: int
    votes_against: int
    abstained: int
    roll_call: bool
    digest: str
    minutes_digest: str
    minutes_name: str
    minutes_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    state: str
    recorded_at: dt.datetime = Field(sa_type=Instant)
    recorded_by: str
    decided_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    decided_by: str | None = None
    remark: str = ""
    note: int | None = Field(default=None, sa_type=Number)


class PointsBallot(SQLModel, table=True):
    """Who was present at a vote and, where it was by roll-call, what the member said."""

    __tablename__ = "points_ballot"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "vote_id"], ["points_vote.community_id", "points_vote.id"], name="fk_points_ballot_vote"
        ),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_points_ballot_person"
        ),
        CheckConstraint("said IN ('for', 'against', 'abstain', 'absent', 'present')", name="ck_points_ballot_said"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    vote_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    role: str
    said: str


class PointsObjection(SQLModel, table=True):
    """A villager's objection to a published table, and the committee's answer with its reason."""

    __tablename__ = "points_objection"
    __table_args__ = (
        _of_table("fk_points_objection_table"),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_points_objection_person"
        ),
        UniqueConstraint("community_id", "table_id", "person_id", "position", name="uq_points_objection_once"),
        CheckConstraint("channel IN ('page', 'desk', 'paper')", name="ck_points_objection_channel"),
        CheckConstraint("state IN ('open', 'upheld', 'rejected')", name="ck_points_objection_state"),
        CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="ck_points_objection_answered"),
        CheckConstraint("answered_by <> raised_by", name="ck_points_objection_two_people"),
        CheckConstraint("position >= 0", name="ck_points_objection_position"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    table_id: uuid.UUID = Field(sa_type=Id)
    person_id: uuid.UUID = Field(sa_type=Id)
    position: int  # of the item; 0: the whole table
    channel: str
    reason: str
    raised_at: dt.datetime = Field(sa_type=Instant)
    raised_by: str
    answer_due_at: dt.datetime = Field(sa_type=Instant)
    state: str
    answer: str = ""
    answered_at: dt.datetime | None = Field(default=None, sa_type=Instant)
    answered_by: str | None = None


# An item cannot be changed, added or taken out after the vote, whoever writes.
GUARDS: dict[str, list[str]] = {
    "sqlite": [
        """CREATE TRIGGER IF NOT EXISTS points_item_voted_update BEFORE UPDATE OF community_id, id, table_id, position, category, title, kind, value_steps, per, subject, cap_day_steps, cap_month_steps, cap_year_steps, remark, clause, evidence, rule, reporters
        ON points_item WHEN (SELECT state FROM points_table WHERE community_id = OLD.community_id AND id = OLD.table_id) <> 'draft'
        BEGIN SELECT RAISE(ABORT, 'points_item: what was voted stays'); END""",
        """CREATE TRIGGER IF NOT EXISTS points_item_voted_delete BEFORE DELETE ON points_item
        WHEN (SELECT state FROM points_table WHERE community_id = OLD.community_id AND id = OLD.table_id) <> 'draft'
        BEGIN SELECT RAISE(ABORT, 'points_item: what was voted stays'); END""",
        """CREATE TRIGGER IF NOT EXISTS points_item_voted_insert BEFORE INSERT ON points_item
        WHEN (SELECT state FROM points_table WHERE community_id = NEW.community_id AND id = NEW.table_id) <> 'draft'
        BEGIN SELECT RAISE(ABORT, 'points_item: what was voted stays'); END""",
    ],
    "postgresql": [
        """CREATE OR REPLACE FUNCTION points_item_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'INSERT' THEN
            IF (SELECT state FROM points_table WHERE community_id = NEW.community_id AND id = NEW.table_id) <> 'draft' THEN
              RAISE EXCEPTION 'points_item: what was voted stays';
            END IF;
            RETURN NEW;
          END IF;
          IF (SELECT state FROM points_table WHERE community_id = OLD.community_id AND id = OLD.table_id) <> 'draft' THEN
            RAISE EXCEPTION 'points_item: what was voted stays';
          END IF;
          IF TG_OP = 'DELETE' THEN
            RETURN OLD;
          END IF;
          RETURN NEW;
        END $$""",
        """CREATE OR REPLACE TRIGGER points_item_voted BEFORE INSERT OR DELETE OR UPDATE OF community_id, id, table_id, position, category, title, kind, value_steps, per, subject, cap_day_steps, cap_month_steps, cap_year_steps, remark, clause, evidence, rule, reporters
        ON points_item FOR EACH ROW EXECUTE FUNCTION points_item_stays()""",
    ],
}
