"""An upload before it is a draft: what was read, what keeps it out, what it would change; its rows are mended here."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from api import edge
from api.messages import points as words
from api.messages import points_table as life_words
from api.pages.points.blueprint import blueprint
from api.pages.points.shared import cautions_told, from_in_force, sentence
from api.points_words import in_words, told
from api.schemas import points_table as asked
from api.schemas.points import Title
from timebank.errors import NotFound, Refused
from timebank.points.table import staging
from timebank.points.table.entries import Entry, meaning
from timebank.points.table.reading import TableReading
from timebank.points.table.staging import StagingChanged

TITLE_MOST = 100


@blueprint.get("/c/<community_code>/points/imports/<uuid:staging_id>")
@edge.signed_in
def preview(staging_id: uuid.UUID) -> Any:
    """What was read, row by row, and what keeps it out."""
    return edge.page("points/preview.html", **_preview(staging_id))


@blueprint.post("/c/<community_code>/points/imports/<uuid:staging_id>")
@edge.signed_in
def draft(staging_id: uuid.UUID) -> Any:
    """Make the draft."""
    try:
        title = edge.load(Title).get("title", "")
        made = edge.submit(
            "table.draft",
            lambda session, now: staging.draft(
                session, actor=edge.actor(), now=now, staging_id=staging_id, title=title
            ),
            content={"staging": staging_id, "title": title},
        )
    except Refused as refused:
        return edge.again("points/preview.html", in_words(refused), **_preview(staging_id))
    edge.flash_done(_("草案已存,%(items)s 个项目。", items=made["items"]))
    return edge.back("points.table", table_id=uuid.UUID(made["table_id"]))


@blueprint.get("/c/<community_code>/points/imports/<uuid:staging_id>/rows/<int:row>")
@edge.signed_in
def row_form(staging_id: uuid.UUID, row: int) -> Any:
    """One row of the upload as it was written, with its reasons."""
    return edge.page("points/row.html", **_row(staging_id, row))


@blueprint.post("/c/<community_code>/points/imports/<uuid:staging_id>/rows/<int:row>")
@edge.signed_in
def mend(staging_id: uuid.UUID, row: int) -> Any:
    """Write the row anew, or leave it out; it is read again at once."""
    try:
        cells = edge.load(asked.MendedRow)
        seen, verb = cells.pop("seen"), cells.pop("verb")
        edge.submit(
            "table.mend",
            lambda session, now: staging.mend(
                session, actor=edge.actor(), now=now, staging_id=staging_id, row=row, seen=seen,
                cells=cells if verb == "mend" else None,
            ),
            content={"staging": staging_id, "row": row, "seen": seen, "verb": verb, **cells},
        )  # fmt: skip
    except StagingChanged as refused:
        # What the other wrote is shown, not what was typed over it.
        edge.flash_note(_("第 %(line)s 行刚才被 %(by)s 改过。", **refused.facts))
        return edge.back("points.row_form", staging_id=staging_id, row=row)
    except Refused as refused:
        return edge.again("points/row.html", in_words(refused), **_row(staging_id, row))
    facts = _row(staging_id, row)
    if verb == "mend" and facts["problems"]:
        edge.flash_note(_("还是读不懂,请看原因。"))
        return edge.back("points.row_form", staging_id=staging_id, row=row)
    edge.flash_done(_("这一行改好了。") if verb == "mend" else _("这一行不要了。"))
    return edge.back("points.preview", staging_id=staging_id)


def _preview(staging_id: uuid.UUID) -> dict[str, Any]:
    staged, reading = staging.staged_reading(edge.read(), actor=edge.actor(), staging_id=staging_id)
    rows = staging.rows_of(staged)
    in_force, difference = from_in_force(reading.items)
    return {
        "staged": staged,
        "items": reading.items,
        "problems": told(reading.problems),
        "row_of": _rows_at(rows),
        "left_out": [(number, entry) for number, _times, entry, out in rows if out],
        "hints": told(reading.hints),
        "lines": len({problem.line for problem in reading.problems}),
        "cautions": cautions_told(reading.items),
        "in_force": in_force,
        "difference": difference,
        "sentence": sentence,
        "words": words,
        "life": life_words,
        "title": _title(reading) or edge.community().name + _("积分表"),
    }


def _rows_at(rows: Sequence[tuple[int, int, Entry, bool]]) -> dict[tuple[int, str], int]:
    """Which row of the upload an item or a reason stands in, by the sheet's line and the item's title or the reason's column.

    Awards and deductions side by side are two rows of one line; "" is the first of them.
    """
    found: dict[tuple[int, str], int] = {}
    for number, _times, entry, _out in rows:
        read = meaning(entry)
        for key in (*(item.title for item in read.items), *(one.column for one in read.problems), ""):
            found.setdefault((entry.line, key), number)
    return found


def _title(reading: TableReading) -> str:
    """What the file calls itself, in the first row above its headings."""
    above = (reading.layout or {}).get("above") or [[]]
    told = next((cell for cell in above[0] if cell), "")
    return told if len(told) <= TITLE_MOST else ""


def _row(staging_id: uuid.UUID, row: int) -> dict[str, Any]:
    staged, reading = staging.staged_reading(edge.read(), actor=edge.actor(), staging_id=staging_id)
    rows = staging.rows_of(staged)
    if row >= len(rows):
        raise NotFound(what="row")
    _number, seen, entry, left_out = rows[row]
    read = meaning(entry)
    doubles = [one for one in reading.problems if one.line == entry.line and one.code == "item_doubled"]
    return {
        "staged": staged,
        "row": row,
        "entry": entry,
        "seen": seen,
        "cells": entry.cells,
        "left_out": left_out,
        "problems": told([*read.problems, *doubles]),
        "hints": told(read.hints),
        "items": read.items,
        "sentence": sentence,
        "words": words,
        "action": url_for("points.mend", staging_id=staging_id, row=row),
        "back_url": url_for("points.preview", staging_id=staging_id),
    }
