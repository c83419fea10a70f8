"""Every number of the policy has a test at its border, and words; a number that nothing asks for says so."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from api.messages import policy as words
from tests.timebank.policy_rows import POINTS, ROWS
from timebank.policy import Policy
from timebank.policy_numbers import NUMBERS

ROOT = Path(__file__).parents[2]
NAMES = [field.name for field in fields(Policy)]


@cache
def _tests_of(file: str) -> dict[str, str]:
    """The source of each test function of a file, with its decorators."""
    text = (ROOT / "tests" / file).read_text()
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            found[node.name] = "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    return found


@cache
def _asked_for() -> frozenset[str]:
    """The numbers that some line of ours reads from a policy."""
    found: set[str] = set()
    for folder in ("timebank", "api"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.name not in {"policy.py", "policy_numbers.py"}:
                found |= set(re.findall(r"\.([a-z_]+)\b", path.read_text()))
    return frozenset(found & set(NAMES))


def _problem(name: str, nodes: tuple[str, ...]) -> str:
    """What is wrong with the tests that are named for a number; empty if nothing is."""
    if not nodes:
        return f"name a test at the border of {name} in tests/timebank/policy_rows.py"
    for node in nodes:
        file, _, test = node.partition("::")
        source = _tests_of(file).get(test)
        if source is None:
            return f"{node} is not there"
        if name not in source:
            return f"{node} does not mention {name}"
    return ""


@pytest.mark.parametrize("name", NAMES)
def test_every_number_that_is_used_has_a_test_at_its_border(name: str) -> None:
    if NUMBERS[name].is_used:
        assert _problem(name, ROWS.get(name, ())) == ""
    else:
        assert name not in ROWS, "it has a test: say in timebank/policy_numbers.py that it is used"


@pytest.mark.parametrize("name", NAMES)
def test_a_number_is_used_exactly_if_something_asks_for_it(name: str) -> None:
    assert NUMBERS[name].is_used == (name in _asked_for())


def test_no_row_is_of_a_number_that_there_is_not() -> None:
    assert set(ROWS) <= set(NAMES)


def test_every_number_and_each_of_its_words_is_there() -> None:
    assert set(words.NUMBERS) == set(NAMES)
    assert {number.group for number in NUMBERS.values()} <= set(words.GROUPS)
    assert {number.source for number in NUMBERS.values()} <= set(words.SOURCES)


def test_a_field_without_a_test_would_be_found() -> None:
    shop = f"{POINTS}::test_shop_opening_days_end_with_the_second_one"
    assert _problem("appeal_days", ()).startswith("name a test")
    assert _problem("appeal_days", (f"{POINTS}::test_nowhere",)).endswith("is not there")
    assert _problem("appeal_days", (shop,)).endswith("does not mention appeal_days")
    assert _problem("shop_opening_days", (shop,)) == ""
