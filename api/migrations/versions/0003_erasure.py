"""Erasing a person: who asked, who approved, when it was done. And how often a log's projections were made again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("state IN ('asked', 'approved')")


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("gives_rest", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_officer", sa.BigInteger(), nullable=False),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_officer", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("accounts", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=True),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("scrubbed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('asked', 'approved', 'done', 'cancelled')", name="ck_erasure_state"),
        sa.CheckConstraint("approved_officer <> asked_officer", name="ck_erasure_two_people"),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'done') OR (approved_at IS NOT NULL AND due_at IS NOT NULL)",
            name="ck_erasure_approved",
        ),
        sa.CheckConstraint("(state IN ('done', 'cancelled')) = (ended_at IS NOT NULL)", name="ck_erasure_ended"),
        sa.CheckConstraint("length(reason) <= 200", name="ck_erasure_reason"),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_erasure_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index(
        "uq_erasure_open",
        "erasure",
        ["community_id", "person_id"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index("ix_erasure_state", "erasure", ["community_id", "state", "due_at"], unique=False)
    op.add_column("ledger_tail", sa.Column("epoch", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("ledger_tail", "epoch")
    op.drop_table("erasure")
