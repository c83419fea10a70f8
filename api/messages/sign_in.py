"""Signing in, activating a card, sessions and roles."""

from flask_babel import lazy_gettext as _

MESSAGES = {
    "wrong_password": _("编号、手机号或密码不对。"),
    "wrong_activation_code": _("编号或一次性代码不对。"),
    "locked": _("试错的次数太多,请 %(minutes)s 分钟后再试。"),
    "activation_code_used": _("这张卡上的一次性代码已经用过。"),
    "password_weak": _("密码至少 %(least)s 位,不能是编号、手机号,也不能是 12345678 这样的数字。"),
    "sign_in_name_taken": _("这个登录名已经有人用。"),
    "person_linked_elsewhere": _("编号 %(number)s 已经有自己的登录。"),
    "role_not_yours_to_give": _("这个角色不由您授予。"),
    "role_list_too_long": _("名单有 %(lines)s 行,一次最多 %(most)s 行。"),
    "present_elsewhere": _("您在另一个社区已经签到,还没有签退。"),
}

NEXT = {
    "wrong_password": _("再试几次会暂时锁定。忘记密码时,请到服务台换一张卡,用新卡上的代码重设。"),
    "wrong_activation_code": _("代码印在随卡发的激活条上,不分大小写。"),
    "locked": _("急用时请到服务台,由工作人员代办。"),
    "activation_code_used": _("如果已经激活,请直接登录;忘记密码时,请到服务台换一张卡。"),
    "person_linked_elsewhere": _("请用那个编号的密码登录;不是您本人激活的,请联系服务台。"),
    "role_not_yours_to_give": _("请找社区管理员或系统运维员。"),
    "present_elsewhere": _("请先在那里签退,再来这里签到。"),
}
