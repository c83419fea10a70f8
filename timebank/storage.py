"""One way into the database: reading from snapshots, writing on a lane.

A lane takes the requests that wait (never waits to fill a batch), runs them one after the other in one transaction, commits once, and answers all: one fsync for many. Each has a savepoint and a fresh session; ledger
entries are buffered by the book and written before COMMIT. Domain rows and ledger entries of a request commit together, or not at all.

- A request that is refused or fails leaves no trace but its recorded refusal; the others of its batch go on.
- If the transaction is found closed (a full disk ends it silently on SQLite) or the flush fails, the batch is discarded and its requests run again one by one.
- Only a failing COMMIT answers `Unknown`: repeat with the same key.
"""

from __future__ import annotations

import datetime
import hmac
import json
import queue
import sqlite3
import sys
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import psycopg
from sqlalchemy import CheckConstraint, Connection, Engine, create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlmodel import Field, Session, SQLModel

from ledger import Book, LedgerRefused
from ledger.book import Cache
from timebank import columns
from timebank.columns import Instant, Json, Number, key_instant
from timebank.errors import (
    BadInput,
    Busy,
    Fact,
    KeyAhead,
    KeyExpired,
    KeyUsed,
    NotFound,
    Refused,
    RefusedByLedger,
    StorageFull,
    Unknown,
    again,
)

BATCH_MOST = 60  # PostgreSQL tracks 64 subtransactions of a transaction in memory
KEYS_KEPT = datetime.timedelta(days=30)
KEY_AHEAD_MOST = datetime.timedelta(minutes=5)

new_id = columns.new_id
new_key = columns.new_key

Change = Callable[[Session, datetime.datetime], dict[str, Any]]


class Request(SQLModel, table=True):
    """What was asked under a key and how it ended, so that asking again gives the first answer. Pruned after 31 days; `facts` may be erased sooner."""

    __tablename__: ClassVar[str] = "request"
    __table_args__ = (CheckConstraint("outcome IN ('done', 'refused')", name="ck_request_outcome"),)

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    key: uuid.UUID = Field(sa_type=columns.Id, primary_key=True)
    actor: str
    use_case: str
    content: bytes = Field(description="HMAC of the content, since a plain hash would let tear-off numbers be guessed")
    outcome: str
    facts: dict[str, Any] = Field(sa_type=Json)
    recorded_at: datetime.datetime = Field(sa_type=Instant)


class Counter(SQLModel, table=True):
    """The last number given out of a gap-free series: person serials, vouchers, batches."""

    __tablename__: ClassVar[str] = "counter"
    __table_args__ = (CheckConstraint("last >= 0", name="ck_counter_last"),)

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = Field(primary_key=True)
    last: int = Field(sa_type=Number)


def next_number(session: Session, community_id: int, name: str, *, count: int = 1) -> int:
    """The next number of a series, or the first of the next `count`. Given back if the request is refused, so that there are no gaps."""
    row = session.get(Counter, (community_id, name))
    if row is None:
        row = Counter(community_id=community_id, name=name, last=0)
        session.add(row)
    row.last += count
    session.flush()
    return row.last - count + 1


def job_key(community_id: int, job: str, period_start: datetime.datetime, period: str) -> uuid.UUID:
    """The key of a job's run for a period, so that running it twice is harmless."""
    return columns.key_from(period_start, sha256(f"{community_id}\n{job}\n{period}".encode()).digest())


@dataclass
class _Waiting:
    """A request on its way through a lane."""

    community_id: int
    key: uuid.UUID | None  # None: a write of global tables
    change: Change
    actor: str = ""
    use_case: str = ""
    content: bytes = b""
    founds: str | None = None
    answer: Future[Any] = field(default_factory=Future)
    outcome: Any = None
    refused: BaseException | None = None


class _Discard(Exception):
    """The batch cannot be committed; nothing of it is kept."""


class Storage:
    """The database of an installation.

    `clock` gives the instant at which a request runs (aware, UTC), `secret` keys the digests of what was asked. On SQLite the process that writes holds `<database>.lane`, so that a second one refuses
    instead of starving; `exclusive=False` leaves that out.
    """

    def __init__(
        self, url: str, *, clock: Callable[[], datetime.datetime], secret: bytes, lanes: int = 4, exclusive: bool = True
    ) -> None:
        self.url = make_url(url)
        self.clock = clock
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._secret = secret
        self._engine = _engine(url, self.sqlite)
        self._writer = _engine(url, self.sqlite, writes=True)
        self._lanes = [_Lane(self) for _ in range(1 if self.sqlite else lanes)]
        self._lock = _LaneLock(Path(self.url.database or "")) if self.sqlite and exclusive else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session on one snapshot of the database; it cannot write."""
        with self._engine.connect() as connection:
            if not self.sqlite:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            with Session(connection, expire_on_commit=False, autoflush=False) as session:
                yield session

    def write(
        self,
        community_id: int,
        key: uuid.UUID,
        change: Change,
        *,
        actor: str,
        use_case: str,
        content: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Run `change(session, now)` in the community's turn and give its facts; asked again with the same key and content, give the first answer again.

        Raises:
            Refused: the change's own refusals, and `KeyUsed`, `KeyExpired`, `KeyAhead`, `StorageFull`, `Busy`, `Unknown`.
        """
        if not columns.is_key(key):
            raise BadInput(fields={"key": "not a request key"})
        told = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str).encode()
        waiting = _Waiting(community_id, key, change, actor, use_case, hmac.digest(self._secret, told, "sha256"))
        facts: dict[str, Any] = self._lane(community_id).ask(waiting)
        return facts

    def found(
        self, community_id: int, key: uuid.UUID, change: Change, *, origin: str, actor: str, use_case: str
    ) -> dict[str, Any]:
        """Lay down the empty log of a new community and run `change`, which opens it; if that is refused, there is no log either.

        Raises:
            Refused: the change's own refusals.
        """
        waiting = _Waiting(
            community_id,
            key,
            change,
            actor,
            use_case,
            hmac.digest(self._secret, origin.encode(), "sha256"),
            founds=origin,
        )
        facts: dict[str, Any] = self._lane(community_id).ask(waiting)
        return facts

    def write_global(self, change: Callable[[Session, datetime.datetime], Any]) -> Any:
        """Change tables that belong to no community, in a transaction of its own. On SQLite it takes its turn between the lane's batches."""
        if self.sqlite:
            return self._lanes[0].ask(_Waiting(0, None, change))
        with (
            self._writer.connect() as connection,
            Session(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            return change(session, self.clock())

    def connect(self) -> Connection:
        """A bare connection for tools that measure or check; never for writing."""
        return self._engine.connect()

    def close(self) -> None:
        for lane in self._lanes:
            lane.stop()
        self._engine.dispose()
        self._writer.dispose()
        if self._lock:
            self._lock.release()

    def hold_lane(self) -> None:
        """Take the lane now instead of at the first write.

        Raises:
            Busy: another process has it.
        """
        if self._lock:
            self._lock.take()

    def _lane(self, community_id: int) -> _Lane:
        return self._lanes[community_id % len(self._lanes)]


class _Lane:
    """A thread that writes, and the queue before it."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._later: deque[_Waiting] = deque()
        self._caches: dict[int, Cache] = {}
        self._connection: Connection | None = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stopped = False

    def ask(self, waiting: _Waiting) -> Any:
        if self._thread is None:
            self._start()
        self._queue.put(waiting)
        return waiting.answer.result()

    def stop(self) -> None:
        with self._starting:
            self._stopped = True
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _start(self) -> None:
        with self._starting:
            if self._stopped:
                raise RuntimeError("this storage is closed")
            if self._thread is None:
                if self._storage._lock:
                    self._storage._lock.take()
                self._thread = threading.Thread(target=self._run, name="timebank-lane", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            batch = self._next_batch()
            if batch is None:
                self._drop_connection()
                return
            try:
                self._run_batch(batch)
            except _Discard:
                for waiting in batch:
                    self._run_alone(waiting)
            except BaseException as error:  # the thread must outlive whatever a request did
                self._drop_connection()
                for waiting in batch:
                    waiting.refused = waiting.refused or error
            for waiting in batch:
                if waiting.refused is not None:
                    waiting.answer.set_exception(waiting.refused)
                else:
                    waiting.answer.set_result(waiting.outcome)

    def _next_batch(self) -> list[_Waiting] | None:
        """What waits, at most 60, all of one community; what is of another waits on."""
        first = self._later.popleft() if self._later else self._queue.get()
        if first is None:
            return None
        batch = [first]
        if first.key is None or first.founds:
            return batch
        passed: deque[_Waiting] = deque()
        while len(batch) < BATCH_MOST:
            if self._later:
                waiting: _Waiting | None = self._later.popleft()
            else:
                try:
                    waiting = self._queue.get_nowait()
                except queue.Empty:
                    break
            if waiting is None:
                self._queue.put(None)
                break
            if waiting.key is not None and not waiting.founds and waiting.community_id == first.community_id:
                batch.append(waiting)
            else:
                passed.append(waiting)
        self._later.extendleft(reversed(passed))
        return batch

    def _run_alone(self, waiting: _Waiting) -> None:
        waiting.outcome = waiting.refused = None
        try:
            self._run_batch([waiting])
        except _Discard as discarded:
            waiting.refused = _told(discarded.__cause__ or discarded)

    def _run_batch(self, batch: list[_Waiting]) -> None:
        """Run the batch in one transaction and commit it.

        Raises:
            _Discard: it was rolled back; run its requests one by one.
        """
        try:
            connection = self._open()
        except DBAPIError as error:
            self._drop_connection()
            raise _Discard from error
        if batch[0].key is None:
            self._run_global(connection, batch[0])
            return
        community_id = batch[0].community_id
        cache = self._caches.setdefault(community_id, Cache())
        try:
            book = self._open_book(connection, community_id, cache, founds=batch[0].founds)
            self._answer_all(connection, book, batch)
            book.flush()
            self._check_open(connection)
            if batch[0].founds and batch[0].refused is not None:
                connection.rollback()
                cache.forget()
                return
        except Exception as error:
            cache.forget()
            self._drop_connection()
            raise _Discard from error
        try:
            connection.commit()
        except Exception:
            cache.forget()
            self._drop_connection()
            for waiting in batch:
                waiting.outcome, waiting.refused = None, Unknown()
            return
        book.committed()

    def _open_book(self, connection: Connection, community_id: int, cache: Cache, *, founds: str | None) -> Book:
        try:
            return Book(connection, community_id, cache)
        except LookupError:
            if founds is None:
                raise NotFound(community=community_id) from None
        Book.found(connection, community_id, founds)
        return Book(connection, community_id, cache)

    def _answer_all(self, connection: Connection, book: Book, batch: list[_Waiting]) -> None:
        known = _known_requests(connection, batch)
        for waiting in batch:
            assert waiting.key is not None  # noqa: S101  # for the type checker; _run_batch took the others
            now = self._storage.clock()
            before = known.get(waiting.key)
            if before is not None:
                _answer_again(waiting, before)
                continue
            if (now - key_instant(waiting.key)) > KEYS_KEPT or (key_instant(waiting.key) - now) > KEY_AHEAD_MOST:
                waiting.refused = KeyExpired() if key_instant(waiting.key) < now else KeyAhead()
                continue
            self._answer(connection, book, waiting, now)
            self._check_open(connection)
            recorded = _record(waiting, now)
            if recorded is not None:
                connection.execute(Request.__table__.insert(), recorded)  # type: ignore[attr-defined]
                known[waiting.key] = Request(**recorded)

    def _answer(self, connection: Connection, book: Book, waiting: _Waiting, now: datetime.datetime) -> None:
        """Run one request behind a savepoint."""
        mark = None
        try:
            with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
                mark = book.begin(waiting.key or uuid.UUID(int=0), now)
                session.info["book"] = book
                waiting.outcome = waiting.change(session, now)
                session.commit()
        except (Refused, LedgerRefused, DBAPIError) as error:
            waiting.refused = _told(error)
        except Exception as error:
            waiting.refused = error
        if waiting.refused is not None and mark is not None:
            book.undo(mark)

    def _run_global(self, connection: Connection, waiting: _Waiting) -> None:
        try:
            with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
                waiting.outcome = waiting.change(session, self._storage.clock())
                session.commit()
            self._check_open(connection)
            connection.commit()
        except Exception as error:
            waiting.refused = _told(error)
            self._drop_connection()

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self._storage._writer.connect()
        self._connection.begin()
        return self._connection

    def _check_open(self, connection: Connection) -> None:
        """Refuse to go on if the database ended the transaction by itself: the next savepoint would commit alone."""
        driver = connection.connection.dbapi_connection
        if isinstance(driver, sqlite3.Connection):
            is_open = driver.in_transaction
        elif isinstance(driver, psycopg.Connection):
            is_open = driver.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
        else:
            raise TypeError(f"no driver of ours: {type(driver)}")
        if not is_open:
            raise _Discard

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        self._caches.clear()
        if connection is not None:
            try:
                connection.invalidate()
            finally:
                connection.close()


def _known_requests(connection: Connection, batch: list[_Waiting]) -> dict[uuid.UUID, Request]:
    table = Request.__table__  # type: ignore[attr-defined]
    query = select(table).where(
        table.c.community_id == batch[0].community_id, table.c.key.in_([waiting.key for waiting in batch])
    )
    return {row.key: Request(**row._mapping) for row in connection.execute(query)}


def _answer_again(waiting: _Waiting, before: Request) -> None:
    same = hmac.compare_digest(bytes(before.content), waiting.content)
    if not same or (before.actor, before.use_case) != (waiting.actor, waiting.use_case):
        waiting.refused = KeyUsed()
    elif before.outcome == "done":
        waiting.outcome = before.facts
    else:
        facts: dict[str, Fact] = before.facts["facts"]
        waiting.refused = again(before.facts["code"], facts)


def _record(waiting: _Waiting, now: datetime.datetime) -> dict[str, Any] | None:
    """The `request` row of an answered request; bugs and broken storage are not recorded, so that they can be tried again."""
    row = {
        "community_id": waiting.community_id,
        "key": waiting.key,
        "actor": waiting.actor,
        "use_case": waiting.use_case,
        "content": waiting.content,
        "recorded_at": now,
    }
    if waiting.refused is None:
        return {**row, "outcome": "done", "facts": waiting.outcome}
    if isinstance(waiting.refused, Refused) and waiting.refused.status < 500:
        return {**row, "outcome": "refused", "facts": {"code": waiting.refused.code, "facts": waiting.refused.facts}}
    return None


def _told(error: BaseException) -> BaseException:
    """The refusal behind an error, where it is one."""
    if isinstance(error, LedgerRefused):
        return RefusedByLedger(error.code, **error.facts)
    if isinstance(error, DBAPIError) and _disk_is_full(error):
        return StorageFull()
    return error


def _disk_is_full(error: DBAPIError) -> bool:
    found = error.orig
    if isinstance(found, sqlite3.Error):
        return getattr(found, "sqlite_errorname", "").startswith(("SQLITE_FULL", "SQLITE_IOERR_WRITE"))
    return isinstance(found, psycopg.errors.DiskFull)


class _LaneLock:
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
        import msvcrt  # noqa: PLC0415  # there only on Windows

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415  # there everywhere else

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _engine(url: str, sqlite: bool, *, writes: bool = False) -> Engine:
    if not sqlite:
        return create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_pre_ping=not writes,
            **({"poolclass": NullPool} if writes else {}),
        )
    engine = create_engine(
        url, connect_args={"timeout": 30, "check_same_thread": False}, **({"poolclass": NullPool} if writes else {})
    )
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "recursive_triggers = ON",
            "busy_timeout = 30000",
        ):
            connection.execute(f"PRAGMA {pragma}")
        if not writes:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def say_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
