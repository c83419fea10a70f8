"""The papers of a village, made when its story is told: a register, a table as ugly as a committee keeps it, minutes, photographs."""

from __future__ import annotations

import io
from collections.abc import Sequence

import openpyxl
from openpyxl.styles import Alignment
from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"

# The five of the committee: the two officers with whom the village was opened, and these three.
CHIEF, BOOKKEEPER = "马支书", "牛会计"
COMMITTEE = ("周秀兰", "吴大海", "郑小梅")
SUPERVISORS = ("许国强", "孔令芳")
GRID_WORKER, CLERK, MERCHANT = "韩春生", "沈小云", "何建明"
COUNCIL = ("李长根", "赵德福", "钱桂花", "孙建国", "王二妮", "冯宝田", "陈水生")  # the first is its chair
WITHOUT_A_PHONE, VILLAGER, HELPS_OUT = "赵德福", "钱桂花", "孙建国"

# Name, sex, born, household, grid; 李春花 lives with 李长根.
PEOPLE = [
    ("周秀兰", "女", "1972-03-05", "B01", "东组"),
    ("吴大海", "男", "1968-05-06", "B02", "东组"),
    ("郑小梅", "女", "1985-07-08", "B03", "西组"),
    ("许国强", "男", "1960-09-10", "B04", "东组"),
    ("孔令芳", "女", "1966-11-12", "B05", "西组"),
    ("韩春生", "男", "1979-01-02", "B06", "东组"),
    ("沈小云", "女", "1991-02-03", "B07", "西组"),
    ("何建明", "男", "1975-03-04", "B08", "西组"),
    ("李长根", "男", "1958-04-05", "B09", "东组"),
    ("李春花", "女", "1961-05-06", "B09", "东组"),
    ("赵德福", "男", "1948-06-07", "B10", "西组"),
    ("钱桂花", "女", "1969-07-08", "B11", "东组"),
    ("孙建国", "男", "1970-08-09", "B12", "东组"),
    ("王二妮", "女", "1980-09-10", "B13", "西组"),
    ("冯宝田", "男", "1962-10-11", "B14", "西组"),
    ("陈水生", "男", "1955-11-12", "B15", "东组"),
]

TITLE = "东岳村积分制管理细则(试行)"
CLEANING, TIDY, HAZARD = "参与环境整治、卫生大扫除", "房前屋后整洁、垃圾分类", "发现并报告安全隐患"
ELDERS, WORK, HONOUR, PLAIN = "敬老爱老,照看独居老人", "参加义务劳动", "家庭或成员获市级以上表彰", "喜事新办、丧事简办"
AWARDS_HEAD = ["类别", "项目", "分值", "计分单位", "上限", "对象", "备注"]
DEDUCTIONS_HEAD = ["扣分项目", "扣分标准", "对象", "备注"]
# One row cannot be read as it stands: how many points are "a fair number"?
AWARDS: list[list[object]] = [
    ["人居环境", CLEANING, "每小时2分", None, "每月最高20分", "人", "以签到表为准"],
    [None, TIDY, "５分", "一次", "每月最高10分", "户", "拍照"],
    [None, HAZARD, "酌情加1-5分", "一次", None, "人", None],
    ["邻里和睦", ELDERS, "每次加3分", None, None, "人", None],
    [None, "调解邻里纠纷", 10, "一次", None, "人", None],
    ["公共义务", WORK, "5分/人次", None, None, "人", None],
    ["表彰奖励", HONOUR, 100, "一次", None, "户", "凭证书"],
    ["移风易俗", PLAIN, "适当加分", "一次", None, "户", "凭红白理事会证明"],
]
DEDUCTIONS: list[list[object]] = [
    ["乱倒垃圾", "扣5分", "户", None],
    ["焚烧秸秆", "5分/次", "户", None],
    ["违反社会公德", "酌情扣1-3分", "户", "先听本人说"],
]
ITEMS = len(AWARDS) + len(DEDUCTIONS)
UNREADABLE_ROW = 12  # as Excel counts: below two rows of titles, the groups and the headings


def register_workbook() -> bytes:
    """The villagers as the office lists them."""
    seen: set[str] = set()
    rows: list[list[object]] = [["东岳村村民名册"], ["姓名", "性别", "出生日期", "户号", "与户主关系", "网格"]]
    for name, sex, born, household, grid in PEOPLE:
        rows.append([name, sex, born, household, "配偶" if household in seen else "户主", grid])
        seen.add(household)
    return workbook(rows)


def ugly_table() -> bytes:
    """Titles over everything, categories merged over their rows, awards left and deductions right, a sum and a note below."""
    wide = len(AWARDS_HEAD) + len(DEDUCTIONS_HEAD)
    rows: list[list[object]] = [
        [TITLE],
        ["制表:东岳村村民委员会        单位:分"],
        ["加分项目", *[None] * (len(AWARDS_HEAD) - 1), "扣分项目"],
        [*AWARDS_HEAD, *DEDUCTIONS_HEAD],
    ]
    for at, award in enumerate(AWARDS):
        rows.append([*award, *(DEDUCTIONS[at] if at < len(DEDUCTIONS) else [])])
    rows.append(["注:本细则由村民委员会负责解释。"])
    book = openpyxl.load_workbook(io.BytesIO(workbook(rows)))
    sheet = book.active
    for row in (1, 2):
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=wide)
        sheet.cell(row, 1).alignment = Alignment(horizontal="center")
    sheet.merge_cells(start_row=3, end_row=3, start_column=1, end_column=len(AWARDS_HEAD))
    sheet.merge_cells(start_row=3, end_row=3, start_column=len(AWARDS_HEAD) + 1, end_column=wide)
    for first, last in ((5, 7), (8, 9)):
        sheet.merge_cells(start_row=first, end_row=last, start_column=1, end_column=1)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def paper(*lines: str, kind: str = "PDF") -> bytes:
    """A sheet with these lines on it, as a scanner or a phone gives it: minutes as PDF, a photograph as JPEG."""
    sheet = Image.new("RGB", (1240, 1754) if kind == "PDF" else (1200, 900), "#fbf8ef")
    pen, font = ImageDraw.Draw(sheet), ImageFont.truetype(FONT, 44)
    for at, line in enumerate(lines):
        pen.text((110, 140 + 90 * at), line, fill="#222", font=font)
    packed = io.BytesIO()
    sheet.save(packed, kind, **({"resolution": 150.0} if kind == "PDF" else {"quality": 80}))
    return packed.getvalue()
