"""Files that were read and wait to be confirmed, outside the lane, for a day."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    text,
)
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
REFUSED = "refused"  # no verdict: a row of a confirmed file that could not be taken any more


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


class ImportRun(SQLModel, table=True):
    """A confirmed file on its way into the register: how far it is (`done_row`, the last row that was dealt with), and what became of its rows.

    Every row ends as one of three: taken in, passed over (as its verdict said), or refused, with an `ImportRefusal`.
    """

    __tablename__: ClassVar[str] = "import_run"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "batch_id"], ["import_batch.community_id", "import_batch.id"], name="fk_import_run_batch"
        ),
        CheckConstraint("with_doubtful IN (0, 1)", name="ck_import_run_with_doubtful"),
        CheckConstraint("taken >= 0 AND passed_over >= 0 AND refused >= 0", name="ck_import_run_counts"),
        CheckConstraint("taken + passed_over + refused <= row_count", name="ck_import_run_rows"),
        CheckConstraint("ended_at IS NULL OR taken + passed_over + refused = row_count", name="ck_import_run_adds_up"),
        Index(
            "ix_import_run_open",
            "community_id",
            "moved_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    batch_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    with_doubtful: int = Field(sa_type=Number)
    confirmed_at: datetime = Field(sa_type=Instant)
    confirmed_by: str
    row_count: int = Field(sa_type=Number)
    done_row: int = Field(default=0, sa_type=Number)
    taken: int = Field(default=0, sa_type=Number)
    passed_over: int = Field(default=0, sa_type=Number)
    refused: int = Field(default=0, sa_type=Number)
    households: int = Field(default=0, sa_type=Number)
    opening_minutes: int = Field(default=0, sa_type=Number)
    opening_steps: int = Field(default=0, sa_type=Number)
    first_serial: int = Field(default=0, sa_type=Number)
    last_serial: int = Field(default=0, sa_type=Number)
    moved_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)

    @property
    def done(self) -> int:
        """How many rows were dealt with."""
        return self.taken + self.passed_over + self.refused


class ImportRefusal(SQLModel, table=True):
    """A row of a confirmed file that the register could not take any more when its turn came, and why: the code of a problem or a refusal."""

    __tablename__: ClassVar[str] = "import_refusal"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "batch_id"],
            ["import_run.community_id", "import_run.batch_id"],
            name="fk_import_refusal_run",
        ),
        CheckConstraint("length(reason) > 0", name="ck_import_refusal_reason"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    batch_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    number: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    reason: str


class ImportApplied(Refused):
    """The file was taken in before."""

    code = "import_applied"
    status = 409


class ImportGoingOn(Refused):
    """The file was confirmed and is being taken in: `done` of `rows`."""

    code = "import_going_on"
    status = 409


def stage(
    session: Session, *, actor: Actor, now: datetime, sheet: Sheet, file_name: str, content: bytes, vault: Vault
) -> uuid.UUID:
    """`judge` and `keep` in one write, where nobody waits for it."""
    judged = judge(session, actor=actor, now=now, sheet=sheet, vault=vault)
    return keep(session, actor=actor, now=now, judged=judged, sheet=sheet, file_name=file_name, content=content)


def judge(session: Session, *, actor: Actor, now: datetime, sheet: Sheet, vault: Vault) -> list[Planned]:
    """What would become of each row of a file. Reads only: thousands of rows take seconds, and nobody else waits for them."""
    community = communities.community(session, community_of(actor))
    permissions.require(actor, "residents.import_residents", community_id=community.id)
    read = understood(sheet.rows, community=community, places=_places(session, community), now=now, vault=vault)
    return plan(read, register(session, community.id, read, on=communities.local_day(community, now)))


def keep(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    judged: Sequence[Planned],
    sheet: Sheet,
    file_name: str,
    content: bytes,
) -> uuid.UUID:
    """Put a file that was judged into the staging tables. Nothing reaches the register.

    A write of its own outside the lane; files whose day is over are forgotten with it. The register may have changed
    since the file was judged: whoever confirms judges it again.
    """
    community_id = community_of(actor)
    permissions.require(actor, "residents.import_residents", community_id=community_id)
    forget_expired(session, community_id, now=now)
    batch = ImportBatch(
        community_id=community_id,
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
    session.execute(insert(ImportRow), [_row(batch, each) for each in judged])
    return batch.id


def judge_again(session: Session, *, actor: Actor, now: datetime, batch_id: uuid.UUID) -> list[Planned]:
    """What would become of the staged rows by what the register holds now. Reads only, as `judge` does."""
    community_id = community_of(actor)
    permissions.require(actor, "residents.import_residents", community_id=community_id)
    refuse_confirmed(session, batch(session, community_id, batch_id, now=now))
    community = communities.community(session, community_id)
    staged = staged_rows(session, community_id, batch_id)
    return plan(staged, register(session, community_id, staged, on=communities.local_day(community, now)))


def look_again(
    session: Session, *, actor: Actor, now: datetime, batch_id: uuid.UUID, judged: Sequence[Planned] | None = None
) -> None:
    """Put what was `judged` anew in the place of the staged rows. A write of its own outside the lane."""
    if judged is None:
        judged = judge_again(session, actor=actor, now=now, batch_id=batch_id)
    community_id = community_of(actor)
    permissions.require(actor, "residents.import_residents", community_id=community_id)
    found = batch(session, community_id, batch_id, now=now)
    refuse_confirmed(session, found)
    session.execute(
        delete(ImportRow).where(col(ImportRow.community_id) == community_id, col(ImportRow.batch_id) == batch_id)
    )
    session.execute(insert(ImportRow), [_row(found, each) for each in judged])


def forget_expired(session: Session, community_id: int, *, now: datetime) -> None:
    """Forget staged files whose day is over, and the rows of those that were taken in; what is on its way in stays."""
    over = select(col(ImportBatch.id)).where(is_over(community_id, now))
    for table in (ImportRow, ImportRefusal):
        session.execute(
            delete(table)
            .where(col(table.community_id) == community_id, col(table.batch_id).in_(over))
            .execution_options(synchronize_session=False)
        )
    session.execute(
        delete(ImportBatch)
        .where(is_over(community_id, now), col(ImportBatch.state) == "staged")
        .execution_options(synchronize_session=False)
    )


def is_over(community_id: int, now: datetime) -> ColumnElement[bool]:
    """That a file's day is over, and that it is not on its way into the register."""
    going_on = exists().where(
        col(ImportRun.community_id) == community_id,
        col(ImportRun.batch_id) == col(ImportBatch.id),
        col(ImportRun.ended_at).is_(None),
    )
    return and_(col(ImportBatch.community_id) == community_id, col(ImportBatch.expires_at) <= now, ~going_on)


def batch(session: Session, community_id: int, batch_id: uuid.UUID, *, now: datetime) -> ImportBatch:
    """A file that was staged or confirmed; NotFound if there is none, or its day is over."""
    found = session.get(ImportBatch, (community_id, batch_id))
    if found is None:
        raise NotFound(what="import")
    if found.state == "staged" and found.expires_at <= now and run_of(session, community_id, batch_id) is None:
        raise NotFound(what="import")
    return found


def run_of(session: Session, community_id: int, batch_id: uuid.UUID) -> ImportRun | None:
    """How far a confirmed file is; None where it was not confirmed, or was taken in when files came in as a whole."""
    return session.get(ImportRun, (community_id, batch_id))


def refuse_confirmed(session: Session, batch: ImportBatch) -> None:
    """Raises ImportApplied or ImportGoingOn where a file was confirmed."""
    if batch.state == "applied":
        raise ImportApplied
    run = run_of(session, batch.community_id, batch.id)
    if run is not None:
        raise ImportGoingOn(done=run.done, rows=run.row_count)


def batches(
    session: Session, community_id: int, *, now: datetime, limit: int = 20
) -> list[tuple[ImportBatch, ImportRun | None]]:
    """The files of late, newest first, each with how far it is; staged ones only while they can be confirmed."""
    query = (
        select(ImportBatch, ImportRun)
        .outerjoin(
            ImportRun,
            and_(
                col(ImportRun.community_id) == col(ImportBatch.community_id),
                col(ImportRun.batch_id) == col(ImportBatch.id),
            ),
        )
        .where(col(ImportBatch.community_id) == community_id)
        .where(
            (col(ImportBatch.state) == "applied")
            | (col(ImportBatch.expires_at) > now)
            | col(ImportRun.batch_id).is_not(None)
        )
        .order_by(col(ImportBatch.staged_at).desc())
        .limit(limit)
    )
    return [(found, run) for found, run in session.execute(query)]


def rows(
    session: Session, community_id: int, batch_id: uuid.UUID, *, verdict: str = "", after: int = 0, limit: int = 50
) -> list[Planned]:
    """Rows of a file by their number, those after `after`; with `verdict` only those judged so, or those `refused` when their turn came."""
    query = (
        select(ImportRow)
        .where(col(ImportRow.community_id) == community_id, col(ImportRow.batch_id) == batch_id)
        .where(col(ImportRow.number) > after)
        .order_by(col(ImportRow.number))
        .limit(limit)
    )
    if verdict == REFUSED:
        refused = select(col(ImportRefusal.number)).where(
            col(ImportRefusal.community_id) == community_id, col(ImportRefusal.batch_id) == batch_id
        )
        query = query.where(col(ImportRow.number).in_(refused))
    elif verdict:
        query = query.where(col(ImportRow.verdict) == verdict)
    return [_planned(row) for row in session.scalars(query)]


def refusals(session: Session, community_id: int, batch_id: uuid.UUID) -> dict[int, str]:
    """Why rows were not taken in when their turn came, by their number."""
    query = select(col(ImportRefusal.number), col(ImportRefusal.reason)).where(
        col(ImportRefusal.community_id) == community_id, col(ImportRefusal.batch_id) == batch_id
    )
    return dict(session.execute(query.order_by(col(ImportRefusal.number))).all())


@dataclass(frozen=True)
class Summary:
    """What a file holds: rows by verdict, and the opening balances of those that would be taken in."""

    verdicts: Mapping[str, int]
    opening_minutes: int
    opening_steps: int
    new_households: int


def counts(session: Session, community_id: int, batch_id: uuid.UUID) -> dict[str, int]:
    """How many rows of a file were judged how."""
    query = (
        select(col(ImportRow.verdict), func.count())
        .where(col(ImportRow.community_id) == community_id, col(ImportRow.batch_id) == batch_id)
        .group_by(col(ImportRow.verdict))
    )
    found: dict[str, int] = dict(session.execute(query).all())
    return {verdict: found.get(verdict, 0) for verdict in VERDICTS}


def summary(session: Session, community_id: int, batch_id: uuid.UUID) -> Summary:
    """The totals of a file, which its rows add up to."""
    planned = staged_rows(session, community_id, batch_id)
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


def staged_rows(session: Session, community_id: int, batch_id: uuid.UUID) -> list[Planned]:
    """All rows of a file, by their number."""
    row = ImportRow
    query = (
        select(col(row.number), col(row.verdict), col(row.entry), col(row.problems), col(row.notes))
        .where(col(row.community_id) == community_id, col(row.batch_id) == batch_id)
        .order_by(col(row.number))
    )
    return [
        Planned(number=number, entry=Entry(**entry), verdict=verdict, problems=tuple(problems), notes=tuple(notes))
        for number, verdict, entry, problems, notes in session.execute(query)
    ]


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
