"""The desk: whose card it is, what she has, and an order on her behalf."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from api import codes, edge
from api.pages.home import desk_facts
from api.pages.orders import place_from_form, placing_facts
from api.schemas.orders import Code
from timebank import permissions
from timebank.errors import Refused
from timebank.hours import eligibility
from timebank.hours.orders import board, parties
from timebank.outbox import inbox
from timebank.people import communities, helpers, households, residents
from timebank.people.residents import Person
from timebank.permissions import RULES

blueprint = Blueprint("desk", __name__)

FOUND_MOST = 20


@blueprint.get("/c/<community_code>/desk")
@edge.signed_in
def home() -> Any:
    """One card after another: scan, type, or look for a name."""
    _require_desk()
    return edge.page("desk/home.html", **_search())


@blueprint.post("/c/<community_code>/desk")
@edge.signed_in
def find() -> Any:
    """Whose card or number it is. Writes nothing; it is a POST because the token on a card is not for addresses."""
    _require_desk()
    try:
        person = codes.person_of(edge.read(), edge.community(), edge.load(Code)["code"])
    except Refused as refused:
        return edge.again("desk/home.html", refused, **_search())
    return edge.back("desk.person", number=person.number)


@blueprint.post("/c/<community_code>/desk/photo")
@edge.signed_in
def photo() -> Any:
    """The same from a photograph of the card."""
    _require_desk()
    try:
        text = codes.in_photograph(request.files.get("photo"))
        person = codes.person_of(edge.read(), edge.community(), text)
    except Refused as refused:
        return edge.again("desk/home.html", refused, **_search())
    return edge.back("desk.person", number=person.number)


@blueprint.get("/c/<community_code>/desk/people/<number>")
@edge.signed_in
def person(number: str) -> Any:
    """An elder before the desk: what she has, what she ordered, who helps her."""
    found = _person(number)
    session, asks = edge.read(), edge.actor()
    today = communities.local_day(edge.community(), edge.now())
    tells = permissions.may(asks, "notices.read_for", community_id=found.community_id, area_path=found.area_path)
    return edge.page(
        "desk/person.html",
        person=found,
        priority=eligibility.priority_of(session, found.community_id, [found], today)[found.id],
        untold=inbox.untold(session, actor=asks, person_id=found.id) if tells else None,
        age=residents.age_on(found, today),
        home=households.household(session, found.community_id, found.household_id),
        purse=parties.purse(session, found.community_id, found.id, edge.now(), writing=False),
        lines=board.of_recipient(session, actor=asks, recipient_id=found.id),
        bindings=helpers.bindings(session, actor=asks, elder_id=found.id),
        prints_statement=permissions.may(asks, "attendance.statement", community_id=found.community_id),
    )


@blueprint.get("/c/<community_code>/desk/people/<number>/order")
@edge.signed_in
def order_form(number: str) -> Any:
    found = _person(number)
    return edge.page("orders/new.html", **placing_facts(found, "desk"))


@blueprint.post("/c/<community_code>/desk/people/<number>/order")
@edge.signed_in
def order(number: str) -> Any:
    """Order on her behalf: both people are recorded."""
    return place_from_form(_person(number), "desk")


def _require_desk() -> None:
    asks = edge.actor()
    permissions.require(asks, "desk.find", community_id=asks.community_id)


def _person(number: str) -> Person:
    _require_desk()
    found = residents.by_number(edge.read(), edge.community().id, number)
    asks = edge.actor()
    permissions.require(asks, "orders.read", community_id=found.community_id, area_path=found.area_path)
    return found


def _search() -> dict[str, Any]:
    """People by part of a name, phone or number; nothing is shown before something is asked for. A grid worker finds hers."""
    asked = request.args.get("q", "").strip()[:60] if request.method == "GET" else ""
    asks = edge.actor()
    held = RULES["desk.find"].roles
    grids = [] if asks.has(held) else [grant.area_path for grant in asks.grants if grant.role in held]
    people = residents.search(edge.read(), edge.community().id, asked, FOUND_MOST, area_paths=grids) if asked else []
    return {
        "asked": asked,
        "people": people,
        "photo_url": url_for("desk.photo"),
        "title": _("服务台"),
        **desk_facts(at_desk=True),
    }
