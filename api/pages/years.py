"""The year's end of points: decided, told, previewed household by household, closed, undone; the report to print and take away."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from api import edge, lists
from api.exports import Column, Sheet
from api.form_words import in_words
from api.messages import points as point_words
from api.messages import years as words
from api.schemas import households as schemas
from timebank import permissions, policy
from timebank.errors import Refused
from timebank.people.communities import local_day
from timebank.points.years import closing, deciding, preview, returning
from timebank.points.years.preview import Row
from timebank.points.years.tables import YearClose

blueprint = Blueprint("years", __name__, url_prefix="/c/<community_code>/points/years")

ROWS_A_PAGE = 50
BASE = {"end": (True, False), "renew": (True, True), "stay": (False, False)}


@blueprint.get("")
@edge.signed_in
def index() -> Any:
    """The years that were closed, and the form for the next one."""
    return edge.page("years/list.html", **_index())


@blueprint.post("")
@edge.signed_in
def draft() -> Any:
    """Write down what was decided about a year's points."""
    permissions.require(edge.actor(), "years.draft", community_id=edge.community().id)
    try:
        asked = edge.load(schemas.YearDrafted)
        told = {name: value for name, value in asked.items() if name != "base"}
        ends, gives = BASE[asked["base"]]
        made = edge.submit(
            "years.draft",
            lambda session, now: deciding.draft(
                session, actor=edge.actor(), now=now, ends_base=ends, gives_base=gives, **told
            ),
            content=asked,
        )
    except Refused as refused:
        return edge.again("years/list.html", in_words(refused, words.FIELDS), **_index())
    edge.flash_done(_("已登记,请另一位确认;确认后开始告知各户。"))
    return edge.back("years.one", close_id=uuid.UUID(made["close_id"]))


@blueprint.get("/<uuid:close_id>")
@edge.signed_in
def one(close_id: uuid.UUID) -> Any:
    """One year's end: the decision, its clocks, and what goes and what stays, household by household."""
    return edge.page("years/one.html", **_facts(close_id))


@blueprint.get("/<uuid:close_id>.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def file(close_id: uuid.UUID, form: str) -> Any:
    """The report: every household, with totals, to print and to take away."""
    close = deciding.close_of(edge.read(), edge.community().id, close_id)
    rows = preview.rows_of(edge.read(), actor=edge.actor(), close=close)
    return lists.answer(form, [_sheet(close, rows)], f"points-year-{close.year}")


@blueprint.post("/<uuid:close_id>/announce")
@edge.signed_in
def announce(close_id: uuid.UUID) -> Any:
    """The second officer confirms; households are told."""
    return _step("announce", "years.announce", close_id, deciding.announce, _("已确认,开始告知各户。"))


@blueprint.post("/<uuid:close_id>/start")
@edge.signed_in
def start(close_id: uuid.UUID) -> Any:
    """Begin the close; a job does it."""
    return _step("start", "years.start", close_id, deciding.start, _("已开始,几分钟内办完;可以离开这一页。"))


@blueprint.post("/<uuid:close_id>/withdraw")
@edge.signed_in
def withdraw(close_id: uuid.UUID) -> Any:
    """Give it up before it begins."""
    return _step("withdraw", "years.draft", close_id, deciding.withdraw, _("已放弃,积分没有动。"), with_reason=True)


@blueprint.post("/<uuid:close_id>/ask-undo")
@edge.signed_in
def ask_undo(close_id: uuid.UUID) -> Any:
    """Ask that it be undone as a whole."""
    return _step("ask_undo", "years.undo", close_id, deciding.ask_undo, _("已提出,请另一位同意。"), with_reason=True)


@blueprint.post("/<uuid:close_id>/undo")
@edge.signed_in
def undo(close_id: uuid.UUID) -> Any:
    """The second officer agrees; a job books it back."""
    return _step("undo", "years.undo", close_id, deciding.undo, _("已开始撤回,几分钟内办完。"))


def _step(
    verb: str,
    use_case: str,
    close_id: uuid.UUID,
    change: Callable[..., dict[str, Any]],
    done: str,
    *,
    with_reason: bool = False,
) -> Any:
    permissions.require(edge.actor(), use_case, community_id=edge.community().id)
    try:
        asked = edge.load(schemas.WhyChanged) if with_reason else {}

        def run(session: Session, now: Any) -> dict[str, Any]:
            return change(session, actor=edge.actor(), now=now, close_id=close_id, **asked)

        edge.submit(f"years.{verb}", run, content={**asked, "close": close_id})
    except Refused as refused:
        if refused.status == 404:
            raise
        return edge.again("years/one.html", in_words(refused, words.FIELDS), **_facts(close_id))
    edge.flash_done(done)
    return edge.back("years.one", close_id=close_id)


def _index() -> dict[str, Any]:
    session, place, asks = edge.read(), edge.community(), edge.actor()
    today = local_day(place, edge.now())
    return {
        "closes": preview.closes_of(session, actor=asks),
        "may_draft": permissions.may(asks, "years.draft", community_id=place.id),
        "today": today,
        "years": [(str(year), str(year)) for year in (today.year, today.year - 1)],
        "carry": policy.of(session, place.id, today).carry_percent,
        "words": words,
        "point_words": point_words,
    }


def _facts(close_id: uuid.UUID) -> dict[str, Any]:
    session, place, asks = edge.read(), edge.community(), edge.actor()
    close = deciding.close_of(session, place.id, close_id)
    rows = preview.rows_of(session, actor=asks, close=close)
    after = _after()
    shown = [row for row in rows if row.household.number > after][: ROWS_A_PAGE + 1]
    today = local_day(place, edge.now())
    return {
        "close": close,
        "rows": shown[:ROWS_A_PAGE],
        "totals": preview.totals_of(rows),
        "next_url": url_for("years.one", close_id=close.id, after=shown[ROWS_A_PAGE - 1].household.number)
        if len(shown) > ROWS_A_PAGE
        else "",
        "first_url": url_for("years.one", close_id=close.id) if after else "",
        "is_done": close.state in ("closed", "undoing", "undone"),
        "may_begin": preview.may_begin(close, today),
        "told_all": close.cursor >= closing.TOLD_ALL,
        "base_given": closing.base_items(session, close, today) if close.gives_base else [],
        "may": {
            name: permissions.may(asks, f"years.{name}", community_id=place.id)
            for name in ("draft", "announce", "start", "undo")
        },
        "same_person": asks.number == (close.drafted_by if close.state == "draft" else close.undo_asked_by),
        "undo_by": close.undo_until - dt.timedelta(minutes=1) if close.undo_until else None,
        "undo_open": close.state == "closed" and close.undo_until is not None and edge.now() < close.undo_until,
        "audits": permissions.may(asks, "reports.journal", community_id=place.id),
        "given_back": returning.of_closes(session, place.id, [close.id]).get(close.id, 0),
        "words": words,
        "point_words": point_words,
    }


def _after() -> int:
    return int(edge.load(schemas.RowsAsked)["after"]) if request.method == "GET" else 0


def _sheet(close: YearClose, rows: list[Row]) -> Sheet:
    names = ("balance_steps", "old_steps", "lapsed_steps", "carried_steps", "held_steps", "base_lapsed_steps",
             "base_given_steps")  # fmt: skip
    labels = (_("账户余额"), _("当年剩余"), _("不结转"), _("结转"), _("冻结,不动"), _("基础分结束"), _("新基础分"))
    columns = [
        Column(label=_("户号"), kind="whole"),
        Column(label=_("户主")),
        *(Column(label=label, kind="points") for label in labels),
        Column(label=_("流水"), kind="whole"),
    ]
    cells = [
        (row.household.number, row.head, *(getattr(row, name) for name in names), row.entry or row.base_entry)
        for row in rows
    ]
    totals = (_("合计"), "", *(sum(getattr(row, name) for row in rows) for name in names), None)
    done = close.state in ("closed", "undoing", "undone")
    notes = [
        _("%(year)s 年积分结转,结转 %(percent)s%%", year=close.year, percent=close.carry_percent)
        + " · "
        + (_("已办理") if done else _("按现在的积分预计")),
        _("决定:%(reason)s", reason=close.reason),
        _("累计荣誉不变;服务时间从不清零。"),
    ]
    return Sheet(name=_("年终结转"), columns=columns, rows=cells, totals=[totals], notes=notes)
