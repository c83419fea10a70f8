"""The shop over HTTP: baskets, a hand-over in part, a helper, a list of goods, countings, the month; never a name for the merchant."""

import io
import re

import pytest

from tests.timebank.points import make
from tests.timebank.points.shop import arrange
from timebank.points.shop.tables import ShopItem

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def keeper(village, seller):
    from timebank.people import residents

    with village.read() as session:
        return residents.person(session, village.community_id, seller.person_id)


@on_sqlite
def test_a_basket_is_ordered_at_once_and_handed_over_in_part(client, village):
    soap, merchant_id, seller = make.shop(village)
    towel = arrange.offer(village, merchant_id, "毛巾", price_steps=60)
    (person,) = village.make_household("张三丰", steps=300)
    client.sign_in(person)
    empty = client.post("/c/TPL/shop", data={})
    assert empty.status_code == 422
    assert "请至少选一样" in empty.text
    ordered = client.post("/c/TPL/shop", data={f"q-{soap.hex}": "２", f"q-{towel.hex}": "1"})
    page = client.get(ordered.headers["Location"])
    assert "香皂 × 2 件" in page.text or "香皂 × 2 块" in page.text
    code = "".join(re.search(r"(\d{4}) (\d{4})</p>", page.text).groups())

    client.sign_in(keeper(village, seller), roles=["merchant"])
    for address in ("/c/TPL/merchant", "/c/TPL/merchant/orders", "/c/TPL/merchant/stock"):
        shown = client.get(address).text
        assert "张三丰" not in shown
        assert person.number not in shown
    wrong = client.post("/c/TPL/merchant/hand-over", data={"code": code, "given-1": "1", "given-2": "0"})
    assert wrong.status_code == 422
    assert "请填写这一项" in wrong.text
    form = {"code": code, "given-1": "1", "given-2": "0", "reason": "没有货"}
    assert client.post("/c/TPL/merchant/hand-over", data=form).status_code == 303
    again = client.post("/c/TPL/merchant", data={"code": code})
    assert again.status_code == 409
    assert "交付过了" in again.text
    listed = client.get("/c/TPL/merchant/orders").text
    assert "香皂 × 1<br>" in listed
    assert "没有交付：香皂 × 1、毛巾 × 1" in listed
    assert "香皂 × 1、毛巾 × 1," in client.get("/c/TPL/merchant/orders.csv").text
    assert client.get("/c/TPL/merchant/account").status_code == 200
    assert "对得上" in client.get("/c/TPL/points/shop-report").text

    client.sign_in(person)
    client.http.set_cookie("lang", "en")
    told = client.get(ordered.headers["Location"]).text
    assert "Partly received" in told


@on_sqlite
def test_a_list_of_goods_is_looked_at_and_exported_as_it_came(client, village):
    _, merchant_id, seller = make.shop(village, price_steps=50)
    client.sign_in(keeper(village, seller), roles=["merchant"])
    content = "商品,单价积分,单位,每户每月最多\n香皂,6,块,2\n锅,二十,口,\n".encode()
    form = {"merchant_id": merchant_id.hex, "file": (io.BytesIO(content), "商品.csv")}
    preview = client.post("/c/TPL/merchant/import", data=form).headers["Location"]
    assert "看不懂单价“二十”" in client.get(preview).text
    assert client.post(preview).status_code == 422
    form = {"merchant_id": merchant_id.hex, "file": (io.BytesIO(content.replace("二十".encode(), b"20")), "商品.csv")}
    preview = client.post("/c/TPL/merchant/import", data=form).headers["Location"]
    assert client.post(preview).status_code == 303
    exported = client.get("/c/TPL/merchant/stock.csv").data.decode("utf-8-sig")
    assert "香皂,6.0,块,商品" in exported
    back = client.post(
        "/c/TPL/merchant/import",
        data={"merchant_id": merchant_id.hex, "file": (io.BytesIO(exported.encode("utf-8-sig")), "导出.csv")},
    )
    assert client.get(back.headers["Location"]).text.count("不变") >= 2


@on_sqlite
def test_a_count_is_printed_entered_and_told_line_by_line(client, village):
    soap, merchant_id, seller = make.shop(village)
    client.sign_in(keeper(village, seller), roles=["merchant"])
    begun = client.post("/c/TPL/merchant/takings", data={"merchant_id": merchant_id.hex}).headers["Location"]
    assert client.get(begun + "/sheet.pdf").mimetype == "application/pdf"
    wrong = client.post(begun, data={"counted.1": "8"})
    assert wrong.status_code == 422
    assert client.post(begun, data={"counted.1": "8", "reason.1": "两块受潮"}).status_code == 303
    with village.read() as session:
        assert session.get(ShopItem, (village.community_id, soap)).stock == 8
    assert "两块受潮" in client.get(begun).text


@on_sqlite
def test_programs_order_and_hand_over_as_the_pages_do(client, village):
    soap, _, _ = make.shop(village)
    (person,) = village.make_household("张三", steps=300)
    listed = client.get("/api/v1/c/TPL/shop/goods").get_json()["goods"]
    assert [(one["name"], one["price_steps"], one["left"]) for one in listed] == [("香皂", 50, 10)]
    client.sign_in(person)
    reach = client.get("/api/v1/c/TPL/shop/reachable").get_json()
    assert (reach["available_steps"], reach["goods"][0]["missing_steps"]) == (300, 0)
    order_id = arrange.order(village, person, {soap: 2})
    shown = client.get(f"/api/v1/c/TPL/shop/orders/{order_id}").get_json()
    assert (shown["state"], shown["lines"][0]["quantity"]) == ("ordered", 2)


@on_sqlite
def test_who_is_added_without_the_role_is_said_to_lack_it_until_it_is_given(client, village):
    _, merchant_id, seller = make.shop(village)
    person, told = keeper(village, seller), {"merchant_id": merchant_id.hex, "person": seller.number}
    manager, committee = village.make_person("吴主任"), village.make_person("周委员")
    client.sign_in(person, roles=["merchant"])
    client.drop_roles(person)
    client.sign_in(committee, roles=["committee"])
    page = client.get(client.post("/c/TPL/points/merchants/staff", data=told).headers["Location"]).text
    assert "还没有“积分超市商户”角色" in page
    assert "请社区管理员在“角色”里授予。" in page
    assert "可以在那里核销了" not in page
    client.sign_in(manager, roles=["community_manager"])
    assert "去授予" in client.get("/c/TPL/points/merchants").text
    client.post("/c/TPL/roles", data={"role": "merchant", "who": person.number})
    page = client.get(client.post("/c/TPL/points/merchants/staff", data=told).headers["Location"]).text
    assert "可以在那里核销了" in page
    assert "去授予" not in page
