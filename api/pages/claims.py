"""Claims: what a resident asks for and how it goes, at the desk for who came, and what a grid worker reports."""

import uuid
from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _

from api import attachments, award_problems, edge, fields, lists
from api.form_words import in_words
from api.look import points
from api.messages import awards as words
from api.messages import points as point_words
from api.pages.award_lists import sheet_of_rows
from api.schemas.awards import AwardClaimed, ClaimFor, ClaimsListed, Reported
from timebank import permissions, policy
from timebank.errors import BadInput, Forbidden, NotFound, Refused
from timebank.people import residents
from timebank.people.residents import Person
from timebank.people.working_days import today_in
from timebank.points.awards import claiming, reading
from timebank.points.awards.reading import Filters
from timebank.points.awards.rows import AwardRow

blueprint = Blueprint("claims", __name__, url_prefix="/c/<community_code>/points")
EXPORTED_MOST = 2_000


@blueprint.get("/claims")
@edge.signed_in
def mine() -> Any:
    """One's own claims and those that others made for one, with how each goes."""
    return edge.page("awards/claims.html", **_mine(edge.load(ClaimsListed)["after"]))


@blueprint.get(f"/claims.<any({lists.FORMS}):form>")
@edge.signed_in
def export(form: str) -> Any:
    """The same as a file."""
    me = _me()
    rows = reading.awards_of(edge.read(), actor=edge.actor(), filters=Filters(claimant_id=me.id), limit=EXPORTED_MOST)
    return lists.answer(form, [sheet_of_rows(rows)], "claims")


@blueprint.get("/claims/new")
@edge.signed_in
def new() -> Any:
    """The form for a claim, for oneself or an elder one helps."""
    return edge.page("awards/claim.html", **_form(_me(), edge.load(ClaimFor)["person"]))


@blueprint.post("/claims/new")
@edge.signed_in
def claim() -> Any:
    """Ask for an award; what is wrong stands beside its field."""
    me, whom = _me(), ""
    try:
        asked = edge.load(AwardClaimed)
        whom = asked["person"]
        person = _person(whom, otherwise=me)
        made = submit_claim("awards.claim", asked, person)
    except Refused as refused:
        return edge.again("awards/claim.html", told(refused), **_form(me, whom))
    _say_claimed(made, asked)
    return edge.back("claims.mine")


@blueprint.get("/claims/desk")
@edge.signed_in
def desk() -> Any:
    """At the desk: for whom, and the form."""
    permissions.require(edge.actor(), "awards.claim_for", community_id=edge.community().id)
    return edge.page("awards/claim_desk.html", **_desk(edge.load(ClaimFor)["person"]))


@blueprint.post("/claims/desk")
@edge.signed_in
def claim_at_desk() -> Any:
    """Staff write down the claim of who came."""
    permissions.require(edge.actor(), "awards.claim_for", community_id=edge.community().id)
    whom = ""
    try:
        asked = edge.load(AwardClaimed)
        whom = asked["person"]
        made = submit_claim("awards.claim_for", asked, _person(whom))
    except Refused as refused:
        return edge.again("awards/claim_desk.html", told(refused), **_desk(whom))
    _say_claimed(made, asked)
    return edge.back("claims.desk")


@blueprint.get("/report")
@edge.signed_in
def report() -> Any:
    """The form for what a grid worker saw in her grid."""
    _refuse_no_grid()
    return edge.page("awards/report.html", **_report_facts())


@blueprint.post("/report")
@edge.signed_in
def send_report() -> Any:
    """Report it; the household must live in the grid."""
    _refuse_no_grid()
    try:
        asked = edge.load(Reported)
        photos = attachments.several("photos", "photo", most=claiming.MOST_PHOTOS)
        asked["on"] = asked["on"].isoformat()
        row = AwardRow(1, asked["household"], asked["person"], "", asked["on"], asked["quantity"], asked["evidence"],
                       item_id=asked["item_id"].hex, again_reason=asked["again_reason"])  # fmt: skip
        made = award_problems.submit(
            "awards.report",
            lambda session, now: claiming.report(session, actor=edge.actor(), now=now, photos=photos, **asked),
            content={**asked, "photos": [photo.digest for photo in photos]},
            row=row,
            source="grid",
        )
    except Forbidden:
        # She has a grid: what she may not is to report on a household of another one.
        refused = edge.bad(
            "household" if asked["household"] else "person", _("这一户不在您的网格里,请告诉那里的网格员。")
        )
        return edge.again("awards/report.html", refused, **_report_facts())
    except Refused as refused:
        return edge.again("awards/report.html", told(refused), **_report_facts())
    edge.flash_done(_("已上报,要先听取这一户的意见。") if made["life"] == "hearing" else _("已上报,等待审核。"))
    return edge.back("claims.report")


def told(refused: Refused) -> Refused:
    """A refusal with its fields in the reader's words."""
    return in_words(refused, words.FIELDS)


def submit_claim(use_case: str, asked: dict[str, Any], person: Person) -> dict[str, Any]:
    """A claim as it was asked, with the photographs of the request."""
    # Before anything is said of what others were awarded.
    claiming.require_claim(edge.read(), edge.actor(), person)
    photos = attachments.several("photos", "photo", most=claiming.MOST_PHOTOS)
    row = AwardRow(1, "", person.number, "", asked["on"].isoformat(), asked["quantity"], asked["evidence"],
                   item_id=asked["item_id"].hex, again_reason=asked["again_reason"])  # fmt: skip
    return award_problems.submit(
        use_case,
        lambda session, now: claiming.claim(
            session,
            actor=edge.actor(),
            now=now,
            person_id=person.id,
            item_id=asked["item_id"],
            on=row.on,
            quantity=asked["quantity"],
            evidence=asked["evidence"],
            proposed_steps=asked["proposed"],
            again_reason=asked["again_reason"],
            photos=photos,
        ),
        content={**asked, "person": person.id, "photos": [photo.digest for photo in photos]},
        row=row,
        source="claim" if person.id == edge.actor().person_id else "behalf",
    )


def _say_claimed(made: dict[str, Any], asked: dict[str, Any]) -> None:
    if asked["proposed"]:  # where the table gives a range, what it comes to is the reviewer's word
        edge.flash_done(_("已申报,您认为值 %(steps)s 分,由审核人定。", steps=points(asked["proposed"])))
    else:
        edge.flash_done(_("已申报,按 %(steps)s 分等待审核。", steps=points(made["credited_steps"])))


def _me() -> Person:
    actor = edge.actor()
    if actor.person_id is None:
        raise NotFound(what="person")
    return residents.person(edge.read(), edge.community().id, actor.person_id)


def _person(number: str, otherwise: Person | None = None) -> Person:
    if not number.strip():
        if otherwise is None:
            raise edge.bad("person", _("请填写编号。"))
        return otherwise
    try:
        return residents.by_number(edge.read(), edge.community().id, fields.typed_number(number))
    except NotFound:
        raise edge.bad("person", _("没有这个编号。")) from None


def _refuse_no_grid() -> None:
    actor = edge.actor()
    if reading.areas_of(actor, "awards.report") is None:
        permissions.require(actor, "awards.report", community_id=edge.community().id)


def _mine(after: uuid.UUID | None) -> dict[str, Any]:
    me = _me()
    found = reading.awards_of(
        edge.read(),
        actor=edge.actor(),
        filters=Filters(claimant_id=me.id),
        after=after,
        limit=reading.PAGE + 1,
    )
    rows = found[: reading.PAGE]
    return {
        "rows": rows,
        "next_url": url_for("claims.mine", after=rows[-1].award.id.hex) if len(found) > reading.PAGE else "",
        "first_url": url_for("claims.mine") if after else "",
        "words": words,
    }


def _form(me: Person, number: str) -> dict[str, Any]:
    session, place = edge.read(), edge.community()
    today = today_in(session, place.id, edge.now())
    waiting = claiming.open_claims(session, place.id, me.id, edge.now())
    return {
        "people": claiming.claimed_for(session, actor=edge.actor()),
        "chosen": fields.typed_number(number) if number else me.number,
        "items": claiming.items_to_claim(session, place.id, today),
        "today": today,
        "waiting": waiting,
        "most": policy.of(session, place.id, today).claims_open_a_day,
        "pers": point_words.PERS,
        "words": words,
    }


def _desk(number: str) -> dict[str, Any]:
    session, place = edge.read(), edge.community()
    today = today_in(session, place.id, edge.now())
    person = None
    if number:
        try:
            person = _person(number)
        except BadInput:
            person = None
    return {
        "person": person,
        "number": number,
        "items": claiming.items_to_claim(session, place.id, today),
        "today": today,
        "pers": point_words.PERS,
        "words": words,
    }


def _report_facts() -> dict[str, Any]:
    session, place = edge.read(), edge.community()
    today = today_in(session, place.id, edge.now())
    return {
        "items": claiming.items_to_claim(session, place.id, today, "grid"),
        "rows": reading.awards_of(
            session, actor=edge.actor(), filters=Filters(source="grid", entered_by=edge.actor().number), limit=10
        ),
        "today": today,
        "pers": point_words.PERS,
        "words": words,
    }
