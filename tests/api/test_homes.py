"""Homes by role: the next thing, what waits, what is left; one main action each."""

from __future__ import annotations

import re
import uuid
from datetime import date

import pytest

from tests.timebank.hours import arrange
from tests.timebank.hours.arrange_orders import Orders, make_elder
from tests.timebank.lived_in import live
from timebank import notices
from timebank.people import helpers, residents
from timebank.permissions import Actor

# The rules of pages, not of the storage.
pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def orders(client, village):
    return Orders(village)


def test_a_volunteer_sees_the_claimed_order_the_month_and_checks_in(client, village):
    story = live(village)
    client.sign_in(_person(village, story.volunteer.person_id), roles=["volunteer"])
    page = _glance(client)
    assert "下一次" in page
    assert story.open_order_id.hex in page.replace("-", "")
    assert page.count("button primary") == 1
    assert "/c/TPL/check-in" in page
    assert "/c/TPL/my/balance" in page


def test_who_is_checked_in_sees_where_and_goes_to_check_out(client, village):
    volunteer = arrange.make_volunteer(village)
    arrange.come(village, volunteer, arrange.scan(village, arrange.make_point(village)))
    client.sign_in(_person(village, volunteer.person_id), roles=["volunteer"])
    page = _glance(client)
    assert "已签到" in page
    assert ">签退" in re.sub(r"\s+", "", page)


def test_an_elder_sees_her_order_what_is_left_and_what_is_arranged(client, village, orders):
    elder = make_elder(village, 600, name="王奶奶")
    orders.claim(orders.place(elder, minutes=60, hours_ahead=50), arrange.make_volunteer(village))
    client.sign_in(_person(village, elder.id))
    page = _glance(client)
    assert "已领" in page
    assert "9 小时" in page
    assert "已约好 1 小时" in page
    assert page.count("button primary") == 1


def test_a_helper_chooses_for_whom(client, village, orders):
    helper = village.make_person("孙女")
    elders = [make_elder(village, 300, name=name) for name in ("王奶奶", "李爷爷")]
    for elder in elders:
        _bind(village, elder, helper)
    client.sign_in(helper)
    page = _glance(client)
    assert "您替谁办" in page
    assert all(f"/helped/{elder.number}/orders/new" in page for elder in elders)


def test_the_desk_sees_what_waits_the_longest_first_and_who_is_in(client, village, orders):
    elder = make_elder(village, 600, name="王奶奶")
    orders.place(elder, minutes=60, hours_ahead=50, by=village.actor(person=elder), dispatch_at_once=False)
    village.pass_time(hours=5)
    arrange.come(village, arrange.make_volunteer(village), arrange.scan(village, arrange.make_point(village)))
    client.sign_in(village.make_person("服务台"), roles=["desk_staff"])
    page = _glance(client)
    assert "新订单等受理" in page
    assert "最久 5 小时" in page
    assert "现在 1 人在服务" in page
    assert 'name="q"' in page
    at_desk = client.get("/c/TPL/desk").text
    assert "新订单等受理" in at_desk
    assert at_desk.count('name="q"') == 1


def test_a_grid_worker_sees_what_waits_in_her_grid(client, village, orders):
    grid = "320102010101"
    elder = make_elder(village, 600, name="王奶奶")
    orders.place(elder, minutes=60, hours_ahead=50, by=village.actor(person=elder), dispatch_at_once=False)
    client.sign_in(village.make_person("网格员"), roles=["grid_worker"], area_path=f"{village.area_path}{grid}/")
    page = _glance(client)
    assert "没有等着办的事" in page
    assert "新订单等受理" not in page


def test_elder_mode_has_one_main_action_and_few_choices(client, village):
    elder = make_elder(village, 600, name="王奶奶")
    client.sign_in(_person(village, elder.id), roles=["volunteer"])
    client.http.set_cookie("elder", "24")
    page = _glance(client)
    assert page.count("button primary") == 1
    assert page.split("more-tasks")[0].count('class="task"') <= 4


def test_home_counts_the_notices_that_nobody_has_read(client, village):
    person = village.make_person("王奶奶")
    client.sign_in(person)
    assert "条未读" not in client.get("/c/TPL/").text
    for number in (1, 2):
        _tell(village, person, number)
    assert "2 条未读" in client.get("/c/TPL/").text
    client.http.set_cookie("elder", "24")
    assert "2 条未读" in client.get("/c/TPL/").text


def test_the_desk_sees_what_is_to_be_told_and_who_comes_first(client, village):
    elder, neighbour = village.make_person("王奶奶", born_on=date(1940, 1, 1)), village.make_person("李四")
    village.write(
        lambda session, now: residents.flag(
            session,
            actor=Actor.console(village.community_id, "test"),
            now=now,
            person_id=elder.id,
            flag="lives_alone",
            evidence="走访记录 7 号",
            from_on=date(2020, 1, 1),
            until_on=None,
        )
    )
    _tell(village, elder, 1)
    client.sign_in(village.make_person("前台"), roles=["desk_staff"])
    page = client.get(f"/c/TPL/desk/people/{elder.number}").text
    assert "重点老人" in page
    assert "1 件未告知" in page
    assert f"/c/TPL/desk/people/{elder.number}/notices" in page
    page = client.get(f"/c/TPL/desk/people/{neighbour.number}").text
    assert "重点老人" not in page
    assert "件未告知" not in page


def test_a_stranger_has_no_glance(client, village):
    assert 'class="glance"' not in client.get("/c/TPL/").text


@pytest.mark.parametrize(
    "typed, status",
    [
        ("https://timebank.example/c/TPL/p/1/123456", 303),
        ("HTTPS://TIMEBANK.EXAMPLE/C/TPL/P/1/123456", 303),
        ("https://timebank.example/c/TPL/p/1/f/ABCDEF", 303),
        ("https://timebank.example/c/HZM/p/1/123456", 422),
        ("https://evil.example/steal", 422),
        ("//evil.example/c/TPL/p/1/123456/../../x", 422),
    ],
)
def test_a_screens_code_leads_to_its_page_and_nowhere_else(client, village, typed, status):
    client.sign_in(village.make_person("李志愿"), roles=["volunteer"])
    answer = client.post("/c/TPL/check-in/code", {"code": typed})
    assert answer.status_code == status
    if status == 303:
        assert answer.location.startswith("/c/TPL/p/1/")


def _tell(village, person, order_number):
    def change(session, now):
        notices.tell(
            session,
            community_id=village.community_id,
            person_id=person.id,
            kind="order_accepted",
            facts={"order_number": order_number},
            now=now,
        )
        return {}

    village.write(change)


def _bind(village, elder, helper):
    """A helper whom the elder confirmed."""
    console = Actor.console(village.community_id, "test")
    asked = {"elder_id": elder.id, "helper_id": helper.id, "relation": "grandchild"}
    made = village.write(lambda session, now: helpers.ask(session, actor=console, now=now, **asked))
    binding_id = uuid.UUID(made["binding_id"])
    village.write(
        lambda session, now: helpers.review(session, actor=console, now=now, binding_id=binding_id, is_accepted=True)
    )
    herself = village.actor(person=elder)
    village.write(
        lambda session, now: helpers.confirm(session, actor=herself, now=now, binding_id=binding_id, card_token=None)
    )


def _glance(client):
    page = client.get("/c/TPL/")
    assert page.status_code == 200
    return page.text[page.text.index("<main") :]


def _person(village, person_id):
    from timebank.people import residents

    with village.read() as session:
        return residents.person(session, village.community_id, person_id)
