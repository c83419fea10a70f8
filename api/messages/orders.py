"""Orders, the desk, helpers: services, states and deeds by name, and what refusals say."""

from typing import Any

from flask_babel import lazy_gettext as _

CLASSES = {
    "meals": _("助餐"),
    "cleaning": _("助洁"),
    "bathing": _("助浴"),
    "outings": _("助行"),
    "medical_escort": _("助医"),
    "errands": _("代办"),
    "visits": _("巡访"),
    "home_help": _("便民"),
}

SERVICES = {
    "meal_delivery": _("送餐上门"),
    "meal_company": _("陪同就餐"),
    "meal_cooking": _("上门做饭"),
    "room_cleaning": _("打扫房间"),
    "laundry": _("洗衣晾晒"),
    "bath_company": _("陪同助浴"),
    "haircut": _("上门理发"),
    "walk_company": _("陪同散步"),
    "outing_company": _("陪同外出"),
    "clinic_escort": _("陪同就医"),
    "medicine_pick_up": _("代取药品"),
    "shopping": _("代购物品"),
    "bill_errand": _("代缴费用"),
    "paperwork_errand": _("代办手续"),
    "patrol_visit": _("上门巡访"),
    "chat_company": _("陪伴聊天"),
    "reading_company": _("读书读报"),
    "small_repair": _("小修小补"),
    "phone_lesson": _("教用手机"),
}

STATES = {
    "submitted": _("待受理"),
    "accepted": _("待派"),
    "dispatched": _("待领"),
    "claimed": _("已领"),
    "in_service": _("服务中"),
    "to_confirm": _("待确认"),
    "done": _("已完成"),
    "rated": _("已评"),
    "returned": _("已退回"),
    "cancelled": _("已取消"),
    "disputed": _("有争议"),
    "overdue": _("已超时"),
}

# Kinds of the badge that a state is shown in.
STATE_KINDS = {
    "claimed": "green",
    "in_service": "green",
    "done": "green",
    "rated": "green",
    "to_confirm": "orange",
    "disputed": "red",
    "overdue": "red",
}

# Lines of the timeline.
EVENTS = {
    "place": _("点单"),
    "accept": _("受理"),
    "return": _("退回"),
    "dispatch": _("派单"),
    "reschedule": _("改时间"),
    "claim": _("领单,分钟已冻结"),
    "stand_by": _("候补"),
    "step_back": _("退出,分钟已解冻"),
    "promote": _("候补转正,分钟已冻结"),
    "no_show": _("没有来,分钟已解冻"),
    "arrive": _("到达,扫门牌卡"),
    "leave": _("离开,扫门牌卡"),
    "confirm": _("确认,分钟已结算"),
    "dispute": _("提出争议,分钟继续冻结"),
    "resolve": _("争议已裁定,分钟已结算"),
    "rate": _("评单"),
    "cancel": _("取消"),
    "become_overdue": _("超时"),
    "flag": _("到时限无人领,转网格员"),
    "escalate": _("长时间无人领,转社区负责人督办,基金担保"),
    "call_back": _("回访"),
    "issue_tear_off": _("打印确认单"),
    "wrong_number": _("确认号不对"),
    "unlock_tear_off": _("确认号解锁"),
    "undo": _("撤回刚才的操作,重新受理"),
    "acknowledge": _("有人跟进"),
    "consent": _("问过是否同意多付"),
}

HOW_PLACED = {"own": _("本人"), "helper": _("代办人"), "desk": _("服务台代下单")}
# How she asked the staff who ordered for her.
ASKED_WAYS = {"counter": _("到服务台"), "phone": _("打电话"), "visit": _("上门时说的")}
PLACED_BY_STAFF = {
    "counter": _("服务台代下单"),
    "phone": _("电话点单,工作人员代下"),
    "visit": _("上门点单,工作人员代下"),
}
VERDICTS = {
    "reject": _("异议不成立,按记录结算"),
    "to_volunteer": _("冻结的时间全部给志愿者"),
    "to_recipient": _("全部退回老人"),
    "split": _("两边分"),
    "withdrawn": _("订单取消,不再裁定"),
}
STEPS = {"grid": _("网格员跟进"), "manager": _("社区负责人督办")}
# What the dispatcher's list waits for.
WAITING = {
    "accept": _("等受理"),
    "dispatch": _("等派单"),
    "claim": _("等人领"),
    "overdue": _("等另约时间"),
    "dispute": _("等裁定"),
}
TO_CALL = {
    "no_phone": _("没有电话,要见到人"),
    "estimated": _("离开时间是估计的"),
    "locked": _("确认号试错锁定"),
}
HOW_CONFIRMED = {
    "sign_in": _("本人登录确认"),
    "helper": _("代办人确认"),
    "tear_off": _("确认号"),
    "call_back": _("回访确认"),
    "silence": _("三天内无异议"),
    "decision": _("裁定"),
}
EVIDENCE = {
    "A": _("A 两次扫动态码"),
    "B": _("B 门牌卡两次扫码加本人确认"),
    "C": _("C 自报,有见证人"),
    "D": _("D 工作人员按纸质登记补录"),
}
REASONS = {
    "multiplier": _("时段倍数"),
    "rounding": _("按 %(limit_minutes)s 分钟取整"),
    "visit_cap": _("一次最多 %(limit_minutes)s 分钟"),
    "day_cap": _("一天最多 %(limit_minutes)s 分钟"),
    "month_cap": _("一个月最多 %(limit_minutes)s 分钟"),
}
NEARNESS = {0: _("同一楼栋"), 1: _("同一网格"), 2: _("本社区")}
RELATIONS = {
    "child": _("子女"),
    "spouse": _("配偶"),
    "grandchild": _("孙辈"),
    "relative": _("亲属"),
    "neighbour": _("邻居"),
    "volunteer": _("志愿者"),
}
BINDING_STATES = {
    "asked": _("待审核"),
    "reviewed": _("待老人确认"),
    "confirmed": _("已生效"),
    "refused": _("未通过"),
    "revoked": _("已解除"),
}

# Why a field cannot be so.
FIELDS = {
    "not_in_catalogue": _("这项服务不在服务目录里。"),
    "out_of_range": _("请在允许的范围内填写。"),
    "not_rounded": _("请填写 15 分钟的整数倍。"),
    "length": _("太长或者没有填写。"),
    "required": _("请填写这一项。"),
    "in_the_past": _("这个时间已经过去。"),
    "too_far_ahead": _("最多提前 60 天预约。"),
    "not_after_arrival": _("离开时间要晚于到达时间,并且不能在以后。"),
    "too_far": _("离约定的时间太远。"),
    "own_matter": _("不能处理与自己有关的事。"),
    "not_listed": _("请从列出的选项中选择。"),
    "same_person": _("不能是同一个人。"),
    "time": _("请填写时间,例如 09:30。"),
    "not_a_picture": _("这不是能看的照片。"),
    "no_code": _("照片里没有找到二维码。"),
}


def how_placed(order: Any) -> Any:
    """Who placed an order and how she asked, in words."""
    if order.placed_how == "desk":
        return PLACED_BY_STAFF[order.asked_way or "counter"]
    return HOW_PLACED[order.placed_how]


MESSAGES = {
    "order_price_not_agreed": _("这个时段一小时按多计:约 %(planned_minutes)s 分钟,最多要付 %(most_minutes)s 分钟。"),
    "order_skill_needed": _("这项服务要会做的人来做,您的技能里还没有登记。"),
    "order_dispute_not_outside": _("裁定争议的人不能在场,不能是双方的家人或代办人。"),
    "order_nothing_to_acknowledge": _("订单 %(order_number)s 没有等您跟进的事,或者已经有人跟进了。"),
    "order_undo_too_late": _("只能在 %(minutes)s 分钟内撤回。"),
    "order_not_undone": _("订单 %(order_number)s 已经上过门,取消后不能恢复。"),
    "not_enough": _("这需要 %(needed_minutes)s 分钟,可用 %(available_minutes)s 分钟。"),
    "order_not_found": _("没有这个订单,或者您不能查看。"),
    "order_wrong_state": _("订单 %(number)s 现在的状态不能这样做。"),
    "recipient_busy": _("这段时间已经有订单 %(order_number)s。"),
    "recipient_left": _("这位居民已经不在册,不能再点单。"),
    "order_already_claimed": _("订单 %(order_number)s 已经有人先领了。"),
    "order_already_yours": _("订单 %(order_number)s 已经是您的了。"),
    "order_is_own": _("不能领自己的订单。"),
    "order_same_household": _("同一户的人互相照顾不计时间。"),
    "volunteer_too_young": _("满 %(needed_age)s 岁并且登记了生日的志愿者才能上门服务。"),
    "claiming_blocked": _("%(count)s 次没有按约上门,暂时不能领单。"),
    "volunteer_busy": _("这段时间您已经有订单 %(order_number)s。"),
    "order_not_offered": _("这个订单派给了指定的志愿者。"),
    "order_time_past": _("订单 %(order_number)s 的时间已经过去。"),
    "order_step_back_too_late": _("订单 %(order_number)s 的时间已经到了,不能自己退出。"),
    "no_show_too_early": _("约定时间过后 %(minutes)s 分钟才能记为没有来。"),
    "order_not_yours": _("订单 %(order_number)s 不是您领的。"),
    "wrong_door": _("这张门牌卡不是订单 %(order_number)s 的那一家。"),
    "order_too_early": _("还没有到时间:最早提前 %(early_minutes)s 分钟开始。"),
    "tear_off_locked": _("订单 %(order_number)s 的确认号已锁定。"),
    "tear_off_missing": _("订单 %(order_number)s 没有打印过确认单。"),
    "tear_off_wrong": _("确认号不对,还可以试 %(tries_left)s 次。"),
    "tear_off_not_for_volunteer": _("领单的志愿者不能看确认号。"),
    "call_back_needed": _("要先回访到老人本人。"),
    "consent_needed": _("多出的时间要老人本人同意,代办人不能代她同意。"),
    "order_own_matter": _("服务的人不能替老人确认,也不能裁定自己的争议。"),
    "silence_not_enough": _("订单 %(order_number)s 还不能按无异议确认。"),
    "helpers_too_many": _("一位老人最多有 %(most)s 位代办人。"),
    "helper_already": _("已经是代办人,或者正在办理。"),
    "helper_wrong_state": _("代办关系现在的状态不能这样做。"),
    "helper_own_review": _("代办人不能自己审核或替老人确认。"),
    "helper_wrong_card": _("这不是老人本人的卡。"),
    "code_not_read": _("没有认出这个码或号码。"),
    "code_of_other_community": _("这张卡是别的社区的。"),
}

NEXT = {
    "order_price_not_agreed": _("同意的话,请再按一次“点单”。"),
    "order_skill_needed": _("会做的话,请先登记技能,再来领单。"),
    "order_dispute_not_outside": _("请换一位与双方无关的人裁定。"),
    "order_undo_too_late": _("请重新点单。"),
    "order_step_back_too_late": _("请打电话给服务台,由服务台记下原因。"),
    "not_enough": _("可以少点一些时间,取消别的订单,或者由社区申请困难帮扶。"),
    "order_already_claimed": _("如果候补还空着,您可以报名候补。"),
    "claiming_blocked": _("已经存下的时间不受影响。30 天后可以再领。"),
    "wrong_door": _("请核对门牌。"),
    "tear_off_locked": _("请联系服务台:工作人员回访老人后可以解锁。"),
    "tear_off_missing": _("请到服务台打印,或者由服务台回访后确认。"),
    "tear_off_wrong": _("请看老人手里那张确认单上的六位数字。"),
    "call_back_needed": _("请打电话或者上门,记下回访后再办。"),
    "code_not_read": _("请再扫一次,或者照卡片输入编号。"),
    "silence_not_enough": _("没有手机的老人要先回访到,或者在两天里各上门一次。"),
}
