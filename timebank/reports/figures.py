"""The community in numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlmodel import Session, col

from ledger import reading, tables
from timebank import permissions
from timebank.accounts import AccountOwner
from timebank.people import residents
from timebank.people.communities import community_of
from timebank.permissions import Actor

OWN_CLASSES = ("issue", "opening", "pool", "fund", "lapsed", "returned", "clearing")


@dataclass(frozen=True)
class Figures:
    """The community in numbers, for its home page and the notice board."""

    minutes_issued: int = 0
    minutes_outstanding: int = 0
    minutes_held: int = 0
    pool_minutes: int = 0
    fund_minutes: int = 0
    steps_outstanding: int = 0
    steps_redeemed: int = 0
    holders: int = 0
    entries: int = 0


@dataclass(frozen=True)
class AgeBand:
    """Outstanding minutes of the people from `from_age` on, up to the next band; `from_age` None where no birthday is known."""

    from_age: int | None
    people: int
    minutes: int


def figures(session: Session, community_id: int) -> Figures:
    """The sums that anybody may see: no names, no single account."""
    of = tables.account.c
    query = (
        select(of.unit, of["class"], func.sum(of.balance), func.sum(of.held), func.count())
        .where(of.community_id == community_id)
        .group_by(of.unit, of["class"])
    )
    sums = {
        (unit, class_): (int(balance), int(held), count)
        for unit, class_, balance, held, count in session.execute(query)
    }
    end = reading.tail(session, community_id)

    def owed(unit: str, column: int) -> int:
        return sum(one[column] for (its, class_), one in sums.items() if its == unit and class_ not in OWN_CLASSES)

    redeemed = sums.get(("pt", "redeemed"), (0, 0, 0))[0]
    return Figures(
        minutes_issued=-sum(sums.get(("min", class_), (0, 0, 0))[0] for class_ in ("issue", "opening")),
        minutes_outstanding=owed("min", 0),
        minutes_held=owed("min", 1),
        pool_minutes=sums.get(("min", "pool"), (0, 0, 0))[0],
        fund_minutes=sums.get(("min", "fund"), (0, 0, 0))[0],
        steps_outstanding=owed("pt", 0) - redeemed,
        steps_redeemed=redeemed,
        holders=sums.get(("min", "member"), (0, 0, 0))[2],
        entries=0 if end is None else end.size,
    )


def outstanding(
    session: Session, *, actor: Actor, on: dt.date, bands: Sequence[int] = (0, 18, 45, 60, 70, 80)
) -> list[AgeBand]:
    """Minutes that people hold, by their age on a day; the rows add up to `figures().minutes_outstanding` but for teams."""
    community_id = community_of(actor)
    permissions.require(actor, "reports.trial_balance", community_id=community_id)
    of, owner, person = tables.account.c, AccountOwner, residents.Person
    query = (
        select(col(person.born_on), func.sum(of.balance), func.count(func.distinct(col(person.id))))
        .join_from(
            tables.account, owner, and_(col(owner.community_id) == of.community_id, col(owner.account) == of.number)
        )
        .join(person, and_(col(person.community_id) == col(owner.community_id), col(person.id) == col(owner.owner_id)))
        .where(of.community_id == community_id, of.unit == "min", of.balance != 0, col(owner.kind) == "person")
        .group_by(col(person.born_on))
    )
    found: dict[int | None, tuple[int, int]] = {}
    for born_on, minutes, people in session.execute(query):
        band = None if born_on is None else max(one for one in bands if one <= max(_age(born_on, on), bands[0]))
        before = found.get(band, (0, 0))
        found[band] = (before[0] + people, before[1] + int(minutes))
    order = [*bands, None]
    return [AgeBand(band, *found[band]) for band in order if band in found]


def _age(born_on: dt.date, on: dt.date) -> int:
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
