"""Posting 1,000 a transaction with all guarantees, against the same rows written by nobody's rules."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from bench import replay
from bench.ground import FIRST_MEMBER, Ground, Place, changes, transfers
from bench.measure import Scale, rates, seconds
from bench.rows import Row


def rows(ground: Ground) -> Iterator[Row]:
    """Both databases, many posts a transaction and one; each run of ours is followed by a bare one of its rows."""
    one_by_one = dataclasses.replace(ground.scale, batch=1, transactions=ground.scale.one_by_one)
    for scale, how, aim, stretch in (
        (ground.scale, f"{ground.scale.batch:,} a transaction", 0.5, 0.6),
        (one_by_one, "one by one", None, None),
    ):
        for place in ground.places:
            times = [_run(place, scale) for _ in range(scale.runs)]
            posts = scale.batch * scale.transactions
            yield Row(
                what=f"post, {place.name}, {how}",
                against="bare replay of its rows",
                unit="posts/s",
                ours=rates(posts, [one[0] for one in times]),
                theirs=rates(posts, [one[1] for one in times]),
                aim=aim,
                stretch=stretch,
            )


def _run(place: Place, scale: Scale) -> tuple[float, float]:
    """Seconds of ours, and of the bare replay of what ours wrote."""
    books = place.books(members=scale.members)
    posted = transfers(0, scale.batch * (scale.transactions + 1), scale.members)
    books.post(posted[: scale.batch])  # warm
    first = books.size
    ours = seconds(lambda: books.post_all(posted[scale.batch :], scale.batch))
    if books.balances() != changes(posted, scale.members):
        raise RuntimeError("the balances are not those of the posts")
    with books.storage.connect() as connection:
        rows = replay.written(connection, first=first, skip_requests=1)
    bare = place.bare()
    replay.lay_ground(bare, range(FIRST_MEMBER, FIRST_MEMBER + scale.members))
    prepared = [bare.prepared(batch) for batch in replay.batches(rows, first=first, size=scale.batch)]

    def write() -> None:
        for one in prepared:
            bare.replay(one)

    theirs = seconds(write)
    replay.check_same(rows, bare)
    for one in (books, bare):
        place.drop(one)
    return ours, theirs
