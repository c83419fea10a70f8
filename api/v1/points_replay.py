"""A version of the points table run over a past period, for programs."""

import uuid
from typing import Any

from flask_smorest import Blueprint

from api import edge
from api.schemas import points_replay as schemas
from timebank.people import communities
from timebank.points import replay
from timebank.points.replay import Replay

blueprint = Blueprint(
    "v1_points_replay",
    __name__,
    url_prefix="/api/v1/c/<community_code>",
    description="A points table over a past period",
)


@blueprint.get("/points/tables/<uuid:table_id>/replay")
@blueprint.arguments(schemas.PeriodQuery, location="query")
@blueprint.response(200, schemas.ReplayTold)
@edge.signed_in
def shown(asked: dict[str, Any], table_id: uuid.UUID) -> Replay:
    """What the awards of the days would have come to; the last twelve months where none are asked for."""
    first, last = replay.last_year(communities.local_day(edge.community(), edge.now()))
    return replay.replay(
        edge.read(), actor=edge.actor(), table_id=table_id, first=asked["first"] or first, last=asked["last"] or last
    )
