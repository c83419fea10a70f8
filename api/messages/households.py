"""Households: splits, merges and heads by name, and what refusals say."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

KINDS: dict[str, Any] = {"split": _("分户"), "merge": _("并户")}
STATES: dict[str, Any] = {
    "asked": _("等大家同意"),
    "agreed": _("都已同意,待办理"),
    "done": _("已办理"),
    "undone": _("已撤回"),
    "declined": _("一方不同意"),
    "withdrawn": _("已放弃"),
    "lapsed": _("过期未办"),
}
STATE_KINDS = {
    "asked": "orange",
    "agreed": "orange",
    "done": "green",
    "undone": "red",
    "declined": "grey",
    "withdrawn": "grey",
    "lapsed": "grey",
}
WAYS: dict[str, Any] = {"own": _("本人登录同意"), "desk": _("到场同意,工作人员登记")}
SIDES: dict[str, Any] = {"giver": _("原户"), "taker": _("另一户")}
EVENTS: dict[str, Any] = {
    "moved_in": _("迁入"),
    "moved_out": _("迁出"),
    "head": _("成为户主"),
    "split_off": _("分出一户"),
    "split_from": _("从这一户分出"),
    "merged_in": _("并入一户"),
    "merged_away": _("并到这一户,本户结束"),
    "undone": _("撤回"),
}
BLOCKS: dict[str, Any] = {
    "year_close": _("年终结转正在办理,等它办完"),
    "awards": _("有 %(count)s 笔加分扣分还没有办完(审核、公示或异议)"),
    "corrections": _("有 %(count)s 笔更正等第二个人确认"),
    "shop_orders": _("有 %(count)s 张兑换单还没有领取,请领取或者取消"),
    "held": _("有冻结的积分,请等它结清"),
    "below_zero": _("积分账户低于 0,请等以后的加分补上"),
    "members": _("成员与申请时不同,请放弃后重新申请"),
    "words": _("还有 %(count)s 位要走的人没有同意"),
}
WHY_NOT_UNDONE: dict[str, Any] = {
    "late": _("撤回的时间已经过了"),
    "spent": _("两户的积分后来动过"),
    "ordered": _("后来下过兑换单"),
    "awarded": _("新户已经有加分扣分"),
    "changed": _("两户后来又有变更"),
}
FIELDS: dict[str, Any] = {
    "required": _("请填写这一项。"),
    "too_long": _("太长了。"),
    "out_of_range": _("请填写 0 到 100 的比例,或者一个分数,只填一个。"),
    "not_among_those_who_go": _("新户主要从分出去的人里选。"),
}


def blocks(found: Any) -> list[str]:
    """What must end first, a sentence each, of `what:count`."""
    told = []
    for one in found if isinstance(found, list) else []:
        what, _colon, count = str(one).partition(":")
        told.append(str(BLOCKS.get(what, what)) % {"count": count})
    return told


def _blocked(facts: Mapping[str, Any]) -> str:
    return gettext("现在还不能办理:%(told)s。", told=";".join(blocks(facts.get("blocks"))))


def _undo_over(facts: Mapping[str, Any]) -> str:
    why = WHY_NOT_UNDONE.get(str(facts.get("why")), "")
    return gettext("第 %(number)s 号变更不能再撤回:%(why)s。", number=facts.get("number", ""), why=why)


MESSAGES: dict[str, Any] = {
    "household_ended": _("第 %(number)s 户已经结束(并入别户或者撤回)。"),
    "not_of_household": _("这个人不住在第 %(household)s 户。"),
    "last_of_household": _("第 %(household)s 户只剩她一个人。"),
    "head_first": _("她是第 %(household)s 户的户主,家里还有别人。"),
    "nobody_stays": _("所有人都走,第 %(household)s 户就没有人了。"),
    "consent_needs_adult": _("%(person)s 未满 18 岁,不能代表一户同意。"),
    "household_change_open": _("这一户有另一件变更(第 %(number)s 号)还没有办完。"),
    "same_household": _("不能和自己并户。"),
    "household_change_wrong_state": _("第 %(number)s 号变更现在的状态不能这样做。"),
    "household_change_blocked": _blocked,
    "own_household_change": _("这是您自己家或者亲属家的变更。"),
    "share_too_large": _("说好给 %(share_steps)s 分,原户可用只有 %(available_steps)s 分。"),
    "household_undo_over": _undo_over,
    "household_undo_second_person": _("分值较大,撤回要由另一位工作人员办理。"),
}
NEXT: dict[str, Any] = {
    "household_ended": _("请找它并入的那一户。"),
    "not_of_household": _("请核对姓名和编号。"),
    "last_of_household": _("请办理并户,积分一起过去。"),
    "head_first": _("请先定新户主,再迁出。"),
    "nobody_stays": _("改户主或者迁址,在户的页面上办。"),
    "consent_needs_adult": _("请由户里的成年人同意。"),
    "household_change_open": _("请先办完或者放弃那一件。"),
    "household_change_wrong_state": _("请刷新页面看看现在到了哪一步。"),
    "household_change_blocked": _("这些办完以后再来,同意仍然有效,到期之前都可以办。"),
    "own_household_change": _("请由与两户都没有关系的工作人员办理。"),
    "share_too_large": _("请放弃后按现在的积分重新商量。"),
    "household_undo_over": _("要改回来,请双方重新申请。"),
}
