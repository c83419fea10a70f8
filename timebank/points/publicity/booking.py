"""Lines whose period is over go into the books: some hundred a write, so that check-ins go on between.

A line is booked when nobody objected to it, or when what was objected was rejected and nobody can appeal any more. Only
those wait to which an objection stands. Whoever goes on, after a crash or twice at once, books nothing twice: a line's
state says that it is in the books.

A line that a rule of the ledger refuses, since an account is closed or the year's points are used up, keeps nobody else
waiting: it is written down with the rule, tried again every day and by a click, and given up by an officer if it never
can be booked.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import update
from sqlmodel import Session, col, select

from ledger import LedgerRefused, book_of
from ledger import rows as statements
from ledger.entries import Written
from timebank import accounts
from timebank.columns import new_ids, to_ms
from timebank.errors import NotFound, Refused
from timebank.notices import KINDS, Notice
from timebank.people.communities import community_of
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require
from timebank.points import household_accounts
from timebank.points.awards.tables import BOOKED, Award
from timebank.points.household_changes import following
from timebank.points.publicity import lines, preparing, refused, states
from timebank.points.publicity.tables import PublicityBatch, PublicityLine

AT_ONCE = 500
_AWARD: Any = Award.__table__  # type: ignore[attr-defined]
_NOTICE: Any = Notice.__table__  # type: ignore[attr-defined]


class PeriodNotOver(Refused):
    """Anybody may still object to a line of the batch (facts `until_at`, `number`)."""

    code = "period_not_over"


@dataclass(frozen=True)
class Progress:
    """How far a batch is: lines at their end, in the books or not, those that wait for an objection's end, those refused."""

    lines: int
    ended: int
    frozen: int
    due: int
    refused: int


class Due(NamedTuple):
    """A line that can be booked, as the driver gives it: thousands of ORM objects would take longer than all the rest."""

    number: int
    state: str
    award_id: bytes
    household_id: bytes
    person_id: bytes | None
    credited_steps: int
    uncapped_steps: int
    on_day: dt.date | str
    times: int | None
    minutes: int | None
    reviewer: int | None
    item_id: bytes
    position: int
    value_steps: int
    per: str
    kind: str
    version: int | None
    table_digest: str


# Nobody objected to the line, or what was objected is rejected and the time to appeal is over; and the ledger did not refuse
# it within a day. Values: community, batch, now, a day ago.
_IS_DUE = """
    FROM publicity_line l WHERE l.community_id = ? AND l.batch_number = ?
    AND (l.state = 'hanging' OR (l.state = 'answered' AND NOT EXISTS (
      SELECT 1 FROM objection o WHERE o.community_id = l.community_id AND o.batch_number = l.batch_number
      AND o.line_number = l.number AND o.state = 'rejected' AND o.appeal_until > ?)))
    AND NOT EXISTS (
      SELECT 1 FROM publicity_refusal r WHERE r.community_id = l.community_id AND r.batch_number = l.batch_number
      AND r.line_number = l.number AND r.ended_at IS NULL AND r.refused_at > ?)"""
_DUE = f"""
    SELECT d.number, d.state, a.id, a.household_id, a.person_id, a.credited_steps, a.uncapped_steps, a.on_day, a.times,
      a.minutes, a.reviewer, i.id, i.position, i.value_steps, i.per, i.kind, t.version, t.digest
    FROM (SELECT l.community_id, l.number, l.state, l.award_id {_IS_DUE} ORDER BY l.number LIMIT ?) d
    JOIN award a ON a.community_id = d.community_id AND a.id = d.award_id
    JOIN points_item i ON i.community_id = a.community_id AND i.id = a.item_id
    JOIN points_table t ON t.community_id = a.community_id AND t.id = a.table_id
    ORDER BY d.number"""  # noqa: S608  # made of our own text


def begin_booking(session: Session, *, actor: Actor, now: dt.datetime, number: int) -> dict[str, Any]:
    """The one click: book a batch whose period is over. The first lines are booked with it, the others by `book_due`.

    What the ledger refused before is tried again.

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
    refused.try_again(session, batch, now=now)
    booked, left = _book_some(session, batch, now=now, limit=AT_ONCE)
    return {"code": "booking_begun", "batch": number, "booked": booked, "left": left,
            "refused": refused.count(session, batch)}  # fmt: skip


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
    return bool(_due(session, batch, now, 1))


def progress(session: Session, batch: PublicityBatch, *, now: dt.datetime) -> Progress:
    """How far the booking of a batch is."""
    counted = lines.tallies(session, batch.community_id, [batch.number])[batch.number]
    unbooked = sum(counted.get(state, (0, 0))[0] for state in states.UNBOOKED)
    frozen = sum(counted.get(state, (0, 0))[0] for state in states.FROZEN)
    ((due,),) = statements.fetch(session.connection(), f"SELECT count(*) {_IS_DUE}", _asked(batch, now))
    return Progress(batch.lines, batch.lines - unbooked, frozen, due, refused.count(session, batch))


def _book_some(session: Session, batch: PublicityBatch, *, now: dt.datetime, limit: int) -> tuple[int, bool]:
    """Book the next lines of a batch; how many, and whether there are more that can be booked now."""
    if batch.state == states.HANGING:
        batch.state = states.batch_after(batch.state, "begin_booking", number=batch.number)
    found = _due(session, batch, now, limit + 1)
    booked = _book(session, batch, found[:limit], now=now)
    if found:
        batch.revision += 1
    left = len(found) > limit
    if not left and not _unbooked(session, batch):
        batch.state = states.batch_after(batch.state, "close", number=batch.number)
        batch.closed_at = now
        batch.revision += 1
    session.flush()
    return booked, left


def _book(session: Session, batch: PublicityBatch, due: Sequence[Due], *, now: dt.datetime) -> int:
    """Book these lines, but for those that the ledger refuses; how many were booked."""
    if not due:
        return 0
    community_id, number, note = batch.community_id, batch.number, batch.note
    today = today_in(session, community_id, now)
    mains = _mains(session, community_id, due)
    owing = _owing(session, community_id, {one.household_id for one in due})
    left = following.left_behind(session, community_id)
    book, now_ms, booked, done = book_of(session), to_ms(now), [], []
    no: dict[int, str] = {}
    book.load(mains.values())

    def post(one: Due) -> tuple[int | None, int]:
        steps = one.credited_steps
        if steps < 0:
            debit = household_accounts.take(
                session, community_id, uuid.UUID(bytes=one.household_id), award_id=uuid.UUID(bytes=one.award_id),
                steps=-steps, on=today, now=now, detail=detail_of(number, one), cites=note,
            )  # fmt: skip
            if debit.short_steps:
                owing.add(one.household_id)
            return debit.entry, debit.taken_steps
        account = mains.get(one.household_id)
        if account is None or one.kind == "base":
            account = household_accounts.base_account(session, community_id, uuid.UUID(bytes=one.household_id))
        return book.post(
            {accounts.ISSUE_PT: -steps, account: steps}, on=today, detail=written_of(number, one), cites=note
        ), 0

    for one in due:
        try:
            entry, taken = post(one)
        except LedgerRefused as refusal:  # nothing was changed by what it refused: the others go on
            no[one.number] = refusal.code
            continue
        if one.credited_steps > 0 and one.household_id in owing:
            household_accounts.pay_shortfall(
                session, community_id, uuid.UUID(bytes=one.household_id), award_id=uuid.UUID(bytes=one.award_id),
                steps=one.credited_steps, on=today, now=now, detail=detail_of(number, one), cites=note,
            )  # fmt: skip
        _pay_left_behind(session, community_id, left, one, on=today)
        booked.append((BOOKED, now_ms, entry, taken, community_id, one.award_id))
        done.append(one)
    session.flush()
    booked.sort(key=itemgetter(5))  # as the index of awards stands
    statements.update_in(session.connection(), _AWARD, ("state", "booked_at", "entry", "taken_steps"),
                         ("community_id", "id"), booked)  # fmt: skip
    refused.write_down(session, batch, no, now=now)
    refused.end(session, batch, [one.number for one in done], now=now)
    if done:
        _lines_booked(session, batch, done, but=refused.numbers(session, batch, done[0].number, done[-1].number))
        _tell(session, batch, done, now=now)
    session.expire_all()
    return len(done)


def _pay_left_behind(
    session: Session, community_id: int, left: dict[uuid.UUID, list[uuid.UUID]], one: Due, *, on: dt.date
) -> None:
    """Out of an award just booked, pay what households are short of that ended in this one."""
    if left and one.credited_steps > 0:
        for gone in left.get(uuid.UUID(bytes=one.household_id), ()):
            following.follow(session, community_id, gone, on=on)


def _mains(session: Session, community_id: int, due: Sequence[Due]) -> dict[bytes, int]:
    """The accounts of the households that gain something, opened where there was none."""
    gaining = dict.fromkeys(one.household_id for one in due if one.credited_steps > 0 and one.kind != "base")
    found = accounts.mains_of(session, community_id, gaining, "pt")
    missing = [uuid.UUID(bytes=household) for household in gaining if household not in found]
    if missing:
        opened = accounts.open_mains(session, community_id, kind="household", unit="pt", owner_ids=missing)
        found |= {owner.bytes: account for owner, account in opened.items()}
    return found


def detail_of(batch: int, one: Due) -> dict[str, Any]:
    """What the entry of a line rests on: enough to score the event again by the table's version."""
    return {
        "use_case": "publicity.book", "award": one.award_id.hex(), "batch": batch, "line": one.number,
        "item": one.item_id.hex(), "position": one.position, "table_version": one.version,
        "table_digest": one.table_digest, "event_on": str(one.on_day), "value_steps": one.value_steps,
        "per": one.per, "times": one.times, "minutes": one.minutes, "uncapped_steps": one.uncapped_steps,
        "reviewers": [one.reviewer] if one.reviewer else [], "rule": f"points_table/{one.version}/{one.position}",
    }  # fmt: skip


def written_of(batch: int, one: Due) -> Written:
    """The same with what was credited, written at once: nothing in it needs quoting, and thousands differ in a few places."""
    version, reviewers = one.version, one.reviewer or ""
    return Written(
        f'{{"award":"{one.award_id.hex()}","batch":{batch},"credited":{one.credited_steps},"event_on":"{one.on_day}",'
        f'"item":"{one.item_id.hex()}","line":{one.number},"minutes":{_null(one.minutes)},"per":"{one.per}",'
        f'"position":{one.position},"reviewers":[{reviewers}],"rule":"points_table/{version}/{one.position}",'
        f'"table_digest":"{one.table_digest}","table_version":{_null(version)},"times":{_null(one.times)},'
        f'"uncapped_steps":{one.uncapped_steps},"use_case":"publicity.book","value_steps":{one.value_steps}}}'
    )


def _null(number: int | None) -> int | str:
    return "null" if number is None else number


def _lines_booked(session: Session, batch: PublicityBatch, due: Sequence[Due], *, but: Collection[int]) -> None:
    """Lines to their state in one statement, `but` those between them that were refused, and what that changes in the tallies."""
    changes: dict[str, lines.Change] = {}
    for state in {one.state for one in due}:
        mine = [one.credited_steps for one in due if one.state == state]
        after = states.line_after(state, "book", line=due[0].number)
        count, steps = changes.get(after, (0, 0))
        changes[after] = (count + len(mine), steps + sum(mine))
        changes[state] = (-len(mine), -sum(mine))
    answered = [one.number for one in due if one.state == states.ANSWERED]
    own = (col(PublicityLine.community_id) == batch.community_id, col(PublicityLine.batch_number) == batch.number)
    span = col(PublicityLine.number).between(due[0].number, due[-1].number)
    for which in (
        (span, col(PublicityLine.state) == states.HANGING, *([~col(PublicityLine.number).in_(but)] if but else [])),
        *([(col(PublicityLine.number).in_(answered),)] if answered else []),
    ):
        session.execute(
            update(PublicityLine)
            .where(*own, *which)
            .values(state=states.BOOKED)
            .execution_options(synchronize_session=False)
        )
    lines.count(session, batch.community_id, batch.number, changes)


def _tell(session: Session, batch: PublicityBatch, due: Sequence[Due], *, now: dt.datetime) -> None:
    """Tell each whose lines were booked what they came to, once a write."""
    assert "points_booked" in KINDS
    nobody = {uuid.UUID(bytes=one.household_id) for one in due if one.person_id is None}
    heads = {home.bytes: head for home, (head, _) in preparing.names_of(session, batch.community_id, nobody).items()}
    steps: dict[bytes, int] = defaultdict(int)
    for one in due:
        person = one.person_id or (heads[one.household_id].bytes if one.household_id in heads else None)
        if person is not None:
            steps[person] += one.credited_steps
    community_id, number, at = batch.community_id, batch.number, to_ms(now)
    # In the order of the indexes that they go into.
    told = zip(new_ids(now, len(steps)), sorted(steps.items()), strict=True)
    statements.insert_into(
        session.connection(),
        _NOTICE,
        [
            (community_id, notice, person, "points_booked", f'{{"batch":{number},"points_steps":{booked}}}', at,
             None, None, "")
            for notice, (person, booked) in told
        ],
    )  # fmt: skip


def _owing(session: Session, community_id: int, households: Iterable[bytes]) -> set[bytes]:
    """Those of these households that owe something."""
    owing = statements.fetch(
        session.connection(),
        "SELECT household_id FROM household_shortfall WHERE community_id = ? AND owed_steps > 0",
        (community_id,),
    )
    return {bytes(row[0]) for row in owing} & set(households)


def _unbooked(session: Session, batch: PublicityBatch) -> bool:
    counted = lines.tallies(session, batch.community_id, [batch.number])[batch.number]
    return any(state in counted for state in states.UNBOOKED)


def _due(session: Session, batch: PublicityBatch, now: dt.datetime, limit: int) -> list[Due]:
    """The next lines that can be booked, in order."""
    session.flush()
    asked = (*_asked(batch, now), limit)
    return list(map(Due._make, statements.fetch(session.connection(), _DUE, asked)))


def _asked(batch: PublicityBatch, now: dt.datetime) -> tuple[int, ...]:
    """What `_IS_DUE` is asked with."""
    return batch.community_id, batch.number, to_ms(now), to_ms(now - refused.AGAIN_AFTER)
