"""How connections are made: isolation, durability, and the lock of the one process that writes an SQLite database."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from ledger import driver
from timebank.errors import Busy

# Connections of readers that stay open: they cost next to nothing on a file, and a page should not wait for another.
READERS_KEPT = 32
# What a long write touches should stay in memory till its commit: SQLite's own 2 MB make it write and read pages twice.
WRITERS_CACHE = ("cache_size = -16000", "temp_store = MEMORY")


def make_engine(url: str, *, sqlite: bool, writes: bool = False, durable: bool = True, glances: bool = False) -> Engine:
    """An engine for reading, for the lanes (`writes`), or for questions without a transaction (`glances`).

    What keeps connections for `writes` and `glances` is who uses them.
    """
    if not sqlite:
        return create_engine(
            url,
            isolation_level="AUTOCOMMIT" if glances else "READ COMMITTED",
            pool_pre_ping=not (writes or glances),
            connect_args=_postgres_arguments(url, durable=durable),
            **({"poolclass": NullPool} if writes or glances else {}),
        )
    engine = create_engine(
        url,
        connect_args={"timeout": 30, "check_same_thread": False},
        **({"poolclass": NullPool} if writes or glances else {"pool_size": READERS_KEPT}),
    )
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            "journal_mode = WAL",
            f"synchronous = {'FULL' if durable else 'OFF'}",
            "foreign_keys = ON",
            "recursive_triggers = ON",
            "busy_timeout = 30000",
            *(WRITERS_CACHE if writes else ()),
        ):
            connection.execute(f"PRAGMA {pragma}")
        if not writes:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def say_begin(connection: Connection) -> None:
        driver.begin(connection, begin)

    return engine


def _postgres_arguments(url: str, *, durable: bool) -> dict[str, str | int]:
    """How a connection notices that the other end is gone without a word, on both ends, within a minute or so.

    The system's own defaults wait for two hours, and a machine that died while it held a log's tail would stop that community for as long. What the address itself says goes before.
    """
    options = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
    wanted: dict[str, str | int] = {
        "connect_timeout": 10,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
        "options": options if durable else f"{options} -c synchronous_commit=off",
    }
    said = make_url(url).query
    return {name: value for name, value in wanted.items() if name not in said}


class LaneLock:
    """Held by the one process that writes an SQLite database: a second writing process would starve behind the first."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lane")
        self._file: Any = None

    def take(self) -> None:
        if self._file is not None:
            return
        file = self._path.open("a")
        try:
            _lock_file(file)
        except OSError:
            file.close()
            raise Busy(file=str(self._path)) from None
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _lock_file(file: Any) -> None:
    if sys.platform == "win32":
        import msvcrt  # there only on Windows

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # there everywhere else

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
