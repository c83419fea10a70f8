"""The operator's pages: the tree of areas, and opening communities in it. No page here shows who lives where."""

import uuid
from typing import Any, cast

from flask import Blueprint, current_app, request
from flask_babel import gettext as _

from api import edge, opening, sign_in
from api.form_words import in_words
from api.keys import SigningKeys
from api.messages.people import PROBLEM_WORDS
from api.schemas import people as schemas
from timebank import permissions, policy, spreadsheets
from timebank.errors import NotFound, Refused
from timebank.people import areas, communities, logins
from timebank.people import opening as first_officers
from timebank.people.areas import PlannedArea

blueprint = Blueprint("operator", __name__, url_prefix="/operator")

SHOWN_ROWS = 200
LEVEL_ORDER = {level: at for at, level in enumerate(areas.LEVELS)}


@blueprint.get("/areas")
@edge.signed_in
def area_tree() -> Any:
    """The tree, one level at a time, and where a table of areas is uploaded."""
    return edge.page("operator/areas.html", **_tree_facts())


@blueprint.post("/areas")
@edge.signed_in
def upload_areas() -> Any:
    """Keep the table for confirming; the tree stays as it is."""
    _require("areas.import_tree")
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise edge.bad("file", _("请选择文件。"))
        content = file.read(spreadsheets.MOST_BYTES + 1)
        sheet = spreadsheets.read(content, columns=areas.COLUMNS, most_rows=areas.MOST_ROWS)
        rows = areas.rows_of(sheet)
    except Refused as refused:
        columns = refused.facts.get("columns")
        if isinstance(columns, list):
            refused.facts["columns"] = "、".join(str(column) for column in columns)
        return edge.again("operator/areas.html", refused, **_tree_facts())
    name = file.filename
    upload_id = edge.submit_global(
        lambda session, now: areas.stage_tree(session, actor=edge.actor(), now=now, rows=rows, file_name=name)
    )
    return edge.back("operator.preview_areas", upload_id=upload_id)


@blueprint.get("/areas/<uuid:upload_id>")
@edge.signed_in
def preview_areas(upload_id: uuid.UUID) -> Any:
    return edge.page("operator/areas_preview.html", **_preview_facts(upload_id))


@blueprint.post("/areas/<uuid:upload_id>")
@edge.signed_in
def import_areas(upload_id: uuid.UUID) -> Any:
    _require("areas.import_tree")
    try:
        done = edge.submit_global(
            lambda session, now: areas.import_tree(
                session, actor=edge.actor(), now=now, rows=areas.staged_tree(session, upload_id, now=now)[1]
            )
        )
    except areas.AreaRowsRefused as refused:
        return edge.again("operator/areas_preview.html", refused, **_preview_facts(upload_id))
    edge.flash_done(
        _("已导入:新增 %(added)s 个,改名 %(renamed)s 个,不变 %(kept)s 个。", **{name: done[name] for name in done})
    )
    return edge.back("operator.area_tree")


@blueprint.get("/communities")
@edge.signed_in
def all_communities() -> Any:
    _require("communities.open_community")
    return edge.page("operator/communities.html", communities=communities.communities(edge.read()), names=_area_names())


@blueprint.get("/communities/new")
@edge.signed_in
def new_community() -> Any:
    return edge.page("operator/new_community.html", **_new_facts())


@blueprint.post("/communities/new")
@edge.signed_in
def open_community() -> Any:
    """Make the ledger, accounts, quotas, signing key, policy, and the first two officers."""
    _require("communities.open_community")
    try:
        asked = edge.load(schemas.NewCommunity)
        opening.open_community(
            edge.storage(),
            cast(SigningKeys, current_app.extensions["timebank_keys"]),
            installation=edge.settings().installation,
            actor=edge.actor(),
            key=edge.request_key(),
            asked=opening.Opening(
                code=asked["code"].upper(),
                name=asked["name"],
                area_code=asked["area_code"].upper(),
                profile=asked["profile"],
                officers=(asked["first_officer"], asked["second_officer"]),
            ),
        )
    except Refused as refused:
        edge.stop_reading()
        return edge.again("operator/new_community.html", _worded(refused), **_new_facts())
    edge.stop_reading()
    return edge.back("operator.opened", code=asked["code"].upper())


@blueprint.get("/communities/<code>")
@edge.signed_in
def opened(code: str) -> Any:
    """A community as its operator sees it, with the sign-in codes of its first officers until they were used."""
    _require("communities.open_community")
    session = edge.read()
    place = communities.by_code(session, code)
    if place is None:
        raise NotFound(what="community")
    officers = []
    for person, card_id in first_officers.officers(session, place.id):
        used = card_id is None or logins.login_of(session, place.id, person.id) is not None
        code_ = "" if used else sign_in.activation_code(place.id, person.id, card_id)
        officers.append((person, code_))
    return edge.page(
        "operator/opened.html",
        community=place,
        area_names=areas.names_along(session, place.area_path),
        # Who has signed in is a resident like others, and none of the operator's business.
        officers=[(person, code_) for person, code_ in officers if code_],
        policy=policy.of(session, place.id, communities.local_day(place, edge.now())),
        public_url=edge.settings().public_url,
    )


def _require(use_case: str) -> None:
    """The operator of the whole installation: what he changes here lies in no community."""
    permissions.require(edge.actor(), use_case, community_id=None)


def _tree_facts() -> dict[str, Any]:
    _require("areas.import_tree")
    session = edge.read()
    under = request.args.get("under") or None
    return {
        "under": areas.area(session, under) if under else None,
        "line": areas.names_along(session, areas.area(session, under).path) if under else [],
        "children": areas.children(session, under),
        "level_words": _level_words(),
        "opened": {place.area_code: place for place in communities.communities(session)},
    }


def _preview_facts(upload_id: uuid.UUID) -> dict[str, Any]:
    _require("areas.import_tree")
    session = edge.read()
    name, rows = areas.staged_tree(session, upload_id, now=edge.now())
    planned = areas.plan(rows, areas.by_code(session))
    counts = {
        verdict: sum(row.verdict == verdict for row in planned) for verdict in ("add", "rename", "keep", "refuse")
    }
    order = {"refuse": 0, "rename": 1, "add": 2, "keep": 3}
    shown = sorted(planned, key=lambda row: (order[row.verdict], row.row.number))[:SHOWN_ROWS]
    return {
        "upload_id": upload_id,
        "name": name,
        "counts": counts,
        "rows": shown,
        "hidden": len(planned) - len(shown),
        "reasons": _reasons,
        "level_words": _level_words(),
        "verdict_words": {"add": _("新增"), "rename": _("改名"), "keep": _("不变"), "refuse": _("有误")},
        "verdict_kinds": {"add": "green", "rename": "orange", "keep": "grey", "refuse": "red"},
    }


def _reasons(row: PlannedArea) -> list[str]:
    words = {"name": _("名称太长,最多 60 个字"), "name_missing": _("没有名称")}
    return [str(words.get(code, PROBLEM_WORDS.get(code, code))) for code in row.problems]


def _new_facts() -> dict[str, Any]:
    """Villages and urban communities where none was opened yet."""
    _require("communities.open_community")
    session = edge.read()
    taken = {place.area_code for place in communities.communities(session)}
    tree = areas.by_code(session)
    free = sorted(
        (area for area in tree.values() if area.level == "community" and area.code not in taken),
        key=lambda area: area.path,
    )
    return {
        "places": [(area.code, " · ".join(_line(area.path, tree)[-3:])) for area in free],
        "profiles": [(name, _profile_words()[name]) for name in policy.PROFILES],
    }


def _line(path: str, tree: dict[str, areas.Area]) -> list[str]:
    return [tree[code].name for code in path.split("/") if code in tree]


def _area_names() -> dict[str, str]:
    tree = areas.by_code(edge.read())
    return {place.code: " · ".join(_line(place.area_path, tree)) for place in communities.communities(edge.read())}


def _level_words() -> dict[str, str]:
    return {
        "province": _("省"),
        "city": _("市"),
        "county": _("县(区)"),
        "township": _("乡镇(街道)"),
        "community": _("村(社区)"),
        "grid": _("网格"),
        "building": _("楼栋"),
    }


def _profile_words() -> dict[str, str]:
    return {
        "default": _("默认"),
        "nanjing-2019": _("南京 2019:60 岁可取服务,上限 1500 小时"),
        "beijing-2022": _("北京 2022:18 岁可存,60 岁可取服务"),
        "shanghai-2026": _("上海 2026:18 岁可存,65 岁可取服务"),
    }


def _worded(refused: Refused) -> Refused:
    return in_words(refused, {"two_people": _("要是两个不同的人。"), "name": _("姓名要有 1 到 60 个字。")})
