"""One human is in one place, over all communities: the claim that is made before a check-in.

The claim stands in a global table and is written in a transaction of its own, before the community's batch, for as long
as a visit may last; if no visit came of it, it is given up at once. After a crash in between it stands for nothing: whoever
checks in elsewhere two minutes later takes it over, unless there is an open visit. It ends by itself at last. Within a
community the database's own index holds.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api import edge
from timebank.hours.attendance.scans import open_until
from timebank.hours.attendance.visits import open_visit_of, rules_of
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
    return _claimed(actor.login_id, edge.community().id, actor.person_id, change)


def serving_another(person_id: UUID, change: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The same for somebody whose card staff scanned; who has no sign-in is known in one community only.

    Raises:
        PresentElsewhere: her login serves in another community.
    """
    community_id = edge.community().id
    login_id = logins.login_of(edge.read(), community_id, person_id)
    if login_id is None:
        return change()
    return _claimed(login_id, community_id, person_id, change)


def _claimed(
    login_id: UUID, community_id: int, person_id: UUID, change: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    code = None
    _claim(login_id, community_id)
    try:
        outcome = change()
        code = outcome.get("code")
    finally:
        if code != "checked_in":
            edge.stop_reading()
            _claim_as_written(login_id, community_id, person_id)
    return outcome


def _claim(login_id: UUID, community_id: int) -> None:
    lasts = timedelta(hours=rules_of(edge.read(), community_id, edge.now()).presence_hours)

    def arrive(session: Session, now: datetime) -> None:
        logins.arrive(session, now=now, login_id=login_id, community_id=community_id, until=now + lasts)

    try:
        edge.submit_global(arrive)
    except logins.PresentElsewhere:
        claim = logins.presence_of(edge.read(), login_id)
        if claim is not None and _stands(claim):
            raise
        if claim is not None:
            edge.submit_global(
                lambda session, now: logins.leave(
                    session, login_id=login_id, community_id=claim.community_id, since=claim.since
                )
            )
        edge.submit_global(arrive)


def _stands(claim: logins.Presence) -> bool:
    """Whether there is a visit behind a claim, or may be in a moment."""
    if claim.since > edge.now() - UNTIL_WRITTEN:
        return True
    linked = logins.person_in(edge.read(), claim.login_id, claim.community_id)
    return linked is not None and open_visit_of(edge.read(), claim.community_id, linked.person_id) is not None


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
