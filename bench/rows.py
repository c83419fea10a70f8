"""One row of the table: two rates from the same run, and what their ratio should be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`ours` and `bare` are medians of rates in `unit`."""

    what: str
    unit: str
    ours: float
    bare: float
    aim: float

    @property
    def ratio(self) -> float:
        return self.ours / self.bare
