"""Members come, go and come back; leaders are appointed and dismissed.

A stretch of membership begins on a day and ends on the eve of another; who comes back begins a new one. One person may belong
to several teams. Leading hangs on membership: the row of a leader who went stays, and leads nobody.
"""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import Session, col

from timebank import notices
from timebank.errors import BadInput, NotFound, Refused
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.people.teams.founding import living
from timebank.people.teams.reading import by_number, holds_on, leaders_on
from timebank.people.teams.tables import Team, TeamLeader, TeamMember
from timebank.permissions import Actor, require
from timebank.storage import new_id


class AlreadyMember(Refused):
    """She belongs to the team already, or will. Facts: person, team, from_on."""

    code = "already_member"


class NotAMember(Refused):
    """She does not belong to the team. Facts: person, team."""

    code = "not_a_member"


def add_member(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    number: int,
    person_id: uuid.UUID,
    from_on: date | None = None,
) -> dict[str, Any]:
    """Let a person belong to a team, from a day on (today, unless one is named): by staff, or by who leads the team.

    Raises:
        AlreadyMember, TeamEnded, NotFound. HasLeft: she left the register.
        BadInput: `from_on` lies before the team's first day, or within her last stretch.
    """
    team = living(session, actor=actor, number=number)
    today = _today(session, team.community_id, now)
    require(actor, "teams.add_member", community_id=team.community_id, person_id=_own(session, actor, team, today))
    person = residents.person(session, team.community_id, person_id)
    return join(session, actor=actor, now=now, team=team, person=person, from_on=from_on or today)


def join(
    session: Session, *, actor: Actor, now: datetime, team: Team, person: residents.Person, from_on: date
) -> dict[str, Any]:
    """Write the stretch; who may was asked before."""
    if residents.has_left(person):
        raise residents.HasLeft(person=person.number, left_on=str(person.left_on))
    stretches = stretches_of(session, team, person.id)
    for held in stretches:
        if held.gone_on is None:
            raise AlreadyMember(person=person.number, team=team.name, from_on=held.from_on.isoformat())
    bad = bad_first_day(team, stretches, from_on, today=_today(session, team.community_id, now))
    if bad:
        raise BadInput(fields={"from_on": bad})
    row = TeamMember(
        community_id=team.community_id,
        id=new_id(now),
        team_id=team.id,
        person_id=person.id,
        from_on=from_on,
        added_at=now,
        added_by=actor.number,
    )
    session.add(row)
    session.flush()
    _tell(session, actor=actor, team=team, person_id=person.id, kind="team_joined", now=now)
    return {"code": "member_added", "team": team.number, "person": person.number, "member": row.id.hex}


def let_go(
    session: Session, *, actor: Actor, now: datetime, number: int, person_id: uuid.UUID, gone_on: date | None = None
) -> dict[str, Any]:
    """End a person's membership at once, or from a coming day on; she may leave herself. Harmless when repeated.

    Who led leads no more. What she served for the team stays the team's.

    Raises:
        NotAMember. BadInput: `gone_on` lies before today or before her first day.
    """
    community_id = community_of(actor)
    team = by_number(session, community_id, number)
    today = _today(session, community_id, now)
    own = person_id if person_id == actor.person_id else _own(session, actor, team, today)
    require(actor, "teams.let_go", community_id=community_id, person_id=own)
    person = residents.person(session, community_id, person_id)
    held = [row for row in stretches_of(session, team, person_id) if row.gone_on is None or row.gone_on > today]
    if not held:
        if not stretches_of(session, team, person_id):
            raise NotAMember(person=person.number, team=team.name)
        return {"code": "member_gone", "team": team.number, "person": person.number}
    if gone_on is not None and gone_on < today:
        raise BadInput(fields={"gone_on": "past"})
    first_day_without = max(gone_on or today, held[0].from_on)
    held[0].gone_on, held[0].gone_by = first_day_without, actor.number
    for leading in _leading(session, team, person_id):
        if leading.gone_on is None or leading.gone_on > first_day_without:
            leading.gone_on, leading.gone_by = max(first_day_without, leading.from_on), actor.number
    session.flush()
    _tell(session, actor=actor, team=team, person_id=person_id, kind="team_gone", now=now)
    return {"code": "member_gone", "team": team.number, "person": person.number}


def appoint(
    session: Session, *, actor: Actor, now: datetime, number: int, person_id: uuid.UUID, from_on: date | None = None
) -> dict[str, Any]:
    """Make a member a leader of her team. Appointing who leads already is harmless.

    Raises:
        NotAMember: on the day on which she would begin. BadInput: `from_on` lies in the past. TeamEnded.
    """
    team = living(session, actor=actor, number=number)
    require(actor, "teams.appoint", community_id=team.community_id)
    today = _today(session, team.community_id, now)
    from_on = from_on or today
    person = residents.person(session, team.community_id, person_id)
    if from_on < today:
        raise BadInput(fields={"from_on": "past"})
    if not belongs(session, team, person_id, from_on):
        raise NotAMember(person=person.number, team=team.name)
    standing = [row for row in _leading(session, team, person_id) if row.gone_on is None]
    if not standing:
        session.add(
            TeamLeader(
                community_id=team.community_id,
                id=new_id(now),
                team_id=team.id,
                person_id=person_id,
                from_on=from_on,
                appointed_at=now,
                appointed_by=actor.number,
            )
        )
        session.flush()
        _tell(session, actor=actor, team=team, person_id=person_id, kind="team_leading", now=now)
    return {"code": "leader_appointed", "team": team.number, "person": person.number}


def dismiss(session: Session, *, actor: Actor, now: datetime, number: int, person_id: uuid.UUID) -> dict[str, Any]:
    """Let somebody lead no more, at once; she may step back herself, and stays a member. Harmless when repeated."""
    community_id = community_of(actor)
    team = by_number(session, community_id, number)
    own = person_id if person_id == actor.person_id else None
    require(actor, "teams.dismiss", community_id=community_id, person_id=own)
    person = residents.person(session, community_id, person_id)
    today = _today(session, community_id, now)
    for row in _leading(session, team, person_id):
        if row.gone_on is None or row.gone_on > today:
            row.gone_on, row.gone_by = max(today, row.from_on), actor.number
    session.flush()
    return {"code": "leader_dismissed", "team": team.number, "person": person.number}


def belongs(session: Session, team: Team, person_id: uuid.UUID, day: date) -> bool:
    """Whether a person belonged to a team on a day on which there was the team."""
    if not team.founded_on <= day or (team.ended_on is not None and team.ended_on <= day):
        return False
    query = select(col(TeamMember.id)).where(
        col(TeamMember.community_id) == team.community_id,
        col(TeamMember.team_id) == team.id,
        col(TeamMember.person_id) == person_id,
        *holds_on(TeamMember, day),
    )
    return session.scalars(query.limit(1)).first() is not None


def leads(session: Session, team: Team, person_id: uuid.UUID | None, day: date) -> bool:
    """Whether a person leads a team on a day: appointed, and a member of it on that day."""
    if person_id is None or (team.ended_on is not None and team.ended_on <= day):
        return False
    return any(leader.id == person_id for leader in leaders_on(session, team.community_id, team.id, day))


def teams_of(session: Session, community_id: int, person_id: uuid.UUID, day: date) -> list[Team]:
    """The teams and organisations to which a person belongs on a day, by number: those she can serve for."""
    query = (
        select(Team)
        .join(
            TeamMember,
            (col(TeamMember.community_id) == col(Team.community_id)) & (col(TeamMember.team_id) == col(Team.id)),
        )
        .where(col(Team.community_id) == community_id, col(TeamMember.person_id) == person_id)
        .where(*holds_on(TeamMember, day), col(Team.founded_on) <= day)
        .where(or_(col(Team.ended_on).is_(None), col(Team.ended_on) > day))
        .order_by(col(Team.number))
    )
    return list(session.scalars(query))


def stretches_of(session: Session, team: Team, person_id: uuid.UUID) -> list[TeamMember]:
    """Every stretch of a person's membership in a team, the newest first."""
    query = select(TeamMember).where(
        col(TeamMember.community_id) == team.community_id,
        col(TeamMember.team_id) == team.id,
        col(TeamMember.person_id) == person_id,
    )
    return list(session.scalars(query.order_by(col(TeamMember.from_on).desc(), col(TeamMember.id).desc())))


def bad_first_day(team: Team, stretches: list[TeamMember], from_on: date, *, today: date) -> str:
    """Why a stretch cannot begin on this day: before_team, overlaps, too_far; "" if it can."""
    if from_on < team.founded_on:
        return "before_team"
    if any(held.gone_on is not None and from_on < held.gone_on for held in stretches):
        return "overlaps"
    return "too_far" if from_on.year > today.year + 1 else ""


def leads_by_number(session: Session, *, actor: Actor, now: datetime, number: int) -> bool:
    """Whether the actor himself leads the team of this number today."""
    community_id = community_of(actor)
    try:
        team = by_number(session, community_id, number)
    except NotFound:
        return False
    return leads(session, team, actor.person_id, _today(session, community_id, now))


def _own(session: Session, actor: Actor, team: Team, today: date) -> uuid.UUID | None:
    """The actor as one of the team's own, for a rule with `own`: only while he leads it."""
    return actor.person_id if leads(session, team, actor.person_id, today) else None


def _leading(session: Session, team: Team, person_id: uuid.UUID) -> list[TeamLeader]:
    query = select(TeamLeader).where(
        col(TeamLeader.community_id) == team.community_id,
        col(TeamLeader.team_id) == team.id,
        col(TeamLeader.person_id) == person_id,
    )
    return list(session.scalars(query.order_by(col(TeamLeader.from_on).desc())))


def _tell(session: Session, *, actor: Actor, team: Team, person_id: uuid.UUID, kind: str, now: datetime) -> None:
    """Tell somebody what another did for her; what she did herself she knows."""
    if person_id != actor.person_id:
        notices.tell(
            session,
            community_id=team.community_id,
            person_id=person_id,
            kind=kind,
            facts={"team": team.name},
            now=now,
        )


def _today(session: Session, community_id: int, now: datetime) -> date:
    return communities.local_day(communities.community(session, community_id), now)
