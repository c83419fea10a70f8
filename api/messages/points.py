"""Points: tables, awards, publicity and shop by name, why a row is not taken, and what refusals say."""

from flask_babel import lazy_gettext as _

TABLE_STATES = {
    "draft": _("草案"),
    "published": _("公示中"),
    "in_force": _("生效"),
    "superseded": _("废止"),
    "withdrawn": _("已撤回"),
}
TABLE_KINDS = {"draft": "grey", "published": "orange", "in_force": "green", "superseded": "grey", "withdrawn": "grey"}
BODIES = {"assembly": _("村(居)民会议"), "representatives": _("村(居)民代表会议")}
ITEM_KINDS = {"award": _("加分"), "deduction": _("扣分"), "base": _("基础分")}
PERS = {"once": _("每次"), "person": _("每人次"), "hour": _("每小时"), "month": _("每月"), "year": _("每年")}
SUBJECTS = {"household": _("户"), "person": _("人")}
CAPS = {"day": _("每天"), "month": _("每月"), "year": _("每年")}

ITEM_USES = {
    "used": _("在用"),
    "by_few": _("少数人用"),
    "unused": _("没有用过"),
    "switched_off": _("没有启用"),
}
ITEM_USE_KINDS = {"used": "green", "by_few": "orange", "unused": "orange", "switched_off": "grey"}
AWARD_STATES = {
    "entered": _("待审核"),
    "approved": _("待公示"),
    "rejected": _("未通过"),
    "published": _("公示中"),
    "frozen": _("有异议,暂停"),
    "booked": _("已入账"),
    "withdrawn": _("已撤销"),
    "reversed": _("已冲正"),
}
AWARD_KINDS = {
    "entered": "grey",
    "approved": "grey",
    "rejected": "red",
    "published": "orange",
    "frozen": "orange",
    "booked": "green",
    "withdrawn": "red",
    "reversed": "red",
}
OBJECTION_STATES = {
    "open": _("待答复"),
    "upheld": _("异议成立"),
    "rejected": _("异议不成立"),
    "appealed": _("申诉中"),
    "appeal_upheld": _("申诉成立"),
    "appeal_rejected": _("申诉不成立"),
}
OBJECTION_KINDS = {
    "open": "orange",
    "upheld": "green",
    "rejected": "grey",
    "appealed": "orange",
    "appeal_upheld": "green",
    "appeal_rejected": "grey",
}
ORDER_STATES = {
    "ordered": _("待领取"),
    "handed_over": _("已领取"),
    "cancelled": _("已取消"),
    "expired": _("过期未领"),
}
ORDER_KINDS = {"ordered": "orange", "handed_over": "green", "cancelled": "grey", "expired": "grey"}
MOVEMENTS = {
    "received": _("进货"),
    "counted": _("盘点"),
    "reserved": _("预留"),
    "released": _("退回预留"),
    "handed_over": _("核销"),
}
WEEKDAYS = {
    "1": _("周一"),
    "2": _("周二"),
    "3": _("周三"),
    "4": _("周四"),
    "5": _("周五"),
    "6": _("周六"),
    "7": _("周日"),
}

# Headings of spreadsheet columns, as they stand in Chinese files, for readers of English.
COLUMNS = {
    "类别": _("类别"),
    "项目": _("项目"),
    "分值": _("分值"),
    "计分单位": _("计分单位"),
    "上限": _("上限"),
    "对象": _("对象"),
    "备注": _("备注"),
    "依据": _("依据"),
    "佐证": _("佐证"),
    "户号": _("户号"),
    "编号": _("姓名或编号"),
    "日期": _("日期"),
    "数量": _("数量"),
    "存证": _("存证说明"),
    "听取意见日期": _("听取意见日期"),
    "": _("整个文件"),
}

# Why a row of a spreadsheet, or a field of a form, is not taken.
REASONS = {
    "header_missing": _("没有找到表头:需要有“项目”和“分值”两列。"),
    "column_missing": _("缺少这一列。"),
    "no_rows": _("表头下面没有内容。"),
    "too_many_rows": _("有 %(rows)s 行,一次最多 %(most)s 行。"),
    "cell_formula": _("是公式,没有算好的结果;请改成数值。"),
    "cell_formula_error": _("公式出错,没有结果。"),
    "cell_digits_lost": _("数字太长,Excel 丢了末尾几位;请改成文本格式。"),
    "cell_control_character": _("含有看不见的控制字符。"),
    "value_missing": _("没有写分值。"),
    "value_is_range": _("“%(read)s”是一个范围,请写成一个数。"),
    "value_unreadable": _("看不懂“%(read)s”,请写成数,例如 5 或 -5。"),
    "value_too_fine": _("“%(read)s”太细,最多一位小数。"),
    "value_zero": _("分值不能是 0。"),
    "value_too_large": _("“%(read)s”太大,一项最多 10000 分。"),
    "value_sign": _("这是扣分列,却写着“%(read)s”。"),
    "unit_unknown": _("不认识计分单位“%(read)s”;可用一次、人次、每小时、每月、每年。"),
    "unit_contradicts": _("计分单位写“%(read)s”,分值里却写“%(value)s”。"),
    "unit_assumed_once": _("没有写计分单位,按“一次”计。"),
    "cap_unreadable": _("看不懂上限“%(read)s”;例如 60、每天10分、每年100分。"),
    "cap_below_value": _("上限“%(read)s”比一次的分值还小。"),
    "cap_assumed_yearly": _("上限“%(read)s”没有写期间,按每年计。"),
    "subject_unknown": _("不认识对象“%(read)s”;可用户、人。"),
    "title_missing": _("没有写项目。"),
    "category_missing": _("没有写类别。"),
    "text_too_long": _("有 %(length)s 个字,最多 %(most)s 个。"),
    "item_doubled": _("与第 %(line)s 行是同一个项目。"),
    "day_missing": _("没有写日期。"),
    "day_unreadable": _("看不懂日期“%(read)s”,例如 2026-11-21。"),
    "day_in_the_future": _("%(read)s 还没有到。"),
    "no_table_in_force": _("%(read)s 那天还没有生效的积分表。"),
    "evidence_missing": _("请说明凭什么加分,例如签到表、照片、证书。"),
    "household_missing": _("请写户号,或者人员编号。"),
    "household_unknown": _("没有户号“%(read)s”。"),
    "household_needed": _("只写姓名“%(read)s”不够,请写户号或人员编号。"),
    "person_unknown": _("没有找到“%(read)s”。"),
    "person_ambiguous": _("这一户有几个“%(read)s”,请写人员编号。"),
    "person_of_another_household": _("“%(read)s”不是这一户的人。"),
    "person_needed": _("“%(read)s”按人计分,请写是谁。"),
    "item_missing": _("请选择项目。"),
    "item_unknown": _("第 %(version)s 版积分表里没有“%(read)s”。"),
    "item_ambiguous": _("有几个项目叫“%(read)s”,请写序号或“类别/项目”。"),
    "item_not_in_use": _("“%(read)s”没有启用,不能计分。"),
    "household_not_heard": _("扣分前要先听取这一户的意见,请写日期。"),
    "hours_unreadable": _("请写小时数,例如 1.5 或 1:30。"),
    "times_unreadable": _("请写整数,最多 %(most)s。"),
    "already_entered": _("同一天的“%(read)s”已经登记过。"),
    "cap_reached_day": _("当天已到上限 %(cap_steps)s 分。"),
    "cap_reached_month": _("当月已到上限 %(cap_steps)s 分。"),
    "cap_reached_year": _("当年已到上限 %(cap_steps)s 分。"),
    "too_short": _("时间太短,不到 0.1 分。"),
    "minutes_needed": _("按小时计分,请写时长,一次最多 24 小时。"),
    "times_needed": _("请写次数,至少 1。"),
    "attendance_needed": _("按签到的小时计分:要有签到记录,不能手填。"),
    "outside_range": _("要在 %(least_steps)s 到 %(most_steps)s 分之间。"),
    "first_already": _("只计前 %(count)s 名,这一户(人)已经计过。"),
    "first_taken": _("只计前 %(count)s 名,名额已满。"),
    "streak_counted": _("%(month)s 已经算进上一次“连续”里,一个月只算一回。"),
    "streak_broken": _("%(month)s 没有“%(title)s”的记录,没有连续。"),
    "rule_range": _("范围的两头要同号,而且最高分值要大于 %(least_steps)s 分。"),
    "rule_number": _("请写 %(least)s 到 %(most)s 之间的整数。"),
    "rule_period": _("请选择每天、每月或者每年。"),
    "rule_title": _("请写明是哪个项目连续。"),
    "required": _("请填写这一项。"),
    "in_the_future": _("不能晚于今天。"),
    "in_the_past": _("不能早于今天。"),
    "unknown": _("请从列出的选项中选择。"),
    "not_a_digest": _("请上传会议纪要,或者填写 64 位十六进制的 SHA-256。"),
    "out_of_range": _("超出了范围。"),
}

MESSAGES = {
    "table_has_problems": _("有 %(rows)s 行读不了,整张表没有导入。"),
    "table_wrong_state": _("这张表现在不能做这一步。"),
    "too_many_versions": _("%(year)s 年已经有 %(most)s 个版本生效,一年最多 %(most)s 个。"),
    "no_quorum": _("到会 %(present)s 人,法定人数 %(quorum)s 人。"),
    "not_carried": _("赞成 %(votes_for)s 票,反对 %(votes_against)s 票,到会 %(present)s 人:没有通过,或者票数不对。"),
    "staging_used": _("这个文件已经用过了。"),
    "award_file_used": _("这个文件已经用过了。"),
    "same_table_again": _("已经有一张内容完全相同的积分表。"),
    "award_refused": _("这一笔不能登记。"),
    "awards_have_problems": _("有 %(rows)s 行不能登记,整个文件没有导入。"),
    "award_wrong_state": _("这一笔现在不能做这一步。"),
    "own_household": _("不能审核自己家的加分或扣分。"),
    "own_entry": _("不能审核自己登记的一笔。"),
    "own_objection": _("不能答复自己提的异议,也不能裁定自己的答复。"),
    "nothing_to_publish": _("没有等待公示的加分或扣分。"),
    "objection_too_late": _("这一批的公示期到 %(until_at)s 为止,已经结束。"),
    "objected_already": _("这一行您已经提过异议。"),
    "line_done": _("这一行已经入账或者撤销。"),
    "objection_wrong_state": _("这个异议现在不能做这一步。"),
    "appeal_too_late": _("申诉期到 %(until_at)s 为止,已经结束。"),
    "not_booked": _("这一笔没有入账,不用冲正。"),
    "needs_another_officer": _("冲正要由另一位工作人员确认。"),
    "name_taken": _("“%(name)s”已经有了。"),
    "stock_reserved": _("已有 %(reserved)s 件预留给订单,库存不能少于这个数。"),
    "out_of_stock": _("“%(item)s”还有 %(left)s 件,需要 %(needed)s 件。"),
    "not_enough_points": _("需要 %(needed_steps)s 分,可用 %(available_steps)s 分。"),
    "not_offered": _("“%(item)s”已经下架。"),
    "unknown_order_code": _("没有这个兑换码。"),
    "order_closed": _("这笔兑换已经领取、取消或者过期。"),
    "quota": _("今年可发放的积分已经用完。"),
}

NEXT = {
    "table_has_problems": _("请照原因改好表格,重新上传。"),
    "too_many_versions": _("可以先存草案,明年再通过。"),
    "award_refused": _("请改好标出的内容再提交。"),
    "awards_have_problems": _("请照原因改好表格,重新上传。"),
    "own_household": _("请不是同一户的审核人来审。"),
    "own_entry": _("请另一位审核人来审。"),
    "own_objection": _("请另一位工作人员来办。"),
    "nothing_to_publish": _("先登记,再审核,然后公示。"),
    "objection_too_late": _("入账以后发现不对,请找村(居)委会冲正。"),
    "appeal_too_late": _("入账以后发现不对,请找村(居)委会冲正。"),
    "out_of_stock": _("可以少换几件,或者换别的商品。"),
    "not_enough_points": _("可以换分值小的商品,或者等公示中的加分入账。"),
    "unknown_order_code": _("请核对 8 位数字;也可能是别家的码,或者已经领取。"),
    "order_closed": _("积分和商品已经退回,可以重新兑换。"),
    "quota": _("请村(居)委会表决新的年度额度。"),
}
