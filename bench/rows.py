"""A row of the table: what was measured of each side in each run, and what their ratio should be."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """`ours` and `theirs` hold one number a run, both of the same rounds, in `unit`; the ratio is that of their medians.

    `aim` is what the ratio should reach (or stay below, with `at_most`), `stretch` what would be better still; without an
    aim the row is only told.
    """

    what: str
    against: str
    unit: str
    ours: Sequence[float]
    theirs: Sequence[float]
    aim: float | None = None
    stretch: float | None = None
    at_most: bool = False
    aim_in_words: str = ""

    @property
    def ratio(self) -> float:
        return statistics.median(self.ours) / statistics.median(self.theirs)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest ratio of a single round."""
        ratios = [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]
        return min(ratios), max(ratios)

    @property
    def missed_by(self) -> float:
        """How far the ratio is from its aim, as a part of the aim; 0 where it is reached."""
        if self.aim is None:
            return 0.0
        short = self.ratio / self.aim - 1 if self.at_most else 1 - self.ratio / self.aim
        return max(short, 0.0)

    def cells(self) -> list[str]:
        low, high = self.spread
        spread = f"{_number(low)} to {_number(high)}" if len(self.ours) > 1 else "one run"
        sides = [f"{_number(statistics.median(side))} {self.unit}" for side in (self.ours, self.theirs)]
        return [self.what, sides[0], f"{self.against}: {sides[1]}", _number(self.ratio), spread, self._aim()]

    def _aim(self) -> str:
        if self.aim is None:
            return ""
        words = self.aim_in_words or ("at most " if self.at_most else "") + _number(self.aim)
        stretch = "" if self.stretch is None else f" ({_number(self.stretch)})"
        return f"{words}{stretch}{', missed' if self.missed_by else ''}"


@dataclass(frozen=True)
class NotMeasured:
    """A row that could not be measured here, and why."""

    what: str
    why: str

    def cells(self) -> list[str]:
        return [self.what, "", "not measured", "", "", ""]


def table(rows: Sequence[Row | NotMeasured]) -> str:
    """The rows as a table of Markdown, and sentences that name every aim that was missed and every row that is missing."""
    lines = ["| what | ours | against | ratio | of single rounds | aim |", "|---|---|---|---|---|---|"]
    lines += [f"| {' | '.join(row.cells())} |" for row in rows]
    missed = [row for row in rows if isinstance(row, Row) and row.missed_by]
    if missed:
        lines += ["", "Missed:", ""]
    for row in missed:
        side = "above" if row.at_most else "below"
        aim = row.aim_in_words or _number(row.aim or 0)
        lines.append(f"- {row.what}: {_number(row.ratio)}, {100 * row.missed_by:.0f} % {side} its aim ({aim})")
    absent = [f"- {row.what}: not measured, {row.why}" for row in rows if isinstance(row, NotMeasured)]
    return "\n".join([*lines, *(["", *absent] if absent else [])])


def _number(value: float) -> str:
    """About three digits, and never an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"
