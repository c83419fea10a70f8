"""Relatives: words, and what refusals say."""

from typing import Any

from flask_babel import lazy_gettext as _

MESSAGES: dict[str, Any] = {
    "kin_stands": _("这两个人的亲属关系已经登记过。"),
    "kin_not_found": _("没有这个编号,或者姓名与编号对不上。"),
    "kin_too_many": _("一个人最多登记 %(most)s 位亲属。"),
    "kin_too_near": _("您是其中一方,或者与其中一方是一家人、亲属,不能解除这条关系。"),
    "kin_confirmed": _("这条关系已经算数,不用再确认。"),
    "kin_ended": _("这条关系已于 %(ended_on)s 不再算。"),
}

NEXT: dict[str, Any] = {
    "kin_stands": _("不用再登记。"),
    "kin_not_found": _("请照亲属卡片上的编号填写,姓名写全。"),
    "kin_too_many": _("还有的请告诉服务台。"),
    "kin_too_near": _("请由与双方都没有关系的工作人员办理。"),
    "kin_confirmed": _("打开亲属登记可以看到。"),
    "kin_ended": _("又成为亲属的,重新登记一条。"),
}

# What the other one is, seen from whose page it is.
RELATIONS: dict[str, Any] = {
    "spouse": _("配偶"),
    "parent": _("父亲或母亲"),
    "child": _("子女"),
    "sibling": _("兄弟姐妹"),
    "grandparent": _("祖父母或外祖父母"),
    "grandchild": _("孙子女或外孙子女"),
    "in_law": _("姻亲"),
    "other": _("其他亲属"),
}
HOW: dict[str, Any] = {"own": _("本人声明"), "desk": _("工作人员登记")}

# Why a field cannot be so.
FIELDS: dict[str, Any] = {
    "required": _("请填写这一项。"),
    "length": _("太长或者没有填写。"),
    "choice": _("请从列出的选项中选择。"),
    "future": _("不能晚于今天。"),
    "self": _("这是本人的编号。"),
}
