"""What the books say: balances, statements, the trial balance, entries. Reads only, at any time, without waiting for the writer."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import and_, func, select

from ledger import tables
from ledger.book import from_ms, to_ms
from ledger.entries import decode
from ledger.errors import LedgerRefused
from ledger.rows import account_of
from ledger.rules import Account


class Reader(Protocol):
    """A session or a connection."""

    def execute(self, statement: Any, /) -> Any: ...


@dataclass(frozen=True)
class Line:
    """One line of a statement; `balance` is the one after it, `detail` None where it was erased."""

    seq: int
    kind: str
    at: datetime.datetime
    on: datetime.date | None
    amount: int
    balance: int
    fields: dict[str, Any]
    detail: dict[str, Any] | None


@dataclass(frozen=True)
class Entry:
    seq: int
    kind: str
    at: datetime.datetime
    id: str
    fields: dict[str, Any]
    leaf: bytes
    detail: dict[str, Any] | None
    salt: bytes | None


@dataclass(frozen=True)
class BalanceRow:
    """An account in the trial balance: 期初、本期增加、本期减少、期末. opening + added - taken = closing, always."""

    unit: str
    account: int
    class_: str
    opening: int
    added: int
    taken: int
    closing: int


@dataclass(frozen=True)
class Tail:
    """Where the log ends."""

    origin: str
    size: int
    at: datetime.datetime
    root: bytes


_account_columns = [column for column in tables.account.columns if column.name != "community_id"]


def account(reader: Reader, community_id: int, number: int) -> Account:
    """An account as the entries up to now left it.

    Raises:
        LedgerRefused: `unknown_account`.
    """
    row = reader.execute(
        select(*_account_columns).where(
            tables.account.c.community_id == community_id, tables.account.c.number == number
        )
    ).one_or_none()
    if row is None:
        raise LedgerRefused("unknown_account", account=number)
    return account_of(row)


def accounts(
    reader: Reader, community_id: int, *, numbers: list[int] | None = None, after: int = 0, limit: int = 1_000
) -> list[Account]:
    """Accounts by number; those named, or a page of all after `after`."""
    query = (
        select(*_account_columns).where(tables.account.c.community_id == community_id).order_by(tables.account.c.number)
    )
    query = (
        query.where(tables.account.c.number > after).limit(limit)
        if numbers is None
        else query.where(tables.account.c.number.in_(numbers))
    )
    return [account_of(row) for row in reader.execute(query)]


def accounts_of(reader: Reader, community_id: int, owner: int) -> list[Account]:
    """The open accounts of an owner in spending order."""
    query = select(*_account_columns).where(
        tables.account.c.community_id == community_id,
        tables.account.c.owner == owner,
        tables.account.c.closed.is_(None),
    )
    return sorted((account_of(row) for row in reader.execute(query)), key=lambda one: one.order)


def tail(reader: Reader, community_id: int) -> Tail | None:
    row = reader.execute(
        select(tables.tail.c.origin, tables.tail.c.size, tables.tail.c.at, tables.tail.c.root).where(
            tables.tail.c.community_id == community_id
        )
    ).one_or_none()
    return None if row is None else Tail(row[0], row[1], from_ms(row[2]), bytes(row[3]))


def size_at(reader: Reader, community_id: int, at: datetime.datetime) -> int:
    """How many entries were booked before `at`: a search by halves, since `at` never decreases, instead of an index that every post pays for."""
    wanted = to_ms(at)
    end = tail(reader, community_id)
    low, high = 0, 0 if end is None else end.size
    while low < high:
        middle = (low + high) // 2
        # The entry in the middle, or the next that is there: where one was taken away, a bundle must still be made to show it.
        found = reader.execute(
            select(tables.entry.c.at)
            .where(tables.entry.c.community_id == community_id, tables.entry.c.seq >= middle)
            .order_by(tables.entry.c.seq)
            .limit(1)
        ).scalar_one_or_none()
        low, high = (middle + 1, high) if found is not None and found < wanted else (low, middle)
    return low


def balance_at(reader: Reader, community_id: int, number: int, at: datetime.datetime) -> int:
    """The balance of an account as booked before `at`."""
    return _balance_before(reader, community_id, number, size_at(reader, community_id, at))


def _balance_before(reader: Reader, community_id: int, number: int, size: int) -> int:
    posting = tables.posting.c
    found = reader.execute(
        select(posting.balance)
        .where(posting.community_id == community_id, posting.account == number, posting.seq < size)
        .order_by(posting.seq.desc())
        .limit(1)
    ).scalar_one_or_none()
    return int(found or 0)


def statement(
    reader: Reader, community_id: int, number: int, *, before: int | None = None, limit: int = 50
) -> list[Line]:
    """The lines of an account, newest first; the next page is `before` the seq of the last line."""
    posting, entry, detail = tables.posting.c, tables.entry.c, tables.detail.c
    query = (
        select(entry.seq, entry.kind, entry.at, posting.amount, posting.balance, entry.leaf, detail.detail)
        .join_from(
            tables.posting, tables.entry, and_(entry.community_id == posting.community_id, entry.seq == posting.seq)
        )
        .outerjoin(tables.detail, and_(detail.community_id == posting.community_id, detail.seq == posting.seq))
        .where(posting.community_id == community_id, posting.account == number)
        .order_by(posting.seq.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(posting.seq < before)
    lines = []
    for seq, kind, at, amount, balance, leaf, told in reader.execute(query):
        fields = decode(bytes(leaf))
        on = datetime.date.fromisoformat(fields["on"]) if "on" in fields else None
        lines.append(
            Line(seq, kind, from_ms(at), on, amount, balance, fields, None if told is None else json.loads(told))
        )
    return lines


def trial_balance(
    reader: Reader, community_id: int, start: datetime.datetime, end: datetime.datetime
) -> list[BalanceRow]:
    """One row an account that was opened before `end`, by unit and number; added and taken are those booked from `start` to before `end`."""
    first, last = size_at(reader, community_id, start), size_at(reader, community_id, end)
    posting, of = tables.posting.c, tables.account.c
    moved = {
        number: (int(added or 0), int(taken or 0))
        for number, added, taken in reader.execute(
            select(
                posting.account,
                func.sum(posting.amount).filter(posting.amount > 0),
                func.sum(-posting.amount).filter(posting.amount < 0),
            )
            .where(posting.community_id == community_id, posting.seq >= first, posting.seq < last)
            .group_by(posting.account)
        )
    }
    before = (
        select(posting.balance)
        .where(posting.community_id == of.community_id, posting.account == of.number, posting.seq < first)
        .order_by(posting.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(of.unit, of.number, of["class"], func.coalesce(before, 0))
        .where(of.community_id == community_id, of.opened < last)
        .order_by(of.unit, of.number)
    )
    rows = []
    for unit, number, class_, opening in reader.execute(query):
        added, taken = moved.get(number, (0, 0))
        rows.append(BalanceRow(unit, number, class_, opening, added, taken, opening + added - taken))
    return rows


def entry(reader: Reader, community_id: int, seq: int) -> Entry | None:
    found = entries(reader, community_id, after=seq - 1, limit=1, newest_first=False)
    return found[0] if found and found[0].seq == seq else None


def entries(
    reader: Reader,
    community_id: int,
    *,
    after: int | None = None,
    before: int | None = None,
    kind: str | None = None,
    account: int | None = None,
    limit: int = 50,
    newest_first: bool = True,
) -> list[Entry]:
    """Entries between two seqs (both excluded), of one kind, or that touch one account."""
    of, detail, posting = tables.entry.c, tables.detail.c, tables.posting.c
    query = (
        select(of.seq, of.kind, of.at, of.id, of.leaf, detail.detail, detail.salt)
        .join_from(
            tables.entry,
            tables.detail,
            and_(detail.community_id == of.community_id, detail.seq == of.seq),
            isouter=True,
        )
        .where(of.community_id == community_id)
        .order_by(of.seq.desc() if newest_first else of.seq)
        .limit(limit)
    )
    if account is not None:
        query = query.join(tables.posting, and_(posting.community_id == of.community_id, posting.seq == of.seq)).where(
            posting.account == account
        )
    if kind is not None:
        query = query.where(of.kind == kind)
    if after is not None:
        query = query.where(of.seq > after)
    if before is not None:
        query = query.where(of.seq < before)
    return [
        Entry(
            seq,
            kind_,
            from_ms(at),
            bytes(id_).hex(),
            decode(bytes(leaf)),
            bytes(leaf),
            None if told is None else json.loads(told),
            None if salt is None else bytes(salt),
        )
        for seq, kind_, at, id_, leaf, told, salt in reader.execute(query)
    ]
