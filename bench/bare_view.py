"""What a check-in over HTTP is measured against: one Flask view that writes one durable row, and nothing else.

No session, no CSRF token, no rules, no log: a name and an instant go into a table with an index. The database has the
settings that ours has. On SQLite all threads share one connection behind a lock, which was faster than one for each
thread, where they wait for each other by sleeping; on PostgreSQL each thread has its own.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from flask import Flask, request

TABLE = "CREATE TABLE IF NOT EXISTS arrival (id {id}, person TEXT NOT NULL, at BIGINT NOT NULL)"
INDEX = "CREATE INDEX IF NOT EXISTS ix_arrival_person ON arrival (person, at)"


def application() -> Flask:
    """The whole application; `BARE_DATABASE` names a file of SQLite or a server of PostgreSQL."""
    app = Flask("bare")
    where = os.environ["BARE_DATABASE"]
    insert = _postgres(where) if where.startswith("postgresql:") else _sqlite(Path(where))

    @app.post("/check-in")
    def check_in() -> tuple[str, int]:
        insert(request.form["person"], time.time_ns() // 1_000_000)
        return "checked in", 200

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    return app


def _sqlite(path: Path) -> Callable[[str, int], None]:
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(TABLE.format(id="INTEGER PRIMARY KEY"))
    connection.execute(INDEX)
    lock = threading.Lock()

    def insert(person: str, at: int) -> None:
        with lock:
            connection.execute("INSERT INTO arrival (person, at) VALUES (?, ?)", (person, at))

    return insert


def _postgres(url: str) -> Callable[[str, int], None]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE.format(id="BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY").encode())
        connection.execute(INDEX.encode())
    of_thread = threading.local()

    def insert(person: str, at: int) -> None:
        if not hasattr(of_thread, "connection"):
            of_thread.connection = psycopg.connect(url, autocommit=True)
        of_thread.connection.execute("INSERT INTO arrival (person, at) VALUES (%s, %s)", (person, at))

    return insert
