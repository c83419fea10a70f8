"""The numbers of a policy as people write and read them: 2,400 minutes are 40 hours, 20 steps are 2 points."""

import re
import unicodedata

from flask_babel import gettext as _

from api.look import grouped, minutes, points
from timebank.policy_numbers import NUMBERS


def value(name: str, number: int) -> str:
    """A number with its unit, in the reader's language."""
    unit = NUMBERS[name].unit
    if unit == "minutes":
        return minutes(number)
    if unit == "seconds" and number >= 120 and number % 60 == 0:
        return minutes(number // 60)
    if unit == "steps":
        return _("%(points)s 分(积分)", points=points(number))
    if unit == "yes_no":
        return _("是") if number else _("否")
    count = grouped(number)
    patterns = {
        "hours": _("%(count)s 小时", count=count),
        "days": _("%(count)s 天", count=count),
        "working_days": _("%(count)s 个工作日", count=count),
        "weeks": _("%(count)s 周", count=count),
        "months": _("%(count)s 个月", count=count),
        "seconds": _("%(count)s 秒", count=count),
        "years": _("%(count)s 岁", count=count),
        "times": _("%(count)s 次", count=count),
        "people": _("%(count)s 位", count=count),
        "percent": _("%(count)s %%", count=count),
    }
    return patterns[unit]


def typed_unit(name: str) -> str:
    """The unit in which a form takes a number."""
    words = {
        "minutes": _("分钟"),
        "hours": _("小时"),
        "days": _("天"),
        "working_days": _("个工作日"),
        "weeks": _("周"),
        "months": _("个月"),
        "seconds": _("秒"),
        "years": _("岁"),
        "times": _("次"),
        "people": _("位"),
        "percent": "%",
        "steps": _("分(积分)"),
        "yes_no": "",
    }
    return words[NUMBERS[name].unit]


def as_typed(name: str, number: int) -> str:
    """What a form shows before anything is typed."""
    if NUMBERS[name].unit != "steps":
        return str(number)
    whole, tenth = divmod(number, 10)
    return f"{whole}.{tenth}" if tenth else str(whole)


def typed(name: str, text: str) -> int | None:
    """What was typed: a whole number; for minutes also hours and minutes (8:30), for points one decimal. None: no number."""
    plain = unicodedata.normalize("NFKC", text).strip().replace(",", "")
    unit = NUMBERS[name].unit
    if unit == "minutes" and (found := re.fullmatch(r"([0-9]{1,7}):([0-5][0-9])", plain)):
        return int(found[1]) * 60 + int(found[2])
    if unit == "steps" and (found := re.fullmatch(r"([0-9]{1,12})(?:\.([0-9]))?", plain)):
        return int(found[1]) * 10 + int(found[2] or 0)
    if unit == "steps" or not re.fullmatch(r"[0-9]{1,13}", plain):
        return None
    return int(plain)
