"""The points shop: the list for anybody, a household's orders, and the merchant's counter, stock and month."""

import datetime as dt
import uuid
from typing import Any

import marshmallow
from flask_smorest import Blueprint
from marshmallow.fields import Boolean, Date, DateTime, Integer, List, Nested, String

from api import edge
from api.pages.shop import common, counter
from api.schemas import shop as asked
from timebank import permissions
from timebank.people import helpers, residents
from timebank.points import statement
from timebank.points.shop import goods as all_goods
from timebank.points.shop import listing, merchants, orders, report, stock, taking

blueprint = Blueprint(
    "v1_shop", __name__, url_prefix="/api/v1/c/<community_code>/shop", description="Goods and services for points"
)


class ShopGoodsAnswer(marshmallow.Schema):
    """Something that can be ordered; steps are tenths of a point."""

    id = String(required=True)
    merchant_id = String(required=True)
    merchant = String(required=True)
    name = String(required=True)
    kind = String(required=True)
    category = String(required=True)
    description = String(required=True)
    piece = String(required=True)
    price_steps = Integer(required=True)
    left = Integer(
        required=True, allow_none=True, metadata={"description": "none for a service: its places are by day"}
    )
    places_a_day = Integer(required=True, allow_none=True)
    order_most = Integer(required=True, allow_none=True)
    month_most = Integer(required=True, allow_none=True)
    year_most = Integer(required=True, allow_none=True)
    picture_id = String(required=True, allow_none=True)
    picture_alt = String(required=True)


class ShopReachableAnswer(ShopGoodsAnswer):
    missing_steps = Integer(required=True)


class ShopGoodsListAnswer(marshmallow.Schema):
    goods = List(Nested(ShopGoodsAnswer), required=True)


class ShopReachableListAnswer(marshmallow.Schema):
    available_steps = Integer(required=True)
    owed_steps = Integer(required=True)
    goods = List(Nested(ShopReachableAnswer), required=True)


class ShopLineAnswer(marshmallow.Schema):
    position = Integer(required=True)
    item_id = String(required=True)
    name = String(required=True)
    quantity = Integer(required=True)
    given = Integer(required=True)
    price_steps = Integer(required=True)
    on_day = Date(required=True, allow_none=True)


class ShopOrderAnswer(marshmallow.Schema):
    """An order; `code` only for the household, and only while it waits."""

    id = String(required=True)
    number = Integer(required=True)
    merchant = String(required=True)
    state = String(required=True)
    total_steps = Integer(required=True)
    given_steps = Integer(required=True)
    ordered_at = DateTime(required=True)
    ends_at = DateTime(required=True)
    closed_at = DateTime(required=True, allow_none=True)
    close_reason = String(required=True)
    code = String(required=True, allow_none=True)
    lines = List(Nested(ShopLineAnswer), required=True)


class ShopOrderListAnswer(marshmallow.Schema):
    orders = List(Nested(ShopOrderAnswer), required=True)
    before = Integer(required=True, allow_none=True, metadata={"description": "ask with this for the next page"})


class ShopOutcomeAnswer(marshmallow.Schema):
    """What was done, with its facts."""

    class Meta:
        unknown = marshmallow.INCLUDE

    code = String(required=True)
    order_id = String()
    number = Integer()
    before_steps = Integer()
    after_steps = Integer()
    total_steps = Integer()
    whole = Boolean()


class ShopMerchantAnswer(marshmallow.Schema):
    id = String(required=True)
    name = String(required=True)
    place = String(required=True)


class ShopMerchantListAnswer(marshmallow.Schema):
    merchants = List(Nested(ShopMerchantAnswer), required=True)


class ShopStockAnswer(marshmallow.Schema):
    id = String(required=True)
    name = String(required=True)
    kind = String(required=True)
    price_steps = Integer(required=True)
    stock = Integer(required=True)
    reserved = Integer(required=True)
    least_stock = Integer(required=True)
    offered = Boolean(required=True)
    given_in_30_days = Integer(required=True)


class ShopStockListAnswer(marshmallow.Schema):
    goods = List(Nested(ShopStockAnswer), required=True)


class ShopStockRowAnswer(marshmallow.Schema):
    name = String(required=True)
    opening = Integer(required=True)
    received = Integer(required=True)
    taken_back = Integer(required=True)
    counted = Integer(required=True)
    handed_over = Integer(required=True)
    spoiled = Integer(required=True)
    past_date = Integer(required=True)
    event = Integer(required=True)
    closing = Integer(required=True)


class ShopDifferenceAnswer(marshmallow.Schema):
    code = String(required=True)
    name = String(required=True)
    expected = Integer(required=True)
    found = Integer(required=True)


class ShopMonthAnswer(marshmallow.Schema):
    merchant = String(required=True)
    orders = Integer(required=True)
    pieces_steps = Integer(required=True)
    orders_steps = Integer(required=True)
    returned_steps = Integer(required=True)
    entries_steps = Integer(required=True)
    account_opening_steps = Integer(required=True)
    account_closing_steps = Integer(required=True)
    stock = List(Nested(ShopStockRowAnswer), required=True)
    differences = List(Nested(ShopDifferenceAnswer), required=True)


class ShopReportAnswer(marshmallow.Schema):
    month = String(required=True)
    merchants = List(Nested(ShopMonthAnswer), required=True)


@blueprint.get("/goods")
@blueprint.response(200, ShopGoodsListAnswer)
def goods(**_: Any) -> dict[str, Any]:
    """What can be ordered today; anybody may read it."""
    found = listing.public_list(edge.read(), edge.community().id, now=edge.now())
    return {"goods": [_offer(one) for one in found]}


@blueprint.get("/reachable")
@edge.signed_in
@blueprint.response(200, ShopReachableListAnswer)
def reachable(**_: Any) -> dict[str, Any]:
    """What the own household can have, and how far it is from the rest: the nearest first."""
    household_id = common.own_household()
    held = statement.held(edge.read(), actor=edge.actor(), household_id=household_id)
    free = max(held.available_steps - held.owed_steps, 0)
    found = listing.reachable(edge.read(), edge.community().id, free, now=edge.now())
    return {
        "available_steps": held.available_steps,
        "owed_steps": held.owed_steps,
        "goods": [_offer(one.offer) | {"missing_steps": one.missing_steps} for one in found],
    }


@blueprint.get("/orders")
@edge.signed_in
@blueprint.response(200, ShopOrderListAnswer)
def listed(**_: Any) -> dict[str, Any]:
    """The own household's orders, newest first, with the codes of those still to be fetched."""
    before = edge.load(asked.Paged)["before"]
    found = orders.orders_of_household(
        edge.read(),
        actor=edge.actor(),
        secret=edge.settings().secret,
        household_id=common.own_household(),
        before=before,
        limit=50,
    )
    return {"orders": [_order(one) for one in found], "before": found[-1].order.number if len(found) == 50 else None}


@blueprint.post("/orders")
@edge.signed_in
@blueprint.arguments(asked.BasketPosted)
@blueprint.response(201, ShopOutcomeAnswer)
def place(typed: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Order goods of one merchant: for the own household, for an elder one helps, or at the desk."""
    asks, secret = edge.actor(), edge.settings().secret
    if typed["person"]:
        person = residents.by_number(edge.read(), edge.community().id, typed["person"])
        is_helper = asks.person_id is not None and helpers.is_helper(
            edge.read(), person.community_id, asks.person_id, person.id
        )
        if not is_helper:
            permissions.require(asks, "shop.redeem_on_behalf", community_id=edge.community().id)
        household_id, person_id = person.household_id, person.id
    else:
        household_id, person_id = common.own_household(), common.own_person()
    wanted = {line["item_id"]: line["quantity"] for line in typed["lines"]}
    days = {line["item_id"]: line["on_day"] for line in typed["lines"] if line["on_day"]}
    return edge.submit(
        "shop.redeem",
        lambda session, now: orders.redeem(
            session,
            actor=asks,
            now=now,
            secret=secret,
            household_id=household_id,
            person_id=person_id,
            basket=wanted,
            days=days,
        ),
        content={"household": household_id, "lines": typed["lines"]},
    )


@blueprint.get("/orders/<uuid:order_id>")
@edge.signed_in
@blueprint.response(200, ShopOrderAnswer)
def get(order_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """One order of the own household, of whom one helps, or at the desk."""
    return _order(orders.order(edge.read(), actor=edge.actor(), secret=edge.settings().secret, order_id=order_id))


@blueprint.post("/orders/<uuid:order_id>/cancel")
@edge.signed_in
@blueprint.response(200, ShopOutcomeAnswer)
def cancel(order_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Give an order up before it is fetched."""
    return edge.submit(
        "shop.cancel",
        lambda session, now: orders.cancel(session, actor=edge.actor(), now=now, order_id=order_id),
        content={"order": order_id},
    )


@blueprint.get("/merchants")
@edge.signed_in
@blueprint.response(200, ShopMerchantListAnswer)
def merchants_listed(**_: Any) -> dict[str, Any]:
    """The merchants that the caller hands over at or looks into."""
    found = merchants.merchants_for(edge.read(), actor=edge.actor(), use_case="shop.look")
    return {"merchants": [{"id": str(one.id), "name": one.name, "place": one.place} for one in found]}


@blueprint.get("/merchants/<uuid:merchant_id>/orders")
@edge.signed_in
@blueprint.response(200, ShopOrderListAnswer)
def merchant_orders(merchant_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """A merchant's orders, newest first: goods and numbers, no person, no code."""
    paged = edge.load(asked.Paged)
    found = orders.orders_of_merchant(
        edge.read(), actor=edge.actor(), merchant_id=merchant_id, state=paged["state"], before=paged["before"], limit=50
    )
    return {"orders": [_order(one) for one in found], "before": found[-1].order.number if len(found) == 50 else None}


@blueprint.post("/codes")
@edge.signed_in
@blueprint.arguments(asked.ShopCodeTyped)
@blueprint.response(200, ShopOrderAnswer)
def look_up(typed: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What a code stands for. Writes nothing; unknown codes are counted, and too many of them lock the login."""
    return _order(counter.counted(lambda: counter.order_of(typed["code"])))


@blueprint.post("/hand-over")
@edge.signed_in
@blueprint.arguments(asked.HandOverPosted)
@blueprint.response(200, ShopOutcomeAnswer)
def hand_over(typed: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hand over by a code: all of it, or the pieces of each line with a reason."""
    permissions.require(edge.actor(), "shop.hand_over", community_id=edge.community().id)
    given = None if typed["lines"] is None else {line["position"]: line["given"] for line in typed["lines"]}
    return counter.give(typed["code"], given, typed["reason"])


@blueprint.post("/orders/<uuid:order_id>/call-off")
@edge.signed_in
@blueprint.arguments(asked.CalledOff)
@blueprint.response(200, ShopOutcomeAnswer)
def call_off(typed: dict[str, Any], order_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Call off what the merchant cannot serve."""
    return edge.submit(
        "shop.call_off",
        lambda session, now: orders.call_off(
            session, actor=edge.actor(), now=now, order_id=order_id, reason=typed["reason"]
        ),
        content={"order": order_id, **typed},
    )


@blueprint.get("/merchants/<uuid:merchant_id>/stock")
@edge.signed_in
@blueprint.response(200, ShopStockListAnswer)
def stock_listed(merchant_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """A merchant's goods with what is on the shelf, reserved and sold."""
    row = merchants.staffed(edge.read(), edge.actor(), "shop.look", merchant_id, reads=True)
    items = all_goods.goods_of(edge.read(), row.community_id, row.id)
    sold = report.sell_through(edge.read(), row.community_id, items=items, now=edge.now())
    return {
        "goods": [
            {
                "id": str(item.id),
                "name": item.name,
                "kind": item.kind,
                "price_steps": item.price_at(edge.now()),
                "stock": item.stock,
                "reserved": item.reserved,
                "least_stock": item.least_stock,
                "offered": item.offered,
                "given_in_30_days": sold[item.id],
            }
            for item in items
        ]
    }


@blueprint.post("/goods/<uuid:item_id>/receive")
@edge.signed_in
@blueprint.arguments(asked.PiecesReceived)
@blueprint.response(200, ShopOutcomeAnswer)
def receive(typed: dict[str, Any], item_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Pieces came."""
    return _stocked("shop.receive", stock.receive, item_id, typed)


@blueprint.post("/goods/<uuid:item_id>/take-out")
@edge.signed_in
@blueprint.arguments(asked.PiecesTakenOut)
@blueprint.response(200, ShopOutcomeAnswer)
def take_out(typed: dict[str, Any], item_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Pieces went without an order: spoiled, past their date, for an event."""
    return _stocked("shop.receive", stock.take_out, item_id, typed)


@blueprint.post("/goods/<uuid:item_id>/count")
@edge.signed_in
@blueprint.arguments(asked.PiecesCounted)
@blueprint.response(200, ShopOutcomeAnswer)
def count(typed: dict[str, Any], item_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Pieces on the shelf; a large difference waits for a second person."""
    return _stocked("shop.count", taking.count, item_id, typed)


@blueprint.get("/report")
@edge.signed_in
@blueprint.response(200, ShopReportAnswer)
def month(**_: Any) -> dict[str, Any]:
    """The month of each merchant that the caller looks into: stock, points and entries, and what differs."""
    today: dt.date = common.today()
    first = common.month_of(edge.load(asked.Month)["month"], today)
    found = report.month(edge.read(), actor=edge.actor(), first=first)
    return {"month": f"{first:%Y-%m}", "merchants": [_month(one) for one in found]}


def _stocked(use_case: str, verb: Any, item_id: uuid.UUID, typed: dict[str, Any]) -> dict[str, Any]:
    return edge.submit(
        use_case,
        lambda session, now: verb(session, actor=edge.actor(), now=now, item_id=item_id, **typed),
        content={"item": item_id, **typed},
    )


def _offer(one: listing.Offer) -> dict[str, Any]:
    item = one.item
    return {
        "id": str(item.id),
        "merchant_id": str(one.merchant.id),
        "merchant": one.merchant.name,
        "name": item.name,
        "kind": item.kind,
        "category": item.category,
        "description": item.description,
        "piece": item.piece,
        "price_steps": one.price_steps,
        "left": one.left,
        "places_a_day": item.places_a_day,
        "order_most": item.order_most,
        "month_most": item.month_most,
        "year_most": item.year_most,
        "picture_id": str(item.picture_id) if item.picture_id else None,
        "picture_alt": item.picture_alt,
    }


def _order(one: orders.Ordered) -> dict[str, Any]:
    row = one.order
    return {
        "id": str(row.id),
        "number": row.number,
        "merchant": one.merchant.name,
        "state": row.state,
        "total_steps": row.total_steps,
        "given_steps": row.given_steps,
        "ordered_at": row.ordered_at,
        "ends_at": row.ends_at,
        "closed_at": row.closed_at,
        "close_reason": row.close_reason,
        "code": one.code or None,
        "lines": [
            {
                "position": line.position,
                "item_id": str(item.id),
                "name": item.name,
                "quantity": line.quantity,
                "given": line.given,
                "price_steps": line.price_steps,
                "on_day": line.on_day,
            }
            for line, item in one.lines
        ],
    }


def _month(one: report.MerchantMonth) -> dict[str, Any]:
    figures = (
        "opening",
        "received",
        "taken_back",
        "counted",
        "handed_over",
        "spoiled",
        "past_date",
        "event",
        "closing",
    )
    return {
        "merchant": one.merchant.name,
        "orders": one.orders,
        "pieces_steps": one.pieces_steps,
        "orders_steps": one.orders_steps,
        "returned_steps": one.returned_steps,
        "entries_steps": one.entries_steps,
        "account_opening_steps": one.account_opening_steps,
        "account_closing_steps": one.account_closing_steps,
        "stock": [{"name": row.item.name} | {name: getattr(row, name) for name in figures} for row in one.stock],
        "differences": [
            {"code": each.code, "name": each.name, "expected": each.expected, "found": each.found}
            for each in one.differences
        ],
    }
