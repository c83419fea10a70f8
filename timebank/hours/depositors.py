"""Who may bank time, and how: one question for every way in - scans, the station, late entries, sign-up.

| age on the day | alone | in a group activity that an adult leads |
|---|---|---|
| 18 and more | yes | yes |
| 14 to 17 | with a guardian's consent | with consent for herself, without it for her team |
| under 14 | no | for her team only |

Ages are the community's policy; who was born on 29 February has his birthday on 1 March in other years. What is judged is
the day on which a visit begins.
"""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlmodel import Session

from timebank import policy
from timebank.errors import Refused
from timebank.hours import team_hours
from timebank.hours.activities import Activity
from timebank.people import guardians, residents, teams
from timebank.people.residents import Person
from timebank.people.teams import Team


class UnderAge(Refused):
    """Too young to bank time so. Facts: age, min_age, needs: what is missing.

    consent   a guardian's, to serve alone
    group     an activity: alone is not possible
    leader    an adult who leads the activity or the team
    team      a team to which the minutes go
    """

    code: ClassVar[str] = "under_age"


class AgeUnknown(Refused):
    """The register knows no birthday, and the community's policy asks for one."""

    code: ClassVar[str] = "age_unknown"


class NotInRegister(Refused):
    """On that day the person had left the register. Facts: left_on."""

    code: ClassVar[str] = "not_in_register"


def admit(
    session: Session,
    community_id: int,
    person: Person,
    day: date,
    *,
    activity: Activity | None = None,
    team_number: int | None = None,
) -> Team | None:
    """Whom the person serves for on a day, if he may at all: the team of this number, or (None) himself.

    A `team_number` of 0 says: for himself. None says nothing: then what was chosen when signing up for the activity counts,
    and who may only serve for a team does so for his team, if there is just one.

    Raises as `refuse_who_may_not`; NotFound: no such team.
    """
    if team_number:
        team: Team | None = teams.by_number(session, community_id, team_number)
    elif team_number is None:
        team = team_hours.chosen_for(session, community_id, person.id, activity, day)
        if team is None and activity is not None and must_serve_for_team(session, community_id, person, day):
            own = teams.teams_of(session, community_id, person.id, day)
            team = own[0] if len(own) == 1 else None
    else:
        team = None
    refuse_who_may_not(session, community_id, person, day, activity=activity, team=team)
    return team


def refuse_who_may_not(
    session: Session,
    community_id: int,
    person: Person,
    day: date,
    *,
    activity: Activity | None = None,
    team: Team | None = None,
) -> None:
    """Go on only if the person may bank time on a day, in this activity (or none), for this team (or herself).

    Raises:
        NotInRegister, UnderAge, AgeUnknown. NotAMember: of the team, on that day.
    """
    if person.left_on is not None and (person.left_reason in {"mistake", residents.ERASED} or day > person.left_on):
        raise NotInRegister(left_on=person.left_on.isoformat())
    if team is not None and not teams.belongs(session, team, person.id, day):
        raise teams.NotAMember(person=person.number, team=team.name)
    rules = policy.of(session, community_id, day)
    age = residents.age_on(person, day)
    if may_alone(age, rules):
        return
    if age is None:
        raise AgeUnknown
    is_old_enough = age >= rules.depositor_min_age_guardian
    if is_old_enough and guardians.has_consent(session, person, day):
        return
    missing = _missing_for_group(session, community_id, person, day, activity=activity, team=team)
    if missing:
        raise UnderAge(age=age, min_age=rules.depositor_min_age, needs="consent" if is_old_enough else missing)


def may_alone(age: int | None, rules: policy.Policy) -> bool:
    """Whether somebody of this age banks time alone without anybody's consent; what most check-ins are asked."""
    return bool(rules.depositor_age_may_be_unknown) if age is None else age >= rules.depositor_min_age


def must_serve_for_team(session: Session, community_id: int, person: Person, day: date) -> bool:
    """Whether the person banks time for a team only: too young to do so alone, or no guardian agreed."""
    rules = policy.of(session, community_id, day)
    age = residents.age_on(person, day)
    if age is None or age >= rules.depositor_min_age:
        return False
    return age < rules.depositor_min_age_guardian or not guardians.has_consent(session, person, day)


def is_left_without_consent(
    session: Session, person: Person, *, began_at: datetime, ended_at: datetime, day: date
) -> bool:
    """Whether the consent on which a visit began was taken back before it ended, and none stood in its place."""
    rules = policy.of(session, person.community_id, day)
    age = residents.age_on(person, day)
    if age is None or not rules.depositor_min_age_guardian <= age < rules.depositor_min_age:
        return False
    had = guardians.has_consent(session, person, day, at=began_at)
    return had and not guardians.has_consent(session, person, day, at=ended_at)


def _missing_for_group(
    session: Session, community_id: int, person: Person, day: date, *, activity: Activity | None, team: Team | None
) -> str:
    """What is missing for serving in a group: group, leader or team; "" if nothing is."""
    if activity is None:
        return "group"
    if team is None:
        return "team"
    named = [activity.leader_id] if activity.leader_id is not None else []
    leaders = (
        list(residents.persons_of(session, community_id, named).values())
        if named
        else teams.leaders_on(session, community_id, team.id, day)
    )
    return "" if any(_is_adult(leader, person.id, day) for leader in leaders) else "leader"


def _is_adult(leader: Person, minor_id: uuid.UUID, day: date) -> bool:
    """An adult by the register; whose birthday nobody wrote down does not answer for children."""
    return leader.id != minor_id and guardians.is_of_age(leader, day)
