"""What went before an award, or a whole file of them, as its rule and caps ask for it. Reads, never writes."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import Session, col, select

from timebank.points import rules
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

    times: int | None = None
    minutes: int | None = None
    chosen_steps: int | None = None
    attended: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """The same for the same deed told twice: item, day, and the person where the item counts people, else the household."""
        each = (self.item.subject == "person" or self.item.per == "person") and self.person_id is not None
        whose = (None, self.person_id) if each else (self.household_id, None)
        return (*whose, *rules.goes_on(self.item), self.on)

    @property
    def may_come_again(self) -> bool:
        """Whether the table lets the same deed count several times a day: its cap of the day holds more than one."""
        cap, largest = self.item.cap_day_steps, rules.rule_of(self.item).largest(self.item)
        return cap is not None and cap > largest and self.item.per in ("once", "person")

    @property
    def as_scored(self) -> rules.Event:
        """The event as rules see it: it uses the person's caps or the household's, as the item says."""
        whose = self.person_id if self.item.subject == "person" else self.household_id
        return rules.Event(whose, self.on, self.times, self.minutes, self.chosen_steps, self.attended)


@dataclass(frozen=True)
class Known:
    """An award of the same deed: its id (none in the same file) and its source."""

    award_id: uuid.UUID | None
    source: str


class Before:
    """What was awarded in the years of these events, and what is added while they are scored.

    `without`: an award that is scored anew, and so does not stand in its own way.
    """

    def __init__(
        self, session: Session, community_id: int, events: Sequence[Event], *, without: uuid.UUID | None = None
    ) -> None:
        self.history = rules.History()
        self._known: dict[tuple[object, ...], list[Known]] = defaultdict(list)
        if not events:
            return
        since = min(rules.rule_of(event.item).looks_back_to(event.item, event.on) for event in events)
        first = dt.date(min(since.year, *(event.on.year for event in events)), 1, 1)
        last = dt.date(max(event.on.year for event in events), 12, 31)
        query = (
            select(Award, PointsItem)
            .join(
                PointsItem,
                (col(Award.community_id) == PointsItem.community_id) & (col(Award.item_id) == PointsItem.id),
            )
            .where(
                Award.community_id == community_id,
                col(Award.on_day).between(first, last),
                col(Award.state).in_(LIVE),
            )
        )
        seen = {without}
        of_all = {event.item.title for event in events if rules.rule_of(event.item).counts_everybody}
        chosen = [col(PointsItem.title).in_(titles) for titles in chunks(of_all)]
        chosen += [col(Award.household_id).in_(some) for some in chunks({event.household_id for event in events})]
        # What somebody was awarded in the household that she left since uses up her caps, too.
        people = {event.person_id for event in events if event.person_id is not None}
        chosen += [col(Award.person_id).in_(some) for some in chunks(people)]
        for where in chosen:
            for award, item in session.execute(query.where(where)):
                if award.id not in seen:
                    seen.add(award.id)
                    event = Event(award.household_id, award.person_id, item, award.on_day)
                    self.add(event, abs(award.credited_steps), Known(award.id, award.comes_from))

    def same(self, event: Event) -> Sequence[Known]:
        """What was told of this very deed before, in the order of the table."""
        return self._known.get(event.key, ())

    def score(self, event: Event) -> rules.Reckoned:
        """What the event comes to after all that was added."""
        return rules.score(event.item, event.as_scored, self.history)

    def add(self, event: Event, steps: int, known: Known) -> None:
        """Count one more."""
        self.history.add(event.item, event.as_scored, steps)
        self._known[event.key].append(known)


def chunks(things: Iterable[Thing]) -> Iterable[list[Thing]]:
    """Portions that fit into one query."""
    every = list(things)
    return (every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE))
