"""Faulty goods that come back after they were handed over: asked by one, booked by another, with a counter-entry.

Points go back from the merchant's account to the household; never money, never more than was paid for these pieces.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from ledger import book_of
from timebank import notices, policy
from timebank.errors import BadInput, NotFound, Refused
from timebank.people import kin
from timebank.people.working_days import end_of_day, today_in
from timebank.permissions import Actor, require
from timebank.points import household_accounts
from timebank.points.household_changes import following
from timebank.points.shop import states
from timebank.points.shop.goods import item_of
from timebank.points.shop.merchants import ANSWERS_FOR_ALL, community_of, merchant, staffs
from timebank.points.shop.orders import Ordered, with_lines
from timebank.points.shop.stock import move
from timebank.points.shop.tables import GOODS, HANDED_OVER, ShopItem, ShopOrder, ShopOrderLine, ShopReturn
from timebank.storage import new_id


class NotHandedOver(Refused):
    """Only what was handed over can come back (fact `state`)."""

    code = "not_handed_over"


class ReturnTooLate(Refused):
    """The days in which faulty goods are taken back are over (fact `until_on`)."""

    code = "return_too_late"


class ReturnTooMuch(Refused):
    """More pieces than were given and have not come back yet (facts `left`, `needed`)."""

    code = "return_too_much"


class ReturnDecided(Refused):
    """It was booked or refused already (fact `state`)."""

    code = "return_decided"


class OwnReturn(Refused):
    """Who asked, lives in the household, or is a relative of somebody there, does not decide."""

    code = "own_return"


@dataclass(frozen=True)
class Returned:
    """A return with the order and the goods that it is of."""

    row: ShopReturn
    order: ShopOrder
    line: ShopOrderLine
    item: ShopItem


def ask(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    order_number: int,
    item_id: uuid.UUID,
    pieces: int,
    to_shelf: bool,
    reason: str,
) -> dict[str, Any]:
    """Say that pieces of an order came back; another person books it. `to_shelf`: they can be given out again.

    Raises:
        NotHandedOver, ReturnTooLate, ReturnTooMuch; BadInput without a reason.
    """
    require(actor, "shop.ask_return", community_id=actor.community_id)
    order = session.scalars(
        select(ShopOrder).where(ShopOrder.community_id == community_of(actor), ShopOrder.number == order_number)
    ).first()
    if order is None or not _reaches(session, actor, order):
        raise NotFound(what="shop_order")
    if order.state != HANDED_OVER or order.closed_at is None:
        raise NotHandedOver(state=order.state)
    line = session.scalars(
        select(ShopOrderLine).where(
            ShopOrderLine.community_id == order.community_id,
            ShopOrderLine.order_id == order.id,
            ShopOrderLine.item_id == item_id,
        )
    ).first()
    if line is None:
        raise NotFound(what="goods")
    _refuse_late(session, order, now)
    if not reason.strip() or pieces < 1:
        raise BadInput(fields={"reason": "required"} if pieces >= 1 else {"pieces": "out_of_range"})
    left = line.given - sum(row.pieces for row in _of_line(session, line) if row.state != states.REFUSED)
    if pieces > left:
        raise ReturnTooMuch(left=left, needed=pieces)
    item = item_of(session, order.community_id, item_id)
    row = ShopReturn(community_id=order.community_id, id=new_id(now), order_id=order.id, position=line.position,
                     pieces=pieces, steps=pieces * line.price_steps, to_shelf=to_shelf and item.kind == GOODS,
                     reason=reason.strip()[:200], state=states.ASKED, asked_at=now, asked_by=actor.number)  # fmt: skip
    session.add(row)
    return {"code": "return_asked", "return_id": row.id.hex, "steps": row.steps}


def book(session: Session, *, actor: Actor, now: dt.datetime, return_id: uuid.UUID) -> dict[str, Any]:
    """Book a return: the points go back to the household by an entry against the one that redeemed them.

    Where the household was merged into another one since, they go on to that one in the same write.

    Raises:
        OwnReturn, ReturnDecided.
    """
    row, order = _to_decide(session, actor, return_id)
    line = session.get(ShopOrderLine, (row.community_id, row.order_id, row.position))
    if line is None:
        raise NotFound(what="goods")
    place = merchant(session, row.community_id, order.merchant_id)
    household = household_accounts.main_account(session, row.community_id, order.household_id)
    today = today_in(session, row.community_id, now)
    row.entry = book_of(session).post(
        {place.account: -row.steps, household: row.steps},
        on=today,
        detail={"use_case": "shop.take_back", "order": order.id.hex, "return": row.id.hex, "credited": row.steps,
                "capture": order.capture, "asked_by": row.asked_by, "decided_by": actor.number},
    )  # fmt: skip
    row.state, row.decided_at, row.decided_by = states.BOOKED, now, actor.number
    following.follow(session, row.community_id, order.household_id, on=today)
    item = item_of(session, row.community_id, line.item_id)
    if row.to_shelf:
        item.stock += row.pieces
        move(session, item, kind="taken_back", pieces=row.pieces, now=now, by=actor.number, order_id=order.id,
             reason=row.reason)  # fmt: skip
    _tell(session, order, "shop_returned", now, steps=row.steps)
    return {"code": "return_booked", "return_id": row.id.hex, "entry": row.entry, "steps": row.steps}


def refuse(session: Session, *, actor: Actor, now: dt.datetime, return_id: uuid.UUID, remark: str) -> dict[str, Any]:
    """Not book a return, with the reason; nothing moves."""
    row, _ = _to_decide(session, actor, return_id)
    if not remark.strip():
        raise BadInput(fields={"remark": "required"})
    row.state, row.decided_at, row.decided_by, row.remark = states.REFUSED, now, actor.number, remark.strip()[:200]
    return {"code": "return_refused", "return_id": row.id.hex}


def returns_of(session: Session, *, actor: Actor, state: str = "", limit: int = 100) -> list[Returned]:
    """Returns that the actor may see, the newest first: all for the desk and the committee, else those of the own merchants."""
    require(actor, "shop.returns", community_id=actor.community_id)
    query = (
        select(ShopReturn, ShopOrder, ShopOrderLine, ShopItem)
        .join(
            ShopOrder,
            (col(ShopOrder.community_id) == ShopReturn.community_id) & (col(ShopOrder.id) == ShopReturn.order_id),
        )
        .join(
            ShopOrderLine,
            (col(ShopOrderLine.community_id) == ShopReturn.community_id)
            & (col(ShopOrderLine.order_id) == ShopReturn.order_id)
            & (col(ShopOrderLine.position) == ShopReturn.position),
        )
        .join(
            ShopItem,
            (col(ShopItem.community_id) == ShopReturn.community_id) & (col(ShopItem.id) == ShopOrderLine.item_id),
        )
        .where(ShopReturn.community_id == community_of(actor))
    )
    if state:
        query = query.where(ShopReturn.state == state)
    rows = session.execute(query.order_by(col(ShopReturn.id).desc()).limit(limit))
    return [Returned(*row) for row in rows if _reaches(session, actor, row[1])]


def order_by_number(session: Session, *, actor: Actor, number: int) -> Ordered | None:
    """The order of a slip, as far as the actor sees it: its goods, to say which of them came back."""
    require(actor, "shop.ask_return", community_id=actor.community_id)
    order = session.scalars(
        select(ShopOrder).where(ShopOrder.community_id == community_of(actor), ShopOrder.number == number)
    ).first()
    return with_lines(session, [order])[0] if order is not None and _reaches(session, actor, order) else None


def returns_of_order(session: Session, order: ShopOrder) -> Sequence[ShopReturn]:
    """What came back of one order, oldest first. Asks no permission: the order was shown already."""
    return session.scalars(
        select(ShopReturn)
        .where(ShopReturn.community_id == order.community_id, ShopReturn.order_id == order.id)
        .order_by(col(ShopReturn.id))
    ).all()


def _reaches(session: Session, actor: Actor, order: ShopOrder) -> bool:
    """Whether the actor sees all orders, or staffs the merchant of this one."""
    if actor.trusted or actor.has(ANSWERS_FOR_ALL | {"desk_staff"}):
        return True
    return staffs(session, actor, order.merchant_id)


def _to_decide(session: Session, actor: Actor, return_id: uuid.UUID) -> tuple[ShopReturn, ShopOrder]:
    require(actor, "shop.decide_return", community_id=actor.community_id)
    row = session.get(ShopReturn, (community_of(actor), return_id))
    order = session.get(ShopOrder, (community_of(actor), row.order_id)) if row else None
    if row is None or order is None:
        raise NotFound(what="shop_return")
    if row.state != states.ASKED:
        raise ReturnDecided(state=row.state)
    if actor.number == row.asked_by:
        raise OwnReturn
    if actor.person_id is not None and kin.are_near(session, row.community_id, actor.person_id, order.household_id):
        raise OwnReturn
    return row, order


def _of_line(session: Session, line: ShopOrderLine) -> Sequence[ShopReturn]:
    return session.scalars(
        select(ShopReturn).where(
            ShopReturn.community_id == line.community_id,
            ShopReturn.order_id == line.order_id,
            ShopReturn.position == line.position,
        )
    ).all()


def _refuse_late(session: Session, order: ShopOrder, now: dt.datetime) -> None:
    if order.closed_at is None:
        raise NotHandedOver(state=order.state)
    handed_over_on = today_in(session, order.community_id, order.closed_at)
    rules = policy.of(session, order.community_id, handed_over_on)
    last = handed_over_on + dt.timedelta(days=rules.shop_return_days)
    if end_of_day(session, order.community_id, last) <= now:
        raise ReturnTooLate(until_on=last.isoformat())


def _tell(session: Session, order: ShopOrder, kind: str, now: dt.datetime, **facts: int | str) -> None:
    if order.person_id is not None:
        told = {"shop_order_id": order.id.hex, "order_number": order.number, **facts}
        notices.tell(
            session, community_id=order.community_id, person_id=order.person_id, kind=kind, facts=told, now=now
        )
