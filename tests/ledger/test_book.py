"""The book by itself, in memory: several requests in one batch, of which some are taken back."""

from __future__ import annotations

import copy
import datetime
import random
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from ledger import LedgerRefused, projections, tables
from ledger.book import Book, Cache
from ledger.entries import digest_of
from tests.ledger.model import Fields, Model
from tests.ledger.test_state_machine import Teller, call
from tests.statements import heard
from timebank.columns import new_key

COMMUNITY = 1
NOW = datetime.datetime(2026, 11, 20, 1, 0, tzinfo=datetime.UTC)
QUOTA = 50_000
BATCHES = 40


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        tables.metadata.create_all(connection)
        Book.found(connection, COMMUNITY, "timebank.example/log/B")
        yield connection


def open_accounts(book: Book) -> None:
    """Account 1 issues minutes, 2 and 3 are members'."""
    book.begin(new_key(NOW), NOW)
    book.set_rule(two_from_min=60, two_from_pt=60, zone="+08:00")
    book.set_key(bytes(32), from_size=0)
    book.open(1, unit="min", class_="issue")
    note = book.note("limit", "1", digest_of(account=1, quota=QUOTA))
    book.limit(1, quota=QUOTA, cites=note, approvers=[1, 2])
    book.open(2, unit="min", class_="member")
    book.open(3, unit="min", class_="member")


def give(book: Book, account: int, minutes: int) -> int:
    return book.post({1: -minutes, account: minutes}, on=NOW.date(), detail={"credited": minutes})


def reverse(book: Book, seq: int) -> int:
    return book.reverse(seq, on=NOW.date(), reason="mistake", approvers=[1, 2], detail={})


def test_what_was_taken_back_is_not_reversed_in_the_place_of_what_followed(connection: Connection) -> None:
    book = Book(connection, COMMUNITY)
    open_accounts(book)
    mark = book.begin(new_key(NOW), NOW)
    reverse(book, give(book, 2, 10))
    book.undo(mark)
    book.begin(new_key(NOW), NOW)
    seq = give(book, 3, 45)
    book.begin(new_key(NOW), NOW)
    reverse(book, seq)
    book.flush()
    assert (book.account(2).balance, book.account(3).balance) == (0, 0)
    assert list(projections.differences(connection, COMMUNITY)) == []


def test_opening_many_accounts_does_not_ask_for_each_whether_it_is_there(connection: Connection) -> None:
    founding = Book(connection, COMMUNITY)
    open_accounts(founding)
    founding.flush()
    with heard(connection.connection.dbapi_connection) as asked:
        book = Book(connection, COMMUNITY)
        mark = book.begin(new_key(NOW), NOW)
        for number in range(4, 104):
            book.open(number, unit="min", class_="member")
        book.undo(mark)
        book.begin(new_key(NOW), NOW)
        book.open(103, unit="min", class_="member")
        with pytest.raises(LedgerRefused, match="account_exists"):
            book.open(3, unit="min", class_="member")
        with pytest.raises(LedgerRefused, match="account_exists"):
            book.open(103, unit="min", class_="member")
        with pytest.raises(LedgerRefused, match="unknown_account"):
            book.account(104)
        book.flush()
    assert 0 < sum(sql.startswith("SELECT") for sql, _ in asked) < 6
    assert list(projections.differences(connection, COMMUNITY)) == []


def test_a_clock_more_than_five_minutes_behind_the_last_entry_is_refused(connection: Connection) -> None:
    book = Book(connection, COMMUNITY)
    open_accounts(book)
    book.begin(new_key(NOW), NOW - datetime.timedelta(minutes=5))
    assert book.at == NOW
    with pytest.raises(LedgerRefused, match="clock"):
        book.begin(new_key(NOW), NOW - datetime.timedelta(minutes=5, milliseconds=1))


@pytest.mark.parametrize("seed", range(4))
def test_random_batches_with_requests_taken_back_leave_what_their_entries_say(
    connection: Connection, seed: int
) -> None:
    """Also batches that are rolled back as a whole, and a lane's cache over all of them."""
    model, chance, cache = Model(), random.Random(seed), Cache()
    teller = Teller(model, seed)
    teller.drafts, teller.next_number = {}, 3
    now = NOW
    founding = Book(connection, COMMUNITY, cache)
    open_accounts(founding)
    for kind, fields in _opening():
        model.do(kind, fields, int(NOW.timestamp() * 1000))
    founding.flush()
    connection.commit()
    founding.committed()
    for _ in range(BATCHES):
        book, before_batch = Book(connection, COMMUNITY, cache), copy.deepcopy(model.__dict__)
        for _ in range(chance.choice([1, 3, 6])):
            now += datetime.timedelta(seconds=chance.choice([0, 1, 600, 40_000]))
            mark, before = book.begin(new_key(now), now), copy.deepcopy(model.__dict__)
            for _ in range(chance.choice([1, 3, 8])):
                _do_as_model(book, model, *teller.entry(int(book.at.timestamp() * 1000)))
            if chance.random() < 0.35:
                book.undo(mark)
                model.__dict__.update(before)
        book.flush()
        if chance.random() < 0.1:
            connection.rollback()
            cache.forget()
            model.__dict__.update(before_batch)
        else:
            connection.commit()
            book.committed()
    assert list(projections.differences(connection, COMMUNITY)) == []


def _opening() -> list[tuple[str, Fields]]:
    quota = {"account": 1, "quota": QUOTA}
    return [
        ("rule", {"two_from_min": 60, "two_from_pt": 60, "zone": "+08:00"}),
        ("key", {"key": "00" * 32, "from": 0}),
        ("open", {"account": 1, "unit": "min", "class": "issue"}),
        ("note", {"topic": "limit", "subject": "1", "digest": digest_of(**quota)}),
        ("limit", {**quota, "cites": 3, "approvers": [1, 2]}),
        ("open", {"account": 2, "unit": "min", "class": "member"}),
        ("open", {"account": 3, "unit": "min", "class": "member"}),
    ]


def _do_as_model(book: Book, model: Model, kind: str, fields: dict[str, Any]) -> None:
    at = int(book.at.timestamp() * 1000)
    broken = model.broken(kind, fields, at)
    try:
        call(book, kind, fields)
    except LedgerRefused as refused:
        assert refused.code in broken, (kind, fields)
    else:
        assert not broken, (kind, fields)
        model.do(kind, fields, at)
