"""The register in the browser: opening a community, importing residents, printing their cards."""

import io
import re
import time
from typing import Any

import openpyxl
import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from openpyxl.worksheet.worksheet import Worksheet
from werkzeug.test import TestResponse

from tests.client import Client
from tests.village import Village
from timebank.people import areas, cards, communities, residents

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)

ROSTER = (
    "姓名,性别,出生日期,手机号,户号,与户主关系,期初分钟,期初积分,原账页码,经办人,复核人\n"
    "陈素珍,女,1940.1.2,,001,户主,1200,25.5,第3册12页,张明,李红\n"
    "陈大海,男,1965-03-04,13800138000,001,子,,,,,\n"
    "𠮷㛃,男,,13800138000,002,户主,,,,,\n"
)


def upload(client: Client, path: str, content: bytes, name: str = "名册.csv") -> TestResponse:
    return client.post(path, {"file": (io.BytesIO(content), name)})


def staged(client: Client, village: Village, content: bytes, name: str = "名册.csv") -> TestResponse:
    """The preview of a file that was uploaded."""
    answer = upload(client, f"/c/{village.code}/imports", content, name)
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["Location"])


def clerk(client: Client, village: Village) -> Any:
    person = village.make_person("吴文书")
    client.sign_in(person, roles=["desk_staff"])
    return person


def workbook(*lines: list[object], merged: str = "") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for line in lines:
        sheet.append(line)
    if merged:
        sheet.merge_cells(merged)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_staff_upload_look_and_confirm(client: Client, village: Village, encoding: str) -> None:
    clerk(client, village)
    preview = staged(client, village, ROSTER.encode(encoding))
    assert "陈素珍" in preview.text
    assert "2 人共用这个电话" in preview.text
    done = client.submit_form(preview, containing="确认导入")
    assert done.status_code == 303
    assert "已导入 3 人、2 户" in client.get(done.headers["Location"]).text
    with village.read() as session:
        names = [person.name for person in residents.search(session, village.community_id, "")]
    assert names == ["吴文书", "陈素珍", "陈大海", "𠮷㛃"]


def test_confirming_the_same_form_twice_takes_people_in_once(client: Client, village: Village) -> None:
    clerk(client, village)
    preview = staged(client, village, ROSTER.encode())
    first, second = (client.submit_form(preview, containing="确认导入") for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    with village.read() as session:
        assert len(residents.search(session, village.community_id, "")) == 4


@on_sqlite
def test_rows_that_cannot_be_taken_are_shown_with_their_reasons_and_nothing_is_written(
    client: Client, village: Village
) -> None:
    clerk(client, village)
    content = workbook(
        ["桃源村名册"],
        ["姓名", "出生日期", "手机号", "期初分钟", "原账页码", "经办人", "复核人"],
        ["张三", "1940-02-30", "１３８００１３８０００", None, None, None, None],
        ["李四", "1940-01-02", None, "=60*2", "第1页", "甲某", "乙某"],
        ["王五", "1940-01-03", None, "60", "第1页", "甲某", "甲某"],
        ["赵六", "1940-01-04", None, None, None, None, None],
    )
    preview = staged(client, village, content, "名册.xlsx")
    assert "有 3 行不能导入" in preview.text
    assert "“出生日期”：不是有效的日期" in preview.text
    assert "“期初分钟”：是公式，而且没有算好的值" in preview.text
    assert "经办人和复核人要是两个人" in preview.text
    assert "确认导入" not in preview.text
    path = re.search(r'href="([^"]+rows\.xlsx[^"]*)"', preview.text)
    assert path
    exported = openpyxl.load_workbook(io.BytesIO(client.get(path[1].replace("&amp;", "&")).data)).active
    assert isinstance(exported, Worksheet)
    assert [row[0] for row in exported.iter_rows(min_row=2, values_only=True)] == [3, 4, 5, 6]
    wrong = client.get(preview.request.path, query_string={"verdict": "error"})
    assert "王五" in wrong.text
    assert "赵六" not in wrong.text
    answer = client.post(preview.request.path + "/confirm")
    assert answer.status_code == 422
    assert "整个文件都没有导入" in answer.text
    with village.read() as session:
        assert len(residents.search(session, village.community_id, "")) == 1


@on_sqlite
@pytest.mark.parametrize(
    "content, said",
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "不是 Excel 工作簿"),
        ("名字叫什么,生日\n张三,1940\n".encode(), "缺少这些列：姓名"),
        ("姓名\n".encode(), "没有数据行"),
        ("姓名\n张三\n".encode("gb18030") + b"\xff\xff", "第 3 行有读不出的文字"),
        ("姓名,名字\n张三,李四\n".encode(), "两列是同一个意思：姓名"),
        (("姓名\n" + "张三\n" * 5001).encode(), "一次最多导入 5000 行"),
    ],
)
def test_files_that_are_no_register_are_told_so(client: Client, village: Village, content: bytes, said: str) -> None:
    clerk(client, village)
    answer = upload(client, f"/c/{village.code}/imports", content)
    assert answer.status_code == 422
    assert said in answer.text


@on_sqlite
def test_the_template_can_be_uploaded_as_it_is(client: Client, village: Village) -> None:
    clerk(client, village)
    template = client.get(f"/c/{village.code}/imports/template.xlsx").data
    preview = staged(client, village, template, "template.xlsx")
    assert "陈素珍" in preview.text
    assert "确认导入" in preview.text


@on_sqlite
def test_a_person_is_registered_corrected_and_found(client: Client, village: Village) -> None:
    clerk(client, village)
    base = f"/c/{village.code}/people"
    refused = client.post(f"{base}/new", {"name": "单小丽", "phone": "12345"})
    assert refused.status_code == 422
    assert "这不是有效的电话号码" in refused.text
    made = client.post(f"{base}/new", {"name": "单小丽", "phone": "0512-65123456", "sex": "f", "address": "3 幢"})
    page = client.get(made.headers["Location"])
    assert "0512" in page.text
    changed = client.post(made.headers["Location"] + "/edit", {"name": "单小莉", "reason": "本人更正"})
    assert changed.status_code == 303
    page = client.get(made.headers["Location"])
    assert "姓名 单小丽 → 单小莉" in page.text
    assert (
        "单小莉" in client.get(base, query_string={"q": "shanxl"}).text
        or "单小莉" in client.get(base, query_string={"q": "sxl"}).text
    )
    client.post(
        made.headers["Location"] + "/flags", {"flag": "lives_alone", "evidence": "走访记录", "from_on": "2026-11-01"}
    )
    client.post(
        made.headers["Location"] + "/leave", {"left_on": "2026-11-19", "left_reason": "moved", "reason": "家属告知"}
    )
    page = client.get(made.headers["Location"])
    assert "走访记录" in page.text
    assert "已离开登记册" in page.text


def printed(client: Client, village: Village, **asked: object) -> bytes:
    """Start a run, wait for it, and fetch its PDF."""
    answer = client.post(f"/c/{village.code}/cards", asked)
    assert answer.status_code == 303, answer.text
    for _ in range(600):
        page = client.get(answer.headers["Location"])
        assert "没有印成" not in page.text
        if "打开 PDF" in page.text:
            return client.get(answer.headers["Location"] + ".pdf").data
        time.sleep(0.05)
    raise AssertionError("the run does not end")


def codes_of(drawn: bytes) -> list[list[str]]:
    """The QR codes of each page, read from its picture at 70 dpi."""
    with pypdfium2.PdfDocument(drawn) as document:
        pages = []
        for page in document:
            picture = page.render(scale=70 / 72).to_pil()
            pages.append([found.text for found in zxingcpp.read_barcodes(picture)])
            page.close()
        return pages


@on_sqlite
def test_ten_cards_to_a_page_and_every_code_reads(client: Client, village: Village) -> None:
    clerk(client, village)
    people = [village.make_person(name) for name in ("张三", "𠮷㛃䶮", "阿依古丽·买买提", *"甲乙丙丁戊己庚")]
    drawn = printed(client, village, kind="personal", whose="all")
    first, second = codes_of(drawn)
    assert (len(first), len(second)) == (10, 1)
    with village.read() as session:
        read = {cards.read_payload(code) for code in first + second}
        tokens = {payload.token for payload in read if payload}
        owners = {cards.person_of_card(session, village.community_id, token).id for token in tokens}
    assert owners >= {person.id for person in people}
    with pypdfium2.PdfDocument(drawn) as document:
        width, height = document[0].get_size()
        assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)
        text = document[0].get_textpage().get_text_range()
    assert "𠮷㛃䶮" in text
    assert people[0].number in text
    # Nothing on a card lets anybody in: no code, no password.
    assert not re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", text)


@on_sqlite
def test_slips_carry_the_code_that_activates(client: Client, village: Village) -> None:
    clerk(client, village)
    person = village.make_person("张三")
    drawn = printed(client, village, kind="personal", whose="one", person_id=person.id.hex, with_codes="1")
    with pypdfium2.PdfDocument(drawn) as document:
        assert len(document) == 2
        text = document[1].get_textpage().get_text_range()
    code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", text)
    assert code
    assert "/activate" in text
    client.sign_out()
    activated = client.post(
        "/activate",
        {"number": person.number, "code": code[0], "password": "a-good-password-7", "repeated": "a-good-password-7"},
    )
    assert activated.status_code == 303, activated.text


@on_sqlite
def test_cards_of_an_import_are_not_printed_before_it_is_said_which(client: Client, village: Village) -> None:
    clerk(client, village)
    client.submit_form(staged(client, village, ROSTER.encode()), containing="确认导入")
    answer = client.post(f"/c/{village.code}/cards", {"kind": "personal", "whose": "import"})
    assert answer.status_code == 422
    assert "请从列出的选项中选择" in answer.text


@on_sqlite
def test_door_cards_name_nobody(client: Client, village: Village) -> None:
    clerk(client, village)
    village.make_household("司徒明月", "司徒小月")
    drawn = printed(client, village, kind="door", whose="without")
    with pypdfium2.PdfDocument(drawn) as document:
        text = document[0].get_textpage().get_text_range()
    assert "司徒" not in text
    assert all("/d/TPL/" in code for code in codes_of(drawn)[0])


@on_sqlite
def test_a_name_that_no_font_has_is_told_before_printing(client: Client, village: Village) -> None:
    clerk(client, village)
    person = village.make_person("王\U000323af")
    asked = {"kind": "personal", "whose": "one", "person_id": person.id.hex}
    answer = client.post(f"/c/{village.code}/cards", asked)
    assert answer.status_code == 409
    assert person.number in answer.text
    assert client.post(f"/c/{village.code}/cards", {**asked, "print_anyway": "1"}).status_code == 303


@on_sqlite
def test_a_run_is_seen_by_nobody_but_who_started_it(client: Client, village: Village) -> None:
    clerk(client, village)
    run = client.post(f"/c/{village.code}/cards", {"kind": "personal", "whose": "all"}).headers["Location"]
    client.sign_in(village.make_person("另一位"), roles=["desk_staff"])
    assert client.get(run).status_code == 404
    assert client.get(run + ".pdf").status_code == 404


@on_sqlite
def test_a_card_is_replaced_from_the_persons_page(client: Client, village: Village) -> None:
    clerk(client, village)
    person = village.make_person("张三")
    printed(client, village, kind="personal", whose="one", person_id=person.id.hex)
    page = client.get(f"/c/{village.code}/people/{person.id}")
    answer = client.submit_form(page, containing="作废旧卡，发新卡", data={"reason": "lost"})
    assert answer.status_code == 303
    assert "已作废：遗失" in client.get(answer.headers["Location"]).text


AREA_TABLE = "编码,名称,级别,上级编码\n33,浙江省,省,\n3301,杭州市,市,33\n330102,上城区,区,3301\n33010201,清波街道,街道,330102\n3301020101,柳翠社区,社区,33010201\n"


def test_an_operator_imports_areas_and_opens_a_community(client: Client, village: Village) -> None:
    client.sign_in(roles=["operator"], name="operator")
    answer = upload(client, "/operator/areas", AREA_TABLE.encode("gb18030"), "区域.csv")
    preview = client.get(answer.headers["Location"])
    assert "柳翠社区" in preview.text
    assert client.submit_form(preview, containing="确认导入").status_code == 303
    assert "浙江省" in client.get("/operator/areas").text
    asked = {
        "code": "lc",
        "name": "柳翠社区",
        "area_code": "3301020101",
        "profile": "nanjing-2019",
        "first_officer": "甲某",
        "second_officer": "甲 某",
    }
    refused = client.post("/operator/communities/new", asked)
    assert refused.status_code == 422
    assert "要是两个不同的人" in refused.text
    answer = client.post("/operator/communities/new", {**asked, "second_officer": "乙某"})
    assert answer.status_code == 303, answer.text
    page = client.get(answer.headers["Location"])
    assert "nanjing-2019" in page.text
    code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", page.text)
    assert code
    with village.read() as session:
        place = communities.by_code(session, "LC")
        assert place is not None
        first = residents.by_serial(session, place.id, 1)
        assert first is not None
    keys = client.app.extensions["timebank_keys"]
    assert keys.exists("LC")
    # The first officer signs in with his code and manages the community; the operator sees the code no longer.
    client.sign_out()
    client.post(
        "/activate",
        {"number": first.number, "code": code[0], "password": "a-good-password-7", "repeated": "a-good-password-7"},
    )
    assert client.get("/c/LC/people").status_code == 200
    client.sign_in(roles=["operator"], name="operator2")
    assert code[0] not in client.get("/operator/communities/LC").text
    again = client.post("/operator/communities/new", {**asked, "second_officer": "乙某"})
    assert again.status_code == 409


@on_sqlite
def test_a_broken_area_table_is_told_row_by_row(client: Client, village: Village) -> None:
    client.sign_in(roles=["operator"], name="operator")
    answer = upload(client, "/operator/areas", (AREA_TABLE + "9,孤村,村,8\n").encode())
    preview = client.get(answer.headers["Location"])
    assert "上级编码不在表里" in preview.text
    assert "确认导入" not in preview.text
    answer = client.post(preview.request.path)
    assert answer.status_code == 422
    with village.read() as session:
        assert "33" not in areas.by_code(session)


@on_sqlite
def test_english_pages_hold_no_chinese_but_data(client: Client, village: Village) -> None:
    clerk(client, village)
    client.http.set_cookie("lang", "en")
    person = village.make_person("张三")
    preview = staged(client, village, ROSTER.encode()).request.path
    data = re.compile("吴文书|张三|陈素珍|陈大海|𠮷㛃|太平里社区|梅园街道|名册|中文|户主|子")
    for path in ("people", f"people/{person.id}", "people/new", "households", "cards", preview.split("/", 3)[3]):
        page = client.get(f"/c/{village.code}/{path}")
        assert page.status_code == 200, path
        left = re.findall("[\u4e00-\u9fff]+", data.sub("", page.text))
        assert not [found for found in left if found not in {"第一网格", "第二网格", "玄武区", "南京市", "江苏省"}], (
            path
        )
