"""Whether settled visits count the time that their scans and rests leave: the parts by multiplier against the clock."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from timebank.hours.attendance import rests
from timebank.hours.attendance.reckoning import seconds_between
from timebank.hours.attendance.tables import Visit

AT_ONCE = 500


@dataclass(frozen=True)
class Unlike:
    """A visit whose parts are not the time between its scans without its rests, in seconds."""

    row: uuid.UUID
    seq: int | None
    kept: int
    found: int


def differences(session: Session, community_id: int) -> Iterator[Unlike]:
    """The visits of which that is so, in the order of their ids; some hundred are read at a time."""
    after: uuid.UUID | None = None
    while rows := session.execute(
        select(col(Visit.id), col(Visit.entry_seq), col(Visit.started_at), col(Visit.ended_at), col(Visit.spans))
        .where(col(Visit.community_id) == community_id, col(Visit.state) == "settled")
        .where(*([] if after is None else [col(Visit.id) > after]))
        .order_by(col(Visit.id))
        .limit(AT_ONCE)
    ).all():
        paused = rests.of_visits(session, community_id, [row.id for row in rows])
        for row in rows:
            kept = sum(seconds for seconds, _ in row.spans or ())
            found = seconds_between(row.started_at, row.ended_at)
            found -= rests.seconds(paused.get(row.id, ()), until=row.ended_at)
            if kept != found:
                yield Unlike(row.id, row.entry_seq, kept, found)
        after = rows[-1].id
