"""A household's points: what is there, what is on the way, and every line explained."""

import uuid
from typing import Any

from flask import url_for

from api import edge
from api.pages.shop.common import blueprint, own_household, page
from api.schemas.points import Paged
from timebank import permissions
from timebank.people import households
from timebank.points import statement

LINES_A_PAGE = 40


@blueprint.get("/c/<community_code>/my/points")
@edge.signed_in
def mine() -> Any:
    """The household's points: what is there, what is on the way, and every line explained."""
    return page("shop/points.html", **_points(own_household()))


@blueprint.get("/c/<community_code>/points/households/<int:number>")
@edge.signed_in
def household(number: int) -> Any:
    """The same for the desk and the committee."""
    asks, place = edge.actor(), edge.community()
    permissions.require(asks, "points.read_any", community_id=place.id)
    found = households.by_number(edge.read(), place.id, number)
    return page("shop/points.html", **_points(found.id, number=number))


def _points(household_id: uuid.UUID, number: int = 0) -> dict[str, Any]:
    session, asks = edge.read(), edge.actor()
    before = edge.load(Paged)["before"]
    found = statement.statement(session, actor=asks, household_id=household_id, before=before, limit=LINES_A_PAGE + 1)
    lines = found[:LINES_A_PAGE]
    endpoint = "shop.household" if number else "shop.mine"
    values: dict[str, Any] = {"number": number} if number else {}
    return {
        "household": households.household(session, edge.community().id, household_id),
        "held": statement.held(session, actor=asks, household_id=household_id),
        "lines": lines,
        "waiting": [] if before else statement.under_way(session, actor=asks, household_id=household_id),
        "mine": household_id == asks.household_id,
        "audits": permissions.may(asks, "reports.journal", community_id=edge.community().id),
        "receipts": permissions.may(asks, "receipts.make", community_id=edge.community().id, household_id=household_id),
        "next_url": url_for(endpoint, before=lines[-1].line.seq, **values) if len(found) > LINES_A_PAGE else "",
        "first_url": url_for(endpoint, **values) if before else "",
    }
