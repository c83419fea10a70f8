"""Offline scans that wait or are refused, clocks that are wrong, devices that lie: on SQLite, since no rule here is the database's."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select
from sqlmodel import col

from tests.timebank.hours import arrange, arrange_offline
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
from timebank import policy
from timebank.errors import Forbidden, NotFound, Refused
from timebank.hours.attendance import devices
from timebank.hours.attendance.devices import BadKey, DeviceRevoked, KeyRegistered
from timebank.hours.attendance.offline import OfflineScan, ScanBatch, waiting
from timebank.hours.attendance.offline.body import BadBatch
from timebank.hours.attendance.offline.receiving import BadSignature, DeviceDayFull
from timebank.people import cards
from timebank.permissions import Actor

HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
ACCEPTED = ["accepted", "accepted"]

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def point(village: Village) -> int:
    return arrange.make_point(village)


@pytest.fixture
def device(village: Village, point: int) -> Device:
    return make_device(village, point)


@pytest.fixture
def volunteer(village: Village) -> arrange.Someone:
    return make_volunteer(village)


def test_scans_are_applied_in_order_of_time_whatever_their_order_in_the_batch(village, device, volunteer) -> None:
    now = village.now
    times = [(5, "in"), (4, "out"), (3, "in"), (2, "out")]
    scans = [device.scan(volunteer.number, way, now - hours * HOUR) for hours, way in times]
    answers = device.sends(*reversed(scans))
    assert outcomes(answers) == ["accepted"] * 4
    assert [answer["key"] for answer in answers] == [scan["key"] for scan in reversed(scans)]
    assert [visit[2] for visit in visits_of(village, volunteer)] == ["settled", "settled"]


def test_a_clock_that_is_hours_wrong_is_corrected_and_both_times_are_kept(village, point, volunteer) -> None:
    device = make_device(village, point, slow=-26 * HOUR)
    now = village.now
    device.sends(
        device.scan(volunteer.number, "in", now - 2 * HOUR), device.scan(volunteer.number, "out", now - HOUR), at=now
    )
    ((started_at, ended_at, state, _),) = visits_of(village, volunteer)
    assert state == "settled"
    assert abs(started_at - (now - 2 * HOUR)) < dt.timedelta(seconds=1)
    assert abs(ended_at - (now - HOUR)) < dt.timedelta(seconds=1)
    with village.read() as session:
        scan = session.scalars(select(OfflineScan).where(col(OfflineScan.direction) == "in")).one()
        assert abs(scan.scanned_at - (now + 24 * HOUR)) < dt.timedelta(seconds=1)
        assert abs(scan.corrected_at - started_at) < dt.timedelta(seconds=1)


def test_a_scan_sent_again_in_another_batch_is_not_applied_twice_and_tells_its_newest_verdict(
    village, device, volunteer
) -> None:
    now = village.now
    went, came = device.scan(volunteer.number, "out", now - HOUR), device.scan(volunteer.number, "in", now - 2 * HOUR)
    assert codes(device.sends(went)) == ["waits_for_coming"]
    device.sends(came)
    assert codes(device.sends(went, came)) == ["checked_out", "checked_in"]
    assert verdicts_of(village, went["key"]) == [("waiting", "waits_for_coming"), ("accepted", "checked_out")]
    assert len(visits_of(village, volunteer)) == 1


def test_a_key_used_for_another_scan_is_told_and_the_first_scan_stands(village, device, volunteer) -> None:
    now = village.now
    came = device.scan(volunteer.number, "in", now - HOUR)
    other = {**came, "direction": "out"}
    assert codes(device.sends(came, other, came)) == ["checked_in", "scan_key_used", "checked_in"]
    assert codes(device.sends(other)) == ["scan_key_used"]


def test_one_bad_scan_loses_no_other(village, device, volunteer) -> None:
    now = village.now
    bad = [
        None,
        {},
        {**device.scan(volunteer.number, "in", now), "key": "not a key"},
        {**device.scan(volunteer.number, "in", now), "scanned_at": "noon"},
        {**device.scan(volunteer.number, "in", now), "scanned_at": 2**53 - 1},
        {**device.scan(volunteer.number, "sideways", now)},
        {**device.scan("", "in", now)},
        {**device.scan("x" * 301, "in", now)},
        {**device.scan(volunteer.number, "in", now), "more": 1},
        {**device.scan(volunteer.number, "in", now), "key": "01234567-89ab-4def-8123-456789abcdef"},
    ]
    good = device.scan(volunteer.number, "in", now - HOUR)
    answers = device.sends(*bad, good)
    assert codes(answers) == ["bad_scan"] * len(bad) + ["checked_in"]
    assert answers[4]["facts"] == {"fields": {"scanned_at": "bad"}}


def test_a_going_that_arrives_before_its_coming_waits_for_it(village, point, volunteer) -> None:
    hall, garden = make_device(village, point, "大厅"), make_device(village, point, "门口")
    now = village.now
    went, came = garden.scan(volunteer.number, "out", now - HOUR), hall.scan(volunteer.number, "in", now - 3 * HOUR)
    assert codes(garden.sends(went)) == ["waits_for_coming"]
    assert visits_of(village, volunteer) == []
    village.pass_time(hours=5)
    assert codes(hall.sends(came)) == ["checked_in"]
    ((_, ended_at, state, offline),) = visits_of(village, volunteer)
    assert (state, offline) == ("settled", "both")
    assert abs(ended_at - (now - HOUR)) < dt.timedelta(seconds=1)


def test_a_visit_may_begin_with_a_network_and_end_without(village, device, point, volunteer) -> None:
    who = village.actor("volunteer", person=volunteer)
    arrange.come(village, who, arrange.scan(village, point))
    village.pass_time(hours=1)
    assert codes(device.sends(device.scan(volunteer.number, "out", village.now))) == ["checked_out"]
    ((_, _, state, offline),) = visits_of(village, volunteer)
    assert (state, offline) == ("settled", "out")


def test_a_going_mends_a_check_out_that_was_taken_for_forgotten(village, device, point, volunteer) -> None:
    arrange.come(village, village.actor("volunteer", person=volunteer), arrange.scan(village, point))
    village.pass_time(minutes=90)
    went = device.scan(volunteer.number, "out", village.now)
    village.pass_time(hours=20)
    arrange.close_forgotten(village)
    assert codes(device.sends(went)) == ["checked_out"]
    ((started_at, ended_at, state, _),) = visits_of(village, volunteer)
    assert state == "settled"
    assert (ended_at - started_at) // MINUTE == 90


def test_two_comings_and_one_going_are_left_to_somebody_who_was_there(village, device, volunteer) -> None:
    now = village.now
    answers = device.sends(
        device.scan(volunteer.number, "in", now - 5 * HOUR),
        device.scan(volunteer.number, "in", now - 3 * HOUR),
        device.scan(volunteer.number, "out", now - HOUR),
    )
    assert codes(answers) == ["checked_in", "inside_visit", "checked_out"]
    ((_, _, state, _),) = visits_of(village, volunteer)
    assert state == "under_review"


def test_the_same_card_again_within_minutes_is_one_scan(village, point, volunteer) -> None:
    hall, garden = make_device(village, point, "大厅"), make_device(village, point, "门口")
    now = village.now
    hall.sends(hall.scan(volunteer.number, "in", now - 3 * HOUR))
    assert codes(garden.sends(garden.scan(volunteer.number, "in", now - 3 * HOUR + MINUTE))) == ["already_checked_in"]
    hall.sends(hall.scan(volunteer.number, "out", now - HOUR))
    answers = garden.sends(garden.scan(volunteer.number, "out", now - HOUR + MINUTE))
    assert codes(answers) == ["already_checked_out"]
    assert outcomes(answers) == ["refused"]


@pytest.mark.parametrize(
    "ago, code",
    [
        (dt.timedelta(hours=72) - MINUTE, "checked_in"),
        (dt.timedelta(hours=72) + MINUTE, "scan_too_old"),
        (-4 * MINUTE, "checked_in"),
        (-6 * MINUTE, "scan_ahead"),
    ],
)
def test_scans_are_accepted_from_72_hours_back_to_5_minutes_ahead(village, device, volunteer, ago, code) -> None:
    """Policy: offline_back_hours, offline_ahead_minutes; the very instants are in test_offline_body."""
    now = village.now
    assert codes(device.sends(device.scan(volunteer.number, "in", now - ago), at=now)) == [code]


def test_the_window_is_the_communitys_policy(village, device, volunteer) -> None:
    numbers = {"offline_back_hours": 2, "offline_ahead_minutes": 0}
    village.write(
        lambda session, now: {
            "version": policy.change(
                session, village.community_id, numbers=numbers, on=village.today + dt.timedelta(days=1)
            )
        }
    )
    village.pass_time(days=2)
    now = village.now
    scans = [device.scan(volunteer.number, "in", now - 3 * HOUR), device.scan(volunteer.number, "in", now + MINUTE)]
    assert codes(device.sends(*scans, at=now)) == ["scan_too_old", "scan_ahead"]


def test_a_device_sends_so_many_batches_a_day_and_goes_on_the_next(village, device, volunteer) -> None:
    """Policy: offline_batches_a_day. Days are the community's, another device has its own, and nothing is lost."""
    tomorrow = village.today + dt.timedelta(days=1)
    numbers = {"offline_batches_a_day": 2}
    village.write(
        lambda session, now: {"v": policy.change(session, village.community_id, numbers=numbers, on=tomorrow)}
    )
    village.pass_time(hours=15, minutes=-1)  # from 9 o'clock to one minute before midnight
    for _ in range(3):  # the old number holds still
        device.sends(device.scan("x", "in", village.now))
    village.pass_time(minutes=2)
    other = make_device(village, 1, "后门平板")
    first = device.batch(device.scan(volunteer.number, "in", village.now))
    device.sends_bytes(first)
    device.sends(device.scan("x", "in", village.now))
    kept = device.scan(volunteer.number, "out", village.now + HOUR)
    village.pass_time(hours=1)
    with pytest.raises(DeviceDayFull) as refused:
        device.sends(kept)
    assert refused.value.facts == {"most": 2}
    assert device.sends_bytes(first)["answers"][0]["code"] == "checked_in", "its answers can be asked for again"
    other.sends(other.scan("x", "in", village.now))
    village.pass_time(hours=23)
    assert codes(device.sends(kept)) == ["checked_out"]


def test_a_card_taken_back_after_the_scan_still_counts_and_one_taken_back_before_does_not(
    village, device, volunteer
) -> None:
    manager = village.actor("community_manager")
    village.write(lambda session, now: cards.issue(session, actor=manager, now=now, person_ids=[volunteer.id]))
    with village.read() as session:
        card = cards.current_card(session, village.community_id, volunteer.id)
    text_on_card = cards.payload("http://village.example", kind="personal", community_code="TPL", token=card.token)
    came = device.scan(text_on_card, "in", village.now)
    village.pass_time(hours=1)
    village.write(lambda session, now: cards.replace(session, actor=manager, now=now, card_id=card.id, reason="lost"))
    village.pass_time(hours=1)
    late = device.scan(text_on_card, "out", village.now)
    assert codes(device.sends(came, late)) == ["checked_in", "card_revoked"]


def test_what_is_no_card_of_a_resident_says_what_it_is(village, other_village, device) -> None:
    now = village.now
    texts = [
        "HZM-1-9",
        "/k/HZM/23456789ABCDEFGH",
        "/d/TPL/23456789ABCDEFGH",
        "/k/TPL/23456789ABCDEFGH",
        "6901234567892",
    ]
    answers = device.sends(*(device.scan(code, "in", now) for code in texts))
    assert codes(answers) == [
        "code_not_read",
        "code_of_other_community",
        "code_not_read",
        "card_unknown",
        "code_not_read",
    ]


def test_who_is_no_volunteer_or_too_young_is_refused_as_at_the_station(village, device) -> None:
    now = village.now
    guest = arrange.make_resident(village, "王来客")
    child = make_volunteer(village, "小朋友", born_on=dt.date(2016, 1, 1))
    answers = device.sends(device.scan(guest.number, "in", now), device.scan(child.number, "in", now))
    assert codes(answers) == ["not_a_volunteer", "under_age"]
    assert visits_of(village, guest) == visits_of(village, child) == []


def test_who_answers_for_the_device_and_scans_his_own_card_is_reviewed(village, point) -> None:
    staff = make_volunteer(village, "赵前台")
    device = make_device(village, point, by=village.actor("desk_staff", person=staff))
    other = make_volunteer(village, "钱前台")
    now = village.now
    for someone, seen_by in ((staff, ""), (other, other.number)):
        device.sends(
            device.scan(someone.number, "in", now - 2 * HOUR, seen_by=seen_by),
            device.scan(someone.number, "out", now - HOUR, seen_by=seen_by),
        )
        ((_, _, state, _),) = visits_of(village, someone)
        assert state == "under_review"


def test_a_device_laid_aside_keeps_its_word_of_before_and_a_lost_one_keeps_none(village, point, volunteer) -> None:
    retired, lost = make_device(village, point, "旧平板"), make_device(village, point, "丢的")
    before = village.now
    village.pass_time(hours=1)
    arrange_offline.revoke(village, retired, "retired")
    arrange_offline.revoke(village, lost, "lost")
    village.pass_time(hours=1)
    answers = retired.sends(
        retired.scan(volunteer.number, "in", before), retired.scan(volunteer.number, "out", village.now)
    )
    assert codes(answers) == ["checked_in", "device_revoked"]
    with pytest.raises(DeviceRevoked):
        lost.sends(lost.scan(volunteer.number, "out", before + MINUTE))
    arrange_offline.revoke(village, retired, "lost")
    with pytest.raises(DeviceRevoked):
        retired.sends(retired.scan(volunteer.number, "out", before + MINUTE))
    with pytest.raises(DeviceRevoked):
        arrange_offline.revoke(village, lost, "retired")


def test_what_is_not_signed_by_the_device_is_not_kept(village, other_village, device, point, volunteer) -> None:
    sent = device.batch(device.scan(volunteer.number, "in", village.now))
    good = device.sign(sent)
    other = make_device(village, point, "另一台")
    stranger = make_device(other_village, arrange.make_point(other_village))
    forged = [
        b"",
        good[:-1],
        bytes(64),
        good[32:] + good[:32],
        other.sign(sent),
        stranger.sign(sent),
        device.sign(sent + b" "),
    ]
    for signature in forged:
        with pytest.raises(BadSignature):
            device.sends_bytes(sent, signature or b"\0")
    with pytest.raises(BadSignature):  # a device of another community, which signs rightly, is none here
        device.sends_bytes(stranger.batch(stranger.scan(volunteer.number, "in", village.now)), bytes(64))
    foreign = stranger.batch(stranger.scan(volunteer.number, "in", village.now))
    with pytest.raises(BadSignature):
        device.sends_bytes(foreign, stranger.sign(foreign))
    with village.read() as session:
        assert session.scalar(select(func.count()).select_from(ScanBatch)) == 0
    assert codes(device.sends_bytes(sent, good)["answers"]) == ["checked_in"]


def test_a_batch_that_is_not_canonical_json_of_four_fields_is_not_read(village, device) -> None:
    scan = device.scan("1", "in", village.now)
    sent = device.batch(scan)
    said = json.loads(sent)
    for spoilt in (
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        sent + b"\n",
        json.dumps(said).encode(),
        sent.replace(b'"counter":1', b'"counter":1.0'),
        sent.replace(b'"counter":1', b'"counter":true'),
        sent.replace(b'"counter":1', b'"counter":0'),
        sent.replace(b'"counter":1', b'"counter":1,"counter":1'),
        sent.replace(b'"sent_at":', b'"sent_at":-'),
        sent.replace(str(device.id).encode(), device.id.hex.encode()),
        sent.replace(b'{"counter"', b'{"a":1,"counter"'),
        b'{"scans":' + b"[" * 100_000,
    ):
        with pytest.raises(BadBatch):
            device.sends_bytes(spoilt)


def test_nobody_piles_up_scans_that_wait(village, device, volunteer) -> None:
    now = village.now
    scans = [device.scan(volunteer.number, "out", now - minutes * 10 * MINUTE) for minutes in range(24)]
    assert codes(device.sends(*scans)).count("too_many_waiting") == 4


def test_what_waits_in_vain_is_given_up_and_said(village, device, volunteer) -> None:
    went = device.scan(volunteer.number, "out", village.now)
    device.sends(went)
    job = Actor.system(village.community_id, "offline")
    for days, left in ((3, 0), (1, 1)):
        village.pass_time(days=days)
        with village.read() as session:
            due = waiting.over(session, village.community_id, village.now)
        assert len(due) == left
    village.write(lambda session, now: waiting.give_up(session, actor=job, now=now, scan_id=due[0]))
    village.write(lambda session, now: waiting.give_up(session, actor=job, now=now, scan_id=due[0]))
    assert verdicts_of(village, went["key"]) == [("waiting", "waits_for_coming"), ("refused", "nothing_came")]


def test_a_scan_is_judged_again_when_what_was_wrong_was_put_right(village, device) -> None:
    desk = village.actor("desk_staff")
    guest = arrange.make_resident(village, "王来客")
    came = device.scan(guest.number, "in", village.now)
    assert codes(device.sends(came)) == ["not_a_volunteer"]
    assert say_refused(village, desk, came["key"], "again") == "not_a_volunteer"
    assert say_refused(village, village.actor("desk_staff", person=guest), came["key"], "again") == "own_visit"
    assert say_refused(village, village.actor("volunteer"), came["key"], "again") == "forbidden"
    assert verdicts_of(village, came["key"]) == [("refused", "not_a_volunteer")]
    arrange_offline.enlist(village, guest)
    assert say(village, desk, came["key"], "again")["outcome"] == "accepted"
    assert verdicts_of(village, came["key"]) == [("refused", "not_a_volunteer"), ("accepted", "checked_in")]


def test_a_browser_is_registered_once_with_a_key_that_it_holds(village, point) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    raw = arrange_offline.public_key(key)

    def register(actor: Actor, public_key: bytes, proof: bytes, number: int = point):
        return village.write(
            lambda session, now: devices.register(
                session,
                actor=actor,
                now=now,
                point_number=number,
                name="平板",
                public_key=public_key,
                proof=proof,
            )
        )

    desk = village.actor("desk_staff")
    proof = arrange_offline.sign(key, devices.statement(village.code, point, raw))
    for bad_key, bad_proof in ((raw, bytes(64)), (raw[:-1], proof), (bytes(65), proof), (b"\x04" + bytes(64), proof)):
        with pytest.raises(BadKey):
            register(desk, bad_key, bad_proof)
    with pytest.raises(BadKey):
        register(desk, raw, arrange_offline.sign(key, devices.statement("HZM", point, raw)))
    with pytest.raises(Forbidden):
        register(village.actor("volunteer"), raw, proof)
    with pytest.raises(NotFound):
        register(desk, raw, proof, number=99)
    register(desk, raw, proof)
    with pytest.raises(KeyRegistered):
        register(desk, raw, proof)
    with village.read() as session:
        (listed,) = devices.listed(session, actor=desk)
    assert (listed.name, listed.point_number, listed.last_seen_at) == ("平板", point, None)


def say_refused(village: Village, actor: Actor, key: str, word: str) -> str:
    with pytest.raises(Refused) as refused:
        say(village, actor, key, word)
    return refused.value.code
