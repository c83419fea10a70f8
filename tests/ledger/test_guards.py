"""What cannot be changed by a slip of the hand, in both databases, after the migrations."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tests.village import Village

CHANGES = [
    "UPDATE ledger_entry SET kind = 'note' WHERE seq = 3",
    "DELETE FROM ledger_entry WHERE seq = 3",
    "UPDATE ledger_checkpoint SET note = ''",
    "DELETE FROM ledger_checkpoint",
    "UPDATE ledger_tile SET hashes = root",
    "DELETE FROM ledger_tile",
]
ROWS = [
    "INSERT INTO ledger_checkpoint (community_id, size, at, root, note) VALUES (1, 2, 0, :bytes, 'x')",
    "INSERT INTO ledger_tile (community_id, level, number, root, hashes) VALUES (1, 0, 0, :bytes, :bytes)",
]


def as_owner(village: Village, *statements: str) -> None:
    """Run statements as the database's owner, whom grants do not bind."""
    engine = create_engine(village.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), {"bytes": b"\0" * 32})


@pytest.mark.parametrize("change", CHANGES)
def test_the_record_cannot_be_changed_or_deleted(village: Village, change: str) -> None:
    as_owner(village, *ROWS)
    with pytest.raises(DBAPIError, match="append-only"):
        as_owner(village, change)


def test_the_record_cannot_be_written_over(village: Village) -> None:
    as_owner(village, *ROWS)
    over = [statement.replace("INSERT", "INSERT OR REPLACE") for statement in ROWS] if village.storage.sqlite else ROWS
    for statement in over:
        with pytest.raises(DBAPIError):
            as_owner(village, statement)
    entry = "SELECT community_id, seq, at, 'note', id, leaf FROM ledger_entry WHERE seq = 3"
    replace = "INSERT OR REPLACE" if village.storage.sqlite else "INSERT"
    with pytest.raises(DBAPIError):
        as_owner(village, f"{replace} INTO ledger_entry (community_id, seq, at, kind, id, leaf) {entry}")


@pytest.mark.parametrize(
    "columns",
    ["1, 999, at, kind, id, leaf, NULL", "1, 999, at, kind, randomblob(16), leaf, rowid"],
    ids=["id", "rowid"],
)
def test_an_entry_cannot_be_written_over_by_another_of_its_keys(village: Village, columns: str) -> None:
    if not village.storage.sqlite:
        pytest.skip("PostgreSQL has no INSERT OR REPLACE")
    names = "community_id, seq, at, kind, id, leaf, rowid"
    with pytest.raises(DBAPIError, match="append-only"):
        as_owner(
            village, f"INSERT OR REPLACE INTO ledger_entry ({names}) SELECT {columns} FROM ledger_entry WHERE seq = 3"
        )


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_checkpoint", "ledger_tile"])
def test_the_record_cannot_be_emptied(village: Village, table: str) -> None:
    as_owner(village, *ROWS)
    empty = f"DELETE FROM {table}" if village.storage.sqlite else f"TRUNCATE {table}"
    with pytest.raises(DBAPIError, match="append-only"):
        as_owner(village, empty)
