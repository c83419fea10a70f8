"""Batches that are laid out and booked in pieces, lines with a state of their own, late objections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

STILL = sa.text("released_at IS NULL")
LINE_STATES = (
    "hanging",
    "objected",
    "answered",
    "appealed",
    "booked",
    "contested",
    "reversing",
    "withdrawn",
    "corrected",
    "reversed",
)
# Of a frozen line its objections say whether one waits for an answer, for a decision, or for the time to appeal.
STATE_OF_LINE = """
    UPDATE publicity_line SET state = (
      SELECT CASE award.state
        WHEN 'booked' THEN 'booked' WHEN 'withdrawn' THEN 'withdrawn' WHEN 'reversed' THEN 'reversed'
        WHEN 'frozen' THEN CASE
          WHEN EXISTS (SELECT 1 FROM objection o WHERE o.community_id = publicity_line.community_id
                       AND o.batch_number = publicity_line.batch_number AND o.line_number = publicity_line.number
                       AND o.state = 'open') THEN 'objected'
          WHEN EXISTS (SELECT 1 FROM objection o WHERE o.community_id = publicity_line.community_id
                       AND o.batch_number = publicity_line.batch_number AND o.line_number = publicity_line.number
                       AND o.state = 'appealed') THEN 'appealed'
          ELSE 'answered' END
        ELSE 'hanging' END
      FROM award WHERE award.community_id = publicity_line.community_id AND award.id = publicity_line.award_id)
"""
REVERSING = """
    UPDATE publicity_line SET state = 'reversing' WHERE state = 'booked' AND EXISTS (
      SELECT 1 FROM award_correction c WHERE c.community_id = publicity_line.community_id
      AND c.award_id = publicity_line.award_id AND c.confirmed_at IS NULL)
"""
OUTCOMES = "UPDATE objection SET outcome = 'withdrawn' WHERE state IN ('upheld', 'appeal_upheld')"
NUMBERS = """
    UPDATE objection SET number = (
      SELECT count(*) FROM objection o WHERE o.community_id = objection.community_id AND o.id <= objection.id)
"""
COUNTERS = """
    INSERT INTO counter (community_id, name, last)
    SELECT community_id, 'objection', count(*) FROM objection GROUP BY community_id
"""
TALLIES = """
    INSERT INTO publicity_tally (community_id, batch_number, state, lines, steps)
    SELECT b.community_id, b.number, s.state,
      (SELECT count(*) FROM publicity_line l
       WHERE l.community_id = b.community_id AND l.batch_number = b.number AND l.state = s.state),
      (SELECT coalesce(sum(a.credited_steps), 0) FROM publicity_line l
       JOIN award a ON a.community_id = l.community_id AND a.id = l.award_id
       WHERE l.community_id = b.community_id AND l.batch_number = b.number AND l.state = s.state)
    FROM publicity_batch b CROSS JOIN ({states}) s
"""


def upgrade() -> None:
    op.execute(
        "ALTER TABLE publicity_batch ADD COLUMN state VARCHAR DEFAULT 'hanging' NOT NULL"
        " CONSTRAINT ck_publicity_batch_state CHECK (state IN ('publishing', 'hanging', 'booking', 'closed'))"
    )
    op.execute("ALTER TABLE publicity_batch ADD COLUMN revision BIGINT DEFAULT 0 NOT NULL")
    op.execute("UPDATE publicity_batch SET state = 'closed' WHERE closed_at IS NOT NULL")
    states = ", ".join(f"'{state}'" for state in LINE_STATES)
    op.execute(
        "ALTER TABLE publicity_line ADD COLUMN state VARCHAR DEFAULT 'hanging' NOT NULL"
        f" CONSTRAINT ck_publicity_line_state CHECK (state IN ({states}))"
    )
    op.add_column("publicity_line", sa.Column("replaced_by", sa.LargeBinary(16), nullable=True))
    op.create_table(
        "publicity_tally",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("lines >= 0", name="ck_publicity_tally_lines"),
        sa.ForeignKeyConstraint(
            ["community_id", "batch_number"],
            ["publicity_batch.community_id", "publicity_batch.number"],
            name="fk_publicity_tally_batch",
        ),
        sa.PrimaryKeyConstraint("community_id", "batch_number", "state"),
    )
    op.create_table(
        "publicity_hold",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("award_id", sa.LargeBinary(16), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("held_at", sa.BigInteger(), nullable=False),
        sa.Column("held_by", sa.String(), nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("released_by", sa.String(), nullable=True),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 300", name="ck_publicity_hold_reason"),
        sa.CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="ck_publicity_hold_released"),
        sa.ForeignKeyConstraint(
            ["community_id", "award_id"], ["award.community_id", "award.id"], name="fk_publicity_hold_award"
        ),
        sa.PrimaryKeyConstraint("community_id", "id"),
    )
    op.create_index(
        "uq_publicity_hold_open",
        "publicity_hold",
        ["community_id", "award_id"],
        unique=True,
        sqlite_where=STILL,
        postgresql_where=STILL,
    )
    op.add_column("objection", sa.Column("number", sa.BigInteger(), nullable=True))
    op.add_column("objection", sa.Column("form_number", sa.String(), nullable=True))
    op.add_column("objection", sa.Column("paper_on", sa.Date(), nullable=True))
    op.add_column("objection", sa.Column("photo_id", sa.LargeBinary(16), nullable=True))
    op.execute(
        "ALTER TABLE objection ADD COLUMN late INTEGER DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_objection_late CHECK (late IN (0, 1))"
    )
    op.execute(
        "ALTER TABLE objection ADD COLUMN outcome VARCHAR"
        " CONSTRAINT ck_objection_outcome CHECK (outcome IN ('withdrawn', 'corrected', 'reversed'))"
    )
    op.add_column("objection", sa.Column("decision_due_at", sa.BigInteger(), nullable=True))
    op.add_column("objection", sa.Column("reminded_at", sa.BigInteger(), nullable=True))
    op.add_column("award_correction", sa.Column("objection_id", sa.LargeBinary(16), nullable=True))
    for statement in (STATE_OF_LINE, REVERSING, OUTCOMES, NUMBERS, COUNTERS):
        op.execute(statement)
    op.execute(TALLIES.format(states=" UNION ALL ".join(f"SELECT '{state}' AS state" for state in LINE_STATES)))


def downgrade() -> None:
    op.drop_column("award_correction", "objection_id")
    for column in (
        "reminded_at",
        "decision_due_at",
        "outcome",
        "late",
        "photo_id",
        "paper_on",
        "form_number",
        "number",
    ):
        op.drop_column("objection", column)
    op.drop_table("publicity_hold")
    op.drop_table("publicity_tally")
    op.drop_column("publicity_line", "replaced_by")
    op.drop_column("publicity_line", "state")
    op.drop_column("publicity_batch", "revision")
    op.drop_column("publicity_batch", "state")
