"""What comes to a household after it ended goes on to the one that took it in: points to the other, base points lapse."""

import datetime as dt
import uuid
from collections.abc import Iterable

from sqlmodel import Session, col, select

from ledger import book_of
from timebank import accounts
from timebank.people import households
from timebank.points import household_accounts
from timebank.points.awards.used import chunks
from timebank.points.household_accounts import LeftBehind
from timebank.points.household_changes.tables import HouseholdChange

MOST_LINKS = 50


def ended(session: Session, community_id: int, household_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, HouseholdChange]:
    """Of these households, those that ended in a merge that stands, with that merge."""
    found: dict[uuid.UUID, HouseholdChange] = {}
    for some in chunks(household_ids):
        query = select(HouseholdChange).where(
            HouseholdChange.community_id == community_id,
            col(HouseholdChange.household_id).in_(some),
            HouseholdChange.kind == "merge",
            HouseholdChange.state == "done",
        )
        found.update({change.household_id: change for change in session.scalars(query)})
    return found


def successor(session: Session, community_id: int, household_id: uuid.UUID, *, before: int | None = None) -> uuid.UUID:
    """The household that goes on for this one; itself, if it never ended. `before`: as it was at that entry."""
    for _ in range(MOST_LINKS):
        change = ended(session, community_id, [household_id]).get(household_id)
        if change is None or change.other_id is None or (before is not None and (change.note or 0) >= before):
            break
        household_id = change.other_id
    return household_id


def predecessors(session: Session, community_id: int, household_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The households that ended in one of these, each with the one that goes on for it now."""
    found: dict[uuid.UUID, uuid.UUID] = {}
    wanted = {one: one for one in household_ids}
    while wanted:
        nearer: dict[uuid.UUID, uuid.UUID] = {}
        for some in chunks(wanted):
            query = select(HouseholdChange.household_id, HouseholdChange.other_id).where(
                HouseholdChange.community_id == community_id,
                col(HouseholdChange.other_id).in_(some),
                HouseholdChange.kind == "merge",
                HouseholdChange.state == "done",
            )
            nearer.update({gone: wanted[other] for gone, other in session.execute(query) if other})
        nearer = {gone: stays for gone, stays in nearer.items() if gone not in found}
        found.update(nearer)
        wanted = nearer
    return found


def follow(session: Session, community_id: int, household_id: uuid.UUID, *, on: dt.date) -> list[int]:
    """Bring what stands in the books for a household that ended to the one that goes on; the entries' seqs.

    What it is below zero by a late correction, the other pays, as far as it has points to spend; the rest is kept as left
    behind, and the other's next awards pay it. Base points that lapsed when it ended are given back where they were booked
    back since. What it owes again, the other owes.
    """
    change = ended(session, community_id, [household_id]).get(household_id)
    if change is None:
        return []
    goes_on = successor(session, community_id, household_id)
    if households.household(session, community_id, goes_on).closed_on is not None:
        return []  # all who lived there were erased: nobody is left to bring anything to
    owner = household_accounts.main_account(session, community_id, household_id)
    to = household_accounts.main_account(session, community_id, goes_on)
    told = {"household_change": change.id.hex, "household": household_id.hex}
    made = _follow_base(session, change, owner, to, on=on, told=told)
    made += _follow_points(session, owner, to, on=on, told=told)
    _leave_behind(session, community_id, household_id, owner)
    owed = household_accounts.owed(session, community_id, household_id)
    household_accounts.move_owed(
        session, community_id, household_id, goes_on, change_id=change.id, steps=owed, now=book_of(session).at
    )
    return made


def leave_behind(session: Session, community_id: int, household_id: uuid.UUID) -> None:
    """Keep what a household is below zero by as it ends, so that the one that goes on is short of it.

    That are base points that were booked back after a deduction had taken them.
    """
    owner = accounts.find_main(session, community_id, household_id, "pt")
    if owner is not None:
        _leave_behind(session, community_id, household_id, owner)


def left_behind(session: Session, community_id: int) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Households that pay for others that ended below zero, each with those."""
    rows = session.scalars(
        select(LeftBehind.household_id).where(
            LeftBehind.community_id == community_id, (col(LeftBehind.steps) > 0) | (col(LeftBehind.base_steps) > 0)
        )
    ).all()
    found: dict[uuid.UUID, list[uuid.UUID]] = {}
    for household_id in rows:
        found.setdefault(successor(session, community_id, household_id), []).append(household_id)
    return found


def left_to(session: Session, community_id: int, household_id: uuid.UUID) -> int:
    """What households that ended in this one are below zero by: its next awards pay it."""
    gone = predecessors(session, community_id, [household_id])
    steps = 0
    for some in chunks(gone):
        query = select(LeftBehind).where(
            LeftBehind.community_id == community_id, col(LeftBehind.household_id).in_(some)
        )
        steps += sum(one.steps + one.base_steps for one in session.scalars(query))
    return steps


def short(session: Session, community_id: int, household_id: uuid.UUID) -> int:
    """What a household, or the one that goes on for it, is short of in this write, with all that falls on it."""
    goes_on = successor(session, community_id, household_id)
    return household_accounts.short(session, community_id, goes_on) + left_to(session, community_id, goes_on)


def _follow_base(
    session: Session, change: HouseholdChange, owner: int, to: int, *, on: dt.date, told: dict[str, str]
) -> list[int]:
    """Base points of a household that ended lapse. Below zero, they come back from what lapsed when it ended, then the other's lapse."""
    book = book_of(session)
    lots = [one for one in book.accounts_of(owner) if one.class_ == "base"]
    base = sum(one.available for one in lots)
    if base > 0:
        legs = book.debit(owner, base, credits={accounts.LAPSED_PT: base})
        return [book.post(legs, on=on, detail={**told, "use_case": "households.lapse_base", "credited": base})]
    if base == 0:
        return []
    made, lot, missing = [], lots[0].number, -base
    row = _row(session, change.community_id, change.household_id)
    if back := min(missing, max(change.base_steps - row.base_returned_steps, 0)):
        detail = {**told, "use_case": "households.return_base", "credited": back}
        made.append(book.post({accounts.LAPSED_PT: -back, lot: back}, on=on, detail=detail))
        row.base_returned_steps += back
        session.add(row)
        session.flush()
        missing -= back
    others = sum(max(one.available, 0) for one in book.accounts_of(to) if one.class_ == "base")
    if paid := min(missing, others):
        detail = {**told, "use_case": "households.follow", "credited": paid}
        made.append(book.post(book.debit(to, paid, credits={accounts.LAPSED_PT: paid}), on=on, detail=detail))
        made.append(book.post({accounts.LAPSED_PT: -paid, lot: paid}, on=on, detail=detail))
    return made


def _follow_points(session: Session, owner: int, to: int, *, on: dt.date, told: dict[str, str]) -> list[int]:
    """Points of a household that ended go on to the other; what it is below zero, the other pays as far as it can."""
    book = book_of(session)
    steps = book.account(owner).available
    detail = {**told, "use_case": "households.follow"}
    if steps < 0 and (paid := min(-steps, max(book.account(to).available, 0))):
        legs = book.debit(to, paid, credits={owner: paid})
        return [book.post(legs, on=on, detail={**detail, "credited": paid})]
    if steps > 0:
        legs = book.debit(owner, steps, credits={to: steps})
        return [book.post(legs, on=on, detail={**detail, "credited": steps})]
    return []


def _leave_behind(session: Session, community_id: int, household_id: uuid.UUID, owner: int) -> None:
    """Keep what a household that ended is still below zero by."""
    book = book_of(session)
    row = _row(session, community_id, household_id)
    row.steps = max(-book.account(owner).available, 0)
    row.base_steps = max(-sum(one.available for one in book.accounts_of(owner) if one.class_ == "base"), 0)
    if row.steps or row.base_steps or row.base_returned_steps:
        session.add(row)
    session.flush()


def _row(session: Session, community_id: int, household_id: uuid.UUID) -> LeftBehind:
    """What is kept of a household that ended; not stored yet where nothing was."""
    return session.get(LeftBehind, (community_id, household_id)) or LeftBehind(
        community_id=community_id, household_id=household_id
    )
