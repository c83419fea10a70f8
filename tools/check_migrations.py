"""Do the migrations make what the modules describe? Run on empty SQLite databases; tests ask PostgreSQL the same.

Alembic's own comparison looks at tables, columns, indexes and keys, and not at CHECK constraints and triggers, which is
where many rules of this system stand; so a database made by the migrations is also laid beside one made by the modules.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.pool import NullPool

from api import schema
from timebank import modules


def main() -> None:
    findings = list(differences())
    print("\n".join(findings), end="\n" if findings else "")
    if findings:
        sys.exit(f"{len(findings)} differences: write a migration")


def differences() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        migrated, described = (f"sqlite:///{Path(folder) / name}" for name in ("migrated.sqlite", "described.sqlite"))
        schema.migrate(migrated)
        schema.migrate(migrated)  # what is there already is left alone
        described_engine = create_engine(described, poolclass=NullPool)
        with described_engine.begin() as connection:
            for metadata in modules.load():
                metadata.create_all(connection)
            for statement in modules.guard_statements("sqlite"):
                connection.exec_driver_sql(statement)
            wanted = rules(connection)
        with create_engine(migrated, poolclass=NullPool).connect() as connection:
            yield from (str(difference) for difference in schema.differences(connection))
            made = rules(connection)
    yield from (f"not made by the migrations: {' '.join(rule)}" for rule in sorted(wanted - made))
    yield from (f"described by no module: {' '.join(rule)}" for rule in sorted(made - wanted))


def rules(connection: Connection) -> set[tuple[str, ...]]:
    """Every CHECK constraint and trigger, with its text free of spacing, and the tables that are their own index."""
    inspector = inspect(connection)
    checks = {
        ("check", table, str(check["name"]), normal(str(check["sqltext"])))
        for table in inspector.get_table_names()
        for check in inspector.get_check_constraints(table)
    }
    triggers = connection.exec_driver_sql("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
    tables = connection.exec_driver_sql("SELECT name FROM pragma_table_list WHERE schema = 'main' AND wr").scalars()
    made = {("trigger", table, name, normal(text)) for table, name, text in triggers}
    return checks | made | {("without rowid", table) for table in tables}


def normal(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    main()
