"""Postings without a second copy of their key on SQLite, and accounts with room to be updated in place on PostgreSQL.

A posting is found by its key alone, so on SQLite the key is the table: 36 bytes a transfer less than rows and an index of
their keys. On PostgreSQL a batch writes the same accounts again and again; where a page has room, the new version stays on
it and the old one is tidied away by the next writer, and no index is touched.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

POSTING = """
CREATE TABLE {name} (
    community_id BIGINT NOT NULL,
    account BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    balance BIGINT NOT NULL,
    CONSTRAINT pk_ledger_posting PRIMARY KEY (community_id, account, seq),
    CONSTRAINT ck_ledger_posting_amount CHECK (amount <> 0)
) {kind}
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE ledger_account SET (fillfactor = 45)")
    else:
        _write_postings_anew("WITHOUT ROWID")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE ledger_account RESET (fillfactor)")
    else:
        _write_postings_anew("")


def _write_postings_anew(kind: str) -> None:
    op.execute("DROP TABLE IF EXISTS ledger_posting_new")  # of an upgrade that was cut short
    op.execute(POSTING.format(name="ledger_posting_new", kind=kind))
    columns = "community_id, account, seq, amount, balance"
    op.execute(
        f"INSERT INTO ledger_posting_new ({columns}) SELECT {columns} FROM ledger_posting ORDER BY community_id, account, seq"
    )
    op.execute("DROP TABLE ledger_posting")
    op.execute("ALTER TABLE ledger_posting_new RENAME TO ledger_posting")
