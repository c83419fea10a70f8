"""What comes to a household after it ended goes on to the one that took it in: points to the other, base points lapse."""

import datetime as dt
import uuid
from collections.abc import Iterable

from sqlmodel import Session, col, select

from ledger import book_of
from timebank import accounts
from timebank.points import household_accounts
from timebank.points.awards.used import chunks
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


def successor(session: Session, community_id: int, household_id: uuid.UUID) -> uuid.UUID:
    """The household that goes on for this one; itself, if it never ended."""
    for _ in range(MOST_LINKS):
        change = ended(session, community_id, [household_id]).get(household_id)
        if change is None or change.other_id is None:
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

    What it is below zero by a late correction, the other pays, as far as it has points to spend; what it owes again, the
    other owes.
    """
    change = ended(session, community_id, [household_id]).get(household_id)
    if change is None:
        return []
    book = book_of(session)
    owner = household_accounts.main_account(session, community_id, household_id)
    detail = {"household_change": change.id.hex, "household": household_id.hex}
    made = []
    base = sum(max(one.available, 0) for one in book.accounts_of(owner) if one.class_ == "base")
    if base:
        legs = book.debit(owner, base, credits={accounts.LAPSED_PT: base})
        made.append(book.post(legs, on=on, detail={**detail, "use_case": "households.lapse_base", "credited": base}))
    steps = book.account(owner).available
    goes_on = successor(session, community_id, household_id)
    to = household_accounts.main_account(session, community_id, goes_on)
    if steps < 0 and (paid := min(-steps, max(book.account(to).available, 0))):
        legs = book.debit(to, paid, credits={owner: paid})
        made.append(book.post(legs, on=on, detail={**detail, "use_case": "households.follow", "credited": paid}))
    if steps > 0:
        legs = book.debit(owner, steps, credits={to: steps})
        made.append(book.post(legs, on=on, detail={**detail, "use_case": "households.follow", "credited": steps}))
    owed = household_accounts.owed(session, community_id, household_id)
    household_accounts.move_owed(
        session, community_id, household_id, goes_on, change_id=change.id, steps=owed, now=book.at
    )
    return made
