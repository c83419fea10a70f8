"""The bodies that vote on tables, and who sits in them."""

import uuid
from typing import Any

from flask_babel import gettext as _

from api import edge
from api.messages import points as words
from api.messages import points_table as life_words
from api.pages.points.blueprint import blueprint
from api.pages.points.shared import person_typed
from api.points_words import in_words
from api.schemas import points_table as asked
from timebank import permissions
from timebank.errors import Refused
from timebank.people.working_days import today_in
from timebank.points.table import bodies


@blueprint.get("/c/<community_code>/points/bodies")
@edge.signed_in
def listed_bodies() -> Any:
    """Every body with its members today."""
    return edge.page("points/bodies.html", **_bodies())


@blueprint.post("/c/<community_code>/points/bodies")
@edge.signed_in
def open_body() -> Any:
    """Write down a body."""
    permissions.require(edge.actor(), "table.bodies", community_id=edge.community().id)
    try:
        told = edge.load(asked.Body)
        edge.submit(
            "table.open_body",
            lambda session, now: bodies.open_body(session, actor=edge.actor(), now=now, **told),
            content=told,
        )
    except Refused as refused:
        return edge.again("points/bodies.html", in_words(refused), **_bodies())
    edge.flash_done(_("已登记“%(name)s”。", name=told["name"]))
    return edge.back("points.listed_bodies")


@blueprint.post("/c/<community_code>/points/bodies/<uuid:body_id>/seats")
@edge.signed_in
def seat(body_id: uuid.UUID) -> Any:
    """Give somebody a seat."""
    permissions.require(edge.actor(), "table.bodies", community_id=edge.community().id)
    try:
        told = edge.load(asked.Seat)
        person_id = person_typed(told.pop("person"))
        edge.submit(
            "table.seat",
            lambda session, now: bodies.seat(
                session, actor=edge.actor(), now=now, body_id=body_id, person_id=person_id or uuid.UUID(int=0), **told
            ),
            content={"body": body_id, "person": person_id, **told},
        )
    except Refused as refused:
        return edge.again("points/bodies.html", in_words(refused), chosen=body_id, **_bodies())
    edge.flash_done(_("已登记。"))
    return edge.back("points.listed_bodies")


@blueprint.post("/c/<community_code>/points/seats/<uuid:member_id>/end")
@edge.signed_in
def unseat(member_id: uuid.UUID) -> Any:
    """End a seat."""
    permissions.require(edge.actor(), "table.bodies", community_id=edge.community().id)
    try:
        until_on = edge.load(asked.LastDay)["until_on"]
        edge.submit(
            "table.unseat",
            lambda session, now: bodies.unseat(
                session, actor=edge.actor(), now=now, member_id=member_id, until_on=until_on
            ),
            content={"member": member_id, "until": until_on},
        )
    except Refused as refused:
        return edge.again("points/bodies.html", in_words(refused), **_bodies())
    edge.flash_done(_("已登记。"))
    return edge.back("points.listed_bodies")


def _bodies() -> dict[str, Any]:
    session, place = edge.read(), edge.community()
    permissions.require(edge.actor(), "table.bodies", community_id=place.id)
    today = today_in(session, place.id, edge.now())
    found = bodies.bodies_of(session, place.id)
    return {
        "bodies": found,
        "seats": {body.id: bodies.seats_on(session, place.id, body.id, today) for body in found},
        "today": today,
        "words": words,
        "life": life_words,
    }
