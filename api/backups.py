"""Backups of a SQLite installation, and restoring one without forking its logs.

A backup is a folder: the database as one consistent file, the newest checkpoint of each log, and SHA-256 sums of all.
The signing seeds are not in it: they belong into a backup of their own, elsewhere.
"""

import hashlib
import itertools
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from api import seals
from api.keys import SigningKeys
from api.settings import Settings
from timebank.storage.engines import LaneLock

_LOGS = """
    SELECT c.code, t.size, (SELECT k.note FROM ledger_checkpoint k WHERE k.community_id = t.community_id ORDER BY k.size DESC LIMIT 1)
      FROM ledger_tail t JOIN community c ON c.id = t.community_id ORDER BY c.code
"""
DATABASE, MANIFEST = "timebank.sqlite", "manifest.json"


class BackupRefused(Exception):
    """The backup cannot be made or restored; the text says why and what to do."""


@dataclass(frozen=True)
class Held:
    """One log in a backup against the newest checkpoint known beside the keys."""

    community: str
    size: int
    newest_known: int | None
    forks: bool


def make(settings: Settings, folder: Path) -> Path:
    """Write a backup while the server runs; returns its folder.

    Raises:
        BackupRefused: this is no SQLite database, or the folder is not empty.
    """
    source = _database(settings)
    if folder.exists() and any(folder.iterdir()):
        raise BackupRefused(f"{folder} is not empty")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(folder / DATABASE)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    for code, _size, note in _logs(folder / DATABASE):
        if note:
            (folder / f"{code}.checkpoint").write_text(note, encoding="utf-8")
    sums = {path.name: _digest(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST}
    (folder / MANIFEST).write_text(json.dumps({"v": 1, "sha256": sums}, indent=2, sort_keys=True), encoding="utf-8")
    return folder


def check(folder: Path) -> None:
    """See that a backup is whole.

    Raises:
        BackupRefused: a file is missing or changed, or the database is damaged.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise BackupRefused(f"{folder} holds no backup: there is no {MANIFEST}")
    for name, digest in json.loads(manifest.read_text(encoding="utf-8"))["sha256"].items():
        path = folder / name
        if not path.is_file() or _digest(path) != digest:
            raise BackupRefused(f"{path} is missing or was changed since the backup")
    with closing(sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True)) as copy:
        (verdict,) = copy.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise BackupRefused(f"{folder / DATABASE} is damaged: {verdict}")


def held_logs(settings: Settings, database: Path) -> list[Held]:
    """What the logs of a database hold, and whether signing them would fork what was signed before."""
    keys = SigningKeys(settings.keys)
    found = []
    for code, size, _note in _logs(database):
        path = seals.newest_path(keys, code)
        newest = path.read_text(encoding="utf-8") if path.is_file() else None
        known = seals.size_of(newest) if newest else None
        found.append(Held(code, size, known, newest is not None and not _holds(database, code, newest)))
    return found


def restore(settings: Settings, folder: Path) -> list[Held]:
    """Put a backup in the place of the database, which is kept beside it; says which logs may be signed.

    A log whose newest known checkpoint the backup lacks is served but not signed, until a newer backup is restored.

    Raises:
        BackupRefused: the backup is not whole, or this is no SQLite database.
        Busy: a server holds the database.
    """
    check(folder)
    target = _database(settings, must_exist=False)
    lock = LaneLock(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    lock.take()
    try:
        draft = target.with_name(f"{target.name}.restoring")
        shutil.copyfile(folder / DATABASE, draft)
        _put_aside(target)
        draft.replace(target)
    finally:
        lock.release()
    return held_logs(settings, target)


def _put_aside(database: Path) -> None:
    """Keep a database beside its place, with what only its write-ahead log holds; what was kept before stays."""
    names = (database.with_name(f"{database.name}.before-restore-{number}") for number in itertools.count(1))
    kept = next(name for name in names if not name.exists())
    for suffix in ("", "-wal", "-shm"):
        found = database.with_name(database.name + suffix)
        if found.exists():
            found.replace(kept.with_name(kept.name + suffix))


def _database(settings: Settings, *, must_exist: bool = True) -> Path:
    url = make_url(settings.url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise BackupRefused(
            "this installation is on PostgreSQL: back it up with pg_dump or continuous archiving, the signing seeds apart"
            " (docs/operations.md); after restoring, `timebank doctor` says whether a log may be signed"
        )
    path = Path(url.database)
    if must_exist and not path.is_file():
        raise BackupRefused(f"there is no database at {path}")
    return path


def _logs(database: Path) -> list[tuple[str, int, str | None]]:
    """Code, size and newest checkpoint of each log."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as copy:
        return [(code, size, note) for code, size, note in copy.execute(_LOGS)]


def _holds(database: Path, code: str, note: str) -> bool:
    text = note.partition("\n\n")[0]
    kept = "SELECT k.note FROM ledger_checkpoint k JOIN community c ON c.id = k.community_id WHERE c.code = ? AND k.size = ?"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as copy:
        row = copy.execute(kept, (code, seals.size_of(note))).fetchone()
    return row is not None and row[0].partition("\n\n")[0] == text


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
