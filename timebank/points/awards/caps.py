"""What an award comes to: the value of its item times its quantity, then the caps. Pure, and whole steps only."""

from dataclasses import dataclass
from typing import Protocol


class Scored(Protocol):
    """What of an item decides an award's steps."""

    value_steps: int
    per: str
    cap_day_steps: int | None
    cap_month_steps: int | None
    cap_year_steps: int | None


@dataclass(frozen=True)
class Used:
    """Steps already credited for the same item to the same household or person, in the day, month and year of an event."""

    day: int = 0
    month: int = 0
    year: int = 0

    def plus(self, steps: int) -> "Used":
        """The same after one more award on that day."""
        return Used(self.day + steps, self.month + steps, self.year + steps)


@dataclass(frozen=True)
class Reckoned:
    """Steps before and after the caps, deductions negative; `limited_by` is the cap that counted: day, month, year or None."""

    uncapped_steps: int
    credited_steps: int
    limited_by: str | None


def reckon(item: Scored, *, times: int | None, minutes: int | None, used: Used) -> Reckoned:
    """Score one event. Points per hour are floored to a tenth; caps are looked at by day, then month, then year."""
    size = abs(item.value_steps)
    uncapped = size * (minutes or 0) // 60 if item.per == "hour" else size * (times or 0)
    credited, limited_by = uncapped, None
    for period, cap in caps_of(item).items():
        left = max(cap - getattr(used, period), 0)
        if credited > left:
            credited, limited_by = left, period
    sign = -1 if item.value_steps < 0 else 1
    return Reckoned(sign * uncapped, sign * credited, limited_by)


def caps_of(item: Scored) -> dict[str, int]:
    """The caps of an item in steps; what is scored by the month or year is scored once in it unless the table says more."""
    size = abs(item.value_steps)
    caps = {"day": item.cap_day_steps, "month": item.cap_month_steps, "year": item.cap_year_steps}
    if item.per in ("month", "year") and caps[item.per] is None:
        caps[item.per] = size
    return {period: cap for period, cap in caps.items() if cap is not None}
