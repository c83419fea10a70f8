"""Offline scans: facts and verdicts, replays and reordering, on both databases."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests.timebank.hours import arrange
from tests.timebank.hours.arrange_offline import (
    Device,
    codes,
    make_device,
    make_volunteer,
    outcomes,
    say,
    verdicts_of,
    visits_of,
)
from tests.village import Village
from timebank.errors import AlreadyDone
from timebank.hours.attendance.offline import OfflineScan, body
from timebank.hours.attendance.offline.body import BadBatch, BatchTooLarge
from timebank.hours.attendance.offline.receiving import CounterSeen

HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
ACCEPTED = ["accepted", "accepted"]


@pytest.fixture
def point(village: Village) -> int:
    return arrange.make_point(village)


@pytest.fixture
def device(village: Village, point: int) -> Device:
    return make_device(village, point)


@pytest.fixture
def volunteer(village: Village) -> arrange.Someone:
    return make_volunteer(village)


def test_an_hour_without_a_network_is_credited_and_flagged(village: Village, device: Device, volunteer) -> None:
    now = village.now
    came, went = device.scan(volunteer.number, "in", now - 2 * HOUR), device.scan(volunteer.number, "out", now - HOUR)
    answers = device.sends(came, went)
    assert outcomes(answers) == ACCEPTED
    assert codes(answers) == ["checked_in", "checked_out"]
    assert answers[1]["facts"]["credited_minutes"] == 60
    assert answers[0]["person"] == volunteer.number
    ((_, _, state, offline),) = visits_of(village, volunteer)
    assert (state, offline) == ("settled", "both")
    assert village.balance(village.main_account(volunteer.id, "min")) == 60


def test_the_same_batch_again_gives_the_same_answers_and_changes_nothing(village, device, volunteer) -> None:
    now = village.now
    sent = device.batch(
        device.scan(volunteer.number, "out", now - 2 * HOUR), {"key": "x"}, device.scan("no number", "in", now - HOUR)
    )
    first = device.sends_bytes(sent)
    device.sends(device.scan(volunteer.number, "in", now - 3 * HOUR))  # what the first waited for
    village.pass_time(hours=3)
    assert device.sends_bytes(sent) == first
    assert codes(first["answers"]) == ["waits_for_coming", "bad_scan", "code_not_read"]
    assert len(visits_of(village, volunteer)) == 1


def test_a_counter_that_was_seen_is_refused_for_another_batch(village, device, volunteer) -> None:
    now = village.now
    device.sends(device.scan(volunteer.number, "in", now - HOUR), counter=7)
    for counter in (7, 6, 1):
        with pytest.raises(CounterSeen) as refused:
            device.sends(device.scan(volunteer.number, "out", now), counter=counter)
        assert refused.value.facts == {"last": 7}
    assert outcomes(device.sends(device.scan(volunteer.number, "out", now), counter=9)) == ["accepted"]


def test_a_whole_visit_that_comes_after_a_later_one_is_put_before_it(village, point, volunteer) -> None:
    hall, garden = make_device(village, point, "大厅"), make_device(village, point, "门口")
    now = village.now
    garden.sends(garden.scan(volunteer.number, "in", now - 2 * HOUR), garden.scan(volunteer.number, "out", now - HOUR))
    assert codes(hall.sends(hall.scan(volunteer.number, "in", now - 5 * HOUR))) == ["waits_for_going"]
    answers = hall.sends(hall.scan(volunteer.number, "out", now - 4 * HOUR))
    assert outcomes(answers) == ["accepted"]
    assert [state for _, _, state, _ in visits_of(village, volunteer)] == ["settled", "settled"]
    assert village.balance(village.main_account(volunteer.id, "min")) == 120


def test_what_lies_within_a_settled_visit_is_refused_and_no_minute_changes(village, point, volunteer) -> None:
    hall, garden = make_device(village, point, "大厅"), make_device(village, point, "门口")
    now = village.now
    hall.sends(hall.scan(volunteer.number, "in", now - 6 * HOUR), hall.scan(volunteer.number, "out", now - 3 * HOUR))
    before = village.balance(village.main_account(volunteer.id, "min"))
    late = garden.sends(
        garden.scan(volunteer.number, "out", now - 5 * HOUR), garden.scan(volunteer.number, "in", now - 4 * HOUR)
    )
    assert codes(late) == ["inside_visit", "inside_visit"]
    assert village.balance(village.main_account(volunteer.id, "min")) == before


def test_five_hundred_scans_are_a_batch_and_one_more_is_none(village, device) -> None:
    now = village.now
    with pytest.raises(BatchTooLarge):
        device.sends(*(device.scan("1", "in", now) for _ in range(501)))
    with pytest.raises(BatchTooLarge):
        device.sends_bytes(b"[" + b" " * body.BYTES_MOST)
    with pytest.raises(BadBatch):
        device.sends()
    with village.read() as session:
        assert session.scalar(select(func.count()).select_from(OfflineScan)) == 0


def test_staff_decide_what_a_scan_was_meant_to_be_and_the_first_verdict_stays(village, device, volunteer) -> None:
    desk = village.actor("desk_staff")
    now = village.now
    device.sends(device.scan(volunteer.number, "in", now - 3 * HOUR))
    wrong_way = device.scan(volunteer.number, "in", now - HOUR)
    assert codes(device.sends(wrong_way)) == ["waits_within"]
    assert say(village, desk, wrong_way["key"], "out")["outcome"] == "accepted"
    assert verdicts_of(village, wrong_way["key"]) == [("waiting", "waits_within"), ("accepted", "checked_out")]
    ((_, _, state, _),) = visits_of(village, volunteer)
    assert state == "under_review"
    with pytest.raises(AlreadyDone):
        say(village, desk, wrong_way["key"], "aside", "误扫")
    nobody = device.scan("what is this", "in", now)
    device.sends(nobody)
    assert say(village, desk, nobody["key"], "aside", "扫的是快递单")["verdict"] == "put_aside"


def test_facts_and_verdicts_are_only_added_to(village, device, volunteer) -> None:
    device.sends(device.scan(volunteer.number, "in", village.now))
    for change in (
        "UPDATE offline_scan SET scanned_at = scanned_at - 3600000",
        "UPDATE offline_scan SET direction = 'out'",
        "DELETE FROM offline_scan",
        "UPDATE scan_verdict SET outcome = 'refused'",
        "DELETE FROM scan_verdict",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            village.write(lambda session, now, change=change: {"rows": session.execute(text(change)).rowcount})
