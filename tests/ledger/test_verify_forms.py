"""An entry has one form only: whatever a lenient reader would forgive is refused, and the entry is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.verify import Wrong, read_leaf, verify
from tests.ledger.format_vectors import INVALID_LEAVES, VALID_LEAVES
from tests.ledger.independent_log import canonical, make_story, make_village


def refusal(leaf, seq):
    with pytest.raises(Wrong) as wrong:
        read_leaf(leaf, seq)
    return wrong.value


@pytest.mark.parametrize("seq, leaf", [pytest.param(*case, id=case[1][:40]) for case in VALID_LEAVES])
def test_valid_leaf_is_read(seq, leaf):
    assert read_leaf(leaf.encode(), seq) == json.loads(leaf)


@pytest.mark.parametrize("reason, code, seq, leaf", [pytest.param(*case, id=case[0]) for case in INVALID_LEAVES])
def test_invalid_leaf_is_refused_for_its_reason(reason, code, seq, leaf):
    assert refusal(leaf.encode(), seq).code == code


def spoilt(old, new):
    """A story whose post of 30 minutes has been written otherwise; its index with it."""
    log = make_story()
    seq = next(n for n, entry in enumerate(log.entries) if entry.get("legs") == [[101, -30], [104, 30]])
    assert old in log.leaves[seq]
    log.leaves[seq] = log.leaves[seq].replace(old, new, 1)
    return log, seq


@pytest.mark.parametrize(
    "old, new, code",
    [
        (b"[101,-30]", b"[101,-30.0]", "leaf_type"),
        (b"[101,-30]", b"[101,-3e1]", "leaf_type"),
        (b"[101,-30]", b"[101,NaN]", "leaf_type"),
        (b"[101,-30]", b"[101,-Infinity]", "leaf_type"),
        (b"[101,-30]", b"[101,-0]", "leaf_type"),
        (b"[101,-30]", b"[101,-030]", "leaf_json"),
        (b"[101,-30]", b"[101, -30]", "leaf_canonical"),
        (b"[101,-30]", b"[101,null]", "leaf_type"),
        (b"[101,-30]", b"[101,-31]", "leaf_sum"),
        (b"[101,-30]", b"[101,-" + b"9" * 5000 + b"]", "leaf_json"),
        (b'"v":1', b'"v":true', "leaf_type"),
        (b'"v":1', b'"v":1.0', "leaf_type"),
        (b'"v":1', b'"v":2', "leaf_type"),
        (b'"v":1', b'"v":1,"v":1', "leaf_duplicate"),
        (b'"v":1', b'"v":1,"w":1', "leaf_field"),
        (b',"v":1', b"", "leaf_missing"),
        (b'"kind":"post"', b'"kind":"p\\u006fst"', "leaf_canonical"),
        (b'"kind":"post"', b'"kind":"p\xc3\xb6st"', "leaf_ascii"),
        (b'"kind":"post"', b'"kind":"gift"', "leaf_kind"),
        (b'"kind":"post"', b'"kind":["post"]', "leaf_kind"),
        (b'{"at"', b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b',"at"', "leaf_json"),
        (b'{"at"', b'\xef\xbb\xbf{"at"', "leaf_ascii"),
        (b'{"at"', b'[{"at"', "leaf_json"),
        (b'"on":"2026-08-01"', b'"on":"2026-02-29"', "leaf_type"),
        (b'"on":"2026-08-01"', b'"on":"2026-8-1"', "leaf_type"),
        (b'"on":"2026-08-01"', b'"on":"20260801"', "leaf_type"),
        (b'"on":"2026-08-01"', b'"on":"1899-12-31"', "leaf_type"),
    ],
)
def test_entry_written_otherwise_is_refused_and_named(old, new, code):
    log, seq = spoilt(old, new)
    (finding,) = verify(log.bundle(tables=False)).findings
    assert (finding.code, finding.seq, finding.step) == (code, seq, "rules")


def test_entry_with_its_keys_in_another_order_is_refused():
    log = make_village()
    leaf = "{" + '"v":1,' + canonical({k: v for k, v in log.entries[-1].items() if k != "v"})[1:]
    log.leaves[-1] = leaf.encode()
    (finding,) = verify(log.bundle(tables=False)).findings
    assert (finding.code, finding.seq) == ("leaf_canonical", log.size - 1)


def test_empty_entry_is_refused():
    log = make_village()
    log.append(b"")
    assert verify(log.bundle(tables=False)).findings[0].code == "leaf_json"


def test_entry_of_a_thousand_legs_is_read():
    log = make_village()
    for account in range(1000, 1999):
        log.open(account)
    log.post({1: -999 * 30} | dict.fromkeys(range(1000, 1999), 30))
    assert verify(log.bundle()).ok


@given(st.data())
def test_no_changed_byte_of_an_entry_goes_unnoticed(data):
    """A changed leaf is either refused or another well-formed leaf, and never read as the one it was."""
    seq, text = data.draw(st.sampled_from(VALID_LEAVES))
    leaf = bytearray(text.encode())
    position = data.draw(st.integers(0, len(leaf) - 1))
    leaf[position] ^= data.draw(st.integers(1, 255))
    try:
        entry = read_leaf(bytes(leaf), seq)
    except Wrong:
        return
    assert entry != json.loads(text)
    assert canonical(entry).encode() == leaf


@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=5), st.data()
)
def test_no_value_of_a_wrong_type_goes_unnoticed(value, data):
    seq, text = data.draw(st.sampled_from(VALID_LEAVES))
    entry = json.loads(text)
    name = data.draw(st.sampled_from(sorted(entry)))
    changed = json.dumps(entry | {name: value}, sort_keys=True, separators=(",", ":")).encode()
    try:
        assert read_leaf(changed, seq) == entry | {name: value}
    except Wrong:
        return
    assert type(value) is type(entry[name])


@given(st.binary(max_size=200))
def test_bytes_that_are_no_entry_are_refused_without_a_fault(content):
    refusal(content, 0)
