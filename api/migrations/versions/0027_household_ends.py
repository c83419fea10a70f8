"""What a booking back finds among lapsed points, what a household that ended is short of, and the word of each who moves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("year_close_line", sa.Column("base_old_steps", sa.BigInteger(), nullable=True))
    op.add_column("award_correction", sa.Column("note", sa.BigInteger(), nullable=True))
    op.add_column("household_change_member", sa.Column("agreed_at", sa.BigInteger(), nullable=True))
    op.add_column("household_change_member", sa.Column("agreed_way", sa.String(), nullable=True))
    op.add_column("household_change_member", sa.Column("recorded_by", sa.String(), nullable=True))
    op.add_column("household_change_member", sa.Column("evidence", sa.String(), nullable=True))
    op.create_table(
        "year_lapse_return",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("close_id", sa.LargeBinary(16), nullable=False),
        sa.Column("line_household_id", sa.LargeBinary(16), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16), nullable=False),
        sa.Column("award_id", sa.LargeBinary(16), nullable=False),
        sa.Column("old_steps", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.Column("base_steps", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=True),
        sa.Column("base_entry", sa.BigInteger(), nullable=True),
        sa.Column("undo_entry", sa.BigInteger(), nullable=True),
        sa.Column("undo_base_entry", sa.BigInteger(), nullable=True),
        sa.Column("returned_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("old_steps >= steps AND steps >= 0 AND base_steps >= 0", name="ck_year_lapse_return_steps"),
        sa.CheckConstraint(
            "(steps > 0) = (entry IS NOT NULL) AND (base_steps > 0) = (base_entry IS NOT NULL)",
            name="ck_year_lapse_return_entries",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "close_id", "line_household_id"],
            ["year_close_line.community_id", "year_close_line.close_id", "year_close_line.household_id"],
            name="fk_year_lapse_return_line",
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_year_lapse_return_line", "year_lapse_return", ["community_id", "close_id", "line_household_id"])
    op.create_index("ix_year_lapse_return_household", "year_lapse_return", ["community_id", "household_id"])
    op.create_table(
        "household_left_behind",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("household_id", sa.LargeBinary(16), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.Column("base_steps", sa.BigInteger(), nullable=False),
        sa.Column("base_returned_steps", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "steps >= 0 AND base_steps >= 0 AND base_returned_steps >= 0", name="ck_household_left_behind_steps"
        ),
        sa.PrimaryKeyConstraint("community_id", "household_id"),
    )


def downgrade() -> None:
    op.drop_table("household_left_behind")
    op.drop_index("ix_year_lapse_return_household", table_name="year_lapse_return")
    op.drop_index("ix_year_lapse_return_line", table_name="year_lapse_return")
    op.drop_table("year_lapse_return")
    for name in ("evidence", "recorded_by", "agreed_way", "agreed_at"):
        op.drop_column("household_change_member", name)
    op.drop_column("award_correction", "note")
    op.drop_column("year_close_line", "base_old_steps")
