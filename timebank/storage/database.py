"""The database of an installation, as the rest of the domain sees it."""

from __future__ import annotations

import hmac
import json
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from timebank import columns
from timebank.errors import BadInput
from timebank.storage.engines import LaneLock, make_engine
from timebank.storage.lane import Lane
from timebank.storage.requests import Change, Waiting
from timebank.storage.sessions import KeepingSession

Answer = TypeVar("Answer")

GLANCES_KEPT = 16  # connections that wait for the next question: as many as ask at the same moment


class Storage:
    """The database of an installation.

    `clock` gives the instant at which a request runs (aware, UTC), `secret` keys the digests of what was asked. On SQLite the process that writes holds `<database>.lane`, so that a second one refuses
    instead of starving; `exclusive=False` leaves that out.
    `durable=False` waits for no disk: for a database that nobody relies on before it is whole, as the demo's while it is filled.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], datetime],
        secret: bytes,
        lanes: int = 4,
        exclusive: bool = True,
        durable: bool = True,
    ) -> None:
        self.url = make_url(url)
        self.clock = clock
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._secret = secret
        self.lasting: dict[str, Any] = {}  # see KeepingSession
        self._engine = make_engine(url, sqlite=self.sqlite)
        self._writer = make_engine(url, sqlite=self.sqlite, writes=True, durable=durable)
        self._glances = make_engine(url, sqlite=self.sqlite, glances=True)
        self._idle: deque[Connection] = deque()
        # On PostgreSQL no lane writes these, and a new connection for each would take longer than the write.
        self._of_all = self._engine if durable and not self.sqlite else self._writer
        self._lock = LaneLock(Path(self.url.database or "")) if self.sqlite and exclusive else None
        self._lanes = [
            Lane(self._writer, clock, lasting=self.lasting, before_start=self.hold_lane)
            for _ in range(1 if self.sqlite else lanes)
        ]

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session on one snapshot of the database; it cannot write."""
        with self._engine.connect() as connection:
            if not self.sqlite:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            with KeepingSession(connection, lasting=self.lasting, autoflush=False) as session:
                yield session

    def glance(self, ask: Callable[[Connection], Answer]) -> Answer:
        """What single questions (`Prepared`) find that need no snapshot, on a connection without a transaction.

        Connections stay open for the next. One that turns out to be dead is asked no more, and the questions anew.
        """
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._glances.connect()
        try:
            found = ask(connection)
        except DBAPIError as error:
            connection.close()
            if not error.connection_invalidated:
                raise
            self._close_idle()
            with self._glances.connect() as another:
                return ask(another)
        except BaseException:
            connection.close()
            raise
        if len(self._idle) < GLANCES_KEPT:
            self._idle.append(connection)
        else:
            connection.close()
        return found

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def write(
        self,
        community_id: int,
        key: uuid.UUID,
        change: Change,
        *,
        actor: str,
        use_case: str,
        content: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Run `change(session, now)` in the community's turn and give its facts; asked again with the same key and content, give the first answer again.

        Raises:
            Refused: the change's own refusals, and `KeyUsed`, `KeyExpired`, `KeyAhead`, `StorageFull`, `Busy`, `Unknown`.
        """
        if not columns.is_key(key):
            raise BadInput(fields={"key": "not a request key"})
        told = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str).encode()
        waiting = Waiting(community_id, key, change, actor, use_case, hmac.digest(self._secret, told, "sha256"))
        facts: dict[str, Any] = self._lane(community_id).ask(waiting)
        return facts

    def found(
        self, community_id: int, key: uuid.UUID, change: Change, *, origin: str, actor: str, use_case: str
    ) -> dict[str, Any]:
        """Lay down the empty log of a new community and run `change`, which opens it; if that is refused, there is no log either.

        Raises:
            Refused: the change's own refusals.
        """
        waiting = Waiting(
            community_id,
            key,
            change,
            actor,
            use_case,
            hmac.digest(self._secret, origin.encode(), "sha256"),
            founds=origin,
        )
        facts: dict[str, Any] = self._lane(community_id).ask(waiting)
        return facts

    def write_global(self, change: Callable[[Session, datetime], Any]) -> Any:
        """Change tables that belong to no community, apart from all communities' batches. On SQLite it takes its turn on the lane, and those that wait together commit together."""
        if self.sqlite:
            return self._lanes[0].ask(Waiting(0, columns.new_key(self.clock()), change, everywhere=True))
        with (
            self._of_all.connect() as connection,
            Session(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            return change(session, self.clock())

    def scrub(self) -> None:
        """Make what was deleted unreadable in the database's files too. Takes as long as copying the database.

        On PostgreSQL that is its owner's work (VACUUM FULL), and nothing is done here.

        Raises:
            Busy: somebody reads for longer than half a minute; try again.
        """
        if self.sqlite:
            self._lanes[0].ask(Waiting(0, columns.new_key(self.clock()), _nothing, scrubs=True))

    def connect(self) -> Connection:
        """A bare connection for tools that measure or check; never for writing."""
        return self._engine.connect()

    def close(self) -> None:
        for lane in self._lanes:
            lane.stop()
        self._close_idle()
        self._glances.dispose()
        self._engine.dispose()
        self._writer.dispose()
        if self._lock:
            self._lock.release()

    def hold_lane(self) -> None:
        """Take the lane now instead of at the first write.

        Raises:
            Busy: another process has it.
        """
        if self._lock:
            self._lock.take()

    def _lane(self, community_id: int) -> Lane:
        return self._lanes[community_id % len(self._lanes)]


def _nothing(session: Session, now: datetime) -> None:
    """The change of what changes no rows."""
