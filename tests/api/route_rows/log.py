"""The log for everybody."""

from __future__ import annotations

from typing import Any

from tests.ledger.books import seal_of
from timebank import evidence


def with_checkpoint(world: Any) -> dict[str, Any]:
    """A village whose log was signed."""
    evidence.checkpoint(world.village.storage, world.village.community_id, seal_of(world.village))
    return {}


def tile(level: str) -> Any:
    return lambda world, made: {"level": level, "number": "000.p/2"}


ROWS = {
    "log.checkpoint": {"anyone": True, "arrange": with_checkpoint},
    "log.vkey": {"anyone": True},
    "log.tile": [
        {"anyone": True, "arrange": with_checkpoint, "values": tile("0")},
        {"anyone": True, "arrange": with_checkpoint, "values": tile("entries")},
    ],
}
