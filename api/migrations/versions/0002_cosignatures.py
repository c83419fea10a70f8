"""What witnesses signed to our checkpoints, and the logs of others that this installation witnesses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

GUARDS = {
    "sqlite": [
        """CREATE TRIGGER ledger_cosignature_update BEFORE UPDATE ON ledger_cosignature BEGIN SELECT RAISE(ABORT, 'ledger_cosignature is append-only'); END""",
        """CREATE TRIGGER ledger_cosignature_delete BEFORE DELETE ON ledger_cosignature BEGIN SELECT RAISE(ABORT, 'ledger_cosignature is append-only'); END""",
        """CREATE TRIGGER ledger_cosignature_replace BEFORE INSERT ON ledger_cosignature WHEN EXISTS (SELECT 1 FROM ledger_cosignature WHERE community_id = NEW.community_id AND size = NEW.size AND key = NEW.key AND at = NEW.at) OR EXISTS (SELECT 1 FROM ledger_cosignature WHERE rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'ledger_cosignature is append-only'); END""",
    ],
    "postgresql": [
        """CREATE TRIGGER ledger_cosignature_change BEFORE UPDATE OR DELETE ON ledger_cosignature FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()""",
        """CREATE TRIGGER ledger_cosignature_truncate BEFORE TRUNCATE ON ledger_cosignature FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()""",
    ],
}


def upgrade() -> None:
    op.create_table(
        "ledger_cosignature",
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "size", "key", "at", name="pk_ledger_cosignature"),
    )
    op.create_index(
        "ix_ledger_cosignature_key", "ledger_cosignature", ["community_id", "key", "size", "at"], unique=False
    )
    op.create_table(
        "ledger_witnessed",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("size > 0", name="ck_ledger_witnessed_size"),
        sa.PrimaryKeyConstraint("origin", name="pk_ledger_witnessed"),
    )
    connection = op.get_bind()
    for statement in GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def downgrade() -> None:
    op.drop_table("ledger_witnessed")
    op.drop_table("ledger_cosignature")
