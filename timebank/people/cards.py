"""Cards (卡): a personal card to carry, and a door card that hangs in the home.

A card holds a name, a number and a random token in a QR code: no PIN, nothing to guess, nothing that says more when it
is photographed. A lost card is replaced: the old token stops working at once, and the person's number stays.
"""

import re
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, insert, select, text
from sqlmodel import Field, Session, SQLModel, col

from timebank import permissions
from timebank.columns import Id, Instant, Number
from timebank.errors import NotFound, Refused
from timebank.people import households, residents
from timebank.people.communities import community_of
from timebank.people.households import Household
from timebank.people.numbers import CODE
from timebank.people.residents import Person
from timebank.permissions import Actor
from timebank.storage import new_id

# Capitals and digits that nobody mistakes for each other: 16 of them are 79 bits, and make a small QR code.
TOKEN_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # noqa: S105 - an alphabet
TOKEN_LENGTH = 16
REVOKED_REASONS = ("lost", "worn", "wrong", "left")
_IDS_A_QUERY = 500


class Card(SQLModel, table=True):
    """A card that was made; it works until it is revoked. A door card belongs to a home, a personal one to a person."""

    __tablename__: ClassVar[str] = "card"
    __table_args__ = (
        UniqueConstraint("community_id", "token", name="uq_card_token"),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_card_person"
        ),
        ForeignKeyConstraint(
            ["community_id", "household_id"], ["household.community_id", "household.id"], name="fk_card_household"
        ),
        CheckConstraint(
            "(kind = 'personal' AND person_id IS NOT NULL AND household_id IS NULL)"
            " OR (kind = 'door' AND person_id IS NULL AND household_id IS NOT NULL)",
            name="ck_card_kind",
        ),
        CheckConstraint("(revoked_at IS NULL) = (revoked_reason = '')", name="ck_card_revoked"),
        # One working card each, also when two desks make one at the same moment.
        Index(
            "uq_card_person",
            "community_id",
            "person_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL AND person_id IS NOT NULL"),
            postgresql_where=text("revoked_at IS NULL AND person_id IS NOT NULL"),
        ),
        Index(
            "uq_card_household",
            "community_id",
            "household_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL AND household_id IS NOT NULL"),
            postgresql_where=text("revoked_at IS NULL AND household_id IS NOT NULL"),
        ),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    kind: str
    person_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    household_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    token: str
    issued_at: datetime = Field(sa_type=Instant)
    issued_by: str
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_by: str = ""
    revoked_reason: str = ""


class CardUnknown(Refused):
    """No card of this community has this token."""

    code = "card_unknown"
    status = 404


class CardRevoked(Refused):
    """The card was replaced or taken back (fact `reason`)."""

    code = "card_revoked"
    status = 409


@dataclass(frozen=True)
class Payload:
    """What a QR code of ours says: `kind` personal or door, the community's code, the card's token."""

    kind: str
    community_code: str
    token: str


def issue(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    person_ids: Sequence[uuid.UUID] = (),
    household_ids: Sequence[uuid.UUID] = (),
) -> dict[str, Any]:
    """See to it that each of these people has a personal card, and each of these homes a door card.

    Who has one keeps it, so that printing again gives the same card. Any number at once: two statements a thousand.
    """
    community_id = community_of(actor)
    permissions.require(actor, "cards.issue", community_id=community_id)
    have = working_cards(session, community_id, person_ids=person_ids, household_ids=household_ids)
    rows = [
        _card(community_id, now, actor, kind="personal", person_id=person_id)
        for person_id in dict.fromkeys(person_ids)
        if person_id not in have
    ] + [
        _card(community_id, now, actor, kind="door", household_id=household_id)
        for household_id in dict.fromkeys(household_ids)
        if household_id not in have
    ]
    if rows:
        session.execute(insert(Card), rows)
    return {"code": "cards_issued", "issued": len(rows)}


def replace(session: Session, *, actor: Actor, now: datetime, card_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """Take a card back and make the next one: the old token and its sign-in code stop working at once.

    Raises:
        CardRevoked: it was taken back before.
    """
    old = revoke(session, actor=actor, now=now, card_id=card_id, reason=reason)
    card = _card(old.community_id, now, actor, kind=old.kind, person_id=old.person_id, household_id=old.household_id)
    session.execute(insert(Card), [card])
    return {"code": "card_replaced", "card": card["id"].hex}


def revoke(session: Session, *, actor: Actor, now: datetime, card_id: uuid.UUID, reason: str) -> Card:
    """Let a card stop working."""
    community_id = community_of(actor)
    permissions.require(actor, "cards.revoke", community_id=community_id)
    found = session.get(Card, (community_id, card_id))
    if found is None:
        raise NotFound(what="card")
    if found.revoked_at is not None:
        raise CardRevoked(reason=found.revoked_reason)
    if reason not in REVOKED_REASONS:
        raise ValueError(f"no reason to revoke a card: {reason}")
    found.revoked_at, found.revoked_by, found.revoked_reason = now, actor.number, reason
    session.flush()
    return found


def card(session: Session, community_id: int, token: str) -> Card:
    """The working card of a token.

    Raises:
        CardUnknown, CardRevoked.
    """
    query = select(Card).where(col(Card.community_id) == community_id, col(Card.token) == token.strip().upper())
    found = session.scalars(query).one_or_none()
    if found is None:
        raise CardUnknown
    if found.revoked_at is not None:
        raise CardRevoked(reason=found.revoked_reason)
    return found


def person_of_card(session: Session, community_id: int, token: str) -> Person:
    """Whose personal card this is; CardUnknown for a door card."""
    found = card(session, community_id, token)
    if found.person_id is None:
        raise CardUnknown
    return residents.person(session, community_id, found.person_id)


def household_of_card(session: Session, community_id: int, token: str) -> Household:
    """In which home this door card hangs; CardUnknown for a personal card."""
    found = card(session, community_id, token)
    if found.household_id is None:
        raise CardUnknown
    return households.household(session, community_id, found.household_id)


def current_card(session: Session, community_id: int, person_id: uuid.UUID) -> Card | None:
    """The person's working personal card."""
    return working_cards(session, community_id, person_ids=[person_id]).get(person_id)


def working_cards(
    session: Session,
    community_id: int,
    *,
    person_ids: Sequence[uuid.UUID] = (),
    household_ids: Sequence[uuid.UUID] = (),
) -> dict[uuid.UUID, Card]:
    """The working cards of these people and homes, by the id of person or household."""
    found: dict[uuid.UUID, Card] = {}
    for column, ids in ((col(Card.person_id), person_ids), (col(Card.household_id), household_ids)):
        for some in _portions(ids):
            query = select(Card).where(
                col(Card.community_id) == community_id, col(Card.revoked_at).is_(None), column.in_(some)
            )
            for each in session.scalars(query):
                owner = each.person_id or each.household_id
                if owner is not None:
                    found[owner] = each
    return found


def cards_of(session: Session, community_id: int, owner_id: uuid.UUID) -> list[Card]:
    """All cards that a person or home ever had, newest first."""
    query = select(Card).where(
        col(Card.community_id) == community_id, (col(Card.person_id) == owner_id) | (col(Card.household_id) == owner_id)
    )
    return list(session.scalars(query.order_by(col(Card.issued_at).desc(), col(Card.id).desc())))


def payload(public_url: str, *, kind: str, community_code: str, token: str) -> str:
    """What the QR code of a card says: an address that any phone can open."""
    return f"{public_url}/{'k' if kind == 'personal' else 'd'}/{community_code}/{token}"


def read_payload(scanned: str) -> Payload | None:
    """What a scanned text says, whatever host it names (the address may have changed since printing); None if not ours."""
    found = re.fullmatch(
        rf"(?:https?://[^/\s]+)?/([kd])/({CODE.pattern})/([{TOKEN_LETTERS}]{{{TOKEN_LENGTH}}})", scanned.strip()
    )
    if found is None:
        return None
    return Payload(kind="personal" if found[1] == "k" else "door", community_code=found[2], token=found[3])


def new_token() -> str:
    return "".join(secrets.choice(TOKEN_LETTERS) for _ in range(TOKEN_LENGTH))


def _card(
    community_id: int,
    now: datetime,
    actor: Actor,
    *,
    kind: str,
    person_id: uuid.UUID | None = None,
    household_id: uuid.UUID | None = None,
) -> dict[str, Any]:
    return {
        "community_id": community_id,
        "id": new_id(now),
        "kind": kind,
        "person_id": person_id,
        "household_id": household_id,
        "token": new_token(),
        "issued_at": now,
        "issued_by": actor.number,
        "revoked_at": None,
        "revoked_by": "",
        "revoked_reason": "",
    }


def _portions(ids: Iterable[uuid.UUID]) -> Iterable[list[uuid.UUID]]:
    every = list(dict.fromkeys(ids))
    for start in range(0, len(every), _IDS_A_QUERY):
        yield every[start : start + _IDS_A_QUERY]
