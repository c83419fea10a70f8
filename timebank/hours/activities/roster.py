"""Duty rosters (值班): from a point's opening hours come turns of duty, which volunteers take as they sign up for activities.

A turn is an activity of kind `duty`: places, waiting list, requirements and absences are the same. Turns are laid out some
weeks ahead; where the hours change or a day is closed, turns follow, and who had one is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlmodel import Session, col

from timebank import notices, policy
from timebank.errors import NotFound
from timebank.hours import opening_hours, service_points
from timebank.hours.activities import planning, reading, seats
from timebank.hours.activities.reading import ActivityLine
from timebank.hours.activities.requirements import Terms
from timebank.hours.activities.tables import Activity, ActivitySeries, ActivityTerms, SignUp
from timebank.hours.opening_hours import Hours, Opening
from timebank.hours.service_points import ServicePoint
from timebank.people import communities
from timebank.people.communities import Community
from timebank.people.logins import RoleGrant
from timebank.people.residents import Person
from timebank.permissions import Actor, require
from timebank.storage import new_id, next_number

TITLE = "值班"
POINT_CLOSED_THEN = "服务点这个时间不开放"
FRIDAY = 5
TOLD = ("desk_staff", "community_manager")


@dataclass(frozen=True)
class Turn:
    """One turn of duty and who has it."""

    line: ActivityLine
    people: tuple[Person, ...]

    @property
    def missing(self) -> int:
        """How many are still looked for."""
        return max(0, (self.line.capacity or 0) - len(self.people))


@dataclass(frozen=True)
class RosterDay:
    """One day at a point: when it is open (minutes of the day), why not if it is closed, and its turns."""

    day: date
    spans: tuple[tuple[int, int], ...]
    why_closed: str
    is_holiday: bool
    turns: tuple[Turn, ...]

    @property
    def staffed(self) -> bool:
        """Whether somebody has at least one turn."""
        return any(turn.people for turn in self.turns)


@dataclass(frozen=True)
class Week:
    """A week at a point, Monday first. `needed_days`: on so many days somebody should be on duty."""

    point: service_points.Point
    hours: Hours
    days: tuple[RosterDay, ...]
    needed_days: int

    @property
    def staffed_days(self) -> int:
        return sum(day.staffed for day in self.days)

    @property
    def open_days(self) -> int:
        return sum(bool(day.spans) for day in self.days)

    @property
    def gaps(self) -> list[Turn]:
        """Turns for which somebody is still looked for."""
        return [turn for day in self.days for turn in day.turns if turn.missing]

    @property
    def asked_days(self) -> int:
        """On how many days of this week somebody should be on duty: no more than the point is open.

        A point that opens by the digit of the day (逢五) has its own rhythm: there it is each of its days.
        """
        if not self.hours.duty_people:
            return 0
        by_digit = all(one.kind == "digit" for one in self.hours.openings)
        return self.open_days if by_digit else min(self.needed_days, self.open_days)

    @property
    def too_few(self) -> bool:
        """Whether fewer days have somebody on duty than should."""
        return self.staffed_days < self.asked_days

    @property
    def opens_too_seldom(self) -> bool:
        """Whether even the usual hours are of fewer days a week than the community wants."""
        weekdays = {one.day for one in self.hours.openings if one.kind == "weekday"}
        return bool(weekdays) and len(weekdays) < self.needed_days


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
    """Say when a point is open and how many should be on duty; its turns follow in the same commit."""
    told = opening_hours.set_hours(
        session,
        actor=actor,
        now=now,
        number=number,
        openings=openings,
        keeps_holidays=keeps_holidays,
        duty_people=duty_people,
    )
    return told | _lay_out_at(session, communities.community_of(actor), number, now, actor.number)


def set_day(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    number: int,
    day: date,
    reason: str,
    opens_minute: int | None,
    closes_minute: int | None,
) -> dict[str, object]:
    """Close a point on one day, or open it otherwise; its turns follow in the same commit, and who had one is told."""
    told = opening_hours.set_day(
        session,
        actor=actor,
        now=now,
        number=number,
        day=day,
        reason=reason,
        opens_minute=opens_minute,
        closes_minute=closes_minute,
    )
    return told | _lay_out_at(session, communities.community_of(actor), number, now, actor.number)


def clear_day(session: Session, *, actor: Actor, now: datetime, number: int, day: date) -> dict[str, object]:
    """Let a day be as others again; its turns come back, empty."""
    told = opening_hours.clear_day(session, actor=actor, now=now, number=number, day=day)
    return told | _lay_out_at(session, communities.community_of(actor), number, now, actor.number)


def lay_out(session: Session, *, actor: Actor, now: datetime) -> dict[str, object]:
    """Lay out the turns of the coming weeks at every point with a roster. A job; harmless when repeated."""
    community_id = communities.community_of(actor)
    require(actor, "roster.lay_out", community_id=community_id)
    made = sum(
        lay_out_point(session, point, now, planned_by=actor.number)
        for point in _points_with_roster(session, community_id)
    )
    return {"code": "rosters_laid_out", "turns": made}


def lay_out_point(session: Session, point: ServicePoint, now: datetime, *, planned_by: str) -> int:
    """Make turns fit a point's hours, from the next one on; returns how many were made, changed or called off."""
    place = communities.community(session, point.community_id)
    today = communities.local_day(place, now)
    if session.get(opening_hours.PointHours, (point.community_id, point.id)) is None:
        return 0
    hours = opening_hours.hours_of(session, point.community_id, [point.id], since=today)[point.id]
    weeks = policy.of(session, point.community_id, today).duty_weeks_ahead
    wanted = {
        (day, opens): closes
        for day in (today + timedelta(days=ahead) for ahead in range(7 * weeks))
        for opens, closes in hours.spans_on(day)
        if hours.duty_people and point.closed_at is None
    }
    series = _series(session, point, now, today, planned_by, wanted=bool(wanted))
    if series is None:
        return 0
    return _fit(session, point, series, hours, wanted, place=place, now=now, planned_by=planned_by)


def week(session: Session, *, actor: Actor, now: datetime, number: int, monday: date) -> Week:
    """A week at a point with its turns and who has them, for staff."""
    require(actor, "roster.week", community_id=actor.community_id)
    community_id = communities.community_of(actor)
    point = service_points.by_number(session, community_id, number)
    return week_of(
        session, point, monday, today=communities.local_day(communities.community(session, community_id), now)
    )


def week_of(session: Session, point: ServicePoint, monday: date, *, today: date) -> Week:
    """The same, for who has asked whether it may be shown."""
    monday -= timedelta(days=monday.weekday())
    place = communities.community(session, point.community_id)
    hours = opening_hours.hours_of(session, point.community_id, [point.id], since=min(monday, today))[point.id]
    turns = _turns(session, point, place, monday, monday + timedelta(days=7))
    days = tuple(
        RosterDay(
            day=day,
            spans=tuple(hours.spans_on(day)),
            why_closed=hours.why_closed(day),
            is_holiday=day not in hours.days and hours.is_holiday(day),
            turns=tuple(turns.get(day, ())),
        )
        for day in (monday + timedelta(days=ahead) for ahead in range(7))
    )
    rules = policy.of(session, point.community_id, monday)
    return Week(point=service_points.as_point(point), hours=hours, days=days, needed_days=rules.duty_days_a_week)


def on_duty(session: Session, community_id: int, point: ServicePoint, day: date) -> list[Turn]:
    """The turns of one day at a point, for who has asked whether names may be shown."""
    place = communities.community(session, community_id)
    return _turns(session, point, place, day, day + timedelta(days=1)).get(day, [])


def weeks_short(session: Session, community_id: int, now: datetime) -> list[Week]:
    """Next week at the points where fewer days than needed have somebody on duty; asked on Fridays."""
    place = communities.community(session, community_id)
    today = communities.local_day(place, now)
    monday = today + timedelta(days=7 - today.weekday())
    found = [week_of(session, point, monday, today=today) for point in _points_with_roster(session, community_id)]
    return [one for one in found if one.too_few]


def tell_gaps(session: Session, *, actor: Actor, now: datetime) -> dict[str, object]:
    """On Friday tell desk staff and managers where next week has too few days with somebody on duty. A job."""
    community_id = communities.community_of(actor)
    require(actor, "roster.tell_gaps", community_id=community_id)
    place = communities.community(session, community_id)
    today = communities.local_day(place, now)
    if today.isoweekday() != FRIDAY:
        return {"code": "gaps_told", "points": 0}
    short = weeks_short(session, community_id, now)
    for one in short:
        notices.tell_all(
            session,
            community_id=community_id,
            person_ids=_who_is_told(session, place, today),
            kind="roster_gap",
            facts={
                "point": one.point.name,
                "point_number": one.point.number,
                "week_on": one.days[0].day.isoformat(),
                "days": one.staffed_days,
                "needed": one.asked_days,
            },
            now=now,
        )
    return {"code": "gaps_told", "points": len(short)}


def has_rosters(session: Session, community_id: int) -> bool:
    """Whether any point has hours, so that there may be turns to lay out."""
    return bool(_points_with_roster(session, community_id))


def is_time_to_tell(session: Session, community_id: int, now: datetime) -> bool:
    """Whether it is Friday here and some point is short of people next week."""
    today = communities.local_day(communities.community(session, community_id), now)
    return today.isoweekday() == FRIDAY and bool(weeks_short(session, community_id, now))


def _lay_out_at(session: Session, community_id: int, number: int, now: datetime, planned_by: str) -> dict[str, object]:
    point = service_points.by_number(session, community_id, number)
    return {"turns": lay_out_point(session, point, now, planned_by=planned_by)}


def _fit(
    session: Session,
    point: ServicePoint,
    series: ActivitySeries,
    hours: Hours,
    wanted: dict[tuple[date, int], int],
    *,
    place: Community,
    now: datetime,
    planned_by: str,
) -> int:
    zone, touched = ZoneInfo(place.zone), 0
    existing = _coming_turns(session, point, series, now)
    for (day, opens), (activity, terms) in existing.items():
        closes = wanted.get((day, opens))
        if closes is None:
            if activity.cancelled_at is None:
                _close_turn(session, activity, now)
                touched += 1
        elif not terms.differs:
            touched += _set_turn(session, activity, _at(day, closes, zone), hours.duty_people, now)
    for (day, opens), closes in wanted.items():
        if (day, opens) not in existing and _at(day, opens, zone) > now:
            planning.write_activity(
                session,
                point=point,
                now=now,
                title=TITLE,
                service_class="public",
                starts_at=_at(day, opens, zone),
                ends_at=_at(day, closes, zone),
                capacity=hours.duty_people,
                leader_id=None,
                planned_by=planned_by,
                terms=Terms(),
                occurs_on=day,
                kind="duty",
                series_id=series.id,
                shift=opens,
            )
            touched += 1
    return touched


def _close_turn(session: Session, activity: Activity, now: datetime) -> None:
    """Call a turn off and free its places, so that it is empty if the point opens after all."""
    planning.call_off(session, activity, reason=POINT_CLOSED_THEN, now=now)
    for place in session.scalars(
        select(SignUp)
        .where(col(SignUp.community_id) == activity.community_id, col(SignUp.activity_id) == activity.id)
        .where(col(SignUp.given_up_at).is_(None))
    ):
        place.given_up_at, place.given_up_how = now, seats.CLOSED
    session.flush()


def _set_turn(session: Session, activity: Activity, ends_at: datetime, duty_people: int, now: datetime) -> bool:
    """Bring one turn to the hours of today; one that was called off by hand stays so."""
    if activity.cancelled_at is not None:
        if activity.cancel_reason != POINT_CLOSED_THEN:
            return False
        activity.cancelled_at, activity.cancel_reason = None, None
    elif (activity.ends_at, activity.capacity) == (ends_at, duty_people):
        return False
    moved = activity.ends_at != ends_at
    activity.ends_at, activity.capacity = ends_at, duty_people
    session.flush()
    if moved:
        notices.tell_all(
            session,
            community_id=activity.community_id,
            person_ids=seats.people_of(session, activity),
            kind="activity_changed",
            facts=seats.facts_of(activity),
            now=now,
        )
    seats.fit_to_capacity(session, activity, now)
    return True


def _series(
    session: Session, point: ServicePoint, now: datetime, today: date, planned_by: str, *, wanted: bool
) -> ActivitySeries | None:
    """The roster of a point; made when it gets its first turn."""
    series = session.scalars(
        select(ActivitySeries)
        .where(col(ActivitySeries.community_id) == point.community_id, col(ActivitySeries.point_id) == point.id)
        .where(col(ActivitySeries.kind) == "duty")
    ).one_or_none()
    if series is None and wanted:
        series = ActivitySeries(
            community_id=point.community_id,
            id=new_id(now),
            number=next_number(session, point.community_id, "activity_series"),
            kind="duty",
            point_id=point.id,
            title=TITLE,
            first_on=today,
            planned_at=now,
            planned_by=planned_by,
        )
        session.add(series)
        session.flush()
    return series


def _coming_turns(
    session: Session, point: ServicePoint, series: ActivitySeries, now: datetime
) -> dict[tuple[date, int], tuple[Activity, ActivityTerms]]:
    rows = session.execute(
        select(Activity, ActivityTerms)
        .join(
            ActivityTerms,
            and_(
                col(ActivityTerms.community_id) == col(Activity.community_id),
                col(ActivityTerms.activity_id) == col(Activity.id),
            ),
        )
        .where(col(Activity.community_id) == point.community_id, col(Activity.starts_at) > now)
        .where(col(ActivityTerms.series_id) == series.id)
        .order_by(col(Activity.starts_at))
    )
    return {(terms.occurs_on, terms.shift): (activity, terms) for activity, terms in rows}


def _turns(session: Session, point: ServicePoint, place: Community, first: date, after: date) -> dict[date, list[Turn]]:
    lines = reading.lines_between(
        session,
        point.community_id,
        point.id,
        communities.day_start(place, first),
        communities.day_start(place, after),
        kind="duty",
    )
    people = reading.places_in(session, point.community_id, [line.id for line in lines])
    found: dict[date, list[Turn]] = {}
    for line in lines:
        found.setdefault(communities.local_day(place, line.starts_at), []).append(Turn(line, tuple(people[line.id])))
    return found


def _points_with_roster(session: Session, community_id: int) -> list[ServicePoint]:
    """Points with hours, closed ones too while they may still have turns."""
    return list(
        session.scalars(
            select(ServicePoint)
            .join(
                opening_hours.PointHours,
                and_(
                    col(opening_hours.PointHours.community_id) == col(ServicePoint.community_id),
                    col(opening_hours.PointHours.point_id) == col(ServicePoint.id),
                ),
            )
            .where(col(ServicePoint.community_id) == community_id)
            .order_by(col(ServicePoint.number))
        )
    )


def _who_is_told(session: Session, place: Community, today: date) -> list[UUID]:
    """Staff of this community who are in its register."""
    return [
        person_id
        for person_id in session.scalars(
            select(col(RoleGrant.person_id))
            .where(col(RoleGrant.community_id) == place.id, col(RoleGrant.role).in_(TOLD))
            .where(col(RoleGrant.revoked_at).is_(None), col(RoleGrant.from_on) <= today)
            .where(or_(col(RoleGrant.until_on).is_(None), col(RoleGrant.until_on) >= today))
            .order_by(col(RoleGrant.person_id))
        )
        if person_id is not None
    ]


def _at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """A minute of a day of the community's clock; 1440 is the midnight after it."""
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    return start + timedelta(minutes=minute)


def point_of(session: Session, community_id: int, number: int) -> ServicePoint:
    """A point that is not closed for good."""
    point = service_points.by_number(session, community_id, number)
    if point.closed_at is not None:
        raise NotFound(what="service_point")
    return point
