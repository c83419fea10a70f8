"""The bare replay: the very rows that ours wrote, written again by a driver that checks and hashes nothing.

The same tables, indexes and settings, transactions of the same size, no triggers; sqlite3's `executemany` on SQLite, arrays
through `unnest` on PostgreSQL, which is the faster way there. Balances and the log's end are updated as ours were.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlalchemy import BigInteger, Column, Connection, LargeBinary, Table

from ledger import tables
from ledger.tree import TILE_WIDTH
from timebank.storage import Request
from timebank.storage.engines import WRITERS_CACHE

Rows = dict[str, list[tuple[Any, ...]]]  # by table

REQUEST: Table = Request.__table__  # type: ignore[attr-defined]
ADDED = (tables.entry, tables.posting, tables.detail, tables.tile, REQUEST)
# The columns that ours updates, and no others.
CHANGED = {
    "ledger_account": (tables.account, ("floor", "ceiling", "quota", "issued", "balance", "held", "closed", "erased")),
    "ledger_tail": (tables.tail, ("size", "at", "root", "edge", "rule_seq")),
}
KEYS = {"ledger_account": ("community_id", "number"), "ledger_tail": ("community_id",)}
EDGE = bytes(32 * 10)  # about as long as ours


class Bare(Protocol):
    """A driver's own connection to tables like ours; `where` names the database."""

    where: str

    def ask(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]: ...
    def prepared(self, batch: Rows) -> Any:
        """The rows in the form in which the driver takes them; not part of what is measured."""

    def replay(self, prepared: Any) -> None:
        """Write one batch in one transaction."""

    def close(self) -> None: ...


def written(connection: Connection, *, first: int, skip_requests: int) -> Rows:
    """Every row that was added from entry `first` on, and the requests after the first so many."""
    found: Rows = {}
    for table in ADDED:
        names = ", ".join(column.name for column in table.columns)
        if "seq" in table.c:
            # The accounts are named so that an index finds the postings among millions.
            accounts = "account IN (SELECT number FROM ledger_account WHERE community_id = 1) AND"
            wanted = f"community_id = 1 AND {accounts if 'account' in table.c else ''} seq >= {first} ORDER BY seq"
        elif table is tables.tile:
            wanted = (
                f"community_id = 1 AND (level > 0 OR level = 0 AND number >= {first // TILE_WIDTH}) ORDER BY number"
            )
        else:
            wanted = f"use_case = 'bench.post' ORDER BY key LIMIT 1000000 OFFSET {skip_requests}"
        sql = f"SELECT {names} FROM {table.name} WHERE {wanted}"
        found[table.name] = [tuple(row) for row in connection.exec_driver_sql(sql)]
    return found


def batches(rows: Rows, *, first: int, size: int) -> list[Rows]:
    """What each transaction wrote, `size` entries in each; nothing is left over."""
    ends = range(first + size, first + len(rows["ledger_entry"]) + 1, size)
    return [_batch(rows, end - size, end, rows["request"][at : at + 1]) for at, end in enumerate(ends)]


def _batch(rows: Rows, first: int, end: int, request: list[tuple[Any, ...]]) -> Rows:
    batch: Rows = {}
    for table in (tables.entry, tables.posting, tables.detail):
        at = list(table.c.keys()).index("seq")
        batch[table.name] = [row for row in rows[table.name] if first <= row[at] < end]
    batch["ledger_tile"] = [
        row for row in rows["ledger_tile"] if first < (row[2] + 1) * TILE_WIDTH ** (row[1] + 1) <= end
    ]
    touched = {row[1]: row[4] for row in sorted(batch["ledger_posting"], key=lambda row: row[2])}
    batch["ledger_account"] = [(0, None, 0, 0, balance, 0, None, 0, 1, account) for account, balance in touched.items()]
    batch["request"] = request
    batch["ledger_tail"] = [(end, 0, bytes(32), EDGE, 0, 1)]
    return batch


def lay_ground(bare: Bare, accounts: Sequence[int]) -> None:
    """The rows that are updated must be there."""
    of_tail = {"community_id": 1, "origin": "bare", "size": 0, "at": 0, "root": b"", "edge": b""}
    bare.ask(*_one("ledger_tail", of_tail))
    for number in accounts:
        of_account = {"community_id": 1, "number": number, "unit": "min", "class": "member", "owner": number}
        zeros = dict.fromkeys(("floor", "quota", "issued", "balance", "held", "opened", "erased"), 0)
        bare.ask(*_one("ledger_account", {**of_account, **zeros}))


def check_same(rows: Rows, bare: Bare) -> None:
    """The bare run must have written what ours wrote, or it shows nothing.

    Raises:
        RuntimeError: it did not.
    """
    postings = rows["ledger_posting"]
    expected = [(len(postings), sum(row[4] for row in postings), len(rows["ledger_entry"]))]
    asked = "SELECT count(*), sum(balance), (SELECT count(*) FROM ledger_entry) FROM ledger_posting"
    found = [tuple(map(int, row)) for row in bare.ask(asked)]
    if found != expected:
        raise RuntimeError(f"the bare run wrote {found}, ours {expected}")


class SqliteBare:
    """sqlite3, as durable as ours: WAL, `synchronous=FULL`."""

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        self.connection = sqlite3.connect(path, isolation_level=None)
        shared = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON")
        for pragma in (*shared, *WRITERS_CACHE):
            self.connection.execute(f"PRAGMA {pragma}")

    def ask(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, values).fetchall()

    def prepared(self, batch: Rows) -> Any:
        return [(_sqlite(table), values) for table, values in batch.items() if values]

    def replay(self, prepared: Any) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for sql, values in prepared:
            self.connection.executemany(sql, values)
        self.connection.execute("COMMIT")

    def close(self) -> None:
        self.connection.close()


class PostgresBare:
    """psycopg, with `fsync` and `synchronous_commit` on."""

    def __init__(self, url: str) -> None:
        self.where = url
        self.connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)

    def ask(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(sql.replace("?", "%s").encode(), values)
        return cursor.fetchall() if cursor.description else []

    def prepared(self, batch: Rows) -> Any:
        return [
            (_postgres(table).encode(), tuple(map(list, zip(*values, strict=True))))
            for table, values in batch.items()
            if values
        ]

    def replay(self, prepared: Any) -> None:
        with self.connection.transaction():
            for sql, columns in prepared:
                self.connection.execute(sql, columns)

    def close(self) -> None:
        self.connection.close()


def _one(table: str, values: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", tuple(values.values())


def _statement(table: str, insert: Callable[[Table, list[str]], str], update: Callable[..., str]) -> str:
    if table in CHANGED:
        of, changing = CHANGED[table]
        return update(of, changing, KEYS[table])
    of = next(one for one in ADDED if one.name == table)
    return insert(of, [column.name for column in of.columns])


def _sqlite(table: str) -> str:
    def insert(of: Table, names: list[str]) -> str:
        return f"INSERT INTO {of.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"

    def update(of: Table, changing: tuple[str, ...], keys: tuple[str, ...]) -> str:
        changes, same = ", ".join(f"{name} = ?" for name in changing), " AND ".join(f"{name} = ?" for name in keys)
        return f"UPDATE {of.name} SET {changes} WHERE {same}"

    return _statement(table, insert, update)


def _postgres(table: str) -> str:
    def unnest(of: Table, names: Sequence[str]) -> str:
        return f"unnest({', '.join(f'%s::{_kind(of.c[name])}[]' for name in names)})"

    def insert(of: Table, names: list[str]) -> str:
        return f"INSERT INTO {of.name} ({', '.join(names)}) SELECT * FROM {unnest(of, names)}"

    def update(of: Table, changing: tuple[str, ...], keys: tuple[str, ...]) -> str:
        names = (*changing, *keys)
        changes = ", ".join(f"{name} = new.{name}" for name in changing)
        same = " AND ".join(f"{of.name}.{name} = new.{name}" for name in keys)
        return f"UPDATE {of.name} SET {changes} FROM {unnest(of, names)} AS new ({', '.join(names)}) WHERE {same}"

    return _statement(table, insert, update)


def _kind(column: Column[Any]) -> str:
    kind = getattr(column.type, "impl_instance", column.type)
    return "bigint" if isinstance(kind, BigInteger) else "bytea" if isinstance(kind, LargeBinary) else "text"
