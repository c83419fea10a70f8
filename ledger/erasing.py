"""Which entries name an account: those whose salt and detail go when the account's owner is erased."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from sqlalchemy import Connection, delete, or_, select

from ledger import tables

SEQS_AT_ONCE = 500
ACCOUNTS_AT_ONCE = 200  # a word of SQL for each: SQLite takes less than a thousand in a condition


class Reader(Protocol):
    """A connection or a session."""

    def execute(self, statement: Any, /) -> Any: ...


def naming(reader: Reader, community_id: int, accounts: Collection[int]) -> set[int]:
    """The stored entries that name one of the accounts: in their legs, in their hold's, or in those of what they reverse.

    Looks at all holds of the log, since holds are kept by entry.
    """
    posting, hold = tables.posting.c, tables.hold.c
    ordered, seqs = sorted(accounts), set()
    for start in range(0, len(ordered), ACCOUNTS_AT_ONCE):
        some = ordered[start : start + ACCOUNTS_AT_ONCE]
        moved = select(posting.seq).where(posting.community_id == community_id, posting.account.in_(some))
        seqs |= {seq for (seq,) in reader.execute(moved)}
        legs = or_(*(hold.legs.contains(f"[{number},", autoescape=True) for number in some))
        held = select(hold.seq, hold.resolved).where(hold.community_id == community_id, legs)
        for seq, resolved in reader.execute(held):
            seqs |= {seq} if resolved is None else {seq, resolved}
    return seqs


def forget(connection: Connection, community_id: int, seqs: Collection[int]) -> int:
    """Delete salt and detail of these entries; returns how many there were."""
    detail, ordered, gone = tables.detail.c, sorted(seqs), 0
    for start in range(0, len(ordered), SEQS_AT_ONCE):
        some = ordered[start : start + SEQS_AT_ONCE]
        gone += connection.execute(
            delete(tables.detail).where(detail.community_id == community_id, detail.seq.in_(some))
        ).rowcount
    return gone
