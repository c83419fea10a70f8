"""A community's signing seed as the domain wants it, with the newest checkpoint that it signed remembered beside it."""

import json
import secrets
from dataclasses import asdict
from pathlib import Path

from api import newest
from api.keys import SigningKeys
from ledger.log import Signer
from timebank.errors import Refused
from timebank.evidence import Alarm, Seal, WouldForkTheLog


class SeedMissing(Refused):
    """The signing seed of this community is not on this machine."""

    code = "seed_missing"


def seal_of(keys: SigningKeys, community_code: str) -> Seal:
    """The seal of a community's log.

    Raises:
        SeedMissing: its seed is not in the folder of the keys.
    """
    if not keys.exists(community_code):
        raise SeedMissing(community=community_code)
    signer = Signer(keys.public_key(community_code), lambda message: keys.sign(community_code, message))
    path = newest_path(keys, community_code)
    return Seal(
        signer=signer,
        newest=lambda: newest.read(path),
        remember=lambda note: _remember(path, note),
        alarm=lambda: alarm_of(keys, community_code),
    )


def alarm_of(keys: SigningKeys, community_code: str) -> Alarm | None:
    """What a witness said against the database of this community; None if nothing stands."""
    try:
        told = _alarm_path(keys, community_code).read_text(encoding="utf-8")
    except FileNotFoundError:  # or settled by another process just now
        return None
    return Alarm(**json.loads(told))


def raise_alarm(keys: SigningKeys, community_code: str, alarm: Alarm) -> None:
    """Stop signing this log, whatever restarts, until the alarm is settled."""
    path = _alarm_path(keys, community_code)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.write_text(json.dumps(asdict(alarm)), encoding="utf-8")
    draft.replace(path)


def settle_alarm(keys: SigningKeys, community_code: str) -> None:
    """Sign again. Settling twice is harmless."""
    _alarm_path(keys, community_code).unlink(missing_ok=True)


def newest_path(keys: SigningKeys, community_code: str) -> Path:
    """Where the newest checkpoint is remembered, outside the database and its backups."""
    return keys.folder / f"{community_code}.checkpoint"


def size_of(note: str) -> int:
    """The size that a checkpoint names."""
    return int(note.split("\n")[1])


def _alarm_path(keys: SigningKeys, community_code: str) -> Path:
    return keys.folder / f"{community_code}.alarm"


def _remember(path: Path, note: str) -> None:
    try:
        newest.remember(path, note)
    except newest.TwoRoots as forked:
        raise WouldForkTheLog(newest_size=size_of(note), size=size_of(note)) from forked
