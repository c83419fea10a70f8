"""Reports: what refusals of month end and of lists say, and the words of what still waits."""

from typing import Any

from flask_babel import lazy_gettext as _

MESSAGES: dict[str, Any] = {
    "month_not_over": _("%(month)s 还没有过完,不能月结。"),
    "month_order": _("要按月份的顺序月结,下一个是 %(expected)s。"),
    "month_not_prepared": _("%(month)s 还没有人准备月结。"),
    "month_changed": _("%(month)s 准备以后又有新的流水,数字变了。"),
    "month_second_person": _("准备的人不能自己确认,要第二个人确认。"),
    "print_too_long": _("超过 %(most)s 行,不适合打印。"),
}

NEXT: dict[str, Any] = {
    "month_not_over": _("从 %(from_on)s 起可以月结。"),
    "month_changed": _("请重新准备一次,再由另一个人确认。"),
    "month_not_prepared": _("请先由一个人准备,再由另一个人确认。"),
    "month_second_person": _("请村委会、监委会或另一位负责人登录后确认。"),
    "print_too_long": _("请下载 Excel 或 CSV。"),
}

# What of a month is not done yet: heading, and what it means for the month.
WAITING: dict[str, tuple[Any, Any]] = {
    "visits": (_("没有审核完的服务记录"), _("审核通过后才入账。")),
    "orders": (_("没有办完的订单"), _("确认后才结算。")),
    "disputes": (_("有争议的订单"), _("裁定后才结算。")),
    "holds": (_("没有办结的冻结"), _("兑换等办结后才转出。")),
}
