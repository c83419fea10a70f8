"""What a household earned: its honour, which no year's end and no redeeming takes away.

Honour counts awards as booked, less deductions, without base points; what was booked back counts nothing. A household
that took others in counts what they had earned.
"""

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlmodel import Session, col, func, select

from timebank.points.awards.tables import BOOKED, Award
from timebank.points.awards.used import chunks
from timebank.points.household_changes import following
from timebank.points.table.tables import PointsItem

FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(9999, 12, 31)


def lifetime(session: Session, community_id: int, household_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """All that these households ever earned, in steps; 0 for who earned nothing."""
    return of_period(session, community_id, household_ids, FIRST_DAY, LAST_DAY)


def of_period(
    session: Session, community_id: int, household_ids: Sequence[uuid.UUID], first: dt.date, last: dt.date
) -> dict[uuid.UUID, int]:
    """What they earned by events of these days, the last one included."""
    stands_for = following.predecessors(session, community_id, household_ids)
    found = dict.fromkeys(household_ids, 0)
    for some in chunks({*household_ids, *stands_for}):
        query = _earned(community_id, first, last).where(col(Award.household_id).in_(some))
        for household_id, steps in session.execute(query):
            found[stands_for.get(household_id, household_id)] += int(steps)
    return {household_id: max(steps, 0) for household_id, steps in found.items()}


def everybody(session: Session, community_id: int, first: dt.date, last: dt.date) -> dict[uuid.UUID, int]:
    """The same of all households that earned anything, for lists."""
    found = {row[0]: int(row[1]) for row in session.execute(_earned(community_id, first, last))}
    stands_for = following.ended(session, community_id, found)
    for household_id in stands_for:
        to = following.successor(session, community_id, household_id)
        if to != household_id:
            found[to] = found.get(to, 0) + found.pop(household_id)
    return found


def deducted(session: Session, community_id: int, first: dt.date, last: dt.date) -> dict[uuid.UUID, int]:
    """What was deducted from households by events of these days, as positive steps."""
    query = (
        select(Award.household_id, func.sum(-col(Award.credited_steps)))
        .where(
            Award.community_id == community_id,
            Award.state == BOOKED,
            col(Award.on_day).between(first, last),
            col(Award.credited_steps) < 0,
        )
        .group_by(col(Award.household_id))
    )
    return {row[0]: int(row[1]) for row in session.execute(query)}


def with_remark(
    session: Session, community_id: int, first: dt.date, last: dt.date, remark: str
) -> dict[uuid.UUID, str]:
    """Households with an award of these days by an item whose remark says so, each with the first such item."""
    query = (
        select(Award.household_id, PointsItem.title)
        .join(PointsItem, (col(PointsItem.community_id) == Award.community_id) & (col(PointsItem.id) == Award.item_id))
        .where(
            Award.community_id == community_id,
            Award.state == BOOKED,
            col(Award.on_day).between(first, last),
            col(Award.credited_steps) > 0,
            col(PointsItem.remark).contains(remark, autoescape=True),
        )
        .order_by(col(Award.on_day).desc(), col(Award.id).desc())
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _earned(community_id: int, first: dt.date, last: dt.date):  # type: ignore[no-untyped-def]
    return (
        select(Award.household_id, func.sum(col(Award.credited_steps)))
        .join(PointsItem, (col(PointsItem.community_id) == Award.community_id) & (col(PointsItem.id) == Award.item_id))
        .where(
            Award.community_id == community_id,
            Award.state == BOOKED,
            col(Award.on_day).between(first, last),
            PointsItem.kind != "base",
        )
        .group_by(col(Award.household_id))
    )
