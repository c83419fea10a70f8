"""Circumstances of many people: which end soon, which wait for a consent; consent given, revoked; an early end."""

import uuid
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from api import edge, fields
from api.messages import eligibility as words
from timebank.errors import BadInput, Refused
from timebank.people import circumstances, communities, consents, residents
from timebank.permissions import may

blueprint = Blueprint("circumstances", __name__, url_prefix="/c/<community_code>")

A_PAGE = 50


class Listed(fields.Schema):
    view = fields.Word(circumstances.VIEWS, load_default="ending")
    kind = fields.Word(circumstances.KINDS, load_default="")
    after_day = fields.Day(load_default=None)
    after_id = fields.Id(load_default=None)


class EarlyEnd(fields.Schema):
    until_on = fields.Day(required=True)


class Consent(fields.Schema):
    kind = fields.Word(consents.SENSITIVE, required=True)
    way = fields.Word(consents.WAYS, required=True)
    consent_evidence = fields.Text(required=True, most=200)
    given_on = fields.Day(required=True)


class Revoked(fields.Schema):
    kind = fields.Word(consents.SENSITIVE, required=True)


@blueprint.get("/circumstances")
@edge.signed_in
def listed() -> Any:
    """For staff, each in her own area."""
    return edge.page("circumstances/list.html", **_facts())


@blueprint.post("/circumstances/<uuid:flag_id>/end")
@edge.signed_in
def end(flag_id: uuid.UUID) -> Any:
    try:
        asked = edge.load(EarlyEnd)
        edge.submit(
            "circumstances.end",
            lambda session, now: circumstances.end(session, actor=edge.actor(), now=now, flag_id=flag_id, **asked),
            content={**asked, "flag": flag_id},
        )
    except BadInput as refused:
        return edge.again("circumstances/list.html", _in_words(refused), **_facts())
    edge.flash_done(_("已记下截止日期。"))
    return edge.back("circumstances.listed")


@blueprint.post("/people/<uuid:person_id>/consents")
@edge.signed_in
def consent(person_id: uuid.UUID) -> Any:
    try:
        asked = edge.load(Consent)
        evidence = asked.pop("consent_evidence")
        edge.submit(
            "circumstances.consent",
            lambda session, now: circumstances.consent(
                session, actor=edge.actor(), now=now, person_id=person_id, evidence=evidence, **asked
            ),
            content={**asked, "evidence": evidence, "person": person_id},
        )
    except BadInput as refused:
        return edge.again("circumstances/consents.html", _in_words(refused), **_consent_facts(person_id))
    edge.flash_done(_("同意已记下。"))
    return edge.back("circumstances.consents_of", person_id=person_id)


@blueprint.get("/people/<uuid:person_id>/consents")
@edge.signed_in
def consents_of(person_id: uuid.UUID) -> Any:
    """What somebody consented to; she herself and staff revoke it here."""
    return edge.page("circumstances/consents.html", **_consent_facts(person_id))


@blueprint.post("/people/<uuid:person_id>/consents/revoke")
@edge.signed_in
def revoke(person_id: uuid.UUID) -> Any:
    asked = edge.load(Revoked)
    edge.submit(
        "circumstances.revoke",
        lambda session, now: circumstances.revoke(session, actor=edge.actor(), now=now, person_id=person_id, **asked),
        content={**asked, "person": person_id},
    )
    edge.flash_done(_("同意已撤回,从现在起不再使用。"))
    return edge.back("circumstances.consents_of", person_id=person_id)


def _facts() -> dict[str, Any]:
    asked = Listed().load({}) if request.method == "POST" else edge.load(Listed)
    place = edge.community()
    today = communities.local_day(place, edge.now())
    after = (asked["after_day"], asked["after_id"]) if asked["after_day"] and asked["after_id"] else None
    found = circumstances.listed(
        edge.read(),
        actor=edge.actor(),
        today=today,
        view=asked["view"],
        kind=asked["kind"],
        after=after,
        limit=A_PAGE + 1,
    )
    last = found[A_PAGE - 1].flag if len(found) > A_PAGE else None
    return {
        "found": found[:A_PAGE],
        "asked": asked,
        "is_first": after is None,
        "next": {"after_day": (last.until_on or circumstances.NO_END).isoformat(), "after_id": last.id.hex}
        if last
        else None,
        "views": [("ending", _("快到期")), ("holding", _("现在有效")), ("unused", _("等同意"))],
        "kinds": words.FLAGS,
        "today": today,
        "may_end": may(edge.actor(), "circumstances.end", community_id=place.id),
        "is_sensitive": circumstances.is_sensitive,
    }


def _consent_facts(person_id: uuid.UUID) -> dict[str, Any]:
    session, place, actor = edge.read(), edge.community(), edge.actor()
    found = circumstances.for_consent(session, actor=actor, person_id=person_id)
    return {
        "person": found,
        "consents": circumstances.consents_of(session, place.id, person_id),
        "flags": residents.flags_of(session, place.id, person_id),
        "kinds": words.FLAGS,
        "kind_choices": [(kind, words.FLAGS[kind]) for kind in consents.SENSITIVE],
        "ways": words.WAYS,
        "today": communities.local_day(place, edge.now()),
        "is_hers": actor.person_id == person_id,
    }


def _in_words(refused: Refused) -> Refused:
    told = refused.facts.get("fields")
    if not isinstance(told, dict):
        return refused
    names = {"evidence": "consent_evidence"}
    return BadInput(fields={names.get(name, name): str(words.WRONG.get(why, why)) for name, why in told.items()})
