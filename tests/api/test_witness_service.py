"""Being a witness: what is cosigned, what is not and with which status, and that nothing is ever taken back."""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from werkzeug.test import TestResponse

from api import witness_service
from api.witnessing import Witness, witness_of
from ledger import note
from ledger.note import Checkpoint, Key
from ledger.tree import leaf_hash, root_of
from ledger.witnessed import written_request
from tests.client import Client
from tests.village import Database

sqlite_only = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@dataclass
class Stranger:
    """A log of somebody else: leaves, a key, and proofs made as RFC 6962 says, not by our code."""

    origin: str = "neighbour.example/log/HZM"
    seed: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    leaves: list[bytes] = field(default_factory=list)

    @property
    def vkey(self) -> str:
        return Key(self.origin, self.seed.public_key().public_bytes_raw()).line

    def grow(self, count: int, word: str = "entry") -> None:
        self.leaves += [f"{word} {len(self.leaves) + more}".encode() for more in range(count)]

    def signed(self, size: int | None = None, seed: Ed25519PrivateKey | None = None) -> str:
        key = seed or self.seed
        shown = self.leaves[:size]
        where = Checkpoint(self.origin, len(shown), root_of(map(leaf_hash, shown)))
        return note.sign(where, key.public_key().public_bytes_raw(), key.sign)

    def proof(self, old: int, size: int | None = None) -> list[bytes]:
        """RFC 6962, section 2.1.2."""
        shown = [leaf_hash(leaf) for leaf in self.leaves[:size]]
        return _subproof(old, shown, whole=True) if 0 < old < len(shown) else []

    def request(self, old: int, size: int | None = None, *, seed: Ed25519PrivateKey | None = None) -> bytes:
        return written_request(old, self.proof(old, size), self.signed(size, seed))


def _subproof(old: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [root_of(leaves)]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= half:
        return [*_subproof(old, leaves[:half], whole=whole), root_of(leaves[half:])]
    return [*_subproof(old - half, leaves[half:], whole=False), root_of(leaves[:half])]


@pytest.fixture
def witness(app: Flask, db: Database) -> Witness:
    made = witness_of(app.extensions["timebank_settings"], db.storage)
    made.make_key()
    return made


@pytest.fixture
def browser(app: Flask, db: Database) -> Client:
    return Client(app, db)


@pytest.fixture
def listed(witness: Witness) -> Stranger:
    one = Stranger()
    one.grow(5)
    witness.add(one.vkey)
    return one


def ask(browser: Client, body: bytes) -> TestResponse:
    return browser.http.post("/witness/add-checkpoint", data=body)


def told_size(answer: TestResponse) -> int:
    assert (answer.status_code, answer.content_type) == (409, "text/x.tlog.size")
    return int(answer.text)


def test_a_growing_log_is_cosigned_step_by_step(browser: Client, witness: Witness, listed: Stranger) -> None:
    old = 0
    for more in (0, 1, 2, 300, 0, 700):
        listed.grow(more)
        answer = ask(browser, listed.request(old))
        assert (answer.status_code, answer.content_type) == (200, "text/plain; charset=utf-8")
        assert note.cosigned_at(note.parse(listed.signed() + answer.text), witness.key) is not None
        old = len(listed.leaves)
    shown = browser.get(f"/witness/checkpoint?origin={listed.origin}")
    assert shown.text == listed.signed()
    assert browser.get("/witness/vkey").text == f"{witness.key.line}\n"
    assert browser.get("/witness/checkpoint?origin=neighbour.example/log/NIX").status_code == 404


def test_what_was_cosigned_is_not_taken_back(browser: Client, witness: Witness, listed: Stranger) -> None:
    assert ask(browser, first := listed.request(0)).status_code == 200
    listed.grow(300)
    assert ask(browser, second := listed.request(5)).status_code == 200
    assert told_size(ask(browser, first)) == 305
    assert told_size(ask(browser, second)) == 305
    assert told_size(ask(browser, listed.request(4))) == 305
    assert ask(browser, listed.request(305)).status_code == 200  # once more, at a later time
    forked = Stranger(listed.origin, listed.seed, [*listed.leaves])
    forked.leaves[3] = b"another"
    assert told_size(ask(browser, forked.request(305))) == 305
    forked.grow(10)
    assert ask(browser, forked.request(305)).status_code == 422
    assert ask(browser, listed.request(305)).status_code == 200


def test_strangers_forgers_and_proofs_that_prove_nothing_are_refused(
    browser: Client, witness: Witness, listed: Stranger
) -> None:
    unknown = Stranger("stranger.example/log/XYZ", leaves=[b"x"])
    assert ask(browser, unknown.request(0)).status_code == 404
    assert ask(browser, listed.request(0, seed=Ed25519PrivateKey.generate())).status_code == 403
    broken = listed.request(0).replace(b"\n5\n", b"\n4\n")
    assert ask(browser, broken).status_code == 403
    assert ask(browser, written_request(0, [b"x" * 32], listed.signed())).status_code == 422
    assert ask(browser, listed.request(0)).status_code == 200
    listed.grow(4)
    proof = listed.proof(5)
    for bad in (proof[:-1], [*proof, b"x" * 32], proof[::-1], [b"x" * 32] * len(proof), []):
        assert ask(browser, written_request(5, bad, listed.signed())).status_code == 422
    assert ask(browser, listed.request(5)).status_code == 200
    assert witness.seen(listed.origin).size == 9


@sqlite_only
def test_what_cannot_be_read_is_a_bad_request(browser: Client, listed: Stranger) -> None:
    good = listed.request(0)
    hash_line = base64.b64encode(b"x" * 32) + b"\n"
    for body in (
        b"",
        b"\n",
        b"old 0\n",
        good.replace(b"old 0", b"old 00"),
        good.replace(b"old 0", b"old 05"),
        good.replace(b"old 0", b"old -1"),
        good.replace(b"old 0", b"old +0"),
        good.replace(b"old 0", "old ٣".encode()),
        good.replace(b"old 0", b"old 0 "),
        good.replace(b"old 0", b"old  0"),
        good.replace(b"old 0", b"Old 0"),
        good.replace(b"old 0", b"old 6"),  # beyond the checkpoint
        good.replace(b"old 0", b"old 99999999999999999999"),
        good.replace(b"old 0\n", b"old 0\n" + hash_line * 64),
        good.replace(b"old 0\n", b"old 0\nAAAA\n"),
        good.replace(b"old 0\n", b"old 0\n" + hash_line[:-3] + b"!\n"),
        good.replace(b"\n", b"\r\n"),
        good[:-1],
        good + b"\n",
        good + b"junk\n",
        good.replace(b"\n5\n", b"\n05\n"),
        good.replace(b"\n5\n", "\n٥\n".encode()),
        good.replace(b"\n5\n", b"\n99999999999999999999999\n"),
        good.replace(b"neighbour", b"neigh\x00bour"),
        good.replace(b"neighbour", b"neigh\xffbour"),
        good.replace(b"neighbour", b"neigh bour"),
        good + good.split(b"\n\n")[2] * 120,
    ):
        assert ask(browser, body).status_code == 400, body[:200]
    assert ask(browser, good).status_code == 200


@sqlite_only
def test_a_body_is_not_read_beyond_its_limit(browser: Client, listed: Stranger) -> None:
    assert ask(browser, b"old 0\n\n" + b"x" * 70_000).status_code == 413
    chunked = browser.http.post("/witness/add-checkpoint", headers={"Transfer-Encoding": "chunked"})
    assert chunked.status_code == 411
    long = listed.request(0).replace(b"\n\n\xe2", b"\nmore" + b"x" * 64_000 + b"\n\n\xe2")
    assert ask(browser, long).status_code == 403  # read, and not what was signed


@sqlite_only
def test_too_many_at_once_are_asked_to_come_again(browser: Client, listed: Stranger) -> None:
    taken = [witness_service._room.acquire(blocking=False) for _ in range(witness_service.AT_ONCE_MOST)]
    try:
        assert ask(browser, listed.request(0)).status_code == 503
    finally:
        for _ in taken:
            witness_service._room.release()
    assert ask(browser, listed.request(0)).status_code == 200


def test_of_many_forks_at_once_one_root_is_cosigned_for_a_size(witness: Witness, listed: Stranger) -> None:
    witness.cosign(listed.request(0))
    forks = [Stranger(listed.origin, listed.seed, [*listed.leaves]) for _ in range(6)]
    for number, fork in enumerate(forks):
        fork.grow(1 + number // 3, word=f"fork {number}")
    signed: dict[int, set[str]] = {}
    statuses = []
    ready = threading.Barrier(len(forks))

    def race(fork: Stranger) -> None:
        ready.wait()
        try:
            line = witness.cosign(fork.request(5))
        except Exception as refused:  # noqa: BLE001 - which one it was is asked below
            statuses.append(getattr(refused, "status", refused))
        else:
            assert note.cosigned_at(note.parse(fork.signed() + line), witness.key)
            signed.setdefault(len(fork.leaves), set()).add(fork.signed())

    threads = [threading.Thread(target=race, args=(fork,)) for fork in forks]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [len(roots) for roots in signed.values()] == [1]
    assert statuses == [409] * 5
    assert witness.seen(listed.origin).size in signed


def test_a_witness_restored_from_a_backup_remembers_what_it_signed(
    browser: Client, db: Database, witness: Witness, listed: Stranger
) -> None:
    assert ask(browser, listed.request(0)).status_code == 200
    listed.grow(10)
    assert ask(browser, listed.request(5)).status_code == 200

    def forget(session, now):
        session.connection().exec_driver_sql(
            "UPDATE ledger_witnessed SET size = 5, note = %s" % ("?" if db.storage.sqlite else "%s"),
            (listed.signed(5),),
        )

    db.storage.write_global(forget)
    forked = Stranger(listed.origin, listed.seed, listed.leaves[:5])
    forked.grow(3, word="another")
    assert told_size(ask(browser, forked.request(5))) == 15
    listed.grow(1)
    assert ask(browser, listed.request(15)).status_code == 200
    assert witness.seen(listed.origin).size == 16


@sqlite_only
def test_a_witness_whose_memories_differ_signs_nothing(
    browser: Client, db: Database, witness: Witness, listed: Stranger
) -> None:
    assert ask(browser, listed.request(0)).status_code == 200
    forked = Stranger(listed.origin, listed.seed, [b"another"] * 5)
    db.storage.write_global(
        lambda session, now: (
            session.connection().exec_driver_sql("UPDATE ledger_witnessed SET note = ?", (forked.signed(),)) and None
        )
    )
    listed.grow(1)
    assert ask(browser, listed.request(5)).status_code == 500


@sqlite_only
def test_a_log_changes_its_key_while_both_are_listed(browser: Client, witness: Witness, listed: Stranger) -> None:
    assert ask(browser, listed.request(0)).status_code == 200
    old_vkey, listed.seed = listed.vkey, Ed25519PrivateKey.generate()
    listed.grow(3)
    assert ask(browser, listed.request(5)).status_code == 403
    witness.add(listed.vkey)
    assert ask(browser, listed.request(5)).status_code == 200
    witness.remove(old_vkey)
    listed.grow(1)
    assert ask(browser, listed.request(8)).status_code == 200
    assert [key.line for key in witness.listed()] == [listed.vkey]


@sqlite_only
def test_a_log_that_was_taken_off_and_listed_again_is_remembered(
    browser: Client, witness: Witness, listed: Stranger
) -> None:
    assert ask(browser, listed.request(0)).status_code == 200
    assert witness.remove(listed.origin)
    assert ask(browser, listed.request(5)).status_code == 404
    assert browser.get(f"/witness/checkpoint?origin={listed.origin}").status_code == 404
    witness.add(listed.vkey)
    assert told_size(ask(browser, listed.request(0))) == 5


@sqlite_only
def test_an_installation_without_a_witness_key_is_no_witness(browser: Client, app: Flask, db: Database) -> None:
    assert browser.get("/witness/vkey").status_code == 404
    assert ask(browser, Stranger(leaves=[b"x"]).request(0)).status_code == 404
    assert not (app.extensions["timebank_keys"].folder / "witness-key.seed").exists()


@sqlite_only
def test_a_line_of_the_list_that_is_no_key_does_not_hide_the_others(witness: Witness, tmp_path: Path) -> None:
    one, other = Stranger(), Stranger("other.example/log/ABC")
    witness.list_path.write_text(f"# neighbours\n{one.vkey}\nnonsense\n\n{other.vkey}\n", encoding="utf-8")
    assert [key.name for key in witness.listed()] == [one.origin, other.origin]
    witness.remove(one.origin)
    assert witness.list_path.read_text(encoding="utf-8") == f"# neighbours\nnonsense\n\n{other.vkey}\n"
    for bad in ("", "a+b+c", one.vkey.replace(one.origin, "other"), witness.key.line, f"{one.vkey}A"):
        with pytest.raises(note.BadNote):
            witness.add(bad)


@sqlite_only
def test_bytes_of_the_list_that_are_no_text_spoil_their_line_only(witness: Witness) -> None:
    one, other = Stranger(), Stranger("other.example/log/ABC")
    spoilt = b"\xe9" + one.vkey.encode() + b"\n"
    written = b"\xb4\xe5 caf\xe9\n" + spoilt + one.vkey.encode() + b"\n"
    witness.list_path.write_bytes(written)
    assert [key.name for key in witness.listed()] == [one.origin]
    assert witness.unreadable() == ["\ufffd\ufffd caf\ufffd", f"\ufffd{one.vkey}"]
    witness.add(other.vkey)
    assert witness.list_path.read_bytes() == written + other.vkey.encode() + b"\n"
