"""Tables as committees keep them, read into plain text cells: Excel workbooks and CSV.

`read` finds the header row below titles and empty rows, knows each column by any of its usual titles, fills vertically
merged cells, and says with row and column what it could not read. Nothing is guessed silently: what was filled or
computed by a formula is told with the row. Cells are text: whole numbers without ".0", days as 1940-01-02.
"""

import csv
import datetime as dt
import io
import itertools
import posixpath
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from xml.parsers import expat

import python_calamine as calamine

from timebank.errors import Refused

MOST_BYTES = 10 * 1024 * 1024
MOST_UNPACKED_BYTES = 64 * 1024 * 1024
MOST_PARTS = 2000
MOST_ROWS = 5000
MOST_COLUMNS = 256
HEADER_WITHIN_ROWS = 20
NUMBER_DIGITS_KEPT = 15


class NotASpreadsheet(Refused):
    """The file is neither an Excel workbook nor a table in text."""

    code = "not_a_spreadsheet"
    status = 422


class SpreadsheetLocked(Refused):
    """The workbook wants a password."""

    code = "spreadsheet_locked"
    status = 422


class OldWorkbook(Refused):
    """A workbook of Excel 97-2003: nothing about it can be measured before it is read, so it is saved as .xlsx first."""

    code = "old_workbook"
    status = 422


class SpreadsheetTooLarge(Refused):
    """Larger than anything a village keeps, packed or unpacked: possibly made to exhaust the server."""

    code = "spreadsheet_too_large"
    status = 422


class WrongEncoding(Refused):
    """Text that is neither UTF-8 nor GB18030 (fact `row`)."""

    code = "wrong_encoding"
    status = 422


class TooManyRows(Refused):
    """More rows than one import takes (facts `rows`, `most_rows`)."""

    code = "too_many_rows"
    status = 422


class NoRows(Refused):
    """A header and nothing below it, or nothing at all."""

    code = "no_rows"
    status = 422


class MissingColumns(Refused):
    """The header lacks columns (facts `columns`, `row` taken for the header, `found` titles there)."""

    code = "missing_columns"
    status = 422


class DuplicateColumns(Refused):
    """Two columns mean the same (facts `columns`, `row`)."""

    code = "duplicate_columns"
    status = 422


@dataclass(frozen=True)
class Column:
    """A column as the software knows it, with the titles under which people keep it."""

    name: str
    titles: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True)
class Problem:
    """Why a cell could not be read; `code` is one of formula, formula_error, digits_lost, control_character."""

    column: str
    code: str


@dataclass(frozen=True)
class Row:
    """One row; `number` is the one that Excel shows. Every expected column has a cell, "" where nothing stands."""

    number: int
    cells: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    filled: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    block: int = 0


@dataclass(frozen=True)
class Sheet:
    """What was read: `titles` as written in the file by column name, `ignored` the titles that nobody asked for."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    header_row: int = 1
    titles: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    encoding: str = ""


def read(
    content: bytes,
    *,
    columns: Sequence[Column],
    most_rows: int = MOST_ROWS,
    side_by_side: bool = False,
) -> Sheet:
    """Read the first sheet that has the columns.

    With `side_by_side`, a header that repeats (awards left, deductions right) gives the rows of each block in turn,
    told apart by `Row.block`.

    Raises:
        NotASpreadsheet, OldWorkbook, SpreadsheetLocked, SpreadsheetTooLarge, WrongEncoding, TooManyRows, NoRows, MissingColumns,
        DuplicateColumns.
    """
    first_failure: Refused | None = None
    for grid in grids(content, most_rows=most_rows):
        try:
            return _table(grid, columns=columns, most_rows=most_rows, side_by_side=side_by_side)
        except (MissingColumns, NoRows) as failure:
            # A cover sheet or the wrong delimiter: look further, but tell about the best candidate.
            if first_failure is None or _found(failure) > _found(first_failure):
                first_failure = failure
    raise first_failure or NotASpreadsheet()


def grids(content: bytes, *, most_rows: int = MOST_ROWS) -> Iterable["_Grid"]:
    """Every sheet as its bare cells, for tables whose columns alone do not say what a row means.

    Raises:
        NotASpreadsheet, OldWorkbook, SpreadsheetLocked, SpreadsheetTooLarge, WrongEncoding, TooManyRows.
    """
    if len(content) > MOST_BYTES:
        raise SpreadsheetTooLarge(bytes=len(content), most_bytes=MOST_BYTES)
    return _grids(content, most_rows=most_rows)


# What is written in cells ---------------------------------------------------------------------------------------------

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# Marks that nobody sees: zero-width characters, joiners, direction marks, byte order marks.
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_SPACES = re.compile(r"\s+")
_DOTS = re.compile("[•‧・･∙⋅●.．]")
_MINUS = re.compile("[−–—－﹣]")


def clean(text: str) -> str:
    """Text without unseen marks, in NFC, with single spaces (full-width ones too) and none at the ends."""
    return unicodedata.normalize("NFC", _SPACES.sub(" ", _UNSEEN.sub("", text)).strip())


def half_width(text: str) -> str:
    """Full-width digits, letters and signs as ASCII: for numbers, days, phones and codes, never for sentences."""
    return clean(text.translate(_WIDE))


def clean_name(text: str) -> str:
    """A person's name: no spaces between Chinese characters (张 三), one kind of middle dot (阿依古丽·买买提)."""
    name = re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", clean(text))
    return clean(re.sub("(?<=[^\x00-\x7f])" + _DOTS.pattern + "(?=[^\x00-\x7f])", "·", name))


def number(text: str) -> Decimal | None:
    """The number that a cell says, or None; full-width digits and thousands commas are understood."""
    plain = _MINUS.sub("-", half_width(text)).replace(" ", "")
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    # ASCII digits only: \d would let other scripts' digits pass that people cannot tell from text.
    return Decimal(plain) if re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?", plain) else None


def day(text: str) -> dt.date | None:
    """The day that a cell says, or None: 1940-1-2, 1940/1/2, 1940.1.2, 1940年1月2日, 19400102."""
    plain = half_width(text).replace(" ", "")
    found = re.fullmatch(r"([0-9]{4})(?:[-/.年])([0-9]{1,2})(?:[-/.月])([0-9]{1,2})日?", plain) or re.fullmatch(
        r"([0-9]{4})([0-9]{2})([0-9]{2})", plain
    )
    try:
        return dt.date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def bare_title(text: str) -> str:
    """A column title without what people add to it: spaces, a star, (必填), a colon."""
    plain = re.sub(r"\s", "", half_width(text)).lower()
    return re.sub(r"[(\[【][^)\]】]*[)\]】]$", "", plain).strip("*:、,。_-")


# From grid to table ---------------------------------------------------------------------------------------------------


@dataclass
class _Grid:
    """Cells by row and column as text, with what is special about some of them."""

    lines: list[list[str]]
    encoding: str = ""
    problems: dict[tuple[int, int], str] = field(default_factory=dict)
    filled: set[tuple[int, int]] = field(default_factory=set)
    computed: set[tuple[int, int]] = field(default_factory=set)


def _found(failure: Refused) -> int:
    titles = failure.facts.get("found", [])
    return len(titles) if isinstance(titles, list) else 0


def _table(grid: _Grid, *, columns: Sequence[Column], most_rows: int, side_by_side: bool) -> Sheet:
    header, places = _header(grid.lines, columns)
    titles = [bare_title(cell) for cell in grid.lines[header]]
    repeated = [name for name, at in places.items() if len(at) > 1]
    blocks = _blocks(places) if side_by_side and repeated else None
    if repeated and blocks is None:
        raise DuplicateColumns(columns=[_title(columns, name) for name in repeated], row=header + 1)
    known = set(itertools.chain.from_iterable(places.values()))
    rows = [
        row
        for block, where in enumerate(blocks or [{name: at[0] for name, at in places.items()}])
        for row in _rows(grid, header=header, titles=titles, columns=columns, where=where, block=block)
    ]
    if not rows:
        raise NoRows(row=header + 1)
    if len(rows) > most_rows:
        raise TooManyRows(rows=len(rows), most_rows=most_rows)
    return Sheet(
        columns=tuple(column.name for column in columns if column.name in places),
        rows=tuple(rows),
        header_row=header + 1,
        titles={name: clean(grid.lines[header][at[0]]) for name, at in places.items()},
        ignored=tuple(
            clean(cell) for index, cell in enumerate(grid.lines[header]) if index not in known and clean(cell)
        ),
        encoding=grid.encoding,
    )


def _header(lines: list[list[str]], columns: Sequence[Column]) -> tuple[int, dict[str, list[int]]]:
    """The first row that has every required column; else say what the best row lacks."""
    if not any(map(any, lines)):
        raise NoRows(row=1)
    by_title = {bare_title(title): column.name for column in columns for title in column.titles}
    required = [column for column in columns if column.required]
    best: tuple[int, int, dict[str, list[int]]] = (-1, 0, {})
    for index, line in enumerate(lines[:HEADER_WITHIN_ROWS]):
        places: dict[str, list[int]] = {}
        for at, cell in enumerate(line):
            name = by_title.get(bare_title(cell))
            if name:
                places.setdefault(name, []).append(at)
        if places and all(column.name in places for column in required):
            return index, places
        if len(places) > best[0]:
            best = (len(places), index, places)
    _, index, places = best
    missing = [column.titles[0] for column in required if column.name not in places]
    found = [_title(columns, name) for name in places]
    raise MissingColumns(columns=missing, row=index + 1, found=found)


def _blocks(places: dict[str, list[int]]) -> list[dict[str, int]] | None:
    """Tables that stand side by side: cut before every repeat of the column that comes first."""
    first = min(places.values(), key=lambda at: at[0])
    bounds = [*first, max(map(max, places.values())) + 1]
    blocks: list[dict[str, int]] = []
    for start, end in itertools.pairwise(bounds):
        block: dict[str, int] = {}
        for name, at in places.items():
            inside = [index for index in at if start <= index < end]
            if len(inside) > 1:
                return None
            if inside:
                block[name] = inside[0]
        blocks.append(block)
    return blocks if len(blocks) > 1 else None


def _rows(
    grid: _Grid,
    *,
    header: int,
    titles: list[str],
    columns: Sequence[Column],
    where: Mapping[str, int],
    block: int,
) -> Iterable[Row]:
    for index in range(header + 1, len(grid.lines)):
        line = grid.lines[index]
        cells = {name: line[at] if at < len(line) else "" for name, at in where.items()}
        # A row that only a merged cell reaches into is empty, and a header repeated on each printed page is no person.
        own = [name for name, text in cells.items() if clean(text) and (index, where[name]) not in grid.filled]
        problems = [
            Problem(name, grid.problems[index, at]) for name, at in where.items() if (index, at) in grid.problems
        ]
        if not own and not problems:
            continue
        if sum(bare_title(cells[name]) == titles[at] for name, at in where.items()) * 2 > len(where):
            continue
        problems += [Problem(name, "control_character") for name, text in cells.items() if _CONTROL.search(text)]
        yield Row(
            number=index + 1,
            cells={column.name: clean(cells.get(column.name, "")) for column in columns},
            problems=tuple(problems),
            filled=tuple(name for name, at in where.items() if (index, at) in grid.filled),
            computed=tuple(name for name, at in where.items() if (index, at) in grid.computed),
            block=block,
        )


def _title(columns: Sequence[Column], name: str) -> str:
    return next(column.titles[0] for column in columns if column.name == name)


# From bytes to grid ---------------------------------------------------------------------------------------------------

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _grids(content: bytes, *, most_rows: int) -> Iterable[_Grid]:
    """Every way to read the file that makes sense, likeliest first."""
    if content.startswith(b"PK"):
        yield from _workbook(*_measured(content), most_rows=most_rows)
    elif content.startswith(_OLE):
        # A workbook with a password is wrapped in the same old container.
        raise SpreadsheetLocked() if "EncryptedPackage".encode("utf-16-le") in content else OldWorkbook()
    else:
        yield from _texts(content)


def _texts(content: bytes) -> Iterable[_Grid]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):  # what Excel calls "Unicode text"
        encodings = ["utf-16"]
    elif b"\x00" in content:
        raise NotASpreadsheet
    else:
        encodings = ["utf-8-sig"]
        if not _decodes(content, "utf-8-sig"):
            # Big5 bytes are mostly valid GB18030 too: the header decides which of them it was.
            encodings = [encoding for encoding in ("gb18030", "big5hkscs") if _decodes(content, encoding)]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as failure:
            raise WrongEncoding(row=content[: failure.start].count(b"\n") + 1) from None
        if "\x00" in text or text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<?xml", "%pdf", "{")):
            raise NotASpreadsheet
        # The delimiter of the header is the one that gives most cells there; the others are tried after it.
        top = "\n".join(text.splitlines()[:HEADER_WITHIN_ROWS])
        for delimiter in sorted(",;\t", key=top.count, reverse=True):
            yield _text(text, delimiter=delimiter, encoding=encoding)
    if not encodings:
        raise WrongEncoding(row=_undecodable_row(content))


def _text(text: str, *, delimiter: str, encoding: str) -> _Grid:
    grid = _Grid(lines=[], encoding=encoding.removesuffix("-sig"))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for index, line in enumerate(reader):
            if len(line) > MOST_COLUMNS:
                raise SpreadsheetTooLarge(row=index + 1, most_columns=MOST_COLUMNS)
            for at, cell in enumerate(line):
                kept = re.fullmatch(r'="([^"]*)"', cell)  # how some systems keep leading zeros in CSV
                if kept:
                    line[at] = kept[1]
                elif cell.startswith("="):
                    grid.problems[index, at] = "formula"
                    line[at] = ""
            grid.lines.append(line)
    except csv.Error:
        raise NotASpreadsheet(row=reader.line_num) from None
    return grid


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return False
    # A legacy encoding read wrongly shows itself by characters that nobody types.
    return encoding == "utf-8-sig" or not re.search("[\ue000-\uf8ff\x00-\x08\x80-\x9f]", text)


def _undecodable_row(content: bytes) -> int:
    try:
        content.decode("gb18030")
    except UnicodeDecodeError as failure:
        return content[: failure.start].count(b"\n") + 1
    return 1


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


def _workbook(content: bytes, parts: Mapping[str, bytes], *, most_rows: int) -> Iterable[_Grid]:
    paths = _sheet_paths(parts)
    try:
        with calamine.CalamineWorkbook.from_object(io.BytesIO(content)) as book:
            for sheet in book.sheets_metadata:
                if sheet.name not in paths or sheet.visible is not calamine.SheetVisibleEnum.Visible:
                    continue
                scan = _scan(parts[paths[sheet.name]], most_rows=most_rows)
                yield _worksheet(book.get_sheet_by_name(sheet.name), scan)
    except calamine.PasswordError:
        raise SpreadsheetLocked from None
    except calamine.CalamineError:
        raise NotASpreadsheet from None


def _worksheet(sheet: calamine.CalamineSheet, scan: "_Scan") -> _Grid:
    grid = _Grid(lines=[])
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


def _fill_merged(grid: _Grid, ranges: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> None:
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


# What the reader of workbooks does not tell: formulas, and how far a sheet reaches before memory is given to it -------


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
