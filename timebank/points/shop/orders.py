"""Redeeming points for goods: points are held and pieces reserved, the code hands them over, else both go back.

An order is of one merchant and has several lines, one hold and one code. The merchant sees the code and the goods, never
a person. What is not there at the hand-over is left out: its points and pieces are free again in the same moment.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from ledger import LedgerRefused, book_of
from timebank import notices
from timebank.columns import to_ms
from timebank.errors import AlreadyDone, BadInput, Forbidden, NotFound, Refused
from timebank.people import helpers, households, kin, residents
from timebank.people.working_days import end_of_day, today_in
from timebank.permissions import Actor, require
from timebank.points import household_accounts
from timebank.points.household_changes import following
from timebank.points.shop import basket as baskets
from timebank.points.shop.basket import Basket
from timebank.points.shop.codes import code_of, digits_of, give_code, tag_of
from timebank.points.shop.goods import item_of
from timebank.points.shop.merchants import community_of, fetch_until, merchant, merchants_of, staffed, staffs
from timebank.points.shop.stock import move
from timebank.points.shop.tables import (
    CALLED_OFF,
    CANCELLED,
    EXPIRED,
    HANDED_OVER,
    ORDERED,
    Merchant,
    ShopItem,
    ShopOrder,
    ShopOrderLine,
)
from timebank.storage import new_id, next_number

AT_ONCE = 500


class NotEnoughPoints(Refused):
    """The household has fewer points than the goods cost (facts `available_steps`, `needed_steps`, `owed_steps`)."""

    code = "not_enough_points"


class HouseholdOwes(Refused):
    """The household owes points from a deduction, and what is free is for that (facts `owed_steps`, `available_steps`, `needed_steps`)."""

    code = "household_owes"


class UnknownCode(Refused):
    """No order of this merchant has the code."""

    code = "unknown_order_code"
    status = 404


class CodeUsed(Refused):
    """What the code stands for was handed over already (facts `number`, `used_at`)."""

    code = "order_code_used"


class OrderClosed(Refused):
    """The order was handed over, cancelled or has lapsed (fact `state`)."""

    code = "order_closed"


class NearCustomer(Refused):
    """Nobody serves relatives at the desk with their points: they order themselves, or somebody else serves them."""

    code = "near_customer"
    status = 403


@dataclass(frozen=True)
class Ordered:
    """An order with its lines and where it is fetched; `code` only where the household looks at it."""

    order: ShopOrder
    lines: tuple[tuple[ShopOrderLine, ShopItem], ...]
    merchant: Merchant
    code: str = ""

    @property
    def goods(self) -> str:
        """All of it in one line: 香皂 × 2、洗衣液 × 1."""
        return told([(item.name, line.quantity) for line, item in self.lines])

    @property
    def given(self) -> str:
        """What was handed over, in one line; empty where nothing was."""
        return told([(item.name, line.given) for line, item in self.lines if line.given])

    @property
    def missing(self) -> str:
        """What was ordered and not handed over with the rest, in one line; empty for an order that waits or ended otherwise."""
        lines = self.lines if self.order.state == HANDED_OVER else ()
        return told([(item.name, line.quantity - line.given) for line, item in lines if line.given < line.quantity])

    @property
    def is_whole(self) -> bool:
        """Whether everything was given that was ordered."""
        return all(line.given == line.quantity for line, _ in self.lines)


def redeem(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    secret: bytes,
    household_id: uuid.UUID,
    basket: Mapping[uuid.UUID, int],
    days: Mapping[uuid.UUID, dt.date] | None = None,
    person_id: uuid.UUID | None = None,
) -> dict[str, Any]:
    """Order goods for a household: its points are held and the pieces reserved until they are fetched.

    A resident orders for the own household, a helper for whom she helps, the desk for somebody at the counter, with both
    recorded. `basket` says how many of what, `days` on which day a service is wanted. Facts tell the points before and
    after, for the slip.

    Raises:
        What basket.fill raises; HouseholdOwes, NotEnoughPoints.
        NearCustomer: the desk, for relatives. BadInput (`person`): who it is for does not live there, or is not named.
    """
    _require(session, actor, "shop.redeem", household_id, person_id)
    community_id = community_of(actor)
    households.household(session, community_id, household_id)
    person_id = _for_whom(session, actor, household_id, person_id)
    filled = baskets.fill(session, community_id, household_id=household_id, wanted=basket, days=days or {}, now=now)
    place = merchant(session, community_id, filled.merchant_id)
    order = ShopOrder(
        community_id=community_id, id=new_id(now), number=next_number(session, community_id, "shop_order"),
        household_id=household_id, person_id=person_id, merchant_id=place.id,
        total_steps=filled.total_steps, state=ORDERED, code_salt="", code_tag="", hold=0, ordered_at=now,
        ordered_by=actor.number, on_behalf=household_id != actor.household_id,
        ends_at=fetch_until(session, filled.opening, community_id, now, service_on=filled.service_on),
    )  # fmt: skip
    account, before = _hold(session, order, place, filled)
    order.before_steps = before
    give_code(session, order, secret)
    session.add(order)
    session.flush()
    for position, line in enumerate(filled.lines, 1):
        session.add(ShopOrderLine(community_id=community_id, order_id=order.id, position=position, item_id=line.item.id,
                                  quantity=line.quantity, price_steps=line.price_steps, on_day=line.on_day))  # fmt: skip
    for goods_id, pieces in filled.pieces.items():
        item = item_of(session, community_id, goods_id)
        item.reserved += pieces
        move(session, item, kind="reserved", pieces=pieces, now=now, by=actor.number, order_id=order.id)
    session.flush()
    _tell(session, order, "shop_ready", now, until_at=to_ms(order.last_moment), merchant=place.name)
    return {"code": "redeemed", "order_id": order.id.hex, "number": order.number, "hold": order.hold,
            "account": account, "before_steps": before, "after_steps": before - order.total_steps}  # fmt: skip


def hand_over(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    secret: bytes,
    typed: str,
    given: Mapping[int, int] | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """Give out what the code stands for, once; the held points of it go to the merchant's redeemed points.

    `given` says how many pieces of which line, where something is missing; a reason belongs to it, and the household is
    told. The rest of its points and pieces is free again.

    Raises:
        UnknownCode, CodeUsed, OrderClosed: see `order_of_code`.
        BadInput: more than was ordered, nothing at all, or no reason.
    """
    found = order_of_code(session, actor=actor, now=now, secret=secret, typed=typed)
    order, place = found.order, found.merchant
    counts = _given(found, given, reason)
    given_steps = sum(counts[line.position] * line.price_steps for line, _ in found.lines)
    is_whole = given_steps == order.total_steps
    book = book_of(session)
    legs = book.debit_hold(order.hold, given_steps, credits={place.account: given_steps})
    capture = book.capture(
        order.hold,
        legs,
        on=today_in(session, order.community_id, now),
        detail={"use_case": "shop.hand_over", "order": order.id.hex, "credited": given_steps},
    )
    order.given_steps, order.capture = given_steps, capture
    _close(order, HANDED_OVER, now=now, by=actor.number, reason="" if is_whole else reason)
    for line, _ in found.lines:
        line.given = counts[line.position]
    _give_pieces(session, found, now=now, by=actor.number)
    if not is_whole:
        _tell(session, order, "shop_in_part", now, merchant=place.name, reason=reason.strip()[:200],
              freed_steps=order.total_steps - order.given_steps)  # fmt: skip
    return {"code": "handed_over", "order_id": order.id.hex, "number": order.number, "capture": order.capture,
            "goods": told([(item.name, line.given) for line, item in found.lines if line.given]),
            "total_steps": order.given_steps, "whole": is_whole}  # fmt: skip


def order_of_code(session: Session, *, actor: Actor, now: dt.datetime, secret: bytes, typed: str) -> Ordered:
    """The open order of a typed or scanned code, at a merchant where the actor hands over.

    Raises:
        UnknownCode: no such order here; codes of other merchants look the same.
        CodeUsed: it was handed over, with the moment: a second copy of the code, or a second tap.
        OrderClosed: it was given up, called off or has lapsed, even if the job that says so is late.
    """
    require(actor, "shop.hand_over", community_id=actor.community_id)
    orders = session.scalars(
        select(ShopOrder)
        .where(
            ShopOrder.community_id == community_of(actor),
            ShopOrder.code_tag == tag_of(secret, community_of(actor), digits_of(typed)),
        )
        .order_by((col(ShopOrder.state) != ORDERED), col(ShopOrder.number).desc())
        .limit(1)
    ).all()
    if not orders or not (actor.trusted or staffs(session, actor, orders[0].merchant_id)):
        raise UnknownCode
    order = orders[0]
    if order.state == HANDED_OVER and order.closed_at is not None:
        raise CodeUsed(number=order.number, used_at=order.closed_at.isoformat())
    if order.state != ORDERED or order.ends_at <= now:
        raise OrderClosed(state=EXPIRED if order.state == ORDERED else order.state)
    return with_lines(session, [order])[0]


def cancel(session: Session, *, actor: Actor, now: dt.datetime, order_id: uuid.UUID) -> dict[str, Any]:
    """Give an order up before it is fetched: points and pieces are free again."""
    order = _one(session, actor, order_id)
    _require(session, actor, "shop.cancel", order.household_id, order.person_id)
    _end(session, order, CANCELLED, now=now, by=actor.number)
    return {"code": "order_cancelled", "order_id": order.id.hex, "number": order.number}


def call_off(session: Session, *, actor: Actor, now: dt.datetime, order_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """Call an order off that the merchant cannot serve; the household is told why, and has its points back."""
    order = _one(session, actor, order_id)
    place = staffed(session, actor, "shop.call_off", order.merchant_id)
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    _end(session, order, CALLED_OFF, now=now, by=actor.number, reason=reason.strip()[:200])
    _tell(session, order, "shop_called_off", now, merchant=place.name, reason=reason.strip()[:200])
    return {"code": "order_called_off", "order_id": order.id.hex, "number": order.number}


def expire_due(session: Session, *, actor: Actor, now: dt.datetime, limit: int = AT_ONCE) -> dict[str, Any]:
    """Let orders lapse that were not fetched in time; `left` says whether to call again."""
    require(actor, "shop.expire_due", community_id=actor.community_id)
    due = session.scalars(
        select(ShopOrder)
        .where(ShopOrder.community_id == community_of(actor), ShopOrder.state == ORDERED, col(ShopOrder.ends_at) <= now)
        .order_by(col(ShopOrder.ends_at), col(ShopOrder.number))
        .limit(limit + 1)
    ).all()
    for order in due[:limit]:
        _end(session, order, EXPIRED, now=now, by=actor.number)
        _tell(session, order, "shop_lapsed", now)
    return {"code": "orders_expired", "expired": len(due[:limit]), "left": max(len(due) - limit, 0)}


def remind_due(session: Session, *, actor: Actor, now: dt.datetime, limit: int = AT_ONCE) -> dict[str, Any]:
    """Tell who has goods waiting that lapse tomorrow, once; `left` says whether to call again."""
    require(actor, "shop.remind_due", community_id=actor.community_id)
    due = to_remind(session, community_of(actor), now, limit + 1)
    for order in due[:limit]:
        order.reminded_at = now
        place = merchant(session, order.community_id, order.merchant_id)
        _tell(session, order, "shop_lapses_soon", now, merchant=place.name, until_at=to_ms(order.last_moment))
    return {"code": "orders_reminded", "reminded": len(due[:limit]), "left": max(len(due) - limit, 0)}


def to_remind(session: Session, community_id: int, now: dt.datetime, limit: int) -> Sequence[ShopOrder]:
    """Open orders whose last moment lies before the end of tomorrow, and of which nobody was reminded."""
    tomorrow = today_in(session, community_id, now) + dt.timedelta(days=1)
    return session.scalars(
        select(ShopOrder)
        .where(
            ShopOrder.community_id == community_id,
            ShopOrder.state == ORDERED,
            col(ShopOrder.ends_at) > now,
            col(ShopOrder.ends_at) <= end_of_day(session, community_id, tomorrow),
            col(ShopOrder.reminded_at).is_(None),
        )
        .order_by(col(ShopOrder.ends_at), col(ShopOrder.number))
        .limit(limit)
    ).all()


def orders_of_household(
    session: Session,
    *,
    actor: Actor,
    secret: bytes,
    household_id: uuid.UUID,
    before: int | None = None,
    limit: int = 50,
) -> list[Ordered]:
    """A household's orders, newest first, with the codes of those still to be fetched; the next page is `before` a number."""
    require(actor, "shop.redeem", community_id=actor.community_id, household_id=household_id)
    query = select(ShopOrder).where(
        ShopOrder.community_id == community_of(actor), ShopOrder.household_id == household_id
    )
    if before is not None:
        query = query.where(col(ShopOrder.number) < before)
    found = session.scalars(query.order_by(col(ShopOrder.number).desc()).limit(limit)).all()
    return with_lines(session, found, secret=secret)


def order(session: Session, *, actor: Actor, secret: bytes, order_id: uuid.UUID) -> Ordered:
    """One order of the own household, of whom one helps, or at the desk."""
    row = _one(session, actor, order_id)
    _require(session, actor, "shop.redeem", row.household_id, row.person_id)
    return with_lines(session, [row], secret=secret)[0]


def orders_of_merchant(
    session: Session,
    *,
    actor: Actor,
    merchant_id: uuid.UUID,
    state: str = "",
    before: int | None = None,
    limit: int = 50,
) -> Sequence[Ordered]:
    """What a merchant has to hand out and has handed out, newest first; no person, no code."""
    require(actor, "shop.hand_over", community_id=actor.community_id)
    if not (actor.trusted or staffs(session, actor, merchant_id)):
        raise Forbidden(use_case="shop.hand_over")
    query = select(ShopOrder).where(ShopOrder.community_id == community_of(actor), ShopOrder.merchant_id == merchant_id)
    if state:
        query = query.where(ShopOrder.state == state)
    if before is not None:
        query = query.where(col(ShopOrder.number) < before)
    return with_lines(session, session.scalars(query.order_by(col(ShopOrder.number).desc()).limit(limit)).all())


def order_of_merchant(session: Session, *, actor: Actor, order_id: uuid.UUID, use_case: str) -> Ordered:
    """One order as its merchant sees it: goods and number, no person, no code."""
    row = _one(session, actor, order_id)
    staffed(session, actor, use_case, row.merchant_id)
    return with_lines(session, [row])[0]


def with_lines(session: Session, orders: Sequence[ShopOrder], *, secret: bytes = b"") -> list[Ordered]:
    """Orders of one community with their lines and merchants, in two queries however many they are."""
    if not orders:
        return []
    community_id = orders[0].community_id
    lines: dict[uuid.UUID, list[tuple[ShopOrderLine, ShopItem]]] = {}
    for line, item in session.execute(
        select(ShopOrderLine, ShopItem)
        .join(
            ShopItem,
            (col(ShopItem.community_id) == ShopOrderLine.community_id) & (col(ShopItem.id) == ShopOrderLine.item_id),
        )
        .where(ShopOrderLine.community_id == community_id, col(ShopOrderLine.order_id).in_([one.id for one in orders]))
        .order_by(col(ShopOrderLine.position))
    ):
        lines.setdefault(line.order_id, []).append((line, item))
    places = {one.id: one for one in merchants_of(session, community_id)}
    return [
        Ordered(one, tuple(lines.get(one.id, [])), places[one.merchant_id], code_of(secret, one) if secret else "")
        for one in orders
    ]


def told(goods: Iterable[tuple[str, int]]) -> str:
    """Goods and pieces in one line."""
    return "、".join(f"{name} × {pieces}" for name, pieces in goods)


def _hold(session: Session, order: ShopOrder, place: Merchant, filled: Basket) -> tuple[int, int]:
    """Hold the points; the household's account and what it had to spend before."""
    book = book_of(session)
    owner = household_accounts.main_account(session, order.community_id, order.household_id)
    owed = _short(session, order.community_id, order.household_id, owner)
    try:
        legs = book.debit(owner, order.total_steps + owed, credits={place.account: order.total_steps + owed})
        if owed:
            legs = book.debit(owner, order.total_steps, credits={place.account: order.total_steps})
    except LedgerRefused as refused:
        if refused.code != "insufficient":
            raise
        facts = {"available_steps": refused.facts["available"], "needed_steps": order.total_steps, "owed_steps": owed}
        raise (HouseholdOwes if owed else NotEnoughPoints)(**facts) from None
    before = _spendable(session, owner, place.account)
    detail = {
        "use_case": "shop.redeem",
        "order": order.id.hex,
        "lines": [[line.item.id.hex, line.quantity, line.price_steps] for line in filled.lines],
        "held": order.total_steps,
    }
    order.hold = book.hold(legs, detail=detail, until=order.ends_at)
    return owner, before


def _short(session: Session, community_id: int, household_id: uuid.UUID, owner: int) -> int:
    """What points must stay for: what it owes or falls on it, and base points below zero. Below zero itself, none are free anyway."""
    own = max(-book_of(session).account(owner).available, 0)
    return following.short(session, community_id, household_id) - own


def _spendable(session: Session, owner: int, merchant_account: int) -> int:
    """What the household could spend here, over all its accounts that may pay a merchant."""
    book = book_of(session)
    class_ = book.account(merchant_account).class_
    able = [one for one in book.accounts_of(owner) if one.may_credit((class_,)) and not one.ended(to_ms(book.at))]
    return sum(max(one.available - max(one.floor, 0), 0) for one in able)


def _given(found: Ordered, given: Mapping[int, int] | None, reason: str) -> dict[int, int]:
    """How many pieces of each line are handed over: all of them, if nobody says otherwise."""
    if given is None:
        return {line.position: line.quantity for line, _ in found.lines}
    counts = {line.position: given.get(line.position, 0) for line, _ in found.lines}
    wrong = {
        f"given.{line.position}": "out_of_range"
        for line, _ in found.lines
        if not 0 <= counts[line.position] <= line.quantity
    }
    if set(given) - set(counts) or not any(counts.values()):
        wrong["given"] = "nothing_given"
    if any(counts[line.position] < line.quantity for line, _ in found.lines) and not reason.strip():
        wrong["reason"] = "required"
    if wrong:
        raise BadInput(fields=wrong)
    return counts


def _give_pieces(session: Session, found: Ordered, *, now: dt.datetime, by: str) -> None:
    """Take what was given off the shelf, and free what was promised and is not given."""
    order = found.order
    reserved = baskets.pieces_of(session, order.community_id, [(item, line.quantity) for line, item in found.lines])
    given = baskets.pieces_of(session, order.community_id, [(item, line.given) for line, item in found.lines])
    for goods_id, pieces in reserved.items():
        item, out = item_of(session, order.community_id, goods_id), given.get(goods_id, 0)
        item.stock, item.reserved = item.stock - out, item.reserved - out
        if out:
            move(session, item, kind="handed_over", pieces=-out, now=now, by=by, order_id=order.id)
        if pieces > out:
            item.reserved -= pieces - out
            move(session, item, kind="released", pieces=out - pieces, now=now, by=by, order_id=order.id)


def _end(session: Session, order: ShopOrder, state: str, *, now: dt.datetime, by: str, reason: str = "") -> None:
    """End an order without a hand-over: hold and reservation are free again."""
    if order.state == state:
        raise AlreadyDone(state=order.state)
    if order.state != ORDERED:
        raise OrderClosed(state=order.state)
    book = book_of(session)
    if state == EXPIRED:
        book.expire(order.hold)
    else:
        book.release(order.hold)
    lines = with_lines(session, [order])[0].lines
    pieces = baskets.pieces_of(session, order.community_id, [(item, line.quantity) for line, item in lines])
    for goods_id, number in pieces.items():
        item = item_of(session, order.community_id, goods_id)
        item.reserved -= number
        move(session, item, kind="released", pieces=-number, now=now, by=by, order_id=order.id)
    _close(order, state, now=now, by=by, reason=reason)


def _close(order: ShopOrder, state: str, *, now: dt.datetime, by: str, reason: str = "") -> None:
    order.state, order.closed_at, order.closed_by, order.close_reason = state, now, by, reason.strip()[:200]


def _tell(session: Session, order: ShopOrder, kind: str, now: dt.datetime, **facts: int | str) -> None:
    if order.person_id is not None:
        told_of = {"shop_order_id": order.id.hex, "order_number": order.number, **facts}
        notices.tell(
            session, community_id=order.community_id, person_id=order.person_id, kind=kind, facts=told_of, now=now
        )


def _one(session: Session, actor: Actor, order_id: uuid.UUID) -> ShopOrder:
    row = session.get(ShopOrder, (community_of(actor), order_id))
    if row is None:
        raise NotFound(what="shop_order")
    return row


def _for_whom(session: Session, actor: Actor, household_id: uuid.UUID, person_id: uuid.UUID | None) -> uuid.UUID | None:
    """Who of the household is told of its order: herself, whom she helps, or who stands at the counter, never a stranger."""
    if person_id is None:
        if household_id == actor.household_id or actor.trusted:
            return actor.person_id
        raise BadInput(fields={"person": "required"})
    if residents.person(session, community_of(actor), person_id).household_id != household_id:
        raise BadInput(fields={"person": "of_another_household"})
    if (
        actor.person_id is not None
        and household_id != actor.household_id
        and not _helps(session, actor, household_id, person_id)
        and kin.are_near(session, community_of(actor), actor.person_id, household_id)
    ):
        raise NearCustomer
    return person_id


def _helps(session: Session, actor: Actor, household_id: uuid.UUID, person_id: uuid.UUID | None) -> bool:
    """Whether the actor helps this member of the household."""
    if actor.person_id is None or person_id is None or household_id == actor.household_id:
        return False
    elder = residents.person(session, community_of(actor), person_id)
    return elder.household_id == household_id and helpers.is_helper(
        session, community_of(actor), actor.person_id, person_id
    )


def _require(
    session: Session, actor: Actor, use_case: str, household_id: uuid.UUID, person_id: uuid.UUID | None
) -> None:
    """The own household, whom one helps, or the desk."""
    if _helps(session, actor, household_id, person_id):
        return
    require(actor, use_case, community_id=actor.community_id, household_id=household_id)
