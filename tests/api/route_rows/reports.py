"""Month end, statements of teams and points, participation: who may read and who closes."""

from __future__ import annotations

from typing import Any

from timebank.reports import closing, months

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
}
