"""The two real points tables as committees really keep them: built at test time, nothing of it is a file of the repository.

`VARIANTS` names builders that give the bytes of a file. Those of `SAME` hold exactly the items of their real table (the
part before the dash says which); the others say some of it otherwise (a range, another category, Traditional titles).
"""

import csv
import io
from collections.abc import Callable, Sequence

import openpyxl

from timebank import samples
from timebank.points.rules.cells import SIMPLIFIED

NAMES = {"residents": "points-table-residents.csv", "mixed": "points-table-mixed.csv"}
HEAD = ["类别", "项目", "分值", "计分单位", "上限", "对象", "备注"]
FULL_WIDTH = str.maketrans("0123456789+-.", "０１２３４５６７８９＋－．")
TRADITIONAL = {simplified: chr(key) for key, simplified in SIMPLIFIED.items()}
IN_CHARACTERS = {
    "2": "二",
    "3": "三",
    "5": "五",
    "10": "十",
    "15": "十五",
    "20": "二十",
    "30": "三十",
    "50": "五十",
    "60": "六十",
}


def rows_of(table: str) -> list[list[str]]:
    """The rows of a real table below its headings."""
    return list(csv.reader(io.StringIO(samples.sample(NAMES[table]).decode("utf-8-sig"))))[1:]


def workbook(sheets: dict[str, Sequence[Sequence[object]]], *, merged: Sequence[str] = ()) -> bytes:
    """An Excel workbook of these sheets; `merged` are ranges of the first one."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([cell if cell != "" else None for cell in row])
    for cells in merged:
        book.worksheets[0].merge_cells(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text(rows: Sequence[Sequence[str]], encoding: str = "utf-8-sig", delimiter: str = ",") -> bytes:
    """A text file of rows."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def title_and_merged_categories(table: str) -> bytes:
    """A title over all columns, each category merged over its rows, full-width numbers."""
    rows, merged = [["白果村积分制管理细则(试行)", *[""] * 6], HEAD], ["A1:G1"]
    last, begins = None, 0
    for number, row in enumerate(rows_of(table), 3):
        wide = [row[0] if row[0] != last else "", row[1], row[2].translate(FULL_WIDTH), *row[3:]]
        if row[0] != last:
            if last is not None and number - 1 > begins:
                merged.append(f"A{begins}:A{number - 1}")
            last, begins = row[0], number
        rows.append(wide)
    return workbook({"积分细则": rows}, merged=merged)


def traditional(table: str) -> bytes:
    """Headings, units and titles in Traditional characters, with a running number and who is responsible."""
    head = ["序號", *(cell.translate(TRADITIONAL) for cell in HEAD), "責任人"]
    rows = [
        [str(n), *(cell.translate(TRADITIONAL) for cell in row), "張主任"] for n, row in enumerate(rows_of(table), 1)
    ]
    return workbook({"積分表": [["居民積分管理細則", *[""] * 8], head, *rows]}, merged=["A1:I1"])


def gb18030_with_notes(table: str) -> bytes:
    """A text of an older Excel: GB18030, semicolons, a title row, a sum, footnotes."""
    total = sum(int(row[2]) for row in rows_of(table))
    rows = [["居民积分管理细则", *[""] * 6], ["填表单位:村民委员会", *[""] * 6], HEAD, *rows_of(table)]
    rows += [
        ["合计", "", str(total), *[""] * 4],
        ["注:1. 本细则由村民委员会负责解释。", *[""] * 6],
        ["填表人:李会计", *[""] * 6],
    ]
    return text(rows, "gb18030", ";")


def words_in_values(table: str) -> bytes:
    """No column of units: the cell of points says them, as 每小时加2分 and 5分/人次."""
    rows = []
    for category, title, value, unit, cap, subject, remark in rows_of(table):
        size, sign = value.lstrip("-"), "扣" if value.startswith("-") else "加"
        word = unit.replace("一次", "每次").replace("一人次", "每人次").replace("一个年度", "每年")
        written = f"{size}分/人次" if unit == "一人次" else f"{word}{sign}{IN_CHARACTERS.get(size, size)}分"
        if cap:
            written += f",每年最高{cap}分"
        rows.append([category, title, written, subject, remark])
    return workbook({"Sheet1": [["类别", "积分内容", "评分标准", "对象", "备注"], *rows]})


def sections(table: str) -> bytes:
    """Categories as rows of their own, Chinese-numbered; awards first, then deductions without signs."""
    every = rows_of(table)
    rows: list[list[object]] = [["项目", "分值", "计分单位", "上限", "对象", "备注"]]
    number, last = 0, None
    for row in every:
        if row[0] != last:
            number, last = number + 1, row[0]
            rows.append([f"{'一二三四五六七八九十'[number - 1]}、{last}", *[""] * 5])
        rows.append([row[1], f"{row[2]}分" if row[2].startswith("-") else f"+{row[2]}分", *row[3:]])
    return workbook({"细则": rows})


def several_sheets(table: str) -> bytes:
    """A cover, awards on one sheet, deductions on another, last year's copy on a third."""
    awards = [row for row in rows_of(table) if not row[2].startswith("-")]
    deductions = [[*row[:2], row[2].lstrip("-"), *row[3:]] for row in rows_of(table) if row[2].startswith("-")]
    sheets: dict[str, Sequence[Sequence[object]]] = {
        "封面": [["积分制管理细则"], ["二〇二六年"]],
        "加分项": [HEAD, *awards],
    }
    if deductions:
        sheets["扣分项"] = [HEAD, *deductions]
    return workbook({**sheets, "2025年": [HEAD, *awards[:3]]})


def side_by_side(table: str) -> bytes:
    """Awards left, deductions right, under a row that says which is which; no signs on the right."""
    left = [row for row in rows_of(table) if not row[2].startswith("-")]
    right = [row for row in rows_of(table) if row[2].startswith("-")]
    rows: list[list[object]] = [["加分", *[""] * 6, "扣分", *[""] * 6], [*HEAD, *HEAD]]
    for at in range(max(len(left), len(right))):
        one = left[at] if at < len(left) else [""] * 7
        other = right[at] if at < len(right) else [""] * 7
        rows.append([*one, *(cell.lstrip("-") if n == 2 else cell for n, cell in enumerate(other))])
    return workbook({"加扣分表": rows}, merged=["A1:G1", "H1:N1"])


def plus_and_minus_columns(table: str) -> bytes:
    """One column of points to add, one of points to take away."""
    rows = []
    for row in rows_of(table):
        minus = row[2].startswith("-")
        rows.append([row[0], row[1], "" if minus else row[2], row[2].lstrip("-") if minus else "", *row[3:]])
    return text([["类别", "项目", "加分", "扣分", "计分单位", "上限", "对象", "备注"], *rows], "utf-16")


def ranges_and_rules(table: str) -> bytes:
    """Ranges, first few, streaks, caps in words, hours as scanned: what a committee adds to the published table."""
    rows: list[list[str]] = [HEAD]
    for number, row in enumerate(rows_of(table)):
        value, unit, cap, remark = row[2], row[3], row[4], row[6]
        if value.startswith("-"):
            value = f"酌情扣{value.lstrip('-')}－{int(value.lstrip('-')) + 3}分"
        elif unit == "每小时":
            unit = "每小时(以签到为准)"
        elif number % 4 == 1 and unit == "一次":
            cap = "每年最多两次"
        elif number % 4 == 2 and unit == "一次":
            unit = "每年前三名"
        elif number % 4 == 3 and unit in ("一次", "一人次") and "年" not in row[1]:
            value = f"{value}~{int(value) + 5}分"
        rows.append([row[0], row[1], value, unit, cap, row[5], remark])
    rows.append(["环境", "清洁户评比", "每月2分", "", "", "户", ""])
    rows.append(["环境", "连续保持清洁", "10", "连续三个月:清洁户评比", "", "户", ""])
    rows.append(["环境", "文明家庭评选", "一等奖10分、二等奖6分、三等奖3分", "一次", "", "户", ""])
    return text(rows, "gb18030")


def two_title_columns(table: str) -> bytes:
    """What is rated and what is done in two columns, without a column of categories, and who may report."""
    rows = [[row[0], row[1], row[2], row[3], row[4], row[5], "网格员、本人", row[6]] for row in rows_of(table)]
    return workbook(
        {"Sheet1": [["评分项目", "具体内容", "评分标准(分)", "计分方式", "上限", "对象", "申报人", "备注"], *rows]}
    )


BUILDERS: dict[str, Callable[[str], bytes]] = {
    "merged": title_and_merged_categories,
    "traditional": traditional,
    "gb18030": gb18030_with_notes,
    "words": words_in_values,
    "sections": sections,
    "sheets": several_sheets,
    "beside": side_by_side,
    "columns": plus_and_minus_columns,
    "ranges": ranges_and_rules,
    "two-titles": two_title_columns,
}


def _variant(table: str, build: Callable[[str], bytes]) -> Callable[[], bytes]:
    return lambda: build(table)


VARIANTS: dict[str, Callable[[], bytes]] = {
    f"{table}-{name}": _variant(table, build)
    for table in NAMES
    for name, build in BUILDERS.items()
    if table == "mixed" or name != "beside"  # the residents' table has no deductions to stand beside
}
# These say nothing otherwise than the published tables, but for the order of awards and deductions.
SAME = ("merged", "gb18030", "words", "sections", "sheets", "beside", "columns")
