"""Month end: the months of the books, one month's trial balance with its adjustments, what still waits, and the closing."""

import datetime as dt
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from api import edge, lists
from api.exports import Column, Kind, Sheet
from api.messages import audit as words
from api.messages import reports as report_words
from api.schemas.reports import Confirmation, MonthAsked, month_of
from timebank import permissions, reports
from timebank.errors import NotFound, Refused
from timebank.people import communities
from timebank.reports import closing, months, waiting
from timebank.reports.months import MonthBooks

blueprint = Blueprint("months", __name__, url_prefix="/c/<community_code>/books/months")

ACCOUNTS_A_PAGE = 100


@blueprint.get("")
@edge.signed_in
def listed() -> Any:
    """The months, the current one first: which are closed, and which comes next."""
    found = closing.listed(edge.read(), actor=edge.actor(), today=today())
    return edge.page(
        "reports/months.html",
        months=found,
        next_one=closing.next_to_close(edge.read(), edge.community().id),
        this_month=months.first_of(today()),
        written=months.written,
    )


@blueprint.get("/<month>")
@edge.signed_in
def one(month: str) -> Any:
    """A month's trial balance, its adjustments, what still waits, and the way to close it."""
    return edge.page("reports/month.html", **_facts(month_asked(month)))


@blueprint.get("/<month>.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def file(month: str, form: str) -> Any:
    """The month by account, every account that moved or holds something; on paper by class; then its adjustments."""
    books = books_asked(month_asked(month))
    unit = edge.load(MonthAsked)["unit"]
    chosen = [balance for balance in books.balances if unit in (None, balance.unit)]
    by_class = form == "pdf" and unit is None
    sheets = [(_class_sheet if by_class else _balance_sheet)(books, balance) for balance in chosen]
    if form != "csv" and books.adjustments:
        sheets.append(_adjustments_sheet(books))
    return lists.answer(form, sheets, f"month-{months.written(books.month)}")


@blueprint.post("/<month>/prepare")
@edge.signed_in
def prepare(month: str) -> Any:
    """The first of two: the figures are looked through and put down."""
    wanted = month_asked(month)
    permissions.require(edge.actor(), "months.prepare", community_id=edge.community().id)
    try:
        edge.submit(
            "months.prepare",
            lambda session, now: closing.prepare(session, actor=edge.actor(), now=now, month=wanted),
            content={"month": wanted},
        )
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return edge.again("reports/month.html", refused, **_facts(wanted))
    edge.flash_done(_("已准备好,请另一个人确认。"))
    return edge.back("months.one", month=months.written(wanted))


@blueprint.post("/<month>/confirm")
@edge.signed_in
def confirm(month: str) -> Any:
    """The second: the month is closed for good."""
    wanted = month_asked(month)
    permissions.require(edge.actor(), "months.confirm", community_id=edge.community().id)
    try:
        digest = edge.load(Confirmation)["digest"]
        edge.submit(
            "months.confirm",
            lambda session, now: closing.confirm(session, actor=edge.actor(), now=now, month=wanted, digest=digest),
            content={"month": wanted, "digest": digest},
        )
    except Refused as refused:
        if refused.status == 404:
            raise
        return edge.again("reports/month.html", refused, **_facts(wanted))
    edge.flash_done(_("%(month)s 已月结。", month=months.written(wanted)))
    return edge.back("months.one", month=months.written(wanted))


def _facts(month: dt.date) -> dict[str, Any]:
    asks, reading = edge.actor(), edge.read()
    books = books_asked(month)
    asked: dict[str, Any] = edge.load(MonthAsked) if request.method == "GET" else {"unit": None, "after": 0}
    shown = next((one for one in books.balances if one.unit == asked["unit"]), None)
    rows = [] if shown is None else [row for row in shown.rows if row.account > asked["after"]][: ACCOUNTS_A_PAGE + 1]
    more = len(rows) > ACCOUNTS_A_PAGE
    row = closing.of(reading, edge.community().id, month)
    expected = closing.next_to_close(reading, edge.community().id)
    return {
        "books": books,
        "month_text": months.written(month),
        "first": month,
        "last": months.last_of(month),
        "shown": shown,
        "rows": rows[:ACCOUNTS_A_PAGE],
        "holders": reports.holders(reading, edge.community().id, [one.account for one in rows]),
        "next_url": url_for(
            "months.one", month=months.written(month), unit=asked["unit"], after=rows[ACCOUNTS_A_PAGE - 1].account
        )
        if more
        else "",
        "row": row,
        "in_turn": books.closed is None and books.over and expected in (None, month),
        "expected": months.written(expected) if expected else "",
        "same_person": row is not None and row.prepared_by == asks.number,
        "waiting": waiting.waiting(reading, actor=asks, month=month) if books.closed is None else [],
        "may_prepare": permissions.may(asks, "months.prepare", community_id=asks.community_id),
        "may_confirm": permissions.may(asks, "months.confirm", community_id=asks.community_id),
        "reads_entries": permissions.may(asks, "reports.journal", community_id=asks.community_id),
        "words": words,
        "waits": report_words.WAITING,
    }


def books_asked(month: dt.date) -> MonthBooks:
    if month > months.first_of(today()):
        permissions.require(edge.actor(), "reports.trial_balance", community_id=edge.community().id)
        raise NotFound(what="month")
    return months.of_month(edge.read(), actor=edge.actor(), month=month, today=today())


def month_asked(text: str) -> dt.date:
    try:
        return month_of(text)
    except Refused:
        raise NotFound(what="month") from None


def today() -> dt.date:
    return communities.local_day(edge.community(), edge.now())


def _class_sheet(books: MonthBooks, balance: reports.TrialBalance) -> Sheet:
    """What is signed and hung up: the classes with their control totals."""
    kind: Kind = "minutes" if balance.unit == "min" else "points"
    total = balance.total
    return Sheet(
        name=_name(books, balance),
        notes=[_state(books), *([_("摘要 %(digest)s", digest=books.noted)] if books.closed else [])],
        columns=[Column(label=_("类别")), Column(label=_("户数"), kind="whole"), *_amounts(kind)],
        rows=[
            (
                str(words.CLASSES.get(class_, class_)),
                sums.accounts,
                sums.opening,
                sums.added,
                sums.taken,
                sums.closing,
            )
            for class_, sums in balance.classes
        ],
        totals=[(_("合计"), total.accounts, total.opening, total.added, total.taken, total.closing)],
    )


def _balance_sheet(books: MonthBooks, balance: reports.TrialBalance) -> Sheet:
    kind: Kind = "minutes" if balance.unit == "min" else "points"
    total = balance.total
    holders = reports.holders(edge.read(), edge.community().id, [row.account for row in balance.rows])
    return Sheet(
        name=_name(books, balance),
        notes=[f"{edge.community().name} {_state(books)}"],
        columns=[
            Column(label=_("账户"), kind="whole"),
            Column(label=_("类别")),
            Column(label=_("持有人编号")),
            Column(label=_("持有人")),
            *_amounts(kind),
        ],
        rows=[
            (
                row.account,
                str(words.CLASSES.get(row.class_, row.class_)),
                holders[row.account].number if row.account in holders else "",
                holders[row.account].name if row.account in holders else "",
                row.opening,
                row.added,
                row.taken,
                row.closing,
            )
            for row in balance.rows
        ],
        totals=[(None, _("合计"), "", "", total.opening, total.added, total.taken, total.closing)],
    )


def _name(books: MonthBooks, balance: reports.TrialBalance) -> str:
    return _("%(month)s 月账 %(unit)s", month=months.written(books.month), unit=str(words.UNITS[balance.unit]))


def _state(books: MonthBooks) -> str:
    if books.closed is None:
        return _("未月结,数字还会变")
    return _("已月结,第 %(seq)s 笔备案", seq=books.closed.note)


def _amounts(kind: Kind) -> list[Column]:
    return [
        Column(label=_("期初"), kind=kind),
        Column(label=_("本期增加"), kind=kind),
        Column(label=_("本期减少"), kind=kind),
        Column(label=_("期末"), kind=kind),
    ]


def _adjustments_sheet(books: MonthBooks) -> Sheet:
    return Sheet(
        name=_("%(month)s 以前月份调整", month=months.written(books.month)),
        columns=[
            Column(label=_("凭证号"), kind="whole"),
            Column(label=_("发生日"), kind="day"),
            Column(label=_("记账时刻"), kind="instant"),
            Column(label=_("时间"), kind="minutes"),
            Column(label=_("积分"), kind="points"),
        ],
        rows=[
            (one.seq, one.on, one.at, *((one.amount, None) if one.unit == "min" else (None, one.amount)))
            for one in books.adjustments
        ],
        totals=[
            (
                None,
                None,
                None,
                sum(one.amount for one in books.adjustments if one.unit == "min"),
                sum(one.amount for one in books.adjustments if one.unit == "pt"),
            )
        ],
    )
