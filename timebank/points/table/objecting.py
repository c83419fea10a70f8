"""Villagers object to a published table; the committee answers with its reason.

One that is upheld sends the table back: the version that was voted is closed as it stands, with its vote, and a new
draft is made of it, which is deliberated and voted again. While an objection is open the table does not come into force.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from ledger import book_of
from timebank import notices, policy
from timebank.errors import BadInput, NotFound, Refused
from timebank.people import kin, residents
from timebank.people.residents import Person
from timebank.people.working_days import end_of_day, end_of_working_days, today_in
from timebank.permissions import Actor, require
from timebank.points.table.adoption import first_of_next_month, move_day
from timebank.points.table.drafts import items_of, new_draft
from timebank.points.table.life_tables import PointsObjection
from timebank.points.table.stages import Standing, close, community_of, enter, standing
from timebank.points.table.tables import WITHDRAWN, PointsTable
from timebank.storage import new_id

OPEN, UPHELD, REJECTED = "open", "upheld", "rejected"
CHANNELS = ("page", "desk", "paper")


class TableObjectionTooLate(Refused):
    """The publicity of the table is over (fact `until_at`)."""

    code = "table_objection_too_late"


class TableObjectedAlready(Refused):
    """The same person objected to this item, or to the whole table, already."""

    code = "table_objected_already"


class TableObjectionAnswered(Refused):
    """The objection has its answer."""

    code = "table_objection_answered"


class TooNearToTheObjection(Refused):
    """Nobody answers the own objection, one that they wrote down, or a relative's."""

    code = "too_near_to_objection"
    status = 403


@dataclass(frozen=True)
class Objected:
    """An objection with who raised it."""

    objection: PointsObjection
    person: Person | None


def object_to(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    table_id: uuid.UUID,
    reason: str,
    position: int = 0,
    person_id: uuid.UUID | None = None,
    channel: str = "page",
) -> dict[str, Any]:
    """Object to a published table or one of its items, signed in, or at the desk or by paper through a clerk.

    The day from which the table is in force moves on where the answer may come later than it.
    """
    on_behalf = person_id is not None and person_id != actor.person_id
    require(actor, "table.object_for" if on_behalf else "table.object", community_id=actor.community_id)
    whose = person_id or actor.person_id
    found = standing(session, community_of(actor), table_id)
    found.after("object_to")
    fields = {}
    if whose is None:
        fields["person"] = "required"
    if not 1 <= len(reason.strip()) <= 1000:
        fields["reason"] = "required"
    if channel not in CHANNELS or (channel == "page") == on_behalf:
        fields["channel"] = "unknown"
    if fields or whose is None:
        raise BadInput(fields=fields)
    table = found.table
    residents.person(session, table.community_id, whose)
    if position and not any(one.position == position for one in items_of(session, table.community_id, table_id)):
        raise NotFound(what="item")
    if table.published_until is None or table.published_until <= now:
        raise TableObjectionTooLate(until_at=table.published_until.isoformat() if table.published_until else "")
    said = objections_of(session, table.community_id, table_id)
    if any(one.objection.person_id == whose and one.objection.position == position for one in said):
        raise TableObjectedAlready
    today = today_in(session, table.community_id, now)
    days = policy.of(session, table.community_id, today).objection_answer_days
    due_on = end_of_working_days(session, table.community_id, today, days)
    due_at = end_of_day(session, table.community_id, due_on)
    one = PointsObjection(
        community_id=table.community_id, id=new_id(now), table_id=table_id, person_id=whose, position=position,
        channel=channel, reason=reason.strip(), raised_at=now, raised_by=actor.number, answer_due_at=due_at, state=OPEN,
    )  # fmt: skip
    session.add(one)
    session.flush()
    _set_day(session, found, max(found.life.first_in_force or first_of_next_month(today), _after(due_on, table)))
    return {"code": "table_objected", "objection_id": one.id.hex, "table_id": table_id.hex,
            "answer_due_at": due_at.isoformat(), "in_force_from": _day(table)}  # fmt: skip


def answer(
    session: Session, *, actor: Actor, now: dt.datetime, objection_id: uuid.UUID, upheld: bool, text: str
) -> dict[str, Any]:
    """Answer with a reason: rejected, the table goes on; upheld, it is closed and a new draft is made of it.

    Raises:
        TooNearToTheObjection, TableObjectionAnswered.
    """
    require(actor, "table.answer", community_id=actor.community_id)
    one = session.get(PointsObjection, (community_of(actor), objection_id))
    if one is None:
        raise NotFound(what="objection")
    found = standing(session, one.community_id, one.table_id)
    if one.state != OPEN:
        raise TableObjectionAnswered
    found.after("answer_objection")
    near = actor.person_id is not None and (
        actor.person_id == one.person_id or kin.are_near(session, one.community_id, actor.person_id, one.person_id)
    )
    if near or one.raised_by == actor.number:
        raise TooNearToTheObjection
    if not 1 <= len(text.strip()) <= 1000:
        raise BadInput(fields={"text": "required"})
    one.state, one.answer = UPHELD if upheld else REJECTED, text.strip()
    one.answered_at, one.answered_by = now, actor.number
    session.flush()
    notices.tell(session, community_id=one.community_id, person_id=one.person_id, now=now,
                 kind="table_objection_upheld" if upheld else "table_objection_rejected",
                 facts={"title": found.table.title, "table_id": one.table_id.hex})  # fmt: skip
    if upheld:
        draft_id = _return_to_draft(session, found, actor=actor, now=now, reason=one.answer)
        return {
            "code": "table_returned",
            "objection_id": one.id.hex,
            "table_id": one.table_id.hex,
            "draft_id": draft_id.hex,
        }
    today = today_in(session, one.community_id, now)
    still_open = [left.answer_due_at for left in open_objections(session, one.community_id, one.table_id)]
    if not still_open and found.life.first_in_force is not None:
        # Answered in time, it is in force on the day that was voted; never on a day that has begun.
        first = found.life.first_in_force
        _set_day(session, found, first if first > today else first_of_next_month(today))
    return {"code": "table_objection_rejected", "objection_id": one.id.hex, "table_id": one.table_id.hex,
            "in_force_from": _day(found.table)}  # fmt: skip


def open_objections(session: Session, community_id: int, table_id: uuid.UUID) -> Sequence[PointsObjection]:
    """Objections without an answer, the oldest first."""
    return session.scalars(
        select(PointsObjection)
        .where(
            PointsObjection.community_id == community_id,
            PointsObjection.table_id == table_id,
            PointsObjection.state == OPEN,
        )
        .order_by(col(PointsObjection.id))
    ).all()


def objections_of(session: Session, community_id: int, table_id: uuid.UUID) -> list[Objected]:
    """Objections to a version, newest first."""
    found = session.scalars(
        select(PointsObjection)
        .where(PointsObjection.community_id == community_id, PointsObjection.table_id == table_id)
        .order_by(col(PointsObjection.id).desc())
        .limit(500)
    ).all()
    people = residents.persons_of(session, community_id, [one.person_id for one in found])
    return [Objected(one, people.get(one.person_id)) for one in found]


def counts(session: Session, community_id: int, table_id: uuid.UUID) -> dict[str, int]:
    """How many objections are in each state."""
    rows = session.execute(
        select(PointsObjection.state, func.count())
        .where(PointsObjection.community_id == community_id, PointsObjection.table_id == table_id)
        .group_by(PointsObjection.state)
    )
    return {row[0]: row[1] for row in rows}


def _return_to_draft(session: Session, found: Standing, *, actor: Actor, now: dt.datetime, reason: str) -> uuid.UUID:
    table = found.table
    life = enter(session, found, "return_to_draft")
    close(life, actor=actor, now=now, reason=reason)
    life.closed_note = book_of(session).note("points_table_returned", f"version {table.version}", table.digest)
    table.state = WITHDRAWN
    for other in open_objections(session, table.community_id, table.id):
        # What they object to is no longer to come into force; they can object to what is made of it.
        other.state, other.answer, other.answered_at, other.answered_by = UPHELD, reason, now, actor.number
        if other.raised_by == actor.number:
            other.answered_by = "-"
    session.flush()
    items = items_of(session, table.community_id, table.id)
    draft = new_draft(session, actor=actor, now=now, title=table.title, source=table.source, items=items,
                      layout=life.layout, origin_id=table.id)  # fmt: skip
    return draft.id


def _after(due_on: dt.date, table: PointsTable) -> dt.date:
    """The first of the month after an answer is due, or the table's own day if that is later."""
    own = table.in_force_from or due_on
    return own if due_on < own else first_of_next_month(due_on)


def _set_day(session: Session, found: Standing, day: dt.date) -> None:
    if found.table.in_force_from != day:
        session.add(found.life)
        move_day(session, found.table, day)


def _day(table: PointsTable) -> str:
    return table.in_force_from.isoformat() if table.in_force_from else ""
