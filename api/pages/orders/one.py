"""One order: what it is, what can be done with it, its timeline, its slip."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, current_app, url_for

from api import edge, receipt_links
from api.pages.orders.blueprint import blueprint
from api.pages.orders.deeds import DEEDS, carry_out, worded
from timebank.errors import Refused
from timebank.hours.orders import (
    board,
    claiming,
    dispatch,
    disputes,
    escalation,
    parties,
    paying,
    states,
    tear_off,
    undoing,
)
from timebank.hours.orders.pricing import PriceNotAgreed
from timebank.people import communities
from timebank.permissions import may


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
    due = paying.bill(reading, row) if row.state in ("to_confirm", "disputed") and row.visit_id else None
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
        "dispute": disputes.dispute_of(reading, row),
        "steps": escalation.open_steps(reading, row) if row.state in escalation.WAITING else [],
        "sees_stars": not is_volunteer,
        "facts_of": lambda event: board.facts_for(asks, found, event),
        "listed_at": _listed_at(found),
        "agree_to": None,
        "entry_url": _entry_url(),
        "takes_receipts": parties.may_for(reading, asks, "receipts.make", found.recipient) or is_volunteer,
        "sees_balance": not is_volunteer and parties.may_for(reading, asks, "orders.place", found.recipient),
        "today": communities.local_day(edge.community(), edge.now()),
        "progress": ("submitted", "accepted", "dispatched", "claimed", "in_service", "to_confirm", "done", "rated"),
    }


def _listed_at(found: board.Explained) -> str:
    """The list that who looks came from: her own, the staff's board, or the disputes of a reviewer."""
    asks, community_id = edge.actor(), found.order.community_id
    if asks.person_id == found.recipient.id:
        return "mine"
    if may(asks, "orders.read", community_id=community_id):
        return "listed"
    return "disputes" if may(asks, "orders.disputes", community_id=community_id) else "mine"


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
        "step_back": (edge.now() < row.starts_at if is_volunteer else staff("orders.step_back"))
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
        "resolve": staff("orders.resolve") and disputes.is_outside(reading, row, asks),
        "undo": (for_her("orders.undo") if row.state == "cancelled" else staff("orders.undo"))
        and undoing.may_still(reading, row, edge.now()),
        "acknowledge": staff("orders.acknowledge")
        and row.state in escalation.WAITING
        and any(
            step.acknowledged_at is None and (step.step == "grid" or staff("orders.answer_for"))
            for step in escalation.open_steps(reading, row)
        ),
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
        "acknowledge",
    }
    return {deed for deed, is_open in offered.items() if is_open and (deed in always or deed in possible)}


# Deeds ---------------------------------------------------------------------------------------------------------------


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
    if refused.code == PriceNotAgreed.code:
        facts["agree_to"] = refused.facts["most_minutes"]
    return edge.again(page, worded(refused), **facts)


def _entry_url() -> Callable[[int], str] | None:
    """Where an entry is explained, for who may read the books."""
    asks = edge.actor()
    if "audit.entry" not in current_app.view_functions or not may(
        asks, "reports.entries", community_id=asks.community_id
    ):
        return None
    return lambda seq: url_for("audit.entry", seq=seq)
