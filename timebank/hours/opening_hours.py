"""When a service point is open (开放时间): by weekday or by the last digit of the day (逢五 means the 5th, 15th and 25th).

Days on which it is closed or open otherwise are entered one by one, with a reason; a point may also keep the public
holidays. Hours are the community's own clock, as minutes of the day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, delete, select
from sqlmodel import Field, Session, SQLModel, col

from timebank.columns import Day, Id, Instant, Number
from timebank.errors import BadInput
from timebank.hours import service_points
from timebank.people import communities, working_days
from timebank.permissions import Actor

DAY_MINUTES = 24 * 60
OPENINGS_MOST = 28
DUTY_MOST = 20
AHEAD = timedelta(days=400)


class PointHours(SQLModel, table=True):
    """That a point has hours, and how many volunteers should be on duty while it is open (0: no roster)."""

    __tablename__ = "point_hours"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "point_id"], ["service_point.community_id", "service_point.id"], name="fk_point_hours"
        ),
        CheckConstraint("duty_people BETWEEN 0 AND 20", name="ck_point_hours_duty"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    point_id: UUID = Field(sa_type=Id, primary_key=True)
    keeps_holidays: bool
    duty_people: int = Field(sa_type=Number)
    set_at: datetime = Field(sa_type=Instant)
    set_by: str


class PointOpening(SQLModel, table=True):
    """Hours that come again: `weekday` 1 (Monday) to 7, or `digit` 0 to 9, the last digit of the day of the month."""

    __tablename__ = "point_opening"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "point_id"], ["point_hours.community_id", "point_hours.point_id"], name="fk_point_opening"
        ),
        CheckConstraint(
            "(kind = 'weekday' AND day BETWEEN 1 AND 7) OR (kind = 'digit' AND day BETWEEN 0 AND 9)",
            name="ck_point_opening_day",
        ),
        CheckConstraint(
            "0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440",
            name="ck_point_opening_minutes",
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    point_id: UUID = Field(sa_type=Id, primary_key=True)
    kind: str = Field(primary_key=True)
    day: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    opens_minute: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    closes_minute: int = Field(sa_type=Number)


class PointDay(SQLModel, table=True):
    """One day that is not as others: closed, or open at these minutes instead."""

    __tablename__ = "point_day"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "point_id"], ["service_point.community_id", "service_point.id"], name="fk_point_day"
        ),
        CheckConstraint(
            "(opens_minute IS NULL AND closes_minute IS NULL)"
            " OR (0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440)",
            name="ck_point_day_minutes",
        ),
        CheckConstraint("length(reason) BETWEEN 1 AND 200", name="ck_point_day_reason"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    point_id: UUID = Field(sa_type=Id, primary_key=True)
    day: date = Field(sa_type=Day, primary_key=True)
    opens_minute: int | None = Field(default=None, sa_type=Number)
    closes_minute: int | None = Field(default=None, sa_type=Number)
    reason: str
    entered_at: datetime = Field(sa_type=Instant)
    entered_by: str


@dataclass(frozen=True, order=True)
class Opening:
    """Hours of one kind of day: `weekday` 1 to 7 or `digit` 0 to 9, from one minute of the day to another."""

    kind: str
    day: int
    opens_minute: int
    closes_minute: int

    def falls_on(self, day: date) -> bool:
        """Whether these hours are of this day."""
        return self.day == (day.isoweekday() if self.kind == "weekday" else day.day % 10)


@dataclass(frozen=True)
class Hours:
    """All that is known of when a point is open; days are asked of it without looking anything up again."""

    openings: tuple[Opening, ...]
    keeps_holidays: bool
    duty_people: int
    days: dict[date, PointDay]
    declared: dict[date, bool]

    @property
    def known(self) -> bool:
        """Whether anybody said when the point is open."""
        return bool(self.openings) or bool(self.days)

    def spans_on(self, day: date) -> list[tuple[int, int]]:
        """The minutes of a day in which the point is open, in order; touching ones are one. Empty: closed."""
        special = self.days.get(day)
        if special is not None:
            if special.opens_minute is None or special.closes_minute is None:
                return []
            return [(special.opens_minute, special.closes_minute)]
        if self.is_holiday(day):
            return []
        spans: list[tuple[int, int]] = []
        for opens, closes in sorted(
            (one.opens_minute, one.closes_minute) for one in self.openings if one.falls_on(day)
        ):
            if spans and opens <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], closes))
            else:
                spans.append((opens, closes))
        return spans

    def is_holiday(self, day: date) -> bool:
        """Whether the point is closed that day because it keeps the public holidays."""
        return self.keeps_holidays and working_days.is_public_holiday(day, self.declared)

    def why_closed(self, day: date) -> str:
        """The reason that was entered for a day; empty where there is none."""
        return self.days[day].reason if day in self.days else ""


def set_hours(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    number: int,
    openings: Sequence[Opening],
    keeps_holidays: bool,
    duty_people: int,
) -> dict[str, object]:
    """Say when a point is open and how many should be on duty; what was said before is replaced as a whole.

    Raises:
        BadInput: hours that end before they begin, or that overlap on the same kind of day.
    """
    point = service_points.for_change(session, actor, "service_points.set_hours", number)
    _refuse_bad(openings, duty_people)
    header = session.get(PointHours, (point.community_id, point.id))
    if header is None:
        header = PointHours(
            community_id=point.community_id,
            point_id=point.id,
            keeps_holidays=keeps_holidays,
            duty_people=duty_people,
            set_at=now,
            set_by=actor.number,
        )
        session.add(header)
    header.keeps_holidays, header.duty_people = keeps_holidays, duty_people
    header.set_at, header.set_by = now, actor.number
    session.flush()
    session.execute(
        delete(PointOpening).where(
            col(PointOpening.community_id) == point.community_id, col(PointOpening.point_id) == point.id
        )
    )
    for one in openings:
        session.add(
            PointOpening(
                community_id=point.community_id,
                point_id=point.id,
                kind=one.kind,
                day=one.day,
                opens_minute=one.opens_minute,
                closes_minute=one.closes_minute,
            )
        )
    session.flush()
    return {"code": "hours_set", "number": point.number, "openings": len(openings)}


def set_day(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    number: int,
    day: date,
    reason: str,
    opens_minute: int | None = None,
    closes_minute: int | None = None,
) -> dict[str, object]:
    """Close a point on one day, or open it at other minutes; a later word on the same day replaces the earlier."""
    point = service_points.for_change(session, actor, "service_points.set_hours", number)
    _refuse_bad_day(session, point.community_id, day, now, reason)
    if (opens_minute is None) != (closes_minute is None) or (
        opens_minute is not None and closes_minute is not None and not 0 <= opens_minute < closes_minute <= DAY_MINUTES
    ):
        raise BadInput(fields={"closes": "after_start"})
    row = session.get(PointDay, (point.community_id, point.id, day))
    if row is None:
        row = PointDay(
            community_id=point.community_id,
            point_id=point.id,
            day=day,
            reason=reason.strip(),
            entered_at=now,
            entered_by=actor.number,
        )
        session.add(row)
    row.opens_minute, row.closes_minute, row.reason = opens_minute, closes_minute, reason.strip()
    row.entered_at, row.entered_by = now, actor.number
    session.flush()
    return {"code": "point_day_set", "number": point.number, "day": day.isoformat(), "closed": opens_minute is None}


def clear_day(session: Session, *, actor: Actor, now: datetime, number: int, day: date) -> dict[str, object]:
    """Let a day be as others again. Clearing twice is harmless; what is past stays."""
    point = service_points.for_change(session, actor, "service_points.set_hours", number)
    row = session.get(PointDay, (point.community_id, point.id, day))
    if row is not None:
        if day < communities.local_day(communities.community(session, point.community_id), now):
            raise BadInput(fields={"day": "in_the_past"})
        session.delete(row)
        session.flush()
    return {"code": "point_day_cleared", "number": point.number, "day": day.isoformat()}


def hours_of(session: Session, community_id: int, point_ids: Sequence[UUID], *, since: date) -> dict[UUID, Hours]:
    """The hours of several points, with the special days from a day on."""
    wanted = list(point_ids)
    headers = {
        row.point_id: row
        for row in session.scalars(
            select(PointHours).where(col(PointHours.community_id) == community_id, col(PointHours.point_id).in_(wanted))
        )
    }
    openings: dict[UUID, list[Opening]] = {}
    for row in session.scalars(
        select(PointOpening).where(
            col(PointOpening.community_id) == community_id, col(PointOpening.point_id).in_(wanted)
        )
    ):
        openings.setdefault(row.point_id, []).append(Opening(row.kind, row.day, row.opens_minute, row.closes_minute))
    days: dict[UUID, dict[date, PointDay]] = {}
    for special in session.scalars(
        select(PointDay)
        .where(col(PointDay.community_id) == community_id, col(PointDay.point_id).in_(wanted))
        .where(col(PointDay.day) >= since)
        .order_by(col(PointDay.day))
    ):
        days.setdefault(special.point_id, {})[special.day] = special
    declared = {day: row.works for day, row in working_days.declared_days(session, community_id, since=since).items()}
    return {
        point_id: Hours(
            openings=tuple(sorted(openings.get(point_id, []), key=_by_weekday_first)),
            keeps_holidays=point_id in headers and headers[point_id].keeps_holidays,
            duty_people=headers[point_id].duty_people if point_id in headers else 0,
            days=days.get(point_id, {}),
            declared=declared,
        )
        for point_id in wanted
    }


def _by_weekday_first(one: Opening) -> tuple[bool, int, int]:
    return (one.kind == "digit", one.day, one.opens_minute)


def _refuse_bad(openings: Sequence[Opening], duty_people: int) -> None:
    bad: dict[str, str] = {}
    if not 0 <= duty_people <= DUTY_MOST:
        bad["duty_people"] = "range"
    if len(openings) > OPENINGS_MOST:
        bad["openings"] = "too_many"
    before: Opening | None = None
    for one in sorted(openings):
        most, least = (7, 1) if one.kind == "weekday" else (9, 0)
        if one.kind not in {"weekday", "digit"} or not least <= one.day <= most:
            bad["openings"] = "day"
        elif not 0 <= one.opens_minute < one.closes_minute <= DAY_MINUTES:
            bad["openings"] = "after_start"
        elif before and (before.kind, before.day) == (one.kind, one.day) and one.opens_minute < before.closes_minute:
            bad["openings"] = "overlap"
        before = one
    if bad:
        raise BadInput(fields=bad)


def _refuse_bad_day(session: Session, community_id: int, day: date, now: datetime, reason: str) -> None:
    today = communities.local_day(communities.community(session, community_id), now)
    bad = {}
    if not today <= day <= today + AHEAD:
        bad["day"] = "in_the_past" if day < today else "too_far_ahead"
    if not 1 <= len(reason.strip()) <= 200:
        bad["reason"] = "required"
    if bad:
        raise BadInput(fields=bad)
