"""Long logs: memory that does not grow with them, and a short cut through plain posts that never judges otherwise."""

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import verify as module
from ledger.verify import Bundle, Reading, Replay, Shelf, UsedIds, edge_of, told, verify
from tests.ledger.independent_log import DAY_MS, canonical, instant, make_story, make_village, request_key, root_of
from tests.ledger.long_log import MEMORY_FOR_TEN_MILLION, run_verify, write_long_bundle


class Leaves(Bundle):
    """What a replay needs of a bundle."""

    def __init__(self, log):
        self.period = (0, log.at + 1)
        self.first_key = log.signer.public
        self._leaves = log.leaves

    def leaf(self, seq):
        return self._leaves[seq]


class Longhand(Replay):
    """The replay without its short cut."""

    def _plain_post(self, leaf, seq):
        return False


class Counting(Replay):
    """The replay that counts what it does at length."""

    at_length = 0

    def apply(self, entry):
        self.at_length += 1
        super().apply(entry)


def verdict(kind, log):
    """What a replay says of a log, and how it leaves the books."""
    with kind(Leaves(log)) as replay:
        wrong = replay.read(log.leaves, 0) or replay.used_twice()
        if wrong is not None:
            return wrong.code, wrong.facts
        return replay.accounts, list(replay.holds.items()), replay.at, replay.hold_count


def agree(log):
    short, long = verdict(Replay, log), verdict(Longhand, log)
    assert short == long
    return short[0] if isinstance(short[0], str) else "well"


def make_busy():
    """A village where the short cut is taken often and several accounts have rules of their own."""
    log = make_village()
    log.open(104, "gift", owner=102, ends=instant(2028, 9, 1), to=["member", "pool"])
    log.open(107, "gift", owner=103, ends=instant(2026, 9, 1))
    log.open(105)
    log.open(106)
    log.add("close", account=106)
    log.open(108)
    log.limit(108, floor=-500)
    log.add("close", account=108)
    log.limit(105, floor=-50, ceiling=200)
    for number in range(12):
        log.post({101: -5, 102: 5} if number % 2 else {102: -3, 105: 3})
    log.post({1: -20, 103: 20})
    log.open(109, to=["pool"])
    log.open(110, ends=instant(2026, 9, 1))
    for account in (109, 110):
        log.post({1: -20, account: 20})
    log.hold({105: -30, 103: 30})
    log.post({101: -4, 107: 4})
    return log


BUSY = make_busy()
PLAIN = [seq for seq, entry in enumerate(BUSY.entries) if entry["kind"] == "post"]


def test_short_cut_is_taken_by_plain_posts():
    with Counting(Leaves(BUSY)) as replay:
        assert replay.read(BUSY.leaves, 0) is None
        assert BUSY.size - len(PLAIN) <= replay.at_length < BUSY.size - len(PLAIN) + 8
    assert agree(BUSY) == "well"


VALUES = {
    "at": [instant(2026, 9, 1), instant(2026, 9, 1) - 1, 0, 1, BUSY.at - 10**6, BUSY.at + 10**6, 2**53 - 1, 2**53, True, "1", 1.0, -1],
    "id": [BUSY.entries[5]["id"], BUSY.entries[PLAIN[-2]]["id"], "0198f0c2d1e07a3c8f00112233440001", "0" * 32, "", None],
    "on": ["2026-08-02", "2026-07-31", "2026-02-29", "9999-12-31", "1899-12-31", "2026-8-1", 20260801],
    "ref": ["0" * 64, "A" * 64, "0" * 63, "0" * 65, None],
    "seq": [0, 1, 2, 16, 10**9, -1, "16"],
    "v": [2, True, 1.0, "1"],
    "kind": ["hold", "note", "posts", None],
    "cites": [0, 5, 12, 10**6],
    "legs": [
        [[a, -n], [b, m]]
        for a, b, n, m in [
            (101, 102, 1, 1), (102, 101, 1, 1), (101, 102, 10**6, 10**6), (101, 102, 5, 6), (1, 101, 5, 5), (1, 101, 10**6, 10**6),
            (101, 104, 2, 2), (101, 105, 300, 300), (101, 106, 1, 1), (101, 201, 1, 1), (1, 11, 1, 1), (101, 999, 1, 1),
            (102, 103, 1, 1), (102, 104, 1, 1), (101, 102, -1, -1), (101, 103, 2**53, 2**53), (1, 103, 2000, 2000), (0, 101, 1, 1),
            (101, 102, 2**53 - 1, 2**53 - 1), (105, 106, 1, 1), (102, 108, -1, -1), (102, 109, -1, -1), (103, 107, 2, 2), (101, 107, 1, 1), (102, 105, -60, -60), (102, 110, -1, -1), (102, 107, 2, 2), (105, 201, 60, 60), (101, 102, 0, 0), (1, 2, 5, 5), (3, 4, 1, 1),
        ]
    ] + [[[101, -1]], [[101, -1], [102, -1]], [[101, 1], [102, 1]], [[101, -2], [102, 1], [103, 1]], [], [[101, 5], [102, -5]], [[3, 5], [102, -5]], [[1, 5], [102, -5]], [[105, -60], [102, 60]]],
}  # fmt: skip


def test_short_cut_judges_each_payment_before_and_after_an_end_as_the_long_way_does():
    log = make_busy()
    last, verdicts = dict(log.entries[-1]), set()
    for legs in VALUES["legs"]:
        for at in (last["at"], instant(2026, 9, 1) - 1, instant(2026, 9, 1)):
            log.leaves[-1] = canonical(last | {"legs": legs, "at": at}).encode()
            verdicts.add(agree(log))
    assert verdicts >= {
        "well",
        "ended",
        "to_forbids",
        "closed_account",
        "insufficient",
        "quota",
        "one_hop",
        "unit_mismatch",
    }


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_short_cut_judges_changed_posts_as_the_long_way_does(data):
    log = make_busy()
    seq = data.draw(st.sampled_from(PLAIN))
    way = data.draw(st.sampled_from(["field", "field", "two fields", "byte", "text"]))
    if way == "byte":
        leaf = bytearray(log.leaves[seq])
        leaf[data.draw(st.integers(0, len(leaf) - 1))] ^= data.draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))
        log.leaves[seq] = bytes(leaf)
    elif way == "text":
        text = log.leaves[seq].decode()
        place = data.draw(st.integers(0, len(text)))
        added = data.draw(st.sampled_from([" ", "0", "-", "1", ",", '"', "\n", "]", "[", "}", "e0", ".0", "\u0661"]))
        log.leaves[seq] = (text[:place] + added + text[place:]).encode()
    else:
        entry = dict(log.entries[seq])
        for _ in range(1 + (way == "two fields")):
            name = data.draw(st.sampled_from(sorted(VALUES)))
            entry[name] = data.draw(st.sampled_from(VALUES[name]))
        log.leaves[seq] = canonical({name: value for name, value in entry.items() if value is not None}).encode()
    assert agree(log)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_short_cut_judges_whole_stories_as_the_long_way_does(data):
    """Random histories, many of them wrong somewhere: what is wrong first, and where, must be the same."""
    log = make_busy()
    accounts = [1, 2, 3, 4, 11, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 201]
    holds = []
    for _ in range(data.draw(st.integers(1, 12))):
        verb = data.draw(
            st.sampled_from(["post"] * 8 + ["hold", "capture", "close", "limit", "lot", "time", "chain", "back"])
        )
        payer, payee = (data.draw(st.sampled_from(accounts)) for _ in "ab")
        amount = data.draw(st.sampled_from([1, 5, 50, 60, 150, 400, 10**5]))
        legs = {payer: -amount, payee: amount} if payer != payee else {payer: -amount, 103: amount}
        if verb == "post":
            log.post(legs)
        elif verb == "chain":
            key = request_key(log.size, log.at)
            log.post(legs, id=key)
            log.post({101: -1, 102: 1}, id=f"{key[:28]}{data.draw(st.sampled_from([0, 1, 2])):04x}")
        elif verb == "back":
            log.post({101: -1, 102: 1}, at=log.at - data.draw(st.sampled_from([0, 1])))
        elif verb == "hold":
            holds.append((log.hold(legs), legs))
        elif verb == "capture" and holds:
            hold, held = holds.pop()
            log.capture(hold, held)
        elif verb == "close":
            log.add("close", account=payer)
        elif verb == "limit":
            log.limit(payer, floor=-amount, ceiling=amount)
        elif verb == "lot":
            log.open(300 + log.size, "gift", owner=payer, ends=instant(2026, 9, 1))
        elif verb == "time":
            log.at += data.draw(st.sampled_from([DAY_MS, 60 * DAY_MS]))
    assert agree(log)


def test_short_cut_lets_no_amount_beyond_all_numbers_pass():
    """With a floor as low as can be and a debt on the other side, nothing else would stand in its way."""
    log = make_village()
    log.limit(101, floor=-(2**53 - 1))
    log.limit(102, floor=-100)
    log.post({102: -61, 103: 61})
    log.post({101: -(2**53), 102: 2**53})
    assert agree(log) == "leaf_type"


def test_second_use_of_an_id_is_named_before_what_is_wrong_later(monkeypatch):
    """Ids are compared in blocks; the first fault is still the one that is told."""
    for block in (1, 2, 3, 5, 1000):
        monkeypatch.setattr(module, "FRESH_IDS", block)
        log = make_busy()
        again = log.post({101: -1, 102: 1}, id=log.entries[10]["id"])
        for number in range(7):
            log.note("month", str(number), {})
        log.post({101: -(10**9), 102: 10**9})
        assert agree(log) == "id"
        assert verdict(Replay, log)[1]["seq"] == again
        assert verdict(Replay, make_story())[2] > 0


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 9))
def test_used_ids_finds_the_first_second_use(keys, block):
    disk = sqlite3.connect("", isolation_level=None)
    ids = UsedIds(disk)
    before, module.FRESH_IDS = module.FRESH_IDS, block
    try:
        for seq, key in enumerate(keys):
            ids.add(b"%028x" % key, seq)
        expected = next(((seq, b"%028x" % key) for seq, key in enumerate(keys) if key in keys[:seq]), None)
        assert ids.used_twice() == expected
    finally:
        module.FRESH_IDS = before
        disk.close()


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=60), st.integers(1, 500))
def test_shelf_is_a_dict_whatever_is_on_disk(puts, weight):
    disk = sqlite3.connect("", isolation_level=None)
    shelf, model = Shelf(disk, "things"), {}
    before, module.FRESH_BYTES = module.FRESH_BYTES, weight
    try:
        for number, value in puts:
            shelf.put(number, [value])
            model[number] = [value]
            assert shelf.get(number) == [value]
        assert all(shelf.get(number) == model.get(number) for number in range(21))
        assert list(shelf.items()) == sorted(model.items())
    finally:
        module.FRESH_BYTES = before
        disk.close()


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70))
def test_edge_of_a_row_folds_to_the_root_of_the_recursion(hashes):
    assert module._folded(edge_of(hashes)) == root_of(hashes)


def test_roots_at_every_size_are_those_of_the_recursion():
    log = make_village()
    while log.size < 530:
        log.note("month", str(log.size), {})
    reading = Reading(Bundle(log.bundle(tables=False)), range(531))
    for size in (0, 1, 2, 255, 256, 257, 300, 511, 512, 513, 529, 530):
        assert reading.roots[size] == log.root(size), size


def test_ids_of_a_folder_that_is_full_are_said_to_find_no_room(monkeypatch):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(module.UsedIds, "_flush", full)
    report = verify(make_village().bundle())
    assert (report.findings[0].code, report.exit_code) == ("no_room", 2)
    assert "TMPDIR" in told(report, "zh")


def test_memory_hardly_grows_with_the_log(tmp_path):
    """An entry costs so little that ten million stay below one gibibyte; accounts are the same in both logs."""
    peaks = []
    for size in (70_000, 200_000):
        path = tmp_path / f"{size}.zip"
        write_long_bundle(path, size, mixed=True)
        done = run_verify(path, "--progress")
        peaks.append(done.peak_bytes)
    assert "read 200" in done.shown.replace("\r", "\n").split("\n")[-2]
    growth = (peaks[1] - peaks[0]) / 130_000
    assert peaks[1] + growth * (10_000_000 - 200_000) < MEMORY_FOR_TEN_MILLION, (peaks, growth)


@pytest.mark.parametrize("mixed", [False, True])
def test_long_bundle_is_well(tmp_path, mixed):
    path = tmp_path / "bundle.zip"
    log = write_long_bundle(path, 3_000, mixed=mixed)
    report = verify(path)
    assert report.ok, report.findings
    assert report.checked["entries"] == log.size
