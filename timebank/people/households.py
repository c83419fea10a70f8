"""Households (户): who lives together, and where. The points account is the household's; one-person households are normal."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, or_, select
from sqlmodel import Field, Session, SQLModel, col

from timebank import permissions
from timebank.columns import Day, Id, Instant, Number
from timebank.errors import NotFound
from timebank.people.communities import community_of
from timebank.permissions import Actor
from timebank.storage import new_id, next_number


class Household(SQLModel, table=True):
    """One household; `number` is ours and gap-free, `book_code` the one in the village's own register (户号)."""

    __tablename__: ClassVar[str] = "household"
    __table_args__ = (
        UniqueConstraint("community_id", "number", name="uq_household_number"),
        UniqueConstraint("community_id", "book_code", name="uq_household_book_code"),
        CheckConstraint("number > 0", name="ck_household_number"),
        CheckConstraint("length(name) <= 60", name="ck_household_name"),
        CheckConstraint("length(address) <= 200", name="ck_household_address"),
        Index("ix_household_area", "community_id", "area_path"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    name: str = ""
    book_code: str | None = None
    address: str = ""
    area_path: str
    opened_at: datetime = Field(sa_type=Instant)
    closed_on: date | None = Field(default=None, sa_type=Day)


def open_household(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    name: str,
    area_path: str,
    address: str = "",
    book_code: str | None = None,
) -> Household:
    """Take a household into the register. Writes; the row is flushed, so that persons can join it."""
    permissions.require(actor, "households.open_household", community_id=actor.community_id, area_path=area_path)
    community_id = community_of(actor)
    household = Household(
        community_id=community_id,
        id=new_id(now),
        number=next_number(session, community_id, "household"),
        name=name,
        book_code=book_code,
        address=address,
        area_path=area_path,
        opened_at=now,
    )
    session.add(household)
    session.flush()
    return household


def change_household(
    session: Session, *, actor: Actor, now: datetime, household_id: uuid.UUID, name: str, address: str, area_path: str
) -> dict[str, object]:
    """Correct the name, address or building of a household; its members live where it lives."""
    community_id = community_of(actor)
    found = household(session, community_id, household_id)
    permissions.require(actor, "households.change_household", community_id=community_id, area_path=found.area_path)
    found.name, found.address, found.area_path = name, address, area_path
    session.flush()
    return {"code": "household_changed", "household": found.id.hex}


def household(session: Session, community_id: int, household_id: uuid.UUID) -> Household:
    """One household; NotFound if the community has none of this id."""
    found = session.get(Household, (community_id, household_id))
    if found is None:
        raise NotFound(what="household")
    return found


def by_number(session: Session, community_id: int, number: int) -> Household:
    """The household of a number; NotFound if there is none."""
    query = select(Household).where(col(Household.community_id) == community_id, col(Household.number) == number)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(what="household", number=number)
    return found


def households_of(session: Session, community_id: int, ids: set[uuid.UUID]) -> dict[uuid.UUID, Household]:
    """Several households by id, in one query."""
    if not ids:
        return {}
    query = select(Household).where(col(Household.community_id) == community_id, col(Household.id).in_(list(ids)))
    return {found.id: found for found in session.scalars(query)}


def households(
    session: Session,
    community_id: int,
    *,
    text: str = "",
    after: int = 0,
    limit: int = 50,
    area_paths: Sequence[str] = (),
) -> list[Household]:
    """Households by number, those after number `after`; `text` is part of a name or address, or a register code."""
    query = (
        select(Household)
        .where(col(Household.community_id) == community_id, col(Household.number) > after)
        .order_by(col(Household.number))
        .limit(limit)
    )
    if area_paths:
        query = query.where(or_(*[col(Household.area_path).startswith(path, autoescape=True) for path in area_paths]))
    if text:
        meanings = [
            col(Household.name).contains(text, autoescape=True),
            col(Household.address).contains(text, autoescape=True),
            col(Household.book_code) == text,
        ]
        if text.isascii() and text.isdecimal():
            meanings.append(col(Household.number) == int(text[:15]))
        query = query.where(or_(*meanings))
    return list(session.scalars(query))
