"""What those who answer, decide and publish are reminded of, in time and when it is late; and what they see as due."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from timebank import notices, policy
from timebank.columns import to_ms
from timebank.notices import Notice
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.people.logins import RoleGrant
from timebank.people.working_days import end_of_day, today_in
from timebank.permissions import Actor, require
from timebank.points.publicity import preparing
from timebank.points.publicity.tables import APPEALED, OPEN, Objection

AT_ONCE = 200
AGAIN_AFTER = dt.timedelta(days=3)
ANSWERING, DECIDING, PUBLISHING = (
    ("committee", "community_manager"),
    ("supervision_committee",),
    ("committee", "community_manager"),
)


@dataclass(frozen=True)
class Clock:
    """How many objections and appeals wait, and how many of them are late."""

    open: int
    open_late: int
    appealed: int
    appealed_late: int


def clock(session: Session, community_id: int, now: dt.datetime) -> Clock:
    """What waits for an answer or a decision."""
    rows = session.execute(
        select(Objection.state, Objection.answer_due_at, Objection.decision_due_at).where(
            Objection.community_id == community_id, col(Objection.state).in_((OPEN, APPEALED))
        )
    ).all()
    opened = [due for state, due, _ in rows if state == OPEN]
    appealed = [due for state, _, due in rows if state == APPEALED]
    return Clock(
        open=len(opened),
        open_late=sum(due <= now for due in opened),
        appealed=len(appealed),
        appealed_late=sum(due is not None and due <= now for due in appealed),
    )


def to_remind(session: Session, community_id: int, now: dt.datetime, limit: int = AT_ONCE) -> list[Objection]:
    """Objections and appeals that are due by the end of today or late, and of which nobody was reminded for three days."""
    end = end_of_day(session, community_id, today_in(session, community_id, now))

    def late(due: Any) -> ColumnElement[bool]:
        told = col(Objection.reminded_at)
        return and_(due <= end, or_(told.is_(None), told <= now - AGAIN_AFTER))

    return list(
        session.scalars(
            select(Objection)
            .where(
                Objection.community_id == community_id,
                or_(
                    and_(col(Objection.state) == OPEN, late(col(Objection.answer_due_at))),
                    and_(col(Objection.state) == APPEALED, late(col(Objection.decision_due_at))),
                ),
            )
            .order_by(col(Objection.id))
            .limit(limit)
        )
    )


def remind(session: Session, *, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Tell those who answer what is due today or late, each matter every three days. A job."""
    require(actor, "publicity.remind", community_id=actor.community_id)
    community_id = community_of(actor)
    found = to_remind(session, community_id, now, AT_ONCE + 1)
    for one in found[:AT_ONCE]:
        appealed = one.state == APPEALED
        due = one.decision_due_at if appealed else one.answer_due_at
        assert due is not None
        notices.tell_all(
            session, community_id=community_id, kind="appeal_due" if appealed else "objection_due", now=now,
            person_ids=_holders(session, community_id, DECIDING if appealed else ANSWERING, now),
            facts={"number": one.number or 0, "batch": one.batch_number, "line": one.line_number,
                   "until_at": to_ms(due - dt.timedelta(minutes=1))},
        )  # fmt: skip
        one.reminded_at = now
    session.flush()
    return {"code": "reminded", "objections": len(found[:AT_ONCE]), "left": len(found) > AT_ONCE}


def month_to_remind(session: Session, community_id: int, now: dt.datetime) -> dt.date | None:
    """The month before this one, if it has no batch by the policy's day and nobody was reminded of it."""
    today = today_in(session, community_id, now)
    due_day = policy.of(session, community_id, today).batch_due_day
    month = preparing.missing_month(session, community_id, now, due_day=due_day)
    if month is None:
        return None
    begun = communities.day_start(communities.community(session, community_id), today.replace(day=1))
    told = session.scalars(
        select(Notice.id)
        .where(Notice.community_id == community_id, Notice.kind == "batch_missing", Notice.told_at >= begun)
        .limit(1)
    ).first()
    return month if told is None else None


def remind_of_month(session: Session, *, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Tell those who publish, once, that the month before has no batch. A job."""
    require(actor, "publicity.remind", community_id=actor.community_id)
    community_id = community_of(actor)
    month = month_to_remind(session, community_id, now)
    if month is None:
        return {"code": "month_has_batch"}
    notices.tell_all(
        session, community_id=community_id, kind="batch_missing", facts={"month": f"{month:%Y-%m}"}, now=now,
        person_ids=_holders(session, community_id, PUBLISHING, now),
    )  # fmt: skip
    return {"code": "month_reminded", "month": f"{month:%Y-%m}"}


def _holders(session: Session, community_id: int, roles: tuple[str, ...], now: dt.datetime) -> list[Any]:
    """Who holds one of these roles here today and is in the register."""
    today = today_in(session, community_id, now)
    found = session.scalars(
        select(RoleGrant.person_id)
        .where(
            RoleGrant.community_id == community_id,
            col(RoleGrant.role).in_(roles),
            col(RoleGrant.revoked_at).is_(None),
            RoleGrant.from_on <= today,
            or_(col(RoleGrant.until_on).is_(None), col(RoleGrant.until_on) >= today),
            col(RoleGrant.person_id).is_not(None),
        )
        .order_by(col(RoleGrant.person_id))
    )
    return [person for person in found if person is not None]
