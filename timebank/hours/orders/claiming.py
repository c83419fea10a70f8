"""Claim an order (领单): the minutes are held, one volunteer is named, one may stand by."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col, select

from ledger import LedgerRefused, book_of
from timebank import accounts, policy
from timebank.columns import new_id
from timebank.errors import NotEnough, Refused
from timebank.hours.activities import agenda, no_shows
from timebank.hours.activities.refusals import BusyThen
from timebank.hours.attendance import station
from timebank.hours.orders import escalation, states, tear_off, telling, volunteers
from timebank.hours.orders.catalogue import SERVICES
from timebank.hours.orders.parties import purse, release, require_staff, volunteer_account
from timebank.hours.orders.rows import (
    OrderClaim,
    OrderOffer,
    ServiceOrder,
    end_claim,
    identity,
    move,
    order,
    standing_claim,
)
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.people.residents import Person
from timebank.permissions import Actor, require

NO_SHOW_AFTER = timedelta(minutes=15)


class AlreadyClaimed(Refused):
    """Another volunteer was first. Facts: order_number, reserve_is_free."""

    code = "order_already_claimed"
    status = 409


class AlreadyYours(Refused):
    """You stand for this order already. Facts: order_number, place (winner or reserve)."""

    code = "order_already_yours"
    status = 409


class OwnOrder(Refused):
    """Nobody serves herself."""

    code = "order_is_own"
    status = 409


class SameHousehold(Refused):
    """Care within a household is not paid in minutes."""

    code = "order_same_household"
    status = 409


class VolunteerTooYoung(Refused):
    """Facts: age, needed_age. Who is unknown in years is not sent to an elder's home either: age is None."""

    code = "volunteer_too_young"
    status = 409


class ClaimingBlocked(Refused):
    """Missed orders block claiming for a while. Facts: count, until (a day)."""

    code = "claiming_blocked"
    status = 409


class VolunteerBusy(Refused):
    """One person is in one place. Facts: order_number of the other order."""

    code = "volunteer_busy"
    status = 409


class NotOffered(Refused):
    """The order was offered to named volunteers only."""

    code = "order_not_offered"
    status = 403


class SkillNeeded(Refused):
    """The service needs a skill that the register does not know of this volunteer. Facts: skill."""

    code = "order_skill_needed"
    status = 409


class StartsAlready(Refused):
    """The time of the order has come and gone. Facts: order_number."""

    code = "order_time_past"
    status = 409


class TooLateToStepBack(Refused):
    """Once the order should have begun, a volunteer no longer takes back her own promise. Facts: order_number."""

    code = "order_step_back_too_late"
    status = 409


class TooEarlyForNoShow(Refused):
    """A volunteer is missing only some time after the start. Facts: minutes."""

    code = "no_show_too_early"
    status = 409


def claim(session: Session, *, actor: Actor, now: datetime, order_id: UUID) -> dict[str, Any]:
    """Promise to come. The first one wins, and the recipient's minutes are held for her visit in the same commit.

    The hold has no end while the order is open: it is captured when the visit is confirmed, or released.

    Raises:
        AlreadyClaimed: somebody was first; the second may stand by (`stand_by`).
        NotEnough: the recipient's minutes were spent meanwhile.
        OwnOrder, SameHousehold, HasLeft, VolunteerTooYoung, SkillNeeded, ClaimingBlocked, VolunteerBusy, NotOffered, WrongState.
    """
    require(actor, "orders.claim", community_id=actor.community_id)
    row = order(session, community_of(actor), order_id)
    volunteer = _self(session, actor)
    _refuse_double(session, row, volunteer)
    if row.state == "claimed":
        raise AlreadyClaimed(order_number=row.number, reserve_is_free=standing_claim(session, row, "reserve") is None)
    states.after(row.state, "claim", number=row.number)
    _check_volunteer(session, row, volunteer, now)
    _hold(session, row, volunteer, now)
    session.add(_claim(row, volunteer, "winner", now))
    move(session, row, "claim", actor=actor, now=now, seq=row.hold_seq, held_minutes=row.held_minutes)
    telling.tell(session, row, row.recipient_id, "order_claimed", now=now)
    return identity(row) | {"place": "winner", "held_minutes": row.held_minutes}


def stand_by(session: Session, *, actor: Actor, now: datetime, order_id: UUID) -> dict[str, Any]:
    """Be the reserve of a claimed order: called on if the winner cannot come. Nothing is held for a reserve."""
    require(actor, "orders.claim", community_id=actor.community_id)
    row = order(session, community_of(actor), order_id)
    volunteer = _self(session, actor)
    _refuse_double(session, row, volunteer)
    states.after(row.state, "stand_by", number=row.number)
    if standing_claim(session, row, "reserve") is not None:
        raise AlreadyClaimed(order_number=row.number, reserve_is_free=False)
    _check_volunteer(session, row, volunteer, now)
    session.add(_claim(row, volunteer, "reserve", now))
    move(session, row, "stand_by", actor=actor, now=now)
    return identity(row) | {"place": "reserve"}


def step_back(session: Session, *, actor: Actor, now: datetime, order_id: UUID, reason: str) -> dict[str, Any]:
    """Take a promise back, in good time: the volunteer herself, or staff whom she told.

    The reserve moves up; else the order is open again and the minutes are free. From the start on only staff let her
    go, or write that she did not come: else nobody would ever have missed an order.

    Raises:
        TooLateToStepBack: the time has come, and it is her own promise.
    """
    row = order(session, community_of(actor), order_id)
    winner, reserve = standing_claim(session, row, "winner"), standing_claim(session, row, "reserve")
    stands = actor.person_id in [claim.person_id for claim in (winner, reserve) if claim is not None]
    recipient = residents.person(session, row.community_id, row.recipient_id)
    require(
        actor,
        "orders.step_back",
        community_id=row.community_id,
        person_id=actor.person_id if stands else None,
        area_path=recipient.area_path,
    )
    if reserve is not None and reserve.person_id == actor.person_id:
        states.after(row.state, "stand_by", number=row.number)
        end_claim(reserve, "stepped_back", now)
        move(session, row, "stand_by", actor=actor, now=now, gone=True, reason=reason.strip())
        return identity(row)
    gone = row.volunteer_id
    if row.state == "claimed" and gone == actor.person_id and now >= row.starts_at:
        raise TooLateToStepBack(order_number=row.number)
    outcome = _free(session, row, "step_back", "stepped_back", actor=actor, now=now, reason=reason.strip())
    if row.state == "dispatched":
        telling.tell(session, row, row.recipient_id, "order_step_back", now=now)
    if gone != actor.person_id:
        telling.tell(session, row, gone, "order_let_go", now=now)
    return outcome


def no_show(
    session: Session, *, actor: Actor, now: datetime, order_id: UUID, is_excused: bool, note: str
) -> dict[str, Any]:
    """Write down that the volunteer did not come. Her hours are never taken; several unexcused ones block claiming.

    Raises:
        TooEarlyForNoShow: a quarter of an hour after the start has not passed.
    """
    row = order(session, community_of(actor), order_id)
    require_staff(session, actor, "orders.no_show", row)
    states.after(row.state, "no_show", number=row.number)
    if now < row.starts_at + NO_SHOW_AFTER:
        raise TooEarlyForNoShow(minutes=int(NO_SHOW_AFTER.total_seconds()) // 60)
    outcome, gone = "excused" if is_excused else "no_show", row.volunteer_id
    freed = _free(session, row, "no_show", outcome, actor=actor, now=now, is_excused=is_excused, note=note.strip())
    telling.tell(session, row, gone, "order_excused" if is_excused else "order_no_show", now=now)
    return freed


def _free(
    session: Session, row: ServiceOrder, verb: str, outcome: str, *, actor: Actor, now: datetime, **facts: Any
) -> dict[str, Any]:
    """Let the winner go, release the hold, and move the reserve up where there is one who still may."""
    states.after(row.state, verb, number=row.number)
    winner, reserve = standing_claim(session, row, "winner"), standing_claim(session, row, "reserve")
    gone = row.volunteer_id
    released = release(session, row)
    row.volunteer_id, row.unclaimed_since = None, now
    end_claim(winner, outcome, now)
    move(
        session,
        row,
        verb,
        actor=actor,
        now=now,
        seq=row.release_seq,
        released_minutes=released,
        person=gone.hex if gone else None,
        **facts,
    )
    # Whoever was asked by name and cannot come is asked no more; with nobody left, the order is open to all.
    session.execute(
        delete(OrderOffer).where(
            col(OrderOffer.community_id) == row.community_id,
            col(OrderOffer.order_id) == row.id,
            col(OrderOffer.person_id) == gone,
        )
    )
    session.flush()
    if reserve is not None:
        _promote(session, row, reserve, actor=actor, now=now)
    return identity(row) | {"released_minutes": released}


def _promote(session: Session, row: ServiceOrder, reserve: OrderClaim, *, actor: Actor, now: datetime) -> None:
    """Let the reserve move up, if she still may: she promised days ago, and is asked for what who claims now is asked for.

    Nobody asks at this moment for her role, as the edge does of who claims: it may have ended since.
    """
    volunteer = residents.person(session, row.community_id, reserve.person_id)
    end_claim(reserve, "closed", now)
    session.flush()
    today = communities.local_day(communities.community(session, row.community_id), now)
    try:
        station.refuse_no_volunteer(session, volunteer, today)
        _check_volunteer(session, row, volunteer, now)
        _hold(session, row, volunteer, now)
    except Refused:
        # The reserve may no longer: the order stays open to all, and she need not keep its hour free.
        if not residents.has_left(volunteer):
            telling.tell(session, row, volunteer.id, "order_not_promoted", now=now)
        return
    session.add(_claim(row, volunteer, "winner", now))
    move(session, row, "promote", actor=actor, now=now, seq=row.hold_seq, held_minutes=row.held_minutes)
    telling.tell(session, row, volunteer.id, "order_promoted", now=now)
    telling.tell(session, row, row.recipient_id, "order_claimed", now=now)


def _hold(session: Session, row: ServiceOrder, volunteer: Person, now: datetime) -> None:
    """Set what the order may cost aside for this volunteer, soonest-ending lots first."""
    book = book_of(session)
    to = volunteer_account(session, row, volunteer.id)
    main = accounts.main(session, row.community_id, row.recipient_id, "min")
    try:
        legs = book.debit(main, row.cost_minutes, credits={to: row.cost_minutes})
    except LedgerRefused as refused:
        if refused.code != "insufficient":
            raise
        there = purse(session, row.community_id, row.recipient_id, now, writing=True)
        raise NotEnough(
            needed_minutes=row.cost_minutes,
            available_minutes=there.available_minutes,
            held_minutes=there.held_minutes,
        ) from None
    detail = {
        "use_case": "orders.claim",
        "order": row.id.hex,
        "order_number": row.number,
        "recipient": row.recipient_id.hex,
        "volunteer": volunteer.id.hex,
        "service": row.service,
        "held": row.cost_minutes,
    }
    tear_off.void_if_known_to(session, row, volunteer.id)
    escalation.close(session, row, "claim", now)
    row.hold_seq = book.hold(legs, detail=detail)
    row.held_minutes = row.cost_minutes
    row.volunteer_id = volunteer.id


def _claim(row: ServiceOrder, volunteer: Person, place: str, now: datetime) -> OrderClaim:
    return OrderClaim(
        community_id=row.community_id,
        id=new_id(now),
        order_id=row.id,
        person_id=volunteer.id,
        place=place,
        claimed_at=now,
    )


def _self(session: Session, actor: Actor) -> Person:
    if actor.person_id is None:
        raise NotOffered
    return residents.person(session, community_of(actor), actor.person_id)


def _refuse_double(session: Session, row: ServiceOrder, volunteer: Person) -> None:
    for place in ("winner", "reserve"):
        standing = standing_claim(session, row, place)
        if standing is not None and standing.person_id == volunteer.id:
            raise AlreadyYours(order_number=row.number, place=place)


def _check_volunteer(session: Session, row: ServiceOrder, volunteer: Person, now: datetime) -> None:
    recipient = residents.person(session, row.community_id, row.recipient_id)
    if volunteer.id == recipient.id:
        raise OwnOrder
    if volunteer.household_id == recipient.household_id:
        raise SameHousehold
    if residents.has_left(volunteer):
        raise residents.HasLeft(person=volunteer.number, left_on=str(volunteer.left_on))
    if row.starts_at + timedelta(minutes=row.planned_minutes) <= now:
        raise StartsAlready(order_number=row.number)
    day = communities.local_day(communities.community(session, row.community_id), row.starts_at)
    rules = policy.of(session, row.community_id, day)
    years = residents.age_on(volunteer, day)
    if years is None or years < rules.depositor_min_age:
        raise VolunteerTooYoung(age=years, needed_age=rules.depositor_min_age)
    if not volunteers.able(session, row, [volunteer.id]):
        raise SkillNeeded(skill=SERVICES[row.service].skill)
    until = no_shows.blocked_until(session, row.community_id, volunteer.id, now, rules)
    if until is not None:
        raise ClaimingBlocked(count=rules.no_show_most, until=until.isoformat())
    _check_offer(session, row, volunteer)
    _check_is_free(session, row, volunteer)


def _check_offer(session: Session, row: ServiceOrder, volunteer: Person) -> None:
    offered = session.exec(
        select(OrderOffer.person_id).where(OrderOffer.community_id == row.community_id, OrderOffer.order_id == row.id)
    ).all()
    if offered and volunteer.id not in offered:
        raise NotOffered


def _check_is_free(session: Session, row: ServiceOrder, volunteer: Person) -> None:
    """One person is in one place: no other claimed order, and none of her own, at that time."""
    ends_at = row.starts_at + timedelta(minutes=row.planned_minutes)
    others = session.exec(
        select(ServiceOrder).where(
            ServiceOrder.community_id == row.community_id,
            (ServiceOrder.volunteer_id == volunteer.id) | (ServiceOrder.recipient_id == volunteer.id),
            col(ServiceOrder.state).in_(states.BOOKED),
            ServiceOrder.id != row.id,
            ServiceOrder.starts_at < ends_at,
            ServiceOrder.starts_at > row.starts_at - timedelta(days=1),
        )
    )
    for other in others:
        if other.starts_at + timedelta(minutes=other.planned_minutes) > row.starts_at:
            raise VolunteerBusy(order_number=other.number)
    place = agenda.place_in(session, row.community_id, volunteer.id, row.starts_at, ends_at)
    if place is not None:
        raise BusyThen(
            kind=place.kind,
            other=place.what,
            starts_at=place.starts_at.isoformat(),
            ends_at=place.ends_at.isoformat(),
        )
