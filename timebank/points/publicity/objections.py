"""Anybody may object to a line on the board: only that line waits, it is answered, and the answer can be appealed."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from ledger import book_of
from timebank import policy
from timebank.errors import BadInput, NotFound, Refused
from timebank.people import residents
from timebank.people.residents import Person
from timebank.people.working_days import end_of_day, end_of_working_days, today_in
from timebank.permissions import Actor, require
from timebank.points import household_accounts
from timebank.points.awards.entering import OwnHousehold
from timebank.points.awards.tables import BOOKED, FROZEN, PUBLISHED, REVERSED, Award
from timebank.points.publicity.batches import batch_of, withdraw_line
from timebank.points.publicity.tables import (
    APPEAL_REJECTED,
    APPEAL_UPHELD,
    APPEALED,
    OPEN,
    REJECTED,
    UPHELD,
    AwardCorrection,
    Objection,
    PublicityLine,
)
from timebank.storage import new_id


class ObjectionTooLate(Refused):
    """The period of objections is over (fact `until_at`)."""

    code = "objection_too_late"


class ObjectedAlready(Refused):
    """The same person objected to this line already."""

    code = "objected_already"


class LineDone(Refused):
    """The line is booked or withdrawn (fact `state`)."""

    code = "line_done"


class ObjectionWrongState(Refused):
    """The objection is not in the state that this step needs (fact `state`)."""

    code = "objection_wrong_state"


class AppealTooLate(Refused):
    """The time to appeal is over (fact `until_at`)."""

    code = "appeal_too_late"


class NotBooked(Refused):
    """Only what is booked can be corrected by booking it back (fact `state`)."""

    code = "not_booked"


class NeedsAnotherOfficer(Refused):
    """A correction is confirmed by somebody else than who asked for it."""

    code = "needs_another_officer"
    status = 403


class OwnObjection(Refused):
    """Nobody answers the own objection, nor decides about the own answer."""

    code = "own_objection"
    status = 403


@dataclass(frozen=True)
class ObjectionListed:
    """An objection with its line, its award and who raised it."""

    objection: Objection
    line: PublicityLine
    award: Award
    person: Person | None


def object_to(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    batch_number: int,
    line_number: int,
    reason: str,
    person_id: uuid.UUID | None = None,
) -> dict[str, Any]:
    """Object to one line, as a resident or by staff for a resident who came with paper; only that line is frozen.

    Raises:
        ObjectionTooLate, ObjectedAlready, LineDone.
    """
    on_behalf = person_id is not None and person_id != actor.person_id
    use_case = "publicity.object_on_behalf" if on_behalf else "publicity.object_to"
    require(actor, use_case, community_id=actor.community_id)
    whose = person_id or actor.person_id
    if whose is None:
        raise BadInput(fields={"person": "required"})
    if not 1 <= len(reason.strip()) <= 1000:
        raise BadInput(fields={"reason": "required"})
    community_id = _community(actor)
    residents.person(session, community_id, whose)
    batch, (_, award) = batch_of(session, community_id, batch_number), _line(session, actor, batch_number, line_number)
    if batch.objections_until <= now:
        raise ObjectionTooLate(until_at=batch.objections_until.isoformat())
    if award.state not in (PUBLISHED, FROZEN):
        raise LineDone(state=award.state)
    said = session.scalars(
        select(Objection).where(
            Objection.community_id == community_id, Objection.batch_number == batch_number,
            Objection.line_number == line_number, Objection.person_id == whose,
        )
    ).first()  # fmt: skip
    if said is not None:
        raise ObjectedAlready
    today = today_in(session, community_id, now)
    days = policy.of(session, community_id, today).objection_answer_days
    due = end_of_day(session, community_id, end_of_working_days(session, community_id, today, days))
    objection = Objection(
        community_id=community_id, id=new_id(now), batch_number=batch_number, line_number=line_number, person_id=whose,
        channel="paper" if on_behalf else "page", reason=reason.strip(), raised_at=now, raised_by=actor.number,
        answer_due_at=due, state=OPEN,
    )  # fmt: skip
    session.add(objection)
    award.state = FROZEN
    return {"code": "objection_raised", "objection_id": objection.id.hex, "batch": batch_number, "line": line_number,
            "answer_due_at": due.isoformat()}  # fmt: skip


def answer(
    session: Session, *, actor: Actor, now: dt.datetime, objection_id: uuid.UUID, upheld: bool, text: str
) -> dict[str, Any]:
    """Answer an objection: upheld, the line is withdrawn; rejected, it waits seven days for an appeal.

    Raises:
        OwnHousehold, OwnObjection: who answers is too near.
    """
    require(actor, "publicity.answer", community_id=actor.community_id)
    objection, award = _objection(session, actor, objection_id)
    _refuse_own(actor, objection, award)
    if objection.state != OPEN:
        raise ObjectionWrongState(state=objection.state)
    if not text.strip():
        raise BadInput(fields={"text": "required"})
    today = today_in(session, award.community_id, now)
    appeal_days = policy.of(session, award.community_id, today).appeal_days
    until = end_of_day(session, award.community_id, today + dt.timedelta(days=appeal_days))
    objection.state = UPHELD if upheld else REJECTED
    objection.answer, objection.answered_at, objection.answered_by = text.strip()[:1000], now, actor.number
    if upheld:
        _withdraw(award, now=now, by=actor.number, reason=objection.answer)
    else:
        objection.appeal_until = until
    return {"code": "objection_upheld" if upheld else "objection_rejected", "objection_id": objection.id.hex,
            "award_state": award.state}  # fmt: skip


def appeal(session: Session, *, actor: Actor, now: dt.datetime, objection_id: uuid.UUID, text: str) -> dict[str, Any]:
    """Take a rejected objection to the supervision committee, by the person who raised it or by staff for her."""
    objection, _ = _objection(session, actor, objection_id)
    own = objection.person_id == actor.person_id
    use_case = "publicity.object_to" if own else "publicity.object_on_behalf"
    require(actor, use_case, community_id=actor.community_id)
    if objection.state != REJECTED or objection.appeal_until is None:
        raise ObjectionWrongState(state=objection.state)
    if objection.appeal_until <= now:
        raise AppealTooLate(until_at=objection.appeal_until.isoformat())
    if not text.strip():
        raise BadInput(fields={"text": "required"})
    objection.state, objection.appeal, objection.appealed_at = APPEALED, text.strip()[:1000], now
    return {"code": "appealed", "objection_id": objection.id.hex}


def decide(
    session: Session, *, actor: Actor, now: dt.datetime, objection_id: uuid.UUID, upheld: bool, text: str
) -> dict[str, Any]:
    """The supervision committee's word on an appeal; it is final."""
    require(actor, "publicity.decide", community_id=actor.community_id)
    objection, award = _objection(session, actor, objection_id)
    _refuse_own(actor, objection, award)
    if objection.state != APPEALED:
        raise ObjectionWrongState(state=objection.state)
    if not text.strip():
        raise BadInput(fields={"text": "required"})
    objection.decision, objection.decided_at, objection.decided_by = text.strip()[:1000], now, actor.number
    objection.state = APPEAL_UPHELD if upheld else APPEAL_REJECTED
    if upheld:
        _withdraw(award, now=now, by=actor.number, reason=objection.decision)
    return {"code": "appeal_upheld" if upheld else "appeal_rejected", "objection_id": objection.id.hex}


def ask_correction(
    session: Session, *, actor: Actor, now: dt.datetime, award_id: uuid.UUID, reason: str
) -> dict[str, Any]:
    """Ask that a booked award be booked back; another officer confirms it."""
    require(actor, "publicity.correct", community_id=actor.community_id)
    award = _award(session, actor, award_id)
    if award.state != BOOKED:
        raise NotBooked(state=award.state)
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    if open_correction(session, award) is not None:
        raise ObjectionWrongState(state="asked")
    asked = AwardCorrection(community_id=award.community_id, id=new_id(now), award_id=award.id,
                            reason=reason.strip()[:300], asked_at=now, asked_by=actor.number,
                            asked_officer=actor.officer)  # fmt: skip
    session.add(asked)
    return {"code": "correction_asked", "award_id": award.id.hex}


def confirm_correction(session: Session, *, actor: Actor, now: dt.datetime, award_id: uuid.UUID) -> dict[str, Any]:
    """Book a booked award back, whole, by two officers; the household may stand below zero until later awards repay it."""
    require(actor, "publicity.correct", community_id=actor.community_id)
    award = _award(session, actor, award_id)
    asked = open_correction(session, award)
    if award.state != BOOKED or asked is None:
        raise NotBooked(state=award.state)
    if asked.asked_by == actor.number:
        raise NeedsAnotherOfficer
    on = today_in(session, award.community_id, now)
    detail = {"use_case": "publicity.correct", "award": award.id.hex, "correction": asked.id.hex}
    paid = [move.entry for move in household_accounts.moves_of(session, award.community_id, award.id) if move.entry]
    for entry in [*reversed(paid), award.entry]:
        if entry is not None:
            asked.entry = book_of(session).reverse(
                entry, on=on, reason="award_corrected", approvers=[asked.asked_officer, actor.officer], detail=detail
            )
    household_accounts.undo_moves(session, award.community_id, award.id, now=now)
    asked.confirmed_at, asked.confirmed_by = now, actor.number
    award.state, award.closed_at, award.closed_by, award.closed_reason = REVERSED, now, actor.number, asked.reason
    return {"code": "award_reversed", "award_id": award.id.hex, "entry": asked.entry}


def open_correction(session: Session, award: Award) -> AwardCorrection | None:
    """The wish to book an award back that nobody confirmed yet."""
    return session.scalars(
        select(AwardCorrection).where(
            AwardCorrection.community_id == award.community_id,
            AwardCorrection.award_id == award.id,
            col(AwardCorrection.confirmed_at).is_(None),
        )
    ).first()


def objections_of(
    session: Session,
    *,
    actor: Actor,
    batch_number: int | None = None,
    person_id: uuid.UUID | None = None,
    limit: int = 100,
) -> list[ObjectionListed]:
    """Objections, open ones first, then newest; a resident reads the own ones."""
    if person_id is None or person_id != actor.person_id:
        require(actor, "awards.read", community_id=actor.community_id)
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
    rows = session.execute(query).all()
    people = residents.persons_of(session, _community(actor), [row[0].person_id for row in rows])
    return [ObjectionListed(objection, line, award, people.get(objection.person_id)) for objection, line, award in rows]


def line_of(session: Session, *, actor: Actor, batch_number: int, line_number: int) -> tuple[PublicityLine, Award]:
    """One line of the board with its award."""
    return _line(session, actor, batch_number, line_number)


def _refuse_own(actor: Actor, objection: Objection, award: Award) -> None:
    if actor.household_id is not None and award.household_id == actor.household_id:
        raise OwnHousehold
    if actor.number == objection.answered_by or (
        actor.person_id is not None and objection.person_id == actor.person_id
    ):
        raise OwnObjection


def _withdraw(award: Award, *, now: dt.datetime, by: str, reason: str) -> None:
    # Two people may have objected; the first answer that upheld one of them settled the line.
    if award.state == FROZEN:
        withdraw_line(award, now=now, by=by, reason=reason)


def _line(session: Session, actor: Actor, batch_number: int, line_number: int) -> tuple[PublicityLine, Award]:
    line = session.get(PublicityLine, (_community(actor), batch_number, line_number))
    if line is None:
        raise NotFound(what="publicity_line", batch=batch_number, line=line_number)
    return line, _award(session, actor, line.award_id)


def _objection(session: Session, actor: Actor, objection_id: uuid.UUID) -> tuple[Objection, Award]:
    objection = session.get(Objection, (_community(actor), objection_id))
    if objection is None:
        raise NotFound(what="objection")
    return objection, _line(session, actor, objection.batch_number, objection.line_number)[1]


def _award(session: Session, actor: Actor, award_id: uuid.UUID) -> Award:
    award = session.get(Award, (_community(actor), award_id))
    if award is None:
        raise NotFound(what="award")
    return award


def _community(actor: Actor) -> int:
    if actor.community_id is None:
        raise NotFound(what="community")
    return actor.community_id
