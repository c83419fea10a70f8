"""The community's policy: every number in force, since when and by whose decision. Nobody need sign in to read it."""

from dataclasses import asdict
from typing import Any

import marshmallow
from flask_smorest import Blueprint
from marshmallow.fields import Date, Dict, Integer, List, Nested, String

from api import edge
from timebank import policy_changes
from timebank.people import communities
from timebank.policy_numbers import NUMBERS

blueprint = Blueprint(
    "v1_policy", __name__, url_prefix="/api/v1/c/<community_code>/policy", description="The policy's numbers"
)


class PolicyNumberAnswer(marshmallow.Schema):
    """One number in its unit (minutes, days, steps of a tenth of a point...), and since when it has this value."""

    name = String(required=True)
    group = String(required=True)
    unit = String(required=True)
    number = Integer(required=True)
    since_on = Date(required=True)
    version = Integer(required=True, metadata={"description": "the version that set it"})


class PolicyVersionAnswer(marshmallow.Schema):
    """One version: from when it holds, and what it changed, as [before, after] by name."""

    version = Integer(required=True)
    in_force_on = Date(required=True)
    changes = Dict(keys=String(), values=List(Integer()), required=True)
    body = String(required=True, allow_none=True, metadata={"description": "who decided; null for the first"})
    reason = String(required=True, allow_none=True)
    decided_on = Date(required=True, allow_none=True)
    note = Integer(required=True, metadata={"description": "the entry of the ledger that notes it"})


class PolicyAnswer(marshmallow.Schema):
    on = Date(required=True)
    version = Integer(required=True)
    numbers = List(Nested(PolicyNumberAnswer), required=True)
    versions = List(Nested(PolicyVersionAnswer), required=True, metadata={"description": "newest first"})


@blueprint.get("")
@blueprint.doc(security=[])
@blueprint.response(200, PolicyAnswer)
def shown(**_: Any) -> dict[str, Any]:
    """The numbers of today, and all versions, those to come among them."""
    place = edge.community()
    found = policy_changes.shown(edge.read(), place.id, communities.local_day(place, edge.now()))
    return {
        "on": found.on,
        "version": found.version,
        "numbers": [
            {"name": name, "group": NUMBERS[name].group, "unit": NUMBERS[name].unit, "number": number,
             "since_on": found.since[name].on, "version": found.since[name].version}
            for name, number in asdict(found.numbers).items()
        ],
        "versions": [
            {"version": one.version, "in_force_on": one.in_force_on,
             "changes": {name: list(both) for name, both in found.changes(one).items()},
             "note": one.note_seq, **_decided(found.decisions.get(one.version))}
            for one in found.versions
        ],
    }  # fmt: skip


def _decided(decision: policy_changes.PolicyDecision | None) -> dict[str, Any]:
    if decision is None:
        return {"body": None, "reason": None, "decided_on": None}
    return {"body": decision.body, "reason": decision.reason, "decided_on": decision.decided_on}
