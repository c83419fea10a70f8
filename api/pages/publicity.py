"""The committee's side of publicity: preparing and hanging out a month's batch, booking it, answering what was objected to."""

import datetime as dt
import uuid
from typing import Any

from flask import Blueprint, redirect, url_for
from flask_babel import gettext as _

from api import batch_runs, codes, edge, lists
from api.exports import Column, Sheet
from api.messages import points as words
from api.messages import publicity
from api.points_words import in_words
from api.schemas.points import Said
from api.schemas.publicity import Declined, HeldBack, LineAsked, Listed, Month, TakenBack, Verdict
from timebank import permissions
from timebank.errors import NotFound, Refused
from timebank.people import residents
from timebank.people.residents import Person
from timebank.people.working_days import today_in
from timebank.points.awards import entering
from timebank.points.publicity import (
    batches,
    booking,
    clocks,
    corrections,
    objection_lists,
    preparing,
    states,
    taking_back,
    who_answers,
)
from timebank.points.publicity import objections as objecting
from timebank.points.publicity import refused as refused_lines
from timebank.points.publicity.objections import Corrected
from timebank.points.publicity.tables import Objection, PublicityBatch

blueprint = Blueprint("publicity", __name__)

PAGE = 50
EXPORTED_MOST = 5_000


@blueprint.get("/c/<community_code>/publicity")
@edge.signed_in
def prepare() -> Any:
    """What the batch of a month would be, what is held back and why, and the batches until now."""
    return edge.page("board/prepare.html", **_prepared())


@blueprint.post("/c/<community_code>/publicity")
@edge.signed_in
def publish() -> Any:
    """Hang it out: the one click; a long batch is laid out beside the requests, and hangs when it is whole."""
    permissions.require(edge.actor(), "publicity.publish", community_id=edge.community().id)
    try:
        month = edge.load(Month)["month"]
        made = edge.submit(
            "publicity.publish",
            lambda session, now: batches.publish(session, actor=edge.actor(), now=now, month=month),
            content={"month": f"{month:%Y-%m}" if month else ""},
        )
    except Refused as refused:
        return edge.again("board/prepare.html", refused, **_prepared())
    if made["left"]:
        batch_runs.runs().go_on(edge.community(), made["batch"])
        return edge.back("publicity.progress", number=made["batch"])
    edge.flash_done(_("第 %(batch)s 批已公示,共 %(lines)s 行。", batch=made["batch"], lines=made["lines"]))
    return edge.back("board.batch", number=made["batch"])


@blueprint.post("/c/<community_code>/publicity/awards/<uuid:award_id>/hold-back")
@edge.signed_in
def hold_back(award_id: uuid.UUID) -> Any:
    """Keep an award from the next batch."""
    permissions.require(edge.actor(), "publicity.hold_back", community_id=edge.community().id)
    try:
        asked = edge.load(HeldBack)
        edge.submit(
            "publicity.hold_back",
            lambda session, now: preparing.hold_back(
                session, actor=edge.actor(), now=now, award_id=award_id, reason=asked["reason"]
            ),
            content={"award": award_id, **asked},
        )
    except Refused as refused:
        return edge.again("board/prepare.html", in_words(refused), **_prepared())
    edge.flash_done(_("已暂缓,不进下一批。"))
    return edge.back("publicity.prepare")


@blueprint.post("/c/<community_code>/publicity/awards/<uuid:award_id>/release")
@edge.signed_in
def release(award_id: uuid.UUID) -> Any:
    """Let it go into the next batch."""
    permissions.require(edge.actor(), "publicity.hold_back", community_id=edge.community().id)
    try:
        edge.submit(
            "publicity.release",
            lambda session, now: preparing.release(session, actor=edge.actor(), now=now, award_id=award_id),
            content={"award": award_id},
        )
    except Refused as refused:
        return edge.again("board/prepare.html", refused, **_prepared())
    edge.flash_done(_("已放行,进下一批。"))
    return edge.back("publicity.prepare")


@blueprint.get("/c/<community_code>/publicity/<int:number>")
@edge.signed_in
def progress(number: int) -> Any:
    """How far a batch is laid out or booked; the page asks again by itself, and goes on with one that stands still."""
    permissions.require(edge.actor(), "publicity.prepare", community_id=edge.community().id)
    return edge.page("board/progress.html", **_progress(number))


@blueprint.post("/c/<community_code>/publicity/<int:number>/book")
@edge.signed_in
def book(number: int) -> Any:
    """Book a batch whose period is over: the one click."""
    permissions.require(edge.actor(), "publicity.book", community_id=edge.community().id)
    try:
        made = edge.submit(
            "publicity.book",
            lambda session, now: booking.begin_booking(session, actor=edge.actor(), now=now, number=number),
            content={"batch": number},
        )
    except Refused as refused:
        return edge.again("board/progress.html", refused, **_progress(number))
    if made["left"]:
        batch_runs.runs().go_on(edge.community(), number)
    return edge.back("publicity.progress", number=number)


@blueprint.get("/c/<community_code>/objections")
@edge.signed_in
def objections() -> Any:
    """Objections and appeals that wait with their clocks, those that were decided, and what waits for a second officer."""
    asked = edge.load(Listed)
    if not asked["person"]:
        return edge.page("awards/objections.html", **_objections(asked["before"]))
    permissions.require(edge.actor(), "publicity.object_on_behalf", community_id=edge.community().id)
    try:
        caller = codes.person_of(edge.read(), edge.community(), asked["person"])
    except Refused as refused:
        return edge.again("awards/objections.html", refused, **_objections(None))
    return edge.page("awards/objections.html", **_objections(None, caller))


@blueprint.get("/c/<community_code>/objections.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def objections_file(form: str) -> Any:
    """The list as it is shown."""
    rows = objection_lists.objections_of(edge.read(), actor=edge.actor(), limit=EXPORTED_MOST)
    sheet = Sheet(
        name=_("异议"),
        columns=[
            Column(label=_("号"), kind="whole"), Column(label=_("批"), kind="whole"), Column(label=_("行"), kind="whole"),
            Column(label=_("谁提的")), Column(label=_("怎么来的")), Column(label=_("提出时间"), kind="instant"),
            Column(label=_("理由")), Column(label=_("状态")), Column(label=_("答复期限"), kind="instant"),
            Column(label=_("答复")), Column(label=_("裁定")),
        ],
        rows=[
            (row.objection.number, row.objection.batch_number, row.objection.line_number,
             row.person.name if row.person else "", str(publicity.CHANNELS.get(row.objection.channel, "")),
             row.objection.raised_at, row.objection.reason, str(words.OBJECTION_STATES[row.objection.state]),
             row.objection.answer_by, row.objection.answer, row.objection.decision)
            for row in rows
        ],
    )  # fmt: skip
    return lists.answer(form, [sheet], "objections")


@blueprint.get("/c/<community_code>/objections/new")
@edge.signed_in
def find_line() -> Any:
    """From a batch and a line, as somebody reads them from the wall, to the form."""
    permissions.require(edge.actor(), "publicity.object_on_behalf", community_id=edge.community().id)
    asked = edge.load(LineAsked)
    return redirect(url_for("board.objection_form", number=asked["batch"], line=asked["line"]), 303)


@blueprint.post("/c/<community_code>/objections/<uuid:objection_id>/answer")
@edge.signed_in
def answer(objection_id: uuid.UUID) -> Any:
    """The committee's answer."""
    return _verdict("publicity.answer", objecting.answer, objection_id)


@blueprint.post("/c/<community_code>/objections/<uuid:objection_id>/decide")
@edge.signed_in
def decide(objection_id: uuid.UUID) -> Any:
    """The supervision committee's word on an appeal."""
    return _verdict("publicity.decide", objecting.decide, objection_id)


@blueprint.post("/c/<community_code>/objections/<uuid:objection_id>/appeal")
@edge.signed_in
def appeal(objection_id: uuid.UUID) -> Any:
    """Staff write down an appeal that somebody brought on paper or by phone."""
    permissions.require(edge.actor(), "publicity.object_on_behalf", community_id=edge.community().id)
    try:
        asked = edge.load(Said)
        edge.submit(
            "publicity.appeal",
            lambda session, now: objecting.appeal(
                session, actor=edge.actor(), now=now, objection_id=objection_id, text=asked["text"]
            ),
            content={"objection": objection_id, **asked},
        )
    except Refused as refused:
        return edge.again("awards/objections.html", in_words(refused), **_objections(None, _who_objected(objection_id)))
    edge.flash_done(_("申诉已转监督委员会。"))
    return edge.back("publicity.objections")


@blueprint.post("/c/<community_code>/objections/<uuid:objection_id>/take-back")
@edge.signed_in
def take_back(objection_id: uuid.UUID) -> Any:
    """Staff write down that somebody takes her objection back."""
    permissions.require(edge.actor(), "publicity.object_on_behalf", community_id=edge.community().id)
    try:
        reason = edge.load(TakenBack)["reason"]
        edge.submit(
            "publicity.take_back",
            lambda session, now: taking_back.take_back(
                session, actor=edge.actor(), now=now, objection_id=objection_id, reason=reason
            ),
            content={"objection": objection_id, "reason": reason},
        )
    except Refused as refused:
        return edge.again("awards/objections.html", in_words(refused), **_objections(None, _who_objected(objection_id)))
    edge.flash_done(_("已登记收回,也通知了本人。"))
    return edge.back("publicity.objections")


@blueprint.post("/c/<community_code>/objections/corrections/<uuid:award_id>/decline")
@edge.signed_in
def decline_correction(award_id: uuid.UUID) -> Any:
    """Not book back, as the second officer."""
    permissions.require(edge.actor(), "publicity.correct", community_id=edge.community().id)
    try:
        reason = edge.load(Declined)["reason"]
        edge.submit(
            "publicity.decline_correction",
            lambda session, now: corrections.decline_correction(
                session, actor=edge.actor(), now=now, award_id=award_id, reason=reason
            ),
            content={"award": award_id, "reason": reason},
        )
    except Refused as refused:
        return edge.again("awards/objections.html", in_words(refused), **_objections(None))
    edge.flash_done(_("没有冲正,这一行留在账上;提异议的人已收到理由。"))
    return edge.back("publicity.objections")


@blueprint.post("/c/<community_code>/publicity/<int:number>/<int:line>/give-up")
@edge.signed_in
def give_up(number: int, line: int) -> Any:
    """Take a line down that the ledger never will book."""
    permissions.require(edge.actor(), "publicity.book", community_id=edge.community().id)
    try:
        reason = edge.load(Declined)["reason"]
        edge.submit(
            "publicity.give_up",
            lambda session, now: refused_lines.give_up(
                session, actor=edge.actor(), now=now, batch_number=number, line_number=line, reason=reason
            ),
            content={"batch": number, "line": line, "reason": reason},
        )
    except Refused as refused:
        return edge.again("board/progress.html", in_words(refused), **_progress(number))
    batch_runs.runs().go_on(edge.community(), number)
    edge.flash_done(_("第 %(line)s 行已撤下,也通知了这一户。", line=line))
    return edge.back("publicity.progress", number=number)


def _prepared() -> dict[str, Any]:
    session, asks, place, now = edge.read(), edge.actor(), edge.community(), edge.now()
    from flask import request

    month = Month().load(request.args)["month"] if request.method == "GET" else None
    found = preparing.prepare(session, actor=asks, now=now, month=month)
    held = [row.award.id for group in found.held for row in group.first]
    newest = batches.batches_of(session, place.id, limit=12)
    return {
        "words": words,
        "publicity": publicity,
        "found": found,
        "holds": preparing.holds_of(session, place.id, held),
        "standings": batches.standings(session, newest),
        "today": today_in(session, place.id, now),
        "runs_until": _runs_until(found.month, today_in(session, place.id, now)),
        "now": now,
        "clock": clocks.clock(session, place.id, now),
        "publishes": permissions.may(asks, "publicity.publish", community_id=place.id),
        "months": _months(today_in(session, place.id, now)),
    }


def _runs_until(month: dt.date, today: dt.date) -> dt.date | None:
    """The last day of a month that is not over on `today`, so that what comes still hangs out in another batch; else None."""
    last = preparing.last_day(month)
    return last if last >= today else None


def _months(today: dt.date) -> list[str]:
    """The month of today and the five before it."""
    found, month = [], today.replace(day=1)
    for _number in range(6):
        found.append(f"{month:%Y-%m}")
        month = (month - dt.timedelta(days=1)).replace(day=1)
    return found


def _progress(number: int) -> dict[str, Any]:
    session, place = edge.read(), edge.community()
    found = session.get(PublicityBatch, (place.id, number))
    if found is None:
        raise NotFound(what="publicity_batch", number=number)
    laying = found.state == states.PUBLISHING
    over = not laying and found.objections_until <= edge.now() and found.state != states.CLOSED
    how = None if laying else booking.progress(session, found, now=edge.now())
    goes_on = laying or (found.state == states.BOOKING and how is not None and how.due > 0)
    if goes_on:
        # Whoever looks at one that stands still, as after a restart, goes on with it.
        batch_runs.runs().go_on(place, number)
    return {
        "publicity": publicity,
        "batch": found,
        "laid": batches.laid(session, found) if laying else found.lines,
        "laying": laying,
        "over": over,
        "how": how,
        "goes_on": goes_on,
        "refused": refused_lines.refused_lines(session, found) if how is not None and how.refused else [],
        "standing": None if laying else batches.standings(session, [found])[0],
        "books": permissions.may(edge.actor(), "publicity.book", community_id=place.id),
    }


def _who_objected(objection_id: uuid.UUID) -> Person | None:
    """Whose objection it is, so that a clerk who does not see the list sees it again; None if there is none of this id."""
    session, place = edge.read(), edge.community()
    found = session.get(Objection, (place.id, objection_id))
    return residents.person(session, place.id, found.person_id) if found else None


def _objections(before: int | None, caller: Person | None = None) -> dict[str, Any]:
    session, asks, place = edge.read(), edge.actor(), edge.community()
    on_behalf = permissions.may(asks, "publicity.object_on_behalf", community_id=place.id)
    reads = permissions.may(asks, "awards.read", community_id=place.id)
    if not (reads or on_behalf):
        permissions.require(asks, "awards.read", community_id=place.id)
    # The desk writes down who calls or comes; what was objected and answered is for those who answer.
    rows = objection_lists.objections_of(session, actor=asks, before=before, limit=PAGE + 1) if reads else []
    hers = []
    if on_behalf and caller is not None:
        hers = objection_lists.to_write_down(session, actor=asks, now=edge.now(), person_id=caller.id)
    last = rows[PAGE - 1].objection.number if len(rows) > PAGE else None
    answers = permissions.may(asks, "publicity.answer", community_id=place.id)
    decides = permissions.may(asks, "publicity.decide", community_id=place.id)
    waiting = corrections.waiting(session, actor=asks) if reads else []
    return {
        "words": words,
        "publicity": publicity,
        "rows": rows[:PAGE],
        "answers": answers,
        "decides": decides,
        "kept_from": who_answers.kept_from(session, asks, rows[:PAGE]) if answers or decides else {},
        "on_behalf": on_behalf,
        "who_calls": caller,
        "hers": hers,
        "can_appeal": objection_lists.can_appeal,
        "items": entering.listed(session, [row.award for row in hers]),
        "reads": reads,
        "now": edge.now(),
        "clock": clocks.clock(session, place.id, edge.now()),
        "waiting": waiting,
        "kept_from_second": corrections.kept_from(session, asks, waiting) if answers else {},
        "next_url": url_for("publicity.objections", before=last) if last else "",
        "first_url": url_for("publicity.objections") if before else "",
    }


def _verdict(use_case: str, verb: Any, objection_id: uuid.UUID) -> Any:
    permissions.require(edge.actor(), use_case, community_id=edge.community().id)
    try:
        asked = edge.load(Verdict)
        corrected = Corrected(asked["quantity"]) if asked["verdict"] == "correct" else None
        made = edge.submit(
            use_case,
            lambda session, now: verb(
                session,
                actor=edge.actor(),
                now=now,
                objection_id=objection_id,
                upheld=asked["verdict"] != "reject",
                text=asked["text"],
                corrected=corrected,
            ),
            content={"objection": objection_id, **asked},
        )
    except Refused as refused:
        return edge.again("awards/objections.html", in_words(refused), **_objections(None))
    edge.flash_done(_("已答复。"))
    if made["joined"] > 1:
        edge.flash_note(_("同一行有 %(count)s 个异议,一并答复了。", count=made["joined"]))
    if made.get("needs_another"):
        edge.flash_note(_("分数较大,冲正要另一位工作人员在下面确认。"))
    return edge.back("publicity.objections")
