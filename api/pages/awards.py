"""Awards: entered one by one or from a spreadsheet, reviewed, published; objections answered, mistakes booked back."""

import uuid
from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _

from api import edge
from api.messages import points as words
from api.pages.points import uploaded
from api.points_words import by_field, in_words, told
from api.schemas.points import AwardAsked, AwardsListed, DayDeclared, Reason, Reviewed, Said, Verdict
from timebank import permissions
from timebank.errors import BadInput, Refused
from timebank.people.working_days import declare_day, declared_days, today_in
from timebank.points.awards import entering
from timebank.points.awards.rows import AwardRow, rows_of_file
from timebank.points.awards.tables import STATES
from timebank.points.publicity import batches, objections
from timebank.points.table import adoption

blueprint = Blueprint("awards", __name__)


@blueprint.get("/c/<community_code>/points/awards")
@edge.signed_in
def listed() -> Any:
    """Awards by state, and what waits to be done."""
    asked = edge.load(AwardsListed)
    return edge.page("awards/list.html", words=words, **_list(asked["state"], asked["after"]))


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
        problems = entering.preview(edge.read(), actor=edge.actor(), now=edge.now(), row=row).problems
        if problems:
            raise BadInput(fields=by_field(problems))
        made = edge.submit(
            "awards.enter",
            lambda session, now: entering.enter(session, actor=edge.actor(), now=now, row=row),
            content=asked,
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


@blueprint.post("/c/<community_code>/points/awards/imports")
@edge.signed_in
def stage() -> Any:
    """Read a spreadsheet and go to its preview."""
    permissions.require(edge.actor(), "awards.enter", community_id=edge.community().id)
    try:
        content, name = uploaded("file")
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
        asked = edge.load(Reviewed)
        made = edge.submit(
            "awards.review",
            lambda session, now: entering.review(
                session,
                actor=edge.actor(),
                now=now,
                award_ids=asked["award_id"],
                approved=asked["verdict"] == "approve",
                remark=asked["remark"],
            ),
            content=asked,
        )
    except Refused as refused:
        return edge.again("awards/list.html", in_words(refused), words=words, **_list("entered", None))
    edge.flash_done(
        _("通过 %(count)s 笔。", count=made["awards"])
        if asked["verdict"] == "approve"
        else _("退回 %(count)s 笔。", count=made["awards"])
    )
    return edge.back("awards.listed", state="entered")


@blueprint.get("/c/<community_code>/points/awards/<uuid:award_id>")
@edge.signed_in
def one(award_id: uuid.UUID) -> Any:
    """One award from its evidence to its entry; its household reads it too."""
    return edge.page("awards/one.html", words=words, **_one(award_id))


@blueprint.post("/c/<community_code>/points/awards/<uuid:award_id>/withdraw")
@edge.signed_in
def withdraw(award_id: uuid.UUID) -> Any:
    """Take back what is not published yet."""
    return _with_reason("awards.withdraw", entering.withdraw, award_id, _("已撤销。"))


@blueprint.post("/c/<community_code>/points/awards/<uuid:award_id>/correct")
@edge.signed_in
def correct(award_id: uuid.UUID) -> Any:
    """Ask that a booked award be booked back."""
    return _with_reason(
        "publicity.correct", objections.ask_correction, award_id, _("已申请冲正,等另一位工作人员确认。")
    )


@blueprint.post("/c/<community_code>/points/awards/<uuid:award_id>/correct/confirm")
@edge.signed_in
def confirm_correction(award_id: uuid.UUID) -> Any:
    """Book it back, as the second officer."""
    permissions.require(edge.actor(), "publicity.correct", community_id=edge.community().id)
    try:
        edge.submit(
            "publicity.confirm_correction",
            lambda session, now: objections.confirm_correction(session, actor=edge.actor(), now=now, award_id=award_id),
            content={"award": award_id},
        )
    except Refused as refused:
        return edge.again("awards/one.html", refused, words=words, **_one(award_id))
    edge.flash_done(_("已冲正。"))
    return edge.back("awards.one", award_id=award_id)


@blueprint.post("/c/<community_code>/points/publish")
@edge.signed_in
def publish() -> Any:
    """Hang out the approved awards as the next batch."""
    permissions.require(edge.actor(), "publicity.publish", community_id=edge.community().id)
    try:
        made = edge.submit(
            "publicity.publish",
            lambda session, now: batches.publish(session, actor=edge.actor(), now=now),
            content={},
        )
    except Refused as refused:
        return edge.again("awards/list.html", refused, words=words, **_list("approved", None))
    edge.flash_done(_("第 %(batch)s 批已公示,共 %(lines)s 行。", batch=made["batch"], lines=made["lines"]))
    return edge.back("board.batch", number=made["batch"])


@blueprint.get("/c/<community_code>/points/objections")
@edge.signed_in
def objections_listed() -> Any:
    """Objections and appeals that wait, and those that were decided."""
    return edge.page("awards/objections.html", words=words, **_objections())


@blueprint.post("/c/<community_code>/points/objections/<uuid:objection_id>/answer")
@edge.signed_in
def answer(objection_id: uuid.UUID) -> Any:
    """The committee's answer."""
    return _verdict("publicity.answer", objections.answer, objection_id)


@blueprint.post("/c/<community_code>/points/objections/<uuid:objection_id>/decide")
@edge.signed_in
def decide(objection_id: uuid.UUID) -> Any:
    """The supervision committee's word on an appeal."""
    return _verdict("publicity.decide", objections.decide, objection_id)


@blueprint.post("/c/<community_code>/points/objections/<uuid:objection_id>/appeal")
@edge.signed_in
def appeal(objection_id: uuid.UUID) -> Any:
    """Staff write down an appeal that somebody brought on paper."""
    permissions.require(edge.actor(), "publicity.object_on_behalf", community_id=edge.community().id)
    asked = edge.load(Said)
    edge.submit(
        "publicity.appeal",
        lambda session, now: objections.appeal(
            session, actor=edge.actor(), now=now, objection_id=objection_id, text=asked["text"]
        ),
        content={"objection": objection_id, **asked},
    )
    edge.flash_done(_("申诉已转监督委员会。"))
    return edge.back("awards.objections_listed")


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


def _list(state: str, after: uuid.UUID | None) -> dict[str, Any]:
    session, asks, place = edge.read(), edge.actor(), edge.community()
    counts = entering.counts(session, actor=asks)
    shown = state if state in STATES else ""
    found = entering.awards_of(session, actor=asks, state=shown, after=after, limit=entering.PAGE + 1)
    rows = found[: entering.PAGE]
    more = len(found) > entering.PAGE
    return {
        "rows": rows,
        "state": shown,
        "counts": counts,
        "next_url": url_for("awards.listed", state=shown, after=rows[-1].award.id.hex) if more else "",
        "first_url": url_for("awards.listed", state=shown) if after else "",
        "reviews": permissions.may(asks, "awards.review", community_id=place.id),
        "enters": permissions.may(asks, "awards.enter", community_id=place.id),
        "publishes": permissions.may(asks, "publicity.publish", community_id=place.id),
        "table": adoption.in_force_on(session, place.id, today_in(session, place.id, edge.now())),
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


def _one(award_id: uuid.UUID) -> dict[str, Any]:
    session, asks = edge.read(), edge.actor()
    row = entering.award(session, actor=asks, award_id=award_id)
    community_id = row.award.community_id
    return {
        "row": row,
        "correction": objections.open_correction(session, row.award),
        "withdraws": permissions.may(asks, "awards.withdraw", community_id=community_id),
        "corrects": permissions.may(asks, "publicity.correct", community_id=community_id),
        "audits": permissions.may(asks, "reports.journal", community_id=community_id),
        "mine": row.award.household_id == asks.household_id,
    }


def _objections() -> dict[str, Any]:
    asks, place = edge.actor(), edge.community()
    return {
        "rows": objections.objections_of(edge.read(), actor=asks),
        "answers": permissions.may(asks, "publicity.answer", community_id=place.id),
        "decides": permissions.may(asks, "publicity.decide", community_id=place.id),
        "on_behalf": permissions.may(asks, "publicity.object_on_behalf", community_id=place.id),
        "now": edge.now(),
    }


def _days() -> dict[str, Any]:
    session, place = edge.read(), edge.community()
    today = today_in(session, place.id, edge.now())
    return {"today": today, "days": list(declared_days(session, place.id, since=today).values())}


def _with_reason(use_case: str, verb: Any, award_id: uuid.UUID, done: str) -> Any:
    permissions.require(edge.actor(), use_case, community_id=edge.community().id)
    try:
        asked = edge.load(Reason)
        edge.submit(
            use_case,
            lambda session, now: verb(session, actor=edge.actor(), now=now, award_id=award_id, reason=asked["reason"]),
            content={"award": award_id, **asked},
        )
    except Refused as refused:
        return edge.again("awards/one.html", in_words(refused), words=words, **_one(award_id))
    edge.flash_done(done)
    return edge.back("awards.one", award_id=award_id)


def _verdict(use_case: str, verb: Any, objection_id: uuid.UUID) -> Any:
    permissions.require(edge.actor(), use_case, community_id=edge.community().id)
    try:
        asked = edge.load(Verdict)
        edge.submit(
            use_case,
            lambda session, now: verb(
                session,
                actor=edge.actor(),
                now=now,
                objection_id=objection_id,
                upheld=asked["verdict"] == "uphold",
                text=asked["text"],
            ),
            content={"objection": objection_id, **asked},
        )
    except Refused as refused:
        return edge.again("awards/objections.html", in_words(refused), words=words, **_objections())
    edge.flash_done(_("已答复。"))
    return edge.back("awards.objections_listed")
