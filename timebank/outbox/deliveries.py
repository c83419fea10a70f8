"""Deliveries: what is to be sent where, and what became of it.

A delivery is tried for a day, less and less often. Its sender takes it for ten minutes, so that one that dies is
followed: a message may then come twice rather than never.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, delete, func, or_, select
from sqlmodel import Session, col

from timebank import policy
from timebank.notices import Notice, NoticeContact, NoticeDelivery
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.people.helpers import HelperBinding
from timebank.people.residents import Person
from timebank.permissions import Actor, require

AT_ONCE = 100
TAKEN_FOR = timedelta(minutes=10)
OLDEST = timedelta(days=2)
# After the n-th failure; then no more.
WAITS: Final = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360, 900))


@dataclass(frozen=True)
class Outgoing:
    """One message to hand to a sender. `about_number`: whose matter it is, where it goes to a helper."""

    notice_id: uuid.UUID
    person_id: uuid.UUID
    channel: str
    address: str
    language: str
    kind: str
    facts: dict[str, Any]
    told_at: datetime
    about_number: str


@dataclass(frozen=True)
class Standing:
    """How the deliveries of a channel stand: how many by state, and when the oldest that waits was told."""

    channel: str
    counts: dict[str, int]
    oldest_waiting: datetime | None
    last_error: str


def unrouted(session: Session, community_id: int) -> bool:
    """Whether there are notices whose deliveries were not made yet."""
    return session.scalars(_unrouted(community_id, 1)).first() is not None


def route(session: Session, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Make the deliveries of new notices; `left` says whether more wait."""
    community_id = community_of(actor)
    require(actor, "notices.route", community_id=community_id)
    found = list(session.scalars(_unrouted(community_id, AT_ONCE + 1)))
    for notice in found[:AT_ONCE]:
        for contact in _contacts(session, notice):
            session.add(
                NoticeDelivery(
                    community_id=community_id,
                    notice_id=notice.id,
                    person_id=contact.person_id,
                    channel=contact.channel,
                    state="waiting",
                    due_at=now,
                )
            )
        notice.routed_at = now
    session.flush()
    return {"code": "notices_routed", "left": len(found) > AT_ONCE}


def due(session: Session, community_id: int, now: datetime, limit: int = AT_ONCE) -> list[Outgoing]:
    """What should be sent now, oldest first: what waits, and what a sender took and never answered for."""
    rows = session.execute(
        select(NoticeDelivery, Notice, NoticeContact, Person)
        .join(
            Notice,
            and_(
                col(Notice.community_id) == col(NoticeDelivery.community_id),
                col(Notice.id) == col(NoticeDelivery.notice_id),
            ),
        )
        .join(
            NoticeContact,
            and_(
                col(NoticeContact.community_id) == col(NoticeDelivery.community_id),
                col(NoticeContact.person_id) == col(NoticeDelivery.person_id),
                col(NoticeContact.channel) == col(NoticeDelivery.channel),
            ),
        )
        .join(Person, and_(col(Person.community_id) == col(Notice.community_id), col(Person.id) == Notice.person_id))
        .where(col(NoticeDelivery.community_id) == community_id)
        .where(col(NoticeDelivery.state).in_(("waiting", "sending")), col(NoticeDelivery.due_at) <= now)
        .where(or_(col(NoticeContact.confirmed_at).is_not(None), col(Notice.kind) == "mail_confirm"))
        .order_by(col(NoticeDelivery.due_at), col(NoticeDelivery.notice_id))
        .limit(limit)
    )
    return [
        Outgoing(
            notice_id=notice.id,
            person_id=delivery.person_id,
            channel=delivery.channel,
            address=contact.address,
            language=contact.language,
            kind=notice.kind,
            facts=notice.facts,
            told_at=notice.told_at,
            about_number="" if notice.person_id == delivery.person_id else person.number,
        )
        for delivery, notice, contact, person in rows
    ]


def take(session: Session, *, actor: Actor, now: datetime, one: Outgoing) -> dict[str, Any]:
    """Take a delivery to send it now; `taken` is false where another sender was first."""
    require(actor, "notices.send", community_id=community_of(actor))
    row = _delivery(session, actor, one)
    if row is None or row.state not in ("waiting", "sending") or row.due_at > now:
        return {"code": "notice_taken", "taken": False}
    # Its senders died one after the other, or nobody carried mail for days: old news would only confuse.
    if row.tries > len(WAITS) or now > one.told_at + OLDEST:
        row.state, row.ended_at = "given_up", now
        session.flush()
        return {"code": "notice_taken", "taken": False}
    row.state, row.due_at, row.tries = "sending", now + TAKEN_FOR, row.tries + 1
    session.flush()
    return {"code": "notice_taken", "taken": True}


def finish(
    session: Session, *, actor: Actor, now: datetime, one: Outgoing, error: str = "", for_good: bool = False
) -> dict[str, Any]:
    """Write down what became of a delivery that was taken: sent, tried again later, or given up."""
    require(actor, "notices.send", community_id=community_of(actor))
    row = _delivery(session, actor, one)
    if row is None or row.state != "sending":
        return {"code": "notice_finished"}
    row.error = error.replace(one.address, "…")[:200]
    if not error:
        row.state, row.ended_at = "sent", now
    elif for_good or row.tries > len(WAITS):
        row.state, row.ended_at = "given_up", now
    else:
        row.state, row.due_at = "waiting", now + WAITS[row.tries - 1]
    session.flush()
    return {"code": "notice_finished", "state": row.state}


def standing(session: Session, *, actor: Actor) -> list[Standing]:
    """How the deliveries stand, by channel: for who runs the installation. Nobody is named."""
    community_id = community_of(actor)
    require(actor, "notices.standing", community_id=community_id)
    counts: dict[str, dict[str, int]] = {}
    for channel, state, count in session.execute(
        select(col(NoticeDelivery.channel), col(NoticeDelivery.state), func.count())
        .where(col(NoticeDelivery.community_id) == community_id)
        .group_by(col(NoticeDelivery.channel), col(NoticeDelivery.state))
    ):
        counts.setdefault(channel, {})[state] = int(count)
    return [_standing(session, community_id, channel, found) for channel, found in sorted(counts.items())]


def has_old(session: Session, community_id: int, now: datetime) -> bool:
    """Whether there is something to forget."""
    return session.scalars(_old(session, community_id, now).limit(1)).first() is not None


def forget_old(session: Session, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Throw away notices whose days are over, with their deliveries."""
    community_id = community_of(actor)
    require(actor, "notices.forget", community_id=community_id)
    old = list(session.scalars(_old(session, community_id, now).limit(AT_ONCE * 10)))
    for table, column in ((NoticeDelivery, NoticeDelivery.notice_id), (Notice, Notice.id)):
        session.execute(
            delete(table)
            .where(col(table.community_id) == community_id, col(column).in_(old))
            .execution_options(synchronize_session=False)
        )
    return {"code": "notices_forgotten", "left": len(old) == AT_ONCE * 10}


def _old(session: Session, community_id: int, now: datetime) -> Any:
    place = communities.community(session, community_id)
    days = policy.of(session, community_id, communities.local_day(place, now)).notice_days
    return (
        select(col(Notice.id))
        .where(col(Notice.community_id) == community_id, col(Notice.told_at) < now - timedelta(days=days))
        .order_by(col(Notice.id))
    )


def _unrouted(community_id: int, limit: int) -> Any:
    return (
        select(Notice)
        .where(col(Notice.community_id) == community_id, col(Notice.routed_at).is_(None))
        .order_by(col(Notice.id))
        .limit(limit)
    )


def _contacts(session: Session, notice: Notice) -> Sequence[NoticeContact]:
    """Where a notice goes: the question whether an address is hers to that address alone."""
    query = select(NoticeContact).where(col(NoticeContact.community_id) == notice.community_id)
    if notice.kind == "mail_confirm":
        query = query.where(col(NoticeContact.person_id) == notice.person_id, col(NoticeContact.confirmed_at).is_(None))
    else:
        helpers = select(col(HelperBinding.helper_id)).where(
            col(HelperBinding.community_id) == notice.community_id,
            col(HelperBinding.elder_id) == notice.person_id,
            col(HelperBinding.state) == "confirmed",
        )
        query = query.where(
            or_(col(NoticeContact.person_id) == notice.person_id, col(NoticeContact.person_id).in_(helpers)),
            col(NoticeContact.confirmed_at).is_not(None),
        )
    return session.scalars(query).all()


def _delivery(session: Session, actor: Actor, one: Outgoing) -> NoticeDelivery | None:
    return session.get(NoticeDelivery, (community_of(actor), one.notice_id, one.person_id, one.channel))


def _standing(session: Session, community_id: int, channel: str, counts: dict[str, int]) -> Standing:
    waiting = and_(
        col(NoticeDelivery.community_id) == community_id,
        col(NoticeDelivery.channel) == channel,
        col(NoticeDelivery.state).in_(("waiting", "sending")),
    )
    oldest = session.scalars(
        select(func.min(col(Notice.told_at)))
        .select_from(NoticeDelivery)
        .join(
            Notice,
            and_(
                col(Notice.community_id) == col(NoticeDelivery.community_id),
                col(Notice.id) == col(NoticeDelivery.notice_id),
            ),
        )
        .where(waiting)
    ).one()
    error = session.scalars(
        select(col(NoticeDelivery.error))
        .where(col(NoticeDelivery.community_id) == community_id, col(NoticeDelivery.channel) == channel)
        .where(col(NoticeDelivery.error) != "")
        .order_by(col(NoticeDelivery.due_at).desc())
        .limit(1)
    ).first()
    return Standing(channel, counts, oldest, error or "")
