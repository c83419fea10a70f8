"""What was read: a sheet of rows of text cells; and how it is found in a grid of cells."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from timebank.spreadsheets.cells import CONTROL, bare_title, clean
from timebank.spreadsheets.refusals import DuplicateColumns, MissingColumns, NoRows, TooManyRows

HEADER_WITHIN_ROWS = 20


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


@dataclass
class Grid:
    """Cells by row and column as text, with what is special about some of them."""

    lines: list[list[str]]
    encoding: str = ""
    problems: dict[tuple[int, int], str] = field(default_factory=dict)
    filled: set[tuple[int, int]] = field(default_factory=set)
    computed: set[tuple[int, int]] = field(default_factory=set)
    name: str = ""  # of the sheet, where a file has several


def table(grid: Grid, *, columns: Sequence[Column], most_rows: int, side_by_side: bool) -> Sheet:
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
    grid: Grid,
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
        problems += [Problem(name, "control_character") for name, text in cells.items() if CONTROL.search(text)]
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
