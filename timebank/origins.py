"""Where an entry comes from: the scans, confirmations, reviews and decisions behind it, read from the domain's rows.

The entry's detail names its rows; this reads them and says each fact once, as a code, a value and what kind of value it
is (text, minutes, points, instant, day, whole, person, code, codes; `steps` from real to credited minutes, `weights` as
seconds and percent, `between` two instants). Words are chosen at the edge.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from timebank import permissions
from timebank.errors import NotFound
from timebank.hours import team_hours
from timebank.hours.attendance import rests
from timebank.hours.attendance.offline.reading import ScanLine, behind_visit
from timebank.hours.attendance.tables import Visit, VisitReview
from timebank.hours.orders.rows import OrderEvent, ServiceOrder
from timebank.people import residents
from timebank.people.masking import mask_name
from timebank.permissions import Actor
from timebank.points.awards.tables import Award
from timebank.points.shop.orders import with_lines
from timebank.points.shop.tables import ShopOrder
from timebank.points.table.tables import PointsItem, PointsTable


@dataclass(frozen=True)
class Fact:
    """One fact: what is said, the value, and what kind of value it is."""

    code: str
    value: Any
    kind: str = "text"


@dataclass(frozen=True)
class Origin:
    """One row behind an entry: visit, review, order, event, award, shop_order; `row` is its id."""

    what: str
    row: uuid.UUID
    facts: tuple[Fact, ...]


def of_entry(session: Session, *, actor: Actor, detail: Mapping[str, Any] | None) -> list[Origin]:
    """The rows behind an entry, from the scan on; empty where it names none or was erased."""
    if actor.community_id is None:
        raise NotFound(what="community")
    permissions.require(actor, "reports.journal", community_id=actor.community_id)
    return behind(session, actor.community_id, detail)


def behind(session: Session, community_id: int, detail: Mapping[str, Any] | None) -> list[Origin]:
    """The same for who may see the entry for another reason: its own people (receipts.require)."""
    found: list[Origin] = []
    for name, read in _READERS.items():
        row = _id((detail or {}).get(name))
        if row is not None:
            found.extend(read(session, community_id, row))
    return found


def _visit(session: Session, community_id: int, row: uuid.UUID) -> list[Origin]:
    visit = session.get(Visit, (community_id, row))
    if visit is None:
        return []
    rest_seconds = rests.seconds(rests.of_visit(session, visit), until=visit.ended_at or visit.started_at)
    facts = [
        Fact("place", visit.place),
        Fact("volunteer", _person(session, community_id, visit.person_id), "person"),
        Fact("started_at", visit.started_at, "instant"),
        Fact("started_recorded_at", visit.started_recorded_at, "instant"),
        Fact("started_by", visit.started_by),
        Fact("ended_at", visit.ended_at, "instant"),
        Fact("ended_recorded_at", visit.ended_recorded_at, "instant"),
        Fact("ended_by", visit.ended_by),
        Fact("evidence", visit.evidence, "evidence"),
        Fact("estimated", visit.estimated, "yes_no"),
        Fact("witness", visit.witness),
        Fact("source", visit.source),
        Fact("rest_minutes", rest_seconds // 60 or None, "minutes"),
        Fact("real_minutes", visit.real_minutes, "minutes"),
        Fact("rounding_minutes", visit.rounding_minutes, "minutes"),
        Fact("uncapped_minutes", visit.uncapped_minutes, "minutes"),
        Fact("credited_minutes", visit.credited_minutes, "minutes"),
        Fact("pool_minutes", visit.pool_minutes or None, "minutes"),
        Fact("team", _team(session, visit)),
        Fact("steps", tuple(visit.reasons or ()), "steps"),
        Fact("weights", tuple((seconds, percent) for seconds, percent in visit.spans or ()), "weights"),
        Fact("table_digest", visit.table_digest),
        *(Fact("rest", (rest.started_at, rest.ended_at), "between") for rest in rests.of_visit(session, visit)),
    ]
    reviews = session.scalars(
        select(VisitReview)
        .where(col(VisitReview.community_id) == community_id, col(VisitReview.visit_id) == row)
        .order_by(col(VisitReview.reviewed_at))
    )
    offline = behind_visit(session, community_id=community_id, visit_id=row) if visit.offline else []
    return [_origin("visit", row, facts), *(_offline_scan(one) for one in offline), *(_review(one) for one in reviews)]


def _offline_scan(scan: ScanLine) -> Origin:
    facts = [
        Fact("direction", scan.direction, "direction"),
        Fact("corrected_at", scan.corrected_at, "instant"),
        Fact("scanned_at", scan.scanned_at, "instant"),
        Fact("received_at", scan.received_at, "instant"),
        Fact("device", scan.device),
    ]
    return _origin("offline_scan", scan.id, facts)


def _review(review: VisitReview) -> Origin:
    facts = [
        Fact("verdict", review.verdict, "verdict"),
        Fact("reviewed_by", review.reviewed_by),
        Fact("reviewed_at", review.reviewed_at, "instant"),
        Fact("ended_at_before", review.ended_at_before, "instant"),
        Fact("note", review.note),
    ]
    return _origin("review", review.id, facts)


def _order(session: Session, community_id: int, row: uuid.UUID) -> list[Origin]:
    order = session.get(ServiceOrder, (community_id, row))
    if order is None:
        return _shop_order(session, community_id, row)
    facts = [
        Fact("order_number", order.number, "whole"),
        Fact("recipient", _person(session, community_id, order.recipient_id), "person"),
        Fact("volunteer", _person(session, community_id, order.volunteer_id), "person"),
        Fact("placed_by", order.placed_by),
        Fact("placed_at", order.submitted_at, "instant"),
        Fact("place", order.place),
        Fact("planned_minutes", order.planned_minutes, "minutes"),
        Fact("credited_minutes", order.credited_minutes, "minutes"),
        Fact("balance_before_minutes", order.balance_before_minutes, "minutes"),
        Fact("rating", order.rating, "whole"),
    ]
    events = session.scalars(
        select(OrderEvent)
        .where(col(OrderEvent.community_id) == community_id, col(OrderEvent.order_id) == row)
        .order_by(col(OrderEvent.n))
    )
    return [_origin("order", row, facts), *(_event(one) for one in events)]


def _event(event: OrderEvent) -> Origin:
    facts = [
        Fact("verb", event.verb, "order_verb"),
        Fact("at", event.at, "instant"),
        Fact("by", event.actor),
        Fact("entry", event.seq, "entry"),
    ]
    return _origin("order_event", event.order_id, facts)


def _award(session: Session, community_id: int, row: uuid.UUID) -> list[Origin]:
    award = session.get(Award, (community_id, row))
    if award is None:
        return []
    item = session.get(PointsItem, (community_id, award.item_id))
    table = session.get(PointsTable, (community_id, award.table_id))
    facts = [
        Fact("person", _person(session, community_id, award.person_id), "person"),
        Fact("item", item.title if item else None),
        Fact("table", table.title if table else None),
        Fact("table_digest", table.digest if table else None),
        Fact("on_day", award.on_day, "day"),
        Fact("times", award.times, "whole"),
        Fact("worked_minutes", award.minutes, "minutes"),
        Fact("uncapped_steps", award.uncapped_steps, "points"),
        Fact("credited_steps", award.credited_steps, "points"),
        Fact("limited_by", award.limited_by, "cap"),
        Fact("award_evidence", award.evidence),
        Fact("entered_by", award.entered_by),
        Fact("entered_at", award.entered_at, "instant"),
        Fact("reviewed_by", award.reviewed_by),
        Fact("reviewed_at", award.reviewed_at, "instant"),
        Fact("batch", award.batch_number, "whole"),
        Fact("line", award.line_number, "whole"),
        Fact("booked_at", award.booked_at, "instant"),
    ]
    return [_origin("award", row, facts)]


def _shop_order(session: Session, community_id: int, row: uuid.UUID) -> list[Origin]:
    order = session.get(ShopOrder, (community_id, row))
    if order is None:
        return []
    found = with_lines(session, [order])[0]
    facts = [
        Fact("order_number", order.number, "whole"),
        Fact("merchant", found.merchant.name),
        Fact("goods", found.goods),
        Fact("total_steps", order.total_steps, "points"),
        Fact("given_steps", order.given_steps or None, "points"),
        Fact("placed_by", order.ordered_by),
        Fact("placed_at", order.ordered_at, "instant"),
        Fact("closed_at", order.closed_at, "instant"),
        Fact("closed_by", order.closed_by),
    ]
    return [_origin("shop_order", row, facts)]


# The name in a detail that holds a row's id, and how that row is read.
_READERS: dict[str, Callable[[Session, int, uuid.UUID], list[Origin]]] = {
    "visit": _visit,
    "order": _order,
    "award": _award,
}


def _origin(what: str, row: uuid.UUID, facts: list[Fact]) -> Origin:
    return Origin(what, row, tuple(fact for fact in facts if fact.value not in (None, "", ())))


def _team(session: Session, visit: Visit) -> str | None:
    """The team for which the visit counts, if it is not for the volunteer himself."""
    found = team_hours.team_of_visit(session, visit.community_id, visit.id)
    return None if found is None else found.name


def _person(session: Session, community_id: int, person_id: uuid.UUID | None) -> tuple[str, str] | None:
    """Number and masked name: an auditor follows a number, and reads no more of a name than the notice board shows."""
    found = session.get(residents.Person, (community_id, person_id)) if person_id else None
    return (found.number, mask_name(found.name)) if found else None


def _id(text: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(hex=text) if isinstance(text, str) and len(text) == 32 else None
    except ValueError:
        return None
