"""Is this installation well? Each examination looks at one thing and says what it found, and what to do about it."""

import datetime as dt
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine, create_engine

from api import schema, seals
from api.clock import system_now
from api.keys import SigningKeys
from api.settings import Settings
from ledger import log, projections, reading
from ledger.errors import LogBroken
from timebank import checks, evidence
from timebank.people import communities
from timebank.storage import Storage

AHEAD_MOST = dt.timedelta(minutes=5)
TOLD_MOST = 20


@dataclass(frozen=True)
class Finding:
    """What an examination found: `trouble` is wrong now, otherwise it is advice."""

    trouble: bool
    text: str


def _trouble(text: str) -> Finding:
    return Finding(trouble=True, text=text)


def _advice(text: str) -> Finding:
    return Finding(trouble=False, text=text)


Examination = Callable[[Settings, Storage], Iterator[Finding]]


def examine(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """All findings, the cheap examinations first."""
    for examination in EXAMINATIONS:
        for finding in examination(settings, storage):
            yield finding
            if examination is tables:
                return  # nothing else can be read


def tables(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """The tables against this version."""
    with storage.connect() as connection:
        if not schema.is_current(connection):
            yield _trouble("the tables are of an older version: run `timebank migrate`")


def address(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """What cards and codes point to."""
    host = urlsplit(settings.public_url).hostname or ""
    if host in ("127.0.0.1", "localhost", "::1", "0.0.0.0"):  # noqa: S104 - compared, not bound
        yield _advice(
            f"public_url is {settings.public_url}: cards printed now would lead nowhere from a phone; set TIMEBANK_PUBLIC_URL first",
        )
    elif not settings.https:
        yield _advice(
            f"public_url is {settings.public_url}: without https phones give no camera, only links, typing and hand-held scanners work",
        )


def secrets(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """Who may read the secrets and the seeds."""
    for path in (settings.data_dir / "secret", settings.keys, *settings.keys.glob("*.seed")):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield _trouble(f"{path} can be read by others: chmod go-rwx {path}")
    database = Path(storage.url.database or "") if storage.sqlite else None
    if (
        database
        and database.exists()
        and all(stat.S_IMODE(path.stat().st_mode) & 0o007 for path in (database, database.parent))
    ):
        yield _advice(f"{database} can be read by everybody on this machine: chmod o-rwx {database}")
    if settings.keys.exists() and database and database.parent == settings.keys:
        yield _advice(
            "the signing seeds lie in the folder of the database: back them up apart, or set TIMEBANK_KEYS_DIR"
        )


def logs(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """Seeds, checkpoints and clock of each log."""
    keys = SigningKeys(settings.keys)
    with storage.read() as session:
        for place in communities.communities(session):
            end = log.end(session, place.id)
            if not keys.exists(place.code):
                yield _trouble(
                    f"{place.code}: the signing seed is missing in {keys.folder}: restore it from its own backup"
                )
                continue
            seal = seals.seal_of(keys, place.code)
            try:
                evidence.sign_end(session, place.id, seal, at=0)
            except evidence.WouldForkTheLog as refused:
                yield _trouble(
                    f"{place.code}: the database is older than checkpoint {refused.facts['newest_size']}: restore a newer backup; nothing is signed until then",
                )
            except evidence.KeyNotOfThisLog:
                yield _trouble(f"{place.code}: the seed in {keys.folder} is not the key of {end.origin}")
            newest = log.newest(session, place.id)
            if newest is None or newest.size < end.size:
                yield _advice(
                    f"{place.code}: {end.size - (newest.size if newest else 0)} entries are not signed yet; a running server signs each minute",
                )


def clock(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """The clock against the newest entries: a log whose last entry lies ahead takes no more."""
    now = storage.clock()
    with storage.read() as session:
        for place in communities.communities(session):
            tail = reading.tail(session, place.id)
            if tail is not None and tail.at > now + AHEAD_MOST:
                yield _trouble(
                    f"{place.code}: the newest entry is of {tail.at:%Y-%m-%d %H:%M} UTC, the clock says {now:%Y-%m-%d %H:%M}: set the clock",
                )
    if settings.demo and now - system_now() > dt.timedelta(minutes=1):
        yield _advice(f"this is a demo, its clock is {now - system_now()} ahead")


def projection(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """Balances, postings, holds, quotas and tiles against the leaves."""
    with storage.read() as session:
        for place in communities.communities(session):
            told = 0
            try:
                for one in projections.differences(session.connection(), place.id):
                    told += 1
                    if told <= TOLD_MOST:
                        yield _trouble(
                            f"{place.code}: {one.table} row {one.row}: stored {one.stored!r}, the leaves say {one.expected!r}",
                        )
            except LogBroken as broken:
                yield _trouble(
                    f"{place.code}: {broken}: the log itself is damaged; keep the database, restore a backup, and verify a bundle of it",
                )
                continue
            if told > TOLD_MOST:
                yield _trouble(f"{place.code}: and {told - TOLD_MOST} more differences")
            if told:
                yield _advice(
                    f"{place.code}: `timebank doctor --rebuild` makes projections again from the leaves, once you know who changed them",
                )


def rows(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """The domain's rows against the entries that they name."""
    with storage.read() as session:
        for place in communities.communities(session):
            for number, one in enumerate(checks.findings(session, place.id)):
                if number == TOLD_MOST:
                    yield _trouble(f"{place.code}: and more rows that differ")
                    break
                told = ", ".join(f"{name} {value}" for name, value in one.facts.items())
                yield _trouble(
                    f"{place.code}: {one.what} {one.row.hex if one.row else ''} entry {one.seq}: {one.code} {told}".rstrip(),
                )


EXAMINATIONS: tuple[Examination, ...] = (tables, address, secrets, clock, logs, projection, rows)


def rebuild(settings: Settings, storage: Storage, *, progress: projections.Progress | None = None) -> dict[str, int]:
    """Make the projections of every log again from its leaves; returns how many entries were run, by community.

    On SQLite the lane is held meanwhile; on PostgreSQL the owner's role is used and each log's tail is locked.

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
        for place in places:
            with engine.begin() as connection:
                done[place.code] = projections.rebuild(connection, place.id, progress=progress)
        return done
    finally:
        engine.dispose()
