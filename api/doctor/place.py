"""The place where an installation runs: tables, address, secrets, clock, guards, rights, and erasures that wait."""

from __future__ import annotations

import datetime as dt
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col

from api import erasing, schema
from api.clock import system_now
from api.doctor.finding import Finding, Progress, advice, trouble
from api.keys import SigningKeys
from api.settings import Settings
from ledger import reading
from ledger.tables import ADDED_TO, RECORD
from timebank import modules
from timebank.accounts import AccountOwner
from timebank.erasure import asking, standing
from timebank.erasure.columns import ERASED, HERS, Subject, table
from timebank.erasure.tables import Erasure
from timebank.people import communities, residents
from timebank.people.communities import Community
from timebank.people.outsiders import outsiders
from timebank.storage import Storage

AHEAD_MOST = dt.timedelta(minutes=5)
ERASED_BY_NIGHT = dt.timedelta(days=1)


def tables(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """The tables against this version."""
    with storage.connect() as connection:
        if not schema.is_current(connection):
            yield trouble("tables_older", "the tables are of an older version: run `timebank migrate`")


def address(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """What cards and codes point to."""
    host = urlsplit(settings.public_url).hostname or ""
    if host in ("127.0.0.1", "localhost", "::1", "0.0.0.0"):  # noqa: S104 - compared, not bound
        yield advice("address_local", f"public_url is {settings.public_url}")
    elif not settings.https:
        yield advice("address_plain", f"public_url is {settings.public_url}")


def secrets(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """Who may read the secrets and the seeds."""
    lists = settings.keys.glob("*.erased")
    for path in (settings.data_dir / "secret", settings.keys, *settings.keys.glob("*.seed"), *lists):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield trouble("file_readable", f"{path} can be read by others: chmod go-rwx {path}")
    database = Path(storage.url.database or "") if storage.sqlite else None
    if (
        database
        and database.exists()
        and all(stat.S_IMODE(path.stat().st_mode) & 0o007 for path in (database, database.parent))
    ):
        yield advice("database_readable", f"{database} can be read by everybody: chmod o-rwx {database}")
    if settings.keys.exists() and database and database.parent == settings.keys:
        yield advice("keys_beside_database", "the signing seeds lie in the folder of the database")


def clock(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """The clock against the newest entries: a log whose last entry lies ahead takes no more."""
    now = storage.clock()
    with storage.read() as session:
        for place in communities.communities(session):
            tail = reading.tail(session, place.id)
            if tail is not None and tail.at > now + AHEAD_MOST:
                ahead = f"the newest entry is of {tail.at:%Y-%m-%d %H:%M} UTC, the clock says {now:%Y-%m-%d %H:%M}"
                yield trouble("clock_behind", ahead, place.code)
    if settings.demo and now - system_now() > dt.timedelta(minutes=1):
        yield advice("demo_ahead", f"this is a demo, its clock is {now - system_now()} ahead")


def officers(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """Officers who decide in a community and are nobody in its register: to whom they are near nobody can say."""
    now = storage.clock()
    with storage.read() as session:
        for place in communities.communities(session):
            for one in outsiders(session, place, communities.local_day(place, now)):
                yield advice("officer_unregistered", f"{one.name}: {', '.join(one.roles)}", place.code)


def soundness(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """What SQLite says of its file's pages and references, and whether tables and indexes are as the migrations made them."""
    with storage.connect() as connection:
        if storage.sqlite:
            try:
                said = connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars().all()
                lost = Counter((row[0], row[2]) for row in connection.exec_driver_sql("PRAGMA foreign_key_check"))
            except DatabaseError as error:
                yield trouble("file_damaged", str(error.orig))
                return
            yield from (trouble("file_damaged", told) for told in said if told != "ok")
            for (table, parent), count in sorted(lost.items()):
                yield trouble("reference_broken", f"{count} rows of {table} name a row of {parent} that is not there")
        for difference in schema.differences(connection):
            yield trouble("tables_differ", str(difference))


def guards(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """Whether every trigger of the migrations stands."""
    dialect = "sqlite" if storage.sqlite else "postgresql"
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if storage.sqlite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    with storage.connect() as connection:
        stand = set(connection.execute(text(query)).scalars())
    for name in sorted(_declared_triggers(dialect) - stand):
        yield trouble("guard_missing", f"the trigger {name} is missing")


def rights(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """PostgreSQL: what the role of the application may do to the record. On SQLite whoever has the file may do all."""
    if storage.sqlite:
        return
    may = text("SELECT has_table_privilege(current_user, :name, 'UPDATE, DELETE')")
    owns = text("SELECT tableowner = current_user FROM pg_tables WHERE schemaname = 'public' AND tablename = :name")
    with storage.connect() as connection:
        names = [one.name for one in (*RECORD, *ADDED_TO)]
        if any(connection.execute(owns, {"name": name}).scalar() for name in names):
            yield trouble("role_owns_tables", f"{storage.url.username} owns the tables")
            return
        for name in names:
            if connection.execute(may, {"name": name}).scalar():
                yield trouble("role_may_change", f"{storage.url.username} may change or delete rows of {name}")


def erasures(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """Who was erased and is still there or there again, and what waits."""
    keys, now = SigningKeys(settings.keys), storage.clock()
    for place in _places(storage):
        for one in erasing.back(storage, keys, place):
            yield trouble("erasure_back", f"{one.number} was erased on {one.at[:10]} and is back", place.code)
        with storage.read() as session:
            for wish in asking.due(session, place.id, now=now - ERASED_BY_NIGHT, limit=20):
                why = ", ".join(_obstacles(session, place, wish, now)) or "nothing: is the nightly job running?"
                yield trouble("erasure_waits", f"{wish.number} waits: {why}", place.code)
            for wish in asking.unscrubbed(session, place.id, until=now - ERASED_BY_NIGHT):
                yield advice("erasure_unscrubbed", f"{wish.number} was erased", place.code)
            done = asking.done(session, place.id)
            for wish in done:
                left = _left(session, wish)
                if left:
                    yield trouble("erased_still_there", f"{wish.number}: rows in {', '.join(left)}", place.code)
        if done and storage.sqlite:
            copies = sorted(Path(storage.url.database or "").parent.glob("*.before-restore-*"))
            if copies:
                yield advice(
                    "older_copies", f"{len(copies)} older copies lie beside the database, such as {copies[0].name}"
                )


def _places(storage: Storage) -> list[Community]:
    with storage.read() as session:
        return communities.communities(session)


def _obstacles(session: Session, place: Community, wish: Erasure, now: dt.datetime) -> list[str]:
    person = residents.person(session, place.id, wish.person_id)
    today = communities.local_day(place, now)
    found = standing.preview(session, person, now=now, today=today, gives_rest=wish.gives_rest)
    return [one.code for one in found.obstacles]


def _left(session: Session, wish: Erasure) -> list[str]:
    """The tables in which rows of somebody who was erased are left."""
    subject = Subject(wish.community_id, wish.person_id)
    found = []
    for rule in HERS:
        one = table(rule.table)
        if rule.becomes is None and session.execute(select(one).where(rule.where(one, subject)).limit(1)).first():
            found.append(rule.table)
    if residents.person(session, wish.community_id, wish.person_id).name != ERASED:
        found.append("person")
    owned = select(AccountOwner).where(
        col(AccountOwner.community_id) == wish.community_id, col(AccountOwner.account).in_(wish.accounts)
    )
    if session.scalars(owned.limit(1)).first() is not None:
        found.append("account_owner")
    return sorted(set(found))


def _declared_triggers(dialect: str) -> set[str]:
    declared = set()
    for statement in modules.guard_statements(dialect):
        words = statement.replace("IF NOT EXISTS ", "").replace("OR REPLACE ", "").replace("CONSTRAINT ", "").split()
        if words[1] == "TRIGGER":
            declared.add(words[2])
    return declared
