"""The kinds of rules that a points table is made of, and what an event comes to by them. Pure; whole steps of 0.1 point.

A kind is one class: its words, how it is read from a table's cells, what an event must bring, how it scores with what
went before, and its sentence. `docs/points.md` adds one as an example. Everything that scores calls `score`.
"""

from timebank.points.rules.attended import Attended
from timebank.points.rules.base import PERIODS as PERIODS
from timebank.points.rules.base import Cells as Cells
from timebank.points.rules.base import Event as Event
from timebank.points.rules.base import Found as Found
from timebank.points.rules.base import Parameter as Parameter
from timebank.points.rules.base import Reason as Reason
from timebank.points.rules.base import Reckoned as Reckoned
from timebank.points.rules.base import Rule as Rule
from timebank.points.rules.base import Scored as Scored
from timebank.points.rules.base import goes_on as goes_on
from timebank.points.rules.base_points import BasePoints
from timebank.points.rules.first import First
from timebank.points.rules.history import History as History
from timebank.points.rules.history import Used as Used
from timebank.points.rules.ranges import Range
from timebank.points.rules.streak import Streak
from timebank.points.rules.units import Hour, Month, Once, Person, Year

# In the order in which they are offered and, those beyond the units, looked for in a row.
KINDS: dict[str, Rule] = {
    rule.name: rule
    for rule in (Once(), Person(), Hour(), Month(), Year(), Range(), First(), Streak(), Attended(), BasePoints())
}
UNITS = {name: rule for name, rule in KINDS.items() if rule.is_unit}
SPECIAL = {name: rule for name, rule in KINDS.items() if not rule.is_unit and name != "base"}
UNIT_OF_WORD = {word: name for name, rule in UNITS.items() for word in rule.words}


def rule_of(item: Scored) -> Rule:
    """The rule that scores an item: its own, base points by their words, else its unit's."""
    rule = getattr(item, "rule", None)
    if rule:
        return KINDS[rule["kind"]]
    return KINDS["base"] if item.kind == "base" else KINDS[item.per]


def score(item: Scored, event: Event, history: History) -> Reckoned:
    """What one event comes to: by its rule, then the caps of its day, month and year. Writes nothing.

    `Reckoned.reason` says why nothing is credited. Whoever goes on with the event tells `history.add`.
    """
    rule = rule_of(item)
    reason = rule.missing(item, event) or rule.refused(item, event, history)
    if reason:
        return Reckoned(0, 0, None, reason=reason)
    uncapped = rule.uncapped(item, event)
    credited, limited_by = capped(item, uncapped, history.used(item, event))
    if credited == 0:
        cap = caps_of(item).get(limited_by or "", 0)
        reason = Reason(f"cap_reached_{limited_by}", {"cap_steps": cap}) if limited_by else Reason("too_short")
    sign = -1 if item.value_steps < 0 else 1
    return Reckoned(sign * uncapped, sign * credited, limited_by, rule.undecided(item, event), reason)


def capped(item: Scored, uncapped: int, used: Used) -> tuple[int, str | None]:
    """Steps after the caps of day, month and year, in that order, and the cap that cut last."""
    credited, limited_by = uncapped, None
    for period, cap in caps_of(item).items():
        left = max(cap - getattr(used, period), 0)
        if credited > left:
            credited, limited_by = left, period
    return credited, limited_by


def caps_of(item: Scored) -> dict[str, int]:
    """The caps of an item in steps; what is scored by the month or year is scored once in it unless the table says more."""
    rule = rule_of(item)
    caps = {"day": item.cap_day_steps, "month": item.cap_month_steps, "year": item.cap_year_steps}
    once_in = rule.once_in or KINDS[item.per].once_in
    if once_in and caps[once_in] is None:
        caps[once_in] = rule.largest(item)
    return {period: cap for period, cap in caps.items() if cap is not None}
