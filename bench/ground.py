"""What every row stands on: databases as an installation has them, a community's log on each, and the posts that both sides make.

A `Place` is one of the two databases. It makes books (our log, ready to post), empty tables for the bare replay, and copies.
"""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import create_engine

from bench.measure import Scale
from bench.replay import Bare, PostgresBare, SqliteBare
from ledger import book_of, guards, reading, tables
from ledger.entries import digest_of
from ledger.log import Signer
from tests.postgres import APP_ROLE, DatabaseUrls, PostgresServer, start_postgres
from timebank.storage import Request, Storage, new_key

Transfer = tuple[int, int, int]  # giver and taker, counted from 0, and minutes

COMMUNITY = 1
FIRST_MEMBER = 1001
GIVEN = 10_000
MINUTES = 10**9
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
SIGNER = Signer(KEY.public_key().public_bytes_raw(), KEY.sign)


class Missing(Exception):
    """Something that a row needs is not to be had here; the message says what."""


def transfers(first: int, count: int, members: int) -> list[Transfer]:
    """The posts from number `first` on; each member gives in turn, and over time receives as much."""
    return [(number % members, (number + 1 + number % 7) % members, 15) for number in range(first, first + count)]


def changes(posted: Iterable[Transfer], members: int) -> list[int]:
    """By how much these posts change each member's balance: what either side must end with."""
    found = [0] * members
    for giver, taker, minutes in posted:
        found[giver] -= minutes
        found[taker] += minutes
    return found


def short_detail(number: int, minutes: int) -> dict[str, Any]:
    return {"use_case": "bench.post", "credited": minutes, "row": f"{number:016x}"}


def now() -> dt.datetime:
    at = dt.datetime.now(dt.UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class Books:
    """A log whose members have minutes to give, on a database of its own."""

    def __init__(self, urls: DatabaseUrls, *, members: int, durable: bool = True, opened: bool = False) -> None:
        self.urls = urls
        self.members = members
        self.storage = Storage(urls.app_url, clock=now, secret=b"b" * 32, durable=durable)
        self._count = itertools.count()
        if not opened:
            self._open()

    def again(self) -> Books:
        """The same books opened anew, each commit durable; close the first before."""
        return Books(self.urls, members=self.members, opened=True)

    def post(self, posted: Sequence[Transfer], detail: Callable[[int, int], Mapping[str, Any]] = short_detail) -> None:
        """All in one request: one transaction, one durable commit."""
        number = next(self._count)

        def change(session: Any, at: dt.datetime) -> dict[str, Any]:
            book, day = book_of(session), at.date()
            for index, (giver, taker, minutes) in enumerate(posted):
                legs = {FIRST_MEMBER + giver: -minutes, FIRST_MEMBER + taker: minutes}
                book.post(legs, on=day, detail=detail(number << 20 | index, minutes))
            return {"posted": len(posted)}

        self.storage.write(
            COMMUNITY, new_key(now()), change, actor="bench", use_case="bench.post", content={"n": number}
        )

    def post_all(self, posted: Sequence[Transfer], batch: int) -> None:
        for first in range(0, len(posted), batch):
            self.post(posted[first : first + batch])

    @property
    def size(self) -> int:
        with self.storage.read() as session:
            end = reading.tail(session, COMMUNITY)
        return 0 if end is None else end.size

    def balances(self) -> list[int]:
        """What each member has, above what was given at the opening."""
        with self.storage.read() as session:
            found = reading.accounts(session, COMMUNITY, after=FIRST_MEMBER - 1, limit=self.members)
        return [one.balance - GIVEN for one in found]

    def close(self) -> None:
        self.storage.close()

    def _open(self) -> None:
        def open_log(session: Any, at: dt.datetime) -> dict[str, Any]:
            book = book_of(session)
            book.set_rule(two_from_min=MINUTES, two_from_pt=MINUTES, zone="+08:00")
            book.set_key(SIGNER.public_key, from_size=0)
            book.open(1, unit="min", class_="issue")
            note = book.note("limit", "1", digest_of(account=1, quota=MINUTES))
            book.limit(1, quota=MINUTES, cites=note, approvers=[1, 2])
            for number in range(FIRST_MEMBER, FIRST_MEMBER + self.members):
                book.open(number, unit="min", class_="member")
                book.post({1: -GIVEN, number: GIVEN}, on=at.date(), detail={"use_case": "bench.open"})
            return {}

        origin = "bench.example/log/BENCH"
        self.storage.found(COMMUNITY, new_key(now()), open_log, origin=origin, actor="bench", use_case="bench.open")


class Place(Protocol):
    """One of the two databases."""

    name: str

    def books(self, *, members: int, durable: bool = True) -> Books: ...
    def bare(self) -> Bare:
        """The same tables and indexes, empty and without guards, on a driver's connection."""

    def twin(self, books: Books) -> Bare:
        """A copy of books that are closed, without guards."""

    def bytes_by_table(self, books: Books) -> dict[str, int]:
        """What each table takes on disk, its indexes included."""

    def drop(self, one: Books | Bare) -> None: ...


class SqlitePlace:
    """Files of SQLite."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()

    def books(self, *, members: int, durable: bool = True) -> Books:
        url = f"sqlite:///{self._new()}"
        _make_tables(url, guarded=True)
        return Books(DatabaseUrls(url, url), members=members, durable=durable)

    def bare(self) -> Bare:
        path = self._new()
        _make_tables(f"sqlite:///{path}", guarded=False)
        return SqliteBare(path)

    def twin(self, books: Books) -> Bare:
        path = self._new()
        copy, source = sqlite3.connect(path), sqlite3.connect(_path(books))
        source.backup(copy)
        for statement in guards.removal("sqlite"):
            copy.execute(statement)
        copy.commit()
        copy.close()
        source.close()
        return SqliteBare(path)

    def bytes_by_table(self, books: Books) -> dict[str, int]:
        connection = sqlite3.connect(_path(books))
        try:
            sizes = "SELECT of.tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_schema AS of USING (name) GROUP BY 1"
            return dict(connection.execute(sizes).fetchall())
        except sqlite3.OperationalError as error:
            raise Missing(f"this SQLite tells no sizes: {error}") from None
        finally:
            connection.close()

    def drop(self, one: Books | Bare) -> None:
        one.close()
        path = _path(one) if isinstance(one, Books) else Path(one.where)
        for suffix in ("", "-wal", "-shm", ".lane"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)

    def _new(self) -> Path:
        return self._folder / f"{next(self._numbers)}.db"


class PostgresPlace:
    """A server of our own, `fsync` and `synchronous_commit` on."""

    name = "PostgreSQL"

    def __init__(self, server: PostgresServer) -> None:
        self.server = server

    def books(self, *, members: int, durable: bool = True) -> Books:
        urls = self.server.new_database()
        _make_tables(urls.owner_url, guarded=True, app_role=APP_ROLE)
        return Books(urls, members=members, durable=durable)

    def bare(self) -> Bare:
        urls = self.server.new_database()
        _make_tables(urls.owner_url, guarded=False, app_role=APP_ROLE)
        return PostgresBare(urls.app_url)

    def twin(self, books: Books) -> Bare:
        with self.server.connect(books.urls.name) as connection:
            connection.execute("VACUUM ANALYZE")  # as the server's own housekeeping does in time
        urls = self.server.new_database(like=books.urls.name)
        with self.server.connect(urls.name) as connection:
            for statement in guards.removal("postgresql"):
                connection.execute(statement.encode())
        return PostgresBare(urls.app_url)

    def bytes_by_table(self, books: Books) -> dict[str, int]:
        with self.server.connect(books.urls.name) as connection:
            connection.execute("VACUUM")
            sizes = "SELECT relname::text, pg_total_relation_size(relid) FROM pg_stat_user_tables"
            return {str(name): int(size) for name, size in connection.execute(sizes)}

    def drop(self, one: Books | Bare) -> None:
        one.close()
        url = one.urls.app_url if isinstance(one, Books) else one.where
        self.server.drop_database(DatabaseUrls("", url))


class Ground:
    """A run's folder, its server and what several rows share; made when it is first asked for."""

    def __init__(self, scale: Scale, *, server: PostgresServer | None = None, with_peers: bool = True) -> None:
        self.scale = scale
        self.with_peers = with_peers
        self.folder = Path(tempfile.mkdtemp(prefix="timebank-bench-"))
        self._apart = Path(tempfile.mkdtemp(prefix="timebank-bench-postgres-"))  # where the server's own user may walk
        self._server = server
        self._own_server: PostgresServer | None = None

    @cached_property
    def sqlite(self) -> SqlitePlace:
        return SqlitePlace(self.folder)

    @cached_property
    def postgres(self) -> PostgresPlace:
        if self._server is None:
            self._server = self._own_server = start_postgres(self._apart)
        return PostgresPlace(self._server)

    @property
    def places(self) -> tuple[Place, Place]:
        return self.sqlite, self.postgres

    @property
    def served(self) -> list[SqlitePlace | PostgresPlace]:
        """Where whole communities are made; SQLite last, since more is measured there."""
        return [self.sqlite if name == "SQLite" else self.postgres for name in self.scale.served]

    @cached_property
    def log(self) -> Books:
        """A log of `scale.log` posts on SQLite, to verify and to prove from; nobody writes to it any more."""
        books = self.sqlite.books(members=self.scale.members, durable=False)
        books.post_all(transfers(0, self.scale.log, self.scale.members), self.scale.batch)
        return books

    def close(self) -> None:
        if "log" in self.__dict__:
            self.log.close()
        if self._own_server is not None:
            self._own_server.process.send_signal(signal.SIGQUIT)  # at once: what it holds is thrown away
            self._own_server.process.wait(timeout=30)
        for one in (self.folder, self._apart):
            shutil.rmtree(one, ignore_errors=True)


def _path(books: Books) -> Path:
    return Path(books.urls.app_url.removeprefix("sqlite:///"))


def _make_tables(url: str, *, guarded: bool, app_role: str = "") -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        Request.__table__.create(connection)  # type: ignore[attr-defined]
        if guarded:
            for statement in guards.statements(connection.dialect.name):
                connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        if app_role:
            connection.exec_driver_sql(
                f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{app_role}"'
            )
    engine.dispose()
