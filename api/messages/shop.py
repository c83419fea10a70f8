"""The points shop: its lives by name, why a row of a list of goods is not taken in, and what refusals say."""

from flask_babel import lazy_gettext as _

KINDS = {"goods": _("商品"), "service": _("服务"), "bundle": _("礼包")}
OUT_KINDS = {"spoiled": _("损坏"), "past_date": _("过期"), "event": _("用于活动")}
RETURN_STATES = {"asked": _("待确认"), "booked": _("已退回积分"), "refused": _("不退")}
RETURN_KINDS = {"asked": "orange", "booked": "green", "refused": "grey"}
TAKING_STATES = {
    "counting": _("盘点中"),
    "waiting": _("差异待确认"),
    "booked": _("已入账"),
    "dropped": _("已放弃"),
}
TAKING_KINDS = {"counting": "orange", "waiting": "red", "booked": "green", "dropped": "grey"}
# What came or went while a shelf was counted.
MOVED = {
    "received": _("进货"),
    "taken_back": _("退回"),
    "counted": _("盘点"),
    "handed_over": _("发出"),
    "spoiled": _("损坏"),
    "past_date": _("过期"),
    "event": _("用于活动"),
}
VERDICTS = {"new": _("新增"), "changed": _("改价"), "same": _("不变"), "problem": _("有问题")}
VERDICT_KINDS = {"new": "green", "changed": "orange", "same": "grey", "problem": "red"}

# Headings of a list of goods, as they stand in Chinese files, for readers of English.
COLUMNS = {
    "商品": _("商品"),
    "单价积分": _("单价积分"),
    "单位": _("单位"),
    "种类": _("种类"),
    "类别": _("类别"),
    "说明": _("说明"),
    "最低库存": _("最低库存"),
    "每日名额": _("每日名额"),
    "每单最多": _("每单最多"),
    "每户每月最多": _("每户每月最多"),
    "每户每年最多": _("每户每年最多"),
    "offered_until": _("供应到"),
}

# Why a row of the list, or a field of a form, is not taken.
REASONS = {
    "value_missing_name": _("没有写商品名称。"),
    "price_unreadable": _("看不懂单价“%(read)s”,请写成数,例如 5 或 2.5。"),
    "kind_unknown": _("不认识种类“%(read)s”,或者与已有的不同;可用商品、服务。"),
    "number_unreadable": _("看不懂“%(read)s”,请写成整数。"),
    "only_services": _("只有服务才有每日名额。"),
    "after_start": _("结束要在开始之后。"),
    "nothing_chosen": _("请至少选一样。"),
    "closed_that_day": _("那天不营业,或者太早、太晚;请另选一天。"),
    "nothing_given": _("请至少交付一件;一件都没有的,请取消这笔兑换。"),
    "clock_unreadable": _("看不懂时间,请写成 8:30 这样。"),
    "number_needed": _("请填写整数。"),
    "money_unreadable": _("看不懂金额,请写成 128.50 这样。"),
    "donated": _("捐赠的不写进货金额。"),
    "not_since_the_sheet": _("要在开始盘点之后,也不能晚于现在。"),
    "of_another_household": _("这个人不是这一户的。"),
}

MESSAGES = {
    "no_places": _("“%(item)s”在 %(service_on)s 还有 %(left)s 个名额,需要 %(needed)s 个。"),
    "limit_order": _("“%(item)s”一次最多兑换 %(most)s 件。"),
    "limit_month": _("“%(item)s”每户每月最多兑换 %(most)s 件,这个月已经兑换 %(had)s 件。"),
    "limit_year": _("“%(item)s”每户每年最多兑换 %(most)s 件,今年已经兑换 %(had)s 件。"),
    "several_merchants": _("一笔兑换只能在一家商户领取,请分开兑换。"),
    "household_owes": _(
        "这一户欠 %(owed_steps)s 分,可用 %(available_steps)s 分,需要 %(needed_steps)s 分。欠分没有补上以前,这部分不能兑换。"
    ),
    "order_code_used": _("第 %(number)s 号兑换单已经在 %(used_at)s 交付过了。"),
    "bundle_ordered": _("“%(item)s”有人已经兑换、还没有领取,现在不能改里面的商品。"),
    "not_enough_stock": _("“%(item)s”只有 %(left)s 件,不能出 %(needed)s 件。"),
    "no_pieces": _("“%(item)s”没有库存,不能进货、出库或者盘点。"),
    "delivery_taken": _("送货单“%(note_number)s”已经登记过,是第 %(number)s 号进货。"),
    "taking_open": _("第 %(number)s 号盘点还没有结束。"),
    "taking_wrong_state": _("这次盘点现在不能做这一步。"),
    "nothing_to_count": _("这家商户还没有要盘点的商品。"),
    "own_count": _("差异较大,要由没有参加盘点的人确认。"),
    "not_handed_over": _("没有领取的商品不用退货。"),
    "return_too_late": _("退货期到 %(until_on)s 为止,已经过了。"),
    "return_too_much": _("最多还能退 %(left)s 件,写了 %(needed)s 件。"),
    "return_decided": _("这笔退货已经办过了。"),
    "own_return": _("退货要由另一位工作人员确认,也不能确认自己家的。"),
    "near_customer": _("这一户是您的亲属,不能由您在服务台代办。"),
    "goods_file_problems": _("有 %(rows)s 行读不了,整张表没有导入。"),
    "goods_file_used": _("这个文件已经导入过了。"),
}

NEXT = {
    "no_places": _("请另选一天。"),
    "limit_order": _("请少换几件。"),
    "limit_month": _("请少换几件,或者下个月再换。"),
    "limit_year": _("请少换几件,或者明年再换。"),
    "household_owes": _("以后的加分先补上欠分,补足后就可以兑换。"),
    "order_code_used": _("同一个码不能用两次。来人没有拿到东西的,请他到服务台查。"),
    "bundle_ordered": _("等领取或过期以后再改,或者新设一个礼包。"),
    "near_customer": _("请另一位工作人员来办;本人也可以在手机上兑换,或者由登记过的代办人兑换。"),
    "taking_open": _("请先录完,或者放弃那一次。"),
    "goods_file_problems": _("请照原因改好表格,重新上传。"),
}
