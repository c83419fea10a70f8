"""Orders: place, list, read, claim, arrive, leave, confirm, cancel, dispute and decide, take back, see to. The deeds and schemas are those of the pages."""

from typing import Any
from uuid import UUID

import marshmallow
from flask_smorest import Blueprint
from marshmallow.fields import DateTime, Dict, Integer, List, Nested, String

from api import codes, edge
from api.pages.orders import DEEDS, carry_out, carry_out_at_door, own_person, place
from api.schemas import orders as asked
from timebank.hours.orders import board, dispatch
from timebank.hours.orders.rows import OrderEvent, ServiceOrder
from timebank.people import residents
from timebank.people.masking import mask_name
from timebank.people.residents import Person

blueprint = Blueprint(
    "v1_orders", __name__, url_prefix="/api/v1/c/<community_code>/orders", description="Orders for service"
)


class PersonAnswer(marshmallow.Schema):
    number = String(required=True)
    name = String(required=True)


class OrderAnswer(marshmallow.Schema):
    """An order; minutes are whole minutes, instants are UTC."""

    id = String(required=True)
    number = Integer(required=True)
    service = String(required=True)
    service_class = String(required=True)
    state = String(required=True)
    starts_at = DateTime(required=True)
    planned_minutes = Integer(required=True)
    most_minutes = Integer(required=True, metadata={"description": "what it may cost, by the multipliers of its time"})
    asked_way = String(
        required=True, allow_none=True, metadata={"description": "how staff were asked: counter, phone, visit"}
    )
    held_minutes = Integer(required=True)
    credited_minutes = Integer(required=True, allow_none=True)
    real_seconds = Integer(required=True, allow_none=True)
    place = String(required=True)
    note = String(required=True)
    arrived_at = DateTime(required=True, allow_none=True)
    left_at = DateTime(required=True, allow_none=True)
    recipient = Nested(PersonAnswer, required=True)
    volunteer = Nested(PersonAnswer, required=True, allow_none=True)


class EventAnswer(marshmallow.Schema):
    at = DateTime(required=True)
    verb = String(required=True)
    state = String(required=True)
    actor = String(required=True)
    facts = Dict(required=True)
    entry = Integer(required=True, allow_none=True, metadata={"description": "seq of the ledger entry it made"})


class ExplainedAnswer(OrderAnswer):
    timeline = List(Nested(EventAnswer), required=True)
    spans = List(List(Integer()), required=True)
    reasons = List(Dict(), required=True)
    evidence = String(required=True, allow_none=True)
    hold_entry = Integer(required=True, allow_none=True)
    capture_entry = Integer(required=True, allow_none=True)


class NearbyAnswer(marshmallow.Schema):
    """An order that can be claimed: no name and no place before the claim."""

    id = String(required=True)
    number = Integer(required=True)
    service = String(required=True)
    starts_at = DateTime(required=True)
    planned_minutes = Integer(required=True)
    recipient = String(required=True)
    nearness = Integer(required=True, metadata={"description": "0 the same building, 1 the same grid, 2 the community"})


class ListAnswer(marshmallow.Schema):
    orders = List(Nested(OrderAnswer), required=True)
    before = Integer(required=True, allow_none=True, metadata={"description": "ask with this for the next page"})


class NearAnswer(marshmallow.Schema):
    orders = List(Nested(NearbyAnswer), required=True)


class OutcomeAnswer(marshmallow.Schema):
    """Where the order stands now, with the facts of the deed."""

    class Meta:
        unknown = marshmallow.INCLUDE

    order_id = String(required=True)
    order_number = Integer(required=True)
    state = String(required=True)
    before_minutes = Integer()
    after_minutes = Integer()
    most_minutes = Integer()
    held_minutes = Integer()
    minutes = Integer(metadata={"description": "what moved to the volunteer"})
    released_minutes = Integer()
    extra_minutes = Integer()
    pool_minutes = Integer()
    real_minutes = Integer()
    real_seconds = Integer()
    place = String()
    stars = Integer()
    verdict = String(
        metadata={"description": "how a dispute was decided: reject, to the volunteer, to the recipient, split"}
    )


@blueprint.get("")
@edge.signed_in
@blueprint.response(200, ListAnswer)
def listed(**_: Any) -> dict[str, Any]:
    """The orders that the caller's roles cover, newest first."""
    filters = edge.load(asked.BoardFilters)
    narrowed = board.Filters(state=filters["state"], service=filters["service"], attention=bool(filters["attention"]))
    found = board.lines(edge.read(), actor=edge.actor(), filters=narrowed, before_number=filters["before"])
    following = found[-1].order.number if len(found) == board.PAGE else None
    return {"orders": [_told(line.order, line.recipient, line.volunteer) for line in found], "before": following}


@blueprint.post("")
@edge.signed_in
@blueprint.arguments(asked.PlacingFor)
@blueprint.response(201, OutcomeAnswer)
def post(typed: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Place an order: for oneself, for an elder one helps, or at the desk."""
    recipient = residents.by_number(edge.read(), edge.community().id, typed["recipient"])
    return _outcome(place(recipient, typed))


@blueprint.get("/near")
@edge.signed_in
@blueprint.response(200, NearAnswer)
def near(**_: Any) -> dict[str, Any]:
    """Orders that the caller could claim, nearest first."""
    found = dispatch.near_me(edge.read(), actor=edge.actor(), now=edge.now())
    return {
        "orders": [
            {
                "id": str(nearby.order.id),
                "number": nearby.order.number,
                "service": nearby.order.service,
                "starts_at": nearby.order.starts_at,
                "planned_minutes": nearby.order.planned_minutes,
                "recipient": mask_name(nearby.recipient.name),
                "nearness": nearby.nearness,
            }
            for nearby in found
        ]
    }


@blueprint.get("/mine")
@edge.signed_in
@blueprint.response(200, ListAnswer)
def mine(**_: Any) -> dict[str, Any]:
    """The orders that were placed for the caller, newest first."""
    me, asks = own_person(), edge.actor()
    found = board.of_recipient(edge.read(), actor=asks, recipient_id=me.id)
    return {"orders": [_told(line.order, line.recipient, line.volunteer) for line in found], "before": None}


@blueprint.get("/taken")
@edge.signed_in
@blueprint.response(200, ListAnswer)
def taken(**_: Any) -> dict[str, Any]:
    """The orders that the caller claimed or stands by for."""
    found = board.of_volunteer(edge.read(), actor=edge.actor())
    return {"orders": [_told(line.order, line.recipient, line.volunteer) for line in found], "before": None}


@blueprint.get("/<uuid:order_id>")
@edge.signed_in
@blueprint.response(200, ExplainedAnswer)
def get(order_id: UUID, **_: Any) -> dict[str, Any]:
    """One order with its timeline and what its minutes rest on."""
    found = board.explain(edge.read(), actor=edge.actor(), order_id=order_id)
    return _told(found.order, found.recipient, found.volunteer) | {
        "timeline": [_event(event, board.facts_for(edge.actor(), found, event)) for event in found.timeline],
        "spans": found.spans,
        "reasons": found.reasons,
        "evidence": found.evidence,
        "hold_entry": found.order.hold_seq,
        "capture_entry": found.order.capture_seq,
    }


@blueprint.post("/<uuid:order_id>/arrive")
@edge.signed_in
@blueprint.arguments(asked.DoorScan)
@blueprint.response(200, OutcomeAnswer)
def arrive(typed: dict[str, Any], order_id: UUID, **_: Any) -> dict[str, Any]:
    """Arrive, with what the card at the door says."""
    return _outcome(carry_out_at_door("arrive", order_id, codes.door_token(edge.community(), typed["door"])))


@blueprint.post("/<uuid:order_id>/leave")
@edge.signed_in
@blueprint.arguments(asked.DoorScan)
@blueprint.response(200, OutcomeAnswer)
def leave(typed: dict[str, Any], order_id: UUID, **_: Any) -> dict[str, Any]:
    """Leave, with what the card at the door says."""
    return _outcome(carry_out_at_door("leave", order_id, codes.door_token(edge.community(), typed["door"])))


def _deed(verb: str) -> None:
    """One address for a deed of the pages."""
    _use_case, fn, schema, _shaped, _said = DEEDS[verb]

    @edge.signed_in
    @blueprint.arguments(schema)
    @blueprint.response(200, OutcomeAnswer)
    def act(typed: dict[str, Any], order_id: UUID, **_: Any) -> dict[str, Any]:
        return _outcome(carry_out(verb, order_id, typed))

    act.__doc__ = (fn.__doc__ or "").split("\n\n")[0]
    act.__name__ = verb.replace("-", "_")
    blueprint.post(f"/<uuid:order_id>/{verb}", endpoint=act.__name__)(act)


for _verb in (
    "claim", "stand-by", "step-back", "confirm", "confirm-own", "cancel", "dispute", "rate",
    "undo", "resolve", "acknowledge",
):  # fmt: skip
    _deed(_verb)


def _outcome(outcome: dict[str, Any]) -> dict[str, Any]:
    """An outcome with the id as it stands in addresses."""
    return outcome | {"order_id": str(UUID(outcome["order_id"]))}


def _told(row: ServiceOrder, recipient: Person, volunteer: Person | None) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "number": row.number,
        "service": row.service,
        "service_class": board.service_class(row),
        "state": row.state,
        "starts_at": row.starts_at,
        "planned_minutes": row.planned_minutes,
        "most_minutes": row.cost_minutes,
        "asked_way": row.asked_way,
        "held_minutes": row.held_minutes,
        "credited_minutes": row.credited_minutes,
        "real_seconds": row.real_seconds,
        "place": row.place,
        "note": row.note,
        "arrived_at": row.arrived_at,
        "left_at": row.left_at,
        "recipient": {"number": recipient.number, "name": recipient.name},
        "volunteer": {"number": volunteer.number, "name": volunteer.name} if volunteer else None,
    }


def _event(event: OrderEvent, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": event.at,
        "verb": event.verb,
        "state": event.state,
        "actor": event.actor,
        "facts": facts,
        "entry": event.seq,
    }
