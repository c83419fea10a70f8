"""Sentences to arrange activities: plan, sign up, give up, hours and turns of a point."""

import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from tests.timebank.hours.arrange import make_resident
from tests.village import Village
from timebank import policy
from timebank.hours.activities import absences, planning, roster, seats
from timebank.hours.activities.planning import Change, Shift
from timebank.hours.activities.requirements import Terms
from timebank.hours.activities.rhythm import Rhythm
from timebank.hours.activities.tables import Activity, SignUp
from timebank.hours.opening_hours import Opening
from timebank.notices import Notice
from timebank.permissions import Actor

# Rules that no database decides are asked on one; what is decided in SQL, or by who is first, on both.
on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
SATURDAYS = Rhythm("weekly", weekdays=(6,))


def clock(text: str) -> datetime.time:
    return datetime.time.fromisoformat(text)


def plan(
    village: Village,
    point: int,
    *,
    starts_in: float = 24.0,
    hours: float = 2.0,
    capacity: int | None = None,
    title: str = "清洁家园",
    leader: Any = None,
    **terms: Any,
) -> int:
    """An activity that begins in so many hours; returns its number."""
    return village.write(
        lambda session, now: planning.plan(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            point_number=point,
            title=title,
            service_class="public",
            starts_at=now + datetime.timedelta(hours=starts_in),
            ends_at=now + datetime.timedelta(hours=starts_in + hours),
            capacity=capacity,
            leader_id=leader,
            terms=Terms(**terms),
        )
    )["number"]


def plan_series(
    village: Village,
    point: int,
    *,
    rhythm: Rhythm = SATURDAYS,
    first_on: datetime.date = datetime.date(2026, 11, 21),
    until_on: datetime.date = datetime.date(2026, 12, 12),
    shifts: tuple[Shift, ...] = (Shift(starts=datetime.time(9), ends=datetime.time(11), capacity=2),),
    skips_closed: bool = False,
    **terms: Any,
) -> dict[str, Any]:
    return village.write(
        lambda session, now: planning.plan_series(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            point_number=point,
            title="周末环境整治",
            service_class="public",
            rhythm=rhythm,
            first_on=first_on,
            until_on=until_on,
            shifts=shifts,
            leader_id=None,
            terms=Terms(**terms),
            skips_closed=skips_closed,
        )
    )


def change(village: Village, number: int, scope: str = "one", **what: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "title": "清洁家园",
        "service_class": "public",
        "shift": Shift(starts=datetime.time(9), ends=datetime.time(11)),
        "leader_id": None,
        "terms": Terms(),
    }
    return village.write(
        lambda session, now: planning.change(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            number=number,
            change=Change(**(given | what)),
            scope=scope,
        )
    )


def cancel(village: Village, number: int, scope: str = "one") -> dict[str, Any]:
    return village.write(
        lambda session, now: planning.cancel(
            session, actor=village.actor("desk_staff"), now=now, number=number, reason="下雨", scope=scope
        )
    )


def sign_up(village: Village, who: Actor, number: int) -> dict[str, Any]:
    return village.write(lambda session, now: seats.sign_up(session, actor=who, now=now, number=number))


def give_up(village: Village, who: Actor, number: int) -> dict[str, Any]:
    return village.write(lambda session, now: seats.give_up(session, actor=who, now=now, number=number))


def put_down(village: Village, person: Any, number: int) -> dict[str, Any]:
    return village.write(
        lambda session, now: seats.put_down(
            session, actor=village.actor("desk_staff"), now=now, number=number, person_id=person.id
        )
    )


def write_down(village: Village, who: Actor, number: int) -> dict[str, Any]:
    return village.write(
        lambda session, now: absences.write_down(
            session, actor=village.actor("desk_staff"), now=now, number=number, person_id=who.person_id
        )
    )


def excuse(village: Village, who: Actor, number: int, reason: str = "孩子发烧") -> dict[str, Any]:
    return village.write(
        lambda session, now: absences.excuse(session, actor=who, now=now, number=number, reason=reason)
    )


def decide(village: Village, who: Actor, number: int, verdict: str, by: Actor | None = None) -> dict[str, Any]:
    return village.write(
        lambda session, now: absences.decide(
            session,
            actor=by or village.actor("desk_staff"),
            now=now,
            number=number,
            person_id=who.person_id,
            verdict=verdict,
            note="",
        )
    )


def write_down_due(village: Village) -> dict[str, Any]:
    job = Actor.system(village.community_id, "write_absences")
    return village.write(lambda session, now: absences.write_down_due(session, actor=job, now=now))


def set_hours(village: Village, point: int, *openings: Opening, keeps_holidays: bool = False, duty: int = 1) -> Any:
    return village.write(
        lambda session, now: roster.set_hours(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            number=point,
            openings=openings,
            keeps_holidays=keeps_holidays,
            duty_people=duty,
        )
    )


def close_on(village: Village, point: int, day: datetime.date, **minutes: int) -> Any:
    return village.write(
        lambda session, now: roster.set_day(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            number=point,
            day=day,
            reason="盘点",
            opens_minute=minutes.get("opens"),
            closes_minute=minutes.get("closes"),
        )
    )


def clear_day(village: Village, point: int, day: datetime.date) -> Any:
    return village.write(
        lambda session, now: roster.clear_day(
            session, actor=village.actor("desk_staff"), now=now, number=point, day=day
        )
    )


def week(village: Village, point: int, monday: datetime.date) -> roster.Week:
    with village.read() as session:
        return roster.week(session, actor=village.actor("desk_staff"), now=village.now, number=point, monday=monday)


def places(village: Village, number: int) -> dict[str, str]:
    """Who stands how in an activity, by person: place, waits, gave up."""
    with village.read() as session:
        activity = seats.by_number(session, village.community_id, number)
        return {
            str(row.person_id): "gave up" if row.given_up_at else "waits" if row.waiting_since else "place"
            for row in session.scalars(select(SignUp).where(col(SignUp.activity_id) == activity.id))
        }


def stands(village: Village, who: Actor, number: int) -> str:
    return places(village, number).get(str(who.person_id), "")


def activity_of(village: Village, number: int) -> Activity:
    with village.read() as session:
        found = seats.by_number(session, village.community_id, number)
        session.expunge(found)
        return found


def numbers(village: Village) -> list[int]:
    """All activities that are not called off, by start."""
    with village.read() as session:
        rows = session.scalars(
            select(Activity)
            .where(col(Activity.cancelled_at).is_(None))
            .order_by(col(Activity.starts_at), col(Activity.id))
        )
        return [row.number for row in rows]


def days(village: Village) -> list[str]:
    """On which days (of the village) they are."""
    zone = datetime.timezone(datetime.timedelta(hours=8))
    return [f"{activity_of(village, number).starts_at.astimezone(zone):%Y-%m-%d %H:%M}" for number in numbers(village)]


def told(village: Village, who: Actor) -> list[str]:
    """The kinds of what somebody was told, oldest first."""
    with village.read() as session:
        rows = session.scalars(
            select(Notice).where(col(Notice.person_id) == who.person_id).order_by(col(Notice.told_at), col(Notice.id))
        )
        return [row.kind for row in rows]


def volunteers(village: Village, *names: str) -> list[Actor]:
    return [village.actor("volunteer", person=make_resident(village, name)) for name in names]


def change_policy(village: Village, **numbers_of: int) -> None:
    """Put other numbers in force from tomorrow, and wait for it."""

    def put(session: Session, now: datetime.datetime) -> dict[str, Any]:
        policy.change(session, village.community_id, numbers=numbers_of, on=village.today + datetime.timedelta(days=1))
        return {}

    village.write(put)
    village.pass_time(days=1)
