"""Deliveries: what came to a merchant, with whom and on which note."""

import uuid
from typing import Any

from api import edge
from api.schemas import shop as asked
from api.schemas import shop_answers as told
from api.v1.shop.common import blueprint
from timebank.points.shop import merchants, stock
from timebank.points.shop.tables import ShopDelivery, ShopItem, ShopSupplier

PAGE = 50


@blueprint.get("/merchants/<uuid:merchant_id>/deliveries")
@edge.signed_in
@blueprint.response(200, told.ShopDeliveryListAnswer)
def deliveries(merchant_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """A merchant's deliveries, the newest first."""
    session, asks = edge.read(), edge.actor()
    row = merchants.staffed(session, asks, "shop.look", merchant_id, reads=True)
    found = stock.deliveries(session, actor=asks, merchant=row, before=edge.load(asked.Paged)["before"], limit=PAGE)
    return {
        "deliveries": [_delivery(*one) for one in found],
        "before": found[-1][0].number if len(found) == PAGE else None,
    }


@blueprint.post("/merchants/<uuid:merchant_id>/deliveries")
@edge.signed_in
@blueprint.arguments(asked.DeliveryPosted)
@blueprint.response(201, told.ShopOutcomeAnswer)
def deliver(typed: dict[str, Any], merchant_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Take a delivery in: several kinds of goods under one number; the same supplier's note is taken once."""
    lines = typed["lines"]
    pieces: dict[uuid.UUID, int] = {}
    for one in lines:
        pieces[one["item_id"]] = pieces.get(one["item_id"], 0) + one["pieces"]
    head = {name: value for name, value in typed.items() if name != "lines"}
    return edge.submit(
        "shop.deliver",
        lambda session, now: stock.deliver(
            session, actor=edge.actor(), now=now, merchant_id=merchant_id, pieces=pieces, **head
        ),
        content={"merchant": merchant_id, **typed},
    )


def _delivery(row: ShopDelivery, supplier: ShopSupplier | None, came: list[tuple[ShopItem, int]]) -> dict[str, Any]:
    names = ("number", "note_number", "cost_fen", "is_donation", "remark", "received_at", "received_by")
    return {
        "id": str(row.id),
        "supplier": supplier.name if supplier else None,
        "lines": [{"item_id": str(item.id), "name": item.name, "pieces": pieces} for item, pieces in came],
        **{name: getattr(row, name) for name in names},
    }
