"""Activities for programs: what is coming, one's own places, signing up and giving up; the same use cases as the pages."""

from typing import Any

from flask_smorest import Blueprint

from api import edge
from api.schemas import activities as schemas
from api.v1.attendance import KEY
from timebank.columns import to_ms
from timebank.hours import activities
from timebank.hours.activities import absences, reading, seats

blueprint = Blueprint(
    "v1_activities", __name__, url_prefix="/api/v1/c/<community_code>", description="Activities, places, duty"
)
PAGE = 50


@blueprint.get("/activities")
@blueprint.arguments(schemas.ListQuery, location="query")
@blueprint.response(200, schemas.ActivitiesTold)
@edge.signed_in
def coming(asked: dict[str, Any]) -> dict[str, Any]:
    """What is coming, soonest first: activities, turns of duty, or one's own places (`kind`)."""
    actor, now, after = edge.actor(), edge.now(), asked["after"]
    if asked["kind"] == "mine":
        lines = reading.mine(edge.read(), actor=actor, now=now, after=after, limit=PAGE)
    else:
        lines = reading.coming(edge.read(), actor=actor, now=now, after=after, limit=PAGE, kind=asked["kind"])
    last = lines[-1] if len(lines) == PAGE else None
    return {"activities": lines, "after": f"{to_ms(last.starts_at)}-{last.id.hex}" if last else None}


@blueprint.get("/activities/<int:number>")
@blueprint.response(200, schemas.ActivityTold)
@edge.signed_in
def shown(number: int) -> activities.ActivityLine:
    """One activity."""
    return activities.shown(edge.read(), actor=edge.actor(), number=number)


@blueprint.post("/activities/<int:number>/sign-up")
@blueprint.doc(parameters=[KEY])
@blueprint.response(200, schemas.PlaceTold)
@edge.signed_in
def sign_up(number: int) -> dict[str, Any]:
    """Take a place, or the next one on the waiting list (`position`)."""
    return edge.submit(
        "activities.sign_up",
        lambda session, now: seats.sign_up(session, actor=edge.actor(), now=now, number=number),
        content={"number": number},
    )


@blueprint.post("/activities/<int:number>/give-up")
@blueprint.doc(parameters=[KEY])
@blueprint.response(200, schemas.PlaceTold)
@edge.signed_in
def give_up(number: int) -> dict[str, Any]:
    """Give the place back before the activity begins; the first who waits comes up."""
    return edge.submit(
        "activities.give_up",
        lambda session, now: seats.give_up(session, actor=edge.actor(), now=now, number=number),
        content={"number": number},
    )


@blueprint.post("/activities/<int:number>/excuse")
@blueprint.doc(parameters=[KEY])
@blueprint.arguments(schemas.Excuse)
@blueprint.response(200, schemas.PlaceTold)
@edge.signed_in
def excuse(asked: dict[str, Any], number: int) -> dict[str, Any]:
    """Say why one cannot come, or could not: before the start the place is free at once, afterwards staff decide."""
    return edge.submit(
        "activities.excuse",
        lambda session, now: absences.excuse(
            session, actor=edge.actor(), now=now, number=number, reason=asked["reason"]
        ),
        content={"number": number, **asked},
    )
