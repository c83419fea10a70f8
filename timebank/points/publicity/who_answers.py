"""Who may answer an objection or decide an appeal, and who leaves it to somebody else."""

import uuid
from collections.abc import Sequence

from sqlmodel import Session

from timebank.errors import Refused
from timebank.people import residents
from timebank.permissions import Actor
from timebank.points.awards.nearness import near_to
from timebank.points.awards.tables import Award
from timebank.points.publicity import corrections
from timebank.points.publicity import joined as together
from timebank.points.publicity.objection_lists import ObjectionListed
from timebank.points.publicity.refusals import OwnHousehold, OwnObjection, ReviewedIt, TooNearToAnswer
from timebank.points.publicity.tables import APPEALED, OPEN, REJECTED, Objection


def refuse_near(
    session: Session,
    actor: Actor,
    award: Award,
    joined: Sequence[Objection],
    objection: Objection,
    *,
    near: set[uuid.UUID] | None = None,
) -> None:
    """Nobody answers for the own household, relatives, own review, own objection or own answer.

    `near` are the households that the actor decides nothing about, where a whole list is asked.
    """
    if actor.household_id is not None and award.household_id == actor.household_id:
        raise OwnHousehold
    if actor.number in (objection.answered_by, *corrections.decliners_of(session, award)) or (
        actor.person_id is not None and any(one.person_id == actor.person_id for one in joined)
    ):
        raise OwnObjection
    if together.gave_a_verdict(session, actor, award):
        raise ReviewedIt
    raised = [one.person_id for one in joined if one.state in (OPEN, APPEALED, REJECTED)]
    people = residents.persons_of(session, award.community_id, raised).values()
    near = near_to(session, actor) if near is None else near
    if near & {award.household_id, *(person.household_id for person in people)}:
        raise TooNearToAnswer


def kept_from(session: Session, actor: Actor, rows: Sequence[ObjectionListed]) -> dict[uuid.UUID, str]:
    """Of a list, the objections and appeals that wait and that somebody else answers, each with the code of why."""
    near, found = near_to(session, actor), {}
    for row in rows:
        if row.objection.state not in (OPEN, APPEALED):
            continue
        try:
            refuse_near(session, actor, row.award, together.of_line(session, row.line), row.objection, near=near)
        except Refused as refused:
            found[row.objection.id] = refused.code
    return found
