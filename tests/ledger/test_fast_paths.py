"""What the writer does quickly is what it does slowly: each short way is put beside the long one."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import rules, tree
from ledger.entries import canonical, encode, encode_post
from ledger.errors import BadEntry, LedgerRefused
from ledger.rules import Account, Note, Rule, State
from ledger.units import LARGEST

AT = 1_785_600_000_000
DAYS = [
    "2026-07-31",
    "2026-08-01",
    "2026-08-02",
    "2026-08-03",
]  # at AT it is the second of them, or the third in the east
AMOUNTS = [1, 20, 60, 90, 120, 121, LARGEST - 60, LARGEST]


ODD: dict[str, list[Any]] = {
    "unit": ["pt"],
    "class_": ["issue", "opening", "pool", "lapsed", "clearing"],
    "owner": [1, 3],
    "ceiling": [0, 40, LARGEST],
    "ends": [AT - 1, AT, AT + 1],
    "to": [frozenset({"pool"}), frozenset({"member", "issue"})],
    "floor": [-LARGEST, -60, 60],
    "quota": [0, 60],
    "issued": [40, LARGEST - 20],
    "balance": [0, -20, LARGEST, -LARGEST],
    "held": [100],
    "closed": [5],
}


@st.composite
def accounts(draw: st.DrawFn) -> list[Account]:
    """Three members' accounts of which a thing or two may be out of the common: a lot of another, ended, bound, closed, an issue..."""
    made = [Account(number, "min", "member", number, quota=LARGEST, balance=120) for number in (1, 2, 3)]
    for name in draw(st.lists(st.sampled_from(sorted(ODD)), max_size=3)):
        setattr(draw(st.sampled_from(made)), name, draw(st.sampled_from(ODD[name])))
    return made


def state_of(found: list[Account]) -> State:
    state = State()
    state.rule = Rule(0, 1, 1, "+08:00")
    state.size, state.at = 10, AT
    state.notes[3] = Note(3, "publicity_batch", "batch 1", "ab" * 32)
    state.remember(copy.deepcopy(found))
    state.mark()
    return state


def told(state: State) -> list[dict[str, Any]]:
    return [{name: getattr(one, name) for name in Account.__slots__} for one in state.accounts.values()]


@settings(max_examples=500)
@given(
    found=accounts(),
    numbers=st.sampled_from([(1, 2), (1, 3), (2, 3), (2, 4)]),
    amount=st.sampled_from([*AMOUNTS, *(-one for one in AMOUNTS)]),
    on=st.sampled_from([*DAYS[:2], *DAYS]),
    cites=st.sampled_from([None, None, 3, 4]),  # the fourth entry is no note
)
def test_a_post_booked_plainly_is_one_that_the_rules_allow_and_leaves_what_they_leave(
    found: list[Account], numbers: tuple[int, int], amount: int, on: str, cites: int | None
) -> None:
    legs = [(numbers[0], amount), (numbers[1], -amount)]
    plain, full = state_of(found), state_of(found)
    before = told(plain)
    if rules.post_plainly(plain, legs, on, cites, AT):
        rules.post(full, legs, on, cites, AT)
        assert told(plain) == told(full)
        plain.undo((10, AT))
    # A refusal, or a post that takes the long way, must find everything as it was.
    touched = [{**one, "touched": -1} for one in told(plain)]
    assert touched == before


def test_the_commonest_posts_are_booked_plainly() -> None:
    found = [Account(1, "min", "issue", 1, quota=500), Account(2, "min", "member", 2), Account(3, "min", "pool", 3)]
    state = state_of(found)
    assert rules.post_plainly(state, [(1, -90), (2, 90)], DAYS[1], None, AT)
    assert rules.post_plainly(state, [(2, -60), (3, 60)], DAYS[1], None, AT)
    assert not rules.post_plainly(state, [(2, -60), (3, 60)], DAYS[1], None, AT)
    assert [one.balance for one in state.accounts.values()] == [-90, 30, 60]
    with pytest.raises(LedgerRefused, match="insufficient"):
        rules.post(state, [(2, -60), (3, 60)], DAYS[1], None, AT)


@given(st.lists(st.integers(0, 700), max_size=5))
def test_a_tree_that_grows_by_many_leaves_is_one_that_grew_leaf_by_leaf(counts: list[int]) -> None:
    many, single = tree.Edge(), tree.Edge()
    full: list[bytes] = []
    hashes: list[bytes] = []
    for count in counts:
        leaves = [tree.leaf_hash(b"%d" % (single.size + at)) for at in range(count)]
        made = many.extend(leaves)
        full += made[8] if len(made) > 8 else []
        for leaf in leaves:
            single.append(leaf)
        hashes += leaves
        assert (many.size, many.to_bytes(), many.root()) == (single.size, single.to_bytes(), single.root())
    assert full == [tree.root_of(hashes[at : at + 256]) for at in range(0, len(hashes) - 255, 256)]


plain_json = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-LARGEST, LARGEST), st.text(st.characters(exclude_categories=["Cs"]))
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(st.characters(max_codepoint=127)), inner)),
    max_leaves=12,
)


@given(plain_json)
def test_canonical_json_is_what_the_standard_library_writes_with_sorted_keys(value: Any) -> None:
    written = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    assert canonical(value) == written.encode()


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        LARGEST + 1,
        -LARGEST - 1,
        {"é": 1},
        {1: 1},
        {1: 1, "a": 1},
        {None: 1},
        b"",
        [{"a": 2.0}],
        {"a": LARGEST + 1},
        {1},
    ],
)
def test_canonical_json_has_no_place_for_what_readers_differ_about(value: Any) -> None:
    with pytest.raises(BadEntry):
        canonical(value)


@given(
    st.dictionaries(st.integers(1, LARGEST), st.integers(-LARGEST, LARGEST), min_size=2, max_size=4),
    st.one_of(st.none(), st.integers(0, 99)),
)
def test_a_post_from_the_template_is_the_post_that_json_writes(legs: dict[int, int], cites: int | None) -> None:
    written = sorted(legs.items())
    fields: dict[str, Any] = {"legs": [list(leg) for leg in written], "on": DAYS[0], "ref": "ab" * 32}
    if cites is not None:
        fields["cites"] = cites
    common: dict[str, Any] = {"seq": 12, "at": AT, "id": "0198f0c2d1e07a3c8f00112233440000"}
    assert encode_post(written, on=DAYS[0], ref="ab" * 32, cites=cites, **common) == encode("post", fields, **common)
