"""A PostgreSQL that goes away under load: stopped, crashed, its connections cut, its answers lost on the way."""

from __future__ import annotations

import contextlib
import datetime
import random
import signal
import socket
import subprocess
import threading
import time
from typing import Any, Self

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlmodel import Session

from tests.faults import calls
from tests.faults.calls import Calls
from tests.faults.places import SEED, TIMES, OwnServer, with_wallets
from tests.postgres import APP_ROLE
from tests.village import Village

RESTARTS = 4
CUTS = 15
TROUBLES = {"unknown_outcome", "OperationalError", "DBAPIError", "InternalError"}


def test_a_server_that_stops_and_crashes_loses_nothing_acknowledged(own_postgres: OwnServer) -> None:
    village, urls = own_postgres.new_village()
    wallets = with_wallets(village)
    heard, chance = Calls(), random.Random(SEED)
    process = calls.start(urls.app_url, wallets, seed=SEED, count=100_000, threads=8)
    calls.ready(process)
    with drained(process) as out:
        calls.go(process)
        for turn in range(RESTARTS * TIMES):
            time.sleep(chance.uniform(0.2, 0.8))
            own_postgres.stop(signal.SIGQUIT if turn % 2 else signal.SIGINT)
            own_postgres.start()
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
    heard.hear(out.text)
    assert heard.troubles
    again(urls.app_url, wallets, heard)
    calls.check(urls.owner_url, heard, wallets=wallets)
    assert len(heard.done) > 10


def test_connections_that_are_ended_lose_nothing_acknowledged(own_postgres: OwnServer) -> None:
    village, urls = own_postgres.new_village()
    wallets = with_wallets(village)
    heard, chance = Calls(), random.Random(SEED)
    process = calls.start(urls.app_url, wallets, seed=SEED, count=100_000, threads=8)
    calls.ready(process)
    with drained(process) as out, own_postgres.server.connect() as connection:
        calls.go(process)
        for _ in range(CUTS * TIMES):
            time.sleep(chance.uniform(0.01, 0.12))
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [APP_ROLE])
        process.send_signal(signal.SIGKILL)
    heard.hear(out.text)
    assert heard.troubles
    again(urls.app_url, wallets, heard)
    calls.check(urls.owner_url, heard, wallets=wallets)
    assert len(heard.done) > 10


def test_a_network_that_loses_questions_and_answers_loses_nothing_acknowledged(own_postgres: OwnServer) -> None:
    village, urls = own_postgres.new_village()
    wallets = with_wallets(village)
    heard = Calls()
    with Cutter(own_postgres.server.port, SEED) as cutter:
        url = make_url(urls.app_url).set(port=cutter.port).render_as_string(hide_password=False)
        process = calls.start(url, wallets, seed=SEED, count=40 * TIMES, threads=6)
        calls.ready(process)
        calls.go(process)
        heard.hear(*calls.said_by([process]))
    assert min(cutter.lost.values()) >= 2, cutter.lost
    assert {trouble["code"] for trouble in heard.troubles} <= TROUBLES
    assert any(trouble["code"] == "unknown_outcome" for trouble in heard.troubles)
    assert heard.open == []
    calls.check(urls.owner_url, heard, wallets=wallets)


def test_both_ends_notice_within_a_minute_or_so_that_the_other_is_gone(durable: tuple[Village, str]) -> None:
    village, _ = durable
    if village.storage.sqlite:
        pytest.skip("there is no other end")
    asked: dict[str, str] = {}

    def look(session: Session, now: datetime.datetime) -> dict[str, str]:
        driver: Any = session.connection().connection.dbapi_connection
        asked.update(driver.info.get_parameters())
        for setting in ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count"):
            asked[setting] = str(session.execute(text(f"SHOW {setting}")).scalar_one())
        return {}

    village.write(look)
    expected = {
        "connect_timeout": "10",
        "keepalives_idle": "30",
        "keepalives_interval": "10",
        "keepalives_count": "3",
        "tcp_user_timeout": "60000",
    }
    expected |= {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}
    assert {name: asked[name] for name in expected} == expected


def again(url: str, wallets: list[int], heard: Calls) -> None:
    """Others ask again for what nobody knows."""
    last = calls.start(url, wallets, seed=SEED + 9, count=3, threads=4)
    calls.ready(last)
    calls.go(last, heard.open)
    heard.hear(*calls.said_by([last]))
    assert heard.open == []


class drained:  # noqa: N801  # reads as a sentence
    """Take what a process says while it runs, so that no pipe fills up."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.text = ""

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._read)
        self._thread.start()
        return self

    def _read(self) -> None:
        self.text = self.process.stdout.read()

    def __exit__(self, *error: object) -> None:
        if error[0] is not None:
            self.process.kill()
        self._thread.join()
        self.process.communicate()


class Cutter:
    """A network between clients and the server that now and then loses a question, or an answer, and the connection with it."""

    def __init__(self, server_port: int, seed: int) -> None:
        self.server_port = server_port
        self.chance = random.Random(seed)
        self.lost = {"question": 0, "answer": 0}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.server_port))
            quiet = self.chance.randrange(20, 60)  # pieces until something is lost; the first ones sign in
            for source, sink, what in ((client, server, "question"), (server, client, "answer")):
                threading.Thread(target=self._pass, args=(source, sink, what, quiet), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, what: str, quiet: int) -> None:
        pieces = 0
        try:
            while piece := source.recv(65_536):
                pieces += 1
                if pieces > quiet and self.chance.random() < 0.02:
                    self.lost[what] += 1
                    break
                sink.sendall(piece)
        except OSError:
            pass
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
