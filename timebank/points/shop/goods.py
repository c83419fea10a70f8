"""What the points shop offers: goods, services and bundles with their prices, limits and pictures."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session, col, delete, select

from timebank import attachments
from timebank.attachments import Prepared
from timebank.errors import BadInput, NotFound, Refused
from timebank.permissions import Actor
from timebank.points.shop.merchants import NameTaken, community_of, staffed
from timebank.points.shop.tables import (
    BUNDLE,
    GOODS,
    ORDERED,
    SERVICE,
    ShopBundlePart,
    ShopItem,
    ShopOrder,
    ShopOrderLine,
    ShopPrice,
)
from timebank.storage import new_id

MOST_PIECES = 100_000
MOST_PRICE_STEPS = 1_000_000
MOST_PARTS = 20
KINDS = (GOODS, SERVICE, BUNDLE)


class BundleOrdered(Refused):
    """The bundle waits for somebody who ordered it as it is (fact `item`)."""

    code = "bundle_ordered"


@dataclass(frozen=True, kw_only=True)
class Described:
    """What is said of goods beside name and price. Limits of None do not limit; `places_a_day` is of a service."""

    category: str = ""
    description: str = ""
    least_stock: int = 0
    places_a_day: int | None = None
    order_most: int | None = None
    month_most: int | None = None
    year_most: int | None = None
    offered_from: dt.date | None = None
    offered_until: dt.date | None = None


PLAIN = Described()


def offer(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    merchant_id: uuid.UUID,
    name: str,
    piece: str,
    price_steps: int,
    kind: str = GOODS,
    said: Described = PLAIN,
    parts: Mapping[uuid.UUID, int] | None = None,
    picture: Prepared | None = None,
    picture_alt: str = "",
) -> dict[str, Any]:
    """Offer something at a price in steps: goods without stock until some are received, a bundle with its parts.

    Raises:
        BadInput: naming the field.
        NameTaken: the merchant already has something of this name.
    """
    row = staffed(session, actor, "shop.offer", merchant_id)
    wrong = {} if kind in KINDS else {"kind": "unknown"}
    if not 1 <= len(name.strip()) <= 60:
        wrong["name"] = "required"
    if not 0 < price_steps <= MOST_PRICE_STEPS:
        wrong["price"] = "out_of_range"
    wrong |= problems_of(kind, said)
    if kind == BUNDLE and not parts:
        wrong["parts"] = "required"
    if picture is not None and not picture_alt.strip():
        wrong["picture_alt"] = "required"
    if wrong:
        raise BadInput(fields=wrong)
    if any(item.name == name.strip() for item in goods_of(session, row.community_id, row.id)):
        raise NameTaken(name=name.strip())
    item = ShopItem(community_id=row.community_id, id=new_id(now), merchant_id=row.id, name=name.strip(),
                    piece=piece.strip()[:10] or "件", price_steps=price_steps, kind=kind, **asdict(said))  # fmt: skip
    session.add(item)
    session.flush()
    _write_price(session, item, price_steps, from_at=now, now=now, by=actor.number)
    if kind == BUNDLE:
        _put_parts(session, item, parts or {})
    if picture is not None:
        _hang_picture(session, item, picture, picture_alt, now=now, by=actor.number)
    return {"code": "offered", "item_id": item.id.hex}


def change_offer(
    session: Session, *, actor: Actor, now: dt.datetime, item_id: uuid.UUID, price_steps: int, offered: bool
) -> dict[str, Any]:
    """Change the price from now on, or take goods out of the list; open orders stay as they are."""
    item = _own(session, actor, item_id)
    if not 0 < price_steps <= MOST_PRICE_STEPS:
        raise BadInput(fields={"price": "out_of_range"})
    if price_steps != item.price_at(now):
        _change_price(session, item, price_steps, from_at=now, now=now, by=actor.number)
    item.offered = offered
    return {"code": "offer_changed", "item_id": item.id.hex}


def set_price(
    session: Session, *, actor: Actor, now: dt.datetime, item_id: uuid.UUID, price_steps: int, from_at: dt.datetime
) -> dict[str, Any]:
    """Set the price from a moment on, now or later; one that was announced and has not come yet is replaced."""
    item = _own(session, actor, item_id)
    wrong = {} if 0 < price_steps <= MOST_PRICE_STEPS else {"price": "out_of_range"}
    if from_at < now:
        wrong["from_on"] = "in_the_past"
    if from_at > now + dt.timedelta(days=400):
        wrong["from_on"] = "out_of_range"
    if wrong:
        raise BadInput(fields=wrong)
    _change_price(session, item, price_steps, from_at=from_at, now=now, by=actor.number)
    return {"code": "price_set", "item_id": item.id.hex, "price_steps": price_steps}


def describe(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    item_id: uuid.UUID,
    name: str,
    piece: str,
    offered: bool,
    said: Described,
    parts: Mapping[uuid.UUID, int] | None = None,
    picture: Prepared | None = None,
    picture_alt: str = "",
) -> dict[str, Any]:
    """Change what is said of goods; the price has its own way, and orders keep what they were made of."""
    item = _own(session, actor, item_id)
    wrong = problems_of(item.kind, said)
    if not 1 <= len(name.strip()) <= 60:
        wrong["name"] = "required"
    if item.kind == BUNDLE and parts is not None and not parts:
        wrong["parts"] = "required"
    if (picture is not None or item.picture_id is not None) and not picture_alt.strip():
        wrong["picture_alt"] = "required"
    if wrong:
        raise BadInput(fields=wrong)
    others = goods_of(session, item.community_id, item.merchant_id)
    if any(other.name == name.strip() and other.id != item.id for other in others):
        raise NameTaken(name=name.strip())
    item.name, item.piece, item.offered = name.strip(), piece.strip()[:10] or "件", offered
    for field, value in asdict(said).items():
        setattr(item, field, value)
    if item.kind == BUNDLE and parts is not None:
        _put_parts(session, item, parts)
    if picture is not None:
        _hang_picture(session, item, picture, picture_alt, now=now, by=actor.number)
    elif item.picture_id is not None:
        item.picture_alt = picture_alt.strip()[:100]
    return {"code": "described", "item_id": item.id.hex}


def goods_of(session: Session, community_id: int, merchant_id: uuid.UUID | None = None) -> Sequence[ShopItem]:
    """Everything on the list by category, price and name, of one merchant or of all; what is offered no more, too."""
    query = select(ShopItem).where(ShopItem.community_id == community_id)
    if merchant_id is not None:
        query = query.where(ShopItem.merchant_id == merchant_id)
    order = (col(ShopItem.category), col(ShopItem.price_steps), col(ShopItem.name))
    return session.scalars(query.order_by(*order).limit(500)).all()


def item_of(session: Session, community_id: int, item_id: uuid.UUID) -> ShopItem:
    """One thing on the list; NotFound if the community has none of this id."""
    item = session.get(ShopItem, (community_id, item_id))
    if item is None:
        raise NotFound(what="goods")
    return item


def item_of_picture(session: Session, community_id: int, picture_id: uuid.UUID) -> ShopItem:
    """The goods that a picture is of; NotFound for a file that is no picture of goods. Asks no permission: the list is public."""
    found = session.scalars(
        select(ShopItem).where(ShopItem.community_id == community_id, ShopItem.picture_id == picture_id)
    ).first()
    if found is None:
        raise NotFound(what="picture")
    return found


def prices_of(session: Session, *, actor: Actor, item_id: uuid.UUID) -> Sequence[ShopPrice]:
    """Every price that was set, the newest first."""
    item = item_of(session, community_of(actor), item_id)
    staffed(session, actor, "shop.look", item.merchant_id, reads=True)
    return session.scalars(
        select(ShopPrice)
        .where(ShopPrice.community_id == item.community_id, ShopPrice.item_id == item.id)
        .order_by(col(ShopPrice.from_at).desc())
        .limit(100)
    ).all()


def parts_of(session: Session, community_id: int) -> dict[uuid.UUID, list[tuple[uuid.UUID, int]]]:
    """What the bundles of a community are made of: by bundle, goods and pieces."""
    found: dict[uuid.UUID, list[tuple[uuid.UUID, int]]] = {}
    for row in session.scalars(select(ShopBundlePart).where(ShopBundlePart.community_id == community_id)):
        found.setdefault(row.bundle_id, []).append((row.item_id, row.pieces))
    return {bundle: sorted(parts) for bundle, parts in found.items()}


def problems_of(kind: str, said: Described) -> dict[str, str]:
    """What cannot be said so, by field."""
    wrong = {}
    for field, most in (("order_most", 1000), ("month_most", 10_000), ("year_most", 100_000), ("places_a_day", 1000)):
        value = getattr(said, field)
        if value is not None and not 1 <= value <= most:
            wrong[field] = "out_of_range"
    if not 0 <= said.least_stock <= MOST_PIECES:
        wrong["least_stock"] = "out_of_range"
    if (kind == SERVICE) != (said.places_a_day is not None):
        wrong["places_a_day"] = "required" if kind == SERVICE else "only_services"
    if said.offered_from and said.offered_until and said.offered_until < said.offered_from:
        wrong["offered_until"] = "after_start"
    if len(said.category) > 20:
        wrong["category"] = "out_of_range"
    if len(said.description) > 500:
        wrong["description"] = "out_of_range"
    return wrong


def _own(session: Session, actor: Actor, item_id: uuid.UUID) -> ShopItem:
    item = item_of(session, community_of(actor), item_id)
    staffed(session, actor, "shop.offer", item.merchant_id)
    return item


def _change_price(
    session: Session, item: ShopItem, price_steps: int, *, from_at: dt.datetime, now: dt.datetime, by: str
) -> None:
    """Let the price that is in force stand, and put the new one in force at its moment; one announced for later goes."""
    item.price_steps, announced = item.price_at(now), item.next_price_at
    if announced is not None and announced > now:
        session.execute(
            delete(ShopPrice).where(
                col(ShopPrice.community_id) == item.community_id,
                col(ShopPrice.item_id) == item.id,
                col(ShopPrice.from_at) == announced,
            )
        )
    item.next_price_steps = item.next_price_at = None
    if from_at > now:
        item.next_price_steps, item.next_price_at = price_steps, from_at
    else:
        item.price_steps = price_steps
    _write_price(session, item, price_steps, from_at=from_at, now=now, by=by)


def _write_price(
    session: Session, item: ShopItem, price_steps: int, *, from_at: dt.datetime, now: dt.datetime, by: str
) -> None:
    row = session.get(ShopPrice, (item.community_id, item.id, from_at))
    if row is None:
        row = ShopPrice(community_id=item.community_id, item_id=item.id, from_at=from_at, price_steps=price_steps,
                        set_at=now, set_by=by)  # fmt: skip
        session.add(row)
    row.price_steps, row.set_at, row.set_by = price_steps, now, by
    session.flush()


def _put_parts(session: Session, bundle: ShopItem, parts: Mapping[uuid.UUID, int]) -> None:
    """Make a bundle of goods of its own merchant.

    Raises:
        BadInput: parts of another merchant, services or bundles, or pieces that cannot be.
        BundleOrdered: an open order reserved the parts as they are.
    """
    if parts_of(session, bundle.community_id).get(bundle.id, []) == sorted(parts.items()):
        return
    if _is_ordered(session, bundle):
        raise BundleOrdered(item=bundle.name)
    if len(parts) > MOST_PARTS:
        raise BadInput(fields={"parts": "out_of_range"})
    for item_id, pieces in parts.items():
        part = item_of(session, bundle.community_id, item_id)
        if part.merchant_id != bundle.merchant_id or part.kind != GOODS or not 1 <= pieces <= 100:
            raise BadInput(fields={"parts": "out_of_range"})
    session.execute(
        delete(ShopBundlePart).where(
            col(ShopBundlePart.community_id) == bundle.community_id, col(ShopBundlePart.bundle_id) == bundle.id
        )
    )
    for item_id, pieces in parts.items():
        session.add(
            ShopBundlePart(community_id=bundle.community_id, bundle_id=bundle.id, item_id=item_id, pieces=pieces)
        )
    session.flush()


def _is_ordered(session: Session, item: ShopItem) -> bool:
    return (
        session.scalars(
            select(col(ShopOrderLine.position))
            .join(
                ShopOrder,
                (col(ShopOrder.community_id) == ShopOrderLine.community_id)
                & (col(ShopOrder.id) == ShopOrderLine.order_id),
            )
            .where(
                ShopOrderLine.community_id == item.community_id,
                ShopOrderLine.item_id == item.id,
                ShopOrder.state == ORDERED,
            )
            .limit(1)
        ).first()
        is not None
    )


def _hang_picture(session: Session, item: ShopItem, picture: Prepared, alt: str, *, now: dt.datetime, by: str) -> None:
    if item.picture_id is not None:
        attachments.forget(session, item.community_id, item.picture_id, now=now)
    item.picture_id = attachments.keep(session, community_id=item.community_id, prepared=picture, now=now, by=by)
    item.picture_alt = alt.strip()[:100]
