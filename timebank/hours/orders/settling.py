"""Confirm what was done, and let the minutes move: from the recipient to the volunteer, for the time that was real.

What moves is what the visit is worth (attendance/reckoning.py), at most what was held. With the recipient's consent
it may be up to a quarter more: then the hold is captured and the rest posted in the same commit. The volunteer's
account has a ceiling; what is above goes to the donation pool.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from ledger import LedgerRefused, book_of
from timebank import accounts, policy
from timebank.columns import to_ms
from timebank.errors import BadInput, NotEnough, Refused
from timebank.hours.attendance import visits
from timebank.hours.attendance.reckoning import Reckoning
from timebank.hours.attendance.tables import Visit
from timebank.hours.orders import states, tear_off
from timebank.hours.orders.parties import require_for, volunteer_account
from timebank.hours.orders.placing import release, require_staff
from timebank.hours.orders.rows import ServiceOrder, end_claim, identity, move, order, standing_claim
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.permissions import Actor, require

COMMENT_LENGTH = 300


class ConsentNeeded(Refused):
    """More than was held is paid only if the recipient herself says so. Facts: order_number, held_minutes, most_minutes."""

    code = "consent_needed"
    status = 409


class OwnMatter(Refused):
    """Who served does not confirm for the recipient, nor decide a dispute about it. Facts: order_number."""

    code = "order_own_matter"
    status = 403


class SilenceNotEnough(Refused):
    """Silence does not count yet, or not for this person. Facts: order_number, reason."""

    code = "silence_not_enough"
    status = 409


@dataclass(frozen=True)
class Bill:
    """What confirming would move. `worth` is the visit by its rules; `most_with_consent` bounds what consent allows."""

    worth_minutes: int
    held_minutes: int
    most_with_consent_minutes: int
    reckoning: Reckoning

    def payable(self, *, consents: bool) -> int:
        """Minutes that move."""
        return min(self.worth_minutes, self.most_with_consent_minutes if consents else self.held_minutes)


def bill(session: Session, row: ServiceOrder) -> Bill:
    """Return what confirming this order would move; writes nothing."""
    visit = _visit(session, row)
    reckoning = visits.reckon_visit(session, visit)
    rules = _rules(session, row)
    extra = row.held_minutes * rules.order_over_percent // 100 // rules.rounding_minutes * rules.rounding_minutes
    return Bill(reckoning.credited_minutes, row.held_minutes, row.held_minutes + extra, reckoning)


def confirm_own(session: Session, *, actor: Actor, now: datetime, order_id: UUID, consents: bool) -> dict[str, Any]:
    """The recipient, or her helper, says on her own sign-in that it was done."""
    row = order(session, community_of(actor), order_id)
    recipient = residents.person(session, row.community_id, row.recipient_id)
    how = require_for(session, actor, "orders.confirm_own", recipient)
    _refuse_volunteer(actor, row)
    return _settle(session, row, actor=actor, now=now, how="sign_in" if how == "own" else how, consents=consents)


def confirm_with_number(
    session: Session, *, actor: Actor, now: datetime, order_id: UUID, number: str, secret: bytes
) -> dict[str, Any]:
    """The recipient gave the tear-off number of this order to the volunteer, or to the desk.

    A wrong number is an answer (`code` tear_off_wrong, facts tries_left), not a refusal: its counting must last. The
    number proves that she agrees to the visit, not that she pays for more than was held.
    """
    row = order(session, community_of(actor), order_id)
    recipient = residents.person(session, row.community_id, row.recipient_id)
    is_volunteer = actor.person_id is not None and actor.person_id == row.volunteer_id
    if is_volunteer:
        require(actor, "orders.confirm_with_number", community_id=row.community_id, person_id=actor.person_id)
    else:
        require_for(session, actor, "orders.confirm_with_number", recipient)
    states.after(row.state, "confirm", number=row.number)
    wrong = tear_off.try_number(session, row, actor=actor, now=now, secret=secret, number=number)
    if wrong is not None:
        return wrong
    return _settle(session, row, actor=actor, now=now, how="tear_off", consents=False)


def confirm_by_call(session: Session, *, actor: Actor, now: datetime, order_id: UUID, consents: bool) -> dict[str, Any]:
    """Staff spoke to the recipient after the visit, and she says that it was done.

    Raises:
        CallBackNeeded: no call or visit that reached her is on record since the volunteer left.
    """
    row = order(session, community_of(actor), order_id)
    require_staff(session, actor, "orders.confirm_by_call", row)
    _refuse_volunteer(actor, row)
    states.after(row.state, "confirm", number=row.number)
    if not tear_off.was_reached(session, row, since=row.left_at or row.state_since):
        raise tear_off.CallBackNeeded(order_number=row.number)
    return _settle(session, row, actor=actor, now=now, how="call_back", consents=consents)


def confirm_by_silence(session: Session, *, actor: Actor, now: datetime, order_id: UUID) -> dict[str, Any]:
    """Nobody objected for three days: the visit counts as confirmed.

    Never for a person without a phone before a call-back reached her or she was visited twice; never for an estimated
    end. Whoever cannot see a message has not been silent.
    """
    row = order(session, community_of(actor), order_id)
    require(actor, "orders.confirm_by_silence", community_id=row.community_id)
    states.after(row.state, "confirm", number=row.number)
    reason = why_silence_is_not_enough(session, row, now)
    if reason is not None:
        raise SilenceNotEnough(order_number=row.number, reason=reason)
    return _settle(session, row, actor=actor, now=now, how="silence", consents=False)


def why_silence_is_not_enough(session: Session, row: ServiceOrder, now: datetime) -> str | None:
    """Return too_soon, estimated or not_reached; None if silence confirms."""
    if now < row.state_since + _silence(session, row):
        return "too_soon"
    if row.is_estimated:
        return "estimated"
    recipient = residents.person(session, row.community_id, row.recipient_id)
    if not recipient.phone:
        since = row.left_at or row.state_since
        calls = [call for call in tear_off.call_backs(session, row) if call.at >= since]
        visited = sum(call.way == "visit" for call in calls)
        if visited < 2 and not any(call.is_reached for call in calls):
            return "not_reached"
    return None


def dispute(session: Session, *, actor: Actor, now: datetime, order_id: UUID, reason: str) -> dict[str, Any]:
    """Say that it was not so. The minutes stay held until somebody who was not there decides."""
    row = order(session, community_of(actor), order_id)
    recipient = residents.person(session, row.community_id, row.recipient_id)
    if actor.person_id is not None and actor.person_id == row.volunteer_id:
        require(actor, "orders.dispute", community_id=row.community_id, person_id=actor.person_id)
    else:
        require_for(session, actor, "orders.dispute", recipient)
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    states.after(row.state, "dispute", number=row.number)
    if row.state == "in_service":
        visit = _visit(session, row)
        visits.close_visit(session, visit=visit, ended_at=now, now=now, evidence="C", recorded_by=actor.number)
        row.left_at = now
        row.real_seconds = visits.reckon_visit(session, visit).seconds
        row.is_estimated = True
        end_claim(standing_claim(session, row, "winner"), "served", now)
    move(session, row, "dispute", actor=actor, now=now, reason=reason.strip()[:COMMENT_LENGTH])
    return identity(row)


def resolve(
    session: Session, *, actor: Actor, now: datetime, order_id: UUID, minutes: int, reason: str
) -> dict[str, Any]:
    """Decide a dispute: so many of the held minutes go to the volunteer, the rest back to the recipient."""
    row = order(session, community_of(actor), order_id)
    require_staff(session, actor, "orders.resolve", row)
    if actor.person_id is not None and actor.person_id in (row.volunteer_id, row.recipient_id):
        raise OwnMatter(order_number=row.number)
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    if not 0 <= minutes <= row.held_minutes:
        raise BadInput(fields={"minutes": "out_of_range"})
    states.after(row.state, "resolve", number=row.number)
    return _settle(
        session,
        row,
        actor=actor,
        now=now,
        how="decision",
        consents=False,
        decided_minutes=minutes,
        reason=reason.strip()[:COMMENT_LENGTH],
    )


def rate(session: Session, *, actor: Actor, now: datetime, order_id: UUID, stars: int, comment: str) -> dict[str, Any]:
    """The recipient says how it was, one to five. It changes no minutes."""
    row = order(session, community_of(actor), order_id)
    recipient = residents.person(session, row.community_id, row.recipient_id)
    how = require_for(session, actor, "orders.rate", recipient)
    _refuse_volunteer(actor, row)
    if not 1 <= stars <= 5:
        raise BadInput(fields={"stars": "out_of_range"})
    states.after(row.state, "rate", number=row.number)
    row.rating = stars
    row.rating_comment = comment.strip()[:COMMENT_LENGTH]
    move(session, row, "rate", actor=actor, now=now, how=how, stars=stars)
    return identity(row) | {"stars": stars}


def _settle(
    session: Session,
    row: ServiceOrder,
    *,
    actor: Actor,
    now: datetime,
    how: str,
    consents: bool,
    decided_minutes: int | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """Capture, post what goes beyond the hold, settle the visit, and say in the timeline what moved where."""
    verb = "confirm" if decided_minutes is None else "resolve"
    states.after(row.state, verb, number=row.number)
    due = bill(session, row)
    minutes = due.payable(consents=consents) if decided_minutes is None else decided_minutes
    held = row.held_minutes
    captured, extra = min(minutes, held), max(minutes - held, 0)
    visit = _visit(session, row)
    to_pool = _pay(session, row, due.reckoning, captured, extra, how=how, actor=actor, now=now)
    row.held_minutes = 0
    row.uncapped_minutes = due.reckoning.uncapped_minutes
    row.credited_minutes = minutes
    row.settled_how = how
    row.tear_off_hash = None
    facts = {
        "how": how,
        "minutes": minutes,
        "held_minutes": held,
        "released_minutes": held - captured,
        "extra_minutes": extra,
    }
    told = {"reason": reason} if reason else {}
    move(session, row, verb, actor=actor, now=now, seq=row.capture_seq or row.release_seq, **facts, **told)
    visits.settle_visit(
        session,
        visit=visit,
        reckoning=due.reckoning,
        now=now,
        entry_seq=row.capture_seq,
        credited_minutes=min(minutes, due.reckoning.uncapped_minutes),
        pool_minutes=to_pool,
    )
    return identity(row) | facts | {"real_seconds": due.reckoning.seconds, "pool_minutes": to_pool}


def _pay(
    session: Session,
    row: ServiceOrder,
    reckoning: Reckoning,
    captured: int,
    extra: int,
    *,
    how: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Book the minutes; return how many of them went to the pool, since the volunteer's account is full."""
    book = book_of(session)
    if row.hold_seq is None:
        raise states.WrongState(state=row.state, number=row.number)
    if captured == 0:
        release(session, row)
        return 0
    day = _service_day(session, row)
    detail = _detail(session, row, reckoning, how, actor)
    to, to_pool = _credits(session, row, captured)
    legs = book.debit_hold(row.hold_seq, captured, credits=to)
    row.capture_seq = book.capture(row.hold_seq, legs, on=day, detail=_told(detail, reckoning, captured))
    if extra:
        more, more_to_pool = _credits(session, row, extra)
        main = accounts.main(session, row.community_id, row.recipient_id, "min")
        try:
            legs = book.debit(main, extra, credits=more)
        except LedgerRefused as refused:
            if refused.code != "insufficient":
                raise
            raise NotEnough(needed_minutes=extra, available_minutes=refused.facts["available"]) from None
        row.extra_seq = book.post(legs, on=day, detail=_told(detail, reckoning, extra) | {"beyond_hold": row.hold_seq})
        to_pool += more_to_pool
    return to_pool


def _credits(session: Session, row: ServiceOrder, minutes: int) -> tuple[dict[int, int], int]:
    """Who gets the minutes: the volunteer up to the ceiling of the account, the pool beyond it."""
    if row.volunteer_id is None:
        raise states.WrongState(state=row.state, number=row.number)
    number = volunteer_account(session, row, row.volunteer_id)
    account = book_of(session).account(number)
    room = minutes if account.ceiling is None else min(minutes, max(0, account.ceiling - account.balance))
    credited = {number: room, accounts.POOL_MIN: minutes - room}
    return {to: amount for to, amount in credited.items() if amount}, minutes - room


def _detail(session: Session, row: ServiceOrder, reckoning: Reckoning, how: str, actor: Actor) -> dict[str, Any]:
    """What an auditor needs to do the sum again."""
    visit = _visit(session, row)
    return {
        "use_case": "orders.settle",
        "order": row.id.hex,
        "order_number": row.number,
        "visit": visit.id.hex,
        "recipient": row.recipient_id.hex,
        "volunteer": visit.person_id.hex,
        "service": row.service,
        "started_at": to_ms(visit.started_at),
        "ended_at": to_ms(visit.ended_at or visit.started_at),
        "evidence": visit.evidence,
        "estimated": row.is_estimated,
        "confirmed": how,
        "confirmed_by": actor.number,
        "reasons": [reason.as_json() for reason in reckoning.reasons],
        "reviewers": [actor.officer] if how in ("decision", "call_back") else [],
    }


def _told(detail: dict[str, Any], reckoning: Reckoning, credited: int) -> dict[str, Any]:
    """The detail with its sums. A decision may credit more than the scans are worth: then no spans are claimed for it."""
    sums: dict[str, Any] = {"credited": credited}
    if credited <= reckoning.uncapped_minutes:
        sums |= {
            "spans": [list(span) for span in reckoning.spans],
            "rounding": reckoning.rounding_minutes,
            "uncapped": reckoning.uncapped_minutes,
        }
    return detail | sums


def _refuse_volunteer(actor: Actor, row: ServiceOrder) -> None:
    if actor.person_id is not None and actor.person_id == row.volunteer_id:
        raise OwnMatter(order_number=row.number)


def _visit(session: Session, row: ServiceOrder) -> Visit:
    if row.visit_id is None:
        raise states.WrongState(state=row.state, number=row.number)
    return visits.by_id(session, row.community_id, row.visit_id)


def _service_day(session: Session, row: ServiceOrder) -> date:
    return communities.local_day(communities.community(session, row.community_id), row.arrived_at or row.starts_at)


def _rules(session: Session, row: ServiceOrder) -> policy.Policy:
    return policy.of(session, row.community_id, _service_day(session, row))


def _silence(session: Session, row: ServiceOrder) -> timedelta:
    return timedelta(days=_rules(session, row).order_confirm_silence_days)
