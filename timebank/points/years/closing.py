"""A year's close as it runs: told, closed and undone some households at a time, each time from where it stopped.

Every piece is a write of its own and may be repeated: what is done has its line, and `cursor` says how far it came.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from ledger import Book, book_of
from timebank import accounts, notices, policy
from timebank.people.communities import community_of
from timebank.people.household_heads import heads_of
from timebank.people.households import Household
from timebank.people.working_days import end_of_day, today_in
from timebank.permissions import Actor, require
from timebank.points import household_accounts
from timebank.points.awards.tables import LIVE, Award
from timebank.points.awards.used import chunks
from timebank.points.household_changes import following
from timebank.points.table.adoption import in_force_on, items_of
from timebank.points.table.tables import PointsItem
from timebank.points.years import returning
from timebank.points.years.reckoning import Holding, Left, lapsing, left_of_year, main_accounts
from timebank.points.years.states import ANNOUNCED, CLOSING, UNDOING, after
from timebank.points.years.tables import YearClose, YearCloseLine

AT_ONCE = 50  # a quarter of a second at most: others wait so long for their turn
TOLD_ALL = 2**53  # the cursor of an announced close whose households all know


def under_way(session: Session, community_id: int) -> list[YearClose]:
    """Closes that the job has something to do for."""
    return list(
        session.scalars(
            select(YearClose)
            .where(
                YearClose.community_id == community_id,
                (col(YearClose.state).in_((CLOSING, UNDOING)))
                | ((col(YearClose.state) == ANNOUNCED) & (col(YearClose.cursor) < TOLD_ALL)),
            )
            .order_by(col(YearClose.year))
        )
    )


def carry_on(session: Session, *, actor: Actor, now: dt.datetime, limit: int = AT_ONCE) -> dict[str, Any]:
    """Do the next households of what is under way; `left` says whether to call again. Harmless when nothing is."""
    require(actor, "years.carry_on", community_id=actor.community_id)
    found = under_way(session, community_of(actor))
    if not found:
        return {"code": "years_carried_on", "households": 0, "left": 0}
    close = found[0]
    step = {ANNOUNCED: _tell, CLOSING: _close, UNDOING: _undo}[close.state]
    done = step(session, close, now=now, limit=limit)
    session.flush()
    return {"code": "years_carried_on", "households": done, "left": int(bool(under_way(session, close.community_id)))}


# Telling ---------------------------------------------------------------------------------------------------------------


def _tell(session: Session, close: YearClose, *, now: dt.datetime, limit: int) -> int:
    """Tell the heads of households that have points when the year's end comes, and what is carried."""
    households = _next(session, close, limit)
    with_points = main_accounts(session, close.community_id, [one.id for one in households])
    heads = heads_of(session, close.community_id, with_points)
    assert close.redeem_until is not None
    assert close.closes_from is not None
    facts = {"year": close.year, "carry_percent": close.carry_percent, "redeem_until_on": close.redeem_until.isoformat(),
             "closes_on": close.closes_from.isoformat(), "year_close": close.id.hex}  # fmt: skip
    notices.tell_all(session, community_id=close.community_id, person_ids=[one.id for one in heads.values()],
                     kind="year_announced", facts=facts, now=now)  # fmt: skip
    close.cursor = households[-1].number if len(households) == limit else TOLD_ALL
    return len(households)


def _tell_of(
    session: Session, close: YearClose, household_ids: Sequence[uuid.UUID], kind: str, *, now: dt.datetime
) -> None:
    """Tell the heads of these households what the close did to their points, or its undoing; not where it did nothing."""
    rows = session.scalars(
        select(YearCloseLine).where(
            YearCloseLine.community_id == close.community_id,
            YearCloseLine.close_id == close.id,
            col(YearCloseLine.household_id).in_(household_ids),
        )
    ).all()
    lines = {one.household_id: one for one in rows if one.old_steps or one.base_lapsed_steps or one.base_given_steps}
    for household_id, head in heads_of(session, close.community_id, lines).items():
        line = lines[household_id]
        facts = {"year": close.year, "lapsed_steps": line.lapsed_steps, "carried_steps": line.carried_steps,
                 "year_close": close.id.hex}  # fmt: skip
        notices.tell(session, community_id=close.community_id, person_id=head.id, kind=kind, facts=facts, now=now)


# Closing ---------------------------------------------------------------------------------------------------------------


def _close(session: Session, close: YearClose, *, now: dt.datetime, limit: int) -> int:
    households = _next(session, close, limit)
    book = book_of(session)
    numbers = main_accounts(session, close.community_id, [one.id for one in households])
    holdings = {household_id: holding_of(book, number) for household_id, number in numbers.items()}
    moved = book.moved_in_batch()
    moving = {one for one, held in holdings.items() if not moved.isdisjoint((held.account, *held.base_accounts))}
    if moving:
        # Somebody redeems in this very batch: storage does not show it yet. Those from there on wait for the next one.
        first = min(one.number for one in households if one.id in moving)
        households = [one for one in households if one.number < first]
        holdings = {one.id: holdings[one.id] for one in households if one.id in holdings}
    assert close.until_seq is not None
    left = left_of_year(session, close.community_id, until_seq=close.until_seq, holdings=holdings)
    given = _base_to_give(session, close, [one.id for one in households if one.closed_on is None], now)
    on = today_in(session, close.community_id, now)
    for household in households:
        _close_one(session, close, household, left.get(household.id), given.get(household.id, ()), on=on, now=now)
    session.flush()
    _tell_of(session, close, [one.id for one in households], "year_closed", now=now)
    if households:
        close.cursor = households[-1].number
    if not moving and len(households) < limit:
        _finish(session, close, now=now, on=on)
    return len(households)


def _close_one(
    session: Session,
    close: YearClose,
    household: Household,
    left: Left | None,
    given: Sequence[PointsItem],
    *,
    on: dt.date,
    now: dt.datetime,
) -> None:
    left = left or Left(0, 0, 0, 0, 0)
    lapsed = lapsing(left.old_steps, close.carry_percent)
    base_lapsed, base_again = left.base_moves(lapsed) if close.ends_base else (0, 0)
    base_given = base_again + sum(item.value_steps for item in given)
    if not (left.balance_steps or left.held_steps or base_lapsed or base_given):
        return
    line = YearCloseLine(
        community_id=close.community_id, close_id=close.id, household_id=household.id, number=household.number,
        balance_steps=left.balance_steps, old_steps=left.old_steps, lapsed_steps=lapsed,
        carried_steps=left.old_steps - lapsed, held_steps=left.held_steps, base_lapsed_steps=base_lapsed,
        base_given_steps=base_given, base_old_steps=left.base_old_steps if base_lapsed else 0,
    )  # fmt: skip
    detail: dict[str, Any] = {"year_close": close.id.hex, "household": household.id.hex, "year": close.year,
                              "carry_percent": close.carry_percent}  # fmt: skip
    book, total = book_of(session), lapsed + base_lapsed
    if total:
        owner = household_accounts.main_account(session, close.community_id, household.id)
        legs = book.debit(owner, total, credits={accounts.LAPSED_PT: total})
        line.entry = book.post(legs, on=on, cites=close.note, detail={
            **detail, "use_case": "years.lapse", "old_steps": left.old_steps, "base_steps": base_lapsed,
            "credited": total,
        })  # fmt: skip
    if base_given:
        lot = household_accounts.base_account(session, close.community_id, household.id)
        line.base_entry = book.post({accounts.ISSUE_PT: -base_given, lot: base_given}, on=on, cites=close.note, detail={
            **detail, "use_case": "years.give_base", "credited": base_given, "items": [item.id.hex for item in given],
        })  # fmt: skip
    session.add(line)
    close.households += 1
    close.old_steps += left.old_steps
    close.lapsed_steps += lapsed
    close.carried_steps += line.carried_steps
    close.held_steps += left.held_steps
    close.base_lapsed_steps += base_lapsed
    close.base_given_steps += base_given


def _finish(session: Session, close: YearClose, *, now: dt.datetime, on: dt.date) -> None:
    days = policy.of(session, close.community_id, on).year_undo_days
    close.state, close.closed_at = after(close.state, "finish", year=close.year), now
    close.undo_until = end_of_day(session, close.community_id, on + dt.timedelta(days=days))


def base_items(session: Session, close: YearClose, on: dt.date) -> list[PointsItem]:
    """The base points that the table in force gives each household in the new year."""
    table = in_force_on(session, close.community_id, on)
    items = items_of(session, close.community_id, table.id) if table else ()
    return [
        item
        for item in items
        if item.kind == "base" and item.in_use and item.in_use_from is not None and item.in_use_from <= on
    ]


def _base_to_give(
    session: Session, close: YearClose, household_ids: Sequence[uuid.UUID], now: dt.datetime
) -> Mapping[uuid.UUID, list[PointsItem]]:
    """Which base points each household is given: not those that were awarded to it in the new year already."""
    on = today_in(session, close.community_id, now)
    items = base_items(session, close, on) if close.gives_base else []
    if not items:
        return {}
    lived_in = heads_of(session, close.community_id, household_ids)
    had: set[tuple[uuid.UUID, str, str]] = set()
    for some in chunks(lived_in):
        query = (
            select(Award.household_id, PointsItem.category, PointsItem.title)
            .join(
                PointsItem, (col(PointsItem.community_id) == Award.community_id) & (col(PointsItem.id) == Award.item_id)
            )
            .where(
                Award.community_id == close.community_id,
                col(Award.household_id).in_(some),
                col(Award.on_day) >= dt.date(close.year + 1, 1, 1),
                col(Award.state).in_(LIVE),
                PointsItem.kind == "base",
            )
        )
        had.update((row[0], row[1], row[2]) for row in session.execute(query))
    return {
        household_id: [item for item in items if (household_id, item.category, item.title) not in had]
        for household_id in lived_in
    }


# Undoing ---------------------------------------------------------------------------------------------------------------


def _undo(session: Session, close: YearClose, *, now: dt.datetime, limit: int) -> int:
    lines = session.scalars(
        select(YearCloseLine)
        .where(
            YearCloseLine.community_id == close.community_id,
            YearCloseLine.close_id == close.id,
            YearCloseLine.number > close.cursor,
        )
        .order_by(col(YearCloseLine.number))
        .limit(limit)
    ).all()
    on = today_in(session, close.community_id, now)
    ended = following.ended(session, close.community_id, [line.household_id for line in lines])
    for line in lines:
        touched = _undo_one(session, close, line, on=on, ended=line.household_id in ended)
        for household_id in dict.fromkeys([*touched, *([line.household_id] if line.household_id in ended else [])]):
            following.follow(session, close.community_id, household_id, on=on)
    _tell_of(session, close, [line.household_id for line in lines], "year_undone", now=now)
    if lines:
        close.cursor = lines[-1].number
    if len(lines) < limit:
        close.state, close.undone_at = after(close.state, "finish_undo", year=close.year), now
    return len(lines)


def _undo_one(session: Session, close: YearClose, line: YearCloseLine, *, on: dt.date, ended: bool) -> list[uuid.UUID]:
    """Book the entries of a line back, with what was given back of it since; the households that the latter touched.

    The new base points of a household that ended since went with it.

    Where the last who lived there was erased the account is closed: nobody is left to give anything back to.
    """
    book = book_of(session)
    owner = accounts.find_main(session, close.community_id, line.household_id, "pt")
    if owner is None or book.account(owner).closed is not None:
        return []
    approvers = [officer for officer in (close.undo_asked_officer, close.undo_officer) if officer is not None]
    detail = {
        "use_case": "years.undo",
        "year_close": close.id.hex,
        "household": line.household_id.hex,
        "year": close.year,
    }
    touched = returning.undo(session, line, on=on, detail=detail, approvers=approvers)
    if line.entry is not None:
        line.undo_entry = book.reverse(line.entry, on=on, reason="year_close_undone", approvers=approvers, detail={
            **detail, "credited": line.lapsed_steps + line.base_lapsed_steps})  # fmt: skip
    if line.base_entry is not None and not ended:
        line.undo_base_entry = book.reverse(line.base_entry, on=on, reason="year_close_undone", approvers=approvers,
                                            detail={**detail, "credited": line.base_given_steps})  # fmt: skip
    return touched


# Shared ----------------------------------------------------------------------------------------------------------------


def holding_of(book: Book, number: int) -> Holding:
    """What a household's accounts hold, with what this batch has booked."""
    own = book.account(number)
    lots = [one for one in book.accounts_of(number) if one.class_ == "base"]
    base = sum(one.balance for one in lots)
    return Holding(number, own.balance, own.held, max(base, 0), tuple(one.number for one in lots))


def _next(session: Session, close: YearClose, limit: int) -> Sequence[Household]:
    return session.scalars(
        select(Household)
        .where(Household.community_id == close.community_id, col(Household.number) > close.cursor)
        .order_by(col(Household.number))
        .limit(limit)
    ).all()
