"""The words of a points table as committees write them, and what one read row says."""

import re
from dataclasses import dataclass, field
from typing import Any

from timebank.points.rules import UNIT_OF_WORD, UNITS

MOST_ROWS = 5_000
MOST_VALUE_STEPS = 100_000
HEADER_WITHIN = 20

SUBJECTS = {"户": "household", "家庭": "household", "每户": "household", "以户为单位": "household", "农户": "household",
            "人": "person", "个人": "person", "成员": "person", "村民": "person", "居民": "person", "每人": "person",
            "household": "household", "person": "person"}  # fmt: skip
SUBJECT_WORDS = {"household": "户", "person": "人"}

# Who may report an item, as committees write it; several may stand side by side.
REPORTERS = {
    "resident": ("本人", "户主", "村民", "居民", "个人", "自主申报", "自行申报", "家庭", "农户", "resident"),
    "grid_worker": ("网格员", "网格长", "楼栋长", "楼长", "组长", "grid_worker"),
    "committee": ("村委会", "居委会", "村委", "居委", "村两委", "社区", "理事会", "议事会", "积分管理员", "评议小组", "工作人员", "committee"),
    "attendance": ("签到", "自动", "系统", "attendance"),
}  # fmt: skip
REPORTER_OF_WORD = {word: code for code, words in REPORTERS.items() for word in words}

# "每人次", "/人·次" and "1人次" are one unit: what is only put around its name goes.
_AROUND = re.compile("[/·.每一1个()]|度$")


def bare_unit(text: str) -> str:
    """The name of a unit without what people put around it."""
    return _AROUND.sub("", text)


_UNITS = {bare_unit(word): name for word, name in UNIT_OF_WORD.items()}
_UNITS |= {f"{whose}{word}": name for word, name in list(_UNITS.items()) for whose in ("户", "人") if word in ("次", "项", "件", "小时", "月", "年")}  # fmt: skip
_UNITS |= {
    "人次": "person",
    "人人次": "person",
    "户": "once",
    "时": "hour",
    "h": "hour",
    "小时人": "hour",
    "年户": "year",
    "月户": "month",
}
DAILY = {"天", "日", "户天", "人天", "户日", "人日"}


def unit_of(text: str) -> str | None:
    """The unit that a cell names: one of the rules' units, `day` for once a day, or None."""
    if text in UNIT_OF_WORD:
        return UNIT_OF_WORD[text]
    bare = bare_unit(text)
    return "day" if bare in DAILY else _UNITS.get(bare)


UNIT_WORDS = {name: {"once": "一次", "person": "一人次", "hour": "每小时", "month": "每月", "year": "每年"}.get(name, name) for name in UNITS}  # fmt: skip

HEADINGS = {
    "number": ("序号", "编号", "号", "no", "no.", "#"),
    "category": ("类别", "分类", "类型", "积分类别", "项目类别", "一级指标", "大类", "评价类别", "category"),
    "title": ("项目", "细则", "内容", "事项", "积分项目", "积分内容", "积分事项", "加分项目", "加分内容", "加分事项", "加分项",
              "扣分项目", "扣分内容", "扣分事项", "扣分项", "减分项目", "减分内容", "减分事项", "减分项", "具体内容", "评分项目",
              "评分内容", "积分细则", "具体事项", "二级指标", "指标内容", "item"),
    "value": ("分值", "分数", "积分", "积分值", "加分", "扣分", "减分", "加分分值", "扣分分值", "减分分值", "加分标准", "扣分标准",
              "积分标准", "评分标准", "计分标准", "标准", "赋分", "加分值", "扣分值", "points"),
    "unit": ("计分单位", "单位", "计分方式", "积分单位", "计分办法", "频次", "unit"),
    "cap": ("上限", "封顶", "最高分", "积分上限", "最高", "限额", "计分上限", "cap"),
    "subject": ("对象", "适用对象", "积分对象", "计分对象", "主体", "subject"),
    "remark": ("备注", "说明", "remark"),
    "clause": ("依据", "条款", "依据条款", "政策依据", "clause"),
    "evidence": ("佐证", "佐证材料", "证明材料", "所需材料", "认定依据", "认定材料", "evidence"),
    "reporters": ("申报人", "申报主体", "谁申报", "申报方式", "填报人", "reporters"),
    # Ours, which an export adds: they say nothing that the other columns do not.
    "ours": ("怎么计分", "是否启用", "how it is scored", "in use"),
}  # fmt: skip
ROLE_OF_HEADING = {word: role for role, words in HEADINGS.items() for word in words}
COLUMN_NAMES = {"category": "类别", "title": "项目", "value": "分值", "unit": "计分单位", "cap": "上限", "subject": "对象",
                "remark": "备注", "clause": "依据", "evidence": "佐证", "reporters": "申报人"}  # fmt: skip
# The cells that are read, not kept word by word.
READ_ROLES = ("value", "unit", "cap", "subject", "reporters")
ENTRY_ROLES = tuple(COLUMN_NAMES)

# "加分" on its own row above a column, and "二、扣分项" on a row of its own, say which way a number counts.
DEDUCTING = re.compile("[扣减]分|[扣减]|负面")
BASE = re.compile("基础(积)?分|基本(积)?分")
NOTHING = {"", "无", "不限", "不封顶", "/", "-", "—"}
FOOTNOTE = re.compile(r"^(注|备注|说明|填表|制表|制表人|审核人|日期)[\d::： ]|^(注|备注|说明|填表人|制表人)$")
SUM_ROW = re.compile(r"^(合计|总计|小计|共计)([:： ]|$|\d)")
SECTION = re.compile(r"^([一二三四五六七八九十]+[、.．]|[(（][一二三四五六七八九十]+[)）])")
# "每次加5分", "+5分", "5分/次", "每小时2分", "扣3": a unit, a sign, a number, a unit.
VALUE = re.compile(
    r"^(?P<unit>[每一][^\d加扣减奖罚+\-]*)?(?P<sign>奖励|扣除|倒扣|[加奖计记得积扣减罚+\-])?(?P<number>\d{1,7}(\.\d+)?)(?P<points>分)?(?P<after>/?[^\d]*)$"
)
RANGE = re.compile(r"\d+(\.\d+)?(分)?[-~至到]+\d")
# What Excel makes of 1-3: a day of this year.
DAY = re.compile(r"^\d{4}-\d{2}-\d{2}|^\d{1,2}月\d{1,2}日$")
# Where in a cell of points the caps begin: "5分,每月不超过20分".
CAP_PART = re.compile(
    r"[,;,;。(]?(?P<cap>(?:每[人户]?每?|全|一)?(?:个)?[天日月年]?度?(?:累计|内)?(?:最多|最高|至多|不超过|不得超过|封顶|上限|限)[^,;。)]*(?:[,;](?:每|全|一)[^,;。)]*)*)[)。]?$"
)


@dataclass(frozen=True)
class Problem:
    """One reason why a row is not taken: the row as the spreadsheet counts, its column, a code and what was read."""

    line: int
    column: str
    code: str
    facts: dict[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class ItemRow:
    """One item as read; values in steps of 0.1 point, deductions negative. `written`: the cells that were read, by heading."""

    line: int
    category: str
    title: str
    value_steps: int
    per: str
    subject: str
    cap_day_steps: int | None = None
    cap_month_steps: int | None = None
    cap_year_steps: int | None = None
    remark: str = ""
    clause: str = ""
    evidence: str = ""
    rule: dict[str, Any] | None = None
    reporters: str | None = None
    written: dict[str, str] | None = None

    @property
    def kind(self) -> str:
        """Base points and deductions are told apart from awards, since both begin out of use."""
        if BASE.search(self.category) or BASE.search(self.title):
            return "base"
        return "deduction" if self.value_steps < 0 else "award"
