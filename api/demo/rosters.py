"""Opening hours and duty, a full activity with people waiting, a series, a campaign, and an absence with its reason."""

import datetime as dt
from contextlib import suppress
from functools import partial
from typing import Any

from sqlmodel import Session

from api.demo.chance import stream
from api.demo.places import VILLAGE
from api.demo.serving import Service
from api.demo.tale import ZONE, Someone, Tale, awake, local
from timebank.errors import Refused
from timebank.hours.activities import absences, planning, roster, seats
from timebank.hours.activities.campaigns import CAMPAIGNS
from timebank.hours.activities.planning import Shift
from timebank.hours.activities.requirements import Terms
from timebank.hours.activities.rhythm import Rhythm
from timebank.hours.opening_hours import Opening
from timebank.permissions import Actor

BEGAN_BEFORE = dt.timedelta(days=20)
ABSENT_BEFORE = dt.timedelta(days=3)
MORNING, AFTERNOON = (8 * 60, 11 * 60 + 30), (14 * 60, 17 * 60)


def rosters(tale: Tale, services: dict[int, Service]) -> None:
    """Put hours, duty and what else is planned on the agenda of the village."""
    service = services[VILLAGE.community_id]
    began = tale.today - BEGAN_BEFORE
    tale.at(local(began, 16), partial(_set_hours, service))
    for days_ago in (19, 12, 5):  # each week's turns are taken in the week before
        tale.at(local(tale.today - dt.timedelta(days=days_ago), 20), partial(_take_turns, service))
    tale.at(awake(tale.end - dt.timedelta(hours=9)), partial(_take_turns, service))
    tale.at(awake(tale.end - dt.timedelta(hours=8)), partial(_plan, service))
    day = tale.today - ABSENT_BEFORE
    tale.at(local(day - dt.timedelta(days=1), 20), partial(_promise, service, day))


def _set_hours(service: Service) -> None:
    """The hall on working days, the canteen at noon, the station on market days."""
    desk = service.desk.actor
    hall = [Opening("weekday", day, *span) for day in range(1, 6) for span in (MORNING, AFTERNOON)]
    canteen = [Opening("weekday", day, 10 * 60, 13 * 60) for day in (2, 4, 6)]
    market = [Opening("digit", 5, 7 * 60, 12 * 60)]
    for number, openings, duty, holidays in ((1, hall, 1, True), (2, canteen, 2, True), (3, market, 1, False)):
        service.tale.do(
            roster.set_hours,
            actor=desk,
            number=number,
            openings=openings,
            keeps_holidays=holidays,
            duty_people=duty,
        )
    service.tale.do(
        roster.set_day,
        actor=desk,
        number=2,
        day=service.tale.today + dt.timedelta(days=9),
        reason="厨房检修",
        opens_minute=None,
        closes_minute=None,
    )


def _take_turns(service: Service) -> None:
    """Today's turns are taken, those of this week and the next mostly; some are still free."""
    tale, desk = service.tale, service.desk.actor
    today = tale.clock.now().astimezone(ZONE).date()
    chance = stream(f"duty/{(tale.today - today).days}")
    job = Actor.system(service.place.community_id, "lay_out_rosters")
    tale.do(roster.lay_out, actor=job)
    people = [one for one in service.volunteers if one.age(today) >= 18 and one.name != "林晓燕"]
    with tale.storage.read() as session:
        weeks = [
            roster.week(session, actor=desk, now=tale.clock.now(), number=number, monday=today + ahead)
            for number in (1, 2, 3)
            for ahead in (dt.timedelta(0), dt.timedelta(days=7))
        ]
    turns = [turn.line for week in weeks for day in week.days if day.day >= today for turn in day.turns]

    def take(session: Session, now: dt.datetime) -> None:
        for line in turns:
            if line.taken or (line.starts_at.date() > today and chance.random() < 0.35):
                continue
            for one in chance.sample(people, 1 if chance.random() < 0.6 else line.capacity or 1):
                _try(session, seats.sign_up, one, now, number=line.number)

    tale.together(desk, take, name="activities.sign_up")


def _plan(service: Service) -> None:
    """What is announced for the weeks to come."""
    tale, desk = service.tale, service.desk.actor
    leaders = service.with_role("team_leader")
    day = tale.today + dt.timedelta(days=6)
    full = tale.do(
        planning.plan,
        actor=desk,
        point_number=3,
        title="心肺复苏和急救课",
        service_class="talks",
        starts_at=local(day, 19),
        ends_at=local(day, 20, 30),
        capacity=4,
        leader_id=leaders[0].id if leaders else None,
        terms=Terms(note="镇卫生院护士主讲，人人上手练。穿方便活动的衣服。", age_from=18, closes_minutes=240),
    )
    tale.do(
        planning.plan_series,
        actor=desk,
        point_number=1,
        title="月末大扫除",
        service_class="public",
        rhythm=Rhythm("monthly_weekday", weekdays=(6,), nth=5),
        first_on=tale.today + dt.timedelta(days=1),
        until_on=tale.today + dt.timedelta(days=150),
        shifts=[Shift(starts=dt.time(8, 30), ends=dt.time(11), capacity=30)],
        leader_id=None,
        terms=Terms(),
        skips_closed=True,
    )
    template = "summer_water" if tale.today.month in (5, 6, 7) else "winter_warmth"
    tale.do(
        planning.plan_campaign,
        actor=desk,
        template=template,
        point_number=1,
        first_on=tale.today + dt.timedelta(days=16),
        leader_id=None,
        title=CAMPAIGNS[template].title,
    )
    people = [one for one in service.volunteers if one.age(tale.today) >= 18 and one.name != "林晓燕"]

    def wait(session: Session, now: dt.datetime) -> None:
        for one in service.chance.sample(people, 7):
            _try(session, seats.sign_up, one, now, number=int(str(full["number"])))

    tale.together(desk, wait, name="activities.sign_up")


def _promise(service: Service, day: dt.date) -> None:
    """Somebody signs up for what takes place on that day, and will not come."""
    number = next((number for (_, on), number in service.numbers.items() if on == day), None)
    people = [one for one in service.volunteers if (one.id, day) not in service.busy and one.name != "林晓燕"]
    grown = [one for one in people if one.age(day) >= 18]
    if number is None or not grown:
        return
    one = service.chance.choice(grown)
    service.busy.add((one.id, day))
    with suppress(Refused):
        service.tale.do(seats.sign_up, actor=one.actor, number=number)
        job = Actor.system(service.place.community_id, "write_absences")
        service.tale.at(local(day, 23, 10), lambda: _ask(service.tale, absences.write_down_due, actor=job))
        service.tale.at(
            local(day + dt.timedelta(days=1), 7, 40),
            lambda: _ask(
                service.tale, absences.excuse, actor=one.actor, number=number, reason="孙子半夜发烧，去了镇卫生院"
            ),
        )


def _ask(tale: Tale, use_case: Any, **asked: Any) -> None:
    with suppress(Refused):
        tale.do(use_case, **asked)


def _try(session: Session, use_case: Any, one: Someone, now: dt.datetime, **asked: Any) -> None:
    """Who is busy then, or may not, does not."""
    with suppress(Refused):
        use_case(session, actor=one.actor, now=now, **asked)
