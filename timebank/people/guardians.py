"""Guardians (监护人): who agreed that a minor may serve, until when, and by what paper.

A guardian is an adult of the register, who agrees on his own sign-in or at the desk; or somebody from elsewhere, named
on a paper that staff keep. A consent ends at the latest on the eve of the minor's eighteenth birthday, and whenever the guardian
takes it back.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, or_, select
from sqlmodel import Field, Session, SQLModel, col

from timebank import notices, permissions, policy
from timebank.columns import Day, Id, Instant, Number
from timebank.errors import BadInput, Forbidden, NotFound, Refused
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.people.residents import Person
from timebank.permissions import Actor
from timebank.spreadsheets import clean, clean_name
from timebank.storage import new_id

OF_AGE = 18  # by the civil code; a community cannot set it
RELATIONS = ("parent", "grandparent", "relative", "appointed")
WAYS = ("own", "desk", "paper")  # on the guardian's own sign-in, at the desk, named on paper only
FLAG = "guardian_consent"  # how consents were noted before they had a table


class GuardianConsent(SQLModel, table=True):
    """One guardian's word for one minor; `from_on` and `until_on` both count. A guardian outside the register has a name only."""

    __tablename__: ClassVar[str] = "guardian_consent"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_guardian_consent_person"
        ),
        ForeignKeyConstraint(
            ["community_id", "guardian_id"], ["person.community_id", "person.id"], name="fk_guardian_consent_guardian"
        ),
        CheckConstraint("guardian_id IS NULL OR guardian_id <> person_id", name="ck_guardian_consent_two_people"),
        CheckConstraint(
            "guardian_id IS NOT NULL OR (length(guardian_name) > 0 AND length(evidence) > 0)",
            name="ck_guardian_consent_named",
        ),
        CheckConstraint("length(guardian_name) <= 60 AND length(evidence) <= 200", name="ck_guardian_consent_lengths"),
        CheckConstraint(
            "relation IN ('parent', 'grandparent', 'relative', 'appointed')", name="ck_guardian_consent_relation"
        ),
        CheckConstraint("how IN ('own', 'desk', 'paper')", name="ck_guardian_consent_how"),
        CheckConstraint("until_on >= from_on", name="ck_guardian_consent_days"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by = '')", name="ck_guardian_consent_revoked"),
        Index("ix_guardian_consent_person", "community_id", "person_id"),
        Index("ix_guardian_consent_guardian", "community_id", "guardian_id"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id)
    guardian_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    guardian_name: str = ""
    relation: str
    how: str
    evidence: str = ""
    from_on: date = Field(sa_type=Day)
    until_on: date = Field(sa_type=Day)
    given_at: datetime = Field(sa_type=Instant)
    given_by: str
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_by: str = ""


class GuardianNotAdult(Refused):
    """A guardian is an adult whose birthday the register knows, and no ward of his own. Facts: reason."""

    code = "guardian_not_adult"


class NoMinor(Refused):
    """Who is of age needs nobody's consent; of whom no birthday is known, it must be entered first. Facts: reason."""

    code = "no_minor"


class ConsentStands(Refused):
    """The same guardian's consent covers those days already. Facts: until_on."""

    code = "consent_stands"


@dataclass(frozen=True)
class Consent:
    """A consent as pages show it; `guardian` is the name of who agreed. `state`: coming, holds, over, revoked."""

    id: uuid.UUID
    minor: Person
    guardian: str
    guardian_number: str
    relation: str
    how: str
    evidence: str
    from_on: date
    until_on: date
    given_at: datetime
    given_by: str
    revoked_at: datetime | None
    revoked_by: str
    state: str


def consent(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    person_id: uuid.UUID,
    guardian_id: uuid.UUID | None,
    guardian_name: str = "",
    relation: str,
    evidence: str = "",
    from_on: date | None = None,
    until_on: date | None = None,
) -> dict[str, Any]:
    """Note that a guardian agrees: said by himself for a minor of his household, or taken down at the desk.

    Without `until_on` it ends on the last day before the minor is of age.

    Raises:
        NoMinor, GuardianNotAdult, ConsentStands. Forbidden: also for staff who name themselves.
        BadInput: by field: relation, guardian, evidence, from_on, until_on.
    """
    community_id = community_of(actor)
    minor = residents.person(session, community_id, person_id)
    guardian = residents.person(session, community_id, guardian_id) if guardian_id is not None else None
    own = guardian is not None and guardian.id == actor.person_id and guardian.household_id == minor.household_id
    permissions.require(
        actor,
        "guardians.consent",
        community_id=community_id,
        person_id=actor.person_id if own else None,
        area_path=minor.area_path,
    )
    if guardian is not None and guardian.id == actor.person_id and not own:
        raise Forbidden(use_case="guardians.consent")  # staff do not name themselves for other people's children
    today = communities.local_day(communities.community(session, community_id), now)
    last_day = last_day_under_age(minor)
    if last_day is None or residents.has_left(minor):
        raise NoMinor(reason="left" if residents.has_left(minor) else "birthday")
    if last_day < today:
        raise NoMinor(reason="of_age")
    from_on, until_on = from_on or today, until_on or last_day
    guardian_name, evidence = clean_name(guardian_name), clean(evidence)
    bad = _bad(relation, guardian_name, evidence, is_known=guardian is not None)
    if until_on < from_on or until_on > last_day:
        bad["until_on"] = "before_from" if until_on < from_on else "of_age"
    if bad:
        raise BadInput(fields=bad)
    if guardian is not None:
        _refuse_guardian(guardian, minor, today)
    for other in _rows(session, community_id, person_id=person_id):
        same = other.guardian_id == guardian_id and (guardian_id is not None or other.guardian_name == guardian_name)
        if same and other.revoked_at is None and other.from_on <= from_on and other.until_on >= until_on:
            raise ConsentStands(until_on=other.until_on.isoformat())
    row = GuardianConsent(
        community_id=community_id,
        id=new_id(now),
        person_id=person_id,
        guardian_id=guardian_id,
        guardian_name="" if guardian is not None else guardian_name,
        relation=relation,
        how="paper" if guardian is None else "own" if own else "desk",
        evidence=evidence,
        from_on=from_on,
        until_on=until_on,
        given_at=now,
        given_by=actor.number,
    )
    session.add(row)
    session.flush()
    _tell(session, minor, "consent_noted", {"until_on": until_on.isoformat()}, now)
    return {"code": "consent_noted", "consent": row.id.hex, "until_on": until_on.isoformat(), "person": minor.number}


def revoke(session: Session, *, actor: Actor, now: datetime, consent_id: uuid.UUID) -> dict[str, Any]:
    """Take a consent back, at once: no visit begins on it any more, and one that is open waits for review at its end.

    The guardian does it himself, or staff for him. Harmless when repeated.
    """
    community_id = community_of(actor)
    row = session.get(GuardianConsent, (community_id, consent_id))
    if row is None:
        raise NotFound(what="consent")
    minor = residents.person(session, community_id, row.person_id)
    permissions.require(
        actor, "guardians.revoke", community_id=community_id, person_id=row.guardian_id, area_path=minor.area_path
    )
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = now, actor.number
        session.flush()
        _tell(session, minor, "consent_revoked", {}, now)
    return {"code": "consent_revoked", "person": minor.number}


# Reading --------------------------------------------------------------------------------------------------------------


def has_consent(session: Session, person: Person, day: date, *, at: datetime | None = None) -> bool:
    """Whether a guardian's word covers a minor on a day, by somebody who had not died by then.

    One that was revoked covers the days before; on the day itself it covers, with `at`, what was before that instant. A
    consent that was noted as a circumstance counts until its end, as long as none is in the table.
    """
    rows = _rows(session, person.community_id, person_id=person.id)
    if not rows:
        flags = residents.flags_of(session, person.community_id, person.id, on=day)
        return any(flag.flag == FLAG for flag in flags)
    guardians = residents.persons_of(
        session, person.community_id, [row.guardian_id for row in rows if row.guardian_id is not None]
    )
    zone = ZoneInfo(communities.community(session, person.community_id).zone)
    return any(_covers(row, guardians, day) and not _is_taken_back(row, zone, day, at) for row in rows)


def consents_for(session: Session, *, actor: Actor, now: datetime, person_id: uuid.UUID) -> list[Consent]:
    """Every consent for a minor, newest first."""
    community_id = community_of(actor)
    person = residents.person(session, community_id, person_id)
    permissions.require(
        actor, "guardians.look", community_id=community_id, person_id=person_id, area_path=person.area_path
    )
    return _told(session, community_id, now, _rows(session, community_id, person_id=person_id))


def consents_by(session: Session, *, actor: Actor, now: datetime) -> list[Consent]:
    """What the actor himself agreed to, newest first."""
    community_id = community_of(actor)
    if actor.person_id is None:
        return []
    return _told(session, community_id, now, _rows(session, community_id, guardian_id=actor.person_id))


def wards_of(session: Session, *, actor: Actor, now: datetime) -> list[Person]:
    """The minors of the actor's household, for whom he could agree: none unless he is an adult himself."""
    community_id = community_of(actor)
    if actor.person_id is None:
        return []
    me = residents.person(session, community_id, actor.person_id)
    today = communities.local_day(communities.community(session, community_id), now)
    if not is_of_age(me, today):
        return []
    return [
        each
        for each in residents.members(session, community_id, me.household_id)
        if each.id != me.id and not residents.has_left(each) and _is_minor(each, today)
    ]


def is_of_age(person: Person, day: date) -> bool:
    """Whether the register knows that a person is of age on a day."""
    age = residents.age_on(person, day)
    return age is not None and age >= OF_AGE


def last_day_under_age(person: Person) -> date | None:
    """The eve of the eighteenth birthday; of who was born on 29 February, 28 February. None if the birthday is unknown."""
    born = person.born_on
    if born is None:
        return None
    of_age_on = (
        date(born.year + OF_AGE, 3, 1) if (born.month, born.day) == (2, 29) else born.replace(year=born.year + OF_AGE)
    )
    return of_age_on - timedelta(days=1)


def is_asked_of(session: Session, person: Person, day: date) -> bool:
    """Whether consent is what lets this person serve alone: a minor old enough for it by the community's policy."""
    age = residents.age_on(person, day)
    rules = policy.of(session, person.community_id, day)
    return age is not None and rules.depositor_min_age_guardian <= age < rules.depositor_min_age


def _covers(row: GuardianConsent, guardians: dict[uuid.UUID, Person], day: date) -> bool:
    guardian = guardians.get(row.guardian_id) if row.guardian_id is not None else None
    has_died = guardian is not None and guardian.left_reason == "died" and guardian.left_on is not None
    if has_died and guardian is not None and guardian.left_on is not None and day > guardian.left_on:
        return False
    return row.from_on <= day <= row.until_on


def _is_taken_back(row: GuardianConsent, zone: ZoneInfo, day: date, at: datetime | None) -> bool:
    if row.revoked_at is None:
        return False
    return row.revoked_at.astimezone(zone).date() <= day if at is None else row.revoked_at <= at


def _is_minor(person: Person, day: date) -> bool:
    age = residents.age_on(person, day)
    return age is not None and age < OF_AGE


def _refuse_guardian(guardian: Person, minor: Person, today: date) -> None:
    if guardian.id == minor.id:
        raise GuardianNotAdult(reason="self")
    if residents.has_left(guardian):
        raise GuardianNotAdult(reason="left")
    if guardian.born_on is None:
        raise GuardianNotAdult(reason="birthday")
    if not is_of_age(guardian, today):
        raise GuardianNotAdult(reason="age")


def _bad(relation: str, guardian_name: str, evidence: str, *, is_known: bool) -> dict[str, str]:
    bad = {}
    if relation not in RELATIONS:
        bad["relation"] = "choice"
    if not is_known and not 1 <= len(guardian_name) <= 60:
        bad["guardian_name"] = "length" if guardian_name else "required"
    if not is_known and not evidence:
        bad["evidence"] = "required"
    if len(evidence) > 200:
        bad["evidence"] = "length"
    return bad


def _tell(session: Session, minor: Person, kind: str, facts: dict[str, Any], now: datetime) -> None:
    notices.tell(session, community_id=minor.community_id, person_id=minor.id, kind=kind, facts=facts, now=now)


def _rows(
    session: Session, community_id: int, *, person_id: uuid.UUID | None = None, guardian_id: uuid.UUID | None = None
) -> list[GuardianConsent]:
    named = [
        column == value
        for column, value in (
            (col(GuardianConsent.person_id), person_id),
            (col(GuardianConsent.guardian_id), guardian_id),
        )
        if value is not None
    ]
    query = select(GuardianConsent).where(col(GuardianConsent.community_id) == community_id, or_(*named))
    return list(session.scalars(query.order_by(col(GuardianConsent.given_at).desc(), col(GuardianConsent.id).desc())))


def _told(session: Session, community_id: int, now: datetime, rows: list[GuardianConsent]) -> list[Consent]:
    today = communities.local_day(communities.community(session, community_id), now)
    people = residents.persons_of(
        session, community_id, {each for row in rows for each in (row.person_id, row.guardian_id) if each is not None}
    )
    return [_shown(row, people, today) for row in rows]


def _shown(row: GuardianConsent, people: dict[uuid.UUID, Person], today: date) -> Consent:
    guardian = people.get(row.guardian_id) if row.guardian_id is not None else None
    if row.revoked_at is not None:
        state = "revoked"
    elif today < row.from_on:
        state = "coming"
    else:
        state = "holds" if _covers(row, people, today) else "over"
    return Consent(
        id=row.id,
        minor=people[row.person_id],
        guardian=guardian.name if guardian is not None else row.guardian_name,
        guardian_number=guardian.number if guardian is not None else "",
        relation=row.relation,
        how=row.how,
        evidence=row.evidence,
        from_on=row.from_on,
        until_on=row.until_on,
        given_at=row.given_at,
        given_by=row.given_by,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
        state=state,
    )
