"""Who may come to an activity: ages on its day, skills, insurance, and what missing others' activities has led to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from timebank import policy
from timebank.errors import BadInput
from timebank.hours.activities import agenda, no_shows
from timebank.hours.activities.refusals import AgeOutside, BusyThen, InsuranceMissing, SignUpBlocked, SkillMissing
from timebank.hours.activities.tables import Activity, ActivityTerms
from timebank.people import communities, residents, skills

NOTE_LENGTH = 400
OLDEST = 120


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is asked of who comes, as it is planned. `closes_minutes`: sign-up ends so long before the start; none: with the end."""

    note: str = ""
    skills: tuple[str, ...] = ()
    age_from: int | None = None
    age_to: int | None = None
    needs_insurance: bool = False
    closes_minutes: int | None = None


def refuse_bad_terms(terms: Terms) -> dict[str, str]:
    """What is wrong with terms, by field; empty if nothing is."""
    bad: dict[str, str] = {}
    if len(terms.note.strip()) > NOTE_LENGTH:
        bad["note"] = "length"
    if not set(terms.skills) <= set(skills.SKILLS):
        bad["skills"] = "choice"
    ages = [age for age in (terms.age_from, terms.age_to) if age is not None]
    if any(not 0 <= age <= OLDEST for age in ages) or ages != sorted(ages):
        bad["age_to"] = "range"
    if terms.closes_minutes is not None and not 0 <= terms.closes_minutes <= 14 * 24 * 60:
        bad["closes_minutes"] = "range"
    return bad


def terms_of(session: Session, activity: Activity) -> ActivityTerms | None:
    """The terms of an activity; activities from before there were any have none."""
    return session.get(ActivityTerms, (activity.community_id, activity.id))


def refuse_unfit(session: Session, activity: Activity, person_id: UUID) -> None:
    """Refuse who does not fulfil what the activity asks for, on its day.

    Raises:
        AgeOutside, SkillMissing, InsuranceMissing; HasLeft: she is no longer in the register; UnderAge and what else
        keeps somebody from banking time at all (depositors).
    """
    person = residents.person(session, activity.community_id, person_id)
    if residents.has_left(person):
        raise residents.HasLeft(person=person.number, left_on=str(person.left_on))
    # Who may bank time knows activities, of which this is a part: it is looked up when it is needed.
    from timebank.hours import depositors

    day = day_of(session, activity)
    depositors.admit(session, activity.community_id, person, day, activity=activity)
    terms = terms_of(session, activity)
    if terms is None:
        return
    _refuse_age(person, terms, day)
    if terms.skills:
        missing = sorted(set(terms.skills) - skills.skills_of(session, activity.community_id, person_id, day))
        if missing:
            raise SkillMissing(activity=activity.title, skills=missing)
    if terms.needs_insurance and not skills.is_insured(session, activity.community_id, person_id, day):
        raise InsuranceMissing(activity=activity.title, on=day.isoformat())


def refuse_blocked(session: Session, community_id: int, person_id: UUID, now: datetime) -> None:
    """Refuse who missed too much of late."""
    place = communities.community(session, community_id)
    rules = policy.of(session, community_id, communities.local_day(place, now))
    until = no_shows.blocked_until(session, community_id, person_id, now, rules)
    if until is not None:
        raise SignUpBlocked(
            count=rules.no_show_most,
            days=rules.no_show_days,
            until=communities.local_day(place, until).isoformat(),
            until_at=until.isoformat(),
        )


def refuse_busy(session: Session, activity: Activity, person_id: UUID) -> None:
    """Refuse who has promised that time already."""
    promise = agenda.promised(
        session,
        activity.community_id,
        person_id,
        activity.starts_at,
        activity.ends_at,
        but_activity=activity.id,
    )
    if promise is not None:
        raise BusyThen(
            kind=promise.kind,
            other=promise.what,
            starts_at=promise.starts_at.isoformat(),
            ends_at=promise.ends_at.isoformat(),
        )


def day_of(session: Session, activity: Activity) -> date:
    """The local day on which an activity begins: ages, skills and insurance are those of that day."""
    return communities.local_day(communities.community(session, activity.community_id), activity.starts_at)


def clean_skills(chosen: Iterable[str]) -> tuple[str, ...]:
    """Skills as they are kept: each once, in order.

    Raises:
        BadInput: one that is not in the list.
    """
    found = tuple(sorted(set(chosen)))
    if not set(found) <= set(skills.SKILLS):
        raise BadInput(fields={"skills": "choice"})
    return found


def _refuse_age(person: residents.Person, terms: ActivityTerms, day: date) -> None:
    if terms.age_from is None and terms.age_to is None:
        return
    age = residents.age_on(person, day)
    too_young = age is None or (terms.age_from is not None and age < terms.age_from)
    if too_young or (age is not None and terms.age_to is not None and age > terms.age_to):
        raise AgeOutside(age=age, age_from=terms.age_from, age_to=terms.age_to)
