"""What people read about visits: their own statement, who is here now, what waits for review, and one visit explained."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, select, tuple_
from sqlmodel import Session, col

from ledger import reading as ledger_reading
from timebank import accounts
from timebank.columns import Id, Instant
from timebank.hours import service_points
from timebank.hours.activities import Activity
from timebank.hours.attendance import rests
from timebank.hours.attendance.tables import Visit, VisitDay, VisitRest, VisitReview
from timebank.hours.attendance.visits import by_id
from timebank.hours.service_points import ServicePoint
from timebank.people import communities, residents
from timebank.people.residents import Person
from timebank.permissions import Actor, may, require

PAGE = 20


@dataclass(frozen=True)
class VisitLine:
    """A visit in a list. Real minutes of an ended visit are the clock's; credited ones are there once it is settled."""

    id: UUID
    person_id: UUID
    person_number: str
    person_name: str
    place: str
    activity: str | None
    service_class: str | None
    order_id: UUID | None
    state: str
    evidence: str
    estimated: bool
    started_at: datetime
    ended_at: datetime | None
    planned_end_at: datetime | None
    real_minutes: int | None
    uncapped_minutes: int | None
    credited_minutes: int | None
    pool_minutes: int | None
    reasons: list[dict[str, Any]]
    review_reasons: list[str]
    entry_seq: int | None
    witness: str | None
    source: str | None
    note: str | None
    started_by: str
    ended_by: str | None
    offline: str | None = None  # which of its ends were scanned without a network: in, out, both
    rest_seconds: int = 0


@dataclass(frozen=True)
class DayShare:
    """What a visit counted on one local day."""

    day: date
    seconds: int
    credited_minutes: int


@dataclass(frozen=True)
class Verdict:
    """One review of a visit."""

    verdict: str
    note: str
    reviewed_by: str
    reviewed_at: datetime
    ended_at_before: datetime | None


@dataclass(frozen=True)
class Pause:
    """A rest within a visit, not counted; `forgotten` if only the check-out ended it."""

    started_at: datetime
    ended_at: datetime | None
    forgotten: bool


@dataclass(frozen=True)
class VisitExplained:
    """A visit with all that its number rests on."""

    line: VisitLine
    seconds: int | None  # served: without rests
    rest_seconds: int
    rests: list[Pause]
    spans: list[list[int]]
    rounding_minutes: int | None
    table_digest: str | None
    started_recorded_at: datetime
    ended_recorded_at: datetime | None
    settled_at: datetime | None
    days: list[DayShare]
    reviews: list[Verdict]


@dataclass(frozen=True)
class PresentLine:
    """Somebody who is in at a point; `resting_since` while the clock stands still."""

    person_name: str
    person_number: str
    activity: str | None
    started_at: datetime
    resting_since: datetime | None


@dataclass(frozen=True)
class Totals:
    """A volunteer's whole: sums over all his settled visits, and what the account holds."""

    visits: int
    real_minutes: int
    credited_minutes: int
    pool_minutes: int
    balance_minutes: int
    held_minutes: int
    account: int | None


def statement(
    session: Session,
    *,
    actor: Actor,
    person_id: UUID,
    before: tuple[datetime, UUID] | None = None,
    limit: int = PAGE,
) -> list[VisitLine]:
    """A person's visits, newest first; `before` is start and id of the last line seen."""
    require(actor, "attendance.statement", community_id=actor.community_id, person_id=person_id)
    conditions: list[ColumnElement[bool]] = [col(Visit.person_id) == person_id]
    if before is not None:
        conditions.append(tuple_(col(Visit.started_at), col(Visit.id)) < tuple_(*_key(before)))
    return _lines(session, communities.community_of(actor), conditions, newest_first=True, limit=limit)


def totals(session: Session, *, actor: Actor, person_id: UUID) -> Totals:
    """The sums over a person's settled visits, and the account's balance."""
    require(actor, "attendance.statement", community_id=actor.community_id, person_id=person_id)
    community_id = communities.community_of(actor)
    visits, real, credited, to_pool = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(col(Visit.real_minutes)), 0),
            func.coalesce(func.sum(col(Visit.credited_minutes)), 0),
            func.coalesce(func.sum(col(Visit.pool_minutes)), 0),
        )
        .where(col(Visit.community_id) == community_id)
        .where(col(Visit.person_id) == person_id)
        .where(col(Visit.state) == "settled")
    ).one()
    number = accounts.find_main(session, community_id, person_id, "min")
    account = ledger_reading.account(session, community_id, number) if number is not None else None
    return Totals(
        visits=visits,
        real_minutes=int(real or 0),
        credited_minutes=int(credited or 0),
        pool_minutes=int(to_pool or 0),
        balance_minutes=account.balance if account else 0,
        held_minutes=account.held if account else 0,
        account=number,
    )


def account_lines(
    session: Session, *, actor: Actor, person_id: UUID, before: int | None = None, limit: int = PAGE
) -> list[ledger_reading.Line]:
    """The entries of a person's account of minutes, newest first; none before the first minutes came."""
    require(actor, "attendance.statement", community_id=actor.community_id, person_id=person_id)
    community_id = communities.community_of(actor)
    number = accounts.find_main(session, community_id, person_id, "min")
    if number is None:
        return []
    return list(ledger_reading.statement(session, community_id, number, before=before, limit=limit))


def explained(session: Session, *, actor: Actor, visit_id: UUID) -> VisitExplained:
    """One visit with its scans, spans, days, reviews and entry."""
    community_id = communities.community_of(actor)
    visit = by_id(session, community_id, visit_id)
    require(actor, "attendance.statement", community_id=community_id, person_id=visit.person_id)
    (line,) = _lines(session, community_id, [col(Visit.id) == visit_id], newest_first=True, limit=1)
    days = session.scalars(
        select(VisitDay)
        .where(col(VisitDay.community_id) == community_id)
        .where(col(VisitDay.visit_id) == visit_id)
        .order_by(col(VisitDay.day))
    )
    reviews = session.scalars(
        select(VisitReview)
        .where(col(VisitReview.community_id) == community_id)
        .where(col(VisitReview.visit_id) == visit_id)
        .order_by(col(VisitReview.id))
    )
    pauses = rests.of_visit(session, visit)
    seconds = rest_seconds = None
    if visit.ended_at is not None:
        rest_seconds = rests.seconds(pauses, until=visit.ended_at)
        seconds = int(visit.ended_at.timestamp()) - int(visit.started_at.timestamp()) - rest_seconds
    return VisitExplained(
        line=line,
        seconds=seconds,
        rest_seconds=rest_seconds or 0,
        rests=[Pause(rest.started_at, rest.ended_at, rest.forgotten) for rest in pauses],
        spans=visit.spans or [],
        rounding_minutes=visit.rounding_minutes,
        table_digest=visit.table_digest,
        started_recorded_at=visit.started_recorded_at,
        ended_recorded_at=visit.ended_recorded_at,
        settled_at=visit.settled_at,
        days=[DayShare(day.day, day.seconds, day.credited_minutes) for day in days],
        reviews=[
            Verdict(row.verdict, row.note, row.reviewed_by, row.reviewed_at, row.ended_at_before) for row in reviews
        ],
    )


def places_of(session: Session, community_id: int, visit_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Where visits were, by id: the activity, else the place. For lines that are shown already."""
    query = (
        select(col(Visit.id), col(Visit.place), col(Activity.title))
        .outerjoin(
            Activity,
            and_(col(Activity.community_id) == col(Visit.community_id), col(Activity.id) == col(Visit.activity_id)),
        )
        .where(col(Visit.community_id) == community_id, col(Visit.id).in_(list(visit_ids)))
    )
    return {visit_id: title or place for visit_id, place, title in session.execute(query)}


def here_now(
    session: Session, *, actor: Actor, after: tuple[datetime, UUID] | None = None, limit: int = 50
) -> list[VisitLine]:
    """Who is checked in, longest first; the staff's list when the room is to be locked."""
    require(actor, "attendance.here_now", community_id=actor.community_id)
    conditions: list[ColumnElement[bool]] = [col(Visit.state) == "open"]
    if after is not None:
        conditions.append(tuple_(col(Visit.started_at), col(Visit.id)) > tuple_(*_key(after)))
    return _lines(session, communities.community_of(actor), conditions, newest_first=False, limit=limit)


def at_point(session: Session, *, actor: Actor, point_number: int, limit: int = 100) -> list[PresentLine]:
    """Who is checked in at a point now, the last to come first; for who stands at its station."""
    point = service_points.by_number(session, communities.community_of(actor), point_number)
    require(actor, "attendance.station", community_id=point.community_id, area_path=point.area_path)
    lines = _lines(
        session,
        point.community_id,
        [col(Visit.state) == "open", col(Visit.point_id) == point.id, col(Visit.order_id).is_(None)],
        newest_first=True,
        limit=limit,
    )
    pauses = rests.of_visits(session, point.community_id, [line.id for line in lines])
    found = []
    for line in lines:
        last = pauses[line.id][-1] if line.id in pauses else None
        resting = last.started_at if last is not None and last.ended_at is None else None
        found.append(PresentLine(line.person_name, line.person_number, line.activity, line.started_at, resting))
    return found


def waiting(
    session: Session,
    *,
    actor: Actor,
    after: tuple[datetime, UUID] | None = None,
    evidence: str | None = None,
    limit: int = 50,
) -> list[VisitLine]:
    """Visits that wait for another person's word, oldest first; those of orders are the recipient's to confirm.

    Staff of points who review nothing else see the printed codes of their points, which they may confirm.
    """
    conditions = _to_review(session, actor)
    if evidence is not None:
        conditions.append(col(Visit.evidence) == evidence)
    if after is not None:
        conditions.append(tuple_(col(Visit.started_at), col(Visit.id)) > tuple_(*_key(after)))
    return _lines(session, communities.community_of(actor), conditions, newest_first=False, limit=limit)


def waiting_counts(session: Session, *, actor: Actor) -> dict[str, int]:
    """How many visits wait for the reader, by class of evidence."""
    rows = session.execute(
        select(col(Visit.evidence), func.count())
        .where(col(Visit.community_id) == communities.community_of(actor), *_to_review(session, actor))
        .group_by(col(Visit.evidence))
    )
    return {evidence: int(count) for evidence, count in rows}


def open_line(session: Session, *, actor: Actor) -> VisitLine | None:
    """Where the reader is checked in now."""
    if actor.person_id is None:
        return None
    lines = _lines(
        session,
        communities.community_of(actor),
        [col(Visit.person_id) == actor.person_id, col(Visit.state) == "open"],
        newest_first=True,
        limit=1,
    )
    return lines[0] if lines else None


def person_shown(session: Session, *, actor: Actor, person_id: UUID) -> residents.Person:
    """The person whose statement staff open."""
    require(actor, "attendance.statement", community_id=actor.community_id, person_id=person_id)
    return residents.person(session, communities.community_of(actor), person_id)


def _to_review(session: Session, actor: Actor) -> list[ColumnElement[bool]]:
    """Which visits the reader may be asked to review."""
    conditions: list[ColumnElement[bool]] = [
        col(Visit.state).in_(("estimated", "under_review")),
        col(Visit.order_id).is_(None),
    ]
    if may(actor, "attendance.review", community_id=actor.community_id):
        return conditions
    points = session.scalars(select(ServicePoint).where(col(ServicePoint.community_id) == actor.community_id))
    staffed = [
        point.id
        for point in points
        if may(actor, "attendance.confirm_code", community_id=actor.community_id, area_path=point.area_path)
    ]
    if not staffed:
        require(actor, "attendance.review", community_id=actor.community_id)
    return [
        *conditions,
        col(Visit.point_id).in_(staffed),
        col(Visit.state) == "under_review",
        col(Visit.evidence) == "B",
        col(Visit.review_reasons).in_((["static_code"], ["own_card"], ["own_card", "static_code"])),
    ]


def _lines(
    session: Session,
    community_id: int,
    conditions: Iterable[ColumnElement[bool]],
    *,
    newest_first: bool,
    limit: int,
) -> list[VisitLine]:
    keys = (col(Visit.started_at), col(Visit.id))
    rows = session.execute(
        select(Visit, col(Person.number), col(Person.name), col(Activity.title))
        .join(Person, and_(col(Person.community_id) == col(Visit.community_id), col(Person.id) == col(Visit.person_id)))
        .outerjoin(
            Activity,
            and_(col(Activity.community_id) == col(Visit.community_id), col(Activity.id) == col(Visit.activity_id)),
        )
        .where(col(Visit.community_id) == community_id, *conditions)
        .order_by(*(key.desc() if newest_first else key for key in keys))
        .limit(limit)
    )
    found = [tuple(row) for row in rows]
    pauses = rests.of_visits(session, community_id, [visit.id for visit, _, _, _ in found])
    return [_line(visit, number, name, title, pauses.get(visit.id, [])) for visit, number, name, title in found]


def _line(visit: Visit, number: str, name: str, title: str | None, pauses: Sequence[VisitRest]) -> VisitLine:
    real_minutes, rest_seconds = visit.real_minutes, 0
    if visit.ended_at is not None:
        rest_seconds = rests.seconds(pauses, until=visit.ended_at)
        if real_minutes is None:
            between = int(visit.ended_at.timestamp()) - int(visit.started_at.timestamp())
            real_minutes = (between - rest_seconds) // 60
    return VisitLine(
        id=visit.id,
        person_id=visit.person_id,
        person_number=number,
        person_name=name,
        place=visit.place,
        activity=title,
        service_class=visit.service_class,
        order_id=visit.order_id,
        state=visit.state,
        evidence=visit.evidence,
        estimated=visit.estimated,
        started_at=visit.started_at,
        ended_at=visit.ended_at,
        planned_end_at=visit.planned_end_at,
        real_minutes=real_minutes,
        uncapped_minutes=visit.uncapped_minutes,
        credited_minutes=visit.credited_minutes,
        pool_minutes=visit.pool_minutes,
        reasons=list(visit.reasons or []),
        review_reasons=list(visit.review_reasons),
        entry_seq=visit.entry_seq,
        witness=visit.witness,
        source=visit.source,
        note=visit.note,
        started_by=visit.started_by,
        ended_by=visit.ended_by,
        offline=visit.offline,
        rest_seconds=rest_seconds,
    )


def _key(key: tuple[datetime, UUID]) -> tuple[Any, Any]:
    """The key as values of the columns' own types, which a row comparison would not pass on."""
    return literal(key[0], Instant()), literal(key[1], Id())
