"""What an outsider fetches of a log: its tiles and entries in a folder, its checkpoints, and the proofs that we offer."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from ledger import log, note, proofs
from ledger.note import Checkpoint
from ledger.tree import TILE_WIDTH, leaf_hash, tile_path
from tests.village import Village


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


class Copy:
    """A log as it was at one moment, below `folder` in the layout of C2SP tlog-tiles."""

    def __init__(self, session: Any, village: Village, folder: Path) -> None:
        self._session = session
        self._village = village
        self.folder = folder
        self.vkey = log.vkey(session, village.community_id)
        self.end = log.end(session, village.community_id)

    def fetch(self, size: int) -> None:
        """The tiles and entries of the tree of this size, full and partial; the full ones once."""
        for level, width in enumerate(log.widths(size)):
            self._fetch_level(level, width)
        self._fetch_level("entries", size)

    def root(self, size: int) -> bytes:
        return log.root_at(self._session, self._village.community_id, size)

    def checkpoint(self, size: int) -> str:
        """The signed checkpoint of an earlier size."""
        key = self._village.seed
        where = Checkpoint(self.end.origin, size, self.root(size))
        return note.sign(where, key.public_key().public_bytes_raw(), key.sign)

    def leaves(self, size: int) -> list[bytes]:
        numbers = range(-(-size // TILE_WIDTH))
        read = [leaf for n in numbers for leaf in log.leaves(self._session, self._village.community_id, n)]
        return read[:size]

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        return proofs.inclusion(self._session, self._village.community_id, seq, size)

    def consistency(self, old: int, size: int) -> list[bytes]:
        return proofs.consistency(self._session, self._village.community_id, old, size)

    def record_case(self, seq: int, size: int) -> dict[str, Any]:
        """Our inclusion proof, as the Go program is asked about it."""
        (leaf,) = log.leaves(self._session, self._village.community_id, seq // TILE_WIDTH)[seq % TILE_WIDTH :][:1]
        return {
            "Op": "record",
            "Size": size,
            "Root": base64_of(self.root(size)),
            "Seq": seq,
            "Leaf": base64_of(leaf_hash(leaf)),
            "Proof": list(map(base64_of, self.inclusion(seq, size))),
        }

    def tree_case(self, old: int, size: int) -> dict[str, Any]:
        """Our consistency proof."""
        return {
            "Op": "tree",
            "Size": size,
            "Root": base64_of(self.root(size)),
            "Old": old,
            "OldRoot": base64_of(self.root(old)),
            "Proof": list(map(base64_of, self.consistency(old, size))),
        }

    def _fetch_level(self, level: int | str, width: int) -> None:
        full, rest = divmod(width, TILE_WIDTH)
        for number, part in [*((number, TILE_WIDTH) for number in range(full)), *([(full, rest)] if rest else [])]:
            path = self.folder / tile_path(level, number, part)
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self._tile(level, number, part))

    def _tile(self, level: int | str, number: int, part: int) -> bytes:
        place = self._village.community_id
        if isinstance(level, int):
            return log.hashes(self._session, place, level, number, part)
        return log.packed(log.leaves(self._session, place, number, part))
