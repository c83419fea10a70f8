"""A split or merge carried out: the register and the points change in one commit; and taken back while nothing was spent."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from ledger import book_of, tables
from ledger.entries import digest_of
from timebank import accounts, notices, policy
from timebank.errors import Refused
from timebank.people import household_history, households, kin, residents
from timebank.people.communities import community_of
from timebank.people.household_heads import HEADS
from timebank.people.household_members import checked_reason, living, make_head, open_household, settle
from timebank.people.households import Household
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require
from timebank.points import household_accounts
from timebank.points.awards.tables import BOOKED, REJECTED, REVERSED, WITHDRAWN, Award
from timebank.points.household_changes import following
from timebank.points.household_changes.asking import change_of, open_changes
from timebank.points.household_changes.states import DONE, after
from timebank.points.household_changes.tables import HouseholdChange
from timebank.points.household_changes.words_given import is_adult, members_of, missing
from timebank.points.publicity.tables import AwardCorrection
from timebank.points.shop.tables import ORDERED, ShopOrder
from timebank.points.years.reckoning import Holding, old_of, stored_holdings
from timebank.points.years.tables import YearClose, YearCloseLine

AT_END = (REJECTED, WITHDRAWN, BOOKED, REVERSED)


class HouseholdChangeBlocked(Refused):
    """Something must come to its end first (fact `blocks`: a list of `what:count`)."""

    code = "household_change_blocked"


class OwnHouseholdChange(Refused):
    """It is the clerk's own household, or that of relatives."""

    code = "own_household_change"
    status = 403


class ShareTooLarge(Refused):
    """The agreed amount is more than the household has to spend (facts `share_steps`, `available_steps`)."""

    code = "share_too_large"


class HouseholdUndoOver(Refused):
    """It cannot be taken back any more (facts `number`, `why`: late, spent, ordered, awarded, changed)."""

    code = "household_undo_over"


class HouseholdUndoSecondPerson(Refused):
    """So many points are booked back by two people only: somebody else than who carried it out (fact `number`)."""

    code = "household_undo_second_person"
    status = 403


def carry_out(session: Session, *, actor: Actor, now: dt.datetime, change_id: uuid.UUID) -> dict[str, Any]:
    """Do what both sides agreed to, all of it or nothing.

    Raises:
        HouseholdChangeBlocked: what must end first, all of it in one list.
        OwnHouseholdChange, ShareTooLarge, HouseholdEnded.
    """
    change = change_of(session, community_of(actor), change_id)
    home = open_household(session, change.community_id, change.household_id)
    require(actor, "households.carry_out", community_id=change.community_id, area_path=home.area_path)
    state = after(change.state, "carry_out", number=change.number)
    _refuse_own(session, actor, change)
    if blocks := blocks_of(session, change):
        raise HouseholdChangeBlocked(blocks=blocks)
    today = today_in(session, change.community_id, now)
    rules = policy.of(session, change.community_id, today)
    if change.kind == "split":
        _split(session, change, home, actor=actor, now=now)
    else:
        _merge(session, change, home, actor=actor, now=now, today=today)
    change.state, change.done_at, change.done_on = state, now, today
    change.done_by, change.done_officer = actor.number, actor.officer
    change.undo_until = now + dt.timedelta(hours=rules.household_undo_hours)
    session.flush()
    if change.kind == "merge":
        following.leave_behind(session, change.community_id, change.household_id)
    _tell_all(session, change, f"household_{change.kind}", now=now)
    return {"code": "household_change_done", "change_id": change.id.hex, "points_steps": change.points_steps,
            "owed_steps": change.owed_steps, "entry": change.entry}  # fmt: skip


def blocks_of(session: Session, change: HouseholdChange, *, stored: bool = False) -> list[str]:
    """What must come to its end before this can be carried out, as `what:count`; nothing, if it can."""
    found = _closing(session, change)

    def add(what: str, query: Any) -> None:
        if count := session.scalar(query):
            found.append(f"{what}:{count}")

    own = change.community_id
    if words := len(missing(session, change)):
        found.append(f"words:{words}")
    if change.kind == "merge":
        mine = col(Award.household_id) == change.household_id
        add("awards", select(func.count()).where(col(Award.community_id) == own, mine, col(Award.state).not_in(AT_END)))
        add(
            "corrections",
            select(func.count())
            .join_from(
                AwardCorrection,
                Award,
                (col(AwardCorrection.community_id) == col(Award.community_id))
                & (col(AwardCorrection.award_id) == col(Award.id)),
            )
            .where(
                col(Award.community_id) == own,
                mine,
                col(AwardCorrection.confirmed_at).is_(None),
                col(AwardCorrection.declined_at).is_(None),
            ),
        )
        add(
            "shop_orders",
            select(func.count()).where(
                col(ShopOrder.community_id) == own,
                col(ShopOrder.household_id) == change.household_id,
                col(ShopOrder.state) == ORDERED,
            ),
        )
        main = accounts.find_main(session, own, change.household_id, "pt")
        if main is not None:
            holding = _holding(session, own, main, stored=stored)
            if holding.balance < 0:
                found.append("below_zero:1")
            if holding.held and not any(one.startswith("shop_orders") for one in found):
                found.append("held:1")
    return found


def _closing(session: Session, change: HouseholdChange) -> list[str]:
    """A year's close that runs: between two of its pieces points would slip past it, to a household that is done."""
    query = select(func.count()).where(
        col(YearClose.community_id) == change.community_id, col(YearClose.state).in_(("closing", "undoing"))
    )
    count = session.scalar(query)
    return [f"year_close:{count}"] if count else []


def waiting_for(session: Session, change: HouseholdChange) -> list[str]:
    """The same for reading, outside the write lane."""
    return blocks_of(session, change, stored=True)


def undo(session: Session, *, actor: Actor, now: dt.datetime, change_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """Take a change back as a whole, with both sides present, while its time lasts and nothing was spent since.

    Raises:
        HouseholdUndoOver, HouseholdUndoSecondPerson, OwnHouseholdChange.
        HouseholdChangeBlocked: a year is being closed, for some minutes.
    """
    change = change_of(session, community_of(actor), change_id)
    home = households.household(session, change.community_id, change.household_id)
    require(actor, "households.carry_out", community_id=change.community_id, area_path=home.area_path)
    state = after(change.state, "undo", number=change.number)
    _refuse_own(session, actor, change)
    reason = checked_reason(reason)
    if blocks := _closing(session, change):
        raise HouseholdChangeBlocked(blocks=blocks)
    assert change.other_id is not None
    if why := why_not_undone(session, change, now, moved_in_batch=book_of(session).moved_in_batch()):
        raise HouseholdUndoOver(number=change.number, why=why)
    today = today_in(session, change.community_id, now)
    _book_back(session, change, actor=actor, on=today)
    household_accounts.move_owed(session, change.community_id, change.other_id, change.household_id,
                                 change_id=change.id, steps=change.owed_steps, now=now)  # fmt: skip
    other = households.household(session, change.community_id, change.other_id)
    going = [(person, member.relation_before) for person, member in members_of(session, change)]
    settle(session, going, to=home, actor=actor, now=now, reason=reason)
    ended = other if change.kind == "split" else None
    home.closed_on = None
    if ended is not None:
        ended.closed_on = today
    for one, its_other in ((home, other), (other, home)):
        household_history.record(session, community_id=change.community_id, household_id=one.id, kind="undone",
                                 other_id=its_other.id, on_day=today, now=now, by=actor.number, reason=reason)  # fmt: skip
    change.state, change.closed_at, change.closed_by, change.closed_reason = state, now, actor.number, reason
    session.flush()
    _tell_all(session, change, "household_undone", now=now)
    return {"code": "household_change_undone", "change_id": change.id.hex}


def why_not_undone(
    session: Session, change: HouseholdChange, now: dt.datetime, *, moved_in_batch: frozenset[int] = frozenset()
) -> str:
    """Why a change cannot be taken back any more; empty while it can."""
    assert change.other_id is not None
    assert change.undo_until is not None
    assert change.done_at is not None
    if now >= change.undo_until:
        return "late"
    both = [change.household_id, change.other_id]
    last = max(seq for seq in (change.note, change.entry, change.base_entry) if seq is not None)
    for household_id in both:
        main = accounts.find_main(session, change.community_id, household_id, "pt")
        if main is None:
            continue
        # Of one that ended, base points count too: what lapsed of them may have come back by a correction since.
        gone = change.kind == "merge" and household_id == change.household_id
        numbers = [main, *(_base_of(session, change.community_id, main) if gone else ())]
        if any(one in moved_in_batch or _moved_since(session, change.community_id, one, last) for one in numbers):
            return "spent"
    if change.owed_steps and household_accounts.owes_less_since(
        session, change.community_id, both, change_id=change.id, since=change.done_at
    ):
        return (
            "spent"  # paid by base points that came since, or forgiven: no main account shows it, nor whose debt it was
        )
    if _base_of_undone_close(session, change):
        return "changed"
    ordered = select(func.count()).where(
        col(ShopOrder.community_id) == change.community_id,
        col(ShopOrder.household_id).in_(both),
        col(ShopOrder.ordered_at) > change.done_at,
    )
    if session.scalar(ordered):
        return "ordered"
    ends = change.other_id if change.kind == "split" else None
    if ends is not None and session.scalar(
        select(func.count()).where(col(Award.community_id) == change.community_id, col(Award.household_id) == ends)
    ):
        return "awarded"
    later = select(func.count()).where(
        col(HouseholdChange.community_id) == change.community_id,
        col(HouseholdChange.state) == DONE,
        col(HouseholdChange.done_at) > change.done_at,
        or_(col(HouseholdChange.household_id).in_(both), col(HouseholdChange.other_id).in_(both)),
    )
    moved = {person.household_id for person, _ in members_of(session, change)} != {change.other_id}
    if session.scalar(later) or open_changes(session, change.community_id, both) or moved:
        return "changed"
    return ""


# Splitting and merging -------------------------------------------------------------------------------------------------


def _split(session: Session, change: HouseholdChange, home: Household, *, actor: Actor, now: dt.datetime) -> None:
    taker = residents.person(session, change.community_id, change.taker_id)
    going = [(person, member.relation) for person, member in members_of(session, change)]
    here = {one.id for one in living(session, home)}
    if not {one.id for one, _ in going} <= here or change.giver_id not in here:
        raise HouseholdChangeBlocked(blocks=["members:1"])
    new = households.open_household(session, actor=actor, now=now, name=taker.name, area_path=change.area_path,
                                    address=change.address or home.address)  # fmt: skip
    change.other_id = new.id
    settle(session, going, to=new, actor=actor, now=now, reason=change.reason)
    make_head(session, taker, actor=actor, now=now, reason=change.reason)
    staying = living(session, home)
    if not any(one.relation in HEADS for one in staying):
        giver = next(one for one in staying if one.id == change.giver_id)
        make_head(session, giver, actor=actor, now=now, reason=change.reason)
    _record_both(session, change, ("split_off", "split_from"), actor=actor, now=now)
    holding = _own_holding(session, change)
    owed = household_accounts.owed(session, change.community_id, home.id)
    # What it is short of stays with it, and so do points for that: debts are no reason to split.
    stays = following.short(session, change.community_id, home.id) - (0 if change.share_steps is not None else owed)
    free = max(holding.balance - holding.held - stays, 0) if holding else 0
    steps = change.share_steps if change.share_steps is not None else free * (change.share_percent or 0) // 100
    if steps > free:
        raise ShareTooLarge(share_steps=steps, available_steps=free)
    _move_points(session, change, steps, owed * (change.share_percent or 0) // 100, holding, now=now)


def _merge(
    session: Session, change: HouseholdChange, home: Household, *, actor: Actor, now: dt.datetime, today: dt.date
) -> None:
    assert change.other_id is not None
    other = open_household(session, change.community_id, change.other_id)
    asked = {member.person_id: member for _, member in members_of(session, change)}
    here = living(session, home)
    if {one.id for one in here} != set(asked) or change.taker_id not in {one.id for one in living(session, other)}:
        raise HouseholdChangeBlocked(blocks=["members:1"])
    settle(
        session, [(one, asked[one.id].relation) for one in here], to=other, actor=actor, now=now, reason=change.reason
    )
    home.closed_on = today
    _record_both(session, change, ("merged_away", "merged_in"), actor=actor, now=now)
    holding = _own_holding(session, change)
    owed = household_accounts.owed(session, change.community_id, home.id)
    if holding and holding.base:
        legs = book_of(session).debit(holding.account, holding.base, credits={accounts.LAPSED_PT: holding.base})
        detail = {"use_case": "households.lapse_base", "household_change": change.id.hex, "credited": holding.base}
        entry = book_of(session).post(legs, on=today, detail=detail)
        change.base_steps, change.base_entry = holding.base, entry
    _move_points(session, change, holding.balance if holding else 0, owed, holding, now=now)


def _move_points(
    session: Session, change: HouseholdChange, steps: int, owed: int, holding: Holding | None, *, now: dt.datetime
) -> None:
    """Book what goes to the other household, under a note of what was agreed."""
    assert change.other_id is not None
    book, today = book_of(session), today_in(session, change.community_id, now)
    agreed: dict[str, int | str | None] = {"kind": change.kind, "number": change.number, "share_percent": change.share_percent or 0,
              "share_steps": change.share_steps or 0, "steps": steps, "owed_steps": owed}  # fmt: skip
    change.note = book.note("household_change", str(change.number), digest_of(**agreed))
    if steps and holding:
        old = min(steps, old_of(session, change.community_id, change.household_id, holding, now=now))
        to = household_accounts.main_account(session, change.community_id, change.other_id)
        legs = book.debit(holding.account, steps, credits={to: steps})
        detail = {"use_case": f"households.{change.kind}", "household_change": change.id.hex, "number": change.number,
                  "share_percent": change.share_percent or 0, "credited": steps}  # fmt: skip
        # Set together: no query stands between them, which would write one without the other.
        entry = book.post(legs, on=today, cites=change.note, detail=detail)
        change.points_steps, change.old_steps, change.entry = steps, old, entry
    if owed:
        change.owed_steps = owed
        household_accounts.move_owed(session, change.community_id, change.household_id, change.other_id,
                                     change_id=change.id, steps=owed, now=now)  # fmt: skip


def _book_back(session: Session, change: HouseholdChange, *, actor: Actor, on: dt.date) -> None:
    book = book_of(session)
    rule = book.rule
    volume = max(change.points_steps, change.base_steps)
    officers = {actor.officer, change.done_officer or actor.officer}
    if rule is not None and volume >= rule.two_from("pt") and len(officers) < 2:
        raise HouseholdUndoSecondPerson(number=change.number)
    detail = {"use_case": "households.undo", "household_change": change.id.hex}
    if change.entry is not None:
        change.undo_entry = book.reverse(change.entry, on=on, reason="household_change_undone", approvers=officers,
                                         detail={**detail, "credited": change.points_steps})  # fmt: skip
    if change.base_entry is not None:
        change.undo_base_entry = book.reverse(change.base_entry, on=on, reason="household_change_undone",
                                              approvers=officers, detail={**detail, "credited": change.base_steps})  # fmt: skip


# Shared ----------------------------------------------------------------------------------------------------------------


def _tell_all(session: Session, change: HouseholdChange, kind: str, *, now: dt.datetime) -> None:
    """Tell both who speak for the sides, and every adult who moved."""
    today = today_in(session, change.community_id, now)
    moved = [person.id for person, _ in members_of(session, change) if is_adult(person, today)]
    people = list(dict.fromkeys([change.giver_id, change.taker_id, *moved]))
    notices.tell_all(session, community_id=change.community_id, person_ids=people, kind=kind,
                     facts={"change_number": change.number}, now=now)  # fmt: skip


def _record_both(
    session: Session, change: HouseholdChange, kinds: tuple[str, str], *, actor: Actor, now: dt.datetime
) -> None:
    assert change.other_id is not None
    today = today_in(session, change.community_id, now)
    for kind, one, other in zip(kinds, (change.household_id, change.other_id),
                                (change.other_id, change.household_id), strict=True):  # fmt: skip
        household_history.record(session, community_id=change.community_id, household_id=one, kind=kind, other_id=other,
                                 on_day=today, now=now, by=actor.number, reason=change.reason)  # fmt: skip


def _refuse_own(session: Session, actor: Actor, change: HouseholdChange) -> None:
    for household_id in (change.household_id, change.other_id):
        if household_id is None or actor.person_id is None:
            continue
        if kin.are_near(session, change.community_id, actor.person_id, household_id):
            raise OwnHouseholdChange


def _base_of_undone_close(session: Session, change: HouseholdChange) -> bool:
    """Whether base points lapsed with the merge that a close had given, and the close was undone since: they are nobody's."""
    if change.base_entry is None:
        return False
    query = (
        select(func.count())
        .join_from(
            YearCloseLine,
            YearClose,
            (col(YearClose.community_id) == col(YearCloseLine.community_id))
            & (col(YearClose.id) == col(YearCloseLine.close_id)),
        )
        .where(
            col(YearCloseLine.community_id) == change.community_id,
            col(YearCloseLine.household_id) == change.household_id,
            col(YearCloseLine.base_entry).is_not(None),
            col(YearCloseLine.undo_base_entry).is_(None),
            col(YearClose.undone_at) >= change.done_at,
        )
    )
    return bool(session.scalar(query))


def _own_holding(session: Session, change: HouseholdChange) -> Holding | None:
    main = accounts.find_main(session, change.community_id, change.household_id, "pt")
    return None if main is None else _holding(session, change.community_id, main)


def _holding(session: Session, community_id: int, main: int, *, stored: bool = False) -> Holding:
    if stored:
        return stored_holdings(session, community_id, [main]).get(main, Holding(main, 0, 0, 0))
    book = book_of(session)
    own = book.account(main)
    base = sum(one.balance for one in book.accounts_of(main) if one.class_ == "base")
    return Holding(main, own.balance, own.held, max(base, 0))


def _base_of(session: Session, community_id: int, main: int) -> Sequence[int]:
    return stored_holdings(session, community_id, [main]).get(main, Holding(main, 0, 0, 0)).base_accounts


def _moved_since(session: Session, community_id: int, main: int, last: int) -> bool:
    """Whether an entry after `last` moved the account."""
    posting = tables.posting.c
    newest = select(func.max(posting.seq)).where(posting.community_id == community_id, posting.account == main)
    return int(session.scalar(newest) or 0) > last
