"""Parts of the board that are the same for everybody who reads one language: drawn once and kept for a moment.

They are drawn anew when anything of a batch changes, at once, and with every minute, for all else: stock, opening hours,
witnesses, the end of a period. A village's screen and a thousand phones cost what one of them costs.
"""

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from markupsafe import Markup
from sqlalchemy import func
from sqlmodel import Session, col, select

from api import edge, look
from timebank.people.working_days import today_in
from timebank.points.honours import reading as honour_reading
from timebank.points.honours.reading import Told
from timebank.points.honours.states import SHOWN
from timebank.points.honours.tables import HonourDecision, HonourLine, HonourList
from timebank.points.publicity import PublicityBatch
from timebank.points.shop.listing import Counter
from timebank.points.shop.listing import counters as by_counter
from timebank.points.table.tables import PointsTable

KEPT_MOST = 400
OFFERS_MOST = 12

_kept: OrderedDict[tuple[Any, ...], Markup] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True)
class OpenCounter:
    """A shop's counter with its hours today, and what of its goods the board shows."""

    counter: Counter
    open_today: bool
    hours: tuple[int, int] | None

    @property
    def offers(self) -> Sequence[Any]:
        return self.counter.offers[:OFFERS_MOST]


def cached(name: str, draw: Callable[[], str], *, also: tuple[Any, ...] = ()) -> Markup:
    """A part as it was drawn in this minute and state of the batches, in the reader's language; drawn now if there is none.

    `also`: what else it is drawn anew for at once.
    """
    session, place = edge.read(), edge.community()
    key = (id(edge.storage()), place.id, name, look.language(), f"{edge.now():%Y%m%d%H%M}", *_stamp(session, place.id),
           *also)  # fmt: skip
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    drawn = Markup(draw())  # noqa: S704  # a template of ours drew it
    with _lock:
        _kept[key] = drawn
        while len(_kept) > KEPT_MOST:
            _kept.popitem(last=False)
    return drawn


def counters(session: Session, community_id: int, now: dt.datetime) -> list[OpenCounter]:
    """The shop's counters, with whether each is open today."""
    today = today_in(session, community_id, now)
    return [
        OpenCounter(one, one.opening.is_open_on(today), one.opening.hours_on(today))
        for one in by_counter(session, community_id, now=now)
    ]


def honours() -> list[tuple[HonourList, list[Told]]]:
    """The lists of honour that anybody may read now, each with its lines; a black one only where it was decided so."""
    session, place = edge.read(), edge.community()
    shown = honour_reading.shown_lists(session, place.id, edge.now(), outside=True)
    return [(one, honour_reading.told(session, one)) for one in shown]


def honours_stamp() -> tuple[Any, ...]:
    """What changes with them: a name that its head takes back, and a list whose decision is gone, are off the board at once."""
    session, place = edge.read(), edge.community()
    lists = select(HonourList.number, HonourList.state).where(
        HonourList.community_id == place.id, col(HonourList.state).in_(SHOWN)
    )
    lines = select(func.max(col(HonourLine.consent_at)), func.max(col(HonourLine.taken_off_at))).where(
        HonourLine.community_id == place.id
    )
    gone = select(func.count()).where(HonourDecision.community_id == place.id, HonourDecision.state == "withdrawn")
    found = sorted(map(tuple, session.execute(lists)))
    if not found:
        return ()
    return (str(found), str(tuple(session.execute(lines).one())), session.scalar(gone))


def _stamp(session: Session, community_id: int) -> tuple[Any, ...]:
    """What changes with the batches and with the tables."""
    batches = session.execute(
        select(func.count(), func.sum(PublicityBatch.revision)).where(PublicityBatch.community_id == community_id)
    ).one()
    tables = session.execute(
        select(PointsTable.state, func.count())
        .where(PointsTable.community_id == community_id)
        .group_by(PointsTable.state)
    ).all()
    return (*map(str, batches), str(sorted(map(tuple, tables))))
