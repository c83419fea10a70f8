"""Twenty rounds of a shop's life, their steps shuffled into each other: every edge and refusal, and in the end everything adds up.

Each story is told step by step; at every turn chance says whose step is next, so that orders, counts and returns meet in
ever other ways.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.timebank.points import make
from tests.timebank.points.shop import arrange
from timebank import checks
from timebank.errors import AlreadyDone, BadInput, Forbidden, NotFound, Refused
from timebank.permissions import Actor
from timebank.points.shop import basket, orders, report, returns, states, stock, taking
from timebank.points.shop.goods import Described
from timebank.points.shop.states import Edge

ROUNDS = 20
REFUSALS = {
    AlreadyDone, BadInput, Forbidden, NotFound, basket.NoPlaces, basket.OrderLimit, basket.OutOfStock,
    basket.SeveralMerchants, orders.CodeUsed, orders.NotEnoughPoints, orders.OrderClosed, orders.UnknownCode,
    returns.NotHandedOver, returns.OwnReturn, returns.ReturnDecided, returns.ReturnTooMuch, stock.NoPieces,
    stock.NotEnoughStock, stock.StockReserved, taking.OwnCount, taking.TakingOpen, taking.TakingWrongState,
}  # fmt: skip


class Life:
    """One village with two merchants, and how often each edge was gone and each refusal met."""

    def __init__(self, village: Any) -> None:
        self.village, self.chance = village, random.Random(20_261_122)
        self.edges: Counter[tuple[str, Edge]] = Counter()
        self.refusals: Counter[type[Refused]] = Counter()
        self.soap, self.merchant, self.seller = make.shop(village, stock=900)
        self.pan, _, self.other_seller = make.shop(village, name="锅", stock=1)
        self.towel = arrange.offer(village, self.merchant, "毛巾", stock_=900, said=Described(order_most=3))
        self.cut = arrange.offer(village, self.merchant, "理发", kind="service", price_steps=30)
        self.gift = arrange.offer(village, self.merchant, "礼包", kind="bundle", parts={self.soap: 2, self.towel: 1})
        self.rich = village.make_household("富户", steps=500_000)[0]
        self.poor = village.make_household("穷户", steps=10)[0]
        self.first, self.second = arrange.officer(village), arrange.officer(village)
        self.at_home = village.actor("committee", person=self.rich)

    def did(self, life: str, verb: str, before: str | None, after: str) -> None:
        edge = Edge(verb, before, after)
        assert edge in states.EDGES[life], f"{life}: {verb} led from {before} to {after}"
        self.edges[life, edge] += 1

    def refuses(self, kind: type[Refused], deed: Callable[[], Any]) -> None:
        with pytest.raises(kind) as refused:
            deed()
        self.refusals[type(refused.value)] += 1

    def order(self, *, who: Any = None, **basket_: Any) -> uuid.UUID:
        wanted = {getattr(self, name): quantity for name, quantity in basket_.items()}
        day = self.village.today + dt.timedelta(days=self.chance.randint(1, 20))
        return arrange.order(self.village, who or self.rich, wanted, days={self.cut: day})

    def redeem(self, **basket_: Any) -> uuid.UUID:
        order_id = self.order(**basket_)
        self.did("order", "redeem", None, self.state(order_id))
        return order_id

    def end(self, verb: str, order_id: uuid.UUID, deed: Callable[[], Any]) -> None:
        before = self.state(order_id)
        deed()
        self.did("order", verb, before, self.state(order_id))

    def state(self, order_id: uuid.UUID) -> str:
        return arrange.row(self.village, order_id).state

    def hand_over(self, order_id: uuid.UUID, *more: Any) -> Any:
        return arrange.hand_over(self.village, self.seller, order_id, *more)

    def by_code(self, seller: Actor, code: str) -> Any:
        return self.village.write(
            lambda s, now: orders.hand_over(s, actor=seller, now=now, secret=make.SECRET, typed=code)
        )

    def cancel(self, order_id: uuid.UUID, who: Any = None) -> Any:
        actor = self.village.actor(person=who or self.rich)
        return self.village.write(lambda s, now: orders.cancel(s, actor=actor, now=now, order_id=order_id))

    def call_off(self, order_id: uuid.UUID) -> Any:
        return self.village.write(
            lambda s, now: orders.call_off(s, actor=self.seller, now=now, order_id=order_id, reason="没有货")
        )

    def ask(self, order_id: uuid.UUID, item_id: uuid.UUID, pieces: int) -> uuid.UUID:
        number, on_shelf = arrange.row(self.village, order_id).number, self.chance.random() < 0.5
        made = self.village.write(
            lambda s, now: returns.ask(
                s, actor=self.first, now=now, order_number=number, item_id=item_id, pieces=pieces, to_shelf=on_shelf,
                reason="有毛病",
            )
        )  # fmt: skip
        self.did("return", "ask_return", None, states.ASKED)
        return uuid.UUID(made["return_id"])

    def book(self, return_id: uuid.UUID, actor: Actor) -> Any:
        return self.village.write(lambda s, now: returns.book(s, actor=actor, now=now, return_id=return_id))

    def begin(self) -> uuid.UUID:
        made = self.village.write(lambda s, now: taking.begin(s, actor=self.first, now=now, merchant_id=self.merchant))
        self.did("taking", "begin_taking", None, states.COUNTING)
        return uuid.UUID(made["taking_id"])

    def enter(self, taking_id: uuid.UUID, change: int) -> None:
        with self.village.read() as session:
            lines = taking.taking_of(session, actor=self.first, taking_id=taking_id).lines
        counted = {
            one.line.position: max(one.item.stock + (change if one.item.id == self.towel else 0), 0) for one in lines
        }
        reasons = {one.line.position: "盘点" for one in lines}
        made = self.village.write(
            lambda s, now: taking.enter(
                s, actor=self.first, now=now, taking_id=taking_id, counted=counted, reasons=reasons
            )
        )
        large = made["code"] == "taking_waits"
        self.did("taking", "enter_large_taking" if large else "enter_taking", states.COUNTING,
                 states.WAITING if large else states.BOOKED)  # fmt: skip

    def decide(self, verb: Callable[..., Any], taking_id: uuid.UUID, actor: Actor) -> Any:
        return self.village.write(lambda s, now: verb(s, actor=actor, now=now, taking_id=taking_id))


def fetched(life: Life) -> Iterator[None]:
    """Ordered, fetched, asked for again, and faulty pieces of it brought back."""
    order_id = life.redeem(soap=life.chance.randint(2, 4), cut=1)
    code = arrange.code(life.village, order_id)
    yield
    life.refuses(orders.UnknownCode, lambda: life.by_code(life.other_seller, code))
    life.refuses(returns.NotHandedOver, lambda: life.ask(order_id, life.soap, 1))
    yield
    life.end("hand_over", order_id, lambda: life.hand_over(order_id))
    yield
    life.refuses(orders.CodeUsed, lambda: life.by_code(life.seller, code))
    life.refuses(orders.OrderClosed, lambda: life.cancel(order_id))
    first = life.ask(order_id, life.soap, 1)
    yield
    life.refuses(returns.ReturnTooMuch, lambda: life.ask(order_id, life.soap, 4))
    life.refuses(NotFound, lambda: life.ask(order_id, life.towel, 1))
    for actor in (life.first, life.at_home):
        life.refuses(returns.OwnReturn, partial(life.book, first, actor))
    yield
    life.book(first, life.second)
    life.did("return", "book_return", states.ASKED, states.BOOKED)
    life.refuses(returns.ReturnDecided, lambda: life.book(first, life.second))
    second = life.ask(order_id, life.soap, 1)
    yield
    life.village.write(lambda s, now: returns.refuse(s, actor=life.second, now=now, return_id=second, remark="是摔的"))
    life.did("return", "refuse_return", states.ASKED, states.REFUSED)


def fetched_in_part(life: Life) -> Iterator[None]:
    """A bundle and towels, of which a towel is missing."""
    order_id = life.redeem(gift=1, towel=2)
    yield
    life.refuses(BadInput, lambda: life.hand_over(order_id, {1: 1, 2: 1}, ""))
    yield
    life.end("hand_over_in_part", order_id, lambda: life.hand_over(order_id, {1: 1, 2: 1}, "少一条"))


def given_up(life: Life) -> Iterator[None]:
    order_id = life.redeem(towel=life.chance.randint(1, 3))
    yield
    life.refuses(Forbidden, lambda: life.cancel(order_id, life.poor))
    yield
    life.end("cancel", order_id, lambda: life.cancel(order_id))
    life.refuses(AlreadyDone, lambda: life.cancel(order_id))


def called_off(life: Life) -> Iterator[None]:
    order_id = life.redeem(soap=life.chance.randint(1, 20), gift=1)
    yield
    life.end("call_off", order_id, lambda: life.call_off(order_id))


def left_lying(life: Life) -> Iterator[None]:
    """Nobody comes; it lapses at the end of the round."""
    order_id = life.redeem(soap=1)
    yield
    while life.state(order_id) == "ordered":
        yield
    life.did("order", "expire", "ordered", life.state(order_id))


def refused(life: Life) -> Iterator[None]:
    """What cannot be had, and what cannot go out."""
    life.refuses(basket.SeveralMerchants, lambda: life.order(soap=1, pan=1))
    life.refuses(basket.OutOfStock, lambda: life.order(pan=2))
    life.refuses(basket.OrderLimit, lambda: life.order(towel=4))
    yield
    life.refuses(basket.NoPlaces, lambda: life.order(cut=3))
    life.refuses(orders.NotEnoughPoints, lambda: life.order(who=life.poor, soap=1))
    yield
    order_id = life.order(soap=1)
    for kind, item_id, pieces in (
        (stock.NotEnoughStock, life.soap, arrange.item(life.village, life.soap).stock + 1),
        (stock.StockReserved, life.soap, arrange.item(life.village, life.soap).stock),
        (stock.NoPieces, life.cut, 1),
    ):
        taking = partial(stock.take_out, actor=life.seller, item_id=item_id, kind="event", pieces=pieces, reason="活动")
        life.refuses(kind, partial(life.village.write, lambda s, now, taking=taking: taking(s, now=now)))
    yield
    life.cancel(order_id)


def counted(life: Life) -> Iterator[None]:
    """The shelf is counted four times in a row: a little out, much out, dropped early and late."""
    small = life.begin()
    yield
    life.refuses(taking.TakingOpen, life.begin)
    yield
    life.enter(small, life.chance.choice((-1, 0, 1)))
    life.refuses(taking.TakingWrongState, lambda: life.decide(taking.drop, small, life.first))
    large = life.begin()
    yield
    life.enter(large, life.chance.choice((-10, 12, 30)))
    life.refuses(taking.OwnCount, lambda: life.decide(taking.confirm, large, life.first))
    yield
    life.decide(taking.count_again, large, life.second)
    life.did("taking", "count_again", states.WAITING, states.COUNTING)
    yield
    life.enter(large, life.chance.choice((-10, 12, 30)))
    yield
    life.decide(taking.confirm, large, life.second)
    life.did("taking", "confirm_taking", states.WAITING, states.BOOKED)
    dropped = life.begin()
    yield
    life.decide(taking.drop, dropped, life.first)
    life.did("taking", "drop_taking", states.COUNTING, states.DROPPED)
    late = life.begin()
    yield
    life.enter(late, 20)
    yield
    life.decide(taking.drop, late, life.second)
    life.did("taking", "drop_large_taking", states.WAITING, states.DROPPED)


STORIES = (fetched, fetched_in_part, given_up, called_off, left_lying, refused, counted)


@pytest.mark.slow
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_every_edge_and_refusal_twenty_times_and_everything_adds_up(village):
    life = Life(village)
    for _ in range(ROUNDS):
        told = [story(life) for story in STORIES]
        waiting = told[STORIES.index(left_lying)]
        while told:
            one = life.chance.choice(told)
            if one is waiting and len(told) == 1:
                village.pass_time(days=4)
                arrange.expire(village)
            if next(one, "over") == "over":
                told.remove(one)

    few = {
        f"{name}.{edge.verb}"
        for name, edges in states.EDGES.items()
        for edge in edges
        if life.edges[name, edge] < ROUNDS
    }
    assert few == set()
    assert {kind.__name__ for kind in REFUSALS if life.refusals[kind] < ROUNDS} == set()
    job = Actor.console(village.community_id, "test")
    with village.read() as session:
        assert checks.find(session, actor=job) == []
        for first in (dt.date(2026, 11, 1), dt.date(2026, 12, 1), village.today.replace(day=1)):
            for month in report.month(session, actor=job, first=first):
                assert month.differences == ()
