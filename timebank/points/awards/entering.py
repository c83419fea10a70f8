"""Awards and deductions are entered by the committee, one by one or from a spreadsheet; each is reviewed by somebody else."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlmodel import Session

from timebank.errors import BadInput, NotFound, Refused
from timebank.permissions import Actor, may, require
from timebank.points.awards import reading, states
from timebank.points.awards.nearness import OwnEntry, OwnHousehold, OwnRelatives, refuse_near
from timebank.points.awards.reading import PAGE, Filters, Listed, award, awards_of, by_id, community_of, counts, listed
from timebank.points.awards.reviewing import review
from timebank.points.awards.rows import AwardRow, ResolvedRow, resolve
from timebank.points.awards.states import AwardWrongState
from timebank.points.awards.tables import ENTERED, SHORT, Award, AwardHearing
from timebank.points.table.tables import PointsStaging
from timebank.points.table.words import Problem
from timebank.storage import new_id


class AwardRefused(Refused):
    """The award cannot be entered; `problems` are codes by the column that they concern."""

    code = "award_refused"
    status = 422


class AwardsHaveProblems(Refused):
    """Some rows cannot be entered; a file is taken whole or not at all (facts `rows`)."""

    code = "awards_have_problems"
    status = 422


class FileUsed(Refused):
    """The rows of the upload were entered already."""

    code = "award_file_used"


def enter(
    session: Session, *, actor: Actor, now: dt.datetime, row: AwardRow, source: str = "committee"
) -> dict[str, Any]:
    """Enter one award against the table in force on its day; it counts when it was reviewed and published."""
    require(actor, "awards.enter", community_id=actor.community_id)
    resolved = resolved_row(session, actor, now, row, source)
    return told(write(session, actor=actor, now=now, resolved=resolved, source_kind=source))


def preview(
    session: Session, *, actor: Actor, now: dt.datetime, row: AwardRow, source: str = "committee"
) -> ResolvedRow:
    """What one row would come to, without entering it; of a claim, whoever calls has asked whether she may make it.

    Raises:
        Forbidden: a report about a household of no grid of hers.
    """
    if source == "grid":
        return _of_her_grid(session, actor, now, row)
    if source == "committee":
        require(actor, "awards.enter", community_id=actor.community_id)
    return resolve(session, community_of(actor), now=now, rows=[row], source=source)[0]


def stage(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    name: str,
    rows: Sequence[AwardRow],
    problems: Sequence[Problem],
) -> dict[str, Any]:
    """Keep a file of awards to be looked at before they are entered."""
    require(actor, "awards.enter", community_id=actor.community_id)
    content = {"rows": [asdict(row) for row in rows], "problems": [asdict(problem) for problem in problems]}
    staged = PointsStaging(community_id=community_of(actor), id=new_id(now), kind="awards", name=name[:200],
                           content=content, staged_at=now, staged_by=actor.number)  # fmt: skip
    session.add(staged)
    return {"code": "staged", "staging_id": staged.id.hex, "rows": len(rows)}


def staged_rows(
    session: Session, *, actor: Actor, now: dt.datetime, staging_id: uuid.UUID
) -> tuple[PointsStaging, list[ResolvedRow], list[Problem]]:
    """The file with what each row would come to now, and every problem in the order of the file."""
    require(actor, "awards.enter", community_id=actor.community_id)
    staged = session.get(PointsStaging, (community_of(actor), staging_id))
    if staged is None or staged.kind != "awards":
        raise NotFound(what="upload")
    rows = [AwardRow(**row) for row in staged.content["rows"]]
    resolved = resolve(session, staged.community_id, now=now, rows=rows) if staged.used_at is None else []
    problems = [Problem(**problem) for problem in staged.content["problems"]]
    problems += [problem for row in resolved for problem in row.problems]
    return staged, resolved, sorted(problems, key=lambda problem: problem.line)


def enter_file(session: Session, *, actor: Actor, now: dt.datetime, staging_id: uuid.UUID) -> dict[str, Any]:
    """Enter all rows of a file that was looked at; none, if any of them cannot be entered any more."""
    staged, resolved, problems = staged_rows(session, actor=actor, now=now, staging_id=staging_id)
    if staged.used_at is not None:
        raise FileUsed
    if problems or not resolved:
        raise AwardsHaveProblems(rows=len({problem.line for problem in problems}))
    staged.used_at = now
    awards = [
        write(session, actor=actor, now=now, resolved=row, source_kind="file",
              source=f"{staged.name}:{row.row.line}"[-200:])
        for row in resolved
    ]  # fmt: skip
    return {"code": "awards_entered", "awards": len(awards), "total_steps": sum(a.credited_steps for a in awards)}


def withdraw(session: Session, *, actor: Actor, now: dt.datetime, award_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """Take back an award that is not published yet: a slip of the pen. Who claimed it may, until somebody reviewed it.

    Raises:
        OwnHousehold, OwnRelatives: staff would let a deduction of their own, or a second review of it, disappear.
    """
    row = by_id(session, community_of(actor), award_id)
    claimed = row.claimant_id is not None and row.claimant_id == actor.person_id and row.life == ENTERED
    if not claimed and may(actor, "awards.withdraw", community_id=actor.community_id):
        refuse_near(session, actor, row.household_id)
    else:
        require(actor, "awards.withdraw_own", community_id=actor.community_id, person_id=row.claimant_id)
        if row.life != ENTERED:
            raise AwardWrongState(state=row.life, verb="withdraw")
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    take_back(row, now=now, by=actor.number, reason=reason)
    return {"code": "award_withdrawn", "award_id": row.id.hex}


def take_back(row: Award, *, now: dt.datetime, by: str, reason: str) -> None:
    """Withdraw an award; asks nobody.

    Raises:
        AwardWrongState: it hangs out already, or is over.
    """
    row.state, row.stage = states.after(row.life, "withdraw", states.WITHDRAWN)
    row.closed_at, row.closed_by, row.closed_reason = now, by, reason.strip()[:SHORT]


def resolved_row(session: Session, actor: Actor, now: dt.datetime, row: AwardRow, source: str) -> ResolvedRow:
    """What a row means; AwardRefused if it cannot be entered."""
    (resolved,) = resolve(session, community_of(actor), now=now, rows=[row], source=source)
    if resolved.problems:
        raise AwardRefused(problems=[f"{p.column}:{p.code}" for p in resolved.problems])
    return resolved


def reported_row(session: Session, actor: Actor, now: dt.datetime, row: AwardRow) -> ResolvedRow:
    """What a grid worker's row means; Forbidden before anything is said of a household that is in no grid of hers."""
    resolved = _of_her_grid(session, actor, now, row)
    if resolved.problems:
        raise AwardRefused(problems=[f"{p.column}:{p.code}" for p in resolved.problems])
    return resolved


def _of_her_grid(session: Session, actor: Actor, now: dt.datetime, row: AwardRow) -> ResolvedRow:
    (resolved,) = resolve(session, community_of(actor), now=now, rows=[row], source="grid")
    home = resolved.household
    if home is not None:
        require(actor, "awards.report", community_id=actor.community_id, area_path=home.area_path)
    elif reading.areas_of(actor, "awards.report") is None:
        require(actor, "awards.report", community_id=actor.community_id)
    return resolved


def write(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    resolved: ResolvedRow,
    source_kind: str = "committee",
    source: str = "",
    claimant_id: uuid.UUID | None = None,
    proposed_steps: int | None = None,
) -> Award:
    """Write the award that a row means; asks nobody. A deduction that nobody was heard about waits for the hearing."""
    row = resolved.row
    if resolved.household is None or resolved.item is None or resolved.on is None or resolved.reckoned is None:
        raise AwardRefused(problems=[])
    unheard = resolved.item.kind == "deduction" and resolved.heard_on is None
    made = Award(
        community_id=community_of(actor), id=new_id(now), household_id=resolved.household.id,
        person_id=resolved.person.id if resolved.person else None, item_id=resolved.item.id,
        table_id=resolved.item.table_id, on_day=resolved.on, times=resolved.times, minutes=resolved.minutes,
        uncapped_steps=resolved.reckoned.uncapped_steps, credited_steps=resolved.reckoned.credited_steps,
        limited_by=resolved.reckoned.limited_by, evidence=row.evidence.strip(), heard_on=resolved.heard_on,
        state=ENTERED, stage=states.HEARING if unheard else None, entered_at=now, entered_by=actor.number,
        source=source, source_kind=source_kind, claimant_id=claimant_id, proposed_steps=proposed_steps,
        double_of=resolved.double_of, again_reason=row.again_reason.strip() or None,
    )  # fmt: skip
    session.add(made)
    if resolved.heard_on is not None and resolved.item.kind == "deduction":
        session.flush()
        session.add(
            AwardHearing(community_id=made.community_id, award_id=made.id, outcome="heard", heard_on=resolved.heard_on,
                         words=row.heard_words.strip(), present=row.heard_present.strip(), written_at=now,
                         written_by=actor.number)
        )  # fmt: skip
    return made


def told(made: Award) -> dict[str, Any]:
    """The answer to an entering: what is credited, and whether a cap cut it."""
    return {"code": "award_entered", "award_id": made.id.hex, "credited_steps": made.credited_steps,
            "uncapped_steps": made.uncapped_steps, "limited_by": made.limited_by or "",
            "life": made.life}  # fmt: skip


__all__ = [
    "PAGE", "AwardRefused", "AwardRow", "AwardWrongState", "AwardsHaveProblems", "FileUsed", "Filters", "Listed", "OwnEntry",
    "OwnHousehold", "OwnRelatives", "award", "awards_of", "counts", "enter", "enter_file", "listed", "preview", "reading",
    "review", "stage", "staged_rows", "take_back", "told", "withdraw", "write",
]  # fmt: skip
