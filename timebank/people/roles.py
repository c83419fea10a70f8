"""Who holds which role where: given and taken back by those who answer for it.

The grants themselves are rows of `logins`; here stands who may give what, and what a giver sees.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from timebank import permissions
from timebank.errors import NotFound, Refused
from timebank.people import areas, logins, residents
from timebank.people.logins import Login, LoginPerson, RoleGrant
from timebank.permissions import ROLES, Actor

# Staff who keep the register take volunteers in; who answers for a community names its officers; what reaches beyond
# a community is the operator's to give.
GIVEN_BY_DESK = frozenset({"volunteer", "recipient"})
GIVEN_BY_OPERATOR = frozenset(ROLES) - {"resident"}
GIVEN_BY_MANAGER = GIVEN_BY_OPERATOR - {"community_manager", "auditor", "operator"}


class RoleNotYours(Refused):
    """The actor may give some roles, but not this one."""

    code = "role_not_yours_to_give"
    status = 403


@dataclass(frozen=True, kw_only=True)
class Holder:
    """One role somebody holds; `name` is the person's, or the sign-in name of a login that is no resident."""

    grant_id: uuid.UUID
    role: str
    number: str
    name: str
    area_path: str
    area_name: str
    from_on: date
    until_on: date | None
    given_by: str


def givable(actor: Actor) -> frozenset[str]:
    """The roles that the actor may give here."""
    if actor.trusted or actor.has(frozenset({"operator"})):
        return GIVEN_BY_OPERATOR
    if actor.has(frozenset({"community_manager"})):
        return GIVEN_BY_MANAGER
    return GIVEN_BY_DESK if actor.has(frozenset({"desk_staff"})) else frozenset()


def give(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    role: str,
    area_path: str,
    from_on: date,
    until_on: date | None,
    login_id: uuid.UUID | None = None,
    person_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Give a role at an area from a day on: to a person of this community, or to a login. Global write.

    Giving what is held already is harmless, and returns what is held.

    Raises:
        Forbidden, RoleNotYours: not the actor's to give, or not at this area.
        NotFound: no such area, person or login.
    """
    refuse(session, actor=actor, role=role, area_path=area_path)
    if (login_id is None) == (person_id is None):
        raise NotFound(what="person")
    if person_id is not None:
        residents.person(session, _community(actor), person_id)
    held = session.scalars(
        select(RoleGrant).where(
            col(RoleGrant.role) == role,
            col(RoleGrant.area_path) == area_path,
            col(RoleGrant.login_id) == login_id,
            col(RoleGrant.person_id) == person_id,
            col(RoleGrant.from_on) == from_on,
            col(RoleGrant.until_on) == until_on,
            col(RoleGrant.revoked_at).is_(None),
        )
    ).first()
    if held is not None:
        return held.id
    return logins.grant(
        session,
        now=now,
        role=role,
        area_path=area_path,
        from_on=from_on,
        until_on=until_on,
        given_by=actor.number,
        login_id=login_id,
        community_id=_community(actor) if person_id is not None else None,
        person_id=person_id,
    )


def refuse(session: Session, *, actor: Actor, role: str, area_path: str) -> None:
    """Go on only where the actor may give this role at this area.

    Raises:
        Forbidden, RoleNotYours, NotFound (no such area).
    """
    permissions.require(actor, "roles.give", community_id=actor.community_id, area_path=area_path)
    if role not in givable(actor):
        raise RoleNotYours(role=role)
    if areas.by_path(session, area_path) is None:
        raise NotFound(what="area")


def take_back(session: Session, *, actor: Actor, now: datetime, grant_id: uuid.UUID) -> None:
    """End a role at once; who may give it may take it back. Global write; harmless when repeated.

    Raises:
        NotFound: no such grant at or below the actor's community.
    """
    held = session.get(RoleGrant, grant_id)
    if held is None or not held.area_path.startswith(actor.area_path):
        raise NotFound(what="role_grant")
    permissions.require(actor, "roles.take_back", community_id=actor.community_id, area_path=held.area_path)
    if held.role not in givable(actor):
        raise RoleNotYours(role=held.role)
    logins.revoke(session, now=now, grant_id=grant_id)


def holders(session: Session, *, actor: Actor, on: date) -> list[Holder]:
    """The roles held in this community and below on a day, by role and place; above it nobody is listed."""
    permissions.require(actor, "roles.holders", community_id=actor.community_id)
    grants = session.scalars(
        select(RoleGrant)
        .where(
            col(RoleGrant.area_path).startswith(actor.area_path, autoescape=True), col(RoleGrant.revoked_at).is_(None)
        )
        .where(or_(col(RoleGrant.until_on).is_(None), col(RoleGrant.until_on) >= on))
        .order_by(col(RoleGrant.role), col(RoleGrant.area_path), col(RoleGrant.id))
        .limit(2_000)
    ).all()
    people = residents.persons_of(session, _community(actor), {grant.person_id for grant in grants if grant.person_id})
    login_ids = [grant.login_id for grant in grants if grant.login_id]
    names = {login.id: login.name or "" for login in session.scalars(select(Login).where(col(Login.id).in_(login_ids)))}
    places = {place.path: place.name for place in areas.under(session, actor.area_path)}
    names_too = sees_names(actor)
    found = []
    for grant in grants:
        person = people.get(grant.person_id) if grant.person_id else None
        found.append(
            Holder(
                grant_id=grant.id,
                role=grant.role,
                number=person.number if person else "",
                name=(person.name if names_too else "")
                if person
                else names.get(grant.login_id, "")
                if grant.login_id
                else "",
                area_path=grant.area_path,
                area_name=places.get(grant.area_path, ""),
                from_on=grant.from_on,
                until_on=grant.until_on,
                given_by=grant.given_by,
            )
        )
    return found


def sees_names(actor: Actor) -> bool:
    """Whether who gives roles reads names beside numbers: an operator knows numbers, no names."""
    return actor.trusted or actor.has(frozenset({"community_manager", "desk_staff"}))


def not_to_sign_in_for(session: Session, *, actor: Actor, on: date) -> set[uuid.UUID]:
    """Whose one-time code the actor never sees: people of this community with more power than staff of the desk give.

    A code is the way into a sign-in, with all its roles, here and elsewhere; who answers for the community hands out
    those of its officers.
    """
    if actor.trusted or actor.has(frozenset({"community_manager", "operator"})):
        return set()
    holds = (
        col(RoleGrant.role).not_in(GIVEN_BY_DESK),
        col(RoleGrant.revoked_at).is_(None),
        or_(col(RoleGrant.until_on).is_(None), col(RoleGrant.until_on) >= on),
    )
    here, anywhere = aliased(LoginPerson), aliased(LoginPerson)
    of_persons = select(col(RoleGrant.person_id)).where(*holds, col(RoleGrant.community_id) == _community(actor))
    of_logins = (
        select(col(here.person_id))
        .outerjoin(anywhere, col(anywhere.login_id) == col(here.login_id))
        .join(
            RoleGrant,
            or_(
                col(RoleGrant.login_id) == col(here.login_id),
                and_(
                    col(RoleGrant.community_id) == col(anywhere.community_id),
                    col(RoleGrant.person_id) == col(anywhere.person_id),
                ),
            ),
        )
        .where(*holds, col(here.community_id) == _community(actor))
    )
    return {person_id for query in (of_persons, of_logins) for person_id in session.scalars(query) if person_id}


def _community(actor: Actor) -> int:
    if actor.community_id is None:
        raise NotFound(what="community")
    return actor.community_id
