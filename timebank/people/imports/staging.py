"""Files that were read and wait to be confirmed, outside the lane, for a day."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, delete, insert, select
from sqlmodel import Field, Session, SQLModel, col

from timebank import permissions
from timebank.columns import Id, Instant, Json, Number
from timebank.errors import NotFound, Refused
from timebank.people import areas, communities
from timebank.people.communities import Community, community_of
from timebank.people.households import Household
from timebank.people.identity import Vault
from timebank.people.imports.cells import Entry, Planned, home_of, understood
from timebank.people.imports.judging import plan, register
from timebank.permissions import Actor
from timebank.spreadsheets import Sheet, clean
from timebank.storage import new_id

KEPT = timedelta(days=1)
VERDICTS = ("new", "known", "doubtful", "error")


class ImportBatch(SQLModel, table=True):
    """A file that was read, and what became of it; `sheet` tells how it was read, `facts` what was written."""

    __tablename__: ClassVar[str] = "import_batch"
    __table_args__ = (
        CheckConstraint("state IN ('staged', 'applied')", name="ck_import_batch_state"),
        CheckConstraint("(state = 'applied') = (applied_at IS NOT NULL)", name="ck_import_batch_applied"),
        Index("ix_import_batch_staged", "community_id", "staged_at"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    file_name: str
    file_digest: str
    state: str = "staged"
    sheet: dict[str, Any] = Field(sa_type=Json)
    staged_at: datetime = Field(sa_type=Instant)
    staged_by: str
    expires_at: datetime = Field(sa_type=Instant)
    applied_at: datetime | None = Field(default=None, sa_type=Instant)
    applied_by: str = ""
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class ImportRow(SQLModel, table=True):
    """One row of a file as it was understood. Identity numbers are locked here too."""

    __tablename__: ClassVar[str] = "import_row"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "batch_id"], ["import_batch.community_id", "import_batch.id"], name="fk_import_row_batch"
        ),
        CheckConstraint("verdict IN ('new', 'known', 'doubtful', 'error')", name="ck_import_row_verdict"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    batch_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    verdict: str
    entry: dict[str, Any] = Field(sa_type=Json)
    problems: list[dict[str, Any]] = Field(sa_type=Json)
    notes: list[dict[str, Any]] = Field(sa_type=Json)


class ImportApplied(Refused):
    """The file was taken in before."""

    code = "import_applied"
    status = 409


def stage(
    session: Session, *, actor: Actor, now: datetime, sheet: Sheet, file_name: str, content: bytes, vault: Vault
) -> uuid.UUID:
    """Read a file's rows into the staging tables and say what would become of each. Nothing reaches the register.

    A write of its own outside the lane; files whose day is over are forgotten with it.
    """
    community = communities.community(session, community_of(actor))
    permissions.require(actor, "residents.import_residents", community_id=community.id)
    forget_expired(session, community.id, now=now)
    planned = plan(
        understood(sheet.rows, community=community, places=_places(session, community), now=now, vault=vault),
        register(session, community.id, on=communities.local_day(community, now)),
    )
    batch = ImportBatch(
        community_id=community.id,
        id=new_id(now),
        file_name=clean(file_name)[-120:],
        file_digest=hashlib.sha256(content).hexdigest(),
        sheet={
            "titles": dict(sheet.titles),
            "ignored": list(sheet.ignored),
            "header_row": sheet.header_row,
            "encoding": sheet.encoding,
        },
        staged_at=now,
        staged_by=actor.number,
        expires_at=now + KEPT,
    )
    session.add(batch)
    session.flush()
    session.execute(insert(ImportRow), [_row(batch, each) for each in planned])
    return batch.id


def look_again(session: Session, *, actor: Actor, now: datetime, batch_id: uuid.UUID) -> None:
    """Judge the staged rows anew by what the register holds now. A write of its own outside the lane."""
    community_id = community_of(actor)
    permissions.require(actor, "residents.import_residents", community_id=community_id)
    found = batch(session, community_id, batch_id, now=now)
    if found.state == "applied":
        raise ImportApplied
    community = communities.community(session, community_id)
    staged = staged_rows(session, found)
    planned = plan(staged, register(session, community_id, on=communities.local_day(community, now)))
    session.execute(
        delete(ImportRow).where(col(ImportRow.community_id) == community_id, col(ImportRow.batch_id) == batch_id)
    )
    session.execute(insert(ImportRow), [_row(found, each) for each in planned])


def forget_expired(session: Session, community_id: int, *, now: datetime) -> None:
    """Forget staged files whose day is over, and the rows of those that were taken in."""
    over = select(col(ImportBatch.id)).where(
        col(ImportBatch.community_id) == community_id, col(ImportBatch.expires_at) <= now
    )
    session.execute(
        delete(ImportRow).where(col(ImportRow.community_id) == community_id, col(ImportRow.batch_id).in_(over))
    )
    session.execute(
        delete(ImportBatch).where(
            col(ImportBatch.community_id) == community_id,
            col(ImportBatch.expires_at) <= now,
            col(ImportBatch.state) == "staged",
        )
    )


def batch(session: Session, community_id: int, batch_id: uuid.UUID, *, now: datetime) -> ImportBatch:
    """A file that was staged or taken in; NotFound if there is none, or its day is over."""
    found = session.get(ImportBatch, (community_id, batch_id))
    if found is None or (found.state == "staged" and found.expires_at <= now):
        raise NotFound(what="import")
    return found


def batches(session: Session, community_id: int, *, now: datetime, limit: int = 20) -> list[ImportBatch]:
    """The files of late, newest first; staged ones only while they can be confirmed."""
    query = (
        select(ImportBatch)
        .where(col(ImportBatch.community_id) == community_id)
        .where((col(ImportBatch.state) == "applied") | (col(ImportBatch.expires_at) > now))
        .order_by(col(ImportBatch.staged_at).desc())
        .limit(limit)
    )
    return list(session.scalars(query))


def rows(
    session: Session, community_id: int, batch_id: uuid.UUID, *, verdict: str = "", after: int = 0, limit: int = 50
) -> list[Planned]:
    """Rows of a file by their number, those after `after`; with `verdict` only those judged so."""
    query = (
        select(ImportRow)
        .where(col(ImportRow.community_id) == community_id, col(ImportRow.batch_id) == batch_id)
        .where(col(ImportRow.number) > after)
        .order_by(col(ImportRow.number))
        .limit(limit)
    )
    if verdict:
        query = query.where(col(ImportRow.verdict) == verdict)
    return [_planned(row) for row in session.scalars(query)]


@dataclass(frozen=True)
class Summary:
    """What a file holds: rows by verdict, and the opening balances of those that would be taken in."""

    verdicts: Mapping[str, int]
    opening_minutes: int
    opening_steps: int
    new_households: int


def summary(session: Session, community_id: int, batch_id: uuid.UUID) -> Summary:
    """The totals of a file, which its rows add up to."""
    query = select(ImportRow).where(col(ImportRow.community_id) == community_id, col(ImportRow.batch_id) == batch_id)
    planned = [_planned(row) for row in session.scalars(query)]
    coming = [row.entry for row in planned if row.verdict in ("new", "doubtful")]
    known = set(
        session.scalars(select(col(Household.book_code)).where(col(Household.community_id) == community_id)).all()
    )
    verdicts = Counter(row.verdict for row in planned)
    return Summary(
        verdicts={verdict: verdicts[verdict] for verdict in VERDICTS},
        opening_minutes=sum(entry.opening_minutes for entry in coming),
        opening_steps=sum(entry.opening_steps for entry in coming),
        new_households=len({home_of(entry) for entry in coming if entry.book_code not in known or not entry.book_code}),
    )


def _places(session: Session, community: Community) -> dict[str, str]:
    """The community's grids and buildings by code, and by name where only one has it."""
    below = areas.under(session, community.area_path)
    names = Counter(area.name for area in below)
    return {area.name.upper(): area.path for area in below if names[area.name] == 1} | {
        area.code: area.path for area in below
    }


def _row(batch: ImportBatch, planned: Planned) -> dict[str, Any]:
    return {
        "community_id": batch.community_id,
        "batch_id": batch.id,
        "number": planned.number,
        "verdict": planned.verdict,
        "entry": asdict(planned.entry),
        "problems": list(planned.problems),
        "notes": list(planned.notes),
    }


def _planned(row: ImportRow) -> Planned:
    return Planned(
        number=row.number,
        entry=Entry(**row.entry),
        verdict=row.verdict,
        problems=tuple(row.problems),
        notes=tuple(row.notes),
    )


def staged_rows(session: Session, batch: ImportBatch) -> list[Planned]:
    query = (
        select(ImportRow)
        .where(col(ImportRow.community_id) == batch.community_id, col(ImportRow.batch_id) == batch.id)
        .order_by(col(ImportRow.number))
    )
    return [_planned(row) for row in session.scalars(query)]
