"""Checking in over HTTP: the form behind the phone's button, against a bare Flask view that writes one durable row.

Ours does all that it does for a phone: the session of who is signed in, the CSRF token, the ticket of the scan, the claim of
presence over all communities, the rules, the visit and the request's row, each durably. Volunteers are signed in before.
The load comes from a process of its own (load.py), whose processor time is told.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench import load
from bench.community import Community, new_urls, post
from bench.ground import Ground, Missing, PostgresPlace, SqlitePlace
from bench.measure import in_turns
from bench.peer import environment
from bench.rows import Row
from bench.serving import BARE, OURS

ROOT = Path(__file__).resolve().parent.parent
AIM = 0.4


@dataclass(frozen=True)
class Answered:
    """A run of requests: how many a second, and how long one in a hundred waited at least, in ms."""

    rate: float
    p99: float
    load_share: float  # the part of one processor that the load itself took


def rows(ground: Ground) -> Iterator[Row]:
    """On both databases with the server that we serve with; on SQLite with the others too."""
    for place in ground.served:
        servers = ("granian", "gunicorn", "waitress") if place is ground.sqlite else ("granian",)
        community = Community(place, ground.folder / f"check-in-{place.name}")
        most = max(ground.scale.connections) * ground.scale.check_ins
        community.sign_in(most)
        community.storage.close()
        for server in servers:
            if server != "granian" and not ground.with_peers:
                continue
            yield from _rows(ground, community, place, server)
        community.drop()


def _rows(ground: Ground, community: Community, place: SqlitePlace | PostgresPlace, server: str) -> Iterator[Row]:
    folder = ground.folder / f"bare-{server}-{place.name}"
    folder.mkdir()
    bare_urls = new_urls(place, folder)
    where = bare_urls.owner_url.replace("+psycopg", "").removeprefix("sqlite:///")
    scale = ground.scale
    with (
        Server(server, OURS, environment_of(community), threads=scale.server_threads) as ours,
        Server(server, BARE, {"BARE_DATABASE": where}, threads=scale.server_threads) as bare,
        Load(ground.folder) as sender,
    ):
        for connections in scale.connections:
            count = connections * scale.check_ins
            arrive = [post("/check-in", {"person": secrets.token_hex(16)}) for _ in range(count)]

            def check_in(connections: int = connections, count: int = count) -> Answered:
                asked = community.check_ins(community.volunteers[:count])
                found = sender.send(ours.port, connections, asked, expected=303)
                if community.forget_visits() != count:
                    raise RuntimeError("not everybody is checked in")
                return found

            def bare_insert(connections: int = connections, asked: Sequence[bytes] = arrive) -> Answered:
                return sender.send(bare.port, connections, asked, expected=200)

            for warm in (check_in, bare_insert):
                warm()
            told: dict[str, list[Answered]] = {"ours": [], "bare": []}
            in_turns(scale.runs, partial(_keep, check_in, told["ours"]), partial(_keep, bare_insert, told["bare"]))
            what = f"check-in over HTTP, {place.name}, {server}, {connections} connections"
            against = f"bare view with one durable INSERT ({100 * max(one.load_share for one in told['bare']):.0f} % of a processor to send)"
            yield Row(
                what=what,
                against=against,
                unit="requests/s",
                ours=[one.rate for one in told["ours"]],
                theirs=[one.rate for one in told["bare"]],
                aim=AIM if server == "granian" else None,
            )
            yield Row(
                what=f"{what}, wait of 1 in 100",
                against="bare view",
                unit="ms",
                ours=[one.p99 for one in told["ours"]],
                theirs=[one.p99 for one in told["bare"]],
            )
    if isinstance(place, PostgresPlace):
        place.server.drop_database(bare_urls)


def _keep(do: Any, to: list[Answered]) -> float:
    to.append(do())
    return to[-1].rate


def environment_of(community: Community) -> dict[str, str]:
    """How a server is told to serve this community."""
    settings = community.settings
    return {
        "TIMEBANK_DATA_DIR": str(settings.data_dir),
        "TIMEBANK_DATABASE_URL": settings.database_url,
    }


class Server:
    """A server with an application, in a process of its own, on a port that was free."""

    def __init__(self, name: str, application: str, told: dict[str, str], *, threads: int) -> None:
        self.name, self.application = name, application
        path = str(ROOT)
        if name != "granian":
            folder = environment("servers").parent
            path += os.pathsep + str(next(folder.glob("lib/python*/site-packages")))
        self.port = _free_port()
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  # closed with the server
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.serving", name, application, str(self.port), str(threads)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path, **told},
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            start_new_session=True,
        )
        self._wait()

    @property
    def pid(self) -> int:
        """The process that was started; workers are its children."""
        return self._process.pid

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self._process.poll() is not None:
                self._said.seek(0)
                raise Missing(f"{self.name} ended while it started: {self._said.read().strip()[-300:]}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5):
                    return
            except OSError:
                time.sleep(0.05)
        self.close()
        raise Missing(f"{self.name} did not start within a minute")

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, 9)
            self._process.wait()
        self._said.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Load:
    """The process that sends."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / f"requests-{secrets.token_hex(4)}"
        self._process = subprocess.Popen(
            [sys.executable, "-u", str(ROOT / "bench" / "load.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, port: int, connections: int, requests: Sequence[bytes]) -> None:
        """Begin to send; `answered` waits for the end."""
        load.write(self._file, list(requests))
        assert self._process.stdin is not None
        told = {"port": port, "connections": connections, "requests": str(self._file)}
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()

    def answered(self, *, expected: int) -> tuple[dict[str, Any], Answered]:
        """What came of it.

        Raises:
            RuntimeError: an answer had another status than the expected one.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load ended")
        told = json.loads(line)
        if set(told["statuses"]) != {str(expected)}:
            raise RuntimeError(f"answers were {told['statuses']}, not all {expected}")
        return told, Answered(len(told["waits"]) / told["seconds"], p99(told["waits"]), told["cpu"] / told["seconds"])

    def send(self, port: int, connections: int, requests: Sequence[bytes], *, expected: int) -> Answered:
        self.start(port, connections, requests)
        return self.answered(expected=expected)[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._file.unlink(missing_ok=True)


def p99(waits: Sequence[float]) -> float:
    return statistics.quantiles(waits, n=100, method="inclusive")[98]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
