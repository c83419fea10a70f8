"""The statements of the write path. Bulk and bare: never one ORM object a row, and on PostgreSQL one round trip a table.

SQLite gets `executemany`; PostgreSQL gets `INSERT ... SELECT FROM unnest(...)`, which was three times faster than single rows in a trial.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, LargeBinary, Table, TypeDecorator
from sqlalchemy.types import TypeEngine

from ledger import driver, tables, tree
from ledger.entries import decode
from ledger.errors import LogBroken
from ledger.rules import Account, Booked, Hold, Note

Rows = Sequence[tuple[Any, ...]]
GROUPS_AT_ONCE = 500  # SQLite takes some thousand values in a statement


class Tail(NamedTuple):
    origin: str
    size: int
    at: int
    root: bytes
    edge: bytes
    rule_seq: int | None
    epoch: int  # how often the projections were made again


def execute(connection: Connection, sql: str, values: tuple[Any, ...]) -> int:
    """Run one statement written with `?`, in the driver's own way of marking values; how many rows it changed."""
    return driver.call(connection, _marked(sql, connection.dialect.name), values)


def fetch(connection: Connection, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The rows of one query written with `?`."""
    return driver.fetch(connection, _marked(sql, connection.dialect.name), values)


def fetch_one(connection: Connection, sql: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """The one row of a query that can give no more."""
    found = fetch(connection, sql, values)
    return found[0] if found else None


@cache
def _marked(sql: str, dialect: str) -> str:
    return sql.replace("?", "%s") if dialect == "postgresql" else sql


# The tail


def found_tail(connection: Connection, community_id: int, origin: str) -> None:
    execute(
        connection,
        "INSERT INTO ledger_tail (community_id, origin, size, at, root, edge) VALUES (?, ?, 0, 0, ?, ?)",
        (community_id, origin, tree.EMPTY_ROOT, b""),
    )


def lock_tail(connection: Connection, community_id: int) -> Tail | None:
    """Where the log ends, locked until the transaction does (on SQLite the whole database is, by BEGIN IMMEDIATE)."""
    lock = " FOR UPDATE" if connection.dialect.name == "postgresql" else ""
    found = fetch_one(
        connection,
        f"SELECT origin, size, at, root, edge, rule_seq, epoch FROM ledger_tail WHERE community_id = ?{lock}",
        (community_id,),
    )
    if found is None:
        return None
    return Tail(found[0], found[1], found[2], bytes(found[3]), bytes(found[4]), found[5], found[6])


def move_tail(
    connection: Connection,
    community_id: int,
    *,
    before: int,
    size: int,
    at: int,
    root: bytes,
    edge: bytes,
    rule_seq: int | None,
) -> bool:
    """Compare and swap; whether the log still ended at `before`."""
    moved = execute(
        connection,
        "UPDATE ledger_tail SET size = ?, at = ?, root = ?, edge = ?, rule_seq = ? WHERE community_id = ? AND size = ?",
        (size, at, root, edge, rule_seq, community_id, before),
    )
    return moved == 1


# What the rules load

_ACCOUNT = "a.number, a.unit, a.class, a.owner, a.ceiling, a.ends, a.to_classes, a.floor, a.quota, a.issued, a.balance, a.held, a.opened, a.closed, a.erased"


def account_of(row: Sequence[Any]) -> Account:
    """An account from its columns in the order of the table, without `community_id`."""
    values = list(row)
    values[6] = None if values[6] is None else frozenset(values[6].split())
    values[14] = bool(values[14])
    return Account(*values)


def account_group(connection: Connection, community_id: int, number: int) -> list[Account]:
    """The account and all open accounts of its owner."""
    found = fetch(
        connection,
        f"SELECT {_ACCOUNT} FROM ledger_account b JOIN ledger_account a ON a.community_id = b.community_id AND a.owner = b.owner"
        " WHERE b.community_id = ? AND b.number = ? AND (a.closed IS NULL OR a.number = b.number)",
        (community_id, number),
    )
    return [account_of(row) for row in found]


def account_groups(connection: Connection, community_id: int, numbers: Sequence[int]) -> list[Account]:
    """The same for many accounts, in a query for some hundred of them."""
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(numbers), GROUPS_AT_ONCE):
        some = tuple(numbers[start : start + GROUPS_AT_ONCE])
        found += fetch(
            connection,
            f"SELECT {_ACCOUNT} FROM ledger_account b JOIN ledger_account a ON a.community_id = b.community_id AND a.owner = b.owner"
            f" WHERE b.community_id = ? AND b.number IN ({', '.join('?' * len(some))}) AND (a.closed IS NULL OR a.number = b.number)",
            (community_id, *some),
        )
    return [account_of(row) for row in found]


def last_account(connection: Connection, community_id: int) -> int:
    """The highest number of an account, 0 if there is none."""
    query = "SELECT max(number) FROM ledger_account WHERE community_id = ?"
    return int(fetch(connection, query, (community_id,))[0][0] or 0)


def hold(connection: Connection, community_id: int, seq: int) -> Hold | None:
    row = fetch_one(
        connection,
        "SELECT legs, until, resolved FROM ledger_hold WHERE community_id = ? AND seq = ?",
        (community_id, seq),
    )
    return (
        None
        if row is None
        else Hold(seq, tuple((number, amount) for number, amount in json.loads(row[0])), row[1], row[2])
    )


def note(connection: Connection, community_id: int, seq: int) -> Note | None:
    found = fetch_one(
        connection,
        "SELECT topic, subject, digest, used_by FROM ledger_note WHERE community_id = ? AND seq = ?",
        (community_id, seq),
    )
    return None if found is None else Note(seq, *found)


def booked(connection: Connection, community_id: int, seq: int) -> Booked | None:
    row = fetch_one(
        connection,
        "SELECT e.leaf, r.seq FROM ledger_entry e LEFT JOIN ledger_reversal r ON r.community_id = e.community_id AND r.of = e.seq"
        " WHERE e.community_id = ? AND e.seq = ?",
        (community_id, seq),
    )
    if row is None:
        return None
    fields = decode(bytes(row[0]))
    legs = fields["legs"] if fields["kind"] in ("post", "capture") else ()
    return Booked(fields["kind"], tuple((number, amount) for number, amount in legs), row[1])


def leaf(connection: Connection, community_id: int, seq: int) -> bytes:
    query = "SELECT leaf FROM ledger_entry WHERE community_id = ? AND seq = ?"
    return bytes(fetch(connection, query, (community_id, seq))[0][0])


def leaves(connection: Connection, community_id: int, start: int, end: int) -> list[bytes]:
    """The leaves from `start` to before `end`.

    Raises:
        LogBroken: one is missing.
    """
    found = fetch(
        connection,
        "SELECT leaf FROM ledger_entry WHERE community_id = ? AND seq >= ? AND seq < ? ORDER BY seq",
        (community_id, start, end),
    )
    if len(found) != end - start:
        raise LogBroken(f"of the entries {start} to {end - 1} only {len(found)} are stored")
    return [bytes(row[0]) for row in found]


# What a flush writes


def insert(connection: Connection, table: str, values: Rows) -> None:
    """Add rows that have all the table's columns in their order."""
    insert_into(connection, tables.metadata.tables[table], values)


def insert_into(connection: Connection, table: Table, values: Rows) -> None:
    """The same for any table; the values are as the driver takes them, whatever types stand before it in the table."""
    if values:
        _many(connection, _insert(table, connection.dialect.name), values)


def update_in(
    connection: Connection, table: Table, changing: tuple[str, ...], keys: tuple[str, ...], values: Rows
) -> None:
    """Set the columns `changing` of the rows of a table that have these `keys`; each row holds first the ones, then the others."""
    if values:
        _many(connection, _update_of(table, changing, keys, connection.dialect.name), values)


def insert_accounts(connection: Connection, community_id: int, accounts: Iterable[Account]) -> None:
    insert(connection, "ledger_account", [(community_id, *_written(account)) for account in accounts])


def update_accounts(connection: Connection, community_id: int, accounts: Iterable[Account]) -> None:
    """Bring the stored projections of these accounts up to date."""
    changing = ("floor", "ceiling", "quota", "issued", "balance", "held", "closed", "erased")
    values = [
        (
            one.floor,
            one.ceiling,
            one.quota,
            one.issued,
            one.balance,
            one.held,
            one.closed,
            int(one.erased),
            community_id,
            one.number,
        )
        for one in accounts
    ]
    if values:
        _many(
            connection,
            _update("ledger_account", changing, ("community_id", "number"), connection.dialect.name),
            values,
        )


def insert_holds(connection: Connection, community_id: int, holds: Iterable[Hold]) -> None:
    insert(
        connection,
        "ledger_hold",
        [
            (community_id, one.seq, json.dumps(one.legs, separators=(",", ":")), one.until, one.resolved)
            for one in holds
        ],
    )


def resolve_holds(connection: Connection, community_id: int, holds: Iterable[Hold]) -> None:
    values = [(one.resolved, community_id, one.seq) for one in holds]
    if values:
        _many(
            connection,
            _update("ledger_hold", ("resolved",), ("community_id", "seq"), connection.dialect.name),
            values,
        )


def insert_notes(connection: Connection, community_id: int, notes: Iterable[Note]) -> None:
    insert(
        connection,
        "ledger_note",
        [(community_id, one.seq, one.topic, one.subject, one.digest, one.used_by) for one in notes],
    )


def use_notes(connection: Connection, community_id: int, notes: Iterable[Note]) -> None:
    values = [(one.used_by, community_id, one.seq) for one in notes]
    if values:
        _many(
            connection,
            _update("ledger_note", ("used_by",), ("community_id", "seq"), connection.dialect.name),
            values,
        )


def store_tiles(
    connection: Connection,
    community_id: int,
    *,
    level: int,
    first: int,
    roots: Sequence[bytes],
    hashes: Sequence[bytes],
) -> None:
    """Store full tiles from number `first` on, and those above them that they complete; `hashes` are those of all of them, one after the other."""
    width, last = tree.TILE_WIDTH, first + len(roots)
    insert(
        connection,
        "ledger_tile",
        [
            (community_id, level, first + at, root, b"".join(hashes[at * width : (at + 1) * width]))
            for at, root in enumerate(roots)
        ],
    )
    for above in range(first // width, last // width):
        below = fetch(
            connection,
            "SELECT root FROM ledger_tile WHERE community_id = ? AND level = ? AND number >= ? AND number < ? ORDER BY number",
            (community_id, level, above * width, (above + 1) * width),
        )
        if len(below) != width:
            raise LogBroken(f"of the {width} tiles from {above * width} of level {level} only {len(below)} are stored")
        held = [bytes(row[0]) for row in below]
        root = tree.root_of(held)
        store_tiles(connection, community_id, level=level + 1, first=above, roots=[root], hashes=held)


def _written(account: Account) -> tuple[Any, ...]:
    to = None if account.to is None else " ".join(sorted(account.to))
    return (
        account.number,
        account.unit,
        account.class_,
        account.owner,
        account.ceiling,
        account.ends,
        to,
        account.floor,
        account.quota,
        account.issued,
        account.balance,
        account.held,
        account.opened,
        account.closed,
        int(account.erased),
    )


# How many rows go in one statement


def _many(connection: Connection, sql: str, values: Rows) -> None:
    if connection.dialect.name == "postgresql":
        driver.call(connection, sql, tuple(list(column) for column in zip(*values, strict=True)))
    else:
        driver.call_many(connection, sql, values)


def _arrays(table: Table, columns: Iterable[str]) -> str:
    return ", ".join(f"%s::{_array(table.c[name].type)}" for name in columns)


def _array(kind: TypeEngine[Any]) -> str:
    plain = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    return "bigint[]" if isinstance(plain, Integer) else "bytea[]" if isinstance(plain, LargeBinary) else "text[]"


@cache
def _insert(table: Table, dialect: str) -> str:
    columns = table.columns.keys()
    names = ", ".join(columns)
    if dialect == "postgresql":
        return f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({_arrays(table, columns)})"
    return f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(columns))})"


def _update(table: str, changing: tuple[str, ...], keys: tuple[str, ...], dialect: str) -> str:
    return _update_of(tables.metadata.tables[table], changing, keys, dialect)


@cache
def _update_of(table: Table, changing: tuple[str, ...], keys: tuple[str, ...], dialect: str) -> str:
    name = table.name
    if dialect == "postgresql":
        settings = ", ".join(f"{column} = new.{column}" for column in changing)
        same = " AND ".join(f"{name}.{column} = new.{column}" for column in keys)
        columns = (*changing, *keys)
        return f"UPDATE {name} SET {settings} FROM unnest({_arrays(table, columns)}) AS new ({', '.join(columns)}) WHERE {same}"
    return f"UPDATE {name} SET {', '.join(f'{column} = ?' for column in changing)} WHERE {' AND '.join(f'{column} = ?' for column in keys)}"
