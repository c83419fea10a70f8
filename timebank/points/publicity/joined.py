"""The objections to one line, which are joined: found together, and who is told of them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from timebank import notices
from timebank.columns import to_ms
from timebank.errors import NotFound
from timebank.people import residents
from timebank.people.communities import community_of
from timebank.permissions import Actor
from timebank.points.awards.tables import Award, AwardReview
from timebank.points.publicity import lines, preparing, states
from timebank.points.publicity.tables import REJECTED, Objection, PublicityBatch, PublicityLine


def of_line(session: Session, line: PublicityLine) -> Sequence[Objection]:
    """All objections to a line, oldest first, whatever became of them."""
    return session.scalars(
        select(Objection)
        .where(
            Objection.community_id == line.community_id,
            Objection.batch_number == line.batch_number,
            Objection.line_number == line.number,
        )
        .order_by(col(Objection.id))
    ).all()


def found(
    session: Session, actor: Actor, objection_id: uuid.UUID
) -> tuple[Objection, PublicityBatch, PublicityLine, Award]:
    """An objection with its batch, line and award; NotFound if there is none of this id here."""
    objection = session.get(Objection, (community_of(actor), objection_id))
    if objection is None:
        raise NotFound(what="objection")
    return objection, *lines.line_at(session, objection.community_id, objection.batch_number, objection.line_number)


def gave_a_verdict(session: Session, actor: Actor, award: Award) -> bool:
    """Whether the actor was one of those who reviewed the award: first, second, or for the committee."""
    reviewed = select(AwardReview.id).where(
        AwardReview.community_id == award.community_id,
        AwardReview.award_id == award.id,
        AwardReview.reviewed_by == actor.number,
    )
    return award.reviewed_by == actor.number or session.scalars(reviewed.limit(1)).first() is not None


def named_in(session: Session, text: str, said: Sequence[Objection]) -> bool:
    """Whether a text that everybody will read names somebody who objected."""
    if not said:
        return False
    people = residents.persons_of(session, said[0].community_id, [one.person_id for one in said])
    return any(len(person.name) > 1 and person.name in text for person in people.values())


def tell_objectors(
    session: Session, line: PublicityLine, said: Sequence[Objection], kind: str, *, now: dt.datetime
) -> None:
    """Tell those who objected how it went: `kind` with `_upheld` or `_rejected`."""
    for one in said:
        told = f"{kind}_{'upheld' if one.state in (states.UPHELD, states.APPEAL_UPHELD) else 'rejected'}"
        tell(session, one, told, now=now)


def tell(session: Session, objection: Objection, kind: str, *, now: dt.datetime) -> None:
    """Tell who objected; with the last minute for an appeal, where there can be one."""
    facts: dict[str, Any] = {"batch": objection.batch_number, "line": objection.line_number}
    if objection.appeal_by is not None and objection.state == REJECTED:
        facts["until_at"] = to_ms(objection.appeal_by)
    notices.tell(
        session, community_id=objection.community_id, person_id=objection.person_id, kind=kind, facts=facts, now=now
    )


def tell_household(session: Session, award: Award, kind: str, facts: dict[str, Any], *, now: dt.datetime) -> None:
    """Tell who was awarded, else the head of the household."""
    person = award.person_id
    if person is None:
        person = preparing.names_of(session, award.community_id, {award.household_id}).get(award.household_id, (None,))[
            0
        ]
    if person is not None:
        notices.tell(session, community_id=award.community_id, person_id=person, kind=kind, facts=facts, now=now)
