"""One bound on what a lane remembers, over all its communities."""

from __future__ import annotations

from ledger.rules import Account
from timebank.storage.caches import Caches


def use(caches: Caches, community_id: int, accounts: int) -> bool:
    """A batch of a community that leaves so many accounts in its cache; whether it was remembered until then."""
    cache = caches.of(community_id)
    known = bool(cache.accounts)
    cache.accounts = {number: Account(number, "min", "member", number) for number in range(1, accounts + 1)}
    caches.settle(community_id)
    return known


def test_the_community_that_wrote_longest_ago_is_forgotten_first() -> None:
    caches = Caches(most=10)
    for community_id in (1, 2):
        assert not use(caches, community_id, 4)
    assert use(caches, 1, 5)
    assert not use(caches, 3, 4)
    assert caches.accounts == 9
    assert use(caches, 1, 5)
    assert not use(caches, 2, 1)


def test_a_community_beyond_the_bound_is_not_kept_and_drives_no_count_astray() -> None:
    caches = Caches(most=10)
    for _ in range(2):
        assert not use(caches, 1, 11)
        assert caches.accounts == 0
    use(caches, 2, 3)
    caches.clear()
    assert caches.accounts == 0
    assert not use(caches, 2, 3)
