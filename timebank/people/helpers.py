"""Helpers (代办人): who may act for an elder. Asked for, reviewed by staff, confirmed by the elder herself; revocable.

At most three at a time: a slot number from 1 to 3 is unique among an elder's standing bindings, so that the database
itself has no room for a fourth.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, false, or_, select, text
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col

from timebank import notices, policy
from timebank.columns import Id, Instant, Number, new_id
from timebank.errors import BadInput, NotFound, Refused
from timebank.people import cards, communities, residents
from timebank.people.communities import community_of
from timebank.people.residents import Person
from timebank.permissions import RULES, Actor, require

MOST = 3
RELATIONS = ("child", "spouse", "grandchild", "relative", "neighbour", "volunteer")
STANDING = ("asked", "reviewed", "confirmed")
_STANDING_SQL = "state IN ('asked', 'reviewed', 'confirmed')"


class HelperBinding(SQLModel, table=True):
    """One person may act for another, from the elder's confirmation until it is revoked."""

    __tablename__ = "helper_binding"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "elder_id"], ["person.community_id", "person.id"], name="fk_helper_binding_elder"
        ),
        ForeignKeyConstraint(
            ["community_id", "helper_id"], ["person.community_id", "person.id"], name="fk_helper_binding_helper"
        ),
        CheckConstraint("helper_id <> elder_id", name="ck_helper_binding_two_people"),
        CheckConstraint(f"slot BETWEEN 1 AND {MOST}", name="ck_helper_binding_slot"),
        CheckConstraint(
            "state IN ('asked', 'reviewed', 'confirmed', 'refused', 'revoked')", name="ck_helper_binding_state"
        ),
        CheckConstraint("state <> 'confirmed' OR confirmed_at IS NOT NULL", name="ck_helper_binding_confirmed"),
        Index(
            "uq_helper_binding_slot",
            "community_id",
            "elder_id",
            "slot",
            unique=True,
            sqlite_where=text(_STANDING_SQL),
            postgresql_where=text(_STANDING_SQL),
        ),
        Index(
            "uq_helper_binding_pair",
            "community_id",
            "elder_id",
            "helper_id",
            unique=True,
            sqlite_where=text(_STANDING_SQL),
            postgresql_where=text(_STANDING_SQL),
        ),
        Index("ix_helper_binding_helper", "community_id", "helper_id", "state"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    elder_id: UUID = Field(sa_type=Id)
    helper_id: UUID = Field(sa_type=Id)
    slot: int = Field(sa_type=Number)
    relation: str
    state: str
    asked_at: datetime = Field(sa_type=Instant)
    asked_by: str
    reviewed_at: datetime | None = Field(default=None, sa_type=Instant)
    reviewed_by: str | None = None
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    confirmed_how: str | None = None
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = None


class TooManyHelpers(Refused):
    """An elder has at most three helpers. Facts: most."""

    code = "helpers_too_many"
    status = 409


class AlreadyHelper(Refused):
    """The two are bound already. Facts: state."""

    code = "helper_already"
    status = 409


class HelperWrongState(Refused):
    """Not possible as the binding stands. Facts: state."""

    code = "helper_wrong_state"
    status = 409


class NotOwnReview(Refused):
    """Who would be the helper does not review the binding."""

    code = "helper_own_review"
    status = 403


class WrongCard(Refused):
    """The card is not the elder's."""

    code = "helper_wrong_card"
    status = 409


@dataclass(frozen=True)
class Binding:
    """A binding with both names, for pages."""

    id: UUID
    state: str
    relation: str
    asked_at: datetime
    confirmed_at: datetime | None
    elder: Person
    helper: Person


def ask(
    session: Session, *, actor: Actor, now: datetime, elder_id: UUID, helper_id: UUID, relation: str
) -> dict[str, Any]:
    """Ask that somebody may act for an elder: said by either of the two, or by staff for them.

    Raises:
        TooManyHelpers: the community's number of helpers (three at most) stand already, asked for or confirmed.
        AlreadyHelper: the two are bound, or about to be. HasLeft: one of them left the register. BadInput.
    """
    community_id = community_of(actor)
    elder, helper = (
        residents.person(session, community_id, elder_id),
        residents.person(session, community_id, helper_id),
    )
    own = actor.person_id if actor.person_id in (elder_id, helper_id) else None
    require(actor, "helpers.ask", community_id=community_id, person_id=own, area_path=elder.area_path)
    if relation not in RELATIONS:
        raise BadInput(fields={"relation": "not_listed"})
    if elder_id == helper_id:
        raise BadInput(fields={"helper": "same_person"})
    for person in (elder, helper):
        if residents.has_left(person):
            raise residents.HasLeft(person=person.number, left_on=str(person.left_on))
    standing = _standing(session, community_id, elder_id)
    for other in standing:
        if other.helper_id == helper.id:
            raise AlreadyHelper(state=other.state)
    today = communities.local_day(communities.community(session, community_id), now)
    most = min(policy.of(session, community_id, today).helpers_most, MOST)
    free = sorted(set(range(1, most + 1)) - {other.slot for other in standing})
    if len(standing) >= most or not free:
        raise TooManyHelpers(most=most)
    row = HelperBinding(
        community_id=community_id,
        id=new_id(now),
        elder_id=elder_id,
        helper_id=helper_id,
        slot=free[0],
        relation=relation,
        state="asked",
        asked_at=now,
        asked_by=actor.number,
    )
    session.add(row)
    session.flush()
    _tell(session, row, "helper_asked", actor, now)
    return {"binding_id": row.id.hex, "state": row.state}


def review(session: Session, *, actor: Actor, now: datetime, binding_id: UUID, is_accepted: bool) -> dict[str, Any]:
    """Staff looked at who the helper is. The elder's own word is still needed."""
    row = _binding(session, actor, binding_id)
    elder = residents.person(session, row.community_id, row.elder_id)
    require(actor, "helpers.review", community_id=row.community_id, area_path=elder.area_path)
    if actor.person_id is not None and actor.person_id == row.helper_id:
        raise NotOwnReview
    _must_be(row, "asked")
    row.state = "reviewed" if is_accepted else "refused"
    row.reviewed_at, row.reviewed_by = now, actor.number
    if not is_accepted:
        row.ended_at, row.ended_by = now, actor.number
        _tell(session, row, "helper_ended", actor, now)
    session.add(row)
    return {"binding_id": row.id.hex, "state": row.state}


def confirm(
    session: Session, *, actor: Actor, now: datetime, binding_id: UUID, card_token: str | None
) -> dict[str, Any]:
    """The elder agrees: on her own sign-in, or at the desk with her own card before the scanner."""
    row = _binding(session, actor, binding_id)
    elder = residents.person(session, row.community_id, row.elder_id)
    own = actor.person_id if actor.person_id == row.elder_id else None
    require(actor, "helpers.confirm", community_id=row.community_id, person_id=own, area_path=elder.area_path)
    if own is None:
        if actor.person_id is not None and actor.person_id == row.helper_id:
            raise NotOwnReview
        if card_token is None or cards.person_of_card(session, row.community_id, card_token).id != row.elder_id:
            raise WrongCard
    _must_be(row, "reviewed")
    row.state, row.confirmed_at, row.confirmed_how = "confirmed", now, "sign_in" if own else f"card:{actor.number}"
    session.add(row)
    _tell(session, row, "helper_confirmed", actor, now)
    return {"binding_id": row.id.hex, "state": row.state}


def revoke(session: Session, *, actor: Actor, now: datetime, binding_id: UUID) -> dict[str, Any]:
    """End a binding at once: the elder, the helper or staff. What the helper did before stands."""
    row = _binding(session, actor, binding_id)
    elder = residents.person(session, row.community_id, row.elder_id)
    own = actor.person_id if actor.person_id in (row.elder_id, row.helper_id) else None
    require(actor, "helpers.revoke", community_id=row.community_id, person_id=own, area_path=elder.area_path)
    if row.state not in STANDING:
        raise HelperWrongState(state=row.state)
    row.state, row.ended_at, row.ended_by = "revoked", now, actor.number
    session.add(row)
    _tell(session, row, "helper_ended", actor, now)
    return {"binding_id": row.id.hex, "state": row.state}


def is_helper(session: Session, community_id: int, helper_id: UUID, elder_id: UUID) -> bool:
    """Whether a person may act for an elder now."""
    query = select(HelperBinding.id).where(  # type: ignore[call-overload]
        col(HelperBinding.community_id) == community_id,
        col(HelperBinding.elder_id) == elder_id,
        col(HelperBinding.helper_id) == helper_id,
        col(HelperBinding.state) == "confirmed",
    )
    return session.scalars(query).first() is not None


def bindings(
    session: Session, *, actor: Actor, elder_id: UUID | None = None, helper_id: UUID | None = None
) -> list[Binding]:
    """Standing bindings of an elder, or of a helper, oldest first; with neither, those that wait for review.

    Staff of a grid see those of its elders.
    """
    community_id = community_of(actor)
    own = actor.person_id if actor.person_id is not None and actor.person_id in (elder_id, helper_id) else None
    require(actor, "helpers.bindings", community_id=community_id, person_id=own)
    roles = RULES["helpers.bindings"].roles
    sees_all = own is not None or actor.trusted or actor.has(roles)
    elder, helper = aliased(Person), aliased(Person)
    query = (
        select(HelperBinding, elder, helper)
        .join(
            elder, (col(elder.community_id) == HelperBinding.community_id) & (col(elder.id) == HelperBinding.elder_id)
        )
        .join(
            helper,
            (col(helper.community_id) == HelperBinding.community_id) & (col(helper.id) == HelperBinding.helper_id),
        )
        .where(col(HelperBinding.community_id) == community_id)
        .order_by(col(HelperBinding.id))
        .limit(200)
    )
    if elder_id is not None:
        query = query.where(col(HelperBinding.elder_id) == elder_id)
    if helper_id is not None:
        query = query.where(col(HelperBinding.helper_id) == helper_id)
    if not sees_all:
        held = [grant.area_path for grant in actor.grants if grant.role in roles]
        query = query.where(or_(false(), *(col(elder.area_path).startswith(path, autoescape=True) for path in held)))
    wanted: Sequence[str] = STANDING if elder_id or helper_id else ("asked", "reviewed")
    query = query.where(col(HelperBinding.state).in_(wanted))
    return [
        Binding(row.id, row.state, row.relation, row.asked_at, row.confirmed_at, elder_of, helper_of)
        for row, elder_of, helper_of in session.execute(query)
    ]


def helpers_of_many(session: Session, community_id: int, elder_ids: Iterable[UUID]) -> dict[UUID, list[Person]]:
    """The confirmed helpers of several elders, by elder."""
    query = (
        select(HelperBinding.elder_id, Person)  # type: ignore[call-overload]
        .join(
            Person,
            (col(Person.community_id) == HelperBinding.community_id) & (col(Person.id) == HelperBinding.helper_id),
        )
        .where(
            col(HelperBinding.community_id) == community_id,
            col(HelperBinding.elder_id).in_(list(elder_ids)),
            col(HelperBinding.state) == "confirmed",
        )
        .order_by(col(HelperBinding.slot))
    )
    found: dict[UUID, list[Person]] = {}
    for elder_id, person in session.execute(query):
        found.setdefault(elder_id, []).append(person)
    return found


def _tell(session: Session, row: HelperBinding, kind: str, actor: Actor, now: datetime) -> None:
    """Tell the two of them, but not who did it."""
    both = [one for one in (row.elder_id, row.helper_id) if one != actor.person_id]
    notices.tell_all(session, community_id=row.community_id, person_ids=both, kind=kind, now=now)


def _standing(session: Session, community_id: int, elder_id: UUID) -> list[HelperBinding]:
    query = select(HelperBinding).where(
        col(HelperBinding.community_id) == community_id,
        col(HelperBinding.elder_id) == elder_id,
        col(HelperBinding.state).in_(STANDING),
    )
    return list(session.scalars(query))


def _binding(session: Session, actor: Actor, binding_id: UUID) -> HelperBinding:
    row = session.get(HelperBinding, (community_of(actor), binding_id))
    if row is None:
        raise NotFound(what="helper_binding")
    return row


def _must_be(row: HelperBinding, state: str) -> None:
    if row.state != state:
        raise HelperWrongState(state=row.state)
