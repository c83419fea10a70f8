"""The three readers of receipts agree on what is forged: the ledger's own, verify.py, and the page's, with and without WebCrypto."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger import note, quorum, receipt
from ledger.verify import verify_receipt
from tests.ledger.independent_log import ORIGIN, Log, Signer, Witness, make_story

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "api/static"
STORY = make_story()
POST = next(seq for seq, entry in enumerate(STORY.entries) if entry["kind"] == "post")
ONE = Witness()
LIMIT_OF_SCALARS = 2**252 + 27742317777372353535851937790883648493
SMALL_ORDERS = {
    "one": (1).to_bytes(32, "little"),
    "zero": bytes(32),
    "eighth": bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
}


@dataclass(frozen=True)
class Case:
    """A receipt's text, the keys that it is held to, and whether it is good."""

    name: str
    text: str
    is_good: bool = False
    key: str = STORY.signer.vkey
    trust: str = ""


def extra_of(text: str, change: Callable[[str], str]) -> str:
    """The receipt with the JSON of its extra line changed as a text."""
    lines = text.split("\n")
    shown = base64.b64decode(lines[1].removeprefix("extra ")).decode()
    lines[1] = f"extra {base64.b64encode(change(shown).encode()).decode()}"
    return "\n".join(lines)


def one_of(content: str, *, entry: Callable[[str], str] = str) -> str:
    """The receipt of a log of one post more, whose own key signed whatever stands here: its detail and its leaf."""
    log = Log()
    salt = bytes(32)
    ref = hashlib.sha256(b"\x02" + salt + content.encode()).hexdigest()
    seq = log.add("post", legs=[[1, -5], [101, 5]], ref=ref)
    log.leaves[seq] = entry(log.leaves[seq].decode()).encode()
    log.details[seq] = (salt, content)
    return log.receipt(seq).decode()


def signed_by(name: str, key: bytes, signature: bytes) -> Case:
    """A receipt under a log's key and signature that are made up."""
    kept = note.Key(ORIGIN, key)
    text = STORY.receipt(POST).decode()
    line = note.Signature(ORIGIN, kept.id, signature).line
    return Case(name, text.rpartition("\n\n")[0] + f"\n\n{line}", key=kept.line)


def malleable() -> str:
    """The genuine signature with the order of the group added to S: the same equation."""
    text = STORY.receipt(POST).decode()
    head = text.rpartition("\n\n")[0]
    own = note.parse(text.partition("\n\n")[2]).signatures[0]
    s = int.from_bytes(own.signature[32:], "little") + LIMIT_OF_SCALARS
    made = note.Signature(own.name, own.key_id, own.signature[:32] + s.to_bytes(32, "little"))
    return f"{head}\n\n{made.line}"


def cases() -> list[Case]:
    good = STORY.receipt(POST).decode()
    head, _, line = good.rpartition("\n\n")
    index = f"\nindex {POST}\n"
    false_line = note.Signature(ORIGIN, STORY.signer.id, bytes(64)).line
    lines = good.split("\n")
    path_line = lines[3]
    of_nobody = [note.Signature(f"a{at}", bytes(4), bytes(64)).line for at in range(101)]
    cosigned = good + ONE.line(STORY.checkpoint()).decode()
    spoilt = cosigned[:-6] + ("A" if cosigned[-6] != "A" else "B") + cosigned[-5:]
    twice = f"witness a {ONE.vkey}\nwitness b {ONE.vkey}\ngroup g all a b\nquorum g\n"
    other = Witness("witness.example/w2")
    nested = (
        f"witness a {ONE.vkey}\nwitness b {other.vkey}\ngroup g any a b\ngroup h any a b\ngroup q all g h\nquorum q\n"
    )
    found = [
        Case("genuine", good, True),
        Case("CRLF", good.replace("\n", "\r\n"), True),
        Case("byte order mark", f"\ufeff{good}", True),
        Case("no last line end", good.rstrip("\n"), True),
        Case("a lone CR", good.replace("\nindex", "\rindex")),
        Case("an index with a zero before", good.replace("\nindex ", "\nindex 0")),
        Case("an index in other digits", good.replace(index, f"\nindex \u0661{POST}\n")),
        Case("an index beyond 2^53", good.replace(index, f"\nindex {2**53 + POST}\n")),
        Case("an index beyond the size", good.replace(index, "\nindex 4000\n")),
        Case("a line before", f"x\n{good}"),
        Case("a line after", f"{good}x\n"),
        Case("text after an empty line", f"{good}\nx\n"),
        Case("a hash more", good.replace("\n\n", f"\n{path_line}\n\n", 1)),
        Case("a hash less", good.replace(f"{path_line}\n", "", 1)),
        Case("two hashes swapped", good.replace(f"{path_line}\n{lines[4]}", f"{lines[4]}\n{path_line}")),
        Case("loose base64", good.replace(path_line, path_line[:-2] + chr(ord(path_line[-2]) + 1) + "=")),
        Case("base64 without padding", good.replace(path_line, path_line[:-1])),
        Case("a space in base64", good.replace(path_line, f"{path_line[:9]} {path_line[9:]}")),
        Case("base64 of addresses", good.replace("+", "-").replace("/", "_")),
        Case("a key twice", extra_of(good, lambda told: told.replace('{"detail"', '{"detail":"{}","detail"', 1))),
        Case("a space in the JSON", extra_of(good, lambda told: told.replace('","', '", "', 1))),
        Case("a JSON mark of byte order", extra_of(good, lambda told: f"\ufeff{told}")),
        Case("one key of three words", extra_of(good, lambda told: '{"detail leaf salt":"x"}')),
        Case("no object", extra_of(good, lambda told: "null")),
        Case("a number beyond 2^53", extra_of(good, lambda told: '{"leaf":9007199254740993}')),
        Case("a fraction", extra_of(good, lambda told: '{"leaf":1.5}')),
        Case("a number of 5,000 digits", extra_of(good, lambda told: f'{{"leaf":{"9" * 5_000}}}')),
        Case("a hundred thousand brackets", extra_of(good, lambda told: "[" * 100_000)),
        Case("a bound leaf with a confusable", extra_of(good, lambda told: told.replace("post", "p\u043est"))),
        Case("a salt in capitals", extra_of(good, lambda told: told.upper().replace("SALT", "salt"))),
        Case("another origin by a confusable", good.replace(ORIGIN, ORIGIN.replace("e", "\u0435"))),
        Case("another origin by case", good.replace(ORIGIN, ORIGIN.upper())),
        Case("another size", good.replace(f"\n{STORY.size}\n", f"\n{STORY.size + 1}\n")),
        Case("a size with a zero before", good.replace(f"\n{STORY.size}\n", f"\n0{STORY.size}\n")),
        Case("a fourth line signed along", more_lines()),
        Case("two lines of one key, the second false", good + false_line),
        Case("two lines of one key, the first false", f"{head}\n\n{false_line}{line}"),
        Case("two good lines of one key", good + line, True),
        Case("a line of nobody we know", good + of_nobody[0], True),
        Case("a hundred lines", good + "".join(of_nobody[:99]), True),
        Case("a hundred and one lines", good + "".join(of_nobody[:100])),
        Case("a name with a wide space", good + of_nobody[0].replace("a0", "a\u3000b")),
        Case("a name with a next line", good + of_nobody[0].replace("a0", "a\u0085b")),
        Case("a name with a plus", good + of_nobody[0].replace("a0", "a+b")),
        Case("a line with a hyphen for the dash", good + of_nobody[0].replace("\u2014", "-")),
        Case("S of the group's order and more", malleable()),
        Case("another log's key", good, key=Signer(bytes(32)).vkey),
        Case("a key of another name", good, key=Signer(origin=f"{ORIGIN}x").vkey),
        Case("a witness's key for the log's", good, key=ONE.vkey),
        Case("cosigned", cosigned, True, trust=f"witness w {ONE.vkey}\nquorum w\n"),
        Case("not cosigned", good, trust=f"witness w {ONE.vkey}\nquorum w\n"),
        Case("a false cosignature", spoilt, trust=f"witness w {ONE.vkey}\nquorum w\n"),
        Case("a false cosignature of one not asked for", spoilt, True),
        Case("no quorum", good, True, trust=f"witness w {ONE.vkey}\nquorum none\n"),
        Case("one witness under two names", cosigned, trust=twice),
        Case("one witness in two groups", cosigned, trust=nested),
        Case(
            "a group of a count that is a word", cosigned, trust=f"witness w {ONE.vkey}\ngroup g toString w\nquorum w\n"
        ),
        Case("words too many", cosigned, trust=f"witness w {ONE.vkey}\nquorum w w\n"),
        Case("a policy cut off", cosigned, trust=f"witness w {ONE.vkey}\nquo"),
        Case("a policy without a quorum", cosigned, trust=f"log {STORY.signer.vkey}\nwitness w {ONE.vkey}\n"),
    ]
    for name, content in {
        "a detail that is no JSON": "x",
        "a detail with a fraction": '{"n":1.5}',
        "a detail with a key twice": '{"n":1,"n":1}',
        "a detail beyond 2^53": '{"n":9007199254740993}',
        "a detail in disorder": '{"n":1,"m":1}',
    }.items():
        found.append(Case(name, one_of(content)))
    for name, old, new in [
        ("an entry of no kind", '"kind":"post"', '"kind":"toString"'),
        ("an entry of version 2", '"v":1', '"v":2'),
        ("an entry with a day in a list", '"on":"2026-08-01"', '"on":["2026-08-01"]'),
        ("an entry on no day", '"on":"2026-08-01"', '"on":"2026-02-31"'),
        ("an entry whose legs do not add up", "[101,5]", "[101,6]"),
        ("an entry with one leg", "[[1,-5],[101,5]]", "[[1,0]]"),
        ("an entry with legs in disorder", "[[1,-5],[101,5]]", "[[101,5],[1,-5]]"),
        ("an entry with a field of its own", '"v":1', '"v":1,"w":{"toString":1}'),
        ("an entry that reverses an object", '"on":', '"of":{"toString":1},"on":'),
        ("an entry without an id", '"id":', '"ie":'),
    ]:
        found.append(Case(name, one_of('{"n":1}', entry=lambda leaf, old=old, new=new: leaf.replace(old, new))))  # type: ignore[misc]
    found.append(Case("a detail with HTML", one_of('{"n":"<img src=x onerror=alert(1)></script>"}'), True))
    spelt = extra_of(one_of('{"n":"\ufffd"}'), lambda told: told.replace("\ufffd", "\\ud800"))
    found.append(Case("a detail of half a sign", spelt))
    for name, point in SMALL_ORDERS.items():
        signature = (1).to_bytes(32, "little") + bytes(
            32
        )  # R the neutral point, S nothing: fits every text, or every eighth
        found.append(signed_by(f"a key of small order: {name}", point, signature))
    return found


def more_lines() -> str:
    text = f"{ORIGIN}\n{STORY.size}\n{base64.b64encode(STORY.root()).decode()}\nmore\n"
    return STORY.receipt(POST, note=(text + "\n" + STORY.signer.line(text)).encode()).decode()


CASES = cases()


def by_the_ledger(case: Case) -> bool:
    try:
        key = note.read_key(case.key, kind=note.LOG_SIGNATURE)
        read = receipt.read(case.text)
        receipt.check(read, origin=key.name, public_key=key.public_key)
        if not case.trust:
            return True
        policy, parsed = quorum.read_policy(case.trust.encode()), note.parse(read.note)
        found = {one.key.public_key for one in policy.witnesses if note.cosigned_at(parsed, one.key) is not None}
        return policy.is_reached(found)
    except (receipt.BadReceipt, note.BadNote, quorum.BadPolicy):
        return False


def by_verify(case: Case, folder: Path) -> bool:
    kept, policy = folder / "receipt", folder / "policy"
    kept.write_bytes(case.text.encode())
    policy.write_bytes(case.trust.encode())
    return verify_receipt(kept, vkey=case.key, policy=policy if case.trust else None).ok


def by_the_page(folder: Path, *, how: str) -> list[object]:
    # Of the system, or of the environment, where `make setup` puts it if there is none.
    node = shutil.which("node") or shutil.which("node", path=Path(sys.executable).parent)
    if node is None:
        pytest.skip("node is not installed")
    shutil.copytree(STATIC / "js/receipt", folder / "js/receipt")
    (folder / "vendor").mkdir()
    shutil.copy(STATIC / "vendor/noble-ed25519.js", folder / "vendor")
    shutil.copy(Path(__file__).with_name("checkers.mjs"), folder)
    (folder / "package.json").write_text('{"type":"module"}')
    told = json.dumps([{"receipt": case.text, "key": case.key, "trust": case.trust} for case in CASES])
    command = [node, "checkers.mjs", how]
    answer = subprocess.run(command, cwd=folder, input=told, capture_output=True, text=True, check=True)
    return list(json.loads(answer.stdout))


def wrong(verdicts: list[object]) -> list[tuple[str, object]]:
    return [(case.name, said) for case, said in zip(CASES, verdicts, strict=True) if said is not case.is_good]


def test_the_ledger_itself() -> None:
    assert wrong([by_the_ledger(case) for case in CASES]) == []


def test_the_verifier(tmp_path: Path) -> None:
    assert wrong([by_verify(case, tmp_path) for case in CASES]) == []


@pytest.mark.parametrize("how", ["https", "plain-http"])
def test_the_page(tmp_path: Path, how: str) -> None:
    assert wrong(by_the_page(tmp_path, how=how)) == []
