"""Goods in and out, and what they cost: deliveries, suppliers, spoiled pieces, prices from a moment, lists of goods."""

import datetime as dt
import io
import uuid

import pytest
import xlsxwriter

from tests.timebank.points import make
from tests.timebank.points.shop import arrange
from timebank.errors import AlreadyDone, BadInput, Forbidden, NotFound
from timebank.points.shop import files, goods, merchants, stock
from timebank.points.shop.goods import Described


def deliver(village, merchant_id, pieces, *, actor=None, **told):
    actor = actor or village.actor("committee")
    return village.write(
        lambda s, now: stock.deliver(s, actor=actor, now=now, merchant_id=merchant_id, pieces=pieces, **told)
    )


def add_supplier(village, name="供销社", **told):
    made = village.write(
        lambda s, now: stock.add_supplier(s, actor=village.actor("committee"), now=now, name=name, **told)
    )
    return uuid.UUID(made["supplier_id"])


def test_a_delivery_brings_several_goods_on_one_note_once(village):
    soap, merchant_id, seller = make.shop(village, stock=0)
    towel = arrange.offer(village, merchant_id, "毛巾", stock_=0)
    supplier = add_supplier(village)
    note = {"supplier_id": supplier, "note_number": "SD-17", "cost_fen": 12_850}
    assert deliver(village, merchant_id, {soap: 20, towel: 5}, actor=seller, **note)["pieces"] == 25
    assert arrange.shelf(village, soap, towel) == [(20, 0), (5, 0)]
    with pytest.raises(stock.DeliveryTaken):
        deliver(village, merchant_id, {soap: 20}, **note)
    deliver(village, merchant_id, {soap: 1}, supplier_id=supplier)  # no number: nothing to compare
    with village.read() as session:
        place = merchants.merchant(session, village.community_id, merchant_id)
        found = stock.deliveries(session, actor=seller, merchant=place)
    assert [(row.number, row.cost_fen, one.name, len(came)) for row, one, came in found] == [
        (2, None, "供销社", 1), (1, 12_850, "供销社", 2),
    ]  # fmt: skip


def test_a_delivery_that_cannot_be_names_the_field_and_changes_nothing(village):
    soap, merchant_id, seller = make.shop(village, stock=0)
    towel, other_merchant, _ = make.shop(village, name="毛巾", stock=0)
    ended = add_supplier(village, "歇业的")
    village.write(lambda s, now: stock.end_supplier(s, actor=village.actor("committee"), now=now, supplier_id=ended))
    with pytest.raises(AlreadyDone):
        village.write(
            lambda s, now: stock.end_supplier(s, actor=village.actor("committee"), now=now, supplier_id=ended)
        )
    for pieces, told, field in (
        ({}, {}, "pieces"),
        ({soap: 0}, {}, "pieces"),
        ({soap: 100_001}, {}, "pieces"),
        ({soap: 1}, {"cost_fen": -1}, "cost"),
        ({soap: 1}, {"is_donation": True, "cost_fen": 5, "remark": "张家"}, "cost"),
        ({soap: 1}, {"is_donation": True}, "remark"),
        ({soap: 1}, {"supplier_id": ended}, "supplier_id"),
    ):
        with pytest.raises(BadInput) as refused:
            deliver(village, merchant_id, pieces, **told)
        assert field in str(refused.value.facts["fields"])
    with pytest.raises(NotFound):
        deliver(village, merchant_id, {soap: 1, towel: 1})  # goods of another merchant
    with pytest.raises(Forbidden):
        deliver(village, other_merchant, {towel: 1}, actor=seller)
    assert arrange.shelf(village, soap, towel) == [(0, 0), (0, 0)]


def test_what_goes_out_has_a_reason_and_never_what_is_promised(village):
    soap, merchant_id, seller = make.shop(village, stock=5)
    haircut = arrange.offer(village, merchant_id, "理发", kind="service")
    (person,) = village.make_household("张三", steps=500)
    arrange.order(village, person, {soap: 3})

    def take_out(item_id, pieces, kind="spoiled", reason="受潮"):
        return village.write(
            lambda s, now: stock.take_out(
                s, actor=seller, now=now, item_id=item_id, kind=kind, pieces=pieces, reason=reason
            )
        )

    with pytest.raises(stock.StockReserved):
        take_out(soap, 3)
    with pytest.raises(stock.NotEnoughStock):
        take_out(soap, 6)
    for wrong in ({"kind": "stolen"}, {"reason": " "}, {"pieces": 0}):
        with pytest.raises(BadInput):
            take_out(**{"item_id": soap, "pieces": 1, **wrong})
    with pytest.raises(stock.NoPieces):
        take_out(haircut, 1)
    take_out(soap, 1, "event", "重阳节活动")
    take_out(soap, 1, "past_date", "过期")
    assert arrange.shelf(village, soap) == [(3, 3)]


def test_a_price_is_in_force_from_its_moment_and_orders_keep_theirs(village):
    soap, _, seller = make.shop(village, price_steps=50)
    (person,) = village.make_household("张三", steps=500)

    def set_price(steps, days):
        return village.write(
            lambda s, now: goods.set_price(
                s, actor=seller, now=now, item_id=soap, price_steps=steps, from_at=now + dt.timedelta(days=days)
            )
        )

    set_price(70, 2)
    set_price(80, 1)  # what was announced and has not come is replaced
    first = arrange.order(village, person, {soap: 1})
    village.pass_time(days=1, seconds=1)
    second = arrange.order(village, person, {soap: 1})
    assert [arrange.row(village, one).total_steps for one in (first, second)] == [50, 80]
    set_price(90, 0)
    assert arrange.item(village, soap).price_at(village.now) == 90
    with village.read() as session:
        prices = goods.prices_of(session, actor=seller, item_id=soap)
    assert [row.price_steps for row in prices] == [90, 80, 50]
    for steps, days in ((0, 0), (5, -1), (5, 401)):
        with pytest.raises(BadInput):
            set_price(steps, days)


def test_what_cannot_be_said_of_goods_names_the_field(village):
    _, merchant_id, _ = make.shop(village)
    for told, field in (
        ({"name": ""}, "name"),
        ({"name": "长" * 61}, "name"),
        ({"price_steps": 0}, "price"),
        ({"kind": "gift"}, "kind"),
        ({"kind": "bundle"}, "parts"),
        ({"kind": "service"}, "places_a_day"),
        ({"said": Described(places_a_day=2)}, "places_a_day"),
        ({"said": Described(month_most=0)}, "month_most"),
        ({"said": Described(offered_from=dt.date(2027, 1, 2), offered_until=dt.date(2027, 1, 1))}, "offered_until"),
    ):
        wanted = {"name": "新的", "piece": "件", "price_steps": 10, **told}
        with pytest.raises(BadInput) as refused:
            village.write(
                lambda s, now, wanted=wanted: goods.offer(
                    s, actor=village.actor("committee"), now=now, merchant_id=merchant_id, **wanted
                )
            )
        assert field in str(refused.value.facts["fields"])
    with pytest.raises(merchants.NameTaken):
        arrange.offer(village, merchant_id, "香皂")


def stage(village, merchant_id, content, actor=None):
    actor = actor or village.actor("committee")
    rows = files.read_file(content)
    made = village.write(
        lambda s, now: files.stage(s, actor=actor, now=now, merchant_id=merchant_id, name="商品.xlsx", rows=rows)
    )
    return uuid.UUID(made["file_id"])


def preview(village, file_id):
    with village.read() as session:
        return files.preview(session, actor=village.actor("committee"), now=village.now, file_id=file_id)


def take_in(village, file_id):
    return village.write(lambda s, now: files.take_in(s, actor=village.actor("committee"), now=now, file_id=file_id))


def test_a_list_of_goods_is_looked_at_row_by_row_and_taken_in_once(village):
    soap, merchant_id, _ = make.shop(village, price_steps=50)
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write(0, 0, "徐塘村积分超市商品表")
        lines = [("商品", "单价积分", "单位", "种类", "每日名额", "每户每月最多"),
                 ("香皂", 6, "块", "", "", ""), ("洗衣液", "２０分", "瓶", "商品", "", "2"), ("理发", 8, "次", "服务", 4, "")]  # fmt: skip
        for number, line in enumerate(lines, 2):
            sheet.write_row(number, 0, line)
    file_id = stage(village, merchant_id, book.getvalue())
    assert [(row.cells["name"], row.verdict) for row in preview(village, file_id).rows] == [
        ("香皂", "changed"), ("洗衣液", "new"), ("理发", "new"),
    ]  # fmt: skip
    assert take_in(village, file_id) | {"file_id": ""} == {
        "code": "goods_file_taken_in", "file_id": "", "new": 2, "changed": 1, "same": 0,
    }  # fmt: skip
    assert arrange.item(village, soap).price_at(village.now) == 60
    assert arrange.shelf(village, soap) == [(10, 0)]
    with pytest.raises(files.GoodsFileUsed):
        take_in(village, file_id)


def test_a_row_that_cannot_be_taken_in_keeps_the_whole_list_out_and_says_why(village):
    _, merchant_id, _ = make.shop(village)
    text = "商品,单价积分,种类,每日名额,每户每月最多\n,5,,,\n锅,五分,,,\n碗,0,,,\n碗,5,,,\n杯,5,食品,,\n洗脚,5,服务,,\n盆,5,,,两个\n"
    found = preview(village, stage(village, merchant_id, text.encode()))
    assert [[(one.column, one.code) for one in row.problems] for row in found.rows] == [
        [("商品", "value_missing_name")],
        [("单价积分", "price_unreadable")],
        [("单价积分", "price_unreadable")],
        [("商品", "item_doubled")],
        [("种类", "kind_unknown")],
        [("每日名额", "required")],
        [("每户每月最多", "number_unreadable")],
    ]
    with pytest.raises(files.GoodsFileProblems):
        take_in(village, found.file.id)
    with village.read() as session:
        assert len(goods.goods_of(session, village.community_id, merchant_id)) == 1


def test_a_list_is_of_ones_own_merchant(village):
    _, merchant_id, _ = make.shop(village)
    _, _, other_seller = make.shop(village, name="毛巾")
    with pytest.raises(Forbidden):
        stage(village, merchant_id, "商品,单价积分\n锅,5\n".encode(), other_seller)
