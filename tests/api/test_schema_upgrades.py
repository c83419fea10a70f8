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


def test_objections_and_asked_corrections_come_through_both_ways(tmp_path: Path) -> None:
    """The table of objections is made anew for its new state; what lies in it, and its indexes, stay."""
    url = f"sqlite:///{tmp_path / 'timebank.db'}"
    engine = create_engine(url, poolclass=NullPool)
    objection = (
        "INSERT INTO objection (community_id, id, batch_number, line_number, person_id, channel, reason, raised_at,"
        " raised_by, answer_due_at, state, answer, appeal, decision, late)"
        " VALUES (1, x'01', 1, 1, x'02', 'page', '不对', 5, 'A', 9, '{}', '', '', '', 1)"
    )
    with engine.begin() as connection:
        command.upgrade(schema._config(connection), "0027")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql(objection.format("open"))
        connection.exec_driver_sql(
            "INSERT INTO award_correction (community_id, id, award_id, reason, asked_at, asked_by, asked_officer)"
            " VALUES (1, x'03', x'04', '记错', 5, 'A', 1)"
        )
        before = _indexes(connection, "objection")
    with engine.begin() as connection:
        command.upgrade(schema._config(connection), "0028")
        assert connection.exec_driver_sql("SELECT state, late, reason FROM objection").all() == [("open", 1, "不对")]
        assert _indexes(connection, "objection") == before
        connection.exec_driver_sql("UPDATE objection SET state = 'taken_back'")
        connection.exec_driver_sql("UPDATE award_correction SET declined_at = 6, declined_by = 'B'")
    with engine.begin() as connection:
        command.downgrade(schema._config(connection), "0027")
        assert connection.exec_driver_sql("SELECT count(*) FROM objection").scalar_one() == 0
        assert connection.exec_driver_sql("SELECT count(*) FROM award_correction").scalar_one() == 0
        assert _indexes(connection, "objection") == before
        connection.exec_driver_sql(objection.format("open"))


def _indexes(connection: Connection, table: str) -> list[str]:
    found = text("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = :table AND sql IS NOT NULL")
    return sorted(connection.execute(found, {"table": table}).scalars())
