"""Points of a year as they went round: what households had, what was issued, taken, redeemed and lapsed, and the year's quota.

All of it is read from the ledger, by when it was booked; what households have at the end is what they had before, with
every difference named. `other_steps` is there so that a kind of account that is not named here could not hide.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from ledger import reading, tables
from timebank import policy
from timebank.permissions import Actor
from timebank.reports.points_audit.years import of_year
from timebank.reports.trial_balance import Sums, period_of, summed

HELD_BY_HOUSEHOLDS = ("household", "base")


@dataclass(frozen=True)
class Circulation:
    """A year in steps of 0.1 point. `quota_steps`: what might be issued in it; `held_steps`: promised to open shop orders now.

    opening + issued + from_old_books - deducted - redeemed - lapsed + other = outstanding.
    """

    year: int
    opening_steps: int
    issued_steps: int
    from_old_books_steps: int
    deducted_steps: int
    redeemed_steps: int
    lapsed_steps: int
    other_steps: int
    outstanding_steps: int
    base_steps: int
    held_steps: int
    quota_steps: int
    households: int

    @property
    def quota_left_steps(self) -> int:
        """What could still be issued; what came back by a correction does not refill a quota."""
        return max(self.quota_steps - self.issued_steps, 0)


def circulation(session: Session, *, actor: Actor, year: int, now: dt.datetime) -> Circulation:
    """The year's figures.

    Raises:
        NotFound: no year of this community.
    """
    community_id, first, last = of_year(session, actor=actor, year=year, now=now)
    period = period_of(session, community_id, first, last)
    rows = [row for row in reading.trial_balance(session, community_id, period.start, period.end) if row.unit == "pt"]
    by_class: dict[str, Any] = dict(summed("pt", tuple(rows)).classes)
    nothing = Sums()

    def grown(class_: str) -> int:
        sums = by_class.pop(class_, nothing)
        return int(sums.added - sums.taken)

    theirs = [by_class.pop(class_, nothing) for class_ in HELD_BY_HOUSEHOLDS]
    of = tables.account.c
    held = session.execute(
        select(func.coalesce(func.sum(of.held), 0)).where(
            of.community_id == community_id, of.unit == "pt", of["class"].in_(HELD_BY_HOUSEHOLDS)
        )
    ).scalar_one()
    return Circulation(
        year=year,
        opening_steps=sum(sums.opening for sums in theirs),
        issued_steps=-grown("issue"),
        from_old_books_steps=-grown("opening"),
        deducted_steps=grown("returned"),
        redeemed_steps=grown("redeemed"),
        lapsed_steps=grown("lapsed"),
        other_steps=-sum(sums.added - sums.taken for sums in by_class.values()),
        outstanding_steps=sum(sums.closing for sums in theirs),
        base_steps=theirs[1].closing,
        held_steps=int(held),
        quota_steps=policy.of(session, community_id, last).quota_pt_steps,
        households=sum(1 for row in rows if row.class_ == "household" and row.closing),
    )
