"""On which days something comes again: pure, without database and clock.

A day that a month does not have is its last day: the 31st is the 30th in June, and the 28th or 29th in February.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from timebank.errors import BadInput

KINDS = ("weekly", "monthly_day", "monthly_weekday", "digit", "days")
LAST = 5  # as `nth`: the last such weekday of the month, be it the fourth or the fifth
DAYS_MOST = 200
SPAN_MOST = timedelta(days=366)


@dataclass(frozen=True)
class Rhythm:
    """How days repeat.

    weekly           on `weekdays` (1 Monday to 7), each `every`th week, counted from the week of the first day
    monthly_day      on `day` of each `every`th month, counted from the month of the first day
    monthly_weekday  on the `nth` (1 to 4, or 5: the last) of the one weekday in `weekdays`, each `every`th month
    digit            on days whose last digit is `day`: 5 means the 5th, 15th and 25th
    days             on `days`, as ISO text
    """

    kind: str
    weekdays: tuple[int, ...] = ()
    day: int = 0
    nth: int = 0
    every: int = 1
    days: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What differs from nothing said."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Rhythm":
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in told.items()
        }
        return cls(**plain)


def days_of(rhythm: Rhythm, first_on: date, until_on: date) -> list[date]:
    """The days from the first to the last, both included, in order.

    Raises:
        BadInput: a rhythm that cannot be, a span of more than a year, or too many days (or none).
    """
    _refuse_bad(rhythm, first_on, until_on)
    found = sorted({day for day in _candidates(rhythm, first_on, until_on) if first_on <= day <= until_on})
    if not found:
        raise BadInput(fields={"until": "no_day"})
    if len(found) > DAYS_MOST:
        raise BadInput(fields={"until": "too_many"})
    return found


def _candidates(rhythm: Rhythm, first_on: date, until_on: date) -> Iterator[date]:
    if rhythm.kind == "days":
        yield from (date.fromisoformat(day) for day in rhythm.days)
    elif rhythm.kind in {"weekly", "digit"}:
        monday = first_on - timedelta(days=first_on.weekday())
        day = first_on
        while day <= until_on:
            if rhythm.kind == "digit":
                falls = day.day % 10 == rhythm.day
            else:
                falls = day.isoweekday() in rhythm.weekdays and ((day - monday).days // 7) % rhythm.every == 0
            if falls:
                yield day
            day += timedelta(days=1)
    else:
        year, month = first_on.year, first_on.month
        while (year, month) <= (until_on.year, until_on.month):
            yield _in_month(rhythm, year, month)
            year, month = year + (month - 1 + rhythm.every) // 12, (month - 1 + rhythm.every) % 12 + 1


def _in_month(rhythm: Rhythm, year: int, month: int) -> date:
    first_weekday, length = monthrange(year, month)
    if rhythm.kind == "monthly_day":
        return date(year, month, min(rhythm.day, length))
    first = (rhythm.weekdays[0] - 1 - first_weekday) % 7 + 1
    nth = first + 7 * (rhythm.nth - 1)
    return date(year, month, nth if nth <= length else nth - 7)


def _refuse_bad(rhythm: Rhythm, first_on: date, until_on: date) -> None:
    bad: dict[str, str] = {}
    if until_on < first_on:
        bad["until"] = "before_first"
    elif until_on - first_on > SPAN_MOST:
        bad["until"] = "too_far_ahead"
    if not 1 <= rhythm.every <= 12:
        bad["every"] = "range"
    right = {
        "weekly": bool(rhythm.weekdays) and all(1 <= day <= 7 for day in rhythm.weekdays),
        "monthly_day": 1 <= rhythm.day <= 31,
        "monthly_weekday": len(rhythm.weekdays) == 1 and 1 <= rhythm.weekdays[0] <= 7 and 1 <= rhythm.nth <= LAST,
        "digit": 0 <= rhythm.day <= 9,
        "days": bool(rhythm.days),
    }
    if rhythm.kind not in right:
        bad["rhythm"] = "choice"
    elif not right[rhythm.kind]:
        bad["weekdays" if rhythm.kind in {"weekly", "monthly_weekday"} else "month_day"] = "required"
    if bad:
        raise BadInput(fields=bad)
