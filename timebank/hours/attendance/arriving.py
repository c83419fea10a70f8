"""The plain check-in, found out in one question: somebody of the register, at an open point, with nothing in the way.

`plainly` can only say yes. Whatever is not plain (something is planned there now, another visit is in the way...) goes the
long way (scans.check_in), which asks one thing after the other and says what is so; a test puts the same cases to both.
"""

from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, literal, select
from sqlmodel import Session, col

from timebank.columns import Instant
from timebank.hours.activities import Activity
from timebank.hours.activities.reading import EARLY
from timebank.hours.attendance.tables import Visit, VisitDay
from timebank.hours.service_points import ServicePoint
from timebank.people.residents import Person
from timebank.storage import Prepared


class Arrival(NamedTuple):
    """Where somebody may begin a visit plainly, and what was credited on days of that month before."""

    point_id: UUID
    place: str
    born_on: date | None
    credited_that_day: int
    credited_that_month: int


_NEVER = datetime(9000, 1, 1, tzinfo=UTC)
_OF_PERSON = (
    col(VisitDay.community_id) == bindparam("community_id"),
    col(VisitDay.person_id) == bindparam("person_id"),
)
_CREDITED = select(func.coalesce(func.sum(col(VisitDay.credited_minutes)), 0)).where(*_OF_PERSON)
_CREDITED_THAT_DAY = _CREDITED.where(col(VisitDay.day) == bindparam("day"))
_CREDITED_THAT_MONTH = _CREDITED.where(
    col(VisitDay.day) >= bindparam("first_day"), col(VisitDay.day) <= bindparam("last_day")
)
_SOMETHING_IS_ON = (
    select(col(Activity.id))
    .where(col(Activity.community_id) == bindparam("community_id"), col(Activity.point_id) == col(ServicePoint.id))
    .where(col(Activity.cancelled_at).is_(None))
    .where(col(Activity.starts_at) <= bindparam("early"), col(Activity.ends_at) > bindparam("at"))
)
# Visits of a person never overlap (the database sees to that), so the one that began last also ends last.
_END = func.coalesce(col(Visit.ended_at), literal(_NEVER, Instant()))
_LAST_END = (
    select(_END)
    .where(col(Visit.community_id) == bindparam("community_id"), col(Visit.person_id) == bindparam("person_id"))
    .where(col(Visit.state) != "rejected")
    .order_by(col(Visit.started_at).desc(), _END.desc())
    .limit(1)
)
_ARRIVAL = Prepared(
    select(
        col(ServicePoint.id),
        col(ServicePoint.name),
        col(Person.born_on),
        _CREDITED_THAT_DAY.scalar_subquery(),
        _CREDITED_THAT_MONTH.scalar_subquery(),
        _LAST_END.scalar_subquery(),
    )
    .join_from(ServicePoint, Person, col(Person.community_id) == col(ServicePoint.community_id))
    .where(col(ServicePoint.community_id) == bindparam("community_id"))
    .where(col(ServicePoint.number) == bindparam("point_number"), col(ServicePoint.closed_at).is_(None))
    .where(col(Person.id) == bindparam("person_id"), col(Person.left_on).is_(None))
    .where(~_SOMETHING_IS_ON.exists())
)


def plainly(
    session: Session,
    community_id: int,
    person_id: UUID,
    *,
    point_number: int,
    at: datetime,
    day: date,
    month: tuple[date, date],
) -> Arrival | None:
    """What a plain check-in at this moment, on this local day of this month, needs to know; None: it is not plain."""
    found = _ARRIVAL.first(
        session,
        community_id=community_id,
        person_id=person_id,
        point_number=point_number,
        at=at,
        early=at + EARLY,
        day=day,
        first_day=month[0],
        last_day=month[1],
    )
    if found is None:
        return None
    point_id, place, born_on, of_day, of_month, last_end = found
    if last_end is not None and last_end > at:
        return None
    return Arrival(point_id, place, born_on, int(of_day), int(of_month))  # PostgreSQL adds up to decimals
