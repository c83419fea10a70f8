"""The points pages as people use them: from an uploaded table to soap handed over, and what bad input gets."""

import datetime as dt
import io
import re

import openpyxl
import pypdfium2  # type: ignore[import-untyped]
import pytest

from api import board_sheets, lists
from tests.timebank.points import make, ugly
from timebank import samples
from timebank.permissions import Actor
from timebank.points.table.digests import digest_of_items
from timebank.points.table.reading import read_file
from timebank.points.table.tables import PointsTable

ITEM = "参加公益理发"
on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def committee(village):
    return village.make_person("周委员")


@pytest.fixture
def reviewer(village):
    return village.make_person("吴审核")


def upload(name, content):
    return {"file": (io.BytesIO(content), name)}


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def to_first_of_next_month(village):
    first = (village.today.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    village.pass_time(days=(first - village.today).days)


def run_jobs(village):
    make.bring_into_force(village)
    make.book_due(village)


@on_sqlite
def test_a_table_is_uploaded_deliberated_voted_by_two_and_comes_into_force(client, village, committee, reviewer):
    make.assembly(village)
    villager = village.make_person("陈村民")
    client.sign_in(committee, roles=["committee"])
    sent = client.post("/c/TPL/points/tables", data=upload("积分表.csv", samples.sample("points-table-mixed.csv")))
    assert sent.status_code == 303
    preview = client.get(sent.headers["Location"])
    assert "11 个项目都读懂了" in preview.text
    drafted = client.post(sent.headers["Location"], data={"title": "太平里积分表"})
    address = drafted.headers["Location"]
    assert "太平里积分表" in client.get(address).text
    client.sign_out()
    assert client.get(address).status_code == 303  # to the sign-in
    client.sign_in(committee, roles=["committee"])
    assert client.post(address + "/deliberate", data={"days": "2"}).status_code == 422
    assert client.post(address + "/deliberate", data={"days": "3"}).status_code == 303
    client.sign_in(villager)
    assert client.post(address + "/comments", data={"text": "扫地多给些", "position": "3"}).status_code == 303
    page = client.get(address)
    assert "扫地多给些" in page.text
    comment_id = None
    client.sign_in(committee, roles=["committee"])
    comment_id = re.search(r"/points/comments/([0-9a-f-]+)/answer", client.get(address).text)[1]
    assert client.post(f"/c/TPL/points/comments/{comment_id}/answer", data={"text": "会上再议"}).status_code == 303
    client.sign_out()
    assert "陈*" in client.get(address).text
    client.sign_in(committee, roles=["committee"])
    early = client.post(address + "/vote", data={"body_id": make.assembly(village).hex})
    assert early.status_code == 422
    village.pass_time(days=3)
    form = {"body_id": make.assembly(village).hex, "held_on": village.today.isoformat(), "entitled": "60", "present": "41",
            "votes_for": "40", "votes_against": "1", "minutes": (io.BytesIO(b"%PDF-1.4 minutes"), "纪要.pdf")}  # fmt: skip
    assert client.post(address + "/vote", data=form).status_code == 303
    assert client.post(address + "/vote/confirm").status_code == 403
    client.sign_in(reviewer, roles=["supervision_committee"])
    assert client.post(address + "/vote/confirm").status_code == 303
    minutes = re.search(r'href="([^"]+/minutes/[^"]+)"', client.get(address).text)[1]
    assert client.get(minutes).data == b"%PDF-1.4 minutes"
    client.sign_out()
    assert "太平里积分表" in client.get("/c/TPL/board").text
    history = text_of(client.get("/c/TPL/points/history"))
    assert "赞成 40 票，反对 1 票，弃权 0 票" in history
    to_first_of_next_month(village)
    run_jobs(village)
    assert "生效" in client.get("/c/TPL/board").text
    exported = client.get(address + ".csv")
    assert exported.data.startswith(b"\xef\xbb\xbf")
    assert "焚烧秸秆" in exported.data.decode("utf-8-sig")
    printed = client.get(address + ".pdf")
    assert pypdfium2.PdfDocument(printed.data)[0].get_textpage().get_text_bounded().count("太平里积分表") == 1


@on_sqlite
@pytest.mark.parametrize("name", ["mixed-beside", "residents-words", "mixed-ranges", "mixed-traditional"])
def test_an_export_imported_again_has_the_same_digest(client, village, committee, name):
    client.sign_in(committee, roles=["committee"])
    table_id = make.draft_table(village, ugly.VARIANTS[name]())
    with village.read() as session:
        digest = session.get(PointsTable, (village.community_id, table_id)).digest
    for form in ("xlsx", "csv"):
        content = client.get(f"/c/TPL/points/tables/{table_id}.{form}").data
        assert digest_of_items(read_file(content).items) == digest, form


@on_sqlite
def test_a_row_that_cannot_be_read_is_mended_in_the_preview(client, village, committee, reviewer):
    client.sign_in(committee, roles=["committee"])
    content = "类别,项目,分值\n甲,好,5\n乙,坏写法,许多\n丙,多余,没有\n".encode()
    preview = client.post("/c/TPL/points/tables", data=upload("x.csv", content)).headers["Location"]
    assert "有 2 行读不了" in client.get(preview).text
    row = f"{preview}/rows/1"
    assert "许多" in client.get(row).text
    still = client.post(row, data={"category": "乙", "title": "坏写法", "value": "也许", "seen": "0"})
    assert still.headers["Location"].endswith("/rows/1")
    told = client.post(row, data={"category": "乙", "title": "坏写法", "value": "7", "seen": "0"})
    assert "刚才被" in client.get(told.headers["Location"]).text
    assert (
        client.post(row, data={"category": "乙", "title": "写好了", "value": "每次7分", "seen": "1"}).status_code == 303
    )
    assert client.post(f"{preview}/rows/2", data={"verb": "leave_out", "seen": "0"}).status_code == 303
    assert "2 个项目都读懂了" in client.get(preview).text
    assert client.get(f"{preview}/rows/9").status_code == 404
    assert client.post(preview, data={"title": "表"}).status_code == 303


@on_sqlite
def test_of_two_rows_in_one_line_the_one_that_is_wrong_is_mended(client, village, committee):
    client.sign_in(committee, roles=["committee"])
    rows = [["东岳村积分细则(试行)"], ["项目", "分值", "扣分项目", "扣分标准"], ["扫街", "许多", "乱倒垃圾", "5"]]
    preview = client.post("/c/TPL/points/tables", data=upload("x.csv", ugly.text(rows))).headers["Location"]
    row = re.search(r'href="([^"]+/rows/\d+)"', client.get(preview).text)[1]
    assert 'value="扫街"' in client.get(row).text
    client.post(row, data={"title": "扫街", "value": "5", "category": "甲", "seen": "0"})
    page = client.get(preview).text
    assert 'value="东岳村积分细则(试行)"' in page  # the file's own title is proposed
    for title in ("扫街", "乱倒垃圾"):
        row = re.search(rf'href="([^"]+/rows/\d+)" aria-label="改“{title}”', page)[1]
        assert f'value="{title}"' in client.get(row).text


@on_sqlite
def test_two_people_edit_a_draft_and_the_second_is_told(client, village, committee, reviewer):
    table_id = make.draft_table(village)
    item = make.items(village, table_id)[ITEM]
    edit, row = f"/c/TPL/points/tables/{table_id}/edit", f"/c/TPL/points/tables/{table_id}/edit/{item.id}"
    cells = {"category": item.category, "title": ITEM, "value": "6", "unit": "一人次", "subject": "户", "revision": "0"}
    client.sign_in(reviewer, roles=["community_manager"])
    assert client.post(row, data=cells).status_code == 303
    client.sign_in(committee, roles=["committee"])
    told = client.post(row, data={**cells, "value": "9"})
    assert told.status_code == 409
    assert "刚才被" in told.text
    assert 'value="9"' in told.text  # what was typed stays
    assert "现在存着的内容" in told.text
    assert client.post(edit, data={"category": "甲", "title": "新的", "value": "很多"}).status_code == 422
    assert client.post(edit, data={"category": "甲", "title": "新的", "value": "酌情1-3分"}).status_code == 303
    page = client.get(edit)
    assert "1 到 3 分，由审核人酌情定" in page.text
    assert client.post(f"{row}/deed", data={"verb": "up", "revision": "2"}).status_code == 303
    assert client.post(f"/c/TPL/points/tables/{table_id}/undo", data={"revision": "3"}).status_code == 303
    assert client.post(f"{row}/deed", data={"verb": "delete", "revision": "4"}).status_code == 303
    assert client.get(row).status_code == 404
    compared = client.get(f"/c/TPL/points/tables/{table_id}/compare")
    assert "没有可以比的版本" in compared.text


@on_sqlite
@pytest.mark.parametrize(
    "content, told",
    [
        ("项目,分值\n好,5-5分\n".encode(), "“5-5分”不是一个能用的范围"),
        ("项目,备注\n好,5\n".encode("gb18030"), "没有找到表头"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", ""),
        (b"", ""),
    ],
)
def test_a_bad_table_says_why_and_becomes_nothing(client, village, committee, content, told):
    client.sign_in(committee, roles=["committee"])
    answer = client.post("/c/TPL/points/tables", data=upload("x.csv", content))
    page = client.get(answer.headers["Location"]) if answer.status_code == 303 else answer
    assert page.status_code in (200, 422)
    assert told in page.text
    if answer.status_code == 303:
        refused = client.post(answer.headers["Location"], data={"title": "表"})
        assert refused.status_code == 422
    assert "还没有积分表" in client.get("/c/TPL/points/tables").text


@on_sqlite
def test_a_vote_without_quorum_is_told_beside_the_form(client, village, committee):
    table_id = make.draft_table(village)
    make.deliberate(village, table_id)
    client.sign_in(committee, roles=["committee"])
    form = {"body_id": make.assembly(village).hex, "held_on": village.today.isoformat(), "entitled": "60", "present": "12",
            "votes_for": "10", "votes_against": "1", "minutes_digest": "ab" * 32}  # fmt: skip
    refused = client.post(f"/c/TPL/points/tables/{table_id}/vote", data=form)
    assert refused.status_code == 422
    assert "到会 12 人，法定人数 31 人。" in refused.text
    missing = client.post(f"/c/TPL/points/tables/{table_id}/vote", data={**form, "present": "31", "minutes_digest": ""})
    assert missing.status_code == 422
    assert "请上传会议纪要" in missing.text


@on_sqlite
def test_from_an_award_to_the_household_and_an_objected_line_waits(client, village, committee, reviewer, monkeypatch):
    make.table_in_force(village)
    first, second = village.make_person("张三"), village.make_person("欧阳四")
    item = make.items(village, make_table_id(village))[ITEM]
    client.sign_in(committee, roles=["committee"])
    for person in (first, second):
        form = {"person": person.number, "item_id": item.id.hex, "on": village.today.isoformat(), "evidence": "签到表"}
        assert client.post("/c/TPL/points/awards/new", data=form).status_code == 303
    again = client.post("/c/TPL/points/awards/new", data=form)
    assert again.status_code == 422
    assert "已经登记过" in again.text
    client.sign_in(reviewer, roles=["reviewer"])
    waiting = client.get("/c/TPL/points/awards?state=entered")
    assert "awards.pdf" in waiting.text
    with monkeypatch.context() as short:
        short.setattr(lists, "PRINTED_MOST", 1)  # a list too long to print offers no print
        long = client.get("/c/TPL/points/awards?state=entered").text
    assert "awards.xlsx" in long
    assert "awards.pdf" not in long
    assert "要打印，先筛选到 1 行以内。" in long
    ids = re.findall(r'name="award_id" value="([0-9a-f]{32})"', waiting.text)
    assert client.post("/c/TPL/points/awards/review", data={"award_id": ids, "verdict": "approve"}).status_code == 303
    client.sign_in(committee, roles=["committee"])
    published = client.post("/c/TPL/publicity")
    assert published.status_code == 303

    client.sign_out()
    board = client.get("/c/TPL/board/1")
    assert "张*" in board.text
    assert "欧阳*" in board.text
    assert "张三" not in board.text
    assert "欧阳四" not in board.text
    assert client.get("/c/TPL/board/1/2/object").headers["Location"].startswith("/sign-in")
    client.sign_in(first)
    objected = client.post("/c/TPL/board/1/2/object", data={"reason": "他没有来"})
    assert objected.status_code == 303
    assert "待答复" in client.get("/c/TPL/my/objections").text
    twice = client.post("/c/TPL/board/1/2/object", data={"reason": "他没有来"})
    assert twice.status_code == 409
    assert "已经提过异议" in twice.text

    village.pass_time(days=10)
    make.book_due(village)
    client.sign_in(first)
    statement = text_of(client.get("/c/TPL/my/points"))
    assert ITEM in statement
    assert "第 1 批第 1 行" in statement
    client.sign_in(second)
    assert "有异议，暂停" in text_of(client.get("/c/TPL/my/points"))


def make_table_id(village):
    from timebank.points.table import adoption

    with village.read() as session:
        return adoption.in_force_on(session, village.community_id, village.today).id


@on_sqlite
def test_soap_is_redeemed_by_a_resident_and_handed_over_by_code(client, village):
    item_id, _, seller = make.shop(village, stock=1)
    (person,) = village.make_household("张三", steps=60)
    shopkeeper = person_of(village, seller)
    client.sign_in(person)
    assert "香皂" in client.get("/c/TPL/shop").text
    ordered = client.post("/c/TPL/shop", data={"item_id": item_id.hex, "quantity": "1"})
    ticket = client.get(ordered.headers["Location"])
    code = re.search(r"(\d{4}) (\d{4})</p>", ticket.text)
    assert code
    assert "<svg" in ticket.text
    empty = client.post("/c/TPL/shop", data={"item_id": item_id.hex, "quantity": "1"})
    assert empty.status_code == 409
    assert "还有 0 件，需要 1 件" in empty.text

    client.sign_in(shopkeeper, roles=["merchant"])
    assert "没有这个兑换码" in client.post("/c/TPL/merchant", data={"code": "00000000"}).text
    found = client.post("/c/TPL/merchant", data={"code": f"{code[1]} {code[2]}"})
    assert "香皂" in found.text
    assert "张三" not in found.text
    assert person.number not in found.text
    done = client.submit_form(found, containing="已交付")
    assert done.status_code == 303
    assert "已交付：香皂" in client.get("/c/TPL/merchant").text


def person_of(village, actor: Actor):
    from timebank.people import residents

    with village.read() as session:
        return residents.person(session, village.community_id, actor.person_id)


@on_sqlite
def test_more_points_than_there_are_says_what_is_there_and_what_was_needed(client, village):
    item_id, _, _ = make.shop(village, price_steps=200)
    (person,) = village.make_household("张三", steps=55)
    client.sign_in(person)
    refused = client.post("/c/TPL/shop", data={"item_id": item_id.hex})
    assert refused.status_code == 409
    assert "需要 20 分，可用 5.5 分。" in refused.text
    client.http.set_cookie("lang", "en")
    assert "20 points are needed, 5.5 are there." in client.post("/c/TPL/shop", data={"item_id": item_id.hex}).text


@on_sqlite
def test_the_desk_redeems_for_an_elder_and_prints_her_code(client, village):
    item_id, _, _ = make.shop(village)
    (elder,) = village.make_household("陈奶奶", steps=60)
    client.sign_in(village.make_person("柜台"), roles=["desk_staff"])
    ordered = client.post(f"/c/TPL/desk/people/{elder.number}/shop", data={"item_id": item_id.hex})
    assert ordered.status_code == 303
    assert re.search(r"\d{4} \d{4}", client.get(ordered.headers["Location"]).text)


@on_sqlite
def test_the_board_prints_as_a4_with_masked_names(client, village, tmp_path):
    make.table_in_force(village)
    make.published(village, *[(village.make_person("上官飞燕"), ITEM) for _ in range(40)])
    sheet = client.get("/c/TPL/board/1/sheet.pdf")
    assert sheet.mimetype == "application/pdf"
    document = pypdfium2.PdfDocument(sheet.data)
    try:
        width, height = document[0].get_size()
        written = "".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()
    assert (round(width), round(height)) == (595, 842)
    assert "上官*" in written
    assert "飞燕" not in written
    assert "合计 40 行" in written
    (kept,) = (tmp_path / "data" / "sheets").glob("TPL-1-A4-zh-*.pdf")
    drawn_at = kept.stat().st_mtime_ns
    assert client.get("/c/TPL/board/1/sheet.pdf").data == sheet.data
    assert kept.stat().st_mtime_ns == drawn_at  # anybody may ask, as often as they like


def test_a_row_of_the_wall_keeps_how_often_and_how_long():
    """What does not fit is the item's name; the room for two lines holds."""
    name = "参与环境整治、卫生大扫除、清除小广告"
    assert board_sheets.fitting(name, 22, tail="2 小时 15 分") == "参与环境整治、卫生大扫除、清… 2 小时 15 分"
    assert board_sheets.fitting(name, 40, tail="× 3") == f"{name} × 3"
    assert board_sheets.fitting(name, 6) == "参与环境整…"
    assert board_sheets.fitting("", 6) == ""


@on_sqlite
def test_a_file_of_which_nothing_is_read_is_compared_with_nothing(client, village, committee):
    make.table_in_force(village)
    client.sign_in(committee, roles=["committee"])
    sent = client.post("/c/TPL/points/tables", data=upload("照片.csv", b"\x89PNG not a table"))
    page = client.get(sent.headers["Location"])
    assert "这个文件读不了" in page.text
    assert "没有找到表头" in page.text
    assert "去掉" not in page.text


@on_sqlite
def test_the_template_of_awards_names_the_items_of_today_and_is_taken_when_it_is_filled_in(client, village, committee):
    make.table_in_force(village)
    client.sign_in(committee, roles=["committee"])
    assert "/points/awards/imports/template.xlsx" in client.get("/c/TPL/points/awards/imports").text
    book = openpyxl.load_workbook(io.BytesIO(client.get("/c/TPL/points/awards/imports/template.xlsx").data))
    rows, items = book.worksheets
    assert ITEM in [cell.value for cell in items["C"]]
    person, headings = village.make_person("陈村民"), [str(cell.value) for cell in rows[1]]
    filled = {"编号": person.number, "项目": ITEM, "日期": village.today.isoformat(), "存证": "签到表"}
    rows.append([filled.get(heading, "") for heading in headings])
    file = io.BytesIO()
    book.save(file)
    sent = client.post("/c/TPL/points/awards/imports", data=upload("加分.xlsx", file.getvalue()))
    preview = client.get(sent.headers["Location"])
    assert "陈村民" in preview.text
    assert client.post(sent.headers["Location"], data={}).status_code == 303
