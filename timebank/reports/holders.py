"""Whose an account is, as an auditor may see it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from ledger import reading
from ledger.rules import Account
from timebank import permissions
from timebank.accounts import AccountOwner, owners_of
from timebank.people import households, residents
from timebank.people.communities import community_of
from timebank.people.masking import mask_name
from timebank.permissions import Actor


@dataclass(frozen=True)
class Holder:
    """Whose an account is, as an auditor may see it: number and masked name. `kind` is empty where it was erased."""

    account: int
    unit: str
    class_: str
    kind: str = ""
    number: str = ""
    name: str = ""
    owner_id: uuid.UUID | None = None


def holders(session: Session, community_id: int, accounts: Iterable[int]) -> dict[int, Holder]:
    """Whose these accounts are, numbers and masked names, in three queries whatever their number."""
    wanted = sorted(set(accounts))
    owners = owners_of(session, community_id, wanted)
    names = _names(session, community_id, owners.values())
    known = {one.number: one for one in reading.accounts(session, community_id, numbers=wanted)}
    return {number: _holder(one, owners.get(number), names) for number, one in known.items()}


def accounts_of_person(session: Session, *, actor: Actor, number: str) -> list[Holder]:
    """The accounts of a person and of the household, by the person's number."""
    community_id = community_of(actor)
    permissions.require(actor, "reports.journal", community_id=community_id)
    return list(holders(session, community_id, accounts_of_number(session, community_id, number)).values())


def accounts_of_number(session: Session, community_id: int, number: str) -> list[int]:
    person = residents.by_number(session, community_id, number)
    owners = [person.id, *([person.household_id] if person.household_id else [])]
    query = select(col(AccountOwner.account)).where(
        col(AccountOwner.community_id) == community_id, col(AccountOwner.owner_id).in_(owners)
    )
    return list(session.scalars(query))


def _names(session: Session, community_id: int, owners: Iterable[AccountOwner]) -> dict[uuid.UUID, tuple[str, str]]:
    """Number and masked name of persons and households, by id."""
    ids: dict[str, list[uuid.UUID]] = {"person": [], "household": []}
    for owner in owners:
        if owner.owner_id is not None and owner.kind in ids:
            ids[owner.kind].append(owner.owner_id)
    person = residents.Person
    query = select(col(person.id), col(person.number), col(person.name)).where(
        col(person.community_id) == community_id, col(person.id).in_(ids["person"])
    )
    named = {id_: (number, mask_name(name)) for id_, number, name in session.execute(query)} if ids["person"] else {}
    for found in households.households_of(session, community_id, set(ids["household"])).values():
        named[found.id] = (str(found.number), mask_name(found.name) if found.name else "")
    return named


def _holder(account: Account, owner: AccountOwner | None, names: dict[uuid.UUID, tuple[str, str]]) -> Holder:
    if owner is None:
        return Holder(account.number, account.unit, account.class_)
    number, name = names.get(owner.owner_id, ("", "")) if owner.owner_id else ("", "")
    return Holder(account.number, account.unit, account.class_, owner.kind, number, name, owner.owner_id)
