"""What a device sends: reading a signed batch, and by how much its clock is wrong. Pure; docs/offline.md describes it.

    {"counter":7,"device":"0192...","scans":[{"code":"TPL-12-7","direction":"in","key":"0192...","scanned_at":1764...}],"sent_at":1764...}

The bytes that come are the bytes that are signed: canonical JSON (RFC 8785, integers only), so that nothing has to be
written again to check the signature, and two readers cannot read two things.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import RFC_4122, UUID

from ledger.entries import canonical
from ledger.errors import BadEntry
from timebank.columns import from_ms, to_ms
from timebank.errors import Refused
from timebank.hours.attendance.offline.tables import DIRECTIONS

BYTES_MOST = 512 * 1024
SCANS_MOST = 500
CODE_MOST = 300
LATEST_MS = 253_402_300_799_000  # the last second of the year 9999
FIELDS = {"counter", "device", "scans", "sent_at"}
SCAN_FIELDS = {"code", "direction", "key", "scanned_at", "seen_by"}


class BadBatch(Refused):
    """The batch cannot be read as a whole; `why` says what is wrong with it, `at` where."""

    code = "bad_batch"
    status = 422


class BatchTooLarge(Refused):
    """More than 500 scans, or more bytes than 500 scans can need."""

    code = "batch_too_large"
    status = 413


@dataclass(frozen=True)
class SaidScan:
    """One scan as the device tells it; times by its own clock."""

    key: UUID
    code: str
    direction: str
    scanned_at: datetime
    seen_by: str = ""


@dataclass(frozen=True)
class BadScan:
    """A scan that cannot be read: the others of its batch go on. `fields` are what is wrong; `key` as it was sent."""

    key: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """A batch as it was sent; `scans` in the order of the device's list."""

    device: UUID
    counter: int
    sent_at: datetime
    scans: tuple[SaidScan | BadScan, ...]
    digest: bytes


def read(body: bytes) -> Batch:
    """The batch in these bytes.

    Raises:
        BatchTooLarge, BadBatch.
    """
    if len(body) > BYTES_MOST:
        raise BatchTooLarge(bytes_most=BYTES_MOST, scans_most=SCANS_MOST)
    said = _said(body)
    if set(said) != FIELDS:
        raise BadBatch(why="fields", at=", ".join(sorted(FIELDS ^ set(said)))[:100])
    device = _uuid(said["device"])
    if device is None:
        raise BadBatch(why="device")
    if not _is_whole(said["counter"], least=1, most=2**53 - 1):
        raise BadBatch(why="counter")
    if not _is_whole(said["sent_at"], least=0, most=LATEST_MS):
        raise BadBatch(why="sent_at")
    scans = said["scans"]
    if not isinstance(scans, list) or not scans:
        raise BadBatch(why="scans")
    if len(scans) > SCANS_MOST:
        raise BatchTooLarge(bytes_most=BYTES_MOST, scans_most=SCANS_MOST)
    return Batch(device, said["counter"], from_ms(said["sent_at"]), tuple(map(_scan, scans)), sha256(body).digest())


def write(*, device: UUID, counter: int, sent_at: datetime, scans: list[dict[str, Any]]) -> bytes:
    """A batch as its bytes: for the demo, the tests, and clients in Python."""
    return canonical({"counter": counter, "device": str(device), "scans": scans, "sent_at": to_ms(sent_at)})


def corrected(scanned_at: datetime, *, sent_at: datetime, received_at: datetime) -> datetime:
    """When it was scanned by our clock: the device's clock was as wrong then as when it sent. Held within the calendar."""
    ms = to_ms(scanned_at) + to_ms(received_at) - to_ms(sent_at)
    return from_ms(min(max(ms, 0), LATEST_MS))


def is_too_old(at: datetime, *, received_at: datetime, back_hours: int) -> bool:
    """Whether a scan lies further back than is accepted; the last instant of it still is."""
    return at < received_at - timedelta(hours=back_hours)


def is_ahead(at: datetime, *, received_at: datetime, ahead_minutes: int) -> bool:
    """Whether a scan lies further ahead than clocks are allowed to differ; the last instant of it still does not."""
    return at > received_at + timedelta(minutes=ahead_minutes)


def _said(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
        is_canonical = canonical(said) == body
    except (ValueError, RecursionError, BadEntry):  # UnicodeError is a ValueError
        raise BadBatch(why="json") from None
    if not isinstance(said, dict):
        raise BadBatch(why="json")
    if not is_canonical:
        raise BadBatch(why="canonical")
    return said


def _scan(said: Any) -> SaidScan | BadScan:
    if not isinstance(said, Mapping):
        return BadScan("", ("scan",))
    key, code, seen_by = _uuid(said.get("key")), said.get("code"), said.get("seen_by", "")
    bad = sorted(str(name)[:40] for name in set(said) - SCAN_FIELDS)
    if key is None or key.version != 7 or key.variant != RFC_4122:
        bad.append("key")
    if not isinstance(code, str) or not 1 <= len(code.strip()) <= CODE_MOST or "\0" in code:
        bad.append("code")
    if said.get("direction") not in DIRECTIONS:
        bad.append("direction")
    if not _is_whole(said.get("scanned_at"), least=0, most=LATEST_MS):
        bad.append("scanned_at")
    if not isinstance(seen_by, str) or len(seen_by) > 60 or "\0" in seen_by:
        bad.append("seen_by")
    if bad or key is None:
        return BadScan(str(said.get("key", ""))[:60], tuple(bad[:10]))
    return SaidScan(key, str(code).strip(), said["direction"], from_ms(said["scanned_at"]), seen_by)


def _uuid(said: Any) -> UUID | None:
    """A UUID in its one written form: small letters and four dashes."""
    if not isinstance(said, str) or len(said) != 36:
        return None
    try:
        found = UUID(said)
    except ValueError:
        return None
    return found if str(found) == said else None


def _is_whole(said: Any, *, least: int, most: int) -> bool:
    return isinstance(said, int) and not isinstance(said, bool) and least <= said <= most
