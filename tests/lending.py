"""Databases on the tests' PostgreSQL server in which one test works after the other.

To make one takes half a second and some thousand files; to empty one takes a moment. Who gets it finds it as it was
made: a database in which more than rows was changed (a table, a guard, a right, what the planner knows), or that has
grown, is thrown away instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

from tests.postgres import DatabaseUrls, PostgresServer

GROWN_BYTES = 4 * 1024 * 1024
CATALOGS = (
    "pg_attrdef", "pg_attribute", "pg_class", "pg_constraint", "pg_default_acl", "pg_extension",
    "pg_index", "pg_inherits", "pg_namespace", "pg_policy", "pg_proc", "pg_rewrite", "pg_statistic",
    "pg_statistic_ext", "pg_trigger", "pg_type",
)  # fmt: skip
# Whatever changes a row of a catalog writes it anew, under a younger transaction.
SHAPE = " UNION ALL ".join(f"SELECT count(*), max(xmin::text::bigint) FROM {name}" for name in CATALOGS)
KNOWN_TO_PLANNER = "SELECT count(*), sum(reltuples)::bigint FROM pg_class WHERE reltuples > 0 AND relnamespace = 'public'::regnamespace"
WITH_PAGES = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
"""
COUNTED = "SELECT schemaname, sequencename, start_value FROM pg_sequences WHERE last_value IS NOT NULL"


@dataclass
class Lent:
    """A database as it was when it was new."""

    urls: DatabaseUrls
    shape: list[tuple[int, ...]]
    kept: dict[str, list[tuple[str, ...]]]  # the rows that the template holds, by table
    size: int


class Lender:
    """Lends databases like one template."""

    def __init__(self, server: PostgresServer, template: str) -> None:
        self._server, self._template = server, template
        self._free: list[Lent] = []

    def lend(self) -> Lent:
        if self._free:
            return self._free.pop()
        urls = self._server.new_database(like=self._template, synchronous_commit=False)
        with self._server.connect(urls.name) as connection:
            kept = {name: _rows(connection, name) for name in _names(connection)}
            return Lent(urls, _shape(connection), kept, _size(connection))

    def take_back(self, lent: Lent) -> None:
        with self._server.connect(lent.urls.name) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            as_it_was = _shape(connection) == lent.shape and _empty(connection, lent)
        if as_it_was:
            self._free.append(lent)
        else:
            self._server.drop_database(lent.urls)


def _empty(connection: psycopg.Connection, lent: Lent) -> bool:
    """Remove all rows but the template's; whether the database is as it was."""
    names = _names(connection)
    if any(_rows(connection, name) != rows for name, rows in lent.kept.items()):
        return False
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # no guard, no foreign key
        for name in names - lent.kept.keys():
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        for schema, name, start in connection.execute(COUNTED).fetchall():
            sequence = f'"{schema}"."{name}"'
            connection.execute("SELECT setval(%s::regclass, %s, false)", [sequence, start])
    return _size(connection) - lent.size < GROWN_BYTES


def _names(connection: psycopg.Connection) -> set[str]:
    return {name for (name,) in connection.execute(WITH_PAGES).fetchall()}


def _rows(connection: psycopg.Connection, name: str) -> list[tuple[str, ...]]:
    return connection.execute(sql.SQL("SELECT t::text FROM {} AS t ORDER BY 1").format(sql.Identifier(name))).fetchall()


def _shape(connection: psycopg.Connection) -> list[tuple[int, ...]]:
    return [*connection.execute(SHAPE).fetchall(), *connection.execute(KNOWN_TO_PLANNER).fetchall()]


def _size(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    size: int = row[0]
    return size
