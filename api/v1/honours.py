"""Honours as anybody may read them: the levels, and the lists that hang out, with names in full only where a head agreed."""

from typing import Any

from flask_smorest import Blueprint

from api import edge
from api.pages.honours import shown_list
from api.schemas import honours as answers
from api.schemas import households as asked
from timebank.people.communities import local_day
from timebank.points.honours import deciding, listing
from timebank.points.honours import reading as honour_reading
from timebank.points.honours.tables import HonourList

blueprint = Blueprint(
    "v1_honours", __name__, url_prefix="/api/v1/c/<community_code>/honours", description="Levels and lists of honour"
)


@blueprint.get("")
@blueprint.response(200, answers.HonoursAnswer)
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
        "lists": [_told(one) for one in honour_reading.shown_lists(session, place.id, edge.now(), outside=outside)],
    }


@blueprint.get("/<int:number>")
@blueprint.response(200, answers.HonourListAnswer)
def get(number: int, **_: Any) -> dict[str, Any]:
    """One list that hangs out."""
    return _told(shown_list(number))


@blueprint.post("/<int:number>/lines/<int:position>/objections")
@edge.signed_in
@blueprint.arguments(asked.HonourObjectedOwn)
@blueprint.response(201, answers.HonourObjectionAnswer)
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
            for row in honour_reading.told(edge.read(), found)
        ]
    }  # fmt: skip
