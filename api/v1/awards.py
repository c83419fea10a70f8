"""Awards: lists, one with its verdicts, claims, reviews, and what supervision looks at. The schemas are those of the pages."""

from typing import Any
from uuid import UUID

import marshmallow
from flask_smorest import Blueprint
from marshmallow.fields import Boolean, Date, DateTime, Integer, List, Nested, String

from api import edge
from api.pages.award_lists import filters_of
from api.pages.claims import submit_claim
from api.schemas.awards import AwardClaimed, AwardDecided, AwardsListed, AwardsVerdict, ClaimsListed, Draws, Period
from timebank.errors import NotFound
from timebank.people import communities, residents
from timebank.points.awards import claiming, drawing, reading, reviewing, statistics
from timebank.points.awards.reading import Filters, Listed
from timebank.points.awards.tables import AwardReview

blueprint = Blueprint(
    "v1_awards", __name__, url_prefix="/api/v1/c/<community_code>/awards", description="Awards and deductions of points"
)


class AwardAnswer(marshmallow.Schema):
    """An award. Steps are tenths of a point, deductions negative; `life` is its state or, while entered, its stage."""

    id = String(required=True)
    on = Date(required=True)
    household = Integer(required=True)
    person = String(required=True, allow_none=True, metadata={"description": "number"})
    item = String(required=True)
    category = String(required=True)
    times = Integer(required=True, allow_none=True)
    minutes = Integer(required=True, allow_none=True)
    credited_steps = Integer(required=True)
    limited_by = String(required=True, allow_none=True)
    source = String(required=True)
    life = String(required=True)
    evidence = String(required=True)
    entered_at = DateTime(required=True)
    double_of = String(required=True, allow_none=True)
    batch = Integer(required=True, allow_none=True)
    line = Integer(required=True, allow_none=True)
    entry = Integer(required=True, allow_none=True)


class AwardVerdictAnswer(marshmallow.Schema):
    turn = String(required=True)
    verdict = String(required=True)
    steps = Integer(required=True)
    remark = String(required=True)
    reviewed_at = DateTime(required=True)
    undone = Boolean(required=True)


class AwardWholeAnswer(AwardAnswer):
    verdicts = List(Nested(AwardVerdictAnswer), required=True)
    photos = Integer(required=True, metadata={"description": "how many; each at .../photos/<number> of the page"})
    others = List(String(), required=True, metadata={"description": "awards of the same deed"})


class AwardListAnswer(marshmallow.Schema):
    awards = List(Nested(AwardAnswer), required=True)
    after = String(required=True, allow_none=True, metadata={"description": "ask with this for the next page"})


class ClaimItemAnswer(marshmallow.Schema):
    id = String(required=True)
    category = String(required=True)
    title = String(required=True)
    per = String(required=True)
    value_steps = Integer(required=True)


class ClaimItemsAnswer(marshmallow.Schema):
    items = List(Nested(ClaimItemAnswer), required=True)


class AwardEnteredAnswer(marshmallow.Schema):
    award_id = String(required=True)
    credited_steps = Integer(required=True)
    uncapped_steps = Integer(required=True)
    limited_by = String(required=True)
    life = String(required=True)


class AwardsReviewedAnswer(marshmallow.Schema):
    awards = Integer(required=True)
    second = Integer(required=True, metadata={"description": "of how many another person looks too"})


class AwardLifeAnswer(marshmallow.Schema):
    award_id = String(required=True)
    life = String(required=True)


class ReviewerAnswer(marshmallow.Schema):
    """A reviewer beside colleagues; shares and gaps are thousandths, null where there is too little to compare."""

    number = String(required=True)
    approved = Integer(required=True)
    rejected = Integer(required=True)
    ranged = Integer(required=True)
    range_share = Integer(required=True, allow_none=True)
    approval_gap = Integer(required=True, allow_none=True)
    value_gap = Integer(required=True, allow_none=True)
    by_second = Integer(required=True)
    by_objection = Integer(required=True)


class ReviewersAnswer(marshmallow.Schema):
    reviewers = List(Nested(ReviewerAnswer), required=True)


class DrawMonthAnswer(marshmallow.Schema):
    """A month of draws: the seed's fingerprint and the ledger's note of it; the seed once the month is over."""

    month = String(required=True)
    commitment = String(required=True)
    note = Integer(required=True)
    seed = String(required=True, allow_none=True)
    reveal_note = Integer(required=True, allow_none=True)


class DrawAnswer(marshmallow.Schema):
    award_id = String(required=True)
    key = String(required=True, metadata={"description": "canonical bytes that name the deed"})
    value = Integer(required=True)
    percent = Integer(required=True)
    asks = String(required=True)
    agrees = Boolean(required=True, allow_none=True)


class DrawsAnswer(marshmallow.Schema):
    months = List(Nested(DrawMonthAnswer), required=True)
    draws = List(Nested(DrawAnswer), required=True)
    after = String(required=True, allow_none=True)


@blueprint.get("")
@edge.signed_in
@blueprint.response(200, AwardListAnswer)
def listed(**_: Any) -> dict[str, Any]:
    """Awards by filters, newest first."""
    asked = edge.load(AwardsListed)
    return _page(filters_of(asked), asked["after"])


@blueprint.get("/mine")
@edge.signed_in
@blueprint.response(200, AwardListAnswer)
def mine(**_: Any) -> dict[str, Any]:
    """What the caller claimed, and what others claimed for her."""
    actor = edge.actor()
    if actor.person_id is None:
        raise NotFound(what="person")
    return _page(Filters(claimant_id=actor.person_id), edge.load(ClaimsListed)["after"])


@blueprint.get("/items")
@edge.signed_in
@blueprint.response(200, ClaimItemsAnswer)
def items(**_: Any) -> dict[str, Any]:
    """What can be claimed today."""
    place = edge.community()
    if edge.actor().person_id is None:
        raise NotFound(what="person")
    found = claiming.items_to_claim(edge.read(), place.id, communities.local_day(place, edge.now()))
    return {
        "items": [
            {"id": str(item.id), "category": item.category, "title": item.title, "per": item.per,
             "value_steps": item.value_steps}
            for item in found
        ]
    }  # fmt: skip


@blueprint.post("/claims")
@edge.signed_in
@blueprint.arguments(AwardClaimed)
@blueprint.response(201, AwardEnteredAnswer)
def claim(asked: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Claim for oneself, for an elder one helps, or at the desk; photographs come by the page."""
    session, place, actor = edge.read(), edge.community(), edge.actor()
    if asked["person"]:
        person = residents.by_number(session, place.id, asked["person"])
    elif actor.person_id is not None:
        person = residents.person(session, place.id, actor.person_id)
    else:
        raise NotFound(what="person")
    return submit_claim("awards.claim", asked, person)


@blueprint.post("/reviews")
@edge.signed_in
@blueprint.arguments(AwardsVerdict)
@blueprint.response(200, AwardsReviewedAnswer)
def review(asked: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Approve or reject awards, all or none; `steps` is the value of the only one, where the table gives a range."""
    chosen = asked["award_ids"]
    steps = {chosen[0]: asked["steps"]} if asked["steps"] is not None and len(chosen) == 1 else {}
    return edge.submit(
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
        content=asked,
    )


@blueprint.get("/reviewers")
@edge.signed_in
@blueprint.response(200, ReviewersAnswer)
def reviewers(**_: Any) -> dict[str, Any]:
    """Reviewers beside each other, of a period."""
    asked, place = edge.load(Period), edge.community()
    since = communities.day_start(place, asked["since"]) if asked["since"] else None
    until = communities.day_start(place, asked["until"]) if asked["until"] else None
    return {"reviewers": statistics.reviewers(edge.read(), actor=edge.actor(), since=since, until=until)}


@blueprint.get("/draws")
@edge.signed_in
@blueprint.response(200, DrawsAnswer)
def draws(**_: Any) -> dict[str, Any]:
    """The draws of second reviews of a month, with what it takes to check them."""
    asked, session, actor = edge.load(Draws), edge.read(), edge.actor()
    months = drawing.months(session, actor=actor)
    month = asked["month"] or (months[0].month if months else "")
    found = drawing.drawn_in(session, actor=actor, month=month, after=asked["after"])
    return {
        "months": [
            {"month": one.month, "commitment": one.commitment, "note": one.note, "reveal_note": one.reveal_note,
             "seed": one.seed.hex() if one.revealed_at else None}
            for one in months
        ],
        "draws": [
            {"award_id": str(one.award.id), "key": one.key, "value": one.review.draw_value,
             "percent": one.review.draw_percent, "asks": one.review.asks, "agrees": one.agrees}
            for one in found
        ],
        "after": found[-1].review.id.hex if len(found) == drawing.PAGE else None,
    }  # fmt: skip


@blueprint.get("/<uuid:award_id>")
@edge.signed_in
@blueprint.response(200, AwardWholeAnswer)
def one(award_id: UUID, **_: Any) -> dict[str, Any]:
    """One award with its verdicts."""
    whole = reading.whole(edge.read(), actor=edge.actor(), award_id=award_id)
    return {
        **_told(whole.row),
        "verdicts": [_verdict(review) for review in whole.reviews],
        "photos": len(whole.photos),
        "others": [str(other.award.id) for other in whole.others],
    }


@blueprint.post("/<uuid:award_id>/decision")
@edge.signed_in
@blueprint.arguments(AwardDecided)
@blueprint.response(200, AwardLifeAnswer)
def decide(asked: dict[str, Any], award_id: UUID, **_: Any) -> dict[str, Any]:
    """The committee's word where two reviewers differ."""
    return edge.submit(
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


@blueprint.post("/<uuid:award_id>/undo")
@edge.signed_in
@blueprint.response(200, AwardLifeAnswer)
def undo(award_id: UUID, **_: Any) -> dict[str, Any]:
    """Take the own latest verdict back."""
    return edge.submit(
        "awards.undo",
        lambda session, now: reviewing.undo(session, actor=edge.actor(), now=now, award_id=award_id),
        content={"award": award_id},
    )


def _page(filters: Filters, after: UUID | None) -> dict[str, Any]:
    found = reading.awards_of(edge.read(), actor=edge.actor(), filters=filters, after=after)
    return {
        "awards": [_told(row) for row in found],
        "after": found[-1].award.id.hex if len(found) == reading.PAGE else None,
    }


def _told(row: Listed) -> dict[str, Any]:
    award = row.award
    return {
        "id": str(award.id),
        "on": award.on_day,
        "household": row.household.number,
        "person": row.person.number if row.person else None,
        "item": row.item.title,
        "category": row.item.category,
        "times": award.times,
        "minutes": award.minutes,
        "credited_steps": award.credited_steps,
        "limited_by": award.limited_by,
        "source": award.comes_from,
        "life": award.life,
        "evidence": award.evidence,
        "entered_at": award.entered_at,
        "double_of": str(award.double_of) if award.double_of else None,
        "batch": award.batch_number,
        "line": award.line_number,
        "entry": award.entry,
    }


def _verdict(review: AwardReview) -> dict[str, Any]:
    return {
        "turn": review.turn,
        "verdict": review.verdict,
        "steps": review.steps,
        "remark": review.remark,
        "reviewed_at": review.reviewed_at,
        "undone": review.undone_at is not None,
    }
