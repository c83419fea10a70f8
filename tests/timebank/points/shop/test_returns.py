"""Faulty goods come back: two people, a counter-entry, never more than was given, never after the days."""

import uuid

import pytest

from tests.timebank.points import make
from tests.timebank.points.shop import arrange
from tests.timebank.points.test_household_changes import ask_merge, carry_out
from tests.timebank.points.test_own_matters import are_kin
from timebank.errors import BadInput, Forbidden, NotFound
from timebank.points.shop import returns


def ask(village, actor, order_id, item_id, pieces=1, *, to_shelf=False, reason="瓶盖裂了"):
    number = arrange.row(village, order_id).number
    made = village.write(
        lambda s, now: returns.ask(
            s, actor=actor, now=now, order_number=number, item_id=item_id, pieces=pieces, to_shelf=to_shelf,
            reason=reason,
        )
    )  # fmt: skip
    return uuid.UUID(made["return_id"])


def book(village, actor, return_id):
    return village.write(lambda s, now: returns.book(s, actor=actor, now=now, return_id=return_id))


def test_a_return_is_booked_by_another_and_the_points_go_back(village):
    soap, merchant_id, seller = make.shop(village)
    (person,) = village.make_household("张三", steps=300)
    order_id = arrange.order(village, person, {soap: 3})
    with pytest.raises(returns.NotHandedOver):
        ask(village, seller, order_id, soap)
    arrange.hand_over(village, seller, order_id)
    return_id = ask(village, seller, order_id, soap, 2, to_shelf=True)
    with pytest.raises(returns.ReturnTooMuch) as refused:
        ask(village, seller, order_id, soap, 2)
    assert refused.value.facts == {"left": 1, "needed": 2}
    with pytest.raises(Forbidden):
        book(village, seller, return_id)
    book(village, arrange.officer(village), return_id)
    assert village.balance(village.main_account(merchant_id, "pt")) == 50
    assert village.balance(village.main_account(person.household_id, "pt")) == 250
    assert arrange.shelf(village, soap) == [(9, 0)]
    with pytest.raises(returns.ReturnDecided):
        book(village, arrange.officer(village), return_id)
    assert arrange.notices(village, person)[-1] == "shop_returned"


def test_nobody_decides_on_what_she_asked_for_or_on_the_own_household(village):
    soap, merchant_id, seller = make.shop(village)
    (person,) = village.make_household("张三", steps=300)
    order_id = arrange.order(village, person, {soap: 1})
    arrange.hand_over(village, seller, order_id)
    first, sister = arrange.officer(village), village.make_person()
    are_kin(village, sister, person)
    return_id = ask(village, first, order_id, soap)
    for actor in (first, village.actor("committee", person=person), village.actor("committee", person=sister)):
        with pytest.raises(returns.OwnReturn):
            book(village, actor, return_id)
    second = arrange.officer(village)
    with pytest.raises(BadInput):
        village.write(lambda s, now: returns.refuse(s, actor=second, now=now, return_id=return_id, remark=" "))
    village.write(lambda s, now: returns.refuse(s, actor=second, now=now, return_id=return_id, remark="是摔的"))
    assert village.balance(village.main_account(merchant_id, "pt")) == 50
    ask(village, first, order_id, soap)  # what was refused can be asked for again
    _, _, other_seller = make.shop(village, name="毛巾")
    with pytest.raises(NotFound):
        ask(village, other_seller, order_id, soap)


@pytest.mark.parametrize("days, is_taken", [(30, True), (31, False)])
def test_faulty_goods_come_back_within_the_days(village, days, is_taken):
    """shop_return_days is 30: to the end of the thirtieth day after the hand-over."""
    soap, _, seller = make.shop(village)
    (person,) = village.make_household("张三", steps=300)
    order_id = arrange.order(village, person, {soap: 1})
    arrange.hand_over(village, seller, order_id)
    village.pass_time(days=days)
    if is_taken:
        assert ask(village, seller, order_id, soap)
    else:
        with pytest.raises(returns.ReturnTooLate):
            ask(village, seller, order_id, soap)


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_what_comes_back_after_a_merge_goes_to_the_household_that_goes_on(village):
    soap, _, seller = make.shop(village)
    (elder,), (son,) = village.make_household("王秀英", steps=60), village.make_household("李建国", steps=5)
    order_id = arrange.order(village, elder, {soap: 1})
    arrange.hand_over(village, seller, order_id)
    carry_out(village, ask_merge(village, elder, son))
    book(village, arrange.officer(village), ask(village, seller, order_id, soap))
    own = [village.balance(village.main_account(one.household_id, "pt")) for one in (elder, son)]
    assert own == [0, 65]
