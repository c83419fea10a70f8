"""Reading a points table the way committees keep it in a spreadsheet.

Pure: rows of text in, items and reasons out. A table is taken whole or not at all, so every row that cannot be read
is named with its reason, and what was assumed is told as a hint. What is read is kept as rows of cells (`Entry`), so
that a row can be mended in the page.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from timebank import spreadsheets
from timebank.points.rules.cells import clean, plain
from timebank.points.table.entries import Entry, distinct, meaning
from timebank.points.table.words import (
    COLUMN_NAMES,
    DEDUCTING,
    FOOTNOTE,
    HEADER_WITHIN,
    MOST_ROWS,
    ROLE_OF_HEADING,
    SECTION,
    SUM_ROW,
    ItemRow,
    Problem,
)

SHARED = ("unit", "subject", "remark", "cap", "evidence", "clause", "reporters")
LENT = ("unit", "subject", "remark")  # what a table side by side often has once
GUARDED = "=+-@＝＋－＠"  # before these an export to CSV puts an apostrophe


@dataclass(frozen=True)
class TableReading:
    """What a file holds: items in its order, the problems that keep it out, and what was assumed.

    `entries` are the rows as written; `layout` tells the columns and the rows around the table, for the export.
    `problems` without a row concern the whole file.
    """

    items: tuple[ItemRow, ...]
    problems: tuple[Problem, ...]
    hints: tuple[Problem, ...]
    entries: tuple[Entry, ...] = ()
    layout: dict[str, Any] | None = None


def read_file(content: bytes) -> TableReading:
    """Read a points table from an Excel workbook or CSV; sheets that go on with other items are joined.

    Raises:
        NotASpreadsheet, WrongEncoding, TooManyRows and the other refusals of `timebank.spreadsheets`.
    """
    whole: TableReading | None = None
    failed: TableReading | None = None
    for grid in spreadsheets.grids(content, most_rows=MOST_ROWS):
        found = read_table(grid.lines, unreadable=grid.problems, sheet=grid.name)
        if not found.entries:
            failed = failed if failed and not _nearer(found, failed) else found
        elif whole is None:
            whole = found
        elif grid.name:
            whole = _joined(whole, found, grid.name)
        if whole is not None and not grid.name:
            break  # a text file read once more with another delimiter
    return whole or failed or TableReading((), (Problem(0, "", "no_rows"),), ())


def read_table(
    rows: Sequence[Sequence[str]], *, unreadable: Mapping[tuple[int, int], str] | None = None, sheet: str = ""
) -> TableReading:
    """Read the rows of one sheet; nothing is guessed silently and nothing is left out silently.

    `unreadable` names cells (row, column; from 0) that hold a formula without a result and the like.
    """
    if len(rows) > MOST_ROWS:
        return TableReading((), (Problem(0, "", "too_many_rows", {"rows": len(rows), "most": MOST_ROWS}),), ())
    cells = [[_bare(clean(cell)) for cell in row] for row in rows]
    head = find_header(cells)
    if head is None:
        return TableReading((), (Problem(0, "", "header_missing"),), ())
    blocks = _blocks(cells, head)
    missing = [COLUMN_NAMES[role] for role in ("title", "value") if any(role not in b.columns for b in blocks)]
    if missing:
        return TableReading((), tuple(Problem(head + 1, name, "column_missing") for name in missing), ())
    walk = _Walk(blocks, unreadable or {}, sheet)
    walk.section_deducts = True if DEDUCTING.search(plain(sheet)) and "加" not in sheet else None
    for index in range(head + 1, len(cells)):
        walk.take(index + 1, cells[index])
    if not walk.entries:
        return TableReading((), (Problem(0, "", "no_rows"),), ())
    layout = {
        "columns": [[heading, role, block] for heading, role, block in _columns(cells[head], blocks)],
        "blocks": [block.deducts for block in blocks],
        "above": [list(row) for row in cells[:head] if any(row)][:10],
        "below": walk.below[:20],
    }
    return assembled(walk.entries, hints=walk.hints, layout=layout)


def assembled(
    entries: Sequence[Entry], *, hints: Sequence[Problem] = (), layout: dict[str, Any] | None = None
) -> TableReading:
    """What rows say together: each by itself, and no item twice."""
    read = [(entry, meaning(entry)) for entry in entries]
    items = [item for _, one in read for item in one.items]
    problems = [problem for _, one in read for problem in one.problems] + doubled(items)
    told = [*hints, *(hint for _, one in read for hint in one.hints)]
    whole_column = [hint for hint in told if hint.code == "unit_assumed_once"]
    if len(whole_column) == len(items) and len(items) > 1:
        # Said once for a table without units, not for each of its rows.
        told = [hint for hint in told if hint.code != "unit_assumed_once"]
        told.append(Problem(0, COLUMN_NAMES["unit"], "unit_assumed_once"))
    if layout and len(layout.get("blocks", ())) > 1:
        items.sort(key=lambda item: item.value_steps < 0)
    return TableReading(tuple(items), tuple(distinct(problems)), tuple(distinct(told)), tuple(entries), layout)


def doubled(items: Sequence[ItemRow]) -> list[Problem]:
    """The same item twice would make every award ambiguous."""
    seen: dict[tuple[str, str, str, str, bool], int] = {}
    found = []
    for item in items:
        key = (item.category, item.title, item.subject, item.per, item.value_steps < 0)
        if key in seen:
            found.append(Problem(item.line, COLUMN_NAMES["title"], "item_doubled", {"line": seen[key]}))
        seen.setdefault(key, item.line)
    return found


def find_header(cells: Sequence[Sequence[str]]) -> int | None:
    """The row of headings: titles and notes may stand above it."""
    best = None
    for index, row in enumerate(cells[:HEADER_WITHIN]):
        roles = [_role(cell) for cell in row]
        if "title" in roles and "value" in roles:
            return index
        if best is None and len({role for role in roles if role} - {"number", "ours"}) >= 3:
            best = index
    return best


@dataclass(frozen=True)
class _Block:
    """Columns that belong together; a table with awards and deductions side by side has two."""

    columns: dict[str, int]
    extras: dict[str, int]
    deducts: bool


def _blocks(cells: Sequence[Sequence[str]], head: int) -> list[_Block]:
    found: list[dict[str, int]] = [{}]
    extras: list[dict[str, int]] = [{}]
    for column, cell in enumerate(cells[head]):
        role = _role(cell)
        if role in (None, "ours"):
            if cell and role is None:
                extras[-1][cell] = column
            continue
        if role == "title" and "title" in found[-1] and "value" not in found[-1] and "category" not in found[-1]:
            # Two columns of what is done before the points: the first is what the second belongs to.
            found[-1]["category"] = found[-1].pop("title")
        if role in found[-1]:
            found.append({})
            extras.append({})
        found[-1][role] = column
    beside = sum("title" in columns for columns in found) > 1
    shared = {role: b[role] for b in reversed(found) for role in (LENT if beside else SHARED) if role in b}
    blocks = []
    for columns, others in zip(found, extras, strict=True):
        # A second column of points for the same item ("加分 | 扣分") takes everything else from the first block.
        lent = found[0] if "title" not in columns else {k: v for k, v in found[0].items() if k == "category"}
        blocks.append(_Block({**shared, **lent, **columns}, others or extras[0], _deducts(cells, head, columns)))
    return blocks


def _deducts(cells: Sequence[Sequence[str]], head: int, columns: dict[str, int]) -> bool:
    own = [plain(cells[head][columns[role]]) for role in ("title", "value") if role in columns]
    if any(DEDUCTING.search(text) for text in own):
        return not any("加" in text for text in own)
    if any("加" in text for text in own) or head == 0 or not columns:
        return False
    above = [plain(cell) for cell in cells[head - 1][: min(columns.values()) + 1]]
    group = next((text for text in reversed(above) if text), "")
    return len(group) <= 6 and bool(DEDUCTING.search(group)) and "加" not in group


class _Walk:
    """Walks the rows, remembering the category and the section above, and gathers them as entries."""

    def __init__(self, blocks: list[_Block], unreadable: Mapping[tuple[int, int], str], sheet: str) -> None:
        self.blocks = blocks
        self.unreadable = unreadable
        self.sheet = sheet
        self.entries: list[Entry] = []
        self.hints: list[Problem] = []
        self.below: list[list[str]] = []
        self.categories = [""] * len(blocks)
        self.section_deducts: bool | None = None

    def take(self, line: int, row: list[str]) -> None:
        bad = {at for at in range(len(row)) if (line - 1, at) in self.unreadable}
        if not bad and (not any(row) or self._is_section(line, row)):
            return
        filled = [
            b for b in self.blocks
            if _cell(row, b, "value") or b.columns["value"] in bad or (len(self.blocks) == 1 and _cell(row, b, "title"))
        ]  # fmt: skip
        if not filled:
            filled = [b for b in self.blocks if _cell(row, b, "title")]
            if len(filled) > 1 and len({b.columns["title"] for b in filled}) == 1:
                filled = filled[:1]
        for number, block in enumerate(self.blocks):
            own = _cell(row, block, "category")
            if own:
                self.categories[number] = own
            titled = _cell(row, block, "title") and len({b.columns["title"] for b in self.blocks}) > 1
            if block in filled or titled or (number == 0 and bad and not filled):
                self._entry(line, row, block, self.categories[number])

    def _entry(self, line: int, row: list[str], block: _Block, category: str) -> None:
        cells = {role: _cell(row, block, role) for role in COLUMN_NAMES if role in block.columns}
        if category or "category" in block.columns:
            cells["category"] = category
        unreadable = {
            role: self.unreadable[line - 1, at]
            for role, at in block.columns.items()
            if (line - 1, at) in self.unreadable and role in COLUMN_NAMES
        }
        extras = {heading: row[at] for heading, at in block.extras.items() if at < len(row) and row[at]}
        deducts = True if block.deducts or self.section_deducts is True else None
        self.entries.append(Entry(line, cells, self.sheet, deducts, extras, unreadable))

    def _is_section(self, line: int, row: list[str]) -> bool:
        words = {cell for cell in row if cell}
        first = next(cell for cell in row if cell)
        if SUM_ROW.match(first) and not any(_cell(row, b, "title") not in ("", first) for b in self.blocks):
            self.hints.append(Problem(line, "", "sum_row_left_out", {"read": _line(row)[:40]}))
            self.below.append(row)
            return True
        if len(words) != 1:
            note = FOOTNOTE.match(first) and not any(_cell(row, b, "value") for b in self.blocks)
            if note:
                self.below.append(row)
            return bool(note)
        word = words.pop()
        if FOOTNOTE.match(word):
            self.below.append(row)
            return True
        across = sum(1 for cell in row if cell) > 1
        named = SECTION.match(word) or re.fullmatch(r".{0,8}[加扣减]分.{0,4}", word)
        if not across and not named:
            return self._is_number(row) or self._is_text_below(line, row, word)
        self.categories = [SECTION.sub("", word)] * len(self.blocks)
        # "二、扣分项" holds for "(一)环境" below it, until "三、" begins.
        if re.search("[加扣减]分|负面", plain(word)) or re.match("[一二三四五六七八九十]+[、.．]", word):
            self.section_deducts = bool(DEDUCTING.search(plain(word)))
        return True

    def _is_number(self, row: list[str]) -> bool:
        """A row of which only the running number was typed."""
        at = self.blocks[0].columns.get("number")
        return at is not None and at < len(row) and bool(row[at]) and row[at].isdecimal()

    def _is_text_below(self, line: int, row: list[str], word: str) -> bool:
        """A long sentence in the first column is a remark about the table, and told as left out."""
        said = row[0] == word and len(word) > 12 and "category" in self.blocks[0].columns
        if said and self.blocks[0].columns["title"] != 0:
            self.hints.append(Problem(line, "", "text_left_out", {"read": word[:40]}))
            self.below.append(row)
            return True
        return False


def _joined(whole: TableReading, more: TableReading, name: str) -> TableReading:
    """Two sheets as one table; a sheet that repeats items (last year's, a copy) is left out, and that is told."""
    known = {(item.category, item.title, item.value_steps < 0) for item in whole.items}
    if known & {(item.category, item.title, item.value_steps < 0) for item in more.items}:
        told = Problem(0, "", "sheet_left_out", {"sheet": name[:40]})
        return replace(whole, hints=(*whole.hints, told))
    told = Problem(0, "", "sheet_joined", {"sheet": name[:40]})
    return assembled((*whole.entries, *more.entries), hints=(*whole.hints, *more.hints, told), layout=whole.layout)


def _nearer(one: TableReading, other: TableReading) -> bool:
    """Whether a sheet that holds no table says more about what is missing."""
    order = ("header_missing", "column_missing", "no_rows", "too_many_rows")
    return order.index(one.problems[0].code) > order.index(other.problems[0].code)


def _columns(headings: Sequence[str], blocks: Sequence[_Block]) -> list[tuple[str, str, int]]:
    """Every heading with its role ("" where it means nothing to us) and its block."""
    found = []
    for at, heading in enumerate(headings):
        owner = next((number for number, b in enumerate(blocks) if at in b.columns.values()), None)
        role = _role(heading) or ""
        if role == "ours":
            continue
        if owner is not None:
            role = next((name for name, place in blocks[owner].columns.items() if place == at), role)
        else:
            owner = next((number for number, b in enumerate(blocks) if at in b.extras.values()), 0)
        found.append((heading, role, owner))
    while found and not found[-1][0]:
        found.pop()
    return found


def _role(heading: str) -> str | None:
    # No heading is a book; a cell of thousands of brackets would be looked through for minutes.
    text = re.sub(r"\(.*\)$|\*", "", plain(heading[:100])).lower()
    return ROLE_OF_HEADING.get(text)


def _cell(row: Sequence[str], block: _Block, role: str) -> str:
    column = block.columns.get(role)
    return row[column] if column is not None and column < len(row) else ""


def _line(row: Sequence[str]) -> str:
    seen = dict.fromkeys(cell for cell in row if cell)
    return " ".join(seen)


def _bare(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:2] in GUARDED else cell
