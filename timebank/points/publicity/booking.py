"""Lines whose period is over go into the books: some hundred a write, so that check-ins go on between.

A line is booked when nobody objected to it, or when what was objected was rejected and nobody can appeal any more. Only
those wait to which an objection stands. Whoever goes on, after a crash or twice at once, books nothing twice: a line's
state says that it is in the books.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, update
from sqlmodel import Session, col, select

from ledger import book_of
from ledger import rows as statements
from timebank import accounts
from timebank.columns import new_id, to_json, to_ms
from timebank.errors import NotFound, Refused
from timebank.notices import KINDS, Notice
from timebank.people.communities import community_of
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require
from timebank.points import household_accounts
from timebank.points.awards.tables import BOOKED, Award
from timebank.points.household_accounts import Shortfall
from timebank.points.publicity import lines, preparing, states
from timebank.points.publicity.tables import REJECTED, Objection, PublicityBatch, PublicityLine
from timebank.points.table.tables import PointsItem, PointsTable

AT_ONCE = 500
_AWARD: Any = Award.__table__  # type: ignore[attr-defined]
_NOTICE: Any = Notice.__table__  # type: ignore[attr-defined]


# The columns of a `Due`, in its order.
_DUE: tuple[Any, ...] = (
    PublicityLine.number, PublicityLine.state, Award.id, Award.household_id, Award.person_id, Award.credited_steps,
    Award.uncapped_steps, Award.on_day, Award.times, Award.minutes, Award.reviewer, PointsItem.id, PointsItem.position,
    PointsItem.value_steps, PointsItem.per, PointsItem.kind, PointsTable.version, PointsTable.digest,
)  # fmt: skip


class PeriodNotOver(Refused):
    """Anybody may still object to a line of the batch (facts `until_at`, `number`)."""

    code = "period_not_over"


@dataclass(frozen=True)
class Progress:
    """How far a batch is: lines at their end, in the books or not, and those that wait for an objection's end."""

    lines: int
    ended: int
    frozen: int
    due: int


class Due(NamedTuple):
    """A line that can be booked, as plain values: thousands of ORM objects would take longer than all the rest."""

    number: int
    state: str
    award_id: uuid.UUID
    household_id: uuid.UUID
    person_id: uuid.UUID | None
    credited_steps: int
    uncapped_steps: int
    on_day: dt.date
    times: int | None
    minutes: int | None
    reviewer: int | None
    item_id: uuid.UUID
    position: int
    value_steps: int
    per: str
    kind: str
    version: int | None
    table_digest: str


def begin_booking(session: Session, *, actor: Actor, now: dt.datetime, number: int) -> dict[str, Any]:
    """The one click: book a batch whose period is over. The first lines are booked with it, the others by `book_due`.

    Raises:
        PeriodNotOver; BatchWrongState: it is closed.
    """
    require(actor, "publicity.book", community_id=actor.community_id)
    batch = session.get(PublicityBatch, (community_of(actor), number))
    if batch is None or batch.state == states.PUBLISHING:
        raise NotFound(what="publicity_batch", number=number)
    if batch.objections_until > now:
        raise PeriodNotOver(until_at=batch.objections_until.isoformat(), number=number)
    if batch.state == states.CLOSED:
        raise states.BatchWrongState(state=batch.state, number=number)
    booked, left = _book_some(session, batch, now=now, limit=AT_ONCE)
    return {"code": "booking_begun", "batch": number, "booked": booked, "left": left}


def book_due(session: Session, *, actor: Actor, now: dt.datetime, limit: int = AT_ONCE) -> dict[str, Any]:
    """Book lines whose period is over and that nobody can object to any more; `left` says whether to call again. A job."""
    require(actor, "publicity.book_due", community_id=actor.community_id)
    community_id, booked, left = community_of(actor), 0, False
    for batch in over(session, community_id, now):
        some, left = _book_some(session, batch, now=now, limit=limit - booked)
        booked += some
        if left:
            break
    return {"code": "lines_booked", "booked": booked, "left": int(left)}


def over(session: Session, community_id: int, now: dt.datetime) -> Sequence[PublicityBatch]:
    """Batches whose period is over and that are not closed, oldest first."""
    return session.scalars(
        select(PublicityBatch)
        .where(
            PublicityBatch.community_id == community_id,
            col(PublicityBatch.state).in_((states.HANGING, states.BOOKING)),
            col(PublicityBatch.objections_until) <= now,
        )
        .order_by(col(PublicityBatch.number))
    ).all()


def book_some(session: Session, *, actor: Actor, now: dt.datetime, number: int, limit: int = AT_ONCE) -> dict[str, Any]:
    """Book the next lines of one batch whose period is over. A job; `left` says whether to call again."""
    require(actor, "publicity.book_due", community_id=actor.community_id)
    batch = session.get(PublicityBatch, (community_of(actor), number))
    if batch is None or batch.state not in (states.HANGING, states.BOOKING) or batch.objections_until > now:
        return {"code": "lines_booked", "booked": 0, "left": 0}
    booked, left = _book_some(session, batch, now=now, limit=limit)
    return {"code": "lines_booked", "booked": booked, "left": int(left)}


def is_due(session: Session, batch: PublicityBatch, now: dt.datetime) -> bool:
    """Whether anything of a batch whose period is over can be booked, or the batch closed."""
    if batch.state == states.HANGING or not _unbooked(session, batch):
        return True
    return session.execute(_due(batch, now).limit(1)).first() is not None


def progress(session: Session, batch: PublicityBatch, *, now: dt.datetime) -> Progress:
    """How far the booking of a batch is."""
    counted = lines.tallies(session, batch.community_id, [batch.number])[batch.number]
    unbooked = sum(counted.get(state, (0, 0))[0] for state in states.UNBOOKED)
    frozen = sum(counted.get(state, (0, 0))[0] for state in states.FROZEN)
    due = session.scalars(select(func.count()).select_from(PublicityLine).where(*_is_due(batch, now))).one()
    return Progress(batch.lines, batch.lines - unbooked, frozen, due)


def _book_some(session: Session, batch: PublicityBatch, *, now: dt.datetime, limit: int) -> tuple[int, bool]:
    """Book the next lines of a batch; how many, and whether there are more that can be booked now."""
    if batch.state == states.HANGING:
        batch.state = states.batch_after(batch.state, "begin_booking", number=batch.number)
    found = [Due(*row) for row in session.execute(_due(batch, now).limit(limit + 1))]
    _book(session, batch, found[:limit], now=now)
    if found:
        batch.revision += 1
    left = len(found) > limit
    if not left and not _unbooked(session, batch):
        batch.state = states.batch_after(batch.state, "close", number=batch.number)
        batch.closed_at = now
        batch.revision += 1
    session.flush()
    return len(found[:limit]), left


def _book(session: Session, batch: PublicityBatch, due: Sequence[Due], *, now: dt.datetime) -> None:
    if not due:
        return
    community_id = batch.community_id
    today = today_in(session, community_id, now)
    mains = accounts.open_mains(
        session, community_id, kind="household", unit="pt",
        owner_ids=[one.household_id for one in due if one.credited_steps > 0 and one.kind != "base"],
    )  # fmt: skip
    book = book_of(session)
    book.load(mains.values())
    owing = _owing(session, community_id, {one.household_id for one in due})
    booked, now_ms = [], to_ms(now)
    for one in due:
        detail, taken = _detail(batch, one), 0
        account = mains.get(one.household_id)
        if one.credited_steps < 0:
            debit = household_accounts.take(
                session, community_id, one.household_id, award_id=one.award_id, steps=-one.credited_steps, on=today,
                now=now, detail=detail, cites=batch.note,
            )  # fmt: skip
            entry, taken = debit.entry, debit.taken_steps
            if debit.short_steps:
                owing.add(one.household_id)
        else:
            detail["credited"] = one.credited_steps
            if account is None or one.kind == "base":
                account = household_accounts.base_account(session, community_id, one.household_id)
            entry = book.post({accounts.ISSUE_PT: -one.credited_steps, account: one.credited_steps}, on=today,
                              detail=detail, cites=batch.note)  # fmt: skip
            if one.household_id in owing:
                del detail["credited"]
                household_accounts.pay_shortfall(
                    session, community_id, one.household_id, award_id=one.award_id, steps=one.credited_steps, on=today,
                    now=now, detail=detail, cites=batch.note,
                )  # fmt: skip
        booked.append((BOOKED, now_ms, entry, taken, community_id, one.award_id.bytes))
    session.flush()
    statements.update_in(session.connection(), _AWARD, ("state", "booked_at", "entry", "taken_steps"),
                         ("community_id", "id"), booked)  # fmt: skip
    _lines_booked(session, batch, due)
    _tell(session, batch, due, now=now)
    session.expire_all()


def _detail(batch: PublicityBatch, one: Due) -> dict[str, Any]:
    """What the entry of a line rests on: enough to score the event again by the table's version."""
    return {
        "use_case": "publicity.book", "award": one.award_id.hex, "batch": batch.number, "line": one.number,
        "item": one.item_id.hex, "position": one.position, "table_version": one.version,
        "table_digest": one.table_digest, "event_on": one.on_day.isoformat(), "value_steps": one.value_steps,
        "per": one.per, "times": one.times, "minutes": one.minutes, "uncapped_steps": one.uncapped_steps,
        "reviewers": [one.reviewer] if one.reviewer else [], "rule": f"points_table/{one.version}/{one.position}",
    }  # fmt: skip


def _lines_booked(session: Session, batch: PublicityBatch, due: Sequence[Due]) -> None:
    """Lines to their state in one statement, and what that changes in the tallies."""
    changes: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in due:
        after = states.line_after(one.state, "book", line=one.number)
        for state, sign in ((one.state, -1), (after, 1)):
            changes[state][0] += sign
            changes[state][1] += sign * one.credited_steps
    answered = [one.number for one in due if one.state == states.ANSWERED]
    own = (col(PublicityLine.community_id) == batch.community_id, col(PublicityLine.batch_number) == batch.number)
    span = col(PublicityLine.number).between(due[0].number, due[-1].number)
    for which in (
        (span, col(PublicityLine.state) == states.HANGING),
        *([(col(PublicityLine.number).in_(answered),)] if answered else []),
    ):
        session.execute(
            update(PublicityLine)
            .where(*own, *which)
            .values(state=states.BOOKED)
            .execution_options(synchronize_session=False)
        )
    lines.count(session, batch.community_id, batch.number, {state: (n, steps) for state, (n, steps) in changes.items()})


def _tell(session: Session, batch: PublicityBatch, due: Sequence[Due], *, now: dt.datetime) -> None:
    """Tell each whose lines were booked what they came to, once a write."""
    assert "points_booked" in KINDS
    heads = preparing.names_of(session, batch.community_id, {one.household_id for one in due if one.person_id is None})
    steps: dict[uuid.UUID, int] = defaultdict(int)
    for one in due:
        person = one.person_id or heads.get(one.household_id, (None, ""))[0]
        if person is not None:
            steps[person] += one.credited_steps
    at = to_ms(now)
    statements.insert_into(
        session.connection(),
        _NOTICE,
        [
            (batch.community_id, new_id(now).bytes, person.bytes, "points_booked",
             to_json({"batch": batch.number, "points_steps": booked}), at, None, None, "")
            for person, booked in steps.items()
        ],
    )  # fmt: skip


def _owing(session: Session, community_id: int, households: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these households that owe something."""
    every, found = list(households), set[uuid.UUID]()
    for start in range(0, len(every), 500):
        found |= set(
            session.scalars(
                select(Shortfall.household_id).where(
                    Shortfall.community_id == community_id,
                    Shortfall.owed_steps > 0,
                    col(Shortfall.household_id).in_(every[start : start + 500]),
                )
            )
        )
    return found


def _unbooked(session: Session, batch: PublicityBatch) -> bool:
    counted = lines.tallies(session, batch.community_id, [batch.number])[batch.number]
    return any(state in counted for state in states.UNBOOKED)


def _due(batch: PublicityBatch, now: dt.datetime) -> Any:
    return (
        select(*_DUE)
        .join(
            Award, (col(Award.community_id) == PublicityLine.community_id) & (col(Award.id) == PublicityLine.award_id)
        )
        .join(PointsItem, (col(PointsItem.community_id) == Award.community_id) & (col(PointsItem.id) == Award.item_id))
        .join(
            PointsTable,
            (col(PointsTable.community_id) == Award.community_id) & (col(PointsTable.id) == Award.table_id),
        )
        .where(*_is_due(batch, now))
        .order_by(col(PublicityLine.number))
    )


def _is_due(batch: PublicityBatch, now: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    """Nobody objected to the line, or what was objected is rejected and the time to appeal is over."""
    appealable = (
        select(Objection.id)
        .where(
            col(Objection.community_id) == PublicityLine.community_id,
            col(Objection.batch_number) == PublicityLine.batch_number,
            col(Objection.line_number) == PublicityLine.number,
            col(Objection.state) == REJECTED,
            col(Objection.appeal_until) > now,
        )
        .exists()
    )
    state = col(PublicityLine.state)
    return (
        col(PublicityLine.community_id) == batch.community_id,
        col(PublicityLine.batch_number) == batch.number,
        (state == states.HANGING) | ((state == states.ANSWERED) & ~appealable),
    )
