"""The policy page: every number of the community with its meaning, for all to read; and changing one by a recorded decision."""

import hashlib
import uuid
from dataclasses import asdict
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from api import edge, fields, policy_words
from api.messages import policy as words
from timebank import policy, policy_changes
from timebank.errors import BadInput, NotFound, Refused
from timebank.people import communities
from timebank.permissions import may, require
from timebank.policy_numbers import GROUPS, NUMBERS

blueprint = Blueprint("policy", __name__, url_prefix="/c/<community_code>")

FIELD = "number_"  # before the name of a number in the form


class Decision(fields.Schema):
    in_force_on = fields.Day(required=True)
    decided_on = fields.Day(required=True)
    body = fields.Text(required=True, most=100)
    reason = fields.Text(required=True, most=300)
    minutes = fields.Text(required=True, most=4000, lines=True)


@blueprint.get("/policy")
def shown() -> Any:
    """Every number in force today; nobody needs to sign in to read what holds for all."""
    return edge.page("policy/shown.html", **_facts())


@blueprint.get("/policy/compared")
def compared() -> Any:
    """The numbers beside those of the published profiles."""
    facts = _facts()
    profiles = {name: asdict(numbers) for name, numbers in policy.PROFILES.items()}
    columns = [(words.PROFILES[name], "") for name in profiles]
    return edge.page("policy/compared.html", profiles=profiles, columns=columns, **facts)


@blueprint.get("/policy/versions/<int:version>")
def version(version: int) -> Any:
    """One version: what it changed, who decided it, and the note in the ledger."""
    facts = _facts()
    found = next((one for one in facts["shown"].versions if one.version == version), None)
    if found is None:
        raise NotFound(what="policy", version=version)
    decision = facts["shown"].decisions.get(version)
    return edge.page("policy/version.html", found=found, decision=decision, **facts)


@blueprint.get("/policy/change")
@edge.signed_in
def change() -> Any:
    return edge.page("policy/change.html", **_change_facts())


@blueprint.post("/policy/change")
@edge.signed_in
def draft() -> Any:
    """Write down what was decided; the numbers that differ from the newest version are the change."""
    facts = _change_facts()
    try:
        asked = edge.load(Decision)
        numbers = _typed_numbers(facts["newest"])
        # The minutes of the meeting stay with the committee; their digest says later which ones they were.
        digest = hashlib.sha256(asked.pop("minutes").encode()).hexdigest()
        edge.submit(
            "policy.draft",
            lambda session, now: policy_changes.draft(
                session, actor=edge.actor(), now=now, numbers=numbers, minutes_digest=digest, **asked
            ),
            content={**asked, "numbers": numbers, "minutes_digest": digest},
        )
    except BadInput as refused:
        return edge.again("policy/change.html", _in_words(refused), **facts)
    edge.flash_done(_("草案已记下,等另一个人确认。"))
    return edge.back("policy.shown")


@blueprint.post("/policy/drafts/<uuid:decision_id>/confirm")
@edge.signed_in
def confirm(decision_id: uuid.UUID) -> Any:
    try:
        done = edge.submit(
            "policy.confirm",
            lambda session, now: policy_changes.confirm(session, actor=edge.actor(), now=now, decision_id=decision_id),
            content={"decision": decision_id},
        )
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return edge.again("policy/shown.html", _in_words(refused), **_facts())
    edge.flash_done(_("第 %(version)s 版规则已确认,摘要已写入账本。", version=done["version"]))
    return edge.back("policy.shown")


@blueprint.post("/policy/drafts/<uuid:decision_id>/withdraw")
@edge.signed_in
def withdraw(decision_id: uuid.UUID) -> Any:
    edge.submit(
        "policy.withdraw",
        lambda session, now: policy_changes.withdraw(session, actor=edge.actor(), now=now, decision_id=decision_id),
        content={"decision": decision_id},
    )
    edge.flash_done(_("草案已撤下,规则没有变。"))
    return edge.back("policy.shown")


def _facts() -> dict[str, Any]:
    actor, place = edge.actor(), edge.community()
    today = communities.local_day(place, edge.now())
    found = policy_changes.shown(edge.read(), place.id, today)
    may_confirm = may(actor, "policy.confirm", community_id=place.id)
    return {
        "shown": found,
        "today": today,
        "numbers": asdict(found.numbers),
        "groups": [(group, [name for name, number in NUMBERS.items() if number.group == group]) for group in GROUPS],
        "to_come": [one for one in reversed(found.versions) if one.in_force_on > today],
        "drafts": policy_changes.drafts(edge.read(), actor=actor) if may_confirm else [],
        "me": actor.number,
        "may_draft": may(actor, "policy.draft", community_id=place.id),
        "value": policy_words.value,
        "words": words,
        "described": NUMBERS,
    }


def _change_facts() -> dict[str, Any]:
    actor, place = edge.actor(), edge.community()
    require(actor, "policy.draft", community_id=place.id)
    newest = policy.newest(edge.read(), place.id)
    numbers = asdict(policy.DEFAULT) | newest.numbers
    facts = _facts()
    return {
        **facts,
        "newest": newest,
        "before": numbers,
        "field": FIELD,
        "typed_unit": policy_words.typed_unit,
        "as_typed": policy_words.as_typed,
    }


def _typed_numbers(newest: policy.PolicyVersion) -> dict[str, int]:
    """The numbers that were filled in and differ from the newest version."""
    before = asdict(policy.DEFAULT) | newest.numbers
    numbers: dict[str, int] = {}
    wrong: dict[str, str] = {}
    for name in NUMBERS:
        text = request.form.get(f"{FIELD}{name}", "").strip()
        if not text:
            continue
        number = policy_words.typed(name, text[:40])
        if number is None:
            wrong[name] = "whole_number"
        elif number != before[name]:
            numbers[name] = number
    if wrong:
        raise BadInput(fields=wrong)
    return numbers


def _in_words(refused: Refused) -> Refused:
    """The use case's reasons, by field, as the form says them."""
    told = refused.facts.get("fields")
    if not isinstance(told, dict):
        return refused
    bounds = {
        name: (policy_words.value(name, number.least), policy_words.value(name, number.most))
        for name, number in NUMBERS.items()
    }
    return BadInput(
        fields={
            f"{FIELD}{name}" if name in NUMBERS else name: words.wrong_words(name, why, bounds)
            for name, why in told.items()
        }
    )
