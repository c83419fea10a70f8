"""A year of service: points, weekly activities and seasons, scans in and out, those who forgot, and who looked into it."""

import datetime as dt
import hashlib
import itertools
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from api.demo.chance import Random, stream
from api.demo.places import PLACES, URBAN, VILLAGE, Place
from api.demo.tale import ZONE, Someone, Tale, awake, days, local
from timebank.errors import Refused
from timebank.hours import activities, multipliers, service_points
from timebank.hours.attendance import check_in, check_out, close_forgotten, enter_late, review
from timebank.hours.attendance.reviews import is_no_judge
from timebank.hours.attendance.tables import Visit
from timebank.hours.attendance.tickets import Ticket
from timebank.permissions import Actor

WINTER, SUMMER, ALL_YEAR = (12, 1, 2), (7, 8), tuple(range(1, 13))
TOGETHER = dt.timedelta(minutes=9)  # scans of one place so near to each other are told in one write: a ticket's time
FORGETS = 0.03


@dataclass(frozen=True)
class Habit:
    """Something that takes place every week at a point, in some months."""

    title: str
    service_class: str
    point: int
    weekdays: tuple[int, ...]  # Monday is 0
    begins: tuple[int, int]
    minutes: int
    come: tuple[int, int]
    months: tuple[int, ...] = ALL_YEAR
    every: int = 1  # of so many weeks


POINTS = {
    VILLAGE.community_id: (
        ("村党群服务中心", "党群服务中心一楼大厅"),
        ("幸福食堂", "桥东二组老小学旁"),
        ("新时代文明实践站", "文化礼堂东侧"),
        ("柳堤凉亭", "柳堤一组河边,无屏幕"),
    ),
    URBAN.community_id: (("社区党群服务站", "2幢底层"),),
}
FIXED_POINT = 4
HABITS = {
    VILLAGE.community_id: (
        Habit("幸福食堂助餐送餐", "meals", 2, (1, 3), (10, 15), 120, (4, 7)),
        Habit("入户探访独居老人", "visits", 1, (2,), (14, 0), 150, (4, 6)),
        Habit("周末环境整治", "public", 1, (5,), (8, 30), 150, (7, 10)),
        Habit("夜间平安巡逻", "public", 1, (4,), (19, 0), 120, (3, 5)),
        Habit("文明实践讲堂", "talks", 3, (6,), (14, 0), 100, (3, 5), every=2),
        Habit("暑期儿童课堂", "talks", 3, (0, 2, 4), (8, 30), 150, (2, 4), SUMMER),
        Habit("公益理发", "bathing", 3, (0,), (9, 0), 150, (2, 4), every=4),
        Habit("冬日送温暖", "visits", 1, (0,), (14, 0), 120, (3, 6), WINTER),
        Habit("河道巡护", "public", FIXED_POINT, (0,), (6, 40), 70, (1, 2), (5, 6, 7, 8, 9)),
    ),
    URBAN.community_id: (
        Habit("楼道清洁日", "public", 1, (5,), (9, 0), 90, (3, 5), every=2),
        Habit("智能手机课堂", "talks", 1, (3,), (14, 30), 90, (2, 3), every=2),
    ),
}
# What goes on at this hour, when the demo is opened.
AT_THIS_HOUR = ((5, 9, "清晨河道巡护", "public"), (9, 12, "便民服务日", "public"), (12, 18, "重阳敬老志愿服务", "visits"),
                (18, 24, "夜间平安巡逻", "public"), (0, 5, "防汛夜间值守", "public"))  # fmt: skip


@dataclass
class Service:
    """What the story knows of the year's service while it is told."""

    tale: Tale
    place: Place
    chance: Random
    busy: set[tuple[object, dt.date]] = field(default_factory=set)
    came: list[tuple[str, dt.date, Someone, int]] = field(default_factory=list)  # title, day, who, minutes
    numbers: dict[tuple[str, dt.date], int] = field(default_factory=dict)

    @property
    def volunteers(self) -> list[Someone]:
        return [one for one in self.tale.people[self.place.community_id] if ("volunteer", self.place.path) in one.roles]

    @property
    def desk(self) -> Someone:
        """Who sits at the desk, as the demo plays her."""
        return self.tale.of(self.place.community_id, "李建芳" if self.place is VILLAGE else "钱静")

    def with_role(self, role: str) -> list[Someone]:
        """Who holds a role anywhere in the community."""
        return [one for one in self.tale.people[self.place.community_id] if any(held == role for held, _ in one.roles)]

    def free(self, day: dt.date, count: int) -> list[Someone]:
        """So many volunteers who have nothing else that day; the eager ones come oftener."""
        able = [one for one in self.volunteers if (one.id, day) not in self.busy]
        weights = [3 if one.serial % 4 == 0 else 1 for one in able]
        chosen: dict[object, Someone] = {}
        for one in self.chance.choices(able, weights=weights, k=count * 3):
            if len(chosen) < count:
                chosen[one.id] = one
        self.busy |= {(one.id, day) for one in chosen.values()}
        return list(chosen.values())


def serve(tale: Tale) -> dict[int, Service]:
    """Put the year's service on the agenda of each community."""
    found = {}
    for place in PLACES:
        service = Service(tale, place, stream(f"service {place.code}"))
        found[place.community_id] = service
        tale.at(local(tale.first_day, 17), partial(_open_points, service))
        began = tale.first_day + dt.timedelta(days=3 if place is VILLAGE else 230)
        _keep_free(service)
        _plan(service, began)
        _habits(service, began)
        if place is VILLAGE:
            tale.at(local(tale.first_day + dt.timedelta(days=12), 20), partial(_adopt_multipliers, service))
            _desk_duty(service, began)
            _late_entries(service, began)
            _now(service)
        _reviews(service, began)
    return found


def _keep_free(service: Service) -> None:
    """Whoever plays the volunteer finds her with nothing to do on the last days."""
    tale = service.tale
    if service.place is VILLAGE:
        played = tale.of(1, "林晓燕")
        service.busy |= {(played.id, tale.today - dt.timedelta(days=back)) for back in (0, 1)}


def _open_points(service: Service) -> None:
    desk = service.desk.actor
    for name, where in POINTS[service.place.community_id]:
        service.tale.do(service_points.create, actor=desk, name=name, place=where, area_path=service.place.path)
    if service.place is VILLAGE:
        service.tale.do(service_points.issue_fixed_code, actor=desk, number=FIXED_POINT)


def _adopt_multipliers(service: Service) -> None:
    """The committee decides that an hour of patrol by night counts for 1.2."""
    tale = service.tale
    committee = service.with_role("committee")[0].actor
    on = tale.clock.now().astimezone(ZONE).date()
    tale.do(
        multipliers.adopt,
        actor=committee,
        rows=[
            multipliers.Percent("public", 19 * 60, 24 * 60, 120),
            multipliers.Percent("medical_escort", 18 * 60, 22 * 60, 150),
        ],
        adopted_on=on,
        in_force_from=(on.replace(day=1) + dt.timedelta(days=32)).replace(day=1),
        body="村民代表会议",
        minutes_digest=hashlib.sha256("白果村村民代表会议记录 夜间服务系数".encode()).hexdigest(),
    )


def _occasions(service: Service, first: dt.date, last: dt.date) -> list[tuple[Habit, dt.date]]:
    return [
        (habit, day)
        for day in days(first, last)
        for habit in HABITS[service.place.community_id]
        if day.weekday() in habit.weekdays and day.month in habit.months and (day.toordinal() // 7) % habit.every == 0
    ]


def _plan(service: Service, began: dt.date) -> None:
    """At the beginning of each month (and on the first day) its activities are announced; the next weeks' too."""
    tale = service.tale
    first = began
    while first <= tale.today:
        after = (first.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        last = after - dt.timedelta(days=1) if after <= tale.today else tale.today + dt.timedelta(days=14)
        tale.at(local(first - dt.timedelta(days=1), 19), partial(_announce, service, first, last))
        first = last + dt.timedelta(days=1)
    tale.at(awake(tale.end - dt.timedelta(hours=5)), partial(_sign_up, service))


def _announce(service: Service, first: dt.date, last: dt.date) -> None:
    desk = service.desk.actor
    leaders = service.with_role("team_leader")
    has_room = last >= service.tale.today - dt.timedelta(days=20)  # sign-up with places is new in the village

    def plan(session: Session, now: dt.datetime) -> None:
        for habit, day in _occasions(service, first, last):
            begins = local(day, *habit.begins)
            leader = service.chance.choice(leaders) if leaders else None
            planned = activities.plan(
                session, actor=desk, now=now, point_number=habit.point, title=habit.title,
                service_class=habit.service_class, starts_at=begins,
                ends_at=begins + dt.timedelta(minutes=habit.minutes), capacity=habit.come[1] + 4 if has_room else None,
                leader_id=leader.id if leader else None,
            )  # fmt: skip
            service.numbers[habit.title, day] = int(str(planned["number"]))

    service.tale.together(desk, plan, name="activities.plan")


def _sign_up(service: Service) -> None:
    """Some have put their names down for what is to come."""
    tale = service.tale
    for habit, day in _occasions(service, tale.today + dt.timedelta(days=1), tale.today + dt.timedelta(days=10)):
        for one in service.chance.sample(service.volunteers, min(habit.come[0], 3)):
            if (habit.title, day) in service.numbers and one.name != "林晓燕":
                with suppress(Refused):  # she has promised that time already
                    tale.do(activities.sign_up, actor=one.actor, number=service.numbers[habit.title, day])


def _habits(service: Service, began: dt.date) -> None:
    chance = service.chance
    for habit, day in _occasions(service, began, service.tale.today):
        if chance.random() < 0.04:
            continue  # rained off: nobody came
        begins = local(day, *habit.begins)
        ends = begins + dt.timedelta(minutes=habit.minutes)
        people = service.free(day, chance.randint(*habit.come))
        _visits(service, people, begins, ends, point=habit.point, title=habit.title)


def _desk_duty(service: Service, began: dt.date) -> None:
    """On working days somebody sits at the hall in the morning; no activity, just a scan at the point."""
    for day in days(began, service.tale.today - dt.timedelta(days=1)):
        if day.weekday() < 5 and service.chance.random() < 0.65:
            begins = local(day, 8, service.chance.randint(25, 50))
            _visits(
                service,
                service.free(day, 1),
                begins,
                begins + dt.timedelta(minutes=service.chance.randint(70, 115)),
                point=1,
                title="",
            )


def _visits(
    service: Service, people: list[Someone], begins: dt.datetime, ends: dt.datetime, *, point: int, title: str
) -> None:
    """People come a little before or after the beginning, and go when all is tidied up; a few forget to scan."""
    chance, tale = service.chance, service.tale
    forgot = {one.id for one in people if chance.random() < FORGETS}
    comings = sorted((begins + dt.timedelta(minutes=max(-25, chance.gauss(-5, 5))), one.serial, one) for one in people)
    goings = sorted(
        (ends + dt.timedelta(minutes=chance.gauss(-1, 5)), one.serial, one) for one in people if one.id not in forgot
    )
    for group in _near(comings):
        tale.at(group[-1][0], partial(_come, service, group, point, title))
    for group in _near(goings):
        tale.at(group[-1][0], partial(_go, service, group, point, title))
    if forgot:
        late = ends if title else comings[-1][0] + dt.timedelta(hours=2)
        tale.at(late + dt.timedelta(minutes=35), partial(_close_forgotten, service))


Scan = tuple[dt.datetime, int, Someone]


def _near(scans: list[Scan]) -> list[list[Scan]]:
    groups: list[list[Scan]] = []
    for scan in scans:
        if groups and scan[0] - groups[-1][0][0] <= TOGETHER:
            groups[-1].append(scan)
        else:
            groups.append([scan])
    return groups


def _ticket(service: Service, point: int, at: dt.datetime) -> Ticket:
    if point == FIXED_POINT:
        return Ticket(service.place.community_id, point, at, "B", None)
    return Ticket(service.place.community_id, point, at, "A", int(at.timestamp()) // 30)


def _come(service: Service, group: list[Scan], point: int, title: str) -> None:
    day = group[0][0].astimezone(ZONE).date()
    number = service.numbers.get((title, day))

    def change(session: Session, now: dt.datetime) -> None:
        for at, _, one in group:
            check_in(session, actor=one.actor, now=now, ticket=_ticket(service, point, at), activity_number=number or 0)

    service.tale.together(group[0][2].actor, change, name="attendance.check_in", those=[scan[2].id for scan in group])


def _go(service: Service, group: list[Scan], point: int, title: str) -> None:
    def change(session: Session, now: dt.datetime) -> None:
        for at, _, one in group:
            done = check_out(session, actor=one.actor, now=now, ticket=_ticket(service, point, at))
            if done["state"] == "settled" and title:
                service.came.append((title, at.astimezone(ZONE).date(), one, int(str(done["credited_minutes"]))))

    service.tale.together(group[0][2].actor, change, name="attendance.check_out", those=[scan[2].id for scan in group])


def _close_forgotten(service: Service) -> None:
    service.tale.do(close_forgotten, actor=Actor.system(service.place.community_id, "close_forgotten"))


def _reviews(service: Service, began: dt.date) -> None:
    """Every third evening the reviewer looks at what waits; what came up in the last days still waits."""
    tale = service.tale
    for day in itertools.islice(days(began, tale.today - dt.timedelta(days=1)), 2, None, 3):
        tale.at(local(day, 20, 10), partial(_review, service))


def _review(service: Service) -> None:
    tale, chance = service.tale, service.chance
    reviewer = service.with_role("reviewer")[0].actor
    before = min(tale.clock.now(), tale.end - dt.timedelta(days=6)) - dt.timedelta(hours=20)
    with tale.storage.read() as session:
        waiting = session.scalars(
            select(Visit)
            .where(
                col(Visit.community_id) == service.place.community_id,
                col(Visit.state).in_(("estimated", "under_review")),
                col(Visit.order_id).is_(None),
                col(Visit.ended_at) < before,
                col(Visit.person_id) != reviewer.person_id,
            )
            .order_by(col(Visit.started_at))
            .limit(20)
        ).all()
        waiting = [visit for visit in waiting if not is_no_judge(session, reviewer, visit)]
    for visit in waiting:
        rejected = chance.random() < 0.08
        ended = visit.ended_at if visit.estimated and chance.random() < 0.4 else None
        tale.do(
            review,
            actor=reviewer,
            visit_id=visit.id,
            verdict="reject" if rejected else "accept",
            note="打电话核实:当天提前离开,没有服务" if rejected else "已向活动负责人核实",
            ended_at=ended - dt.timedelta(minutes=chance.choice((10, 20, 30))) if ended and not rejected else None,
        )


def _late_entries(service: Service, began: dt.date) -> None:
    """What was never scanned: own reports with a witness, and pages of the paper register that the desk types in."""
    tale, chance = service.tale, service.chance
    for week, day in enumerate(itertools.islice(days(began, tale.today - dt.timedelta(days=2)), 9, None, 16)):
        who = service.free(day, 1)
        if who:
            tale.at(
                local(day + dt.timedelta(days=1), 16, chance.randint(0, 50)),
                partial(_enter_late, service, who[0], day, week),
            )
    for back in (2, 3):
        day = tale.today - dt.timedelta(days=back)
        who = service.free(day, 1)
        if who:
            tale.at(local(day + dt.timedelta(days=1), 9, 40), partial(_enter_late, service, who[0], day, back))


def _enter_late(service: Service, one: Someone, day: dt.date, turn: int) -> None:
    begins = local(day, 15, service.chance.randint(0, 40))
    ends = begins + dt.timedelta(minutes=service.chance.choice((60, 75, 95, 120)))
    if turn % 2:
        said: dict[str, Any] = {
            "actor": one.actor,
            "place": "陪邻居去镇卫生院",
            "witness": "吴国平",
            "service_class": "medical_escort",
        }
    else:
        desk = service.desk.actor
        said = {"actor": desk, "place": "幸福食堂", "source": f"纸质签到簿第{turn + 2}页", "service_class": "meals"}
    service.tale.do(enter_late, person_id=one.id, started_at=begins, ended_at=ends, **said)


def _now(service: Service) -> None:
    """Something goes on while the demo is opened, and four people are at it."""
    tale = service.tale
    hour = tale.end.astimezone(ZONE).hour
    title, service_class = next((title, kind) for first, last, title, kind in AT_THIS_HOUR if first <= hour < last)
    begins = tale.end - dt.timedelta(minutes=55)
    people = service.free(tale.today, 4)

    def plan() -> None:
        desk = service.desk.actor
        done = tale.do(activities.plan, actor=desk, point_number=1, title=title, service_class=service_class, starts_at=begins,
                       ends_at=tale.end + dt.timedelta(minutes=95), capacity=20, leader_id=people[0].id)  # fmt: skip
        service.numbers[title, begins.astimezone(ZONE).date()] = int(str(done["number"]))

    tale.at(awake(tale.end - dt.timedelta(hours=6)), plan)
    for one, ago in zip(people, (52, 48, 41, 17), strict=False):
        at = tale.end - dt.timedelta(minutes=ago)
        tale.at(at, partial(_come, service, [(at, one.serial, one)], 1, title))
