"""Batches of awards on the notice board: laid out with masked names in pieces, hung out whole, read by anybody.

A batch of thousands of lines would keep everybody else waiting if it were written at once. So the first write takes its
number and lays out some lines, further ones lay out the others, and the last one makes it visible: with the suffixes of
those who look alike, its digest noted in the ledger, and its period counted from then.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert
from sqlmodel import Session, col, select

from ledger import book_of
from ledger import rows as statements
from ledger.entries import canonical
from timebank import notices, policy
from timebank.columns import to_ms
from timebank.errors import NotFound, Refused
from timebank.people.communities import community_of
from timebank.people.households import Household
from timebank.people.residents import Person
from timebank.people.working_days import end_of_day, end_of_working_days, today_in
from timebank.permissions import Actor, require
from timebank.points.awards.tables import FROZEN, PUBLISHED, Award
from timebank.points.publicity import preparing, states
from timebank.points.publicity.booking import book_due
from timebank.points.publicity.labels import Shown, bare, suffixes
from timebank.points.publicity.lines import Change, tallies
from timebank.points.publicity.tables import PublicityBatch, PublicityLine, PublicityTally
from timebank.points.table.tables import PointsItem, PointsTable
from timebank.storage import next_number

__all__ = [
    "AT_ONCE",
    "BoardLine",
    "NothingToPublish",
    "PublishingAlready",
    "Standing",
    "batch_of",
    "batches_of",
    "book_due",
    "frozen_lines",
    "laid",
    "lay",
    "lines_of",
    "publish",
    "standings",
]

AT_ONCE = 500
# What a line is made of, and what the digest of a hung-out one is made of.
_LAID: tuple[Any, ...] = (
    Award.id, Award.household_id, Person.name, Household.area_path, Household.number, Household.name,
)  # fmt: skip
_HUNG: tuple[Any, ...] = (
    PublicityLine.number, PublicityLine.masked_name, PublicityLine.grid, PublicityLine.household_tail, Award.id,
    Award.person_id, Award.household_id, Award.on_day, Award.credited_steps, PointsItem.position, PointsTable.version,
)  # fmt: skip


class NothingToPublish(Refused):
    """No award is approved and unpublished."""

    code = "nothing_to_publish"


class PublishingAlready(Refused):
    """Another batch is being laid out; fact `number`."""

    code = "publishing_already"


@dataclass(frozen=True)
class BoardLine:
    """A line as anybody may see it, with what became of it."""

    line: PublicityLine
    award: Award
    item: PointsItem
    version: int


@dataclass(frozen=True)
class Standing:
    """A batch with how many of its lines are in which state, and their steps; over all states they add up to the batch."""

    batch: PublicityBatch
    states: dict[str, Change]

    @property
    def lines(self) -> int:
        return sum(lines for lines, _ in self.states.values())

    @property
    def steps(self) -> int:
        return sum(steps for _, steps in self.states.values())

    @property
    def adds_up(self) -> bool:
        """Whether the states' lines and steps are the batch's."""
        return (self.lines, self.steps) == (self.batch.lines, self.batch.total_steps)

    def of(self, *wanted: str) -> int:
        """How many lines are in one of these states."""
        return sum(self.states.get(state, (0, 0))[0] for state in wanted)


def publish(
    session: Session, *, actor: Actor, now: dt.datetime, month: dt.date | None = None, limit: int = AT_ONCE
) -> dict[str, Any]:
    """Begin the next numbered batch: the approved awards of a month (this one, if none is named) and of those before it.

    If all fit into this write it hangs out at once (`published`); else `publishing` says that `lay` must be called until it does.

    Raises:
        NothingToPublish, PublishingAlready.
    """
    require(actor, "publicity.publish", community_id=actor.community_id)
    community_id = community_of(actor)
    under_way = preparing.publishing(session, community_id)
    if under_way is not None:
        raise PublishingAlready(number=under_way.number)
    today = today_in(session, community_id, now)
    first = (month or today).replace(day=1)
    count = session.scalars(
        select(func.count()).select_from(Award).where(*preparing.goes_in(community_id, preparing.last_day(first)))
    ).one()
    if not count:
        raise NothingToPublish
    batch = PublicityBatch(
        community_id=community_id, number=next_number(session, community_id, "publicity_batch"), month=f"{first:%Y-%m}",
        published_at=now, published_by=actor.number, objections_until=now + dt.timedelta(days=1), lines=count,
        total_steps=0, digest="", note=0, state=states.PUBLISHING,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    return _lay(session, batch, now=now, limit=limit)


def lay(session: Session, *, actor: Actor, now: dt.datetime, number: int, limit: int = AT_ONCE) -> dict[str, Any]:
    """Lay out the next lines of a batch that was begun; with the last of them it hangs out. A job.

    Raises:
        BatchWrongState: it hangs out.
    """
    require(actor, "publicity.lay", community_id=actor.community_id)
    batch = session.get(PublicityBatch, (community_of(actor), number))
    if batch is None:
        raise NotFound(what="publicity_batch", number=number)
    states.batch_after(batch.state, "lay", number=number)
    return _lay(session, batch, now=now, limit=limit)


def laid(session: Session, batch: PublicityBatch) -> int:
    """How many lines of a batch are laid out."""
    return session.scalars(
        select(func.count())
        .select_from(PublicityLine)
        .where(PublicityLine.community_id == batch.community_id, PublicityLine.batch_number == batch.number)
    ).one()


def batches_of(
    session: Session, community_id: int, *, before: int | None = None, limit: int = 24
) -> Sequence[PublicityBatch]:
    """Batches that hang out or did, newest first."""
    query = select(PublicityBatch).where(
        PublicityBatch.community_id == community_id, PublicityBatch.state != states.PUBLISHING
    )
    if before is not None:
        query = query.where(PublicityBatch.number < before)
    return session.scalars(query.order_by(col(PublicityBatch.number).desc()).limit(limit)).all()


def batch_of(session: Session, community_id: int, number: int) -> PublicityBatch:
    """One batch; NotFound if there is none of this number, or it does not hang out yet."""
    batch = session.get(PublicityBatch, (community_id, number))
    if batch is None or batch.state == states.PUBLISHING:
        raise NotFound(what="publicity_batch", number=number)
    return batch


def standings(session: Session, batches: Sequence[PublicityBatch]) -> list[Standing]:
    """Batches with the counts of their lines by state, in one query however many lines they have."""
    if not batches:
        return []
    found = tallies(session, batches[0].community_id, [batch.number for batch in batches])
    return [Standing(batch, found[batch.number]) for batch in batches]


def lines_of(session: Session, community_id: int, number: int, *, after: int = 0, limit: int = 200) -> list[BoardLine]:
    """Lines of a batch as they hung out, in order; the next page is `after` the last one's number."""
    rows = session.execute(
        select(PublicityLine, Award, PointsItem, PointsTable.version)
        .join(
            Award,
            (col(Award.community_id) == PublicityLine.community_id) & (col(Award.id) == PublicityLine.award_id),
        )
        .join(PointsItem, (col(PointsItem.community_id) == Award.community_id) & (col(PointsItem.id) == Award.item_id))
        .join(
            PointsTable,
            (col(PointsTable.community_id) == Award.community_id) & (col(PointsTable.id) == Award.table_id),
        )
        .where(
            PublicityLine.community_id == community_id,
            PublicityLine.batch_number == number,
            PublicityLine.number > after,
        )
        .order_by(col(PublicityLine.number))
        .limit(limit)
    ).all()
    return [BoardLine(line, award, item, version or 0) for line, award, item, version in rows]


def frozen_lines(session: Session, community_id: int) -> int:
    """How many lines wait for an answer or a decision."""
    return session.scalars(
        select(func.count()).select_from(Award).where(Award.community_id == community_id, Award.state == FROZEN)
    ).one()


# Laying out -----------------------------------------------------------------------------------------------------------


def _lay(session: Session, batch: PublicityBatch, *, now: dt.datetime, limit: int) -> dict[str, Any]:
    community_id, first = batch.community_id, laid(session, batch) + 1
    until = preparing.last_day(preparing.month_of(batch))
    where = preparing.goes_in(community_id, until, reviewed_by=batch.published_at)
    found = session.execute(
        select(*_LAID)
        .join(
            Household,
            (col(Household.community_id) == Award.community_id) & (col(Household.id) == Award.household_id),
        )
        .join(
            Person,
            (col(Person.community_id) == Award.community_id) & (col(Person.id) == Award.person_id),
            isouter=True,
        )
        .where(*where)
        .order_by(col(Award.on_day), col(Award.id))
        .limit(limit + 1)
    ).all()
    rows = found[:limit]
    heads = preparing.names_of(session, community_id, {row[1] for row in rows if row[2] is None})
    grids = preparing.grid_names(session, {row[3] for row in rows})
    made = []
    for number, (award_id, household_id, name, path, house_number, house_name) in enumerate(rows, first):
        name = name or (heads[household_id][1] if household_id in heads else house_name or "住户")
        masked, grid, tail = bare(Shown("", name, grids[path], f"{house_number:02}"))
        made.append({"community_id": community_id, "batch_number": batch.number, "number": number, "award_id": award_id,
                     "masked_name": masked, "grid": grid, "household_tail": tail, "suffix": "", "state": states.HANGING})  # fmt: skip
    if made:
        session.execute(insert(PublicityLine), made)
    statements.update_in(
        session.connection(),
        Award.__table__,  # type: ignore[attr-defined]
        ("state", "batch_number", "line_number"),
        ("community_id", "id"),
        [(PUBLISHED, batch.number, line["number"], community_id, line["award_id"].bytes) for line in made],
    )
    session.expire_all()
    if len(found) > limit:
        return {"code": "publishing", "batch": batch.number, "lines": first - 1 + len(made), "left": True}
    return _hang_out(session, batch, now=now)


def _hang_out(session: Session, batch: PublicityBatch, *, now: dt.datetime) -> dict[str, Any]:
    """All lines are laid out: suffixes, digest and note, tallies, the period, and a word to everybody who is named."""
    community_id, number = batch.community_id, batch.number
    rows = session.execute(
        select(*_HUNG)
        .join(
            Award, (col(Award.community_id) == PublicityLine.community_id) & (col(Award.id) == PublicityLine.award_id)
        )
        .join(PointsItem, (col(PointsItem.community_id) == Award.community_id) & (col(PointsItem.id) == Award.item_id))
        .join(
            PointsTable,
            (col(PointsTable.community_id) == Award.community_id) & (col(PointsTable.id) == Award.table_id),
        )
        .where(PublicityLine.community_id == community_id, PublicityLine.batch_number == number)
        .order_by(col(PublicityLine.number))
    ).all()
    marks = suffixes(((row[5] or row[6]), tuple(row[1:4])) for row in rows)
    hung = [
        {"line": line, "award": award_id.hex, "name": name, "grid": grid, "household": tail, "suffix": mark,
         "version": version or 0, "item": position, "on": on.isoformat(), "steps": steps}
        for (line, name, grid, tail, award_id, _, _, on, steps, position, version), mark in zip(rows, marks, strict=True)
    ]  # fmt: skip
    statements.update_in(
        session.connection(),
        PublicityLine.__table__,  # type: ignore[attr-defined]
        ("suffix",),
        ("community_id", "batch_number", "number"),
        [(mark, community_id, number, row[0]) for row, mark in zip(rows, marks, strict=True) if mark],
    )
    today = today_in(session, community_id, now)
    days = policy.of(session, community_id, today).publicity_days
    batch.state = states.batch_after(batch.state, "hang_out", number=number)
    batch.published_at, batch.lines = now, len(hung)
    batch.total_steps = sum(row[8] for row in rows)
    batch.objections_until = end_of_day(session, community_id, end_of_working_days(session, community_id, today, days))
    batch.digest = hashlib.sha256(canonical(hung)).hexdigest()
    batch.note = book_of(session).note("publicity_batch", f"batch {number}", batch.digest)
    batch.revision += 1
    session.add_all(
        PublicityTally(community_id=community_id, batch_number=number, state=state,
                       lines=batch.lines if state == states.HANGING else 0,
                       steps=batch.total_steps if state == states.HANGING else 0)
        for state in states.LINE
    )  # fmt: skip
    session.flush()
    _tell(session, batch, [(row[5], row[6]) for row in rows], now=now)
    session.expire_all()
    return {"code": "published", "batch": number, "lines": batch.lines, "total_steps": batch.total_steps,
            "note": batch.note, "objections_until": batch.objections_until.isoformat(), "left": False}  # fmt: skip


def _tell(
    session: Session, batch: PublicityBatch, whose: Sequence[tuple[uuid.UUID | None, uuid.UUID]], *, now: dt.datetime
) -> None:
    """Tell who is named, or whose household is, that a line of hers hangs out."""
    heads = preparing.names_of(
        session, batch.community_id, {household for person, household in whose if person is None}
    )
    told = [person or heads.get(household, (None, ""))[0] for person, household in whose]
    notices.tell_all(
        session,
        community_id=batch.community_id,
        person_ids=[person for person in told if person is not None],
        kind="line_published",
        facts={"batch": batch.number, "until_at": to_ms(batch.last_moment)},
        now=now,
    )
