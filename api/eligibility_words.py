"""Rules of eligibility as sentences, in the reader's language: the whole rule, what is missing, and why it holds or not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from api.look import language
from api.messages.eligibility import FLAGS
from api.sentences import typeset
from timebank.hours.eligibility.expressions import Expression, Facts, Judged

Places = Mapping[str, str]


@dataclass(frozen=True)
class Line:
    """One condition in words, whether it holds (None: not known), and what the register says."""

    words: str
    holds: bool | None
    known: str


def sentence(expression: Expression, places: Places | None = None) -> str:
    """The rule as people say it: "60 到 64 岁的男性,或者 55 到 64 岁的女性"."""
    ((kind, told),) = expression.items()
    if kind == "all":
        together = _sex_and_age(told)
        parts = [together] if together else []
        parts += [_within(part, places) for part in told if not (together and {"age", "sex"} & set(part))]
        return _joined(parts, _("%(first)s,并且%(second)s"))
    if kind == "any":
        return _joined([_alternative(part, places) for part in told], _("%(first)s,或者%(second)s"))
    if kind == "not":
        return _("不是(%(rule)s)", rule=sentence(told, places))
    return _leaf(kind, told, places or {})


def why(judged: Judged, facts: Facts, places: Places) -> list[Line]:
    """The conditions of a rule one by one, with what the register says of her."""
    return [
        Line(sentence(leaf.expression, places), leaf.holds, _known(leaf.expression, facts)) for leaf in _leaves(judged)
    ]


def _leaves(judged: Judged) -> Iterator[Judged]:
    if "not" in judged.expression:
        yield judged
    elif judged.parts:
        for part in judged.parts:
            yield from _leaves(part)
    else:
        yield judged


def _known(expression: Expression, facts: Facts) -> str:
    ((kind, told),) = expression.items()
    if kind == "age":
        return _("当天 %(years)s 岁", years=facts.age) if facts.age is not None else _("没有登记出生日期")
    if kind == "sex":
        return {"f": _("女"), "m": _("男")}.get(facts.sex) or _("没有登记性别")
    if kind == "flag":
        return _("已登记,当天有效") if told in facts.flags else _("没有登记,或者当天无效,或者没有同意使用")
    return ""


def _leaf(kind: str, told: Any, places: Places) -> str:
    if kind == "age":
        if "from" in told and "to" in told:
            return _("%(least)s 到 %(most)s 岁", least=told["from"], most=told["to"])
        return _("满 %(least)s 岁", least=told["from"]) if "from" in told else _("不超过 %(most)s 岁", most=told["to"])
    if kind == "sex":
        return _("女性") if told == "f" else _("男性")
    if kind == "flag":
        return str(FLAGS[told]).lower()  # within a sentence
    return _("住在%(place)s", place=places.get(told, told))


def _sex_and_age(parts: list[Expression]) -> str:
    """Sex and age of a group in one phrase, where it names one of each."""
    sexes = [part["sex"] for part in parts if "sex" in part]
    ages = [part["age"] for part in parts if "age" in part]
    if len(sexes) != 1 or len(ages) != 1:
        return ""
    age = _leaf("age", ages[0], {})
    return _("%(age)s的女性", age=age) if sexes[0] == "f" else _("%(age)s的男性", age=age)


def _alternative(part: Expression, places: Places | None) -> str:
    """One of several: where it says several things they stand in parentheses, unless they make one phrase."""
    text = sentence(part, places)
    several = "all" in part and len(part["all"]) > 1
    is_phrase = several and len(part["all"]) == 2 and bool(_sex_and_age(part["all"]))
    return _in_parentheses(text) if several and not is_phrase else text


def _within(part: Expression, places: Places | None) -> str:
    """A part of a conjunction: alternatives stand in parentheses."""
    text = sentence(part, places)
    return _in_parentheses(text) if "any" in part else text


def _in_parentheses(text: str) -> str:
    return typeset(f"({text})") if language() == "zh" else f"({text})"


def _joined(parts: list[str], pattern: str) -> str:
    text = parts[0]
    for part in parts[1:]:
        text = pattern % {"first": text, "second": part}
    return text
