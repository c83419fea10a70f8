"""Places in an activity: signing up, waiting, coming up, giving up. Who signed up first has the first claim, always.

All of it runs in the community's lane, one request after the other: of two who give up at once, each lets exactly one
come up.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlmodel import Session, col

from timebank import notices
from timebank.columns import to_ms
from timebank.errors import NotFound, Refused
from timebank.hours import service_points
from timebank.hours.activities.refusals import (
    ActivityBegun,
    ActivityCancelled,
    ActivityFull,
    ActivityOver,
    BusyThen,
    SignUpClosed,
)
from timebank.hours.activities.requirements import day_of, refuse_blocked, refuse_busy, refuse_unfit, terms_of
from timebank.hours.activities.tables import Activity, SignUp
from timebank.people import communities, residents
from timebank.people.logins import LoginPerson, RoleGrant
from timebank.people.residents import Person
from timebank.permissions import Actor, require

OWN, STAFF, LEFT, CLOSED = "own", "staff", "left", "closed"
LOOKED_AT = 200  # how many activities of those who left are looked at in one write


def sign_up(session: Session, *, actor: Actor, now: datetime, number: int) -> dict[str, object]:
    """Take a place in an activity for oneself, or the next one on its waiting list. Signing up twice is harmless.

    Raises:
        ActivityCancelled, ActivityOver, SignUpClosed: too late.
        AgeOutside, SkillMissing, InsuranceMissing: the activity asks for more.
        SignUpBlocked: places were missed. BusyThen: that time is promised already.
    """
    activity = by_number(session, communities.community_of(actor), number)
    require(actor, "activities.sign_up", community_id=activity.community_id)
    if actor.person_id is None:
        raise NotFound(what="person")
    place = _standing(session, activity, actor.person_id)
    if place is None:
        _refuse_late(session, activity, now)
        place = _enter(session, activity, actor.person_id, now)
    return _told(session, activity, place)


def put_down(session: Session, *, actor: Actor, now: datetime, number: int, person_id: UUID) -> dict[str, object]:
    """Sign somebody up who asked for it at the desk or by phone; staff may do so after sign-up closed.

    Raises as `sign_up`.
    """
    activity = by_number(session, communities.community_of(actor), number)
    require_planner(session, actor, "activities.put_down", activity)
    person = residents.person(session, activity.community_id, person_id)
    place = _standing(session, activity, person.id)
    if place is None:
        _refuse_gone(activity, now)
        place = _enter(session, activity, person.id, now)
        if actor.person_id != person.id:
            kind = "sign_up_waiting" if place.waiting_since else "sign_up_made"
            notices.tell(
                session,
                community_id=activity.community_id,
                person_id=person.id,
                kind=kind,
                facts=facts_of(activity),
                now=now,
            )
    return _told(session, activity, place)


def give_up(session: Session, *, actor: Actor, now: datetime, number: int) -> dict[str, object]:
    """Give one's place back before the activity begins; the first who waits comes up. Giving up twice is harmless.

    Raises:
        ActivityBegun: it has begun; who could not come says why instead (absences.excuse).
    """
    activity = by_number(session, communities.community_of(actor), number)
    require(actor, "activities.sign_up", community_id=activity.community_id)
    place = _standing(session, activity, actor.person_id) if actor.person_id else None
    if place is not None:
        if now >= activity.starts_at and activity.cancelled_at is None:
            raise ActivityBegun(activity=activity.title)
        leave_place(session, activity, place, how=OWN, now=now)
    return {"code": "gave_up", "number": activity.number, "title": activity.title}


def take_off(session: Session, *, actor: Actor, now: datetime, number: int, person_id: UUID) -> dict[str, object]:
    """Take somebody off the list who said so, or who cannot come; she is told, and the first who waits comes up."""
    activity = by_number(session, communities.community_of(actor), number)
    require_planner(session, actor, "activities.put_down", activity)
    place = _standing(session, activity, person_id)
    if place is not None:
        if now >= activity.starts_at:
            raise ActivityBegun(activity=activity.title)
        leave_place(session, activity, place, how=STAFF, now=now)
        if actor.person_id != person_id:
            notices.tell(
                session,
                community_id=activity.community_id,
                person_id=person_id,
                kind="sign_up_taken_off",
                facts=facts_of(activity),
                now=now,
            )
    return {"code": "taken_off", "number": activity.number, "title": activity.title}


def take_place(session: Session, *, activity: Activity, person_id: UUID, now: datetime) -> None:
    """Give somebody who stands at the point a place, if there is one: neither closing time nor other plans matter now.

    Raises:
        ActivityFull: others have the places, even if they have not come. ActivityCancelled, ActivityOver.
        AgeOutside, SkillMissing, InsuranceMissing.
    """
    place = _standing(session, activity, person_id)
    if place is not None and place.waiting_since is None:
        return
    _refuse_gone(activity, now)
    refuse_unfit(session, activity, person_id)
    if not _has_room(session, activity):
        raise ActivityFull(activity=activity.title, capacity=activity.capacity)
    if place is not None:
        place.waiting_since, place.promoted_at = None, now
    else:
        _write(session, activity, person_id, now, waits=False)
    session.flush()


def leave_place(session: Session, activity: Activity, place: SignUp, *, how: str, now: datetime) -> None:
    """End somebody's place or waiting, and let the next come up."""
    place.given_up_at, place.given_up_how = now, how
    session.flush()
    promote(session, activity, now)


def promote(session: Session, activity: Activity, now: datetime) -> int:
    """Give free places to those who wait, in the order in which they signed up; returns to how many.

    Who is busy, blocked or unfit by now is passed over and goes on waiting. Once the activity has begun nobody comes up:
    who is there gets a place at the point.
    """
    if activity.cancelled_at is not None or now >= activity.starts_at:
        return 0
    promoted = 0
    for place in _waiting(session, activity):
        if not _has_room(session, activity):
            break
        try:
            _refuse_for_place(session, activity, place.person_id, now)
        except Refused:
            continue
        place.waiting_since, place.promoted_at = None, now
        session.flush()
        notices.tell(
            session,
            community_id=activity.community_id,
            person_id=place.person_id,
            kind="sign_up_promoted",
            facts=facts_of(activity),
            now=now,
        )
        promoted += 1
    return promoted


def fit_to_capacity(session: Session, activity: Activity, now: datetime) -> tuple[int, int]:
    """After a change of capacity: who signed up last waits again, or who waits comes up; returns (moved back, moved up).

    Those who are moved back keep their turn: they signed up before anybody who waits.
    """
    moved = 0
    if activity.capacity is not None:
        seated = list(
            session.scalars(
                _places(activity, col(SignUp.waiting_since).is_(None)).order_by(
                    col(SignUp.signed_up_at).desc(), col(SignUp.person_id).desc()
                )
            )
        )
        for place in seated[: max(0, len(seated) - activity.capacity)]:
            place.waiting_since = now
            moved += 1
            notices.tell(
                session,
                community_id=activity.community_id,
                person_id=place.person_id,
                kind="sign_up_moved_back",
                facts=facts_of(activity),
                now=now,
            )
        session.flush()
    return moved, promote(session, activity, now)


def free_who_cannot_come(session: Session, activity: Activity, now: datetime) -> int:
    """After an activity was moved: end the places of those who have promised that time elsewhere, and tell them; returns how many.

    Nobody is to be missed where she cannot be: it was not she who moved it. She may sign up again when she is free.
    Who waits comes up with the next `fit_to_capacity`.
    """
    freed = 0
    for place in list(session.scalars(_places(activity, col(SignUp.waiting_since).is_(None)))):
        try:
            refuse_busy(session, activity, place.person_id)
        except BusyThen:
            place.given_up_at, place.given_up_how = now, STAFF
            freed += 1
            _tell(session, activity, place.person_id, "sign_up_clashes", now)
    session.flush()
    return freed


def free_places_of_those_who_left(session: Session, *, actor: Actor, now: datetime) -> dict[str, object]:
    """Free the coming places of people who have left the register, or whose role of a volunteer has ended; those who wait come up.

    Whose role has ended is told, and so is who leads the activity. A job; harmless when repeated.
    """
    community_id = communities.community_of(actor)
    require(actor, "activities.free_places", community_id=community_id)
    found = places_of_those_who_left(session, community_id, now, LOOKED_AT)
    for place in found:
        activity = by_id(session, community_id, place.activity_id)
        leave_place(session, activity, place, how=LEFT, now=now)
        if not residents.has_left(residents.person(session, community_id, place.person_id)):
            _tell(session, activity, place.person_id, "sign_up_role_ended", now)
        if activity.leader_id is not None and activity.leader_id != place.person_id:
            _tell(session, activity, activity.leader_id, "activity_place_freed", now)
    return {"code": "places_freed", "count": len(found), "left": len(found) == LOOKED_AT}


def places_of_those_who_left(session: Session, community_id: int, now: datetime, limit: int) -> list[SignUp]:
    """Standing places in coming activities whose people are no longer in the register, or volunteers no longer.

    Whom staff put down without her ever having had the role keeps her place.
    """
    today = communities.local_day(communities.community(session, community_id), now)
    return list(
        session.scalars(
            _coming(community_id, now)
            .join(
                Person,
                and_(col(Person.community_id) == col(SignUp.community_id), col(Person.id) == col(SignUp.person_id)),
            )
            .where(or_(col(Person.left_on).is_not(None), *_role_has_ended(today)))
            .order_by(col(SignUp.signed_up_at), col(SignUp.person_id))
            .limit(limit)
        )
    )


def _role_has_ended(today: date) -> list[ColumnElement[bool]]:
    """That a person had the role of a volunteer, and has it no more: not her own, nor that of her sign-in."""
    goes_on = and_(
        col(RoleGrant.revoked_at).is_(None), or_(col(RoleGrant.until_on).is_(None), col(RoleGrant.until_on) >= today)
    )
    own = [
        col(RoleGrant.community_id) == col(Person.community_id),
        col(RoleGrant.person_id) == col(Person.id),
        col(RoleGrant.role) == "volunteer",
    ]
    of_sign_in = [
        col(LoginPerson.community_id) == col(Person.community_id),
        col(LoginPerson.person_id) == col(Person.id),
        col(RoleGrant.login_id) == col(LoginPerson.login_id),
        col(RoleGrant.role) == "volunteer",
    ]
    return [and_(exists().where(*own), ~exists().where(*own, goes_on), ~exists().where(*of_sign_in, goes_on))]


def _tell(session: Session, activity: Activity, person_id: UUID, kind: str, now: datetime) -> None:
    notices.tell(
        session,
        community_id=activity.community_id,
        person_id=person_id,
        kind=kind,
        facts=facts_of(activity),
        now=now,
    )


def free_places_of(session: Session, community_id: int, person_id: UUID, now: datetime) -> int:
    """Free all coming places of one person who goes; returns how many. Who calls has asked whether he may."""
    found = list(session.scalars(_coming(community_id, now).where(col(SignUp.person_id) == person_id)))
    for place in found:
        leave_place(session, by_id(session, community_id, place.activity_id), place, how=LEFT, now=now)
    return len(found)


def people_of(session: Session, activity: Activity) -> list[UUID]:
    """Who has a place or waits for one."""
    return [place.person_id for place in session.scalars(_places(activity))]


def by_number(session: Session, community_id: int, number: int) -> Activity:
    """An activity by the number in its links."""
    activity = session.scalars(
        select(Activity).where(col(Activity.community_id) == community_id).where(col(Activity.number) == number)
    ).one_or_none()
    if activity is None:
        raise NotFound(what="activity")
    return activity


def by_id(session: Session, community_id: int, activity_id: UUID) -> Activity:
    """An activity by its row's id."""
    activity = session.get(Activity, (community_id, activity_id))
    if activity is None:
        raise NotFound(what="activity")
    return activity


def require_planner(session: Session, actor: Actor, use_case: str, activity: Activity) -> None:
    """Go on only for staff of the point's area, or for who leads the activity where the rule lets its owner."""
    point = service_points.by_id(session, activity.community_id, activity.point_id)
    require(
        actor,
        use_case,
        community_id=activity.community_id,
        person_id=activity.leader_id,
        area_path=point.area_path,
    )


def facts_of(activity: Activity) -> dict[str, Any]:
    """What a notice says of an activity."""
    return {"activity": activity.title, "activity_number": activity.number, "starts_at": to_ms(activity.starts_at)}


def _enter(session: Session, activity: Activity, person_id: UUID, now: datetime) -> SignUp:
    _refuse_for_place(session, activity, person_id, now)
    # Somebody may wait although a place is free: she was passed over. Who comes now does not wait behind her.
    return _write(session, activity, person_id, now, waits=not _has_room(session, activity))


def _refuse_for_place(session: Session, activity: Activity, person_id: UUID, now: datetime) -> None:
    refuse_unfit(session, activity, person_id)
    refuse_blocked(session, activity.community_id, person_id, now)
    refuse_busy(session, activity, person_id)


def _write(session: Session, activity: Activity, person_id: UUID, now: datetime, *, waits: bool) -> SignUp:
    place = session.get(SignUp, (activity.community_id, activity.id, person_id))
    if place is None:
        place = SignUp(
            community_id=activity.community_id, activity_id=activity.id, person_id=person_id, signed_up_at=now
        )
        session.add(place)
    place.signed_up_at, place.given_up_at, place.given_up_how = now, None, None
    place.waiting_since, place.promoted_at = (now if waits else None), None
    session.flush()
    return place


def _standing(session: Session, activity: Activity, person_id: UUID) -> SignUp | None:
    place = session.get(SignUp, (activity.community_id, activity.id, person_id))
    return place if place is not None and place.given_up_at is None else None


def _refuse_gone(activity: Activity, now: datetime) -> None:
    if activity.cancelled_at is not None:
        raise ActivityCancelled(activity=activity.title, reason=activity.cancel_reason)
    if now >= activity.ends_at:
        raise ActivityOver(activity=activity.title)


def _refuse_late(session: Session, activity: Activity, now: datetime) -> None:
    _refuse_gone(activity, now)
    terms = terms_of(session, activity)
    if terms is not None and terms.sign_up_closes_at is not None and now >= terms.sign_up_closes_at:
        raise SignUpClosed(activity=activity.title, closed_at=terms.sign_up_closes_at.isoformat())


def _told(session: Session, activity: Activity, place: SignUp) -> dict[str, object]:
    told: dict[str, object] = {
        "code": "signed_up",
        "number": activity.number,
        "title": activity.title,
        "on": day_of(session, activity).isoformat(),
    }
    if place.waiting_since is not None:
        told |= {"code": "waiting_for_place", "position": position_of(session, activity, place)}
    return told


def position_of(session: Session, activity: Activity, place: SignUp) -> int:
    """Where somebody stands on the waiting list: 1 comes up next."""
    waiting = [one.person_id for one in _waiting(session, activity)]
    return waiting.index(place.person_id) + 1 if place.person_id in waiting else 0


def _waiting(session: Session, activity: Activity) -> list[SignUp]:
    return list(
        session.scalars(
            _places(activity, col(SignUp.waiting_since).is_not(None)).order_by(
                col(SignUp.signed_up_at), col(SignUp.person_id)
            )
        )
    )


def _has_room(session: Session, activity: Activity) -> bool:
    if activity.capacity is None:
        return True
    taken = select(func.count()).select_from(_places(activity, col(SignUp.waiting_since).is_(None)).subquery())
    return session.scalars(taken).one() < activity.capacity


def _places(activity: Activity, *conditions: ColumnElement[bool]) -> Any:
    return (
        select(SignUp)
        .where(col(SignUp.community_id) == activity.community_id, col(SignUp.activity_id) == activity.id)
        .where(col(SignUp.given_up_at).is_(None), *conditions)
    )


def _coming(community_id: int, now: datetime) -> Any:
    return (
        select(SignUp)
        .join(
            Activity,
            and_(col(Activity.community_id) == col(SignUp.community_id), col(Activity.id) == col(SignUp.activity_id)),
        )
        .where(col(SignUp.community_id) == community_id, col(SignUp.given_up_at).is_(None))
        .where(col(Activity.starts_at) > now, col(Activity.cancelled_at).is_(None))
    )
