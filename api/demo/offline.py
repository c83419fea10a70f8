"""An hour without a network at the village hall: a registered tablet scans all the same, and its batch comes later."""

import datetime as dt
import hashlib
from functools import partial

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.demo.places import VILLAGE
from api.demo.serving import Service
from api.demo.tale import Tale, local
from timebank.columns import key_from, to_ms
from timebank.hours.attendance import devices
from timebank.hours.attendance.offline import body, receiving

HALL = 1
SLOW = dt.timedelta(hours=2, minutes=11)  # the tablet's clock: cheap ones are hours off
TABLET = ec.derive_private_key(int.from_bytes(hashlib.sha256(b"the demo's tablet").digest()) >> 1, ec.SECP256R1())
OLD_PHONE = ec.derive_private_key(int.from_bytes(hashlib.sha256(b"the demo's old phone").digest()) >> 1, ec.SECP256R1())


def scan_offline(tale: Tale, services: dict[int, Service]) -> None:
    """A tablet and an old phone are registered, the phone is lost; then the hall has no network for a morning."""
    service = services[VILLAGE.community_id]
    registered = tale.today - dt.timedelta(days=30)
    tale.at(local(registered, 8, 20), partial(_register, service, "大厅平板", TABLET))
    tale.at(local(registered, 8, 31), partial(_register, service, "旧手机", OLD_PHONE))
    tale.at(local(tale.today - dt.timedelta(days=21), 17), partial(_lose, service))
    day = tale.today - dt.timedelta(days=3)
    tale.at(local(day, 12, 40), partial(_send, service, day))


def _register(service: Service, name: str, key: ec.EllipticCurvePrivateKey) -> None:
    raw = _public(key)
    service.tale.do(
        devices.register,
        actor=service.desk.actor,
        point_number=HALL,
        name=name,
        public_key=raw,
        proof=_sign(key, devices.statement(service.place.code, HALL, raw)),
    )


def _lose(service: Service) -> None:
    service.tale.do(devices.revoke, actor=service.desk.actor, number=2, reason="lost")


def _send(service: Service, day: dt.date) -> None:
    """Three came and went; one more was seen going, and one number was typed wrong."""
    tale, community_id = service.tale, service.place.community_id
    people = [one for one in service.free(day, 6) if one.household_id != service.desk.household_id][:4]
    came = [(local(day, 9, 2 + at), "in", one.number) for at, one in enumerate(people[:3])]
    went = [(local(day, 10, 20 + 3 * at), "out", one.number) for at, one in enumerate(people)]
    scans = [
        {
            "code": code,
            "direction": direction,
            "key": str(key_from(at - SLOW, f"{direction} {code}".encode())),
            "scanned_at": to_ms(at - SLOW),
            "seen_by": service.desk.number,
        }
        for at, direction, code in [*came, *went, (local(day, 10, 41), "out", f"{service.place.code}-1-0000")]
    ]
    with tale.storage.read() as session:
        device = devices.by_number(session, community_id, 1)
        sent = body.write(device=device.id, counter=1, sent_at=tale.clock.now() - SLOW, scans=scans)
    receiving.receive(
        tale.storage,
        community_id=community_id,
        body=sent,
        signature=_sign(TABLET, sent),
        received_at=tale.clock.now(),
    )


def _public(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _sign(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)
