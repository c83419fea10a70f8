"""Roles as rows: given to a login or to a person, at an area, from a day until a day."""

import uuid
from datetime import date, datetime
from typing import ClassVar, NamedTuple

from sqlalchemy import CheckConstraint, Connection, ForeignKeyConstraint, Index, bindparam, or_, select, update
from sqlmodel import Field, Session, SQLModel, col

from timebank.columns import Day, Id, Instant, Number, new_id
from timebank.errors import NotFound
from timebank.people.logins.opening import LoginPerson
from timebank.storage import Prepared


class RoleGrant(SQLModel, table=True):
    """A role held at an area and everything below it, from a day until a day; by a login, or by a person."""

    __tablename__: ClassVar[str] = "role_grant"
    __table_args__ = (
        CheckConstraint(
            "(login_id IS NOT NULL AND person_id IS NULL AND community_id IS NULL)"
            " OR (login_id IS NULL AND person_id IS NOT NULL AND community_id IS NOT NULL)",
            name="ck_role_grant_holder",
        ),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ck_role_grant_days"),
        ForeignKeyConstraint(["login_id"], ["login.id"], name="fk_role_grant_login"),
        Index("ix_role_grant_login", "login_id"),
        Index("ix_role_grant_person", "community_id", "person_id"),
        Index("ix_role_grant_area", "area_path"),
    )
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    login_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    community_id: int | None = Field(default=None, sa_type=Number)
    person_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    role: str
    area_path: str
    from_on: date = Field(sa_type=Day)
    until_on: date | None = Field(default=None, sa_type=Day)
    given_by: str
    given_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


# Made once, since every request of somebody who is signed in asks it.
# By the login and by its persons, each by its index: together, by OR, they would go through all grants.
_HOLDS = (
    col(RoleGrant.revoked_at).is_(None),
    col(RoleGrant.from_on) <= bindparam("on_day"),
    or_(col(RoleGrant.until_on).is_(None), col(RoleGrant.until_on) >= bindparam("on_day")),
)
_HELD = (
    select(col(RoleGrant.id), col(RoleGrant.role), col(RoleGrant.area_path), col(RoleGrant.person_id))
    .where(col(RoleGrant.login_id) == bindparam("login_id"), *_HOLDS)
    .union_all(
        select(col(RoleGrant.id), col(RoleGrant.role), col(RoleGrant.area_path), col(RoleGrant.person_id))
        .join(
            LoginPerson,
            (col(LoginPerson.community_id) == col(RoleGrant.community_id))
            & (col(LoginPerson.person_id) == col(RoleGrant.person_id)),
        )
        .where(col(LoginPerson.login_id) == bindparam("login_id"), *_HOLDS)
    )
    .subquery()
)
_ROLES = Prepared(select(_HELD.c.role, _HELD.c.area_path, _HELD.c.person_id).order_by(_HELD.c.id))
_GRANTS = select(RoleGrant).where(col(RoleGrant.id).in_(select(_HELD.c.id))).order_by(col(RoleGrant.id))


def grant(
    session: Session,
    *,
    now: datetime,
    role: str,
    area_path: str,
    from_on: date,
    until_on: date | None,
    given_by: str,
    login_id: uuid.UUID | None = None,
    community_id: int | None = None,
    person_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Give a role at an area: to a login (operators, auditors), or to a person, who may have no login yet."""
    given = RoleGrant(
        id=new_id(now),
        login_id=login_id,
        community_id=community_id,
        person_id=person_id,
        role=role,
        area_path=area_path,
        from_on=from_on,
        until_on=until_on,
        given_by=given_by,
        given_at=now,
    )
    session.add(given)
    session.flush()
    return given.id


def revoke(session: Session, *, now: datetime, grant_id: uuid.UUID) -> None:
    """End a role at once. Revoking again is harmless."""
    if session.get(RoleGrant, grant_id) is None:
        raise NotFound(what="role_grant")
    session.execute(
        update(RoleGrant)
        .where(col(RoleGrant.id) == grant_id, col(RoleGrant.revoked_at).is_(None))
        .values(revoked_at=now)
    )


def grants_of(session: Session, *, login_id: uuid.UUID, on: date) -> list[RoleGrant]:
    """The roles that a login holds on a day, its persons' roles included."""
    return list(session.scalars(_GRANTS, {"login_id": login_id, "on_day": on}))


class Role(NamedTuple):
    """A role that is held over an area; `person_id` if it was given to a person, not to the login."""

    role: str
    area_path: str
    person_id: uuid.UUID | None


def roles_of(asked: Session | Connection, *, login_id: uuid.UUID, on: date) -> list[Role]:
    """What `grants_of` gives, as every request needs it: without the rows behind it."""
    return [Role(*row) for row in _ROLES.rows(asked, login_id=login_id, on_day=on)]


def grants_of_person(session: Session, *, community_id: int, person_id: uuid.UUID, on: date) -> list[RoleGrant]:
    """The roles that were given to a person and hold on a day."""
    return list(
        session.scalars(
            select(RoleGrant)
            .where(col(RoleGrant.community_id) == community_id, col(RoleGrant.person_id) == person_id)
            .where(col(RoleGrant.revoked_at).is_(None), col(RoleGrant.from_on) <= on)
            .where(or_(col(RoleGrant.until_on).is_(None), col(RoleGrant.until_on) >= on))
            .order_by(col(RoleGrant.id))
        )
    )
