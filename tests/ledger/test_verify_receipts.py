"""Receipts: checked alone against the log's key, and as evidence against a bundle."""

import base64
import json
import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import verify as module
from ledger.verify import as_json, told, verify, verify_receipt
from tests.ledger.independent_log import Signer, Witness, canonical, make_story, make_village

STORY = make_story()
VKEY = STORY.signer.vkey
POST = next(seq for seq, entry in enumerate(STORY.entries) if entry["kind"] == "post")


def kept(folder, content, name="a.tlog-proof"):
    path = folder / name
    path.write_bytes(content)
    return path


def found(path, **options):
    report = verify_receipt(path, **{"vkey": VKEY} | options)
    (finding,) = report.findings
    assert finding.text("zh") != finding.text("en")
    assert told(report, "en").rstrip().split("\n")[-1].startswith("Result: ")
    return finding


def test_receipt_of_every_entry_at_every_size_is_good(tmp_path):
    for seq in range(STORY.size):
        for size in {seq + 1, STORY.size, (seq + STORY.size) // 2 + 1} - {1}:
            report = verify_receipt(kept(tmp_path, STORY.receipt(seq, size)), vkey=VKEY)
            assert report.ok, (seq, size, report.findings)
            assert report.checked["receipt"] == STORY.entries[seq]


def test_receipt_says_in_words_what_was_booked(tmp_path):
    seq = next(seq for seq, entry in enumerate(STORY.entries) if entry["kind"] == "capture")
    report = verify_receipt(kept(tmp_path, STORY.receipt(seq)), vkey=VKEY)
    text = told(report, "en")
    for part in (f"Entry {seq}: a booking from what was held", "account 101: -90", "account 103: +90", "credited: 90",
                 "UTC", "Result: ", "The receipt is good"):  # fmt: skip
        assert part in text, part
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in text)
    assert "回执有效" in told(report, "zh")
    assert json.loads(as_json(report, "en"))["checked"]["receipt"]["seq"] == seq
    without = verify_receipt(kept(tmp_path, STORY.receipt(seq, detail=False)), vkey=VKEY)
    assert "holds no detail" in told(without, "en")


def test_line_ends_of_mail_and_a_lost_last_one_are_let_pass(tmp_path):
    receipt = STORY.receipt(20)
    for content in (receipt.replace(b"\n", b"\r\n"), receipt.rstrip(b"\n"), b"\xef\xbb\xbf" + receipt):
        assert verify_receipt(kept(tmp_path, content), vkey=VKEY).ok


def changed(seq=POST, **changes):
    """A receipt with parts of its extra line changed or, by None, taken away."""
    receipt = STORY.receipt(seq).decode()
    line = receipt.split("\n")[1]
    extra = json.loads(base64.b64decode(line.removeprefix("extra "))) | changes
    extra = {name: value for name, value in extra.items() if value is not None}
    return receipt.replace(line, f"extra {base64.b64encode(canonical(extra).encode()).decode()}").encode()


def test_receipt_altered_in_any_part_is_refused_for_its_reason(tmp_path):
    leaf = STORY.leaves[POST].decode()
    for content, code in (
        (changed(leaf=leaf.replace("2026-08-01", "2026-07-01")), "receipt_proof"),
        (changed(leaf=STORY.leaves[POST - 1].decode()), "leaf_seq"),
        (changed(leaf=leaf[:-1]), "leaf_json"),
        (changed(leaf="村"), "leaf_ascii"),
        (changed(detail="{}"), "ref"),
        (changed(salt="0" * 64), "ref"),
        (changed(salt=None), "receipt_form"),
        (changed(salt="0" * 63), "receipt_form"),
        (changed(more=""), "receipt_form"),
        (changed(leaf=5), "receipt_form"),
        (STORY.receipt(POST).replace(b"index %d" % POST, b"index 21"), "leaf_seq"),
        (STORY.receipt(POST).replace(b"index ", b"index 0"), "receipt_form"),
        (STORY.receipt(POST).replace(b"@v1", b"@v2"), "receipt_form"),
        (STORY.receipt(POST).replace(b"\n\n", b"\nAAAA\n\n", 1), "receipt_form"),
        (STORY.receipt(POST).replace(b"\n\n", b"\n" + base64.b64encode(bytes(32)) + b"\n\n", 1), "receipt_proof"),
        (STORY.receipt(POST, note=STORY.checkpoint(21)), "receipt_proof"),
        (STORY.receipt(POST, note=STORY.checkpoint(5)), "receipt_proof"),
        (STORY.receipt(POST, note=Signer(bytes(32)).note(STORY.size, STORY.root())), "receipt_key"),
        (STORY.receipt(POST, note=Signer(origin="other.example/log/X").note(STORY.size, STORY.root())), "checkpoint_origin"),
        (b"c2sp.org/tlog-proof@v1", "receipt_form"),
        (b"", "receipt_form"),
        (b"\xff" * 100, "receipt_form"),
        (b"c2sp.org/tlog-proof@v1\nextra " + b"A" * 2_000_100, "file_large"),
    ):  # fmt: skip
        assert found(kept(tmp_path, content)).code == code, content[:200]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_changed_byte_of_a_receipt_goes_unnoticed(tmp_path_factory, data):
    """The extra line but for its detail, the index, the proof and the note are all bound by the signature."""
    content = bytearray(STORY.receipt(20, detail=False))
    position = data.draw(st.integers(0, len(content) - 2))
    content[position] ^= data.draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))
    assert not verify_receipt(kept(tmp_path_factory.mktemp("r"), bytes(content)), vkey=VKEY).ok


def test_receipt_after_a_change_of_key_needs_the_key_of_its_time(tmp_path):
    log = make_village()
    second = Signer(bytes(31) + b"\1")
    log.add("key", key=second.public.hex(), **{"from": 22})
    while log.size < 24:
        log.note("month", str(log.size), {})
    first = log.signer
    log.signer_at = lambda size: second if size >= 22 else first
    old, new = kept(tmp_path, log.receipt(19, 21), "old"), kept(tmp_path, log.receipt(19), "new")
    assert verify_receipt(old, vkey=first.vkey).ok
    finding = found(new, vkey=first.vkey)
    assert finding.code == "receipt_key"
    assert "changed its key" in finding.text("en")
    assert verify_receipt(new, vkey=second.vkey).ok
    assert verify_receipt(new, vkey=[first.vkey, second.vkey]).ok


def test_receipt_is_weighed_by_a_policy(tmp_path):
    witness = Witness()
    policy = tmp_path / "policy"
    policy.write_text(f"log {VKEY}\nwitness w {witness.vkey}\nquorum w\n")
    bare = kept(tmp_path, STORY.receipt(20), "bare")
    assert found(bare, vkey=None, policy=policy).code == "quorum"
    note = STORY.checkpoint() + witness.line(STORY.checkpoint())
    report = verify_receipt(kept(tmp_path, STORY.receipt(20, note=note)), policy=policy)
    assert report.ok, report.findings
    assert list(report.checked["witnessed"]["by"]) == ["w"]
    assert verify_receipt(bare).findings[0].code == "vkey_needed"
    assert verify_receipt(bare).exit_code == 2


def test_receipts_of_a_log_that_tells_two_stories_contradict_each_other(tmp_path):
    other = make_story()
    other.leaves[30] = (
        other.leaves[30].replace(b"2026", b"2025", 1) if b"2026" in other.leaves[30] else other.leaves[29]
    )
    here = kept(tmp_path, STORY.receipt(20), "here")
    there = kept(tmp_path, other.receipt(20), "there")
    assert found(here, checkpoints=[there]).code == "receipt_contradicted"
    assert verify_receipt(here, vkey=VKEY, checkpoints=[STORY.lines(), str(tmp_path / "here")]).checked["compared"] == 2
    smaller = verify_receipt(here, vkey=VKEY, checkpoints=[STORY.lines(25)])
    assert smaller.ok
    assert "another size" in told(smaller, "en")


def test_receipt_shows_where_a_log_was_rewritten(tmp_path):
    """A root says that something is different; a receipt names an entry that is."""
    honest, forged = make_village(), make_village()
    for log in (honest, forged):
        for number in range(40):
            log.note("month", str(number), {"log": 1 if log is honest or number < 25 else 2})
    assert verify(forged.bundle()).ok
    receipt = kept(tmp_path, honest.receipt(46))
    (finding,) = verify(forged.bundle(), checkpoints=[receipt, honest.lines(30)]).findings
    assert (finding.code, finding.facts["low"], finding.facts["high"]) == ("rewritten", 30, 46)
    beyond = kept(tmp_path, honest.receipt(44), "beyond")
    forged_short = make_village()
    forged_short.leaves, forged_short.entries = forged.leaves[:50], forged.entries[:50]
    (finding,) = verify(forged_short.bundle(), checkpoints=[beyond, honest.lines(44)]).findings
    assert (finding.code, finding.seq) == ("rewritten", 44)
    assert verify(honest.bundle(), checkpoints=[receipt, beyond]).ok
    broken = kept(tmp_path, honest.receipt(46, note=honest.checkpoint(50)), "broken")
    report = verify(honest.bundle(), checkpoints=[broken])
    assert (report.findings[0].code, report.exit_code) == ("evidence_broken", 2)
    assert "does not lead to the root" in report.findings[0].text("en")


def test_folder_of_kept_things_is_taken_whole(tmp_path):
    folder = tmp_path / "kept"
    (folder / "inner").mkdir(parents=True)
    kept(folder, STORY.receipt(20))
    kept(folder, STORY.checkpoint(25), "august.txt")
    kept(folder, STORY.lines(30).replace("\n", "\r\n").encode(), "september.txt")
    kept(folder, b"\x89PNG", "photo.png")
    (folder / "link.txt").symlink_to(tmp_path / "nothing")
    report = verify(STORY.bundle(), checkpoints=[folder])
    assert report.ok, report.findings
    assert report.checked["outside"] == 3
    assert "photo.png" in told(report, "en")
    kept(folder, make_village(two_from_min=9).checkpoint(12), "forged.txt")
    (finding,) = verify(STORY.bundle(), checkpoints=[folder]).findings
    assert (finding.code, finding.facts["size"]) == ("rewritten", 12)
    assert "forged.txt" in finding.text("zh")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert verify(STORY.bundle(), checkpoints=[empty]).findings[0].code == "evidence_form"


def test_all_that_is_contradicted_is_named():
    honest, forged = make_village(), make_village()
    for log in (honest, forged):
        for number in range(10):
            log.note("month", str(number), {"log": log is honest})
    (finding,) = verify(forged.bundle(), checkpoints=[honest.lines(size) for size in (29, 25, 22, 15)]).findings
    assert (finding.facts["size"], finding.facts["low"], finding.facts["high"]) == (22, 15, 21)
    assert "It contradicts 2 more" in finding.text("en")


def test_folder_of_too_many_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_FOLDER_FILES", 5)
    for number in range(6):
        kept(tmp_path, b"", str(number))
    assert verify(STORY.bundle(), checkpoints=[tmp_path]).findings[0].code == "folder_large"


def test_command_checks_a_receipt_alone_in_an_empty_folder(tmp_path):
    (tmp_path / "verify.py").write_text(Path(module.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    kept(tmp_path, STORY.receipt(20))
    for arguments, code, said in (
        (["--vkey", VKEY], 0, "The receipt is good"),
        (["--vkey", Signer(bytes(32)).vkey], 1, "changed its key"),
        ([], 2, "--vkey"),
    ):
        command = [sys.executable, "-I", "-S", "verify.py", "a.tlog-proof", "--lang", "en", *arguments]
        answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (answer.returncode, answer.stderr) == (code, "")
        assert said in answer.stdout
