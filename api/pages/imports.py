"""Residents from a spreadsheet: upload, look at every row, confirm, and see how far it is."""

import uuid
from typing import Any, cast

from flask import Blueprint, current_app, request
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _

from api import edge, exports, lists
from api.importing import Importing
from api.messages.people import NOTE_WORDS, PROBLEM_WORDS, refusal_words
from api.pages.people import vault
from api.schemas import people as schemas
from timebank import permissions, spreadsheets
from timebank.errors import Refused
from timebank.people import imports
from timebank.people.imports import Planned

blueprint = Blueprint("imports", __name__, url_prefix="/c/<community_code>/imports")

A_PAGE = 50
# The template's example, which shows how each column is meant.
EXAMPLE = {
    "name": "陈素珍", "sex": "女", "born_on": "1940-01-02", "phone": "13800138000", "book_code": "001", "relation": "户主",
    "address": "1 幢 101 室", "flags": "独居", "flag_evidence": "2026 年走访记录", "flag_until": "2027-12-31", "opening_minutes": "1200",
    "opening_points": "25.5", "source_page": "第 3 册 12 页", "handler": "张明", "checker": "李红",
}  # fmt: skip


@blueprint.record
def _prepare(state: BlueprintSetupState) -> None:
    """A request that confirms a file takes it in; a server puts in its place what goes on beside the requests."""
    state.app.extensions["timebank_importing"] = Importing(beside=False)


@blueprint.get("")
@edge.signed_in
def uploads() -> Any:
    """Where a file is uploaded, and the files of late."""
    return edge.page("imports/uploads.html", **_upload_facts())


@blueprint.post("")
@edge.signed_in
def upload() -> Any:
    """Read and judge the file, which nobody waits for, and stage its rows: a short write that changes nothing in the register."""
    _require()
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise edge.bad("file", _("请选择文件。"))
        content = file.read(spreadsheets.MOST_BYTES + 1)
        sheet = spreadsheets.read(content, columns=imports.COLUMNS)
    except Refused as refused:
        return edge.again("imports/uploads.html", _told(refused), **_upload_facts())
    actor, name = edge.actor(), file.filename
    judged = imports.judge(edge.read(), actor=actor, now=edge.now(), sheet=sheet, vault=vault())
    batch_id = edge.submit_global(
        lambda session, now: imports.keep(
            session, actor=actor, now=now, judged=judged, sheet=sheet, file_name=name, content=content
        )
    )
    return edge.back("imports.preview", batch_id=batch_id)


@blueprint.get("/<uuid:batch_id>")
@edge.signed_in
def preview(batch_id: uuid.UUID) -> Any:
    """Before it is confirmed what would become of each row, then how far it is, and at last what became of each.

    Looking at a file that stands still lets it go on: it was confirmed, and only the process that took it in is gone.
    """
    facts = _preview_facts(batch_id)
    if facts["run"] is not None and facts["run"].ended_at is None:
        _importing().go_on(edge.storage(), edge.community(), batch_id)
    return edge.page("imports/preview.html", **facts)


@blueprint.get("/<uuid:batch_id>/rows.xlsx")
@edge.signed_in
def export_rows(batch_id: uuid.UUID) -> Any:
    """The rows as shown, with what is wrong with each, to mend them where they came from."""
    facts = _preview_facts(batch_id)
    rows = imports.rows(
        edge.read(), edge.community().id, batch_id, verdict=facts["asked"]["verdict"], limit=spreadsheets.MOST_ROWS
    )
    sheet = exports.Sheet(
        name=_("导入核对"),
        columns=[
            exports.Column(label=_("行号"), kind="whole"),
            exports.Column(label=_("姓名")),
            exports.Column(label=_("结论")),
            exports.Column(label=_("说明")),
        ],
        rows=[
            (row.number, row.entry.name, str(facts["verdict_of"](row)[0]), "; ".join(facts["reasons"](row)))
            for row in rows
        ],
    )
    return lists.answer("xlsx", [sheet], "import-check")


@blueprint.post("/<uuid:batch_id>/again")
@edge.signed_in
def look_again(batch_id: uuid.UUID) -> Any:
    actor = edge.actor()
    judged = imports.judge_again(edge.read(), actor=actor, now=edge.now(), batch_id=batch_id)
    edge.submit_global(
        lambda session, now: imports.look_again(session, actor=actor, now=now, batch_id=batch_id, judged=judged)
    )
    edge.flash_done(_("已按现在的登记册重新核对。"))
    return edge.back("imports.preview", batch_id=batch_id)


@blueprint.post("/<uuid:batch_id>/confirm")
@edge.signed_in
def confirm(batch_id: uuid.UUID) -> Any:
    """Every row is judged once more, before the turn on the lane; what follows goes on beside the requests."""
    try:
        asked = edge.load(schemas.Confirmation)
        checked = imports.check(
            edge.read(),
            actor=edge.actor(),
            now=edge.now(),
            batch_id=batch_id,
            with_doubtful=bool(asked["with_doubtful"]),
        )
        edge.submit(
            "imports.confirm",
            lambda session, now: imports.confirm(session, actor=edge.actor(), now=now, checked=checked),
            content={**asked, "batch": batch_id},
        )
    except (
        imports.ImportHasErrors,
        imports.ImportChanged,
        imports.ImportEmpty,
        imports.ImportApplied,
        imports.ImportGoingOn,
    ) as refused:
        return edge.again("imports/preview.html", refused, **_preview_facts(batch_id))
    _importing().go_on(edge.storage(), edge.community(), batch_id)
    return edge.back("imports.preview", batch_id=batch_id)


@blueprint.get("/template.xlsx")
@edge.signed_in
def template() -> Any:
    """An empty table with the columns that are understood, and a line that shows how they are meant."""
    _require()
    return lists.answer("xlsx", [lists.template("名册", imports.COLUMNS, EXAMPLE)], "residents-template")


def _importing() -> Importing:
    return cast(Importing, current_app.extensions["timebank_importing"])


def _require() -> None:
    permissions.require(edge.actor(), "residents.import_residents", community_id=edge.community().id)


def _upload_facts() -> dict[str, Any]:
    _require()
    return {
        "batches": imports.batches(edge.read(), edge.community().id, now=edge.now()),
        "most_rows": spreadsheets.MOST_ROWS,
        "required": [column.titles[0] for column in imports.COLUMNS if column.required],
        "optional": [column.titles[0] for column in imports.COLUMNS if not column.required],
    }


def _preview_facts(batch_id: uuid.UUID) -> dict[str, Any]:
    _require()
    session, place = edge.read(), edge.community()
    asked = schemas.Verdict().load(request.args)
    batch = imports.batch(session, place.id, batch_id, now=edge.now())
    found = imports.rows(session, place.id, batch_id, verdict=asked["verdict"], after=asked["after"], limit=A_PAGE + 1)
    titles = {column.name: column.titles[0] for column in imports.COLUMNS} | batch.sheet["titles"]
    run = imports.run_of(session, place.id, batch_id)
    refused = imports.refusals(session, place.id, batch_id)
    words = {
        "new": (_("新增"), "green"),
        "known": (_("已在册,跳过"), "grey"),
        "doubtful": (_("可能重复"), "orange"),
        "error": (_("有误"), "red"),
        imports.REFUSED: (_("未能导入"), "red"),
    }
    counts = imports.counts(session, place.id, batch_id)
    if refused:
        counts[imports.REFUSED] = len(refused)
    return {
        "batch": batch,
        "run": run,
        "counts": counts,
        "summary": imports.summary(session, place.id, batch_id) if run is None and batch.state == "staged" else None,
        "rows": found[:A_PAGE],
        "next_after": found[A_PAGE - 1].number if len(found) > A_PAGE else 0,
        "asked": asked,
        "reasons": lambda row: _refusal(refused, row) + _reasons(row, titles),
        "verdict_words": {verdict: said for verdict, (said, _kind) in words.items()},
        "verdict_of": lambda row: words[imports.REFUSED if row.number in refused else row.verdict],
    }


def _refusal(refused: dict[int, str], row: Planned) -> list[str]:
    return [refusal_words(refused[row.number])] if row.number in refused else []


def _reasons(row: Planned, titles: dict[str, str]) -> list[str]:
    """What is wrong with a row and what should be known of it, in words."""
    said = []
    for problem in row.problems:
        words = str(PROBLEM_WORDS.get(problem["code"], problem["code"]))
        said.append(_("“%(column)s”:%(problem)s", column=titles.get(problem["column"], ""), problem=words % problem))
    for note in row.notes:
        facts = {
            **note,
            "column": titles.get(note.get("column", ""), ""),
            "people": "、".join(note.get("people", [])[:5]),
        }
        said.append(str(NOTE_WORDS.get(note["code"], note["code"])) % facts)
    return said


def _told(refused: Refused) -> Refused:
    """Columns are named in one piece of text."""
    columns = refused.facts.get("columns")
    if isinstance(columns, list):
        refused.facts["columns"] = "、".join(str(column) for column in columns)
    return refused
