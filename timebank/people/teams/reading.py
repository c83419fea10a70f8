"""What people read about teams: the list, one team with its members and leaders, the teams of a person."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from timebank.errors import NotFound
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.people.residents import Person
from timebank.people.teams.tables import Team, TeamLeader, TeamMember
from timebank.permissions import Actor, require

PAGE = 50


@dataclass(frozen=True)
class TeamLine:
    """A team in a list. `mine`: the reader belongs to it today; `leads`: and leads it."""

    id: uuid.UUID
    number: int
    kind: str
    name: str
    purpose: str
    parent: str
    parent_number: int | None
    founded_on: date
    ended_on: date | None
    members: int
    leaders: tuple[str, ...]
    mine: bool
    leads: bool


@dataclass(frozen=True)
class MemberLine:
    """A stretch of membership. `leads`: a leader today; `gone_on`: the first day without him."""

    id: uuid.UUID
    person_id: uuid.UUID
    number: str
    name: str
    phone: str | None
    born_on: date | None
    from_on: date
    gone_on: date | None
    leads: bool
    left_register: bool
    key: str  # where the next page of the list goes on, with `id`


def by_number(session: Session, community_id: int, number: int) -> Team:
    """A team by the number in its links; NotFound if there is none."""
    found = session.scalars(
        select(Team).where(col(Team.community_id) == community_id, col(Team.number) == number)
    ).one_or_none()
    if found is None:
        raise NotFound(what="team")
    return found


def by_id(session: Session, community_id: int, team_id: uuid.UUID) -> Team:
    """A team by its row's id; NotFound if there is none."""
    found = session.get(Team, (community_id, team_id))
    if found is None:
        raise NotFound(what="team")
    return found


def named(session: Session, community_id: int, name: str) -> Team | None:
    """The team of today that bears this name, if there is one."""
    return session.scalars(
        select(Team).where(col(Team.community_id) == community_id, col(Team.name) == name, col(Team.ended_on).is_(None))
    ).one_or_none()


def holds_on(table: type[TeamMember] | type[TeamLeader], day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """That a stretch covers a day: its first day counts, `gone_on` does not."""
    return col(table.from_on) <= day, or_(col(table.gone_on).is_(None), col(table.gone_on) > day)


def listed(
    session: Session, *, actor: Actor, now: datetime, after: int = 0, with_ended: bool = False, limit: int = PAGE
) -> list[TeamLine]:
    """The teams and organisations of the community by number, those after `after`; without those that ended, unless asked."""
    require(actor, "teams.listed", community_id=actor.community_id)
    community_id = community_of(actor)
    today = communities.local_day(communities.community(session, community_id), now)
    conditions = [col(Team.number) > after]
    if not with_ended:
        conditions.append(or_(col(Team.ended_on).is_(None), col(Team.ended_on) > today))
    return lines(session, community_id, conditions, person_id=actor.person_id, today=today, limit=limit)


def mine(session: Session, *, actor: Actor, now: datetime) -> list[TeamLine]:
    """The teams to which the reader belongs today, by number."""
    community_id = community_of(actor)
    if actor.person_id is None:
        return []
    today = communities.local_day(communities.community(session, community_id), now)
    belonging = (
        select(col(TeamMember.team_id))
        .where(col(TeamMember.community_id) == community_id, col(TeamMember.person_id) == actor.person_id)
        .where(*holds_on(TeamMember, today))
    )
    return lines(
        session,
        community_id,
        [col(Team.id).in_(belonging), or_(col(Team.ended_on).is_(None), col(Team.ended_on) > today)],
        person_id=actor.person_id,
        today=today,
        limit=PAGE,
    )


def lines(
    session: Session,
    community_id: int,
    conditions: Iterable[ColumnElement[bool]],
    *,
    person_id: uuid.UUID | None,
    today: date,
    limit: int,
) -> list[TeamLine]:
    parent = aliased(Team)
    members = (
        select(func.count())
        .select_from(TeamMember)
        .where(col(TeamMember.community_id) == col(Team.community_id), col(TeamMember.team_id) == col(Team.id))
        .where(*holds_on(TeamMember, today))
        .scalar_subquery()
    )
    rows = list(
        session.execute(
            select(Team, col(parent.name), col(parent.number), members)
            .outerjoin(
                parent,
                and_(col(parent.community_id) == col(Team.community_id), col(parent.id) == col(Team.parent_id)),
            )
            .where(col(Team.community_id) == community_id, *conditions)
            .order_by(col(Team.number))
            .limit(limit)
        )
    )
    ids = [team.id for team, *_ in rows]
    leaders = _leaders_of(session, community_id, ids, today)
    own = _own(session, community_id, ids, person_id, today)
    return [
        TeamLine(
            id=team.id,
            number=team.number,
            kind=team.kind,
            name=team.name,
            purpose=team.purpose,
            parent=above or "",
            parent_number=above_number,
            founded_on=team.founded_on,
            ended_on=team.ended_on,
            members=count,
            leaders=tuple(person.name for person in leaders.get(team.id, [])),
            mine=team.id in own,
            leads=any(person.id == person_id for person in leaders.get(team.id, [])),
        )
        for team, above, above_number, count in rows
    ]


def members(
    session: Session,
    *,
    community_id: int,
    team_id: uuid.UUID,
    today: date,
    past: bool = False,
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = PAGE,
) -> list[MemberLine]:
    """Who belongs to a team today, or (`past`) who belonged and went, by name; asks nobody: the use cases do."""
    now_holds = holds_on(TeamMember, today)
    query = (
        select(TeamMember, Person)
        .join(
            Person,
            and_(col(Person.community_id) == col(TeamMember.community_id), col(Person.id) == col(TeamMember.person_id)),
        )
        .where(col(TeamMember.community_id) == community_id, col(TeamMember.team_id) == team_id)
        .order_by(col(Person.search_key), col(TeamMember.id))
        .limit(limit)
    )
    if past:
        query = query.where(col(TeamMember.gone_on).is_not(None), col(TeamMember.gone_on) <= today)
    else:
        # Who begins in the future is listed too: he was added, and his day comes.
        query = query.where(now_holds[1])
    if after is not None:
        key, last = after
        query = query.where(
            or_(
                col(Person.search_key) > key,
                and_(col(Person.search_key) == key, col(TeamMember.id) > last),
            )
        )
    rows = list(session.execute(query))
    leading = {person.id for person in _leaders_of(session, community_id, [team_id], today).get(team_id, [])}
    return [
        MemberLine(
            id=row.id,
            person_id=person.id,
            number=person.number,
            name=person.name,
            phone=person.phone,
            born_on=person.born_on,
            from_on=row.from_on,
            gone_on=row.gone_on,
            leads=person.id in leading and not past,
            left_register=person.left_on is not None,
            key=person.search_key,
        )
        for row, person in rows
    ]


def leaders_on(session: Session, community_id: int, team_id: uuid.UUID, day: date) -> list[Person]:
    """Who led a team on a day, being a member then and not gone from the register."""
    return _leaders_of(session, community_id, [team_id], day).get(team_id, [])


def _leaders_of(
    session: Session, community_id: int, team_ids: Iterable[uuid.UUID], day: date
) -> dict[uuid.UUID, list[Person]]:
    rows = session.execute(
        select(col(TeamLeader.team_id), Person)
        .distinct()
        .join(
            TeamMember,
            and_(
                col(TeamMember.community_id) == col(TeamLeader.community_id),
                col(TeamMember.team_id) == col(TeamLeader.team_id),
                col(TeamMember.person_id) == col(TeamLeader.person_id),
            ),
        )
        .join(
            Person,
            and_(col(Person.community_id) == col(TeamLeader.community_id), col(Person.id) == col(TeamLeader.person_id)),
        )
        .where(col(TeamLeader.community_id) == community_id, col(TeamLeader.team_id).in_(list(team_ids)))
        .where(*holds_on(TeamLeader, day), *holds_on(TeamMember, day))
        .where(or_(col(Person.left_on).is_(None), col(Person.left_on) > day))
        .order_by(col(Person.serial))
    )
    found: dict[uuid.UUID, list[Person]] = {}
    for team_id, person in rows:
        if person not in found.setdefault(team_id, []):
            found[team_id].append(person)
    return found


def _own(
    session: Session, community_id: int, team_ids: Iterable[uuid.UUID], person_id: uuid.UUID | None, today: date
) -> set[uuid.UUID]:
    if person_id is None:
        return set()
    return set(
        session.scalars(
            select(col(TeamMember.team_id))
            .where(col(TeamMember.community_id) == community_id, col(TeamMember.person_id) == person_id)
            .where(col(TeamMember.team_id).in_(list(team_ids)), *holds_on(TeamMember, today))
        )
    )
