"""How much of an item's caps earlier awards have used up, for one award or for a whole file of them. Reads, never writes."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import Session, col, select

from timebank.points.awards.caps import Used
from timebank.points.awards.tables import LIVE, Award
from timebank.points.table.tables import PointsItem

AT_ONCE = 500
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Event:
    """Something to be awarded: by whom of which household, by which item, on which day."""

    household_id: uuid.UUID
    person_id: uuid.UUID | None
    item: PointsItem
    on: dt.date

    @property
    def key(self) -> tuple[object, ...]:
        """The same for the same thing entered twice."""
        return (self.household_id, self.person_id, *_goes_on(self.item), self.on)

    @property
    def capped_by(self) -> tuple[object, ...]:
        """Whose cap it uses: the person's or the household's, item by item."""
        whose = self.person_id if self.item.subject == "person" else self.household_id
        return (whose, *_goes_on(self.item))


class Before:
    """What was awarded in the years of these events, and what is added while they are scored."""

    def __init__(self, session: Session, community_id: int, events: Sequence[Event]) -> None:
        self._steps: dict[tuple[object, ...], dict[dt.date, int]] = defaultdict(lambda: defaultdict(int))
        self._known: set[tuple[object, ...]] = set()
        if not events:
            return
        years = [event.on.year for event in events]
        first, last = dt.date(min(years), 1, 1), dt.date(max(years), 12, 31)
        for households in chunks({event.household_id for event in events}):
            rows = session.execute(
                select(Award, PointsItem)
                .join(
                    PointsItem,
                    (col(Award.community_id) == PointsItem.community_id) & (col(Award.item_id) == PointsItem.id),
                )
                .where(
                    Award.community_id == community_id,
                    col(Award.household_id).in_(households),
                    col(Award.on_day).between(first, last),
                    col(Award.state).in_(LIVE),
                )
            )
            for award, item in rows:
                self.add(Event(award.household_id, award.person_id, item, award.on_day), abs(award.credited_steps))

    def has(self, event: Event) -> bool:
        """Whether this very thing was entered before."""
        return event.key in self._known

    def used(self, event: Event) -> Used:
        """Steps used in the day, month and year of the event."""
        days = self._steps[event.capped_by]
        month = (event.on.year, event.on.month)
        return Used(
            day=days.get(event.on, 0),
            month=sum(steps for day, steps in days.items() if (day.year, day.month) == month),
            year=sum(steps for day, steps in days.items() if day.year == event.on.year),
        )

    def add(self, event: Event, steps: int) -> None:
        """Count one more."""
        self._steps[event.capped_by][event.on] += steps
        self._known.add(event.key)


def chunks(things: Iterable[Thing]) -> Iterable[list[Thing]]:
    """Portions that fit into one query."""
    every = list(things)
    return (every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE))


def _goes_on(item: PointsItem) -> tuple[str, str, bool]:
    """An item as it goes on in the next version: a new version opens no second cap in the same year."""
    return item.category, item.title, item.value_steps < 0
