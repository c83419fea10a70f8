"""Plain-text accounting for auditors: the books as a beancount journal or as CSV. Reads only, and names nobody.

What they hold is what the plain evidence bundle holds, told in other words; the proofs are the bundle's alone.
"""

from __future__ import annotations

from typing import IO

from ledger.exports import beancount, tables
from ledger.exports.journal import Progress, Wanted, silent
from ledger.exports.tables import Files
from timebank import permissions
from timebank.permissions import Actor
from timebank.storage import Storage

USE_CASE = "exports.plain_text"


def write_journal(
    storage: Storage,
    *,
    actor: Actor,
    community_id: int,
    file: IO[bytes],
    wanted: Wanted,
    progress: Progress = silent,
) -> int:
    """Write the books as a beancount journal, from one snapshot; returns how many entries it tells.

    Raises:
        Forbidden; LogBroken, BadEntry: the log is damaged, and cannot be told.
    """
    permissions.require(actor, USE_CASE, community_id=community_id)
    with storage.read() as session:
        return beancount.write(session, community_id, file, wanted, progress)


def write_tables(
    storage: Storage,
    *,
    actor: Actor,
    community_id: int,
    files: Files,
    wanted: Wanted,
    progress: Progress = silent,
) -> int:
    """Write the books as four CSV files, from one snapshot; returns how many entries they tell.

    Raises:
        Forbidden; LogBroken, BadEntry: the log is damaged, and cannot be told.
    """
    permissions.require(actor, USE_CASE, community_id=community_id)
    with storage.read() as session:
        return tables.write(session, community_id, files, wanted, progress)
