"""Devices, their batches, and what was made of them: who may, and that a signature is enough to send."""

from __future__ import annotations

import datetime as dt
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from tests.timebank.hours import arrange, arrange_offline
from timebank.hours.attendance import devices

STAFF = {"desk_staff", "community_manager"}
STATION = STAFF | {"team_leader"}
READERS = {"desk_staff", "reviewer", "community_manager", "supervision_committee", "auditor"}


def with_point(world: Any) -> dict[str, Any]:
    return {"number": arrange.make_point(world.village)}


def with_device(world: Any) -> dict[str, Any]:
    device = arrange_offline.make_device(world.village, arrange.make_point(world.village))
    return {"device": device, "number": device.number}


def with_scan(world: Any) -> dict[str, Any]:
    """A scan of a resident that waits for its coming. (Nobody decides about his own card, so it is not of who asks.)"""
    made = with_device(world)
    device = made["device"]
    sent = device.scan(world.residents[1].number, "out", world.village.now - dt.timedelta(hours=1))
    device.sends(sent)
    return {**made, "scan_id": arrange_offline.scan_id_of(world.village, sent["key"])}


def number(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"]}


def scan_id(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"scan_id": made["scan_id"]}


def registration(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    raw = arrange_offline.public_key(key)
    proof = arrange_offline.sign(key, devices.statement(world.village.code, made["number"], raw))
    return {"point": made["number"], "name": "前台平板", "public_key": raw.hex(), "proof": proof.hex()}


ROWS = {
    "offline.service_worker": {"anyone": True},
    "offline.shell": {"roles": STATION, "arrange": with_point, "values": number},
    "offline.device_list": {"roles": STATION | {"auditor"}, "arrange": with_device},
    "offline.revoke": {
        "method": "POST",
        "roles": STAFF,
        "arrange": with_device,
        "values": number,
        "data": lambda world, made: {"reason": "lost"},
    },
    "offline.listed": {"roles": READERS, "arrange": with_scan},
    "offline.export": {"roles": READERS, "arrange": with_scan, "values": lambda world, made: {"form": "xlsx"}},
    "offline.scan": {"roles": READERS, "arrange": with_scan, "values": scan_id},
    "offline.say": {
        "method": "POST",
        "roles": STAFF,
        "arrange": with_scan,
        "values": scan_id,
        "data": lambda world, made: {"word": "aside", "note": "误扫"},
    },
    "v1_offline.batches": {"method": "POST", "anyone": True, "json": lambda world, made: {}, "ok": {422}},
    "v1_devices.register": {
        "method": "POST",
        "roles": STAFF,
        "arrange": with_point,
        "json": registration,
        "ok": {201},
    },
}
