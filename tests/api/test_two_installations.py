"""Two installations witness each other over real HTTP, and neither signs what the other rewrote."""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from api import jobs, outside, seals, witnesses
from api.keys import SigningKeys
from api.witnessing import Witness, witness_of
from ledger import log, note, quorum, witness
from ledger.tree import EMPTY_ROOT, leaf_hash
from tests.client import make_app
from tests.ledger.books import credit, drop_guards, make_volunteer
from tests.village import SECRET, Database, Village, VillageClock, _sqlite_template, open_village
from timebank import evidence
from timebank.people import communities
from timebank.storage import Storage

sqlite_only = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


class Silent(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """The application writes its own log."""


@dataclass
class Installation:
    """A village on a server of its own."""

    village: Village
    app: Flask
    server: BaseWSGIServer
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def keys(self) -> SigningKeys:
        return SigningKeys(self.folder / "keys")

    @property
    def as_witness(self) -> Witness:
        return witness_of(self.app.extensions["timebank_settings"], self.village.storage)

    @property
    def vkey(self) -> str:
        with self.village.read() as session:
            return log.vkey(session, self.village.community_id)

    def trust(self, *others: Installation, quorum: str = "") -> None:
        """What an operator does: list the other's log, and write the policy by which the other is asked."""
        for other in others:
            self.as_witness.add(other.vkey)
        lines = [f"witness w{at} {one.as_witness.make_key().line} {one.url}/witness" for at, one in enumerate(others)]
        self.policy_path.write_text("\n".join([*lines, quorum or "quorum w0"]) + "\n", encoding="utf-8")

    @property
    def policy_path(self) -> Path:
        return self.folder / "witness-policy.txt"

    @property
    def policy(self) -> quorum.Policy:
        return quorum.read_policy(self.policy_path.read_bytes())

    def asking(self, resting: Any = None) -> witnesses.Asking:
        with self.village.read() as session:
            place = communities.community(session, self.village.community_id)
        return witnesses.Asking(self.village.storage, self.keys, place, self.policy, {} if resting is None else resting)

    def ask(self, **options: Any) -> list[tuple[str, int]]:
        return [(told.outcome, told.size) for told in self.asking().ask(**options)]

    def grow(self, entries: int = 3) -> log.Signed:
        credit(self.village, make_volunteer(self.village), times=entries)
        return self.sign()

    def sign(self) -> log.Signed:
        seal = seals.seal_of(self.keys, self.village.code)
        return evidence.checkpoint(self.village.storage, self.village.community_id, seal)

    def served(self) -> str:
        return outside.get(f"{self.url}/log/{self.village.code}/checkpoint").body.decode()


def installation(db: Database, folder: Path, *, code: str, area_code: str) -> Installation:
    village = open_village(db, code=code, name="村", area_code=area_code)
    (folder / "keys").mkdir(parents=True)
    (folder / "keys" / f"{code}.seed").write_bytes(village.seed.private_bytes_raw())
    app = make_app(db, folder, installation=f"{code.lower()}.example")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return Installation(village, app, server, folder)


@pytest.fixture
def here(db: Database, tmp_path: Path) -> Iterator[Installation]:
    made = installation(db, tmp_path / "here", code="TPL", area_code="3201020101")
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def there(tmp_path: Path, schema_folder: Path) -> Iterator[Installation]:
    path = tmp_path / "there.db"
    path.write_bytes(_sqlite_template(schema_folder).read_bytes())
    clock = VillageClock()
    storage = Storage(f"sqlite:///{path}", clock=clock.now, secret=SECRET, durable=False)
    db = Database(storage, clock, f"sqlite:///{path}")
    made = installation(db, tmp_path / "there", code="HZM", area_code="3201020102")
    yield made
    made.server.shutdown()
    made.server.server_close()
    storage.close()


def rewrite(there: Installation, seq: int) -> None:
    """What an owner of database and key does: another leaf, the tree made again, checkpoints that do not fit taken away."""

    def change(session: Any, now: Any) -> None:
        connection = session.connection()
        drop_guards(connection)
        own = {"community": there.village.community_id, "seq": seq}
        leaf = bytes(
            connection.exec_driver_sql(
                f"SELECT leaf FROM ledger_entry WHERE community_id = {own['community']} AND seq = {seq}"
            ).scalar_one()
        )
        changed = json.dumps({**json.loads(leaf), "ref": "0" * 64}, separators=(",", ":"), sort_keys=True).encode()
        marks = "?" if there.village.storage.sqlite else "%s"
        connection.exec_driver_sql(
            f"UPDATE ledger_entry SET leaf = {marks} WHERE community_id = {own['community']} AND seq = {seq}",
            (changed,),
        )
        leaves = connection.exec_driver_sql(
            f"SELECT leaf FROM ledger_entry WHERE community_id = {own['community']} ORDER BY seq"
        ).scalars()
        from ledger.tree import Edge

        edge = Edge()
        for one in leaves:
            edge.append(leaf_hash(bytes(one)))
        connection.exec_driver_sql(
            f"UPDATE ledger_tail SET root = {marks}, edge = {marks} WHERE community_id = {own['community']}",
            (edge.root(), edge.to_bytes()),
        )
        connection.exec_driver_sql("DELETE FROM ledger_cosignature")
        connection.exec_driver_sql("DELETE FROM ledger_checkpoint")

    there.village.storage.write_global(change)
    seals.newest_path(there.keys, there.village.code).unlink(missing_ok=True)


def test_two_villages_witness_each_other(here: Installation, there: Installation) -> None:
    here.trust(there)
    there.trust(here)
    for one, other in ((here, there), (there, here)):
        signed = one.grow()
        assert one.ask() == [("signed", signed.size)]
        assert one.ask() == []  # signed, and not long ago
        assert other.as_witness.seen(log_origin(one)).size == signed.size
        grown = one.grow(300)
        assert one.ask() == [("signed", grown.size)]
        served = note.parse(one.served())
        assert note.read_checkpoint(served.text).size == grown.size
        assert note.cosigned_at(served, other.as_witness.key) == int(other.village.clock.now().timestamp())
        shown = outside.get(f"{other.url}/witness/checkpoint", origin=log_origin(one))
        assert shown.body.decode() == grown.note


def log_origin(one: Installation) -> str:
    with one.village.read() as session:
        return log.end(session, one.village.community_id).origin


@sqlite_only
def test_the_job_asks_and_asks_again_after_half_a_day(here: Installation, there: Installation) -> None:
    here.trust(there)
    there.trust(here)
    signed = here.grow()
    run = partial(jobs.run, next(job for job in jobs.JOBS if job.name == "ask_witnesses"))
    installed = jobs.Installation(here.village.storage, here.keys, here.policy_path)
    run(installed)
    run(installed)
    kept = partial(kept_of, here, signed.size)
    assert len(kept()) == 1
    for one in (here, there):
        one.village.pass_time(hours=13)
    run(installed)
    assert len(kept()) == 2
    run(jobs.Installation(here.village.storage, here.keys, None))  # no policy: nobody is asked
    here.policy_path.write_text("quorum nobody\n", encoding="utf-8")
    run(installed)  # told to the log, and nothing else


def kept_of(one: Installation, size: int) -> list[witness.Cosigned]:
    with one.village.read() as session:
        return witness.cosignatures(session, one.village.community_id, size)


def test_a_log_that_was_rewritten_is_not_cosigned_and_stops_signing(here: Installation, there: Installation) -> None:
    there.trust(here)
    here.trust(there)
    honest = there.grow(20)
    assert there.ask() == [("signed", honest.size)]
    rewrite(there, honest.size - 5)
    forked = there.sign()  # its own memory was wiped too
    assert (forked.size, forked.root == honest.root) == (honest.size, False)
    assert there.ask() == [("alarm", honest.size)]
    assert here.as_witness.seen(log_origin(there)).root == honest.root
    with pytest.raises(evidence.SeenFurther):
        there.grow()
    assert there.ask(anyway=True) == [("alarm", honest.size)]
    assert "witness" not in there.served().split("\n\n")[1]


@sqlite_only
def test_a_log_that_was_rewritten_and_grew_is_not_cosigned(here: Installation, there: Installation) -> None:
    there.trust(here)
    here.trust(there)
    honest = there.grow(20)
    assert there.ask() == [("signed", honest.size)]
    rewrite(there, honest.size - 5)
    there.grow(4)
    assert there.ask() == [("alarm", honest.size)]
    assert here.as_witness.seen(log_origin(there)).root == honest.root


@sqlite_only
def test_a_database_older_than_what_a_witness_saw_is_not_signed_until_a_newer_one_is_there(
    here: Installation, there: Installation, tmp_path: Path
) -> None:
    there.trust(here)
    here.trust(there)
    seal = there.keys.folder / "HZM.checkpoint"
    early = there.grow(5)
    there.ask()
    kept = tmp_path / "backup.db"
    path = Path(there.village.storage.url.database)
    there.village.storage.write_global(lambda session, now: None)
    backup(path, kept)
    late = there.grow(5)
    assert there.ask() == [("signed", late.size)]
    newer = tmp_path / "newer.db"
    backup(path, newer)
    # The whole machine is restored from an image, keys and all: only the witness knows better.
    seal.write_text(early.note, encoding="utf-8")
    with restored(there, kept):
        assert there.ask(anyway=True) == [("alarm", late.size)]
        with pytest.raises(evidence.SeenFurther) as refused:
            there.grow()
        assert refused.value.facts["newest_size"] == late.size
    with restored(there, newer):
        # The witness shows what it signed: it is part of what we hold, so we go on.
        assert there.ask(anyway=True) == [("signed", late.size)]
        assert there.grow().size > late.size


@sqlite_only
def test_a_process_that_begins_asks_before_it_signs(here: Installation, there: Installation, tmp_path: Path) -> None:
    there.trust(here)
    here.trust(there)
    early, path = there.grow(5), Path(there.village.storage.url.database)
    assert there.ask() == [("signed", early.size)]
    backup(path, kept := tmp_path / "backup.db")
    late = there.grow(5)
    assert there.ask() == [("signed", late.size)]
    (there.keys.folder / "HZM.checkpoint").write_text(early.note, encoding="utf-8")
    with restored(there, kept):
        # As the backup has it, the witness signed all there is: only asking shows what it has seen since.
        credit(there.village, make_volunteer(there.village))
        began = jobs.Installation(there.village.storage, there.keys, there.policy_path)
        jobs.run(next(job for job in jobs.JOBS if job.name == "sign_checkpoints"), began)
        with there.village.read() as session:
            assert log.newest(session, there.village.community_id).size == early.size
        assert seals.alarm_of(there.keys, "HZM").size == late.size


@sqlite_only
def test_an_alarm_is_settled_by_a_checkpoint_that_is_ours_and_no_other(here: Installation, there: Installation) -> None:
    there.trust(here)
    signed = there.grow(5)
    asking = there.asking()
    for size in (signed.size, signed.size + 1):
        seals.raise_alarm(there.keys, there.village.code, evidence.Alarm("w", size, 0))
        forged = note.sign(note.read_checkpoint(note.parse(signed.note).text), b"k" * 32, lambda text: b"s" * 64)
        stranger = Ed25519PrivateKey.generate()
        other = note.sign(
            note.Checkpoint(log_origin(there), signed.size, signed.root),
            stranger.public_key().public_bytes_raw(),
            stranger.sign,
        )
        nothing = note.sign(note.Checkpoint(log_origin(there), 0, EMPTY_ROOT), b"k" * 32, lambda text: b"s" * 64)
        for shown in ("", "nonsense", forged, other, nothing):
            assert not asking.settle(shown)
        assert asking.settle(signed.note) is (size == signed.size)
        assert (seals.alarm_of(there.keys, there.village.code) is None) is (size == signed.size)


@sqlite_only
def test_a_witness_that_is_gone_keeps_nobody_waiting(here: Installation, there: Installation) -> None:
    here.trust(there)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = here.policy_path.read_text(encoding="utf-8").replace(there.url, f"http://127.0.0.1:{port}")
    here.policy_path.write_text(text, encoding="utf-8")
    signed = here.grow()
    resting: dict[str, dt.datetime] = {}
    assert [told.outcome for told in here.asking(resting).ask()] == ["unreachable"]
    assert here.asking(resting).ask() == []
    here.village.pass_time(minutes=5)
    assert [told.outcome for told in here.asking(resting).ask()] == ["unreachable"]
    assert here.sign().size == signed.size


@sqlite_only
def test_a_witness_that_answers_badly_is_told_and_no_harm_is_done(
    here: Installation, there: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.trust(there)
    signed = here.grow()
    policy, text = here.policy_path.read_text(encoding="utf-8"), note.parse(signed.note).text
    stranger, key = Ed25519PrivateKey.generate(), there.as_witness.key
    line_of_stranger = note.cosign(text, "stranger.example/w", key.public_key, stranger.sign, at=1).encode()
    lie = note.cosign(text, key.name, key.public_key, stranger.sign, at=1).encode()
    ok = b"HTTP/1.0 200 OK\r\n"
    elsewhere = f"{there.url}/witness/add-checkpoint".encode()
    for what, outcome, bad in (
        ("silence", "unreachable", bad_server()),
        ("a drip in its head", "unreachable", bad_server(ok, drip=True)),
        ("a drip in its body", "unreachable", bad_server(ok + b"Content-Length: 60000\r\n\r\n", drip=True)),
        ("too much", "unreachable", bad_server(ok + b"\r\n" + b"x" * 100_000)),
        ("no HTTP", "unreachable", bad_server(b"\x00\xff nothing of HTTP\r\n\r\n")),
        ("what moves a terminal", "refused", bad_server(b"HTTP/1.0 500 Oh\r\n\r\n\x1b[2Jno\r\nsigned\xe2\x80\xae")),
        ("another address", "refused", bad_server(b"HTTP/1.0 302 Found\r\nLocation: " + elsewhere + b"\r\n\r\n")),
        ("nothing", "unreadable", bad_server(ok + b"\r\n")),
        ("a stranger's line", "unreadable", bad_server(ok + b"\r\n" + line_of_stranger)),
        ("a forged line", "unreadable", bad_server(ok + b"\r\n" + lie)),
        ("a conflict without a size", "unreadable", bad_server(b"HTTP/1.0 409 Conflict\r\n\r\n-7\n")),
    ):
        monkeypatch.setattr(outside, "SECONDS_MOST", 0.3 if outcome == "unreachable" else 15)
        with bad as url:
            here.policy_path.write_text(policy.replace(there.url, url), encoding="utf-8")
            (told,) = here.asking().ask()
        assert told.outcome == outcome, (what, told)
        assert told.told.isprintable(), (what, told)
        assert here.served() == signed.note


class bad_server:  # noqa: N801 - a context, read as a sentence
    """Somebody who takes a connection and answers these bytes, goes on one byte at a time for ever, or says nothing."""

    def __init__(self, answer: bytes = b"", *, drip: bool = False) -> None:
        self.answer, self.drip = answer, drip
        self.ended = threading.Event()

    def __enter__(self) -> str:
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.listener.close()

    def serve(self) -> None:
        connection, _ = self.listener.accept()
        with connection, suppress(OSError):
            connection.settimeout(5)
            read = b""
            while b"\n\n" not in read:
                read += connection.recv(65536)
            connection.sendall(self.answer)
            while self.drip and not self.ended.wait(0.02):
                connection.sendall(b"X")
            if not self.answer:
                self.ended.wait(5)


def backup(source: Path, target: Path) -> None:
    import sqlite3

    live, copy = sqlite3.connect(source), sqlite3.connect(target)
    live.backup(copy)
    live.close()
    copy.close()


class restored:  # noqa: N801 - a context, read as a sentence
    """The installation on another database file, as after a restore."""

    def __init__(self, one: Installation, path: Path) -> None:
        self.one, self.path, self.before = one, path, one.village.storage

    def __enter__(self) -> None:
        url = f"sqlite:///{self.path}"
        storage = Storage(url, clock=self.one.village.clock.now, secret=SECRET, durable=False)
        self.one.village.storage = self.one.app.extensions["timebank_storage"] = storage

    def __exit__(self, *_: object) -> None:
        self.one.village.storage.close()
        self.one.village.storage = self.one.app.extensions["timebank_storage"] = self.before
