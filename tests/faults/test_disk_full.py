"""A disk that is really full: told as such, nothing acknowledged lost, and going on once there is space."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg import sql

from tests.faults import calls
from tests.faults.calls import Calls
from tests.faults.places import SEED, OwnServer, open_now, with_wallets
from tests.postgres import APP_ROLE, OWNER_ROLE, DatabaseUrls, unprivileged_user
from tests.village import make_schema

TROUBLES = 5  # told so often, it is believed


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Path]:
    """A file system of this size; without the right to mount one, the test is skipped (strace tells of full disks, too)."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "tmpfs", str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no small disk can be mounted here: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path, *, leave_bytes: int) -> Path:
    balloon = disk / "balloon"
    state = os.statvfs(disk)
    with balloon.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, state.f_bavail * state.f_frsize - leave_bytes)
    return balloon


def written_until_full_and_after(url: str, wallets: list[int], balloon: Path) -> Calls:
    """Write until clients are told that the disk is full, make room, and let them finish."""
    heard = Calls()
    process = calls.start(url, wallets, seed=SEED, count=150, threads=4)
    calls.ready(process)
    calls.go(process)
    lines: list[str] = []
    assert process.stdout is not None
    full = 0
    for line in process.stdout:
        lines.append(line)
        full += "storage_full" in line
        if full >= TROUBLES and balloon.exists():
            balloon.unlink()
    process.communicate(timeout=60)
    heard.hear("".join(lines))
    assert not balloon.exists(), "the disk was never full"
    assert heard.open == []
    return heard


def test_a_full_disk_under_sqlite_is_told_and_survived(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=12) as disk:
        url = f"sqlite:///{disk / 'timebank.db'}"
        make_schema(url)
        wallets = with_wallets(open_now(url, url))
        balloon = fill(disk, leave_bytes=400_000)
        heard = written_until_full_and_after(url, wallets, balloon)
        calls.check(url, heard, wallets=wallets)
        told = {trouble.get("code") for trouble in heard.troubles}
        assert told == {"storage_full"}, heard.troubles


def test_a_full_disk_under_postgresql_is_told_and_survived(own_postgres: OwnServer) -> None:
    """The tables' disk; where the write-ahead log cannot grow, the server stops, which is another test's matter."""
    with small_disk(own_postgres.folder / "disk", megabytes=64) as disk:
        server = own_postgres.server
        if user := unprivileged_user():
            shutil.chown(disk, user)
        with server.connect() as connection:
            connection.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(sql.Literal(str(disk))))
            connection.execute(
                sql.SQL("CREATE DATABASE small OWNER {} TEMPLATE template0 TABLESPACE small").format(
                    sql.Identifier(OWNER_ROLE)
                )
            )
        urls = DatabaseUrls(server.url(OWNER_ROLE, "small"), server.url(APP_ROLE, "small"))
        make_schema(urls.owner_url, app_role=APP_ROLE)
        wallets = with_wallets(open_now(urls.app_url, urls.owner_url))
        balloon = fill(disk, leave_bytes=120_000)
        heard = written_until_full_and_after(urls.app_url, wallets, balloon)
        calls.check(urls.owner_url, heard, wallets=wallets)
        told = {trouble.get("code") for trouble in heard.troubles}
        assert told == {"storage_full"}, heard.troubles
        own_postgres.stop(signal.SIGQUIT)  # before its disk goes
