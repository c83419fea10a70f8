"""What a team's leader looks at: who belongs, who is in now, the hours of the month, what was donated."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, select
from sqlmodel import Session, col

from ledger import reading as ledger_reading
from timebank import accounts
from timebank.hours.attendance.tables import Visit
from timebank.hours.team_hours import TeamDonation, VisitTeam, donations_of
from timebank.people import communities, teams
from timebank.people.communities import Community, community_of
from timebank.people.residents import Person
from timebank.people.teams import Team
from timebank.people.teams.reading import MemberLine, TeamLine, lines, members
from timebank.permissions import Actor, may, require


@dataclass(frozen=True)
class InNow:
    """A member who is checked in: for the team, or (`for_team` False) for himself."""

    name: str
    number: str
    place: str
    started_at: datetime
    for_team: bool


@dataclass(frozen=True)
class Served:
    """What one member served for the team in a month: settled visits by their first day."""

    name: str
    number: str
    visits: int
    minutes: int


@dataclass(frozen=True)
class TeamPage:
    """A team with all that its leader needs on one page. Lists are empty for who is only a member."""

    line: TeamLine
    team: Team
    balance_minutes: int
    held_minutes: int
    account: int | None
    month: date
    month_minutes: int
    waiting_minutes: int
    members: list[MemberLine]
    past: list[MemberLine]
    in_now: list[InNow]
    served: list[Served]
    donations: list[TeamDonation]
    may_manage: bool  # members
    may_donate: bool
    may_appoint: bool
    may_end: bool
    may_leave: bool


def page_of(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    number: int,
    month: date | None = None,
    after: tuple[str, uuid.UUID] | None = None,
) -> TeamPage:
    """A team as the reader may see it: all of it for who leads it and for staff; names and hours for its members.

    Raises:
        Forbidden: the reader has nothing to do with this team.
    """
    community_id = community_of(actor)
    place = communities.community(session, community_id)
    team = teams.by_number(session, community_id, number)
    today = communities.local_day(place, now)
    leads = teams.leads(session, team, actor.person_id, today)
    belongs = actor.person_id is not None and teams.belongs(session, team, actor.person_id, today)
    own = actor.person_id if belongs else None
    require(actor, "teams.look", community_id=community_id, person_id=own)
    as_leader = actor.person_id if leads else None
    sees_all = leads or may(actor, "teams.look", community_id=community_id)
    month = (month or today).replace(day=1)
    [line] = lines(session, community_id, [col(Team.id) == team.id], person_id=actor.person_id, today=today, limit=1)
    account = accounts.find_main(session, community_id, team.id, "min")
    held = ledger_reading.account(session, community_id, account) if account is not None else None
    served = _served(session, place, team, month)
    living = team.ended_on is None
    return TeamPage(
        line=line,
        team=team,
        balance_minutes=held.balance if held else 0,
        held_minutes=held.held if held else 0,
        account=account,
        month=month,
        month_minutes=sum(each.minutes for each in served),
        waiting_minutes=_waiting(session, team),
        members=members(session, community_id=community_id, team_id=team.id, today=today, after=after, limit=51)
        if sees_all
        else [],
        past=members(session, community_id=community_id, team_id=team.id, today=today, past=True) if sees_all else [],
        in_now=_in_now(session, team, today) if sees_all else [],
        served=served if sees_all else [],
        donations=donations_of(session, community_id, team.id),
        may_manage=living and may(actor, "teams.add_member", community_id=community_id, person_id=as_leader),
        may_donate=living and may(actor, "teams.donate", community_id=community_id, person_id=as_leader),
        may_appoint=living and may(actor, "teams.appoint", community_id=community_id),
        may_end=living and may(actor, "teams.end", community_id=community_id),
        may_leave=belongs,
    )


def _served(session: Session, place: Community, team: Team, month: date) -> list[Served]:
    """By member, most minutes first; a visit belongs to the month in which it began."""
    start = communities.day_start(place, month)
    end = communities.day_start(place, (month + timedelta(days=31)).replace(day=1))
    minutes = func.coalesce(func.sum(col(Visit.credited_minutes)), 0)
    rows = session.execute(
        select(col(Person.name), col(Person.number), func.count(), minutes)
        .select_from(VisitTeam)
        .join(
            Visit,
            and_(col(Visit.community_id) == col(VisitTeam.community_id), col(Visit.id) == col(VisitTeam.visit_id)),
        )
        .join(Person, and_(col(Person.community_id) == col(Visit.community_id), col(Person.id) == col(Visit.person_id)))
        .where(col(VisitTeam.community_id) == team.community_id, col(VisitTeam.team_id) == team.id)
        .where(col(Visit.state) == "settled", col(Visit.started_at) >= start, col(Visit.started_at) < end)
        .group_by(col(Person.id), col(Person.name), col(Person.number), col(Person.serial))
        .order_by(minutes.desc(), col(Person.serial))
    )
    return [Served(name, number, visits, int(credited)) for name, number, visits, credited in rows]


def _in_now(session: Session, team: Team, today: date) -> list[InNow]:
    """Members who are checked in, and who began for the team and has left it since; the longest first."""
    own = {
        line.person_id
        for line in members(session, community_id=team.community_id, team_id=team.id, today=today, limit=1000)
    }
    rows = session.execute(
        select(Visit, Person, col(VisitTeam.team_id))
        .join(Person, and_(col(Person.community_id) == col(Visit.community_id), col(Person.id) == col(Visit.person_id)))
        .outerjoin(
            VisitTeam,
            and_(col(VisitTeam.community_id) == col(Visit.community_id), col(VisitTeam.visit_id) == col(Visit.id)),
        )
        .where(col(Visit.community_id) == team.community_id, col(Visit.state) == "open", col(Visit.order_id).is_(None))
        .order_by(col(Visit.started_at))
    )
    return [
        InNow(person.name, person.number, visit.place, visit.started_at, for_team=served_for == team.id)
        for visit, person, served_for in rows
        if person.id in own or served_for == team.id
    ]


def _waiting(session: Session, team: Team) -> int:
    """Minutes that members served for the team and that somebody must review first: what the clock says."""
    rows = session.scalars(
        select(Visit)
        .join(
            VisitTeam,
            and_(col(VisitTeam.community_id) == col(Visit.community_id), col(VisitTeam.visit_id) == col(Visit.id)),
        )
        .where(col(VisitTeam.community_id) == team.community_id, col(VisitTeam.team_id) == team.id)
        .where(col(Visit.state).in_(("estimated", "under_review")))
    )
    return sum(int((row.ended_at - row.started_at).total_seconds()) // 60 for row in rows if row.ended_at is not None)
