"""Award rows as people write them, made into what they mean: whose, which item, when, how much. Reads, never writes.

The single form and the spreadsheet go through the same reading, so that both give the same reasons.
"""

import datetime as dt
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

from sqlmodel import Session, col, select

from timebank import spreadsheets
from timebank.people import communities, numbers
from timebank.people.households import Household
from timebank.people.residents import Person
from timebank.people.working_days import today_in
from timebank.points.awards import sources
from timebank.points.awards.used import Before, Event, Known, chunks
from timebank.points.rules import Reckoned
from timebank.points.table.adoption import in_force_on, items_of
from timebank.points.table.tables import PointsItem, PointsTable
from timebank.points.table.words import Problem

COLUMNS = (
    spreadsheets.Column("household", ("户号", "家庭户号", "家庭编号", "戶號", "household")),
    spreadsheets.Column("person", ("编号", "居民编号", "姓名", "姓名或编号", "編號", "person")),
    spreadsheets.Column("item", ("项目", "细则", "积分项目", "项目序号", "項目", "item"), required=True),
    spreadsheets.Column("on", ("日期", "发生日期", "时间", "date"), required=True),
    spreadsheets.Column("quantity", ("数量", "次数", "小时", "小时数", "數量", "quantity")),
    spreadsheets.Column("evidence", ("存证", "佐证", "依据", "说明", "事由", "佐證", "evidence"), required=True),
    spreadsheets.Column("heard_on", ("听取意见日期", "告知日期", "heard_on")),
    spreadsheets.Column("heard_words", ("听取的意见", "本户意见", "heard_words")),
    spreadsheets.Column("heard_present", ("在场人", "在场人员", "heard_present")),
    spreadsheets.Column("again_reason", ("再次登记原因", "重复原因", "again_reason")),
)
TITLE_OF = {column.name: column.titles[0] for column in COLUMNS}
MOST_TIMES = 1000
LONGEST_NUMBER = 15  # digits that anybody types; a cell of thousands of them is no number


@dataclass(frozen=True)
class AwardRow:
    """One row as written; `item_id` where it was chosen from a list instead of typed.

    `again_reason` says why the same deed counts once more that day. A deduction with `heard_on` says what the household
    said and who was present; without, the household is heard before anybody looks at it.
    """

    line: int
    household: str
    person: str
    item: str
    on: str
    quantity: str
    evidence: str
    heard_on: str = ""
    item_id: str = ""
    heard_words: str = ""
    heard_present: str = ""
    again_reason: str = ""


@dataclass(frozen=True)
class ResolvedRow:
    """What a row means and comes to, or the problems that keep it out."""

    row: AwardRow
    problems: tuple[Problem, ...] = ()
    household: Household | None = None
    person: Person | None = None
    item: PointsItem | None = None
    table: PointsTable | None = None
    on: dt.date | None = None
    heard_on: dt.date | None = None
    times: int | None = None
    minutes: int | None = None
    reckoned: Reckoned | None = None
    double_of: uuid.UUID | None = None  # told of the same deed by another source, or earlier that day


def rows_of_file(content: bytes) -> tuple[list[AwardRow], list[Problem]]:
    """The rows of a spreadsheet, and the cells that cannot be read at all."""
    sheet = spreadsheets.read(content, columns=COLUMNS)
    rows, problems = [], []
    for row in sheet.rows:
        problems += [Problem(row.number, TITLE_OF[bad.column], f"cell_{bad.code}") for bad in row.problems]
        rows.append(AwardRow(line=row.number, **{column.name: row.cells[column.name] for column in COLUMNS}))
    return rows, problems


def resolve(
    session: Session, community_id: int, *, now: dt.datetime, rows: Sequence[AwardRow], source: str = "file"
) -> list[ResolvedRow]:
    """Find what each row means; caps count what was awarded before and the rows above. `source` is one of SOURCES."""
    today = today_in(session, community_id, now)
    read = [_with_days(ResolvedRow(row), today) for row in rows]
    read = _with_people(session, community_id, read)
    read = _with_items(session, community_id, read)
    return _with_steps(session, community_id, [_with_quantity(row) for row in read], source)


def _with_days(read: ResolvedRow, today: dt.date) -> ResolvedRow:
    on = spreadsheets.day(read.row.on)
    if on is None:
        return _wrong(read, "on", "day_missing" if not read.row.on else "day_unreadable", read=read.row.on[:40])
    if on > today:
        return _wrong(read, "on", "day_in_the_future", read=on.isoformat())
    heard_on = spreadsheets.day(read.row.heard_on) if read.row.heard_on else None
    if read.row.heard_on and (heard_on is None or heard_on > today):
        return _wrong(read, "heard_on", "day_unreadable", read=read.row.heard_on[:40])
    if heard_on is not None and heard_on < on:
        read = _wrong(read, "heard_on", "heard_before_deed", read=heard_on.isoformat())
    if not read.row.evidence.strip():
        read = _wrong(read, "evidence", "evidence_missing")
    elif len(read.row.evidence) > 500:
        read = _wrong(read, "evidence", "text_too_long", most=500, length=len(read.row.evidence))
    if read.row.heard_on and not (read.row.heard_words.strip() and read.row.heard_present.strip()):
        read = _wrong(read, "heard_words", "hearing_words_missing")
    for column in ("heard_words", "heard_present", "again_reason"):
        length, most = len(getattr(read.row, column)), 1000 if column == "heard_words" else 200
        if length > most:
            read = _wrong(read, column, "text_too_long", most=most, length=length)
    return replace(read, on=on, heard_on=heard_on)


def _with_people(session: Session, community_id: int, read: list[ResolvedRow]) -> list[ResolvedRow]:
    code = communities.community(session, community_id).code
    serials = {index: numbers.serial_of(one.row.person, code) for index, one in enumerate(read)}
    by_serial = {
        person.serial: person
        for chunk in chunks({serial for serial in serials.values() if serial})
        for person in session.scalars(
            select(Person).where(Person.community_id == community_id, col(Person.serial).in_(chunk))
        )
    }
    houses = _households(session, community_id, read, by_serial.values())
    members: dict[uuid.UUID, list[Person]] = defaultdict(list)
    for chunk in chunks({household.id for household in houses.values()}):
        found = session.scalars(
            select(Person).where(Person.community_id == community_id, col(Person.household_id).in_(chunk))
        )
        for person in found:
            members[person.household_id].append(person)
    return [
        _with_person(one, by_serial.get(serials[index] or 0), houses, members, numbered=serials[index] is not None)
        for index, one in enumerate(read)
    ]


def _with_person(
    read: ResolvedRow,
    numbered_person: Person | None,
    houses: Mapping[str, Household],
    members: Mapping[uuid.UUID, list[Person]],
    *,
    numbered: bool,
) -> ResolvedRow:
    typed, name = _house_text(read.row.household), spreadsheets.clean_name(read.row.person)
    household = houses.get(typed) if typed else None
    if typed and household is None:
        return _wrong(read, "household", "household_unknown", read=read.row.household[:40])
    # Whose it would be is kept with what is wrong: a report is refused by her grid before it says what.
    read = replace(read, household=household)
    if household is not None and household.closed_on is not None:
        return _wrong(read, "household", "household_ended", read=read.row.household[:40])
    typed_number = spreadsheets.half_width(name)
    looks_numbered = typed_number.isascii() and any(sign.isdecimal() for sign in typed_number)
    if numbered_person is None and (numbered or looks_numbered):
        return _wrong(read, "person", "person_unknown", read=name[:40])
    person = numbered_person
    if person is None and name:
        if household is None:
            return _wrong(read, "household", "household_needed", read=name[:40])
        same = [one for one in members[household.id] if one.name == name]
        if len(same) != 1:
            return _wrong(read, "person", "person_unknown" if not same else "person_ambiguous", read=name[:40])
        person = same[0]
    household = household or (houses.get(f"id:{person.household_id.hex}") if person else None)
    read = replace(read, household=household)
    if household is None:
        return _wrong(read, "household", "household_missing")
    if person is not None and person.household_id != household.id:
        return _wrong(read, "person", "person_of_another_household", read=name[:40])
    return replace(read, household=household, person=person)


def _households(
    session: Session, community_id: int, read: Iterable[ResolvedRow], people: Iterable[Person]
) -> dict[str, Household]:
    """Households by what a row may call them: our number, the village's own code, or the id of a named person's."""
    typed = {_house_text(one.row.household) for one in read} - {""}
    counted = {int(text) for text in typed if text.isascii() and _is_number(text)}
    found: dict[str, Household] = {}
    for chunk in chunks(typed):
        query = select(Household).where(Household.community_id == community_id, col(Household.book_code).in_(chunk))
        found |= {household.book_code or "": household for household in session.scalars(query)}
    for whole in chunks(counted):
        query = select(Household).where(Household.community_id == community_id, col(Household.number).in_(whole))
        # Our own number goes before a code of the village's register that looks the same.
        found |= {str(household.number): household for household in session.scalars(query)}
    found |= {text: found[str(int(text))] for text in typed if _is_number(text) and str(int(text)) in found}
    for ids in chunks({person.household_id for person in people}):
        query = select(Household).where(Household.community_id == community_id, col(Household.id).in_(ids))
        found |= {f"id:{household.id.hex}": household for household in session.scalars(query)}
    return found


def _with_items(session: Session, community_id: int, read: list[ResolvedRow]) -> list[ResolvedRow]:
    days = {one.on for one in read if one.on is not None}
    tables = {day: in_force_on(session, community_id, day) for day in days}
    items = {table.id: items_of(session, community_id, table.id) for table in tables.values() if table}
    return [_with_item(one, tables.get(one.on), items) if one.on else one for one in read]


def _with_item(
    read: ResolvedRow, table: PointsTable | None, items: Mapping[uuid.UUID, Sequence[PointsItem]]
) -> ResolvedRow:
    assert read.on is not None
    if table is None:
        return _wrong(read, "on", "no_table_in_force", read=read.on.isoformat())
    asked = spreadsheets.clean(read.row.item)
    if read.row.item_id:
        fitting = [item for item in items[table.id] if item.id.hex == read.row.item_id]
    elif _is_number(spreadsheets.half_width(asked)):
        fitting = [item for item in items[table.id] if item.position == int(spreadsheets.half_width(asked))]
    else:
        names = ("{0.title}", "{0.category}/{0.title}", "{0.category}:{0.title}")
        fitting = [item for item in items[table.id] if asked in {name.format(item) for name in names}]
    if len(fitting) != 1:
        reason = "item_ambiguous" if fitting else "item_unknown" if asked or read.row.item_id else "item_missing"
        return _wrong(read, "item", reason, read=asked[:40], version=table.version or 0)
    item = fitting[0]
    if not item.in_use or item.in_use_from is None or item.in_use_from > read.on:
        read = _wrong(read, "item", "item_not_in_use", read=item.title)
    if item.subject == "person" and read.household is not None and read.person is None:
        read = _wrong(read, "person", "person_needed", read=item.title)
    return replace(read, item=item, table=table)


def _with_quantity(read: ResolvedRow) -> ResolvedRow:
    item = read.item
    if item is None:
        return read
    if item.per == "hour":
        minutes = minutes_of(read.row.quantity)
        if minutes is None or not 0 < minutes <= 24 * 60:
            return _wrong(read, "quantity", "hours_unreadable", read=read.row.quantity[:40])
        return replace(read, minutes=minutes)
    text = re.sub("[次人件项]+$", "", spreadsheets.half_width(read.row.quantity)) or "1"
    most = 1 if item.per in ("month", "year") else MOST_TIMES
    if not _is_number(text) or not 1 <= int(text) <= most:
        return _wrong(read, "quantity", "times_unreadable", read=read.row.quantity[:40], most=most)
    return replace(read, times=int(text))


def minutes_of(text: str) -> int | None:
    """Whole minutes of a duration in hours: 1.5, 1:30, 1小时30分, 90分钟."""
    plain = spreadsheets.half_width(text).replace(" ", "")
    found = re.fullmatch(r"(?:(\d{1,3})(?:小时|时|:))?(?:(\d{1,4})(?:分钟|分)?)?", plain)
    if found and (found[1] or "分" in plain) and (found[1] or found[2]):
        return int(found[1] or 0) * 60 + int(found[2] or 0)
    hours = spreadsheets.number(re.sub("(个?小时|时)$", "", plain))
    if hours is None or hours <= 0 or hours > 1000:
        return None
    minutes = hours * 60
    return int(minutes) if minutes == minutes.to_integral_value() else int(minutes.quantize(Decimal(1), ROUND_FLOOR))


def _with_steps(session: Session, community_id: int, read: list[ResolvedRow], source: str) -> list[ResolvedRow]:
    """Score the rows in order; each uses up what it was credited of the caps."""
    whole = {index: event for index, one in enumerate(read) if (event := _event(one, source))}
    before = Before(session, community_id, list(whole.values()))
    scored = list(read)
    for index, event in whole.items():
        # Two visits of a day are two deeds: nobody is in two places.
        one = read[index]
        same = [known for known in before.same(event) if not known.source == source == "attendance"]
        problem = _twice(event, same, source, one.row.again_reason)
        if problem:
            scored[index] = _wrong(one, "item", problem, read=event.item.title)
            continue
        reckoned = before.score(event)
        if reckoned.reason:
            scored[index] = _wrong(one, "quantity", reckoned.reason.code, **reckoned.reason.facts)
            continue
        before.add(event, abs(reckoned.credited_steps), Known(None, source))
        beside = next((known.award_id for known in same if known.award_id), None)
        scored[index] = replace(one, reckoned=reckoned, double_of=beside)
    return scored


def _twice(event: Event, same: Sequence[Known], source: str, again_reason: str) -> str:
    """Why a deed that was told before is not entered again, or ""; another source is shown beside the first."""
    if not any(not sources.differ(known.source, source) for known in same):
        return ""
    if not event.may_come_again:
        return "already_entered"
    return "" if again_reason.strip() else "again_needs_reason"


def _event(one: ResolvedRow, source: str) -> Event | None:
    if one.problems or one.household is None or one.item is None or one.on is None:
        return None
    person_id = one.person.id if one.person else None
    return Event(one.household.id, person_id, one.item, one.on, one.times, one.minutes, attended=source == "attendance")


def _house_text(text: str) -> str:
    return spreadsheets.half_width(text).removesuffix("户").removesuffix("号")


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= LONGEST_NUMBER


def _wrong(of: ResolvedRow, column: str, code: str, /, **facts: int | str) -> ResolvedRow:
    return replace(of, problems=(*of.problems, Problem(of.row.line, TITLE_OF[column], code, facts)))
