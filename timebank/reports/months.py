"""The books month by month (月账): what belongs to a month, and that a closed month never changes.

An entry belongs to the month of the day on which it happened (`on`), as long as that month is open; once the month is
closed, to the first month that is open when it is booked, where it is shown as a prior-month adjustment (以前月份调整).
A closing's note (topic `month`, subject `2026-11/70000`: the month and how many entries it counts) holds the digest of the
month's trial balance, so that an outsider with the entries computes the same.
"""

from __future__ import annotations

import datetime as dt
import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from ledger import reading, tables
from ledger.book import from_ms
from ledger.entries import canonical
from ledger.reading import BalanceRow
from timebank import permissions
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.permissions import Actor
from timebank.reports.closed_months import Closed, closings
from timebank.reports.trial_balance import TrialBalance, summed

TOPIC = "month"
ENTRIES_AT_ONCE = 5_000


@dataclass(frozen=True)
class Adjustment:
    """An entry that happened in a month which was closed before it was booked. Amounts: what went to people and from them."""

    seq: int
    at: dt.datetime
    on: dt.date
    unit: str
    amount: int


@dataclass(frozen=True)
class MonthBooks:
    """A month's trial balance by account, one for each unit, and what of it are adjustments of months before.

    `closed`: the closing, if there was one, and `noted` the digest that the ledger noted then. `until`: entries before this
    one are counted. `over`: whether the month lies behind us. The adjustments are contained in the rows. `late`: how many
    of its entries were booked after its last day.
    """

    month: dt.date
    closed: Closed | None
    noted: str
    until: int
    over: bool
    balances: tuple[TrialBalance, ...]
    adjustments: tuple[Adjustment, ...]
    late: int

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of the month and its rows [account, opening, added, taken] by unit, as the note holds it."""
        rows = {
            one.unit: [[row.account, row.opening, row.added, row.taken] for row in one.rows] for one in self.balances
        }
        return sha256(canonical({"month": written(self.month), "rows": rows})).hexdigest()

    @property
    def unchanged(self) -> bool:
        """Whether a closed month still has the digest that was noted when it was closed."""
        return self.closed is not None and self.noted == self.digest

    def totals(self) -> dict[str, dict[str, int]]:
        """The control totals by unit: how many accounts, and what was added and taken."""
        return {
            one.unit: {"accounts": one.total.accounts, "added": one.total.added, "taken": one.total.taken}
            for one in self.balances
        }


def first_of(day: dt.date) -> dt.date:
    """The first day of the month in which a day lies."""
    return day.replace(day=1)


def next_month(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=31)).replace(day=1)


def last_of(month: dt.date) -> dt.date:
    return next_month(month) - dt.timedelta(days=1)


def written(month: dt.date) -> str:
    """A month as notes and addresses write it: 2026-11."""
    return f"{month:%Y-%m}"


def begun_in(session: Session, community_id: int) -> dt.date:
    """The month in which the log begins."""
    entry = tables.entry.c
    at = session.scalar(select(func.min(entry.at)).where(entry.community_id == community_id, entry.seq == 0))
    place = communities.community(session, community_id)
    return first_of(communities.local_day(place, from_ms(int(at or 0))))


def of_month(session: Session, *, actor: Actor, month: dt.date, today: dt.date) -> MonthBooks:
    """A month's books; those of an open month may still change."""
    community_id = community_of(actor)
    permissions.require(actor, "reports.trial_balance", community_id=community_id)
    return books_of(session, community_id, month, today=today)


def books_of(session: Session, community_id: int, month: dt.date, *, today: dt.date) -> MonthBooks:
    """The same for a use case that asked for its permission already."""
    closed = closings(session, community_id)
    own = next((one for one in closed if one.month == month), None)
    place = communities.community(session, community_id)
    first = reading.size_at(session, community_id, communities.day_start(place, month))
    end = reading.size_at(session, community_id, communities.day_start(place, next_month(month)))
    tail = reading.tail(session, community_id)
    until = own.until if own else (tail.size if tail else 0)
    accounts = _accounts(session, community_id, until)
    told = _Told(month, Belonging(closed), accounts)
    for entry in _moving(session, community_id, first, until, month):
        told.count(entry, late=entry.seq >= end)
    balances = _balances(session, community_id, first, told)
    over = today >= next_month(month)
    return MonthBooks(
        month, own, _noted(session, community_id, own), until, over, balances, tuple(told.adjustments), told.late
    )


class Belonging:
    """To which month an entry belongs: that in which it happened, or the first one that was open when it was booked."""

    def __init__(self, closed: Sequence[Closed]) -> None:
        self._untils = [one.until for one in closed]
        self._open = [dt.date.min, *(next_month(one.month) for one in closed)]

    def month_of(self, on: dt.date, seq: int) -> dt.date:
        """The first day of that month; later than that of `on` for what is an adjustment."""
        return max(first_of(on), self._open[bisect_right(self._untils, seq)])


@dataclass
class _Told:
    """What entries say of one month, while they are read."""

    month: dt.date
    belonging: Belonging
    accounts: dict[int, tuple[str, str]]
    earlier: dict[int, int] = field(default_factory=dict)
    added: dict[int, int] = field(default_factory=dict)
    taken: dict[int, int] = field(default_factory=dict)
    adjustments: list[Adjustment] = field(default_factory=list)
    late: int = 0

    def count(self, entry: _Moving, *, late: bool) -> None:
        happened = first_of(entry.on)
        belongs = self.belonging.month_of(entry.on, entry.seq)
        if belongs > self.month:
            return
        if belongs < self.month:  # booked since the month began, but of a month before it that was still open
            for account, amount in entry.legs:
                self.earlier[account] = self.earlier.get(account, 0) + amount
            return
        for account, amount in entry.legs:
            side = self.added if amount > 0 else self.taken
            side[account] = side.get(account, 0) + abs(amount)
        self.late += late
        if happened < self.month:
            unit = self.accounts[entry.legs[0][0]][0]
            moved = sum(amount for _, amount in entry.legs if amount > 0)
            self.adjustments.append(Adjustment(entry.seq, entry.at, entry.on, unit, moved))


@dataclass(frozen=True)
class _Moving:
    """An entry that moves something; a reversal with the legs of what it books back, negated."""

    seq: int
    at: dt.datetime
    on: dt.date
    legs: tuple[tuple[int, int], ...]


def _moving(session: Session, community_id: int, first: int, until: int, month: dt.date) -> Iterator[_Moving]:
    """The moving entries of a span that happened in a month or before it, some thousand at a time.

    What happened later belongs to later months; it is left out by a look at its bytes, since an open month of long ago is
    followed by all that was booked since.
    """
    last = written(month).encode()
    entry = tables.entry.c
    for start in range(first, until, ENTRIES_AT_ONCE):
        query = (
            select(entry.seq, entry.at, entry.leaf)
            .where(
                entry.community_id == community_id,
                entry.seq >= start,
                entry.seq < min(start + ENTRIES_AT_ONCE, until),
                entry.kind.in_(("post", "capture", "reverse")),
            )
            .order_by(entry.seq)
        )
        rows = ((seq, at, bytes(leaf)) for seq, at, leaf in session.execute(query))
        found = [(seq, at, json.loads(leaf)) for seq, at, leaf in rows if month_in(leaf) <= last]
        turned = _legs_of(session, community_id, [fields["of"] for _, _, fields in found if "of" in fields])
        for seq, at, fields in found:
            legs = turned[fields["of"]] if "of" in fields else _legs(fields)
            yield _Moving(seq, from_ms(at), dt.date.fromisoformat(fields["on"]), legs)


def month_in(leaf: bytes) -> bytes:
    """The month of a moving entry's day as its bytes hold it: their form is fixed, and no text in them holds a quotation mark."""
    start = leaf.index(b'"on":"') + 6
    return leaf[start : start + 7]


def _legs_of(session: Session, community_id: int, seqs: Iterable[int]) -> dict[int, tuple[tuple[int, int], ...]]:
    """The legs of entries that were booked back, negated."""
    wanted = sorted(set(seqs))
    if not wanted:
        return {}
    entry = tables.entry.c
    query = select(entry.seq, entry.leaf).where(entry.community_id == community_id, entry.seq.in_(wanted))
    return {
        seq: tuple((account, -amount) for account, amount in _legs(json.loads(bytes(leaf))))
        for seq, leaf in session.execute(query)
    }


def _legs(fields: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    return tuple((account, amount) for account, amount in fields["legs"])


def _accounts(session: Session, community_id: int, until: int) -> dict[int, tuple[str, str]]:
    """Unit and class of the accounts that were opened before entry `until`."""
    of = tables.account.c
    query = select(of.number, of.unit, of["class"]).where(of.community_id == community_id, of.opened < until)
    return {number: (unit, class_) for number, unit, class_ in session.execute(query)}


def _balances(session: Session, community_id: int, first: int, told: _Told) -> tuple[TrialBalance, ...]:
    """Opening as booked before the month began, and what was booked since for months before it; then the month's own."""
    before = _balances_before(session, community_id, first)
    rows: dict[str, list[BalanceRow]] = {"min": [], "pt": []}
    touched = before.keys() | told.earlier.keys() | told.added.keys() | told.taken.keys()
    for account in sorted(touched):
        unit, class_ = told.accounts[account]
        opening = before.get(account, 0) + told.earlier.get(account, 0)
        added, taken = told.added.get(account, 0), told.taken.get(account, 0)
        if opening or added or taken:
            rows[unit].append(BalanceRow(unit, account, class_, opening, added, taken, opening + added - taken))
    return tuple(summed(unit, tuple(found)) for unit, found in rows.items())


def _noted(session: Session, community_id: int, closed: Closed | None) -> str:
    note = tables.note.c
    own = note.community_id == community_id, note.seq == (closed.note if closed else -1), note.topic == TOPIC
    return session.scalar(select(note.digest).where(*own)) or ""


def _balances_before(session: Session, community_id: int, size: int) -> dict[int, int]:
    """The balance of each account as booked before entry `size`, where there is one."""
    posting, of = tables.posting.c, tables.account.c
    newest = (
        select(posting.balance)
        .where(posting.community_id == of.community_id, posting.account == of.number, posting.seq < size)
        .order_by(posting.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(of.number, newest).where(of.community_id == community_id, of.opened < size)
    return {number: int(balance) for number, balance in session.execute(query) if balance}
