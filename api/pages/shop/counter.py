"""The merchant's counter: scan or type a code, hand over all or part of it; never a person on the screen."""

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from flask import request, url_for
from flask_babel import gettext as _

from api import codes, edge, lists, look, sign_in
from api.exports import Column, Sheet
from api.messages import points as words
from api.pages.shop.common import again, blueprint, page, sentence, whole
from api.schemas.shop import CalledOff, HandedOver, Paged, ShopCodeTyped
from timebank import permissions
from timebank.errors import BadInput, Refused
from timebank.people import logins
from timebank.points.shop import merchants, orders
from timebank.points.shop.codes import code_of
from timebank.points.shop.tables import HANDED_OVER, ORDERED

Found = TypeVar("Found")

ORDERS_A_PAGE = 30
EXPORTED_MOST = 5_000
# A code of eight digits could be guessed by who stands behind the counter; typing badly all day stays below this.
CODE_TRIES = 20


@blueprint.get("/c/<community_code>/merchant")
@edge.signed_in
def counter() -> Any:
    """Scan or type a code; below it what is to be handed out, and what was handed out today."""
    return page("shop/counter.html", **_counter())


@blueprint.post("/c/<community_code>/merchant")
@edge.signed_in
def look_up() -> Any:
    """What the code stands for. Writes nothing; it is a POST because the code is not for addresses."""
    try:
        found = counted(lambda: order_of(edge.load(ShopCodeTyped)["code"]))
    except Refused as refused:
        return _refused(refused)
    return _to_hand_over(found)


@blueprint.post("/c/<community_code>/merchant/photo")
@edge.signed_in
def photo() -> Any:
    """The same from a photograph of the code."""
    permissions.require(edge.actor(), "shop.hand_over", community_id=edge.community().id)
    try:
        typed = codes.in_photograph(request.files.get("photo"))
        found = counted(lambda: order_of(typed))
    except Refused as refused:
        return _refused(refused)
    return _to_hand_over(found)


@blueprint.post("/c/<community_code>/merchant/hand-over")
@edge.signed_in
def hand_over() -> Any:
    """Hand out the goods, once: all of them, or what is there with the reason."""
    permissions.require(edge.actor(), "shop.hand_over", community_id=edge.community().id)
    asked = None
    try:
        asked = edge.load(HandedOver)
        made = give(asked["code"], _given(), asked["reason"])
    except BadInput as refused:
        found = _found_again(asked["code"]) if asked else None
        return _refused(refused) if found is None else _to_hand_over(found, refused)
    except Refused as refused:
        return _refused(refused)
    edge.flash_done(_("已交付:%(goods)s,%(points)s 分。", goods=made["goods"], points=look.points(made["total_steps"])))
    return edge.back("shop.counter")


@blueprint.get("/c/<community_code>/merchant/orders/<uuid:order_id>")
@edge.signed_in
def merchant_order(order_id: uuid.UUID) -> Any:
    """One order as the merchant sees it; goods that are missing are called off from here."""
    return page("shop/merchant_order.html", **_one(order_id))


@blueprint.post("/c/<community_code>/merchant/orders/<uuid:order_id>/call-off")
@edge.signed_in
def call_off(order_id: uuid.UUID) -> Any:
    """Call off what cannot be served; the household is told why."""
    facts = _one(order_id)
    try:
        reason = edge.load(CalledOff)["reason"]
        edge.submit(
            "shop.call_off",
            lambda session, now: orders.call_off(
                session, actor=edge.actor(), now=now, order_id=order_id, reason=reason
            ),
            content={"order": order_id, "reason": reason},
        )
    except Refused as refused:
        return again("shop/merchant_order.html", refused, **facts)
    edge.flash_done(_("已取消,积分退回那一户,也通知了。"))
    return edge.back("shop.merchant_order", order_id=order_id)


@blueprint.get("/c/<community_code>/merchant/orders")
@edge.signed_in
def merchant_orders() -> Any:
    """All orders of the merchants at which the reader hands over, newest first."""
    asked = edge.load(Paged)
    session, asks = edge.read(), edge.actor()
    staffed = merchants.merchants_staffed_by(session, actor=asks)
    sections = []
    for one in staffed:
        found = orders.orders_of_merchant(
            session,
            actor=asks,
            merchant_id=one.id,
            state=asked["state"],
            before=asked["before"],
            limit=ORDERS_A_PAGE + 1,
        )
        rows = found[:ORDERS_A_PAGE]
        further = (
            url_for("shop.merchant_orders", before=rows[-1].order.number, state=asked["state"])
            if len(found) > ORDERS_A_PAGE
            else ""
        )
        sections.append((one, rows, further))
    return page("shop/merchant_orders.html", sections=sections, state=asked["state"], before=asked["before"])


@blueprint.get("/c/<community_code>/merchant/orders.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def merchant_orders_file(form: str) -> Any:
    """The same as a list, by merchant, narrowed to a state as the page is: goods and numbers, no person."""
    asked = edge.load(Paged)
    session, asks = edge.read(), edge.actor()
    columns = [
        Column(label=_("商户")), Column(label=_("单号"), kind="whole"), Column(label=_("商品")),
        Column(label=_("没有交付的")), Column(label=_("积分"), kind="points"), Column(label=_("实扣"), kind="points"),
        Column(label=_("下单"), kind="instant"), Column(label=_("领取期限"), kind="instant"), Column(label=_("状态")),
        Column(label=_("办结"), kind="instant"), Column(label=_("原因")),
    ]  # fmt: skip
    rows = [
        (one.name, row.order.number, row.goods, row.missing, row.order.total_steps, row.order.given_steps, row.order.ordered_at,
         row.order.last_moment, str(words.ORDER_STATES[row.order.state]), row.order.closed_at, row.order.close_reason)
        for one in merchants.merchants_staffed_by(session, actor=asks)
        for row in orders.orders_of_merchant(
            session, actor=asks, merchant_id=one.id, state=asked["state"], limit=EXPORTED_MOST
        )
    ]  # fmt: skip
    totals = [
        (
            None,
            None,
            _("合计"),
            None,
            sum(row[4] for row in rows),
            sum(row[5] for row in rows),
            None,
            None,
            None,
            None,
            None,
        )
    ]
    sheet = Sheet(name=_("全部兑换单"), columns=columns, rows=rows, totals=totals)
    return lists.answer(form, [sheet], "shop-orders")


def give(typed: str, given: dict[int, int] | None, reason: str) -> dict[str, Any]:
    """Hand over by a code, counted against guessing."""
    secret = edge.settings().secret
    return counted(
        lambda: edge.submit(
            "shop.hand_over",
            lambda session, now: orders.hand_over(
                session, actor=edge.actor(), now=now, secret=secret, typed=typed, given=given, reason=reason
            ),
            content={
                "code": typed,
                "given": {str(line): pieces for line, pieces in (given or {}).items()},
                "reason": reason,
            },
        )
    )


def order_of(typed: str) -> orders.Ordered:
    return orders.order_of_code(
        edge.read(), actor=edge.actor(), now=edge.now(), secret=edge.settings().secret, typed=typed
    )


def counted(look_up: Callable[[], Found]) -> Found:
    """Do something with a code, with unknown ones counted by login; after too many of them the login waits."""
    signed_in = sign_in.current()
    tried = sign_in.subject("shop-code", f"{edge.community().id}:{signed_in.login_id if signed_in else ''}")
    logins.refuse_if_locked(edge.read(), subject=tried, now=edge.now())
    try:
        return look_up()
    except orders.UnknownCode:
        edge.submit_global(lambda session, now: logins.count_failure(session, subject=tried, now=now, tries=CODE_TRIES))
        raise


def _given() -> dict[int, int] | None:
    """Pieces of each line where the form says them (`given-1`); None: all."""
    found: dict[int, int] = {}
    for name, text in request.form.items():
        line = whole(name.removeprefix("given-")) if name.startswith("given-") else None
        if line is not None:
            number = whole(text)
            if number is None:
                raise edge.bad(f"given.{line}", sentence("number_needed"))
            found[line] = number
    return found or None


def _refused(refused: Refused) -> Any:
    return again("shop/counter.html", refused, **_counter())


def _found_again(typed: str) -> orders.Ordered | None:
    try:
        return order_of(typed)
    except Refused:
        return None


def _to_hand_over(found: orders.Ordered, refused: Refused | None = None) -> Any:
    facts = {"found": found, "digits": code_of(edge.settings().secret, found.order), "in_part": refused is not None}
    return again("shop/hand_over.html", refused, **facts) if refused else page("shop/hand_over.html", **facts)


def _counter() -> dict[str, Any]:
    session, asks = edge.read(), edge.actor()
    staffed = merchants.merchants_staffed_by(session, actor=asks)
    since = edge.now().timestamp() - 24 * 60 * 60

    def of(merchant_id: uuid.UUID, state: str) -> list[orders.Ordered]:
        found = orders.orders_of_merchant(
            session, actor=asks, merchant_id=merchant_id, state=state, limit=ORDERS_A_PAGE
        )
        return list(found)

    return {
        "merchants": [
            (
                one,
                of(one.id, ORDERED),
                [
                    row
                    for row in of(one.id, HANDED_OVER)
                    if row.order.closed_at is not None and row.order.closed_at.timestamp() > since
                ],
            )
            for one in staffed
        ]
    }


def _one(order_id: uuid.UUID) -> dict[str, Any]:
    found = orders.order_of_merchant(edge.read(), actor=edge.actor(), order_id=order_id, use_case="shop.call_off")
    return {"found": found}
