"""Who signs in, with what, as whom, and with which roles.

A login is a human with a password. It links to any number of persons, one at most in each community; a person needs
no login. All tables here are global: they are written by `Storage.write_global`, never inside a community's batch.

What a visitor may try is counted here, in the database, so that a restart forgives nothing.
"""

import hashlib
import hmac
import secrets
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import argon2
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, delete, or_, update
from sqlalchemy.orm import Session
from sqlmodel import Field, SQLModel, select

from timebank.columns import Day, Id, Instant, Number, new_id
from timebank.errors import NotFound, Refused

OWN_DEVICE = timedelta(days=30)
SHARED_DEVICE = timedelta(hours=2)
TRIES = 5
TRIES_WITHIN = timedelta(minutes=15)
LOCKED_FOR = timedelta(minutes=15)
PHONE_SHARERS = 6
PASSWORD_LENGTHS = (8, 128)
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8

# A hash takes 64 MiB and an eighth of a second: many at once would take the village's little server down.
_hashing = threading.BoundedSemaphore(2)
_hasher = argon2.PasswordHasher()


class Login(SQLModel, table=True):
    """A human who signs in; `name` is for those who are no resident anywhere (operators, auditors)."""

    __tablename__ = "login"
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
    """This login is this person in this community; `number` is the person's own, to sign in with."""

    __tablename__ = "login_person"
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


class LoginSession(SQLModel, table=True):
    """One browser signed in, until it ends or is revoked; only the digest of its token is kept."""

    __tablename__ = "login_session"
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


class RoleGrant(SQLModel, table=True):
    """A role held at an area and everything below it, from a day until a day; by a login, or by a person."""

    __tablename__ = "role_grant"
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


class UsedCode(SQLModel, table=True):
    """The one-time code of this card has been used."""

    __tablename__ = "used_code"
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    person_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    card_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    used_at: datetime = Field(sa_type=Instant)


class Attempt(SQLModel, table=True):
    """Wrong tries at one thing (a keyed digest: the table tells nobody who was tried)."""

    __tablename__ = "attempt"
    subject: str = Field(primary_key=True)
    failures: int = Field(sa_type=Number)
    first_at: datetime = Field(sa_type=Instant)
    locked_until: datetime | None = Field(default=None, sa_type=Instant)


class Presence(SQLModel, table=True):
    """Where a login is serving now: one community at a time, until an end that needs nobody."""

    __tablename__ = "presence"
    __table_args__ = (ForeignKeyConstraint(["login_id"], ["login.id"], name="fk_presence_login"),)
    login_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    community_id: int = Field(sa_type=Number)
    since: datetime = Field(sa_type=Instant)
    until: datetime = Field(sa_type=Instant)


class WrongPassword(Refused):
    code = "wrong_password"
    status = 403


class WrongCode(Refused):
    code = "wrong_activation_code"
    status = 403


class Locked(Refused):
    code = "locked"
    status = 403


class CodeSpent(Refused):
    code = "activation_code_used"
    status = 409


class PasswordWeak(Refused):
    code = "password_weak"
    status = 422


class NameTaken(Refused):
    code = "sign_in_name_taken"
    status = 409


class AlreadyLinked(Refused):
    code = "person_linked_elsewhere"
    status = 409


class PresentElsewhere(Refused):
    code = "present_elsewhere"
    status = 409


# Opening a login


def open_login(session: Session, *, now: datetime, password_hash: str, name: str | None = None, phone: str | None = None) -> uuid.UUID:
    """Let somebody sign in; persons are linked to it afterwards."""
    if name is not None and session.scalars(select(Login.id).where(Login.name == name)).first():
        raise NameTaken(name=name)
    login = Login(id=new_id(now), name=name, phone=phone, password_hash=password_hash, created_at=now)
    session.add(login)
    session.flush()
    return login.id


def link(session: Session, *, now: datetime, login_id: uuid.UUID, community_id: int, person_id: uuid.UUID, number: str) -> None:
    """Say that this login is this person. Linking again is harmless.

    Raises:
        AlreadyLinked: the person has another login, or the login is another person there.
    """
    there = session.scalars(
        select(LoginPerson).where(
            LoginPerson.community_id == community_id,
            or_(LoginPerson.person_id == person_id, LoginPerson.login_id == login_id),
        )
    ).all()
    if any(link.login_id != login_id or link.person_id != person_id for link in there):
        raise AlreadyLinked(number=number)
    if not there:
        session.add(LoginPerson(community_id=community_id, person_id=person_id, login_id=login_id, number=number, linked_at=now))
        session.flush()


def activate(
    session: Session,
    *,
    now: datetime,
    community_id: int,
    person_id: uuid.UUID,
    number: str,
    card_id: uuid.UUID,
    password_hash: str | None,
    phone: str | None,
    login_id: uuid.UUID | None,
) -> uuid.UUID:
    """Turn the one-time code of a card into a sign-in, and return the login.

    The code was compared before. With `login_id` the person joins that login (somebody who serves in two
    communities). A person who has a login already gets the new password, and every other device is signed out: a new
    card is the way back in for who forgot the password.

    Raises:
        CodeSpent: this card's code was used before.
        AlreadyLinked: the person belongs to another login than the given one.
    """
    if session.get(UsedCode, (community_id, person_id, card_id)):
        raise CodeSpent(number=number)
    session.add(UsedCode(community_id=community_id, person_id=person_id, card_id=card_id, used_at=now))
    known = session.get(LoginPerson, (community_id, person_id))
    if known and login_id is None and password_hash is not None:
        session.execute(update(Login).where(Login.id == known.login_id).values(password_hash=password_hash, phone=phone))
        end_all_sessions(session, now=now, login_id=known.login_id)
        return known.login_id
    if login_id is None:
        if password_hash is None:
            raise PasswordWeak(least=PASSWORD_LENGTHS[0])
        login_id = open_login(session, now=now, password_hash=password_hash, phone=phone)
    link(session, now=now, login_id=login_id, community_id=community_id, person_id=person_id, number=number)
    return login_id


def activation_code(secret: bytes, *, community_id: int, person_id: uuid.UUID, card_id: uuid.UUID) -> str:
    """The one-time code printed on this card, such as `7KQM-2XHD`: made from the card, stored nowhere."""
    digest = hmac.digest(secret, b"activation:%d:%s:%s" % (community_id, person_id.bytes, card_id.bytes), "sha256")
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, letter = divmod(number, len(CODE_LETTERS))
        letters.append(CODE_LETTERS[letter])
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def same_code(typed: str, code: str) -> bool:
    """Whether what was typed is the code; small letters, spaces and missing dashes are forgiven."""
    plain = "".join(letter for letter in typed.upper() if letter.isascii() and letter.isalnum())
    return hmac.compare_digest(plain, code.replace("-", ""))


# Signing in


def candidates(session: Session, *, number: str, phone: str, name: str) -> list[Login]:
    """The logins that what was typed may mean, read as each of the three; several when elders share a phone."""
    by_number = select(LoginPerson.login_id).where(LoginPerson.number == number)
    found = session.scalars(
        select(Login)
        .where(Login.blocked_at.is_(None), or_(Login.id.in_(by_number), Login.phone == phone, Login.name == name))
        .order_by(Login.id)
        .limit(PHONE_SHARERS)
    )
    return list(found)


def by_name(session: Session, name: str) -> uuid.UUID | None:
    """The login of a sign-in name."""
    return session.scalars(select(Login.id).where(Login.name == name)).first()


def persons_of(session: Session, login_id: uuid.UUID) -> list[LoginPerson]:
    """Who this login is, by community."""
    return list(session.scalars(select(LoginPerson).where(LoginPerson.login_id == login_id).order_by(LoginPerson.community_id)))


def person_in(session: Session, login_id: uuid.UUID, community_id: int) -> LoginPerson | None:
    """Who this login is in this community."""
    return session.scalars(
        select(LoginPerson).where(LoginPerson.login_id == login_id, LoginPerson.community_id == community_id)
    ).first()


def login_of(session: Session, community_id: int, person_id: uuid.UUID) -> uuid.UUID | None:
    """The login of a person, if there is one."""
    known = session.get(LoginPerson, (community_id, person_id))
    return known.login_id if known else None


def hash_password(password: str, *, also_not: Sequence[str]) -> str:
    """The argon2id hash to keep; refuses what is short, or is the number or phone that is typed beside it.

    Takes an eighth of a second: call it outside of every transaction.
    """
    least, most = PASSWORD_LENGTHS
    plain = password.strip()
    if not least <= len(plain) <= most or plain.casefold() in {other.casefold() for other in also_not} or _is_a_row(plain):
        raise PasswordWeak(least=least)
    with _hashing:
        return _hasher.hash(password)


def password_matches(password_hash: str, password: str) -> bool:
    """Compare; takes an eighth of a second, outside of every transaction."""
    try:
        with _hashing:
            return _hasher.verify(password_hash, password[: PASSWORD_LENGTHS[1]])
    except argon2.exceptions.VerificationError:
        return False


def password_hash_of(session: Session, login_id: uuid.UUID) -> str:
    """What a login's password is compared with."""
    found = session.scalars(select(Login.password_hash).where(Login.id == login_id)).first()
    if found is None:
        raise NotFound(what="login")
    return found


def change_password(session: Session, *, now: datetime, login_id: uuid.UUID, password_hash: str) -> None:
    """Take a new password; every browser is signed out."""
    session.execute(update(Login).where(Login.id == login_id).values(password_hash=password_hash))
    end_all_sessions(session, now=now, login_id=login_id)


def spend_time_as_if(password: str) -> None:
    """Take as long as comparing, for a number that nobody has: an answer's time tells nothing."""
    password_matches(_nobody(), password)


def start_session(session: Session, *, now: datetime, login_id: uuid.UUID, shared_device: bool) -> str:
    """Sign a browser in; returns the token that its cookie carries and nothing else keeps."""
    token = secrets.token_urlsafe(32)
    ends_at = now + (SHARED_DEVICE if shared_device else OWN_DEVICE)
    session.add(
        LoginSession(
            id=new_id(now), login_id=login_id, token_digest=_digest(token), shared_device=shared_device, started_at=now, ends_at=ends_at
        )
    )
    session.flush()
    return token


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A session that is good now."""

    session_id: uuid.UUID
    login_id: uuid.UUID
    name: str | None
    phone: str | None
    shared_device: bool


def signed_in(session: Session, *, token: str, now: datetime) -> SignedIn | None:
    """Whose session a cookie's token is; None if it ended, was revoked, or never was."""
    row = session.execute(
        select(LoginSession, Login)
        .join(Login, Login.id == LoginSession.login_id)
        .where(LoginSession.token_digest == _digest(token), LoginSession.revoked_at.is_(None), LoginSession.ends_at > now)
        .where(Login.blocked_at.is_(None))
    ).first()
    if row is None:
        return None
    found, login = row
    return SignedIn(session_id=found.id, login_id=login.id, name=login.name, phone=login.phone, shared_device=found.shared_device)


def sessions_of(session: Session, *, login_id: uuid.UUID, now: datetime) -> list[LoginSession]:
    """Where this login is signed in now, newest first."""
    return list(
        session.scalars(
            select(LoginSession)
            .where(LoginSession.login_id == login_id, LoginSession.revoked_at.is_(None), LoginSession.ends_at > now)
            .order_by(LoginSession.started_at.desc())
        )
    )


def end_session(session: Session, *, now: datetime, login_id: uuid.UUID, session_id: uuid.UUID) -> None:
    """Sign one browser out. Ending again is harmless."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.login_id == login_id, LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def end_all_sessions(session: Session, *, now: datetime, login_id: uuid.UUID) -> None:
    """Sign every browser of this login out."""
    session.execute(update(LoginSession).where(LoginSession.login_id == login_id, LoginSession.revoked_at.is_(None)).values(revoked_at=now))


# Counting wrong tries


def refuse_if_locked(session: Session, *, subject: str, now: datetime) -> None:
    """Raises Locked while too many wrong tries were made at `subject`."""
    attempt = session.get(Attempt, subject)
    if attempt and attempt.locked_until and attempt.locked_until > now:
        raise Locked(minutes=-(-int((attempt.locked_until - now).total_seconds()) // 60))


def count_failure(session: Session, *, subject: str, now: datetime) -> int:
    """Count one wrong try and return how many are left; at 0 the subject is locked for a quarter of an hour."""
    attempt = session.get(Attempt, subject)
    if attempt is None:
        attempt = Attempt(subject=subject, failures=0, first_at=now)
    elif attempt.first_at + TRIES_WITHIN <= now:
        attempt.failures, attempt.first_at, attempt.locked_until = 0, now, None
    attempt.failures += 1
    if attempt.failures >= TRIES:
        attempt.locked_until = now + LOCKED_FOR
    session.add(attempt)
    session.flush()
    return max(0, TRIES - attempt.failures)


def forget_failures(session: Session, *, subject: str) -> None:
    """A right try ends the counting."""
    session.execute(delete(Attempt).where(Attempt.subject == subject))


# Roles


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
    session.execute(update(RoleGrant).where(RoleGrant.id == grant_id, RoleGrant.revoked_at.is_(None)).values(revoked_at=now))


def grants_of(session: Session, *, login_id: uuid.UUID, on: date) -> list[RoleGrant]:
    """The roles that a login holds on a day, its persons' roles included."""
    persons = select(LoginPerson.person_id).where(LoginPerson.login_id == login_id)
    return list(
        session.scalars(
            select(RoleGrant)
            .where(or_(RoleGrant.login_id == login_id, RoleGrant.person_id.in_(persons)))
            .where(RoleGrant.revoked_at.is_(None), RoleGrant.from_on <= on)
            .where(or_(RoleGrant.until_on.is_(None), RoleGrant.until_on >= on))
            .order_by(RoleGrant.id)
        )
    )


def grants_of_person(session: Session, *, community_id: int, person_id: uuid.UUID, on: date) -> list[RoleGrant]:
    """The roles that were given to a person and hold on a day."""
    return list(
        session.scalars(
            select(RoleGrant)
            .where(RoleGrant.community_id == community_id, RoleGrant.person_id == person_id)
            .where(RoleGrant.revoked_at.is_(None), RoleGrant.from_on <= on)
            .where(or_(RoleGrant.until_on.is_(None), RoleGrant.until_on >= on))
            .order_by(RoleGrant.id)
        )
    )


# Presence: one human is in one place


def arrive(session: Session, *, now: datetime, login_id: uuid.UUID, community_id: int, until: datetime) -> None:
    """Claim that this login serves in this community now; claimed before check-in, in a transaction of its own.

    Raises:
        PresentElsewhere: the login serves in another community until then.
    """
    there = session.get(Presence, login_id)
    if there and there.community_id != community_id and there.until > now:
        raise PresentElsewhere(community_id=there.community_id)
    session.merge(Presence(login_id=login_id, community_id=community_id, since=now, until=until))
    session.flush()


def leave(session: Session, *, login_id: uuid.UUID, community_id: int) -> None:
    """The login no longer serves there. Leaving again is harmless."""
    session.execute(delete(Presence).where(Presence.login_id == login_id, Presence.community_id == community_id))


_made_for_nobody: list[str] = []


def _nobody() -> str:
    if not _made_for_nobody:
        with _hashing:
            _made_for_nobody.append(_hasher.hash(secrets.token_hex(16)))
    return _made_for_nobody[0]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _is_a_row(password: str) -> bool:
    """`11111111`, `12345678`, `87654321`: what is guessed first."""
    steps = {ord(after) - ord(before) for before, after in zip(password, password[1:], strict=False)}
    return steps <= {0} or steps <= {1} or steps <= {-1}
