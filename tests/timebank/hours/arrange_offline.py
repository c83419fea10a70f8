"""Sentences to arrange devices that scan without a network: their keys, their clocks, their batches."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select
from sqlmodel import col

from tests.timebank.hours import arrange
from tests.village import Village
from timebank.columns import new_id, to_ms
from timebank.hours.attendance import devices
from timebank.hours.attendance.offline import OfflineScan, ScanVerdict, body, receiving, waiting
from timebank.hours.attendance.tables import Visit
from timebank.people import logins
from timebank.permissions import Actor


@dataclass
class Device:
    """A browser of a point. `slow`: by how much its clock is behind ours (or, negative, ahead)."""

    village: Village
    id: UUID
    number: int
    key: ec.EllipticCurvePrivateKey
    slow: dt.timedelta = dt.timedelta()
    counter: int = 0
    sent: list[tuple[bytes, bytes]] = field(default_factory=list)

    def scan(self, code: str, direction: str, at: dt.datetime, **more: Any) -> dict[str, Any]:
        """What it writes down at an instant of our clock."""
        its_time = at - self.slow
        key = str(new_id(its_time))
        return {"code": code, "direction": direction, "key": key, "scanned_at": to_ms(its_time), **more}

    def batch(self, *scans: dict[str, Any], at: dt.datetime | None = None, counter: int | None = None) -> bytes:
        """The bytes that it sends at an instant."""
        self.counter = self.counter + 1 if counter is None else counter
        sent_at = (at or self.village.now) - self.slow
        return body.write(device=self.id, counter=self.counter, sent_at=sent_at, scans=list(scans))

    def sign(self, message: bytes) -> bytes:
        return sign(self.key, message)

    def sends(self, *scans: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
        """Sends a batch and gets its answers."""
        return self.sends_bytes(self.batch(*scans, **options))["answers"]

    def sends_bytes(self, sent: bytes, signature: bytes | None = None) -> dict[str, Any]:
        signature = signature or self.sign(sent)
        self.sent.append((sent, signature))
        return receiving.receive(
            self.village.storage,
            community_id=self.village.community_id,
            body=sent,
            signature=signature,
            received_at=self.village.now,
        )


def sign(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """As WebCrypto signs: r and s, 32 bytes each."""
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def public_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def make_device(village: Village, point: int, name: str = "前台平板", *, slow: dt.timedelta = dt.timedelta(), by=None):
    """A registered device of a point."""
    key = ec.generate_private_key(ec.SECP256R1())
    raw = public_key(key)
    told = village.write(
        lambda session, now: devices.register(
            session,
            actor=by or village.actor("desk_staff"),
            now=now,
            point_number=point,
            name=name,
            public_key=raw,
            proof=sign(key, devices.statement(village.code, point, raw)),
        ),
        key_of=raw.hex(),
    )
    return Device(village, UUID(told["device_id"]), told["number"], key, slow)


def make_volunteer(village: Village, name: str = "李志愿", **more: Any) -> arrange.Someone:
    """A resident whose sign-in holds the role of a volunteer, as the station asks for it."""
    someone = arrange.make_resident(village, name, **more)
    enlist(village, someone)
    return someone


def enlist(village: Village, someone: arrange.Someone) -> None:
    """Give a resident a sign-in with the role of a volunteer."""

    def change(session, now):
        login_id = logins.open_login(session, now=now, password_hash="x", name=f"login {someone.number}")
        logins.link(
            session,
            now=now,
            login_id=login_id,
            community_id=village.community_id,
            person_id=someone.id,
            number=someone.number,
        )
        logins.grant(
            session,
            now=now,
            role="volunteer",
            area_path=village.area_path,
            from_on=now.date() - dt.timedelta(days=30),
            until_on=None,
            given_by="test",
            login_id=login_id,
        )

    village.storage.write_global(change)


def revoke(village: Village, device: Device, reason: str) -> None:
    manager = village.actor("community_manager")
    village.write(
        lambda session, now: devices.revoke(session, actor=manager, now=now, number=device.number, reason=reason),
        device=device.number,
        reason=reason,
    )


def visits_of(village: Village, person: Any) -> list[tuple[dt.datetime, dt.datetime | None, str, str | None]]:
    """A person's visits in order of time: from, to, state, which end was offline."""
    with village.read() as session:
        rows = session.scalars(select(Visit).where(col(Visit.person_id) == person.id).order_by(col(Visit.started_at)))
        return [(row.started_at, row.ended_at, row.state, row.offline) for row in rows]


def verdicts_of(village: Village, key: str) -> list[tuple[str, str]]:
    """All verdicts on the scan with this key, in their order."""
    with village.read() as session:
        scan_id = session.scalars(select(col(OfflineScan.id)).where(col(OfflineScan.key) == UUID(key))).one()
        rows = session.scalars(
            select(ScanVerdict).where(col(ScanVerdict.scan_id) == scan_id).order_by(col(ScanVerdict.n))
        )
        return [(row.outcome, row.code) for row in rows]


def scan_id_of(village: Village, key: str) -> UUID:
    with village.read() as session:
        return session.scalars(select(col(OfflineScan.id)).where(col(OfflineScan.key) == UUID(key))).one()


def outcomes(answers: list[dict]) -> list[str]:
    return [answer["outcome"] for answer in answers]


def codes(answers: list[dict]) -> list[str]:
    return [answer["code"] for answer in answers]


def say(village: Village, actor: Actor, key: str, word: str, note: str = "") -> dict:
    scan_id = scan_id_of(village, key)
    return village.write(
        lambda session, now: waiting.say(session, actor=actor, now=now, scan_id=scan_id, word=word, note=note),
        key_of=key,
        word=word,
    )
