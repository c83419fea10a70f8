"""Month end, statements of teams and points, participation: who may read and who closes."""

from __future__ import annotations

from itertools import count
from typing import Any

from tests.ledger.books import credit
from tests.timebank.hours.arrange import make_point
from timebank.people import teams
from timebank.permissions import ROLES
from timebank.reports import closing, months

_names = count(1)
BOOKS = {"auditor", "committee", "supervision_committee", "community_manager"}
PREPARING = {"committee", "community_manager"}
CONFIRMING = {"committee", "supervision_committee", "community_manager"}


def this_month(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"month": months.written(months.first_of(world.village.today))}


def over(world: Any) -> dict[str, Any]:
    """The village's first month lies behind it."""
    month = months.first_of(world.village.today)
    while months.next_month(month) > world.village.today:
        world.village.pass_time(days=1)
    return {"month": months.written(month), "first": month}


def prepared(world: Any) -> dict[str, Any]:
    """The month that comes next was prepared, by somebody else."""
    village = world.village
    made = over(world)
    with village.read() as session:
        month = closing.next_to_close(session, village.community_id) or made["first"]
    while months.next_month(month) > village.today:
        village.pass_time(days=1)
    clerk = village.actor("community_manager")
    told = village.write(lambda session, now: closing.prepare(session, actor=clerk, now=now, month=month))
    return {"month": months.written(month), "digest": told["digest"]}


def of_month(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"month": made["month"]}


STATEMENTS = {"auditor", "committee", "supervision_committee", "community_manager", "desk_staff"}
PERSONAL = {"desk_staff", "reviewer", "community_manager", "supervision_committee", "auditor"}
RECEIPTS = {"auditor", "desk_staff", "supervision_committee", "community_manager"}
MEMBERS = set(ROLES)


def first(world: Any, made: dict[str, Any]) -> Any:
    return world.residents[0]


def of_first(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"person_id": world.residents[0].id}


def month_of_first(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {**of_first(world, made), **this_month(world, made)}


def with_team(world: Any) -> dict[str, Any]:
    village = world.village
    clerk = village.actor("desk_staff")
    made = village.write(
        lambda session, now: teams.found(session, actor=clerk, now=now, name=f"第{next(_names)}银龄队", kind="team")
    )
    return {"number": made["number"]}


def with_point(world: Any) -> dict[str, Any]:
    point = make_point(world.village)
    return {"number": point}


def numbered(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"number": made["number"]}


def with_line(world: Any) -> dict[str, Any]:
    """An entry on the first resident's account."""
    village = world.village
    account = village.main_account(world.residents[0].id, "min")
    return {"seq": credit(village, account)}


def csv(values: Any) -> Any:
    return lambda world, made: {**values(world, made), "form": "csv"}


ROWS: dict[str, Any] = {
    "months.listed": {"roles": BOOKS},
    "months.one": {"roles": BOOKS, "values": this_month},
    "months.file": {"roles": BOOKS, "values": lambda world, made: {**this_month(world, made), "form": "xlsx"}},
    "months.prepare": {"method": "POST", "roles": PREPARING, "arrange": prepared, "values": of_month, "ok": {303}},
    "months.confirm": {
        "method": "POST",
        "roles": CONFIRMING,
        "arrange": prepared,
        "values": of_month,
        "data": lambda world, made: {"digest": made["digest"]},
        "ok": {303},
    },
    "v1_months.listed": {"roles": BOOKS},
    "v1_months.get": {"roles": BOOKS, "values": this_month},
    "v1_months.prepare": {"method": "POST", "roles": PREPARING, "arrange": prepared, "values": of_month, "ok": {200}},
    "v1_months.confirm": {
        "method": "POST",
        "roles": CONFIRMING,
        "arrange": prepared,
        "values": of_month,
        "json": lambda world, made: {"digest": made["digest"]},
        "ok": {200},
    },
    "v1_statements.mine": {"roles": MEMBERS, "own": first},
    "v1_statements.my_month": {"roles": MEMBERS, "own": first, "values": this_month},
    "v1_statements.person": {"roles": PERSONAL, "own": first, "values": of_first},
    "v1_statements.person_month": {"roles": PERSONAL, "own": first, "values": month_of_first},
    "statements.mine": {"roles": MEMBERS, "own": first},
    "statements.my_file": {"roles": MEMBERS, "own": first, "values": lambda world, made: {"form": "csv"}},
    "statements.my_month": {"roles": MEMBERS, "own": first, "values": this_month},
    "statements.my_month_file": {"roles": MEMBERS, "own": first, "values": csv(this_month)},
    "statements.person": {"roles": PERSONAL, "own": first, "values": of_first},
    "statements.person_file": {"roles": PERSONAL, "own": first, "values": csv(of_first)},
    "statements.person_month": {"roles": PERSONAL, "own": first, "values": month_of_first},
    "statements.person_month_file": {"roles": PERSONAL, "own": first, "values": csv(month_of_first)},
    "statements.teams": {"roles": STATEMENTS, "arrange": with_team},
    "statements.teams_file": {"roles": STATEMENTS, "values": lambda world, made: {"form": "csv"}},
    "statements.team": {"roles": STATEMENTS, "arrange": with_team, "values": numbered},
    "statements.team_file": {"roles": STATEMENTS, "arrange": with_team, "values": csv(numbered)},
    "statements.team_month": {
        "roles": STATEMENTS,
        "arrange": with_team,
        "values": lambda world, made: {**made, **this_month(world, made)},
    },
    "statements.team_month_file": {
        "roles": STATEMENTS,
        "arrange": with_team,
        "values": csv(lambda world, made: {**made, **this_month(world, made)}),
    },
    "statements.points": {"roles": STATEMENTS, "arrange": with_point},
    "statements.points_file": {"roles": STATEMENTS, "values": lambda world, made: {"form": "csv"}},
    "statements.point": {"roles": STATEMENTS, "arrange": with_point, "values": numbered},
    "statements.point_file": {"roles": STATEMENTS, "arrange": with_point, "values": csv(numbered)},
    "why.entry": {
        "roles": RECEIPTS,
        "own": first,
        "arrange": with_line,
        "values": lambda world, made: {"seq": made["seq"]},
    },
    "why.balance": {"roles": MEMBERS, "own": first},
    "why.balance_of": {"roles": PERSONAL, "own": first, "values": of_first},
    "participation.community": {"roles": MEMBERS},
    "participation.community_file": {"roles": MEMBERS, "values": lambda world, made: {"form": "csv"}},
    "participation.mine": {"roles": MEMBERS, "own": first},
    "participation.of_person": {"roles": PERSONAL, "own": first, "values": of_first},
    "home.check_in": {"roles": {"volunteer"}},
    "home.check_in_post": {
        "method": "POST",
        "roles": {"volunteer"},
        "data": lambda world, made: {"code": f"https://timebank.example/c/{world.village.code}/p/1/123456"},
        "ok": {303},
    },
}
