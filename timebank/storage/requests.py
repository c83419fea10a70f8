"""What was asked under which key, and the gap-free numbers that requests take."""

from __future__ import annotations

import datetime
import hmac
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Connection, select
from sqlmodel import Field, Session, SQLModel, col

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
    refused: BaseException | None = None

    @property
    def alone(self) -> bool:
        """Whether it shares its transaction with no other request."""
        return self.everywhere or self.scrubs or self.founds is not None

    def forget(self) -> None:
        """Go back to before it was run."""
        self.outcome = self.refused = None


def known_requests(connection: Connection, batch: list[Waiting]) -> dict[uuid.UUID, Request]:
    """The requests of this batch that were answered before, by key."""
    query = select(Request).where(
        col(Request.community_id) == batch[0].community_id, col(Request.key).in_([waiting.key for waiting in batch])
    )
    with Session(connection, join_transaction_mode="rollback_only", expire_on_commit=False) as session:
        found = {row.key: row for row in session.scalars(query)}
        session.expunge_all()
    return found


def refuse_late_or_early(key: uuid.UUID, now: datetime.datetime) -> Refused | None:
    """The refusal of a key that is too old to be known still, or from a clock that is ahead."""
    if now - key_instant(key) > KEYS_KEPT:
        return KeyExpired()
    if key_instant(key) - now > KEY_AHEAD_MOST:
        return KeyAhead()
    return None


def answer_again(waiting: Waiting, before: Request) -> None:
    """Give a request that came again the first answer, if it is the same in everything."""
    same = hmac.compare_digest(bytes(before.content), waiting.content)
    if not same or (before.actor, before.use_case) != (waiting.actor, waiting.use_case):
        waiting.refused = KeyUsed()
    elif before.outcome == "done":
        waiting.outcome = before.facts
    else:
        facts: dict[str, Fact] = before.facts["facts"]
        waiting.refused = again(before.facts["code"], facts)


def record(waiting: Waiting, now: datetime.datetime) -> dict[str, Any] | None:
    """The `request` row of an answered request; bugs and broken storage are not recorded, so that they can be tried again."""
    row = {
        "community_id": waiting.community_id,
        "key": waiting.key,
        "actor": waiting.actor,
        "use_case": waiting.use_case,
        "content": waiting.content,
        "recorded_at": now,
    }
    if waiting.refused is None:
        return {**row, "outcome": "done", "facts": waiting.outcome}
    if is_recorded(waiting.refused) and isinstance(waiting.refused, Refused):
        return {**row, "outcome": "refused", "facts": {"code": waiting.refused.code, "facts": waiting.refused.facts}}
    return None


def is_recorded(refused: BaseException) -> bool:
    """Whether this is a refusal that the request's key remembers."""
    return isinstance(refused, Refused) and refused.status < 500
