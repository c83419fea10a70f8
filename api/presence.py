"""One human is in one place, over all communities: the claim that is written with each check-in.

The claim stands in a global table, one row a login, and is written by the community's lane in the commit of the visit, for
as long as a visit may last; if no visit came of it, it is given up at once. In another community it stands as long as there is
an open visit behind it; else whoever checks in takes it over. It ends by itself at last. Within a community the
database's own index holds.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api import edge
from timebank.hours.attendance.scans import open_until
from timebank.hours.attendance.visits import open_visit_of, rules_of
from timebank.people import logins

UNTIL_WRITTEN = timedelta(
    minutes=2
)  # another process may run an older program, which claims before it writes the visit

Change = Callable[[Session, datetime], dict[str, Any]]


def serving(use_case: str, fn: Change, *, content: Mapping[str, Any]) -> dict[str, Any]:
    """Submit what may begin or end a visit of who is signed in, with the claim that she is nowhere else.

    Raises:
        PresentElsewhere: the login serves in another community.
    """
    actor = edge.actor()
    if actor.login_id is None or actor.person_id is None:
        return edge.submit(use_case, fn, content=content)
    return _claimed(actor.login_id, actor.person_id, use_case, fn, content)


def serving_another(person_id: UUID, use_case: str, fn: Change, *, content: Mapping[str, Any]) -> dict[str, Any]:
    """The same for somebody whose card staff scanned; who has no sign-in is known in one community only.

    Raises:
        PresentElsewhere: her login serves in another community.
    """
    login_id = logins.login_of(edge.read(), edge.community().id, person_id)
    if login_id is None:
        return edge.submit(use_case, fn, content=content)
    return _claimed(login_id, person_id, use_case, fn, content)


def _claimed(login_id: UUID, person_id: UUID, use_case: str, fn: Change, content: Mapping[str, Any]) -> dict[str, Any]:
    community_id = edge.community().id

    def change(session: Session, now: datetime) -> dict[str, Any]:
        outcome = fn(session, now)
        until = now + timedelta(hours=rules_of(session, community_id, now).presence_hours)
        logins.arrive(session, now=now, login_id=login_id, community_id=community_id, until=until)
        if outcome.get("code") != "checked_in":
            visit = open_visit_of(session, community_id, person_id)
            until = open_until(session, visit) if visit else now
            if until > now:
                logins.arrive(session, now=now, login_id=login_id, community_id=community_id, until=until)
            else:
                logins.leave(session, login_id=login_id, community_id=community_id)
        return outcome

    try:
        return edge.submit(use_case, change, content=content)
    except logins.PresentElsewhere:
        edge.stop_reading()
        claim = logins.presence_of(edge.read(), login_id)
        if claim is not None and _stands(claim):
            raise
        if claim is not None:
            there, since = claim.community_id, claim.since
            edge.submit_global(
                lambda session, now: logins.leave(session, login_id=login_id, community_id=there, since=since)
            )
        return edge.submit(use_case, change, content=content)


def _stands(claim: logins.Presence) -> bool:
    """Whether there is a visit behind a claim, or may be in a moment."""
    if claim.since > edge.now() - UNTIL_WRITTEN:
        return True
    linked = logins.person_in(edge.read(), claim.login_id, claim.community_id)
    return linked is not None and open_visit_of(edge.read(), claim.community_id, linked.person_id) is not None
