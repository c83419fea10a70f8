"""Lines that a rule of the ledger would not book: which they are and why, trying again, and giving one up for good."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, update
from sqlmodel import Session, col, select

from timebank.errors import BadInput
from timebank.people.communities import community_of
from timebank.permissions import Actor, require
from timebank.points.awards.nearness import refuse_near
from timebank.points.awards.tables import WITHDRAWN, Award
from timebank.points.publicity import joined as together
from timebank.points.publicity import lines
from timebank.points.publicity.refusals import NotRefused
from timebank.points.publicity.tables import PublicityBatch, PublicityLine, PublicityRefusal

AGAIN_AFTER = dt.timedelta(days=1)
SHOWN_MOST = 200


@dataclass(frozen=True)
class RefusedLine:
    """A line that waits since the ledger refused it: `code` is the ledger's, `tries` how often it was tried."""

    line: PublicityLine
    award: Award
    refusal: PublicityRefusal


def refused_lines(session: Session, batch: PublicityBatch, *, limit: int = SHOWN_MOST) -> list[RefusedLine]:
    """The lines of a batch that the ledger refused and that wait still, in order."""
    rows = session.execute(
        select(PublicityLine, Award, PublicityRefusal)
        .join(
            Award, (col(Award.community_id) == PublicityLine.community_id) & (col(Award.id) == PublicityLine.award_id)
        )
        .join(
            PublicityRefusal,
            (col(PublicityRefusal.community_id) == PublicityLine.community_id)
            & (col(PublicityRefusal.batch_number) == PublicityLine.batch_number)
            & (col(PublicityRefusal.line_number) == PublicityLine.number),
        )
        .where(*_open(batch))
        .order_by(col(PublicityLine.number))
        .limit(limit)
    ).all()
    return [RefusedLine(*row) for row in rows]


def count(session: Session, batch: PublicityBatch) -> int:
    """How many lines of a batch wait since the ledger refused them."""
    return session.scalars(select(func.count()).select_from(PublicityRefusal).where(*_open(batch))).one()


def numbers(session: Session, batch: PublicityBatch, first: int, last: int) -> Sequence[int]:
    """Which lines of a span wait since the ledger refused them."""
    return session.scalars(
        select(PublicityRefusal.line_number).where(
            *_open(batch), col(PublicityRefusal.line_number).between(first, last)
        )
    ).all()


def give_up(
    session: Session, *, actor: Actor, now: dt.datetime, batch_number: int, line_number: int, reason: str
) -> dict[str, Any]:
    """Take a line down that the ledger refuses for good, as of a household whose account is closed; the household is told.

    Raises:
        NotRefused: the ledger did not refuse it, or it has found its end.
        OwnHousehold, OwnRelatives.
    """
    require(actor, "publicity.book", community_id=actor.community_id)
    batch, hung, award = lines.line_at(session, community_of(actor), batch_number, line_number)
    refuse_near(session, actor, award.household_id)
    refusal = session.get(PublicityRefusal, (batch.community_id, batch_number, line_number))
    if refusal is None or refusal.ended_at is not None:
        raise NotRefused(line=line_number)
    said = reason.strip()
    if not 1 <= len(said) <= 300:
        raise BadInput(fields={"reason": "required"})
    award.state, award.closed_at, award.closed_by, award.closed_reason = WITHDRAWN, now, actor.number, said
    refusal.ended_at = now
    session.flush()
    lines.move(session, hung, award, "give_up")
    together.tell_household(session, award, "line_given_up", {"batch": batch_number, "line": line_number}, now=now)
    return {"code": "line_given_up", "batch": batch_number, "line": line_number, "award_id": award.id.hex}


# For the booking ------------------------------------------------------------------------------------------------------


def write_down(session: Session, batch: PublicityBatch, codes: Mapping[int, str], *, now: dt.datetime) -> None:
    """Put on record which lines the ledger refused, and by which of its rules."""
    if not codes:
        return
    known = {row.line_number: row for row in session.scalars(select(PublicityRefusal).where(*_of(batch, codes)))}
    new = []
    for line, code in codes.items():
        row = known.get(line)
        if row is None:
            new.append({"community_id": batch.community_id, "batch_number": batch.number, "line_number": line,
                        "code": code, "refused_at": now, "tries": 1})  # fmt: skip
        else:
            row.code, row.refused_at, row.tries, row.ended_at = code, now, row.tries + 1, None
    if new:
        session.execute(insert(PublicityRefusal), new)
    session.flush()


def end(session: Session, batch: PublicityBatch, booked: Sequence[int], *, now: dt.datetime) -> None:
    """Say of lines that were refused before that they are booked now; one look, where none was."""
    if not booked or not count(session, batch):
        return
    session.execute(
        update(PublicityRefusal)
        .where(*_of(batch, booked), col(PublicityRefusal.ended_at).is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def try_again(session: Session, batch: PublicityBatch, *, now: dt.datetime) -> None:
    """Let what was refused be due at once: whoever clicks has done something about it."""
    session.execute(
        update(PublicityRefusal)
        .where(*_open(batch))
        .values(refused_at=now - AGAIN_AFTER)
        .execution_options(synchronize_session=False)
    )
    session.flush()


def _open(batch: PublicityBatch) -> tuple[Any, ...]:
    return (
        col(PublicityRefusal.community_id) == batch.community_id,
        col(PublicityRefusal.batch_number) == batch.number,
        col(PublicityRefusal.ended_at).is_(None),
    )


def _of(batch: PublicityBatch, numbers: Collection[int]) -> tuple[Any, ...]:
    return (
        col(PublicityRefusal.community_id) == batch.community_id,
        col(PublicityRefusal.batch_number) == batch.number,
        col(PublicityRefusal.line_number).in_(list(numbers)),
    )
