"""Redeeming points for goods: points are held and a piece reserved, the code hands it over, else both go back.

The merchant sees a code and the goods, never a person. The code is made from the server's secret and the order, so that
it can be shown again but not read out of the database; the database keeps a keyed hash of it to find the order by.
"""

import datetime as dt
import hmac
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from ledger import LedgerRefused, book_of
from timebank import policy
from timebank.errors import AlreadyDone, BadInput, Forbidden, NotFound, Refused
from timebank.people import households
from timebank.people.working_days import end_of_day, today_in
from timebank.permissions import Actor, require
from timebank.points import household_accounts
from timebank.points.shop.goods import item_of, move, staffs
from timebank.points.shop.tables import CANCELLED, EXPIRED, HANDED_OVER, ORDERED, Merchant, ShopItem, ShopOrder
from timebank.storage import new_id, next_number

CODE_DIGITS = 8
MOST_OF_ONE = 20
AT_ONCE = 500


class OutOfStock(Refused):
    """Fewer pieces are left than were asked for (facts `item`, `left`, `needed`)."""

    code = "out_of_stock"


class NotEnoughPoints(Refused):
    """The household has fewer points than the goods cost (facts `available_steps`, `needed_steps`, `owed_steps`)."""

    code = "not_enough_points"


class NotOffered(Refused):
    """The goods are not on offer any more (fact `item`)."""

    code = "not_offered"


class UnknownCode(Refused):
    """No open order of this merchant has the code."""

    code = "unknown_order_code"
    status = 404


class OrderClosed(Refused):
    """The order was handed over, cancelled or has lapsed (fact `state`)."""

    code = "order_closed"


@dataclass(frozen=True)
class Ordered:
    """An order with what it is for; `code` only where the household looks at it."""

    order: ShopOrder
    item: ShopItem
    merchant: Merchant
    code: str = ""


def redeem(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    secret: bytes,
    household_id: uuid.UUID,
    item_id: uuid.UUID,
    quantity: int,
    person_id: uuid.UUID | None = None,
) -> dict[str, Any]:
    """Order goods for a household: its points are held and the pieces reserved until they are fetched.

    A resident orders for the own household; the desk for somebody at the counter, with both recorded. Facts tell the
    points before and after, for the slip.

    Raises:
        NotOffered, OutOfStock, NotEnoughPoints.
    """
    require(actor, "shop.redeem", community_id=actor.community_id, household_id=household_id)
    community_id = _community(actor)
    households.household(session, community_id, household_id)
    item = item_of(session, community_id, item_id)
    merchant = _merchant(session, community_id, item.merchant_id)
    if not 1 <= quantity <= MOST_OF_ONE:
        raise BadInput(fields={"quantity": "out_of_range"})
    if not item.offered:
        raise NotOffered(item=item.name)
    if item.stock - item.reserved < quantity:
        raise OutOfStock(item=item.name, left=item.stock - item.reserved, needed=quantity)
    today = today_in(session, community_id, now)
    rules = policy.of(session, community_id, today)
    order = ShopOrder(
        community_id=community_id, id=new_id(now), number=next_number(session, community_id, "shop_order"),
        household_id=household_id, person_id=person_id or actor.person_id, merchant_id=merchant.id, item_id=item.id,
        quantity=quantity, price_steps=item.price_steps, total_steps=quantity * item.price_steps, state=ORDERED,
        code_salt="", code_tag="", hold=0, ordered_at=now, ordered_by=actor.number,
        on_behalf=household_id != actor.household_id,
        ends_at=_fetch_until(session, merchant, now, hours=rules.shop_hold_hours, days=rules.shop_opening_days),
    )  # fmt: skip
    account, before = _hold(session, order, merchant)
    _give_code(session, order, secret)
    session.add(order)
    item.reserved += quantity
    move(session, item, kind="reserved", pieces=quantity, now=now, by=actor.number, order_id=order.id)
    return {"code": "redeemed", "order_id": order.id.hex, "number": order.number, "hold": order.hold,
            "account": account, "before_steps": before, "after_steps": before - order.total_steps}  # fmt: skip


def hand_over(session: Session, *, actor: Actor, now: dt.datetime, secret: bytes, typed: str) -> dict[str, Any]:
    """Give out what the code stands for, once; the held points go to the merchant's redeemed points."""
    found = order_of_code(session, actor=actor, now=now, secret=secret, typed=typed)
    order, item, merchant = found.order, found.item, found.merchant
    book = book_of(session)
    legs = book.debit_hold(order.hold, order.total_steps, credits={merchant.account: order.total_steps})
    order.capture = book.capture(
        order.hold,
        legs,
        on=today_in(session, order.community_id, now),
        detail={"use_case": "shop.hand_over", "order": order.id.hex, "credited": order.total_steps},
    )
    item.stock -= order.quantity
    item.reserved -= order.quantity
    move(session, item, kind="handed_over", pieces=-order.quantity, now=now, by=actor.number, order_id=order.id)
    _close(order, HANDED_OVER, now=now, by=actor.number)
    return {"code": "handed_over", "order_id": order.id.hex, "number": order.number, "capture": order.capture,
            "item": item.name, "quantity": order.quantity, "total_steps": order.total_steps}  # fmt: skip


def order_of_code(session: Session, *, actor: Actor, now: dt.datetime, secret: bytes, typed: str) -> Ordered:
    """The open order of a typed or scanned code, at a merchant where the actor hands over.

    Raises:
        UnknownCode: no such order here; codes of other merchants look the same.
        OrderClosed: it has lapsed, even if the job that says so is late.
    """
    require(actor, "shop.hand_over", community_id=actor.community_id)
    order = session.scalars(
        select(ShopOrder).where(
            ShopOrder.community_id == _community(actor),
            ShopOrder.state == ORDERED,
            ShopOrder.code_tag == tag_of(secret, _community(actor), digits_of(typed)),
        )
    ).first()
    if order is None or not (actor.trusted or staffs(session, actor, order.merchant_id)):
        raise UnknownCode
    if order.ends_at <= now:
        raise OrderClosed(state=EXPIRED)
    return _with_goods(session, order)


def cancel(session: Session, *, actor: Actor, now: dt.datetime, order_id: uuid.UUID) -> dict[str, Any]:
    """Give an order up before it is fetched: points and pieces are free again."""
    order = session.get(ShopOrder, (_community(actor), order_id))
    if order is None:
        raise NotFound(what="shop_order")
    require(actor, "shop.cancel", community_id=actor.community_id, household_id=order.household_id)
    if order.state == CANCELLED:
        raise AlreadyDone(state=order.state)
    if order.state != ORDERED:
        raise OrderClosed(state=order.state)
    book_of(session).release(order.hold)
    _put_back(session, order, CANCELLED, now=now, by=actor.number)
    return {"code": "order_cancelled", "order_id": order.id.hex, "number": order.number}


def expire_due(session: Session, *, actor: Actor, now: dt.datetime, limit: int = AT_ONCE) -> dict[str, Any]:
    """Let orders lapse that were not fetched in time; `left` says whether to call again."""
    require(actor, "shop.expire_due", community_id=actor.community_id)
    due = session.scalars(
        select(ShopOrder)
        .where(ShopOrder.community_id == _community(actor), ShopOrder.state == ORDERED, col(ShopOrder.ends_at) <= now)
        .order_by(col(ShopOrder.ends_at), col(ShopOrder.number))
        .limit(limit + 1)
    ).all()
    for order in due[:limit]:
        book_of(session).expire(order.hold)
        _put_back(session, order, EXPIRED, now=now, by=actor.number)
    return {"code": "orders_expired", "expired": len(due[:limit]), "left": max(len(due) - limit, 0)}


def orders_of_household(
    session: Session, *, actor: Actor, secret: bytes, household_id: uuid.UUID, limit: int = 50
) -> list[Ordered]:
    """A household's orders, newest first, with the codes of those still to be fetched."""
    require(actor, "shop.redeem", community_id=actor.community_id, household_id=household_id)
    orders = session.scalars(
        select(ShopOrder)
        .where(ShopOrder.community_id == _community(actor), ShopOrder.household_id == household_id)
        .order_by(col(ShopOrder.number).desc())
        .limit(limit)
    ).all()
    return [_with_goods(session, order, code=code_of(secret, order)) for order in orders]


def order(session: Session, *, actor: Actor, secret: bytes, order_id: uuid.UUID) -> Ordered:
    """One order of the own household, or at the desk."""
    row = session.get(ShopOrder, (_community(actor), order_id))
    if row is None:
        raise NotFound(what="shop_order")
    require(actor, "shop.redeem", community_id=actor.community_id, household_id=row.household_id)
    return _with_goods(session, row, code=code_of(secret, row))


def orders_of_merchant(session: Session, *, actor: Actor, merchant_id: uuid.UUID, limit: int = 50) -> Sequence[Ordered]:
    """What a merchant has to hand out and has handed out, newest first; no person, no code."""
    require(actor, "shop.hand_over", community_id=actor.community_id)
    if not (actor.trusted or staffs(session, actor, merchant_id)):
        raise Forbidden(use_case="shop.hand_over")
    orders = session.scalars(
        select(ShopOrder)
        .where(ShopOrder.community_id == _community(actor), ShopOrder.merchant_id == merchant_id)
        .order_by(col(ShopOrder.number).desc())
        .limit(limit)
    ).all()
    return [_with_goods(session, row) for row in orders]


def code_of(secret: bytes, order: ShopOrder) -> str:
    """The digits that hand an open order over; empty when it is closed."""
    return _digits(secret, order) if order.state == ORDERED else ""


def tag_of(secret: bytes, community_id: int, digits: str) -> str:
    """The keyed hash under which a code is kept."""
    return hmac.digest(secret, b"shop code tag:%d:" % community_id + digits.encode(), "sha256").hex()


def digits_of(typed: str) -> str:
    """The digits of what was typed or scanned: `4711 0815`, with full-width digits too."""
    return "".join(str(int(sign)) for sign in typed if sign.isdecimal())[:CODE_DIGITS]


def _digits(secret: bytes, order: ShopOrder) -> str:
    made = hmac.digest(secret, b"shop code:" + order.id.bytes + order.code_salt.encode(), "sha256")
    return str(int.from_bytes(made[:8]) % 10**CODE_DIGITS).zfill(CODE_DIGITS)


def _give_code(session: Session, order: ShopOrder, secret: bytes) -> None:
    """Find digits that no other open order has."""
    while True:
        order.code_salt = secrets.token_hex(8)
        order.code_tag = tag_of(secret, order.community_id, _digits(secret, order))
        taken = session.scalars(
            select(ShopOrder.id).where(
                ShopOrder.community_id == order.community_id,
                ShopOrder.state == ORDERED,
                ShopOrder.code_tag == order.code_tag,
            )
        ).first()
        if taken is None:
            return


def _hold(session: Session, order: ShopOrder, merchant: Merchant) -> tuple[int, int]:
    """Hold the points; the household's account and what it had to spend before."""
    book = book_of(session)
    owner = household_accounts.main_account(session, order.community_id, order.household_id)
    try:
        legs = book.debit(owner, order.total_steps, credits={merchant.account: order.total_steps})
    except LedgerRefused as refused:
        if refused.code != "insufficient":
            raise
        owed = household_accounts.owed(session, order.community_id, order.household_id)
        available = refused.facts["available"]
        raise NotEnoughPoints(available_steps=available, needed_steps=order.total_steps, owed_steps=owed) from None
    before = book.account(owner).available
    detail = {"use_case": "shop.redeem", "order": order.id.hex, "item": order.item_id.hex, "quantity": order.quantity,
              "price_steps": order.price_steps, "held": order.total_steps}  # fmt: skip
    order.hold = book.hold(legs, detail=detail, until=order.ends_at)
    return owner, before


def _fetch_until(session: Session, merchant: Merchant, now: dt.datetime, *, hours: int, days: int) -> dt.datetime:
    """The end of the merchant's second opening day after today, and never less than the least time."""
    day = today_in(session, merchant.community_id, now)
    opened = 0
    while opened < days:
        day += dt.timedelta(days=1)
        opened += str(day.isoweekday()) in merchant.opening_weekdays
    until = end_of_day(session, merchant.community_id, day)
    return max(until, now + dt.timedelta(hours=hours))


def _put_back(session: Session, order: ShopOrder, state: str, *, now: dt.datetime, by: str) -> None:
    item = item_of(session, order.community_id, order.item_id)
    item.reserved -= order.quantity
    move(session, item, kind="released", pieces=-order.quantity, now=now, by=by, order_id=order.id)
    _close(order, state, now=now, by=by)


def _close(order: ShopOrder, state: str, *, now: dt.datetime, by: str) -> None:
    order.state, order.closed_at, order.closed_by = state, now, by


def _with_goods(session: Session, order: ShopOrder, code: str = "") -> Ordered:
    item = item_of(session, order.community_id, order.item_id)
    return Ordered(order, item, _merchant(session, order.community_id, order.merchant_id), code)


def _merchant(session: Session, community_id: int, merchant_id: uuid.UUID) -> Merchant:
    merchant = session.get(Merchant, (community_id, merchant_id))
    if merchant is None:
        raise NotFound(what="merchant")
    return merchant


def _community(actor: Actor) -> int:
    if actor.community_id is None:
        raise NotFound(what="community")
    return actor.community_id
