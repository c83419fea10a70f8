"""What supervision looks at: reviewers beside each other, and the draws of second reviews, which anybody can check afterwards."""

import datetime as dt
from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _

from api import edge, lists
from api.exports import Column, Sheet
from api.messages import awards as words
from api.schemas.awards import Draws, Period
from timebank.people import communities
from timebank.people.working_days import today_in
from timebank.points.awards import drawing, statistics
from timebank.points.awards.statistics import Reviewer

blueprint = Blueprint("reviews", __name__, url_prefix="/c/<community_code>/points/reviews")
EXPORTED_MOST = 20_000


@blueprint.get("/reviewers")
@edge.signed_in
def reviewers() -> Any:
    """Each reviewer of a period beside the others."""
    asked = _period()
    return edge.page("awards/reviewers.html", rows=_reviewers(asked), asked=asked, words=words)


@blueprint.get(f"/reviewers.<any({lists.FORMS}):form>")
@edge.signed_in
def reviewers_file(form: str) -> Any:
    """The same as a file."""
    rows = _reviewers(_period())
    sheet = Sheet(
        name=_("审核人对比"),
        columns=[
            Column(label=_("审核人")),
            Column(label=_("编号")),
            Column(label=_("通过"), kind="whole"),
            Column(label=_("退回"), kind="whole"),
            Column(label=_("酌情定分"), kind="whole"),
            Column(label=_("在范围里的位置 ‰"), kind="whole"),
            Column(label=_("通过率比同事 ‰"), kind="whole"),
            Column(label=_("给分比同事 ‰"), kind="whole"),
            Column(label=_("被复核改变"), kind="whole"),
            Column(label=_("因异议撤下"), kind="whole"),
        ],
        rows=[_cells(row) for row in rows],
        totals=[(_("合计"), "", sum(row.approved for row in rows), sum(row.rejected for row in rows),
                 sum(row.ranged for row in rows), None, None, None, sum(row.by_second for row in rows),
                 sum(row.by_objection for row in rows))],
    )  # fmt: skip
    return lists.answer(form, [sheet], "reviewers")


@blueprint.get("/draws")
@edge.signed_in
def draws() -> Any:
    """The months of draws, and those of one month."""
    asked = edge.load(Draws)
    session, asks = edge.read(), edge.actor()
    months = drawing.months(session, actor=asks)
    month = asked["month"] or (months[0].month if months else "")
    found = drawing.drawn_in(session, actor=asks, month=month, after=asked["after"], limit=drawing.PAGE + 1)
    rows = found[: drawing.PAGE]
    more = len(found) > drawing.PAGE
    return edge.page(
        "awards/draws.html",
        months=months,
        chosen=next((one for one in months if one.month == month), None),
        rows=rows,
        next_url=url_for("reviews.draws", month=month, after=rows[-1].review.id.hex) if more else "",
        first_url=url_for("reviews.draws", month=month) if asked["after"] else "",
        words=words,
    )


@blueprint.get(f"/draws.<any({lists.FORMS}):form>")
@edge.signed_in
def draws_file(form: str) -> Any:
    """A month's draws with keys and values, and its seed where it is told: enough to do the sum again."""
    asked = edge.load(Draws)
    session, asks = edge.read(), edge.actor()
    months = drawing.months(session, actor=asks)
    chosen = next((one for one in months if one.month == asked["month"]), months[0] if months else None)
    month = chosen.month if chosen else ""
    found = drawing.drawn_in(session, actor=asks, month=month, limit=EXPORTED_MOST)
    notes = []
    if chosen is not None:
        notes.append(_("种子的指纹 %(digest)s,账本第 %(seq)s 笔", digest=chosen.commitment, seq=chosen.note))
        if chosen.revealed_at is not None:
            notes.append(_("种子 %(seed)s,账本第 %(seq)s 笔", seed=chosen.seed.hex(), seq=chosen.reveal_note))
    sheet = Sheet(
        name=_("复核抽签"),
        columns=[
            Column(label=_("审核"), kind="instant"),
            Column(label=_("审核人")),
            Column(label=_("项目")),
            Column(label=_("签"), kind="whole"),
            Column(label=_("比例"), kind="whole"),
            Column(label=_("结果")),
            Column(label=_("核对")),
            Column(label=_("抽签的依据")),
        ],
        rows=[
            (one.review.reviewed_at, one.review.reviewed_by, one.item.title, one.review.draw_value,
             one.review.draw_percent, str(words.ASKS[one.review.asks]),
             "" if one.agrees is None else _("相符") if one.agrees else _("不符"), one.key)
            for one in found
        ],
        notes=notes,
    )  # fmt: skip
    return lists.answer(form, [sheet], "draws")


def _period() -> dict[str, Any]:
    asked = edge.load(Period)
    today = today_in(edge.read(), edge.community().id, edge.now())
    return {
        "since": asked["since"] or today - dt.timedelta(days=90),
        "until": asked["until"] or today,
    }


def _reviewers(asked: dict[str, Any]) -> list[Reviewer]:
    place = edge.community()
    return statistics.reviewers(
        edge.read(),
        actor=edge.actor(),
        since=communities.day_start(place, asked["since"]),
        until=communities.day_start(place, asked["until"] + dt.timedelta(days=1)),
    )


def _cells(row: Reviewer) -> tuple[Any, ...]:
    return (
        row.person.name if row.person else "", row.number, row.approved, row.rejected, row.ranged, row.range_share,
        row.approval_gap, row.value_gap, row.by_second, row.by_objection,
    )  # fmt: skip
