"""Visits counted: of each service point and of each team, by month; how many, of how many people, real and credited minutes.

A visit counts in the month in which it began, as soon as it is settled. People are counted once in each figure, so that
those of several rows are more than there are people; minutes and visits add up.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal_column, null, select
from sqlmodel import Session, col

from timebank import permissions
from timebank.hours import service_points
from timebank.hours.attendance.tables import Visit
from timebank.hours.service_points import ServicePoint
from timebank.hours.team_hours import VisitTeam
from timebank.people import communities, teams
from timebank.people.communities import community_of
from timebank.permissions import Actor
from timebank.reports import months

MONTHS_MOST = 120


@dataclass(frozen=True)
class Tally:
    """Settled visits, the people who made them, and their minutes; `waiting`: visits that are not settled yet."""

    visits: int = 0
    people: int = 0
    real_minutes: int = 0
    credited_minutes: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class PlaceTally:
    """A row of the list of points: a point, or `orders` (visits at the homes of recipients) or `elsewhere` (no point)."""

    kind: str
    number: int | None
    name: str
    tally: Tally


@dataclass(frozen=True)
class TeamTally:
    """A row of the list of teams, with what its account holds."""

    number: int
    name: str
    ended: bool
    tally: Tally


@dataclass(frozen=True)
class Span:
    """Months from `first` to `last`, by their first days, both included."""

    first: dt.date
    last: dt.date

    def months(self) -> list[dt.date]:
        found: list[dt.date] = []
        month = self.first
        while month <= self.last and len(found) < MONTHS_MOST:
            found.append(month)
            month = months.next_month(month)
        return found


def points(session: Session, *, actor: Actor, span: Span) -> tuple[list[PlaceTally], Tally]:
    """All places of a span and their total; places without a visit are points that are open."""
    community_id = community_of(actor)
    permissions.require(actor, "statements.read", community_id=community_id)
    kind = case(
        (col(Visit.order_id).is_not(None), literal_column("'orders'")),
        (col(Visit.point_id).is_(None), literal_column("'elsewhere'")),
        else_=literal_column("'point'"),
    )
    # Visits of orders stand in a row of their own, wherever they were.
    point = case((col(Visit.order_id).is_not(None), null()), else_=col(Visit.point_id))
    query = select(kind, point, *_sums()).where(*_within(session, community_id, span)).group_by(kind, point)
    found = {(what, point_id): _tally(row) for what, point_id, *row in session.execute(query)}
    rows = []
    for one in session.scalars(
        select(ServicePoint).where(col(ServicePoint.community_id) == community_id).order_by(col(ServicePoint.number))
    ):
        tally = found.get(("point", one.id))
        if tally is not None or one.closed_at is None:
            rows.append(PlaceTally("point", one.number, one.name, tally or Tally()))
    rows += [PlaceTally(what, None, "", found[what, None]) for what in ("orders", "elsewhere") if (what, None) in found]
    return rows, _total(session, community_id, span, [])


def point_by_month(
    session: Session, *, actor: Actor, number: int, span: Span
) -> tuple[ServicePoint, list[tuple[dt.date, Tally]], Tally]:
    """One point's months, newest first, and the total of the span.

    Raises:
        NotFound: no such point.
    """
    community_id = community_of(actor)
    point = service_points.by_number(session, community_id, number)
    permissions.require(actor, "statements.read", community_id=community_id, area_path=point.area_path)
    wanted = [col(Visit.point_id) == point.id, col(Visit.order_id).is_(None)]
    rows = [(month, _total(session, community_id, Span(month, month), wanted)) for month in reversed(span.months())]
    return point, rows, _total(session, community_id, span, wanted)


def team_list(session: Session, *, actor: Actor, span: Span) -> tuple[list[TeamTally], Tally]:
    """All teams of a span and their total."""
    community_id = community_of(actor)
    permissions.require(actor, "statements.read", community_id=community_id)
    query = (
        select(col(VisitTeam.team_id), *_sums())
        .join_from(Visit, VisitTeam, _of_team())
        .where(*_within(session, community_id, span))
        .group_by(col(VisitTeam.team_id))
    )
    found = {team_id: _tally(row) for team_id, *row in session.execute(query)}
    every = session.scalars(
        select(teams.Team).where(col(teams.Team.community_id) == community_id).order_by(col(teams.Team.number))
    )
    rows = [
        TeamTally(one.number, one.name, one.ended_on is not None, found.get(one.id, Tally()))
        for one in every
        if one.id in found or one.ended_on is None
    ]
    return rows, _total(session, community_id, span, [], joined=True)


def team_by_month(
    session: Session, *, actor: Actor, team_id: uuid.UUID, span: Span
) -> tuple[list[tuple[dt.date, Tally]], Tally]:
    """A team's visits by month, newest first; who may read them was asked when the team was looked up (owners.team)."""
    community_id = community_of(actor)
    wanted = [col(VisitTeam.team_id) == team_id]
    rows = [
        (month, _total(session, community_id, Span(month, month), wanted, joined=True))
        for month in reversed(span.months())
    ]
    return rows, _total(session, community_id, span, wanted, joined=True)


def _total(
    session: Session, community_id: int, span: Span, wanted: Sequence[ColumnElement[bool]], *, joined: bool = False
) -> Tally:
    query = select(*_sums())
    query = query.join_from(Visit, VisitTeam, _of_team()) if joined else query.select_from(Visit)
    return _tally(session.execute(query.where(*_within(session, community_id, span), *wanted)).one())


def _sums() -> tuple[Any, ...]:
    settled = col(Visit.state) == "settled"
    return (
        func.count().filter(settled),
        func.count(func.distinct(col(Visit.person_id))).filter(settled),
        func.coalesce(func.sum(col(Visit.real_minutes)).filter(settled), 0),
        func.coalesce(func.sum(col(Visit.credited_minutes)).filter(settled), 0),
        func.count().filter(col(Visit.state) != "settled"),
    )


def _tally(row: Sequence[Any]) -> Tally:
    visits, people, real, credited, waiting = row
    return Tally(int(visits), int(people), int(real), int(credited), int(waiting))


def _within(session: Session, community_id: int, span: Span) -> tuple[ColumnElement[bool], ...]:
    place = communities.community(session, community_id)
    return (
        col(Visit.community_id) == community_id,
        col(Visit.state) != "rejected",
        col(Visit.started_at) >= communities.day_start(place, span.first),
        col(Visit.started_at) < communities.day_start(place, months.next_month(span.last)),
    )


def _of_team() -> ColumnElement[bool]:
    return and_(col(VisitTeam.community_id) == col(Visit.community_id), col(VisitTeam.visit_id) == col(Visit.id))
