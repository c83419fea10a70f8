"""What was objected and answered, as pages, lists and the board show it. Nothing is written here."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from timebank import policy
from timebank.people import residents
from timebank.people.communities import community_of
from timebank.people.residents import Person
from timebank.people.working_days import end_of_day, today_in
from timebank.permissions import Actor, require
from timebank.points.awards.tables import Award
from timebank.points.publicity import joined as together
from timebank.points.publicity import lines, states
from timebank.points.publicity.tables import APPEALED, OPEN, REJECTED, Objection, PublicityBatch, PublicityLine


@dataclass(frozen=True)
class ObjectionListed:
    """An objection with its line, its award and who raised it."""

    objection: Objection
    line: PublicityLine
    award: Award
    person: Person | None


def objections_of(
    session: Session,
    *,
    actor: Actor,
    batch_number: int | None = None,
    person_id: uuid.UUID | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[ObjectionListed]:
    """Objections, those that wait first, then newest; a resident reads the own ones. The next page is `before` the last one's number."""
    if person_id is None or person_id != actor.person_id:
        require(actor, "awards.read", community_id=actor.community_id)
    return _listed(session, actor, batch_number=batch_number, person_id=person_id, before=before, limit=limit)


def to_write_down(session: Session, *, actor: Actor, now: dt.datetime, person_id: uuid.UUID) -> list[ObjectionListed]:
    """What staff can write down for somebody who calls or comes: her open objections, and those that she can appeal still."""
    require(actor, "publicity.object_on_behalf", community_id=actor.community_id)
    return [
        row
        for row in _listed(session, actor, person_id=person_id)
        if row.objection.state == OPEN or can_appeal(row, now)
    ]


def can_appeal(row: ObjectionListed, now: dt.datetime) -> bool:
    """Whether the objection can be taken to the supervision committee: rejected, in time, and its line waits for it."""
    until = row.objection.appeal_until if row.objection.state == REJECTED else None
    return until is not None and until > now and states.may(row.line.state, appeal_verb(row.objection))


def appeal_verb(objection: Objection) -> str:
    """How its line goes on when it is appealed."""
    return "appeal_late" if objection.late else "appeal"


def said_of(
    session: Session, community_id: int, batch_number: int, first: int, last: int
) -> dict[int, list[Objection]]:
    """The objections to the lines of a span, by line, oldest first: for a page of the board, which shows what was answered."""
    rows = session.scalars(
        select(Objection)
        .where(
            Objection.community_id == community_id,
            Objection.batch_number == batch_number,
            col(Objection.line_number).between(first, last),
        )
        .order_by(col(Objection.id))
    )
    found: dict[int, list[Objection]] = {}
    for one in rows:
        found.setdefault(one.line_number, []).append(one)
    return found


def answered(session: Session, community_id: int, *, limit: int = 20) -> Sequence[Objection]:
    """Objections that were answered, newest answers first: what anybody may read, without who objected and why."""
    return session.scalars(
        select(Objection)
        .where(Objection.community_id == community_id, col(Objection.answered_at).is_not(None))
        .order_by(col(Objection.answered_at).desc())
        .limit(limit)
    ).all()


def put_right_by(session: Session, award: Award) -> Objection | None:
    """The objection by whose answer this award took the place of another one; None if it came otherwise."""
    place = lines.put_right_from(award)
    if place is None:
        return None
    batch, line = place
    said = said_of(session, award.community_id, batch, line, line).get(line, [])
    return next((one for one in said if one.outcome == "corrected"), None)


def line_of(session: Session, *, actor: Actor, batch_number: int, line_number: int) -> tuple[PublicityLine, Award]:
    """One line of the board with its award."""
    return lines.line_at(session, community_of(actor), batch_number, line_number)[1:]


def objection_of(session: Session, *, actor: Actor, objection_id: uuid.UUID) -> Objection:
    """One objection, for who raised it and for staff."""
    objection = together.found(session, actor, objection_id)[0]
    if objection.person_id != actor.person_id:
        require(actor, "awards.read", community_id=actor.community_id)
    return objection


def may_object_until(session: Session, batch: PublicityBatch, award: Award, now: dt.datetime) -> dt.datetime | None:
    """Until when the line of this award can be objected to; None if it cannot any more, or only once it is booked."""
    if batch.objections_until > now:
        return batch.objections_until
    if award.booked_at is None:
        return None
    today = today_in(session, award.community_id, now)
    until = late_until(session, award, policy.of(session, award.community_id, today).late_objection_days)
    return until if until > now else None


def late_until(session: Session, award: Award, days: int) -> dt.datetime:
    """Until when an award in the books can be objected to: so many days after the day it was booked."""
    assert award.booked_at is not None
    booked_on = today_in(session, award.community_id, award.booked_at)
    return end_of_day(session, award.community_id, booked_on + dt.timedelta(days=days))


def _listed(
    session: Session,
    actor: Actor,
    *,
    batch_number: int | None = None,
    person_id: uuid.UUID | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[ObjectionListed]:
    query = (
        select(Objection, PublicityLine, Award)
        .join(
            PublicityLine,
            (col(PublicityLine.community_id) == Objection.community_id)
            & (col(PublicityLine.batch_number) == Objection.batch_number)
            & (col(PublicityLine.number) == Objection.line_number),
        )
        .join(
            Award, (col(Award.community_id) == PublicityLine.community_id) & (col(Award.id) == PublicityLine.award_id)
        )
        .where(Objection.community_id == actor.community_id)
        .order_by((col(Objection.state).in_((OPEN, APPEALED))).desc(), col(Objection.id).desc())
        .limit(limit)
    )
    if batch_number is not None:
        query = query.where(Objection.batch_number == batch_number)
    if person_id is not None:
        query = query.where(Objection.person_id == person_id)
    if before is not None:
        query = query.where(_after(session, community_of(actor), before))
    rows = session.execute(query).all()
    people = residents.persons_of(session, community_of(actor), [row[0].person_id for row in rows])
    return [ObjectionListed(objection, line, award, people.get(objection.person_id)) for objection, line, award in rows]


def _after(session: Session, community_id: int, number: int) -> ColumnElement[bool]:
    """What comes after this objection in the list: behind one that waits, the earlier ones that wait and all others."""
    query = select(Objection.state).where(Objection.community_id == community_id, Objection.number == number)
    waits, earlier = col(Objection.state).in_((OPEN, APPEALED)), col(Objection.number) < number
    if session.scalars(query).first() in (OPEN, APPEALED):
        return or_(~waits, earlier)
    return and_(~waits, earlier)
