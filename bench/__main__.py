"""`make bench`: run every row, print the table, and write it into bench/README.md."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import re
from pathlib import Path

from bench import posting
from bench.rows import Row

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- table -->", "<!-- end -->"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each side; their medians are compared")
    parser.add_argument("--transactions", type=int, default=20, help="transactions a run, 1,000 posts each")
    parser.add_argument("--no-write", action="store_true", help="leave bench/README.md as it is")
    asked = parser.parse_args()
    rows = posting.rows(runs=asked.runs, transactions=asked.transactions)
    table = written(rows)
    print(table)
    if not asked.no_write:
        text = README.read_text(encoding="utf-8")
        machine = f"{dt.datetime.now(dt.UTC).date()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
        between = f"{BEGIN}\n{table}\n\n{machine}; median of {asked.runs} runs in one go.\n{END}"
        README.write_text(re.sub(f"{BEGIN}.*{END}", lambda _found: between, text, flags=re.DOTALL), encoding="utf-8")


def written(rows: list[Row]) -> str:
    lines = ["| what | ours | bare | ratio | aim |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.what} | {row.ours:,.0f} {row.unit} | {row.bare:,.0f} {row.unit} | {row.ratio:.2f} | {row.aim:.2f} |"
        for row in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
