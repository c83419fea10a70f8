"""Is this installation well? An fsck: each examination looks at one thing, says what it found, what that means and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from sqlalchemy import Engine, create_engine

from api.doctor import books, owners, place, witnessing
from api.doctor.finding import Examination, Finding, Progress, silent, trouble
from api.settings import Settings
from ledger import projections
from timebank.people import communities
from timebank.storage import Storage

EXAMINATIONS: tuple[Examination, ...] = (
    place.tables,
    place.address,
    place.secrets,
    place.clock,
    place.officers,
    place.soundness,
    place.guards,
    place.rights,
    place.erasures,
    books.logs,
    books.checkpoints,
    books.projection,
    books.details,
    books.domain,
    owners.owners,
    witnessing.witnessed,
    witnessing.witnessing,
)


def examine(
    settings: Settings,
    storage: Storage,
    *,
    progress: Progress = silent,
    examinations: Sequence[Examination] = EXAMINATIONS,
) -> Iterator[Finding]:
    """All findings, the cheap examinations first. One that stops at what it did not expect does not stop the others."""
    for examination in examinations:
        try:
            for finding in examination(settings, storage, progress):
                yield finding
                if examination is place.tables:
                    return  # nothing else can be read
        except Exception as error:  # noqa: BLE001 - whatever stands in a damaged database
            told = f"{examination.__name__}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            yield trouble("examination_failed", told)


def rebuild(settings: Settings, storage: Storage, *, progress: Progress = silent) -> dict[str, int]:
    """Make the projections of every log again from its leaves; returns how many entries were run, by community.

    On SQLite the lane is held meanwhile; on PostgreSQL the owner's role is used, each log's tail is locked, and lanes of
    servers that run forget what they cached.

    Raises:
        Busy: a server holds the database.
        LogBroken: a log is damaged itself; nothing of it was changed.
    """
    storage.hold_lane()
    with storage.read() as session:
        places = communities.communities(session)
    engine: Engine = create_engine(settings.owner_url or settings.url)
    try:
        done = {}
        for one in places:
            with engine.begin() as connection:
                done[one.code] = projections.rebuild(
                    connection,
                    one.id,
                    origin=one.origin,
                    progress=partial(progress, f"{one.code} rebuild"),
                )
        return done
    finally:
        engine.dispose()


__all__ = ["EXAMINATIONS", "Finding", "examine", "rebuild"]
