"""What a million transfers do to balance, post and statement page, ours and bare.

Two books on each database, alike but for the number of transfers; each has a copy for the bare runs: the same queries sent by
the driver, and the very rows of each post written again without thinking. A ratio is the time at the large size by the time
at the small one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from sqlmodel import Session

from bench import replay
from bench.ground import COMMUNITY, FIRST_MEMBER, Books, Ground, Place, Transfer, changes, transfers
from bench.measure import Scale, in_turns, seconds
from bench.replay import Bare
from bench.rows import Row
from ledger import reading

BARE_OFTEN = 5
FILL = 5_000  # posts a request while the books are filled
POST = 100  # a request: more than the durable commit, less than would make the small books large
AIMS = {"balance": 1.5, "post": 1.5, "statement page": 3.0}
BALANCE = "SELECT number, unit, class, owner, ceiling, ends, to_classes, floor, quota, issued, balance, held, opened, closed, erased FROM ledger_account WHERE community_id = ? AND number = ?"
STATEMENT = (
    "SELECT e.seq, e.kind, e.at, p.amount, p.balance, e.leaf, d.detail FROM ledger_posting p"
    " JOIN ledger_entry e ON e.community_id = p.community_id AND e.seq = p.seq"
    " LEFT JOIN ledger_detail d ON d.community_id = p.community_id AND d.seq = p.seq"
    " WHERE p.community_id = ? AND p.account = ? ORDER BY p.seq DESC LIMIT 50"
)


def rows(ground: Ground) -> Iterator[Row]:
    """For each database and question two rows: our own growth, and ours by that of the bare query."""
    scale = ground.scale
    for place in ground.places:
        small, large = _Filled(place, scale, scale.small), _Filled(place, scale, scale.large)
        sides = {
            "balance": (_Filled.balance, _Filled.bare_balance),
            "statement page": (_Filled.statement, _Filled.bare_statement),
        }
        for what, (ours, bare) in sides.items():
            works = [lambda one=one, ask=ask: ask(one) for ask in (ours, bare) for one in (small, large)]
            yield from _rows(place, scale, what, in_turns(scale.growth_runs, *works))
        posts = [(*small.post(), *large.post()) for _ in range(scale.growth_runs)]
        yield from _rows(place, scale, "post", [[one[side] for one in posts] for side in (0, 2, 1, 3)])
        for one in (small, large):
            one.end()


def _rows(place: Place, scale: Scale, what: str, times: list[list[float]]) -> Iterator[Row]:
    """From seconds of: ours small, ours large, bare small, bare large."""
    calls = scale.grown_by if what == "post" else scale.reads
    small, large = ([1e6 * one / calls for one in side] for side in times[:2])
    name = f"{what}, {place.name}, {scale.large:,} transfers"
    against = f"at {scale.small:,}"
    yield Row(what=name, against=against, unit="us", ours=large, theirs=small, aim=AIMS[what], at_most=True)
    grown = [[after / before for before, after in zip(*pair, strict=True)] for pair in (times[:2], times[2:])]
    yield Row(
        what=f"its growth: {name}",
        against="growth of the bare query",
        unit="x",
        ours=grown[0],
        theirs=grown[1],
        aim=1.2,
        at_most=True,
    )


class _Filled:
    """Books of so many transfers and their copy."""

    def __init__(self, place: Place, scale: Scale, count: int) -> None:
        self.place, self.scale = place, scale
        filling = place.books(members=scale.growing_members, durable=False)
        self.posted = count
        self.requests = 0
        for first in range(0, count, FILL):
            filling.post(transfers(first, min(FILL, count - first), scale.growing_members))
            self.requests += 1
        filling.close()
        self.bare: Bare = place.twin(filling)
        self.books: Books = filling.again()
        self._drawn = random.Random(count)
        self.post()  # warm: loads the accounts that the lane keeps

    def balance(self) -> float:
        return self._each(lambda session, number: reading.account(session, COMMUNITY, number))

    def bare_balance(self) -> float:
        return self._each_bare(BALANCE)

    def statement(self) -> float:
        return self._each(lambda session, number: reading.statement(session, COMMUNITY, number))

    def bare_statement(self) -> float:
        return self._each_bare(STATEMENT)

    def post(self) -> tuple[float, float]:
        """Seconds of ours, and of the bare replay of what ours wrote."""
        posted: Sequence[Transfer] = transfers(self.posted, self.scale.grown_by, self.scale.growing_members)
        self.posted += len(posted)
        first = self.books.size
        ours = seconds(lambda: self.books.post_all(posted, POST))
        with self.books.storage.connect() as connection:
            rows = replay.written(connection, first=first, skip_requests=self.requests)
        size = min(POST, len(posted))
        prepared = [self.bare.prepared(batch) for batch in replay.batches(rows, first=first, size=size)]
        self.requests += len(prepared)

        def write() -> None:
            for one in prepared:
                self.bare.replay(one)

        return ours, seconds(write)

    def end(self) -> None:
        """Both copies have the same, and it is what was posted.

        Raises:
            RuntimeError: they have not.
        """
        members = self.scale.growing_members
        expected = changes((transfers(number, 1, members)[0] for number in range(self.posted)), members)
        (bare,) = self.bare.ask("SELECT count(*), max(seq) FROM ledger_entry")
        if self.books.balances() != expected or bare != (self.books.size, self.books.size - 1):
            raise RuntimeError("the books and their copy differ")
        self.place.drop(self.books)
        self.place.drop(self.bare)

    def _each(self, ask: Callable[[Session, int], object]) -> float:
        """Seconds for random members, each asked in a snapshot of its own, as a page does."""
        numbers = self._numbers()

        def work() -> None:
            for number in numbers:
                with self.books.storage.read() as session:
                    ask(session, number)

        return seconds(work)

    def _each_bare(self, query: str) -> float:
        """The same by the driver alone, several times over, since one takes a moment."""
        numbers = self._numbers() * BARE_OFTEN
        return seconds(lambda: [self.bare.ask(query, (COMMUNITY, number)) for number in numbers]) / BARE_OFTEN

    def _numbers(self) -> list[int]:
        return [FIRST_MEMBER + self._drawn.randrange(self.scale.growing_members) for _ in range(self.scale.reads)]
