"""Work lists: what waits and who could go, whom to call or visit, what nobody claims and who sees to it."""

from typing import Any

from flask import url_for

from api import edge
from api.pages.orders.blueprint import blueprint
from api.schemas import orders as asked
from timebank.hours.orders import disputes, escalation, waiting
from timebank.people import residents
from timebank.permissions import may


@blueprint.get("/c/<community_code>/orders/waiting", endpoint="waiting")
@edge.signed_in
def waits() -> Any:
    """The dispatcher's list: what waits for which deed, how long, and who could go."""
    typed = edge.load(asked.Waiting)
    reading, asks = edge.read(), edge.actor()
    counts = waiting.counts(reading, actor=asks)
    kind = typed["kind"] or next((kind for kind, count in counts.items() if count), "accept")
    found = waiting.waiting(reading, actor=asks, now=edge.now(), kind=kind, after_number=typed["after"])
    full = len(found) == waiting.PAGE
    return edge.page(
        "orders/waiting.html",
        kind=kind,
        counts=counts,
        found=found,
        asked_at=edge.now(),
        next_url=url_for("orders.waiting", kind=kind, after=found[-1].order.number) if full else "",
        first_url=url_for("orders.waiting", kind=kind) if typed["after"] else "",
    )


@blueprint.get("/c/<community_code>/orders/call-backs")
@edge.signed_in
def call_backs() -> Any:
    """Whom to call or visit, since when, what was tried; the result is written down in the same row."""
    after = edge.load(asked.After)["after"]
    found = waiting.to_call(edge.read(), actor=edge.actor(), after_number=after)
    full = len(found) == waiting.PAGE
    return edge.page(
        "orders/call_backs.html",
        found=found,
        asked_at=edge.now(),
        next_url=url_for("orders.call_backs", after=found[-1].order.number) if full else "",
        first_url=url_for("orders.call_backs") if after else "",
    )


@blueprint.get("/c/<community_code>/orders/disputes", endpoint="disputes")
@edge.signed_in
def disputed() -> Any:
    """What a reviewer has to decide: who objects to what."""
    after = edge.load(asked.After)["after"]
    reading, asks = edge.read(), edge.actor()
    found = waiting.to_decide(reading, actor=asks, after_number=after)
    full = len(found) == waiting.PAGE
    return edge.page(
        "orders/disputes.html",
        found=found,
        outside={row.id for row, _, _ in found if disputes.is_outside(reading, row, asks)},
        asked_at=edge.now(),
        next_url=url_for("orders.disputes", after=found[-1][0].number) if full else "",
        first_url=url_for("orders.disputes") if after else "",
    )


@blueprint.get("/c/<community_code>/orders/escalations")
@edge.signed_in
def escalations() -> Any:
    """What nobody claimed: the grid worker's after a day, the community manager's after a week."""
    typed = edge.load(asked.Escalations)
    reading, asks = edge.read(), edge.actor()
    found = escalation.work_list(reading, actor=asks, step=typed["step"], after=typed["after"])
    full = len(found) == escalation.PAGE
    return edge.page(
        "orders/escalations.html",
        found=found,
        step=typed["step"],
        people=residents.persons_of(
            reading,
            edge.community().id,
            {line.step.acknowledged_by_id for line in found if line.step.acknowledged_by_id},
        ),
        owners=escalation.owners_of_all(reading, found, edge.now()),
        may_acknowledge=lambda line: may(
            asks,
            "orders.acknowledge" if line.step.step == "grid" else "orders.answer_for",
            community_id=asks.community_id,
            area_path=line.recipient.area_path,
        ),
        guarantee=escalation.guarantee(reading, edge.community().id),
        asked_at=edge.now(),
        next_url=url_for("orders.escalations", step=typed["step"] or None, after=found[-1].step.id) if full else "",
        first_url=url_for("orders.escalations", step=typed["step"] or None) if typed["after"] else "",
    )
