"""Anybody may object to a line on the board: only that line waits, it is answered, and the answer can be appealed.

A resident objects on her phone; who has none calls, comes to the desk or hands in a paper, and staff write down who it
was and how it came. There is no objecting without a name that we know: a name can be asked back, and a script has none.

Several people may object to one line. They are joined: one answer answers all that are open, one decision decides all
that are appealed; each of them may appeal on her own.

A line that is in the books can be objected to for some days more. It stays there while it is examined; if the objection
is upheld it is booked back (corrections.py).
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from timebank import attachments, policy
from timebank.attachments import Prepared
from timebank.errors import BadInput
from timebank.people import households, residents
from timebank.people.communities import community_of
from timebank.people.working_days import end_of_day, end_of_working_days, today_in
from timebank.permissions import Actor, require
from timebank.points.awards import entering, reading
from timebank.points.awards.rows import AwardRow
from timebank.points.awards.tables import FROZEN, WITHDRAWN, Award
from timebank.points.publicity import corrections, lines, states
from timebank.points.publicity import joined as together
from timebank.points.publicity.objection_lists import appeal_verb, late_until
from timebank.points.publicity.refusals import (
    AppealTooLate,
    LineDone,
    ObjectedAlready,
    ObjectionTooLate,
    ObjectionWrongState,
    TooManyObjections,
)
from timebank.points.publicity.tables import (
    APPEALED,
    CHANNELS,
    OPEN,
    Objection,
    PublicityBatch,
    PublicityLine,
)
from timebank.points.publicity.who_answers import refuse_near
from timebank.storage import new_id, next_number

TEXT_MOST = 1000


@dataclass(frozen=True)
class Corrected:
    """What a line should have been: how often or how long, and by which item if it was another one."""

    quantity: str
    item_id: uuid.UUID | None = None


def object_to(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    batch_number: int,
    line_number: int,
    reason: str,
    person_id: uuid.UUID | None = None,
    channel: str = "",
    form_number: str = "",
    paper_on: dt.date | None = None,
    photo: Prepared | None = None,
) -> dict[str, Any]:
    """Object to one line, as a resident or by staff for a resident who called, came or handed in a paper.

    Before it is booked, only that line is frozen; a paper counts by the day on it, even if it is typed in later. A line in
    the books can be objected to for `late_objection_days`.

    Raises:
        ObjectionTooLate, ObjectedAlready, TooManyObjections, LineDone. BadInput: by field.
    """
    on_behalf = person_id is not None and person_id != actor.person_id
    use_case = "publicity.object_on_behalf" if on_behalf else "publicity.object_to"
    require(actor, use_case, community_id=actor.community_id)
    community_id, whose = community_of(actor), person_id or actor.person_id
    if whose is None:
        raise BadInput(fields={"person": "required"})
    channel = channel or ("desk" if on_behalf else "page")
    today = today_in(session, community_id, now)
    residents.person(session, community_id, whose)
    batch, line, award = lines.line_at(session, community_id, batch_number, line_number)
    hung_on = today_in(session, community_id, batch.published_at)
    _refuse_bad(reason, channel, on_behalf=on_behalf, form_number=form_number, paper_on=paper_on, hung_on=hung_on,
                today=today)  # fmt: skip
    rules = policy.of(session, community_id, today)
    late = _late(session, batch, line, award, now=now, paper_on=paper_on, days=rules.late_objection_days)
    _refuse_double(session, line, whose, most=rules.objections_open_most)
    due = end_of_day(
        session, community_id, end_of_working_days(session, community_id, today, rules.objection_answer_days)
    )
    objection = Objection(
        community_id=community_id, id=new_id(now), batch_number=batch_number, line_number=line_number, person_id=whose,
        channel=channel, reason=reason.strip(), raised_at=now, raised_by=actor.number, answer_due_at=due, state=OPEN,
        number=next_number(session, community_id, "objection"), form_number=form_number.strip() or None,
        paper_on=paper_on, late=int(late),
    )  # fmt: skip
    if photo is not None:
        objection.photo_id = attachments.keep(
            session, community_id=community_id, prepared=photo, now=now, by=actor.number
        )
    session.add(objection)
    session.flush()
    if not late:
        award.state = FROZEN
    lines.move(session, line, award, "object_late" if late else "object")
    together.tell_household(session, award, "line_objected", {"batch": batch_number, "line": line_number}, now=now)
    return {"code": "objection_raised", "objection_id": objection.id.hex, "number": objection.number,
            "batch": batch_number, "line": line_number, "late": late, "answer_due_at": due.isoformat()}  # fmt: skip


def answer(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    objection_id: uuid.UUID,
    upheld: bool,
    text: str,
    corrected: Corrected | None = None,
) -> dict[str, Any]:
    """Answer an objection, and all others that are open on the same line.

    Upheld, the line is withdrawn, or with `corrected` replaced by an award that is reviewed and hangs out anew; what is in
    the books is booked back. Rejected, it waits for an appeal.

    Raises:
        OwnHousehold, OwnObjection, TooNearToAnswer, ReviewedIt: who answers is too near. ObjectionWrongState.
    """
    require(actor, "publicity.answer", community_id=actor.community_id)
    objection, _, line, award = together.found(session, actor, objection_id)
    joined = together.of_line(session, line)
    refuse_near(session, actor, award, joined, objection)
    state = states.objection_after(objection.state, "uphold" if upheld else "reject")
    text = _said_to_all(session, text, joined)
    today = today_in(session, award.community_id, now)
    until = end_of_day(
        session,
        award.community_id,
        today + dt.timedelta(days=policy.of(session, award.community_id, today).appeal_days),
    )
    mine = [one for one in joined if one.state == OPEN]
    for one in mine:
        one.state, one.answer, one.answered_at, one.answered_by = state, text, now, actor.number
        one.appeal_until = None if upheld else until
    session.flush()
    if upheld:
        ended = _end_line(session, actor, line, award, upheld=mine, text=text, now=now, corrected=corrected)
    else:
        ended = {"state": lines.move(session, line, award, "reject_late" if objection.late else "reject")}
    together.tell_objectors(session, line, mine, "objection_answered", now=now)
    return {"code": "objection_upheld" if upheld else "objection_rejected", "objection_id": objection.id.hex,
            "joined": len(mine), "award_state": award.state, "line_state": ended["state"], **ended}  # fmt: skip


def appeal(session: Session, *, actor: Actor, now: dt.datetime, objection_id: uuid.UUID, text: str) -> dict[str, Any]:
    """Take a rejected objection to the supervision committee, by the person who raised it or by staff for her.

    Raises:
        ObjectionWrongState, AppealTooLate; LineDone: another's objection ended the line.
    """
    objection, _, line, award = together.found(session, actor, objection_id)
    own = objection.person_id == actor.person_id
    use_case = "publicity.object_to" if own else "publicity.object_on_behalf"
    require(actor, use_case, community_id=actor.community_id)
    state = states.objection_after(objection.state, "appeal")
    if objection.appeal_until is None:
        raise ObjectionWrongState(state=objection.state)
    if objection.appeal_until <= now:
        raise AppealTooLate(until_at=objection.appeal_until.isoformat())
    verb = appeal_verb(objection)
    if not states.may(line.state, verb):
        raise LineDone(state=line.state)
    text, today = _said(text), today_in(session, award.community_id, now)
    days = policy.of(session, award.community_id, today).appeal_decision_days
    objection.state, objection.appeal, objection.appealed_at = state, text, now
    objection.reminded_at = None
    objection.decision_due_at = end_of_day(
        session, award.community_id, end_of_working_days(session, award.community_id, today, days)
    )
    session.flush()
    lines.move(session, line, award, verb)
    return {"code": "appealed", "objection_id": objection.id.hex,
            "decision_due_at": objection.decision_due_at.isoformat()}  # fmt: skip


def decide(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    objection_id: uuid.UUID,
    upheld: bool,
    text: str,
    corrected: Corrected | None = None,
) -> dict[str, Any]:
    """The supervision committee's word on an appeal, and on all others on the same line; it is final.

    Raises:
        OwnHousehold, OwnObjection, TooNearToAnswer, ReviewedIt: who decides is too near. ObjectionWrongState.
    """
    require(actor, "publicity.decide", community_id=actor.community_id)
    objection, _, line, award = together.found(session, actor, objection_id)
    joined = together.of_line(session, line)
    refuse_near(session, actor, award, joined, objection)
    state = states.objection_after(objection.state, "decide_uphold" if upheld else "decide_reject")
    text = _said_to_all(session, text, joined)
    mine = [one for one in joined if one.state == APPEALED]
    for one in mine:
        one.state, one.decision, one.decided_at, one.decided_by = state, text, now, actor.number
    session.flush()
    if upheld:
        ended = _end_line(session, actor, line, award, upheld=mine, text=text, now=now, corrected=corrected)
    else:
        ended = {"state": lines.move(session, line, award, "decide_reject_late" if objection.late else "decide_reject")}
    together.tell_objectors(session, line, mine, "objection_decided", now=now)
    return {"code": "appeal_upheld" if upheld else "appeal_rejected", "objection_id": objection.id.hex,
            "joined": len(mine), "award_state": award.state, "line_state": ended["state"], **ended}  # fmt: skip


# What stands between ---------------------------------------------------------------------------------------------------


def _end_line(
    session: Session,
    actor: Actor,
    line: PublicityLine,
    award: Award,
    *,
    upheld: Sequence[Objection],
    text: str,
    now: dt.datetime,
    corrected: Corrected | None,
) -> dict[str, Any]:
    """What an upheld objection does to its line: withdrawn, corrected, or booked back; the others' objections end with it."""
    if line.state in states.IN_THE_BOOKS:
        if corrected is not None:  # it is booked back as a whole, and what is right is entered anew
            raise BadInput(fields={"quantity": "in_the_books"})
        outcome, told = "reversed", corrections.book_back(session, actor, line, award, upheld[0], reason=text, now=now)
    else:
        award.state, award.closed_at, award.closed_by, award.closed_reason = WITHDRAWN, now, actor.number, text[:300]
        session.flush()
        told, outcome = {}, "withdrawn"
        if corrected is not None:
            outcome = "corrected"
            resolved = entering.resolved_row(session, actor, now, _row(session, award, corrected), "objection")
            made = entering.write(session, actor=actor, now=now, resolved=resolved, source_kind="objection",
                                  source=f"{line.batch_number}:{line.number}")  # fmt: skip
            line.replaced_by = made.id
            told = {"replaced_by": made.id.hex, "credited_steps": made.credited_steps}
        told["state"] = lines.move(session, line, award, "correct" if corrected else "withdraw")
        facts = {"batch": line.batch_number, "line": line.number}
        together.tell_household(session, award, f"line_{outcome}", facts, now=now)
    rest = [one for one in together.of_line(session, line) if one.state in (OPEN, APPEALED)]
    for one in rest:
        if one.state == OPEN:
            one.state, one.answer, one.answered_at, one.answered_by = states.UPHELD, text, now, actor.number
        else:
            one.state = states.APPEAL_UPHELD
            one.decision, one.decided_at, one.decided_by = text, now, actor.number
    for one in (*upheld, *rest):
        one.outcome = outcome
    session.flush()
    if rest:
        together.tell_objectors(session, line, rest, "objection_answered", now=now)
    return told


def _row(session: Session, award: Award, corrected: Corrected) -> AwardRow:
    """The award as it should have been, as a row to be entered."""
    person = residents.person(session, award.community_id, award.person_id) if award.person_id else None
    household = households.household(session, award.community_id, award.household_id)
    return AwardRow(
        line=1,
        household="" if person else str(household.number),
        person=person.number if person else "",
        item="",
        item_id=(corrected.item_id or award.item_id).hex,
        on=award.on_day.isoformat(),
        quantity=corrected.quantity,
        evidence=award.evidence,
        **reading.heard_of(session, award),
    )


def _refuse_bad(
    reason: str,
    channel: str,
    *,
    on_behalf: bool,
    form_number: str,
    paper_on: dt.date | None,
    hung_on: dt.date,
    today: dt.date,
) -> None:
    bad = {}
    if not 1 <= len(reason.strip()) <= TEXT_MOST:
        bad["reason"] = "required"
    if channel not in CHANNELS or (channel == "page") == on_behalf:
        bad["channel"] = "unknown"
    if channel == "paper":
        if not 1 <= len(form_number.strip()) <= 40:
            bad["form_number"] = "required"
        if paper_on is None:
            bad["paper_on"] = "required"
        elif paper_on > today:
            bad["paper_on"] = "in_the_future"
        elif paper_on < hung_on:
            bad["paper_on"] = "before_publicity"
    if bad:
        raise BadInput(fields=bad)


def _late(
    session: Session,
    batch: PublicityBatch,
    line: PublicityLine,
    award: Award,
    *,
    now: dt.datetime,
    paper_on: dt.date | None,
    days: int,
) -> bool:
    """Whether an objection of now comes after the booking; refused where it comes too late, or the line has ended."""
    if line.state in states.UNBOOKED:
        came = now
        if paper_on is not None:  # the day on the paper counts, whenever somebody types it in
            came = min(now, end_of_day(session, batch.community_id, paper_on) - dt.timedelta(milliseconds=1))
        if batch.objections_until <= came:
            raise ObjectionTooLate(until_at=batch.objections_until.isoformat())
        return False
    if not states.may(line.state, "object_late"):
        raise LineDone(state=line.state)
    until = late_until(session, award, days)
    if until <= now:
        raise ObjectionTooLate(until_at=until.isoformat())
    return True


def _refuse_double(session: Session, line: PublicityLine, person_id: uuid.UUID, *, most: int) -> None:
    if any(one.person_id == person_id for one in together.of_line(session, line)):
        raise ObjectedAlready
    waiting = session.scalars(
        select(Objection.id).where(
            Objection.community_id == line.community_id,
            Objection.person_id == person_id,
            col(Objection.state).in_((OPEN, APPEALED)),
        )
    ).all()
    if len(waiting) >= most:
        raise TooManyObjections(most=most)


def _said(text: str) -> str:
    if not 1 <= len(text.strip()) <= TEXT_MOST:
        raise BadInput(fields={"text": "required"})
    return text.strip()


def _said_to_all(session: Session, text: str, joined: Sequence[Objection]) -> str:
    """What anybody may read on the board: it does not name who objected."""
    said = _said(text)
    if together.named_in(session, said, joined):
        raise BadInput(fields={"text": "names_objector"})
    return said
