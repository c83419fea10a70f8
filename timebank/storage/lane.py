"""A lane: the thread that writes, and the queue before it."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError

from ledger import Book, LedgerRefused, driver
from ledger.book import Cache
from timebank.errors import Busy, ClockWrong, NotFound, Refused, RefusedByLedger, StorageFull, Unknown
from timebank.storage.caches import Caches
from timebank.storage.requests import (
    Recorded,
    Waiting,
    answer_again,
    is_recorded,
    keep,
    known_requests,
    record,
    refuse_late_or_early,
)
from timebank.storage.sessions import ChangingSession

BATCH_MOST = 60  # PostgreSQL tracks 64 subtransactions of a transaction in memory


class _Discard(Exception):
    """The batch cannot be committed; nothing of it is kept."""


class Lane:
    """A thread that writes, and the queue before it."""

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        *,
        lasting: dict[str, Any],
        before_start: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._lasting = lasting  # see KeepingSession
        self._before_start = before_start
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._later: deque[Waiting] = deque()
        self._caches = Caches()
        self._connection: Connection | None = None
        self._thread: threading.Thread | None = None
        self._gate = threading.Lock()  # nothing is put behind the end of the queue, where nobody would answer it
        self._stopped = False

    def ask(self, waiting: Waiting) -> Any:
        if threading.current_thread() is self._thread:
            raise RuntimeError("a write inside of a write would wait for itself")
        with self._gate:
            if self._stopped:
                raise RuntimeError("this storage is closed")
            if self._thread is None:
                self._start()
            self._queue.put(waiting)
        return waiting.answer.result()

    def stop(self) -> None:
        """Answer what was asked until now, and nothing more."""
        with self._gate:
            if self._thread is not None and not self._stopped:
                self._queue.put(None)
            self._stopped = True
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        self._before_start()
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
            except BaseException:  # noqa: BLE001  # a batch to discard, or whatever else a request did: the thread outlives it
                self._drop_connection()
                for waiting in batch:
                    self._run_alone(waiting)
            for waiting in batch:
                if waiting.refused is not None:
                    waiting.answer.set_exception(waiting.refused)
                else:
                    waiting.answer.set_result(waiting.outcome)

    def _next_batch(self) -> list[Waiting] | None:
        """What waits, at most 60, all of one community or all of none; what is of another waits on."""
        first = self._later.popleft() if self._later else self._queue.get()
        if first is None:
            return None
        batch = [first]
        if first.alone:
            return batch
        passed: deque[Waiting] = deque()
        while len(batch) < BATCH_MOST:
            if self._later:
                waiting: Waiting | None = self._later.popleft()
            else:
                try:
                    waiting = self._queue.get_nowait()
                except queue.Empty:
                    break
            if waiting is None:
                self._queue.put(None)
                break
            if not waiting.alone and waiting.place == first.place:
                batch.append(waiting)
            else:
                passed.append(waiting)
        self._later.extendleft(reversed(passed))
        return batch

    def _run_alone(self, waiting: Waiting) -> None:
        waiting.forget()
        try:
            self._run_batch([waiting])
        except _Discard as discarded:
            # What the request itself met says more than what became of its transaction; but a refusal is given only once it is recorded.
            if waiting.refused is None or is_recorded(waiting.refused):
                waiting.refused = _told(discarded.__cause__ or Unknown())
        except BaseException as error:  # noqa: BLE001  # as in a batch
            self._drop_connection()
            waiting.refused = error

    def _run_batch(self, batch: list[Waiting]) -> None:
        """Run the batch in one transaction and commit it.

        Raises:
            _Discard: it was rolled back; run its requests one by one.
        """
        if batch[0].scrubs:
            self._scrub()
            return
        try:
            connection = self._open()
        except DBAPIError as error:
            self._drop_connection()
            raise _Discard from error
        if batch[0].everywhere:
            self._run_global(connection, batch)
            return
        community_id = batch[0].community_id
        cache = self._caches.of(community_id)
        try:
            book, laid_down = self._open_book(connection, community_id, cache, founds=batch[0].founds)
            self._answer_all(connection, book, batch)
            book.flush()
            self._check_open(connection)
            if laid_down and batch[0].refused is not None:
                connection.rollback()
                cache.forget()
                return
        except Exception as error:
            cache.forget()
            self._drop_connection()
            if isinstance(error, _Discard):
                raise
            raise _Discard from error
        try:
            connection.commit()
        except Exception as error:
            cache.forget()
            self._drop_connection()
            if _is_full(error):  # the one failure of COMMIT of which it is certain that nothing was kept
                raise _Discard from error
            for waiting in batch:
                waiting.outcome, waiting.refused = None, Unknown()
            return
        book.committed()
        self._caches.settle(community_id)

    def _open_book(
        self, connection: Connection, community_id: int, cache: Cache, *, founds: str | None
    ) -> tuple[Book, bool]:
        """The community's book, and whether its log was laid down just now."""
        try:
            return Book(connection, community_id, cache), False
        except LookupError:
            if founds is None:
                raise NotFound(community=community_id) from None
        Book.found(connection, community_id, founds)
        return Book(connection, community_id, cache), True

    def _answer_all(self, connection: Connection, book: Book, batch: list[Waiting]) -> None:
        marks = 0
        known = known_requests(connection, batch)
        answered: list[Recorded] = []
        shared: dict[str, Any] = {}  # see KeepingSession
        for waiting in batch:
            now = self._clock()
            before = known.get(waiting.key.bytes)
            if before is not None:
                answer_again(waiting, before)
                continue
            waiting.refused = refuse_late_or_early(waiting.key, now)
            if waiting.refused is not None:
                continue
            marks += self._answer(connection, book, waiting, now, shared)
            self._check_open(connection)
            recorded = record(waiting, now)
            if recorded is not None:
                answered.append(recorded)
                known[recorded.key] = recorded
        if book.is_long and connection.dialect.name == "sqlite":
            _release(connection, marks)
        keep(connection, answered)

    def _answer(
        self, connection: Connection, book: Book, waiting: Waiting, now: datetime, shared: dict[str, Any]
    ) -> bool:
        """Run one request behind a savepoint; whether it was set, which it is once something is written.

        Raises:
            _Discard: the database failed, or there was no way back to the savepoint, so that nobody knows what of the request is in the transaction.
        """
        mark = None
        with ChangingSession(connection, lasting=self._lasting, shared=shared) as session:
            try:
                mark = book.begin(waiting.key, now)
                session.info["book"] = book
                waiting.outcome = waiting.change(session, now)
                session.flush()
                waiting.tell()
            except (Refused, LedgerRefused, DBAPIError) as error:
                waiting.refused = _told(error)
                if isinstance(error, OperationalError | InternalError | InterfaceError):
                    # No fault of the request's, and nobody knows what became of the transaction.
                    raise _Discard from error
            except Exception as error:  # noqa: BLE001  # a bug of one request, told to its caller
                waiting.refused = error
            _take_back_if_refused(session, waiting)
        if waiting.refused is not None:
            shared.clear()
            if mark is not None:
                book.undo(mark)
        return session.is_marked

    def _run_global(self, connection: Connection, batch: list[Waiting]) -> None:
        """Run changes of tables that belong to no community, each behind a savepoint, and commit them together.

        Raises:
            _Discard: as for a community's batch.
        """
        try:
            for waiting in batch:
                self._change(connection, waiting)
                self._check_open(connection)
        except Exception:
            self._drop_connection()
            raise
        try:
            connection.commit()
        except Exception as error:
            self._drop_connection()
            if _is_full(error):
                raise _Discard from error
            for waiting in batch:
                waiting.outcome, waiting.refused = None, Unknown()

    def _change(self, connection: Connection, waiting: Waiting) -> None:
        with ChangingSession(connection, lasting=self._lasting) as session:
            try:
                waiting.outcome = waiting.change(session, self._clock())
                session.flush()
            except Exception as error:  # told to the caller
                waiting.refused = _told(error)
                if isinstance(error, OperationalError | InternalError | InterfaceError):
                    raise _Discard from error
            _take_back_if_refused(session, waiting)

    def _scrub(self) -> None:
        """Write the SQLite file anew, and empty its write-ahead log: what was deleted lingers in both until then.

        In the lane, since nobody else can write meanwhile. Readers go on; one that reads for half a minute stops it.
        """
        self._drop_connection()
        with closing(self._engine.raw_connection()) as connection:
            driver: Any = connection.dbapi_connection
            driver.execute("PRAGMA temp_store = FILE")  # the copy is as large as the database
            driver.execute("VACUUM")
            (busy, _, _) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise Busy(file="write-ahead log")

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        self._connection.begin()
        return self._connection

    def _check_open(self, connection: Connection) -> None:
        """Refuse to go on if the database ended the transaction by itself: the next savepoint would commit alone."""
        driver: Any = connection.connection.dbapi_connection
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


def _release(connection: Connection, marks: int) -> None:
    """Let go of a transaction's savepoints, since nobody goes back to one any more.

    With a savepoint open, SQLite copies each page that a statement with a trigger touches, and keeps all copies to the
    end: entry after entry of a long batch, the same few pages, which took longer than writing the entries.
    """
    for _ in range(marks):
        driver.call(connection, "RELEASE SAVEPOINT request")


def _take_back_if_refused(session: ChangingSession, waiting: Waiting) -> None:
    """Undo what a request did, if it is refused.

    Raises:
        _Discard: nobody knows what of it is in the transaction.
    """
    try:
        if waiting.refused is not None:
            session.take_back()
    except Exception as error:
        raise _Discard from error


def _told(error: BaseException) -> BaseException:
    """The refusal behind an error, where it is one."""
    if isinstance(error, LedgerRefused):
        return ClockWrong(**error.facts) if error.code == "clock" else RefusedByLedger(error.code, **error.facts)
    met: BaseException | None = error
    while met is not None:  # the error of a rollback hides the one before it
        if isinstance(met, DBAPIError) and _disk_is_full(met):
            return StorageFull()
        met = met.__context__
    return error


def _is_full(error: Exception) -> bool:
    """Whether COMMIT met a full disk: SQLite could not write its commit mark, PostgreSQL took the transaction back."""
    if not isinstance(error, DBAPIError):
        return False
    found = error.orig
    return isinstance(found, psycopg.errors.DiskFull) or getattr(found, "sqlite_errorname", "") == "SQLITE_FULL"


def _disk_is_full(error: DBAPIError) -> bool:
    found = error.orig
    if isinstance(found, sqlite3.Error):
        return getattr(found, "sqlite_errorname", "").startswith(("SQLITE_FULL", "SQLITE_IOERR_WRITE"))
    return isinstance(found, psycopg.errors.DiskFull)
