"""A volunteer rests for a while and goes on, by his own word: it can only take minutes away."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from timebank.hours.attendance import rests
from timebank.hours.attendance.visits import VisitNotOpen, by_id, local_clock, zone_of
from timebank.people import communities
from timebank.permissions import Actor, require


def begin_rest(session: Session, *, actor: Actor, now: datetime, visit_id: UUID) -> dict[str, object]:
    """Let the clock of one's open visit stand still from now on.

    Raises:
        VisitNotOpen; AlreadyResting: a second tap, the rest goes on.
    """
    community_id = communities.community_of(actor)
    visit = by_id(session, community_id, visit_id)
    require(actor, "attendance.rest", community_id=community_id, person_id=visit.person_id)
    if visit.state != "open":
        raise VisitNotOpen(place=visit.place)
    zone = zone_of(session, community_id)
    going_on = rests.open_rest(session, visit)
    if going_on is not None:
        raise rests.AlreadyResting(since=local_clock(going_on.started_at, zone), place=visit.place)
    rest = rests.begin(session, visit=visit, at=now, now=now, recorded_by=actor.number)
    return {"code": "rest_begun", "visit_id": visit.id.hex, "rest_since": local_clock(rest.started_at, zone)}


def end_rest(session: Session, *, actor: Actor, now: datetime, visit_id: UUID) -> dict[str, object]:
    """Let the clock go on.

    Raises:
        VisitNotOpen; NotResting: a second tap, the clock goes on already.
    """
    community_id = communities.community_of(actor)
    visit = by_id(session, community_id, visit_id)
    require(actor, "attendance.rest", community_id=community_id, person_id=visit.person_id)
    if visit.state != "open":
        raise VisitNotOpen(place=visit.place)
    rest = rests.end(session, visit=visit, at=now, now=now, recorded_by=actor.number)
    zone = zone_of(session, community_id)
    return {
        "code": "rest_ended",
        "visit_id": visit.id.hex,
        "rest_since": local_clock(rest.started_at, zone),
        "rest_until": local_clock(rest.ended_at or now, zone),
    }
