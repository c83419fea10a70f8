"""What a household wants at one merchant, and whether it can have it: pieces, places, limits and days. Reads, never writes."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func
from sqlmodel import Session, col, select

from timebank.errors import BadInput, Refused
from timebank.people import communities
from timebank.people.working_days import today_in
from timebank.points.shop.goods import item_of, parts_of
from timebank.points.shop.merchants import openings
from timebank.points.shop.opening import Opening
from timebank.points.shop.states import BOOKED
from timebank.points.shop.tables import (
    BUNDLE,
    GOODS,
    HANDED_OVER,
    ORDERED,
    SERVICE,
    ShopItem,
    ShopOrder,
    ShopOrderLine,
    ShopReturn,
)

MOST_OF_ONE = 20
MOST_LINES = 20
SERVICE_AHEAD_DAYS = 30


class OutOfStock(Refused):
    """Fewer pieces are left than were asked for (facts `item`, `left`, `needed`)."""

    code = "out_of_stock"


class NoPlaces(Refused):
    """Fewer places are left on that day than were asked for (facts `item`, `service_on`, `left`, `needed`)."""

    code = "no_places"


class NotOffered(Refused):
    """The goods are not on offer any more, or not yet (fact `item`)."""

    code = "not_offered"


class LimitReached(Refused):
    """The household would have more of it than its limit (facts `item`, `most`, `had`)."""


class OrderLimit(LimitReached):
    """In one order."""

    code = "limit_order"


class MonthLimit(LimitReached):
    """In one calendar month of the community."""

    code = "limit_month"


class YearLimit(LimitReached):
    """In one calendar year of the community."""

    code = "limit_year"


class SeveralMerchants(Refused):
    """One order is fetched at one merchant; the goods are of several."""

    code = "several_merchants"


@dataclass(frozen=True)
class Wanted:
    """One line to be ordered, at the price of now; `on_day` for a service."""

    item: ShopItem
    quantity: int
    price_steps: int
    on_day: dt.date | None


@dataclass(frozen=True)
class Basket:
    """Lines of one merchant that could be ordered now. `pieces` are those of goods, with what bundles are made of."""

    merchant_id: uuid.UUID
    opening: Opening
    lines: tuple[Wanted, ...]
    pieces: Mapping[uuid.UUID, int]

    @property
    def total_steps(self) -> int:
        return sum(line.quantity * line.price_steps for line in self.lines)

    @property
    def service_on(self) -> dt.date | None:
        """The last day of a service in it."""
        return max((line.on_day for line in self.lines if line.on_day), default=None)


def fill(
    session: Session,
    community_id: int,
    *,
    household_id: uuid.UUID,
    wanted: Mapping[uuid.UUID, int],
    days: Mapping[uuid.UUID, dt.date],
    now: dt.datetime,
) -> Basket:
    """What is wanted, if it can be had now.

    Raises:
        BadInput, NotOffered, SeveralMerchants, LimitReached, OutOfStock, NoPlaces.
    """
    today = today_in(session, community_id, now)
    chosen = {item_id: quantity for item_id, quantity in wanted.items() if quantity}
    if not 1 <= len(chosen) <= MOST_LINES:
        raise BadInput(fields={"quantity": "out_of_range" if chosen else "nothing_chosen"})
    items = [item_of(session, community_id, item_id) for item_id in chosen]
    if len({item.merchant_id for item in items}) > 1:
        raise SeveralMerchants
    opening = openings(session, community_id, since=today)[items[0].merchant_id]
    for item in items:
        _refuse_beyond(session, item, household_id, chosen[item.id], now)
    lines = tuple(
        Wanted(item, chosen[item.id], item.price_at(now), _day_of(item, days.get(item.id), opening, today))
        for item in items
    )
    for line in lines:
        if line.on_day is not None:
            left = places_left(session, line.item, line.on_day)
            if left < line.quantity:
                raise NoPlaces(item=line.item.name, service_on=line.on_day.isoformat(), left=left, needed=line.quantity)
    pieces = pieces_of(session, community_id, [(line.item, line.quantity) for line in lines])
    for goods_id, needed in pieces.items():
        goods = item_of(session, community_id, goods_id)
        if goods.left < needed:
            raise OutOfStock(item=goods.name, left=goods.left, needed=needed)
    return Basket(items[0].merchant_id, opening, lines, pieces)


def pieces_of(session: Session, community_id: int, lines: Iterable[tuple[ShopItem, int]]) -> dict[uuid.UUID, int]:
    """The pieces of goods that so many of each thing come to, with what bundles are made of; services have none."""
    wanted = list(lines)
    parts = parts_of(session, community_id) if any(item.kind == BUNDLE for item, _ in wanted) else {}
    pieces: Counter[uuid.UUID] = Counter()
    for item, quantity in wanted:
        if item.kind == GOODS:
            pieces[item.id] += quantity
        for goods_id, each in parts.get(item.id, []) if item.kind == BUNDLE else []:
            pieces[goods_id] += each * quantity
    return dict(pieces)


def places_left(session: Session, item: ShopItem, day: dt.date) -> int:
    """How many more can have a service on a day."""
    taken = session.scalars(
        select(func.coalesce(func.sum(_counts()), 0))
        .select_from(ShopOrderLine)
        .join(ShopOrder, _of_order())
        .where(
            ShopOrderLine.community_id == item.community_id,
            ShopOrderLine.item_id == item.id,
            ShopOrderLine.on_day == day,
        )
    ).one()
    return (item.places_a_day or 0) - int(taken)


def had(session: Session, item: ShopItem, household_id: uuid.UUID, since: dt.datetime) -> int:
    """How many of it a household ordered or was given since a moment, without what it gave back."""
    own = (
        ShopOrderLine.community_id == item.community_id,
        ShopOrderLine.item_id == item.id,
        ShopOrder.household_id == household_id,
        col(ShopOrder.ordered_at) >= since,
    )
    ordered = session.scalars(
        select(func.coalesce(func.sum(_counts()), 0))
        .select_from(ShopOrderLine)
        .join(ShopOrder, _of_order())
        .where(*own)
    ).one()
    returned = session.scalars(
        select(func.coalesce(func.sum(ShopReturn.pieces), 0))
        .select_from(ShopReturn)
        .join(
            ShopOrderLine,
            (col(ShopOrderLine.community_id) == ShopReturn.community_id)
            & (col(ShopOrderLine.order_id) == ShopReturn.order_id)
            & (col(ShopOrderLine.position) == ShopReturn.position),
        )
        .join(ShopOrder, _of_order())
        .where(*own, ShopReturn.state == BOOKED)
    ).one()
    return int(ordered) - int(returned)


def _counts() -> ColumnElement[int]:
    """What a line counts: all of it while it waits, what was given once it was fetched, else nothing."""
    return case(
        (col(ShopOrder.state) == ORDERED, col(ShopOrderLine.quantity)),
        (col(ShopOrder.state) == HANDED_OVER, col(ShopOrderLine.given)),
        else_=0,
    )


def _of_order() -> ColumnElement[bool]:
    return (col(ShopOrder.community_id) == ShopOrderLine.community_id) & (col(ShopOrder.id) == ShopOrderLine.order_id)


def _refuse_beyond(session: Session, item: ShopItem, household_id: uuid.UUID, quantity: int, now: dt.datetime) -> None:
    """Refuse what is not offered, more than is sold at once, and more than the limits of the household."""
    place = communities.community(session, item.community_id)
    today = communities.local_day(place, now)
    if not 1 <= quantity <= MOST_OF_ONE:
        raise BadInput(fields={"quantity": "out_of_range"})
    if not item.is_offered_on(today):
        raise NotOffered(item=item.name)
    if item.order_most is not None and quantity > item.order_most:
        raise OrderLimit(item=item.name, most=item.order_most, had=0)
    for limit, most, first in (
        (MonthLimit, item.month_most, today.replace(day=1)),
        (YearLimit, item.year_most, today.replace(month=1, day=1)),
    ):
        if most is None:
            continue
        before = had(session, item, household_id, communities.day_start(place, first))
        if before + quantity > most:
            raise limit(item=item.name, most=most, had=before)


def _day_of(item: ShopItem, day: dt.date | None, opening: Opening, today: dt.date) -> dt.date | None:
    """The day of a service: one on which the merchant is open, from tomorrow on, so that it can prepare."""
    if item.kind != SERVICE:
        return None
    if day is None:
        raise BadInput(fields={"on_day": "required"})
    if not today < day <= today + dt.timedelta(days=SERVICE_AHEAD_DAYS) or not opening.is_open_on(day):
        raise BadInput(fields={"on_day": "closed_that_day"})
    return day
