"""Erasures as a job: those that are due, the files that held the erased, and the list beside the keys.

The list outlives the database: who was erased stays erased when an older backup is restored. It holds ids and numbers
that lead to nobody, one JSON object a line.
"""

import json
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import create_engine

from api import bundles
from api.keys import SigningKeys
from timebank.columns import new_key
from timebank.erasure import asking, carrying_out
from timebank.erasure.columns import DETAILS, HERS, OWNERS, STAGED, TEXTS
from timebank.erasure.tables import Erasure
from timebank.errors import Busy, Refused
from timebank.people import residents
from timebank.people.communities import Community
from timebank.people.identity import Vault
from timebank.permissions import Actor
from timebank.storage import Storage

log = structlog.get_logger()

AT_ONCE = 100


@dataclass(frozen=True)
class Remembered:
    """One line of the list: a person's id and number, and when she was erased."""

    person_id: uuid.UUID
    number: str
    at: str


def list_path(keys: SigningKeys, community_code: str) -> Path:
    """Where a community's erased persons are remembered, outside the database and its backups."""
    return keys.folder / f"{community_code}.erased"


def remembered(keys: SigningKeys, community_code: str) -> list[Remembered]:
    """Who was erased, oldest first; nobody, if there is no list. A line that power cut short is passed over."""
    path = list_path(keys, community_code)
    if not path.is_file():
        return []
    found = []
    for line in filter(None, path.read_text(encoding="utf-8", errors="replace").splitlines()):
        try:
            one = json.loads(line)
            found.append(Remembered(uuid.UUID(one["person"]), one["number"], one["at"]))
        except (ValueError, KeyError, TypeError):
            log.warning("line of the erased cannot be read", community=community_code)
    return found


def remember(keys: SigningKeys, community_code: str, done: Sequence[Erasure]) -> int:
    """Add to the list who is not on it yet, also who stood in a line cut short; returns how many. On the disk before it returns."""
    known = {one.person_id for one in remembered(keys, community_code)}
    new = [one for one in done if one.person_id not in known]
    if new:
        path = list_path(keys, community_code)
        cut_short = path.is_file() and not path.read_bytes().endswith(b"\n")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
            file.write("\n" if cut_short else "")
            for one in new:
                at = one.ended_at.isoformat() if one.ended_at else ""
                file.write(json.dumps({"person": one.person_id.hex, "number": one.number, "at": at}) + "\n")
            file.flush()
            os.fsync(file.fileno())
    return len(new)


def back(storage: Storage, keys: SigningKeys, place: Community) -> list[Remembered]:
    """Who was erased and is in the database again, by a restored backup."""
    with storage.read() as session:
        found = residents.persons_of(session, place.id, [one.person_id for one in remembered(keys, place.code)])
        there = {one.id for one in found.values() if not residents.is_erased(one)}
    return [one for one in remembered(keys, place.code) if one.person_id in there]


def work_off(
    storage: Storage, keys: SigningKeys, place: Community, *, data_dir: Path | None = None, vault: Vault | None = None
) -> dict[str, Any]:
    """Carry out what is due, erase again who came back, and clean the files; says what was done and what waits, and why.

    Harmless when run twice. `data_dir` holds bundles and prints, which may name who was erased: they go.
    """
    actor = Actor.system(place.id, "erase")
    told: dict[str, Any] = {"erased": 0, "waiting": {}}
    for one in back(storage, keys, place):
        _write(storage, actor, carrying_out.ask_again, person_id=one.person_id)
    with storage.read() as session:
        wishes = asking.due(session, place.id, now=storage.clock(), limit=AT_ONCE)
    for wish in wishes:
        try:
            _write(storage, actor, carrying_out.dispose, erasure_id=wish.id)
            _write(storage, actor, carrying_out.carry_out, erasure_id=wish.id, vault=vault)
        except Refused as refused:
            told["waiting"][wish.number] = refused.facts.get("obstacles") or [refused.code]
            log.warning(
                "erasure waits", community=place.code, erasure=wish.id.hex, code=refused.code, facts=refused.facts
            )
        else:
            told["erased"] += 1
            log.info("erasure carried out", community=place.code, erasure=wish.id.hex)
    with storage.read() as session:
        done = asking.done(session, place.id)
        dirty = asking.unscrubbed(session, place.id, until=storage.clock())
    remember(keys, place.code, done)
    if dirty:
        if data_dir is not None:
            forget_files(data_dir, place.code)
        told["scrubbed"] = scrub(storage, [place])
    return told


def scrub(storage: Storage, places: Sequence[Community], *, owner_url: str | None = None) -> bool:
    """Write the database's files anew, so that nothing of the erased can be read from their free space; whether it was done.

    On PostgreSQL this takes the owner's role, and locks each table while it is copied.
    """
    until = storage.clock()
    if storage.sqlite:
        try:
            storage.scrub()
        except Busy:
            log.warning("database not scrubbed: somebody was reading all the time")
            return False
    elif owner_url:
        vacuum(owner_url)
    else:
        return False
    for place in places:
        _write(storage, Actor.system(place.id, "erase"), carrying_out.scrubbed, until=until)
    return True


def vacuum(owner_url: str) -> list[str]:
    """PostgreSQL: write the tables that hold personal data anew, as their owner; returns which."""
    names = sorted({rule.table for rule in HERS} | set(TEXTS) | set(STAGED) | {OWNERS, DETAILS, "request"})
    engine = create_engine(owner_url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for name in names:
                connection.exec_driver_sql(f"VACUUM (FULL) {name}")
    finally:
        engine.dispose()
    return names


def forget_files(data_dir: Path, community_code: str) -> int:
    """Throw away bundles with details and printed cards, which may name who was erased; returns how many files."""
    gone = 0
    for about in (data_dir / "bundles").glob(f"{community_code}-*.json"):
        if json.loads(about.read_text(encoding="utf-8")).get("details"):
            gone += bundles.forget(about)
    for path in (data_dir / "prints").glob("*.pdf"):
        path.unlink(missing_ok=True)
        gone += 1
    return gone


def _write(storage: Storage, actor: Actor, use_case: Any, **named: Any) -> dict[str, Any]:
    name = f"erasure.{use_case.__name__}"
    content = {key: value.hex for key, value in named.items() if isinstance(value, uuid.UUID)}
    return storage.write(
        actor.community_id or 0,
        new_key(storage.clock()),
        lambda session, now: use_case(session, actor=actor, now=now, **named),
        actor=actor.number,
        use_case=name,
        content=content,
    )
