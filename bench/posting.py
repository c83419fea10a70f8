"""Posting 1,000 a transaction with all guarantees, against the same rows written by nobody's rules.

Ours: one request of the write lane makes 1,000 posts between members' accounts: rules, exact leaves, Merkle tree, tiles,
details with salts, balances, guards, the request's row, one durable commit.

Bare: the very rows that our run wrote, read back and inserted again into an empty database of the same tables, indexes
and settings, in transactions of the same size, without triggers and without thinking: sqlite3's executemany on SQLite; on
PostgreSQL arrays through unnest, which is faster there. Balances and the log's end are updated as ours were.
"""

from __future__ import annotations

import datetime as dt
import shutil
import signal
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import create_engine, select

from bench.rows import Row
from ledger import book_of, guards, tables
from ledger.entries import digest_of
from tests.postgres import APP_ROLE, PostgresServer, start_postgres
from timebank.storage import Request, Storage, new_key

POSTS = 1_000
MEMBERS = 500
AIM = 0.4
MINUTES = 10**9
TABLES = (tables.entry, tables.posting, tables.detail, tables.tile)
Rows = dict[str, list[tuple[Any, ...]]]


def rows(*, runs: int, transactions: int) -> list[Row]:
    """Both databases; each run of ours is followed by a bare one of its rows, so that both see the same machine."""
    folder = Path(tempfile.mkdtemp(prefix="timebank-bench-"))
    apart = Path(tempfile.mkdtemp(prefix="timebank-bench-postgres-"))  # where the server's own user may walk
    server = None
    try:
        found = [_measured("SQLite", runs, lambda: _sqlite_run(folder, transactions), transactions)]
        server = start_postgres(apart)
        found.append(_measured("PostgreSQL", runs, lambda: _postgres_run(server, transactions), transactions))
        return found
    finally:
        if server is not None:
            server.process.send_signal(signal.SIGQUIT)  # at once: what it holds is thrown away
            server.process.wait(timeout=30)
        for one in (folder, apart):
            shutil.rmtree(one, ignore_errors=True)


def _measured(name: str, runs: int, run: Callable[[], tuple[float, float]], transactions: int) -> Row:
    times = [run() for _ in range(runs)]
    posts = POSTS * transactions
    ours = statistics.median(posts / one[0] for one in times)
    bare = statistics.median(posts / one[1] for one in times)
    return Row(f"posting, 1,000 a transaction, {name}", "posts/s", ours, bare, AIM)


def _sqlite_run(folder: Path, transactions: int) -> tuple[float, float]:
    first, second = folder / "ours.db", folder / "bare.db"
    for path in (first, second):
        for suffix in ("", "-wal", "-shm", ".lane"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
    _make_tables(f"sqlite:///{first}", guarded=True)
    _make_tables(f"sqlite:///{second}", guarded=False)
    storage = Storage(f"sqlite:///{first}", clock=_now, secret=b"b" * 32)
    start = _open_log(storage)
    ours = _post_all(storage, transactions)
    written = _written(storage, start)
    storage.close()
    connection = sqlite3.connect(second, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON"):
        connection.execute(f"PRAGMA {pragma}")
    _lay_ground(connection.execute, "?")
    batches = [_batch(written, start, number) for number in range(transactions)]
    begun = time.perf_counter()
    for batch in batches:
        connection.execute("BEGIN IMMEDIATE")
        for table, values in batch.items():
            if values:
                connection.executemany(_SQLITE[table], values)
        connection.execute("COMMIT")
    bare = time.perf_counter() - begun
    _check_same(written, connection.execute("SELECT count(*), sum(balance) FROM ledger_posting").fetchone())
    connection.close()
    return ours, bare


def _postgres_run(server: PostgresServer, transactions: int) -> tuple[float, float]:
    first, second = server.new_database(), server.new_database()
    _make_tables(first.owner_url, guarded=True, app_role=APP_ROLE)
    _make_tables(second.owner_url, guarded=False, app_role=APP_ROLE)
    storage = Storage(first.app_url, clock=_now, secret=b"b" * 32)
    start = _open_log(storage)
    ours = _post_all(storage, transactions)
    written = _written(storage, start)
    storage.close()
    with psycopg.connect(second.app_url.replace("+psycopg", ""), autocommit=True) as connection:
        _lay_ground(connection.execute, "%s")
        batches = [
            {
                table: tuple(map(list, zip(*values, strict=True)))
                for table, values in _batch(written, start, number).items()
                if values
            }
            for number in range(transactions)
        ]
        begun = time.perf_counter()
        for batch in batches:
            with connection.transaction():
                for table, values in batch.items():
                    connection.execute(_POSTGRES[table], values)
        bare = time.perf_counter() - begun
        _check_same(written, connection.execute("SELECT count(*), sum(balance) FROM ledger_posting").fetchone())
    server.drop_database(first)
    server.drop_database(second)
    return ours, bare


def _now() -> dt.datetime:
    now = dt.datetime.now(dt.UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


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


def _open_log(storage: Storage) -> int:
    """A log with members who have minutes to give; returns how many entries it has."""

    def open_log(session: Any, now: dt.datetime) -> dict[str, Any]:
        book = book_of(session)
        book.set_rule(two_from_min=MINUTES, two_from_pt=MINUTES, zone="+08:00")
        book.set_key(bytes(32), from_size=0)
        book.open(1, unit="min", class_="issue")
        note = book.note("limit", "1", digest_of(account=1, quota=MINUTES))
        book.limit(1, quota=MINUTES, cites=note, approvers=[1, 2])
        for number in range(MEMBERS):
            book.open(1001 + number, unit="min", class_="member")
        for number in range(MEMBERS):
            book.post({1: -10_000, 1001 + number: 10_000}, on=now.date(), detail={"use_case": "bench.open"})
        return {"size": book.size}

    made = storage.found(
        1, new_key(_now()), open_log, origin="bench.example/log/BENCH", actor="bench", use_case="bench.open"
    )
    return int(made["size"])


def _post_all(storage: Storage, transactions: int) -> float:
    """Seconds for all; each transaction is one request, as an import or a batch of awards is."""

    def change(number: int) -> Callable[[Any, dt.datetime], dict[str, Any]]:
        def post(session: Any, now: dt.datetime) -> dict[str, Any]:
            book, day = book_of(session), now.date()
            for one in range(POSTS):
                giver = (number * POSTS + one) % MEMBERS
                taker = (giver + 1 + one % 7) % MEMBERS
                detail = {"use_case": "bench.post", "credited": 15, "row": f"{number:08x}{one:08x}"}
                book.post({1001 + giver: -15, 1001 + taker: 15}, on=day, detail=detail)
            return {"posted": POSTS}

        return post

    storage.write(1, new_key(_now()), change(transactions), actor="bench", use_case="bench.post", content={})  # warm
    begun = time.perf_counter()
    for number in range(transactions):
        storage.write(1, new_key(_now()), change(number), actor="bench", use_case="bench.post", content={"n": number})
    return time.perf_counter() - begun


def _written(storage: Storage, start: int) -> Rows:
    """Everything that the timed transactions wrote, as plain rows."""
    found: Rows = {}
    with storage.read() as session:
        for table in TABLES:
            key = "seq" if "seq" in table.c else "number"
            first = start + POSTS if key == "seq" else 0
            query = select(table).where(table.c[key] >= first).order_by(table.c[key])
            found[table.name] = [tuple(row) for row in session.execute(query)]
        requests = Request.__table__  # type: ignore[attr-defined]
        query = select(requests).where(requests.c.use_case == "bench.post").order_by(requests.c.key)
        bare = [
            (row.community_id, row.key.bytes, row.actor, row.use_case, bytes(row.content), row.outcome, "{}", 0)
            for row in session.execute(query)
        ]
        found["request"] = bare[1:]
    return found


def _batch(written: Rows, start: int, number: int) -> Rows:
    """What one transaction wrote, in the order in which it is cheapest to write."""
    first = start + POSTS * (number + 1)
    last = first + POSTS
    batch: Rows = {
        name: [row for row in written[name] if first <= row[_SEQ_AT[name]] < last]
        for name in ("ledger_entry", "ledger_posting", "ledger_detail")
    }
    batch["ledger_tile"] = [row for row in written["ledger_tile"] if row[1] == 0 and first < (row[2] + 1) * 256 <= last]
    touched = {row[1]: row[4] for row in sorted(batch["ledger_posting"], key=lambda row: row[2])}
    batch["ledger_account"] = [(0, None, 0, 0, balance, 0, None, 0, 1, account) for account, balance in touched.items()]
    batch["request"] = written["request"][number : number + 1]
    batch["ledger_tail"] = [(last, 0, bytes(32), bytes(320), 0, 1)]
    return batch


def _lay_ground(execute: Callable[..., Any], mark: str) -> None:
    """The rows that are updated must be there."""
    execute(
        f"INSERT INTO ledger_tail (community_id, origin, size, at, root, edge) VALUES (1, 'bare', 0, 0, {mark}, {mark})",
        (b"", b""),
    )
    for number in range(MEMBERS):
        execute(
            "INSERT INTO ledger_account (community_id, number, unit, class, owner, floor, quota, issued, balance, held, opened, erased)"
            f" VALUES (1, {mark}, 'min', 'member', {mark}, 0, 0, 0, 0, 0, 0, 0)",
            (1001 + number, 1001 + number),
        )


def _check_same(written: Rows, found: Any) -> None:
    """The bare run must have written what ours wrote, or it shows nothing."""
    postings = written["ledger_posting"]
    expected = (len(postings), sum(row[4] for row in postings))
    if (int(found[0]), int(found[1])) != expected:
        raise SystemExit(f"the bare run wrote {tuple(found)}, ours {expected}")


_SEQ_AT = {"ledger_entry": 1, "ledger_posting": 2, "ledger_detail": 1}
_CHANGING = ("floor", "ceiling", "quota", "issued", "balance", "held", "closed", "erased")
_WRITTEN = {
    "ledger_entry": ("community_id", "seq", "at", "kind", "id", "leaf"),
    "ledger_posting": ("community_id", "account", "seq", "amount", "balance"),
    "ledger_detail": ("community_id", "seq", "salt", "detail"),
    "ledger_tile": ("community_id", "level", "number", "root", "hashes"),
    "request": ("community_id", "key", "actor", "use_case", "content", "outcome", "facts", "recorded_at"),
}
_SQLITE = {
    **{
        name: f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        for name, columns in _WRITTEN.items()
    },
    "ledger_account": f"UPDATE ledger_account SET {', '.join(f'{name} = ?' for name in _CHANGING)} WHERE community_id = ? AND number = ?",
    "ledger_tail": "UPDATE ledger_tail SET size = ?, at = ?, root = ?, edge = ?, rule_seq = ? WHERE community_id = ?",
}
_NUMBERS = {
    "community_id",
    "seq",
    "at",
    "account",
    "amount",
    "balance",
    "level",
    "number",
    "recorded_at",
    "size",
    "rule_seq",
    *_CHANGING,
}
_BYTES = {"id", "leaf", "salt", "root", "hashes", "key", "content", "edge"}


def _array(name: str) -> str:
    return f"%s::{'bigint' if name in _NUMBERS else 'bytea' if name in _BYTES else 'text'}[]"


def _unnest(columns: tuple[str, ...]) -> str:
    return f"unnest({', '.join(map(_array, columns))})"


_TAIL = ("size", "at", "root", "edge", "rule_seq")
_POSTGRES = {
    **{
        name: f"INSERT INTO {name} ({', '.join(columns)}) SELECT * FROM {_unnest(columns)}"
        for name, columns in _WRITTEN.items()
    },
    "ledger_account": f"UPDATE ledger_account SET {', '.join(f'{name} = new.{name}' for name in _CHANGING)}"
    f" FROM {_unnest((*_CHANGING, 'community_id', 'number'))} AS new ({', '.join((*_CHANGING, 'community_id', 'number'))})"
    " WHERE ledger_account.community_id = new.community_id AND ledger_account.number = new.number",
    "ledger_tail": f"UPDATE ledger_tail SET {', '.join(f'{name} = new.{name}' for name in _TAIL)}"
    f" FROM {_unnest((*_TAIL, 'community_id'))} AS new ({', '.join((*_TAIL, 'community_id'))}) WHERE ledger_tail.community_id = new.community_id",
}
