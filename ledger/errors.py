"""What the ledger answers when it will not do as asked."""

from __future__ import annotations

Fact = int | str | list[int] | list[str]


class LedgerRefused(Exception):
    """A rule of docs/log-format.md would be broken; nothing was changed.

    `code` is the code of that page, `facts` say what is so and what was needed.
    """

    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} ({told})" if told else self.code


class BadEntry(ValueError):
    """An entry's field is not of its type: the caller's mistake, never a person's."""


class LogBroken(RuntimeError):
    """What is stored contradicts itself (a gap, a changed byte, a tail that moved): stop writing and look."""
