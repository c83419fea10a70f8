"""The bytes of a file as grids of cells: which kind of file it is, and in which encoding."""

import csv
import io
import re
from collections.abc import Iterable

from timebank.spreadsheets import workbooks
from timebank.spreadsheets.refusals import (
    NotASpreadsheet,
    OldWorkbook,
    SpreadsheetLocked,
    SpreadsheetTooLarge,
    TooManyRows,
    WrongEncoding,
)
from timebank.spreadsheets.tables import HEADER_WITHIN_ROWS, Grid
from timebank.spreadsheets.workbooks import MOST_COLUMNS

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def grids(content: bytes, *, most_rows: int) -> Iterable[Grid]:
    """Every way to read the file that makes sense, likeliest first."""
    if content.startswith(b"PK"):
        yield from workbooks.grids(content, most_rows=most_rows)
    elif content.startswith(_OLE):
        # A workbook with a password is wrapped in the same old container.
        raise SpreadsheetLocked() if "EncryptedPackage".encode("utf-16-le") in content else OldWorkbook()
    else:
        yield from _texts(content, most_rows=most_rows)


def _texts(content: bytes, *, most_rows: int) -> Iterable[Grid]:
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
            yield _text(text, delimiter=delimiter, encoding=encoding, most_rows=most_rows)
    if not encodings:
        raise WrongEncoding(row=_undecodable_row(content))


def _text(text: str, *, delimiter: str, encoding: str, most_rows: int) -> Grid:
    filled = 0  # a file of a million rows is refused at the first that is too many, not when all are read
    grid = Grid(lines=[], encoding=encoding.removesuffix("-sig"))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for index, line in enumerate(reader):
            if len(line) > MOST_COLUMNS:
                raise SpreadsheetTooLarge(row=index + 1, most_columns=MOST_COLUMNS)
            filled += any(line)
            if filled > most_rows + HEADER_WITHIN_ROWS:
                raise TooManyRows(rows=index + 1, most_rows=most_rows)
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
