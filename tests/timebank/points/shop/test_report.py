"""The month of the shop ties stock, points and entries; what somebody changed behind its back is named."""

import datetime as dt
import uuid

import pytest

from tests.ledger.books import attack
from tests.timebank.points import make
from tests.timebank.points.shop import arrange
from timebank import checks
from timebank.errors import Forbidden
from timebank.permissions import Actor
from timebank.points.shop import merchants, report, returns, stock, taking


def a_month_of_it(village):
    """Goods in, out, counted, handed over in whole and in part, and one that came back."""
    soap, merchant_id, seller = make.shop(village, stock=20)
    (person,) = village.make_household("张三", steps=2_000)
    arrange.hand_over(village, seller, arrange.order(village, person, {soap: 3}))
    arrange.hand_over(village, seller, arrange.order(village, person, {soap: 4}), {1: 2}, "不够")
    village.write(
        lambda s, now: stock.take_out(s, actor=seller, now=now, item_id=soap, kind="event", pieces=2, reason="重阳节")
    )
    village.write(lambda s, now: taking.count(s, actor=seller, now=now, item_id=soap, stock=12, reason="少一块"))
    order_id = arrange.order(village, person, {soap: 1})
    arrange.hand_over(village, seller, order_id)
    asked = village.write(
        lambda s, now: returns.ask(
            s, actor=seller, now=now, order_number=arrange.row(village, order_id).number, item_id=soap, pieces=1,
            to_shelf=True, reason="裂了",
        )
    )  # fmt: skip
    second = arrange.officer(village)
    village.write(lambda s, now: returns.book(s, actor=second, now=now, return_id=uuid.UUID(asked["return_id"])))
    arrange.order(village, person, {soap: 1})  # waits
    return soap, merchant_id, seller


def month(village, first=None, actor=None):
    with village.read() as session:
        return report.month(
            session, actor=actor or village.actor("committee"), first=first or village.today.replace(day=1)
        )


def test_opening_and_in_less_out_is_closing_and_pieces_are_points_are_entries(village):
    _, merchant_id, seller = a_month_of_it(village)
    (found,) = month(village, actor=seller)
    (row,) = found.stock
    assert (row.opening, row.received, row.taken_back, row.counted) == (0, 20, 1, -1)
    assert (row.handed_over, row.event, row.closing, row.reckoned) == (6, 2, 12, 12)
    assert (found.orders, found.pieces_steps, found.orders_steps) == (3, 300, 300)
    assert (found.returned_steps, found.entries_steps, found.account_closing_steps) == (50, 250, 250)
    assert found.differences == ()
    village.pass_time(days=31)
    (after,) = month(village)
    assert (after.stock[0].opening, after.stock[0].closing, after.orders) == (12, 12, 0)
    assert (after.account_opening_steps, after.entries_steps) == (250, 0)
    (before,) = month(village, first=dt.date(2026, 10, 1))
    assert (before.stock, before.orders, before.differences) == ((), 0, ())
    with village.read() as session:
        place = merchants.merchant(session, village.community_id, merchant_id)
        lines = report.statement(session, actor=seller, merchant=place)
    assert [(line.amount, order.goods) for line, order in lines] == [
        (-50, "香皂 × 1"), (50, "香皂 × 1"), (100, "香皂 × 4"), (150, "香皂 × 3"),
    ]  # fmt: skip


def test_a_merchant_sees_its_own_month_and_books_alone(village):
    _, merchant_id, _ = make.shop(village)
    _, _, other_seller = make.shop(village, name="毛巾")
    assert [one.merchant.name for one in month(village, actor=other_seller)] == ["积分超市毛巾"]
    with village.read() as session:
        place = merchants.merchant(session, village.community_id, merchant_id)
        with pytest.raises(Forbidden):
            report.statement(session, actor=other_seller, merchant=place)


@pytest.mark.parametrize(
    "forged, code",
    [
        ("UPDATE shop_item SET stock = stock + 1", "shop_stock"),
        ("UPDATE shop_item SET reserved = 0", "shop_reserved"),
        ("UPDATE shop_order_line SET given = 2 WHERE given = 3", "shop_pieces"),
        ("UPDATE shop_return SET state = 'refused', entry = NULL", "shop_entries"),
        ("UPDATE stock_movement SET kind = 'spoiled' WHERE kind = 'handed_over' AND pieces = -3", "shop_given"),
    ],
)
def test_what_was_changed_behind_its_back_is_named_by_the_report_and_by_checks(village, forged, code):
    a_month_of_it(village)
    auditor = Actor.console(village.community_id, "test")
    with village.read() as session:
        assert checks.find(session, actor=auditor) == []
    attack(village, (forged, ()))
    with village.read() as session:
        assert code in {one.code for one in checks.find(session, actor=auditor)}
        if code != "shop_reserved":
            assert code in {one.code for found in month(village) for one in found.differences}
