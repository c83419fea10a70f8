"""Merchants: who hands over there, and when they are open."""

import uuid
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from api import codes, edge
from api.pages.shop.common import again, blueprint, minute_of, page, sentence, today
from api.schemas import shop as asked
from timebank import permissions
from timebank.errors import Refused
from timebank.people import residents, roles
from timebank.points.shop import merchants as places

_LACKING = lazy_gettext(
    "%(name)s 已登记在这家商户,但还没有“积分超市商户”角色,现在还不能核销。请社区管理员在“角色”里授予“积分超市商户”角色。"
)


@blueprint.get("/c/<community_code>/points/merchants")
@edge.signed_in
def merchants() -> Any:
    """Merchants, their hours, and who hands over there."""
    permissions.require(edge.actor(), "shop.open_merchant", community_id=edge.community().id)
    return page("shop/merchants.html", **_merchants())


@blueprint.post("/c/<community_code>/points/merchants")
@edge.signed_in
def open_merchant() -> Any:
    """Open a merchant."""
    permissions.require(edge.actor(), "shop.open_merchant", community_id=edge.community().id)
    try:
        told = edge.load(asked.MerchantAsked)
        opens, closes = minute_of(told["opens"], "opens"), minute_of(told["closes"], "closes")
        wanted: dict[str, Any] = {
            "name": told["name"], "place": told["place"], "opening_weekdays": "".join(told["weekdays"]),
            "opens_minute": opens, "closes_minute": closes,
        }  # fmt: skip
        edge.submit(
            "shop.open_merchant",
            lambda session, now: places.open_merchant(session, actor=edge.actor(), now=now, **wanted),
            content=wanted,
        )
    except Refused as refused:
        return again("shop/merchants.html", refused, **_merchants())
    edge.flash_done(_("商户已开。"))
    return edge.back("shop.merchants")


@blueprint.post("/c/<community_code>/points/merchants/staff")
@edge.signed_in
def add_staff() -> Any:
    """Let somebody hand over there; the role merchant is given where roles are given."""
    return _staffed("shop.add_staff", places.add_staff, _("%(name)s 可以在那里核销了。"), lacking=_LACKING)


@blueprint.post("/c/<community_code>/points/merchants/staff/remove")
@edge.signed_in
def remove_staff() -> Any:
    """Let somebody hand over there no more."""
    return _staffed("shop.remove_staff", places.remove_staff, _("%(name)s 不再在那里核销。"))


@blueprint.get("/c/<community_code>/merchant/hours/<uuid:merchant_id>")
@edge.signed_in
def hours(merchant_id: uuid.UUID) -> Any:
    """When a merchant is open, and the days that are not as others."""
    return page("shop/hours.html", **_hours(merchant_id))


@blueprint.post("/c/<community_code>/points/merchants/<uuid:merchant_id>/hours")
@edge.signed_in
def set_hours(merchant_id: uuid.UUID) -> Any:
    """Say when it is open from now on."""
    permissions.require(edge.actor(), "shop.open_merchant", community_id=edge.community().id)
    try:
        told = edge.load(asked.HoursSet)
        hours_: dict[int, tuple[int, int] | None] = {}
        for weekday in range(1, 8):
            if f"open-{weekday}" not in request.form:
                continue
            opens = minute_of(request.form.get(f"opens-{weekday}", ""), f"opens-{weekday}")
            closes = minute_of(request.form.get(f"closes-{weekday}", ""), f"closes-{weekday}")
            if (opens is None) != (closes is None) or (opens is not None and closes is not None and closes <= opens):
                raise edge.bad(f"closes-{weekday}", sentence("after_start"))
            hours_[weekday] = None if opens is None or closes is None else (opens, closes)
        made = edge.submit(
            "shop.set_hours",
            lambda session, now: places.set_hours(
                session, actor=edge.actor(), now=now, merchant_id=merchant_id, place=told["place"], hours=hours_,
                keeps_holidays=bool(told["keeps_holidays"]),
            ),
            content={"merchant": merchant_id, **told, "hours": {str(day): span for day, span in hours_.items()}},
        )  # fmt: skip
    except Refused as refused:
        return again("shop/hours.html", refused, **_hours(merchant_id))
    _say_longer(made)
    return edge.back("shop.hours", merchant_id=merchant_id)


@blueprint.post("/c/<community_code>/merchant/hours/<uuid:merchant_id>/day")
@edge.signed_in
def set_merchant_day(merchant_id: uuid.UUID) -> Any:
    """Close on one day, or open although it would be closed."""
    permissions.require(edge.actor(), "shop.set_day", community_id=edge.community().id)
    try:
        told = edge.load(asked.DaySet)
        told["opens"] = told["opens"] == "yes"
        made = edge.submit(
            "shop.set_day",
            lambda session, now: places.set_day(session, actor=edge.actor(), now=now, merchant_id=merchant_id, **told),
            content={"merchant": merchant_id, **told},
        )
    except Refused as refused:
        return again("shop/hours.html", refused, **_hours(merchant_id))
    _say_longer(made)
    return edge.back("shop.hours", merchant_id=merchant_id)


def _say_longer(made: dict[str, Any]) -> None:
    kept = made["orders_kept_longer"]
    edge.flash_done(_("已登记;%(kept)s 笔兑换因此留得更久。", kept=kept) if kept else _("已登记。"))


def _staffed(use_case: str, verb: Any, said: Any, *, lacking: Any = "") -> Any:
    permissions.require(edge.actor(), "shop.open_merchant", community_id=edge.community().id)
    try:
        told = edge.load(asked.StaffAsked)
        person = codes.person_of(edge.read(), edge.community(), told["person"])
        made = edge.submit(
            use_case,
            lambda session, now: verb(
                session, actor=edge.actor(), now=now, merchant_id=told["merchant_id"], person_id=person.id
            ),
            content={"merchant": told["merchant_id"], "person": person.id},
        )
    except Refused as refused:
        return again("shop/merchants.html", refused, **_merchants())
    if lacking and not made["has_role"]:
        edge.flash_note(str(lacking) % {"name": person.name})
    else:
        edge.flash_done(str(said) % {"name": person.name})
    return edge.back("shop.merchants")


def _merchants() -> dict[str, Any]:
    session, here = edge.read(), edge.community()
    found = places.merchants_of(session, here.id)
    staff = places.staff_of(session, here.id)
    people = residents.persons_of(session, here.id, [row.person_id for row in staff])
    by_merchant = {one.id: [people[row.person_id] for row in staff if row.merchant_id == one.id] for one in found}
    return {
        "merchants": found,
        "staff": by_merchant,
        "lacking": places.lacking_role(session, here.id, people, now=edge.now()),
        "gives_roles": "merchant" in roles.givable(edge.actor()),
        "openings": places.openings(session, here.id, since=today()),
    }


def _hours(merchant_id: uuid.UUID) -> dict[str, Any]:
    session, asks, here = edge.read(), edge.actor(), edge.community()
    merchant = places.staffed(session, asks, "shop.look", merchant_id, reads=True)
    return {
        "merchant": merchant,
        "opening": places.openings(session, here.id, since=today())[merchant.id],
        "sets_hours": permissions.may(asks, "shop.open_merchant", community_id=here.id),
        "sets_days": permissions.may(asks, "shop.set_day", community_id=here.id),
        "today": today(),
    }
