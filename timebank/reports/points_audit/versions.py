"""The versions of the table beside each other: what each changed of the one before it."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlmodel import Session, col, select

from timebank.permissions import Actor
from timebank.points.table.comparing import compare
from timebank.points.table.drafts import items_of
from timebank.points.table.tables import IN_FORCE, PUBLISHED, SUPERSEDED, PointsTable
from timebank.reports.points_audit.years import asked

MOST = 20  # versions; at two a year that is ten years


@dataclass(frozen=True)
class Version:
    """A version that was voted, how many items it has, and what it changed of `before_id`; of the first all is new."""

    table_id: uuid.UUID
    version: int
    title: str
    state: str
    in_force_from: dt.date
    in_force_until: dt.date | None
    digest: str
    before_id: uuid.UUID | None
    items: int
    new: int
    gone: int
    changed: int


def versions(session: Session, *, actor: Actor) -> list[Version]:
    """The versions that were voted and not taken back, newest first."""
    community_id = asked(session, actor)
    tables = session.scalars(
        select(PointsTable)
        .where(
            PointsTable.community_id == community_id,
            col(PointsTable.state).in_((PUBLISHED, IN_FORCE, SUPERSEDED)),
        )
        .order_by(col(PointsTable.version).desc())
        .limit(MOST + 1)
    ).all()
    items = {table.id: items_of(session, community_id, table.id) for table in tables}
    found = []
    for at, table in enumerate(tables[:MOST]):
        before = tables[at + 1] if at + 1 < len(tables) else None
        told = compare(items[before.id] if before else (), items[table.id])
        if table.version is None or table.in_force_from is None:
            continue
        found.append(
            Version(table.id, table.version, table.title, table.state, table.in_force_from, table.in_force_until,
                    table.digest, before.id if before else None, len(items[table.id]), len(told.new), len(told.gone),
                    len(told.changed))
        )  # fmt: skip
    return found
