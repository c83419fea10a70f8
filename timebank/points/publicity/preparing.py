"""What goes into the batch of a month, and what is held back and why. Reads, but for what somebody holds back by hand.

A batch of a month takes every approved award of that month and of those before it that did not hang out yet.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import Session, col, select

from timebank.errors import BadInput, NotFound, Refused
from timebank.people import areas, communities
from timebank.people.communities import community_of
from timebank.people.households import Household
from timebank.people.residents import Person
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require
from timebank.points.awards.entering import Listed, listed
from timebank.points.awards.tables import APPROVED, ENTERED, Award
from timebank.points.publicity import states
from timebank.points.publicity.labels import Bare, Shown, bare
from timebank.points.publicity.tables import PublicityBatch, PublicityHold
from timebank.storage import new_id

PREVIEWED = 50
HEADS = ("户主", "本人", "head")


class HeldBack(Refused):
    """The award is held back already, or is none that could hang out (fact `state`)."""

    code = "held_back"


class NotHeldBack(Refused):
    """Nobody holds the award back."""

    code = "not_held_back"


@dataclass(frozen=True)
class Held:
    """Awards of one reason that do not go in: how many, their steps, and the oldest of them."""

    reason: str
    awards: int
    steps: int
    first: tuple[Listed, ...]


@dataclass(frozen=True)
class Line:
    """A line as it would hang out; the suffixes of those who look alike are given when the batch is whole."""

    number: int
    shown: Bare
    award: Listed


@dataclass(frozen=True)
class Preparation:
    """The batch of a month before it hangs out: its number to come, its lines and steps, the first lines, and what is held back."""

    month: dt.date
    number: int
    lines: int
    steps: int
    deductions: int
    first: tuple[Line, ...]
    held: tuple[Held, ...]
    publishing: PublicityBatch | None
    same_month: tuple[int, ...]


def prepare(session: Session, *, actor: Actor, now: dt.datetime, month: dt.date | None = None) -> Preparation:
    """What the batch of a month would be, were it published now."""
    require(actor, "publicity.prepare", community_id=actor.community_id)
    community_id = community_of(actor)
    first = (month or today_in(session, community_id, now)).replace(day=1)
    until = last_day(first)
    lines, steps, deductions = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Award.credited_steps), 0),
            func.count().filter(col(Award.credited_steps) < 0),
        ).where(*goes_in(community_id, until))
    ).one()
    chosen = session.scalars(
        select(Award).where(*goes_in(community_id, until)).order_by(col(Award.on_day), col(Award.id)).limit(PREVIEWED)
    ).all()
    rows = listed(session, chosen)
    last = session.scalars(
        select(func.max(PublicityBatch.number)).where(PublicityBatch.community_id == community_id)
    ).one()
    return Preparation(
        month=first,
        number=(last or 0) + 1,
        lines=lines,
        steps=int(steps),
        deductions=deductions,
        first=tuple(
            Line(number, shown, row)
            for number, (shown, row) in enumerate(zip(_shown(session, rows), rows, strict=True), 1)
        ),
        held=tuple(_held(session, community_id, until)),
        publishing=publishing(session, community_id),
        same_month=tuple(
            session.scalars(
                select(PublicityBatch.number)
                .where(PublicityBatch.community_id == community_id, PublicityBatch.month == f"{first:%Y-%m}")
                .order_by(col(PublicityBatch.number))
            )
        ),
    )


def hold_back(session: Session, *, actor: Actor, now: dt.datetime, award_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """Keep an approved award from the next batch, for example since its photo was promised; with the reason."""
    require(actor, "publicity.hold_back", community_id=actor.community_id)
    community_id = community_of(actor)
    award = session.get(Award, (community_id, award_id))
    if award is None:
        raise NotFound(what="award")
    if not 1 <= len(reason.strip()) <= 300:
        raise BadInput(fields={"reason": "required"})
    if award.state not in (ENTERED, APPROVED) or _hold(session, community_id, award_id) is not None:
        raise HeldBack(state=award.state)
    session.add(PublicityHold(community_id=community_id, id=new_id(now), award_id=award_id, reason=reason.strip(),
                              held_at=now, held_by=actor.number))  # fmt: skip
    return {"code": "award_held_back", "award_id": award_id.hex}


def release(session: Session, *, actor: Actor, now: dt.datetime, award_id: uuid.UUID) -> dict[str, Any]:
    """Let an award that was held back go into the next batch."""
    require(actor, "publicity.hold_back", community_id=actor.community_id)
    held = _hold(session, community_of(actor), award_id)
    if held is None:
        raise NotHeldBack
    held.released_at, held.released_by = now, actor.number
    return {"code": "award_released", "award_id": award_id.hex}


def holds_of(session: Session, community_id: int, award_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, PublicityHold]:
    """Who holds these awards back, and why."""
    rows = session.scalars(
        select(PublicityHold).where(
            PublicityHold.community_id == community_id,
            col(PublicityHold.award_id).in_(list(award_ids)),
            col(PublicityHold.released_at).is_(None),
        )
    )
    return {row.award_id: row for row in rows}


def goes_in(community_id: int, until: dt.date, *, reviewed_by: dt.datetime | None = None) -> list[ColumnElement[bool]]:
    """Which awards hang out with a month that ends on `until`; while it is being laid out, those reviewed before it began."""
    found = [
        col(Award.community_id) == community_id,
        col(Award.state) == APPROVED,
        col(Award.on_day) <= until,
        ~_is_held(),
    ]
    if reviewed_by is not None:
        found.append(col(Award.reviewed_at) <= reviewed_by)
    return found


def publishing(session: Session, community_id: int) -> PublicityBatch | None:
    """The batch that is being laid out just now."""
    return session.scalars(
        select(PublicityBatch).where(
            PublicityBatch.community_id == community_id, PublicityBatch.state == states.PUBLISHING
        )
    ).first()


def last_day(month: dt.date) -> dt.date:
    """The last day of the month that a day lies in."""
    return (month.replace(day=1) + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)


def names_of(
    session: Session, community_id: int, household_ids: set[uuid.UUID]
) -> dict[uuid.UUID, tuple[uuid.UUID, str]]:
    """Under whose name a household is known, with her id: its head, else its first member."""
    if not household_ids:
        return {}
    rows = session.execute(
        select(Person.household_id, Person.id, Person.name, Person.relation)
        .where(
            Person.community_id == community_id,
            col(Person.household_id).in_(list(household_ids)),
            col(Person.left_on).is_(None),
        )
        .order_by(col(Person.serial).desc())
    ).all()
    heads = {household: (person, name) for household, person, name, relation in rows if relation in HEADS}
    return {household: (person, name) for household, person, name, _ in rows} | heads


def grid_names(session: Session, paths: set[str]) -> dict[str, str]:
    """The grid of each area path; buildings and what lies above are not shown."""
    return {path: _grid_name(session, path) for path in paths}


def _grid_name(session: Session, path: str) -> str:
    parts = path.strip("/").split("/")
    for depth in range(len(parts), 0, -1):
        area = areas.by_path(session, "/" + "/".join(parts[:depth]) + "/")
        if area is not None and area.level in ("grid", "community"):
            return area.name if area.level == "grid" else ""
    return ""


def _shown(session: Session, rows: Sequence[Listed]) -> list[Bare]:
    """What would stand on the board of each."""
    if not rows:
        return []
    heads = names_of(session, rows[0].award.community_id, {row.household.id for row in rows if row.person is None})
    grids = grid_names(session, {row.household.area_path for row in rows})
    return [
        bare(Shown("", name_shown(row.person, row.household, heads), grids[row.household.area_path],
                   f"{row.household.number:02}"))
        for row in rows
    ]  # fmt: skip


def name_shown(person: Person | None, household: Household, heads: dict[uuid.UUID, tuple[uuid.UUID, str]]) -> str:
    """The name that is masked on the board: the person's, else that of the household."""
    if person is not None:
        return person.name
    return heads[household.id][1] if household.id in heads else household.name or "住户"


def _held(session: Session, community_id: int, until: dt.date) -> list[Held]:
    own, up_to = col(Award.community_id) == community_id, col(Award.on_day) <= until
    kinds = {
        "hearing": [own, up_to, col(Award.state) == ENTERED, col(Award.stage) == "hearing"],
        "second_review": [own, up_to, col(Award.state) == ENTERED, col(Award.stage).in_(("second", "committee"))],
        "not_reviewed": [own, up_to, col(Award.state) == ENTERED, col(Award.stage).is_(None)],
        "held_back": [own, up_to, col(Award.state) == APPROVED, _is_held()],
        "later_month": [own, col(Award.on_day) > until, col(Award.state) == APPROVED],
    }
    found = []
    for reason, where in kinds.items():
        count, steps = session.execute(
            select(func.count(), func.coalesce(func.sum(Award.credited_steps), 0)).where(*where)
        ).one()
        if count:
            oldest = select(Award).where(*where).order_by(col(Award.on_day), col(Award.id)).limit(PREVIEWED)
            found.append(Held(reason, count, int(steps), tuple(listed(session, session.scalars(oldest).all()))))
    return found


def _is_held() -> ColumnElement[bool]:
    return (
        select(PublicityHold.id)
        .where(
            and_(
                col(PublicityHold.community_id) == Award.community_id,
                col(PublicityHold.award_id) == Award.id,
                col(PublicityHold.released_at).is_(None),
            )
        )
        .exists()
    )


def _hold(session: Session, community_id: int, award_id: uuid.UUID) -> PublicityHold | None:
    return session.scalars(
        select(PublicityHold).where(
            PublicityHold.community_id == community_id,
            PublicityHold.award_id == award_id,
            col(PublicityHold.released_at).is_(None),
        )
    ).first()


def month_of(batch: PublicityBatch) -> dt.date:
    """The first day of a batch's month."""
    return dt.date.fromisoformat(f"{batch.month}-01")


def missing_month(session: Session, community_id: int, now: dt.datetime, *, due_day: int) -> dt.date | None:
    """The month before this one, if it is past `due_day`, awards of that month wait and none of them hangs out; else None."""
    today = communities.local_day(communities.community(session, community_id), now)
    if today.day < due_day:
        return None
    before = (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    has_batch = select(PublicityBatch.number).where(
        PublicityBatch.community_id == community_id, PublicityBatch.month >= f"{before:%Y-%m}"
    )
    waits = select(Award.id).where(
        Award.community_id == community_id,
        col(Award.state).in_((ENTERED, APPROVED)),
        col(Award.on_day).between(before, last_day(before)),
    )
    if session.scalars(has_batch.limit(1)).first() is not None or session.scalars(waits.limit(1)).first() is None:
        return None
    return before
