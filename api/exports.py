"""Lists as an accountant takes them away: Excel and CSV with the columns, rows and totals of the page.

A list describes itself once as a `Sheet`; the page, the Excel file and the CSV are drawn from it, so that none of the
three can say something else. Numbers stay numbers: hours and points as decimals that add up, days as days.
"""

import csv
import datetime as dt
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Literal
from zoneinfo import ZoneInfo

import xlsxwriter
from flask_babel import gettext

Kind = Literal["text", "whole", "minutes", "points", "day", "instant"]
Cell = str | int | dt.date | dt.datetime | None

# A text that a spreadsheet would take for a formula, once it is read from CSV; a Chinese one takes full-width signs too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

NUMBER_FORMATS: dict[str, str] = {
    "whole": "0",
    # Quarters of an hour have two decimals, steps of a point one.
    "minutes": "0.00",
    "points": "0.0",
    "day": "yyyy-mm-dd",
    "instant": "yyyy-mm-dd hh:mm:ss",
}
WIDTHS: dict[str, int] = {"text": 24, "whole": 12, "minutes": 14, "points": 14, "day": 12, "instant": 20}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: how it is called for people, and what its cells are (minutes and points in whole steps)."""

    label: Any
    kind: Kind = "text"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One list: a title, columns, rows as tuples in the order of the columns, and control rows at its foot."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    totals: Sequence[Sequence[Cell]] = ()
    notes: Sequence[Any] = ()


def write_xlsx(file: IO[bytes], sheets: Sequence[Sheet], *, zone: str) -> None:
    """Write a workbook, a worksheet for each list, row by row, so that a long list needs no memory.

    A text stays a text: one that begins with "=" is never a formula, one that looks like an address never a link.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "default_date_format": NUMBER_FORMATS["instant"],
    }
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        plain = {kind: book.add_format({"num_format": form}) for kind, form in NUMBER_FORMATS.items()}
        strong = {
            kind: book.add_format({"num_format": form, "bold": True, "top": 1}) for kind, form in NUMBER_FORMATS.items()
        }
        plain["text"], strong["text"] = book.add_format(), book.add_format({"bold": True, "top": 1})
        for number, sheet in enumerate(sheets, 1):
            page = book.add_worksheet(_sheet_name(sheet.name, number))
            for at, column in enumerate(sheet.columns):
                page.set_column(at, at, WIDTHS[column.kind])
            line = 0
            for note in sheet.notes:
                page.write_string(line, 0, str(note))
                line += 1
            page.freeze_panes(line + 1, 0)
            for at, column in enumerate(sheet.columns):
                page.write_string(line, at, _label(column), bold)
            for formats, rows in ((plain, sheet.rows), (strong, sheet.totals)):
                for row in rows:
                    line += 1
                    for at, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
                        _write_cell(page, (line, at), column.kind, value, formats=formats, zone=zone)


def write_csv(file: IO[bytes], sheet: Sheet, *, zone: str) -> None:
    """Write the list as UTF-8 with a byte order mark, which is what makes Excel read Chinese from CSV."""
    for piece in csv_pieces(sheet, zone=zone):
        file.write(piece)


def csv_pieces(sheet: Sheet, *, zone: str) -> Iterator[bytes]:
    """The bytes of the CSV, some rows at a time."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    text.write("\ufeff")
    writer.writerow([_label(column) for column in sheet.columns])
    for number, row in enumerate(itertools.chain(sheet.rows, sheet.totals)):
        writer.writerow([csv_cell(column.kind, value, zone) for column, value in zip(sheet.columns, row, strict=True)])
        if number % 500 == 499:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def csv_cell(kind: Kind, value: Cell, zone: str) -> str:
    """A cell as text: decimals for hours and points, and no text that a spreadsheet would run as a formula."""
    if value is None:
        return ""
    if kind == "minutes" and isinstance(value, int):
        # Three minutes are exactly 0.05 h; a sum of what is not would be off with two decimals.
        return _decimal(value, 60, 4 if value % 3 else 2)
    if kind == "points" and isinstance(value, int):
        return _decimal(value, 10, 1)
    if isinstance(value, dt.datetime):
        return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def _label(column: Column) -> str:
    # On the page a cell says "25 小时 30 分"; here it is a number, so its column names the unit.
    return gettext("%(label)s(小时)", label=column.label) if column.kind == "minutes" else str(column.label)


def _write_cell(
    page: Any, place: tuple[int, int], kind: Kind, value: Cell, *, formats: dict[str, Any], zone: str
) -> None:
    line, at = place
    form = formats[kind]
    if value is None:
        page.write_blank(line, at, None, form)
    elif kind == "minutes" and isinstance(value, int):
        page.write_number(line, at, value / 60, form)
    elif kind == "points" and isinstance(value, int):
        page.write_number(line, at, value / 10, form)
    elif isinstance(value, dt.datetime):
        page.write_datetime(line, at, value.astimezone(ZoneInfo(zone)).replace(tzinfo=None), form)
    elif isinstance(value, dt.date):
        page.write_datetime(line, at, dt.datetime.combine(value, dt.time()), form)
    elif isinstance(value, int):
        page.write_number(line, at, value, formats["whole"])
    else:
        page.write_string(line, at, value, formats["text"])


def _decimal(value: int, unit: int, places: int) -> str:
    """Exact where it can be, rounded half away from zero where not."""
    scaled = (abs(value) * 10**places * 2 + unit) // (2 * unit)
    whole, rest = divmod(scaled, 10**places)
    return f"{'-' if value < 0 and scaled else ''}{whole}.{rest:0{places}d}"


def _sheet_name(name: str, number: int) -> str:
    """Excel allows 31 characters and refuses some of them."""
    return "".join(letter for letter in name if letter not in "[]:*?/\\'")[:28] or f"Sheet{number}"
