"""Telling the demo's year: a clock that is moved from one instant to the next, and what happens then.

Everything is done by the use cases of the pages, at the instant at which it happened; so the books show the dates of a
real year, and end at the present.
"""

import datetime as dt
import heapq
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.keys import SigningKeys
from api.settings import Settings
from timebank.people import communities, residents
from timebank.permissions import Actor, Grant
from timebank.storage import Storage, new_key

ZONE = ZoneInfo("Asia/Shanghai")
Change = Callable[[Session, dt.datetime], Any]


@dataclass
class StoryClock:
    """What time it is in the story."""

    instant: dt.datetime

    def now(self) -> dt.datetime:
        return self.instant

    def move_to(self, instant: dt.datetime) -> None:
        """Forward; never back, as the ledger would refuse."""
        self.instant = max(self.instant, instant)

    def begin_at(self, instant: dt.datetime) -> None:
        """Where the story begins, before anything is written."""
        self.instant = instant


@dataclass
class Someone:
    """A person of the register, as the story knows her."""

    community_id: int
    id: uuid.UUID
    serial: int
    number: str
    name: str
    sex: str
    born_on: dt.date | None
    phone: str
    household_id: uuid.UUID
    household_number: int
    area_path: str
    community_path: str
    relation: str
    roles: list[tuple[str, str]] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        """She acts, with all her roles."""
        return Actor(
            self.community_id,
            self.number,
            person_id=self.id,
            household_id=self.household_id,
            grants=tuple(Grant(role, area) for role, area in self.roles),
            area_path=self.community_path,
        )

    def age(self, on: dt.date) -> int:
        """Full years; those whose birthday nobody knows count as 75 here."""
        born = self.born_on
        return 75 if born is None else on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@dataclass
class Tale:
    """The demo as it is told: where it is written, until when, and what is still to happen."""

    settings: Settings
    storage: Storage
    clock: StoryClock
    end: dt.datetime
    people: dict[int, list[Someone]] = field(default_factory=dict)
    agenda: list[tuple[dt.datetime, int, Callable[[], None]]] = field(default_factory=list)
    _order: Any = field(default_factory=count)

    @property
    def keys(self) -> SigningKeys:
        return SigningKeys(self.settings.keys)

    @property
    def today(self) -> dt.date:
        """The last day of the story: the day on which the demo is made."""
        return self.end.astimezone(ZONE).date()

    @property
    def first_day(self) -> dt.date:
        return self.today - dt.timedelta(days=366)

    def at(self, when: dt.datetime, what: Callable[[], None]) -> None:
        """Let something happen then; what lies after the end of the story does not."""
        heapq.heappush(self.agenda, (when, next(self._order), what))

    def tell(self, each_month: Callable[[dt.date], None]) -> None:
        """Let everything happen in its order, up to the present; `each_month` hears how far it is."""
        month = 0
        while self.agenda and self.agenda[0][0] <= self.end:
            when, _, what = heapq.heappop(self.agenda)
            day = when.astimezone(ZONE).date()
            if day.month != month:
                month = day.month
                each_month(day)
            self.clock.move_to(when)
            what()
        self.agenda.clear()
        self.clock.move_to(self.end)

    def do(self, use_case: Callable[..., dict[str, Any]], *, actor: Actor, **asked: Any) -> dict[str, Any]:
        """One use case, asked for by one person."""
        return self.together(
            actor, lambda session, now: use_case(session, actor=actor, now=now, **asked), name=use_case.__name__
        )

    def together(self, actor: Actor, change: Change, *, name: str, those: Iterable[uuid.UUID] = ()) -> dict[str, Any]:
        """Several things in one write: what happens within a minute or two in one place.

        The rows of the community and of `those` people are held while it runs, so that they are read once.
        """
        community_id = communities.community_of(actor)

        def run(session: Session, now: dt.datetime) -> dict[str, Any]:
            held = [
                communities.community(session, community_id),
                *residents.persons_of(session, community_id, those).values(),
            ]
            facts = change(session, now)
            del held
            return facts if isinstance(facts, dict) else {}

        return self.storage.write(
            community_id, new_key(self.clock.now()), run, actor=actor.number, use_case=f"demo.{name}", content={}
        )

    def everywhere(self, change: Change) -> Any:
        """A write of what belongs to no community."""
        return self.storage.write_global(change)

    def of(self, community_id: int, name: str) -> Someone:
        """The first person of this name."""
        return next(one for one in self.people[community_id] if one.name == name)


def local(day: dt.date, hour: int, minute: float = 0) -> dt.datetime:
    """An instant as the village's clock shows it; minutes may run on into the next hours."""
    began = dt.datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)
    return (began + dt.timedelta(seconds=round(minute * 60))).astimezone(dt.UTC)


def awake(when: dt.datetime) -> dt.datetime:
    """That instant, or the evening before where it lies in the night; what comes earlier stays earlier."""
    at = when.astimezone(ZONE)
    evening = local((at - dt.timedelta(hours=7)).date(), 20)
    late = (when - evening) / dt.timedelta(hours=1)  # 0 at eight in the evening, 11 at seven in the morning
    if late <= 0:
        return when
    minutes = 30 * late if late <= 1 else 30 + 3 * (late - 1)
    return evening + dt.timedelta(minutes=minutes)


def days(first: dt.date, last: dt.date) -> Iterable[dt.date]:
    """Every day from the first to the last."""
    for ahead in range((last - first).days + 1):
        yield first + dt.timedelta(days=ahead)
