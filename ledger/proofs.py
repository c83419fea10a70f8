"""Proofs of RFC 6962 from the stored tiles: that an entry is in the log, and that a log only grew.

A proof is a list of hashes, lowest first, as RFC 6962 section 2.1 orders them. Making one reads a handful of tiles,
whatever the size of the log; checking one needs nothing but the hashes.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from sqlalchemy.orm import Session

from ledger import log
from ledger.errors import LogBroken
from ledger.tree import EMPTY_ROOT, HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, Edge, node_hash, tile_hashes

TILES_KEPT_MOST = 4_096  # of 16 KiB each, when as many were asked for: those of a million entries

Rows = tuple[
    bytes, ...
]  # the nodes of a tile by height: its hashes, those over pairs of them... each row as one text of bytes


class BadProof(ValueError):
    """The hashes do not lead from what is claimed to the root."""


def inclusion(session: Session, community_id: int, seq: int, size: int) -> list[bytes]:
    """The hashes that lead from entry `seq` to the root of the log's first `size` entries.

    Raises:
        ValueError: there is no such entry in a log of this size.
    """
    if not 0 <= seq < size:
        raise ValueError(f"a log of size {size} has no entry {seq}")
    tree = _tree(session, community_id, size)
    return [tree.root(start, end) for start, end in _beside(seq, size)]


def consistency(session: Session, community_id: int, old: int, size: int) -> list[bytes]:
    """The hashes that show that the log of `size` begins with the log of `old`; none for equal sizes or from nothing.

    Raises:
        ValueError: `old` is greater than `size`.
    """
    if not 0 <= old <= size:
        raise ValueError(f"a log of size {size} does not begin with {old} entries")
    if old in (0, size):
        return []
    tree = _tree(session, community_id, size)
    return [tree.root(start, end) for start, end in _between(old, size)]


def root_by_inclusion(leaf: bytes, seq: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that a leaf hash and its proof lead to.

    Raises:
        BadProof: the proof has too few or too many hashes.
    """
    steps = list(_beside(seq, size)) if 0 <= seq < size else []
    if not 0 <= seq < size or len(steps) != len(path):
        raise BadProof(f"a proof of entry {seq} in {size} does not have {len(path)} hashes")
    root = leaf
    for (start, _), beside in zip(steps, path, strict=True):
        root = node_hash(beside, root) if start < seq else node_hash(root, beside)
    return root


def check_consistency(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> None:
    """That a log with `root` at `size` begins with the one that had `old_root` at `old`.

    Raises:
        BadProof: it does not, or the proof has too few or too many hashes.
    """
    if old in (0, size):
        if path or (old == size and old_root != root) or (old == 0 and old_root != EMPTY_ROOT):
            raise BadProof("the roots differ" if not path else "a proof where none is needed")
        return
    ranges = _between(old, size) if old < size else []
    if len(ranges) != len(path) or not ranges:
        raise BadProof(f"a proof from {old} to {size} does not have {len(path)} hashes")
    known = dict(zip(ranges, path, strict=True))
    if old & (old - 1) == 0:
        known[(0, old)] = old_root
    if _folded(0, old, known) != old_root or _folded(0, size, known) != root:
        raise BadProof("the hashes do not lead to both roots")


class _Recent:
    """The nodes of full tiles that were read lately, by the tile's root, which stands for them whatever database they lie in."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: dict[bytes, Rows] = {}
        self._lock = threading.Lock()

    def get(self, root: bytes) -> Rows | None:
        with self._lock:
            found = self._rows.pop(root, None)
            if found is not None:
                self._rows[root] = found  # the one asked for last is at the end
            return found

    def put(self, root: bytes, rows: Rows) -> None:
        with self._lock:
            self._rows[root] = rows
            if len(self._rows) > self._most:
                del self._rows[next(iter(self._rows))]


_RECENT = _Recent(TILES_KEPT_MOST)


class _Tree:
    """The tree of the first `size` entries, read tile by tile, each once. What it says can never change."""

    def __init__(self, session: Session, community_id: int, size: int) -> None:
        self._session = session
        self._community_id = community_id
        self._widths = log.widths(size)
        self._tiles: dict[tuple[int, int], Rows] = {}  # all but the full ones of the lowest level
        self._ragged: dict[tuple[int, int], bytes] = {}  # roots of what ends at the right edge

    def root(self, start: int, end: int) -> bytes:
        """The root over the leaves from `start` to before `end`, a subtree of this tree."""
        width = end - start
        if width & (width - 1) == 0:
            return self._node(width.bit_length() - 1, start)
        found = self._ragged.get((start, end))
        if found is None:
            half = _half(width)
            found = node_hash(self.root(start, start + half), self.root(start + half, end))
            self._ragged[start, end] = found
        return found

    def _node(self, height: int, start: int) -> bytes:
        level, above = divmod(height, TILE_HEIGHT)
        number, offset = divmod(start >> (level * TILE_HEIGHT), TILE_WIDTH)
        at = (offset >> above) * HASH_BYTES
        return self._tile(level, number)[above][at : at + HASH_BYTES]

    def _tile(self, level: int, number: int) -> Rows:
        known = self._tiles.get((level, number))
        if known is not None:
            return known
        width = min(TILE_WIDTH, self._widths[level] - number * TILE_WIDTH)
        if width < TILE_WIDTH:
            self._tiles[level, number] = rows = _rows(self._read(level, number, width))
            return rows
        root = self._node((level + 1) * TILE_HEIGHT, number << ((level + 1) * TILE_HEIGHT))
        recent = _RECENT.get(root)
        if recent is None:
            recent = _rows(self._read(level, number, width))
            if recent[TILE_HEIGHT] == root:
                _RECENT.put(root, recent)
        if level:
            self._tiles[level, number] = recent
        return recent

    def _read(self, level: int, number: int, width: int) -> bytes:
        found = log.hashes(self._session, self._community_id, level, number, width)
        if len(found) != width * HASH_BYTES:
            raise LogBroken(f"tile {number} of level {level} has not the {width} hashes of a log of this size")
        return found


def _rows(hashes: bytes) -> Rows:
    """The hashes of a tile and the rows of nodes over them, as far as they are whole."""
    return tuple(b"".join(row) for row in Edge().extend(tile_hashes(hashes)))


def _tree(session: Session, community_id: int, size: int) -> _Tree:
    """The tree of this size as the session has read it already."""
    trees: dict[tuple[int, int], _Tree] = session.info.setdefault("trees", {})
    found = trees.get((community_id, size))
    if found is None:
        found = trees[community_id, size] = _Tree(session, community_id, size)
    return found


def _half(width: int) -> int:
    """The greatest power of two below `width`: where RFC 6962 divides a tree."""
    return 1 << (width - 1).bit_length() - 1


def _beside(seq: int, size: int) -> list[tuple[int, int]]:
    """The subtrees beside the way from a leaf to the root, lowest first."""
    found = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _half(end - start)
        if seq < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def _between(old: int, size: int) -> list[tuple[int, int]]:
    """The subtrees of a consistency proof, in its order; the whole old tree is left out, as its root is known."""
    found = []
    start, end = 0, size
    while end != old:
        middle = start + _half(end - start)
        if old <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    if start:
        found.append((start, end))
    return found[::-1]


def _folded(start: int, end: int, known: dict[tuple[int, int], bytes]) -> bytes:
    """The root over a span, put together from what is known."""
    if (start, end) in known:
        return known[start, end]
    if end - start < 2:
        raise BadProof("a hash is missing")
    middle = start + _half(end - start)
    return node_hash(_folded(start, middle, known), _folded(middle, end, known))
