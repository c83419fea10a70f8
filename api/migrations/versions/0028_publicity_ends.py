"""Objections that are taken back, bookings back that are declined, lines that the ledger refused, countings that name their moment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ID = sa.LargeBinary(16)
ASKED = sa.text("confirmed_at IS NULL")
ASKED_STILL = sa.text("confirmed_at IS NULL AND declined_at IS NULL")
STATES = "state IN ('open', 'upheld', 'rejected', 'appealed', 'appeal_upheld', 'appeal_rejected'{more})"
ANSWERED = "(state = 'open') = (answered_at IS NULL)"
ANSWERED_OR_TAKEN_BACK = "(state IN ('open', 'taken_back')) = (answered_at IS NULL)"

# As 0021 left it: SQLite makes a table anew for what PostgreSQL alters, and must be told the whole of it.
BEFORE = sa.MetaData()
sa.Table(
    "objection",
    BEFORE,
    sa.Column("community_id", sa.BigInteger(), autoincrement=False, primary_key=True),
    sa.Column("id", ID, primary_key=True),
    sa.Column("batch_number", sa.BigInteger(), nullable=False),
    sa.Column("line_number", sa.Integer(), nullable=False),
    sa.Column("person_id", ID, nullable=False),
    sa.Column("channel", sa.String(), nullable=False),
    sa.Column("reason", sa.String(), nullable=False),
    sa.Column("raised_at", sa.BigInteger(), nullable=False),
    sa.Column("raised_by", sa.String(), nullable=False),
    sa.Column("answer_due_at", sa.BigInteger(), nullable=False),
    sa.Column("state", sa.String(), nullable=False),
    sa.Column("answer", sa.String(), nullable=False),
    sa.Column("answered_at", sa.BigInteger(), nullable=True),
    sa.Column("answered_by", sa.String(), nullable=True),
    sa.Column("appeal_until", sa.BigInteger(), nullable=True),
    sa.Column("appeal", sa.String(), nullable=False),
    sa.Column("appealed_at", sa.BigInteger(), nullable=True),
    sa.Column("decision", sa.String(), nullable=False),
    sa.Column("decided_at", sa.BigInteger(), nullable=True),
    sa.Column("decided_by", sa.String(), nullable=True),
    sa.Column("number", sa.BigInteger(), nullable=True),
    sa.Column("form_number", sa.String(), nullable=True),
    sa.Column("paper_on", sa.Date(), nullable=True),
    sa.Column("photo_id", ID, nullable=True),
    sa.Column("late", sa.Integer(), nullable=False, server_default=sa.text("0")),
    sa.Column("outcome", sa.String(), nullable=True),
    sa.Column("decision_due_at", sa.BigInteger(), nullable=True),
    sa.Column("reminded_at", sa.BigInteger(), nullable=True),
    sa.CheckConstraint(ANSWERED, name="ck_objection_answered"),
    sa.CheckConstraint(
        "(state IN ('appealed', 'appeal_upheld', 'appeal_rejected')) = (appealed_at IS NOT NULL)",
        name="ck_objection_appealed",
    ),
    sa.CheckConstraint(STATES.format(more=""), name="ck_objection_state"),
    sa.CheckConstraint("length(reason) BETWEEN 1 AND 1000", name="ck_objection_reason"),
    sa.CheckConstraint("late IN (0, 1)", name="ck_objection_late"),
    sa.CheckConstraint("outcome IN ('withdrawn', 'corrected', 'reversed')", name="ck_objection_outcome"),
    sa.ForeignKeyConstraint(
        ["community_id", "batch_number", "line_number"],
        ["publicity_line.community_id", "publicity_line.batch_number", "publicity_line.number"],
        name="fk_objection_line",
    ),
    sa.Index("ix_objection_state", "community_id", "state", "answer_due_at"),
    sa.Index("uq_objection_person", "community_id", "batch_number", "line_number", "person_id", unique=True),
)


def upgrade() -> None:
    with op.batch_alter_table("objection", copy_from=BEFORE.tables["objection"]) as table:
        table.drop_constraint("ck_objection_answered", type_="check")
        table.drop_constraint("ck_objection_state", type_="check")
        table.create_check_constraint("ck_objection_answered", ANSWERED_OR_TAKEN_BACK)
        table.create_check_constraint("ck_objection_state", STATES.format(more=", 'taken_back'"))
    op.add_column("objection", sa.Column("taken_back_at", sa.BigInteger(), nullable=True))
    op.add_column("objection", sa.Column("taken_back_by", sa.String(), nullable=True))
    op.add_column("objection", sa.Column("taken_back_reason", sa.String(), nullable=True))
    op.add_column("objection", sa.Column("declined", sa.String(), nullable=True))
    op.add_column("award_correction", sa.Column("declined_at", sa.BigInteger(), nullable=True))
    op.add_column("award_correction", sa.Column("decline_reason", sa.String(), nullable=True))
    op.execute(
        "ALTER TABLE award_correction ADD COLUMN declined_by VARCHAR"
        " CONSTRAINT ck_award_correction_declined CHECK (declined_by <> asked_by)"
    )
    op.drop_index("uq_award_correction_open", table_name="award_correction")
    op.create_index(
        "uq_award_correction_open", "award_correction", ["community_id", "award_id"], unique=True,
        sqlite_where=ASKED_STILL, postgresql_where=ASKED_STILL,
    )  # fmt: skip
    op.create_table(
        "publicity_refusal",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("refused_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("tries > 0", name="ck_publicity_refusal_tries"),
        sa.ForeignKeyConstraint(
            ["community_id", "batch_number", "line_number"],
            ["publicity_line.community_id", "publicity_line.batch_number", "publicity_line.number"],
            name="fk_publicity_refusal_line",
        ),
        sa.PrimaryKeyConstraint("community_id", "batch_number", "line_number"),
    )
    op.add_column("stock_taking", sa.Column("as_of", sa.BigInteger(), nullable=True))
    op.add_column("stock_taking_line", sa.Column("moved", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("stock_taking_line", "moved")
    op.drop_column("stock_taking", "as_of")
    op.drop_table("publicity_refusal")
    op.execute("DELETE FROM award_correction WHERE declined_at IS NOT NULL")
    op.drop_index("uq_award_correction_open", table_name="award_correction")
    op.drop_column("award_correction", "declined_by")
    op.drop_column("award_correction", "decline_reason")
    op.drop_column("award_correction", "declined_at")
    op.create_index(
        "uq_award_correction_open", "award_correction", ["community_id", "award_id"], unique=True,
        sqlite_where=ASKED, postgresql_where=ASKED,
    )  # fmt: skip
    op.execute("DELETE FROM objection WHERE state = 'taken_back'")
    for column in ("declined", "taken_back_reason", "taken_back_by", "taken_back_at"):
        op.drop_column("objection", column)
    with op.batch_alter_table("objection", copy_from=BEFORE.tables["objection"]) as table:
        table.drop_constraint("ck_objection_answered", type_="check")
        table.drop_constraint("ck_objection_state", type_="check")
        table.create_check_constraint("ck_objection_answered", ANSWERED)
        table.create_check_constraint("ck_objection_state", STATES.format(more=""))
