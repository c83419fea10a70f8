"""What clients saw, held against the log: nothing lost, nothing doubled, the log's order no other than that of real time, and every answer the one that the model gives there.

After Jepsen: a call has an instant before which it was not asked and one by which it was answered. Where one call was answered before another was asked, the log has them in this order; a refusal, which leaves no entry, was right
at some length of the log that was reached between the two instants.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from ledger import projections
from ledger.entries import decode
from timebank.accounts import ISSUE_MIN, POOL_MIN

ROOT = Path(__file__).parents[2]
WORKER = ROOT / "tests/faults/worker.py"


@dataclass
class Call:
    """One request, from its first asking to its answer, over the lives of several processes."""

    key: str
    op: list[Any]
    called: int
    answered: int | None = None
    seq: int | None = None
    refused: dict[str, Any] | None = None


@dataclass
class Calls:
    """All that the clients of a test did."""

    by_key: dict[str, Call] = field(default_factory=dict)
    troubles: list[dict[str, Any]] = field(default_factory=list)

    def hear(self, *outs: str) -> None:
        """What processes said, in the order of real time."""
        for told in sorted((event for out in outs for event in events(out)), key=lambda event: event["at"]):
            self.take(told)

    def take(self, told: dict[str, Any]) -> None:
        if told["event"] == "call":
            self.by_key.setdefault(told["key"], Call(told["key"], told["op"], told["at"]))
        elif told["event"] == "answer":
            call = self.by_key[told["key"]]
            assert call.answered is None, "answered twice"
            call.answered, call.seq = told["at"], told.get("seq")
            call.refused = told["facts"] if "refused" in told else None
            assert told.get("refused", "insufficient") == "insufficient", told
        elif told["event"] in ("trouble", "gave up"):
            self.troubles.append(told)

    @property
    def open(self) -> list[list[Any]]:
        """What nobody answered yet, for the next process."""
        return [[call.key, call.op] for call in self.by_key.values() if call.answered is None]

    @property
    def done(self) -> list[Call]:
        return sorted((call for call in self.by_key.values() if call.seq is not None), key=lambda call: call.seq or 0)

    @property
    def refused(self) -> list[Call]:
        return [call for call in self.by_key.values() if call.refused is not None]


def events(out: str) -> Iterator[dict[str, Any]]:
    for line in out.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # the last line of one that was killed


def start(
    url: str, wallets: Sequence[int], *, seed: int, count: int, threads: int, before: Sequence[str] = ()
) -> subprocess.Popen[str]:
    numbers = [str(number) for number in (seed, count, threads, *wallets)]
    return subprocess.Popen(
        [*before, sys.executable, str(WORKER), url, *numbers],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ready(process: subprocess.Popen[str]) -> int:
    """Wait until it could begin; its process id (that of a tracer's child)."""
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert told["event"] == "ready"
    return int(told["pid"])


def go(process: subprocess.Popen[str], first: list[list[Any]] = ()) -> None:  # type: ignore[assignment]
    assert process.stdin is not None
    process.stdin.write(json.dumps(list(first)) + "\n")
    process.stdin.flush()


def said_by(processes: Sequence[subprocess.Popen[str]], *, seconds: float = 240) -> list[str]:
    """What they say from now until their end, taken from all at the same time, so that no pipe fills up.

    Read from the stream that lines were read from before: `communicate` would pass over what that holds already.
    """

    def rest(process: subprocess.Popen[str]) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        stopping = threading.Timer(seconds, process.kill)
        stopping.start()
        with process.stdout as out:
            said = out.read()
        stopping.cancel()
        process.wait()
        return said

    with ThreadPoolExecutor(len(processes)) as pool:
        return list(pool.map(rest, processes))


def check(url: str, calls: Calls, *, wallets: Sequence[int], community: int = 1) -> list[dict[str, Any]]:
    """All that must hold; gives the log's entries."""
    log = entries(url, community)
    whose = {int(one["id"], 16): one["seq"] for one in log}
    first = min((one["seq"] for one in log if f"{one['id']}" in calls.by_key), default=len(log))
    for call in calls.done:
        assert whose.get(int(call.key, 16)) == call.seq, f"acknowledged at {call.seq}, and not there: {call}"
    for call in calls.refused:
        assert int(call.key, 16) not in whose, f"refused, and there: {call}"
    for one in log[first:]:
        assert one["id"] in calls.by_key, f"an entry that nobody asked for, or a second one: {one}"
        what, wallet, minutes = calls.by_key[one["id"]].op
        expected = {ISSUE_MIN: -minutes, wallet: minutes} if what == "give" else {wallet: -minutes, POOL_MIN: minutes}
        assert dict(map(tuple, one["legs"])) == expected, one
    assert [one["at"] for one in log] == sorted(one["at"] for one in log)
    check_order(calls, log)
    check_answers(calls, log, wallets)
    assert_whole(url, community)
    return log


def entries(url: str, community: int) -> list[dict[str, Any]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        wanted = text("SELECT leaf FROM ledger_entry WHERE community_id = :community ORDER BY seq")
        log = [decode(bytes(leaf)) for leaf in connection.scalars(wanted, {"community": community})]
    engine.dispose()
    assert [one["seq"] for one in log] == list(range(len(log)))
    return log


def assert_whole(url: str, community: int = 1) -> None:
    """Projections and tiles are what the leaves say."""
    engine = create_engine(url)
    with engine.connect() as connection:
        assert list(projections.differences(connection, community)) == []
    engine.dispose()


def check_order(calls: Calls, log: list[dict[str, Any]]) -> None:
    """If one was answered before another was asked, it stands before it."""
    events = [(call.called, 1, call) for call in calls.done]
    events += [(call.answered or 0, 0, call) for call in calls.done]
    newest = -1
    for _, is_call, call in sorted(events, key=lambda event: event[:2]):
        seq = call.seq or 0
        if is_call:
            assert seq > newest, f"{call} was asked after entry {newest} was acknowledged"
        else:
            newest = max(newest, seq)


def check_answers(calls: Calls, log: list[dict[str, Any]], wallets: Sequence[int]) -> None:
    """Replay the log: no wallet is ever overdrawn, and each refusal was right at a length of the log in its time."""
    balance = dict.fromkeys(wallets, 0)
    histories: dict[int, list[tuple[int, int]]] = {
        wallet: [(0, 0)] for wallet in wallets
    }  # (length from which, balance)
    for one in log:
        for number, amount in one.get("legs", ()):
            if number in balance:
                balance[number] += amount
                assert balance[number] >= 0, f"entry {one['seq']} overdraws {number}"
                histories[number].append((one["seq"] + 1, balance[number]))
    done = calls.done
    for call in calls.refused:
        assert call.answered is not None
        assert call.refused is not None
        least = max((one.seq + 1 for one in done if one.answered < call.called), default=0)
        most = min((one.seq for one in done if one.called > call.answered), default=len(log))
        told = call.refused["available"]
        steps = histories[call.op[1]]
        spans = zip(steps, [*steps[1:], (len(log) + 1, 0)], strict=True)
        right = [at for (at, held), (end, _) in spans if held == told and at <= most and end > least]
        assert told < call.op[2], call
        assert right, f"{call}: never {told} between lengths {least} and {most}"
