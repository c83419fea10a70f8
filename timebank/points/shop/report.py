"""The month of the points shop: stock, points and entries, and whether the three say the same.

For each kind of goods: opening + in - out = closing. For each merchant: pieces handed over at their prices = points of
the orders = what the merchant's account took in, less what came back. What differs is named, never smoothed over.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from ledger import reading
from timebank.people import communities
from timebank.permissions import Actor
from timebank.points.shop.goods import goods_of
from timebank.points.shop.merchants import community_of, merchants_for, merchants_of, staffed
from timebank.points.shop.orders import Ordered, with_lines
from timebank.points.shop.states import BOOKED
from timebank.points.shop.tables import (
    BUNDLE,
    GOODS,
    HANDED_OVER,
    PROMISES,
    Merchant,
    ShopItem,
    ShopOrder,
    ShopOrderLine,
    ShopReturn,
    StockMovement,
)

IN_KINDS = ("received", "taken_back")
OUT_KINDS = ("handed_over", "spoiled", "past_date", "event")


@dataclass(frozen=True)
class Difference:
    """Two figures that should be one: a stable code, which merchant or goods, and what each says."""

    code: str
    what: str
    row: uuid.UUID
    name: str
    expected: int
    found: int


@dataclass(frozen=True)
class StockRow:
    """One kind of goods in a month, in pieces; `counted` has a sign."""

    item: ShopItem
    opening: int
    received: int
    taken_back: int
    counted: int
    handed_over: int
    spoiled: int
    past_date: int
    event: int
    closing: int

    @property
    def reckoned(self) -> int:
        """What the closing stock must be by what came and went."""
        came = self.opening + self.received + self.taken_back + self.counted
        return came - self.handed_over - self.spoiled - self.past_date - self.event


@dataclass(frozen=True)
class SoldRow:
    """One thing that was redeemed in a month at one price: pieces given, and the points that they come to, in steps."""

    item: ShopItem
    price_steps: int
    pieces: int
    steps: int


@dataclass(frozen=True)
class MerchantMonth:
    """A merchant's month. `orders_steps` is what the orders say, `entries_steps` what the ledger moved to the account."""

    merchant: Merchant
    stock: tuple[StockRow, ...]
    sold: tuple[SoldRow, ...]
    orders: int
    orders_steps: int
    returned_steps: int
    entries_steps: int
    account_opening_steps: int
    account_closing_steps: int
    differences: tuple[Difference, ...]

    @property
    def pieces_steps(self) -> int:
        """Pieces handed over at their prices."""
        return sum(row.steps for row in self.sold)


def month(session: Session, *, actor: Actor, first: dt.date) -> list[MerchantMonth]:
    """The month that begins on `first`, of each merchant that the actor may look into."""
    place = communities.community(session, community_of(actor))
    start = communities.day_start(place, first)
    end = communities.day_start(place, (first + dt.timedelta(days=32)).replace(day=1))
    found = merchants_for(session, actor=actor, use_case="shop.look")
    return [_merchant_month(session, one, start, end) for one in found]


def statement(
    session: Session, *, actor: Actor, merchant: Merchant, before: int | None = None, limit: int = 50
) -> list[tuple[reading.Line, Ordered | None]]:
    """The merchant's own account, newest first: each line with its order, never with a person."""
    row = staffed(session, actor, "shop.look", merchant.id, reads=True)
    lines = reading.statement(session, row.community_id, row.account, before=before, limit=limit)
    ids = {uuid.UUID(line.detail["order"]) for line in lines if line.detail and "order" in line.detail}
    orders = session.scalars(
        select(ShopOrder).where(ShopOrder.community_id == row.community_id, col(ShopOrder.id).in_(ids))
    ).all()
    by_id = {one.order.id.hex: one for one in with_lines(session, orders)}
    return [(line, by_id.get((line.detail or {}).get("order", ""))) for line in lines]


def sell_through(
    session: Session, community_id: int, *, items: Sequence[ShopItem], now: dt.datetime, days: int = 30
) -> dict[uuid.UUID, int]:
    """How many pieces of each were handed over in the last days; asks no permission: the goods were shown already."""
    rows = session.execute(
        select(col(StockMovement.item_id), func.sum(-StockMovement.pieces))
        .where(
            StockMovement.community_id == community_id,
            StockMovement.kind == HANDED_OVER,
            col(StockMovement.moved_at) > now - dt.timedelta(days=days),
        )
        .group_by(col(StockMovement.item_id))
    )
    sold = {item_id: int(pieces) for item_id, pieces in rows}
    return {item.id: sold.get(item.id, 0) for item in items}


def differences(session: Session, community_id: int) -> Iterator[Difference]:
    """Everything that does not fit in the shop's books from the first day on: what `checks` asks."""
    moved = _moved(session, community_id, None, None)
    for item in goods_of(session, community_id):
        if item.kind != GOODS:
            continue
        kinds = moved.get(item.id, Counter())
        promised = sum(kinds[kind] for kind in PROMISES) + kinds["handed_over"]
        if promised != item.reserved:
            yield Difference("shop_reserved", "shop_item", item.id, item.name, promised, item.reserved)
    for place in merchants_of(session, community_id):
        yield from _merchant_month(session, place, None, None).differences


def _merchant_month(
    session: Session, place: Merchant, start: dt.datetime | None, end: dt.datetime | None
) -> MerchantMonth:
    community_id = place.community_id
    items = goods_of(session, community_id, place.id)
    moved = _moved(session, community_id, start, end)
    # The opening is what came and went before, the closing is the shelf's stock without what came and went since: two ways.
    before = _moved(session, community_id, None, start) if start else {}
    since = _moved(session, community_id, end, None) if end else {}
    stock = [
        _stock_row(
            item, _change(before.get(item.id)), item.stock - _change(since.get(item.id)), moved.get(item.id, Counter())
        )
        for item in items
        if item.kind == GOODS
    ]
    size_from = reading.size_at(session, community_id, start) if start else 0
    tail = reading.tail(session, community_id)
    size_to = reading.size_at(session, community_id, end) if end else (tail.size if tail else 0)
    handed_over = (
        ShopOrder.community_id == community_id,
        ShopOrder.merchant_id == place.id,
        ShopOrder.state == HANDED_OVER,
        col(ShopOrder.capture) >= size_from,
        col(ShopOrder.capture) < size_to,
    )
    orders, orders_steps = session.execute(
        select(func.count(), func.coalesce(func.sum(ShopOrder.given_steps), 0)).where(*handed_over)
    ).one()
    returned = session.scalar(
        select(func.coalesce(func.sum(ShopReturn.steps), 0))
        .join(
            ShopOrder,
            (col(ShopOrder.community_id) == ShopReturn.community_id) & (col(ShopOrder.id) == ShopReturn.order_id),
        )
        .where(
            ShopReturn.community_id == community_id,
            ShopOrder.merchant_id == place.id,
            ShopReturn.state == BOOKED,
            col(ShopReturn.entry) >= size_from,
            col(ShopReturn.entry) < size_to,
        )
    )
    account_opening = reading.balance_at(session, community_id, place.account, start) if start else 0
    account_closing = (
        reading.balance_at(session, community_id, place.account, end)
        if end
        else reading.account(session, community_id, place.account).balance
    )
    made = MerchantMonth(
        merchant=place,
        stock=tuple(
            row for row in stock if any((row.opening, row.closing, row.received, row.handed_over, row.reckoned))
        ),
        sold=tuple(_sold(session, {item.id: item for item in items}, handed_over)),
        orders=orders,
        orders_steps=int(orders_steps),
        returned_steps=int(returned or 0),
        entries_steps=account_closing - account_opening,
        account_opening_steps=account_opening,
        account_closing_steps=account_closing,
        differences=(),
    )
    return replace(made, differences=tuple(_differences(made, stock)))


def _differences(made: MerchantMonth, stock: Iterable[StockRow]) -> Iterator[Difference]:
    place = made.merchant
    for row in stock:
        if row.reckoned != row.closing:
            yield Difference("shop_stock", "shop_item", row.item.id, row.item.name, row.reckoned, row.closing)
    if made.pieces_steps != made.orders_steps:
        yield Difference("shop_pieces", "merchant", place.id, place.name, made.pieces_steps, made.orders_steps)
    if made.orders_steps - made.returned_steps != made.entries_steps:
        expected = made.orders_steps - made.returned_steps
        yield Difference("shop_entries", "merchant", place.id, place.name, expected, made.entries_steps)
    # With a bundle among them, what its parts were then is not known any more; else pieces are compared one by one.
    if not any(row.item.kind == BUNDLE for row in made.sold):
        given: Counter[uuid.UUID] = Counter()
        for sold in made.sold:
            given[sold.item.id] += sold.pieces
        for row in stock:
            if row.handed_over != given[row.item.id]:
                yield Difference(
                    "shop_given", "shop_item", row.item.id, row.item.name, given[row.item.id], row.handed_over
                )


def _stock_row(item: ShopItem, opening: int, closing: int, moved: Counter[str]) -> StockRow:
    return StockRow(
        item=item, opening=opening, received=moved["received"], taken_back=moved["taken_back"],
        counted=moved["counted"], handed_over=-moved["handed_over"], spoiled=-moved["spoiled"],
        past_date=-moved["past_date"], event=-moved["event"], closing=closing,
    )  # fmt: skip


def _change(kinds: Counter[str] | None) -> int:
    """By how many pieces movements changed the shelf."""
    return sum(pieces for kind, pieces in (kinds or Counter()).items() if kind not in PROMISES)


def _sold(
    session: Session, items: Mapping[uuid.UUID, ShopItem], handed_over: Sequence[ColumnElement[bool] | bool]
) -> list[SoldRow]:
    """What was given of each thing at each price; aggregated in SQL, since a year has thousands of orders."""
    found = session.execute(
        select(col(ShopOrderLine.item_id), col(ShopOrderLine.price_steps), func.sum(ShopOrderLine.given))
        .join(
            ShopOrder,
            (col(ShopOrder.community_id) == ShopOrderLine.community_id) & (col(ShopOrder.id) == ShopOrderLine.order_id),
        )
        .where(*handed_over)
        .group_by(col(ShopOrderLine.item_id), col(ShopOrderLine.price_steps))
    )
    rows = [SoldRow(items[item_id], price, int(given), int(given) * price) for item_id, price, given in found if given]
    return sorted(rows, key=lambda row: (row.item.category, row.item.name, row.price_steps))


def _moved(
    session: Session, community_id: int, start: dt.datetime | None, end: dt.datetime | None
) -> dict[uuid.UUID, Counter[str]]:
    """Pieces by goods and kind of movement in a span."""
    query = select(col(StockMovement.item_id), col(StockMovement.kind), func.sum(StockMovement.pieces)).where(
        StockMovement.community_id == community_id
    )
    if start is not None:
        query = query.where(col(StockMovement.moved_at) >= start)
    if end is not None:
        query = query.where(col(StockMovement.moved_at) < end)
    found: dict[uuid.UUID, Counter[str]] = {}
    for item_id, kind, pieces in session.execute(query.group_by(col(StockMovement.item_id), col(StockMovement.kind))):
        found.setdefault(item_id, Counter())[kind] = int(pieces)
    return found
