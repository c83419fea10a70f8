"""前三名、仅前3户: only the first few are scored in a day, a month or a year."""

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from timebank.points.rules.base import (
    N_,
    Cells,
    Event,
    Found,
    Parameter,
    Reason,
    Rule,
    Scored,
    goes_on,
    parameters,
    period_of,
)

if TYPE_CHECKING:
    from timebank.points.rules.history import History

FIRST = re.compile(
    r"(?:每次|每)?(?P<period>[日天月年])?度?(?:仅限|限于|只限|仅|只|限)?(?:取)?前(?P<count>\d{1,4})(?:名|户|人|位|个|家)(?:各|均|每人|每户)?"
)
PERIOD = {"日": "day", "天": "day", "月": "month", "年": "year"}


class First(Rule):
    """Each household or person once, and no more than `count` of them, in the order in which they were entered."""

    name = "first"
    label = N_("只计前几名")
    says = N_("每次 %(points)s 分,%(period)s只计前 %(count)s 名")
    counts_everybody = True
    parameters = (
        Parameter("count", N_("前几名"), "count", 1, 1000),
        Parameter("period", N_("在多长时间里"), "period"),
    )

    def read(self, cells: Cells) -> Found | None:
        for name in ("value", "unit", "cap", "remark"):
            text = getattr(cells, name)
            found = FIRST.search(text)
            if found is None or found["count"] == "0":
                continue
            said = PERIOD.get(found["period"] or "")
            period = said or {"月": "month", "年": "year"}.get(cells.unit.lstrip("每")[:1], "year")
            # A remark stays whole, since it is shown; what is read from it would be lost in an edit otherwise.
            rest = text if name == "remark" else (text[: found.start()] + text[found.end() :]).strip(",，、;；")
            assumed: tuple[str, ...] = () if said or period != "year" else ("first_assumed_yearly",)
            assumed += ("rule_from_remark",) if name == "remark" else ()
            return Found({"count": int(found["count"]), "period": period}, cells.without(name, rest), assumed)
        return None

    def write(self, item: Scored) -> Cells:
        unit = {"month": "每月", "year": "每年", "person": "一人次", "hour": "每小时"}.get(item.per, "一次")
        period = {"day": "每天", "month": "每月", "year": "每年"}[parameters(item)["period"]]
        return Cells(unit=f"{unit},{period}仅前{parameters(item)['count']}名")

    def needs(self, item: Scored) -> tuple[str, ...]:
        return ("minutes",) if item.per == "hour" else ("times",)

    def missing(self, item: Scored, event: Event) -> Reason | None:
        return super().missing(item, event) or (None if event.times in (None, 1) else Reason("times_needed"))

    def refused(self, item: Scored, event: Event, history: "History") -> Reason | None:
        before = history.marks(self._key(item, event))
        count = int(parameters(item)["count"])
        if event.whose in before:
            return Reason("first_already", {"count": count})
        return Reason("first_taken", {"count": count}) if len(before) >= count else None

    def leaves(self, item: Scored, event: Event) -> Iterable[tuple[Hashable, Hashable]]:
        return [(self._key(item, event), event.whose)]

    def facts(self, item: Scored) -> Mapping[str, Any]:
        return {
            "value_steps": abs(item.value_steps),
            "count": parameters(item)["count"],
            "period": parameters(item)["period"],
        }

    def _key(self, item: Scored, event: Event) -> Hashable:
        period = parameters(item)["period"]
        return ("first", *goes_on(item), period, period_of(period, event.on))
