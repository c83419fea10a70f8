"""What the form of an erasure may say, and the words of what stands in its way."""

from flask_babel import lazy_gettext as _

from api import fields


class Wish(fields.Schema):
    reason = fields.Text(required=True, most=200)
    gives_rest = fields.Whole(most=1, load_default=0)


# By the codes of timebank.erasure.standing; %(count)s is how many, or how much.
OBSTACLES = {
    "open_orders": _("还有 %(count)s 张订单没有办完。请先办完或取消。"),
    "open_claims": _("还有 %(count)s 张领下的单。请先退单。"),
    "open_visits": _("还有 %(count)s 次服务没有结算或审核。请先审核。"),
    "open_awards": _("还有 %(count)s 条加分扣分在审核或公示。请等公示期满,或撤回。"),
    "open_shop_orders": _("还有 %(count)s 件兑换的东西没有领。请先领取或取消。"),
    "open_objections": _("还有 %(count)s 条异议没有答复。请先答复。"),
    "leads_activities": _("还有 %(count)s 场活动由本人带领。请先换人或取消。"),
    "roles": _("本人还担任 %(count)s 个角色。请先收回。"),
    "holds": _("有 %(count)s 个账户里的时间或积分还冻结着。"),
    "owes": _("有 %(count)s 个账户是欠着的。请先补平。"),
}

# Topics of what goes, by the codes of timebank.erasure.columns.
TOPICS = {
    "register": _("登记册里的姓名、电话、身份证号、出生日期、住址、情况和修改记录"),
    "sign_in": _("登录、密码和已登录的设备"),
    "roles": _("担任过的角色"),
    "cards": _("时间银行卡和门牌卡"),
    "helpers": _("代办关系"),
    "orders": _("订单里的地址、说明和评语"),
    "visits": _("服务记录里的地点、证人和说明"),
    "sign_ups": _("请假的说明"),
    "objections": _("异议的文字"),
    "awards": _("加分扣分的依据和公示栏上的姓"),
    "shop_orders": _("兑换码"),
}

STATES = {
    "asked": (_("等第二个人批准"), "orange"),
    "approved": (_("已批准,等期满"), "green"),
    "done": (_("已删除"), "grey"),
    "cancelled": (_("已撤回"), "grey"),
}
