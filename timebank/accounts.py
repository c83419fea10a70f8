"""The chart of accounts: which account is whose, and the fixed ones of a community.

| number | account | what it is |
|---|---|---|
| 1 | issue:min | where credited minutes come from, within the yearly quota |
| 2 | opening:min | opening balances from old books |
| 3 | pool:min | donations, overflow, lapsed lots |
| 4 | fund:min | hardship grants and guarantees are paid from it |
| 11 | issue:pt | where awarded points come from, within the yearly quota |
| 12 | opening:pt | opening balances from old books |
| 13 | lapsed:pt | what was not carried over at the year's end |
| 14 | returned:pt | deductions |
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Sequence
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, bindparam, insert, select
from sqlmodel import Field, Session, SQLModel, col

from ledger import book_of, rows
from timebank.columns import Id, Number
from timebank.errors import NotFound
from timebank.storage import Prepared, next_number

ISSUE_MIN = 1
OPENING_MIN = 2
POOL_MIN = 3
FUND_MIN = 4
ISSUE_PT = 11
OPENING_PT = 12
LAPSED_PT = 13
RETURNED_PT = 14
FIRST_OTHER = 1001  # accounts of people, households, merchants and teams begin here

FIXED = {
    ISSUE_MIN: ("min", "issue"),
    OPENING_MIN: ("min", "opening"),
    POOL_MIN: ("min", "pool"),
    FUND_MIN: ("min", "fund"),
    ISSUE_PT: ("pt", "issue"),
    OPENING_PT: ("pt", "opening"),
    LAPSED_PT: ("pt", "lapsed"),
    RETURNED_PT: ("pt", "returned"),
}

# The class of an owner's main account, by kind of owner and unit.
MAIN_CLASS = {
    ("person", "min"): "member",
    ("household", "pt"): "household",
    ("merchant", "pt"): "redeemed",
    ("team", "min"): "team",
}

# What the accounts of a class may pay into; a class without a row may pay into any.
MAY_PAY = {
    "grant": ("member", "pool"),  # spent on service or lapsed, never given on
    "gift": ("member", "pool"),
    "team": ("pool",),
    "base": ("lapsed", "returned"),  # base points cannot be redeemed
}


class AccountOwner(SQLModel, table=True):
    """Whose an account is. The ledger knows numbers only; this row is what erasing a person takes away."""

    __tablename__: ClassVar[str] = "account_owner"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('person', 'household', 'merchant', 'team', 'community')", name="ck_account_owner_kind"
        ),
        CheckConstraint("unit IN ('min', 'pt')", name="ck_account_owner_unit"),
        Index("ix_account_owner_owner", "community_id", "owner_id", "unit"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    account: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str
    owner_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    unit: str
    class_: str = Field(sa_column_kwargs={"name": "class"})
    main: bool


def open_fixed(session: Session, community_id: int) -> None:
    """Open the fixed accounts of a new community."""
    book = book_of(session)
    for number, (unit, class_) in FIXED.items():
        book.open(number, unit=unit, class_=class_)
        session.add(
            AccountOwner(
                community_id=community_id, account=number, kind="community", unit=unit, class_=class_, main=True
            )
        )


def open_main(
    session: Session, community_id: int, *, kind: str, owner_id: uuid.UUID, unit: str, ceiling: int | None = None
) -> int:
    """Open the main account of a person, household, merchant or team; returns its number."""
    class_ = MAIN_CLASS[kind, unit]
    number = _next_account(session, community_id)
    book_of(session).open(number, unit=unit, class_=class_, ceiling=ceiling, to=MAY_PAY.get(class_))
    session.add(
        AccountOwner(
            community_id=community_id, account=number, kind=kind, owner_id=owner_id, unit=unit, class_=class_, main=True
        )
    )
    return number


def open_mains(
    session: Session,
    community_id: int,
    *,
    kind: str,
    unit: str,
    owner_ids: Sequence[uuid.UUID],
    ceiling: int | None = None,
) -> dict[uuid.UUID, int]:
    """The main accounts of many owners, opened where there was none: a handful of statements for an import of thousands."""
    wanted = list(dict.fromkeys(owner_ids))
    found: dict[uuid.UUID, int] = {}
    for start in range(0, len(wanted), 1000):
        query = select(AccountOwner).where(
            col(AccountOwner.community_id) == community_id,
            col(AccountOwner.owner_id).in_(wanted[start : start + 1000]),
            col(AccountOwner.unit) == unit,
            col(AccountOwner.main),
        )
        found |= {row.owner_id: row.account for row in session.scalars(query) if row.owner_id}
    missing = [owner_id for owner_id in wanted if owner_id not in found]
    if not missing:
        return found
    class_ = MAIN_CLASS[kind, unit]
    first = next_number(session, community_id, "account", count=len(missing)) + FIRST_OTHER - 1
    book = book_of(session)
    made = []
    for number, owner_id in enumerate(missing, start=first):
        book.open(number, unit=unit, class_=class_, ceiling=ceiling, to=MAY_PAY.get(class_))
        found[owner_id] = number
        made.append(
            {
                "community_id": community_id,
                "account": number,
                "kind": kind,
                "owner_id": owner_id,
                "unit": unit,
                "class_": class_,
                "main": True,
            }
        )
    session.execute(insert(AccountOwner), made)
    return found


def mains_of(session: Session, community_id: int, owner_ids: Iterable[bytes], unit: str) -> dict[bytes, int]:
    """The main accounts of many owners, by the bytes of their ids, without a row object for each; who has none is left out."""
    wanted, found = list(dict.fromkeys(owner_ids)), dict[bytes, int]()
    for start in range(0, len(wanted), 1000):
        some = wanted[start : start + 1000]
        found |= {
            bytes(owner): account
            for owner, account in rows.fetch(
                session.connection(),
                "SELECT owner_id, account FROM account_owner WHERE community_id = ? AND unit = ? AND main"  # noqa: S608  # only marks for values
                f" AND owner_id IN ({', '.join('?' * len(some))})",
                (community_id, unit, *some),
            )
        }
    return found


def open_lot(
    session: Session, community_id: int, *, main_account: int, class_: str, ends: datetime.datetime | None
) -> int:
    """The open lot of this class and end that belongs to a main account, opened on first need."""
    book = book_of(session)
    ends_ms = None if ends is None else int(ends.timestamp() * 1000)
    for lot in book.accounts_of(main_account):
        if (lot.class_, lot.ends) == (class_, ends_ms) and lot.number != main_account:
            return lot.number
    kind, owner_id = owner_of(session, community_id, main_account)
    unit = book.account(main_account).unit
    number = _next_account(session, community_id)
    book.open(number, unit=unit, class_=class_, owner=main_account, ends=ends, to=MAY_PAY.get(class_))
    session.add(
        AccountOwner(
            community_id=community_id,
            account=number,
            kind=kind,
            owner_id=owner_id,
            unit=unit,
            class_=class_,
            main=False,
        )
    )
    return number


def main(session: Session, community_id: int, owner_id: uuid.UUID, unit: str) -> int:
    """The number of the owner's main account.

    Raises:
        NotFound: none was opened.
    """
    number = find_main(session, community_id, owner_id, unit)
    if number is None:
        raise NotFound(account=str(owner_id), unit=unit)
    return number


# Made once: whatever moves something asks it.
_MAIN = Prepared(
    select(col(AccountOwner.account)).where(
        col(AccountOwner.community_id) == bindparam("community_id"),
        col(AccountOwner.owner_id) == bindparam("owner_id"),
        col(AccountOwner.unit) == bindparam("unit"),
        col(AccountOwner.main),
    )
)


def find_main(session: Session, community_id: int, owner_id: uuid.UUID, unit: str) -> int | None:
    """The number of the owner's main account, if there is one."""
    number: int | None = _MAIN.scalar(session, community_id=community_id, owner_id=owner_id, unit=unit)
    return number


def opened_or_main(
    session: Session, community_id: int, *, kind: str, owner_id: uuid.UUID, unit: str, ceiling: int | None = None
) -> int:
    """The owner's main account, opened now if there was none."""
    number = find_main(session, community_id, owner_id, unit)
    return (
        open_main(session, community_id, kind=kind, owner_id=owner_id, unit=unit, ceiling=ceiling)
        if number is None
        else number
    )


def owner_of(session: Session, community_id: int, account: int) -> tuple[str, uuid.UUID | None]:
    """The kind and id of an account's owner.

    Raises:
        NotFound: no such account, or its owner was erased.
    """
    row = session.get(AccountOwner, (community_id, account))
    if row is None:
        raise NotFound(account=account)
    return row.kind, row.owner_id


def owners_of(session: Session, community_id: int, accounts: Iterable[int]) -> dict[int, AccountOwner]:
    """The owners of several accounts, by account number."""
    query = select(AccountOwner).where(
        col(AccountOwner.community_id) == community_id, col(AccountOwner.account).in_(list(accounts))
    )
    return {row.account: row for row in session.scalars(query)}


def _next_account(session: Session, community_id: int) -> int:
    return next_number(session, community_id, "account") + FIRST_OTHER - 1
