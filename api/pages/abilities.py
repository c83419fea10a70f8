"""What somebody can do and may do: skills, insurance, guardians' consents - his own page, and the one that staff keep."""

import uuid
from typing import Any

from flask import Blueprint
from flask_babel import gettext as _

from api import edge, fields
from api.messages import teams as words
from api.pages.teams import worded
from api.schemas import teams as schemas
from timebank import permissions
from timebank.errors import NotFound, Refused
from timebank.hours import depositors
from timebank.people import communities, guardians, residents, skills
from timebank.people.residents import Person

blueprint = Blueprint("abilities", __name__, url_prefix="/c/<community_code>")


@blueprint.get("/abilities")
@edge.signed_in
def mine() -> Any:
    """One's own skills and insurance, and the children of one's household."""
    return edge.page("abilities/mine.html", **_own_facts())


@blueprint.post("/abilities/skills")
@edge.signed_in
def say() -> Any:
    """A resident says what he is able to do."""
    me = _me()
    try:
        asked = edge.load(schemas.SkillSaid)
        done = edge.submit(
            "skills.say",
            lambda session, now: skills.say_skill(
                session, actor=edge.actor(), now=now, person_id=me.id, skill=asked["skill"]
            ),
            content=asked,
        )
    except Refused as refused:
        return edge.again("abilities/mine.html", worded(refused), **_own_facts())
    edge.flash_done(_("已登记。") if done["counts"] else _("已登记。请带证书到服务台核对,核对以后才算。"))
    return edge.back("abilities.mine")


@blueprint.post("/abilities/skills/withdraw")
@edge.signed_in
def withdraw_own() -> Any:
    asked = edge.load(schemas.SkillNamed)
    _withdraw_skill(asked["skill_id"])
    return edge.back("abilities.mine")


@blueprint.post("/abilities/consents")
@edge.signed_in
def agree() -> Any:
    """A parent agrees for a child of the household."""
    me = _me()
    try:
        asked = edge.load(schemas.OwnConsent)
        edge.submit(
            "guardians.consent",
            lambda session, now: guardians.consent(
                session,
                actor=edge.actor(),
                now=now,
                person_id=asked["person_id"],
                guardian_id=me.id,
                relation=asked["relation"],
                until_on=asked["until_on"],
            ),
            content=asked,
        )
    except Refused as refused:
        return edge.again("abilities/mine.html", worded(refused), **_own_facts())
    edge.flash_done(_("已记下您的同意,随时可以撤回。"))
    return edge.back("abilities.mine")


@blueprint.post("/abilities/consents/revoke")
@edge.signed_in
def revoke_own() -> Any:
    _revoke(edge.load(schemas.ConsentNamed)["consent_id"])
    return edge.back("abilities.mine")


@blueprint.get("/people/<uuid:person_id>/abilities")
@edge.signed_in
def person(person_id: uuid.UUID) -> Any:
    """What staff keep of somebody."""
    return edge.page("abilities/person.html", **_person_facts(person_id))


@blueprint.post("/people/<uuid:person_id>/skills")
@edge.signed_in
def record(person_id: uuid.UUID) -> Any:
    try:
        asked = edge.load(schemas.SkillRecorded)
        edge.submit(
            "skills.record",
            lambda session, now: skills.record_skill(
                session, actor=edge.actor(), now=now, person_id=person_id, **asked
            ),
            content={**asked, "person": person_id},
        )
    except Refused as refused:
        return _again(refused, person_id)
    edge.flash_done(_("已登记技能。"))
    return edge.back("abilities.person", person_id=person_id)


@blueprint.post("/people/<uuid:person_id>/skills/withdraw")
@edge.signed_in
def withdraw(person_id: uuid.UUID) -> Any:
    _withdraw_skill(edge.load(schemas.SkillNamed)["skill_id"])
    return edge.back("abilities.person", person_id=person_id)


@blueprint.post("/people/<uuid:person_id>/insurances")
@edge.signed_in
def insure(person_id: uuid.UUID) -> Any:
    try:
        asked = edge.load(schemas.InsuranceRecorded)
        edge.submit(
            "skills.insure",
            lambda session, now: skills.insure(session, actor=edge.actor(), now=now, person_id=person_id, **asked),
            content={**asked, "person": person_id},
        )
    except Refused as refused:
        return _again(refused, person_id)
    edge.flash_done(_("已登记保险。"))
    return edge.back("abilities.person", person_id=person_id)


@blueprint.post("/people/<uuid:person_id>/insurances/withdraw")
@edge.signed_in
def withdraw_insurance(person_id: uuid.UUID) -> Any:
    asked = edge.load(schemas.InsuranceNamed)
    edge.submit(
        "skills.insure",
        lambda session, now: skills.withdraw_insurance(
            session, actor=edge.actor(), now=now, insurance_id=asked["insurance_id"]
        ),
        content={**asked, "person": person_id},
    )
    edge.flash_done(_("保险从今天起不再算。"))
    return edge.back("abilities.person", person_id=person_id)


@blueprint.post("/people/<uuid:person_id>/guardians")
@edge.signed_in
def consent(person_id: uuid.UUID) -> Any:
    """At the desk: a guardian of the register, or one named on a paper."""
    try:
        asked = edge.load(schemas.ConsentGiven)
        guardian = _guardian(asked["guardian_number"])
        edge.submit(
            "guardians.consent",
            lambda session, now: guardians.consent(
                session,
                actor=edge.actor(),
                now=now,
                person_id=person_id,
                guardian_id=guardian.id if guardian else None,
                guardian_name=asked["guardian_name"],
                relation=asked["relation"],
                evidence=asked["evidence"],
                from_on=asked["from_on"],
                until_on=asked["until_on"],
            ),
            content={**asked, "person": person_id},
        )
    except Refused as refused:
        return _again(refused, person_id)
    edge.flash_done(_("已登记监护人的同意。"))
    return edge.back("abilities.person", person_id=person_id)


@blueprint.post("/people/<uuid:person_id>/guardians/revoke")
@edge.signed_in
def revoke(person_id: uuid.UUID) -> Any:
    _revoke(edge.load(schemas.ConsentNamed)["consent_id"])
    return edge.back("abilities.person", person_id=person_id)


def _withdraw_skill(skill_id: uuid.UUID) -> None:
    edge.submit(
        "skills.say",
        lambda session, now: skills.withdraw_skill(session, actor=edge.actor(), now=now, skill_id=skill_id),
        content={"skill": skill_id},
    )
    edge.flash_done(_("技能从今天起不再算。"))


def _revoke(consent_id: uuid.UUID) -> None:
    edge.submit(
        "guardians.revoke",
        lambda session, now: guardians.revoke(session, actor=edge.actor(), now=now, consent_id=consent_id),
        content={"consent": consent_id},
    )
    edge.flash_done(_("同意已撤回,马上有效。正在进行的服务,撤回以后的时间由审核人决定。"))


def _guardian(number: str) -> Person | None:
    if not number.strip():
        return None
    try:
        return residents.by_number(edge.read(), edge.community().id, fields.typed_number(number))
    except NotFound:
        raise edge.bad("guardian_number", _("没有这个编号。")) from None


def _me() -> Person:
    actor = edge.actor()
    if actor.person_id is None:
        raise NotFound(what="person")
    return residents.person(edge.read(), edge.community().id, actor.person_id)


def _again(refused: Refused, person_id: uuid.UUID) -> Any:
    if refused.status == 403:
        raise refused
    told = worded(refused)
    edge.stop_reading()
    return edge.again("abilities/person.html", told, **_person_facts(person_id))


def _own_facts() -> dict[str, Any]:
    me = _me()
    session, actor, now = edge.read(), edge.actor(), edge.now()
    return {
        **_facts(me),
        "wards": guardians.wards_of(session, actor=actor, now=now),
        "given": guardians.consents_by(session, actor=actor, now=now),
        "last_day_under_age": guardians.last_day_under_age,
    }


def _person_facts(person_id: uuid.UUID) -> dict[str, Any]:
    session, place, actor = edge.read(), edge.community(), edge.actor()
    found = residents.person(session, place.id, person_id)
    permissions.require(actor, "skills.look", community_id=place.id, area_path=found.area_path)
    return {
        **_facts(found),
        "last_day": guardians.last_day_under_age(found),
        "may_record": permissions.may(actor, "skills.record", community_id=place.id, area_path=found.area_path)
        and not residents.has_left(found),
    }


def _facts(found: Person) -> dict[str, Any]:
    session, place = edge.read(), edge.community()
    today = communities.local_day(place, edge.now())
    return {
        "person": found,
        "today": today,
        "age": residents.age_on(found, today),
        "skills": skills.rows_of(session, place.id, found.id),
        "counting": skills.skills_of(session, place.id, found.id, today),
        "needs_proof": {code for code, skill in skills.SKILLS.items() if skill.needs_proof},
        "insurances": skills.insurances_of(session, place.id, found.id),
        "insured": skills.is_insured(session, place.id, found.id, today),
        "consents": guardians.consents_for(session, actor=edge.actor(), now=edge.now(), person_id=found.id),
        "is_asked": guardians.is_asked_of(session, found, today),
        "for_team_only": depositors.must_serve_for_team(session, place.id, found, today),
        "words": words,
    }
