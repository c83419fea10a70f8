"""The staff's station: what the band says of somebody else, and what staff do next."""

from flask_babel import lazy_gettext as _

MESSAGES = {
    "direction_unclear": _("%(since)s 签到后忘了签退:%(place)s"),
    "scan_from_the_future": _("扫描时间比现在晚 %(ahead_minutes)s 分钟。"),
    "already_resting": _("%(since)s 已开始休息"),
    "not_resting": _("现在没有在休息。"),
}

NEXT = {
    "direction_unclear": _("请先选“签到”或“签退”,再扫一次。"),
    "scan_from_the_future": _("请校准设备的时间,再扫一次。"),
    "already_resting": _("不用再扫。回来时再扫一次。"),
}

# Of somebody else, before staff: the sentences of `MESSAGES` speak to the person himself.
AT_STATION = {
    "already_checked_in": _("%(since)s 已签到"),
    "just_checked_in": _("%(since)s 已签到"),
    "already_checked_out": _("%(until)s 已签退"),
    "checked_in_elsewhere": _("%(since)s 已在 %(place)s 签到,还没有签退"),
    "not_checked_in": _("还没有签到"),
    "not_a_volunteer": _("还不是志愿者"),
    "present_elsewhere": _("在另一个社区已签到,还没有签退"),
    "under_age": _("今天 %(age)s 岁;独自存时间要满 %(min_age)s 岁"),
}
NEXT_AT_STATION = {
    "already_checked_in": _("没有重复记。要签退,请过几分钟再扫,或先选“签退”。"),
    "just_checked_in": _("没有重复记。"),
    "already_checked_out": _("没有重复记。又来了,请过几分钟再扫,或先选“签到”。"),
    "checked_in_elsewhere": _("请先在那里签退。"),
    "not_checked_in": _("要签到,请选“签到”或“自动”。"),
    "not_a_volunteer": _("请到“角色”里登记为志愿者,再扫一次。"),
    "present_elsewhere": _("请先在那里签退。"),
    "under_age": _("14 至 17 岁请监护人办理同意书;14 岁以下只能参加集体活动。"),
}
