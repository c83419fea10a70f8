"""A points table written back the way it was read: the same columns in the same order, the same words. Pure.

What is written is read again before it is given out: where the words of a cell no longer say what the item says (it was
edited), they are written anew; where the columns cannot hold all of it, columns are added. So an export that is imported
again has the same digest.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from timebank.points.rules import PERIODS, rule_of
from timebank.points.rules.cells import written as points_written
from timebank.points.table.digests import Voted, digest_of_items, voted
from timebank.points.table.entries import Entry, meaning
from timebank.points.table.reading import read_table
from timebank.points.table.words import COLUMN_NAMES, READ_ROLES, REPORTERS, SUBJECT_WORDS, UNIT_WORDS

PERIOD_WORDS = {"day": "每天", "month": "每月", "year": "每年"}
VERBATIM = ("category", "title", "remark", "clause", "evidence")


@dataclass(frozen=True)
class Grid:
    """Rows of text: titles above, one row of headings, the items, notes below. `placed`: the item (by index) of each row's block."""

    above: tuple[tuple[str, ...], ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    below: tuple[tuple[str, ...], ...]
    placed: tuple[tuple[int | None, ...], ...]


def grid_of(items: Sequence[Voted], layout: Mapping[str, Any] | None) -> Grid:
    """The table as rows; reading them gives the same items."""
    digest = digest_of_items(items)
    plain = [[name, role, 0] for role, name in COLUMN_NAMES.items()]
    candidates: list[Callable[[], Grid]] = []
    if layout:
        columns = layout["columns"]
        candidates.append(lambda: _laid_out(items, layout))
        if len(layout["blocks"]) == 1:
            said = {role for item in items for role, text in cells_of(item).items() if text}
            lacking = said - {role for _, role, _ in columns}
            more = [[name, role, 0] for role, name in COLUMN_NAMES.items() if role in lacking]
            candidates.append(lambda: _laid_out(items, {**layout, "columns": [*columns, *more]}))
    candidates.append(lambda: _laid_out(items, {"columns": plain, "blocks": [False], "above": [], "below": []}))
    grid = candidates[-1]()
    for candidate in candidates:
        grid = candidate()
        if _digest_of(grid) == digest:
            return grid
    return grid


def cells_of(item: Voted, *, deducts: bool | None = None) -> dict[str, str]:
    """The cells of one item by role: as they were written where that still says the same, else in our words."""
    verbatim = {role: getattr(item, role) for role in VERBATIM}
    kept = {role: text for role, text in (item.written or {}).items() if role in READ_ROLES}
    if kept:
        said = meaning(Entry(1, {**verbatim, **kept}, deducts=deducts)).items
        if len(said) == 1 and voted(said[0]) == voted(item):
            return {**verbatim, **kept}
    return {**verbatim, **in_our_words(item)}


def in_our_words(item: Voted) -> dict[str, str]:
    """The cells that are read, as this software writes them."""
    said = rule_of(item).write(item)
    sign = "-" if item.value_steps < 0 else ""
    caps = [(period, getattr(item, f"cap_{period}_steps")) for period in PERIODS]
    reporters = [REPORTERS[code][0] for code in (item.reporters or "").split() if code in REPORTERS]
    return {
        "value": said.value or f"{sign}{points_written(abs(item.value_steps))}",
        "unit": said.unit or UNIT_WORDS[item.per],
        "cap": ",".join(f"{PERIOD_WORDS[period]}{points_written(steps)}分" for period, steps in caps if steps),
        "subject": SUBJECT_WORDS[item.subject],
        "reporters": "、".join(reporters),
    }


def _laid_out(items: Sequence[Voted], layout: Mapping[str, Any]) -> Grid:
    columns, blocks = layout["columns"], layout["blocks"]
    roles = [
        {role: at for at, (_, role, block) in enumerate(columns) if block == number} for number in range(len(blocks))
    ]
    beside = len(blocks) > 1 and all("title" in own for own in roles)
    home = [_block_of(item, blocks) for item in items]
    rows: list[list[str]] = []
    placed: list[list[int | None]] = []
    filled = [0] * len(blocks)
    for index, item in enumerate(items):
        block = home[index]
        at = filled[block] if beside else len(rows)
        filled[block] = at + 1
        while len(rows) <= at:
            rows.append([""] * len(columns))
            placed.append([None] * len(blocks))
        placed[at][block] = index
        cells = {**cells_of(item, deducts=blocks[block] or None), "number": str(at + 1)}
        # Columns that only the first block has (title, unit, remark) are written there for a lone second column of points.
        places = roles[block] if beside else {**roles[0], **roles[block]}
        for role, place in places.items():
            if role in cells:
                rows[at][place] = cells[role]
        for place, (heading, role, owner) in enumerate(columns):
            if not role and owner == (block if beside else 0):
                rows[at][place] = (item.written or {}).get(f"={heading}", "")
    return Grid(
        tuple(tuple(row) for row in layout.get("above", ())), tuple(heading for heading, _, _ in columns),
        tuple(tuple(row) for row in rows), tuple(tuple(row) for row in layout.get("below", ())), tuple(tuple(row) for row in placed),
    )  # fmt: skip


def _block_of(item: Voted, blocks: Sequence[bool]) -> int:
    deducts = item.value_steps < 0
    return next((number for number, own in enumerate(blocks) if bool(own) == deducts), 0)


def _digest_of(grid: Grid) -> str | None:
    rows = [list(row) for row in (*grid.above, grid.headings, *grid.rows, *grid.below)]
    found = read_table(rows)
    return None if found.problems else digest_of_items(found.items)
