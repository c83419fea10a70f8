"""Points per hour that was served with scans: the minutes come from the attendance, beside them and never converted."""

import re

from timebank.points.rules.base import N_, Cells, Found, Rule, Scored

ATTENDED = re.compile(r"[,(]?(?:按|凭|依|以)?(?:实际)?签到(?:签退)?(?:时长|时间|记录|为准|核定|计算|计)*[,)]?")


class Attended(Rule):
    """By the hour as scanned; nobody types the hours."""

    name = "attended"
    label = N_("按签到的小时")
    says = N_("按签到每小时 %(points)s 分,不到 0.1 分的舍去")
    brings = ("minutes", "attended")

    def read(self, cells: Cells) -> Found | None:
        for name in ("unit", "value"):
            text = getattr(cells, name)
            found = ATTENDED.search(text)
            rest = text[: found.start()] + text[found.end() :] if found else ""
            hours = "小时" in text or "时长" in text or "hour" in text
            if found and hours:
                unit = rest if name == "unit" else cells.unit
                cells = cells.without(name, rest)
                return Found({}, cells.without("unit", unit if unit not in ("", "每") else "每小时"))
        return None

    def write(self, item: Scored) -> Cells:
        return Cells(unit="按签到每小时")
