"""Officers who decide in a community without being in its register: nobody can say to whom they are near.

Nobody decides on the own household or on relatives; that is asked by the register. Who signs in by a name alone, or is a
resident only elsewhere, has neither household nor relatives here: it is told, so that somebody looks.
"""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_, select
from sqlmodel import Session, col

from timebank.people.communities import Community
from timebank.people.logins import Login, LoginPerson, RoleGrant

DECIDING = ("reviewer", "committee", "supervision_committee", "community_manager")


@dataclass(frozen=True)
class Outsider:
    """Somebody who decides by these roles; `name` is that of her sign-in, or her number elsewhere."""

    name: str
    roles: tuple[str, ...]


def outsiders(session: Session, place: Community, on: date) -> list[Outsider]:
    """Who may decide in a community on a day and is nobody in its register, by name."""
    here = select(LoginPerson.login_id).where(col(LoginPerson.community_id) == place.id)  # type: ignore[call-overload]
    rows = session.execute(
        select(Login.id, Login.name, RoleGrant.role, RoleGrant.area_path)  # type: ignore[call-overload]
        .outerjoin(LoginPerson, col(LoginPerson.login_id) == Login.id)
        .join(
            RoleGrant,
            or_(
                col(RoleGrant.login_id) == Login.id,
                and_(
                    col(RoleGrant.community_id) == LoginPerson.community_id,
                    col(RoleGrant.person_id) == LoginPerson.person_id,
                ),
            ),
        )
        .where(
            col(RoleGrant.role).in_(DECIDING),
            col(RoleGrant.revoked_at).is_(None),
            col(RoleGrant.from_on) <= on,
            or_(col(RoleGrant.until_on).is_(None), col(RoleGrant.until_on) >= on),
            col(Login.blocked_at).is_(None),
            col(Login.id).not_in(here),
        )
    ).all()
    held: dict[uuid.UUID, tuple[str | None, set[str]]] = {}
    for login_id, name, role, area_path in rows:
        if place.area_path.startswith(area_path):
            held.setdefault(login_id, (name, set()))[1].add(role)
    elsewhere = {
        row.login_id: row.number
        for row in session.scalars(select(LoginPerson).where(col(LoginPerson.login_id).in_(list(held))))
    }
    return sorted(
        (Outsider(name or elsewhere.get(login_id, "—"), tuple(sorted(roles)))
         for login_id, (name, roles) in held.items()),
        key=lambda one: one.name,
    )  # fmt: skip
