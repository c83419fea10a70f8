"""What volunteers are able to do, and whether they are insured: what an activity may ask of who signs up.

Most skills are believed when somebody says that he has them. Those by which others could come to harm count only with a
paper that staff have seen, from a day and often to a day.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKeyConstraint, Index, or_, select
from sqlmodel import Field, Session, SQLModel, col

from timebank import permissions
from timebank.columns import Day, Id, Instant, Number
from timebank.errors import BadInput, Forbidden, NotFound, Refused
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.permissions import Actor
from timebank.spreadsheets import clean
from timebank.storage import new_id

MOST_YEARS = 10  # a longer term is a slip of the pen


@dataclass(frozen=True)
class Skill:
    """One skill that can be asked for; `needs_proof`: it counts only with a paper that staff have seen."""

    code: str
    needs_proof: bool = False


# One line a skill; its words are in api/messages/serving.py.
SKILLS: dict[str, Skill] = {
    each.code: each
    for each in (
        Skill("first_aid", needs_proof=True),
        Skill("nursing", needs_proof=True),
        Skill("driving", needs_proof=True),
        Skill("electrics", needs_proof=True),
        Skill("counselling", needs_proof=True),
        Skill("haircut"),
        Skill("cooking"),
        Skill("repairs"),
        Skill("plumbing"),
        Skill("computer"),
        Skill("tutoring"),
        Skill("arts"),
        Skill("calligraphy"),
        Skill("sign_language"),
        Skill("dialect"),
        Skill("languages"),
        Skill("law"),
        Skill("photography"),
        Skill("gardening"),
        Skill("sport"),
    )
}


class PersonSkill(SQLModel, table=True):
    """A skill of a person from a day on; `proof` names the paper, "" if it is only said. Taken back, it ends at `withdrawn_on`."""

    __tablename__: ClassVar[str] = "person_skill"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_person_skill"
        ),
        CheckConstraint("length(skill) BETWEEN 1 AND 40", name="ck_person_skill_skill"),
        CheckConstraint("length(proof) <= 200", name="ck_person_skill_proof"),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ck_person_skill_days"),
        CheckConstraint("(withdrawn_on IS NULL) = (withdrawn_by = '')", name="ck_person_skill_withdrawn"),
        Index("ix_person_skill_person", "community_id", "person_id"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id)
    skill: str
    proof: str = ""
    from_on: date = Field(sa_type=Day)
    until_on: date | None = Field(default=None, sa_type=Day)
    recorded_at: datetime = Field(sa_type=Instant)
    recorded_by: str
    withdrawn_on: date | None = Field(default=None, sa_type=Day)
    withdrawn_by: str = ""


class PersonInsurance(SQLModel, table=True):
    """A volunteer's insurance against accidents; both of its days count. Taken back, it ends at `withdrawn_on`."""

    __tablename__: ClassVar[str] = "person_insurance"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_person_insurance"
        ),
        CheckConstraint("length(insurer) BETWEEN 1 AND 60", name="ck_person_insurance_insurer"),
        CheckConstraint("length(policy_number) BETWEEN 1 AND 60", name="ck_person_insurance_number"),
        CheckConstraint("until_on >= from_on", name="ck_person_insurance_days"),
        CheckConstraint("(withdrawn_on IS NULL) = (withdrawn_by = '')", name="ck_person_insurance_withdrawn"),
        Index("ix_person_insurance_person", "community_id", "person_id"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id)
    insurer: str
    policy_number: str
    from_on: date = Field(sa_type=Day)
    until_on: date = Field(sa_type=Day)
    recorded_at: datetime = Field(sa_type=Instant)
    recorded_by: str
    withdrawn_on: date | None = Field(default=None, sa_type=Day)
    withdrawn_by: str = ""


class SkillAlreadyHeld(Refused):
    """The person has this skill on that day already. Facts: skill."""

    code = "skill_already_held"


class AlreadyInsured(Refused):
    """Another insurance covers those days already. Facts: policy_number, until_on."""

    code = "already_insured"


def say_skill(session: Session, *, actor: Actor, now: datetime, person_id: uuid.UUID, skill: str) -> dict[str, Any]:
    """A person says what he is able to do, from today on. A skill that needs proof counts once staff have seen it."""
    community_id = community_of(actor)
    residents.person(session, community_id, person_id)
    permissions.require(actor, "skills.say", community_id=community_id, person_id=person_id)
    today = communities.local_day(communities.community(session, community_id), now)
    return _add_skill(
        session, actor=actor, now=now, person_id=person_id, skill=skill, proof="", from_on=today, until_on=None
    )


def record_skill(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    person_id: uuid.UUID,
    skill: str,
    proof: str,
    from_on: date,
    until_on: date | None,
) -> dict[str, Any]:
    """Staff write down a skill, with the paper that shows it.

    Raises:
        BadInput: `proof` is missing where it is needed, a day that cannot be, an unknown skill.
        SkillAlreadyHeld: it stands already, with proof or without any being needed.
        Forbidden: also of one's own skill, since somebody else looks at the paper.
    """
    community_id = community_of(actor)
    person = residents.person(session, community_id, person_id)
    permissions.require(actor, "skills.record", community_id=community_id, area_path=person.area_path)
    if person_id == actor.person_id:
        raise Forbidden(use_case="skills.record")  # somebody else looks at the paper
    proof = clean(proof)
    if skill in SKILLS and SKILLS[skill].needs_proof and not proof:
        raise BadInput(fields={"proof": "required"})
    return _add_skill(
        session,
        actor=actor,
        now=now,
        person_id=person_id,
        skill=skill,
        proof=proof,
        from_on=from_on,
        until_on=until_on,
    )


def withdraw_skill(session: Session, *, actor: Actor, now: datetime, skill_id: uuid.UUID) -> dict[str, Any]:
    """End a skill today: it was a mistake, or is so no longer. Harmless when repeated."""
    community_id = community_of(actor)
    held = session.get(PersonSkill, (community_id, skill_id))
    if held is None:
        raise NotFound(what="skill")
    permissions.require(actor, "skills.say", community_id=community_id, person_id=held.person_id)
    if held.withdrawn_on is None:
        held.withdrawn_on, held.withdrawn_by = _today(session, community_id, now), actor.number
        session.flush()
    return {"code": "skill_withdrawn", "skill": held.skill}


def insure(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    person_id: uuid.UUID,
    insurer: str,
    policy_number: str,
    from_on: date,
    until_on: date,
) -> dict[str, Any]:
    """Note that a volunteer is insured from one day to another, both included.

    Raises:
        BadInput: by field. AlreadyInsured: the same policy covers some of these days already.
    """
    community_id = community_of(actor)
    person = residents.person(session, community_id, person_id)
    permissions.require(actor, "skills.insure", community_id=community_id, area_path=person.area_path)
    insurer, policy_number = clean(insurer), clean(policy_number)
    bad = {
        name: "length" if text else "required"
        for name, text in (("insurer", insurer), ("policy_number", policy_number))
        if not 1 <= len(text) <= 60
    }
    bad |= _bad_days(from_on, until_on)
    if bad:
        raise BadInput(fields=bad)
    for other in insurances_of(session, community_id, person_id):
        runs_on = other.withdrawn_on is None and other.from_on <= until_on and from_on <= other.until_on
        if runs_on and other.policy_number == policy_number:
            raise AlreadyInsured(policy_number=other.policy_number, until_on=other.until_on.isoformat())
    row = PersonInsurance(
        community_id=community_id,
        id=new_id(now),
        person_id=person_id,
        insurer=insurer,
        policy_number=policy_number,
        from_on=from_on,
        until_on=until_on,
        recorded_at=now,
        recorded_by=actor.number,
    )
    session.add(row)
    session.flush()
    return {"code": "insured", "insurance": row.id.hex, "until_on": until_on.isoformat()}


def withdraw_insurance(session: Session, *, actor: Actor, now: datetime, insurance_id: uuid.UUID) -> dict[str, Any]:
    """End an insurance today. Harmless when repeated."""
    community_id = community_of(actor)
    held = session.get(PersonInsurance, (community_id, insurance_id))
    if held is None:
        raise NotFound(what="insurance")
    person = residents.person(session, community_id, held.person_id)
    permissions.require(actor, "skills.insure", community_id=community_id, area_path=person.area_path)
    if held.withdrawn_on is None:
        held.withdrawn_on, held.withdrawn_by = _today(session, community_id, now), actor.number
        session.flush()
    return {"code": "insurance_withdrawn", "policy_number": held.policy_number}


# Reading --------------------------------------------------------------------------------------------------------------


def skills_of(session: Session, community_id: int, person_id: uuid.UUID, day: date) -> set[str]:
    """The codes of the skills that count for a person on a day; what needs proof and has none does not."""
    return skills_of_many(session, community_id, [person_id], day).get(person_id, set())


def skills_of_many(
    session: Session, community_id: int, person_ids: Iterable[uuid.UUID], day: date
) -> dict[uuid.UUID, set[str]]:
    """The skills that count on a day, by person: one query for a whole list."""
    query = select(col(PersonSkill.person_id), col(PersonSkill.skill), col(PersonSkill.proof)).where(
        col(PersonSkill.community_id) == community_id,
        col(PersonSkill.person_id).in_(list(person_ids)),
        *_holds_on(PersonSkill, day),
    )
    found: dict[uuid.UUID, set[str]] = {}
    for person_id, skill, proof in session.execute(query):
        if counts(skill, proof):
            found.setdefault(person_id, set()).add(skill)
    return found


def is_insured(session: Session, community_id: int, person_id: uuid.UUID, day: date) -> bool:
    """Whether an insurance covers the person on a day; the first and the last day of one count."""
    return bool(insured_of_many(session, community_id, [person_id], day))


def insured_of_many(session: Session, community_id: int, person_ids: Iterable[uuid.UUID], day: date) -> set[uuid.UUID]:
    """Who of these people is insured on a day."""
    query = select(col(PersonInsurance.person_id)).where(
        col(PersonInsurance.community_id) == community_id,
        col(PersonInsurance.person_id).in_(list(person_ids)),
        *_holds_on(PersonInsurance, day),
    )
    return set(session.scalars(query))


def rows_of(session: Session, community_id: int, person_id: uuid.UUID) -> list[PersonSkill]:
    """All that was noted of a person's skills, newest first, what ended too."""
    query = select(PersonSkill).where(
        col(PersonSkill.community_id) == community_id, col(PersonSkill.person_id) == person_id
    )
    return list(session.scalars(query.order_by(col(PersonSkill.recorded_at).desc(), col(PersonSkill.id).desc())))


def insurances_of(session: Session, community_id: int, person_id: uuid.UUID) -> list[PersonInsurance]:
    """All insurances of a person, the last to end first."""
    query = select(PersonInsurance).where(
        col(PersonInsurance.community_id) == community_id, col(PersonInsurance.person_id) == person_id
    )
    return list(session.scalars(query.order_by(col(PersonInsurance.until_on).desc(), col(PersonInsurance.id).desc())))


def counts(skill: str, proof: str) -> bool:
    """Whether a skill noted with this proof counts; a code that is not listed any more is believed as it was."""
    return bool(proof) or skill not in SKILLS or not SKILLS[skill].needs_proof


def _add_skill(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    person_id: uuid.UUID,
    skill: str,
    proof: str,
    from_on: date,
    until_on: date | None,
) -> dict[str, Any]:
    community_id = community_of(actor)
    bad = {} if skill in SKILLS else {"skill": "choice"}
    if len(proof) > 200:
        bad["proof"] = "length"
    if until_on is not None:
        bad |= _bad_days(from_on, until_on)
    if bad:
        raise BadInput(fields=bad)
    for held in rows_of(session, community_id, person_id):
        stands = held.skill == skill and held.withdrawn_on is None
        meets = (until_on is None or held.from_on <= until_on) and (held.until_on is None or from_on <= held.until_on)
        if stands and meets and (held.proof or not proof):
            raise SkillAlreadyHeld(skill=skill)
    row = PersonSkill(
        community_id=community_id,
        id=new_id(now),
        person_id=person_id,
        skill=skill,
        proof=proof,
        from_on=from_on,
        until_on=until_on,
        recorded_at=now,
        recorded_by=actor.number,
    )
    session.add(row)
    session.flush()
    return {"code": "skill_noted", "skill": skill, "id": row.id.hex, "counts": counts(skill, proof)}


def _holds_on(table: type[PersonSkill] | type[PersonInsurance], day: date) -> list[ColumnElement[bool]]:
    until_on: Any = table.until_on
    return [
        col(table.from_on) <= day,
        or_(col(until_on).is_(None), col(until_on) >= day),
        or_(col(table.withdrawn_on).is_(None), col(table.withdrawn_on) > day),
    ]


def _bad_days(from_on: date, until_on: date) -> dict[str, str]:
    if until_on < from_on:
        return {"until_on": "before_from"}
    return {"until_on": "too_long"} if until_on.year - from_on.year > MOST_YEARS else {}


def _today(session: Session, community_id: int, now: datetime) -> date:
    return communities.local_day(communities.community(session, community_id), now)
