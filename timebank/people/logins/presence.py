"""One human is in one place: where each login is serving now, over all communities."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKeyConstraint, delete
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


class PresentElsewhere(Refused):
    code = "present_elsewhere"
    status = 409


def arrive(session: Session, *, now: datetime, login_id: uuid.UUID, community_id: int, until: datetime) -> None:
    """Claim that this login serves in this community now; claimed before check-in, in a transaction of its own.

    Raises:
        PresentElsewhere: the login serves in another community until then.
    """
    there = session.get(Presence, login_id)
    if there and there.community_id != community_id and there.until > now:
        raise PresentElsewhere(community_id=there.community_id)
    session.merge(Presence(login_id=login_id, community_id=community_id, since=now, until=until))
    session.flush()


def leave(session: Session, *, login_id: uuid.UUID, community_id: int) -> None:
    """The login no longer serves there. Leaving again is harmless."""
    session.execute(
        delete(Presence).where(col(Presence.login_id) == login_id, col(Presence.community_id) == community_id)
    )
