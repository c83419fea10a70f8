"""Households and years in the demo: last year's points closed, stars by points, a red list of the last quarter, a family that split."""

import datetime as dt
import hashlib
import uuid
from functools import partial

from sqlalchemy import select
from sqlmodel import col

from api.demo.places import VILLAGE
from api.demo.tale import ZONE, Someone, Tale, local
from timebank import accounts, policy_changes
from timebank.permissions import Actor
from timebank.points.honours import deciding as honours
from timebank.points.honours import listing, totals
from timebank.points.honours.tables import HonourLine
from timebank.points.household_changes import asking, carrying_out
from timebank.points.years import closing
from timebank.points.years import deciding as years
from timebank.points.years.tables import YearClose

HERE = VILLAGE.community_id
COMMITTEE, SECOND, DESK = "许文斌", "朱德明", "李建芳"
CARRY = 50
STARS = [
    ["一星级文明户", 100],
    ["二星级文明户", 200],
    ["三星级文明户", 400],
    ["四星级文明户", 700],
    ["五星级文明户", 1000],
]
ON_LIST = 10
ADULT = 22


def honour(tale: Tale) -> None:
    """Put the year's end, the stars, the list and the split on the agenda."""
    tale.at(local(tale.first_day + dt.timedelta(days=12), 16), partial(_carry_half, tale))
    year = tale.today.year - 1
    if tale.first_day.year <= year:
        tale.at(local(dt.date(year, 12, 22), 15), partial(_announce_year, tale, year))
        begins = dt.date(year + 1, 2, 1)
        tale.at(local(begins, 9), partial(_close_year, tale, year))
    tale.at(local(tale.first_day + dt.timedelta(days=150), 15), partial(_decide_stars, tale))
    first = _quarter(tale.today)
    listed = first + dt.timedelta(days=7)
    tale.at(local(listed, 10), partial(_red_list, tale, first))
    tale.at(local(tale.today - dt.timedelta(days=5), 10), partial(_split, tale))
    tale.at(local(tale.today - dt.timedelta(days=1), 15), partial(_draft_year, tale))


def _of(tale: Tale, name: str) -> Actor:
    return tale.of(HERE, name).actor


def _day(tale: Tale) -> dt.date:
    return tale.clock.now().astimezone(ZONE).date()


def _quarter(day: dt.date) -> dt.date:
    """The first day of the quarter of a day."""
    return dt.date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


# The year's end --------------------------------------------------------------------------------------------------------


def _carry_half(tale: Tale) -> None:
    reason = "积分当年用,年底剩下的结转一半"
    made = tale.do(
        policy_changes.draft,
        actor=_of(tale, COMMITTEE),
        numbers={"carry_percent": CARRY},
        in_force_on=_day(tale) + dt.timedelta(days=7),
        decided_on=_day(tale),
        body="村民代表会议",
        reason=reason,
        minutes_digest=hashlib.sha256(reason.encode()).hexdigest(),
    )
    tale.do(policy_changes.confirm, actor=_of(tale, SECOND), decision_id=uuid.UUID(made["decision"]))


def _announce_year(tale: Tale, year: int) -> None:
    made = tale.do(
        years.draft,
        actor=_of(tale, COMMITTEE),
        year=year,
        decided_on=_day(tale),
        body="representatives",
        reason=f"{year}年12月村民代表会议决定:剩余积分结转一半",
    )
    tale.do(years.announce, actor=_of(tale, SECOND), close_id=uuid.UUID(made["close_id"]))
    _run(tale)


def _close_year(tale: Tale, year: int) -> None:
    with tale.storage.read() as session:
        close = session.scalars(
            select(YearClose).where(col(YearClose.community_id) == HERE, col(YearClose.year) == year)
        ).first()
    if close is None or close.state != "announced":
        return
    tale.do(years.start, actor=_of(tale, COMMITTEE), close_id=close.id)
    _run(tale)


def _run(tale: Tale) -> None:
    job = Actor.system(HERE, "carry_on_years")
    while tale.do(closing.carry_on, actor=job, limit=500)["left"]:
        pass


def _draft_year(tale: Tale) -> None:
    """The decision of this year waits for a second officer, with its preview."""
    tale.do(
        years.draft,
        actor=_of(tale, COMMITTEE),
        year=tale.today.year,
        decided_on=_day(tale),
        body="representatives",
        reason="村民代表会议决定:与去年相同",
        gives_base=True,
    )


# Stars and the list ----------------------------------------------------------------------------------------------------


def _decide_stars(tale: Tale) -> None:
    made = tale.do(
        honours.draft,
        actor=_of(tale, COMMITTEE),
        kind="levels",
        content={"by": "lifetime", "levels": STARS},
        in_force_on=_day(tale),
        decided_on=_day(tale),
        body="representatives",
        reason="村民代表会议通过《星级文明户评定办法》",
    )
    tale.do(honours.confirm, actor=_of(tale, SECOND), decision_id=uuid.UUID(made["decision_id"]))


def _red_list(tale: Tale, quarter: dt.date) -> None:
    """The quarter before this one: proposed, confirmed, hung out; some heads agree to be named."""
    last = quarter - dt.timedelta(days=1)
    first = _quarter(last)
    with tale.storage.read() as session:
        if not totals.everybody(session, HERE, first, last):
            return
    made = tale.do(
        listing.propose,
        actor=_of(tale, COMMITTEE),
        kind="red",
        title=f"{last.year}年第{(last.month + 2) // 3}季度红榜",
        from_day=first,
        to_day=last,
        rule={"kind": "top", "n": ON_LIST},
    )
    list_id = uuid.UUID(made["list_id"])
    tale.do(listing.confirm, actor=_of(tale, SECOND), list_id=list_id)
    tale.do(listing.publish, actor=_of(tale, COMMITTEE), list_id=list_id)
    tale.at(tale.clock.now() + dt.timedelta(hours=3), partial(_consent, tale, list_id))
    tale.at(local(_day(tale) + dt.timedelta(days=8), 0, 20), partial(_settle, tale))


def _consent(tale: Tale, list_id: uuid.UUID) -> None:
    with tale.storage.read() as session:
        lines = session.scalars(
            select(HonourLine)
            .where(col(HonourLine.community_id) == HERE, col(HonourLine.list_id) == list_id)
            .order_by(col(HonourLine.position))
        ).all()
    for line in lines:
        if line.position % 3:
            tale.do(listing.consent, actor=_of(tale, DESK), list_id=list_id, position=line.position,
                    is_given=line.position % 3 == 1, present=True)  # fmt: skip


def _settle(tale: Tale) -> None:
    tale.do(listing.settle_due, actor=Actor.system(HERE, "settle_honours"))


# A family that split ---------------------------------------------------------------------------------------------------


def _split(tale: Tale) -> None:
    """A grown son and his wife become a household of their own, with two fifths of the points; another family still talks it over."""
    families = _families(tale)
    if families:
        change = _ask(tale, families[0], present=("giver", "taker"))
        tale.do(carrying_out.carry_out, actor=_of(tale, DESK), change_id=change)
    if len(families) > 1:
        _ask(tale, families[1], present=("taker",))


def _ask(tale: Tale, family: list[Someone], *, present: tuple[str, ...]) -> uuid.UUID:
    goes = family[-1]
    made = tale.do(
        asking.ask_split,
        actor=_of(tale, DESK),
        household_id=goes.household_id,
        going={goes.id: ""},
        new_head_id=goes.id,
        share_percent=40,
        reason="儿女成家,另立门户",
        present=present,
    )
    return uuid.UUID(made["change_id"])


def _families(tale: Tale) -> list[list[Someone]]:
    """Households of grown people without a part in the story, that have points."""
    homes: dict[uuid.UUID, list[Someone]] = {}
    for one in tale.people[HERE]:
        homes.setdefault(one.household_id, []).append(one)
    clerk = tale.of(HERE, DESK)
    found = []
    with tale.storage.read() as session:
        for home, people in homes.items():
            grown = [one for one in people if one.born_on is not None and ADULT <= one.age(tale.today) < 60]
            if len(grown) < 2 or len(people) < 3 or any(one.roles for one in people) or home == clerk.household_id:
                continue
            if accounts.find_main(session, HERE, home, "pt") is not None:
                found.append(sorted(grown, key=lambda one: -one.age(tale.today)))
    return found[:2]
