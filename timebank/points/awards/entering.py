"""Awards and deductions are entered, one by one or from a spreadsheet, and reviewed by somebody else's household."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from timebank.errors import BadInput, NotFound, Refused
from timebank.people import households, residents
from timebank.people.households import Household
from timebank.people.residents import Person
from timebank.permissions import Actor, require
from timebank.points.awards.rows import AwardRow, ResolvedRow, resolve
from timebank.points.awards.tables import APPROVED, ENTERED, REJECTED, STATES, WITHDRAWN, Award
from timebank.points.table.tables import PointsItem, PointsStaging, PointsTable
from timebank.points.table.words import Problem
from timebank.storage import new_id

PAGE = 50


class AwardRefused(Refused):
    """The award cannot be entered; `problems` are codes by the column that they concern."""

    code = "award_refused"
    status = 422


class AwardsHaveProblems(Refused):
    """Some rows cannot be entered; a file is taken whole or not at all (facts `rows`)."""

    code = "awards_have_problems"
    status = 422


class AwardWrongState(Refused):
    """The award is not in the state that this step needs (fact `state`)."""

    code = "award_wrong_state"


class OwnHousehold(Refused):
    """Nobody reviews an award of the own household."""

    code = "own_household"
    status = 403


class OwnEntry(Refused):
    """Nobody reviews what they entered themselves."""

    code = "own_entry"
    status = 403


class FileUsed(Refused):
    """The rows of the upload were entered already."""

    code = "award_file_used"


@dataclass(frozen=True)
class Listed:
    """An award with what people want to read beside it."""

    award: Award
    item: PointsItem
    household: Household
    person: Person | None
    version: int


def enter(session: Session, *, actor: Actor, now: dt.datetime, row: AwardRow) -> dict[str, Any]:
    """Enter one award against the table in force on its day; it counts when it was reviewed and published."""
    require(actor, "awards.enter", community_id=actor.community_id)
    (resolved,) = resolve(session, _community(actor), now=now, rows=[row])
    if resolved.problems:
        raise AwardRefused(problems=[f"{p.column}:{p.code}" for p in resolved.problems])
    award = _award(resolved, actor=actor, now=now, source="")
    session.add(award)
    return {"code": "award_entered", "award_id": award.id.hex, "credited_steps": award.credited_steps,
            "uncapped_steps": award.uncapped_steps, "limited_by": award.limited_by or ""}  # fmt: skip


def preview(session: Session, *, actor: Actor, now: dt.datetime, row: AwardRow) -> ResolvedRow:
    """What one row would come to, without entering it."""
    require(actor, "awards.enter", community_id=actor.community_id)
    return resolve(session, _community(actor), now=now, rows=[row])[0]


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
    staged = PointsStaging(community_id=_community(actor), id=new_id(now), kind="awards", name=name[:200],
                           content=content, staged_at=now, staged_by=actor.number)  # fmt: skip
    session.add(staged)
    return {"code": "staged", "staging_id": staged.id.hex, "rows": len(rows)}


def staged_rows(
    session: Session, *, actor: Actor, now: dt.datetime, staging_id: uuid.UUID
) -> tuple[PointsStaging, list[ResolvedRow], list[Problem]]:
    """The file with what each row would come to now, and every problem in the order of the file."""
    require(actor, "awards.enter", community_id=actor.community_id)
    staged = session.get(PointsStaging, (_community(actor), staging_id))
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
    awards = [_award(row, actor=actor, now=now, source=f"{staged.name}:{row.row.line}"[-200:]) for row in resolved]
    session.add_all(awards)
    return {"code": "awards_entered", "awards": len(awards), "total_steps": sum(a.credited_steps for a in awards)}


def review(
    session: Session,
    *,
    actor: Actor,
    now: dt.datetime,
    award_ids: Sequence[uuid.UUID],
    approved: bool,
    remark: str = "",
) -> dict[str, Any]:
    """Approve or reject entered awards, all of the list or none.

    Raises:
        OwnHousehold, OwnEntry: the reviewer is too near.
        AwardWrongState: one of them was reviewed already.
    """
    require(actor, "awards.review", community_id=actor.community_id)
    if not award_ids:
        raise BadInput(fields={"award_id": "required"})
    if not approved and not remark.strip():
        raise BadInput(fields={"remark": "required"})
    for award_id in award_ids:
        award = _one(session, actor, award_id)
        if award.state != ENTERED:
            raise AwardWrongState(state=award.state)
        if actor.household_id is not None and award.household_id == actor.household_id:
            raise OwnHousehold
        if award.entered_by == actor.number:
            raise OwnEntry
        award.state = APPROVED if approved else REJECTED
        award.reviewed_at, award.reviewed_by, award.reviewer = now, actor.number, actor.officer
        award.review_remark = remark.strip()[:300]
    return {"code": "awards_approved" if approved else "awards_rejected", "awards": len(award_ids)}


def withdraw(session: Session, *, actor: Actor, now: dt.datetime, award_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """Take back an award that is not published yet, for example a slip of the pen."""
    require(actor, "awards.withdraw", community_id=actor.community_id)
    award = _one(session, actor, award_id)
    if award.state not in (ENTERED, APPROVED):
        raise AwardWrongState(state=award.state)
    if not reason.strip():
        raise BadInput(fields={"reason": "required"})
    award.state, award.closed_at, award.closed_by, award.closed_reason = WITHDRAWN, now, actor.number, reason[:300]
    return {"code": "award_withdrawn", "award_id": award.id.hex}


def awards_of(
    session: Session,
    *,
    actor: Actor,
    state: str = "",
    household_id: uuid.UUID | None = None,
    after: uuid.UUID | None = None,
    limit: int = PAGE,
) -> list[Listed]:
    """Awards, newest first, of one state or one household; the next page is `after` the last one's id."""
    use_case = "points.read" if household_id else "awards.read"
    require(actor, use_case, community_id=actor.community_id, household_id=household_id)
    query = select(Award).where(Award.community_id == actor.community_id)
    if state in STATES:
        query = query.where(Award.state == state)
    if household_id is not None:
        query = query.where(Award.household_id == household_id)
    if after is not None:
        query = query.where(col(Award.id) < after)
    return listed(session, session.scalars(query.order_by(col(Award.id).desc()).limit(limit)).all())


def award(session: Session, *, actor: Actor, award_id: uuid.UUID) -> Listed:
    """One award; its household may read it too."""
    row = _one(session, actor, award_id)
    use_case = "points.read" if row.household_id == actor.household_id else "awards.read"
    require(actor, use_case, community_id=actor.community_id, household_id=row.household_id)
    return listed(session, [row])[0]


def counts(session: Session, *, actor: Actor) -> dict[str, int]:
    """How many awards are in each state."""
    require(actor, "awards.read", community_id=actor.community_id)
    rows = session.execute(
        select(Award.state, func.count()).where(Award.community_id == actor.community_id).group_by(Award.state)
    )
    return {row[0]: row[1] for row in rows}


def listed(session: Session, awards: Sequence[Award]) -> list[Listed]:
    """Awards with their items, households and people, in four queries however many they are."""
    if not awards:
        return []
    community_id = awards[0].community_id
    items = {item.id: item for item in session.scalars(
        select(PointsItem).where(PointsItem.community_id == community_id,
                                 col(PointsItem.id).in_({award.item_id for award in awards})))}  # fmt: skip
    versions = {table.id: table.version or 0 for table in session.scalars(
        select(PointsTable).where(PointsTable.community_id == community_id,
                                  col(PointsTable.id).in_({award.table_id for award in awards})))}  # fmt: skip
    houses = households.households_of(session, community_id, {award.household_id for award in awards})
    people = residents.persons_of(session, community_id, [award.person_id for award in awards if award.person_id])
    return [
        Listed(award, items[award.item_id], houses[award.household_id], people.get(award.person_id or award.id),
               versions[award.table_id])
        for award in awards
    ]  # fmt: skip


def _award(row: ResolvedRow, *, actor: Actor, now: dt.datetime, source: str) -> Award:
    if row.household is None or row.item is None or row.on is None or row.reckoned is None:
        raise AwardRefused(problems=[])
    return Award(
        community_id=_community(actor), id=new_id(now), household_id=row.household.id,
        person_id=row.person.id if row.person else None, item_id=row.item.id, table_id=row.item.table_id,
        on_day=row.on, times=row.times, minutes=row.minutes, uncapped_steps=row.reckoned.uncapped_steps,
        credited_steps=row.reckoned.credited_steps, limited_by=row.reckoned.limited_by,
        evidence=row.row.evidence.strip(), heard_on=row.heard_on, state=ENTERED, entered_at=now,
        entered_by=actor.number, source=source,
    )  # fmt: skip


def _one(session: Session, actor: Actor, award_id: uuid.UUID) -> Award:
    found = session.get(Award, (_community(actor), award_id))
    if found is None:
        raise NotFound(what="award")
    return found


def _community(actor: Actor) -> int:
    if actor.community_id is None:
        raise NotFound(what="community")
    return actor.community_id
