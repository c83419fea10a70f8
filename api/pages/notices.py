"""Notices: one's own list, a mail address for them, and the list of somebody whom staff tell."""

import uuid
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from api import edge, outgoing
from api.messages.notices import LINKS, OWN_LISTS, TEXTS
from api.schemas import notices as schemas
from timebank import permissions
from timebank.errors import BadInput, NotFound, Refused
from timebank.outbox import contacts, deliveries, inbox
from timebank.people import residents

blueprint = Blueprint("notices", __name__, url_prefix="/c/<community_code>")


@blueprint.get("/notices")
@edge.signed_in
def mine() -> Any:
    """What I was told, newest first, and where else I want to be told."""
    return edge.page("notices/mine.html", **_mine())


@blueprint.post("/notices/read")
@edge.signed_in
def read_mine() -> Any:
    _mark_read(None)
    return edge.back("notices.mine")


@blueprint.post("/notices/mail")
@edge.signed_in
def set_mail() -> Any:
    """Give an address; a link to confirm it is sent there."""
    person_id = _me()
    try:
        typed = edge.load(schemas.Mail)
        outcome = edge.submit(
            "notices.contact",
            lambda session, now: contacts.set_mail(session, actor=edge.actor(), now=now, person_id=person_id, **typed),
            content=typed,
        )
    except Refused as refused:
        return edge.again("notices/mine.html", _worded(refused), **_mine())
    if outcome["code"] == "notice_contact_kept":
        edge.flash_done(_("已保存。"))
    else:
        edge.flash_done(_("已登记。请在三天内打开发到邮箱里的链接确认。"))
    return edge.back("notices.mine")


@blueprint.post("/notices/mail/remove")
@edge.signed_in
def remove_mail() -> Any:
    edge.load(schemas.Nothing)
    person_id = _me()
    edge.submit(
        "notices.contact",
        lambda session, now: contacts.remove_mail(session, actor=edge.actor(), now=now, person_id=person_id),
        content={},
    )
    edge.flash_done(_("邮箱已去掉,通知只在这里看。"))
    return edge.back("notices.mine")


@blueprint.get("/notices/confirm/<text>")
def confirm(text: str) -> Any:
    """The link that was sent: a button, since mail programs open links by themselves."""
    if outgoing.confirmed(edge.settings(), text) is None:
        raise NotFound(what="notice_contact")
    return edge.page("notices/confirm.html", text=text)


@blueprint.post("/notices/confirm/<text>")
def confirm_post(text: str) -> Any:
    edge.load(schemas.Nothing)
    found = outgoing.confirmed(edge.settings(), text)
    if found is None:
        raise NotFound(what="notice_contact")
    person, address = found
    try:
        edge.submit(
            "notices.confirm",
            lambda session, now: contacts.confirm_mail(
                session, actor=edge.actor(), now=now, person_id=uuid.UUID(person), address=address
            ),
            content={"person": person, "address": address},
        )
    except Refused as refused:
        return edge.again("notices/confirm.html", refused, text=text)
    edge.flash_done(_("邮箱已确认,以后有消息会发到这里。"))
    return edge.back("home.community")


@blueprint.get("/desk/people/<number>/notices")
@edge.signed_in
def of_person(number: str) -> Any:
    """What somebody without a phone is to be told."""
    person = residents.by_number(edge.read(), edge.community().id, number)
    lines = inbox.listed(edge.read(), actor=edge.actor(), person_id=person.id, before=_before())
    return edge.page("notices/of_person.html", person=person, **_list(lines, "notices.of_person", number=number))


@blueprint.post("/desk/people/<number>/notices")
@edge.signed_in
def told(number: str) -> Any:
    """She was told."""
    person = residents.by_number(edge.read(), edge.community().id, number)
    _mark_read(person.id)
    edge.flash_done(_("已记下:已告知本人。"))
    return edge.back("notices.of_person", number=number)


@blueprint.get("/notices/standing")
@edge.signed_in
def standing() -> Any:
    """Whether what should leave the house does."""
    found = deliveries.standing(edge.read(), actor=edge.actor())
    return edge.page("notices/standing.html", channels=found, carrier=edge.settings().notices)


def _mine() -> dict[str, Any]:
    asks = edge.actor()
    lines = inbox.listed(edge.read(), actor=asks, before=_before())
    mail = contacts.contact_of(edge.read(), actor=asks, person_id=_me())
    return {"mail": mail, "carrier": edge.settings().notices, **_list(lines, "notices.mine")}


def _list(lines: list[inbox.Line], endpoint: str, **values: Any) -> dict[str, Any]:
    more = url_for(endpoint, before=lines[-1].id.hex, **values) if len(lines) == inbox.PAGE else ""
    return {
        "lines": lines,
        "text_of": _text,
        "link_of": lambda line: _link(line, own=endpoint == "notices.mine" and not line.about),
        "upto": max((line.id for line in lines), default=None) if _before() is None else None,
        "unread": any(line.read_at is None for line in lines),
        "more": more,
        "first": url_for(endpoint, **values) if _before() else "",
    }


def _text(line: inbox.Line) -> str:
    return str(TEXTS[line.kind]) % outgoing.filled(line.facts, ZoneInfo(edge.community().zone))


def _link(line: inbox.Line, *, own: bool) -> str:
    """The page that a notice leads to: the reader's list of it, or by the first fact that names one; of a batch, the line."""
    if own and line.kind in OWN_LISTS:
        return url_for(OWN_LISTS[line.kind])
    for fact, (endpoint, name) in LINKS.items():
        if fact in line.facts:
            further = {"line": line.facts["line"]} if fact == "batch" and "line" in line.facts else {}
            return url_for(endpoint, **{name: _value(line.facts[fact])}, **further)
    return ""


def _value(fact: Any) -> Any:
    return uuid.UUID(fact) if isinstance(fact, str) and len(fact) == 32 else fact


def _mark_read(person_id: uuid.UUID | None) -> None:
    upto = edge.load(schemas.Read)["upto"]
    edge.submit(
        "notices.read",
        lambda session, now: inbox.mark_read(session, actor=edge.actor(), now=now, upto=upto, person_id=person_id),
        content={"upto": upto, "person": person_id},
    )


def _before() -> uuid.UUID | None:
    text = request.args.get("before", "") if request.method == "GET" else ""
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


def _me() -> uuid.UUID:
    """Only for members: others have no list."""
    asks = edge.actor()
    permissions.require(asks, "notices.read", community_id=asks.community_id, person_id=asks.person_id)
    if asks.person_id is None:
        raise NotFound(what="person")
    return asks.person_id


def _worded(refused: Refused) -> Refused:
    if isinstance(refused, BadInput) and refused.facts["fields"] == {"address": "mail"}:
        return edge.bad("address", _("这不是邮箱地址。"))
    return refused
