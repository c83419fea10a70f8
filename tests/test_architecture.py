"""What the folders promise about themselves, beyond what import-linter and ruff hold."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOMAIN = sorted((ROOT / "timebank").rglob("*.py"))
LEDGER = sorted((ROOT / "ledger").rglob("*.py"))


def test_importing_the_ledger_costs_nothing() -> None:
    """`import ledger` loads none of its modules and nothing that is installed."""
    code = "import sys; import ledger; print(*sorted(name for name in sys.modules if name.partition('.')[0] in ('ledger', 'sqlalchemy', 'cryptography')))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["ledger"]


def test_the_verifier_stands_alone() -> None:
    """It imports the standard library and nothing else, not even its neighbours."""
    tree = ast.parse((ROOT / "ledger/verify.py").read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize("path", DOMAIN, ids=lambda path: str(path.relative_to(ROOT)))
def test_use_cases_have_no_default_for_who_and_when(path: Path) -> None:
    """`actor`, `now` and `key` are always given; a default would be a clock or a person that nobody chose."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        arguments = function.args
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            assert argument.arg not in ("actor", "now", "key") or default is None, (
                f"{function.name}({argument.arg}=...)"
            )


@pytest.mark.parametrize("path", [*DOMAIN, *LEDGER], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_says_first_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)) or not text.strip()
