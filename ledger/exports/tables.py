"""The books as CSV: accounts, entries, postings and a trial balance, for spreadsheets and databases.

Comma, CR LF, a header row of these names; all of it is ASCII, so that no reader has to guess. Minutes are whole, points
decimals with one place. Instants are local, `2026-08-01 09:00:00.123 +08:00`; days `2026-08-01`. No cell begins a formula.

accounts.csv        account, unit, class, owner, opened_seq, opened_on, closed_seq, closed_on, balance, held, floor,
                    ceiling, quota, issued, ends, to: one row an account by number, as the tables have it now
entries.csv         seq, kind, booked_at, on, unit, amount, account, hold, reverses, reversed_by, cites, reason,
                    approvers, topic, subject, digest, ref, id: one row an entry; amount is what it moves or sets aside
postings.csv        seq, on, booked_at, account, class, unit, amount: one row a leg of what moves something; an
                    account's amounts add up to its balance, all amounts of a unit to nothing
trial_balance.csv   unit, account, class, opening, added, taken, closing: of the period, and a row `total` for each unit
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import IO, Protocol

from sqlalchemy import RowMapping, select
from sqlalchemy.orm import Session

from ledger import tables
from ledger.entries import ISSUING
from ledger.errors import LogBroken
from ledger.exports.journal import MOVES, Journal, Progress, Told, Wanted, silent, uuid_of, written
from ledger.units import UNITS

ROWS_AT_ONCE = 5_000
ROWS_WRITTEN_AT_ONCE = 500
IN_MEMORY_BYTES = 2**23
COPIED_AT_ONCE = 2**16
FORMULA_STARTS = ("=", "+", "-", "@")  # a leaf's text is printable ASCII

ACCOUNTS = (
    "account,unit,class,owner,opened_seq,opened_on,closed_seq,closed_on,balance,held,floor,ceiling,quota,issued,ends,to"
)
ENTRIES = (
    "seq,kind,booked_at,on,unit,amount,account,hold,reverses,reversed_by,cites,reason,approvers,topic,subject,digest,"
    "ref,id"
)
POSTINGS = "seq,on,booked_at,account,class,unit,amount"
TRIAL_BALANCE = "unit,account,class,opening,added,taken,closing"

Cell = str | int | None


class Files(Protocol):
    """Where the files go, one after the other: an archive, or a folder."""

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]: ...


def write(session: Session, community_id: int, files: Files, wanted: Wanted, progress: Progress = silent) -> int:
    """Write the four tables of a community as this session's snapshot has them; returns how many entries the log has in the period.

    Entries and postings are those of the period; accounts are all, as they stand at the end of the log.

    Raises:
        LogBroken, BadEntry: the log is damaged, and cannot be told.
    """
    return _Writer(session, community_id, wanted, progress).write(files)


class _Writer:
    """Reads the log once: postings go to a file of their own while entries are written, as an archive takes one at a time."""

    def __init__(self, session: Session, community_id: int, wanted: Wanted, progress: Progress) -> None:
        self._session = session
        self._community_id = community_id
        self._wanted = wanted
        self._journal = Journal(session, community_id, wanted, progress)
        self._before: dict[int, int] = defaultdict(int)
        self._added: dict[int, int] = defaultdict(int)
        self._taken: dict[int, int] = defaultdict(int)
        self._count = 0

    def write(self, files: Files) -> int:
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as postings:
            rows = _Rows(postings, POSTINGS)
            with files.open("entries.csv") as file:
                self._read(_Rows(file, ENTRIES), rows)
            rows.finish()
            postings.seek(0)
            with files.open("postings.csv") as file:
                while piece := postings.read(COPIED_AT_ONCE):
                    file.write(piece)
        for name, header, found in (
            ("accounts.csv", ACCOUNTS, self._accounts()),
            ("trial_balance.csv", TRIAL_BALANCE, self._trial_balance()),
        ):
            with files.open(name) as file:
                table = _Rows(file, header)
                for row in found:
                    table.add(row)
                table.finish()
        return self._count

    def _read(self, entries: _Rows, postings: _Rows) -> None:
        for told in self._journal.entries():
            if told.kind in MOVES:
                self._gather(told)
            if self._wanted.holds(told.day):
                self._count += 1
                entries.add(_entry(told))
                if told.kind in MOVES:
                    for number, amount in told.legs:
                        of = self._journal.accounts[number]
                        amount_told = written(amount, of.unit)
                        postings.add((told.seq, told.fields["on"], told.at, number, of.class_, of.unit, amount_told))
        entries.finish()

    def _gather(self, told: Told) -> None:
        for number, amount in told.legs:
            if self._wanted.is_before(told.day):
                self._before[number] += amount
            elif self._wanted.holds(told.day):
                (self._added if amount > 0 else self._taken)[number] += abs(amount)

    def _accounts(self) -> Iterator[Sequence[Cell]]:
        of, after = tables.account.c, 0
        while True:
            chosen = of.community_id == self._community_id, of.number > after
            query = select(tables.account).where(*chosen).order_by(of.number).limit(ROWS_AT_ONCE)
            rows = self._session.execute(query).mappings().all()
            if not rows:
                return
            for row in rows:
                if self._wanted.unit in (None, row["unit"]):
                    yield self._account(row)
            after = rows[-1]["number"]

    def _account(self, row: RowMapping) -> Sequence[Cell]:
        told = self._journal.accounts.get(row["number"])
        if told is None:
            raise LogBroken(f"account {row['number']} was never opened")
        closed_seq, closed_on = self._journal.closed.get(told.number, (None, None))
        issuing = told.class_ in ISSUING

        def amount(name: str) -> str | None:
            return None if row[name] is None else written(row[name], told.unit)

        return (
            told.number,
            told.unit,
            told.class_,
            row["owner"],
            told.seq,
            told.day,
            closed_seq,
            closed_on,
            amount("balance"),
            amount("held"),
            None if issuing else amount("floor"),
            amount("ceiling"),
            amount("quota") if issuing else None,
            amount("issued") if issuing else None,
            dict(told.more).get("ends"),
            dict(told.more).get("to"),
        )

    def _trial_balance(self) -> Iterator[Sequence[Cell]]:
        for unit in [self._wanted.unit] if self._wanted.unit else UNITS:
            totals = [0, 0, 0, 0]
            shown = False
            for number, account in sorted(self._journal.accounts.items()):
                came_later = self._wanted.last is not None and account.day > self._wanted.last.isoformat()
                opening, added, taken = self._before[number], self._added[number], self._taken[number]
                if account.unit != unit or (came_later and not (opening or added or taken)):
                    continue
                sums = [opening, added, taken, opening + added - taken]
                totals = [total + one for total, one in zip(totals, sums, strict=True)]
                shown = True
                yield unit, number, account.class_, *(written(one, unit) for one in sums)
            if shown:
                yield unit, None, "total", *(written(one, unit) for one in totals)


class _Rows:
    """A CSV in the making: rows are gathered and written some hundreds at a time."""

    def __init__(self, file: IO[bytes], header: str) -> None:
        self._file = file
        self._text = io.StringIO()
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._waiting = 0
        self._text.write(f"{header}\r\n")

    def add(self, row: Sequence[Cell]) -> None:
        self._writer.writerow(row)
        self._waiting += 1
        if self._waiting == ROWS_WRITTEN_AT_ONCE:
            self.finish()

    def finish(self) -> None:
        self._file.write(self._text.getvalue().encode("ascii"))
        self._text.seek(0)
        self._text.truncate()
        self._waiting = 0


def _entry(told: Told) -> Sequence[Cell]:
    fields = told.fields
    amount = sum(amount for _, amount in told.legs if amount > 0)
    return (
        told.seq,
        told.kind,
        told.at,
        fields.get("on"),
        told.unit,
        written(amount, told.unit) if told.legs else None,
        fields.get("account"),
        fields.get("hold"),
        fields.get("of"),
        told.reversed_by,
        fields.get("cites"),
        fields.get("reason"),
        " ".join(map(str, fields.get("approvers", ()))),
        fields.get("topic"),
        _no_formula(fields.get("subject", "")),
        fields.get("digest"),
        fields.get("ref"),
        uuid_of(fields["id"]),
    )


def _no_formula(text: str) -> str:
    """A note's subject is the only cell that somebody's words fill; all others are numbers, days, hashes and our own."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
