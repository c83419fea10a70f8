"""Notices: what people are told, where they want to hear it, and whether it reached them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UNROUTED = sa.text("routed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("routed_at", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("read_by", sa.String(), nullable=False),
        sa.CheckConstraint("read_at IS NULL OR read_at >= told_at", name="ck_notice_read"),
        sa.ForeignKeyConstraint(["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_notice"),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_notice_person", "notice", ["community_id", "person_id", "id"], unique=False)
    op.create_index(
        "ix_notice_unrouted",
        "notice",
        ["community_id", "id"],
        unique=False,
        sqlite_where=UNROUTED,
        postgresql_where=UNROUTED,
    )
    op.create_table(
        "notice_contact",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("channel IN ('mail', 'sms')", name="ck_notice_contact_channel"),
        sa.CheckConstraint("length(address) BETWEEN 3 AND 254", name="ck_notice_contact_address"),
        sa.CheckConstraint("language IN ('zh', 'en')", name="ck_notice_contact_language"),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_notice_contact"
        ),
        sa.PrimaryKeyConstraint("community_id", "person_id", "channel"),
    )
    op.create_table(
        "notice_delivery",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("notice_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.CheckConstraint("channel IN ('mail', 'sms')", name="ck_notice_delivery_channel"),
        sa.CheckConstraint("state IN ('waiting', 'sending', 'sent', 'given_up')", name="ck_notice_delivery_state"),
        sa.CheckConstraint("(state IN ('sent', 'given_up')) = (ended_at IS NOT NULL)", name="ck_notice_delivery_ended"),
        sa.ForeignKeyConstraint(
            ["community_id", "notice_id"],
            ["notice.community_id", "notice.id"],
            name="fk_notice_delivery",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_notice_delivery_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "notice_id", "person_id", "channel"),
    )
    op.create_index("ix_notice_delivery_due", "notice_delivery", ["community_id", "state", "due_at"], unique=False)
    op.create_index("ix_notice_delivery_person", "notice_delivery", ["community_id", "person_id"], unique=False)


def downgrade() -> None:
    op.drop_table("notice_delivery")
    op.drop_table("notice_contact")
    op.drop_table("notice")
