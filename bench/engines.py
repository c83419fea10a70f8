"""Posting against other accounting engines of Python, each with the database, accounts, posts and durability that ours has.

Batch against batch, single against single. Afterwards the balances of both sides are those of the posts.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.ground import Books, Ground, Missing, Place, Transfer, changes, transfers
from bench.measure import Scale, rates, seconds
from bench.peer import Peer
from bench.rows import Row


def hordak(ground: Ground) -> Iterator[Row]:
    """django-hordak on the same PostgreSQL server: in bulk, by its normal call in one transaction, and one by one."""
    if not ground.with_peers:
        raise Missing("environments of peers are not wanted")
    server = ground.postgres.server
    url = server.new_database()
    database = {
        "NAME": url.name,
        "HOST": "127.0.0.1",
        "PORT": server.port,
        "USER": url.owner_url.split("//")[1].split(":")[0],
    }
    settings = {"database": {**database, "PASSWORD": server.password}, "members": ground.scale.peer_members}
    with Peer("hordak", **settings) as peer:
        match = _Match(ground.postgres, ground.scale, peer)
        many, few = match.batch, ground.scale.peer_singles
        yield match.row("django-hordak in bulk", "bulk", transactions=ground.scale.peer_transactions, size=many, aim=4)
        yield match.row("django-hordak by its normal call", "call", transactions=1, size=many, aim=40)
        yield match.row("django-hordak by its normal call", "single", transactions=few, size=1)
        match.end()
    server.drop_database(url)


def python_accounting(ground: Ground) -> Iterator[Row]:
    """python-accounting on SQLite: one by one, and as many in one transaction as ours."""
    if not ground.with_peers:
        raise Missing("environments of peers are not wanted")
    path = ground.folder / "python-accounting.db"
    with Peer("python-accounting", path=str(path), members=ground.scale.peer_members) as peer:
        match = _Match(ground.sqlite, ground.scale, peer)
        yield match.row("python-accounting", "single", transactions=ground.scale.peer_singles, size=1, aim=15)
        yield match.row("python-accounting", "batch", transactions=1, size=match.batch, aim=200)
        match.end()


class _Match:
    """Our books and a peer, given the same posts."""

    def __init__(self, place: Place, scale: Scale, peer: Peer) -> None:
        self.place, self.scale, self.peer = place, scale, peer
        self.batch = scale.batch
        self.books: Books = place.books(members=scale.peer_members)
        self.posted: list[Transfer] = []
        for do in ("single",):  # warm
            self._round(do, self._next(3), size=1)

    def row(self, against: str, do: str, *, transactions: int, size: int, aim: float | None = None) -> Row:
        """One row: `transactions` of `size` posts in each run."""
        posts = transactions * size
        times = [self._round(do, self._next(posts), size=size, swapped=bool(run % 2)) for run in range(self.scale.runs)]
        how = f"{size:,} a transaction" if size > 1 else "one by one"
        return Row(
            what=f"post, {self.place.name}, {how}",
            against=against,
            unit="posts/s",
            ours=rates(posts, [one[0] for one in times]),
            theirs=rates(posts, [one[1] for one in times]),
            aim=aim,
        )

    def end(self) -> None:
        """Both sides have booked the same.

        Raises:
            RuntimeError: they have not.
        """
        expected = changes(self.posted, self.scale.peer_members)
        if (self.books.balances(), self.peer.ask(do="balances")["balances"]) != (expected, expected):
            raise RuntimeError(f"{self.peer.name}: the balances are not those of the posts")
        self.place.drop(self.books)

    def _next(self, count: int) -> list[Transfer]:
        found = transfers(len(self.posted), count, self.scale.peer_members)
        self.posted += found
        return found

    def _round(self, do: str, posted: list[Transfer], *, size: int, swapped: bool = False) -> tuple[float, float]:
        def theirs() -> float:
            parts = [posted[first : first + size] for first in range(0, len(posted), size)] if size > 1 else [posted]
            return sum(float(self.peer.ask(do=do, transfers=part)["seconds"]) for part in parts)

        def ours() -> float:
            return seconds(lambda: self.books.post_all(posted, size))

        if swapped:
            second = theirs()
            return ours(), second
        return ours(), theirs()
