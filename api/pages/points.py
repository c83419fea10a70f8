"""The points table: imported from a spreadsheet, adopted, published, in force; its items switched on and off."""

import datetime as dt
import hashlib
import io
import uuid
from typing import Any

from flask import Blueprint, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from api import edge, exports
from api.exports import Column, Sheet
from api.messages import points as words
from api.points_words import in_words, told
from api.schemas.points import Adoption, Switch, Title
from timebank import permissions, samples
from timebank.errors import Refused
from timebank.people.working_days import today_in
from timebank.points.table import adoption
from timebank.points.table.reading import read_file
from timebank.points.table.tables import PointsItem, PointsTable

blueprint = Blueprint("points", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/c/<community_code>/points/tables")
@edge.signed_in
def tables() -> Any:
    """All versions, and the way to a new one."""
    return edge.page("points/tables.html", words=words, **_tables())


@blueprint.post("/c/<community_code>/points/tables")
@edge.signed_in
def stage() -> Any:
    """Read an uploaded spreadsheet and go to its preview."""
    permissions.require(edge.actor(), "table.draft", community_id=edge.community().id)
    try:
        content, name = uploaded("file")
        reading = read_file(content)
        made = edge.submit(
            "table.stage",
            lambda session, now: adoption.stage(session, actor=edge.actor(), now=now, name=name, reading=reading),
            content={"file": content, "name": name},
        )
    except Refused as refused:
        return edge.again("points/tables.html", in_words(refused), words=words, **_tables())
    return edge.back("points.preview", staging_id=uuid.UUID(made["staging_id"]))


@blueprint.get("/c/<community_code>/points/imports/<uuid:staging_id>")
@edge.signed_in
def preview(staging_id: uuid.UUID) -> Any:
    """What was read, row by row, and what keeps it out."""
    return edge.page("points/preview.html", words=words, **_preview(staging_id))


@blueprint.post("/c/<community_code>/points/imports/<uuid:staging_id>")
@edge.signed_in
def draft(staging_id: uuid.UUID) -> Any:
    """Make the draft."""
    try:
        title = edge.load(Title).get("title", "")
        made = edge.submit(
            "table.draft",
            lambda session, now: adoption.draft(
                session, actor=edge.actor(), now=now, staging_id=staging_id, title=title
            ),
            content={"staging": staging_id, "title": title},
        )
    except Refused as refused:
        return edge.again("points/preview.html", in_words(refused), words=words, **_preview(staging_id))
    edge.flash_done(_("草案已存,%(items)s 个项目。", items=made["items"]))
    return edge.back("points.table", table_id=uuid.UUID(made["table_id"]))


@blueprint.get("/c/<community_code>/points/tables/<uuid:table_id>")
def table(table_id: uuid.UUID) -> Any:
    """One version: anybody reads an adopted one, the committee records its adoption and switches items."""
    return edge.page("points/table.html", words=words, **_table(table_id))


@blueprint.get("/c/<community_code>/points/tables/<uuid:table_id>.<any(xlsx, csv):form>")
def table_file(table_id: uuid.UUID, form: str) -> Any:
    """The table as an accountant takes it away; it can be imported again."""
    found, items = adoption.table_with_items(edge.read(), actor=edge.actor(), table_id=table_id)
    file = io.BytesIO()
    sheet = _sheet(found, items)
    if form == "xlsx":
        exports.write_xlsx(file, [sheet], zone=edge.community().zone)
    else:
        exports.write_csv(file, sheet, zone=edge.community().zone)
    file.seek(0)
    name = f"{edge.community().code}-points-table-{found.version or 'draft'}.{form}"
    kind = XLSX if form == "xlsx" else "text/csv; charset=utf-8"
    return send_file(file, mimetype=kind, as_attachment=True, download_name=name)


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/adopt")
@edge.signed_in
def adopt(table_id: uuid.UUID) -> Any:
    """Record the vote; publicity begins now."""
    permissions.require(edge.actor(), "table.adopt", community_id=edge.community().id)
    try:
        asked = edge.load(Adoption)
        name = ""
        minutes = request.files.get("minutes")
        if minutes is not None and minutes.filename:
            content, name = uploaded("minutes")
            asked["minutes_digest"] = hashlib.sha256(content).hexdigest()
        made = edge.submit(
            "table.adopt",
            lambda session, now: adoption.adopt(
                session, actor=edge.actor(), now=now, table_id=table_id, minutes_name=name, **asked
            ),
            content={"table": table_id, **asked},
        )
    except Refused as refused:
        return edge.again("points/table.html", in_words(refused), words=words, **_table(table_id))
    day = edge_day(made["in_force_from"])
    edge.flash_done(_("第 %(version)s 版已通过,公示后从 %(day)s 起生效。", version=made["version"], day=day))
    return edge.back("points.table", table_id=table_id)


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/withdraw")
@edge.signed_in
def withdraw(table_id: uuid.UUID) -> Any:
    """Take a draft, or a version before its day, back."""
    edge.submit(
        "table.withdraw",
        lambda session, now: adoption.withdraw(session, actor=edge.actor(), now=now, table_id=table_id),
        content={"table": table_id},
    )
    edge.flash_done(_("已撤回。"))
    return edge.back("points.tables")


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/switch")
@edge.signed_in
def switch(table_id: uuid.UUID) -> Any:
    """Record a decision to use an item, or not to."""
    permissions.require(edge.actor(), "table.switch", community_id=edge.community().id)
    try:
        asked = edge.load(Switch)
        asked["in_use"] = asked["in_use"] == "on"
        edge.submit(
            "table.switch",
            lambda session, now: adoption.switch(session, actor=edge.actor(), now=now, **asked),
            content=asked,
        )
    except Refused as refused:
        return edge.again("points/table.html", in_words(refused), words=words, **_table(table_id))
    edge.flash_done(_("已启用,从今天起的事可以计分。") if asked["in_use"] else _("已停用。"))
    return edge.back("points.table", table_id=table_id)


def uploaded(name: str) -> tuple[bytes, str]:
    """The bytes and the name of an uploaded file; a refusal of its field if there is none."""
    file = request.files.get(name)
    if not isinstance(file, FileStorage) or not file.filename:
        raise edge.bad(name, _("请选择文件。"))
    return file.read(), file.filename


def edge_day(text: str) -> str:
    """A day out of a use case's facts as people read it."""
    from api.look import day

    return day(dt.date.fromisoformat(text))


def _tables() -> dict[str, Any]:
    return {
        "tables": adoption.tables_of(edge.read(), actor=edge.actor(), only_adopted=False),
        "samples": samples.TABLES,
    }


def _preview(staging_id: uuid.UUID) -> dict[str, Any]:
    staged, reading = adoption.staged_reading(edge.read(), actor=edge.actor(), staging_id=staging_id)
    return {
        "staged": staged,
        "items": reading.items,
        "problems": told(reading.problems),
        "hints": told(reading.hints),
        "lines": len({problem.line for problem in reading.problems}),
        "title": edge.community().name + _("积分表"),
    }


def _table(table_id: uuid.UUID) -> dict[str, Any]:
    session, asks = edge.read(), edge.actor()
    found, items = adoption.table_with_items(session, actor=asks, table_id=table_id)
    manages = permissions.may(asks, "table.adopt", community_id=found.community_id)
    return {
        "table": found,
        "items": items,
        "switches": adoption.switches_of(session, found.community_id, found.id),
        "manages": manages,
        "today": today_in(session, found.community_id, edge.now()),
        "back_url": url_for("points.tables") if manages else url_for("board.home"),
    }


def _sheet(found: PointsTable, items: Any) -> Sheet:
    labels = [_("序号"), _("类别"), _("项目"), _("分值"), _("计分单位"), _("上限"), _("对象"), _("备注"), _("依据"),
              _("佐证"), _("是否启用")]  # fmt: skip
    kinds = ["whole", "text", "text", "points", *["text"] * 7]
    columns = [Column(label=label, kind=kind) for label, kind in zip(labels, kinds, strict=True)]  # type: ignore[arg-type]
    rows = [
        (item.position, item.category, item.title, item.value_steps, str(words.PERS[item.per]), caps_text(item),
         str(words.SUBJECTS[item.subject]), item.remark, item.clause, item.evidence, _("是") if item.in_use else _("否"))
        for item in items
    ]  # fmt: skip
    notes = [found.title, _("第 %(version)s 版", version=found.version or "-"), f"SHA-256 {found.digest}"]
    return Sheet(name=found.title, columns=columns, rows=rows, notes=notes)


def caps_text(item: PointsItem) -> str:
    """The caps of an item in a few words; they can be read back by an import."""
    from api.look import points

    caps = (("day", item.cap_day_steps), ("month", item.cap_month_steps), ("year", item.cap_year_steps))
    return ",".join(f"{words.CAPS[period]}{points(steps)}" for period, steps in caps if steps)
