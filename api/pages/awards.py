"""Awards: entered one by one or from a spreadsheet, reviewed; mistakes booked back. What hangs out is publicity.py's."""

import datetime as dt
import uuid
from functools import partial
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from api import attachments, award_problems, edge, lists
from api.exports import Column, Kind, Sheet
from api.messages import awards as award_words
from api.messages import points as words
from api.messages import publicity
from api.pages.award_lists import grids, page_of, sheet_of
from api.pages.points.shared import sentence
from api.points_words import in_words, told
from api.schemas.awards import AwardDecided, AwardsListed, Reviewed
from api.schemas.points import AwardAsked, DayDeclared, Reason
from timebank import permissions, policy
from timebank.attendance_points import awarding as award_visits
from timebank.errors import Refused
from timebank.people.working_days import declare_day, declared_days, today_in
from timebank.points import rules
from timebank.points.awards import claiming, entering, reading, reviewing, states
from timebank.points.awards.rows import COLUMNS, AwardRow, rows_of_file
from timebank.points.publicity import corrections, objection_lists
from timebank.points.table import adoption

blueprint = Blueprint("awards", __name__)


@blueprint.get("/c/<community_code>/points/awards")
@edge.signed_in
def listed() -> Any:
    """Awards by state and other filters, and what waits to be done."""
    return edge.page("awards/list.html", **_list(edge.load(AwardsListed)))


@blueprint.get(f"/c/<community_code>/points/awards.<any({lists.FORMS}):form>")
@edge.signed_in
def export(form: str) -> Any:
    """The list as shown, as a file."""
    asked = edge.load(AwardsListed)
    page_of(asked)  # who may not see the list takes none of it away
    return lists.answer(form, [sheet_of(asked)], "awards")


@blueprint.get("/c/<community_code>/points/awards/new")
@edge.signed_in
def new() -> Any:
    """The form for one award."""
    permissions.require(edge.actor(), "awards.enter", community_id=edge.community().id)
    return edge.page("awards/new.html", words=words, **_form())


@blueprint.post("/c/<community_code>/points/awards/new")
@edge.signed_in
def enter() -> Any:
    """Enter one award; what is wrong stands beside its field."""
    permissions.require(edge.actor(), "awards.enter", community_id=edge.community().id)
    try:
        asked = edge.load(AwardAsked)
        row = AwardRow(line=1, item="", **{**asked, "item_id": asked["item_id"].hex})
        made = award_problems.submit(
            "awards.enter",
            lambda session, now: entering.enter(session, actor=edge.actor(), now=now, row=row),
            content=asked,
            row=row,
        )
    except Refused as refused:
        return edge.again("awards/new.html", in_words(refused), words=words, **_form())
    from api.look import points

    edge.flash_done(_("已登记 %(steps)s 分,等待审核。", steps=points(made["credited_steps"])))
    if made["limited_by"]:
        edge.flash_note(_("按上限计入,原来是 %(steps)s 分。", steps=points(made["uncapped_steps"])))
    return edge.back("awards.new")


@blueprint.get("/c/<community_code>/points/awards/imports")
@edge.signed_in
def upload() -> Any:
    """The form for a spreadsheet of awards."""
    permissions.require(edge.actor(), "awards.enter", community_id=edge.community().id)
    return edge.page("awards/upload.html", words=words)


@blueprint.get("/c/<community_code>/points/awards/imports/template.xlsx")
@edge.signed_in
def template() -> Any:
    """An empty list of awards, and beside it the items that can be written into it today."""
    permissions.require(edge.actor(), "awards.enter", community_id=edge.community().id)
    columns: tuple[tuple[str, Kind], ...] = (
        (_("序号"), "whole"), (_("类别"), "text"), (_("项目"), "text"), (_("怎么计分"), "text"),
    )  # fmt: skip
    items = Sheet(
        name=str(_("细则")),
        columns=[Column(label=label, kind=kind) for label, kind in columns],
        rows=[(item.position, item.category, item.title, sentence(item)) for item in _form()["items"]],
    )
    return lists.answer("xlsx", [lists.template(str(_("加分登记表")), COLUMNS), items], "awards-template")


@blueprint.post("/c/<community_code>/points/awards/imports")
@edge.signed_in
def stage() -> Any:
    """Read a spreadsheet and go to its preview."""
    permissions.require(edge.actor(), "awards.enter", community_id=edge.community().id)
    try:
        content, name = _spreadsheet()
        rows, problems = rows_of_file(content)
        made = edge.submit(
            "awards.stage",
            lambda session, now: entering.stage(
                session, actor=edge.actor(), now=now, name=name, rows=rows, problems=problems
            ),
            content={"file": content, "name": name},
        )
    except Refused as refused:
        return edge.again("awards/upload.html", in_words(refused), words=words)
    return edge.back("awards.preview", staging_id=uuid.UUID(made["staging_id"]))


@blueprint.get("/c/<community_code>/points/awards/imports/<uuid:staging_id>")
@edge.signed_in
def preview(staging_id: uuid.UUID) -> Any:
    """What each row would come to, and what keeps the file out."""
    return edge.page("awards/preview.html", words=words, **_preview(staging_id))


@blueprint.post("/c/<community_code>/points/awards/imports/<uuid:staging_id>")
@edge.signed_in
def enter_file(staging_id: uuid.UUID) -> Any:
    """Enter all rows of the file."""
    try:
        made = edge.submit(
            "awards.enter_file",
            lambda session, now: entering.enter_file(session, actor=edge.actor(), now=now, staging_id=staging_id),
            content={"staging": staging_id},
        )
    except Refused as refused:
        return edge.again("awards/preview.html", refused, words=words, **_preview(staging_id))
    edge.flash_done(_("已登记 %(count)s 笔,等待审核。", count=made["awards"]))
    return edge.back("awards.listed", state="entered")


@blueprint.post("/c/<community_code>/points/awards/review")
@edge.signed_in
def review() -> Any:
    """Approve or reject the chosen awards, all or none."""
    permissions.require(edge.actor(), "awards.review", community_id=edge.community().id)
    try:
        made, asked = _reviewed()
    except Refused as refused:
        return edge.again("awards/list.html", in_words(refused), **_list(_every("entered")))
    _say_reviewed(made, asked)
    return edge.back("awards.listed", state="entered")


@blueprint.post("/c/<community_code>/points/awards/<uuid:award_id>/review")
@edge.signed_in
def review_one(award_id: uuid.UUID) -> Any:
    """The verdict on one award, with its value where the table gives a range."""
    permissions.require(edge.actor(), "awards.review", community_id=edge.community().id)
    try:
        made, asked = _reviewed(award_id)
    except Refused as refused:
        return edge.again("awards/one.html", in_words(refused), **facts_of(award_id))
    _say_reviewed(made, asked)
    return edge.back("awards.one", award_id=award_id)


@blueprint.post("/c/<community_code>/points/awards/<uuid:award_id>/undo")
@edge.signed_in
def undo(award_id: uuid.UUID) -> Any:
    """Take the own latest verdict back."""
    permissions.require(edge.actor(), "awards.review", community_id=edge.community().id)
    try:
        edge.submit(
            "awards.undo",
            lambda session, now: reviewing.undo(session, actor=edge.actor(), now=now, award_id=award_id),
            content={"award": award_id},
        )
    except Refused as refused:
        return edge.again("awards/one.html", refused, **facts_of(award_id))
    edge.flash_done(_("已撤回,可以重新审核。"))
    return edge.back("awards.one", award_id=award_id)


@blueprint.post("/c/<community_code>/points/awards/<uuid:award_id>/decide")
@edge.signed_in
def decide_between(award_id: uuid.UUID) -> Any:
    """The committee's word where two reviewers differ."""
    permissions.require(edge.actor(), "awards.decide", community_id=edge.community().id)
    try:
        asked = edge.load(AwardDecided)
        edge.submit(
            "awards.decide",
            lambda session, now: reviewing.decide(
                session,
                actor=edge.actor(),
                now=now,
                award_id=award_id,
                approved=asked["verdict"] == "approve",
                remark=asked["remark"],
                steps=asked["steps"],
            ),
            content={"award": award_id, **asked},
        )
    except Refused as refused:
        return edge.again("awards/one.html", in_words(refused), **facts_of(award_id))
    edge.flash_done(_("已决定。"))
    return edge.back("awards.one", award_id=award_id)


@blueprint.get("/c/<community_code>/points/awards/<uuid:award_id>/photos/<int:number>")
@edge.signed_in
def photo(award_id: uuid.UUID, number: int) -> Any:
    """A photograph of the deed, for the few who may see it."""
    session = edge.read()
    found = claiming.photo(session, actor=edge.actor(), award_id=award_id, number=number)
    return attachments.answer(session, found)


@blueprint.get("/c/<community_code>/points/awards/<uuid:award_id>")
@edge.signed_in
def one(award_id: uuid.UUID) -> Any:
    """One award from its evidence to its entry; its household reads it too."""
    return edge.page("awards/one.html", **facts_of(award_id))


@blueprint.post("/c/<community_code>/points/awards/<uuid:award_id>/withdraw")
@edge.signed_in
def withdraw(award_id: uuid.UUID) -> Any:
    """Take back what is not published yet; who claimed it may, until somebody looked at it."""
    asks, place = edge.actor(), edge.community()
    row = reading.award(edge.read(), actor=asks, award_id=award_id).award
    own = not permissions.may(asks, "awards.withdraw", community_id=place.id)
    if own:
        permissions.require(asks, "awards.withdraw_own", community_id=place.id, person_id=row.claimant_id)
    return _with_reason("awards.withdraw", entering.withdraw, award_id, _("已撤销。"), asked_already=True)


@blueprint.post("/c/<community_code>/points/awards/<uuid:award_id>/correct")
@edge.signed_in
def correct(award_id: uuid.UUID) -> Any:
    """Ask that a booked award be booked back."""
    return _with_reason(
        "publicity.correct", corrections.ask_correction, award_id, _("已申请冲正,等另一位工作人员确认。")
    )


@blueprint.post("/c/<community_code>/points/awards/<uuid:award_id>/correct/confirm")
@edge.signed_in
def confirm_correction(award_id: uuid.UUID) -> Any:
    """Book it back, as the second officer."""
    permissions.require(edge.actor(), "publicity.correct", community_id=edge.community().id)
    try:
        edge.submit(
            "publicity.confirm_correction",
            lambda session, now: corrections.confirm_correction(
                session, actor=edge.actor(), now=now, award_id=award_id
            ),
            content={"award": award_id},
        )
    except Refused as refused:
        return edge.again("awards/one.html", refused, **facts_of(award_id))
    edge.flash_done(_("已冲正。"))
    return edge.back("awards.one", award_id=award_id)


@blueprint.get("/c/<community_code>/points/working-days")
@edge.signed_in
def working_days() -> Any:
    """Days that the national calendar does not know yet, or that are otherwise here."""
    permissions.require(edge.actor(), "working_days.declare", community_id=edge.community().id)
    return edge.page("awards/working_days.html", words=words, **_days())


@blueprint.post("/c/<community_code>/points/working-days")
@edge.signed_in
def declare() -> Any:
    """Enter one day."""
    permissions.require(edge.actor(), "working_days.declare", community_id=edge.community().id)
    try:
        asked = edge.load(DayDeclared)
        asked["works"] = asked["works"] == "yes"
        edge.submit(
            "working_days.declare",
            lambda session, now: declare_day(session, actor=edge.actor(), now=now, **asked),
            content=asked,
        )
    except Refused as refused:
        return edge.again("awards/working_days.html", in_words(refused), words=words, **_days())
    edge.flash_done(_("已登记。"))
    return edge.back("awards.working_days")


def _every(state: str) -> dict[str, Any]:
    """The filters of a list that shows one state."""
    told: dict[str, Any] = AwardsListed().load({"state": state})
    return told


def _list(asked: dict[str, Any]) -> dict[str, Any]:
    session, asks, place = edge.read(), edge.actor(), edge.community()
    shown = page_of(asked)
    table = adoption.in_force_on(session, place.id, today_in(session, place.id, edge.now()))
    whole = permissions.may(asks, "awards.read", community_id=place.id)
    counts = entering.counts(session, actor=asks) if whole else {}
    stages = reading.stage_counts(session, actor=asks) if whole else {}
    reviews = permissions.may(asks, "awards.review", community_id=place.id)
    lives = {**counts, **stages, "entered": counts.get("entered", 0) - sum(stages.values())}
    rows = lives.get(asked["state"], 0) if asked["state"] else sum(counts.values())
    return {
        **shown,
        "prints": rows <= lists.PRINTED_MOST or not shown["query"].keys() <= {"state"},
        "printed_most": lists.PRINTED_MOST,
        "state": asked["state"],
        "counts": lives,
        "reviews": reviews,
        "kept_from": reviewing.kept_from(session, asks, shown["rows"]) if reviews else {},
        "alone": {row.award.id for row in shown["rows"] if row.award.double_of or reviewing.is_range(row.item)},
        "enters": permissions.may(asks, "awards.enter", community_id=place.id),
        "reports": reading.areas_of(asks, "awards.report") is not None,
        "claims_for": permissions.may(asks, "awards.claim_for", community_id=place.id),
        "publishes": permissions.may(asks, "publicity.publish", community_id=place.id),
        "oversees": permissions.may(asks, "awards.reviewers", community_id=place.id),
        "draws": permissions.may(asks, "awards.draws", community_id=place.id),
        "links": permissions.may(asks, "attendance_points.read", community_id=place.id),
        "table": table,
        "items": adoption.items_of(session, place.id, table.id) if table else [],
        "grids": grids(),
        "words": award_words,
    }


def _form() -> dict[str, Any]:
    session, place = edge.read(), edge.community()
    today = today_in(session, place.id, edge.now())
    table = adoption.in_force_on(session, place.id, today)
    items = adoption.items_of(session, place.id, table.id) if table else []
    return {"today": today, "table": table, "items": [item for item in items if item.in_use]}


def _preview(staging_id: uuid.UUID) -> dict[str, Any]:
    staged, rows, problems = entering.staged_rows(
        edge.read(), actor=edge.actor(), now=edge.now(), staging_id=staging_id
    )
    good = [row for row in rows if row.reckoned is not None]
    return {
        "staged": staged,
        "rows": rows,
        "problems": told(problems),
        "lines": len({problem.line for problem in problems}),
        "total_steps": sum(row.reckoned.credited_steps for row in good if row.reckoned),
    }


def facts_of(award_id: uuid.UUID) -> dict[str, Any]:
    """What the page of one award shows; the pages of hearings show it too."""
    session, asks = edge.read(), edge.actor()
    whole = reading.whole(session, actor=asks, award_id=award_id)
    row, award = whole.row, whole.row.award
    community_id, home = award.community_id, whole.row.household
    may = partial(permissions.may, asks, community_id=community_id)
    mine = award.household_id == asks.household_id
    claimed = award.claimant_id is not None and award.claimant_id == asks.person_id
    standing = reviewing.verdicts_of(session, award)
    kept_from = reviewing.kept_from(session, asks, [row]).get(award.id, "")
    today = today_in(session, community_id, edge.now())
    correction = corrections.open_correction(session, award)
    return {
        "row": row,
        "whole": whole,
        "there": claiming.photos_there(session, whole.photos),
        "sees_photos": mine or claimed or award.entered_by == asks.number or may("awards.photos"),
        "kept_from": kept_from,
        "is_range": reviewing.is_range(row.item),
        "most_steps": rules.rule_of(row.item).largest(row.item),
        "reviews": may("awards.review") and award.life in {"entered", "second"},
        "decides": may("awards.decide") and award.life == "committee",
        "undoes": bool(standing)
        and standing[-1].reviewed_by == asks.number
        and "undo" in states.verbs_in(award.life)
        and may("awards.review"),
        "hears": may("awards.hear", area_path=home.area_path),
        "correction": correction,
        "kept_from_second": corrections.kept_from(session, asks, [(correction, award)])[award.id]
        if correction
        else None,
        "publicity": publicity,
        "put_right_by": objection_lists.put_right_by(session, award),
        "given_up": corrections.correction_of(session, award) if award.state == "booked" else None,
        "withdraws": (
            may("awards.withdraw")
            and kept_from not in ("own_household", "own_relatives")
            and "withdraw" in states.verbs_in(award.life)
        )
        or (claimed and award.life == "entered"),
        "corrects": may("publicity.correct"),
        "audits": may("reports.journal"),
        "sees_staff": reading.sees_staff(asks, row),
        "mine": mine,
        "claimed": claimed,
        "visit": award_visits.visit_of(session, community_id, award.id) if award.comes_from == "attendance" else None,
        "today": today,
        "earliest": today + dt.timedelta(days=policy.of(session, community_id, today).hearing_notice_days),
        "words": award_words,
        "pers": words.PERS,
    }


def _reviewed(award_id: uuid.UUID | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    asked = edge.load(Reviewed)
    chosen = asked["award_id"] if award_id is None else [award_id]
    steps = {award_id: asked["steps"]} if award_id is not None and asked["steps"] is not None else {}
    made = edge.submit(
        "awards.review",
        lambda session, now: reviewing.review(
            session,
            actor=edge.actor(),
            now=now,
            award_ids=chosen,
            approved=asked["verdict"] == "approve",
            remark=asked["remark"],
            chosen_steps=steps,
            both_reason=asked["both_reason"],
        ),
        content={**asked, "award_id": chosen},
    )
    return made, asked


def _say_reviewed(made: dict[str, Any], asked: dict[str, Any]) -> None:
    approved = asked["verdict"] == "approve"
    edge.flash_done(
        _("通过 %(count)s 笔。", count=made["awards"]) if approved else _("退回 %(count)s 笔。", count=made["awards"])
    )
    if made["second"]:
        edge.flash_note(_("其中 %(count)s 笔要由另一个人复核。", count=made["second"]))


def _days() -> dict[str, Any]:
    session, place = edge.read(), edge.community()
    today = today_in(session, place.id, edge.now())
    return {"today": today, "days": list(declared_days(session, place.id, since=today).values())}


def _with_reason(use_case: str, verb: Any, award_id: uuid.UUID, done: str, *, asked_already: bool = False) -> Any:
    if not asked_already:
        permissions.require(edge.actor(), use_case, community_id=edge.community().id)
    try:
        asked = edge.load(Reason)
        edge.submit(
            use_case,
            lambda session, now: verb(session, actor=edge.actor(), now=now, award_id=award_id, reason=asked["reason"]),
            content={"award": award_id, **asked},
        )
    except Refused as refused:
        return edge.again("awards/one.html", in_words(refused), **facts_of(award_id))
    edge.flash_done(done)
    return edge.back("awards.one", award_id=award_id)


def _spreadsheet() -> tuple[bytes, str]:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise edge.bad("file", _("请选择文件。"))
    return file.read(), file.filename
