"""A rule of eligibility from the draft to the books: one person writes down what was decided, a second one confirms it.

It is in force from a later day, never for days before; its digest is a note in the ledger. A rule goes on in versions
under one number; a version without an expression ends the right.
"""

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from ledger import book_of
from timebank import permissions
from timebank.errors import AlreadyDone, BadInput, NotFound, Refused
from timebank.hours.eligibility import expressions, who
from timebank.hours.eligibility.expressions import BadRule, Expression
from timebank.hours.eligibility.tables import ADOPTED, DRAFT, PRIORITY, WITHDRAWN, EligibilityRule
from timebank.hours.orders.catalogue import SERVICES
from timebank.people import areas, communities
from timebank.people.communities import community_of
from timebank.permissions import Actor
from timebank.storage import new_id, next_number

LONGEST_AHEAD = timedelta(days=400)
LISTED = 100  # a community has a handful of rules


class RuleSecondPerson(Refused):
    """Who drafted a rule does not confirm it."""

    code = "rule_second_person"
    status = 403


class RuleWrongState(Refused):
    """The draft was withdrawn. Facts: state."""

    code = "rule_wrong_state"


def draft(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    number: int | None,
    name: str,
    gives: str,
    services: Sequence[str],
    expression: Any,
    decided_on: date,
    body: str,
    minutes_digest: str,
    in_force_from: date,
) -> dict[str, Any]:
    """Write down a rule as it was decided; it changes nothing until a second person confirms it.

    `number` None: a new rule; `tables.PRIORITY`: who comes first. `expression` None ends the right.

    Raises:
        BadRule: the expression is none, or names a place outside the community.
        BadInput: by field: name, gives, services, body, decided_on, in_force_from.
        NotFound: the community has no rule of this number.
    """
    community_id = community_of(actor)
    permissions.require(actor, "eligibility.draft", community_id=community_id)
    if number not in (None, PRIORITY) and not of_number(session, community_id, number or 0):
        raise NotFound(what="eligibility_rule")
    plain = None if expression is None else expressions.read(expression)
    if plain is not None:
        _refuse_places_outside(session, community_id, plain)
    today = _today(session, community_id, now)
    wrong = _wrong_words(name, gives, body, services, is_priority=number == PRIORITY)
    if number is None and plain is None:
        wrong["expression"] = "required"
    wrong |= _wrong_days(session, community_id, number, decided_on, in_force_from, today=today)
    if wrong:
        raise BadInput(fields=wrong)
    row = EligibilityRule(
        community_id=community_id,
        id=new_id(now),
        number=next_number(session, community_id, "eligibility") if number is None else number,
        name=name.strip(),
        gives=gives.strip(),
        services=sorted(set(services)),
        expression=plain,
        state=DRAFT,
        decided_on=decided_on,
        body=body.strip(),
        minutes_digest=minutes_digest,
        in_force_from=in_force_from,
        digest="",
        drafted_at=now,
        drafted_by=actor.number,
    )
    row.digest = digest_of_rule(row)
    session.add(row)
    session.flush()
    return {"code": "rule_drafted", "rule": row.id.hex, "number": row.number}


def confirm(session: Session, *, actor: Actor, now: datetime, rule_id: uuid.UUID) -> dict[str, Any]:
    """The second person says that it was decided so; noted in the ledger. Harmless when repeated by the same person.

    Raises:
        RuleSecondPerson: who drafted it. RuleWrongState: it was withdrawn, or somebody else confirmed it.
        BadInput: its day is no longer ahead, or a newer version begins on it or later.
    """
    row = rule(session, community_of(actor), rule_id)
    permissions.require(actor, "eligibility.confirm", community_id=row.community_id)
    if row.state == ADOPTED and row.confirmed_by == actor.number:
        return {"code": "rule_confirmed", "number": row.number, "version": row.version}
    if row.state != DRAFT:
        raise RuleWrongState(state=row.state)
    if actor.number == row.drafted_by:
        raise RuleSecondPerson
    today = _today(session, row.community_id, now)
    wrong = _wrong_days(session, row.community_id, row.number, row.decided_on, row.in_force_from, today=today)
    if wrong:
        raise BadInput(fields=wrong)
    row.version = len(_adopted(session, row.community_id, row.number)) + 1
    row.note_seq = book_of(session).note("eligibility", f"rule {row.number} version {row.version}", row.digest)
    row.state, row.confirmed_at, row.confirmed_by = ADOPTED, now, actor.number
    session.flush()
    who.forget(session)
    return {"code": "rule_confirmed", "number": row.number, "version": row.version}


def withdraw(session: Session, *, actor: Actor, now: datetime, rule_id: uuid.UUID) -> dict[str, Any]:
    """Put a draft away; what was confirmed stays, and is changed by another decision. Harmless when repeated."""
    row = rule(session, community_of(actor), rule_id)
    permissions.require(actor, "eligibility.draft", community_id=row.community_id)
    if row.state == ADOPTED:
        raise AlreadyDone
    row.state = WITHDRAWN
    session.flush()
    return {"code": "rule_withdrawn"}


def digest_of_rule(row: EligibilityRule) -> str:
    """SHA-256 of the canonical JSON of what was decided, without who wrote it down or when."""
    said = {
        "number": row.number,
        "name": row.name,
        "gives": row.gives,
        "services": row.services,
        "expression": row.expression,
        "in_force_from": row.in_force_from.isoformat(),
        "decided_on": row.decided_on.isoformat(),
        "body": row.body,
        "minutes": row.minutes_digest,
    }
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


# Reading --------------------------------------------------------------------------------------------------------------


def rule(session: Session, community_id: int, rule_id: uuid.UUID) -> EligibilityRule:
    """One version or draft; NotFound if the community has none of this id."""
    found = session.get(EligibilityRule, (community_id, rule_id))
    if found is None:
        raise NotFound(what="eligibility_rule")
    return found


def of_number(session: Session, community_id: int, number: int) -> list[EligibilityRule]:
    """All versions and drafts of one rule, the newest first."""
    query = select(EligibilityRule).where(
        col(EligibilityRule.community_id) == community_id, col(EligibilityRule.number) == number
    )
    return list(session.scalars(query.order_by(col(EligibilityRule.drafted_at).desc()).limit(200)))


def drafts(session: Session, *, actor: Actor) -> list[EligibilityRule]:
    """Drafts that wait for a second person, oldest first."""
    community_id = community_of(actor)
    permissions.require(actor, "eligibility.confirm", community_id=community_id)
    query = select(EligibilityRule).where(
        col(EligibilityRule.community_id) == community_id, col(EligibilityRule.state) == DRAFT
    )
    return list(session.scalars(query.order_by(col(EligibilityRule.drafted_at)).limit(LISTED)))


def to_come(session: Session, community_id: int, today: date) -> list[EligibilityRule]:
    """Adopted versions whose day is still ahead, the next first."""
    query = select(EligibilityRule).where(
        col(EligibilityRule.community_id) == community_id,
        col(EligibilityRule.state) == ADOPTED,
        col(EligibilityRule.in_force_from) > today,
    )
    return list(session.scalars(query.order_by(col(EligibilityRule.in_force_from)).limit(LISTED)))


def _adopted(session: Session, community_id: int, number: int) -> list[EligibilityRule]:
    return [row for row in of_number(session, community_id, number) if row.state == ADOPTED]


def _refuse_places_outside(session: Session, community_id: int, expression: Expression) -> None:
    inside = communities.community(session, community_id).area_path
    for leaf in expressions.leaves(expression):
        if "area" in leaf:
            known = areas.by_code(session).get(leaf["area"])
            if known is None or not known.path.startswith(inside):
                raise BadRule(at="area", reason="area_outside", area=str(leaf["area"]))


def _wrong_words(name: str, gives: str, body: str, services: Sequence[str], *, is_priority: bool) -> dict[str, str]:
    wrong = {}
    if not 1 <= len(name.strip()) <= 60:
        wrong["name"] = "length"
    if len(gives.strip()) > 200:
        wrong["gives"] = "length"
    if not 1 <= len(body.strip()) <= 100:
        wrong["body"] = "length"
    if set(services) - set(SERVICES) or (is_priority and services):
        wrong["services"] = "choice"
    return wrong


def _wrong_days(
    session: Session, community_id: int, number: int | None, decided_on: date, in_force_from: date, *, today: date
) -> dict[str, str]:
    wrong = {}
    adopted = [] if number is None else _adopted(session, community_id, number)
    if decided_on > today:
        wrong["decided_on"] = "in_the_future"
    if in_force_from <= today:
        wrong["in_force_from"] = "not_ahead"
    elif any(row.in_force_from >= in_force_from for row in adopted):
        wrong["in_force_from"] = "before_the_newest"
    elif in_force_from > today + LONGEST_AHEAD:
        wrong["in_force_from"] = "too_far_ahead"
    return wrong


def _today(session: Session, community_id: int, now: datetime) -> date:
    return communities.local_day(communities.community(session, community_id), now)
