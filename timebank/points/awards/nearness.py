"""Nobody decides on the own household, on relatives, or on what she entered herself."""

import uuid

from sqlmodel import Session

from timebank.errors import Refused
from timebank.people import kin
from timebank.permissions import Actor


class OwnHousehold(Refused):
    """Nobody decides on a matter of the own household."""

    code = "own_household"
    status = 403


class OwnRelatives(Refused):
    """Nobody decides on a matter of relatives, or of relatives of the own household."""

    code = "own_relatives"
    status = 403


class OwnEntry(Refused):
    """Nobody decides on what she entered herself."""

    code = "own_entry"
    status = 403


def near_to(session: Session, actor: Actor) -> set[uuid.UUID]:
    """The households that the actor decides nothing about: one query, for a whole list."""
    if actor.household_id is None or actor.community_id is None:
        return set()
    return kin.near_households(session, actor.community_id, actor.household_id)


def refuse_near(session: Session, actor: Actor, household_id: uuid.UUID, near: set[uuid.UUID] | None = None) -> None:
    """Go on only if the household is neither the actor's nor one of relatives; `near` saves the query in a list.

    Raises:
        OwnHousehold, OwnRelatives.
    """
    if actor.household_id is not None and household_id == actor.household_id:
        raise OwnHousehold
    if household_id in (near_to(session, actor) if near is None else near):
        raise OwnRelatives
