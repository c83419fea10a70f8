"""Erasing a person: what refusals say."""

from typing import Any

from flask_babel import lazy_gettext as _

MESSAGES: dict[str, Any] = {
    "erasure_asked": _("%(person)s 的删除已经有人提出,正在等待。"),
    "erasure_not_own": _("自己的删除要由别人受理和批准。"),
    "erasure_second_person": _("受理的人不能自己批准,要第二个人批准。"),
    "erasure_obstacles": _("还有没办完的事,现在不能删除。"),
    "person_is_erased": _("%(person)s 已经删除。"),
    "erasure_wrong_state": _("这个删除现在不能这样办。"),
}

NEXT: dict[str, Any] = {
    "erasure_not_own": _("请另一位社区负责人受理。"),
    "erasure_second_person": _("请村委会或监委会的人登录后批准。"),
    "erasure_obstacles": _("请照页面上列出的,一件一件办完再提出。"),
    "erasure_asked": _("可以在“删除个人资料”里查看。"),
}
