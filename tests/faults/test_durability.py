"""The disk is asked before the answer is given, and one wallet pays what it holds, whoever asks. Real processes, real system calls; kills are in test_kills.py."""

from __future__ import annotations

import datetime
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.faults.places import open_now
from tests.village import Village, make_schema
from timebank.accounts import POOL_MIN

ROOT = Path(__file__).parents[2]
SPENDER = ROOT / "tests/faults/spender.py"


def start(
    url: str, wallet: int, *, amount: int, count: int, threads: int, before: tuple[str, ...] = ()
) -> subprocess.Popen[str]:
    numbers = [str(number) for number in (1, wallet, amount, count, threads)]
    process = subprocess.Popen(
        [*before, sys.executable, str(SPENDER), url, *numbers],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    """Let it begin."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def said(process: subprocess.Popen[str]) -> list[list[str]]:
    """What the spender said until its end."""
    out, _ = process.communicate(timeout=120)
    return [line.split() for line in out.splitlines()]


def test_one_wallet_spent_by_four_processes_of_eight_threads_pays_what_it_holds(durable: tuple[Village, str]) -> None:
    village, url = durable
    wallet = village.main_account(village.make_person(minutes=300).id, "min")
    village.storage.close()  # its lane holds nothing that the others would wait for
    processes = [start(url, wallet, amount=30, count=2, threads=8) for _ in range(4)]
    for process in processes:
        go(process)
    answers = Counter(
        line[0] if line[0] != "refused" else line[2]
        for process in processes
        for line in said(process)
        if line[0] != "sent"
    )
    assert answers == {"done": 10, "insufficient": 54}
    assert village.balance(wallet) == 0
    assert village.balance(POOL_MIN) == 300


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: `make setup` says how")
def test_on_sqlite_the_disk_is_told_before_the_answer(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'timebank.db'}"
    make_schema(url)
    village = open_now(url, url)
    wallet = village.main_account(village.make_person(minutes=300).id, "min")
    village.storage.close()
    trace = tmp_path / "trace"
    process = start(
        url,
        wallet,
        amount=1,
        count=12,
        threads=1,
        before=("strace", "-f", "-y", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o", str(trace)),
    )
    go(process)
    assert sum(line[0] == "done" for line in said(process)) == 12
    synced, acknowledged = False, 0
    for line in trace.read_text(errors="replace").splitlines():
        if re.search(r"(fsync|fdatasync)\(\d+<[^>]*timebank\.db", line):
            synced = True
        elif re.search(r'write\(1<.*"sent ', line):
            synced = False
        elif re.search(r'write\(1<.*"done ', line):
            assert synced, f"answer {acknowledged + 1} came before the disk had it"
            acknowledged += 1
    assert acknowledged == 12


def test_the_writing_connection_asks_for_durability(durable: tuple[Village, str]) -> None:
    village, _ = durable
    asked: dict[str, str] = {}

    def look(session: object, now: datetime.datetime) -> dict[str, str]:
        connection = session.connection()  # type: ignore[attr-defined]
        if village.storage.sqlite:
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers"):
                asked[pragma] = str(connection.execute(text(f"PRAGMA {pragma}")).scalar_one())
        else:
            for setting in ("synchronous_commit", "fsync", "full_page_writes", "transaction_isolation"):
                asked[setting] = str(connection.execute(text(f"SHOW {setting}")).scalar_one())
        return {}

    village.write(look)
    if village.storage.sqlite:
        assert asked == {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "recursive_triggers": "1"}
    else:
        assert asked == {
            "synchronous_commit": "on",
            "fsync": "on",
            "full_page_writes": "on",
            "transaction_isolation": "read committed",
        }
