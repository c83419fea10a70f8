"""A line goes from one state to the next: the only place where lines, their tallies and the batch's revision change together."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from timebank.errors import NotFound
from timebank.points.awards.tables import Award
from timebank.points.publicity import states
from timebank.points.publicity.tables import Objection, PublicityBatch, PublicityLine, PublicityTally

Change = tuple[int, int]  # lines, steps


def move(session: Session, line: PublicityLine, award: Award, verb: str) -> str:
    """Take a line on by a verb, as the objections to it stand now; the state that it comes to.

    Raises:
        LineWrongState: the verb leads nowhere from there.
    """
    raised = session.scalars(
        select(Objection.state).where(
            Objection.community_id == line.community_id,
            Objection.batch_number == line.batch_number,
            Objection.line_number == line.number,
        )
    ).all()
    after = states.line_after(line.state, verb, line=line.number, objections=raised)
    if after != line.state:
        changes = {line.state: (-1, -award.credited_steps), after: (1, award.credited_steps)}
        line.state = after
        count(session, line.community_id, line.batch_number, changes)
    revise(session, line.community_id, line.batch_number)
    session.flush()
    return after


def count(session: Session, community_id: int, batch_number: int, changes: Mapping[str, Change]) -> None:
    """Change a batch's tallies: lines and steps by state, those that leave one negative."""
    for state, (lines, steps) in sorted(changes.items()):
        session.execute(
            update(PublicityTally)
            .where(
                col(PublicityTally.community_id) == community_id,
                col(PublicityTally.batch_number) == batch_number,
                col(PublicityTally.state) == state,
            )
            .values(lines=PublicityTally.lines + lines, steps=PublicityTally.steps + steps)
            .execution_options(synchronize_session=False)
        )


def revise(session: Session, community_id: int, batch_number: int) -> None:
    """Say that something which anybody may see of a batch has changed."""
    batch = session.get(PublicityBatch, (community_id, batch_number))
    if batch is not None:
        batch.revision += 1


def tallies(session: Session, community_id: int, batch_numbers: Sequence[int]) -> dict[int, dict[str, Change]]:
    """By batch, the lines and steps in each state, as they are kept; states without lines are left out."""
    rows = session.execute(
        select(PublicityTally.batch_number, PublicityTally.state, PublicityTally.lines, PublicityTally.steps).where(
            PublicityTally.community_id == community_id,
            col(PublicityTally.batch_number).in_(list(batch_numbers)),
            PublicityTally.lines > 0,
        )
    )
    found: dict[int, dict[str, Change]] = {number: {} for number in batch_numbers}
    for number, state, lines, steps in rows:
        found[number][state] = (lines, steps)
    return {
        number: {state: counted[state] for state in states.LINE if state in counted}
        for number, counted in found.items()
    }


def counted(session: Session, community_id: int, batch_number: int) -> dict[str, Change]:
    """The same for one batch, counted line by line: what the tallies must say."""
    rows = session.execute(
        select(PublicityLine.state, func.count(), func.sum(Award.credited_steps))
        .join(
            Award, (col(Award.community_id) == PublicityLine.community_id) & (col(Award.id) == PublicityLine.award_id)
        )
        .where(PublicityLine.community_id == community_id, PublicityLine.batch_number == batch_number)
        .group_by(PublicityLine.state)
    ).all()
    return {state: (lines, int(steps)) for state, lines, steps in rows}


def line_at(
    session: Session, community_id: int, batch_number: int, line_number: int
) -> tuple[PublicityBatch, PublicityLine, Award]:
    """A line that hangs out, with its batch and award; NotFound if there is none, or it is being laid out still."""
    batch = session.get(PublicityBatch, (community_id, batch_number))
    line = session.get(PublicityLine, (community_id, batch_number, line_number))
    if batch is None or line is None or batch.state == states.PUBLISHING:
        raise NotFound(what="publicity_line", batch=batch_number, line=line_number)
    return batch, line, award_of(session, community_id, line.award_id)


def line_of_award(session: Session, award: Award) -> PublicityLine | None:
    """The line by which an award hung out; None where it never did."""
    if award.batch_number is None or award.line_number is None:
        return None
    return session.get(PublicityLine, (award.community_id, award.batch_number, award.line_number))


def put_right_from(award: Award) -> tuple[int, int] | None:
    """Batch and line in whose place this award came, after an objection; None if it came otherwise."""
    if award.comes_from != "objection":
        return None
    batch, line = map(int, award.source.split(":"))
    return batch, line


def put_right_in(session: Session, lines: Sequence[PublicityLine]) -> dict[tuple[int, int], tuple[int, int]]:
    """Of corrected lines, by batch and line, where what came in their place hangs out; left out while it does not."""
    by_award = {line.replaced_by: line for line in lines if line.replaced_by is not None}
    if not by_award:
        return {}
    rows = session.execute(
        select(PublicityLine.award_id, PublicityLine.batch_number, PublicityLine.number)
        .join(
            PublicityBatch,
            (col(PublicityBatch.community_id) == PublicityLine.community_id)
            & (col(PublicityBatch.number) == PublicityLine.batch_number),
        )
        .where(
            PublicityLine.community_id == lines[0].community_id,
            col(PublicityLine.award_id).in_(list(by_award)),
            PublicityBatch.state != states.PUBLISHING,
        )
    )
    return {
        (by_award[award_id].batch_number, by_award[award_id].number): (batch, number)
        for award_id, batch, number in rows
    }


def award_of(session: Session, community_id: int, award_id: uuid.UUID) -> Award:
    """An award by its id."""
    award = session.get(Award, (community_id, award_id))
    if award is None:
        raise NotFound(what="award")
    return award
