"""One human is in one place: where each login is serving now, over all communities."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKeyConstraint, bindparam, delete, insert, select, update
from sqlmodel import Field, Session, SQLModel, col

from timebank.columns import Id, Instant, Number
from timebank.errors import Refused


class Presence(SQLModel, table=True):
    """Where a login is serving now: one community at a time, until an end that needs nobody."""

    __tablename__: ClassVar[str] = "presence"
    __table_args__ = (ForeignKeyConstraint(["login_id"], ["login.id"], name="fk_presence_login"),)
    login_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    community_id: int = Field(sa_type=Number)
    since: datetime = Field(sa_type=Instant)
    until: datetime = Field(sa_type=Instant)


# Made once: every check-in asks them.
_CLAIM = select(col(Presence.community_id), col(Presence.until)).where(col(Presence.login_id) == bindparam("of_login"))
_FIRST = insert(Presence.__table__)  # type: ignore[attr-defined]
_NEXT = update(Presence.__table__).where(col(Presence.login_id) == bindparam("of_login"))  # type: ignore[attr-defined]


class PresentElsewhere(Refused):
    code = "present_elsewhere"
    status = 409


def arrive(session: Session, *, now: datetime, login_id: uuid.UUID, community_id: int, until: datetime) -> None:
    """Claim that this login serves in this community now; claimed before check-in, in a transaction of its own.

    Raises:
        PresentElsewhere: the login serves in another community until then.
    """
    connection = session.connection()
    there = connection.execute(_CLAIM, {"of_login": login_id}).first()
    if there is not None and there.community_id != community_id and there.until > now:
        raise PresentElsewhere(community_id=there.community_id)
    row = {"community_id": community_id, "since": now, "until": until}
    if there is None:
        connection.execute(_FIRST, {"login_id": login_id, **row})
    else:
        connection.execute(_NEXT, {"of_login": login_id, **row})


def leave(session: Session, *, login_id: uuid.UUID, community_id: int, since: datetime | None = None) -> None:
    """The login no longer serves there. Leaving again is harmless; with `since`, only the claim of that moment goes."""
    there = delete(Presence).where(col(Presence.login_id) == login_id, col(Presence.community_id) == community_id)
    session.execute(there if since is None else there.where(col(Presence.since) == since))


def presence_of(session: Session, login_id: uuid.UUID) -> Presence | None:
    """Where a login is said to serve, if anywhere."""
    return session.get(Presence, login_id)
