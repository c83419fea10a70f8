"""A signed batch comes: checked, kept, judged scan by scan, and answered.

    1. The device and its signature are checked; nothing is written for what is not signed.
    2. One write keeps the batch and its scans: the facts. From here on nothing of it can be lost.
    3. Each scan is judged in a write of its own, in order of corrected time. One bad scan stops no other.
    4. What waits of the same people is tried again, since what it waited for may just have come.
    5. What each scan was answered is kept with the batch: the same batch again gives the same answers.

A device that stops between 2 and 5 (or a server that does) sends the batch again and gets the rest of it. The storage's
own key is new each time: what makes a batch happen once is its counter, and a scan its key.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlmodel import Session, col

from timebank import policy
from timebank.columns import new_id, new_key, to_ms
from timebank.errors import NotFound, Refused
from timebank.hours.attendance import devices
from timebank.hours.attendance.devices import DeviceRevoked, ScanDevice
from timebank.hours.attendance.offline import body as bodies
from timebank.hours.attendance.offline.body import BadScan, Batch, SaidScan
from timebank.hours.attendance.offline.looking import newest, people_of
from timebank.hours.attendance.offline.tables import OfflineScan, ScanBatch, ScanVerdict
from timebank.hours.attendance.offline.waiting import decide, try_again
from timebank.people import cards, communities, numbers, residents
from timebank.storage import Storage

_AT_ONCE = 200


class BadSignature(Refused):
    """The signature is not this device's, or not of these bytes."""

    code = "bad_device_signature"
    status = 403


class DeviceDayFull(Refused):
    """The device sent as many batches today as one may (fact `most`). Nothing is lost: it keeps its scans and sends them tomorrow."""

    code = "device_day_full"
    status = 429


class CounterSeen(Refused):
    """The device used this counter before, for another batch, or a higher one (fact `last`)."""

    code = "counter_seen"
    status = 409


def receive(
    storage: Storage, *, community_id: int, body: bytes, signature: bytes, received_at: datetime
) -> dict[str, Any]:
    """Take a batch of scans, and answer each of them, in the order of the batch's list.

    Raises:
        BatchTooLarge, BadBatch, BadSignature, DeviceRevoked, DeviceDayFull: nothing was written. CounterSeen: fact `last`.
    """
    batch = bodies.read(body)
    with storage.read() as session:
        device = _signed_by(session, community_id, batch, body, signature)
        by = devices.name_in_books(device)
    storage.write(
        community_id,
        new_key(storage.clock()),
        lambda session, now: _keep(session, community_id, batch, signature, received_at),
        actor=by,
        use_case="offline.receive",
        content={"device": str(batch.device), "counter": batch.counter},
    )
    with storage.read() as session:
        kept = session.get_one(ScanBatch, (community_id, batch.device, batch.counter))
        answers = kept.answers
        facts = _facts_of(session, community_id, batch)
        undecided = [scan for scan in facts.values() if newest(session, community_id, scan.id) is None]
    if answers is None:
        _judge(storage, community_id, undecided, list(facts.values()), by)
        answers = _keep_answers(storage, community_id, batch, facts, by)
    with storage.read() as session:
        return {
            "code": "batch_answered",
            "counter": batch.counter,
            "received_at": to_ms(kept.received_at),
            "clock_ahead_ms": to_ms(kept.sent_at) - to_ms(kept.received_at),
            "answers": _told(session, community_id, batch.device, answers),
        }


def _signed_by(session: Session, community_id: int, batch: Batch, body: bytes, signature: bytes) -> ScanDevice:
    """The device that signed the batch; an unknown one is told no more than a wrong signature."""
    try:
        device = devices.by_id(session, community_id, batch.device)
    except NotFound:
        raise BadSignature from None
    if not devices.is_signed(device.public_key, signature, body):
        raise BadSignature
    if device.revoked_reason == "lost":
        raise DeviceRevoked(reason="lost")
    return device


def _keep(session: Session, community_id: int, batch: Batch, signature: bytes, received_at: datetime) -> dict[str, Any]:
    """Write down the batch and its scans. The same batch again changes nothing; a scan that came before is not written again.

    Of what was scanned or typed only cards and numbers are kept: a name that somebody typed would stay when she is erased.
    """
    device = devices.by_id(session, community_id, batch.device)
    before = session.get(ScanBatch, (community_id, batch.device, batch.counter))
    if before is not None and before.digest == batch.digest:
        return {"code": "batch_known"}
    if batch.counter <= device.last_counter:
        raise CounterSeen(last=device.last_counter)
    if device.revoked_reason == "lost":
        raise DeviceRevoked(reason="lost")
    _refuse_too_many(session, community_id, batch, received_at)
    device.last_counter, device.last_seen_at = batch.counter, received_at
    session.add(
        ScanBatch(
            community_id=community_id,
            device_id=batch.device,
            counter=batch.counter,
            sent_at=batch.sent_at,
            received_at=received_at,
            digest=batch.digest,
            signature=signature,
            scans=len(batch.scans),
        )
    )
    session.flush()
    known = _facts_of(session, community_id, batch)
    said = {scan.key: scan for scan in reversed(batch.scans) if isinstance(scan, SaidScan) and scan.key not in known}
    people = people_of(session, community_id, [scan.code for scan in said.values()])
    community_code = communities.community(session, community_id).code
    times = {
        key: bodies.corrected(one.scanned_at, sent_at=batch.sent_at, received_at=received_at)
        for key, one in said.items()
    }
    rows = [
        {
            "community_id": community_id,
            "id": new_id(times[scan.key]),  # so that a list by id is one by time
            "device_id": batch.device,
            "counter": batch.counter,
            "key": scan.key,
            "code": scan.code if scan.code in people or cards.read_payload(scan.code) is not None else "",
            "direction": scan.direction,
            "scanned_at": scan.scanned_at,
            "corrected_at": times[scan.key],
            "received_at": received_at,
            "seen_by": _number(scan.seen_by, community_code),
            "person_id": people.get(scan.code),
        }
        for scan in reversed(said.values())
    ]
    if rows:
        session.execute(insert(OfflineScan), rows)
    return {"code": "batch_kept", "scans": len(rows)}


def _refuse_too_many(session: Session, community_id: int, batch: Batch, received_at: datetime) -> None:
    """Go on only while the device has sent fewer batches today than a day's: whoever has one shall not fill the disk with it."""
    place = communities.community(session, community_id)
    today = communities.local_day(place, received_at)
    most = policy.of(session, community_id, today).offline_batches_a_day
    kept = (
        select(col(ScanBatch.received_at))
        .where(col(ScanBatch.community_id) == community_id, col(ScanBatch.device_id) == batch.device)
        .order_by(col(ScanBatch.counter).desc())
    )
    first_of_most = session.scalar(kept.offset(most - 1).limit(1))
    if first_of_most is not None and first_of_most >= communities.day_start(place, today):
        raise DeviceDayFull(most=most)


def _number(typed: str, community_code: str) -> str:
    """A number of this community in its one written form; anything else is nobody's, and not kept."""
    serial = numbers.serial_of(typed, community_code)
    return "" if serial is None else numbers.written(community_code, serial)


def _judge(
    storage: Storage, community_id: int, undecided: Sequence[OfflineScan], all_of_it: Sequence[OfflineScan], by: str
) -> None:
    in_order = sorted(undecided, key=lambda scan: (scan.corrected_at, scan.direction != "in", scan.key))
    for scan in in_order:
        decide(storage, community_id, scan.id, decided_by=by)
    try_again(storage, community_id, {scan.person_id for scan in all_of_it if scan.person_id}, decided_by=by)


def _facts_of(session: Session, community_id: int, batch: Batch) -> dict[UUID, OfflineScan]:
    """The scans of this device under the batch's keys, by key."""
    keys = list({scan.key for scan in batch.scans if isinstance(scan, SaidScan)})
    found: dict[UUID, OfflineScan] = {}
    for start in range(0, len(keys), _AT_ONCE):
        rows = session.scalars(
            select(OfflineScan)
            .where(col(OfflineScan.community_id) == community_id, col(OfflineScan.device_id) == batch.device)
            .where(col(OfflineScan.key).in_(keys[start : start + _AT_ONCE]))
        )
        found |= {row.key: row for row in rows}
    return found


def _keep_answers(
    storage: Storage, community_id: int, batch: Batch, facts: dict[UUID, OfflineScan], by: str
) -> list[dict[str, Any]]:
    """Remember what each scan was answered: the number of its verdict, or why it has none."""

    def change(session: Session, now: datetime) -> dict[str, Any]:
        kept = session.get_one(ScanBatch, (community_id, batch.device, batch.counter))
        if kept.answers is None:
            kept.answers = [_answered(session, community_id, scan, facts) for scan in batch.scans]
            session.flush()
        return {"answers": kept.answers}

    told = storage.write(
        community_id, new_key(storage.clock()), change, actor=by, use_case="offline.receive", content={"answers": True}
    )
    answers: list[dict[str, Any]] = told["answers"]
    return answers


def _answered(
    session: Session, community_id: int, scan: SaidScan | BadScan, facts: dict[UUID, OfflineScan]
) -> dict[str, Any]:
    if isinstance(scan, BadScan):
        return {"key": scan.key, "bad": list(scan.fields)}
    fact = facts[scan.key]
    if not _is_same(fact, scan):
        return {"key": str(scan.key), "used": True}
    verdict = newest(session, community_id, fact.id)
    return {"key": str(scan.key), "scan": fact.id.hex, "n": verdict.n if verdict else 0}


def _is_same(fact: OfflineScan, scan: SaidScan) -> bool:
    """Whether a scan that came before under this key says the same; the code of one who was erased is not known any more."""
    return (fact.direction, fact.scanned_at) == (scan.direction, scan.scanned_at) and fact.code in ("", scan.code)


def _told(
    session: Session, community_id: int, device_id: UUID, answers: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The answers as the device gets them."""
    verdicts = _verdicts(session, community_id, [(UUID(one["scan"]), one["n"]) for one in answers if "scan" in one])
    scans = _scans(session, community_id, [UUID(one["scan"]) for one in answers if "scan" in one])
    people = residents.persons_of(session, community_id, {one.person_id for one in scans.values() if one.person_id})
    told: list[dict[str, Any]] = []
    for answer in answers:
        if "bad" in answer:
            facts = {"fields": dict.fromkeys(answer["bad"], "bad")}
            told.append({"key": answer["key"], "outcome": "refused", "code": "bad_scan", "facts": facts})
            continue
        if "used" in answer:
            told.append({"key": answer["key"], "outcome": "refused", "code": "scan_key_used", "facts": {}})
            continue
        scan, verdict = scans[UUID(answer["scan"])], verdicts.get((UUID(answer["scan"]), answer["n"]))
        person = people.get(scan.person_id) if scan.person_id else None
        told.append(
            {
                "key": answer["key"],
                "outcome": verdict.outcome if verdict else "waiting",
                "code": verdict.code if verdict else "not_judged",
                "facts": verdict.facts if verdict else {},
                "direction": scan.direction,
                "corrected_at": to_ms(scan.corrected_at),
                "person": person.number if person else None,
                "name": person.name if person else None,
            }
        )
    return told


def _verdicts(
    session: Session, community_id: int, wanted: Sequence[tuple[UUID, int]]
) -> dict[tuple[UUID, int], ScanVerdict]:
    found: dict[tuple[UUID, int], ScanVerdict] = {}
    ids = [scan_id for scan_id, _ in wanted]
    for start in range(0, len(ids), _AT_ONCE):
        rows = session.scalars(
            select(ScanVerdict).where(
                col(ScanVerdict.community_id) == community_id,
                col(ScanVerdict.scan_id).in_(ids[start : start + _AT_ONCE]),
            )
        )
        found |= {(row.scan_id, row.n): row for row in rows}
    return found


def _scans(session: Session, community_id: int, ids: Sequence[UUID]) -> dict[UUID, OfflineScan]:
    found: dict[UUID, OfflineScan] = {}
    for start in range(0, len(ids), _AT_ONCE):
        rows = session.scalars(
            select(OfflineScan).where(
                col(OfflineScan.community_id) == community_id, col(OfflineScan.id).in_(ids[start : start + _AT_ONCE])
            )
        )
        found |= {row.id: row for row in rows}
    return found
