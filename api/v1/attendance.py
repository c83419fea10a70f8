"""Check-in, check-out and statements for programs: the same use cases as the pages.

A ticket is got from a live code and bound to the login. What changes something takes the header `Idempotency-Key`, a
UUIDv7 whose low 16 bits are zero: the same key again gives the same answer.
"""

from typing import Any

from flask_smorest import Blueprint

from api import codes, edge
from api.pages.attendance import browser_name, seal_ticket, submit_check_in, submit_check_out, ticket_of_typed_code
from api.pages.hours import page_key
from api.pages.station import submit_scan
from api.schemas import attendance as schemas
from timebank.hours import depositors, service_points
from timebank.hours.attendance import reading, scans, station
from timebank.hours.attendance.visits import rules_of
from timebank.people import communities, residents, teams

blueprint = Blueprint(
    "v1_attendance", __name__, url_prefix="/api/v1/c/<community_code>", description="Attendance: check-in, statements"
)

KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
    "description": "UUIDv7 with its low 16 bits zero; the same key again gives the first answer",
}


@blueprint.post("/tickets")
@blueprint.arguments(schemas.TicketAsked)
@blueprint.response(200, schemas.TicketGiven)
@edge.signed_in
def ticket(asked: dict[str, Any]) -> dict[str, Any]:
    """Turn a point's live code into a ticket; the time of the scan is now."""
    found = ticket_of_typed_code(asked["point"], asked["code"])
    point = service_points.by_number(edge.read(), found.community_id, found.point_number)
    rules = rules_of(edge.read(), found.community_id, found.scanned_at)
    return {
        "ticket": seal_ticket(found, browser=browser_name()),
        "point": point.name,
        "scanned_at": found.scanned_at,
        "good_minutes": rules.ticket_seconds // 60,
    }


@blueprint.post("/check-in")
@blueprint.doc(parameters=[KEY])
@blueprint.arguments(schemas.CheckIn)
@blueprint.response(200, schemas.CheckedIn)
@edge.signed_in
def check_in(asked: dict[str, Any]) -> dict[str, Any]:
    """Begin a visit at the moment of the scan. 409 with facts: checked in already, elsewhere, an expired ticket."""
    return submit_check_in(asked["ticket"], asked["activity"], asked["team"])


@blueprint.post("/check-out")
@blueprint.doc(parameters=[KEY])
@blueprint.arguments(schemas.CheckOut)
@blueprint.response(200, schemas.CheckedOut)
@edge.signed_in
def check_out(asked: dict[str, Any]) -> dict[str, Any]:
    """End the visit at the moment of the scan; two live scans are credited at once."""
    return submit_check_out(asked["ticket"])


@blueprint.post("/points/<int:number>/scans")
@blueprint.doc(parameters=[KEY])
@blueprint.arguments(schemas.StationScan)
@blueprint.response(200, schemas.StationTold)
@edge.signed_in
def station_scan(asked: dict[str, Any], number: int) -> dict[str, Any]:
    """Staff of a point scan somebody's card: in, out, or into a rest and back; without a direction the state decides."""
    read = edge.read()
    station.refuse_who_does_not_staff(read, actor=edge.actor(), point_number=number)
    person = codes.person_of(read, edge.community(), asked["code"])
    return {"person": person.number} | submit_scan(number, person.id, asked["direction"], asked["activity"])


@blueprint.get("/teams")
@blueprint.response(200, schemas.TeamsTold)
@edge.signed_in
def own_teams() -> dict[str, Any]:
    """The teams that one may serve for today: what `team` in a check-in can be. `only`: not for oneself (a minor)."""
    person_id, place = _own(), edge.community()
    day = communities.local_day(place, edge.now())
    person = residents.person(edge.read(), place.id, person_id)
    found = teams.teams_of(edge.read(), place.id, person_id, day)
    return {
        "teams": [{"number": team.number, "name": team.name} for team in found],
        "only": depositors.must_serve_for_team(edge.read(), place.id, person, day),
    }


@blueprint.get("/visits")
@blueprint.arguments(schemas.ListQuery, location="query")
@blueprint.response(200, schemas.VisitsTold)
@edge.signed_in
def visits(asked: dict[str, Any]) -> dict[str, Any]:
    """One's own visits, newest first, with the reasons of every difference."""
    lines = reading.statement(edge.read(), actor=edge.actor(), person_id=_own(), before=asked["before"])
    return {"visits": lines, "before": page_key(lines[-1]) if len(lines) == reading.PAGE else None}


@blueprint.get("/statement")
@blueprint.arguments(schemas.EntriesQuery, location="query")
@blueprint.response(200, schemas.StatementTold)
@edge.signed_in
def statement(asked: dict[str, Any]) -> dict[str, Any]:
    """One's own account of minutes, newest entry first."""
    totals = reading.totals(edge.read(), actor=edge.actor(), person_id=_own())
    lines = reading.account_lines(edge.read(), actor=edge.actor(), person_id=_own(), before=asked["before"])
    return {
        "account": totals.account,
        "balance_minutes": totals.balance_minutes,
        "held_minutes": totals.held_minutes,
        "lines": lines,
        "before": lines[-1].seq if len(lines) == reading.PAGE else None,
    }


def _own() -> Any:
    person_id = edge.actor().person_id
    if person_id is None:
        raise scans.NotAVolunteer
    return person_id
