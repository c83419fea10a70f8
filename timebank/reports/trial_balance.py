"""The trial balance of a period: opening, added, taken, closing, with control totals. Entries count by when they were booked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session

from ledger import reading
from ledger.reading import BalanceRow
from timebank import permissions
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.permissions import Actor


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included, and the instants that bound them."""

    first: dt.date
    last: dt.date
    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True)
class Sums:
    """期初、本期增加、本期减少、期末 of several accounts together."""

    opening: int = 0
    added: int = 0
    taken: int = 0
    closing: int = 0
    accounts: int = 0

    def plus(self, row: BalanceRow) -> Sums:
        return Sums(
            self.opening + row.opening,
            self.added + row.added,
            self.taken + row.taken,
            self.closing + row.closing,
            self.accounts + 1,
        )


@dataclass(frozen=True)
class TrialBalance:
    """One unit of the trial balance: a row an account by number, the same by class, and the control totals."""

    unit: str
    rows: tuple[BalanceRow, ...]
    classes: tuple[tuple[str, Sums], ...]
    total: Sums

    @property
    def agrees(self) -> bool:
        """Whether the control totals are what double entry demands: nothing from nothing, and as much added as taken."""
        return self.total.opening == self.total.closing == 0 and self.total.added == self.total.taken


def period_of(session: Session, community_id: int, first: dt.date, last: dt.date) -> Period:
    """The period of these days in the community's zone."""
    place = communities.community(session, community_id)
    return Period(
        first, last, communities.day_start(place, first), communities.day_start(place, last + dt.timedelta(days=1))
    )


def trial_balance(session: Session, *, actor: Actor, period: Period) -> list[TrialBalance]:
    """The trial balance of a period, one for each unit: minutes first."""
    community_id = community_of(actor)
    permissions.require(actor, "reports.trial_balance", community_id=community_id)
    found = reading.trial_balance(session, community_id, period.start, period.end)
    return [summed(unit, tuple(row for row in found if row.unit == unit)) for unit in ("min", "pt")]


def summed(unit: str, rows: tuple[BalanceRow, ...]) -> TrialBalance:
    classes: dict[str, Sums] = {}
    total = Sums()
    for row in rows:
        classes[row.class_] = classes.get(row.class_, Sums()).plus(row)
        total = total.plus(row)
    return TrialBalance(unit, rows, tuple(classes.items()), total)
