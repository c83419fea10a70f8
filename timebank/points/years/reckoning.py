"""What is left of a year's points: what a household had when the year ended, less what it spent since.

Points that were spent are taken from the old ones first, so that nobody loses points that came in January. Points held
for goods that were ordered count as spent: they are not touched, whatever becomes of the order.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select, union_all
from sqlmodel import Session, col

from ledger import reading, tables
from timebank.accounts import AccountOwner
from timebank.people import communities
from timebank.points.awards.used import chunks
from timebank.points.household_changes.tables import HouseholdChange
from timebank.points.years.tables import YearLapseReturn


@dataclass(frozen=True)
class Left:
    """One household's points when a year is closed, in steps. `old` is what is left of the year, `base` its base points."""

    balance_steps: int
    held_steps: int
    old_steps: int
    base_steps: int
    base_old_steps: int

    def base_moves(self, lapsed_steps: int) -> tuple[int, int]:
        """What of the base points is booked off when so many others lapse, and what of it is given anew.

        Only the old ones end. But the ledger takes base points first, whoever books something off to the lapsed ones:
        where others lapse, the new base points go too, and come back in the same close.
        """
        young = self.base_steps - self.base_old_steps
        return (self.base_steps, young) if lapsed_steps else (self.base_old_steps, 0)


@dataclass(frozen=True)
class Holding:
    """What an owner's accounts hold now, as the books say: its own account's number, balance and held points, and base points."""

    account: int
    balance: int
    held: int
    base: int
    base_accounts: tuple[int, ...] = ()


def year_end(session: Session, community_id: int, year: int) -> dt.datetime:
    """The instant at which a year is over where the community is: midnight after 31 December."""
    return communities.day_start(communities.community(session, community_id), dt.date(year + 1, 1, 1))


def main_accounts(session: Session, community_id: int, household_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The points accounts of households, of those that have one."""
    found: dict[uuid.UUID, int] = {}
    for some in chunks(household_ids):
        query = select(col(AccountOwner.owner_id), col(AccountOwner.account)).where(
            col(AccountOwner.community_id) == community_id,
            col(AccountOwner.owner_id).in_(some),
            col(AccountOwner.unit) == "pt",
            col(AccountOwner.main),
        )
        found.update({owner: account for owner, account in session.execute(query) if owner})
    return found


def stored_holdings(session: Session, community_id: int, accounts: Iterable[int]) -> dict[int, Holding]:
    """What is stored of main accounts and their base lots, for reading outside the write lane."""
    found: dict[int, Holding] = {}
    account = tables.account.c
    for some in chunks(accounts):
        rows = session.execute(
            select(account.number, account.owner, account["class"], account.balance, account.held).where(
                account.community_id == community_id, account.owner.in_(some)
            )
        ).all()
        base: dict[int, int] = {}
        lots: dict[int, tuple[int, ...]] = {}
        for number, owner, class_, balance, _ in rows:
            if class_ == "base":
                base[owner] = base.get(owner, 0) + balance
                lots[owner] = (*lots.get(owner, ()), number)
        for number, owner, class_, balance, held in rows:
            if number == owner and class_ != "base":
                found[number] = Holding(number, balance, held, max(base.get(number, 0), 0), lots.get(number, ()))
    return found


def left_of_year(
    session: Session, community_id: int, *, until_seq: int, holdings: Mapping[uuid.UUID, Holding]
) -> dict[uuid.UUID, Left]:
    """What is left of the points that were there before entry `until_seq`, by household."""
    accounts = [number for holding in holdings.values() for number in (holding.account, *holding.base_accounts)]
    before = _balances_before(session, community_id, accounts, until_seq)
    spent = _spent_since(session, community_id, accounts, until_seq)
    came = _came_old(session, community_id, list(holdings), until_seq)
    back = _came_back(session, community_id, list(holdings), until_seq)
    found = {}
    for household_id, holding in holdings.items():
        returned, base_returned = back.get(household_id, (0, 0))
        old = before.get(holding.account, 0) + came.get(household_id, 0) + returned
        old -= spent.get(holding.account, 0) + holding.held
        free = max(holding.balance - holding.held, 0)
        base_old = sum(before.get(number, 0) - spent.get(number, 0) for number in holding.base_accounts) + base_returned
        found[household_id] = Left(
            holding.balance, holding.held, min(max(old, 0), free), holding.base, min(max(base_old, 0), holding.base)
        )
    return found


def lapsing(old_steps: int, carry_percent: int) -> int:
    """How much of what is left of a year is not carried; a part of a step is carried."""
    return old_steps * (100 - carry_percent) // 100


def old_of(session: Session, community_id: int, household_id: uuid.UUID, holding: Holding, *, now: dt.datetime) -> int:
    """How much a household has of points that came before this year began."""
    place = communities.community(session, community_id)
    began = year_end(session, community_id, communities.local_day(place, now).year - 1)
    until_seq = reading.size_at(session, community_id, began)
    return left_of_year(session, community_id, until_seq=until_seq, holdings={household_id: holding})[
        household_id
    ].old_steps


def _balances_before(session: Session, community_id: int, accounts: Sequence[int], until_seq: int) -> dict[int, int]:
    found: dict[int, int] = {}
    posting = tables.posting
    for some in chunks(accounts):
        newest = (
            select(posting.c.account, func.max(posting.c.seq).label("seq"))
            .where(posting.c.community_id == community_id, posting.c.account.in_(some), posting.c.seq < until_seq)
            .group_by(posting.c.account)
            .subquery()
        )
        query = select(posting.c.account, posting.c.balance).join(
            newest,
            and_(
                posting.c.community_id == community_id,
                posting.c.account == newest.c.account,
                posting.c.seq == newest.c.seq,
            ),
        )
        found.update({row[0]: int(row[1]) for row in session.execute(query)})
    return found


def _spent_since(session: Session, community_id: int, accounts: Sequence[int], until_seq: int) -> dict[int, int]:
    """What left each account since; an entry that was booked back since then left nothing, nor did its counter-entry take."""
    found: dict[int, int] = {}
    posting, back = tables.posting.c, tables.reversal.c
    since = [back.community_id == community_id, back.of >= until_seq]
    undone = union_all(select(back.of).where(*since), select(back.seq).where(*since))
    for some in chunks(accounts):
        query = (
            select(posting.account, func.sum(-posting.amount))
            .where(
                posting.community_id == community_id,
                posting.account.in_(some),
                posting.seq >= until_seq,
                posting.amount < 0,
                posting.seq.not_in(undone),
            )
            .group_by(posting.account)
        )
        found.update({account: int(steps) for account, steps in session.execute(query)})
    return found


def _came_old(
    session: Session, community_id: int, household_ids: Sequence[uuid.UUID], until_seq: int
) -> dict[uuid.UUID, int]:
    """Old points that came since from other households, by splits and merges that stand."""
    found: dict[uuid.UUID, int] = {}
    for some in chunks(household_ids):
        query = (
            select(col(HouseholdChange.other_id), func.sum(col(HouseholdChange.old_steps)))
            .where(
                col(HouseholdChange.community_id) == community_id,
                col(HouseholdChange.other_id).in_(some),
                col(HouseholdChange.state) == "done",
                col(HouseholdChange.entry) >= until_seq,
            )
            .group_by(col(HouseholdChange.other_id))
        )
        found.update({household_id: int(steps) for household_id, steps in session.execute(query)})
    return found


def _came_back(
    session: Session, community_id: int, household_ids: Sequence[uuid.UUID], until_seq: int
) -> dict[uuid.UUID, tuple[int, int]]:
    """What came back since of points that had lapsed at an earlier close, and of base points: the counter-entry took them as old ones."""
    found: dict[uuid.UUID, tuple[int, int]] = {}
    for some in chunks(household_ids):
        query = (
            select(
                col(YearLapseReturn.household_id),
                func.sum(col(YearLapseReturn.steps)),
                func.sum(col(YearLapseReturn.base_steps)),
            )
            .where(
                col(YearLapseReturn.community_id) == community_id,
                col(YearLapseReturn.household_id).in_(some),
                func.coalesce(col(YearLapseReturn.entry), col(YearLapseReturn.base_entry)) >= until_seq,
                col(YearLapseReturn.undo_entry).is_(None),
                col(YearLapseReturn.undo_base_entry).is_(None),
            )
            .group_by(col(YearLapseReturn.household_id))
        )
        found.update({household_id: (int(steps), int(base)) for household_id, steps, base in session.execute(query)})
    return found
