"""Who had a place and did not come (未到), and the reasons that are given for it.

Staff write it down, or a job does after the end for those of whom nothing was recorded; it says which. A reason can be
given before the activity (the place is free at once, and nothing counts) or afterwards, when staff decide about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, or_, select, type_coerce
from sqlmodel import Session, col

from timebank import notices, policy
from timebank.columns import Number
from timebank.errors import BadInput
from timebank.hours import service_points
from timebank.hours.activities import seats
from timebank.hours.activities.no_shows import visit_of, was_there
from timebank.hours.activities.refusals import (
    AbsenceTooEarly,
    AbsenceTooLate,
    ActivityCancelled,
    NoPlace,
    NothingToDecide,
    OwnExcuse,
    PlaceCameLate,
    WasThere,
)
from timebank.hours.activities.tables import Absence, Activity, SignUp
from timebank.people import communities
from timebank.people.residents import Person
from timebank.permissions import Actor, may, require

WRITTEN_AFTER = timedelta(minutes=15)  # somebody who is late is not missing yet
WRITTEN_WITHIN = timedelta(days=7)
EXCUSED_WITHIN = timedelta(days=30)
AT_ONCE = 200
REASON_LENGTH = 200
PAGE = 50


@dataclass(frozen=True)
class AbsenceLine:
    """Somebody who did not come, or said that she would not. `counts`: it is one of those that block."""

    activity: Activity
    person: Person
    absence: Absence
    counts: bool


def write_down(session: Session, *, actor: Actor, now: datetime, number: int, person_id: UUID) -> dict[str, object]:
    """Write that somebody with a place did not come. Writing it twice is harmless. Hours are never taken for it.

    Raises:
        NoPlace: she had none. WasThere: she has a visit in that time. PlaceCameLate: she came up at the last moment.
        AbsenceTooEarly: a quarter of an hour after the start has not passed. AbsenceTooLate: more than 7 days ago.
    """
    activity = seats.by_number(session, communities.community_of(actor), number)
    seats.require_planner(session, actor, "activities.write_absence", activity)
    place = _place(session, activity, person_id)
    if now < activity.starts_at + WRITTEN_AFTER:
        raise AbsenceTooEarly(minutes=int(WRITTEN_AFTER.total_seconds()) // 60)
    if now > activity.ends_at + WRITTEN_WITHIN:
        raise AbsenceTooLate(days=WRITTEN_WITHIN.days)
    _refuse_visit(session, activity, person_id)
    if _promoted_late(session, activity, place):
        raise PlaceCameLate(minutes=_notice(session, activity))
    absence = _row(session, activity, person_id)
    if absence.missed_at is None or absence.withdrawn_at is not None:
        _write(session, activity, absence, how="staff", by=actor.number, now=now)
    return _told("absence_written", activity, person_id)


def withdraw(session: Session, *, actor: Actor, now: datetime, number: int, person_id: UUID) -> dict[str, object]:
    """Take back what was written by mistake: she was there, or was never expected. Harmless when repeated."""
    activity = seats.by_number(session, communities.community_of(actor), number)
    seats.require_planner(session, actor, "activities.write_absence", activity)
    absence = session.get(Absence, (activity.community_id, activity.id, person_id))
    if absence is not None and absence.missed_at is not None and absence.withdrawn_at is None:
        if actor.person_id == person_id:
            raise OwnExcuse
        absence.withdrawn_at, absence.withdrawn_by = now, actor.number
        session.flush()
    return _told("absence_withdrawn", activity, person_id)


def excuse(session: Session, *, actor: Actor, now: datetime, number: int, reason: str) -> dict[str, object]:
    """Say why one cannot come, or could not. Before the start the place is free at once for who waits.

    Raises:
        NoPlace: one had none. AbsenceTooLate: 30 days have passed. BadInput: no reason.
    """
    activity = seats.by_number(session, communities.community_of(actor), number)
    require(actor, "activities.sign_up", community_id=activity.community_id)
    return _excuse(session, activity, actor.person_id, reason=reason, now=now)


def excuse_for(
    session: Session, *, actor: Actor, now: datetime, number: int, person_id: UUID, reason: str
) -> dict[str, object]:
    """Write down the reason that somebody gave at the desk or by phone, and accept it."""
    activity = seats.by_number(session, communities.community_of(actor), number)
    seats.require_planner(session, actor, "activities.decide_excuse", activity)
    if actor.person_id == person_id:
        raise OwnExcuse
    told = _excuse(session, activity, person_id, reason=reason, now=now)
    absence = _row(session, activity, person_id)
    absence.verdict, absence.decided_at, absence.decided_by = "accepted", now, actor.number
    session.flush()
    return told


def decide(
    session: Session, *, actor: Actor, now: datetime, number: int, person_id: UUID, verdict: str, note: str
) -> dict[str, object]:
    """Accept or refuse the reason that somebody gave; she is told. What is refused counts, what is accepted does not.

    Raises:
        NothingToDecide: no reason waits. OwnExcuse: it is one's own.
    """
    activity = seats.by_number(session, communities.community_of(actor), number)
    seats.require_planner(session, actor, "activities.decide_excuse", activity)
    absence = session.get(Absence, (activity.community_id, activity.id, person_id))
    if verdict not in {"accepted", "refused"}:
        raise BadInput(fields={"verdict": "choice"})
    if absence is None or absence.excused_at is None:
        raise NothingToDecide
    if actor.person_id == person_id:
        raise OwnExcuse
    if absence.verdict == verdict:
        return _told("excuse_decided", activity, person_id)
    if absence.verdict is not None and absence.verdict == "accepted":
        raise NothingToDecide
    absence.verdict, absence.decided_at, absence.decided_by = verdict, now, actor.number
    absence.decided_note = note.strip()[:REASON_LENGTH]
    session.flush()
    notices.tell(
        session,
        community_id=activity.community_id,
        person_id=person_id,
        kind=f"excuse_{verdict}",
        facts=seats.facts_of(activity) | {"reason": absence.decided_note},
        now=now,
    )
    return _told("excuse_decided", activity, person_id)


def write_down_due(session: Session, *, actor: Actor, now: datetime) -> dict[str, object]:
    """Write down who did not come to activities that have ended: a job, and every line says that it was one.

    Where nobody's visit was recorded at all, nothing is written: the power was out, or the register is on paper.
    """
    community_id = communities.community_of(actor)
    require(actor, "activities.write_due_absences", community_id=community_id)
    found = due(session, community_id, now, AT_ONCE)
    for activity, place in found:
        absence = _row(session, activity, place.person_id)
        _write(session, activity, absence, how="job", by=actor.number, now=now)
    return {"code": "absences_written", "count": len(found), "left": len(found) == AT_ONCE}


def due(session: Session, community_id: int, now: datetime, limit: int) -> list[tuple[Activity, SignUp]]:
    """Places of activities that have ended some time ago, of whose people nothing was recorded and nothing was said."""
    from timebank.hours.attendance.tables import Visit

    place = communities.community(session, community_id)
    rules = policy.of(session, community_id, communities.local_day(place, now))
    absence_of = and_(
        col(Absence.community_id) == col(SignUp.community_id),
        col(Absence.activity_id) == col(SignUp.activity_id),
        col(Absence.person_id) == col(SignUp.person_id),
        # A reason that staff refused before the job came says nothing any more: that she did not come is still to be written.
        or_(
            col(Absence.verdict).is_(None),
            col(Absence.verdict) != "refused",
            col(Absence.missed_at).is_not(None),
        ),
    )
    recorded = exists().where(
        col(Visit.community_id) == col(Activity.community_id),
        col(Visit.activity_id) == col(Activity.id),
        col(Visit.state) != "rejected",
    )
    rows = session.execute(
        select(Activity, SignUp)
        .join(
            SignUp,
            and_(col(SignUp.community_id) == col(Activity.community_id), col(SignUp.activity_id) == col(Activity.id)),
        )
        .where(col(Activity.community_id) == community_id, col(Activity.cancelled_at).is_(None))
        .where(col(Activity.ends_at) <= now - timedelta(minutes=rules.absent_after_minutes))
        .where(col(Activity.ends_at) > now - WRITTEN_WITHIN)
        .where(col(SignUp.given_up_at).is_(None), col(SignUp.waiting_since).is_(None))
        .where(col(SignUp.signed_up_at) < col(Activity.starts_at))
        .where(~exists().where(absence_of))
        .where(recorded, ~was_there(SignUp))
        .where(
            or_(
                col(SignUp.promoted_at).is_(None),
                type_coerce(col(SignUp.promoted_at), Number)
                <= type_coerce(col(Activity.starts_at), Number) - rules.promotion_notice_minutes * 60_000,
            )
        )
        .order_by(col(Activity.ends_at), col(SignUp.person_id))
        .limit(limit)
    )
    return [(activity, one) for activity, one in rows]


def listed(
    session: Session, *, actor: Actor, now: datetime, waiting: bool, before: tuple[datetime, UUID] | None = None
) -> list[AbsenceLine]:
    """Reasons that wait for a decision, or what was written of late, newest activity first."""
    community_id = communities.community_of(actor)
    require(actor, "activities.absences", community_id=community_id)
    query = _lines(community_id)
    if waiting:
        query = query.where(col(Absence.excused_at).is_not(None), col(Absence.verdict).is_(None))
        query = query.where(col(Activity.starts_at) <= now)
    else:
        query = query.where(col(Activity.starts_at) > now - timedelta(days=90))
    if before is not None:
        query = query.where(
            or_(
                col(Activity.starts_at) < before[0],
                and_(col(Activity.starts_at) == before[0], col(Absence.person_id) < before[1]),
            )
        )
    return _as_lines(session.execute(query.limit(PAGE)).all())


def of_person(session: Session, community_id: int, person_id: UUID, now: datetime) -> list[AbsenceLine]:
    """What stands of somebody's last 90 days, newest first; who calls has asked whether it may be shown."""
    query = _lines(community_id).where(
        col(Absence.person_id) == person_id, col(Activity.starts_at) > now - timedelta(days=90)
    )
    return _as_lines(session.execute(query.limit(PAGE)).all())


def of_activity(session: Session, activity: Activity) -> dict[UUID, Absence]:
    """What stands of the people of one activity."""
    rows = session.scalars(
        select(Absence).where(
            col(Absence.community_id) == activity.community_id, col(Absence.activity_id) == activity.id
        )
    )
    return {row.person_id: row for row in rows}


def who_came(session: Session, activity: Activity) -> set[UUID]:
    """Who of those with a place has a visit in the time of the activity."""
    return set(
        session.scalars(
            select(col(SignUp.person_id))
            .join(
                Activity,
                and_(
                    col(Activity.community_id) == col(SignUp.community_id), col(Activity.id) == col(SignUp.activity_id)
                ),
            )
            .where(col(SignUp.community_id) == activity.community_id, col(SignUp.activity_id) == activity.id)
            .where(was_there(SignUp))
        )
    )


def may_decide(session: Session, actor: Actor, activity: Activity) -> bool:
    """Whether the actor decides about reasons given for this activity."""
    point = service_points.by_id(session, activity.community_id, activity.point_id)
    return may(
        actor,
        "activities.decide_excuse",
        community_id=activity.community_id,
        person_id=activity.leader_id,
        area_path=point.area_path,
    )


def _excuse(
    session: Session, activity: Activity, person_id: UUID | None, *, reason: str, now: datetime
) -> dict[str, object]:
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_LENGTH:
        raise BadInput(fields={"reason": "required" if not reason else "length"})
    if activity.cancelled_at is not None:
        raise ActivityCancelled(activity=activity.title, reason=activity.cancel_reason)
    if person_id is None:
        raise NoPlace(activity=activity.title)
    place = _place(session, activity, person_id)
    if now > activity.ends_at + EXCUSED_WITHIN:
        raise AbsenceTooLate(days=EXCUSED_WITHIN.days)
    absence = _row(session, activity, person_id)
    if absence.verdict is None:
        absence.excuse, absence.excused_at = reason, now
        session.flush()
    before = now < activity.starts_at
    if before:
        seats.leave_place(session, activity, place, how=seats.OWN, now=now)
    return _told("excused_before" if before else "excuse_given", activity, person_id)


def _write(session: Session, activity: Activity, absence: Absence, *, how: str, by: str, now: datetime) -> None:
    """What counts is when it was missed, not when somebody found the time to write it."""
    absence.missed_at, absence.missed_how, absence.missed_by = min(now, activity.ends_at), how, by
    absence.withdrawn_at, absence.withdrawn_by = None, None
    session.flush()
    notices.tell(
        session,
        community_id=activity.community_id,
        person_id=absence.person_id,
        kind="absence_written",
        facts=seats.facts_of(activity),
        now=now,
    )


def _place(session: Session, activity: Activity, person_id: UUID) -> SignUp:
    place = session.get(SignUp, (activity.community_id, activity.id, person_id))
    if place is None or place.given_up_at is not None or place.waiting_since is not None:
        raise NoPlace(activity=activity.title)
    return place


def _row(session: Session, activity: Activity, person_id: UUID) -> Absence:
    row = session.get(Absence, (activity.community_id, activity.id, person_id))
    if row is None:
        row = Absence(community_id=activity.community_id, activity_id=activity.id, person_id=person_id)
        session.add(row)
    return row


def _promoted_late(session: Session, activity: Activity, place: SignUp) -> bool:
    if place.promoted_at is None:
        return False
    return place.promoted_at > activity.starts_at - timedelta(minutes=_notice(session, activity))


def _notice(session: Session, activity: Activity) -> int:
    place = communities.community(session, activity.community_id)
    rules = policy.of(session, activity.community_id, communities.local_day(place, activity.starts_at))
    return rules.promotion_notice_minutes


def _refuse_visit(session: Session, activity: Activity, person_id: UUID) -> None:
    from timebank.hours.attendance.tables import Visit

    visit = session.scalars(
        select(Visit)
        .join(SignUp, col(SignUp.community_id) == col(Visit.community_id))
        .join(
            Activity,
            and_(col(Activity.community_id) == col(SignUp.community_id), col(Activity.id) == col(SignUp.activity_id)),
        )
        .where(col(SignUp.community_id) == activity.community_id, col(SignUp.activity_id) == activity.id)
        .where(col(SignUp.person_id) == person_id, visit_of(SignUp))
        .limit(1)
    ).first()
    if visit is not None:
        raise WasThere(place=visit.place, since_at=visit.started_at.isoformat())


def _lines(community_id: int) -> Any:
    return (
        select(Absence, Activity, Person, was_there())
        .join(
            Activity,
            and_(col(Activity.community_id) == col(Absence.community_id), col(Activity.id) == col(Absence.activity_id)),
        )
        .join(
            Person,
            and_(col(Person.community_id) == col(Absence.community_id), col(Person.id) == col(Absence.person_id)),
        )
        .where(col(Absence.community_id) == community_id)
        .order_by(col(Activity.starts_at).desc(), col(Absence.person_id).desc())
    )


def _as_lines(rows: Sequence[Any]) -> list[AbsenceLine]:
    return [
        AbsenceLine(
            activity=activity,
            person=person,
            absence=absence,
            counts=absence.missed_at is not None
            and absence.withdrawn_at is None
            and absence.verdict != "accepted"
            and activity.cancelled_at is None
            and not there,
        )
        for absence, activity, person, there in rows
    ]


def _told(code: str, activity: Activity, person_id: UUID | None) -> dict[str, object]:
    return {
        "code": code,
        "number": activity.number,
        "title": activity.title,
        "person_id": person_id.hex if person_id else None,
    }
