"""A household's points at a glance: by month and category, what it could fetch, how it can earn, what is on its way.

Reads only. Who may see it: the household, its members' helpers, and those who may read any household's points.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from timebank.errors import Forbidden
from timebank.people import communities, helpers, households, residents
from timebank.people.communities import community_of
from timebank.people.working_days import today_in
from timebank.permissions import Actor, may
from timebank.points import rules, statement
from timebank.points.awards.entering import Listed, listed
from timebank.points.awards.tables import BOOKED, LIVE, Award
from timebank.points.honours import totals
from timebank.points.honours.deciding import Standing, standing_of
from timebank.points.household_accounts import ShortfallMove
from timebank.points.publicity.tables import PublicityBatch
from timebank.points.shop.listing import Reachable, reachable
from timebank.points.statement import Held
from timebank.points.table.adoption import in_force_on, items_of
from timebank.points.table.tables import PointsItem

MOST_GOODS = 6


@dataclass(frozen=True)
class Month:
    """What was booked in a month by category, in steps; deductions are negative."""

    month: dt.date
    by_category: dict[str, int]

    @property
    def steps(self) -> int:
        return sum(self.by_category.values())


@dataclass(frozen=True)
class Reach:
    """Goods that can be had now, dearest first, and what could be reached next."""

    now: list[Reachable]
    next: Reachable | None


@dataclass(frozen=True)
class Earn:
    """An item that gives points: how often the household had it this year, and what its caps still leave (None: no cap)."""

    item: PointsItem
    times: int
    used_steps: int
    left_steps: int | None
    limited_by: str


@dataclass(frozen=True)
class Waiting:
    """An award on its way, and until when its step lasts, where it has a clock."""

    row: Listed
    until: dt.datetime | None


@dataclass(frozen=True)
class Owed:
    """Why the household owes: each move of its shortfall, with the award behind it where there is one."""

    move: ShortfallMove
    award: Listed | None


@dataclass(frozen=True)
class Overview:
    """All of it. `year` is the year of `months`; `lifetime_steps` never lapses, whatever becomes of the points."""

    held: Held
    year: int
    months: list[Month]
    lifetime_steps: int
    year_steps: int
    standing: Standing | None
    reach: Reach
    earn: list[Earn]
    waiting: list[Waiting]
    owed: list[Owed]


def may_read(session: Session, actor: Actor, household_id: uuid.UUID) -> bool:
    """Whether the actor may see this household's points: her own, of somebody whom she helps, or of any by her role."""
    community_id = community_of(actor)
    if may(actor, "points.read", community_id=community_id, household_id=household_id):
        return True
    if actor.person_id is None:
        return False
    return any(
        helpers.is_helper(session, community_id, actor.person_id, one.id)
        for one in residents.members(session, community_id, household_id)
        if not residents.has_left(one)
    )


def reader_of(session: Session, actor: Actor, household_id: uuid.UUID) -> Actor:
    """The actor as the household's reader: a helper reads as if she were of it.

    Raises:
        NotFound, Forbidden.
    """
    households.household(session, community_of(actor), household_id)
    if not may_read(session, actor, household_id):
        raise Forbidden(use_case="points.read")
    if may(actor, "points.read", community_id=actor.community_id, household_id=household_id):
        return actor
    return Actor(actor.community_id, actor.number, person_id=actor.person_id, household_id=household_id,
                 area_path=actor.area_path)  # fmt: skip


def overview(
    session: Session, *, actor: Actor, now: dt.datetime, household_id: uuid.UUID, year: int | None = None
) -> Overview:
    """A household's points at a glance; `year` is this year unless another is named."""
    community_id = community_of(actor)
    reads = reader_of(session, actor, household_id)
    today = today_in(session, community_id, now)
    held = statement.held(session, actor=reads, household_id=household_id)
    year = year or today.year
    lifetime = totals.lifetime(session, community_id, [household_id])[household_id]
    return Overview(
        held=held,
        year=year,
        months=by_month(session, community_id, household_id, year=year, today=today),
        lifetime_steps=lifetime,
        year_steps=totals.of_period(
            session, community_id, [household_id], dt.date(today.year, 1, 1), dt.date(today.year, 12, 31)
        )[household_id],
        standing=standing_of(session, community_id, household_id, today),
        reach=reach(session, community_id, held.available_steps, now=now),
        earn=how_to_earn(session, community_id, household_id, today),
        waiting=_waiting(session, community_id, statement.under_way(session, actor=reads, household_id=household_id)),
        owed=_owed(session, community_id, household_id) if held.owed_steps else [],
    )


def held_of(session: Session, actor: Actor, household_id: uuid.UUID) -> Held:
    """What a household has, for whoever may read it."""
    reads = reader_of(session, actor, household_id)
    return statement.held(session, actor=reads, household_id=household_id)


def by_month(session: Session, community_id: int, household_id: uuid.UUID, *, year: int, today: dt.date) -> list[Month]:
    """What was booked in each month of a year, up to this one, by the table's categories."""
    place = communities.community(session, community_id)
    begins, ends = (communities.day_start(place, dt.date(one, 1, 1)) for one in (year, year + 1))
    rows = session.execute(
        select(Award.booked_at, Award.credited_steps, PointsItem.category)
        .join(PointsItem, (col(PointsItem.community_id) == Award.community_id) & (col(PointsItem.id) == Award.item_id))
        .where(
            Award.community_id == community_id,
            Award.household_id == household_id,
            Award.state == BOOKED,
            col(Award.booked_at) >= begins,
            col(Award.booked_at) < ends,
            PointsItem.kind != "base",
        )
    ).all()
    found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for booked_at, steps, category in rows:
        found[communities.local_day(place, booked_at).month][category] += steps
    last = today.month if year == today.year else 12
    return [Month(dt.date(year, month, 1), dict(found.get(month, {}))) for month in range(1, last + 1)]


def reach(session: Session, community_id: int, available_steps: int, *, now: dt.datetime) -> Reach:
    """What a household could have from the shop, and what comes next."""
    found = reachable(session, community_id, available_steps, now=now)
    within = [one for one in found if not one.missing_steps]
    return Reach(list(reversed(within))[:MOST_GOODS], next((one for one in found if one.missing_steps), None))


def how_to_earn(session: Session, community_id: int, household_id: uuid.UUID, today: dt.date) -> list[Earn]:
    """The items in use by which the household can still earn today, what it does most often first: nobody plans on what few ever reach."""
    table = in_force_on(session, community_id, today)
    if table is None:
        return []
    used: dict[tuple[str, str, bool], list[tuple[dt.date, int]]] = defaultdict(list)
    rows = session.execute(
        select(col(Award.on_day), col(Award.credited_steps), col(PointsItem.category), col(PointsItem.title))
        .join(PointsItem, (col(PointsItem.community_id) == Award.community_id) & (col(PointsItem.id) == Award.item_id))
        .where(
            Award.community_id == community_id,
            Award.household_id == household_id,
            col(Award.on_day).between(dt.date(today.year, 1, 1), dt.date(today.year, 12, 31)),
            col(Award.state).in_(LIVE),
        )
    ).all()
    for on, steps, category, title in rows:
        used[category, title, steps < 0].append((on, abs(steps)))
    found = []
    for item in items_of(session, community_id, table.id):
        if item.kind != "award" or not item.in_use or item.in_use_from is None or item.in_use_from > today:
            continue
        had = used.get(rules.goes_on(item), [])
        left, limited_by = _left(item, had, today)
        if left is None or left > 0:
            found.append(Earn(item, len(had), sum(steps for _, steps in had), left, limited_by))
    return sorted(found, key=lambda one: (-one.times, one.item.position))


def _left(item: PointsItem, had: Sequence[tuple[dt.date, int]], today: dt.date) -> tuple[int | None, str]:
    """What the tightest cap still leaves; a cap that counts by person is told only where nothing was used."""
    found: tuple[int | None, str] = (None, "")
    for period, cap in rules.caps_of(item).items():
        if period == "day":
            continue  # tomorrow is another one
        same = [steps for on, steps in had if period == "year" or on.month == today.month]
        left = max(cap - (0 if item.subject == "person" else sum(same)), 0)
        if found[0] is None or left < found[0]:
            found = (left, period)
    return found


def _waiting(session: Session, community_id: int, rows: Sequence[Listed]) -> list[Waiting]:
    numbers = {row.award.batch_number for row in rows if row.award.batch_number is not None}
    batches = {
        one.number: one
        for one in session.scalars(
            select(PublicityBatch).where(
                PublicityBatch.community_id == community_id, col(PublicityBatch.number).in_(numbers)
            )
        )
    }
    return [
        Waiting(row, batches[row.award.batch_number].last_moment if row.award.batch_number in batches else None)
        for row in rows
    ]


def _owed(session: Session, community_id: int, household_id: uuid.UUID) -> list[Owed]:
    moves = session.scalars(
        select(ShortfallMove)
        .where(ShortfallMove.community_id == community_id, ShortfallMove.household_id == household_id)
        .order_by(col(ShortfallMove.id).desc())
        .limit(20)
    ).all()
    awards = session.scalars(
        select(Award).where(Award.community_id == community_id, col(Award.id).in_({move.award_id for move in moves}))
    ).all()
    known = {row.award.id: row for row in listed(session, awards)}
    return [Owed(move, known.get(move.award_id)) for move in moves]
