"""Browsers that are signed in, and what may be typed to sign in."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, or_, select, update
from sqlmodel import Field, Session, SQLModel, col

from timebank.columns import Id, Instant, new_id
from timebank.errors import NotFound, Refused
from timebank.people.logins.opening import Login, LoginPerson

OWN_DEVICE = timedelta(days=30)

SHARED_DEVICE = timedelta(hours=2)

PHONE_SHARERS = 6


class LoginSession(SQLModel, table=True):
    """One browser signed in, until it ends or is revoked; only the digest of its token is kept."""

    __tablename__: ClassVar[str] = "login_session"
    __table_args__ = (
        UniqueConstraint("token_digest", name="uq_login_session_token"),
        ForeignKeyConstraint(["login_id"], ["login.id"], name="fk_login_session_login"),
        CheckConstraint("ends_at > started_at", name="ck_login_session_ends"),
        Index("ix_login_session_login", "login_id"),
    )
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    login_id: uuid.UUID = Field(sa_type=Id)
    token_digest: str
    shared_device: bool
    started_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A session that is good now."""

    session_id: uuid.UUID
    login_id: uuid.UUID
    name: str | None
    phone: str | None
    shared_device: bool


class WrongPassword(Refused):
    code = "wrong_password"
    status = 403


def candidates(session: Session, *, number: str, phone: str, name: str) -> list[Login]:
    """The logins that what was typed may mean, read as each of the three; several when elders share a phone."""
    by_number = select(col(LoginPerson.login_id)).where(col(LoginPerson.number) == number)
    found = session.scalars(
        select(Login)
        .where(
            col(Login.blocked_at).is_(None),
            or_(col(Login.id).in_(by_number), col(Login.phone) == phone, col(Login.name) == name),
        )
        .order_by(col(Login.id))
        .limit(PHONE_SHARERS)
    )
    return list(found)


def password_hash_of(session: Session, login_id: uuid.UUID) -> str:
    """What a login's password is compared with."""
    found = session.scalars(select(col(Login.password_hash)).where(col(Login.id) == login_id)).first()
    if found is None:
        raise NotFound(what="login")
    return found


def change_password(session: Session, *, now: datetime, login_id: uuid.UUID, password_hash: str) -> None:
    """Take a new password; every browser is signed out."""
    session.execute(update(Login).where(col(Login.id) == login_id).values(password_hash=password_hash))
    end_all_sessions(session, now=now, login_id=login_id)


def start_session(session: Session, *, now: datetime, login_id: uuid.UUID, shared_device: bool) -> str:
    """Sign a browser in; returns the token that its cookie carries and nothing else keeps."""
    token = secrets.token_urlsafe(32)
    ends_at = now + (SHARED_DEVICE if shared_device else OWN_DEVICE)
    session.add(
        LoginSession(
            id=new_id(now),
            login_id=login_id,
            token_digest=digest_of(token),
            shared_device=shared_device,
            started_at=now,
            ends_at=ends_at,
        )
    )
    session.flush()
    return token


def sessions_of(session: Session, *, login_id: uuid.UUID, now: datetime) -> list[LoginSession]:
    """Where this login is signed in now, newest first."""
    return list(
        session.scalars(
            select(LoginSession)
            .where(
                col(LoginSession.login_id) == login_id,
                col(LoginSession.revoked_at).is_(None),
                col(LoginSession.ends_at) > now,
            )
            .order_by(col(LoginSession.started_at).desc())
        )
    )


def end_session(session: Session, *, now: datetime, login_id: uuid.UUID, session_id: uuid.UUID) -> None:
    """Sign one browser out. Ending again is harmless."""
    session.execute(
        update(LoginSession)
        .where(
            col(LoginSession.id) == session_id,
            col(LoginSession.login_id) == login_id,
            col(LoginSession.revoked_at).is_(None),
        )
        .values(revoked_at=now)
    )


def end_all_sessions(session: Session, *, now: datetime, login_id: uuid.UUID) -> None:
    """Sign every browser of this login out."""
    session.execute(
        update(LoginSession)
        .where(col(LoginSession.login_id) == login_id, col(LoginSession.revoked_at).is_(None))
        .values(revoked_at=now)
    )


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
