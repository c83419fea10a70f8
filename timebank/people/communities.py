"""Communities (村/社区): the unit of trust, of policy and of the ledger.

Opening one makes its log: first the rule and the key, then the fixed accounts, then the quotas that two officers answer
for, then the policy. What comes later is decided by recorded decisions of its own.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, bindparam, func, or_, select
from sqlmodel import Field, Session, SQLModel, col

from ledger import book_of
from timebank import accounts, permissions, policy
from timebank.columns import Instant, Number
from timebank.errors import NotFound, Refused
from timebank.people import areas
from timebank.people.numbers import CODE
from timebank.permissions import Actor
from timebank.storage.sessions import ChangingSession, KeepingSession

ZONE = "Asia/Shanghai"
# From these amounts on a reversal needs two officers: 40 hours, 200 points.
TWO_FROM_MINUTES = 2400
TWO_FROM_STEPS = 2000
_READ = "communities"  # where they are among what lasts, see KeepingSession


class Community(SQLModel, table=True):
    """One community; `code` stands in its people's numbers, `origin` in every checkpoint of its log.

    A row never changes once it is written: what was read of it holds for as long as the installation runs.
    """

    __tablename__: ClassVar[str] = "community"
    __table_args__ = (
        UniqueConstraint("code", name="uq_community_code"),
        UniqueConstraint("origin", name="uq_community_origin"),
        ForeignKeyConstraint(["area_code"], ["area.code"], name="fk_community_area"),
        CheckConstraint("length(code) BETWEEN 2 AND 12", name="ck_community_code"),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_community_name"),
        Index("ix_community_area", "area_path"),
    )
    id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    code: str
    name: str
    area_code: str
    area_path: str
    zone: str = ZONE
    origin: str
    profile: str
    opened_at: datetime = Field(sa_type=Instant)
    opened_by: str


_BY_CODE = select(Community).where(col(Community.code) == bindparam("code"))  # made once: asked at each request


class CommunityCodeTaken(Refused):
    """Another community has this code, or this place has a community already."""

    code = "community_code_taken"
    status = 409


class CommunityRefused(Refused):
    """The code is not 2 to 12 capital letters and digits, the area is no village or urban community, or the like."""

    code = "community_refused"
    status = 422


def origin_of(installation: str, code: str) -> str:
    """The name of the community's log: fixed for ever, and independent of the installation's address."""
    if not CODE.fullmatch(code):
        raise CommunityRefused(community=code)
    return f"{installation}/log/{code}"


def next_id(session: Session) -> int:
    """The number for a community that is about to open; of two operators who got the same one, the second is refused."""
    return (session.scalar(select(func.max(col(Community.id)))) or 0) + 1


def refuse_if_taken(session: Session, *, code: str, area_code: str) -> None:
    """Raises CommunityCodeTaken if a community has this code, or this place has a community; asked before a log is made."""
    same = or_(col(Community.code) == code, col(Community.area_code) == area_code)
    taken = session.scalars(select(Community).where(same)).first()
    if taken is not None:
        raise CommunityCodeTaken(community=taken.code, name=taken.name)


def open_community(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    community_id: int,
    code: str,
    name: str,
    area_code: str,
    profile: str,
    origin: str,
    public_key: bytes,
    approvers: Sequence[int] = (1, 2),
    zone: str = ZONE,
) -> dict[str, object]:
    """Open a community with its ledger, fixed accounts, quotas, key and policy, in one write on its own new lane.

    `approvers` are the officer numbers of the two people who answer for the first quotas: by custom the first two
    people that the register gets. `public_key` belongs to the signing seed that the edge keeps outside the database.

    Raises:
        CommunityCodeTaken, CommunityRefused, NotFound (of the area or the profile).
    """
    place = areas.area(session, area_code)
    permissions.require(actor, "communities.open_community", community_id=actor.community_id, area_path=place.path)
    if not CODE.fullmatch(code) or place.level != "community" or not re.fullmatch(r"[^\s].{0,59}", name):
        raise CommunityRefused(community=code, area=area_code, level=place.level)
    refuse_if_taken(session, code=code, area_code=area_code)
    community = Community(
        id=community_id,
        code=code,
        name=name,
        area_code=area_code,
        area_path=place.path,
        zone=zone,
        origin=origin,
        profile=profile,
        opened_at=now,
        opened_by=actor.number,
    )
    session.add(community)
    session.flush()
    book = book_of(session)
    book.set_rule(two_from_min=TWO_FROM_MINUTES, two_from_pt=TWO_FROM_STEPS, zone=_offset(zone, now))
    book.set_key(public_key, from_size=0)
    accounts.open_fixed(session, community_id)
    policy.open_with(session, community_id, profile=profile, on=local_day(community, now), approvers=approvers)
    return {"code": "community_opened", "community_id": community_id, "community": code, "origin": origin}


def community(session: Session, community_id: int) -> Community:
    """One community; NotFound if there is none of this number."""
    found = _known(session).get(community_id) or session.get(Community, community_id)
    if found is None:
        raise NotFound(what="community")
    return found


def by_code(session: Session, code: str) -> Community | None:
    """The community of a code as it stands in addresses and on cards."""
    found = _known(session).get(code) or session.scalars(_BY_CODE, {"code": code}).one_or_none()
    if (
        found is not None and found in session and not isinstance(session, ChangingSession)
    ):  # there it may still be taken back
        session.expunge(found)
        _known(session).update({code: found, found.id: found})
    return found


def communities(session: Session, *, area_path: str = "/") -> list[Community]:
    """All communities in an area, by place."""
    query = select(Community).where(col(Community.area_path).startswith(area_path, autoescape=True))
    return list(session.scalars(query.order_by(col(Community.area_path))))


def local_day(community: Community, now: datetime) -> date:
    """The day that the community's people call today."""
    return now.astimezone(ZoneInfo(community.zone)).date()


def day_start(community: Community, day: date) -> datetime:
    """The instant at which a day begins there."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(community.zone))


def community_of(actor: Actor) -> int:
    """The community in which somebody acts; a use case of people is never called without one."""
    if actor.community_id is None:
        raise NotFound(what="community")
    return actor.community_id


def known(lasting: dict[str, Any], code: str) -> Community | None:
    """The community of a code, if this installation (`Storage.lasting`) has read it before."""
    read: dict[int | str, Community] = lasting.get(_READ, {})
    return read.get(code)


def _known(session: Session) -> dict[int | str, Community]:
    """The communities that were read, by number and by code."""
    if not isinstance(session, KeepingSession):
        return {}
    read: dict[int | str, Community] = session.lasting.setdefault(_READ, {})
    return read


def _offset(zone: str, now: datetime) -> str:
    """A zone as the ledger writes it: +08:00."""
    away = now.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    sign = "-" if away < timedelta() else "+"
    minutes = abs(int(away.total_seconds())) // 60
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}"
