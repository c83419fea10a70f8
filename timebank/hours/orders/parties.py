"""The people of an order: who acts for whom, how old they are, how they can be reached, what they can spend."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import false, func, or_
from sqlmodel import Session, col, select

from ledger import book_of, reading
from ledger.rules import Account
from timebank import accounts, policy
from timebank.columns import to_ms
from timebank.errors import NotFound
from timebank.hours.orders import states
from timebank.hours.orders.rows import ServiceOrder
from timebank.people import communities, helpers, residents
from timebank.people.residents import Person
from timebank.permissions import RULES, Actor, may, require

MEMBER = "member"  # the class of a volunteer's account, which every lot that pays for service must be allowed to credit


@dataclass(frozen=True)
class Purse:
    """What a recipient has to spend on service, in minutes.

    `available` is what no hold has set aside; `promised` is what her open orders will need once they are claimed.
    """

    balance_minutes: int
    held_minutes: int
    available_minutes: int
    promised_minutes: int

    @property
    def free_minutes(self) -> int:
        """What a new order may cost."""
        return max(self.available_minutes - self.promised_minutes, 0)


def require_staff(session: Session, actor: Actor, use_case: str, row: ServiceOrder) -> None:
    """Go on only for staff of the recipient's area."""
    recipient = residents.person(session, row.community_id, row.recipient_id)
    require(actor, use_case, community_id=row.community_id, area_path=recipient.area_path)


def areas_of(actor: Actor, use_case: str, person: Any = Person) -> list[Any]:
    """The part of the community that the actor's roles for a use case cover, as conditions on `person`'s area."""
    roles = RULES[use_case].roles
    if actor.trusted or actor.has(roles - {"resident"}):
        return []
    held = [grant.area_path for grant in actor.grants if grant.role in roles]
    return [or_(false(), *(col(person.area_path).startswith(path, autoescape=True) for path in held))]


def require_for(session: Session, actor: Actor, use_case: str, subject: Person) -> str:
    """Go on only if the actor may do this for the person; return how: own, helper or desk.

    Raises:
        Forbidden: neither the person, nor her confirmed helper, nor staff of her area.
    """
    if actor.person_id == subject.id:
        require(actor, use_case, community_id=subject.community_id, person_id=subject.id)
        return "own"
    if actor.person_id is not None and helpers.is_helper(session, subject.community_id, actor.person_id, subject.id):
        require(actor, use_case, community_id=subject.community_id, person_id=actor.person_id)
        return "helper"
    require(actor, use_case, community_id=subject.community_id, area_path=subject.area_path)
    return "desk"


def may_for(session: Session, actor: Actor, use_case: str, subject: Person) -> bool:
    """Whether `require_for` would go on; for pages that show or hide a button."""
    own = subject.id if actor.person_id == subject.id else None
    if (
        own is None
        and actor.person_id is not None
        and helpers.is_helper(session, subject.community_id, actor.person_id, subject.id)
    ):
        own = actor.person_id
    return may(actor, use_case, community_id=subject.community_id, person_id=own, area_path=subject.area_path)


def purse(session: Session, community_id: int, person_id: UUID, now: datetime, *, writing: bool) -> Purse:
    """Return what the person has to spend on service. Inside a write the book's buffer is seen (`writing`)."""
    try:
        main = accounts.main(session, community_id, person_id, "min")
    except NotFound:
        return Purse(0, 0, 0, 0)
    lots = book_of(session).accounts_of(main) if writing else reading.accounts_of(session, community_id, main)
    return Purse(
        balance_minutes=sum(lot.balance for lot in lots),
        held_minutes=sum(lot.held for lot in lots),
        available_minutes=sum(lot.available for lot in _spendable(lots, now)),
        promised_minutes=promised_minutes(session, community_id, person_id),
    )


def volunteer_account(session: Session, row: ServiceOrder, person_id: UUID) -> int:
    """The account that a volunteer's minutes go to, opened with the community's ceiling on first need."""
    day = communities.local_day(communities.community(session, row.community_id), row.starts_at)
    ceiling = policy.of(session, row.community_id, day).ceiling_minutes
    return accounts.opened_or_main(
        session, row.community_id, kind="person", owner_id=person_id, unit="min", ceiling=ceiling
    )


def release(session: Session, row: ServiceOrder) -> int:
    """Let go of what is held for the order, and return the minutes; 0 where nothing was held."""
    released = row.held_minutes
    if released and row.hold_seq is not None:
        row.release_seq = book_of(session).release(row.hold_seq)
        row.held_minutes = 0
    return released


def promised_minutes(session: Session, community_id: int, person_id: UUID) -> int:
    """What the person's orders that nobody has claimed yet will need."""
    cost = func.coalesce(col(ServiceOrder.most_minutes), col(ServiceOrder.planned_minutes))
    total = session.exec(
        select(func.coalesce(func.sum(cost), 0)).where(
            ServiceOrder.community_id == community_id,
            ServiceOrder.recipient_id == person_id,
            col(ServiceOrder.state).in_(states.PROMISED),
        )
    ).one()
    return int(total)


def _spendable(lots: Iterable[Account], now: datetime) -> list[Account]:
    at = to_ms(now)
    return [lot for lot in lots if lot.available > 0 and lot.may_credit({MEMBER}) and not lot.ended(at)]
