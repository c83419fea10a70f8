"""Each refusal about the station and about devices that scan without a network, and about rights, provoked on purpose."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import insert

from tests.lives import refused_serving as serving
from tests.lives.world import World
from tests.timebank.hours import arrange, arrange_offline
from timebank import policy
from timebank.hours.attendance import devices, station
from timebank.hours.attendance.offline import body as bodies
from timebank.hours.attendance.offline.tables import ScanBatch
from timebank.hours.eligibility import adopting

OFTEN = 20


def at_the_station(world: World) -> None:
    """A card scanned before its time, and one of somebody who forgot to check out long ago."""
    point, staff = world.points[0], world.staff("desk_staff")
    someone = arrange.make_known_volunteer(world.village, world.name("志愿者"))

    def scanned(ahead: int = 0) -> Any:
        return world.do(
            station.scan,
            staff,
            point_number=point,
            person_id=someone.id,
            scanned_at=world.village.now + dt.timedelta(minutes=ahead),
        )

    world.refused("scan_from_the_future", lambda: scanned(ahead=7))
    scanned()
    world.pass_time(hours=4)
    world.run_jobs()  # the check-out was forgotten
    world.refused("direction_unclear", scanned)


def without_a_network(world: World) -> None:
    """Keys, signatures and counters that cannot be; a device that was lost."""
    village, point = world.village, world.points[0]
    device = arrange_offline.make_device(village, point)
    who = arrange.make_known_volunteer(village, world.name("志愿者"))
    card = world.card(who)
    now = village.now
    device.sends(
        device.scan(card, "in", now - dt.timedelta(minutes=50)),
        device.scan(card, "out", now - dt.timedelta(minutes=10)),
    )
    world.refused(
        "bad_device_signature",
        lambda: device.sends_bytes(device.batch(device.scan(card, "in", now)), signature=bytes(64)),
    )
    world.refused("counter_seen", lambda: device.sends_bytes(device.batch(device.scan(card, "in", now), counter=1)))
    device.counter = 2
    world.refused("bad_batch", lambda: device.sends_bytes(b"[]"))
    many = [device.scan(card, "in", now) for _ in range(bodies.SCANS_MOST + 1)]
    world.refused("batch_too_large", lambda: device.sends_bytes(device.batch(*many)))
    key = ec.generate_private_key(ec.SECP256R1())
    raw = arrange_offline.public_key(key)

    def register(proof: bytes) -> Any:
        return world.do(
            devices.register, world.staff("desk_staff"), point_number=point, name="平板", public_key=raw, proof=proof
        )

    right = arrange_offline.sign(key, devices.statement(village.code, point, raw))
    world.refused("bad_device_key", lambda: register(bytes(64)))
    made = register(right)
    world.refused("device_registered", lambda: register(right))
    manager = world.staff("community_manager")
    for number in (device.number, made["number"]):
        world.do(devices.revoke, manager, number=number, reason="lost")
    world.refused("device_revoked", lambda: device.sends_bytes(device.batch(device.scan(card, "in", village.now))))


def a_full_day(world: World) -> None:
    """A device that sent as many batches as a day has room for."""
    village = world.village
    device = arrange_offline.make_device(village, serving.open_point(world, world.name("服务点")))
    most, now = policy.DEFAULT.offline_batches_a_day, village.now
    rows = [
        {"community_id": village.community_id, "device_id": device.id, "counter": counter, "sent_at": now,
         "received_at": now, "digest": bytes(32), "signature": bytes(64), "scans": 1, "answers": []}
        for counter in range(1, most + 1)
    ]  # fmt: skip

    def write(session: Any, _now: dt.datetime) -> dict[str, Any]:
        session.execute(insert(ScanBatch), rows)
        return {}

    village.write(write)
    device.counter = most
    for _ in range(OFTEN):
        sent = device.batch(device.scan("x", "in", village.now))
        world.refused("device_day_full", partial(device.sends_bytes, sent))


def too_many_devices(world: World) -> None:
    """A point has room for so many."""
    village = world.village
    number = serving.open_point(world, world.name("服务点"))
    for _ in range(devices.AT_A_POINT_MOST):
        arrange_offline.make_device(village, number)
    for _ in range(OFTEN):  # each point takes as many devices, so one is enough
        world.refused("too_many_devices", lambda: arrange_offline.make_device(village, number))


def rights(world: World) -> None:
    """A service that needs a right which somebody does not have."""
    today = world.village.today
    draft = world.do(
        adopting.draft,
        world.staff("committee"),
        number=world.rule_number,
        name="九十岁以上免费理发",
        gives="理发",
        services=["haircut"],
        expression={"age": {"from": 90}},
        decided_on=today,
        body="村民代表会议",
        minutes_digest="",
        in_force_from=today + dt.timedelta(days=1),
    )
    world.rule_number = draft["number"]
    world.do(adopting.confirm, world.staff("committee"), rule_id=uuid.UUID(draft["rule"]))
    world.pass_time(days=1)
    elder = world.new_elder()
    world.refused("recipient_not_eligible", lambda: world.orders.place(elder, service="haircut", minutes=45))


SCENES = (at_the_station, without_a_network, rights)
ONCE = (too_many_devices, a_full_day)
