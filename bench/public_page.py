"""The first page of a batch as anybody reads it on the phone: with 10,000 lines against with 100.

Over real HTTP from a server in a process of its own, signed in as nobody; what is compared is the processor time that the
server's process took for a request, of which waiting for others is no part.
"""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bench.booking import hung_out
from bench.checking_in import Server, environment_of
from bench.community import Community
from bench.ground import Ground, PostgresPlace, SqlitePlace
from bench.measure import in_turns
from bench.rows import Row
from bench.serving import OURS

AIM = 1.2
OPEN_FOR_DAYS = 5
SMALL = 100


def rows(ground: Ground) -> Iterator[Row]:
    """A row for each database."""
    for place in ground.served:
        yield _row(ground, place)


def _row(ground: Ground, place: SqlitePlace | PostgresPlace) -> Row:
    import datetime as dt

    scale = ground.scale
    community = Community(place, ground.folder / f"page-{place.name}")
    open_for = dt.timedelta(days=OPEN_FOR_DAYS)
    small, large = (hung_out(community, count, open_for=open_for) for count in (min(SMALL, scale.booked), scale.booked))
    community.storage.close()
    with Server("granian", OURS, environment_of(community), threads=2) as server:

        def ask(number: int) -> float:
            path = f"http://127.0.0.1:{server.port}/c/{community.village.code}/board/{number}"
            before = _processor_seconds(server.pid)
            for _ in range(scale.pages):
                with urllib.request.urlopen(path, timeout=60) as answer:
                    if b'id="l1"' not in answer.read():
                        raise RuntimeError("that is not the first page of a batch")
            return (_processor_seconds(server.pid) - before) / scale.pages

        for warm in (small, large):
            ask(warm)
        theirs, ours = in_turns(scale.runs, lambda: ask(small), lambda: ask(large))
    community.drop()
    return Row(
        what=f"public page of a batch, {scale.booked:,} lines, {place.name}, processor time",
        against=f"a batch of {min(SMALL, scale.booked)}",
        unit="ms",
        ours=[1000 * one for one in ours],
        theirs=[max(1000 * one, 0.001) for one in theirs],
        aim=AIM,
        at_most=True,
    )


def _processor_seconds(pid: int) -> float:
    """What a process and its threads have used of the processors, in the kernel's ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(_processor_seconds(child) for child in children)
