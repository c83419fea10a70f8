"""Activities, rosters and opening hours in a browser: what is typed, what is answered, what is shown to whom."""

from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from tests.client import Client
from tests.timebank.hours.arrange import come, make_point, make_resident, scan
from tests.timebank.hours.arrange_activities import days, numbers, plan, set_hours, sign_up, stands
from timebank.hours.opening_hours import Opening

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
HERE = "/c/TPL"


@pytest.fixture
def point(village):
    return make_point(village)


@pytest.fixture
def volunteer(village):
    return village.make_person("李志愿")


@pytest.fixture
def phone(client, volunteer):
    client.sign_in(volunteer, roles=["volunteer"])
    return client


@pytest.fixture
def desk(client, village):
    desk = Client(client.app, client.db)
    desk.sign_in(village.make_person("周服务台"), roles=["desk_staff"])
    return desk


def form(point, **other):
    return {
        "title": "清洁家园",
        "point": point,
        "service_class": "public",
        "day": "2026-11-21",
        "starts": "09:00",
        "ends": "11:00",
        **other,
    }


def test_waiting_in_turn_and_coming_up_are_told(desk, phone, village, volunteer, point):
    number = plan(village, point, capacity=1)
    first = village.actor("volunteer", person=make_resident(village, "先来"))
    sign_up(village, first, number)
    assert "排候补" in phone.get(f"{HERE}/activities/{number}").text
    waits = phone.post(f"{HERE}/activities/{number}/sign-up", follow_redirects=True)
    assert "您排候补第 1 位" in waits.text
    assert "候补中" in phone.get(f"{HERE}/activities?kind=mine").text
    assert "候补 1" in desk.get(f"{HERE}/activities/{number}").text
    desk.post(f"{HERE}/activities/{number}/people/take-off", {"person_id": first.person_id.hex})
    assert "您已报名" in phone.get(f"{HERE}/activities/{number}").text
    assert "您补上了" in phone.get(f"{HERE}/notices").text


def test_a_series_with_two_shifts_from_the_form(desk, village, point):
    told = desk.post(
        f"{HERE}/activities",
        form(
            point,
            rhythm="weekly",
            weekdays=["6", "7"],
            until="2026-11-29",
            shift_name="上午",
            shift_name_2="下午",
            starts_2="14:00",
            ends_2="16:00",
            capacity_2="3",
            skips_closed="1",
            closes_hours="12",
            age_from="18",
        ),
        follow_redirects=True,
    )
    assert "共 8 场" in told.text
    assert "同一系列" in told.text
    assert "每周六、周日" in told.text
    assert len(days(village)) == 8


WRONG_PLANS = [
    ({"rhythm": "weekly", "until": "2026-12-31"}, "请填写这一项"),
    ({"rhythm": "weekly", "weekdays": "6"}, "到哪一天为止"),
    ({"rhythm": "digit", "until": "2026-12-31"}, "请填写这一项"),
    ({"rhythm": "monthly_day", "month_day": "32", "until": "2026-12-31"}, "之间的数"),
    ({"starts_2": "14:00"}, "请填写这一项"),
    ({"day": "2026-11-01", "rhythm": "weekly", "weekdays": "6", "until": "2026-12-31"}, "已经过去了"),
    ({"age_from": "60", "age_to": "18"}, "这个数不能用"),
    ({"capacity": "1001"}, "之间的数"),
    ({"leader": "TPL-999-9"}, "没有这个编号的人"),
    ({"skills": "astrology"}, "请从列出的选项中选择"),
]


def test_what_cannot_be_is_said_at_its_field_and_nothing_is_written(desk, village, point):
    for wrong, said in WRONG_PLANS:
        answer = desk.post(f"{HERE}/activities", form(point, **wrong))
        assert answer.status_code == 422, wrong
        assert said in answer.text, wrong
        assert 'value="清洁家园"' in answer.text
    assert numbers(village) == []


def test_changing_the_rest_from_the_form(desk, village, point):
    desk.post(f"{HERE}/activities", form(point, rhythm="weekly", weekdays="6", until="2026-12-05"))
    page = desk.get(f"{HERE}/activities/1/edit")
    assert "这一场和以后的同一班" in page.text
    told = desk.post(
        f"{HERE}/activities/1",
        {
            "title": "清洁河道",
            "service_class": "public",
            "day": "2026-11-21",
            "starts": "10:00",
            "ends": "12:00",
            "scope": "rest",
        },
        follow_redirects=True,
    )
    assert "已保存，共 3 场" in told.text
    assert days(village) == ["2026-11-21 10:00", "2026-11-28 10:00", "2026-12-05 10:00"]


def test_a_campaign_from_its_template(desk, village, point):
    assert "爱心送考" in desk.get(f"{HERE}/activities/campaigns").text
    told = desk.post(
        f"{HERE}/activities/campaigns",
        {"template": "exam_escort", "title": "爱心送考", "point": point, "day": "2027-06-07"},
        follow_redirects=True,
    )
    assert "共 9 场" in told.text
    again = desk.post(
        f"{HERE}/activities/campaigns",
        {"template": "exam_escort", "title": "爱心送考", "point": point, "day": "2026-06-07"},
    )
    assert (again.status_code, "已经过去了" in again.text) == (422, True)


def test_an_absence_from_the_list_to_the_decision(desk, phone, village, volunteer, point):
    number = plan(village, point, starts_in=0.5, hours=1)
    phone.post(f"{HERE}/activities/{number}/sign-up")
    other = village.actor("volunteer", person=make_resident(village, "来了的"))
    sign_up(village, other, number)
    come(village, other, scan(village, point))
    village.pass_time(hours=2)
    page = desk.get(f"{HERE}/activities/{number}")
    assert "来了" in page.text
    assert "记 李志愿 未到" in page.text
    assert "记 来了的 未到" not in page.text
    desk.post(f"{HERE}/activities/{number}/absences", {"person_id": volunteer.id.hex})
    assert "这次记了未到" in phone.get(f"{HERE}/activities/{number}").text
    assert "算一次未到" in phone.get(f"{HERE}/activities?kind=mine").text
    phone.post(f"{HERE}/activities/{number}/excuse", {"reason": "孩子发烧"})
    assert "孩子发烧" in desk.get(f"{HERE}/activities/absences").text
    desk.post(f"{HERE}/activities/{number}/absences/decide", {"person_id": volunteer.id.hex, "verdict": "accepted"})
    assert "已同意请假" in phone.get(f"{HERE}/activities/{number}").text
    assert "不算未到" in phone.get(f"{HERE}/activities?kind=mine").text


def test_an_empty_reason_is_asked_for_again(phone, village, volunteer, point):
    number = plan(village, point)
    phone.post(f"{HERE}/activities/{number}/sign-up")
    answer = phone.post(f"{HERE}/activities/{number}/excuse", {"reason": ""})
    assert answer.status_code == 422
    assert stands(village, village.actor("volunteer", person=volunteer), number) == "place"


def test_hours_from_the_form_lay_out_a_roster_and_are_shown_to_everybody(desk, phone, village, point):
    told = desk.post(
        f"{HERE}/service-points/{point}/hours",
        {
            "opens_1a": "08:00",
            "closes_1a": "11:30",
            "opens_1b": "14:00",
            "closes_1b": "17:00",
            "opens_5a": "08:00",
            "closes_5a": "00:00",
            "digits": ["5", "0"],
            "digit_opens": "07:00",
            "digit_closes": "12:00",
            "duty_people": "2",
        },
        follow_redirects=True,
    )
    assert "开放时间已保存" in told.text
    assert 'value="23:59"' in told.text  # until midnight, as a time field says it
    week = desk.get(f"{HERE}/service-points/{point}/roster?week=2026-11-23")
    assert "08:00–11:30, 14:00–17:00" in week.text
    assert "缺 2 人" in week.text
    where = phone.get(f"{HERE}/where")
    assert "现在开放" in where.text  # Friday, 9 in the morning
    closed = desk.post(
        f"{HERE}/service-points/{point}/days", {"day": "2026-11-20", "reason": "停电"}, follow_redirects=True
    )
    assert "停电" in closed.text
    assert "今天不开" in phone.get(f"{HERE}/where").text
    assert "停电" in phone.get(f"{HERE}/where").text


WRONG_HOURS = [
    {"opens_1a": "08:00"},
    {"opens_1a": "11:00", "closes_1a": "08:00"},
    {"opens_1a": "08:00", "closes_1a": "11:00", "opens_1b": "10:00", "closes_1b": "12:00"},
    {"digits": "5"},
    {"duty_people": "21"},
    {"opens_1a": "25:00", "closes_1a": "26:00"},
]


def test_hours_that_cannot_be_are_said(desk, point):
    for wrong in WRONG_HOURS:
        answer = desk.post(f"{HERE}/service-points/{point}/hours", wrong)
        assert answer.status_code == 422, wrong
        assert "problem" in answer.text, wrong


def test_who_is_on_duty_stands_on_the_points_page_and_masked_for_everybody(desk, phone, village, point):
    set_hours(village, point, Opening("weekday", 5, 600, 720))
    person = make_resident(village, "王值班")
    told = desk.post(
        f"{HERE}/service-points/{point}/roster",
        {"number": numbers(village)[0], "person": person.number, "week": "2026-11-20"},
        follow_redirects=True,
    )
    assert "已安排 王值班 值班" in told.text
    assert "王值班" in desk.get(f"{HERE}/service-points/{point}").text
    assert "王值班" in desk.get(f"{HERE}/service-points/{point}/roster/sheet").text
    seen = phone.get(f"{HERE}/where").text
    assert "王值班" not in seen
    assert "王*" in seen
    unknown = desk.post(f"{HERE}/service-points/{point}/roster", {"number": numbers(village)[0], "person": "TPL-999-9"})
    assert unknown.status_code == 422


def test_other_volunteers_names_are_for_staff_only(phone, desk, village, point):
    number = plan(village, point)
    sign_up(village, village.actor("volunteer", person=make_resident(village, "王别人")), number)
    assert "王别人" in desk.get(f"{HERE}/activities/{number}").text
    assert "王别人" in desk.get(f"{HERE}/activities/{number}/sheet").text
    assert "王别人" not in phone.get(f"{HERE}/activities/{number}").text
    assert phone.get(f"{HERE}/activities/{number}/sheet").status_code == 403


def test_other_communities_activities_and_points_are_not_there(desk, village, other_village):
    assert desk.get(f"{HERE}/activities/77").status_code == 404
    assert desk.get(f"{HERE}/service-points/77/roster").status_code == 404
    stranger = make_resident(other_village, "外人")
    number = plan(village, make_point(village))
    answer = desk.post(f"{HERE}/activities/{number}/people", {"person": stranger.number})
    assert answer.status_code == 422
    answer = desk.post(f"{HERE}/activities/{number}/people/take-off", {"person_id": stranger.id.hex})
    assert answer.status_code == 303
    assert "外人" not in answer.text


def test_a_double_tap_signs_up_once(phone, village, volunteer, point):
    number = plan(village, point, capacity=1)
    key = phone.new_key()
    for _ in range(2):
        assert phone.post(f"{HERE}/activities/{number}/sign-up", key=key).status_code == 303
    assert phone.post(f"{HERE}/activities/{number}/sign-up").status_code == 303
    assert "1 人，最多 1 人" in phone.get(f"{HERE}/activities/{number}").text


@contextmanager
def questions():
    """What is asked of the database meanwhile."""
    asked = []

    def note(connection, cursor, statement, *rest):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


def test_a_list_asks_as_few_questions_for_twenty_as_for_one(phone, village, point):
    plan(village, point)
    phone.get(f"{HERE}/activities")
    with questions() as of_one:
        phone.get(f"{HERE}/activities")
    for at in range(22):
        plan(village, point, starts_in=48 + at * 3)
    with questions() as of_many:
        page = phone.get(f"{HERE}/activities")
    assert "下一页" in page.text
    assert len(of_many) == len(of_one)
