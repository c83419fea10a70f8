"""Month end in the demo: two months are closed by two people, the one that is over since waits for it."""

import datetime as dt
from functools import partial

from sqlmodel import col, select

from api.demo.places import VILLAGE
from api.demo.tale import Tale, local
from timebank.hours.attendance import enter_late
from timebank.hours.attendance.tables import Visit
from timebank.reports import closing, months

CLOSED_MONTHS = 2
COMMITTEE, DESK = "许文斌", "李建芳"


def close(tale: Tale) -> None:
    """Let the manager prepare and the committee confirm, on the second of the month after; later reviews are adjustments."""
    this = months.first_of(tale.today)
    last = months.first_of(this - dt.timedelta(days=1))
    wanted = [months.first_of(last - dt.timedelta(days=1))]
    while len(wanted) < CLOSED_MONTHS:
        wanted.insert(0, months.first_of(wanted[0] - dt.timedelta(days=1)))
    for month in wanted:
        day = months.next_month(month) + dt.timedelta(days=1)
        tale.at(local(day, 17, 10), partial(_prepare, tale, month))
        tale.at(local(day, 17, 40), partial(_confirm, tale, month))
        tale.at(local(day + dt.timedelta(days=4), 9, 20), partial(_find_a_page, tale, month))


def _prepare(tale: Tale, month: dt.date) -> None:
    manager = tale.of(VILLAGE.community_id, VILLAGE.officers[0])
    tale.do(closing.prepare, actor=manager.actor, month=month)


def _confirm(tale: Tale, month: dt.date) -> None:
    with tale.storage.read() as session:
        prepared = closing.of(session, VILLAGE.community_id, month)
    if prepared is not None:
        member = tale.of(VILLAGE.community_id, COMMITTEE)
        tale.do(closing.confirm, actor=member.actor, month=month, digest=prepared.digest)


def _find_a_page(tale: Tale, month: dt.date) -> None:
    """A page of the paper register turns up after the month was closed: once reviewed, it is an adjustment of the next."""
    day = months.last_of(month)
    with tale.storage.read() as session:
        query = select(Visit.person_id).where(
            col(Visit.community_id) == VILLAGE.community_id,
            col(Visit.started_at) >= local(day, 0),
            col(Visit.started_at) < local(day + dt.timedelta(days=1), 0),
        )
        busy = set(session.exec(query))
    serving = (
        one
        for one in tale.people[VILLAGE.community_id]
        if one.id not in busy and any(role == "volunteer" for role, _ in one.roles) and 18 <= one.age(day) < 75
    )
    one = next(serving, None)
    if one is not None:
        tale.do(
            enter_late,
            actor=tale.of(VILLAGE.community_id, DESK).actor,
            person_id=one.id,
            started_at=local(day, 13),
            ended_at=local(day, 14, 35),
            place="幸福食堂",
            source="纸质签到簿第47页",
            service_class="meals",
        )
