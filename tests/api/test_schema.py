"""The migrations make what the modules describe, on both databases, with guards and roles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from api import schema
from ledger.tables import ADDED_TO, CHANGED, RECORD, REMEMBERED
from tests.postgres import APP_ROLE, PostgresServer
from timebank import modules


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database after `timebank migrate`, as its owner."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'timebank.db'}"
        schema.migrate(url)
        yield create_engine(url, poolclass=NullPool)
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        urls = server.new_database()
        schema.migrate(urls.owner_url, app_role=APP_ROLE)
        yield create_engine(urls.owner_url, poolclass=NullPool)
        server.drop_database(urls)


def test_migrations_make_what_the_modules_describe(migrated: Engine) -> None:
    with migrated.connect() as connection:
        assert schema.differences(connection) == []
        assert schema.is_current(connection)


def test_migrating_again_is_harmless(migrated: Engine) -> None:
    role = APP_ROLE if migrated.dialect.name == "postgresql" else None
    schema.migrate(migrated.url.render_as_string(hide_password=False), app_role=role)
    with migrated.connect() as connection:
        assert schema.is_current(connection)


def test_every_guard_of_the_modules_stands_after_the_migrations(migrated: Engine) -> None:
    dialect = migrated.dialect.name
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if dialect == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with migrated.connect() as connection:
        stand = set(connection.execute(text(query)).scalars())
    declared = set()
    for statement in modules.guard_statements(dialect):
        words = statement.replace("IF NOT EXISTS ", "").replace("OR REPLACE ", "").replace("CONSTRAINT ", "").split()
        if words[1] == "TRIGGER":
            declared.add(words[2])
    assert len(declared) >= 2 * len(RECORD)
    assert declared == stand


def test_every_table_leads_with_its_community_or_belongs_to_none(migrated: Engine) -> None:
    everywhere = {
        "alembic_version",
        "area",
        "area_upload",
        "community",
        "ledger_witnessed",
        "login",
        "login_person",
        "login_session",
        "role_grant",
        "presence",
        "attempt",
        "used_code",
    }
    inspector = inspect(migrated)
    for table in inspector.get_table_names():
        key = inspector.get_pk_constraint(table)["constrained_columns"]
        unique = [constraint["column_names"] for constraint in inspector.get_unique_constraints(table)]
        foreign = [constraint["constrained_columns"] for constraint in inspector.get_foreign_keys(table)]
        if table in everywhere:
            continue
        assert key[0] == "community_id", table
        assert all(columns[0] == "community_id" for columns in [*unique, *foreign] if columns != ["origin"]), table


@pytest.mark.postgres
def test_the_application_owns_nothing_and_only_adds_to_the_record(postgres_server: PostgresServer) -> None:
    urls = postgres_server.new_database()
    schema.migrate(urls.owner_url, app_role=APP_ROLE)
    engine = create_engine(urls.app_url, poolclass=NullPool)
    with engine.connect() as connection:
        owned = connection.execute(text("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")).scalar_one()
        may = {
            table.name: [
                right
                for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
                if connection.execute(text(f"SELECT has_table_privilege('{table.name}', '{right}')")).scalar_one()
            ]
            for table in (*RECORD, *ADDED_TO, *CHANGED, *REMEMBERED)
        }
    postgres_server.drop_database(urls)
    assert owned == 0
    assert may == {
        **{table.name: ["SELECT", "INSERT"] for table in (*RECORD, *ADDED_TO)},
        **{table.name: ["SELECT", "INSERT", "UPDATE"] for table in (*CHANGED, *REMEMBERED)},
    }
