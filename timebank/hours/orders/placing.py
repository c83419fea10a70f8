"""Place an order, take it in, send it back, change its time, call it off."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from ledger import book_of
from timebank import policy
from timebank.columns import new_id
from timebank.errors import BadInput, NotEnough, Refused
from timebank.hours.attendance import visits
from timebank.hours.orders import states
from timebank.hours.orders.catalogue import SERVICES
from timebank.hours.orders.parties import purse, redeemer_age, require_for
from timebank.hours.orders.rows import ServiceOrder, end_claim, identity, move, order, standing_claim, write_down
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.permissions import Actor, require
from timebank.storage import next_number

LONGEST_AHEAD = timedelta(days=60)
NOTE_LENGTH = 300
PLACE_LENGTH = 120


class NotOldEnough(Refused):
    """The recipient is too young on the day of the service. Facts: age, needed_age."""

    code = "recipient_not_old_enough"
    status = 409


class RecipientBusy(Refused):
    """She has another order at that time. Facts: order_number."""

    code = "recipient_busy"
    status = 409


class RecipientLeft(Refused):
    """The person has died or moved away; nothing new is ordered for her."""

    code = "recipient_left"
    status = 409


def place(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    recipient_id: UUID,
    service: str,
    starts_at: datetime,
    planned_minutes: int,
    place: str,
    note: str,
    dispatch_at_once: bool,
) -> dict[str, Any]:
    """Ask for a service: by the elder herself, by her helper, or at the desk on her behalf.

    Nothing is held yet: minutes are held when a volunteer claims. But what her open orders will need is counted as
    promised, so that two desks cannot order twice for the same minutes. An order placed by staff is accepted at once.

    Raises:
        NotEnough: less is there, after what is promised, than the order may cost.
        NotOldEnough, RecipientBusy, RecipientLeft, BadInput.
    """
    community_id = community_of(actor)
    recipient = residents.person(session, community_id, recipient_id)
    how = require_for(session, actor, "orders.place", recipient)
    service_day = communities.local_day(communities.community(session, community_id), starts_at)
    rules = policy.of(session, community_id, service_day)
    _check_fields(service, planned_minutes, place, note, rules)
    _check_time(starts_at, now)
    if residents.has_left(recipient):
        raise RecipientLeft
    years, needed_years = residents.age_on(recipient, service_day), redeemer_age(session, recipient, service_day, rules)
    if years is None or years < needed_years:
        raise NotOldEnough(age=years, needed_age=needed_years)
    _check_recipient_is_free(session, community_id, recipient_id, starts_at, planned_minutes, except_id=None)
    free_minutes = _check_purse(session, community_id, recipient_id, planned_minutes, now)
    row = ServiceOrder(
        community_id=community_id,
        id=new_id(now),
        number=next_number(session, community_id, "order"),
        service=service,
        state="submitted",
        state_since=now,
        recipient_id=recipient_id,
        placed_by_id=actor.person_id,
        placed_by=actor.number,
        placed_how=how,
        submitted_at=now,
        starts_at=starts_at,
        planned_minutes=planned_minutes,
        place=place.strip(),
        note=note.strip(),
        balance_before_minutes=free_minutes,
    )
    session.add(row)
    session.flush()  # before its timeline, which names it
    write_down(
        session, row, "place", actor=actor, now=now, how=how, minutes=planned_minutes, before_minutes=free_minutes
    )
    if how == "desk":
        move(session, row, "accept", actor=actor, now=now)
        if dispatch_at_once:
            row.dispatched_at = now
            move(session, row, "dispatch", actor=actor, now=now, offered=0)
    after_minutes = free_minutes - planned_minutes
    return identity(row) | {"before_minutes": free_minutes, "after_minutes": after_minutes}


def accept(session: Session, *, actor: Actor, now: datetime, order_id: UUID) -> dict[str, Any]:
    """Take an order in (受理): the community will look for somebody."""
    row = order(session, community_of(actor), order_id)
    require_staff(session, actor, "orders.accept", row)
    move(session, row, "accept", actor=actor, now=now)
    return identity(row)


def send_back(session: Session, *, actor: Actor, now: datetime, order_id: UUID, reason: str) -> dict[str, Any]:
    """Return an order that cannot be served, with the reason the elder is told."""
    row = order(session, community_of(actor), order_id)
    require_staff(session, actor, "orders.send_back", row)
    move(session, row, "return", actor=actor, now=now, reason=_needed(reason))
    return identity(row)


def reschedule(session: Session, *, actor: Actor, now: datetime, order_id: UUID, starts_at: datetime) -> dict[str, Any]:
    """Give an order that nobody has claimed, or nobody came for, another time. It is dispatched anew."""
    row = order(session, community_of(actor), order_id)
    require_staff(session, actor, "orders.reschedule", row)
    _check_time(starts_at, now)
    states.after(row.state, "reschedule", number=row.number)
    _check_recipient_is_free(
        session, row.community_id, row.recipient_id, starts_at, row.planned_minutes, except_id=row.id
    )
    if row.state == "overdue":
        _check_purse(session, row.community_id, row.recipient_id, row.planned_minutes, now)
    row.starts_at = starts_at
    row.dispatched_at = row.flagged_at = row.escalated_at = None
    move(session, row, "reschedule", actor=actor, now=now, starts_at=starts_at.isoformat())
    return identity(row)


def cancel(session: Session, *, actor: Actor, now: datetime, order_id: UUID, reason: str) -> dict[str, Any]:
    """Call an order off before it is served; what was held is free again.

    The recipient, her helper and staff cancel; a volunteer steps back instead (claiming.step_back). A disputed order
    is cancelled only by who may resolve it.
    """
    row = order(session, community_of(actor), order_id)
    recipient = residents.person(session, row.community_id, row.recipient_id)
    how = require_for(session, actor, "orders.cancel", recipient)
    if row.state == "disputed":
        require(actor, "orders.resolve", community_id=row.community_id, area_path=recipient.area_path)
    states.after(row.state, "cancel", number=row.number)
    claims = [standing_claim(session, row, place) for place in ("winner", "reserve")]
    visit = visits.by_id(session, row.community_id, row.visit_id) if row.visit_id else None
    released = release(session, row)
    for claim in claims:
        end_claim(claim, "closed", now)
    if visit is not None:
        visit.state = "rejected"
    seq = row.release_seq if released else None
    move(
        session,
        row,
        "cancel",
        actor=actor,
        now=now,
        seq=seq,
        how=how,
        reason=reason.strip()[:NOTE_LENGTH],
        released_minutes=released,
    )
    return identity(row) | {"released_minutes": released}


def require_staff(session: Session, actor: Actor, use_case: str, row: ServiceOrder) -> None:
    """Go on only for staff of the recipient's area."""
    recipient = residents.person(session, row.community_id, row.recipient_id)
    require(actor, use_case, community_id=row.community_id, area_path=recipient.area_path)


def release(session: Session, row: ServiceOrder) -> int:
    """Let go of what is held for the order, and return the minutes; 0 where nothing was held."""
    released = row.held_minutes
    if released and row.hold_seq is not None:
        row.release_seq = book_of(session).release(row.hold_seq)
        row.held_minutes = 0
    return released


def _check_fields(service: str, planned_minutes: int, place: str, note: str, rules: policy.Policy) -> None:
    wrong: dict[str, str] = {}
    if service not in SERVICES:
        wrong["service"] = "not_in_catalogue"
    if not rules.rounding_minutes <= planned_minutes <= rules.visit_cap_minutes:
        wrong["planned_minutes"] = "out_of_range"
    elif planned_minutes % rules.rounding_minutes:
        wrong["planned_minutes"] = "not_rounded"
    if not 1 <= len(place.strip()) <= PLACE_LENGTH:
        wrong["place"] = "length"
    if len(note.strip()) > NOTE_LENGTH:
        wrong["note"] = "length"
    if wrong:
        raise BadInput(fields=wrong)


def _check_time(starts_at: datetime, now: datetime) -> None:
    if starts_at <= now:
        raise BadInput(fields={"starts_at": "in_the_past"})
    if starts_at > now + LONGEST_AHEAD:
        raise BadInput(fields={"starts_at": "too_far_ahead"})


def _check_purse(session: Session, community_id: int, recipient_id: UUID, planned_minutes: int, now: datetime) -> int:
    """Return the minutes that are free for a new order, if they are enough for this one."""
    there = purse(session, community_id, recipient_id, now, writing=True)
    if there.free_minutes < planned_minutes:
        raise NotEnough(
            needed_minutes=planned_minutes,
            available_minutes=there.free_minutes,
            held_minutes=there.held_minutes,
            promised_minutes=there.promised_minutes,
        )
    return there.free_minutes


def _check_recipient_is_free(
    session: Session,
    community_id: int,
    recipient_id: UUID,
    starts_at: datetime,
    minutes: int,
    *,
    except_id: UUID | None,
) -> None:
    others = session.exec(
        select(ServiceOrder).where(
            ServiceOrder.community_id == community_id,
            ServiceOrder.recipient_id == recipient_id,
            col(ServiceOrder.state).in_((*states.PROMISED, *states.BOOKED)),
            ServiceOrder.starts_at < starts_at + timedelta(minutes=minutes),
            ServiceOrder.starts_at > starts_at - timedelta(days=1),
        )
    )
    for other in others:
        if other.id != except_id and other.starts_at + timedelta(minutes=other.planned_minutes) > starts_at:
            raise RecipientBusy(order_number=other.number)


def _needed(reason: str) -> str:
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    return reason.strip()[:NOTE_LENGTH]
