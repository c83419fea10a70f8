"""Who may redeem, who may order what, and who comes first: one person judged by the rules of one day."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from timebank import policy
from timebank.errors import Refused
from timebank.hours.eligibility import expressions
from timebank.hours.eligibility.expressions import Expression, Facts, Judged
from timebank.hours.eligibility.tables import ADOPTED, PRIORITY, EligibilityRule
from timebank.people import residents
from timebank.people.residents import Person

_KNOWN = "eligibility"  # what a session has read, in its `info`

# From the rules of Nanjing; in force until a community adopts another.
PRIORITY_AT_FIRST: Expression = {
    "any": [
        {"all": [{"age": {"from": 80}}, {"flag": "lives_alone"}]},
        {"all": [{"age": {"from": 60, "to": 79}}, {"flag": "low_income"}, {"flag": "disabled"}, {"flag": "lives_alone"}]},
    ]
}  # fmt: skip


class NotOldEnough(Refused):
    """Not old enough to redeem on the day of the service. Facts: rule, age (None: unknown), needed_age, hardship_age, on."""

    code = "recipient_not_old_enough"
    status = 409


class NotEligible(Refused):
    """The service is for those for whom a rule holds. Facts: rule, its name, version, on, and `needed`: what is missing, as JSON."""

    code = "recipient_not_eligible"
    status = 409


@dataclass(frozen=True)
class RuleInForce:
    """A rule as it holds on a day. `version` 0: the rule of the house, which nobody has changed."""

    number: int
    version: int
    name: str
    gives: str
    services: tuple[str, ...]
    expression: Expression


def refuse_who_may_not_order(session: Session, community_id: int, recipient: Person, service: str, day: date) -> None:
    """Go on only if the person may redeem at all on the day of the service, and may order this service.

    Age counts on the day of the service, who was born on 29 February being a year older on 1 March; a circumstance counts
    if it holds on that day, its last day included; an unknown birthday is no age.

    Raises:
        NotOldEnough: too young to redeem, or her birthday is unknown.
        NotEligible: the service needs a right that she does not have on that day.
    """
    rules = policy.of(session, community_id, day)
    facts = facts_of(session, recipient, day)
    if not expressions.judge(redeemer_rule(rules), facts).holds:
        raise NotOldEnough(
            rule="redeemer",
            age=facts.age,
            needed_age=redeemer_age(facts, rules),
            hardship_age=min(rules.redeemer_min_age_hardship, rules.redeemer_min_age),
            on=day.isoformat(),
        )
    for rule in rules_in_force(session, community_id, day):
        if service in rule.services:
            judged = expressions.judge(rule.expression, facts)
            if not judged.holds:
                raise NotEligible(
                    rule=rule.number,
                    name=rule.name,
                    version=rule.version,
                    on=day.isoformat(),
                    needed=json.dumps(expressions.needed(judged, facts)),
                )


def redeemer_rule(rules: policy.Policy) -> Expression:
    """Who may redeem, as the policy's two numbers say."""
    hardship = min(rules.redeemer_min_age_hardship, rules.redeemer_min_age)
    return {
        "any": [
            {"age": {"from": rules.redeemer_min_age}},
            {"all": [{"age": {"from": hardship}}, {"flag": "hardship"}]},
        ]
    }


def redeemer_age(facts: Facts, rules: policy.Policy) -> int:
    """From which age this person may redeem: earlier in hardship, where the policy says so."""
    earlier = min(rules.redeemer_min_age_hardship, rules.redeemer_min_age)
    return earlier if "hardship" in facts.flags else rules.redeemer_min_age


def priority_of(session: Session, community_id: int, people: Iterable[Person], day: date) -> dict[UUID, bool]:
    """Which of these people come first on a day (重点老人), by id; two queries for all of them.

    By default 80 and older living alone, or 60 to 79 with low income, disability and living alone. It is shown to staff
    in lists and orders their dispatch; it is never published.
    """
    wanted = list(people)
    rule = priority_rule(session, community_id, day)
    known = facts_of_all(session, community_id, wanted, day)
    return {
        person.id: rule is not None and expressions.judge(rule.expression, known[person.id]).holds is True
        for person in wanted
    }


def priority_rule(session: Session, community_id: int, day: date) -> RuleInForce | None:
    """The rule of who comes first on a day; None where the community has ended it."""
    found = [rule for since, number, rule in _versions(session, community_id) if number == PRIORITY and since <= day]
    return found[-1] if found else RuleInForce(PRIORITY, 0, "", "", (), PRIORITY_AT_FIRST)


def rules_in_force(session: Session, community_id: int, day: date) -> list[RuleInForce]:
    """The rules that the community has adopted and that hold on a day, by number; without the one of who comes first."""
    newest = {
        number: rule for since, number, rule in _versions(session, community_id) if since <= day and number != PRIORITY
    }
    return [rule for _number, rule in sorted(newest.items()) if rule is not None]


def judged_for(session: Session, person: Person, rule: RuleInForce, day: date) -> tuple[Judged, Facts]:
    """Why a rule holds for somebody on a day, or why not."""
    facts = facts_of(session, person, day)
    return expressions.judge(rule.expression, facts), facts


def facts_of(session: Session, person: Person, day: date) -> Facts:
    """What the register says of a person on a day, without what may not be used."""
    flags = residents.flags_of(session, person.community_id, person.id, on=day)
    return _facts(person, {noted.flag for noted in flags}, day)


def facts_of_all(session: Session, community_id: int, people: list[Person], day: date) -> dict[UUID, Facts]:
    """The same for several people, with one query for their circumstances."""
    flags = residents.flags_of_all(session, community_id, [person.id for person in people], on=day)
    return {person.id: _facts(person, {noted.flag for noted in flags.get(person.id, ())}, day) for person in people}


def forget(session: Session) -> None:
    """A version was adopted: read them anew."""
    session.info.pop(_KNOWN, None)


def _facts(person: Person, flags: set[str], day: date) -> Facts:
    return Facts(residents.age_on(person, day), person.sex, frozenset(flags), person.area_path)


def _versions(session: Session, community_id: int) -> list[tuple[date, int, RuleInForce | None]]:
    """All adopted versions by day: from when, of which rule, and what; None ends it. Read once a session: a list asks often."""
    known: dict[int, list[tuple[date, int, RuleInForce | None]]] = session.info.setdefault(_KNOWN, {})
    if community_id not in known:
        query = select(EligibilityRule).where(
            col(EligibilityRule.community_id) == community_id, col(EligibilityRule.state) == ADOPTED
        )
        rows = session.scalars(query.order_by(col(EligibilityRule.in_force_from), col(EligibilityRule.version)))
        known[community_id] = [(row.in_force_from, row.number, in_force(row)) for row in rows]
    return known[community_id]


def in_force(row: EligibilityRule) -> RuleInForce | None:
    """A version as it holds, once it does."""
    if row.expression is None:
        return None
    return RuleInForce(row.number, row.version or 0, row.name, row.gives, tuple(row.services), row.expression)
