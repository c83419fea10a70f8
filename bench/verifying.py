"""Checking a log as an outsider does: its hashes against a bare root loop, the whole ladder against beancount.

The log is that of `ground.log`; the bundle is what our writer makes of it for an auditor, without details.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from bench.ground import COMMUNITY, SIGNER, Ground, Missing, now
from bench.measure import in_turns, rates, seconds
from bench.peer import environment
from bench.rows import Row
from ledger import bundle, log, verify
from ledger.book import to_ms
from ledger.entries import decode

VERIFY = str(verify.__file__)


def hashing(ground: Ground) -> Iterator[Row]:
    """The tiles and the root, without the rules; the bare loop reads the same archive, or has all leaves in memory."""
    path = _bundle(ground)
    leaves = list(_leaves(path))
    roots: set[bytes] = set()

    def ours() -> float:
        def work() -> None:
            with verify.Bundle(path) as checked:
                reading = verify.Reading(checked, [])
                reading.tell_tiles()
                roots.add(reading.roots[checked.size])

        return seconds(work)

    def from_archive() -> float:
        return seconds(lambda: roots.add(_root(list(_leaves(path)))))

    def from_memory() -> float:
        return seconds(lambda: roots.add(_root(leaves)))

    times = [rates(len(leaves), one) for one in in_turns(ground.scale.runs, ours, from_archive, from_memory)]
    if len(roots) != 1:
        raise RuntimeError("the roots differ")
    what = f"verify: tiles and root of {len(leaves):,} entries"
    yield Row(
        what=what, against="bare root loop from the archive", unit="entries/s", ours=times[0], theirs=times[1], aim=0.7
    )
    yield Row(what=what, against="bare root loop, leaves in memory", unit="entries/s", ours=times[0], theirs=times[2])


def beancount(ground: Ground) -> Iterator[Row]:
    """The whole ladder by the command that an auditor runs, against `bean-check` of the same transactions and balances."""
    if not ground.with_peers:
        raise Missing("environments of peers are not wanted")
    path, text = _bundle(ground), ground.folder / "log.beancount"
    count = _write_beancount(ground, text)
    check: list[str | Path] = [environment("beancount") / "bean-check", "--no-cache", text]
    ladder: list[str | Path] = [sys.executable, "-I", "-S", VERIFY, path]
    ours, theirs = in_turns(
        ground.scale.runs, lambda: seconds(lambda: _run(ladder)), lambda: seconds(lambda: _run(check))
    )
    yield Row(
        what=f"verify: whole ladder with rules, {count:,} transactions",
        against="bean-check",
        unit="transactions/s",
        ours=rates(count, ours),
        theirs=rates(count, theirs),
        aim=5,
        stretch=15,
    )


def passed(ground: Ground) -> list[str]:
    """The steps that the verifier passes on the bundle of this row."""
    report = verify.verify(_bundle(ground))
    if not report.ok:
        raise RuntimeError(report.findings[0].text("en"))
    return report.passed


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {(done.stdout + done.stderr)[-500:]}")


def _bundle(ground: Ground) -> Path:
    path = ground.folder / "bundle.zip"
    if not path.exists():
        at = to_ms(now())
        wanted = bundle.Wanted(period=(0, at + 1), made_at=at, details=False, policy={})
        with ground.log.storage.read() as session, path.open("wb") as file:
            signed = log.sign(session, COMMUNITY, SIGNER, at=at)
            bundle.write_bundle(session, COMMUNITY, file, signed=signed, wanted=wanted)
    return path


def _leaves(path: Path) -> Iterator[bytes]:
    """The leaves in a bundle, as a short program would read them."""
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith("tile/entries/") and ".p" not in name)
        names += [name for name in archive.namelist() if name.startswith("tile/entries/") and ".p" in name]
        for name in names:
            content, at = archive.read(name), 0
            while at < len(content):
                end = at + 2 + int.from_bytes(content[at : at + 2])
                yield content[at + 2 : end]
                at = end


def _root(leaves: Sequence[bytes]) -> bytes:
    """The root of RFC 6962, level by level; an odd one is carried up."""
    row = [sha256(b"\0" + leaf).digest() for leaf in leaves]
    while len(row) > 1:
        odd = [row[-1]] if len(row) % 2 else []
        row = [sha256(b"\1" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)] + odd
    return row[0]


def _write_beancount(ground: Ground, path: Path) -> int:
    """The posts of the log as beancount reads them fastest, and at the end every balance, for it to check; returns how many."""
    opened, count = ["1900-01-01 open Equity:A1 MIN"], 0
    balances: dict[int, int] = {}
    lines: list[str] = []
    for leaf in _leaves(_bundle(ground)):
        fields = decode(leaf)
        if fields["kind"] == "open" and fields["account"] != 1:
            opened.append(f"1900-01-01 open Liabilities:A{fields['account']} MIN")
        if fields["kind"] != "post":
            continue
        count += 1
        lines.append(f'{fields["on"]} * "{fields["seq"]}"')
        for number, amount in fields["legs"]:
            balances[number] = balances.get(number, 0) + amount
            lines.append(f"  {'Equity' if number == 1 else 'Liabilities'}:A{number}  {-amount} MIN")
    checks = [
        f"2100-01-01 balance {'Equity' if number == 1 else 'Liabilities'}:A{number}  {-balance} MIN"
        for number, balance in balances.items()
    ]
    path.write_text("\n".join([*opened, *lines, *checks, ""]), encoding="utf-8")
    return count
