"""`make bench`: run every row, print the table, and write it into bench/README.md.

make bench                          every row, about a quarter of an hour
make bench ROWS="posting hordak"    these only; the file stays as it is
make bench LONG=yes                 growth to ten million transfers, into a table of its own
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import os
import platform
import re
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench import (
    booking,
    checking_in,
    drafting,
    engines,
    growth,
    importing,
    lane,
    measure,
    posting,
    proving,
    public_page,
    searching,
    space,
    verifying,
)
from bench.ground import Ground, Missing
from bench.rows import NotMeasured, Row, table

README = Path(__file__).parent / "README.md"

FAMILIES: dict[str, Callable[[Ground], Iterable[Row]]] = {
    "posting": posting.rows,
    "hordak": engines.hordak,
    "python-accounting": engines.python_accounting,
    "threads": lane.threads,
    "hot": lane.hot,
    "hashing": verifying.hashing,
    "beancount": verifying.beancount,
    "proof": proving.rows,
    "growth": growth.rows,
    "space": space.rows,
    "check-in": checking_in.rows,
    "search": searching.rows,
    "import": importing.rows,
    "booking": booking.rows,
    "public page": public_page.rows,
    "draft": drafting.rows,
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure, and write bench/README.md.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(FAMILIES)}; all where none is named")
    parser.add_argument("--runs", type=int, default=measure.FULL.runs, help="runs of each side; medians are compared")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--long", action="store_true", help="growth to ten million transfers, and nothing else")
    size.add_argument("--tiny", action="store_true", help="a trial of the machinery: the figures mean nothing")
    asked = parser.parse_args(arguments)
    unknown = set(asked.rows) - set(FAMILIES)
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(FAMILIES)}")
    scale = measure.LONG if asked.long else measure.TINY if asked.tiny else measure.FULL
    names = asked.rows or (["growth"] if asked.long else list(FAMILIES))
    begun = time.monotonic()
    rows = measured(Ground(dataclasses.replace(scale, runs=asked.runs)), names)
    how = (
        f"{dt.datetime.now(dt.UTC).date()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, {platform.system()}, fsync on;"
        f" medians of {asked.runs} runs, taken in turns, in {(time.monotonic() - begun) / 60:.0f} minutes."
    )
    print(f"\n{table(rows)}\n\n{how}")
    if not asked.rows and not asked.tiny and asked.runs >= measure.FULL.runs:
        write("long" if asked.long else "table", f"{table(rows)}\n\n{how}")


def write(place: str, found: str) -> None:
    """Put a table between its two marks in README.md."""
    begin, end = f"<!-- {place} -->", f"<!-- end of {place} -->"
    text = README.read_text(encoding="utf-8")
    between = f"{begin}\n{found}\n{end}"
    README.write_text(re.sub(f"{begin}.*{end}", lambda _found: between, text, flags=re.DOTALL), encoding="utf-8")


def measured(ground: Ground, names: Iterable[str]) -> list[Row | NotMeasured]:
    """The rows of these families; where something is missing on this machine or fails, a row that says so."""
    rows: list[Row | NotMeasured] = []
    try:
        for name in names:
            begun = time.monotonic()
            try:
                rows += FAMILIES[name](ground)
            except Missing as missing:
                rows.append(NotMeasured(name, str(missing)))
            except Exception as error:  # noqa: BLE001  # the other rows of a long run are worth having
                traceback.print_exc()
                rows.append(NotMeasured(name, f"it failed: {error}"))
            print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    finally:
        ground.close()
    return rows


if __name__ == "__main__":
    main()
