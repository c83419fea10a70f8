"""Sources, stages and verdicts of awards; second reviews drawn by a noted seed; photographs; households that are heard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

STAGED, CLAIMED, STANDS = (
    sa.text("stage IS NOT NULL"),
    sa.text("claimant_id IS NOT NULL"),
    sa.text("undone_at IS NULL"),
)
# What was reviewed before is a first verdict that nothing was drawn for.
VERDICTS = """
    INSERT INTO award_review (community_id, id, award_id, turn, verdict, steps, remark, reviewed_at, reviewed_by, officer, asks)
    SELECT community_id, id, id, 'first', CASE WHEN state = 'rejected' THEN 'reject' ELSE 'approve' END, credited_steps,
      review_remark, reviewed_at, reviewed_by, coalesce(reviewer, 1), ''
    FROM award WHERE reviewed_by IS NOT NULL
"""


def upgrade() -> None:
    op.execute(
        "ALTER TABLE award ADD COLUMN stage VARCHAR"
        " CONSTRAINT ck_award_stage CHECK (stage IN ('hearing', 'second', 'committee'))"
    )
    op.execute(
        "ALTER TABLE award ADD COLUMN source_kind VARCHAR CONSTRAINT ck_award_source_kind CHECK (source_kind IN"
        " ('committee', 'file', 'grid', 'claim', 'behalf', 'attendance', 'objection'))"
    )
    op.add_column("award", sa.Column("claimant_id", sa.LargeBinary(16), nullable=True))
    op.add_column("award", sa.Column("proposed_steps", sa.BigInteger(), nullable=True))
    op.add_column("award", sa.Column("chosen_steps", sa.BigInteger(), nullable=True))
    op.add_column("award", sa.Column("double_of", sa.LargeBinary(16), nullable=True))
    op.add_column("award", sa.Column("again_reason", sa.String(), nullable=True))
    op.create_index("ix_award_item", "award", ["community_id", "item_id", "on_day"], unique=False)
    op.create_index(
        "ix_award_stage",
        "award",
        ["community_id", "stage", "id"],
        unique=False,
        sqlite_where=STAGED,
        postgresql_where=STAGED,
    )
    op.create_index(
        "ix_award_claimant",
        "award",
        ["community_id", "claimant_id", "id"],
        unique=False,
        sqlite_where=CLAIMED,
        postgresql_where=CLAIMED,
    )
    op.create_table(
        "award_review",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("award_id", sa.LargeBinary(16), nullable=False),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=False),
        sa.Column("reviewed_by", sa.String(), nullable=False),
        sa.Column("officer", sa.BigInteger(), nullable=False),
        sa.Column("asks", sa.String(), nullable=False),
        sa.Column("draw_month", sa.String(), nullable=True),
        sa.Column("draw_value", sa.BigInteger(), nullable=True),
        sa.Column("draw_percent", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.CheckConstraint("turn IN ('first', 'second', 'committee')", name="ck_award_review_turn"),
        sa.CheckConstraint("verdict IN ('approve', 'reject')", name="ck_award_review_verdict"),
        sa.CheckConstraint("asks IN ('', 'drawn', 'large')", name="ck_award_review_asks"),
        sa.CheckConstraint(
            "(draw_month IS NULL) = (draw_value IS NULL) AND (draw_month IS NULL) = (draw_percent IS NULL)",
            name="ck_award_review_draw",
        ),
        sa.CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="ck_award_review_undone"),
        sa.ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_award_review_award"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_award_review_by", "award_review", ["community_id", "reviewed_by", "id"], unique=False)
    op.create_index("ix_award_review_draw", "award_review", ["community_id", "draw_month", "id"], unique=False)
    op.create_index(
        "uq_award_review_turn",
        "award_review",
        ["community_id", "award_id", "turn"],
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )
    op.execute(VERDICTS)
    op.create_table(
        "review_draw",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.BigInteger(), nullable=False),
        sa.Column("revealed_at", sa.BigInteger(), nullable=True),
        sa.Column("reveal_note", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(seed) = 32", name="ck_review_draw_seed"),
        sa.CheckConstraint("(revealed_at IS NULL) = (reveal_note IS NULL)", name="ck_review_draw_revealed"),
        sa.PrimaryKeyConstraint("community_id", "month"),
    )
    op.create_table(
        "award_photo",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("award_id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attachment_id", sa.LargeBinary(16), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 3", name="ck_award_photo_number"),
        sa.ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_award_photo_award"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "attachment_id"],
            ["attachment.community_id", "attachment.id"],
            name="fk_award_photo_attachment",
        ),
        sa.PrimaryKeyConstraint("community_id", "award_id", "number"),
    )
    op.create_index("ix_award_photo_digest", "award_photo", ["community_id", "digest"], unique=False)
    op.create_table(
        "award_invitation",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("award_id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("meets_at", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("invited_at", sa.BigInteger(), nullable=False),
        sa.Column("invited_by", sa.String(), nullable=False),
        sa.CheckConstraint("number > 0", name="ck_award_invitation_number"),
        sa.CheckConstraint("length(place) BETWEEN 1 AND 100", name="ck_award_invitation_place"),
        sa.ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_award_invitation_award"
        ),
        sa.PrimaryKeyConstraint("community_id", "award_id", "number"),
    )
    op.create_table(
        "award_hearing",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("award_id", sa.LargeBinary(16), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("heard_on", sa.Date(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("present", sa.String(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.CheckConstraint("outcome IN ('heard', 'not_come')", name="ck_award_hearing_outcome"),
        sa.CheckConstraint(
            "outcome = 'not_come' OR (length(words) > 0 AND length(present) > 0)", name="ck_award_hearing_words"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_award_hearing_award"
        ),
        sa.PrimaryKeyConstraint("community_id", "award_id"),
    )


def downgrade() -> None:
    for table in ("award_hearing", "award_invitation", "award_photo", "review_draw", "award_review"):
        op.drop_table(table)
    for index in ("ix_award_claimant", "ix_award_stage", "ix_award_item"):
        op.drop_index(index, table_name="award")
    for column in (
        "again_reason", "double_of", "chosen_steps", "proposed_steps", "claimant_id", "source_kind", "stage",
    ):  # fmt: skip
        op.drop_column("award", column)
