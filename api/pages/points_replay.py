"""A version of the points table run over a past period: the totals, who gains and who loses, as page, chart and Excel."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _

from api import edge, lists
from api.exports import Column, Sheet
from api.messages import points as words
from api.points_words import in_words
from api.schemas.points_replay import PeriodQuery
from timebank.errors import Refused
from timebank.people import communities
from timebank.points import replay
from timebank.points.replay import ItemReplay, Replay
from timebank.points.table.tables import PointsTable

blueprint = Blueprint("points_replay", __name__, url_prefix="/c/<community_code>/points/tables/<uuid:table_id>/replay")

SHOWN = 20  # households that gain most, and as many that lose most; the file has all
CHARTED = 10
CHART_WIDTH, VALUE_WIDTH, LINE = 720, 130, 76


@dataclass(frozen=True)
class Line:
    """One item in the chart: its name above two bars, each with its sum in steps; `y` is its upper edge."""

    y: int
    title: str
    bars: Sequence[tuple[str, float, int]]


@dataclass(frozen=True)
class Chart:
    """Items whose sums change most; a deduction's bars are as long as what it takes."""

    lines: Sequence[Line]
    width: int = CHART_WIDTH

    @property
    def height(self) -> int:
        return LINE * len(self.lines)


@blueprint.get("")
@edge.signed_in
def shown(table_id: uuid.UUID) -> Any:
    """What the period would have come to by this version."""
    table, first, last = _asked(table_id)
    facts: dict[str, Any] = {"table": table, "first": first, "last": last, "words": words}
    facts["back_url"] = url_for("points.table", table_id=table_id)
    try:
        found = _run(table_id, first, last)
    except Refused as refused:
        return edge.again("points/replay.html", in_words(refused), found=None, **facts)
    changed = [one for one in found.households if one.change_steps]
    return edge.page(
        "points/replay.html",
        found=found,
        chart=chart_of(found.items),
        losing=[one for one in changed if one.change_steps < 0][:SHOWN],
        gaining=[one for one in reversed(changed) if one.change_steps > 0][:SHOWN],
        unchanged=len(found.households) - len(changed),
        **facts,
    )


@blueprint.get("/replay.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def file(table_id: uuid.UUID, form: str) -> Any:
    """Items and households as lists; a CSV holds the households."""
    table, first, last = _asked(table_id)
    found = _run(table_id, first, last)
    sheets = [_households_sheet(found), _items_sheet(found)]
    if form == "pdf":
        sheets.reverse()
    name = f"replay-{table.version or 'draft'}-{first:%Y%m%d}-{last:%Y%m%d}"
    return lists.answer(form, sheets, name)


def chart_of(items: Sequence[ItemReplay]) -> Chart:
    """The items that change most, most first."""
    most = sorted((one for one in items if one.change_steps), key=lambda one: -abs(one.change_steps))[:CHARTED]
    top = max((max(abs(one.old_steps), abs(one.new_steps)) for one in most), default=0) or 1
    return Chart([Line(LINE * at, one.title, [_bar("before", one.old_steps, top), _bar("after", one.new_steps, top)])
                  for at, one in enumerate(most)])  # fmt: skip


def _bar(kind: str, steps: int, top: int) -> tuple[str, float, int]:
    return kind, round(abs(steps) / top * (CHART_WIDTH - VALUE_WIDTH), 1), steps


def _asked(table_id: uuid.UUID) -> tuple[PointsTable, dt.date, dt.date]:
    asked = edge.load(PeriodQuery)
    table = replay.version(edge.read(), actor=edge.actor(), table_id=table_id)
    first, last = replay.last_year(communities.local_day(edge.community(), edge.now()))
    return table, asked["first"] or first, asked["last"] or last


def _run(table_id: uuid.UUID, first: dt.date, last: dt.date) -> Replay:
    return replay.replay(edge.read(), actor=edge.actor(), table_id=table_id, first=first, last=last)


def reasons_told(item: ItemReplay) -> str:
    """Why awards were left out, with how many, in the reader's words."""
    return "、".join(f"{words.LEFT_OUT.get(code, code)} {count}" for code, count in sorted(item.left_out.items()))


def _items_sheet(found: Replay) -> Sheet:
    return Sheet(
        name=_("各细则"),
        notes=[_period(found)],
        columns=[
            Column(label=_("类别")),
            Column(label=_("项目")),
            Column(label=_("变化")),
            Column(label=_("次数"), kind="whole"),
            Column(label=_("原来"), kind="points"),
            Column(label=_("按这一版"), kind="points"),
            Column(label=_("差"), kind="points"),
            Column(label=_("没有算的")),
        ],
        rows=[
            (one.category, one.title, str(words.ITEM_CHANGES[one.state]), one.awards, one.old_steps, one.new_steps,
             one.change_steps, reasons_told(one))
            for one in found.items
        ],
        totals=[
            (_("合计"), "", "", found.awards, found.old_steps, found.new_steps, found.new_steps - found.old_steps, "")
        ],
    )  # fmt: skip


def _households_sheet(found: Replay) -> Sheet:
    return Sheet(
        name=_("各户"),
        notes=[_period(found)],
        columns=[
            Column(label=_("户号"), kind="whole"),
            Column(label=_("户名")),
            Column(label=_("原来"), kind="points"),
            Column(label=_("按这一版"), kind="points"),
            Column(label=_("差"), kind="points"),
        ],
        rows=[(one.number, one.name, one.old_steps, one.new_steps, one.change_steps) for one in found.households],
        totals=[(None, _("合计"), found.old_steps, found.new_steps, found.new_steps - found.old_steps)],
    )


def _period(found: Replay) -> str:
    return f"{found.first.isoformat()} – {found.last.isoformat()}"
