"""A confirmed file comes into the register piece by piece, so that who checks in meanwhile waits for one piece, not for the file.

Each piece is a write of its own, under a key made of the file and of where the piece begins: whoever goes on, after a
restart or twice at once, does nothing twice. When its turn comes, each row is compared with the register once more. A
row whose person has come in otherwise since is refused with its reason, and the others go on: at the end the rows that
were taken, passed over and refused add up to the file.
"""

import time
import uuid
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session, col

from timebank import permissions
from timebank.errors import NotFound, Refused
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.people.imports.cells import Planned
from timebank.people.imports.confirming import wanted
from timebank.people.imports.judging import Register, met, register
from timebank.people.imports.staging import (
    ImportBatch,
    ImportRefusal,
    ImportRow,
    ImportRun,
    run_of,
    staged_rows,
)
from timebank.people.imports.taking import Home, homes_in, take
from timebank.permissions import Actor
from timebank.storage import Storage, job_key

PIECE_SECONDS = 0.05
FIRST_ROWS, LEAST_ROWS, MOST_ROWS = 50, 20, 200
PAUSE_MOST_SECONDS = 1.0
# Where other threads want the processor too, much of the time that passes in a piece is not its own.
OWN_PART = 2
STANDS_STILL = timedelta(seconds=30)
_ACTOR = "imports"
# What the register says of a row when its turn comes, by why it is not taken in then.
_REASONS = {"known": "is_there", "doubtful": "may_be_there", "error": "identity_taken"}


@dataclass
class Pace:
    """How many rows a piece has, so that it takes `PIECE_SECONDS` of the lane's time, and how long to stay away from the lane after it.

    What a piece waited for its turn tells how many others want theirs: the pause is as long as the piece took, waiting
    included, so that a file takes at most half of what time there is, and less the more others wait.
    """

    pause: Callable[[float], None]
    rows: int = FIRST_ROWS

    def after(self, *, worked: float, waited: float) -> None:
        fitting = int(self.rows * PIECE_SECONDS / max(worked, 0.001))
        self.rows = min(max(fitting, LEAST_ROWS), MOST_ROWS, self.rows * 2)
        self.pause(min(waited, PAUSE_MOST_SECONDS))


@dataclass
class AllAtOnce(Pace):
    """The pace of who is alone with the database: pieces as large as can be, and no pauses."""

    pause: Callable[[float], None] = field(default=lambda _seconds: None)
    rows: int = 10_000

    def after(self, *, worked: float, waited: float) -> None:
        return None


@dataclass(frozen=True)
class Course:
    """A confirmed file as it is read once by who goes on with it: its rows by number, and the households that they tell of."""

    community_id: int
    batch_id: uuid.UUID
    done_row: int
    rows: Sequence[Planned]
    homes: Mapping[str, Home]

    def after(self, number: int, most: int) -> Sequence[Planned]:
        """The next rows after the one of this number."""
        start = bisect_right(self.rows, number, key=lambda row: row.number)
        return self.rows[start : start + most]


def standing_still(session: Session, community_id: int, *, now: datetime) -> list[uuid.UUID]:
    """Confirmed files that nobody goes on with, as after a restart."""
    query = select(col(ImportRun.batch_id)).where(
        col(ImportRun.community_id) == community_id,
        col(ImportRun.ended_at).is_(None),
        col(ImportRun.moved_at) <= now - STANDS_STILL,
    )
    return list(session.scalars(query.order_by(col(ImportRun.moved_at))))


def go_on(storage: Storage, community_id: int, batch_id: uuid.UUID, *, pace: Pace) -> None:
    """Take in what is left of a confirmed file; returns when all of it is in. Harmless where there is nothing left, or somebody else goes on, too."""
    with storage.read() as session:
        course = _course(session, community_id, batch_id)
    if course is None:
        return
    actor, done_row, left, most = Actor.system(community_id, _ACTOR), course.done_row, True, 0
    while left:
        piece = course.after(done_row, most or pace.rows)
        begun = time.perf_counter()
        work = _Work(course, piece, actor, done_row)
        try:
            answer = _write(storage, work, name=f"{len(piece)}")
        except (Refused, IntegrityError, DataError) as refused:
            if isinstance(refused, Refused) and refused.status >= 500:
                raise
            if len(piece) > 1:
                most = max(len(piece) // 4, 1)  # one of its rows cannot be booked: the others can
                continue
            # What the database itself does not hold is a row's end, too, or the file would stand still there for ever.
            work.refused_with = refused.code if isinstance(refused, Refused) else "not_held"
            answer = _write(storage, work, name="refused")
        done_row, left = int(answer["done_row"]), bool(answer["left"])
        most = 0 if most * 4 >= pace.rows else most * 4
        if work.seconds:
            pace.after(worked=work.seconds, waited=time.perf_counter() - begun)


def take_in(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    course: Course,
    rows: Sequence[Planned],
    done_row: int,
    refused: str,
) -> dict[str, Any]:
    """One piece: these rows, if the file still stands at `done_row`; with `refused` they end so, without another try.

    Returns:
        Where the file stands now, and whether anything is left.
    """
    community = communities.community(session, community_of(actor))
    permissions.require(actor, "residents.go_on_importing", community_id=community.id)
    run = run_of(session, community.id, course.batch_id)
    batch = session.get(ImportBatch, (community.id, course.batch_id))
    if run is None or batch is None:
        raise NotFound(what="import")
    if run.done_row != done_row or run.ended_at is not None:
        return _stands(run)
    today = communities.local_day(community, now)
    coming = wanted(rows, with_doubtful=bool(run.with_doubtful))
    reasons = {row.number: row.problems[0]["code"] for row in rows if row.verdict == "error" and row.problems}
    if refused:
        reasons |= {row.number: refused for row in coming}
    else:
        here = register(session, community.id, coming, on=today, but=batch.id)
        there = _still_there(session, run, coming)
        reasons |= {row.number: why for row in coming if (why := _why_not(row, here, there))}
    taken = take(
        session,
        community,
        [row for row in coming if row.number not in reasons],
        course.homes,
        batch=batch,
        by=run.confirmed_by,
        now=now,
        today=today,
    )
    session.add_all(
        ImportRefusal(community_id=community.id, batch_id=batch.id, number=number, reason=why)
        for number, why in reasons.items()
    )
    run.taken += taken.people
    run.refused += len(reasons)
    run.passed_over += len(rows) - taken.people - len(reasons)
    run.households += taken.households
    run.opening_minutes += taken.opening_minutes
    run.opening_steps += taken.opening_steps
    if taken.people:
        run.first_serial = run.first_serial or taken.first_serial
        run.last_serial = taken.first_serial + taken.people - 1
    run.moved_at = now
    if rows:
        run.done_row = rows[-1].number
    if not rows or rows[-1].number == course.rows[-1].number:
        _end(run, batch, now)
    session.add(run)
    session.flush()
    return _stands(run)


def _end(run: ImportRun, batch: ImportBatch, now: datetime) -> None:
    # Rows that were forgotten before anybody read the file to go on with it: whoever they named was erased meanwhile.
    run.refused += run.row_count - run.done
    run.ended_at = now
    batch.state, batch.applied_at, batch.applied_by = "applied", now, run.confirmed_by
    batch.facts = {
        "people": run.taken,
        "households": run.households,
        "passed_over": run.passed_over,
        "refused": run.refused,
        "opening_minutes": run.opening_minutes,
        "opening_steps": run.opening_steps,
        "first_serial": run.first_serial,
        "last_serial": run.last_serial,
    }


def _stands(run: ImportRun) -> dict[str, Any]:
    return {"code": "import_moved", "done_row": run.done_row, "left": run.ended_at is None}


def _why_not(row: Planned, here: Register, there: set[int]) -> str:
    """Why a row that was to be taken in is not, now that its turn has come; empty if it is."""
    if row.number not in there:
        return "row_forgotten"
    if row.entry.opening_minutes > here.ceiling_minutes:
        return "over_ceiling"
    verdict = met(row, here)
    # What was doubtful when it was confirmed was looked at, and is somebody else.
    return "" if verdict in ("new", row.verdict) else _REASONS[verdict]


def _still_there(session: Session, run: ImportRun, rows: Sequence[Planned]) -> set[int]:
    """The rows that nobody had forgotten since they were read: an erasure takes those that name her."""
    query = select(col(ImportRow.number)).where(
        col(ImportRow.community_id) == run.community_id,
        col(ImportRow.batch_id) == run.batch_id,
        col(ImportRow.number).in_([row.number for row in rows]),
    )
    return set(session.scalars(query))


def _course(session: Session, community_id: int, batch_id: uuid.UUID) -> Course | None:
    run = run_of(session, community_id, batch_id)
    if run is None or run.ended_at is not None:
        return None
    rows = staged_rows(session, community_id, batch_id)
    homes = homes_in(wanted(rows, with_doubtful=bool(run.with_doubtful)))
    return Course(community_id, batch_id, run.done_row, rows, homes)


@dataclass
class _Work:
    """One piece on its way through the lane, and for how many seconds it worked there."""

    course: Course
    rows: Sequence[Planned]
    actor: Actor
    done_row: int
    refused_with: str = ""
    seconds: float = 0.0

    def __call__(self, session: Session, now: datetime) -> dict[str, Any]:
        begun, worked = time.perf_counter(), time.thread_time()
        try:
            return take_in(
                session,
                actor=self.actor,
                now=now,
                course=self.course,
                rows=self.rows,
                done_row=self.done_row,
                refused=self.refused_with,
            )
        finally:
            self.seconds = max(time.thread_time() - worked, (time.perf_counter() - begun) / OWN_PART)


def _write(storage: Storage, work: _Work, *, name: str) -> dict[str, Any]:
    course = work.course
    midnight = storage.clock().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    key = job_key(course.community_id, f"imports/{course.batch_id.hex}/{work.done_row}/{name}", midnight, "piece")
    return storage.write(
        course.community_id, key, work, actor=work.actor.number, use_case="imports.take_in", content={}
    )
