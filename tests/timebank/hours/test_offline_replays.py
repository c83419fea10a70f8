"""Whatever the order in which batches arrive, how often, and how wrong clocks are: the same visits, and nothing twice.

Lives are made at random: volunteers come and go, one or two devices of the point write it down, and what was written
arrives cut into batches, shuffled and repeated. Every example has volunteers and devices of its own in one village.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from ledger import reading
from tests.timebank.hours import arrange
from tests.timebank.hours.arrange_offline import Device, make_device, make_volunteer, visits_of
from tests.village import Village
from timebank import accounts
from timebank.hours.attendance.offline import OfflineScan
from timebank.hours.attendance.offline.looking import newest, waiting_of
from timebank.hours.attendance.tables import Visit

MINUTE = dt.timedelta(minutes=1)
SLACK = dt.timedelta(seconds=1)  # the village's clock ticks while a batch is made and sent
Stay = tuple[int, int]  # from, to: minutes before now
FEW = settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@st.composite
def stays(draw: st.DrawFn) -> list[Stay]:
    """Some visits of one person within two days, in order of time, more than ten minutes apart; too few for any cap."""
    at, made = 2_800, []
    for _ in range(draw(st.integers(1, 3))):
        at -= draw(st.integers(11, 400))
        length = draw(st.integers(1, 120))
        made.append((at, at - length))
        at -= length
    return made


clocks = st.sampled_from([dt.timedelta(), dt.timedelta(hours=7), dt.timedelta(hours=-30), dt.timedelta(days=-9000)])


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
@FEW
@given(data=st.data(), lives=st.lists(stays(), min_size=1, max_size=2), slow=clocks)
def test_whole_visits_arriving_in_any_order_and_again_are_all_there_once(
    village: Village, data: st.DataObject, lives: list[list[Stay]], slow: dt.timedelta
) -> None:
    """Each coming is in one batch with its going: any order of batches gives the same visits."""
    point, people = arrange.make_point(village), [make_volunteer(village) for _ in lives]
    pair = [make_device(village, point, slow=slow), make_device(village, point, slow=-slow)]
    now = village.now
    batches = []
    for person, life in zip(people, lives, strict=True):
        for began, ended in life:
            device = data.draw(st.sampled_from(pair))
            scans = [_scan(device, person, "in", now, began), _scan(device, person, "out", now, ended)]
            batches.append((device, data.draw(st.permutations(scans))))
    for device, scans in data.draw(st.permutations(batches)):
        first = device.sends(*scans)
        if data.draw(st.booleans()):
            assert device.sends_bytes(*device.sent[-1])["answers"] == first
        if data.draw(st.booleans()):
            assert {answer["outcome"] for answer in device.sends(*scans)} <= {"accepted", "waiting"}
    _all_visits_are_there(village, people, lives, now)
    with village.read() as session:
        assert waiting_of(session, village.community_id, [person.id for person in people]) == []


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
@FEW
@given(data=st.data(), lives=st.lists(stays(), min_size=1, max_size=2), slow=clocks)
def test_one_device_after_the_other_batch_by_batch_loses_nothing(
    village: Village, data: st.DataObject, lives: list[list[Stay]], slow: dt.timedelta
) -> None:
    """What one device wrote down, cut anywhere, sent in order, each batch shuffled: all visits, and no verdict but accepted."""
    point, people = arrange.make_point(village), [make_volunteer(village) for _ in lives]
    device = make_device(village, point, slow=slow)
    now = village.now
    written = _written(lives, people, lambda person, way, ago: _scan(device, person, way, now, ago))
    for portion in _cut(data, written):
        device.sends(*data.draw(st.permutations(portion)))
    assert set(_verdicts(village, people)) == {"accepted"}
    _all_visits_are_there(village, people, lives, now)


@settings(FEW, max_examples=3)  # on both databases
@given(data=st.data(), lives=st.lists(stays(), min_size=1, max_size=2))
def test_two_devices_in_any_order_never_credit_what_was_not_and_hide_nothing(
    village: Village, data: st.DataObject, lives: list[list[Stay]]
) -> None:
    """A coming on one device, its going on the other, batches late and shuffled: every scan has a verdict; where all are
    accepted and nobody must be asked, the visits are those that were; minutes are issued for settled visits alone."""
    point, people = arrange.make_point(village), [make_volunteer(village) for _ in lives]
    pair = [make_device(village, point), make_device(village, point, slow=dt.timedelta(hours=3))]
    now = village.now
    written: list[list[Any]] = [[], []]

    def on_some_device(person: Any, way: str, ago: int) -> dict[str, Any]:
        which = data.draw(st.integers(0, 1))
        written[which].append(_scan(pair[which], person, way, now, ago))
        return written[which][-1]

    _written(lives, people, on_some_device)
    batches = [
        (device, portion) for device, all_of_it in zip(pair, written, strict=True) for portion in _cut(data, all_of_it)
    ]
    for device, portion in data.draw(st.permutations(batches)):
        assert len(device.sends(*data.draw(st.permutations(portion)))) == len(portion)
    outcomes = _verdicts(village, people)
    assert None not in outcomes
    states = {state for person in people for _, _, state, _ in visits_of(village, person)}
    if set(outcomes) == {"accepted"} and states == {"settled"}:
        _all_visits_are_there(village, people, lives, now)
    else:
        assert {"waiting", "refused"} & set(outcomes) or "under_review" in states
    for person in people:
        assert _balance(village, person) == _credited(village, person)


def _written(lives: list[list[Stay]], people: list[Any], write: Any) -> list[dict[str, Any]]:
    """All scans of these lives in order of time, each made by `write`."""
    moments = [
        (ago, way, person)
        for person, life in zip(people, lives, strict=True)
        for stay in life
        for ago, way in zip(stay, ("in", "out"), strict=True)
    ]
    return [write(person, way, ago) for ago, way, person in sorted(moments, key=lambda moment: -moment[0])]


def _cut(data: st.DataObject, written: list[Any]) -> list[list[Any]]:
    portions: list[list[Any]] = [[]]
    for scan in written:
        if portions[-1] != [] and data.draw(st.booleans()):
            portions.append([])
        portions[-1].append(scan)
    return [portion for portion in portions if portion]


def _scan(device: Device, person: Any, way: str, now: dt.datetime, ago: int) -> dict[str, Any]:
    at = now - ago * MINUTE
    its_time = max(at - device.slow, dt.datetime(1970, 1, 2, tzinfo=dt.UTC))
    return device.scan(person.number, way, its_time + device.slow)


def _all_visits_are_there(village: Village, people: list[Any], lives: list[list[Stay]], now: dt.datetime) -> None:
    for person, life in zip(people, lives, strict=True):
        found = visits_of(village, person)
        assert len(found) == len(life)
        for (started_at, ended_at, state, offline), (began, ended) in zip(found, life, strict=True):
            assert (state, offline) == ("settled", "both")
            assert abs(started_at - (now - began * MINUTE)) < SLACK
            assert abs(ended_at - (now - ended * MINUTE)) < SLACK
        assert _balance(village, person) == _credited(village, person)


def _verdicts(village: Village, people: list[Any]) -> list[str | None]:
    with village.read() as session:
        scans = session.scalars(select(OfflineScan).where(col(OfflineScan.person_id).in_([one.id for one in people])))
        found = [newest(session, village.community_id, scan.id) for scan in scans]
        return [verdict.outcome if verdict else None for verdict in found]


def _balance(village: Village, person: Any) -> int:
    with village.read() as session:
        number = accounts.find_main(session, village.community_id, person.id, "min")
        return 0 if number is None else reading.account(session, village.community_id, number).balance


def _credited(village: Village, person: Any) -> int:
    with village.read() as session:
        return sum(session.scalars(select(col(Visit.credited_minutes)).where(col(Visit.person_id) == person.id, col(Visit.state) == "settled")))  # fmt: skip
