"""What people read of witnesses: on the audit's page, on the notice board, and on the sheet on the wall."""

from __future__ import annotations

from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp

from api import seals
from ledger import log, note
from tests.api.route_rows.audit import with_seed
from tests.client import Client
from tests.ledger.books import credit, make_volunteer, seal_of
from tests.ledger.test_cosignatures import Neighbour, keep
from tests.village import Village
from timebank import evidence
from timebank.evidence import Alarm

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)

PAGE, BOOKS, BOARD = "/c/TPL/books/witnesses", "/c/TPL/books", "/c/TPL/board"


@pytest.fixture
def neighbours() -> list[Neighbour]:
    return [Neighbour("hzm.example/witness"), Neighbour("mgl.example/witness")]


@pytest.fixture
def signed(client: Client, village: Village) -> log.Signed:
    credit(village, make_volunteer(village), times=30)
    client.sign_in(village.make_person(), roles=["auditor"])
    return evidence.checkpoint(village.storage, village.community_id, seal_of(village))


def trust(client: Client, neighbours: list[Neighbour], quorum: str) -> None:
    lines = [f"witness w{at} {one.key.line}" for at, one in enumerate(neighbours)]
    path = client.app.extensions["timebank_settings"].policy_of_witnesses
    path.write_text("\n".join([*lines, *quorum.split("; ")]) + "\n", encoding="utf-8")


def cosign(village: Village, signed: log.Signed, one: Neighbour) -> None:
    line = one.line(note.parse(signed.note).text, int(village.clock.now().timestamp()))
    assert keep(village, signed, line, one)


def told(client: Client, path: str, *, english: bool = False) -> str:
    shown = client.get(path, headers={"Accept-Language": "en"} if english else {})
    assert shown.status_code == 200
    return shown.text


def test_without_witnesses_the_pages_say_so(client: Client, village: Village, signed: log.Signed) -> None:
    for path in (PAGE, BOOKS, "/c/TPL/proof"):
        assert "还没有外部见证人" in told(client, path)
        assert "No outside witness yet" in told(client, path, english=True)
    assert "账本还没有外部见证人" in told(client, BOARD)
    with village.read() as session:
        assert log.vkey(session, village.community_id) in told(client, PAGE)


def test_a_quorum_is_told_when_it_is_reached_and_when_it_grows_stale(
    client: Client, village: Village, signed: log.Signed, neighbours: list[Neighbour]
) -> None:
    first, second = neighbours
    trust(client, neighbours, "group both all w0 w1; quorum both")
    assert "等待第一次见证" in told(client, BOOKS)
    assert "等待第一次见证" in told(client, BOARD)
    cosign(village, signed, first)
    assert "见证人还不够" in told(client, BOOKS)
    assert first.key.name in told(client, BOARD)
    cosign(village, signed, second)
    shown = told(client, PAGE)
    assert "见证人数足够" in shown
    assert "最近见证" in shown
    assert second.key.name in shown
    village.pass_time(hours=47)
    assert "见证人数足够" in told(client, BOOKS)
    village.pass_time(hours=2)
    assert "超过 48 小时" in told(client, BOOKS)
    assert "过时" in told(client, BOARD)
    cosign(village, signed, first)  # one of two came again
    assert "超过 48 小时" in told(client, BOOKS)
    cosign(village, signed, second)
    assert "见证人数足够" in told(client, BOOKS)


def test_an_alarm_and_a_broken_policy_are_told_before_anything_else(
    client: Client, village: Village, signed: log.Signed, neighbours: list[Neighbour]
) -> None:
    trust(client, neighbours, "quorum nobody")
    assert "line 3" in told(client, BOOKS)
    keys = client.app.extensions["timebank_keys"]
    seals.raise_alarm(keys, "TPL", Alarm("hzm.example/witness", 9_999, 0))
    assert "见证人看到的账与这里不一致" in told(client, BOOKS)
    assert "见证人看到的账与这里不一致" in told(client, BOARD)
    with_seed(type("World", (), {"client": client, "village": village}))
    credit(village, make_volunteer(village))
    refused = client.post("/c/TPL/books/checkpoints")
    assert refused.status_code == 409
    assert "hzm.example/witness" in refused.text


def picture_of(pdf: bytes) -> Any:
    """The first page as a scanner sees it: 300 dots an inch, grey."""
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    return document[0].render(scale=300 / 72, grayscale=True).to_pil()


@pytest.mark.parametrize("told_in", [("zh", "请留着这张纸"), ("en", "Keep this sheet")])
def test_the_sheet_carries_the_signed_checkpoint_as_a_code(
    client: Client, village: Village, signed: log.Signed, neighbours: list[Neighbour], told_in: tuple[str, str]
) -> None:
    language, word = told_in
    trust(client, neighbours, "quorum none")
    for one in neighbours:
        cosign(village, signed, one)
    stranger = Neighbour("stranger.example/w")  # kept, and of no policy any more
    cosign(village, signed, stranger)
    sheet = client.get("/c/TPL/books/checkpoint-sheet.pdf", headers={"Accept-Language": language})
    assert (sheet.status_code, sheet.mimetype) == (200, "application/pdf")
    (code,) = zxingcpp.read_barcodes(picture_of(sheet.data))
    read = note.parse(code.text)
    assert code.text.startswith(signed.note)
    for one in neighbours:
        assert note.cosigned_at(read, one.key)
    assert note.cosigned_at(read, stranger.key) is None
    with village.read() as session:
        key = note.Key(log.end(session, village.community_id).origin, log.first_key(session, village.community_id))
    assert note.is_signed(read, key)
    words = pypdfium2.PdfDocument(sheet.data)[0].get_textpage().get_text_range()
    assert word in words
    digits = signed.root.hex()
    assert f"{digits[:4]} {digits[4:8]} {digits[8:12]} {digits[12:16]}" in words
    assert f"{digits[48:52]} {digits[52:56]} {digits[56:60]} {digits[60:]}" in words


def test_a_log_that_was_never_signed_has_no_sheet(client: Client, village: Village) -> None:
    client.sign_in(village.make_person(), roles=["committee"])
    assert client.get("/c/TPL/books/checkpoint-sheet.pdf").status_code == 404
    assert "还没有签过检查点" in told(client, PAGE)
