"""What people see of activities: what is coming, one of them, one's own, and for staff who has a place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, literal, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from timebank.columns import Id, Instant
from timebank.errors import NotFound
from timebank.hours.activities import absences, seats
from timebank.hours.activities.rhythm import Rhythm
from timebank.hours.activities.tables import Absence, Activity, ActivitySeries, ActivityTerms, SignUp
from timebank.hours.service_points import ServicePoint
from timebank.people import communities
from timebank.people.residents import Person
from timebank.permissions import Actor, require
from timebank.storage import Prepared

EARLY = timedelta(minutes=60)  # how long before its start an activity is offered at check-in


@dataclass(frozen=True)
class ActivityLine:
    """An activity in a list. `mine`: the reader has a place; `waits`: she waits for one, the `position`th in turn."""

    id: UUID
    number: int
    title: str
    service_class: str
    point: str
    point_number: int
    place: str
    area_path: str
    starts_at: datetime
    ends_at: datetime
    capacity: int | None
    taken: int
    waiting: int
    leader: str | None
    leader_id: UUID | None
    cancel_reason: str | None
    cancelled: bool
    mine: bool
    waits: bool
    kind: str
    shift_name: str
    note: str
    sign_up_closes_at: datetime | None
    skills: tuple[str, ...]
    age_from: int | None
    age_to: int | None
    needs_insurance: bool
    series_id: UUID | None

    @property
    def full(self) -> bool:
        """Whether nobody else gets a place at once."""
        return self.capacity is not None and self.taken >= self.capacity

    @property
    def asks_for_more(self) -> bool:
        """Whether not everybody may come."""
        return bool(self.skills or self.needs_insurance or self.age_from is not None or self.age_to is not None)


@dataclass(frozen=True)
class OnTheList:
    """Somebody with a place, or waiting for one (`position` in turn; 0: she has a place)."""

    person: Person
    place: SignUp
    position: int
    absence: Absence | None
    came: bool


# Made once: every check-in asks it, and mostly nothing is on.
_ANY_RUNNING = Prepared(
    select(col(Activity.number))
    .where(col(Activity.community_id) == bindparam("community_id"))
    .where(col(Activity.point_id) == bindparam("point_id"))
    .where(col(Activity.cancelled_at).is_(None))
    .where(col(Activity.starts_at) <= bindparam("early"), col(Activity.ends_at) > bindparam("at"))
    .limit(1)
)


def _statement() -> Select[Any]:
    """The columns of a line, of a community's activities as one person sees them; `person_id` may be nobody's."""

    def counted(*which: ColumnElement[bool]) -> Any:
        return (
            select(func.count())
            .select_from(SignUp)
            .where(col(SignUp.community_id) == col(Activity.community_id), col(SignUp.activity_id) == col(Activity.id))
            .where(col(SignUp.given_up_at).is_(None), *which)
            .scalar_subquery()
        )

    own = (
        select(case((col(SignUp.waiting_since).is_(None), "mine"), else_="waits"))
        .where(col(SignUp.community_id) == col(Activity.community_id), col(SignUp.activity_id) == col(Activity.id))
        .where(col(SignUp.person_id) == bindparam("person_id"), col(SignUp.given_up_at).is_(None))
        .scalar_subquery()
    )
    columns = [getattr(table, name) for table, names in _COLUMNS.items() for name in names]
    return (
        select(
            *columns,
            col(Person.name),
            counted(col(SignUp.waiting_since).is_(None)),
            counted(col(SignUp.waiting_since).is_not(None)),
            own,
        )
        .select_from(Activity)
        .join(
            ServicePoint,
            and_(
                col(ServicePoint.community_id) == col(Activity.community_id),
                col(ServicePoint.id) == col(Activity.point_id),
            ),
        )
        .outerjoin(
            ActivityTerms,
            and_(
                col(ActivityTerms.community_id) == col(Activity.community_id),
                col(ActivityTerms.activity_id) == col(Activity.id),
            ),
        )
        .outerjoin(
            Person,
            and_(col(Person.community_id) == col(Activity.community_id), col(Person.id) == col(Activity.leader_id)),
        )
        .where(col(Activity.community_id) == bindparam("community_id"))
        .order_by(col(Activity.starts_at), col(Activity.id))
    )


# Made once, as above: to make it anew took longer than to ask it.
_COLUMNS: dict[Any, tuple[str, ...]] = {
    Activity: ("id", "number", "title", "service_class", "starts_at", "ends_at", "capacity", "leader_id",
               "cancel_reason", "cancelled_at"),
    ServicePoint: ("name", "number", "place", "area_path"),
    ActivityTerms: ("activity_id", "kind", "shift_name", "note", "sign_up_closes_at", "skills", "age_from", "age_to",
                    "needs_insurance", "series_id"),
}  # fmt: skip
_LINES = _statement()
_RUNNING = Prepared(
    _LINES.where(
        col(Activity.point_id) == bindparam("point_id"),
        col(Activity.cancelled_at).is_(None),
        col(Activity.starts_at) <= bindparam("early"),
        col(Activity.ends_at) > bindparam("at"),
    ).limit(20)
)


def running_at(
    session: Session, *, point_id: UUID, community_id: int, person_id: UUID, at: datetime
) -> list[ActivityLine]:
    """What a person can be checked in to at a point now: his own activities first, then by start."""
    if not _ANY_RUNNING.rows(session, community_id=community_id, point_id=point_id, early=at + EARLY, at=at):
        return []
    rows = _RUNNING.rows(
        session, community_id=community_id, person_id=person_id, point_id=point_id, early=at + EARLY, at=at
    )
    return sorted(map(_line, rows), key=lambda line: (not line.mine, line.starts_at))


def coming(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 20,
    kind: str | None = None,
) -> list[ActivityLine]:
    """Activities that are not over, soonest first; `after` is the start and id of the last line seen."""
    require(actor, "activities.coming", community_id=actor.community_id)
    conditions: list[ColumnElement[bool]] = [col(Activity.ends_at) > now, *_after(after)]
    if kind is not None:
        conditions.append(func.coalesce(col(ActivityTerms.kind), "activity") == kind)
        if kind == "duty":  # a called-off turn of duty is of no use to anybody
            conditions.append(col(Activity.cancelled_at).is_(None))
    return _lines(session, communities.community_of(actor), actor.person_id, *conditions, limit=limit)


def mine(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 20,
) -> list[ActivityLine]:
    """What the reader signed up for or waits for, soonest first; what was called off stays to be seen."""
    require(actor, "activities.coming", community_id=actor.community_id)
    if actor.person_id is None:
        return []
    return _lines(
        session,
        communities.community_of(actor),
        actor.person_id,
        col(Activity.ends_at) > now,
        _standing_of(actor.person_id),
        *_after(after),
        limit=limit,
    )


def next_of(session: Session, community_id: int, person_id: UUID, now: datetime, limit: int = 1) -> list[ActivityLine]:
    """The next places of a person, for her home page; who calls has asked whether they may be shown."""
    return _lines(
        session,
        community_id,
        person_id,
        col(Activity.ends_at) > now,
        col(Activity.cancelled_at).is_(None),
        _standing_of(person_id),
        limit=limit,
    )


def shown(session: Session, *, actor: Actor, number: int) -> ActivityLine:
    """One activity."""
    require(actor, "activities.coming", community_id=actor.community_id)
    lines = _lines(session, communities.community_of(actor), actor.person_id, col(Activity.number) == number, limit=1)
    if not lines:
        raise NotFound(what="activity")
    return lines[0]


def own_place(session: Session, *, actor: Actor, number: int) -> tuple[SignUp | None, int, Absence | None]:
    """The reader's place in an activity, her turn on its waiting list (0: none), and what stands of her absence."""
    activity = seats.by_number(session, communities.community_of(actor), number)
    key = (activity.community_id, activity.id, actor.person_id)
    place = session.get(SignUp, key) if actor.person_id else None
    absence = session.get(Absence, key) if actor.person_id else None
    waits = place is not None and place.given_up_at is None and place.waiting_since is not None
    return place, seats.position_of(session, activity, place) if place and waits else 0, absence


def people(session: Session, *, actor: Actor, number: int) -> list[OnTheList]:
    """Who has a place and who waits, in turn: for staff of the point's area and for who leads the activity."""
    activity = seats.by_number(session, communities.community_of(actor), number)
    seats.require_planner(session, actor, "activities.people", activity)
    rows = session.execute(
        select(SignUp, Person)
        .join(
            Person, and_(col(Person.community_id) == col(SignUp.community_id), col(Person.id) == col(SignUp.person_id))
        )
        .where(col(SignUp.community_id) == activity.community_id, col(SignUp.activity_id) == activity.id)
        .where(col(SignUp.given_up_at).is_(None))
        .order_by(col(SignUp.waiting_since).is_not(None), col(SignUp.signed_up_at), col(SignUp.person_id))
        .limit(1_000)
    ).all()
    stands = absences.of_activity(session, activity)
    came = absences.who_came(session, activity)
    found, turn = [], 0
    for place, person in rows:
        turn += place.waiting_since is not None
        found.append(
            OnTheList(
                person=person,
                place=place,
                position=turn if place.waiting_since is not None else 0,
                absence=stands.get(person.id),
                came=person.id in came,
            )
        )
    return found


def series_of(session: Session, community_id: int, series_id: UUID) -> tuple[ActivitySeries, Rhythm]:
    """The series that an activity belongs to, and how it comes again."""
    series = session.get(ActivitySeries, (community_id, series_id))
    if series is None:
        raise NotFound(what="activity_series")
    return series, Rhythm.from_json(series.rhythm)


def of_series(session: Session, *, actor: Actor, series_id: UUID, now: datetime) -> list[ActivityLine]:
    """The activities of a series that are not over, soonest first."""
    require(actor, "activities.coming", community_id=actor.community_id)
    return _lines(
        session,
        communities.community_of(actor),
        actor.person_id,
        col(ActivityTerms.series_id) == series_id,
        col(Activity.ends_at) > now,
        limit=200,
    )


def lines_between(
    session: Session, community_id: int, point_id: UUID, starts_at: datetime, ends_at: datetime, *, kind: str
) -> list[ActivityLine]:
    """A point's activities of one kind that begin in a time and are not called off, in order."""
    return _lines(
        session,
        community_id,
        None,
        col(Activity.point_id) == point_id,
        col(Activity.starts_at) >= starts_at,
        col(Activity.starts_at) < ends_at,
        col(Activity.cancelled_at).is_(None),
        func.coalesce(col(ActivityTerms.kind), "activity") == kind,
        limit=200,
    )


def places_in(session: Session, community_id: int, activity_ids: Sequence[UUID]) -> dict[UUID, list[Person]]:
    """Who has a place in these activities, in the order of signing up."""
    found: dict[UUID, list[Person]] = {one: [] for one in activity_ids}
    rows = session.execute(
        select(col(SignUp.activity_id), Person)
        .join(
            Person, and_(col(Person.community_id) == col(SignUp.community_id), col(Person.id) == col(SignUp.person_id))
        )
        .where(col(SignUp.community_id) == community_id, col(SignUp.activity_id).in_(list(activity_ids)))
        .where(col(SignUp.given_up_at).is_(None), col(SignUp.waiting_since).is_(None))
        .order_by(col(SignUp.signed_up_at), col(SignUp.person_id))
    )
    for activity_id, person in rows:
        found[activity_id].append(person)
    return found


def _after(after: tuple[datetime, UUID] | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    start, last_id = literal(after[0], Instant()), literal(after[1], Id())
    return [tuple_(col(Activity.starts_at), col(Activity.id)) > tuple_(start, last_id)]


def _standing_of(person_id: UUID) -> ColumnElement[bool]:
    theirs = aliased(SignUp)
    return (
        select(col(theirs.person_id))
        .where(col(theirs.community_id) == col(Activity.community_id), col(theirs.activity_id) == col(Activity.id))
        .where(col(theirs.person_id) == person_id, col(theirs.given_up_at).is_(None))
        .exists()
    )


def _lines(
    session: Session, community_id: int, person_id: UUID | None, *conditions: ColumnElement[bool], limit: int
) -> list[ActivityLine]:
    rows = session.execute(
        _LINES.where(*conditions).limit(limit), {"community_id": community_id, "person_id": person_id}
    )
    return [_line(row) for row in rows]


def _line(row: Any) -> ActivityLine:
    of_activity, of_point, of_terms, (leader, taken, waiting, own) = row[:10], row[10:14], row[14:24], row[24:]
    number_id, number, title, service_class, starts_at, ends_at, capacity, leader_id, reason, cancelled_at = of_activity
    has_terms, kind, shift_name, note, closes_at, skills, age_from, age_to, needs_insurance, series_id = of_terms
    point, point_number, place, area_path = of_point
    return ActivityLine(
        id=number_id,
        number=number,
        title=title,
        service_class=service_class,
        point=point,
        point_number=point_number,
        place=place,
        area_path=area_path,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=capacity,
        taken=taken,
        waiting=waiting,
        leader=leader,
        leader_id=leader_id,
        cancel_reason=reason,
        cancelled=cancelled_at is not None,
        mine=own == "mine",
        waits=own == "waits",
        kind=kind if has_terms else "activity",
        shift_name=shift_name or "",
        note=note or "",
        sign_up_closes_at=closes_at,
        skills=tuple(skills or ()),
        age_from=age_from,
        age_to=age_to,
        needs_insurance=bool(needs_insurance),
        series_id=series_id,
    )
