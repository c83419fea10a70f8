"""What the cells of a residents' table say, and what is wrong with each."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from timebank.people import communities, identity, residents
from timebank.people.communities import Community
from timebank.people.identity import Vault
from timebank.spreadsheets import Column, Row, clean_name, day, half_width, number
from timebank.storage import new_id

COLUMNS = (
    Column("name", ("姓名", "名字", "居民姓名", "name"), required=True),
    Column("sex", ("性别", "sex")),
    Column("born_on", ("出生日期", "出生年月日", "生日", "born_on")),
    Column("identity_number", ("身份证号", "身份证号码", "公民身份号码", "身份证")),
    Column("phone", ("手机号", "电话", "联系电话", "手机", "手机号码", "電話", "phone")),
    Column("book_code", ("户号", "户编号", "户籍编号", "家庭编号", "戶號", "household")),
    Column("relation", ("与户主关系", "户主关系", "关系", "家庭关系")),
    Column("address", ("住址", "地址", "家庭住址", "门牌", "门牌号", "address")),
    Column("area", ("网格", "楼栋", "网格编码", "楼栋编码", "所属网格", "area")),
    Column("flags", ("情况", "标记", "人员类别", "困难情况")),
    Column("flag_evidence", ("情况依据", "证明材料", "依据")),
    Column("flag_until", ("情况截止", "有效期至", "截止日期")),
    Column("opening_minutes", ("期初分钟", "期初时间分钟", "原存分钟")),
    Column("opening_hours", ("期初小时", "期初时长", "原存小时", "原存时间")),
    Column("opening_points", ("期初积分", "原有积分", "户期初积分")),
    Column("source_page", ("原账页码", "账页", "来源页码", "原始页码")),
    Column("handler", ("经办人", "移交人")),
    Column("checker", ("复核人", "核对人")),
)
SEX_WORDS = {
    "男": "m",
    "女": "f",
    "m": "m",
    "f": "f",
    "男性": "m",
    "女性": "f",
    "male": "m",
    "female": "f",
    "1": "m",
    "2": "f",
    "": "",
}
FLAG_WORDS = {
    "独居": "lives_alone",
    "空巢": "lives_alone",
    "独居老人": "lives_alone",
    "低保": "low_income",
    "低收入": "low_income",
    "残疾": "disabled",
    "失能": "disabled",
    "困难": "hardship",
    "特困": "hardship",
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row as the register would take it. `identity` is locked: cipher and index in hex, and the last four."""

    person_id: str
    name: str = ""
    sex: str = ""
    born_on: str = ""
    phone: str = ""
    book_code: str = ""
    relation: str = ""
    address: str = ""
    area_path: str = ""
    identity: Mapping[str, str] = field(default_factory=dict)
    flags: Sequence[str] = ()
    flag_evidence: str = ""
    flag_until: str = ""
    opening_minutes: int = 0
    opening_steps: int = 0
    source_page: str = ""
    handler: str = ""
    checker: str = ""


@dataclass(frozen=True)
class Planned:
    """What an import would do with one row: take it in (new), pass over it (known), ask (doubtful), or refuse (error)."""

    number: int
    entry: Entry
    verdict: str
    problems: tuple[dict[str, Any], ...] = ()
    notes: tuple[dict[str, Any], ...] = ()


def home_of(entry: Entry) -> str:
    """Rows of one register code share a home; a row without one has its own."""
    return entry.book_code or f"alone {entry.person_id}"


def understood(
    rows: Iterable[Row], *, community: Community, places: Mapping[str, str], now: datetime, vault: Vault
) -> list[Planned]:
    reader = _Reader(community=community, places=places, today=communities.local_day(community, now), vault=vault)
    return [reader.read(row, person_id=new_id(now)) for row in rows]


@dataclass
class _Reader:
    """Reads the cells of one row after another, and notes what is wrong with each."""

    community: Community
    places: Mapping[str, str]
    today: date
    vault: Vault
    problems: list[dict[str, Any]] = field(default_factory=list)
    row: Row | None = None

    def read(self, row: Row, *, person_id: uuid.UUID) -> Planned:
        self.row, self.problems = row, []
        cells = row.cells
        for problem in row.problems:
            self._wrong(problem.column, problem.code)
        known = self._identity(cells["identity_number"])
        minutes, steps = self._minutes(cells), self._steps(cells["opening_points"])
        entry = Entry(
            person_id=person_id.hex,
            name=self._name(cells["name"]),
            sex=self._sex(cells["sex"], known),
            born_on=self._born_on(cells["born_on"], known),
            phone=self._phone(cells["phone"]),
            book_code=self._short("book_code", half_width(cells["book_code"]).replace(" ", ""), 40),
            relation=self._short("relation", cells["relation"], 20),
            address=self._short("address", cells["address"], 200),
            area_path=self._area(cells["area"]),
            identity=self._locked(known, person_id),
            flags=self._flags(cells["flags"]),
            flag_evidence=self._short("flag_evidence", cells["flag_evidence"], 200),
            flag_until=self._until(cells["flag_until"]),
            opening_minutes=minutes,
            opening_steps=steps,
            source_page=self._short("source_page", cells["source_page"], 60),
            handler=clean_name(cells["handler"])[:60],
            checker=clean_name(cells["checker"])[:60],
        )
        self._complete(entry)
        return Planned(
            number=row.number,
            entry=entry,
            verdict="new",
            problems=tuple(self.problems),
            notes=tuple(
                {"code": code, "column": column}
                for code, columns in (("filled", row.filled), ("computed", row.computed))
                for column in columns
            ),
        )

    def _wrong(self, column: str, code: str, **facts: Any) -> None:
        if not any(problem.get("column") == column for problem in self.problems):
            self.problems.append({"code": code, "column": column, **facts})

    def _short(self, column: str, text: str, most: int) -> str:
        if len(text) > most:
            self._wrong(column, "too_long", most=most)
        return text[:most]

    def _name(self, text: str) -> str:
        name = clean_name(text)
        if not name:
            self._wrong("name", "name_missing")
        elif not any(sign.isalpha() for sign in name):
            self._wrong("name", "name")
        return self._short("name", name, 60)

    def _sex(self, text: str, known: identity.Identity | None) -> str:
        sex = SEX_WORDS.get(half_width(text).lower())
        if sex is None:
            self._wrong("sex", "sex")
        if sex and known and sex != known.sex:
            self._wrong("sex", "identity_contradicts")
        return sex or (known.sex if known else "")

    def _born_on(self, text: str, known: identity.Identity | None) -> str:
        born_on = day(text) if text else None
        if text and (born_on is None or not date(1880, 1, 1) <= born_on <= self.today):
            self._wrong("born_on", "born_on")
            return ""
        if born_on and known and born_on != known.born_on:
            self._wrong("born_on", "identity_contradicts")
        found = born_on or (known.born_on if known else None)
        return found.isoformat() if found else ""

    def _identity(self, text: str) -> identity.Identity | None:
        known = identity.read(text) if text else None
        if text and known is None:
            self._wrong("identity_number", "identity_number")
        return known

    def _locked(self, known: identity.Identity | None, person_id: uuid.UUID) -> dict[str, str]:
        if known is None:
            return {}
        kept = self.vault.lock(known.number, community_id=self.community.id, person_id=person_id)
        return {"cipher": kept.cipher.hex(), "index": kept.index.hex(), "last4": kept.last4}

    def _phone(self, text: str) -> str:
        phone = residents.phone_of(text)
        if phone is None:
            self._wrong("phone", "phone")
        return phone or ""

    def _area(self, text: str) -> str:
        plain = half_width(text).replace(" ", "")
        if not plain:
            return self.community.area_path
        path = self.places.get(plain.upper())
        if path is None:
            self._wrong("area", "area")
        return path or self.community.area_path

    def _flags(self, text: str) -> tuple[str, ...]:
        flags = []
        for word in (
            half_width(text).replace("、", ",").replace(";", ",").replace(" ", ",").replace("/", ",").split(",")
        ):
            flag = FLAG_WORDS.get(word)
            if word in {"", "无", "否", "正常"}:
                continue
            if flag is None:
                self._wrong("flags", "flag", known=sorted(FLAG_WORDS))
            elif flag not in flags:
                flags.append(flag)
        return tuple(flags)

    def _until(self, text: str) -> str:
        until = day(text) if text else None
        if text and (until is None or until < self.today):
            self._wrong("flag_until", "flag_until")
        return until.isoformat() if until else ""

    def _minutes(self, cells: Mapping[str, str]) -> int:
        total = 0
        for column, factor in (("opening_minutes", 1), ("opening_hours", 60)):
            text = cells[column]
            value = number(text) if text else None
            if text and (value is None or value < 0 or value * factor != int(value * factor) or value > 10**7):
                self._wrong(column, "minutes")
            elif value:
                total += int(value * factor)
        if cells["opening_minutes"] and cells["opening_hours"]:
            self._wrong("opening_hours", "minutes_and_hours")
        return total

    def _steps(self, text: str) -> int:
        # One cell merged over a household's rows is one balance, not one for each member.
        if not text or (self.row is not None and "opening_points" in self.row.filled):
            return 0
        value = number(text)
        if value is None or value < 0 or value * 10 != int(value * 10) or value > 10**7:
            self._wrong("opening_points", "points")
            return 0
        return int(value * 10)

    def _complete(self, entry: Entry) -> None:
        if entry.flags and not entry.flag_evidence:
            self._wrong("flag_evidence", "flag_evidence_missing")
        if entry.opening_minutes or entry.opening_steps:
            if not entry.source_page:
                self._wrong("source_page", "source_page_missing")
            if not entry.handler:
                self._wrong("handler", "handler_missing")
            if not entry.checker:
                self._wrong("checker", "checker_missing")
            elif entry.checker == entry.handler:
                self._wrong("checker", "two_people")
