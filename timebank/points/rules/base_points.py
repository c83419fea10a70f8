"""基础分: what each household begins the year with; it cannot be redeemed."""

from timebank.points.rules.base import N_, Rule, Scored


class BasePoints(Rule):
    """Once a year for each household, unless a cap says more. An item is one by its words, whatever its unit."""

    name = "base"
    label = N_("基础分")
    says = N_("每年 %(points)s 分基础分,不能兑换")
    once_in = "year"

    def needs(self, item: Scored) -> tuple[str, ...]:
        return ("minutes",) if item.per == "hour" else ()
