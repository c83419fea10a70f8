"""What the JSON of the shop shares: the blueprint, and how an order is told."""

import uuid
from typing import Any

from flask_smorest import Blueprint

from api import edge
from timebank.points.shop import orders

blueprint = Blueprint(
    "v1_shop", __name__, url_prefix="/api/v1/c/<community_code>/shop", description="Goods and services for points"
)


def stocked(use_case: str, verb: Any, item_id: uuid.UUID, typed: dict[str, Any]) -> dict[str, Any]:
    """A deed of one kind of goods."""
    return edge.submit(
        use_case,
        lambda session, now: verb(session, actor=edge.actor(), now=now, item_id=item_id, **typed),
        content={"item": item_id, **typed},
    )


def order_told(one: orders.Ordered) -> dict[str, Any]:
    """An order with its lines; the code only where it was asked for by who may see it."""
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
