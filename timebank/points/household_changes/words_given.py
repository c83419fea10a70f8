"""Whose word a split or merge needs besides those of the two who speak for the sides: nobody is moved without her own.

Every adult who moves says so herself, by her own sign-in or before a clerk, who writes down what she saw. A child moves
with a parent; where the parents whom the register knows in the household all stay, one of them says so for the child.
"""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from timebank.errors import BadInput
from timebank.people import kin, residents
from timebank.people.guardians import GuardianConsent
from timebank.people.residents import Person
from timebank.people.working_days import today_in
from timebank.permissions import Actor
from timebank.points.household_changes.tables import HouseholdChange, HouseholdChangeMember

ADULT = 18
MOST_EVIDENCE = 200


@dataclass(frozen=True)
class Word:
    """The word that is needed for one who moves, given or not; `speakers` can give it: herself, or a child's parents who stay."""

    person: Person
    member: HouseholdChangeMember
    speakers: tuple[Person, ...]

    @property
    def given(self) -> bool:
        return self.member.agreed_at is not None

    @property
    def for_child(self) -> bool:
        return all(one.id != self.person.id for one in self.speakers)


def words_of(session: Session, change: HouseholdChange) -> list[Word]:
    """The words that a change needs besides the two sides', in the order of the register."""
    moving = members_of(session, change)
    going = {person.id for person, _ in moving}
    sides = {change.giver_id, change.taker_id}
    asked_on = today_in(session, change.community_id, change.asked_at)
    found = []
    for person, member in moving:
        if person.id in sides:
            continue
        if is_adult(person, asked_on):
            found.append(Word(person, member, (person,)))
            continue
        parents = _parents(session, person)
        if parents and not any(one.id in going for one in parents):
            found.append(Word(person, member, tuple(parents)))
    return found


def missing(session: Session, change: HouseholdChange) -> list[Word]:
    """Those of them that nobody gave yet."""
    return [word for word in words_of(session, change) if not word.given]


def spoken_by(words: Iterable[Word], actor: Actor) -> list[Word]:
    """Those that the actor can give for herself, or for her child."""
    return [word for word in words if any(one.id == actor.person_id for one in word.speakers)]


def give(word: Word, *, actor: Actor, now: dt.datetime, evidence: str = "") -> None:
    """Write a word down: the speaker's own, or what a clerk saw (`evidence`).

    Raises:
        BadInput: a clerk says nothing of what she saw.
    """
    own = any(one.id == actor.person_id for one in word.speakers)
    evidence = evidence.strip()
    if not own and not 1 <= len(evidence) <= MOST_EVIDENCE:
        raise BadInput(fields={"evidence": "too_long" if evidence else "required"})
    word.member.agreed_at, word.member.agreed_way = now, "own" if own else "desk"
    word.member.recorded_by, word.member.evidence = actor.number, None if own else evidence


def is_adult(person: Person, on: dt.date) -> bool:
    """Who is of age, or of whom no birthday is known: then her own word is asked."""
    age = residents.age_on(person, on)
    return age is None or age >= ADULT


def members_of(session: Session, change: HouseholdChange) -> list[tuple[Person, HouseholdChangeMember]]:
    """Who goes to the other household."""
    rows = session.execute(
        select(Person, HouseholdChangeMember)
        .join(
            HouseholdChangeMember,
            (col(HouseholdChangeMember.community_id) == col(Person.community_id))
            & (col(HouseholdChangeMember.person_id) == col(Person.id)),
        )
        .where(HouseholdChangeMember.community_id == change.community_id, HouseholdChangeMember.change_id == change.id)
        .order_by(col(Person.serial))
    )
    return [(person, member) for person, member in rows]


def _parents(session: Session, child: Person) -> list[Person]:
    """The parents and guardians of a child whom the register knows, and who live with it."""
    known: set[uuid.UUID] = {
        one.other.id for one in kin.kinships_of(session, child.community_id, child.id) if one.relation == "parent"
    }
    known.update(
        one
        for one in session.scalars(
            select(GuardianConsent.guardian_id).where(
                GuardianConsent.community_id == child.community_id,
                GuardianConsent.person_id == child.id,
                col(GuardianConsent.revoked_at).is_(None),
            )
        )
        if one is not None
    )
    return [
        one
        for one in residents.members(session, child.community_id, child.household_id)
        if one.id in known and not residents.has_left(one)
    ]
