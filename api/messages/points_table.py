"""A points table's life in words: its stages, its edits, the bodies, votes and objections, and what refusals say."""

from flask_babel import lazy_gettext as _

STAGES = {
    "draft": _("草案"),
    "deliberating": _("讨论中"),
    "voted": _("表决待核对"),
    "published": _("公示中"),
    "in_force": _("生效"),
    "superseded": _("废止"),
    "withdrawn": _("已撤回"),
    "not_carried": _("没有通过"),
    "returned": _("异议成立,退回修改"),
}
STAGE_KINDS = {
    "draft": "grey",
    "deliberating": "orange",
    "voted": "orange",
    "published": "orange",
    "in_force": "green",
    "superseded": "grey",
    "withdrawn": "grey",
    "not_carried": "red",
    "returned": "red",
}
VERBS = {
    "add": _("添加"),
    "change": _("修改"),
    "delete": _("删除"),
    "move": _("移动"),
    "duplicate": _("复制"),
    "undo": _("撤销"),
}
BODY_KINDS = {
    "council": _("村民理事会或居民议事会"),
    "representatives": _("村(居)民代表会议"),
    "assembly": _("村(居)民会议"),
}
ROLES = {"chair": _("负责人"), "member": _("成员")}
SAID = {"for": _("赞成"), "against": _("反对"), "abstain": _("弃权"), "absent": _("缺席"), "present": _("到会")}
VOTE_STATES = {"recorded": _("待核对"), "confirmed": _("已核对"), "sent_back": _("核对不符,已退回")}
VOTE_KINDS = {"recorded": "orange", "confirmed": "green", "sent_back": "red"}
OBJECTION_STATES = {"open": _("待答复"), "upheld": _("异议成立"), "rejected": _("异议不成立")}
OBJECTION_KINDS = {"open": "orange", "upheld": "green", "rejected": "grey"}
CHANNELS = {"page": _("网页"), "desk": _("柜台"), "paper": _("纸面")}
FIELDS = {
    "category": _("类别"),
    "title": _("项目"),
    "value_steps": _("分值"),
    "per": _("计分单位"),
    "subject": _("对象"),
    "cap_day_steps": _("每天上限"),
    "cap_month_steps": _("每月上限"),
    "cap_year_steps": _("每年上限"),
    "remark": _("备注"),
    "clause": _("依据"),
    "evidence": _("佐证"),
    "rule": _("规则"),
    "reporters": _("申报人"),
}
REPORTERS = {
    "resident": _("本人"),
    "grid_worker": _("网格员"),
    "committee": _("村(居)委会"),
    "attendance": _("签到"),
}
CAUTIONS = {
    "deduction_out_of_use": _("扣分项目,默认不启用;启用要另有决定。"),
    "base_out_of_use": _("基础分,默认不启用;启用要另有决定。"),
    "cap_below_value": _("上限 %(cap_steps)s 分比一次的分值还小,每次都会被截。"),
}

MESSAGES = {
    "table_has_problems": _("有 %(rows)s 行读不了,整张表没有导入。"),
    "table_wrong_state": _("这张表现在不能做这一步。"),
    "too_many_versions": _("%(year)s 年已经有 %(most)s 个版本生效,一年最多 %(most)s 个。"),
    "no_quorum": _("到会 %(present)s 人,法定人数 %(quorum)s 人。"),
    "staging_used": _("这个文件已经用过了。"),
    "staging_changed": _("第 %(line)s 行刚才被 %(by)s 改过。"),
    "same_table_again": _("已经有一张内容完全相同的积分表。"),
    "item_unreadable": _("这一行读不懂。"),
    "draft_changed": _("“%(title)s”这一行刚才被 %(by)s 改过,您的修改没有存。"),
    "draft_full": _("一张表最多 %(most)s 个项目。"),
    "draft_empty": _("草案里还没有项目。"),
    "draft_moved": _("草案的内容和表决的不一样。"),
    "nothing_to_undo": _("没有可以撤销的修改。"),
    "deliberation_over": _("提意见的时间到 %(until_at)s 为止,已经结束。"),
    "deliberation_goes_on": _("讨论到 %(until_at)s 才期满,期满以后才能登记表决。"),
    "comments_enough": _("一个人对一张草案最多提 %(most)s 条意见。"),
    "comment_answered": _("这条意见已经答复过了。"),
    "too_late_to_withdraw": _("这一版已经生效,不能撤回。"),
    "body_name_taken": _("已经有“%(name)s”。"),
    "seated_already": _("%(name)s 在这段时间里已经是成员。"),
    "chair_taken": _("这段时间里的负责人是 %(name)s。"),
    "body_full": _("最多 %(most)s 个成员。"),
    "not_seated": _("这个任期已经结束,或者日期不对。"),
    "votes_do_not_add_up": _("票数对不上:共 %(votes)s 票,到会 %(present)s 人,应到 %(entitled)s 人。"),
    "vote_needs_second_person": _("登记表决的人不能自己核对。"),
    "table_objection_too_late": _("这一版的公示到 %(until_at)s 为止,已经结束。"),
    "table_objected_already": _("您对这一项已经提过异议。"),
    "table_objection_answered": _("这个异议已经答复过了。"),
    "too_near_to_objection": _("不能答复自己、亲属或者自己代录的异议。"),
    "minutes_altered": _("保存的会议纪要和当时的摘要对不上,不能下载。"),
}

NEXT = {
    "table_has_problems": _("请照原因在预览里改好那几行,或者先不要它们。"),
    "too_many_versions": _("可以先存草案,明年再表决。"),
    "staging_changed": _("请看新的内容,再改一次。"),
    "draft_changed": _("请看新的内容,需要时再改一次。"),
    "draft_moved": _("请退回表决登记,按现在的内容重新表决。"),
    "deliberation_over": _("表决以后公示时还可以提异议。"),
    "comments_enough": _("可以把几条意见合在一起。"),
    "vote_needs_second_person": _("请负责人、村(居)委会或监委会的另一个人对照会议纪要核对。"),
    "table_objection_too_late": _("可以等下一版讨论时提意见。"),
    "too_near_to_objection": _("请另一位工作人员来答复。"),
    "minutes_altered": _("请马上告诉管理员和监委会。"),
    "too_late_to_withdraw": _("可以起草并表决新的一版。"),
}
