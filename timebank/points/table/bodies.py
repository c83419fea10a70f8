"""Bodies that vote on tables, and who sits in them from when to when: 村民理事会, 居民议事会, representatives, the assembly."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from timebank.errors import BadInput, NotFound, Refused
from timebank.people import residents
from timebank.people.residents import Person
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require
from timebank.points.table.life_tables import PointsBody, PointsMember
from timebank.points.table.stages import community_of
from timebank.storage import new_id

ASSEMBLY, REPRESENTATIVES, COUNCIL = KINDS = ("assembly", "representatives", "council")
CHAIR, MEMBER = ROLES = ("chair", "member")
MOST_MEMBERS = 500


class BodyNameTaken(Refused):
    """There is a body of that name."""

    code = "body_name_taken"


class SeatedAlready(Refused):
    """The person sits in the body already (fact `name`)."""

    code = "seated_already"


class ChairTaken(Refused):
    """The body has a chair on these days (fact `name`)."""

    code = "chair_taken"


class BodyFull(Refused):
    """A body has at most so many members (fact `most`)."""

    code = "body_full"


class NotSeated(Refused):
    """The seat ended already, or its last day would be before its first."""

    code = "not_seated"


@dataclass(frozen=True)
class Seat:
    """A member with the person."""

    member: PointsMember
    person: Person


def open_body(session: Session, *, actor: Actor, now: dt.datetime, name: str, kind: str) -> dict[str, Any]:
    """Write down a body. Only the assembly has no roll: everybody of age belongs to it."""
    require(actor, "table.bodies", community_id=actor.community_id)
    name = " ".join(name.split())
    if not 1 <= len(name) <= 60:
        raise BadInput(fields={"name": "required"})
    if kind not in KINDS:
        raise BadInput(fields={"kind": "unknown"})
    community_id = community_of(actor)
    if any(body.name == name for body in bodies_of(session, community_id)):
        raise BodyNameTaken(name=name)
    body = PointsBody(community_id=community_id, id=new_id(now), name=name, kind=kind, opened_at=now,
                      opened_by=actor.number)  # fmt: skip
    session.add(body)
    return {"code": "body_opened", "body_id": body.id.hex}


def seat(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    body_id: uuid.UUID,
    person_id: uuid.UUID,
    role: str,
    since_on: dt.date,
    until_on: dt.date | None,
) -> dict[str, Any]:
    """Give somebody a seat from a day to the end of the term; one chair at a time."""
    require(actor, "table.bodies", community_id=actor.community_id)
    body = body_of(session, community_of(actor), body_id)
    person = residents.person(session, body.community_id, person_id)
    fields = {}
    if role not in ROLES or body.kind == ASSEMBLY:
        fields["role"] = "unknown"
    if until_on is not None and until_on < since_on:
        fields["until_on"] = "before_the_first_day"
    if residents.has_left(person):
        fields["person"] = "unknown"
    if fields:
        raise BadInput(fields=fields)
    last = until_on or dt.date.max
    sitting = [
        one for one in _members(session, body) if one.since_on <= last and (one.until_on or dt.date.max) >= since_on
    ]
    if len(sitting) >= MOST_MEMBERS:
        raise BodyFull(most=MOST_MEMBERS)
    if any(one.person_id == person_id for one in sitting):
        raise SeatedAlready(name=person.name)
    chair = next((one for one in sitting if one.role == CHAIR), None)
    if role == CHAIR and chair is not None:
        raise ChairTaken(name=residents.person(session, body.community_id, chair.person_id).name)
    member = PointsMember(community_id=body.community_id, id=new_id(now), body_id=body.id, person_id=person_id, role=role,
                          since_on=since_on, until_on=until_on, seated_by=actor.number)  # fmt: skip
    session.add(member)
    return {"code": "seated", "body_id": body.id.hex, "member_id": member.id.hex}


def unseat(
    session: Session, *, actor: Actor, now: dt.datetime, member_id: uuid.UUID, until_on: dt.date
) -> dict[str, Any]:
    """End a seat with a day; what was voted before stays as it was."""
    require(actor, "table.bodies", community_id=actor.community_id)
    member = session.get(PointsMember, (community_of(actor), member_id))
    if member is None:
        raise NotFound(what="member")
    today = today_in(session, member.community_id, now)
    if until_on < member.since_on or until_on < today or (member.until_on is not None and member.until_on < today):
        raise NotSeated
    member.until_on, member.ended_by = until_on, actor.number
    return {"code": "unseated", "body_id": member.body_id.hex, "member_id": member.id.hex}


def bodies_of(session: Session, community_id: int) -> Sequence[PointsBody]:
    """The bodies of a community, those that ended last."""
    return session.scalars(
        select(PointsBody)
        .where(PointsBody.community_id == community_id)
        .order_by(col(PointsBody.ended_on).is_not(None), col(PointsBody.opened_at))
        .limit(50)
    ).all()


def body_of(session: Session, community_id: int, body_id: uuid.UUID) -> PointsBody:
    body = session.get(PointsBody, (community_id, body_id))
    if body is None:
        raise NotFound(what="body")
    return body


def seats_on(session: Session, community_id: int, body_id: uuid.UUID, day: dt.date) -> list[Seat]:
    """Who sat in a body on a day: the chair first, then by number."""
    body = body_of(session, community_id, body_id)
    members = [one for one in _members(session, body) if one.since_on <= day and (one.until_on or day) >= day]
    people = residents.persons_of(session, community_id, [one.person_id for one in members])
    seats = [Seat(one, people[one.person_id]) for one in members if one.person_id in people]
    return sorted(seats, key=lambda one: (one.member.role != CHAIR, one.person.serial))


def is_chair(session: Session, actor: Actor, body_id: uuid.UUID, day: dt.date) -> bool:
    """Whether who acts chairs the body on a day."""
    return actor.person_id is not None and any(
        one.member.person_id == actor.person_id and one.member.role == CHAIR
        for one in seats_on(session, community_of(actor), body_id, day)
    )


def chairs_of(session: Session, actor: Actor, day: dt.date) -> set[uuid.UUID]:
    """The bodies that who acts chairs on a day."""
    if actor.person_id is None or actor.community_id is None:
        return set()
    return set(
        session.scalars(
            select(col(PointsMember.body_id)).where(
                PointsMember.community_id == actor.community_id,
                PointsMember.person_id == actor.person_id,
                PointsMember.role == CHAIR,
                col(PointsMember.since_on) <= day,
                or_(col(PointsMember.until_on).is_(None), col(PointsMember.until_on) >= day),
            )
        )
    )


def _members(session: Session, body: PointsBody) -> Sequence[PointsMember]:
    return session.scalars(
        select(PointsMember)
        .where(PointsMember.community_id == body.community_id, PointsMember.body_id == body.id)
        .order_by(col(PointsMember.since_on), col(PointsMember.id))
    ).all()
