"""Statements that are asked at every request: compiled once for each database, then run by the driver.

    _OPEN = Prepared(select(col(Visit.id)).where(col(Visit.person_id) == bindparam("person_id")))
    _OPEN.scalar(session, person_id=person_id)

Such a statement takes a fifth of the time that it takes by way of SQLAlchemy. Values and columns have their types all
the same: a `uuid.UUID` goes in and comes out. Rows come as plain tuples, never as objects of the ORM.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Executable, Select
from sqlalchemy.types import TypeEngine
from sqlmodel import Session

from ledger import driver
from timebank.storage.sessions import bare

Row = tuple[Any, ...]
Convert = Callable[[Any], Any] | None


class _Compiled(NamedTuple):
    sql: str
    marks: list[tuple[str, Convert]]  # the names of the values, and how the driver wants them
    given: dict[str, Any]  # values that stand in the statement itself
    is_positional: bool
    columns: list[Convert] | None  # None: all come as they should be


class Prepared:
    """One statement; `columns` names those that an INSERT or UPDATE sets."""

    def __init__(self, statement: Executable, *, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, asked: Session | Connection, **values: Any) -> list[Row]:
        """The rows of a query; on a connection (`Storage.glance`) without a transaction around it."""
        connection = asked if isinstance(asked, Connection) else bare(asked)
        made = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        ask = driver.fetch if connection is not asked else driver.glance
        found = ask(connection, made.sql, _marked(made, values))
        if made.columns is None or not found:
            return found
        return [
            tuple([value if to is None else to(value) for to, value in zip(made.columns, row, strict=True)])
            for row in found
        ]

    def first(self, asked: Session | Connection, **values: Any) -> Row | None:
        """The first row, if there is one."""
        found = self.rows(asked, **values)
        return found[0] if found else None

    def scalar(self, asked: Session | Connection, **values: Any) -> Any:
        """The first column of the first row, if there is one."""
        found = self.rows(asked, **values)
        return found[0][0] if found else None

    def run(self, session: Session, **values: Any) -> int:
        """Change rows; how many."""
        connection = bare(session, writes=True)
        made = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        return driver.call(connection, made.sql, _marked(made, values))

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)  # type: ignore[attr-defined]
        names = compiled.positiontup if compiled.positional else list(compiled.params)
        marks = [(name, _to_driver(compiled.binds[name].type, dialect)) for name in names]
        columns: list[Any] | None = None
        if isinstance(self._statement, Select):
            types = [column.type for column in self._statement.selected_columns]
            columns = [_from_driver(kind, dialect) for kind in types]
        given = {name: value for name, value in compiled.params.items() if value is not None}
        made = _Compiled(
            str(compiled),
            marks,
            given,
            bool(compiled.positional),
            None if columns is None or not any(columns) else columns,
        )
        self._compiled[dialect.name] = made
        return made


def _to_driver(kind: TypeEngine[Any], dialect: Dialect) -> Convert:
    """How a value of this type goes in; a type of ours says so itself, without SQLAlchemy's layers around it."""
    own: Convert = getattr(kind, "to_driver", None)
    return own or kind.dialect_impl(dialect).bind_processor(dialect)


def _from_driver(kind: TypeEngine[Any], dialect: Dialect) -> Convert:
    own: Convert = getattr(kind, "from_driver", None)
    return own or kind.dialect_impl(dialect).result_processor(dialect, None)


def _marked(made: _Compiled, values: dict[str, Any]) -> Any:
    if made.given:
        values = made.given | values
    if made.is_positional:
        return [values[name] if to is None else to(values[name]) for name, to in made.marks]
    return {name: values[name] if to is None else to(values[name]) for name, to in made.marks}
