"""Awards: lists, one with its verdicts, claims, reviews, and what supervision looks at. The schemas are those of the pages."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from api import attachments, edge
from api.pages.award_lists import filters_of
from api.pages.claims import submit_claim
from api.pages.hearings import instant_of
from api.schemas import awards as told
from api.schemas.awards import (
    AwardClaimed,
    AwardDecided,
    AwardsListed,
    AwardsVerdict,
    ClaimsListed,
    Draws,
    HearingWords,
    Invited,
    Period,
)
from timebank.errors import NotFound
from timebank.people import communities, residents
from timebank.people.residents import Person
from timebank.points.awards import claiming, drawing, hearings, reading, reviewing, statistics
from timebank.points.awards.reading import Filters, Listed
from timebank.points.awards.tables import AwardReview

blueprint = Blueprint(
    "v1_awards", __name__, url_prefix="/api/v1/c/<community_code>/awards", description="Awards and deductions of points"
)


@blueprint.get("")
@edge.signed_in
@blueprint.response(200, told.AwardListAnswer)
def listed(**_: Any) -> dict[str, Any]:
    """Awards by filters, newest first."""
    asked = edge.load(AwardsListed)
    return _page(filters_of(asked), asked["after"])


@blueprint.get("/mine")
@edge.signed_in
@blueprint.response(200, told.AwardListAnswer)
def mine(**_: Any) -> dict[str, Any]:
    """What the caller claimed, and what others claimed for her."""
    actor = edge.actor()
    if actor.person_id is None:
        raise NotFound(what="person")
    return _page(Filters(claimant_id=actor.person_id), edge.load(ClaimsListed)["after"])


@blueprint.get("/items")
@edge.signed_in
@blueprint.response(200, told.ClaimItemsAnswer)
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
@blueprint.response(201, told.AwardEnteredAnswer)
def claim(asked: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Claim for oneself, for an elder one helps, or at the desk; without photographs."""
    return submit_claim("awards.claim", asked, _claimant(asked["person"]))


@blueprint.post("/claims/photographed")
@edge.signed_in
@blueprint.arguments(AwardClaimed, location="form")
@blueprint.response(201, told.AwardEnteredAnswer)
def claim_with_photos(asked: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The same as multipart/form-data, with up to three files named `photos`."""
    return submit_claim("awards.claim", asked, _claimant(asked["person"]))


@blueprint.get("/<uuid:award_id>/photos/<int:number>")
@edge.signed_in
def photo(award_id: UUID, number: int, **_: Any) -> Any:
    """A photograph, for those who may see it, as long as it is kept."""
    found = claiming.photo(edge.read(), actor=edge.actor(), award_id=award_id, number=number)
    return attachments.answer(edge.read(), found)


@blueprint.post("/<uuid:award_id>/hearing/invitations")
@edge.signed_in
@blueprint.arguments(Invited)
@blueprint.response(201, told.HearingDoneAnswer)
def invite(asked: dict[str, Any], award_id: UUID, **_: Any) -> dict[str, Any]:
    """Invite the household to be heard before a deduction is looked at; `clock` is the local time, such as 15:00."""
    meets_at = instant_of(asked["day"], asked["clock"])
    return edge.submit(
        "awards.invite",
        lambda session, now: hearings.invite(
            session, actor=edge.actor(), now=now, award_id=award_id, meets_at=meets_at, place=asked["place"]
        ),
        content={"award": award_id, **asked},
    )


@blueprint.post("/<uuid:award_id>/hearing/words")
@edge.signed_in
@blueprint.arguments(HearingWords)
@blueprint.response(200, told.HearingDoneAnswer)
def write_down(asked: dict[str, Any], award_id: UUID, **_: Any) -> dict[str, Any]:
    """Write down what the household said, and who was present."""
    return edge.submit(
        "awards.hear",
        lambda session, now: hearings.write_down(session, actor=edge.actor(), now=now, award_id=award_id, **asked),
        content={"award": award_id, **asked},
    )


@blueprint.post("/<uuid:award_id>/hearing/absence")
@edge.signed_in
@blueprint.response(200, told.HearingDoneAnswer)
def did_not_come(award_id: UUID, **_: Any) -> dict[str, Any]:
    """Go on without the household, which did not come on the days of two invitations."""
    return edge.submit(
        "awards.not_come",
        lambda session, now: hearings.did_not_come(session, actor=edge.actor(), now=now, award_id=award_id),
        content={"award": award_id},
    )


@blueprint.post("/reviews")
@edge.signed_in
@blueprint.arguments(AwardsVerdict)
@blueprint.response(200, told.AwardsReviewedAnswer)
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
@blueprint.response(200, told.ReviewersAnswer)
def reviewers(**_: Any) -> dict[str, Any]:
    """Reviewers beside each other, of a period."""
    asked, place = edge.load(Period), edge.community()
    since = communities.day_start(place, asked["since"]) if asked["since"] else None
    until = communities.day_start(place, asked["until"]) if asked["until"] else None
    return {"reviewers": statistics.reviewers(edge.read(), actor=edge.actor(), since=since, until=until)}


@blueprint.get("/draws")
@edge.signed_in
@blueprint.response(200, told.DrawsAnswer)
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
@blueprint.response(200, told.AwardWholeAnswer)
def one(award_id: UUID, **_: Any) -> dict[str, Any]:
    """One award with its verdicts; those that were taken back are for staff."""
    whole = reading.whole(edge.read(), actor=edge.actor(), award_id=award_id)
    every = reading.sees_staff(edge.actor(), whole.row)
    return {
        **_told(whole.row),
        "verdicts": [_verdict(review) for review in whole.reviews if every or review.undone_at is None],
        "photos": len(whole.photos),
        "invitations": [
            {"number": one.number, "meets_at": one.meets_at, "place": one.place} for one in whole.invitations
        ],
        "hearing": whole.hearing,
        "others": [str(other.award.id) for other in whole.others],
    }


@blueprint.post("/<uuid:award_id>/decision")
@edge.signed_in
@blueprint.arguments(AwardDecided)
@blueprint.response(200, told.AwardLifeAnswer)
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
@blueprint.response(200, told.AwardLifeAnswer)
def undo(award_id: UUID, **_: Any) -> dict[str, Any]:
    """Take the own latest verdict back."""
    return edge.submit(
        "awards.undo",
        lambda session, now: reviewing.undo(session, actor=edge.actor(), now=now, award_id=award_id),
        content={"award": award_id},
    )


def _claimant(number: str) -> Person:
    session, place, actor = edge.read(), edge.community(), edge.actor()
    if number:
        return residents.by_number(session, place.id, number)
    if actor.person_id is None:
        raise NotFound(what="person")
    return residents.person(session, place.id, actor.person_id)


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
