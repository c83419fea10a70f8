"""Triggers that stop a slip of the hand: entries, checkpoints, cosignatures and full tiles cannot be changed, deleted or written over.

They deter; whoever owns the database can drop them. What exposes him is the log (docs/log-format.md), not these.
"""

from __future__ import annotations

from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint

from ledger.tables import RECORD


def statements(dialect: str) -> list[str]:
    """The DDL that sets the guards up, for `sqlite` or `postgresql`; run once, by a migration."""
    if dialect == "sqlite":
        return [one for table in RECORD for one in _sqlite(table)]
    return [_POSTGRESQL_FUNCTION, *(one for table in RECORD for one in _postgresql(table))]


def removal(dialect: str) -> list[str]:
    """The DDL that takes them away again."""
    if dialect == "sqlite":
        return [
            f"DROP TRIGGER IF EXISTS {table.name}_{event}"
            for table in RECORD
            for event in ("update", "delete", "replace")
        ]
    drops = [
        f"DROP TRIGGER IF EXISTS {table.name}_{event} ON {table.name}"
        for table in RECORD
        for event in ("change", "truncate")
    ]
    return [*drops, "DROP FUNCTION IF EXISTS ledger_refuse_change()"]


def _sqlite(table: Table) -> list[str]:
    refuse = f"SELECT RAISE(ABORT, '{table.name} is append-only'); END"
    keys = [one for one in table.constraints if isinstance(one, PrimaryKeyConstraint | UniqueConstraint)]
    names = [[column.name for column in key.columns] for key in sorted(keys, key=lambda key: str(key.name))]
    taken = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table.name} WHERE {' AND '.join(f'{name} = NEW.{name}' for name in key)})"
        for key in [*names, ["rowid"]]
    )
    return [
        f"CREATE TRIGGER {table.name}_update BEFORE UPDATE ON {table.name} BEGIN {refuse}",
        f"CREATE TRIGGER {table.name}_delete BEFORE DELETE ON {table.name} BEGIN {refuse}",
        # INSERT OR REPLACE deletes what has any of the same keys without the delete trigger, unless recursive_triggers is on; a stranger's connection has it off.
        f"CREATE TRIGGER {table.name}_replace BEFORE INSERT ON {table.name} WHEN {taken} BEGIN {refuse}",
    ]


_POSTGRESQL_FUNCTION = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$
"""


def _postgresql(table: Table) -> list[str]:
    return [
        f"CREATE TRIGGER {table.name}_change BEFORE UPDATE OR DELETE ON {table.name} FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()",
        f"CREATE TRIGGER {table.name}_truncate BEFORE TRUNCATE ON {table.name} FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()",
    ]
