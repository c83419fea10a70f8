"""Planning activities: one, several that come again, a campaign; changing and calling off one of them or all that follow."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlmodel import Session, col

from timebank import notices
from timebank.errors import BadInput
from timebank.hours import opening_hours, service_points
from timebank.hours.activities import seats
from timebank.hours.activities.campaigns import CAMPAIGNS
from timebank.hours.activities.refusals import ActivityBegun, ActivityCancelled, ActivityOver
from timebank.hours.activities.requirements import Terms, clean_skills, refuse_bad_terms, terms_of
from timebank.hours.activities.rhythm import DAYS_MOST, Rhythm, days_of
from timebank.hours.activities.tables import Activity, ActivitySeries, ActivityTerms
from timebank.hours.service_classes import ACTIVITY_CLASSES
from timebank.hours.service_points import ServicePoint
from timebank.people import communities, residents
from timebank.permissions import Actor, require
from timebank.storage import new_id, next_number

LONGEST = timedelta(hours=16)
AHEAD = timedelta(days=400)
SHIFTS_MOST = 6
ONE, REST = "one", "rest"
NO_TERMS = Terms()


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A part of a day: from a time of the community's clock to another (earlier: of the next day), with room for so many."""

    starts: time
    ends: time
    name: str = ""
    capacity: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "starts": self.starts.strftime("%H:%M"),
            "ends": self.ends.strftime("%H:%M"),
            "capacity": self.capacity,
        }


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an activity shall be from now on. `day` only where one alone is changed; none: its own."""

    title: str
    service_class: str
    shift: Shift
    leader_id: UUID | None
    terms: Terms
    day: date | None = None


def plan(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    point_number: int,
    title: str,
    service_class: str,
    starts_at: datetime,
    ends_at: datetime,
    capacity: int | None,
    leader_id: UUID | None,
    terms: Terms = NO_TERMS,
) -> dict[str, object]:
    """Announce an activity; volunteers can sign up at once."""
    point = _point_to_plan_at(session, actor, point_number)
    _refuse_bad(title, service_class, [(starts_at, ends_at, capacity)], terms)
    place = communities.community(session, point.community_id)
    activity = write_activity(
        session,
        point=point,
        now=now,
        title=title,
        service_class=service_class,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=capacity,
        leader_id=_leader(session, point.community_id, leader_id),
        planned_by=actor.number,
        terms=terms,
        occurs_on=communities.local_day(place, starts_at),
    )
    return {
        "code": "activity_planned",
        "activity_id": activity.id.hex,
        "number": activity.number,
        "title": activity.title,
    }


def plan_series(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    point_number: int,
    title: str,
    service_class: str,
    rhythm: Rhythm,
    first_on: date,
    until_on: date,
    shifts: Sequence[Shift],
    leader_id: UUID | None,
    terms: Terms,
    skips_closed: bool,
    template: str | None = None,
) -> dict[str, object]:
    """Announce activities that come again, each shift of each day with its own places.

    `skips_closed`: days on which the point is closed are left out (public holidays too, if it keeps them).

    Raises:
        BadInput: no day, more than 200 activities, days in the past, shifts that cannot be.
    """
    point = _point_to_plan_at(session, actor, point_number)
    place = communities.community(session, point.community_id)
    today = communities.local_day(place, now)
    if not 1 <= len(shifts) <= SHIFTS_MOST:
        raise BadInput(fields={"shifts": "range"})
    if not today <= first_on <= today + AHEAD:
        raise BadInput(fields={"day": "in_the_past" if first_on < today else "too_far_ahead"})
    days = days_of(rhythm, first_on, until_on)
    closed = _closed_days(session, point, days, today) if skips_closed else set()
    open_days = [day for day in days if day not in closed]
    if not open_days:
        raise BadInput(fields={"until": "no_day"})
    if len(open_days) * len(shifts) > DAYS_MOST:
        raise BadInput(fields={"until": "too_many"})
    spans = [(*span_of(session, point.community_id, open_days[0], shift), shift.capacity) for shift in shifts]
    _refuse_bad(title, service_class, spans, terms)
    leader_id = _leader(session, point.community_id, leader_id)
    series = ActivitySeries(
        community_id=point.community_id,
        id=new_id(now),
        number=next_number(session, point.community_id, "activity_series"),
        kind="campaign" if template else "series",
        point_id=point.id,
        title=title.strip(),
        template=template,
        rhythm=rhythm.as_json(),
        shifts=[shift.as_json() for shift in shifts],
        first_on=open_days[0],
        until_on=open_days[-1],
        planned_at=now,
        planned_by=actor.number,
    )
    session.add(series)
    session.flush()
    numbers = []
    for day in open_days:
        for at, shift in enumerate(shifts):
            starts_at, ends_at = span_of(session, point.community_id, day, shift)
            if ends_at <= now:
                continue  # earlier today
            activity = write_activity(
                session,
                point=point,
                now=now,
                title=title,
                service_class=service_class,
                starts_at=starts_at,
                ends_at=ends_at,
                capacity=shift.capacity,
                leader_id=leader_id,
                planned_by=actor.number,
                terms=terms,
                occurs_on=day,
                series_id=series.id,
                shift=at,
                shift_name=shift.name,
            )
            numbers.append(activity.number)
    if not numbers:
        raise BadInput(fields={"day": "in_the_past"})
    return {
        "code": "series_planned",
        "series": series.number,
        "title": series.title,
        "activities": len(numbers),
        "first": numbers[0],
        "left_out": [day.isoformat() for day in sorted(closed)],
    }


def plan_campaign(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    template: str,
    point_number: int,
    first_on: date,
    leader_id: UUID | None,
    title: str,
) -> dict[str, object]:
    """Announce a campaign as its template says, from a first day on; each of its activities can be changed afterwards."""
    campaign = CAMPAIGNS.get(template)
    if campaign is None:
        raise BadInput(fields={"template": "choice"})
    days = [first_on + timedelta(days=day) for day in range(campaign.days)]
    return plan_series(
        session,
        actor=actor,
        now=now,
        point_number=point_number,
        title=title,
        service_class=campaign.service_class,
        rhythm=Rhythm("days", days=tuple(day.isoformat() for day in days)),
        first_on=days[0],
        until_on=days[-1],
        shifts=[
            Shift(
                name=one.name,
                starts=time.fromisoformat(one.starts),
                ends=time.fromisoformat(one.ends),
                capacity=one.capacity,
            )
            for one in campaign.shifts
        ],
        leader_id=leader_id,
        terms=Terms(
            note=campaign.note,
            skills=campaign.skills,
            age_from=campaign.age_from,
            needs_insurance=campaign.needs_insurance,
            closes_minutes=campaign.closes_minutes,
        ),
        skips_closed=False,
        template=template,
    )


def change(
    session: Session, *, actor: Actor, now: datetime, number: int, change: Change, scope: str
) -> dict[str, object]:
    """Change an activity that has not begun, or it and all that follow in its series (`scope` one or rest).

    Of those that follow, the ones that were changed by themselves, called off or begun stay as they are. Who has a place
    is told of other times, and whoever has promised that time elsewhere loses the place and is told so; a smaller room sends those who signed up last back to the waiting list, a larger one brings
    up who waits.

    Raises:
        ActivityBegun, ActivityCancelled, BadInput.
    """
    activity = seats.by_number(session, communities.community_of(actor), number)
    seats.require_planner(session, actor, "activities.change", activity)
    if activity.cancelled_at is not None:
        raise ActivityCancelled(activity=activity.title, reason=activity.cancel_reason)
    if now >= activity.starts_at:
        raise ActivityBegun(activity=activity.title)
    terms = terms_of(session, activity)
    if scope not in {ONE, REST} or (scope == REST and (terms is None or terms.series_id is None)):
        raise BadInput(fields={"scope": "choice"})
    targets = [activity] if scope == ONE else [activity, *_following(session, activity, now, changed_too=False)]
    leader_id = _leader(session, activity.community_id, change.leader_id)
    moved, back, up = 0, 0, 0
    for one in targets:
        before = (one.starts_at, one.ends_at)
        _apply(session, one, change, leader_id=leader_id, alone=scope == ONE, now=now)
        if (one.starts_at, one.ends_at) != before:
            moved += 1
            seats.free_who_cannot_come(session, one, now)
            _tell(session, one, "activity_changed", now=now)
        one_back, one_up = seats.fit_to_capacity(session, one, now)
        back, up = back + one_back, up + one_up
    return {
        "code": "activity_changed",
        "number": activity.number,
        "title": activity.title,
        "activities": len(targets),
        "moved": moved,
        "moved_back": back,
        "moved_up": up,
    }


def cancel(
    session: Session, *, actor: Actor, now: datetime, number: int, reason: str, scope: str = ONE
) -> dict[str, object]:
    """Call an activity off, or it and all that follow in its series; who signed up or waits is told the reason.

    Cancelling twice is harmless.
    """
    activity = seats.by_number(session, communities.community_of(actor), number)
    seats.require_planner(session, actor, "activities.cancel", activity)
    targets = [activity] if scope == ONE else [activity, *_following(session, activity, now, changed_too=True)]
    cancelled = 0
    for one in targets:
        if one.cancelled_at is None:
            if now >= one.ends_at:
                raise ActivityOver(activity=one.title)
            call_off(session, one, reason=reason.strip()[:200] or None, now=now)
            cancelled += 1
    return {
        "code": "activity_cancelled_now",
        "number": activity.number,
        "title": activity.title,
        "activities": cancelled,
    }


def call_off(session: Session, activity: Activity, *, reason: str | None, now: datetime) -> None:
    """Write that an activity does not take place, and tell those who meant to come."""
    activity.cancelled_at, activity.cancel_reason = now, reason
    session.flush()
    _tell(session, activity, "activity_cancelled", now=now, reason=reason or "")


def write_activity(
    session: Session,
    *,
    point: ServicePoint,
    now: datetime,
    title: str,
    service_class: str,
    starts_at: datetime,
    ends_at: datetime,
    capacity: int | None,
    leader_id: UUID | None,
    planned_by: str,
    terms: Terms,
    occurs_on: date,
    kind: str = "activity",
    series_id: UUID | None = None,
    shift: int = 0,
    shift_name: str = "",
) -> Activity:
    """Write one activity with its terms; who calls has looked whether all of it can be."""
    activity = Activity(
        community_id=point.community_id,
        id=new_id(now),
        number=next_number(session, point.community_id, "activity"),
        point_id=point.id,
        title=title.strip(),
        service_class=service_class,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=capacity,
        leader_id=leader_id,
        planned_by=planned_by,
    )
    session.add(activity)
    session.flush()
    session.add(
        ActivityTerms(
            community_id=point.community_id,
            activity_id=activity.id,
            kind=kind,
            series_id=series_id,
            occurs_on=occurs_on,
            shift=shift,
            shift_name=shift_name.strip(),
            note=terms.note.strip(),
            sign_up_closes_at=_closes_at(starts_at, terms),
            skills=list(clean_skills(terms.skills)),
            age_from=terms.age_from,
            age_to=terms.age_to,
            needs_insurance=terms.needs_insurance,
        )
    )
    session.flush()
    return activity


def span_of(session: Session, community_id: int, day: date, shift: Shift) -> tuple[datetime, datetime]:
    """The instants of a shift on a day of the community's clock."""
    start = communities.day_start(communities.community(session, community_id), day)
    starts_at = datetime.combine(day, shift.starts, tzinfo=start.tzinfo)
    ends_on = day if shift.ends > shift.starts else day + timedelta(days=1)
    return starts_at, datetime.combine(ends_on, shift.ends, tzinfo=start.tzinfo)


def _apply(
    session: Session, one: Activity, change: Change, *, leader_id: UUID | None, alone: bool, now: datetime
) -> None:
    terms = terms_of(session, one)
    place = communities.community(session, one.community_id)
    if terms is None:
        terms = ActivityTerms(
            community_id=one.community_id,
            activity_id=one.id,
            occurs_on=communities.local_day(place, one.starts_at),
        )
        session.add(terms)
    held_on = communities.local_day(place, one.starts_at)
    day = change.day if alone and change.day is not None else held_on
    starts_at, ends_at = span_of(session, one.community_id, day, change.shift)
    _refuse_bad(change.title, change.service_class, [(starts_at, ends_at, change.shift.capacity)], change.terms)
    if starts_at <= now or starts_at > now + AHEAD:
        raise BadInput(fields={"day": "in_the_past" if starts_at <= now else "too_far_ahead"})
    one.title, one.service_class = change.title.strip(), change.service_class
    one.starts_at, one.ends_at, one.capacity, one.leader_id = starts_at, ends_at, change.shift.capacity, leader_id
    terms.note, terms.skills = change.terms.note.strip(), list(clean_skills(change.terms.skills))
    terms.age_from, terms.age_to = change.terms.age_from, change.terms.age_to
    terms.needs_insurance = change.terms.needs_insurance
    terms.shift_name, terms.sign_up_closes_at = change.shift.name.strip(), _closes_at(starts_at, change.terms)
    terms.differs = alone and terms.series_id is not None
    session.flush()


def _following(session: Session, activity: Activity, now: datetime, *, changed_too: bool) -> list[Activity]:
    """The same shift on later days of its series, in order of time, those not begun and not called off."""
    terms = terms_of(session, activity)
    if terms is None or terms.series_id is None:
        return []
    query = (
        select(Activity)
        .join(
            ActivityTerms,
            and_(
                col(ActivityTerms.community_id) == col(Activity.community_id),
                col(ActivityTerms.activity_id) == col(Activity.id),
            ),
        )
        .where(col(ActivityTerms.community_id) == activity.community_id)
        .where(col(ActivityTerms.series_id) == terms.series_id, col(ActivityTerms.shift) == terms.shift)
        .where(col(ActivityTerms.occurs_on) > terms.occurs_on)
        .where(col(Activity.starts_at) > now, col(Activity.cancelled_at).is_(None))
        .order_by(col(Activity.starts_at), col(Activity.id))
    )
    if not changed_too:
        query = query.where(col(ActivityTerms.differs).is_(False))
    return list(session.scalars(query))


def _tell(session: Session, activity: Activity, kind: str, *, now: datetime, **facts: str) -> None:
    notices.tell_all(
        session,
        community_id=activity.community_id,
        person_ids=seats.people_of(session, activity),
        kind=kind,
        facts=seats.facts_of(activity) | facts,
        now=now,
    )


def _point_to_plan_at(session: Session, actor: Actor, point_number: int) -> ServicePoint:
    point = service_points.by_number(session, communities.community_of(actor), point_number)
    require(actor, "activities.plan", community_id=point.community_id, area_path=point.area_path)
    if point.closed_at is not None:
        raise service_points.PointClosed(point=point.name)
    return point


def _leader(session: Session, community_id: int, leader_id: UUID | None) -> UUID | None:
    """The leader, if she is in the register and has not left."""
    if leader_id is None:
        return None
    leader = residents.person(session, community_id, leader_id)
    if residents.has_left(leader):
        raise residents.HasLeft(person=leader.number, left_on=str(leader.left_on))
    return leader.id


def _closed_days(session: Session, point: ServicePoint, days: Sequence[date], today: date) -> set[date]:
    hours = opening_hours.hours_of(session, point.community_id, [point.id], since=today)[point.id]
    closed = set()
    for day in days:
        special = hours.days.get(day)
        if (special is not None and special.opens_minute is None) or (special is None and hours.is_holiday(day)):
            closed.add(day)
    return closed


def _closes_at(starts_at: datetime, terms: Terms) -> datetime | None:
    return None if terms.closes_minutes is None else starts_at - timedelta(minutes=terms.closes_minutes)


def _refuse_bad(
    title: str, service_class: str, spans: Iterable[tuple[datetime, datetime, int | None]], terms: Terms
) -> None:
    bad = refuse_bad_terms(terms)
    if not 1 <= len(title.strip()) <= 80:
        bad["title"] = "length"
    if service_class not in ACTIVITY_CLASSES:
        bad["service_class"] = "choice"
    for starts_at, ends_at, capacity in spans:
        if not timedelta(0) < ends_at - starts_at <= LONGEST:
            bad["ends_at"] = "after_start"
        if capacity is not None and not 1 <= capacity <= 1000:
            bad["capacity"] = "range"
    if bad:
        raise BadInput(fields=bad)
