"""Awards: where they come from, how they go, what reviewers are told, and what refusals say."""

from typing import Any

from flask_babel import lazy_gettext as _

MESSAGES: dict[str, Any] = {
    "own_relatives": _("这一户是您的亲属,要回避。"),
    "same_reviewer": _("同一笔要由不同的人审核。"),
    "household_not_heard_yet": _("扣分前要先听取这一户的意见。"),
    "value_needed": _("“%(item)s”在 %(least_steps)s 到 %(most_steps)s 分之间酌情定,要写分值和理由。"),
    "value_outside_range": _("积分表上的范围是 %(least_steps)s 到 %(most_steps)s 分。"),
    "award_cap_reached": _("按积分表的上限或者规则,这一笔不能再计分。"),
    "double_unexplained": _("同一件事另有一笔。"),
    "too_many_at_once": _("一次最多审核 %(most)s 笔。"),
    "not_your_verdict": _("最近一次审核不是您做的。"),
    "undo_too_late": _("审核以后 %(minutes)s 分钟内可以撤回,现在过了。"),
    "told_again_since": _("退回以后同一件事又登记了一笔,不能再撤回。"),
    "invitation_too_soon": _("要提前 %(days)s 天通知,最早约在 %(first_on)s。"),
    "invitation_stands": _("上一次约的时间还没有到。"),
    "invited_too_little": _("约了 %(needed)s 次、当天都没有来,第二天才能记“没有来”;现在是 %(over)s 次。"),
    "invited_often": _("最多通知 %(most)s 次。"),
    "claims_full": _("您今天申报、还没有审核的已有 %(most)s 笔。"),
    "helped_claims_full": _("您今天代别人申报、还没有审核的已有 %(most)s 笔。"),
    "item_not_claimed": _("“%(item)s”不由本人申报。"),
    "claimant_has_left": _("这个人已离开登记册。"),
    "attendance_link_wrong": _("这个决定不能这样登记。"),
    "attendance_link_stands": _("这一类服务已经对应这条细则,从 %(from_on)s 起。"),
    "attendance_link_ended": _("这个决定已于 %(until_on)s 停用。"),
}

NEXT: dict[str, Any] = {
    "own_relatives": _("请与这一户没有关系的审核人来审。"),
    "same_reviewer": _("请另一位审核人来审。"),
    "household_not_heard_yet": _("请先通知这一户来说明情况;两次没有来的,记下以后再审。"),
    "value_needed": _("请打开这一笔,写上分值和理由。"),
    "value_outside_range": _("请改成范围以内的分值。"),
    "award_cap_reached": _("请退回这一笔,写明原因。"),
    "double_unexplained": _("请并排看这两笔;两笔都要计的,写明为什么。"),
    "too_many_at_once": _("请分几次审核。"),
    "undo_too_late": _("还没有公示的可以撤销,重新登记。"),
    "told_again_since": _("请看后来登记的那一笔。"),
    "helped_claims_full": _("等审核以后再申报,或者请服务台登记。"),
    "claims_full": _("等审核以后再申报,或者请服务台登记。"),
    "item_not_claimed": _("请看积分表上由谁申报,或者问服务台。"),
    "attendance_link_wrong": _("请核对日期、细则和类别。"),
    "attendance_link_stands": _("要改的,先停用原来的决定。"),
}

SOURCES: dict[str, Any] = {
    "committee": _("委员会登记"),
    "file": _("表格导入"),
    "grid": _("网格员上报"),
    "claim": _("本人申报"),
    "behalf": _("代为申报"),
    "attendance": _("签到自动"),
    "objection": _("异议更正"),
}

# State or stage, in the order of the story.
LIFE: dict[str, Any] = {
    "hearing": _("待听取意见"),
    "entered": _("待审核"),
    "second": _("待复核"),
    "committee": _("待委员会定"),
    "approved": _("待公示"),
    "rejected": _("已退回"),
    "published": _("公示中"),
    "frozen": _("有异议"),
    "booked": _("已入账"),
    "withdrawn": _("已撤销"),
    "reversed": _("已冲正"),
}
LIFE_KINDS: dict[str, str] = {
    "hearing": "orange",
    "entered": "grey",
    "second": "orange",
    "committee": "orange",
    "approved": "orange",
    "rejected": "red",
    "published": "orange",
    "frozen": "red",
    "booked": "green",
    "withdrawn": "grey",
    "reversed": "red",
}

TURNS: dict[str, Any] = {"first": _("初审"), "second": _("复核"), "committee": _("委员会决定")}
VERDICTS: dict[str, Any] = {"approve": _("通过"), "reject": _("退回")}
ASKS: dict[str, Any] = {"drawn": _("抽中复核"), "large": _("扣分较多,要两人"), "": ""}
KEPT_FROM: dict[str, Any] = {
    "own_household": _("自己家"),
    "own_relatives": _("亲属"),
    "own_entry": _("自己登记的"),
    "same_reviewer": _("已审过"),
}
HEARINGS: dict[str, Any] = {"heard": _("已听取"), "not_come": _("两次通知没有来")}

# What an activity or order was of, for points by attendance.
LINK_KINDS: dict[str, Any] = {
    "service_class": _("服务类别"),
    "activity_kind": _("活动种类"),
    "series": _("一个系列的活动"),
    "activity": _("一次活动"),
}
ACTIVITY_KINDS: dict[str, Any] = {"activity": _("活动"), "duty": _("值班")}
LINK_STATES: dict[str, Any] = {
    "awarded": _("已记分"),
    "skipped": _("没有记分"),
    "taken_back": _("服务记录改了,已撤销"),
    "correction": _("服务记录改了,已申请冲正"),
}

# Why a visit gave no points.
SKIPPED: dict[str, Any] = {
    "no_table_in_force": _("那天没有生效的积分表"),
    "item_unknown": _("那天的积分表里没有这一项"),
    "item_not_in_use": _("那天这一项没有启用"),
    "hours_unreadable": _("服务不到一分钟"),
    "too_short": _("时间太短,不到 0.1 分"),
    "cap_reached_day": _("当天已到上限"),
    "cap_reached_month": _("当月已到上限"),
    "cap_reached_year": _("当年已到上限"),
}

# Why a field cannot be so.
FIELDS: dict[str, Any] = {
    "required": _("请填写这一项。"),
    "length": _("太长或者没有填写。"),
    "future": _("不能晚于今天。"),
    "past": _("不能早于今天。"),
    "before_deed": _("不能早于事情发生的那一天。"),
    "range": _("请填写积分表范围以内的分值。"),
    "too_many": _("最多三张照片。"),
    "choice": _("请从列出的选项中选择。"),
}
