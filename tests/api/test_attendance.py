"""Checking in and out in a browser: each answer, and what is written by it."""

import datetime
import re
from uuid import UUID

import pytest
import zxingcpp
from PIL import Image, ImageDraw
from sqlmodel import select

from tests.client import Client
from tests.statements import heard_of
from tests.timebank.hours.arrange import close_forgotten, make_point, scan
from timebank import accounts
from timebank.hours import service_points
from timebank.hours.attendance import reading
from timebank.hours.attendance.tables import Visit
from timebank.people import logins, residents
from timebank.people.residents import Particulars
from timebank.permissions import Actor
from timebank.storage import new_key

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
pytestmark = on_sqlite
HERE = "/c/TPL"


def make_person(village, name="李志愿", born_on=datetime.date(1990, 5, 1)):
    """A person of the register, as rows of sign-in need one."""

    def admit(session, now):
        person = residents.admit(
            session,
            actor=Actor.console(village.community_id, "test"),
            now=now,
            particulars=Particulars(name=name, born_on=born_on),
        )
        return {"person": person.id.hex}

    made = village.write(admit, name=name)
    with village.read() as session:
        person = residents.person(session, village.community_id, UUID(made["person"]))
        session.expunge(person)
        return person


@pytest.fixture
def point(village):
    return make_point(village)


@pytest.fixture
def volunteer(village):
    return make_person(village)


@pytest.fixture
def phone(client, volunteer):
    """The volunteer's phone, signed in."""
    client.sign_in(volunteer, roles=["volunteer"])
    return client


def link(village, point):
    """The address in the QR code of the screen now."""
    with village.read() as session:
        row = service_points.by_number(session, village.community_id, point)
        live = service_points.live_code(row, now=village.now, step_seconds=30)
    return f"{HERE}/p/{point}/{live.link_code}"


def open_code(client, address):
    """Scan: the page with the one big button, and the ticket in it."""
    answer = client.get(address, follow_redirects=True)
    found = re.search(r'name="ticket" value="([^"]+)"', answer.text)
    return answer, found[1] if found else None


def come(client, village, point):
    _, ticket = open_code(client, link(village, point))
    return client.post(f"{HERE}/check-in", {"ticket": ticket}, follow_redirects=True)


def go(client, village, point):
    _, ticket = open_code(client, link(village, point))
    return client.post(f"{HERE}/check-out", {"ticket": ticket}, follow_redirects=True)


def visits(village):
    with village.read() as session:
        return list(session.scalars(select(Visit)))


def test_scan_tap_serve_scan_tap(phone, village, point, volunteer):
    page, _ = open_code(phone, link(village, point))
    assert page.status_code == 200
    assert "签到" in page.text
    told = come(phone, village, point)
    assert "09:00 已签到" in told.text
    assert volunteer.number in told.text
    village.pass_time(minutes=107)
    page, _ = open_code(phone, link(village, point))
    assert "签退" in page.text
    told = go(phone, village, point)
    assert "10:47 已签退，记入 1 小时 45 分" in told.text
    assert "1 小时 47 分" in told.text  # real
    assert "按 15 分钟取整" in told.text
    assert "账户现有 1 小时 45 分" in told.text
    statement = phone.get(f"{HERE}/my/hours")
    assert "1 小时 45 分" in statement.text
    account = phone.get(f"{HERE}/my/account")
    assert "服务记入" in account.text


def test_opening_a_code_writes_nothing(phone, village, point):
    """Messengers open links by themselves."""
    with village.read() as session:
        before = len(list(session.connection().exec_driver_sql("SELECT * FROM request")))
    for _ in range(3):
        phone.get(link(village, point), follow_redirects=True)
    with village.read() as session:
        assert len(list(session.connection().exec_driver_sql("SELECT * FROM request"))) == before
    assert visits(village) == []


def test_who_must_sign_in_first_keeps_the_time_of_the_scan(client, village, point, volunteer):
    client.sign_in(volunteer, roles=["volunteer"])
    with client.http.session_transaction() as cookie:
        kept = dict(cookie)
    client.sign_out()
    page = client.get(link(village, point))
    scan_address = page.headers["Location"]
    asked = client.get(scan_address)
    assert asked.status_code == 303
    assert "/sign-in?next=" in asked.headers["Location"]
    assert "扫码时间 09:00 已记下" in client.get(asked.headers["Location"]).text
    village.pass_time(minutes=8)
    with client.http.session_transaction() as cookie:
        cookie.update(kept)
    ticket = re.search(r'name="ticket" value="([^"]+)"', client.get(scan_address).text)[1]
    told = client.post(f"{HERE}/check-in", {"ticket": ticket}, follow_redirects=True)
    assert "09:00 已签到" in told.text
    (visit,) = visits(village)
    assert visit.started_recorded_at - visit.started_at > datetime.timedelta(minutes=8)


def test_a_second_tap_is_told_since_when(phone, village, point):
    _, ticket = open_code(phone, link(village, point))
    phone.post(f"{HERE}/check-in", {"ticket": ticket})
    again = phone.post(f"{HERE}/check-in", {"ticket": ticket})
    assert again.status_code == 409
    assert "09:00 已签到" in again.text
    assert "band grey" in again.text
    assert len(visits(village)) == 1


def test_a_check_in_asks_the_database_little(phone, village, point):
    """Two questions who asks; tail, known keys, policy, what is plain; visit, claim, answer; begin, savepoint and commit."""
    _, ticket = open_code(phone, link(village, point))
    with heard_of(village.storage) as asked:
        answer = phone.post(f"{HERE}/check-in", {"ticket": ticket})
    assert answer.status_code == 303
    told = [sql for sql, _ in asked]
    after_token = told[len(told) - told[::-1].index("ROLLBACK") :]  # the client reads a page for the form's token first
    statements = list(dict.fromkeys(after_token))  # SQLite tells an INSERT with a trigger twice
    assert len(statements) <= 12, "\n".join(statements)


def test_a_repeated_request_shows_the_same_visit(phone, village, point):
    _, ticket = open_code(phone, link(village, point))
    key = new_key(village.now)
    first = phone.post(f"{HERE}/check-in", {"ticket": ticket}, key=key)
    again = phone.post(f"{HERE}/check-in", {"ticket": ticket}, key=key)
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["Location"] == again.headers["Location"]


def test_a_second_tap_on_check_out_credits_once(phone, village, point, volunteer):
    come(phone, village, point)
    village.pass_time(minutes=60)
    _, ticket = open_code(phone, link(village, point))
    phone.post(f"{HERE}/check-out", {"ticket": ticket})
    again = phone.post(f"{HERE}/check-out", {"ticket": ticket})
    assert again.status_code == 409
    assert "10:00 已签退" in again.text
    with village.read() as session:
        number = accounts.main(session, village.community_id, volunteer.id, "min")
    assert village.balance(number) == 60


def test_a_stale_code_says_scan_again(phone, village, point):
    address = link(village, point)
    village.pass_time(minutes=3)
    answer = phone.get(address)
    assert answer.status_code == 409
    assert "这个码已经过期" in answer.text
    assert "请现在再扫一次" in answer.text


def test_a_wrong_code_is_told_from_a_stale_one(phone, point):
    answer = phone.get(f"{HERE}/p/{point}/1234567890")
    assert answer.status_code == 422
    assert "这不是“太平里服务点”的签到码" in answer.text


def test_a_code_of_another_point_names_it(phone, village, point):
    other = make_point(village, "北门服务点")
    code = link(village, other).rsplit("/", 1)[1]
    answer = phone.get(f"{HERE}/p/{point}/{code}")
    assert answer.status_code == 409
    assert "这是“北门服务点”的码" in answer.text


def test_checked_in_elsewhere_says_where_and_since_when(phone, village, point):
    other = make_point(village, "北门服务点")
    come(phone, village, point)
    answer = phone.get(link(village, other), follow_redirects=True)
    assert answer.status_code == 409
    assert "您正在别处服务：09:00 在 太平里服务点 签到" in answer.text


def test_checked_in_in_another_community_is_refused(client, village, other_village, point):
    """One login, two memberships: presence is claimed over all communities."""
    here, there = make_person(village), make_person(other_village)
    other_point = make_point(other_village)
    login = client.sign_in(here, roles=["volunteer"])
    client.db.storage.write_global(
        lambda session, now: logins.link(
            session,
            now=now,
            login_id=login,
            community_id=other_village.community_id,
            person_id=there.id,
            number=there.number,
        )
    )
    client.db.storage.write_global(
        lambda session, now: logins.grant(
            session,
            now=now,
            role="volunteer",
            area_path=other_village.area_path,
            from_on=now.date(),
            until_on=None,
            given_by="test",
            login_id=login,
        )
    )
    come(client, village, point)
    village.pass_time(minutes=3)  # longer than a claim stands without a visit
    address = link(other_village, other_point).replace("/TPL/", "/HZM/")
    _, ticket = open_code(client, address)
    answer = client.post("/c/HZM/check-in", {"ticket": ticket})
    assert answer.status_code == 409
    assert "您在另一个社区已经签到" in answer.text
    village.pass_time(minutes=30)
    go(client, village, point)
    _, ticket = open_code(client, link(other_village, other_point).replace("/TPL/", "/HZM/"))
    assert client.post("/c/HZM/check-in", {"ticket": ticket}).status_code == 303


def test_a_claim_of_presence_without_a_visit_stands_for_two_minutes(client, village, other_village, point):
    """A crash between claim and check-in locks nobody out."""
    here = make_person(village)
    login = client.sign_in(here, roles=["volunteer"])
    now = village.now
    client.db.storage.write_global(
        lambda session, _: logins.arrive(
            session,
            now=now,
            login_id=login,
            community_id=other_village.community_id,
            until=now + datetime.timedelta(hours=12),
        )
    )
    _, ticket = open_code(client, link(village, point))
    assert client.post(f"{HERE}/check-in", {"ticket": ticket}).status_code == 409
    village.pass_time(minutes=3)
    assert client.post(f"{HERE}/check-in", {"ticket": ticket}).status_code == 303


def test_an_expired_ticket_says_scan_again(phone, village, point):
    _, ticket = open_code(phone, link(village, point))
    village.pass_time(minutes=11)
    answer = phone.post(f"{HERE}/check-in", {"ticket": ticket})
    assert answer.status_code == 409
    assert "这次扫码已过去 11 分钟" in answer.text
    assert visits(village) == []


def test_a_forwarded_ticket_is_of_no_use_in_another_browser(phone, app, db, village, point):
    _, ticket = open_code(phone, link(village, point))
    friend = Client(app, db)
    friend.sign_in(make_person(village, "王朋友"), roles=["volunteer"])
    friend.get(f"{HERE}/my/hours")
    answer = friend.post(f"{HERE}/check-in", {"ticket": ticket})
    assert answer.status_code == 409
    assert "不是在这个浏览器里做的" in answer.text
    assert friend.get(f"{HERE}/scan?ticket={ticket}").status_code == 409
    assert visits(village) == []


def test_a_broken_ticket_is_refused(phone):
    for ticket in ("x", "a.b", "a" * 500):
        assert phone.get(f"{HERE}/scan?ticket={ticket}").status_code == 422
        assert phone.post(f"{HERE}/check-in", {"ticket": ticket}).status_code == 422
    assert phone.get(f"{HERE}/scan").status_code == 422


def test_who_is_no_volunteer_here_is_told_where_to_ask(client, village, point):
    client.sign_in(make_person(village, "张居民"))
    answer = client.get(link(village, point), follow_redirects=True)
    assert answer.status_code == 403
    assert "您还不是这个社区的志愿者" in answer.text
    assert "服务台登记" in answer.text


def test_a_volunteer_of_another_community_is_none_here(client, village, other_village, point):
    client.sign_in(make_person(other_village), roles=["volunteer"])
    assert client.get(link(village, point), follow_redirects=True).status_code == 403


def test_under_age_is_told_what_is_missing(client, village, point):
    client.sign_in(make_person(village, born_on=datetime.date(2010, 6, 1)), roles=["volunteer"])
    answer = come(client, village, point)
    assert answer.status_code == 409
    assert "您今天 16 岁" in answer.text
    assert "监护人" in answer.text


def test_a_full_day_is_said_before_the_tap_and_after(phone, village, point):
    for _ in range(3):
        come(phone, village, point)
        village.pass_time(hours=3)
        go(phone, village, point)
        village.pass_time(minutes=1)
    page, _ = open_code(phone, link(village, point))
    assert "今天已记满 8 小时" in page.text
    assert "今天已记满 8 小时" in come(phone, village, point).text


def test_a_form_from_a_device_with_a_wrong_clock_is_told_so(phone, village, point):
    _, ticket = open_code(phone, link(village, point))
    ahead = new_key(village.now + datetime.timedelta(hours=3))
    answer = phone.post(f"{HERE}/check-in", json=None, data={"ticket": ticket}, key=ahead)
    assert answer.status_code == 409
    assert "时间" in answer.text
    assert visits(village) == []


def test_six_digits_can_be_typed(phone, village, point):
    assert phone.get(f"{HERE}/p/{point}").status_code == 200
    digits = link(village, point)[-6:]
    answer = phone.post(f"{HERE}/p/{point}", {"code": f"{digits[:3]} {digits[3:]}"}, follow_redirects=True)
    assert 'name="ticket"' in answer.text


def test_guessing_digits_is_stopped(phone, village, point):
    for _ in range(5):
        assert phone.post(f"{HERE}/p/{point}", {"code": "000001"}).status_code in {409, 422}
    digits = link(village, point)[-6:]
    answer = phone.post(f"{HERE}/p/{point}", {"code": digits})
    assert answer.status_code == 403
    assert "试错的次数太多" in answer.text


def test_checking_out_right_after_checking_in_needs_a_new_code(phone, village, point):
    _, ticket = open_code(phone, link(village, point))
    phone.post(f"{HERE}/check-in", {"ticket": ticket})
    answer = phone.post(f"{HERE}/check-out", {"ticket": ticket})
    assert answer.status_code == 409
    assert "签退要扫新的码" in answer.text


def test_checking_out_without_checking_in(phone, village, point):
    _, ticket = open_code(phone, link(village, point))
    answer = phone.post(f"{HERE}/check-out", {"ticket": ticket})
    assert answer.status_code == 409
    assert "不能签退" in answer.text


def test_every_answer_is_in_english_too(phone, village, point):
    address = link(village, point)
    english = {"headers": {"Accept-Language": "en"}}
    page = phone.get(address, follow_redirects=True, **english)
    assert "Check in" in page.text
    village.pass_time(minutes=3)
    told = phone.get(address, **english)
    assert "expired" in told.text
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"太平里\S*|中文|长辈版|简体", "", _body(told.text)))


def _body(html):
    return re.sub(r"<[^>]+>", " ", html.split("<main", 1)[1].split("</main>")[0])


# The screen


def read_qr(html):
    """Draw the SVG of a page as pixels, and read it."""
    svg = re.search(r'<svg class="qr" viewBox="0 0 (\d+) \1".*?</svg>', html, re.DOTALL)
    size, scale = int(svg[1]), 8
    image = Image.new("L", (size * scale, size * scale), 255)
    draw = ImageDraw.Draw(image)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", svg[0]):
        left, top = int(x) * scale, int(y) * scale
        draw.rectangle((left, top, left + int(length) * scale - 1, top + scale - 1), fill=0)
    return zxingcpp.read_barcode(image).text


def screen_address(village, point):
    with village.read() as session:
        return f"{HERE}/screen/{point}/{service_points.by_number(session, village.community_id, point).screen_token}"


def test_the_screens_qr_code_checks_a_volunteer_in(phone, app, db, village, point):
    wall = Client(app, db)
    html = wall.get(screen_address(village, point)).text
    address = read_qr(html)
    assert address.startswith("http://127.0.0.1:8000/c/TPL/p/")
    _, ticket = open_code(phone, address.removeprefix("http://127.0.0.1:8000"))
    assert phone.post(f"{HERE}/check-in", {"ticket": ticket}).status_code == 303
    digits = "".join(re.search(r'screen-digits"[^>]*>(\d{3})\D+(\d{3})', html).groups())
    assert address.endswith(digits)


def test_the_code_changes_every_thirty_seconds(client, village, point):
    address = screen_address(village, point)
    first = read_qr(client.get(address + "/code").text)
    village.pass_time(seconds=31)
    second = read_qr(client.get(address + "/code").text)
    assert first != second


def test_a_screen_needs_its_token(client, village, point):
    assert client.get(f"{HERE}/screen/{point}/nonsense").status_code == 404
    assert client.get(f"{HERE}/screen/99/nonsense").status_code == 404


def test_a_screen_has_no_inline_script_or_style(client, village, point):
    html = client.get(screen_address(village, point)).text
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", html)
    assert "htmx.min" in html
    assert 'hx-trigger="every' in html


# Staff


@pytest.fixture
def desk(app, db, village):
    staff = Client(app, db)
    staff.sign_in(make_person(village, "赵柜员"), roles=["community_manager"])
    return staff


def test_staff_open_a_point_and_print_its_code(desk, phone, village):
    answer = desk.post(
        f"{HERE}/service-points",
        {"name": "东门", "place": "门口", "area_path": village.area_path},
        follow_redirects=True,
    )
    assert "服务点“东门”已建好" in answer.text
    sheet = desk.post(f"{HERE}/service-points/1/fixed-code", follow_redirects=True)
    address = read_qr(sheet.text)
    _, ticket = open_code(phone, address.removeprefix("http://127.0.0.1:8000"))
    assert phone.post(f"{HERE}/check-in", {"ticket": ticket}).status_code == 303
    (visit,) = visits(village)
    assert visit.evidence == "B"


def test_a_point_without_a_name_is_refused_at_its_field(desk, village):
    answer = desk.post(f"{HERE}/service-points", {"name": " ", "area_path": village.area_path})
    assert answer.status_code == 422
    assert "请填写这一项" in answer.text


def test_a_point_cannot_be_put_into_another_community(desk, village, other_village):
    answer = desk.post(f"{HERE}/service-points", {"name": "东门", "area_path": other_village.area_path})
    assert answer.status_code == 422


def test_who_is_here_and_the_review_queue(desk, phone, village, point, volunteer):
    come(phone, village, point)
    assert volunteer.number in desk.get(f"{HERE}/here").text
    village.pass_time(hours=3)
    close_forgotten(village)
    page = desk.get(f"{HERE}/reviews")
    assert volunteer.number in page.text
    (visit,) = visits(village)
    answer = desk.post(
        f"{HERE}/reviews/{visit.id.hex}",
        {"verdict": "accept", "ends": "10:30", "note": "队长证明"},
        follow_redirects=True,
    )
    assert "已通过，记入 90 分钟" in answer.text
    shown = phone.get(f"{HERE}/visits/{visit.id.hex}")
    assert "队长证明" in shown.text
    assert desk.post(f"{HERE}/reviews/{visit.id.hex}", {"verdict": "accept"}).status_code == 409


def test_a_late_entry_by_the_desk_and_by_the_volunteer(desk, phone, village, volunteer, point):
    entered = desk.post(
        f"{HERE}/late-entry",
        {
            "person": volunteer.number,
            "day": "2026-11-19",
            "starts": "09:00",
            "ends": "10:00",
            "place": "二号楼",
            "source": "第 3 页",
        },
        follow_redirects=True,
    )
    assert "已录入 李志愿 的补签" in entered.text
    wrong = phone.post(
        f"{HERE}/my/late-entry",
        {"day": "2026-11-19", "starts": "09:30", "ends": "10:30", "place": "三号楼", "witness": "王阿姨"},
    )
    assert wrong.status_code == 409
    assert "这段时间与另一次服务重叠" in wrong.text
    told = phone.post(
        f"{HERE}/my/late-entry",
        {"day": "2026-11-18", "starts": "09:30", "ends": "10:30", "place": "三号楼", "witness": "王阿姨"},
        follow_redirects=True,
    )
    assert "已收到" in told.text
    missing = phone.post(
        f"{HERE}/my/late-entry", {"day": "2026-11-17", "starts": "09:30", "ends": "10:30", "place": "三号楼"}
    )
    assert missing.status_code == 422
    assert {visit.evidence for visit in visits(village)} == {"C", "D"}
    unknown = desk.post(
        f"{HERE}/late-entry",
        {"person": "TPL-999-9", "day": "2026-11-19", "starts": "09:00", "ends": "10:00", "place": "x", "source": "y"},
    )
    assert unknown.status_code == 422


def test_an_activity_from_plan_to_check_in(desk, phone, village, point):
    planned = desk.post(
        f"{HERE}/activities",
        {
            "title": "清洁家园",
            "point": point,
            "service_class": "public",
            "day": "2026-11-20",
            "starts": "09:00",
            "ends": "11:00",
            "capacity": "5",
        },
        follow_redirects=True,
    )
    assert "活动“清洁家园”已发布" in planned.text
    assert "清洁家园" in phone.get(f"{HERE}/activities").text
    assert "您已报名" in phone.post(f"{HERE}/activities/1/sign-up", follow_redirects=True).text
    page, ticket = open_code(phone, link(village, point))
    assert "清洁家园" in page.text
    told = phone.post(f"{HERE}/check-in", {"ticket": ticket, "activity": "1"}, follow_redirects=True)
    assert "清洁家园" in told.text
    assert "活动已取消" in desk.post(f"{HERE}/activities/1/cancel", {"reason": "下雨"}, follow_redirects=True).text


def test_a_statement_of_somebody_else_is_for_staff(desk, phone, village, point, volunteer):
    come(phone, village, point)
    assert "李志愿" in desk.get(f"{HERE}/hours/{volunteer.id.hex}").text
    assert desk.get(f"{HERE}/hours/{volunteer.id.hex}/account").status_code == 200
    nosy = Client(phone.app, phone.db)
    nosy.sign_in(make_person(village, "孙好奇"), roles=["volunteer"])
    assert nosy.get(f"{HERE}/hours/{volunteer.id.hex}").status_code == 403
    (visit,) = visits(village)
    assert nosy.get(f"{HERE}/visits/{visit.id.hex}").status_code == 403
    assert nosy.get(f"{HERE}/visits/nonsense").status_code == 404


def test_a_long_statement_is_paged_and_asks_few_questions(phone, village, point, volunteer):
    for _ in range(22):
        come(phone, village, point)
        village.pass_time(minutes=16)
        go(phone, village, point)
        village.pass_time(minutes=1)
    first = phone.get(f"{HERE}/my/hours")
    following = re.search(r'href="([^"]+before=[^"]+)"', first.text)[1].replace("&amp;", "&")
    second = phone.get(following)
    assert first.text.count('class="visit"') == 20
    assert second.text.count('class="visit"') == 2
    with village.read() as session:
        actor = village.actor("desk_staff")
        assert len(reading.statement(session, actor=actor, person_id=volunteer.id, limit=50)) == 22


def test_the_committee_records_an_adopted_table_of_multipliers(desk, phone):
    form = {
        "adopted_on": "2026-11-19", "in_force_from": "2026-11-20", "body": "居民代表会议", "minutes": "全文",
        "service_class_0": "public", "starts_0": "22:00", "ends_0": "00:00", "percent_0": "150",
    }  # fmt: skip
    assert "第 1 张系数表已记录" in desk.post(f"{HERE}/multipliers", form, follow_redirects=True).text
    assert "22:00–24:00" in phone.get(f"{HERE}/multipliers").text
    assert phone.post(f"{HERE}/multipliers", form).status_code == 403
    assert desk.post(f"{HERE}/multipliers", form | {"in_force_from": "2026-11-19"}).status_code == 409
    assert desk.post(f"{HERE}/multipliers", form | {"ends_0": ""}).status_code == 422
    assert desk.post(f"{HERE}/multipliers", form | {"starts_0": "", "ends_0": ""}).status_code == 422
    assert (
        desk.post(f"{HERE}/multipliers", form | {"ends_0": "21:00", "in_force_from": "2026-12-01"}).status_code == 422
    )
    again = desk.post(f"{HERE}/multipliers", form)
    assert again.status_code == 409


# The JSON API


def test_the_api_checks_in_and_out_and_tells_the_statement(phone, village, point):
    digits = link(village, point)[-6:]
    ticket = phone.post("/api/v1/c/TPL/tickets", json={"point": point, "code": digits}).json
    assert ticket["point"] == "太平里服务点"
    begun = phone.post("/api/v1/c/TPL/check-in", json={"ticket": ticket["ticket"]})
    assert begun.status_code == 200
    assert begun.json["since"] == "09:00"
    village.pass_time(minutes=46)
    ticket = phone.post("/api/v1/c/TPL/tickets", json={"point": point, "code": link(village, point)[-10:]}).json
    ended = phone.post("/api/v1/c/TPL/check-out", json={"ticket": ticket["ticket"]}).json
    assert (ended["real_minutes"], ended["credited_minutes"], ended["balance_minutes"]) == (46, 45, 45)
    listed = phone.get("/api/v1/c/TPL/visits").json
    assert [visit["credited_minutes"] for visit in listed["visits"]] == [45]
    statement = phone.get("/api/v1/c/TPL/statement").json
    assert (statement["balance_minutes"], [line["amount"] for line in statement["lines"]]) == (45, [45])


def test_the_same_key_gives_the_same_answer(phone, village, point):
    ticket = phone.post("/api/v1/c/TPL/tickets", json={"point": point, "code": link(village, point)[-6:]}).json[
        "ticket"
    ]
    key = new_key(village.now)
    first = phone.post("/api/v1/c/TPL/check-in", json={"ticket": ticket}, key=key)
    again = phone.post("/api/v1/c/TPL/check-in", json={"ticket": ticket}, key=key)
    assert first.json == again.json


def test_api_refusals_tell_facts(phone, village, point):
    ticket = phone.post("/api/v1/c/TPL/tickets", json={"point": point, "code": link(village, point)[-6:]}).json[
        "ticket"
    ]
    phone.post("/api/v1/c/TPL/check-in", json={"ticket": ticket})
    again = phone.post("/api/v1/c/TPL/check-in", json={"ticket": ticket})
    assert again.status_code == 409
    assert again.json["error"]["code"] == "already_checked_in"
    assert again.json["error"]["facts"]["since"] == "09:00"


@pytest.mark.parametrize(
    "body, field",
    [
        ({}, "ticket"),
        ({"ticket": 7}, "ticket"),
        ({"ticket": "x", "more": 1}, "more"),
        ({"ticket": "x", "activity": 1.5}, "activity"),
    ],
)
def test_api_mistakes_name_their_field(phone, body, field):
    answer = phone.post("/api/v1/c/TPL/check-in", json=body)
    assert answer.status_code == 422
    assert field in answer.json["error"]["facts"]["fields"]


def test_the_api_wants_a_sign_in_and_a_key(client, phone, village, point):
    ticket = phone.post("/api/v1/c/TPL/tickets", json={"point": point, "code": link(village, point)[-6:]}).json[
        "ticket"
    ]
    token = phone.csrf_token()
    keyless = phone.http.post("/api/v1/c/TPL/check-in", json={"ticket": ticket}, headers={"X-CSRFToken": token})
    assert keyless.status_code == 422
    client.sign_out()
    assert client.post("/api/v1/c/TPL/check-in", json={"ticket": ticket}).status_code == 401
    assert client.get("/api/v1/c/TPL/visits").status_code == 401


def test_openapi_describes_the_calls(client):
    described = client.get("/api/v1/openapi.json").json["paths"]
    for path, method in (
        ("tickets", "post"),
        ("check-in", "post"),
        ("check-out", "post"),
        ("visits", "get"),
        ("statement", "get"),
    ):
        assert method in described[f"/api/v1/c/{{community_code}}/{path}"]


def test_a_scan_helper_of_tests_reads_what_a_phone_reads(village, point):
    assert scan(village, point).evidence == "A"
