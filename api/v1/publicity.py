"""Publicity for programs: batches and their lines as anybody may read them, objections, and the committee's deeds."""

import uuid
from typing import Any

from flask_smorest import Blueprint

from api import batch_runs, codes, edge
from api.schemas import publicity_answers as answers
from api.schemas.publicity import (
    PublicityCallerAsked,
    PublicityListAsked,
    PublicityMonthAsked,
    PublicityObjectionPosted,
    PublicityPage,
    PublicityReason,
    PublicitySaying,
    PublicityTakenBack,
    PublicityVerdictPosted,
)
from timebank import permissions
from timebank.points.publicity import batches, booking, corrections, objection_lists, objections, preparing, taking_back
from timebank.points.publicity import refused as refused_lines
from timebank.points.publicity.batches import BoardLine, Standing
from timebank.points.publicity.lines import put_right_from, put_right_in
from timebank.points.publicity.objections import Corrected
from timebank.points.publicity.tables import Objection

blueprint = Blueprint(
    "v1_publicity", __name__, url_prefix="/api/v1/c/<community_code>/publicity", description="Publicity of points"
)

PAGE = 50


@blueprint.get("/batches")
@blueprint.arguments(PublicityListAsked, location="query")
@blueprint.response(200, answers.PublicityBatchesTold)
def listed(asked: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The batches that hang out or did, newest first; anybody may ask."""
    session, place = edge.read(), edge.community()
    found = batches.batches_of(session, place.id, before=asked["before"], limit=PAGE)
    following = found[-1].number if len(found) == PAGE else None
    return {"batches": [_batch(one) for one in batches.standings(session, found)], "before": following}


@blueprint.get("/batches/<int:number>")
@blueprint.arguments(PublicityPage, location="query")
@blueprint.response(200, answers.PublicityLinesTold)
def lines(asked: dict[str, Any], number: int, **_: Any) -> dict[str, Any]:
    """A page of a batch's lines, 100 a page; anybody may ask."""
    session, place = edge.read(), edge.community()
    found = batches.batch_of(session, place.id, number)
    pages = max(-(-found.lines // 100), 1)
    page = min(max(asked["page"] or (1 + ((asked["line"] or 1) - 1) // 100), 1), pages)
    rows = batches.lines_of(session, place.id, number, after=(page - 1) * 100, limit=100)
    said = objection_lists.said_of(session, place.id, number, (page - 1) * 100 + 1, page * 100)
    (standing,) = batches.standings(session, [found])
    found_in = put_right_in(session, [row.line for row in rows])
    return {
        "batch": _batch(standing),
        "lines": [
            {
                **_line(row, said.get(row.line.number, [])),
                "put_right_in": _place(found_in.get((number, row.line.number))),
                "put_right_from": _place(put_right_from(row.award)),
            }
            for row in rows
        ],
        "page": page,
        "pages": pages,
    }


@blueprint.post("/batches/<int:number>/lines/<int:line>/objections")
@edge.signed_in
@blueprint.arguments(PublicityObjectionPosted)
@blueprint.response(201, answers.PublicityOutcomeTold)
def object_to(typed: dict[str, Any], number: int, line: int, **_: Any) -> dict[str, Any]:
    """Object to a line, as a resident or by staff for one who called, came or handed in a paper."""
    asks = edge.actor()
    whose = codes.person_of(edge.read(), edge.community(), typed["person"]).id if typed["person"] else None
    return edge.submit(
        "publicity.object_to",
        lambda session, now: objections.object_to(
            session,
            actor=edge.actor(),
            now=now,
            batch_number=number,
            line_number=line,
            reason=typed["reason"],
            person_id=whose,
            channel=typed["channel"] if whose not in (None, asks.person_id) else "",
            form_number=typed["form_number"],
            paper_on=typed["paper_on"],
        ),
        content={"batch": number, "line": line, **typed},
    )


@blueprint.get("/objections")
@edge.signed_in
@blueprint.arguments(PublicityListAsked, location="query")
@blueprint.response(200, answers.PublicityObjectionsTold)
def objected(asked: dict[str, Any], **_: Any) -> dict[str, Any]:
    """All objections, those that wait first, for those who answer."""
    found = objection_lists.objections_of(edge.read(), actor=edge.actor(), before=asked["before"], limit=PAGE)
    following = found[-1].objection.number if len(found) == PAGE else None
    return {"objections": [_objection(row.objection, row.line.state) for row in found], "before": following}


@blueprint.get("/objections/of")
@edge.signed_in
@blueprint.arguments(PublicityCallerAsked, location="query")
@blueprint.response(200, answers.PublicityObjectionsTold)
def objected_by(asked: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What staff can write down for somebody who calls or comes: open objections, and those that can be appealed; without reasons."""
    permissions.require(edge.actor(), "publicity.object_on_behalf", community_id=edge.community().id)
    person = codes.person_of(edge.read(), edge.community(), asked["person"])
    found = objection_lists.to_write_down(edge.read(), actor=edge.actor(), now=edge.now(), person_id=person.id)
    return {
        "objections": [{**_objection(row.objection, row.line.state), "reason": ""} for row in found],
        "before": None,
    }


@blueprint.get("/objections/mine")
@edge.signed_in
@blueprint.response(200, answers.PublicityObjectionsTold)
def mine(**_: Any) -> dict[str, Any]:
    """The caller's own objections, with answers."""
    asks = edge.actor()
    found = objection_lists.objections_of(edge.read(), actor=asks, person_id=asks.person_id) if asks.person_id else []
    return {"objections": [_objection(row.objection, row.line.state) for row in found], "before": None}


@blueprint.post("/objections/<uuid:objection_id>/answer")
@edge.signed_in
@blueprint.arguments(PublicityVerdictPosted)
@blueprint.response(200, answers.PublicityOutcomeTold)
def answer(typed: dict[str, Any], objection_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """The committee's answer, to this objection and all that are open on the line."""
    return _verdict("publicity.answer", objections.answer, objection_id, typed)


@blueprint.post("/objections/<uuid:objection_id>/appeal")
@edge.signed_in
@blueprint.arguments(PublicitySaying)
@blueprint.response(200, answers.PublicityOutcomeTold)
def appeal(typed: dict[str, Any], objection_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Take a rejected objection to the supervision committee."""
    return edge.submit(
        "publicity.appeal",
        lambda session, now: objections.appeal(
            session, actor=edge.actor(), now=now, objection_id=objection_id, text=typed["text"]
        ),
        content={"objection": objection_id, **typed},
    )


@blueprint.post("/objections/<uuid:objection_id>/take-back")
@edge.signed_in
@blueprint.arguments(PublicityTakenBack)
@blueprint.response(200, answers.PublicityOutcomeTold)
def take_back(typed: dict[str, Any], objection_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Take an open objection back: who raised it, or staff who say when and how she told them."""
    return edge.submit(
        "publicity.take_back",
        lambda session, now: taking_back.take_back(
            session, actor=edge.actor(), now=now, objection_id=objection_id, reason=typed["reason"]
        ),
        content={"objection": objection_id, **typed},
    )


@blueprint.get("/corrections")
@edge.signed_in
@blueprint.response(200, answers.PublicityCorrectionsTold)
def corrections_waiting(**_: Any) -> dict[str, Any]:
    """Bookings back that wait for a second officer, oldest first, at most 100."""
    return {
        "corrections": [
            {
                "award_id": str(award.id),
                "batch": award.batch_number,
                "line": award.line_number,
                "steps": award.credited_steps,
                "reason": asked.reason,
                "asked_at": asked.asked_at,
                "asked_by": asked.asked_by,
            }
            for asked, award in corrections.waiting(edge.read(), actor=edge.actor())
        ]
    }


@blueprint.post("/corrections/<uuid:award_id>")
@edge.signed_in
@blueprint.arguments(PublicityReason)
@blueprint.response(201, answers.PublicityOutcomeTold)
def ask_correction(typed: dict[str, Any], award_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Ask that a booked award be booked back without anybody's objection."""
    return _corrected("publicity.correct", corrections.ask_correction, award_id, typed)


@blueprint.post("/corrections/<uuid:award_id>/confirm")
@edge.signed_in
@blueprint.response(200, answers.PublicityOutcomeTold)
def confirm_correction(award_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Book it back, as the second officer."""
    return _corrected("publicity.confirm_correction", corrections.confirm_correction, award_id, {})


@blueprint.post("/corrections/<uuid:award_id>/decline")
@edge.signed_in
@blueprint.arguments(PublicityReason)
@blueprint.response(200, answers.PublicityOutcomeTold)
def decline_correction(typed: dict[str, Any], award_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Not book it back, as the second officer: the line stays in the books, and who objected can appeal. The reason is public."""
    return _corrected("publicity.decline_correction", corrections.decline_correction, award_id, typed)


@blueprint.post("/objections/<uuid:objection_id>/decide")
@edge.signed_in
@blueprint.arguments(PublicityVerdictPosted)
@blueprint.response(200, answers.PublicityOutcomeTold)
def decide(typed: dict[str, Any], objection_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """The supervision committee's word, on this appeal and all others on the line."""
    return _verdict("publicity.decide", objections.decide, objection_id, typed)


@blueprint.get("/prepared")
@edge.signed_in
@blueprint.arguments(PublicityMonthAsked, location="query")
@blueprint.response(200, answers.PublicityPreparedTold)
def prepared(asked: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What the batch of a month (this one, if none is named) would be, were it published now."""
    found = preparing.prepare(edge.read(), actor=edge.actor(), now=edge.now(), month=asked["month"])
    return {
        "number": found.number,
        "month": found.month,
        "lines": found.lines,
        "steps": found.steps,
        "deductions": found.deductions,
        "held": found.held,
        "publishing": found.publishing.number if found.publishing else None,
    }


@blueprint.post("/batches")
@edge.signed_in
@blueprint.arguments(PublicityMonthAsked)
@blueprint.response(201, answers.PublicityOutcomeTold)
def publish(typed: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hang out a month's batch."""
    month = typed["month"]
    made = edge.submit(
        "publicity.publish",
        lambda session, now: batches.publish(session, actor=edge.actor(), now=now, month=month),
        content={"month": f"{month:%Y-%m}" if month else ""},
    )
    if made["left"]:
        batch_runs.runs().go_on(edge.community(), made["batch"])
    return made


@blueprint.post("/batches/<int:number>/book")
@edge.signed_in
@blueprint.response(200, answers.PublicityOutcomeTold)
def book(number: int, **_: Any) -> dict[str, Any]:
    """Book a batch whose period is over; a long one goes on beside the requests."""
    made = edge.submit(
        "publicity.book",
        lambda session, now: booking.begin_booking(session, actor=edge.actor(), now=now, number=number),
        content={"batch": number},
    )
    if made["left"]:
        batch_runs.runs().go_on(edge.community(), number)
    return made


@blueprint.get("/batches/<int:number>/refused")
@edge.signed_in
@blueprint.response(200, answers.PublicityRefusedTold)
def refused(number: int, **_: Any) -> dict[str, Any]:
    """Lines that the ledger refused to book, and by which of its rules; at most 200. Booking again tries them again."""
    permissions.require(edge.actor(), "publicity.prepare", community_id=edge.community().id)
    batch = batches.batch_of(edge.read(), edge.community().id, number)
    return {
        "count": refused_lines.count(edge.read(), batch),
        "lines": [
            {
                "line": one.line.number,
                "award_id": str(one.award.id),
                "steps": one.award.credited_steps,
                "code": one.refusal.code,
                "tries": one.refusal.tries,
                "refused_at": one.refusal.refused_at,
            }
            for one in refused_lines.refused_lines(edge.read(), batch)
        ],
    }


@blueprint.post("/batches/<int:number>/lines/<int:line>/give-up")
@edge.signed_in
@blueprint.arguments(PublicityReason)
@blueprint.response(200, answers.PublicityOutcomeTold)
def give_up(typed: dict[str, Any], number: int, line: int, **_: Any) -> dict[str, Any]:
    """Take a line down that the ledger never will book; the household is told."""
    made = edge.submit(
        "publicity.give_up",
        lambda session, now: refused_lines.give_up(
            session, actor=edge.actor(), now=now, batch_number=number, line_number=line, reason=typed["reason"]
        ),
        content={"batch": number, "line": line, **typed},
    )
    batch_runs.runs().go_on(edge.community(), number)
    return made


def _corrected(use_case: str, verb: Any, award_id: uuid.UUID, typed: dict[str, Any]) -> dict[str, Any]:
    return edge.submit(
        use_case,
        lambda session, now: verb(session, actor=edge.actor(), now=now, award_id=award_id, **typed),
        content={"award": award_id, **typed},
    )


def _verdict(use_case: str, verb: Any, objection_id: uuid.UUID, typed: dict[str, Any]) -> dict[str, Any]:
    corrected = Corrected(typed["quantity"]) if typed["verdict"] == "correct" else None
    return edge.submit(
        use_case,
        lambda session, now: verb(
            session,
            actor=edge.actor(),
            now=now,
            objection_id=objection_id,
            upheld=typed["verdict"] != "reject",
            text=typed["text"],
            corrected=corrected,
        ),
        content={"objection": objection_id, **typed},
    )


def _batch(standing: Standing) -> dict[str, Any]:
    batch = standing.batch
    told = {name: getattr(batch, name) for name in ("number", "month", "state", "published_at", "objections_until")}
    return {
        **told,
        "lines": batch.lines,
        "total_steps": batch.total_steps,
        "digest": batch.digest,
        "note": batch.note,
        "states": [
            {"state": state, "lines": count, "steps": steps} for state, (count, steps) in standing.states.items()
        ],
        "adds_up": standing.adds_up,
    }


def _place(found: tuple[int, int] | None) -> dict[str, int] | None:
    return {"batch": found[0], "line": found[1]} if found else None


def _line(row: BoardLine, said: list[Objection]) -> dict[str, Any]:
    return {
        "number": row.line.number,
        "name": row.line.masked_name,
        "suffix": row.line.suffix,
        "grid": row.line.grid,
        "household_tail": row.line.household_tail,
        "item": row.item.title,
        "table_version": row.version,
        "position": row.item.position,
        "on": row.award.on_day,
        "steps": row.award.credited_steps,
        "state": row.line.state,
        "answers": [one.said for one in said if one.answer],
    }


def _objection(one: Objection, line_state: str) -> dict[str, Any]:
    names = (
        "number", "state", "channel", "reason", "raised_at", "answer_due_at", "answer", "appeal_until",
        "decision_due_at", "decision", "outcome", "declined", "taken_back_at",
    )  # fmt: skip
    told = {name: getattr(one, name) for name in names}
    return {
        **told,
        "id": str(one.id),
        "batch": one.batch_number,
        "line": one.line_number,
        "line_state": line_state,
        "late": bool(one.late),
    }
