"""Orders of several goods, bundles and services: what is held, reserved, handed over in part, called off, reminded of."""

import datetime as dt

import pytest

from tests.timebank.points import make
from tests.timebank.points.shop import arrange
from timebank.errors import BadInput, Forbidden, NotFound
from timebank.people import kin
from timebank.permissions import Actor
from timebank.points import household_accounts
from timebank.points.shop import basket, listing, merchants, orders
from timebank.points.shop.goods import BundleOrdered, Described
from timebank.storage import new_id


def free(village, person):
    """What the household could spend now, in steps."""
    from timebank.points import statement

    with village.read() as session:
        return statement.held_of(session, village.community_id, person.household_id).available_steps


def test_one_order_of_several_goods_has_one_hold_and_one_code(village):
    soap, merchant_id, seller = make.shop(village)
    towel = arrange.offer(village, merchant_id, "毛巾", price_steps=60)
    (person,) = village.make_household("张三", steps=300)
    order_id = arrange.order(village, person, {soap: 2, towel: 3})
    assert (arrange.row(village, order_id).total_steps, arrange.row(village, order_id).before_steps) == (280, 300)
    assert arrange.shelf(village, soap, towel) == [(10, 2), (10, 3)]
    assert arrange.hand_over(village, seller, order_id)["total_steps"] == 280
    assert arrange.shelf(village, soap, towel) == [(8, 0), (7, 0)]
    assert village.balance(village.main_account(merchant_id, "pt")) == 280
    assert arrange.notices(village, person) == ["shop_ready"]


def test_goods_of_two_merchants_are_two_orders_and_an_empty_basket_is_none(village):
    soap, _, _ = make.shop(village)
    towel, _, _ = make.shop(village, name="毛巾")
    (person,) = village.make_household("张三", steps=300)
    with pytest.raises(basket.SeveralMerchants):
        arrange.order(village, person, {soap: 1, towel: 1})
    for wrong in ({}, {soap: 0}, {soap: 21}, {soap: -1}):
        with pytest.raises(BadInput):
            arrange.order(village, person, wrong)
    with pytest.raises(NotFound):
        arrange.order(village, person, {new_id(village.now): 1})
    assert arrange.shelf(village, soap, towel) == [(10, 0), (10, 0)]


def test_what_is_missing_is_left_out_and_its_points_and_pieces_are_free_at_once(village):
    soap, merchant_id, seller = make.shop(village)
    towel = arrange.offer(village, merchant_id, "毛巾", price_steps=60)
    (person,) = village.make_household("张三", steps=300)
    order_id = arrange.order(village, person, {soap: 2, towel: 1})
    for given, reason in (({1: 3}, "多了"), ({}, "没有"), ({1: 0, 2: 0}, "都没有"), ({1: 1}, ""), ({9: 1}, "哪一行")):
        with pytest.raises(BadInput):
            arrange.hand_over(village, seller, order_id, given, reason)
    done = arrange.hand_over(village, seller, order_id, {1: 1}, "毛巾没有了,香皂少一块")
    assert (done["total_steps"], done["whole"]) == (50, False)
    assert arrange.shelf(village, soap, towel) == [(9, 0), (10, 0)]
    assert free(village, person) == 250
    assert arrange.row(village, order_id).close_reason == "毛巾没有了,香皂少一块"
    assert arrange.notices(village, person) == ["shop_ready", "shop_in_part"]


def test_a_bundle_reserves_and_gives_the_pieces_of_its_parts(village):
    soap, merchant_id, seller = make.shop(village, stock=5)
    towel = arrange.offer(village, merchant_id, "毛巾", stock_=3)
    gift = arrange.offer(village, merchant_id, "新春礼包", price_steps=90, kind="bundle", parts={soap: 2, towel: 1})
    (person,) = village.make_household("张三", steps=900)
    with village.read() as session:
        left = {one.item.name: one.left for one in listing.public_list(session, village.community_id, now=village.now)}
    assert left == {"香皂": 5, "毛巾": 3, "新春礼包": 2}
    order_id = arrange.order(village, person, {gift: 2, soap: 1})
    assert arrange.shelf(village, soap, towel) == [(5, 5), (3, 2)]
    with pytest.raises(basket.OutOfStock) as refused:
        arrange.order(village, person, {gift: 1})
    assert refused.value.facts == {"item": "香皂", "left": 0, "needed": 2}
    with pytest.raises(BundleOrdered):
        arrange.describe(village, gift, Described(), parts={soap: 1})
    arrange.hand_over(village, seller, order_id, {1: 1, 2: 1}, "只剩一份")
    assert arrange.shelf(village, soap, towel) == [(2, 0), (2, 0)]


def test_a_service_has_places_by_day_on_which_the_merchant_is_open(village):
    _, merchant_id, seller = make.shop(village)
    haircut = arrange.offer(village, merchant_id, "理发", kind="service", price_steps=80)
    people = [village.make_household(f"户主{n}", steps=200)[0] for n in range(3)]
    day = village.today + dt.timedelta(days=5)
    first = arrange.order(village, people[0], {haircut: 1}, days={haircut: day})
    assert arrange.row(village, first).ends_at > village.now + dt.timedelta(days=4)  # until its day is over
    arrange.order(village, people[1], {haircut: 1}, days={haircut: day})
    with pytest.raises(basket.NoPlaces) as refused:
        arrange.order(village, people[2], {haircut: 1}, days={haircut: day})
    assert refused.value.facts["left"] == 0
    arrange.order(village, people[2], {haircut: 1}, days={haircut: day + dt.timedelta(days=1)})
    village.write(
        lambda s, now: merchants.set_day(
            s,
            actor=seller,
            now=now,
            merchant_id=merchant_id,
            day=day + dt.timedelta(days=2),
            opens=False,
            reason="休息",
        )
    )
    for wrong in (None, village.today, day + dt.timedelta(days=2), village.today + dt.timedelta(days=31)):
        with pytest.raises(BadInput):
            arrange.order(village, people[0], {haircut: 1}, days={haircut: wrong} if wrong else {})
    assert arrange.hand_over(village, seller, first)["total_steps"] == 80


def test_limits_of_a_household_by_order_month_and_year(village):
    soap, _, seller = make.shop(village, stock=50)
    arrange.describe(village, soap, Described(order_most=3, month_most=4, year_most=5))
    (person, other) = village.make_household("张三", "李四", steps=5_000)
    with pytest.raises(basket.OrderLimit):
        arrange.order(village, person, {soap: 4})
    arrange.hand_over(village, seller, arrange.order(village, person, {soap: 3}))
    given_up = arrange.order(village, other, {soap: 1})
    with pytest.raises(basket.MonthLimit) as refused:
        arrange.order(village, other, {soap: 1})  # of the same household
    assert refused.value.facts == {"item": "香皂", "most": 4, "had": 4}
    village.write(lambda s, now: orders.cancel(s, actor=village.actor(person=other), now=now, order_id=given_up))
    arrange.order(village, other, {soap: 1})
    village.pass_time(days=10)  # Friday 20 November: the last of the month
    arrange.expire(village)  # what lapsed counts no more
    arrange.hand_over(village, seller, arrange.order(village, person, {soap: 1}))
    with pytest.raises(basket.MonthLimit):
        arrange.order(village, person, {soap: 1})
    village.pass_time(days=1)
    arrange.order(village, person, {soap: 1})  # December; 3 + 1 + 1 in the year
    with pytest.raises(basket.YearLimit):
        arrange.order(village, person, {soap: 1})
    village.pass_time(days=31)
    arrange.order(village, person, {soap: 1})  # January


def test_goods_are_offered_from_a_day_until_a_day_both_included(village):
    soap, _, _ = make.shop(village)
    (person,) = village.make_household("张三", steps=500)
    tomorrow = village.today + dt.timedelta(days=1)
    arrange.describe(village, soap, Described(offered_from=tomorrow, offered_until=tomorrow))
    with pytest.raises(basket.NotOffered):
        arrange.order(village, person, {soap: 1})
    village.pass_time(days=1)
    arrange.order(village, person, {soap: 1})
    village.pass_time(days=1)
    with pytest.raises(basket.NotOffered):
        arrange.order(village, person, {soap: 1})


def test_a_household_that_owes_is_told_why_and_what_is_free_is_for_that(village):
    soap, _, _ = make.shop(village)
    (person,) = village.make_household("张三", steps=80)
    held = arrange.order(village, person, {soap: 1})
    village.write(
        lambda s, now: vars(
            household_accounts.take(
                s, village.community_id, person.household_id, award_id=new_id(now), steps=70, on=village.today, now=now,
                detail={"use_case": "test"}, cites=_note(s),
            )
        )
    )  # fmt: skip
    village.write(lambda s, now: orders.cancel(s, actor=village.actor(person=person), now=now, order_id=held))
    with pytest.raises(orders.HouseholdOwes) as refused:
        arrange.order(village, person, {soap: 1})
    assert refused.value.facts == {"available_steps": 50, "needed_steps": 50, "owed_steps": 40}
    assert arrange.shelf(village, soap) == [(10, 0)]


def _note(session):
    from ledger import book_of

    return book_of(session).note("test", "test", "ab" * 32)


def test_the_merchant_calls_off_what_it_cannot_serve_and_says_why(village):
    soap, _, seller = make.shop(village)
    _, _, other_seller = make.shop(village, name="毛巾")
    (person,) = village.make_household("张三", steps=80)
    order_id = arrange.order(village, person, {soap: 1})

    def call_off(actor, reason="没有货"):
        return village.write(lambda s, now: orders.call_off(s, actor=actor, now=now, order_id=order_id, reason=reason))

    with pytest.raises(Forbidden):
        call_off(other_seller)
    with pytest.raises(Forbidden):
        call_off(village.actor(person=person))
    with pytest.raises(BadInput):
        call_off(seller, " ")
    call_off(seller)
    assert free(village, person) == 80
    assert arrange.shelf(village, soap) == [(10, 0)]
    assert arrange.notices(village, person) == ["shop_ready", "shop_called_off"]
    with pytest.raises(orders.OrderClosed):
        village.write(lambda s, now: orders.cancel(s, actor=village.actor(person=person), now=now, order_id=order_id))


def test_a_helper_orders_for_whom_she_helps_and_for_nobody_else(village):
    soap, _, _ = make.shop(village)
    (elder,) = village.make_household("陈奶奶", steps=80)
    helper, stranger = village.make_person(), village.make_person()
    arrange.help_(village, elder, helper)
    acting = village.actor(person=helper)
    order_id = arrange.order(village, elder, {soap: 1}, actor=acting, person_id=elder.id)
    row = arrange.row(village, order_id)
    assert (row.person_id, row.ordered_by, row.on_behalf) == (elder.id, helper.number, True)
    with village.read() as session:
        assert orders.order(session, actor=acting, secret=make.SECRET, order_id=order_id).code
    for actor, person_id in ((village.actor(person=stranger), elder.id), (acting, None), (acting, stranger.id)):
        with pytest.raises(Forbidden):
            arrange.order(village, elder, {soap: 1}, actor=actor, person_id=person_id)


def test_who_has_goods_waiting_is_reminded_once_the_day_before_and_told_when_they_lapse(village):
    soap, _, _ = make.shop(village)  # Friday evening; until the end of Sunday
    (person,) = village.make_household("张三", steps=80)
    order_id = arrange.order(village, person, {soap: 1})
    ends_at = arrange.row(village, order_id).ends_at
    assert arrange.remind(village)["reminded"] == 0
    village.pass_time(days=1)
    assert arrange.remind(village)["reminded"] == 1
    assert arrange.remind(village)["reminded"] == 0
    village.clock.move(ends_at - dt.timedelta(milliseconds=5) - village.now)
    assert arrange.expire(village)["expired"] == 0
    village.clock.move(ends_at - village.now)
    assert arrange.expire(village)["expired"] == 1
    assert arrange.notices(village, person) == ["shop_ready", "shop_lapses_soon", "shop_lapsed"]


def test_what_could_be_reached_next_is_the_nearest_first(village):
    soap, merchant_id, _ = make.shop(village, price_steps=50)
    arrange.offer(village, merchant_id, "洗衣液", price_steps=200)
    arrange.offer(village, merchant_id, "锅", price_steps=90)
    arrange.offer(village, merchant_id, "卖完了", price_steps=10, stock_=0)
    with village.read() as session:
        found = listing.reachable(session, village.community_id, 80, now=village.now)
    assert [(one.offer.item.name, one.missing_steps) for one in found] == [("香皂", 0), ("锅", 10), ("洗衣液", 120)]
    assert arrange.item(village, soap).left == 10


def test_the_desk_orders_for_who_lives_there_and_not_for_relatives(village):
    soap, _, _ = make.shop(village)
    (elder,) = village.make_household("张三", steps=300)
    officer, other = village.make_person("李服务"), village.make_person("王五")
    desk = village.actor("desk_staff", person=officer)
    for person_id, why in (
        (None, "required"),
        (officer.id, "of_another_household"),
        (other.id, "of_another_household"),
    ):
        with pytest.raises(BadInput) as refused:
            arrange.order(village, elder, {soap: 1}, actor=desk, person_id=person_id)
        assert refused.value.facts["fields"] == {"person": why}
    order_id = arrange.order(village, elder, {soap: 1}, actor=desk, person_id=elder.id)
    assert (arrange.row(village, order_id).person_id, arrange.notices(village, elder)) == (elder.id, ["shop_ready"])
    clerk = Actor.console(village.community_id, "test")
    village.write(
        lambda s, now: kin.declare(
            s, actor=clerk, now=now, person_id=officer.id, relative_number=elder.number, relation="parent",
            evidence="户口簿",
        )
    )  # fmt: skip
    with pytest.raises(orders.NearCustomer):
        arrange.order(village, elder, {soap: 1}, actor=desk, person_id=elder.id)
    arrange.help_(village, elder, officer)
    assert arrange.order(village, elder, {soap: 1}, actor=desk, person_id=elder.id)
