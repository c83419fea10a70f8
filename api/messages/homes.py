"""Homes: the words of what waits at the desk, and where it is worked off."""

from datetime import datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

MESSAGES: dict[str, Any] = {}
NEXT: dict[str, Any] = {}

# What waits, by kind: as a line of the queue says it.
WAITS: dict[str, Any] = {
    "accept": _("新订单等受理"),
    "dispatch": _("订单等派单"),
    "claim": _("派出的单等人领"),
    "overdue": _("过了时间的订单"),
    "dispute": _("有争议的订单"),
    "call_backs": _("等回访的老人"),
    "escalations": _("没人领、要督办的单"),
    "reviews": _("等审核的服务记录"),
    "helpers": _("等审核的代办人"),
}

# kind: endpoint, and the values of its address
LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "accept": ("orders.waiting", {"kind": "accept"}),
    "dispatch": ("orders.waiting", {"kind": "dispatch"}),
    "claim": ("orders.waiting", {"kind": "claim"}),
    "overdue": ("orders.waiting", {"kind": "overdue"}),
    "dispute": ("orders.waiting", {"kind": "dispute"}),
    "call_backs": ("orders.call_backs", {}),
    "escalations": ("orders.escalations", {}),
    "reviews": ("hours.reviews", {}),
    "helpers": ("helpers.waiting", {}),
}


def ago(since: datetime | None, now: datetime) -> str:
    """How long something waits: 3 天, 5 小时, 20 分."""
    if since is None:
        return ""
    minutes = max(0, int((now - since).total_seconds()) // 60)
    if minutes >= 2 * 24 * 60:
        return gettext("%(days)s 天", days=minutes // (24 * 60))
    if minutes >= 60:
        return gettext("%(hours)s 小时", hours=minutes // 60)
    return gettext("%(rest)s 分", rest=minutes)
