"""Inclusion and consistency proofs made from stored tiles, held to RFC 6962's own recursive definitions."""

from __future__ import annotations

from hashlib import sha256

import pytest

from ledger import log, proofs
from ledger.errors import LogBroken
from ledger.tree import leaf_hash, root_of
from tests.ledger.books import attack, credit, make_volunteer
from tests.village import Village

Leaves = list[bytes]


def mth(leaves: Leaves) -> bytes:
    """RFC 6962, 2.1."""
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: Leaves) -> list[bytes]:
    """RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return [*path(m, leaves[:k]), mth(leaves[k:])] if m < k else [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Leaves, *, whole: bool) -> list[bytes]:
    """RFC 6962, 2.1.2."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*subproof(m, leaves[:k], whole=whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], whole=False), mth(leaves[:k])]


@pytest.fixture
def leaves(village: Village) -> Leaves:
    """More than two full tiles and some."""
    member = make_volunteer(village)
    credit(village, member, times=600)
    with village.read() as session:
        end = log.end(session, village.community_id).size
        return [leaf for number in range(end // 256 + 1) for leaf in log.leaves(session, village.community_id, number)]


def test_proofs_from_tiles_are_those_of_the_rfc(village: Village, leaves: Leaves) -> None:
    size = len(leaves)
    assert size > 512
    sizes = [2, 3, 255, 256, 257, 511, 512, 513, size]
    with village.read() as session:
        for wide in sizes:
            root = root_of(map(leaf_hash, leaves[:wide]))
            for seq in {0, 1, wide // 2, wide - 2, wide - 1}:
                made = proofs.inclusion(session, village.community_id, seq, wide)
                assert made == path(seq, leaves[:wide])
                assert proofs.root_by_inclusion(leaf_hash(leaves[seq]), seq, wide, made) == root
            for old in {1, 2, 3, 128, 255, 256, 257, 300, 512, wide - 1, wide} & set(range(1, wide + 1)):
                grown = proofs.consistency(session, village.community_id, old, wide)
                assert grown == subproof(old, leaves[:wide], whole=True)
                proofs.check_consistency(old, root_of(map(leaf_hash, leaves[:old])), wide, root, grown)


def test_every_small_tree_is_proved_and_no_other_root_is() -> None:
    everything = [bytes([n]) for n in range(40)]
    for size in range(1, 41):
        leaves = everything[:size]
        root = mth(leaves)
        for seq in range(size):
            made = path(seq, leaves)
            assert proofs.root_by_inclusion(leaf_hash(leaves[seq]), seq, size, made) == root
            with pytest.raises(proofs.BadProof):
                proofs.root_by_inclusion(leaf_hash(leaves[seq]), size, size, made)
            with pytest.raises(proofs.BadProof):
                proofs.root_by_inclusion(leaf_hash(leaves[seq]), seq, size, [*made, root])
            other = proofs.root_by_inclusion(leaf_hash(b"other"), seq, size, made)
            assert other != root
        for old in range(1, size + 1):
            grown = subproof(old, leaves, whole=True)
            proofs.check_consistency(old, mth(leaves[:old]), size, root, grown)
            if old < size:
                other_past = mth([*leaves[: old - 1], b"changed"])
                for claim in (
                    (old, other_past, size, root, grown),
                    (old, mth(leaves[:old]), size, mth([*leaves[:-1], b"changed"]), grown),
                    (old, mth(leaves[:old]), size, root, grown[:-1]),
                    (old, mth(leaves[:old]), size, root, [*grown, root]),
                    (old, mth(leaves[:old]), size, root, [bytes(32), *grown[1:]]),
                ):
                    with pytest.raises(proofs.BadProof):
                        proofs.check_consistency(*claim)


def test_what_is_not_in_the_log_has_no_proof(village: Village) -> None:
    with village.read() as session:
        size = log.end(session, village.community_id).size
        with pytest.raises(ValueError, match="no entry"):
            proofs.inclusion(session, village.community_id, size, size)
        with pytest.raises(ValueError, match="does not begin"):
            proofs.consistency(session, village.community_id, size + 1, size)


def test_a_tile_that_does_not_hash_to_its_root_is_not_remembered(village: Village, leaves: Leaves) -> None:
    size, first = len(leaves), "community_id = 1 AND level = 0 AND number = 0"

    def leads_to(seq: int) -> bytes:
        with village.read() as session:
            made = proofs.inclusion(session, village.community_id, seq, size)
        return proofs.root_by_inclusion(leaf_hash(leaves[seq]), seq, size, made)

    hashes = b"".join(map(leaf_hash, leaves[:256]))
    attack(village, (f"UPDATE ledger_tile SET hashes = ? WHERE {first}", (bytes(len(hashes)),)))
    assert leads_to(3) != mth(leaves)
    assert leads_to(256) == mth(leaves)
    attack(village, (f"UPDATE ledger_tile SET hashes = ? WHERE {first}", (hashes,)))
    assert leads_to(3) == mth(leaves)
    attack(village, (f"UPDATE ledger_tile SET hashes = ? WHERE {first}", (hashes[:-32],)))
    with pytest.raises(LogBroken, match="tile 0 of level 0"), village.read() as session:
        proofs._Tree(session, village.community_id, size)._read(0, 0, 256)


def test_what_is_remembered_of_tiles_is_bounded_and_the_oldest_goes_first() -> None:
    recent = proofs._Recent(most=2)
    recent.put(b"1", (b"one",))
    recent.put(b"2", (b"two",))
    assert recent.get(b"1") == (b"one",)
    recent.put(b"3", (b"three",))
    assert [recent.get(key) for key in (b"1", b"2", b"3")] == [(b"one",), None, (b"three",)]
