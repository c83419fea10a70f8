"""Who belongs to a household, and who is its head: moves between households, each written into both stories.

What a household owns stays with it when somebody moves; households that split or merge with what they own are a matter
of timebank/points/household_changes, which uses what stands here.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from timebank.errors import AlreadyDone, BadInput, Forbidden, Refused
from timebank.people import household_history, households, residents
from timebank.people.communities import community_of
from timebank.people.household_heads import HEAD, HEADS, head_among
from timebank.people.households import Household
from timebank.people.residents import Person
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require

MOST_RELATION = 20


class HouseholdEnded(Refused):
    """The household ended: it was merged into another one, or its split was taken back (fact `number`)."""

    code = "household_ended"


class NotOfHousehold(Refused):
    """She does not live in this household (facts `person`, `household`)."""

    code = "not_of_household"
    status = 422


class LastOfHousehold(Refused):
    """Nobody would be left in the household: what it owns goes with a merge, not with a move (fact `household`)."""

    code = "last_of_household"


class HeadFirst(Refused):
    """She is the head, and others stay: the new head is named first (fact `household`)."""

    code = "head_first"


def change_head(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    household_id: uuid.UUID,
    person_id: uuid.UUID,
    former_relation: str = "",
    reason: str,
) -> dict[str, Any]:
    """Name another head; the former one stays a member, as `former_relation` of the new one."""
    home = open_household(session, community_of(actor), household_id)
    require(actor, "households.change_head", community_id=home.community_id, area_path=home.area_path)
    members = living(session, home)
    new = _among(members, person_id, home)
    checked_reason(reason)
    former = next((one for one in members if one.relation in HEADS), None)
    if former is not None and former.id == new.id:
        raise AlreadyDone
    if former is not None:
        _relate(session, former, former_relation, actor=actor, now=now, reason=reason)
    make_head(session, new, actor=actor, now=now, reason=reason)
    return {"code": "head_changed", "household": home.id.hex, "person": new.number}


def move(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    person_id: uuid.UUID,
    household_id: uuid.UUID,
    relation: str = "",
    reason: str,
) -> dict[str, Any]:
    """Let one person live in another household; points stay where they were.

    Raises:
        HouseholdEnded, LastOfHousehold, HeadFirst.
        AlreadyDone: she lives there.
        Forbidden: a clerk moves herself, or anybody into the own household; another one does it, who sees both.
    """
    community_id = community_of(actor)
    person = residents.person(session, community_id, person_id)
    home = open_household(session, community_id, household_id)
    require(actor, "households.move", community_id=community_id, area_path=person.area_path)
    require(actor, "households.move", community_id=community_id, area_path=home.area_path)
    checked_reason(reason)
    if actor.person_id is not None and (actor.person_id == person.id or actor.household_id == home.id):
        raise Forbidden(use_case="households.move")
    if residents.has_left(person):
        raise residents.HasLeft(person=person.number, left_on=str(person.left_on))
    if person.household_id == home.id:
        raise AlreadyDone
    left = households.household(session, community_id, person.household_id)
    others = [one for one in living(session, left) if one.id != person.id]
    if not others:
        raise LastOfHousehold(household=left.number)
    if person.relation in HEADS:
        raise HeadFirst(household=left.number)
    settle(session, [(person, relation)], to=home, actor=actor, now=now, reason=reason)
    return {"code": "person_moved", "person": person.id.hex, "household": home.id.hex}


def settle(
    session: Session, going: Iterable[tuple[Person, str]], *, to: Household, actor: Actor, now: datetime, reason: str
) -> None:
    """Write people into a household, each as what she is there; whoever calls has asked whether they may go."""
    today = today_in(session, to.community_id, now)
    for person, relation in going:
        for home_id, kind, other_id in (
            (person.household_id, "moved_out", to.id),
            (to.id, "moved_in", person.household_id),
        ):
            household_history.record(session, community_id=to.community_id, household_id=home_id, kind=kind,
                                     person_ids=[person.id], other_id=other_id, on_day=today, now=now, by=actor.number,
                                     reason=reason)  # fmt: skip
        before = {"household": person.household_id.hex, "area": person.area_path, "relation": person.relation}
        person.household_id, person.area_path = to.id, to.area_path
        person.relation = relation.strip()[:MOST_RELATION]
        after = {"household": to.id.hex, "area": to.area_path, "relation": person.relation}
        changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        residents.note_change(session, person, changes=changes, reason=reason, actor=actor, now=now)


def make_head(session: Session, person: Person, *, actor: Actor, now: datetime, reason: str) -> None:
    """Write somebody down as the head of the household that she lives in."""
    _relate(session, person, HEAD, actor=actor, now=now, reason=reason)
    household_history.record(
        session, community_id=person.community_id, household_id=person.household_id, kind="head",
        person_ids=[person.id], on_day=today_in(session, person.community_id, now), now=now, by=actor.number,
        reason=reason,
    )  # fmt: skip


def living(session: Session, home: Household) -> list[Person]:
    """Who lives in a household now."""
    return [one for one in residents.members(session, home.community_id, home.id) if not residents.has_left(one)]


def head_of(session: Session, home: Household) -> Person | None:
    return head_among(living(session, home))


def open_household(session: Session, community_id: int, household_id: uuid.UUID) -> Household:
    """A household that has not ended."""
    home = households.household(session, community_id, household_id)
    if home.closed_on is not None:
        raise HouseholdEnded(number=home.number)
    return home


def checked_reason(reason: str) -> str:
    """Why, in up to 300 characters; BadInput if nothing is said."""
    if not 1 <= len(reason.strip()) <= 300:
        raise BadInput(fields={"reason": "required" if not reason.strip() else "too_long"})
    return reason.strip()


def _relate(session: Session, person: Person, relation: str, *, actor: Actor, now: datetime, reason: str) -> None:
    before, person.relation = person.relation, relation.strip()[:MOST_RELATION]
    changes = {} if before == person.relation else {"relation": [before, person.relation]}
    residents.note_change(session, person, changes=changes, reason=reason, actor=actor, now=now)


def _among(members: list[Person], person_id: uuid.UUID, home: Household) -> Person:
    found = next((one for one in members if one.id == person_id), None)
    if found is None:
        raise NotOfHousehold(household=home.number)
    return found
