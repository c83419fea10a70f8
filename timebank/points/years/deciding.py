"""A year's close before it runs: written down by one officer, confirmed by a second, told to the households.

What is carried over is the policy's number of 31 December (`carry_percent`). Households are told thirty days before,
and redeem until the last day of January at least.
"""

import datetime as dt
import uuid
from typing import Any

from sqlmodel import Session, col, select

from ledger import book_of, reading
from ledger.entries import digest_of
from timebank import policy
from timebank.errors import BadInput, NotFound, Refused
from timebank.people import communities
from timebank.people.communities import community_of
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require
from timebank.points.table.tables import BODIES
from timebank.points.years import states
from timebank.points.years.reckoning import year_end
from timebank.points.years.states import OPEN, after
from timebank.points.years.tables import YearClose
from timebank.storage import new_id

MOST_TEXT = 300


class YearSecondPerson(Refused):
    """Who wrote the decision down does not confirm it, nor does who asked for the undoing."""

    code = "year_second_person"
    status = 403


class YearStands(Refused):
    """The year has a close already, or another year is on its way (facts `year`, `state`)."""

    code = "year_stands"


class YearNotOpen(Refused):
    """The community was not open in that year, or the year has not come, or it is too long ago (fact `year`)."""

    code = "year_not_open"
    status = 422


class YearTooEarly(Refused):
    """Its notice is not over yet (facts `year`, `from_on`)."""

    code = "year_too_early"


class CarryChanged(Refused):
    """The community decided on another number since (facts `was`, `now`, in percent)."""

    code = "carry_changed"


def draft(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    year: int,
    decided_on: dt.date,
    body: str,
    reason: str,
    ends_base: bool = True,
    gives_base: bool = False,
    minutes_digest: str = "",
) -> dict[str, Any]:
    """Write down the decision on a year's points; nothing happens until a second officer confirms it.

    Raises:
        YearNotOpen, YearStands.
        BadInput: by field; base points stay only where everything is carried, and new ones are given only where the old ones end.
    """
    require(actor, "years.draft", community_id=actor.community_id)
    community_id = community_of(actor)
    today = today_in(session, community_id, now)
    place = communities.community(session, community_id)
    if not today.year - 1 <= year <= today.year or communities.local_day(place, place.opened_at).year > year:
        raise YearNotOpen(year=year)
    _refuse_if_another(session, community_id, year)
    carry = policy.of(session, community_id, dt.date(year, 12, 31)).carry_percent
    fields = {}
    if decided_on > today:
        fields["decided_on"] = "in_the_future"
    if body not in BODIES:
        fields["body"] = "required"
    if not 1 <= len(reason.strip()) <= MOST_TEXT:
        fields["reason"] = "required" if not reason.strip() else "too_long"
    if not ends_base and (carry < 100 or gives_base):
        fields["ends_base"] = "base_must_end"
    if fields:
        raise BadInput(fields=fields)
    close = YearClose(
        community_id=community_id, id=new_id(now), year=year, state=states.DRAFT, carry_percent=carry,
        ends_base=int(ends_base), gives_base=int(gives_base), decided_on=decided_on, body=body, reason=reason.strip(),
        minutes_digest=minutes_digest.strip().lower(), drafted_at=now, drafted_by=actor.number,
        drafted_officer=actor.officer,
    )  # fmt: skip
    session.add(close)
    session.flush()
    return {"code": "year_drafted", "close_id": close.id.hex, "year": year, "carry_percent": carry}


def announce(session: Session, *, actor: Actor, now: dt.datetime, close_id: uuid.UUID) -> dict[str, Any]:
    """The second officer says that it was decided so; from now on households are told, and the notice runs."""
    require(actor, "years.announce", community_id=actor.community_id)
    close = close_of(session, community_of(actor), close_id)
    state = after(close.state, "announce", year=close.year)
    if actor.number == close.drafted_by or actor.officer == close.drafted_officer:
        raise YearSecondPerson
    refuse_changed_carry(session, close)
    today = today_in(session, close.community_id, now)
    rules = policy.of(session, close.community_id, today)
    first = dt.date(close.year + 1, 1, 1) + dt.timedelta(days=rules.year_redeem_days)
    close.closes_from = max(first, today + dt.timedelta(days=rules.year_notice_days + 1))
    close.redeem_until = close.closes_from - dt.timedelta(days=1)
    if close.closes_from.year > close.year + 1:
        raise YearNotOpen(year=close.year)
    close.state, close.announced_at, close.cursor = state, now, 0
    close.announced_by, close.announced_officer = actor.number, actor.officer
    session.flush()
    return {"code": "year_announced", "close_id": close.id.hex, "closes_from": close.closes_from.isoformat()}


def withdraw(session: Session, *, actor: Actor, now: dt.datetime, close_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """Give a close up before it begins."""
    require(actor, "years.draft", community_id=actor.community_id)
    close = close_of(session, community_of(actor), close_id)
    state = after(close.state, "withdraw", year=close.year)
    if not 1 <= len(reason.strip()) <= MOST_TEXT:
        raise BadInput(fields={"reason": "required"})
    close.state, close.withdrawn_at, close.withdrawn_by = state, now, actor.number
    close.withdrawn_reason = reason.strip()
    session.flush()
    return {"code": "year_withdrawn", "close_id": close.id.hex}


def start(session: Session, *, actor: Actor, now: dt.datetime, close_id: uuid.UUID) -> dict[str, Any]:
    """Begin the close, when its notice is over; from here a job does it, some households at a time.

    Raises:
        YearTooEarly, CarryChanged.
        YearNotOpen: another year is over meanwhile.
    """
    require(actor, "years.start", community_id=actor.community_id)
    close = close_of(session, community_of(actor), close_id)
    state = after(close.state, "start", year=close.year)
    assert close.closes_from is not None
    today = today_in(session, close.community_id, now)
    if today < close.closes_from:
        raise YearTooEarly(year=close.year, from_on=close.closes_from.isoformat())
    if today.year > close.year + 1:
        raise YearNotOpen(year=close.year)
    refuse_changed_carry(session, close)
    # What was booked before this instant is long stored: no batch of today holds any of it.
    close.until_seq = reading.size_at(session, close.community_id, year_end(session, close.community_id, close.year))
    decision: dict[str, int | str | None] = {"year": close.year, "carry_percent": close.carry_percent, "ends_base": close.ends_base,
                "gives_base": close.gives_base, "decided_on": close.decided_on.isoformat(), "body": close.body,
                "reason": close.reason, "minutes_digest": close.minutes_digest, "until_seq": close.until_seq}  # fmt: skip
    close.note = book_of(session).note("year_close", str(close.year), digest_of(**decision))
    close.state, close.started_at, close.started_by, close.cursor = state, now, actor.number, 0
    session.flush()
    return {"code": "year_started", "close_id": close.id.hex, "note": close.note}


def ask_undo(session: Session, *, actor: Actor, now: dt.datetime, close_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """Ask that a close be undone; a second officer must agree. Asking again puts the newer reason in its place."""
    require(actor, "years.undo", community_id=actor.community_id)
    close = close_of(session, community_of(actor), close_id)
    after(close.state, "ask_undo", year=close.year)
    _refuse_late_undo(session, close, now)
    if not 1 <= len(reason.strip()) <= MOST_TEXT:
        raise BadInput(fields={"reason": "required"})
    close.undo_asked_at, close.undo_asked_by, close.undo_asked_officer = now, actor.number, actor.officer
    close.undo_reason = reason.strip()
    session.flush()
    return {"code": "year_undo_asked", "close_id": close.id.hex}


def undo(session: Session, *, actor: Actor, now: dt.datetime, close_id: uuid.UUID) -> dict[str, Any]:
    """The second officer agrees: from here a job books every entry of the close back."""
    require(actor, "years.undo", community_id=actor.community_id)
    close = close_of(session, community_of(actor), close_id)
    state = after(close.state, "undo", year=close.year)
    if close.undo_asked_by is None:
        raise states.YearWrongState(state=close.state, year=close.year)
    if actor.number == close.undo_asked_by or actor.officer == close.undo_asked_officer:
        raise YearSecondPerson
    _refuse_late_undo(session, close, now)
    close.state, close.undo_at, close.undo_by, close.undo_officer = state, now, actor.number, actor.officer
    close.cursor = 0
    session.flush()
    return {"code": "year_undoing", "close_id": close.id.hex}


class UndoOver(Refused):
    """The time to undo a close is over, or a later year was closed since (facts `year`, `until_at` or `later`)."""

    code = "year_undo_over"


def close_of(session: Session, community_id: int, close_id: uuid.UUID) -> YearClose:
    """One close; NotFound if the community has none of this id."""
    found = session.get(YearClose, (community_id, close_id))
    if found is None:
        raise NotFound(what="year_close")
    return found


def refuse_changed_carry(session: Session, close: YearClose) -> None:
    now_is = policy.of(session, close.community_id, dt.date(close.year, 12, 31)).carry_percent
    if now_is != close.carry_percent:
        raise CarryChanged(was=close.carry_percent, now=now_is)


def _refuse_if_another(session: Session, community_id: int, year: int) -> None:
    rows = session.scalars(
        select(YearClose).where(
            YearClose.community_id == community_id,
            col(YearClose.state).not_in((states.UNDONE, states.WITHDRAWN)),
            (col(YearClose.state).in_(OPEN)) | (col(YearClose.year) >= year),
        )
    ).all()
    if rows:
        raise YearStands(year=rows[0].year, state=rows[0].state)


def _refuse_late_undo(session: Session, close: YearClose, now: dt.datetime) -> None:
    assert close.undo_until is not None
    if now >= close.undo_until:
        raise UndoOver(year=close.year, until_at=close.undo_until.isoformat())
    later = session.scalars(
        select(YearClose).where(
            YearClose.community_id == close.community_id,
            col(YearClose.year) > close.year,
            col(YearClose.state).in_((states.CLOSING, states.CLOSED, states.UNDOING)),
        )
    ).first()
    if later is not None:
        raise UndoOver(year=close.year, later=later.year)
