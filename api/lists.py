"""A list as a file to take away: Excel, CSV, or PDF to print, all drawn from the same `Sheet` as the page's rows."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, render_template, send_file

from api import card_sheets, edge, exports, look
from api.exports import Sheet
from api.paper_columns import laid_out
from timebank import spreadsheets
from timebank.errors import Refused

FORMS = "xlsx, csv, pdf"  # as a route writes them: <any(xlsx, csv, pdf):form>
COUNTED: tuple[exports.Kind, ...] = ("whole", "minutes", "points")
PRINTED_MOST = 600  # rows: twenty pages, and as many seconds as anybody waits for a page
MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
}


class PrintTooLong(Refused):
    """More rows than anybody prints. Facts: most."""

    code = "print_too_long"
    status = 422


def answer(form: str, sheets: Sequence[Sheet], name: str) -> Response:
    """The lists as a download; a CSV holds the first of them, the others all."""
    return download(form, written(form, sheets), name)


def written(form: str, sheets: Sequence[Sheet]) -> bytes:
    """The bytes of the lists in this form."""
    zone = edge.community().zone
    file = io.BytesIO()
    if form == "xlsx":
        exports.write_xlsx(file, sheets, zone=zone)
    elif form == "csv":
        exports.write_csv(file, sheets[0], zone=zone)
    else:
        file.write(_printed(sheets))
    return file.getvalue()


def download(form: str, content: bytes, name: str) -> Response:
    """Bytes of a list in this form as a download."""
    return send_file(
        io.BytesIO(content),
        mimetype=MIME[form],
        as_attachment=form != "pdf",
        download_name=f"{edge.community().code}-{name}.{form}",
    )


def template(name: str, columns: Sequence[spreadsheets.Column], *examples: Mapping[str, str]) -> Sheet:
    """An empty table with the columns that an import understands; `examples` show by column how they are meant."""
    return Sheet(
        name=name,
        columns=[exports.Column(label=column.titles[0]) for column in columns],
        rows=[[example.get(column.name, "") for column in columns] for example in examples],
    )


def _printed(sheets: Sequence[Sheet]) -> bytes:
    """The lists on A4, one after the other; a long one runs over as many pages as it needs, with its head on each."""
    drawn = []
    for sheet in sheets:
        rows = list(sheet.rows)
        if len(rows) > PRINTED_MOST:
            raise PrintTooLong(most=PRINTED_MOST)
        printed, totals = _cells(sheet, rows), _cells(sheet, sheet.totals)
        layout = laid_out(
            [str(column.label) for column in sheet.columns],
            printed + totals,
            whole=[column.kind in (*COUNTED, "day") for column in sheet.columns],
        )
        drawn.append((sheet, printed, totals, _adds_up(sheet, rows), layout))
    page = render_template(
        "reports/print.html", lists=drawn, community=edge.community(), printed_at=edge.now(), counted=COUNTED
    )
    return card_sheets.pdf([page], progress=lambda _done: None)


def _cells(sheet: Sheet, rows: Sequence[Sequence[Any]]) -> list[list[str]]:
    return [[_cell(column.kind, value) for column, value in zip(sheet.columns, row, strict=True)] for row in rows]


def _cell(kind: exports.Kind, value: Any) -> str:
    """A cell as it is read on paper: 25 小时 30 分, not 25.50."""
    if value is None:
        return ""
    if kind == "minutes" and isinstance(value, int):
        return look.minutes(value)
    if kind == "points" and isinstance(value, int):
        return look.points(value)
    if kind == "instant":
        return look.instant(value)
    if kind == "day":
        return str(value.isoformat())
    if kind == "whole" and isinstance(value, int):
        return look.grouped(value)
    return str(value)


def _adds_up(sheet: Sheet, rows: Sequence[Sequence[Any]]) -> str:
    """The columns whose total is the sum of the rows, by name: people of several months are none, nor are balances."""
    totals = list(sheet.totals)[:1]
    if not totals:
        return ""
    found = [
        str(column.label)
        for at, column in enumerate(sheet.columns)
        if column.kind in COUNTED and totals[0][at] is not None and totals[0][at] == sum(row[at] or 0 for row in rows)
    ]
    return (", " if look.language() == "en" else "、").join(found)
