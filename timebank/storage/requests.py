"""What was asked under which key, and the gap-free numbers that requests take."""

from __future__ import annotations

import datetime
import hmac
import json
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import CheckConstraint, Connection
from sqlmodel import Field, Session, SQLModel

from ledger import rows
from timebank import columns
from timebank.columns import Instant, Json, Number, key_instant
from timebank.errors import Fact, KeyAhead, KeyExpired, KeyUsed, Refused, again

KEYS_KEPT = datetime.timedelta(days=30)
KEY_AHEAD_MOST = datetime.timedelta(minutes=5)

Change = Callable[[Session, datetime.datetime], dict[str, Any]]


class Request(SQLModel, table=True):
    """What was asked under a key and how it ended, so that asking again gives the first answer. Pruned after 31 days; `facts` may be erased sooner."""

    __tablename__: ClassVar[str] = "request"
    __table_args__ = (CheckConstraint("outcome IN ('done', 'refused')", name="ck_request_outcome"),)

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    key: uuid.UUID = Field(sa_type=columns.Id, primary_key=True)
    actor: str
    use_case: str
    content: bytes = Field(description="HMAC of the content, since a plain hash would let tear-off numbers be guessed")
    outcome: str
    facts: dict[str, Any] = Field(sa_type=Json)
    recorded_at: datetime.datetime = Field(sa_type=Instant)


class Counter(SQLModel, table=True):
    """The last number given out of a gap-free series: person serials, vouchers, batches."""

    __tablename__: ClassVar[str] = "counter"
    __table_args__ = (CheckConstraint("last >= 0", name="ck_counter_last"),)

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = Field(primary_key=True)
    last: int = Field(sa_type=Number)


def next_number(session: Session, community_id: int, name: str, *, count: int = 1) -> int:
    """The next number of a series, or the first of the next `count`. Given back if the request is refused, so that there are no gaps."""
    row = session.get(Counter, (community_id, name))
    if row is None:
        row = Counter(community_id=community_id, name=name, last=0)
        session.add(row)
    row.last += count
    session.flush()
    return row.last - count + 1


def job_key(community_id: int, job: str, period_start: datetime.datetime, period: str) -> uuid.UUID:
    """The key of a job's run for a period, so that running it twice is harmless."""
    return columns.key_from(period_start, sha256(f"{community_id}\n{job}\n{period}".encode()).digest())


@dataclass
class Waiting:
    """A request on its way through a lane."""

    community_id: int
    key: uuid.UUID
    change: Callable[[Session, datetime.datetime], Any]
    actor: str = ""
    use_case: str = ""
    content: bytes = b""
    founds: str | None = None  # the origin of the log that it lays down
    everywhere: bool = False  # a write of tables that belong to no community: no book, no request row
    scrubs: bool = False  # no write: the database file is written anew without what was deleted
    answer: Future[Any] = field(default_factory=Future)
    outcome: Any = None
    told: str = ""  # the outcome as it is stored
    refused: BaseException | None = None

    @property
    def alone(self) -> bool:
        """Whether it shares its transaction with no other request."""
        return self.scrubs or self.founds is not None

    @property
    def place(self) -> int | None:
        """Whose tables it writes: requests of one place share a transaction."""
        return None if self.everywhere else self.community_id

    def tell(self) -> None:
        """Take the outcome as it will be stored, so that the first answer cannot differ from the answers to come.

        Raises:
            TypeError: it is not plain JSON.
        """
        self.told = columns.to_json(self.outcome)
        self.outcome = json.loads(self.told)

    def forget(self) -> None:
        """Go back to before it was run."""
        self.outcome = self.refused = None


class Recorded(NamedTuple):
    """A row of `request` as the database holds it: the columns in their order, `facts` as the text that is stored."""

    community_id: int
    key: bytes
    actor: str
    use_case: str
    content: bytes
    outcome: str
    facts: str
    recorded_at: int


def known_requests(connection: Connection, batch: list[Waiting]) -> dict[bytes, Recorded]:
    """The requests of this batch that were answered before, by key."""
    keys: list[Any] = [waiting.key.bytes for waiting in batch]
    wanted, values = f"({', '.join('?' * len(keys))})", keys
    if connection.dialect.name == "postgresql":
        wanted, values = "(SELECT unnest(?::bytea[]))", [keys]
    asked = f"SELECT {_COLUMNS} FROM request WHERE community_id = ? AND key IN {wanted}"  # noqa: S608  # only marks for values
    found = rows.fetch(connection, asked, (batch[0].community_id, *values))
    return {row.key: row for row in map(_recorded, found)}


def keep(connection: Connection, answered: list[Recorded]) -> None:
    """Write what the requests of a batch were answered."""
    rows.insert_into(connection, Request.__table__, answered)  # type: ignore[attr-defined]


_COLUMNS = ", ".join(Recorded._fields)


def _recorded(row: Any) -> Recorded:
    community_id, key, actor, use_case, content, *rest = row
    return Recorded(community_id, bytes(key), actor, use_case, bytes(content), *rest)


def refuse_late_or_early(key: uuid.UUID, now: datetime.datetime) -> Refused | None:
    """The refusal of a key that is too old to be known still, or from a clock that is ahead."""
    if now - key_instant(key) > KEYS_KEPT:
        return KeyExpired()
    if key_instant(key) - now > KEY_AHEAD_MOST:
        return KeyAhead()
    return None


def answer_again(waiting: Waiting, before: Recorded) -> None:
    """Give a request that came again the first answer, if it is the same in everything."""
    same = hmac.compare_digest(before.content, waiting.content)
    if not same or (before.actor, before.use_case) != (waiting.actor, waiting.use_case):
        waiting.refused = KeyUsed()
    elif before.outcome == "done":
        waiting.outcome = json.loads(before.facts)
    else:
        told = json.loads(before.facts)
        facts: dict[str, Fact] = told["facts"]
        waiting.refused = again(told["code"], facts)


def record(waiting: Waiting, now: datetime.datetime) -> Recorded | None:
    """The `request` row of an answered request; bugs and broken storage are not recorded, so that they can be tried again."""
    outcome, facts = "done", waiting.told
    if waiting.refused is not None:
        if not isinstance(waiting.refused, Refused) or not is_recorded(waiting.refused):
            return None
        outcome = "refused"
        facts = columns.to_json({"code": waiting.refused.code, "facts": waiting.refused.facts})
    asked = waiting.community_id, waiting.key.bytes, waiting.actor, waiting.use_case, waiting.content
    return Recorded(*asked, outcome, facts, columns.to_ms(now))


def is_recorded(refused: BaseException) -> bool:
    """Whether this is a refusal that the request's key remembers."""
    return isinstance(refused, Refused) and refused.status < 500 and not refused.is_for_now
