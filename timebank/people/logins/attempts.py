"""Wrong tries are counted in the database, so that a restart forgives nothing."""

from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col

from timebank.columns import Instant, Number
from timebank.errors import Refused

TRIES = 5

TRIES_WITHIN = timedelta(minutes=15)

LOCKED_FOR = timedelta(minutes=15)


class Attempt(SQLModel, table=True):
    """Wrong tries at one thing (a keyed digest: the table tells nobody who was tried)."""

    __tablename__: ClassVar[str] = "attempt"
    subject: str = Field(primary_key=True)
    failures: int = Field(sa_type=Number)
    first_at: datetime = Field(sa_type=Instant)
    locked_until: datetime | None = Field(default=None, sa_type=Instant)


class Locked(Refused):
    code = "locked"
    status = 403


def is_locked(session: Session, *, subject: str, now: datetime) -> bool:
    """Whether too many wrong tries were made at `subject` of late."""
    attempt = session.get(Attempt, subject)
    return attempt is not None and attempt.locked_until is not None and attempt.locked_until > now


def refuse_if_locked(session: Session, *, subject: str, now: datetime) -> None:
    """Raises Locked while too many wrong tries were made at `subject`."""
    attempt = session.get(Attempt, subject)
    if attempt and attempt.locked_until and attempt.locked_until > now:
        raise Locked(minutes=-(-int((attempt.locked_until - now).total_seconds()) // 60))


def count_failure(session: Session, *, subject: str, now: datetime, tries: int = TRIES) -> int:
    """Count one wrong try and return how many are left; at 0 the subject is locked for a quarter of an hour."""
    attempt = session.get(Attempt, subject)
    if attempt is None:
        attempt = Attempt(subject=subject, failures=0, first_at=now)
    elif attempt.first_at + TRIES_WITHIN <= now:
        attempt.failures, attempt.first_at, attempt.locked_until = 0, now, None
    attempt.failures += 1
    if attempt.failures >= tries:
        attempt.locked_until = now + LOCKED_FOR
    session.add(attempt)
    session.flush()
    return max(0, tries - attempt.failures)


def forget_failures(session: Session, *, subject: str) -> None:
    """A right try ends the counting."""
    session.execute(delete(Attempt).where(col(Attempt.subject) == subject))
