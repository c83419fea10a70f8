"""Ed25519, the tree and signed notes against the published vectors, and the traps that lenient readers fall into."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.verify import Frontier, L, P, Wrong, ed25519_verify, leaf_hash, read_checkpoint, read_vkey, tile_name
from tests.ledger.independent_log import ORIGIN, Log, Signer, root_of, tile_path

# RFC 8032, section 7.1: public key, message, signature.
_RFC_8032 = [
    case.split()
    for case in (
        """d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a -
        e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b""",
        """3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c 72
        92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00""",
        """fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025 af82
        6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a""",
    )
]
RFC_8032 = [(public, message.strip("-"), signature) for public, message, signature in _RFC_8032]

# The encodings of points of small order, canonical and not.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]

# Leaves of the test tree of certificate transparency, and its roots by size (RFC 6962 implementations share them).
CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("public, message, signature", RFC_8032)
def test_signatures_of_rfc_8032_are_accepted(public, message, signature):
    assert ed25519_verify(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))
    assert not ed25519_verify(bytes.fromhex(public), bytes.fromhex(message) + b"\0", bytes.fromhex(signature))


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(0, 511))
def test_signature_is_accepted_as_made_and_with_no_bit_changed(seed, message, bit):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes_raw()
    signature = private.sign(message)
    assert ed25519_verify(public, message, signature)
    changed = (int.from_bytes(signature, "little") ^ 1 << bit).to_bytes(64, "little")
    assert not ed25519_verify(public, message, changed)


@pytest.mark.parametrize("public, message, signature", RFC_8032)
def test_second_form_of_a_signature_with_s_above_the_order_is_refused(public, message, signature):
    raw = bytes.fromhex(signature)
    s = int.from_bytes(raw[32:], "little") + L
    assert not ed25519_verify(bytes.fromhex(public), bytes.fromhex(message), raw[:32] + s.to_bytes(32, "little"))


@pytest.mark.parametrize("public", SMALL_ORDER)
def test_public_key_of_small_order_signs_nothing(public):
    """With the neutral point as R and S = 0, such a key would sign any message for a lenient reader."""
    for r in SMALL_ORDER:
        assert not ed25519_verify(bytes.fromhex(public), b"anything", bytes.fromhex(r) + bytes(32))


def test_public_key_outside_the_field_or_off_the_curve_is_refused():
    signature = bytes.fromhex(RFC_8032[0][2])
    for number in (P + 3, 2**255 - 1, 2):
        assert not ed25519_verify(number.to_bytes(32, "little"), b"", signature)
    assert not ed25519_verify(b"", b"", signature)
    assert not ed25519_verify(bytes.fromhex(RFC_8032[0][0]), b"", signature[:63])
    assert not ed25519_verify(bytes.fromhex(RFC_8032[0][0]), b"", signature + b"\0")


def test_roots_are_those_of_rfc_6962():
    tree = Frontier()
    assert tree.root().hex() == CT_ROOTS[0]
    for leaf, root in zip(CT_LEAVES, CT_ROOTS[1:], strict=True):
        tree.append(leaf_hash(bytes.fromhex(leaf)))
        assert tree.root().hex() == root


@given(st.lists(st.binary(max_size=3), max_size=70))
def test_roots_grown_leaf_by_leaf_are_those_of_the_recursion(leaves):
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    assert tree.root() == root_of([leaf_hash(leaf) for leaf in leaves])


@given(st.integers(0, 2**50), st.integers(1, 256), st.sampled_from(["entries", "0", "3"]))
def test_tile_paths_are_those_of_the_page(number, width, kind):
    assert tile_name(kind, number, width) == tile_path(kind, number, width)
    assert tile_name("0", 1234067, 256) == "tile/0/x001/x234/067"


def test_go_note_carries_a_signature_we_accept():
    """The example of Go's package golang.org/x/mod/sumdb/note. Its text is no checkpoint, so the parts are taken by hand."""
    text = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    typed = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    line = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    assert line[:4] == hashlib.sha256(b"PeterNeumann\n" + typed).digest()[:4] == bytes.fromhex("c74f20a3")
    assert ed25519_verify(typed[1:], text, line[4:])


def spoilt_notes():
    note = Log().checkpoint().decode()
    origin, size, root, _, line, _ = note.split("\n")
    name, signature = line.split(" ")[1:]
    return {
        "nothing": "",
        "no signature": f"{origin}\n{size}\n{root}\n",
        "no blank line": f"{origin}\n{size}\n{root}\n{line}\n",
        "no last line end": note[:-1],
        "a fourth line": f"{origin}\n{size}\n{root}\nextra\n\n{line}\n",
        "carriage returns": note.replace("\n", "\r\n"),
        "size with a zero before it": note.replace(f"\n{size}\n", f"\n0{size}\n"),
        "size with a sign": note.replace(f"\n{size}\n", f"\n+{size}\n"),
        "size in other digits": note.replace(f"\n{size}\n", "\n\u0662\n"),
        "size beyond 2^53-1": note.replace(f"\n{size}\n", f"\n{2**53}\n"),
        "size of 5,000 digits": note.replace(f"\n{size}\n", "\n" + "9" * 5000 + "\n"),
        "root too short": note.replace(root, base64.b64encode(bytes(31)).decode()),
        "root without padding": note.replace(root, root.rstrip("=")),
        "root with spare bits set": note.replace(root, root[:-2] + chr(ord(root[-2]) + 1) + "="),
        "origin with a space": note.replace(origin, "a b/log/c"),
        "origin with a plus": note.replace(origin, "a+b/log/c"),
        "origin without log": note.replace(origin, "timebank.example"),
        "hyphen for the dash": note.replace("\u2014", "-"),
        "signature not base64": note.replace(signature, "*" + signature[1:]),
        "signature too short": note.replace(signature, "AAAA"),
        "a tab in the signature's name": note.replace(f"\u2014 {name}", f"\u2014 {name}\t"),
        "a control character": note.replace(origin, origin + "\x01"),
        "a hundred and one signatures": note + f"{line}\n" * 100,
    }


@pytest.mark.parametrize("reason", spoilt_notes())
def test_note_in_another_form_is_refused(reason):
    with pytest.raises(Wrong) as wrong:
        read_checkpoint(spoilt_notes()[reason].encode(), "checkpoint")
    assert wrong.value.code == "checkpoint_form"


def test_note_that_is_not_utf_8_is_refused():
    with pytest.raises(Wrong) as wrong:
        read_checkpoint(b"\xff" + Log().checkpoint(), "checkpoint")
    assert wrong.value.code == "checkpoint_form"


def test_verifier_key_is_read_and_nothing_like_it():
    vkey = Signer().vkey
    assert read_vkey(vkey) == (ORIGIN, Signer().public)
    name, identity, key = vkey.split("+", 2)
    cosigner = base64.b64encode(b"\x04" + Signer().public).decode()
    for other in ("", name, f"{name}+{identity}", f"{name}+00000000+{key}", f"{name}+{identity}+{key[:-4]}", f"{name}x+{identity}+{key}",
                  f"{name}+{identity.upper()}+{key}", f"{name}+{identity}+{cosigner}", vkey + " "):  # fmt: skip
        if other != vkey:
            with pytest.raises(ValueError):
                read_vkey(other)
