"""One human is in one place, over all communities: the claim that is made before a check-in.

The claim stands in a global table and is written in a transaction of its own, before the community's batch; it ends by
itself, so that a crash locks nobody out. Within a community the database's own index holds.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from api import edge
from timebank.hours.attendance.scans import open_until
from timebank.hours.attendance.visits import open_visit_of
from timebank.people import logins

UNTIL_WRITTEN = timedelta(minutes=2)


def serving(change: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do something that may begin or end a visit of who is signed in, with the claim made before and set right after.

    Raises:
        PresentElsewhere: the login serves in another community.
    """
    actor = edge.actor()
    if actor.login_id is None or actor.person_id is None:
        return change()
    community_id = edge.community().id
    _claim(actor.login_id, community_id)
    try:
        return change()
    finally:
        edge.stop_reading()
        _claim_as_written(actor.login_id, community_id, actor.person_id)


def serving_another(person_id: UUID, change: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The same for somebody whose card staff scanned; who has no sign-in is known in one community only.

    Raises:
        PresentElsewhere: her login serves in another community.
    """
    community_id = edge.community().id
    login_id = logins.login_of(edge.read(), community_id, person_id)
    if login_id is None:
        return change()
    _claim(login_id, community_id)
    try:
        return change()
    finally:
        edge.stop_reading()
        _claim_as_written(login_id, community_id, person_id)


def _claim(login_id: UUID, community_id: int) -> None:
    edge.submit_global(
        lambda session, now: logins.arrive(
            session, now=now, login_id=login_id, community_id=community_id, until=now + UNTIL_WRITTEN
        )
    )


def _claim_as_written(login_id: UUID, community_id: int, person_id: UUID) -> None:
    """Hold the claim as long as the visit may last, or give it up."""
    visit = open_visit_of(edge.read(), community_id, person_id)
    until = open_until(edge.read(), visit) if visit else None
    edge.stop_reading()
    edge.submit_global(
        lambda session, now: (
            logins.arrive(session, now=now, login_id=login_id, community_id=community_id, until=until)
            if until is not None and until > now
            else logins.leave(session, login_id=login_id, community_id=community_id)
        )
    )
