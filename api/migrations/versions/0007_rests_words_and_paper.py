"""Rests within a visit, who was asked whether it was so, and the rows of paper registers that were typed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("ended_at IS NULL")
STANDS = sa.text("void_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "visit_rest",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("visit_id", sa.LargeBinary(16), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("started_recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_recorded_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("forgotten", sa.Boolean(), nullable=False),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ck_visit_rest_ends_after_start"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_recorded_at IS NULL)", name="ck_visit_rest_end_recorded"),
        sa.ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_visit_rest_visit"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index("ix_visit_rest_visit", "visit_rest", ["community_id", "visit_id", "started_at"], unique=False)
    op.create_index(
        "uq_visit_rest_one_open",
        "visit_rest",
        ["community_id", "visit_id"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_table(
        "visit_word",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("visit_id", sa.LargeBinary(16), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16), nullable=False),
        sa.Column("asked_as", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=True),
        sa.Column("given_by", sa.String(), nullable=True),
        sa.CheckConstraint("asked_as IN ('witness', 'recipient')", name="ck_visit_word_asked_as"),
        sa.CheckConstraint("word IS NULL OR word IN ('confirmed', 'denied')", name="ck_visit_word_word"),
        sa.CheckConstraint("(word IS NULL) = (given_at IS NULL)", name="ck_visit_word_given"),
        sa.CheckConstraint("length(note) <= 200", name="ck_visit_word_note"),
        sa.ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_visit_word_visit"
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_visit_word_person"
        ),
        sa.PrimaryKeyConstraint("community_id", "visit_id"),
    )
    op.create_index("ix_visit_word_person", "visit_word", ["community_id", "person_id", "asked_at"], unique=False)
    op.create_table(
        "paper_row",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("visit_id", sa.LargeBinary(16), nullable=False),
        sa.Column("book", sa.String(), nullable=False),
        sa.Column("page", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("typed_at", sa.BigInteger(), nullable=False),
        sa.Column("typed_by", sa.String(), nullable=False),
        sa.Column("void_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(book) BETWEEN 1 AND 60", name="ck_paper_row_book"),
        sa.CheckConstraint("page BETWEEN 1 AND 9999 AND line BETWEEN 1 AND 200", name="ck_paper_row_place"),
        sa.ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_paper_row_visit"
        ),
        sa.PrimaryKeyConstraint("community_id", "visit_id"),
    )
    op.create_index(
        "uq_paper_row_once",
        "paper_row",
        ["community_id", "book", "page", "line"],
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )


def downgrade() -> None:
    op.drop_table("paper_row")
    op.drop_table("visit_word")
    op.drop_table("visit_rest")
