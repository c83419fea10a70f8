"""Bytes on disk that a transfer takes, indexes and tiles included; pgledger's figure is the one it publishes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from bench.ground import Books, Ground, Place, short_detail, transfers
from bench.measure import Scale
from bench.rows import Row

PGLEDGER = 755
SINGLES = 20  # one post in so many is a request of its own
AIMS = {"SQLite": (400, 600), "PostgreSQL": (700, 950)}


def visit_detail(number: int, minutes: int) -> Mapping[str, Any]:
    """As long as what is kept of a settled visit."""
    started = 1_785_600_000_000 + number
    return {
        "use_case": "attendance.settle",
        "visit": f"{number:032x}",
        "person": f"{number * 7919:032x}",
        "started_at": started,
        "ended_at": started + minutes * 60_000,
        "evidence": "codes",
        "estimated": False,
        "spans": [[minutes * 60, 100]],
        "rounding": 15,
        "uncapped": minutes,
        "credited": minutes,
        "reasons": [],
        "days": [["2026-08-01", minutes]],
        "reviewers": [],
    }


def rows(ground: Ground) -> Iterator[Row]:
    """Four rows a database: without detail and request row, with a short detail, with a visit's, with a request row too."""
    for place in ground.places:
        without, with_detail = AIMS[place.name]
        plain, short, _ = _bytes(place, ground.scale, short_detail)
        _, long, request = _bytes(place, ground.scale, visit_detail)
        told: tuple[tuple[str, float, int | None], ...] = (
            ("without detail and request row", plain, without),
            ("with a short detail", short, with_detail),
            ("with a settled visit's detail", long, with_detail),
            ("with that and a request row of its own", long + request, None),
        )
        for what, found, aim in told:
            yield Row(
                what=f"bytes a transfer, {place.name}, {what}",
                against="pgledger's figure",
                unit="bytes",
                ours=[found],
                theirs=[PGLEDGER],
                aim=None if aim is None else aim / PGLEDGER,
                at_most=True,
                aim_in_words=f"at most {aim} bytes",
            )


def _bytes(place: Place, scale: Scale, detail: Any) -> tuple[float, float, float]:
    """Bytes of a transfer without its detail, with it, and of a request row."""
    books = place.books(members=scale.members, durable=False)
    before = place.bytes_by_table(books)
    posted = transfers(0, scale.space, scale.members)
    for first in range(0, scale.space, scale.batch):
        books.post(posted[first : first + scale.batch], detail)
    grown = _grown(place, books, before)
    before = place.bytes_by_table(books)
    singles = scale.space // SINGLES
    for one in posted[:singles]:
        books.post([one], detail)
    request = _grown(place, books, before)["request"] / singles
    place.drop(books)
    details = grown.pop("ledger_detail") / scale.space
    del grown["request"]
    plain = grown.total() / scale.space
    return plain, plain + details, request


def _grown(place: Place, books: Books, before: Mapping[str, int]) -> Counter[str]:
    after = Counter(place.bytes_by_table(books))
    after.subtract(before)
    return after
