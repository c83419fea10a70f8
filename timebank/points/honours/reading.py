"""Honour lists as they are read: by those who make them, by residents, by anybody at the board."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from timebank.errors import NotFound
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require
from timebank.points.honours.deciding import in_force
from timebank.points.honours.states import SHOWN
from timebank.points.honours.tables import HonourLine, HonourList, HonourObjection


@dataclass(frozen=True)
class Told:
    """A line as a reader may see it: in full only where its head agreed."""

    line: HonourLine
    name: str
    in_full: bool


def is_shown(session: Session, found: HonourList, today: dt.date, *, outside: bool = False) -> bool:
    """Whether a list is shown today: to residents, or (`outside`) to anybody on the board."""
    if found.state not in SHOWN or (found.ends_on is not None and found.ends_on <= today):
        return False
    if found.kind == "red":
        return True
    decision = in_force(session, found.community_id, "black", today)
    return decision is not None and decision.id == found.decision_id and (bool(found.public) or not outside)


def shown_lists(session: Session, community_id: int, now: dt.datetime, *, outside: bool) -> list[HonourList]:
    """The lists that a reader may see now, newest first."""
    today = today_in(session, community_id, now)
    rows = session.scalars(
        select(HonourList)
        .where(HonourList.community_id == community_id, col(HonourList.state).in_(SHOWN))
        .order_by(col(HonourList.number).desc())
        .limit(50)
    ).all()
    return [one for one in rows if is_shown(session, one, today, outside=outside)]


def lists_of(session: Session, *, actor: Actor) -> Sequence[HonourList]:
    """All lists, newest first, for those who make them."""
    require(actor, "honours.read", community_id=actor.community_id)
    return session.scalars(
        select(HonourList)
        .where(HonourList.community_id == actor.community_id)
        .order_by(col(HonourList.number).desc())
        .limit(200)
    ).all()


def list_of(session: Session, community_id: int, list_id: uuid.UUID) -> HonourList:
    """A list; NotFound if there is none."""
    found = session.get(HonourList, (community_id, list_id))
    if found is None:
        raise NotFound(what="honour_list")
    return found


def by_number(session: Session, community_id: int, number: int) -> HonourList:
    """The list of a number; NotFound if there is none."""
    found = session.scalars(
        select(HonourList).where(HonourList.community_id == community_id, HonourList.number == number)
    ).one_or_none()
    if found is None:
        raise NotFound(what="honour_list", number=number)
    return found


def lines_of(session: Session, found: HonourList) -> Sequence[HonourLine]:
    """The lines of a list in order, with those that were taken off."""
    return session.scalars(
        select(HonourLine)
        .where(HonourLine.community_id == found.community_id, HonourLine.list_id == found.id)
        .order_by(col(HonourLine.position))
    ).all()


def told(session: Session, found: HonourList) -> list[Told]:
    """The lines as anybody may read them: those that stand, in full where the head agreed."""
    rows = []
    for line in lines_of(session, found):
        if line.taken_off_at is None:
            in_full = found.kind == "red" and line.consent == "given" and bool(line.name)
            rows.append(Told(line, line.name if in_full else line.masked_name, in_full))
    return rows


def objections_of(session: Session, found: HonourList) -> Sequence[HonourObjection]:
    """The objections to a list, oldest first."""
    return session.scalars(
        select(HonourObjection)
        .where(HonourObjection.community_id == found.community_id, HonourObjection.list_id == found.id)
        .order_by(col(HonourObjection.id))
    ).all()


def of_household(session: Session, community_id: int, household_id: uuid.UUID) -> list[tuple[HonourList, HonourLine]]:
    """The red lists on which a household stands or stood, newest first."""
    rows = session.execute(
        select(HonourList, HonourLine)
        .join(
            HonourLine,
            (col(HonourLine.community_id) == HonourList.community_id) & (col(HonourLine.list_id) == HonourList.id),
        )
        .where(
            HonourList.community_id == community_id,
            HonourLine.household_id == household_id,
            HonourList.kind == "red",
            col(HonourList.state).in_(("confirmed", "published", "standing", "ended")),
            col(HonourLine.taken_off_at).is_(None),
        )
        .order_by(col(HonourList.number).desc())
        .limit(50)
    )
    return [(found, line) for found, line in rows]
