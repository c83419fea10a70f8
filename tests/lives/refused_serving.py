"""Each refusal about service at a point, activities, teams and who may bank time, provoked on purpose."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from tests.lives.world import World
from tests.timebank.hours.arrange_orders import Someone, make_person
from tests.village import SECRET
from timebank import policy
from timebank.hours import multipliers, service_points, team_hours
from timebank.hours.activities import absences, planning, seats
from timebank.hours.activities.planning import NO_TERMS
from timebank.hours.activities.requirements import Terms
from timebank.hours.attendance import (
    check_in,
    check_out,
    enter_late,
    resting,
    review,
    reviews,
    scans,
    tickets,
    witnesses,
)
from timebank.hours.attendance.tickets import Ticket
from timebank.people import guardians, residents, skills, teams
from timebank.permissions import Actor

POINTS = 2


def settle_in(world: World) -> None:
    """Two service points, and a table of multipliers: bathing counts half as much again."""
    world.points += [open_point(world, f"服务点{at}") for at in range(POINTS)]
    world.do(
        multipliers.adopt,
        world.staff("committee"),
        rows=[multipliers.Percent("bathing", 0, 1440, 150)],
        adopted_on=world.village.today,
        in_force_from=world.village.today,
        body="村民代表会议",
        minutes_digest="",
    )
    tomorrow = world.village.today + dt.timedelta(days=1)
    world.village.write(
        lambda session, now: {
            "version": policy.change(
                session, world.village.community_id, numbers={"depositor_age_may_be_unknown": 0}, on=tomorrow
            )
        }
    )
    world.pass_time(days=1)


def open_point(world: World, name: str) -> int:
    manager = world.staff("community_manager")
    made = world.do(service_points.create, manager, name=name, place="一楼", area_path=world.village.area_path)
    return int(made["number"])


def ticket_at(world: World, number: int) -> Ticket:
    """Open the code that the point's screen shows now."""
    return ticket_of(world, number, live_code(world, number))


def live_code(world: World, number: int) -> str:
    with world.village.read() as session:
        point = service_points.by_number(session, world.village.community_id, number)
        return service_points.live_code(point, now=world.village.now, step_seconds=30).link_code


def ticket_of(world: World, number: int, code: str) -> Ticket:
    with world.village.read() as session:
        return scans.ticket_of_code(
            session, community_id=world.village.community_id, point_number=number, code=code, now=world.village.now
        )


def come(world: World, who: Actor, number: int, activity: int | None = None) -> dict[str, Any]:
    return world.do(check_in, who, ticket=ticket_at(world, number), activity_number=activity)


def go(world: World, who: Actor, number: int) -> dict[str, Any]:
    return world.do(check_out, who, ticket=ticket_at(world, number))


def serve(world: World, who: Actor, number: int, minutes: int, activity: int | None = None) -> dict[str, Any]:
    come(world, who, number, activity)
    world.pass_time(minutes=minutes)
    return go(world, who, number)


def codes_on_screens(world: World) -> None:
    """Codes that are stale, wrong, another point's; tickets that are old, forged, carried away."""
    here, there = world.points
    code = live_code(world, here)
    world.refused("code_of_another_point", lambda: ticket_of(world, there, code))
    world.refused("wrong_point_code", lambda: ticket_of(world, here, f"{(int(code) + 1) % 10**10:010d}"))
    ticket = ticket_of(world, here, code)
    sealed = tickets.seal(ticket, secret=SECRET, browser="mine")

    def opened(text: str = sealed, browser: str = "mine", ahead: int = 0) -> Any:
        return tickets.open_sealed(
            text,
            secret=SECRET,
            browser=browser,
            community_id=world.village.community_id,
            now=world.village.now + dt.timedelta(minutes=ahead),
            good_for=dt.timedelta(minutes=10),
        )

    opened()
    world.refused("ticket_of_another_browser", lambda: opened(browser="theirs"))
    world.refused("ticket_broken", lambda: opened(text=sealed[:-3] + "AAA"))
    world.refused("ticket_expired", lambda: opened(ahead=11))
    world.refused("clock_wrong", lambda: opened(ahead=-30))
    world.pass_time(minutes=2)
    world.refused("stale_code", lambda: ticket_of(world, here, code))


def coming_and_going(world: World) -> None:
    """Second taps, two places, too soon, not at all; a rest begun twice."""
    here, there = world.points
    who = world.new_volunteer()
    resident = world.village.actor(person=make_person(world.village, world.name("居民")))
    world.refused("not_a_volunteer", lambda: come(world, resident, here))
    world.refused("not_checked_in", lambda: go(world, who, here))
    old = ticket_at(world, there)
    world.pass_time(minutes=1)
    visit_id = uuid.UUID(come(world, who, here)["visit_id"])
    world.refused("already_checked_in", lambda: come(world, who, here))
    world.refused("checked_in_elsewhere", lambda: come(world, who, there))
    world.refused("checked_in_elsewhere", lambda: go(world, who, there))
    world.refused("just_checked_in", lambda: go(world, who, here))
    world.refused("not_resting", lambda: world.do(resting.end_rest, who, visit_id=visit_id))
    world.pass_time(minutes=world.chance.randint(20, 200))
    world.do(resting.begin_rest, who, visit_id=visit_id)
    world.refused("already_resting", lambda: world.do(resting.begin_rest, who, visit_id=visit_id))
    world.pass_time(minutes=20)
    if world.chance.random() < 0.5:
        world.do(resting.end_rest, who, visit_id=visit_id)
        world.pass_time(minutes=15)
    go(world, who, here)
    world.refused("already_checked_out", lambda: go(world, who, here))
    world.refused("visit_not_open", lambda: world.do(resting.begin_rest, who, visit_id=visit_id))
    world.refused("overlapping_visit", lambda: world.do(check_in, who, ticket=old, activity_number=None))


def a_closed_point(world: World) -> None:
    manager = world.staff("community_manager")
    number = open_point(world, "临时服务点")
    code = live_code(world, number)
    world.do(service_points.close, manager, number=number)
    world.refused("point_closed", lambda: ticket_of(world, number, code))


def who_may_bank_time(world: World) -> None:
    """Children alone, people of unknown age, people who have left; a guardian's consent and what cannot be one."""
    here = world.points[0]
    desk, today = world.staff("desk_staff", "community_manager"), world.village.today
    child = make_person(world.village, world.name("学生"), born_on=today - dt.timedelta(days=365 * 15 + 10))
    alone = world.village.actor("volunteer", person=child)
    world.refused("under_age", lambda: come(world, alone, here))
    unknown = world.village.actor("volunteer", person=make_person(world.village, world.name("新人"), born_on=None))
    world.refused("age_unknown", lambda: come(world, unknown, here))
    gone = make_person(world.village, world.name("搬走的人"))
    world.do(residents.leave, desk, person_id=gone.id, left_on=today, left_reason="moved", reason="搬走了")
    world.refused("not_a_volunteer", lambda: come(world, world.village.actor("volunteer", person=gone), here))

    world.pass_time(days=1, hours=3)
    world.refused(
        "not_in_register",
        lambda: world.do(
            enter_late,
            desk,
            person_id=gone.id,
            started_at=world.village.now - dt.timedelta(hours=2),
            ended_at=world.village.now - dt.timedelta(hours=1),
            place="小区花园",
            source="登记册第 9 页",
        ),
    )

    def agreed(guardian: Someone, minor: Someone = child) -> Any:
        return world.do(
            guardians.consent, desk, person_id=minor.id, guardian_id=guardian.id, relation="parent", evidence="同意书"
        )

    parent = make_person(world.village, world.name("家长"))
    world.refused("guardian_not_adult", lambda: agreed(child))
    world.refused("no_minor", lambda: agreed(parent, minor=gone))
    agreed(parent)
    world.refused("consent_stands", lambda: agreed(parent))
    serve(world, alone, here, 45)


def own_word(world: World) -> None:
    """Late entries and their reviews: nobody reviews his own, nor twice."""
    who, now = world.new_volunteer(), world.village.now
    reviewer = world.staff("reviewer")

    def late(by: Actor, person_id: Any, hours: float, **words: Any) -> uuid.UUID:
        made = world.do(
            enter_late,
            by,
            person_id=person_id,
            started_at=now - dt.timedelta(hours=hours),
            ended_at=now - dt.timedelta(minutes=30),
            place="小区花园",
            **words,
        )
        return uuid.UUID(made["visit_id"])

    own = late(who, who.person_id, 3, witness="王老师")
    themselves = world.village.actor("reviewer", "volunteer", person=_someone(who))
    world.refused("own_visit", lambda: world.do(review, themselves, visit_id=own, verdict="accept"))
    world.refused("overlapping_visit", lambda: late(who, who.person_id, 2, witness="王老师"))
    world.do(review, reviewer, visit_id=own, verdict=world.chance.choice(["accept", "reject"]), note="看过了")
    world.refused("not_under_review", lambda: world.do(review, reviewer, visit_id=own, verdict="accept"))
    clerk = world.staff("desk_staff")
    paper = late(clerk, world.new_volunteer().person_id, 6, source="登记册第 3 页")
    first = world.do(review, reviewer, visit_id=paper, verdict="accept")
    assert first["code"] != "reviewed" or first.get("state") != "settled", "above four hours two people accept"
    world.refused("reviewed_by_you", lambda: world.do(review, reviewer, visit_id=paper, verdict="accept"))
    world.do(review, world.staff("reviewer"), visit_id=paper, verdict="accept")


def _someone(actor: Actor) -> Someone:
    return Someone(actor.person_id, actor.number, actor.household_id)


def a_second_word(world: World) -> None:
    """A printed code, and the word of who was served: given once, asked for no more when all is settled."""
    number = world.points[1]
    world.do(service_points.issue_fixed_code, world.staff("community_manager"), number=number)
    who, elder = world.new_volunteer(), world.elder()

    def printed() -> Ticket:
        with world.village.read() as session:
            token = service_points.by_number(session, world.village.community_id, number).fixed_token or ""
            return scans.ticket_of_fixed_code(
                session,
                community_id=world.village.community_id,
                point_number=number,
                token=token,
                now=world.village.now,
            )

    visit_id = uuid.UUID(world.do(check_in, who, ticket=printed(), activity_number=None)["visit_id"])
    world.pass_time(minutes=70)
    world.do(check_out, who, ticket=printed())
    world.do(witnesses.ask_recipient, who, visit_id=visit_id, person_id=elder.id)
    confirms = world.chance.random() < 0.5
    answer: dict[str, Any] = {"visit_id": visit_id, "confirms": confirms, "note": "" if confirms else "没有来过"}
    world.do(witnesses.give_word, world.herself(elder), **answer)
    world.refused("word_given", lambda: world.do(witnesses.give_word, world.herself(elder), **answer))
    if not confirms:
        told = world.do(reviews.accept_many, world.staff("reviewer"), visit_ids=[visit_id])
        assert told["refused"] == {visit_id.hex: "not_plain"}
        world.refusals["not_plain"] += 1  # said of one visit among several
        world.do(review, world.staff("reviewer"), visit_id=visit_id, verdict="reject", note="本人说没有来过")
    world.refused(
        "nothing_to_confirm",
        lambda: world.do(witnesses.ask_recipient, who, visit_id=visit_id, person_id=elder.id),
    )


def plan(
    world: World, *, in_hours: float = 48, hours: float = 2, capacity: int | None = 5, terms: Any = NO_TERMS
) -> int:
    starts_at = world.village.now + dt.timedelta(hours=in_hours)
    made = world.do(
        planning.plan,
        world.staff("community_manager"),
        point_number=world.points[0],
        title=world.name("活动"),
        service_class="visits",
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(hours=hours),
        capacity=capacity,
        leader_id=None,
        terms=terms,
    )
    return int(made["number"])


def places_in_activities(world: World) -> None:
    """Full, waiting, busy then, unfit, closed, cancelled, over."""
    manager = world.staff("community_manager")
    first, second, third = (world.new_volunteer() for _ in range(3))
    number = plan(world, capacity=1, in_hours=1)
    world.do(seats.sign_up, first, number=number)
    world.do(seats.sign_up, second, number=number)  # waits
    world.refused("busy_then", lambda: world.do(seats.sign_up, first, number=plan(world, in_hours=1.5)))
    world.refused("skill_missing", lambda: _sign_up_to(world, third, Terms(skills=("cooking",))))
    world.refused("age_outside", lambda: _sign_up_to(world, third, Terms(age_from=50, age_to=60)))
    world.refused("insurance_missing", lambda: _sign_up_to(world, third, Terms(needs_insurance=True)))
    closed = plan(world, in_hours=2, terms=Terms(closes_minutes=180))
    world.refused("sign_up_closed", lambda: world.do(seats.sign_up, third, number=closed))
    cancelled = plan(world)
    world.do(planning.cancel, manager, number=cancelled, reason="下雨")
    world.refused("activity_cancelled", lambda: world.do(seats.sign_up, third, number=cancelled))
    world.pass_time(minutes=50)
    world.refused("activity_full", lambda: come(world, third, world.points[0], number))
    world.do(seats.give_up, first, number=number)  # the second one moves up
    serve(world, second, world.points[0], 100, number)
    world.refused(
        "was_there", lambda: world.do(absences.write_down, manager, number=number, person_id=second.person_id)
    )
    world.pass_time(hours=3)
    world.refused("activity_over", lambda: world.do(seats.sign_up, third, number=number))
    world.refused("activity_over", lambda: world.do(planning.cancel, manager, number=number, reason="改期"))
    world.refused(
        "activity_begun",
        lambda: world.do(
            planning.change,
            manager,
            number=number,
            scope=planning.ONE,
            change=planning.Change(
                title="改名",
                service_class="visits",
                shift=planning.Shift(starts=dt.time(9), ends=dt.time(10), capacity=3),
                leader_id=None,
                terms=NO_TERMS,
            ),
        ),
    )


def _sign_up_to(world: World, who: Actor, terms: Terms) -> None:
    world.do(seats.sign_up, who, number=plan(world, terms=terms))


def who_did_not_come(world: World) -> None:
    """Absences: not before the time, not long after, not of who had no place; excuses; three of them block."""
    manager = world.staff("community_manager")
    who, other = world.new_volunteer(), world.new_volunteer()
    world.refused(
        "no_place", lambda: world.do(absences.write_down, manager, number=plan(world), person_id=other.person_id)
    )
    not_yet = plan(world, in_hours=2)
    world.do(seats.sign_up, who, number=not_yet)
    world.refused(
        "absence_too_early",
        lambda: world.do(absences.write_down, manager, number=not_yet, person_id=who.person_id),
    )
    world.refused(
        "nothing_to_decide",
        lambda: world.do(
            absences.decide, manager, number=not_yet, person_id=who.person_id, verdict="accepted", note=""
        ),
    )
    world.do(seats.give_up, who, number=not_yet)
    for _ in range(3):
        number = plan(world, in_hours=2)
        world.do(seats.sign_up, who, number=number)
        world.pass_time(hours=3)
        world.do(absences.write_down, manager, number=number, person_id=who.person_id)
        world.pass_time(hours=2)
    world.refused("sign_up_blocked", lambda: world.do(seats.sign_up, who, number=plan(world)))
    world.do(absences.excuse, who, number=number, reason="住院了")
    themselves = world.village.actor("community_manager", person=_someone(who))
    world.refused(
        "own_excuse",
        lambda: world.do(
            absences.decide, themselves, number=number, person_id=who.person_id, verdict="accepted", note=""
        ),
    )
    world.do(absences.decide, manager, number=number, person_id=who.person_id, verdict="accepted", note="")
    world.do(seats.sign_up, who, number=plan(world))
    promoted_late(world, manager)
    late = plan(world, in_hours=1)
    world.do(seats.sign_up, other, number=late)
    world.pass_time(days=60)
    world.refused(
        "absence_too_late",
        lambda: world.do(absences.write_down, manager, number=late, person_id=other.person_id),
    )


def promoted_late(world: World, manager: Actor) -> None:
    """Whoever got a place in the last moment is not blamed for not coming."""
    first, second = world.new_volunteer(), world.new_volunteer()
    number = plan(world, capacity=1, in_hours=1)
    for who in (first, second):
        world.do(seats.sign_up, who, number=number)
    world.pass_time(minutes=55)
    world.do(seats.give_up, first, number=number)
    world.pass_time(minutes=40)
    world.refused(
        "place_came_late",
        lambda: world.do(absences.write_down, manager, number=number, person_id=second.person_id),
    )


def in_teams(world: World) -> None:
    """Names taken, members twice, strangers, teams that ended, hours that can go nowhere else."""
    manager = world.staff("community_manager")
    name = world.name("队")
    number = world.do(teams.found, manager, kind="team", name=name, purpose="")["number"]
    world.refused("team_name_taken", lambda: world.do(teams.found, manager, kind="team", name=name, purpose=""))
    who = world.new_volunteer()
    world.do(teams.add_member, manager, number=number, person_id=who.person_id)
    world.refused("already_member", lambda: world.do(teams.add_member, manager, number=number, person_id=who.person_id))
    stranger = world.new_volunteer()
    world.refused(
        "not_a_member",
        lambda: world.do(check_in, stranger, ticket=ticket_at(world, world.points[0]), team_number=number),
    )
    world.do(check_in, who, ticket=ticket_at(world, world.points[0]), team_number=number)
    world.pass_time(minutes=65)
    go(world, who, world.points[0])
    world.refused("not_enough", lambda: world.do(team_hours.donate, manager, number=number, minutes=600))
    donation_id = uuid.UUID(world.do(team_hours.donate, manager, number=number, minutes=30)["donation"])
    if world.chance.random() < 0.5:
        world.do(team_hours.take_back, manager, donation_id=donation_id)
        donation_id = uuid.UUID(world.do(team_hours.donate, manager, number=number, minutes=60)["donation"])
    world.pass_time(hours=25)
    world.refused("donation_given", lambda: world.do(team_hours.take_back, manager, donation_id=donation_id))
    world.run_jobs()
    world.do(team_hours.end_team, manager, number=number, reason="解散")
    world.refused(
        "team_ended", lambda: world.do(teams.add_member, manager, number=number, person_id=stranger.person_id)
    )


def what_they_can(world: World) -> None:
    """A skill that stands, a policy that covers these days already."""
    desk, person, today = world.staff("desk_staff", "community_manager"), world.new_volunteer(), world.village.today

    def skilled() -> Any:
        return world.do(
            skills.record_skill,
            desk,
            person_id=person.person_id,
            skill="cooking",
            proof="",
            from_on=today,
            until_on=None,
        )

    def insured() -> Any:
        return world.do(
            skills.insure,
            desk,
            person_id=person.person_id,
            insurer="人保",
            policy_number="P-1",
            from_on=today,
            until_on=today + dt.timedelta(days=300),
        )

    skilled()
    world.refused("skill_already_held", skilled)
    insured()
    world.refused("already_insured", insured)


def tables_of_multipliers(world: World) -> None:
    def adopt(in_force_from: dt.date) -> Any:
        return world.do(
            multipliers.adopt,
            world.staff("committee"),
            rows=[multipliers.Percent("bathing", 0, 1440, 150)],
            adopted_on=world.village.today,
            in_force_from=in_force_from,
            body="村民代表会议",
            minutes_digest="",
        )

    with world.village.read() as session:
        taken = {table.in_force_from for table in multipliers.adopted_tables(session, world.village.community_id)}
    ahead = world.village.today + dt.timedelta(days=1)
    while ahead in taken:
        ahead += dt.timedelta(days=1)
    world.refused("table_not_ahead", lambda: adopt(world.village.today - dt.timedelta(days=1)))
    adopt(ahead)
    world.refused("table_day_taken", lambda: adopt(ahead))


SCENES = (
    codes_on_screens,
    coming_and_going,
    a_closed_point,
    who_may_bank_time,
    own_word,
    a_second_word,
    a_second_word,  # three times as often, since only a denial makes a visit plain no more
    a_second_word,
    places_in_activities,
    who_did_not_come,
    in_teams,
    what_they_can,
    tables_of_multipliers,
)
