"""How the items of a year's tables were used: never, by a few households only, or by hands that are always the same."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from timebank.permissions import Actor
from timebank.points.awards.tables import LIVE, Award
from timebank.points.table.tables import PUBLISHED, PointsItem, PointsTable
from timebank.reports.points_audit.years import of_year

FEW_HOUSEHOLDS = 5  # an item used by fewer is one for a few (own)
MOST_OF_IT_PERCENT = 50  # one household with so much of an item's points, too (own)
ONE_HAND_FROM = 10  # awards, from which on it is told that the same person entered or decided them all (own)


@dataclass(frozen=True)
class ItemUse:
    """An item as it went through the year's versions. `in_use`: whether it can be awarded in the newest of them.

    `largest_percent`: how much of its points the household has that has most. `sole_enterer`, `sole_reviewer`: the
    number of the only person who entered, or decided, at least ten awards of it; empty where there are several.
    """

    category: str
    title: str
    kind: str
    versions: tuple[int, ...]
    in_use: bool
    awards: int
    households: int
    steps: int
    largest_percent: int
    sole_enterer: str
    sole_reviewer: str

    @property
    def verdict(self) -> str:
        """`unused`, `by_few` or `used`; `switched_off` where it cannot be awarded and was not."""
        if not self.awards:
            return "unused" if self.in_use else "switched_off"
        if self.households < FEW_HOUSEHOLDS or self.largest_percent >= MOST_OF_IT_PERCENT:
            return "by_few"
        return "used"


@dataclass
class _Told:
    versions: list[int] = field(default_factory=list)
    in_use: bool = False
    awards: int = 0
    steps: Counter[uuid.UUID] = field(default_factory=Counter)
    enterers: set[str] = field(default_factory=set)
    reviewers: set[str] = field(default_factory=set)


def items(session: Session, *, actor: Actor, year: int, now: dt.datetime) -> list[ItemUse]:
    """Every item that could be awarded in the year, in the order of the newest table; awards count by their day.

    Raises:
        NotFound: no year of this community.
    """
    community_id, first, last = of_year(session, actor=actor, year=year, now=now)
    told: dict[tuple[str, str, str], _Told] = {}
    of_id: dict[uuid.UUID, tuple[str, str, str]] = {}
    in_order = (
        select(PointsItem, col(PointsTable.version))
        .join(
            PointsTable,
            (col(PointsTable.community_id) == PointsItem.community_id) & (col(PointsTable.id) == PointsItem.table_id),
        )
        .where(
            col(PointsItem.community_id) == community_id,
            col(PointsTable.version).is_not(None),
            col(PointsTable.state).in_((PUBLISHED, "in_force", "superseded")),
            col(PointsTable.in_force_from) <= last,
            or_(col(PointsTable.in_force_until).is_(None), col(PointsTable.in_force_until) > first),
        )
        .order_by(col(PointsTable.version).desc(), col(PointsItem.position))
    )
    for item, version in session.execute(in_order):
        key = (item.category, item.title, item.kind)
        of_id[item.id] = key
        if key not in told:  # the newest version comes first
            told[key] = _Told(in_use=item.in_use)
        told[key].versions.append(version)
    grouped = (
        select(
            col(Award.item_id),
            col(Award.household_id),
            col(Award.entered_by),
            col(Award.reviewed_by),
            func.count(),
            func.sum(col(Award.credited_steps)),
        )
        .where(
            col(Award.community_id) == community_id,
            col(Award.on_day).between(first, last),
            col(Award.state).in_(LIVE),
        )
        .group_by(col(Award.item_id), col(Award.household_id), col(Award.entered_by), col(Award.reviewed_by))
    )
    for item_id, household_id, entered_by, reviewed_by, count, steps in session.execute(grouped):
        if item_id not in of_id:
            continue
        one = told[of_id[item_id]]
        one.awards += count
        one.steps[household_id] += int(steps)
        one.enterers.add(entered_by)
        if reviewed_by:
            one.reviewers.add(reviewed_by)
    return [_used(key, one) for key, one in told.items()]


def _used(key: tuple[str, str, str], one: _Told) -> ItemUse:
    total = sum(one.steps.values())
    largest = max((abs(steps) for steps in one.steps.values()), default=0)
    many = one.awards >= ONE_HAND_FROM
    return ItemUse(
        *key,
        versions=tuple(reversed(one.versions)),
        in_use=one.in_use,
        awards=one.awards,
        households=len(one.steps),
        steps=total,
        largest_percent=100 * largest // abs(total) if total else 0,
        sole_enterer=next(iter(one.enterers)) if many and len(one.enterers) == 1 else "",
        sole_reviewer=next(iter(one.reviewers)) if many and len(one.reviewers) == 1 else "",
    )
