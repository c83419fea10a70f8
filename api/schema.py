"""The database's schema: brought up to date by Alembic as the owner, then opened to the role that the application signs in as.

The application's role owns nothing. It may read and write rows, but entries, checkpoints, cosignatures, tiles and postings
it may only add, and accounts, holds, notes, the ends of logs and what it witnessed it may not take away.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.pool import NullPool
from sqlmodel.sql.sqltypes import AutoString

from ledger.tables import ADDED_TO, CHANGED, RECORD, REMEMBERED
from timebank import columns, modules

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(owner_url: str, *, app_role: str | None = None) -> None:
    """Bring a database up to the newest schema; harmless when it is there already.

    `app_role` is the PostgreSQL role that the application signs in as; on SQLite there are no roles.
    """
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "head")
        if app_role:
            _open_to(connection, app_role)


def is_current(connection: Connection) -> bool:
    """Whether the database has the newest schema."""
    return MigrationContext.configure(connection).get_current_revision() == newest()


def newest() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def role_of(url: str) -> str | None:
    """The role in a PostgreSQL address; None for SQLite."""
    parsed = make_url(url)
    return parsed.username if parsed.get_backend_name() == "postgresql" else None


def differences(connection: Connection) -> list[Any]:
    """What a new migration would have to do: empty when the migrations make what the modules describe."""
    metadata: Any = modules.load()  # Alembic takes several, its signature names one
    context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
    with warnings.catch_warnings():
        # An index of an expression cannot be read back from SQLite; on PostgreSQL it is compared.
        warnings.filterwarnings("ignore", message=".*expression-based index")
        return list(compare_metadata(context, metadata))


def render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write our column types into migrations as what they are in the database, so that a migration stands by itself."""
    if kind == "type":
        for ours, written in _WRITTEN.items():
            if isinstance(item, ours):
                return written
    return False


_WRITTEN: dict[type, str] = {
    columns.Id: "sa.LargeBinary(16)",
    columns.Instant: "sa.BigInteger()",
    columns.Json: "sa.Text()",
    AutoString: "sa.String()",
}


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _open_to(connection: Connection, role: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote(role)
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {quoted}")
    connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}")
    connection.exec_driver_sql(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}")
    for table in (*RECORD, *ADDED_TO):
        connection.exec_driver_sql(f"REVOKE UPDATE, DELETE ON {table.name} FROM {quoted}")
    for table in (*CHANGED, *REMEMBERED):
        connection.exec_driver_sql(f"REVOKE DELETE ON {table.name} FROM {quoted}")
