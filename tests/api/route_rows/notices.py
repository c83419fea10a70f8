"""Notices: one's own, those of somebody whom staff tell, and how sending stands."""

from __future__ import annotations

import uuid
from typing import Any

from api import outgoing
from timebank import notices
from timebank.outbox import contacts
from timebank.permissions import ROLES, Actor

MEMBERS = set(ROLES)
STAFF = {"desk_staff", "grid_worker", "community_manager"}
ADDRESS = "somebody@mail.example"


def told(world: Any) -> dict[str, Any]:
    """Somebody was told something; not one of those whose names are looked for, since her number stands in the address."""
    village, person = world.village, world.village.make_person()

    def change(session: Any, now: Any) -> dict[str, Any]:
        notices.tell(
            session,
            community_id=village.community_id,
            person_id=person.id,
            kind="order_accepted",
            facts={"order_number": 1},
            now=now,
        )
        return {}

    village.write(change)
    return {"number": person.number, "person": person}


def with_address(world: Any) -> dict[str, Any]:
    """Somebody of the village gave an address."""
    village, person = world.village, world.village.make_person()
    village.write(
        lambda session, now: contacts.set_mail(
            session,
            actor=Actor.console(village.community_id, "test"),
            now=now,
            person_id=person.id,
            address=ADDRESS,
            language="zh",
        )
    )
    settings = world.client.app.extensions["timebank_settings"]
    return {"text": outgoing.confirming(settings, person.id.hex, ADDRESS)}


def herself(world: Any, made: dict[str, Any]) -> Any:
    return made["person"]


def first(world: Any, made: dict[str, Any]) -> Any:
    return world.residents[0]


def of_her(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"]}


def upto(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"upto": uuid.UUID(int=2**128 - 1).hex}


ROWS: dict[str, Any] = {
    "notices.mine": {"roles": MEMBERS, "own": first},
    "notices.read_mine": {"method": "POST", "roles": MEMBERS, "own": first, "data": upto, "ok": {303}},
    "notices.set_mail": {
        "method": "POST",
        "roles": MEMBERS,
        "own": first,
        "data": lambda world, made: {"address": ADDRESS, "language": "en"},
        "ok": {303},
    },
    "notices.remove_mail": {"method": "POST", "roles": MEMBERS, "own": first, "ok": {303}},
    "notices.confirm": {"anyone": True, "arrange": with_address, "values": lambda world, made: made},
    "notices.confirm_post": {
        "method": "POST",
        "anyone": True,
        "arrange": with_address,
        "values": lambda world, made: made,
        "ok": {303},
    },
    "notices.of_person": {"roles": STAFF, "arrange": told, "values": of_her, "own": herself},
    "notices.told": {
        "method": "POST",
        "roles": STAFF,
        "arrange": told,
        "values": of_her,
        "data": upto,
        "own": herself,
        "ok": {303},
    },
    "notices.standing": {"roles": {"operator", "community_manager"}},
}
