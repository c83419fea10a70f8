"""Being a witness: logs sign in by the signature under their checkpoint."""

from __future__ import annotations

from typing import Any

from api.witnessing import witness_of


def with_key(world: Any) -> dict[str, Any]:
    """An installation that witnesses, and no log on its list."""
    witness_of(world.client.app.extensions["timebank_settings"], world.db.storage).make_key()
    return {}


ROWS = {
    "witness.add_checkpoint": {"method": "POST", "anyone": True, "arrange": with_key, "ok": {400}},
    "witness.vkey": {"anyone": True, "arrange": with_key},
    "witness.checkpoint": {"anyone": True, "arrange": with_key, "ok": {404}},
}
