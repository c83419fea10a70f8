"""The same as in `make check`, with seeds of chance and for as long as there is time: `make soak MINUTES=30`.

    python tools/soak.py --minutes 30 [--seed N] [--only NAME ...] [--list]

First what takes long and runs once, where at least so many minutes are given (or where it is named); the faults then fill what is left of the time, round after round, each with a new seed. The first failure ends
it, and is said with what runs it again.
"""

import argparse
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Step:
    """One command. `repeats`: again and again with other seeds; otherwise once, if there are `least_minutes`."""

    name: str
    command: Sequence[str]
    repeats: bool = False
    least_minutes: float = 0


def pytest(*arguments: str) -> list[str]:
    return [str(BIN / "pytest"), "-q", "-p", "no:cacheprovider", *arguments]


def histories(backend: str, count: int) -> list[str]:
    return [
        sys.executable,
        "-m",
        "tests.faults.simulator",
        "--backend",
        backend,
        "--histories",
        str(count),
        "--seed",
        "{seed}",
    ]


# What takes long and belongs to no suite is hooked in here, by its command; {seed} is drawn for each round.
STEPS: tuple[Step, ...] = (
    Step(
        "verify 10 million",
        [sys.executable, "-m", "tests.ledger.long_log", "10000000", "{folder}/long.zip", "--mixed", "--verify"],
        least_minutes=120,
    ),
    Step("growth to 10 million", [sys.executable, "-m", "bench", "--long"], least_minutes=120),
    Step("histories on SQLite", histories("sqlite", 100), repeats=True),
    Step("histories on PostgreSQL", histories("postgresql", 40), repeats=True),
    Step("kills and order", pytest("tests/faults/test_kills.py"), repeats=True),
    Step(
        "system calls and full disks",
        pytest("tests/faults/test_system_calls.py", "tests/faults/test_disk_full.py"),
        repeats=True,
    ),
    Step("PostgreSQL gone", pytest("tests/faults/test_postgres_gone.py"), repeats=True),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Break things with seeds of chance until the time is over.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=None, help="of the first round; drawn if not given")
    parser.add_argument("--times", type=int, default=3, help="how much more often than in make check things are killed")
    parser.add_argument("--only", nargs="*", default=[], help="these steps")
    parser.add_argument("--list", action="store_true", help="name the steps")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(step.name for step in STEPS))
        return
    unknown = set(arguments.only) - {step.name for step in STEPS}
    if unknown:
        sys.exit(f"no step {', '.join(sorted(unknown))}; --list names them")
    chosen = [
        step
        for step in STEPS
        if step.name in arguments.only or (not arguments.only and arguments.minutes >= step.least_minutes)
    ]
    ends = time.monotonic() + arguments.minutes * 60
    seed = arguments.seed if arguments.seed is not None else secrets.randbelow(10**6) * 1_000
    done = 0
    for step in chosen:
        if not step.repeats:
            run(step, seed, arguments.times)
            done += 1
    while time.monotonic() < ends and any(step.repeats for step in chosen):
        for step in chosen:
            if step.repeats and time.monotonic() < ends:
                run(step, seed, arguments.times)
                done += 1
        seed += 1_000
    print(f"\n{done} steps, all well")


def run(step: Step, seed: int, times: int) -> None:
    folder = tempfile.mkdtemp(prefix="timebank-soak-")
    command = [part.format(seed=seed, folder=folder) for part in step.command]
    print(f"\n== {step.name}, seed {seed} ==", flush=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIMEBANK_")}
    environment |= {"TIMEBANK_FAULTS_SEED": str(seed), "TIMEBANK_FAULTS_TIMES": str(times)}
    environment["PATH"] = f"{BIN}{os.pathsep}{environment['PATH']}"
    began = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{step.name}: {'well' if code == 0 else 'FAILED'} in {time.monotonic() - began:.0f} s", flush=True)
    if code:
        sys.exit(f"again: .venv/bin/python tools/soak.py --seed {seed} --times {times} --only '{step.name}'")


if __name__ == "__main__":
    main()
