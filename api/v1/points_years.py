"""The year's end of points: decisions, previews and reports, and every step. The use cases are those of the pages."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from api import edge
from api.pages.years import BASE
from api.schemas import households as asked
from api.schemas import points_years as answers
from timebank.points.years import deciding, preview
from timebank.points.years.tables import YearClose

blueprint = Blueprint(
    "v1_points_years", __name__, url_prefix="/api/v1/c/<community_code>/points/years", description="The year's end"
)
PAGE = 200


@blueprint.get("")
@edge.signed_in
@blueprint.response(200, answers.YearsAnswer)
def listed(**_: Any) -> dict[str, Any]:
    """The closes, newest first."""
    return {"years": [_told(one) for one in preview.closes_of(edge.read(), actor=edge.actor())]}


@blueprint.post("")
@edge.signed_in
@blueprint.arguments(asked.YearDrafted)
@blueprint.response(201, answers.YearAnswer)
def post(typed: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Write down what was decided."""
    told = {name: value for name, value in typed.items() if name != "base"}
    ends, gives = BASE[typed["base"]]
    made = edge.submit(
        "years.draft",
        lambda session, now: deciding.draft(
            session, actor=edge.actor(), now=now, ends_base=ends, gives_base=gives, **told
        ),
        content=typed,
    )
    return _told(_close(UUID(made["close_id"])))


@blueprint.get("/<uuid:close_id>")
@edge.signed_in
@blueprint.response(200, answers.YearWithRowsAnswer)
def get(close_id: UUID, **_: Any) -> dict[str, Any]:
    """One close, with what goes and what stays, household by household."""
    close = _close(close_id)
    rows = preview.rows_of(edge.read(), actor=edge.actor(), close=close)
    after = edge.load(asked.RowsAsked)["after"]
    shown = [row for row in rows if row.household.number > after][:PAGE]
    names = ("balance_steps", "old_steps", "lapsed_steps", "carried_steps", "held_steps", "base_lapsed_steps",
             "base_given_steps", "entry", "base_entry")  # fmt: skip
    return _told(close) | {
        "totals": vars(preview.totals_of(rows)),
        "rows": [{name: getattr(row, name) for name in names} | {"household": row.household.number} for row in shown],
        "after": shown[-1].household.number if len(shown) == PAGE else None,
    }


@blueprint.post("/<uuid:close_id>/announce")
@edge.signed_in
@blueprint.response(200, answers.YearAnswer)
def announce(close_id: UUID, **_: Any) -> dict[str, Any]:
    """The second officer confirms; households are told."""
    return _step("announce", close_id, deciding.announce)


@blueprint.post("/<uuid:close_id>/start")
@edge.signed_in
@blueprint.response(200, answers.YearAnswer)
def start(close_id: UUID, **_: Any) -> dict[str, Any]:
    """Begin, when the notice is over."""
    return _step("start", close_id, deciding.start)


@blueprint.post("/<uuid:close_id>/withdraw")
@edge.signed_in
@blueprint.arguments(asked.WhyChanged)
@blueprint.response(200, answers.YearAnswer)
def withdraw(typed: dict[str, Any], close_id: UUID, **_: Any) -> dict[str, Any]:
    """Give it up before it begins."""
    return _step("withdraw", close_id, deciding.withdraw, typed)


@blueprint.post("/<uuid:close_id>/ask-undo")
@edge.signed_in
@blueprint.arguments(asked.WhyChanged)
@blueprint.response(200, answers.YearAnswer)
def ask_undo(typed: dict[str, Any], close_id: UUID, **_: Any) -> dict[str, Any]:
    """Ask that it be undone as a whole."""
    return _step("ask_undo", close_id, deciding.ask_undo, typed)


@blueprint.post("/<uuid:close_id>/undo")
@edge.signed_in
@blueprint.response(200, answers.YearAnswer)
def undo(close_id: UUID, **_: Any) -> dict[str, Any]:
    """The second officer agrees."""
    return _step("undo", close_id, deciding.undo)


def _step(
    verb: str, close_id: UUID, change: Callable[..., dict[str, Any]], typed: dict[str, Any] | None = None
) -> dict[str, Any]:
    told = typed or {}
    edge.submit(
        f"years.{verb}",
        lambda session, now: change(session, actor=edge.actor(), now=now, close_id=close_id, **told),
        content={**told, "close": close_id},
    )
    return _told(_close(close_id))


def _close(close_id: UUID) -> YearClose:
    return deciding.close_of(edge.read(), edge.community().id, close_id)


def _told(close: YearClose) -> dict[str, Any]:
    names = (
        "year",
        "state",
        "carry_percent",
        "reason",
        "redeem_until",
        "closes_from",
        "closed_at",
        "undo_until",
        "note",
    )
    return {name: getattr(close, name) for name in names} | {"id": str(close.id)}
