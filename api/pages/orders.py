"""Orders: the staff's board, the volunteer's and the elder's lists, one order with its timeline, and every deed with it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, url_for
from flask_babel import gettext as _

from api import edge, errors, fields, presence, receipt_links
from api.look import minutes
from api.messages import orders as words
from api.schemas import orders as asked
from timebank import permissions, policy
from timebank.errors import BadInput, Refused
from timebank.hours.orders import (
    board,
    claiming,
    dispatch,
    follow_up,
    parties,
    placing,
    serving,
    settling,
    states,
    tear_off,
)
from timebank.hours.orders.catalogue import CLASSES, SERVICES
from timebank.people import communities, helpers, residents
from timebank.people.residents import Person
from timebank.permissions import may

blueprint = Blueprint("orders", __name__)

MINUTES = tuple(range(15, 181, 15))


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"order_words": words}


blueprint.app_template_filter("filled")(errors.filled)


# Lists ---------------------------------------------------------------------------------------------------------------


@blueprint.get("/c/<community_code>/orders")
@edge.signed_in
def listed() -> Any:
    """The staff's board: what waits, by state, service and what somebody must look at."""
    filters = edge.load(asked.BoardFilters)
    reading, asks = edge.read(), edge.actor()
    lines = board.lines(
        reading,
        actor=asks,
        filters=board.Filters(state=filters["state"], service=filters["service"], attention=bool(filters["attention"])),
        before_number=filters["before"],
    )
    more = {name: value for name, value in filters.items() if value and name != "before"}
    return edge.page(
        "orders/board.html",
        lines=lines,
        counts=board.counts(reading, actor=asks),
        filters=filters,
        states=states.STATES,
        services=SERVICES,
        next_url=url_for("orders.listed", **more, before=lines[-1].order.number) if len(lines) == board.PAGE else "",
        first_url=url_for("orders.listed", **more) if filters["before"] else "",
    )


@blueprint.get("/c/<community_code>/orders/near")
@edge.signed_in
def near() -> Any:
    """Orders that this volunteer could take, nearest first."""
    return edge.page(
        "orders/near.html", found=dispatch.near_me(edge.read(), actor=edge.actor(), now=edge.now()), reserve_of=None
    )


@blueprint.get("/c/<community_code>/orders/taken")
@edge.signed_in
def taken() -> Any:
    """What this volunteer has promised and done."""
    return edge.page("orders/taken.html", lines=board.of_volunteer(edge.read(), actor=edge.actor()))


@blueprint.get("/c/<community_code>/my/orders")
@edge.signed_in
def mine() -> Any:
    """An elder's own orders, and those of the elders she helps."""
    reading, asks = edge.read(), edge.actor()
    permissions.require(asks, "orders.place", community_id=asks.community_id, person_id=asks.person_id)
    me = own_person()
    return edge.page(
        "orders/mine.html",
        me=me,
        purse=parties.purse(reading, me.community_id, me.id, edge.now(), writing=False),
        lines=board.of_recipient(reading, actor=asks, recipient_id=me.id),
        helped=[
            found for found in helpers.bindings(reading, actor=asks, helper_id=me.id) if found.state == "confirmed"
        ],
    )


# Placing -------------------------------------------------------------------------------------------------------------


@blueprint.get("/c/<community_code>/my/orders/new")
@edge.signed_in
def new() -> Any:
    return edge.page("orders/new.html", **placing_facts(own_person(), "own"))


@blueprint.post("/c/<community_code>/my/orders/new")
@edge.signed_in
def new_post() -> Any:
    return place_from_form(own_person(), "own")


@blueprint.get("/c/<community_code>/helped/<number>/orders/new")
@edge.signed_in
def new_for(number: str) -> Any:
    """A helper orders for her elder."""
    return edge.page("orders/new.html", **placing_facts(_helped(number), "helper"))


@blueprint.post("/c/<community_code>/helped/<number>/orders/new")
@edge.signed_in
def new_for_post(number: str) -> Any:
    return place_from_form(_helped(number), "helper")


def placing_facts(person: Person, way: str) -> dict[str, Any]:
    """What the form of a new order shows: whose minutes, how many are free, what can be ordered."""
    reading = edge.read()
    permissions_for = parties.may_for(reading, edge.actor(), "orders.place", person)
    if not permissions_for:
        permissions.require(edge.actor(), "orders.place", community_id=person.community_id, area_path=person.area_path)
    today = communities.local_day(edge.community(), edge.now())
    rules = policy.of(reading, person.community_id, today)
    return {
        "person": person,
        "way": way,
        "purse": parties.purse(reading, person.community_id, person.id, edge.now(), writing=False),
        "services": [
            (words.CLASSES[class_code], [service for service in SERVICES.values() if service.class_code == class_code])
            for class_code in CLASSES
        ],
        "minutes_choices": [choice for choice in MINUTES if choice <= rules.visit_cap_minutes],
        "first_day": today,
        "proposed_at": _next_morning(edge.now().astimezone(ZoneInfo(edge.community().zone))),
        "last_day": today + placing.LONGEST_AHEAD - timedelta(days=1),
        "usual_place": board.usual_place(reading, person.community_id, person.id),
    }


def _next_morning(local: datetime) -> datetime:
    """Nine o'clock of today, or of tomorrow when that is past: what the form proposes can be ordered."""
    nine = local.replace(hour=9, minute=0, second=0, microsecond=0)
    return nine if nine > local else nine + timedelta(days=1)


def place_from_form(person: Person, way: str) -> Any:
    """Place what the form says, and show what was placed; refused, show the form again."""
    try:
        outcome = place(person, edge.load(asked.Placing))
    except Refused as refused:
        return edge.again("orders/new.html", worded(refused), **placing_facts(person, way))
    edge.flash_done(
        _(
            "已点单:订单 %(number)s。点单前可用 %(before)s,这一单最多用 %(planned)s,之后可用 %(after)s。",
            number=outcome["order_number"],
            before=minutes(outcome["before_minutes"]),
            planned=minutes(outcome["before_minutes"] - outcome["after_minutes"]),
            after=minutes(outcome["after_minutes"]),
        )
    )
    return edge.back("orders.order", order_id=UUID(outcome["order_id"]))


def place(person: Person, typed: dict[str, Any]) -> dict[str, Any]:
    """Submit an order; forms and JSON alike."""
    starts_at = asked.instant_of(typed["day"], typed["time"], ZoneInfo(edge.community().zone))
    asks = edge.actor()
    wanted = {
        "recipient_id": person.id,
        "service": typed["service"],
        "starts_at": starts_at,
        "planned_minutes": typed["planned_minutes"],
        "place": typed["place"],
        "note": typed["note"],
        "dispatch_at_once": bool(typed["dispatch_at_once"]),
    }
    return edge.submit(
        "orders.place", lambda session, now: placing.place(session, actor=asks, now=now, **wanted), content=wanted
    )


# One order -----------------------------------------------------------------------------------------------------------


@blueprint.get("/c/<community_code>/orders/<uuid:order_id>")
@edge.signed_in
def order(order_id: UUID) -> Any:
    """One order: what it is, what can be done with it, and its timeline."""
    return edge.page("orders/order.html", **order_facts(order_id))


@blueprint.get("/c/<community_code>/orders/<uuid:order_id>/confirm")
@edge.signed_in
def confirm_page(order_id: UUID) -> Any:
    """On the volunteer's phone: the elder reads her number, or types it."""
    return edge.page("orders/confirm.html", **order_facts(order_id))


@blueprint.get("/c/<community_code>/orders/<uuid:order_id>/elder")
@edge.signed_in
def elder_side(order_id: UUID) -> Any:
    """The screen turned to the elder: her order and her balance, large, and nothing else."""
    return edge.page("orders/elder_side.html", **order_facts(order_id))


@blueprint.get("/c/<community_code>/orders/<uuid:order_id>/dispatch")
@edge.signed_in
def dispatch_page(order_id: UUID) -> Any:
    """Who could go, nearest first."""
    found = dispatch.candidates(edge.read(), actor=edge.actor(), now=edge.now(), order_id=order_id)
    return edge.page("orders/dispatch.html", candidates=found, **order_facts(order_id))


@blueprint.post("/c/<community_code>/orders/<uuid:order_id>/slip")
@edge.signed_in
def slip(order_id: UUID) -> Any:
    """Print the slip with the one-time number.

    It answers the POST itself and not by a redirect: what is shown once stands at no address.
    """
    secret, nonce, asks = edge.settings().secret, edge.request_key(), edge.actor()
    edge.submit(
        "orders.issue_tear_off",
        lambda session, now: tear_off.issue(
            session, actor=asks, now=now, order_id=order_id, secret=secret, nonce=nonce
        ),
        content={"order_id": order_id},
    )
    is_current = tear_off.is_current(
        edge.read(), community_id=edge.community().id, order_id=order_id, secret=secret, nonce=nonce
    )
    number = tear_off.number_of(secret, order_id, nonce) if is_current else None
    facts = order_facts(order_id)
    slip_link = receipt_links.slip_link(facts["row"].hold_seq)
    return edge.page("orders/slip.html", number=number, slip_link=slip_link, **facts)


def order_facts(order_id: UUID) -> dict[str, Any]:
    """What the pages of one order show, and which deeds are open to who looks."""
    reading, asks = edge.read(), edge.actor()
    found = board.explain(reading, actor=asks, order_id=order_id)
    row = found.order
    purse = parties.purse(reading, row.community_id, row.recipient_id, edge.now(), writing=False)
    is_volunteer = asks.person_id is not None and asks.person_id == row.volunteer_id
    due = settling.bill(reading, row) if row.state in ("to_confirm", "disputed") and row.visit_id else None
    rating_count, rating_mean = (
        board.rating_of(reading, row.community_id, row.volunteer_id) if row.volunteer_id else (0, None)
    )
    return {
        "found": found,
        "row": row,
        "ends_at": board.ends_at(row),
        "purse": purse,
        "bill": due,
        "reasons": [reason.as_json() for reason in due.reckoning.reasons] if due else found.reasons,
        "rating_count": rating_count,
        "rating_mean": rating_mean,
        "is_volunteer": is_volunteer,
        "is_reserve": found.reserve is not None and found.reserve.id == asks.person_id,
        "is_recipient": asks.person_id == row.recipient_id,
        "deeds": deeds_of(found),
        "entry_url": _entry_url(),
        "takes_receipts": parties.may_for(reading, asks, "receipts.make", found.recipient) or is_volunteer,
        "sees_balance": not is_volunteer and parties.may_for(reading, asks, "orders.place", found.recipient),
        "today": communities.local_day(edge.community(), edge.now()),
        "progress": ("submitted", "accepted", "dispatched", "claimed", "in_service", "to_confirm", "done", "rated"),
    }


def deeds_of(found: board.Explained) -> set[str]:
    """The deeds that are possible in the order's state and open to who looks; what a page offers as buttons."""
    reading, asks, row = edge.read(), edge.actor(), found.order
    possible = states.verbs_in(row.state)
    is_volunteer = asks.person_id is not None and asks.person_id == row.volunteer_id

    def staff(use_case: str) -> bool:
        return may(asks, use_case, community_id=row.community_id, area_path=found.recipient.area_path)

    def for_her(use_case: str) -> bool:
        return parties.may_for(reading, asks, use_case, found.recipient)

    offered = {
        "accept": staff("orders.accept"),
        "send_back": staff("orders.send_back") and "return" in possible,
        "dispatch": staff("orders.dispatch"),
        "reschedule": staff("orders.reschedule"),
        "claim": may(asks, "orders.claim", community_id=row.community_id) and asks.person_id != row.recipient_id,
        "stand_by": may(asks, "orders.claim", community_id=row.community_id)
        and not is_volunteer
        and found.reserve is None
        and asks.person_id not in (None, row.recipient_id),
        "step_back": is_volunteer
        or staff("orders.step_back")
        or (found.reserve is not None and found.reserve.id == asks.person_id),
        "no_show": staff("orders.no_show")
        and not is_volunteer
        and edge.now() >= row.starts_at + claiming.NO_SHOW_AFTER,
        "cancel": for_her("orders.cancel") and not is_volunteer and row.state != "disputed",
        "confirm_own": asks.person_id != row.volunteer_id and for_her("orders.confirm_own") and "confirm" in possible,
        "confirm_with_number": (is_volunteer or for_her("orders.confirm_with_number")) and "confirm" in possible,
        "confirm_by_call": staff("orders.confirm_by_call")
        and not is_volunteer
        and "confirm" in possible
        and any(call.is_reached and row.left_at is not None and call.at >= row.left_at for call in found.calls),
        "dispute": is_volunteer or for_her("orders.dispute"),
        "resolve": staff("orders.resolve") and asks.person_id not in (row.volunteer_id, row.recipient_id),
        "rate": for_her("orders.rate") and not is_volunteer,
        "slip": for_her("orders.issue_tear_off")
        and not is_volunteer
        and row.state in states.OPEN
        and row.tear_off_locked_at is None,
        "unlock": staff("orders.unlock_tear_off") and not is_volunteer and row.tear_off_locked_at is not None,
        "call_back": staff("orders.record_call_back") and not is_volunteer and row.state in states.OPEN,
        "record_times": staff("orders.record_times") and not is_volunteer and row.state in states.BOOKED,
    }
    always = {
        "confirm_own",
        "confirm_with_number",
        "confirm_by_call",
        "send_back",
        "slip",
        "unlock",
        "call_back",
        "record_times",
    }
    return {deed for deed, is_open in offered.items() if is_open and (deed in always or deed in possible)}


# Deeds ---------------------------------------------------------------------------------------------------------------


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
        lambda typed: {"starts_at": _local(typed, "time")}, words.EVENTS["reschedule"],
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
    "dispute": ("orders.dispute", settling.dispute, asked.Reason, dict, words.EVENTS["dispute"]),
    "resolve": ("orders.resolve", settling.resolve, asked.Decision, dict, words.EVENTS["resolve"]),
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


def _post(verb: str) -> Callable[[UUID], Any]:
    @edge.signed_in
    def post(order_id: UUID) -> Any:
        _use_case, _fn, schema, _shaped, said = DEEDS[verb]
        try:
            carry_out(verb, order_id, edge.load(schema))
        except Refused as refused:
            edge.stop_reading()
            page = {"confirm": "orders/confirm.html", "claim": "orders/order.html"}.get(verb, "orders/order.html")
            return _refused(page, refused, order_id)
        edge.flash_done(said)
        return edge.back("orders.order", order_id=order_id)

    return post


for _verb in DEEDS:
    blueprint.add_url_rule(
        f"/c/<community_code>/orders/<uuid:order_id>/{_verb}",
        _verb.replace("-", "_"),
        _post(_verb),
        methods=["POST"],
    )


def _refused(page: str, refused: Refused, order_id: UUID) -> Response:
    """The order's page with what was refused; who may not see the order gets the plain answer."""
    try:
        facts = order_facts(order_id)
    except Refused:
        if refused.code != claiming.AlreadyClaimed.code:
            raise refused from None
        reserve_of = order_id if refused.facts.get("reserve_is_free") else None
        found = dispatch.near_me(edge.read(), actor=edge.actor(), now=edge.now())
        return edge.again("orders/near.html", refused, found=found, reserve_of=reserve_of)
    return edge.again(page, worded(refused), **facts)


def worded(refused: Refused) -> Refused:
    """A refusal whose fields are named as in our forms, each with a sentence instead of the domain's word."""
    found = refused.facts.get("fields")
    if not isinstance(refused, BadInput) or not isinstance(found, dict):
        return refused
    renamed = {"starts_at": "day", "left_at": "left", "arrived_at": "arrived"}
    told = {renamed.get(name, name): str(words.FIELDS.get(reason, reason)) for name, reason in found.items()}
    return BadInput(fields=told)


def own_person() -> Person:
    """Who asks, as a resident of this community who may order for herself."""
    asks = edge.actor()
    permissions.require(asks, "orders.place", community_id=asks.community_id, person_id=asks.person_id)
    return residents.person(edge.read(), edge.community().id, asks.person_id or UUID(int=0))


def _helped(number: str) -> Person:
    """An elder whom this person helps; others are not told whether the number exists."""
    asks, reading = edge.actor(), edge.read()
    found = residents.by_number(reading, edge.community().id, number)
    if asks.person_id is None or not helpers.is_helper(reading, found.community_id, asks.person_id, found.id):
        permissions.require(asks, "orders.place", community_id=found.community_id, area_path=found.area_path)
    return found


def _entry_url() -> Callable[[int], str] | None:
    """Where an entry is explained, for who may read the books."""
    asks = edge.actor()
    if "audit.entry" not in current_app.view_functions or not may(
        asks, "reports.entries", community_id=asks.community_id
    ):
        return None
    return lambda seq: url_for("audit.entry", seq=seq)


def carry_out_at_door(verb: str, order_id: UUID, token: str) -> dict[str, Any]:
    """Submit an arrival or a leaving, with the claim that its volunteer is in one place; doors and JSON alike."""
    asks = edge.actor()
    fn = {"arrive": serving.arrive, "leave": serving.leave}[verb]
    permissions.require(asks, f"orders.{verb}", community_id=asks.community_id)
    return presence.serving(
        lambda: edge.submit(
            f"orders.{verb}",
            lambda session, now: fn(session, actor=asks, now=now, order_id=order_id, door_token=token),
            content={"order_id": order_id, "door": token},
        )
    )
