"""Teams, posts, skills, insurance and guardians' consents: words, and what refusals say."""

from typing import Any

from flask_babel import lazy_gettext as _

MESSAGES: dict[str, Any] = {
    "team_name_taken": _("已经有一个叫“%(name)s”的团队。"),
    "team_ended": _("“%(team)s”已于 %(ended_on)s 结束。"),
    "already_member": _("%(person)s 已是“%(team)s”的成员,从 %(from_on)s 起。"),
    "not_a_member": _("%(person)s 那一天不是“%(team)s”的成员。"),
    "donation_given": _("这 %(minutes)s 分钟已进入捐赠池。"),
    "member_list_refused": _("有 %(rows)s 行不能导入,一个人也没有加入。第一处在第 %(first_row)s 行。"),
    "skill_already_held": _("这项技能已经登记过。"),
    "already_insured": _("保单 %(policy_number)s 已登记到 %(until_on)s。"),
    "guardian_not_adult": _("监护人要是登记册里已满 18 岁的成年人。"),
    "no_minor": _("这个人不需要监护人同意,或者还没有登记出生日期。"),
    "consent_stands": _("这位监护人的同意已登记到 %(until_on)s。"),
    "age_unknown": _("登记册里没有您的出生日期。"),
    "not_in_register": _("您已于 %(left_on)s 离开登记册。"),
}

NEXT: dict[str, Any] = {
    "team_name_taken": _("请换一个名称,或者直接用已有的团队。"),
    "team_ended": _("结束的团队不能再加人、服务或捐赠;可以新建一个。"),
    "already_member": _("不用再加。"),
    "not_a_member": _("请先加入团队,或者这次为自己服务。"),
    "donation_given": _("进了捐赠池就不能退回;还没有入池的捐赠可以撤回。"),
    "member_list_refused": _("请照每行的原因改好表格,再上传一次。"),
    "already_insured": _("续保请从下一天起登记。"),
    "guardian_not_adult": _("请先在登记册里写上出生日期;监护人不在册的,登记姓名并留存同意书。"),
    "no_minor": _("14 至 17 岁才需要。出生日期没有登记的,请先补上。"),
    "age_unknown": _("请带身份证到服务台补登。"),
    "not_in_register": _("请到服务台核对。"),
}

# What a minor is told, by what is missing.
NEEDS = {
    "consent": _(
        "14 至 17 岁独自服务要有监护人同意。请监护人到服务台办理,或者登录后在“技能、保险与监护”里同意;也可以参加有成年人带队的集体活动,时间记给团队。"
    ),
    "group": _("14 岁以下只能参加集体活动。"),
    "leader": _("14 岁以下参加的集体活动要有成年人带队。请工作人员给活动或团队写上带队人。"),
    "team": _("14 岁以下的时间记给团队。请先加入一个团队,签到时选它。"),
}

KINDS = {"team": _("团队"), "organisation": _("组织")}

SKILLS = {
    "first_aid": _("急救"),
    "nursing": _("护理"),
    "driving": _("驾驶"),
    "electrics": _("电工"),
    "counselling": _("心理疏导"),
    "haircut": _("理发"),
    "cooking": _("做饭"),
    "repairs": _("修理"),
    "plumbing": _("水暖"),
    "computer": _("电脑和手机"),
    "tutoring": _("辅导功课"),
    "arts": _("文艺表演"),
    "calligraphy": _("书法绘画"),
    "sign_language": _("手语"),
    "dialect": _("本地方言"),
    "languages": _("外语"),
    "law": _("法律知识"),
    "photography": _("摄影"),
    "gardening": _("园艺"),
    "sport": _("体育指导"),
}

RELATIONS = {
    "parent": _("父亲或母亲"),
    "grandparent": _("祖父母或外祖父母"),
    "relative": _("其他近亲属"),
    "appointed": _("指定的监护人"),
}
HOW = {"own": _("本人登录同意"), "desk": _("在服务台同意"), "paper": _("书面同意书")}
CONSENT_STATES = {"coming": _("还没有开始"), "holds": _("有效"), "over": _("已到期"), "revoked": _("已撤回")}
CONSENT_KINDS = {"coming": "grey", "holds": "green", "over": "grey", "revoked": "red"}

POSTS = {"grid_worker": _("网格员"), "building_captain": _("楼栋长")}
POST_PLACES = {"grid_worker": _("网格"), "building_captain": _("楼栋")}

VERDICTS = {"add": _("加入"), "keep": _("已是成员"), "skip": _("已离开,不加"), "refuse": _("有误")}
VERDICT_KINDS = {"add": "green", "keep": "grey", "skip": "grey", "refuse": "red"}
PROBLEMS = {
    "number_missing": _("没有编号"),
    "number": _("登记册里没有这个编号"),
    "name_differs": _("姓名与登记册不同"),
    "twice": _("同一个人在表里出现了不止一次"),
    "day": _("日期不对,例如 2026-11-21"),
    "left": _("已离开登记册"),
    "before_team": _("早于团队成立的日期"),
    "overlaps": _("早于上次离开的日期"),
    "too_far": _("日期太远"),
}

DONATION_STATES = {"waiting": _("可以撤回"), "given": _("已入捐赠池"), "taken_back": _("已撤回")}
DONATION_KINDS = {"waiting": "orange", "given": "green", "taken_back": "grey"}

# Why a field cannot be so.
FIELDS = {
    "required": _("请填写这一项。"),
    "length": _("太长或者没有填写。"),
    "choice": _("请从列出的选项中选择。"),
    "range": _("请填写大于 0 的数。"),
    "future": _("不能晚于今天。"),
    "past": _("不能早于今天。"),
    "too_old": _("太早了。"),
    "too_far": _("太远了。"),
    "too_long": _("最长十年。"),
    "before_from": _("早于开始日期。"),
    "before_team": _("早于团队成立的日期。"),
    "overlaps": _("早于上次离开的日期。"),
    "of_age": _("最晚到满 18 岁的前一天。"),
}
