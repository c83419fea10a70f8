"""Seeded histories with a two-sided fault at every storage call; see simulator.py for what must hold."""

from __future__ import annotations

import logging
from collections import Counter

import pytest

from tests.faults.drivers import Saboteur, sides_of
from tests.faults.places import SEED, TIMES
from tests.faults.simulator import ONLY_SQLITE, POINTS, History, databases

# Together every point and side at least so often; a run that did not meet them shows nothing.
LEAST_OF_A_SIDE = 1
LEAST_OF_A_POINT = 6
HISTORIES = {"sqlite": 30, "postgresql": 16}
MET = {
    "answer ClockWrong", "answer KeyAhead", "answer KeyExpired", "answer RefusedByLedger", "answer Unknown", "answer ZeroDivisionError", "answer done",
    "answer of the database", "clock back a little", "clock back too far", "clock far ahead", "entry capture", "entry hold", "entry limit", "entry reverse",
    "first answer again", "outage", "settled", "signed", "signing failed", "unknown and kept", "verified",
}  # fmt: skip


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_whatever_fails_what_was_acknowledged_is_there_once_and_nothing_is_half_there(backend: str) -> None:
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # it tells of every fault
    struck: Counter[tuple[str, str]] = Counter()
    calls: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    with databases(backend) as place:
        for seed in range(SEED, SEED + HISTORIES[backend] * TIMES):
            saboteur = Saboteur()
            url, base = place(seed)
            history = History(url, seed, saboteur=saboteur, base=base)
            history.run()
            struck += saboteur.struck
            calls += saboteur.calls
            seen += history.seen
    sqlite = backend == "sqlite"
    points = {point for point in calls if calls[point] >= 100} | set(POINTS)
    points -= set() if sqlite else set(ONLY_SQLITE)
    missed = [
        (point, side, struck[point, side])
        for point in sorted(points)
        for side in sides_of(point, sqlite=sqlite)
        if struck[point, side] < LEAST_OF_A_SIDE
    ]
    few = [
        point
        for point in sorted(points)
        if sum(struck[point, side] for side in sides_of(point, sqlite=sqlite)) < LEAST_OF_A_POINT
    ]
    assert not missed, missed
    assert not few, few
    assert not [name for name in sorted(MET) if seen[name] < 5], seen
    assert seen["answer _Discard"] == 0
