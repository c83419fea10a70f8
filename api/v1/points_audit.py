"""The audit of a year's points for programs: the same figures as the committee's page."""

from typing import Any

from flask_smorest import Blueprint

from api import edge
from api.schemas import points_audit as schemas
from timebank.people import communities
from timebank.reports import points_audit

blueprint = Blueprint(
    "v1_points_audit", __name__, url_prefix="/api/v1/c/<community_code>", description="The audit of a year's points"
)


@blueprint.get("/points/audit")
@blueprint.arguments(schemas.YearQuery, location="query")
@blueprint.response(200, schemas.AuditTold)
@edge.signed_in
def shown(asked: dict[str, Any]) -> dict[str, Any]:
    """Where the points of a year went, how its items were used, who stands out; this year where none is asked for."""
    year = asked["year"] or communities.local_day(edge.community(), edge.now()).year
    about: dict[str, Any] = {"actor": edge.actor(), "year": year, "now": edge.now()}
    session = edge.read()
    return {
        "figures": points_audit.circulation(session, **about),
        "items": points_audit.items(session, **about),
        "far_above": points_audit.far_above(session, **about),
        "mutual": points_audit.mutual(session, **about),
        "versions": points_audit.versions(session, actor=edge.actor()),
        "unregistered": points_audit.unregistered(session, actor=edge.actor(), now=edge.now()),
    }
