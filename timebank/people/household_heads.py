"""Who speaks for a household: its head (户主), else its first member."""

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from timebank.people.residents import Person

HEAD = "户主"
HEADS = (HEAD, "本人", "head")
AT_ONCE = 500


def head_among(members: Sequence[Person]) -> Person | None:
    """The head of those who still live there; None where nobody does. Pure."""
    here = [one for one in members if one.left_on is None]
    return next((one for one in here if one.relation in HEADS), here[0] if here else None)


def heads_of(session: Session, community_id: int, household_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Person]:
    """The heads of many households, in a query for each five hundred."""
    wanted = list(dict.fromkeys(household_ids))
    members: dict[uuid.UUID, list[Person]] = {}
    for start in range(0, len(wanted), AT_ONCE):
        query = (
            select(Person)
            .where(
                col(Person.community_id) == community_id,
                col(Person.household_id).in_(wanted[start : start + AT_ONCE]),
                col(Person.left_on).is_(None),
            )
            .order_by(col(Person.serial))
        )
        for person in session.scalars(query):
            members.setdefault(person.household_id, []).append(person)
    found = {household_id: head_among(people) for household_id, people in members.items()}
    return {household_id: head for household_id, head in found.items() if head is not None}
