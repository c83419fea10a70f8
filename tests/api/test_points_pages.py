"""The points pages as people use them: from an uploaded table to soap handed over, and what bad input gets."""

import datetime as dt
import io
import re

import pypdfium2  # type: ignore[import-untyped]
import pytest

from tests.timebank.points import make
from timebank import samples
from timebank.permissions import Actor

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
def test_a_table_is_uploaded_previewed_adopted_and_comes_into_force(client, village, committee):
    client.sign_in(committee, roles=["committee"])
    sent = client.post("/c/TPL/points/tables", data=upload("积分表.csv", samples.sample("points-table-mixed.csv")))
    assert sent.status_code == 303
    preview = client.get(sent.headers["Location"])
    assert "11 个项目都读懂了" in preview.text
    drafted = client.post(sent.headers["Location"], data={"title": "太平里积分表"})
    table = client.get(drafted.headers["Location"])
    assert "太平里积分表" in table.text
    form = {"adopted_on": village.today.isoformat(), "body": "assembly", "quorum": "30", "present": "41",
            "votes_for": "40", "votes_against": "1", "minutes": (io.BytesIO(b"minutes"), "纪要.pdf")}  # fmt: skip
    adopted = client.post(drafted.headers["Location"] + "/adopt", data=form)
    assert adopted.status_code == 303
    client.sign_out()
    board = client.get("/c/TPL/board")
    assert "太平里积分表" in board.text
    assert "公示中" in board.text
    to_first_of_next_month(village)
    run_jobs(village)
    assert "生效" in client.get("/c/TPL/board").text
    exported = client.get(adopted.headers["Location"] + ".csv")
    assert exported.data.startswith(b"\xef\xbb\xbf")
    assert "焚烧秸秆" in exported.data.decode("utf-8-sig")


@on_sqlite
@pytest.mark.parametrize(
    "content, told",
    [
        ("项目,分值\n好,5-10分\n".encode(), "“5-10分”是一个范围"),
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
def test_an_adoption_without_quorum_is_told_beside_the_form(client, village, committee):
    table_id = make.draft_table(village)
    client.sign_in(committee, roles=["committee"])
    form = {"adopted_on": village.today.isoformat(), "body": "assembly", "quorum": "30", "present": "12",
            "votes_for": "10", "votes_against": "1", "minutes_digest": "ab" * 32}  # fmt: skip
    refused = client.post(f"/c/TPL/points/tables/{table_id}/adopt", data=form)
    assert refused.status_code == 422
    assert "到会 12 人，法定人数 30 人。" in refused.text
    missing = client.post(
        f"/c/TPL/points/tables/{table_id}/adopt", data={**form, "present": "31", "minutes_digest": ""}
    )
    assert missing.status_code == 422
    assert "请上传会议纪要" in missing.text


@on_sqlite
def test_from_an_award_to_the_household_and_an_objected_line_waits(client, village, committee, reviewer):
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
