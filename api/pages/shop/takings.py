"""Stock-taking: the sheet to print, what was counted, and the second person's word on a large difference."""

import datetime as dt
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, render_template, request
from flask_babel import gettext as _

from api import card_sheets, edge, lists
from api.exports import Column, Sheet
from api.pages.shop.common import again, blueprint, chosen_merchant, page, sentence, whole
from api.schemas import shop as asked
from timebank import permissions
from timebank.errors import BadInput, Refused
from timebank.points.shop import taking

WITHIN_THE_MINUTE = dt.timedelta(minutes=1, milliseconds=-1)  # who writes 14:05 counted until 14:05 was over


@blueprint.get("/c/<community_code>/merchant/takings")
@edge.signed_in
def takings() -> Any:
    """A merchant's countings, and the way to a new one."""
    return page("shop/takings.html", **_takings())


@blueprint.post("/c/<community_code>/merchant/takings")
@edge.signed_in
def begin_taking() -> Any:
    """Make the sheet of a new one."""
    permissions.require(edge.actor(), "shop.count", community_id=edge.community().id)
    try:
        merchant, _every = chosen_merchant("shop.count", edge.load(asked.MerchantNamed)["merchant_id"])
        if merchant is None:
            raise edge.bad("merchant_id", sentence("required"))
        merchant_id = merchant.id
        made = edge.submit(
            "shop.begin_taking",
            lambda session, now: taking.begin(session, actor=edge.actor(), now=now, merchant_id=merchant_id),
            content={"merchant": merchant_id},
        )
    except Refused as refused:
        return again("shop/takings.html", refused, **_takings())
    return edge.back("shop.taking_shown", taking_id=uuid.UUID(made["taking_id"]))


@blueprint.get("/c/<community_code>/merchant/takings/<uuid:taking_id>")
@edge.signed_in
def taking_shown(taking_id: uuid.UUID) -> Any:
    """One counting: to be entered, confirmed, or as it was booked."""
    return page("shop/taking.html", **_taking(taking_id))


@blueprint.post("/c/<community_code>/merchant/takings/<uuid:taking_id>")
@edge.signed_in
def enter_taking(taking_id: uuid.UUID) -> Any:
    """Enter what was counted, line by line."""
    permissions.require(edge.actor(), "shop.count", community_id=edge.community().id)
    try:
        counted, reasons = _entered()
        minute = _minute(request.form.get("as_of", ""))
        made = edge.submit(
            "shop.enter_taking",
            lambda session, now: taking.enter(
                session, actor=edge.actor(), now=now, taking_id=taking_id, counted=counted, reasons=reasons,
                as_of=None if minute is None else min(minute + WITHIN_THE_MINUTE, max(minute, now)),
            ),
            content={"taking": taking_id, "counted": {str(k): v for k, v in counted.items()},
                     "reasons": {str(k): v for k, v in reasons.items()},
                     "as_of": minute.isoformat() if minute else ""},
        )  # fmt: skip
    except Refused as refused:
        return again("shop/taking.html", refused, **_taking(taking_id))
    if made["code"] == "taking_waits":
        edge.flash_note(_("差异较大,要由另一个人确认后才改库存。"))
    else:
        edge.flash_done(_("盘点已入账,%(changed)s 种有差异。", changed=made["changed"]))
    return edge.back("shop.taking_shown", taking_id=taking_id)


@blueprint.post("/c/<community_code>/merchant/takings/<uuid:taking_id>/<any(confirm, again, drop):deed>")
@edge.signed_in
def decide_taking(taking_id: uuid.UUID, deed: str) -> Any:
    """Confirm a large difference, send it back to be counted again, or give it up."""
    use_case, verb = {
        "confirm": ("shop.confirm_count", taking.confirm),
        "again": ("shop.count", taking.count_again),
        "drop": ("shop.count", taking.drop),
    }[deed]
    permissions.require(edge.actor(), use_case, community_id=edge.community().id)
    try:
        edge.submit(
            use_case,
            lambda session, now: verb(session, actor=edge.actor(), now=now, taking_id=taking_id),
            content={"taking": taking_id, "deed": deed},
        )
    except Refused as refused:
        return again("shop/taking.html", refused, **_taking(taking_id))
    edge.flash_done(
        {"confirm": _("已确认,库存已改。"), "again": _("已退回重录。"), "drop": _("已放弃,库存没有变。")}[deed]
    )
    return edge.back("shop.taking_shown", taking_id=taking_id)


@blueprint.get("/c/<community_code>/merchant/takings/<uuid:taking_id>/sheet.pdf")
@edge.signed_in
def taking_sheet(taking_id: uuid.UUID) -> Any:
    """The sheet for the shelf: what to count, with empty boxes."""
    facts = _taking(taking_id)
    made = render_template("shop/taking_sheet.html", community=edge.community(), **facts)
    number = facts["found"].taking.number
    document = card_sheets.pdf([made], progress=lambda _done: None)
    return Response(
        document,
        mimetype="application/pdf",
        headers={"Content-Disposition": f"inline; filename={edge.community().code}-stock-taking-{number}.pdf"},
    )


@blueprint.get("/c/<community_code>/merchant/takings/<uuid:taking_id>.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def taking_file(taking_id: uuid.UUID, form: str) -> Any:
    """What was counted, as a list."""
    found = _taking(taking_id)["found"]
    columns = [
        Column(label=_("行"), kind="whole"), Column(label=_("商品")), Column(label=_("单位")),
        Column(label=_("开始时账面"), kind="whole"), Column(label=_("其间进出"), kind="whole"),
        Column(label=_("应有"), kind="whole"), Column(label=_("实盘"), kind="whole"),
        Column(label=_("差异"), kind="whole"), Column(label=_("原因")),
    ]  # fmt: skip
    rows = [
        (one.line.position, one.item.name, one.item.piece, one.sheet, one.line.moved, one.line.expected, one.line.counted, one.difference,
         one.line.reason)
        for one in found.lines
    ]  # fmt: skip
    sheet = Sheet(name=_("第 %(number)s 号盘点", number=found.taking.number), columns=columns, rows=rows)
    return lists.answer(form, [sheet], f"stock-taking-{found.taking.number}")


def _minute(text: str) -> dt.datetime | None:
    """A minute as a browser writes it, `2026-11-22T14:05`, by the community's clock; None where nothing was said."""
    if not text.strip():
        return None
    try:
        found = dt.datetime.strptime(text.strip()[:16], "%Y-%m-%dT%H:%M")  # noqa: DTZ007  # the zone is the community's
    except ValueError:
        raise edge.bad("as_of", sentence("clock_unreadable")) from None
    return found.replace(tzinfo=ZoneInfo(edge.community().zone))


def _entered() -> tuple[dict[int, int], dict[int, str]]:
    counted: dict[int, int] = {}
    reasons: dict[int, str] = {}
    wrong: dict[str, str] = {}
    for name, text in request.form.items():
        kind, _dot, position = name.partition(".")
        number = whole(position)
        if number is None or not text.strip():
            continue
        if kind == "reason":
            reasons[number] = text.strip()
        elif kind == "counted":
            pieces = whole(text)
            if pieces is None:
                wrong[name] = sentence("number_needed")
            else:
                counted[number] = pieces
    if wrong:
        raise BadInput(fields=wrong)
    return counted, reasons


def _takings() -> dict[str, Any]:
    session, asks, here = edge.read(), edge.actor(), edge.community()
    merchant, every = chosen_merchant("shop.look", edge.load(asked.MerchantNamed)["merchant_id"])
    return {
        "merchant": merchant,
        "merchants": every,
        "rows": taking.takings_of(session, actor=asks, merchant_id=merchant.id) if merchant else [],
        "open": taking.open_taking(session, merchant) if merchant else None,
        "counts": permissions.may(asks, "shop.count", community_id=here.id),
    }


def _taking(taking_id: uuid.UUID) -> dict[str, Any]:
    asks, here = edge.actor(), edge.community()
    return {
        "found": taking.taking_of(edge.read(), actor=asks, taking_id=taking_id),
        "counts": permissions.may(asks, "shop.count", community_id=here.id),
        "confirms": permissions.may(asks, "shop.confirm_count", community_id=here.id),
        "me": asks.number,
    }
