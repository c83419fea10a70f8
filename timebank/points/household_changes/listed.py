"""Splits and merges as they are listed and read, with the people and households that they are about."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, or_, select

from timebank.errors import Forbidden, NotFound
from timebank.people import households, residents
from timebank.people.communities import community_of
from timebank.people.households import Household
from timebank.people.residents import Person
from timebank.permissions import Actor, may, require
from timebank.points.household_changes.states import STATES
from timebank.points.household_changes.tables import HouseholdChange

PAGE = 50


@dataclass(frozen=True)
class Shown:
    """A change with its two households (the second of a split is there once it is done) and who speaks for them."""

    change: HouseholdChange
    home: Household
    other: Household | None
    giver: Person
    taker: Person


def changes_of(
    session: Session, *, actor: Actor, state: str = "", before: int | None = None, limit: int = PAGE
) -> list[Shown]:
    """Changes, newest first, of one state or all; the next page is `before` the last one's number."""
    require(actor, "households.changes", community_id=actor.community_id)
    query = select(HouseholdChange).where(HouseholdChange.community_id == actor.community_id)
    if state in STATES:
        query = query.where(HouseholdChange.state == state)
    if before is not None:
        query = query.where(HouseholdChange.number < before)
    rows = session.scalars(query.order_by(col(HouseholdChange.number).desc()).limit(limit)).all()
    return with_people(session, community_of(actor), rows)


def of_household(session: Session, community_id: int, household_id: uuid.UUID) -> list[HouseholdChange]:
    """The changes of one household, newest first. Whoever calls has asked whether they may be shown."""
    query = select(HouseholdChange).where(
        HouseholdChange.community_id == community_id,
        or_(col(HouseholdChange.household_id) == household_id, col(HouseholdChange.other_id) == household_id),
    )
    return list(session.scalars(query.order_by(col(HouseholdChange.number).desc()).limit(100)))


def one(session: Session, *, actor: Actor, number: int) -> Shown:
    """One change by its number, for those who list them, the two who speak for the sides, and their households."""
    community_id = community_of(actor)
    change = session.scalars(
        select(HouseholdChange).where(HouseholdChange.community_id == community_id, HouseholdChange.number == number)
    ).one_or_none()
    if change is None:
        raise NotFound(what="household_change", number=number)
    speaks = actor.person_id is not None and actor.person_id in (change.giver_id, change.taker_id)
    lives = actor.household_id is not None and actor.household_id in (change.household_id, change.other_id)
    if not (speaks or lives or may(actor, "households.changes", community_id=community_id)):
        raise Forbidden(use_case="households.changes")
    return with_people(session, community_id, [change])[0]


def with_people(session: Session, community_id: int, rows: Sequence[HouseholdChange]) -> list[Shown]:
    """Changes with what people want to read beside them, in two queries."""
    wanted = {row.household_id for row in rows} | {row.other_id for row in rows if row.other_id}
    homes = households.households_of(session, community_id, wanted)
    people = residents.persons_of(session, community_id, [one for row in rows for one in (row.giver_id, row.taker_id)])
    return [
        Shown(row, homes[row.household_id], homes.get(row.other_id) if row.other_id else None, people[row.giver_id],
              people[row.taker_id])
        for row in rows
    ]  # fmt: skip
