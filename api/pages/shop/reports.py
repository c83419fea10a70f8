"""The shop's month, and a merchant's own account: stock, points and entries side by side."""

import datetime as dt
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from api import edge, errors, lists
from api.exports import Cell, Column, Sheet
from api.messages import audit as audit_words
from api.pages.shop.common import blueprint, chosen_merchant, month_of, page, today
from api.schemas import shop as asked
from timebank.points.shop import report
from timebank.points.shop.report import Difference, MerchantMonth

LINES_A_PAGE = 40


@blueprint.get("/c/<community_code>/points/shop-report", endpoint="report")
@edge.signed_in
def month() -> Any:
    """What came, went and was redeemed in a month, and whether it agrees with the books."""
    first = _first()
    found = report.month(edge.read(), actor=edge.actor(), first=first)
    return page(
        "shop/report.html", months=found, first=first, written=f"{first:%Y-%m}", said=said,
        before=f"{first - dt.timedelta(days=1):%Y-%m}", after=f"{first + dt.timedelta(days=32):%Y-%m}",
        is_over=(first + dt.timedelta(days=32)).replace(day=1) <= today(),
    )  # fmt: skip


@blueprint.get("/c/<community_code>/points/shop-report.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def report_file(form: str) -> Any:
    """The same as a workbook, or to print and sign."""
    first = _first()
    found = report.month(edge.read(), actor=edge.actor(), first=first)
    return lists.answer(
        form, [_stock_sheet(found, first), _sold_sheet(found), _tie_sheet(found)], f"shop-{first:%Y-%m}"
    )


@blueprint.get("/c/<community_code>/merchant/account")
@edge.signed_in
def account() -> Any:
    """A merchant's own account: what it took in for which order; no person."""
    before = edge.load(asked.Paged)["before"]
    merchant, every = chosen_merchant("shop.look", edge.load(asked.MerchantNamed)["merchant_id"])
    found = (
        report.statement(edge.read(), actor=edge.actor(), merchant=merchant, before=before, limit=LINES_A_PAGE + 1)
        if merchant
        else []
    )
    rows = found[:LINES_A_PAGE]
    chosen: dict[str, Any] = {"merchant_id": merchant.id.hex} if merchant else {}
    return page(
        "shop/account.html", merchant=merchant, merchants=every, rows=rows,
        next_url=url_for("shop.account", before=rows[-1][0].seq, **chosen) if len(found) > LINES_A_PAGE else "",
        first_url=url_for("shop.account", **chosen) if before else "",
    )  # fmt: skip


@blueprint.get("/c/<community_code>/merchant/account.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def account_file(form: str) -> Any:
    """The same as a list."""
    merchant, _every = chosen_merchant("shop.look", edge.load(asked.MerchantNamed)["merchant_id"])
    found = report.statement(edge.read(), actor=edge.actor(), merchant=merchant, limit=5_000) if merchant else []
    columns = [
        Column(label=_("日期"), kind="day"), Column(label=_("单号"), kind="whole"), Column(label=_("商品")),
        Column(label=_("积分"), kind="points"), Column(label=_("余额"), kind="points"), Column(label=_("流水"), kind="whole"),
    ]  # fmt: skip
    rows = [
        (line.on, order.order.number if order else None, given(line, order), line.amount, line.balance, line.seq)
        for line, order in found
    ]
    name = merchant.name if merchant else str(_("商户"))
    return lists.answer(form, [Sheet(name=name, columns=columns, rows=rows)], "merchant-account")


def given(line: Any, order: Any) -> str:
    """What a line of the account is for."""
    if order is None:
        return ""
    return str(_("退货 %(goods)s", goods=order.goods)) if line.amount < 0 else str(order.goods)


def said(one: Difference) -> str:
    """A difference as a sentence that names what differs."""
    facts = {"row_says": one.expected, "entry_says": one.found}
    return f"{one.name}: {errors.filled(audit_words.FINDINGS[one.code], facts)}"


def _first() -> dt.date:
    return month_of(edge.load(asked.Month)["month"], today())


def _stock_sheet(found: list[MerchantMonth], first: dt.date) -> Sheet:
    columns = [Column(label=_("商户")), Column(label=_("商品"))] + [
        Column(label=label, kind="whole")
        for label in (
            _("期初"),
            _("进货"),
            _("退货入库"),
            _("盘点差异"),
            _("交付"),
            _("损坏"),
            _("过期"),
            _("用于活动"),
            _("期末"),
        )
    ]
    rows = [
        (one.merchant.name, row.item.name, row.opening, row.received, row.taken_back, row.counted, row.handed_over,
         row.spoiled, row.past_date, row.event, row.closing)
        for one in found
        for row in one.stock
    ]  # fmt: skip
    sums: list[Cell] = [sum(int(row[at]) for row in rows) for at in range(2, 11)]
    totals: list[list[Cell]] = [["", str(_("合计")), *sums]]
    return Sheet(name=_("%(month)s 库存", month=f"{first:%Y-%m}"), columns=columns, rows=rows, totals=totals)


def _sold_sheet(found: list[MerchantMonth]) -> Sheet:
    columns = [
        Column(label=_("商户")), Column(label=_("商品")), Column(label=_("单价"), kind="points"),
        Column(label=_("件数"), kind="whole"), Column(label=_("积分"), kind="points"),
    ]  # fmt: skip
    rows = [
        (one.merchant.name, row.item.name, row.price_steps, row.pieces, row.steps) for one in found for row in one.sold
    ]
    totals = [("", str(_("合计")), None, sum(row[3] for row in rows), sum(row[4] for row in rows))]
    return Sheet(name=_("交付"), columns=columns, rows=rows, totals=totals)


def _tie_sheet(found: list[MerchantMonth]) -> Sheet:
    columns = [
        Column(label=_("商户")), Column(label=_("兑换单"), kind="whole"),
        Column(label=_("件数乘单价"), kind="points"), Column(label=_("兑换单的积分"), kind="points"),
        Column(label=_("退货退回"), kind="points"), Column(label=_("账户期初"), kind="points"),
        Column(label=_("账户本期"), kind="points"), Column(label=_("账户期末"), kind="points"), Column(label=_("差异")),
    ]  # fmt: skip
    rows = [
        (one.merchant.name, one.orders, one.pieces_steps, one.orders_steps, one.returned_steps, one.account_opening_steps,
         one.entries_steps, one.account_closing_steps, "; ".join(said(each) for each in one.differences) or str(_("没有")))
        for one in found
    ]  # fmt: skip
    return Sheet(name=_("核对"), columns=columns, rows=rows)
