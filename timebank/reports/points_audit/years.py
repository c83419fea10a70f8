"""Which years there are to look at, and what bounds them."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Session

from timebank import permissions
from timebank.errors import NotFound
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.permissions import Actor


def asked(session: Session, actor: Actor) -> int:
    """The community of who asks, if the audit is open to her."""
    community_id = community_of(actor)
    permissions.require(actor, "points.audit", community_id=community_id)
    return community_id


def years(session: Session, *, actor: Actor, now: dt.datetime) -> list[int]:
    """The community's years, this one first."""
    place = communities.community(session, asked(session, actor))
    first, last = (communities.local_day(place, moment).year for moment in (place.opened_at, now))
    return list(range(last, first - 1, -1))


def of_year(session: Session, *, actor: Actor, year: int, now: dt.datetime) -> tuple[int, dt.date, dt.date]:
    """The community, and the year's first and last day; of this year, today is the last.

    Raises:
        NotFound: no year of this community.
    """
    if year not in years(session, actor=actor, now=now):
        raise NotFound(what="year")
    community_id = community_of(actor)
    today = communities.local_day(communities.community(session, community_id), now)
    return community_id, dt.date(year, 1, 1), min(dt.date(year, 12, 31), today)
