"""Notices: what each kind says. The subject stands on a locked phone's screen, so it names nobody and nothing private.

Places for facts: `..._at` is an instant, `..._on` a day, `..._minutes` a time; they are filled in as people read them.
A fact `order_id`, `visit_id` (hex) or `activity_number` makes the notice lead to that page.
"""

from typing import Any

from flask_babel import lazy_gettext as _

SUBJECTS: dict[str, Any] = {
    "mail_confirm": _("请确认您的邮箱"),
    "order_accepted": _("您的订单有进展"),
    "order_returned": _("您的订单有进展"),
    "order_claimed": _("您的订单有进展"),
    "order_step_back": _("您的订单有进展"),
    "order_cancelled": _("一张订单已取消"),
    "order_to_confirm": _("一张订单等您确认"),
    "order_settled": _("一张订单已完成"),
    "order_rescheduled": _("您的订单改了时间"),
    "order_reopened": _("您的订单有进展"),
    "order_offered": _("有一张订单请您看看"),
    "order_promoted": _("您候补的订单轮到您了"),
    "order_not_promoted": _("您不再候补一张订单"),
    "order_let_go": _("您领的一张订单有变动"),
    "order_no_show": _("有一次上门记了您未到"),
    "order_excused": _("您领的一张订单有变动"),
    "order_overdue": _("您的订单有进展"),
    "order_flagged": _("一张订单没有人领"),
    "order_escalated": _("一张订单要您督办"),
    "order_disputed": _("一张订单有争议"),
    "order_decided": _("一张订单的争议有了结果"),
    "helper_asked": _("代办人有变动"),
    "helper_confirmed": _("代办人有变动"),
    "helper_ended": _("代办人有变动"),
    "visit_settled": _("您的服务时间已入账"),
    "visit_rejected": _("您的一条服务记录没有通过"),
    "visit_estimated": _("您的一条服务记录要核实"),
    "word_asked": _("有一件事请您证明"),
    "team_joined": _("您加入了一个团队"),
    "team_gone": _("您已不在一个团队里"),
    "team_leading": _("您负责一个团队了"),
    "team_ended": _("您的一个团队结束了"),
    "kin_noted": _("登记了一条亲属关系"),
    "kin_gone": _("一条亲属关系不再算"),
    "claim_approved": _("您申报的积分有了结果"),
    "claim_rejected": _("您申报的积分有了结果"),
    "claim_reopened": _("您申报的积分重新审核"),
    "hearing_invited": _("请您来说明情况"),
    "consent_noted": _("有一份同意登记了"),
    "consent_revoked": _("有一份同意撤回了"),
    "activity_changed": _("您报名的活动有变动"),
    "activity_cancelled": _("您报名的活动取消了"),
    "sign_up_made": _("已为您报名"),
    "sign_up_waiting": _("已为您排候补"),
    "sign_up_promoted": _("您有名额了"),
    "sign_up_moved_back": _("您的报名转为候补"),
    "sign_up_taken_off": _("您的报名已取消"),
    "sign_up_clashes": _("活动改期,与您的另一项安排冲突"),
    "sign_up_role_ended": _("您的报名已取消"),
    "activity_place_freed": _("您负责的活动空出一个名额"),
    "absence_written": _("有一次活动记了您未到"),
    "excuse_accepted": _("您的请假说明有了答复"),
    "excuse_refused": _("您的请假说明有了答复"),
    "shop_ready": _("您兑换的东西可以领取了"),
    "shop_lapses_soon": _("您兑换的东西明天到期"),
    "shop_lapsed": _("您兑换的东西过期了"),
    "shop_called_off": _("商户取消了您的兑换"),
    "shop_in_part": _("您的兑换缺了一部分"),
    "shop_returned": _("退货的积分已退回"),
    "year_announced": _("去年的积分要结转了"),
    "year_closed": _("去年的积分已结转"),
    "year_undone": _("去年的积分结转已撤回"),
    "household_asked": _("请您表态:家里要分户或并户"),
    "household_not_changed": _("您家的分户或并户没有办成"),
    "household_undone": _("您家的分户或并户已撤回"),
    "honour_listed": _("您家上了红榜"),
    "honour_black_listed": _("您家在一张榜上"),
    "honour_taken_off": _("您家从榜上撤下了"),
    "honour_answered": _("您对榜单的异议有了答复"),
    "household_split": _("您家的分户已办理"),
    "household_merge": _("您家的并户已办理"),
    "roster_gap": _("下周值班缺人"),
    "line_published": _("您家的积分在公示"),
    "line_objected": _("您家的一行积分有异议"),
    "line_withdrawn": _("您家的一行积分撤下了"),
    "line_corrected": _("您家的一行积分要更正"),
    "line_reversed": _("您家的一笔积分冲正了"),
    "line_given_up": _("您家的一行积分入不了账"),
    "points_booked": _("积分已入账"),
    "objection_answered_upheld": _("您的异议有了答复"),
    "objection_answered_rejected": _("您的异议有了答复"),
    "objection_decided_upheld": _("您的申诉有了结果"),
    "objection_decided_rejected": _("您的申诉有了结果"),
    "objection_taken_back": _("您的异议登记为收回"),
    "reversal_declined": _("冲正没有通过复核"),
    "appeal_goes_on": _("您的申诉继续办理"),
    "objection_due": _("一个异议要答复"),
    "appeal_due": _("一个申诉要裁定"),
    "table_deliberated": _("积分表草案请您看看"),
    "table_comment_answered": _("您对积分表的意见有了答复"),
    "table_vote_recorded": _("积分表的表决等您核对"),
    "table_published": _("新的积分表在公示"),
    "table_objection_rejected": _("您对积分表的异议有了答复"),
    "table_objection_upheld": _("您对积分表的异议成立"),
    "table_in_force": _("新的积分表生效了"),
    "table_withdrawn": _("一张积分表撤回了"),
    "batch_missing": _("上个月的积分还没有公示"),
}

TEXTS: dict[str, Any] = {
    "mail_confirm": _("有人(应该是您自己)把这个邮箱登记为时间银行的通知地址。打开下面的链接确认;不是您,就不用理会。"),
    "order_accepted": _("第 %(order_number)s 号订单已受理,正在找志愿者。"),
    "order_returned": _("第 %(order_number)s 号订单办不了,已退回。原因:%(reason)s"),
    "order_claimed": _("第 %(order_number)s 号订单有志愿者领了,%(starts_at)s 上门。"),
    "order_step_back": _("第 %(order_number)s 号订单的志愿者来不了,正在另找人。"),
    "order_cancelled": _("第 %(order_number)s 号订单已取消。原因:%(reason)s"),
    "order_to_confirm": _("第 %(order_number)s 号订单的服务已结束,请确认。"),
    "order_settled": _("第 %(order_number)s 号订单已完成,时间 %(credited_minutes)s。"),
    "order_rescheduled": _("第 %(order_number)s 号订单改到 %(starts_at)s。来不了的,请告诉服务台。"),
    "order_reopened": _("第 %(order_number)s 号订单刚才退回或者取消错了,现在重新受理。"),
    "order_offered": _("第 %(order_number)s 号订单(%(starts_at)s)派给了您。能去的,请领单;去不了,不用理会。"),
    "order_promoted": _("第 %(order_number)s 号订单的志愿者去不了,轮到您:%(starts_at)s 上门。去不了的,请退出这一单。"),
    "order_not_promoted": _(
        "第 %(order_number)s 号订单(%(starts_at)s)的志愿者去不了,但按现在的登记您不能接这一单,已不再候补。有疑问请问服务台。"
    ),
    "order_let_go": _("工作人员让您退出了第 %(order_number)s 号订单(%(starts_at)s),不用去了。"),
    "order_no_show": _("第 %(order_number)s 号订单(%(starts_at)s)记了您未到。时间不会扣;有原因的,请告诉服务台。"),
    "order_excused": _("第 %(order_number)s 号订单(%(starts_at)s)记了您有事没有去,不算未到。"),
    "order_overdue": _("第 %(order_number)s 号订单到了时间还没有人上门。工作人员会和您另约时间,预留的时间已经退回。"),
    "order_flagged": _(
        "第 %(order_number)s 号订单(%(starts_at)s)到时限还没有人领,请您找人。看过后请在订单里点“我来跟进”。"
    ),
    "order_escalated": _(
        "第 %(order_number)s 号订单(%(starts_at)s)长时间没有志愿者,转您督办,由基金担保。看过后请在订单里点“我来跟进”。"
    ),
    "order_disputed": _("有人对第 %(order_number)s 号订单提出异议。时间先冻结,由没有参与的人裁定。"),
    "order_decided": _(
        "第 %(order_number)s 号订单的争议已裁定:记给志愿者 %(credited_minutes)s,其余退回。理由:%(reason)s"
    ),
    "helper_asked": _("有人申请做您的代办人,等工作人员审核,再由您本人确认。"),
    "helper_confirmed": _("代办关系已生效。"),
    "helper_ended": _("代办关系已解除。"),
    "visit_settled": _("%(service_on)s 的服务已入账,记 %(credited_minutes)s。"),
    "visit_rejected": _("%(service_on)s 的服务记录没有通过。原因:%(reason)s"),
    "visit_estimated": _("%(service_on)s 忘记签退,结束时间按估计记,等审核。"),
    "word_asked": _(
        "%(service_on)s 在“%(place)s”的一次服务请您证明。请在“请我证明的”里点确认或者否认;没有手机的,请告诉服务台。"
    ),
    "team_joined": _("您已加入团队“%(team)s”。签到时可以选择把时间记给它。不想参加的,可以在“团队”里离开。"),
    "team_gone": _("您已不再是团队“%(team)s”的成员。为它服务过的时间仍是团队的。"),
    "team_leading": _("您现在负责团队“%(team)s”:可以加减成员、捐出团队的时间。"),
    "team_ended": _("团队“%(team)s”已结束,剩下的时间进入了捐赠池。"),
    "kin_noted": _("有一条与您有关的亲属关系登记了,在“我的亲属”里可以看。不对的,请告诉服务台。"),
    "kin_gone": _("一条与您有关的亲属关系不再算了,在“我的亲属”里可以看。不对的,请告诉服务台。"),
    "claim_approved": _("您申报的“%(item)s”(%(deed_on)s)通过了审核,下一批公示。"),
    "claim_rejected": _("您申报的“%(item)s”(%(deed_on)s)没有通过。原因:%(reason)s"),
    "claim_reopened": _("您申报的“%(item)s”(%(deed_on)s)正在重新审核,结果会再告诉您。"),
    "hearing_invited": _(
        "有人报告了一件可能扣分的事。请您在 %(meets_at)s 到“%(place)s”说明情况,可以带人陪同。不扣低保等待遇,不影响孩子上学和信用。"
    ),
    "consent_noted": _("您的监护人已同意您独自参加志愿服务,到 %(until_on)s 为止。"),
    "consent_revoked": _("您的监护人撤回了同意。您可以参加有成年人带队的集体活动,时间记给团队。"),
    "activity_changed": _("“%(activity)s”的时间改了,现在是 %(starts_at)s 开始。来不了的,请取消报名。"),
    "activity_cancelled": _("%(starts_at)s 的“%(activity)s”取消了。原因:%(reason)s"),
    "sign_up_made": _("工作人员为您报了名:%(starts_at)s,“%(activity)s”。来不了的,请取消报名。"),
    "sign_up_waiting": _("“%(activity)s”(%(starts_at)s)名额已满,您在候补名单上。有人退出就轮到您,会再通知。"),
    "sign_up_promoted": _("有人退出,您补上了:%(starts_at)s,“%(activity)s”。来不了的,请取消报名,让给下一位。"),
    "sign_up_moved_back": _("“%(activity)s”(%(starts_at)s)的名额改少了,后报名的转为候补,您排在前面。有名额会再通知。"),
    "sign_up_clashes": _(
        "“%(activity)s”改到 %(starts_at)s 开始,那时您已另有安排,这次的报名已为您取消,不会记为未到。想去的,请先退出另一项,再重新报名。"
    ),
    "sign_up_role_ended": _("您的志愿者身份已结束,%(starts_at)s“%(activity)s”的报名已取消。有疑问请问服务台。"),
    "activity_place_freed": _("%(starts_at)s“%(activity)s”有一位志愿者不再参加,名额已空出;有人候补的,已自动递补。"),
    "sign_up_taken_off": _("工作人员取消了您的报名:%(starts_at)s,“%(activity)s”。有疑问请问服务台。"),
    "absence_written": _(
        "%(starts_at)s 的“%(activity)s”记了您未到。有原因的,请在活动页写明,工作人员会看。时间不会扣。"
    ),
    "excuse_accepted": _("“%(activity)s”(%(starts_at)s)的请假已同意,不算未到。"),
    "excuse_refused": _("“%(activity)s”(%(starts_at)s)的请假没有同意,算一次未到。%(reason)s"),
    "shop_ready": _("第 %(order_number)s 号兑换单已留好,凭兑换码到 %(merchant)s 领取,最迟 %(until_at)s。"),
    "shop_lapses_soon": _(
        "第 %(order_number)s 号兑换单还在 %(merchant)s 等您,最迟 %(until_at)s 领取,过期自动退回积分。"
    ),
    "shop_lapsed": _("第 %(order_number)s 号兑换单没有按时领取,已取消,积分已退回。"),
    "shop_called_off": _("%(merchant)s 取消了第 %(order_number)s 号兑换单,积分已退回。原因:%(reason)s"),
    "shop_in_part": _("第 %(order_number)s 号兑换单只领到一部分,没有领到的积分已退回。原因:%(reason)s"),
    "shop_returned": _("第 %(order_number)s 号兑换单的退货已入账,积分已退回这一户。"),
    "year_announced": _(
        "%(year)s 年的积分请在 %(redeem_until_on)s 以前兑换;%(closes_on)s 起,没有用完的按 %(carry_percent)s%% 结转。累计荣誉和服务时间不变。"
    ),
    "year_closed": _(
        "%(year)s 年没有用完的积分:结转 %(carried_steps)s 分,失效 %(lapsed_steps)s 分。累计荣誉和服务时间不变。"
    ),
    "year_undone": _("%(year)s 年的积分结转已整体撤回,失效的 %(lapsed_steps)s 分退回您家。"),
    "household_asked": _(
        "第 %(change_number)s 号分户或并户要您本人同意。您可以在页面上同意或不同意,也可以到服务台说。您不同意就不会办。"
    ),
    "household_not_changed": _("第 %(change_number)s 号分户或并户没有办成(有人不同意、放弃了或者过期),什么都没有变。"),
    "household_undone": _("第 %(change_number)s 号分户或并户已整体撤回,两户和积分都回到原来的样子。"),
    "honour_listed": _("您家在“%(title)s”上,名字只显示姓氏;户主同意后才显示全名。"),
    "honour_black_listed": _("您家在“%(title)s”上,名字不公开,期满自动撤下。不对的,请在公示期内提异议。"),
    "honour_taken_off": _("您家已从“%(title)s”撤下。原因:%(reason)s"),
    "honour_answered": _("您对“%(title)s”的异议已答复:%(reason)s"),
    "household_split": _("第 %(change_number)s 号分户已办理,积分按双方说好的分。办错了的,请尽快告诉服务台。"),
    "household_merge": _("第 %(change_number)s 号并户已办理,积分已经转到一起。办错了的,请尽快告诉服务台。"),
    "roster_gap": _("%(point)s 下周(%(week_on)s 起)只有 %(days)s 天有人值班,应有 %(needed)s 天。请找人补上。"),
    "line_published": _("第 %(batch)s 批公示里有您家的积分,公示到 %(until_at)s。不对的,请在这之前提异议。"),
    "line_objected": _("第 %(batch)s 批第 %(line)s 行有人提了异议。只有这一行先不入账,查清后答复。"),
    "line_withdrawn": _("第 %(batch)s 批第 %(line)s 行的异议成立,这一行撤下,不入账。"),
    "line_corrected": _("第 %(batch)s 批第 %(line)s 行的异议成立,按更正后的分值重新审核、再公示。"),
    "line_reversed": _(
        "第 %(batch)s 批第 %(line)s 行已冲正 %(points_steps)s 分。现在欠 %(short_steps)s 分,以后得的分先补上。"
    ),
    "line_given_up": _("第 %(batch)s 批第 %(line)s 行入不了账,已经撤下。有疑问的,请到服务台问清原因。"),
    "points_booked": _("第 %(batch)s 批公示期满,您家的 %(points_steps)s 分已入账。"),
    "objection_answered_upheld": _("您对第 %(batch)s 批第 %(line)s 行的异议成立。答复在“我的异议”里。"),
    "objection_answered_rejected": _(
        "您对第 %(batch)s 批第 %(line)s 行的异议不成立。不同意的,最晚 %(until_at)s 可以申诉。"
    ),
    "objection_decided_upheld": _("您对第 %(batch)s 批第 %(line)s 行的申诉成立。裁定在“我的异议”里。"),
    "objection_decided_rejected": _("您对第 %(batch)s 批第 %(line)s 行的申诉不成立。裁定在“我的异议”里。"),
    "objection_taken_back": _(
        "工作人员登记:您收回了对第 %(batch)s 批第 %(line)s 行的异议。不是您的意思,请马上告诉监督委员会。"
    ),
    "reversal_declined": _(
        "您对第 %(batch)s 批第 %(line)s 行的异议,第二位工作人员复核后没有冲正,理由在“我的异议”里。不同意的,最晚 %(until_at)s 可以申诉。"
    ),
    "appeal_goes_on": _("第 %(batch)s 批第 %(line)s 行没有冲正,您的申诉继续由监督委员会裁定。"),
    "objection_due": _("第 %(number)s 号异议(第 %(batch)s 批第 %(line)s 行)最晚 %(until_at)s 答复。"),
    "appeal_due": _("第 %(number)s 号异议(第 %(batch)s 批第 %(line)s 行)的申诉最晚 %(until_at)s 裁定。"),
    "table_deliberated": _("《%(title)s》的草案挂出来了,%(until_at)s 以前请提意见,村(居)委会逐条答复。"),
    "table_comment_answered": _("您对积分表草案提的意见,村(居)委会已答复。"),
    "table_vote_recorded": _("《%(title)s》的表决已登记,要由第二个人对照会议纪要核对后才算数。"),
    "table_published": _("《%(title)s》已通过,正在公示,从 %(from_on)s 起生效。不同意的,公示期内可以提异议。"),
    "table_objection_rejected": _("您对《%(title)s》的异议不成立,理由在积分表页面上。"),
    "table_objection_upheld": _("您对《%(title)s》的异议成立,这一版退回修改,重新讨论和表决。"),
    "table_in_force": _("《%(title)s》今天生效,从今天起的事按它计分。"),
    "table_withdrawn": _("《%(title)s》已撤回,理由在积分表页面上。"),
    "batch_missing": _("%(month)s 的积分还没有公示。请审核后公示,或者说明为什么暂缓。"),
}

# Notices of what one did oneself lead to one's own list of it; whoever reads them for somebody goes by the facts.
OWN_LISTS: dict[str, str] = {
    "objection_answered_upheld": "board.my_objections",
    "objection_answered_rejected": "board.my_objections",
    "objection_decided_upheld": "board.my_objections",
    "objection_decided_rejected": "board.my_objections",
}

# The fact that names a page, and that page: (endpoint, what its address calls it). The first fact that a notice has counts.
LINKS: dict[str, tuple[str, str]] = {
    "order_id": ("orders.order", "order_id"),
    "shop_order_id": ("shop.order", "order_id"),
    "visit_id": ("hours.visit", "visit_id"),
    "asked_visit": ("words.one", "visit_id"),
    "activity_number": ("activities.shown", "number"),
    "point_number": ("rosters.week", "number"),
    "year_close": ("household.year_end", "close_id"),
    "change_number": ("household_changes.one", "number"),
    "list_number": ("honours.one", "number"),
    "award_id": ("awards.one", "award_id"),
    "batch": ("board.batch", "number"),
    "table_id": ("points.table", "table_id"),
}

MESSAGES: dict[str, Any] = {"notice_contact_expired": _("这个链接已经过期,或者邮箱又改过了。")}

NEXT: dict[str, Any] = {"notice_contact_expired": _("登录后在“通知”里重新登记邮箱。")}
