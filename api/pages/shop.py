"""The points shop: what a household has and may redeem, the merchant's counter, and the desk for who has no phone."""

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from api import codes, edge, qr, receipt_links, sign_in
from api.messages import points as words
from api.points_words import in_words
from api.schemas.points import (
    CodeTyped,
    Counted,
    GoodsAsked,
    MerchantAsked,
    OfferChanged,
    Paged,
    Received,
    Redeemed,
    StaffAsked,
)
from timebank import permissions
from timebank.errors import Forbidden, Refused
from timebank.people import households, logins, residents
from timebank.people.residents import Person
from timebank.points import statement
from timebank.points.shop import codes as digits_of_orders
from timebank.points.shop import goods, orders, taking
from timebank.points.shop import merchants as places
from timebank.points.shop import stock as shelf

blueprint = Blueprint("shop", __name__)
Found = TypeVar("Found")

LINES_A_PAGE = 40
# A code of eight digits could be guessed by who stands behind the counter; typing badly all day stays below this.
CODE_TRIES = 20


@blueprint.get("/c/<community_code>/my/points")
@edge.signed_in
def mine() -> Any:
    """The household's points: what is there, what is on the way, and every line explained."""
    return edge.page("shop/points.html", words=words, **_points(_own_household()))


@blueprint.get("/c/<community_code>/points/households/<int:number>")
@edge.signed_in
def household(number: int) -> Any:
    """The same for the desk and the committee."""
    asks, place = edge.actor(), edge.community()
    permissions.require(asks, "points.read_any", community_id=place.id)
    found = households.by_number(edge.read(), place.id, number)
    return edge.page("shop/points.html", words=words, **_points(found.id, number=number))


@blueprint.get("/c/<community_code>/shop")
@edge.signed_in
def home() -> Any:
    """Goods with prices, and what the household can spend."""
    household_id = _own_household()
    return edge.page("shop/home.html", words=words, **_goods(household_id))


@blueprint.post("/c/<community_code>/shop")
@edge.signed_in
def redeem() -> Any:
    """Order goods for the own household."""
    household_id = _own_household()
    try:
        made = _redeem(household_id, edge.actor().person_id)
    except Refused as refused:
        return edge.again("shop/home.html", in_words(refused), words=words, **_goods(household_id))
    return edge.back("shop.order", order_id=uuid.UUID(made["order_id"]))


@blueprint.get("/c/<community_code>/shop/orders")
@edge.signed_in
def my_orders() -> Any:
    """The household's orders, with what is still to be fetched."""
    household_id = _own_household()
    found = orders.orders_of_household(
        edge.read(), actor=edge.actor(), secret=edge.settings().secret, household_id=household_id
    )
    return edge.page("shop/orders.html", words=words, rows=found)


@blueprint.get("/c/<community_code>/shop/orders/<uuid:order_id>")
@edge.signed_in
def order(order_id: uuid.UUID) -> Any:
    """One order with its code; the desk prints it for somebody without a phone."""
    found = orders.order(edge.read(), actor=edge.actor(), secret=edge.settings().secret, order_id=order_id)
    home = households.household(edge.read(), found.order.community_id, found.order.household_id)
    held = statement.held(edge.read(), actor=edge.actor(), household_id=home.id)
    return edge.page(
        "shop/order.html",
        words=words,
        found=found,
        household=home,
        held=held,
        mine=home.id == edge.actor().household_id,
        code=qr.svg(found.code, label=_("兑换码")) if found.code else "",
        slip_link=receipt_links.slip_link(found.order.hold),
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


@blueprint.get("/c/<community_code>/desk/people/<number>/shop")
@edge.signed_in
def desk(number: str) -> Any:
    """Goods for somebody at the counter."""
    _require_desk()
    person = _person(number)
    return edge.page("shop/home.html", words=words, person=person, **_goods(person.household_id))


@blueprint.post("/c/<community_code>/desk/people/<number>/shop")
@edge.signed_in
def desk_redeem(number: str) -> Any:
    """Order for somebody at the counter; both are recorded, and the slip is printed from the next page."""
    _require_desk()
    person = _person(number)
    try:
        made = _redeem(person.household_id, person.id)
    except Refused as refused:
        facts = _goods(person.household_id)
        return edge.again("shop/home.html", in_words(refused), words=words, person=person, **facts)
    return edge.back("shop.order", order_id=uuid.UUID(made["order_id"]))


@blueprint.get("/c/<community_code>/merchant")
@edge.signed_in
def counter() -> Any:
    """Scan or type a code; below it what is to be handed out."""
    return edge.page("shop/counter.html", words=words, **_counter())


@blueprint.post("/c/<community_code>/merchant")
@edge.signed_in
def look_up() -> Any:
    """What the code stands for. Writes nothing; it is a POST because the code is not for addresses."""
    try:
        found = _counted(lambda: _order_of(edge.load(CodeTyped)["code"]))
    except Forbidden:
        raise
    except Refused as refused:
        return edge.again("shop/counter.html", refused, words=words, **_counter())
    digits = digits_of_orders.code_of(edge.settings().secret, found.order)
    return edge.page("shop/hand_over.html", words=words, found=found, digits=digits)


@blueprint.post("/c/<community_code>/merchant/photo")
@edge.signed_in
def photo() -> Any:
    """The same from a photograph of the code."""
    permissions.require(edge.actor(), "shop.hand_over", community_id=edge.community().id)
    try:
        typed = codes.in_photograph(request.files.get("photo"))
        found = _counted(lambda: _order_of(typed))
    except Refused as refused:
        return edge.again("shop/counter.html", refused, words=words, **_counter())
    digits = digits_of_orders.code_of(edge.settings().secret, found.order)
    return edge.page("shop/hand_over.html", words=words, found=found, digits=digits)


@blueprint.post("/c/<community_code>/merchant/hand-over")
@edge.signed_in
def hand_over() -> Any:
    """Hand out the goods, once."""
    permissions.require(edge.actor(), "shop.hand_over", community_id=edge.community().id)
    try:
        typed, secret = edge.load(CodeTyped)["code"], edge.settings().secret
        made = _counted(
            lambda: edge.submit(
                "shop.hand_over",
                lambda session, now: orders.hand_over(session, actor=edge.actor(), now=now, secret=secret, typed=typed),
                content={"code": typed},
            )
        )
    except Refused as refused:
        return edge.again("shop/counter.html", refused, words=words, **_counter())
    from api.look import points

    edge.flash_done(
        _("已交付:%(goods)s,%(points)s 分。", goods=made["goods"], points=points(made["total_steps"]))
    )  # fmt: skip
    return edge.back("shop.counter")


@blueprint.get("/c/<community_code>/merchant/stock")
@edge.signed_in
def stock() -> Any:
    """Goods, prices and stock of the merchants that the reader answers for."""
    return edge.page("shop/stock.html", words=words, **_stock())


@blueprint.post("/c/<community_code>/merchant/stock")
@edge.signed_in
def offer() -> Any:
    """Offer new goods."""
    permissions.require(edge.actor(), "shop.offer", community_id=edge.community().id)
    try:
        asked = edge.load(GoodsAsked)
        told = {**asked, "price_steps": asked.pop("price")}
        told.pop("price", None)
        edge.submit(
            "shop.offer",
            lambda session, now: goods.offer(session, actor=edge.actor(), now=now, **told),
            content=told,
        )
    except Refused as refused:
        return edge.again("shop/stock.html", in_words(refused), words=words, **_stock())
    edge.flash_done(_("已上架;进货后就可以兑换。"))
    return edge.back("shop.stock")


@blueprint.get("/c/<community_code>/merchant/stock/<uuid:item_id>")
@edge.signed_in
def item(item_id: uuid.UUID) -> Any:
    """One kind of goods with every piece that came or went."""
    return edge.page("shop/item.html", words=words, **_item(item_id))


@blueprint.post("/c/<community_code>/merchant/stock/<uuid:item_id>/receive")
@edge.signed_in
def receive(item_id: uuid.UUID) -> Any:
    """Pieces came."""
    return _stocked("shop.receive", item_id, Received, shelf.receive)


@blueprint.post("/c/<community_code>/merchant/stock/<uuid:item_id>/count")
@edge.signed_in
def count(item_id: uuid.UUID) -> Any:
    """The shelf was counted."""
    return _stocked("shop.receive", item_id, Counted, taking.count)


@blueprint.post("/c/<community_code>/merchant/stock/<uuid:item_id>/change")
@edge.signed_in
def change(item_id: uuid.UUID) -> Any:
    """A new price, or out of the list."""
    return _stocked("shop.offer", item_id, OfferChanged, goods.change_offer)


@blueprint.get("/c/<community_code>/points/merchants")
@edge.signed_in
def merchants() -> Any:
    """Merchants and who hands over there."""
    permissions.require(edge.actor(), "shop.open_merchant", community_id=edge.community().id)
    return edge.page("shop/merchants.html", words=words, **_merchants())


@blueprint.post("/c/<community_code>/points/merchants")
@edge.signed_in
def open_merchant() -> Any:
    """Open a merchant."""
    permissions.require(edge.actor(), "shop.open_merchant", community_id=edge.community().id)
    try:
        asked = edge.load(MerchantAsked)
        told = {"name": asked["name"], "place": asked["place"], "opening_weekdays": "".join(asked["weekdays"])}
        edge.submit(
            "shop.open_merchant",
            lambda session, now: places.open_merchant(session, actor=edge.actor(), now=now, **told),
            content=told,
        )
    except Refused as refused:
        return edge.again("shop/merchants.html", in_words(refused), words=words, **_merchants())
    edge.flash_done(_("商户已开。"))
    return edge.back("shop.merchants")


@blueprint.post("/c/<community_code>/points/merchants/staff")
@edge.signed_in
def add_staff() -> Any:
    """Let somebody hand over there; the role merchant is given where roles are given."""
    permissions.require(edge.actor(), "shop.open_merchant", community_id=edge.community().id)
    try:
        asked = edge.load(StaffAsked)
        person = codes.person_of(edge.read(), edge.community(), asked["person"])
        edge.submit(
            "shop.add_staff",
            lambda session, now: places.add_staff(
                session, actor=edge.actor(), now=now, merchant_id=asked["merchant_id"], person_id=person.id
            ),
            content={"merchant": asked["merchant_id"], "person": person.id},
        )
    except Refused as refused:
        return edge.again("shop/merchants.html", in_words(refused), words=words, **_merchants())
    edge.flash_done(_("%(name)s 可以在那里核销了。", name=person.name))
    return edge.back("shop.merchants")


def _points(household_id: uuid.UUID, number: int = 0) -> dict[str, Any]:
    session, asks = edge.read(), edge.actor()
    before = edge.load(Paged)["before"]
    found = statement.statement(session, actor=asks, household_id=household_id, before=before, limit=LINES_A_PAGE + 1)
    lines = found[:LINES_A_PAGE]
    endpoint = "shop.household" if number else "shop.mine"
    values: dict[str, Any] = {"number": number} if number else {}
    return {
        "household": households.household(session, edge.community().id, household_id),
        "held": statement.held(session, actor=asks, household_id=household_id),
        "lines": lines,
        "waiting": [] if before else statement.under_way(session, actor=asks, household_id=household_id),
        "mine": household_id == asks.household_id,
        "audits": permissions.may(asks, "reports.journal", community_id=edge.community().id),
        "receipts": permissions.may(asks, "receipts.make", community_id=edge.community().id, household_id=household_id),
        "next_url": url_for(endpoint, before=lines[-1].line.seq, **values) if len(found) > LINES_A_PAGE else "",
        "first_url": url_for(endpoint, **values) if before else "",
    }


def _goods(household_id: uuid.UUID) -> dict[str, Any]:
    session, asks, place = edge.read(), edge.actor(), edge.community()
    permissions.require(asks, "shop.redeem", community_id=place.id, household_id=household_id)
    sellers = {merchant.id: merchant for merchant in places.merchants_of(session, place.id)}
    offered = [one for one in goods.goods_of(session, place.id) if one.offered]
    return {
        "household": households.household(session, place.id, household_id),
        "held": statement.held(session, actor=asks, household_id=household_id),
        "goods": [(one, sellers[one.merchant_id]) for one in offered],
    }


def _redeem(household_id: uuid.UUID, person_id: uuid.UUID | None) -> dict[str, Any]:
    asked, secret = edge.load(Redeemed), edge.settings().secret
    return edge.submit(
        "shop.redeem",
        lambda session, now: orders.redeem(
            session,
            actor=edge.actor(),
            now=now,
            secret=secret,
            household_id=household_id,
            person_id=person_id,
            basket={asked["item_id"]: asked["quantity"]},
        ),
        content={"household": household_id, **asked},
    )


def _order_of(typed: str) -> orders.Ordered:
    return orders.order_of_code(
        edge.read(), actor=edge.actor(), now=edge.now(), secret=edge.settings().secret, typed=typed
    )


def _counted(look_up: Callable[[], Found]) -> Found:
    """Do something with a code, with unknown ones counted by login; after too many of them the login waits."""
    signed_in = sign_in.current()
    tried = sign_in.subject("shop-code", f"{edge.community().id}:{signed_in.login_id if signed_in else ''}")
    logins.refuse_if_locked(edge.read(), subject=tried, now=edge.now())
    try:
        return look_up()
    except orders.UnknownCode:
        edge.submit_global(lambda session, now: logins.count_failure(session, subject=tried, now=now, tries=CODE_TRIES))
        raise


def _counter() -> dict[str, Any]:
    session, asks = edge.read(), edge.actor()
    staffed = places.merchants_staffed_by(session, actor=asks)
    return {
        "merchants": [
            (merchant, orders.orders_of_merchant(session, actor=asks, merchant_id=merchant.id, limit=30))
            for merchant in staffed
        ]
    }


def _stock() -> dict[str, Any]:
    session, asks, place = edge.read(), edge.actor(), edge.community()
    permissions.require(asks, "shop.offer", community_id=place.id)
    every = permissions.may(asks, "shop.open_merchant", community_id=place.id)
    staffed = places.merchants_of(session, place.id) if every else places.merchants_staffed_by(session, actor=asks)
    return {"merchants": [(merchant, goods.goods_of(session, place.id, merchant.id)) for merchant in staffed]}


def _item(item_id: uuid.UUID) -> dict[str, Any]:
    session, asks, place = edge.read(), edge.actor(), edge.community()
    permissions.require(asks, "shop.receive", community_id=place.id)
    moves = shelf.movements_of(session, actor=asks, item_id=item_id)
    return {"item": goods.item_of(session, place.id, item_id), "moves": moves}


def _stocked(use_case: str, item_id: uuid.UUID, schema: Any, verb: Any) -> Any:
    permissions.require(edge.actor(), use_case, community_id=edge.community().id)
    try:
        asked = edge.load(schema)
        if "price" in asked:
            asked = {"price_steps": asked["price"], "offered": asked["offered"] == "yes"}
        edge.submit(
            use_case,
            lambda session, now: verb(session, actor=edge.actor(), now=now, item_id=item_id, **asked),
            content={"item": item_id, **asked},
        )
    except Forbidden:
        raise
    except Refused as refused:
        return edge.again("shop/item.html", in_words(refused), words=words, **_item(item_id))
    edge.flash_done(_("已登记。"))
    return edge.back("shop.item", item_id=item_id)


def _merchants() -> dict[str, Any]:
    session, place = edge.read(), edge.community()
    found = places.merchants_of(session, place.id)
    staff = places.staff_of(session, place.id)
    people = residents.persons_of(session, place.id, [row.person_id for row in staff])
    by_merchant = {
        merchant.id: [people[row.person_id] for row in staff if row.merchant_id == merchant.id] for merchant in found
    }
    return {"merchants": found, "staff": by_merchant}


def _own_household() -> uuid.UUID:
    asks = edge.actor()
    permissions.require(asks, "points.read_own", community_id=edge.community().id, household_id=asks.household_id)
    if asks.household_id is None:
        raise Forbidden(use_case="points.read_own")
    return asks.household_id


def _person(number: str) -> Person:
    return residents.by_number(edge.read(), edge.community().id, number)


def _require_desk() -> None:
    permissions.require(edge.actor(), "shop.redeem_on_behalf", community_id=edge.community().id)
