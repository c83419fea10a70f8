"""Points by attendance: which service gives which item, by whose decision, and what came of each visit."""

import uuid
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from api import edge
from api import words as plain_words
from api.messages import awards as words
from api.messages import points as point_words
from api.pages.claims import told
from api.schemas.awards import LinkDecided, LinkStopped, VisitsListed
from timebank import permissions
from timebank.attendance_points import awarding, deciding
from timebank.errors import NotFound, Refused
from timebank.hours.activities.tables import KINDS as ACTIVITY_KINDS
from timebank.hours.service_classes import ACTIVITY_CLASSES
from timebank.people import communities
from timebank.points.awards import claiming

blueprint = Blueprint("attendance_points", __name__, url_prefix="/c/<community_code>/points/attendance")
PAGE = 50


@blueprint.get("")
@edge.signed_in
def listed() -> Any:
    """The decisions, and the form for another one."""
    return edge.page("awards/attendance.html", **_facts())


@blueprint.post("")
@edge.signed_in
def decide() -> Any:
    """Record a decision."""
    permissions.require(edge.actor(), "attendance_points.decide", community_id=edge.community().id)
    try:
        asked = edge.load(LinkDecided)
        target = {"service_class": asked["service_class"], "activity_kind": asked["activity_kind"]}.get(
            asked["kind"], asked["number"]
        )
        edge.submit(
            "attendance_points.decide",
            lambda session, now: deciding.decide(
                session,
                actor=edge.actor(),
                now=now,
                kind=asked["kind"],
                target=target,
                item_id=asked["item_id"],
                from_on=asked["from_on"],
                decided_on=asked["decided_on"],
                reason=asked["reason"],
            ),
            content=asked,
        )
    except Refused as refused:
        return edge.again("awards/attendance.html", told(refused), **_facts())
    edge.flash_done(_("已登记决定。服务结束、审核过的,自动各记一笔,等待审核。"))
    return edge.back("attendance_points.listed")


@blueprint.get("/<uuid:link_id>")
@edge.signed_in
def one(link_id: uuid.UUID) -> Any:
    """What became of the visits of a decision."""
    return edge.page("awards/attendance_one.html", **_one(link_id))


@blueprint.post("/<uuid:link_id>/stop")
@edge.signed_in
def stop(link_id: uuid.UUID) -> Any:
    """End a decision."""
    permissions.require(edge.actor(), "attendance_points.decide", community_id=edge.community().id)
    try:
        asked = edge.load(LinkStopped)
        edge.submit(
            "attendance_points.stop",
            lambda session, now: deciding.stop(session, actor=edge.actor(), now=now, link_id=link_id, **asked),
            content={"link": link_id, **asked},
        )
    except Refused as refused:
        return edge.again("awards/attendance_one.html", told(refused), **_one(link_id))
    edge.flash_done(_("已停用。已经记的分不变。"))
    return edge.back("attendance_points.one", link_id=link_id)


@blueprint.post("/<uuid:link_id>/again")
@edge.signed_in
def again(link_id: uuid.UUID) -> Any:
    """Look again at what gave nothing."""
    permissions.require(edge.actor(), "attendance_points.decide", community_id=edge.community().id)
    made = edge.submit(
        "attendance_points.again",
        lambda session, now: deciding.try_again(session, actor=edge.actor(), now=now, link_id=link_id),
        content={"link": link_id},
    )
    edge.flash_done(_("%(count)s 次服务会再看一次。", count=made["visits"]))
    return edge.back("attendance_points.one", link_id=link_id)


def _facts() -> dict[str, Any]:
    session, place, asks = edge.read(), edge.community(), edge.actor()
    today = communities.local_day(place, edge.now())
    return {
        "rows": deciding.links(session, actor=asks),
        "decides": permissions.may(asks, "attendance_points.decide", community_id=place.id),
        "items": claiming.items_to_claim(session, place.id, today, "attendance"),
        "today": today,
        "classes": [(name, plain_words.CLASSES.get(name, name)) for name in ACTIVITY_CLASSES],
        "activity_kinds": [(name, words.ACTIVITY_KINDS[name]) for name in ACTIVITY_KINDS],
        "target_of": target_of,
        "pers": point_words.PERS,
        "words": words,
    }


def _one(link_id: uuid.UUID) -> dict[str, Any]:
    session, asks = edge.read(), edge.actor()
    after = edge.load(VisitsListed)["after"] if request.method == "GET" else None
    standing = next((row for row in deciding.links(session, actor=asks) if row.link.id == link_id), None)
    if standing is None:
        raise NotFound(what="attendance_link")
    found = awarding.looked_at(session, actor=asks, link_id=link_id, after=after, limit=PAGE + 1)
    rows = found[:PAGE]
    more = len(found) > PAGE
    return {
        "standing": standing,
        "rows": rows,
        "next_url": url_for("attendance_points.one", link_id=link_id, after=rows[-1][0].visit_id.hex) if more else "",
        "first_url": url_for("attendance_points.one", link_id=link_id) if after else "",
        "decides": permissions.may(asks, "attendance_points.decide", community_id=edge.community().id),
        "today": communities.local_day(edge.community(), edge.now()),
        "reasons": point_words.REASONS,
        "target_of": target_of,
        "words": words,
    }


def target_of(kind: str, target: str) -> str:
    """What a decision is about, in words."""
    if kind == "service_class":
        return str(plain_words.CLASSES.get(target, target))
    if kind == "activity_kind":
        return str(words.ACTIVITY_KINDS.get(target, target))
    return _("第 %(number)s 号", number=target)
