"""The log as outsiders see it: where it ends, its signed checkpoints, its tiles. Reads; only `store` writes.

A checkpoint is signed for what another connection sees after a commit: inside a writing transaction the tail may yet be
rolled back, and a signed size that never came to be is a fork. So `sign` belongs into a reading session, and `store`
into the next write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from ledger.entries import decode
from ledger.errors import LogBroken
from ledger.note import Checkpoint, verifier_key
from ledger.note import sign as sign_note
from ledger.tables import IS_KEY, checkpoint, entry, tail, tile
from ledger.tree import TILE_WIDTH, Edge, leaf_hash, tile_hashes

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Signer:
    """A log's private key, wherever it is kept: its public half, and who is asked for signatures."""

    public_key: bytes
    signature_of: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Signed:
    """A signed checkpoint; `at` (ms) is when it was signed."""

    size: int
    root: bytes
    at: int
    note: str


def end(session: Session, community_id: int) -> Checkpoint:
    """Where the log ends: its size and root.

    Raises:
        LogBroken: the community has no log.
    """
    found = session.execute(
        select(tail.c.origin, tail.c.size, tail.c.root).where(tail.c.community_id == community_id)
    ).one_or_none()
    if found is None:
        raise LogBroken(f"community {community_id} has no log")
    return Checkpoint(found.origin, found.size, bytes(found.root))


def sign(session: Session, community_id: int, signer: Signer, *, at: int) -> Signed:
    """Sign where the log ends; in a reading session.

    Raises:
        LogBroken: the signer is not the key that the log names for its present size.
    """
    where = end(session, community_id)
    if key_in_force(session, community_id, where.size) != signer.public_key:
        raise LogBroken(f"{where.origin}: the key at hand is not the key that the log names")
    return Signed(where.size, where.root, at, sign_note(where, signer.public_key, signer.signature_of))


def store(session: Session, community_id: int, signed: Signed) -> bool:
    """Keep a signed checkpoint, in the lane; false if one of this size is kept already.

    Raises:
        LogBroken: another root was signed for this size, or the log does not reach it: never show such a checkpoint.
    """
    kept = at_size(session, community_id, signed.size)
    if kept is not None:
        if kept.root != signed.root:
            raise LogBroken(f"two roots for size {signed.size}")
        return False
    if end(session, community_id).size < signed.size:
        raise LogBroken(f"a checkpoint of size {signed.size} is beyond the end of the log")
    row = {"community_id": community_id, "size": signed.size, "at": signed.at, "root": signed.root, "note": signed.note}
    session.execute(insert(checkpoint).values(row))
    return True


def newest(session: Session, community_id: int) -> Signed | None:
    """The newest checkpoint kept."""
    return next(iter(checkpoints(session, community_id, limit=1)), None)


def at_size(session: Session, community_id: int, size: int) -> Signed | None:
    return next(iter(checkpoints(session, community_id, below=size + 1, least=size, limit=1)), None)


def covering(session: Session, community_id: int, seq: int) -> Signed | None:
    """The first checkpoint that commits to this entry."""
    chosen = checkpoint.c.community_id == community_id, checkpoint.c.size > seq
    found = session.execute(select(checkpoint).where(*chosen).order_by(checkpoint.c.size).limit(1)).one_or_none()
    return None if found is None else _signed(found)


def checkpoints(
    session: Session, community_id: int, *, below: int | None = None, least: int = 0, limit: int = 50
) -> list[Signed]:
    """Checkpoints, newest first, of sizes from `least` to less than `below`."""
    wanted = select(checkpoint).where(checkpoint.c.community_id == community_id, checkpoint.c.size >= least)
    if below is not None:
        wanted = wanted.where(checkpoint.c.size < below)
    return [_signed(row) for row in session.execute(wanted.order_by(checkpoint.c.size.desc()).limit(limit))]


def daily(session: Session, community_id: int, *, below: int) -> Iterator[Signed]:
    """The last checkpoint of each day (UTC), oldest first, of sizes less than `below`."""
    own = checkpoint.c.community_id == community_id
    last = select(func.max(checkpoint.c.size)).where(own, checkpoint.c.size < below).group_by(checkpoint.c.at // DAY_MS)
    for size in sorted(session.scalars(last)):
        found = at_size(session, community_id, size)
        if found is not None:
            yield found


def first_key(session: Session, community_id: int) -> bytes:
    """The public key that leaf 1 names."""
    leaf = session.scalar(select(entry.c.leaf).where(entry.c.community_id == community_id, entry.c.seq == 1))
    if leaf is None:
        raise LogBroken(f"community {community_id} has no key")
    return bytes.fromhex(decode(bytes(leaf))["key"])


def vkey(session: Session, community_id: int) -> str:
    """The line by which outsiders know the log's first key."""
    return verifier_key(end(session, community_id).origin, first_key(session, community_id))


def key_in_force(session: Session, community_id: int, size: int) -> bytes:
    """The key that signs checkpoints of this size.

    Raises:
        LogBroken: the log names none yet.
    """
    wanted = select(entry.c.seq, entry.c.leaf).where(entry.c.community_id == community_id, entry.c.seq < size, IS_KEY)
    named = [
        (fields["from"], seq, fields["key"])
        for seq, fields in ((row.seq, decode(bytes(row.leaf))) for row in session.execute(wanted))
        if fields["from"] <= size
    ]
    if not named:
        raise LogBroken(f"community {community_id} has no key")
    return bytes.fromhex(max(named)[2])


def widths(size: int) -> list[int]:
    """How many hashes each level of a tree of this size has, level 0 first."""
    counts = []
    while size:
        counts.append(size)
        size //= TILE_WIDTH
    return counts


def leaves(session: Session, community_id: int, number: int, width: int = TILE_WIDTH) -> list[bytes]:
    """The stored leaves of one bundle of entries; fewer than `width` if the log is shorter, or if some were taken away."""
    start = number * TILE_WIDTH
    chosen = entry.c.community_id == community_id, entry.c.seq >= start, entry.c.seq < start + width
    return [bytes(leaf) for leaf in session.scalars(select(entry.c.leaf).where(*chosen).order_by(entry.c.seq))]


def packed(stored: list[bytes]) -> bytes:
    """Leaves as an entry bundle: each after its length."""
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in stored)


def hashes(session: Session, community_id: int, level: int, number: int, width: int = TILE_WIDTH) -> bytes:
    """One tile of hashes: as stored when it is full, else made from the level below.

    A full tile is never made again from the leaves: should they differ, the difference names the entry.
    """
    if width == TILE_WIDTH and (stored := stored_hashes(session, community_id, level, number)):
        return stored
    if level == 0:
        return b"".join(map(leaf_hash, leaves(session, community_id, number, width)))
    start = number * TILE_WIDTH
    below = select(tile.c.root).where(tile.c.community_id == community_id, tile.c.level == level - 1)
    below = below.where(tile.c.number >= start, tile.c.number < start + width).order_by(tile.c.number)
    return b"".join(bytes(root) for root in session.scalars(below))


def stored_hashes(session: Session, community_id: int, level: int, number: int) -> bytes:
    """The hashes of a tile that is full by now; empty if it is not."""
    chosen = tile.c.community_id == community_id, tile.c.level == level, tile.c.number == number
    return bytes(session.scalar(select(tile.c.hashes).where(*chosen)) or b"")


def root_at(session: Session, community_id: int, size: int) -> bytes:
    """The root that the log had at an earlier size, from its full tiles and the leaves after them."""
    full, rest = divmod(size, TILE_WIDTH)
    high = Edge()
    chosen = tile.c.community_id == community_id, tile.c.level == 0, tile.c.number < full
    for root in session.scalars(select(tile.c.root).where(*chosen).order_by(tile.c.number)):
        high.append(bytes(root))
    low = Edge()
    for leaf in leaves(session, community_id, full, rest) if rest else ():
        low.append(leaf_hash(leaf))
    # A full tile is a perfect subtree eight levels high: its root stands in the edge where a leaf of level 8 would.
    return Edge(size, [*low.levels, *[None] * (8 - len(low.levels)), *high.levels]).root()


def hash_of(session: Session, community_id: int, seq: int) -> bytes | None:
    """The hash that the tree holds of this entry, if its tile is full; what the leaf hashes to is another question."""
    chosen = tile.c.community_id == community_id, tile.c.level == 0, tile.c.number == seq // TILE_WIDTH
    stored = session.scalar(select(tile.c.hashes).where(*chosen))
    return None if stored is None else tile_hashes(bytes(stored))[seq % TILE_WIDTH]


def _signed(row: Any) -> Signed:
    return Signed(row.size, bytes(row.root), row.at, row.note)
