"""When a database may go on being signed, and when that would fork its log."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from ledger import log
from tests.ledger.books import Memory, credit, make_volunteer, seal_of
from tests.village import Village
from timebank import evidence


def forget_checkpoints(village: Village) -> None:
    """What a backup lacks that was taken just before a checkpoint was stored."""
    engine = create_engine(village.owner_url)
    with engine.begin() as connection:
        if village.storage.sqlite:
            connection.execute(text("DROP TRIGGER ledger_checkpoint_delete"))
        else:
            connection.execute(text("ALTER TABLE ledger_checkpoint DISABLE TRIGGER USER"))
        connection.execute(text("DELETE FROM ledger_checkpoint"))
    engine.dispose()


def test_a_database_that_lacks_only_the_checkpoints_row_is_signed_on(village: Village) -> None:
    memory = Memory()
    credit(village, make_volunteer(village), times=3)
    evidence.checkpoint(village.storage, village.community_id, seal_of(village, memory))
    forget_checkpoints(village)
    credit(village, make_volunteer(village), times=300)
    signed = evidence.checkpoint(village.storage, village.community_id, seal_of(village, memory))
    assert memory.note == signed.note


def test_a_database_with_other_entries_than_were_signed_is_not(village: Village) -> None:
    memory = Memory()
    credit(village, make_volunteer(village), times=3)
    signed = evidence.checkpoint(village.storage, village.community_id, seal_of(village, memory))
    forget_checkpoints(village)
    origin, size, _, *rest = signed.note.split("\n")
    memory.note = "\n".join([origin, size, "A" * 43 + "=", *rest])
    credit(village, make_volunteer(village))
    with pytest.raises(evidence.WouldForkTheLog):
        evidence.checkpoint(village.storage, village.community_id, seal_of(village, memory))


def test_earlier_roots_are_found_again(village: Village) -> None:
    account = make_volunteer(village)
    roots = {}
    for times in (1, 226, 1, 1, 254, 300):
        credit(village, account, minutes=1, times=times)
        with village.read() as session:
            end = log.end(session, village.community_id)
            roots[end.size] = end.root
    with village.read() as session:
        assert {size: log.root_at(session, village.community_id, size) for size in roots} == roots
