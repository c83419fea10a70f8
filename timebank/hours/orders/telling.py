"""Whom an order's people hear of what happened: a notice in the same commit, with the number of the order and no names."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from timebank import notices
from timebank.columns import to_ms
from timebank.hours.orders.rows import ServiceOrder
from timebank.people import communities
from timebank.people.logins import RoleGrant
from timebank.people.residents import Person


def tell(
    session: Session, row: ServiceOrder, person_id: UUID | None, kind: str, *, now: datetime, **facts: Any
) -> None:
    """Tell one person of the order; nobody, where there is none."""
    if person_id is not None:
        tell_all(session, row, [person_id], kind, now=now, **facts)


def tell_all(
    session: Session, row: ServiceOrder, person_ids: Iterable[UUID], kind: str, *, now: datetime, **facts: Any
) -> None:
    """Tell several people the same, each once."""
    told = {"order_number": row.number, "order_id": str(row.id), "starts_at": to_ms(row.starts_at), **facts}
    notices.tell_all(
        session, community_id=row.community_id, person_ids=list(person_ids), kind=kind, facts=told, now=now
    )


def who_see_to(session: Session, row: ServiceOrder, role: str, recipient: Person, now: datetime) -> list[Person]:
    """Who holds a role where the recipient lives, the nearest first: her grid's before the community's."""
    community = communities.community(session, row.community_id)
    today: date = communities.local_day(community, now)
    query = (
        select(Person, RoleGrant.area_path)
        .join(
            RoleGrant,
            (col(RoleGrant.community_id) == Person.community_id) & (col(RoleGrant.person_id) == Person.id),
        )
        .where(
            col(Person.community_id) == row.community_id,
            col(Person.left_on).is_(None),
            col(RoleGrant.role) == role,
            col(RoleGrant.revoked_at).is_(None),
            col(RoleGrant.from_on) <= today,
            col(RoleGrant.until_on).is_(None) | (col(RoleGrant.until_on) >= today),
        )
        .order_by(col(Person.serial))
        .limit(500)
    )
    found = [(person, path) for person, path in session.execute(query) if recipient.area_path.startswith(path)]
    nearest = max((len(path) for _, path in found), default=0)
    return list({person.id: person for person, path in found if len(path) == nearest}.values())
