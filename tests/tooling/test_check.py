"""`make check` fails when anything fails, is too slow, or runs no test at all."""

import sys
from itertools import combinations
from pathlib import Path

import pytest
from _pytest.mark.expression import Expression

from tools import check
from tools.check import Outcome, Suite, report, run, run_all

MARKS = [
    " ".join(marks) for size in range(5) for marks in combinations(["browser", "faults", "postgres", "slow"], size)
]


def suite(code: str, *, budget_seconds: int = 60) -> Suite:
    return Suite("made-up", [sys.executable, "-c", code], budget_seconds)


def test_a_command_that_succeeds_is_ok(capfd: pytest.CaptureFixture[str]):
    assert report([run(suite("print('fine')"))], 1.0) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "1 passed, 0 failed"


def test_a_command_that_fails_fails_the_whole(capfd: pytest.CaptureFixture[str]):
    outcomes = [run(suite("raise SystemExit(3)")), run(suite("pass"))]
    assert report(outcomes, 1.0) == 1
    assert capfd.readouterr().out.splitlines()[-1] == "1 passed, 1 failed"


def test_over_its_time_is_a_failure(capsys: pytest.CaptureFixture[str]):
    assert report([Outcome(suite("pass", budget_seconds=1), 0, seconds=1.5, passed=1)], 1.5) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 1 failed"


def test_what_hangs_is_stopped():
    outcome = run(suite("import threading; threading.Event().wait(60)", budget_seconds=1))
    assert outcome.verdict == "FAILED"
    assert outcome.seconds < 20


def test_suites_run_two_at_a_time_and_those_that_run_alone_after_them(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    def made(name: str, waits_for: str, **more: bool) -> Suite:
        code = (
            f"import pathlib, time; here = pathlib.Path({str(tmp_path)!r}); (here / {name!r}).touch()\n"
            f"while not (here / {waits_for!r}).exists(): time.sleep(0.01)\n"
            f"print({name!r}, 'is done'); (here / {name + '.done'!r}).touch()"
        )
        return Suite(name, [sys.executable, "-c", code], 60, **more)

    suites = [made("alone", "second.done", alone=True), made("first", "second"), made("second", "first")]
    outcomes = run_all(suites)
    assert [(outcome.suite.name, outcome.verdict) for outcome in outcomes] == [
        ("alone", "ok"),
        ("first", "ok"),
        ("second", "ok"),
    ]
    assert "== second ==\nsecond is done\n" in capfd.readouterr().out


def test_settings_of_a_server_of_ones_own_do_not_reach_the_tests(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TIMEBANK_DATABASE_URL", "sqlite:////somebody/elses.sqlite")
    code = "import os; raise SystemExit('TIMEBANK_DATABASE_URL' in os.environ)"
    assert run(suite(code)).verdict == "ok"


def test_tests_are_counted_one_by_one_and_none_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(check, "RESULTS", tmp_path)
    (tmp_path / "test_three.py").write_text(
        "import pytest\n"
        "def test_a(): pass\n"
        "def test_b(): assert False\n"
        "def test_c(): pytest.skip()\n",
        encoding="utf-8",
    )  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    outcome = run(Suite("three", command, 60, is_pytest=True))
    assert (outcome.passed, outcome.failed, outcome.skipped, outcome.verdict) == (1, 1, 1, "FAILED")
    nothing = run(Suite("nothing", [*command, "-k", "no_such_test"], 60, is_pytest=True))
    assert (nothing.passed, nothing.failed, nothing.verdict) == (0, 1, "FAILED")


@pytest.mark.parametrize("marks", MARKS)
def test_every_test_belongs_to_exactly_one_suite(marks: str):
    def matches(name: str, /, **_: str | int | bool | None) -> bool:
        return name in marks.split()

    expressions = [Expression.compile(suite.command[suite.command.index("-m") + 1]) for suite in check.TESTS]
    assert sum(expression.evaluate(matches) for expression in expressions) == 1


@pytest.mark.parametrize("ci, failed", [("true", 1), ("", 0)])
def test_what_is_skipped_for_want_of_a_tool_has_failed_in_ci(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, failed: int
):
    monkeypatch.setattr(check, "RESULTS", tmp_path)
    monkeypatch.setenv("CI", ci)
    (tmp_path / "test_two.py").write_text(
        "import pytest\n"
        "@pytest.mark.skipif(True, reason='a tool is not installed')\n"
        "def test_a(): pass\n"
        "def test_b(): pytest.skip('of another database')\n",
        encoding="utf-8",
    )  # fmt: skip
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.needed"]
    outcome = run(Suite("two", [*command, "--rootdir", str(tmp_path), str(tmp_path)], 60, is_pytest=True))
    assert (outcome.failed, outcome.skipped) == (failed, 2 - failed)
