"""Run the checks and the tests, each within its time, and say at the end how it went: `make check`.

    python tools/check.py            everything, as CI does
    python tools/check.py tests      the tests only
    python tools/check.py NAME ...   these suites, or all tests of a folder of tests/
    python tools/check.py list       the names

Two suites run beside each other, one for each processor that CI has; what a suite says is shown when it is done. Every
suite runs, whatever became of the others; the exit code is 0 when all are well and within their time.
"""

import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
RESULTS = ROOT / "test-results"
TOTAL_BUDGET_SECONDS = 35 * 60
LANES = 2
RUNNING: list[subprocess.Popen[bytes]] = []  # what is to be stopped with us
CODE = [name for name in ("ledger", "timebank", "api", "tests", "tools", "bench") if (ROOT / name).is_dir()]


@dataclass(frozen=True)
class Suite:
    """One thing that is checked. What takes twice its budget is stopped."""

    name: str
    command: Sequence[str]
    budget_seconds: int
    is_pytest: bool = False
    alone: bool = False  # it kills and waits, and nothing else may run


def tool(name: str, *arguments: str) -> list[str]:
    return [str(BIN / name), *arguments]


def script(name: str, *arguments: str) -> list[str]:
    return [sys.executable, f"tools/{name}.py", *arguments]


def pytest(marks: str, *arguments: str) -> list[str]:
    return tool("pytest", "-q", "-m", marks, *arguments)


CHECKS = (
    Suite("mypy", tool("mypy", "--no-error-summary", *CODE), 180),
    Suite("ruff", tool("ruff", "check", "--quiet", "."), 20),
    Suite("format", tool("ruff", "format", "--check", "--quiet", "."), 20),
    Suite("imports", tool("lint-imports", "--no-logo"), 30),
    Suite("templates", tool("djlint", "--quiet", "--lint", "templates"), 60),
    Suite("translations", script("translations", "check"), 30),
    Suite("migrations", script("check_migrations"), 60),
)

# Together these marks name every test exactly once. The longest first: what is short fills up the end.
TESTS = (
    Suite("browser", pytest("browser and not faults"), 1200, is_pytest=True),
    Suite("slow", pytest("slow and not browser and not faults"), 1300, is_pytest=True),
    Suite("unit", pytest("not postgres and not slow and not browser and not faults"), 900, is_pytest=True),
    Suite("postgres", pytest("postgres and not slow and not browser and not faults"), 800, is_pytest=True),
    Suite("faults", pytest("faults", "tests/faults"), 300, is_pytest=True, alone=True),
)


@dataclass(frozen=True)
class Outcome:
    suite: Suite
    exit_code: int
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def verdict(self) -> str:
        if self.exit_code:
            return "FAILED"
        return "ok" if self.seconds <= self.suite.budget_seconds else "TOO SLOW"


def main() -> None:
    names = sys.argv[1:]
    if names == ["list"]:
        print("\n".join(suite.name for suite in (*CHECKS, *TESTS)))
        return
    suites = chosen(names)
    RESULTS.mkdir(exist_ok=True)
    began = time.monotonic()
    sys.exit(report(run_all(suites), time.monotonic() - began))


def chosen(names: Sequence[str]) -> list[Suite]:
    if not names:
        return [*CHECKS, *TESTS]
    suites: list[Suite] = []
    by_name = {suite.name: suite for suite in (*CHECKS, *TESTS)}
    for name in names:
        if name == "tests":
            suites += TESTS
        elif name in by_name:
            suites.append(by_name[name])
        elif (ROOT / "tests" / name).is_dir():
            suites.append(Suite(name, tool("pytest", "-q", f"tests/{name}"), TOTAL_BUDGET_SECONDS, is_pytest=True))
        else:
            sys.exit(f"no suite {name}: one of {', '.join(by_name)}, tests, or a folder of tests/")
    return suites


def run_all(suites: Sequence[Suite]) -> list[Outcome]:
    """Run suites in order, two at a time, then those that run alone; the outcomes stand in the order of the suites."""
    if len(suites) == 1:
        return [run(suites[0])]
    outcomes: dict[str, Outcome] = {}
    with ThreadPoolExecutor(LANES) as pool:
        try:
            outcomes.update(pool.map(run_told_after, [suite for suite in suites if not suite.alone]))
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in RUNNING:
                os.killpg(process.pid, signal.SIGINT)
            raise
    outcomes.update((suite.name, run(suite)) for suite in suites if suite.alone)
    return [outcomes[suite.name] for suite in suites]


def run_told_after(suite: Suite) -> tuple[str, Outcome]:
    """Run a suite, and print what it said when it is done, in one piece."""
    print(f"{suite.name} begins", flush=True)
    with TemporaryFile("w+") as told:
        outcome = run(suite, told)
        told.seek(0)
        print(f"\n== {suite.name} ==\n{told.read()}\n", end="", flush=True)
    return suite.name, outcome


def run(suite: Suite, told: IO[str] | None = None) -> Outcome:
    """Run one suite; what it says goes into the file `told`, if there is one."""
    if told is None:
        print(f"\n== {suite.name} ==", flush=True)
    results = RESULTS / f"{suite.name}.xml"
    results.unlink(missing_ok=True)
    command = [*suite.command, *([f"--junit-xml={results}"] if suite.is_pytest else [])]
    # What somebody has set for a server of their own must not reach the tests.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIMEBANK_")}
    environment["PATH"] = f"{BIN}{os.pathsep}{environment['PATH']}"
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of processes start, and each would compile all of ours
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=told,
        stderr=None if told is None else subprocess.STDOUT,
        start_new_session=True,
    )
    RUNNING.append(process)
    try:
        exit_code = process.wait(timeout=2 * suite.budget_seconds)
    except subprocess.TimeoutExpired:
        print(f"{suite.name}: stopped after twice its {suite.budget_seconds} s", flush=True)
        os.killpg(process.pid, signal.SIGKILL)
        exit_code = process.wait() or 1
    except KeyboardInterrupt:
        os.killpg(process.pid, signal.SIGINT)
        process.wait()
        raise
    finally:
        RUNNING.remove(process)
    seconds = time.monotonic() - began
    if not suite.is_pytest:
        return Outcome(suite, exit_code, seconds, passed=int(exit_code == 0), failed=int(exit_code != 0))
    passed, failed, skipped = counts(results)
    # A suite that was stopped or that found no test has failed, whatever it counted.
    return Outcome(suite, exit_code, seconds, passed, failed or int(exit_code != 0), skipped)


def counts(results: Path) -> tuple[int, int, int]:
    """Tests passed, failed and skipped, from what pytest wrote; nothing when it wrote nothing."""
    if not results.is_file():
        return 0, 0, 0
    suite = ET.parse(results).getroot().find("testsuite")  # noqa: S314 -- written by our own pytest a moment ago
    if suite is None:
        return 0, 0, 0
    tests, failures, errors, skipped = (int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped"))
    return max(tests - failures - errors - skipped, 0), failures + errors, skipped


def report(outcomes: Sequence[Outcome], total: float) -> int:
    """Print the table; `total` is how long all of it took, in seconds, which is less than the sum where suites ran together."""
    row = "{:<18} {:>8} {:>8} {:>8} {:>9} {:>9}  {}"
    print("\n" + row.format("suite", "passed", "failed", "skipped", "seconds", "budget", "verdict"))
    for outcome in outcomes:
        figures = (outcome.passed, outcome.failed, outcome.skipped, f"{outcome.seconds:.1f}")
        print(row.format(outcome.suite.name, *figures, outcome.suite.budget_seconds, outcome.verdict))
    in_time = total <= TOTAL_BUDGET_SECONDS
    print(row.format("total", "", "", "", f"{total:.1f}", TOTAL_BUDGET_SECONDS, "" if in_time else "TOO SLOW"))
    well = in_time and all(outcome.verdict == "ok" for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    slow = sum(outcome.verdict == "TOO SLOW" for outcome in outcomes) + (not in_time)
    passed, skipped = sum(outcome.passed for outcome in outcomes), sum(outcome.skipped for outcome in outcomes)
    # The last line is read by machines: this form, alone on its line. What took too long counts as failed.
    print(f"\n{passed} passed, {failed + slow} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 0 if well else 1


if __name__ == "__main__":
    main()
