"""A year of the points shop: two merchants, deliveries, redemptions fetched, given up and forgotten."""

import csv
import datetime as dt
import io
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from api.demo.chance import Random, stream
from api.demo.places import URBAN, VILLAGE, Place
from api.demo.serving import Service
from api.demo.tale import ZONE, Someone, Tale, awake, local
from timebank import samples
from timebank.errors import Refused
from timebank.permissions import Actor
from timebank.points.shop import codes, goods, merchants, stock
from timebank.points.shop import orders as shop_orders
from timebank.points.shop.tables import ShopOrder

MORE = (("食盐", "2", "袋"), ("毛巾", "6", "条"), ("酱油", "8", "瓶"), ("抽纸", "4", "包"))
FARM = (("锄头", "25", "把"), ("雨靴", "30", "双"), ("菜种", "3", "包"))


@dataclass
class Shop:
    """The telling of the shop in one community."""

    tale: Tale
    place: Place
    service: Service
    chance: Random
    staff: dict[uuid.UUID, Someone] = field(default_factory=dict)
    items: list[tuple[uuid.UUID, uuid.UUID]] = field(default_factory=list)  # item, merchant

    @property
    def committee(self) -> Actor:
        return self.service.with_role("committee")[-1].actor


def sell(tale: Tale, services: dict[int, Service]) -> None:
    """Put the shop's year on the agenda."""
    for place, opens_after, every in ((VILLAGE, 45, 6), (URBAN, 260, 13)):
        shop = Shop(tale, place, services[place.community_id], stream(f"shop {place.code}"))
        opened = tale.first_day + dt.timedelta(days=opens_after)
        tale.at(local(opened, 10), partial(_open, shop))
        for ahead in range(60, 330, 60):
            tale.at(local(opened + dt.timedelta(days=ahead), 9), partial(_deliver, shop, 10))
        day = opened + dt.timedelta(days=3)
        while day < tale.today - dt.timedelta(days=3):
            for _ in range(shop.chance.randint(1, 3)):
                tale.at(local(day, shop.chance.randint(8, 17), shop.chance.randint(0, 59)), partial(_order, shop, None))
            day += dt.timedelta(days=shop.chance.randint(1, every))
        if place is VILLAGE:
            _waiting_now(shop)


def _open(shop: Shop) -> None:
    tale = shop.tale
    known = [
        (row["商品"], row["单价积分"], row["单位"])
        for row in csv.DictReader(io.StringIO(samples.sample(samples.GOODS).decode("utf-8-sig")))
    ]
    if shop.place is VILLAGE:
        other = next(one for one in shop.service.with_role("merchant") if one.name != "徐建军")
        plan = [("徐记便民超市", "村口文化礼堂对面", "1234567", tale.of(1, "徐建军"), [*known, *MORE]),
                ("供销社农资店", "桥西二组", "12345", other, list(FARM))]  # fmt: skip
    else:
        plan = [("柳溪积分超市", "2幢底层", "135", shop.service.with_role("merchant")[0], known)]
    for name, where, weekdays, staff, offers in plan:
        merchant_id = uuid.UUID(
            tale.do(merchants.open_merchant, actor=shop.committee, name=name, place=where, opening_weekdays=weekdays)[
                "merchant_id"
            ]
        )
        tale.do(merchants.add_staff, actor=shop.committee, merchant_id=merchant_id, person_id=staff.id)
        shop.staff[merchant_id] = staff
        for item, price, piece in offers:
            offered = tale.do(
                goods.offer,
                actor=staff.actor,
                merchant_id=merchant_id,
                name=item,
                piece=piece,
                price_steps=int(Decimal(price) * 10),
            )
            shop.items.append((uuid.UUID(offered["item_id"]), merchant_id))
    _deliver(shop, 24)


def _deliver(shop: Shop, pieces: int) -> None:
    for item_id, merchant_id in shop.items:
        shop.tale.do(stock.receive, actor=shop.staff[merchant_id].actor, item_id=item_id, pieces=pieces, reason="进货")


def _order(shop: Shop, who: Someone | None, *, fetched: bool = True, item: int | None = None) -> None:
    """A household orders, and mostly comes for it the next day; who has too few points is told so."""
    chance, tale = shop.chance, shop.tale
    who = who or chance.choice(
        [one for one in tale.people[shop.place.community_id] if one.age(tale.today) >= 20 and one.name != "王秀英"]
    )
    item_id, merchant_id = shop.items[item if item is not None else chance.randrange(len(shop.items))]
    by = who.actor if who.phone else shop.service.desk.actor
    try:
        done = tale.do(
            shop_orders.redeem, actor=by, secret=tale.settings.secret, household_id=who.household_id,
            basket={item_id: chance.choice((1, 1, 1, 2))}, person_id=who.id,
        )  # fmt: skip
    except Refused:
        return
    if not fetched:
        return
    order_id = uuid.UUID(done["order_id"])
    what = chance.random()
    day = tale.clock.now().astimezone(ZONE).date() + dt.timedelta(days=1)
    if what < 0.06:
        tale.at(tale.clock.now() + dt.timedelta(hours=3), partial(_cancel, shop, order_id, by))
    elif what < 0.11:
        tale.at(tale.clock.now() + dt.timedelta(days=9), partial(_expire, shop))
    else:
        tale.at(
            local(day, chance.randint(8, 18), chance.randint(0, 59)), partial(_hand_over, shop, order_id, merchant_id)
        )


def _cancel(shop: Shop, order_id: uuid.UUID, by: Actor) -> None:
    shop.tale.do(shop_orders.cancel, actor=by, order_id=order_id)


def _expire(shop: Shop) -> None:
    shop.tale.do(shop_orders.expire_due, actor=Actor.system(shop.place.community_id, "expire_shop_orders"))


def _hand_over(shop: Shop, order_id: uuid.UUID, merchant_id: uuid.UUID) -> None:
    secret = shop.tale.settings.secret
    with shop.tale.storage.read() as session:
        row = session.get(ShopOrder, (shop.place.community_id, order_id))
        assert row is not None
        code = codes.code_of(secret, row)
    shop.tale.do(shop_orders.hand_over, actor=shop.staff[merchant_id].actor, secret=secret, typed=code)


def _waiting_now(shop: Shop) -> None:
    """Five that will be fetched today or tomorrow; one of them by the elder who can be played."""
    tale = shop.tale
    people = [one for one in tale.people[1] if one.phone and one.relation == "户主" and one.name != "王秀英"]
    chosen = [tale.of(1, "王秀英"), tale.of(1, "赵桂珍"), *shop.chance.sample(people, 6)]
    for turn, who in enumerate(chosen):
        at = awake(tale.end - dt.timedelta(hours=26 - 3 * turn))
        tale.at(at, partial(_order, shop, who, fetched=False, item=turn % 3))
