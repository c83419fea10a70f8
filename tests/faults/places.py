"""Villages in real time on databases with every durability setting on, for tests that break what is under them."""

from __future__ import annotations

import datetime
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.postgres import (
    APP_ROLE,
    DatabaseUrls,
    PostgresServer,
    find_programs,
    start_postgres,
    unprivileged_user,
)
from tests.village import SECRET, Database, Village, VillageClock, make_schema, open_village
from timebank.storage import Storage

WALLETS = 5
TIMES = int(os.environ.get("TIMEBANK_FAULTS_TIMES", "1"))  # `make soak` does everything more often
SEED = int(os.environ.get("TIMEBANK_FAULTS_SEED", "1"))


class NowClock(VillageClock):
    """The real time: the workers are processes of their own, whose keys carry it."""

    def now(self) -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC)


def open_now(url: str, owner_url: str) -> Village:
    """A village on an empty migrated database."""
    clock = NowClock()
    storage = Storage(url, clock=clock.now, secret=SECRET)
    return open_village(Database(storage, clock, owner_url), code="TPL", name="太平里社区", area_code="3201020101")


def with_wallets(village: Village) -> list[int]:
    """Some members' accounts with little on them; the village's own storage is closed, so that others may write."""
    wallets = [village.main_account(village.make_person(minutes=90).id, "min") for _ in range(WALLETS)]
    village.storage.close()
    return wallets


@contextmanager
def place(request: pytest.FixtureRequest, folder: Path, backend: str) -> Iterator[tuple[Village, str]]:
    """A village on SQLite or on the run's PostgreSQL server, and the address that workers use."""
    if backend == "sqlite":
        url = owner_url = f"sqlite:///{folder / 'timebank.db'}"
        make_schema(url)
        village = open_now(url, owner_url)
        yield village, url
        village.storage.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    urls = server.new_database(like=request.getfixturevalue("postgres_template"))
    village = open_now(urls.app_url, urls.owner_url)
    yield village, urls.app_url
    village.storage.close()
    server.drop_database(urls)


class OwnServer:
    """A PostgreSQL server of one test's own, which it may stop, crash and start again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = start_postgres(folder)
        self.pid = self.server.process.pid

    def new_village(self) -> tuple[Village, DatabaseUrls]:
        urls = self.server.new_database()
        make_schema(urls.owner_url, app_role=APP_ROLE)
        return open_now(urls.app_url, urls.owner_url), urls

    def stop(self, how: signal.Signals) -> None:
        """SIGINT: fast, clients are sent away. SIGQUIT: at once, as if the power failed for it alone."""
        self.server.process.send_signal(how)
        self.server.process.wait(60)

    def start(self) -> None:
        program = find_programs(self.folder) / "postgres"
        with self.server.log.open("ab") as output:
            self.server.process = subprocess.Popen(
                [program, "-D", self.folder / "data"],
                user=unprivileged_user(),
                cwd=self.folder,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self.server.connect().close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        pytest.fail("PostgreSQL did not come back")


@contextmanager
def own_server() -> Iterator[OwnServer]:
    folder = Path(tempfile.mkdtemp(prefix="timebank-postgres-"))
    own = None
    try:
        own = OwnServer(folder)
        yield own
    finally:
        if own is not None and own.server.process.poll() is None:
            own.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)
