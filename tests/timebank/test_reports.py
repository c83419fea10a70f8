"""What the books say: totals are the sums of their rows, and what the verifier computes by itself."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile

import pytest

from ledger import reading
from tests.ledger.books import bundle_of, fill
from tests.timebank.lived_in import live
from timebank import origins, reports
from timebank.errors import Forbidden, NotFound
from timebank.reports import Search


def test_the_trial_balance_adds_up_and_agrees_with_the_balances(village):
    live(village)
    found = _trial_balance(village, village.today - dt.timedelta(days=60), village.today)
    assert [one.unit for one in found] == ["min", "pt"]
    for balance in found:
        assert balance.agrees
        assert balance.total.added > 0
        assert balance.total.accounts == len(balance.rows)
        for name in ("opening", "added", "taken", "closing"):
            assert getattr(balance.total, name) == sum(getattr(row, name) for row in balance.rows)
            assert getattr(balance.total, name) == sum(getattr(sums, name) for _, sums in balance.classes)
        for row in balance.rows:
            assert row.opening + row.added - row.taken == row.closing == village.balance(row.account)


def test_a_period_begins_where_the_one_before_ends(village):
    fill(village, posts=3)
    first = village.today
    village.pass_time(days=1)
    fill(village, posts=2)
    one, two = (
        _trial_balance(village, first, first)[0],
        _trial_balance(village, first + dt.timedelta(days=1), village.today)[0],
    )
    opened = {row.account: row.opening for row in two.rows}
    for row in one.rows:
        assert opened[row.account] == row.closing
    assert two.total.added > 0


def test_the_trial_balance_is_that_of_the_bundle_which_the_verifier_checked(village):
    live(village)
    archive = zipfile.ZipFile(io.BytesIO(bundle_of(village)))
    rows = [
        row
        for row in csv.DictReader(archive.read("tables/trial_balance.csv").decode().splitlines())
        if row["class"] != "total"
    ]
    found = _trial_balance(village, village.today - dt.timedelta(days=40), village.today + dt.timedelta(days=2))
    told = {row.account: row.closing for balance in found for row in balance.rows}
    assert told == {int(row["account"]): int(row["closing"]) for row in rows}


def test_entries_are_found_by_whatever_is_known_of_them(village):
    story = live(village)
    with village.read() as session:
        seq = story.visit_seq
        entry = reading.entry(session, village.community_id, seq)
        account = village.main_account(story.volunteer.person_id, "min")
        for search in (
            Search(seq=seq),
            Search(kind="post", account=account),
            Search(person=story.volunteer.number, kind="post"),
            Search(text=entry.id),
            Search(text=entry.fields["ref"]),
            Search(text=story.visit_id.hex, kind="post"),
            Search(first=entry.at.date(), last=entry.at.date() + dt.timedelta(days=1), account=account),
        ):
            found = reports.journal(session, actor=village.actor("auditor"), search=search)
            assert seq in {row.seq for row in found}, search
        assert reports.journal(session, actor=village.actor("auditor"), search=Search(text="没有这样的字")) == []
        assert reports.journal(session, actor=village.actor("auditor"), search=Search(seq=seq, kind="hold")) == []


def test_an_account_is_found_in_what_opened_it_and_what_holds_it(village):
    story = live(village)
    with village.read() as session:
        account = village.main_account(story.elder.id, "min")
        found = reports.journal(session, actor=village.actor("auditor"), search=Search(account=account), limit=100)
    assert {"open", "post", "hold", "capture"} <= {row.kind for row in found}


def test_the_journal_is_paged_without_gaps(village):
    fill(village, posts=30)
    with village.read() as session:
        size = reading.tail(session, village.community_id).size
        seen, before = [], None
        while page := reports.journal(session, actor=village.actor("auditor"), search=Search(), before=before, limit=7):
            seen += [row.seq for row in page]
            before = page[-1].seq
    assert seen == list(range(size - 1, -1, -1))


def test_an_unknown_person_is_told(village):
    with village.read() as session, pytest.raises(NotFound):
        reports.journal(session, actor=village.actor("auditor"), search=Search(person="TPL-77777-0"))


def test_a_statement_is_for_its_owner_and_for_auditors(village):
    story = live(village)
    account = village.main_account(story.volunteer.person_id, "min")
    with village.read() as session:
        own = reports.statement(session, actor=story.volunteer, account=account)
        assert own.lines[0].balance == own.account.balance == village.balance(account)
        assert sum(line.amount for line in own.lines) == own.account.balance
        assert reports.statement(session, actor=village.actor("auditor"), account=account).lines == own.lines
        with pytest.raises(Forbidden):
            reports.statement(session, actor=village.actor(person=story.elder), account=account)


def test_an_auditor_reads_masked_names_only(village):
    story = live(village)
    account = village.main_account(story.volunteer.person_id, "min")
    with village.read() as session:
        holder = reports.holders(session, village.community_id, [account])[account]
    assert (holder.kind, holder.number, holder.name) == ("person", story.volunteer.number, "李*")


def test_figures_are_the_sums_of_the_accounts(village):
    live(village)
    with village.read() as session:
        figures = reports.figures(session, village.community_id)
        every = reading.accounts(session, village.community_id)
        owed = [one for one in every if one.class_ not in reports.OWN_CLASSES]
        assert figures.minutes_outstanding == sum(one.balance for one in owed if one.unit == "min")
        assert figures.minutes_held == sum(one.held for one in owed if one.unit == "min") == 60
        assert figures.steps_outstanding + figures.steps_redeemed == sum(
            one.balance for one in owed if one.unit == "pt"
        )
        assert figures.minutes_issued == figures.minutes_outstanding + figures.pool_minutes + figures.fund_minutes
        bands = reports.outstanding(session, actor=village.actor("auditor"), on=village.today)
    assert sum(band.minutes for band in bands) == figures.minutes_outstanding
    assert {band.from_age for band in bands} == {18, 80}


def test_an_entry_leads_to_its_scans_and_its_order_to_its_steps(village):
    story = live(village)
    with village.read() as session:
        auditor = village.actor("auditor")
        entry, row = reports.entry(session, actor=auditor, seq=story.visit_seq)
        assert (row.unit, row.amount) == ("min", 105)
        (visit,) = origins.of_entry(session, actor=auditor, detail=entry.detail)
        told = {fact.code: fact.value for fact in visit.facts}
        assert (told["credited_minutes"], told["evidence"], told["volunteer"]) == (
            105,
            "A",
            (story.volunteer.number, "李*"),
        )
        settled = reports.journal(
            session, actor=auditor, search=Search(kind="capture", account=village.main_account(story.elder.id, "min"))
        )
        kinds = [one.what for one in origins.of_entry(session, actor=auditor, detail=settled[0].detail)]
    assert kinds[:2] == ["visit", "order"]
    assert kinds.count("order_event") >= 5


def test_a_reversal_shows_the_legs_that_it_turns(village):
    fill(village, posts=2)
    with village.read() as session:
        (row,) = reports.journal(session, actor=village.actor("auditor"), search=Search(kind="reverse"))
        of = reading.entry(session, village.community_id, row.fields["of"])
        ends = reports.ends_of(session, village.community_id, of.seq)
    assert row.legs == tuple((number, -amount) for number, amount in of.fields["legs"])
    assert (row.amount, ends.reversed_by) == (45, row.seq)


def _trial_balance(village, first, last):
    with village.read() as session:
        period = reports.period_of(session, village.community_id, first, last)
        return reports.trial_balance(session, actor=village.actor("auditor"), period=period)
