"""Typing a page of the paper register, and reading one from a table."""

import io

import pytest
from openpyxl import Workbook
from sqlmodel import col, select

from tests.api.test_attendance import make_person
from tests.timebank.hours.arrange_teams import join, make_team
from timebank.hours import team_hours
from timebank.hours.attendance.tables import PaperRow, Visit

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
PAGE = "/c/TPL/late-entry/page"


@pytest.fixture
def clerk(client, village):
    client.sign_in(make_person(village, "王录入"), roles=["desk_staff"])
    return client


def typed(*rows, book="2026 登记册", page="12"):
    """The form with rows of (line, number, day, start, end)."""
    cells = ("line", "person", "day", "starts", "ends")
    data = {f"{name}_{at}": value for at, row in enumerate(rows) for name, value in zip(cells, row, strict=True)}
    return {"book": book, "page": page, "place": "活动室", **data}


def written(village):
    with village.read() as session:
        return [
            (row.book, row.page, row.line) for row in session.scalars(select(PaperRow).order_by(col(PaperRow.line)))
        ]


def test_a_page_is_typed_and_its_empty_rows_do_not_count(clerk, village):
    who = make_person(village, "李志愿")
    rows = [("1", who.number, "2026-11-18", "0900", "11点"), ("2", "", "2026-11-18", "", "")]
    assert clerk.post(PAGE, data=typed(*rows)).status_code == 303
    assert written(village) == [("2026 登记册", 12, 1)]
    with village.read() as session:
        visit = session.scalars(select(Visit)).one()
        assert (visit.evidence, visit.state, visit.place) == ("D", "under_review", "活动室")


def test_each_wrong_row_says_why_and_nothing_is_written(clerk, village):
    who = make_person(village, "李志愿")
    rows = [
        ("1", who.number, "2026-11-18", "09:00", "11:00"),
        ("2", who.number, "2026-11-18", "10:00", "12:00"),
        ("3", "TPL-999-9", "2026-11-18", "九点", "12:00"),
        ("x", who.number, "2026-13-18", "09:00", "12:00"),
    ]
    page = clerk.post(PAGE, data=typed(*rows))
    assert page.status_code == 422
    for words in ("与这里的另一行时间重叠", "请填写时间", "请填写整数", "请填写日期", "有 4 行要改"):
        assert words in page.text
    assert 'value="九点"' in page.text  # what was typed stays
    assert written(village) == []
    empty = clerk.post(PAGE, data=typed())
    assert (empty.status_code, "请至少填一行" in empty.text) == (422, True)


def test_the_same_row_is_not_typed_twice(clerk, village):
    who = make_person(village, "李志愿")
    row = ("1", who.number, "2026-11-18", "09:00", "11:00")
    clerk.post(PAGE, data=typed(row))
    page = clerk.post(PAGE, data=typed(("1", who.number, "2026-11-17", "09:00", "11:00")))
    assert "这一页的这一行已经录入过" in page.text
    assert len(written(village)) == 1


def test_a_table_fills_the_form_and_writes_nothing_until_it_is_saved(clerk, village):
    who = make_person(village, "李志愿")
    book = Workbook()
    sheet = book.active
    sheet.append(["页", "行", "志愿者编号", "日期", "开始", "结束", "类别"])
    sheet.append([3, 1, who.number, "2026-11-18", "9:00", "11:30", "助餐"])
    sheet.append([3, 2, "TPL-999-9", "2026/11/18", "9:00", "11:30", ""])
    file = io.BytesIO()
    book.save(file)
    page = clerk.post("/c/TPL/late-entry/table", data={"file": (io.BytesIO(file.getvalue()), "册子.xlsx")})
    assert page.status_code == 200
    assert "有 1 行要改" in page.text
    assert "没有这个编号的人" in page.text
    assert written(village) == []
    fixed = clerk.submit_form(
        page,
        containing="全部记下",
        data={
            "book": "册子",
            "page_0": "3",
            "line_0": "1",
            "person_0": who.number,
            "day_0": "2026-11-18",
            "starts_0": "09:00",
            "ends_0": "11:30",
        },
    )
    assert fixed.status_code == 303
    assert written(village) == [("册子", 3, 1)]
    with village.read() as session:
        assert session.scalars(select(Visit)).one().service_class == "meals"


def test_rows_may_be_a_teams(clerk, village):
    who, other = make_person(village, "李志愿"), make_person(village, "赵志愿")
    team = make_team(village)
    join(village, team, who)
    village.pass_time(days=2)
    row = ("1", who.number, "2026-11-20", "09:00", "11:00")
    wrong = clerk.post(PAGE, data={**typed(row), "team": "没有的队"})
    assert (wrong.status_code, "没有这个团队" in wrong.text) == (422, True)
    stranger = clerk.post(PAGE, data={**typed(("2", other.number, *row[2:])), "team": "蓝马甲志愿队"})
    assert "那一天不是这个团队的成员" in stranger.text
    assert clerk.post(PAGE, data={**typed(row), "team": "蓝马甲志愿队"}).status_code == 303
    late = {
        "person": who.number,
        "day": "2026-11-21",
        "starts": "09:00",
        "ends": "10:00",
        "place": "楼前",
        "source": "12",
    }
    assert clerk.post("/c/TPL/late-entry", data={**late, "team": "没有的队"}).status_code == 422
    assert clerk.post("/c/TPL/late-entry", data={**late, "person": other.number, "team": str(team)}).status_code == 422
    assert clerk.post("/c/TPL/late-entry", data={**late, "team": str(team)}).status_code == 303
    with village.read() as session:
        visits = session.scalars(select(Visit)).all()
        found = [team_hours.team_of_visit(session, village.community_id, visit.id) for visit in visits]
    assert [one.number for one in found] == [team, team]


def test_an_own_report_may_be_a_teams(client, village):
    who, team = make_person(village, "李志愿"), make_team(village)
    client.sign_in(who, roles=["volunteer"])
    asked = {"day": "2026-11-21", "starts": "09:00", "ends": "10:00", "place": "楼前", "witness": "老王"}
    assert "为谁服务" not in client.get("/c/TPL/my/late-entry").text
    join(village, team, who)
    village.pass_time(days=2)
    assert "蓝马甲志愿队" in client.get("/c/TPL/my/late-entry").text
    assert client.post("/c/TPL/my/late-entry", data={**asked, "team": "蓝马甲志愿队"}).status_code == 303
    with village.read() as session:
        visit = session.scalars(select(Visit)).one()
        assert team_hours.team_of_visit(session, village.community_id, visit.id).number == team
