"""Activities: what is coming, signing up; for staff planning and calling off."""

from typing import Any

from flask import Blueprint
from flask_babel import gettext as _

from api import edge, words
from api.pages.hours import span
from api.schemas.attendance import CancelActivity, ListQuery, PlanActivity
from timebank.columns import to_ms
from timebank.errors import NotFound, Refused
from timebank.hours import activities, service_points
from timebank.people import residents
from timebank.permissions import may, require

blueprint = Blueprint("activities", __name__, url_prefix="/c/<community_code>")
PAGE = 20


@blueprint.get("/activities")
@edge.signed_in
def coming() -> Any:
    """What is coming, soonest first."""
    after = edge.load(ListQuery)["after"]
    lines = activities.coming(edge.read(), actor=edge.actor(), now=edge.now(), after=after, limit=PAGE)
    last = lines[-1] if len(lines) == PAGE else None
    return edge.page(
        "activities/list.html",
        lines=lines,
        next_key=f"{to_ms(last.starts_at)}-{last.id.hex}" if last else "",
        paged=after is not None,
        words=words,
        may_plan=may(edge.actor(), "activities.plan", community_id=edge.community().id),
        may_sign_up=edge.actor().person_id is not None
        and may(edge.actor(), "activities.sign_up", community_id=edge.community().id),
    )


@blueprint.get("/activities/new")
@edge.signed_in
def new() -> Any:
    require(edge.actor(), "activities.plan", community_id=edge.community().id)
    return edge.page("activities/new.html", **_new())


@blueprint.post("/activities")
@edge.signed_in
def plan() -> Any:
    try:
        asked = edge.load(PlanActivity)
        starts_at, ends_at = span(asked["day"], asked["starts"], asked["ends"])
        leader_id = _leader(asked["leader"])
        made = edge.submit(
            "activities.plan",
            lambda session, now: activities.plan(
                session,
                actor=edge.actor(),
                now=now,
                point_number=asked["point"],
                title=asked["title"],
                service_class=asked["service_class"],
                starts_at=starts_at,
                ends_at=ends_at,
                capacity=asked["capacity"],
                leader_id=leader_id,
            ),
            content={**asked, "starts": str(asked["starts"]), "ends": str(asked["ends"])},
        )
    except Refused as refused:
        if refused.code != "bad_input":
            raise
        return edge.again("activities/new.html", refused, **_new())
    edge.flash_done(_("活动“%(title)s”已发布。", title=made["title"]))
    return edge.back("activities.shown", number=made["number"])


@blueprint.get("/activities/<int:number>")
@edge.signed_in
def shown(number: int) -> Any:
    """One activity."""
    line = activities.shown(edge.read(), actor=edge.actor(), number=number)
    return edge.page(
        "activities/one.html",
        line=line,
        words=words,
        over=line.ends_at <= edge.now(),
        may_cancel=may(edge.actor(), "activities.cancel", community_id=edge.community().id),
        may_sign_up=edge.actor().person_id is not None
        and may(edge.actor(), "activities.sign_up", community_id=edge.community().id),
    )


@blueprint.post("/activities/<int:number>/sign-up")
@edge.signed_in
def sign_up(number: int) -> Any:
    edge.submit(
        "activities.sign_up",
        lambda session, now: activities.sign_up(session, actor=edge.actor(), now=now, number=number),
        content={"number": number},
    )
    edge.flash_done(_("已报名。到时在服务点扫码签到。"))
    return edge.back("activities.shown", number=number)


@blueprint.post("/activities/<int:number>/give-up")
@edge.signed_in
def give_up(number: int) -> Any:
    edge.submit(
        "activities.give_up",
        lambda session, now: activities.give_up(session, actor=edge.actor(), now=now, number=number),
        content={"number": number},
    )
    edge.flash_done(_("已取消报名。"))
    return edge.back("activities.shown", number=number)


@blueprint.post("/activities/<int:number>/cancel")
@edge.signed_in
def cancel(number: int) -> Any:
    asked = edge.load(CancelActivity)
    edge.submit(
        "activities.cancel",
        lambda session, now: activities.cancel(
            session, actor=edge.actor(), now=now, number=number, reason=asked["reason"]
        ),
        content={"number": number, **asked},
    )
    edge.flash_done(_("活动已取消,报名的人会看到原因。"))
    return edge.back("activities.shown", number=number)


def _new() -> dict[str, Any]:
    points = service_points.listed(edge.read(), actor=edge.actor())
    return {"points": [(point.number, point.name) for point in points], "classes": list(words.CLASSES.items())}


def _leader(number: str | None) -> Any:
    if number is None:
        return None
    try:
        return residents.by_number(edge.read(), edge.community().id, number).id
    except NotFound:
        raise edge.bad("leader", _("没有这个编号的人。")) from None
