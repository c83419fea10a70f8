"""The writer's bytes, hashes, notes and refusals against the published vectors, which were made without it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger import note, proofs, quorum, receipt, tree
from ledger.entries import canonical, decode, digest_of, encode, encode_post, reference
from ledger.errors import BadEntry
from ledger.rules import Source, State, apply

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs/log-format-vectors.json").read_text("utf-8"))
LEAVES = [(vector["leaf"].encode(), vector) for vector in VECTORS["leaves"]]


@pytest.mark.parametrize("leaf, vector", LEAVES, ids=[f"{vector['seq']}-{vector['kind']}" for _, vector in LEAVES])
def test_leaves_are_read_and_written_to_the_byte(leaf: bytes, vector: dict[str, Any]) -> None:
    fields = decode(leaf)
    common = {name: fields.pop(name) for name in ("at", "id", "kind", "seq", "v")}
    assert encode(common["kind"], fields, seq=common["seq"], at=common["at"], id=common["id"]) == leaf
    if common["kind"] == "post":
        rest = {"on": fields["on"], "ref": fields["ref"], "cites": fields.get("cites")}
        assert encode_post(fields["legs"], seq=common["seq"], at=common["at"], id=common["id"], **rest) == leaf
    assert tree.leaf_hash(leaf).hex() == vector["hash"]


def test_the_rules_accept_the_log_of_the_vectors() -> None:
    class Remembered(Source):
        def booked(self, seq: int) -> Any:
            from ledger.book import booked_of

            return booked_of(decode(LEAVES[seq][0]), None)

    state = State(Remembered())
    for leaf, _ in LEAVES:
        fields = decode(leaf)
        common = {name: fields.pop(name) for name in ("at", "id", "kind", "seq", "v")}
        apply(state, common["kind"], fields, common["at"])
    assert state.size == len(LEAVES)


@pytest.mark.parametrize("vector", VECTORS["invalid_leaves"], ids=lambda vector: vector["reason"])
def test_leaves_of_another_form_are_refused(vector: dict[str, Any]) -> None:
    leaf = vector["leaf"].encode() if "leaf" in vector else bytes.fromhex(vector["leaf_hex"])

    def read() -> None:
        if decode(leaf)["seq"] != vector["seq"]:
            raise BadEntry("another leaf's seq")

    with pytest.raises(BadEntry):
        read()


def test_roots_grow_as_published() -> None:
    edge = tree.Edge()
    roots = {0: edge.root()}
    for leaf, _ in LEAVES:
        edge.append(tree.leaf_hash(leaf))
        roots[edge.size] = edge.root()
        again = tree.Edge.from_bytes(edge.size, edge.to_bytes())
        assert again.root() == edge.root()
    for vector in VECTORS["roots"]:
        assert roots[vector["size"]].hex() == vector["root"]


def test_checkpoints_are_signed_as_published() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTORS["key"]["seed"]))
    public = key.public_key().public_bytes_raw()
    origin = VECTORS["origin"]
    root = bytes.fromhex(VECTORS["roots"][-1]["root"])
    signed = note.sign(note.Checkpoint(origin, len(LEAVES), root), public, key.sign)
    assert signed == VECTORS["checkpoint"]
    assert note.verifier_key(origin, public) == VECTORS["key"]["vkey"]
    assert note.open_checkpoint(signed, origin, public) == note.Checkpoint(origin, len(LEAVES), root)


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: signed.replace("\n39\n", "\n40\n"),
        lambda signed: signed.replace("ZJ01\n", "ZJ02\n", 1),
        lambda signed: signed[:-20] + "A" + signed[-19:],
        lambda signed: signed.partition("\n\n")[0] + "\n\n",
        lambda signed: signed.replace("\n\n", "\n"),
    ],
)
def test_a_changed_checkpoint_is_refused(change: Any) -> None:
    public = bytes.fromhex(VECTORS["key"]["public"])
    with pytest.raises(note.BadNote):
        note.open_checkpoint(change(VECTORS["checkpoint"]), VECTORS["origin"], public)


def test_a_refs_and_decisions_hash_as_published() -> None:
    ref = VECTORS["ref"]
    detail = canonical(json.loads(ref["detail"]))
    assert detail.hex() == ref["detail_utf8"]
    assert reference(bytes.fromhex(ref["salt"]), detail) == ref["ref"]
    for decision in VECTORS["decisions"]:
        assert digest_of(**json.loads(decision["content"])) == decision["digest"]


@pytest.mark.parametrize("vector", VECTORS["tile_paths"], ids=lambda vector: vector["path"])
def test_tiles_are_named_as_published(vector: dict[str, Any]) -> None:
    assert tree.tile_path(vector["level"], vector["number"], vector["width"]) == vector["path"]


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=126, min_codepoint=32)), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(plain)
def test_details_are_canonical_json_as_rfc_8785_has_it(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [1.0, {"é": 1}, {1: 2}, 2**53, b"bytes", {"a": [float("nan")]}])
def test_what_is_not_plain_json_is_refused(value: Any) -> None:
    with pytest.raises(BadEntry):
        canonical(value)


def test_proofs_of_the_vectors_lead_to_their_roots() -> None:
    hashes = [bytes.fromhex(vector["hash"]) for vector in VECTORS["leaves"]]
    roots = {vector["size"]: bytes.fromhex(vector["root"]) for vector in VECTORS["roots"]}
    for vector in VECTORS["inclusion"]:
        seq, size, path = vector["seq"], vector["size"], [bytes.fromhex(one) for one in vector["path"]]
        assert proofs.root_by_inclusion(hashes[seq], seq, size, path) == roots[size]
    for vector in VECTORS["consistency"]:
        old, size, path = vector["old"], vector["size"], [bytes.fromhex(one) for one in vector["path"]]
        proofs.check_consistency(old, roots[old], size, roots[size], path)


@pytest.mark.parametrize(
    "vector", VECTORS["cosigned"]["policies"], ids=lambda vector: vector["policy"].split("\n", 4)[4]
)
def test_policies_are_read_and_met_as_published(vector: dict[str, Any]) -> None:
    cosigned = note.parse(VECTORS["cosigned"]["checkpoint"])
    try:
        policy = quorum.read_policy(vector["policy"].encode())
    except quorum.BadPolicy:
        assert vector["result"] == "invalid"
        return
    keys = {one.key.public_key for one in policy.witnesses if note.cosigned_at(cosigned, one.key) is not None}
    assert policy.is_reached(keys) == (vector["result"] == "met")


@pytest.mark.parametrize("vector", VECTORS["receipts"], ids=lambda vector: str(vector["code"]))
def test_receipts_are_good_or_refused_as_published(vector: dict[str, Any]) -> None:
    public = bytes.fromhex(VECTORS["key"]["public"])

    def check() -> None:
        receipt.check(receipt.read(vector["receipt"]), origin=VECTORS["origin"], public_key=public)

    if vector["code"] is None:
        check()
    else:
        with pytest.raises(receipt.BadReceipt):
            check()
