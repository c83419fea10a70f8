"""A whole installation of its own: `timebank serve` as a process, an empty folder, and a clock that moves as a demo's does."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from zoneinfo import ZoneInfo

from api import jobs
from api.app import open_storage
from api.keys import SigningKeys
from api.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")
TIMEBANK = Path(sys.executable).with_name("timebank")
STARTS_WITHIN = 120


class Installation:
    """The server, its command line and its clock. Everything in it happens through them, as it would anywhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"http://127.0.0.1:{_free_port()}"
        self.settings = Settings(data_dir=folder, public_url=self.address, demo=True).prepare()
        self.clock = self.settings.clock
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.log")

    @property
    def database(self) -> Path:
        return self.folder / "timebank.sqlite"

    def now(self) -> dt.datetime:
        return self.clock.now().astimezone(ZONE)

    def run(self, *arguments: str, folder: Path | None = None) -> str:
        """What a command says; it must succeed."""
        done = subprocess.run(
            [TIMEBANK, *arguments], env=self._environment(folder), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self) -> None:
        port = self.address.rsplit(":", 1)[1]
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [TIMEBANK, "serve", "--port", port], env=self._environment(), stdout=log, stderr=log
            )
        until = time.monotonic() + STARTS_WITHIN
        while not self._is_ready():
            assert self._server.poll() is None, self.log.read_text(encoding="utf-8")
            assert time.monotonic() < until, f"no answer within {STARTS_WITHIN} s"
            time.sleep(0.1)

    def stop(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGTERM)
            self._server.wait(60)
            self._server = None

    def begin_on(self, day_of_month: int, hour: int) -> None:
        """Let the clock stand at the next such day and hour, so that the story does not hang on when it is told."""
        begins = self.now().replace(hour=hour, minute=0, second=0, microsecond=0)
        while begins <= self.now() or begins.day != day_of_month:
            begins += dt.timedelta(days=1)
        self.clock.advance(begins - self.now())

    def minutes_pass(self, minutes: int) -> None:
        """A while goes by in which nothing comes due; the server sees it at its next look at the clock."""
        self.clock.advance(dt.timedelta(minutes=minutes))

    def days_pass_until(self, then: dt.datetime, *, looking_every: dt.timedelta = jobs.HOUR) -> None:
        """Days go by, and the jobs do what comes due in them, each at its time; a server that ran runs again."""
        was_running = self._server is not None
        self.stop()
        storage = open_storage(self.settings)
        try:
            storage.hold_lane()
            here = jobs.Installation(storage, SigningKeys(self.settings.keys))
            jobs.run_due(here, self.clock, until=then, at_least=looking_every)
        finally:
            storage.close()
        if was_running:
            self.start()

    def moved_to(self, folder: Path) -> Installation:
        """Another installation that begins as this one stands; this one is stopped."""
        self.stop()
        shutil.copytree(self.folder, folder)
        return Installation(folder)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=5) as answer:  # noqa: S310
                return int(answer.status) == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def _environment(self, folder: Path | None = None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TIMEBANK_")}
        return {
            **kept,
            "TIMEBANK_DATA_DIR": str(folder or self.folder),
            "TIMEBANK_PUBLIC_URL": self.address,
            "TIMEBANK_DEMO": "1",
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
