"""Files that belong to a row: minutes of a meeting, photographs of a deed, pictures of goods."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.Column("kept_by", sa.String(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("purpose IN ('minutes', 'photo', 'picture')", name="ck_attachment_purpose"),
        sa.CheckConstraint("size > 0", name="ck_attachment_size"),
        sa.CheckConstraint("content IS NOT NULL OR ends_at IS NOT NULL", name="ck_attachment_gone"),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index(
        "ix_attachment_ends",
        "attachment",
        ["community_id", "ends_at"],
        sqlite_where=sa.text("content IS NOT NULL AND ends_at IS NOT NULL"),
        postgresql_where=sa.text("content IS NOT NULL AND ends_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("attachment")
