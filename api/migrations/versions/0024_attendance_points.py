"""Which service gives which item of the points table, and what became of each visit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

STANDS = sa.text("until_on IS NULL")


def upgrade() -> None:
    op.create_table(
        "attendance_link",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("note", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("end_note", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('activity', 'series', 'activity_kind', 'service_class')", name="ck_attendance_link_kind"
        ),
        sa.CheckConstraint("until_on >= from_on", name="ck_attendance_link_days"),
        sa.CheckConstraint("from_on >= decided_on", name="ck_attendance_link_decided"),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 300", name="ck_attendance_link_reason"),
        sa.CheckConstraint("(until_on IS NULL) = (ended_at IS NULL)", name="ck_attendance_link_ended"),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index(
        "uq_attendance_link_open",
        "attendance_link",
        ["community_id", "kind", "target"],
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )
    op.create_table(
        "attendance_award",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("visit_id", sa.LargeBinary(16), nullable=False),
        sa.Column("link_id", sa.LargeBinary(16), nullable=False),
        sa.Column("award_id", sa.LargeBinary(16), nullable=True),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('awarded', 'skipped', 'taken_back', 'correction')", name="ck_attendance_award_state"
        ),
        sa.CheckConstraint("(state = 'skipped') = (award_id IS NULL)", name="ck_attendance_award_award"),
        sa.ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_attendance_award_visit"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "link_id"],
            ["attendance_link.community_id", "attendance_link.id"],
            name="fk_attendance_award_link",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_attendance_award_award"
        ),
        sa.PrimaryKeyConstraint("community_id", "visit_id"),
    )
    op.create_index(
        "ix_attendance_award_link", "attendance_award", ["community_id", "link_id", "visit_id"], unique=False
    )
    op.create_index("ix_attendance_award_award", "attendance_award", ["community_id", "award_id"], unique=False)


def downgrade() -> None:
    op.drop_table("attendance_award")
    op.drop_table("attendance_link")
