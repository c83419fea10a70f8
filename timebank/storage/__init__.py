"""One way into the database: reading from snapshots, writing on a lane.

A lane takes the requests that wait (never waits to fill a batch), runs them one after the other in one transaction, commits once, and answers all: one fsync for many. Each has a savepoint and a fresh session; ledger
entries are buffered by the book and written before COMMIT. Domain rows and ledger entries of a request commit together, or not at all.

- A request that is refused or fails leaves no trace but its recorded refusal; the others of its batch go on.
- If the transaction is found closed (a full disk ends it silently on SQLite) or the flush fails, the batch is discarded and its requests run again one by one.
- Only a failing COMMIT answers `Unknown`: repeat with the same key.
"""

from __future__ import annotations

from timebank.columns import new_id, new_key
from timebank.storage.database import Storage
from timebank.storage.prepared import Prepared
from timebank.storage.requests import Counter, Request, job_key, next_number

__all__ = ["Counter", "Prepared", "Request", "Storage", "job_key", "new_id", "new_key", "next_number"]
