"""What is stored for speed is what the leaves say, and can be made again from them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import create_engine, select

from ledger import projections, tables
from ledger.errors import LogBroken
from tests.ledger.books import attack, credit, fill, seal_of
from tests.village import SECRET
from timebank import evidence
from timebank.storage import Storage

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


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_tail SET size = size + 3",
        "UPDATE ledger_tail SET root = x'00'",
        "UPDATE ledger_tail SET edge = x''",
        "UPDATE ledger_tail SET at = 5, rule_seq = NULL",
        "DELETE FROM ledger_tail",
        "DELETE FROM ledger_tile WHERE level = 0",
        "DELETE FROM ledger_account",
        "DELETE FROM ledger_posting",
        "DELETE FROM ledger_note",
    ],
)
def test_an_emptied_or_spoilt_projection_is_found_and_made_again(village, change):
    first, _ = fill(village)
    before = _stored(village)
    tiles = _tiles(village)
    attack(village, (change, ()))
    assert _differences(village) != []
    _rebuild(village)
    assert _differences(village) == []
    assert (_stored(village), _tiles(village)) == (before, tiles)
    credit(village, first, 45)
    assert _differences(village) == []


@pytest.mark.parametrize("place", ["0, 999", "5, number"])
def test_a_tile_beyond_the_log_is_found(village, place):
    fill(village)
    copied = f"SELECT community_id, {place}, root, hashes FROM ledger_tile WHERE level = 0 AND number = 0"
    attack(village, (f"INSERT INTO ledger_tile {copied}", ()))
    assert [found.table for found in _differences(village)] == ["ledger_tile"]


def test_leaves_that_contradict_a_checkpoint_are_not_rebuilt_from(village):
    """Also when the end of the log was spoilt, which would else be the only witness."""
    fill(village, posts=3)
    evidence.checkpoint(village.storage, village.community_id, seal_of(village))
    spoilt = ("UPDATE ledger_checkpoint SET root = ?", (b"0",)), ("UPDATE ledger_tail SET edge = ?", (b"",))
    attack(village, *spoilt)
    assert "ledger_checkpoint" in {found.table for found in _differences(village)}
    with pytest.raises(LogBroken, match="contradict the checkpoint"):
        _rebuild(village)


def test_a_lane_that_cached_accounts_sees_that_they_were_made_again(village):
    """Whatever made them differ: the lane's next write begins from what is stored now."""
    first, _ = fill(village, posts=3)
    before = village.balance(first)
    attack(village, ("UPDATE ledger_account SET balance = balance + 7 WHERE number = ?", (first,)))
    other = Storage(village.storage.url.render_as_string(hide_password=False), clock=village.clock.now, secret=SECRET)
    if village.storage.sqlite:
        other.close()
        village.storage._lanes[0]._drop_connection()
    else:
        _credit_by(village, other, first)  # caches what was edited
        before += 60
    _rebuild(village)
    credit(village, first, 45)
    assert village.balance(first) == before + 45
    if not village.storage.sqlite:
        _credit_by(village, other, first)
        before += 60
        other.close()
    assert village.balance(first) == before + 45
    assert _differences(village) == []


def _credit_by(village, storage, account):
    return credit(replace(village, storage=storage), account, 60)


def _tiles(village):
    with village.storage.connect() as connection:
        query = select(tables.tile).order_by(tables.tile.c.level, tables.tile.c.number)
        return list(map(tuple, connection.execute(query)))


def _differences(village):
    with village.storage.connect() as connection:
        return list(projections.differences(connection, village.community_id))


def _rebuild(village) -> int:
    engine = create_engine(village.owner_url)
    try:
        with engine.begin() as connection:
            return projections.rebuild(connection, village.community_id, origin="timebank.example/log/TPL")
    finally:
        engine.dispose()


def _columns(table):
    """All but the number of rebuilds."""
    return select(*(column for column in table.c if column.name != "epoch"))


def _stored(village):
    with village.storage.connect() as connection:
        return {
            table.name: sorted(
                map(tuple, connection.execute(_columns(table).where(table.c.community_id == village.community_id))),
                key=repr,
            )
            for table in PROJECTIONS
        }
