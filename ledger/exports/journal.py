"""The leaves of a log in order, each with what a journal needs to know of it: its day, its unit, and what it moved."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.entries import decode
from ledger.errors import LogBroken
from ledger.rules import Rule
from ledger.tables import entry, reversal, tail
from ledger.units import UNITS

ENTRIES_AT_ONCE = 2_000
MOVES = frozenset({"post", "capture", "reverse"})  # only these change balances; a hold sets aside

Legs = tuple[tuple[int, int], ...]
Progress = Callable[[int, int], None]
By = Literal["on", "booked"]


def silent(done: int, size: int) -> None:
    """Nobody waits for this export."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What of the books: days from `first` to `last`, both included (None: from the beginning, to the end), and one unit or all.

    `by`: whether an entry counts on the day it is about (`on`), or on the day it was booked, as the trial balance does.
    """

    first: datetime.date | None = None
    last: datetime.date | None = None
    unit: str | None = None
    by: By = "on"

    def holds(self, day: str) -> bool:
        """Whether a day (ISO) lies in the period."""
        return not self.is_before(day) and (self.last is None or day <= self.last.isoformat())

    def is_before(self, day: str) -> bool:
        return self.first is not None and day < self.first.isoformat()


@dataclass(frozen=True, slots=True)
class Account:
    """What an `open` said; `day` is the local day of it, `seq` its entry, `more` its owner, ceiling, end and `to` as text, if it has them."""

    number: int
    unit: str
    class_: str
    seq: int
    day: str
    more: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One entry. `booked` is the local day of its booking, `day` the day that it counts on; `unit` is empty where it is about none.

    `legs`: what it moves or sets aside, a reversal's too; nothing for other kinds. `reversed_by` is the entry that took
    it back. `fields` are the leaf's own, instants among them as local time.
    """

    seq: int
    kind: str
    at: str
    booked: str
    day: str
    unit: str
    legs: Legs
    reversed_by: int | None
    fields: Mapping[str, Any]


class Journal:
    """One log, read from its first entry to its last; `accounts` and `closed` (number: seq and day) grow with the reading."""

    def __init__(self, session: Session, community_id: int, wanted: Wanted, progress: Progress = silent) -> None:
        self._session = session
        self._community_id = community_id
        self._wanted = wanted
        self._progress = progress
        self._rule: Rule | None = None
        self._held: dict[int, str] = {}  # hold: its unit
        end = session.execute(select(tail).where(tail.c.community_id == community_id)).one_or_none()
        if end is None:
            raise LogBroken(f"community {community_id} has no log")
        self.origin: str = end.origin
        self.size: int = end.size
        self.root = bytes(end.root)
        self.accounts: dict[int, Account] = {}
        self.closed: dict[int, tuple[int, str]] = {}
        self.last_booked = ""

    def entries(self) -> Iterator[Told]:
        """Every entry that is of the wanted unit or of none, whatever its day.

        Raises:
            BadEntry, LogBroken: a leaf cannot be read, or is missing.
        """
        for start in range(0, self.size, ENTRIES_AT_ONCE):
            leaves = self._leaves(start, min(start + ENTRIES_AT_ONCE, self.size))
            reversed_legs = self._legs_of({one["of"] for one in leaves if one["kind"] == "reverse"})
            reversals = self._reversals(start, start + ENTRIES_AT_ONCE)
            for fields in leaves:
                told = self._told(fields, reversed_legs, reversals)
                if self._wanted.unit in (None, told.unit) or not told.unit:
                    yield told
            self._progress(min(start + ENTRIES_AT_ONCE, self.size), self.size)

    def _told(self, fields: dict[str, Any], reversed_legs: Mapping[int, Legs], reversals: Mapping[int, int]) -> Told:
        kind, seq = fields["kind"], fields["seq"]
        if kind == "rule":
            self._rule = Rule(seq, fields["two_from_min"], fields["two_from_pt"], fields["zone"])
        if self._rule is None:
            raise LogBroken("the log does not begin with a rule")
        at, booked = local_instant(fields["at"], self._rule.zone), self._rule.local_day(fields["at"])
        self.last_booked = max(self.last_booked, booked)
        for name in ("until", "ends"):
            if name in fields:
                fields[name] = local_instant(fields[name], self._rule.zone)
        if kind == "open":
            more = tuple((name, _text(fields[name])) for name in ("owner", "ceiling", "ends", "to") if name in fields)
            opened = Account(fields["account"], fields["unit"], fields["class"], seq, booked, more)
            self.accounts[opened.number] = opened
        elif kind == "close":
            self.closed[fields["account"]] = (seq, booked)
        legs = tuple((number, amount) for number, amount in fields.get("legs", ()))
        if kind == "reverse":
            legs = tuple((number, -amount) for number, amount in reversed_legs[fields["of"]])
        day = fields.get("on", booked) if self._wanted.by == "on" else booked
        return Told(seq, kind, at, booked, day, self._unit(fields, legs), legs, reversals.get(seq), fields)

    def _unit(self, fields: dict[str, Any], legs: Legs) -> str:
        kind = fields["kind"]
        if legs:
            unit = self._account(legs[0][0]).unit
        elif "account" in fields:
            unit = self._account(fields["account"]).unit
        else:
            unit = self._held.pop(fields["hold"], "") if kind in ("release", "expire") else ""
        if kind == "hold":
            self._held[fields["seq"]] = unit
        elif kind == "capture":
            self._held.pop(fields["hold"], None)
        return unit

    def _account(self, number: int) -> Account:
        found = self.accounts.get(number)
        if found is None:
            raise LogBroken(f"account {number} was never opened")
        return found

    def _leaves(self, start: int, end: int) -> list[dict[str, Any]]:
        own = entry.c.community_id == self._community_id, entry.c.seq >= start, entry.c.seq < end
        found = [
            decode(bytes(leaf))
            for leaf in self._session.scalars(select(entry.c.leaf).where(*own).order_by(entry.c.seq))
        ]
        for expected, fields in enumerate(found, start):
            if fields["seq"] != expected:
                raise LogBroken(f"entry {expected} is missing")
        if len(found) != end - start:
            raise LogBroken(f"entry {start + len(found)} is missing")
        return found

    def _legs_of(self, seqs: set[int]) -> dict[int, Legs]:
        if not seqs:
            return {}
        own = entry.c.community_id == self._community_id, entry.c.seq.in_(sorted(seqs))
        found = [decode(bytes(leaf)) for leaf in self._session.scalars(select(entry.c.leaf).where(*own))]
        legs = {one["seq"]: tuple((number, amount) for number, amount in one.get("legs", ())) for one in found}
        if legs.keys() != seqs:
            raise LogBroken(f"entry {min(seqs - legs.keys())} is missing")
        return legs

    def _reversals(self, start: int, end: int) -> dict[int, int]:
        own = reversal.c.community_id == self._community_id, reversal.c.of >= start, reversal.c.of < end
        found = self._session.execute(select(reversal.c.of, reversal.c.seq).where(*own)).all()
        return {row.of: row.seq for row in found}


def written(amount: int, unit: str) -> str:
    """An amount as a decimal in what people say: minutes whole, points with one place."""
    scale = UNITS[unit].scale
    if not scale:
        return str(amount)
    whole, rest = divmod(abs(amount), 10**scale)
    return f"{'-' if amount < 0 else ''}{whole}.{rest:0{scale}d}"


def uuid_of(id: str) -> str:
    """An entry's id with its dashes: without them a spreadsheet takes one in a million for a number."""
    return f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}"


def local_instant(ms: int, zone: str) -> str:
    """An instant as the village's clock showed it, with the offset of its zone."""
    sign = 1 if zone[0] == "+" else -1
    offset = datetime.timedelta(minutes=sign * (int(zone[1:3]) * 60 + int(zone[4:6])))
    local = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(milliseconds=ms) + offset
    return f"{local:%Y-%m-%d %H:%M:%S}.{ms % 1000:03d} {zone}"


def _text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
