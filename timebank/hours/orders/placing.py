"""Place an order, take it in, send it back, change its time, call it off."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from timebank import policy
from timebank.columns import new_id
from timebank.errors import BadInput, NotEnough, Refused
from timebank.hours.attendance import visits
from timebank.hours.eligibility import NotEligible, NotOldEnough, refuse_who_may_not_order
from timebank.hours.orders import disputes, escalation, states, telling
from timebank.hours.orders.catalogue import SERVICES
from timebank.hours.orders.parties import purse, release, require_for, require_staff
from timebank.hours.orders.pricing import price, refuse_unagreed
from timebank.hours.orders.rows import ServiceOrder, end_claim, identity, move, order, standing_claim, write_down
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.permissions import Actor, require
from timebank.storage import next_number

__all__ = [
    "NotEligible",
    "NotOldEnough",
    "accept",
    "cancel",
    "place",
    "release",
    "require_staff",
    "reschedule",
    "send_back",
]

LONGEST_AHEAD = timedelta(days=60)
NOTE_LENGTH = 300
PLACE_LENGTH = 120
ASKED_WAYS = ("counter", "phone", "visit")  # how she asked staff, who ordered on her behalf


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
    agreed_minutes: int | None = None,
    asked_way: str | None = None,
) -> dict[str, Any]:
    """Ask for a service: by the elder herself, by her helper, or at the desk on her behalf.

    Nothing is held yet: minutes are held when a volunteer claims. But what her open orders will need is counted as
    promised, so that two desks cannot order twice for the same minutes. An order placed by staff is accepted at once;
    `asked_way` says how she asked them. Where an hour counts for more at that time, `agreed_minutes` shows that whoever
    orders was told what it may cost.

    Raises:
        NotEnough: less is there, after what is promised, than the order may cost.
        PriceNotAgreed: it may cost more than the planned time, and more than was agreed to.
        NotOldEnough, NotEligible: of the rules of the day of the service; RecipientBusy, RecipientLeft, BadInput.
    """
    community_id = community_of(actor)
    recipient = residents.person(session, community_id, recipient_id)
    how = require_for(session, actor, "orders.place", recipient)
    service_day = communities.local_day(communities.community(session, community_id), starts_at)
    rules = policy.of(session, community_id, service_day)
    _check_fields(service, planned_minutes, place, note, rules)
    if asked_way is not None and asked_way not in ASKED_WAYS:
        raise BadInput(fields={"asked_way": "not_listed"})
    _check_time(starts_at, now)
    if residents.has_left(recipient):
        raise RecipientLeft
    refuse_who_may_not_order(session, community_id, recipient, service, service_day)
    _check_recipient_is_free(session, community_id, recipient_id, starts_at, planned_minutes, except_id=None)
    cost = price(
        session,
        community_id=community_id,
        service=service,
        starts_at=starts_at,
        planned_minutes=planned_minutes,
        rules=rules,
    )
    free_minutes = _check_purse(session, community_id, recipient_id, cost.most_minutes, now)
    refuse_unagreed(cost, agreed_minutes)
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
        most_minutes=cost.most_minutes,
        asked_way=(asked_way or "counter") if how == "desk" else None,
        unclaimed_since=now,
        place=place.strip(),
        note=note.strip(),
        balance_before_minutes=free_minutes,
    )
    session.add(row)
    session.flush()  # before its timeline, which names it
    said: dict[str, Any] = {
        "how": how,
        "minutes": planned_minutes,
        "most_minutes": cost.most_minutes,
        "before_minutes": free_minutes,
    }
    said |= {"way": row.asked_way} if row.asked_way else {}
    write_down(session, row, "place", actor=actor, now=now, **said)
    if how == "desk":
        move(session, row, "accept", actor=actor, now=now)
        if dispatch_at_once:
            row.dispatched_at = now
            move(session, row, "dispatch", actor=actor, now=now, offered=0)
    after_minutes = free_minutes - cost.most_minutes
    return identity(row) | {
        "before_minutes": free_minutes,
        "after_minutes": after_minutes,
        "most_minutes": cost.most_minutes,
    }


def accept(session: Session, *, actor: Actor, now: datetime, order_id: UUID) -> dict[str, Any]:
    """Take an order in (受理): the community will look for somebody."""
    row = order(session, community_of(actor), order_id)
    require_staff(session, actor, "orders.accept", row)
    move(session, row, "accept", actor=actor, now=now)
    telling.tell(session, row, row.recipient_id, "order_accepted", now=now)
    return identity(row)


def send_back(session: Session, *, actor: Actor, now: datetime, order_id: UUID, reason: str) -> dict[str, Any]:
    """Return an order that cannot be served, with the reason the elder is told."""
    row = order(session, community_of(actor), order_id)
    require_staff(session, actor, "orders.send_back", row)
    told, before = _needed(reason), row.state
    states.after(before, "return", number=row.number)
    escalation.close(session, row, "return", now)
    move(session, row, "return", actor=actor, now=now, reason=told, before=before)
    telling.tell(session, row, row.recipient_id, "order_returned", now=now, reason=told)
    return identity(row)


def reschedule(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    order_id: UUID,
    starts_at: datetime,
    agreed_minutes: int | None = None,
) -> dict[str, Any]:
    """Give an order that nobody has claimed, or nobody came for, another time. It is dispatched anew.

    Who waits for it keeps waiting: the steps that were raised stay so until somebody claims it.

    Raises:
        PriceNotAgreed: at the new time it may cost more than before.
    """
    row = order(session, community_of(actor), order_id)
    require_staff(session, actor, "orders.reschedule", row)
    _check_time(starts_at, now)
    states.after(row.state, "reschedule", number=row.number)
    recipient = residents.person(session, row.community_id, row.recipient_id)
    day = communities.local_day(communities.community(session, row.community_id), starts_at)
    refuse_who_may_not_order(session, row.community_id, recipient, row.service, day)
    _check_recipient_is_free(
        session, row.community_id, row.recipient_id, starts_at, row.planned_minutes, except_id=row.id
    )
    cost = price(
        session,
        community_id=row.community_id,
        service=row.service,
        starts_at=starts_at,
        planned_minutes=row.planned_minutes,
        rules=policy.of(session, row.community_id, day),
    )
    promised_before = 0 if row.state == "overdue" else row.cost_minutes
    if cost.most_minutes > promised_before:
        _check_purse(session, row.community_id, row.recipient_id, cost.most_minutes - promised_before, now)
    refuse_unagreed(cost, max(agreed_minutes or 0, row.cost_minutes))
    row.starts_at, row.most_minutes = starts_at, cost.most_minutes
    row.dispatched_at = None
    if row.state == "overdue":
        row.unclaimed_since = now
    move(
        session,
        row,
        "reschedule",
        actor=actor,
        now=now,
        starts_at=starts_at.isoformat(),
        most_minutes=cost.most_minutes,
    )
    telling.tell(session, row, row.recipient_id, "order_rescheduled", now=now)
    return identity(row)


def cancel(session: Session, *, actor: Actor, now: datetime, order_id: UUID, reason: str) -> dict[str, Any]:
    """Call an order off before it is served; what was held is free again.

    The recipient, her helper and staff cancel; a volunteer steps back instead (claiming.step_back). A disputed order
    is cancelled only by who may resolve it and was not there: it gives her all minutes back, as a verdict would.
    """
    row = order(session, community_of(actor), order_id)
    recipient = residents.person(session, row.community_id, row.recipient_id)
    how = require_for(session, actor, "orders.cancel", recipient)
    if row.state == "disputed":
        require(actor, "orders.resolve", community_id=row.community_id, area_path=recipient.area_path)
        disputes.refuse_who_is_not_outside(session, row, actor)
    before = row.state
    states.after(before, "cancel", number=row.number)
    escalation.close(session, row, "cancel", now)
    disputes.withdraw(session, row, actor=actor, now=now)
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
        before=before,
    )
    told = {row.recipient_id, *(claim.person_id for claim in claims if claim is not None)} - {actor.person_id}
    telling.tell_all(session, row, told, "order_cancelled", now=now, reason=reason.strip()[:NOTE_LENGTH] or "—")
    return identity(row) | {"released_minutes": released}


def refuse_time_and_purse(session: Session, row: ServiceOrder, now: datetime) -> None:
    """Refuse to open an order again whose time is gone or taken, or whose minutes were spent meanwhile."""
    _check_time(row.starts_at, now)
    _check_recipient_is_free(
        session, row.community_id, row.recipient_id, row.starts_at, row.planned_minutes, except_id=row.id
    )
    _check_purse(session, row.community_id, row.recipient_id, row.cost_minutes, now)


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
