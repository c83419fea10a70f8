"""Numbers of the policy, rights, circumstances and consents: who reads, who drafts, who confirms."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from timebank import policy, policy_changes
from timebank.hours.eligibility import adopting
from timebank.people import circumstances
from timebank.permissions import ROLES, Actor

MEMBERS = set(ROLES)
DRAFTING = {"committee", "community_manager"}
CONFIRMING = {"committee", "community_manager", "supervision_committee"}
DESK = {"desk_staff", "community_manager"}
AREA_STAFF = {"desk_staff", "community_manager", "grid_worker"}


def first(world: Any, made: dict[str, Any]) -> Any:
    return world.residents[0]


def of_first(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"person_id": world.residents[0].id}


def a_draft(world: Any) -> dict[str, Any]:
    """A change of the policy that waits for a second person; each is in force a day after the newest version."""
    village = world.village

    def draft(session: Any, now: Any) -> dict[str, Any]:
        newest = policy.newest(session, village.community_id)
        return policy_changes.draft(
            session,
            actor=village.actor("committee"),
            now=now,
            numbers={"appeal_days": 9 + newest.version},
            in_force_on=max(newest.in_force_on, village.today) + dt.timedelta(days=1),
            decided_on=village.today,
            body="居民代表会议",
            reason="征求过意见",
            minutes_digest="0" * 64,
        )

    return {"decision_id": uuid.UUID(village.write(draft)["decision"])}


def a_rule(world: Any) -> dict[str, Any]:
    """A new rule that waits for a second person."""
    village = world.village

    def draft(session: Any, now: Any) -> dict[str, Any]:
        return adopting.draft(
            session,
            actor=village.actor("committee"),
            now=now,
            number=None,
            name="免费体检",
            gives="每年一次",
            services=[],
            expression={"age": {"from": 18}},
            decided_on=village.today,
            body="居民代表会议",
            minutes_digest="0" * 64,
            in_force_from=village.today + dt.timedelta(days=1),
        )

    return {"rule_id": uuid.UUID(village.write(draft)["rule"])}


def a_flag(world: Any) -> dict[str, Any]:
    """A circumstance of the first resident, with her consent."""
    village, person = world.village, world.residents[0]
    console = Actor.console(village.community_id, "test")
    done = village.write(
        lambda s, now: circumstances.note(
            s,
            actor=console,
            now=now,
            person_id=person.id,
            flag="disabled",
            evidence="残疾证",
            from_on=village.today,
            until_on=village.today + dt.timedelta(days=30),
            consent_way="paper",
            consent_evidence="同意书 1 号",
        )
    )
    return {"flag_id": uuid.UUID(done["flag"])}


def without_consent(world: Any) -> dict[str, Any]:
    village, person = world.village, world.residents[0]
    console = Actor.console(village.community_id, "test")
    village.write(
        lambda s, now: circumstances.revoke(s, actor=console, now=now, person_id=person.id, kind="low_income")
    )
    return {}


def the_form(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    today = world.village.today
    return {
        "body": "居民代表会议",
        "reason": "征求过意见",
        "decided_on": today.isoformat(),
        "in_force_on": (today + dt.timedelta(days=1)).isoformat(),
        "in_force_from": (today + dt.timedelta(days=1)).isoformat(),
        "minutes": "会议记录",
        "number_appeal_days": "9",
        "name": "免费体检",
        "from_age_0": "60",
    }


def only(*names: str) -> Any:
    return lambda world, made: {name: made[name] for name in names}


ROWS: dict[str, Any] = {
    "policy.shown": {"anyone": True},
    "v1_policy.shown": {"anyone": True},
    "policy.compared": {"anyone": True},
    "policy.version": {"anyone": True, "values": lambda world, made: {"version": 1}},
    "policy.change": {"roles": DRAFTING},
    "policy.draft": {"method": "POST", "roles": DRAFTING, "data": the_form, "ok": {303}},
    "policy.confirm": {
        "method": "POST",
        "roles": CONFIRMING,
        "arrange": a_draft,
        "values": only("decision_id"),
        "ok": {303},
    },
    "policy.withdraw": {
        "method": "POST",
        "roles": DRAFTING,
        "arrange": a_draft,
        "values": only("decision_id"),
        "ok": {303},
    },
    "eligibility.rules": {"roles": MEMBERS},
    "eligibility.holders": {"roles": AREA_STAFF, "values": lambda world, made: {"number": 0}},
    "eligibility.export": {"roles": DESK, "values": lambda world, made: {"number": 0, "form": "csv"}},
    "eligibility.person": {"roles": AREA_STAFF, "values": of_first, "own": first},
    "eligibility.new": {"roles": DRAFTING},
    "eligibility.draft": {"method": "POST", "roles": DRAFTING, "data": the_form, "ok": {303}},
    "eligibility.confirm": {
        "method": "POST",
        "roles": CONFIRMING,
        "arrange": a_rule,
        "values": only("rule_id"),
        "ok": {303},
    },
    "eligibility.withdraw": {
        "method": "POST",
        "roles": DRAFTING,
        "arrange": a_rule,
        "values": only("rule_id"),
        "ok": {303},
    },
    "circumstances.listed": {"roles": AREA_STAFF, "arrange": a_flag},
    "circumstances.end": {
        "method": "POST",
        "roles": DESK,
        "arrange": a_flag,
        "values": only("flag_id"),
        "data": lambda world, made: {"until_on": world.village.today.isoformat()},
        "ok": {303},
    },
    "circumstances.consents_of": {"roles": DESK, "values": of_first, "own": first},
    "circumstances.consent": {
        "method": "POST",
        "roles": DESK,
        "own": first,
        "arrange": without_consent,
        "values": of_first,
        "data": lambda world, made: {
            "kind": "low_income",
            "way": "paper",
            "consent_evidence": "同意书 2 号",
            "given_on": world.village.today.isoformat(),
        },
        "ok": {303},
    },
    "circumstances.revoke": {
        "method": "POST",
        "roles": DESK,
        "own": first,
        "values": of_first,
        "data": lambda world, made: {"kind": "low_income"},
        "ok": {303},
    },
}
