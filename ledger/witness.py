"""Cosignatures: what witnesses put under our checkpoints, as others read it (https://c2sp.org/tlog-cosignature).

A checkpoint is stored as the log signed it. What witnesses sign to it later lies in rows of its own, and is put under the
log's line whenever the checkpoint is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ledger import log, note
from ledger.errors import LogBroken
from ledger.log import Signed
from ledger.note import BadNote, Key
from ledger.tables import cosignature

SIGNATURES_SHOWN_MOST = 15  # with the log's own line 16: what every reader of signed notes must accept


@dataclass(frozen=True)
class Cosigned:
    """One cosignature that was kept; `at` is the witness's own time in ms, `line` ends its line."""

    size: int
    key: bytes
    at: int
    line: str


def cosigned(
    session: Session,
    community_id: int,
    signed: Signed,
    *,
    by: Collection[bytes] | None = None,
    most: int = SIGNATURES_SHOWN_MOST,
) -> str:
    """A checkpoint as it is shown: the log's note, and under it the newest cosignature of each witness, oldest first.

    At most 15 of them, the newest: with the log's own line that is what every reader of signed notes accepts. `by`: only
    of witnesses with these public keys.
    """
    newest = {one.key: one for one in cosignatures(session, community_id, signed.size) if by is None or one.key in by}
    shown = sorted(newest.values(), key=lambda one: (one.at, one.key))[-most:]
    return signed.note + "".join(one.line for one in shown)


def cosignatures(session: Session, community_id: int, size: int) -> list[Cosigned]:
    """All that was signed to the checkpoint of a size, by time."""
    own = cosignature.c.community_id == community_id, cosignature.c.size == size
    return [_cosigned(row) for row in session.execute(select(cosignature).where(*own).order_by(cosignature.c.at))]


def newest_by(session: Session, community_id: int, key: bytes) -> Cosigned | None:
    """The newest that this witness signed: of the greatest size, and of that the last time."""
    own = select(cosignature).where(cosignature.c.community_id == community_id, cosignature.c.key == key)
    found = session.execute(own.order_by(cosignature.c.size.desc(), cosignature.c.at.desc()).limit(1)).one_or_none()
    return None if found is None else _cosigned(found)


def newest_first(session: Session, community_id: int, *, limit: int) -> list[Cosigned]:
    """What was signed to any checkpoint, greatest sizes first; of each size the newest first."""
    own = select(cosignature).where(cosignature.c.community_id == community_id)
    ordered = own.order_by(cosignature.c.size.desc(), cosignature.c.at.desc(), cosignature.c.key).limit(limit)
    return [_cosigned(row) for row in session.execute(ordered)]


def keep(
    session: Session, community_id: int, size: int, lines: str, keys: Iterable[Key], *, latest_at: int
) -> list[str]:
    """Keep what witnesses of these keys signed to the checkpoint of a size, in the lane; returns the names of whose lines were new.

    Lines of keys that are not asked for are left out. `latest_at` (ms): the latest time that a witness may say.

    Raises:
        BadNote: a line under one of these keys does not fit, or is of a later time.
        LogBroken: there is no checkpoint of this size.
    """
    signed = log.at_size(session, community_id, size)
    if signed is None:
        raise LogBroken(f"there is no checkpoint of size {size}")
    parsed = note.parse(signed.note + lines)
    known = {(one.key, one.at) for one in cosignatures(session, community_id, size)}
    new = []
    for key in keys:
        at = note.cosigned_at(parsed, key)
        if at is None or (key.public_key, at * 1000) in known:
            continue
        if at * 1000 > latest_at:
            raise BadNote(f"{key.name}: a cosignature of a time that has not come")
        line = next(one.line for one in parsed.by(key) if int.from_bytes(one.signature[:8], "big") == at)
        row = {"community_id": community_id, "size": size, "key": key.public_key, "at": at * 1000, "line": line}
        session.execute(insert(cosignature).values(row))
        new.append(key.name)
    return new


def _cosigned(row: Any) -> Cosigned:
    return Cosigned(row.size, bytes(row.key), row.at, row.line)
