"""Month end: which months are closed, by whom, and which entries they count."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

GUARDS = {
    "sqlite": [
        """CREATE TRIGGER IF NOT EXISTS month_close_update BEFORE UPDATE ON month_close WHEN OLD.state = 'closed'
        BEGIN SELECT RAISE(ABORT, 'month_close: a closed month stays closed'); END""",
        """CREATE TRIGGER IF NOT EXISTS month_close_delete BEFORE DELETE ON month_close WHEN OLD.state = 'closed'
        BEGIN SELECT RAISE(ABORT, 'month_close: a closed month stays closed'); END""",
    ],
    "postgresql": [
        """CREATE OR REPLACE FUNCTION month_close_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF OLD.state = 'closed' THEN
            RAISE EXCEPTION 'month_close: a closed month stays closed';
          END IF;
          IF TG_OP = 'DELETE' THEN
            RETURN OLD;
          END IF;
          RETURN NEW;
        END $$""",
        """CREATE OR REPLACE TRIGGER month_close_change BEFORE UPDATE OR DELETE ON month_close
        FOR EACH ROW EXECUTE FUNCTION month_close_stays()""",
    ],
}


def upgrade() -> None:
    op.create_table(
        "month_close",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("totals", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Text(), nullable=False),
        sa.Column("prepared_at", sa.BigInteger(), nullable=False),
        sa.Column("prepared_by", sa.String(), nullable=False),
        sa.Column("prepared_officer", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_officer", sa.BigInteger(), nullable=True),
        sa.Column("until_seq", sa.BigInteger(), nullable=True),
        sa.Column("note_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('prepared', 'closed')", name="ck_month_close_state"),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL AND closed_by IS NOT NULL AND closed_officer IS NOT NULL"
            " AND note_seq IS NOT NULL AND until_seq IS NOT NULL)",
            name="ck_month_close_closed",
        ),
        sa.CheckConstraint(
            "closed_by IS NULL OR (closed_by <> prepared_by AND closed_officer <> prepared_officer)",
            name="ck_month_close_two_people",
        ),
        sa.PrimaryKeyConstraint("community_id", "month"),
        sa.UniqueConstraint("community_id", "note_seq", name="uq_month_close_note"),
    )
    connection = op.get_bind()
    for statement in GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def downgrade() -> None:
    op.drop_table("month_close")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION month_close_stays()")
