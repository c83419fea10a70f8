"""Participation: hours given and received, beside the balance, of oneself and of the community."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _

from api import edge, lists
from api.exports import Column, Sheet
from timebank.errors import NotFound
from timebank.people import communities
from timebank.reports import held, months, owners, participation
from timebank.reports.tallies import Span

blueprint = Blueprint("participation", __name__, url_prefix="/c/<community_code>")

MONTHS = 12
CHART_WIDTH, CHART_HEIGHT, CHART_FOOT = 720, 230, 38


@dataclass(frozen=True)
class Bar:
    """One bar of a chart, in the units of its drawing."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True)
class Chart:
    """Pairs of bars, a pair a month, oldest first; `labels` below them, `top` the value at the upper line."""

    bars: list[Bar]
    labels: list[tuple[float, str]]
    top: int
    width: int = CHART_WIDTH
    height: int = CHART_HEIGHT
    foot: int = CHART_FOOT


@blueprint.get("/participation")
@edge.signed_in
def community() -> Any:
    """How many gave, how many received, how many both: the last twelve months."""
    rows, whole = participation.of_community(edge.read(), actor=edge.actor(), span=_span())
    pairs = [(one.month, one.given.people or 0, one.received.people or 0) for one in reversed(rows) if one.month]
    return edge.page(
        "reports/participation.html",
        rows=rows,
        whole=whole,
        chart=_chart(pairs),
        written=months.written,
        fewest=participation.SHOWN_FROM,
    )


@blueprint.get("/participation.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def community_file(form: str) -> Any:
    rows, whole = participation.of_community(edge.read(), actor=edge.actor(), span=_span())
    sheet = Sheet(
        name=_("参与情况"),
        notes=[_("少于 %(count)s 人的数不写出来。", count=participation.SHOWN_FROM)],
        columns=[
            Column(label=_("月份")),
            Column(label=_("付出的人"), kind="whole"),
            Column(label=_("得到的人"), kind="whole"),
            Column(label=_("两样都有的人"), kind="whole"),
            Column(label=_("付出"), kind="minutes"),
            Column(label=_("得到"), kind="minutes"),
        ],
        rows=[_cells(months.written(one.month) if one.month else "", one) for one in rows],
        totals=[_cells(_("这段时间(每人只算一次)"), whole)],
    )
    return lists.answer(form, [sheet], "participation")


@blueprint.get("/my/participation")
@edge.signed_in
def mine() -> Any:
    """One's own hours given and received, beside the balance."""
    person_id = edge.actor().person_id
    if person_id is None:
        raise NotFound(what="person")
    return _of(person_id)


@blueprint.get("/people/<uuid:person_id>/participation")
@edge.signed_in
def of_person(person_id: uuid.UUID) -> Any:
    return _of(person_id)


def _of(person_id: uuid.UUID) -> Any:
    asks, reading = edge.actor(), edge.read()
    owner = owners.person(reading, actor=asks, person_id=person_id)
    rows = participation.of_person(reading, actor=asks, person_id=person_id, span=_span())
    own = person_id == asks.person_id
    return edge.page(
        "reports/participation_own.html",
        owner=owner,
        own=own,
        rows=rows,
        purse=held.purse(reading, actor=asks, person_id=person_id),
        chart=_chart([(one.month, one.given_minutes, one.received_minutes) for one in reversed(rows)]),
        written=months.written,
        back_url=url_for("hours.mine") if own else url_for("hours.of_person", person_id=person_id.hex),
        back_label=_("我的时间") if own else owner.name,
    )


def _cells(label: str, one: participation.Participation) -> tuple[Any, ...]:
    given, received = one.given, one.received
    return (label, given.people, received.people, one.both, given.minutes, received.minutes)


def _chart(pairs: Sequence[tuple[dt.date, int, int]]) -> Chart:
    """Bars in pairs; the height of the drawing is the largest value."""
    top = max((max(one, other) for _month, one, other in pairs), default=0)
    step, room = CHART_WIDTH / max(len(pairs), 1), CHART_HEIGHT - CHART_FOOT - 10
    bars, labels = [], []
    for at, (month, *values) in enumerate(pairs):
        for side, (value, kind) in enumerate(zip(values, ("given", "received"), strict=True)):
            height = round(value / top * room, 1) if top else 0
            bars.append(
                Bar(
                    round(at * step + step * (0.15 + 0.36 * side), 1),
                    round(10 + room - height, 1),
                    round(step * 0.32, 1),
                    height,
                    kind,
                )
            )
        labels.append((round(at * step + step / 2, 1), f"{month.month}"))
    return Chart(bars, labels, top)


def _span() -> Span:
    this = months.first_of(communities.local_day(edge.community(), edge.now()))
    first = this
    for _step in range(MONTHS - 1):
        first = months.first_of(first - dt.timedelta(days=1))
    return Span(first, this)
