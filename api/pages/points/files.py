"""One version to be taken away: Excel and CSV as it was imported plus our columns, a printed table, the minutes of its vote."""

import csv
import io
import uuid
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from flask import Response, render_template, send_file
from flask_babel import gettext as _

from api import attachments, card_sheets, edge
from api.exports import csv_cell
from api.messages import points as words
from api.messages import points_table as life_words
from api.pages.points.blueprint import blueprint
from api.pages.points.shared import sentence
from timebank.attachments import load
from timebank.errors import NotFound, Refused
from timebank.points.table import adoption, voting
from timebank.points.table.stages import standing
from timebank.points.table.tables import PointsItem
from timebank.points.table.writing import Grid, grid_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PRINTED_MOST = 1_000


class MinutesAltered(Refused):
    """The minutes that are kept are not those whose digest was voted on."""

    code = "minutes_altered"
    status = 409


class TableTooLong(Refused):
    """More items than anybody prints (fact `most`)."""

    code = "print_too_long"
    status = 422


@blueprint.get("/c/<community_code>/points/tables/<uuid:table_id>.<any(xlsx, csv):form>")
def table_file(table_id: uuid.UUID, form: str) -> Any:
    """The table with its own columns, order and words, and ours to the right; imported again it has the same digest."""
    found, items = adoption.table_with_items(edge.read(), actor=edge.actor(), table_id=table_id)
    life = standing(edge.read(), edge.community().id, table_id).life
    grid = grid_of(items, life.layout)
    file = io.BytesIO(_workbook(grid, items, found.title) if form == "xlsx" else _text(grid, items))
    name = f"{edge.community().code}-points-table-{found.version or 'draft'}.{form}"
    kind = XLSX if form == "xlsx" else "text/csv; charset=utf-8"
    return send_file(file, mimetype=kind, as_attachment=True, download_name=name)


@blueprint.get("/c/<community_code>/points/tables/<uuid:table_id>.pdf")
def table_print(table_id: uuid.UUID) -> Any:
    """The table for the board, A4: items, how each is scored, the vote, the digests."""
    session, place = edge.read(), edge.community()
    found, items = adoption.table_with_items(session, actor=edge.actor(), table_id=table_id)
    if len(items) > PRINTED_MOST:
        raise TableTooLong(most=PRINTED_MOST)
    now_standing = standing(session, place.id, table_id)
    page = render_template(
        "points/print.html", table=found, items=items, stage=now_standing.stage, life=life_words, words=words,
        votes=[one for one in voting.votes_of(session, place.id, table_id) if one.vote.state == "confirmed"],
        sentence=sentence, community=place, printed_at=edge.now(), standing=now_standing.life,
    )  # fmt: skip
    file = io.BytesIO(card_sheets.pdf([page], progress=lambda _done: None))
    name = f"{place.code}-points-table-{found.version or 'draft'}.pdf"
    return send_file(file, mimetype="application/pdf", download_name=name)


@blueprint.get("/c/<community_code>/points/tables/<uuid:table_id>/minutes/<uuid:vote_id>")
@edge.signed_in
def minutes(table_id: uuid.UUID, vote_id: uuid.UUID) -> Response:
    """The minutes of a vote, after their digest was compared with the one of the record."""
    session, place = edge.read(), edge.community()
    adoption.table_with_items(session, actor=edge.actor(), table_id=table_id)
    vote = voting.vote_of(session, place.id, vote_id)
    if vote.table_id != table_id or vote.minutes_id is None:
        raise NotFound(what="minutes")
    kept = load(session, place.id, vote.minutes_id)
    if kept is None or not kept.is_whole or kept.digest != vote.minutes_digest:
        raise MinutesAltered
    return attachments.answer(session, vote.minutes_id)


def _ours(item: PointsItem) -> tuple[str, str]:
    return sentence(item), _("是") if item.in_use else _("否")


def _wide(grid: Grid, items: Sequence[PointsItem]) -> tuple[list[str], list[list[str]]]:
    """Headings and rows with our columns to the right; of a row with several items, theirs one after the other."""
    headings = [*grid.headings, "怎么计分", "是否启用"]
    rows = []
    for row, placed in zip(grid.rows, grid.placed, strict=True):
        told = [_ours(items[index]) for index in placed if index is not None]
        rows.append([*row, " / ".join(one[0] for one in told), " / ".join(one[1] for one in told)])
    return headings, rows


def _workbook(grid: Grid, items: Sequence[PointsItem], title: str) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold, wrapped = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"text_wrap": True})
    sheet = book.add_worksheet()
    headings, rows = _wide(grid, items)
    line = 0
    for above in grid.above:
        for column, text in enumerate(above):
            if text:
                sheet.write_string(line, column, text, bold)
        line += 1
    for column, text in enumerate(headings):
        sheet.write_string(line, column, text, bold)
        sheet.set_column(column, column, 36 if column == len(headings) - 2 or "项目" in text else 14)
    for row in [*rows, *grid.below]:
        line += 1
        for column, text in enumerate(row):
            if text.isascii() and text.isdecimal() and len(text) < 8 and (len(text) == 1 or text[0] != "0"):
                sheet.write_number(line, column, int(text), wrapped)
            elif text:
                sheet.write_string(line, column, text, wrapped)
    book.set_properties({"title": title})
    book.close()
    return file.getvalue()


def _text(grid: Grid, items: Sequence[PointsItem]) -> bytes:
    headings, rows = _wide(grid, items)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in [*grid.above, headings, *rows, *grid.below]:
        writer.writerow([csv_cell("text", cell, "") for cell in row])
    return out.getvalue().encode("utf-8-sig")
