"""What anybody may order, and a household's own orders."""

import uuid
from typing import Any

from api import edge
from api.pages.shop import common
from api.schemas import shop as asked
from api.schemas import shop_answers as told
from api.v1.shop.common import blueprint, order_told
from timebank import permissions
from timebank.people import helpers, residents
from timebank.points import statement
from timebank.points.shop import listing, orders


@blueprint.get("/goods")
@blueprint.response(200, told.ShopGoodsListAnswer)
def goods(**_: Any) -> dict[str, Any]:
    """What can be ordered today; anybody may read it."""
    found = listing.public_list(edge.read(), edge.community().id, now=edge.now())
    return {"goods": [_offer(one) for one in found]}


@blueprint.get("/reachable")
@edge.signed_in
@blueprint.response(200, told.ShopReachableListAnswer)
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
@blueprint.response(200, told.ShopOrderListAnswer)
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
    return {
        "orders": [order_told(one) for one in found],
        "before": found[-1].order.number if len(found) == 50 else None,
    }


@blueprint.post("/orders")
@edge.signed_in
@blueprint.arguments(asked.BasketPosted)
@blueprint.response(201, told.ShopOutcomeAnswer)
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
@blueprint.response(200, told.ShopOrderAnswer)
def get(order_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """One order of the own household, of whom one helps, or at the desk."""
    return order_told(orders.order(edge.read(), actor=edge.actor(), secret=edge.settings().secret, order_id=order_id))


@blueprint.post("/orders/<uuid:order_id>/cancel")
@edge.signed_in
@blueprint.response(200, told.ShopOutcomeAnswer)
def cancel(order_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Give an order up before it is fetched."""
    return edge.submit(
        "shop.cancel",
        lambda session, now: orders.cancel(session, actor=edge.actor(), now=now, order_id=order_id),
        content={"order": order_id},
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
