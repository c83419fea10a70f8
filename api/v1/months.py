"""The books month by month: their trial balance, and the closing by two. The use cases are those of the pages."""

from typing import Any

import marshmallow
from flask_smorest import Blueprint
from marshmallow.fields import Boolean, Date, DateTime, Integer, List, Nested, String

from api import edge
from api.pages import months as pages
from api.schemas.reports import Confirmation, MonthAsked
from timebank import reports
from timebank.reports import closing, months

blueprint = Blueprint(
    "v1_months", __name__, url_prefix="/api/v1/c/<community_code>/books/months", description="Month end"
)
PAGE = 200


class SumsAnswer(marshmallow.Schema):
    accounts = Integer(required=True)
    opening = Integer(required=True)
    added = Integer(required=True)
    taken = Integer(required=True)
    closing = Integer(required=True)


class ClassSumsAnswer(SumsAnswer):
    class_ = String(required=True, data_key="class", metadata={"description": "of accounts"})


class BalanceAnswer(marshmallow.Schema):
    """One unit (min: minutes, pt: steps of a tenth of a point) by class, with its control totals."""

    unit = String(required=True)
    agrees = Boolean(required=True)
    total = Nested(SumsAnswer, required=True)
    classes = List(Nested(ClassSumsAnswer), required=True)


class AccountRowAnswer(marshmallow.Schema):
    account = Integer(required=True)
    class_ = String(required=True, data_key="class")
    opening = Integer(required=True)
    added = Integer(required=True)
    taken = Integer(required=True)
    closing = Integer(required=True)


class AdjustmentAnswer(marshmallow.Schema):
    """What happened in a month that was closed before it was booked."""

    entry = Integer(required=True)
    on = Date(required=True)
    at = DateTime(required=True)
    unit = String(required=True)
    amount = Integer(required=True)


class MonthAnswer(marshmallow.Schema):
    """How a month stands: open, prepared or closed."""

    month = String(required=True, metadata={"description": "2026-11"})
    state = String(required=True)
    digest = String(required=True, allow_none=True, metadata={"description": "of the figures that were prepared"})
    prepared_at = DateTime(required=True, allow_none=True)
    closed_at = DateTime(required=True, allow_none=True)
    note = Integer(required=True, allow_none=True, metadata={"description": "the entry of the ledger that notes it"})


class MonthBooksAnswer(MonthAnswer):
    over = Boolean(required=True)
    figures = String(required=True, metadata={"description": "the digest of the figures as they are now"})
    unchanged = Boolean(required=True, metadata={"description": "closed, and the figures are those that were noted"})
    balances = List(Nested(BalanceAnswer), required=True)
    adjustments = List(Nested(AdjustmentAnswer), required=True)
    rows = List(Nested(AccountRowAnswer), required=True, metadata={"description": "by account; asked for by unit"})
    after = Integer(required=True, allow_none=True, metadata={"description": "ask with this for the next rows"})


class MonthsAnswer(marshmallow.Schema):
    months = List(Nested(MonthAnswer), required=True, metadata={"description": "the current one first"})
    next = String(required=True, allow_none=True, metadata={"description": "which comes next to close"})


@blueprint.get("")
@edge.signed_in
@blueprint.response(200, MonthsAnswer)
def listed(**_: Any) -> dict[str, Any]:
    """All months of the books."""
    found = closing.listed(edge.read(), actor=edge.actor(), today=pages.today())
    expected = closing.next_to_close(edge.read(), edge.community().id)
    return {
        "months": [_stands(months.written(month), row) for month, row in found],
        "next": months.written(expected) if expected else None,
    }


@blueprint.get("/<month>")
@edge.signed_in
@blueprint.arguments(MonthAsked, location="query")
@blueprint.response(200, MonthBooksAnswer)
def get(asked: dict[str, Any], month: str, **_: Any) -> dict[str, Any]:
    """A month's books: by class, its adjustments, and with `unit` its accounts, 200 at a time."""
    return _told(month, **asked)


@blueprint.post("/<month>/prepare")
@edge.signed_in
@blueprint.response(200, MonthBooksAnswer)
def prepare(month: str, **_: Any) -> dict[str, Any]:
    """The first of two puts the figures down."""
    wanted = pages.month_asked(month)
    edge.submit(
        "months.prepare",
        lambda session, now: closing.prepare(session, actor=edge.actor(), now=now, month=wanted),
        content={"month": wanted},
    )
    return _told(month)


@blueprint.post("/<month>/confirm")
@edge.signed_in
@blueprint.arguments(Confirmation)
@blueprint.response(200, MonthBooksAnswer)
def confirm(typed: dict[str, Any], month: str, **_: Any) -> dict[str, Any]:
    """The second closes the month for good; `digest` is that of the figures which the officer saw."""
    wanted = pages.month_asked(month)
    edge.submit(
        "months.confirm",
        lambda session, now: closing.confirm(
            session, actor=edge.actor(), now=now, month=wanted, digest=typed["digest"]
        ),
        content={"month": wanted, **typed},
    )
    return _told(month)


def _told(month: str, *, unit: str | None = None, after: int = 0) -> dict[str, Any]:
    books = pages.books_asked(pages.month_asked(month))
    chosen = [row for one in books.balances if one.unit == unit for row in one.rows if row.account > after]
    row = closing.of(edge.read(), edge.community().id, books.month)
    return {
        **_stands(month, row),
        "over": books.over,
        "figures": books.digest,
        "unchanged": books.unchanged,
        "balances": [_balance(one) for one in books.balances],
        "adjustments": [
            {"entry": one.seq, "on": one.on, "at": one.at, "unit": one.unit, "amount": one.amount}
            for one in books.adjustments
        ],
        "rows": chosen[:PAGE],
        "after": chosen[PAGE - 1].account if len(chosen) > PAGE else None,
    }


def _balance(one: reports.TrialBalance) -> dict[str, Any]:
    return {
        "unit": one.unit,
        "agrees": one.agrees,
        "total": vars(one.total),
        "classes": [{**vars(sums), "class_": class_} for class_, sums in one.classes],
    }


def _stands(month: str, row: Any) -> dict[str, Any]:
    if row is None:
        return {"month": month, "state": "open", "digest": None, "prepared_at": None, "closed_at": None, "note": None}
    return {
        "month": month,
        "state": row.state,
        "digest": row.digest,
        "prepared_at": row.prepared_at,
        "closed_at": row.closed_at,
        "note": row.note_seq,
    }
