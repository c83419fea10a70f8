"""A year of points: the tables as they were voted, monthly batches on the board, objections and appeals, a correction."""

import datetime as dt
import io
import uuid
from dataclasses import dataclass, field
from functools import partial

import xlsxwriter
from sqlalchemy import select
from sqlmodel import col

from api.demo import awarding, tabling
from api.demo.chance import Random, stream
from api.demo.places import URBAN, VILLAGE, Place
from api.demo.serving import Service
from api.demo.tale import ZONE, Someone, Tale, awake, local
from timebank import samples
from timebank.permissions import Actor
from timebank.points.awards import entering, rows
from timebank.points.awards.tables import Award
from timebank.points.publicity import batches, corrections, objections
from timebank.points.publicity.tables import Objection, PublicityLine
from timebank.points.table import adoption
from timebank.points.table.tables import PointsItem

CLEANING, PATROL, SPEAKER, WORK = (
    "参与环境整治、卫生大扫除、清除小广告", "参与治安巡防", "当好宣传员", "参加义务劳动",
)  # fmt: skip
HARMONY, FEES, BASE, UNTIDY = "家庭和睦、邻里团结", "按时交纳物业管理费", "每户基础分", "房前屋后不整洁"
# What somebody who came to an activity is awarded, per place.
EARNED = {
    VILLAGE.community_id: {
        "周末环境整治": CLEANING,
        "夜间平安巡逻": PATROL,
        "文明实践讲堂": SPEAKER,
        "冬日送温暖": WORK,
    },
    URBAN.community_id: {"楼道清洁日": "参加社区环境卫生整治", "智能手机课堂": "参加社区夜校、宣讲等活动"},
}
TABLES = {
    VILLAGE.community_id: ("points-table-mixed.csv", "白果村积分制管理细则"),
    URBAN.community_id: ("points-table-residents.csv", "柳溪社区居民积分细则"),
}
LINES_MOST = {VILLAGE.community_id: 44, URBAN.community_id: 14}
BATCH_EVERY = dt.timedelta(days=30)
REASONS = ("这天他没有来,我在现场", "时间不对,只干了半个小时", "我家也参加了,怎么没有", "照片不是我们村的")


@dataclass
class Scoring:
    """The telling of points in one community."""

    tale: Tale
    place: Place
    service: Service
    chance: Random
    in_force_on: dt.date | None = None
    awarded: set[tuple[object, str, dt.date]] = field(default_factory=set)

    @property
    def committee(self) -> Actor:
        found = self.tale.of(1, "许文斌") if self.place is VILLAGE else self.tale.people[2][1]
        return found.actor

    @property
    def reviewer(self) -> Someone:
        return self.tale.of(1, "孙志明") if self.place is VILLAGE else self.service.with_role("reviewer")[0]


def score(tale: Tale, services: dict[int, Service]) -> None:
    """Put the year's points on the agenda."""
    for place, draft_after in ((VILLAGE, 3), (URBAN, 204)):
        told = Scoring(tale, place, services[place.community_id], stream(f"points {place.code}"))
        drafted = local(tale.first_day + dt.timedelta(days=draft_after), 15)
        tale.at(drafted, partial(_draft_and_adopt, told))
        published = local(tale.today - dt.timedelta(days=2), 10, 15)
        turn = 0
        while published > drafted + dt.timedelta(days=50):
            day = published.astimezone(ZONE).date()
            tale.at(local(day - dt.timedelta(days=2), 10, 20), partial(_enter_month, told, turn))
            tale.at(local(day - dt.timedelta(days=1), 16), partial(_review_entered, told))
            tale.at(published, partial(_publish, told, turn))
            published, turn = published - BATCH_EVERY, turn + 1
    _this_week(Scoring(tale, VILLAGE, services[1], stream("points now")))


# The table ------------------------------------------------------------------------------------------------------------


def _draft_and_adopt(told: Scoring) -> None:
    """The village uploads a workbook, the urban community a text in GB18030; their councils vote after three days."""
    sample, title = TABLES[told.place.community_id]
    content = samples.sample(sample)
    if told.place is VILLAGE:
        name, content = f"{title}.xlsx", _workbook(content.decode("utf-8-sig"), title)
    else:
        name, content = f"{title}.csv", content.decode("utf-8-sig").encode("gb18030")
    table_id = tabling.draft(told, name, content, title)
    body_id, members = tabling.seat_council(told)
    said = tabling.FIRST_WORDS if told.place is VILLAGE else ()
    tabling.deliberate(told, table_id, days=3, said=said)
    meets = told.tale.clock.now() + dt.timedelta(days=3, hours=4)
    told.tale.at(meets, partial(_adopt, told, table_id, title, body_id, members))


def _adopt(told: Scoring, table_id: uuid.UUID, title: str, body_id: uuid.UUID, members: list[Someone]) -> None:
    told.in_force_on = tabling.vote(told, table_id, title, body_id=body_id, members=members)
    told.tale.at(local(told.in_force_on, 0, 20), partial(_bring_into_force, told))
    if told.place is VILLAGE:
        objects = partial(tabling.object_and_answer, told, table_id, FEES)
        told.tale.at(told.tale.clock.now() + dt.timedelta(days=1, hours=14), objects)
        told.tale.at(
            local(told.in_force_on + dt.timedelta(days=5), 18),
            partial(_switch_on, told, table_id, BASE, "村民代表会议决定:每户60分基础分,不参与兑换"),
        )
        told.tale.at(
            local(told.in_force_on + dt.timedelta(days=120), 18),
            partial(_switch_on, told, table_id, UNTIDY, "村民代表会议决定试行,扣分前先听本户意见"),
        )


def _bring_into_force(told: Scoring) -> None:
    told.tale.do(adoption.bring_into_force, actor=Actor.system(told.place.community_id, "bring_tables_into_force"))


def _switch_on(told: Scoring, table_id: uuid.UUID, title: str, reason: str) -> None:
    with told.tale.storage.read() as session:
        item = session.scalars(
            select(PointsItem).where(
                col(PointsItem.community_id) == told.place.community_id,
                col(PointsItem.table_id) == table_id,
                col(PointsItem.title) == title,
            )
        ).one()
    on = told.tale.clock.now().astimezone(ZONE).date()
    told.tale.do(adoption.switch, actor=told.committee, item_id=item.id, in_use=True, decided_on=on, reason=reason)


def _workbook(text: str, title: str) -> bytes:
    """The table as a committee keeps it: a title above, categories merged over their rows."""
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = workbook.add_worksheet("积分细则")
    lines = [line.split(",") for line in text.strip().splitlines()]
    sheet.merge_range(0, 0, 0, len(lines[0]) - 1, title)
    for number, cells in enumerate(lines, 1):
        sheet.write_row(number, 0, cells)
    workbook.close()
    return file.getvalue()


# A month --------------------------------------------------------------------------------------------------------------


def _enter_month(told: Scoring, turn: int) -> None:
    """The committee's spreadsheet of the month: who came to what, and a few things that are seen otherwise."""
    today = told.tale.clock.now().astimezone(ZONE).date()
    since = today - BATCH_EVERY
    if told.in_force_on is None or today < told.in_force_on:
        return
    lines = [line for line in _month(told, max(since, told.in_force_on), today) if _is_new(told, line)]
    lines = told.chance.sample(lines, min(len(lines), LINES_MOST[told.place.community_id]))
    lines += _once_in_the_year(told, turn, today)
    if lines:
        _enter(told, lines, f"{today:%Y年%m月}积分申报.xlsx")


Line = tuple[str, str, str, dt.date, str, str, str]  # household, person, item, day, quantity, evidence, heard on


def _is_new(told: Scoring, line: Line) -> bool:
    """An item is awarded once a day to the same person."""
    key = (line[0] or line[1], line[2], line[3])
    if key in told.awarded:
        return False
    told.awarded.add(key)
    return True


def _month(told: Scoring, since: dt.date, today: dt.date) -> list[Line]:
    found: list[Line] = []
    earned = EARNED[told.place.community_id]
    for title, day, one, minutes in told.service.came:
        if title in earned and since <= day <= today and one.household_id != told.reviewer.household_id and minutes:
            item = earned[title]
            quantity = f"{minutes / 60:g}" if item == CLEANING else ""
            number = told.service.numbers.get((title, day), 0)
            found.append(("", one.number, item, day, quantity, f"活动签到记录第{number}号", ""))
    return found


def _once_in_the_year(told: Scoring, turn: int, today: dt.date) -> list[Line]:
    """Base points when the table was young, fees in one month, harmony and a deduction now and then."""
    if told.place is not VILLAGE:
        return []
    heads = {
        one.household_number: one
        for one in reversed(told.tale.people[1])
        if one.household_id != told.reviewer.household_id
    }
    homes = sorted(heads)
    day = today - dt.timedelta(days=1)
    found: list[Line] = [
        (str(home), "", HARMONY, day, "", "网格员入户走访记录", "") for home in told.chance.sample(homes, 2)
    ]
    if (
        not any(item == BASE for _, item, _ in told.awarded)
        and told.in_force_on
        and (today - told.in_force_on).days > 7
    ):
        found += [(str(home), "", BASE, day, "", "村民代表会议决定", "") for home in homes]
    elif turn == 5:
        found += [(str(home), "", FEES, day, "", "物业收费台账", "") for home in told.chance.sample(homes, 40)]
    if turn in (1, 3) and told.in_force_on and (today - told.in_force_on).days > 125:
        heard = min(day + dt.timedelta(days=1), today).isoformat()
        found.append((str(told.chance.choice(homes)), "", UNTIDY, day, "", "环境检查照片3张,限期未改", heard))
    return [line for line in found if _is_new(told, line)]


def _enter(told: Scoring, lines: list[Line], name: str) -> None:
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = workbook.add_worksheet("积分申报")
    heading = ("户号", "编号", "项目", "日期", "数量", "存证", "听取意见日期", "听取的意见", "在场人")
    sheet.write_row(0, 0, heading)
    for number, line in enumerate(sorted(lines, key=lambda line: (line[3], line[2])), 1):
        heard = ("说这几天农忙,没来得及收拾,认可", "网格员、村民小组长") if line[6] else ("", "")
        sheet.write_row(
            number, 0, [cell.isoformat() if isinstance(cell, dt.date) else cell for cell in (*line, *heard)]
        )
    workbook.close()
    read, problems = rows.rows_of_file(file.getvalue())
    staged = told.tale.do(entering.stage, actor=told.committee, name=name, rows=read, problems=problems)
    told.tale.do(entering.enter_file, actor=told.committee, staging_id=uuid.UUID(staged["staging_id"]))


def _review_entered(told: Scoring) -> None:
    """The reviewer looks at the list: two are sent back, the others may go on the board."""
    with told.tale.storage.read() as session:
        entered = session.scalars(
            select(col(Award.id))
            .where(
                col(Award.community_id) == told.place.community_id,
                col(Award.state) == "entered",
                col(Award.stage).is_(None),
                col(Award.double_of).is_(None),  # looked at one by one
            )
            .order_by(col(Award.on_day), col(Award.id))
        ).all()
    if len(entered) > 20:
        odd = [told.chance.choice(entered)]
        told.tale.do(
            entering.review, actor=told.reviewer.actor, award_ids=odd, approved=False, remark="没有存证照片,退回补充"
        )
        entered = [award_id for award_id in entered if award_id not in odd]
    for begin in range(0, len(entered), 200):
        told.tale.do(entering.review, actor=told.reviewer.actor, award_ids=entered[begin : begin + 200], approved=True)
    awarding.look_again(told)


def _publish(told: Scoring, turn: int) -> None:
    with told.tale.storage.read() as session:
        ready = session.scalars(
            select(col(Award.id))
            .where(col(Award.community_id) == told.place.community_id, col(Award.state) == "approved")
            .limit(1)
        ).first()
    if ready is None:
        return
    done = told.tale.do(batches.publish, actor=told.committee)
    number, until = int(done["batch"]), dt.datetime.fromisoformat(done["objections_until"])
    told.tale.at(until + dt.timedelta(minutes=20), partial(_book, told))
    if told.place is VILLAGE and done["lines"] > 6:
        said = {0: "open and appealed", 2: "appeal upheld", 4: "appeal rejected", 6: "rejected", 8: "upheld"}.get(
            turn, ""
        )
        if said:
            told.tale.at(told.tale.clock.now() + dt.timedelta(hours=5), partial(_object, told, number, said))
        if turn == 3:
            told.tale.at(until + dt.timedelta(days=4), partial(_correct, told, number))
        if turn == 2:
            told.tale.at(until + dt.timedelta(days=25), partial(_object_late, told, number))


def _book(told: Scoring) -> None:
    actor = Actor.system(told.place.community_id, "end_publicity")
    while told.tale.do(batches.book_due, actor=actor)["left"]:
        pass


# Objections -----------------------------------------------------------------------------------------------------------


def _object(told: Scoring, batch: int, said: str) -> None:
    """A resident objects to a line; what becomes of it is told by its name."""
    chance, tale = told.chance, told.tale
    residents = [one for one in tale.people[1] if one.phone and 30 <= one.age(tale.today) <= 75 and not one.roles]
    lines = chance.sample(range(1, 7), 3)
    first = _raise(told, chance.choice(residents), batch, lines[0])
    today = tale.clock.now().astimezone(ZONE).date()

    def after(days: int, hour: int) -> dt.datetime:
        return local(today + dt.timedelta(days=days), hour, chance.randint(0, 59))

    tale.at(after(1, 9), partial(_answer, told, first, upheld=said == "upheld"))
    if said in ("upheld", "rejected"):
        tale.at(after(12, 0), partial(_book, told))
        return
    tale.at(after(1, 16), partial(_appeal, told, first))
    if said == "open and appealed":
        _raise(told, chance.choice(residents), batch, lines[1])
        third = _by_phone(told, chance.choice(residents), batch, lines[2])
        tale.at(after(1, 10), partial(_answer, told, third, upheld=False))
        return
    tale.at(after(4, 10), partial(_decide, told, first, upheld=said == "appeal upheld"))
    tale.at(after(12, 0), partial(_book, told))


def _raise(told: Scoring, who: Someone, batch: int, line: int) -> uuid.UUID:
    reason = told.chance.choice(REASONS)
    done = told.tale.do(objections.object_to, actor=who.actor, batch_number=batch, line_number=line, reason=reason)
    return uuid.UUID(done["objection_id"])


def _by_phone(told: Scoring, who: Someone, batch: int, line: int) -> uuid.UUID:
    """Somebody calls, and the desk writes it down."""
    reason = told.chance.choice(REASONS)
    desk = told.tale.of(1, "李建芳").actor
    done = told.tale.do(
        objections.object_to, actor=desk, batch_number=batch, line_number=line, reason=reason, person_id=who.id,
        channel="phone",
    )  # fmt: skip
    return uuid.UUID(done["objection_id"])


def _object_late(told: Scoring, batch: int) -> None:
    """Weeks after the booking somebody calls about a small line: it is booked back."""
    with told.tale.storage.read() as session:
        line = session.scalars(
            select(col(PublicityLine.number))
            .join(
                Award,
                (col(Award.community_id) == PublicityLine.community_id) & (col(Award.id) == PublicityLine.award_id),
            )
            .where(
                col(PublicityLine.community_id) == told.place.community_id, col(PublicityLine.batch_number) == batch,
                col(PublicityLine.state) == "booked", col(Award.credited_steps).between(1, 500),
            )
            .order_by(col(PublicityLine.number).desc())
            .limit(1)
        ).first()  # fmt: skip
    caller = next(
        (one for one in told.tale.people[1] if one.phone and not one.roles and one.age(told.tale.today) > 60), None
    )
    if line is None or caller is None:
        return
    raised = _by_phone(told, caller, batch, line)
    answered = told.tale.clock.now() + dt.timedelta(days=1)
    told.tale.at(answered, partial(_answer, told, raised, upheld=True))


def _answer(told: Scoring, objection_id: uuid.UUID, *, upheld: bool) -> None:
    text = "核对签到记录,确实没有参加,予以撤下" if upheld else "签到码、照片和带队人都能证明当天到场,维持原分"
    told.tale.do(objections.answer, actor=told.committee, objection_id=objection_id, upheld=upheld, text=text)


def _appeal(told: Scoring, objection_id: uuid.UUID) -> None:
    with told.tale.storage.read() as session:
        found = session.get(Objection, (told.place.community_id, objection_id))
        assert found is not None
    who = next(one for one in told.tale.people[told.place.community_id] if one.id == found.person_id)
    told.tale.do(objections.appeal, actor=who.actor, objection_id=objection_id, text="带队人是他亲戚,请监委会再查一次")


def _decide(told: Scoring, objection_id: uuid.UUID, *, upheld: bool) -> None:
    text = "调看监控,当日未到场,撤下该行" if upheld else "走访三名在场村民,情况属实,维持"
    told.tale.do(
        objections.decide, actor=told.tale.of(1, "朱德明").actor, objection_id=objection_id, upheld=upheld, text=text
    )


def _correct(told: Scoring, batch: int) -> None:
    """A booked award turns out to be somebody else's: one officer asks, another books it back."""
    with told.tale.storage.read() as session:
        award = session.scalars(
            select(Award)
            .where(
                col(Award.community_id) == told.place.community_id, col(Award.batch_number) == batch,
                col(Award.state) == "booked", col(Award.credited_steps) > 0,
            )
            .order_by(col(Award.line_number))
            .limit(1)
        ).first()  # fmt: skip
    if award is not None:
        told.tale.do(
            corrections.ask_correction, actor=told.committee, award_id=award.id, reason="录错了户,应记到同名的另一户"
        )
        officer = told.tale.people[told.place.community_id][1].actor
        told.tale.do(corrections.confirm_correction, actor=officer, award_id=award.id)


# The present ----------------------------------------------------------------------------------------------------------


def _this_week(told: Scoring) -> None:
    """Awards that wait for the reviewer, and the draft of next year's table."""
    told.tale.at(awake(told.tale.end - dt.timedelta(hours=7)), partial(_enter_today, told))
    told.tale.at(awake(told.tale.end - dt.timedelta(hours=30)), partial(_draft_next, told))


def _enter_today(told: Scoring) -> None:
    today = told.tale.clock.now().astimezone(ZONE).date()
    people = [one for one in told.service.volunteers if one.household_id != told.reviewer.household_id]
    lines: list[Line] = [
        ("", one.number, WORK, today, "", "幸福食堂搬运物资,照片2张", "") for one in told.chance.sample(people, 6)
    ]
    _enter(told, lines, f"{today:%m月%d日}义务劳动.xlsx")


def _draft_next(told: Scoring) -> None:
    tabling.next_table(told)
