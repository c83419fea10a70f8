"""What was scored before, as caps and rules need it. Pure: filled from stored awards, or event by event in a replay."""

from collections import defaultdict
from collections.abc import Hashable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from timebank.points.rules.base import PERIODS, Event, Scored, goes_on, period_of


@dataclass(frozen=True)
class Used:
    """Steps already credited for the same item to the same household or person, in the day, month and year of an event."""

    day: int = 0
    month: int = 0
    year: int = 0

    def plus(self, steps: int) -> "Used":
        """The same after one more award on that day."""
        return Used(self.day + steps, self.month + steps, self.year + steps)


class History:
    """Earlier events, in constant time per question; an item goes on under its name from version to version."""

    def __init__(self) -> None:
        self._steps: dict[Hashable, int] = defaultdict(int)
        self._marks: dict[Hashable, set[Hashable]] = defaultdict(set)

    def used(self, item: Scored, event: Event) -> Used:
        """Steps used up in the event's day, month and year."""
        key = (event.whose, *goes_on(item))
        return Used(*(self._steps.get((*key, period, period_of(period, event.on)), 0) for period in PERIODS))

    def marks(self, key: Hashable) -> AbstractSet[Hashable]:
        """What earlier events left under a key."""
        return self._marks.get(key, set())

    def add(self, item: Scored, event: Event, credited_steps: int) -> None:
        """Count one more event with what it was credited."""
        from timebank.points.rules import rule_of

        key = (event.whose, *goes_on(item))
        for period in PERIODS:
            self._steps[*key, period, period_of(period, event.on)] += abs(credited_steps)
        # By title alone: a streak may be of an item in another category.
        self._marks["months", event.whose, item.title].add((event.on.year, event.on.month))
        for mark_key, mark in rule_of(item).leaves(item, event):
            self._marks[mark_key].add(mark)
