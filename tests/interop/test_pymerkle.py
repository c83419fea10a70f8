"""pymerkle, an independent Merkle tree, grown from our leaves: the same roots, and each side accepts the other's proofs."""

from __future__ import annotations

import pytest
from pymerkle import ConsistencyProof, InclusionProof, InmemoryTree, InvalidProof

from ledger import proofs
from ledger.tree import leaf_hash
from tests.interop.outsider import Copy

SIZES = [1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537]


@pytest.fixture(scope="module")
def grown(long_copy: Copy) -> InmemoryTree:
    """Its tree over the leaves that we stored; it hashes them itself, with RFC 6962's prefixes."""
    tree = InmemoryTree(algorithm="sha256")
    tree.append_entries(long_copy.leaves(long_copy.end.size))
    return tree


def test_roots_agree(grown: InmemoryTree, long_copy: Copy) -> None:
    assert grown.get_size() == long_copy.end.size
    assert grown.get_root() == long_copy.end.root
    for size in SIZES:
        assert grown.get_root(size) == long_copy.root(size)


def test_inclusion_proofs_agree(grown: InmemoryTree, long_copy: Copy) -> None:
    for size in SIZES:
        root = long_copy.root(size)
        for seq in {0, size // 3, size // 2, size - 1}:
            theirs = grown.prove_inclusion(seq + 1, size)  # it counts leaves from one, and puts the leaf's hash first
            ours = long_copy.inclusion(seq, size)
            assert theirs.path == [theirs.path[0], *ours]
            assert proofs.root_by_inclusion(theirs.path[0], seq, size, theirs.path[1:]) == root
            written = theirs.serialize() | {"path": [one.hex() for one in (theirs.path[0], *ours)]}
            told = InclusionProof.deserialize(written)
            told.verify(theirs.path[0], root, index=seq + 1, size=size)
            with pytest.raises(InvalidProof):
                told.verify(leaf_hash(b"another"), root)
            if size > 1:
                with pytest.raises(InvalidProof):
                    told.verify(theirs.path[0], long_copy.root(size - 1))


def test_consistency_proofs_agree(grown: InmemoryTree, long_copy: Copy) -> None:
    """Its proof has another form (it goes down to a leaf), so each side checks its own between the other's roots."""
    for size in SIZES:
        for old in [one for one in SIZES if one <= size]:
            theirs = grown.prove_consistency(old, size)
            assert isinstance(theirs, ConsistencyProof)
            theirs.verify(long_copy.root(old), long_copy.root(size), prior_size=old, later_size=size)
            roots = grown.get_root(old), grown.get_root(size)
            proofs.check_consistency(old, roots[0], size, roots[1], long_copy.consistency(old, size))
            if old < size:
                with pytest.raises(InvalidProof):
                    theirs.verify(long_copy.root(old), long_copy.root(size - 1) if size - 1 != old else leaf_hash(b""))
                other = grown.get_root(old + 1)
                with pytest.raises(proofs.BadProof):
                    proofs.check_consistency(old, other, size, roots[1], long_copy.consistency(old, size))
