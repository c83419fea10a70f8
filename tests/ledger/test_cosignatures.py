"""Cosignatures under a checkpoint: made and read as C2SP has them, kept once, never changed."""

from __future__ import annotations

import base64
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ledger import log, note, witness
from ledger.errors import LogBroken
from ledger.note import COSIGNATURE, BadNote, Key
from tests.ledger.books import attack, credit, make_volunteer, seal_of
from tests.village import Village
from timebank import evidence

# The example of https://c2sp.org/tlog-cosignature: its text, and the lines of the log and of the witness.
TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
LOG_LINE = (
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
LATEST = 2**62


class Neighbour:
    """A witness with a key of its own."""

    def __init__(self, name: str = "witness.example/w1") -> None:
        self.seed = Ed25519PrivateKey.generate()
        self.key = Key(name, self.seed.public_key().public_bytes_raw(), COSIGNATURE)

    def line(self, text: str, at: int) -> str:
        return note.cosign(text, self.key.name, self.key.public_key, self.seed.sign, at=at)


def signed_by(village: Village) -> log.Signed:
    credit(village, make_volunteer(village))
    return evidence.checkpoint(village.storage, village.community_id, seal_of(village))


def keep(
    village: Village, signed: log.Signed, lines: str, *neighbours: Neighbour, latest_at: int = LATEST
) -> list[str]:
    kept = village.write(
        lambda session, now: {
            "names": witness.keep(
                session,
                village.community_id,
                signed.size,
                lines,
                [one.key for one in neighbours],
                latest_at=latest_at,
            )
        }
    )
    return list(kept["names"])


def shown(village: Village, signed: log.Signed) -> str:
    with village.read() as session:
        return witness.cosigned(session, village.community_id, signed)


def test_a_cosignature_signs_header_time_and_text_under_a_key_id_of_type_4() -> None:
    one = Neighbour()
    line = one.line(TEXT, 1679315147)
    dash, name, encoded = line.rstrip("\n").split(" ")
    raw = base64.b64decode(encoded)
    assert (dash, name) == ("—", "witness.example/w1")
    assert raw[:4] == sha256(b"witness.example/w1\n\x04" + one.key.public_key).digest()[:4]
    assert int.from_bytes(raw[4:12], "big") == 1679315147
    one.seed.public_key().verify(raw[12:], f"cosignature/v1\ntime 1679315147\n{TEXT}".encode())
    assert note.cosigned_at(note.parse(f"{TEXT}\n{LOG_LINE}{line}"), one.key) == 1679315147


def test_the_published_example_is_read() -> None:
    parsed = note.parse(f"{TEXT}\n{LOG_LINE}")
    assert note.read_checkpoint(parsed.text).size == 20852163
    assert parsed.signatures[0].line == LOG_LINE


def test_a_cosignature_of_another_time_text_or_key_does_not_fit() -> None:
    one, other = Neighbour(), Neighbour()
    line = one.line(TEXT, 1679315147)
    later = note.signature_lines(line)[0]
    moved = note.Signature(later.name, later.key_id, (1679315148).to_bytes(8, "big") + later.signature[8:]).line
    for bad in (f"{TEXT}\n{moved}", f"{TEXT.replace('20852163', '20852164')}\n{line}"):
        with pytest.raises(BadNote):
            note.cosigned_at(note.parse(bad), one.key)
    assert note.cosigned_at(note.parse(f"{TEXT}\n{line}"), other.key) is None


@pytest.mark.parametrize(
    "text",
    [
        "a.example/log\n٣\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a.example/log\n03\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a.example/log\n-3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a.example/log\n9223372036854775808\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a.example/log\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
        "a.example/log\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jx\n",
        "a.example+x/log\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a.example/log\n3\n\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
    ],
)
def test_what_is_no_checkpoint_is_not_read(text: str) -> None:
    with pytest.raises(BadNote):
        note.read_checkpoint(text)


def test_a_shown_checkpoint_carries_the_newest_cosignature_of_each_witness(village: Village) -> None:
    signed = signed_by(village)
    assert shown(village, signed) == signed.note
    first, second = Neighbour(), Neighbour("witness.example/w2")
    text = note.parse(signed.note).text
    lines = [first.line(text, 1000), second.line(text, 1005), first.line(text, 1010)]
    assert keep(village, signed, lines[0] + lines[1], first, second) == [first.key.name, second.key.name]
    assert keep(village, signed, lines[2], first, second) == [first.key.name]
    assert keep(village, signed, lines[2], first, second) == []
    assert shown(village, signed) == signed.note + lines[1] + lines[2]


def test_lines_of_strangers_bad_lines_and_lines_of_the_future_are_not_kept(village: Village) -> None:
    signed = signed_by(village)
    text = note.parse(signed.note).text
    known, stranger = Neighbour(), Neighbour("witness.example/other")
    assert keep(village, signed, stranger.line(text, 1000), known) == []
    with pytest.raises(BadNote):
        keep(village, signed, known.line(text.replace(str(signed.size), "9"), 1000), known)
    with pytest.raises(BadNote):
        keep(village, signed, known.line(text, 2000), known, latest_at=1_999_999)
    with pytest.raises(LogBroken):
        keep(village, log.Signed(9_999, signed.root, 0, signed.note), known.line(text, 1), known)
    assert shown(village, signed) == signed.note


def run(sql: Any, session: Any, now: Any) -> dict[str, Any]:
    return {"done": bool(session.execute(sql))}


def test_cosignatures_are_only_added_to(village: Village) -> None:
    signed, one = signed_by(village), Neighbour()
    keep(village, signed, one.line(note.parse(signed.note).text, 1000), one)
    tries = ["UPDATE ledger_cosignature SET at = at + 1", "DELETE FROM ledger_cosignature"]
    if village.storage.sqlite:
        tries.append("INSERT OR REPLACE INTO ledger_cosignature SELECT * FROM ledger_cosignature")
    for sql in map(text, tries):
        with pytest.raises(DBAPIError):
            village.write(partial(run, sql))
    attack(village, ("DELETE FROM ledger_cosignature", ()))  # its owner can: what exposes him is the log


@pytest.mark.parametrize(
    "key",
    [
        bytes(32),
        bytes([1, *bytes(31)]),
        bytes([*bytes(31), 128]),
        (2**255 - 20).to_bytes(32, "little"),
        (2**255 - 18).to_bytes(32, "little"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
    ],
)
def test_a_key_for_which_anybody_signs_is_worth_nothing(key: bytes) -> None:
    """Under a point of small order a signature of R = 1, S = 0 fits every text, or one in eight."""
    weak = Key("example.com/log", key)
    made = note.Signature(weak.name, weak.id, bytes([1, *bytes(63)])).line
    for at in range(40):
        text = f"example.com/log\n{at}\n{base64.b64encode(sha256(b'x').digest()).decode()}\n"
        with pytest.raises(BadNote, match="small order"):
            note.is_signed(note.parse(f"{text}\n{made}"), weak)
