"""Opening a community from outside: its signing seed first, then its log and all that belongs to it, then roles.

One function for the page and the command line, since the seed and the database must not fall out of step: a seed that
was made for an opening that failed is used by the next try.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from api.keys import SigningKeys
from timebank.people import communities, logins, opening, residents
from timebank.permissions import Actor
from timebank.storage import Storage


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What an operator says of a new community; the two officers answer for its first quotas."""

    code: str
    name: str
    area_code: str
    profile: str
    officers: tuple[str, str]


def open_community(
    storage: Storage, keys: SigningKeys, *, installation: str, actor: Actor, key: uuid.UUID, asked: Opening
) -> dict[str, Any]:
    """Make the community, and both officers its managers.

    Raises:
        CommunityCodeTaken, CommunityRefused, UnknownProfile, NotFound (the area), BadInput (one officer twice).
    """
    origin = communities.origin_of(installation, asked.code)
    with storage.read() as session:
        communities.refuse_if_taken(session, code=asked.code, area_code=asked.area_code)
        community_id = communities.next_id(session)
    public_key = keys.create(asked.code)

    def opened(session: Session, now: datetime) -> dict[str, Any]:
        return opening.open_with_officers(
            session,
            actor=actor,
            now=now,
            community_id=community_id,
            code=asked.code,
            name=asked.name,
            area_code=asked.area_code,
            profile=asked.profile,
            origin=origin,
            public_key=public_key,
            officers=asked.officers,
        )

    done = storage.found(
        community_id, key, opened, origin=origin, actor=actor.number, use_case="communities.open_community"
    )
    storage.write_global(
        lambda session, now: _make_managers(session, now, community_id, [uuid.UUID(each) for each in done["officers"]])
    )
    return done


def _make_managers(session: Session, now: datetime, community_id: int, people: list[uuid.UUID]) -> None:
    """Give both officers the community, once."""
    place = communities.community(session, community_id)
    today = communities.local_day(place, now)
    for person_id in people:
        residents.person(session, community_id, person_id)
        held = logins.grants_of_person(session, community_id=community_id, person_id=person_id, on=today)
        if not any(grant.role == "community_manager" for grant in held):
            logins.grant(
                session,
                now=now,
                role="community_manager",
                area_path=place.area_path,
                from_on=today,
                until_on=None,
                given_by="opening",
                community_id=community_id,
                person_id=person_id,
            )
