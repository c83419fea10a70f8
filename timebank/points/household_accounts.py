"""The points accounts of a household: one to spend from, a lot of base points that cannot be redeemed, and what it is short."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col, select

from ledger import book_of
from timebank import accounts
from timebank.columns import Id, Instant, Number, to_ms
from timebank.storage import new_id


class Shortfall(SQLModel, table=True):
    """What deductions could not take from a household; later awards pay it first."""

    __tablename__ = "household_shortfall"
    __table_args__ = (CheckConstraint("owed_steps >= 0", name="ck_household_shortfall_owed"),)

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    household_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    owed_steps: int = Field(sa_type=Number)


class ShortfallMove(SQLModel, table=True):
    """A shortfall that grew by a deduction (positive, no entry) or was paid from an award (negative, with the entry's seq).

    Where households split or merge, it moves from one to the other without an entry; `award_id` is then the change's id.
    """

    __tablename__ = "household_shortfall_move"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "household_id"],
            ["household_shortfall.community_id", "household_shortfall.household_id"],
            name="fk_household_shortfall_move_household",
        ),
        CheckConstraint("steps <> 0", name="ck_household_shortfall_move_steps"),
        Index("ix_household_shortfall_move_award", "community_id", "award_id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    household_id: uuid.UUID = Field(sa_type=Id)
    award_id: uuid.UUID = Field(sa_type=Id)
    steps: int = Field(sa_type=Number)
    entry: int | None = Field(default=None, sa_type=Number)
    moved_at: dt.datetime = Field(sa_type=Instant)


class LeftBehind(SQLModel, table=True):
    """What a household that ended in a merge is below zero by, after a late booking back: the one that goes on pays it.

    `base_returned_steps`: what had lapsed of its base points when it ended, and was given back for base points booked back.
    """

    __tablename__ = "household_left_behind"
    __table_args__ = (
        CheckConstraint(
            "steps >= 0 AND base_steps >= 0 AND base_returned_steps >= 0", name="ck_household_left_behind_steps"
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    household_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    steps: int = Field(default=0, sa_type=Number)
    base_steps: int = Field(default=0, sa_type=Number)
    base_returned_steps: int = Field(default=0, sa_type=Number)


@dataclass(frozen=True)
class Taken:
    """What a deduction booked (`entry` is None where there was nothing to take) and what it left as a shortfall."""

    entry: int | None
    taken_steps: int
    short_steps: int


def main_account(session: Session, community_id: int, household_id: uuid.UUID) -> int:
    """The account that a household redeems from; opened when it is first needed."""
    return accounts.opened_or_main(session, community_id, kind="household", owner_id=household_id, unit="pt")


def base_account(session: Session, community_id: int, household_id: uuid.UUID) -> int:
    """The household's lot of base points, which deductions take first and the shop never."""
    owner = main_account(session, community_id, household_id)
    return accounts.open_lot(session, community_id, main_account=owner, class_="base", ends=None)


def owed(session: Session, community_id: int, household_id: uuid.UUID) -> int:
    """What earlier deductions could not take and later awards will pay first, in steps."""
    row = session.get(Shortfall, (community_id, household_id))
    return row.owed_steps if row else 0


def take(
    session: Session,
    community_id: int,
    household_id: uuid.UUID,
    *,
    award_id: uuid.UUID,
    steps: int,
    on: dt.date,
    now: dt.datetime,
    detail: Mapping[str, Any],
    cites: int,
) -> Taken:
    """Deduct down to 0: base points first, then the household's own; the rest stays as a shortfall."""
    taken, entry = _debit(session, community_id, household_id, steps=steps, on=on, detail=detail, cites=cites)
    if steps > taken:
        _owe(session, community_id, household_id, award_id=award_id, steps=steps - taken, entry=None, now=now)
    return Taken(entry, taken, steps - taken)


def pay_shortfall(
    session: Session,
    community_id: int,
    household_id: uuid.UUID,
    *,
    award_id: uuid.UUID,
    steps: int,
    on: dt.date,
    now: dt.datetime,
    detail: Mapping[str, Any],
    cites: int | None,
) -> int | None:
    """Pay what the household owes out of an award just booked; the entry's seq, or None if nothing was owed."""
    paid = min(owed(session, community_id, household_id), steps)
    if not paid:
        return None
    told = {**detail, "use_case": "publicity.pay_shortfall"}
    taken, entry = _debit(session, community_id, household_id, steps=paid, on=on, detail=told, cites=cites)
    if taken:
        _owe(session, community_id, household_id, award_id=award_id, steps=-taken, entry=entry, now=now)
    return entry


def moves_of(session: Session, community_id: int, award_id: uuid.UUID) -> Sequence[ShortfallMove]:
    """How an award changed its household's shortfall, oldest first."""
    return session.scalars(
        select(ShortfallMove)
        .where(ShortfallMove.community_id == community_id, ShortfallMove.award_id == award_id)
        .order_by(col(ShortfallMove.id))
    ).all()


def move_owed(
    session: Session,
    community_id: int,
    from_id: uuid.UUID,
    to_id: uuid.UUID,
    *,
    change_id: uuid.UUID,
    steps: int,
    now: dt.datetime,
) -> None:
    """Let another household owe so much of what this one owed: households that split or merge. No entry: nothing was taken yet."""
    if steps:
        _owe(session, community_id, from_id, award_id=change_id, steps=-steps, entry=None, now=now)
        _owe(session, community_id, to_id, award_id=change_id, steps=steps, entry=None, now=now)


def owes_less_since(
    session: Session, community_id: int, household_ids: Sequence[uuid.UUID], *, change_id: uuid.UUID, since: dt.datetime
) -> bool:
    """Whether any of what these owed was paid or forgiven after `since`, but for what a change moved between them."""
    less = select(ShortfallMove.id).where(
        ShortfallMove.community_id == community_id,
        col(ShortfallMove.household_id).in_(household_ids),
        ShortfallMove.award_id != change_id,
        col(ShortfallMove.steps) < 0,
        col(ShortfallMove.moved_at) > since,
    )
    return session.scalars(less.limit(1)).first() is not None


def undo_moves(session: Session, community_id: int, award_id: uuid.UUID, *, now: dt.datetime) -> int:
    """Give back what an award's correction undoes of the shortfall; the entries are reversed by the caller.

    Returns:
        Steps of a deduction's shortfall that later awards have paid meanwhile: they are to be given back by an entry.
    """
    paid_meanwhile = 0
    for move in moves_of(session, community_id, award_id):
        if move.steps < 0:
            _owe(session, community_id, move.household_id, award_id=award_id, steps=-move.steps, entry=None, now=now)
            continue
        forgiven = _forgive(session, community_id, move.household_id, award_id=award_id, steps=move.steps, now=now)
        paid_meanwhile += move.steps - forgiven
    return paid_meanwhile


def short(session: Session, community_id: int, household_id: uuid.UUID) -> int:
    """What a household is short of in this write: what deductions could not take, and what a booking back left below zero."""
    number = accounts.find_main(session, community_id, household_id, "pt")
    lots = [] if number is None else book_of(session).accounts_of(number)
    return owed(session, community_id, household_id) + sum(max(-lot.available, 0) for lot in lots)


def _forgive(
    session: Session, community_id: int, household_id: uuid.UUID, *, award_id: uuid.UUID, steps: int, now: dt.datetime
) -> int:
    """Forgive what is left of a deduction's shortfall, also where a split or merge moved it on; how many steps that were."""
    forgiven, seen, wanted = 0, set[uuid.UUID](), [household_id]
    while wanted and forgiven < steps:
        owner = wanted.pop(0)
        if owner in seen:
            continue
        seen.add(owner)
        part = min(steps - forgiven, owed(session, community_id, owner))
        if part:
            _owe(session, community_id, owner, award_id=award_id, steps=-part, entry=None, now=now)
            forgiven += part
        wanted += _owes_for(session, community_id, owner)
    return forgiven


def _owes_for(session: Session, community_id: int, household_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """The households to which some of what this one owed was moved, the earliest first."""
    away, to = aliased(ShortfallMove), aliased(ShortfallMove)
    query = (
        select(to.household_id)
        .join(away, (col(away.community_id) == to.community_id) & (col(away.award_id) == to.award_id))
        .where(
            to.community_id == community_id,
            away.household_id == household_id,
            away.steps < 0,
            col(away.entry).is_(None),
            to.household_id != household_id,
            to.steps > 0,
        )
        .order_by(col(to.id))
    )
    return session.scalars(query).all()


def _debit(
    session: Session,
    community_id: int,
    household_id: uuid.UUID,
    *,
    steps: int,
    on: dt.date,
    detail: Mapping[str, Any],
    cites: int | None,
) -> tuple[int, int | None]:
    """Book as much of `steps` as is there to the returned points; what was taken, and the entry's seq."""
    book = book_of(session)
    owner = main_account(session, community_id, household_id)
    able = [a for a in book.accounts_of(owner) if a.may_credit(("returned",)) and not a.ended(to_ms(book.at))]
    takable = min(steps, sum(max(account.available - max(account.floor, 0), 0) for account in able))
    if not takable:
        return 0, None
    legs = book.debit(owner, takable, credits={accounts.RETURNED_PT: takable})
    return takable, book.post(legs, on=on, detail={**detail, "credited": takable}, cites=cites)


def _owe(
    session: Session,
    community_id: int,
    household_id: uuid.UUID,
    *,
    award_id: uuid.UUID,
    steps: int,
    entry: int | None,
    now: dt.datetime,
) -> None:
    row = session.get(Shortfall, (community_id, household_id))
    if row is None:
        row = Shortfall(community_id=community_id, household_id=household_id, owed_steps=0)
        session.add(row)
    row.owed_steps += steps
    session.flush()
    session.add(ShortfallMove(community_id=community_id, id=new_id(now), household_id=household_id, award_id=award_id,
                              steps=steps, entry=entry, moved_at=now))  # fmt: skip
