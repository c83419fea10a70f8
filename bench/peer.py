"""Somebody else's program in an environment of its own, and how it is asked to work.

The environment is made from requirements/bench-NAME.txt under .venv-peers/ when it is first wanted, and again when the lock
changes. A peer that is measured call by call has a script of ours, bench/peers/NAME/answer.py, which runs there, reads one
question a line from standard input and answers each in a line: what to do and the numbers it needs, and the seconds it took.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.ground import Missing

ROOT = Path(__file__).resolve().parent.parent


def environment(name: str) -> Path:
    """The folder of the peer's commands, `python` among them; made if need be.

    Raises:
        Missing: it cannot be installed here.
    """
    lock = ROOT / "requirements" / f"bench-{name}.txt"
    folder = ROOT / ".venv-peers" / name
    made_from = f"{sys.version_info.major}.{sys.version_info.minor} {hashlib.sha256(lock.read_bytes()).hexdigest()}"
    stamp = folder / "made-from"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != made_from:
        shutil.rmtree(folder, ignore_errors=True)
        pip: list[str | Path] = [
            folder / "bin" / "python",
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--no-input",
            "install",
            "-qq",
        ]
        make: list[str | Path] = [sys.executable, "-m", "venv", folder]
        # The lock names every package, and for one peer leaves out drivers on purpose.
        for command in (make, [*pip, "--no-deps", "--require-hashes", "-r", lock]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise Missing(f"{lock.name} could not be installed: {done.stderr.strip().splitlines()[-1]}")
        stamp.write_text(made_from, encoding="utf-8")
    return folder / "bin"


class Peer:
    """The peer's script, running; `settings` are its first line."""

    def __init__(self, name: str, **settings: Any) -> None:
        """Start it and wait until it is ready.

        Raises:
            Missing: it cannot be installed, or does not start.
        """
        self.name = name
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  # closed with the peer
        self._process = subprocess.Popen(
            [environment(name) / "python", "-u", "-W", "ignore", ROOT / "bench" / "peers" / name / "answer.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self.ask(**settings)

    def ask(self, **told: Any) -> dict[str, Any]:
        """Give it something to do and wait for its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(told) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self._process.wait()
            self._errors.seek(0)
            raise Missing(f"{self.name} ended: {self._errors.read().strip()[-500:]}")
        return dict(json.loads(answer))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()
