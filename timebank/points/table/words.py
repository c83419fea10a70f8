"""The words of a points table as committees write them, and what one read row says."""

import re
import unicodedata
from dataclasses import dataclass, field

MOST_ROWS = 5_000
MOST_VALUE_STEPS = 100_000
HEADER_WITHIN = 20

SUBJECTS = {"户": "household", "家庭": "household", "每户": "household", "人": "person", "个人": "person",
            "成员": "person", "村民": "person", "居民": "person", "每人": "person", "household": "household", "person": "person"}  # fmt: skip
UNITS = {
    "once": ("一次", "次", "每次", "1次", "一项", "每项", "项", "一件", "每件", "件", "once"),
    "person": ("人次", "一人次", "每人次", "1人次", "每人", "一人", "person"),
    "hour": ("小时", "每小时", "一小时", "1小时", "每个小时", "hour"),
    "month": ("月", "每月", "一个月", "每个月", "每户每月", "每人每月", "month"),
    "year": ("年", "每年", "一年", "一个年度", "年度", "每年度", "每户每年", "每人每年", "每户一年", "year"),
}
PER_OF_WORD = {word: per for per, words in UNITS.items() for word in words}

HEADINGS = {
    "category": ("类别", "分类", "类型", "积分类别", "项目类别", "一级指标", "category"),
    "title": ("项目", "细则", "内容", "事项", "积分项目", "积分内容", "积分事项", "加分项目", "加分内容", "加分事项", "加分项",
              "扣分项目", "扣分内容", "扣分事项", "扣分项", "减分项目", "减分事项", "减分项", "具体内容", "评分项目", "二级指标", "item"),
    "value": ("分值", "分数", "积分", "积分值", "加分", "扣分", "减分", "加分分值", "扣分分值", "减分分值", "加分标准", "扣分标准",
              "积分标准", "评分标准", "标准", "points"),
    "unit": ("计分单位", "单位", "计分方式", "积分单位", "unit"),
    "cap": ("上限", "封顶", "最高分", "积分上限", "最高", "cap"),
    "subject": ("对象", "适用对象", "积分对象", "计分对象", "subject"),
    "remark": ("备注", "说明", "remark"),
    "clause": ("依据", "条款", "依据条款", "clause"),
    "evidence": ("佐证", "佐证材料", "证明材料", "所需材料", "evidence"),
}  # fmt: skip
ROLE_OF_HEADING = {word: role for role, words in HEADINGS.items() for word in words}
COLUMN_NAMES = {"category": "类别", "title": "项目", "value": "分值", "unit": "计分单位", "cap": "上限", "subject": "对象",
                "remark": "备注", "clause": "依据", "evidence": "佐证"}  # fmt: skip

# The Traditional characters that occur in headings, units and subjects; not a converter for whole sentences.
SIMPLIFIED = str.maketrans(
    "類別項細則內單積對備註說計減評標準據條證戶時個數値歸屬處罰獎勵適範圍員鎮鄉區週",
    "类别项细则内单积对备注说计减评标准据条证户时个数值归属处罚奖励适范围员镇乡区周",
)
# "加分" on its own row above a column, and "二、扣分项" on a row of its own, say which way a number counts.
DEDUCTING = re.compile("[扣减]分|[扣减]|负面")
BASE = re.compile("基础(积)?分|基本(积)?分")
NOTHING = {"", "无", "不限", "不封顶", "/", "-", "—"}
FOOTNOTE = re.compile(r"^(注|备注|说明|合计|总计|填表|制表)[:： ]?")
SECTION = re.compile(r"^([一二三四五六七八九十]+[、.．]|[(\uff08][一二三四五六七八九十]+[)\uff09])")
# "每次加5分", "+5分", "5分/次", "每小时2分", "扣3": a unit, a sign, a number, a unit.
VALUE = re.compile(
    r"^(?P<unit>[每一][^\d加扣减奖+\-]*)?(?P<sign>奖励|扣除|[加奖计扣减+\-])?(?P<number>\d{1,7}(\.\d+)?)分?(?P<after>/?[^\d]*)$"
)
RANGE = re.compile(r"\d+(\.\d+)?(分)?[-~至到]+\d")


@dataclass(frozen=True)
class Problem:
    """One reason why a row is not taken: the row as the spreadsheet counts, its column, a code and what was read."""

    line: int
    column: str
    code: str
    facts: dict[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class ItemRow:
    """One item as read; values in steps of 0.1 point, deductions negative."""

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

    @property
    def kind(self) -> str:
        """Base points and deductions are told apart from awards, since both begin out of use."""
        if BASE.search(self.category) or BASE.search(self.title):
            return "base"
        return "deduction" if self.value_steps < 0 else "award"


def clean(cell: object) -> str:
    """One cell as one line of text: outer and doubled white space, wide spaces and line ends go."""
    return " ".join(str(cell if cell is not None else "").replace("\u3000", " ").split())


def plain(text: str) -> str:
    """A cell as digits and words to be parsed: full-width becomes ASCII, Traditional headings become Simplified."""
    narrow = unicodedata.normalize("NFKC", text).translate(SIMPLIFIED)
    return re.sub(r"[−–—﹣]", "-", narrow).replace(" ", "")


def steps_of(number: str) -> int | None:
    """Tenths of a point of a decimal text, or None where it is finer than a tenth."""
    whole, _, part = number.partition(".")
    part = part.rstrip("0")
    if len(part) > 1:
        return None
    return int(whole) * 10 + int(part or 0)
