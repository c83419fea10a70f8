"""Points by attendance: which service gives which item, by whose decision, and what came of each visit."""

import uuid
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from api import edge, lists
from api import words as plain_words
from api.exports import Column, Sheet
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
EXPORTED_MOST = 20_000


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


@blueprint.get(f"/decisions.<any({lists.FORMS}):form>")
@edge.signed_in
def export(form: str) -> Any:
    """The decisions as a file."""
    found = deciding.links(edge.read(), actor=edge.actor())
    sheet = Sheet(
        name=_("签到记分"),
        columns=[
            Column(label=_("哪种服务")),
            Column(label=_("类别")),
            Column(label=_("细则")),
            Column(label=_("从哪天起"), kind="day"),
            Column(label=_("到哪天止"), kind="day"),
            Column(label=_("依据")),
            Column(label=_("已记"), kind="whole"),
            Column(label=_("没有记"), kind="whole"),
        ],
        rows=[
            (f"{words.LINK_KINDS[row.link.kind]} {target_of(row.link.kind, row.link.target)}", row.link.category,
             row.link.title, row.link.from_on, row.link.until_on, row.link.reason, row.awarded, row.skipped)
            for row in found
        ],
        totals=[(_("合计"), "", "", None, None, "", sum(row.awarded for row in found), sum(row.skipped for row in found))],
    )  # fmt: skip
    return lists.answer(form, [sheet], "attendance-points")


@blueprint.get(f"/<uuid:link_id>/visits.<any({lists.FORMS}):form>")
@edge.signed_in
def export_one(link_id: uuid.UUID, form: str) -> Any:
    """What became of the visits of a decision, as a file."""
    standing = _standing(link_id)
    found = awarding.looked_at(edge.read(), actor=edge.actor(), link_id=link_id, limit=EXPORTED_MOST)
    sheet = Sheet(
        name=_("签到记分"),
        notes=[f"{target_of(standing.link.kind, standing.link.target)} — {standing.link.title}"],
        columns=[
            Column(label=_("服务"), kind="instant"),
            Column(label=_("地点")),
            Column(label=_("时间"), kind="minutes"),
            Column(label=_("结果")),
            Column(label=_("原因")),
        ],
        rows=[
            (visit.started_at, visit.place, row.minutes, str(words.LINK_STATES[row.state]),
             "" if row.award_id else str(words.SKIPPED.get(row.reason, row.reason)))
            for row, visit in found
        ],
        totals=[(None, _("合计"), sum(row.minutes for row, _visit in found), "", "")],
    )  # fmt: skip
    return lists.answer(form, [sheet], "attendance-points")


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
    standing = _standing(link_id)
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


def _standing(link_id: uuid.UUID) -> deciding.Standing:
    found = next((row for row in deciding.links(edge.read(), actor=edge.actor()) if row.link.id == link_id), None)
    if found is None:
        raise NotFound(what="attendance_link")
    return found


def target_of(kind: str, target: str) -> str:
    """What a decision is about, in words."""
    if kind == "service_class":
        return str(plain_words.CLASSES.get(target, target))
    if kind == "activity_kind":
        return str(words.ACTIVITY_KINDS.get(target, target))
    return _("第 %(number)s 号", number=target)
