"""Month end in the demo: two months are closed by two people, the one that is over since waits for it."""

import datetime as dt
from functools import partial

from api.demo.places import VILLAGE
from api.demo.tale import Tale, local
from timebank.reports import closing, months

CLOSED_MONTHS = 2
COMMITTEE = "许文斌"


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


def _prepare(tale: Tale, month: dt.date) -> None:
    manager = tale.of(VILLAGE.community_id, VILLAGE.officers[0])
    tale.do(closing.prepare, actor=manager.actor, month=month)


def _confirm(tale: Tale, month: dt.date) -> None:
    with tale.storage.read() as session:
        prepared = closing.of(session, VILLAGE.community_id, month)
    if prepared is not None:
        member = tale.of(VILLAGE.community_id, COMMITTEE)
        tale.do(closing.confirm, actor=member.actor, month=month, digest=prepared.digest)
