"""Pieces on the shelf, what came and went, and the month that ties stock, points and entries together."""

import datetime as dt
import uuid
from typing import Any

from api import edge
from api.pages.shop import common
from api.schemas import shop as asked
from api.schemas import shop_answers as told
from api.v1.shop.common import blueprint, stocked
from timebank.points.shop import goods as all_goods
from timebank.points.shop import merchants, report, stock, taking


@blueprint.get("/merchants/<uuid:merchant_id>/stock")
@edge.signed_in
@blueprint.response(200, told.ShopStockListAnswer)
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
@blueprint.response(200, told.ShopOutcomeAnswer)
def receive(typed: dict[str, Any], item_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Pieces came."""
    return stocked("shop.receive", stock.receive, item_id, typed)


@blueprint.post("/goods/<uuid:item_id>/take-out")
@edge.signed_in
@blueprint.arguments(asked.PiecesTakenOut)
@blueprint.response(200, told.ShopOutcomeAnswer)
def take_out(typed: dict[str, Any], item_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Pieces went without an order: spoiled, past their date, for an event."""
    return stocked("shop.receive", stock.take_out, item_id, typed)


@blueprint.post("/goods/<uuid:item_id>/count")
@edge.signed_in
@blueprint.arguments(asked.PiecesCounted)
@blueprint.response(200, told.ShopOutcomeAnswer)
def count(typed: dict[str, Any], item_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Pieces on the shelf; a large difference waits for a second person."""
    return stocked("shop.count", taking.count, item_id, typed)


@blueprint.get("/report")
@edge.signed_in
@blueprint.response(200, told.ShopReportAnswer)
def month(**_: Any) -> dict[str, Any]:
    """The month of each merchant that the caller looks into: stock, points and entries, and what differs."""
    today: dt.date = common.today()
    first = common.month_of(edge.load(asked.Month)["month"], today)
    found = report.month(edge.read(), actor=edge.actor(), first=first)
    return {"month": f"{first:%Y-%m}", "merchants": [_month(one) for one in found]}


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
