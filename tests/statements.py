"""What statements reach the database, heard at the driver: the write path goes past SQLAlchemy's own events.

with heard(connection.connection.dbapi_connection) as asked:
    ...
asked == [("SELECT ... WHERE n = 7", None)]     # SQLite tells the values in place of their marks
asked == [("SELECT ... WHERE n = %s", (7,))]    # psycopg
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlalchemy import event

from timebank.storage import Storage

Asked = list[tuple[str, Any]]


@contextmanager
def heard(*drivers: Any) -> Iterator[Asked]:
    """What is asked on these connections meanwhile, without what triggers do. Many rows of one statement are one or many."""
    asked: Asked = []
    before = [_begin(driver, asked) for driver in drivers]
    try:
        yield asked
    finally:
        for driver, factory in zip(drivers, before, strict=True):
            _end(driver, factory)


@contextmanager
def heard_of(storage: Storage) -> Iterator[Asked]:
    """The same for whatever a storage reads and writes; its lanes have written before."""
    asked: Asked = []
    with ExitStack() as at_end:

        def begin(driver: Any, *_: Any) -> None:
            at_end.callback(_end, driver, _begin(driver, asked))

        for engine in (storage._engine, storage._writer, storage._glances):
            event.listen(engine, "checkout", begin)
            at_end.callback(event.remove, engine, "checkout", begin)
        for idle in storage._idle:
            begin(idle.connection.dbapi_connection)
        for lane in storage._lanes:
            if lane._connection is not None:
                begin(lane._connection.connection.dbapi_connection)
        yield asked


def _begin(driver: Any, asked: Asked) -> Any:
    if isinstance(driver, sqlite3.Connection):
        driver.set_trace_callback(lambda sql: None if sql.startswith("--") else asked.append((sql, None)))
        return None
    before: Any = driver.cursor_factory

    class Hearing(before):  # type: ignore[misc]  # whatever class made the connection's cursors
        def execute(self, query: Any, params: Any = None, **how: Any) -> Any:
            asked.append((str(query), params))
            return super().execute(query, params, **how)

        def executemany(self, query: Any, params_seq: Any, **how: Any) -> Any:
            rows = list(params_seq)
            asked.append((str(query), rows[0] if rows else None))
            return super().executemany(query, rows, **how)

    driver.cursor_factory = Hearing
    return before


def _end(driver: Any, factory: Any) -> None:
    if isinstance(driver, sqlite3.Connection):
        driver.set_trace_callback(None)
    else:
        driver.cursor_factory = factory
