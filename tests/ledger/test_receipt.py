"""Receipts: made from the stored log, read from text that passed through mail and paper, refused for each altered part."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ledger import log, receipt
from ledger.errors import LogBroken
from ledger.note import sign
from ledger.receipt import BadReceipt, Proved, Receipt
from tests.ledger.books import attack, credit, make_volunteer, seal_of
from tests.village import Village
from timebank import evidence


@pytest.fixture
def seq(village: Village) -> int:
    """An entry in the middle of a log of two tiles and some, signed at its end."""
    member = make_volunteer(village)
    last = credit(village, member, times=300)
    evidence.checkpoint(village.storage, village.community_id, seal_of(village))
    return last - 40


def made(village: Village, seq: int) -> Receipt:
    with village.read() as session:
        found = receipt.make(session, village.community_id, seq)
    assert found is not None
    return found


def checked(village: Village, text: str) -> Proved:
    with village.read() as session:
        origin = log.end(session, village.community_id).origin
        key = log.first_key(session, village.community_id)
    return receipt.check(receipt.read(text), origin=origin, public_key=key)


def test_a_receipt_proves_its_entry_and_its_detail(village: Village, seq: int) -> None:
    text = made(village, seq).text()
    assert text.startswith("c2sp.org/tlog-proof@v1\nextra ")
    assert f"\nindex {seq}\n" in text
    proved = checked(village, text)
    assert proved.fields["seq"] == seq
    assert proved.detail["credited"] == 60
    assert proved.checkpoint.size > seq


def test_every_entry_of_a_log_has_a_receipt(village: Village, seq: int) -> None:
    with village.read() as session:
        size = log.end(session, village.community_id).size
    for each in [0, 1, 2, 254, 255, 256, 257, size - 2, size - 1]:
        assert checked(village, made(village, each).text()).fields["seq"] == each


def test_an_entry_after_the_newest_checkpoint_has_no_receipt_yet(village: Village, seq: int) -> None:
    later = credit(village, make_volunteer(village))
    with village.read() as session:
        assert receipt.make(session, village.community_id, later) is None


def test_mail_and_paper_may_change_line_ends(village: Village, seq: int) -> None:
    text = made(village, seq).text()
    assert checked(village, text.replace("\n", "\r\n")).fields["seq"] == seq
    assert checked(village, text.rstrip("\n")).fields["seq"] == seq
    assert checked(village, f"\ufeff{text}\n\n").fields["seq"] == seq


def test_a_receipt_without_its_detail_still_proves_the_entry(village: Village, seq: int) -> None:
    proved = checked(village, made(village, seq).without_detail().text())
    assert proved.detail is None
    assert proved.fields["seq"] == seq


def test_an_erased_detail_is_left_out(village: Village, seq: int) -> None:
    attack(village, ("DELETE FROM ledger_detail WHERE community_id = ? AND seq = ?", (village.community_id, seq)))
    proved = checked(village, made(village, seq).text())
    assert proved.detail is None


def test_a_changed_leaf_in_the_database_gets_no_receipt(village: Village, seq: int) -> None:
    genuine = made(village, seq)
    changed = genuine.leaf.replace(b"-60", b"-61")
    attack(
        village,
        (
            "UPDATE ledger_entry SET leaf = ? WHERE community_id = ? AND seq = ?",
            (changed, village.community_id, seq),
        ),
    )
    with village.read() as session, pytest.raises(LogBroken, match="does not lead"):
        receipt.make(session, village.community_id, seq)


def with_extra(text: str, **changes: Any) -> str:
    lines = text.split("\n")
    told = {**json.loads(base64.b64decode(lines[1][6:])), **changes}
    told = {name: value for name, value in told.items() if value is not None}
    written = json.dumps(told, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    lines[1] = "extra " + base64.b64encode(written).decode()
    return "\n".join(lines)


def extra(text: str) -> dict[str, str]:
    return json.loads(base64.b64decode(text.split("\n")[1][6:]))


def refusal(village: Village, text: str) -> str:
    with pytest.raises(BadReceipt) as refused:
        checked(village, text)
    return refused.value.code


def test_each_altered_part_is_named(village: Village, seq: int) -> None:
    text = made(village, seq).text()
    told = extra(text)
    lines = text.split("\n")
    swapped = [*lines[:3], lines[4], lines[3], *lines[5:]]
    assert (
        refusal(village, with_extra(text, leaf=told["leaf"].replace("-60", "-61").replace(",60]", ",61]"))) == "proof"
    )
    assert refusal(village, with_extra(text, leaf=told["leaf"].replace('"v":1', '"v":2'))) == "leaf"
    assert refusal(village, with_extra(text, detail=told["detail"].replace("60", "90"))) == "detail"
    assert refusal(village, with_extra(text, salt="0" * 64)) == "detail"
    assert refusal(village, text.replace(f"index {seq}", f"index {seq - 1}")) == "leaf"
    assert refusal(village, "\n".join(swapped)) == "proof"
    assert refusal(village, "\n".join(lines[:3] + lines[4:])) == "proof"
    assert (
        refusal(village, text.replace(f"\n{village_size(village)}\n", f"\n{village_size(village) + 1}\n"))
        == "signature"
    )


def village_size(village: Village) -> int:
    with village.read() as session:
        return log.end(session, village.community_id).size


def test_another_logs_checkpoint_proves_nothing(village: Village, seq: int) -> None:
    genuine = made(village, seq)
    stranger = seal_of(village).signer
    with village.read() as session:
        end = log.end(session, village.community_id)
    other = sign(type(end)("elsewhere/log/x", end.size, end.root), stranger.public_key, stranger.signature_of)
    head = genuine.text().partition("\n\n")[0]
    assert refusal(village, f"{head}\n\n{other}") == "signature"


SPOILS = [
    lambda text: "",
    lambda text: text.replace("@v1", "@v2"),
    lambda text: text.replace("index ", "index 0"),
    lambda text: text.replace("index ", "index -"),
    lambda text: text.replace("index ", "index 9999999999999999999999"),
    lambda text: text.replace("extra ", "extra =="),
    lambda text: text.replace("\nindex", "\nextra AAAA\nindex"),
    lambda text: text.replace("\n\n", "\nAAAA\n\n", 1),
    lambda text: text.replace("\n\n", "\n" + f"{'A' * 43}=\n" * 100_000 + "\n", 1),
    lambda text: text.replace("\n\n", "\n" + f"{'A' * 42}B=\n\n", 1),
    lambda text: text + "A" * receipt.CHARACTERS_MOST,
    lambda text: with_extra(text, more="x"),
    lambda text: with_extra(text, salt=None),
    lambda text: with_extra(text, detail=None),
    lambda text: with_extra(text, leaf=7),
    lambda text: with_extra(text, leaf="{}\u4e00"),
    lambda text: text.replace("\n", "\n ", 3),
]


def test_hostile_text_is_refused_in_form(village: Village, seq: int) -> None:
    text = made(village, seq).text()
    for spoil in SPOILS:
        with pytest.raises(BadReceipt) as refused:
            receipt.read(spoil(text))
        assert refused.value.code == "form"


def test_an_extra_line_nested_without_end_is_refused(village: Village, seq: int) -> None:
    lines = made(village, seq).text().split("\n")
    lines[1] = "extra " + base64.b64encode(b"[" * 200_000).decode()
    with pytest.raises(BadReceipt):
        receipt.read("\n".join(lines))
