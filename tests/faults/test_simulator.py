"""Seeded histories with a two-sided fault at every storage call; see simulator.py for what must hold."""

from __future__ import annotations

import logging
from collections import Counter

import pytest

from tests.faults.drivers import Saboteur, sides_of
from tests.faults.places import SEED, TIMES
from tests.faults.simulator import CORE, ONLY_SQLITE, POINTS, History, databases

HISTORIES = {"sqlite": 24, "postgresql": 10}
# A run that did not meet these shows nothing: every side of the core, and every point so often.
LEAST_OF_A_POINT = 3
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
    points = set(POINTS) - (set() if sqlite else set(ONLY_SQLITE))
    sides = [(point, side) for point in CORE for side in sides_of(point, sqlite=sqlite)]
    assert not [which for which in sides if not struck[which]], struck
    total = {point: sum(struck[point, side] for side in sides_of(point, sqlite=sqlite)) for point in points}
    assert not {point: count for point, count in total.items() if count < LEAST_OF_A_POINT}, (total, calls)
    assert not [name for name in sorted(MET) if not seen[name]], seen
    assert seen["answer _Discard"] == 0
