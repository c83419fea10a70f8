"""How the runs are taken: in turns, so that both sides of a row see the same machine."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """How much is done. The sizes are chosen so that a run takes a second or more, and all rows together a quarter of an hour."""

    runs: int = 5
    batch: int = 1_000  # posts a transaction
    transactions: int = 30  # a run
    members: int = 500
    peer_members: int = 100
    peer_transactions: int = 3
    peer_singles: int = 100
    threads: int = 64
    posts_a_thread: int = 40
    one_by_one: int = 500
    spread: int = 10_000
    log: int = 100_000  # entries that are verified and proved
    proofs: int = 1_000
    small: int = 10_000
    large: int = 1_000_000
    growth_runs: int = 15  # they take moments, and noise should fall on all alike
    growing_members: int = 200
    reads: int = 200
    grown_by: int = 200  # posts a run, in each of the two databases
    space: int = 30_000
    connections: tuple[int, ...] = (16, 128)
    check_ins: int = 4  # a connection, in each run
    server_threads: int = 32  # as settings have it
    served: tuple[str, ...] = ("PostgreSQL", "SQLite")  # where whole communities are made: checking in, search, import
    residents: int = 142_000
    searches: int = 20  # in each run
    imported: int = 50_000
    booked: int = 10_000  # lines of a batch
    booked_at_once: int = 500
    booking_runs: int = 3
    pages: int = 30  # requests a run
    replayed: int = 100_000  # awards that a draft is run over


FULL = Scale()
LONG = Scale(large=10_000_000)
TINY = Scale(
    runs=1,
    batch=20,
    transactions=2,
    members=10,
    peer_members=10,
    peer_transactions=1,
    peer_singles=5,
    threads=4,
    posts_a_thread=5,
    one_by_one=10,
    spread=50,
    log=600,
    proofs=20,
    small=100,
    large=1_000,
    growth_runs=1,
    growing_members=8,
    reads=10,
    grown_by=20,
    space=500,
    connections=(2,),
    check_ins=2,
    server_threads=2,
    served=("SQLite",),
    residents=60,
    searches=2,
    imported=30,
    booked=12,
    booked_at_once=5,
    booking_runs=1,
    pages=2,
    replayed=90,
)


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes; what lay about before is cleared away first, and is nobody's burden."""
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def in_turns(runs: int, *sides: Callable[[], float]) -> list[list[float]]:
    """What each side gives in each run. A round runs every side once; every other round goes backwards."""
    found: list[list[float]] = [[] for _ in sides]
    for number in range(runs):
        order = range(len(sides))
        for side in order if number % 2 == 0 else reversed(order):
            found[side].append(sides[side]())
    return found


def rates(count: int, times: list[float]) -> list[float]:
    """So many a second."""
    return [count / one for one in times]
