"""The points shop: held points and reserved pieces end handed over, cancelled or lapsed, never in between."""

import threading
import uuid

import pytest
from sqlmodel import col, select

from ledger import reading
from tests.timebank.points import make
from timebank.errors import AlreadyDone, BadInput, Forbidden, RefusedByLedger
from timebank.permissions import Actor
from timebank.points.shop import basket, codes, goods, merchants, orders, stock, taking
from timebank.points.shop.tables import ShopItem, ShopOrder, StockMovement


def redeem(village, person, item_id, *, quantity=1, actor=None):
    told = {"person_id": person.id} if actor else {}  # who orders for somebody says for whom
    actor = actor or village.actor(person=person)
    return village.write(
        lambda s, now: orders.redeem(
            s, actor=actor, now=now, secret=make.SECRET, household_id=person.household_id, basket={item_id: quantity},
            **told,
        )
    )  # fmt: skip


def code_of(village, made):
    with village.read() as session:
        order = session.get(ShopOrder, (village.community_id, uuid.UUID(made["order_id"])))
    return codes.code_of(make.SECRET, order)


def hand_over(village, seller, code):
    return village.write(lambda s, now: orders.hand_over(s, actor=seller, now=now, secret=make.SECRET, typed=code))


def cancel(village, made, actor):
    return village.write(lambda s, now: orders.cancel(s, actor=actor, now=now, order_id=uuid.UUID(made["order_id"])))


def expire(village, limit=500):
    job = Actor.system(village.community_id, "shop")
    return village.write(lambda s, now: orders.expire_due(s, actor=job, now=now, limit=limit))


def shelf(village, item_id):
    with village.read() as session:
        item = session.get(ShopItem, (village.community_id, item_id))
    return item.stock, item.reserved


def books(village, person):
    with village.read() as session:
        account = reading.account(session, village.community_id, village.main_account(person.household_id, "pt"))
    return account.balance, account.held


def test_redeeming_holds_points_and_reserves_a_piece_and_the_code_hands_it_over_once(village):
    item_id, merchant_id, seller = make.shop(village, stock=3)
    (person,) = village.make_household("张三", steps=80)
    made = redeem(village, person, item_id)
    assert (made["before_steps"], made["after_steps"]) == (80, 30)
    assert books(village, person) == (80, 50)
    assert shelf(village, item_id) == (3, 1)

    code = code_of(village, made)
    done = hand_over(village, seller, f"{code[:4]} {code[4:]}")
    assert done["total_steps"] == 50
    assert books(village, person) == (30, 0)
    assert shelf(village, item_id) == (2, 0)
    assert village.balance(village.main_account(merchant_id, "pt")) == 50
    with pytest.raises(orders.CodeUsed):
        hand_over(village, seller, code)


def test_more_points_than_there_are_says_what_is_there_and_what_was_needed(village):
    item_id, _, _ = make.shop(village, price_steps=200, name="洗衣液")
    (person,) = village.make_household("张三", steps=55)
    with pytest.raises(orders.NotEnoughPoints) as refused:
        redeem(village, person, item_id)
    assert refused.value.facts == {"available_steps": 55, "needed_steps": 200, "owed_steps": 0}
    assert shelf(village, item_id) == (10, 0)
    assert books(village, person) == (55, 0)


def test_more_pieces_than_there_are_says_how_many_are_left(village):
    item_id, _, _ = make.shop(village, stock=2)
    (person,) = village.make_household("张三", steps=500)
    redeem(village, person, item_id)
    with pytest.raises(basket.OutOfStock) as refused:
        redeem(village, person, item_id, quantity=2)
    assert refused.value.facts == {"item": "香皂", "left": 1, "needed": 2}


def test_two_at_once_on_the_last_piece_exactly_one_wins(village):
    item_id, _, _ = make.shop(village, stock=1)
    households = [village.make_household(f"户主{n}", steps=50)[0] for n in range(8)]
    won, refused = run_at_once([lambda p=p: redeem(village, p, item_id) for p in households])
    assert (len(won), {type(one) for one in refused}) == (1, {basket.OutOfStock})
    assert shelf(village, item_id) == (1, 1)
    assert sum(books(village, person)[1] for person in households) == 50


def test_two_at_once_on_the_last_points_exactly_one_wins(village):
    item_id, _, _ = make.shop(village, stock=20)
    (person,) = village.make_household("张三", steps=50)
    won, refused = run_at_once([lambda: redeem(village, person, item_id) for _ in range(8)])
    assert (len(won), {type(one) for one in refused}) == (1, {orders.NotEnoughPoints})
    assert books(village, person) == (50, 50)
    assert shelf(village, item_id) == (20, 1)


def run_at_once(calls):
    won, refused = [], []
    gate = threading.Barrier(len(calls))

    def run(call):
        gate.wait()
        try:
            won.append(call())
        except (basket.OutOfStock, orders.NotEnoughPoints, RefusedByLedger) as error:
            refused.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won, refused


def test_cancelling_gives_points_and_pieces_back_once(village):
    item_id, _, seller = make.shop(village)
    (person,) = village.make_household("张三", steps=50)
    made = redeem(village, person, item_id)
    code = code_of(village, made)
    cancel(village, made, village.actor(person=person))
    assert books(village, person) == (50, 0)
    assert shelf(village, item_id) == (10, 0)
    with pytest.raises(AlreadyDone):
        cancel(village, made, village.actor(person=person))
    with pytest.raises(orders.OrderClosed):
        hand_over(village, seller, code)


def test_orders_lapse_at_the_end_of_the_second_opening_day(village):
    item_id, _, seller = make.shop(village)  # Friday 20 November, open every day
    (person,) = village.make_household("张三", steps=50)
    made = redeem(village, person, item_id)
    code = code_of(village, made)
    village.pass_time(days=2, hours=10)  # Sunday evening
    assert expire(village)["expired"] == 0
    village.pass_time(hours=6)
    with pytest.raises(orders.OrderClosed):  # the job is late, the time is over all the same
        hand_over(village, seller, code)
    assert expire(village) == {"code": "orders_expired", "expired": 1, "left": 0}
    assert expire(village)["expired"] == 0
    assert books(village, person) == (50, 0)
    assert shelf(village, item_id) == (10, 0)


def test_days_on_which_the_merchant_is_closed_do_not_count(village):
    committee = village.actor("committee")
    opened = village.write(
        lambda s, now: merchants.open_merchant(
            s, actor=committee, now=now, name="周一周四超市", place="", opening_weekdays="14"
        )
    )
    merchant_id = uuid.UUID(opened["merchant_id"])
    offered = village.write(
        lambda s, now: goods.offer(
            s, actor=committee, now=now, merchant_id=merchant_id, name="盐", piece="袋", price_steps=10
        )
    )
    item_id = uuid.UUID(offered["item_id"])
    village.write(lambda s, now: stock.receive(s, actor=committee, now=now, item_id=item_id, pieces=5))
    (person,) = village.make_household("张三", steps=50)
    redeem(village, person, item_id)
    village.pass_time(days=6)  # Thursday is the second opening day
    assert expire(village)["expired"] == 0
    village.pass_time(days=1)
    assert expire(village)["expired"] == 1


def test_the_desk_redeems_for_somebody_without_a_phone_and_strangers_do_not(village):
    item_id, _, _ = make.shop(village)
    (elder,) = village.make_household("陈奶奶", steps=60)
    desk = village.actor("desk_staff", person=village.make_person())
    made = redeem(village, elder, item_id, actor=desk)
    with village.read() as session:
        order = session.get(ShopOrder, (village.community_id, uuid.UUID(made["order_id"])))
    assert (order.on_behalf, order.ordered_by) == (True, desk.number)
    with pytest.raises(Forbidden):
        redeem(village, elder, item_id, actor=village.actor(person=village.make_person()))


def test_a_code_is_good_only_at_its_own_merchant(village):
    item_id, _, _ = make.shop(village)
    _, _, other_seller = make.shop(village, name="毛巾")
    (person,) = village.make_household("张三", steps=50)
    code = code_of(village, redeem(village, person, item_id))
    with pytest.raises(orders.UnknownCode):
        hand_over(village, other_seller, code)
    with pytest.raises(Forbidden):
        hand_over(village, village.actor(person=person), code)


def test_base_points_cannot_be_redeemed(village):
    from timebank import samples
    from timebank.points.publicity import batches

    table_id = make.table_in_force(village, samples.sample("points-table-mixed.csv"))
    make.switch_on(village, make.items(village, table_id)["每户基础分"])
    (person,) = village.make_household("张三", steps=40)
    make.approve(village, make.enter(village, person, "每户基础分"))
    assert make.publish(village)["total_steps"] == 600
    village.pass_time(days=12)
    job = Actor.system(village.community_id, "publicity")
    village.write(lambda s, now: batches.book_due(s, actor=job, now=now))
    item_id, _, _ = make.shop(village)
    with pytest.raises(orders.NotEnoughPoints) as refused:
        redeem(village, person, item_id)
    assert refused.value.facts["available_steps"] == 40


def test_every_piece_that_came_or_went_is_written_down(village):
    item_id, _, seller = make.shop(village, stock=5)
    (person,) = village.make_household("张三", steps=500)
    hand_over(village, seller, code_of(village, redeem(village, person, item_id, quantity=2)))
    cancel(village, redeem(village, person, item_id), village.actor(person=person))
    village.write(lambda s, now: taking.count(s, actor=seller, now=now, item_id=item_id, stock=2, reason="一块受潮"))
    with village.read() as session:
        moves = session.scalars(select(StockMovement).order_by(col(StockMovement.id))).all()
    assert [(m.kind, m.pieces, m.stock, m.reserved) for m in moves] == [
        ("received", 5, 5, 0),
        ("reserved", 2, 5, 2),
        ("handed_over", -2, 3, 0),
        ("reserved", 1, 3, 1),
        ("released", -1, 3, 0),
        ("counted", -1, 2, 0),
    ]


def test_what_is_reserved_cannot_be_counted_away(village):
    item_id, _, seller = make.shop(village, stock=1)
    (person,) = village.make_household("张三", steps=50)
    redeem(village, person, item_id)
    with pytest.raises(stock.StockReserved):
        village.write(lambda s, now: taking.count(s, actor=seller, now=now, item_id=item_id, stock=0, reason="丢了"))
    with pytest.raises(BadInput):
        village.write(lambda s, now: taking.count(s, actor=seller, now=now, item_id=item_id, stock=3, reason=" "))


def test_the_database_keeps_no_code(village):
    item_id, _, _ = make.shop(village)
    (person,) = village.make_household("张三", steps=50)
    made = redeem(village, person, item_id)
    code = code_of(village, made)
    assert len(code) == 8
    with village.read() as session:
        order = session.get(ShopOrder, (village.community_id, uuid.UUID(made["order_id"])))
    assert code not in str(order.model_dump())
    assert code not in str(made)
