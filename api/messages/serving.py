"""People who serve: the words of skills."""

from typing import Any

from flask_babel import lazy_gettext as _

SKILLS: dict[str, Any] = {
    "first_aid": _("急救"),
    "nursing": _("护理"),
    "driving": _("驾驶"),
    "electrics": _("电工"),
    "counselling": _("心理疏导"),
    "haircut": _("理发"),
    "cooking": _("做饭"),
    "repairs": _("家电修理"),
    "plumbing": _("管道疏通"),
    "computer": _("电脑和手机"),
    "tutoring": _("课业辅导"),
    "arts": _("文艺表演"),
    "calligraphy": _("书法绘画"),
    "sign_language": _("手语"),
    "dialect": _("本地方言"),
    "languages": _("外语"),
    "law": _("法律咨询"),
    "photography": _("摄影摄像"),
    "gardening": _("园艺"),
    "sport": _("体育健身"),
}
