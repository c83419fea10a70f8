"""Merchants: opening one, its hours and staff, and the register of suppliers."""

import uuid
from typing import Any

from api import codes, edge
from api.pages.shop.common import minute_of, today
from api.schemas import shop as asked
from api.schemas import shop_answers as told
from api.v1.shop.common import blueprint
from timebank import permissions
from timebank.points.shop import merchants, stock


@blueprint.post("/merchants")
@edge.signed_in
@blueprint.arguments(asked.MerchantAsked)
@blueprint.response(201, told.ShopOutcomeAnswer)
def open_merchant(typed: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Open a merchant, with the same hours on each of its days at first."""
    wanted: dict[str, Any] = {
        "name": typed["name"],
        "place": typed["place"],
        "opening_weekdays": "".join(typed["weekdays"]),
        "opens_minute": minute_of(typed["opens"], "opens"),
        "closes_minute": minute_of(typed["closes"], "closes"),
    }
    return edge.submit(
        "shop.open_merchant",
        lambda session, now: merchants.open_merchant(session, actor=edge.actor(), now=now, **wanted),
        content=wanted,
    )


@blueprint.get("/merchants/<uuid:merchant_id>")
@edge.signed_in
@blueprint.response(200, told.ShopMerchantWholeAnswer)
def merchant(merchant_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """A merchant with its hours, and the days from today on that are not as others."""
    row = merchants.staffed(edge.read(), edge.actor(), "shop.look", merchant_id, reads=True)
    opening = merchants.openings(edge.read(), row.community_id, since=today())[row.id]
    return {
        "id": str(row.id),
        "name": row.name,
        "place": row.place,
        "keeps_holidays": row.keeps_holidays,
        "weekdays": [
            {"weekday": day, "opens_minute": span[0] if span else None, "closes_minute": span[1] if span else None}
            for day, span in opening.weekdays.items()
        ],
        "days": [
            {"day": day, "opens": opens, "reason": opening.reasons.get(day, "")} for day, opens in opening.days.items()
        ],
    }


@blueprint.post("/merchants/<uuid:merchant_id>/hours")
@edge.signed_in
@blueprint.arguments(asked.HoursPosted)
@blueprint.response(200, told.ShopOutcomeAnswer)
def set_hours(typed: dict[str, Any], merchant_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Say when it is open from now on."""
    hours: dict[int, tuple[int, int] | None] = {}
    for at, one in enumerate(typed["weekdays"]):
        opens, closes = (
            minute_of(one["opens"], f"weekdays.{at}.opens"),
            minute_of(one["closes"], f"weekdays.{at}.closes"),
        )
        if (opens is None) != (closes is None):
            raise edge.bad(f"weekdays.{at}.closes", "required")
        hours[one["weekday"]] = None if opens is None or closes is None else (opens, closes)
    return edge.submit(
        "shop.set_hours",
        lambda session, now: merchants.set_hours(
            session,
            actor=edge.actor(),
            now=now,
            merchant_id=merchant_id,
            place=typed["place"],
            hours=hours,
            keeps_holidays=typed["keeps_holidays"],
        ),
        content={"merchant": merchant_id, **typed},
    )


@blueprint.post("/merchants/<uuid:merchant_id>/days")
@edge.signed_in
@blueprint.arguments(asked.DayPosted)
@blueprint.response(200, told.ShopOutcomeAnswer)
def set_day(typed: dict[str, Any], merchant_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Close on one day, or open although it would be closed."""
    return edge.submit(
        "shop.set_day",
        lambda session, now: merchants.set_day(session, actor=edge.actor(), now=now, merchant_id=merchant_id, **typed),
        content={"merchant": merchant_id, **typed},
    )


@blueprint.post("/merchants/<uuid:merchant_id>/staff")
@edge.signed_in
@blueprint.arguments(asked.StaffPosted)
@blueprint.response(200, told.ShopOutcomeAnswer)
def add_staff(typed: dict[str, Any], merchant_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Let somebody hand over there."""
    return _staffed("shop.add_staff", merchants.add_staff, merchant_id, typed["person"])


@blueprint.post("/merchants/<uuid:merchant_id>/staff/remove")
@edge.signed_in
@blueprint.arguments(asked.StaffPosted)
@blueprint.response(200, told.ShopOutcomeAnswer)
def remove_staff(typed: dict[str, Any], merchant_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Let somebody hand over there no more."""
    return _staffed("shop.remove_staff", merchants.remove_staff, merchant_id, typed["person"])


@blueprint.get("/suppliers")
@edge.signed_in
@blueprint.response(200, told.ShopSupplierListAnswer)
def suppliers(**_: Any) -> dict[str, Any]:
    """The register of suppliers and donors by name; ended ones last."""
    names = ("name", "contact", "note", "donates", "ended_at")
    return {
        "suppliers": [
            {"id": str(one.id)} | {name: getattr(one, name) for name in names}
            for one in stock.suppliers(edge.read(), actor=edge.actor())
        ]
    }


@blueprint.post("/suppliers")
@edge.signed_in
@blueprint.arguments(asked.SupplierPosted)
@blueprint.response(201, told.ShopOutcomeAnswer)
def add_supplier(typed: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Write one into the register."""
    return edge.submit(
        "shop.add_supplier",
        lambda session, now: stock.add_supplier(session, actor=edge.actor(), now=now, **typed),
        content=typed,
    )


@blueprint.post("/suppliers/<uuid:supplier_id>/end")
@edge.signed_in
@blueprint.response(200, told.ShopOutcomeAnswer)
def end_supplier(supplier_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Choose one no more."""
    return edge.submit(
        "shop.end_supplier",
        lambda session, now: stock.end_supplier(session, actor=edge.actor(), now=now, supplier_id=supplier_id),
        content={"supplier": supplier_id},
    )


def _staffed(use_case: str, verb: Any, merchant_id: uuid.UUID, number: str) -> dict[str, Any]:
    permissions.require(edge.actor(), "shop.open_merchant", community_id=edge.community().id)
    person = codes.person_of(edge.read(), edge.community(), number)
    return edge.submit(
        use_case,
        lambda session, now: verb(session, actor=edge.actor(), now=now, merchant_id=merchant_id, person_id=person.id),
        content={"merchant": merchant_id, "person": person.id},
    )
