"""A resident's word on a visit: what I am asked, and my answer; and the volunteer names who was served."""

from typing import Any
from uuid import UUID

from flask import Blueprint
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from api import edge
from api.schemas.attendance import Recipient, Word
from timebank.errors import NotFound, Refused
from timebank.hours.attendance import visits, witnesses
from timebank.people import residents
from timebank.permissions import may, require

blueprint = Blueprint("words", __name__, url_prefix="/c/<community_code>")

WITNESS_REASONS = {
    "witness_own": lazy_gettext("证明人不能是本人。"),
    "witness_family": lazy_gettext("证明人不能是同一户的人。"),
    "witness_left": lazy_gettext("这个人已经不在这个社区。"),
    "witness_served": lazy_gettext("这个人当时自己也在服务。"),
}


@blueprint.get("/my/words")
@edge.signed_in
def asked() -> Any:
    """What I am asked; for desk staff also what others are asked, who may have no phone."""
    actor = edge.actor()
    require(actor, "attendance.give_word", community_id=edge.community().id, person_id=actor.person_id)
    return edge.page(
        "attendance/words.html",
        mine=witnesses.asked_of(edge.read(), actor=actor),
        others=witnesses.waiting(edge.read(), actor=actor) if _is_desk() else [],
        is_desk=_is_desk(),
    )


@blueprint.get("/words/<visit_id>")
@edge.signed_in
def one(visit_id: str) -> Any:
    """One question: was it so?"""
    return edge.page("attendance/word.html", line=_line(visit_id))


@blueprint.post("/words/<visit_id>")
@edge.signed_in
def give(visit_id: str) -> Any:
    """Yes or no, once."""
    line = _line(visit_id)
    try:
        typed = edge.load(Word)
        outcome = edge.submit(
            "attendance.give_word",
            lambda session, now: witnesses.give_word(
                session,
                actor=edge.actor(),
                now=now,
                visit_id=line.visit_id,
                confirms=typed["word"] == "confirmed",
                note=typed["note"],
            ),
            content={**typed, "visit_id": visit_id},
        )
    except Refused as refused:
        if refused.code == "bad_input" and refused.facts.get("fields") == {"note": "required"}:
            refused = edge.bad("note", _("请写明哪里不对。"))
        elif refused.code not in {"bad_input", "word_given", "nothing_to_confirm"}:
            raise
        return edge.again("attendance/word.html", refused, line=line)
    said = outcome["word"] == "confirmed"
    edge.flash_done(_("已记下:确认。谢谢您。") if said else _("已记下:否认。审核人会看到。"))
    return edge.back("words.asked")


@blueprint.post("/visits/<visit_id>/recipient")
@edge.signed_in
def ask_recipient(visit_id: str) -> Any:
    """The volunteer names who was served where a printed code hangs."""
    try:
        number = edge.load(Recipient)["person"]
        person = residents.by_number(edge.read(), edge.community().id, number)
        edge.submit(
            "attendance.ask_recipient",
            lambda session, now: witnesses.ask_recipient(
                session, actor=edge.actor(), now=now, visit_id=visit_uuid(visit_id), person_id=person.id
            ),
            content={"visit_id": visit_id, "person": number},
        )
    except NotFound as refused:
        if refused.facts.get("what") != "person":
            raise
        edge.flash_note(_("没有这个编号的人。"))
    except Refused as refused:
        if refused.code not in {"bad_input", "word_given", "nothing_to_confirm"}:
            raise
        edge.flash_note(witness_problem(refused) or edge.Told(refused).message)
    else:
        edge.flash_done(_("已请 %(number)s 确认。确认后入账。", number=number))
    return edge.back("hours.visit", visit_id=visit_id)


def witness_problem(refused: Refused) -> str:
    """Why somebody cannot be asked, in words; empty if the refusal is another."""
    found = refused.facts.get("fields")
    why = str(found.get("witness", "")) if isinstance(found, dict) else ""
    return str(WITNESS_REASONS.get(why, ""))


def visit_uuid(text: str) -> UUID:
    """The visit's id in an address."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what="visit") from None


def _line(visit_id: str) -> witnesses.WordLine:
    session, community_id = edge.read(), edge.community().id
    found = visits.by_id(session, community_id, visit_uuid(visit_id))
    word = witnesses.word_of(session, found)
    if word is None:
        raise NotFound(what="visit_word")
    require(edge.actor(), "attendance.give_word", community_id=community_id, person_id=word.person_id)
    return witnesses.words_on(session, community_id=community_id, visit_ids=[found.id])[found.id]


def _is_desk() -> bool:
    return may(edge.actor(), "attendance.give_word", community_id=edge.community().id)
