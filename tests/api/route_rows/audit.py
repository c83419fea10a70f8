"""The books: who may read them, and what anybody may."""

from __future__ import annotations

from typing import Any

from api.pages.audit import maker_of
from ledger.exports.journal import Wanted
from tests.ledger.books import credit, make_volunteer
from timebank import reports
from timebank.people import communities
from timebank.permissions import Actor

BOOKS = {"auditor", "committee", "supervision_committee", "community_manager"}
ENTRIES = {"auditor", "supervision_committee", "community_manager"}
STATEMENTS = {"auditor", "supervision_committee", "community_manager", "desk_staff"}


def with_entry(world: Any) -> dict[str, Any]:
    """One volunteer with one entry."""
    account = make_volunteer(world.village)
    return {"number": account, "seq": credit(world.village, account)}


def with_seed(world: Any) -> dict[str, Any]:
    """The village's signing seed where the application looks for it."""
    folder = world.client.app.extensions["timebank_keys"].folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{world.village.code}.seed").write_bytes(world.village.seed.private_bytes_raw())
    return {}


def with_bundle(world: Any, *, public: bool = False, details: bool = False) -> dict[str, Any]:
    """A bundle that is ready."""
    with_seed(world)
    maker = maker_of(world.client.app)
    with world.village.read() as session:
        place = communities.community(session, world.village.community_id)
        period = reports.period_of(session, place.id, world.village.today, world.village.today)
    made = maker.begin(
        actor=Actor.console(place.id, "test"), community=place, period=period, details=details, public=public
    )
    maker.finish()
    return {"name": made.name}


def with_signed(world: Any) -> dict[str, Any]:
    with_bundle(world)
    return {}


def with_export(world: Any) -> dict[str, Any]:
    """The books as plain text, ready."""
    maker = maker_of(world.client.app)
    with world.village.read() as session:
        place = communities.community(session, world.village.community_id)
    made = maker.begin_export(actor=Actor.console(place.id, "test"), community=place, form="csv", wanted=Wanted())
    maker.finish()
    return {"name": made.name}


def seq(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"seq": made["seq"]}


def number(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"]}


def name(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"name": made["name"]}


def xlsx(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"form": "xlsx"}


ROWS = {
    "audit.overview": {"roles": BOOKS},
    "audit.trial_balance": {"roles": BOOKS},
    "audit.trial_balance_file": {"roles": BOOKS, "values": xlsx},
    "audit.entries": {"roles": ENTRIES, "arrange": with_entry},
    "audit.entries_file": {"roles": ENTRIES, "values": xlsx},
    "audit.entry": {"roles": ENTRIES, "arrange": with_entry, "values": seq},
    "audit.account": {"roles": STATEMENTS, "arrange": with_entry, "values": number},
    "audit.account_file": {
        "roles": STATEMENTS,
        "arrange": with_entry,
        "values": lambda world, made: {**number(world, made), "form": "csv"},
    },
    "audit.checkpoints": {"roles": BOOKS},
    "audit.sign": {"method": "POST", "roles": ENTRIES, "arrange": with_seed},
    "audit.findings": {"roles": ENTRIES},
    "audit.bundle": {"roles": BOOKS},
    # Days the wrong way round: the walk asks who may, and nothing is left running behind it.
    "audit.make_bundle": {
        "method": "POST",
        "roles": BOOKS,
        "arrange": with_seed,
        "data": lambda world, made: {"from": "2026-02-01", "to": "2026-01-01"},
        "ok": {422},
    },
    "audit.bundle_state": {"roles": BOOKS, "arrange": with_bundle, "values": name},
    "audit.bundle_file": [
        {"roles": BOOKS, "arrange": with_bundle, "values": name},
        {"roles": {"auditor"}, "arrange": lambda world: with_bundle(world, details=True), "values": name},
    ],
    "plain_text.ask": {"roles": BOOKS},
    # Days the wrong way round, as above.
    "plain_text.make": {
        "method": "POST",
        "roles": BOOKS,
        "data": lambda world, made: {"form": "csv", "by": "on", "from": "2026-02-01", "to": "2026-01-01"},
        "ok": {422},
    },
    "plain_text.state": {"roles": BOOKS, "arrange": with_export, "values": name},
    "plain_text.file": {"roles": BOOKS, "arrange": with_export, "values": name},
    "audit.proof": {"anyone": True},
    "audit.make_public_bundle": {
        "method": "POST",
        "anyone": True,
        "arrange": lambda world: with_bundle(world, public=True),
    },
    "audit.proof_state": {"anyone": True, "arrange": lambda world: with_bundle(world, public=True)},
    "audit.proof_file": {"anyone": True, "arrange": lambda world: with_bundle(world, public=True)},
    "audit.vkey": {"anyone": True},
    "audit.newest_checkpoint": {"anyone": True, "arrange": with_signed},
    "audit.verifier": {"anyone": True},
}
