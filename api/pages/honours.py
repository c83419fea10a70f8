"""Honours: what anybody may read on the board, and what the committee decides, proposes, hears, confirms and hangs out."""

import io
import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, send_file
from flask_babel import gettext as _
from sqlmodel import Session

from api import card_sheets, edge, fields, lists, qr
from api.exports import Column, Sheet
from api.form_words import in_words
from api.messages import honours as words
from api.messages import points as point_words
from api.schemas import households as schemas
from timebank import permissions
from timebank.errors import NotFound, Refused
from timebank.people import residents
from timebank.people.communities import local_day
from timebank.people.household_heads import heads_of
from timebank.people.households import households_of
from timebank.points.honours import deciding, listing
from timebank.points.honours import reading as honour_reading
from timebank.points.honours.tables import HonourList

blueprint = Blueprint("honours", __name__, url_prefix="/c/<community_code>/honours")

Change = Callable[[Session, Any], dict[str, Any]]


@blueprint.get("")
def board() -> Any:
    """The lists that hang out, and the levels, for anybody."""
    session, place = edge.read(), edge.community()
    outside = edge.actor().person_id is None
    return edge.page(
        "honours/board.html",
        found=[(one, honour_reading.told(session, one)) for one in honour_reading.shown_lists(session, place.id, edge.now(), outside=outside)],
        levels=deciding.in_force(session, place.id, "levels", local_day(place, edge.now())),
        words=words,
        manages=permissions.may(edge.actor(), "honours.read", community_id=place.id),
    )  # fmt: skip


@blueprint.get("/<int:number>")
def one(number: int) -> Any:
    """One list as it hangs out; a resident objects to a line from here."""
    return edge.page("honours/one.html", **_public(number))


@blueprint.get("/<int:number>.<any(xlsx, csv):form>")
def file(number: int, form: str) -> Any:
    """The same rows to take away."""
    found = shown_list(number)
    rows = honour_reading.told(edge.read(), found)
    columns = [Column(label=_("名次"), kind="whole"), Column(label=_("户")), Column(label=_("网格")),
               Column(label=_("户号尾号")), Column(label=_("积分"), kind="points"), Column(label=_("事由"))]  # fmt: skip
    cells = [
        (row.line.position, row.name + row.line.suffix, row.line.grid, row.line.household_tail, row.line.steps, row.line.why)
        for row in rows
    ]  # fmt: skip
    notes = [f"{found.title} {found.from_day.isoformat()} – {found.to_day.isoformat()}"]
    sheet = Sheet(name=str(words.KINDS[found.kind]), columns=columns, rows=cells, notes=notes)
    return lists.answer(form, [sheet], f"honours-{found.number}")


@blueprint.get("/<int:number>/sheet.pdf")
def sheet(number: int) -> Any:
    """The list for the wall, on A4 or A3, with a code that leads to the page."""
    found = shown_list(number)
    paper = edge.load(schemas.SheetAsked)["paper"]
    address = f"{edge.settings().public_url}/c/{edge.community().code}/honours/{found.number}"
    drawn = render_template(
        "honours/sheet.html", found=found, rows=honour_reading.told(edge.read(), found), words=words, paper=paper,
        community=edge.community(), printed_at=edge.now(), code=qr.svg(address, label=_("这张榜的网页")),
    )  # fmt: skip
    content = io.BytesIO(card_sheets.pdf([drawn], progress=lambda _done: None))
    return send_file(content, mimetype="application/pdf", download_name=f"honours-{found.number}-{paper}.pdf")


@blueprint.post("/<int:number>/lines/<int:position>/object")
@edge.signed_in
def object_to(number: int, position: int) -> Any:
    """A resident objects; a clerk names who came."""
    try:
        asked = edge.load(schemas.HonourObjected)
        person_id = None
        if asked["person"]:
            person_id = _person(asked["person"])
        found = shown_list(number)
        _submit("object", found.id, {**asked, "position": position}, lambda session, now: listing.object_to(
            session, actor=edge.actor(), now=now, list_id=found.id, position=position, reason=asked["reason"],
            person_id=person_id))  # fmt: skip
    except Refused as refused:
        if refused.status == 404:
            raise
        return edge.again("honours/one.html", in_words(refused, words.FIELDS), **_public(number))
    edge.flash_done(_("异议已收到,答复以后会写在这一页。"))
    return edge.back("honours.one", number=number)


@blueprint.post("/<int:number>/lines/<int:position>/consent")
@edge.signed_in
def consent(number: int, position: int) -> Any:
    """The head agrees to the full name, or takes it back."""
    found = honour_reading.by_number(edge.read(), edge.community().id, number)
    asked = edge.load(schemas.Consented)
    _submit("consent", found.id, {**asked, "position": position}, lambda session, now: listing.consent(
        session, actor=edge.actor(), now=now, list_id=found.id, position=position, is_given=asked["given"] == "1",
        present=bool(asked["present"])))  # fmt: skip
    edge.flash_done(_("已记下:显示全名。") if asked["given"] == "1" else _("已记下:只显示姓。"))
    if permissions.may(edge.actor(), "honours.read", community_id=edge.community().id):
        return edge.back("honours.manage_one", number=number)
    return edge.back("household.mine")


@blueprint.get("/manage")
@edge.signed_in
def manage() -> Any:
    """All lists and decisions, and the forms for new ones."""
    return edge.page("honours/manage.html", **_managed())


@blueprint.post("/manage/levels")
@edge.signed_in
def decide_levels() -> Any:
    """Write down the levels that were decided."""
    permissions.require(edge.actor(), "honours.decide", community_id=edge.community().id)
    try:
        asked = edge.load(schemas.LevelsDecided)
        if len(asked["name"]) != len(asked["points"]):
            raise edge.bad("name", _("每一级都要有名称和分数。"))
        content = {
            "by": asked["by"],
            "levels": [[name, steps] for name, steps in zip(asked["name"], asked["points"], strict=True)],
        }
        _decide("levels", content, asked)
    except Refused as refused:
        return edge.again("honours/manage.html", in_words(refused, words.FIELDS), **_managed())
    edge.flash_done(_("已登记,请另一位确认。"))
    return edge.back("honours.manage")


@blueprint.post("/manage/black")
@edge.signed_in
def decide_black() -> Any:
    """Write down that the community decided to have a black list."""
    permissions.require(edge.actor(), "honours.decide", community_id=edge.community().id)
    try:
        asked = edge.load(schemas.BlackDecided)
        content = {"from_steps": asked["from_points"], "days": asked["days"], "public": int(asked["public"])}
        _decide("black", content, asked)
    except Refused as refused:
        return edge.again("honours/manage.html", in_words(refused, words.FIELDS), **_managed())
    edge.flash_done(_("已登记,请另一位确认。"))
    return edge.back("honours.manage")


@blueprint.post("/manage/decisions/<uuid:decision_id>/<any(confirm, withdraw):verb>")
@edge.signed_in
def settle_decision(decision_id: uuid.UUID, verb: str) -> Any:
    """The second officer confirms a decision, or it is withdrawn."""
    permissions.require(
        edge.actor(), "honours.confirm" if verb == "confirm" else "honours.decide", community_id=edge.community().id
    )
    change = deciding.confirm if verb == "confirm" else deciding.withdraw
    try:
        _submit(f"{verb}_decision", decision_id, {}, lambda session, now: change(
            session, actor=edge.actor(), now=now, decision_id=decision_id))  # fmt: skip
    except Refused as refused:
        if refused.status == 404:
            raise
        return edge.again("honours/manage.html", in_words(refused, words.FIELDS), **_managed())
    edge.flash_done(_("已确认。") if verb == "confirm" else _("已撤回。"))
    return edge.back("honours.manage")


@blueprint.post("/manage")
@edge.signed_in
def propose() -> Any:
    """Make a list by its rule."""
    permissions.require(edge.actor(), "honours.propose", community_id=edge.community().id)
    try:
        asked = edge.load(schemas.ListProposed)
        rule = {"kind": asked["rule"]}
        rule |= {"top": {"n": asked["n"]}, "threshold": {"steps": asked["points"]}, "remark": {}}[asked["rule"]]
        made = edge.submit(
            "honours.propose",
            lambda session, now: listing.propose(
                session, actor=edge.actor(), now=now, kind=asked["kind"], title=asked["title"],
                from_day=asked["from_day"], to_day=asked["to_day"], rule=rule,
            ),
            content=asked,
        )  # fmt: skip
    except Refused as refused:
        return edge.again("honours/manage.html", in_words(refused, words.FIELDS), **_managed())
    edge.flash_done(_("拟好了,请另一位确认。"))
    return edge.back("honours.manage_one", number=made["number"])


@blueprint.get("/manage/<int:number>")
@edge.signed_in
def manage_one(number: int) -> Any:
    """One list with its people, hearings, consents and objections."""
    return edge.page("honours/manage_one.html", **_list(number))


@blueprint.post("/manage/<int:number>/<any(confirm, publish, withdraw):verb>")
@edge.signed_in
def step(number: int, verb: str) -> Any:
    """Confirm, hang out, or take down."""
    use_case = {"confirm": "honours.confirm", "publish": "honours.publish", "withdraw": "honours.propose"}[verb]
    permissions.require(edge.actor(), use_case, community_id=edge.community().id)
    found = honour_reading.by_number(edge.read(), edge.community().id, number)
    try:
        asked: dict[str, Any] = edge.load(schemas.WhyChanged) if verb == "withdraw" else {}
        steps: dict[str, Callable[..., dict[str, Any]]] = {
            "confirm": listing.confirm,
            "publish": listing.publish,
            "withdraw": listing.withdraw,
        }
        _submit(verb, found.id, asked, lambda session, now: steps[verb](
            session, actor=edge.actor(), now=now, list_id=found.id, **asked))  # fmt: skip
    except Refused as refused:
        return edge.again("honours/manage_one.html", in_words(refused, words.FIELDS), **_list(number))
    edge.flash_done({"confirm": _("已确认,可以张榜。"), "publish": _("已张榜。"), "withdraw": _("已撤下。")}[verb])
    return edge.back("honours.manage_one", number=number)


@blueprint.post("/manage/<int:number>/lines/<int:position>/<any(hear, off):verb>")
@edge.signed_in
def line(number: int, position: int, verb: str) -> Any:
    """Write down what a household said, or take it off with a reason."""
    permissions.require(edge.actor(), "honours.propose", community_id=edge.community().id)
    found = honour_reading.by_number(edge.read(), edge.community().id, number)
    try:
        asked = edge.load(schemas.Heard if verb == "hear" else schemas.WhyChanged)
        change: Callable[..., dict[str, Any]] = listing.hear if verb == "hear" else listing.take_off
        _submit(f"{verb}_line", found.id, {**asked, "position": position}, lambda session, now: change(
            session, actor=edge.actor(), now=now, list_id=found.id, position=position, **asked))  # fmt: skip
    except Refused as refused:
        if refused.status == 404:
            raise
        return edge.again("honours/manage_one.html", in_words(refused, words.FIELDS), **_list(number))
    edge.flash_done(_("已记下。"))
    return edge.back("honours.manage_one", number=number)


@blueprint.post("/manage/<int:number>/objections/<uuid:objection_id>")
@edge.signed_in
def answer(number: int, objection_id: uuid.UUID) -> Any:
    """Answer an objection; upheld, it takes the line off."""
    permissions.require(edge.actor(), "honours.answer", community_id=edge.community().id)
    try:
        asked = edge.load(schemas.HonourAnswered)
        _submit("answer", objection_id, asked, lambda session, now: listing.answer(
            session, actor=edge.actor(), now=now, objection_id=objection_id, upheld=asked["verdict"] == "uphold",
            text=asked["text"]))  # fmt: skip
    except Refused as refused:
        if refused.status == 404:
            raise
        return edge.again("honours/manage_one.html", in_words(refused, words.FIELDS), **_list(number))
    edge.flash_done(_("已答复。"))
    return edge.back("honours.manage_one", number=number)


def shown_list(number: int) -> HonourList:
    """The list of a number, if the reader may see it now; else NotFound."""
    session, place = edge.read(), edge.community()
    found = honour_reading.by_number(session, place.id, number)
    outside = edge.actor().person_id is None
    if not honour_reading.is_shown(session, found, local_day(place, edge.now()), outside=outside):
        raise NotFound(what="honour_list", number=number)
    return found


def _public(number: int) -> dict[str, Any]:
    session, found = edge.read(), shown_list(number)
    asks = edge.actor()
    open_still = (
        found.state == "published" and found.objections_until is not None and edge.now() < found.objections_until
    )
    return {
        "found": found,
        "rows": honour_reading.told(session, found),
        "objections": honour_reading.objections_of(session, found),
        "may_object": open_still and permissions.may(asks, "honours.object", community_id=found.community_id),
        "at_desk": permissions.may(asks, "honours.consent_at_desk", community_id=found.community_id),
        "manages": permissions.may(asks, "honours.read", community_id=found.community_id),
        "until": found.last_moment,
        "words": words,
    }


def _managed() -> dict[str, Any]:
    session, place, asks = edge.read(), edge.community(), edge.actor()
    today = local_day(place, edge.now())
    return {
        "lists": honour_reading.lists_of(session, actor=asks),
        "decisions": deciding.decisions_of(session, place.id),
        "levels": deciding.in_force(session, place.id, "levels", today),
        "black": deciding.in_force(session, place.id, "black", today),
        "today": today,
        "may_decide": permissions.may(asks, "honours.decide", community_id=place.id),
        "may_confirm": permissions.may(asks, "honours.confirm", community_id=place.id),
        "me": asks.number,
        "words": words,
        "point_words": point_words,
    }


def _list(number: int) -> dict[str, Any]:
    session, place, asks = edge.read(), edge.community(), edge.actor()
    permissions.require(asks, "honours.read", community_id=place.id)
    found = honour_reading.by_number(session, place.id, number)
    lines = honour_reading.lines_of(session, found)
    wanted = {one.household_id for one in lines}
    objections = honour_reading.objections_of(session, found)
    return {
        "found": found,
        "lines": lines,
        "homes": households_of(session, place.id, wanted),
        "heads": heads_of(session, place.id, wanted),
        "objections": objections,
        "objectors": residents.persons_of(session, place.id, [one.person_id for one in objections]),
        "may": {
            name: permissions.may(asks, f"honours.{name}", community_id=place.id)
            for name in ("propose", "confirm", "publish", "answer", "consent_at_desk")
        },
        "same_person": asks.number == found.proposed_by,
        "today": local_day(place, edge.now()),
        "words": words,
    }


def _decide(kind: str, content: dict[str, Any], asked: dict[str, Any]) -> None:
    told = {name: asked[name] for name in ("in_force_on", "decided_on", "body", "reason")}
    told["ends_on"] = asked.get("ends_on")
    edge.submit(
        "honours.decide",
        lambda session, now: deciding.draft(session, actor=edge.actor(), now=now, kind=kind, content=content, **told),
        content={**told, "content": content, "kind": kind},
    )


def _submit(verb: str, about: uuid.UUID, asked: dict[str, Any], change: Change) -> None:
    edge.submit(f"honours.{verb}", change, content={**asked, "about": about})


def _person(typed: str) -> uuid.UUID:
    try:
        return residents.by_number(edge.read(), edge.community().id, fields.typed_number(typed)).id
    except NotFound:
        raise edge.bad("person", _("没有这个编号。")) from None
