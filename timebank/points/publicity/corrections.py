"""What is in the books and was wrong is booked back, whole, by a counter-entry with its reason; above a limit by two officers.

The counter-entry takes back the very accounts that the entry moved: a deduction gives base points back to the base lot and
the rest to the household. If the points of an award are spent already, the household stands below zero, which it sees as
its shortfall, and what it earns next fills that first.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from ledger import book_of
from timebank import notices, policy
from timebank.errors import BadInput, NotFound, Refused
from timebank.people.communities import community_of
from timebank.people.working_days import end_of_day, end_of_working_days, today_in
from timebank.permissions import Actor, require
from timebank.points.awards.nearness import near_to, refuse_near
from timebank.points.awards.tables import BOOKED, REVERSED, Award
from timebank.points.household_changes import following
from timebank.points.publicity import counter_entries, lines, preparing, states
from timebank.points.publicity import joined as together
from timebank.points.publicity.refusals import (
    DecisionFinal,
    NeedsAnotherOfficer,
    NotBooked,
    ObjectionWrongState,
    OwnObjection,
    ReviewedIt,
)
from timebank.points.publicity.tables import AwardCorrection, Objection, PublicityLine
from timebank.storage import new_id


def ask_correction(
    session: Session, *, actor: Actor, now: dt.datetime, award_id: uuid.UUID, reason: str
) -> dict[str, Any]:
    """Ask that a booked award be booked back without anybody's objection; another officer confirms it.

    Raises:
        NotBooked; ObjectionWrongState: it was asked already, or an objection to it waits, which is answered first.
        OwnHousehold, OwnRelatives: nobody has the own deductions booked back.
    """
    require(actor, "publicity.correct", community_id=actor.community_id)
    award = lines.award_of(session, community_of(actor), award_id)
    refuse_near(session, actor, award.household_id)
    if award.state != BOOKED or correction_of(session, award) is not None:  # or nothing could be taken back
        raise NotBooked(state=award.state)
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    if open_correction(session, award) is not None:
        raise ObjectionWrongState(state="asked")
    line = lines.line_of_award(session, award)
    if line is not None:
        if line.state == states.CONTESTED:
            raise ObjectionWrongState(state=states.CONTESTED)
        lines.move(session, line, award, "ask_reversal")
    _ask(session, actor, award, reason=reason, now=now)
    return {"code": "correction_asked", "award_id": award.id.hex}


def confirm_correction(session: Session, *, actor: Actor, now: dt.datetime, award_id: uuid.UUID) -> dict[str, Any]:
    """Book a booked award back, whole, as the second officer.

    Raises:
        NotBooked; NeedsAnotherOfficer: the one who asked. OwnHousehold, OwnRelatives.
        OwnObjection: who objected to the line is not the second officer.
    """
    require(actor, "publicity.correct", community_id=actor.community_id)
    award = lines.award_of(session, community_of(actor), award_id)
    refuse_near(session, actor, award.household_id)
    asked = open_correction(session, award)
    if award.state != BOOKED or asked is None:
        raise NotBooked(state=award.state)
    line = lines.line_of_award(session, award)
    _refuse_second(session, actor, asked, line)
    _reverse(session, award, asked, approvers=[asked.asked_officer, actor.officer], by=actor.number, now=now)
    if line is not None:
        lines.move(session, line, award, "confirm_reversal")
    return {"code": "award_reversed", "award_id": award.id.hex, "entry": asked.entry}


def decline_correction(
    session: Session, *, actor: Actor, now: dt.datetime, award_id: uuid.UUID, reason: str
) -> dict[str, Any]:
    """Not book an award back, as the second officer: the line stays in the books, and who objected is told why.

    An answer that had upheld the objection stands no more: it counts as rejected, and can be appealed from today. An
    appeal that the answer had ended goes on.

    Raises:
        NotBooked, NeedsAnotherOfficer, OwnHousehold, OwnRelatives, OwnObjection: as with confirming.
        ReviewedIt: who reviewed the award does not keep it in the books.
        DecisionFinal: the supervision committee decided so.
    """
    require(actor, "publicity.correct", community_id=actor.community_id)
    award = lines.award_of(session, community_of(actor), award_id)
    refuse_near(session, actor, award.household_id)
    asked = open_correction(session, award)
    if award.state != BOOKED or asked is None:
        raise NotBooked(state=award.state)
    line = lines.line_of_award(session, award)
    _refuse_second(session, actor, asked, line)
    raised = _refuse_declining(session, actor, award, asked)
    upheld = [one for one in together.of_line(session, line) if one.outcome == "reversed"] if line and raised else []
    said = reason.strip()
    if not 1 <= len(said) <= 300 or together.named_in(session, said, upheld):
        raise BadInput(fields={"reason": "names_objector" if 1 <= len(said) <= 300 else "required"})
    asked.declined_at, asked.declined_by, asked.decline_reason = now, actor.number, said
    for one in upheld:
        _take_up_again(session, one, said, now=now)
    session.flush()
    state = lines.move(session, line, award, "decline_reversal") if line is not None else BOOKED
    for one in upheld:
        together.tell(session, one, "appeal_goes_on" if one.state == states.APPEALED else "reversal_declined", now=now)
    return {"code": "correction_declined", "award_id": award.id.hex, "line_state": state, "objections": len(upheld)}


def book_back(
    session: Session,
    actor: Actor,
    line: PublicityLine,
    award: Award,
    objection: Objection,
    *,
    reason: str,
    now: dt.datetime,
) -> dict[str, Any]:
    """What an upheld late objection does: at once where few steps are at stake, else asked for and confirmed by another."""
    if abs(award.credited_steps) >= two_from(session, award.community_id, now):
        _ask(session, actor, award, reason=reason, now=now, objection_id=objection.id)
        return {"state": lines.move(session, line, award, "ask_reversal"), "needs_another": True}
    asked = AwardCorrection(community_id=award.community_id, id=new_id(now), award_id=award.id, reason=reason[:300],
                            asked_at=now, asked_by=f"objection:{objection.number or objection.id.hex}",
                            asked_officer=actor.officer, objection_id=objection.id)  # fmt: skip
    session.add(asked)
    session.flush()
    _reverse(session, award, asked, approvers=[actor.officer], by=actor.number, now=now)
    return {"state": lines.move(session, line, award, "reverse"), "needs_another": False, "entry": asked.entry}


def two_from(session: Session, community_id: int, now: dt.datetime) -> int:
    """From how many steps on a booking back takes two people: by the policy, and never above what the log itself demands."""
    found = policy.of(session, community_id, today_in(session, community_id, now)).reversal_two_from_steps
    rule = book_of(session).rule
    return found if rule is None else min(found, rule.two_from_pt)


def kept_from(
    session: Session, actor: Actor, waits: Sequence[tuple[AwardCorrection, Award]]
) -> dict[uuid.UUID, tuple[str, str]]:
    """By award, why the actor does not confirm its booking back, and why she does not decline it; empty where she may."""
    near, found = near_to(session, actor), {}
    for asked, award in waits:
        confirming = declining = ""
        try:
            refuse_near(session, actor, award.household_id, near)
            _refuse_second(session, actor, asked, lines.line_of_award(session, award))
        except Refused as refused:
            confirming = refused.code
        try:
            _refuse_declining(session, actor, award, asked)
        except Refused as refused:
            declining = refused.code
        found[award.id] = (confirming, confirming or declining)
    return found


def open_correction(session: Session, award: Award) -> AwardCorrection | None:
    """The wish to book an award back that nobody confirmed yet."""
    return session.scalars(
        select(AwardCorrection).where(
            AwardCorrection.community_id == award.community_id,
            AwardCorrection.award_id == award.id,
            col(AwardCorrection.confirmed_at).is_(None),
            col(AwardCorrection.declined_at).is_(None),
        )
    ).first()


def decliners_of(session: Session, award: Award) -> Sequence[str]:
    """Who declined to book an award back: they decide no appeal about it."""
    query = select(AwardCorrection.declined_by).where(
        AwardCorrection.community_id == award.community_id,
        AwardCorrection.award_id == award.id,
        col(AwardCorrection.declined_by).is_not(None),
    )
    return [number for number in session.scalars(query) if number is not None]


def declined_of(session: Session, award: Award) -> Sequence[AwardCorrection]:
    """The wishes to book an award back that were declined, oldest first."""
    return session.scalars(
        select(AwardCorrection)
        .where(
            AwardCorrection.community_id == award.community_id,
            AwardCorrection.award_id == award.id,
            col(AwardCorrection.declined_at).is_not(None),
        )
        .order_by(col(AwardCorrection.id))
    ).all()


def correction_of(session: Session, award: Award) -> AwardCorrection | None:
    """How an award was booked back; None if it was not."""
    return session.scalars(
        select(AwardCorrection).where(
            AwardCorrection.community_id == award.community_id,
            AwardCorrection.award_id == award.id,
            col(AwardCorrection.confirmed_at).is_not(None),
        )
    ).first()


def waiting(session: Session, *, actor: Actor, limit: int = 100) -> list[tuple[AwardCorrection, Award]]:
    """Bookings back that wait for a second officer, oldest first."""
    require(actor, "awards.read", community_id=actor.community_id)
    rows = session.execute(
        select(AwardCorrection, Award)
        .join(
            Award,
            (col(Award.community_id) == AwardCorrection.community_id) & (col(Award.id) == AwardCorrection.award_id),
        )
        .where(
            AwardCorrection.community_id == actor.community_id,
            col(AwardCorrection.confirmed_at).is_(None),
            col(AwardCorrection.declined_at).is_(None),
        )
        .order_by(col(AwardCorrection.id))
        .limit(limit)
    ).all()
    return [(asked, award) for asked, award in rows]


def _take_up_again(session: Session, objection: Objection, reason: str, *, now: dt.datetime) -> None:
    """An objection whose booking back was declined: rejected with a time to appeal, or appealed as it was before."""
    community_id, today = objection.community_id, today_in(session, objection.community_id, now)
    rules = policy.of(session, community_id, today)
    objection.state = states.objection_after(objection.state, "decline")
    objection.outcome, objection.declined = None, reason
    if objection.state == states.REJECTED:
        objection.appeal_until = end_of_day(session, community_id, today + dt.timedelta(days=rules.appeal_days))
        return
    objection.decision, objection.decided_at, objection.decided_by, objection.reminded_at = "", None, None, None
    objection.decision_due_at = end_of_day(
        session, community_id, end_of_working_days(session, community_id, today, rules.appeal_decision_days)
    )


def _refuse_second(session: Session, actor: Actor, asked: AwardCorrection, line: PublicityLine | None) -> None:
    """Who asked for a booking back, or objected to the line, is not its second officer."""
    if asked.asked_by == actor.number:
        raise NeedsAnotherOfficer
    if line is not None and _objected(session, actor, line):
        raise OwnObjection


def _refuse_declining(session: Session, actor: Actor, award: Award, asked: AwardCorrection) -> Objection | None:
    """Who reviewed an award does not keep it in the books, nor anybody what was decided; the objection behind it, if any."""
    if together.gave_a_verdict(session, actor, award):
        raise ReviewedIt
    raised = session.get(Objection, (award.community_id, asked.objection_id)) if asked.objection_id else None
    if raised is not None and raised.state == states.APPEAL_UPHELD:
        raise DecisionFinal
    return raised


def _objected(session: Session, actor: Actor, line: PublicityLine) -> bool:
    found = select(Objection.id).where(
        Objection.community_id == line.community_id,
        Objection.batch_number == line.batch_number,
        Objection.line_number == line.number,
        Objection.person_id == actor.person_id,
    )
    return actor.person_id is not None and session.scalars(found.limit(1)).first() is not None


def _ask(
    session: Session,
    actor: Actor,
    award: Award,
    *,
    reason: str,
    now: dt.datetime,
    objection_id: uuid.UUID | None = None,
) -> None:
    session.add(
        AwardCorrection(community_id=award.community_id, id=new_id(now), award_id=award.id, reason=reason.strip()[:300],
                        asked_at=now, asked_by=actor.number, asked_officer=actor.officer, objection_id=objection_id)
    )  # fmt: skip
    session.flush()


def _reverse(
    session: Session, award: Award, asked: AwardCorrection, *, approvers: list[int], by: str, now: dt.datetime
) -> None:
    """The counter-entries, or the note that nothing can be taken back; the award's end is that of its points."""
    state = counter_entries.book(session, award, asked, approvers=approvers, now=now)
    asked.confirmed_at, asked.confirmed_by = now, by
    if state == REVERSED:
        award.state, award.closed_at, award.closed_by, award.closed_reason = state, now, by, asked.reason
    session.flush()
    if state == REVERSED:
        _tell(session, award, now=now)


def _tell(session: Session, award: Award, *, now: dt.datetime) -> None:
    person = award.person_id
    if person is None:
        home = following.successor(session, award.community_id, award.household_id)
        person = preparing.names_of(session, award.community_id, {home}).get(home, (None,))[0]
    if person is not None:
        facts = {"batch": award.batch_number, "line": award.line_number, "points_steps": -award.credited_steps,
                 "short_steps": following.short(session, award.community_id, award.household_id)}  # fmt: skip
        notices.tell(
            session, community_id=award.community_id, person_id=person, kind="line_reversed", facts=facts, now=now
        )


def correction(session: Session, *, actor: Actor, award_id: uuid.UUID) -> AwardCorrection:
    """The correction of an award that waits for its confirmation; NotFound if there is none."""
    require(actor, "publicity.correct", community_id=actor.community_id)
    found = open_correction(session, lines.award_of(session, community_of(actor), award_id))
    if found is None:
        raise NotFound(what="correction")
    return found
