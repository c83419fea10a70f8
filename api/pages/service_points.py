"""Service points: the full-screen page on the wall, and the staff's pages to make, print and renew a point."""

from datetime import timedelta
from typing import Any

from flask import Blueprint
from flask_babel import gettext as _

from api import edge, fields, qr
from api.messages import activities as said
from timebank.columns import to_ms
from timebank.errors import Refused
from timebank.hours import service_points
from timebank.hours.activities import roster
from timebank.hours.attendance.visits import rules_of
from timebank.hours.service_points import ServicePoint
from timebank.people import areas, communities
from timebank.permissions import may

blueprint = Blueprint("service_points", __name__, url_prefix="/c/<community_code>")


class PointForm(fields.Schema):
    name = fields.Text(required=True, most=60)
    place = fields.Text(load_default="", most=200)
    area_path = fields.Text(load_default=None, most=300)


@blueprint.get("/service-points")
@edge.signed_in
def listed() -> Any:
    """All points of the community."""
    return edge.page("service_points/list.html", **_list())


@blueprint.post("/service-points")
@edge.signed_in
def create() -> Any:
    try:
        asked = edge.load(PointForm)
        made = edge.submit(
            "service_points.create",
            lambda session, now: service_points.create(
                session,
                actor=edge.actor(),
                now=now,
                name=asked["name"],
                place=asked["place"],
                area_path=_area(asked["area_path"]),
            ),
            content=asked,
        )
    except Refused as refused:
        if refused.code != "bad_input":
            raise
        return edge.again("service_points/list.html", refused, **_list())
    edge.flash_done(_("服务点“%(name)s”已建好。", name=made["point"]))
    return edge.back("service_points.shown", number=made["number"])


@blueprint.get("/service-points/<int:number>")
@edge.signed_in
def shown(number: int) -> Any:
    """One point: who is on duty today, its screen, its printed code, its name."""
    return edge.page("service_points/one.html", **_one(number))


@blueprint.post("/service-points/<int:number>")
@edge.signed_in
def change(number: int) -> Any:
    try:
        asked = edge.load(PointForm)
        edge.submit(
            "service_points.change",
            lambda session, now: service_points.change(
                session,
                actor=edge.actor(),
                now=now,
                number=number,
                name=asked["name"],
                place=asked["place"],
                area_path=_area(asked["area_path"]),
            ),
            content={**asked, "number": number},
        )
    except Refused as refused:
        if refused.code != "bad_input":
            raise
        return edge.again("service_points/one.html", refused, **_one(number))
    edge.flash_done(_("已保存。"))
    return edge.back("service_points.shown", number=number)


@blueprint.post("/service-points/<int:number>/rotate")
@edge.signed_in
def rotate(number: int) -> Any:
    edge.submit(
        "service_points.rotate",
        lambda session, now: service_points.rotate(session, actor=edge.actor(), now=now, number=number),
        content={"number": number},
    )
    edge.flash_done(_("密钥已更换:请在屏幕上打开新的地址,旧的印刷码作废。"))
    return edge.back("service_points.shown", number=number)


@blueprint.post("/service-points/<int:number>/fixed-code")
@edge.signed_in
def issue_fixed_code(number: int) -> Any:
    edge.submit(
        "service_points.issue_fixed_code",
        lambda session, now: service_points.issue_fixed_code(session, actor=edge.actor(), now=now, number=number),
        content={"number": number},
    )
    return edge.back("service_points.printed", number=number)


@blueprint.post("/service-points/<int:number>/close")
@edge.signed_in
def close(number: int) -> Any:
    edge.submit(
        "service_points.close",
        lambda session, now: service_points.close(session, actor=edge.actor(), now=now, number=number),
        content={"number": number},
    )
    edge.flash_done(_("服务点已停用。"))
    return edge.back("service_points.listed")


@blueprint.get("/service-points/<int:number>/printed-code")
@edge.signed_in
def printed(number: int) -> Any:
    """The sheet with the fixed code, to print and hang out."""
    point = service_points.named(edge.read(), actor=edge.actor(), number=number)
    if point.fixed_token is None:
        return edge.back("service_points.shown", number=number)
    address = _address(f"p/{point.number}/f/{point.fixed_token}")
    return edge.page("service_points/printed.html", point=point, code=qr.svg(address, label=_("签到二维码")))


@blueprint.get("/screen/<int:number>/<token>")
def screen(number: int, token: str) -> Any:
    """What hangs on the wall. No sign-in: the token in its address shows codes and nothing else."""
    point = service_points.of_screen(edge.read(), edge.community().id, number, token)
    return edge.page("service_points/screen.html", point=point, token=token, **_live(point))


@blueprint.get("/screen/<int:number>/<token>/code")
def code(number: int, token: str) -> Any:
    """The part of the screen that changes."""
    point = service_points.of_screen(edge.read(), edge.community().id, number, token)
    return edge.page("service_points/_code.html", point=point, **_live(point))


def _live(point: ServicePoint) -> dict[str, Any]:
    step_seconds = rules_of(edge.read(), point.community_id, edge.now()).code_step_seconds
    live = service_points.live_code(point, now=edge.now(), step_seconds=step_seconds)
    return {
        "live": live,
        "code": qr.svg(_address(f"p/{point.number}/{live.link_code}"), label=_("签到二维码")),
        "seconds_left": max(0, (to_ms(live.ends_at) - to_ms(edge.now())) // 1000),
        "step_seconds": step_seconds,
        "typed_at": _address(f"p/{point.number}").split("://", 1)[-1],
    }


def _address(path: str) -> str:
    return f"{edge.settings().public_url}/c/{edge.community().code}/{path}"


def _area(chosen: str | None) -> str:
    """The chosen grid or building of this community; the whole community if none was chosen."""
    here = edge.community().area_path
    if chosen is None or chosen == here:
        return here
    if chosen not in {area.path for area in areas.under(edge.read(), here)}:
        raise edge.bad("area_path", _("请从列出的选项中选择。"))
    return chosen


def _areas() -> list[tuple[str, str]]:
    here = edge.community().area_path
    return [(area.path, area.name) for area in areas.under(edge.read(), here, levels=("community", "grid", "building"))]


def _list() -> dict[str, Any]:
    return {
        "points": service_points.listed(edge.read(), actor=edge.actor()),
        "closed": service_points.listed(edge.read(), actor=edge.actor(), closed=True),
        "areas": _areas(),
    }


def _one(number: int) -> dict[str, Any]:
    point = service_points.named(edge.read(), actor=edge.actor(), number=number)
    here, today = edge.community(), communities.local_day(edge.community(), edge.now())
    row = service_points.by_number(edge.read(), here.id, number)
    return {
        "point": point,
        "areas": _areas(),
        "week": roster.week_of(edge.read(), row, today, today=today),
        # From Friday on it is the next week that somebody can still be found for.
        "week_to_staff": roster.week_of(edge.read(), row, today + timedelta(days=3), today=today),
        "today": today,
        "said": said,
        "may_set_hours": may(edge.actor(), "service_points.set_hours", community_id=here.id, area_path=point.area_path),
    }
