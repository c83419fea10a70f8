"""docs/threats.md claims nothing that no test shows: every test and file that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/threats.md").read_text(encoding="utf-8")


def rows() -> list[list[str]]:
    """The rows of its tables: who, what stops it, where, tests, what remains."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| who, and what |")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_row_names_tests_that_exist() -> None:
    there = {
        name
        for path in ROOT.glob("tests/**/*.py")
        for name in re.findall(r"^\s*def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 80
    assert named - there == set()
    assert [row[0] for row in rows() if not re.search(r"`test_\w+`", row[3])] == []


def test_every_row_names_places_that_exist() -> None:
    for row in rows():
        places = re.findall(r"`([\w./]+(?:\.py|/))`", row[2])
        for place in places:
            found = (ROOT / place).exists() or any(ROOT.glob(f"timebank/**/{place}"))
            assert found, place
