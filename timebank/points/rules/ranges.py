"""酌情扣1-3分: the table gives a range, and the reviewer decides within it when the award is reviewed."""

import re
from collections.abc import Mapping
from typing import Any

from timebank.points.rules.base import N_, Cells, Event, Found, Parameter, Reason, Rule, Scored, parameters
from timebank.points.rules.cells import steps_of, written

SPAN = re.compile(r"(?P<least>\d+(?:\.\d+)?)分?(?:[-~至到]|或)+[+加扣减]?(?P<most>\d+(?:\.\d+)?)")
UP_TO = re.compile(
    r"(?:最高|最多|不超过|至多|不高于)(?P<most>\d+(?:\.\d+)?)分?|(?P<within>\d+(?:\.\d+)?)分(?:以内|以下|之内)"
)
A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}月\d{1,2}日")  # what a spreadsheet made of 1-3
BY_CASE = re.compile(
    "(?:视|根据|按|依)[^\\d,;、]{0,8}?(?:情况|情节|情形|轻重|程度|实际|表现)(?:轻重)?|酌情|适当|可|给予|予以"
)


class Range(Rule):
    """A value between two ends, chosen by who reviews; until then the lower end is shown."""

    name = "range"
    label = N_("范围内酌情定分")
    says = N_("%(points)s 到 %(most)s 分,由审核人酌情定")
    parameters = (Parameter("most_steps", N_("最高分值"), "steps"),)

    def read(self, cells: Cells) -> Found | None:
        span = None if A_DAY.match(cells.value) else SPAN.search(cells.value)
        if span:
            ends = steps_of(span["least"]), steps_of(span["most"])
            if None in ends or ends[0] == ends[1]:
                return None
            least, most = sorted(end for end in ends if end is not None)
            rest = cells.value[: span.start()] + written(least) + cells.value[span.end() :]
        elif (upper := UP_TO.search(cells.value)) and BY_CASE.search(cells.value):
            least, most = 1, steps_of(upper["most"] or upper["within"]) or 0
            rest = ("扣" if re.search("[扣减罚]", cells.value) else "") + f"{written(least)}分"
        else:
            return None
        if not 0 < least < most:
            return None
        rest = BY_CASE.sub("", rest).replace("()", "").strip(",")
        return Found({"most_steps": most}, cells.without("value", rest))

    def write(self, item: Scored) -> Cells:
        sign = "扣" if item.value_steps < 0 else ""
        return Cells(value=f"酌情{sign}{written(abs(item.value_steps))}-{written(self.largest(item))}分")

    def wrong(self, item: Scored) -> Reason | None:
        most, least = parameters(item).get("most_steps"), item.value_steps
        if type(most) is not int or (most < 0) != (least < 0) or not abs(least) < abs(most) <= 100_000:
            return Reason("rule_range", {"parameter": "most_steps", "least_steps": abs(least)})
        return None

    def needs(self, item: Scored) -> tuple[str, ...]:
        return ("minutes" if item.per == "hour" else "times", "chosen_steps")

    def missing(self, item: Scored, event: Event) -> Reason | None:
        chosen = event.chosen_steps
        if chosen is not None and (
            (chosen < 0) != (item.value_steps < 0) or not abs(item.value_steps) <= abs(chosen) <= self.largest(item)
        ):
            return Reason("outside_range", {"least_steps": abs(item.value_steps), "most_steps": self.largest(item)})
        return super().missing(item, event)

    def undecided(self, item: Scored, event: Event) -> bool:
        return event.chosen_steps is None

    def uncapped(self, item: Scored, event: Event) -> int:
        size = abs(event.chosen_steps if event.chosen_steps is not None else item.value_steps)
        return size * (event.minutes or 0) // 60 if item.per == "hour" else size * (event.times or 0)

    def largest(self, item: Scored) -> int:
        return abs(int(parameters(item).get("most_steps", item.value_steps)))

    def facts(self, item: Scored) -> Mapping[str, Any]:
        return {"value_steps": abs(item.value_steps), "most_steps": self.largest(item)}
