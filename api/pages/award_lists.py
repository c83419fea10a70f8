"""What lists of awards have in common: filters as they were asked, rows, and the same as a file."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from api import edge
from api.exports import Cell, Column, Sheet
from api.messages import awards as words
from timebank.people import areas
from timebank.points.awards import reading
from timebank.points.awards.reading import Filters, Listed

EXPORTED_MOST = 20_000
EXPORTED_AT_ONCE = 500


def filters_of(asked: dict[str, Any]) -> Filters:
    """What was asked, as the domain's filters; an area counts only within the community."""
    area = asked["area"] if asked["area"].startswith(edge.community().area_path) else ""
    return Filters(
        life=asked["state"],
        source=asked["source"],
        item_id=asked["item_id"],
        area_path=area,
        since=asked["since"],
        until=asked["until"],
        kind=asked["kind"],
        doubles=asked["doubles"] == "yes",
    )


def query_of(asked: dict[str, Any]) -> dict[str, str]:
    """The same filters in an address: only what was asked."""
    return {name: _text(value) for name, value in asked.items() if name != "after" and value not in (None, "")}


def page_of(asked: dict[str, Any]) -> dict[str, Any]:
    """A page of awards by these filters, with the addresses of the next and the first page."""
    found = reading.awards_of(
        edge.read(),
        actor=edge.actor(),
        filters=filters_of(asked),
        after=asked["after"],
        limit=reading.PAGE + 1,
    )
    rows = found[: reading.PAGE]
    query: dict[str, Any] = query_of(asked)
    more = len(found) > reading.PAGE
    return {
        "rows": rows,
        "asked": asked,
        "query": query,
        "next_url": url_for("awards.listed", after=rows[-1].award.id.hex, **query) if more else "",
        "first_url": url_for("awards.listed", **query) if asked["after"] else "",
    }


def grids() -> list[tuple[str, str]]:
    """The grids of the community by path and name, to choose from."""
    found = areas.under(edge.read(), edge.community().area_path, levels=("grid",))
    return [(area.path, area.name) for area in found]


def sheet_of(asked: dict[str, Any]) -> Sheet:
    """All awards by these filters, as shown and with what the page has no room for."""
    return sheet_of_rows(_every(filters_of(asked)))


def sheet_of_rows(rows: Iterable[Listed]) -> Sheet:
    """Awards as a list to take away."""
    return Sheet(
        name=_("加分与扣分"),
        columns=[
            Column(label=_("日期"), kind="day"),
            Column(label=_("户号"), kind="whole"),
            Column(label=_("姓名")),
            Column(label=_("项目")),
            Column(label=_("数量")),
            Column(label=_("分值"), kind="points"),
            Column(label=_("来源")),
            Column(label=_("状态")),
            Column(label=_("存证说明")),
            Column(label=_("登记"), kind="instant"),
            Column(label=_("登记人")),
            Column(label=_("审核人")),
            Column(label=_("审核意见")),
            Column(label=_("批"), kind="whole"),
            Column(label=_("行"), kind="whole"),
        ],
        rows=_cells(rows),
    )


def _every(filters: Filters) -> Iterator[Listed]:
    """All of them, a portion at a time."""
    after: uuid.UUID | None = None
    left = EXPORTED_MOST
    while left > 0:
        found = reading.awards_of(
            edge.read(), actor=edge.actor(), filters=filters, after=after, limit=min(EXPORTED_AT_ONCE, left)
        )
        yield from found
        if len(found) < EXPORTED_AT_ONCE:
            return
        after, left = found[-1].award.id, left - len(found)


def _cells(rows: Iterable[Listed]) -> Iterator[tuple[Cell, ...]]:
    for row in rows:
        award = row.award
        yield (
            award.on_day,
            row.household.number,
            row.person.name if row.person else row.household.name,
            row.item.title,
            f"{award.minutes} min" if award.minutes else str(award.times or ""),
            award.credited_steps,
            str(words.SOURCES[award.comes_from]),
            str(words.LIFE[award.life]),
            award.evidence,
            award.entered_at,
            award.entered_by,
            award.reviewed_by or "",
            award.review_remark,
            award.batch_number,
            award.line_number,
        )


def _text(value: Any) -> str:
    if isinstance(value, uuid.UUID):
        return value.hex
    return value.isoformat() if isinstance(value, dt.date) else str(value)
