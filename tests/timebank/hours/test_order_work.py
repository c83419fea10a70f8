"""Who sees to what: unclaimed orders step by step, what waits and who could go, whom to call; and wrong taps taken back."""

import datetime
from uuid import UUID

import pytest
from sqlmodel import select

from tests.timebank.hours.arrange_orders import (
    Orders,
    console,
    give,
    leave_register,
    make_elder,
    make_person,
    make_volunteer,
)
from tests.timebank.hours.test_orders import _at_once, _grant_volunteer, _spend
from timebank.errors import Forbidden, NotEnough, Refused
from timebank.hours.orders import claiming, dispatch, escalation, placing, undoing, waiting
from timebank.hours.orders.escalation import OrderEscalation
from timebank.hours.orders.states import WrongState
from timebank.notices import Notice
from timebank.people import helpers, logins, residents, skills

GRID, OTHER_GRID = "320102010101", "320102010102"
SQLITE = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def orders(village) -> Orders:
    return Orders(village)


def employ(village, person, role, grid=""):
    """Give a resident a role for good, so that she is told of what falls to it."""
    village.storage.write_global(
        lambda session, now: logins.grant(
            session,
            now=now,
            role=role,
            area_path=village.area_path + (f"{grid}/" if grid else ""),
            from_on=village.today,
            until_on=None,
            given_by="test",
            community_id=village.community_id,
            person_id=person.id,
        )
    )
    return village.actor(role, person=person, grid=grid)


def told(village, person_id):
    with village.read() as session:
        return [row.kind for row in session.exec(select(Notice).where(Notice.person_id == person_id))]


def listed(village, actor):
    with village.read() as session:
        return [(line.step.step, line.order.id) for line in escalation.work_list(session, actor=actor)]


# Unclaimed


@SQLITE
def test_the_chain_names_who_sees_to_it_and_each_says_so(village, orders):
    worker = employ(village, make_person(village, "本网格员"), "grid_worker", GRID)
    elsewhere = employ(village, make_person(village, "别的网格员"), "grid_worker", OTHER_GRID)
    manager = employ(village, make_person(village, "第一书记"), "community_manager")
    order_id = orders.place(make_elder(village, grid=GRID), hours_ahead=24 * 30)
    village.pass_time(hours=24)
    assert orders.tick() == ["flag"]
    assert (told(village, worker.person_id), told(village, elsewhere.person_id)) == (["order_flagged"], [])
    assert (listed(village, worker), listed(village, elsewhere)) == ([("grid", order_id)], [])
    orders.do(escalation.acknowledge, worker, order_id=order_id, note="今天去找老李")
    with pytest.raises(escalation.NothingToAcknowledge):
        orders.do(escalation.acknowledge, worker, order_id=order_id, note="")
    village.pass_time(days=6)
    assert orders.tick() == ["escalate"]
    assert told(village, manager.person_id) == ["order_escalated"]
    with pytest.raises(escalation.NothingToAcknowledge):  # the second step is the manager's
        orders.do(escalation.acknowledge, worker, order_id=order_id, note="")
    with pytest.raises(Forbidden):
        orders.do(escalation.acknowledge, elsewhere, order_id=order_id, note="")
    orders.do(escalation.acknowledge, manager, order_id=order_id, note="")
    lines = {event.verb: event for event in orders.explained(order_id).timeline}
    assert lines["flag"].facts["told"] == [worker.number]
    assert lines["escalate"].facts == {"told": [manager.number], "guaranteed_minutes": 120}
    with village.read() as session:
        promise = escalation.guarantee(session, village.community_id)
    assert (promise.answered_minutes, promise.fund_minutes, promise.is_short) == (120, 0, True)


@SQLITE
def test_a_claim_closes_the_steps_and_letting_go_opens_new_ones(village, orders):
    volunteer, manager = make_volunteer(village), village.actor("community_manager")
    order_id = orders.place(make_elder(village), hours_ahead=24 * 30)
    village.pass_time(days=8)
    assert sorted(orders.tick()) == ["escalate", "flag"]
    orders.claim(order_id, volunteer)
    assert listed(village, manager) == []
    orders.do(claiming.step_back, volunteer, order_id=order_id, reason="")
    assert orders.tick() == ["escalate"]  # she has waited for more than a week; the day begins anew
    village.pass_time(hours=24)
    assert orders.tick() == ["flag"]
    with village.read() as session:
        rows = session.exec(select(OrderEscalation)).all()
    assert sorted((row.step, row.closed_how) for row in rows if row.closed_at) == [
        ("grid", "claim"),
        ("manager", "claim"),
    ]
    assert len([row for row in rows if row.closed_at is None]) == 2


@SQLITE
def test_without_a_grid_worker_the_first_step_falls_to_the_manager(village, orders):
    manager = employ(village, make_person(village, "第一书记"), "community_manager")
    orders.place(make_elder(village, grid=GRID), hours_ahead=24 * 30)
    village.pass_time(hours=24)
    orders.tick()
    assert told(village, manager.person_id) == ["order_flagged"]


@SQLITE
def test_an_order_that_nobody_even_accepted_is_handed_on_too_but_not_answered_for(village, orders):
    elder = make_elder(village)
    order_id = orders.place(elder, by=village.actor(person=elder), hours_ahead=24 * 30)
    village.pass_time(days=8)
    assert orders.tick() == ["flag"]
    orders.do(placing.accept, orders.desk, order_id=order_id)
    assert orders.tick() == ["escalate"]


# What waits


@SQLITE
def test_what_waits_comes_with_who_could_go_and_a_grid_worker_sees_her_grid(village, orders):
    elder, far = make_elder(village, grid=GRID), make_elder(village, name="远处老人", grid=OTHER_GRID)
    near, busy, young = (make_volunteer(village, name, grid=GRID) for name in ("近处", "没空", "年轻"))
    home = make_volunteer(village, "同户", household_id=elder.household_id)
    child = make_volunteer(village, "未成年", born_on=village.today - datetime.timedelta(days=365 * 17))
    for actor in (near, busy, young, home, child):
        _grant_volunteer(village, actor)
    order_id = orders.place(elder, hours_ahead=5)
    other = orders.place(far, hours_ahead=5)
    orders.claim(other, busy)
    worker = village.actor("grid_worker", grid=GRID)
    with village.read() as session:
        found = waiting.waiting(session, actor=orders.desk, now=village.now, kind="claim")
        assert waiting.waiting(session, actor=worker, now=village.now, kind="claim") == found
        assert waiting.counts(session, actor=worker)["claim"] == 1
        chosen = dispatch.candidates(session, actor=orders.desk, now=village.now, order_id=order_id)
    assert [line.order.id for line in found] == [order_id]
    assert (found[0].could.building, found[0].could.grid, found[0].could.community) == (0, 2, 0)
    assert {candidate.person.id for candidate in chosen} == {near.person_id, young.person_id}


@SQLITE
def test_a_service_that_needs_a_skill_is_for_who_has_it(village, orders):
    barber, other = make_volunteer(village, "会理发"), make_volunteer(village, "不会")
    for actor in (barber, other):
        _grant_volunteer(village, actor)
    orders.do(skills.say_skill, barber, person_id=barber.person_id, skill="haircut")
    order_id = orders.place(make_elder(village), service="haircut", minutes=45)
    with village.read() as session:
        found = dispatch.candidates(session, actor=orders.desk, now=village.now, order_id=order_id)
        assert dispatch.near_me(session, actor=other, now=village.now) == []
        assert [nearby.order.id for nearby in dispatch.near_me(session, actor=barber, now=village.now)] == [order_id]
        could = waiting.waiting(session, actor=orders.desk, now=village.now, kind="claim")[0].could
    assert [candidate.person.id for candidate in found] == [barber.person_id]
    assert could.total == 1
    with pytest.raises(claiming.SkillNeeded):
        orders.claim(order_id, other)
    orders.claim(order_id, barber)


@SQLITE
def test_among_the_equally_near_who_served_longest_ago_comes_first(village, orders):
    lately, long_ago, never = (make_volunteer(village, name) for name in ("最近", "很久", "从未"))
    for actor in (lately, long_ago, never):
        _grant_volunteer(village, actor)
    for who in (long_ago, lately):
        orders.served(make_elder(village, name="别的老人"), who, minutes=15, stay_minutes=15)
    order_id = orders.place(make_elder(village))
    with village.read() as session:
        found = dispatch.candidates(session, actor=orders.desk, now=village.now, order_id=order_id)
    assert [candidate.person.id for candidate in found] == [actor.person_id for actor in (never, long_ago, lately)]


@SQLITE
def test_among_the_equally_near_a_priority_elder_comes_first_but_near_still_before_far(village, orders):
    volunteer = make_volunteer(village, grid=GRID)
    plain = make_elder(village, name="一般", grid=GRID)
    alone = make_elder(village, name="独居", grid=GRID)
    far = make_elder(village, name="远处独居", grid=OTHER_GRID)
    for elder in (alone, far):
        village.write(
            lambda session, now, elder=elder: residents.flag(
                session,
                actor=console(village),
                now=now,
                person_id=elder.id,
                flag="lives_alone",
                evidence="走访记录",
                from_on=village.today,
                until_on=None,
            )
        )
    placed = {elder.id: orders.place(elder, hours_ahead=hours) for hours, elder in ((3, far), (5, plain), (9, alone))}
    with village.read() as session:
        found = dispatch.near_me(session, actor=volunteer, now=village.now)
        marked = waiting.waiting(session, actor=orders.desk, now=village.now, kind="claim")
    assert [nearby.order.id for nearby in found] == [placed[elder.id] for elder in (alone, plain, far)]
    assert {line.recipient.id for line in marked if line.is_priority} == {alone.id, far.id}


# Whom to call


@SQLITE
def test_the_call_backs_say_why_since_when_and_what_was_tried(village, orders):
    volunteer = make_volunteer(village)
    silent = orders.served(make_elder(village), volunteer)
    orders.served(make_elder(village, name="有电话", phone="13912345678"), volunteer)
    orders.call(silent, is_reached=False)
    with village.read() as session:
        found = waiting.to_call(session, actor=orders.desk)
    assert [(line.order.id, line.why, line.was_reached, len(line.calls)) for line in found] == [
        (silent, "no_phone", False, 1)
    ]
    orders.call(silent, way="visit")
    with village.read() as session:
        assert waiting.to_call(session, actor=orders.desk)[0].was_reached
        with pytest.raises(Forbidden):
            waiting.to_call(session, actor=village.actor("auditor"))


@SQLITE
def test_a_phone_number_is_for_who_may_call_about_this_order(village, orders):
    elder = make_elder(village, phone="13912345678", grid=GRID)
    person = make_person(village, "前台兼志愿者")
    both = village.actor("desk_staff", "volunteer", person=person)
    order_id = orders.place(elder)
    orders.claim(order_id, both)
    number = orders.slip(order_id)
    wrong = "000000" if number != "000000" else "111111"
    village.pass_time(hours=2)
    from tests.timebank.hours.arrange_orders import door_of

    door = door_of(village, elder)
    orders.arrive(order_id, both, door)
    village.pass_time(hours=1)
    orders.leave(order_id, both, door)
    for _ in range(5):
        orders.give_number(order_id, wrong, both)
    with village.read() as session:
        ours = waiting.to_call(session, actor=orders.desk)[0]
        hers = waiting.to_call(session, actor=both)[0]
    assert (ours.why, ours.phone is not None, hers.phone) == ("locked", True, None)


# Wrong taps


@SQLITE
@pytest.mark.parametrize("deed", ["accept", "return", "cancel"])
def test_a_wrong_tap_is_taken_back_and_the_order_waits_again(village, orders, deed):
    elder = make_elder(village, 120)
    order_id = orders.place(elder, by=village.actor(person=elder), minutes=120)
    if deed == "cancel":
        orders.cancel(order_id)
    else:
        use_case, asked = {"accept": (placing.accept, {}), "return": (placing.send_back, {"reason": "没有人手"})}[deed]
        orders.do(use_case, orders.desk, order_id=order_id, **asked)
    orders.do(undoing.undo, orders.desk, order_id=order_id)
    assert orders.state(order_id) == "submitted"
    assert orders.explained(order_id).timeline[-1].facts == {"undone": deed}
    with pytest.raises(NotEnough):  # its minutes are promised again
        orders.place(elder, minutes=15, hours_ahead=9)
    with pytest.raises(WrongState):
        orders.do(undoing.undo, orders.desk, order_id=order_id)


@SQLITE
def test_a_cancelled_claim_comes_back_without_its_volunteer_and_without_a_hold(village, orders):
    elder, volunteer = make_elder(village, 120), make_volunteer(village)
    order_id = orders.place(elder)
    orders.claim(order_id, volunteer)
    orders.do(placing.cancel, village.actor(person=elder), order_id=order_id, reason="按错了")
    orders.do(undoing.undo, village.actor(person=elder), order_id=order_id)
    row = orders.row(order_id)
    assert (row.state, row.volunteer_id, row.held_minutes, orders.minutes(elder)) == ("submitted", None, 0, (120, 0))
    orders.do(placing.accept, orders.desk, order_id=order_id)
    orders.do(dispatch.dispatch, orders.desk, order_id=order_id, person_ids=[])
    orders.claim(order_id, volunteer)
    assert orders.minutes(elder) == (120, 120)


@SQLITE
def test_what_was_spent_or_taken_meanwhile_is_not_taken_back(village, orders):
    elder = make_elder(village, 120)
    order_id = orders.place(elder, hours_ahead=5)
    orders.cancel(order_id)
    _spend(village, elder, 60)
    with pytest.raises(NotEnough):
        orders.do(undoing.undo, orders.desk, order_id=order_id)
    give(village, elder, 600)
    orders.place(elder, hours_ahead=5)
    with pytest.raises(placing.RecipientBusy):
        orders.do(undoing.undo, orders.desk, order_id=order_id)
    stranger = village.actor(person=make_person(village))
    with pytest.raises(Forbidden):
        orders.do(undoing.undo, stranger, order_id=order_id)


@SQLITE
def test_who_left_gets_nothing_back(village, orders):
    elder = make_elder(village)
    order_id = orders.place(elder)
    orders.cancel(order_id)
    leave_register(village, elder)
    with pytest.raises(placing.RecipientLeft):
        orders.do(undoing.undo, orders.desk, order_id=order_id)


# Who placed it; helpers


@SQLITE
def test_an_order_by_telephone_says_so(village, orders):
    elder = make_elder(village)
    row = orders.row(orders.place(elder, asked_way="phone"))
    assert (row.placed_how, row.asked_way, row.placed_by) == ("desk", "phone", orders.desk.number)
    own = orders.row(orders.place(elder, by=village.actor(person=elder), hours_ahead=9, asked_way="phone"))
    assert (own.placed_how, own.asked_way) == ("own", None)


def test_four_helpers_asked_for_at_once_leave_three(village, orders):
    elder = make_elder(village)
    people = [make_person(village, f"帮手{n}") for n in range(4)]
    outcomes = _at_once(
        *(
            lambda person=person: orders.do(
                helpers.ask, orders.desk, elder_id=elder.id, helper_id=person.id, relation="neighbour"
            )
            for person in people
        )
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert [type(outcome) for outcome in refused] == [helpers.TooManyHelpers]
    with village.read() as session:
        assert len(helpers.bindings(session, actor=orders.desk, elder_id=elder.id)) == 3


@SQLITE
def test_a_grid_worker_reviews_the_helpers_of_her_grid_only(village, orders):
    here, there = make_elder(village, grid=GRID), make_elder(village, name="别处", grid=OTHER_GRID)
    bound = {}
    for elder in (here, there):
        helper = make_person(village, "帮手")
        answer = orders.do(helpers.ask, orders.desk, elder_id=elder.id, helper_id=helper.id, relation="child")
        bound[elder.id] = UUID(answer["binding_id"])
    worker = village.actor("grid_worker", grid=GRID)
    with village.read() as session:
        assert [found.id for found in helpers.bindings(session, actor=worker)] == [bound[here.id]]
    orders.do(helpers.review, worker, binding_id=bound[here.id], is_accepted=True)
    with pytest.raises(Forbidden):
        orders.do(helpers.review, worker, binding_id=bound[there.id], is_accepted=True)


@SQLITE
def test_a_reserve_whose_role_ended_since_does_not_move_up_and_is_told(village, orders):
    elder, first, second = make_elder(village), make_volunteer(village), make_volunteer(village, "候补")
    order_id = orders.place(elder)
    _grant_volunteer(village, second)
    orders.claim(order_id, first)
    orders.do(claiming.stand_by, second, order_id=order_id)
    with village.read() as session:
        (grant,) = session.exec(select(logins.RoleGrant).where(logins.RoleGrant.person_id == second.person_id)).all()
    village.storage.write_global(lambda session, now: logins.revoke(session, now=now, grant_id=grant.id))
    orders.do(claiming.step_back, first, order_id=order_id, reason="")
    assert (orders.state(order_id), orders.row(order_id).volunteer_id) == ("dispatched", None)
    assert orders.minutes(elder) == (600, 0)
    assert told(village, second.person_id) == ["order_not_promoted"]
