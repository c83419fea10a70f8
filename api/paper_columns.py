"""How the columns of a list share a sheet of paper: upright while they fit, lying where they do not, smaller at last.

Widths are counted in full-width characters (em): a Chinese sign is one, a Latin one a little over half.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

LARGEST_PT, SMALLEST_PT = 12.0, 8.0
MM_A_POINT = 0.3528
UPRIGHT_MM, LYING_MM = 178, 265  # A4 less its margins
PADDING_EM = 0.75  # both sides of a cell
WIDEST_EM = (
    16,
    12,
    9,
    7,
    5,
)  # a text beyond this runs over several lines: over more of them rather than in small letters
READABLE_PT = 10.5
HEADING_LINES = 3


@dataclass(frozen=True)
class Layout:
    """Of one list: the part of each column in percent, whether the sheet lies, and the size of the letters in points."""

    percents: tuple[float, ...]
    lies: bool
    size_pt: float


def width(text: str) -> float:
    """How wide a text is, in em."""
    return sum(1 if unicodedata.east_asian_width(sign) in "WF" else 0.55 for sign in text)


def laid_out(headings: Sequence[str], rows: Sequence[Sequence[str]], *, whole: Sequence[bool]) -> Layout:
    """Share the paper between columns.

    headings: of each column; rows: the cells as they are printed; whole: columns whose cells are never broken (numbers,
    days), in the order of the columns.
    """
    longest = [max((width(row[at]) for row in rows), default=0.0) for at in range(len(headings))]
    lies, size, wishes = False, SMALLEST_PT, [1.0]
    for widest in WIDEST_EM:
        wishes = [
            _wish(heading, room=at if unbroken else min(at, widest))
            for heading, at, unbroken in zip(headings, longest, whole, strict=True)
        ]
        wished = sum(wishes)
        lies = wished > UPRIGHT_MM / (LARGEST_PT * MM_A_POINT)
        size = min(LARGEST_PT, max(SMALLEST_PT, (LYING_MM if lies else UPRIGHT_MM) / MM_A_POINT / wished))
        if size >= READABLE_PT:
            break
    wished = sum(wishes)
    return Layout(tuple(round(100 * wish / wished, 2) for wish in wishes), lies, round(size, 1))


def _wish(heading: str, *, room: float) -> float:
    """What a column would like for its cells, and at least its heading in three lines."""
    return max(width(heading) / min(HEADING_LINES, max(1, len(heading) // 2)) + 0.5, room, 1.5) + PADDING_EM
