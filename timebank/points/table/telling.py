"""Who is told of a table: everybody who can sign in, and the members of the bodies."""

import datetime as dt
import uuid

from sqlalchemy import or_
from sqlmodel import Session, col, select

from timebank.people.logins.opening import LoginPerson
from timebank.people.residents import Person
from timebank.points.table.life_tables import PointsMember

MOST = 5_000


def villagers(session: Session, community_id: int) -> list[uuid.UUID]:
    """Residents who can sign in: the others read the notice board."""
    return list(
        session.scalars(
            select(col(LoginPerson.person_id))
            .join(
                Person,
                (col(Person.community_id) == LoginPerson.community_id) & (col(Person.id) == LoginPerson.person_id),
            )
            .where(LoginPerson.community_id == community_id, col(Person.left_on).is_(None))
            .order_by(col(LoginPerson.person_id))
            .limit(MOST)
        )
    )


def members_of_bodies(session: Session, community_id: int, day: dt.date) -> list[uuid.UUID]:
    """Who sits in any body on a day."""
    return list(
        session.scalars(
            select(col(PointsMember.person_id))
            .where(
                PointsMember.community_id == community_id,
                col(PointsMember.since_on) <= day,
                or_(col(PointsMember.until_on).is_(None), col(PointsMember.until_on) >= day),
            )
            .distinct()
            .limit(MOST)
        )
    )
