"""Domain rows against entries: an honest village shows nothing, and every planted difference is named."""

from __future__ import annotations

import uuid

import pytest

from tests.ledger.books import attack, credit
from tests.timebank.lived_in import live
from timebank import checks
from timebank.checks import Booking, Claim
from timebank.errors import Forbidden

ROW, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
POST = frozenset({"post"})
REST_OF_A_MINUTE = """
    INSERT INTO visit_rest (community_id, id, visit_id, started_at, started_recorded_at, started_by, ended_at,
      ended_recorded_at, ended_by, forgotten)
    SELECT community_id, randomblob(16), id, started_at + 1000, started_at, 'x', started_at + 61000, started_at, 'x', 0
    FROM visit WHERE order_id IS NULL"""


def test_a_village_that_lived_shows_no_finding(village):
    live(village)
    assert _found(village) == []


@pytest.mark.parametrize(
    "db", ["sqlite"], indirect=True
)  # one database for each change; the honest village runs on both
@pytest.mark.parametrize(
    "change, code, what",
    [
        ("UPDATE visit SET credited_minutes = 90 WHERE order_id IS NULL", "amount_differs", "visit"),
        ("UPDATE visit SET entry_seq = NULL WHERE order_id IS NULL", "not_booked", "visit"),
        ("UPDATE visit SET spans = '[[3599,100]]' WHERE order_id IS NULL", "visit_seconds", "visit"),
        (REST_OF_A_MINUTE, "visit_seconds", "visit"),
        ("UPDATE visit SET entry_seq = 99999 WHERE order_id IS NULL", "entry_missing", "visit"),
        ("UPDATE visit SET entry_seq = 0 WHERE order_id IS NULL", "entry_kind", "visit"),
        ("UPDATE service_order SET credited_minutes = 120 WHERE state = 'done'", "amount_differs", "order"),
        (
            "UPDATE service_order SET state = 'dispatched', held_minutes = 0 WHERE state = 'claimed'",
            "hold_still_open",
            "order_hold",
        ),
        ("UPDATE award SET credited_steps = 40 WHERE state = 'booked'", "amount_differs", "award"),
        ("UPDATE award SET state = 'reversed' WHERE state = 'booked'", "not_reversed", "award"),
        ("UPDATE shop_order SET capture = hold WHERE state = 'handed_over'", "entry_kind", "shop_order"),
    ],
)
def test_a_row_edited_by_sql_is_named(village, change, code, what):
    live(village)
    attack(village, (change, ()))
    assert (code, what) in {(finding.code, finding.what) for finding in _found(village)}


def test_an_entry_without_a_row_is_named(village):
    story = live(village)
    attack(
        village,
        ("DELETE FROM visit_day WHERE visit_id = ?", (story.visit_id.bytes,)),
        ("DELETE FROM visit WHERE id = ?", (story.visit_id.bytes,)),
    )
    assert [(finding.code, finding.seq) for finding in _found(village)] == [("entry_without_row", story.visit_seq)]


def test_two_rows_that_share_an_entry_are_named(village):
    live(village)
    attack(
        village,
        ("UPDATE award SET entry = (SELECT entry_seq FROM visit WHERE order_id IS NULL) WHERE state = 'booked'", ()),
    )
    assert "entry_of_other_row" in {finding.code for finding in _found(village)}


def test_only_auditors_and_their_like_may_look(village):
    with village.read() as session, pytest.raises(Forbidden):
        checks.find(session, actor=village.actor("volunteer"))


# The comparison itself is pure.


def test_a_claim_that_fits_gives_nothing():
    claim = Claim(what="visit", row=ROW, seqs=(5,), kinds=POST, amount=60)
    assert _compare([claim], Booking(5, "post", 60, {"visit": ROW.hex, "use_case": "attendance.settle"})) == []


def test_two_entries_may_move_an_amount_together():
    claim = Claim(what="order", row=ROW, seqs=(5, 6), kinds=frozenset({"post", "capture"}), amount=90)
    first, second = Booking(5, "capture", 60, {"order": ROW.hex}), Booking(6, "post", 30, {"order": ROW.hex})
    assert _compare([claim], first, second) == []


def test_an_erased_detail_is_no_difference():
    assert (
        _compare([Claim(what="visit", row=ROW, seqs=(5,), kinds=POST, amount=60)], Booking(5, "post", 60, None)) == []
    )


def test_a_reversed_entry_under_a_row_that_stands_is_named():
    claim = Claim(what="visit", row=ROW, seqs=(5,), kinds=POST, amount=60)
    assert _compare([claim], Booking(5, "post", 60, None, reversed_by=9)) == ["entry_reversed"]


def test_one_entry_for_two_rows_is_named_once():
    claims = [Claim(what="visit", row=row, seqs=(5,), kinds=POST, amount=60) for row in (ROW, OTHER)]
    assert _compare(claims, Booking(5, "post", 60, None)) == ["entry_claimed_twice"]


def test_the_walk_over_many_entries_misses_none(village, monkeypatch):
    monkeypatch.setattr(checks, "ENTRIES_AT_ONCE", 7)
    story = live(village)
    credit(village, village.main_account(story.volunteer.person_id, "min"), times=20)
    assert _found(village) == []
    attack(village, ("UPDATE visit SET credited_minutes = 90 WHERE order_id IS NULL", ()))
    assert [finding.code for finding in _found(village)] == ["amount_differs"]


def _found(village):
    with village.read() as session:
        return checks.find(session, actor=village.actor("auditor"))


def _compare(claims, *bookings):
    return [finding.code for finding in checks.differences(claims, {one.seq: one for one in bookings})]
