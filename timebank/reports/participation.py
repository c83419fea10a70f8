"""Who gave time and who received it (参与情况): of one person beside the balance, and of the community in numbers that show nobody.

Given are the credited minutes of settled visits, whomever they count for; received are those of visits to one's own
orders. A balance alone calls a giver rich and a receiver poor; the two hours together tell who takes part.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import median_low

from sqlalchemy import and_, func, select
from sqlmodel import Session, col

from timebank import permissions
from timebank.hours.attendance.tables import Visit
from timebank.hours.orders.rows import ServiceOrder
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.permissions import Actor
from timebank.reports import months
from timebank.reports.tallies import Span

SHOWN_FROM = 5  # people: a figure of fewer would tell who they are (own)


@dataclass(frozen=True)
class OwnMonth:
    """What one person gave and received in a month."""

    month: dt.date
    given_minutes: int
    received_minutes: int


@dataclass(frozen=True)
class Part:
    """People and their minutes: None where fewer than five people stand behind the figure. `median_minutes`: of one person."""

    people: int | None
    minutes: int | None
    median_minutes: int | None


@dataclass(frozen=True)
class Participation:
    """A span of the community: who gave, who received, how many did both."""

    month: dt.date | None
    given: Part
    received: Part
    both: int | None


def of_person(session: Session, *, actor: Actor, person_id: uuid.UUID, span: Span) -> list[OwnMonth]:
    """A person's months, newest first, for herself, the desk and auditors."""
    community_id = community_of(actor)
    permissions.require(actor, "attendance.statement", community_id=community_id, person_id=person_id)
    found = []
    for month in reversed(span.months()):
        given, received = _minutes(session, community_id, month, person_id)
        found.append(OwnMonth(month, given.get(person_id, 0), received.get(person_id, 0)))
    return found


def of_community(session: Session, *, actor: Actor, span: Span) -> tuple[list[Participation], Participation]:
    """The months of a span, newest first, and the whole span: people once, minutes as the sum of the months that are shown."""
    community_id = community_of(actor)
    permissions.require(actor, "participation.community", community_id=community_id)
    found, all_given, all_received = [], dict[uuid.UUID, int](), dict[uuid.UUID, int]()
    for month in reversed(span.months()):
        given, received = _minutes(session, community_id, month, None)
        found.append(_counted(month, given, received))
        for person_id, minutes in given.items():
            all_given[person_id] = all_given.get(person_id, 0) + minutes
        for person_id, minutes in received.items():
            all_received[person_id] = all_received.get(person_id, 0) + minutes
    whole = _counted(None, all_given, all_received)
    # The sum of the months that are shown: with the others, it would tell what a hidden month holds.
    return found, replace(
        whole,
        given=replace(whole.given, minutes=_added(one.given for one in found)),
        received=replace(whole.received, minutes=_added(one.received for one in found)),
    )


def _counted(month: dt.date | None, given: Mapping[uuid.UUID, int], received: Mapping[uuid.UUID, int]) -> Participation:
    both = len(given.keys() & received.keys())
    return Participation(month, _part(given), _part(received), both if both == 0 or both >= SHOWN_FROM else None)


def _added(parts: Iterable[Part]) -> int | None:
    minutes = [part.minutes for part in parts]
    shown = sum(one for one in minutes if one is not None)
    return None if None in minutes and not shown else shown


def _part(minutes: Mapping[uuid.UUID, int]) -> Part:
    if not minutes:
        return Part(0, 0, 0)
    if len(minutes) < SHOWN_FROM:
        return Part(None, None, None)
    return Part(len(minutes), sum(minutes.values()), median_low(minutes.values()))


def _minutes(
    session: Session, community_id: int, month: dt.date, person_id: uuid.UUID | None
) -> tuple[dict[uuid.UUID, int], dict[uuid.UUID, int]]:
    """Given and received minutes by person in one month; of one person only, if she is named."""
    place = communities.community(session, community_id)
    settled = (
        col(Visit.community_id) == community_id,
        col(Visit.state) == "settled",
        col(Visit.credited_minutes) > 0,
        col(Visit.started_at) >= communities.day_start(place, month),
        col(Visit.started_at) < communities.day_start(place, months.next_month(month)),
    )
    given = select(col(Visit.person_id), func.sum(col(Visit.credited_minutes))).where(*settled)
    received = (
        select(col(ServiceOrder.recipient_id), func.sum(col(Visit.credited_minutes)))
        .join_from(
            Visit,
            ServiceOrder,
            and_(
                col(ServiceOrder.community_id) == col(Visit.community_id), col(ServiceOrder.id) == col(Visit.order_id)
            ),
        )
        .where(*settled)
    )
    if person_id is not None:
        given = given.where(col(Visit.person_id) == person_id)
        received = received.where(col(ServiceOrder.recipient_id) == person_id)
    return (
        {one: int(minutes) for one, minutes in session.execute(given.group_by(col(Visit.person_id)))},
        {one: int(minutes) for one, minutes in session.execute(received.group_by(col(ServiceOrder.recipient_id)))},
    )
