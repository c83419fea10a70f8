"""Batches of awards on the notice board: published with masked names, and booked when their period is over.

A line ends booked or withdrawn. Only a line that somebody objected to waits; the others do not wait for it.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from ledger import book_of
from ledger.entries import canonical
from timebank import accounts, policy
from timebank.errors import NotFound, Refused
from timebank.people import areas, residents
from timebank.people.working_days import end_of_day, end_of_working_days, today_in
from timebank.permissions import Actor, require
from timebank.points import household_accounts
from timebank.points.awards.entering import Listed, listed
from timebank.points.awards.tables import APPROVED, BOOKED, FROZEN, PUBLISHED, WITHDRAWN, Award
from timebank.points.publicity.labels import Shown, labels
from timebank.points.publicity.tables import (
    APPEAL_UPHELD,
    APPEALED,
    OPEN,
    REJECTED,
    UPHELD,
    Objection,
    PublicityBatch,
    PublicityLine,
)
from timebank.points.table.tables import PointsItem, PointsTable
from timebank.storage import next_number

MOST_LINES = 5_000
AT_ONCE = 500


class NothingToPublish(Refused):
    """No award is approved and unpublished."""

    code = "nothing_to_publish"


@dataclass(frozen=True)
class BoardLine:
    """A line as anybody may see it, with what became of it."""

    line: PublicityLine
    award: Award
    item: PointsItem
    version: int


def publish(session: Session, *, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Hang out all approved awards as the next numbered batch, for five working days of objections."""
    require(actor, "publicity.publish", community_id=actor.community_id)
    community_id = _community(actor)
    ready = session.scalars(
        select(Award)
        .where(Award.community_id == community_id, Award.state == APPROVED)
        .order_by(col(Award.on_day), col(Award.id))
        .limit(MOST_LINES)
    ).all()
    if not ready:
        raise NothingToPublish
    today = today_in(session, community_id, now)
    days = policy.of(session, community_id, today).publicity_days
    rows = listed(session, ready)
    number = next_number(session, community_id, "publicity_batch")
    lines = _lines(session, number, rows)
    digest = hashlib.sha256(
        canonical([_hung_out(line, row) for line, row in zip(lines, rows, strict=True)])
    ).hexdigest()
    batch = PublicityBatch(
        community_id=community_id, number=number, month=f"{today:%Y-%m}", published_at=now, published_by=actor.number,
        objections_until=end_of_day(session, community_id, end_of_working_days(session, community_id, today, days)),
        lines=len(lines), total_steps=sum(award.credited_steps for award in ready), digest=digest,
        note=book_of(session).note("publicity_batch", f"batch {number}", digest),
    )  # fmt: skip
    session.add(batch)
    session.flush()
    session.add_all(lines)
    for line, award in zip(lines, ready, strict=True):
        award.state, award.batch_number, award.line_number = PUBLISHED, number, line.number
    return {"code": "published", "batch": number, "lines": len(lines), "total_steps": batch.total_steps,
            "note": batch.note, "objections_until": batch.objections_until.isoformat()}  # fmt: skip


def book_due(session: Session, *, actor: Actor, now: dt.datetime, limit: int = AT_ONCE) -> dict[str, Any]:
    """Book every line whose period is over and that nobody can object to any more; `left` says whether to call again.

    A line with an objection is booked when the objection was rejected and the time to appeal has passed, or the appeal
    was rejected; if it was upheld, the line is withdrawn at once, where it is decided.
    """
    require(actor, "publicity.book_due", community_id=actor.community_id)
    community_id = _community(actor)
    due = session.execute(
        select(Award, PublicityBatch)
        .join(
            PublicityBatch,
            (col(PublicityBatch.community_id) == Award.community_id)
            & (col(PublicityBatch.number) == Award.batch_number),
        )
        .where(
            Award.community_id == community_id,
            col(Award.state).in_((PUBLISHED, FROZEN)),
            col(PublicityBatch.closed_at).is_(None),
            col(PublicityBatch.objections_until) <= now,
            ~_waiting(now),
        )
        .order_by(col(Award.batch_number), col(Award.line_number))
        .limit(limit + 1)
    ).all()
    items = {row.award.id: row for row in listed(session, [award for award, _ in due[:limit]])}
    booked = [book(session, items[award.id], batch, now=now) for award, batch in due[:limit]]
    session.flush()
    _close_finished(session, community_id, now)
    return {"code": "lines_booked", "booked": len(booked), "left": max(len(due) - limit, 0)}


def book(session: Session, row: Listed, batch: PublicityBatch, *, now: dt.datetime) -> int | None:
    """Book one line to its household; the entry's seq, or None where a deduction found nothing to take."""
    award, item = row.award, row.item
    table = session.get(PointsTable, (award.community_id, award.table_id))
    assert table is not None
    on = today_in(session, award.community_id, now)
    detail = {
        "use_case": "publicity.book", "award": award.id.hex, "batch": batch.number, "line": award.line_number,
        "item": item.id.hex, "position": item.position, "table_version": table.version, "table_digest": table.digest,
        "event_on": award.on_day.isoformat(), "value_steps": item.value_steps, "per": item.per,
        "times": award.times, "minutes": award.minutes, "uncapped_steps": award.uncapped_steps,
        "reviewers": [award.reviewer] if award.reviewer else [], "rule": f"points_table/{table.version}/{item.position}",
    }  # fmt: skip
    if award.credited_steps < 0:
        taken = household_accounts.take(session, award.community_id, award.household_id, award_id=award.id,
                                        steps=-award.credited_steps, on=on, now=now, detail=detail, cites=batch.note)  # fmt: skip
        award.entry, award.taken_steps = taken.entry, taken.taken_steps
    else:
        award.entry = _award_points(session, row, batch, on=on, now=now, detail=detail)
    award.state, award.booked_at = BOOKED, now
    return award.entry


def _award_points(
    session: Session, row: Listed, batch: PublicityBatch, *, on: dt.date, now: dt.datetime, detail: dict[str, Any]
) -> int:
    award, steps = row.award, row.award.credited_steps
    account = household_accounts.base_account if row.item.kind == "base" else household_accounts.main_account
    credited = account(session, award.community_id, award.household_id)
    entry = book_of(session).post(
        {accounts.ISSUE_PT: -steps, credited: steps}, on=on, detail={**detail, "credited": steps}, cites=batch.note
    )
    household_accounts.pay_shortfall(session, award.community_id, award.household_id, award_id=award.id, steps=steps,
                                     on=on, now=now, detail=detail, cites=batch.note)  # fmt: skip
    return entry


def withdraw_line(award: Award, *, now: dt.datetime, by: str, reason: str) -> None:
    """Take a line off the board after an objection was upheld."""
    award.state, award.closed_at, award.closed_by, award.closed_reason = WITHDRAWN, now, by, reason[:300]


def batches_of(
    session: Session, community_id: int, *, before: int | None = None, limit: int = 24
) -> Sequence[PublicityBatch]:
    """Batches, newest first."""
    query = select(PublicityBatch).where(PublicityBatch.community_id == community_id)
    if before is not None:
        query = query.where(PublicityBatch.number < before)
    return session.scalars(query.order_by(col(PublicityBatch.number).desc()).limit(limit)).all()


def batch_of(session: Session, community_id: int, number: int) -> PublicityBatch:
    """One batch; NotFound if there is none of this number."""
    batch = session.get(PublicityBatch, (community_id, number))
    if batch is None:
        raise NotFound(what="publicity_batch", number=number)
    return batch


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


def _waiting(now: dt.datetime) -> Any:
    """Whether an objection still stands between an award and its booking."""
    return (
        select(Objection.id)
        .where(
            col(Objection.community_id) == Award.community_id,
            col(Objection.batch_number) == Award.batch_number,
            col(Objection.line_number) == Award.line_number,
            col(Objection.state).in_((OPEN, APPEALED, UPHELD, APPEAL_UPHELD))
            | ((col(Objection.state) == REJECTED) & (col(Objection.appeal_until) > now)),
        )
        .exists()
    )


def _close_finished(session: Session, community_id: int, now: dt.datetime) -> None:
    unfinished = (
        select(Award.id)
        .where(
            col(Award.community_id) == PublicityBatch.community_id,
            col(Award.batch_number) == PublicityBatch.number,
            col(Award.state).in_((PUBLISHED, FROZEN)),
        )
        .exists()
    )
    finished = session.scalars(
        select(PublicityBatch).where(
            PublicityBatch.community_id == community_id,
            col(PublicityBatch.closed_at).is_(None),
            col(PublicityBatch.objections_until) <= now,
            ~unfinished,
        )
    ).all()
    for batch in finished:
        batch.closed_at = now


def _lines(session: Session, number: int, rows: Sequence[Listed]) -> list[PublicityLine]:
    heads = _heads(session, rows)
    grids: dict[str, str] = {}
    shown = []
    for row in rows:
        path = row.household.area_path
        if path not in grids:
            grids[path] = _grid_name(session, path)
        name = row.person.name if row.person else heads.get(row.household.id) or row.household.name or "住户"
        key = f"p{row.person.id.hex}" if row.person else f"h{row.household.id.hex}"
        shown.append(Shown(key, name, grids[path], f"{row.household.number:02}"))
    return [
        PublicityLine(community_id=row.award.community_id, batch_number=number, number=position, award_id=row.award.id,
                      masked_name=label.name, grid=label.grid, household_tail=label.tail, suffix=label.suffix)
        for position, (row, label) in enumerate(zip(rows, labels(shown), strict=True), 1)
    ]  # fmt: skip


def _heads(session: Session, rows: Sequence[Listed]) -> dict[uuid.UUID, str]:
    """The name under which a household is known: its head's, else its first member's."""
    heads: dict[uuid.UUID, str] = {}
    for household in {row.household.id: row.household for row in rows if row.person is None}.values():
        people = [one for one in residents.members(session, household.community_id, household.id) if not one.left_on]
        head = next((one for one in people if one.relation in ("户主", "本人", "head")), people[0] if people else None)
        if head is not None:
            heads[household.id] = head.name
    return heads


def _grid_name(session: Session, path: str) -> str:
    """The grid in which a household lives; buildings and what lies above are not shown."""
    parts = path.strip("/").split("/")
    for depth in range(len(parts), 0, -1):
        area = areas.by_path(session, "/" + "/".join(parts[:depth]) + "/")
        if area is not None and area.level in ("grid", "community"):
            return area.name if area.level == "grid" else ""
    return ""


def _hung_out(line: PublicityLine, row: Listed) -> dict[str, Any]:
    return {"line": line.number, "award": row.award.id.hex, "name": line.masked_name, "grid": line.grid,
            "household": line.household_tail, "suffix": line.suffix, "version": row.version,
            "item": row.item.position, "on": row.award.on_day.isoformat(), "steps": row.award.credited_steps}  # fmt: skip


def _community(actor: Actor) -> int:
    if actor.community_id is None:
        raise NotFound(what="community")
    return actor.community_id


def frozen_lines(session: Session, community_id: int) -> int:
    """How many lines wait for an answer or a decision."""
    return session.scalars(
        select(func.count()).select_from(Award).where(Award.community_id == community_id, Award.state == FROZEN)
    ).one()
