"""Tables as committees keep them, read into plain text cells: Excel workbooks and CSV.

`read` finds the header row below titles and empty rows, knows each column by any of its usual titles, fills vertically
merged cells, and says with row and column what it could not read. Nothing is guessed silently: what was filled or
computed by a formula is told with the row. Cells are text: whole numbers without ".0", days as 1940-01-02.
"""

from collections.abc import Iterable, Sequence

from timebank.errors import Refused
from timebank.spreadsheets import files
from timebank.spreadsheets.cells import bare_title as bare_title
from timebank.spreadsheets.cells import clean as clean
from timebank.spreadsheets.cells import clean_name as clean_name
from timebank.spreadsheets.cells import day as day
from timebank.spreadsheets.cells import half_width as half_width
from timebank.spreadsheets.cells import number as number
from timebank.spreadsheets.refusals import DuplicateColumns as DuplicateColumns
from timebank.spreadsheets.refusals import MissingColumns as MissingColumns
from timebank.spreadsheets.refusals import NoRows as NoRows
from timebank.spreadsheets.refusals import NotASpreadsheet as NotASpreadsheet
from timebank.spreadsheets.refusals import OldWorkbook as OldWorkbook
from timebank.spreadsheets.refusals import SpreadsheetLocked as SpreadsheetLocked
from timebank.spreadsheets.refusals import SpreadsheetTooLarge as SpreadsheetTooLarge
from timebank.spreadsheets.refusals import TooManyRows as TooManyRows
from timebank.spreadsheets.refusals import WrongEncoding as WrongEncoding
from timebank.spreadsheets.tables import Column as Column
from timebank.spreadsheets.tables import Grid as Grid
from timebank.spreadsheets.tables import Problem as Problem
from timebank.spreadsheets.tables import Row as Row
from timebank.spreadsheets.tables import Sheet as Sheet
from timebank.spreadsheets.tables import table

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 5000


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
            return table(grid, columns=columns, most_rows=most_rows, side_by_side=side_by_side)
        except (MissingColumns, NoRows) as failure:
            # A cover sheet or the wrong delimiter: look further, but tell about the best candidate.
            if first_failure is None or _found(failure) > _found(first_failure):
                first_failure = failure
    raise first_failure or NotASpreadsheet()


def grids(content: bytes, *, most_rows: int = MOST_ROWS) -> Iterable[Grid]:
    """Every sheet as its bare cells, for tables whose columns alone do not say what a row means.

    Raises:
        NotASpreadsheet, OldWorkbook, SpreadsheetLocked, SpreadsheetTooLarge, WrongEncoding, TooManyRows.
    """
    if len(content) > MOST_BYTES:
        raise SpreadsheetTooLarge(bytes=len(content), most_bytes=MOST_BYTES)
    return files.grids(content, most_rows=most_rows)


def _found(failure: Refused) -> int:
    titles = failure.facts.get("found", [])
    return len(titles) if isinstance(titles, list) else 0
