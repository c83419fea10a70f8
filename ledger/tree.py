"""The Merkle tree of RFC 6962: leaf and node hashes, the growing edge, and the names of tiles. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Edge:
    """The right edge of a growing tree: one hash for each set bit of its size, which is all that appending needs."""

    __slots__ = ("levels", "size")

    def __init__(self, size: int = 0, levels: Sequence[bytes | None] = ()) -> None:
        self.size = size
        self.levels: list[bytes | None] = list(levels)

    @classmethod
    def from_bytes(cls, size: int, stored: bytes) -> Edge:
        """The edge of a tree of `size`, from its hashes lowest level first.

        Raises:
            ValueError: the number of hashes does not fit the size.
        """
        if len(stored) != size.bit_count() * HASH_BYTES:
            raise ValueError(f"an edge of size {size} has {size.bit_count()} hashes")
        hashes = iter([stored[at : at + HASH_BYTES] for at in range(0, len(stored), HASH_BYTES)])
        return cls(size, [next(hashes) if size >> level & 1 else None for level in range(size.bit_length())])

    def to_bytes(self) -> bytes:
        return b"".join(level for level in self.levels if level is not None)

    def copy(self) -> Edge:
        return Edge(self.size, self.levels)

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        carried = leaf
        levels = self.levels
        for level, left in enumerate(levels):
            if left is None:
                levels[level] = carried
                break
            carried = sha256(b"\x01" + left + carried).digest()
            levels[level] = None
        else:
            levels.append(carried)
        self.size += 1

    def extend(self, leaves: Sequence[bytes]) -> list[list[bytes]]:
        """Add the hashes of the next leaves. Gives the nodes that this made, the leaves first and then level by level.

        The first node of a level is the one after those that the tree had, so level 8 holds the roots of the tiles that are now full.
        """
        made: list[list[bytes]] = []
        row = list(leaves)
        self.size += len(row)
        while row:
            if len(made) == len(self.levels):
                self.levels.append(None)
            left = self.levels[len(made)]
            pairs = row if left is None else [left, *row]
            self.levels[len(made)] = pairs[-1] if len(pairs) & 1 else None
            made.append(row)
            row = [sha256(b"\x01" + one + other).digest() for one, other in zip(pairs[::2], pairs[1::2], strict=False)]
        return made

    def root(self) -> bytes:
        top: bytes | None = None
        for level in self.levels:
            if level is not None:
                top = level if top is None else sha256(b"\x01" + level + top).digest()
        return EMPTY_ROOT if top is None else top


def root_of(hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes (or over the hashes of one tile)."""
    edge = Edge()
    edge.extend(list(hashes))
    return edge.root()


def tile_hashes(tile: bytes) -> list[bytes]:
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def tile_path(level: int | str, index: int, width: int = TILE_WIDTH) -> str:
    """The path of a tile: `tile/0/x001/x234/067`, with `.p/<width>` if it is not full; level `entries` for bundles of leaves."""
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"
