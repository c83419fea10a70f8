"""A team's hours (团队工时): served by members who chose so, kept on the team's account, and only ever donated.

A volunteer chooses at check-in, or when he takes a place in an activity, whether he serves for himself or for a team of
his. The minutes then come from the year's issue to the team's account, of which the ledger itself knows that it pays
into the pool and into nothing else. Caps are the person's, whomever he serves for.
"""

import uuid
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, select
from sqlmodel import Field, Session, SQLModel, col

from ledger import book_of
from timebank import accounts, policy
from timebank.columns import Id, Instant, Number, to_ms
from timebank.errors import BadInput, NotEnough, NotFound, Refused
from timebank.hours import activities
from timebank.hours.activities import Activity
from timebank.people import communities, teams
from timebank.people.communities import community_of
from timebank.people.teams import Team
from timebank.permissions import Actor, require
from timebank.storage import new_id

AT_ONCE = 100


class VisitTeam(SQLModel, table=True):
    """Whom a visit is for, if not for the volunteer himself; chosen at its beginning."""

    __tablename__: ClassVar[str] = "visit_team"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_visit_team_visit"
        ),
        ForeignKeyConstraint(["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_visit_team_team"),
        Index("ix_visit_team_team", "community_id", "team_id", "visit_id"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    visit_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    team_id: uuid.UUID = Field(sa_type=Id)
    chosen_at: datetime = Field(sa_type=Instant)
    chosen_by: str


class ActivityTeam(SQLModel, table=True):
    """For which team somebody means to serve in an activity: what check-in takes unless something else is said there."""

    __tablename__: ClassVar[str] = "activity_team"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "activity_id"], ["activity.community_id", "activity.id"], name="fk_activity_team_activity"
        ),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_activity_team_person"
        ),
        ForeignKeyConstraint(
            ["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_activity_team_team"
        ),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    activity_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    team_id: uuid.UUID = Field(sa_type=Id)
    chosen_at: datetime = Field(sa_type=Instant)


class TeamDonation(SQLModel, table=True):
    """Minutes that a team gives to the pool.

    waiting     held (`hold_seq`) until `due_at`: it can be taken back without a trace but the hold's
    given       in the pool by entry `entry_seq`, for good
    taken_back  released
    """

    __tablename__: ClassVar[str] = "team_donation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "team_id"], ["team.community_id", "team.id"], name="fk_team_donation_team"
        ),
        CheckConstraint("minutes > 0", name="ck_team_donation_minutes"),
        CheckConstraint("state IN ('waiting', 'given', 'taken_back')", name="ck_team_donation_state"),
        CheckConstraint("(state = 'given') = (entry_seq IS NOT NULL)", name="ck_team_donation_given"),
        CheckConstraint("hold_seq IS NOT NULL OR state = 'given'", name="ck_team_donation_held"),
        CheckConstraint(
            "(state = 'waiting') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by = '')",
            name="ck_team_donation_ended",
        ),
        Index("ix_team_donation_team", "community_id", "team_id", "donated_at"),
        Index("ix_team_donation_due", "community_id", "state", "due_at"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    team_id: uuid.UUID = Field(sa_type=Id)
    minutes: int = Field(sa_type=Number)
    state: str
    hold_seq: int | None = Field(default=None, sa_type=Number)  # none: with the team's end
    entry_seq: int | None = Field(default=None, sa_type=Number)
    donated_at: datetime = Field(sa_type=Instant)
    donated_by: str
    due_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str = ""


class DonationGiven(Refused):
    """It is in the pool: nothing comes back from there. Facts: minutes, given_at."""

    code = "donation_given"


# Whom a visit is for ---------------------------------------------------------------------------------------------------


def choose(
    session: Session, *, actor: Actor, now: datetime, activity_number: int, team_number: int | None
) -> dict[str, Any]:
    """Say for which team one means to serve in an activity; None: for oneself. Harmless when repeated.

    Raises:
        NotAMember: on the day of the activity. ActivityOver, NotFound.
    """
    community_id = community_of(actor)
    activity = activities.by_number(session, community_id, activity_number)
    require(actor, "teams.choose", community_id=community_id, person_id=actor.person_id)
    if actor.person_id is None:
        raise NotFound(what="person")
    if now >= activity.ends_at:
        raise activities.ActivityOver(activity=activity.title)
    row = session.get(ActivityTeam, (community_id, activity.id, actor.person_id))
    if not team_number:
        if row is not None:
            session.delete(row)
            session.flush()
        return {"code": "serves_for_self", "activity": activity.number}
    team = teams.by_number(session, community_id, team_number)
    day = communities.local_day(communities.community(session, community_id), activity.starts_at)
    if not teams.belongs(session, team, actor.person_id, day):
        raise teams.NotAMember(person=actor.number, team=team.name)
    if row is None:
        row = ActivityTeam(
            community_id=community_id,
            activity_id=activity.id,
            person_id=actor.person_id,
            team_id=team.id,
            chosen_at=now,
        )
        session.add(row)
    row.team_id, row.chosen_at = team.id, now
    session.flush()
    return {"code": "serves_for_team", "activity": activity.number, "team": team.name}


def chosen_for(
    session: Session, community_id: int, person_id: uuid.UUID, activity: Activity | None, day: date
) -> Team | None:
    """The team that was chosen when signing up for an activity, if the person still belongs to it on that day."""
    row = None if activity is None else session.get(ActivityTeam, (community_id, activity.id, person_id))
    team = None if row is None else teams.by_id(session, community_id, row.team_id)
    return team if team is not None and teams.belongs(session, team, person_id, day) else None


def count_for(session: Session, *, community_id: int, visit_id: uuid.UUID, team: Team, now: datetime, by: str) -> None:
    """Write that a visit is for a team; who may was asked before (depositors)."""
    session.add(VisitTeam(community_id=community_id, visit_id=visit_id, team_id=team.id, chosen_at=now, chosen_by=by))
    session.flush()


def team_of_visit(session: Session, community_id: int, visit_id: uuid.UUID) -> Team | None:
    """The team that a visit is for; None: for the volunteer himself."""
    row = session.get(VisitTeam, (community_id, visit_id))
    return None if row is None else teams.by_id(session, community_id, row.team_id)


def account_of(session: Session, team: Team) -> int:
    """The team's account of minutes, opened when the first ones come; the ledger lets it pay into the pool only."""
    return accounts.opened_or_main(session, team.community_id, kind="team", owner_id=team.id, unit="min")


# Donations -------------------------------------------------------------------------------------------------------------


def donate(session: Session, *, actor: Actor, now: datetime, number: int, minutes: int) -> dict[str, Any]:
    """Give a team's minutes to the pool. For a day (policy) they are only held, and can be taken back.

    Raises:
        BadInput: no whole number above 0. NotEnough: facts needed_minutes, available_minutes. TeamEnded.
    """
    community_id = community_of(actor)
    team = teams.by_number(session, community_id, number)
    day = communities.local_day(communities.community(session, community_id), now)
    require(actor, "teams.donate", community_id=community_id, person_id=_own(session, actor, team, day))
    if team.ended_on is not None:
        raise teams.TeamEnded(team=team.name, ended_on=team.ended_on.isoformat())
    if minutes <= 0:
        raise BadInput(fields={"minutes": "range"})
    account = accounts.find_main(session, community_id, team.id, "min")
    book = book_of(session)
    available = 0 if account is None else book.account(account).available
    if account is None or minutes > available:
        raise NotEnough(needed_minutes=minutes, available_minutes=available)
    hours = policy.of(session, community_id, day).team_donation_undo_hours
    row = TeamDonation(
        community_id=community_id,
        id=new_id(now),
        team_id=team.id,
        minutes=minutes,
        state="waiting",
        hold_seq=0,
        donated_at=now,
        donated_by=actor.number,
        due_at=now + timedelta(hours=hours),
    )
    row.hold_seq = book.hold(
        {account: -minutes, accounts.POOL_MIN: minutes}, detail=_detail("teams.donate", row, team, minutes)
    )
    session.add(row)
    session.flush()
    return {
        "code": "team_donated",
        "donation": row.id.hex,
        "team": team.name,
        "minutes": minutes,
        "left_minutes": available - minutes,
        "due_ms": to_ms(row.due_at),
    }


def take_back(session: Session, *, actor: Actor, now: datetime, donation_id: uuid.UUID) -> dict[str, Any]:
    """Take a donation back while it is only held. Harmless when repeated.

    Raises:
        DonationGiven: its time is over.
    """
    community_id = community_of(actor)
    row = session.get(TeamDonation, (community_id, donation_id))
    if row is None:
        raise NotFound(what="donation")
    team = teams.by_id(session, community_id, row.team_id)
    day = communities.local_day(communities.community(session, community_id), now)
    require(actor, "teams.donate", community_id=community_id, person_id=_own(session, actor, team, day))
    if row.state == "given" or (row.state == "waiting" and now >= row.due_at):
        raise DonationGiven(minutes=row.minutes, due_ms=to_ms(row.ended_at or row.due_at))
    if row.state == "waiting" and row.hold_seq is not None:
        book_of(session).release(row.hold_seq)
        row.state, row.ended_at, row.ended_by = "taken_back", now, actor.number
        session.flush()
    return {"code": "team_donation_taken_back", "team": team.name, "minutes": row.minutes}


def give_due(session: Session, *, actor: Actor, now: datetime, limit: int = AT_ONCE) -> dict[str, Any]:
    """Move what was donated into the pool once it cannot be taken back any more. Harmless when repeated."""
    community_id = community_of(actor)
    require(actor, "teams.give_due", community_id=community_id)
    due = donations_due(session, community_id, now, limit + 1)
    for row in due[:limit]:
        _give(session, row, now=now, by=actor.number)
    return {"code": "team_donations_given", "given": len(due[:limit]), "left": len(due) > limit}


def end_team(session: Session, *, actor: Actor, now: datetime, number: int, reason: str) -> dict[str, Any]:
    """End a team, and give what it has to the pool in the same commit: there is nobody left to whom it could belong."""
    ended = teams.end(session, actor=actor, now=now, number=number, reason=reason)
    community_id = community_of(actor)
    team = teams.by_number(session, community_id, number)
    for waiting in session.scalars(
        select(TeamDonation).where(
            col(TeamDonation.community_id) == community_id,
            col(TeamDonation.team_id) == team.id,
            col(TeamDonation.state) == "waiting",
        )
    ):
        _give(session, waiting, now=now, by=actor.number)
    account = accounts.find_main(session, community_id, team.id, "min")
    left = 0 if account is None else book_of(session).account(account).available
    if account is not None and left > 0:
        row = TeamDonation(
            community_id=community_id,
            id=new_id(now),
            team_id=team.id,
            minutes=left,
            state="given",
            donated_at=now,
            donated_by=actor.number,
            due_at=now,
            ended_at=now,
            ended_by=actor.number,
        )
        row.entry_seq = book_of(session).post(
            {account: -left, accounts.POOL_MIN: left},
            on=communities.local_day(communities.community(session, community_id), now),
            detail=_detail("teams.end", row, team, left),
        )
        session.add(row)
        session.flush()
    return {**ended, "given_minutes": max(left, 0)}


def donations_due(session: Session, community_id: int, now: datetime, limit: int) -> list[TeamDonation]:
    """Donations that wait no longer, the oldest first."""
    return list(
        session.scalars(
            select(TeamDonation)
            .where(
                col(TeamDonation.community_id) == community_id,
                col(TeamDonation.state) == "waiting",
                col(TeamDonation.due_at) <= now,
            )
            .order_by(col(TeamDonation.due_at), col(TeamDonation.id))
            .limit(limit)
        )
    )


def donations_of(session: Session, community_id: int, team_id: uuid.UUID, limit: int = 20) -> list[TeamDonation]:
    """A team's donations, newest first."""
    return list(
        session.scalars(
            select(TeamDonation)
            .where(col(TeamDonation.community_id) == community_id, col(TeamDonation.team_id) == team_id)
            .order_by(col(TeamDonation.donated_at).desc(), col(TeamDonation.id).desc())
            .limit(limit)
        )
    )


def _give(session: Session, row: TeamDonation, *, now: datetime, by: str) -> None:
    team = teams.by_id(session, row.community_id, row.team_id)
    account = accounts.main(session, row.community_id, row.team_id, "min")
    if row.hold_seq is None:
        raise NotFound(what="hold")
    row.entry_seq = book_of(session).capture(
        row.hold_seq,
        {account: -row.minutes, accounts.POOL_MIN: row.minutes},
        on=communities.local_day(communities.community(session, row.community_id), now),
        detail=_detail("teams.give", row, team, row.minutes),
    )
    row.state, row.ended_at, row.ended_by = "given", now, by
    session.flush()


def _detail(use_case: str, row: TeamDonation, team: Team, minutes: int) -> dict[str, Any]:
    return {"use_case": use_case, "donation": row.id.hex, "team": team.id.hex, "credited": minutes}


def _own(session: Session, actor: Actor, team: Team, day: date) -> uuid.UUID | None:
    """The actor as one of the team's own: only while he leads it."""
    return actor.person_id if teams.leads(session, team, actor.person_id, day) else None
