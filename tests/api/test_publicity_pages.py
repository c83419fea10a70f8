"""The board and the committee's pages of publicity as people use them."""

import dataclasses
import re

import pypdfium2  # type: ignore[import-untyped]
import pytest

from api import board_sheets, lists
from ledger import book_of
from tests.timebank.points import make
from tests.timebank.points.shop import arrange
from timebank import accounts, checks, policy
from timebank.permissions import Actor
from timebank.points.publicity import batches, preparing

ITEM = "参加公益理发"
pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def batch(village):
    make.table_in_force(village)
    return make.published(village, *[(village.make_person("上官飞燕"), ITEM) for _ in range(22)])


def pages_of(answer):
    document = pypdfium2.PdfDocument(answer.data)
    try:
        return len(document), document[0].get_size()
    finally:
        document.close()


def test_a_line_is_found_by_its_number_and_the_counts_add_up(client, village, batch):
    found = client.get("/c/TPL/board/1?line=22")
    assert found.headers["Location"].endswith("/c/TPL/board/1?page=1&line=22#l22")
    page = client.get(found.headers["Location"].partition("#")[0])
    assert 'id="l22" class="sought"' in page.text
    assert "各状态相加，正好是公示的 22 行" in page.text
    assert "没有第 23 行" in client.get("/c/TPL/board/1?line=23").text


@pytest.mark.parametrize("size, width", [("A4", 595), ("A3", 842)])
def test_sheets_have_the_pages_that_they_say(client, village, batch, size, width):
    count, (found, _height) = pages_of(client.get(f"/c/TPL/board/1/sheet.pdf?size={size}"))
    assert (count, round(found)) == (2, width)


def test_the_board_shows_an_answer_at_once_and_the_screen_turns_its_pages(client, village, batch):
    assert "异议和答复" not in client.get("/c/TPL/board").text
    person, desk = village.make_person(), village.make_person("李服务")
    client.sign_in(desk, roles=["desk_staff"])
    told = {"person": person.number, "channel": "phone", "reason": "他没有来,是王大妈看见的"}
    assert client.post("/c/TPL/board/1/3/object", data=told).status_code == 303
    client.sign_in(village.make_person("周委员"), roles=["committee"])
    waiting = client.get("/c/TPL/objections")
    assert "电话" in waiting.text
    (answer,) = {line.split('"')[1] for line in waiting.text.split("action=")[1:] if "/answer" in line[:90]}
    assert client.post(answer, data={"verdict": "reject", "text": "签到码和照片都有"}).status_code == 303
    client.sign_out()
    board = client.get("/c/TPL/board").text
    assert "签到码和照片都有" in board
    assert "王大妈" not in board
    screen = client.get("/c/TPL/board/screen")
    assert 'http-equiv="refresh" content="20;url=/c/TPL/board/screen?page=2"' in screen.text
    assert "<script" not in screen.text


def test_a_batch_is_booked_by_one_click_when_its_period_is_over(client, village, batch):
    client.sign_in(village.make_person("周委员"), roles=["committee"])
    early = client.post("/c/TPL/publicity/1/book")
    assert (early.status_code, "期满才能入账" in early.text) == (409, True)
    village.pass_time(days=12)
    assert client.post("/c/TPL/publicity/1/book").status_code == 303
    assert "这一批办结了" in client.get("/c/TPL/publicity/1").text


def test_files_and_sheets_of_a_batch_are_made_once_for_each_state_of_it(client, village, batch, monkeypatch):
    """Ten thousand phones that ask for the list cost one making; a long batch is several files of sheets."""
    folder = client.app.extensions["timebank_settings"].data_dir / "ready"
    first = client.get("/c/TPL/board/1.csv").data
    (kept,) = folder.iterdir()
    assert kept.read_bytes() == first
    kept.write_bytes(b"kept")
    assert client.get("/c/TPL/board/1.csv").data == b"kept"
    assert client.get("/c/TPL/board/1.xlsx").status_code == 200
    client.sign_in(village.make_person())
    client.post("/c/TPL/board/1/3/object", data={"reason": "他没有来"})
    assert "有异议" in client.get("/c/TPL/board/1.csv").text
    assert kept not in list(folder.iterdir())
    monkeypatch.setattr(lists, "PRINTED_MOST", 20)
    assert client.get("/c/TPL/board/1.pdf").status_code == 422
    monkeypatch.setattr(board_sheets, "PART_PAGES", 1)
    monkeypatch.setattr(board_sheets, "AT_ONCE_MOST", 4)
    assert client.get("/c/TPL/board/1/sheet.pdf").headers["Location"].endswith("/sheet?size=A4")
    assert client.get("/c/TPL/board/1/sheet.pdf?part=3").status_code == 404
    for part, lines in ((1, "18"), (2, "22")):
        answer = client.get(f"/c/TPL/board/1/sheet.pdf?part={part}")
        assert (pages_of(answer)[0], last_line_of(answer)) == (1, lines)
    page = client.get("/c/TPL/board/1/sheet").text
    assert "第 1–1 页" in page
    assert 'http-equiv="refresh"' not in page


def last_line_of(answer):
    document = pypdfium2.PdfDocument(answer.data)
    try:
        said = document[0].get_textpage().get_text_range()
    finally:
        document.close()
    return max(re.findall(r"^(\d+) ", said, re.MULTILINE), key=int)


def test_a_line_that_the_ledger_refuses_is_shown_tried_again_and_given_up(client, village):
    make.table_in_force(village)
    gone, other = village.make_person("赵六"), village.make_person("钱七")
    home = {"kind": "household", "owner_id": gone.household_id, "unit": "pt"}
    village.write(lambda s, now: book_of(s).close(accounts.opened_or_main(s, village.community_id, **home)) and {})
    make.published(village, (gone, ITEM), (other, ITEM))
    village.pass_time(days=12)
    client.sign_in(village.make_person("周委员"), roles=["committee"])
    client.post("/c/TPL/publicity/1/book")
    assert village.balance(village.main_account(other.household_id, "pt")) > 0
    page = client.get("/c/TPL/publicity/1").text
    assert "1 行入不了账" in page
    assert "这一户的积分账户已经注销" in page
    assert "试了 1 次" in page
    client.post("/c/TPL/publicity/1/book")
    assert "试了 2 次" in client.get("/c/TPL/publicity/1").text
    assert client.post("/c/TPL/publicity/1/1/give-up", data={"reason": "全家迁走"}).status_code == 303
    assert "这一批办结了" in client.get("/c/TPL/publicity/1").text
    with village.read() as session:
        assert [row.code for row in checks.find(session, actor=Actor.console(village.community_id, "test"))] == []


def test_lines_that_a_used_up_quota_refuses_are_booked_when_there_is_a_new_one(village):
    """The rule of the year's points stops each line that it cannot hold, and nothing else; a day later all are tried again."""
    make.table_in_force(village)
    make.published(village, *[(village.make_person(), ITEM) for _ in range(3)])
    with village.read() as session:
        (steps,) = {one.award.credited_steps for one in batches.lines_of(session, village.community_id, 1)}

    def quota(lines):
        numbers = dataclasses.replace(policy.Policy(), quota_pt_steps=lines * steps)

        def settle(session, _now):
            policy.set_quotas(session, village.community_id, numbers, approvers=[1, 2])
            return {}

        village.write(settle)

    village.pass_time(days=12)
    quota(1)
    assert [make.book_due(village)["booked"] for _ in range(2)] == [1, 0]
    quota(9)
    assert make.book_due(village)["booked"] == 0  # not within the day
    village.pass_time(days=1)
    assert make.book_due(village)["booked"] == 2
    with village.read() as session:
        assert batches.batch_of(session, village.community_id, 1).state == "closed"
        assert checks.find(session, actor=Actor.console(village.community_id, "test")) == []


def test_an_objection_is_taken_back_by_its_person_and_by_a_clerk(client, village, batch):
    person, other = village.make_person("孙八"), village.make_person("李九")
    client.sign_in(person)
    client.post("/c/TPL/board/1/3/object", data={"reason": "看错了行"})
    (url,) = {
        line.split('"')[1]
        for line in client.get("/c/TPL/my/objections").text.split("action=")[1:]
        if "/take-back" in line[:120]
    }
    assert client.post(url, data={}).status_code == 303
    assert "已收回" in client.get("/c/TPL/my/objections").text
    assert client.post(url, data={}).status_code == 409
    client.sign_in(other)
    client.post("/c/TPL/board/1/4/object", data={"reason": "看错了行"})
    client.sign_in(village.make_person("赵服务"), roles=["committee"])
    (url,) = {
        line.split('"')[1]
        for line in client.get("/c/TPL/objections").text.split("action=")[1:]
        if "/take-back" in line[:120]
    }
    assert client.post(url, data={}).status_code == 422
    assert client.post(url, data={"reason": "打电话来说看错了"}).status_code == 303
    assert "objection_taken_back" in arrange.notices(village, other)
    client.sign_out()
    assert "有异议" not in client.get("/c/TPL/board/1.csv").text


def test_an_answer_does_not_name_who_objected_and_a_booked_line_says_how_it_is_put_right(client, village, batch):
    person = village.make_person("孙八宝")
    client.sign_in(person)
    client.post("/c/TPL/board/1/3/object", data={"reason": "他没有来"})
    village.pass_time(days=12)
    make.book_due(village)
    client.post("/c/TPL/board/1/4/object", data={"reason": "只有一次"})
    client.sign_in(village.make_person("周委员"), roles=["committee"])
    page = client.get("/c/TPL/objections").text
    assert "任何人都看得到" in page
    assert "再到“登记一笔”里按正确的数重新登记" in page
    urls = sorted({line.split('"')[1] for line in page.split("action=")[1:] if "/answer" in line[:120]})
    for url in urls:
        named = client.post(url, data={"verdict": "reject", "text": "孙八宝说的不对"})
        assert (named.status_code, "写了提异议的人的名字" in named.text) == (422, True)
    answers = [client.post(url, data={"verdict": "correct", "quantity": "1", "text": "是一次"}) for url in urls]
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert sum("这一行已经入账，不能改数" in answer.text for answer in answers) == 1


def test_a_month_that_is_not_over_is_published_with_a_warning_until_its_last_day(client, village):
    make.table_in_force(village)
    make.approve(village, make.enter(village, village.make_person(), ITEM))
    officer, month = village.make_person("周委员"), village.today.replace(day=1)
    village.pass_time(days=(preparing.last_day(month) - village.today).days)
    client.sign_in(officer, roles=["committee"])
    page = client.get("/c/TPL/publicity").text
    assert f"{month.month} 月还没有结束" in page
    assert "公示这 1 行" in page
    village.pass_time(days=1)
    client.sign_in(officer, roles=["committee"])
    assert "月还没有结束" not in client.get(f"/c/TPL/publicity?month={month:%Y-%m}").text
    assert client.post("/c/TPL/publicity", data={"month": f"{month:%Y-%m}"}).status_code == 303
