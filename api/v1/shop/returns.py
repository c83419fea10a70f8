"""Faulty goods that came back: asked for by one, booked or refused by another."""

import uuid
from typing import Any

from api import edge
from api.schemas import shop as asked
from api.schemas import shop_answers as told
from api.v1.shop.common import blueprint
from timebank.points.shop import returns
from timebank.points.shop.returns import Returned


@blueprint.get("/returns", endpoint="returns")
@edge.signed_in
@blueprint.arguments(asked.ReturnsAsked, location="query")
@blueprint.response(200, told.ShopReturnListAnswer)
def listed(typed: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Returns that the caller may see, the newest first, at most 100: all of them, or those of the own merchants."""
    found = returns.returns_of(edge.read(), actor=edge.actor(), state=typed["state"])
    return {"returns": [_return(one) for one in found]}


@blueprint.post("/returns")
@edge.signed_in
@blueprint.arguments(asked.ReturnPosted)
@blueprint.response(201, told.ShopOutcomeAnswer)
def ask_return(typed: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say that goods of an order came back."""
    return edge.submit(
        "shop.ask_return",
        lambda session, now: returns.ask(session, actor=edge.actor(), now=now, **typed),
        content=typed,
    )


@blueprint.post("/returns/<uuid:return_id>/book")
@edge.signed_in
@blueprint.response(200, told.ShopOutcomeAnswer)
def book_return(return_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Book it: the points go back to the household."""
    return edge.submit(
        "shop.book_return",
        lambda session, now: returns.book(session, actor=edge.actor(), now=now, return_id=return_id),
        content={"return": return_id},
    )


@blueprint.post("/returns/<uuid:return_id>/refuse")
@edge.signed_in
@blueprint.arguments(asked.Remark)
@blueprint.response(200, told.ShopOutcomeAnswer)
def refuse_return(typed: dict[str, Any], return_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Do not book it, with the reason."""
    return edge.submit(
        "shop.refuse_return",
        lambda session, now: returns.refuse(
            session, actor=edge.actor(), now=now, return_id=return_id, remark=typed["remark"]
        ),
        content={"return": return_id, **typed},
    )


def _return(one: Returned) -> dict[str, Any]:
    names = (
        "pieces", "steps", "to_shelf", "reason", "state", "asked_at", "asked_by", "decided_at", "decided_by", "remark",
        "entry",
    )  # fmt: skip
    return {
        "id": str(one.row.id),
        "order_number": one.order.number,
        "item_id": str(one.item.id),
        "name": one.item.name,
        **{name: getattr(one.row, name) for name in names},
    }
