"""The year's end by name, and what refusals say."""

from typing import Any

from flask_babel import lazy_gettext as _

STATES: dict[str, Any] = {
    "draft": _("待第二人确认"),
    "announced": _("已告知,等到期"),
    "closing": _("正在结转"),
    "closed": _("已结转"),
    "undoing": _("正在撤回"),
    "undone": _("已撤回"),
    "withdrawn": _("已放弃"),
}
STATE_KINDS = {
    "draft": "grey",
    "announced": "orange",
    "closing": "orange",
    "closed": "green",
    "undoing": "orange",
    "undone": "red",
    "withdrawn": "grey",
}
FIELDS: dict[str, Any] = {
    "required": _("请填写这一项。"),
    "too_long": _("太长了。"),
    "in_the_future": _("不能晚于今天。"),
    "base_must_end": _("不全部结转,或者要发新年度的基础分时,旧的基础分要先结束。"),
}
MESSAGES: dict[str, Any] = {
    "year_wrong_state": _("%(year)s 年的结转现在的状态不能这样做。"),
    "year_second_person": _("这一步要由另一个人来做。"),
    "year_stands": _("%(year)s 年的结转还在办理,或者已经办完。"),
    "year_not_open": _("现在不能结转 %(year)s 年:还没有到,太久以前,或者那时社区还没有开通。"),
    "year_too_early": _("%(year)s 年的积分还在兑换期内,%(from_on)s 起才能结转。"),
    "carry_changed": _("结转比例后来改过:原来 %(was)s%%,现在 %(now)s%%。"),
    "year_undo_over": _("%(year)s 年的结转不能再撤回:时间过了,或者后面的年度已经结转。"),
}
NEXT: dict[str, Any] = {
    "year_wrong_state": _("请刷新页面看看现在到了哪一步。"),
    "year_second_person": _("请委员会的另一位成员或者监督委员会确认。"),
    "year_stands": _("请先办完那一年,或者放弃后重来。"),
    "year_too_early": _("到那天再来,期间户里的积分都可以照常兑换。"),
    "carry_changed": _("请放弃这一次,按新的比例重新登记和告知。"),
}
