"""What the points shop offers: merchants, goods and prices, and every piece that came or went."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from timebank import accounts
from timebank.errors import BadInput, Forbidden, NotFound, Refused
from timebank.permissions import Actor, require
from timebank.points.shop.tables import Merchant, MerchantStaff, ShopItem, StockMovement
from timebank.storage import new_id

MOST_PIECES = 100_000
MOST_PRICE_STEPS = 1_000_000


class NameTaken(Refused):
    """Another merchant, or other goods of this merchant, already has the name (fact `name`)."""

    code = "name_taken"


class StockReserved(Refused):
    """More pieces are reserved for orders than would be left (facts `reserved`, `pieces`)."""

    code = "stock_reserved"


def open_merchant(
    session: Session, *, actor: Actor, now: dt.datetime, name: str, place: str, opening_weekdays: str = "1234567"
) -> dict[str, Any]:
    """Open a merchant with the account that its redeemed points go to."""
    require(actor, "shop.open_merchant", community_id=actor.community_id)
    community_id = _community(actor)
    weekdays = "".join(sorted(set(opening_weekdays) & set("1234567")))
    if not 1 <= len(name.strip()) <= 60 or not weekdays:
        raise BadInput(fields={"name": "required"} if weekdays else {"opening_weekdays": "required"})
    if any(merchant.name == name.strip() for merchant in merchants_of(session, community_id)):
        raise NameTaken(name=name.strip())
    merchant_id = new_id(now)
    account = accounts.open_main(session, community_id, kind="merchant", owner_id=merchant_id, unit="pt")
    session.add(Merchant(community_id=community_id, id=merchant_id, name=name.strip(), place=place.strip()[:200],
                         account=account, opening_weekdays=weekdays, opened_at=now))  # fmt: skip
    return {"code": "merchant_opened", "merchant_id": merchant_id.hex, "account": account}


def add_staff(
    session: Session, *, actor: Actor, now: dt.datetime, merchant_id: uuid.UUID, person_id: uuid.UUID
) -> dict[str, Any]:
    """Let a person hand over at a merchant; the role merchant is granted beside it."""
    require(actor, "shop.open_merchant", community_id=actor.community_id)
    merchant = _merchant(session, _community(actor), merchant_id)
    key = (merchant.community_id, merchant.id, person_id)
    if session.get(MerchantStaff, key) is None:
        session.add(MerchantStaff(community_id=key[0], merchant_id=key[1], person_id=key[2]))
    return {"code": "staff_added", "merchant_id": merchant.id.hex}


def offer(
    session: Session, *, actor: Actor, now: dt.datetime, merchant_id: uuid.UUID, name: str, piece: str, price_steps: int
) -> dict[str, Any]:
    """Offer goods at a price in steps; without stock until some are received."""
    merchant = _own_merchant(session, actor, "shop.offer", merchant_id)
    fields = {}
    if not 1 <= len(name.strip()) <= 60:
        fields["name"] = "required"
    if not 0 < price_steps <= MOST_PRICE_STEPS:
        fields["price"] = "out_of_range"
    if fields:
        raise BadInput(fields=fields)
    if any(item.name == name.strip() for item in goods_of(session, merchant.community_id, merchant.id)):
        raise NameTaken(name=name.strip())
    item = ShopItem(community_id=merchant.community_id, id=new_id(now), merchant_id=merchant.id, name=name.strip(),
                    piece=piece.strip()[:10] or "件", price_steps=price_steps)  # fmt: skip
    session.add(item)
    return {"code": "offered", "item_id": item.id.hex}


def change_offer(
    session: Session, *, actor: Actor, now: dt.datetime, item_id: uuid.UUID, price_steps: int, offered: bool
) -> dict[str, Any]:
    """Change the price for orders to come, or take goods out of the list; open orders stay as they are."""
    item = item_of(session, _community(actor), item_id)
    _own_merchant(session, actor, "shop.offer", item.merchant_id)
    if not 0 < price_steps <= MOST_PRICE_STEPS:
        raise BadInput(fields={"price": "out_of_range"})
    item.price_steps, item.offered = price_steps, offered
    return {"code": "offer_changed", "item_id": item.id.hex}


def receive(
    session: Session, *, actor: Actor, now: dt.datetime, item_id: uuid.UUID, pieces: int, reason: str = ""
) -> dict[str, Any]:
    """Put delivered pieces on the shelf."""
    item = item_of(session, _community(actor), item_id)
    _own_merchant(session, actor, "shop.receive", item.merchant_id)
    if not 0 < pieces <= MOST_PIECES - item.stock:
        raise BadInput(fields={"pieces": "out_of_range"})
    item.stock += pieces
    move(session, item, kind="received", pieces=pieces, now=now, by=actor.number, reason=reason)
    return {"code": "received", "item_id": item.id.hex, "stock": item.stock}


def count(
    session: Session, *, actor: Actor, now: dt.datetime, item_id: uuid.UUID, stock: int, reason: str
) -> dict[str, Any]:
    """Set the stock to what was counted on the shelf, with the reason of the difference."""
    item = item_of(session, _community(actor), item_id)
    _own_merchant(session, actor, "shop.receive", item.merchant_id)
    if not 0 <= stock <= MOST_PIECES:
        raise BadInput(fields={"stock": "out_of_range"})
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    if stock < item.reserved:
        raise StockReserved(reserved=item.reserved, pieces=stock)
    change, item.stock = stock - item.stock, stock
    move(session, item, kind="counted", pieces=change, now=now, by=actor.number, reason=reason.strip())
    return {"code": "counted", "item_id": item.id.hex, "stock": item.stock}


def merchants_of(session: Session, community_id: int) -> Sequence[Merchant]:
    """All merchants by name."""
    return session.scalars(
        select(Merchant).where(Merchant.community_id == community_id).order_by(col(Merchant.name)).limit(200)
    ).all()


def merchants_staffed_by(session: Session, *, actor: Actor) -> Sequence[Merchant]:
    """The merchants at which the actor hands over."""
    require(actor, "shop.hand_over", community_id=actor.community_id)
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


def staff_of(session: Session, community_id: int) -> Sequence[MerchantStaff]:
    """Who hands over, at all merchants."""
    return session.scalars(
        select(MerchantStaff).where(MerchantStaff.community_id == community_id).order_by(col(MerchantStaff.person_id))
    ).all()


def goods_of(session: Session, community_id: int, merchant_id: uuid.UUID | None = None) -> Sequence[ShopItem]:
    """Goods by price and name, of one merchant or of all."""
    query = select(ShopItem).where(ShopItem.community_id == community_id)
    if merchant_id is not None:
        query = query.where(ShopItem.merchant_id == merchant_id)
    return session.scalars(query.order_by(col(ShopItem.price_steps), col(ShopItem.name)).limit(500)).all()


def movements_of(session: Session, *, actor: Actor, item_id: uuid.UUID, limit: int = 100) -> Sequence[StockMovement]:
    """What came and went of one kind of goods, newest first."""
    item = item_of(session, _community(actor), item_id)
    _own_merchant(session, actor, "shop.receive", item.merchant_id)
    return session.scalars(
        select(StockMovement)
        .where(StockMovement.community_id == item.community_id, StockMovement.item_id == item.id)
        .order_by(col(StockMovement.id).desc())
        .limit(limit)
    ).all()


def item_of(session: Session, community_id: int, item_id: uuid.UUID) -> ShopItem:
    """One kind of goods; NotFound if the community has none of this id."""
    item = session.get(ShopItem, (community_id, item_id))
    if item is None:
        raise NotFound(what="goods")
    return item


def move(
    session: Session,
    item: ShopItem,
    *,
    kind: str,
    pieces: int,
    now: dt.datetime,
    by: str,
    order_id: uuid.UUID | None = None,
    reason: str = "",
) -> None:
    """Write down a change that was just made to the item."""
    session.add(StockMovement(community_id=item.community_id, id=new_id(now), item_id=item.id, moved_at=now, kind=kind,
                              pieces=pieces, stock=item.stock, reserved=item.reserved, order_id=order_id,
                              reason=reason[:200], moved_by=by))  # fmt: skip


def _own_merchant(session: Session, actor: Actor, use_case: str, merchant_id: uuid.UUID) -> Merchant:
    """The merchant, if the actor staffs it or answers for all of them."""
    require(actor, use_case, community_id=actor.community_id)
    merchant = _merchant(session, _community(actor), merchant_id)
    answers_for_all = actor.trusted or actor.has(frozenset({"committee", "community_manager"}))
    if not answers_for_all and not staffs(session, actor, merchant.id):
        raise Forbidden(use_case=use_case)
    return merchant


def staffs(session: Session, actor: Actor, merchant_id: uuid.UUID) -> bool:
    """Whether the actor hands over at this merchant."""
    if actor.person_id is None:
        return False
    return session.get(MerchantStaff, (_community(actor), merchant_id, actor.person_id)) is not None


def _merchant(session: Session, community_id: int, merchant_id: uuid.UUID) -> Merchant:
    merchant = session.get(Merchant, (community_id, merchant_id))
    if merchant is None:
        raise NotFound(what="merchant")
    return merchant


def _community(actor: Actor) -> int:
    if actor.community_id is None:
        raise NotFound(what="community")
    return actor.community_id
