"""A person's list of notices: for herself, for her helper, and for staff who tell her."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, literal, select, update
from sqlmodel import Session, col

from timebank.columns import Id
from timebank.notices import Notice
from timebank.people import residents
from timebank.people.communities import community_of
from timebank.people.helpers import HelperBinding, is_helper
from timebank.people.residents import Person
from timebank.permissions import Actor, may, require

PAGE = 30


@dataclass(frozen=True)
class Line:
    """A notice in a list. `about`: whose it is, where the reader is a helper."""

    id: uuid.UUID
    kind: str
    facts: dict[str, Any]
    told_at: datetime
    read_at: datetime | None
    about: Person | None


def listed(
    session: Session, *, actor: Actor, person_id: uuid.UUID | None = None, before: uuid.UUID | None = None
) -> list[Line]:
    """Notices, newest first: one's own and those of the elders whom one helps; or of one person, for staff and helpers."""
    community_id = community_of(actor)
    if person_id is None:
        require(actor, "notices.read", community_id=community_id, person_id=actor.person_id)
        whose = _readable(session, community_id, actor.person_id)
    else:
        _require_for(session, actor, person_id)
        whose = [person_id]
    query = (
        select(Notice, Person)
        .join(Person, and_(col(Person.community_id) == col(Notice.community_id), col(Person.id) == Notice.person_id))
        .where(col(Notice.community_id) == community_id, col(Notice.person_id).in_(whose))
    )
    if before is not None:
        query = query.where(col(Notice.id) < literal(before, Id()))
    return [
        Line(row.id, row.kind, row.facts, row.told_at, row.read_at, person if person.id != actor.person_id else None)
        for row, person in session.execute(query.order_by(col(Notice.id).desc()).limit(PAGE))
    ]


def unread(session: Session, *, actor: Actor) -> int:
    """How many of one's own notices, and of the elders whom one helps, nobody has read."""
    if actor.person_id is None or actor.community_id is None:
        return 0
    return _unread(session, actor.community_id, _readable(session, actor.community_id, actor.person_id))


def untold(session: Session, *, actor: Actor, person_id: uuid.UUID) -> int:
    """How many of a person's notices nobody has read or told her; for staff and helpers."""
    _require_for(session, actor, person_id)
    return _unread(session, community_of(actor), [person_id])


def mark_read(
    session: Session, *, actor: Actor, now: datetime, upto: uuid.UUID, person_id: uuid.UUID | None = None
) -> dict[str, Any]:
    """Mark all notices up to this one as read: one's own, or a person's whom one has told. Twice is harmless."""
    community_id = community_of(actor)
    if person_id is None:
        require(actor, "notices.read", community_id=community_id, person_id=actor.person_id)
        whose = _readable(session, community_id, actor.person_id)
    else:
        _require_for(session, actor, person_id)
        whose = [person_id]
    session.execute(
        update(Notice)
        .where(col(Notice.community_id) == community_id, col(Notice.person_id).in_(whose))
        .where(col(Notice.read_at).is_(None), col(Notice.id) <= literal(upto, Id()), col(Notice.told_at) <= now)
        .values(read_at=now, read_by=actor.number)
        .execution_options(synchronize_session=False)
    )
    return {"code": "notices_read"}


def _unread(session: Session, community_id: int, whose: list[uuid.UUID]) -> int:
    return session.scalars(
        select(func.count())
        .select_from(Notice)
        .where(col(Notice.community_id) == community_id, col(Notice.read_at).is_(None))
        .where(col(Notice.person_id).in_(whose))
    ).one()


def _readable(session: Session, community_id: int, person_id: uuid.UUID | None) -> list[uuid.UUID]:
    """Whose notices a person reads: her own, and those of the elders who confirmed her as helper."""
    if person_id is None:
        return []
    elders = session.scalars(
        select(col(HelperBinding.elder_id)).where(
            col(HelperBinding.community_id) == community_id,
            col(HelperBinding.helper_id) == person_id,
            col(HelperBinding.state) == "confirmed",
        )
    )
    return [person_id, *elders]


def _require_for(session: Session, actor: Actor, person_id: uuid.UUID) -> None:
    """Go on only for the person, her helper, and staff of her area."""
    person = residents.person(session, community_of(actor), person_id)
    if actor.person_id is not None and is_helper(session, person.community_id, actor.person_id, person.id):
        return
    if not may(actor, "notices.read_for", community_id=person.community_id, person_id=person.id):
        require(actor, "notices.read_for", community_id=person.community_id, area_path=person.area_path)
