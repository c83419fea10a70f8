"""Erasing a person: two officers, and what a resident may see of herself."""

from __future__ import annotations

import uuid
from typing import Any

from timebank.erasure import asking
from timebank.permissions import ROLES

MEMBERS = set(ROLES)
LOOKING = {"community_manager", "committee", "supervision_committee"}


def first(world: Any, made: dict[str, Any]) -> Any:
    return world.residents[0]


def of_first(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"person_id": world.residents[0].id}


def asked_for(world: Any) -> dict[str, Any]:
    """Somebody whose erasure waits for a second officer."""
    village = world.village
    person = village.make_person()
    clerk = village.actor("community_manager")
    made = village.write(
        lambda session, now: asking.ask(
            session, actor=clerk, now=now, person_id=person.id, reason="本人提出", gives_rest=True
        )
    )
    return {"erasure_id": uuid.UUID(made["erasure"])}


def of_wish(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"erasure_id": made["erasure_id"]}


ROWS: dict[str, Any] = {
    "erasures.listed": {"roles": LOOKING, "arrange": asked_for},
    "erasures.look": {"roles": LOOKING, "values": of_first},
    "erasures.ask": {
        "method": "POST",
        "roles": {"community_manager"},
        "values": lambda world, made: {"person_id": made["person_id"]},
        "arrange": lambda world: {"person_id": world.village.make_person().id},
        "data": lambda world, made: {"reason": "本人提出", "gives_rest": "1"},
        "ok": {303},
    },
    "erasures.approve": {"method": "POST", "roles": LOOKING, "arrange": asked_for, "values": of_wish, "ok": {303}},
    "erasures.cancel": {
        "method": "POST",
        "roles": {"community_manager"},
        "arrange": asked_for,
        "values": of_wish,
        "ok": {303},
    },
    "erasures.mine": {"roles": MEMBERS, "own": first},
    "erasures.export": {"roles": {"community_manager"}, "values": of_first, "own": first},
}
