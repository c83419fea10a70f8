"""What the walk over the routes is made of: the rows of all slices, and two villages to walk in.

How a row is written stands in tests/api/test_routes.py.
"""

from __future__ import annotations

import importlib
import pkgutil
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy import func, literal, select, union_all
from werkzeug.test import TestResponse

import tests.api.route_rows
from tests.client import Client, lent_app
from tests.village import Database, Village, VillageClock, make_schema, open_storage, open_village
from timebank import modules

NOT_WALKED = {"static"}
# A refusal is recorded with its request, and trying is counted: both are no change of anything.
NOT_COUNTED = {"request", "attempt", "login_session"}
ALLOWED = frozenset({200, 302, 303})

Made = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Row:
    endpoint: str
    method: str = "GET"
    roles: set[str] = field(default_factory=set)
    arrange: Callable[[Any], Made] = lambda world: {}
    values: Callable[[Any, Made], Made] = lambda world, made: {}
    data: Callable[[Any, Made], Made] | None = None
    json: Callable[[Any, Made], Any] | None = None
    query: Callable[[Any, Made], Made] = lambda world, made: {}
    own: Callable[[Any, Made], Any] | None = None
    ok: set[int] | frozenset[int] = ALLOWED
    anyone: bool = False
    signed_in: bool = False
    names: bool = False


def _rows() -> list[Row]:
    found = []
    for module in pkgutil.iter_modules(tests.api.route_rows.__path__):
        for endpoint, told in importlib.import_module(f"tests.api.route_rows.{module.name}").ROWS.items():
            found += [Row(endpoint=endpoint, **row) for row in (told if isinstance(told, list) else [told])]
    return found


ROWS = _rows()


@dataclass
class World:
    """Two villages with people in both, and a browser."""

    village: Village
    other: Village
    client: Client
    db: Database
    residents: list[Any]
    strangers: list[Any]

    def count_rows(self) -> dict[str, int]:
        tables = [
            table for metadata in modules.load() for table in metadata.sorted_tables if table.name not in NOT_COUNTED
        ]
        counts = union_all(*[select(literal(table.name), func.count()).select_from(table) for table in tables])
        with self.db.storage.read() as session:
            return {name: count for name, count in session.execute(counts)}  # noqa: C416 - a result is no list of pairs

    def call(self, row: Row, made: Made) -> TestResponse:
        app = self.client.app
        with app.test_request_context():
            values = row.values(self, made)
            if app.url_map.is_endpoint_expecting(row.endpoint, "community_code"):
                values.setdefault("community_code", self.village.code)
            address = url_for(row.endpoint, **values)
        if row.method == "GET":
            return self.client.get(address, query_string=row.query(self, made))
        if row.json is not None:
            return self.client.post(address, json=row.json(self, made), method=row.method)
        return self.client.post(address, data=row.data(self, made) if row.data else {}, method=row.method)


@dataclass
class Template:
    """Two villages with people, made once; each test gets a copy of the file."""

    path: Path
    village: Village
    other: Village
    residents: list[Any]
    strangers: list[Any]
    made_until: datetime


@pytest.fixture(scope="session")
def world_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    path = tmp_path_factory.mktemp("world") / "template.db"
    make_schema(f"sqlite:///{path}")
    db = _database(path, VillageClock())
    village = open_village(db, code="TPL", name="太平里社区", area_code="3201020101")
    other = open_village(db, code="HZM", name="后宰门社区", area_code="3201020102", community_id=2)
    residents = [village.make_person("司徒明月"), village.make_person("诸葛春生")]
    strangers = [other.make_person("上官小雨"), other.make_person("尉迟大山")]
    db.storage.close()
    return Template(path, village, other, residents, strangers, db.clock.now())


@pytest.fixture
def world(world_template: Template, standing_app: Flask, tmp_path: Path) -> Iterator[World]:
    """A copy of the two villages, and a browser on it."""
    copy = shutil.copy(world_template.path, tmp_path / "world.db")
    clock = VillageClock()
    clock.move(world_template.made_until - clock.now())
    db = _database(Path(copy), clock)
    villages = [
        replace(village, storage=db.storage, clock=clock) for village in (world_template.village, world_template.other)
    ]
    with lent_app(standing_app, db, tmp_path / "data") as app:
        client = Client(app, db)
        yield World(villages[0], villages[1], client, db, world_template.residents, world_template.strangers)
    db.storage.close()


def _database(path: Path, clock: VillageClock) -> Database:
    url = f"sqlite:///{path}"
    return Database(open_storage(url, clock), clock, url)
