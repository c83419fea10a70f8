"""Sentences to arrange a village that serves: volunteers, a service point, scans."""

import datetime
from dataclasses import dataclass
from typing import Any

from tests.village import Village
from timebank.hours import service_points
from timebank.hours.attendance import check_in, check_out, late, reviews, scans
from timebank.hours.attendance.tables import Visit
from timebank.hours.attendance.tickets import Ticket
from timebank.people import logins, residents
from timebank.people.residents import Particulars
from timebank.permissions import Actor


@dataclass
class Someone:
    """A person of the register, as tests hold one."""

    id: Any
    number: str
    household_id: Any


def make_volunteer(village: Village, name: str = "李志愿", born_on: datetime.date | None = None) -> Actor:
    """A resident with the role of a volunteer."""
    return village.actor("volunteer", person=make_resident(village, name, born_on))


def make_resident(village: Village, name: str = "李志愿", born_on: datetime.date | None = None) -> Someone:
    made: list[Someone] = []

    def admit(session, now):
        person = residents.admit(
            session,
            actor=Actor.console(village.community_id, "test"),
            now=now,
            particulars=Particulars(name=name, born_on=born_on or datetime.date(1990, 5, 1)),
        )
        made.append(Someone(person.id, person.number, person.household_id))
        return {"number": person.number}

    village.write(admit, name=name)
    return made[0]


def make_known_volunteer(village: Village, name: str = "欧阳志愿", born_on: datetime.date | None = None) -> Someone:
    """A resident to whom the register gives the role: no sign-in is needed, nor a phone."""
    someone = make_resident(village, name, born_on)
    village.storage.write_global(
        lambda session, now: logins.grant(
            session,
            now=now,
            role="volunteer",
            area_path=village.area_path,
            from_on=datetime.date(2026, 1, 1),
            until_on=None,
            given_by="test",
            community_id=village.community_id,
            person_id=someone.id,
        )
    )
    return someone


def make_point(village: Village, name: str = "太平里服务点") -> int:
    """An open service point; returns its number."""
    outcome = village.write(
        lambda session, now: service_points.create(
            session,
            actor=village.actor("community_manager"),
            now=now,
            name=name,
            place="活动中心一楼",
            area_path=village.area_path,
        ),
        name=name,
    )
    return outcome["number"]


def scan(village: Village, point: int) -> Ticket:
    """Open the code that the point's screen shows now."""
    with village.read() as session:
        now = village.now
        shown = service_points.live_code(
            service_points.by_number(session, village.community_id, point), now=now, step_seconds=30
        )
        return scans.ticket_of_code(
            session, community_id=village.community_id, point_number=point, code=shown.link_code, now=now
        )


def scan_printed(village: Village, point: int) -> Ticket:
    """Open the point's printed code."""
    with village.read() as session:
        token = service_points.by_number(session, village.community_id, point).fixed_token or ""
        return scans.ticket_of_fixed_code(
            session, community_id=village.community_id, point_number=point, token=token, now=village.now
        )


def come(village: Village, who: Actor, ticket: Ticket, activity: int | None = None, key=None) -> dict[str, Any]:
    return village.write(
        lambda session, now: check_in(session, actor=who, now=now, ticket=ticket, activity_number=activity),
        key=key,
        point=ticket.point_number,
        by=who.number,
    )


def go(village: Village, who: Actor, ticket: Ticket, key=None) -> dict[str, Any]:
    return village.write(
        lambda session, now: check_out(session, actor=who, now=now, ticket=ticket),
        key=key,
        point=ticket.point_number,
        by=who.number,
    )


def serve(village: Village, who: Actor, point: int, **how_long: float) -> dict[str, Any]:
    """Come now, stay, go."""
    come(village, who, scan(village, point))
    village.pass_time(**how_long)
    return go(village, who, scan(village, point))


def close_forgotten(village: Village) -> dict[str, Any]:
    job = Actor.system(village.community_id, "close_forgotten")
    return village.write(lambda session, now: late.close_forgotten(session, actor=job, now=now))


def enter_late(village: Village, by: Actor, person_id, started_at, ended_at, **words) -> dict[str, Any]:
    return village.write(
        lambda session, now: late.enter_late(
            session, actor=by, now=now, person_id=person_id, started_at=started_at, ended_at=ended_at, **words
        ),
        start=str(started_at),
    )


def review(village: Village, by: Actor, visit_id, *, verdict="accept", note="", ended_at=None) -> dict[str, Any]:
    return village.write(
        lambda session, now: reviews.review(
            session, actor=by, now=now, visit_id=visit_id, verdict=verdict, note=note, ended_at=ended_at
        ),
        visit=str(visit_id),
    )


def visit_of(village: Village, visit_id) -> Visit:
    with village.read() as session:
        visit = session.get(Visit, (village.community_id, visit_id))
        session.expunge(visit)
        return visit
