"""Clocks that step and jump, and the instants at which days, months and leap days turn in the village."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from sqlmodel import Session

from ledger import book_of, reading
from tests.village import Village
from timebank import upkeep
from timebank.accounts import ISSUE_MIN, POOL_MIN
from timebank.columns import to_ms
from timebank.errors import ClockWrong, KeyExpired, Refused
from timebank.permissions import Actor
from timebank.storage import new_key, next_number

UTC = datetime.UTC
EIGHT_HOURS = datetime.timedelta(hours=8)


def give(on: datetime.date) -> Any:
    def change(session: Session, now: datetime.datetime) -> dict[str, Any]:
        seq = book_of(session).post({ISSUE_MIN: -15, POOL_MIN: 15}, on=on, detail={"credited": 15})
        return {"seq": seq, "at": to_ms(book_of(session).at)}

    return change


def set_clock(village: Village, instant: datetime.datetime) -> None:
    village.clock._now = instant


def tail_at(village: Village) -> datetime.datetime:
    with village.read() as session:
        return reading.tail(session, village.community_id).at


@pytest.mark.parametrize(
    "day",
    [datetime.date(2026, 12, 1), datetime.date(2027, 1, 1), datetime.date(2028, 2, 29), datetime.date(2028, 3, 1)],
    ids=["month", "year", "leap day", "after the leap day"],
)
def test_a_day_begins_at_midnight_in_the_village(village: Village, day: datetime.date) -> None:
    midnight = datetime.datetime.combine(day, datetime.time(), UTC) - EIGHT_HOURS
    set_clock(village, midnight - datetime.timedelta(milliseconds=20))
    with pytest.raises(Refused) as told:
        village.write(give(day))
    assert told.value.code == "future_day"
    village.write(give(day - datetime.timedelta(days=1)))
    set_clock(village, midnight)
    village.write(give(day))
    assert village.balance(POOL_MIN) == 30


def test_a_step_back_over_midnight_books_on_the_day_that_had_begun(village: Village) -> None:
    """Booking time never decreases, so neither does the day on which an entry may be."""
    day = datetime.date(2028, 2, 29)
    midnight = datetime.datetime.combine(day, datetime.time(), UTC) - EIGHT_HOURS
    set_clock(village, midnight + datetime.timedelta(seconds=30))
    first = village.write(give(day))
    set_clock(village, midnight - datetime.timedelta(seconds=60))
    second = village.write(give(day))
    assert second["at"] == first["at"] == to_ms(tail_at(village))


def test_booking_time_never_decreases_whatever_the_clock_does(village: Village) -> None:
    now, ats, refused = village.now, [], 0
    for seconds in (0, 40, -30, -200, 100, -280, 400, -301, 5, -3_000, 3_400, 2_000_000, -2_000_000, 2_000_000):
        now += datetime.timedelta(seconds=seconds)
        set_clock(village, now)
        ahead = tail_at(village) - now > datetime.timedelta(minutes=5)
        try:
            ats.append(village.write(give(datetime.date(2026, 11, 1)))["at"])
        except ClockWrong:
            refused += 1
            assert ahead
        else:
            assert not ahead
    assert ats == sorted(ats)
    assert refused >= 2


def prune(village: Village) -> None:
    """As the job does, by the clock that it sees."""
    actor = Actor.system(village.community_id, "prune_requests")
    with village.read() as session:
        pieces = upkeep.prune_requests(session, actor, village.now)
    for piece in pieces:
        village.write(piece.change)


def test_a_jump_ahead_while_requests_are_pruned_lets_nothing_happen_twice(village: Village) -> None:
    """Nothing was booked while the clock was ahead; what was asked before is still known when it is back."""

    def number(session: Session, now: datetime.datetime) -> dict[str, Any]:
        return {"number": next_number(session, village.community_id, "voucher")}

    village.write(give(datetime.date(2026, 11, 1)))
    key, now = new_key(village.now), village.now
    assert village.write(number, key=key) == {"number": 1}
    village.pass_time(days=40)
    prune(village)
    set_clock(village, now)
    assert village.write(number, key=key) == {"number": 1}


def test_requests_are_pruned_when_the_log_has_moved_on(village: Village) -> None:
    key = new_key(village.now)
    village.write(give(datetime.date(2026, 11, 1)), key=key)
    village.pass_time(days=40)
    village.write(give(datetime.date(2026, 11, 1)))
    prune(village)
    with pytest.raises(KeyExpired):
        village.write(give(datetime.date(2026, 11, 1)), key=key)
