"""What an upgrade finds in the tables that it makes anew is in them afterwards."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from api import schema

POSTINGS = [(1, 7, 2, -60, -60), (1, 8, 2, 60, 60), (1, 8, 3, 15, 75), (2, 7, 2, 15, 15)]


def postings(connection: Connection) -> list[tuple[int, ...]]:
    return [tuple(row) for row in connection.execute(text("SELECT * FROM ledger_posting ORDER BY 1, 2, 3"))]


def keyed_twice(connection: Connection) -> bool:
    """Whether the table has rows and, beside them, an index of their keys."""
    query = "SELECT count(*) FROM sqlite_master WHERE tbl_name = 'ledger_posting' AND type = 'index' AND rootpage"
    wide = "SELECT wr FROM pragma_table_list('ledger_posting')"
    return bool(connection.execute(text(query)).scalar_one()) and not connection.execute(text(wide)).scalar_one()


def test_postings_come_through_both_ways(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'timebank.db'}"
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        command.upgrade(schema._config(connection), "0003")
        assert keyed_twice(connection)
        for values in POSTINGS:
            connection.exec_driver_sql("INSERT INTO ledger_posting VALUES (?, ?, ?, ?, ?)", values)
    with engine.begin() as connection:
        command.upgrade(schema._config(connection), "0004")
        assert postings(connection) == POSTINGS
        assert not keyed_twice(connection)
        command.downgrade(schema._config(connection), "0003")
        assert postings(connection) == POSTINGS
