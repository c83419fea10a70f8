"""Faulty goods that came back: asked for at the counter, booked or refused by somebody else."""

import uuid
from typing import Any

from flask_babel import gettext as _

from api import edge, lists
from api.exports import Column, Sheet
from api.messages import shop as shop_words
from api.pages.shop.common import again, blueprint, page
from api.schemas import shop as asked
from timebank import permissions
from timebank.errors import Refused
from timebank.points.shop import returns


@blueprint.get("/c/<community_code>/shop/returns", endpoint="returns")
@edge.signed_in
def listed() -> Any:
    """What came back, what waits for a second person, and the form for the next one."""
    return page("shop/returns.html", **_returns())


@blueprint.post("/c/<community_code>/shop/returns")
@edge.signed_in
def ask_return() -> Any:
    """Say that goods of an order came back."""
    permissions.require(edge.actor(), "shop.ask_return", community_id=edge.community().id)
    try:
        told = edge.load(asked.ReturnAsked)
        told["to_shelf"] = bool(told["to_shelf"])
        edge.submit(
            "shop.ask_return",
            lambda session, now: returns.ask(session, actor=edge.actor(), now=now, **told),
            content=told,
        )
    except Refused as refused:
        return again("shop/returns.html", refused, **_returns())
    edge.flash_done(_("已登记,等另一位工作人员确认后退回积分。"))
    return edge.back("shop.returns")


@blueprint.post("/c/<community_code>/shop/returns/<uuid:return_id>/book")
@edge.signed_in
def book_return(return_id: uuid.UUID) -> Any:
    """Book it: the points go back to the household."""
    permissions.require(edge.actor(), "shop.decide_return", community_id=edge.community().id)
    try:
        edge.submit(
            "shop.book_return",
            lambda session, now: returns.book(session, actor=edge.actor(), now=now, return_id=return_id),
            content={"return": return_id},
        )
    except Refused as refused:
        return again("shop/returns.html", refused, **_returns())
    edge.flash_done(_("已入账,积分退回那一户。"))
    return edge.back("shop.returns")


@blueprint.post("/c/<community_code>/shop/returns/<uuid:return_id>/refuse")
@edge.signed_in
def refuse_return(return_id: uuid.UUID) -> Any:
    """Do not book it, with the reason."""
    permissions.require(edge.actor(), "shop.decide_return", community_id=edge.community().id)
    try:
        remark = edge.load(asked.Remark)["remark"]
        edge.submit(
            "shop.refuse_return",
            lambda session, now: returns.refuse(
                session, actor=edge.actor(), now=now, return_id=return_id, remark=remark
            ),
            content={"return": return_id, "remark": remark},
        )
    except Refused as refused:
        return again("shop/returns.html", refused, **_returns())
    edge.flash_done(_("已登记不退。"))
    return edge.back("shop.returns")


@blueprint.get("/c/<community_code>/shop/returns.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def returns_file(form: str) -> Any:
    """The same as a list."""
    columns = [
        Column(label=_("时间"), kind="instant"), Column(label=_("单号"), kind="whole"), Column(label=_("商品")),
        Column(label=_("件数"), kind="whole"), Column(label=_("积分"), kind="points"), Column(label=_("原因")),
        Column(label=_("状态")), Column(label=_("登记")), Column(label=_("确认")), Column(label=_("流水"), kind="whole"),
    ]  # fmt: skip
    rows = [
        (one.row.asked_at, one.order.number, one.item.name, one.row.pieces, one.row.steps, one.row.reason,
         str(shop_words.RETURN_STATES[one.row.state]), one.row.asked_by, one.row.decided_by or "", one.row.entry)
        for one in returns.returns_of(edge.read(), actor=edge.actor(), limit=2_000)
    ]  # fmt: skip
    return lists.answer(form, [Sheet(name=_("退货"), columns=columns, rows=rows)], "returns")


def _returns() -> dict[str, Any]:
    session, asks, here = edge.read(), edge.actor(), edge.community()
    number = edge.load(asked.ReturnSearched)["order_number"]
    return {
        "rows": returns.returns_of(session, actor=asks),
        "searched": number,
        "found": returns.order_by_number(session, actor=asks, number=number) if number else None,
        "decides": permissions.may(asks, "shop.decide_return", community_id=here.id),
        "me": asks.number,
    }
