"""What is stored for speed is what the leaves say, and can be made again from them."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, select

from ledger import projections, tables
from ledger.errors import LogBroken
from tests.ledger.books import attack, fill

PROJECTIONS = (tables.account, tables.posting, tables.hold, tables.note, tables.reversal, tables.tail)


def test_an_honest_database_shows_no_difference(village):
    fill(village)
    assert _differences(village) == []


@pytest.mark.parametrize(
    "table, change",
    [
        ("ledger_account", "UPDATE ledger_account SET balance = balance + 1 WHERE number = ?"),
        ("ledger_account", "UPDATE ledger_account SET held = held + 1 WHERE number = ?"),
        ("ledger_account", "UPDATE ledger_account SET quota = 5 WHERE number = ?"),
        ("ledger_posting", "UPDATE ledger_posting SET amount = amount + 1 WHERE account = ?"),
        ("ledger_posting", "DELETE FROM ledger_posting WHERE account = ?"),
    ],
)
def test_an_edited_account_or_line_is_named(village, table, change):
    first, _ = fill(village, posts=3)
    attack(village, (change, (first,)))
    assert [(found.table, found.row) for found in _differences(village)] == [(table, first)]


def test_an_edited_hold_and_reversal_are_named(village):
    fill(village, posts=3)
    attack(
        village,
        ("UPDATE ledger_hold SET resolved = NULL WHERE community_id = ?", (1,)),
        ("DELETE FROM ledger_reversal WHERE community_id = ?", (1,)),
    )
    assert {found.table for found in _differences(village)} == {"ledger_hold", "ledger_reversal"}


def test_a_rebuild_gives_identical_projections(village):
    fill(village)
    before = _stored(village)
    assert _rebuild(village) > 300
    assert _stored(village) == before


def test_a_rebuild_mends_what_was_edited(village):
    first, _ = fill(village)
    before = _stored(village)
    attack(
        village,
        ("UPDATE ledger_account SET balance = 0", ()),
        ("DELETE FROM ledger_posting WHERE account = ?", (first,)),
        ("DELETE FROM ledger_hold WHERE community_id = ?", (1,)),
    )
    _rebuild(village)
    assert _stored(village) == before
    assert _differences(village) == []


def test_the_books_go_on_after_a_rebuild(village):
    first, _ = fill(village)
    _rebuild(village)
    from tests.ledger.books import credit

    before = village.balance(first)
    credit(village, first, 45)
    assert village.balance(first) == before + 45
    assert _differences(village) == []


def test_leaves_that_were_changed_are_not_rebuilt_from(village):
    fill(village, posts=3)
    attack(village, ("DELETE FROM ledger_entry WHERE seq = ?", (20,)))
    before = _stored(village)
    with pytest.raises(LogBroken):
        _rebuild(village)
    assert _stored(village) == before


def _differences(village):
    with village.storage.connect() as connection:
        return list(projections.differences(connection, village.community_id))


def _rebuild(village) -> int:
    engine = create_engine(village.owner_url)
    try:
        with engine.begin() as connection:
            return projections.rebuild(connection, village.community_id)
    finally:
        engine.dispose()


def _stored(village):
    with village.storage.connect() as connection:
        return {
            table.name: sorted(
                map(tuple, connection.execute(select(table).where(table.c.community_id == village.community_id))),
                key=repr,
            )
            for table in PROJECTIONS
        }
