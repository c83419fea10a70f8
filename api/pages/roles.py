"""Roles of a community: who holds which, given and taken back."""

from collections import Counter
from typing import Any

from flask import Blueprint
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from api import edge, fields
from timebank import permissions
from timebank.errors import NotFound, Refused
from timebank.people import areas, communities, logins, residents, role_lists, roles
from timebank.permissions import ROLES

blueprint = Blueprint("roles", __name__, url_prefix="/c/<community_code>/roles")

LABELS: dict[str, Any] = {
    "resident": lazy_gettext("居民"),
    "volunteer": lazy_gettext("志愿者"),
    "recipient": lazy_gettext("服务对象"),
    "helper": lazy_gettext("代办人"),
    "guardian": lazy_gettext("监护人"),
    "team_leader": lazy_gettext("团队负责人"),
    "desk_staff": lazy_gettext("服务台工作人员"),
    "grid_worker": lazy_gettext("网格员"),
    "building_captain": lazy_gettext("楼栋长"),
    "reviewer": lazy_gettext("审核员"),
    "committee": lazy_gettext("村(居)民委员会"),
    "supervision_committee": lazy_gettext("监督委员会"),
    "merchant": lazy_gettext("积分超市商户"),
    "community_manager": lazy_gettext("社区管理员(第一书记)"),
    "auditor": lazy_gettext("审计员"),
    "operator": lazy_gettext("系统运维员"),
}


# What becomes of a line of a list: its words and their kind.
VERDICTS: dict[str, tuple[Any, str]] = {
    role_lists.NEW: (lazy_gettext("将授予"), "green"),
    role_lists.HELD: (lazy_gettext("已有这个角色"), "grey"),
    role_lists.TWICE: (lazy_gettext("前面已有这个人"), "grey"),
    role_lists.GONE: (lazy_gettext("已不在册"), "orange"),
    role_lists.OTHER_NAME: (lazy_gettext("编号和姓名对不上"), "red"),
    role_lists.UNKNOWN: (lazy_gettext("没有这个编号"), "red"),
}


class RoleToGive(fields.Schema):
    who = fields.Text(required=True, most=60)
    role = fields.Word(ROLES, required=True)
    area_path = fields.Text(load_default=None, most=300)
    from_on = fields.Day(load_default=None)
    until_on = fields.Day(load_default=None)


class RoleForMany(fields.Schema):
    """A role, and the list of those who are to get it."""

    role = fields.Word(ROLES, required=True)
    area_path = fields.Text(load_default=None, most=300)
    from_on = fields.Day(load_default=None)
    until_on = fields.Day(load_default=None)
    people = fields.Text(required=True, most=40_000, lines=True, tabs=True)


class RoleToTake(fields.Schema):
    grant_id = fields.Id(required=True)


@blueprint.get("")
@edge.signed_in
def listed() -> Any:
    return edge.page("roles/list.html", **_list())


@blueprint.post("")
@edge.signed_in
def give() -> Any:
    """By number for a person of the register, by sign-in name for who is none."""
    try:
        asked = edge.load(RoleToGive)
        place = edge.community()
        holder = _holder(asked["who"])
        from_on = asked["from_on"] or communities.local_day(place, edge.now())
        if asked["until_on"] is not None and asked["until_on"] < from_on:
            raise edge.bad("until_on", _("截止日期早于开始日期。"))
        edge.submit_global(
            lambda session, now: roles.give(
                session,
                actor=edge.actor(),
                now=now,
                role=asked["role"],
                area_path=asked["area_path"] or place.area_path,
                from_on=from_on,
                until_on=asked["until_on"],
                **holder,
            )
        )
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return edge.again("roles/list.html", refused, **_list())
    edge.flash_done(_("已授予角色“%(role)s”。", role=LABELS[asked["role"]]))
    return edge.back("roles.listed")


@blueprint.get("/many")
@edge.signed_in
def many() -> Any:
    """A list of people who are to get one role."""
    permissions.require(edge.actor(), "roles.give_list", community_id=edge.community().id)
    return edge.page("roles/many.html", **_choices())


@blueprint.post("/many/look")
@edge.signed_in
def look_at_many() -> Any:
    """What would become of each line; nothing is given yet."""
    permissions.require(edge.actor(), "roles.give_list", community_id=edge.community().id)
    try:
        asked, told = _many_asked()
        lines = role_lists.look(
            edge.read(),
            actor=edge.actor(),
            role=told["role"],
            area_path=told["area_path"],
            from_on=told["from_on"],
            until_on=told["until_on"],
            text=told["text"],
        )
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return edge.again("roles/many.html", refused, **_choices())
    place = areas.by_path(edge.read(), told["area_path"])
    return edge.page(
        "roles/many_looked.html",
        asked=asked,
        told=told,
        area_name=place.name if place else "",
        lines=sorted(lines, key=lambda line: (role_lists.VERDICTS.index(line.verdict), line.number)),
        counts=Counter(line.verdict for line in lines),
        verdicts=VERDICTS,
        labels=LABELS,
    )


@blueprint.post("/many")
@edge.signed_in
def give_many() -> Any:
    """Give it to those who were looked at."""
    permissions.require(edge.actor(), "roles.give_list", community_id=edge.community().id)
    try:
        _asked, told = _many_asked()
        given = edge.submit_global(lambda session, now: role_lists.give(session, actor=edge.actor(), now=now, **told))
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return edge.again("roles/many.html", refused, **_choices())
    edge.flash_done(_("已授予 %(count)s 人角色“%(role)s”。", count=given, role=LABELS[told["role"]]))
    return edge.back("roles.listed")


@blueprint.post("/take-back")
@edge.signed_in
def take_back() -> Any:
    asked = edge.load(RoleToTake)
    edge.submit_global(
        lambda session, now: roles.take_back(session, actor=edge.actor(), now=now, grant_id=asked["grant_id"])
    )
    edge.flash_done(_("角色已收回。"))
    return edge.back("roles.listed")


def _many_asked() -> tuple[dict[str, Any], dict[str, Any]]:
    """What was typed, and what it means."""
    asked, place = edge.load(RoleForMany), edge.community()
    from_on = asked["from_on"] or communities.local_day(place, edge.now())
    if asked["until_on"] is not None and asked["until_on"] < from_on:
        raise edge.bad("until_on", _("截止日期早于开始日期。"))
    return asked, {
        "role": asked["role"],
        "area_path": asked["area_path"] or place.area_path,
        "from_on": from_on,
        "until_on": asked["until_on"],
        "text": asked["people"],
    }


def _holder(who: str) -> dict[str, Any]:
    reading, place = edge.read(), edge.community()
    try:
        return {"person_id": residents.by_number(reading, place.id, fields.typed_number(who)).id}
    except NotFound:
        login_id = logins.by_name(reading, who.casefold())
        if login_id is None or "operator" not in edge.actor().roles:
            raise edge.bad("who", _("没有这个编号。")) from None
        return {"login_id": login_id}


def _list() -> dict[str, Any]:
    reading, place, asks = edge.read(), edge.community(), edge.actor()
    return {
        "holders": roles.holders(reading, actor=asks, on=communities.local_day(place, edge.now())),
        "labels": LABELS,
        "may_give": roles.givable(asks),
        **_choices(),
    }


def _choices() -> dict[str, Any]:
    reading, place, may_give = edge.read(), edge.community(), roles.givable(edge.actor())
    return {
        "role_options": [(role, LABELS[role]) for role in ROLES if role in may_give],
        "most": role_lists.MOST,
        "area_options": [
            (area.path, area.name)
            for area in areas.under(reading, place.area_path, levels=("community", "grid", "building"))
        ],
    }
