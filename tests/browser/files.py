"""The files of the story, made when it is told: what offices keep in spreadsheets, with their faults."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import openpyxl

from timebank import samples

AREAS = """code,name,level,parent
32,江苏省,省,
3201,南京市,市,32
320102,玄武区,区,3201
32010201,梅园街道,街道,320102
3201020101,太平里社区,社区,32010201
320102010101,第一网格,网格,3201020101
320102010102,第二网格,网格,3201020101
41,河南省,省,
4115,信阳市,市,41
411521,罗山县,县,4115
41152101,东铺镇,镇,411521
4115210101,东岳村,村,41152101
411521010101,东组,网格,4115210101
411521010102,西组,网格,4115210101
""".encode("utf-8-sig")

HEADER = [
    "姓名",
    "性别",
    "出生日期",
    "手机号",
    "户号",
    "与户主关系",
    "网格",
    "期初分钟",
    "期初积分",
    "原账页码",
    "经办人",
    "复核人",
]

# Nobody gives an e-mail or an identity number; half have no phone; two are called 李秀英; 李秀英 and 赵德海 share a phone.
RESIDENTS: list[list[object]] = [
    ["王桂兰", "女", "1944-03-05", None, "A01", "户主", "第一网格", 200, 25.5, "第3册12页", "张明", "李红"],
    ["李秀英", "女", "1946-05-06", "13800138002", "A02", "户主", "第一网格", 60, None, "第3册13页", "张明", "李红"],
    ["赵德海", "男", "1945.7.8", "１３８００１３８００２", "A02", "配偶", "第一网格", None, None, None, None, None],
    ["李秀英", "女", "1950年9月10日", None, "A03", "户主", "第二网格", None, None, None, None, None],
    ["林晓燕", "女", "1990-10-11", "13800138003", "A04", "户主", "第二网格", None, None, None, None, None],
    ["周前", "男", "1985-01-12", None, "A05", "户主", "第一网格", None, None, None, None, None],
    ["吴委", "女", "1975-02-13", None, "A06", "户主", "第一网格", None, None, None, None, None],
    ["郑审", "男", "1970-03-14", None, "A07", "户主", "第二网格", None, None, None, None, None],
    ["孙店", "女", "1980-04-15", None, "A08", "户主", "第二网格", None, None, None, None, None],
    ["钱大有", "男", "1965-05-16", "13800138009", "A09", "户主", "第二网格", None, None, None, None, None],
    ["欧阳明", "男", None, None, "A10", "户主", "第一网格", None, None, None, None, None],
    ["冯小宝", "男", "2001-06-17", None, "A10", "子", "第一网格", None, None, None, None, None],
]

# The same people as they were first typed: row (as Excel counts), column, what is typed there.
SLIPS_OF_THE_PEN = [
    (3, "出生日期", "1944-02-30"),
    (3, "原账页码", None),
    (4, "复核人", "张明"),
    (5, "手机号", "12345"),
    (7, "期初分钟", "=60*2"),
    (8, "网格", "第九网格"),
]


def residents_workbook(*, with_slips: bool) -> bytes:
    """A register as an office keeps it: a title above the header, text and numbers as they come."""
    rows = [list(row) for row in RESIDENTS]
    if with_slips:
        for line, column, typed in SLIPS_OF_THE_PEN:
            rows[line - 3][HEADER.index(column)] = typed
    return workbook([["太平里社区居民名册"], HEADER, *rows])


def points_table(name: str) -> list[list[str]]:
    """One of the two real tables, as published."""
    return list(csv.reader(io.StringIO(samples.sample(name).decode("utf-8-sig"))))


def workbook(rows: Iterable[Iterable[object]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def gb18030_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """As Excel in China saves a CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("gb18030")
