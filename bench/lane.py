"""Single posts from many threads at once through the lane, which commits those that wait together."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from bench.ground import Books, Ground, Place, Transfer, changes, transfers
from bench.measure import Scale, in_turns, seconds
from bench.rows import Row


def threads(ground: Ground) -> Iterator[Row]:
    """64 threads of single posts against the same posts asked for one after the other, each with its own commit."""
    for place in ground.places:
        yield from _threads(place, ground.scale)


def hot(ground: Ground) -> Iterator[Row]:
    """64 threads that all post to or from one account, against as many posts spread over 10,000 accounts."""
    for place in ground.places:
        yield _hot(place, ground.scale)


def _threads(place: Place, scale: Scale) -> Iterator[Row]:
    books = place.books(members=scale.members)
    count = scale.threads * scale.posts_a_thread
    posted: list[Transfer] = []
    waits: list[float] = []  # of the slowest hundredth, in ms
    bounds: list[float] = []

    def next_ones(many: int) -> list[Transfer]:
        found = transfers(len(posted), many, scale.members)
        posted.extend(found)
        return found

    def together() -> float:
        took, waited = _from_threads(books, next_ones(count), scale.threads)
        waits.append(1_000 * statistics.quantiles(waited, n=100)[98])
        bounds.append(1_000 * 2 * scale.threads * took / count)
        return count / took

    def one_by_one() -> float:
        ones = next_ones(scale.one_by_one)
        return len(ones) / seconds(lambda: books.post_all(ones, 1))

    one_by_one()  # warm
    ours, theirs = in_turns(scale.runs, together, one_by_one)
    if books.balances() != changes(posted, scale.members):
        raise RuntimeError("the balances are not those of the posts")
    place.drop(books)
    what, aim = f"single posts, {place.name}, {scale.threads} threads", 3 if place.name == "SQLite" else 4
    yield Row(what=what, against="committed one by one", unit="posts/s", ours=ours, theirs=theirs, aim=aim)
    wait, bound = f"{what}, wait of 1 in 100", "2 x threads / throughput"
    yield Row(what=wait, against=bound, unit="ms", ours=waits, theirs=bounds, aim=1, at_most=True)


def _hot(place: Place, scale: Scale) -> Row:
    books = place.books(members=scale.spread)
    count = scale.threads * scale.posts_a_thread
    spread = transfers(0, count, scale.spread)
    on_one = [_with_first(number, one, scale.spread) for number, one in enumerate(spread)]

    def rate(posted: Sequence[Transfer]) -> float:
        return count / _from_threads(books, posted, scale.threads)[0]

    rate(spread)  # warm
    ours, theirs = in_turns(scale.runs, lambda: rate(on_one), lambda: rate(spread))
    if books.balances() != changes([*spread, *(on_one + spread) * scale.runs], scale.spread):
        raise RuntimeError("the balances are not those of the posts")
    place.drop(books)
    what, against = f"one hot account, {place.name}, {scale.threads} threads", f"spread over {scale.spread:,}"
    return Row(what=what, against=against, unit="posts/s", ours=ours, theirs=theirs, aim=0.9)


def _with_first(number: int, one: Transfer, members: int) -> Transfer:
    """A post between the first account and the taker of this one, to and fro in turns."""
    other = 1 + one[1] % (members - 1)
    return (0, other, one[2]) if number % 2 else (other, 0, one[2])


def _from_threads(books: Books, posted: Sequence[Transfer], count: int) -> tuple[float, list[float]]:
    """Seconds for all, and the seconds that each post waited for its answer; each thread asks for its next when it is answered."""
    together = threading.Barrier(count + 1)

    def work(mine: Sequence[Transfer]) -> list[float]:
        together.wait()
        waited = []
        for one in mine:
            begun = time.perf_counter()
            books.post([one])
            waited.append(time.perf_counter() - begun)
        return waited

    with ThreadPoolExecutor(count) as pool:
        working = [pool.submit(work, posted[number::count]) for number in range(count)]

        def run() -> None:
            together.wait()
            for one in working:
                one.result()

        return seconds(run), [waited for one in working for waited in one.result()]
