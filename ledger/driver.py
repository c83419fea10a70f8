"""The driver's own calls on a connection of SQLAlchemy's, for the write path: a single post makes nine statements, and SQLAlchemy's layers around them took a third of its time.

The transaction is SQLAlchemy's: what runs here is in it, behind its savepoints, and rolled back with it. Errors are told as SQLAlchemy tells them, so that nobody above need know which way a statement went. SQLAlchemy's
own events (`before_cursor_execute`...) do not see these statements; what listens must listen at the driver.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def call(connection: Connection, sql: str, values: Sequence[Any] = ()) -> int:
    """Run one statement, marked as the driver marks its values; how many rows it changed.

    Raises:
        DBAPIError: the database refused it, or is not to be reached.
    """
    return int(_run(connection, lambda cursor: cursor.execute(sql, values).rowcount, sql, values))


def call_many(connection: Connection, sql: str, values: Sequence[Sequence[Any]]) -> None:
    """Run one statement for each of many rows, by `executemany`; raises as `call` does."""
    _run(connection, lambda cursor: cursor.executemany(sql, values), sql, values)


def fetch(connection: Connection, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows that a statement gives; raises as `call` does."""
    found: list[tuple[Any, ...]] = _run(connection, lambda cursor: cursor.execute(sql, values).fetchall(), sql, values)
    return found


def glance(connection: Connection, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows that a query gives by itself, on a connection without a transaction; raises as `call` does."""
    found: list[tuple[Any, ...]] = _run(
        connection, lambda cursor: cursor.execute(sql, values).fetchall(), sql, values, begun=True
    )
    return found


def begin(connection: Connection, sql: str) -> None:
    """Run the statement by which the transaction begins."""
    _run(connection, lambda cursor: cursor.execute(sql), sql, (), begun=True)


def _run(
    connection: Connection, work: Callable[[Any], Any], sql: str, values: Sequence[Any], *, begun: bool = False
) -> Any:
    if not (begun or connection.in_transaction()):
        connection.begin()
    driver: Any = connection.connection.dbapi_connection
    cursor = driver.cursor()
    try:
        return work(cursor)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(connection, sql, values, error) from error
    finally:
        # The traceback of an error keeps it: an open one would keep SQLite's transaction past its connection's end.
        cursor.close()


def _told(connection: Connection, sql: str, values: Sequence[Any], error: Any) -> Exception:
    """The error as SQLAlchemy tells it. A connection that is lost is used no more, as after its own calls."""
    dialect: Any = connection.dialect
    lost: bool = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if lost:
        connection.invalidate(error)
    told: Exception = DBAPIError.instance(
        sql,
        values,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=connection.engine.hide_parameters,
        connection_invalidated=lost,
        dialect=dialect,
    )
    return told
