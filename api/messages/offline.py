"""Offline scans: devices, verdicts, and what to do about those that wait or were refused."""

from typing import Any

from flask_babel import lazy_gettext as _

MESSAGES = {
    "bad_device_key": _("这个浏览器的密钥不能用来签名。"),
    "device_registered": _("这个浏览器已经登记为“%(device)s”。"),
    "too_many_devices": _("服务点“%(point)s”已登记 %(most)s 台设备。"),
    "device_revoked": _("这台设备已停用。"),
    "bad_device_signature": _("不是已登记的设备签名的。"),
    "device_day_full": _("这台设备今天已经上传了 %(most)s 批,今天不再收。"),
    "counter_seen": _("这台设备的批次号已经用过;最近一次是 %(last)s。"),
    "bad_batch": _("这一批的格式不对:%(why)s"),
    "batch_too_large": _("一批最多 %(scans_most)s 条。"),
}

NEXT = {
    "bad_device_key": _("请换一个新一些的浏览器,再登记一次。"),
    "too_many_devices": _("请先停用不再使用的设备。"),
    "device_revoked": _("请工作人员重新登记这个浏览器;没有收下的扫码,请照设备上的记录补录。"),
    "device_day_full": _("扫码都留在设备里,不会丢;过了半夜会自动再传。急用的请工作人员按纸质登记补录。"),
    "bad_device_signature": _("请工作人员重新登记这个浏览器。"),
}

DIRECTIONS: dict[str, Any] = {"in": _("签到"), "out": _("签退")}
OUTCOMES: dict[str, Any] = {"accepted": _("有效"), "waiting": _("等待"), "refused": _("无效")}
OUTCOME_KINDS = {"accepted": "green", "waiting": "orange", "refused": "red"}
REVOKED: dict[str, Any] = {"retired": _("停用了"), "lost": _("已挂失")}

# What a verdict says of the person before staff; facts: place, on, since, until.
VERDICTS: dict[str, Any] = {
    "checked_in": _("%(since)s 签到:%(place)s"),
    "checked_out": _("%(until)s 签退:%(place)s"),
    "not_judged": _("收到了,还没有判定"),
    "waits_for_coming": _("有签退,还没有收到签到"),
    "waits_for_going": _("后面另有一次服务(%(on)s %(since)s),还没有收到这次的签退"),
    "waits_within": _("%(since)s 已签到,还没有收到中间的签退:%(place)s"),
    "waits_elsewhere": _("%(since)s 在 %(place)s 签到,还没有收到那里的签退"),
    "inside_visit": _("落在已结束的一次服务之内:%(on)s %(since)s–%(until)s,%(place)s"),
    "already_checked_in": _("%(since)s 已签到,没有重复记"),
    "already_checked_out": _("%(until)s 已签退,没有重复记"),
    "just_checked_in": _("%(since)s 刚刚签到,没有重复记"),
    "too_many_waiting": _("这个人已有 %(most)s 条扫码在等"),
    "scan_too_old": _("超过 %(hours)s 小时才传上来"),
    "scan_ahead": _("比收到的时间晚 %(minutes)s 分钟以上"),
    "scan_key_used": _("同一个编号已经用于另一条扫码"),
    "bad_scan": _("这一条的格式不对"),
    "nothing_came": _("等了几天,另一端没有来"),
    "put_aside": _("工作人员已搁置"),
    "device_revoked": _("扫码时这台设备已停用"),
    "code_not_read": _("不是本社区的卡,也不是编号"),
    "code_of_other_community": _("是另一个社区的卡"),
    "card_unknown": _("没有这张卡"),
    "card_revoked": _("扫码时这张卡已作废"),
    "not_a_volunteer": _("还不是志愿者"),
    "not_in_register": _("那一天已不在册"),
    "under_age": _("那一天 %(age)s 岁;独自存时间要满 %(min_age)s 岁"),
    "age_unknown": _("没有登记出生日期"),
    "point_closed": _("扫码时服务点“%(point)s”已停用"),
    "activity_full": _("活动“%(activity)s”已满 %(capacity)s 人"),
}
WHAT_TO_DO: dict[str, Any] = {
    "waits_for_coming": _("不用做什么:签到那台设备上传后会自动配上。几天后还没有,请补录。"),
    "waits_for_going": _("不用做什么:签退上传后会自动配上。几天后还没有,请补录。"),
    "waits_within": _("如果这次其实是离开,请到“离线扫码”里改为签退。"),
    "waits_elsewhere": _("请看那里的设备是否还没有上传。"),
    "inside_visit": _("请问本人:中间离开过的,请审核人更正那次服务。"),
    "too_many_waiting": _("请先处理这个人在等的扫码。"),
    "scan_too_old": _("请按实际时间补录。"),
    "scan_ahead": _("请校准设备的时间,再按实际时间补录。"),
    "bad_scan": _("请按实际时间补录。"),
    "nothing_came": _("请问本人,再补录。"),
    "code_not_read": _("请查对是谁的卡,再补录。"),
    "code_of_other_community": _("请本人到自己的社区签到。"),
    "card_unknown": _("请照姓名查找,再补录。"),
    "card_revoked": _("请问持卡人,再补录;捡到的卡请收回。"),
    "device_revoked": _("请按实际时间补录。"),
    "not_a_volunteer": _("请到“角色”里登记为志愿者,再点“重新判定”。"),
    "under_age": _("请监护人办理同意书,再点“重新判定”。"),
    "age_unknown": _("请登记出生日期,再点“重新判定”。"),
}


def verdict(code: str, facts: dict[str, Any]) -> tuple[str, str]:
    """What a verdict says, and what to do about it; a sentence without its facts is left as it is."""
    sentence = VERDICTS.get(code, MESSAGES.get(code))
    if sentence is None:
        from api import errors  # the words of the other slices' refusals

        return errors.words(code, facts), str(WHAT_TO_DO.get(code, ""))
    try:
        said = str(sentence) % facts if facts else str(sentence)
    except (KeyError, TypeError, ValueError):
        said = str(sentence)
    return said, str(WHAT_TO_DO.get(code, ""))
