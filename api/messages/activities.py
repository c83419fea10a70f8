"""Activities, rosters, opening hours: what refusals say, and the words of kinds, rhythms, campaigns and absences."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from api import look
from timebank.errors import Refused


def _age(facts: Any) -> Any:
    low, high = facts.get("age_from"), facts.get("age_to")
    if low is not None and high is not None:
        return _("这项活动要 %(age_from)s 至 %(age_to)s 岁的人参加(按活动当天算)。")
    if low is not None:
        return _("这项活动要满 %(age_from)s 岁的人参加(按活动当天算)。")
    return _("这项活动要不超过 %(age_to)s 岁的人参加(按活动当天算)。")


MESSAGES = {
    "activity_begun": _("“%(activity)s”已经开始。"),
    "sign_up_closed": _("“%(activity)s”的报名在 %(closed_at)s 截止了。"),
    "sign_up_blocked": _("%(days)s 天内有 %(count)s 次报了名没来,到 %(until)s 前不能报名和领单。"),
    "busy_then": lambda facts: (
        _("这段时间您已经答应了订单 %(other)s(%(starts_at)s 起)。")
        if facts.get("kind") == "order"
        else _("这段时间您已经报了“%(other)s”(%(starts_at)s 起)。")
    ),
    "skill_missing": _("“%(activity)s”要会做的人参加,登记里还没有这项技能。"),
    "age_outside": _age,
    "insurance_missing": _("“%(activity)s”要当天有志愿者保险的人参加。"),
    "no_place": _("在“%(activity)s”里没有这个人的名额。"),
    "absence_too_early": _("开始 %(minutes)s 分钟以后才能记未到。"),
    "absence_too_late": _("已经过了 %(days)s 天。"),
    "was_there": _("这段时间有签到:%(place)s,%(since_at)s。"),
    "place_came_late": _("开始前 %(minutes)s 分钟内才从候补补上的,不记未到。"),
    "nothing_to_decide": _("没有等着处理的请假。"),
    "own_excuse": _("不能处理自己的请假和未到。"),
}

NEXT = {
    "activity_begun": _("来不了的,请在活动页写明原因,工作人员会看。"),
    "sign_up_closed": _("还想参加的,请问服务台;工作人员可以代为报名。"),
    "sign_up_blocked": _("有原因的,请在“我的报名”里写明;工作人员同意后就不算。"),
    "busy_then": _("一个人同一时间只能在一个地方。请先取消那一个。"),
    "skill_missing": _("会做的话,请先到服务台登记技能。"),
    "insurance_missing": _("请先到服务台登记保险。"),
    "age_outside": _("出生日期没有登记的,请到服务台补登。"),
    "own_excuse": _("请另一位工作人员处理。"),
}

KINDS = {"activity": _("活动"), "duty": _("值班")}

RHYTHMS: dict[str, Any] = {
    "once": _("只有这一次"),
    "weekly": _("每周"),
    "monthly_day": _("每月的某一天"),
    "monthly_weekday": _("每月第几个周几"),
    "digit": _("逢几(日期的尾数)"),
}

WEEKDAYS: list[tuple[int, Any]] = [
    (1, _("周一")), (2, _("周二")), (3, _("周三")), (4, _("周四")), (5, _("周五")), (6, _("周六")), (7, _("周日")),
]  # fmt: skip

NTH: list[tuple[int, Any]] = [
    (1, _("第一个")), (2, _("第二个")), (3, _("第三个")), (4, _("第四个")), (5, _("最后一个")),
]  # fmt: skip

# By the codes of timebank.hours.activities.campaigns.
CAMPAIGNS: dict[str, Any] = {
    "exam_escort": _("爱心送考"),
    "double_ninth": _("重阳敬老"),
    "summer_water": _("夏日防溺水巡河"),
    "winter_warmth": _("冬日送温暖"),
}

FIELD_REASONS: dict[str, Any] = {
    "required": _("请填写这一项。"),
    "length": _("太长了。"),
    "choice": _("请从列出的选项中选择。"),
    "range": _("这个数不能用。"),
    "after_start": _("结束要晚于开始,并且不超过 16 小时。"),
    "in_the_past": _("已经过去了。"),
    "too_far_ahead": _("太远了,最多安排一年内的。"),
    "before_first": _("不能早于第一天。"),
    "no_day": _("这段日子里没有一天合适(可能都不开放)。"),
    "too_many": _("太多了:一次最多安排 200 场,请缩短日期。"),
    "overlap": _("同一天的两段时间重叠了。"),
    "day": _("没有这样的日子。"),
}

FIELD_NAMES = {"ends_at": "ends", "shifts": "starts", "closes_minutes": "closes_hours"}


def in_words(refused: Refused) -> Refused:
    """A use case's reasons, by field, as a form says them."""
    told = refused.facts.get("fields", {})
    found = told if isinstance(told, dict) else {}
    plain = {name.split(".")[0]: why for name, why in found.items()}  # an item of a list stands at its list
    return type(refused)(
        fields={FIELD_NAMES.get(name, name): str(FIELD_REASONS.get(str(why), why)) for name, why in plain.items()}
    )


def rhythm_words(rhythm: Any) -> str:
    """How something comes again, in a sentence's part: 每周六; 逢5; 每月最后一个周五."""
    weekdays = dict(WEEKDAYS)
    comma = ", " if look.language() == "en" else "、"
    days = comma.join(str(weekdays[day]) for day in rhythm.weekdays)
    if rhythm.kind == "weekly":
        if rhythm.every == 1:
            return gettext("每%(days)s", days=days)
        return gettext("每 %(every)s 周的%(days)s", every=rhythm.every, days=days)
    if rhythm.kind == "monthly_day":
        return gettext("每月 %(day)s 日(没有这一天的月份在月底)", day=rhythm.day)
    if rhythm.kind == "monthly_weekday":
        return gettext("每月%(nth)s%(days)s", nth=dict(NTH)[rhythm.nth], days=days)
    if rhythm.kind == "digit":
        return gettext("逢 %(digit)s", digit=rhythm.day)
    return ""


def minute_words(minute: int) -> str:
    """A minute of the day as a clock shows it; the midnight that ends a day is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"
