"""Excel workbooks: measured before they are read, since an archive of some bytes can unpack to exhaust a server."""

import datetime as dt
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from xml.parsers import expat

import python_calamine as calamine

from timebank.spreadsheets.refusals import NotASpreadsheet, SpreadsheetLocked, SpreadsheetTooLarge, TooManyRows
from timebank.spreadsheets.tables import HEADER_WITHIN_ROWS, Grid

MOST_UNPACKED_BYTES = 64 * 1024 * 1024
MOST_PARTS = 2000
MOST_COLUMNS = 256
NUMBER_DIGITS_KEPT = 15


def grids(content: bytes, *, most_rows: int) -> Iterable[Grid]:
    """The visible sheets of a workbook, one after the other."""
    yield from _workbook(*_measured(content), most_rows=most_rows)


def _measured(content: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The workbook packed anew from parts that were measured while unpacking, and these parts.

    Headers of an archive can lie about sizes; what the reader gets afterwards is what was counted here.
    """
    parts: dict[str, bytes] = {}
    total = 0
    packed = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(packed, "w") as measured:
            if len(archive.infolist()) > MOST_PARTS:
                raise SpreadsheetTooLarge(parts=len(archive.infolist()), most_parts=MOST_PARTS)
            for entry in archive.infolist():
                if not entry.filename.endswith((".xml", ".rels")) or entry.filename in parts:
                    continue  # pictures and macros are nothing to us
                with archive.open(entry) as part:
                    unpacked = part.read(MOST_UNPACKED_BYTES - total + 1)
                total += len(unpacked)
                if total > MOST_UNPACKED_BYTES:
                    raise SpreadsheetTooLarge(bytes=total, most_bytes=MOST_UNPACKED_BYTES)
                parts[entry.filename] = unpacked
                measured.writestr(entry.filename, unpacked)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise NotASpreadsheet from None
    return packed.getvalue(), parts


def _workbook(content: bytes, parts: Mapping[str, bytes], *, most_rows: int) -> Iterable[Grid]:
    paths = _sheet_paths(parts)
    try:
        with calamine.CalamineWorkbook.from_object(io.BytesIO(content)) as book:
            for sheet in book.sheets_metadata:
                if sheet.name not in paths or sheet.visible is not calamine.SheetVisibleEnum.Visible:
                    continue
                scan = _scan(parts[paths[sheet.name]], most_rows=most_rows)
                grid = _worksheet(book.get_sheet_by_name(sheet.name), scan)
                grid.name = sheet.name
                yield grid
    except calamine.PasswordError:
        raise SpreadsheetLocked from None
    except calamine.CalamineError:
        raise NotASpreadsheet from None


def _worksheet(sheet: calamine.CalamineSheet, scan: "_Scan") -> Grid:
    grid = Grid(lines=[])
    for index, line in enumerate(sheet.to_python(skip_empty_area=False)):
        texts = []
        for at, cell in enumerate(line):
            texts.append(_text_of(cell))
            # Excel keeps 15 digits of a number: an identity number typed as a number has lost its end.
            if isinstance(cell, int | float) and abs(cell) >= 10**NUMBER_DIGITS_KEPT:
                grid.problems[index, at] = "digits_lost"
        grid.lines.append(texts)
    for place, has_value in scan.formulas.items():
        if place[0] < len(grid.lines) and place[1] < len(grid.lines[place[0]]):
            if has_value and grid.lines[place[0]][place[1]]:
                grid.computed.add(place)
            else:
                grid.problems[place] = "formula"
    for place in scan.errors:
        grid.problems[place] = "formula_error"
    _fill_merged(grid, sheet.merged_cell_ranges or [])
    return grid


def _fill_merged(grid: Grid, ranges: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """What is written once in cells merged downwards counts for each of their rows."""
    for (top, left), (bottom, _) in ranges:
        if top >= len(grid.lines) or left >= len(grid.lines[top]) or bottom == top:
            continue
        for index in range(top + 1, min(bottom + 1, len(grid.lines))):
            if not grid.lines[index][left]:
                grid.lines[index][left] = grid.lines[top][left]
                grid.filled.add((index, left))


def _text_of(cell: object) -> str:
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        # Nine decimals are more than any table means, and hide that 0.1 + 0.2 was stored as 0.30000000000000004.
        return (
            str(int(cell))
            if cell.is_integer()
            else format(Decimal(repr(cell)).quantize(Decimal("1e-9")).normalize(), "f")
        )
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ", timespec="minutes")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


@dataclass
class _Scan:
    formulas: dict[tuple[int, int], bool] = field(default_factory=dict)
    errors: set[tuple[int, int]] = field(default_factory=set)


def _scan(part: bytes, *, most_rows: int) -> _Scan:
    """Walk a worksheet's XML once.

    One cell at the far corner would make the reader allocate sixteen billion cells, so that the extent is checked here.
    """
    scan = _Scan()
    place = (0, 0)
    row = -1
    at = -1
    kind = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal place, row, at, kind
        tag = tag.rpartition(":")[2]
        if tag == "row":
            row = int(attributes["r"]) - 1 if attributes.get("r", "").isdecimal() else row + 1
            at = -1
        elif tag == "c":
            row, at = _place(attributes.get("r", ""), row, at + 1)
            place, kind = (row, at), attributes.get("t", "")
        elif tag == "f":
            scan.formulas[place] = False
        elif tag in {"v", "is"}:
            if place[0] >= most_rows + HEADER_WITHIN_ROWS:
                raise TooManyRows(rows=place[0] + 1, most_rows=most_rows)
            if place[1] >= MOST_COLUMNS:
                raise SpreadsheetTooLarge(row=place[0] + 1, most_columns=MOST_COLUMNS)
            if place in scan.formulas:
                scan.formulas[place] = True
            if kind == "e":
                scan.errors.add(place)

    _parse(part, start)
    return scan


def _place(reference: str, row: int, at: int) -> tuple[int, int]:
    found = re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7})", reference)
    if not found:
        return row, at
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1


def _sheet_paths(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Names of sheets and where their XML stands in the archive."""
    targets: dict[str, str] = {}
    sheets: list[tuple[str, str]] = []

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship":
            targets[attributes.get("Id", "")] = posixpath.normpath(
                posixpath.join("/xl", attributes.get("Target", ""))
            ).lstrip("/")

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet":
            key = next((value for name, value in attributes.items() if name.endswith(":id")), "")
            sheets.append((attributes.get("name", ""), key))

    if "xl/workbook.xml" not in parts:
        raise NotASpreadsheet
    _parse(parts.get("xl/_rels/workbook.xml.rels", b"<none/>"), relation)
    _parse(parts["xl/workbook.xml"], sheet)
    paths = {name: targets[key] for name, key in sheets if targets.get(key) in parts}
    if sheets and not paths:
        raise NotASpreadsheet
    return paths


def _parse(part: bytes, start: Callable[[str, dict[str, str]], None]) -> None:
    def refuse(*_: object) -> None:
        # No office program writes a document type; entities in it can expand without end.
        raise NotASpreadsheet

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(part, True)  # noqa: FBT003 - the parser's own signature
    except expat.ExpatError:
        raise NotASpreadsheet from None
