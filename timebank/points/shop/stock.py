"""Pieces on the shelf: what came with which delivery, what went out and why. Reserved pieces are never given away.

Every change leaves a movement that says what was there afterwards, so that the list adds up by itself.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from timebank.errors import AlreadyDone, BadInput, NotFound, Refused
from timebank.permissions import Actor, require
from timebank.points.shop.goods import MOST_PIECES, item_of
from timebank.points.shop.merchants import NameTaken, community_of, staffed
from timebank.points.shop.tables import (
    GOODS,
    Merchant,
    ShopDelivery,
    ShopItem,
    ShopSupplier,
    StockMovement,
)
from timebank.storage import new_id, next_number

OUT_KINDS = ("spoiled", "past_date", "event")
MOST_COST_FEN = 10**10


class StockReserved(Refused):
    """More pieces are reserved for orders than would be left (facts `item`, `reserved`, `pieces`)."""

    code = "stock_reserved"


class NotEnoughStock(Refused):
    """Fewer pieces are on the shelf than should go out (facts `item`, `left`, `needed`)."""

    code = "not_enough_stock"


class NoPieces(Refused):
    """Services and bundles have no pieces of their own (fact `item`)."""

    code = "no_pieces"


class DeliveryTaken(Refused):
    """The delivery note of the supplier was taken in already (facts `note_number`, `number`)."""

    code = "delivery_taken"


def receive(
    session: Session, *, actor: Actor, now: dt.datetime, item_id: uuid.UUID, pieces: int, reason: str = ""
) -> dict[str, Any]:
    """Put pieces of one kind on the shelf, without a delivery note."""
    item = _goods(item_of(session, community_of(actor), item_id))
    staffed(session, actor, "shop.receive", item.merchant_id)
    _come(session, item, pieces, kind="received", now=now, by=actor.number, reason=reason)
    return {"code": "received", "item_id": item.id.hex, "stock": item.stock}


def deliver(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    merchant_id: uuid.UUID,
    pieces: Mapping[uuid.UUID, int],
    supplier_id: uuid.UUID | None = None,
    note_number: str = "",
    cost_fen: int | None = None,
    is_donation: bool = False,
    remark: str = "",
) -> dict[str, Any]:
    """Take a delivery in: several kinds of goods under one number, with the supplier's note.

    Raises:
        BadInput, DeliveryTaken.
    """
    row = staffed(session, actor, "shop.receive", merchant_id)
    wanted = {item_id: number for item_id, number in pieces.items() if number}
    wrong = {} if wanted else {"pieces": "required"}
    if cost_fen is not None and not 0 <= cost_fen <= MOST_COST_FEN:
        wrong["cost"] = "out_of_range"
    if is_donation and cost_fen:
        wrong["cost"] = "donated"
    if is_donation and supplier_id is None and not remark.strip():
        wrong["remark"] = "required"
    if wrong:
        raise BadInput(fields=wrong)
    supplier = None if supplier_id is None else _supplier(session, row.community_id, supplier_id)
    if supplier is not None and supplier.ended_at is not None:
        raise BadInput(fields={"supplier_id": "unknown"})
    _refuse_twice(session, row.community_id, supplier_id, note_number.strip()[:40])
    delivery = ShopDelivery(
        community_id=row.community_id, id=new_id(now), number=next_number(session, row.community_id, "shop_delivery"),
        merchant_id=row.id, supplier_id=supplier_id, note_number=note_number.strip()[:40], cost_fen=cost_fen,
        is_donation=is_donation, remark=remark.strip()[:200], received_at=now, received_by=actor.number,
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    for item_id, number in wanted.items():
        item = _goods(item_of(session, row.community_id, item_id))
        if item.merchant_id != row.id:
            raise NotFound(what="goods")
        _come(session, item, number, kind="received", now=now, by=actor.number, reason=remark, delivery_id=delivery.id)
    return {"code": "delivered", "delivery_id": delivery.id.hex, "number": delivery.number, "kinds": len(wanted),
            "pieces": sum(wanted.values())}  # fmt: skip


def take_out(
    session: Session, *, actor: Actor, now: dt.datetime, item_id: uuid.UUID, kind: str, pieces: int, reason: str
) -> dict[str, Any]:
    """Take pieces off the shelf that nobody ordered: spoiled, past their date, or given to an event.

    Raises:
        NotEnoughStock: there are not so many.
        StockReserved: so many are promised that fewer would be left than were promised.
    """
    item = _goods(item_of(session, community_of(actor), item_id))
    staffed(session, actor, "shop.receive", item.merchant_id)
    wrong = {} if kind in OUT_KINDS else {"kind": "unknown"}
    if not 1 <= pieces <= MOST_PIECES:
        wrong["pieces"] = "out_of_range"
    if not reason.strip():
        wrong["reason"] = "required"
    if wrong:
        raise BadInput(fields=wrong)
    if pieces > item.stock:
        raise NotEnoughStock(item=item.name, left=item.stock, needed=pieces)
    if pieces > item.left:
        raise StockReserved(item=item.name, reserved=item.reserved, pieces=item.stock - pieces)
    item.stock -= pieces
    move(session, item, kind=kind, pieces=-pieces, now=now, by=actor.number, reason=reason.strip())
    return {"code": "taken_out", "item_id": item.id.hex, "stock": item.stock}


def add_supplier(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    name: str,
    contact: str = "",
    note: str = "",
    donates: bool = False,
) -> dict[str, Any]:
    """Write a supplier or a donor into the register."""
    require(actor, "shop.receive", community_id=actor.community_id)
    community_id = community_of(actor)
    if not 1 <= len(name.strip()) <= 60:
        raise BadInput(fields={"name": "required"})
    if any(one.name == name.strip() for one in _all_suppliers(session, community_id)):
        raise NameTaken(name=name.strip())
    row = ShopSupplier(community_id=community_id, id=new_id(now), name=name.strip(), contact=contact.strip()[:100],
                       note=note.strip()[:200], donates=donates, added_at=now, added_by=actor.number)  # fmt: skip
    session.add(row)
    return {"code": "supplier_added", "supplier_id": row.id.hex}


def end_supplier(session: Session, *, actor: Actor, now: dt.datetime, supplier_id: uuid.UUID) -> dict[str, Any]:
    """Choose a supplier no more; what was delivered keeps the name."""
    require(actor, "shop.open_merchant", community_id=actor.community_id)
    row = _supplier(session, community_of(actor), supplier_id)
    if row.ended_at is not None:
        raise AlreadyDone(state="ended")
    row.ended_at = now
    return {"code": "supplier_ended", "supplier_id": row.id.hex}


def suppliers(session: Session, *, actor: Actor) -> Sequence[ShopSupplier]:
    """The register by name; ended ones last."""
    require(actor, "shop.look", community_id=actor.community_id)
    return sorted(_all_suppliers(session, community_of(actor)), key=lambda row: (row.ended_at is not None, row.name))


def deliveries(
    session: Session, *, actor: Actor, merchant: Merchant, before: int | None = None, limit: int = 50
) -> list[tuple[ShopDelivery, ShopSupplier | None, list[tuple[ShopItem, int]]]]:
    """A merchant's deliveries with what came, the newest first; the next page is `before` the number of the last one."""
    row = staffed(session, actor, "shop.look", merchant.id, reads=True)
    query = select(ShopDelivery).where(
        ShopDelivery.community_id == row.community_id, ShopDelivery.merchant_id == row.id
    )
    if before is not None:
        query = query.where(col(ShopDelivery.number) < before)
    found = session.scalars(query.order_by(col(ShopDelivery.number).desc()).limit(limit)).all()
    came: dict[uuid.UUID, list[tuple[ShopItem, int]]] = {}
    for movement, item in session.execute(
        select(StockMovement, ShopItem)
        .join(
            ShopItem,
            (col(ShopItem.community_id) == StockMovement.community_id) & (col(ShopItem.id) == StockMovement.item_id),
        )
        .where(
            StockMovement.community_id == row.community_id,
            col(StockMovement.delivery_id).in_([one.id for one in found]),
        )
        .order_by(col(StockMovement.id))
    ):
        came.setdefault(movement.delivery_id, []).append((item, movement.pieces))
    names = {one.id: one for one in _all_suppliers(session, row.community_id)}
    return [(one, names.get(one.supplier_id) if one.supplier_id else None, came.get(one.id, [])) for one in found]


def movements_of(
    session: Session, *, actor: Actor, item_id: uuid.UUID, before: uuid.UUID | None = None, limit: int = 100
) -> Sequence[StockMovement]:
    """What came and went of one kind of goods, newest first; the next page is `before` the id of the last one."""
    item = item_of(session, community_of(actor), item_id)
    staffed(session, actor, "shop.look", item.merchant_id, reads=True)
    query = select(StockMovement).where(
        StockMovement.community_id == item.community_id, StockMovement.item_id == item.id
    )
    if before is not None:
        query = query.where(col(StockMovement.id) < before)
    return session.scalars(query.order_by(col(StockMovement.id).desc()).limit(limit)).all()


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
    delivery_id: uuid.UUID | None = None,
    taking_id: uuid.UUID | None = None,
) -> None:
    """Write down a change that was just made to the item."""
    session.add(StockMovement(community_id=item.community_id, id=new_id(now), item_id=item.id, moved_at=now, kind=kind,
                              pieces=pieces, stock=item.stock, reserved=item.reserved, order_id=order_id,
                              reason=reason[:200], moved_by=by, delivery_id=delivery_id, taking_id=taking_id))  # fmt: skip
    session.flush()


def _come(
    session: Session,
    item: ShopItem,
    pieces: int,
    *,
    kind: str,
    now: dt.datetime,
    by: str,
    reason: str = "",
    delivery_id: uuid.UUID | None = None,
) -> None:
    if not 0 < pieces <= MOST_PIECES - item.stock:
        raise BadInput(fields={"pieces": "out_of_range"})
    item.stock += pieces
    move(session, item, kind=kind, pieces=pieces, now=now, by=by, reason=reason.strip(), delivery_id=delivery_id)


def _goods(item: ShopItem) -> ShopItem:
    if item.kind != GOODS:
        raise NoPieces(item=item.name)
    return item


def _refuse_twice(session: Session, community_id: int, supplier_id: uuid.UUID | None, note_number: str) -> None:
    if supplier_id is None or not note_number:
        return
    before = session.scalars(
        select(ShopDelivery).where(
            ShopDelivery.community_id == community_id,
            ShopDelivery.supplier_id == supplier_id,
            ShopDelivery.note_number == note_number,
        )
    ).first()
    if before is not None:
        raise DeliveryTaken(note_number=note_number, number=before.number)


def _supplier(session: Session, community_id: int, supplier_id: uuid.UUID) -> ShopSupplier:
    row = session.get(ShopSupplier, (community_id, supplier_id))
    if row is None:
        raise NotFound(what="supplier")
    return row


def _all_suppliers(session: Session, community_id: int) -> Sequence[ShopSupplier]:
    return session.scalars(
        select(ShopSupplier)
        .where(ShopSupplier.community_id == community_id)
        .order_by(col(ShopSupplier.name))
        .limit(500)
    ).all()
