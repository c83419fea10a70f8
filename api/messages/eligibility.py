"""Who may have what: what refusals say, and the words of rules and consents."""

import json
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _


def not_old_enough(facts: Mapping[str, Any]) -> Any:
    """The rule by its number, and what the register says of her."""
    if facts.get("age") is None:
        return _("登记册里没有出生日期,不知道服务那天是不是满 %(needed_age)s 岁。")
    if facts.get("hardship_age", facts["needed_age"]) < facts["needed_age"]:
        return _(
            "服务那天满 %(needed_age)s 岁才能取服务(登记了困难情况的满 %(hardship_age)s 岁);那天的年龄是 %(age)s 岁。"
        )
    return _("服务那天满 %(needed_age)s 岁才能取服务;那天的年龄是 %(age)s 岁。")


def not_old_enough_next(facts: Mapping[str, Any]) -> Any:
    if facts.get("age") is None:
        return _("请先到服务台补登出生日期。")
    return _("有困难的老人请先由社区登记困难情况。")


def not_eligible(facts: Mapping[str, Any]) -> Any:
    """The rule by its name, and what of it is missing, as a sentence."""
    from api.eligibility_words import sentence

    needed = json.loads(str(facts.get("needed") or "null"))
    if needed is None:
        return _("这项服务只给符合“%(name)s”(第 %(version)s 版)的人;服务那天不符合。")
    return _(
        "这项服务只给符合“%(name)s”(第 %(version)s 版)的人。服务那天还缺:%(missing)s。",
        name=facts["name"],
        version=facts["version"],
        missing=sentence(needed),
    )


MESSAGES: dict[str, Any] = {
    "recipient_not_old_enough": not_old_enough,
    "recipient_not_eligible": not_eligible,
    "bad_rule": lambda facts: BAD_RULES.get(str(facts.get("reason")), BAD_RULES["shape"]),
    "rule_second_person": _("起草的人不能自己确认,要由另一个人确认。"),
    "rule_wrong_state": _("这份草案已经办结或撤下。"),
}

NEXT: dict[str, Any] = {
    "recipient_not_old_enough": not_old_enough_next,
    "recipient_not_eligible": _("如果情况有变,请带证明到服务台登记。"),
    "rule_second_person": _("请委员会、监督委员会或第一书记中的另一位登录后确认。"),
}

BAD_RULES: dict[str, Any] = {
    "shape": _("规则的格式不对。"),
    "unknown": _("规则里有不认识的条件。"),
    "empty": _("规则里有空的一组条件。"),
    "too_many": _("规则的条件太多:一组最多 12 个,一共最多 40 个。"),
    "too_deep": _("规则套得太深,最多 5 层。"),
    "age": _("年龄要是 0 到 150 的整数。"),
    "backwards": _("年龄的起点大于终点。"),
    "sex": _("性别只能是男或女。"),
    "flag": _("规则里有登记册不认识的情况。"),
    "area": _("区域的编码不对。"),
    "area_outside": _("规则里的区域 %(area)s 不在本社区。"),
}

FLAGS: dict[str, Any] = {
    "lives_alone": _("独居"),
    "low_income": _("低收入"),
    "disabled": _("残疾或失能"),
    "hardship": _("困难"),
}

WAYS: dict[str, Any] = {
    "paper": _("本人书面同意"),
    "in_person": _("本人到场当面同意"),
    "guardian": _("监护人同意"),
}

STATES: dict[str, Any] = {"draft": _("待第二个人确认"), "adopted": _("已通过"), "withdrawn": _("已撤下")}

# What is wrong with a field, by the code that the use case gives.
WRONG: dict[str, Any] = {
    "length": _("没有填写,或者太长。"),
    "choice": _("请从列出的选项中选择。"),
    "required": _("请填写这一项。"),
    "consent": _("这是敏感个人信息:请写明谁怎样同意的。"),
    "in_the_future": _("日期不能晚于今天。"),
    "not_ahead": _("最早从明天起生效:不追溯。"),
    "before_the_newest": _("要晚于这条规则最新一版生效的日子。"),
    "too_far_ahead": _("最多提前 400 天。"),
    "flag_end": _("不能早于昨天,也不能晚于原来的截止日期。"),
    "flag": _("请选择一种情况。"),
    "until_on": _("截止日期早于开始日期。"),
}
