"""Reading a points table the way committees keep it in a spreadsheet.

Pure: rows of text in, items and reasons out. A table is taken whole or not at all, so every row that cannot be read
is named with its reason, and what was assumed is told as a hint.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from timebank import spreadsheets
from timebank.points.table.words import (
    COLUMN_NAMES,
    DEDUCTING,
    FOOTNOTE,
    HEADER_WITHIN,
    MOST_ROWS,
    MOST_VALUE_STEPS,
    NOTHING,
    PER_OF_WORD,
    RANGE,
    ROLE_OF_HEADING,
    SECTION,
    SUBJECTS,
    VALUE,
    ItemRow,
    Problem,
    clean,
    plain,
    steps_of,
)


@dataclass(frozen=True)
class TableReading:
    """What a file holds: items in its order, the problems that keep it out, and what was assumed."""

    items: tuple[ItemRow, ...]
    problems: tuple[Problem, ...]
    hints: tuple[Problem, ...]


def read_file(content: bytes) -> TableReading:
    """Read a points table from an Excel workbook or CSV; of several sheets the first that has its columns.

    Raises:
        NotASpreadsheet, WrongEncoding, TooManyRows and the other refusals of `timebank.spreadsheets`.
    """
    reading = None
    for grid in spreadsheets.grids(content, most_rows=MOST_ROWS):
        found = read_table(grid.lines, unreadable=grid.problems)
        if found.items or not reading:
            reading = found
        if found.items:
            break
    return reading or TableReading((), (Problem(0, "", "no_rows"),), ())


def read_table(
    rows: Sequence[Sequence[str]], *, unreadable: Mapping[tuple[int, int], str] | None = None
) -> TableReading:
    """Read the rows of one sheet; nothing is guessed silently and nothing is left out silently.

    `unreadable` names cells (row, column; from 0) that hold a formula without a result and the like.
    """
    if len(rows) > MOST_ROWS:
        return TableReading((), (Problem(0, "", "too_many_rows", {"rows": len(rows), "most": MOST_ROWS}),), ())
    cells = [[clean(cell) for cell in row] for row in rows]
    head = find_header(cells)
    if head is None:
        return TableReading((), (Problem(0, "", "header_missing"),), ())
    blocks = _blocks(cells, head)
    missing = [COLUMN_NAMES[role] for role in ("title", "value") if any(role not in b.columns for b in blocks)]
    if missing:
        return TableReading((), tuple(Problem(head + 1, name, "column_missing") for name in missing), ())
    reader = _Reader(blocks, unreadable or {})
    for index in range(head + 1, len(cells)):
        reader.take(index + 1, cells[index])
    if not reader.items and not reader.problems:
        reader.problems.append(Problem(0, "", "no_rows"))
    reader.refuse_doubles()
    order = sorted(reader.items, key=lambda item: item.value_steps < 0) if len(blocks) > 1 else reader.items
    return TableReading(tuple(order), tuple(reader.problems), tuple(reader.hints))


def find_header(cells: Sequence[Sequence[str]]) -> int | None:
    """The row of headings: titles and notes may stand above it."""
    best = None
    for index, row in enumerate(cells[:HEADER_WITHIN]):
        roles = [ROLE_OF_HEADING.get(plain(cell).lower()) for cell in row]
        if "title" in roles and "value" in roles:
            return index
        if best is None and len({role for role in roles if role}) >= 3:
            best = index
    return best


@dataclass(frozen=True)
class _Block:
    """Columns that belong together; a table with awards and deductions side by side has two."""

    columns: dict[str, int]
    deducts: bool


def _blocks(cells: Sequence[Sequence[str]], head: int) -> list[_Block]:
    found: list[dict[str, int]] = [{}]
    for column, cell in enumerate(cells[head]):
        role = ROLE_OF_HEADING.get(plain(cell).lower())
        if role is None:
            continue
        if role in found[-1]:
            found.append({})
        found[-1][role] = column
    shared: dict[str, int] = {
        role: b[role] for b in reversed(found) for role in ("unit", "subject", "remark") if role in b
    }
    blocks = []
    for columns in found:
        # A second column of points for the same item ("加分 | 扣分") takes everything else from the first block.
        lent = found[0] if "title" not in columns else {k: v for k, v in found[0].items() if k == "category"}
        whole = {**shared, **lent, **columns}
        blocks.append(_Block(whole, _deducts(cells, head, columns)))
    return blocks


def _deducts(cells: Sequence[Sequence[str]], head: int, columns: dict[str, int]) -> bool:
    own = [plain(cells[head][columns[role]]) for role in ("title", "value") if role in columns]
    if any(DEDUCTING.search(text) for text in own):
        return True
    if any("加" in text for text in own) or head == 0 or not columns:
        return False
    above = [plain(cell) for cell in cells[head - 1][: min(columns.values()) + 1]]
    group = next((text for text in reversed(above) if text), "")
    return len(group) <= 6 and bool(DEDUCTING.search(group))


class _Reader:
    """Walks the rows, remembering the category and the section above."""

    def __init__(self, blocks: list[_Block], unreadable: Mapping[tuple[int, int], str]) -> None:
        self.blocks = blocks
        self.unreadable = unreadable
        self.items: list[ItemRow] = []
        self.problems: list[Problem] = []
        self.hints: list[Problem] = []
        self.categories = [""] * len(blocks)
        self.section_deducts: bool | None = None

    def take(self, line: int, row: list[str]) -> None:
        if self._has_unreadable(line) or not any(row) or self._is_section(row):
            return
        filled = [
            b for b in self.blocks if _cell(row, b, "value") or (len(self.blocks) == 1 and _cell(row, b, "title"))
        ]
        if not filled:
            filled = [b for b in self.blocks if _cell(row, b, "title")]
            if len(filled) > 1 and len({b.columns["title"] for b in filled}) == 1:
                filled = filled[:1]
        for number, block in enumerate(self.blocks):
            own = _cell(row, block, "category")
            if own:
                self.categories[number] = own
            titled = _cell(row, block, "title") and len({b.columns["title"] for b in self.blocks}) > 1
            if block in filled or titled:
                self._take_item(line, row, block, self.categories[number])

    def refuse_doubles(self) -> None:
        """The same item twice would make every award ambiguous."""
        seen: dict[tuple[str, str, str, str, bool], int] = {}
        for item in self.items:
            key = (item.category, item.title, item.subject, item.per, item.value_steps < 0)
            if key in seen:
                self.problems.append(Problem(item.line, COLUMN_NAMES["title"], "item_doubled", {"line": seen[key]}))
            seen.setdefault(key, item.line)

    def _has_unreadable(self, line: int) -> bool:
        found = {
            (COLUMN_NAMES[role], self.unreadable[line - 1, column])
            for block in self.blocks
            for role, column in block.columns.items()
            if (line - 1, column) in self.unreadable
        }
        self.problems += [Problem(line, name, f"cell_{code}") for name, code in sorted(found)]
        return bool(found)

    def _is_section(self, row: list[str]) -> bool:
        words = {cell for cell in row if cell}
        if len(words) != 1:
            return bool(FOOTNOTE.match(row[0])) and not any(_cell(row, b, "value") for b in self.blocks)
        word = words.pop()
        if FOOTNOTE.match(word):
            return True
        across = sum(1 for cell in row if cell) > 1
        named = SECTION.match(word) or re.fullmatch(r".{0,8}[加扣减]分.{0,4}", word)
        if not across and not named:
            return False
        self.categories = [SECTION.sub("", word)] * len(self.blocks)
        # "二、扣分项" holds for "(一)环境" below it, until "三、" begins.
        if re.search("[加扣减]分|负面", plain(word)) or re.match("[一二三四五六七八九十]+[、.．]", word):
            self.section_deducts = bool(DEDUCTING.search(plain(word)))
        return True

    def _take_item(self, line: int, row: list[str], block: _Block, category: str) -> None:
        before = len(self.problems)
        title = _cell(row, block, "title")
        if not title:
            self.problems.append(Problem(line, COLUMN_NAMES["title"], "title_missing"))
        if not category and "category" in block.columns:
            self.problems.append(Problem(line, COLUMN_NAMES["category"], "category_missing"))
        value, unit_in_value = self._value(line, row, block)
        per, subject_of_unit = self._per(line, row, block, unit_in_value)
        subject = self._subject(line, row, block, subject_of_unit or ("person" if per == "person" else "household"))
        item = ItemRow(line, category or "其他", title, value or 0, per, subject, remark=_cell(row, block, "remark"),
                       clause=_cell(row, block, "clause"), evidence=_cell(row, block, "evidence"))  # fmt: skip
        item = self._capped(item, _cell(row, block, "cap"))
        for column, text, most in (("类别", item.category, 60), ("项目", item.title, 200), ("备注", item.remark, 500)):
            if len(text) > most:
                self.problems.append(Problem(line, column, "text_too_long", {"most": most, "length": len(text)}))
        if len(self.problems) == before:
            self.items.append(item)

    def _value(self, line: int, row: list[str], block: _Block) -> tuple[int | None, str]:
        """Points in steps and the unit that was written beside them, as in 每小时2分 or 5分/次."""
        raw = _cell(row, block, "value")
        text = plain(raw)
        column = COLUMN_NAMES["value"]
        match = VALUE.match(text)
        reason = None
        steps = None
        if not text:
            reason = "value_missing"
        elif text.startswith("="):
            reason = "cell_formula"
        elif RANGE.search(text):
            reason = "value_is_range"
        elif match is None:
            reason = "value_unreadable"
        else:
            steps = steps_of(match["number"])
            if steps is None:
                reason = "value_too_fine"
            elif steps == 0:
                reason = "value_zero"
            elif steps > MOST_VALUE_STEPS:
                reason = "value_too_large"
        beside = ((match["unit"] or match["after"]) if match else "").lstrip("/")
        if reason is None and beside and beside not in PER_OF_WORD:
            reason = "value_unreadable"
        if reason or match is None or steps is None:
            self.problems.append(Problem(line, column, reason or "value_unreadable", {"read": raw[:40]}))
            return None, ""
        return self._signed(line, raw, steps, match["sign"] or "", block), beside

    def _signed(self, line: int, raw: str, steps: int, sign: str, block: _Block) -> int | None:
        minus = sign in ("-", "扣", "减", "扣除")
        deducts = block.deducts or self.section_deducts is True
        if deducts and sign in ("+", "加", "奖", "奖励"):
            self.problems.append(Problem(line, COLUMN_NAMES["value"], "value_sign", {"read": raw[:40]}))
            return None
        return -steps if minus or deducts else steps

    def _per(self, line: int, row: list[str], block: _Block, in_value: str) -> tuple[str, str | None]:
        raw = _cell(row, block, "unit")
        text = plain(raw) or in_value
        hinted = "household" if "户" in text else "person" if text.startswith("每人每") else None
        if text in PER_OF_WORD:
            per = PER_OF_WORD[text]
            other = PER_OF_WORD.get(in_value, per)
            if {per, other} in ({"hour", "once"}, {"hour", "month"}, {"hour", "year"}, {"month", "year"}):
                self.problems.append(
                    Problem(line, COLUMN_NAMES["unit"], "unit_contradicts", {"read": raw, "value": in_value})
                )
            return per, hinted
        if not text:
            hint = Problem(line if "unit" in block.columns else 0, COLUMN_NAMES["unit"], "unit_assumed_once")
            if hint not in self.hints:
                self.hints.append(hint)
            return "once", None
        self.problems.append(Problem(line, COLUMN_NAMES["unit"], "unit_unknown", {"read": text[:40]}))
        return "once", None

    def _subject(self, line: int, row: list[str], block: _Block, otherwise: str) -> str:
        raw = _cell(row, block, "subject")
        if not raw:
            return otherwise
        subject = SUBJECTS.get(plain(raw))
        if subject is None:
            self.problems.append(Problem(line, COLUMN_NAMES["subject"], "subject_unknown", {"read": raw[:40]}))
        return subject or otherwise

    def _capped(self, item: ItemRow, raw: str) -> ItemRow:
        """Caps by day, month and year; a bare number counts for the item's own period, else for the year."""
        text = plain(raw)
        if text in NOTHING:
            return item
        caps: dict[str, int] = {}
        for part in filter(None, re.split("[,;、;,。]", text)):
            number = re.search(r"\d+(\.\d+)?", part)
            steps = steps_of(number.group()) if number else None
            if not steps:
                self.problems.append(Problem(item.line, COLUMN_NAMES["cap"], "cap_unreadable", {"read": raw[:40]}))
                return item
            period = next(
                (
                    name
                    for name, word in (("day", "[日天]|day"), ("month", "月|month"), ("year", "年|year"))
                    if re.search(word, part)
                ),
                None,
            )
            if period is None:
                period = "month" if item.per == "month" else "year"
                if item.per not in ("month", "year"):
                    self.hints.append(Problem(item.line, COLUMN_NAMES["cap"], "cap_assumed_yearly", {"read": raw[:40]}))
            caps[period] = steps
            if item.value_steps and steps < abs(item.value_steps):
                self.problems.append(Problem(item.line, COLUMN_NAMES["cap"], "cap_below_value", {"read": raw[:40]}))
        return replace(
            item,
            cap_day_steps=caps.get("day"),
            cap_month_steps=caps.get("month"),
            cap_year_steps=caps.get("year"),
        )


def _cell(row: Sequence[str], block: _Block, role: str) -> str:
    column = block.columns.get(role)
    return row[column] if column is not None and column < len(row) else ""


def distinct(problems: Sequence[Problem]) -> Iterator[Problem]:
    """Problems in the order of the file's rows, each once."""
    seen = set()
    for problem in sorted(problems, key=lambda p: p.line):
        key = (problem.line, problem.column, problem.code)
        if key not in seen:
            seen.add(key)
            yield problem
