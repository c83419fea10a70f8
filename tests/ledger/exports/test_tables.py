"""The books as CSV: they add up, agree with the tables, and no spreadsheet runs a word of them."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import IO, Any

import pytest
from sqlalchemy import func, select

from ledger import log, reading, tables
from ledger.exports import tables as exports
from ledger.exports.journal import Wanted
from tests.ledger.exports.every_kind import Numbers, keep_books
from tests.village import Village


class Kept:
    """Files in memory."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        file = io.BytesIO()
        yield file
        self.content[name] = file.getvalue()


def written(village: Village, **wanted: Any) -> dict[str, bytes]:
    files = Kept()
    with village.read() as session:
        exports.write(session, village.community_id, files, Wanted(**wanted))
    return files.content


def rows_of(content: bytes) -> list[dict[str, str]]:
    """As a spreadsheet opens it; every line ends the way that Excel likes."""
    text = content.decode("ascii")
    assert text.endswith("\r\n")
    assert text.count("\n") == text.count("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def steps(told: str, unit: str) -> int:
    return int(Decimal(told) * (10 if unit == "pt" else 1))


def test_the_tables_add_up_and_are_the_books(village: Village) -> None:
    keep_books(village)
    files = written(village)
    assert list(files) == ["entries.csv", "postings.csv", "accounts.csv", "trial_balance.csv"]
    found = {name: rows_of(content) for name, content in files.items()}
    with village.read() as session:
        size = log.end(session, village.community_id).size
        postings = session.scalar(select(func.count()).select_from(tables.posting))
        stored = {row.number: row for row in session.execute(select(tables.account))}
    assert [int(row["seq"]) for row in found["entries.csv"]] == list(range(size))
    assert len(found["postings.csv"]) == postings
    sums: dict[int, int] = defaultdict(int)
    for row in found["postings.csv"]:
        sums[int(row["account"])] += steps(row["amount"], row["unit"])
    for row in found["accounts.csv"]:
        account = stored[int(row["account"])]
        assert steps(row["balance"], row["unit"]) == sums[int(row["account"])] == account.balance
        assert steps(row["held"], row["unit"]) == account.held
        assert (row["closed_seq"] or None) == (None if account.closed is None else str(account.closed))
        assert int(row["opened_seq"]) == account.opened
    assert len(found["accounts.csv"]) == len(stored)
    for row in found["trial_balance.csv"]:
        opening, added, taken, closing = (
            steps(row[name], row["unit"]) for name in ("opening", "added", "taken", "closing")
        )
        assert opening + added - taken == closing
        if row["class"] == "total":
            assert (opening, added, closing) == (0, taken, 0)
        else:
            assert closing == stored[int(row["account"])].balance
    assert written(village) == files


def test_columns_are_those_of_the_page(kept: Village) -> None:
    """What the module says of itself is what an accountant reads."""
    told = exports.__doc__
    for name, content in written(kept).items():
        header = content.decode().split("\r\n", 1)[0].split(",")
        passage = " ".join(told.partition(name)[2].split())
        assert passage.replace(":", ",").startswith(", ".join(header) + ","), name


def test_entries_tell_what_they_are_about(kept: Village) -> None:
    entries = {int(row["seq"]): row for row in rows_of(written(kept)["entries.csv"])}
    with kept.read() as session:
        for seq, row in entries.items():
            found = reading.entry(session, kept.community_id, seq)
            fields = found.fields
            assert (row["kind"], row["id"].replace("-", "")) == (found.kind, found.id)
            assert row["on"] == fields.get("on", "")
            assert row["booked_at"].endswith(f".{found.at.microsecond // 1000:03d} +08:00")
            for column, name in (("hold", "hold"), ("reverses", "of"), ("account", "account"), ("cites", "cites")):
                assert row[column] == str(fields.get(name, ""))
    for row in entries.values():
        if row["reverses"]:
            assert entries[int(row["reverses"])]["reversed_by"] == row["seq"]
            assert entries[int(row["reverses"])]["amount"] == row["amount"]
    assert any(row["kind"] == "hold" and row["amount"] for row in entries.values())


def test_no_cell_is_a_formula(kept: Village) -> None:
    subjects = [row["subject"] for row in rows_of(written(kept)["entries.csv"]) if row["subject"]]
    assert "'=HYPERLINK(1)" in subjects
    for content in written(kept).values():
        for row in rows_of(content):
            for cell in row.values():
                assert not cell.startswith(("=", "+", "@"))
                assert not cell.startswith("-") or Decimal(cell) < 0


def test_no_identifier_is_taken_for_a_number(kept: Village) -> None:
    for row in rows_of(written(kept)["entries.csv"]):
        with pytest.raises(ValueError, match="could not convert"):
            float(row["id"])
        assert row["id"].count("-") == 4


@pytest.mark.parametrize("by", ["on", "booked"])
def test_a_period_and_a_unit(kept: Village, by: Any) -> None:
    first, last = kept.today - datetime.timedelta(days=40), kept.today - datetime.timedelta(days=20)
    files = written(kept, first=first, last=last, unit="min", by=by)
    days = {row["on" if by == "on" else "booked_at"][:10] for row in rows_of(files["postings.csv"])}
    assert days
    assert all(first.isoformat() <= day <= last.isoformat() for day in days)
    rows = rows_of(files["trial_balance.csv"])
    assert {row["unit"] for row in rows} == {"min"}
    if by == "booked":
        zone = datetime.timezone(datetime.timedelta(hours=8))
        start = datetime.datetime.combine(first, datetime.time(), zone)
        end = datetime.datetime.combine(last + datetime.timedelta(days=1), datetime.time(), zone)
        with kept.read() as session:
            ours = reading.trial_balance(session, kept.community_id, start, end)
        assert [tuple(row.values()) for row in rows if row["account"]] == [
            (row.unit, str(row.account), row.class_, *map(str, (row.opening, row.added, row.taken, row.closing)))
            for row in ours
            if row.unit == "min"
        ]


def test_points_have_one_place(kept: Village) -> None:
    rows = [row for row in rows_of(written(kept)["postings.csv"]) if row["unit"] == "pt"]
    assert any(row["amount"] == "1.5" and row["account"] == str(Numbers.points) for row in rows)
    assert all(row["amount"].partition(".")[2] and len(row["amount"].partition(".")[2]) == 1 for row in rows)
    assert json.dumps(rows).isascii()
