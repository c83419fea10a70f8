"""What is held of a person's minutes and for what: each hold with the order that it waits for; and her accounts, lot by lot."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from ledger import tables
from ledger.book import from_ms
from timebank import accounts, permissions
from timebank.hours.orders import states
from timebank.hours.orders.rows import ServiceOrder
from timebank.people.communities import community_of
from timebank.permissions import Actor


@dataclass(frozen=True)
class Lot:
    """One account: the main one, or one of gifts or grants that ends. `ends` is the instant from which it pays no more."""

    account: int
    class_: str
    balance: int
    held: int
    ends: datetime | None


@dataclass(frozen=True)
class Held:
    """Minutes held for an order that is claimed, served, to be confirmed or disputed."""

    order_id: uuid.UUID
    order_number: int
    state: str
    starts_at: datetime
    minutes: int
    seq: int


@dataclass(frozen=True)
class Purse:
    """A person's accounts in spending order, and what is held; `other_held`: held for anything but an order."""

    lots: tuple[Lot, ...]
    holds: tuple[Held, ...]

    @property
    def balance(self) -> int:
        return sum(lot.balance for lot in self.lots)

    @property
    def held(self) -> int:
        return sum(lot.held for lot in self.lots)

    @property
    def other_held(self) -> int:
        return self.held - sum(one.minutes for one in self.holds)


def purse(session: Session, *, actor: Actor, person_id: uuid.UUID) -> Purse:
    """A person's accounts and holds, for herself, the desk and auditors."""
    community_id = community_of(actor)
    permissions.require(actor, "attendance.statement", community_id=community_id, person_id=person_id)
    main = accounts.find_main(session, community_id, person_id, "min")
    if main is None:
        return Purse((), ())
    of = tables.account.c
    query = (
        select(of.number, of["class"], of.balance, of.held, of.ends)
        .where(of.community_id == community_id, of.owner == main)
        .order_by(of.ends.is_(None), of.ends, of.number)
    )
    lots = tuple(
        Lot(number, class_, balance, held, None if ends is None else from_ms(ends))
        for number, class_, balance, held, ends in session.execute(query)
        if number == main or balance or held
    )
    waiting = session.scalars(
        select(ServiceOrder)
        .where(
            col(ServiceOrder.community_id) == community_id,
            col(ServiceOrder.recipient_id) == person_id,
            col(ServiceOrder.state).in_(states.HELD),
        )
        .order_by(col(ServiceOrder.starts_at))
    )
    holds = tuple(
        Held(one.id, one.number, one.state, one.starts_at, one.held_minutes, one.hold_seq or 0) for one in waiting
    )
    return Purse(lots, holds)
