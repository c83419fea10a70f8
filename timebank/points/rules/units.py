"""The units of a points table: per time, person, hour, month and year."""

from timebank.points.rules.base import N_, Rule


class Once(Rule):
    """Each time it happens: 一次, 每次, 5分/次."""

    name = "once"
    label = N_("每次")
    says = N_("每次 %(points)s 分")
    words = (
        "一次",
        "次",
        "每次",
        "1次",
        "一项",
        "每项",
        "项",
        "一件",
        "每件",
        "件",
        "每例",
        "每起",
        "例",
        "起",
        "once",
    )
    brings = ("times",)
    is_unit = True


class Person(Rule):
    """For each person who took part: 一人次."""

    name = "person"
    label = N_("每人次")
    says = N_("每人次 %(points)s 分")
    words = ("人次", "一人次", "每人次", "1人次", "每人", "一人", "1人", "人", "每人每次", "person")
    brings = ("times",)
    is_unit = True


class Hour(Rule):
    """By the hour; what is less than a tenth of a point falls away."""

    name = "hour"
    label = N_("每小时")
    says = N_("每小时 %(points)s 分,不到 0.1 分的舍去")
    words = ("小时", "每小时", "一小时", "1小时", "每个小时", "个小时", "每人每小时", "hour")
    brings = ("minutes",)
    is_unit = True


class Month(Rule):
    """Once a month, unless a cap says more."""

    name = "month"
    label = N_("每月")
    says = N_("每月 %(points)s 分")
    words = ("月", "每月", "一个月", "1个月", "每个月", "每户每月", "每人每月", "月度", "month")
    is_unit = True
    once_in = "month"


class Year(Rule):
    """Once a year, unless a cap says more."""

    name = "year"
    label = N_("每年")
    says = N_("每年 %(points)s 分")
    words = (
        "年",
        "每年",
        "一年",
        "1年",
        "一个年度",
        "1个年度",
        "年度",
        "每年度",
        "每户每年",
        "每人每年",
        "每户一年",
        "每户1年",
        "全年",
        "year",
    )
    is_unit = True
    once_in = "year"
