"""Checking in and out by a scanned code: the volunteer's two taps.

Evidence of the code: A, a live code of the point's screen; B, the code printed for a point without one. Two scans of
live codes are settled at once; everything else waits for another person's word.
"""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from ledger import book_of
from timebank import accounts, policy
from timebank.columns import to_ms
from timebank.errors import NotFound, Refused
from timebank.hours import activities, depositors, service_points, team_hours
from timebank.hours.activities import Activity
from timebank.hours.attendance import arriving, rests
from timebank.hours.attendance.finishing import finish
from timebank.hours.attendance.tables import Visit
from timebank.hours.attendance.tickets import Ticket, TicketBroken
from timebank.hours.attendance.visits import (
    CheckedInElsewhere,
    begin_visit,
    local_clock,
    month_of,
    open_visit,
    open_visit_of,
    refuse_if_open,
    room,
    room_left,
    rules_of,
    zone_of,
)
from timebank.hours.service_points import PointClosed, ServicePoint
from timebank.people import residents
from timebank.people.teams import Team
from timebank.permissions import Actor, may, require

TOO_SOON = timedelta(seconds=30)


class NotAVolunteer(Refused):
    """Signed in, but no volunteer of this community."""

    code = "not_a_volunteer"
    status = 403


class NotCheckedIn(Refused):
    """There is no visit to end."""

    code = "not_checked_in"
    status = 409


class AlreadyCheckedOut(Refused):
    """A second tap on check-out: the visit has ended, and stays as it is."""

    code = "already_checked_out"
    status = 409


class JustCheckedIn(Refused):
    """The same code as at check-in: a visit needs two scans."""

    code = "just_checked_in"
    status = 409


def ticket_of_code(session: Session, *, community_id: int, point_number: int, code: str, now: datetime) -> Ticket:
    """What a live code proves now; reads only, since opening a link must not write."""
    point = service_points.by_number(session, community_id, point_number)
    rules = rules_of(session, community_id, now)
    step_seconds = rules.code_step_seconds
    step = service_points.step_of_code(
        session, point, code, now=now, step_seconds=step_seconds, window_steps=rules.code_window_steps
    )
    return Ticket(community_id, point.number, now, "A", step)


def ticket_of_link(session: Session, *, community_id: int, point_number: int, code: str, now: datetime) -> Ticket:
    """What the code in a link proves.

    All ten digits are needed: nobody counts how often links are tried, and six digits would be found within hours.
    """
    if len(code) != service_points.LINK_DIGITS:
        raise service_points.WrongCode(point=service_points.by_number(session, community_id, point_number).name)
    return ticket_of_code(session, community_id=community_id, point_number=point_number, code=code, now=now)


def ticket_of_fixed_code(
    session: Session, *, community_id: int, point_number: int, token: str, now: datetime
) -> Ticket:
    """What a printed code proves: less, since a photograph of it scans from home."""
    point = service_points.by_number(session, community_id, point_number)
    service_points.check_fixed_code(point, token)
    return Ticket(community_id, point.number, now, "B", None)


def check_in(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ticket: Ticket,
    activity_number: int | None = None,
    team_number: int | None = None,
) -> dict[str, object]:
    """Begin a visit at the moment of the scan, for oneself or (`team_number`) for a team of one's own; 0: for oneself.

    Raises:
        NotAVolunteer, UnderAge, AgeUnknown, PointClosed. NotAMember: of the team, on that day.
        AlreadyCheckedIn: a second tap. CheckedInElsewhere: at another point, or at an elder's door.
        OverlappingVisit: the scan is older than the end of the visit before.
        ActivityFull, ActivityOver, ActivityCancelled: the chosen activity.
    """
    person_id = _volunteer(actor, "attendance.check_in", ticket)
    if not activity_number and not team_number:
        told = _check_in_plainly(session, actor=actor, person_id=person_id, now=now, ticket=ticket)
        if told is not None:
            return told
    return _check_in_at_length(
        session,
        actor=actor,
        person_id=person_id,
        now=now,
        ticket=ticket,
        activity_number=activity_number,
        team_number=team_number,
    )


def check_out(session: Session, *, actor: Actor, now: datetime, ticket: Ticket) -> dict[str, object]:
    """End the visit at the moment of the scan, and bank its minutes if both scans were of live codes.

    A visit that was closed as forgotten is mended by a scan at the same point within twelve hours (policy) of its start.

    Raises:
        NotAVolunteer, NotCheckedIn, CheckedInElsewhere, JustCheckedIn.
        AlreadyCheckedOut: a second tap.
    """
    person_id = _who_goes(session, actor, ticket)
    point = _point(session, ticket)
    visit = _visit_to_end(session, ticket, person_id, point)
    same_code = ticket.step is not None and visit.start_step is not None and ticket.step <= visit.start_step
    if same_code or ticket.scanned_at - visit.started_at < TOO_SOON:
        raise JustCheckedIn(
            place=visit.place, since=local_clock(visit.started_at, zone_of(session, visit.community_id))
        )
    finish(
        session,
        visit=visit,
        ended_at=ticket.scanned_at,
        now=now,
        evidence=ticket.evidence,
        recorded_by=actor.number,
        step=ticket.step,
        doubts=() if ticket.evidence == "A" else ("static_code",),
    )
    return told(session, visit, "checked_out")


def told(session: Session, visit: Visit, code: str) -> dict[str, object]:
    """A visit's outcome as its volunteer is told it."""
    zone = zone_of(session, visit.community_id)
    ended_at = visit.ended_at or visit.started_at
    between = int(ended_at.timestamp()) - int(visit.started_at.timestamp())
    if visit.spans is not None:
        rested = between - sum(seconds for seconds, _ in visit.spans)
    else:
        rested = rests.seconds(rests.of_visit(session, visit), until=ended_at)
    facts: dict[str, object] = {
        "code": code,
        "visit_id": visit.id.hex,
        "place": visit.place,
        "state": visit.state,
        "since": local_clock(visit.started_at, zone),
        "until": local_clock(ended_at, zone),
        "evidence": visit.evidence,
        "real_minutes": (between - rested) // 60,
        "rest_minutes": rested // 60,
        "review_reasons": list(visit.review_reasons),
    }
    if visit.state == "settled":
        facts["credited_minutes"] = visit.credited_minutes
        facts["pool_minutes"] = visit.pool_minutes
        facts["reasons"] = visit.reasons
        facts["entry_seq"] = visit.entry_seq
        facts["balance_minutes"] = _balance(session, visit)
    team = team_hours.team_of_visit(session, visit.community_id, visit.id)
    if team is not None:
        facts["team"] = team.name
        facts.pop("balance_minutes", None)  # his own account did not move
    return facts


def mendable_visit(session: Session, community_id: int, person_id: UUID, point_id: UUID, at: datetime) -> Visit | None:
    """A visit of these hours whose check-out was forgotten, at this point, not yet reviewed."""
    within = timedelta(hours=rules_of(session, community_id, at).presence_hours)
    return session.scalars(
        select(Visit)
        .where(col(Visit.community_id) == community_id)
        .where(col(Visit.person_id) == person_id)
        .where(col(Visit.point_id) == point_id)
        .where(col(Visit.state) == "estimated")
        .where(col(Visit.order_id).is_(None))
        .where(col(Visit.started_at) > at - within)
        .order_by(col(Visit.started_at).desc())
        .limit(1)
    ).first()


def open_until(session: Session, visit: Visit) -> datetime:
    """Until when a claim of presence for an open visit holds: it must end by itself, or a crash would lock a person out."""
    return visit.started_at + timedelta(hours=rules_of(session, visit.community_id, visit.started_at).presence_hours)


def _who_goes(session: Session, actor: Actor, ticket: Ticket) -> UUID:
    """A volunteer; also who was one when the visit began, and is in still."""
    if actor.person_id is not None and is_in_still(session, actor):
        require(actor, "attendance.check_out_own", community_id=ticket.community_id, person_id=actor.person_id)
        return actor.person_id
    return _volunteer(actor, "attendance.check_out", ticket)


def is_in_still(session: Session, actor: Actor) -> bool:
    """Whether somebody has a visit that goes on, though the volunteer's role may have ended since it began."""
    if actor.person_id is None or actor.community_id is None:
        return False
    if may(actor, "attendance.check_out", community_id=actor.community_id):
        return False
    return open_visit_of(session, actor.community_id, actor.person_id) is not None


def _volunteer(actor: Actor, use_case: str, ticket: Ticket) -> UUID:
    if actor.person_id is None or not may(actor, use_case, community_id=ticket.community_id):
        raise NotAVolunteer
    require(actor, use_case, community_id=ticket.community_id)
    return actor.person_id


def _check_in_plainly(
    session: Session, *, actor: Actor, person_id: UUID, now: datetime, ticket: Ticket
) -> dict[str, object] | None:
    """The check-in as it mostly is, with nothing written and None told if it is not so; see arriving."""
    zone = zone_of(session, ticket.community_id)
    day = ticket.scanned_at.astimezone(zone).date()
    found = arriving.plainly(
        session,
        ticket.community_id,
        person_id,
        point_number=ticket.point_number,
        at=ticket.scanned_at,
        day=day,
        month=month_of(day),
    )
    if found is None:
        return None
    rules = policy.of(session, ticket.community_id, day)
    age = residents.full_years(found.born_on, day)
    if not depositors.may_alone(age, rules):
        return None
    visit_id = begin_visit(
        session,
        community_id=ticket.community_id,
        person_id=person_id,
        place=found.place,
        evidence=ticket.evidence,
        started_at=ticket.scanned_at,
        now=now,
        recorded_by=actor.number,
        point_id=found.point_id,
        step=ticket.step,
    )
    told = _begun(ticket, visit_id, found.place, zone)
    told |= room(rules, age=age, of_day=found.credited_that_day, of_month=found.credited_that_month)
    return told | {"activity": None, "team": None}


def _check_in_at_length(
    session: Session,
    *,
    actor: Actor,
    person_id: UUID,
    now: datetime,
    ticket: Ticket,
    activity_number: int | None,
    team_number: int | None,
) -> dict[str, object]:
    """The check-in with one question after the other, and a refusal for each."""
    point = _point(session, ticket)
    refuse_if_open(session, community_id=ticket.community_id, person_id=person_id, point=point, order_id=None)
    activity = chosen_activity(session, point, person_id, activity_number, ticket.scanned_at)
    team = for_whom(
        session,
        community_id=ticket.community_id,
        person_id=person_id,
        at=ticket.scanned_at,
        activity=activity,
        team_number=team_number,
    )
    if activity is not None:
        activities.take_place(session, activity=activity, person_id=person_id, now=now)
    visit_id = open_visit(
        session,
        community_id=ticket.community_id,
        person_id=person_id,
        started_at=ticket.scanned_at,
        now=now,
        evidence=ticket.evidence,
        recorded_by=actor.number,
        place=point.name,
        point=point,
        activity=activity,
        step=ticket.step,
        team=team,
    )
    told = _begun(ticket, visit_id, point.name, zone_of(session, ticket.community_id))
    told |= room_left(session, ticket.community_id, person_id, ticket.scanned_at)
    return told | {"activity": activity.title if activity else None, "team": team.name if team else None}


def _begun(ticket: Ticket, visit_id: UUID, place: str, zone: ZoneInfo) -> dict[str, object]:
    return {
        "code": "checked_in",
        "visit_id": visit_id.hex,
        "place": place,
        "since": local_clock(ticket.scanned_at, zone),
        "since_ms": to_ms(ticket.scanned_at),
        "evidence": ticket.evidence,
    }


def _point(session: Session, ticket: Ticket) -> ServicePoint:
    try:
        point = service_points.by_number(session, ticket.community_id, ticket.point_number)
    except NotFound as error:
        raise TicketBroken from error
    if point.closed_at is not None and point.closed_at <= ticket.scanned_at:
        raise PointClosed(point=point.name)
    return point


def chosen_activity(
    session: Session, point: ServicePoint, person_id: UUID, number: int | None, at: datetime
) -> Activity | None:
    """The chosen activity; if none was chosen, the one that the person signed up for."""
    running = activities.running_at(
        session, point_id=point.id, community_id=point.community_id, person_id=person_id, at=at
    )
    if number is None:
        number = next((line.number for line in running if line.mine), None)
    if not number:
        return None
    activity = activities.by_number(session, point.community_id, number)
    if activity.number not in {line.number for line in running}:
        if activity.cancelled_at is not None:
            raise activities.ActivityCancelled(activity=activity.title, reason=activity.cancel_reason)
        raise activities.ActivityOver(activity=activity.title)
    return activity


def for_whom(
    session: Session,
    *,
    community_id: int,
    person_id: UUID,
    at: datetime,
    activity: Activity | None,
    team_number: int | None = None,
) -> Team | None:
    """The team for which a person serves from `at` on, or None for himself; refused, if he may not at all."""
    person = residents.person(session, community_id, person_id)
    if residents.has_left(person):
        raise NotAVolunteer
    day = at.astimezone(zone_of(session, community_id)).date()
    return depositors.admit(session, community_id, person, day, activity=activity, team_number=team_number)


def _visit_to_end(session: Session, ticket: Ticket, person_id: UUID, point: ServicePoint) -> Visit:
    zone = zone_of(session, ticket.community_id)
    visit = open_visit_of(session, ticket.community_id, person_id)
    if visit is not None:
        if visit.point_id != point.id or visit.order_id is not None:
            raise CheckedInElsewhere(
                place=visit.place,
                since=local_clock(visit.started_at, zone),
                since_ms=to_ms(visit.started_at),
                visit_id=visit.id.hex,
            )
        return visit
    visit = mendable_visit(session, ticket.community_id, person_id, point.id, ticket.scanned_at)
    if visit is not None:
        return visit
    last = session.scalars(
        select(Visit)
        .where(col(Visit.community_id) == ticket.community_id)
        .where(col(Visit.person_id) == person_id)
        .where(col(Visit.point_id) == point.id)
        .where(col(Visit.ended_at) >= ticket.scanned_at - TOO_SOON)
        .order_by(col(Visit.ended_at).desc())
        .limit(1)
    ).first()
    if last is not None and last.ended_at is not None:
        raise AlreadyCheckedOut(place=last.place, until=local_clock(last.ended_at, zone), visit_id=last.id.hex)
    raise NotCheckedIn(point=point.name)


def _balance(session: Session, visit: Visit) -> int:
    number = accounts.find_main(session, visit.community_id, visit.person_id, "min")
    return 0 if number is None else book_of(session).account(number).balance
