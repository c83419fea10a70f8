"""What of a points table is voted, item by item, and its digest. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ledger.entries import canonical
from timebank.points.rules import Scored

FIELDS = ("category", "title", "value_steps", "per", "subject", "cap_day_steps", "cap_month_steps", "cap_year_steps",
          "remark", "clause", "evidence")  # fmt: skip
# What came later counts only where it is said, so that the digest of an older version stays what it was.
LATER = ("rule", "reporters")


class Voted(Scored, Protocol):
    """An item of a stored version or one that was just read."""

    @property
    def subject(self) -> str: ...
    @property
    def remark(self) -> str: ...
    @property
    def clause(self) -> str: ...
    @property
    def evidence(self) -> str: ...
    @property
    def reporters(self) -> str | None: ...
    @property
    def written(self) -> dict[str, str] | None: ...


def voted(item: Voted) -> Mapping[str, Any]:
    """What is voted of an item: all that decides what it comes to and how it reads, not how it was typed."""
    later = {name: getattr(item, name) for name in LATER if getattr(item, name)}
    return {name: getattr(item, name) for name in FIELDS} | later


def digest_of_items(items: Sequence[Voted]) -> str:
    """SHA-256 of the canonical table: what was voted, item by item, without who uploaded it or when."""
    return hashlib.sha256(canonical([voted(item) for item in items])).hexdigest()
