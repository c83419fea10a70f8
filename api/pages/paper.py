"""A page of the paper register, typed in or read from a table: all of it, or none and why, row by row.

A table that is uploaded fills the same form: that is its preview, and what is wrong can be put right there.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import time
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from api import edge, fields, words
from api.pages.hours import NO_TEAM, span, team_number_of
from api.pages.points import uploaded
from timebank import spreadsheets
from timebank.errors import BadInput, Refused
from timebank.hours.attendance import paper, visits
from timebank.hours.attendance.paper import MOST_ROWS, PaperLine
from timebank.permissions import require
from timebank.spreadsheets import Column

blueprint = Blueprint("paper", __name__, url_prefix="/c/<community_code>/late-entry")

ROWS, ROWS_AT_MOST = 10, 60
CELLS = ("page", "line", "person", "day", "starts", "ends", "place", "service_class", "team", "note")
Raw = dict[str, str]

COLUMNS = (
    Column("page", ("页", "页码", "第几页", "page")),
    Column("line", ("行", "行号", "序号", "line"), required=True),
    Column("person", ("志愿者编号", "编号", "卡号", "number"), required=True),
    Column("day", ("日期", "服务日期", "date"), required=True),
    Column("starts", ("开始", "签到", "签到时间", "开始时间", "start"), required=True),
    Column("ends", ("结束", "签退", "签退时间", "结束时间", "end"), required=True),
    Column("place", ("地点", "place")),
    Column("service_class", ("类别", "服务类别", "class")),
    Column("team", ("团队", "所属团队", "为团队", "team")),
    Column("note", ("备注", "说明", "note")),
)

# Why a row cannot be: codes of the use case, and of what was typed.
REASONS: dict[str, Any] = {
    "unknown": lazy_gettext("没有这个编号的人。"),
    "left": lazy_gettext("这个人已经不在这个社区。"),
    "own": lazy_gettext("自己的服务不能自己按纸录入,请用“申请补签”或请别人录入。"),
    "typed_before": lazy_gettext("这一页的这一行已经录入过。"),
    "twice": lazy_gettext("这一行在这里填了两次。"),
    "place": lazy_gettext("页码 1 到 9999,行号 1 到 200。"),
    "overlap": lazy_gettext("这段时间他另有一次服务。"),
    "overlap_here": lazy_gettext("与这里的另一行时间重叠。"),
    "future": lazy_gettext("结束时间还没有到。"),
    "after_start": lazy_gettext("结束要晚于开始,并且不超过 16 小时。"),
    "too_old": lazy_gettext("太久以前了,不能再补签。"),
    "length": lazy_gettext("太长了。"),
    "choice": lazy_gettext("请从列出的选项中选择。"),
    "required": lazy_gettext("请填写这一项。"),
    "under_age": lazy_gettext("未成年:缺监护人同意书,或者只能参加集体活动。"),
    "age_unknown": lazy_gettext("登记册里没有出生日期。"),
    "not_in_register": lazy_gettext("那一天还不在或已经离开登记册。"),
    "number": lazy_gettext("请填写整数。"),
    "day": lazy_gettext("请填写日期,例如 2026-11-21。"),
    "clock": lazy_gettext("请填写时间,例如 09:30。"),
    "team": lazy_gettext("没有这个团队。"),
    "not_a_member": lazy_gettext("那一天不是这个团队的成员。"),
    "some": lazy_gettext("请至少填一行,最多 200 行。"),
}


@blueprint.get("/page")
@edge.signed_in
def form() -> Any:
    """An empty page of the register."""
    require(edge.actor(), "attendance.enter_late", community_id=edge.community().id)
    asked = request.args.get("rows", "")
    count = min(int(asked), ROWS_AT_MOST) if asked.isdecimal() and len(asked) < 4 else ROWS
    return _page(_empty(max(1, count)), {})


@blueprint.post("/page")
@edge.signed_in
def type_page() -> Any:
    """Write the page down, or show it again with what is wrong."""
    require(edge.actor(), "attendance.enter_late", community_id=edge.community().id)
    rows = _typed_rows()
    lines, wrong = _lines(rows)
    book = request.form.get("book", "")
    if wrong:
        return _again(rows, _all_problems(rows, lines, wrong, book))
    try:
        outcome = edge.submit(
            "attendance.type_page",
            lambda session, now: paper.type_page(
                session, actor=edge.actor(), now=now, book=book, lines=[line for _at, line in lines]
            ),
            content={"book": book, "rows": rows},
        )
    except Refused as refused:
        if refused.code != "bad_input":
            raise
        edge.stop_reading()
        return _again(rows, _of_refusal(refused, lines))
    edge.flash_done(_("已录入 %(count)s 行,等待别人审核。", count=outcome["rows"]))
    return edge.back("paper.form")


@blueprint.post("/table")
@edge.signed_in
def upload() -> Any:
    """A table fills the form; nothing is written yet."""
    require(edge.actor(), "attendance.enter_late", community_id=edge.community().id)
    try:
        content, name = uploaded("file")
        sheet = spreadsheets.read(content, columns=COLUMNS, most_rows=MOST_ROWS)
    except Refused as refused:
        return edge.again("attendance/paper.html", refused, **_facts(_empty(ROWS), {}))
    rows = [{cell: row.cells.get(cell, "") for cell in CELLS} for row in sheet.rows]
    for row in rows:
        row["service_class"] = _class_code(row["service_class"])
        for cell in ("starts", "ends"):
            row[cell] = _clock_text(row[cell])
        found = spreadsheets.day(row["day"])
        row["day"] = found.isoformat() if found else row["day"]
    lines, wrong = _lines(rows)
    book = name.rsplit(".", 1)[0][:60]
    return _page(rows, _all_problems(rows, lines, wrong, book), book=book, from_file=name)


def _typed_rows() -> list[Raw]:
    """The rows in which anything was typed besides their number; what stands at the top counts for each."""
    form = request.form
    default = {name: form.get(name, "").strip() for name in ("page", "place", "service_class", "team")}
    rows = []
    for at in range(MOST_ROWS):
        row = {cell: form.get(f"{cell}_{at}", "").strip() for cell in CELLS}
        if any(row[cell] for cell in ("person", "starts", "ends", "note")):
            rows.append({**row, **{name: row[name] or default[name] for name in default}})
    return rows


def _lines(rows: list[Raw]) -> tuple[list[tuple[int, PaperLine]], dict[int, dict[str, str]]]:
    """What the rows say, by their place; and what cannot be read."""
    lines, wrong = [], {}
    for at, row in enumerate(rows):
        line, bad = _line(row)
        if line is not None:
            lines.append((at, line))
        else:
            wrong[at] = bad
    return lines, wrong


def _line(row: Mapping[str, str]) -> tuple[PaperLine | None, dict[str, str]]:
    page, number = _whole(row["page"] or "1"), _whole(row["line"])
    day, starts, ends = spreadsheets.day(row["day"]), _clock(row["starts"]), _clock(row["ends"])
    bad = {
        name: why
        for name, value, why in (
            ("line", number if page is not None else None, "number"),
            ("person", row["person"] or None, "required"),
            ("day", day, "day"),
            ("starts", starts, "clock"),
            ("ends", ends, "clock"),
        )
        if value is None
    }
    if bad or page is None or number is None or day is None or starts is None or ends is None:
        return None, bad
    team_number = team_number_of(row["team"])
    if team_number == NO_TEAM:
        return None, {"team": "team"}
    started_at, ended_at = span(day, starts, ends)
    line = PaperLine(
        page,
        number,
        fields.typed_number(row["person"]),
        started_at,
        ended_at,
        row["place"],
        row["service_class"] or None,
        row["note"],
        team_number,
    )
    return line, {}


def _all_problems(
    rows: list[Raw], lines: list[tuple[int, PaperLine]], wrong: dict[int, dict[str, str]], book: str
) -> dict[str, str]:
    """By field of the form: what cannot be read, and what the use case would refuse."""
    found = paper.judged(
        edge.read(), actor=edge.actor(), now=edge.now(), book=book, lines=[line for _at, line in lines]
    )
    problems = {lines[index][0]: bad for index, bad in found.items()} | wrong
    return _by_field(problems)


def _of_refusal(refused: Refused, lines: list[tuple[int, PaperLine]]) -> dict[str, str]:
    told = refused.facts["fields"]
    problems: dict[int, dict[str, str]] = {}
    plain: dict[str, str] = {}
    for name, why in (told if isinstance(told, dict) else {}).items():
        match = re.fullmatch(r"rows\.([0-9]+)\.(\w+)", name)
        if match:
            problems.setdefault(lines[int(match[1])][0], {})[match[2]] = why
        else:
            plain[name] = str(REASONS.get(why, why))
    return _by_field(problems) | plain


def _by_field(problems: Mapping[int, Mapping[str, str]]) -> dict[str, str]:
    names = {"started_at": "day", "ended_at": "ends"}
    return {
        f"{names.get(name, name)}_{at}": str(REASONS.get(why, why))
        for at, bad in problems.items()
        for name, why in bad.items()
    }


def _again(rows: list[Raw], problems: dict[str, str]) -> Any:
    """The form with its rows as they were typed, numbered anew, and what is wrong beside each."""
    refused = BadInput(fields=dict(problems) or {"rows": str(REASONS["some"])})
    book, where = request.form.get("book", ""), request.form.get("place", "")
    facts = _facts(rows or _empty(ROWS), problems, book=book, where=where)
    return edge.again("attendance/paper.html", refused, **facts)


def _page(rows: list[Raw], problems: dict[str, str], **more: Any) -> Any:
    return edge.page("attendance/paper.html", **_facts(rows, problems, **more))


def _facts(rows: list[Raw], problems: dict[str, str], **more: Any) -> dict[str, Any]:
    zone = visits.zone_of(edge.read(), edge.community().id)
    today = edge.now().astimezone(zone).date().isoformat()
    shown = [{cell: row.get(cell, "") for cell in CELLS} for row in rows]
    for row in shown:
        row["day"] = row["day"] or today
    wrong_rows = {name.rsplit("_", 1)[1] for name in problems if "_" in name}
    return {
        "rows": shown,
        "problems": problems,
        "wrong_rows": len(wrong_rows),
        "has_pages": any(row["page"] for row in shown),
        "has_teams": any(row["team"] for row in shown),
        "classes": list(words.CLASSES.items()),
        "from_file": "",
        "book": "",
        "where": "",
        **more,
    }


def _empty(count: int) -> list[Raw]:
    return [{"line": str(at + 1)} for at in range(count)]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _whole(text: str) -> int | None:
    plain = _plain(text).removesuffix(".0")
    return int(plain) if re.fullmatch(r"[0-9]{1,6}", plain) else None


def _clock_text(text: str) -> str:
    """`09:30` for what a cell says: 9:30, 0930, 09:30:00, 9点30分, a day and a time."""
    plain = _plain(text)
    found = re.search(r"(?:^|[ T])([0-9]{1,2})[:点时]([0-9]{1,2})?分?(?::[0-9]{2})?$", plain) or re.fullmatch(
        r"([0-9]{2})([0-9]{2})", plain
    )
    return f"{int(found[1]):02}:{int(found[2] or 0):02}" if found else text


def _clock(text: str) -> time | None:
    plain = _clock_text(text)
    return time.fromisoformat(plain) if re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", plain) else None


def _class_code(text: str) -> str:
    """The code of a class of service that a table names by its word."""
    return next((code for code, word in words.CLASSES.items() if text in {code, str(word)}), text)
