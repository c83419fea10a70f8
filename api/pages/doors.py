"""Where the codes on cards lead: the card at a door, and a person's own card.

Opening an address writes nothing: phones and messengers open links before anybody touched them.
"""

from typing import Any

from flask import Blueprint
from flask_babel import gettext as _

from api import edge, sign_in
from api.pages.orders import carry_out_at_door
from api.schemas.orders import AtDoor
from timebank.errors import Refused
from timebank.hours.orders import serving
from timebank.people import cards
from timebank.permissions import may

blueprint = Blueprint("doors", __name__)


@blueprint.get("/d/<community_code>/<token>")
def door(token: str) -> Any:
    """A volunteer before a door: arrive or leave. Others see nothing of who lives there."""
    if sign_in.current() is None:
        return edge.page("orders/door.html", token=token, lines=[], signed_out=True)
    return edge.page("orders/door.html", **_facts(token))


@blueprint.post("/d/<community_code>/<token>")
@edge.signed_in
def act(token: str) -> Any:
    """Arrive at the door, or leave it."""
    typed = edge.load(AtDoor)
    try:
        carry_out_at_door(typed["verb"], typed["order_id"], token)
    except Refused as refused:
        edge.stop_reading()
        return edge.again("orders/door.html", refused, **_facts(token))
    if typed["verb"] == "leave":
        edge.flash_done(_("已记下离开时间。请老人确认。"))
        return edge.back("orders.confirm_page", order_id=typed["order_id"])
    edge.flash_done(_("已记下到达时间。离开时请再扫一次门牌卡。"))
    return edge.back("doors.door", token=token)


@blueprint.get("/k/<community_code>/<token>")
def personal(token: str) -> Any:
    """A person's card: staff come to the desk's page of her, others are told what the card is for."""
    asks = edge.actor()
    if may(asks, "desk.find", community_id=asks.community_id):
        person = cards.person_of_card(edge.read(), edge.community().id, token)
        return edge.back("desk.person", number=person.number)
    return edge.page("orders/card.html", signed_out=sign_in.current() is None)


def _facts(token: str) -> dict[str, Any]:
    """What a volunteer has to do behind the door. A card that is unknown or taken back says so to everybody."""
    asks, reading = edge.actor(), edge.read()
    community_id = edge.community().id
    cards.household_of_card(reading, community_id, token)
    found = (
        serving.at_door(reading, community_id=community_id, door_token=token, volunteer_id=asks.person_id)
        if asks.person_id is not None
        else []
    )
    return {"token": token, "lines": found, "signed_out": False}
