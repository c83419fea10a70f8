"""Devices (扫码设备): browsers of a service point that may scan while there is no network.

A device signs what it scanned with a key that cannot be taken out of its browser; we keep the public half. Staff register
it at a point and answer for it. A device that is laid aside keeps its word of before; one that was lost is believed
nothing any more, not even what it says it scanned before, since only its own clock says when that was.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, LargeBinary, UniqueConstraint, and_, func, select
from sqlmodel import Field, Session, SQLModel, col

from timebank.columns import Id, Instant, Number
from timebank.errors import BadInput, NotFound, Refused
from timebank.hours import service_points
from timebank.hours.service_points import PointClosed, ServicePoint
from timebank.people import communities
from timebank.permissions import Actor, require
from timebank.storage import new_id, next_number

KEY_BYTES = 65  # an uncompressed point of P-256: 04, x, y
SIGNATURE_BYTES = 64  # r and s, 32 bytes each (IEEE P1363), as WebCrypto makes them
REVOKED_REASONS = ("retired", "lost")
AT_A_POINT_MOST = 50


class ScanDevice(SQLModel, table=True):
    """A registered browser. `last_counter`: of its newest batch, 0 before the first."""

    __tablename__ = "scan_device"
    __table_args__ = (
        UniqueConstraint("community_id", "number", name="uq_scan_device_number"),
        UniqueConstraint("community_id", "public_key", name="uq_scan_device_key"),
        ForeignKeyConstraint(
            ["community_id", "point_id"],
            ["service_point.community_id", "service_point.id"],
            name="fk_scan_device_point",
        ),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_scan_device_person"
        ),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_scan_device_name"),
        CheckConstraint(f"length(public_key) = {KEY_BYTES}", name="ck_scan_device_key"),
        CheckConstraint("last_counter >= 0", name="ck_scan_device_counter"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_reason = '')", name="ck_scan_device_revoked"),
        CheckConstraint("revoked_reason IN ('', 'retired', 'lost')", name="ck_scan_device_reason"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    name: str
    point_id: UUID = Field(sa_type=Id)
    public_key: bytes = Field(sa_type=LargeBinary)
    person_id: UUID | None = Field(default=None, sa_type=Id)  # who registered it, and answers for it
    registered_by: str
    registered_at: datetime = Field(sa_type=Instant)
    last_counter: int = Field(default=0, sa_type=Number)
    last_seen_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_by: str = ""
    revoked_reason: str = ""


class BadKey(Refused):
    """Not a public key of P-256, or the proof that its private half is there does not fit."""

    code = "bad_device_key"
    status = 422


class KeyRegistered(Refused):
    """The browser has registered its key before (fact `device`)."""

    code = "device_registered"
    status = 409


class TooManyDevices(Refused):
    """A point has as many devices as anybody could hold; revoke those that are not used any more."""

    code = "too_many_devices"
    status = 409


class DeviceRevoked(Refused):
    """The device was laid aside or reported lost (fact `reason`)."""

    code = "device_revoked"
    status = 403


@dataclass(frozen=True)
class Device:
    """A device as lists show it."""

    id: UUID
    number: int
    name: str
    point_number: int
    point: str
    registered_by: str
    registered_at: datetime
    last_counter: int
    last_seen_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str
    revoked_reason: str


def register(
    session: Session, *, actor: Actor, now: datetime, point_number: int, name: str, public_key: bytes, proof: bytes
) -> dict[str, object]:
    """Take a browser's public key. `proof` is its signature of `statement`: that the private half is there and works.

    Raises:
        BadKey, KeyRegistered, TooManyDevices, PointClosed.
    """
    community_id = communities.community_of(actor)
    point = service_points.by_number(session, community_id, point_number)
    require(actor, "devices.register", community_id=community_id, area_path=point.area_path)
    if point.closed_at is not None:
        raise PointClosed(point=point.name)
    if not 1 <= len(name.strip()) <= 60:
        raise BadInput(fields={"name": "length"})
    code = communities.community(session, community_id).code
    if not is_signed(public_key, proof, statement(code, point_number, public_key)):
        raise BadKey
    _refuse_known_or_too_many(session, point, public_key)
    device = ScanDevice(
        community_id=community_id,
        id=new_id(now),
        number=next_number(session, community_id, "scan_device"),
        name=name.strip(),
        point_id=point.id,
        public_key=public_key,
        person_id=actor.person_id,
        registered_by=actor.number,
        registered_at=now,
    )
    session.add(device)
    session.flush()
    return {
        "code": "device_registered_now",
        "device_id": str(device.id),
        "number": device.number,
        "name": device.name,
        "point_number": point.number,
    }


def revoke(session: Session, *, actor: Actor, now: datetime, number: int, reason: str) -> dict[str, object]:
    """Lay a device aside (retired), or report it lost. One that was laid aside can still be found to be lost.

    Raises:
        DeviceRevoked: it was revoked before, for this reason or for being lost.
    """
    community_id = communities.community_of(actor)
    device = by_number(session, community_id, number)
    point = point_of(session, device)
    require(actor, "devices.revoke", community_id=community_id, area_path=point.area_path)
    if reason not in REVOKED_REASONS:
        raise BadInput(fields={"reason": "choice"})
    if device.revoked_at is not None and (device.revoked_reason, reason) != ("retired", "lost"):
        raise DeviceRevoked(reason=device.revoked_reason)
    device.revoked_at, device.revoked_by, device.revoked_reason = device.revoked_at or now, actor.number, reason
    session.flush()
    return {"code": "device_revoked_now", "number": device.number, "name": device.name, "reason": reason}


def listed(session: Session, *, actor: Actor) -> list[Device]:
    """The devices of the community, working ones first, then by number; tens of them, so one page holds all."""
    require(actor, "devices.listed", community_id=actor.community_id)
    rows = session.execute(
        select(ScanDevice, col(ServicePoint.number), col(ServicePoint.name))
        .join(
            ServicePoint,
            and_(
                col(ServicePoint.community_id) == col(ScanDevice.community_id),
                col(ServicePoint.id) == col(ScanDevice.point_id),
            ),
        )
        .where(col(ScanDevice.community_id) == actor.community_id)
        .order_by(col(ScanDevice.revoked_at).is_not(None), col(ScanDevice.number))
    )
    return [_device(row, number, name) for row, number, name in rows]


def by_id(session: Session, community_id: int, device_id: UUID) -> ScanDevice:
    """A device by the id that its batches carry."""
    device = session.get(ScanDevice, (community_id, device_id))
    if device is None:
        raise NotFound(what="device")
    return device


def by_number(session: Session, community_id: int, number: int) -> ScanDevice:
    """A device by the short number that people see."""
    device = session.scalars(
        select(ScanDevice).where(col(ScanDevice.community_id) == community_id, col(ScanDevice.number) == number)
    ).one_or_none()
    if device is None:
        raise NotFound(what="device")
    return device


def point_of(session: Session, device: ScanDevice) -> ServicePoint:
    """The service point that a device stands at."""
    return service_points.by_id(session, device.community_id, device.point_id)


def name_in_books(device: ScanDevice) -> str:
    """How a device is named where a person's number would stand: `device:3`."""
    return f"device:{device.number}"


def statement(community_code: str, point_number: int, public_key: bytes) -> bytes:
    """What a browser signs to be registered: its key, for this point of this community."""
    return f"timebank device\n{community_code}\n{point_number}\n{public_key.hex()}\n".encode()


def is_signed(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether this is the key's signature of the message: ECDSA, P-256, SHA-256, 64 bytes."""
    if len(signature) != SIGNATURE_BYTES or len(public_key) != KEY_BYTES:
        return False
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def _refuse_known_or_too_many(session: Session, point: ServicePoint, public_key: bytes) -> None:
    known = session.scalars(
        select(ScanDevice).where(
            col(ScanDevice.community_id) == point.community_id, col(ScanDevice.public_key) == public_key
        )
    ).one_or_none()
    if known is not None:
        raise KeyRegistered(device=known.name)
    there = session.scalars(
        select(func.count())
        .select_from(ScanDevice)
        .where(col(ScanDevice.community_id) == point.community_id)
        .where(col(ScanDevice.point_id) == point.id)
        .where(col(ScanDevice.revoked_at).is_(None))
    ).one()
    if there >= AT_A_POINT_MOST:
        raise TooManyDevices(point=point.name, most=AT_A_POINT_MOST)


def _device(row: ScanDevice, point_number: int, point: str) -> Device:
    return Device(
        id=row.id,
        number=row.number,
        name=row.name,
        point_number=point_number,
        point=point,
        registered_by=row.registered_by,
        registered_at=row.registered_at,
        last_counter=row.last_counter,
        last_seen_at=row.last_seen_at,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
        revoked_reason=row.revoked_reason,
    )
