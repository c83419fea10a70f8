"""Why a file cannot be read."""

from timebank.errors import Refused


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
