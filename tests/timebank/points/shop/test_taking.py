"""Stock-taking: as of the moment at which it was counted, with a reason for what differs, two people where it is much, noted in the ledger."""

import datetime as dt
import uuid

import pytest

from ledger import reading
from tests.timebank.points import make
from tests.timebank.points.shop import arrange
from timebank.errors import BadInput, Forbidden
from timebank.points.shop import merchants, stock, taking


def begin(village, merchant_id, actor):
    made = village.write(lambda s, now: taking.begin(s, actor=actor, now=now, merchant_id=merchant_id))
    return uuid.UUID(made["taking_id"])


def enter(village, taking_id, actor, counted, reasons=None, *, as_of=None):
    return village.write(
        lambda s, now: taking.enter(
            s, actor=actor, now=now, taking_id=taking_id, counted=counted, reasons=reasons or {}, as_of=as_of
        )
    )


def do(village, verb, taking_id, actor):
    return village.write(lambda s, now: verb(s, actor=actor, now=now, taking_id=taking_id))


def test_what_was_handed_over_while_counting_is_no_difference(village):
    """The sheet says ten; two are fetched before the shelf is counted, one after it, and seven lie there, one of eight being spoiled."""
    soap, merchant_id, seller = make.shop(village, stock=10)
    (person,) = village.make_household("张三", steps=500)
    taking_id = begin(village, merchant_id, seller)
    village.pass_time(minutes=5)
    arrange.hand_over(village, seller, arrange.order(village, person, {soap: 2}))  # meanwhile the shop goes on
    with village.read() as session:
        (line,) = taking.taking_of(session, actor=seller, taking_id=taking_id).lines
    assert (line.sheet, dict(line.since), line.item.stock) == (10, {"handed_over": -2}, 8)
    village.pass_time(minutes=5)
    counted_at = village.now
    village.pass_time(minutes=5)
    arrange.hand_over(village, seller, arrange.order(village, person, {soap: 1}))
    for outside in (counted_at - dt.timedelta(hours=1), village.now + dt.timedelta(minutes=1)):
        with pytest.raises(BadInput) as refused:
            enter(village, taking_id, seller, {1: 7}, {1: "一块受潮"}, as_of=outside)
        assert refused.value.facts["fields"] == {"as_of": "not_since_the_sheet"}
    with pytest.raises(BadInput):  # seven is a difference at that moment, though it is what the books say now
        enter(village, taking_id, seller, {1: 7}, as_of=counted_at)
    done = enter(village, taking_id, seller, {1: 7}, {1: "一块受潮"}, as_of=counted_at)
    assert done["code"] == "taking_booked"
    assert arrange.shelf(village, soap) == [(6, 0)]
    with village.read() as session:
        (line,) = taking.taking_of(session, actor=seller, taking_id=taking_id).lines
    assert (line.sheet, line.line.moved, line.line.expected, line.difference) == (10, -2, 8, -1)
    with village.read() as session:
        found = taking.taking_of(session, actor=seller, taking_id=taking_id)
        noted = reading.entry(session, village.community_id, done["note"])
    assert found.taking.digest == taking.digest_of(found.taking, found.lines)
    assert (noted.fields["topic"], noted.fields["digest"]) == ("stock", found.taking.digest)


def test_every_line_needs_a_number_and_what_differs_a_reason(village):
    _, merchant_id, seller = make.shop(village, stock=10)
    arrange.offer(village, merchant_id, "毛巾", stock_=4, price_steps=60)
    taking_id = begin(village, merchant_id, seller)
    for counted, reasons, field in (
        ({}, {}, "counted.1"),
        ({1: 10}, {}, "counted.2"),
        ({1: 10, 2: -1}, {}, "counted.2"),
        ({1: 10, 2: 3}, {2: " "}, "reason.2"),
    ):
        with pytest.raises(BadInput) as refused:
            enter(village, taking_id, seller, counted, reasons)
        assert field in str(refused.value.facts["fields"])
    assert enter(village, taking_id, seller, {1: 10, 2: 4})["changed"] == 0
    with pytest.raises(taking.TakingWrongState):
        enter(village, taking_id, seller, {1: 10, 2: 4})


@pytest.mark.parametrize("counted, state", [(1, "booked"), (0, "waiting")])
def test_a_large_difference_waits_for_another(village, counted, state):
    """shop_count_two_from_steps is 500: nine pieces of 5 points are below it, ten are not."""
    soap, merchant_id, seller = make.shop(village, stock=10, price_steps=50)
    counter, second = arrange.officer(village), arrange.officer(village)
    taking_id = begin(village, merchant_id, counter)
    enter(village, taking_id, counter, {1: counted}, {1: "被水淹了"})
    with village.read() as session:
        assert taking.taking_of(session, actor=seller, taking_id=taking_id).taking.state == state
    if state == "booked":
        return
    assert arrange.shelf(village, soap) == [(10, 0)]
    with pytest.raises(taking.OwnCount):
        do(village, taking.confirm, taking_id, counter)
    with pytest.raises(Forbidden):
        do(village, taking.confirm, taking_id, seller)
    do(village, taking.count_again, taking_id, counter)
    with pytest.raises(taking.TakingWrongState):
        do(village, taking.confirm, taking_id, second)
    enter(village, taking_id, counter, {1: 0}, {1: "被水淹了"})
    do(village, taking.confirm, taking_id, second)
    assert arrange.shelf(village, soap) == [(0, 0)]
    with pytest.raises(taking.TakingWrongState):
        do(village, taking.drop, taking_id, counter)


def test_one_counting_at_a_time_and_what_is_promised_is_never_counted_away(village):
    soap, merchant_id, seller = make.shop(village, stock=3)
    empty = make.shop(village, name="毛巾", stock=0)
    (person,) = village.make_household("张三", steps=500)
    arrange.order(village, person, {soap: 2})
    taking_id = begin(village, merchant_id, seller)
    with pytest.raises(taking.TakingOpen):
        begin(village, merchant_id, seller)
    with pytest.raises(stock.StockReserved):
        enter(village, taking_id, seller, {1: 1}, {1: "丢了"})
    do(village, taking.drop, taking_id, seller)
    begin(village, merchant_id, seller)
    with pytest.raises(Forbidden):
        begin(village, merchant_id, empty[2])
    haircuts = village.write(
        lambda s, now: merchants.open_merchant(s, actor=village.actor("committee"), now=now, name="理发店", place="")
    )
    with pytest.raises(taking.NothingToCount):
        begin(village, uuid.UUID(haircuts["merchant_id"]), village.actor("committee"))
