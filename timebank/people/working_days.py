"""Working days in China: the published holiday calendar where it is known, else Monday to Friday, and days that an admin entered."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import chinese_calendar
from sqlmodel import Field, Session, SQLModel, col, select

from timebank.columns import Day, Number
from timebank.errors import BadInput
from timebank.people import communities
from timebank.permissions import Actor, require


class CalendarDay(SQLModel, table=True):
    """A day that a community declared to be a working day or a holiday."""

    __tablename__ = "calendar_day"

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    day: dt.date = Field(sa_type=Day, primary_key=True)
    works: bool
    reason: str
    entered_by: str


def declare_day(
    session: Session, *, actor: Actor, now: dt.datetime, day: dt.date, works: bool, reason: str
) -> dict[str, Any]:
    """Say that a day is a working day or a holiday here; a later word on the same day replaces the earlier."""
    require(actor, "working_days.declare", community_id=actor.community_id)
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    if day < now.date():
        raise BadInput(fields={"day": "in_the_past"})
    assert actor.community_id is not None
    entered = session.get(CalendarDay, (actor.community_id, day))
    if entered is None:
        entered = CalendarDay(community_id=actor.community_id, day=day, works=works, reason="", entered_by="")
        session.add(entered)
    entered.works, entered.reason, entered.entered_by = works, reason.strip()[:200], actor.number
    return {"code": "day_declared", "day": day.isoformat(), "works": works}


def declared_days(session: Session, community_id: int, *, since: dt.date) -> dict[dt.date, CalendarDay]:
    """Days entered by hand from a day on."""
    rows = session.scalars(
        select(CalendarDay)
        .where(CalendarDay.community_id == community_id, col(CalendarDay.day) >= since)
        .order_by(col(CalendarDay.day))
        .limit(400)
    ).all()
    return {row.day: row for row in rows}


def works_on(day: dt.date, declared: Mapping[dt.date, bool]) -> bool:
    """Whether people work on this day."""
    if day in declared:
        return declared[day]
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        # The calendar of a year is published late in the year before: until then the week says it.
        return day.isoweekday() <= 5


def is_public_holiday(day: dt.date, declared: Mapping[dt.date, bool]) -> bool:
    """Whether this is a holiday by the published calendar or by a word of this community; a mere weekend is none."""
    if day in declared:
        return not declared[day]
    try:
        is_off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return False
    return bool(is_off and name)


def last_working_day(start: dt.date, count: int, declared: Mapping[dt.date, bool]) -> dt.date:
    """The day on which `count` full working days after `start` have passed; the day of the announcement does not count."""
    day = start
    while count > 0:
        day += dt.timedelta(days=1)
        count -= works_on(day, declared)
    return day


def today_in(session: Session, community_id: int, now: dt.datetime) -> dt.date:
    """The day that the community's people call today."""
    return communities.local_day(communities.community(session, community_id), now)


def end_of_day(session: Session, community_id: int, day: dt.date) -> dt.datetime:
    """The instant of midnight at which a day is over there."""
    return communities.day_start(communities.community(session, community_id), day + dt.timedelta(days=1))


def end_of_working_days(session: Session, community_id: int, start: dt.date, count: int) -> dt.date:
    """The same with the days that this community entered."""
    declared = {day: row.works for day, row in declared_days(session, community_id, since=start).items()}
    return last_working_day(start, count, declared)
