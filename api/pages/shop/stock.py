"""Goods and stock of a merchant: what is offered, what is short, what sells, every piece that came or went."""

import datetime as dt
import uuid
from typing import Any

from flask_babel import gettext as _

from api import attachments, edge, lists
from api.exports import Column, Sheet
from api.messages import points as words
from api.pages.shop.common import again, blueprint, chosen_merchant, page, today, whole_by_row
from api.schemas import shop as asked
from timebank import permissions
from timebank.errors import Refused
from timebank.people import communities
from timebank.points.shop import goods, merchants, report, stock, taking
from timebank.points.shop.goods import Described
from timebank.points.shop.tables import BUNDLE, GOODS, ShopItem

MOVES_SHOWN = 100


@blueprint.get("/c/<community_code>/merchant/stock", endpoint="stock")
@edge.signed_in
def stock_() -> Any:
    """Goods, prices and stock of the merchants that the reader may look into."""
    return page("shop/stock.html", **_stock())


@blueprint.get("/c/<community_code>/merchant/stock.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def stock_file(form: str) -> Any:
    """The same as a list; the Excel and CSV can be uploaded again."""
    facts = _stock()
    columns = [
        Column(label="商品"), Column(label="单价积分", kind="points"), Column(label="单位"), Column(label="种类"),
        Column(label="类别"), Column(label="说明"), Column(label="最低库存", kind="whole"),
        Column(label="每日名额", kind="whole"), Column(label="每单最多", kind="whole"),
        Column(label="每户每月最多", kind="whole"), Column(label="每户每年最多", kind="whole"),
        Column(label=_("商户")), Column(label=_("库存"), kind="whole"), Column(label=_("预留"), kind="whole"),
        Column(label=_("可兑换"), kind="whole"), Column(label=_("30 天内交付"), kind="whole"), Column(label=_("状态")),
    ]  # fmt: skip
    kinds = {"goods": "商品", "service": "服务", "bundle": "礼包"}
    rows = [
        (item.name, item.price_at(edge.now()), item.piece, kinds[item.kind], item.category, item.description,
         item.least_stock, item.places_a_day, item.order_most, item.month_most, item.year_most, one.name,
         item.stock if item.kind == GOODS else None, item.reserved if item.kind == GOODS else None,
         item.left if item.kind == GOODS else None, facts["sold"].get(item.id, 0),
         str(_("在售") if item.offered else _("已下架")))
        for one, items in facts["merchants"]
        for item in items
    ]  # fmt: skip
    return lists.answer(form, [Sheet(name=_("商品与库存"), columns=columns, rows=rows)], "goods")


@blueprint.get("/c/<community_code>/merchant/stock/new")
@edge.signed_in
def new_item() -> Any:
    """The form for new goods, a service or a bundle."""
    permissions.require(edge.actor(), "shop.offer", community_id=edge.community().id)
    return page("shop/new_item.html", **_new())


@blueprint.post("/c/<community_code>/merchant/stock")
@edge.signed_in
def offer() -> Any:
    """Offer new goods."""
    permissions.require(edge.actor(), "shop.offer", community_id=edge.community().id)
    try:
        told = edge.load(asked.GoodsAsked)
        said = Described(**edge.load(asked.Described))
        parts = whole_by_row("part", 100)
        picture = attachments.uploaded("picture", "picture")
        price = told.pop("price")
        made = edge.submit(
            "shop.offer",
            lambda session, now: goods.offer(
                session, actor=edge.actor(), now=now, price_steps=price, said=said,
                parts={item: number for item, number in parts.items() if number}, picture=picture, **told,
            ),
            content={**told, "price_steps": price, "said": vars(said), "picture": picture.digest if picture else "",
                     "parts": {item.hex: number for item, number in parts.items()}},
        )  # fmt: skip
    except Refused as refused:
        return again("shop/new_item.html", refused, **_new())
    edge.flash_done(_("已上架;进货后就可以兑换。"))
    return edge.back("shop.item", item_id=uuid.UUID(made["item_id"]))


@blueprint.get("/c/<community_code>/merchant/stock/<uuid:item_id>")
@edge.signed_in
def item(item_id: uuid.UUID) -> Any:
    """One kind of goods with its prices and every piece that came or went."""
    return page("shop/item.html", **_item(item_id))


@blueprint.get("/c/<community_code>/merchant/stock/<uuid:item_id>/moves.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def moves_file(item_id: uuid.UUID, form: str) -> Any:
    """Every piece that came or went, as a list."""
    asks = edge.actor()
    found = goods.item_of(edge.read(), edge.community().id, item_id)
    moves = stock.movements_of(edge.read(), actor=asks, item_id=item_id, limit=5_000)
    columns = [
        Column(label=_("时间"), kind="instant"), Column(label=_("变动")), Column(label=_("件数"), kind="whole"),
        Column(label=_("库存"), kind="whole"), Column(label=_("预留"), kind="whole"), Column(label=_("原因")),
        Column(label=_("经手")),
    ]  # fmt: skip
    rows = [
        (row.moved_at, str(words.MOVEMENTS[row.kind]), row.pieces, row.stock, row.reserved, row.reason, handled_by(row))
        for row in moves
    ]
    return lists.answer(form, [Sheet(name=found.name, columns=columns, rows=rows)], "stock-moves")


@blueprint.post("/c/<community_code>/merchant/stock/<uuid:item_id>/describe")
@edge.signed_in
def describe(item_id: uuid.UUID) -> Any:
    """Say anew what goods are, and whether they are offered."""

    def change() -> dict[str, Any]:
        told = edge.load(asked.GoodsChanged)
        said = Described(**edge.load(asked.Described))
        parts = {row: number for row, number in whole_by_row("part", 100).items() if number}
        picture = attachments.uploaded("picture", "picture")
        told["offered"] = told["offered"] == "yes"
        return edge.submit(
            "shop.describe",
            lambda session, now: goods.describe(
                session, actor=edge.actor(), now=now, item_id=item_id, said=said, parts=parts or None, picture=picture, **told
            ),
            content={**told, "item": item_id, "said": vars(said), "picture": picture.digest if picture else "",
                     "parts": {row.hex: number for row, number in parts.items()}},
        )  # fmt: skip

    return _done("shop.offer", item_id, change)


@blueprint.post("/c/<community_code>/merchant/stock/<uuid:item_id>/price")
@edge.signed_in
def price(item_id: uuid.UUID) -> Any:
    """Set the price, from now or from a day on."""

    def change() -> dict[str, Any]:
        told = edge.load(asked.PriceSet)
        place, from_on = edge.community(), told["from_on"]

        def set_price(session: Any, now: dt.datetime) -> dict[str, Any]:
            at_once = from_on is None or from_on == communities.local_day(place, now)
            from_at = now if at_once else communities.day_start(place, from_on)
            return goods.set_price(
                session, actor=edge.actor(), now=now, item_id=item_id, price_steps=told["price"], from_at=from_at
            )

        return edge.submit("shop.set_price", set_price, content={"item": item_id, **told})

    return _done("shop.offer", item_id, change)


@blueprint.post("/c/<community_code>/merchant/stock/<uuid:item_id>/receive")
@edge.signed_in
def receive(item_id: uuid.UUID) -> Any:
    """Pieces came."""
    return _stocked("shop.receive", item_id, asked.PiecesReceived, stock.receive)


@blueprint.post("/c/<community_code>/merchant/stock/<uuid:item_id>/take-out")
@edge.signed_in
def take_out(item_id: uuid.UUID) -> Any:
    """Pieces went without an order: spoiled, past their date, for an event."""
    return _stocked("shop.receive", item_id, asked.PiecesTakenOut, stock.take_out)


@blueprint.post("/c/<community_code>/merchant/stock/<uuid:item_id>/count")
@edge.signed_in
def count(item_id: uuid.UUID) -> Any:
    """The shelf was counted for this one; a large difference waits for a second person."""
    return _stocked("shop.count", item_id, asked.PiecesCounted, taking.count)


def handled_by(row: Any) -> str:
    """Who handled a movement; of an order it would name the household's person, and the merchant sees none."""
    return "" if row.kind in ("reserved", "released") else str(row.moved_by)


def _stocked(use_case: str, item_id: uuid.UUID, schema: Any, verb: Any) -> Any:
    def change() -> dict[str, Any]:
        told = edge.load(schema)
        return edge.submit(
            use_case,
            lambda session, now: verb(session, actor=edge.actor(), now=now, item_id=item_id, **told),
            content={"item": item_id, **told},
        )

    return _done(use_case, item_id, change)


def _done(use_case: str, item_id: uuid.UUID, change: Any) -> Any:
    permissions.require(edge.actor(), use_case, community_id=edge.community().id)
    try:
        made = change()
    except Refused as refused:
        return again("shop/item.html", refused, **_item(item_id))
    if made["code"] == "taking_waits":
        edge.flash_note(_("差异较大,要由另一个人确认后才改库存。"))
        return edge.back("shop.taking_shown", taking_id=uuid.UUID(made["taking_id"]))
    edge.flash_done(_("已登记。"))
    return edge.back("shop.item", item_id=item_id)


def _stock() -> dict[str, Any]:
    session, asks, here = edge.read(), edge.actor(), edge.community()
    found = merchants.merchants_for(session, actor=asks, use_case="shop.look")
    listed = [(one, goods.goods_of(session, here.id, one.id)) for one in found]
    every = [item for _one, items in listed for item in items]
    return {
        "merchants": listed,
        "sold": report.sell_through(session, here.id, items=every, now=edge.now()),
        "short": [item for item in every if item.is_short],
        "changes": permissions.may(asks, "shop.offer", community_id=here.id),
        "now": edge.now(),
    }


def _new() -> dict[str, Any]:
    session, asks, here = edge.read(), edge.actor(), edge.community()
    merchant, every = chosen_merchant("shop.offer", None)
    return {
        "merchants": every,
        "goods": {one.id: _parts_possible(list(goods.goods_of(session, here.id, one.id))) for one in every},
        "merchant": merchant,
        "many": permissions.may(asks, "shop.open_merchant", community_id=here.id),
    }


def _item(item_id: uuid.UUID) -> dict[str, Any]:
    session, asks, here = edge.read(), edge.actor(), edge.community()
    found = goods.item_of(session, here.id, item_id)
    moves = stock.movements_of(session, actor=asks, item_id=item_id, limit=MOVES_SHOWN)
    others = list(goods.goods_of(session, here.id, found.merchant_id))
    return {
        "item": found,
        "merchant": merchants.merchant(session, here.id, found.merchant_id),
        "moves": moves,
        "handled_by": handled_by,
        "prices": goods.prices_of(session, actor=asks, item_id=item_id),
        "parts": dict(goods.parts_of(session, here.id).get(found.id, [])),
        "possible": _parts_possible(others) if found.kind == BUNDLE else [],
        "sold": report.sell_through(session, here.id, items=[found], now=edge.now())[found.id],
        "changes": permissions.may(asks, "shop.offer", community_id=here.id),
        "now": edge.now(),
        "today": today(),
    }


def _parts_possible(items: list[ShopItem]) -> list[ShopItem]:
    return [one for one in items if one.kind == GOODS]
