"""Reviewers beside each other: how they decide, how they spread against colleagues on the same items, how often they were overturned.

Counted from the first verdicts that stand. A verdict is overturned when the second review or the committee ended
otherwise, or when the line was taken down or booked back after an objection. Never writes.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from timebank.people import communities, residents
from timebank.people.numbers import serial_of
from timebank.people.residents import Person
from timebank.permissions import Actor, require
from timebank.points import rules
from timebank.points.awards.reading import community_of
from timebank.points.awards.tables import REVERSED, WITHDRAWN, Award, AwardReview
from timebank.points.table.tables import PointsItem

FEW = 5  # with fewer verdicts on the same items as colleagues a spread says nothing


@dataclass
class Reviewer:
    """One reviewer in a period. Shares are whole thousandths, so that they print and export the same.

    `range_share`: where in the tables' ranges her values lie, 0 the lower ends, 1000 the upper. `approval_gap`: her share
    of approvals against her colleagues' on the same items, `value_gap` the same of what she credits, in thousandths of
    theirs. None where there is too little to compare.
    """

    number: str
    person: Person | None = None
    approved: int = 0
    rejected: int = 0
    range_share: int | None = None
    ranged: int = 0
    approval_gap: int | None = None
    value_gap: int | None = None
    compared: int = 0
    by_second: int = 0
    by_objection: int = 0
    items: set[str] = field(default_factory=set)

    @property
    def verdicts(self) -> int:
        """All first verdicts that stand."""
        return self.approved + self.rejected


@dataclass
class _Cell:
    verdicts: int = 0
    approved: int = 0
    steps: int = 0


def reviewers(
    session: Session, *, actor: Actor, since: dt.datetime | None = None, until: dt.datetime | None = None
) -> list[Reviewer]:
    """Each reviewer of a period, most verdicts first: three queries, whatever the number of verdicts."""
    require(actor, "awards.reviewers", community_id=actor.community_id)
    community_id = community_of(actor)
    found: dict[str, Reviewer] = {}
    cells: dict[tuple[str, str], dict[str, _Cell]] = defaultdict(dict)
    for number, category, title, verdicts, approved, steps in _by_item(session, community_id, since, until):
        one = found.setdefault(number, Reviewer(number))
        one.approved += approved
        one.rejected += verdicts - approved
        one.items.add(title)
        cells[category, title][number] = _Cell(verdicts, approved, abs(steps))
    for number, overturned, objected in _overturned(session, community_id, since, until):
        found[number].by_second, found[number].by_objection = overturned, objected
    _ranges(session, community_id, since, until, found)
    for one in found.values():
        _compare(one, [(cell[one.number], cell) for cell in cells.values() if one.number in cell])
    code = communities.community(session, community_id).code
    for one in found.values():
        serial = serial_of(one.number, code)
        one.person = residents.by_serial(session, community_id, serial) if serial else None
    return sorted(found.values(), key=lambda one: (-one.verdicts, one.number))


def _standing(
    community_id: int, since: dt.datetime | None, until: dt.datetime | None, turn: str = "first"
) -> list[Any]:
    asked: list[Any] = [
        AwardReview.community_id == community_id,
        AwardReview.turn == turn,
        col(AwardReview.undone_at).is_(None),
    ]
    if since is not None:
        asked.append(col(AwardReview.reviewed_at) >= since)
    if until is not None:
        asked.append(col(AwardReview.reviewed_at) < until)
    return asked


def _joined(query: Any) -> Any:
    return query.join(
        Award, (col(Award.community_id) == AwardReview.community_id) & (col(Award.id) == AwardReview.award_id)
    ).join(PointsItem, (col(PointsItem.community_id) == Award.community_id) & (col(PointsItem.id) == Award.item_id))


def _by_item(
    session: Session, community_id: int, since: dt.datetime | None, until: dt.datetime | None
) -> Sequence[Any]:
    approved = case((col(AwardReview.verdict) == "approve", 1), else_=0)
    query = select(  # type: ignore[call-overload]
        AwardReview.reviewed_by, PointsItem.category, PointsItem.title, func.count(), func.sum(approved),
        func.sum(AwardReview.steps),
    ).select_from(AwardReview)  # fmt: skip
    grouped = _joined(query).where(*_standing(community_id, since, until))
    grouped = grouped.group_by(col(AwardReview.reviewed_by), col(PointsItem.category), col(PointsItem.title))
    return [(row[0], row[1], row[2], int(row[3]), int(row[4]), int(row[5])) for row in session.execute(grouped)]


def _overturned(
    session: Session, community_id: int, since: dt.datetime | None, until: dt.datetime | None
) -> Sequence[Any]:
    ended = case(
        (
            (col(Award.state) == "rejected") & (col(AwardReview.verdict) == "approve")
            | col(Award.state).in_(("approved", "published", "frozen", "booked", "withdrawn", "reversed"))
            & (col(AwardReview.verdict) == "reject"),
            1,
        ),
        else_=0,
    )
    objected = case(
        (
            col(Award.state).in_((WITHDRAWN, REVERSED))
            & col(Award.batch_number).is_not(None)
            & (col(AwardReview.verdict) == "approve"),
            1,
        ),
        else_=0,
    )
    query = (
        select(
            AwardReview.reviewed_by, func.sum(case((col(AwardReview.asks) != "", ended), else_=0)), func.sum(objected)
        )
        .select_from(AwardReview)
        .join(Award, (col(Award.community_id) == AwardReview.community_id) & (col(Award.id) == AwardReview.award_id))
        .where(*_standing(community_id, since, until))
        .group_by(col(AwardReview.reviewed_by))
    )
    return [(row[0], int(row[1]), int(row[2])) for row in session.execute(query)]


def _ranges(
    session: Session,
    community_id: int,
    since: dt.datetime | None,
    until: dt.datetime | None,
    found: dict[str, Reviewer],
) -> None:
    """Where within the ranges the values lie that each reviewer chose."""
    query = (
        select(AwardReview.reviewed_by, Award.item_id, func.count(), func.sum(Award.chosen_steps))
        .select_from(AwardReview)
        .join(Award, (col(Award.community_id) == AwardReview.community_id) & (col(Award.id) == AwardReview.award_id))
        .where(
            *_standing(community_id, since, until),
            col(AwardReview.verdict) == "approve",
            col(Award.chosen_steps).is_not(None),
        )
        .group_by(col(AwardReview.reviewed_by), col(Award.item_id))
    )
    chosen = [(row[0], row[1], int(row[2]), int(row[3])) for row in session.execute(query)]
    ids = {item_id for _, item_id, _, _ in chosen}
    items = {
        item.id: item
        for item in session.scalars(
            select(PointsItem).where(PointsItem.community_id == community_id, col(PointsItem.id).in_(ids))
        )
    }
    places: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, item_id, count, steps in chosen:
        least, most = abs(items[item_id].value_steps), rules.rule_of(items[item_id]).largest(items[item_id])
        if most > least:
            places[number].append((count, (abs(steps) / count - least) / (most - least)))
    for number, shares in places.items():
        total = sum(count for count, _ in shares)
        found[number].ranged = total
        found[number].range_share = round(1000 * sum(count * share for count, share in shares) / total)


def _compare(one: Reviewer, cells: Sequence[tuple[_Cell, dict[str, _Cell]]]) -> None:
    """Against colleagues on the same items, each item weighed by her verdicts on it."""
    verdicts, expected, hers, theirs = 0, 0.0, 0, 0.0
    for cell, everybody in cells:
        others = [other for number, other in everybody.items() if number != one.number]
        seen, approved = sum(o.verdicts for o in others), sum(o.approved for o in others)
        if not seen:
            continue
        verdicts += cell.verdicts
        expected += cell.verdicts * approved / seen
        if approved and cell.approved:
            hers += cell.steps
            theirs += cell.approved * sum(o.steps for o in others) / approved
        one.compared += cell.verdicts
    if verdicts >= FEW:
        approved_of = sum(cell.approved for cell, everybody in cells if len(everybody) > 1)
        one.approval_gap = round(1000 * (approved_of - expected) / verdicts)
        one.value_gap = round(1000 * (hers - theirs) / theirs) if theirs else None
