"""What staff read of offline scans: lists and exports, one scan with all its verdicts, and the scans behind a visit."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, select, tuple_
from sqlmodel import Session, col

from timebank.columns import Id, Instant
from timebank.errors import NotFound
from timebank.hours.attendance.devices import ScanDevice
from timebank.hours.attendance.offline.looking import is_newest
from timebank.hours.attendance.offline.tables import OfflineScan, ScanBatch, ScanVerdict
from timebank.hours.service_points import ServicePoint
from timebank.people import communities
from timebank.people.residents import Person
from timebank.permissions import Actor, require

PAGE = 50


@dataclass(frozen=True)
class VerdictLine:
    """One verdict on a scan."""

    n: int
    outcome: str
    code: str
    facts: dict[str, Any]
    visit_id: UUID | None
    decided_at: datetime
    decided_by: str
    note: str


@dataclass(frozen=True)
class ScanLine:
    """A scan in a list: the fact, and the verdict that counts (None while it is judged)."""

    id: UUID
    device_number: int
    device: str
    point: str
    counter: int
    direction: str
    scanned_at: datetime
    corrected_at: datetime
    received_at: datetime
    sent_at: datetime
    seen_by: str
    person_id: UUID | None
    person_number: str | None
    person_name: str | None
    verdict: VerdictLine | None

    @property
    def clock_ahead_seconds(self) -> int:
        """By how much the device's clock was ahead of ours when it sent; behind, if negative."""
        return round((self.sent_at - self.received_at).total_seconds())


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to."""

    outcome: str | None = None
    device_number: int | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None


def listed(
    session: Session,
    *,
    actor: Actor,
    filters: Filters,
    before: tuple[datetime, UUID] | None = None,
    limit: int = PAGE,
) -> list[ScanLine]:
    """Received scans, the newest first; `before` is when the last line seen was received, and its id."""
    require(actor, "offline.listed", community_id=actor.community_id)
    conditions = _conditions(filters)
    if before is not None:
        key = tuple_(literal(before[0], Instant()), literal(before[1], Id()))
        conditions.append(tuple_(col(OfflineScan.received_at), col(OfflineScan.id)) < key)
    return list(_lines(session, communities.community_of(actor), conditions, limit=limit))


def counts(session: Session, *, actor: Actor) -> dict[str, int]:
    """How many scans there are of each outcome."""
    require(actor, "offline.listed", community_id=actor.community_id)
    rows = session.execute(
        select(col(ScanVerdict.outcome), func.count())
        .where(col(ScanVerdict.community_id) == actor.community_id, is_newest())
        .group_by(col(ScanVerdict.outcome))
    )
    return {outcome: count for outcome, count in rows}  # noqa: C416 - rows are no pairs to mypy


def one(session: Session, *, actor: Actor, scan_id: UUID) -> tuple[ScanLine, list[VerdictLine]]:
    """A scan with all its verdicts, in their order."""
    require(actor, "offline.listed", community_id=actor.community_id)
    community_id = communities.community_of(actor)
    found = next(_lines(session, community_id, [col(OfflineScan.id) == scan_id], limit=1), None)
    if found is None:
        raise NotFound(what="offline_scan")
    rows = session.scalars(
        select(ScanVerdict)
        .where(col(ScanVerdict.community_id) == community_id, col(ScanVerdict.scan_id) == scan_id)
        .order_by(col(ScanVerdict.n))
    )
    return found, [_verdict(row) for row in rows]


def behind_visit(session: Session, *, community_id: int, visit_id: UUID) -> list[ScanLine]:
    """The offline scans that a visit rests on, in order of time; who may see the visit may see them."""
    conditions: list[ColumnElement[bool]] = [
        col(ScanVerdict.visit_id) == visit_id,
        col(ScanVerdict.outcome) == "accepted",
    ]
    return sorted(_lines(session, community_id, conditions, limit=10), key=lambda line: line.corrected_at)


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.outcome:
        found.append(col(ScanVerdict.outcome) == filters.outcome)
    if filters.device_number:
        found.append(col(ScanDevice.number) == filters.device_number)
    if filters.from_at:
        found.append(col(OfflineScan.corrected_at) >= filters.from_at)
    if filters.until_at:
        found.append(col(OfflineScan.corrected_at) < filters.until_at)
    return found


def _lines(
    session: Session, community_id: int, conditions: list[ColumnElement[bool]], *, limit: int
) -> Iterator[ScanLine]:
    def joined(table: Any, *where: ColumnElement[bool]) -> tuple[Any, ColumnElement[bool]]:
        return table, and_(col(table.community_id) == col(OfflineScan.community_id), *where)

    rows = session.execute(
        select(
            OfflineScan,
            ScanVerdict,
            col(ScanDevice.number),
            col(ScanDevice.name),
            col(ServicePoint.name),
            col(ScanBatch.sent_at),
            col(Person.number),
            col(Person.name),
        )
        .join(*joined(ScanDevice, col(ScanDevice.id) == col(OfflineScan.device_id)))
        .join(*joined(ServicePoint, col(ServicePoint.id) == col(ScanDevice.point_id)))
        .join(
            *joined(
                ScanBatch,
                col(ScanBatch.device_id) == col(OfflineScan.device_id),
                col(ScanBatch.counter) == col(OfflineScan.counter),
            )
        )
        .outerjoin(*joined(ScanVerdict, col(ScanVerdict.scan_id) == col(OfflineScan.id), is_newest()))
        .outerjoin(*joined(Person, col(Person.id) == col(OfflineScan.person_id)))
        .where(col(OfflineScan.community_id) == community_id, *conditions)
        .order_by(col(OfflineScan.received_at).desc(), col(OfflineScan.id).desc())
        .limit(limit)
    )
    for scan, verdict, device_number, device, point, sent_at, number, name in rows:
        yield ScanLine(
            id=scan.id,
            device_number=device_number,
            device=device,
            point=point,
            counter=scan.counter,
            direction=scan.direction,
            scanned_at=scan.scanned_at,
            corrected_at=scan.corrected_at,
            received_at=scan.received_at,
            sent_at=sent_at,
            seen_by=scan.seen_by,
            person_id=scan.person_id,
            person_number=number,
            person_name=name,
            verdict=_verdict(verdict) if verdict else None,
        )


def _verdict(row: ScanVerdict) -> VerdictLine:
    return VerdictLine(
        n=row.n,
        outcome=row.outcome,
        code=row.code,
        facts=row.facts,
        visit_id=row.visit_id,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        note=row.note,
    )
