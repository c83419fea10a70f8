"""Relatives: one's own, and those that staff write down - so that nobody decides on relatives."""

import uuid
from typing import Any

from flask import Blueprint
from flask_babel import gettext as _

from api import edge, fields
from api.form_words import in_words
from api.messages import kin as words
from api.schemas import kin as schemas
from timebank import permissions
from timebank.errors import NotFound, Refused
from timebank.people import communities, kin, residents

blueprint = Blueprint("kin", __name__, url_prefix="/c/<community_code>")


@blueprint.get("/kin")
@edge.signed_in
def mine() -> Any:
    """One's own relatives as they are written down."""
    return edge.page("kin/mine.html", **_facts(_me()))


@blueprint.post("/kin")
@edge.signed_in
def declare() -> Any:
    """A resident says who her relatives are."""
    me = _me()
    try:
        asked = edge.load(schemas.OwnKin)
        edge.submit(
            "kin.declare",
            lambda session, now: kin.declare(session, actor=edge.actor(), now=now, person_id=me, **asked),
            content=asked,
        )
    except Refused as refused:
        return edge.again("kin/mine.html", _worded(refused), **_facts(me))
    edge.flash_done(_("已登记。您这一户马上回避;对方确认以后,对方也回避。"))
    return edge.back("kin.mine")


@blueprint.post("/kin/confirm")
@edge.signed_in
def confirm() -> Any:
    """A resident says that what a relative declared is so."""
    me = _me()
    try:
        _confirm()
    except Refused as refused:
        return edge.again("kin/mine.html", _worded(refused), **_facts(me))
    return edge.back("kin.mine")


@blueprint.get("/kin/desk")
@edge.signed_in
def desk() -> Any:
    """Staff find whose relatives to look at."""
    permissions.require(edge.actor(), "kin.end", community_id=edge.community().id)
    asked = edge.load(schemas.KinAsked)
    if not asked["number"]:
        return edge.page("kin/desk.html", words=words)
    try:
        found = residents.by_number(edge.read(), edge.community().id, fields.typed_number(asked["number"]))
    except NotFound:
        return edge.again("kin/desk.html", edge.bad("number", _("没有这个编号。")), words=words)
    return edge.back("kin.person", person_id=found.id)


@blueprint.get("/people/<uuid:person_id>/kin")
@edge.signed_in
def person(person_id: uuid.UUID) -> Any:
    """What is written down of somebody's relatives."""
    return edge.page("kin/person.html", **_facts(person_id, staff=True))


@blueprint.post("/people/<uuid:person_id>/kin")
@edge.signed_in
def record(person_id: uuid.UUID) -> Any:
    """Staff write down a relative, with what it rests on."""
    try:
        asked = edge.load(schemas.KinRecorded)
        edge.submit(
            "kin.declare",
            lambda session, now: kin.declare(session, actor=edge.actor(), now=now, person_id=person_id, **asked),
            content={**asked, "person": person_id},
        )
    except Refused as refused:
        return _again(refused, person_id)
    edge.flash_done(_("已登记,马上算。"))
    return edge.back("kin.person", person_id=person_id)


@blueprint.post("/people/<uuid:person_id>/kin/confirm")
@edge.signed_in
def confirm_at_desk(person_id: uuid.UUID) -> Any:
    """Staff who are near to neither say that it is so."""
    permissions.require(edge.actor(), "kin.end", community_id=edge.community().id)
    try:
        _confirm()
    except Refused as refused:
        return _again(refused, person_id)
    return edge.back("kin.person", person_id=person_id)


@blueprint.post("/people/<uuid:person_id>/kin/end")
@edge.signed_in
def end(person_id: uuid.UUID) -> Any:
    """It does not count any more, from today on."""
    try:
        asked = edge.load(schemas.KinEnded)
        edge.submit(
            "kin.end",
            lambda session, now: kin.end(session, actor=edge.actor(), now=now, **asked),
            content=asked,
        )
    except Refused as refused:
        return _again(refused, person_id)
    edge.flash_done(_("从今天起不再算;记录还在。"))
    return edge.back("kin.person", person_id=person_id)


def _confirm() -> None:
    asked = edge.load(schemas.KinConfirmed)
    edge.submit(
        "kin.confirm",
        lambda session, now: kin.confirm(session, actor=edge.actor(), now=now, **asked),
        content=asked,
    )
    edge.flash_done(_("已确认,双方都回避。"))


def _again(refused: Refused, person_id: uuid.UUID) -> Any:
    if refused.code == "forbidden":
        raise refused
    edge.stop_reading()
    return edge.again("kin/person.html", _worded(refused), **_facts(person_id, staff=True))


def _worded(refused: Refused) -> Refused:
    return in_words(refused, words.FIELDS)


def _me() -> uuid.UUID:
    actor = edge.actor()
    if actor.person_id is None:
        raise NotFound(what="person")
    return actor.person_id


def _facts(person_id: uuid.UUID, *, staff: bool = False) -> dict[str, Any]:
    session, place, actor = edge.read(), edge.community(), edge.actor()
    if staff:
        permissions.require(actor, "kin.end", community_id=place.id)
    rows = kin.listed(session, actor=actor, person_id=person_id)
    return {
        "person": residents.person(session, place.id, person_id),
        "rows": rows,
        "today": communities.local_day(place, edge.now()),
        "words": words,
    }
