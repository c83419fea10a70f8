"""Rests within a visit (休息): the clock stands still, and nothing of it is counted.

A rest that nobody ended lasts until the check-out: whoever did not come back from lunch has not served meanwhile.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from timebank.columns import new_id
from timebank.errors import Refused
from timebank.hours.attendance.tables import Visit, VisitRest
from timebank.storage import Prepared

Span = tuple[datetime, datetime]

# Every check-out asks it, and most visits have none.
_ANY = Prepared(
    select(col(VisitRest.id))
    .where(col(VisitRest.community_id) == bindparam("community_id"))
    .where(col(VisitRest.visit_id) == bindparam("visit_id"))
    .limit(1)
)


class AlreadyResting(Refused):
    """A second tap on rest: it has begun, and stays as it is."""

    code = "already_resting"
    status = 409


class NotResting(Refused):
    """There is no rest to end."""

    code = "not_resting"
    status = 409


def begin(session: Session, *, visit: Visit, at: datetime, now: datetime, recorded_by: str) -> VisitRest:
    """Let the clock of an open visit stand still from `at` on; never before the visit or its last rest.

    Raises:
        AlreadyResting.
    """
    before = of_visit(session, visit)
    if before and before[-1].ended_at is None:
        raise AlreadyResting(visit_id=visit.id.hex)
    earliest = max([visit.started_at, *(rest.ended_at for rest in before if rest.ended_at)])
    rest = VisitRest(
        community_id=visit.community_id,
        id=new_id(now),
        visit_id=visit.id,
        started_at=max(at, earliest),
        started_recorded_at=now,
        started_by=recorded_by,
    )
    session.add(rest)
    session.flush()
    return rest


def end(session: Session, *, visit: Visit, at: datetime, now: datetime, recorded_by: str) -> VisitRest:
    """Let the clock go on.

    Raises:
        NotResting.
    """
    rest = open_rest(session, visit)
    if rest is None:
        raise NotResting(visit_id=visit.id.hex)
    return _end(session, rest, at=at, now=now, recorded_by=recorded_by, forgotten=False)


def end_with_visit(session: Session, *, visit: Visit, at: datetime, now: datetime, recorded_by: str) -> None:
    """At check-out: a rest that was forgotten ends too.

    Called again when a guessed end is put right: a rest that was cut by the guess goes on to the true end. One that
    somebody ended keeps its end even where the guess comes before it; what lies past the end of a visit is never
    counted (`spans`).
    """
    for rest in of_visit(session, visit):
        if rest.ended_at is None or rest.forgotten:
            _end(session, rest, at=at, now=now, recorded_by=recorded_by, forgotten=True)


def open_rest(session: Session, visit: Visit) -> VisitRest | None:
    """The rest that is going on."""
    return session.scalars(
        select(VisitRest)
        .where(col(VisitRest.community_id) == visit.community_id)
        .where(col(VisitRest.visit_id) == visit.id)
        .where(col(VisitRest.ended_at).is_(None))
    ).one_or_none()


def of_visit(session: Session, visit: Visit) -> list[VisitRest]:
    """The rests of a visit, in order of time."""
    if not _ANY.rows(session, community_id=visit.community_id, visit_id=visit.id):
        return []
    return of_visits(session, visit.community_id, [visit.id]).get(visit.id, [])


def of_visits(session: Session, community_id: int, visit_ids: Iterable[UUID]) -> dict[UUID, list[VisitRest]]:
    """The rests of visits, in order of time, by visit; visits without any are left out."""
    found: dict[UUID, list[VisitRest]] = {}
    wanted = list(visit_ids)
    if wanted:
        rows = session.scalars(
            select(VisitRest)
            .where(col(VisitRest.community_id) == community_id)
            .where(col(VisitRest.visit_id).in_(wanted))
            .order_by(col(VisitRest.started_at), col(VisitRest.id))
        )
        for rest in rows:
            found.setdefault(rest.visit_id, []).append(rest)
    return found


def spans(rests: Sequence[VisitRest], *, until: datetime) -> list[Span]:
    """From when to when nothing is counted; a rest that goes on counts until `until`."""
    cut = [(rest.started_at, min(rest.ended_at or until, until)) for rest in rests]
    return [(started_at, ended_at) for started_at, ended_at in cut if started_at < ended_at]


def seconds(rests: Sequence[VisitRest], *, until: datetime) -> int:
    """Whole seconds of rest, by the same clock as the visit's (reckoning.seconds_between)."""
    return sum(int(ended.timestamp()) - int(began.timestamp()) for began, ended in spans(rests, until=until))


def _end(
    session: Session, rest: VisitRest, *, at: datetime, now: datetime, recorded_by: str, forgotten: bool
) -> VisitRest:
    rest.ended_at, rest.ended_recorded_at, rest.ended_by = max(at, rest.started_at), now, recorded_by
    rest.forgotten = forgotten
    session.flush()
    return rest
