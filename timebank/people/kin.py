"""Relatives (亲属): who is a relative of whom, so that nobody decides on the own household or on relatives.

A resident declares her own relatives; staff write down what a paper or the village's own knowledge shows. A record is
never deleted: it ends on a day, by somebody who is near to neither of the two, so that a reviewer cannot take back a
kinship in order to decide. Two people are near if they live in one household, or if anybody of the one household is a
relative of anybody of the other: points belong to households.

What a resident declares keeps her own household from deciding at once. It keeps the relative's household from deciding
only when the relative or staff confirmed it: otherwise anybody could declare away the reviewers who are strict with her.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, and_, or_, select, text, union
from sqlmodel import Field, Session, SQLModel, col

from timebank import notices, permissions
from timebank.columns import Day, Id, Instant, Number
from timebank.errors import BadInput, NotFound, Refused
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.people.households import Household
from timebank.people.residents import Person
from timebank.permissions import Actor
from timebank.spreadsheets import clean, clean_name
from timebank.storage import new_id

# What the relative is to the person.
RELATIONS = ("spouse", "parent", "child", "sibling", "grandparent", "grandchild", "in_law", "other")
# The same, seen from the other side.
OTHER_SIDE = {
    "parent": "child",
    "child": "parent",
    "grandparent": "grandchild",
    "grandchild": "grandparent",
}
MOST = 60  # relatives of one person; more is somebody who wants to stop every reviewer


class Kin(SQLModel, table=True):
    """One kinship: `relative_id` is the `relation` of `person_id`. `how`: declared by herself (own) or recorded by staff (desk).

    `confirmed_at`: when the relative, or staff, said of a declared one that it is so.
    """

    __tablename__: ClassVar[str] = "kin"
    __table_args__ = (
        ForeignKeyConstraint(["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_kin_person"),
        ForeignKeyConstraint(
            ["community_id", "relative_id"], ["person.community_id", "person.id"], name="fk_kin_relative"
        ),
        CheckConstraint("person_id <> relative_id", name="ck_kin_two_people"),
        CheckConstraint(
            "relation IN ('spouse', 'parent', 'child', 'sibling', 'grandparent', 'grandchild', 'in_law', 'other')",
            name="ck_kin_relation",
        ),
        CheckConstraint("how = 'own' OR (how = 'desk' AND length(evidence) > 0)", name="ck_kin_how"),
        CheckConstraint("length(evidence) <= 200 AND length(end_reason) <= 200", name="ck_kin_lengths"),
        CheckConstraint("ended_on IS NULL OR since_on IS NULL OR ended_on >= since_on", name="ck_kin_days"),
        CheckConstraint(
            "(ended_on IS NULL) = (ended_by = '') AND (ended_on IS NULL) = (end_reason = '')", name="ck_kin_ended"
        ),
        Index(
            "uq_kin_once",
            "community_id",
            "person_id",
            "relative_id",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
        Index("ix_kin_relative", "community_id", "relative_id"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id)
    relative_id: uuid.UUID = Field(sa_type=Id)
    relation: str
    since_on: date | None = Field(default=None, sa_type=Day)
    how: str
    evidence: str = ""
    declared_at: datetime = Field(sa_type=Instant)
    declared_by: str
    ended_on: date | None = Field(default=None, sa_type=Day)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str = ""
    end_reason: str = ""
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    confirmed_by: str | None = None

    @property
    def waits(self) -> bool:
        """Whether it still waits for a second word, and so does not bind the relative's household."""
        return self.how == "own" and self.confirmed_at is None and self.ended_on is None


class KinStands(Refused):
    """The two are written down as relatives already. Facts: relation."""

    code = "kin_stands"


class KinNotFound(Refused):
    """No resident has this number and this name; which of the two is wrong is not told."""

    code = "kin_not_found"
    status = 404


class KinTooMany(Refused):
    """The person has as many relatives written down as anybody can have. Facts: most."""

    code = "kin_too_many"


class KinTooNear(Refused):
    """Who is one of the two, lives with one of them or is a relative ends no kinship."""

    code = "kin_too_near"
    status = 403


class KinEnded(Refused):
    """The kinship has ended. Facts: ended_on."""

    code = "kin_ended"


class KinConfirmed(Refused):
    """Nobody waits for a confirmation: staff wrote it down, or it was confirmed."""

    code = "kin_confirmed"


@dataclass(frozen=True)
class Kinship:
    """A kinship as one of its two people sees it: `other` is the `relation` of her."""

    row: Kin
    other: Person
    relation: str


def declare(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    person_id: uuid.UUID,
    relative_number: str,
    relative_name: str = "",
    relation: str,
    since_on: date | None = None,
    evidence: str = "",
) -> dict[str, Any]:
    """Write down that somebody is a relative.

    Recorded by staff it counts at once for both households; declared by herself, for hers at once, and for the
    relative's once it is confirmed.

    Who declares her own relatives types the name too, so that numbers tell no names. Staff say what it rests on. The
    relative is told.

    Raises:
        BadInput: by field: relation, since_on, evidence, relative_number (herself).
        KinNotFound, KinStands, KinTooMany. Forbidden: others' relatives are for staff.
    """
    community_id = community_of(actor)
    person = residents.person(session, community_id, person_id)
    permissions.require(actor, "kin.declare", community_id=community_id, person_id=person_id)
    own = person_id == actor.person_id
    evidence = clean(evidence)
    bad = {} if relation in RELATIONS else {"relation": "choice"}
    if since_on is not None and since_on > communities.local_day(communities.community(session, community_id), now):
        bad["since_on"] = "future"
    if len(evidence) > 200 or (not own and not evidence):
        bad["evidence"] = "length" if evidence else "required"
    if bad:
        raise BadInput(fields=bad)
    by_staff = permissions.may(actor, "kin.declare", community_id=community_id)
    relative = _relative(session, community_id, relative_number, None if by_staff else relative_name)
    if relative.id == person.id:
        raise BadInput(fields={"relative_number": "self"})
    standing = kinships_of(session, community_id, person.id)
    for kinship in standing:
        if kinship.other.id == relative.id:
            raise KinStands(relation=kinship.relation)
    if len(standing) >= MOST:
        raise KinTooMany(most=MOST)
    row = Kin(
        community_id=community_id,
        id=new_id(now),
        person_id=person.id,
        relative_id=relative.id,
        relation=relation,
        since_on=since_on,
        how="own" if own else "desk",
        evidence=evidence,
        declared_at=now,
        declared_by=actor.number,
    )
    session.add(row)
    session.flush()
    told = [one.id for one in (person, relative) if one.id != actor.person_id]
    notices.tell_all(session, community_id=community_id, person_ids=told, kind="kin_noted", now=now)
    return {"code": "kin_declared", "kin_id": row.id.hex, "relation": relation}


def confirm(session: Session, *, actor: Actor, now: datetime, kin_id: uuid.UUID) -> dict[str, Any]:
    """Say of a declared kinship that it is so: the relative herself, or staff who are near to neither.

    Raises:
        KinTooNear: staff of one of the two households, or relatives. KinEnded, KinConfirmed.
    """
    community_id = community_of(actor)
    row = _row(session, community_id, kin_id)
    permissions.require(actor, "kin.confirm", community_id=community_id, person_id=row.relative_id)
    if actor.person_id != row.relative_id:
        _refuse_near(session, actor, row)
    if row.ended_on is not None:
        raise KinEnded(ended_on=row.ended_on.isoformat())
    if not row.waits:
        raise KinConfirmed
    row.confirmed_at, row.confirmed_by = now, actor.number
    session.flush()
    return {"code": "kin_confirmed_now", "kin_id": row.id.hex}


def end(session: Session, *, actor: Actor, now: datetime, kin_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """End a kinship today: divorced, or written down by mistake. The record stays, with who ended it and why.

    Raises:
        KinTooNear: one of the two, their household or relatives. KinEnded. BadInput: `reason`.
    """
    community_id = community_of(actor)
    permissions.require(actor, "kin.end", community_id=community_id)
    row = _row(session, community_id, kin_id)
    _refuse_near(session, actor, row)
    if row.ended_on is not None:
        raise KinEnded(ended_on=row.ended_on.isoformat())
    reason = clean(reason)
    if not 1 <= len(reason) <= 200:
        raise BadInput(fields={"reason": "length" if reason else "required"})
    row.ended_on = communities.local_day(communities.community(session, community_id), now)
    row.ended_at, row.ended_by, row.end_reason = now, actor.number, reason
    session.flush()
    notices.tell_all(
        session,
        community_id=community_id,
        person_ids=[row.person_id, row.relative_id],
        kind="kin_gone",
        now=now,
    )
    return {"code": "kin_ended", "kin_id": row.id.hex, "ended_on": row.ended_on.isoformat()}


# Reading --------------------------------------------------------------------------------------------------------------


def listed(session: Session, *, actor: Actor, person_id: uuid.UUID) -> list[Kinship]:
    """All that was written down of a person's relatives, what ended too, newest first: for herself and for staff."""
    community_id = community_of(actor)
    permissions.require(actor, "kin.look", community_id=community_id, person_id=person_id)
    return kinships_of(session, community_id, person_id, ended=True)


def kinships_of(session: Session, community_id: int, person_id: uuid.UUID, *, ended: bool = False) -> list[Kinship]:
    """A person's relatives from her side, newest first; `ended`: those that ended too."""
    query = (
        select(Kin)
        .where(col(Kin.community_id) == community_id)
        .where(or_(col(Kin.person_id) == person_id, col(Kin.relative_id) == person_id))
        .order_by(col(Kin.id).desc())
    )
    if not ended:
        query = query.where(col(Kin.ended_on).is_(None))
    rows = list(session.scalars(query))
    others = {row.id: row.relative_id if row.person_id == person_id else row.person_id for row in rows}
    people = residents.persons_of(session, community_id, list(others.values()))
    return [Kinship(row, people[others[row.id]], _from(row, person_id)) for row in rows if others[row.id] in people]


def are_near(session: Session, community_id: int, person_id: uuid.UUID, other: uuid.UUID) -> bool:
    """Whether a person is too near to decide on `other`, a person or a household: they live together, or are relatives.

    `other` that is neither is near to nobody.
    """
    mine = _household_of(session, community_id, person_id)
    theirs = _household_of(session, community_id, other)
    if theirs is None and session.get(Household, (community_id, other)) is not None:
        theirs = other
    if person_id == other or mine is None or theirs is None:
        return person_id == other
    return theirs in near_households(session, community_id, mine)


def near_households(session: Session, community_id: int, household_id: uuid.UUID) -> set[uuid.UUID]:
    """The household itself and all in which a relative of any of its people lives: one query, for a whole list.

    What somebody of another household declared of its people counts when it was confirmed.
    """
    told = or_(col(Kin.how) == "desk", col(Kin.confirmed_at).is_not(None))
    mine, theirs = Person.__table__.alias("mine"), Person.__table__.alias("theirs")  # type: ignore[attr-defined]
    sides = [
        select(theirs.c.household_id)
        .select_from(mine)
        .join(Kin, and_(col(Kin.community_id) == mine.c.community_id, here == mine.c.id))
        .join(theirs, and_(theirs.c.community_id == mine.c.community_id, theirs.c.id == there))
        .where(mine.c.community_id == community_id, mine.c.household_id == household_id, col(Kin.ended_on).is_(None))
        .where(*asked)
        for here, there, asked in (
            (col(Kin.person_id), col(Kin.relative_id), ()),
            (col(Kin.relative_id), col(Kin.person_id), (told,)),
        )
    ]
    return {household_id, *session.scalars(union(*sides))}


def _row(session: Session, community_id: int, kin_id: uuid.UUID) -> Kin:
    row = session.get(Kin, (community_id, kin_id))
    if row is None:
        raise NotFound(what="kin")
    return row


def _refuse_near(session: Session, actor: Actor, row: Kin) -> None:
    community_id = community_of(actor)
    if actor.person_id is not None and any(
        are_near(session, community_id, actor.person_id, person_id) for person_id in (row.person_id, row.relative_id)
    ):
        raise KinTooNear


def _household_of(session: Session, community_id: int, person_id: uuid.UUID) -> uuid.UUID | None:
    person = session.get(Person, (community_id, person_id))
    return None if person is None else person.household_id


def _from(row: Kin, person_id: uuid.UUID) -> str:
    """What the other one is, seen from this person."""
    return row.relation if row.person_id == person_id else OTHER_SIDE.get(row.relation, row.relation)


def _relative(session: Session, community_id: int, number: str, name: str | None) -> Person:
    try:
        found = residents.by_number(session, community_id, number)
    except NotFound:
        raise KinNotFound from None
    if name is not None and clean_name(name) != clean_name(found.name):
        raise KinNotFound
    return found
