"""Verdicts on awards: the first, the second where one is drawn or the deduction is large, the committee's where the two differ.

Nobody decides on the own household, on relatives, on what she entered, or twice on the same award. The latest verdict
can be taken back for a short time by who gave it, until the award hangs out.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from timebank import notices, policy
from timebank.errors import BadInput, Refused
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require
from timebank.points import rules
from timebank.points.awards import drawing, sources, states
from timebank.points.awards.nearness import OwnEntry, near_to, refuse_near
from timebank.points.awards.reading import Listed, by_id, by_ids, community_of, doubles_of, listed
from timebank.points.awards.states import APPROVED, COMMITTEE, ENTERED, HEARING, LIVE, REJECTED, SECOND
from timebank.points.awards.tables import SHORT, Award, AwardReview
from timebank.points.awards.used import Before, Event
from timebank.points.table.tables import PointsItem
from timebank.storage import new_id

MOST_AT_ONCE = 200
TURN = {ENTERED: "first", SECOND: "second", COMMITTEE: "committee"}
BEFORE = {"first": ENTERED, "second": SECOND, "committee": COMMITTEE}


class SameReviewer(Refused):
    """Another person than the first gives the second verdict, and another than both decides."""

    code = "same_reviewer"
    status = 403


class HouseholdNotHeard(Refused):
    """A deduction is looked at when the household was heard, or did not come after two invitations."""

    code = "household_not_heard_yet"


class ValueNeeded(Refused):
    """The table gives a range, and the reviewer says how much (facts `item`, `least_steps`, `most_steps`)."""

    code = "value_needed"
    status = 422


class ValueOutside(Refused):
    """The value lies outside the table's range (facts `least_steps`, `most_steps`)."""

    code = "value_outside_range"
    status = 422


class NothingLeft(Refused):
    """A cap leaves nothing to credit (fact `reason`, a code)."""

    code = "award_cap_reached"


class DoubleUnexplained(Refused):
    """Another award of the same deed stands beside it; whoever approves both says why (fact `other`)."""

    code = "double_unexplained"


class TooManyAtOnce(Refused):
    """More awards than anybody has looked at (fact `most`)."""

    code = "too_many_at_once"
    status = 422


class NotYourVerdict(Refused):
    """The latest verdict is somebody else's, or there is none."""

    code = "not_your_verdict"
    status = 403


class ToldAgain(Refused):
    """The deed was entered again since it was rejected; both cannot stand (fact `other`)."""

    code = "told_again_since"


class UndoTooLate(Refused):
    """The time to take a verdict back is over (fact `minutes`)."""

    code = "undo_too_late"


def review(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    award_ids: Sequence[uuid.UUID],
    approved: bool,
    remark: str = "",
    chosen_steps: Mapping[uuid.UUID, int] | None = None,
    both_reason: str = "",
) -> dict[str, Any]:
    """Approve or reject awards, all of the list or none; each as the first or the second to look at it.

    `chosen_steps` are values within a range, without a sign. `both_reason` says why two awards of one deed both count.

    Raises:
        OwnHousehold, OwnRelatives, OwnEntry, SameReviewer: the reviewer is too near.
        AwardWrongState, HouseholdNotHeard, ValueNeeded, ValueOutside, NothingLeft, DoubleUnexplained.
        BadInput: `remark` is missing where it rejects or chooses a value.
    """
    require(actor, "awards.review", community_id=actor.community_id)
    wanted = list(dict.fromkeys(award_ids))
    if not wanted:
        raise BadInput(fields={"award_id": "required"})
    if len(wanted) > MOST_AT_ONCE:
        raise TooManyAtOnce(most=MOST_AT_ONCE)
    if not approved and not remark.strip():
        raise BadInput(fields={"remark": "required"})
    rows = by_ids(session, community_of(actor), wanted)
    near, seconds, every = near_to(session, actor), 0, listed(session, rows)
    firsts = [(found.award, found.item) for found in every if found.award.life == ENTERED]
    draws = drawing.Draws(session, community_of(actor), firsts, now=now) if firsts else None
    for found in every:
        row = found.award
        if row.life == HEARING:
            raise HouseholdNotHeard
        states.check(row.life, "review")
        _refuse_actor(session, actor, row, near)
        if approved:
            _value(session, found, (chosen_steps or {}).get(row.id), remark)
            _explain_double(session, row, both_reason)
        seconds += _verdict(session, actor, now, found, draws, approved=approved, remark=remark.strip()[:SHORT])
    session.flush()
    return {"code": "awards_approved" if approved else "awards_rejected", "awards": len(wanted), "second": seconds}


def decide(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    award_id: uuid.UUID,
    approved: bool,
    remark: str,
    steps: int | None = None,
) -> dict[str, Any]:
    """The committee's word where the first and the second reviewer differ; both reasons stay beside it.

    Raises:
        as `review`; BadInput: `remark` is always said.
    """
    require(actor, "awards.decide", community_id=actor.community_id)
    row = by_id(session, community_of(actor), award_id)
    states.check(row.life, "decide")
    _refuse_actor(session, actor, row, near_to(session, actor))
    if not remark.strip():
        raise BadInput(fields={"remark": "required"})
    (found,) = listed(session, [row])
    if approved:
        _value(session, found, steps, remark)
        _explain_double(session, row, remark)  # the committee sees both, and always says why
    to = APPROVED if approved else REJECTED
    _write(session, actor, now, row, turn="committee", approved=approved, remark=remark.strip()[:SHORT])
    row.state, row.stage = states.after(row.life, "decide", to)
    row.reviewed_at, row.reviewed_by, row.reviewer = now, actor.number, actor.officer
    row.review_remark = remark.strip()[:SHORT]
    _tell(session, found, now)
    return {"code": "award_decided", "award_id": row.id.hex, "life": row.life}


def undo(session: Session, *, actor: Actor, now: dt.datetime, award_id: uuid.UUID) -> dict[str, Any]:
    """Take the own latest verdict back: a slip of the finger. The draw of the deed stays what it was.

    Raises:
        NotYourVerdict, UndoTooLate. AwardWrongState: it hangs out already.
        ToldAgain, NothingLeft: others came in the place of what was rejected.
    """
    require(actor, "awards.review", community_id=actor.community_id)
    row = by_id(session, community_of(actor), award_id)
    states.check(row.life, "undo")
    standing = verdicts_of(session, row)
    latest = standing[-1] if standing else None
    if latest is None or latest.reviewed_by != actor.number:
        raise NotYourVerdict
    minutes = policy.of(session, row.community_id, today_in(session, row.community_id, now)).review_undo_minutes
    if latest.reviewed_at + dt.timedelta(minutes=minutes) <= now:
        raise UndoTooLate(minutes=minutes)
    (found,) = listed(session, [row])
    was_told, did_not_count = row.state in (APPROVED, REJECTED), row.state == REJECTED
    if did_not_count:
        _stand_beside(session, found)
    row.state, row.stage = states.after(row.life, "undo", BEFORE[latest.turn])
    latest.undone_at, latest.undone_by = now, actor.number
    if latest.turn == "first":
        row.reviewed_at = row.reviewed_by = row.reviewer = None
        row.review_remark = ""
    else:
        first = standing[0]
        row.reviewed_at, row.reviewed_by, row.reviewer = first.reviewed_at, first.reviewed_by, first.officer
        row.review_remark = first.remark
    if _is_range(found.item):
        _rescore(session, found, next((one.chosen_steps for one in standing[-2::-1] if one.chosen_steps), None))
    elif did_not_count:
        _rescore(session, found, None)
    if was_told:
        _tell(session, found, now, "claim_reopened")
    session.flush()
    return {"code": "verdict_undone", "award_id": row.id.hex, "life": row.life}


def verdicts_of(session: Session, row: Award) -> Sequence[AwardReview]:
    """The verdicts on an award that stand, in order."""
    return session.scalars(
        select(AwardReview)
        .where(
            AwardReview.community_id == row.community_id,
            AwardReview.award_id == row.id,
            col(AwardReview.undone_at).is_(None),
        )
        .order_by(col(AwardReview.id))
    ).all()


def kept_from(session: Session, actor: Actor, rows: Sequence[Listed]) -> dict[uuid.UUID, str]:
    """Of a list, the awards that this reviewer does not decide on, each with the code of why."""
    near, found = near_to(session, actor), {}
    given = session.execute(
        select(AwardReview.award_id, AwardReview.reviewed_by).where(
            AwardReview.community_id == actor.community_id,
            col(AwardReview.award_id).in_([row.award.id for row in rows]),
            AwardReview.reviewed_by == actor.number,
            col(AwardReview.undone_at).is_(None),
        )
    ).all()
    mine = {award_id for award_id, _ in given}
    for row in rows:
        if row.household.id == actor.household_id:
            found[row.award.id] = "own_household"
        elif row.household.id in near:
            found[row.award.id] = "own_relatives"
        elif row.award.entered_by == actor.number:
            found[row.award.id] = "own_entry"
        elif row.award.id in mine:
            found[row.award.id] = "same_reviewer"
    return found


def is_range(item: PointsItem) -> bool:
    """Whether the reviewer says how much an award of this item is worth."""
    return _is_range(item)


def _refuse_actor(session: Session, actor: Actor, row: Award, near: set[uuid.UUID]) -> None:
    refuse_near(session, actor, row.household_id, near)
    if row.entered_by == actor.number or (row.claimant_id is not None and row.claimant_id == actor.person_id):
        raise OwnEntry
    if row.stage is not None and actor.number in {verdict.reviewed_by for verdict in verdicts_of(session, row)}:
        raise SameReviewer


def _verdict(
    session: Session,
    actor: Actor,
    now: dt.datetime,
    found: Listed,
    draws: drawing.Draws | None,
    *,
    approved: bool,
    remark: str,
) -> bool:
    """Write a verdict and what comes of it; whether somebody else looks too."""
    row, turn = found.award, TURN[found.award.life]
    to = APPROVED if approved else REJECTED
    made = _write(session, actor, now, row, turn=turn, approved=approved, remark=remark)
    if turn == "first":
        assert draws is not None
        drawn = draws.draw(row, found.item)
        made.draw_month, made.draw_value, made.draw_percent = drawn.month, drawn.value, drawn.percent
        made.asks = drawn.asks or ("large" if approved and _is_large(session, row, now) else "")
        to = SECOND if made.asks else to
        row.reviewed_at, row.reviewed_by, row.reviewer = now, actor.number, actor.officer
        row.review_remark = remark
    else:
        first = verdicts_of(session, row)[0]
        agrees = first.verdict == made.verdict and first.steps == made.steps
        to = to if agrees else COMMITTEE
        row.review_remark = row.review_remark or remark
    row.state, row.stage = states.after(row.life, "review", to)
    if row.stage is None:
        _tell(session, found, now)
    return to == SECOND


def _write(
    session: Session, actor: Actor, now: dt.datetime, row: Award, *, turn: str, approved: bool, remark: str
) -> AwardReview:
    made = AwardReview(community_id=row.community_id, id=new_id(now), award_id=row.id, turn=turn,
                       verdict="approve" if approved else "reject", steps=row.credited_steps if approved else 0,
                       remark=remark, reviewed_at=now, reviewed_by=actor.number, officer=actor.officer,
                       chosen_steps=row.chosen_steps if approved else None)  # fmt: skip
    session.add(made)
    return made


def _is_large(session: Session, row: Award, now: dt.datetime) -> bool:
    """A deduction above the limit takes two people."""
    if row.credited_steps >= 0:
        return False
    rules_ = policy.of(session, row.community_id, today_in(session, row.community_id, now))
    return -row.credited_steps > rules_.deduction_two_from_steps


def _is_range(item: PointsItem) -> bool:
    return "chosen_steps" in rules.rule_of(item).needs(item)


def _value(session: Session, found: Listed, chosen: int | None, remark: str) -> None:
    if not _is_range(found.item):
        return
    ends = rules.rule_of(found.item).facts(found.item)
    least, most = int(ends["value_steps"]), int(ends["most_steps"])
    if chosen is None:
        raise ValueNeeded(item=found.item.title, least_steps=least, most_steps=most)
    if not remark.strip():
        raise BadInput(fields={"remark": "required"})
    _rescore(session, found, -abs(chosen) if found.item.value_steps < 0 else abs(chosen))


def _rescore(session: Session, found: Listed, chosen: int | None) -> None:
    """Score an award anew by the value that was chosen, as if it stood in nobody's way but the others'."""
    row, event = found.award, _event(found, chosen)
    reckoned = Before(session, row.community_id, [event], without=row.id).score(event)
    if reckoned.reason is not None:
        if reckoned.reason.code == "outside_range":
            raise ValueOutside(**reckoned.reason.facts)
        raise NothingLeft(reason=reckoned.reason.code)
    row.chosen_steps, row.uncapped_steps = chosen, reckoned.uncapped_steps
    row.credited_steps, row.limited_by = reckoned.credited_steps, reckoned.limited_by
    session.flush()


def _event(found: Listed, chosen: int | None = None) -> Event:
    row = found.award
    return Event(row.household_id, row.person_id, found.item, row.on_day, row.times, row.minutes, chosen,
                 attended=row.comes_from == "attendance")  # fmt: skip


def _stand_beside(session: Session, found: Listed) -> None:
    """Refuse a deed that was told again while it did not count; by another source it stands beside that one."""
    row, event = found.award, _event(found)
    known = Before(session, row.community_id, [event], without=row.id).same(event)
    others = [one for one in known if not one.source == row.comes_from == "attendance"]
    again = next((one for one in others if not sources.differ(one.source, row.comes_from)), None)
    if again is not None and not (event.may_come_again and row.again_reason):
        raise ToldAgain(other=again.award_id.hex if again.award_id else "")
    if others and row.double_of is None:
        row.double_of = others[0].award_id


def _explain_double(session: Session, row: Award, both_reason: str) -> None:
    """Two awards of one deed by different sources count only with the reviewer's reason; it stays on the later one."""
    if row.double_of is None or (row.again_reason and row.stage == SECOND):
        return
    others = [
        other.award
        for other in doubles_of(session, row)
        if other.award.state in LIVE and sources.differ(other.award.comes_from, row.comes_from)
    ]
    if not others:
        return
    if not both_reason.strip():
        raise DoubleUnexplained(other=others[0].id.hex)
    row.again_reason = both_reason.strip()[:SHORT]


def _tell(session: Session, found: Listed, now: dt.datetime, kind: str = "") -> None:
    """Tell who claimed it what became of it; nobody asked for the others, and they hang out for all."""
    row = found.award
    if row.claimant_id is None or not sources.SOURCES[row.comes_from].claimed:
        return
    facts = {"item": found.item.title, "deed_on": row.on_day.isoformat(), "award_id": row.id.hex,
             "reason": row.review_remark}  # fmt: skip
    kind = kind or ("claim_approved" if row.state == APPROVED else "claim_rejected")
    notices.tell(session, community_id=row.community_id, person_id=row.claimant_id, kind=kind, facts=facts, now=now)
