"""A team is founded, changed, and comes to its end."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from timebank import notices
from timebank.errors import BadInput, Refused
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.people.teams.reading import by_number, named
from timebank.people.teams.tables import KINDS, Team, TeamLeader, TeamMember
from timebank.permissions import Actor, require
from timebank.spreadsheets import clean
from timebank.storage import new_id, next_number


class TeamNameTaken(Refused):
    """Another team of today has this name. Facts: name, number."""

    code = "team_name_taken"


class TeamEnded(Refused):
    """The team is no more. Facts: team, ended_on."""

    code = "team_ended"


def found(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    kind: str,
    name: str,
    purpose: str = "",
    parent_number: int | None = None,
    founded_on: date | None = None,
) -> dict[str, Any]:
    """Write down a team or an organisation, from a day on (today, unless an earlier one is named).

    Raises:
        BadInput: by field. TeamNameTaken. TeamEnded: of the organisation above it. NotFound: no such organisation.
    """
    community_id = community_of(actor)
    require(actor, "teams.found", community_id=community_id)
    today = communities.local_day(communities.community(session, community_id), now)
    name, purpose = clean(name), clean(purpose)
    bad = _bad(name, purpose)
    if kind not in KINDS:
        bad["kind"] = "choice"
    if founded_on is not None and not date(1900, 1, 1) <= founded_on <= today:
        bad["founded_on"] = "future" if founded_on > today else "too_old"
    if kind == "organisation" and parent_number:
        bad["parent"] = "choice"
    if bad:
        raise BadInput(fields=bad)
    refuse_taken(session, community_id, name)
    team = Team(
        community_id=community_id,
        id=new_id(now),
        number=next_number(session, community_id, "team"),
        kind=kind,
        name=name,
        purpose=purpose,
        parent_id=_parent(session, community_id, parent_number),
        founded_on=founded_on or today,
        founded_at=now,
        founded_by=actor.number,
    )
    session.add(team)
    session.flush()
    return {"code": "team_founded", "number": team.number, "name": team.name}


def change(
    session: Session,
    *,
    actor: Actor,
    number: int,
    name: str,
    purpose: str = "",
    parent_number: int | None = None,
) -> dict[str, Any]:
    """Correct a team's name and purpose, or put it under another organisation."""
    team = living(session, actor=actor, number=number)
    require(actor, "teams.change", community_id=team.community_id)
    name, purpose = clean(name), clean(purpose)
    bad = _bad(name, purpose)
    if team.kind == "organisation" and parent_number:
        bad["parent"] = "choice"
    if bad:
        raise BadInput(fields=bad)
    refuse_taken(session, team.community_id, name, but=team.id)
    team.name, team.purpose = name, purpose
    team.parent_id = _parent(session, team.community_id, parent_number)
    session.flush()
    return {"code": "team_changed", "number": team.number, "name": team.name}


def end(session: Session, *, actor: Actor, now: datetime, number: int, reason: str) -> dict[str, Any]:
    """End a team today: nobody belongs to it or leads it any more, and nobody serves for it. Harmless when repeated.

    The teams of an organisation go on without it. What the team had left is given to the pool by who calls this
    (timebank/hours/team_hours.py): its hours can go nowhere else.
    """
    community_id = community_of(actor)
    team = by_number(session, community_id, number)
    require(actor, "teams.end", community_id=community_id)
    if team.ended_on is not None:
        return {"code": "team_ended_now", "number": team.number, "name": team.name}
    reason = clean(reason)
    if not 1 <= len(reason) <= 200:
        raise BadInput(fields={"reason": "length" if reason else "required"})
    today = communities.local_day(communities.community(session, community_id), now)
    gone = _let_all_go(session, team, today=today, by=actor.number)
    notices.tell_all(
        session,
        community_id=community_id,
        person_ids=gone,
        kind="team_ended",
        facts={"team": team.name},
        now=now,
    )
    for below in session.scalars(
        select(Team).where(
            col(Team.community_id) == community_id, col(Team.parent_id) == team.id, col(Team.ended_on).is_(None)
        )
    ):
        below.parent_id = None
    team.ended_on, team.ended_at, team.ended_by, team.end_reason = today, now, actor.number, reason
    session.flush()
    return {"code": "team_ended_now", "number": team.number, "name": team.name}


def living(session: Session, *, actor: Actor, number: int) -> Team:
    """A team that has not ended.

    Raises:
        NotFound, TeamEnded.
    """
    team = by_number(session, community_of(actor), number)
    refuse_ended(team)
    return team


def refuse_ended(team: Team) -> None:
    if team.ended_on is not None:
        raise TeamEnded(team=team.name, ended_on=team.ended_on.isoformat())


def refuse_taken(session: Session, community_id: int, name: str, *, but: uuid.UUID | None = None) -> None:
    """Raises TeamNameTaken if a team of today bears this name."""
    same = named(session, community_id, name)
    if same is not None and same.id != but:
        raise TeamNameTaken(name=same.name, number=same.number)


def _let_all_go(session: Session, team: Team, *, today: date, by: str) -> list[uuid.UUID]:
    """End every stretch that goes on; returns who belonged."""
    here = {"community_id": team.community_id, "team_id": team.id, "gone_on": None}
    gone = []
    for member in session.scalars(select(TeamMember).filter_by(**here)):
        member.gone_on, member.gone_by = max(today, member.from_on), by
        gone.append(member.person_id)
    for leader in session.scalars(select(TeamLeader).filter_by(**here)):
        leader.gone_on, leader.gone_by = max(today, leader.from_on), by
    return gone


def _parent(session: Session, community_id: int, number: int | None) -> uuid.UUID | None:
    if not number:
        return None
    above = by_number(session, community_id, number)
    if above.kind != "organisation":
        raise BadInput(fields={"parent": "choice"})
    refuse_ended(above)
    return above.id


def _bad(name: str, purpose: str) -> dict[str, str]:
    bad = {}
    if not 1 <= len(name) <= 60:
        bad["name"] = "length" if name else "required"
    if len(purpose) > 200:
        bad["purpose"] = "length"
    return bad
