"""Sessions that hold on to what they loaded, for the moments that they live, and that know the connection behind them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, event
from sqlmodel import Session

from ledger import driver

KEPT_MOST = 200  # what a request looks at again and again it looks at first; lists may be long


class KeepingSession(Session):
    """A session whose first rows stay in it.

    SQLAlchemy's own forgets a row as soon as nobody holds it, so that a use case that asks five functions about the same
    community, and each of them by its key, would ask the database five times.

    `lasting` is what the installation keeps of rows that never change, such as communities (by the name of what is kept).
    """

    def __init__(
        self, connection: Connection, *, lasting: dict[str, Any] | None = None, autoflush: bool = True, **options: Any
    ) -> None:
        super().__init__(connection, expire_on_commit=False, autoflush=autoflush, **options)
        self.lasting: dict[str, Any] = {} if lasting is None else lasting
        self._behind = connection

    def bare(self) -> Connection:
        """The connection behind it, for statements that go past the ORM; what the session holds is written first."""
        self.flush()
        return self._behind


class ChangingSession(KeepingSession):
    """A request's session in a transaction that it shares: behind a savepoint from its first statement on.

    The savepoint is set by the driver, since SQLAlchemy's own took a tenth of a check-in. Its rollback to it is not the
    session's: a session that rolls back by itself, as it does where a flush fails, ends the whole transaction.
    """

    def __init__(self, connection: Connection, *, lasting: dict[str, Any]) -> None:
        super().__init__(connection, lasting=lasting, join_transaction_mode="rollback_only")
        self._is_marked = False

    def bare(self) -> Connection:
        self.flush()
        self.mark()
        return self._behind

    def mark(self) -> None:
        """Set the savepoint, if there is none yet."""
        if not self._is_marked:
            driver.call(self._behind, "SAVEPOINT request")
            self._is_marked = True

    def keep(self) -> None:
        """Write what the session still holds, and let what was done stay in the transaction."""
        self.flush()
        if self._is_marked:
            driver.call(self._behind, "RELEASE SAVEPOINT request")

    def take_back(self) -> None:
        """Undo what was done since the savepoint."""
        if self._is_marked:
            driver.call(self._behind, "ROLLBACK TO SAVEPOINT request")


def bare(session: Session) -> Connection:
    """The connection behind any session, for statements that go past the ORM."""
    if isinstance(session, KeepingSession):
        return session.bare()
    session.flush()
    return session.connection()


@event.listens_for(ChangingSession, "after_begin")
def _mark(session: ChangingSession, transaction: Any, connection: Connection) -> None:
    session.mark()


@event.listens_for(KeepingSession, "loaded_as_persistent")
def _keep(session: Session, row: Any) -> None:
    kept = session.info.setdefault("kept", [])
    if len(kept) < KEPT_MOST:
        kept.append(row)
