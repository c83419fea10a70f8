"""A year of the points shop: merchants and their hours, a supplier, deliveries, a stock-taking that differs, baskets, a service and a bundle; orders fetched whole and in part, given up, called off, forgotten, and one that came back."""

import csv
import datetime as dt
import io
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from api.demo import pictures
from api.demo.chance import Random, stream
from api.demo.places import URBAN, VILLAGE, Place
from api.demo.serving import Service
from api.demo.tale import ZONE, Someone, Tale, awake, local
from timebank import samples
from timebank.errors import Refused
from timebank.permissions import Actor
from timebank.points.shop import codes, goods, merchants, returns, stock, taking
from timebank.points.shop import orders as shop_orders
from timebank.points.shop.goods import Described
from timebank.points.shop.tables import ShopOrder

MORE = (("食盐", "2", "袋"), ("毛巾", "6", "条"), ("酱油", "8", "瓶"), ("抽纸", "4", "包"))
FARM = (("锄头", "25", "把"), ("雨靴", "30", "双"), ("菜种", "3", "包"))
# What stands beside name and price: category, how many a month and household, below how many there is a warning.
ABOUT = {
    "香皂": ("日用", 4, 5), "洗衣液": ("日用", 2, 5), "毛巾": ("日用", 4, 3), "抽纸": ("日用", None, 5),
    "食盐": ("厨房", None, 5), "酱油": ("厨房", 2, 5), "锄头": ("农具", 1, 2), "雨靴": ("农具", 2, 2), "菜种": ("农具", None, 4),
}  # fmt: skip


@dataclass
class Shop:
    """The telling of the shop in one community."""

    tale: Tale
    place: Place
    service: Service
    chance: Random
    staff: dict[uuid.UUID, Someone] = field(default_factory=dict)
    items: list[tuple[uuid.UUID, uuid.UUID]] = field(default_factory=list)  # item, merchant
    supplier: uuid.UUID | None = None
    deliveries: int = 0
    haircut: uuid.UUID | None = None
    bundle: uuid.UUID | None = None

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
        tale.at(local(opened + dt.timedelta(days=95), 18), partial(_take_stock, shop))
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
            tale.do(
                merchants.open_merchant,
                actor=shop.committee,
                name=name,
                place=where,
                opening_weekdays=weekdays,
                opens_minute=8 * 60,
                closes_minute=18 * 60,
                keeps_holidays=weekdays != "1234567",
            )["merchant_id"]
        )
        tale.do(merchants.add_staff, actor=shop.committee, merchant_id=merchant_id, person_id=staff.id)
        shop.staff[merchant_id] = staff
        for item, price, piece in offers:
            category, month_most, least = ABOUT.get(item, ("", None, 0))
            offered = tale.do(
                goods.offer,
                actor=staff.actor,
                merchant_id=merchant_id,
                name=item,
                piece=piece,
                price_steps=int(Decimal(price) * 10),
                said=Described(category=category, month_most=month_most, least_stock=least),
                picture=pictures.of(item),
                picture_alt=f"图:{item}",
            )
            shop.items.append((uuid.UUID(offered["item_id"]), merchant_id))
    _deliver(shop, 24)
    if shop.place is VILLAGE:
        _more_than_goods(shop)


def _more_than_goods(shop: Shop) -> None:
    """A haircut with places a day, and a bundle; both at the village's own merchant."""
    merchant_id = shop.items[0][1]
    actor = shop.staff[merchant_id].actor
    haircut = shop.tale.do(
        goods.offer, actor=actor, merchant_id=merchant_id, name="理发", piece="次", price_steps=80, kind="service",
        said=Described(category="服务", description="老人优先,请在约好的那天来", places_a_day=4, month_most=1),
        picture=pictures.of("理发"), picture_alt="图:理发",
    )  # fmt: skip
    parts = {item_id: 1 for item_id, _ in shop.items[:2]}
    bundle = shop.tale.do(
        goods.offer, actor=actor, merchant_id=merchant_id, name="清洁礼包", piece="份", price_steps=230, kind="bundle",
        said=Described(category="日用", description="比分开换省 2 分"), parts=parts,
        picture=pictures.of("清洁礼包"), picture_alt="图:清洁礼包",
    )  # fmt: skip
    shop.haircut, shop.bundle = uuid.UUID(haircut["item_id"]), uuid.UUID(bundle["item_id"])


def _deliver(shop: Shop, pieces: int) -> None:
    """Goods in, with the supplier's note; the first delivery of a village was given."""
    tale = shop.tale
    if shop.supplier is None:
        made = tale.do(
            stock.add_supplier,
            actor=shop.committee,
            name="县供销合作社",
            contact="配送中心 李经理",
            note="每两个月送一次",
        )
        shop.supplier = uuid.UUID(made["supplier_id"])
    for merchant_id, staff in shop.staff.items():
        came = {item_id: pieces for item_id, of in shop.items if of == merchant_id}
        if not came:
            continue
        shop.deliveries += 1
        given = shop.deliveries == 1
        tale.do(
            stock.deliver,
            actor=staff.actor,
            merchant_id=merchant_id,
            pieces=came,
            supplier_id=None if given else shop.supplier,
            note_number="" if given else f"GX-{shop.deliveries:04}",
            cost_fen=None if given else 480 * pieces * len(came),
            is_donation=given,
            remark="在外乡贤捐赠" if given else "",
        )


def _take_stock(shop: Shop) -> None:
    """One shelf is counted: a piece is missing, and one was spoiled by rain before."""
    merchant_id = shop.items[0][1]
    actor, item_id = shop.staff[merchant_id].actor, shop.items[1][0]
    with shop.tale.storage.read() as session:
        left = goods.item_of(session, shop.place.community_id, item_id).left
    if left > 1:
        shop.tale.do(stock.take_out, actor=actor, item_id=item_id, kind="spoiled", pieces=1, reason="雨天受潮")
    made = shop.tale.do(taking.begin, actor=actor, merchant_id=merchant_id)
    taking_id = uuid.UUID(made["taking_id"])
    with shop.tale.storage.read() as session:
        lines = taking.taking_of(session, actor=actor, taking_id=taking_id).lines
    counted = {one.line.position: one.line.expected for one in lines}
    short = next((one for one in lines if one.item.left > 0), None)
    reasons = {}
    if short is not None:
        counted[short.line.position] -= 1
        reasons[short.line.position] = "货架后面找过,少一件"
    shop.tale.do(taking.enter, actor=actor, taking_id=taking_id, counted=counted, reasons=reasons)


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
            basket=_basket(shop, item_id, merchant_id) if item is None else {item_id: 1},
            days=_days(shop), person_id=who.id,
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
    elif what < 0.14:
        tale.at(tale.clock.now() + dt.timedelta(hours=2), partial(_call_off, shop, order_id, merchant_id))
    else:
        hand_over = partial(_hand_over, shop, order_id, merchant_id, in_part=what < 0.17, comes_back=what > 0.97)
        tale.at(local(day, chance.randint(8, 18), chance.randint(0, 59)), hand_over)


def _basket(shop: Shop, item_id: uuid.UUID, merchant_id: uuid.UUID) -> dict[uuid.UUID, int]:
    """One thing, now and then two, a bundle or a haircut."""
    chance = shop.chance
    wanted = {item_id: chance.choice((1, 1, 1, 2))}
    what = chance.random()
    same = [item for item, of in shop.items if of == merchant_id and item != item_id]
    if what < 0.25 and same:
        wanted[chance.choice(same)] = 1
    elif what < 0.3 and shop.bundle is not None and merchant_id == shop.items[0][1]:
        wanted = {shop.bundle: 1}
    elif what < 0.36 and shop.haircut is not None and merchant_id == shop.items[0][1]:
        wanted = {shop.haircut: 1}
    return wanted


def _days(shop: Shop) -> dict[uuid.UUID, dt.date]:
    """Tomorrow, where a haircut is wanted."""
    if shop.haircut is None:
        return {}
    return {shop.haircut: shop.tale.clock.now().astimezone(ZONE).date() + dt.timedelta(days=1)}


def _cancel(shop: Shop, order_id: uuid.UUID, by: Actor) -> None:
    shop.tale.do(shop_orders.cancel, actor=by, order_id=order_id)


def _expire(shop: Shop) -> None:
    shop.tale.do(shop_orders.expire_due, actor=Actor.system(shop.place.community_id, "expire_shop_orders"))


def _call_off(shop: Shop, order_id: uuid.UUID, merchant_id: uuid.UUID) -> None:
    actor = shop.staff[merchant_id].actor
    shop.tale.do(shop_orders.call_off, actor=actor, order_id=order_id, reason="到货破损,要等下一批")


def _hand_over(
    shop: Shop, order_id: uuid.UUID, merchant_id: uuid.UUID, *, in_part: bool = False, comes_back: bool = False
) -> None:
    """By the code; sometimes a piece is missing, and once in a while something faulty comes back a day later."""
    tale, secret = shop.tale, shop.tale.settings.secret
    actor = shop.staff[merchant_id].actor
    with tale.storage.read() as session:
        row = session.get(ShopOrder, (shop.place.community_id, order_id))
        assert row is not None
        code = codes.code_of(secret, row)
        lines = shop_orders.with_lines(session, [row])[0].lines
    pieces = sum(line.quantity for line, _ in lines)
    given = None
    if in_part and pieces > 1:
        given = {line.position: line.quantity for line, _ in lines}
        given[lines[-1][0].position] -= 1
    tale.do(
        shop_orders.hand_over,
        actor=actor,
        secret=secret,
        typed=code,
        given=given,
        reason="货架上少一件" if given else "",
    )
    if comes_back and lines[0][1].kind == "goods":
        tale.at(tale.clock.now() + dt.timedelta(days=1), partial(_take_back, shop, row.number, lines[0][1].id, actor))


def _take_back(shop: Shop, number: int, item_id: uuid.UUID, asks: Actor) -> None:
    """The merchant writes it down, the committee books it."""
    asked = shop.tale.do(
        returns.ask, actor=asks, order_number=number, item_id=item_id, pieces=1, to_shelf=False, reason="包装裂了"
    )
    with suppress(Refused):
        shop.tale.do(returns.book, actor=shop.committee, return_id=uuid.UUID(asked["return_id"]))


def _waiting_now(shop: Shop) -> None:
    """Five that will be fetched today or tomorrow; one of them by the elder who can be played."""
    tale = shop.tale
    people = [one for one in tale.people[1] if one.phone and one.relation == "户主" and one.name != "王秀英"]
    chosen = [tale.of(1, "王秀英"), tale.of(1, "赵桂珍"), *shop.chance.sample(people, 6)]
    for turn, who in enumerate(chosen):
        at = awake(tale.end - dt.timedelta(hours=26 - 3 * turn))
        tale.at(at, partial(_order, shop, who, fetched=False, item=turn % 3))
