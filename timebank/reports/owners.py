"""The statement of a person's or a team's minutes, month by month and line by line, by the same months as the books.

What the lines of a month add and take is what the books of that month say of these accounts; a line that happened in a
month which was closed before it was booked is an adjustment (以前月份调整).
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select
from sqlmodel import Session

from ledger import tables
from ledger.book import from_ms
from timebank import accounts, permissions
from timebank.people import residents, teams
from timebank.people.communities import community_of
from timebank.permissions import Actor
from timebank.reports import months
from timebank.reports.closed_months import closings


@dataclass(frozen=True)
class Owner:
    """Whose statement it is. `kind`: person or team."""

    kind: str
    id: uuid.UUID
    number: str
    name: str


@dataclass(frozen=True)
class OwnerMonth:
    """One month: opening + added - taken = closing. `adjusted`: what adjustments contribute, contained in added and taken."""

    month: dt.date
    opening: int
    added: int
    taken: int
    adjusted: int
    lines: int
    is_closed: bool

    @property
    def closing(self) -> int:
        return self.opening + self.added - self.taken


@dataclass(frozen=True)
class OwnerLine:
    """One movement on one of the owner's accounts; `lot`: on an account of gifts or grants. `detail` is None where it was erased."""

    seq: int
    kind: str
    at: dt.datetime
    on: dt.date
    account: int
    lot: bool
    amount: int
    balance: int
    is_adjustment: bool
    detail: dict[str, Any] | None


@dataclass(frozen=True)
class OwnerMonths:
    """All months of an owner, newest first, and their totals."""

    owner: Owner
    months: tuple[OwnerMonth, ...]
    added: int
    taken: int
    balance: int


@dataclass(frozen=True)
class OwnerLines:
    """One month of an owner, oldest line first; the balances are after each line, in this order."""

    owner: Owner
    month: OwnerMonth
    lines: tuple[OwnerLine, ...]


def person(session: Session, *, actor: Actor, person_id: uuid.UUID) -> Owner:
    """A person whose statement the actor may read: her own, or as the desk or an auditor."""
    community_id = community_of(actor)
    permissions.require(actor, "attendance.statement", community_id=community_id, person_id=person_id)
    found = residents.person(session, community_id, person_id)
    return Owner("person", found.id, found.number, found.name)


def team(session: Session, *, actor: Actor, number: int, today: dt.date) -> Owner:
    """A team whose statement the actor may read: who leads it, the desk, an auditor."""
    community_id = community_of(actor)
    found = teams.by_number(session, community_id, number)
    leads = teams.leads(session, found, actor.person_id, today)
    permissions.require(
        actor, "statements.team", community_id=community_id, person_id=actor.person_id if leads else None
    )
    return Owner("team", found.id, str(found.number), found.name)


def by_month(session: Session, *, actor: Actor, owner: Owner, today: dt.date) -> OwnerMonths:
    """An owner's months from the first that has a line to the current one."""
    community_id = community_of(actor)
    found = _months(session, community_id, list(_lines(session, community_id, owner)), today)
    return OwnerMonths(
        owner,
        tuple(reversed(found)),
        sum(one.added for one in found),
        sum(one.taken for one in found),
        found[-1].closing if found else 0,
    )


def of_month(session: Session, *, actor: Actor, owner: Owner, month: dt.date, today: dt.date) -> OwnerLines:
    """The lines of one month."""
    community_id = community_of(actor)
    empty = OwnerMonth(month, 0, 0, 0, 0, 0, is_closed=False)
    moved = list(_lines(session, community_id, owner))
    of = next((one for one in _months(session, community_id, moved, today) if one.month == month), empty)
    lines = [line for line in moved if line.month == month]
    told = _details(session, community_id, [line.seq for line in lines])
    balance, shown = of.opening, []
    for line in lines:
        balance += line.amount
        shown.append(
            OwnerLine(
                line.seq,
                line.kind,
                line.at,
                line.on,
                line.account,
                line.lot,
                line.amount,
                balance,
                months.first_of(line.on) < month,
                told.get(line.seq),
            )
        )
    return OwnerLines(owner, of, tuple(shown))


@dataclass(frozen=True)
class _Moved:
    """A leg on one of the owner's accounts, with the month to which it belongs."""

    seq: int
    kind: str
    at: dt.datetime
    on: dt.date
    account: int
    lot: bool
    amount: int
    month: dt.date


def _months(session: Session, community_id: int, moved: Sequence[_Moved], today: dt.date) -> list[OwnerMonth]:
    if not moved:
        return []
    shut = {one.month for one in closings(session, community_id)}
    month, end = min(one.month for one in moved), max(months.first_of(today), *(one.month for one in moved))
    of: dict[dt.date, list[_Moved]] = {}
    for one in moved:
        of.setdefault(one.month, []).append(one)
    found: list[OwnerMonth] = []
    while month <= end:
        lines = of.get(month, [])
        found.append(
            OwnerMonth(
                month,
                found[-1].closing if found else 0,
                sum(one.amount for one in lines if one.amount > 0),
                -sum(one.amount for one in lines if one.amount < 0),
                sum(one.amount for one in lines if months.first_of(one.on) < month),
                len(lines),
                month in shut,
            )
        )
        month = months.next_month(month)
    return found


def _lines(session: Session, community_id: int, owner: Owner) -> Iterator[_Moved]:
    """The legs on all accounts of an owner in the order of the log, each with the month to which it belongs."""
    main = accounts.find_main(session, community_id, owner.id, "min")
    if main is None:
        return
    posting, entry, of = tables.posting.c, tables.entry.c, tables.account.c
    numbers = list(session.scalars(select(of.number).where(of.community_id == community_id, of.owner == main)))
    query = (
        select(entry.seq, entry.kind, entry.at, posting.account, posting.amount, entry.leaf)
        .join_from(
            tables.posting, tables.entry, and_(entry.community_id == posting.community_id, entry.seq == posting.seq)
        )
        .where(posting.community_id == community_id, posting.account.in_(numbers))
        .order_by(entry.seq, posting.account)
    )
    belonging = months.Belonging(closings(session, community_id))
    for seq, kind, at, account, amount, leaf in session.execute(query):
        on = _day_in(bytes(leaf))
        yield _Moved(seq, kind, from_ms(at), on, account, account != main, amount, belonging.month_of(on, seq))


def _day_in(leaf: bytes) -> dt.date:
    """The day of a moving entry, cut out of its bytes: their form is fixed, and no text in them holds a quotation mark."""
    start = leaf.index(b'"on":"') + 6
    return dt.date.fromisoformat(leaf[start : start + 10].decode("ascii"))


def _details(session: Session, community_id: int, seqs: list[int]) -> dict[int, dict[str, Any]]:
    detail = tables.detail.c
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(seqs), 500):
        query = select(detail.seq, detail.detail).where(
            detail.community_id == community_id, detail.seq.in_(seqs[start : start + 500])
        )
        found |= {seq: json.loads(told) for seq, told in session.execute(query)}
    return found
