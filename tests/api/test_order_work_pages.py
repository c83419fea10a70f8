"""The work lists of orders over HTTP: what waits, whom to call, what nobody claims, what is disputed; prices and files."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import insert

from tests.api.test_orders_pages import order_form, signed_in
from tests.timebank.hours.arrange_orders import Orders, make_elder, make_person, make_volunteer
from timebank.columns import new_id
from timebank.hours.orders import disputes
from timebank.hours.orders.rows import ServiceOrder

GRID, OTHER_GRID = "320102010101", "320102010102"

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def orders(village):
    return Orders(village)


@pytest.fixture
def manager(app, db, village):
    return signed_in(app, db, village, make_person(village, "第一书记"), ["community_manager", "volunteer"])


def evening_table(village):
    from tests.timebank.hours.test_order_price import EVENING, adopt

    adopt(village, EVENING)


def test_an_unclaimed_order_is_seen_to_by_name(village, orders, manager):
    order_id = orders.place(make_elder(village, grid=GRID), hours_ahead=24 * 30)
    village.pass_time(days=8)
    orders.tick()
    page = manager.get("/c/TPL/orders/escalations").text
    assert "我来跟进" in page
    assert "担保不足" in page
    answer = manager.post(f"/c/TPL/orders/{order_id}/acknowledge", {"note": "我去问老李"})
    assert answer.status_code == 303
    page = manager.get("/c/TPL/orders/escalations").text
    assert "第一书记 在跟进:我去问老李" in page
    assert "我来跟进" not in page
    assert manager.post(f"/c/TPL/orders/{order_id}/acknowledge", {}).status_code == 409


def test_what_waits_is_counted_by_deed(village, orders, manager):
    elder = make_elder(village)
    orders.place(elder, by=village.actor(person=elder), hours_ahead=30)
    page = manager.get("/c/TPL/orders/waiting").text
    assert re.search(r"等受理 <span class=\"count\">1<", page)
    assert "没有人能去" in page
    assert manager.get("/c/TPL/orders/waiting?kind=nonsense").status_code == 422
    assert manager.get("/c/TPL/orders/waiting?kind=claim&after=99999999999999999999").status_code in (200, 422)


def test_a_call_back_is_written_in_its_row(village, orders, manager):
    order_id = orders.served(make_elder(village), make_volunteer(village))
    page = manager.get("/c/TPL/orders/call-backs").text
    assert "没有电话" in page
    manager.post(f"/c/TPL/orders/{order_id}/call-back", {"way": "visit", "is_reached": "1", "note": "说很好"})
    page = manager.get("/c/TPL/orders/call-backs").text
    assert "说很好" in page
    assert "已联系上" in page


def test_a_reviewer_decides_on_the_orders_page(app, db, village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.served(elder, volunteer, minutes=120, stay_minutes=60)
    orders.do(disputes.dispute, village.actor(person=elder), order_id=order_id, reason="只来了一会儿")
    reviewer = signed_in(app, db, village, make_person(village, "评审员"), ["reviewer"])
    assert f"/c/TPL/orders/{order_id}" in reviewer.get("/c/TPL/orders/disputes").text
    page = reviewer.get(f"/c/TPL/orders/{order_id}").text
    assert "只来了一会儿" in page
    assert "按记录结算 1 小时" in page
    refused = reviewer.post(f"/c/TPL/orders/{order_id}/resolve", {"verdict": "split", "reason": "各让一步"})
    assert refused.status_code == 422
    answer = reviewer.post(
        f"/c/TPL/orders/{order_id}/resolve", {"verdict": "split", "minutes": "30", "reason": "各让一步"}
    )
    assert answer.status_code == 303
    assert "各让一步" in reviewer.get(f"/c/TPL/orders/{order_id}").text
    assert orders.minutes(volunteer) == (30, 0)


def test_a_wrong_tap_has_a_button_for_half_an_hour(village, orders, manager):
    order_id = orders.place(make_elder(village), hours_ahead=30)
    orders.cancel(order_id)
    assert "恢复这一单" in manager.get(f"/c/TPL/orders/{order_id}").text
    assert manager.post(f"/c/TPL/orders/{order_id}/undo").status_code == 303
    orders.cancel(order_id)
    village.pass_time(minutes=31)
    assert "恢复这一单" not in manager.get(f"/c/TPL/orders/{order_id}").text
    assert manager.post(f"/c/TPL/orders/{order_id}/undo").status_code == 409


def test_the_form_says_what_it_costs_before_it_takes_the_order(village, orders, manager):
    evening_table(village)
    elder = make_elder(village)
    asked = {"service": "clinic_escort", "day": "2026-11-21", "time": "18:00", "planned_minutes": "120"}
    price = manager.get("/c/TPL/orders/price", query_string=asked).get_json()
    assert (price["most_minutes"], price["most"], price["spans"]) == (180, "3 小时", [[7200, 150]])
    address = f"/c/TPL/desk/people/{elder.number}/order"
    assert "18:00–21:00" in manager.get(address).text
    form = order_form(village) | asked
    refused = manager.post(address, form)
    assert refused.status_code == 409
    assert "最多要付 180 分钟" in refused.text
    assert re.search(r'name="agreed_minutes" value="180"', refused.text)
    placed = manager.post(address, form | {"agreed_minutes": "180", "asked_way": "phone"})
    assert placed.status_code == 303
    page = manager.get(placed.location).text
    assert "电话点单" in page
    assert "3 小时" in page
    assert manager.get("/c/TPL/orders/price", query_string=asked | {"time": "late"}).status_code == 422


def test_the_volunteer_does_not_see_the_stars_of_one_elder(app, db, village, orders):
    elder, person = make_elder(village), make_person(village, "李志愿")
    volunteer = village.actor("volunteer", person=person)
    order_id = orders.served(elder, volunteer)
    orders.confirm(order_id, elder)
    from timebank.hours.orders import settling

    orders.do(settling.rate, village.actor(person=elder), order_id=order_id, stars=2, comment="来得太晚")
    his = signed_in(app, db, village, person, ["volunteer"])
    page = his.get(f"/c/TPL/orders/{order_id}").text
    assert "来得太晚" not in page
    assert "2 星" not in page
    told = his.get(f"/api/v1/c/TPL/orders/{order_id}").get_json()["timeline"][-1]
    assert told["verb"] == "rate"
    assert "stars" not in told["facts"]


def test_the_volunteer_does_not_read_what_was_said_in_confidence(app, db, village, orders, manager):
    """What she said of the visit on the phone, and why another volunteer could not come; staff read both."""
    from timebank.hours.orders import claiming, follow_up

    elder, person = make_elder(village), make_person(village, "李志愿")
    order_id = orders.place(elder)
    gone = make_volunteer(village, "张退出")
    orders.claim(order_id, gone)
    orders.do(claiming.step_back, gone, order_id=order_id, reason="要做化疗")
    orders.claim(order_id, village.actor("volunteer", person=person))
    call = {"order_id": order_id, "way": "call", "is_reached": True, "note": "老人说有点怕他"}
    orders.do(follow_up.record_call_back, orders.desk, **call)
    his = signed_in(app, db, village, person, ["volunteer"])
    for client, reads in ((his, False), (manager, True)):
        page = client.get(f"/c/TPL/orders/{order_id}").text
        told = str(client.get(f"/api/v1/c/TPL/orders/{order_id}").get_json()["timeline"])
        for said in ("要做化疗", "老人说有点怕他"):
            assert (said in page, said in told) == (reads, reads), (said, reads)


def test_the_desk_of_a_grid_worker_is_her_grid(app, db, village, orders):
    here, there = make_elder(village, name="王本格", grid=GRID), make_elder(village, name="王别格", grid=OTHER_GRID)
    person = make_person(village, "网格员")
    from tests.timebank.hours.test_order_work import employ

    employ(village, person, "grid_worker", GRID)
    worker = signed_in(app, db, village, person)
    page = worker.get("/c/TPL/desk?q=王").text
    assert "王本格" in page
    assert "王别格" not in page
    assert worker.get(f"/c/TPL/desk/people/{here.number}").status_code == 200
    assert worker.get(f"/c/TPL/desk/people/{there.number}").status_code == 403
    placed = worker.post(f"/c/TPL/desk/people/{here.number}/order", order_form(village))
    assert placed.status_code == 303, placed.text
    assert worker.post(f"/c/TPL/desk/people/{there.number}/order", order_form(village)).status_code == 403
    assert worker.get("/c/TPL/desk/helpers").status_code == 200


def test_the_thousandth_order_is_reached_page_by_page_and_the_file_holds_them_all(village, orders, manager):
    elder = make_elder(village)
    first = orders.row(orders.place(elder, hours_ahead=30))
    many(village, first, 1_040)
    last, seen = first.number + 1_040, []
    for address in ("/c/TPL/orders", f"/c/TPL/orders?before={last - 989}", f"/c/TPL/orders?before={last - 1_019}"):
        page = manager.get(address).text
        seen.append([int(number) for number in re.findall(r'data-label="订单"><a href="[^"]+">(\d+)<', page)])
        assert ("before=" + str(seen[-1][-1]) in page) == (len(seen[-1]) == 30)
    assert seen == [
        list(range(last, last - 30, -1)),
        list(range(last - 990, last - 1_020, -1)),
        list(range(last - 1_020, first.number - 1, -1)),
    ]
    assert last - 999 in seen[1]  # the thousandth row
    book = openpyxl.load_workbook(io.BytesIO(manager.get("/c/TPL/orders.xlsx").data), read_only=True)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert len(rows) == 1_041 + 2  # a head, and the totals
    assert rows[-1][1] == "合计 1041 单"
    assert rows[-1][4] == pytest.approx(1_041 * 2)
    only = manager.get("/c/TPL/orders.xlsx?state=done")
    assert len(list(openpyxl.load_workbook(io.BytesIO(only.data)).worksheets[0].iter_rows())) == 1_040 + 2


def many(village, like, count):
    """So many orders that were served long ago, by one statement."""
    told = {name: getattr(like, name) for name in ServiceOrder.model_fields}
    told |= {"state": "done", "volunteer_id": like.recipient_id, "hold_seq": 1}
    stranger = make_person(village, "旧志愿者")

    def write(session, now):
        rows = [
            told
            | {
                "id": new_id(now),
                "number": like.number + n,
                "volunteer_id": stranger.id,
                "starts_at": like.starts_at - timedelta(days=n),
            }
            for n in range(1, count + 1)
        ]
        session.execute(insert(ServiceOrder), rows)
        return {}

    village.write(write)
