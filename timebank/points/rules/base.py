"""What a kind of rule is: how committees write it, what an event must bring, and what the event comes to.

Pure: no database, no clock. Points are whole steps of 0.1; deductions are negative.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from timebank.points.rules.history import History

PERIODS = ("day", "month", "year")


N_ = str  # marks what the edge shows in the reader's language


class Scored(Protocol):
    """What of an item decides an award's steps; an item of a stored version or one that was just read."""

    @property
    def category(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def value_steps(self) -> int: ...
    @property
    def per(self) -> str: ...
    @property
    def rule(self) -> dict[str, Any] | None: ...
    @property
    def cap_day_steps(self) -> int | None: ...
    @property
    def cap_month_steps(self) -> int | None: ...
    @property
    def cap_year_steps(self) -> int | None: ...


@dataclass(frozen=True)
class Event:
    """What happened, as far as points go: `whose` caps are used, the person's or the household's as the item says.

    Only what the item's rule asks for is brought: times or minutes, the value that a reviewer chose, and whether the
    minutes come from scans.
    """

    whose: Hashable
    on: dt.date
    times: int | None = None
    minutes: int | None = None
    chosen_steps: int | None = None
    attended: bool = False


@dataclass(frozen=True)
class Reason:
    """Why an event is not scored: a code and its facts."""

    code: str
    facts: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reckoned:
    """Steps before and after the caps, deductions negative; `limited_by` is the cap that counted: day, month, year or None.

    `undecided`: the reviewer still chooses within the range; the steps are then its lower end. `reason`: why nothing
    can be credited at all.
    """

    uncapped_steps: int
    credited_steps: int
    limited_by: str | None
    undecided: bool = False
    reason: Reason | None = None


@dataclass(frozen=True)
class Cells:
    """The cells of one row that may say a rule, as `plain` text in digits. A rule takes its own words out of them."""

    value: str = ""
    unit: str = ""
    cap: str = ""
    title: str = ""
    remark: str = ""

    def without(self, name: str, text: str) -> Cells:
        """The same with another text in one cell."""
        changes: dict[str, Any] = {name: text}
        return replace(self, **changes)


@dataclass(frozen=True)
class Found:
    """A rule that was read: its parameters, what the cells say without it, and what was assumed (codes of hints)."""

    parameters: Mapping[str, Any]
    cells: Cells
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parameter:
    """A field of a rule's form: `kind` is count, steps, period or title (of an item of the same table)."""

    name: str
    label: str
    kind: str
    least: int = 1
    most: int = 1000
    required: bool = True


class Rule:
    """One kind of rule. A new kind is one subclass and one line in `timebank.points.rules.KINDS`."""

    name: ClassVar[str]
    label: ClassVar[str]  # in lists and forms
    says: ClassVar[str]  # a sentence; places: %(points)s, %(most)s, %(count)s, %(period)s, %(title)s
    words: ClassVar[tuple[str, ...]] = ()  # units as committees write them
    brings: ClassVar[tuple[str, ...]] = ()  # what an event must say: times, minutes, chosen_steps, attended
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    is_unit: ClassVar[bool] = False
    counts_everybody: ClassVar[bool] = False  # what others were awarded for the item counts, too
    once_in: ClassVar[str | None] = None  # scored once in this period unless the table says more

    def read(self, cells: Cells) -> Found | None:
        """The rule in the cells of a row, or None; units are known by `words` alone."""
        return None

    def write(self, item: Scored) -> Cells:
        """The cells that say this rule, so that an import reads it again; empty ones are as for any other item."""
        return Cells()

    def wrong(self, item: Scored) -> Reason | None:
        """Why these parameters cannot be, or None. Facts name the `parameter`."""
        for parameter in self.parameters:
            value = parameters(item).get(parameter.name)
            if value is None and not parameter.required:
                continue
            if parameter.kind == "count" and (type(value) is not int or not parameter.least <= value <= parameter.most):
                return Reason(
                    "rule_number", {"parameter": parameter.name, "least": parameter.least, "most": parameter.most}
                )
            if parameter.kind == "steps" and type(value) is not int:
                return Reason("rule_number", {"parameter": parameter.name, "least": 1, "most": 10_000})
            if parameter.kind == "period" and value not in PERIODS:
                return Reason("rule_period", {"parameter": parameter.name})
            if parameter.kind == "title" and (not isinstance(value, str) or not value.strip()):
                return Reason("rule_title", {"parameter": parameter.name})
        return None

    def needs(self, item: Scored) -> tuple[str, ...]:
        """What an event by this item must bring."""
        return self.brings

    def missing(self, item: Scored, event: Event) -> Reason | None:
        """What the event does not bring, or None."""
        asked = self.needs(item)
        if "minutes" in asked and not 0 < (event.minutes or 0) <= 24 * 60:
            return Reason("minutes_needed")
        if "times" in asked and (event.times or 0) < 1:
            return Reason("times_needed")
        if "attended" in asked and not event.attended:
            return Reason("attendance_needed")
        return None

    def refused(self, item: Scored, event: Event, history: History) -> Reason | None:
        """What went before that lets nothing be scored, or None."""
        return None

    def looks_back_to(self, item: Scored, on: dt.date) -> dt.date:
        """The first day whose events matter for one on this day; the whole year always does, for the caps."""
        return dt.date(on.year, 1, 1)

    def undecided(self, item: Scored, event: Event) -> bool:
        """Whether a reviewer still chooses the value."""
        return False

    def uncapped(self, item: Scored, event: Event) -> int:
        """Steps before the caps, without a sign."""
        size = abs(item.value_steps)
        if "minutes" in self.needs(item):
            return size * (event.minutes or 0) // 60
        return size * (1 if event.times is None else event.times)

    def largest(self, item: Scored) -> int:
        """The most that one time can come to, without a sign: what a cap should not be below."""
        return abs(item.value_steps)

    def leaves(self, item: Scored, event: Event) -> Iterable[tuple[Hashable, Hashable]]:
        """What later events must know of this one: keys and marks for `History`."""
        return ()

    def facts(self, item: Scored) -> Mapping[str, Any]:
        """What the sentence needs: `..._steps`, counts, a period's name."""
        return {"value_steps": abs(item.value_steps)}


def parameters(item: Scored) -> Mapping[str, Any]:
    """What an item's rule says beyond its kind."""
    return item.rule or {}


def goes_on(item: Scored) -> tuple[str, str, bool]:
    """An item as it goes on in the next version: a new version opens no second cap in the same year."""
    return item.category, item.title, item.value_steps < 0


def period_of(period: str, on: dt.date) -> Hashable:
    """The day, month or year of a day, as a key."""
    return {"day": on, "month": (on.year, on.month), "year": on.year}[period]
