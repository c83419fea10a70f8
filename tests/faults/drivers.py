"""Database drivers that fail when they are told to: the real ones, with a saboteur between them and SQLAlchemy.

    saboteur = Saboteur()
    attach(storage, saboteur)
    saboteur.arm(Plan("COMMIT", "after"))       # the next COMMIT takes effect, and its answer is lost

Every call that reaches a driver has a *point* (what is called: `connect`, `BEGIN`, `INSERT ledger_entry`, `COMMIT`...) and, when it is struck, a *side*:

    before      it fails and nothing happened
    after       it fails, though it took effect: the answer was lost
    lost        (PostgreSQL) the connection is gone before it
    lost_after  (PostgreSQL) it took effect, and the connection is gone with the answer
    aborted     (PostgreSQL) the server refuses it, and with it the rest of the transaction
    ended       (SQLite) it fails, and the database has rolled the whole transaction back, as on a full disk
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from timebank.storage import Storage

TRANSACTIONAL = re.compile(r"(SELECT|INSERT|UPDATE|DELETE|WITH|SAVEPOINT|RELEASE|ROLLBACK TO|COPY|FETCH)\b")
NAMED = re.compile(r"(SELECT|INSERT|UPDATE|DELETE|COPY)\b.*?\b(?:FROM|INTO|UPDATE|COPY)\s+([a-z_][a-z_.]*)", re.DOTALL)


@dataclass(frozen=True)
class Plan:
    """To strike at the `nth` call of this point from now on."""

    point: str
    side: str
    nth: int = 1


@dataclass
class Saboteur:
    """Counts the calls that reach the drivers, and spoils those that were planned; in an outage every one."""

    plans: list[Plan] = field(default_factory=list)
    outage: bool = False
    calls: Counter[str] = field(default_factory=Counter)
    struck: Counter[tuple[str, str]] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)

    def arm(self, plan: Plan) -> None:
        self.plans.append(Plan(plan.point, plan.side, self.calls[plan.point] + plan.nth))

    def disarm(self) -> None:
        self.plans, self.outage = [], False

    def side_of(self, point: str) -> str | None:
        """Whether and how this call fails."""
        self.calls[point] += 1
        struck = next((plan for plan in self.plans if plan.point == point and plan.nth <= self.calls[point]), None)
        if struck is not None:
            self.plans.remove(struck)
        side = struck.side if struck else "lost" if self.outage else None
        if side is not None:
            self.struck[point, side] += 1
            self.story.append(f"{point} {side}")
        else:
            self.story.append(point)
        return side


def point_of(statement: str) -> str:
    """What a statement is called here: its verb and its first table."""
    words = statement.lstrip().upper()
    if words == ";":
        return "PING"
    if words.startswith(("ROLLBACK TO", "RELEASE", "SAVEPOINT", "BEGIN", "COMMIT", "PRAGMA", "SET", "SHOW")):
        return "ROLLBACK TO" if words.startswith("ROLLBACK TO") else words.split()[0]
    if words.startswith("UPDATE"):
        return f"UPDATE {statement.split()[1].lower()}"
    found = NAMED.match(re.sub(r'"', "", statement.strip()))
    return f"{found[1].upper()} {found[2]}" if found else words.split()[0]


def sides_of(point: str, *, sqlite: bool) -> tuple[str, ...]:
    """How a call of this point may fail."""
    if sqlite:
        if point in {"connect", "FETCH"}:
            return ("before",)
        return ("before", "after", "ended") if TRANSACTIONAL.match(point) else ("before", "after")
    if point == "connect":
        return ("before",)
    if TRANSACTIONAL.match(point):
        return ("before", "after", "lost", "lost_after", "aborted")
    return ("before", "after", "lost", "lost_after")


def attach(storage: Storage, saboteur: Saboteur) -> None:
    """Let all connections that this storage makes from now on go through the saboteur."""
    for engine in (storage._writer, storage._engine):
        _attach(engine, saboteur)


def _attach(engine: Engine, saboteur: Saboteur) -> None:
    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, record: Any, arguments: Any, keywords: Any) -> Any:
        sqlite = dialect.name == "sqlite"
        side = saboteur.side_of("connect")
        if side is not None:
            raise _sqlite_error() if sqlite else psycopg.OperationalError("connection refused (injected)")
        made: Any
        if sqlite:
            made = sqlite3.connect(*arguments, **keywords, factory=SqliteConnection)
        else:
            made = PostgresConnection.connect(*arguments, **keywords)
            made.cursor_factory = PostgresCursor
        made.saboteur = saboteur
        return made


# SQLite


def _sqlite_error(name: str = "SQLITE_IOERR", message: str = "disk I/O error (injected)") -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(message)
    error.sqlite_errorname = name  # as the driver sets it on its own
    return error


class SqliteConnection(sqlite3.Connection):
    saboteur: Saboteur | None = None

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(factory or SqliteCursor)

    def execute(self, statement: str, *values: Any) -> Any:
        return self.cursor().execute(statement, *values)

    def commit(self) -> None:
        return self.struck("COMMIT", super().commit)

    def rollback(self) -> None:
        return self.struck("ROLLBACK", super().rollback)

    def struck(self, point: str, call: Callable[[], Any], *, half: Callable[[], Any] = lambda: None) -> Any:
        """`half` does what the driver may have done of many rows before one of them failed."""
        side = self.saboteur.side_of(point) if self.saboteur else None
        if side == "after":
            call()
        elif side == "before":
            half()
        if side == "ended":
            super().rollback()
            raise _sqlite_error("SQLITE_FULL", "database or disk is full (injected)")
        if side is not None:
            raise _sqlite_error()
        return call()


class SqliteCursor(sqlite3.Cursor):
    connection: SqliteConnection

    def execute(self, statement: str, *values: Any) -> Any:
        call = super().execute
        return self.connection.struck(point_of(statement), lambda: call(statement, *values))

    def executemany(self, statement: str, rows: Any) -> Any:
        call, rows = super().executemany, list(rows)
        half = rows[: len(rows) // 2]
        return self.connection.struck(
            point_of(statement), lambda: call(statement, rows), half=lambda: call(statement, half)
        )

    def fetchone(self) -> Any:
        return self.connection.struck("FETCH", super().fetchone)

    def fetchmany(self, *size: int) -> Any:
        call = super().fetchmany
        return self.connection.struck("FETCH", lambda: call(*size))

    def fetchall(self) -> Any:
        return self.connection.struck("FETCH", super().fetchall)


# PostgreSQL


class PostgresConnection(psycopg.Connection[Any]):
    saboteur: Saboteur | None = None

    def commit(self) -> None:
        return self.struck("COMMIT", super().commit)

    def rollback(self) -> None:
        return self.struck("ROLLBACK", super().rollback)

    def struck(self, point: str, call: Callable[[], Any]) -> Any:
        side = self.saboteur.side_of(point) if self.saboteur else None
        if side is None:
            return call()
        if side in ("after", "lost_after"):
            call()
        if side == "aborted":
            psycopg.Cursor(self).execute("SELECT 1 / 0 AS injected")
        if side.startswith("lost"):
            self.close()
        raise psycopg.OperationalError(f"{point} failed (injected)")


class PostgresCursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, *values: Any, **how: Any) -> Any:
        call = super().execute
        return self.spoiled(query, lambda: call(query, *values, **how))

    def executemany(self, query: Any, *values: Any, **how: Any) -> Any:
        call = super().executemany
        return self.spoiled(query, lambda: call(query, *values, **how))

    def copy(self, statement: Any, *values: Any, **how: Any) -> Any:
        call = super().copy
        return self.spoiled(statement, lambda: call(statement, *values, **how))

    def spoiled(self, query: Any, call: Callable[[], Any]) -> Any:
        statement = query.decode() if isinstance(query, bytes) else query if isinstance(query, str) else "OTHER"
        connection: Any = self.connection
        return connection.struck(point_of(statement), call)
