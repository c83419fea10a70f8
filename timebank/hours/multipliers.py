"""Multipliers: when an hour counts for more than an hour.

A multiplier belongs to a class of service and a window of the day, and comes only from a table that the committee
adopted before it is in force; its digest is a note in the ledger. Without a table every hour counts as an hour.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import pairwise
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint, select
from sqlmodel import Field, Session, SQLModel, col

from ledger import book_of
from timebank.columns import Day, Id, Number
from timebank.errors import BadInput, Refused
from timebank.hours.service_classes import ACTIVITY_CLASSES
from timebank.people import communities
from timebank.permissions import Actor, require
from timebank.storage import new_id, next_number

PERCENTS = (100, 120, 150, 200)
_KNOWN = "multipliers"  # what a session has read, in its `info`


class MultiplierTable(SQLModel, table=True):
    """One adopted table of multipliers; its digest is a note in the ledger."""

    __tablename__ = "multiplier_table"
    __table_args__ = (
        UniqueConstraint("community_id", "number", name="uq_multiplier_table_number"),
        UniqueConstraint("community_id", "in_force_from", name="uq_multiplier_table_in_force"),
        CheckConstraint("in_force_from >= adopted_on", name="ck_multiplier_table_not_retroactive"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number)
    adopted_on: date = Field(sa_type=Day)
    body: str  # who adopted it
    minutes_digest: str  # of the minutes of that meeting
    in_force_from: date = Field(sa_type=Day)
    digest: str
    note_seq: int = Field(sa_type=Number)
    recorded_by: str


class MultiplierWindow(SQLModel, table=True):
    """In this class of service, from this minute of the day to that, an hour counts `percent` of an hour."""

    __tablename__ = "multiplier_window"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "table_id"],
            ["multiplier_table.community_id", "multiplier_table.id"],
            name="fk_multiplier_window_table",
        ),
        CheckConstraint(f"percent IN {PERCENTS}", name="ck_multiplier_window_percent"),
        CheckConstraint(
            "0 <= from_minute AND from_minute < to_minute AND to_minute <= 1440", name="ck_multiplier_window_minutes"
        ),
        CheckConstraint(f"service_class IN {ACTIVITY_CLASSES}", name="ck_multiplier_window_class"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    table_id: UUID = Field(sa_type=Id, primary_key=True)
    service_class: str = Field(primary_key=True)
    from_minute: int = Field(sa_type=Number, primary_key=True)
    to_minute: int = Field(sa_type=Number)
    percent: int = Field(sa_type=Number)


class TableNotAhead(Refused):
    """A table of multipliers is never in force before the day it was adopted, nor before today."""

    code = "table_not_ahead"
    status = 409


class TableDayTaken(Refused):
    """Another table is in force from that day."""

    code = "table_day_taken"
    status = 409


@dataclass(frozen=True)
class Percent:
    """One row of a table of multipliers."""

    service_class: str
    from_minute: int
    to_minute: int
    percent: int


@dataclass(frozen=True)
class TableInForce:
    """The multipliers of a day. No table: every hour counts as an hour."""

    digest: str | None
    rows: tuple[Percent, ...]


def adopt(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    rows: Iterable[Percent],
    adopted_on: date,
    in_force_from: date,
    body: str,
    minutes_digest: str,
) -> dict[str, object]:
    """Record that the committee adopted a table of multipliers; nothing before `in_force_from` changes."""
    community_id = communities.community_of(actor)
    require(actor, "multipliers.adopt", community_id=community_id)
    adopted = sorted(rows, key=lambda row: (row.service_class, row.from_minute))
    today = communities.local_day(communities.community(session, community_id), now)
    _refuse_bad_table(adopted, adopted_on=adopted_on, today=today, body=body)
    if in_force_from < today or in_force_from < adopted_on:
        raise TableNotAhead(today=today.isoformat(), in_force_from=in_force_from.isoformat())
    if any(table.in_force_from == in_force_from for table in adopted_tables(session, community_id)):
        raise TableDayTaken(in_force_from=in_force_from.isoformat())
    session.info.pop(_KNOWN, None)
    digest = _table_digest(adopted, in_force_from)
    number = next_number(session, community_id, "multiplier_table")
    table = MultiplierTable(
        community_id=community_id,
        id=new_id(now),
        number=number,
        adopted_on=adopted_on,
        body=body.strip(),
        minutes_digest=minutes_digest,
        in_force_from=in_force_from,
        digest=digest,
        note_seq=book_of(session).note("multipliers", str(number), digest),
        recorded_by=actor.number,
    )
    session.add(table)
    session.flush()
    session.add_all(MultiplierWindow(community_id=community_id, table_id=table.id, **vars(row)) for row in adopted)
    session.flush()
    return {"code": "multipliers_adopted", "number": number, "digest": digest}


def table_in_force(session: Session, community_id: int, day: date) -> TableInForce:
    """The multipliers that hold on a local day. Read once a session: a check-out asks several times."""
    known: dict[tuple[int, date], TableInForce] = session.info.setdefault(_KNOWN, {})
    if (community_id, day) not in known:
        known[community_id, day] = _read_table(session, community_id, day)
    return known[community_id, day]


def _read_table(session: Session, community_id: int, day: date) -> TableInForce:
    table = session.scalars(
        select(MultiplierTable)
        .where(col(MultiplierTable.community_id) == community_id)
        .where(col(MultiplierTable.in_force_from) <= day)
        .order_by(col(MultiplierTable.in_force_from).desc())
        .limit(1)
    ).one_or_none()
    if table is None:
        return TableInForce(None, ())
    rows = session.scalars(
        select(MultiplierWindow)
        .where(col(MultiplierWindow.community_id) == community_id)
        .where(col(MultiplierWindow.table_id) == table.id)
        .order_by(col(MultiplierWindow.service_class), col(MultiplierWindow.from_minute))
    )
    return TableInForce(
        table.digest, tuple(Percent(row.service_class, row.from_minute, row.to_minute, row.percent) for row in rows)
    )


def adopted_tables(session: Session, community_id: int) -> list[MultiplierTable]:
    """All tables ever adopted, newest first; a community has a few, so one page holds all."""
    query = select(MultiplierTable).where(col(MultiplierTable.community_id) == community_id)
    return list(session.scalars(query.order_by(col(MultiplierTable.number).desc())))


def _refuse_bad_table(rows: Sequence[Percent], *, adopted_on: date, today: date, body: str) -> None:
    bad = {}
    if adopted_on > today:
        bad["adopted_on"] = "future"
    if not body.strip():
        bad["body"] = "required"
    if not rows or any(_is_wrong(row) for row in rows) or any(_overlap(one, two) for one, two in pairwise(rows)):
        bad["rows"] = "windows"
    if bad:
        raise BadInput(fields=bad)


def _is_wrong(row: Percent) -> bool:
    return (
        row.service_class not in ACTIVITY_CLASSES
        or row.percent not in PERCENTS
        or not 0 <= row.from_minute < row.to_minute <= 1440
    )


def _overlap(one: Percent, two: Percent) -> bool:
    return one.service_class == two.service_class and two.from_minute < one.to_minute


def _table_digest(rows: Sequence[Percent], in_force_from: date) -> str:
    said = {"in_force_from": in_force_from.isoformat(), "rows": [asdict(row) for row in rows]}
    return hashlib.sha256(json.dumps(said, separators=(",", ":"), sort_keys=True).encode()).hexdigest()
