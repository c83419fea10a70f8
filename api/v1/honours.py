"""Honours as anybody may read them: the levels, and the lists that hang out, with names in full only where a head agreed."""

from typing import Any

import marshmallow
from flask_smorest import Blueprint
from marshmallow.fields import Boolean, Date, DateTime, Integer, List, Nested, String

from api import edge
from api.pages.honours import shown_list
from api.schemas import households as asked
from timebank.people.communities import local_day
from timebank.points.honours import deciding, listing
from timebank.points.honours.tables import HonourList

blueprint = Blueprint(
    "v1_honours", __name__, url_prefix="/api/v1/c/<community_code>/honours", description="Levels and lists of honour"
)


class HonourLevelAnswer(marshmallow.Schema):
    name = String(required=True)
    from_steps = Integer(required=True)


class HonourLineAnswer(marshmallow.Schema):
    position = Integer(required=True)
    name = String(required=True, metadata={"description": "masked, unless the head agreed"})
    in_full = Boolean(required=True)
    grid = String(required=True)
    household_tail = String(required=True)
    suffix = String(required=True)
    steps = Integer(required=True)
    why = String(required=True)


class HonourListAnswer(marshmallow.Schema):
    number = Integer(required=True)
    kind = String(required=True)
    title = String(required=True)
    state = String(required=True)
    from_day = Date(required=True)
    to_day = Date(required=True)
    objections_until = DateTime(required=True, allow_none=True)
    digest = String(required=True)
    note = Integer(required=True, allow_none=True)
    lines = List(Nested(HonourLineAnswer), required=True)


class HonoursAnswer(marshmallow.Schema):
    by = String(required=True, metadata={"description": "lifetime, year, or empty where there are no levels"})
    levels = List(Nested(HonourLevelAnswer), required=True)
    lists = List(Nested(HonourListAnswer), required=True)


class HonourObjectionAnswer(marshmallow.Schema):
    objection_id = String(required=True)


@blueprint.get("")
@blueprint.response(200, HonoursAnswer)
def listed(**_: Any) -> dict[str, Any]:
    """The levels in force and the lists that hang out."""
    session, place = edge.read(), edge.community()
    outside = edge.actor().person_id is None
    decision = deciding.in_force(session, place.id, "levels", local_day(place, edge.now()))
    return {
        "by": decision.content["by"] if decision else "",
        "levels": [{"name": name, "from_steps": steps} for name, steps in decision.content["levels"]]
        if decision
        else [],
        "lists": [_told(one) for one in listing.shown_lists(session, place.id, edge.now(), outside=outside)],
    }


@blueprint.get("/<int:number>")
@blueprint.response(200, HonourListAnswer)
def get(number: int, **_: Any) -> dict[str, Any]:
    """One list that hangs out."""
    return _told(shown_list(number))


@blueprint.post("/<int:number>/lines/<int:position>/objections")
@edge.signed_in
@blueprint.arguments(asked.HonourObjectedOwn)
@blueprint.response(201, HonourObjectionAnswer)
def object_to(typed: dict[str, Any], number: int, position: int, **_: Any) -> dict[str, Any]:
    """Object to a line while it is published."""
    found = shown_list(number)
    return edge.submit(
        "honours.object",
        lambda session, now: listing.object_to(
            session, actor=edge.actor(), now=now, list_id=found.id, position=position, reason=typed["reason"]
        ),
        content={**typed, "list": found.id, "position": position},
    )


def _told(found: HonourList) -> dict[str, Any]:
    names = ("number", "kind", "title", "state", "from_day", "to_day", "objections_until", "digest", "note")
    return {name: getattr(found, name) for name in names} | {
        "lines": [
            {"position": row.line.position, "name": row.name, "in_full": row.in_full, "grid": row.line.grid,
             "household_tail": row.line.household_tail, "suffix": row.line.suffix, "steps": row.line.steps,
             "why": row.line.why}
            for row in listing.told(edge.read(), found)
        ]
    }  # fmt: skip
