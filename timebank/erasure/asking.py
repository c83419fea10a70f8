"""Asking for an erasure, approving it by a second officer, taking it back in time; and reading how one stands."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from timebank import permissions, policy
from timebank.columns import new_id
from timebank.erasure import standing
from timebank.erasure.standing import Preview
from timebank.erasure.tables import APPROVED, ASKED, CANCELLED, DONE, GIVEN, OPEN, Erasure
from timebank.errors import AlreadyDone, NotFound, Refused
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.people.residents import Person
from timebank.permissions import Actor


class ErasureAsked(Refused):
    """Somebody asked for it before; it waits."""

    code = "erasure_asked"


class ErasureNotOwn(Refused):
    """Nobody takes down or approves the wish to be erased of oneself."""

    code = "erasure_not_own"
    status = 403


class ErasureSecondPerson(Refused):
    """Who took the wish down does not approve it."""

    code = "erasure_second_person"
    status = 403


class ErasureObstacles(Refused):
    """Something must be settled first. Facts: `obstacles`, as codes."""

    code = "erasure_obstacles"


class IsErased(Refused):
    """She was erased already."""

    code = "person_is_erased"


class ErasureWrongState(Refused):
    """Not possible as it stands. Facts: state."""

    code = "erasure_wrong_state"


def look(session: Session, *, actor: Actor, now: dt.datetime, person_id: uuid.UUID) -> tuple[Person, Preview]:
    """What erasing this person would mean now. Writes nothing.

    Raises:
        NotFound, Forbidden, IsErased.
    """
    found = _person(session, actor, person_id, "erasure.look")
    today = _today(session, found.community_id, now)
    return found, standing.preview(session, found, now=now, today=today)


def ask(
    session: Session, *, actor: Actor, now: dt.datetime, person_id: uuid.UUID, reason: str, gives_rest: bool
) -> dict[str, Any]:
    """Take down a person's wish to be erased. `reason`: how she said it; `gives_rest`: what is left goes to the pool, or lapses.

    Raises:
        ErasureObstacles: orders, holds, visits or a balance are still open.
        ErasureAsked: it was asked for before.
        ErasureNotOwn: the officer herself; another one takes it down.
    """
    found = _person(session, actor, person_id, "erasure.ask")
    if actor.person_id == found.id:
        raise ErasureNotOwn
    if open_of(session, found.community_id, found.id) is not None:
        raise ErasureAsked(person=found.number)
    _refuse_obstacles(session, found, now=now, gives_rest=gives_rest)
    wish = Erasure(
        community_id=found.community_id,
        id=new_id(now),
        person_id=found.id,
        number=found.number,
        reason=reason,
        gives_rest=gives_rest,
        state=ASKED,
        asked_at=now,
        asked_by=actor.number,
        asked_officer=actor.officer,
    )
    session.add(wish)
    session.flush()
    return {"code": "erasure_asked", "erasure": wish.id.hex}


def approve(session: Session, *, actor: Actor, now: dt.datetime, erasure_id: uuid.UUID) -> dict[str, Any]:
    """A second officer agrees; it is carried out after the days of notice. Approving again is harmless for the same officer.

    Raises:
        ErasureSecondPerson, ErasureNotOwn, ErasureObstacles, ErasureWrongState.
    """
    wish = erasure(session, community_of(actor), erasure_id)
    permissions.require(actor, "erasure.approve", community_id=wish.community_id)
    if wish.state == APPROVED and wish.approved_by == actor.number:
        return {"code": "erasure_approved", "erasure": wish.id.hex}
    if wish.state != ASKED:
        raise ErasureWrongState(state=wish.state)
    if actor.person_id == wish.person_id:
        raise ErasureNotOwn
    if actor.officer == wish.asked_officer or actor.number == wish.asked_by:
        raise ErasureSecondPerson
    found = residents.person(session, wish.community_id, wish.person_id)
    _refuse_obstacles(session, found, now=now, gives_rest=wish.gives_rest)
    days = policy.of(session, wish.community_id, _today(session, wish.community_id, now)).erasure_notice_days
    wish.state, wish.approved_at, wish.approved_by, wish.approved_officer = APPROVED, now, actor.number, actor.officer
    wish.due_at = now + dt.timedelta(days=days)
    session.flush()
    return {"code": "erasure_approved", "erasure": wish.id.hex}


def cancel(session: Session, *, actor: Actor, now: dt.datetime, erasure_id: uuid.UUID) -> dict[str, Any]:
    """Take the wish back, as long as it is not carried out: an officer, or the person herself. Harmless when repeated.

    Raises:
        AlreadyDone: it was carried out, or what was left in her accounts was given away for it; nothing takes that back.
    """
    wish = erasure(session, community_of(actor), erasure_id)
    permissions.require(actor, "erasure.cancel", community_id=wish.community_id, person_id=wish.person_id)
    if wish.state == DONE or wish.counts.get(GIVEN):
        raise AlreadyDone
    if wish.state != CANCELLED:
        wish.state, wish.ended_at, wish.ended_by, wish.reason = CANCELLED, now, actor.number, ""
        session.flush()
    return {"code": "erasure_cancelled", "erasure": wish.id.hex}


# Reading --------------------------------------------------------------------------------------------------------------


def erasure(session: Session, community_id: int, erasure_id: uuid.UUID) -> Erasure:
    """One erasure; NotFound if the community has none of this id."""
    found = session.get(Erasure, (community_id, erasure_id))
    if found is None:
        raise NotFound(what="erasure")
    return found


def open_of(session: Session, community_id: int, person_id: uuid.UUID) -> Erasure | None:
    """The erasure of a person that waits, if there is one."""
    query = select(Erasure).where(
        col(Erasure.community_id) == community_id,
        col(Erasure.person_id) == person_id,
        col(Erasure.state).in_(OPEN),
    )
    return session.scalars(query).one_or_none()


def listed(session: Session, *, actor: Actor, limit: int = 200) -> Sequence[Erasure]:
    """The erasures of a community, those that wait first, then the newest."""
    community_id = community_of(actor)
    permissions.require(actor, "erasure.approve", community_id=community_id)
    query = select(Erasure).where(col(Erasure.community_id) == community_id)
    return session.scalars(
        query.order_by(col(Erasure.state).in_(OPEN).desc(), col(Erasure.asked_at).desc()).limit(limit)
    ).all()


def due(session: Session, community_id: int, *, now: dt.datetime, limit: int) -> Sequence[Erasure]:
    """Approved erasures whose days of notice are over."""
    query = select(Erasure).where(
        col(Erasure.community_id) == community_id, col(Erasure.state) == APPROVED, col(Erasure.due_at) <= now
    )
    return session.scalars(query.order_by(col(Erasure.due_at)).limit(limit)).all()


def done(session: Session, community_id: int) -> Sequence[Erasure]:
    """All that were carried out, oldest first."""
    query = select(Erasure).where(col(Erasure.community_id) == community_id, col(Erasure.state) == DONE)
    return session.scalars(query.order_by(col(Erasure.ended_at))).all()


def unscrubbed(session: Session, community_id: int, *, until: dt.datetime) -> Sequence[Erasure]:
    """Carried out until then, but the files of the database were not written anew since."""
    query = select(Erasure).where(
        col(Erasure.community_id) == community_id,
        col(Erasure.state) == DONE,
        col(Erasure.scrubbed_at).is_(None),
        col(Erasure.ended_at) <= until,
    )
    return session.scalars(query).all()


def _person(session: Session, actor: Actor, person_id: uuid.UUID, use_case: str) -> Person:
    community_id = community_of(actor)
    found = residents.person(session, community_id, person_id)
    permissions.require(actor, use_case, community_id=community_id, area_path=found.area_path)
    if residents.is_erased(found):
        raise IsErased(person=found.number)
    return found


def _refuse_obstacles(session: Session, person: Person, *, now: dt.datetime, gives_rest: bool) -> None:
    today = _today(session, person.community_id, now)
    found = standing.preview(session, person, now=now, today=today, gives_rest=gives_rest)
    if found.obstacles:
        raise ErasureObstacles(obstacles=[one.code for one in found.obstacles])


def _today(session: Session, community_id: int, now: dt.datetime) -> dt.date:
    return communities.local_day(communities.community(session, community_id), now)
