"""The published test vectors are those of the independent builder, and the verifier agrees with each of them."""

import json
import re
from pathlib import Path

from ledger import proofs
from ledger.verify import (
    FINDINGS,
    Frontier,
    Wrong,
    ed25519_verify,
    leaf_hash,
    read_checkpoint,
    read_leaf,
    read_policy,
    read_vkey,
    verify_receipt,
)
from tests.ledger import format_vectors

PAGE = (Path(__file__).parents[2] / "docs" / "log-format.md").read_text(encoding="utf-8")


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
        except Wrong as wrong:
            assert wrong.code == vector["code"], vector["reason"]
            continue
        raise AssertionError(vector["reason"])


def test_proofs_lead_to_the_roots():
    published = vectors()
    hashes = [bytes.fromhex(vector["hash"]) for vector in published["leaves"]]
    roots = {vector["size"]: bytes.fromhex(vector["root"]) for vector in published["roots"]}
    for vector in published["inclusion"]:
        path = [bytes.fromhex(one) for one in vector["path"]]
        root = proofs.root_by_inclusion(hashes[vector["seq"]], vector["seq"], vector["size"], path)
        assert root == roots[vector["size"]]
    for vector in published["consistency"]:
        old, size = vector["old"], vector["size"]
        proofs.check_consistency(old, roots[old], size, roots[size], [bytes.fromhex(one) for one in vector["path"]])


def test_policies_are_met_or_not_as_published(tmp_path):
    published = vectors()["cosigned"]
    checkpoint = read_checkpoint(published["checkpoint"].encode(), "checkpoint")
    file = tmp_path / "policy"
    for vector in published["policies"]:
        file.write_text(vector["policy"], encoding="utf-8")
        try:
            policy = read_policy(file)
            result = "met" if policy.met(policy.cosigners(checkpoint, "checkpoint")) else "unmet"
        except Wrong:
            result = "invalid"
        assert result == vector["result"], vector["policy"]


def test_receipts_are_good_or_refused_as_published(tmp_path):
    published = vectors()
    file = tmp_path / "receipt"
    for vector in published["receipts"]:
        file.write_text(vector["receipt"], encoding="utf-8")
        findings = verify_receipt(file, vkey=published["key"]["vkey"]).findings
        assert [finding.code for finding in findings] == ([vector["code"]] if vector["code"] else [])


def test_page_names_every_code_of_the_verifier_and_no_other():
    named = set(re.findall(r"`([a-z_]+)`", PAGE[PAGE.index("## 7.") :]))
    rules = set(re.findall(r"`([a-z_]+)`", PAGE[PAGE.index("## 2.") : PAGE.index("## 3.")]))
    assert FINDINGS.keys() <= named | rules
    table = PAGE[PAGE.index("| step | codes |") :]
    assert set(re.findall(r"`([a-z_]+)`", table[: table.index("The vectors hold")])) <= FINDINGS.keys()
