"""Single system calls failing under SQLite: strace answers in the kernel's place for the database's files alone.

Each of these calls fails again and again, at its nth occurrence and every so many after; the clients ask again with the same keys until they know. Often
nobody is told: SQLite does without, or the lane runs the batch again on a new connection.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults import calls
from tests.faults.calls import Calls
from tests.faults.places import SEED, TIMES, open_now, with_wallets
from tests.village import make_schema

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: `make setup` says how")

STORAGE_FULL, UNKNOWN, DATABASE = "storage_full", "unknown_outcome", "OperationalError"


class Injected(NamedTuple):
    """A call, its error, its occurrences (first and step), and what clients may be told of it."""

    call: str
    error: str
    when: tuple[str, ...]
    told: set[str]


# Steps are wider than one transaction, or no transaction would ever end.
INJECTED = (
    Injected("pwrite64", "ENOSPC", ("3+97",), {STORAGE_FULL}),
    Injected("pwrite64", "EIO", ("2+131",), {STORAGE_FULL, UNKNOWN, DATABASE}),
    Injected("fdatasync", "EIO", ("2+5",), {UNKNOWN, DATABASE}),
    Injected("openat", "EIO", ("2+7",), {UNKNOWN, DATABASE}),
    Injected("ftruncate", "EIO", ("2+5",), {UNKNOWN, DATABASE}),
    Injected("pread64", "EIO", ("9+353",), {UNKNOWN, DATABASE}),
    Injected("mmap", "ENOMEM", ("1+5",), {UNKNOWN, DATABASE}),
    Injected("fcntl", "EIO", ("7+161",), {UNKNOWN, DATABASE}),
)

MORE = (  # in `make soak`
    Injected("pwrite64", "EDQUOT", ("1+147",), {STORAGE_FULL, UNKNOWN, DATABASE}),
    Injected("fdatasync", "ENOSPC", ("1+6",), {UNKNOWN, DATABASE}),
    Injected("openat", "EMFILE", ("3+7",), {UNKNOWN, DATABASE}),
    Injected("unlink", "EIO", ("1+1",), {UNKNOWN, DATABASE}),
)


@pytest.mark.parametrize("injected", INJECTED + (MORE if TIMES > 1 else ()), ids=lambda one: f"{one.call}-{one.error}")
def test_a_failing_system_call_loses_nothing_acknowledged(injected: Injected, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'timebank.db'}"
    make_schema(url)
    wallets = with_wallets(open_now(url, url))
    heard = Calls()
    struck = 0
    for turn, when in enumerate(injected.when * TIMES):
        trace = tmp_path / f"trace{turn}"
        files = [str(tmp_path / f"timebank.db{end}") for end in ("", "-wal", "-shm")]
        files.append(str(tmp_path))  # synced too, when a file is made
        watch = [f"-P{path}" for path in files]
        inject = f"inject={injected.call}:error={injected.error}:when={when}"
        before = (
            "strace",
            "-f",
            "--seccomp-bpf",
            "-qq",
            *watch,
            "-e",
            f"trace={injected.call}",
            "-e",
            inject,
            "-o",
            str(trace),
        )
        process = calls.start(url, wallets, seed=SEED + turn, count=14, threads=3, before=before)
        calls.ready(process)
        calls.go(process, heard.open)
        heard.hear(*calls.said_by([process]))
        struck += trace.read_text(errors="replace").count("(INJECTED)")
    assert struck > 0, "no call was spoiled"
    assert heard.open == []
    calls.check(url, heard, wallets=wallets)
    told = {trouble.get("code", trouble["event"]) for trouble in heard.troubles}
    assert told <= injected.told
