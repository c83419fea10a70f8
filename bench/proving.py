"""Proofs that an entry is in the log: ours from SQLite's tiles, pymerkle's from a tree in memory."""

from __future__ import annotations

import random
from collections.abc import Iterator

from bench.ground import COMMUNITY, Ground, Missing
from bench.measure import in_turns, rates, seconds
from bench.peer import Peer
from bench.rows import Row
from ledger import log, proofs
from ledger.note import Checkpoint
from ledger.tree import TILE_WIDTH, leaf_hash


def rows(ground: Ground) -> Iterator[Row]:
    """The same random entries for both; the paths and the roots are the same too."""
    if not ground.with_peers:
        raise Missing("environments of peers are not wanted")
    where, leaves = end_and_leaves(ground)
    file = ground.folder / "leaves"
    file.write_bytes(log.packed(leaves))
    drawn = random.Random(1)
    with Peer("pymerkle", leaves=str(file)) as peer:

        def theirs() -> float:
            seqs = [drawn.randrange(where.size) for _ in range(ground.scale.proofs)]
            answer = peer.ask(seqs=seqs)
            paths = [[one.hex() for one in path] for path in prove(ground, seqs[:20], where.size)]
            if (answer["root"], answer["paths"]) != (where.root.hex(), paths):
                raise RuntimeError("the proofs differ")
            return float(answer["seconds"])

        def ours() -> float:
            seqs = [drawn.randrange(where.size) for _ in range(ground.scale.proofs)]
            return seconds(lambda: prove(ground, seqs, where.size))

        times = in_turns(ground.scale.runs, ours, theirs)
    yield Row(
        what=f"inclusion proof from SQLite, {where.size:,} entries",
        against="pymerkle in memory",
        unit="proofs/s",
        ours=rates(ground.scale.proofs, times[0]),
        theirs=rates(ground.scale.proofs, times[1]),
        aim=2,
    )


def prove(ground: Ground, seqs: list[int], size: int) -> list[list[bytes]]:
    with ground.log.storage.read() as session:
        return [proofs.inclusion(session, COMMUNITY, seq, size) for seq in seqs]


def end_and_leaves(ground: Ground) -> tuple[Checkpoint, list[bytes]]:
    with ground.log.storage.read() as session:
        where = log.end(session, COMMUNITY)
        tiles = range(-(-where.size // TILE_WIDTH))
        return where, [leaf for number in tiles for leaf in log.leaves(session, COMMUNITY, number)]


def holds(ground: Ground, seqs: list[int]) -> bool:
    """Whether the proofs of these entries lead to the root of the log."""
    where, leaves = end_and_leaves(ground)
    paths = zip(seqs, prove(ground, seqs, where.size), strict=True)
    return all(
        proofs.root_by_inclusion(leaf_hash(leaves[seq]), seq, where.size, path) == where.root for seq, path in paths
    )
