"""What is kept twice of publicity, compared: tallies with lines, lines with awards, batches with the notes of their digests."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import and_, case, func
from sqlmodel import Session, col, select

from ledger import tables as ledger
from ledger.entries import decode
from timebank.points.awards import tables as awards
from timebank.points.awards.tables import Award
from timebank.points.publicity import states
from timebank.points.publicity.tables import AwardCorrection, PublicityBatch, PublicityLine, PublicityTally

# In which state the award of a line is.
AWARD_STATES = {
    states.HANGING: awards.PUBLISHED,
    **dict.fromkeys(states.FROZEN, awards.FROZEN),
    **dict.fromkeys(states.IN_THE_BOOKS, awards.BOOKED),
    states.WITHDRAWN: awards.WITHDRAWN,
    states.CORRECTED: awards.WITHDRAWN,
    states.REVERSED: awards.REVERSED,
}


@dataclass(frozen=True)
class Difference:
    """Two figures of a batch that should be one: a stable code, which batch and row, and what each says."""

    code: str
    batch: int
    kept: int | str
    found: int | str
    row: uuid.UUID | None = None
    seq: int | None = None


def differences(session: Session, community_id: int) -> Iterator[Difference]:
    """Everything that does not fit, batch by batch; those that are being laid out have no tallies yet."""
    counted = _counted(session, community_id)
    kept: dict[int, dict[str, tuple[int, int]]] = {}
    for one in session.scalars(select(PublicityTally).where(PublicityTally.community_id == community_id)):
        kept.setdefault(one.batch_number, {})[one.state] = (one.lines, one.steps)
    batches = session.scalars(
        select(PublicityBatch)
        .where(PublicityBatch.community_id == community_id, PublicityBatch.state != states.PUBLISHING)
        .order_by(col(PublicityBatch.number))
    ).all()
    for batch in batches:
        mine, told = counted.get(batch.number, {}), kept.get(batch.number, {})
        for state in states.LINE:
            (lines, steps), (lines_told, steps_told) = mine.get(state, (0, 0)), told.get(state, (0, 0))
            if lines != lines_told:
                yield Difference("tally_lines", batch.number, lines_told, lines)
            if steps != steps_told:
                yield Difference("tally_steps", batch.number, steps_told, steps)
        if sum(lines for lines, _ in mine.values()) != batch.lines:
            yield Difference("batch_lines", batch.number, batch.lines, sum(lines for lines, _ in mine.values()))
        if sum(steps for _, steps in mine.values()) != batch.total_steps:
            yield Difference("batch_steps", batch.number, batch.total_steps, sum(steps for _, steps in mine.values()))
    yield from _states(session, community_id)
    yield from _notes(session, community_id, {batch.note: batch for batch in batches})


def _counted(session: Session, community_id: int) -> dict[int, dict[str, tuple[int, int]]]:
    """Lines and steps by batch and state, counted line by line."""
    rows = session.execute(
        select(PublicityLine.batch_number, PublicityLine.state, func.count(), func.sum(Award.credited_steps))
        .join(
            Award, (col(Award.community_id) == PublicityLine.community_id) & (col(Award.id) == PublicityLine.award_id)
        )
        .where(PublicityLine.community_id == community_id)
        .group_by(col(PublicityLine.batch_number), col(PublicityLine.state))
    )
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for number, state, lines, steps in rows:
        found.setdefault(number, {})[state] = (lines, int(steps))
    return found


def _states(session: Session, community_id: int) -> Iterator[Difference]:
    """Lines whose award is in another state than theirs."""
    # A line that was booked back where nobody was left to take it from: its award stays in the books, and a note says so.
    nothing_there = and_(
        col(PublicityLine.state) == states.REVERSED,
        col(Award.state) == awards.BOOKED,
        select(AwardCorrection.id)
        .where(
            col(AwardCorrection.community_id) == Award.community_id,
            col(AwardCorrection.award_id) == Award.id,
            col(AwardCorrection.note).is_not(None),
        )
        .exists(),
    )
    belongs = case(AWARD_STATES, value=col(PublicityLine.state), else_="")
    rows = session.execute(
        select(PublicityLine.batch_number, Award.id, PublicityLine.state, Award.state)
        .join(
            Award, (col(Award.community_id) == PublicityLine.community_id) & (col(Award.id) == PublicityLine.award_id)
        )
        .join(
            PublicityBatch,
            and_(
                col(PublicityBatch.community_id) == PublicityLine.community_id,
                col(PublicityBatch.number) == PublicityLine.batch_number,
                col(PublicityBatch.state) != states.PUBLISHING,
            ),
        )
        .where(PublicityLine.community_id == community_id, col(Award.state) != belongs, ~nothing_there)
        .order_by(col(PublicityLine.batch_number), col(PublicityLine.number))
    )
    for number, award_id, line, award in rows:
        yield Difference("line_state", number, line, award, row=award_id)


def _notes(session: Session, community_id: int, batches: dict[int, PublicityBatch]) -> Iterator[Difference]:
    """Batches whose note says another digest, or is another's."""
    entry = ledger.entry.c
    numbers, said = sorted(batches), {}
    for start in range(0, len(numbers), 500):
        some = numbers[start : start + 500]
        for seq, kind, leaf in session.execute(
            select(entry.seq, entry.kind, entry.leaf).where(entry.community_id == community_id, entry.seq.in_(some))
        ):
            fields = decode(bytes(leaf))
            said[seq] = (kind, fields.get("topic"), fields.get("subject"), fields.get("digest"))
    for seq, batch in batches.items():
        if said.get(seq) != ("note", "publicity_batch", f"batch {batch.number}", batch.digest):
            yield Difference("batch_note", batch.number, batch.digest, str(said.get(seq, ("",))[-1]), seq=seq)
