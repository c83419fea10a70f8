"""What a year's close would do to each household, and what it did: rows that add up to their totals. Reads only."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from ledger import reading
from timebank.accounts import AccountOwner
from timebank.people.communities import community_of
from timebank.people.household_heads import heads_of
from timebank.people.households import Household
from timebank.permissions import Actor, require
from timebank.points.awards.used import chunks
from timebank.points.years import states
from timebank.points.years.reckoning import (
    Holding,
    Left,
    lapsing,
    left_of_year,
    main_accounts,
    stored_holdings,
    year_end,
)
from timebank.points.years.tables import YearClose, YearCloseLine


@dataclass(frozen=True)
class Row:
    """One household: what was left of the year, what lapses and stays, what is held, and its base points."""

    household: Household
    head: str
    balance_steps: int
    old_steps: int
    lapsed_steps: int
    carried_steps: int
    held_steps: int
    base_lapsed_steps: int
    base_given_steps: int
    entry: int | None = None
    base_entry: int | None = None


@dataclass(frozen=True)
class Totals:
    """The sums of all rows, and how many there are."""

    households: int
    old_steps: int
    lapsed_steps: int
    carried_steps: int
    held_steps: int
    base_lapsed_steps: int
    base_given_steps: int


def rows_of(session: Session, *, actor: Actor, close: YearClose) -> list[Row]:
    """The close household by household: as it was done, where it was; else as it would be now."""
    require(actor, "years.read", community_id=close.community_id)
    return list(_rows(session, close))


def totals_of(rows: Sequence[Row]) -> Totals:
    """The sums of rows. Pure."""
    names = ("old_steps", "lapsed_steps", "carried_steps", "held_steps", "base_lapsed_steps", "base_given_steps")
    return Totals(len(rows), **{name: sum(getattr(row, name) for row in rows) for name in names})


def of_household(session: Session, *, actor: Actor, close: YearClose, household_id: uuid.UUID) -> Row | None:
    """The same for one household, which may read it; None where it has nothing to close."""
    require(actor, "points.read", community_id=community_of(actor), household_id=household_id)
    home = session.get(Household, (close.community_id, household_id))
    return next(iter(_rows(session, close, only=home)), None) if home else None


def closes_of(session: Session, *, actor: Actor) -> list[YearClose]:
    """All closes, newest first."""
    require(actor, "years.read", community_id=actor.community_id)
    query = select(YearClose).where(YearClose.community_id == actor.community_id)
    return list(
        session.scalars(query.order_by(col(YearClose.year).desc(), col(YearClose.drafted_at).desc()).limit(100))
    )


def _rows(session: Session, close: YearClose, *, only: Household | None = None) -> Iterator[Row]:
    if close.state in (states.CLOSED, states.UNDOING, states.UNDONE):
        yield from _done(session, close, only)
    else:
        yield from _would_be(session, close, only)


def _done(session: Session, close: YearClose, only: Household | None) -> Iterator[Row]:
    query = (
        select(YearCloseLine, Household)
        .join(
            Household,
            (col(Household.community_id) == YearCloseLine.community_id)
            & (col(Household.id) == YearCloseLine.household_id),
        )
        .where(YearCloseLine.community_id == close.community_id, YearCloseLine.close_id == close.id)
        .order_by(col(YearCloseLine.number))
    )
    if only is not None:
        query = query.where(YearCloseLine.household_id == only.id)
    found = session.execute(query).all()
    heads = heads_of(session, close.community_id, [home.id for _, home in found])
    for line, home in found:
        yield Row(home, heads[home.id].name if home.id in heads else home.name, line.balance_steps, line.old_steps,
                  line.lapsed_steps, line.carried_steps, line.held_steps, line.base_lapsed_steps, line.base_given_steps,
                  line.entry, line.base_entry)  # fmt: skip


def _would_be(session: Session, close: YearClose, only: Household | None) -> Iterator[Row]:
    until_seq = close.until_seq
    if until_seq is None:
        until_seq = reading.size_at(session, close.community_id, year_end(session, close.community_id, close.year))
    with_points = select(AccountOwner.owner_id).where(
        AccountOwner.community_id == close.community_id, AccountOwner.kind == "household", AccountOwner.unit == "pt"
    )
    query = select(Household).where(Household.community_id == close.community_id, col(Household.id).in_(with_points))
    if only is not None:
        query = query.where(Household.id == only.id)
    homes = session.scalars(query.order_by(col(Household.number))).all()
    heads = heads_of(session, close.community_id, [home.id for home in homes])
    for some in chunks(homes):
        holdings = _holdings(session, close.community_id, [home.id for home in some])
        left = left_of_year(session, close.community_id, until_seq=until_seq, holdings=holdings)
        for home in some:
            found = left.get(home.id, Left(0, 0, 0, 0, 0))
            lapsed = lapsing(found.old_steps, close.carry_percent)
            base, again = found.base_moves(lapsed) if close.ends_base else (0, 0)
            if not (found.balance_steps or found.held_steps or base):
                continue
            yield Row(home, heads[home.id].name if home.id in heads else home.name, found.balance_steps,
                      found.old_steps, lapsed, found.old_steps - lapsed, found.held_steps, base, again)  # fmt: skip


def _holdings(session: Session, community_id: int, household_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Holding]:
    numbers = main_accounts(session, community_id, household_ids)
    stored = stored_holdings(session, community_id, numbers.values())
    return {household_id: stored[number] for household_id, number in numbers.items() if number in stored}


def may_begin(close: YearClose, today: dt.date) -> bool:
    """Whether its notice is over."""
    return close.state == states.ANNOUNCED and close.closes_from is not None and close.closes_from <= today
