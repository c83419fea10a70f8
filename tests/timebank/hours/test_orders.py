"""An order from the asking to the settled minutes, and everything that may go otherwise."""

import datetime
import threading
from typing import Any

import pytest

from tests.timebank.hours.arrange_orders import (
    Orders,
    door_of,
    give,
    job,
    leave_register,
    make_elder,
    make_person,
    make_volunteer,
)
from tests.village import Village
from timebank import accounts
from timebank.errors import BadInput, Forbidden, NotEnough, NotFound, Refused
from timebank.hours.attendance.visits import CheckedInElsewhere
from timebank.hours.orders import (
    board,
    claiming,
    dispatch,
    disputes,
    escalation,
    follow_up,
    placing,
    rows,
    serving,
    settling,
    tear_off,
)
from timebank.hours.orders.states import MOVES, STATES, WrongState
from timebank.people.cards import CardUnknown
from timebank.permissions import Actor
from timebank.storage import new_key


@pytest.fixture
def orders(village: Village) -> Orders:
    return Orders(village)


# The story


def test_minutes_are_held_at_the_claim_and_move_when_the_slip_number_is_given(village, orders):
    elder, volunteer = make_elder(village, 600), make_volunteer(village)
    placed = orders.placed(elder)
    order_id = orders.place(elder, hours_ahead=30)
    assert (placed["before_minutes"], placed["after_minutes"], placed["state"]) == (600, 480, "dispatched")

    orders.claim(order_id, volunteer)
    assert orders.minutes(elder) == (600, 120)

    door, number = door_of(village, elder), orders.slip(order_id)
    village.pass_time(hours=30)
    orders.arrive(order_id, volunteer, door)
    village.pass_time(minutes=97, seconds=10)
    orders.leave(order_id, volunteer, door)
    outcome = orders.give_number(order_id, number, volunteer)

    assert (outcome["state"], outcome["minutes"], outcome["released_minutes"]) == ("done", 90, 30)
    assert orders.minutes(elder) == (510, 0)
    assert orders.minutes(volunteer) == (90, 0)
    detail = orders.entry(orders.row(order_id).capture_seq).detail
    assert detail["credited"] == 90
    assert detail["uncapped"] == 90
    assert detail["rounding"] == 15
    assert detail["evidence"] == "B"
    assert sum(seconds for seconds, _ in detail["spans"]) == orders.row(order_id).real_seconds
    verbs = [event.verb for event in orders.explained(order_id).timeline]
    assert verbs == ["place", "accept", "dispatch", "claim", "issue_tear_off", "arrive", "leave", "confirm"]


def test_an_elder_with_a_sign_in_places_and_confirms_herself_and_rates(village, orders):
    elder, volunteer = make_elder(village, phone="13912345678"), make_volunteer(village)
    herself = village.actor(person=elder)
    order_id = orders.place(elder, by=herself)
    assert orders.state(order_id) == "submitted"
    orders.do(placing.accept, orders.desk, order_id=order_id)
    orders.do(dispatch.dispatch, orders.desk, order_id=order_id, person_ids=[])
    orders.claim(order_id, volunteer)
    door = door_of(village, elder)
    village.pass_time(hours=2)
    orders.arrive(order_id, volunteer, door)
    village.pass_time(hours=2)
    orders.leave(order_id, volunteer, door)
    orders.confirm(order_id, elder)
    orders.do(settling.rate, herself, order_id=order_id, stars=5, comment="很耐心")
    row = orders.row(order_id)
    assert (row.state, row.rating, row.settled_how, row.credited_minutes) == ("rated", 5, "sign_in", 120)


# Asking for more than is there


def test_ordering_more_than_is_there_says_what_is_there_and_what_was_needed(village, orders):
    elder = make_elder(village, 40)
    with pytest.raises(NotEnough) as refused:
        orders.place(elder, minutes=60)
    assert refused.value.facts["needed_minutes"] == 60
    assert refused.value.facts["available_minutes"] == 40


def test_what_open_orders_will_need_is_not_ordered_twice(village, orders):
    elder = make_elder(village, 200)
    orders.place(elder, minutes=120, hours_ahead=2)
    with pytest.raises(NotEnough) as refused:
        orders.place(elder, minutes=90, hours_ahead=10)
    assert refused.value.facts["available_minutes"] == 80
    assert refused.value.facts["promised_minutes"] == 120


def test_an_elder_without_any_account_has_nothing(village, orders):
    with pytest.raises(NotEnough) as refused:
        orders.place(make_elder(village, 0), minutes=15)
    assert refused.value.facts["available_minutes"] == 0


def test_two_desks_ordering_the_last_minutes_at_once_exactly_one_wins(village, orders):
    elder = make_elder(village, 120)
    outcomes = _at_once(
        *(lambda hours=hours: orders.place(elder, minutes=120, hours_ahead=hours) for hours in (2, 8, 14, 20))
    )
    assert sum(not isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert all(outcome.code == "not_enough" for outcome in outcomes if isinstance(outcome, Refused))


def test_minutes_spent_between_order_and_claim_are_not_claimed(village, orders):
    elder, volunteer = make_elder(village, 120), make_volunteer(village)
    order_id = orders.place(elder, minutes=120)
    _spend(village, elder, 30)
    with pytest.raises(NotEnough) as refused:
        orders.claim(order_id, volunteer)
    assert (refused.value.facts["needed_minutes"], refused.value.facts["available_minutes"]) == (120, 90)
    assert orders.state(order_id) == "dispatched"
    assert orders.minutes(elder) == (90, 0)


# Placing


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"service": "surgery"}, "service"),
        ({"minutes": 20}, "planned_minutes"),
        ({"minutes": 0}, "planned_minutes"),
        ({"minutes": 195}, "planned_minutes"),
        ({"place": "  "}, "place"),
        ({"place": "长" * 121}, "place"),
        ({"note": "长" * 301}, "note"),
        ({"hours_ahead": -1}, "starts_at"),
        ({"hours_ahead": 24 * 61}, "starts_at"),
    ],
)
def test_an_order_that_cannot_be_served_names_the_field(village, orders, wrong, field):
    with pytest.raises(BadInput) as refused:
        orders.place(make_elder(village), **wrong)
    assert field in str(refused.value.facts["fields"])


def test_age_counts_on_the_day_of_the_service(village, orders):
    turns_65_tomorrow = make_elder(village, born_on=datetime.date(1961, 11, 21))
    with pytest.raises(placing.NotOldEnough) as refused:
        orders.place(turns_65_tomorrow, hours_ahead=2)
    assert (refused.value.facts["age"], refused.value.facts["needed_age"]) == (64, 65)
    orders.place(turns_65_tomorrow, hours_ahead=24)


def test_who_left_the_register_gets_no_new_order(village, orders):
    elder = make_elder(village)
    leave_register(village, elder)
    with pytest.raises(placing.RecipientLeft):
        orders.place(elder)


def test_nobody_is_served_twice_at_the_same_time(village, orders):
    elder = make_elder(village)
    orders.place(elder, minutes=120, hours_ahead=2)
    with pytest.raises(placing.RecipientBusy):
        orders.place(elder, minutes=60, hours_ahead=3.5)
    orders.place(elder, minutes=60, hours_ahead=4.1)


def test_the_same_tap_twice_is_one_order(village, orders):
    elder, key = make_elder(village), new_key(village.now)
    asked = {
        "recipient_id": elder.id,
        "service": "shopping",
        "starts_at": village.now + datetime.timedelta(hours=5),
        "planned_minutes": 60,
        "place": "菜场",
        "note": "",
        "dispatch_at_once": True,
    }
    first = orders.do(placing.place, orders.desk, key=key, **asked)
    assert orders.do(placing.place, orders.desk, key=key, **asked) == first


def test_numbers_of_orders_have_no_gaps(village, orders):
    elder = make_elder(village)
    first = orders.placed(elder, hours_ahead=2)["order_number"]
    with pytest.raises(BadInput):
        orders.place(elder, service="surgery")
    assert orders.placed(elder, hours_ahead=9)["order_number"] == first + 1


# Claiming


def test_two_volunteers_claiming_at_once_one_wins_and_the_minutes_are_held_once(village, orders):
    elder = make_elder(village, 120)
    volunteers = [make_volunteer(village, f"志愿者{n}") for n in range(4)]
    order_id = orders.place(elder, minutes=120)
    outcomes = _at_once(*(lambda who=who: orders.claim(order_id, who) for who in volunteers))
    assert sum(not isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert {outcome.code for outcome in outcomes if isinstance(outcome, Refused)} == {"order_already_claimed"}
    assert orders.minutes(elder) == (120, 120)


def test_claiming_again_says_that_it_is_yours(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.place(elder)
    orders.claim(order_id, volunteer)
    with pytest.raises(claiming.AlreadyYours):
        orders.claim(order_id, volunteer)


def test_one_reserve_stands_by_and_moves_up_with_a_hold_of_her_own(village, orders):
    elder = make_elder(village, 120)
    first, second, third = (make_volunteer(village, f"志愿者{n}") for n in range(3))
    order_id = orders.place(elder, minutes=120)
    orders.claim(order_id, first)
    orders.do(claiming.stand_by, second, order_id=order_id)
    _grant_volunteer(village, second)
    with pytest.raises(claiming.AlreadyClaimed) as refused:
        orders.do(claiming.stand_by, third, order_id=order_id)
    assert refused.value.facts["reserve_is_free"] is False
    orders.do(claiming.step_back, first, order_id=order_id, reason="临时有事")
    row = orders.row(order_id)
    assert (row.state, row.volunteer_id) == ("claimed", second.person_id)
    assert orders.minutes(elder) == (120, 120)


def test_stepping_back_without_a_reserve_frees_the_minutes(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.place(elder)
    orders.claim(order_id, volunteer)
    orders.do(claiming.step_back, volunteer, order_id=order_id, reason="")
    assert orders.state(order_id) == "dispatched"
    assert orders.minutes(elder) == (600, 0)
    orders.claim(order_id, volunteer)


def test_a_volunteer_does_not_step_back_for_another(village, orders):
    elder, volunteer, other = make_elder(village), make_volunteer(village), make_volunteer(village, "赵志愿")
    order_id = orders.place(elder)
    orders.claim(order_id, volunteer)
    with pytest.raises(Forbidden):
        orders.do(claiming.step_back, other, order_id=order_id, reason="")


def test_nobody_claims_her_own_order_or_one_of_her_household(village, orders):
    elder = make_elder(village)
    order_id = orders.place(elder)
    with pytest.raises(claiming.OwnOrder):
        orders.claim(order_id, village.actor("volunteer", person=elder))
    son = make_person(village, "王小明", household_id=elder.household_id)
    with pytest.raises(claiming.SameHousehold):
        orders.claim(order_id, village.actor("volunteer", person=son))


@pytest.mark.parametrize("born_on", [datetime.date(2010, 1, 1), None])
def test_who_is_too_young_or_of_unknown_age_is_not_sent_to_a_home(village, orders, born_on):
    order_id = orders.place(make_elder(village))
    with pytest.raises(claiming.VolunteerTooYoung):
        orders.claim(order_id, make_volunteer(village, born_on=born_on))


def test_a_volunteer_is_in_one_place_at_a_time(village, orders):
    volunteer = make_volunteer(village)
    first = orders.place(make_elder(village, name="张奶奶"), hours_ahead=2)
    second = orders.place(make_elder(village, name="陈爷爷"), hours_ahead=3)
    orders.claim(first, volunteer)
    with pytest.raises(claiming.VolunteerBusy):
        orders.claim(second, volunteer)


def test_an_order_offered_to_one_who_cannot_come_is_open_to_all(village, orders):
    elder, asked, other = make_elder(village), make_volunteer(village, "张"), make_volunteer(village, "李")
    order_id = orders.place(elder)
    orders.do(dispatch.dispatch, orders.desk, order_id=order_id, person_ids=[asked.person_id])
    with pytest.raises(claiming.NotOffered):
        orders.claim(order_id, other)
    orders.claim(order_id, asked)
    orders.do(claiming.step_back, asked, order_id=order_id, reason="孩子病了")
    orders.claim(order_id, other)
    assert orders.row(order_id).volunteer_id == other.person_id


def test_an_order_offered_by_name_is_for_those_only(village, orders):
    elder, named, other = make_elder(village), make_volunteer(village), make_volunteer(village, "赵志愿")
    order_id = orders.place(elder)
    orders.do(dispatch.dispatch, orders.desk, order_id=order_id, person_ids=[named.person_id])
    with pytest.raises(claiming.NotOffered):
        orders.claim(order_id, other)
    orders.claim(order_id, named)


def test_three_unexcused_no_shows_block_claiming_for_thirty_days(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    for _ in range(3):
        order_id = orders.place(elder)
        orders.claim(order_id, volunteer)
        with pytest.raises(claiming.TooEarlyForNoShow):
            orders.do(claiming.no_show, orders.desk, order_id=order_id, is_excused=False, note="")
        village.pass_time(hours=2, minutes=20)
        orders.do(claiming.no_show, orders.desk, order_id=order_id, is_excused=False, note="没有来")
        orders.cancel(order_id)
    blocked = orders.place(elder)
    with pytest.raises(claiming.ClaimingBlocked) as refused:
        orders.claim(blocked, volunteer)
    assert refused.value.facts["count"] == 3
    assert orders.minutes(elder) == (600, 0)
    orders.cancel(blocked)
    village.pass_time(days=31)
    orders.claim(orders.place(elder), volunteer)


def test_an_excused_absence_blocks_nobody(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    for _ in range(3):
        order_id = orders.place(elder)
        orders.claim(order_id, volunteer)
        village.pass_time(hours=2, minutes=20)
        orders.do(claiming.no_show, orders.desk, order_id=order_id, is_excused=True, note="生病")
        orders.cancel(order_id)
    orders.claim(orders.place(elder), volunteer)
    _, held_minutes = orders.minutes(elder)
    assert held_minutes == 120


def test_lots_that_end_first_are_held_first(village, orders):
    elder, volunteer = make_elder(village, 60), make_volunteer(village)
    lot = _give_grant(village, elder, 90)
    order_id = orders.place(elder, minutes=120)
    orders.claim(order_id, volunteer)
    legs = dict(map(tuple, orders.entry(orders.row(order_id).hold_seq).fields["legs"]))
    assert legs[lot] == -90
    assert sum(amount for amount in legs.values() if amount < 0) == -120


# Serving


def test_arrival_needs_the_right_door_the_right_volunteer_and_the_right_time(village, orders):
    elder, other_elder = make_elder(village), make_elder(village, name="张爷爷")
    volunteer, other = make_volunteer(village), make_volunteer(village, "赵志愿")
    order_id = orders.place(elder, hours_ahead=5)
    orders.claim(order_id, volunteer)
    door = door_of(village, elder)
    with pytest.raises(serving.TooEarly):
        orders.arrive(order_id, volunteer, door)
    village.pass_time(hours=5)
    with pytest.raises(serving.NotYourOrder):
        orders.arrive(order_id, other, door)
    with pytest.raises(serving.WrongDoor):
        orders.arrive(order_id, volunteer, door_of(village, other_elder))
    with pytest.raises(CardUnknown):
        orders.arrive(order_id, volunteer, "A" * 16)
    orders.arrive(order_id, volunteer, door)
    with pytest.raises(WrongState):
        orders.arrive(order_id, volunteer, door)


def test_who_is_checked_in_somewhere_cannot_arrive_elsewhere(village, orders):
    volunteer = make_volunteer(village)
    elder, second_elder = make_elder(village), make_elder(village, name="张爷爷")
    first, second = orders.place(elder, hours_ahead=2), orders.place(second_elder, hours_ahead=4.5)
    orders.claim(first, volunteer)
    orders.claim(second, volunteer)
    village.pass_time(hours=2)
    orders.arrive(first, volunteer, door_of(village, elder))
    village.pass_time(hours=2)
    with pytest.raises(CheckedInElsewhere):
        orders.arrive(second, volunteer, door_of(village, second_elder))


def test_a_stay_under_the_rounding_moves_nothing_and_frees_everything(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.served(elder, volunteer, stay_minutes=14)
    outcome = orders.confirm(order_id, elder)
    assert (outcome["minutes"], outcome["state"]) == (0, "done")
    assert orders.minutes(elder) == (600, 0)
    assert orders.row(order_id).capture_seq is None


def test_a_forgotten_leaving_ends_as_planned_and_is_never_confirmed_by_silence(village, orders):
    elder, volunteer = make_elder(village, phone="13912345678"), make_volunteer(village)
    order_id = orders.place(elder, minutes=60)
    orders.claim(order_id, volunteer)
    door = door_of(village, elder)
    village.pass_time(hours=2)
    orders.arrive(order_id, volunteer, door)
    village.pass_time(hours=1)
    assert orders.tick() == []
    village.pass_time(hours=2, minutes=5)
    assert orders.tick() == ["close_forgotten"]
    row = orders.row(order_id)
    assert (row.state, row.is_estimated, (row.left_at - row.arrived_at).seconds) == ("to_confirm", True, 3600)
    village.pass_time(days=4)
    assert orders.tick() == []
    orders.confirm(order_id, elder)
    assert orders.row(order_id).credited_minutes == 60


def test_staff_write_times_from_paper_but_never_their_own(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.place(elder, minutes=60)
    orders.claim(order_id, volunteer)
    village.pass_time(hours=4)
    times = {
        "arrived_at": village.now - datetime.timedelta(hours=2),
        "left_at": village.now - datetime.timedelta(hours=1),
    }
    both = Actor(**{**volunteer.__dict__, "grants": (*volunteer.grants, *orders.desk.grants)})
    with pytest.raises(serving.NotYourOrder):
        orders.do(serving.record_times, both, order_id=order_id, note="登记本第 3 页", **times)
    orders.do(serving.record_times, orders.desk, order_id=order_id, note="登记本第 3 页", **times)
    assert orders.explained(order_id).evidence == "D"
    assert orders.confirm(order_id, elder)["minutes"] == 60


# Confirming


def test_five_wrong_numbers_lock_and_only_a_call_back_unlocks(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.served(elder, volunteer)
    number = orders.slip(order_id)
    wrong = f"{(int(number) + 1) % 10**6:06d}"
    left = [orders.give_number(order_id, wrong, volunteer)["facts"]["tries_left"] for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(tear_off.TearOffLocked):
        orders.give_number(order_id, number, volunteer)
    with pytest.raises(tear_off.TearOffLocked):
        orders.slip(order_id)
    with pytest.raises(tear_off.CallBackNeeded):
        orders.do(tear_off.unlock, orders.desk, order_id=order_id)
    orders.call(order_id, is_reached=False)
    with pytest.raises(tear_off.CallBackNeeded):
        orders.do(tear_off.unlock, orders.desk, order_id=order_id)
    orders.call(order_id)
    orders.do(tear_off.unlock, orders.desk, order_id=order_id)
    assert orders.give_number(order_id, number, volunteer)["state"] == "done"


def test_the_same_wrong_tap_twice_is_one_try(village, orders):
    elder, volunteer, key = make_elder(village), make_volunteer(village), new_key(village.now)
    order_id = orders.served(elder, volunteer)
    number = orders.slip(order_id)
    wrong, key = f"{(int(number) + 1) % 10**6:06d}", new_key(village.now)
    for _ in range(3):
        assert orders.give_number(order_id, wrong, volunteer, key=key)["facts"]["tries_left"] == 4


def test_a_number_is_good_once_and_for_its_order_only(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    first = orders.served(elder, volunteer, stay_minutes=60)
    number = orders.slip(first)
    orders.give_number(first, number, volunteer)
    with pytest.raises(WrongState):
        orders.give_number(first, number, volunteer)
    second = orders.served(elder, volunteer, stay_minutes=60)
    orders.slip(second)
    if orders.row(second).tear_off_hash != orders.row(first).tear_off_hash:
        assert orders.give_number(second, number, volunteer).get("code") == "tear_off_wrong"
    assert orders.minutes(elder) == (540, 120)


def test_a_new_slip_voids_the_one_before(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.served(elder, volunteer)
    old = orders.slip(order_id)
    new = orders.slip(order_id)
    if old != new:
        assert orders.give_number(order_id, old, volunteer)["code"] == "tear_off_wrong"
    assert orders.give_number(order_id, " ".join(new), volunteer)["state"] == "done"


def test_full_width_digits_are_understood(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.served(elder, volunteer)
    number = orders.slip(order_id).translate(str.maketrans("0123456789", "0123456789"))
    assert orders.give_number(order_id, number, volunteer)["state"] == "done"


def test_no_number_stands_in_the_database(village, orders):
    elder, _volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.place(elder)
    number = orders.slip(order_id)
    with village.read() as session:
        from sqlmodel import select

        from timebank.storage import Request

        for request in session.exec(select(Request)):
            assert number not in str(request.facts)
    assert number not in orders.row(order_id).tear_off_hash or len(number) < 6


def test_the_volunteer_never_gets_the_slip_and_never_confirms_for_her(village, orders):
    elder, person = make_elder(village), make_person(village)
    volunteer = village.actor("volunteer", "desk_staff", "community_manager", person=person)
    order_id = orders.served(elder, volunteer)
    with pytest.raises(tear_off.NotForVolunteer):
        orders.slip(order_id, by=volunteer)
    orders.call(order_id)
    with pytest.raises(settling.OwnMatter):
        orders.do(settling.confirm_by_call, volunteer, order_id=order_id, consents=True)
    with pytest.raises(Forbidden):
        orders.do(settling.confirm_own, volunteer, order_id=order_id, consents=False)
    with pytest.raises(tear_off.TearOffMissing):
        orders.give_number(order_id, "000000", volunteer)


def test_more_than_held_moves_only_with_consent_and_at_most_a_quarter_more(village, orders):
    elder, volunteer = make_elder(village, 600), make_volunteer(village)
    order_id = orders.served(elder, volunteer, minutes=120, stay_minutes=170)
    outcome = orders.confirm(order_id, elder, consents=True)
    assert (outcome["minutes"], outcome["extra_minutes"]) == (150, 30)
    assert orders.minutes(elder) == (450, 0)
    assert orders.minutes(volunteer) == (150, 0)
    row = orders.row(order_id)
    assert row.extra_seq == row.capture_seq + 1

    second = orders.served(elder, volunteer, minutes=120, stay_minutes=170)
    outcome = orders.confirm(second, elder, consents=False)
    assert (outcome["minutes"], outcome["extra_minutes"]) == (120, 0)
    assert orders.minutes(elder) == (330, 0)


def test_consent_to_more_than_she_has_is_refused_whole(village, orders):
    elder, volunteer = make_elder(village, 120), make_volunteer(village)
    order_id = orders.served(elder, volunteer, minutes=120, stay_minutes=170)
    with pytest.raises(NotEnough) as refused:
        orders.confirm(order_id, elder, consents=True)
    assert (refused.value.facts["needed_minutes"], refused.value.facts["available_minutes"]) == (30, 0)
    assert orders.minutes(elder) == (120, 120)
    assert orders.confirm(order_id, elder)["minutes"] == 120


def test_what_is_above_the_volunteers_ceiling_goes_to_the_pool(village, orders):
    elder, person = make_elder(village), make_person(village)
    order_id = orders.place(elder)
    volunteer = village.actor("volunteer", person=person)
    orders.claim(order_id, volunteer)  # opens the account with the community's ceiling
    give(village, person, 90_000 - 45)
    door = door_of(village, elder)
    village.pass_time(hours=2)
    orders.arrive(order_id, volunteer, door)
    village.pass_time(hours=2)
    orders.leave(order_id, volunteer, door)
    before = village.balance(accounts.POOL_MIN)
    outcome = orders.confirm(order_id, elder)
    assert (outcome["minutes"], outcome["pool_minutes"]) == (120, 75)
    assert orders.minutes(volunteer) == (90_000, 0)
    assert village.balance(accounts.POOL_MIN) - before == 75


def test_the_days_cap_counts_orders_too(village, orders):
    volunteer = make_volunteer(village, born_on=datetime.date(1950, 1, 1))  # 76: four hours a day
    first, second = make_elder(village, 600), make_elder(village, 600, name="张爷爷")
    one = orders.served(first, volunteer, minutes=180, stay_minutes=180)
    assert orders.confirm(one, first)["minutes"] == 180
    other = orders.place(second, minutes=120, hours_ahead=0.5)
    orders.claim(other, volunteer)
    door = door_of(village, second)
    orders.arrive(other, volunteer, door)
    village.pass_time(hours=2)
    orders.leave(other, volunteer, door)
    assert orders.confirm(other, second)["minutes"] == 60
    assert [reason["code"] for reason in orders.explained(other).reasons] == ["day_cap"]


def test_silence_of_three_days_confirms_who_has_a_phone(village, orders):
    elder, volunteer = make_elder(village, phone="13912345678"), make_volunteer(village)
    order_id = orders.served(elder, volunteer)
    village.pass_time(days=2, hours=23)
    assert orders.tick() == []
    village.pass_time(hours=2)
    assert orders.tick() == ["silence"]
    assert orders.row(order_id).settled_how == "silence"
    assert orders.minutes(volunteer) == (120, 0)


@pytest.mark.parametrize(
    "calls, is_confirmed",
    [
        ([], False),
        ([("call", False), ("call", False), ("call", False)], False),
        ([("visit", False)], False),
        ([("visit", False), ("visit", False)], True),
        ([("call", False), ("call", True)], True),
    ],
)
def test_silence_of_who_has_no_phone_counts_only_after_she_was_reached(village, orders, calls, is_confirmed):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.served(elder, volunteer)
    for way, is_reached in calls:
        orders.call(order_id, way=way, is_reached=is_reached)
        village.pass_time(days=1)
    village.pass_time(days=30)
    orders.tick()
    assert (orders.state(order_id) == "done") is is_confirmed


def test_a_call_before_she_left_does_not_count(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.place(elder)
    orders.call(order_id)
    orders.claim(order_id, volunteer)
    door = door_of(village, elder)
    village.pass_time(hours=2)
    orders.arrive(order_id, volunteer, door)
    village.pass_time(hours=1)
    orders.leave(order_id, volunteer, door)
    village.pass_time(days=4)
    assert orders.tick() == []
    with pytest.raises(settling.SilenceNotEnough):
        orders.do(settling.confirm_by_silence, job(village), order_id=order_id)


# Calling off, disputes


def test_cancelling_a_claimed_order_frees_the_minutes(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.place(elder)
    orders.claim(order_id, volunteer)
    orders.cancel(order_id, by=village.actor(person=elder))
    assert (orders.state(order_id), orders.minutes(elder)) == ("cancelled", (600, 0))
    with pytest.raises(WrongState):
        orders.cancel(order_id)


def test_an_order_in_service_is_disputed_not_cancelled(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.place(elder)
    orders.claim(order_id, volunteer)
    door = door_of(village, elder)
    village.pass_time(hours=2)
    orders.arrive(order_id, volunteer, door)
    with pytest.raises(WrongState):
        orders.cancel(order_id)
    orders.do(disputes.dispute, village.actor(person=elder), order_id=order_id, reason="没有做完")
    assert orders.minutes(elder) == (600, 120)


# What time does


def test_unclaimed_for_a_day_goes_to_the_grid_worker_and_for_a_week_to_the_manager(village, orders):
    order_id = orders.place(make_elder(village), hours_ahead=24 * 20)
    village.pass_time(hours=25)
    assert orders.tick() == ["flag"]
    assert orders.tick() == []
    village.pass_time(days=6)
    assert orders.tick() == ["escalate"]
    with village.read() as session:
        found = board.lines(session, actor=orders.desk, filters=board.Filters(attention=True), before_number=None)
    assert [line.order.id for line in found] == [order_id]


def test_an_order_whose_time_went_by_is_overdue_and_gets_a_new_one(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.place(elder)
    orders.claim(order_id, volunteer)
    village.pass_time(hours=5)
    assert orders.tick() == []  # staff may still write down that she came
    village.pass_time(hours=24)
    assert orders.tick() == ["become_overdue"]
    assert (orders.state(order_id), orders.minutes(elder)) == ("overdue", (600, 0))
    orders.do(placing.reschedule, orders.desk, order_id=order_id, starts_at=village.now + datetime.timedelta(days=1))
    orders.do(dispatch.dispatch, orders.desk, order_id=order_id, person_ids=[])
    orders.claim(order_id, volunteer)


def test_an_order_whose_time_went_by_is_still_answered_for(village, orders):
    order_id = orders.place(make_elder(village))
    village.pass_time(hours=5)
    assert orders.tick() == ["become_overdue"]
    village.pass_time(hours=18)
    assert orders.tick() == []
    village.pass_time(hours=2)
    assert orders.tick() == ["flag"]
    village.pass_time(days=6)
    assert orders.tick() == ["escalate"]
    village.pass_time(days=9)
    assert orders.tick() == []
    with village.read() as session:
        row = rows.order(session, village.community_id, order_id)
        assert {step.step for step in escalation.open_steps(session, row)} == {"grid", "manager"}
    orders.do(placing.reschedule, orders.desk, order_id=order_id, starts_at=village.now + datetime.timedelta(days=1))
    orders.do(dispatch.dispatch, orders.desk, order_id=order_id, person_ids=[])
    orders.claim(order_id, make_volunteer(village))
    with village.read() as session:
        assert escalation.open_steps(session, rows.order(session, village.community_id, order_id)) == []


# Roles, other communities


def test_strangers_neither_place_nor_see_nor_confirm(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    stranger = village.actor(person=make_person(village, "赵路人"))
    with pytest.raises(Forbidden):
        orders.place(elder, by=stranger)
    order_id = orders.served(elder, volunteer)
    with pytest.raises(NotFound):
        orders.explained(order_id, stranger)
    number = orders.slip(order_id)
    with pytest.raises(Forbidden):
        orders.give_number(order_id, number, stranger)
    for verb in (settling.confirm_own,):
        with pytest.raises(Forbidden):
            orders.do(verb, stranger, order_id=order_id, consents=False)


def test_a_grid_worker_acts_in_her_grid_only(village, orders):
    elder = make_elder(village, grid="320102010101")
    here = village.actor("grid_worker", grid="320102010101")
    elsewhere = village.actor("grid_worker", grid="320102010102")
    with pytest.raises(Forbidden):
        orders.place(elder, by=elsewhere)
    order_id = orders.place(elder, by=here)
    with village.read() as session:
        filters = board.Filters()
        assert [line.order.id for line in board.lines(session, actor=here, filters=filters, before_number=None)] == [
            order_id
        ]
        assert board.lines(session, actor=elsewhere, filters=filters, before_number=None) == []
        assert board.counts(session, actor=elsewhere) == {}


def test_an_order_of_another_community_is_not_there(village, orders, other_village):
    order_id = orders.place(make_elder(village))
    theirs = Orders(other_village)
    cases: list[tuple[Any, dict[str, Any]]] = [
        (placing.accept, {}),
        (placing.cancel, {"reason": ""}),
        (settling.confirm_by_call, {"consents": False}),
        (follow_up.flag, {}),
    ]
    for verb, asked in cases:
        with pytest.raises(NotFound):
            theirs.do(verb, Actor.console(other_village.community_id, "test"), order_id=order_id, **asked)
    with pytest.raises(NotFound):
        Orders(village).do(placing.place, other_village.actor("desk_staff"), **_asked(village, make_elder(village)))


def test_jobs_alone_flag_escalate_and_let_go(village, orders):
    order_id = orders.place(make_elder(village))
    for verb in (follow_up.flag, follow_up.escalate, follow_up.become_overdue, serving.close_forgotten):
        with pytest.raises(Forbidden):
            orders.do(verb, village.actor("community_manager", "desk_staff"), order_id=order_id)


# Dispatch


def test_near_volunteers_come_first_then_who_served_longest_ago(village, orders):
    far = make_volunteer(village, "远处", grid="320102010102")
    near = make_volunteer(village, "近处", grid="320102010101")
    elder = make_elder(village, grid="320102010101")
    for actor in (far, near):
        _grant_volunteer(village, actor)
    order_id = orders.place(elder)
    with village.read() as session:
        found = dispatch.candidates(session, actor=orders.desk, now=village.now, order_id=order_id)
    assert [candidate.person.id for candidate in found] == [near.person_id, far.person_id]


def test_volunteers_see_orders_near_them_first(village, orders):
    volunteer = make_volunteer(village, grid="320102010101")
    far = orders.place(make_elder(village, grid="320102010102"), hours_ahead=3)
    near = orders.place(make_elder(village, name="张爷爷", grid="320102010101"), hours_ahead=9)
    with village.read() as session:
        found = dispatch.near_me(session, actor=volunteer, now=village.now)
    assert [nearby.order.id for nearby in found] == [near, far]


# The table of states


def test_every_state_is_reached_and_only_ends_have_no_way_on():
    reached = {"submitted"} | {after for ways in MOVES.values() for after in ways.values()}
    assert reached == set(STATES)
    ways_on = {verb: ways for verb, ways in MOVES.items() if verb != "undo"}
    ends = {state for state in STATES if not any(state in ways for ways in ways_on.values())}
    assert ends == {"rated", "returned", "cancelled"}


def _asked(village: Village, elder) -> dict:
    return {
        "recipient_id": elder.id,
        "service": "shopping",
        "starts_at": village.now + datetime.timedelta(hours=5),
        "planned_minutes": 60,
        "place": "菜场",
        "note": "",
        "dispatch_at_once": True,
    }


def _at_once(*deeds):
    """Run deeds in threads that start together; returns what each gave or was refused with."""
    outcomes: list = [None] * len(deeds)
    barrier = threading.Barrier(len(deeds))

    def run(n, deed):
        barrier.wait()
        try:
            outcomes[n] = deed()
        except Refused as refused:
            outcomes[n] = refused

    threads = [threading.Thread(target=run, args=(n, deed)) for n, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _spend(village: Village, person, minutes: int) -> None:
    from ledger import book_of

    def post(session, now):
        book = book_of(session)
        main = accounts.main(session, village.community_id, person.id, "min")
        legs = book.debit(main, minutes, credits={accounts.POOL_MIN: minutes})
        book.post(legs, on=village.today, detail={"use_case": "test.spend", "credited": minutes})
        return {}

    village.write(post)


def _give_grant(village: Village, person, minutes: int) -> int:
    from ledger import book_of

    made = []

    def post(session, now):
        main = accounts.main(session, village.community_id, person.id, "min")
        ends = datetime.datetime(2026, 12, 30, 16, tzinfo=datetime.UTC)
        lot = accounts.open_lot(session, village.community_id, main_account=main, class_="grant", ends=ends)
        book_of(session).post(
            {accounts.ISSUE_MIN: -minutes, lot: minutes},
            on=village.today,
            detail={"use_case": "test.grant", "credited": minutes},
        )
        made.append(lot)
        return {}

    village.write(post)
    return made[0]


def _grant_volunteer(village: Village, actor: Actor) -> None:
    from timebank.people import logins

    village.storage.write_global(
        lambda session, now: logins.grant(
            session,
            now=now,
            role="volunteer",
            area_path=village.area_path,
            from_on=village.today,
            until_on=None,
            given_by="test",
            community_id=village.community_id,
            person_id=actor.person_id,
        )
    )
