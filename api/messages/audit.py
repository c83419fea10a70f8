"""The books: what refusals say, and the words for kinds of entries, classes of accounts, use cases, facts and findings."""

from flask_babel import lazy_gettext as _

MESSAGES = {
    "key_not_of_this_log": _("这台机器上的签名密钥不是这个账本的。"),
    "witness_has_seen_further": _(
        "见证人 %(witness)s 见过这本账的第 %(newest_size)s 笔,与这里的(共 %(size)s 笔)不一致。"
    ),
    "would_fork_the_log": _("数据库比已经签出的检查点旧:检查点到第 %(newest_size)s 笔,这里只有 %(size)s 笔。"),
    "seed_missing": _("这台机器上没有社区 %(community)s 的签名密钥。"),
    "period_backwards": _("起日不能晚于止日。"),
    "bundle_not_public": _("这个社区没有公开证据包。"),
    "export_too_long": _("超过 %(most)s 行,表格里放不下。"),
    "log_damaged": _("账本里有读不懂的流水。"),
    "unknown_account": _("没有这个账户。"),
    "unknown_entry": _("没有这笔流水。"),
}

NEXT = {
    "key_not_of_this_log": _("请管理员把正确的密钥文件放回密钥文件夹。"),
    "witness_has_seen_further": _("这多半是恢复了旧备份,也可能有人改写了账本。在管理员弄清之前不会签出新的检查点。"),
    "would_fork_the_log": _("这多半是恢复了旧备份。请管理员恢复较新的备份;在那之前不会签出新的检查点。"),
    "seed_missing": _("请管理员从密钥的备份里恢复密钥文件。"),
    "log_damaged": _("请马上告诉管理员:先保留数据库,再用以前的检查点核对证据包。"),
    "bundle_not_public": _("审计员登录后可以下载。"),
    "export_too_long": _("请缩短日期或缩小范围;要整本账,请用“导出文本账”。"),
}

UNITS = {"min": _("时间"), "pt": _("积分")}

KINDS = {
    "rule": _("规则"),
    "key": _("公钥"),
    "open": _("开户"),
    "limit": _("限额"),
    "post": _("入账"),
    "hold": _("冻结"),
    "capture": _("冻结转入账"),
    "release": _("解冻"),
    "expire": _("到期解冻"),
    "reverse": _("冲正"),
    "close": _("销户"),
    "note": _("备案"),
    "erase": _("抹除"),
}

CLASSES = {
    "issue": _("发放"),
    "opening": _("期初录入"),
    "pool": _("捐赠池"),
    "fund": _("基金"),
    "member": _("个人时间"),
    "grant": _("困难帮扶"),
    "gift": _("转赠"),
    "team": _("团队"),
    "lapsed": _("失效"),
    "returned": _("扣分收回"),
    "household": _("户积分"),
    "base": _("基础分"),
    "redeemed": _("已兑换"),
    "clearing": _("清算"),
}

OWNERS = {
    "person": _("个人"),
    "household": _("户"),
    "merchant": _("商户"),
    "team": _("团队"),
    "community": _("社区"),
    "": _("已抹除"),
}

USE_CASES = {
    "attendance.settle": _("签到签退结算"),
    "orders.claim": _("领单冻结"),
    "orders.settle": _("订单结算"),
    "publicity.book": _("公示后入账"),
    "publicity.pay_shortfall": _("补扣欠分"),
    "publicity.correct": _("更正冲回"),
    "shop.redeem": _("兑换冻结"),
    "shop.hand_over": _("兑换核销"),
    "residents.import_residents": _("旧账期初"),
    "teams.donate": _("团队捐赠冻结"),
    "teams.give": _("团队捐赠入池"),
    "teams.end": _("团队结束,余额入池"),
    "erasure.dispose": _("删除前转出余额"),
}

FIELDS = {
    "account": _("账户"),
    "accounts": _("账户"),
    "approvers": _("批准人"),
    "ceiling": _("上限"),
    "cites": _("依据的备案"),
    "class": _("类别"),
    "digest": _("摘要"),
    "ends": _("到期"),
    "floor": _("下限"),
    "from": _("从第几笔起"),
    "hold": _("所依的冻结"),
    "key": _("公钥"),
    "of": _("被冲正的流水"),
    "on": _("发生日"),
    "owner": _("归属账户"),
    "quota": _("发放额度"),
    "reason": _("原因"),
    "ref": _("明细的指纹"),
    "subject": _("对象"),
    "to": _("只能转到"),
    "topic": _("事由"),
    "two_from_min": _("冲正须两人的时间"),
    "two_from_pt": _("冲正须两人的积分"),
    "unit": _("单位"),
    "until": _("冻结到"),
    "zone": _("时区"),
}

# What outside facts are noted in the log.
TOPICS = {
    "eligibility": _("福利的条件"),
    "limit": _("额度或上下限"),
    "month": _("月结"),
    "multipliers": _("系数表"),
    "points_item": _("细则启用或停用"),
    "points_table": _("积分表"),
    "policy": _("规则参数"),
    "publicity_batch": _("公示批次"),
    "rule": _("账本规则"),
}

ORIGINS = {
    "visit": _("签到签退"),
    "offline_scan": _("离线扫码"),
    "review": _("审核"),
    "order": _("订单"),
    "order_event": _("订单经过"),
    "award": _("加分扣分"),
    "shop_order": _("兑换单"),
}

FACTS = {
    "place": _("地点"),
    "volunteer": _("志愿者"),
    "recipient": _("服务对象"),
    "person": _("本人"),
    "started_at": _("签到时刻"),
    "started_recorded_at": _("签到记录于"),
    "started_by": _("签到由谁记"),
    "ended_at": _("签退时刻"),
    "ended_recorded_at": _("签退记录于"),
    "ended_by": _("签退由谁记"),
    "evidence": _("存证等级"),
    "estimated": _("签退为估计"),
    "offline": _("断网时扫的一端"),
    "direction": _("方向"),
    "corrected_at": _("扫码时刻"),
    "scanned_at": _("设备时钟上的时刻"),
    "received_at": _("收到"),
    "device": _("设备"),
    "witness": _("证人"),
    "source": _("原始凭证"),
    "rest_minutes": _("其中休息,不计"),
    "real_minutes": _("实际时长"),
    "rounding_minutes": _("取整单位"),
    "uncapped_minutes": _("取整后"),
    "credited_minutes": _("入账"),
    "pool_minutes": _("超上限转入捐赠池"),
    "rest": _("休息(不计)"),
    "steps": _("怎么算的"),
    "team": _("记在团队名下"),
    "weights": _("按系数分段"),
    "table_digest": _("积分表或倍率表的摘要"),
    "verdict": _("审核结论"),
    "reviewed_by": _("审核人"),
    "reviewed_at": _("审核时刻"),
    "ended_at_before": _("更正前的签退"),
    "note": _("说明"),
    "order_number": _("单号"),
    "placed_by": _("由谁下单"),
    "placed_at": _("下单时刻"),
    "planned_minutes": _("预约时长"),
    "balance_before_minutes": _("下单前余额"),
    "rating": _("评分"),
    "verb": _("做了什么"),
    "at": _("时刻"),
    "by": _("由谁"),
    "entry": _("流水"),
    "item": _("细则"),
    "table": _("积分表"),
    "on_day": _("发生日"),
    "times": _("次数"),
    "worked_minutes": _("时长"),
    "uncapped_steps": _("封顶前"),
    "credited_steps": _("记分"),
    "limited_by": _("按哪个上限封顶"),
    "award_evidence": _("依据"),
    "entered_by": _("录入人"),
    "entered_at": _("录入时刻"),
    "batch": _("公示批次"),
    "line": _("公示行号"),
    "booked_at": _("入账时刻"),
    "merchant": _("商户"),
    "goods": _("物品"),
    "quantity": _("数量"),
    "total_steps": _("合计积分"),
    "closed_at": _("办结时刻"),
    "closed_by": _("由谁办结"),
}

EVIDENCE = {
    "A": _("A 两次扫动态码"),
    "B": _("B 扫固定码并由对方确认"),
    "C": _("C 自报并有证人"),
    "D": _("D 由工作人员据纸面补录"),
}

DIRECTIONS = {"in": _("签到"), "out": _("签退")}
VERDICTS = {"accept": _("认可"), "reject": _("不认可")}
CAPS = {"day": _("日上限"), "month": _("月上限"), "year": _("年上限")}

VERBS = {
    "place": _("下单"),
    "accept": _("受理"),
    "return": _("退回"),
    "dispatch": _("派单"),
    "reschedule": _("改期"),
    "claim": _("领单"),
    "stand_by": _("候补"),
    "step_back": _("退单"),
    "promote": _("候补转正"),
    "no_show": _("未到"),
    "arrive": _("到达"),
    "leave": _("离开"),
    "confirm": _("确认"),
    "dispute": _("提出争议"),
    "resolve": _("裁定"),
    "rate": _("评单"),
    "cancel": _("取消"),
    "become_overdue": _("超时"),
    "flag": _("提醒网格员"),
    "escalate": _("督办"),
    "call_back": _("回访"),
    "close_forgotten": _("补签退"),
}

FINDINGS = {
    "not_booked": _("记录上应当入账,却没有写明是哪一笔流水。"),
    "entry_missing": _("记录写明的流水不在账本里。"),
    "entry_kind": _("流水的种类与记录不符:流水是“%(kind)s”。"),
    "entry_of_other_row": _("流水的明细写的是另一条记录。"),
    "amount_differs": _("数额不符:记录是 %(row_says)s,流水是 %(entry_says)s。"),
    "hold_ended": _("记录还在办理,冻结却已经结束。"),
    "hold_still_open": _("记录已经办结,冻结却还没有结束。"),
    "entry_reversed": _("流水已被第 %(by)s 笔冲正,记录却没有改。"),
    "not_reversed": _("记录写着已冲回,流水却没有冲正。"),
    "entry_without_row": _("流水说自己来自业务记录,却没有记录认领它。"),
    "entry_claimed_twice": _("两条记录认领同一笔流水。"),
}

ROWS = {
    "visit": _("签到签退"),
    "order": _("订单"),
    "order_hold": _("订单的冻结"),
    "order_event": _("订单经过"),
    "award": _("加分扣分"),
    "shortfall": _("欠分"),
    "correction": _("更正"),
    "shop_hold": _("兑换单的冻结"),
    "shop_order": _("兑换单"),
    "donation": _("团队捐赠"),
    "donation_hold": _("团队捐赠的冻结"),
    **USE_CASES,
}
