"""The staff's station at a service point (服务点扫卡): one card after another, and each is told in, out or resting.

A person whose card was scanned stood before somebody of the point: as good as two scans of a live code (evidence A). Who
scans his own card, or his family's, was seen by nobody else: such a visit waits for review (B).
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from timebank.columns import to_ms
from timebank.errors import BadInput, Refused
from timebank.hours import activities, service_points
from timebank.hours.activities import Activity
from timebank.hours.attendance import rests
from timebank.hours.attendance.finishing import finish
from timebank.hours.attendance.scans import (
    TOO_SOON,
    AlreadyCheckedOut,
    JustCheckedIn,
    NotAVolunteer,
    NotCheckedIn,
    chosen_activity,
    for_whom,
    mendable_visit,
    told,
)
from timebank.hours.attendance.tables import Visit
from timebank.hours.attendance.visits import (
    AlreadyCheckedIn,
    CheckedInElsewhere,
    by_id,
    local_clock,
    open_visit,
    open_visit_of,
    refuse_if_open,
    room_left,
    rules_of,
    zone_of,
)
from timebank.hours.service_points import PointClosed, ServicePoint
from timebank.people import communities, logins, residents
from timebank.people.residents import Person
from timebank.permissions import Actor, require

DIRECTIONS = ("in", "out", "rest")


class DirectionUnclear(Refused):
    """A check-out was forgotten, too long ago to guess whether the person comes or goes: somebody must say."""

    code = "direction_unclear"
    status = 409


class ScanFromTheFuture(Refused):
    """The scan's time has not come yet: the clock of the device is wrong."""

    code = "scan_from_the_future"
    status = 409


def scan(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    point_number: int,
    person_id: UUID,
    scanned_at: datetime,
    activity_number: int | None = None,
    direction: str | None = None,
) -> dict[str, object]:
    """Check the person in, out, or into a rest and back, as staff of the point saw it at `scanned_at`.

    `direction` in or out is meant so; rest begins a rest or ends it. Without one the state decides: who is out comes
    in, who rests goes on, who is in goes; and a second look at the same card within a few minutes (policy) changes
    nothing and says since when.

    Raises:
        Forbidden: `actor` does not staff this point. NotAVolunteer, UnderAge, PointClosed, ScanFromTheFuture.
        AlreadyCheckedIn, AlreadyCheckedOut, JustCheckedIn, NotCheckedIn: the card says since when.
        CheckedInElsewhere, OverlappingVisit, DirectionUnclear; ActivityFull, ActivityOver, ActivityCancelled.
    """
    if direction is not None and direction not in DIRECTIONS:
        raise BadInput(fields={"direction": "choice"})
    point = _staffed_point(session, actor, point_number, scanned_at)
    person = residents.person(session, point.community_id, person_id)
    zone = zone_of(session, point.community_id)
    if scanned_at > now + timedelta(minutes=rules_of(session, point.community_id, now).offline_ahead_minutes):
        raise ScanFromTheFuture(ahead_minutes=(scanned_at - now) // timedelta(minutes=1))
    verb = direction or _by_state(session, point, person_id, scanned_at)
    if verb == "in":
        # Who goes came in as a volunteer: a role that ended meanwhile takes no service back that was given.
        refuse_no_volunteer(session, person, scanned_at.astimezone(zone).date())
        activity = chosen_activity(session, point, person_id, activity_number, scanned_at)
        return _check_in(session, actor=actor, now=now, point=point, person=person, at=scanned_at, activity=activity)
    visit = _visit_here(session, point, person_id, scanned_at, open_only=verb == "rest")
    if verb == "rest":
        return _rest(session, actor=actor, now=now, visit=visit, at=scanned_at)
    return _check_out(session, actor=actor, now=now, visit=visit, at=scanned_at)


def refuse_who_does_not_staff(session: Session, *, actor: Actor, point_number: int) -> ServicePoint:
    """The point, for who may stand at its station."""
    point = service_points.by_number(session, communities.community_of(actor), point_number)
    require(actor, "attendance.station", community_id=point.community_id, area_path=point.area_path)
    return point


def _staffed_point(session: Session, actor: Actor, number: int, at: datetime) -> ServicePoint:
    point = refuse_who_does_not_staff(session, actor=actor, point_number=number)
    if point.closed_at is not None and point.closed_at <= at:
        raise PointClosed(point=point.name)
    return point


def refuse_no_volunteer(session: Session, person: Person, day: date) -> None:
    """Whoever banks time is a volunteer of this community on that day, by her own role or her sign-in's."""
    if residents.has_left(person):
        raise NotAVolunteer
    held = logins.grants_of_person(session, community_id=person.community_id, person_id=person.id, on=day)
    if any(grant.role == "volunteer" for grant in held):
        return
    login_id = logins.login_of(session, person.community_id, person.id)
    if login_id is None or not any(
        grant.role == "volunteer" for grant in logins.grants_of(session, login_id=login_id, on=day)
    ):
        raise NotAVolunteer


def _by_state(session: Session, point: ServicePoint, person_id: UUID, at: datetime) -> str:
    """What a scan without a word means."""
    rules = rules_of(session, point.community_id, at)
    again = timedelta(minutes=rules.station_again_minutes)
    visit = open_visit_of(session, point.community_id, person_id)
    if visit is not None:
        if rests.open_rest(session, visit) is not None:
            return "rest"
        if at - visit.started_at < again:
            refuse_if_open(session, community_id=point.community_id, person_id=person_id, point=point, order_id=None)
        return "out"
    _refuse_just_left(session, point, person_id, at, again)
    forgotten = mendable_visit(session, point.community_id, person_id, point.id, at)
    if forgotten is None:
        return "in"
    if at - forgotten.started_at > timedelta(minutes=rules.visit_cap_minutes):
        raise DirectionUnclear(
            place=forgotten.place, since=local_clock(forgotten.started_at, zone_of(session, point.community_id))
        )
    return "out"


def _check_in(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    point: ServicePoint,
    person: Person,
    at: datetime,
    activity: Activity | None,
) -> dict[str, object]:
    refuse_if_open(session, community_id=point.community_id, person_id=person.id, point=point, order_id=None)
    team = for_whom(session, community_id=point.community_id, person_id=person.id, at=at, activity=activity)
    if activity is not None:
        activities.take_place(session, activity=activity, person_id=person.id, now=now)
    is_seen = not is_own_family(actor, person)
    visit_id = open_visit(
        session,
        community_id=point.community_id,
        person_id=person.id,
        started_at=at,
        now=now,
        evidence="A" if is_seen else "B",
        recorded_by=actor.number,
        place=point.name,
        point=point,
        activity=activity,
        team=team,
    )
    visit = by_id(session, point.community_id, visit_id)
    if not is_seen:
        visit.review_reasons = ["own_card"]
        session.flush()
    return {
        **_here(session, visit, "checked_in"),
        "activity": activity.title if activity else None,
        "team": team.name if team else None,
        **room_left(session, visit.community_id, person.id, visit.started_at),
    }


def _check_out(session: Session, *, actor: Actor, now: datetime, visit: Visit, at: datetime) -> dict[str, object]:
    if at - visit.started_at < TOO_SOON:
        raise JustCheckedIn(
            place=visit.place, since=local_clock(visit.started_at, zone_of(session, visit.community_id))
        )
    person = residents.person(session, visit.community_id, visit.person_id)
    is_seen = not is_own_family(actor, person)
    finish(
        session,
        visit=visit,
        ended_at=at,
        now=now,
        evidence="A" if is_seen else "B",
        recorded_by=actor.number,
        doubts=() if is_seen else ("own_card",),
    )
    return told(session, visit, "checked_out")


def _rest(session: Session, *, actor: Actor, now: datetime, visit: Visit, at: datetime) -> dict[str, object]:
    going_on = rests.open_rest(session, visit)
    if going_on is None:
        rest = rests.begin(session, visit=visit, at=at, now=now, recorded_by=actor.number)
        code, instant = "rest_begun", rest.started_at
    else:
        if at - going_on.started_at < TOO_SOON:
            raise rests.AlreadyResting(since=_clock(session, visit, going_on.started_at), place=visit.place)
        rest = rests.end(session, visit=visit, at=at, now=now, recorded_by=actor.number)
        code, instant = "rest_ended", rest.ended_at or at
    return {
        **_here(session, visit, code),
        "rest_since": _clock(session, visit, rest.started_at),
        "rest_at": _clock(session, visit, instant),
    }


def _visit_here(session: Session, point: ServicePoint, person_id: UUID, at: datetime, *, open_only: bool) -> Visit:
    """The visit of this point that a check-out or a rest is of."""
    visit = open_visit_of(session, point.community_id, person_id)
    zone = zone_of(session, point.community_id)
    if visit is not None:
        if visit.point_id != point.id or visit.order_id is not None:
            raise CheckedInElsewhere(
                place=visit.place,
                since=local_clock(visit.started_at, zone),
                since_ms=to_ms(visit.started_at),
                visit_id=visit.id.hex,
            )
        if at < visit.started_at:
            raise AlreadyCheckedIn(place=visit.place, since=local_clock(visit.started_at, zone))
        return visit
    visit = None if open_only else mendable_visit(session, point.community_id, person_id, point.id, at)
    if visit is not None:
        return visit
    _refuse_just_left(session, point, person_id, at, TOO_SOON)
    raise NotCheckedIn(point=point.name)


def _refuse_just_left(session: Session, point: ServicePoint, person_id: UUID, at: datetime, within: timedelta) -> None:
    last = session.scalars(
        select(Visit)
        .where(col(Visit.community_id) == point.community_id)
        .where(col(Visit.person_id) == person_id)
        .where(col(Visit.point_id) == point.id)
        .where(col(Visit.state).not_in(("estimated", "rejected")))
        .where(col(Visit.ended_at) > at - within)
        .order_by(col(Visit.ended_at).desc())
        .limit(1)
    ).first()
    if last is not None and last.ended_at is not None:
        zone = zone_of(session, point.community_id)
        raise AlreadyCheckedOut(place=last.place, until=local_clock(last.ended_at, zone), visit_id=last.id.hex)


def is_own_family(actor: Actor, person: Person) -> bool:
    return person.id == actor.person_id or person.household_id == actor.household_id


def _here(session: Session, visit: Visit, code: str) -> dict[str, object]:
    return {
        "code": code,
        "visit_id": visit.id.hex,
        "place": visit.place,
        "since": _clock(session, visit, visit.started_at),
        "since_ms": to_ms(visit.started_at),
        "evidence": visit.evidence,
    }


def _clock(session: Session, visit: Visit, instant: datetime) -> str:
    return local_clock(instant, zone_of(session, visit.community_id))
