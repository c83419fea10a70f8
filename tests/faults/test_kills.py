"""Writing processes killed in a loop: what they acknowledged is there, once; the next one asks again with the same keys."""

from __future__ import annotations

import random
import signal

from tests.faults import calls
from tests.faults.calls import Calls
from tests.faults.places import SEED, TIMES, with_wallets
from tests.village import Village

KILLS = 6


def test_killed_writers_lose_nothing_acknowledged_and_double_nothing(durable: tuple[Village, str]) -> None:
    village, url = durable
    wallets = with_wallets(village)
    heard = Calls()
    chance = random.Random(SEED)
    unanswered = 0
    for kill in range(KILLS * TIMES):
        process = calls.start(url, wallets, seed=SEED + kill, count=100_000, threads=chance.choice([1, 4, 12]))
        calls.ready(process)
        calls.go(process, heard.open)
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(chance.randrange(20, 150))]
        process.send_signal(signal.SIGKILL)
        heard.hear("".join(said), *calls.said_by([process]))
        unanswered += len(heard.open)
    process = calls.start(url, wallets, seed=SEED + 99, count=5, threads=4)
    calls.ready(process)
    calls.go(process, heard.open)
    heard.hear(*calls.said_by([process]))
    assert heard.open == []
    assert unanswered > 0
    log = calls.check(url, heard, wallets=wallets)
    assert len(heard.done) > 40
    assert len(log) > len(heard.done)


def test_the_logs_order_is_that_of_real_time(durable: tuple[Village, str]) -> None:
    """Three processes of several threads on one log, none of them knowing of the others."""
    village, url = durable
    wallets = with_wallets(village)
    heard = Calls()
    processes = [
        calls.start(url, wallets, seed=SEED * 7 + at, count=40 * TIMES, threads=6 if village.storage.sqlite else 12)
        for at in range(3)
    ]
    for process in processes:
        calls.ready(process)
    for process in processes:
        calls.go(process)
    heard.hear(*calls.said_by(processes))
    assert heard.open == []
    assert len(heard.refused) > 20
    calls.check(url, heard, wallets=wallets)
