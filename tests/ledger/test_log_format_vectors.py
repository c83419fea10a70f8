"""The published test vectors are those of the independent builder, and the verifier agrees with each of them."""

import json

from ledger.verify import Frontier, Wrong, ed25519_verify, leaf_hash, read_checkpoint, read_leaf, read_vkey
from tests.ledger import format_vectors


def vectors():
    return json.loads(format_vectors.PATH.read_text(encoding="utf-8"))


def test_file_is_current():
    assert format_vectors.PATH.read_text(encoding="utf-8") == format_vectors.written()


def test_leaves_roots_and_checkpoint_are_one_log():
    published = vectors()
    tree = Frontier()
    roots = [tree.root().hex()]
    for vector in published["leaves"]:
        leaf = vector["leaf"].encode()
        assert read_leaf(leaf, vector["seq"])["kind"] == vector["kind"]
        assert leaf_hash(leaf).hex() == vector["hash"]
        tree.append(leaf_hash(leaf))
        roots.append(tree.root().hex())
    assert [vector["root"] for vector in published["roots"]] == roots
    checkpoint = read_checkpoint(published["checkpoint"].encode(), "checkpoint")
    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == (published["origin"], tree.size, tree.root())
    name, key = read_vkey(published["key"]["vkey"])
    assert (name, key.hex()) == (published["origin"], published["key"]["public"])
    ((_, _, signature),) = checkpoint.signatures
    assert ed25519_verify(key, checkpoint.text.encode(), signature)


def test_every_kind_has_a_leaf_and_no_invalid_leaf_is_read():
    published = vectors()
    assert len({vector["kind"] for vector in published["leaves"]}) == 13
    for vector in published["invalid_leaves"]:
        try:
            read_leaf(vector["leaf"].encode(), vector["seq"])
        except Wrong:
            continue
        raise AssertionError(vector["reason"])
