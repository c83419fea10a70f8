"""Logins, and the persons they are."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, bindparam, or_, select
from sqlmodel import Field, Session, SQLModel, col

from timebank.columns import Id, Instant, Number, new_id
from timebank.errors import Refused


class Login(SQLModel, table=True):
    """A human who signs in; `name` is for those who are no resident anywhere (operators, auditors)."""

    __tablename__: ClassVar[str] = "login"
    __table_args__ = (
        UniqueConstraint("name", name="uq_login_name"),
        CheckConstraint("name IS NULL OR length(name) BETWEEN 2 AND 40", name="ck_login_name"),
        CheckConstraint("phone IS NULL OR length(phone) BETWEEN 5 AND 20", name="ck_login_phone"),
        Index("ix_login_phone", "phone"),
    )
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    name: str | None = None
    phone: str | None = None
    password_hash: str
    created_at: datetime = Field(sa_type=Instant)
    blocked_at: datetime | None = Field(default=None, sa_type=Instant)


class LoginPerson(SQLModel, table=True):
    """A login is a person in this community; `number` is the person's own, to sign in with."""

    __tablename__: ClassVar[str] = "login_person"
    __table_args__ = (
        UniqueConstraint("login_id", "community_id", name="uq_login_person_one_a_community"),
        UniqueConstraint("number", name="uq_login_person_number"),
        ForeignKeyConstraint(["login_id"], ["login.id"], name="fk_login_person_login"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    person_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    login_id: uuid.UUID = Field(sa_type=Id)
    number: str
    linked_at: datetime = Field(sa_type=Instant)


# Made once: every request of somebody who is signed in asks it.
_PERSON_IN = select(LoginPerson).where(
    col(LoginPerson.login_id) == bindparam("login_id"), col(LoginPerson.community_id) == bindparam("community_id")
)


class NameTaken(Refused):
    code = "sign_in_name_taken"
    status = 409


class AlreadyLinked(Refused):
    code = "person_linked_elsewhere"
    status = 409


def open_login(
    session: Session, *, now: datetime, password_hash: str, name: str | None = None, phone: str | None = None
) -> uuid.UUID:
    """Let somebody sign in; persons are linked to it afterwards."""
    if name is not None and session.scalars(select(col(Login.id)).where(col(Login.name) == name)).first():
        raise NameTaken(name=name)
    login = Login(id=new_id(now), name=name, phone=phone, password_hash=password_hash, created_at=now)
    session.add(login)
    session.flush()
    return login.id


def link(
    session: Session, *, now: datetime, login_id: uuid.UUID, community_id: int, person_id: uuid.UUID, number: str
) -> None:
    """Say that this login is this person. Linking again is harmless.

    Raises:
        AlreadyLinked: the person has another login, or the login is another person there.
    """
    there = session.scalars(
        select(LoginPerson).where(
            col(LoginPerson.community_id) == community_id,
            or_(col(LoginPerson.person_id) == person_id, col(LoginPerson.login_id) == login_id),
        )
    ).all()
    if any(link.login_id != login_id or link.person_id != person_id for link in there):
        raise AlreadyLinked(number=number)
    if not there:
        session.add(
            LoginPerson(community_id=community_id, person_id=person_id, login_id=login_id, number=number, linked_at=now)
        )
        session.flush()


def by_name(session: Session, name: str) -> uuid.UUID | None:
    """The login of a sign-in name."""
    return session.scalars(select(col(Login.id)).where(col(Login.name) == name)).first()


def persons_of(session: Session, login_id: uuid.UUID) -> list[LoginPerson]:
    """Who this login is, by community."""
    return list(
        session.scalars(
            select(LoginPerson).where(col(LoginPerson.login_id) == login_id).order_by(col(LoginPerson.community_id))
        )
    )


def person_in(session: Session, login_id: uuid.UUID, community_id: int) -> LoginPerson | None:
    """Who this login is in this community."""
    return session.scalars(_PERSON_IN, {"login_id": login_id, "community_id": community_id}).first()


def login_of(session: Session, community_id: int, person_id: uuid.UUID) -> uuid.UUID | None:
    """The login of a person, if there is one."""
    known = session.get(LoginPerson, (community_id, person_id))
    return known.login_id if known else None
