"""Orders: what they may cost, how they were asked for, who sees to what nobody claims, and disputes with their verdicts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("closed_at IS NULL")
IS_UNDECIDED = sa.text("decided_at IS NULL")


def upgrade() -> None:
    op.add_column("service_order", sa.Column("most_minutes", sa.BigInteger(), nullable=True))
    op.add_column("service_order", sa.Column("asked_way", sa.String(), nullable=True))
    op.add_column("service_order", sa.Column("unclaimed_since", sa.BigInteger(), nullable=True))
    op.create_table(
        "order_escalation",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("order_id", sa.LargeBinary(16), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("guaranteed_minutes", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.Column("acknowledged_by_id", sa.LargeBinary(16), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_how", sa.String(), nullable=True),
        sa.CheckConstraint("step IN ('grid', 'manager')", name="ck_order_escalation_step"),
        sa.CheckConstraint("guaranteed_minutes >= 0", name="ck_order_escalation_minutes"),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="ck_order_escalation_acknowledged"
        ),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_how IS NULL)", name="ck_order_escalation_closed"),
        sa.ForeignKeyConstraint(
            ["community_id", "order_id"],
            ["service_order.community_id", "service_order.id"],
            name="fk_order_escalation_order",
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index(
        "uq_order_escalation_open",
        "order_escalation",
        ["community_id", "order_id", "step"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index("ix_order_escalation_order", "order_escalation", ["community_id", "order_id"], unique=False)
    op.create_table(
        "order_dispute",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("order_id", sa.LargeBinary(16), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("raised_by", sa.String(), nullable=False),
        sa.Column("raised_by_id", sa.LargeBinary(16), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("minutes", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_by_id", sa.LargeBinary(16), nullable=True),
        sa.Column("decision", sa.String(), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('reject', 'to_volunteer', 'to_recipient', 'split', 'withdrawn')",
            name="ck_order_dispute_verdict",
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="ck_order_dispute_decided",
        ),
        sa.CheckConstraint("minutes IS NULL OR minutes >= 0", name="ck_order_dispute_minutes"),
        sa.ForeignKeyConstraint(
            ["community_id", "order_id"],
            ["service_order.community_id", "service_order.id"],
            name="fk_order_dispute_order",
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index(
        "uq_order_dispute_open",
        "order_dispute",
        ["community_id", "order_id"],
        unique=True,
        sqlite_where=IS_UNDECIDED,
        postgresql_where=IS_UNDECIDED,
    )
    op.create_index("ix_order_dispute_order", "order_dispute", ["community_id", "order_id"], unique=False)


def downgrade() -> None:
    op.drop_table("order_dispute")
    op.drop_table("order_escalation")
    op.drop_column("service_order", "unclaimed_since")
    op.drop_column("service_order", "asked_way")
    op.drop_column("service_order", "most_minutes")
