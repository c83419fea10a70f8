"""Publicity: batches, lines, objections and corrections by name, and what refusals say."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _

LINE_STATES = {
    "hanging": _("公示中"),
    "objected": _("有异议,待答复"),
    "answered": _("已答复,可申诉"),
    "appealed": _("申诉中"),
    "booked": _("已入账"),
    "contested": _("入账后有异议"),
    "reversing": _("冲正待确认"),
    "withdrawn": _("已撤下"),
    "corrected": _("已更正"),
    "reversed": _("已冲正"),
}
LINE_KINDS = {
    "hanging": "orange",
    "objected": "orange",
    "answered": "grey",
    "appealed": "orange",
    "booked": "green",
    "contested": "orange",
    "reversing": "orange",
    "withdrawn": "red",
    "corrected": "red",
    "reversed": "red",
}
BATCH_STATES = {
    "publishing": _("正在公示"),
    "hanging": _("公示中"),
    "booking": _("正在入账"),
    "closed": _("已办结"),
}
BATCH_KINDS = {"publishing": "grey", "hanging": "orange", "booking": "grey", "closed": "green"}
CHANNELS = {"page": _("本人在手机上"), "phone": _("电话"), "desk": _("本人到服务台"), "paper": _("书面")}
OUTCOMES = {"withdrawn": _("这一行撤下"), "corrected": _("按更正后的分值重新审核"), "reversed": _("已入账的冲正")}
# What the ledger says of a line that it does not book: a code of docs/log-format.md.
REFUSALS = {
    "closed_account": _("这一户的积分账户已经注销"),
    "quota": _("今年可发放的积分用完了"),
    "range": _("这一户的积分太多,账上记不下"),
}


def refusal(code: str) -> str:
    """Why the ledger does not book a line, in words; the code itself where it is a rare one."""
    return str(REFUSALS[code]) if code in REFUSALS else gettext("账本的规则不允许(%(code)s)", code=code)


HELD = {
    "hearing": _("还没有听取意见"),
    "second_review": _("还没有复核完"),
    "not_reviewed": _("还没有审核完"),
    "held_back": _("有人要求暂缓"),
    "later_month": _("下个月的事"),
}

# Why somebody else answers an objection, decides an appeal, or is the second officer of a booking back.
KEPT_FROM = {
    "own_household": _("这一行是您自己家的。"),
    "own_relatives": _("这一行是您亲属家的。"),
    "own_objection": _("您提过异议,或者之前的答复、不同意冲正是您作的。"),
    "too_near_to_answer": _("您与这一户或者提异议的人是一家人或者亲属。"),
    "reviewed_it": _("这一笔是您审核的。"),
    "needs_another_officer": _("冲正是您申请的,要由另一位工作人员确认。"),
}
MESSAGES = {
    "publishing_already": _("第 %(number)s 批正在公示,一次只能公示一批。"),
    "batch_wrong_state": _("第 %(number)s 批现在不能做这一步。"),
    "line_wrong_state": _("第 %(line)s 行现在不能做这一步。"),
    "period_not_over": _("第 %(number)s 批公示到 %(until_at)s 为止,期满才能入账。"),
    "held_back": _("这一笔已经暂缓,或者不是等待公示的。"),
    "not_held_back": _("这一笔没有暂缓。"),
    "too_many_objections": _("您有 %(most)s 个异议在等答复,一个人最多这么多。"),
    "too_near_to_answer": _("您与这一户或者提异议的人是亲属,不能答复。"),
    "reviewed_it": _("这一笔是您审核的,不能由您答复。"),
    "decision_final": _("这是监督委员会裁定的冲正,不能再不同意。"),
    "files_busy": _("很多人同时在下载。"),
    "not_refused": _("第 %(line)s 行不是入不了账的,不能撤下。"),
}

NEXT = {
    "publishing_already": _("等它公示出来,再公示下一批。"),
    "period_not_over": _("期满以后可以一键入账;不点,到时也会自动入账。"),
    "too_many_objections": _("等一个有了答复,再提下一个;急的请到服务台说明。"),
    "too_near_to_answer": _("请另一位与双方都不是亲属的工作人员来办。"),
    "reviewed_it": _("请另一位工作人员来办。"),
    "decision_final": _("请一位没有申请过这笔冲正的工作人员确认。"),
    "files_busy": _("请过几秒再试。"),
    "not_refused": _("到期会自动入账;对它有异议的,请在“提异议”里写明。"),
}
