"""What a lane remembers of the logs it writes, within one bound for all of them."""

from __future__ import annotations

from ledger.book import Cache

ACCOUNTS_CACHED_MOST = 50_000


class Caches:
    """The caches of a lane's communities. Together they hold at most `most` accounts after each batch: the community that wrote longest ago is forgotten first."""

    def __init__(self, most: int = ACCOUNTS_CACHED_MOST) -> None:
        self._most = most
        self._caches: dict[int, Cache] = {}  # the one used last is at the end
        self._counted: dict[int, int] = {}
        self.accounts = 0

    def of(self, community_id: int) -> Cache:
        """The cache of a community, for a batch; call `settle` after it."""
        cache = self._caches.pop(community_id, None) or Cache()
        self._caches[community_id] = cache
        return cache

    def settle(self, community_id: int) -> None:
        """Count what a batch left in its cache, and make room."""
        count = len(self._caches[community_id].accounts)
        self.accounts += count - self._counted.get(community_id, 0)
        self._counted[community_id] = count
        while self.accounts > self._most:
            oldest = next(iter(self._caches))
            del self._caches[oldest]
            self.accounts -= self._counted.pop(oldest)

    def clear(self) -> None:
        self._caches.clear()
        self._counted.clear()
        self.accounts = 0
