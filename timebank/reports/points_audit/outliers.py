"""What stands out in a year's awards: households far above the others, and officers who decide for each other's.

Neither says that anything is wrong: a household may simply do much, and in a village everybody knows everybody. They say
where a supervision committee should look first.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import quantiles

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from timebank.people import households
from timebank.people.residents import Person
from timebank.permissions import Actor
from timebank.points.awards.tables import LIVE, Award
from timebank.points.table.tables import PointsItem
from timebank.reports.points_audit.years import of_year

FENCE_TENTHS = (
    30  # so many tenths of the middle half's width above it is far out (Tukey, Exploratory Data Analysis, 1977)
)
HOUSEHOLDS_LEAST = 8  # with fewer there is no middle half to speak of (own)


@dataclass(frozen=True)
class FarAbove:
    """A household above the fence; `median_steps` and `fence_steps` are those of all households with awards."""

    household_id: uuid.UUID
    household_number: int
    awards: int
    steps: int
    median_steps: int
    fence_steps: int


@dataclass(frozen=True)
class Mutual:
    """Two officers, by their numbers, who entered or decided awards of each other's household; `a_for_b`: by `a`, for `b`'s."""

    a: str
    b: str
    a_for_b: int
    b_for_a: int
    steps: int


def far_above(session: Session, *, actor: Actor, year: int, now: dt.datetime) -> list[FarAbove]:
    """Households whose awards of the year lie far above the others', most first; neither deductions nor base points count.

    Raises:
        NotFound: no year of this community.
    """
    community_id, first, last = of_year(session, actor=actor, year=year, now=now)
    grouped = (
        select(col(Award.household_id), func.count(), func.sum(col(Award.credited_steps)))
        .join(
            PointsItem,
            (col(PointsItem.community_id) == Award.community_id) & (col(PointsItem.id) == Award.item_id),
        )
        .where(*_awards(community_id, first, last), col(PointsItem.kind) == "award")
        .group_by(col(Award.household_id))
    )
    found = [(household_id, count, int(steps)) for household_id, count, steps in session.execute(grouped)]
    if len(found) < HOUSEHOLDS_LEAST:
        return []
    lower, middle, upper = quantiles((steps for _id, _count, steps in found), n=4, method="inclusive")
    fence = int(upper + (upper - lower) * FENCE_TENTHS / 10)
    above = sorted((one for one in found if one[2] > fence), key=lambda one: (-one[2], one[0].bytes))
    known = households.households_of(session, community_id, {one[0] for one in above})
    return [
        FarAbove(household_id, known[household_id].number, count, steps, int(middle), fence)
        for household_id, count, steps in above
    ]


def mutual(session: Session, *, actor: Actor, year: int, now: dt.datetime) -> list[Mutual]:
    """Pairs of officers of two households who each entered or decided awards of the other's, most awards first.

    Raises:
        NotFound: no year of this community.
    """
    community_id, first, last = of_year(session, actor=actor, year=year, now=now)
    grouped = (
        select(
            col(Award.household_id),
            col(Award.entered_by),
            col(Award.reviewed_by),
            func.count(),
            func.sum(col(Award.credited_steps)),
        )
        .where(*_awards(community_id, first, last), col(Award.credited_steps) > 0)
        .group_by(col(Award.household_id), col(Award.entered_by), col(Award.reviewed_by))
    )
    done: dict[tuple[str, uuid.UUID], list[int]] = defaultdict(lambda: [0, 0])
    for household_id, entered_by, reviewed_by, count, steps in session.execute(grouped):
        for number in {entered_by, reviewed_by} - {None}:
            told = done[number, household_id]
            told[0] += count
            told[1] += int(steps)
    home = _homes(session, community_id, {number for number, _household in done})
    return sorted(_pairs(done, home), key=lambda pair: (-pair.a_for_b - pair.b_for_a, pair.a, pair.b))


def _pairs(done: Mapping[tuple[str, uuid.UUID], list[int]], home: Mapping[str, uuid.UUID]) -> Iterable[Mutual]:
    officers = sorted(home)
    for at, a in enumerate(officers):
        for b in officers[at + 1 :]:
            for_b, for_a = done.get((a, home[b])), done.get((b, home[a]))
            if for_a and for_b and home[a] != home[b]:
                yield Mutual(a, b, for_b[0], for_a[0], for_a[1] + for_b[1])


def _homes(session: Session, community_id: int, numbers: set[str]) -> dict[str, uuid.UUID]:
    """The households of officers; jobs and the console have none."""
    query = select(col(Person.number), col(Person.household_id)).where(
        col(Person.community_id) == community_id, col(Person.number).in_(numbers), col(Person.household_id).is_not(None)
    )
    return {row.number: row.household_id for row in session.execute(query)}


def _awards(community_id: int, first: dt.date, last: dt.date) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Award.community_id) == community_id,
        col(Award.on_day).between(first, last),
        col(Award.state).in_(LIVE),
    )
