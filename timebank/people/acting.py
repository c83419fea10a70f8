"""Who asks, and as whom she acts in a community: what every request asks before anything else."""

import uuid
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, select
from sqlmodel import Session, col

from timebank.people.logins import Login, LoginPerson, LoginSession, Role, SignedIn, roles_of
from timebank.people.logins.sessions import digest_of
from timebank.people.residents import Person
from timebank.storage import Prepared


class Acting(NamedTuple):
    """The person that a login is in one community."""

    person_id: uuid.UUID
    number: str
    household_id: uuid.UUID
    has_left: bool


class Asking(NamedTuple):
    """Whose session it is, whom she acts as in the community, if as anybody, and the roles that she holds that day, wherever."""

    signed_in: SignedIn
    acting: Acting | None
    roles: list[Role]


_ASKING = Prepared(
    select(
        col(LoginSession.id),
        col(LoginSession.login_id),
        col(Login.name),
        col(Login.phone),
        col(LoginSession.shared_device),
        col(Person.id),
        col(Person.number),
        col(Person.household_id),
        col(Person.left_on).is_not(None),
    )
    .join(Login, col(Login.id) == col(LoginSession.login_id))
    .outerjoin(
        LoginPerson,
        and_(col(LoginPerson.login_id) == col(Login.id), col(LoginPerson.community_id) == bindparam("community_id")),
    )
    .outerjoin(
        Person,
        and_(col(Person.community_id) == col(LoginPerson.community_id), col(Person.id) == col(LoginPerson.person_id)),
    )
    .where(
        col(LoginSession.token_digest) == bindparam("token_digest"),
        col(LoginSession.revoked_at).is_(None),
        col(LoginSession.ends_at) > bindparam("now"),
        col(Login.blocked_at).is_(None),
    )
)


def who_asks(
    asked: Session | Connection, *, token: str, community_id: int | None, now: datetime, today: date
) -> Asking | None:
    """Whose session a cookie's token is; None if it ended, was revoked, or never was. Without a community she acts as nobody."""
    row = _ASKING.first(asked, token_digest=digest_of(token), community_id=community_id, now=now)
    if row is None:
        return None
    session_id, login_id, name, phone, shared_device, person_id, *of_person = row
    return Asking(
        SignedIn(session_id=session_id, login_id=login_id, name=name, phone=phone, shared_device=shared_device),
        None if person_id is None else Acting(person_id, *of_person),
        roles_of(asked, login_id=login_id, on=today),
    )
