"""The counter-entries of an award that was wrong, and where the points are that they take back.

They take back the very accounts that the award's entry moved. What lapsed of it since at a year's end is found among the
lapsed points; what a household that ended is short of falls on the one that goes on. Where nobody goes on, since all who
lived there were erased, nothing can be taken back: that is put on record by a note, with the reason, and the award stays
in the books.
"""

import datetime as dt

from sqlmodel import Session

from ledger import book_of
from ledger.entries import digest_of
from timebank import accounts
from timebank.people import households
from timebank.people.working_days import today_in
from timebank.points import household_accounts
from timebank.points.awards.tables import BOOKED, REVERSED, Award
from timebank.points.household_changes import following
from timebank.points.publicity.tables import AwardCorrection
from timebank.points.years import returning


def book(session: Session, award: Award, asked: AwardCorrection, *, approvers: list[int], now: dt.datetime) -> str:
    """Book an award back as far as anybody is there to take it from; the state that the award comes to.

    What the award paid of a shortfall is taken back first, then itself; what a wrong deduction took meanwhile is given back.
    """
    community_id, book = award.community_id, book_of(session)
    on = today_in(session, community_id, now)
    moves = household_accounts.moves_of(session, community_id, award.id)
    paid = [move.entry for move in moves if move.entry]
    entries = [entry for entry in (*reversed(paid), award.entry) if entry is not None]
    main = accounts.find_main(session, community_id, award.household_id, "pt")
    if entries and (main is None or book.account(main).closed is not None or _ended_for_good(session, award)):
        told = digest_of(award=award.id.hex, entry=award.entry, steps=award.credited_steps, reason=asked.reason)
        asked.note = book.note("award_unrecoverable", award.id.hex, told)
        return BOOKED
    detail = {"use_case": "publicity.correct", "award": award.id.hex, "correction": asked.id.hex}
    if asked.objection_id is not None:
        detail["objection"] = asked.objection_id.hex
    before, had = _own_and_base(session, main), _free(session, award)
    taken_later = household_accounts.undo_moves(session, community_id, award.id, now=now)
    if taken_later and main is not None:
        # First: a counter-entry may leave the returned points below zero, after which the ledger gives nothing of them.
        book.post({accounts.RETURNED_PT: -taken_later, main: taken_later}, on=on,
                  detail={**detail, "use_case": "publicity.give_back", "credited": taken_later})  # fmt: skip
    for entry in entries:
        asked.entry = book.reverse(entry, on=on, reason="award_corrected", approvers=approvers, detail=detail)
    unpaid = -sum(move.steps for move in moves if move.entry)
    if unpaid:
        # What it had paid is owed again; where the deduction was booked back before it, what that gave back is there for it.
        household_accounts.pay_shortfall(
            session, community_id, award.household_id, award_id=award.id, steps=unpaid, on=on, now=now, detail=detail,
            cites=None,
        )  # fmt: skip
    after = _own_and_base(session, main)
    if award.entry is not None:
        returning.give_back(
            session, community_id, award.household_id, award_id=award.id, booked=award.entry,
            taken_steps=before[0] - after[0], base_taken_steps=before[1] - after[1], on=on, now=now,
        )  # fmt: skip
    following.follow(session, community_id, award.household_id, on=on)
    _settle(session, award, had, unpaid, on=on, now=now, detail=detail)
    return REVERSED


def _settle(
    session: Session, award: Award, had: int, unpaid: int, *, on: dt.date, now: dt.datetime, detail: dict[str, str]
) -> None:
    """Let what a correction brought pay what is owed beside it, and who goes on what the award had paid for the one that ended.

    So nobody has points and owes them at once, and the returned points are there for who is given some back.
    """
    community_id = award.community_id
    goes_on = following.successor(session, community_id, award.household_id)
    for gone in following.left_behind(session, community_id).get(goes_on, ()):
        following.follow(session, community_id, gone, on=on)
    steps = max(_free(session, award) - had, unpaid if goes_on != award.household_id else 0)
    if steps > 0:
        household_accounts.pay_shortfall(
            session, community_id, goes_on, award_id=award.id, steps=steps, on=on, now=now, detail=detail, cites=None
        )


def _free(session: Session, award: Award) -> int:
    """What the household of an award, or the one that goes on for it, has on its own account and free."""
    goes_on = following.successor(session, award.community_id, award.household_id)
    main = accounts.find_main(session, award.community_id, goes_on, "pt")
    return 0 if main is None else max(book_of(session).account(main).available, 0)


def _ended_for_good(session: Session, award: Award) -> bool:
    """Whether its household ended in one where nobody lives any more."""
    goes_on = following.successor(session, award.community_id, award.household_id)
    home = households.household(session, award.community_id, goes_on)
    return goes_on != award.household_id and home.closed_on is not None


def _own_and_base(session: Session, main: int | None) -> tuple[int, int]:
    """What a household has on its own account, and of base points."""
    if main is None:
        return 0, 0
    lots = book_of(session).accounts_of(main)
    return sum(one.balance for one in lots if one.class_ != "base"), sum(
        one.balance for one in lots if one.class_ == "base"
    )
