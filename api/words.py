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

# What a class of evidence rests on, for who decides by it.
EVIDENCE_TOLD: dict[str, Any] = {
    "A": _("到场和离开都有凭据:自己扫了屏幕上每 30 秒换的码,或者工作人员当面扫了卡。当场入账。"),
    "B": _("扫的是不会变的印刷码或门牌卡,照片也能扫;或者只有到场没有离开。要服务对象、工作人员或审核人再确认。"),
    "C": _("没有扫码,本人说的,有人证明。居民证明人会被问到;别的只是一个姓名。要审核。"),
    "D": _("没有扫码,工作人员照纸质登记录入。要另一个人审核;超过 4 小时要两个人。"),
}

REVIEW_REASONS: dict[str, Any] = {
    "consent_revoked": _("服务期间监护人撤回了同意;审核人可以把结束时间改到撤回的时候。"),
    "estimated": _("忘记签退,结束时间是估计的"),
    "static_code": _("用了印刷的固定码,需要另一个人确认"),
    "own_card": _("自己或家人的卡由自己扫的,需要另一个人确认"),
    "own_report": _("本人申报的补签"),
    "paper": _("按纸质登记录入的补签"),
    "quota": _("本年度可发放的时间额度已用完"),
    "offline_unclear": _("断网时扫了两次签到、一次签退,要问清是哪一段"),
    "offline_reread": _("断网扫码的方向由工作人员改过,需要另一个人确认"),
}

REASONS: dict[str, Any] = {
    "multiplier": _("按通过的系数表加权"),
    "rounding": _("按 %(limit_minutes)s 分钟取整"),
    "visit_cap": _("一次服务最多记 %(limit)s"),
    "day_cap": _("%(day)s 最多记 %(limit)s"),
    "month_cap": _("当月最多记 %(limit)s"),
    "order": _("按订单结算:冻结的时间、本人的同意或争议的裁定"),
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


def word_told(line: Any) -> str:
    """What a witness, or who was served, said; a word that staff wrote down says so."""
    if line.word is None:
        return str(_("还没有回答"))
    said = str(_("已确认") if line.word == "confirmed" else _("否认"))
    if line.given_by and line.given_by != line.asked_number:
        said += str(_("(由 %(by)s 代记)")) % {"by": line.given_by}
    return f"{said} {line.note}".strip()


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
