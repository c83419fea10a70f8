"""One human is in one place: where each login is serving now, over all communities."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKeyConstraint, bindparam, delete, select, text
from sqlmodel import Field, Session, SQLModel, col

from timebank.columns import Id, Instant, Number
from timebank.errors import Refused
from timebank.storage import Prepared


class Presence(SQLModel, table=True):
    """Where a login is serving now: one community at a time, until an end that needs nobody."""

    __tablename__: ClassVar[str] = "presence"
    __table_args__ = (ForeignKeyConstraint(["login_id"], ["login.id"], name="fk_presence_login"),)
    login_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    community_id: int = Field(sa_type=Number)
    since: datetime = Field(sa_type=Instant)
    until: datetime = Field(sa_type=Instant)


# Made once: every check-in asks them.
# One statement, so that of two lanes that claim the same login the second waits for the first, and then sees its claim.
_CLAIM = Prepared(
    text(
        "INSERT INTO presence (login_id, community_id, since, until) VALUES (:login_id, :community_id, :now, :until)"
        " ON CONFLICT (login_id) DO UPDATE"
        " SET community_id = excluded.community_id, since = excluded.since, until = excluded.until"
        " WHERE presence.community_id = excluded.community_id OR presence.until <= excluded.since"
    ).bindparams(
        bindparam("login_id", type_=Id()),
        bindparam("community_id", type_=Number()),
        bindparam("now", type_=Instant()),
        bindparam("until", type_=Instant()),
    )
)
_WHERE = Prepared(select(col(Presence.community_id)).where(col(Presence.login_id) == bindparam("login_id")))


class PresentElsewhere(Refused):
    code = "present_elsewhere"
    status = 409
    is_for_now = True


def arrive(session: Session, *, now: datetime, login_id: uuid.UUID, community_id: int, until: datetime) -> None:
    """Claim that this login serves in this community now; written in the commit of the visit that it is for.

    Raises:
        PresentElsewhere: the login serves in another community until then.
    """
    claimed = _CLAIM.run(session, login_id=login_id, community_id=community_id, now=now, until=until)
    if not claimed:
        raise PresentElsewhere(community_id=_WHERE.scalar(session, login_id=login_id))


def leave(session: Session, *, login_id: uuid.UUID, community_id: int, since: datetime | None = None) -> None:
    """The login no longer serves there. Leaving again is harmless; with `since`, only the claim of that moment goes."""
    there = delete(Presence).where(col(Presence.login_id) == login_id, col(Presence.community_id) == community_id)
    session.execute(there if since is None else there.where(col(Presence.since) == since))


def presence_of(session: Session, login_id: uuid.UUID) -> Presence | None:
    """Where a login is said to serve, if anywhere."""
    return session.get(Presence, login_id)
