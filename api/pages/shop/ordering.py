"""Ordering: at home, for somebody one helps, and at the desk by card; the household's orders with their codes."""

import datetime as dt
import uuid
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from api import attachments, edge, fields, qr, receipt_links
from api.pages.shop.common import again, blueprint, by_row, own_household, page, person_of, today, whole_by_row
from api.schemas.shop import Paged
from timebank import permissions
from timebank.errors import Forbidden, Refused
from timebank.people import helpers, households
from timebank.people.residents import Person
from timebank.points import statement
from timebank.points.shop import basket, goods, listing, orders, returns

ORDERS_A_PAGE = 30


@blueprint.get("/c/<community_code>/shop")
@edge.signed_in
def home() -> Any:
    """Goods with prices by merchant, and what the household can spend."""
    return page("shop/home.html", **_goods(own_household()))


@blueprint.post("/c/<community_code>/shop")
@edge.signed_in
def redeem() -> Any:
    """Order one thing, or all that was chosen of a merchant, for the own household."""
    household_id = own_household()
    try:
        made = place(household_id, edge.actor().person_id)
    except Refused as refused:
        return again("shop/home.html", refused, **_goods(household_id))
    return edge.back("shop.order", order_id=uuid.UUID(made["order_id"]))


@blueprint.get("/c/<community_code>/shop/for/<number>")
@edge.signed_in
def helped(number: str) -> Any:
    """Goods for an elder whom one helps."""
    person = _helped(number)
    return page(
        "shop/home.html", person=person, order_url=url_for("shop.helped_redeem", number=number), **_goods_for(person)
    )


@blueprint.post("/c/<community_code>/shop/for/<number>")
@edge.signed_in
def helped_redeem(number: str) -> Any:
    """Order for an elder whom one helps; both are recorded, and she is told."""
    person = _helped(number)
    try:
        made = place(person.household_id, person.id)
    except Refused as refused:
        told = {"person": person, "order_url": url_for("shop.helped_redeem", number=number)}
        return again("shop/home.html", refused, **told, **_goods_for(person))
    return edge.back("shop.order", order_id=uuid.UUID(made["order_id"]))


@blueprint.get("/c/<community_code>/desk/people/<number>/shop")
@edge.signed_in
def desk(number: str) -> Any:
    """Goods for somebody at the counter."""
    _require_desk()
    person = person_of(number)
    told = {"person": person, "order_url": url_for("shop.desk_redeem", number=number), "at_desk": True}
    return page("shop/home.html", **told, **_goods_for(person))


@blueprint.post("/c/<community_code>/desk/people/<number>/shop")
@edge.signed_in
def desk_redeem(number: str) -> Any:
    """Order for somebody at the counter; both are recorded, and the slip is printed from the next page."""
    _require_desk()
    person = person_of(number)
    try:
        made = place(person.household_id, person.id)
    except Refused as refused:
        told = {"person": person, "order_url": url_for("shop.desk_redeem", number=number), "at_desk": True}
        return again("shop/home.html", refused, **told, **_goods_for(person))
    return edge.back("shop.order", order_id=uuid.UUID(made["order_id"]))


@blueprint.get("/c/<community_code>/shop/orders")
@edge.signed_in
def my_orders() -> Any:
    """The household's orders, with what is still to be fetched."""
    before = edge.load(Paged)["before"]
    found = orders.orders_of_household(
        edge.read(),
        actor=edge.actor(),
        secret=edge.settings().secret,
        household_id=own_household(),
        before=before,
        limit=ORDERS_A_PAGE + 1,
    )
    rows = found[:ORDERS_A_PAGE]
    next_url = url_for("shop.my_orders", before=rows[-1].order.number) if len(found) > ORDERS_A_PAGE else ""
    return page("shop/orders.html", rows=rows, next_url=next_url, first_url=url_for("shop.my_orders") if before else "")


@blueprint.get("/c/<community_code>/shop/orders/<uuid:order_id>")
@edge.signed_in
def order(order_id: uuid.UUID) -> Any:
    """One order with its code; the desk prints it for somebody without a phone."""
    session, asks = edge.read(), edge.actor()
    found = orders.order(session, actor=asks, secret=edge.settings().secret, order_id=order_id)
    home_ = households.household(session, found.order.community_id, found.order.household_id)
    reads = permissions.may(asks, "points.read", community_id=edge.community().id, household_id=home_.id)
    return page(
        "shop/order.html",
        found=found,
        household=home_,
        held=statement.held(session, actor=asks, household_id=home_.id) if reads else None,
        mine=home_.id == asks.household_id,
        at_desk=permissions.may(asks, "shop.redeem_on_behalf", community_id=edge.community().id),
        code=qr.svg(found.code, label=_("兑换码")) if found.code else "",
        slip_link=receipt_links.slip_link(found.order.hold),
        returned=returns.returns_of_order(session, found.order),
        opening=listing.opening_of(session, found.order.community_id, found.merchant.id, now=edge.now()),
        today=today(),
    )


@blueprint.post("/c/<community_code>/shop/orders/<uuid:order_id>/cancel")
@edge.signed_in
def cancel(order_id: uuid.UUID) -> Any:
    """Give an order up; points and goods are free again."""
    edge.submit(
        "shop.cancel",
        lambda session, now: orders.cancel(session, actor=edge.actor(), now=now, order_id=order_id),
        content={"order": order_id},
    )
    edge.flash_done(_("已取消,积分已解冻。"))
    return edge.back("shop.order", order_id=order_id)


@blueprint.get("/c/<community_code>/shop/pictures/<uuid:picture_id>")
def picture(picture_id: uuid.UUID) -> Any:
    """The picture of goods; anybody may see it, as the list."""
    goods.item_of_picture(edge.read(), edge.community().id, picture_id)
    return attachments.answer(edge.read(), picture_id, public=True)


def place(household_id: uuid.UUID, person_id: uuid.UUID | None) -> dict[str, Any]:
    """Order what the form says: the one thing whose button was pressed, or everything with a number."""
    wanted, days = _wanted()
    secret = edge.settings().secret
    return edge.submit(
        "shop.redeem",
        lambda session, now: orders.redeem(
            session,
            actor=edge.actor(),
            now=now,
            secret=secret,
            household_id=household_id,
            person_id=person_id,
            basket=wanted,
            days=days,
        ),
        content={
            "household": household_id,
            "basket": {item.hex: quantity for item, quantity in wanted.items()},
            "days": {item.hex: day for item, day in days.items()},
        },
    )


def _wanted() -> tuple[dict[uuid.UUID, int], dict[uuid.UUID, dt.date]]:
    numbers = whole_by_row("q", basket.MOST_OF_ONE)
    days = {item: dt.date.fromisoformat(text) for item, text in by_row("day").items() if _is_day(text)}
    one = request.form.get("item_id", "")
    if one:
        item_id = fields.Id().deserialize(one)
        said = request.form.get("quantity", "")
        return {item_id: numbers.get(item_id) or (int(said) if said.isascii() and said.isdigit() else 1)}, days
    return numbers, days


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _goods(household_id: uuid.UUID) -> dict[str, Any]:
    session, asks, here = edge.read(), edge.actor(), edge.community()
    permissions.require(asks, "shop.redeem", community_id=here.id, household_id=household_id)
    return _listed(household_id) | {"held": statement.held(session, actor=asks, household_id=household_id)}


def _goods_for(person: Person) -> dict[str, Any]:
    """Goods for somebody else: the desk sees what she can spend, and so does who helps her."""
    held = statement.held_of(edge.read(), edge.community().id, person.household_id)
    return _listed(person.household_id) | {"held": held}


def _listed(household_id: uuid.UUID) -> dict[str, Any]:
    session, here = edge.read(), edge.community()
    found = listing.counters(session, here.id, now=edge.now())
    return {
        "household": households.household(session, here.id, household_id),
        "counters": found,
        "days": {
            one.merchant.id: one.opening.coming_days(today(), basket.SERVICE_AHEAD_DAYS)
            for one in found
            if any(offer.item.kind == "service" for offer in one.offers)
        },
        "today": today(),
        "most_of_one": basket.MOST_OF_ONE,
    }


def _helped(number: str) -> Person:
    """An elder whom this person helps; others are not told whether the number exists."""
    asks, found = edge.actor(), person_of(number)
    if asks.person_id is None or not helpers.is_helper(edge.read(), found.community_id, asks.person_id, found.id):
        raise Forbidden(use_case="shop.redeem")
    return found


def _require_desk() -> None:
    permissions.require(edge.actor(), "shop.redeem_on_behalf", community_id=edge.community().id)
