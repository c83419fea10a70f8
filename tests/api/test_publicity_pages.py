"""The board and the committee's pages of publicity as people use them."""

import pypdfium2  # type: ignore[import-untyped]
import pytest

from tests.timebank.points import make

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
