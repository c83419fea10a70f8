"""Confirm what was done: by her own word, her helper's, the tear-off number, a call-back, or silence. And rate it.

What moves then is in paying.py; what happens when the two do not agree, in disputes.py.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from timebank.errors import BadInput, Refused
from timebank.hours.orders import paying, states, tear_off
from timebank.hours.orders.parties import require_for, require_staff
from timebank.hours.orders.rows import ServiceOrder, identity, move, order
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.permissions import Actor, require

COMMENT_LENGTH = 300


class ConsentNeeded(Refused):
    """More than was held is paid only if the recipient herself says so. Facts: order_number, held_minutes, most_minutes."""

    code = "consent_needed"
    status = 409


class OwnMatter(Refused):
    """Who served does not confirm for the recipient, nor rate for her. Facts: order_number."""

    code = "order_own_matter"
    status = 403


class SilenceNotEnough(Refused):
    """Silence does not count yet, or not for this person. Facts: order_number, reason."""

    code = "silence_not_enough"
    status = 409


def confirm_own(session: Session, *, actor: Actor, now: datetime, order_id: UUID, consents: bool) -> dict[str, Any]:
    """The recipient, or her helper, says on her own sign-in that it was done.

    Raises:
        ConsentNeeded: a helper agreed to more than was held; that is only hers to say, signed in or called back.
    """
    row = order(session, community_of(actor), order_id)
    recipient = residents.person(session, row.community_id, row.recipient_id)
    how = require_for(session, actor, "orders.confirm_own", recipient)
    _refuse_volunteer(actor, row)
    states.after(row.state, "confirm", number=row.number)
    if consents and how != "own":
        _refuse_more(session, row)
    return paying.settle(session, row, actor=actor, now=now, how="sign_in" if how == "own" else how, consents=consents)


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
    return paying.settle(session, row, actor=actor, now=now, how="tear_off", consents=False)


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
    return paying.settle(session, row, actor=actor, now=now, how="call_back", consents=consents)


def confirm_by_silence(session: Session, *, actor: Actor, now: datetime, order_id: UUID) -> dict[str, Any]:
    """Nobody objected for three days: the visit counts as confirmed.

    Never for a person without a phone before a call-back reached her or she was visited twice, on two days (a second tap
    is no second visit); never for an estimated end. Whoever cannot see a message has not been silent.
    """
    row = order(session, community_of(actor), order_id)
    require(actor, "orders.confirm_by_silence", community_id=row.community_id)
    states.after(row.state, "confirm", number=row.number)
    reason = why_silence_is_not_enough(session, row, now)
    if reason is not None:
        raise SilenceNotEnough(order_number=row.number, reason=reason)
    return paying.settle(session, row, actor=actor, now=now, how="silence", consents=False)


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
        community = communities.community(session, row.community_id)
        visited_on = {communities.local_day(community, call.at) for call in calls if call.way == "visit"}
        if len(visited_on) < 2 and not any(call.is_reached for call in calls):
            return "not_reached"
    return None


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


def _refuse_volunteer(actor: Actor, row: ServiceOrder) -> None:
    if actor.person_id is not None and actor.person_id == row.volunteer_id:
        raise OwnMatter(order_number=row.number)


def _refuse_more(session: Session, row: ServiceOrder) -> None:
    due = paying.bill(session, row)
    if due.asks_for_more:
        raise ConsentNeeded(
            order_number=row.number, held_minutes=due.held_minutes, most_minutes=due.payable(consents=True)
        )


def _silence(session: Session, row: ServiceOrder) -> timedelta:
    return timedelta(days=paying.rules_of(session, row).order_confirm_silence_days)
