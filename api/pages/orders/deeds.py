"""The deeds with an order, for forms and JSON alike: what each takes, and what is said when it is done."""

from collections.abc import Callable
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from api import edge, fields, presence
from api.messages import orders as words
from api.schemas import orders as asked
from timebank import permissions
from timebank.errors import BadInput, Refused
from timebank.hours.orders import (
    claiming,
    dispatch,
    disputes,
    escalation,
    follow_up,
    placing,
    serving,
    settling,
    tear_off,
    undoing,
)


def _local(typed: dict[str, Any], name: str) -> Any:
    return asked.instant_of(typed["day"], typed[name], ZoneInfo(edge.community().zone))


# verb in the address: (use case's name, use case, schema, what the schema's fields become, what is said when done)
Deed = tuple[str, Callable[..., dict[str, Any]], type[fields.Schema], Callable[[dict[str, Any]], dict[str, Any]], Any]
DEEDS: dict[str, Deed] = {
    "accept": ("orders.accept", placing.accept, asked.Nothing, dict, words.EVENTS["accept"]),
    "send-back": ("orders.send_back", placing.send_back, asked.Reason, dict, words.EVENTS["return"]),
    "cancel": ("orders.cancel", placing.cancel, asked.Reason, dict, words.EVENTS["cancel"]),
    "reschedule": (
        "orders.reschedule", placing.reschedule, asked.NewTime,
        lambda typed: {"starts_at": _local(typed, "time"), "agreed_minutes": typed["agreed_minutes"]},
        words.EVENTS["reschedule"],
    ),
    "dispatch": (
        "orders.dispatch", dispatch.dispatch, asked.Dispatching,
        lambda typed: {"person_ids": typed["person"]}, words.EVENTS["dispatch"],
    ),
    "claim": ("orders.claim", claiming.claim, asked.Nothing, dict, words.EVENTS["claim"]),
    "stand-by": ("orders.stand_by", claiming.stand_by, asked.Nothing, dict, words.EVENTS["stand_by"]),
    "step-back": ("orders.step_back", claiming.step_back, asked.Reason, dict, words.EVENTS["step_back"]),
    "no-show": (
        "orders.no_show", claiming.no_show, asked.NoShow,
        lambda typed: typed | {"is_excused": bool(typed["is_excused"])}, words.EVENTS["no_show"],
    ),
    "times": (
        "orders.record_times", serving.record_times, asked.Times,
        lambda typed: {
            "arrived_at": _local(typed, "arrived"), "left_at": _local(typed, "left"), "note": typed["note"],
        },
        words.EVENTS["leave"],
    ),
    "call-back": (
        "orders.record_call_back", follow_up.record_call_back, asked.CallBack,
        lambda typed: typed | {"is_reached": bool(typed["is_reached"])}, words.EVENTS["call_back"],
    ),
    "unlock": ("orders.unlock_tear_off", tear_off.unlock, asked.Nothing, dict, words.EVENTS["unlock_tear_off"]),
    "confirm-own": (
        "orders.confirm_own", settling.confirm_own, asked.Consent,
        lambda typed: {"consents": bool(typed["consents"])}, words.EVENTS["confirm"],
    ),
    "confirm-by-call": (
        "orders.confirm_by_call", settling.confirm_by_call, asked.Consent,
        lambda typed: {"consents": bool(typed["consents"])}, words.EVENTS["confirm"],
    ),
    "confirm": (
        "orders.confirm_with_number", settling.confirm_with_number, asked.Number,
        lambda typed: typed | {"secret": edge.settings().secret}, words.EVENTS["confirm"],
    ),
    "dispute": ("orders.dispute", disputes.dispute, asked.Reason, dict, words.EVENTS["dispute"]),
    "resolve": ("orders.resolve", disputes.resolve, asked.Decision, dict, words.EVENTS["resolve"]),
    "undo": ("orders.undo", undoing.undo, asked.Nothing, dict, words.EVENTS["undo"]),
    "acknowledge": (
        "orders.acknowledge", escalation.acknowledge, asked.Acknowledging, dict, words.EVENTS["acknowledge"],
    ),
    "rate": ("orders.rate", settling.rate, asked.Rating, dict, words.EVENTS["rate"]),
}  # fmt: skip


def carry_out(verb: str, order_id: UUID, typed: dict[str, Any]) -> dict[str, Any]:
    """Submit one deed; forms and JSON alike. A wrong tear-off number, which the use case counts, is refused here."""
    use_case, fn, _schema, shaped, _said = DEEDS[verb]
    wanted, asks = shaped(typed), edge.actor()
    outcome = edge.submit(
        use_case,
        lambda session, now: fn(session, actor=asks, now=now, order_id=order_id, **wanted),
        content={"order_id": order_id, **{name: value for name, value in wanted.items() if name != "secret"}},
    )
    if outcome.get("code") == tear_off.TearOffWrong.code:
        raise tear_off.TearOffWrong(**outcome["facts"])
    return outcome


def worded(refused: Refused) -> Refused:
    """A refusal whose fields are named as in our forms, each with a sentence instead of the domain's word."""
    found = refused.facts.get("fields")
    if not isinstance(refused, BadInput) or not isinstance(found, dict):
        return refused
    renamed = {"starts_at": "day", "left_at": "left", "arrived_at": "arrived"}
    told = {renamed.get(name, name): str(words.FIELDS.get(reason, reason)) for name, reason in found.items()}
    return BadInput(fields=told)


def carry_out_at_door(verb: str, order_id: UUID, token: str) -> dict[str, Any]:
    """Submit an arrival or a leaving, with the claim that its volunteer is in one place; doors and JSON alike."""
    asks = edge.actor()
    fn = {"arrive": serving.arrive, "leave": serving.leave}[verb]
    permissions.require(asks, f"orders.{verb}", community_id=asks.community_id)
    return presence.serving(
        f"orders.{verb}",
        lambda session, now: fn(session, actor=asks, now=now, order_id=order_id, door_token=token),
        content={"order_id": order_id, "door": token},
    )
