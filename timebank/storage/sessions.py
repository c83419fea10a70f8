"""Sessions that hold on to what they loaded, for the moments that they live."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlmodel import Session

KEPT_MOST = 200  # what a request looks at again and again it looks at first; lists may be long


class KeepingSession(Session):
    """A session whose first rows stay in it.

    SQLAlchemy's own forgets a row as soon as nobody holds it, so that a use case that asks five functions about the same
    community, and each of them by its key, would ask the database five times.
    """


@event.listens_for(KeepingSession, "loaded_as_persistent")
def _keep(session: Session, row: Any) -> None:
    kept = session.info.setdefault("kept", [])
    if len(kept) < KEPT_MOST:
        kept.append(row)
