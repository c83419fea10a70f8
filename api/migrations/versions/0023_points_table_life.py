"""A points table's life: stages and edits of drafts, comments, bodies and their members, votes with ballots, objections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "points_life",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("table_id", sa.LargeBinary(16), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("origin_id", sa.LargeBinary(16), nullable=True),
        sa.Column("layout", sa.Text(), nullable=True),
        sa.Column("deliberation_from", sa.BigInteger(), nullable=True),
        sa.Column("deliberation_until", sa.BigInteger(), nullable=True),
        sa.Column("first_in_force", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.Column("closed_reason", sa.String(), nullable=False),
        sa.Column("closed_note", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "stage IN ('draft', 'deliberating', 'voted', 'published', 'withdrawn', 'not_carried', 'returned')",
            name="ck_points_life_stage",
        ),
        sa.CheckConstraint("revision >= 0", name="ck_points_life_revision"),
        sa.CheckConstraint(
            "stage <> 'deliberating' OR (deliberation_from IS NOT NULL AND deliberation_until IS NOT NULL)",
            name="ck_points_life_deliberation",
        ),
        sa.CheckConstraint(
            "stage NOT IN ('withdrawn', 'not_carried', 'returned') OR closed_at IS NOT NULL",
            name="ck_points_life_closed",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "table_id"], ["points_table.community_id", "points_table.id"], name="fk_points_life_table"
        ),
        sa.PrimaryKeyConstraint("community_id", "table_id"),
    )
    op.create_table(
        "points_edit",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("table_id", sa.LargeBinary(16), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("item_id", sa.LargeBinary(16), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("edited_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_by", sa.String(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "verb IN ('add', 'change', 'delete', 'move', 'duplicate', 'undo')", name="ck_points_edit_verb"
        ),
        sa.CheckConstraint("revision > 0", name="ck_points_edit_revision"),
        sa.ForeignKeyConstraint(
            ["community_id", "table_id"], ["points_table.community_id", "points_table.id"], name="fk_points_edit_table"
        ),
        sa.PrimaryKeyConstraint("community_id", "table_id", "revision"),
    )
    op.create_table(
        "points_comment",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("table_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("item_title", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=False),
        sa.CheckConstraint("channel IN ('page', 'paper')", name="ck_points_comment_channel"),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 1000", name="ck_points_comment_text"),
        sa.CheckConstraint("(answer = '') = (answered_at IS NULL)", name="ck_points_comment_answered"),
        sa.ForeignKeyConstraint(
            ["community_id", "table_id"],
            ["points_table.community_id", "points_table.id"],
            name="fk_points_comment_table",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_points_comment_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_points_comment_table", "points_comment", ["community_id", "table_id", "id"], unique=False)
    op.create_table(
        "points_body",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint("kind IN ('assembly', 'representatives', 'council')", name="ck_points_body_kind"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_points_body_name"),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "name", name="uq_points_body_name"),
    )
    op.create_table(
        "points_member",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("body_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("seated_by", sa.String(), nullable=False),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.CheckConstraint("role IN ('chair', 'member')", name="ck_points_member_role"),
        sa.CheckConstraint("until_on IS NULL OR until_on >= since_on", name="ck_points_member_term"),
        sa.ForeignKeyConstraint(
            ["community_id", "body_id"], ["points_body.community_id", "points_body.id"], name="fk_points_member_body"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_points_member_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_points_member_body", "points_member", ["community_id", "body_id", "since_on"], unique=False)
    op.create_index("ix_points_member_person", "points_member", ["community_id", "person_id"], unique=False)
    op.create_table(
        "points_vote",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("table_id", sa.LargeBinary(16), nullable=False),
        sa.Column("body_id", sa.LargeBinary(16), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("entitled", sa.Integer(), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("votes_for", sa.Integer(), nullable=False),
        sa.Column("votes_against", sa.Integer(), nullable=False),
        sa.Column("abstained", sa.Integer(), nullable=False),
        sa.Column("roll_call", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("minutes_digest", sa.String(), nullable=False),
        sa.Column("minutes_name", sa.String(), nullable=False),
        sa.Column("minutes_id", sa.LargeBinary(16), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("note", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('recorded', 'confirmed', 'sent_back')", name="ck_points_vote_state"),
        sa.CheckConstraint("(state = 'recorded') = (decided_at IS NULL)", name="ck_points_vote_decided"),
        sa.CheckConstraint("decided_by <> recorded_by", name="ck_points_vote_two_people"),
        sa.CheckConstraint("quorum > 0 AND present >= quorum AND entitled >= present", name="ck_points_vote_quorum"),
        sa.CheckConstraint(
            "votes_for >= 0 AND votes_against >= 0 AND abstained >= 0 AND votes_for + votes_against + abstained <= present",
            name="ck_points_vote_votes",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "table_id"], ["points_table.community_id", "points_table.id"], name="fk_points_vote_table"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "body_id"], ["points_body.community_id", "points_body.id"], name="fk_points_vote_body"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "minutes_id"], ["attachment.community_id", "attachment.id"], name="fk_points_vote_minutes"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index(
        "uq_points_vote_open",
        "points_vote",
        ["community_id", "table_id"],
        unique=True,
        sqlite_where=sa.text("state = 'recorded'"),
        postgresql_where=sa.text("state = 'recorded'"),
    )
    op.create_index("ix_points_vote_table", "points_vote", ["community_id", "table_id", "id"], unique=False)
    op.create_table(
        "points_ballot",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vote_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.CheckConstraint("said IN ('for', 'against', 'abstain', 'absent', 'present')", name="ck_points_ballot_said"),
        sa.ForeignKeyConstraint(
            ["community_id", "vote_id"], ["points_vote.community_id", "points_vote.id"], name="fk_points_ballot_vote"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_points_ballot_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "vote_id", "person_id"),
    )
    op.create_table(
        "points_objection",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("table_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("raised_by", sa.String(), nullable=False),
        sa.Column("answer_due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.CheckConstraint("channel IN ('page', 'desk', 'paper')", name="ck_points_objection_channel"),
        sa.CheckConstraint("state IN ('open', 'upheld', 'rejected')", name="ck_points_objection_state"),
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="ck_points_objection_answered"),
        sa.CheckConstraint("answered_by <> raised_by", name="ck_points_objection_two_people"),
        sa.CheckConstraint("position >= 0", name="ck_points_objection_position"),
        sa.ForeignKeyConstraint(
            ["community_id", "table_id"],
            ["points_table.community_id", "points_table.id"],
            name="fk_points_objection_table",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_points_objection_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
        sa.UniqueConstraint("community_id", "table_id", "person_id", "position", name="uq_points_objection_once"),
    )


def downgrade() -> None:
    op.drop_table("points_objection")
    op.drop_table("points_ballot")
    op.drop_table("points_vote")
    op.drop_table("points_member")
    op.drop_table("points_body")
    op.drop_table("points_comment")
    op.drop_table("points_edit")
    op.drop_table("points_life")
