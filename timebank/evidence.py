"""Proofs for outsiders: signed checkpoints of a community's log, and the evidence bundle.

The signing seed lives outside the database. Beside it lies the newest checkpoint that it ever signed: a database that
lacks that checkpoint was restored from an older backup, and signing there would fork the log, so it is refused.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any

from sqlmodel import Session

from ledger import log
from ledger.bundle import Progress, Wanted, write_bundle
from ledger.errors import LogBroken
from ledger.log import Signed, Signer
from timebank import permissions
from timebank.columns import new_key, to_ms
from timebank.errors import Refused
from timebank.permissions import Actor
from timebank.storage import Storage


class KeyNotOfThisLog(Refused):
    """The signing seed at hand is not the one that the log names."""

    code = "key_not_of_this_log"


class WouldForkTheLog(Refused):
    """The database lacks the newest checkpoint that was signed: it is older than what others have seen."""

    code = "would_fork_the_log"


class SeenFurther(WouldForkTheLog):
    """A witness has seen more of this log than the database holds, or something else: facts `witness` and `newest_size`."""

    code = "witness_has_seen_further"


@dataclass(frozen=True)
class Alarm:
    """What a witness said that our database cannot answer: it cosigned `size` entries of this log. `at` in ms."""

    witness: str
    size: int
    at: int


def _no_alarm() -> Alarm | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Seal:
    """The signing of one community's log: its key, and where the newest signed checkpoint is remembered outside the database.

    `alarm`: what a witness said against our database; nothing is signed while it stands.
    """

    signer: Signer
    newest: Callable[[], str | None]
    remember: Callable[[str], None]
    alarm: Callable[[], Alarm | None] = _no_alarm


def checkpoint(storage: Storage, community_id: int, seal: Seal) -> Signed:
    """Sign where the log stands now, keep it, and give it; if it did not grow since the newest, that one again.

    The end is read on a connection of its own after a commit, never inside a write, where it might yet be rolled back.

    Raises:
        KeyNotOfThisLog: another seed signed this log.
        WouldForkTheLog: the database is older than the newest checkpoint that was signed, or than what a witness saw.
    """
    now = storage.clock()
    with storage.read() as session:
        kept = log.newest(session, community_id)
        end = log.end(session, community_id)
        if kept is not None and kept.size == end.size and kept.root == end.root:
            return kept
        signed = sign_end(session, community_id, seal, at=to_ms(now))
    keep(storage, community_id, signed, seal)
    return signed


def sign_end(session: Session, community_id: int, seal: Seal, *, at: int) -> Signed:
    """Sign the end of the log that this reading session sees; show it to nobody before `keep`."""
    _refuse_fork(session, community_id, seal)
    try:
        return log.sign(session, community_id, seal.signer, at=at)
    except LogBroken as broken:
        raise KeyNotOfThisLog(community=community_id) from broken


def keep(storage: Storage, community_id: int, signed: Signed, seal: Seal) -> None:
    """Remember a signed checkpoint outside the database, and store it through the lane.

    Remembered first: whatever happens in between, no checkpoint that somebody may have seen is forgotten.
    """
    seal.remember(signed.note)
    storage.write(
        community_id,
        new_key(storage.clock()),
        lambda session, now: {"code": "checkpoint_kept", "new": log.store(session, community_id, signed)},
        actor="system",
        use_case="evidence.checkpoint",
        content={"note": signed.note},
    )


def bundle(
    storage: Storage,
    *,
    actor: Actor,
    community_id: int,
    seal: Seal,
    file: IO[bytes],
    period: tuple[dt.datetime, dt.datetime],
    details: bool,
    policy: Mapping[str, Any],
    progress: Progress = lambda _done, _size: None,
) -> Signed:
    """Write the evidence bundle of this moment into `file`, and give the checkpoint that it holds.

    All comes from one snapshot; its end is signed for the bundle and kept before the file is handed out.

    Raises:
        Forbidden: with details only for auditors.
    """
    permissions.require(
        actor, "evidence.bundle_with_details" if details else "evidence.bundle", community_id=community_id
    )
    now = storage.clock()
    with storage.read() as session:
        signed = sign_end(session, community_id, seal, at=to_ms(now))
        wanted = Wanted(period=(to_ms(period[0]), to_ms(period[1])), made_at=to_ms(now), details=details, policy=policy)
        write_bundle(session, community_id, file, signed=signed, wanted=wanted, progress=progress)
    keep(storage, community_id, signed, seal)
    return signed


def _refuse_fork(session: Session, community_id: int, seal: Seal) -> None:
    alarm = seal.alarm()
    if alarm is not None:
        size = log.end(session, community_id).size
        raise SeenFurther(witness=alarm.witness, newest_size=alarm.size, size=size)
    note = seal.newest()
    if note is None:
        return
    _, size_line, root_line = note.partition("\n\n")[0].split("\n")
    size, end = int(size_line), log.end(session, community_id)
    kept = log.at_size(session, community_id, size)
    if kept is not None and kept.note.partition("\n\n")[0] == note.partition("\n\n")[0]:
        return
    # The row may be missing from an honest database: a backup was taken just before it was stored.
    if size > end.size or log.root_at(session, community_id, size) != base64.b64decode(root_line):
        raise WouldForkTheLog(newest_size=size, size=end.size)
