"""Helpers: an elder or a helper asks, staff review, the elder confirms; each of them may end it."""

from typing import Any
from uuid import UUID

from flask import Blueprint
from flask_babel import gettext as _

from api import codes, edge
from api.pages.orders import worded
from api.schemas.orders import AskHelper, CardShown, Nothing, Review
from timebank import permissions
from timebank.errors import Refused
from timebank.people import cards, helpers, residents

blueprint = Blueprint("helpers", __name__)


@blueprint.get("/c/<community_code>/helpers")
@edge.signed_in
def mine() -> Any:
    """Who may act for me, and for whom I may act."""
    return edge.page("helpers/mine.html", **_mine())


@blueprint.post("/c/<community_code>/helpers")
@edge.signed_in
def ask() -> Any:
    """Name somebody as my helper."""
    asks = edge.actor()
    try:
        typed = edge.load(AskHelper)
        helper = residents.by_number(edge.read(), edge.community().id, typed["number"])
        _ask(asks.person_id or UUID(int=0), helper.id, typed["relation"])
    except Refused as refused:
        return edge.again("helpers/mine.html", worded(refused), **_mine())
    edge.flash_done(_("已提交,等工作人员审核。"))
    return edge.back("helpers.mine")


@blueprint.get("/c/<community_code>/desk/helpers")
@edge.signed_in
def waiting() -> Any:
    """What staff have to review, or elders to confirm with their card."""
    return edge.page("helpers/waiting.html", bindings=helpers.bindings(edge.read(), actor=edge.actor()))


@blueprint.post("/c/<community_code>/desk/people/<number>/helpers")
@edge.signed_in
def ask_for(number: str) -> Any:
    """At the desk: name a helper for the elder."""
    typed = edge.load(AskHelper)
    elder = residents.by_number(edge.read(), edge.community().id, number)
    helper = residents.by_number(edge.read(), edge.community().id, typed["number"])
    _ask(elder.id, helper.id, typed["relation"])
    edge.flash_done(_("已提交,等工作人员审核。"))
    return edge.back("desk.person", number=elder.number)


@blueprint.post("/c/<community_code>/helpers/<uuid:binding_id>/review")
@edge.signed_in
def review(binding_id: UUID) -> Any:
    asks, is_accepted = edge.actor(), bool(edge.load(Review)["is_accepted"])
    edge.submit(
        "helpers.review",
        lambda session, now: helpers.review(
            session, actor=asks, now=now, binding_id=binding_id, is_accepted=is_accepted
        ),
        content={"binding_id": binding_id, "is_accepted": is_accepted},
    )
    edge.flash_done(_("已审核。还要老人本人确认。") if is_accepted else _("没有通过。"))
    return edge.back("helpers.waiting")


@blueprint.post("/c/<community_code>/helpers/<uuid:binding_id>/confirm")
@edge.signed_in
def confirm(binding_id: UUID) -> Any:
    """The elder's own word: signed in, or with her card before the desk's scanner."""
    asks, code = edge.actor(), edge.load(CardShown)["code"]
    payload = cards.read_payload(code) if code else None
    if code and payload is None:
        raise codes.CodeNotRead
    token = payload.token if payload else None
    edge.submit(
        "helpers.confirm",
        lambda session, now: helpers.confirm(session, actor=asks, now=now, binding_id=binding_id, card_token=token),
        content={"binding_id": binding_id, "card": token},
    )
    edge.flash_done(_("代办关系已生效。"))
    return edge.back("helpers.waiting" if code else "helpers.mine")


@blueprint.post("/c/<community_code>/helpers/<uuid:binding_id>/revoke")
@edge.signed_in
def revoke(binding_id: UUID) -> Any:
    edge.load(Nothing)
    asks = edge.actor()
    edge.submit(
        "helpers.revoke",
        lambda session, now: helpers.revoke(session, actor=asks, now=now, binding_id=binding_id),
        content={"binding_id": binding_id},
    )
    edge.flash_done(_("代办关系已解除。"))
    is_staff = permissions.may(asks, "helpers.review", community_id=asks.community_id)
    return edge.back("helpers.waiting" if is_staff else "helpers.mine")


def _ask(elder_id: UUID, helper_id: UUID, relation: str) -> None:
    asks = edge.actor()
    wanted: dict[str, Any] = {"elder_id": elder_id, "helper_id": helper_id, "relation": relation}
    edge.submit("helpers.ask", lambda session, now: helpers.ask(session, actor=asks, now=now, **wanted), content=wanted)


def _mine() -> dict[str, Any]:
    asks, reading = edge.actor(), edge.read()
    permissions.require(asks, "helpers.bindings", community_id=asks.community_id, person_id=asks.person_id)
    me = asks.person_id or UUID(int=0)
    return {
        "for_me": helpers.bindings(reading, actor=asks, elder_id=me),
        "by_me": helpers.bindings(reading, actor=asks, helper_id=me),
    }
