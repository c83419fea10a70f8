"""The statement of one account, as its holder reads it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlmodel import Session

from ledger import reading
from ledger.reading import Line
from ledger.rules import Account
from timebank import permissions
from timebank.accounts import AccountOwner, owners_of
from timebank.errors import NotFound
from timebank.people.communities import community_of
from timebank.permissions import Actor
from timebank.reports.holders import Holder, holders


@dataclass(frozen=True)
class Statement:
    """An account as its holder reads it, newest line first; `more` tells whether older lines follow."""

    account: Account
    holder: Holder
    lines: tuple[Line, ...]
    more: bool


def statement(session: Session, *, actor: Actor, account: int, before: int | None = None, limit: int = 50) -> Statement:
    """The statement of one account, for its owner, the desk and the auditor.

    Raises:
        NotFound: no such account.
        Forbidden: somebody else's account.
    """
    community_id = community_of(actor)
    found = next(iter(reading.accounts(session, community_id, numbers=[account])), None)
    owner = owners_of(session, community_id, [account]).get(account)
    person_id, household_id = _subject(owner)
    permissions.require(
        actor, "reports.statement", community_id=community_id, person_id=person_id, household_id=household_id
    )
    if found is None:
        raise NotFound(what="account", account=account)
    lines = reading.statement(session, community_id, account, before=before, limit=limit + 1)
    holder = holders(session, community_id, [account])[account]
    return Statement(found, holder, tuple(lines[:limit]), len(lines) > limit)


def _subject(owner: AccountOwner | None) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """The person and the household that a statement is about, for the permission table."""
    if owner is None:
        return None, None
    return owner.owner_id if owner.kind == "person" else None, owner.owner_id if owner.kind == "household" else None
