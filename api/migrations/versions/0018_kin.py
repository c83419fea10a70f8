"""Relatives are written down, so that nobody decides on the own household or on relatives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kin",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("relative_id", sa.LargeBinary(16), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=True),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("declared_at", sa.BigInteger(), nullable=False),
        sa.Column("declared_by", sa.String(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("end_reason", sa.String(), nullable=False),
        sa.CheckConstraint("person_id <> relative_id", name="ck_kin_two_people"),
        sa.CheckConstraint(
            "relation IN ('spouse', 'parent', 'child', 'sibling', 'grandparent', 'grandchild', 'in_law', 'other')",
            name="ck_kin_relation",
        ),
        sa.CheckConstraint("how = 'own' OR (how = 'desk' AND length(evidence) > 0)", name="ck_kin_how"),
        sa.CheckConstraint("length(evidence) <= 200 AND length(end_reason) <= 200", name="ck_kin_lengths"),
        sa.CheckConstraint("ended_on IS NULL OR since_on IS NULL OR ended_on >= since_on", name="ck_kin_days"),
        sa.CheckConstraint(
            "(ended_on IS NULL) = (ended_by = '') AND (ended_on IS NULL) = (end_reason = '')", name="ck_kin_ended"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_kin_person"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "relative_id"], ["person.community_id", "person.id"], name="fk_kin_relative"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_kin_relative", "kin", ["community_id", "relative_id"], unique=False)
    op.create_index(
        "uq_kin_once",
        "kin",
        ["community_id", "person_id", "relative_id"],
        unique=True,
        sqlite_where=sa.text("ended_on IS NULL"),
        postgresql_where=sa.text("ended_on IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("kin")
