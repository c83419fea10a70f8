"""Where volunteers check in and out: points with a screen that shows a code changing every 30 seconds.

The code is a TOTP (RFC 6238, SHA-256, one secret a point). The link in the QR code carries ten digits, too many to
guess; people read and type the last six, and their tries are counted where they are typed (attendance). A point without a
screen hangs out a printed code that never changes: since a photograph of it scans from home, it proves less.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
from sqlalchemy import CheckConstraint, Index, UniqueConstraint, bindparam, select
from sqlmodel import Field, Session, SQLModel, col

from timebank.columns import Id, Instant, Number
from timebank.errors import BadInput, NotFound, Refused
from timebank.people import communities
from timebank.permissions import Actor, require
from timebank.storage import new_id, next_number

LINK_DIGITS = 10
TYPED_DIGITS = 6
REMEMBERED_STEPS = 240  # two hours: how long an old code is told from a wrong one


class ServicePoint(SQLModel, table=True):
    """One place with a screen or a printed code. `number` is short, for links and for people."""

    __tablename__ = "service_point"
    __table_args__ = (
        UniqueConstraint("community_id", "number", name="uq_service_point_number"),
        UniqueConstraint("community_id", "screen_token", name="uq_service_point_screen"),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_service_point_name"),
        CheckConstraint("length(place) <= 200", name="ck_service_point_place"),
        CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name="ck_service_point_closed"),
        Index("ix_service_point_area", "community_id", "area_path"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    name: str
    area_path: str
    place: str
    secret: str
    secret_since: datetime = Field(sa_type=Instant)
    screen_token: str
    fixed_token: str | None = None
    opened_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)


# Made once: every scan asks it.
_BY_NUMBER = select(ServicePoint).where(
    col(ServicePoint.community_id) == bindparam("community_id"), col(ServicePoint.number) == bindparam("number")
)


class PointClosed(Refused):
    """The point was closed; nobody checks in there any more."""

    code = "point_closed"
    status = 409


class WrongCode(Refused):
    """No code of this point, now or in the last two hours."""

    code = "wrong_point_code"
    status = 422


class StaleCode(Refused):
    """A true code of this point, but no longer shown."""

    code = "stale_code"
    status = 409


class CodeOfAnotherPoint(Refused):
    """The code is live, on another point's screen."""

    code = "code_of_another_point"
    status = 409


@dataclass(frozen=True)
class LiveCode:
    """What the screen shows. `ends_at` is when the next code comes; the code is taken for one step longer."""

    digits: str
    link_code: str
    ends_at: datetime


@dataclass(frozen=True)
class Point:
    """A service point as lists show it: without its secret."""

    id: UUID
    number: int
    name: str
    area_path: str
    place: str
    screen_token: str
    fixed_token: str | None
    secret_since: datetime
    closed: bool


def create(
    session: Session, *, actor: Actor, now: datetime, name: str, place: str, area_path: str
) -> dict[str, object]:
    """Open a service point; its screen and codes work at once."""
    community_id = communities.community_of(actor)
    require(actor, "service_points.create", community_id=community_id, area_path=area_path)
    point = ServicePoint(
        community_id=community_id,
        id=new_id(now),
        number=next_number(session, community_id, "service_point"),
        name=_named(name),
        area_path=area_path,
        place=place.strip(),
        secret=pyotp.random_base32(),
        secret_since=now,
        screen_token=secrets.token_urlsafe(24),
        opened_at=now,
    )
    session.add(point)
    session.flush()
    return _told("point_created", point)


def change(
    session: Session, *, actor: Actor, now: datetime, number: int, name: str, place: str, area_path: str
) -> dict[str, object]:
    """Correct a point's name, place or area; codes stay as they are."""
    del now
    point = for_change(session, actor, "service_points.change", number)
    require(actor, "service_points.change", community_id=actor.community_id, area_path=area_path)
    point.name, point.place, point.area_path = _named(name), place.strip(), area_path
    session.flush()
    return _told("point_changed", point)


def rotate(session: Session, *, actor: Actor, now: datetime, number: int) -> dict[str, object]:
    """New secret, new screen address, and the printed code is void: for when somebody has carried one away."""
    point = for_change(session, actor, "service_points.rotate", number)
    point.secret, point.secret_since = pyotp.random_base32(), now
    point.screen_token = secrets.token_urlsafe(24)
    point.fixed_token = _fixed_token() if point.fixed_token else None
    session.flush()
    return _told("point_rotated", point)


def issue_fixed_code(session: Session, *, actor: Actor, now: datetime, number: int) -> dict[str, object]:
    """Make the code that is printed for a point without a screen; one made before becomes void."""
    del now
    point = for_change(session, actor, "service_points.issue_fixed_code", number)
    point.fixed_token = _fixed_token()
    session.flush()
    return _told("fixed_code_issued", point)


def close(session: Session, *, actor: Actor, now: datetime, number: int) -> dict[str, object]:
    """Close a point. Closing twice is harmless; who is checked in there can still check out with staff."""
    point = for_change(session, actor, "service_points.close", number, open_only=False)
    point.closed_at = point.closed_at or now
    session.flush()
    return _told("point_closed_now", point)


def listed(session: Session, *, actor: Actor, closed: bool = False) -> list[Point]:
    """The points of the community by number; a community has tens of them, so one page holds all."""
    require(actor, "service_points.listed", community_id=actor.community_id)
    rows = session.scalars(
        select(ServicePoint)
        .where(col(ServicePoint.community_id) == actor.community_id)
        .where(col(ServicePoint.closed_at).is_not(None) if closed else col(ServicePoint.closed_at).is_(None))
        .order_by(col(ServicePoint.number))
    )
    return [as_point(row) for row in rows]


def open_ones(session: Session, community_id: int) -> list[ServicePoint]:
    """The points that are not closed for good, by number; who calls has asked whether they may be shown."""
    return list(
        session.scalars(
            select(ServicePoint)
            .where(col(ServicePoint.community_id) == community_id, col(ServicePoint.closed_at).is_(None))
            .order_by(col(ServicePoint.number))
        )
    )


def named(session: Session, *, actor: Actor, number: int) -> Point:
    """One point for the staff who run it."""
    require(actor, "service_points.listed", community_id=actor.community_id)
    return as_point(by_number(session, communities.community_of(actor), number))


def by_number(session: Session, community_id: int, number: int) -> ServicePoint:
    """A point by the number in its links; closed ones too."""
    point = session.scalars(_BY_NUMBER, {"community_id": community_id, "number": number}).one_or_none()
    if point is None:
        raise NotFound(what="service_point")
    return point


def by_id(session: Session, community_id: int, point_id: UUID) -> ServicePoint:
    """A point by its row's id."""
    point = session.get(ServicePoint, (community_id, point_id))
    if point is None:
        raise NotFound(what="service_point")
    return point


def of_screen(session: Session, community_id: int, number: int, token: str) -> ServicePoint:
    """The point whose screen this is; the token in its address is all that the wall tablet knows."""
    point = by_number(session, community_id, number)
    if not hmac.compare_digest(point.screen_token.encode(), token.encode()):
        raise NotFound(what="service_point")
    if point.closed_at is not None:
        raise PointClosed(point=point.name)
    return point


def live_code(point: ServicePoint, *, now: datetime, step_seconds: int) -> LiveCode:
    """The code of this moment, for the point's own screen."""
    step = _step(now, step_seconds)
    link_code = _code(point, step, step_seconds, LINK_DIGITS)
    ends_at = datetime.fromtimestamp((step + 1) * step_seconds, tz=now.tzinfo)
    return LiveCode(digits=link_code[-TYPED_DIGITS:], link_code=link_code, ends_at=ends_at)


def step_of_code(
    session: Session, point: ServicePoint, text: str, *, now: datetime, step_seconds: int, window_steps: int
) -> int:
    """The time step whose live code this is: the current one or a neighbour, so that a slow reader is not too late.

    `window_steps`: how many before and after it are taken too. Takes the ten digits of the link or the six that people type.

    Raises:
        PointClosed, StaleCode, CodeOfAnotherPoint, WrongCode: each tells what the code is instead.
    """
    if point.closed_at is not None:
        raise PointClosed(point=point.name)
    current = _step(now, step_seconds)
    taken = range(current + window_steps, current - window_steps - 1, -1)
    step = _matching_step(point, text, taken, step_seconds)
    if step is not None:
        return step
    if _matching_step(point, text, range(taken.stop, current - REMEMBERED_STEPS, -1), step_seconds) is not None:
        raise StaleCode(point=point.name, step_seconds=step_seconds)
    others = session.scalars(
        select(ServicePoint)
        .where(col(ServicePoint.community_id) == point.community_id)
        .where(col(ServicePoint.number) != point.number)
        .where(col(ServicePoint.closed_at).is_(None))
    )
    for other in others:
        if _matching_step(other, text, taken, step_seconds) is not None:
            raise CodeOfAnotherPoint(point=point.name, other_point=other.name)
    raise WrongCode(point=point.name)


def check_fixed_code(point: ServicePoint, token: str) -> None:
    """Refuse what is not this point's printed code of today."""
    if point.closed_at is not None:
        raise PointClosed(point=point.name)
    if point.fixed_token is None or not hmac.compare_digest(point.fixed_token.encode(), token.encode()):
        raise WrongCode(point=point.name)


def for_change(session: Session, actor: Actor, use_case: str, number: int, *, open_only: bool = True) -> ServicePoint:
    """The point that an actor may change here; closed ones only where that is meant."""
    point = by_number(session, communities.community_of(actor), number)
    require(actor, use_case, community_id=actor.community_id, area_path=point.area_path)
    if open_only and point.closed_at is not None:
        raise PointClosed(point=point.name)
    return point


def as_point(row: ServicePoint) -> Point:
    """The row without its secret."""
    return Point(
        id=row.id,
        number=row.number,
        name=row.name,
        area_path=row.area_path,
        place=row.place,
        screen_token=row.screen_token,
        fixed_token=row.fixed_token,
        secret_since=row.secret_since,
        closed=row.closed_at is not None,
    )


def _named(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 60:
        raise BadInput(fields={"name": "length"})
    return name


def _told(code: str, point: ServicePoint) -> dict[str, object]:
    return {"code": code, "point_id": point.id.hex, "number": point.number, "point": point.name}


def _fixed_token() -> str:
    return secrets.token_hex(10).upper()  # upper case and digits only: a smaller QR code, and typeable


def _step(now: datetime, step_seconds: int) -> int:
    return int(now.timestamp()) // step_seconds


def _code(point: ServicePoint, step: int, step_seconds: int, digits: int) -> str:
    totp = pyotp.TOTP(point.secret, digits=digits, digest=hashlib.sha256, interval=step_seconds)
    return str(totp.at(step * step_seconds))


def _matching_step(point: ServicePoint, text: str, steps: range, step_seconds: int) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) in {LINK_DIGITS, TYPED_DIGITS}):
        return None
    first_step = _step(point.secret_since, step_seconds)
    for step in steps:
        if step >= first_step and hmac.compare_digest(_code(point, step, step_seconds, len(text)), text):
            return step
    return None
