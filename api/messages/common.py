"""What storage, policy and the ledger refuse, whatever was asked."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _


def not_enough(facts: Mapping[str, Any]) -> Any:
    """What was needed and what is there, in the unit that it is told in."""
    if "needed_minutes" in facts:
        return _("这项服务需要 %(needed_minutes)s 分钟,可用 %(available_minutes)s 分钟。")
    if "needed_steps" in facts:
        return _("需要 %(needed_steps)s 积分,可用 %(available_steps)s 积分。")
    return _("余额不足。")


MESSAGES: dict[str, Any] = {
    "refused": _("现在不能这样做。"),
    "not_enough": not_enough,
    "already_done": _("这件事已经办过了。"),
    "key_used": _("同一个请求编号已经用于别的内容。"),
    "key_expired": _("这张表单放得太久了。"),
    "key_ahead": _("这台设备的时间不对,比实际时间快。"),
    "storage_full": _("服务器的磁盘满了,没有记下。"),
    "unknown_outcome": _("不能确定是否已经记下。"),
    "database_held": _("另一个程序正在写这个数据库。"),
    "policy_number": _("规则里的数不在允许的范围内。"),
    "attachment_empty": _("文件是空的。"),
    "attachment_too_large": _("文件太大:最多 %(most_mib)s MB。"),
    "attachment_unreadable": lambda facts: (
        _("读不出这个文件:请用 PDF、JPEG 或 PNG。") if facts["pdf"] else _("读不出这张照片:请用 JPEG 或 PNG。")
    ),
    # Codes of docs/log-format.md that a person can meet
    "insufficient": _("余额不足:需要 %(needed)s,可用 %(available)s。"),
    "ceiling": _("超过这个账户的上限。"),
    "quota": _("本年度的发放额度不够。"),
    "ended": _("这笔额度已经到期。"),
    "to_forbids": _("这笔额度不能这样用。"),
    "one_hop": _("受赠的时间不能再转赠。"),
    "order": _("请先用先到期的额度。"),
    "closed_account": _("账户已经注销。"),
    "already_reversed": _("这笔流水已经冲正过。"),
    "not_reversible": _("这种流水不能冲正。"),
    "two_approvers": _("数额较大,需要两个人批准。"),
    "hold_resolved": _("这笔冻结已经处理过。"),
    "capture_exceeds": _("超过了冻结的数额。"),
    "not_due": _("还没有到期。"),
    "future_day": _("日期不能晚于今天。"),
    "clock": _("服务器的时间不对,暂停记账。"),
    "not_empty": _("账户还有余额或冻结,不能注销。"),
    "has_lots": _("账户下还有没有用完的额度,不能注销。"),
}

NEXT: dict[str, Any] = {
    "key_used": _("请刷新页面,重新填写。"),
    "key_expired": _("请刷新页面,重新填写。"),
    "key_ahead": _("请校准设备的时间,再试一次。"),
    "storage_full": _("请联系管理员清理磁盘,然后再试。"),
    "unknown_outcome": _("请原样再提交一次:同一张表单只会记一次。"),
    "database_held": _("请过一会儿再试。"),
    "clock": _("请联系管理员校准服务器的时间。"),
    "insufficient": _("可以减少数额,或者请社区用基金帮助。"),
    "not_enough": _("可以减少数额,或者请社区用基金帮助。"),
}
