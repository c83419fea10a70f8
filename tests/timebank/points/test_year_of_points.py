"""A year of points of 1,000 households: tables as they really look, voted, 20,000 awards published, objected to, booked, redeemed, and the year closed.

All of it through the use cases with the real periods; in the end the books are verified with their details, the batches add
up, and the audit's figures are those of the awards.
"""

from __future__ import annotations

import datetime as dt
import io
import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from ledger import projections
from ledger.verify import verify
from tests.ledger.books import bundle_of, vkey_of
from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.points import make, ugly
from tests.timebank.points.test_shop import cancel, code_of, expire, hand_over, redeem
from tests.timebank.points.test_years import announced, move_to, run, start
from tests.village import Village
from timebank import checks
from timebank.people import residents
from timebank.people.residents import Person
from timebank.permissions import Actor
from timebank.points import replay
from timebank.points.awards import entering
from timebank.points.awards.rows import AwardRow
from timebank.points.awards.tables import BOOKED, ENTERED, FROZEN, PUBLISHED, Award
from timebank.points.publicity import batches, going_on, objection_lists, objections
from timebank.points.publicity.tables import PublicityBatch
from timebank.points.shop.orders import HouseholdOwes, NotEnoughPoints
from timebank.points.table import adoption
from timebank.points.table.reading import read_file
from timebank.points.years import deciding
from timebank.reports import points_audit

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("db", ["sqlite"], indirect=True)]

HOUSEHOLDS, AWARDS, MONTHS = 1_000, 20_000, 12
FILE = 1_700  # rows of one spreadsheet
REVIEWED = 200
OBJECTED, REDEEMING = 12, 40  # a month
DEDUCTION = "房前屋后不整洁"


@dataclass
class Year:
    """The village, its people and what happened."""

    village: Village
    people: list[Person]
    drawn: random.Random
    awarded: set[tuple[uuid.UUID, str, dt.date]] = field(default_factory=set)
    happened: Counter[str] = field(default_factory=Counter)


@pytest.mark.parametrize("name", sorted(ugly.VARIANTS))
def test_every_table_as_it_is_really_kept_is_voted_and_scored(village: Village, name: str) -> None:
    """From the file's bytes to points on an account, whatever the file looks like."""
    reading = read_file(ugly.VARIANTS[name]())
    assert not reading.problems
    table_id = make.table_in_force(village, ugly.VARIANTS[name]())
    item = next(one for one in make.items(village, table_id).values() if plain(one))
    person = village.make_person("张三")
    quantity = "1小时" if item.per == "hour" else ""
    award_id = make.enter(village, person, item.title, item_id=item.id.hex, quantity=quantity)
    make.approve(village, award_id)
    make.publish(village)
    village.pass_time(days=10)
    make.book_due(village)
    assert village.balance(village.main_account(person.household_id, "pt")) == item.value_steps


def test_a_year_of_a_thousand_households(village: Village) -> None:
    year = Year(village, admitted(village), random.Random(1000))
    change_policy(village, carry_percent=50)
    first = make.table_in_force(village, ugly.VARIANTS["mixed-merged"]())
    make.switch_on(village, make.items(village, first)[DEDUCTION])
    item_id, _merchant, seller = make.shop(village, stock=5_000, price_steps=50)
    for month in range(MONTHS):
        if month == 5:
            second = make.draft_table(village, ugly.VARIANTS["residents-gb18030"](), title="修订")
            tried(year, second)
            make.adopt_table(village, second)
        award_a_month(year)
        move_to(village, *next_month(village.today), 9)
        make.bring_into_force(village)
        number = hang_out(year)
        object_to_some(year, number)
        redeem_some(year, item_id, seller)
        village.pass_time(days=8)
        make.book_due(village)  # what nobody objected to
        decide_appeals(year)
        village.pass_time(days=8)
        go_on(year, number)
        expire(village)
        settled(year, number)
    close_the_year(year)
    assert sum(year.happened[source] for source in ("award", "deduction")) >= AWARDS
    for what in ("objected", "upheld", "rejected", "appealed", "appeal_upheld", "handed_over", "cancelled", "left"):
        assert year.happened[what] >= 20, (what, year.happened)
    the_books_are_right(year)


def plain(item: Any) -> bool:
    """An item that one event scores in full."""
    return item.kind == "award" and item.rule is None and item.per in ("once", "person", "hour") and item.in_use


def admitted(village: Village) -> list[Person]:
    """The households: one, two or three people each."""
    clerk, drawn = Actor.console(village.community_id, "test"), random.Random(1)
    surnames, given = "王李张刘陈欧阳杨黄赵吴周徐", "秀英桂兰玉珍建国志明海燕小红"

    def admit(session: Any, now: dt.datetime) -> dict[str, Any]:
        for _household in range(HOUSEHOLDS // 10):
            home = None
            for _member in range(drawn.randint(1, 3)):
                name = drawn.choice(surnames) + drawn.choice(given) + drawn.choice(given)
                told = residents.Particulars(name=name, born_on=dt.date(1950 + drawn.randrange(50), 5, 17))
                person = residents.admit(
                    session, actor=clerk, now=now, particulars=told, household_id=home, area_path=village.area_path
                )
                home = person.household_id
        return {}

    for _tenth in range(10):
        village.write(admit)
    with village.read() as session:
        people = session.scalars(select(Person).where(col(Person.community_id) == village.community_id)).all()
    assert len({person.household_id for person in people}) == HOUSEHOLDS
    return list(people)


def next_month(day: dt.date) -> tuple[int, int, int]:
    return (day.year + day.month // 12, day.month % 12 + 1, 1)


def award_a_month(year: Year) -> None:
    """A spreadsheet of a month's deeds, entered by the committee and reviewed by others, some of them twice."""
    village, drawn = year.village, year.drawn
    begun = village.today.replace(day=1)
    with village.read() as session:
        table = adoption.in_force_on(session, village.community_id, begun)
        items = [item for item in adoption.items_of(session, village.community_id, table.id) if plain(item)]
    uncapped = [one for one in items if not (one.cap_day_steps or one.cap_month_steps or one.cap_year_steps)]
    move_to(village, begun.year, begun.month, 28, 9)
    rows: list[AwardRow] = []
    while len(rows) < FILE:
        person, item = drawn.choice(year.people), drawn.choice(uncapped)
        on = begun + dt.timedelta(days=drawn.randrange(27))
        whose = person.household_id if item.subject == "household" else person.id
        if (whose, item.title, on) in year.awarded:
            continue
        year.awarded.add((whose, item.title, on))
        quantity = f"{drawn.randint(1, 3)}小时" if item.per == "hour" else ""
        rows.append(row_of(len(rows) + 2, person, item.title, on, quantity))
        year.happened["award"] += 1
    if begun < dt.date(2027, 6, 1):
        for person in drawn.sample(year.people, 6):
            on = begun + dt.timedelta(days=drawn.randrange(27))
            rows.append(row_of(len(rows) + 2, person, DEDUCTION, on, "", heard=True))
            year.happened["deduction"] += 1
    clerk = village.actor("committee")
    staged = village.write(
        lambda s, now: entering.stage(s, actor=clerk, now=now, name="本月.xlsx", rows=rows, problems=[])
    )
    village.write(
        lambda s, now: entering.enter_file(s, actor=clerk, now=now, staging_id=uuid.UUID(staged["staging_id"]))
    )
    for stage in (None, "second"):
        reviewer = village.actor("reviewer")
        waiting = ids_of(
            village,
            col(Award.state) == ENTERED,
            col(Award.stage).is_(None) if stage is None else col(Award.stage) == stage,
        )
        year.happened["second"] += len(waiting) if stage else 0
        for start_at in range(0, len(waiting), REVIEWED):
            make.review(village, *waiting[start_at : start_at + REVIEWED], actor=reviewer)
    assert ids_of(village, col(Award.state) == ENTERED) == []


def row_of(line: int, person: Person, item: str, on: dt.date, quantity: str, *, heard: bool = False) -> AwardRow:
    told = {"heard_on": on.isoformat(), "heard_words": "知道了", "heard_present": "网格员"} if heard else {}
    return AwardRow(line, "", person.number, item, on.isoformat(), quantity, "签到表", **told)


def ids_of(village: Village, *where: Any) -> list[uuid.UUID]:
    with village.read() as session:
        query = select(col(Award.id)).where(col(Award.community_id) == village.community_id, *where)
        return list(session.scalars(query.order_by(col(Award.id))))


def hang_out(year: Year) -> int:
    """Last month's awards, hung out whole."""
    village = year.village
    month = (village.today - dt.timedelta(days=1)).replace(day=1)
    actor = village.actor("committee")
    made = village.write(lambda s, now: batches.publish(s, actor=actor, now=now, month=month))
    go_on(year, int(made["batch"]))
    return int(made["batch"])


def go_on(year: Year, number: int) -> None:
    going_on.go_on(year.village.storage, year.village.community_id, number, pause=lambda _seconds: None)


def object_to_some(year: Year, number: int) -> None:
    """Some object to lines; half of them are right, and some of the others appeal."""
    village = year.village
    with village.read() as session:
        lines = batches.batch_of(session, village.community_id, number).lines
    answering = village.actor("committee")
    for line in year.drawn.sample(range(1, lines + 1), OBJECTED):
        actor = village.actor("resident", person=year.drawn.choice(year.people))
        what = {"batch_number": number, "line_number": line, "reason": "那天没有看见"}
        raised = do(village, objections.object_to, actor, **what)
        year.happened["objected"] += 1
        objection_id = uuid.UUID(raised["objection_id"])
        upheld = year.drawn.random() < 0.4
        do(village, objections.answer, answering, objection_id=objection_id, upheld=upheld, text="查过签到表")
        year.happened["upheld" if upheld else "rejected"] += 1
        if not upheld and year.drawn.random() < 0.7:
            do(village, objections.appeal, actor, objection_id=objection_id, text="请再查")
            year.happened["appealed"] += 1


def do(village: Village, use_case: Any, actor: Actor, **told: Any) -> dict[str, Any]:
    return village.write(lambda session, now: use_case(session, actor=actor, now=now, **told))


def decide_appeals(year: Year) -> None:
    village = year.village
    deciding = village.actor("supervision_committee")
    with village.read() as session:
        waiting = [
            one.objection.id
            for one in objection_lists.objections_of(session, actor=deciding, limit=500)
            if one.objection.state == "appealed"
        ]
    for objection_id in waiting:
        upheld = year.drawn.random() < 0.5
        do(village, objections.decide, deciding, objection_id=objection_id, upheld=upheld, text="监督委员会看过")
        year.happened["appeal_upheld" if upheld else "appeal_rejected"] += 1


def redeem_some(year: Year, item_id: uuid.UUID, seller: Actor) -> None:
    """Some order at the shop: most fetch it, some give it up, some never come."""
    for person in year.drawn.sample(year.people, REDEEMING):
        try:
            made = redeem(year.village, person, item_id)
        except (NotEnoughPoints, HouseholdOwes):
            year.happened["too_few"] += 1
            continue
        what = year.drawn.choices(("handed_over", "cancelled", "left"), (70, 15, 15))[0]
        if what == "handed_over":
            hand_over(year.village, seller, code_of(year.village, made))
        elif what == "cancelled":
            cancel(year.village, made, year.village.actor(person=person))
        year.happened[what] += 1


def settled(year: Year, number: int) -> None:
    """Every line of the batch found its end, and they add up to it."""
    village = year.village
    with village.read() as session:
        (standing,) = batches.standings(session, [batches.batch_of(session, village.community_id, number)])
        assert standing.adds_up
        assert standing.batch.closed_at is not None
    assert ids_of(village, col(Award.batch_number) == number, col(Award.state).in_((PUBLISHED, FROZEN))) == []


def tried(year: Year, table_id: uuid.UUID) -> None:
    """The revision over the year so far, before it is voted."""
    with year.village.read() as session:
        found = replay.replay(
            session,
            actor=year.village.actor("committee"),
            table_id=table_id,
            first=year.village.today.replace(month=1, day=1),
            last=year.village.today,
        )
    assert found.awards > 0
    assert sum(one.new_steps for one in found.households) == found.new_steps


def close_the_year(year: Year) -> None:
    """2027 ends as voted: half of what is left of it lapses when the notice is over."""
    village = year.village
    close_id = announced(village, year=2027)
    run(village)
    with village.read() as session:
        first = deciding.close_of(session, village.community_id, close_id).closes_from
    move_to(village, first.year, first.month, first.day, 9)
    expire(village)
    start(village, close_id)
    run(village)


def the_books_are_right(year: Year) -> None:
    village = year.village
    auditor = village.actor("auditor")
    with village.read() as session:
        assert list(checks.find(session, actor=Actor.system(village.community_id, "test"), limit=20)) == []
        assert list(projections.differences(session.connection(), village.community_id)) == []
        figures = [
            points_audit.circulation(session, actor=auditor, year=one, now=village.now) for one in (2026, 2027, 2028)
        ]
        booked = session.execute(
            select(func.sum(col(Award.credited_steps))).where(
                col(Award.community_id) == village.community_id,
                col(Award.state) == BOOKED,
                col(Award.credited_steps) > 0,
            )
        ).scalar_one()
        of_batches = session.execute(
            select(func.sum(col(PublicityBatch.lines))).where(col(PublicityBatch.community_id) == village.community_id)
        ).scalar_one()
        above = points_audit.far_above(session, actor=auditor, year=2027, now=village.now)
        uses = points_audit.items(session, actor=auditor, year=2027, now=village.now)
    assert sum(one.issued_steps for one in figures) == booked
    assert of_batches == year.happened["award"] + year.happened["deduction"]
    assert {one.other_steps for one in figures} == {0}
    for before, after in pairwise(figures):
        assert after.opening_steps == before.outstanding_steps
    assert figures[2].lapsed_steps > 0
    assert len(above) < HOUSEHOLDS / 20
    assert "used" in {one.verdict for one in uses}
    report = verify(io.BytesIO(bundle_of(village)), vkey=vkey_of(village))
    assert report.ok, report
