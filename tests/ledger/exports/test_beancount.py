"""The journal as beancount itself reads it: no error, every entry once, and balances that are ours."""

from __future__ import annotations

import datetime
import io
import re
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from beancount.core import data, realization

from ledger import log, reading
from ledger.errors import LogBroken
from ledger.exports import beancount
from ledger.exports.journal import Wanted
from tests.ledger.books import attack, credit, make_volunteer
from tests.ledger.exports.every_kind import Numbers, keep_books
from tests.village import Village

UNITS = {"MIN": ("min", 1), "PT": ("pt", 10)}


def journal(village: Village, **wanted: Any) -> str:
    file = io.BytesIO()
    with village.read() as session:
        beancount.write(session, village.community_id, file, Wanted(**wanted))
    return file.getvalue().decode("ascii")


def loaded(text: str) -> list[Any]:
    """The directives, with whatever beancount finds wrong."""
    entries, errors, _ = loader.load_string(text, dedent=False)
    assert [f"{error.message} {error.source}" for error in errors] == []
    return entries


def errors_of(text: str) -> list[str]:
    return [error.message for error in loader.load_string(text, dedent=False)[1]]


def balances_of(entries: list[Any]) -> dict[int, int]:
    """Each account's balance in our steps, as beancount adds it up."""
    found = {}
    for account in realization.iter_children(realization.realize(entries), leaf_only=True):
        if account.account:
            steps = [position.units.number * UNITS[position.units.currency][1] for position in account.balance]
            assert len(steps) < 2
            found[int(account.account.rsplit(":", 1)[1])] = int(steps[0]) if steps else 0
    return found


def our_balances(village: Village) -> dict[int, int]:
    end = village.now + datetime.timedelta(days=1)
    with village.read() as session:
        rows = reading.trial_balance(session, village.community_id, end, end)
    return {row.account: row.closing for row in rows}


def seqs_of(entries: list[Any]) -> Counter[int]:
    return Counter(int(entry.meta["seq"]) for entry in entries if "seq" in entry.meta)


@pytest.mark.parametrize("by", ["on", "booked"])
def test_beancount_accepts_the_books_and_its_balances_are_ours(village: Village, by: str) -> None:
    keep_books(village)
    text = journal(village, by=by)
    entries = loaded(text)
    ours = our_balances(village)
    assert {number: amount for number, amount in balances_of(entries).items() if amount} == {
        number: amount for number, amount in ours.items() if amount
    }
    assert {entry.account.rsplit(":")[-1] for entry in entries if isinstance(entry, data.Open)} == set(map(str, ours))
    with village.read() as session:
        size = log.end(session, village.community_id).size
    assert seqs_of(entries) == Counter(range(size))
    assert journal(village, by=by) == text


def test_months_booked_end_as_the_trial_balance_says(kept: Village) -> None:
    entries = loaded(journal(kept, by="booked"))
    asserted: dict[datetime.date, dict[int, int]] = defaultdict(dict)
    for entry in entries:
        if isinstance(entry, data.Balance):
            number = int(entry.account.rsplit(":", 1)[1])
            asserted[entry.date][number] = int(entry.amount.number * UNITS[entry.amount.currency][1])
            assert entry.tolerance == 0
    ends = [day for day in asserted if day.day == 1]
    assert len(ends) >= 3
    zone = datetime.timezone(datetime.timedelta(hours=8))
    for day in ends:
        midnight = datetime.datetime.combine(day, datetime.time(), zone)
        with kept.read() as session:
            rows = reading.trial_balance(session, kept.community_id, midnight, midnight)
        closing = {row.account: row.closing for row in rows}
        assert {number: closing[number] for number in asserted[day]} == asserted[day]


def test_late_entries_open_an_account_before_its_own_day_and_closed_ones_end_empty(kept: Village) -> None:
    entries = loaded(journal(kept))
    opened = {entry.account: entry for entry in entries if isinstance(entry, data.Open)}
    closed = {entry.account: entry for entry in entries if isinstance(entry, data.Close)}
    early = opened[f"Assets:Member:{Numbers.early}"]
    late = next(
        entry
        for entry in entries
        if isinstance(entry, data.Transaction) and "on" not in entry.meta and entry.date == early.date
    )
    assert (early.date, early.currencies) == (late.date, ["MIN"])
    assert early.date < kept.today - datetime.timedelta(days=150)
    (gone,) = closed
    assert gone == f"Assets:Team:{Numbers.closing}"
    assert [entry.amount.number for entry in entries if isinstance(entry, data.Balance) and entry.account == gone] == [
        30,
        0,
    ]
    assert f"Assets:Grid-team:{Numbers.first_of_many}" in opened
    assert (opened[f"Assets:Gift:{Numbers.lot}"].meta["owner"], opened[f"Assets:Gift:{Numbers.lot}"].meta["to"]) == (
        str(Numbers.early),
        "member pool",
    )


def test_transactions_carry_their_entry_and_reversals_what_they_take_back(kept: Village) -> None:
    entries = loaded(journal(kept))
    transactions = {int(entry.meta["seq"]): entry for entry in entries if isinstance(entry, data.Transaction)}
    customs = Counter(entry.type for entry in entries if isinstance(entry, data.Custom))
    assert {"rule", "key", "limit", "note", "hold", "release", "expire", "erase", "held"} <= set(customs)
    with kept.read() as session:
        for seq, transaction in transactions.items():
            found = reading.entry(session, kept.community_id, seq)
            assert transaction.meta["id"].replace("-", "") == found.id
            assert transaction.meta["ref"] == found.fields["ref"]
            assert transaction.date.isoformat() == found.fields["on"]
            assert transaction.narration == f"{found.kind} {seq}"
            if found.kind == "capture":
                assert transaction.meta["hold"] == found.fields["hold"]
    reversals = {seq: one for seq, one in transactions.items() if "reverses" in one.meta}
    assert len(reversals) == 2
    for seq, one in reversals.items():
        taken_back = transactions[int(one.meta["reverses"])]
        assert taken_back.meta["reversed_by"] == seq
        assert one.links == taken_back.links == {f"reversal-of-{one.meta['reverses']}"}
        assert {p.account: -p.units.number for p in one.postings} == {
            p.account: p.units.number for p in taken_back.postings
        }
    assert any(len(one.postings) == 1_000 for one in transactions.values())
    assert any(posting.units.number == Decimal("-1.5") for one in transactions.values() for posting in one.postings)


def test_the_order_of_a_day_is_that_of_the_log(kept: Village) -> None:
    days: dict[datetime.date, list[int]] = defaultdict(list)
    for entry in loaded(journal(kept)):
        if isinstance(entry, data.Transaction):
            days[entry.date].append(int(entry.meta["seq"]))
    assert max(map(len, days.values())) > 3
    assert all(seqs == sorted(seqs) for seqs in days.values())


@pytest.mark.parametrize("by", ["on", "booked"])
def test_periods_follow_each_other(kept: Village, by: Any) -> None:
    """What one period leaves is what the next begins with; together they hold every transaction once."""
    whole = loaded(journal(kept, by=by))
    days = sorted({entry.date for entry in whole if isinstance(entry, data.Transaction)})
    middle = days[len(days) // 2]
    first = loaded(journal(kept, by=by, last=middle))
    second = loaded(journal(kept, by=by, first=middle + datetime.timedelta(days=1)))
    assert balances_of(second) == balances_of(whole)
    assert seqs_of([e for e in first + second if not isinstance(e, data.Open | data.Close)]) == seqs_of(
        [e for e in whole if not isinstance(e, data.Open | data.Close)]
    )
    brought = [entry for entry in second if getattr(entry, "narration", "") == "balances brought forward"]
    assert [entry.date for entry in brought] == [middle + datetime.timedelta(days=1)] * len(brought)
    left = {number: amount for number, amount in balances_of(first).items() if amount}
    assert balances_of(brought) == left
    assert journal(kept, by=by, first=datetime.date(2030, 1, 1), last=datetime.date(2030, 12, 31))


@pytest.mark.parametrize("unit, other", [("min", "PT"), ("pt", "MIN")])
def test_one_unit_alone(kept: Village, unit: str, other: str) -> None:
    text = journal(kept, unit=unit)
    assert other not in text
    ours = our_balances(kept)
    assert all(ours[number] == amount for number, amount in balances_of(loaded(text)).items())


def test_bean_check_finds_what_was_changed_in_the_file(kept: Village, tmp_path: Path) -> None:
    text = journal(kept)
    bean_check = Path(sys.executable).with_name("bean-check")
    path = tmp_path / "books.beancount"
    path.write_text(text, encoding="ascii")
    checked = subprocess.run([bean_check, "--no-cache", path], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    posting = re.search(r"  Equity:Issue:11  (-1\.5) PT\n  Assets:Household:\d+  (1\.5) PT\n", text)
    changes = {
        "one leg": text.replace(posting[0], posting[0].replace("-1.5", "-1.6"), 1),
        "a tenth in both legs": text.replace(posting[0], posting[0].replace("1.5", "1.6"), 1),
        "a transaction taken away": text.replace(posting[0], "", 1),
        "an account that is not there": text.replace(posting[0], posting[0].replace("Household:", "Household:9"), 1),
    }
    for told, changed in changes.items():
        assert changed != text
        assert errors_of(changed), told


def test_an_edited_balance_does_not_agree_with_its_entries(village: Village) -> None:
    """The stored balance is asserted, not a sum of the file: bean-check finds an edit of the table."""
    account = make_volunteer(village)
    credit(village, account, times=3)
    assert errors_of(journal(village)) == []
    attack(village, ("UPDATE ledger_account SET balance = balance + 1 WHERE number = ?", (account,)))
    assert any("Balance failed" in told for told in errors_of(journal(village)))


def test_a_log_with_a_hole_is_not_told(village: Village) -> None:
    account = make_volunteer(village)
    seq = credit(village, account, times=3)
    attack(village, ("DELETE FROM ledger_entry WHERE seq = ?", (seq - 1,)))
    with pytest.raises(LogBroken, match=f"entry {seq - 1} is missing"):
        journal(village)


def test_an_empty_village_has_accounts_and_nothing_else(village: Village) -> None:
    entries = loaded(journal(village))
    assert set(balances_of(entries).values()) <= {0}
    assert not any(isinstance(entry, data.Transaction) for entry in entries)


def test_nobody_is_named(kept: Village) -> None:
    text = journal(kept)  # it is ASCII, and our names are not
    assert kept.code in text
    assert not re.search(rf"{kept.code}-\d", text)  # numbers of persons
    assert "use_case" not in text
