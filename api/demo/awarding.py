"""How awards come in beside the committee's spreadsheets: claims with photographs, a report from a grid, a hearing, attendance."""

import datetime as dt
import io
import uuid
from functools import partial
from typing import Any, Protocol

from PIL import Image, ImageDraw
from sqlmodel import col, select

from api.demo.chance import Random, stream
from api.demo.places import VILLAGE, Place
from api.demo.serving import Service
from api.demo.tale import ZONE, Someone, Tale, awake
from timebank import attachments
from timebank.attachments import Prepared
from timebank.attendance_points import awarding, deciding
from timebank.people import kin
from timebank.permissions import Actor
from timebank.points.awards import claiming, entering, hearings, reviewing
from timebank.points.awards.rows import AwardRow
from timebank.points.awards.tables import Award
from timebank.points.table import adoption
from timebank.points.table.tables import PointsItem

WORK, HARMONY, UNTIDY, CLEANING = (
    "参加义务劳动",
    "家庭和睦、邻里团结",
    "房前屋后不整洁",
    "参与环境整治、卫生大扫除、清除小广告",
)


class Teller(Protocol):
    """What is needed of the telling of points in one community."""

    @property
    def tale(self) -> Tale: ...
    @property
    def place(self) -> Place: ...
    @property
    def service(self) -> Service: ...
    @property
    def reviewer(self) -> Someone: ...


def look_again(told: Teller) -> None:
    """Who was drawn is looked at by another reviewer, who agrees; nobody looks at the own household."""
    with told.tale.storage.read() as session:
        waiting = session.execute(
            select(col(Award.id), col(Award.household_id)).where(
                col(Award.community_id) == told.place.community_id, col(Award.stage) == "second"
            )
        ).all()
    others = [one for one in told.service.with_role("reviewer") if one.id != told.reviewer.id]
    for other in others[:1]:
        mine = [award_id for award_id, household_id in waiting if household_id != other.household_id]
        if mine:
            told.tale.do(entering.review, actor=other.actor, award_ids=mine, approved=True)


def award(tale: Tale, services: dict[int, Service]) -> None:
    """The last days in the village: a decision on attendance, claims, a report, a hearing, relatives."""
    told = Last(tale, services[VILLAGE.community_id])
    tale.at(awake(tale.end - dt.timedelta(hours=75)), told.decide_on_service)
    for hours in (30, 9, 2):
        tale.at(awake(tale.end - dt.timedelta(hours=hours)), told.award_visits)
    tale.at(awake(tale.end - dt.timedelta(hours=52)), told.deduct)
    tale.at(awake(tale.end - dt.timedelta(hours=28)), told.report)
    tale.at(awake(tale.end - dt.timedelta(hours=26)), told.claim)
    tale.at(awake(tale.end - dt.timedelta(hours=25)), told.reject_one)
    tale.at(awake(tale.end - dt.timedelta(hours=20)), told.declare_relatives)


class Last:
    """The last days."""

    def __init__(self, tale: Tale, service: Service) -> None:
        self.tale, self.service = tale, service
        self.chance: Random = stream("awards now")
        self.rejected: uuid.UUID | None = None

    @property
    def committee(self) -> Actor:
        return self._person("许文斌").actor

    def decide_on_service(self) -> None:
        """The representatives: hours of public service, as scanned, earn points by the table, beside the hours."""
        today, item = self._today(), self._item(CLEANING)
        if item is not None:
            self.tale.do(deciding.decide, actor=self.committee, kind="service_class", target="public", item_id=item.id,
                         from_on=today, decided_on=today, reason="村民代表会议决定:公共服务按签到的小时计分")  # fmt: skip

    def award_visits(self) -> None:
        self.tale.do(awarding.award_visits, actor=Actor.system(VILLAGE.community_id, "award_visits"))

    def deduct(self) -> None:
        """A household was heard about a deduction; it is large, and waits for a second reviewer."""
        home = self._home()
        today = self._today().isoformat()
        row = AwardRow(1, str(home.household_number), "", UNTIDY, today, "3", "三次检查都没有收拾,照片在网格员手机里",
                       heard_on=today, heard_words="农忙时顾不上,下周收拾好,认可扣分",
                       heard_present="网格员吴国平、组长")  # fmt: skip
        made = self.tale.do(entering.enter, actor=self.committee, row=row)
        self.tale.do(reviewing.review, actor=self._person("孙志明").actor, award_ids=[uuid.UUID(made["award_id"])],
                     approved=True, remark="三次检查记录齐全")  # fmt: skip

    def report(self) -> None:
        """The grid worker reports from his grid; the household is invited to be heard."""
        worker = self._person("吴国平")
        grid = next(area for role, area in worker.roles if role == "grid_worker")
        people = [one for one in self.tale.people[VILLAGE.community_id]
                  if one.area_path.startswith(grid) and one.household_id != worker.household_id]  # fmt: skip
        item = self._item(UNTIDY)
        if item is None or not people:
            return
        made = self.tale.do(
            claiming.report, actor=worker.actor, household=str(people[-1].household_number), person="", item_id=item.id,
            on=self._today().isoformat(), evidence="门前堆放杂物,占了半边路", photos=[picture(self.chance, "#8a7f6a")],
        )  # fmt: skip
        meets_at = dt.datetime.combine(self._today() + dt.timedelta(days=4), dt.time(15), ZONE).astimezone(dt.UTC)
        self.tale.do(hearings.invite, actor=worker.actor, award_id=uuid.UUID(made["award_id"]), meets_at=meets_at,
                     place="村委会一楼调解室")  # fmt: skip

    def claim(self) -> None:
        """Two claims of the volunteer, one of them with a photograph, and one by a daughter for her mother."""
        lin, mother, daughter = self._person("林晓燕"), self._person("赵桂珍"), self._person("赵美玲")
        for who, actor, title, on, text, photos in (
            (lin, lin.actor, WORK, 1, "帮村里搬运防汛沙袋,和组长一起", [picture(self.chance, "#5b8f4a")]),
            (lin, lin.actor, CLEANING, 2, "清扫村口垃圾", []),
            (mother, daughter.actor, HARMONY, 1, "照看邻居孩子一个星期", [picture(self.chance, "#b98a4a")]),
        ):
            item = self._item(title)
            if item is None:
                continue
            day = (self._today() - dt.timedelta(days=on)).isoformat()
            quantity = "1.5" if item.per == "hour" else ""
            try_claim = partial(claiming.claim, person_id=who.id, item_id=item.id, on=day, quantity=quantity,
                                evidence=text, photos=photos)  # fmt: skip
            made = self._unless_entered(try_claim, actor)
            if made is not None and title == CLEANING:
                self.rejected = uuid.UUID(made["award_id"])

    def reject_one(self) -> None:
        if self.rejected is not None:
            self.tale.do(reviewing.review, actor=self._person("孙志明").actor, award_ids=[self.rejected], approved=False,
                         remark="没有照片,也没有人证明,请补充后再申报")  # fmt: skip

    def declare_relatives(self) -> None:
        """The reviewer keeps out of what concerns his sister-in-law's household."""
        reviewer, relative = self._person("孙志明"), self._person("吴丽华")
        self.tale.do(kin.declare, actor=reviewer.actor, person_id=reviewer.id, relative_number=relative.number,
                     relative_name=relative.name, relation="in_law")  # fmt: skip

    def _unless_entered(self, use_case: Any, actor: Actor) -> dict[str, Any] | None:
        """The committee's file may have told of the same deed: then it is not claimed."""
        try:
            return self.tale.together(actor, lambda session, now: use_case(session, actor=actor, now=now), name="claim")
        except entering.AwardRefused:
            return None

    def _home(self) -> Someone:
        kept = {self._person("孙志明").household_id, self._person("许文斌").household_id}
        people = [
            one for one in self.tale.people[VILLAGE.community_id] if one.household_id not in kept and not one.roles
        ]
        return self.chance.choice(people)

    def _person(self, name: str) -> Someone:
        return self.tale.of(VILLAGE.community_id, name)

    def _today(self) -> dt.date:
        return self.tale.clock.now().astimezone(ZONE).date()

    def _item(self, title: str) -> PointsItem | None:
        """The item of the table in force, if it is in use."""
        with self.tale.storage.read() as session:
            table = adoption.in_force_on(session, VILLAGE.community_id, self._today())
            items = adoption.items_of(session, VILLAGE.community_id, table.id) if table else []
            return next((item for item in items if item.title == title and item.in_use), None)


def picture(chance: Random, ground: str) -> Prepared:
    """A small drawing that stands for a photograph: sky, ground, and things in a row."""
    drawn = Image.new("RGB", (320, 240), "#bcd7e6")
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((0, 150, 320, 240), fill=ground)
    for _ in range(5):
        left, height = chance.randint(0, 270), chance.randint(30, 80)
        pen.rectangle((left, 150 - height, left + 40, 160), fill="#7b5b43", outline="#40302a")
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=70)
    return attachments.prepare(out.getvalue(), "photo", "现场照片.jpg")
