"""Publicity for programs: batches and their lines as anybody may read them, objections, and the committee's deeds."""

import uuid
from typing import Any

import marshmallow
from flask_smorest import Blueprint
from marshmallow.fields import Boolean, Date, DateTime, Integer, List, Nested, String

from api import batch_runs, codes, edge
from api.schemas.publicity import (
    PublicityListAsked,
    PublicityMonthAsked,
    PublicityObjectionPosted,
    PublicityPage,
    PublicitySaying,
    PublicityVerdictPosted,
)
from timebank.points.publicity import batches, booking, objections, preparing
from timebank.points.publicity.batches import BoardLine, Standing
from timebank.points.publicity.objections import Corrected
from timebank.points.publicity.tables import Objection

blueprint = Blueprint(
    "v1_publicity", __name__, url_prefix="/api/v1/c/<community_code>/publicity", description="Publicity of points"
)

PAGE = 50


class PublicityCountTold(marshmallow.Schema):
    """How many lines of a batch are in a state, and their steps (tenths of a point)."""

    state = String(required=True)
    lines = Integer(required=True)
    steps = Integer(required=True)


class PublicityBatchTold(marshmallow.Schema):
    """A batch; over all `states` lines and steps add up to its own, and `adds_up` says so."""

    number = Integer(required=True)
    month = String(required=True)
    state = String(required=True)
    published_at = DateTime(required=True)
    objections_until = DateTime(required=True)
    lines = Integer(required=True)
    total_steps = Integer(required=True)
    digest = String(required=True)
    note = Integer(required=True, metadata={"description": "seq of the ledger's note of the digest"})
    states = List(Nested(PublicityCountTold), required=True)
    adds_up = Boolean(required=True)


class PublicityLineTold(marshmallow.Schema):
    """A line as it hangs out: a masked name, never a full one."""

    number = Integer(required=True)
    name = String(required=True)
    suffix = String(required=True)
    grid = String(required=True)
    household_tail = String(required=True)
    item = String(required=True)
    table_version = Integer(required=True)
    position = Integer(required=True)
    on = Date(required=True)
    steps = Integer(required=True)
    state = String(required=True)
    answers = List(String(), required=True, metadata={"description": "of objections to it, without who objected"})


class PublicityBatchesTold(marshmallow.Schema):
    batches = List(Nested(PublicityBatchTold), required=True)
    before = Integer(required=True, allow_none=True, metadata={"description": "ask with this for the next page"})


class PublicityLinesTold(marshmallow.Schema):
    batch = Nested(PublicityBatchTold, required=True)
    lines = List(Nested(PublicityLineTold), required=True)
    page = Integer(required=True)
    pages = Integer(required=True)


class PublicityObjectionTold(marshmallow.Schema):
    """An objection, for who raised it and for those who answer."""

    id = String(required=True)
    number = Integer(required=True, allow_none=True)
    batch = Integer(required=True)
    line = Integer(required=True)
    state = String(required=True)
    line_state = String(required=True)
    late = Boolean(required=True)
    channel = String(required=True)
    reason = String(required=True)
    raised_at = DateTime(required=True)
    answer_due_at = DateTime(required=True)
    answer = String(required=True)
    appeal_until = DateTime(required=True, allow_none=True)
    decision_due_at = DateTime(required=True, allow_none=True)
    decision = String(required=True)
    outcome = String(required=True, allow_none=True)


class PublicityObjectionsTold(marshmallow.Schema):
    objections = List(Nested(PublicityObjectionTold), required=True)
    before = Integer(required=True, allow_none=True, metadata={"description": "ask with this for the next page"})


class PublicityHeldTold(marshmallow.Schema):
    reason = String(required=True)
    awards = Integer(required=True)
    steps = Integer(required=True)


class PublicityPreparedTold(marshmallow.Schema):
    """What the batch of a month would be, and what is held back and why."""

    number = Integer(required=True)
    month = Date(required=True)
    lines = Integer(required=True)
    steps = Integer(required=True)
    deductions = Integer(required=True)
    held = List(Nested(PublicityHeldTold), required=True)
    publishing = Integer(required=True, allow_none=True)


class PublicityOutcomeTold(marshmallow.Schema):
    """What was done, with its facts."""

    class Meta:
        unknown = marshmallow.INCLUDE

    code = String(required=True)
    batch = Integer()
    lines = Integer()
    left = Boolean(
        metadata={"description": "the rest goes on beside the requests; ask for the batch to see how far it is"}
    )
    objection_id = String()
    number = Integer()
    late = Boolean()
    answer_due_at = String()
    decision_due_at = String()
    joined = Integer()
    line_state = String()
    booked = Integer()


@blueprint.get("/batches")
@blueprint.arguments(PublicityListAsked, location="query")
@blueprint.response(200, PublicityBatchesTold)
def listed(asked: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The batches that hang out or did, newest first; anybody may ask."""
    session, place = edge.read(), edge.community()
    found = batches.batches_of(session, place.id, before=asked["before"], limit=PAGE)
    following = found[-1].number if len(found) == PAGE else None
    return {"batches": [_batch(one) for one in batches.standings(session, found)], "before": following}


@blueprint.get("/batches/<int:number>")
@blueprint.arguments(PublicityPage, location="query")
@blueprint.response(200, PublicityLinesTold)
def lines(asked: dict[str, Any], number: int, **_: Any) -> dict[str, Any]:
    """A page of a batch's lines, 100 a page; anybody may ask."""
    session, place = edge.read(), edge.community()
    found = batches.batch_of(session, place.id, number)
    pages = max(-(-found.lines // 100), 1)
    page = min(max(asked["page"] or (1 + ((asked["line"] or 1) - 1) // 100), 1), pages)
    rows = batches.lines_of(session, place.id, number, after=(page - 1) * 100, limit=100)
    said = objections.said_of(session, place.id, number, (page - 1) * 100 + 1, page * 100)
    (standing,) = batches.standings(session, [found])
    return {
        "batch": _batch(standing),
        "lines": [_line(row, said.get(row.line.number, [])) for row in rows],
        "page": page,
        "pages": pages,
    }


@blueprint.post("/batches/<int:number>/lines/<int:line>/objections")
@edge.signed_in
@blueprint.arguments(PublicityObjectionPosted)
@blueprint.response(201, PublicityOutcomeTold)
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
@blueprint.response(200, PublicityObjectionsTold)
def objected(asked: dict[str, Any], **_: Any) -> dict[str, Any]:
    """All objections, those that wait first, for those who answer."""
    found = objections.objections_of(edge.read(), actor=edge.actor(), before=asked["before"], limit=PAGE)
    following = found[-1].objection.number if len(found) == PAGE else None
    return {"objections": [_objection(row.objection, row.line.state) for row in found], "before": following}


@blueprint.get("/objections/mine")
@edge.signed_in
@blueprint.response(200, PublicityObjectionsTold)
def mine(**_: Any) -> dict[str, Any]:
    """The caller's own objections, with answers."""
    asks = edge.actor()
    found = objections.objections_of(edge.read(), actor=asks, person_id=asks.person_id) if asks.person_id else []
    return {"objections": [_objection(row.objection, row.line.state) for row in found], "before": None}


@blueprint.post("/objections/<uuid:objection_id>/answer")
@edge.signed_in
@blueprint.arguments(PublicityVerdictPosted)
@blueprint.response(200, PublicityOutcomeTold)
def answer(typed: dict[str, Any], objection_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """The committee's answer, to this objection and all that are open on the line."""
    return _verdict("publicity.answer", objections.answer, objection_id, typed)


@blueprint.post("/objections/<uuid:objection_id>/appeal")
@edge.signed_in
@blueprint.arguments(PublicitySaying)
@blueprint.response(200, PublicityOutcomeTold)
def appeal(typed: dict[str, Any], objection_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """Take a rejected objection to the supervision committee."""
    return edge.submit(
        "publicity.appeal",
        lambda session, now: objections.appeal(
            session, actor=edge.actor(), now=now, objection_id=objection_id, text=typed["text"]
        ),
        content={"objection": objection_id, **typed},
    )


@blueprint.post("/objections/<uuid:objection_id>/decide")
@edge.signed_in
@blueprint.arguments(PublicityVerdictPosted)
@blueprint.response(200, PublicityOutcomeTold)
def decide(typed: dict[str, Any], objection_id: uuid.UUID, **_: Any) -> dict[str, Any]:
    """The supervision committee's word, on this appeal and all others on the line."""
    return _verdict("publicity.decide", objections.decide, objection_id, typed)


@blueprint.get("/prepared")
@edge.signed_in
@blueprint.arguments(PublicityMonthAsked, location="query")
@blueprint.response(200, PublicityPreparedTold)
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
@blueprint.response(201, PublicityOutcomeTold)
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
@blueprint.response(200, PublicityOutcomeTold)
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
        "answers": [one.decision or one.answer for one in said if one.answer],
    }


def _objection(one: Objection, line_state: str) -> dict[str, Any]:
    names = (
        "number", "state", "channel", "reason", "raised_at", "answer_due_at", "answer", "appeal_until",
        "decision_due_at", "decision", "outcome",
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
