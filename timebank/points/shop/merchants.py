"""Merchants of the points shop: who they are, who hands over there, and when they are open."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, delete, select

from timebank import accounts, policy
from timebank.errors import BadInput, Forbidden, NotFound, Refused
from timebank.people import communities, logins, working_days
from timebank.people.working_days import end_of_day, today_in
from timebank.permissions import Actor, require
from timebank.points.shop.opening import Opening
from timebank.points.shop.tables import ORDERED, Merchant, MerchantDay, MerchantHours, MerchantStaff, ShopOrder
from timebank.storage import new_id

AHEAD = dt.timedelta(days=400)
DAY_MINUTES = 24 * 60
ANSWERS_FOR_ALL = frozenset({"committee", "community_manager"})
READS_ALL = ANSWERS_FOR_ALL | {"supervision_committee", "auditor"}


class NameTaken(Refused):
    """Another merchant, other goods of this merchant or another supplier already has the name (fact `name`)."""

    code = "name_taken"


def open_merchant(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    name: str,
    place: str,
    opening_weekdays: str = "1234567",
    opens_minute: int | None = None,
    closes_minute: int | None = None,
    keeps_holidays: bool = False,
) -> dict[str, Any]:
    """Open a merchant with the account that its redeemed points go to; the same hours on each of its days at first."""
    require(actor, "shop.open_merchant", community_id=actor.community_id)
    community_id = community_of(actor)
    weekdays = sorted(set(opening_weekdays) & set("1234567"))
    hours = hours_between(opens_minute, closes_minute)
    if not 1 <= len(name.strip()) <= 60 or not weekdays:
        raise BadInput(fields={"name": "required"} if weekdays else {"opening_weekdays": "required"})
    if any(merchant.name == name.strip() for merchant in merchants_of(session, community_id)):
        raise NameTaken(name=name.strip())
    merchant_id = new_id(now)
    account = accounts.open_main(session, community_id, kind="merchant", owner_id=merchant_id, unit="pt")
    session.add(Merchant(community_id=community_id, id=merchant_id, name=name.strip(), place=place.strip()[:200],
                         account=account, opened_at=now, keeps_holidays=keeps_holidays))  # fmt: skip
    session.flush()
    _put_hours(session, community_id, merchant_id, {int(day): hours for day in weekdays})
    return {"code": "merchant_opened", "merchant_id": merchant_id.hex, "account": account}


def set_hours(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    merchant_id: uuid.UUID,
    place: str,
    hours: Mapping[int, tuple[int, int] | None],
    keeps_holidays: bool,
) -> dict[str, Any]:
    """Say when a merchant is open from now on; what waits to be fetched is never kept shorter for it.

    Raises:
        BadInput: no day at all, or hours that end before they begin.
    """
    require(actor, "shop.open_merchant", community_id=actor.community_id)
    row = merchant(session, community_of(actor), merchant_id)
    if not hours or not set(hours) <= set(range(1, 8)):
        raise BadInput(fields={"weekdays": "required"})
    for span in hours.values():
        if span is not None:
            hours_between(*span)
    row.place, row.keeps_holidays = place.strip()[:200], keeps_holidays
    _put_hours(session, row.community_id, row.id, hours)
    return {
        "code": "merchant_hours_set",
        "merchant_id": row.id.hex,
        "orders_kept_longer": _keep_longer(session, row, now),
    }


def set_day(
    session: Session, *, actor: Actor, now: dt.datetime, merchant_id: uuid.UUID, day: dt.date, opens: bool, reason: str
) -> dict[str, Any]:
    """Close a merchant on one day, or open it although it would be closed; orders that wait are kept the longer for it."""
    row = staffed(session, actor, "shop.set_day", merchant_id)
    today = today_in(session, row.community_id, now)
    wrong = {}
    if not today <= day <= today + AHEAD:
        wrong["day"] = "in_the_past" if day < today else "out_of_range"
    if not 1 <= len(reason.strip()) <= 200:
        wrong["reason"] = "required"
    if wrong:
        raise BadInput(fields=wrong)
    found = session.get(MerchantDay, (row.community_id, row.id, day))
    if found is None:
        found = MerchantDay(
            community_id=row.community_id, merchant_id=row.id, day=day, opens=opens, reason="", entered_by=""
        )
        session.add(found)
    found.opens, found.reason, found.entered_by = opens, reason.strip(), actor.number
    session.flush()
    return {"code": "merchant_day_set", "merchant_id": row.id.hex, "day": day.isoformat(), "opens": opens,
            "orders_kept_longer": _keep_longer(session, row, now)}  # fmt: skip


def add_staff(
    session: Session, *, actor: Actor, now: dt.datetime, merchant_id: uuid.UUID, person_id: uuid.UUID
) -> dict[str, Any]:
    """Let a person hand over at a merchant; the role merchant is granted beside it, and `has_role` says whether it is yet."""
    require(actor, "shop.open_merchant", community_id=actor.community_id)
    row = merchant(session, community_of(actor), merchant_id)
    key = (row.community_id, row.id, person_id)
    if session.get(MerchantStaff, key) is None:
        session.add(MerchantStaff(community_id=key[0], merchant_id=key[1], person_id=key[2]))
    return {"code": "staff_added", "merchant_id": row.id.hex,
            "has_role": not lacking_role(session, row.community_id, [person_id], now=now)}  # fmt: skip


def remove_staff(
    session: Session, *, actor: Actor, now: dt.datetime, merchant_id: uuid.UUID, person_id: uuid.UUID
) -> dict[str, Any]:
    """Let a person hand over there no more; removing twice is harmless."""
    require(actor, "shop.open_merchant", community_id=actor.community_id)
    row = merchant(session, community_of(actor), merchant_id)
    found = session.get(MerchantStaff, (row.community_id, row.id, person_id))
    if found is not None:
        session.delete(found)
    return {"code": "staff_removed", "merchant_id": row.id.hex}


def merchants_of(session: Session, community_id: int) -> Sequence[Merchant]:
    """All merchants by name."""
    return session.scalars(
        select(Merchant).where(Merchant.community_id == community_id).order_by(col(Merchant.name)).limit(200)
    ).all()


def merchants_staffed_by(session: Session, *, actor: Actor) -> Sequence[Merchant]:
    """The merchants at which the actor hands over."""
    require(actor, "shop.hand_over", community_id=actor.community_id)
    return _staffed_by(session, actor)


def merchants_for(session: Session, *, actor: Actor, use_case: str) -> Sequence[Merchant]:
    """The merchants that the actor answers for or may look into: all of them for the committee and auditors, else where she hands over."""
    require(actor, use_case, community_id=actor.community_id)
    if actor.trusted or actor.has(READS_ALL):
        return merchants_of(session, community_of(actor))
    return _staffed_by(session, actor)


def staff_of(session: Session, community_id: int) -> Sequence[MerchantStaff]:
    """Who hands over, at all merchants."""
    return session.scalars(
        select(MerchantStaff).where(MerchantStaff.community_id == community_id).order_by(col(MerchantStaff.person_id))
    ).all()


def lacking_role(
    session: Session, community_id: int, person_ids: Iterable[uuid.UUID], *, now: dt.datetime
) -> set[uuid.UUID]:
    """Of these people, those who do not hold the role merchant here today: without it they hand over nowhere."""
    on, place = today_in(session, community_id, now), communities.community(session, community_id)
    found = set()
    for person_id in person_ids:
        login_id = logins.login_of(session, community_id, person_id)
        held = (
            logins.grants_of_person(session, community_id=community_id, person_id=person_id, on=on)
            if login_id is None
            else logins.grants_of(session, login_id=login_id, on=on)
        )
        if not any(one.role == "merchant" and place.area_path.startswith(one.area_path) for one in held):
            found.add(person_id)
    return found


def openings(session: Session, community_id: int, *, since: dt.date) -> dict[uuid.UUID, Opening]:
    """When each merchant is open, from a day on: four queries for all of them."""
    weekdays: dict[uuid.UUID, dict[int, tuple[int, int] | None]] = {}
    for row in session.scalars(select(MerchantHours).where(MerchantHours.community_id == community_id)):
        said = row.opens_minute is not None and row.closes_minute is not None
        weekdays.setdefault(row.merchant_id, {})[row.weekday] = (
            (row.opens_minute or 0, row.closes_minute or 0) if said else None
        )
    days: dict[uuid.UUID, dict[dt.date, MerchantDay]] = {}
    for one in session.scalars(
        select(MerchantDay)
        .where(MerchantDay.community_id == community_id, col(MerchantDay.day) >= since)
        .order_by(col(MerchantDay.day))
    ):
        days.setdefault(one.merchant_id, {})[one.day] = one
    declared = {day: row.works for day, row in working_days.declared_days(session, community_id, since=since).items()}
    return {
        row.id: Opening(
            weekdays=dict(sorted(weekdays.get(row.id, {}).items())),
            keeps_holidays=row.keeps_holidays,
            days={day: one.opens for day, one in days.get(row.id, {}).items()},
            reasons={day: one.reason for day, one in days.get(row.id, {}).items()},
            declared=declared,
        )
        for row in merchants_of(session, community_id)
    }


def fetch_until(
    session: Session, opening: Opening, community_id: int, now: dt.datetime, *, service_on: dt.date | None = None
) -> dt.datetime:
    """Until when an order waits: the end of the second opening day after today, never less than the least hours, and of a service's day."""
    today = today_in(session, community_id, now)
    rules = policy.of(session, community_id, today)
    last = opening.last_day(today, rules.shop_opening_days)
    until = end_of_day(session, community_id, max(last, service_on or last))
    return max(until, now + dt.timedelta(hours=rules.shop_hold_hours))


def merchant(session: Session, community_id: int, merchant_id: uuid.UUID) -> Merchant:
    """One merchant; NotFound if the community has none of this id."""
    found = session.get(Merchant, (community_id, merchant_id))
    if found is None:
        raise NotFound(what="merchant")
    return found


def staffed(session: Session, actor: Actor, use_case: str, merchant_id: uuid.UUID, *, reads: bool = False) -> Merchant:
    """The merchant, if the actor staffs it or answers for all of them (`reads`: or may look into all).

    Raises:
        Forbidden: somebody of another merchant.
    """
    require(actor, use_case, community_id=actor.community_id)
    row = merchant(session, community_of(actor), merchant_id)
    every = actor.trusted or actor.has(READS_ALL if reads else ANSWERS_FOR_ALL)
    if not every and not staffs(session, actor, row.id):
        raise Forbidden(use_case=use_case)
    return row


def staffs(session: Session, actor: Actor, merchant_id: uuid.UUID) -> bool:
    """Whether the actor hands over at this merchant."""
    if actor.person_id is None:
        return False
    return session.get(MerchantStaff, (community_of(actor), merchant_id, actor.person_id)) is not None


def community_of(actor: Actor) -> int:
    if actor.community_id is None:
        raise NotFound(what="community")
    return actor.community_id


def hours_between(opens_minute: int | None, closes_minute: int | None) -> tuple[int, int] | None:
    """Hours as said, or None; BadInput if they are none."""
    if opens_minute is None and closes_minute is None:
        return None
    if opens_minute is None or closes_minute is None or not 0 <= opens_minute < closes_minute <= DAY_MINUTES:
        raise BadInput(fields={"closes": "after_start"})
    return opens_minute, closes_minute


def _staffed_by(session: Session, actor: Actor) -> Sequence[Merchant]:
    return session.scalars(
        select(Merchant)
        .join(
            MerchantStaff,
            (col(MerchantStaff.community_id) == Merchant.community_id)
            & (col(MerchantStaff.merchant_id) == Merchant.id),
        )
        .where(Merchant.community_id == actor.community_id, MerchantStaff.person_id == actor.person_id)
        .order_by(col(Merchant.name))
    ).all()


def _put_hours(
    session: Session, community_id: int, merchant_id: uuid.UUID, hours: Mapping[int, tuple[int, int] | None]
) -> None:
    session.execute(
        delete(MerchantHours).where(
            col(MerchantHours.community_id) == community_id, col(MerchantHours.merchant_id) == merchant_id
        )
    )
    for weekday, span in hours.items():
        opens, closes = span or (None, None)
        session.add(MerchantHours(community_id=community_id, merchant_id=merchant_id, weekday=weekday,
                                  opens_minute=opens, closes_minute=closes))  # fmt: skip
    session.flush()


def _keep_longer(session: Session, row: Merchant, now: dt.datetime) -> int:
    """Keep what waits until the second day on which the merchant is open after it was ordered; how many orders that changed."""
    opening = openings(session, row.community_id, since=today_in(session, row.community_id, now) - AHEAD)[row.id]
    waiting = session.scalars(
        select(ShopOrder).where(
            ShopOrder.community_id == row.community_id,
            ShopOrder.merchant_id == row.id,
            ShopOrder.state == ORDERED,
            col(ShopOrder.ends_at) > now,
        )
    ).all()
    changed = 0
    for order in waiting:
        until = fetch_until(session, opening, row.community_id, order.ordered_at)
        if until > order.ends_at:
            order.ends_at, changed = until, changed + 1
    return changed
