"""Receipts and statements over HTTP: taken by whose they are, printed with a code that proves, and links for everybody."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import io
import re
import uuid
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from PIL import Image

from api.receipt_links import QR_BYTES_MOST, receipt_code
from ledger import book_of, log, note, receipt
from ledger.tree import leaf_hash
from tests.client import Client
from tests.ledger.books import attack, seal_of
from tests.timebank.hours.arrange_orders import Orders, make_elder, make_volunteer
from tests.village import Village
from timebank import accounts, evidence
from timebank.people import helpers
from timebank.permissions import Actor

# What needs no second database: the rules of the pages, not of the storage.
on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def seeded(client: Client, village: Village) -> Client:
    """The village's seed lies where the application looks for it."""
    folder: Path = client.app.extensions["timebank_keys"].folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{village.code}.seed").write_bytes(village.seed.private_bytes_raw())
    return client


def book(village: Village, person: Any, minutes: int = 60, *, times: int = 1, **detail: Any) -> int:
    """Minutes for a person; the last entry's seq."""

    def settle(session: Any, now: dt.datetime) -> dict[str, Any]:
        own = accounts.opened_or_main(session, village.community_id, kind="person", owner_id=person.id, unit="min")
        told = {"use_case": "attendance.settle", "credited": minutes, **detail}
        seq = 0
        for _ in range(times):
            seq = book_of(session).post({accounts.ISSUE_MIN: -minutes, own: minutes}, on=village.today, detail=told)
        return {"seq": seq}

    return int(village.write(settle)["seq"])


def proved(village: Village, text: str) -> receipt.Proved:
    with village.read() as session:
        origin = log.end(session, village.community_id).origin
        key = log.first_key(session, village.community_id)
    return receipt.check(receipt.read(text), origin=origin, public_key=key)


def code_in(document: bytes, page: int = -1) -> tuple[str, Image.Image]:
    """What the largest code of a page says, as printed and scanned at 300 dots an inch."""
    with pypdfium2.PdfDocument(document) as pdf:
        scanned = pdf[page % len(pdf)].render(scale=300 / 72).to_pil().convert("L")
    return receipt_in(scanned), scanned


def receipt_in(scanned: Image.Image) -> str:
    """Of the two codes on the paper the receipt; the other is the log's key."""
    found = sorted(
        one.text
        for one in zxingcpp.read_barcodes(scanned, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    )
    assert [text.partition("+")[0].partition("\n")[0] for text in found] == [
        "c2sp.org/tlog-proof@v1",
        "timebank.example/log/TPL",
    ]
    return found[0]


def words_of(document: bytes) -> str:
    with pypdfium2.PdfDocument(document) as pdf:
        return "\n".join(page.get_textpage().get_text_bounded() for page in pdf)


def path(village: Village, rest: str) -> str:
    return f"/c/{village.code}{rest}"


@on_sqlite
def test_a_receipt_is_signed_on_demand_and_taken_home(seeded: Client, village: Village) -> None:
    person = village.make_person("欧阳晓月")
    seq = book(village, person)
    seeded.sign_in(person)
    page = seeded.get(path(village, f"/receipts/{seq}"))
    assert "这一笔刚刚记上" in page.text
    assert seeded.get(path(village, f"/receipts/{seq}.tlog-proof")).status_code == 409
    for _tap in range(2):
        answer = seeded.submit_form(page, containing="现在就签")
        assert answer.status_code == 303
    with village.read() as session:
        assert len(log.checkpoints(session, village.community_id)) == 1
    page = seeded.get(path(village, f"/receipts/{seq}"))
    assert "下载回执" in page.text
    taken = seeded.get(path(village, f"/receipts/{seq}.tlog-proof"))
    assert taken.headers["Content-Disposition"] == f'attachment; filename="TPL-{seq}.tlog-proof"'
    assert proved(village, taken.text).detail["credited"] == 60


@on_sqlite
def test_one_takes_ones_own_the_households_and_an_elders_whose_helper_one_is(seeded: Client, village: Village) -> None:
    elder, neighbour, grandson = village.make_person(), village.make_person(), village.make_person()
    seq = book(village, elder)
    for person, status in ((neighbour, 403), (grandson, 403), (elder, 200)):
        seeded.sign_in(person)
        assert seeded.get(path(village, f"/receipts/{seq}")).status_code == status
    console = Actor.console(village.community_id, "test")
    wanted: dict[str, Any] = {"elder_id": elder.id, "helper_id": grandson.id, "relation": "grandchild"}
    binding = village.write(lambda session, now: helpers.ask(session, actor=console, now=now, **wanted))["binding_id"]
    confirm_helper(village, binding)
    seeded.sign_in(grandson)
    assert seeded.get(path(village, f"/receipts/{seq}")).status_code == 200
    # A helper reads orders, not how the elder herself serves: statements are not his.
    assert seeded.get(path(village, f"/statements/minutes/{elder.id}")).status_code == 403
    home = village.make_household("诸葛长风", "诸葛小雨", steps=500)
    with village.read() as session:
        points = log.end(session, village.community_id).size - 1
    seeded.sign_in(home[1])
    assert seeded.get(path(village, f"/receipts/{points}")).status_code == 200
    assert seeded.get(path(village, f"/receipts/{seq}")).status_code == 403
    assert seeded.get(path(village, "/receipts/0")).status_code == 403
    assert seeded.get(path(village, "/receipts/999999")).status_code == 403


def confirm_helper(village: Village, binding: str) -> None:
    def confirmed(session: Any, now: dt.datetime) -> dict[str, Any]:
        row = session.get(helpers.HelperBinding, (village.community_id, uuid.UUID(binding)))
        row.state, row.confirmed_at, row.confirmed_how = "confirmed", now, "test"
        session.add(row)
        return {}

    village.write(confirmed)


@on_sqlite
def test_the_code_on_a_printed_statement_is_read_and_proves(seeded: Client, village: Village) -> None:
    person = village.make_person("欧阳晓月", minutes=200)
    book(village, person, 45, times=60)
    last = book(village, person, 90)
    sign(seeded, village, person, last)
    document = seeded.get(path(village, f"/statements/minutes/{person.id}.pdf")).data
    text, scanned = code_in(document)
    shown = proved(village, text)
    assert shown.fields["seq"] == last
    assert shown.detail["credited"] == 90
    assert scanned.size == (2480, 3508) or abs(scanned.width - 2480) < 3
    said = re.sub(r"\s+", "", words_of(document))
    for told in ("欧阳晓月", person.number, "时间对账单", "期初0分", "期末49小时50分", "服务记入", f"{last}."):
        assert told in said, told
    with village.read() as session:
        vkey = log.vkey(session, village.community_id)
        leaf = log.leaves(session, village.community_id, last // 256)[last % 256]
    assert vkey in said
    assert f"{last}.{leaf_hash(leaf).hex()[:12]}" in said


def sign(client: Client, village: Village, person: Any, seq: int) -> None:
    client.sign_in(person)
    page = client.get(path(village, f"/receipts/{seq}"))
    if "现在就签" in page.text:
        client.submit_form(page, containing="现在就签")


@on_sqlite
def test_a_receipt_sheet_has_its_entrys_own_code(seeded: Client, village: Village) -> None:
    person = village.make_person("单于\U00020bb7")
    seq = book(village, person, 75, note="一" * 290)  # as large as a code may be
    book(village, person, 30)
    sign(seeded, village, person, seq)
    seeded.http.set_cookie("lang", "en")
    with pypdfium2.PdfDocument(seeded.get(path(village, f"/receipts/{seq}.pdf")).data) as pdf:
        assert len(pdf) == 1
        scanned = pdf[0].render(scale=300 / 72).to_pil().convert("L")
        said = pdf[0].get_textpage().get_text_bounded()
    assert 2_000 < len(receipt_in(scanned).encode()) <= QR_BYTES_MOST
    shown = proved(village, receipt_in(scanned))
    assert (shown.fields["seq"], shown.detail["credited"]) == (seq, 75)
    assert "1 h 15 min" in said or "1 hour" in said, said
    assert re.findall(r"[\u3400-\u9fff]+", said) in ([], ["太平里社区"] * 2, ["太平里社区"])


@on_sqlite
def test_a_detail_too_large_for_a_readable_code_is_left_out_of_it(seeded: Client, village: Village) -> None:
    person = village.make_person()
    seq = book(village, person, note="一" * 600)
    sign(seeded, village, person, seq)
    text, _scanned = code_in(seeded.get(path(village, f"/receipts/{seq}.pdf")).data)
    assert proved(village, text).detail is None
    assert proved(village, seeded.get(path(village, f"/receipts/{seq}.tlog-proof")).text).detail["note"] == "一" * 600


@on_sqlite
def test_an_entry_too_large_for_any_code_is_told_and_printed(seeded: Client, village: Village) -> None:
    people = [village.make_person() for _ in range(200)]

    def settle(session: Any, now: dt.datetime) -> dict[str, Any]:
        legs = {accounts.ISSUE_MIN: -200 * 20_000}
        for one in people:
            own = accounts.opened_or_main(session, village.community_id, kind="person", owner_id=one.id, unit="min")
            legs[own] = 20_000
        told = {"use_case": "attendance.settle", "credited": 4_000_000}
        return {"seq": book_of(session).post(legs, on=village.today, detail=told)}

    seq = int(village.write(settle)["seq"])
    sign(seeded, village, people[0], seq)
    for document in (f"/receipts/{seq}.pdf", f"/statements/minutes/{people[0].id}.pdf"):
        answer = seeded.get(path(village, document))
        assert answer.status_code == 200, document
        assert "印不成能扫的码" in re.sub(r"\s+", "", words_of(answer.data))
    assert proved(village, seeded.get(path(village, f"/receipts/{seq}.tlog-proof")).text).fields["seq"] == seq


@on_sqlite
def test_a_receipt_of_many_witnesses_has_a_code_with_the_newest(seeded: Client, village: Village) -> None:
    person = village.make_person()
    seq = book(village, person)
    sign(seeded, village, person, seq)
    with village.read() as session:
        made = receipt.make(session, village.community_id, seq)
    lines = [note.Signature(f"witness.example/of-the-village-{at}", bytes(4), bytes(72)).line for at in range(15)]
    witnessed = dataclasses.replace(made, note=made.note + "".join(lines))
    with seeded.app.test_request_context():
        code, with_detail = receipt_code(witnessed, label="")
    assert code
    assert not with_detail
    fewer = witnessed.without_detail().with_cosignatures(8)
    assert len(fewer.text()) <= QR_BYTES_MOST
    assert fewer.note == made.note + "".join(lines[-8:])
    assert witnessed.with_cosignatures(0).note == made.note
    assert proved(village, fewer.text()).fields["seq"] == seq


def test_a_statement_without_lines_and_one_that_is_too_long(seeded: Client, village: Village) -> None:
    person = village.make_person()
    seeded.sign_in(person)
    empty = words_of(seeded.get(path(village, f"/statements/minutes/{person.id}.pdf")).data)
    assert "这段时间没有流水" in empty
    book(village, person, 1, times=1_001)
    answer = seeded.get(path(village, f"/statements/minutes/{person.id}.pdf"))
    assert answer.status_code == 422
    assert "分成几段时间" in answer.text
    wrong = seeded.get(path(village, f"/statements/minutes/{person.id}.pdf?from=2026-11-20&to=2026-11-01"))
    assert wrong.status_code == 422
    odd = seeded.get(path(village, f"/statements/minutes/{person.id}.pdf?from=2026-02-31"))
    assert odd.status_code == 422


@on_sqlite
def test_a_short_link_tells_everybody_whether_the_hash_stands_there(seeded: Client, village: Village) -> None:
    person = village.make_person("皇甫长空")
    seq = book(village, person)
    with village.read() as session:
        stored = log.leaves(session, village.community_id, seq // 256)[seq % 256]
        size = log.end(session, village.community_id).size
    own = leaf_hash(stored)
    whole = base64.urlsafe_b64encode(own).decode().rstrip("=")
    link = path(village, f"/r/{seq}.")
    seeded.sign_out()
    early = seeded.get(link + "0" * 12).text
    assert "一分钟内会签" in seeded.get(link + whole).text
    # Nobody is told a hash that no checkpoint commits to, nor whether a guess is right.
    assert "一分钟内会签" in early
    assert own.hex()[:12] not in early
    sign(seeded, village, person, seq)
    seeded.sign_out()
    for told, words in (
        (whole, "指纹一致"),
        (own.hex(), "指纹一致"),
        (own.hex()[:12].upper(), "前 12 位指纹一致"),
        ("0" * 12, "指纹不符"),
        (base64.urlsafe_b64encode(bytes(32)).decode().rstrip("="), "指纹不符"),
    ):
        page = seeded.get(link + told)
        assert words in page.text, told
        assert person.name not in page.text
        assert stored.decode() not in page.text
    assert "没有可比对的" in seeded.get(path(village, f"/r/{seq}")).text
    gone = seeded.get(path(village, f"/r/{size + 5}.{'0' * 12}"))
    assert gone.status_code == 404
    assert "账上没有第" in gone.text
    for odd in ("x.abc", f"{seq}.zz", f"{seq}.{'0' * 11}", f"{seq}.{'0' * 65}", "-1", "1" * 16, f"{seq}.{whole[:-1]}é"):
        assert seeded.get(path(village, f"/r/{odd}")).status_code == 404, odd


@on_sqlite
def test_a_changed_leaf_is_an_alarm_and_no_receipt(seeded: Client, village: Village) -> None:
    person = village.make_person()
    seq = book(village, person)
    sign(seeded, village, person, seq)
    with village.read() as session:
        leaf = log.leaves(session, village.community_id, seq // 256)[seq % 256]
    changed = leaf.replace(b"-60]", b"-61]").replace(b",60]", b",61]")
    update = "UPDATE ledger_entry SET leaf = ? WHERE community_id = ? AND seq = ?"
    attack(village, (update, (changed, village.community_id, seq)))
    answer = seeded.get(path(village, f"/receipts/{seq}.tlog-proof"))
    assert answer.status_code == 500
    assert "账本里有读不懂的流水" in answer.text
    link = path(village, f"/r/{seq}.{leaf_hash(leaf).hex()}")
    assert seeded.get(link).status_code == 500


@on_sqlite
def test_the_saved_checker_allows_itself_no_network(seeded: Client, village: Village) -> None:
    saved = seeded.get("/check-receipt.html")
    assert saved.headers["Content-Disposition"] == 'attachment; filename="check-receipt.html"'
    assert "<script src" not in saved.text
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", saved.text)
    assert io.StringIO(saved.text).readline() == "<!DOCTYPE html>\n"


@on_sqlite
def test_an_orders_slip_leads_to_its_hold_and_says_nothing_of_whose_it_is(seeded: Client, village: Village) -> None:
    orders, elder = Orders(village), make_elder(village)
    order_id = orders.place(elder)
    seeded.sign_in(village.make_person(), roles=["desk_staff"])
    before = seeded.post(path(village, f"/orders/{order_id}/slip")).text
    assert "slip-proof" not in before
    orders.claim(order_id, make_volunteer(village))
    slip = seeded.post(path(village, f"/orders/{order_id}/slip")).text
    link = re.search(r'class="slip-hash" translate="no">http://[^/]+(/c/TPL/r/[^<]+)<', slip)[1]
    assert link.startswith(path(village, f"/r/{orders.row(order_id).hold_seq}."))
    seeded.sign_out()
    assert "一分钟内会签" in seeded.get(link).text
    evidence.checkpoint(village.storage, village.community_id, seal_of(village))
    shown = seeded.get(link)
    assert "指纹一致" in shown.text
    assert "王奶奶" not in shown.text
