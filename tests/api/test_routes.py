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

The walk signs in with each role that may, then with all roles that may not (at once: a role only ever adds; if that is
not refused, one by one), and with all roles in another village, which must be refused unless anyone may. A refused call must answer 403 or 404 (visitors: the way to
the sign-in page, or 401), must leave the number of rows of every table unchanged, and must not show a name or number of
a person of the village. What anyone may see shows no name or number either, unless a row says `"names": True`.

`world.village` and `world.other` are villages as in tests/village.py; `world.residents` live in the village (their names
are looked for), `world.strangers` in the other one.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.api.walk import NOT_WALKED, ROWS, Made, Row, World
from timebank.permissions import ROLES


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
def test_walk(world: World, row: Row) -> None:
    made = row.arrange(world)
    if not row.anyone:
        _refused(world, row, made, who="a visitor", visitor=True)
    if not (row.anyone or row.signed_in):
        others = [role for role in ROLES if role not in row.roles]
        if "resident" not in row.roles:  # else everybody who lives here may
            _refused_with(world, row, made, person=world.residents[1], roles=others, area_path=world.village.area_path)
        _refused_with(world, row, made, person=world.strangers[1], roles=list(ROLES), area_path=world.other.area_path)
    _allowed_ones(world, row)


def _refused_with(world: World, row: Row, made: Made, *, person: Any, roles: list[str], area_path: str) -> None:
    """Refused with all of these roles at once, and so with each: a role only ever adds. If not, say with which."""
    try:
        _sign_in(world, person, roles, area_path)
        _refused(world, row, made, who=f"{', '.join(roles)} at {area_path}")
    except AssertionError:
        for role in roles:
            _sign_in(world, person, [role], area_path)
            _refused(world, row, made, who=f"{role} at {area_path}")
        raise


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
        _sign_in(world, world.residents[0], [role], world.village.area_path)
        _allowed(world, row, made, who=role)
    if row.own is not None:
        made = row.arrange(world)
        world.client.sign_in(row.own(world, made))
        _allowed(world, row, made, who="whose it is")


def _sign_in(world: World, person: Any, roles: list[str], area_path: str) -> None:
    """As the person with these roles and no others; being a resident is no role that is given."""
    world.client.drop_roles(person)
    world.client.sign_in(person, roles=[role for role in roles if role != "resident"], area_path=area_path)


def _refused(world: World, row: Row, made: Made, *, who: str, visitor: bool = False) -> None:
    if visitor:
        world.client.sign_out()
    before = world.count_rows()
    answer = world.call(row, made)
    if visitor and answer.status_code == 303:
        assert answer.headers["Location"].startswith("/sign-in"), f"{who} is sent to {answer.headers['Location']}"
    else:
        assert answer.status_code in ({401, 403, 404} if visitor else {403, 404}), (
            f"{who} got {answer.status_code}: {answer.text[:500]}"
        )
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

    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))[:600]
