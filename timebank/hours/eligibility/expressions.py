"""A rule as data: a small closed expression, read strictly and judged in three values. Pure.

    {"all": [rule, ...]}  {"any": [rule, ...]}  {"not": rule}
    {"age": {"from": 60, "to": 64}}   full years on the day, both ends included; one of the two may be left out
    {"sex": "f"}   {"flag": "lives_alone"}   {"area": "320102010101"}   the code of a grid, a building or the community

What the register does not know (a birthday, a sex) is neither yes nor no: such a rule holds for nobody, and neither does
its opposite. SQL's NULL goes the same way, so that one person and a list are judged alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from timebank.errors import Refused
from timebank.people.residents import FLAGS

Expression = dict[str, Any]

DEEPEST = 5
MOST_PARTS = 12
MOST_LEAVES = 40
OLDEST = 150
CIRCUMSTANCES = tuple(flag for flag in FLAGS if flag != "guardian_consent")
JOINS = ("all", "any")
LEAVES = ("age", "sex", "flag", "area")


class BadRule(Refused):
    """The data is no rule. Facts: `at`, the place in it such as `any.0.age`, and `reason`."""

    code = "bad_rule"
    status = 422


@dataclass(frozen=True)
class Facts:
    """What a rule looks at, of one person on one day. Unknown: age None, sex empty."""

    age: int | None
    sex: str
    flags: frozenset[str]
    area_path: str


@dataclass(frozen=True)
class Judged:
    """A rule, or a part of one, and whether it holds: True, False, or None where the register does not know."""

    expression: Expression
    holds: bool | None
    parts: tuple[Judged, ...] = ()

    def leaves(self) -> Iterator[Judged]:
        """The conditions that were looked at, in the order of the rule."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def read(data: Any) -> Expression:
    """The rule in plain form; reading again changes nothing.

    Raises:
        BadRule: with the place and the reason: shape, unknown, empty, too_many, too_deep, age, backwards, sex, flag, area.
    """
    found = _read(data, at="", depth=1)
    if sum(1 for _leaf in leaves(found)) > MOST_LEAVES:
        raise BadRule(at="", reason="too_many")
    return found


def leaves(expression: Expression) -> Iterator[Expression]:
    """The conditions of a rule, in its order."""
    kind, told = _only(expression)
    if kind in JOINS:
        for part in told:
            yield from leaves(part)
    elif kind == "not":
        yield from leaves(told)
    else:
        yield expression


def judge(expression: Expression, facts: Facts) -> Judged:
    """Whether a rule holds for somebody, part by part."""
    kind, told = _only(expression)
    if kind in JOINS:
        parts = tuple(judge(part, facts) for part in told)
        verdicts = [part.holds for part in parts]
        deciding = kind == "any"  # one True decides `any`, one False decides `all`
        verdict = deciding if deciding in verdicts else None if None in verdicts else not deciding
        return Judged(expression, verdict, parts)
    if kind == "not":
        part = judge(told, facts)
        return Judged(expression, None if part.holds is None else not part.holds, (part,))
    return Judged(expression, _leaf_holds(kind, told, facts))


def needed(judged: Judged, facts: Facts) -> Expression | None:
    """What of the rule is still missing; None where nothing is, or nothing could ever help.

    Of alternatives those are left out that cannot come to be: another sex, an age that has passed.
    """
    if judged.holds or not _could_come(judged, facts):
        return None
    kind, _told = _only(judged.expression)
    if kind not in JOINS:
        return judged.expression
    found = [
        missing
        for part in judged.parts
        if _could_come(part, facts)
        for missing in [needed(part, facts)]
        if missing is not None
    ]
    return found[0] if len(found) == 1 else {kind: found} if found else None


def _could_come(judged: Judged, facts: Facts) -> bool:
    """Whether time, papers or a better register could make this hold."""
    kind, told = _only(judged.expression)
    if judged.holds or judged.holds is None or kind == "not":
        return True
    if kind == "all":
        return all(_could_come(part, facts) for part in judged.parts)
    if kind == "any":
        return any(_could_come(part, facts) for part in judged.parts)
    if kind == "age":
        return facts.age is None or facts.age <= told.get("to", OLDEST)
    return kind != "sex"


def _leaf_holds(kind: str, told: Any, facts: Facts) -> bool | None:
    if kind == "age":
        if facts.age is None:
            return None
        return bool(told.get("from", 0) <= facts.age <= told.get("to", OLDEST))
    if kind == "sex":
        return facts.sex == told if facts.sex else None
    if kind == "flag":
        return told in facts.flags
    return f"/{told}/" in facts.area_path


def _only(expression: Expression) -> tuple[str, Any]:
    ((kind, told),) = expression.items()
    return kind, told


def _read(data: Any, *, at: str, depth: int) -> Expression:
    if not isinstance(data, dict) or len(data) != 1:
        raise BadRule(at=at, reason="shape")
    ((kind, told),) = data.items()
    here = f"{at}.{kind}".strip(".")[:200]
    if depth > DEEPEST:
        raise BadRule(at=here, reason="too_deep")
    if kind in JOINS:
        if not isinstance(told, list) or not told:
            raise BadRule(at=here, reason="empty")
        if len(told) > MOST_PARTS:
            raise BadRule(at=here, reason="too_many")
        return {kind: [_read(part, at=f"{here}.{n}", depth=depth + 1) for n, part in enumerate(told)]}
    if kind == "not":
        return {kind: _read(told, at=here, depth=depth + 1)}
    return {kind: _read_leaf(kind, told, at=here)}


def _read_leaf(kind: Any, told: Any, *, at: str) -> Any:
    if kind == "age":
        return _read_age(told, at=at)
    if isinstance(told, str) and (
        (kind == "sex" and told in ("f", "m"))
        or (kind == "flag" and told in CIRCUMSTANCES)
        or (kind == "area" and re.fullmatch(r"[0-9A-Z-]{1,32}", told))
    ):
        return told
    raise BadRule(at=at, reason=kind if kind in LEAVES else "unknown")


def _read_age(told: Any, *, at: str) -> dict[str, int]:
    if not isinstance(told, dict) or not told or not set(told) <= {"from", "to"}:
        raise BadRule(at=at, reason="age")
    if any(type(years) is not int or not 0 <= years <= OLDEST for years in told.values()):
        raise BadRule(at=at, reason="age")
    if told.get("from", 0) > told.get("to", OLDEST):
        raise BadRule(at=at, reason="backwards")
    return {name: told[name] for name in ("from", "to") if name in told}


def any_of(rows: Sequence[Expression]) -> Expression:
    """One of these rules; a single one stands by itself."""
    return rows[0] if len(rows) == 1 else {"any": list(rows)}


def all_of(rows: Sequence[Expression]) -> Expression:
    """All of these conditions; a single one stands by itself."""
    return rows[0] if len(rows) == 1 else {"all": list(rows)}
