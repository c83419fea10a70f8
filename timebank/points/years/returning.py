"""An award booked back after a year's close: what lapsed of it is found among the lapsed points, not taken once more.

The counter-entry takes the whole award from the household. But what was not carried over is not there any more: it lies
in the community's account of lapsed points. So it is given back from there, as much less as would have lapsed without the
award, close by close: what one close carried on, the next one may have cut again.

    award 100, carried 50 %:   +100 household   -50 lapsed at the close   -100 counter-entry   +50 given back   = 0

Undoing the close takes the giving back with it (`undo`), and a year's reckoning counts it as points of the old years.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import Session, col, func, select

from ledger import book_of
from timebank import accounts
from timebank.points import household_accounts
from timebank.points.awards.used import chunks
from timebank.points.household_changes import following
from timebank.points.years.reckoning import lapsing
from timebank.points.years.states import CLOSED, CLOSING, UNDOING
from timebank.points.years.tables import YearClose, YearCloseLine, YearLapseReturn
from timebank.storage import new_id


def give_back(
    session: Session,
    community_id: int,
    household_id: uuid.UUID,
    *,
    award_id: uuid.UUID,
    booked: int,
    taken_steps: int,
    base_taken_steps: int,
    on: dt.date,
    now: dt.datetime,
) -> int:
    """Give a household back what had lapsed of an award that was just taken from it; the steps given, base points too.

    `booked` is the award's entry: only closes of years in which it counted are asked. `taken_steps` and
    `base_taken_steps` are what the counter-entries took from the household's own account and its base points.
    """
    left, base_left, given = max(taken_steps, 0), max(base_taken_steps, 0), 0
    for close in _closes(session, community_id, booked):
        assert close.note is not None
        holder = following.successor(session, community_id, household_id, before=close.note)
        line = session.get(YearCloseLine, (community_id, close.id, holder))
        if line is None or line.undo_entry is not None:
            continue
        back_before, base_before = _given(session, line)
        old = min(left, line.old_steps - back_before)
        rest = line.old_steps - back_before
        steps = lapsing(rest, close.carry_percent) - lapsing(rest - old, close.carry_percent)
        # Base points never go on to another household: those that end there are its own.
        own = holder == household_id and close.ends_base
        base = min(base_left, max(line.base_ended_steps - base_before, 0)) if own else 0
        if old or base:
            _give(
                session, close, line, household_id, award_id=award_id, old=old, steps=steps, base=base, on=on, now=now
            )
        left, base_left, given = left - steps, base_left - base, given + steps + base
    return given


def undo(session: Session, line: YearCloseLine, *, on: dt.date, detail: Mapping[str, object], approvers: Sequence[int]) -> list[uuid.UUID]:  # fmt: skip
    """Take back what was given back of a line whose close is being undone; the households it was taken from."""
    book, touched = book_of(session), []
    for one in _of_line(session, line):
        if one.entry is not None:
            one.undo_entry = book.reverse(one.entry, on=on, reason="year_close_undone", approvers=approvers,
                                          detail={**detail, "credited": one.steps})  # fmt: skip
        if one.base_entry is not None:
            one.undo_base_entry = book.reverse(one.base_entry, on=on, reason="year_close_undone", approvers=approvers,
                                               detail={**detail, "credited": one.base_steps})  # fmt: skip
        touched.append(one.household_id)
    session.flush()
    return touched


def of_closes(session: Session, community_id: int, close_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How much was given back of each close since, base points too."""
    found: dict[uuid.UUID, int] = {}
    for some in chunks(close_ids):
        query = (
            select(YearLapseReturn.close_id, func.sum(YearLapseReturn.steps + YearLapseReturn.base_steps))
            .where(
                YearLapseReturn.community_id == community_id,
                col(YearLapseReturn.close_id).in_(some),
                col(YearLapseReturn.undo_entry).is_(None),
                col(YearLapseReturn.undo_base_entry).is_(None),
            )
            .group_by(col(YearLapseReturn.close_id))
        )
        found.update({close_id: int(steps) for close_id, steps in session.execute(query)})
    return found


def _closes(session: Session, community_id: int, booked: int) -> Sequence[YearClose]:
    """The closes that stand and counted an entry, the earliest first; those that run too, for households that are done."""
    return session.scalars(
        select(YearClose)
        .where(
            YearClose.community_id == community_id,
            col(YearClose.state).in_((CLOSING, CLOSED, UNDOING)),
            col(YearClose.until_seq) > booked,
        )
        .order_by(col(YearClose.year))
    ).all()


def _of_line(session: Session, line: YearCloseLine) -> Sequence[YearLapseReturn]:
    return session.scalars(
        select(YearLapseReturn)
        .where(
            YearLapseReturn.community_id == line.community_id,
            YearLapseReturn.close_id == line.close_id,
            YearLapseReturn.line_household_id == line.household_id,
            col(YearLapseReturn.undo_entry).is_(None),
            col(YearLapseReturn.undo_base_entry).is_(None),
        )
        .order_by(col(YearLapseReturn.id).desc())
    ).all()


def _given(session: Session, line: YearCloseLine) -> tuple[int, int]:
    """By how much earlier bookings back made less what was left of the year in a line, and of its base points."""
    rows = _of_line(session, line)
    return sum(one.old_steps for one in rows), sum(one.base_steps for one in rows)


def _give(
    session: Session,
    close: YearClose,
    line: YearCloseLine,
    household_id: uuid.UUID,
    *,
    award_id: uuid.UUID,
    old: int,
    steps: int,
    base: int,
    on: dt.date,
    now: dt.datetime,
) -> None:
    book, community_id = book_of(session), close.community_id
    detail = {"year_close": close.id.hex, "year": close.year, "award": award_id.hex, "household": household_id.hex,
              "use_case": "years.give_back"}  # fmt: skip
    entry = base_entry = None
    if steps:
        main = household_accounts.main_account(session, community_id, household_id)
        entry = book.post(
            {accounts.LAPSED_PT: -steps, main: steps}, on=on, detail={**detail, "credited": steps}, cites=close.note
        )
    if base:
        lot = household_accounts.base_account(session, community_id, household_id)
        base_entry = book.post(
            {accounts.LAPSED_PT: -base, lot: base}, on=on, detail={**detail, "credited": base}, cites=close.note
        )
    session.add(
        YearLapseReturn(community_id=community_id, id=new_id(now), close_id=close.id, line_household_id=line.household_id,
                        household_id=household_id, award_id=award_id, old_steps=old, steps=steps, base_steps=base,
                        entry=entry, base_entry=base_entry, returned_at=now)
    )  # fmt: skip
    session.flush()
