"""Opening a community with its first two officers: the people who answer for its quotas and can then let others in."""

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from timebank import permissions
from timebank.errors import BadInput
from timebank.people import areas, cards, communities, residents
from timebank.people.residents import Particulars
from timebank.permissions import Actor
from timebank.spreadsheets import clean_name


def open_with_officers(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    community_id: int,
    code: str,
    name: str,
    area_code: str,
    profile: str,
    origin: str,
    public_key: bytes,
    officers: tuple[str, str],
) -> dict[str, Any]:
    """Open a community; its first two residents are the officers 1 and 2, each with a card to sign in with.

    Two different names, since one person cannot answer for a quota alone. Roles are given afterwards: they belong to
    no community's tables.
    """
    first, second = clean_name(officers[0]), clean_name(officers[1])
    if first == second:
        raise BadInput(fields={"second_officer": "two_people"})
    place = areas.area(session, area_code)
    permissions.require(actor, "communities.open_community", community_id=actor.community_id, area_path=place.path)
    opened = communities.open_community(
        session,
        actor=actor,
        now=now,
        community_id=community_id,
        code=code,
        name=name,
        area_code=area_code,
        profile=profile,
        origin=origin,
        public_key=public_key,
        approvers=(1, 2),
    )
    # An operator may see nobody; these two he has just named himself.
    clerk = replace(actor, community_id=community_id, trusted=True)
    people = [
        residents.admit(session, actor=clerk, now=now, particulars=Particulars(name=each)) for each in (first, second)
    ]
    ids = [person.id for person in people]
    cards.issue(session, actor=clerk, now=now, person_ids=ids)
    return {**opened, "officers": [person_id.hex for person_id in ids]}


def officers(session: Session, community_id: int) -> list[tuple[residents.Person, uuid.UUID | None]]:
    """The first two residents, and the working card of each."""
    found = [residents.by_serial(session, community_id, serial) for serial in (1, 2)]
    return [
        (person, card.id if (card := cards.current_card(session, community_id, person.id)) else None)
        for person in found
        if person is not None
    ]
