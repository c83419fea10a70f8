"""One row of a points table as it is written, and what it means. Pure.

A row of a spreadsheet and a row of the editor are the same thing: cells of text by their role. What is read from them
is an item (or several, where one cell names several values), or the reasons why not.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from timebank.points.rules import PERIODS, SPECIAL, Cells, rule_of
from timebank.points.rules.cells import clean, in_digits, plain, steps_of
from timebank.points.table.words import (
    CAP_PART,
    COLUMN_NAMES,
    DAY,
    NOTHING,
    RANGE,
    READ_ROLES,
    REPORTER_OF_WORD,
    SUBJECTS,
    VALUE,
    ItemRow,
    Problem,
    unit_of,
)

MOST_VALUE_STEPS = 100_000
LONGEST = {"category": 60, "title": 200, "value": 60, "unit": 60, "cap": 100, "subject": 20, "remark": 500, "clause": 300,
           "evidence": 300, "reporters": 60}  # fmt: skip
MINUS, PLUS = ("-", "扣", "减", "扣除", "倒扣", "罚"), ("+", "加", "奖", "奖励")
# "国家级50分、省级30分" in one cell: names and values, at least two of them.
SEVERAL = re.compile(r"([^\d,;、/::+\-加扣减]{1,12})[::]?[加扣减+\-]?(\d+(?:\.\d+)?)分(?:/次)?[,;、/。]?")
PERIOD_WORDS = (("day", "[日天]|day"), ("month", "月|month"), ("year", "年|year"))
CAP_COUNT = re.compile(r"(\d+)(次|小时|个小时|人次)")
# Of a remark only what says nothing but a cap: "每年不超过30分".
CAP_REMARK = re.compile(
    r"^(?:每[人户])?每?(?:全|一)?[天日月年]度?(?:累计|内)?(?:最多|最高|至多|不超过|不得超过|封顶|上限|限)(?:为)?\d+(?:\.\d+)?(?:分|次|小时)(?:封顶)?$"
)
PERIOD_OF_UNIT = {"month": "month", "year": "year"}
CONTRADICTING = ({"hour", "once"}, {"hour", "month"}, {"hour", "year"}, {"month", "year"}, {"hour", "person"})


@dataclass(frozen=True)
class Entry:
    """A row as written: its place, its cells by role, what stood in columns that mean nothing to us, cells nobody can read.

    `deducts`: it stands in a column or section of deductions (True), of awards (False), or it does not say (None).
    """

    line: int
    cells: dict[str, str]
    sheet: str = ""
    deducts: bool | None = None
    extras: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)  # role: code


@dataclass(frozen=True)
class Meaning:
    """What a row says: its items, or why not; and what was assumed."""

    items: tuple[ItemRow, ...]
    problems: tuple[Problem, ...]
    hints: tuple[Problem, ...]


def meaning(entry: Entry) -> Meaning:
    """Read one row. Nothing is guessed silently: what was assumed is told as a hint."""
    reader = _Row(entry)
    items = reader.items()
    return Meaning(() if reader.problems else tuple(items), tuple(reader.problems), tuple(reader.hints))


class _Row:
    """The reading of one row; it gathers problems instead of stopping at the first."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.problems: list[Problem] = []
        self.hints: list[Problem] = []

    def items(self) -> list[ItemRow]:
        entry = self.entry
        for role, code in entry.unreadable.items():
            self.wrong(role, f"cell_{code}")
        if entry.unreadable:
            return []
        title, category = self.text("title"), self.text("category")
        if not title:
            self.wrong("title", "title_missing")
        if not category and "category" in entry.cells:
            self.wrong("category", "category_missing")
        for role, most in LONGEST.items():
            if len(self.text(role)) > most:
                self.wrong(role, "text_too_long", most=most, length=len(self.text(role)))
        if any(one.code == "text_too_long" for one in self.problems):
            return []  # what a rule says is short, and looking for one in a book takes for ever
        several = self.several()
        if several:
            self.hint("value", "value_split", read=self.text("value")[:40])
            return [
                item
                for name, value in several
                if (item := self.item(category, f"{title}({name})", {**entry.cells, "value": value}, kept=False))
            ]
        item = self.item(category, title, entry.cells, kept=True)
        return [item] if item else []

    def item(self, category: str, title: str, texts: Mapping[str, str], *, kept: bool) -> ItemRow | None:
        told = {role: in_digits(plain(texts.get(role, "")).lstrip("'")) for role in ("value", "unit", "cap", "remark")}
        cells = Cells(title=in_digits(plain(title)), **told)
        cells, rule = self.rule(cells)
        cells = _caps_apart(cells)
        value, beside = self.value(cells.value)
        per, whose, daily = self.per(cells.unit, beside)
        subject = self.subject(texts.get("subject", ""), whose or ("person" if per == "person" else "household"))
        if rule and "most_steps" in rule and value is not None and value < 0:
            rule["most_steps"] = -rule["most_steps"]
        if rule and rule["kind"] == "attended":
            per = "hour"
        item = ItemRow(
            self.entry.line, category or "其他", title, value or 0, per, subject, remark=self.text("remark"),
            clause=self.text("clause"), evidence=self.text("evidence"), rule=rule,
            reporters=self.reporters(texts.get("reporters", "")), written=self.written() if kept else None,
        )  # fmt: skip
        if value is None:
            return None
        wrong = rule_of(item).wrong(item)
        if wrong:
            self.wrong("value", wrong.code, **dict(wrong.facts))
            return None
        return self.capped(item, cells, daily=daily)

    def several(self) -> list[tuple[str, str]]:
        """Names and values where one cell holds several: 一等奖10分、二等奖5分."""
        text = in_digits(plain(self.text("value")))
        found = list(SEVERAL.finditer(text))
        if len(found) < 2 or "".join(one[0] for one in found) != text or unit_of(found[0][1]):
            return []
        names = [one[1].rstrip("各得为") for one in found]
        if len(set(names)) != len(names) or any(re.search("每|最|累计|封顶|超过|上限|连续|前", name) for name in names):
            return []
        sign = "-" if re.search("[扣减]", text) else ""
        return [(name, f"{sign}{one[2]}") for name, one in zip(names, found, strict=True)]

    def rule(self, cells: Cells) -> tuple[Cells, dict[str, Any] | None]:
        """The rule beyond the unit, with its words taken out of the cells."""
        rule: dict[str, Any] | None = None
        for name, kind in SPECIAL.items():
            found = kind.read(cells)
            if found is None:
                continue
            if rule is not None:
                if (found.cells.value, found.cells.unit, found.cells.cap) != (cells.value, cells.unit, cells.cap):
                    self.wrong("value", "rule_two")
                    cells = found.cells
                continue
            rule, cells = {"kind": name, **found.parameters}, found.cells
            for code in found.assumed:
                self.hint("title" if code == "streak_from_title" else "value", code)
        return cells, rule

    def value(self, text: str) -> tuple[int | None, str]:
        """Points in steps and the unit that was written beside them, as in 每小时2分 or 5分/次."""
        raw = self.text("value")
        match = VALUE.match(text)
        steps = steps_of(match["number"]) if match else None
        beside = ((match["unit"] or match["after"]) if match else "").lstrip("/")
        reason = _value_reason(text, match, steps, beside)
        if reason or match is None or steps is None:
            self.wrong("value", reason or "value_unreadable", read=raw[:40])
            return None, ""
        sign = match["sign"] or ""
        if self.entry.deducts and sign in PLUS:
            self.wrong("value", "value_sign", read=raw[:40])
            return None, ""
        return -steps if sign in MINUS or self.entry.deducts else steps, beside

    def per(self, text: str, in_value: str) -> tuple[str, str | None, bool]:
        """The unit, whose it hints at, and whether it is once a day."""
        asked = text or in_value
        if not asked:
            self.hint("unit", "unit_assumed_once")
            return "once", None, False
        whose = "household" if "户" in asked else "person" if re.match("每人每|人[月年]|每人$", asked) else None
        unit, other = unit_of(asked), unit_of(in_value) if in_value else None
        if unit is None:
            self.wrong("unit", "unit_unknown", read=asked[:40])
            return "once", None, False
        if other and {unit, other} in CONTRADICTING:
            self.wrong("unit", "unit_contradicts", read=text, value=in_value)
        return ("once" if unit == "day" else unit), whose, unit == "day"

    def subject(self, raw: str, otherwise: str) -> str:
        text = plain(raw)
        if not text:
            return otherwise
        subject = SUBJECTS.get(text)
        if subject is None:
            self.wrong("subject", "subject_unknown", read=raw[:40])
        return subject or otherwise

    def reporters(self, raw: str) -> str | None:
        """Codes of who may report it; words that are not known leave it to whoever may enter awards."""
        words = [word for word in re.split("[,;、/和及或 ]+", plain(raw)) if word and word not in NOTHING]
        codes = [REPORTER_OF_WORD.get(word.removesuffix("申报").removesuffix("上报")) for word in words]
        if None in codes:
            self.hint("reporters", "reporters_unknown", read=raw[:40])
            return None
        return " ".join(sorted({code for code in codes if code})) or None

    def capped(self, item: ItemRow, cells: Cells, *, daily: bool) -> ItemRow:
        """Caps by day, month and year; a bare number counts for the item's own period, else for the year."""
        text = cells.cap
        if text in NOTHING and CAP_REMARK.match(cells.remark):
            text = cells.remark
            self.hint("remark", "cap_from_remark", read=text[:40])
        size = rule_of(item).largest(item)
        caps: dict[str, int] = {"day": size} if daily else {}
        for part in [] if text in NOTHING else filter(None, re.split("[,;、;,。()]", text)):
            steps = _cap_steps(part, size)
            if not steps:
                self.wrong("cap", "cap_unreadable", read=text[:40])
                return item
            period = next((name for name, word in PERIOD_WORDS if re.search(word, part)), None)
            if period is None:
                period = PERIOD_OF_UNIT.get(item.per, "year")
                if item.per not in PERIOD_OF_UNIT:
                    self.hint("cap", "cap_assumed_yearly", read=text[:40])
            caps[period] = steps
            if steps < size:
                self.hint("cap", "cap_below_value", read=text[:40])
        day, month, year = (caps.get(period) for period in PERIODS)
        return replace(item, cap_day_steps=day, cap_month_steps=month, cap_year_steps=year)

    def written(self) -> dict[str, str] | None:
        """The words of the cells that were read, and what stood in columns that mean nothing to us."""
        kept = {role: self.text(role) for role in READ_ROLES if self.text(role)}
        kept |= {f"={heading}": text for heading, text in self.entry.extras.items() if text}
        return kept or None

    def text(self, role: str) -> str:
        return clean(self.entry.cells.get(role, ""))

    def wrong(self, role: str, code: str, /, **facts: int | str) -> None:
        self.problems.append(Problem(self.entry.line, COLUMN_NAMES[role], code, facts))

    def hint(self, role: str, code: str, /, **facts: int | str) -> None:
        self.hints.append(Problem(self.entry.line, COLUMN_NAMES[role], code, facts))


def distinct(problems: Iterator[Problem] | list[Problem]) -> Iterator[Problem]:
    """Problems in the order of the file's rows, each once."""
    seen = set()
    for problem in sorted(problems, key=lambda p: p.line):
        key = (problem.line, problem.column, problem.code)
        if key not in seen:
            seen.add(key)
            yield problem


def _value_reason(text: str, match: re.Match[str] | None, steps: int | None, beside: str) -> str | None:
    if not text:
        return "value_missing"
    for reads, code in ((text.startswith("="), "cell_formula"), (DAY.match(text), "value_is_day"),
                        (RANGE.search(text), "value_is_range"),
                        (match is None or (beside and unit_of(beside) is None), "value_unreadable"),
                        (steps is None, "value_too_fine"), (steps == 0, "value_zero"),
                        ((steps or 0) > MOST_VALUE_STEPS, "value_too_large")):  # fmt: skip
        if reads:
            return code
    return None


def _caps_apart(cells: Cells) -> Cells:
    """Caps that stand in the cell of points or of the unit, moved to the caps: 5分,每月不超过20分."""
    for name in ("value", "unit"):
        text = getattr(cells, name)
        found = CAP_PART.search(text)
        if found and (found.start() or name == "unit"):
            cap = found["cap"] if cells.cap in NOTHING else f"{cells.cap},{found['cap']}"
            cells = replace(cells.without(name, text[: found.start()].rstrip(",;(")), cap=cap)
    return cells


def _cap_steps(part: str, size: int) -> int | None:
    """What one part of a cell of caps comes to: points, or times and hours at the item's value."""
    counted = CAP_COUNT.search(part)
    if counted:
        return int(counted[1]) * size
    number = re.search(r"\d+(\.\d+)?", part)
    return steps_of(number.group()) if number else None
