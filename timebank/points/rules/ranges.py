"""酌情扣1-3分: the table gives a range, and the reviewer decides within it when the award is reviewed."""

import re
from collections.abc import Mapping
from typing import Any

from timebank.points.rules.base import N_, Cells, Event, Found, Parameter, Reason, Rule, Scored
from timebank.points.rules.cells import steps_of

SPAN = re.compile(r"(?P<least>\d+(?:\.\d+)?)分?(?:[-~至到]|或)+[+加扣减]?(?P<most>\d+(?:\.\d+)?)")
UP_TO = re.compile(
    r"(?:最高|最多|不超过|至多|不高于)(?P<most>\d+(?:\.\d+)?)分?|(?P<within>\d+(?:\.\d+)?)分(?:以内|以下|之内)"
)
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
        span = SPAN.search(cells.value)
        if span:
            ends = sorted((steps_of(span["least"]) or 0, steps_of(span["most"]) or 0))
            least, most = ends
            if steps_of(span["least"]) is None or steps_of(span["most"]) is None or least == most or not least:
                return None
            rest = cells.value[: span.start()] + _text(least) + cells.value[span.end() :]
        elif (upper := UP_TO.search(cells.value)) and BY_CASE.search(cells.value):
            least, most = 1, steps_of(upper["most"] or upper["within"]) or 0
            if most <= least:
                return None
            rest = cells.value[: upper.start()] + _text(least) + "分" + cells.value[upper.end() :]
        else:
            return None
        rest = BY_CASE.sub("", rest).replace(",", "")
        return Found({"most_steps": most}, cells.without("value", rest))

    def wrong(self, item: Scored) -> Reason | None:
        most, least = (item.rule or {}).get("most_steps"), int(item.value_steps)
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
            return Reason(
                "outside_range", {"least_steps": abs(int(item.value_steps)), "most_steps": self.largest(item)}
            )
        return super().missing(item, event)

    def undecided(self, item: Scored, event: Event) -> bool:
        return event.chosen_steps is None

    def uncapped(self, item: Scored, event: Event) -> int:
        size = abs(event.chosen_steps if event.chosen_steps is not None else int(item.value_steps))
        return size * (event.minutes or 0) // 60 if item.per == "hour" else size * (event.times or 0)

    def largest(self, item: Scored) -> int:
        return abs(int((item.rule or {}).get("most_steps", item.value_steps)))

    def facts(self, item: Scored) -> Mapping[str, Any]:
        return {"value_steps": abs(int(item.value_steps)), "most_steps": self.largest(item)}


def _text(steps: int) -> str:
    return f"{steps // 10}.{steps % 10}" if steps % 10 else str(steps // 10)
