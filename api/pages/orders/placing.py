"""A new order: the form, what it may cost before it is asked for, and the asking."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from api import edge
from api.look import minutes
from api.messages import orders as words
from api.pages.orders.blueprint import blueprint
from api.pages.orders.deeds import worded
from api.schemas import orders as asked
from timebank import permissions, policy
from timebank.errors import Refused
from timebank.hours import multipliers
from timebank.hours.orders import board, parties, placing, pricing
from timebank.hours.orders.catalogue import CLASSES, SERVICES
from timebank.people import communities, helpers, residents
from timebank.people.residents import Person

MINUTES = tuple(range(15, 181, 15))


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


@blueprint.get("/c/<community_code>/orders/price")
@edge.signed_in
def price() -> Any:
    """What a service may cost at a time, before it is ordered: JSON for the form's script."""
    asks, reading = edge.actor(), edge.read()
    permissions.require(asks, "orders.price", community_id=asks.community_id)
    typed = edge.load(asked.Pricing)
    starts_at = asked.instant_of(typed["day"], typed["time"], ZoneInfo(edge.community().zone))
    found = pricing.price(
        reading,
        community_id=edge.community().id,
        service=typed["service"],
        starts_at=starts_at,
        planned_minutes=typed["planned_minutes"],
        rules=policy.of(reading, edge.community().id, typed["day"]),
    )
    return {
        "planned_minutes": found.planned_minutes,
        "most_minutes": found.most_minutes,
        "most": minutes(found.most_minutes),
        "spans": [list(span) for span in found.spans],
    }


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
        "windows": _windows(today),
        "ways": words.ASKED_WAYS,
        "agree_to": None,
        "last_day": today + placing.LONGEST_AHEAD - timedelta(days=1),
        "usual_place": board.usual_place(reading, person.community_id, person.id),
    }


def _windows(today: date) -> list[tuple[str, str, str]]:
    """When an hour counts for more, by the table in force: (class, from-to, how much)."""
    table = multipliers.table_in_force(edge.read(), edge.community().id, today)

    def clock(minute: int) -> str:
        return f"{minute // 60:02d}:{minute % 60:02d}"

    return [
        (
            str(words.CLASSES[row.service_class]),
            f"{clock(row.from_minute)}–{clock(row.to_minute)}",
            f"{row.percent / 100:.1f}",
        )
        for row in table.rows
        if row.service_class in CLASSES and row.percent != 100
    ]


def _next_morning(local: datetime) -> datetime:
    """Nine o'clock of today, or of tomorrow when that is past: what the form proposes can be ordered."""
    nine = local.replace(hour=9, minute=0, second=0, microsecond=0)
    return nine if nine > local else nine + timedelta(days=1)


def place_from_form(person: Person, way: str) -> Any:
    """Place what the form says, and show what was placed; refused, show the form again."""
    try:
        outcome = place(person, edge.load(asked.Placing))
    except Refused as refused:
        facts = placing_facts(person, way)
        if refused.code == pricing.PriceNotAgreed.code:
            facts["agree_to"] = refused.facts["most_minutes"]
        return edge.again("orders/new.html", worded(refused), **facts)
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
        "agreed_minutes": typed["agreed_minutes"],
        "asked_way": typed["asked_way"] or None,
    }
    return edge.submit(
        "orders.place", lambda session, now: placing.place(session, actor=asks, now=now, **wanted), content=wanted
    )


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
