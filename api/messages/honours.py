"""Honours by name, and what refusals say."""

from typing import Any

from flask_babel import lazy_gettext as _

KINDS: dict[str, Any] = {"red": _("红榜"), "black": _("黑榜")}
STATES: dict[str, Any] = {
    "proposed": _("拟定"),
    "confirmed": _("已确认,待张榜"),
    "published": _("公示中"),
    "standing": _("已确定"),
    "ended": _("已结束"),
    "withdrawn": _("已撤下"),
}
STATE_KINDS = {
    "proposed": "grey",
    "confirmed": "grey",
    "published": "orange",
    "standing": "green",
    "ended": "grey",
    "withdrawn": "red",
}
DECISIONS: dict[str, Any] = {"levels": _("星级标准"), "black": _("设立黑榜")}
DECISION_STATES: dict[str, Any] = {"draft": _("待第二人确认"), "adopted": _("已通过"), "withdrawn": _("已撤回")}
RULES: dict[str, Any] = {
    "top": _("按积分取前几名(同分并列)"),
    "threshold": _("达到多少分的户"),
    "remark": _("得过备注含“红榜”的加分的户"),
    "deductions": _("扣分累计到多少分的户"),
}
BY: dict[str, Any] = {"lifetime": _("历年累计"), "year": _("当年累计")}
OBJECTIONS: dict[str, Any] = {"open": _("待答复"), "upheld": _("成立,已撤下"), "rejected": _("不成立")}
FIELDS: dict[str, Any] = {
    "required": _("请填写这一项。"),
    "too_long": _("太长了。"),
    "in_the_future": _("不能晚于今天。"),
    "in_the_past": _("不能早于今天。"),
    "out_of_range": _("超出了可以填的范围。"),
    "levels_in_order": _("分数要从低到高,不能相同。"),
    "kind": _("请从列出的选项中选择。"),
}
MESSAGES: dict[str, Any] = {
    "honour_wrong_state": _("第 %(number)s 号榜现在的状态不能这样做。"),
    "honour_second_person": _("这一步要由另一个人来做。"),
    "honour_decision_wrong_state": _("这个决定已经确认或者撤回。"),
    "nobody_on_list": _("这段时间没有符合条件的户。"),
    "too_many_on_list": _("有 %(found)s 户符合条件,一张榜最多 %(most)s 户。"),
    "no_black_list": _("本社区没有决定设立黑榜,或者决定已经到期。"),
    "honour_not_heard": _("还有 %(households)s 户没有听取意见。"),
    "honour_objected": _("这一行您已经提过异议,或者已经答复。"),
    "honour_objections_over": _("异议期到 %(until_at)s 为止。"),
    "honour_too_near": _("这是您自己家、亲属家的一行,或者是您自己提的异议。"),
}
NEXT: dict[str, Any] = {
    "honour_wrong_state": _("请刷新页面看看现在到了哪一步。"),
    "honour_second_person": _("请委员会的另一位成员或者监督委员会确认。"),
    "nobody_on_list": _("请换一段时间或者条件。"),
    "too_many_on_list": _("请提高条件。"),
    "no_black_list": _("要先由村(居)民会议决定,登记并由第二个人确认;默认不设黑榜。"),
    "honour_not_heard": _("请先听取每一户的意见并登记。"),
    "honour_too_near": _("请由没有关系的人处理。"),
}
