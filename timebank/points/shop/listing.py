"""The list of the points shop as anybody may read it: what there is, for how much, and how much is left. No person in it."""

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlmodel import Session

from timebank.people.working_days import today_in
from timebank.points.shop.goods import goods_of, parts_of
from timebank.points.shop.merchants import merchants_of, openings
from timebank.points.shop.opening import Opening
from timebank.points.shop.tables import BUNDLE, GOODS, SERVICE, Merchant, ShopItem


@dataclass(frozen=True)
class Offer:
    """Something that can be ordered today. `left`: pieces of goods, or whole bundles; None for a service, whose places are by day."""

    item: ShopItem
    merchant: Merchant
    price_steps: int
    left: int | None
    parts: tuple[tuple[str, int], ...] = ()

    @property
    def is_there(self) -> bool:
        """Whether one could be had; of a service, on some day."""
        return self.left is None or self.left > 0


@dataclass(frozen=True)
class Reachable:
    """An offer and how far a household is from it: 0 missing steps mean that it can have one now."""

    offer: Offer
    missing_steps: int


@dataclass(frozen=True)
class Counter:
    """A merchant with its hours and what it offers."""

    merchant: Merchant
    opening: Opening
    offers: tuple[Offer, ...]


def public_list(session: Session, community_id: int, *, now: dt.datetime) -> list[Offer]:
    """What can be ordered today, by merchant, category and price; asks no permission, since anybody may read it."""
    today = today_in(session, community_id, now)
    places = {one.id: one for one in merchants_of(session, community_id)}
    items = goods_of(session, community_id)
    by_id = {item.id: item for item in items}
    parts = parts_of(session, community_id)
    found = []
    for item in items:
        if not item.is_offered_on(today):
            continue
        made_of = parts.get(item.id, []) if item.kind == BUNDLE else []
        named = tuple((by_id[part].name, pieces) for part, pieces in made_of)
        found.append(Offer(item, places[item.merchant_id], item.price_at(now), _left(item, made_of, by_id), named))
    return sorted(found, key=lambda one: (one.merchant.name, one.item.category, one.price_steps, one.item.name))


def reachable(session: Session, community_id: int, available_steps: int, *, now: dt.datetime) -> list[Reachable]:
    """What a household with so many steps can have, and what it could reach next: the nearest first, then the cheapest."""
    offers = [one for one in public_list(session, community_id, now=now) if one.is_there]
    found = [Reachable(one, max(one.price_steps - available_steps, 0)) for one in offers]
    return sorted(found, key=lambda one: (one.missing_steps, one.offer.price_steps, one.offer.item.name))


def counters(session: Session, community_id: int, *, now: dt.datetime) -> list[Counter]:
    """The same by merchant, with when each is open; merchants that offer nothing now are left out."""
    hours = openings(session, community_id, since=today_in(session, community_id, now))
    by_merchant: dict[uuid.UUID, list[Offer]] = {}
    for one in public_list(session, community_id, now=now):
        by_merchant.setdefault(one.merchant.id, []).append(one)
    return [
        Counter(place, hours[place.id], tuple(by_merchant[place.id]))
        for place in merchants_of(session, community_id)
        if place.id in by_merchant
    ]


def opening_of(session: Session, community_id: int, merchant_id: uuid.UUID, *, now: dt.datetime) -> Opening:
    """When one merchant is open, from today on."""
    return openings(session, community_id, since=today_in(session, community_id, now))[merchant_id]


def _left(item: ShopItem, parts: list[tuple[uuid.UUID, int]], by_id: dict[uuid.UUID, ShopItem]) -> int | None:
    if item.kind == SERVICE:
        return None
    if item.kind == GOODS:
        return item.left
    return min((by_id[part].left // pieces for part, pieces in parts), default=0)
