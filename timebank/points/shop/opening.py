"""When a merchant is open: weekdays with their hours, public holidays if it keeps them, and single days that differ. Pure."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from timebank.people import working_days

SEARCHED_DAYS = 800  # more than single days can be entered ahead, so that a weekday that is open comes up


@dataclass(frozen=True)
class Opening:
    """All that says whether a merchant is open on a day; `weekdays` 1 (Monday) to 7, with the minutes of the day if they are known."""

    weekdays: Mapping[int, tuple[int, int] | None]
    keeps_holidays: bool = False
    days: Mapping[dt.date, bool] = field(default_factory=dict)
    reasons: Mapping[dt.date, str] = field(default_factory=dict)
    declared: Mapping[dt.date, bool] = field(default_factory=dict)

    def is_open_on(self, day: dt.date) -> bool:
        """Whether the merchant opens at all that day; a single day's word counts more than the week and the holidays."""
        if day in self.days:
            return self.days[day]
        if self.keeps_holidays and working_days.is_public_holiday(day, self.declared):
            return False
        return day.isoweekday() in self.weekdays

    def hours_on(self, day: dt.date) -> tuple[int, int] | None:
        """From which minute of the day to which; None: closed, or nobody said."""
        return self.weekdays.get(day.isoweekday()) if self.is_open_on(day) else None

    def together(self) -> list[tuple[int, int, tuple[int, int] | None]]:
        """The weekdays as people say them: from day to day, those in a row that have the same hours."""
        found: list[tuple[int, int, tuple[int, int] | None]] = []
        for day in sorted(self.weekdays):
            hours = self.weekdays[day]
            if found and found[-1][1] == day - 1 and found[-1][2] == hours:
                found[-1] = (found[-1][0], day, hours)
            else:
                found.append((day, day, hours))
        return found

    def last_day(self, today: dt.date, opening_days: int) -> dt.date:
        """The last day for what was ordered today: today does not count, then so many days on which it is open."""
        day, opened = today, 0
        for _ in range(SEARCHED_DAYS):
            day += dt.timedelta(days=1)
            opened += self.is_open_on(day)
            if opened >= opening_days:
                break
        return day

    def coming_days(self, today: dt.date, count: int) -> list[dt.date]:
        """The days among the next `count`, from tomorrow on, on which it is open."""
        return [
            day for day in (today + dt.timedelta(days=ahead) for ahead in range(1, count + 1)) if self.is_open_on(day)
        ]
