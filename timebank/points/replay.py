"""A draft of the points table run over a past period: what everybody would have had by it. Reads, never writes.

Each award of the period is scored again by the item of the same name, with the draft's rules and caps, in the order of
its days. What the draft cannot score is left out and told with its reason: an item that is no more, or hours where only
times were written down. An item that is new has no awards, and nobody can say how many there would be.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from sqlalchemy import LargeBinary, func, select, type_coerce
from sqlmodel import Session, col

from timebank.errors import BadInput, NotFound, Refused
from timebank.people import households
from timebank.people.communities import community_of
from timebank.permissions import Actor, require
from timebank.points import rules
from timebank.points.awards.tables import LIVE, Award
from timebank.points.table.tables import PointsItem, PointsTable

MOST_EVENTS = 500_000  # some ten seconds
AT_ONCE = 10_000
GONE, NO_PERSON = "item_gone", "person_unknown"


class TooManyEvents(Refused):
    """The period has more awards than can be looked at in one go (facts `events`, `most`)."""

    code = "replay_too_many"
    status = 422


@dataclass(frozen=True)
class ItemReplay:
    """One item: what its awards came to, and what they would come to. `state`: kept, changed, gone or new.

    `left_out`: how many awards the draft does not score, by reason; a cap that was reached is none.
    """

    category: str
    title: str
    state: str
    awards: int
    old_steps: int
    new_steps: int
    left_out: Mapping[str, int]

    @property
    def change_steps(self) -> int:
        return self.new_steps - self.old_steps


@dataclass(frozen=True)
class HouseholdReplay:
    """One household: what it had of the period's awards, and what it would have had."""

    household_id: uuid.UUID
    number: int
    name: str
    old_steps: int
    new_steps: int

    @property
    def change_steps(self) -> int:
        return self.new_steps - self.old_steps


@dataclass(frozen=True)
class Replay:
    """The period by the draft. Items in the draft's order, those gone last; households by how much they lose, most first.

    The sums over items and over households are the totals.
    """

    table_id: uuid.UUID
    first: dt.date
    last: dt.date
    awards: int
    old_steps: int
    new_steps: int
    items: Sequence[ItemReplay]
    households: Sequence[HouseholdReplay]

    @property
    def gaining(self) -> int:
        return sum(1 for one in self.households if one.change_steps > 0)

    @property
    def losing(self) -> int:
        return sum(1 for one in self.households if one.change_steps < 0)

    @property
    def left_out(self) -> int:
        return sum(sum(one.left_out.values()) for one in self.items)


@dataclass(slots=True)
class _Item:
    """An item, free of the database: 100,000 events read its fields a million times."""

    category: str
    title: str
    kind: str
    value_steps: int
    per: str
    subject: str
    rule: dict[str, Any] | None
    cap_day_steps: int | None
    cap_month_steps: int | None
    cap_year_steps: int | None


class _Happened(NamedTuple):
    """An award as it was scored; ids as they are stored, since making 300,000 UUIDs took a third of the time."""

    household_id: bytes
    person_id: bytes | None
    item_id: bytes
    on: dt.date
    times: int | None
    minutes: int | None
    uncapped_steps: int
    credited_steps: int


@dataclass
class _Tally:
    """What an item's awards came to, counted as they are gone through."""

    item: _Item
    in_draft: bool
    awards: int = 0
    old_steps: int = 0
    new_steps: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def told(self, known: Mapping[tuple[str, str, bool], _Item]) -> ItemReplay:
        before = known.get(rules.goes_on(self.item))
        if not self.in_draft:
            state = "gone"
        elif before is None:
            state = "changed" if self.awards else "new"
        else:
            state = "kept" if self.item == before else "changed"
        return ItemReplay(self.item.category, self.item.title, state, self.awards, self.old_steps, self.new_steps,
                          dict(self.left_out))  # fmt: skip


def last_year(today: dt.date) -> tuple[dt.date, dt.date]:
    """What is looked at where nothing is asked for: the twelve months that end today."""
    return today.replace(year=today.year - 1, day=min(today.day, 28)) + dt.timedelta(days=1), today


def version(session: Session, *, actor: Actor, table_id: uuid.UUID) -> PointsTable:
    """The version that is run, in whatever state it is.

    Raises:
        NotFound: no such version.
    """
    require(actor, "table.replay", community_id=actor.community_id)
    found = session.get(PointsTable, (community_of(actor), table_id))
    if found is None:
        raise NotFound(what="table")
    return found


def replay(session: Session, *, actor: Actor, table_id: uuid.UUID, first: dt.date, last: dt.date) -> Replay:
    """Score the awards of the days from `first` to `last` by this version, draft or not.

    Raises:
        NotFound: no such version.
        BadInput: the period ends before it begins.
        TooManyEvents: more than half a million awards.
    """
    community_id = version(session, actor=actor, table_id=table_id).community_id
    if last < first:
        raise BadInput(fields={"last": "before_first"})
    draft = _items_of(session, community_id, table_id)
    before = _old_items(session, community_id)
    tallies = [_Tally(item, in_draft=True) for item in draft]
    tally_of = _meant(before, tallies)
    by_household: dict[bytes, list[int]] = defaultdict(lambda: [0, 0])
    history = rules.History()
    # Caps of a year that began before the period were used up by what came before it.
    for one in _happened(session, community_id, dt.date(first.year, 1, 1), last):
        tally = tally_of[one.item_id]
        credited, reason = _scored(tally.item, one, history) if tally.in_draft else (0, GONE)
        if one.on < first:
            continue
        tally.awards += 1
        tally.old_steps += one.credited_steps
        tally.new_steps += credited
        if reason:
            tally.left_out[reason] += 1
        sums = by_household[one.household_id]
        sums[0] += one.credited_steps
        sums[1] += credited
    known = {rules.goes_on(item): item for item in before.values()}
    told = [tally.told(known) for tally in (*tallies, *_gone(tally_of.values()))]
    return Replay(
        table_id=table_id,
        first=first,
        last=last,
        awards=sum(one.awards for one in told),
        old_steps=sum(one.old_steps for one in told),
        new_steps=sum(one.new_steps for one in told),
        items=told,
        households=_households_told(session, community_id, by_household),
    )


def _scored(item: _Item, one: _Happened, history: rules.History) -> tuple[int, str]:
    """Steps by the draft, and why it leaves the award out, if it does."""
    whose = one.person_id if item.subject == "person" else one.household_id
    if whose is None:
        return 0, NO_PERSON
    event = rules.Event(whose, one.on, one.times, one.minutes, _chosen(item, one), attended=one.minutes is not None)
    found = rules.score(item, event, history)
    if found.reason and not found.reason.code.startswith("cap_reached"):
        return 0, found.reason.code
    history.add(item, event, abs(found.credited_steps))
    return found.credited_steps, ""


def _chosen(item: _Item, one: _Happened) -> int | None:
    """Within a range: what was given for it a time, as near as the range allows."""
    rule = rules.rule_of(item)
    if "chosen_steps" not in rule.needs(item):
        return None
    least, most = abs(item.value_steps), rule.largest(item)
    given = abs(one.uncapped_steps) * 60 // one.minutes if one.minutes else abs(one.uncapped_steps) // (one.times or 1)
    chosen = min(max(given, least), most)
    return -chosen if item.value_steps < 0 else chosen


def _meant(before: Mapping[uuid.UUID, _Item], tallies: Sequence[_Tally]) -> dict[bytes, _Tally]:
    """Where an award by each known item counts.

    At the draft's item of the same name, else at its only one of the same title, else at a tally of what is gone.
    """
    by_name = {rules.goes_on(tally.item): tally for tally in tallies}
    by_title: dict[tuple[str, bool], list[_Tally]] = defaultdict(list)
    for (_category, title, deducts), tally in by_name.items():
        by_title[title, deducts].append(tally)
    found: dict[bytes, _Tally] = {}
    for item_id, item in before.items():
        name = rules.goes_on(item)
        alike = by_title[item.title, item.value_steps < 0]
        if name not in by_name:
            by_name[name] = alike[0] if len(alike) == 1 else _Tally(item, in_draft=False)
        found[item_id.bytes] = by_name[name]
    return found


def _gone(tallies: Iterable[_Tally]) -> list[_Tally]:
    """What the draft has no more and was awarded in the period, each once."""
    return list({id(tally): tally for tally in tallies if not tally.in_draft and tally.awards}.values())


def _households_told(
    session: Session, community_id: int, steps: Mapping[bytes, Sequence[int]]
) -> list[HouseholdReplay]:
    known: dict[uuid.UUID, households.Household] = {}
    sums = {uuid.UUID(bytes=household_id): both for household_id, both in steps.items()}
    ids = list(sums)
    for start in range(0, len(ids), 1000):
        known |= households.households_of(session, community_id, set(ids[start : start + 1000]))
    told = [
        HouseholdReplay(household_id, known[household_id].number, known[household_id].name, old, new)
        for household_id, (old, new) in sums.items()
    ]
    return sorted(told, key=lambda one: (one.change_steps, one.number))


def _items_of(session: Session, community_id: int, table_id: uuid.UUID) -> list[_Item]:
    """The items of the version, in its order."""
    rows = session.execute(
        select(*_columns())
        .where(col(PointsItem.community_id) == community_id, col(PointsItem.table_id) == table_id)
        .order_by(col(PointsItem.position))
    )
    return [_Item(*row) for row in rows]


def _old_items(session: Session, community_id: int) -> dict[uuid.UUID, _Item]:
    """Every item of the adopted versions, the newest version last."""
    rows = session.execute(
        select(col(PointsItem.id), *_columns())
        .join(
            PointsTable,
            (col(PointsTable.community_id) == PointsItem.community_id) & (col(PointsTable.id) == PointsItem.table_id),
        )
        .where(col(PointsItem.community_id) == community_id, col(PointsTable.version).is_not(None))
        .order_by(col(PointsTable.version), col(PointsItem.position))
    )
    return {item_id: _Item(*row) for item_id, *row in rows}


def _columns() -> list[Any]:
    return [getattr(PointsItem, name.name) for name in fields(_Item)]


def _happened(session: Session, community_id: int, first: dt.date, last: dt.date) -> Iterator[_Happened]:
    """The awards of the days that were or may still be booked, in the order of their days."""
    wanted = (
        col(Award.community_id) == community_id,
        col(Award.on_day).between(first, last),
        col(Award.state).in_(LIVE),
    )
    count = session.execute(select(func.count()).where(*wanted)).scalar_one()
    if count > MOST_EVENTS:
        raise TooManyEvents(events=count, most=MOST_EVENTS)
    rows = session.execute(
        select(
            type_coerce(col(Award.household_id), LargeBinary),
            type_coerce(col(Award.person_id), LargeBinary),
            type_coerce(col(Award.item_id), LargeBinary),
            col(Award.on_day),
            col(Award.times),
            col(Award.minutes),
            col(Award.uncapped_steps),
            col(Award.credited_steps),
        )
        .where(*wanted)
        .order_by(col(Award.on_day), col(Award.id))
        .execution_options(yield_per=AT_ONCE)
    )
    for household_id, person_id, item_id, *what in rows:
        yield _Happened(bytes(household_id), person_id and bytes(person_id), bytes(item_id), *what)
