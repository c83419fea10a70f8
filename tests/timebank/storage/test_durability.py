"""What was acknowledged is there, once; what was not acknowledged is there once or not at all. Real processes, real kills, real system calls."""

from __future__ import annotations

import datetime
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.postgres import PostgresServer
from tests.village import Database, Village, VillageClock, make_schema, open_village
from timebank.accounts import POOL_MIN
from timebank.storage import Storage

ROOT = Path(__file__).parents[3]
SPENDER = ROOT / "tests/timebank/storage/spender.py"


class NowClock(VillageClock):
    """The real time: the spenders are processes of their own, whose keys carry it."""

    def now(self) -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def durable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Village, str]]:
    """A village on a database with every durability setting on, and the address the spenders use."""
    clock = NowClock()
    if request.param == "sqlite":
        url = owner_url = f"sqlite:///{tmp_path / 'timebank.db'}"
        make_schema(url)
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        urls = server.new_database(like=request.getfixturevalue("postgres_template"))
        url, owner_url = urls.app_url, urls.owner_url
    storage = Storage(url, clock=clock.now, secret=b"a secret of the tests, 32 bytes!")
    village = open_village(Database(storage, clock, owner_url), code="TPL", name="太平里社区", area_code="3201020101")
    yield village, url
    storage.close()
    if request.param != "sqlite":
        server.drop_database(urls)


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


def booked_keys(village: Village) -> Counter[str]:
    """How many entries each request key has in the log, and the pool's balance by those entries."""
    with village.read() as session:
        rows = session.connection().execute(text("SELECT id FROM ledger_entry WHERE kind = 'post'")).scalars()
        return Counter(f"{uuid.UUID(bytes=bytes(one)).int >> 16 << 16:032x}" for one in rows)


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


def test_a_killed_writer_loses_nothing_acknowledged_and_doubles_nothing(durable: tuple[Village, str]) -> None:
    village, url = durable
    wallet = village.main_account(village.make_person(minutes=60_000).id, "min")
    before = booked_keys(village)
    village.storage.close()
    sent: set[str] = set()
    done: set[str] = set()
    for run in range(6):
        process = start(url, wallet, amount=1, count=10_000, threads=4)
        go(process)
        time.sleep(0.15 + run * 0.07)
        process.send_signal(signal.SIGKILL)
        lines = said(process)
        sent |= {line[1] for line in lines if line[0] == "sent"}
        done |= {line[1] for line in lines if line[0] == "done"}
    booked = booked_keys(village) - before
    assert len(done) > 60
    assert done <= booked.keys()
    assert booked.keys() <= sent
    assert set(booked.values()) == {1}
    assert village.balance(wallet) == 60_000 - len(booked)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: `make setup` says how")
def test_on_sqlite_the_disk_is_told_before_the_answer(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'timebank.db'}"
    make_schema(url)
    clock = NowClock()
    storage = Storage(url, clock=clock.now, secret=b"a secret of the tests, 32 bytes!")
    village = open_village(Database(storage, clock, url), code="TPL", name="太平里社区", area_code="3201020101")
    wallet = village.main_account(village.make_person(minutes=300).id, "min")
    storage.close()
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
