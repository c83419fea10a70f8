"""Words for the codes of attendance: evidence, states, reasons, classes of service."""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _

from api.look import day, minutes

STATES: dict[str, Any] = {
    "open": _("正在服务"),
    "closed": _("待结算"),
    "estimated": _("忘记签退,待核实"),
    "under_review": _("待审核"),
    "settled": _("已入账"),
    "rejected": _("未通过"),
}

STATE_KINDS = {
    "open": "green",
    "closed": "orange",
    "estimated": "orange",
    "under_review": "orange",
    "settled": "green",
    "rejected": "red",
}

EVIDENCE: dict[str, Any] = {
    "A": _("A 级:到场和离开都有凭据(扫了屏幕上的动态码,或者工作人员当面扫卡)"),
    "B": _("B 级:印刷的固定码,或只有一次扫描,由另一个人确认"),
    "C": _("C 级:本人申报,有见证人"),
    "D": _("D 级:工作人员按纸质登记录入"),
}

REVIEW_REASONS: dict[str, Any] = {
    "estimated": _("忘记签退,结束时间是估计的"),
    "static_code": _("用了印刷的固定码,需要另一个人确认"),
    "own_card": _("自己或家人的卡由自己扫的,需要另一个人确认"),
    "own_report": _("本人申报的补签"),
    "paper": _("按纸质登记录入的补签"),
    "quota": _("本年度可发放的时间额度已用完"),
}

REASONS: dict[str, Any] = {
    "multiplier": _("按通过的系数表加权"),
    "rounding": _("按 %(limit_minutes)s 分钟取整"),
    "visit_cap": _("一次服务最多记 %(limit)s"),
    "day_cap": _("%(day)s 最多记 %(limit)s"),
    "month_cap": _("当月最多记 %(limit)s"),
}

CLASSES: dict[str, Any] = {
    "meals": _("助餐"),
    "cleaning": _("助洁"),
    "bathing": _("助浴"),
    "outings": _("陪同出行"),
    "medical_escort": _("陪同就医"),
    "errands": _("代办跑腿"),
    "visits": _("探访陪伴"),
    "home_help": _("居家帮手"),
    "talks": _("宣传讲座"),
    "public": _("公共服务"),
}


def entry_words(line: Any) -> str:
    """What an entry on an account was for, as its holder reads it."""
    use_case = str((line.detail or {}).get("use_case", ""))
    module = use_case.split(".", maxsplit=1)[0]
    by_module = {
        "attendance": _("服务记入"),
        "orders": _("点单服务"),
        "residents": _("期初余额"),
        "imports": _("期初余额"),
    }
    if line.kind == "reverse":
        return str(_("冲正"))
    return str(by_module.get(module) or _("其他"))


def sum_of(reasons: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """Each step from real to credited minutes: its words, and the minutes that it added or took."""
    return [(_reason(reason), int(reason["minutes"])) for reason in reasons]


def _reason(reason: dict[str, Any]) -> str:
    text = str(REASONS.get(reason["code"], reason["code"]))
    limit = reason.get("limit_minutes")
    facts = {
        "limit_minutes": limit,
        "limit": minutes(limit) if limit is not None else "",
        "day": _day(reason.get("day")),
    }
    return text % facts


def _day(text: str | None) -> str:
    return day(date.fromisoformat(text)) if text else ""
