"""Notices: what each kind says. The subject stands on a locked phone's screen, so it names nobody and nothing private.

Places for facts: `..._at` is an instant, `..._on` a day, `..._minutes` a time; they are filled in as people read them.
A fact `order_id`, `visit_id` (hex) or `activity_number` makes the notice lead to that page.
"""

from typing import Any

from flask_babel import lazy_gettext as _

SUBJECTS: dict[str, Any] = {
    "mail_confirm": _("请确认您的邮箱"),
    "order_accepted": _("您的订单有进展"),
    "order_returned": _("您的订单有进展"),
    "order_claimed": _("您的订单有进展"),
    "order_step_back": _("您的订单有进展"),
    "order_cancelled": _("一张订单已取消"),
    "order_to_confirm": _("一张订单等您确认"),
    "order_settled": _("一张订单已完成"),
    "helper_asked": _("代办人有变动"),
    "helper_confirmed": _("代办人有变动"),
    "helper_ended": _("代办人有变动"),
    "visit_settled": _("您的服务时间已入账"),
    "visit_rejected": _("您的一条服务记录没有通过"),
    "visit_estimated": _("您的一条服务记录要核实"),
}

TEXTS: dict[str, Any] = {
    "mail_confirm": _("有人(应该是您自己)把这个邮箱登记为时间银行的通知地址。打开下面的链接确认;不是您,就不用理会。"),
    "order_accepted": _("第 %(order_number)s 号订单已受理,正在找志愿者。"),
    "order_returned": _("第 %(order_number)s 号订单办不了,已退回。原因:%(reason)s"),
    "order_claimed": _("第 %(order_number)s 号订单有志愿者领了,%(starts_at)s 上门。"),
    "order_step_back": _("第 %(order_number)s 号订单的志愿者来不了,正在另找人。"),
    "order_cancelled": _("第 %(order_number)s 号订单已取消。原因:%(reason)s"),
    "order_to_confirm": _("第 %(order_number)s 号订单的服务已结束,请确认。"),
    "order_settled": _("第 %(order_number)s 号订单已完成,时间 %(credited_minutes)s。"),
    "helper_asked": _("有人申请做您的代办人,等工作人员审核,再由您本人确认。"),
    "helper_confirmed": _("代办关系已生效。"),
    "helper_ended": _("代办关系已解除。"),
    "visit_settled": _("%(service_on)s 的服务已入账,记 %(credited_minutes)s。"),
    "visit_rejected": _("%(service_on)s 的服务记录没有通过。原因:%(reason)s"),
    "visit_estimated": _("%(service_on)s 忘记签退,结束时间按估计记,等审核。"),
}

# The fact that names a page, and that page: (endpoint, what its address calls it). The first fact that a notice has counts.
LINKS: dict[str, tuple[str, str]] = {
    "order_id": ("orders.order", "order_id"),
    "visit_id": ("hours.visit", "visit_id"),
    "activity_number": ("activities.shown", "number"),
}

MESSAGES: dict[str, Any] = {"notice_contact_expired": _("这个链接已经过期,或者邮箱又改过了。")}

NEXT: dict[str, Any] = {"notice_contact_expired": _("登录后在“通知”里重新登记邮箱。")}
