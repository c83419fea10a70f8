"""A confirmed file of residents comes in piece by piece: how far it is, and the rows that the register refused meanwhile."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_run",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.LargeBinary(16), nullable=False),
        sa.Column("with_doubtful", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("done_row", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("passed_over", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("households", sa.BigInteger(), nullable=False),
        sa.Column("opening_minutes", sa.BigInteger(), nullable=False),
        sa.Column("opening_steps", sa.BigInteger(), nullable=False),
        sa.Column("first_serial", sa.BigInteger(), nullable=False),
        sa.Column("last_serial", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("with_doubtful IN (0, 1)", name="ck_import_run_with_doubtful"),
        sa.CheckConstraint("taken >= 0 AND passed_over >= 0 AND refused >= 0", name="ck_import_run_counts"),
        sa.CheckConstraint("taken + passed_over + refused <= row_count", name="ck_import_run_rows"),
        sa.CheckConstraint(
            "ended_at IS NULL OR taken + passed_over + refused = row_count", name="ck_import_run_adds_up"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "batch_id"], ["import_batch.community_id", "import_batch.id"], name="fk_import_run_batch"
        ),
        sa.PrimaryKeyConstraint("community_id", "batch_id"),
    )
    op.create_index(
        "ix_import_run_open",
        "import_run",
        ["community_id", "moved_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "import_refusal",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.LargeBinary(16), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name="ck_import_refusal_reason"),
        sa.ForeignKeyConstraint(
            ["community_id", "batch_id"],
            ["import_run.community_id", "import_run.batch_id"],
            name="fk_import_refusal_run",
        ),
        sa.PrimaryKeyConstraint("community_id", "batch_id", "number"),
    )


def downgrade() -> None:
    op.drop_table("import_refusal")
    op.drop_table("import_run")
