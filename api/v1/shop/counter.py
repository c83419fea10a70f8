"""The merchant's counter: codes, handing over, and its orders without a person."""

import uuid
from typing import Any

from api import edge
from api.pages.shop import counter
from api.schemas import shop as asked
from api.schemas import shop_answers as told
from api.v1.shop.common import blueprint, order_told
from timebank import permissions
from timebank.points.shop import merchants, orders


@blueprint.get("/merchants")
@edge.signed_in
@blueprint.response(200, told.ShopMerchantListAnswer)
def merchants_listed(**_: Any) -> dict[str, Any]:
    """The merchants that the caller hands over at or looks into."""
    found = merchants.merchants_for(edge.read(), actor=edge.actor(), use_case="shop.look")
    return {"merchants": [{"id": str(one.id), "name": one.name, "place": one.place} for one in found]}


@blueprint.get("/merchants/<uuid:merchant_id>/orders")
@edge.signed_in
@blueprint.response(200, told.ShopOrderListAnswer)
def merchant_orders(merchant_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """A merchant's orders, newest first: goods and numbers, no person, no code."""
    paged = edge.load(asked.Paged)
    found = orders.orders_of_merchant(
        edge.read(), actor=edge.actor(), merchant_id=merchant_id, state=paged["state"], before=paged["before"], limit=50
    )
    return {
        "orders": [order_told(one) for one in found],
        "before": found[-1].order.number if len(found) == 50 else None,
    }


@blueprint.post("/codes")
@edge.signed_in
@blueprint.arguments(asked.ShopCodeTyped)
@blueprint.response(200, told.ShopOrderAnswer)
def look_up(typed: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What a code stands for. Writes nothing; unknown codes are counted, and too many of them lock the login."""
    return order_told(counter.counted(lambda: counter.order_of(typed["code"])))


@blueprint.post("/hand-over")
@edge.signed_in
@blueprint.arguments(asked.HandOverPosted)
@blueprint.response(200, told.ShopOutcomeAnswer)
def hand_over(typed: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hand over by a code: all of it, or the pieces of each line with a reason."""
    permissions.require(edge.actor(), "shop.hand_over", community_id=edge.community().id)
    given = None if typed["lines"] is None else {line["position"]: line["given"] for line in typed["lines"]}
    return counter.give(typed["code"], given, typed["reason"])


@blueprint.post("/orders/<uuid:order_id>/call-off")
@edge.signed_in
@blueprint.arguments(asked.CalledOff)
@blueprint.response(200, told.ShopOutcomeAnswer)
def call_off(typed: dict[str, Any], order_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Call off what the merchant cannot serve."""
    return edge.submit(
        "shop.call_off",
        lambda session, now: orders.call_off(
            session, actor=edge.actor(), now=now, order_id=order_id, reason=typed["reason"]
        ),
        content={"order": order_id, **typed},
    )
