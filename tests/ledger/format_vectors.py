"""The test vectors of docs/log-format.md, made by the independent builder: `python -m tests.ledger.format_vectors`.

Whoever writes a second reader or writer can check it against them without a line of our code.
"""

import json
from pathlib import Path

from tests.ledger.independent_log import (
    ORIGIN,
    SEED,
    Log,
    Witness,
    canonical,
    consistency,
    inclusion,
    leaf_hash,
    make_story,
    root_of,
    sha256,
)

PATH = Path(__file__).parents[2] / "docs" / "log-format-vectors.json"

STORY = make_story()
PROVED = (12, STORY.size)
VALID_LEAVES = [(seq, leaf.decode()) for seq, leaf in enumerate(STORY.leaves)]


def _first(kind):
    return next(entry for entry in STORY.entries if entry["kind"] == kind)


def _with(kind, /, **changes):
    """The first entry of a kind with fields changed or, by None, taken away."""
    entry = _first(kind) | changes
    return canonical({name: value for name, value in entry.items() if value is not None})


def _text(kind, old, new):
    text = canonical(_first(kind))
    assert old in text
    return text.replace(old, new, 1)


def _legs(*legs):
    return _with("post", legs=list(map(list, legs)))


BIG = 2**53

# Reason in words, the verifier's code, and the leaf. Its index is that of the first entry of its kind.
_INVALID = [
    ("not JSON", "leaf_json", "rule", "{"),
    ("not an object", "leaf_json", "rule", "[1]"),
    ("a line end", "leaf_canonical", "note", canonical(_first("note")) + "\n"),
    ("white space", "leaf_canonical", "note", _text("note", '"v":1', '"v": 1')),
    ("keys not in order", "leaf_canonical", "close", _text("close", '"seq"', '"v":1,"seq"').replace(',"v":1}', "}")),
    ("a key twice", "leaf_duplicate", "close", _text("close", '"v":1', '"v":1,"v":1')),
    (
        "a key twice, other value first",
        "leaf_duplicate",
        "close",
        _text("close", '"account":', '"account":7,"account":'),
    ),
    ("an escape", "leaf_canonical", "note", _text("note", '"kind":"note"', '"kind":"n\\u006fte"')),
    ("not ASCII", "leaf_ascii", "note", _text("note", '"subject":"', '"subject":"\u6751')),
    ("a control character", "leaf_type", "note", _text("note", '"subject":"', '"subject":"\x7f')),
    ("a backslash in text", "leaf_type", "note", _text("note", '"subject":"', '"subject":"\\\\')),
    ("a quote in text", "leaf_type", "note", _text("note", '"subject":"', '"subject":"\\"')),
    ("an empty text", "leaf_type", "note", _with("note", subject="")),
    ("a text of 201 characters", "leaf_type", "note", _with("note", subject="x" * 201)),
    ("a fraction", "leaf_type", "close", _text("close", '"v":1', '"v":1.0')),
    ("an exponent", "leaf_type", "close", _text("close", '"v":1', '"v":1e0')),
    ("a leading zero", "leaf_json", "close", _text("close", '"v":1', '"v":01')),
    ("minus zero", "leaf_canonical", "rule", _text("rule", '"seq":0', '"seq":-0')),
    ("a plus sign", "leaf_json", "close", _text("close", '"v":1', '"v":+1')),
    ("NaN", "leaf_type", "close", _text("close", '"v":1', '"v":NaN')),
    ("Infinity", "leaf_type", "close", _text("close", '"v":1', '"v":Infinity')),
    ("true for 1", "leaf_type", "close", _text("close", '"v":1', '"v":true')),
    ("null", "leaf_type", "close", _text("close", '"v":1', '"v":null')),
    ("another version", "leaf_type", "close", _with("close", v=2)),
    ("a number beyond 2^53-1", "leaf_type", "close", _with("close", at=BIG)),
    ("a number of 5,000 digits", "leaf_json", "close", _text("close", '"v":1', '"v":' + "9" * 5000)),
    ("no kind", "leaf_kind", "close", _with("close", kind=None)),
    ("an unknown kind", "leaf_kind", "close", _with("close", kind="transfer")),
    ("a reserved kind", "leaf_reserved", "close", _with("close", kind="clear_hold")),
    ("a field too many", "leaf_field", "close", _with("close", memo="x")),
    ("a field of another kind", "leaf_field", "close", _with("close", until=1)),
    ("a field missing", "leaf_missing", "post", _with("post", ref=None)),
    ("another seq", "leaf_seq", "close", _with("close", seq=_first("close")["seq"] + 1)),
    ("a negative seq", "leaf_type", "close", _with("close", seq=-1)),
    ("account 0", "leaf_type", "close", _with("close", account=0)),
    ("an account as text", "leaf_type", "close", _with("close", account="105")),
    ("an id in upper case", "leaf_type", "close", _with("close", id=_first("close")["id"].upper())),
    ("an id of UUID version 4", "leaf_type", "close", _with("close", id="0198f0c2d1e04a3c8f00112233440000")),
    ("an id of another variant", "leaf_type", "close", _with("close", id="0198f0c2d1e07a3ccf00112233440000")),
    ("an id with hyphens", "leaf_type", "close", _with("close", id="0198f0c2-d1e0-7a3c-8f00-112233440000")),
    ("a digest in upper case", "leaf_type", "note", _with("note", digest="A" * 64)),
    ("a digest too short", "leaf_type", "note", _with("note", digest="a" * 63)),
    ("a word with a digit", "leaf_type", "note", _with("note", topic="rule2")),
    ("a word in upper case", "leaf_type", "note", _with("note", topic="Rule")),
    ("a word of 33 letters", "leaf_type", "note", _with("note", topic="a" * 33)),
    ("an unknown unit", "leaf_type", "open", _with("open", unit="h")),
    ("a negative ceiling", "leaf_type", "open", _with("open", ceiling=-1)),
    ("an empty `to`", "leaf_type", "open", _with("open", to=[])),
    ("`to` not in order", "leaf_type", "open", _with("open", to=["b", "a"])),
    ("`to` with a class twice", "leaf_type", "open", _with("open", to=["a", "a"])),
    (
        "33 classes in `to`",
        "leaf_type",
        "open",
        _with("open", to=[*sorted("a" + "b" * n for n in range(31)), "x", "y"]),
    ),
    ("a threshold of 0", "leaf_type", "rule", _with("rule", two_from_min=0)),
    ("a zone beyond 14 hours", "leaf_type", "rule", _with("rule", zone="+15:00")),
    ("a zone of odd minutes", "leaf_type", "rule", _with("rule", zone="+08:10")),
    ("a zone by name", "leaf_type", "rule", _with("rule", zone="Asia/Shanghai")),
    ("a day that does not exist", "leaf_type", "post", _with("post", on="2026-02-29")),
    ("a day before 1900", "leaf_type", "post", _with("post", on="1899-12-31")),
    ("a day without zeros", "leaf_type", "post", _with("post", on="2026-8-1")),
    ("a day and an hour", "leaf_type", "post", _with("post", on="2026-08-01T00:00")),
    ("one leg", "leaf_type", "post", _legs((1, 5))),
    ("no legs", "leaf_type", "post", _legs()),
    ("1,001 legs", "leaf_type", "post", _legs((1, -1000), *((n, 1) for n in range(2, 1002)))),
    ("a leg of 0", "leaf_type", "post", _legs((1, -1), (2, 0), (3, 1))),
    ("legs not in order", "leaf_type", "post", _legs((2, -1), (1, 1))),
    ("an account twice in legs", "leaf_type", "post", _legs((1, -1), (1, 1))),
    ("legs that do not add up to 0", "leaf_sum", "post", _legs((1, -1), (2, 2))),
    ("a leg of three", "leaf_type", "post", _legs((1, -1, 0), (2, 1))),
    ("a leg beyond 2^53-1", "leaf_type", "post", _legs((1, -BIG), (2, BIG))),
    ("a leg as a fraction", "leaf_type", "post", _text("post", "-400", "-400.0")),
    ("no approvers", "leaf_type", "reverse", _with("reverse", approvers=[])),
    ("one approver twice", "leaf_type", "reverse", _with("reverse", approvers=[1, 1])),
    ("eleven approvers", "leaf_type", "reverse", _with("reverse", approvers=list(range(1, 12)))),
    ("nothing erased", "leaf_type", "erase", _with("erase", accounts=[])),
    ("1,001 accounts erased", "leaf_type", "erase", _with("erase", accounts=list(range(1, 1002)))),
]
INVALID_LEAVES = [(reason, code, _first(kind)["seq"], leaf) for reason, code, kind, leaf in _INVALID]


def make_vectors():
    """All vectors as plain JSON."""
    log = STORY
    hashes = [leaf_hash(leaf) for leaf in log.leaves]
    detail = canonical({"credited": 90, "rounding": 15, "spans": [[5521, 100]], "uncapped": 90, "use_case": "时间"})
    salt = bytes(range(32))
    return {
        "origin": ORIGIN,
        "leaves": [
            {"seq": seq, "kind": entry["kind"], "leaf": leaf.decode(), "hash": leaf_hash(leaf).hex()}
            for seq, (leaf, entry) in enumerate(zip(log.leaves, log.entries, strict=True))
        ],
        "roots": [{"size": size, "root": root_of(hashes[:size]).hex()} for size in range(len(hashes) + 1)],
        "key": {
            "seed": SEED.hex(),
            "public": log.signer.public.hex(),
            "id": log.signer.id.hex(),
            "vkey": log.signer.vkey,
        },
        "checkpoint": log.checkpoint().decode(),
        "inclusion": [
            {"size": size, "seq": seq, "path": [one.hex() for one in inclusion(hashes[:size], seq)]}
            for size in PROVED
            for seq in range(size)
        ],
        "consistency": [
            {"old": old, "size": size, "path": [one.hex() for one in consistency(hashes[:size], old)]}
            for size in range(1, PROVED[0] + 1)
            for old in range(1, size + 1)
        ],
        "cosigned": _cosigned(log),
        "receipts": _receipts(log),
        "ref": {
            "salt": salt.hex(),
            "detail": detail,
            "detail_utf8": detail.encode().hex(),
            "ref": sha256(b"\x02" + salt + detail.encode()).hex(),
        },
        "decisions": [
            {"of": "rule", "content": content, "digest": sha256(content.encode()).hex()}
            for content in ['{"two_from_min":480,"two_from_pt":400,"zone":"+08:00"}']
        ]
        + [
            {"of": "limit", "content": content, "digest": sha256(content.encode()).hex()}
            for content in ['{"account":102,"ceiling":5000,"floor":-30}', '{"account":1,"quota":100000}']
        ],
        "ids": {
            "key": "0198f0c2d1e07a3c8f00112233440000",
            "valid_after_key": ["0198f0c2d1e07a3c8f00112233440001"],
            "invalid_after_key": ["0198f0c2d1e07a3c8f00112233440000", "0198f0c2d1e07a3c8f00112233440002"],
        },
        "tile_paths": _tile_paths(),
        "invalid_leaves": [
            {"reason": reason, "code": code, "seq": seq, "leaf": leaf} for reason, code, seq, leaf in INVALID_LEAVES
        ],
    }


def _cosigned(log):
    """A checkpoint that two witnesses cosigned and a third did not, and policies that it meets or does not."""
    witnesses = [Witness(f"witness.example/w{number}") for number in (1, 2, 3)]
    note = log.checkpoint()
    lines = [witness.line(note, 1_785_600_000 + number) for number, witness in enumerate(witnesses[:2])]
    named = f"log {log.signer.vkey}\n" + "".join(
        f"witness W{number} {witness.vkey}\n" for number, witness in enumerate(witnesses, 1)
    )
    met = ["quorum none", "quorum W1", "group two 2 W1 W2 W3\nquorum two", "group any any W3 W1\nquorum any",
           "group a any W1 W3\ngroup b all a W2\nquorum b"]  # fmt: skip
    unmet = ["quorum W3", "group all all W1 W2 W3\nquorum all", "group three 3 W1 W2 W3\nquorum three"]
    bad = ["", "quorum W9", "quorum none\nquorum none", "group g 4 W1 W2 W3\nquorum g", "group g any W1 W1\nquorum g",
           "group g any W1\ngroup h any W1\nquorum h", "quorum g\ngroup g any W1"]  # fmt: skip
    return {
        "witnesses": [
            {"name": witness.name, "public": witness.public.hex(), "id": witness.id.hex(), "vkey": witness.vkey}
            for witness in witnesses
        ],
        "signed_message": f"cosignature/v1\ntime 1785600000\n{note.decode().split(chr(10) * 2)[0]}\n",
        "checkpoint": (note + b"".join(lines)).decode(),
        "policies": [
            {"policy": f"{named}{text}\n", "result": result}
            for result, texts in (("met", met), ("unmet", unmet), ("invalid", bad))
            for text in texts
        ],
    }


def _receipts(log):
    """Receipts that are good, and others that are refused, with the verifier's code."""
    post = next(entry["seq"] for entry in log.entries if entry["kind"] == "post")
    good = [log.receipt(post), log.receipt(post, post + 1), log.receipt(0), log.receipt(log.size - 1, detail=False)]
    bad = [
        ("receipt_proof", log.receipt(post, note=log.checkpoint(post + 1))),
        ("leaf_seq", log.receipt(post).replace(b"index %d" % post, b"index %d" % (post + 1))),
        ("receipt_form", log.receipt(post).replace(b"index ", b"index 0")),
        ("receipt_form", log.receipt(post).replace(b"@v1", b"@v2")),
        ("signature_wrong", log.receipt(post, note=log.checkpoint().replace(b"\n39\n", b"\n40\n"))),
    ]
    return [{"receipt": text.decode(), "code": None} for text in good] + [
        {"receipt": text.decode(), "code": code} for code, text in bad
    ]


def _tile_paths():
    return [
        {"level": 0, "number": 0, "width": 5, "path": "tile/0/000.p/5"},
        {"level": "entries", "number": 0, "width": 256, "path": "tile/entries/000"},
        {"level": 1, "number": 1234067, "width": 256, "path": "tile/1/x001/x234/067"},
        {"level": "entries", "number": 70000, "width": 8, "path": "tile/entries/x070/000.p/8"},
    ]


def written():
    """The file as it should be."""
    return json.dumps(make_vectors(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(written(), encoding="utf-8")

__all__ = ["INVALID_LEAVES", "PATH", "VALID_LEAVES", "Log", "make_vectors", "written"]
