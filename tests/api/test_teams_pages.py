"""Teams in the browser: the leader's page, a list with wrong rows, two taps to donate, and the choice at check-in."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from tests.client import Client
from tests.timebank.hours.arrange import make_point
from tests.timebank.hours.arrange_teams import agree, appoint, go_from, join, make_team, team_minutes
from tests.village import Village
from timebank.hours import service_points

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
HERE = "/c/TPL"


@pytest.fixture
def led(village: Village, client: Client) -> tuple[int, Any]:
    """A team, and its leader signed in as a volunteer."""
    team, leader = make_team(village), village.make_person("程队长")
    join(village, team, leader)
    appoint(village, team, leader)
    client.sign_in(leader, roles=["volunteer"])
    return team, leader


def open_code(client: Client, village: Village, point: int) -> str:
    """The page that a scan of the point's screen leads to."""
    with village.read() as session:
        shown = service_points.live_code(
            service_points.by_number(session, village.community_id, point), now=village.now, step_seconds=30
        )
    return client.get(f"{HERE}/p/{point}/{shown.link_code}", follow_redirects=True).text


def post_form(client: Client, page: str, action: str, **data: str) -> Any:
    ticket = re.search(r'name="ticket" value="([^"]+)"', page)
    assert ticket is not None
    return client.post(f"{HERE}/{action}", {"ticket": ticket[1], **data})


def test_a_member_chooses_at_check_in_and_a_stranger_is_not_asked(village: Village, client: Client, led: Any) -> None:
    team, leader = led
    point = make_point(village)
    page = open_code(client, village, point)
    assert "时间记给谁" in page
    assert "记给团队“蓝马甲志愿队”" in page
    answer = post_form(client, page, "check-in", team=str(team))
    assert "时间记给团队“蓝马甲志愿队”" in client.get(answer.headers["Location"]).text
    assert "为团队" in client.get(f"{HERE}/teams/{team}").text
    village.pass_time(hours=1)
    page = open_code(client, village, point)
    answer = post_form(client, page, "check-out")
    assert "记给团队“蓝马甲志愿队”" in client.get(answer.headers["Location"]).text
    assert team_minutes(village, team) == 60
    go_from(village, team, leader)
    village.pass_time(minutes=1)
    assert "时间记给谁" not in open_code(client, village, point)


def test_a_program_reads_the_teams_that_a_check_in_can_name(village: Village, client: Client, led: Any) -> None:
    team, _ = led
    told = client.get("/api/v1/c/TPL/teams").get_json()
    assert told == {"teams": [{"number": team, "name": "蓝马甲志愿队"}], "only": False}


def test_donating_takes_two_taps_and_can_be_taken_back(village: Village, client: Client, led: Any) -> None:
    test_a_member_chooses_at_check_in_and_a_stranger_is_not_asked(village, client, led)
    team, leader = led
    join(village, team, leader)
    appoint(village, team, leader)
    first = client.post(f"{HERE}/teams/{team}/donations", {"hours": "0", "minutes": "45"})
    assert "24 小时" in first.text
    assert "捐出后可用" in first.text
    assert "捐赠记录" not in client.get(f"{HERE}/teams/{team}").text  # nothing was given yet
    done = client.submit_form(first, containing="确认捐出")
    assert done.status_code == 303
    page = client.get(done.headers["Location"])
    assert "捐赠记录" in page.text
    assert client.submit_form(page, containing="donation_id").status_code == 303
    assert "已撤回" in client.get(f"{HERE}/teams/{team}").text
    too_much = client.post(f"{HERE}/teams/{team}/donations", {"hours": "2", "minutes": "0"})
    assert too_much.status_code == 409


def test_a_list_with_wrong_rows_adds_nobody_and_says_why(village: Village, client: Client, led: Any) -> None:
    team, _ = led
    fine, other = village.make_person("王一"), village.make_person("王二")
    rows = [
        f"{fine.number},王一,",
        f"{other.number},别的名字,",
        f"{fine.number},王一,",
        "TPL-999-9,无此人,",
        f"{other.number},王二,去年",
    ]
    page = upload(client, team, rows)
    for told in ("姓名与登记册不同", "同一个人在表里出现了不止一次", "登记册里没有这个编号", "日期不对"):
        assert told in page.text
    assert "确认加入" not in page.text
    upload_id = page.request.path.rsplit("/", 1)[1]
    assert client.post(f"{HERE}/teams/lists/{upload_id}").status_code == 422
    assert "王一" not in client.get(f"{HERE}/teams/{team}").text


def test_an_exported_list_can_be_read_in_again(village: Village, client: Client, led: Any) -> None:
    team, _ = led
    fine = village.make_person("王一")
    page = upload(client, team, [f"{fine.number},王一,{village.today.isoformat()}"])
    done = client.submit_form(page, containing="确认加入")
    assert "王一" in client.get(done.headers["Location"]).text
    for form in ("csv", "xlsx"):
        exported = client.get(f"{HERE}/teams/{team}/members.{form}").data
        again = client.post(
            f"{HERE}/teams/{team}/lists",
            {"file": (io.BytesIO(exported), f"名单.{form}")},
            follow_redirects=True,
        )
        assert "没有要加入的人" in again.text, form
        assert again.text.count("已是成员") >= 2


def test_what_is_no_list_is_refused_on_the_teams_page(client: Client, led: Any) -> None:
    team, _ = led
    for content, name in ((b"\x00\x01 nothing", "x.xlsx"), ("姓名\n张三\n".encode(), "x.csv"), (b"", "x.csv")):
        answer = client.post(f"{HERE}/teams/{team}/lists", {"file": (io.BytesIO(content), name)})
        assert answer.status_code == 422, name


def test_a_parent_agrees_and_takes_back_on_his_own_page(village: Village, client: Client) -> None:
    parent = village.make_person("赵父")
    child = village.make_person("赵小", born_on=village.today.replace(year=2011), household_id=parent.household_id)
    client.sign_in(parent)
    page = client.get(f"{HERE}/abilities")
    assert "赵小" in page.text
    done = client.submit_form(page, containing="我同意", data={"person_id": child.id.hex, "relation": "parent"})
    page = client.get(done.headers["Location"])
    assert "有效" in page.text
    client.submit_form(page, containing="撤回")
    assert "已撤回" in client.get(f"{HERE}/abilities").text


def test_staff_keep_skills_insurance_and_consents_of_somebody(village: Village, client: Client) -> None:
    minor = village.make_person("钱小", born_on=village.today.replace(year=2010))
    agree(village, minor)
    client.sign_in(village.make_person(), roles=["desk_staff"])
    where = f"{HERE}/people/{minor.id}"
    assert "王母" in client.get(f"{where}/abilities").text
    refused = client.post(f"{where}/skills", {"skill": "first_aid", "from_on": "2026-11-20"})
    assert refused.status_code == 422
    assert "请填写这一项" in refused.text
    client.post(f"{where}/skills", {"skill": "first_aid", "proof": "证 A1", "from_on": "2026-11-20"})
    told = {"insurer": "平安", "policy_number": "P1", "from_on": "2026-11-20", "until_on": "2026-11-19"}
    assert client.post(f"{where}/insurances", told).status_code == 422
    client.post(f"{where}/insurances", {**told, "until_on": "2026-12-01"})
    page = client.get(f"{where}/abilities").text
    assert "证 A1" in page
    assert "快到期" in page


def test_a_member_sees_his_team_and_no_list_of_members(village: Village, client: Client, led: Any) -> None:
    team, _ = led
    member, other = village.make_person("李成员"), village.make_person("孙成员")
    for person in (member, other):
        join(village, team, person)
    client.sign_in(member)
    page = client.get(f"{HERE}/teams/{team}").text
    assert "离开这个团队" in page
    assert "孙成员" not in page
    assert client.get(f"{HERE}/teams/{team}/members.csv").status_code == 403
    client.sign_in(village.make_person())
    assert client.get(f"{HERE}/teams/{team}").status_code == 403


def upload(client: Client, team: int, rows: list[str]) -> Any:
    content = "\n".join(["编号,姓名,加入日期", *rows]).encode()
    return client.post(f"{HERE}/teams/{team}/lists", {"file": (io.BytesIO(content), "名单.csv")}, follow_redirects=True)
