"""Somebody changed something. Each time the verifier must say what, where and why, and stop there."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.verify import verify
from tests.ledger.independent_log import (
    DAY_MS,
    ORIGIN,
    Log,
    Signer,
    canonical,
    entry_bundle,
    instant,
    make_story,
    make_village,
    sha256,
    table_files,
    zipped,
)


def found(files, **options):
    """The one finding of a spoilt bundle."""
    report = verify(zipped(files), **options)
    assert report.exit_code == 1
    (finding,) = report.findings
    for lang in ("zh", "en"):
        assert "{" not in finding.text(lang)
    return finding


def make_long(size=600):
    """A log of more than two tiles: two posts to and fro."""
    log = make_village()
    while log.size < size:
        log.post({101: -5, 102: 5} if log.size % 2 else {101: 5, 102: -5})
    return log


# Entries, tiles, root


@pytest.mark.parametrize("seq", [0, 1, 17, 38])
def test_flipped_byte_of_an_entry_is_found_at_its_index(seq):
    log = make_story()
    files = log.files()
    leaves = list(log.leaves)
    leaves[seq] = bytes([leaves[seq][0] ^ 1]) + leaves[seq][1:]
    files["tile/entries/000.p/39"] = entry_bundle(leaves)
    finding = found(files)
    assert (finding.code, finding.seq, finding.step) == ("entry_altered", seq, "tiles")
    assert finding.tile == "tile/entries/000.p/39"


@pytest.mark.parametrize("seq", [0, 20, 38])
def test_flipped_byte_of_a_tile_is_told_from_one_of_an_entry(seq):
    files = make_story().files()
    tile = bytearray(files["tile/0/000.p/39"])
    tile[seq * 32 + 7] ^= 1
    files["tile/0/000.p/39"] = bytes(tile)
    finding = found(files)
    assert (finding.code, finding.seq, finding.tile) == ("tile_altered", seq, "tile/0/000.p/39")


def test_flipped_byte_of_a_higher_tile_is_found():
    files = make_long().files()
    tile = bytearray(files["tile/1/000.p/2"])
    tile[40] ^= 1
    files["tile/1/000.p/2"] = bytes(tile)
    finding = found(files)
    assert (finding.code, finding.seq, finding.tile) == ("tile_altered", 256, "tile/1/000.p/2")


@pytest.mark.slow
def test_log_with_three_levels_of_tiles_is_well_and_a_flip_on_the_top_is_found():
    log = make_village()
    while log.size < 65_536 + 300:
        log.note("month", "x", {})
    files = log.files()
    assert {"tile/0/257.p/44", "tile/1/001.p/1", "tile/2/000.p/1"} <= files.keys()
    report = verify(zipped(files), checkpoints=[log.lines(65_536), log.lines(65_537)])
    assert report.ok
    files["tile/2/000.p/1"] = bytes(32)
    finding = found(files)
    assert (finding.code, finding.tile, finding.seq) == ("tile_altered", "tile/2/000.p/1", 0)


def test_entry_and_tile_changed_together_are_found_at_the_entry():
    log = make_long()
    files = log.files()
    leaves = list(log.leaves)
    leaves[300] = leaves[300].replace(b"5]", b"6]")
    other = Log()
    other.leaves = leaves
    files |= {name: body for name, body in other.files(tables=False).items() if name.startswith("tile/")}
    finding = found(files)
    assert (finding.code, finding.step) == ("root", "root")
    files["tile/0/000"] = files["tile/0/001"]
    finding = found(files)
    assert (finding.code, finding.seq) == ("tile_differs", 0)


@pytest.mark.parametrize(
    "spoil, code, seq",
    [
        (lambda leaves: leaves.pop(20), "entry_removed", 20),
        (lambda leaves: leaves.pop(), "entry_removed", 38),
        (lambda leaves: leaves.insert(20, leaves[20]), "entry_inserted", 21),
        (lambda leaves: leaves.append(b"{}"), "entry_inserted", 39),
        (lambda leaves: leaves.insert(20, leaves.pop(21)), "entries_swapped", 20),
        (lambda leaves: leaves.__setitem__(20, leaves[20][:-1]), "entry_altered", 20),
    ],
    ids=["dropped", "last dropped", "doubled", "added", "swapped", "shortened"],
)
def test_entries_dropped_doubled_or_swapped_are_found_at_their_index(spoil, code, seq):
    log = make_story()
    files = log.files()
    leaves = list(log.leaves)
    spoil(leaves)
    files["tile/entries/000.p/39"] = entry_bundle(leaves)
    finding = found(files)
    assert (finding.code, finding.seq) == (code, seq)


@pytest.mark.parametrize("cut", [1, 2, 50])
def test_truncated_entry_bundle_names_the_entry_it_breaks_off_in(cut):
    files = make_story().files()
    files["tile/entries/000.p/39"] = files["tile/entries/000.p/39"][:-cut]
    finding = found(files)
    assert (finding.code, finding.seq) == ("entries_form", 38)


def test_wrong_length_in_the_middle_names_the_entry_before_all_is_shifted():
    log = make_story()
    files = log.files()
    bundle = bytearray(files["tile/entries/000.p/39"])
    bundle[sum(2 + len(leaf) for leaf in log.leaves[:10]) + 1] ^= 1
    files["tile/entries/000.p/39"] = bytes(bundle)
    finding = found(files)
    assert finding.code in ("entries_form", "entries_count")
    assert finding.seq == 10


def test_truncated_tile_is_refused():
    files = make_story().files()
    files["tile/0/000.p/39"] = files["tile/0/000.p/39"][:-32]
    assert found(files).code == "tile_length"


def test_entry_dropped_with_everything_rebuilt_and_signed_again_still_lacks_its_number():
    """The attacker holds the key but does not renumber: the gap shows."""
    log = make_village()
    log.note("month", "a", {})
    log.note("month", "b", {})
    del log.leaves[-2], log.entries[-2]
    finding = found(log.files(tables=False))
    assert (finding.code, finding.seq, finding.facts["shown"]) == ("leaf_seq", log.size - 1, log.size)


def test_entry_dropped_with_the_tree_rebuilt_but_not_signed_is_named_by_its_number():
    """The attacker owns the database and not the key: the root is not the one signed, and the numbers say where."""
    log = make_long()
    files = log.files()
    others = log.leaves[:300] + log.leaves[301:]
    forged = Log()
    forged.leaves = [*others, log.leaves[-1]]
    files |= {name: body for name, body in forged.files(tables=False).items() if name.startswith("tile/")}
    finding = found(files)
    assert (finding.code, finding.step, finding.seq) == ("root", "root", 300)
    assert "the one numbered 301" in finding.text("en")


@pytest.mark.parametrize("seq", [0, 100, 255, 256, 511, 598])
def test_entry_taken_out_of_a_long_log_is_named_though_all_after_it_moved_up(seq):
    log = make_long()
    files = log.files()
    leaves = log.leaves[:seq] + log.leaves[seq + 1 :]
    for number in range(3):
        part = leaves[number * 256 : (number + 1) * 256]
        files[f"tile/entries/{number:03}" + (".p/88" if number == 2 else "")] = entry_bundle(part)
    finding = found(files)
    assert (finding.code, finding.seq, finding.facts["last"]) == ("entry_removed", seq, seq)


def test_several_entries_taken_out_or_put_in_are_named():
    log = make_story()
    name = "tile/entries/000.p/39"
    for leaves, code, seq in (
        (log.leaves[:10] + log.leaves[15:], "entry_removed", 10),
        ([*log.leaves[:10], b"{}", *log.leaves[10:]], "entry_inserted", 10),
        (
            [*log.leaves[:10], log.leaves[20], *log.leaves[11:20], log.leaves[10], *log.leaves[21:]],
            "entries_swapped",
            10,
        ),
        ([*log.leaves[:10], b"{}", *log.leaves[11:]], "entry_altered", 10),
        ([], "entry_removed", 0),
    ):
        finding = found(log.files() | {name: entry_bundle(leaves)})
        assert (finding.code, finding.seq) == (code, seq)
        if len(leaves) == 34:
            assert finding.facts["last"] == 14


def test_entry_doubled_and_signed_again_is_found():
    log = make_village()
    log.append(log.leaves[-1], log.entries[-1])
    finding = found(log.files(tables=False))
    assert (finding.code, finding.seq) == ("leaf_seq", log.size - 1)


def test_no_entry_of_one_log_can_be_replayed_in_another():
    log = make_village()
    other = make_village(origin="other.example/log/QD02")
    other.post({101: -20, 102: 20})
    log.append(other.leaves[-1], other.entries[-1])
    assert verify(log.bundle()).ok  # it says the same here: an entry is what it says
    log.append(canonical(other.entries[-1] | {"seq": log.size}).encode())
    assert found(log.files(tables=False)).code == "id"


# Checkpoint and keys


def test_no_flipped_byte_of_the_checkpoint_is_let_pass():
    log = make_village()
    files = log.files()
    codes = set()
    for position in range(len(files["checkpoint"])):
        changed = bytearray(files["checkpoint"])
        changed[position] ^= 1
        codes.add(found(files | {"checkpoint": bytes(changed)}).code)
    assert codes <= {"checkpoint_form", "checkpoint_origin", "checkpoint_size", "signature_missing", "signature_wrong"}
    assert {"checkpoint_form", "signature_wrong", "signature_missing"} <= codes


def resigned(log, change):
    """The checkpoint with its signature's bytes changed."""
    text, line = log.checkpoint().decode().split("\n\n")
    name, encoded = line.strip().split(" ")[1:]
    signature = change(base64.b64decode(encoded))
    return f"{text}\n\n\u2014 {name} {base64.b64encode(signature).decode()}\n".encode()


def test_signature_with_s_above_the_order_is_refused():
    log = make_village()
    order = 2**252 + 27742317777372353535851937790883648493

    def above(signature):
        s = int.from_bytes(signature[36:], "little") + order
        return signature[:36] + s.to_bytes(32, "little")

    assert found(log.files() | {"checkpoint": resigned(log, above)}).code == "signature_wrong"
    assert found(log.files() | {"checkpoint": resigned(log, lambda s: s[:-1])}).code == "signature_wrong"


def test_signature_by_a_foreign_key_is_refused():
    log = make_village()
    foreign = Signer(bytes(32))
    assert found(log.files() | {"checkpoint": foreign.note(log.size, log.root())}).code == "signature_missing"


def test_whole_log_of_a_foreign_key_is_refused_where_the_key_is_known():
    log = make_village(seed=bytes(32))
    assert verify(log.bundle()).ok
    assert found(log.files(), vkey=Signer().vkey).code == "vkey_foreign"
    assert verify(log.bundle(), vkey=Signer(bytes(32)).vkey).ok


def test_foreign_key_in_vkey_is_refused():
    foreign = Signer(bytes(32))
    log = make_village()
    files = log.files()
    assert found(files | {"vkey": foreign.vkey.encode()}).code == "signature_missing"
    files["checkpoint"] = foreign.note(log.size, log.root())
    finding = found(files | {"vkey": foreign.vkey.encode()})
    assert (finding.code, finding.seq) == ("vkey_first", 1)


def test_second_signature_by_a_witness_is_let_be_and_a_second_false_one_of_ours_is_not():
    log = make_village()
    files = log.files()
    witness = "\u2014 witness.example " + base64.b64encode(b"abcd" + bytes(72)).decode() + "\n"
    assert verify(zipped(files | {"checkpoint": files["checkpoint"] + witness.encode()})).ok
    lines = log.checkpoint() + resigned(log, lambda s: s[:10] + bytes([s[10] ^ 1]) + s[11:]).split(b"\n\n")[1]
    assert found(files | {"checkpoint": lines}).code == "signature_wrong"


@pytest.mark.parametrize(
    "name, body, code",
    [
        ("vkey", b"", "vkey_form"),
        ("vkey", b"\xff", "vkey_form"),
        ("vkey", Signer(origin="other.example/log/X").vkey.encode(), "vkey_origin"),
        ("checkpoint", Log(origin="other.example/log/X").checkpoint(), "checkpoint_origin"),
        ("checkpoint", make_village().checkpoint(5), "checkpoint_size"),
        ("checkpoint", b"", "checkpoint_form"),
        ("checkpoints/5", make_village().checkpoint(6), "checkpoint_size"),
        ("checkpoints/5", Log(origin="other.example/log/X").checkpoint(), "checkpoint_size"),
        ("checkpoints/5", b"5", "checkpoint_form"),
    ],
)
def test_key_or_checkpoint_of_something_else_is_refused(name, body, code):
    assert found(make_village().files() | {name: body}).code == code


def make_rotated():
    """A log whose second key counts from size 30."""
    log = make_village()
    second = Signer(bytes(31) + b"\1")
    log.add("key", key=second.public.hex(), **{"from": 30})
    first = log.signer
    log.signer_at = lambda size: second if size >= 30 else first
    while log.size < 40:
        log.note("month", str(log.size), {})
    return log, first, second


def test_each_checkpoint_is_signed_by_the_key_of_its_time():
    log, first, second = make_rotated()
    assert verify(log.bundle(checkpoints=(25, 29, 30, 31)), checkpoints=[log.checkpoint(29).decode()]).ok
    files = log.files()
    assert found(files | {"checkpoint": first.note(40, log.root())}).code == "signature_missing"
    finding = found(files | {"checkpoints/29": second.note(29, log.root(29))})
    assert (finding.code, finding.tile) == ("signature_missing", "checkpoints/29")


def test_false_line_of_a_key_of_another_time_is_refused():
    log, first, second = make_rotated()
    for size, other in ((log.size, first), (10, second)):
        false = other.note(size - 1, bytes(32)).split(b"\n\n")[1]
        name = "checkpoint" if size == log.size else f"checkpoints/{size}"
        files = log.files() | {name: log.checkpoint(size) + false}
        assert found(files).code == "signature_wrong"


def test_among_keys_from_the_same_size_the_later_counts():
    log, _, second = make_rotated()
    third = Signer(bytes(31) + b"\2")
    log.add("key", key=third.public.hex(), **{"from": 50})
    log.add("key", key=second.public.hex(), **{"from": 50})
    while log.size < 52:
        log.note("month", str(log.size), {})
    log.signer_at = lambda size: second
    assert verify(log.bundle()).ok
    log.signer_at = lambda size: third
    assert found(log.files()).code == "signature_missing"


def test_key_entry_altered_is_named_rather_than_the_signature_it_spoils():
    log, _, second = make_rotated()
    files = log.files()
    leaves = [leaf.replace(second.public.hex().encode(), b"ab" * 32) for leaf in log.leaves]
    files["tile/entries/000.p/40"] = entry_bundle(leaves)
    finding = found(files)
    assert finding.code == "entry_altered"
    assert log.entries[finding.seq]["kind"] == "key"


# Older checkpoints: the attacker owns the database and the key


def rewritten(seq=25, size=600):
    """An honest log, and the same with another amount in one entry, rebuilt and signed again with the same key."""
    honest = make_long(size)
    forged = make_long(size)
    legs = [[101, -4], [102, 4]] if seq % 2 else [[101, 4], [102, -4]]
    entry = forged.entries[seq] | {"legs": legs}
    forged.entries[seq], forged.leaves[seq] = entry, canonical(entry).encode()
    return honest, forged


def test_log_rewritten_with_the_stolen_key_is_well_by_itself_and_contradicts_an_old_checkpoint():
    honest, forged = rewritten()
    assert verify(forged.bundle()).ok
    finding = found(forged.files(), checkpoints=[honest.lines(100)])
    assert (finding.code, finding.step, finding.facts["size"]) == ("rewritten", "evidence", 100)
    assert (finding.facts["low"], finding.facts["high"]) == (0, 99)
    assert finding.seq is None


def test_agreeing_checkpoint_narrows_down_what_was_rewritten():
    honest, forged = rewritten()
    outside = [honest.checkpoint(size).decode() for size in (300, 20, 24, 60, 30)]
    finding = found(forged.files(checkpoints=(26, 28)), checkpoints=outside)
    assert finding.code == "rewritten"
    assert (finding.facts["size"], finding.facts["low"], finding.facts["high"]) == (30, 24, 29)
    exact = found(forged.files(), checkpoints=[honest.lines(25), honest.lines(26)])
    assert exact.seq == 25


def test_checkpoint_from_outside_says_what_its_signature_is_worth():
    honest, forged = rewritten()
    own = found(forged.files(), checkpoints=[honest.checkpoint(100).decode()])
    assert "own key" in own.text("en")
    none = found(forged.files(), checkpoints=[honest.lines(100)])
    assert "no signature" in none.text("en")
    stranger = Signer(bytes(32)).note(100, honest.root(100)).decode()
    assert "not by a key of this log" in found(forged.files(), checkpoints=[stranger]).text("en")


def test_older_bundle_shows_the_first_entry_that_was_rewritten():
    honest, forged = rewritten(seq=301)
    old = make_long(400)
    assert old.leaves == honest.leaves[:400]
    finding = found(forged.files(), older=[old.bundle()])
    assert (finding.code, finding.seq, finding.facts["size"]) == ("rewritten", 301, 400)
    assert "301" in finding.text("zh")
    assert verify(honest.bundle(), older=[old.bundle(), make_long(300).bundle()]).ok


def test_older_checkpoint_inside_the_bundle_contradicts_it():
    honest, forged = rewritten()
    files = forged.files(checkpoints=(20,)) | {"checkpoints/100": honest.checkpoint(100)}
    finding = found(files)
    assert (finding.code, finding.tile, finding.facts["low"]) == ("rewritten", "checkpoints/100", 0)


def test_log_cut_at_its_end_contradicts_a_larger_checkpoint():
    honest = make_long(60)
    cut = make_long(50)
    finding = found(cut.files(), checkpoints=[honest.lines()])
    assert (finding.code, finding.facts["older"], finding.facts["size"]) == ("removed", 60, 50)
    finding = found(cut.files(), older=[honest.bundle()])
    assert finding.code == "removed"
    assert "as in the older bundle" in finding.text("en")


def test_log_cut_and_continued_differently_is_named_at_the_first_other_entry():
    honest = make_long(60)
    forged = make_long(50)
    forged.note("month", "x", {})
    finding = found(forged.files(), older=[honest.bundle()])
    assert (finding.code, finding.seq) == ("rewritten", 50)


def test_older_bundle_that_is_itself_wrong_proves_nothing():
    files = make_long(60).files()
    files["tile/0/000.p/60"] = bytes(60 * 32)
    report = verify(make_long(70).bundle(), older=[zipped(files)])
    assert report.findings[0].code == "older_broken"
    assert report.exit_code == 2
    assert "tile/0/000.p/60" in report.findings[0].text("zh")


def test_checkpoint_of_another_log_or_with_a_false_signature_is_refused():
    log = make_long(60)
    other = Log(origin="other.example/log/X")
    assert found(log.files(), checkpoints=[other.lines()]).code == "checkpoint_origin"
    stranger = Signer(bytes(32)).note(50, log.root(50)).decode()
    assert found(log.files(), checkpoints=[stranger]).code == "signature_missing"
    assert found(log.files(checkpoints=()) | {"checkpoints/50": stranger.encode()}).code == "signature_missing"


def test_three_lines_are_understood_however_they_were_typed(tmp_path):
    log = make_long(60)
    typed = [log.lines(30), log.lines(30).replace("\n", " "), "  " + log.lines(30).replace("\n", "\r\n") + "\n\n"]
    for text in typed:
        report = verify(log.bundle(), checkpoints=[text])
        assert report.ok
        assert report.checked["outside"] == 1
    kept = tmp_path / "a kept paper.txt"
    for content in (log.lines(30), log.checkpoint(30).decode(), log.checkpoint(30).decode().replace("\n", "\r\n")):
        kept.write_bytes(content.encode())
        assert verify(log.bundle(), checkpoints=[kept, str(kept)]).ok


@pytest.mark.parametrize(
    "text", ["a b c", "a\nb\nc\nd", f"{ORIGIN}\n5\nAAAA", f"{ORIGIN}\n-5\n{'A' * 43}=", "\0 \0 \0", "\ud800 b c"]
)
def test_checkpoint_that_makes_no_sense_is_said_to_make_none(text):
    report = verify(make_village().bundle(), checkpoints=[text])
    assert report.exit_code == 2
    assert report.findings[0].code == "evidence_form"


def test_checkpoint_file_that_is_not_there_is_named():
    report = verify(make_village().bundle(), checkpoints=["no-such-file"])
    assert (report.exit_code, report.findings[0].code, report.findings[0].facts["file"]) == (
        2,
        "no_file",
        "no-such-file",
    )


# Tables


def column(table, row, name, value):
    """A story's bundle in which one cell of a table has been edited."""
    files = make_story().files()
    lines = [line.split(",") for line in files[f"tables/{table}.csv"].decode().splitlines()]
    (line,) = [line for line in lines if line[: len(row)] == row]
    line[lines[0].index(name)] = value
    return files | {f"tables/{table}.csv": "".join(",".join(cells) + "\n" for cells in lines).encode()}


ACCOUNT_CELLS = [
    "unit",
    "class",
    "owner",
    "floor",
    "ceiling",
    "quota",
    "issued",
    "balance",
    "held",
    "ends",
    "to",
    "closed",
]


@pytest.mark.parametrize("name", ACCOUNT_CELLS)
def test_edited_cell_of_an_account_is_named(name):
    finding = found(column("accounts", ["102"], name, "77"))
    assert (finding.code, finding.step, finding.account, finding.facts["column"]) == ("table_cell", "tables", 102, name)
    assert finding.facts["shown"] == "77"


def test_edited_balance_is_named_with_both_numbers():
    finding = found(column("accounts", ["101"], "balance", "1000280"))
    assert (finding.account, finding.facts["shown"], finding.facts["replayed"]) == (101, "1000280", "280")
    assert "101" in finding.text("zh")
    assert "1000280" in finding.text("zh")


@pytest.mark.parametrize("name", ["held", "until", "resolved"])
def test_edited_cell_of_a_hold_is_named(name):
    hold = next(str(entry["seq"]) for entry in make_story().entries if entry["kind"] == "hold")
    finding = found(column("holds", [hold, "101"], name, "7"))
    assert (finding.code, finding.account, finding.facts["column"]) == ("table_cell", 101, name)


@pytest.mark.parametrize("name", ["opening", "added", "taken", "closing"])
def test_edited_cell_of_the_trial_balance_is_named(name):
    finding = found(column("trial_balance", ["min", "101"], name, "7"))
    assert (finding.code, finding.account, finding.facts["column"]) == ("table_cell", 101, name)
    finding = found(column("trial_balance", ["min", "", "total"], name, "7"))
    assert (finding.code, finding.facts["unit"], finding.facts["column"]) == ("table_total", "min", name)


@pytest.mark.parametrize("table", ["accounts", "holds", "trial_balance"])
def test_row_left_out_added_or_doubled_is_found(table):
    files = make_story().files()
    name = f"tables/{table}.csv"
    lines = files[name].splitlines(keepends=True)
    for rows, codes in [
        (lines[:1], {"table_row"}),
        (lines[:1] + lines[2:], {"table_row"}),
        (lines[:-1], {"table_row"}),
        (lines[:2] + lines[1:], {"table_row"}),
        ([*lines, lines[-1]], {"table_extra"}),
        (lines[:1] + lines[:0:-1], {"table_row"}),
        ([], {"table_header"}),
        (lines[1:], {"table_header"}),
        ([*lines[:-1], lines[-1][:-1]], {"table_line"}),
        ([*lines[:-1], b"\xff\n"], {"table_line"}),
        ([*lines[:-1], b"\n"], {"table_row"}),
        ([*lines[:-1], lines[-1][:-1] + b",\n"], {"table_row"}),
        ([*lines[:-1], b"1" * 20_000 + b"\n"], {"file_large"}),
    ]:
        assert found(files | {name: b"".join(rows)}).code in codes


def test_numbers_written_otherwise_are_refused():
    for number in ("+280", "0280", "280.0", "2.8e2", " 280", "２８０"):
        assert found(column("accounts", ["101"], "balance", number)).account == 101


def test_table_with_carriage_returns_is_well():
    files = make_story().files()
    for name in list(files):
        if name.startswith("tables/"):
            files[name] = files[name].replace(b"\n", b"\r\n")
    assert verify(zipped(files)).ok


def test_trial_balance_of_a_later_month_has_opening_balances():
    log = make_story()
    log.post({1: -5, 102: 5}, at=instant(2026, 9, 3))
    log.open(400, at=instant(2026, 10, 2))
    september = (instant(2026, 9, 1), instant(2026, 10, 1))
    assert verify(log.bundle(period=september)).ok
    rows = log.files(period=september)["tables/trial_balance.csv"].decode().splitlines()
    assert [row for row in rows if row.startswith("min,102,")] == ["min,102,member,60,5,0,65"]
    assert not [row for row in rows if row.startswith("min,400,")]
    for period in ((0, 0), (0, 1), (log.at, log.at), (log.at, log.at + 1), (0, 2**53 - 1)):
        assert verify(log.bundle(period=period)).ok


def test_balances_of_the_wrong_month_are_found():
    log = make_story()
    files = log.files() | {
        name: body for name, body in table_files(log.entries, (0, 1)).items() if name == "tables/trial_balance.csv"
    }
    assert found(files).code in ("table_row", "table_extra")


# Details


def with_details(log, **options):
    return log.files(details=True) | {"details.jsonl": log.details_file(**options)}


def test_details_agree():
    report = verify(make_story().bundle(details=True))
    assert report.checked["details"] == {"shown": 10, "erased": 0}
    assert report.passed[-1] == "details"


def test_edited_detail_or_salt_is_found_at_its_entry():
    log = make_story()
    seq = min(log.details)
    salt, content = log.details[seq]
    for changed in ((salt, content.replace("400", "401")), (sha256(salt), content), (salt, content + " ")):
        log.details[seq] = changed
        finding = found(with_details(log))
        assert (finding.code, finding.seq, finding.step) == ("ref", seq, "details")


def test_ref_of_another_detail_is_found():
    log = make_village()
    seq = log.post({101: -1, 102: 1}, ref="ab" * 32)
    finding = found(with_details(log))
    assert (finding.code, finding.seq) == ("ref", seq)


def test_missing_detail_is_found_unless_an_account_was_erased():
    log = make_story()
    for seq in log.details:
        finding = found(with_details(log, without=[seq]))
        assert (finding.code, finding.seq) == ("detail_missing", seq)


def test_details_of_an_erased_account_may_be_missing():
    log = make_village()
    log.open(105)
    kept = log.post({101: -1, 102: 1})
    gone = [
        log.post({101: -10, 105: 10}),
        log.hold({101: -5, 105: 5}),
    ]
    gone.append(log.capture(gone[1], {101: -5, 102: 5}))  # names 105 only in its hold
    gone.append(log.reverse(gone[0]))  # names 105 only in what it reverses
    log.add("close", account=105)
    assert found(with_details(log, without=gone)).code == "detail_missing"
    log.add("erase", accounts=[105])
    report = verify(zipped(with_details(log, without=gone)))
    assert report.checked["details"]["erased"] == 4
    assert verify(log.bundle(details=True)).ok
    assert found(with_details(log, without=[kept])).seq == kept


def test_detail_of_an_entry_that_has_none_is_found():
    log = make_village()
    log.details[2] = (bytes(32), "{}")
    finding = found(with_details(log))
    assert (finding.code, finding.seq) == ("detail_extra", 2)
    del log.details[2]
    log.details[log.size] = (bytes(32), "{}")
    assert found(with_details(log)).code == "detail_extra"


SERVICE = {"credited": 90, "rounding": 15, "spans": [[5521, 100]], "uncapped": 90, "use_case": "时间"}


@pytest.mark.parametrize(
    "detail, code",
    [
        (SERVICE, None),
        (SERVICE | {"spans": [[3600, 100], [1800, 100]]}, None),
        (SERVICE | {"spans": [[3600, 150]]}, None),
        (SERVICE | {"spans": [[6300, 100]], "uncapped": 105}, None),
        ({"credited": 90}, None),
        ({}, None),
        (SERVICE | {"credited": 91}, "credited"),
        ({"credited": "90"}, "credited"),
        ({"credited": True}, "credited"),
        (SERVICE | {"uncapped": 105}, "uncapped"),
        (SERVICE | {"spans": [[5399, 100]]}, "uncapped"),
        (SERVICE | {"spans": [[5399, 100]], "uncapped": 75}, "above_uncapped"),
        (SERVICE | {"spans": []}, "uncapped"),
        (SERVICE | {"spans": 5}, "spans"),
        (SERVICE | {"spans": [[5521]]}, "spans"),
        (SERVICE | {"spans": [[5521, -100]]}, "spans"),
        (SERVICE | {"spans": [["5521", 100]]}, "spans"),
        (SERVICE | {"rounding": 0}, "spans"),
        (SERVICE | {"rounding": "15"}, "spans"),
        ({k: v for k, v in SERVICE.items() if k != "rounding"}, "spans"),
        ({k: v for k, v in SERVICE.items() if k != "uncapped"}, "spans"),
        ({k: v for k, v in SERVICE.items() if k != "credited"}, "spans"),
        ({k: v for k, v in SERVICE.items() if k != "credited"} | {"held": 90}, "spans"),
    ],
)
def test_credited_time_is_recomputed_from_its_spans(detail, code):
    log = make_village()
    seq = log.post({1: -90, 101: 90}, detail=detail)
    if code is None:
        assert verify(log.bundle(details=True)).ok
    else:
        finding = found(log.files(details=True))
        assert (finding.code, finding.seq) == (code, seq)


def test_detail_of_a_hold_or_reversal_agrees_with_its_amount():
    for held, code in ((10, None), (11, "credited")):
        log = make_village()
        log.hold({101: -10, 102: 10}, detail={"held": held})
        assert [finding.code for finding in verify(log.bundle(details=True)).findings] == ([code] if code else [])
    for credited, code in ((10, None), (-10, "credited")):
        log = make_village()
        log.reverse(log.post({101: -10, 102: 10}), detail={"credited": credited})
        assert [finding.code for finding in verify(log.bundle(details=True)).findings] == ([code] if code else [])


@pytest.mark.parametrize(
    "text",
    ['{"a": 1}', '{"b":1,"a":2}', '{"a":1.5}', '{"a":1,"a":1}', '{"a":-0}', '{"a":"\\u4e2d"}', '{"a":NaN}', "{", '{"a":9007199254740992}',
     "[" * 5000 + "]" * 5000, '{"a":' + "9" * 5000 + "}"],
)  # fmt: skip
def test_detail_that_is_not_canonical_is_refused(text):
    log = make_village()
    salt = bytes(32)
    seq = log.post({101: -1, 102: 1}, ref=sha256(b"\x02" + salt + text.encode()).hex())
    log.details[seq] = (salt, text)
    finding = found(with_details(log))
    assert (finding.code, finding.seq) == ("detail_json", seq)


def test_lines_of_details_in_another_form_are_refused():
    log = make_village()
    files = log.files(details=True)
    first, second = files["details.jsonl"].splitlines(keepends=True)
    for content, code in [
        (second + first, "detail_missing"),
        (first + second + first, "detail_order"),
        (first + first, "detail_order"),
        (b"", "detail_missing"),
        (first, "detail_missing"),
        (first + second[:-1], "detail_form"),
        (first + b"\n" + second, "detail_form"),
        (first.replace(b":", b": ", 1) + second, "detail_form"),
        (first.replace(b'"seq"', b'"sec"') + second, "detail_form"),
        (b"[]\n", "detail_form"),
        (b"[" * 100_000 + b"\n", "detail_form"),
        (b"\xff\n", "detail_form"),
        (b" " * (2**20 + 1), "file_large"),
    ]:
        assert found(files | {"details.jsonl": content}).code == code


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_flipped_bit_of_any_file_is_let_pass(data):
    files = FLIPPED.files(details=True, checkpoints=(20,))
    name = data.draw(st.sampled_from(sorted(set(files) - {"policy.json"})))
    body = bytearray(files[name])
    position = data.draw(st.integers(0, len(body) - 1))
    body[position] ^= 1 << data.draw(st.integers(0, 7))
    report = verify(zipped(files | {name: bytes(body)}), checkpoints=[FLIPPED.lines()])
    # Nothing proves when the bundle was made, and a period a moment longer may have the same trial balance.
    assert not report.ok or json.loads(files[name]) | json.loads(body) | UNPROVED == json.loads(files[name]) | UNPROVED


FLIPPED = make_story()
UNPROVED = {"made_at": 0, "period": []}


def test_period_of_a_day_is_reckoned_by_the_time_of_booking():
    log = make_story()
    assert verify(log.bundle(period=(log.at - DAY_MS, log.at + 1))).ok
