"""The books as a beancount journal (https://beancount.github.io): every entry once, and balances that `bean-check` holds to ours.

Amounts have the ledger's sign: what somebody has is positive. So accounts that issue are Equity and grow negative, all
others are Assets, named by class and number (`Assets:Member:1001`). Minutes are whole MIN, a step of a tenth is 0.1 PT.

- post, capture, reverse: transactions on the day they are about (or were booked), in the log's order within a day.
- open and close: directives. An account opens on the first day that it is used on, if that is earlier than its entry's;
  it closes at the beginning of the day after, as beancount's balances are those of a day's beginning.
- hold, release, expire and what moves nothing: `custom` directives, so that balances stay what they are here. What is
  held at the end stands at the foot.
- Balances are asserted when a month ends in which an account moved, when it closes, and at the end; those at the end
  are the stored ones and not sums of this file.
- Of a period: what was before it is one transaction on its first day.
"""

from __future__ import annotations

import datetime
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import IO

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger import tables
from ledger.entries import ISSUING
from ledger.exports.journal import MOVES, Account, Journal, Progress, Told, Wanted, silent, uuid_of, written
from ledger.units import UNITS

IN_MEMORY_BYTES = 2**23
COPIED_AT_ONCE = 2**16
ROWS_AT_ONCE = 5_000
COMMODITIES = {"min": ("MIN", "minutes of service, whole"), "pt": ("PT", "village points, in steps of 0.1")}


def write(session: Session, community_id: int, file: IO[bytes], wanted: Wanted, progress: Progress = silent) -> int:
    """Write the journal of a community as this session's snapshot has it; returns how many entries were written.

    Raises:
        LogBroken, BadEntry: the log is damaged, and cannot be told.
    """
    return _Writer(session, community_id, wanted, progress).write(file)


class _Writer:
    """Reads the log once: its transactions go to a file of their own while accounts and sums are gathered."""

    def __init__(self, session: Session, community_id: int, wanted: Wanted, progress: Progress) -> None:
        self._session = session
        self._community_id = community_id
        self._wanted = wanted
        self._journal = Journal(session, community_id, wanted, progress)
        self._before: dict[int, int] = defaultdict(int)  # account: balance when the period begins
        self._moved: dict[int, dict[str, int]] = defaultdict(dict)  # account: month: sum
        self._first_used: dict[int, str] = {}
        self._last_used: dict[int, str] = {}
        self._last_day = ""
        self._count = 0

    def write(self, file: IO[bytes]) -> int:
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as body:
            for told in self._journal.entries():
                self._gather(told)
                if self._wanted.holds(told.day) and told.kind not in ("open", "close"):
                    body.write(_lines([*self._directive(told), ""]))
                    self._count += 1
            file.write(_lines(self._head()))
            body.seek(0)
            while piece := body.read(COPIED_AT_ONCE):
                file.write(piece)
        for lines in self._foot():
            file.write(_lines(lines))
        return self._count

    def _gather(self, told: Told) -> None:
        if told.kind not in MOVES:
            return
        if self._wanted.is_before(told.day):
            for number, amount in told.legs:
                self._before[number] += amount
        elif self._wanted.holds(told.day):
            month = told.day[:7]
            for number, amount in told.legs:
                sums = self._moved[number]
                sums[month] = sums.get(month, 0) + amount
                self._first_used[number] = min(told.day, self._first_used.get(number, told.day))
                self._last_used[number] = max(told.day, self._last_used.get(number, told.day))
            self._last_day = max(self._last_day, told.day)

    # What stands above the transactions

    def _head(self) -> Iterator[str]:
        journal = self._journal
        yield f";; {journal.origin}: {journal.size} entries, root {journal.root.hex()}"
        yield f";; counted by {self._told_period()}"
        yield f'option "title" "{journal.origin}"'
        shown = [self._wanted.unit] if self._wanted.unit else list(UNITS)
        for unit in shown:
            yield f'option "operating_currency" "{COMMODITIES[unit][0]}"'
        yield ""
        accounts = list(self._accounts())
        first = min([self._opens(one) for one in accounts], default=journal.last_booked)
        for unit in shown:
            name, told = COMMODITIES[unit]
            yield from (f"{first} commodity {name}", f'  name: "{told}"')
        yield ""
        for account in accounts:
            yield f"{self._opens(account)} open {_name(account)} {COMMODITIES[account.unit][0]}"
            yield f"  seq: {account.seq}"
            for name, value in account.more:
                yield f"  {name}: {_amount(int(value), account.unit)}" if name == "ceiling" else f'  {name}: "{value}"'
        yield ""
        yield from self._opening(accounts)

    def _told_period(self) -> str:
        days = {"on": "the day that an entry is about", "booked": "the day of booking"}[self._wanted.by]
        first, last = self._wanted.first or "the beginning", self._wanted.last or "the end"
        return f"{days}, from {first} to {last}"

    def _accounts(self) -> Iterator[Account]:
        """Those that the file is about, by number: all that were open in the period, or moved in it."""
        for number, account in sorted(self._journal.accounts.items()):
            _, closed_on = self._journal.closed.get(number, (0, ""))
            gone = closed_on and self._wanted.is_before(closed_on)
            to_come = self._wanted.last is not None and account.day > self._wanted.last.isoformat()
            is_used = self._moved.get(number) or self._before.get(number)
            if self._wanted.unit in (None, account.unit) and (is_used or not (gone or to_come)):
                yield account

    def _opens(self, account: Account) -> str:
        """The day of its opening, or the earlier one that it is used on: late entries are about days before."""
        days = [account.day]
        if self._wanted.first is not None and self._before.get(account.number):
            days.append(self._wanted.first.isoformat())
        if account.number in self._first_used:
            days.append(self._first_used[account.number])
        return min(days)

    def _opening(self, accounts: Iterable[Account]) -> Iterator[str]:
        """What each account had when the period began; all of a unit add up to nothing, as always."""
        for unit in UNITS:
            had = [one for one in accounts if one.unit == unit and self._before.get(one.number)]
            if had and self._wanted.first is not None:
                yield f'{self._wanted.first} * "balances brought forward"'
                for one in had:
                    yield _posting(one, self._before[one.number])
                yield ""

    # Transactions, and what moves nothing

    def _directive(self, told: Told) -> Iterator[str]:
        if told.kind in MOVES:
            yield f'{told.day} * "{told.kind} {told.seq}"{_link(told)}'
        else:
            values = "".join(self._value(number, amount) for number, amount in told.legs)
            yield f'{told.day} custom "{told.kind}" {told.seq}{values}'  # beancount 3.2 fails on one without a value
        yield from self._metadata(told)
        if told.kind in MOVES:
            yield from (_posting(self._journal.accounts[number], amount) for number, amount in told.legs)

    def _value(self, number: int, amount: int) -> str:
        account = self._journal.accounts[number]
        return f" {_name(account)} {_amount(amount, account.unit)}"

    def _metadata(self, told: Told) -> Iterator[str]:
        yield f"  seq: {told.seq}"
        yield f'  id: "{uuid_of(told.fields["id"])}"'
        yield f'  at: "{told.at}"'
        for name, value in told.fields.items():
            if name not in ("seq", "id", "at", "kind", "v", "legs") and not (name == "on" and value == told.day):
                yield f"  {_key(name)}: {self._metadatum(name, value, told.unit)}"
        if told.reversed_by is not None:
            yield f"  reversed_by: {told.reversed_by}"

    def _metadatum(self, name: str, value: object, unit: str) -> str:
        if name == "account" and isinstance(value, int):
            return _name(self._journal.accounts[value])
        if name in ("floor", "ceiling", "quota") and isinstance(value, int):
            return _amount(value, unit)
        if name == "on":
            return str(value)
        if isinstance(value, list):
            return f'"{" ".join(map(str, value))}"'
        return str(value) if isinstance(value, int) else f'"{value}"'

    # Balances

    def _foot(self) -> Iterator[list[str]]:
        yield [";; balances at the beginning of these days"]
        end = self._end()
        stored = self._stored() if self._wanted.last is None else {}
        lines: list[str] = []
        for account in self._accounts():
            balance, dated = self._before.get(account.number, 0), ""
            closes = self._closes(account, end)
            for month, moved in sorted(self._moved.get(account.number, {}).items()):
                balance += moved
                dated = _next_month(month)
                if dated < (closes or end):
                    lines.append(_asserted(dated, account, balance))
            lines.append(_asserted(closes or end, account, stored.get(account.number, (balance, 0))[0]))
            if closes:
                lines += [f"{closes} close {_name(account)}", f"  seq: {self._journal.closed[account.number][0]}"]
            if len(lines) > ROWS_AT_ONCE:
                yield lines
                lines = []
        yield lines
        held = [one for one in self._accounts() if stored.get(one.number, (0, 0))[1]]
        if held:
            yield ["", ";; held at the end, and still part of the balance"]
            yield [f'{end} custom "held"{self._value(one.number, stored[one.number][1])}' for one in held]

    def _end(self) -> str:
        """The day at whose beginning all is done: after the period, or after the last entry and the last day that one is about."""
        if self._wanted.last is not None:
            return _next_day(self._wanted.last.isoformat())
        return _next_day(
            max(self._last_day, self._journal.last_booked, (self._wanted.first or datetime.date.min).isoformat())
        )

    def _closes(self, account: Account, end: str) -> str:
        """The day at whose beginning an account is closed, if that is within the file."""
        if account.number not in self._journal.closed:
            return ""
        _, day = self._journal.closed[account.number]
        after = _next_day(max(day, self._last_used.get(account.number, day)))
        return after if after <= end else ""

    def _stored(self) -> dict[int, tuple[int, int]]:
        """Balance and held of every account, as the tables have them."""
        of, after = tables.account.c, 0
        found: dict[int, tuple[int, int]] = {}
        while True:
            chosen = of.community_id == self._community_id, of.number > after
            query = select(of.number, of.balance, of.held).where(*chosen).order_by(of.number).limit(ROWS_AT_ONCE)
            rows = self._session.execute(query).all()
            if not rows:
                return found
            found.update({number: (balance, held) for number, balance, held in rows})
            after = rows[-1][0]


def _name(account: Account) -> str:
    root = "Equity" if account.class_ in ISSUING else "Assets"
    return f"{root}:{account.class_.capitalize().replace('_', '-')}:{account.number}"


def _amount(amount: int, unit: str) -> str:
    return f"{written(amount, unit)} {COMMODITIES[unit][0]}"


def _posting(account: Account, amount: int) -> str:
    return f"  {_name(account)}  {_amount(amount, account.unit)}"


def _asserted(day: str, account: Account, balance: int) -> str:
    # Beancount would let a tenth of a point pass: its tolerance comes from the last digit.
    return f"{day} balance {_name(account)}  {written(balance, account.unit)} ~ 0 {COMMODITIES[account.unit][0]}"


def _link(told: Told) -> str:
    """What joins a reversal and what it reverses."""
    if told.kind == "reverse":
        return f" ^reversal-of-{told.fields['of']}"
    return "" if told.reversed_by is None else f" ^reversal-of-{told.seq}"


def _key(name: str) -> str:
    return "reverses" if name == "of" else name


def _next_month(month: str) -> str:
    first = datetime.date.fromisoformat(f"{month}-01")
    return (first + datetime.timedelta(days=31)).replace(day=1).isoformat()


def _next_day(day: str) -> str:
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days=1)).isoformat()


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("ascii")
