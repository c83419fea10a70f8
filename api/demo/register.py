"""The register of a community as its clerk keeps it in a spreadsheet: households by kind, ages of an ageing village."""

import datetime as dt
import io
from dataclasses import dataclass, field

import xlsxwriter

from api.demo import names
from api.demo.chance import Random
from api.demo.places import Place

HEADINGS = (
    "户号", "姓名", "与户主关系", "性别", "出生日期", "身份证号", "联系电话", "住址", "网格", "情况", "情况依据",
    "情况截止", "期初小时", "期初积分", "原账页码", "经办人", "复核人",
)  # fmt: skip
# How many households of each kind among two hundred.
KINDS = {"alone": 46, "couple": 58, "with_grandchild": 18, "middle": 26, "three_generations": 40, "single": 12}
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RARE = {"陈": "㛃", "王": "𠮷", "徐": "䶮"}


@dataclass
class Resident:
    """One row of the spreadsheet."""

    book_code: str
    name: str
    relation: str
    sex: str
    born_on: dt.date
    phone: str = ""
    has_birthday: bool = True
    identity_number: str = ""
    address: str = ""
    building: str = ""
    flags: list[str] = field(default_factory=list)
    evidence: str = ""
    opening_hours: float = 0
    opening_points: float = 0
    source_page: str = ""


def households(
    place: Place, chance: Random, *, count: int, on: dt.date, book: str, but: set[str]
) -> list[list[Resident]]:
    """So many households, in the order of the register; nobody is called as somebody in `but`."""
    buildings = place.buildings()
    taken = {(name, year) for name in but for year in range(1900, on.year + 1)}
    homes = []
    kinds = chance.choices(list(KINDS), weights=list(KINDS.values()), k=count)
    for at, kind in enumerate(kinds):
        building, part = buildings[at * len(buildings) // count]
        home = _household(kind, chance, on=on, taken=taken)
        for person in home:
            person.book_code = f"{place.code}{at + 1:04}"
            person.building, person.address = building, f"{place.name}{part}{at % 30 + 1}号"
        homes.append(home)
    for at, home in enumerate(homes):
        _give_phones(home, chance, neighbours=homes[at - 1] if at % 17 == 5 else None)
        _give_papers(home, chance, on=on)
        _give_balances(home, chance, page=f"{book}第{at // 12 + 3}页第{at % 12 + 1}行", on=on)
    return homes


def spreadsheet(place: Place, homes: list[list[Resident]]) -> bytes:
    """The register as the workbook that is uploaded."""
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = workbook.add_worksheet("居民花名册")
    sheet.merge_range(0, 0, 0, len(HEADINGS) - 1, f"{place.name}居民花名册(含原账期初余额)")
    sheet.write_row(1, 0, HEADINGS)
    line = 2
    for home in homes:
        for person in home:
            sheet.write_row(line, 0, _cells(person, place))
            line += 1
    workbook.close()
    return file.getvalue()


def age(person: Resident, on: dt.date) -> int:
    return on.year - person.born_on.year - ((on.month, on.day) < (person.born_on.month, person.born_on.day))


def _cells(person: Resident, place: Place) -> list[str | float]:
    with_balance = person.opening_hours or person.opening_points
    return [
        person.book_code,
        person.name,
        person.relation,
        {"f": "女", "m": "男"}[person.sex],
        person.born_on.isoformat() if person.has_birthday else "",
        person.identity_number,
        person.phone,
        person.address,
        person.building,
        "、".join(person.flags),
        person.evidence,
        "",
        person.opening_hours or "",
        person.opening_points or "",
        person.source_page if with_balance else "",
        place.officers[1] if with_balance else "",
        place.officers[0] if with_balance else "",
    ]


@dataclass
class _Family:
    """Draws the members of one household; `taken` are names with years that are somebody's already."""

    chance: Random
    on: dt.date
    taken: set[tuple[str, int]]
    surname: str

    def member(self, relation: str, years: int, sex: str = "", *, of_family: bool = True) -> Resident:
        sex = sex or ("f" if self.chance.random() < 0.5 else "m")
        born_on = dt.date(self.on.year - years - 1, 1, 1) + dt.timedelta(days=self.chance.randrange(364))
        for _ in range(20):
            last = self.surname if of_family else names.surname(self.chance)
            name = last + names.given(self.chance, sex=sex, born_in=born_on.year)
            if self.chance.random() < 0.02 and last in RARE:
                name = last + RARE[last]
            if (name, born_on.year) not in self.taken:
                break
        self.taken.add((name, born_on.year))
        return Resident("", name, relation, sex, born_on)


def _household(kind: str, chance: Random, *, on: dt.date, taken: set[tuple[str, int]]) -> list[Resident]:
    of = _Family(chance, on, taken, names.surname(chance))
    old = chance.choices(range(66, 93), weights=range(30, 3, -1))[0]
    if kind == "alone":
        return [of.member("户主", max(old, 70), "f" if chance.random() < 0.7 else "m")]
    if kind == "single":
        return [of.member("户主", chance.randrange(38, 64), "m" if chance.random() < 0.7 else "f")]
    if kind == "couple":
        wife = max(old - chance.randrange(5), 60)
        return [of.member("户主", old, "m"), of.member("配偶", wife, "f", of_family=False)]
    if kind == "with_grandchild":
        child = of.member("孙辈", chance.randrange(6, 15))
        return [of.member("户主", old - 4, "m"), of.member("配偶", old - 6, "f", of_family=False), child]
    head = chance.randrange(40, 59)
    home = [
        of.member("户主", head, "m"),
        of.member("配偶", head - chance.randrange(4), "f", of_family=False),
        of.member("子女", max(head - 26, 8)),
    ]
    if kind == "three_generations":
        home.append(of.member("父母", head + chance.randrange(22, 28), "f", of_family=False))
        if chance.random() < 0.5:
            home.append(of.member("父母", head + chance.randrange(23, 29), "m"))
    return home


def _give_phones(home: list[Resident], chance: Random, *, neighbours: list[Resident] | None) -> None:
    """Many elders have none, couples share one, and some give the neighbour's."""
    shared = _phone(chance)
    for person in home:
        old = person.born_on.year < 1956
        if person.born_on.year > 2013 or (old and chance.random() < 0.35):
            continue
        person.phone = shared if old else _phone(chance)
    if neighbours and home[0].born_on.year < 1956:
        home[0].phone = next((one.phone for one in neighbours if one.phone), home[0].phone)


def _give_papers(home: list[Resident], chance: Random, *, on: dt.date) -> None:
    for person in home:
        years = age(person, on)
        if chance.random() < 0.012 and years > 60:
            person.has_birthday = False  # the old register left it out, and nobody asked yet
        elif chance.random() < 0.55:
            person.identity_number = _identity_number(person, chance)
        if len(home) == 1 and years >= 70:
            person.flags.append("独居")
        if years >= 60 and chance.random() < 0.06:
            person.flags.append("低保")
        if years >= 55 and chance.random() < 0.05:
            person.flags.append("残疾")
        if person.flags:
            person.evidence = f"{on.year}年入户登记表第{chance.randrange(1, 90)}号"


def _give_balances(home: list[Resident], chance: Random, *, page: str, on: dt.date) -> None:
    """What the paper books of the years before say: hours of those who helped, points of the household."""
    for person in home:
        person.source_page = page
        years = age(person, on)
        if years >= 66 and chance.random() < 0.42:
            person.opening_hours = chance.randrange(6, 60) / 2
        elif 30 <= years < 66 and chance.random() < 0.18:
            person.opening_hours = chance.randrange(8, 120) / 2
    if chance.random() < 0.8:
        home[0].opening_points = chance.randrange(5, 90)


def _phone(chance: Random) -> str:
    """With four zeros in the middle, as numbers are written that stand for a number."""
    return f"1{chance.choice(('38', '39', '50', '51', '58', '59', '87', '88'))}0000{chance.randrange(10_000):04}"


def _identity_number(person: Resident, chance: Random) -> str:
    """Well formed, of a county that there is not, so nobody's."""
    serial = chance.randrange(10, 500) * 2 + (person.sex == "m")
    digits = f"320199{person.born_on:%Y%m%d}{serial % 1000:03}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True))
    return digits + "10X98765432"[total % 11]
