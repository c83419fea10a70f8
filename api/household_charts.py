"""Bars drawn by the server: a household's points by month and category. The table beside them says the same in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from timebank.points.overview import Month

WIDTH, HEIGHT, FOOT, HEAD = 720, 240, 34, 10
KINDS = 6  # so many categories have a pattern of their own; the others share the last


@dataclass(frozen=True)
class Bar:
    """A piece of a month's bar; `kind` is its category's place, from 0."""

    x: float
    y: float
    width: float
    height: float
    kind: int


@dataclass(frozen=True)
class Chart:
    """Bars a month, pieces of one category above another; deductions below the line. `line` is where zero lies."""

    bars: list[Bar]
    labels: list[tuple[float, str]]
    categories: list[str]
    line: float
    width: int = WIDTH
    height: int = HEIGHT
    foot: int = FOOT


def categories_of(months: Sequence[Month]) -> list[str]:
    """The categories of these months, those with most points first."""
    sums: dict[str, int] = {}
    for month in months:
        for category, steps in month.by_category.items():
            sums[category] = sums.get(category, 0) + steps
    return sorted(sums, key=lambda one: (-sums[one], one))


def chart(months: Sequence[Month]) -> Chart:
    """Draw the months."""
    categories = categories_of(months)
    kinds = {category: min(at, KINDS - 1) for at, category in enumerate(categories)}
    above = max((sum(steps for steps in one.by_category.values() if steps > 0) for one in months), default=0)
    below = max((-sum(steps for steps in one.by_category.values() if steps < 0) for one in months), default=0)
    room = HEIGHT - FOOT - HEAD
    scale = room / (above + below) if above + below else 0
    line = HEAD + above * scale if above + below else HEAD + room
    step = WIDTH / max(len(months), 1)
    bars, labels = [], []
    for at, month in enumerate(months):
        up = down = line
        for category in categories:
            height = month.by_category.get(category, 0) * scale
            if height > 0:
                up -= height
                bars.append(_bar(at, step, up, height, kinds[category]))
            elif height < 0:
                bars.append(_bar(at, step, down, -height, kinds[category]))
                down -= height
        labels.append((round(at * step + step / 2, 1), str(month.month.month)))
    return Chart(bars, labels, categories, round(line, 1))


def _bar(at: int, step: float, y: float, height: float, kind: int) -> Bar:
    width = min(step * 0.6, 60)
    return Bar(round(at * step + (step - width) / 2, 1), round(y, 1), round(width, 1), round(height, 1), kind)
