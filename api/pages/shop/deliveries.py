"""Goods in: deliveries with the supplier's note, and the register of suppliers and donors."""

import re
import uuid
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from api import edge, lists
from api.exports import Column, Sheet
from api.pages.shop.common import again, blueprint, chosen_merchant, page, sentence, whole_by_row
from api.schemas import shop as asked
from timebank import permissions
from timebank.errors import Refused
from timebank.points.shop import goods, stock
from timebank.points.shop.orders import told as goods_told
from timebank.points.shop.tables import GOODS

DELIVERIES_A_PAGE = 30


@blueprint.get("/c/<community_code>/merchant/deliveries")
@edge.signed_in
def deliveries() -> Any:
    """What came, with whom and on which note."""
    return page("shop/deliveries.html", **_deliveries())


@blueprint.post("/c/<community_code>/merchant/deliveries")
@edge.signed_in
def deliver() -> Any:
    """Take a delivery in."""
    permissions.require(edge.actor(), "shop.receive", community_id=edge.community().id)
    try:
        told = edge.load(asked.Delivered)
        pieces = whole_by_row("p", asked.MOST_PIECES)
        told["cost_fen"] = _fen(told.pop("cost"))
        told["is_donation"] = bool(told["is_donation"])
        made = edge.submit(
            "shop.deliver",
            lambda session, now: stock.deliver(session, actor=edge.actor(), now=now, pieces=pieces, **told),
            content={**told, "pieces": {item.hex: number for item, number in pieces.items()}},
        )
    except Refused as refused:
        return again("shop/deliveries.html", refused, **_deliveries())
    edge.flash_done(_("第 %(number)s 号进货已登记,共 %(pieces)s 件。", number=made["number"], pieces=made["pieces"]))
    return edge.back("shop.deliveries", merchant_id=told["merchant_id"].hex)


@blueprint.get("/c/<community_code>/merchant/deliveries.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def deliveries_file(form: str) -> Any:
    """The same as a list, one row for each kind of goods that came."""
    merchant, _every = chosen_merchant("shop.look", edge.load(asked.MerchantNamed)["merchant_id"])
    found = stock.deliveries(edge.read(), actor=edge.actor(), merchant=merchant, limit=5_000) if merchant else []
    columns = [
        Column(label=_("进货号"), kind="whole"), Column(label=_("时间"), kind="instant"), Column(label=_("供货方")),
        Column(label=_("送货单号")), Column(label=_("捐赠")), Column(label=_("商品")), Column(label=_("件数"), kind="whole"),
        Column(label=_("整单金额(元)")), Column(label=_("备注")), Column(label=_("经手")),
    ]  # fmt: skip
    rows = [
        (row.number, row.received_at, supplier.name if supplier else "", row.note_number, str(_("是")) if row.is_donation else "",
         item.name, pieces, yuan(row.cost_fen), row.remark, row.received_by)
        for row, supplier, came in found
        for item, pieces in came
    ]  # fmt: skip
    return lists.answer(form, [Sheet(name=_("进货"), columns=columns, rows=rows)], "deliveries")


@blueprint.get("/c/<community_code>/merchant/suppliers")
@edge.signed_in
def suppliers() -> Any:
    """The register of suppliers and donors."""
    return page("shop/suppliers.html", **_suppliers())


@blueprint.post("/c/<community_code>/merchant/suppliers")
@edge.signed_in
def add_supplier() -> Any:
    """Write one into the register."""
    permissions.require(edge.actor(), "shop.receive", community_id=edge.community().id)
    try:
        told = edge.load(asked.SupplierAsked)
        told["donates"] = bool(told["donates"])
        edge.submit(
            "shop.add_supplier",
            lambda session, now: stock.add_supplier(session, actor=edge.actor(), now=now, **told),
            content=told,
        )
    except Refused as refused:
        return again("shop/suppliers.html", refused, **_suppliers())
    edge.flash_done(_("已登记。"))
    return edge.back("shop.suppliers")


@blueprint.post("/c/<community_code>/merchant/suppliers/end")
@edge.signed_in
def end_supplier() -> Any:
    """Choose one no more."""
    supplier_id = edge.load(asked.SupplierNamed)["supplier_id"]
    edge.submit(
        "shop.end_supplier",
        lambda session, now: stock.end_supplier(session, actor=edge.actor(), now=now, supplier_id=supplier_id),
        content={"supplier": supplier_id},
    )
    edge.flash_done(_("已停用。"))
    return edge.back("shop.suppliers")


def yuan(fen: int | None) -> str:
    """Money as people write it; nothing where nobody said."""
    return "" if fen is None else f"{fen // 100}.{fen % 100:02}"


def _fen(text: str) -> int | None:
    """`128.5` yuan as fen; None where nothing was said."""
    if not text:
        return None
    match = re.fullmatch(r"([0-9]{1,9})(?:[.．]([0-9]{1,2}))?", text)
    if match is None:
        raise edge.bad("cost", sentence("money_unreadable"))
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))


def _deliveries() -> dict[str, Any]:
    session, asks, here = edge.read(), edge.actor(), edge.community()
    paged = edge.load(asked.Paged)
    merchant, every = chosen_merchant("shop.look", _merchant_asked())
    found = (
        stock.deliveries(session, actor=asks, merchant=merchant, before=paged["before"], limit=DELIVERIES_A_PAGE + 1)
        if merchant
        else []
    )
    rows = found[:DELIVERIES_A_PAGE]
    chosen: dict[str, Any] = {"merchant_id": merchant.id.hex} if merchant else {}
    return {
        "merchant": merchant,
        "merchants": every,
        "rows": [(row, supplier, goods_told((item.name, pieces) for item, pieces in came)) for row, supplier, came in rows],
        "yuan": yuan,
        "suppliers": [one for one in stock.suppliers(session, actor=asks) if one.ended_at is None],
        "goods": [item for item in goods.goods_of(session, here.id, merchant.id) if item.kind == GOODS] if merchant else [],
        "changes": permissions.may(asks, "shop.receive", community_id=here.id),
        "next_url": url_for("shop.deliveries", before=rows[-1][0].number, **chosen) if len(found) > DELIVERIES_A_PAGE else "",
        "first_url": url_for("shop.deliveries", **chosen) if paged["before"] else "",
    }  # fmt: skip


def _merchant_asked() -> uuid.UUID | None:
    found: uuid.UUID | None = edge.load(asked.MerchantNamed)["merchant_id"]
    return found


def _suppliers() -> dict[str, Any]:
    asks, here = edge.actor(), edge.community()
    return {
        "rows": stock.suppliers(edge.read(), actor=asks),
        "adds": permissions.may(asks, "shop.receive", community_id=here.id),
        "ends": permissions.may(asks, "shop.open_merchant", community_id=here.id),
    }
