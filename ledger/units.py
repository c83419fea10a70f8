"""What the ledger counts: whole minutes, and points in whole steps of a tenth. They never convert into each other."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST = 2**53 - 1  # the largest integer that JSON readers of every language agree on


@dataclass(frozen=True)
class Unit:
    """A unit of account; one step is 10**-scale of what people say."""

    code: str
    scale: int


MINUTES = Unit("min", 0)
POINTS = Unit("pt", 1)
UNITS = {unit.code: unit for unit in (MINUTES, POINTS)}
