"""Month end: what belongs to a month, who closes it, and that a closed month never changes."""

from __future__ import annotations

import datetime as dt
import json
from hashlib import sha256

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from ledger import book_of, reading
from tests.ledger.books import make_volunteer
from timebank import accounts, checks
from timebank.errors import AlreadyDone, Forbidden, NotFound
from timebank.people import communities
from timebank.permissions import Actor
from timebank.reports import closing, months
from timebank.reports.closing import MonthChanged, MonthNotOver, MonthNotPrepared, MonthOrder, MonthSecondPerson

# Rules that no database can see: shown once.
on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
NOVEMBER, DECEMBER, JANUARY = dt.date(2026, 11, 1), dt.date(2026, 12, 1), dt.date(2027, 1, 1)


def test_a_month_adds_up_and_the_next_begins_where_it_ended(village):
    account = make_volunteer(village)
    credit(village, account, minutes=90)
    _go_to(village, dt.date(2026, 12, 3))
    credit(village, account, minutes=60)
    november, december = _books(village, NOVEMBER), _books(village, DECEMBER)
    for books in (november, december):
        for balance in books.balances:
            assert balance.agrees
            for row in balance.rows:
                assert row.opening + row.added - row.taken == row.closing
            for name in ("opening", "added", "taken", "closing"):
                assert getattr(balance.total, name) == sum(getattr(row, name) for row in balance.rows)
                assert getattr(balance.total, name) == sum(getattr(sums, name) for _, sums in balance.classes)
    assert _row(november, account).closing == _row(december, account).opening == 90
    assert _row(december, account).closing == village.balance(account) == 150


@pytest.mark.parametrize("happened, month", [(dt.date(2026, 11, 30), NOVEMBER), (dt.date(2026, 12, 1), DECEMBER)])
def test_an_entry_belongs_to_the_month_in_which_it_happened(village, happened, month):
    account = make_volunteer(village)
    _go_to(village, dt.date(2026, 12, 1))
    credit(village, account, minutes=75, on=happened)
    books = _books(village, month)
    assert _row(books, account).added == 75
    assert books.late == (1 if month == NOVEMBER else 0)
    other = _books(village, DECEMBER if month == NOVEMBER else NOVEMBER)
    assert all(row.added == 0 for row in _rows(other) if row.account == account)


def test_what_comes_for_a_closed_month_is_an_adjustment_in_the_next_and_the_closed_month_stays(village):
    account = make_volunteer(village)
    credit(village, account, minutes=90)
    _go_to(village, dt.date(2026, 12, 2))
    credit(village, account, minutes=30, on=dt.date(2026, 11, 28))
    _close(village, NOVEMBER)
    before = _books(village, NOVEMBER)
    late = credit(village, account, minutes=45, on=dt.date(2026, 11, 29))
    village.pass_time(days=1)
    credit(village, account, minutes=15)
    after, december = _books(village, NOVEMBER), _books(village, DECEMBER)
    assert after.unchanged
    assert (after.digest, after.balances) == (before.digest, before.balances)
    assert _row(after, account).closing == 120
    assert [(one.seq, one.on, one.unit, one.amount) for one in december.adjustments] == [
        (late, dt.date(2026, 11, 29), "min", 45)
    ]
    assert (_row(december, account).opening, _row(december, account).added) == (120, 60)


@on_sqlite
def test_an_adjustment_waits_for_the_first_month_that_is_open(village):
    """November and December are closed; what happened in November comes into January, not into December."""
    account = make_volunteer(village)
    credit(village, account, minutes=90)
    _go_to(village, dt.date(2027, 1, 1))
    _close(village, NOVEMBER)
    _close(village, DECEMBER)
    closed = {month: _books(village, month).digest for month in (NOVEMBER, DECEMBER)}
    late = credit(village, account, minutes=45, on=dt.date(2026, 11, 29))
    later = credit(village, account, minutes=15, on=dt.date(2026, 12, 31))
    january = _books(village, JANUARY)
    assert [one.seq for one in january.adjustments] == [late, later]
    assert (_row(january, account).opening, _row(january, account).added) == (90, 60)
    assert {month: _books(village, month).digest for month in closed} == closed


@on_sqlite
def test_months_after_one_that_is_closed_late_still_follow_each_other(village):
    """Entries of November booked in December, and of December booked in January, before either month is closed."""
    account = make_volunteer(village)
    credit(village, account, minutes=90)
    _go_to(village, dt.date(2026, 12, 20))
    credit(village, account, minutes=30, on=dt.date(2026, 11, 28))
    _go_to(village, dt.date(2027, 1, 5))
    credit(village, account, minutes=15, on=dt.date(2026, 12, 31))
    reversed_ = credit(village, account, minutes=60, on=dt.date(2026, 11, 3))
    village.write(
        lambda session, now: {
            "seq": book_of(session).reverse(
                reversed_, on=dt.date(2027, 1, 5), reason="mistake", approvers=[2, 3], detail={"use_case": "test"}
            )
        }
    )
    november, december, january = (_books(village, month) for month in (NOVEMBER, DECEMBER, JANUARY))
    assert (_row(november, account).added, _row(november, account).closing) == (180, 180)
    assert (_row(december, account).opening, _row(december, account).added) == (180, 15)
    assert (_row(january, account).opening, _row(january, account).taken) == (195, 60)
    assert _row(january, account).closing == village.balance(account) == 135


def test_the_note_tells_the_month_how_many_entries_it_counts_and_its_digest(village):
    account = make_volunteer(village)
    credit(village, account, minutes=90)
    _go_to(village, dt.date(2026, 12, 1))
    size = _size(village)
    closed = _close(village, NOVEMBER)
    with village.read() as session:
        entry = reading.entry(session, village.community_id, closed["note"])
    fields = json.loads(entry.leaf)
    assert (fields["kind"], fields["topic"], fields["subject"]) == ("note", "month", f"2026-11/{size}")
    assert fields["digest"] == _books(village, NOVEMBER).digest == closed["digest"]


def test_an_outsider_computes_the_digest_from_the_entries_alone(village):
    """As docs/month-end.md tells it, with nothing of ours but the bytes of the entries."""
    account = make_volunteer(village)
    credit(village, account, 90)
    back = credit(village, account, 30)
    village.write(
        lambda session, now: {
            "seq": book_of(session).reverse(
                back, on=village.today, reason="mistake", approvers=[2, 3], detail={"use_case": "test"}
            )
        }
    )
    _go_to(village, dt.date(2026, 12, 20))
    credit(village, account, 15, on=dt.date(2026, 11, 30))
    _close(village, NOVEMBER)
    credit(village, account, 45, on=dt.date(2026, 11, 29))
    credit(village, account, 60)
    _go_to(village, dt.date(2027, 1, 2))
    credit(village, account, 75)
    credit(village, account, 30, on=dt.date(2026, 12, 31))
    _close(village, DECEMBER)
    with village.read() as session:
        entries = [one.fields for one in reading.entries(session, village.community_id, limit=1_000)][::-1]
    closed = [
        (*one["subject"].split("/"), one["digest"])
        for one in entries
        if one["kind"] == "note" and one["topic"] == "month"
    ]
    assert [month for month, _, _ in closed] == ["2026-11", "2026-12"]
    for month, count, digest in closed:
        assert _computed(entries, month, int(count), closed) == digest


def _computed(entries, month, count, closed):
    units = {one["account"]: one["unit"] for one in entries if one["kind"] == "open"}
    figures: dict[int, list[int]] = {}
    for seq, one in enumerate(entries[:count]):
        if one["kind"] not in ("post", "capture", "reverse"):
            continue
        shut = [told for told, until, _ in closed if seq >= int(until)]
        belongs = one["on"][:7]
        if shut and belongs <= shut[-1]:
            year, of = map(int, shut[-1].split("-"))
            belongs = f"{year + of // 12}-{of % 12 + 1:02}"
        sign = -1 if "of" in one else 1
        for account, amount in entries[one["of"]]["legs"] if "of" in one else one["legs"]:
            row = figures.setdefault(account, [0, 0, 0])
            if belongs < month:
                row[0] += sign * amount
            elif belongs == month:
                row[1 if sign * amount > 0 else 2] += abs(amount)
    rows = {
        unit: [[account, *row] for account, row in sorted(figures.items()) if any(row) and units[account] == unit]
        for unit in ("min", "pt")
    }
    text = json.dumps({"month": month, "rows": rows}, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


@on_sqlite
def test_a_month_is_closed_the_day_after_its_last(village):
    _go_to(village, dt.date(2026, 11, 30), hour=23, minute=59)
    with pytest.raises(MonthNotOver) as refused:
        _prepare(village, NOVEMBER)
    assert refused.value.facts == {"month": "2026-11", "from_on": "2026-12-01"}
    village.pass_time(minutes=1)
    assert _prepare(village, NOVEMBER)["code"] == "month_prepared"


def test_a_month_needs_two_people(village):
    _go_to(village, dt.date(2026, 12, 1))
    manager = village.actor("community_manager")
    with pytest.raises(MonthNotPrepared):
        _confirm(village, NOVEMBER, "0" * 64, actor=manager)
    digest = _prepare(village, NOVEMBER, actor=manager)["digest"]
    with pytest.raises(MonthSecondPerson):
        _confirm(village, NOVEMBER, digest, actor=manager)
    other = village.actor("supervision_committee")
    assert _confirm(village, NOVEMBER, digest, actor=other)["code"] == "month_closed"
    assert _confirm(village, NOVEMBER, digest, actor=other)["code"] == "month_closed"  # a double tap
    with pytest.raises(AlreadyDone):
        _confirm(village, NOVEMBER, digest, actor=village.actor("committee"))
    with pytest.raises(AlreadyDone):
        _prepare(village, NOVEMBER, actor=manager)


@on_sqlite
@pytest.mark.parametrize("role, may_prepare", [("committee", True), ("auditor", False), ("desk_staff", False)])
def test_who_may_prepare(village, role, may_prepare):
    _go_to(village, dt.date(2026, 12, 1))
    actor = village.actor(role)
    if may_prepare:
        assert _prepare(village, NOVEMBER, actor=actor)
    else:
        with pytest.raises(Forbidden):
            _prepare(village, NOVEMBER, actor=actor)
        with pytest.raises(Forbidden):
            _confirm(village, NOVEMBER, "0" * 64, actor=actor)


@on_sqlite
def test_figures_that_changed_since_are_prepared_again(village):
    account = make_volunteer(village)
    _go_to(village, dt.date(2026, 12, 1))
    digest = _prepare(village, NOVEMBER)["digest"]
    credit(village, account, minutes=30, on=dt.date(2026, 11, 30))
    with pytest.raises(MonthChanged):
        _confirm(village, NOVEMBER, digest)
    again = _prepare(village, NOVEMBER)["digest"]
    with pytest.raises(MonthChanged):  # who confirms has the first page open still
        _confirm(village, NOVEMBER, digest)
    assert _confirm(village, NOVEMBER, again)["digest"] == again


@on_sqlite
def test_what_is_booked_of_the_running_month_does_not_disturb_a_month_that_is_prepared(village):
    account = make_volunteer(village)
    credit(village, account, minutes=90)
    _go_to(village, dt.date(2026, 12, 1))
    digest = _prepare(village, NOVEMBER)["digest"]
    credit(village, account, minutes=30)
    assert _confirm(village, NOVEMBER, digest)["code"] == "month_closed"


@on_sqlite
def test_months_are_closed_in_their_order(village):
    _go_to(village, dt.date(2027, 2, 1))
    _close(village, NOVEMBER)
    with pytest.raises(MonthOrder) as refused:
        _prepare(village, JANUARY)
    assert refused.value.facts == {"month": "2027-01", "expected": "2026-12"}
    with pytest.raises(NotFound):
        _prepare(village, dt.date(2026, 10, 1))  # before the books began


@on_sqlite
def test_the_first_closing_closes_what_lies_before_it(village):
    account = make_volunteer(village)
    credit(village, account, minutes=90)
    _go_to(village, dt.date(2027, 1, 1))
    _close(village, DECEMBER)
    with pytest.raises(AlreadyDone):
        _prepare(village, NOVEMBER)
    late = credit(village, account, minutes=30, on=dt.date(2026, 11, 29))
    assert [one.seq for one in _books(village, JANUARY).adjustments] == [late]
    assert _row(_books(village, DECEMBER), account).closing == 90


def test_a_closed_month_is_never_opened_again(village):
    _go_to(village, dt.date(2026, 12, 1))
    _close(village, NOVEMBER)
    engine = create_engine(village.owner_url)
    for statement in ("UPDATE month_close SET state = 'prepared'", "DELETE FROM month_close"):
        with pytest.raises(DBAPIError, match="stays closed"), engine.begin() as connection:
            connection.execute(text(statement))
    engine.dispose()


def test_another_community_has_months_of_its_own(village, other_village):
    _go_to(village, dt.date(2026, 12, 1))
    _close(village, NOVEMBER)
    with other_village.read() as session:
        assert closing.of(session, other_village.community_id, NOVEMBER) is None
    assert _books(other_village, NOVEMBER).closed is None
    with village.read() as session, pytest.raises(Forbidden):
        months.of_month(session, actor=village.actor("desk_staff"), month=NOVEMBER, today=village.today)


def _go_to(village, day, *, hour=9, minute=0):
    """Move the clock to a local time of a day."""
    with village.read() as session:
        place = communities.community(session, village.community_id)
    wanted = communities.day_start(place, day) + dt.timedelta(hours=hour, minutes=minute)
    village.clock.move(wanted - village.clock.now())


def credit(village, account, minutes=60, *, on=None):
    """Minutes for a volunteer, of a day that may lie behind; returns the entry's seq."""
    detail = {"use_case": "test", "credited": minutes}
    made = village.write(
        lambda session, now: {
            "seq": book_of(session).post(
                {accounts.ISSUE_MIN: -minutes, account: minutes}, on=on or village.today, detail=detail
            )
        }
    )
    return int(made["seq"])


def _prepare(village, month, *, actor=None):
    actor = actor or village.actor("community_manager")
    return village.write(lambda session, now: closing.prepare(session, actor=actor, now=now, month=month))


def _confirm(village, month, digest, *, actor=None):
    actor = actor or village.actor("committee")
    return village.write(
        lambda session, now: closing.confirm(session, actor=actor, now=now, month=month, digest=digest)
    )


def _close(village, month):
    return _confirm(village, month, _prepare(village, month)["digest"])


def _books(village, month):
    with village.read() as session:
        return months.of_month(session, actor=village.actor("auditor"), month=month, today=village.today)


def _rows(books):
    return [row for balance in books.balances for row in balance.rows]


def _row(books, account):
    (found,) = [row for row in _rows(books) if row.account == account]
    return found


def _size(village):
    with village.read() as session:
        return reading.tail(session, village.community_id).size


@on_sqlite
@pytest.mark.parametrize(
    "change, code",
    [
        ("UPDATE month_close SET digest = 'other'", "note_of_other_month"),
        ("UPDATE month_close SET until_seq = until_seq - 1", "note_of_other_month"),
        ("UPDATE month_close SET note_seq = 2", "entry_kind"),
        ("UPDATE month_close SET note_seq = 99999", "entry_missing"),
    ],
)
def test_a_closed_month_that_differs_from_its_note_is_found(village, change, code):
    credit(village, make_volunteer(village), minutes=90)
    _go_to(village, dt.date(2026, 12, 3))
    _close(village, NOVEMBER)

    def found():
        with village.read() as session:
            actor = Actor.system(village.community_id, "compare")
            return [(one.code, one.what, one.facts["month"]) for one in checks.find(session, actor=actor) if one.facts]

    assert found() == []
    engine = create_engine(village.owner_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER month_close_update"))
        connection.execute(text(change))
    engine.dispose()
    assert found() == [(code, "month_close", "2026-11")]
