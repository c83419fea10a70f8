"""Go's own packages for transparency logs, golang.org/x/mod/sumdb/{note,tlog}, read what we sign and serve.

They know nothing of us: tile height 8 and no line of this repository. What they accept, any verifier of that family does.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import log, note, receipt, witness
from ledger.note import COSIGNATURE, Checkpoint, Key
from ledger.tree import TILE_WIDTH, leaf_hash, root_of, tile_path
from tests.client import Client
from tests.interop.outsider import Copy, base64_of
from tests.ledger.books import bundle_of, fill, seal_of
from tests.village import Village
from timebank import evidence
from timebank.columns import to_ms

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs/log-format-vectors.json").read_text("utf-8"))
BOUNDARIES = [2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537]


def proof_of(answer: dict[str, Any], what: str, at: int) -> list[bytes]:
    return [base64.b64decode(one) for one in answer[what][str(at)] or ()]


def flipped(text: str) -> str:
    """Base64 of the same bytes, but for one bit."""
    content = bytearray(base64.b64decode(text))
    content[len(content) // 2] ^= 1
    return base64_of(bytes(content))


def test_go_reads_a_bundles_checkpoint_tiles_and_entries(village: Village, ask_go: Any, tmp_path: Path) -> None:
    fill(village, posts=700)
    with zipfile.ZipFile(io.BytesIO(bundle_of(village, details=False))) as bundle:
        bundle.extractall(tmp_path)
    signed = (tmp_path / "checkpoint").read_text("utf-8")
    with village.read() as session:
        copy = Copy(session, village, tmp_path)
        size, root = copy.end.size, base64_of(copy.end.root)
        assert size > 512
        seqs, olds = [0, 1, 255, 256, 511, 512, size - 1], [1, 2, 255, 256, 257, 512, size]
        said = ask_go(
            open={"Op": "open", "Vkey": (tmp_path / "vkey").read_text("utf-8").strip(), "Note": signed},
            tiles={"Op": "tiles", "Folder": str(tmp_path), "Size": size, "Root": root, "Seqs": seqs, "Olds": olds},
            entries={"Op": "entries", "Folder": str(tmp_path), "Size": size, "Root": root},
        )
        assert [one["error"] for one in said.values()] == ["", "", ""]
        assert (said["open"]["origin"], said["open"]["size"], said["open"]["root"]) == (copy.end.origin, size, root)
        for seq in seqs:
            assert proof_of(said["tiles"], "records", seq) == copy.inclusion(seq, size)
        for old in olds:
            assert proof_of(said["tiles"], "trees", old) == copy.consistency(old, size)
            assert said["tiles"]["roots"][str(old)] == base64_of(copy.root(old))


def test_go_reads_a_log_as_it_is_served(village: Village, client: Client, ask_go: Any, tmp_path: Path) -> None:
    """Checkpoint with a witness's cosignature, tiles and entries over HTTP, at the place where C2SP clients ask for them."""
    fill(village, posts=300)
    signed = evidence.checkpoint(village.storage, village.community_id, seal_of(village))
    seed = Ed25519PrivateKey.generate()
    witnessing = Key("witness.example/w1", seed.public_key().public_bytes_raw(), COSIGNATURE)
    at = int(village.now.timestamp())
    line = note.cosign(signed.note.split("\n\n")[0] + "\n", witnessing.name, witnessing.public_key, seed.sign, at=at)
    village.write(
        lambda session, now: {
            "kept": witness.keep(
                session, village.community_id, signed.size, line, [witnessing], latest_at=to_ms(now) + 1_000
            )
        }
    )
    served = {name: client.get(f"/log/TPL/{name}").text for name in ("checkpoint", "vkey")}
    levels: list[tuple[int | str, int]] = [*enumerate(log.widths(signed.size)), ("entries", signed.size)]
    for level, width in levels:
        full, rest = divmod(width, TILE_WIDTH)
        for number, part in [*((number, TILE_WIDTH) for number in range(full)), *([(full, rest)] if rest else [])]:
            path = tile_path(level, number, part)
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(client.get(f"/log/TPL/{path}").data)
    where = {"Folder": str(tmp_path), "Size": signed.size, "Root": base64_of(signed.root)}
    opened = {"Op": "open", "Vkey": served["vkey"].strip(), "Note": served["checkpoint"]}
    stranger = Key("witness.example/w2", witnessing.public_key, COSIGNATURE)
    said = ask_go(
        log=opened,
        witnessed={**opened, "Cosigners": [witnessing.line]},
        stranger={**opened, "Cosigners": [stranger.line]},
        tiles={"Op": "tiles", "Seqs": [0, 255, 256, signed.size - 1], "Olds": [2, 256, 257], **where},
        entries={"Op": "entries", **where},
    )
    assert {name: bool(one["error"]) for name, one in said.items()} == {
        "log": False,
        "witnessed": False,
        "stranger": True,
        "tiles": False,
        "entries": False,
    }
    assert said["witnessed"]["size"] == signed.size
    assert said["witnessed"]["times"] == {"witness.example/w1": at}


def test_go_and_we_make_the_same_proofs_where_tiles_begin_and_end(long_copy: Copy, ask_go: Any) -> None:
    size = long_copy.end.size
    assert size > 65_537
    cases: dict[str, Any] = {}
    for wide in (*BOUNDARIES, size):
        long_copy.fetch(wide)
        root = base64_of(long_copy.root(wide))
        seqs = sorted({0, 1, wide // 2, wide - 2, wide - 1} | {at for at in (255, 256, 65_535, 65_536) if at < wide})
        olds = [old for old in (1, *BOUNDARIES, size) if old <= wide]
        where = {"Folder": str(long_copy.folder), "Size": wide, "Root": root}
        cases[f"open {wide}"] = {"Op": "open", "Vkey": long_copy.vkey, "Note": long_copy.checkpoint(wide)}
        cases[f"tiles {wide}"] = {"Op": "tiles", "Seqs": seqs, "Olds": olds, **where}
        cases |= {f"record {seq} {wide}": long_copy.record_case(seq, wide) for seq in seqs}
        cases |= {f"tree {old} {wide}": long_copy.tree_case(old, wide) for old in olds}
    cases["entries"] = {"Op": "entries", **where}
    said = ask_go(**cases)
    assert {name: one["error"] for name, one in said.items() if one["error"]} == {}
    for wide in (*BOUNDARIES, size):
        tiles = said[f"tiles {wide}"]
        assert said[f"open {wide}"]["root"] == base64_of(long_copy.root(wide))
        for seq in map(int, tiles["records"]):
            assert proof_of(tiles, "records", seq) == long_copy.inclusion(seq, wide)
        for old in map(int, tiles["trees"]):
            assert proof_of(tiles, "trees", old) == long_copy.consistency(old, wide)
            assert tiles["roots"][str(old)] == base64_of(long_copy.root(old))


CHANGED_RECEIPTS: dict[str, Callable[[str], str]] = {
    "another index": lambda text: text.replace("\nindex 300\n", "\nindex 301\n"),
    "a hash flipped": lambda text: replaced_line(text, 4),
    "the leaf changed": lambda text: replaced_line(text, 1, word=1),
    "a hash too few": lambda text: "\n".join(line for at, line in enumerate(text.split("\n")) if at != 5),
    "another checkpoint": lambda text: text.partition("\n\n")[0] + "\n\n" + VECTORS["checkpoint"],
    "its signature flipped": lambda text: text.replace(*signature_of(text)),
}


def replaced_line(text: str, number: int, *, word: int = 0) -> str:
    """One bit of the base64 in a line is another."""
    lines = text.split("\n")
    words = lines[number].split(" ")
    words[word] = flipped(words[word])
    return "\n".join([*lines[:number], " ".join(words), *lines[number + 1 :]])


def test_go_reads_our_receipts_and_refuses_changed_ones(village: Village, ask_go: Any) -> None:
    fill(village, posts=600)
    signed = evidence.checkpoint(village.storage, village.community_id, seal_of(village))
    with village.read() as session:
        vkey = log.vkey(session, village.community_id)
        made = {
            seq: receipt.make(session, village.community_id, seq).text() for seq in (0, 255, 256, 300, signed.size - 1)
        }
    changed = {told: change(made[300]) for told, change in CHANGED_RECEIPTS.items()}
    assert made[300] not in changed.values()
    texts = {**{f"entry {seq}": text for seq, text in made.items()}, **changed}
    said = ask_go(**{told: {"Op": "receipt", "Vkey": vkey, "Note": text} for told, text in texts.items()})
    assert [told for told, one in said.items() if not one["error"]] == [f"entry {seq}" for seq in made]


# A proof binds a size only as far as its shape goes (65,537 and 65,538 look alike to entry 300): the signature binds it.
Change = Callable[[dict[str, Any], Copy], dict[str, Any]]
OPEN: dict[str, Change] = {
    "signature flipped": lambda case, _: case | {"Note": case["Note"].replace(*signature_of(case["Note"]))},
    "root changed": lambda case, _: case | {"Note": case["Note"].replace(*root_line(case["Note"]))},
    "size changed": lambda case, copy: case | {"Note": case["Note"].replace("\n513\n", "\n514\n")},
    "another origin": lambda case, copy: case | {"Note": case["Note"].replace("/TPL\n", "/HZM\n", 1)},
    "another name signs": lambda case, copy: case | {"Note": case["Note"].replace("/TPL ", "/HZM ", 1)},
    "no signature": lambda case, _: case | {"Note": case["Note"].partition("\n\n")[0] + "\n\n"},
    "another key": lambda case, _: case | {"Vkey": VECTORS["key"]["vkey"]},
    "another log": lambda case, _: case | {"Note": VECTORS["checkpoint"]},
    "key id of other bytes": lambda case, _: case | {"Vkey": case["Vkey"].replace("+", "+0", 1)[:-1]},
}
RECORD: dict[str, Change] = {
    "leaf flipped": lambda case, _: case | {"Leaf": flipped(case["Leaf"])},
    "root flipped": lambda case, _: case | {"Root": flipped(case["Root"])},
    "another place": lambda case, _: case | {"Seq": case["Seq"] + 1},
    "another size": lambda case, _: case | {"Size": case["Size"] - 1},
    "first hash flipped": lambda case, _: case | {"Proof": [flipped(case["Proof"][0]), *case["Proof"][1:]]},
    "last hash flipped": lambda case, _: case | {"Proof": [*case["Proof"][:-1], flipped(case["Proof"][-1])]},
    "a hash too few": lambda case, _: case | {"Proof": case["Proof"][:-1]},
    "a hash too many": lambda case, _: case | {"Proof": [*case["Proof"], case["Root"]]},
    "two hashes swapped": lambda case, _: case | {"Proof": [case["Proof"][1], case["Proof"][0], *case["Proof"][2:]]},
}
TREE: dict[str, Change] = {
    "old root flipped": lambda case, _: case | {"OldRoot": flipped(case["OldRoot"])},
    "new root flipped": lambda case, _: case | {"Root": flipped(case["Root"])},
    "another old size": lambda case, _: case | {"Old": case["Old"] + 1},
    "another size": lambda case, _: case | {"Size": case["Size"] - 1},
    "a hash flipped": lambda case, _: case | {"Proof": [flipped(case["Proof"][0]), *case["Proof"][1:]]},
    "a hash too few": lambda case, _: case | {"Proof": case["Proof"][1:]},
    "the other way round": lambda case, _: case | {"Old": case["Size"], "Size": case["Old"]},
}


def signature_of(signed: str) -> tuple[str, str]:
    old = signed.rsplit(" ", 1)[1].strip()
    return old, flipped(old)


def root_line(signed: str) -> tuple[str, str]:
    old = signed.split("\n")[2]
    return old, flipped(old)


def test_go_refuses_what_was_tampered_with(long_copy: Copy, ask_go: Any) -> None:
    honest = {
        "open": {"Op": "open", "Vkey": long_copy.vkey, "Note": long_copy.checkpoint(513)},
        "record": long_copy.record_case(300, 65_537),
        "tree": long_copy.tree_case(300, 65_537),
    }
    told = {"open": OPEN, "record": RECORD, "tree": TREE}
    cases = {
        f"{what}: {name}": change(honest[what], long_copy)
        for what, changes in told.items()
        for name, change in changes.items()
    }
    assert all(case != honest[name.split(":")[0]] for name, case in cases.items())
    said = ask_go(**honest, **cases)
    assert [said[name]["error"] for name in honest] == ["", "", ""]
    assert [name for name in cases if not said[name]["error"]] == []


@pytest.mark.parametrize("victim", ["tile/0/000", "tile/0/002.p/1", "tile/1/000.p/2", "tile/entries/001"])
def test_go_refuses_a_changed_tile(long_copy: Copy, ask_go: Any, tmp_path: Path, victim: str) -> None:
    long_copy.fetch(513)
    mine = Copy(long_copy._session, long_copy._village, tmp_path)
    mine.fetch(513)
    where = {"Folder": str(tmp_path), "Size": 513, "Root": base64_of(mine.root(513))}
    asked = {
        "tiles": {"Op": "tiles", "Seqs": [0, 300, 512], "Olds": [300], **where},
        "entries": {"Op": "entries", **where},
    }
    assert all(not one["error"] for one in ask_go(**asked).values())
    content = bytearray((tmp_path / victim).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / victim).write_bytes(content)
    said = ask_go(**asked)
    assert said["entries"]["error"]
    assert bool(said["tiles"]["error"]) == ("entries" not in victim)


def test_go_reads_the_published_vectors(ask_go: Any, tmp_path: Path) -> None:
    leaves = [vector["leaf"].encode() for vector in VECTORS["leaves"]]
    size, root = len(leaves), base64_of(bytes.fromhex(VECTORS["roots"][-1]["root"]))
    for level, content in (
        ("0", b"".join(map(leaf_hash, leaves))),
        ("entries", b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)),
    ):
        path = tmp_path / tile_path(level, 0, size)
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    where = {"Folder": str(tmp_path), "Size": size, "Root": root}
    said = ask_go(
        open={"Op": "open", "Vkey": VECTORS["key"]["vkey"], "Note": VECTORS["checkpoint"]},
        tiles={"Op": "tiles", "Seqs": list(range(size)), "Olds": list(range(1, size + 1)), **where},
        entries={"Op": "entries", **where},
        paths={"Op": "paths", "Tiles": [[0, v["number"], v["width"]] for v in VECTORS["tile_paths"]]},
    )
    assert [one["error"] for one in said.values()] == ["", "", "", ""]
    assert (said["open"]["size"], said["open"]["root"]) == (size, root)
    for vector in VECTORS["roots"][1:]:
        assert said["tiles"]["roots"][str(vector["size"])] == base64_of(bytes.fromhex(vector["root"]))
    for vector, path in zip(VECTORS["tile_paths"], said["paths"]["paths"], strict=True):
        assert vector["path"].split("/")[2:] == path.split("/")[2:]


def test_go_sees_a_log_that_was_rewritten(long_copy: Copy, ask_go: Any) -> None:
    """The attacker has the key: each checkpoint opens, and no proof leads from the old root to the new one."""
    leaves = long_copy.leaves(400)
    forged = [*leaves[:200], leaves[200].replace(b"-1]", b"-9]"), *leaves[201:]]
    root = root_of(map(leaf_hash, forged))
    assert forged != leaves
    assert root_of(map(leaf_hash, leaves)) == long_copy.root(400)
    key = long_copy._village.seed
    signed = note.sign(Checkpoint(long_copy.end.origin, 400, root), key.public_key().public_bytes_raw(), key.sign)
    honest = long_copy.tree_case(256, 400)
    said = ask_go(
        open={"Op": "open", "Vkey": long_copy.vkey, "Note": signed},
        honest=honest,
        forged={**honest, "Root": base64_of(root)},
    )
    assert (said["open"]["error"], said["honest"]["error"]) == ("", "")
    assert said["forged"]["error"]
