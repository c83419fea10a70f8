"""The numbers of a policy in words: what each means, where it comes from, its unit, and why a change is refused."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

MESSAGES: dict[str, Any] = {
    "policy_second_person": _("起草的人不能自己确认,要由另一个人确认。"),
    "policy_moved": _("起草以后规则已经有了新的一版(第 %(newest_version)s 版)。"),
    "policy_wrong_state": _("这份草案已经撤下。"),
}

NEXT: dict[str, Any] = {
    "policy_moved": _("请照新的一版重新起草。"),
    "policy_second_person": _("请委员会、监督委员会或第一书记中的另一位登录后确认。"),
}

GROUPS: dict[str, Any] = {
    "counting": _("服务时间怎样计算"),
    "scanning": _("签到签退"),
    "who": _("谁可以存、取、代办"),
    "gifts": _("转赠与困难帮扶"),
    "orders": _("订单"),
    "activities": _("活动与值班"),
    "teams": _("团队"),
    "points": _("积分"),
    "shop": _("积分超市"),
    "quotas": _("每年发放的额度"),
    "proofs": _("公开与个人资料"),
}

SOURCES: dict[str, Any] = {
    "own": _("本系统建议"),
    "nanjing": _("南京"),
    "shanghai_2026": _("上海 2026"),
    "beijing_shanghai": _("北京、上海"),
    "beijing_nanjing": _("北京、南京"),
    "events": _("大型活动的志愿者系统"),
    "practice": _("各地做法"),
    "law": _("法律法规"),
}

PROFILES: dict[str, Any] = {
    "default": _("本系统默认"),
    "nanjing-2019": _("南京 2019"),
    "beijing-2022": _("北京 2022"),
    "shanghai-2026": _("上海 2026"),
}

# Name and meaning of each number.
NUMBERS: dict[str, tuple[Any, Any]] = {
    "rounding_minutes": (_("取整单位"), _("一次服务的时间加权以后,按它向下取整,只取整一次。")),
    "visit_cap_minutes": (_("一次服务的上限"), _("一次最多入账这么多,超过的记作荣誉时间。下单也不能超过它。")),
    "day_cap_minutes": (_("一天的上限"), _("一个人一天最多入账这么多,按本地的零点分天。")),
    "day_cap_from_age": (_("高龄志愿者的年龄"), _("服务当天满这个年龄的,一天的上限换成下面较低的一个。")),
    "day_cap_aged_minutes": (_("高龄志愿者一天的上限"), _("满上面年龄的志愿者,一天最多入账这么多。")),
    "month_cap_minutes": (_("一个月的上限"), _("一个人一个自然月最多入账这么多。")),
    "ceiling_minutes": (_("个人账户的上限"), _("开户时写进账户;余额到这里,多出来的进捐赠池。")),
    "late_close_minutes": (_("忘记签退怎样结束"), _("没有计划结束时间的,签到以后过这么久自动结束,记作估计,要审核。")),
    "review_two_from_minutes": (_("补录要两人审核的时长"), _("按纸质登记补录超过这么长,要两个人审核。")),
    "late_entry_days": (_("补录的期限"), _("服务以后这么多天内可以补录。")),
    "code_step_seconds": (_("动态码多久换一次"), _("服务点屏幕上的码每隔这么久换一次。")),
    "code_window_steps": (_("动态码的宽限"), _("前后这么多个码也认,扫得慢的人不算迟。")),
    "ticket_seconds": (_("扫码后登录的时间"), _("扫了码还要先登录的人,在这段时间内算扫码的那一刻。")),
    "presence_hours": (_("一次在场最长多久"), _("签到以后过这么久,在场自动失效。")),
    "station_again_minutes": (_("重复扫卡的间隔"), _("同一张卡这么快又扫一次,不算签退,只告诉从几点起在场。")),
    "offline_back_hours": (_("离线扫码多久之内有效"), _("断网时扫的码,在这么久之内上传的才算数。")),
    "offline_ahead_minutes": (_("离线扫码可以快多少"), _("设备的时钟校正以后,最多可以比实际时间快这么多。")),
    "offline_batches_a_day": (
        _("一台设备一天可以上传几批"),
        _("断网扫码的设备,一天最多上传这么多批;多的留在设备里,第二天再传。"),
    ),
    "depositor_min_age": (_("独立存时间的年龄"), _("服务当天满这个年龄,可以自己存时间、领单。")),
    "depositor_min_age_guardian": (
        _("监护人同意后存时间的年龄"),
        _("满这个年龄、监护人书面同意的可以存;更小的只能跟集体活动。"),
    ),
    "depositor_age_may_be_unknown": (
        _("没有出生日期的人可以存时间"),
        _("“是”:登记册里没有出生日期的当作成年;“否”:先补登才能存。"),
    ),
    "redeemer_min_age": (_("取服务的年龄"), _("服务当天满这个年龄可以取服务;2 月 29 日出生的按 3 月 1 日算。")),
    "redeemer_min_age_hardship": (_("有困难的人取服务的年龄"), _("登记了困难情况、服务当天还有效的,从这个年龄起。")),
    "helpers_most": (_("代办人最多几位"), _("一位老人同时最多有这么多代办人。")),
    "gift_month_cap_minutes": (_("每月转赠的上限"), _("一个月最多转赠给亲属这么多。")),
    "gift_ends_months": (_("转赠的时间多久到期"), _("受赠的时间过这么久没用就失效。")),
    "grant_month_minutes": (_("困难帮扶每月的时间"), _("基金每月给有困难的老人这么多。")),
    "grant_ends_days": (_("困难帮扶的时间多久到期"), _("当月过后这么多天没用就收回基金。")),
    "order_early_minutes": (_("可以提前多久开始服务"), _("比预约时间早于它就不能开始。")),
    "order_over_percent": (_("实际时长最多超出多少"), _("比冻结的多,要老人同意,并且最多多这么些。")),
    "order_confirm_silence_days": (
        _("多久不回应算确认"),
        _("服务以后过这么多天没有回应就算确认;没有手机的要先回访到。"),
    ),
    "order_unclaimed_hours": (_("多久没人领交给网格员"), _("派单以后过这么久没有人领,提醒网格员。")),
    "order_guarantee_days": (_("多久没人领由基金兜底"), _("受理以后过这么多天还没有人领,上报督办,由基金负责。")),
    "tear_off_tries": (_("确认号可以输错几次"), _("输错这么多次就锁住,回访以后才能解锁。")),
    "no_show_days": (_("爽约的计算期"), _("在这么多天之内的爽约合在一起算。")),
    "no_show_most": (
        _("几次爽约暂停领单和报名"),
        _("计算期内无故爽约到这么多次,订单和活动合在一起算,暂停领单和报名。"),
    ),
    "no_show_block_days": (_("暂停领单和报名多久"), _("从最后一次爽约起算。已经存下的时间不受影响。")),
    "order_undo_minutes": (_("点错了多久之内可以撤回"), _("订单上点错一步,在这段时间内可以撤回。")),
    "absent_after_minutes": (_("活动结束多久后记缺席"), _("报了名没有来也没有请假的,活动结束后过这么久记作缺席。")),
    "promotion_notice_minutes": (_("候补转正要提前多久"), _("比它更晚才从候补转正的人,来不了不算爽约。")),
    "duty_days_a_week": (_("服务点每周至少值班几天"), _("一周里有人值班的日子少于它,就提醒负责人。")),
    "duty_weeks_ahead": (_("值班表提前几周开放"), _("志愿者可以提前报这么多周的值班。")),
    "team_donation_undo_hours": (_("团队捐赠多久之内可以撤回"), _("团队把时间捐出以后,在这段时间内可以撤回。")),
    "table_deliberation_days": (_("积分表讨论多久"), _("草案至少挂出这么多天听意见,然后才能表决。")),
    "table_quorum_percent": (_("理事会、代表会议到会人数"), _("到会的要超过成员的百分之这么多;66 就是三分之二。")),
    "table_assembly_quorum_percent": (
        _("村(居)民会议到会人数"),
        _("到会的要超过有表决权人数的百分之这么多;50 就是过半数。"),
    ),
    "table_publicity_days": (_("积分表公示多久"), _("通过以后公示这么多天,下个月起生效。")),
    "table_versions_a_year": (_("积分表一年最多几版"), _("同一年内开始生效的版本最多这么多。")),
    "publicity_days": (_("加分公示多久"), _("每一批公示这么多个工作日,没有异议的才入账。")),
    "objection_answer_days": (_("异议多久答复"), _("收到异议后这么多个工作日内答复。")),
    "appeal_days": (_("多久之内可以申诉"), _("答复后这么多天内可以向监督委员会申诉。")),
    "appeal_decision_days": (_("申诉多久裁定"), _("收到申诉后这么多个工作日内由监督委员会裁定。")),
    "objections_open_most": (_("一个人同时最多几个异议"), _("一个人等待答复和裁定的异议最多这么多;答复了就可以再提。")),
    "late_objection_days": (_("入账后多久还可以提异议"), _("入账后这么多天内还可以提;成立的,用一笔冲正改回来。")),
    "reversal_two_from_steps": (_("冲正多少分要两个人"), _("达到这么多分的冲正,要另一位工作人员确认。")),
    "batch_due_day": (_("每月几号提醒公示"), _("上个月有积分没有公示的,到了这一天提醒负责公示的人。")),
    "second_review_percent": (
        _("复核的比例"),
        _("审核过的加分里抽这么多,由另一个人再审一次。抽签的种子事先登在账本上。"),
    ),
    "review_undo_minutes": (_("撤回审核的时间"), _("审核错了的,本人在这么久之内、公示以前可以撤回。")),
    "deduction_two_from_steps": (_("扣分要两人审核的分数"), _("一笔扣分超过这么多,要两个人审核。")),
    "hearing_notice_days": (_("听取意见提前几天通知"), _("扣分以前请这一户来说明情况,至少提前这么多天通知。")),
    "claims_open_a_day": (_("一天可以申报几笔"), _("一个人当天申报、还没有审核的,最多这么多笔。")),
    "claims_helped_a_day": (_("一天可以代别人申报几笔"), _("一位代办人当天代申报、还没有审核的,一共最多这么多笔。")),
    "carry_percent": (_("年底积分结转的比例"), _("年底没用的积分按这个比例带到下一年。")),
    "year_redeem_days": (_("新年里还能兑换多久"), _("1 月 1 日起这么多天内,去年的积分照常兑换;之后按比例结转。")),
    "year_notice_days": (_("结转提前多久告知"), _("告知各户以后满这么多天,才能结转。")),
    "year_undo_days": (_("结转多久之内可以撤回"), _("结转后这么多天内,由两个人整体撤回。")),
    "household_undo_hours": (_("分户并户多久之内可以撤回"), _("办理后这么多小时内,积分没有动过,可以整体撤回。")),
    "household_consent_days": (_("分户并户等多久"), _("申请后这么多天内双方没有同意或者没有办理,就作废。")),
    "honour_objection_days": (_("荣誉榜公示多久"), _("张榜以后这么多天内可以提异议。")),
    "shop_hold_hours": (_("商品至少留多久"), _("下单以后至少给您留这么久。")),
    "shop_opening_days": (_("商品留几个营业日"), _("到商户第几个营业日结束时还没取,就取消并退回积分。")),
    "shop_return_days": (_("有毛病的商品几天内可以退"), _("领取后这么多天内,有毛病的商品可以退,积分退回这一户。")),
    "shop_count_two_from_steps": (
        _("盘点差异要两个人的界限"),
        _("盘点的差异折合积分达到这个数,要另一个人确认才改库存。"),
    ),
    "quota_min_minutes": (_("每年发放的时间"), _("一年最多发放这么多时间;收回来的不再补充额度。")),
    "quota_pt_steps": (_("每年发放的积分"), _("一年最多发放这么多积分。")),
    "quota_opening_minutes": (_("旧账录入的时间"), _("一年最多按旧账录入这么多时间。")),
    "quota_opening_steps": (_("旧账录入的积分"), _("一年最多按旧账录入这么多积分。")),
    "public_bundle": (_("证据包向公众开放"), _("“是”:谁都可以下载不含明细的证据包;“否”:只给审计员。")),
    "photo_days": (_("佐证照片保留多久"), _("申报和巡查的照片保留这么多天,之后删去画面,只留指纹(SHA-256)。")),
    "erasure_notice_days": (_("删除个人资料前等多久"), _("第二个人批准后过这么多天才删除,在这之前可以撤回。")),
    "notice_days": (_("通知保留多久"), _("一条通知在本人的列表里保留这么多天。")),
    "sign_every_seconds": (_("多久签一次检查点"), _("账本有新的流水,最多过这么久签出检查点。")),
}

# What is wrong with a typed number, by the code that the use case gives.
WRONG: dict[str, Any] = {
    "unknown": _("没有这个数。"),
    "whole_number": _("请填写整数。"),
    "required": _("请填写这一项。"),
    "too_long": _("太长了。"),
    "nothing_changes": _("没有改动任何一个数。"),
    "in_the_future": _("日期不能晚于今天。"),
    "not_ahead": _("最早从明天起生效:不追溯。"),
    "before_the_newest": _("要晚于最新一版生效的日子。"),
    "too_far_ahead": _("最多提前 400 天。"),
}


def wrong_words(name: str, why: str, bounds: Mapping[str, tuple[str, str]]) -> str:
    """The reason in words; `bounds` are the least and most of each number as people write them."""
    if why == "out_of_range":
        least, most = bounds[name]
        return str(_("请填写 %(least)s 到 %(most)s。", least=least, most=most))
    if ":" in why:
        way, other = why.split(":", maxsplit=1)
        label = NUMBERS[other][0]
        if way == "above":
            return str(_("不能大于“%(other)s”。", other=label))
        return str(_("不能小于“%(other)s”。", other=label))
    return str(WRONG.get(why, why))
