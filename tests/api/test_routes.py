"""Every route, walked by every role, in its own community and from another one.

Each slice keeps its rows in `tests/api/route_rows/<slice>.py`:

    ROWS = {
        "desk.place_order": {                       # the endpoint; a list of such rows for an endpoint with several methods
            "method": "POST",                       # GET if left out
            "roles": {"desk_staff"},                # who may; all other roles, residents and visitors may not
            "arrange": lambda world: {...},         # optional: what must be there; run before the refused and before each allowed call
            "values": lambda world, made: {...},    # optional: values of the address (community_code is added)
            "data": lambda world, made: {...},      # optional: the form; or "json": ... for the API; "query": ... for a GET
            "own": lambda world, made: person,      # optional: whose it is: she may too, whatever her roles
            "ok": {303},                            # statuses of an allowed call; {200, 302, 303} if left out
            "anyone": True,                         # visitors may (then `roles` is left out)
            "signed_in": True,                      # whoever is signed in may, in any community (then `roles` is left out)
        },
    }

The walk signs in as somebody with each role: in the village (allowed or not by `roles`), and with the same role in
another village, which must be refused unless anyone may. A refused call must answer 403 or 404 (visitors: the way to
the sign-in page, or 401), must leave the number of rows of every table unchanged, and must not show a name or number of
a person of the village. What anyone may see shows no name or number either, unless a row says `"names": True`.

`world.village` and `world.other` are villages as in tests/village.py; `world.residents` live in the village (their names
are looked for), `world.strangers` in the other one.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy import func, literal, select, union_all
from werkzeug.test import TestResponse

import tests.api.route_rows
from tests.client import Client
from tests.village import Database, Village
from timebank import modules
from timebank.permissions import ROLES

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
on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


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
        tables = [table for metadata in modules.load() for table in metadata.sorted_tables if table.name not in NOT_COUNTED]
        counts = union_all(*[select(literal(table.name), func.count()).select_from(table) for table in tables])
        with self.db.storage.read() as session:
            return {name: count for name, count in session.execute(counts)}

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


@pytest.fixture
def world(village: Village, other_village: Village, client: Client, db: Database) -> Iterator[World]:
    residents = [village.make_person("司徒明月"), village.make_person("诸葛春生")]
    strangers = [other_village.make_person("上官小雨"), other_village.make_person("尉迟大山")]
    yield World(village, other_village, client, db, residents, strangers)


def test_every_endpoint_and_method_has_a_row(app_without_database: Flask) -> None:
    there = {
        (rule.endpoint, method)
        for rule in app_without_database.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint not in NOT_WALKED
    }
    told = {(row.endpoint, row.method) for row in ROWS}
    assert sorted(there - told) == [], "endpoints without a row in tests/api/route_rows"
    assert sorted(told - there) == [], "rows of endpoints that are not there"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method}-{row.endpoint}")
@on_sqlite
def test_walk(world: World, row: Row) -> None:
    made = row.arrange(world)
    if not row.anyone:
        _refused(world, row, made, who="a visitor", visitor=True)
    if not (row.anyone or row.signed_in):
        for role in ROLES:
            if role not in row.roles and not (role == "resident" and "resident" in row.roles):
                _sign_in(world, world.residents[1], role, world.village.area_path)
                _refused(world, row, made, who=f"{role} of the village")
        # Operators and auditors hold their roles above the villages; here each role is held in the other village only.
        for role in ROLES:
            _sign_in(world, world.strangers[1], role, world.other.area_path)
            _refused(world, row, made, who=f"{role} of the other village")
    _allowed_ones(world, row)


def _allowed_ones(world: World, row: Row) -> None:
    if row.anyone:
        made = row.arrange(world)
        world.client.sign_out()
        _allowed(world, row, made, who="a visitor")
    if row.signed_in:
        made = row.arrange(world)
        world.client.sign_in(world.strangers[0])
        _allowed(world, row, made, who="somebody signed in")
    for role in sorted(row.roles):
        made = row.arrange(world)
        _sign_in(world, world.residents[0], role, world.village.area_path)
        _allowed(world, row, made, who=role)
    if row.own is not None:
        made = row.arrange(world)
        world.client.sign_in(row.own(world, made))
        _allowed(world, row, made, who="whose it is")


def _sign_in(world: World, person: Any, role: str, area_path: str) -> None:
    """As the person with this role and no other; a role ends when the next one begins."""
    world.client.drop_roles(person)
    world.client.sign_in(person, roles=[] if role == "resident" else [role], area_path=area_path)


def _refused(world: World, row: Row, made: Made, *, who: str, visitor: bool = False) -> None:
    if visitor:
        world.client.sign_out()
    before = world.count_rows()
    answer = world.call(row, made)
    if visitor and answer.status_code == 303:
        assert answer.headers["Location"].startswith("/sign-in"), f"{who} is sent to {answer.headers['Location']}"
    else:
        assert answer.status_code in ({401, 403, 404} if visitor else {403, 404}), f"{who} got {answer.status_code}: {answer.text[:500]}"
    changed = {name: (before[name], now) for name, now in world.count_rows().items() if before[name] != now}
    assert not changed, f"{who} was refused, and yet rows changed: {changed}"
    _names_nobody(world, answer, who)


def _allowed(world: World, row: Row, made: Made, *, who: str) -> None:
    answer = world.call(row, made)
    assert answer.status_code in row.ok, f"{who} got {answer.status_code}: {_plain(answer)}"
    if answer.status_code in (302, 303) and not row.anyone:
        assert not answer.headers["Location"].startswith("/sign-in"), f"{who} is asked to sign in"
    if row.anyone and not row.names:
        _names_nobody(world, answer, who)


def _names_nobody(world: World, answer: TestResponse, who: str) -> None:
    # A person may see her own name at the top of a refused page: residents[1] is who was refused.
    body = answer.text if answer.mimetype.startswith(("text/", "application/json")) else ""
    found = [told for person in [world.residents[0]] for told in (person.name, person.number) if told in body]
    assert not found, f"{who} reads {found}"


def _plain(answer: TestResponse) -> str:
    import re  # noqa: PLC0415

    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))[:600]
