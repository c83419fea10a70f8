"""What waits, for how long, and who could go: the dispatcher's work list. And whom staff have to call (回访).

Both are lists by the longest waiting, a page at a time; a grid worker's holds her grid.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from timebank.hours.eligibility import priority_of
from timebank.hours.orders import volunteers
from timebank.hours.orders.disputes import OrderDispute
from timebank.hours.orders.parties import areas_of
from timebank.hours.orders.rows import OrderCallBack, ServiceOrder
from timebank.hours.orders.states import OPEN
from timebank.hours.orders.volunteers import Could
from timebank.people import communities, helpers
from timebank.people.communities import community_of
from timebank.people.residents import Person
from timebank.permissions import Actor, may, require

PAGE = 30
# What the dispatcher has to do: in this order of the story.
KINDS: dict[str, tuple[str, ...]] = {
    "accept": ("submitted",),
    "dispatch": ("accepted",),
    "claim": ("dispatched",),
    "overdue": ("overdue",),
    "dispute": ("disputed",),
}
NEEDS_SOMEBODY = ("submitted", "accepted", "dispatched", "overdue")


@dataclass(frozen=True)
class Waits:
    """An order that waits, who could take it, and whether its elder comes first by the community's rule."""

    order: ServiceOrder
    recipient: Person
    could: Could | None
    is_priority: bool = False


@dataclass(frozen=True)
class ToCall:
    """Somebody to be called or visited about an order, and what was tried.

    `why`: no_phone (silence never counts for her), estimated (the end was guessed), locked (five wrong numbers).
    `phone` is shown only to who may call; `helpers` can be called instead.
    """

    order: ServiceOrder
    recipient: Person
    why: str
    since: datetime
    calls: list[OrderCallBack]
    phone: str | None
    helpers: list[Person]

    @property
    def was_reached(self) -> bool:
        return any(call.is_reached for call in self.calls)


def counts(session: Session, *, actor: Actor) -> dict[str, int]:
    """How many orders wait for each kind of deed."""
    require(actor, "orders.waiting", community_id=community_of(actor))
    query = (
        select(ServiceOrder.state, func.count())
        .join(
            Person,
            (col(Person.community_id) == ServiceOrder.community_id) & (col(Person.id) == ServiceOrder.recipient_id),
        )
        .where(col(ServiceOrder.community_id) == community_of(actor), *areas_of(actor, "orders.waiting"))
        .where(col(ServiceOrder.state).in_([state for kind in KINDS.values() for state in kind]))
        .group_by(col(ServiceOrder.state))
    )
    of_state: dict[str, int] = {str(state): int(count) for state, count in session.execute(query)}
    return {kind: sum(of_state.get(state, 0) for state in in_states) for kind, in_states in KINDS.items()}


def waiting(
    session: Session, *, actor: Actor, now: datetime, kind: str, after_number: int | None = None, limit: int = PAGE
) -> list[Waits]:
    """Orders that wait for one kind of deed, who asked first coming first; ask for the next with the last number."""
    require(actor, "orders.waiting", community_id=community_of(actor))
    query = _with_recipient(actor, "orders.waiting").where(col(ServiceOrder.state).in_(KINDS[kind]))
    if after_number is not None:
        query = query.where(col(ServiceOrder.number) > after_number)
    found = [(row, person) for row, person in session.execute(query.order_by(col(ServiceOrder.number)).limit(limit))]
    in_need = [pair for pair in found if pair[0].state in NEEDS_SOMEBODY]
    could = volunteers.who_could(session, community_of(actor), in_need, now) if in_need else {}
    today = communities.local_day(communities.community(session, community_of(actor)), now)
    first = priority_of(session, community_of(actor), [person for _, person in found], today)
    return [Waits(row, person, could.get(row.id), first.get(person.id, False)) for row, person in found]


def to_decide(
    session: Session, *, actor: Actor, after_number: int | None = None, limit: int = PAGE
) -> list[tuple[ServiceOrder, Person, OrderDispute | None]]:
    """Disputed orders for who decides them, with the objection, the longest disputed first by its number."""
    require(actor, "orders.disputes", community_id=community_of(actor))
    query = (
        _with_recipient(actor, "orders.disputes")
        .add_columns(OrderDispute)
        .outerjoin(
            OrderDispute,
            (col(OrderDispute.community_id) == ServiceOrder.community_id)
            & (col(OrderDispute.order_id) == ServiceOrder.id)
            & col(OrderDispute.decided_at).is_(None),
        )
        .where(col(ServiceOrder.state) == "disputed")
    )
    if after_number is not None:
        query = query.where(col(ServiceOrder.number) > after_number)
    found = session.execute(query.order_by(col(ServiceOrder.number)).limit(limit))
    return [(row, person, objection) for row, person, objection in found]


def to_call(session: Session, *, actor: Actor, after_number: int | None = None, limit: int = PAGE) -> list[ToCall]:
    """Whom staff must call or visit: without a phone and not yet reached, a guessed end, a locked number.

    Who was reached about the visit drops out of the list when it is confirmed; until then she stays, with the result.
    """
    require(actor, "orders.call_backs", community_id=community_of(actor))
    to_confirm = col(ServiceOrder.state) == "to_confirm"
    locked = col(ServiceOrder.tear_off_locked_at).is_not(None) & col(ServiceOrder.state).in_(OPEN)
    no_phone = func.coalesce(col(Person.phone), "") == ""
    query = _with_recipient(actor, "orders.call_backs").where(
        locked | (to_confirm & (no_phone | col(ServiceOrder.is_estimated)))
    )
    if after_number is not None:
        query = query.where(col(ServiceOrder.number) > after_number)
    found = [(row, person) for row, person in session.execute(query.order_by(col(ServiceOrder.number)).limit(limit))]
    calls = _calls(session, community_of(actor), [row.id for row, _ in found])
    bound = helpers.helpers_of_many(session, community_of(actor), [person.id for _, person in found])
    return [_to_call(actor, row, person, calls.get(row.id, []), bound.get(person.id, [])) for row, person in found]


def _to_call(
    actor: Actor, row: ServiceOrder, person: Person, calls: list[OrderCallBack], bound: list[Person]
) -> ToCall:
    if row.tear_off_locked_at is not None:
        why, since = "locked", row.tear_off_locked_at
    else:
        why, since = "estimated" if row.is_estimated else "no_phone", row.left_at or row.state_since
    may_call = may(
        actor, "orders.record_call_back", community_id=row.community_id, area_path=person.area_path
    ) and actor.person_id not in (row.volunteer_id, row.recipient_id)
    tried = [call for call in calls if call.at >= since]
    return ToCall(row, person, why, since, tried, person.phone if may_call else None, bound)


def _calls(session: Session, community_id: int, order_ids: list[UUID]) -> dict[UUID, list[OrderCallBack]]:
    found: dict[UUID, list[OrderCallBack]] = {}
    for call in session.exec(
        select(OrderCallBack)
        .where(OrderCallBack.community_id == community_id, col(OrderCallBack.order_id).in_(order_ids))
        .order_by(col(OrderCallBack.at))
    ):
        found.setdefault(call.order_id, []).append(call)
    return found


def _with_recipient(actor: Actor, use_case: str) -> Any:
    return (
        select(ServiceOrder, Person)
        .join(
            Person,
            (col(Person.community_id) == ServiceOrder.community_id) & (col(Person.id) == ServiceOrder.recipient_id),
        )
        .where(col(ServiceOrder.community_id) == community_of(actor), *areas_of(actor, use_case))
    )
