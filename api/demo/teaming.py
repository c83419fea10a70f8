"""Who serves together: teams with a leader, children in a group, a parent's consent, skills, insurance, captains of buildings."""

import datetime as dt
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from sqlmodel import Session

from api.demo.places import VILLAGE
from api.demo.serving import Service
from api.demo.tale import ZONE, Someone, Tale, awake, local
from timebank.errors import Refused
from timebank.hours import activities, team_hours
from timebank.hours.attendance import check_in, check_out
from timebank.hours.attendance.tickets import Ticket
from timebank.people import guardians, roles, skills, teams
from timebank.permissions import Actor

BEGAN_BEFORE = dt.timedelta(days=40)
TEAM, YOUNG, CENTRE = "蓝马甲志愿队", "少年护河队", "清河阳光社工中心"
SKILLS = ("haircut", "cooking", "repairs", "computer", "dialect", "arts", "tutoring", "calligraphy")
VACANT = (4, 9)  # groups without a captain


def team_up(tale: Tale, services: dict[int, Service]) -> None:
    """Put the teams of the village, and what they did of late, on the agenda."""
    service = services[VILLAGE.community_id]
    children: list[Someone] = []  # volunteers of their own: nobody counts on them elsewhere in the story
    tale.at(local(tale.today - BEGAN_BEFORE, 10), partial(_found, service, children))
    for back in (34, 27, 20, 13, 6):
        tale.at(local(tale.today - dt.timedelta(days=back), 15, 20), partial(_serve, service, dt.timedelta(minutes=75)))
    tale.at(local(tale.today - dt.timedelta(days=12), 8, 30), partial(_clean_the_river, service, children))
    tale.at(local(tale.today - dt.timedelta(days=5), 20), partial(_donate, service, 120))
    tale.at(local(tale.today - dt.timedelta(days=4), 20, 30), partial(_give_due, service))
    tale.at(awake(tale.end - dt.timedelta(hours=5)), partial(_donate, service, 60))


def _found(service: Service, children: list[Someone]) -> None:
    tale, desk = service.tale, service.desk.actor
    centre = tale.do(teams.found, actor=desk, kind="organisation", name=CENTRE, purpose="为老服务、青少年服务")[
        "number"
    ]
    team = tale.do(teams.found, actor=desk, kind="team", name=TEAM, purpose="周末助老、楼道清洁")["number"]
    young = tale.do(teams.found, actor=desk, kind="team", name=YOUNG, purpose="带孩子们一起护河", parent_number=centre)[
        "number"
    ]
    children += _young(service)
    leader = tale.of(VILLAGE.community_id, "林晓燕")
    adults = [one for one in service.volunteers if one.age(tale.today) >= 18 and one.id != leader.id]
    for number, members in ((team, [leader, *adults[8:15]]), (young, [adults[15], leader, *children])):
        for one in members:
            tale.do(teams.add_member, actor=desk, number=number, person_id=one.id)
    for number, one in ((team, leader), (young, adults[15])):
        tale.do(teams.appoint, actor=desk, number=number, person_id=one.id)
    _note_abilities(service, [leader, *adults[:18]])
    _consent(service)
    _name_captains(service, adults)


def _note_abilities(service: Service, people: list[Someone]) -> None:
    tale, desk, today = service.tale, service.desk.actor, service.tale.clock.now().astimezone(ZONE).date()

    def change(session: Session, now: dt.datetime) -> None:
        for at, one in enumerate(people):
            about: dict[str, Any] = {"actor": desk, "now": now, "person_id": one.id}
            skills.record_skill(
                session, **about, skill=SKILLS[at % len(SKILLS)], proof="", from_on=today, until_on=None
            )
            if at % 4 == 1:
                first_aid: dict[str, Any] = {"skill": "first_aid", "proof": f"红十字会救护员证 {26000 + at}"}
                until_on = today + dt.timedelta(days=700)
                skills.record_skill(session, **about, **first_aid, from_on=today, until_on=until_on)
            skills.insure(
                session,
                **about,
                insurer="志愿者意外险(县团委统保)",
                policy_number=f"QH2026-{at + 101:04}",
                from_on=today,
                until_on=today + dt.timedelta(days=60 if at == 3 else 364),
            )

    tale.together(desk, change, name="skills.record")


def _young(service: Service) -> list[Someone]:
    """林子涵 and some more of seven to seventeen, who may scan from now on."""
    tale = service.tale
    able = [
        one
        for one in tale.people[VILLAGE.community_id]
        if one.born_on is not None and 7 <= one.age(tale.today - BEGAN_BEFORE) <= 16
    ]
    child = tale.of(VILLAGE.community_id, "林子涵")
    chosen = [child, *[one for one in able if one.id != child.id][:5]]

    def give(session: Session, now: dt.datetime) -> None:
        for one in chosen:
            roles.give(
                session,
                actor=Actor.console(VILLAGE.community_id, "demo"),
                now=now,
                role="volunteer",
                area_path=VILLAGE.path,
                from_on=now.astimezone(ZONE).date(),
                until_on=None,
                person_id=one.id,
            )

    tale.everywhere(give)
    return [replace(one, roles=[("volunteer", VILLAGE.path)]) for one in chosen]


def _consent(service: Service) -> None:
    """One of those old enough serves alone: a parent came to the desk; another's grandmother sent a paper."""
    tale, desk = service.tale, service.desk.actor
    people = tale.people[VILLAGE.community_id]
    minors = [one for one in people if one.born_on is not None and 14 <= one.age(tale.today) <= 16]
    for at, minor in enumerate(minors[:2]):
        home = [
            one
            for one in people
            if one.household_id == minor.household_id and one.born_on is not None and one.age(tale.today) >= 30
        ]
        guardian = home[0] if home and at == 0 else None
        named: dict[str, Any] = {} if guardian else {"guardian_name": "王桂香", "evidence": "同意书 3 号,存服务台"}
        with suppress(Refused):
            tale.do(
                guardians.consent,
                actor=desk,
                person_id=minor.id,
                guardian_id=guardian.id if guardian else None,
                relation="parent" if guardian else "grandparent",
                **named,
            )


def _name_captains(service: Service, adults: list[Someone]) -> None:
    """Most groups have a captain; one captain's term ends soon."""
    tale = service.tale

    def give(session: Session, now: dt.datetime) -> None:
        today = now.astimezone(ZONE).date()
        for at, (code, _name) in enumerate(VILLAGE.buildings()):
            if at in VACANT:
                continue
            roles.give(
                session,
                actor=Actor.console(VILLAGE.community_id, "demo"),
                now=now,
                role="building_captain",
                area_path=f"{VILLAGE.path}{code[:-2]}/{code}/",
                from_on=today,
                until_on=tale.today + dt.timedelta(days=12) if at == 2 else None,
                person_id=adults[18 + at].id,
            )

    tale.everywhere(give)


def _serve(service: Service, stays: dt.timedelta) -> None:
    """An afternoon of the team's: who has nothing else that day comes, and serves for it."""
    tale = service.tale
    begins = tale.clock.now()
    day = begins.astimezone(ZONE).date()
    with tale.storage.read() as session:
        number = _number(session, TEAM)
        team = teams.by_number(session, VILLAGE.community_id, number)
        own = [
            one
            for one in service.volunteers
            if (one.id, day) not in service.busy and teams.belongs(session, team, one.id, day)
        ]
    here = own[:5]
    service.busy.update((one.id, day) for one in here)

    def scan(at: dt.datetime) -> Ticket:
        return Ticket(VILLAGE.community_id, 1, at, "A", int(at.timestamp()) // 30)

    def come(session: Session, now: dt.datetime) -> None:
        for one in here:
            check_in(session, actor=one.actor, now=now, ticket=scan(begins), activity_number=0, team_number=number)

    def go() -> None:
        def change(session: Session, now: dt.datetime) -> None:
            for one in here:
                check_out(session, actor=one.actor, now=now, ticket=scan(begins + stays))

        tale.together(here[0].actor, change, name="attendance.check_out", those=[one.id for one in here])

    if here:
        with suppress(Refused):
            tale.together(here[0].actor, come, name="attendance.check_in", those=[one.id for one in here])
            tale.at(begins + stays, go)


def _clean_the_river(service: Service, children: list[Someone]) -> None:
    """A Saturday with children: an adult leads, and the minutes are their team's."""
    tale, desk = service.tale, service.desk.actor
    begins = tale.clock.now() + dt.timedelta(minutes=10)
    with tale.storage.read() as session:
        number = _number(session, YOUNG)
        team = teams.by_number(session, VILLAGE.community_id, number)
        day = begins.astimezone(ZONE).date()
        leader = teams.leaders_on(session, VILLAGE.community_id, team.id, day)[0]
    group = tale.do(
        activities.plan,
        actor=desk,
        point_number=1,
        title="少年护河行动",
        service_class="public",
        starts_at=begins,
        ends_at=begins + dt.timedelta(hours=2),
        capacity=20,
        leader_id=leader.id,
    )["number"]
    those = [one for one in children if one.age(day) < 14]
    at = begins + dt.timedelta(minutes=2)

    def scan(instant: dt.datetime) -> Ticket:
        return Ticket(VILLAGE.community_id, 1, instant, "A", int(instant.timestamp()) // 30)

    def come() -> None:
        def change(session: Session, now: dt.datetime) -> None:
            for one in those:
                check_in(session, actor=one.actor, now=now, ticket=scan(at), activity_number=group, team_number=number)

        tale.together(desk, change, name="attendance.check_in")

    def go() -> None:
        def change(session: Session, now: dt.datetime) -> None:
            for one in those:
                check_out(session, actor=one.actor, now=now, ticket=scan(at + dt.timedelta(minutes=100)))

        tale.together(desk, change, name="attendance.check_out")

    if those:
        tale.at(at, come)
        tale.at(at + dt.timedelta(minutes=100), go)


def _donate(service: Service, minutes: int) -> None:
    with service.tale.storage.read() as session:
        number = _number(session, TEAM)
    with suppress(Refused):  # it has less
        service.tale.do(
            team_hours.donate,
            actor=service.tale.of(VILLAGE.community_id, "林晓燕").actor,
            number=number,
            minutes=minutes,
        )


def _give_due(service: Service) -> None:
    service.tale.do(team_hours.give_due, actor=Actor.system(VILLAGE.community_id, "give_team_donations"))


def _number(session: Session, name: str) -> int:
    """The number of a team of today by its name."""
    found = teams.named(session, VILLAGE.community_id, name)
    assert found is not None
    return found.number
