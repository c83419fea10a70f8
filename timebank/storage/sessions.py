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

    `lasting` is what the installation keeps of rows that never change, such as communities; `shared` what was read for this
    session, or for the requests of its batch: who changes those rows forgets it. Both by the name of what is kept.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        lasting: dict[str, Any],
        shared: dict[str, Any] | None = None,
        autoflush: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(connection, expire_on_commit=False, autoflush=autoflush, **options)
        self.lasting = lasting
        self.shared: dict[str, Any] = {} if shared is None else shared
        self._behind = connection

    def bare(self, *, writes: bool = False) -> Connection:
        """The connection behind it, for statements that go past the ORM; what the session holds is written first."""
        self.flush()
        return self._behind


class ChangingSession(KeepingSession):
    """A request's session in a transaction that it shares: behind a savepoint, before it writes or the ORM does anything.

    The savepoint is set by the driver, since SQLAlchemy's own took a tenth of a check-in. Going back to it is not the
    session's: a session that rolls back by itself, as it does where a flush fails, ends the whole transaction. It is not
    released when the request is done: those of later requests lie within it, and all end with the transaction, or, before
    a long flush, together.
    """

    def __init__(
        self, connection: Connection, *, lasting: dict[str, Any], shared: dict[str, Any] | None = None
    ) -> None:
        super().__init__(connection, lasting=lasting, shared=shared, join_transaction_mode="rollback_only")
        self.is_marked = False

    def bare(self, *, writes: bool = False) -> Connection:
        self.flush()
        if writes:
            self.mark()
        return self._behind

    def mark(self) -> None:
        """Set the savepoint, if there is none yet."""
        if not self.is_marked:
            driver.call(self._behind, "SAVEPOINT request")
            self.is_marked = True

    def take_back(self) -> None:
        """Undo what was done since the savepoint."""
        if self.is_marked:
            driver.call(self._behind, "ROLLBACK TO SAVEPOINT request")


def bare(session: Session, *, writes: bool = False) -> Connection:
    """The connection behind any session, for statements that go past the ORM."""
    if isinstance(session, KeepingSession):
        return session.bare(writes=writes)
    session.flush()
    return session.connection()


def shared(session: Session) -> dict[str, Any]:
    """What was read for this session and its like, see KeepingSession; any other session keeps it for itself."""
    return session.shared if isinstance(session, KeepingSession) else session.info


@event.listens_for(ChangingSession, "after_begin")
def _mark(session: ChangingSession, transaction: Any, connection: Connection) -> None:
    session.mark()


@event.listens_for(KeepingSession, "loaded_as_persistent")
def _keep(session: Session, row: Any) -> None:
    kept = session.info.setdefault("kept", [])
    if len(kept) < KEPT_MOST:
        kept.append(row)
