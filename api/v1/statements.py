"""Statements: a person's minutes by month and line by line, and a household's points, each line with what it rests on."""

from typing import Any
from uuid import UUID

import marshmallow
from flask_smorest import Blueprint
from marshmallow.fields import Boolean, Date, DateTime, Integer, List, Nested, String

from api import edge
from api.pages import statements as pages
from api.schemas.reports import EntryBefore
from timebank.people import households
from timebank.points import statement as points
from timebank.points.statement import Explained
from timebank.reports import months, owners
from timebank.reports.owners import Owner, OwnerMonth

blueprint = Blueprint("v1_statements", __name__, url_prefix="/api/v1/c/<community_code>", description="Statements")
PAGE = 50


class StatementMonthAnswer(marshmallow.Schema):
    """Minutes: opening + added - taken = closing; `adjusted_minutes` are of months that were closed before."""

    month = String(required=True, metadata={"description": "2026-11"})
    opening_minutes = Integer(required=True)
    added_minutes = Integer(required=True)
    taken_minutes = Integer(required=True)
    closing_minutes = Integer(required=True)
    adjusted_minutes = Integer(required=True)
    lines = Integer(required=True)
    is_closed = Boolean(required=True)


class StatementAnswer(marshmallow.Schema):
    number = String(required=True)
    name = String(required=True)
    balance_minutes = Integer(required=True)
    months = List(Nested(StatementMonthAnswer), required=True, metadata={"description": "newest first"})


class StatementLineAnswer(marshmallow.Schema):
    """One movement; `use_case` is what it came of, null where that was erased."""

    entry = Integer(required=True)
    kind = String(required=True)
    on = Date(required=True)
    at = DateTime(required=True)
    amount_minutes = Integer(required=True)
    balance_minutes = Integer(required=True)
    is_adjustment = Boolean(required=True)
    use_case = String(required=True, allow_none=True)


class StatementLinesAnswer(marshmallow.Schema):
    number = String(required=True)
    name = String(required=True)
    month = Nested(StatementMonthAnswer, required=True)
    lines = List(Nested(StatementLineAnswer), required=True, metadata={"description": "oldest first"})


class PointsLineAnswer(marshmallow.Schema):
    """One movement of a household's points, in steps of a tenth, and what it rests on, as far as it is known."""

    entry = Integer(required=True)
    on = Date(required=True, allow_none=True)
    at = DateTime(required=True)
    amount_steps = Integer(required=True)
    balance_steps = Integer(required=True)
    base = Boolean(required=True)
    item = String(required=True, allow_none=True)
    award_id = String(required=True, allow_none=True)
    batch = Integer(required=True, allow_none=True)
    line = Integer(required=True, allow_none=True)
    order_id = String(required=True, allow_none=True)
    goods = String(required=True)


class PointsStatementAnswer(marshmallow.Schema):
    available_steps = Integer(required=True)
    held_steps = Integer(required=True)
    base_steps = Integer(required=True)
    owed_steps = Integer(required=True)
    lines = List(Nested(PointsLineAnswer), required=True, metadata={"description": "newest first"})
    before = Integer(required=True, allow_none=True, metadata={"description": "ask with this for older lines"})


@blueprint.get("/my/statement")
@edge.signed_in
@blueprint.response(200, StatementAnswer)
def mine(**_: Any) -> dict[str, Any]:
    """One's own months."""
    return _by_month(pages.own())


@blueprint.get("/my/statement/<month>")
@edge.signed_in
@blueprint.response(200, StatementLinesAnswer)
def my_month(month: str, **_: Any) -> dict[str, Any]:
    """The lines of one month of one's own."""
    return _of_month(pages.own(), month)


@blueprint.get("/people/<uuid:person_id>/statement")
@edge.signed_in
@blueprint.response(200, StatementAnswer)
def person(person_id: UUID, **_: Any) -> dict[str, Any]:
    """Somebody's months, for herself, the desk and auditors."""
    return _by_month(pages.of_person(person_id))


@blueprint.get("/people/<uuid:person_id>/statement/<month>")
@edge.signed_in
@blueprint.response(200, StatementLinesAnswer)
def person_month(person_id: UUID, month: str, **_: Any) -> dict[str, Any]:
    """The lines of one month."""
    return _of_month(pages.of_person(person_id), month)


@blueprint.get("/households/<int:number>/statement")
@edge.signed_in
@blueprint.arguments(EntryBefore, location="query")
@blueprint.response(200, PointsStatementAnswer)
def household(asked: dict[str, Any], number: int, **_: Any) -> dict[str, Any]:
    """A household's points: what it has now, and what came and went, 50 lines at a time."""
    session, actor = edge.read(), edge.actor()
    home = households.by_number(session, edge.community().id, number)
    held = points.held(session, actor=actor, household_id=home.id)
    lines = points.statement(session, actor=actor, household_id=home.id, before=asked["before"], limit=PAGE)
    return {
        **vars(held),
        "lines": [_points_line(one) for one in lines],
        "before": lines[-1].line.seq if len(lines) == PAGE else None,
    }


def _by_month(owner: Owner) -> dict[str, Any]:
    found = owners.by_month(edge.read(), actor=edge.actor(), owner=owner, today=pages.today())
    return {
        "number": owner.number,
        "name": owner.name,
        "balance_minutes": found.balance,
        "months": [_month(one) for one in found.months],
    }


def _of_month(owner: Owner, month: str) -> dict[str, Any]:
    wanted = pages.month_asked(month)
    found = owners.of_month(edge.read(), actor=edge.actor(), owner=owner, month=wanted, today=pages.today())
    return {
        "number": owner.number,
        "name": owner.name,
        "month": _month(found.month),
        "lines": [
            {"entry": one.seq, "kind": one.kind, "on": one.on, "at": one.at, "amount_minutes": one.amount,
             "balance_minutes": one.balance, "is_adjustment": one.is_adjustment, "use_case": (one.detail or {}).get("use_case")}
            for one in found.lines
        ],
    }  # fmt: skip


def _month(one: OwnerMonth) -> dict[str, Any]:
    return {
        "month": months.written(one.month),
        "opening_minutes": one.opening,
        "added_minutes": one.added,
        "taken_minutes": one.taken,
        "closing_minutes": one.closing,
        "adjusted_minutes": one.adjusted,
        "lines": one.lines,
        "is_closed": one.is_closed,
    }


def _points_line(one: Explained) -> dict[str, Any]:
    award = None if one.award is None else one.award.award
    return {
        "entry": one.line.seq,
        "on": one.line.on,
        "at": one.line.at,
        "amount_steps": one.line.amount,
        "balance_steps": one.line.balance,
        "base": one.base,
        "item": None if one.award is None else one.award.item.title,
        "award_id": None if award is None else str(award.id),
        "batch": None if award is None else award.batch_number,
        "line": None if award is None else award.line_number,
        "order_id": None if one.order is None else str(one.order.id),
        "goods": one.goods,
    }
