"""Relatives: everybody her own, staff those of others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from timebank.people import kin

STAFF = {"desk_staff", "committee", "community_manager"}
LIVING_HERE = {"resident"}
POST = {"method": "POST"}


def with_two(world: Any) -> dict[str, Any]:
    return {"person": world.village.make_person(), "relative": world.village.make_person()}


def with_kin(world: Any) -> dict[str, Any]:
    made, clerk = with_two(world), world.village.actor("desk_staff")
    declared = world.village.write(
        lambda s, now: kin.declare(
            s,
            actor=clerk,
            now=now,
            person_id=made["person"].id,
            relative_number=made["relative"].number,
            relation="sibling",
            evidence="户口簿",
        )
    )
    return {**made, "kin_id": UUID(declared["kin_id"])}


def with_declared(world: Any) -> dict[str, Any]:
    made = with_two(world)
    own, relative = world.village.actor(person=made["person"]), made["relative"]
    declared = world.village.write(
        lambda s, now: kin.declare(
            s,
            actor=own,
            now=now,
            person_id=made["person"].id,
            relative_number=relative.number,
            relative_name=relative.name,
            relation="sibling",
        )
    )
    return {**made, "kin_id": UUID(declared["kin_id"])}


def of_person(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"person_id": made["person"].id}


OWN_WORD: dict[str, Any] = {
    "roles": LIVING_HERE, "arrange": with_two,
    "json": lambda world, made: {
        "relative_number": made["relative"].number, "relative_name": made["relative"].name, "relation": "sibling",
    },
}  # fmt: skip
OF_KIN: dict[str, Any] = {"json": lambda world, made: {"kin_id": made["kin_id"].hex}}

ROWS = {
    "v1_kin.mine": {"roles": LIVING_HERE},
    "v1_kin.declare": {**POST, **OWN_WORD, "ok": {201}},
    "v1_kin.confirm": {
        **POST,
        "roles": STAFF,
        "own": lambda world, made: made["relative"],
        "arrange": with_declared,
        **OF_KIN,
        "ok": {200},
    },
    "v1_kin.end": {
        **POST,
        "roles": STAFF,
        "arrange": with_kin,
        "ok": {200},
        "json": lambda world, made: {"kin_id": made["kin_id"].hex, "reason": "登记错了"},
    },
    "v1_kin.of_person": {
        "roles": STAFF,
        "own": lambda world, made: made["person"],
        "arrange": with_kin,
        "values": of_person,
    },
    "v1_kin.record": {
        **POST,
        "roles": STAFF,
        "arrange": with_two,
        "values": of_person,
        "ok": {201},
        "json": lambda world, made: {
            "relative_number": made["relative"].number,
            "relation": "parent",
            "evidence": "户口簿",
        },
    },
    "kin.mine": {"roles": LIVING_HERE},
    "kin.declare": {
        **POST,
        "roles": LIVING_HERE,
        "arrange": with_two,
        "data": lambda world, made: {
            "relative_number": made["relative"].number,
            "relative_name": made["relative"].name,
            "relation": "sibling",
        },
        "ok": {303},
    },
    "kin.desk": {"roles": STAFF},
    "kin.person": {"roles": STAFF, "arrange": with_kin, "values": of_person},
    "kin.record": {
        **POST,
        "roles": STAFF,
        "arrange": with_two,
        "values": of_person,
        "data": lambda world, made: {
            "relative_number": made["relative"].number,
            "relation": "parent",
            "evidence": "户口簿",
        },
        "ok": {303},
    },
    "kin.confirm": {
        **POST,
        "roles": STAFF,
        "own": lambda world, made: made["relative"],
        "arrange": with_declared,
        "data": lambda world, made: {"kin_id": made["kin_id"].hex},
        "ok": {303},
    },
    "kin.confirm_at_desk": {
        **POST,
        "roles": STAFF,
        "arrange": with_declared,
        "values": of_person,
        "data": lambda world, made: {"kin_id": made["kin_id"].hex},
        "ok": {303},
    },
    "kin.end": {
        **POST,
        "roles": STAFF,
        "arrange": with_kin,
        "values": of_person,
        "data": lambda world, made: {"kin_id": made["kin_id"].hex, "reason": "登记错了"},
        "ok": {303},
    },
}
