"""Checking in and out, visits, reviews, service points, activities."""

from flask_babel import lazy_gettext as _

MESSAGES = {
    "already_checked_in": _("%(since)s 已签到:%(place)s"),
    "checked_in_elsewhere": _("您正在别处服务:%(since)s 在 %(place)s 签到,还没有签退。"),
    "overlapping_visit": _("这段时间与另一次服务重叠:%(on)s %(since)s–%(until)s,%(place)s。"),
    "visit_not_open": _("这次服务已经结束:%(place)s"),
    "not_a_volunteer": _("您还不是这个社区的志愿者。"),
    "under_age": _("您今天 %(age)s 岁;独自存时间要满 %(min_age)s 岁。"),
    "not_checked_in": _("您现在没有在“%(point)s”签到,不能签退。"),
    "already_checked_out": _("%(until)s 已签退:%(place)s"),
    "just_checked_in": _("%(since)s 刚刚签到:%(place)s。签退要扫新的码。"),
    "point_closed": _("服务点“%(point)s”已停用。"),
    "wrong_point_code": _("这不是“%(point)s”的签到码。"),
    "stale_code": _("这个码已经过期。"),
    "code_of_another_point": _("这是“%(other_point)s”的码,不是“%(point)s”的。"),
    "ticket_expired": _("这次扫码已过去 %(ago_minutes)s 分钟,超过 %(good_minutes)s 分钟就不能用了。"),
    "ticket_of_another_browser": _("这次扫码不是在这个浏览器里做的。"),
    "ticket_broken": _("这个签到链接不完整。"),
    "clock_wrong": _("时间对不上:这次扫码的时间比现在晚 %(ahead_minutes)s 分钟。"),
    "own_visit": _("不能审核自己或家人的服务,也不能审核自己录入的或作过证的。"),
    "not_plain": _("这一条要单独看过再审核。"),
    "word_given": _("这件事已经答复过了。"),
    "nothing_to_confirm": _("这次服务不用再确认了。"),
    "not_under_review": _("这次服务已经处理过了。"),
    "reviewed_by_you": _("您已经同意过,还要另一位审核人。"),
    "activity_cancelled": _("活动“%(activity)s”已取消。"),
    "activity_over": _("活动“%(activity)s”已经结束。"),
    "activity_full": _("活动“%(activity)s”已满 %(capacity)s 人。"),
    "table_not_ahead": _("系数表不能从今天以前生效。"),
    "table_day_taken": _("另一张系数表已从这一天生效。"),
}

NEXT = {
    "already_checked_in": _("不用再点。离开时再扫一次码签退。"),
    "checked_in_elsewhere": _("请先回到那里扫码签退;回不去的,请工作人员帮忙。"),
    "overlapping_visit": _("一个人同一时间只能在一个地方。请核对时间。"),
    "not_a_volunteer": _("想参加的,请带身份信息到服务台登记。"),
    "under_age": _(
        "14 至 17 岁请监护人到服务台或者登录后同意;没有同意的和 14 岁以下的,可以参加有成年人带队的集体活动,时间记给自己的团队。"
    ),
    "not_checked_in": _("要签到,请扫屏幕上的码再点“签到”;忘记签到的,可以申请补签。"),
    "already_checked_out": _("不用再点。记录在“我的时间”里。"),
    "just_checked_in": _("等屏幕上的码换过以后,离开时再扫。"),
    "point_closed": _("请到别的服务点,或者问工作人员。"),
    "wrong_point_code": _("请重新扫屏幕上的码,或者核对六位数字。"),
    "stale_code": _("屏幕上的码每 30 秒换一次。请现在再扫一次。"),
    "code_of_another_point": _("请扫您所在服务点屏幕上的码。"),
    "ticket_expired": _("请再扫一次屏幕上的码。"),
    "ticket_of_another_browser": _("请用这台手机自己扫码;别人转来的链接不能签到。浏览器要允许 Cookie。"),
    "ticket_broken": _("请再扫一次屏幕上的码。"),
    "clock_wrong": _("请工作人员检查服务器的时间,再扫一次码。"),
    "own_visit": _("请另一位审核人处理。"),
    "activity_full": _("可以看看别的活动,或者不选活动直接签到。"),
    "activity_cancelled": _("可以看看别的活动。"),
}
