"""Witnesses at the console: listing, asking, and what a wrong word is told."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api import seals
from api.keys import SigningKeys
from ledger import note
from ledger.note import COSIGNATURE, Key
from ledger.quorum import read_policy
from tests.api import test_cli
from timebank.evidence import Alarm

timebank, opened, opened_once = test_cli.timebank, test_cli.opened, test_cli.opened_once
LOG = Key("neighbour.example/log/HZM", Ed25519PrivateKey.generate().public_key().public_bytes_raw()).line
WITNESS = Key("w.example/w", Ed25519PrivateKey.generate().public_key().public_bytes_raw(), COSIGNATURE).line


def test_a_log_is_listed_and_taken_off(timebank) -> None:
    assert timebank("migrate")[0] == 0
    code, told = timebank("witness", "add", LOG)
    assert code == 0
    policy = next(line for line in told.splitlines() if line.startswith("witness "))
    assert read_policy(f"{policy}\nquorum none".encode()).witnesses[0].url == "https://village.example/witness"
    assert timebank("witness", "key")[1].strip() == policy.split()[2]
    assert timebank("witness", "add", LOG)[0] == 0
    assert timebank("witness", "list") == (0, f"{LOG}\tnever asked\n")
    assert timebank("witness", "remove", "neighbour.example/log/HZM")[0] == 0
    assert timebank("witness", "list") == (0, "")
    code, told = timebank("witness", "remove", LOG)
    assert (code, "not on the list" in told) == (1, True)
    code, told = timebank("witness", "add", WITNESS)
    assert (code, "no log's verifier key" in told) == (1, True)


def test_asking_tells_of_each_witness_and_of_a_policy_that_cannot_be_read(opened) -> None:
    code, told = opened("witness", "ask")
    assert (code, "no policy file" in told) == (1, True)
    policy = opened.data / "witness-policy.txt"
    policy.write_text(f"witness w {WITNESS} http://127.0.0.1:1/w\nquorum x\n", encoding="utf-8")
    code, told = opened("witness", "ask")
    assert (code, "line 2" in told) == (1, True)
    policy.write_text(f"witness w {WITNESS} http://127.0.0.1:1/w\nquorum w\n", encoding="utf-8")
    assert opened("checkpoint")[0] == 0
    code, told = opened("witness", "ask", "TPL")
    assert (code, told.split("\t")[:3]) == (1, ["TPL", "w", "unreachable"])
    code, told = opened("witness", "show")
    assert (code, "w\tnever" in told, "not reached" in told) == (0, True, True)
    assert opened("witness", "ask", "NIX")[0] == 1


def test_an_alarm_is_settled_by_a_kept_checkpoint(opened, tmp_path: Path) -> None:
    (opened.data / "witness-policy.txt").write_text(f"witness w {WITNESS}\nquorum w\n", encoding="utf-8")
    assert "no alarm" in opened("witness", "settle", "TPL")[1]
    kept = tmp_path / "checkpoint.txt"
    signed = opened("checkpoint", "TPL")[1].removesuffix("\n")
    kept.write_bytes(b"\xef\xbb\xbf" + signed.rstrip("\n").replace("\n", "\r\n").encode())
    size = note.read_checkpoint(note.parse(signed).text).size
    keys = SigningKeys(opened.data / "keys")
    seals.raise_alarm(keys, "TPL", Alarm("w.example/w", size + 1, 0))
    assert "ALARM" in opened("witness", "show")[1]
    assert opened("witness", "settle", "TPL")[0] == 1
    code, told = opened("witness", "settle", "TPL", "--checkpoint", kept)
    assert (code, str(size + 1) in told) == (1, True)
    seals.raise_alarm(keys, "TPL", Alarm("w.example/w", size, 0))
    assert opened("witness", "settle", "TPL", "--checkpoint", kept)[0] == 0
    assert seals.alarm_of(keys, "TPL") is None
    seals.raise_alarm(keys, "TPL", Alarm("w.example/w", size + 5, 0))
    assert opened("witness", "settle", "TPL", "--the-witness-is-wrong")[0] == 0
    assert opened("checkpoint")[0] == 0


def test_a_restored_backup_is_shown_to_the_witnesses_before_it_is_signed(opened, tmp_path: Path) -> None:
    policy = f"witness w {WITNESS} http://127.0.0.1:1/w\nquorum w\n"
    (opened.data / "witness-policy.txt").write_text(policy, encoding="utf-8")
    assert opened("checkpoint")[0] == 0
    assert opened("backup", tmp_path / "backup")[0] == 0
    code, told = opened("restore", tmp_path / "backup", "--yes")
    assert (code, "TPL: witness w: unreachable" in told) == (0, True)
