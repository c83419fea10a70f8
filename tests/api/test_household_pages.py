"""Households, a year's end and honours through the pages: what people see, and the one way on."""

import datetime as dt

import pytest

from tests.api.test_orders_pages import signed_in
from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.points import make
from tests.timebank.points.test_honours import TABLE
from tests.timebank.points.test_household_changes import person_of
from tests.timebank.points.test_years import points, run

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def text(answer):
    assert answer.status_code in (200, 303), answer.text
    return answer.text


@on_sqlite
def test_a_family_splits_by_two_sign_ins_and_the_desk_and_everybody_sees_the_same_numbers(app, db, village):
    make.table_in_force(village, TABLE)
    make.shop(village, price_steps=60, name="大米")
    make.shop(village, price_steps=600, name="电饭煲")
    father, son, wife = village.make_household("孟大山", "孟小河", "陈芳", steps=20)
    award = make.enter(village, father, "帮邻居", quantity="3")
    make.approve(village, award)
    make.publish(village)
    make.enter(village, father, "见义勇为")
    village.pass_time(days=12)
    make.book_due(village)
    clerk = village.make_person("周前台")
    at_home, at_desk = signed_in(app, db, village, father), signed_in(app, db, village, clerk, ["desk_staff"])
    seen = text(at_home.get("/c/TPL/my/household"))
    for told in ("17", "大米", "电饭煲", "再得 43 分能换", "见义勇为", "待审核", "好事"):
        assert told in seen, told
    number = 1 if "第 1 户" in seen else int(seen.split("第 ")[1].split(" 户")[0])
    assert at_desk.get(f"/c/TPL/households/{number}").status_code == 200
    assert signed_in(app, db, village, village.make_person()).get(f"/c/TPL/households/{number}").status_code == 403
    form = {"going": [son.id.hex, wife.id.hex], "new_head": son.id.hex, "share_percent": "50", "reason": "成家"}
    wrong = at_home.post(f"/c/TPL/households/{number}/split", data={**form, "share_points": "3"})
    assert (wrong.status_code, "只填一个" in wrong.text) == (422, True)
    asked = at_home.post(f"/c/TPL/households/{number}/split", data=form)
    assert asked.status_code == 303, asked.text
    change = asked.headers["Location"]
    assert "等大家同意" in text(at_desk.get(change))
    signed_in(app, db, village, son).post(f"{change}/agree", data={})
    assert "凭什么记下" in text(at_desk.get(change))  # his wife has not said a word yet
    assert at_desk.get(f"/api/v1{change}").json["missing"] == [wife.number]
    silent = at_desk.post(f"{change}/agree", data={"member": wife.id.hex})
    assert (silent.status_code, "请填写这一项" in silent.text) == (422, True)
    text(at_desk.post(f"{change}/agree", data={"member": wife.id.hex, "evidence": "在协议上签字"}))
    assert "都已同意" in text(at_desk.get(change))
    text(at_desk.post(f"{change}/carry-out", data={}))
    assert points(village, father) == points(village, person_of(village, son)) == 85
    assert "分户" in text(at_home.get("/c/TPL/my/points"))
    assert "孟小河" in text(at_home.get(f"/c/TPL/households/{number}/history"))
    told = at_home.get(f"/api/v1/c/TPL/households/{number}").json
    assert (told["available_steps"], told["lifetime_steps"], told["months"][-1]["by_category"]) == (
        85,
        150,
        {"好事": 150},
    )
    assert at_home.get(f"/c/TPL/households/{number}/points.csv").text.count("15") >= 1


@on_sqlite
def test_a_committee_closes_a_year_on_its_page_and_prints_the_report(app, db, village):
    change_policy(village, carry_percent=50)
    (person,) = village.make_household("孟大山", steps=101)
    one = village.make_person("许一")
    first = signed_in(app, db, village, one, ["committee"])
    second = signed_in(app, db, village, village.make_person("朱二"), ["supervision_committee"])
    village.clock.move(dt.datetime(2026, 12, 20, 9, tzinfo=dt.UTC) - village.now)
    made = first.post(
        "/c/TPL/points/years",
        data={"year": "2026", "decided_on": "2026-12-20", "body": "assembly", "reason": "村民会议决定", "base": "end"},
    )
    assert made.status_code == 303, made.text
    page = made.headers["Location"]
    seen = text(first.get(page))
    assert ("孟大山" in seen, "5.1" in seen, "登记的人不能自己确认" in seen) == (True, True, True)
    assert first.post(f"{page}/announce", data={}).status_code == 403
    text(second.post(f"{page}/announce", data={}))
    run(village)
    told = text(signed_in(app, db, village, person).get("/c/TPL/notices"))
    assert "2026 年的积分请在" in told
    assert "5.1" in text(signed_in(app, db, village, person).get(f"/c/TPL/my/year-end/{page.rsplit('/', 1)[1]}"))
    early = first.post(f"{page}/start", data={})
    assert (early.status_code, "2027-02-01" in early.text) == (409, True)
    village.clock.move(dt.datetime(2027, 2, 1, 1, tzinfo=dt.UTC) - village.now)
    first = signed_in(app, db, village, one, ["committee"])
    text(first.post(f"{page}/start", data={}))
    run(village)
    assert "已结转" in text(first.get(page))
    assert points(village, person) == 51
    assert "孟大山" in first.get(f"{page}.csv").text
    assert first.get(f"{page}.pdf").data.startswith(b"%PDF")


@on_sqlite
def test_a_red_list_hangs_out_masked_and_a_head_lets_her_name_be_shown(app, db, village):
    make.table_in_force(village, TABLE)
    person = village.make_person("欧阳明")
    make.approve(village, make.enter(village, person, "见义勇为"))
    make.publish(village)
    village.pass_time(days=12)
    make.book_due(village)
    committee = signed_in(app, db, village, village.make_person("许一"), ["committee"])
    second = signed_in(app, db, village, village.make_person("朱二"), ["supervision_committee"])
    yesterday = village.today - dt.timedelta(days=1)
    made = committee.post(
        "/c/TPL/honours/manage",
        data={"kind": "red", "title": "年末红榜", "from_day": (yesterday - dt.timedelta(days=60)).isoformat(),
              "to_day": yesterday.isoformat(), "rule": "remark"},
    )  # fmt: skip
    assert made.status_code == 303, made.text
    text(second.post(made.headers["Location"] + "/confirm", data={}))
    text(committee.post(made.headers["Location"] + "/publish", data={}))
    visitor = app.test_client()
    seen = visitor.get("/c/TPL/honours/1").text
    assert ("欧阳*" in seen, "欧阳明" in seen, "见义勇为" in seen) == (True, False, True)

    def on_board(name):
        """Whether the board shows it to anybody, on the phone and on one of the screen's pages."""
        screens = [visitor.get(f"/c/TPL/board/screen?page={page}").text for page in range(1, 7)]
        return name in visitor.get("/c/TPL/board").text, any(name in screen for screen in screens)

    assert (on_board("年末红榜"), on_board("欧阳*"), on_board("欧阳明")) == ((True, True), (True, True), (False, False))
    mine = signed_in(app, db, village, person)
    assert "同意显示全名" in text(mine.get("/c/TPL/my/household"))
    text(mine.post("/c/TPL/honours/1/lines/1/consent", data={"given": "1"}))
    assert "欧阳明" in visitor.get("/c/TPL/honours").text
    assert on_board("欧阳明") == (True, True)
    text(mine.post("/c/TPL/honours/1/lines/1/consent", data={"given": "0"}))
    assert on_board("欧阳明") == (False, False)  # within the same minute
    text(mine.post("/c/TPL/honours/1/lines/1/consent", data={"given": "1"}))
    assert visitor.get("/c/TPL/honours/1/sheet.pdf?paper=A3").data.startswith(b"%PDF")
    assert visitor.get("/api/v1/c/TPL/honours").json["lists"][0]["lines"][0]["name"] == "欧阳明"
