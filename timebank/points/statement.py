"""A household's points, each number explained: the item, its clause, the table's version, the reviewer, the batch, the entry."""

import uuid
from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import Session, col, select

from ledger import reading
from ledger.reading import Line
from timebank import accounts
from timebank.errors import NotFound
from timebank.permissions import Actor, require
from timebank.points import household_accounts
from timebank.points.awards.entering import Listed, listed
from timebank.points.awards.tables import APPROVED, ENTERED, FROZEN, PUBLISHED, Award
from timebank.points.household_changes import following
from timebank.points.household_changes.tables import HouseholdChange
from timebank.points.shop.orders import with_lines
from timebank.points.shop.tables import ShopOrder
from timebank.points.years.tables import YearClose


@dataclass(frozen=True)
class Held:
    """What a household has, in steps: `available` can be redeemed, `base` never; `owed` is paid by later awards first.

    Of what is owed, `below_zero_steps` is what corrections took that was spent, `left_steps` what households that ended in
    this one left; the rest is what deductions could not take.
    """

    available_steps: int
    held_steps: int
    base_steps: int
    owed_steps: int
    below_zero_steps: int = 0
    left_steps: int = 0

    @property
    def deducted_steps(self) -> int:
        return self.owed_steps - self.below_zero_steps - self.left_steps


@dataclass(frozen=True)
class Explained:
    """One line of the statement and what it rests on."""

    line: Line
    award: Listed | None
    order: ShopOrder | None
    goods: str
    base: bool
    close: YearClose | None = None
    change: HouseholdChange | None = None


def held(session: Session, *, actor: Actor, household_id: uuid.UUID) -> Held:
    """What the household has now."""
    require(actor, "points.read", community_id=actor.community_id, household_id=household_id)
    return held_of(session, _community(actor), household_id)


def held_of(session: Session, community_id: int, household_id: uuid.UUID) -> Held:
    """The same where the caller asked whether it may be shown: to the desk, or to who helps an elder."""
    main = accounts.find_main(session, community_id, household_id, "pt")
    owed = household_accounts.owed(session, community_id, household_id)
    left = following.left_to(session, community_id, household_id)
    if main is None:
        return Held(0, 0, 0, owed + left, left_steps=left)
    lots = reading.accounts_of(session, community_id, main)
    spendable = [lot for lot in lots if lot.may_credit(("redeemed",))]
    available = sum(lot.available for lot in spendable)
    base = sum(lot.balance for lot in lots if lot not in spendable)
    # An award that was spent and then booked back leaves less than nothing: what comes next fills that first.
    below = max(-available, 0) + max(-base, 0)
    return Held(
        available_steps=max(available, 0),
        held_steps=sum(lot.held for lot in lots),
        base_steps=max(base, 0),
        owed_steps=owed + left + below,
        below_zero_steps=below,
        left_steps=left,
    )


def statement(
    session: Session, *, actor: Actor, household_id: uuid.UUID, before: int | None = None, limit: int = 50
) -> list[Explained]:
    """What came and went, newest first; the next page is `before` the seq of the last line."""
    require(actor, "points.read", community_id=actor.community_id, household_id=household_id)
    community_id = _community(actor)
    main = accounts.find_main(session, community_id, household_id, "pt")
    if main is None:
        return []
    lines: list[tuple[Line, bool]] = []
    for lot in reading.accounts_of(session, community_id, main):
        base = lot.class_ == "base"
        lines += [
            (line, base) for line in reading.statement(session, community_id, lot.number, before=before, limit=limit)
        ]
    lines.sort(key=lambda one: one[0].seq, reverse=True)
    return explain(session, community_id, lines[:limit])


def under_way(session: Session, *, actor: Actor, household_id: uuid.UUID) -> list[Listed]:
    """Awards of the household that are not booked yet, newest first."""
    require(actor, "points.read", community_id=actor.community_id, household_id=household_id)
    rows = session.scalars(
        select(Award)
        .where(
            Award.community_id == actor.community_id,
            Award.household_id == household_id,
            col(Award.state).in_((ENTERED, APPROVED, PUBLISHED, FROZEN)),
        )
        .order_by(col(Award.id).desc())
        .limit(100)
    ).all()
    return listed(session, rows)


def explain(session: Session, community_id: int, lines: list[tuple[Line, bool]]) -> list[Explained]:
    """What lines of points rest on, in the order given; each with whether it is of base points. Asks no permission: the lines were shown already."""

    def ids(name: str) -> set[uuid.UUID]:
        return {uuid.UUID(line.detail[name]) for line, _ in lines if line.detail and name in line.detail}

    awards = {}
    if wanted := ids("award"):
        rows = session.scalars(select(Award).where(Award.community_id == community_id, col(Award.id).in_(wanted))).all()
        awards = {one.award.id.hex: one for one in listed(session, rows)}
    orders: dict[str, tuple[ShopOrder, str]] = {}
    if wanted := ids("order"):
        found = session.scalars(
            select(ShopOrder).where(ShopOrder.community_id == community_id, col(ShopOrder.id).in_(wanted))
        ).all()
        orders = {one.order.id.hex: (one.order, one.goods) for one in with_lines(session, found)}
    closes = _by_id(session, YearClose, community_id, ids("year_close"))
    changes = _by_id(session, HouseholdChange, community_id, ids("household_change"))
    explained = []
    for line, base in lines:
        detail = line.detail or {}
        order, goods = orders.get(detail.get("order", ""), (None, ""))
        explained.append(
            Explained(
                line,
                awards.get(detail.get("award", "")),
                order,
                goods,
                base,
                closes.get(detail.get("year_close", "")),
                changes.get(detail.get("household_change", "")),
            )
        )
    return explained


Kept = TypeVar("Kept", YearClose, HouseholdChange)


def _by_id(session: Session, table: type[Kept], community_id: int, wanted: set[uuid.UUID]) -> dict[str, Kept]:
    """Rows by the hex of their ids, as details name them."""
    if not wanted:
        return {}
    rows = session.scalars(select(table).where(table.community_id == community_id, col(table.id).in_(wanted)))
    return {row.id.hex: row for row in rows}


def _community(actor: Actor) -> int:
    if actor.community_id is None:
        raise NotFound(what="community")
    return actor.community_id
