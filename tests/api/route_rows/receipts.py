"""Receipts and statements: one's own, and for the desk and auditors everybody's; checking is for anybody."""

from __future__ import annotations

from typing import Any

from ledger import book_of
from tests.api.route_rows.audit import with_seed
from timebank import accounts, evidence
from timebank.evidence import Seal

TAKERS = {"auditor", "supervision_committee", "community_manager", "desk_staff"}
MINUTES = TAKERS | {"reviewer"}
POINTS = TAKERS | {"committee"}


def with_entry(world: Any) -> dict[str, Any]:
    """An entry of residents[0] alone, signed."""
    owner = world.residents[0]

    def settle(session: Any, now: Any) -> dict[str, Any]:
        community_id = world.village.community_id
        own = accounts.opened_or_main(session, community_id, kind="person", owner_id=owner.id, unit="min")
        detail = {"use_case": "attendance.settle", "credited": 60}
        return {"seq": book_of(session).post({accounts.ISSUE_MIN: -60, own: 60}, on=world.village.today, detail=detail)}

    seq = world.village.write(settle)["seq"]
    with_seed(world)
    from tests.ledger.books import seal_of

    seal: Seal = seal_of(world.village)
    evidence.checkpoint(world.village.storage, world.village.community_id, seal)
    return {"seq": seq}


def seq(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"seq": made["seq"]}


def owner(world: Any, made: dict[str, Any]) -> Any:
    return world.residents[0]


def minutes(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"what": "minutes", "owner_id": world.residents[0].id}


def points(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"what": "points", "owner_id": world.residents[0].household_id}


ROWS: dict[str, Any] = {
    "receipts.one": {"roles": TAKERS, "arrange": with_entry, "values": seq, "own": owner},
    "receipts.sign": {"method": "POST", "roles": TAKERS, "arrange": with_entry, "values": seq, "own": owner},
    "receipts.file": {"roles": TAKERS, "arrange": with_entry, "values": seq, "own": owner},
    "receipts.sheet": {"roles": TAKERS, "arrange": with_entry, "values": seq, "own": owner},
    "receipts.statement_form": [
        {"roles": MINUTES, "values": minutes, "own": owner},
        {"roles": POINTS, "values": points, "own": owner},
    ],
    "receipts.statement": [
        {"roles": MINUTES, "arrange": with_entry, "values": minutes, "own": owner},
        {"roles": POINTS, "values": points, "own": owner},
    ],
    "receipts.shown": {
        "anyone": True,
        "arrange": with_entry,
        "values": lambda world, made: {"named": f"{made['seq']}.{'0' * 64}"},
    },
    "receipts.checker": {"anyone": True},
    "receipts.saved_checker": {"anyone": True},
}
