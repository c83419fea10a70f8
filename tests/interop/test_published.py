"""Signatures, keys, trees and proofs that others published, read by our code and by our verifier.

Each vector is named with where it was published. Hashes and signatures are facts; nobody here could have made them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from typing import Any

import pytest

from ledger import log, note, proofs, receipt, tree, verify
from ledger.note import COSIGNATURE, LOG_SIGNATURE, BadNote, Key

# The test vector of https://c2sp.org/signed-note.
FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
FOO_NOTE = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)

# Go's tests of golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)

# A checkpoint of the public Certificate Transparency log arche2025h1 (staging), cosigned by public witnesses in May 2026.
ARCHE = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
REMORA = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
ARCHE_NOTE = (
    "arche2025h1.staging.ct.transparency.dev\n"
    "1432088532\n"
    "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n"
    "\n"
    "— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIg"
    "IpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n"
    "— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei5"
    "9RA23oHP7Ry1k3ZFWwQ=\n"
    "— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWV"
    "uE0tgh0XwzdZsDsUAQ==\n"
    "— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0D"
    "rAWfBw==\n"
)

# Logs of the tests of litewitness, the C2SP witness of FiloSottile/torchwood: public key, origin, signature.
SIGSUM = "sigsum.org/v1/tree/"
LITEWITNESS = [
    (
        "52c05edad1bf5feffa81354faae59a655d9a9a1a793ed2f62c39c26c0be2aecd",
        "985ea163f5af026723561354f51f2ebcdcf2af809ce254ccfb64aa9aadd80f90",
        "7BKT0gOfNZ1J0So9unY3BZtm2YkPIoNYM/dce0Z2avJDs8dxN6ts9bOSwwrVrbjm6P9K3ZxpK6jJngOG6YvGGzV/lwo=",
    ),
    (
        "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f",
        "4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562",
        "UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=",
    ),
]

# The example of https://c2sp.org/tlog-cosignature; its time stands in the page.
SOFA_LINE = (
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+"
    "mbIUBkBIfZ+qnA==\n"
)

# The reference tree of Certificate Transparency's own tests: leaves and the roots of 1 to 8 of them.
CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def is_signed(signed: str, vkey: str) -> bool:
    return note.is_signed(note.parse(signed), note.read_key(vkey, kind=LOG_SIGNATURE))


@pytest.mark.parametrize("vkey", [FOO, PETER, ENOCH, ARCHE])
def test_keys_of_logs_are_read_and_written(vkey: str) -> None:
    key = note.read_key(vkey, kind=LOG_SIGNATURE)
    assert key.line == vkey
    assert verify.key_id(key.name, key.public_key) == key.id
    assert note.verifier_key(key.name, key.public_key) == vkey
    with pytest.raises(BadNote):
        note.read_key(vkey, kind=COSIGNATURE)


def test_keys_of_witnesses_are_read_and_written() -> None:
    assert note.read_key(REMORA, kind=COSIGNATURE).line == REMORA
    with pytest.raises(BadNote):
        note.read_key(REMORA, kind=LOG_SIGNATURE)


def mangled() -> Iterator[str]:
    """What Go's tests refuse too: each part of a key line, each letter moved by one, a key too long, a strange type."""
    for start in range(len(PETER) + 1):
        yield from (PETER[start:end] for end in range(start + 1, len(PETER) + 1) if (start, end) != (0, len(PETER)))
    yield from (PETER[:at] + chr(ord(PETER[at]) + 1) + PETER[at + 1 :] for at in range(len(PETER)))
    yield "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="
    yield "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_mangled_keys_are_refused() -> None:
    for vkey in mangled():
        with pytest.raises(BadNote):
            note.read_key(vkey, kind=LOG_SIGNATURE)


@pytest.mark.parametrize(
    "signed, vkey",
    [
        (FOO_NOTE, FOO),
        (f"{TEXT}\n{PETER_LINE}", PETER),
        (f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}", ENOCH),
        (f"{TEXT}\n{ENOCH_LINE}{PETER_LINE}", PETER),
        (ARCHE_NOTE, ARCHE),
    ],
)
def test_published_notes_are_signed_and_changed_ones_are_not(signed: str, vkey: str) -> None:
    assert is_signed(signed, vkey)
    text = signed.rpartition("\n\n")[0] + "\n"
    key = note.read_key(vkey, kind=LOG_SIGNATURE)
    (mine,) = note.parse(signed).by(key)
    assert verify.ed25519_verify(key.public_key, text.encode(), mine.signature)
    for at in range(0, len(text) - 1, 7):
        changed = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
        assert not verify.ed25519_verify(key.public_key, changed.encode(), mine.signature) or changed == text
    with pytest.raises(BadNote):
        is_signed(signed.replace(text[:5], text[:5].swapcase(), 1), vkey)


def test_our_signature_of_a_published_text_is_the_published_one() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = note.read_key(PETER, kind=LOG_SIGNATURE)
    seed = Ed25519PrivateKey.from_private_bytes(PETER_SEED)
    assert seed.public_key().public_bytes_raw() == key.public_key
    assert note.Signature(key.name, key.id, seed.sign(TEXT.encode())).line == PETER_LINE


@pytest.mark.parametrize(
    "malformed",
    [
        TEXT,
        TEXT + "\n",
        f"{TEXT}\n{PETER_LINE[:-1]}",
        f"\x01{TEXT}\n{PETER_LINE}",
        f"{TEXT}\n— Bad Name x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
        f"{TEXT}\n{PETER_LINE}Unexpected line.\n",
        f"{TEXT}\n{PETER_LINE[:60]}ABCD{PETER_LINE[60:]}",
        f"{TEXT}\n{PETER_LINE * 101}",
    ],
)
def test_malformed_notes_are_refused(malformed: str) -> None:
    """Those of Go's tests."""
    with pytest.raises(BadNote):
        is_signed(malformed, PETER)


def test_a_public_logs_checkpoint_is_opened() -> None:
    key = note.read_key(ARCHE, kind=LOG_SIGNATURE)
    found = note.open_checkpoint(ARCHE_NOTE, key.name, key.public_key)
    assert (found.size, base64.b64encode(found.root).decode()) == (
        1432088532,
        "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=",
    )
    for old, new in (("1432088532", "1432088533"), ("U7WM", "U7WN"), ("ui8GwCF1", "ui8GwCF2")):
        with pytest.raises(BadNote):
            note.open_checkpoint(ARCHE_NOTE.replace(old, new, 1), key.name, key.public_key)


def test_a_public_witnesss_cosignature_is_read() -> None:
    witness = note.read_key(REMORA, kind=COSIGNATURE)
    assert note.cosigned_at(note.parse(ARCHE_NOTE), witness) == 1779573024
    with pytest.raises(BadNote):
        note.cosigned_at(note.parse(ARCHE_NOTE.replace("1432088532", "1432088531")), witness)
    with pytest.raises(BadNote):  # another time was not signed
        note.cosigned_at(note.parse(ARCHE_NOTE.replace("2net5wAAAABqEiEg", "2net5wAAAABqEiEh")), witness)
    stranger = Key("witness1.smartit.nu/witness1", witness.public_key, COSIGNATURE)
    assert note.cosigned_at(note.parse(ARCHE_NOTE), stranger) is None


def test_go_reads_the_public_logs_checkpoint_as_we_do(ask_go: Any) -> None:
    name = ARCHE.partition("+")[0]
    cases = {
        "honest": {"Op": "open", "Vkey": ARCHE, "Cosigners": [REMORA], "Note": ARCHE_NOTE},
        "other": {"Op": "open", "Vkey": ARCHE, "Cosigners": [REMORA], "Note": ARCHE_NOTE.replace("532\n", "533\n")},
    }
    said = ask_go(**cases)
    assert said["honest"] == {
        "name": "honest",
        "error": "",
        "origin": name,
        "size": 1432088532,
        "root": "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=",
        "times": {"remora.n621.de": 1779573024},
    }
    assert said["other"]["error"]


@pytest.mark.parametrize("public, tree_id, signature", LITEWITNESS)
def test_checkpoints_of_witnesss_tests_are_opened(public: str, tree_id: str, signature: str) -> None:
    origin = SIGSUM + tree_id
    assert sha256(bytes.fromhex(public)).hexdigest() == tree_id
    signed = f"{origin}\n1\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— {origin} {signature}\n"
    assert note.open_checkpoint(signed, origin, bytes.fromhex(public)).size == 1
    with pytest.raises(BadNote):
        note.open_checkpoint(signed.replace("\n1\n", "\n2\n"), origin, bytes.fromhex(public))


def test_the_time_of_the_published_cosignature_is_that_of_its_page() -> None:
    (line,) = note.signature_lines(SOFA_LINE)
    assert (line.name, line.key_id.hex(), line.line) == ("witness.example.com/w1", "8d66cf3f", SOFA_LINE)
    assert int.from_bytes(line.signature[:8], "big") == 1679315147
    assert len(line.signature) == 8 + 64


def test_the_reference_tree_of_certificate_transparency() -> None:
    leaves = [tree.leaf_hash(bytes.fromhex(leaf)) for leaf in CT_LEAVES]
    frontier = verify.Frontier()
    for size, root in enumerate(CT_ROOTS, 1):
        frontier.append(verify.leaf_hash(bytes.fromhex(CT_LEAVES[size - 1])))
        assert tree.root_of(leaves[:size]).hex() == frontier.root().hex() == root
    # The proofs of its tests, by the nodes that RFC 6962 names.
    pair = {(at, at + 2): tree.node_hash(leaves[at], leaves[at + 1]) for at in range(0, 8, 2)}
    left = tree.node_hash(pair[0, 2], pair[2, 4])
    assert proofs.root_by_inclusion(leaves[5], 5, 8, [leaves[4], pair[6, 8], left]).hex() == CT_ROOTS[7]
    assert proofs.root_by_inclusion(leaves[2], 2, 3, [pair[0, 2]]).hex() == CT_ROOTS[2]
    roots = [bytes.fromhex(root) for root in CT_ROOTS]
    right = tree.node_hash(pair[4, 6], pair[6, 8])
    proofs.check_consistency(6, roots[5], 8, roots[7], [pair[4, 6], pair[6, 8], left])
    proofs.check_consistency(4, roots[3], 8, roots[7], [right])
    for changed in ([pair[6, 8], pair[4, 6], left], [pair[4, 6], pair[6, 8]], [pair[4, 6], pair[6, 8], right]):
        with pytest.raises(proofs.BadProof):
            proofs.check_consistency(6, roots[5], 8, roots[7], changed)


def test_tiles_are_those_that_the_tiles_page_counts() -> None:
    """The examples of https://c2sp.org/tlog-tiles: 70,000 entries, 256 entries, and the path of tile 1234067."""

    def parts(size: int) -> list[tuple[int, int]]:
        return [divmod(width, tree.TILE_WIDTH) for width in log.widths(size)]

    assert parts(70_000) == [(273, 112), (1, 17), (0, 1)]
    assert parts(256) == [(1, 0), (0, 1)]
    assert tree.tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert all(above == below // tree.TILE_WIDTH for below, above in pairwise(log.widths(70_000)))


@pytest.mark.parametrize(
    "malformed",
    [
        "wrong-header\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nextra !!notbase64!!\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\n\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex notanumber\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex -5\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n!!notbase64!!\n\ncheckpoint\n",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{base64.b64encode(bytes(64)).decode()}\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + "a" * 66_560 + "\n",
    ],
)
def test_malformed_proofs_are_no_receipts(malformed: str) -> None:
    """Those of transparency-dev/formats' tests of https://c2sp.org/tlog-proof."""
    with pytest.raises(receipt.BadReceipt):
        receipt.read(malformed)
