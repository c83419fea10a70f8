"""The community decides which service gives which item of its table, from a day on, and until when."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from ledger import book_of
from ledger.entries import digest_of
from timebank.attendance_points.tables import KINDS, SKIPPED, AttendanceAward, AttendanceLink
from timebank.errors import BadInput, NotFound, Refused
from timebank.hours.activities import Activity
from timebank.hours.activities.tables import KINDS as ACTIVITY_KINDS
from timebank.hours.activities.tables import ActivitySeries
from timebank.hours.service_classes import ACTIVITY_CLASSES
from timebank.people.communities import community_of
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require
from timebank.points.table.adoption import in_force_on, items_of
from timebank.points.table.tables import PointsItem
from timebank.storage import new_id

TOPIC = "attendance_points"


class LinkWrong(Refused):
    """There is no such service, or no such item in use (facts by field: `reason`, `field`)."""

    code = "attendance_link_wrong"
    status = 422


class LinkStands(Refused):
    """A decision about this service stands (fact `from_on`)."""

    code = "attendance_link_stands"


class LinkEnded(Refused):
    """The decision has ended (fact `until_on`)."""

    code = "attendance_link_ended"


@dataclass(frozen=True)
class Standing:
    """A decision with how many visits it gave points to, and of how many none came."""

    link: AttendanceLink
    awarded: int
    skipped: int


def decide(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    kind: str,
    target: str,
    item_id: uuid.UUID,
    from_on: dt.date,
    decided_on: dt.date,
    reason: str,
) -> dict[str, Any]:
    """Record that service of a kind gives an item of the table in force, for visits from `from_on` on; noted in the ledger.

    Raises:
        LinkWrong, LinkStands. BadInput: by field: from_on (never a day that is over), decided_on, reason.
    """
    require(actor, "attendance_points.decide", community_id=actor.community_id)
    community_id, reason = community_of(actor), reason.strip()
    today = today_in(session, community_id, now)
    bad = {} if 1 <= len(reason) <= 300 else {"reason": "length" if reason else "required"}
    if decided_on > today:
        bad["decided_on"] = "future"
    if from_on < today:
        bad["from_on"] = "past"
    if bad:
        raise BadInput(fields=bad)
    if not _is_there(session, community_id, kind, target):
        raise LinkWrong(field="target", reason="unknown")
    item = _item(session, community_id, item_id, today)
    standing = session.scalars(
        select(AttendanceLink).where(
            AttendanceLink.community_id == community_id,
            AttendanceLink.kind == kind,
            AttendanceLink.target == target,
            col(AttendanceLink.until_on).is_(None),
        )
    ).first()
    if standing is not None:
        raise LinkStands(from_on=standing.from_on.isoformat())
    link_id = new_id(now)
    digest = digest_of(link=link_id.hex, kind=kind, target=target, category=item.category, title=item.title,
                       from_on=from_on.isoformat(), decided_on=decided_on.isoformat(), reason=reason)  # fmt: skip
    session.add(
        AttendanceLink(community_id=community_id, id=link_id, kind=kind, target=target, category=item.category,
                       title=item.title, from_on=from_on, decided_on=decided_on, reason=reason, recorded_at=now,
                       recorded_by=actor.number, note=book_of(session).note(TOPIC, f"{kind} {target}", digest))
    )  # fmt: skip
    session.flush()
    return {"code": "attendance_points_decided", "link_id": link_id.hex}


def stop(session: Session, *, actor: Actor, now: dt.datetime, link_id: uuid.UUID, until_on: dt.date) -> dict[str, Any]:
    """End a decision: visits of `until_on` and after give no points by it any more. What was awarded stays.

    Raises:
        LinkEnded. BadInput: `until_on` before today.
    """
    require(actor, "attendance_points.decide", community_id=actor.community_id)
    link = _link(session, actor, link_id)
    if link.until_on is not None:
        raise LinkEnded(until_on=link.until_on.isoformat())
    if until_on < max(today_in(session, link.community_id, now), link.from_on):
        raise BadInput(fields={"until_on": "past"})
    digest = digest_of(link=link.id.hex, until_on=until_on.isoformat())
    link.until_on, link.ended_at, link.ended_by = until_on, now, actor.number
    link.end_note = book_of(session).note(TOPIC, f"end {link.kind} {link.target}", digest)
    session.flush()
    return {"code": "attendance_points_stopped", "link_id": link.id.hex, "until_on": until_on.isoformat()}


def try_again(session: Session, *, actor: Actor, now: dt.datetime, link_id: uuid.UUID) -> dict[str, Any]:
    """Look again at the visits of a decision that gave no points, for example since the item is in use by now."""
    require(actor, "attendance_points.decide", community_id=actor.community_id)
    link = _link(session, actor, link_id)
    rows = session.scalars(
        select(AttendanceAward).where(
            AttendanceAward.community_id == link.community_id,
            AttendanceAward.link_id == link.id,
            AttendanceAward.state == SKIPPED,
        )
    ).all()
    for row in rows:
        session.delete(row)
    session.flush()
    return {"code": "attendance_points_again", "visits": len(rows)}


def links(session: Session, *, actor: Actor) -> list[Standing]:
    """All decisions, newest first, with what came of them."""
    require(actor, "attendance_points.read", community_id=actor.community_id)
    community_id = community_of(actor)
    counted: dict[uuid.UUID, dict[bool, int]] = {}
    for link_id, state, count in session.execute(
        select(AttendanceAward.link_id, AttendanceAward.state, func.count())
        .where(AttendanceAward.community_id == community_id)
        .group_by(col(AttendanceAward.link_id), col(AttendanceAward.state))
    ):
        of_link = counted.setdefault(link_id, {})
        of_link[state == SKIPPED] = of_link.get(state == SKIPPED, 0) + count
    rows = session.scalars(
        select(AttendanceLink)
        .where(AttendanceLink.community_id == community_id)
        .order_by(col(AttendanceLink.id).desc())
    )
    return [
        Standing(link, counted.get(link.id, {}).get(False, 0), counted.get(link.id, {}).get(True, 0)) for link in rows
    ]


def links_of(session: Session, community_id: int) -> Sequence[AttendanceLink]:
    """All decisions that ever were, the most particular first."""
    rows = session.scalars(select(AttendanceLink).where(AttendanceLink.community_id == community_id)).all()
    return sorted(rows, key=lambda link: (KINDS.index(link.kind), link.from_on))


def _link(session: Session, actor: Actor, link_id: uuid.UUID) -> AttendanceLink:
    found = session.get(AttendanceLink, (community_of(actor), link_id))
    if found is None:
        raise NotFound(what="attendance_link")
    return found


def _is_there(session: Session, community_id: int, kind: str, target: str) -> bool:
    if kind == "service_class":
        return target in ACTIVITY_CLASSES
    if kind == "activity_kind":
        return target in ACTIVITY_KINDS
    if kind not in KINDS or not (target.isascii() and target.isdecimal() and len(target) < 16):
        return False
    table: Any = ActivitySeries if kind == "series" else Activity
    query = select(table.id).where(table.community_id == community_id, table.number == int(target))
    return session.scalars(query).first() is not None


def _item(session: Session, community_id: int, item_id: uuid.UUID, today: dt.date) -> PointsItem:
    table = in_force_on(session, community_id, today)
    items = items_of(session, community_id, table.id) if table else []
    found = next((item for item in items if item.id == item_id), None)
    if found is None or found.kind != "award" or not found.in_use:
        raise LinkWrong(field="item_id", reason="item")
    if found.reporters and "attendance" not in found.reporters.split():
        raise LinkWrong(field="item_id", reason="reporters")
    return found
