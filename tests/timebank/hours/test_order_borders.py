"""The numbers of the policy that concern orders, each at its border: still not, and from this instant on."""

import datetime

import pytest

from tests.timebank.hours.arrange_orders import (
    Orders,
    door_of,
    job,
    make_elder,
    make_person,
    make_volunteer,
    on_lane_at,
)
from timebank import policy
from timebank.hours.orders import board, claiming, follow_up, serving, settling, tear_off, undoing
from timebank.people import helpers

MS = datetime.timedelta(milliseconds=1)

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def orders(village) -> Orders:
    return Orders(village)


def due(village, at):
    with village.read() as session:
        return {found.verb for found in follow_up.due(session, community_id=village.community_id, now=at, limit=50)}


def test_an_order_is_begun_sixty_minutes_before_its_time_and_not_earlier(village, orders):
    """order_early_minutes is 60."""
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.place(elder, hours_ahead=5)
    orders.claim(order_id, volunteer)
    asked = {"actor": volunteer, "order_id": order_id, "door_token": door_of(village, elder)}
    first = orders.row(order_id).starts_at - datetime.timedelta(minutes=60)
    with pytest.raises(serving.TooEarly):
        on_lane_at(village, first - MS, serving.arrive, **asked)
    assert on_lane_at(village, first, serving.arrive, **asked)["state"] == "in_service"


@pytest.mark.parametrize("stay_minutes, paid", [(149, 135), (150, 150), (165, 150), (190, 150)])
def test_consent_pays_at_most_a_quarter_more_than_was_held(village, orders, stay_minutes, paid):
    """order_over_percent is 25."""
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.served(elder, volunteer, minutes=120, stay_minutes=stay_minutes)
    assert orders.confirm(order_id, elder, consents=True)["minutes"] == paid


def test_a_quarter_more_is_floored_to_quarters_of_an_hour(village, orders):
    """A quarter of 45 minutes is 11: less than one step of 15, so there is nothing that she could agree to."""
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.served(elder, volunteer, minutes=45, stay_minutes=90)
    assert orders.confirm(order_id, elder, consents=True)["minutes"] == 45


def test_silence_counts_from_the_very_instant_of_three_days(village, orders):
    """order_confirm_silence_days is 3."""
    elder, volunteer = make_elder(village, phone="13912345678"), make_volunteer(village)
    order_id = orders.served(elder, volunteer)
    full = orders.row(order_id).state_since + datetime.timedelta(days=3)
    assert due(village, full - MS) == set()
    with pytest.raises(settling.SilenceNotEnough) as refused:
        on_lane_at(village, full - MS, settling.confirm_by_silence, actor=job(village), order_id=order_id)
    assert refused.value.facts["reason"] == "too_soon"
    assert due(village, full) == {"silence"}
    assert on_lane_at(village, full, settling.confirm_by_silence, actor=job(village), order_id=order_id)["how"] == (
        "silence"
    )


def test_an_order_is_handed_to_the_grid_worker_at_twenty_four_hours(village, orders):
    """order_unclaimed_hours is 24."""
    order_id = orders.place(make_elder(village), hours_ahead=24 * 30)
    full = orders.row(order_id).unclaimed_since + datetime.timedelta(hours=24)
    assert due(village, full - MS) == set()
    assert due(village, full) == {"flag"}


def test_an_order_is_handed_to_the_manager_at_seven_days_from_the_asking(village, orders):
    """order_guarantee_days is 7."""
    order_id = orders.place(make_elder(village), hours_ahead=24 * 30)
    full = orders.row(order_id).submitted_at + datetime.timedelta(days=7)
    assert "escalate" not in due(village, full - MS)
    assert "escalate" in due(village, full)


def test_a_volunteer_who_lets_go_starts_the_day_again_but_not_the_week(village, orders):
    order_id = orders.place(make_elder(village), hours_ahead=24 * 30)
    volunteer = make_volunteer(village)
    village.pass_time(hours=20)
    orders.claim(order_id, volunteer)
    village.pass_time(days=6)
    orders.do(claiming.step_back, volunteer, order_id=order_id, reason="")
    row = orders.row(order_id)
    assert due(village, row.unclaimed_since + datetime.timedelta(hours=24) - MS) <= {"escalate"}
    assert due(village, row.unclaimed_since + datetime.timedelta(hours=24)) >= {"flag"}
    assert "escalate" in due(village, row.submitted_at + datetime.timedelta(days=7))


@pytest.mark.parametrize("late", [datetime.timedelta(), MS])
def test_a_volunteer_steps_back_until_the_start_and_then_only_staff_let_her_go(village, orders, late):
    """Else she would step back when the hour is over, and never have missed an order."""
    order_id, volunteer = orders.place(make_elder(village)), make_volunteer(village)
    orders.claim(order_id, volunteer)
    starts_at, asked = orders.row(order_id).starts_at, {"order_id": order_id, "reason": ""}
    with pytest.raises(claiming.TooLateToStepBack):
        on_lane_at(village, starts_at + late, claiming.step_back, actor=volunteer, **asked)
    if late:
        on_lane_at(village, starts_at + late, claiming.step_back, actor=orders.desk, **asked)
    else:
        on_lane_at(village, starts_at - MS, claiming.step_back, actor=volunteer, **asked)
    assert orders.state(order_id) == "dispatched"


def test_a_second_tap_is_no_second_visit_to_who_has_no_phone(village, orders):
    order_id = orders.served(make_elder(village, phone=""), make_volunteer(village))
    for _tap in range(2):
        orders.call(order_id, way="visit", is_reached=False)
    village.pass_time(days=4)
    assert orders.tick() == []
    orders.call(order_id, way="visit", is_reached=False)
    assert (orders.tick(), orders.state(order_id)) == (["silence"], "done")


def test_the_fourth_wrong_number_still_allows_a_fifth_and_the_fifth_locks(village, orders):
    """tear_off_tries is 5."""
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.served(elder, volunteer)
    right = orders.slip(order_id)
    wrong = "000000" if right != "000000" else "111111"
    left = [orders.give_number(order_id, wrong, volunteer)["facts"]["tries_left"] for _ in range(4)]
    assert left == [4, 3, 2, 1]
    assert orders.row(order_id).tear_off_locked_at is None
    assert orders.give_number(order_id, wrong, volunteer)["facts"]["tries_left"] == 0
    with pytest.raises(tear_off.TearOffLocked):
        orders.give_number(order_id, right, volunteer)


def miss(village, orders, elder, volunteer):
    """An order that the volunteer claims and does not come for; returns when that was written down."""
    order_id = orders.place(elder, minutes=15, hours_ahead=1)
    orders.claim(order_id, volunteer)
    village.pass_time(hours=2)
    orders.do(claiming.no_show, orders.desk, order_id=order_id, is_excused=False, note="")
    row = orders.row(order_id)
    orders.cancel(order_id)
    return row.state_since


@pytest.mark.parametrize("beyond, is_blocked", [(datetime.timedelta(), True), (MS, False)])
def test_three_within_ninety_days_block_and_not_a_millisecond_more(village, orders, beyond, is_blocked):
    """no_show_days is 90, no_show_most 3. The third is written down exactly 90 days after the first, or a millisecond later."""
    elder, volunteer = make_elder(village, 3000), make_volunteer(village)
    first = miss(village, orders, elder, volunteer)
    village.pass_time(days=40)
    miss(village, orders, elder, volunteer)
    third = first + datetime.timedelta(days=90) + beyond
    village.clock.move(third - datetime.timedelta(hours=5) - village.now)
    order_id = orders.place(elder, minutes=15, hours_ahead=1)
    orders.claim(order_id, volunteer)
    asked = {"actor": orders.desk, "order_id": order_id, "is_excused": False, "note": ""}
    on_lane_at(village, third, claiming.no_show, **asked)
    after = orders.place(elder, minutes=15, hours_ahead=24)
    claim = {"actor": volunteer, "order_id": after}
    if is_blocked:
        with pytest.raises(claiming.ClaimingBlocked):
            on_lane_at(village, third + MS, claiming.claim, **claim)
    else:
        on_lane_at(village, third + MS, claiming.claim, **claim)


def test_a_block_ends_thirty_days_after_the_third(village, orders):
    """no_show_block_days is 30."""
    elder, volunteer = make_elder(village, 3000), make_volunteer(village)
    last = [miss(village, orders, elder, volunteer) for _ in range(3)][-1]
    ends = last + datetime.timedelta(days=30)
    village.clock.move(ends - datetime.timedelta(days=1) - village.now)
    order_id = orders.place(elder, minutes=15, hours_ahead=48)
    with pytest.raises(claiming.ClaimingBlocked) as refused:
        on_lane_at(village, ends - MS, claiming.claim, actor=volunteer, order_id=order_id)
    assert refused.value.facts["until"] == ends.isoformat()
    assert on_lane_at(village, ends, claiming.claim, actor=volunteer, order_id=order_id)["state"] == "claimed"


def test_a_wrong_tap_is_taken_back_within_thirty_minutes(village, orders):
    """order_undo_minutes is 30."""
    elder, manager = make_elder(village), village.actor("community_manager")
    order_id = orders.place(elder, hours_ahead=48)
    orders.cancel(order_id)
    last = orders.row(order_id).state_since + datetime.timedelta(minutes=30)
    with pytest.raises(undoing.TooLateToUndo) as refused:
        on_lane_at(village, last + MS, undoing.undo, actor=manager, order_id=order_id)
    assert refused.value.facts["minutes"] == 30
    assert on_lane_at(village, last, undoing.undo, actor=manager, order_id=order_id)["state"] == "submitted"


def test_the_third_helper_is_bound_and_the_fourth_is_not(village, orders):
    """helpers_most is 3."""
    elder = make_elder(village)
    for n in range(3):
        helper = make_person(village, f"帮手{n}")
        orders.do(helpers.ask, orders.desk, elder_id=elder.id, helper_id=helper.id, relation="child")
    fourth = make_person(village, "帮手四")
    with pytest.raises(helpers.TooManyHelpers) as refused:
        orders.do(helpers.ask, orders.desk, elder_id=elder.id, helper_id=fourth.id, relation="child")
    assert refused.value.facts == {"most": 3}


def test_ratings_are_shown_from_the_third_on(village, orders):
    elder, volunteer = make_elder(village, 3000), make_volunteer(village)
    shown = []
    for stars in (5, 4, 3):
        order_id = orders.served(elder, volunteer, minutes=15, stay_minutes=15)
        orders.confirm(order_id, elder)
        orders.do(settling.rate, village.actor(person=elder), order_id=order_id, stars=stars, comment="")
        with village.read() as session:
            shown.append(board.rating_of(session, village.community_id, volunteer.person_id))
    assert shown == [(1, None), (2, None), (3, 4.0)]


def test_a_community_may_allow_fewer_helpers(village, orders):
    def allow_one(session, now):
        return {"version": policy.change(session, village.community_id, numbers={"helpers_most": 1}, on=tomorrow)}

    tomorrow = village.today + datetime.timedelta(days=1)
    village.write(allow_one)
    village.pass_time(days=1)
    elder = make_elder(village)
    for n, is_refused in ((1, False), (2, True)):
        asked = {"elder_id": elder.id, "helper_id": make_person(village, f"帮手{n}").id, "relation": "child"}
        if is_refused:
            with pytest.raises(helpers.TooManyHelpers):
                orders.do(helpers.ask, orders.desk, **asked)
        else:
            orders.do(helpers.ask, orders.desk, **asked)
