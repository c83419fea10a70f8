"""The append-only double-entry log and its proofs. It knows accounts, entries, units, hashes and keys: no people, no points tables, no web.

The public names are imported on first use, so that `import ledger` costs nothing and `ledger/verify.py` stands alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ledger import reading as reading
    from ledger.book import Book as Book
    from ledger.book import book_of as book_of
    from ledger.errors import BadEntry as BadEntry
    from ledger.errors import LedgerRefused as LedgerRefused
    from ledger.errors import LogBroken as LogBroken

_HOME = {
    "BadEntry": "errors",
    "Book": "book",
    "LedgerRefused": "errors",
    "LogBroken": "errors",
    "book_of": "book",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"ledger.{_HOME[name]}"), name)
    if name == "reading":
        return import_module("ledger.reading")
    raise AttributeError(f"module 'ledger' has no attribute {name!r}")
