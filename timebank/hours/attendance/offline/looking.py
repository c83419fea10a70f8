"""What there is of a scan and its person: verdicts, visits around it, what waits. Reads only."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from timebank.hours.attendance import devices
from timebank.hours.attendance.devices import ScanDevice
from timebank.hours.attendance.offline.tables import OfflineScan, ScanVerdict
from timebank.hours.attendance.tables import Visit
from timebank.hours.attendance.visits import local_clock, rules_of, zone_of
from timebank.people import cards, communities, numbers, residents
from timebank.people.cards import Card
from timebank.people.residents import Person

_IDS_A_QUERY = 500


def newest(session: Session, community_id: int, scan_id: UUID) -> ScanVerdict | None:
    """The verdict that counts."""
    return session.scalars(
        select(ScanVerdict)
        .where(col(ScanVerdict.community_id) == community_id, col(ScanVerdict.scan_id) == scan_id)
        .order_by(col(ScanVerdict.n).desc())
        .limit(1)
    ).one_or_none()


def is_newest() -> ColumnElement[bool]:
    """The condition that no later verdict of the same scan is there."""
    later: Any = aliased(ScanVerdict)
    same = and_(
        later.community_id == col(ScanVerdict.community_id),
        later.scan_id == col(ScanVerdict.scan_id),
        later.n > col(ScanVerdict.n),
    )
    return ~exists().where(same)


def waiting_of(session: Session, community_id: int, person_ids: Iterable[UUID] | None = None) -> list[OfflineScan]:
    """The scans that wait, by their time; of these people, or of all."""
    query = (
        select(OfflineScan)
        .join(
            ScanVerdict,
            and_(
                col(ScanVerdict.community_id) == col(OfflineScan.community_id),
                col(ScanVerdict.scan_id) == col(OfflineScan.id),
            ),
        )
        .where(col(OfflineScan.community_id) == community_id, col(ScanVerdict.outcome) == "waiting", is_newest())
        .order_by(col(OfflineScan.corrected_at), col(OfflineScan.id))
    )
    if person_ids is None:
        return list(session.scalars(query))
    wanted = list(person_ids)
    found: list[OfflineScan] = []
    for start in range(0, len(wanted), _IDS_A_QUERY):
        found += session.scalars(query.where(col(OfflineScan.person_id).in_(wanted[start : start + _IDS_A_QUERY])))
    return found


def may_fit_now(session: Session, scan: OfflineScan) -> bool:
    """Whether it is worth judging a scan that waits once more; reads only."""
    if scan.person_id is None:
        return False
    device = devices.by_id(session, scan.community_id, scan.device_id)
    if visit_around(session, scan) is not None:
        return True  # it will never fit: it is within a visit by now
    if scan.direction == "in":
        return visit_after(session, scan) is None
    return visit_begun(session, scan, device.point_id) is not None or waiting_coming(session, scan) is not None


def people_of(session: Session, community_id: int, codes: Iterable[str]) -> dict[str, UUID]:
    """Whose each code is, of those that are somebody's: a personal card's text, or a number with its check digit."""
    code = communities.community(session, community_id).code
    tokens: dict[str, str] = {}
    serials: dict[str, int] = {}
    for text in set(codes):
        payload = cards.read_payload(text)
        if payload is not None:
            if payload.community_code == code and payload.kind == "personal":
                tokens[text] = payload.token
        elif (serial := numbers.serial_of(text, code)) is not None:
            serials[text] = serial
    of_tokens = select(Card).where(col(Card.community_id) == community_id, col(Card.token).in_(set(tokens.values())))
    by_token = {card.token: card.person_id for card in session.scalars(of_tokens)}
    of_serials = select(Person).where(
        col(Person.community_id) == community_id, col(Person.serial).in_(set(serials.values()))
    )
    by_serial = {person.serial: person.id for person in session.scalars(of_serials)}
    found = {text: by_token.get(token) for text, token in tokens.items()}
    found |= {text: by_serial.get(serial) for text, serial in serials.items()}
    return {text: person_id for text, person_id in found.items() if person_id is not None}


def visits_of(scan: OfflineScan) -> Select[Visit]:
    """The visits of whose scan it is, in order of time."""
    return (
        select(Visit)
        .where(col(Visit.community_id) == scan.community_id)
        .where(col(Visit.person_id) == person_of(scan))
        .order_by(col(Visit.started_at))
    )


def visit_around(session: Session, scan: OfflineScan) -> Visit | None:
    """A visit that has ended, and not by a guess, within which the scan lies."""
    return session.scalars(
        visits_of(scan)
        .where(col(Visit.state).in_(("closed", "under_review", "settled")))
        .where(col(Visit.started_at) < scan.corrected_at)
        .where(col(Visit.ended_at) > scan.corrected_at)
        .limit(1)
    ).first()


def visit_after(session: Session, scan: OfflineScan) -> Visit | None:
    """A visit that ends after the scan, or has not ended: before it nothing can be opened that has no end yet."""
    return session.scalars(
        visits_of(scan)
        .where(col(Visit.state) != "rejected")
        .where(or_(col(Visit.ended_at).is_(None), col(Visit.ended_at) > scan.corrected_at))
        .limit(1)
    ).first()


def visit_begun(session: Session, scan: OfflineScan, point_id: UUID) -> Visit | None:
    """The visit at this point that a going may end: open, or ended by a guess that it mends."""
    within = timedelta(hours=rules_of(session, scan.community_id, scan.corrected_at).presence_hours)
    found = session.scalars(
        visits_of(scan)
        .where(col(Visit.point_id) == point_id, col(Visit.order_id).is_(None))
        .where(col(Visit.state).in_(("open", "estimated")))
        .where(col(Visit.started_at) < scan.corrected_at, col(Visit.started_at) >= scan.corrected_at - within)
        .order_by(None)
        .order_by(col(Visit.started_at).desc())
        .limit(1)
    ).first()
    if found is None or _is_taken_between(session, scan, found.started_at, but=found.id):
        return None
    return found


def waiting_coming(session: Session, scan: OfflineScan) -> OfflineScan | None:
    """The last coming at the same point that waits before this going, with no other visit in between."""
    within = timedelta(hours=rules_of(session, scan.community_id, scan.corrected_at).presence_hours)
    here = devices.by_id(session, scan.community_id, scan.device_id).point_id
    at_point = select(col(ScanDevice.id)).where(
        col(ScanDevice.community_id) == scan.community_id, col(ScanDevice.point_id) == here
    )
    found = session.scalars(
        select(OfflineScan)
        .join(
            ScanVerdict,
            and_(
                col(ScanVerdict.community_id) == col(OfflineScan.community_id),
                col(ScanVerdict.scan_id) == col(OfflineScan.id),
            ),
        )
        .where(col(OfflineScan.community_id) == scan.community_id)
        .where(col(OfflineScan.person_id) == scan.person_id, col(OfflineScan.direction) == "in")
        .where(col(OfflineScan.device_id).in_(at_point))
        .where(col(OfflineScan.corrected_at) < scan.corrected_at)
        .where(col(OfflineScan.corrected_at) >= scan.corrected_at - within)
        .where(col(ScanVerdict.outcome) == "waiting", is_newest())
        .order_by(col(OfflineScan.corrected_at).desc())
        .limit(1)
    ).first()
    if found is None or _is_taken_between(session, scan, found.corrected_at, but=None):
        return None
    return found


def _is_taken_between(session: Session, scan: OfflineScan, start: datetime, *, but: UUID | None) -> bool:
    """Whether another visit lies between a coming and this going."""
    others = (
        visits_of(scan)
        .where(col(Visit.state) != "rejected")
        .where(col(Visit.started_at) < scan.corrected_at)
        .where(or_(col(Visit.ended_at).is_(None), col(Visit.ended_at) > start))
    )
    if but is not None:
        others = others.where(col(Visit.id) != but)
    else:  # a visit without a true end is what makes the going unclear, not what takes its time
        others = others.where(col(Visit.state).not_in(("open", "estimated")))
    return session.scalars(others.limit(1)).first() is not None


def soon_again(session: Session, scan: OfflineScan) -> timedelta:
    """How soon the same card again is the same scan twice."""
    return timedelta(minutes=rules_of(session, scan.community_id, scan.corrected_at).station_again_minutes)


def nearest_of_staff(session: Session, scan: OfflineScan, device: ScanDevice, person: Person) -> Person | None:
    """Who answers for the device, or who worked it, as it says: the one of the two who is family of the person, if any is."""
    staff = []
    if device.person_id is not None:
        staff.append(residents.person(session, scan.community_id, device.person_id))
    serial = numbers.serial_of(scan.seen_by, communities.community(session, scan.community_id).code)
    worked = residents.by_serial(session, scan.community_id, serial) if serial is not None else None
    if worked is not None:
        staff.append(worked)
    return next((one for one in staff if one.household_id == person.household_id), staff[0] if staff else None)


def is_unseen(session: Session, scan: OfflineScan, device: ScanDevice, person: Person) -> bool:
    """Whether nobody but the person's own family saw it."""
    staff = nearest_of_staff(session, scan, device, person)
    return staff is not None and (staff.id == person.id or staff.household_id == person.household_id)


def person_of(scan: OfflineScan) -> UUID:
    """Whose scan it is; only asked of scans that are somebody's."""
    if scan.person_id is None:
        raise ValueError("nobody's scan")
    return scan.person_id


def facts_of(session: Session, visit: Visit) -> dict[str, Any]:
    """What is told of a visit in a verdict."""
    zone = zone_of(session, visit.community_id)
    return {
        "place": visit.place,
        "on": visit.started_at.astimezone(zone).date().isoformat(),
        "since": local_clock(visit.started_at, zone),
        "until": local_clock(visit.ended_at, zone) if visit.ended_at else "",
        "state": visit.state,
        "credited_minutes": visit.credited_minutes,
    }
