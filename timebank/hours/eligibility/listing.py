"""Everybody for whom a rule holds: the same rule as a condition in SQL, so that a register of 142,000 is read a page at a time.

SQL's NULL goes as the rule's "unknown" does. On a day, or on any day of a month.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from timebank import permissions
from timebank.hours.eligibility import expressions, who
from timebank.hours.eligibility.expressions import Expression
from timebank.hours.eligibility.who import RuleInForce
from timebank.people import consents
from timebank.people.communities import community_of
from timebank.people.residents import Person, PersonFlag
from timebank.permissions import RULES, Actor

A_CHUNK = 500


@dataclass(frozen=True)
class Found:
    """Somebody for whom a rule holds, her age on the first such day, and that day."""

    person: Person
    age: int | None
    from_on: date


def holders(
    session: Session, *, actor: Actor, rule: RuleInForce, days: Sequence[date], after: int, limit: int
) -> list[Found]:
    """For whom the rule holds on one of these days, by serial, those after `after`; staff of a grid see those of the grid."""
    community_id = community_of(actor)
    permissions.require(actor, "eligibility.listed", community_id=community_id)
    found: list[Found] = []
    while len(found) < limit:
        query = _people(community_id, _areas(actor)).where(condition(rule.expression, days[0], days[-1]))
        query = query.where(col(Person.serial) > after).order_by(col(Person.serial)).limit(limit)
        people = list(session.scalars(query))
        found += _first_days(session, community_id, rule, people, days)
        if len(people) < limit:
            break
        after = people[-1].serial
    return found[:limit]


def count(session: Session, *, actor: Actor, rule: RuleInForce, days: Sequence[date]) -> int:
    """How many there are in the same list.

    Of a month those on its first and last day are counted by the database; who is left is judged day by day.
    """
    community_id = community_of(actor)
    permissions.require(actor, "eligibility.listed", community_id=community_id)
    people = _people(community_id, _areas(actor))
    ends = or_(*(condition(rule.expression, day, day) for day in {days[0], days[-1]}))
    total = session.scalar(people.where(ends).with_only_columns(func.count())) or 0
    if len(days) == 1:
        return total
    between = people.where(condition(rule.expression, days[0], days[-1]), ends.is_not(true()))
    after = 0
    while True:
        query = between.where(col(Person.serial) > after).order_by(col(Person.serial)).limit(A_CHUNK)
        some = list(session.scalars(query))
        total += len(_first_days(session, community_id, rule, some, days))
        if len(some) < A_CHUNK:
            return total
        after = some[-1].serial


def exported(session: Session, *, actor: Actor, rule: RuleInForce, days: Sequence[date]) -> Iterator[Found]:
    """The whole list, read in chunks."""
    community_id = community_of(actor)
    permissions.require(actor, "eligibility.export", community_id=community_id)
    after = 0
    while True:
        found = holders(session, actor=actor, rule=rule, days=days, after=after, limit=A_CHUNK)
        yield from found
        if len(found) < A_CHUNK:
            return
        after = found[-1].person.serial


def days_of_month(day: date) -> list[date]:
    """All days of the month that a day lies in."""
    first = day.replace(day=1)
    return [first + timedelta(days=n) for n in range(31) if (first + timedelta(days=n)).month == day.month]


def condition(expression: Expression, first: date, last: date, *, surely: bool = False) -> ColumnElement[bool]:
    """The rule as a condition on `Person`, with NULL where the register does not know.

    On one day (`first` is `last`) it is the rule itself. Over several it holds for everybody for whom the rule holds on
    some day, and perhaps for a few more; with `surely` only for those for whom it holds on every day, and perhaps not all.
    """
    ((kind, told),) = expression.items()
    if kind in expressions.JOINS:
        parts = [condition(part, first, last, surely=surely) for part in told]
        return and_(*parts) if kind == "all" else or_(*parts)
    if kind == "not":
        return not_(condition(told, first, last, surely=not surely))
    young, old = (first, last) if surely else (last, first)
    if kind == "age":
        least, most = told.get("from", 0), told.get("to", expressions.OLDEST)
        return and_(
            col(Person.born_on) <= years_before(young, least), col(Person.born_on) > years_before(old, most + 1)
        )
    if kind == "sex":
        known: ColumnElement[bool] = func.nullif(col(Person.sex), "") == told
        return known
    if kind == "flag":
        flags = aliased(PersonFlag)
        return exists().where(
            col(flags.community_id) == Person.community_id,
            col(flags.person_id) == Person.id,
            col(flags.flag) == told,
            col(flags.from_on) <= young,
            or_(col(flags.until_on).is_(None), col(flags.until_on) >= old),
            consents.usable(flags),
        )
    return col(Person.area_path).contains(f"/{told}/", autoescape=True)


def years_before(day: date, years: int) -> date:
    """The last birthday of those who are this old on a day; who was born on 29 February is a year older on 1 March."""
    year = max(day.year - years, 1)
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February in a year without one
        return date(year, 2, 28)


def _people(community_id: int, areas: Sequence[Any]) -> Any:
    return select(Person).where(col(Person.community_id) == community_id, col(Person.left_on).is_(None), *areas)


def _first_days(
    session: Session, community_id: int, rule: RuleInForce, people: list[Person], days: Sequence[date]
) -> list[Found]:
    """The first of the days on which the rule holds for each; every day is judged only for whom none before did."""
    firsts: dict[Any, Found] = {}
    for day in days:
        waiting = [person for person in people if person.id not in firsts]
        if not waiting:
            break
        facts = who.facts_of_all(session, community_id, waiting, day)
        for person in waiting:
            if expressions.judge(rule.expression, facts[person.id]).holds:
                firsts[person.id] = Found(person, facts[person.id].age, day)
    return [firsts[person.id] for person in people if person.id in firsts]


def _areas(actor: Actor) -> Sequence[Any]:
    """The part of the community that the actor's roles cover."""
    roles = RULES["eligibility.listed"].roles
    if actor.trusted or actor.has(roles):
        return ()
    held = [grant.area_path for grant in actor.grants if grant.role in roles]
    return (or_(false(), *(col(Person.area_path).startswith(path, autoescape=True) for path in held)),)
