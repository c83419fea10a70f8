"""What a person can be told when something is not done: a stable code and the facts. Words are chosen at the edge."""

from __future__ import annotations

from typing import ClassVar

Fact = int | str | bool | None | list[int] | list[str] | dict[str, str]


class Refused(Exception):
    """The request was understood and is not done; nothing was changed.

    A subclass stands beside the verb that raises it, and names its `code` (stable, for programs) and HTTP `status`.
    A request's key remembers its refusal, unless that `is_for_now`: then the same request may be tried again.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    is_for_now: ClassVar[bool] = False

    def __init__(self, **facts: Fact) -> None:
        super().__init__(facts)
        self.facts = facts

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} ({told})" if told else self.code


class NotFound(Refused):
    """There is no such thing, or none that this person may know of."""

    code = "not_found"
    status = 404


class Forbidden(Refused):
    code = "forbidden"
    status = 403


class BadInput(Refused):
    """Fields that are missing or cannot be read: `fields` maps each to its reason."""

    code = "bad_input"
    status = 422


class NotEnough(Refused):
    """An account has less than what is asked: facts `needed_...` and `available_...`, in `minutes` or `steps`."""

    code = "not_enough"


class AlreadyDone(Refused):
    code = "already_done"


class KeyUsed(Refused):
    """The same request key came with other content; no facts, since they would tell of somebody else's request."""

    code = "key_used"


class KeyExpired(Refused):
    """The request key is older than 30 days."""

    code = "key_expired"


class KeyAhead(Refused):
    """The request key is more than 5 minutes ahead: the device's clock is wrong."""

    code = "key_ahead"


class StorageFull(Refused):
    """The disk is full; nothing of this request was kept."""

    code = "storage_full"
    status = 507


class Unknown(Refused):
    """COMMIT failed, so that nobody knows yet: repeat with the same key."""

    code = "unknown_outcome"
    status = 503


class Busy(Refused):
    """Another process holds the database."""

    code = "database_held"
    status = 503


class ClockWrong(Refused):
    """The last entry is more than 5 minutes ahead of the server's clock; nothing is booked until that is put right."""

    code = "clock"
    status = 503


class RefusedByLedger(Refused):
    """A refusal of the ledger; its code, such as `insufficient` or `ceiling`, takes the place of the class's."""

    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(**facts)
        self.code = code  # type: ignore[misc]


def again(code: str, facts: dict[str, Fact]) -> Refused:
    """The same refusal as a first time, from its stored code and facts."""
    for kind in _all_kinds(Refused):
        if kind.code == code and kind is not RefusedByLedger:
            refused = kind.__new__(kind)
            Refused.__init__(refused, **facts)
            return refused
    return RefusedByLedger(code, **facts)


def _all_kinds(kind: type[Refused]) -> list[type[Refused]]:
    return [found for child in kind.__subclasses__() for found in (child, *_all_kinds(child))]
