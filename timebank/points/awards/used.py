"""What went before an award, or a whole file of them, as its rule and caps ask for it. Reads, never writes."""

import datetime as dt
import uuid
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
        """The same for the same thing entered twice."""
        return (self.household_id, self.person_id, *rules.goes_on(self.item), self.on)

    @property
    def as_scored(self) -> rules.Event:
        """The event as rules see it: it uses the person's caps or the household's, as the item says."""
        whose = self.person_id if self.item.subject == "person" else self.household_id
        return rules.Event(whose, self.on, self.times, self.minutes, self.chosen_steps, self.attended)


class Before:
    """What was awarded in the years of these events, and what is added while they are scored."""

    def __init__(self, session: Session, community_id: int, events: Sequence[Event]) -> None:
        self.history = rules.History()
        self._known: set[tuple[object, ...]] = set()
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
        seen = set()
        of_all = {event.item.title for event in events if rules.rule_of(event.item).counts_everybody}
        chosen = [col(PointsItem.title).in_(titles) for titles in chunks(of_all)]
        chosen += [col(Award.household_id).in_(some) for some in chunks({event.household_id for event in events})]
        for where in chosen:
            for award, item in session.execute(query.where(where)):
                if award.id not in seen:
                    seen.add(award.id)
                    event = Event(award.household_id, award.person_id, item, award.on_day)
                    self.add(event, abs(award.credited_steps))

    def has(self, event: Event) -> bool:
        """Whether this very thing was entered before."""
        return event.key in self._known

    def score(self, event: Event) -> rules.Reckoned:
        """What the event comes to after all that was added."""
        return rules.score(event.item, event.as_scored, self.history)

    def add(self, event: Event, steps: int) -> None:
        """Count one more."""
        self.history.add(event.item, event.as_scored, steps)
        self._known.add(event.key)


def chunks(things: Iterable[Thing]) -> Iterable[list[Thing]]:
    """Portions that fit into one query."""
    every = list(things)
    return (every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE))
