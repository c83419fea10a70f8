"""What else people bring to the desk: cards scanned by staff, rests, a page of the register, witnesses and who was served."""

import datetime as dt
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from api.demo.places import VILLAGE
from api.demo.serving import FIXED_POINT, Service
from api.demo.tale import ZONE, Someone, Tale, local
from timebank.errors import Refused
from timebank.hours.attendance import check_in, check_out, enter_late, paper, resting, station, witnesses
from timebank.hours.attendance.tickets import Ticket

BOOK = "2026 幸福食堂登记册"


def attend(tale: Tale, services: dict[int, Service]) -> None:
    """Put the last weeks' paper, witnesses, printed codes and rests on the agenda of the village."""
    service = services[VILLAGE.community_id]
    for turn, back in enumerate((16, 9, 2)):
        day = tale.today - dt.timedelta(days=back)
        tale.at(local(day + dt.timedelta(days=1), 9, 20), partial(_type_page, service, day, turn))
    for turn, back in enumerate((12, 6, 2)):
        day = tale.today - dt.timedelta(days=back)
        tale.at(local(day + dt.timedelta(days=1), 18), partial(_report, service, day, turn))
    for turn, back in enumerate((11, 4)):
        tale.at(local(tale.today - dt.timedelta(days=back), 8, 10), partial(_printed, service, turn))
    for back in (13, 5):
        tale.at(local(tale.today - dt.timedelta(days=back), 14, 5), partial(_with_rest, service))
    tale.at(tale.end - dt.timedelta(minutes=47), partial(_scan_now, service))


def _type_page(service: Service, day: dt.date, turn: int) -> None:
    """The canteen keeps a book; the desk types a page of it."""
    people = service.free(day, 4)
    lines = [
        paper.PaperLine(
            page=21 + turn,
            line=at + 1,
            person_number=one.number,
            started_at=local(day, 10, 5 * at),
            ended_at=local(day, 12, 10 * at),
            place="幸福食堂",
            service_class="meals",
        )
        for at, one in enumerate(people)
        if one.id != service.desk.id and one.age(day) >= 18
    ]
    with suppress(Refused):  # somebody was scanned at that time already
        service.tale.do(paper.type_page, actor=service.desk.actor, book=BOOK, lines=lines)


def _report(service: Service, day: dt.date, turn: int) -> None:
    """An own report: the first two with a neighbour who is asked, the last of them has not answered yet."""
    (one,) = service.free(day, 1)
    neighbour = _somebody_else(service, one)
    begins = local(day, 16, 10)
    with suppress(Refused):
        made = service.tale.do(
            enter_late,
            actor=one.actor,
            person_id=one.id,
            started_at=begins,
            ended_at=begins + dt.timedelta(minutes=75),
            place="陪邻居到镇上取药",
            witness=neighbour.number,
            witness_id=neighbour.id,
            service_class="errands",
        )
        if turn < 2:
            _say(service, neighbour, made, confirms=turn == 0)


def _printed(service: Service, turn: int) -> None:
    """Two scans of the printed code at the pavilion; who was served confirms the first time, and is still asked the second."""
    tale = service.tale
    day = tale.clock.now().astimezone(ZONE).date()
    (one,) = service.free(day, 1)
    elder = _somebody_else(service, one)
    begins = tale.clock.now()

    def scan(verb: Any, at: dt.datetime) -> dict[str, Any]:
        return tale.do(verb, actor=one.actor, ticket=Ticket(service.place.community_id, FIXED_POINT, at, "B", None))

    def leave() -> None:
        with suppress(Refused):
            made = scan(check_out, tale.clock.now())
            asked = {"visit_id": UUID(str(made["visit_id"])), "person_id": elder.id}
            tale.do(witnesses.ask_recipient, actor=one.actor, **asked)
            if turn == 0:
                _say(service, elder, made, confirms=True)

    with suppress(Refused):
        scan(check_in, begins)
        tale.at(begins + dt.timedelta(minutes=64), leave)


def _with_rest(service: Service) -> None:
    """An afternoon at the hall with a pause for tea, all by cards that the desk scans."""
    tale = service.tale
    (one,) = service.free(tale.clock.now().astimezone(ZONE).date(), 1)
    if one.id == service.desk.id:
        return
    with suppress(Refused):
        _card(service, one, "in")
        for after, direction in ((70, "rest"), (95, "rest"), (160, "out")):
            tale.at(tale.clock.now() + dt.timedelta(minutes=after), partial(_later, service, one, direction))


def _scan_now(service: Service) -> None:
    """Two cards were scanned just now; one of the two rests."""
    people = [one for one in service.free(service.tale.today, 3) if one.id != service.desk.id][:2]
    with suppress(Refused):
        made = [_card(service, one, "in") for one in people]
        rest = {"actor": people[0].actor, "visit_id": UUID(str(made[0]["visit_id"]))}
        service.tale.at(service.tale.end - dt.timedelta(minutes=6), lambda: _rest(service, rest))


def _rest(service: Service, asked: dict[str, Any]) -> None:
    service.tale.do(resting.begin_rest, **asked)


def _later(service: Service, one: Someone, direction: str) -> None:
    _card(service, one, direction)


def _card(service: Service, one: Someone, direction: str) -> dict[str, Any]:
    with suppress(Refused):
        return service.tale.do(
            station.scan,
            actor=service.desk.actor,
            point_number=1,
            person_id=one.id,
            scanned_at=service.tale.clock.now(),
            direction=direction,
        )
    return {}


def _say(service: Service, who: Someone, made: dict[str, Any], *, confirms: bool) -> None:
    service.tale.do(
        witnesses.give_word,
        actor=who.actor,
        visit_id=UUID(str(made["visit_id"])),
        confirms=confirms,
        note="" if confirms else "那天下午我在镇上,没有看见",
    )


def _somebody_else(service: Service, one: Someone) -> Someone:
    """A resident of another household; an elder, where there is one."""
    day = service.tale.today
    people = service.tale.people[service.place.community_id]
    elders = [each for each in people if each.household_id != one.household_id and each.age(day) >= 65]
    return service.chance.choice(elders)
