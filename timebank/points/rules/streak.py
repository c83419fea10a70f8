"""连续三个月: scored for some months in a row, up to the month of the event; no month counts twice."""

import datetime as dt
import re
from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from timebank.points.rules.base import N_, Cells, Event, Found, Parameter, Reason, Rule, Scored, goes_on, parameters

if TYPE_CHECKING:
    from timebank.points.rules.history import History

STREAK = re.compile(
    r"每?连续(?P<half>半年)?(?:(?P<count>\d{1,2})(?:个)?(?P<unit>月|年|季度))?(?:[::](?P<title>.+)$)?(?:以上)?(?:的)?"
)


class Streak(Rule):
    """Points for some months in a row.

    Where `title` names another item of the table, each month must have an award of it; else the event is evidence for
    all of them.
    """

    name = "streak"
    label = N_("连续几个月")
    says = N_("连续 %(count)s 个月 %(points)s 分,一个月只算一回")
    parameters = (
        Parameter("months", N_("连续几个月"), "count", 2, 60),
        Parameter("title", N_("哪个项目连续"), "title", required=False),
    )

    def read(self, cells: Cells) -> Found | None:
        for name in ("unit", "value", "title", "remark"):
            text = getattr(cells, name)
            found = STREAK.search(text)
            months = _months(found) if found else 0
            if found is None or not 2 <= months <= 60:
                continue
            parameters: dict[str, Any] = {"months": months}
            if found["title"] and name == "unit":
                parameters["title"] = found["title"]
            kept = name in ("title", "remark")
            rest = text if kept else text[: found.start()] + text[found.end() :]
            return Found(
                parameters,
                cells.without(name, rest),
                ("streak_from_title",) if name == "title" else ("rule_from_remark",) if name == "remark" else (),
            )
        return None

    def write(self, item: Scored) -> Cells:
        unit = {"month": "每月", "year": "每年", "person": "一人次"}.get(item.per, "一次")
        title = parameters(item).get("title")
        return Cells(unit=f"{unit},连续{parameters(item)['months']}个月" + (f":{title}" if title else ""))

    def missing(self, item: Scored, event: Event) -> Reason | None:
        return None if event.times in (None, 1) else Reason("times_needed")

    def refused(self, item: Scored, event: Event, history: "History") -> Reason | None:
        counted = history.marks(self._key(item, event))
        title = parameters(item).get("title")
        awarded = history.marks(("months", event.whose, title))
        for month in months_to(event.on, int(parameters(item)["months"])):
            if month in counted:
                return Reason("streak_counted", {"month": f"{month[0]}-{month[1]:02}"})
            if title and month not in awarded:
                return Reason("streak_broken", {"month": f"{month[0]}-{month[1]:02}", "title": title})
        return None

    def looks_back_to(self, item: Scored, on: dt.date) -> dt.date:
        # An earlier award may have counted as many months again.
        year, month = months_to(on, 2 * int(parameters(item)["months"]))[0]
        return dt.date(year, month, 1)

    def uncapped(self, item: Scored, event: Event) -> int:
        return abs(item.value_steps)

    def leaves(self, item: Scored, event: Event) -> Iterable[tuple[Hashable, Hashable]]:
        return [(self._key(item, event), month) for month in months_to(event.on, int(parameters(item)["months"]))]

    def facts(self, item: Scored) -> Mapping[str, Any]:
        return {"value_steps": abs(item.value_steps), "count": parameters(item)["months"]}

    def _key(self, item: Scored, event: Event) -> Hashable:
        return ("streak", *goes_on(item), event.whose)


def months_to(on: dt.date, count: int) -> list[tuple[int, int]]:
    """The last `count` months up to that of a day, as (year, month)."""
    last = on.year * 12 + on.month - 1
    return [(number // 12, number % 12 + 1) for number in range(last - count + 1, last + 1)]


def _months(found: re.Match[str]) -> int:
    if found["half"]:
        return 6
    return int(found["count"] or 0) * {"月": 1, "季度": 3, "年": 12}.get(found["unit"] or "", 0)
