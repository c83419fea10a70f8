"""Awards as people look at them: lists with filters, one with its verdicts, what else is told of the same deed. Never writes."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import Session, col, select

from timebank.errors import NotFound
from timebank.people import households, residents
from timebank.people.households import Household
from timebank.people.residents import Person
from timebank.permissions import RULES, Actor, may, require
from timebank.points.awards import states
from timebank.points.awards.tables import (
    ENTERED,
    STATES,
    Award,
    AwardHearing,
    AwardInvitation,
    AwardPhoto,
    AwardReview,
)
from timebank.points.table.tables import PointsItem, PointsTable

PAGE = 50


@dataclass(frozen=True)
class Listed:
    """An award with what people want to read beside it."""

    award: Award
    item: PointsItem
    household: Household
    person: Person | None
    version: int


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a list shows; empty: everything. `life` is a state or stage, `entered_by` and `reviewed_by` numbers of people."""

    life: str = ""
    source: str = ""
    item_id: uuid.UUID | None = None
    household_id: uuid.UUID | None = None
    claimant_id: uuid.UUID | None = None
    area_path: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    kind: str = ""  # award, deduction
    entered_by: str = ""
    doubles: bool = False


@dataclass(frozen=True)
class Whole:
    """One award with all that belongs to it: verdicts in order, photographs, hearing, and others of the same deed."""

    row: Listed
    reviews: Sequence[AwardReview]
    photos: Sequence[AwardPhoto]
    invitations: Sequence[AwardInvitation]
    hearing: AwardHearing | None
    others: Sequence[Listed] = field(default=())
    same_photo: Sequence[uuid.UUID] = field(default=())


def community_of(actor: Actor) -> int:
    """The community in which somebody acts."""
    if actor.community_id is None:
        raise NotFound(what="community")
    return actor.community_id


def by_id(session: Session, community_id: int, award_id: uuid.UUID) -> Award:
    """One award; NotFound if the community has none of this id."""
    found = session.get(Award, (community_id, award_id))
    if found is None:
        raise NotFound(what="award")
    return found


def by_ids(session: Session, community_id: int, award_ids: Sequence[uuid.UUID]) -> list[Award]:
    """These awards in the order of their ids as given; NotFound if one of them is not the community's."""
    query = select(Award).where(Award.community_id == community_id, col(Award.id).in_(award_ids))
    found = {award.id: award for award in session.scalars(query)}
    if len(found) < len(set(award_ids)):
        raise NotFound(what="award")
    return [found[award_id] for award_id in award_ids]


def awards_of(
    session: Session,
    *,
    actor: Actor,
    state: str = "",
    household_id: uuid.UUID | None = None,
    after: uuid.UUID | None = None,
    limit: int = PAGE,
    filters: Filters | None = None,
) -> list[Listed]:
    """Awards, newest first; the next page is `after` the last one's id.

    A household reads its own, a claimant hers; a grid worker of one grid sees what concerns it.
    """
    wanted = filters or Filters(life=state, household_id=household_id)
    narrowed = _may_see(actor, wanted)
    query = select(Award).where(Award.community_id == actor.community_id, *narrowed, *_where(wanted))
    if wanted.area_path or narrowed:
        query = query.join(
            Household,
            (col(Household.community_id) == Award.community_id) & (col(Household.id) == Award.household_id),
        )
    if wanted.kind:
        query = query.join(
            PointsItem, (col(PointsItem.community_id) == Award.community_id) & (col(PointsItem.id) == Award.item_id)
        )
    if after is not None:
        query = query.where(col(Award.id) < after)
    return listed(session, session.scalars(query.order_by(col(Award.id).desc()).limit(limit)).all())


def award(session: Session, *, actor: Actor, award_id: uuid.UUID) -> Listed:
    """One award; its household, who claimed it and the grid worker of its grid may read it too."""
    row = by_id(session, community_of(actor), award_id)
    found = listed(session, [row])[0]
    _require_look(actor, found)
    return found


def whole(session: Session, *, actor: Actor, award_id: uuid.UUID) -> Whole:
    """One award with its verdicts, photographs, hearing, and what else is told of the same deed."""
    found = award(session, actor=actor, award_id=award_id)
    community_id, row = found.award.community_id, found.award
    photos = session.scalars(
        select(AwardPhoto)
        .where(AwardPhoto.community_id == community_id, AwardPhoto.award_id == row.id)
        .order_by(col(AwardPhoto.number))
    ).all()
    used_again = session.scalars(
        select(col(AwardPhoto.award_id))
        .where(
            AwardPhoto.community_id == community_id,
            col(AwardPhoto.digest).in_([photo.digest for photo in photos]),
            AwardPhoto.award_id != row.id,
        )
        .distinct()
        .limit(5)
    ).all()
    return Whole(
        found,
        reviews_of(session, community_id, row.id),
        photos,
        session.scalars(
            select(AwardInvitation)
            .where(AwardInvitation.community_id == community_id, AwardInvitation.award_id == row.id)
            .order_by(col(AwardInvitation.number))
        ).all(),
        session.get(AwardHearing, (community_id, row.id)),
        doubles_of(session, row),
        used_again,
    )


def sees_staff(actor: Actor, row: Listed) -> bool:
    """Whether who reads an award reads who worked on it too, and verdicts that were taken back; its household does not."""
    place, home = row.award.community_id, row.household
    return may(actor, "awards.read", community_id=place) or may(
        actor, "awards.report", community_id=place, area_path=home.area_path
    )


def reviews_of(session: Session, community_id: int, award_id: uuid.UUID) -> Sequence[AwardReview]:
    """All verdicts on an award, those taken back too, oldest first."""
    return session.scalars(
        select(AwardReview)
        .where(AwardReview.community_id == community_id, AwardReview.award_id == award_id)
        .order_by(col(AwardReview.id))
    ).all()


def heard_of(session: Session, row: Award) -> dict[str, str]:
    """How a household was heard, as fields of a row: for an award that comes in another's place."""
    if row.heard_on is None:
        return {}
    heard = session.get(AwardHearing, (row.community_id, row.id))
    return {
        "heard_on": row.heard_on.isoformat(),
        "heard_words": heard.words if heard else "—",
        "heard_present": heard.present if heard else "—",
    }


def doubles_of(session: Session, row: Award) -> list[Listed]:
    """Other awards of the same deed: the one that this one stands beside, and those that stand beside it."""
    asked = [col(Award.double_of) == row.id]
    if row.double_of is not None:
        asked += [col(Award.id) == row.double_of, col(Award.double_of) == row.double_of]
    found = session.scalars(
        select(Award)
        .where(
            Award.community_id == row.community_id,
            Award.household_id == row.household_id,
            Award.on_day == row.on_day,
            Award.id != row.id,
            or_(*asked),
        )
        .order_by(col(Award.id))
    ).all()
    return listed(session, found)


def counts(session: Session, *, actor: Actor) -> dict[str, int]:
    """How many awards are in each state."""
    require(actor, "awards.read", community_id=actor.community_id)
    rows = session.execute(
        select(Award.state, func.count()).where(Award.community_id == actor.community_id).group_by(Award.state)
    )
    return {row[0]: row[1] for row in rows}


def stage_counts(session: Session, *, actor: Actor) -> dict[str, int]:
    """How many entered awards are at each stage."""
    require(actor, "awards.read", community_id=actor.community_id)
    rows = session.execute(
        select(Award.stage, func.count())
        .where(Award.community_id == actor.community_id, col(Award.stage).is_not(None))
        .group_by(col(Award.stage))
    )
    return {str(row[0]): row[1] for row in rows}


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


def areas_of(actor: Actor, use_case: str) -> list[ColumnElement[bool]] | None:
    """Conditions on a household's area where the actor's roles for a use case cover only a part; None: she has none."""
    roles = RULES[use_case].roles
    if actor.trusted or actor.has(roles):
        return []
    held = [
        grant.area_path
        for grant in actor.grants
        if grant.role in roles and grant.area_path.startswith(actor.area_path)  # another community's grid is none here
    ]
    if not held:
        return None
    return [or_(*(col(Household.area_path).startswith(path, autoescape=True) for path in held))]


def _may_see(actor: Actor, wanted: Filters) -> list[Any]:
    if wanted.claimant_id is not None and wanted.claimant_id == actor.person_id:
        return []
    if wanted.household_id is not None:
        require(actor, "points.read", community_id=actor.community_id, household_id=wanted.household_id)
        return []
    if may(actor, "awards.read", community_id=actor.community_id):
        return []
    areas = areas_of(actor, "awards.report")
    if not areas:
        require(actor, "awards.read", community_id=actor.community_id)
    return list(areas or [])


def _require_look(actor: Actor, found: Listed) -> None:
    award_, place = found.award, actor.community_id
    if award_.claimant_id is not None and award_.claimant_id == actor.person_id:
        return
    if may(actor, "awards.report", community_id=place, area_path=found.household.area_path):
        return
    use_case = "points.read" if award_.household_id == actor.household_id else "awards.read"
    require(actor, use_case, community_id=place, household_id=award_.household_id)


def _where(wanted: Filters) -> list[Any]:
    asked: list[Any] = []
    if wanted.life in states.STAGES:
        asked.append(col(Award.stage) == wanted.life)
    elif wanted.life in STATES:
        asked.append(col(Award.state) == wanted.life)
        if wanted.life == ENTERED:
            asked.append(col(Award.stage).is_(None))
    equal: Mapping[Any, Any] = {
        col(Award.household_id): wanted.household_id,
        col(Award.claimant_id): wanted.claimant_id,
        col(Award.item_id): wanted.item_id,
        col(PointsItem.kind): wanted.kind,
    }
    asked += [column == value for column, value in equal.items() if value]
    if wanted.source:
        old = {"file": col(Award.source) != "", "committee": col(Award.source) == ""}.get(wanted.source)
        told = col(Award.source_kind) == wanted.source
        asked.append(told if old is None else or_(told, col(Award.source_kind).is_(None) & old))
    if wanted.area_path:
        asked.append(col(Household.area_path).startswith(wanted.area_path, autoescape=True))
    if wanted.since is not None:
        asked.append(col(Award.on_day) >= wanted.since)
    if wanted.until is not None:
        asked.append(col(Award.on_day) <= wanted.until)
    if wanted.entered_by:
        asked.append(col(Award.entered_by) == wanted.entered_by)
    if wanted.doubles:
        asked.append(col(Award.double_of).is_not(None))
    return asked
