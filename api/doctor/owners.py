"""Whose account is whose: the one thing that the leaves do not say, against the accounts and against what people did."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from api.doctor.finding import Finding, Progress, trouble
from api.settings import Settings
from ledger import tables
from timebank.accounts import AccountOwner
from timebank.hours.attendance.tables import Visit
from timebank.hours.orders.rows import ServiceOrder
from timebank.people import communities
from timebank.storage import Storage

TOLD_MOST = 20


def owners(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """Accounts without an owner, lots of somebody else than their main account, and minutes that went to another's account."""
    with storage.read() as session:
        for place in communities.communities(session):
            found = _wrong(session, place.id)
            for code, says in islice(found, TOLD_MOST):
                yield trouble(code, says, place.code)
            if next(found, None) is not None:
                yield trouble("owner_differs", "and more accounts whose owner is wrong", place.code)


def _wrong(session: Session, community_id: int) -> Iterator[tuple[str, str]]:
    """(code, what is wrong) by account."""
    account, own, main = tables.account.c, aliased(AccountOwner), aliased(AccountOwner)
    query = (
        select(account.number, account.unit, account["class"], account.owner, account.erased, own, main)
        .outerjoin_from(
            tables.account, own, and_(col(own.community_id) == account.community_id, col(own.account) == account.number)
        )
        .outerjoin(main, and_(col(main.community_id) == account.community_id, col(main.account) == account.owner))
        .where(account.community_id == community_id)
        .order_by(account.number)
    )
    for number, unit, class_, owner, erased, its_own, of_main in session.execute(query):
        if its_own is None:
            if not erased:
                yield "owner_missing", f"account {number} belongs to nobody"
        elif (its_own.unit, its_own.class_, its_own.main) != (unit, class_, owner == number):
            yield "owner_differs", f"account {number} is {unit} {class_}, its owner's row says something else"
        elif of_main is None or (of_main.kind, of_main.owner_id) != (its_own.kind, its_own.owner_id):
            yield "owner_differs", f"account {number} belongs to somebody else than account {owner}, whose lot it is"
    for what, rows in _by_deeds(community_id):
        for number, seq in session.execute(rows):
            yield "owner_differs", f"account {number} belongs to somebody else than the {what} of entry {seq} names"


def _by_deeds(community_id: int) -> Iterator[tuple[str, Select[tuple[int, int]]]]:
    """(kind of row, accounts and entries): where a visit or an order moved minutes of a person whom it does not name."""
    posting = tables.posting.c
    visit, order = Visit, ServiceOrder
    given, paid = posting.amount > 0, posting.amount < 0
    for what, row, seq, wrong in (
        ("visit", visit, visit.entry_seq, and_(given, col(AccountOwner.owner_id) != col(visit.person_id))),
        (
            "order",
            order,
            order.capture_seq,
            or_(
                and_(given, col(AccountOwner.owner_id) != col(order.volunteer_id)),
                and_(paid, col(AccountOwner.owner_id) != col(order.recipient_id)),
            ),
        ),
    ):
        booked = and_(posting.community_id == row.community_id, posting.seq == seq)
        owned = and_(
            col(AccountOwner.community_id) == posting.community_id, col(AccountOwner.account) == posting.account
        )
        yield (
            what,
            select(posting.account, posting.seq)
            .select_from(row)
            .join(tables.posting, booked)
            .join(AccountOwner, owned)
            .where(col(row.community_id) == community_id, col(AccountOwner.kind) == "person", wrong)
            .order_by(posting.account, posting.seq),
        )
