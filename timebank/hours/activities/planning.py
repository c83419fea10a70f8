"""Activities: planned service at a point, with room for so many, a leader, and sign-up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    and_,
    func,
    literal,
    select,
    tuple_,
)
from sqlmodel import Session, col

from timebank.columns import Id, Instant
from timebank.errors import BadInput, NotFound, Refused
from timebank.hours import service_points
from timebank.hours.activities.tables import Activity, SignUp
from timebank.hours.service_classes import ACTIVITY_CLASSES
from timebank.hours.service_points import ServicePoint
from timebank.people import communities
from timebank.people.residents import Person
from timebank.permissions import Actor, require
from timebank.storage import new_id, next_number

EARLY = timedelta(minutes=60)  # how long before its start an activity is offered at check-in
LONGEST = timedelta(hours=16)


class ActivityCancelled(Refused):
    """The activity does not take place."""

    code = "activity_cancelled"
    status = 409


class ActivityOver(Refused):
    """The activity has ended, or has begun where that matters."""

    code = "activity_over"
    status = 409


class ActivityFull(Refused):
    """No place is left."""

    code = "activity_full"
    status = 409


@dataclass(frozen=True)
class ActivityLine:
    """An activity in a list. `mine`: the reader has a place."""

    id: UUID
    number: int
    title: str
    service_class: str
    point: str
    point_number: int
    place: str
    starts_at: datetime
    ends_at: datetime
    capacity: int | None
    taken: int
    leader: str | None
    leader_id: UUID | None
    cancel_reason: str | None
    cancelled: bool
    mine: bool

    @property
    def full(self) -> bool:
        """Whether nobody else can sign up."""
        return self.capacity is not None and self.taken >= self.capacity


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
) -> dict[str, object]:
    """Announce an activity; volunteers can sign up at once."""
    point = service_points.by_number(session, communities.community_of(actor), point_number)
    require(actor, "activities.plan", community_id=point.community_id, area_path=point.area_path)
    _refuse_bad_plan(title=title, service_class=service_class, starts_at=starts_at, ends_at=ends_at, capacity=capacity)
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
        planned_by=actor.number,
    )
    session.add(activity)
    session.flush()
    return {
        "code": "activity_planned",
        "activity_id": activity.id.hex,
        "number": activity.number,
        "title": activity.title,
    }


def cancel(session: Session, *, actor: Actor, now: datetime, number: int, reason: str) -> dict[str, object]:
    """Call an activity off; who signed up sees the reason. Cancelling twice is harmless."""
    activity = by_number(session, communities.community_of(actor), number)
    point = service_points.by_id(session, activity.community_id, activity.point_id)
    require(actor, "activities.cancel", community_id=activity.community_id, area_path=point.area_path)
    if activity.cancelled_at is None:
        if now >= activity.ends_at:
            raise ActivityOver(activity=activity.title)
        activity.cancelled_at, activity.cancel_reason = now, reason.strip()[:200] or None
        session.flush()
    return {"code": "activity_cancelled_now", "number": activity.number, "title": activity.title}


def sign_up(session: Session, *, actor: Actor, now: datetime, number: int) -> dict[str, object]:
    """Take a place in an activity for oneself. Signing up twice is harmless."""
    activity = by_number(session, communities.community_of(actor), number)
    require(actor, "activities.sign_up", community_id=activity.community_id)
    if actor.person_id is None:
        raise NotFound(what="person")
    take_place(session, activity=activity, person_id=actor.person_id, now=now)
    return {"code": "signed_up", "number": activity.number, "title": activity.title}


def give_up(session: Session, *, actor: Actor, now: datetime, number: int) -> dict[str, object]:
    """Give one's place back. Giving up twice is harmless."""
    activity = by_number(session, communities.community_of(actor), number)
    require(actor, "activities.sign_up", community_id=activity.community_id)
    place = session.get(SignUp, (activity.community_id, activity.id, actor.person_id)) if actor.person_id else None
    if place is not None and place.given_up_at is None:
        if now >= activity.ends_at:
            raise ActivityOver(activity=activity.title)
        place.given_up_at = now
        session.flush()
    return {"code": "gave_up", "number": activity.number, "title": activity.title}


def take_place(session: Session, *, activity: Activity, person_id: UUID, now: datetime) -> None:
    """Give a person a place, if there is one; a place given up before can be taken again."""
    place = session.get(SignUp, (activity.community_id, activity.id, person_id))
    if place is not None and place.given_up_at is None:
        return
    if activity.cancelled_at is not None:
        raise ActivityCancelled(activity=activity.title, reason=activity.cancel_reason)
    if now >= activity.ends_at:
        raise ActivityOver(activity=activity.title)
    if activity.capacity is not None and _taken(session, activity) >= activity.capacity:
        raise ActivityFull(activity=activity.title, capacity=activity.capacity)
    if place is None:
        session.add(
            SignUp(community_id=activity.community_id, activity_id=activity.id, person_id=person_id, signed_up_at=now)
        )
    else:
        place.signed_up_at, place.given_up_at = now, None
    session.flush()


def running_at(
    session: Session, *, point_id: UUID, community_id: int, person_id: UUID, at: datetime
) -> list[ActivityLine]:
    """What a person can be checked in to at a point now: his own activities first, then by start."""
    lines = _lines(
        session,
        community_id,
        person_id,
        col(Activity.point_id) == point_id,
        col(Activity.cancelled_at).is_(None),
        col(Activity.starts_at) <= at + EARLY,
        col(Activity.ends_at) > at,
        limit=20,
    )
    return sorted(lines, key=lambda line: (not line.mine, line.starts_at))


def coming(
    session: Session, *, actor: Actor, now: datetime, after: tuple[datetime, UUID] | None = None, limit: int = 20
) -> list[ActivityLine]:
    """Activities that are not over, soonest first; `after` is the start and id of the last line seen."""
    require(actor, "activities.coming", community_id=actor.community_id)
    conditions: list[ColumnElement[bool]] = [col(Activity.ends_at) > now]
    if after is not None:
        start, last_id = literal(after[0], Instant()), literal(after[1], Id())
        conditions.append(tuple_(col(Activity.starts_at), col(Activity.id)) > tuple_(start, last_id))
    return _lines(session, communities.community_of(actor), actor.person_id, *conditions, limit=limit)


def shown(session: Session, *, actor: Actor, number: int) -> ActivityLine:
    """One activity."""
    require(actor, "activities.coming", community_id=actor.community_id)
    lines = _lines(session, communities.community_of(actor), actor.person_id, col(Activity.number) == number, limit=1)
    if not lines:
        raise NotFound(what="activity")
    return lines[0]


def by_number(session: Session, community_id: int, number: int) -> Activity:
    """An activity by the number in its links."""
    activity = session.scalars(
        select(Activity).where(col(Activity.community_id) == community_id).where(col(Activity.number) == number)
    ).one_or_none()
    if activity is None:
        raise NotFound(what="activity")
    return activity


def _lines(
    session: Session, community_id: int, person_id: UUID | None, *conditions: ColumnElement[bool], limit: int
) -> list[ActivityLine]:
    taken = (
        select(func.count())
        .select_from(SignUp)
        .where(col(SignUp.community_id) == col(Activity.community_id), col(SignUp.activity_id) == col(Activity.id))
        .where(col(SignUp.given_up_at).is_(None))
        .scalar_subquery()
    )
    mine = (
        select(func.count())
        .select_from(SignUp)
        .where(col(SignUp.community_id) == col(Activity.community_id), col(SignUp.activity_id) == col(Activity.id))
        .where(col(SignUp.person_id) == person_id, col(SignUp.given_up_at).is_(None))
        .scalar_subquery()
    )
    rows = session.execute(
        select(Activity, ServicePoint, col(Person.name), taken, mine)
        .join(
            ServicePoint,
            and_(
                col(ServicePoint.community_id) == col(Activity.community_id),
                col(ServicePoint.id) == col(Activity.point_id),
            ),
        )
        .outerjoin(
            Person,
            and_(col(Person.community_id) == col(Activity.community_id), col(Person.id) == col(Activity.leader_id)),
        )
        .where(col(Activity.community_id) == community_id, *conditions)
        .order_by(col(Activity.starts_at), col(Activity.id))
        .limit(limit)
    )
    return [
        ActivityLine(
            id=activity.id,
            number=activity.number,
            title=activity.title,
            service_class=activity.service_class,
            point=point.name,
            point_number=point.number,
            place=point.place,
            starts_at=activity.starts_at,
            ends_at=activity.ends_at,
            capacity=activity.capacity,
            taken=taken_places,
            leader=leader,
            leader_id=activity.leader_id,
            cancel_reason=activity.cancel_reason,
            cancelled=activity.cancelled_at is not None,
            mine=bool(mine_places),
        )
        for activity, point, leader, taken_places, mine_places in rows
    ]


def _taken(session: Session, activity: Activity) -> int:
    return session.scalars(
        select(func.count())
        .select_from(SignUp)
        .where(col(SignUp.community_id) == activity.community_id, col(SignUp.activity_id) == activity.id)
        .where(col(SignUp.given_up_at).is_(None))
    ).one()


def _refuse_bad_plan(
    *, title: str, service_class: str, starts_at: datetime, ends_at: datetime, capacity: int | None
) -> None:
    bad = {}
    if not 1 <= len(title.strip()) <= 80:
        bad["title"] = "length"
    if service_class not in ACTIVITY_CLASSES:
        bad["service_class"] = "choice"
    if not timedelta(0) < ends_at - starts_at <= LONGEST:
        bad["ends_at"] = "after_start"
    if capacity is not None and not 1 <= capacity <= 1000:
        bad["capacity"] = "range"
    if bad:
        raise BadInput(fields=bad)
