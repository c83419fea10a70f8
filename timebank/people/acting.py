"""As whom a login acts in a community: what every request asks before anything else, so only the columns that it needs."""

import uuid
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from timebank.people.logins import LoginPerson
from timebank.people.residents import Person


class Acting(NamedTuple):
    """The person that a login is in one community."""

    person_id: uuid.UUID
    number: str
    household_id: uuid.UUID
    has_left: bool


# Made once: making a statement takes longer than running it.
_ACTING = (
    select(col(Person.id), col(Person.number), col(Person.household_id), col(Person.left_on).is_not(None))
    .join(
        LoginPerson,
        (col(LoginPerson.community_id) == col(Person.community_id)) & (col(LoginPerson.person_id) == col(Person.id)),
    )
    .where(col(LoginPerson.login_id) == bindparam("login_id"))
    .where(col(LoginPerson.community_id) == bindparam("community_id"))
)


def acting_in(session: Session, login_id: uuid.UUID, community_id: int) -> Acting | None:
    """Who this login is in this community; None: nobody."""
    row = session.connection().execute(_ACTING, {"login_id": login_id, "community_id": community_id}).first()
    return None if row is None else Acting(*row)
